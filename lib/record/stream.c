#include "record/stream.h"

#include <stdlib.h>

#include "record/directory.h"

struct dts_stream {
	char *const *paths; /* NULL: standard input */
	size_t count, next;
	struct dts_input *in; /* the one that is read, or NULL */
	struct dts_directory *directory; /* whose file that is, or NULL */
	uint64_t max_record;
	bool no_counts, may_be_empty;
	struct dts_record record;
	struct dts_stream_state state;
	struct dts_buf where;
};

/* Opens the next input: 1, none left: 0, error: -1. */
static int open_next(struct dts_stream *s, struct dts_error *err)
{
	if (s->next == (s->count > 0 ? s->count : 1))
		return 0;
	const char *path = s->count > 0 ? s->paths[s->next] : "-";
	s->next++;
	if (!s->may_be_empty && dts_directory_is(path)) /* no dump is empty */
		s->directory = dts_directory_open(path, s->max_record, err);
	else
		s->in = dts_input_open(path, s->max_record, err);
	return s->in || s->directory ? 1 : -1;
}

static void close_input(struct dts_stream *s)
{
	if (s->directory)
		dts_directory_close(s->directory); /* and its file */
	else
		dts_input_close(s->in);
	s->directory = NULL;
	s->in = NULL;
}

static int next_line(struct dts_stream *s, struct dts_slice *line, struct dts_error *err)
{
	if (!s->directory)
		return dts_input_line(s->in, line, err);
	int rc = dts_directory_line(s->directory, &s->state, line, err);
	s->in = dts_directory_input(s->directory);
	return rc;
}

struct dts_stream *dts_stream_open(char *const *paths, size_t count, const struct dts_stream_options *options,
				   struct dts_error *err)
{
	struct dts_stream *s = dts_zalloc(1, sizeof *s);

	s->paths = paths;
	s->count = count;
	s->max_record = options && options->max_record ? options->max_record : DTS_RECORD_MAX;
	s->no_counts = options && options->no_counts;
	s->may_be_empty = options && options->may_be_empty;
	dts_record_init(&s->record);
	/* The first input now, so that a wrong name is told before work begins. */
	if (open_next(s, err) < 0) {
		dts_stream_close(s);
		return NULL;
	}
	return s;
}

void dts_stream_close(struct dts_stream *s)
{
	if (!s)
		return;
	close_input(s);
	dts_record_release(&s->record);
	dts_stream_state_release(&s->state);
	dts_buf_release(&s->where);
	free(s);
}

const char *dts_stream_where(struct dts_stream *s)
{
	dts_buf_clear(&s->where);
	if (s->in)
		dts_buf_addf(&s->where, "%s:%llu", dts_input_name(s->in),
			     (unsigned long long)dts_input_line_number(s->in));
	else
		dts_buf_adds(&s->where, dts_stream_name(s));
	return dts_buf_text(&s->where);
}

const char *dts_stream_name(const struct dts_stream *s)
{
	return s->in	    ? dts_input_name(s->in)
	       : s->directory ? dts_directory_name(s->directory)
			      : "the end of the input";
}

uint64_t dts_stream_line(const struct dts_stream *s)
{
	return s->in ? dts_input_line_number(s->in) : 0;
}

int dts_stream_next(struct dts_stream *s, const struct dts_record **r, struct dts_error *err)
{
	struct dts_slice line;
	int rc;

	for (;;) {
		if (!s->in && !s->directory)
			return 0;
		rc = next_line(s, &line, err);
		if (rc < 0)
			return -1;
		if (rc > 0)
			break;
		/* Only the last input must end where a stream does: segments of a
		 * log go on in the next file. */
		bool may_end = s->may_be_empty && !s->state.seen;
		if (s->next >= s->count && !may_end && dts_stream_check_eof(&s->state, err) < 0)
			return dts_where(err, "%s:%llu", dts_stream_name(s), (unsigned long long)dts_stream_line(s) + 1);
		close_input(s);
		if (open_next(s, err) < 0)
			return -1;
	}
	if (dts_record_parse(&s->record, line, err) < 0 ||
	    dts_stream_check(&s->state, &s->record, s->no_counts, err) < 0)
		return dts_where(err, "%s", dts_stream_where(s));
	*r = &s->record;
	return 1;
}

int dts_stream_rows(struct dts_stream *s, struct dts_stream_rows *rows, struct dts_error *err)
{
	if (!s->state.in_chunk || !s->in)
		return 0;
	rows->line = dts_input_line_number(s->in) + 1;
	int rc = dts_input_lines(s->in, DTS_LIT("{\"op\":\"row\","), &rows->text, &rows->count, err);
	if (rc > 0) {
		s->state.rows += rows->count;
		s->state.records += rows->count;
	}
	return rc;
}

bool dts_stream_ready(struct dts_stream *s)
{
	return !s->in || dts_input_ready(s->in);
}

bool dts_stream_wait(struct dts_stream *s, int milliseconds)
{
	return !s->in || dts_input_wait(s->in, milliseconds);
}

bool dts_stream_wait_beside(struct dts_stream *s, int fd, int milliseconds)
{
	return !s->in || dts_input_wait_beside(s->in, fd, milliseconds);
}

bool dts_stream_stands_apart(const struct dts_stream *s)
{
	return s->directory && dts_directory_stands_apart(s->directory);
}

const struct dts_stream_state *dts_stream_state(const struct dts_stream *s)
{
	return &s->state;
}
