#include "binlog/row.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/put.h"
#include "binlog/decimal.h"
#include "binlog/jsonb.h"
#include "binlog/temporal.h"
#include "record/value.h"

/* The bytes of a value with its length in front, of `width` bytes. */
static struct dts_slice counted(struct dts_bytes *b, unsigned width)
{
	return dts_bytes_take(b, (size_t)dts_bytes_uint(b, width));
}

static int64_t sign_extend(uint64_t v, unsigned bytes)
{
	unsigned shift = 64 - 8 * bytes;

	return (int64_t)(v << shift) >> shift;
}

static char *put_integer(char *p, const struct dts_log_column *c, struct dts_bytes *b)
{
	uint64_t v = dts_bytes_uint(b, c->width);

	return c->is_unsigned ? dts_json_put_u64(p, v) : dts_json_put_i64(p, sign_extend(v, c->width));
}

static char *put_float(char *p, struct dts_bytes *b)
{
	uint32_t bits = dts_bytes_u32(b);
	float f;

	memcpy(&f, &bits, sizeof f);
	if ((bits >> 23 & 0xff) == 0xff) /* infinite or not a number: not storable */
		return NULL;
	return dts_json_put_float(p, f);
}

static char *put_double(char *p, struct dts_bytes *b)
{
	uint64_t bits = dts_bytes_u64(b);
	double d;

	memcpy(&d, &bits, sizeof d);
	if ((bits >> 52 & 0x7ff) == 0x7ff)
		return NULL;
	return dts_json_put_double(p, d);
}

static char *put_decimal(char *p, const struct dts_log_column *c, struct dts_bytes *b)
{
	char *end = dts_decimal_put(p + 1, c->digits, c->decimals, b);

	if (end)
		*p = *end++ = '"';
	return end;
}

/*
 * MariaDB stores a UUID of versions 1 to 5 (variant RFC 4122) with its segments
 * in reverse order, so that time orders it: 6 node bytes, 2 of the clock, then the high, middle
 * and low time (sql/sql_type_uuid.h; seen on 10.11). Others are stored as written.
 */
static void uuid_bytes(uint8_t to[16], const uint8_t from[16])
{
	/* In the stored form the variant stands in byte 6 and the version in byte 8. */
	bool swapped = (from[6] & 0x80) && from[8] > 0 && from[8] < 0x60;

	if (!swapped) {
		memcpy(to, from, 16);
		return;
	}
	memcpy(to, from + 12, 4);
	memcpy(to + 4, from + 10, 2);
	memcpy(to + 6, from + 8, 2);
	memcpy(to + 8, from + 6, 2);
	memcpy(to + 10, from, 6);
}

static void add_uuid(struct dts_buf *out, const uint8_t stored[16])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t bytes[16];
	char text[38], *p = text;

	uuid_bytes(bytes, stored);
	*p++ = '"';
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[bytes[i] >> 4];
		*p++ = hex[bytes[i] & 15];
	}
	*p++ = '"';
	dts_buf_add(out, text, (size_t)(p - text));
}

/* The server's text of an IPv6 address: inet_ntop's, which it follows. */
static bool add_inet(struct dts_buf *out, int family, const uint8_t *bytes)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, bytes, text, sizeof text))
		return false;
	dts_buf_addc(out, '"');
	dts_buf_adds(out, text);
	dts_buf_addc(out, '"');
	return true;
}

/* The same of a column that may be COMPRESSED. False: it is malformed. */
static bool take_bytes(const struct dts_log_column *c, struct dts_bytes *b, struct dts_slice *bytes)
{
	*bytes = counted(b, c->width);
	return !c->inflate || dts_inflate_value(c->inflate, *bytes, bytes);
}

/* CHAR and BINARY kinds; those that the catalog knows better are padded again
 * first, as the log strips trailing zero bytes. */
static bool add_string(struct dts_buf *out, const struct dts_log_column *c, struct dts_bytes *b)
{
	struct dts_slice bytes;
	uint8_t padded[16] = {0};

	if (!take_bytes(c, b, &bytes))
		return false;
	if (c->charset) {
		dts_value_add_text(out, c->charset, bytes);
		return true;
	}
	if (bytes.len > c->bytes)
		return false;
	if (c->as == DTS_TYPE_VECTOR) {
		dts_json_add_bytes(out, bytes);
		return true;
	}
	if (c->as == DTS_TYPE_BINARY) {
		dts_value_add_binary(out, bytes, c->column->fixed ? c->bytes : 0);
		return true;
	}
	if (bytes.len > sizeof padded)
		return false;
	memcpy(padded, bytes.p, bytes.len);
	if (c->as == DTS_TYPE_UUID)
		add_uuid(out, padded);
	else
		return add_inet(out, c->as == DTS_TYPE_INET4 ? AF_INET : AF_INET6, padded);
	return true;
}

/* A value whose text may be long; false: no such value. */
static bool add_long(struct dts_buf *out, const struct dts_log_column *c, struct dts_bytes *b)
{
	struct dts_slice bytes;

	switch (c->type) {
	case DTS_LOG_ENUM:
		return dts_value_add_enum(out, c->column, dts_bytes_uint(b, c->width)) == 0;
	case DTS_LOG_SET:
		return dts_value_add_set(out, c->column, dts_bytes_uint(b, c->width)) == 0;
	case DTS_LOG_VARCHAR:
	case DTS_LOG_VAR_STRING:
	case DTS_LOG_STRING:
		return add_string(out, c, b);
	case DTS_LOG_BLOB:
		if (!take_bytes(c, b, &bytes))
			return false;
		if (c->charset)
			dts_value_add_text(out, c->charset, bytes);
		else
			dts_json_add_bytes(out, bytes);
		return true;
	case DTS_LOG_JSON:
		return dts_jsonb_add(out, counted(b, c->width));
	case DTS_LOG_GEOMETRY:
	case DTS_LOG_VECTOR:
		dts_json_add_bytes(out, counted(b, c->width));
		return true;
	default:
		return false;
	}
}

/* Room behind a name: for what dts_put_padded() writes beyond it, or for any value that add_long() does not know. */
enum { ROOM = DTS_DECIMAL_MAX + 16 };
_Static_assert((int)DTS_DECIMAL_MAX > DTS_JSON_NUMBER_MAX && (int)DTS_DECIMAL_MAX > DTS_TEMPORAL_MAX, "room for all");

/* One value that is not NULL, at p, behind what `out` holds; where it ends; NULL: no such value. */
static inline __attribute__((always_inline)) char *put_value(struct dts_buf *out, char *p, const struct dts_log_column *c, struct dts_bytes *b)
{
	uint64_t v;

	switch (c->type) {
	case DTS_LOG_TINY:
	case DTS_LOG_SHORT:
	case DTS_LOG_INT24:
	case DTS_LOG_LONG:
	case DTS_LOG_LONGLONG:
		return put_integer(p, c, b);
	case DTS_LOG_FLOAT:
		return put_float(p, b);
	case DTS_LOG_DOUBLE:
		return put_double(p, b);
	case DTS_LOG_NEWDECIMAL:
		return put_decimal(p, c, b);
	case DTS_LOG_YEAR:
		v = dts_bytes_u8(b);
		return dts_put_u64(p, v ? v + 1900 : 0);
	case DTS_LOG_BIT:
		return dts_json_put_u64(p, dts_bytes_uint_be(b, c->width));
	case DTS_LOG_DATE:
	case DTS_LOG_NEWDATE:
	case DTS_LOG_TIME:
	case DTS_LOG_DATETIME:
	case DTS_LOG_TIMESTAMP:
	case DTS_LOG_TIME2:
	case DTS_LOG_DATETIME2:
	case DTS_LOG_TIMESTAMP2:
		return dts_temporal_put(p, c, b);
	default:
		out->len = (size_t)(p - out->data);
		return add_long(out, c, b) ? out->data + out->len : NULL;
	}
}

static int bad_value(const struct dts_log_table *t, const struct dts_log_column *c, const struct dts_bytes *b,
		     struct dts_error *err)
{
	if (b->bad)
		return dts_fail(err, DTS_BAD_INPUT, "a row of `%.*s`.`%.*s` is cut short",
				(int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	return dts_fail(err, DTS_BAD_INPUT, "a row of `%.*s`.`%.*s` has a value that %.*s cannot have in column `%.*s`",
			(int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p,
			c->column ? (int)c->column->type_text.len : 0, c->column ? c->column->type_text.p : "",
			c->column ? (int)c->column->name.len : 0, c->column ? c->column->name.p : "");
}

/* How an image deals with the documents of an update. */
enum documents { PLAIN, KEEP, CHANGE };

/* A JSON column's value, the `at`th of the table; as put_value(). */
static char *put_document(const struct dts_log_column *c, struct dts_row_documents *d, enum documents how, size_t at,
			  struct dts_bytes *b, char *p, struct dts_buf *out)
{
	struct dts_slice bytes = counted(b, c->width);
	bool fine;

	out->len = (size_t)(p - out->data);
	if (how == CHANGE && d->partial && dts_bit(d->partial, at)) {
		d->missing = !d->before[at].p;
		fine = !d->missing && dts_json_diff_add(&d->diff, d->before[at], bytes, out);
	} else {
		if (how == KEEP)
			d->before[at] = bytes;
		fine = dts_jsonb_add(out, bytes);
	}
	return fine ? out->data + out->len : NULL;
}

/* By hand: not every processor that this runs on has an instruction for it. */
static inline unsigned count_bits(unsigned byte)
{
	byte -= byte >> 1 & 0x55;
	byte = (byte & 0x33) + (byte >> 2 & 0x33);
	return (byte + (byte >> 4)) & 0x0f;
}

static size_t count_present(const struct dts_log_table *t, const uint8_t *present)
{
	size_t count = 0;

	for (size_t i = 0; i < (t->column_count + 7) / 8; i++) {
		uint8_t bits = present[i];

		if (i == t->column_count / 8) /* the last byte may have bits of no column */
			bits &= (uint8_t)((1u << (t->column_count & 7)) - 1);
		count += count_bits(bits);
	}
	return count;
}

/* Made twice, since nearly all images are plain: that is known then, and a value is no call. */
static inline __attribute__((always_inline)) int add_image(const struct dts_log_table *t, struct dts_row_documents *d,
							     enum documents how, const uint8_t *present,
							     struct dts_bytes *b, struct dts_buf *out, struct dts_error *err)
{
	const uint8_t *nulls = (const uint8_t *)dts_bytes_take(b, (count_present(t, present) + 7) / 8).p;
	const size_t from = out->len;
	size_t at = 0, json = 0;

	if (b->bad)
		return bad_value(t, &t->columns[0], b, err);
	for (size_t i = 0; i < t->column_count; i++) {
		const struct dts_log_column *c = &t->columns[i];
		const bool document = how != PLAIN && c->type == DTS_LOG_JSON;
		const size_t len = out->len;

		json += document;
		if (!dts_bit(present, i))
			continue;
		dts_buf_reserve(out, c->key.len + ROOM);
		char *p = dts_put_padded(out->data + len, c->key.p, c->key.len);
		if (dts_bit(nulls, at++)) {
			memcpy(p, "null", 4);
			p += 4;
		} else {
			p = document ? put_document(c, d, how, json - 1, b, p, out) : put_value(out, p, c, b);
			if (!p || b->bad)
				return bad_value(t, c, b, err);
		}
		/* What is not written is read all the same, to find the next. */
		out->len = c->left_out ? len : (size_t)(p - out->data);
	}
	if (out->len == from)
		dts_buf_addc(out, '{');
	out->data[from] = '{'; /* in place of the comma in front of the first name */
	dts_buf_addc(out, '}');
	return 0;
}

int dts_row_add(const struct dts_log_table *t, const uint8_t *present, struct dts_bytes *b,
		struct dts_buf *out, struct dts_error *err)
{
	return add_image(t, NULL, PLAIN, present, b, out, err);
}

/* --- updates with parts of documents */

static int add_documents_image(const struct dts_log_table *t, struct dts_row_documents *d, enum documents how,
			       const uint8_t *present, struct dts_bytes *b, struct dts_buf *out, struct dts_error *err)
{
	return add_image(t, d, how, present, b, out, err);
}

void dts_row_documents_release(struct dts_row_documents *d)
{
	free(d->before);
	dts_json_diff_release(&d->diff);
	*d = (struct dts_row_documents){0};
}

static size_t count_documents(const struct dts_log_table *t)
{
	size_t count = 0;

	for (size_t i = 0; i < t->column_count; i++)
		count += t->columns[i].type == DTS_LOG_JSON;
	return count;
}

int dts_row_add_before(const struct dts_log_table *t, struct dts_row_documents *d, const uint8_t *present,
		       struct dts_bytes *b, struct dts_buf *out, struct dts_error *err)
{
	const size_t count = count_documents(t);

	if (count > d->room) {
		d->before = dts_realloc(d->before, count * sizeof *d->before);
		d->room = count;
	}
	for (size_t i = 0; i < count; i++)
		d->before[i] = (struct dts_slice){NULL, 0};
	d->missing = false;
	return add_documents_image(t, d, KEEP, present, b, out, err);
}

int dts_row_add_after(const struct dts_log_table *t, struct dts_row_documents *d, const uint8_t *present,
		      struct dts_bytes *b, struct dts_buf *out, struct dts_error *err)
{
	enum { PARTIAL_JSON = 1 };
	const uint64_t options = dts_bytes_packed(b);

	d->partial = NULL;
	if (options & PARTIAL_JSON)
		d->partial = (const uint8_t *)dts_bytes_take(b, (count_documents(t) + 7) / 8).p;
	if (b->bad || options & ~(uint64_t)PARTIAL_JSON)
		return dts_fail(err, DTS_BAD_INPUT, "a row of `%.*s`.`%.*s` is cut short, or written in a way that is not known",
				(int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	return add_documents_image(t, d, CHANGE, present, b, out, err);
}
