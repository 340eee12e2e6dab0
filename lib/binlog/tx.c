#include "binlog/tx.h"

#include <stdlib.h>
#include <strings.h>

#include "record/moment.h"

void dts_tx_release(struct dts_tx *t)
{
	dts_buf_release(&t->id);
	dts_buf_release(&t->begin);
	for (size_t i = 0; i < t->savepoint_cap; i++)
		dts_buf_release(&t->savepoints[i].name);
	free(t->savepoints);
	*t = (struct dts_tx){0};
}

void dts_time_add(struct dts_buf *b, uint64_t seconds)
{
	const uint64_t last = 253402300799; /* of the year 9999 */
	struct dts_moment m = {0};

	dts_moment_from_seconds(&m, seconds < last ? seconds : last);
	dts_buf_addc(b, '"');
	dts_moment_add(b, DTS_MOMENT_DATETIME, &m, 0);
	b->data[b->len - 9] = 'T';
	dts_buf_adds(b, "Z\"");
}

/* The same of microseconds; those of whole seconds have no fraction. */
static void add_exact_time(struct dts_buf *b, uint64_t micro)
{
	dts_time_add(b, micro / 1000000);
	if (micro % 1000000 == 0)
		return;
	b->len -= 2; /* Z" */
	dts_buf_addf(b, ".%06uZ\"", (unsigned)(micro % 1000000));
}

static void add_head(struct dts_tx *t, struct dts_buf *b, const char *op, struct dts_slice id)
{
	dts_buf_adds(b, "{\"op\":\"");
	dts_buf_adds(b, op);
	dts_buf_adds(b, "\",\"src\":");
	dts_buf_add_slice(b, t->src_json);
	dts_buf_adds(b, ",\"tx\":\"");
	dts_buf_add_slice(b, id); /* digits and dashes, or a file name: see dts_tx_begin() */
	dts_buf_addc(b, '"');
}

static void add_xid(struct dts_buf *b, const struct dts_xid *xid)
{
	dts_buf_adds(b, ",\"xid\":\"");
	dts_xid_add(b, xid);
	dts_buf_addc(b, '"');
}

static void add_tail(struct dts_buf *b, const struct dts_position *pos)
{
	dts_buf_adds(b, ",\"pos\":");
	dts_position_add(b, pos, true);
	dts_buf_adds(b, "}\n");
}

void dts_tx_begin(struct dts_tx *t, struct dts_slice id, uint64_t time, const struct dts_position *start)
{
	t->open = true;
	t->printed = false;
	t->n = 0;
	t->savepoint_count = 0;
	dts_buf_clear(&t->id);
	dts_buf_add_slice(&t->id, id);
	dts_buf_clear(&t->begin);
	add_head(t, &t->begin, "begin", id);
	if (time != 0) {
		dts_buf_adds(&t->begin, ",\"time\":");
		add_exact_time(&t->begin, time);
	}
	t->begin_tail = t->begin.len;
	t->has_origin = false;
	add_tail(&t->begin, start);
}

void dts_tx_origin(struct dts_tx *t, struct dts_slice src)
{
	struct dts_buf tail = {0};

	if (!t->open || t->printed || t->has_origin)
		return;
	t->has_origin = true;
	dts_buf_add(&tail, t->begin.data + t->begin_tail, t->begin.len - t->begin_tail);
	t->begin.len = t->begin_tail;
	dts_buf_adds(&t->begin, ",\"origin\":");
	dts_json_add_string(&t->begin, src);
	dts_buf_add_slice(&t->begin, dts_buf_slice(&tail));
	dts_buf_release(&tail);
}

uint64_t dts_tx_change(struct dts_tx *t, struct dts_buf *out)
{
	if (!t->printed) {
		dts_buf_add_slice(out, dts_buf_slice(&t->begin));
		t->printed = true;
		t->records++;
	}
	t->records++;
	return ++t->n;
}

static struct dts_savepoint *find_savepoint(struct dts_tx *t, struct dts_slice name)
{
	for (size_t i = 0; i < t->savepoint_count; i++) {
		struct dts_savepoint *s = &t->savepoints[i];

		/* Names of savepoints do not differ by case; beyond ASCII the server
		 * repeats what the statement said, which rarely changes case. */
		if (s->name.len == name.len && strncasecmp(dts_buf_slice(&s->name).p, name.p, name.len) == 0)
			return s;
	}
	return NULL;
}

static void drop_savepoint(struct dts_tx *t, struct dts_savepoint *s)
{
	struct dts_savepoint gone = *s;
	size_t behind = (size_t)(t->savepoints + t->savepoint_count - (s + 1));

	memmove(s, s + 1, behind * sizeof *s);
	t->savepoints[--t->savepoint_count] = gone; /* keeps its memory */
}

void dts_tx_savepoint(struct dts_tx *t, struct dts_slice name)
{
	struct dts_savepoint *s = find_savepoint(t, name);

	if (s)
		drop_savepoint(t, s);
	if (t->savepoint_count == t->savepoint_cap) {
		size_t cap = t->savepoint_cap ? t->savepoint_cap * 2 : 8;

		t->savepoints = dts_realloc(t->savepoints, cap * sizeof *t->savepoints);
		memset(t->savepoints + t->savepoint_cap, 0, (cap - t->savepoint_cap) * sizeof *t->savepoints);
		t->savepoint_cap = cap;
	}
	s = &t->savepoints[t->savepoint_count++];
	dts_buf_clear(&s->name);
	dts_buf_add_slice(&s->name, name);
	s->n = t->n;
}

int dts_tx_rollback_to(struct dts_tx *t, struct dts_slice name, struct dts_buf *out, struct dts_error *err)
{
	struct dts_savepoint *s = find_savepoint(t, name);

	if (!s)
		return dts_fail(err, DTS_BAD_INPUT, "ROLLBACK TO a savepoint `%.*s` that was not set",
				(int)name.len, name.p);
	t->savepoint_count = (size_t)(s - t->savepoints) + 1; /* it stays, later ones go */
	if (t->n == s->n)
		return 0;
	t->n = s->n;
	add_head(t, out, "rollback", dts_buf_slice(&t->id));
	dts_buf_addf(out, ",\"to\":%llu}\n", (unsigned long long)s->n);
	t->records++;
	return 0;
}

static bool end(struct dts_tx *t)
{
	bool printed = t->printed;

	t->open = t->printed = false;
	t->records += printed;
	return printed;
}

static void add_n(struct dts_buf *b, uint64_t n)
{
	dts_buf_adds(b, ",\"n\":");
	dts_buf_addu(b, n);
}

void dts_tx_commit(struct dts_tx *t, const struct dts_position *pos, struct dts_buf *out)
{
	if (!end(t))
		return;
	add_head(t, out, "commit", dts_buf_slice(&t->id));
	add_n(out, t->n);
	add_tail(out, pos);
}

void dts_tx_prepare(struct dts_tx *t, const struct dts_xid *xid, const struct dts_position *pos,
		    struct dts_buf *out)
{
	/* Its decision will come, so it is told even where no change of it is wanted. */
	if (!t->printed) {
		dts_buf_add_slice(out, dts_buf_slice(&t->begin));
		t->printed = true;
		t->records++;
	}
	end(t);
	add_head(t, out, "prepare", dts_buf_slice(&t->id));
	add_xid(out, xid);
	add_n(out, t->n);
	add_tail(out, pos);
}

void dts_tx_rollback(struct dts_tx *t, struct dts_buf *out)
{
	if (!end(t))
		return;
	add_head(t, out, "rollback", dts_buf_slice(&t->id));
	dts_buf_adds(out, "}\n");
}

void dts_tx_decide(struct dts_tx *t, bool commit, struct dts_slice xid, const struct dts_position *pos,
		   struct dts_buf *out)
{
	t->open = t->printed = false;
	add_head(t, out, commit ? "commit" : "rollback", dts_buf_slice(&t->id));
	dts_buf_adds(out, ",\"xid\":");
	dts_json_add_string(out, xid);
	if (commit)
		add_n(out, 0);
	add_tail(out, pos);
	t->records++;
}
