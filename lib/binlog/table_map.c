#include "binlog/table_map.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "binlog/table_meta.h"

enum { MAX_COLUMNS = 4096 }; /* of a table, on any server */

void dts_log_table_free(struct dts_log_table *t)
{
	if (!t)
		return;
	dts_buf_release(&t->raw);
	dts_schema_release(&t->schema);
	dts_inflate_release(&t->inflate);
	free(t);
}

static int cut(struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "a Table_map event is cut short or malformed");
}

static void read_name(struct dts_bytes *b, const struct dts_event_format *f, uint64_t *id,
		      struct dts_slice *db, struct dts_slice *table)
{
	*id = dts_bytes_uint(b, f->post_header[DTS_EV_TABLE_MAP] == 6 ? 4 : 6);
	dts_bytes_u16(b); /* flags */
	*db = dts_bytes_take(b, dts_bytes_u8(b));
	dts_bytes_u8(b); /* NUL */
	*table = dts_bytes_take(b, dts_bytes_u8(b));
	dts_bytes_u8(b);
}

int dts_table_map_name(const struct dts_event *e, const struct dts_event_format *f, uint64_t *id,
		       struct dts_slice *db, struct dts_slice *table, struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);

	read_name(&b, f, id, db, table);
	return b.bad ? cut(err) : 0;
}

/* How many bytes of metadata a type has, or -1: a type that we do not know. */
static int meta_size(uint8_t type)
{
	switch (type) {
	case DTS_LOG_FLOAT:
	case DTS_LOG_DOUBLE:
	case DTS_LOG_BLOB:
	case DTS_LOG_BLOB_COMPRESSED:
	case DTS_LOG_GEOMETRY:
	case DTS_LOG_JSON:
	case DTS_LOG_VECTOR:
	case DTS_LOG_TIMESTAMP2:
	case DTS_LOG_DATETIME2:
	case DTS_LOG_TIME2:
		return 1;
	case DTS_LOG_BIT:
	case DTS_LOG_VARCHAR:
	case DTS_LOG_VARCHAR_COMPRESSED:
	case DTS_LOG_NEWDECIMAL:
	case DTS_LOG_STRING:
	case DTS_LOG_VAR_STRING:
	case DTS_LOG_ENUM:
	case DTS_LOG_SET:
		return 2;
	case DTS_LOG_TINY:
	case DTS_LOG_SHORT:
	case DTS_LOG_INT24:
	case DTS_LOG_LONG:
	case DTS_LOG_LONGLONG:
	case DTS_LOG_YEAR:
	case DTS_LOG_DATE:
	case DTS_LOG_NEWDATE:
	case DTS_LOG_TIME:
	case DTS_LOG_DATETIME:
	case DTS_LOG_TIMESTAMP:
		return 0;
	default:
		return -1;
	}
}

/* CHAR, ENUM and SET share a type; the first byte of metadata is the real one,
 * with two bits of a length above 255 folded in (inverted). */
static void string_meta(struct dts_log_column *c, uint8_t first, uint8_t second)
{
	c->type = first;
	c->bytes = second;
	if ((first & 0x30) != 0x30) {
		c->type = first | 0x30;
		c->bytes = second | (uint32_t)((first & 0x30) ^ 0x30) << 4;
	}
	if (c->type == DTS_LOG_ENUM || c->type == DTS_LOG_SET)
		c->width = (uint8_t)c->bytes;
	else
		c->width = c->bytes > 255 ? 2 : 1;
}

/* Widths and lengths of a column; false: metadata that cannot be. */
static bool column_meta(struct dts_log_column *c, struct dts_bytes *meta)
{
	static const uint8_t widths[] = {
		[DTS_LOG_TINY] = 1, [DTS_LOG_SHORT] = 2, [DTS_LOG_INT24] = 3, [DTS_LOG_LONG] = 4,
		[DTS_LOG_LONGLONG] = 8, [DTS_LOG_YEAR] = 1, [DTS_LOG_DATE] = 3, [DTS_LOG_NEWDATE] = 3,
		[DTS_LOG_TIME] = 3, [DTS_LOG_DATETIME] = 8, [DTS_LOG_TIMESTAMP] = 4,
	};
	int size = meta_size(c->type);
	uint8_t m[2] = {0, 0};

	for (int i = 0; i < size; i++)
		m[i] = dts_bytes_u8(meta);
	if (meta->bad)
		return false;
	switch (c->type) {
	case DTS_LOG_FLOAT:
	case DTS_LOG_DOUBLE:
		c->width = m[0];
		return m[0] == (c->type == DTS_LOG_FLOAT ? 4 : 8);
	case DTS_LOG_BLOB_COMPRESSED:
		c->type = DTS_LOG_BLOB;
		/* fall through */
	case DTS_LOG_BLOB:
	case DTS_LOG_GEOMETRY:
	case DTS_LOG_JSON:
	case DTS_LOG_VECTOR:
		c->width = m[0];
		return m[0] >= 1 && m[0] <= 4;
	case DTS_LOG_TIMESTAMP2:
	case DTS_LOG_DATETIME2:
	case DTS_LOG_TIME2:
		c->decimals = m[0];
		return m[0] <= 6;
	case DTS_LOG_BIT: /* bits beyond whole bytes, whole bytes */
		c->bytes = (uint32_t)m[1] * 8 + m[0];
		c->width = (uint8_t)((c->bytes + 7) / 8);
		return m[0] < 8 && c->bytes >= 1 && c->bytes <= 64;
	case DTS_LOG_VARCHAR_COMPRESSED: /* with the byte that says how */
		c->type = DTS_LOG_VARCHAR;
		c->bytes = (m[0] | (uint32_t)m[1] << 8) - 1;
		c->width = c->bytes + 1 > 255 ? 2 : 1;
		return m[0] != 0 || m[1] != 0;
	case DTS_LOG_VARCHAR:
	case DTS_LOG_VAR_STRING:
		c->bytes = m[0] | (uint32_t)m[1] << 8;
		c->width = c->bytes > 255 ? 2 : 1;
		return true;
	case DTS_LOG_NEWDECIMAL:
		c->digits = m[0];
		c->decimals = m[1];
		return m[0] >= 1 && m[0] <= 65 && m[1] <= m[0] && m[1] <= 38;
	case DTS_LOG_STRING:
	case DTS_LOG_ENUM:
	case DTS_LOG_SET:
		string_meta(c, m[0], m[1]);
		if (c->type == DTS_LOG_ENUM)
			return c->width == 1 || c->width == 2;
		if (c->type == DTS_LOG_SET)
			return c->width >= 1 && c->width <= 8;
		return c->type == DTS_LOG_STRING;
	default:
		c->width = widths[c->type];
		c->wants_catalog = c->type == DTS_LOG_TIME || c->type == DTS_LOG_DATETIME ||
				   c->type == DTS_LOG_TIMESTAMP;
		return size == 0;
	}
}

/* Names, types and metadata of the columns; the NULL bits; what is behind them. */
static int read_columns(struct dts_log_table *t, struct dts_bytes *b, struct dts_error *err)
{
	uint64_t count = dts_bytes_packed(b);
	struct dts_slice types = dts_bytes_take(b, count > dts_bytes_left(b) ? SIZE_MAX : (size_t)count);
	struct dts_bytes meta = dts_bytes(dts_bytes_take(b, (size_t)dts_bytes_packed(b)));
	struct dts_slice nulls = dts_bytes_take(b, (types.len + 7) / 8);

	if (b->bad || types.len == 0 || types.len > MAX_COLUMNS)
		return cut(err);
	t->column_count = types.len;
	t->columns = dts_arena_alloc(t->schema.arena, types.len, sizeof *t->columns);
	t->schema.columns = dts_arena_alloc(t->schema.arena, types.len, sizeof *t->schema.columns);
	t->schema.column_count = types.len;
	for (size_t i = 0; i < types.len; i++) {
		struct dts_log_column *c = &t->columns[i];

		c->column = &t->schema.columns[i];
		c->type = (uint8_t)types.p[i];
		c->shape = -1;
		if (meta_size(c->type) < 0)
			return dts_fail(err, DTS_BAD_INPUT, "column %zu has a type (%u) that is not supported",
					i + 1, c->type);
		if (c->type == DTS_LOG_BLOB_COMPRESSED || c->type == DTS_LOG_VARCHAR_COMPRESSED)
			c->inflate = &t->inflate;
		if (!column_meta(c, &meta))
			return cut(err);
		c->column->nullable = dts_bit((const uint8_t *)nulls.p, i);
	}
	return 0;
}

static struct dts_slice arena_buf(struct dts_arena *a, const struct dts_buf *b)
{
	return dts_arena_copy(a, dts_buf_slice(b));
}

/* With what dts_put_padded() reads behind it. */
static struct dts_slice padded(struct dts_arena *a, const struct dts_buf *b)
{
	char *p = dts_arena_alloc(a, b->len + 16, 1);

	memcpy(p, b->data, b->len);
	return dts_slice(p, b->len);
}

static bool looks_like_sequence(const struct dts_log_table *t);

/* Identifiers are utf8mb3 in the log, so they are UTF-8; anything else would
 * make the record invalid. */
int dts_log_table_finish(struct dts_log_table *t, struct dts_error *err)
{
	struct dts_buf b = {0};
	int status = 0;

	dts_buf_adds(&b, "\"db\":");
	dts_json_add_string(&b, t->schema.db);
	dts_buf_adds(&b, ",\"table\":");
	dts_json_add_string(&b, t->schema.table);
	dts_buf_addc(&b, ',');
	t->prefix = arena_buf(t->schema.arena, &b);
	if (!dts_utf8_valid(t->schema.db.p, t->schema.db.len) ||
	    !dts_utf8_valid(t->schema.table.p, t->schema.table.len))
		status = cut(err);
	for (size_t i = 0; i < t->column_count && status == 0; i++) {
		struct dts_slice name;

		if (!t->columns[i].column)
			continue;
		name = t->columns[i].column->name;
		if (!dts_utf8_valid(name.p, name.len))
			status = cut(err);
		dts_buf_clear(&b);
		dts_buf_addc(&b, ',');
		dts_json_add_string(&b, name);
		dts_buf_addc(&b, ':');
		t->columns[i].key = padded(t->schema.arena, &b);
	}
	dts_buf_release(&b);
	t->is_sequence = looks_like_sequence(t);
	return status;
}

/* MariaDB keeps a sequence as a table with these columns and one row. */
static bool looks_like_sequence(const struct dts_log_table *t)
{
	static const char *const names[] = {
		"next_not_cached_value", "minimum_value", "maximum_value", "start_value",
		"increment", "cache_size", "cycle_option", "cycle_count",
	};

	if (t->schema.column_count != 8)
		return false;
	for (size_t i = 0; i < 8; i++)
		if (!dts_slice_is(t->schema.columns[i].name, names[i]))
			return false;
	return true;
}

static int parse(struct dts_log_table *t, const struct dts_event *e, const struct dts_event_format *f,
		 struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);
	struct dts_arena *a = t->schema.arena;
	struct dts_slice db, table;

	read_name(&b, f, &t->id, &db, &table);
	if (b.bad)
		return cut(err);
	t->mysql = f->known && !strstr(f->server, "MariaDB");
	t->schema.db = t->schema.source_db = dts_arena_copy(a, db);
	t->schema.table = t->schema.source_table = dts_arena_copy(a, table);
	if (read_columns(t, &b, err) < 0 || dts_table_meta_read(t, b, err) < 0)
		return -1;
	return t->named ? dts_log_table_finish(t, err) : 0;
}

struct dts_log_table *dts_table_map_parse(const struct dts_event *e, const struct dts_event_format *f,
					  struct dts_error *err)
{
	struct dts_log_table *t = dts_zalloc(1, sizeof *t);

	t->schema.arena = dts_arena_new();
	dts_buf_add_slice(&t->raw, e->body);
	if (parse(t, e, f, err) == 0)
		return t;
	dts_log_table_free(t);
	return NULL;
}

struct dts_log_table *dts_log_table_skipped(const struct dts_event *e, uint64_t id)
{
	struct dts_log_table *t = dts_zalloc(1, sizeof *t);

	t->id = id;
	t->skipped = true;
	dts_buf_add_slice(&t->raw, e->body);
	return t;
}
