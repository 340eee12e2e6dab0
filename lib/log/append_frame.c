#include "log/append_frame.h"

#include <stdlib.h>
#include <time.h>

#include "base/options.h"

enum { WHOLE, OPEN };

struct dts_log_frame *dts_log_frame_new(void)
{
	return dts_zalloc(1, sizeof(struct dts_log_frame));
}

void dts_log_frame_clear(struct dts_log_frame *f)
{
	dts_frame_head_clear(&f->head);
	dts_buf_clear(&f->content);
	dts_buf_clear(&f->ack);
	f->began = 0;
	f->closes = false;
	f->next = NULL;
	/* One of a large record is not kept for good. */
	if (f->content.cap > 4 * DTS_FRAME_SIZE)
		dts_buf_release(&f->content);
}

void dts_log_frame_free(struct dts_log_frame *f)
{
	if (!f)
		return;
	dts_frame_head_release(&f->head);
	dts_buf_release(&f->content);
	dts_buf_release(&f->ack);
	free(f);
}

static void begin_frame(struct dts_log_builder *b, struct dts_log_frame *f)
{
	b->frame = f;
	b->whole = 0;
	b->moved = b->jumped = false;
	dts_gtids_set_empty(&f->head.gtids, DTS_GTID_MYSQL);
	f->head.newest_before = b->newest;
}

void dts_log_builder_init(struct dts_log_builder *b)
{
	*b = (struct dts_log_builder){.first = true, .due = true};
	dts_record_init(&b->stream_record);
	begin_frame(b, dts_log_frame_new());
}

void dts_log_builder_release(struct dts_log_builder *b)
{
	dts_log_frame_free(b->frame);
	dts_position_release(&b->at);
	dts_position_release(&b->pos);
	dts_log_schemas_release(&b->schemas);
	dts_record_release(&b->stream_record);
	dts_map_release(&b->index, NULL);
	for (size_t i = 0; i < b->table_count; i++) {
		free(b->tables[i].db);
		free(b->tables[i].table);
	}
	free(b->tables);
	for (size_t i = 0; i < 2; i++) {
		free(b->touched[i]);
		dts_buf_release(&b->scratch[i]);
	}
	struct dts_buf *bufs[] = {&b->stream, &b->src, &b->tx, &b->key};
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		dts_buf_release(bufs[i]);
	*b = (struct dts_log_builder){0};
}

int dts_log_builder_stream(struct dts_log_builder *b, struct dts_slice line, struct dts_error *err)
{
	dts_buf_clear(&b->stream);
	dts_buf_add_slice(&b->stream, line);
	if (dts_record_parse(&b->stream_record, dts_buf_slice(&b->stream), err) < 0)
		return -1;
	dts_buf_clear(&b->src);
	dts_buf_add_slice(&b->src, b->stream_record.src);
	b->due = true;
	return 0;
}

/* ---- tables ---- */

static size_t new_table(struct dts_log_builder *b, struct dts_slice key, struct dts_slice db, struct dts_slice table)
{
	if (b->table_count == b->table_cap) {
		b->table_cap = b->table_cap > 0 ? 2 * b->table_cap : 64;
		b->tables = dts_realloc(b->tables, b->table_cap * sizeof *b->tables);
		for (size_t i = 0; i < 2; i++)
			b->touched[i] = dts_realloc(b->touched[i], b->table_cap * sizeof *b->touched[i]);
	}
	b->tables[b->table_count++] = (struct dts_log_counted){
		.db = dts_slice_dup(db), .table = dts_slice_dup(table), .db_len = db.len, .table_len = table.len};
	dts_map_set(&b->index, key, (void *)(uintptr_t)b->table_count);
	return b->table_count - 1;
}

static void touch(struct dts_log_builder *b, size_t place, int part)
{
	if (b->tables[place].in[part])
		return;
	b->tables[place].in[part] = true;
	b->touched[part][b->touched_count[part]++] = place;
}

/* Counts a record of the table in the open transaction, or in what is whole where there is none. */
static void count_table(struct dts_log_builder *b, struct dts_slice db, struct dts_slice table, uint64_t changes, uint64_t bytes)
{
	const struct dts_log_counted *last = b->table_count > 0 ? &b->tables[b->last] : NULL;

	if (!last || last->db_len != db.len || last->table_len != table.len || memcmp(last->table, table.p, table.len) != 0 ||
	    memcmp(last->db, db.p, db.len) != 0) {
		struct dts_slice key = dts_map_pair(&b->key, db, table);
		size_t place = (size_t)(uintptr_t)dts_map_get(&b->index, key);
		b->last = place > 0 ? place - 1 : new_table(b, key, db, table);
	}
	const int part = b->in_tx ? OPEN : WHOLE;
	touch(b, b->last, part);
	b->tables[b->last].changes[part] += changes;
	b->tables[b->last].bytes[part] += bytes;
}

static void count_object(void *context, struct dts_slice role, struct dts_slice db, struct dts_slice table)
{
	(void)role;
	count_table(context, db, table, 0, 0);
}

/* ---- counts ---- */

static void add_time(struct dts_log_counts *c, uint64_t time)
{
	if (time == 0)
		return;
	if (c->first_time == 0 || time < c->first_time)
		c->first_time = time;
	if (time > c->last_time)
		c->last_time = time;
}

/* Forgets what was counted of one part. */
static void forget_part(struct dts_log_builder *b, int part)
{
	for (size_t i = 0; i < b->touched_count[part]; i++) {
		struct dts_log_counted *t = &b->tables[b->touched[part][i]];
		t->changes[part] = t->bytes[part] = 0;
		t->in[part] = false;
	}
	b->touched_count[part] = 0;
	b->counts[part] = (struct dts_log_counts){0};
}

/* What is in the frame of the open transaction counts as whole now: it has ended, or the frame ends inside it. */
static void open_to_whole(struct dts_log_builder *b)
{
	struct dts_log_counts *to = &b->counts[WHOLE];
	const struct dts_log_counts *from = &b->counts[OPEN];

	to->records += from->records;
	to->changes += from->changes;
	to->transactions += from->transactions;
	to->streams += from->streams;
	to->schemas += from->schemas;
	to->ddls += from->ddls;
	to->any_table |= from->any_table;
	add_time(to, from->first_time);
	add_time(to, from->last_time);
	if (from->last_time > b->newest)
		b->newest = from->last_time;
	for (size_t i = 0; i < b->touched_count[OPEN]; i++) {
		size_t place = b->touched[OPEN][i];
		touch(b, place, WHOLE);
		b->tables[place].changes[WHOLE] += b->tables[place].changes[OPEN];
		b->tables[place].bytes[WHOLE] += b->tables[place].bytes[OPEN];
	}
	forget_part(b, OPEN);
	b->whole = b->frame->content.len;
}

/* "2026-01-31T10:31:00.123456Z": those of one second after the other are taken apart once. */
static uint64_t parse_time(struct dts_log_builder *b, struct dts_slice time)
{
	uint64_t micro = 0, unit = 100000;

	if (time.len < 20 || time.p[19] != '.' || memcmp(time.p, b->second, 19) != 0) {
		if (dts_parse_time(time, &micro) < 0)
			return 0;
		if (time.len >= 20 && time.p[time.len - 1] == 'Z') {
			memcpy(b->second, time.p, 19);
			b->second_micro = micro - micro % 1000000;
		}
		return micro;
	}
	size_t i = 20;
	for (; i < time.len && time.p[i] >= '0' && time.p[i] <= '9'; i++, unit /= 10)
		micro += (uint64_t)(time.p[i] - '0') * unit;
	if (i + 1 == time.len && time.p[i] == 'Z')
		return b->second_micro + micro;
	return dts_parse_time(time, &micro) < 0 ? 0 : micro;
}

/* ---- records ---- */

static void add_line(struct dts_log_builder *b, struct dts_slice line)
{
	struct dts_buf *content = &b->frame->content;

	dts_buf_reserve(content, line.len + 1);
	memcpy(content->data + content->len, line.p, line.len);
	content->data[content->len + line.len] = '\n';
	content->len += line.len + 1;
}

/* Apart, since its room on the stack is not cleared for nothing with each record. */
static void add_preamble(struct dts_log_builder *b)
{
	struct dts_slice with[DTS_F_COUNT] = {{0}};
	struct dts_log_counts *c = &b->counts[WHOLE];

	b->due = false;
	if (b->first) {
		b->frame->head.first = true;
		dts_position_copy(&b->frame->head.from, &b->at);
		b->first = false;
	}
	dts_buf_clear(&b->key);
	dts_position_add(&b->key, &b->at, true);
	with[DTS_F_POS] = dts_buf_slice(&b->key);
	dts_record_rewrite(&b->stream_record, with, &b->frame->content);
	dts_log_schemas_add(&b->schemas, &b->frame->content);
	c->streams++;
	c->schemas += b->schemas.count;
	c->records += 1 + b->schemas.count;
	for (const struct dts_log_schema *e = b->schemas.first; e; e = e->behind) {
		struct dts_slice db, table;
		dts_map_pair_read(dts_buf_slice(&e->key), &db, &table);
		count_table(b, db, table, 0, 0);
	}
	b->whole = b->frame->content.len;
	b->moved = true; /* a position that nobody may know yet */
	dts_buf_clear(&b->tx);
}

void dts_log_builder_preamble(struct dts_log_builder *b)
{
	if (b->due && !b->in_tx)
		add_preamble(b);
}

/* The log stands where the record, whose position b->pos is, says: behind transaction `tx`, or none of them. */
static void follow(struct dts_log_builder *b, const struct dts_record *r, bool tx)
{
	struct dts_gtid gtid;

	b->moved = true;
	dts_buf_clear(&b->tx);
	if (tx)
		dts_buf_add_slice(&b->tx, r->tx);
	if (tx) {
		if (!dts_gtid_parse(&gtid, r->tx) || dts_gtids_include(&b->frame->head.gtids, &gtid) < 0)
			dts_gtids_clear(&b->frame->head.gtids);
		dts_gtids_follow(&b->at.gtid, r->tx);
	}
	if (!r->raw[DTS_F_POS].p) /* XA ROLLBACK need not tell */
		return;
	if (dts_gtids_known(&b->pos.gtid) && !dts_gtids_equal(&b->pos.gtid, &b->at.gtid)) {
		if (!b->by_gtid || dts_gtids_unite(&b->at.gtid, &b->pos.gtid) < 0)
			dts_gtids_copy(&b->at.gtid, &b->pos.gtid);
		b->jumped = true;
	}
	if (!b->pos.file[0] || b->by_gtid)
		return;
	memcpy(b->at.file, b->pos.file, sizeof b->at.file);
	b->at.offset = b->pos.offset;
	b->at.created = b->pos.created;
}

int dts_log_builder_end(struct dts_log_builder *b, const struct dts_record *beat, struct dts_error *err)
{
	if (dts_position_parse(&b->pos, beat->raw[DTS_F_POS], err) < 0)
		return -1;
	if (b->pos.file[0] && (!b->at.file[0] || dts_position_compare(&b->pos, &b->at) > 0))
		return 1;
	return dts_gtids_known(&b->pos.gtid) && !dts_gtids_equal(&b->pos.gtid, &b->at.gtid) && !dts_gtids_cover(&b->at.gtid, &b->pos.gtid);
}

/* The transaction never was. What has told schemas is kept, since they may hold. */
static void forget_open(struct dts_log_builder *b)
{
	b->frame->content.len = b->whole;
	forget_part(b, OPEN);
	b->in_tx = false;
}

static void count_record(struct dts_log_builder *b, const struct dts_record *r)
{
	struct dts_log_counts *c = &b->counts[b->in_tx ? OPEN : WHOLE];

	c->records++;
	/* Who reads other tables is told of prepared transactions all the same, and of what becomes of them. */
	c->any_table |= r->xid.p != NULL;
	if (dts_op_is_change(r->op) || r->op == DTS_OP_SETVAL) {
		c->changes++;
		count_table(b, r->db, r->table, 1, r->line.len + 1);
	} else if (r->op == DTS_OP_SCHEMA) {
		c->schemas++;
		count_table(b, r->db, r->table, 0, 0);
		dts_log_schemas_note(&b->schemas, r);
	} else if (r->op == DTS_OP_DDL) {
		c->ddls++;
		c->any_table |= !dts_log_objects(r, b->scratch, count_object, b);
		dts_log_schemas_note(&b->schemas, r);
	} else if (r->op == DTS_OP_BEGIN) {
		add_time(c, r->time.p ? parse_time(b, r->time) : 0);
	} else if (r->op == DTS_OP_COMMIT || r->op == DTS_OP_PREPARE) {
		c->transactions++;
	}
}

/* Does the record end a transaction, its own or one that was prepared? */
static bool ends_tx(const struct dts_record *r)
{
	return r->op == DTS_OP_COMMIT || r->op == DTS_OP_PREPARE || (r->op == DTS_OP_ROLLBACK && !r->raw[DTS_F_TO].p);
}

int dts_log_builder_add(struct dts_log_builder *b, const struct dts_record *r, struct dts_error *err)
{
	const bool was_in_tx = b->in_tx, ends = ends_tx(r);
	/* A rollback of the open transaction has come to nothing. */
	const bool moves = (ends && !(r->op == DTS_OP_ROLLBACK && was_in_tx)) || r->op == DTS_OP_HEARTBEAT;

	if (moves && r->raw[DTS_F_POS].p && dts_position_parse(&b->pos, r->raw[DTS_F_POS], err) < 0)
		return -1;
	dts_log_builder_preamble(b);
	if (r->op == DTS_OP_ROLLBACK && ends && was_in_tx && !b->tx_split && b->counts[OPEN].schemas + b->counts[OPEN].ddls == 0) {
		forget_open(b);
		return 0;
	}
	if (r->op == DTS_OP_BEGIN) {
		b->in_tx = true;
		b->tx_split = false;
	}
	count_record(b, r);
	add_line(b, r->line);
	if (moves)
		follow(b, r, r->op != DTS_OP_HEARTBEAT);
	if (ends || !b->in_tx) {
		open_to_whole(b);
		b->in_tx = b->tx_split = false;
	}
	return 0;
}

/* ---- frames ---- */

bool dts_log_builder_may_close(const struct dts_log_builder *b)
{
	return !b->tx_split && b->counts[OPEN].schemas + b->counts[OPEN].ddls == 0;
}

static void add_ack(struct dts_log_builder *b, struct dts_buf *out)
{
	dts_buf_adds(out, "{\"op\":\"ack\",\"src\":");
	dts_json_add_string(out, dts_buf_slice(&b->src));
	if (b->tx.len > 0) {
		dts_buf_adds(out, ",\"tx\":");
		dts_json_add_string(out, dts_buf_slice(&b->tx));
	}
	dts_buf_adds(out, ",\"pos\":");
	dts_position_add(out, &b->at, true);
	dts_buf_adds(out, "}\n");
}

static void fill_head(struct dts_log_builder *b, struct dts_frame_head *h)
{
	const struct dts_log_counts *c = &b->counts[WHOLE];

	h->content = b->whole;
	h->records = c->records;
	h->changes = c->changes;
	h->transactions = c->transactions;
	h->streams = c->streams;
	h->schemas = c->schemas;
	h->ddls = c->ddls;
	h->first_time = c->first_time;
	h->last_time = c->last_time;
	h->inside = b->tx_split;
	dts_position_copy(&h->to, &b->at);
	if (!b->jumped && b->at.file[0])
		dts_gtids_clear(&h->to.gtid);
	h->tables.any = c->any_table;
	for (size_t i = 0; i < b->touched_count[WHOLE]; i++) {
		const struct dts_log_counted *t = &b->tables[b->touched[WHOLE][i]];
		dts_frame_tables_note(&h->tables, dts_slice(t->db, t->db_len), dts_slice(t->table, t->table_len), t->changes[WHOLE],
				      t->bytes[WHOLE]);
	}
}

struct dts_log_frame *dts_log_builder_seal(struct dts_log_builder *b, bool closes, struct dts_log_frame *next)
{
	struct dts_log_frame *f = b->frame;

	if (b->whole == 0 && !closes) {
		open_to_whole(b);
		b->tx_split = true;
	}
	fill_head(b, &f->head);
	f->closes = closes;
	const uint64_t times[] = {f->head.first_time, b->counts[OPEN].first_time, b->newest, (uint64_t)time(NULL) * 1000000};
	for (size_t i = 0; f->began == 0; i++)
		f->began = times[i];
	if (b->acks && b->moved)
		add_ack(b, &f->ack);
	forget_part(b, WHOLE);
	const size_t whole = b->whole;
	begin_frame(b, next);
	if (closes)
		b->first = b->due = true;
	/* What has begun of the next transaction moves on, behind what a segment begins with. */
	if (f->content.len > whole) {
		const bool in_tx = b->in_tx;
		b->in_tx = false;
		dts_log_builder_preamble(b);
		b->in_tx = in_tx;
		dts_buf_add(&next->content, f->content.data + whole, f->content.len - whole);
		f->content.len = whole;
	}
	return f;
}
