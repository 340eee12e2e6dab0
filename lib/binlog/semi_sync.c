#include "binlog/semi_sync.h"

#include <time.h>

#include "base/bytes.h"
#include "binlog/event.h"

enum {
	MAGIC = 0xef,
	WANTED = 1,
	PATIENCE = 10, /* seconds without reading, for the records to be written */
	AROUND = 2,   /* bytes before an event */
	SIZE_AT = 9,  /* in an event, of its own size; behind it stands the position, of four bytes, too */
};

static uint32_t number_at(const char *p)
{
	struct dts_bytes b = dts_bytes(dts_slice(p, 4));

	return dts_bytes_u32(&b);
}

void dts_semi_sync_init(struct dts_semi_sync *s)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

void dts_semi_sync_release(struct dts_semi_sync *s)
{
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	dts_buf_release(&s->reply);
	dts_buf_release(&s->file);
}

void dts_semi_sync_begin(struct dts_semi_sync *s)
{
	s->read = s->written = 0;
	s->ended = false;
	s->restarts = false;
	dts_buf_clear(&s->reply);
	dts_buf_clear(&s->file);
}

/* Its own length tells an event from one behind the two bytes: a time may begin with 0xef, too. */
static bool is_behind(struct dts_slice packet)
{
	return packet.len >= AROUND + DTS_EVENT_HEADER && (unsigned char)packet.p[0] == MAGIC &&
	       number_at(packet.p + SIZE_AT) != packet.len && number_at(packet.p + AROUND + SIZE_AT) == packet.len - AROUND;
}

/* Where events stand, which they do not say themselves. */
static void note_file(struct dts_semi_sync *s, struct dts_slice event)
{
	const struct dts_event_format unknown = {0};
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_event_rotate rotate;
	struct dts_event e;

	if (event.len <= DTS_EVENT_HEADER || (unsigned char)event.p[4] != DTS_EV_ROTATE ||
	    dts_event_parse(&e, &unknown, event, &ignored) < 0 || dts_event_rotate(&rotate, &e, &ignored) < 0)
		return;
	dts_buf_clear(&s->file);
	dts_buf_add_slice(&s->file, rotate.file);
}

void dts_semi_sync_take(struct dts_semi_sync *s, struct dts_slice *event)
{
	s->read++;
	s->restarts = false;
	if (is_behind(*event)) {
		const uint64_t end = number_at(event->p + AROUND + SIZE_AT + 4);

		s->restarts = event->p[1] & WANTED;
		*event = dts_slice(event->p + AROUND, event->len - AROUND);
		if (s->restarts) { /* which is for all before, too */
			dts_buf_clear(&s->reply);
			s->wanted = s->read;
			s->waited = false;
		}
		for (unsigned i = 0; s->restarts && i < 8; i++)
			dts_buf_addc(&s->reply, (char)(end >> 8 * i & 0xff));
	}
	note_file(s, *event);
	if (s->restarts)
		dts_buf_add_slice(&s->reply, dts_buf_slice(&s->file));
}

bool dts_semi_sync_due(struct dts_semi_sync *s)
{
	struct timespec until;
	bool written;

	if (s->reply.len == 0)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE;
	pthread_mutex_lock(&s->lock);
	while (s->written < s->wanted && !s->ended && !s->waited && pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0)
		;
	written = s->written >= s->wanted;
	pthread_mutex_unlock(&s->lock);
	s->waited = true;
	return written;
}

void dts_semi_sync_written(struct dts_semi_sync *s, uint64_t events)
{
	pthread_mutex_lock(&s->lock);
	s->written = events;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void dts_semi_sync_end(struct dts_semi_sync *s)
{
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}
