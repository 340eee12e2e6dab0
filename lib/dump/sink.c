#include "dump/sink.h"

#include <fcntl.h>

/* What a pipe may hold without privilege. With its 64K both sides would wake up twice as often. */
enum { PIPE_SIZE = 1 << 20 };

static int add_chunk(struct dts_sink *sink, struct dts_dump_table *t, size_t reader, const struct dts_slice *parts,
		     size_t count, struct dts_error *err)
{
	struct dts_stream_sink *s = (struct dts_stream_sink *)sink;
	int rc = 0;

	(void)reader;
	pthread_mutex_lock(&s->lock);
	if (!t->told) {
		dts_schema_add(&s->out->buf, &t->schema);
		s->schemas++;
		t->told = true;
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = dts_output_add(s->out, parts[i], err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void dts_stream_sink_init(struct dts_stream_sink *s, struct dts_output *out)
{
	*s = (struct dts_stream_sink){.sink.chunk = add_chunk, .out = out};
	pthread_mutex_init(&s->lock, NULL);
	/* No pipe, or not so large: it goes on as it is. */
	fcntl(out->fd, F_SETPIPE_SZ, PIPE_SIZE);
}

void dts_stream_sink_release(struct dts_stream_sink *s)
{
	pthread_mutex_destroy(&s->lock);
}
