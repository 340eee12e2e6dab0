#include "base/input.h"

#include <poll.h>
#include <stdlib.h>

#include "base/raw.h"

struct dts_input {
	struct dts_raw raw;
	size_t max_line;
	uint64_t line;

	struct dts_buf text; /* lines not yet handed out start at `at` */
	size_t at;
	size_t scanned; /* no newline in text before this */
};

struct dts_input *dts_input_open(const char *path, size_t max_line, struct dts_error *err)
{
	struct dts_raw raw;

	if (dts_raw_open(&raw, path, err) < 0)
		return NULL;
	struct dts_input *in = dts_zalloc(1, sizeof *in);
	in->raw = raw;
	in->max_line = max_line;
	return in;
}

void dts_input_close(struct dts_input *in)
{
	if (!in)
		return;
	dts_raw_close(&in->raw);
	dts_buf_release(&in->text);
	free(in);
}

/* Gets more text. 1: some came (or may come), 0: the end, -1: error. */
static int fill(struct dts_input *in, struct dts_error *err)
{
	/* What was handed out makes room; the rest moves to the front. */
	if (in->at > 0) {
		memmove(in->text.data, in->text.data + in->at, in->text.len - in->at);
		in->text.len -= in->at;
		in->scanned -= in->at;
		in->at = 0;
	}
	if (in->raw.eof && !dts_raw_is_packed(&in->raw))
		return 0;
	int rc = dts_raw_more(&in->raw, &in->text, err);
	return rc < 0 && err->status == DTS_BAD_INPUT ? dts_where(err, "after line %llu", (unsigned long long)in->line) : rc;
}

/* The newline that ends the first line held, or NULL. */
static char *find_newline(struct dts_input *in)
{
	char *end = NULL;

	if (in->text.len > in->scanned)
		end = memchr(in->text.data + in->scanned, '\n', in->text.len - in->scanned);
	in->scanned = end ? (size_t)(end - in->text.data) : in->text.len;
	return end;
}

int dts_input_line(struct dts_input *in, struct dts_slice *line, struct dts_error *err)
{
	char *end;

	while (!(end = find_newline(in))) {
		if (in->text.len - in->at > in->max_line)
			break;
		int rc = fill(in, err);
		if (rc < 0)
			return -1;
		if (rc == 0 && in->text.len == in->at)
			return 0;
		if (rc == 0)
			return dts_fail(err, DTS_BAD_INPUT, "%s:%llu: torn record: the last line has no newline", in->raw.name,
					(unsigned long long)in->line + 1);
	}
	size_t len = end ? (size_t)(end - in->text.data) - in->at : in->text.len - in->at;
	if (len > in->max_line) {
		dts_fail(err, DTS_BAD_INPUT, "%s:%llu: record longer than %zu bytes", in->raw.name,
			 (unsigned long long)in->line + 1, in->max_line);
		return dts_hint(err, "--max-record=SIZE allows longer ones");
	}
	*line = dts_slice(in->text.data + in->at, len);
	in->at += len + 1;
	in->scanned = in->at;
	in->line++;
	return 1;
}

int dts_input_lines(struct dts_input *in, struct dts_slice prefix, struct dts_slice *text, size_t *count,
		    struct dts_error *err)
{
	*count = 0;
	while (!find_newline(in)) {
		if (in->text.len - in->at > in->max_line)
			return 0;
		int rc = fill(in, err);
		if (rc <= 0)
			return rc;
	}
	const char *start = in->text.data + in->at, *end = in->text.data + in->text.len, *p = start;
	while ((size_t)(end - p) > prefix.len && memcmp(p, prefix.p, prefix.len) == 0) {
		const char *newline = memchr(p + prefix.len, '\n', (size_t)(end - p) - prefix.len);
		if (!newline || (size_t)(newline - p) > in->max_line)
			break;
		p = newline + 1;
		++*count;
	}
	*text = dts_slice(start, (size_t)(p - start));
	in->at += text->len;
	in->scanned = in->at;
	in->line += *count;
	return *count > 0;
}

bool dts_input_wait_beside(struct dts_input *in, int fd, int milliseconds)
{
	struct pollfd fds[] = {{.fd = in->raw.fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	if (find_newline(in) || dts_raw_holds(&in->raw))
		return true;
	return poll(fds, 2, milliseconds) > 0 && fds[0].revents != 0;
}

bool dts_input_wait(struct dts_input *in, int milliseconds)
{
	return dts_input_wait_beside(in, -1, milliseconds); /* poll() leaves out what is below 0 */
}

bool dts_input_ready(struct dts_input *in)
{
	return dts_input_wait(in, 0);
}

const char *dts_input_name(const struct dts_input *in)
{
	return in->raw.name;
}

uint64_t dts_input_line_number(const struct dts_input *in)
{
	return in->line;
}
