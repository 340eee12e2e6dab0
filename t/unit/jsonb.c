/* MySQL's binary JSON as text. The documents of t/unit/binlog.d/mysql_json.log, a log of MySQL 9.7, stand
 * beside what that server prints of them. */
#include "binlog/jsonb.h"
#include "binlog/row.h"
#include "binlog_events.h"
#include "record/json.h"
#include "unit.h"

static struct dts_buf read_file(const char *path)
{
	struct dts_buf b = {0};
	char piece[4096];
	size_t got;

	FILE *in = fopen(path, "rb");
	while (in && (got = fread(piece, 1, sizeof piece, in)) > 0)
		dts_buf_add(&b, piece, got);
	if (in)
		fclose(in);
	return b;
}

/* Calls `see` for the JSON bytes and the text of each row image of a table (id, j, t). */
static unsigned each_document(void (*see)(struct dts_slice bytes, struct dts_slice text))
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf file = read_file("t/unit/binlog.d/mysql_json.log");
	struct dts_slice rest = dts_buf_slice(&file), raw, db, name = {0};
	struct dts_event_format f = {0};
	struct dts_event_rows r;
	struct dts_event e;
	uint64_t id = 0;
	unsigned count = 0;

	while (next_event(&rest, &raw)) {
		if (dts_event_parse(&e, &f, raw, &err) < 0)
			break;
		if (e.type == DTS_EV_FORMAT)
			dts_event_format(&f, &e, raw, &err);
		if (e.type == DTS_EV_TABLE_MAP)
			dts_table_map_name(&e, &f, &id, &db, &name, &err);
		if ((e.type != DTS_EV_WRITE_ROWS && e.type != DTS_EV_UPDATE_ROWS) || !dts_slice_is(name, "gen"))
			continue;
		if (dts_event_rows(&r, &e, &f, &err) < 0 || r.columns != 3)
			break;
		while (dts_bytes_left(&r.rows) > 0) {
			struct dts_slice bytes, text;

			CHECK_INT(0, dts_bytes_u8(&r.rows) & 7);
			dts_bytes_u32(&r.rows);
			bytes = dts_bytes_take(&r.rows, dts_bytes_u32(&r.rows));
			text = dts_bytes_take(&r.rows, dts_bytes_u32(&r.rows));
			CHECK(!r.rows.bad);
			see(bytes, text);
			count++;
		}
	}
	CHECK_STR("", err.message);
	dts_buf_release(&file);
	return count;
}

static void compare(struct dts_slice bytes, struct dts_slice text)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf out = {0}, plain = {0};

	CHECK(dts_jsonb_add(&out, bytes));
	CHECK_INT(0, dts_json_check(dts_buf_slice(&out), &err));
	dts_json_unescape(dts_buf_slice(&out), &plain);
	CHECK_MEM(text.p, text.len, plain.data, plain.len);
	dts_buf_release(&out);
	dts_buf_release(&plain);
}

static void test_documents(void)
{
	CHECK_INT(142, each_document(compare));
}

/* A document cut short is none; only what stands behind it does not matter. */
static void cut(struct dts_slice bytes, struct dts_slice text)
{
	struct dts_buf out = {0};
	size_t step = bytes.len < 300 ? 1 : bytes.len / 100;

	(void)text;
	for (size_t len = 1; len < bytes.len; len += step) {
		char *copy = malloc(len); /* so that a sanitizer sees a read beyond it */

		memcpy(copy, bytes.p, len);
		dts_buf_clear(&out);
		if (dts_jsonb_add(&out, dts_slice(copy, len)))
			unit_fail(__FILE__, __LINE__, "%zu bytes of %zu", len, bytes.len);
		free(copy);
	}
	dts_buf_release(&out);
}

/* Inlined values take two bytes of which the last may be missing and not needed, and a
 * document changed in place may have room behind it: those are left out. */
static void cut_compact(struct dts_slice bytes, struct dts_slice text)
{
	if (bytes.len > 3 && !(bytes.p[0] <= 3 && text.len < 130))
		cut(bytes, text);
}

static void test_cut(void)
{
	each_document(cut_compact);
}

static struct dts_slice hex(const char *text, uint8_t *to)
{
	size_t len = 0;
	unsigned byte;

	for (; *text; text += *text == ' ')
		if (sscanf(text, "%2x", &byte) == 1) {
			to[len++] = (uint8_t)byte;
			text += 2;
		}
	return dts_slice((char *)to, len);
}

static const char *printed(const char *bytes)
{
	static struct dts_buf out;
	uint8_t raw[300];

	dts_buf_clear(&out);
	if (!dts_jsonb_add(&out, hex(bytes, raw)))
		return NULL;
	return dts_buf_text(&out);
}

static void test_built(void)
{
	/* No bytes at all: what an IGNOREd NULL leaves in a NOT NULL column. */
	CHECK_STR("\"null\"", printed(""));
	CHECK_STR("\"true\"", printed("04 01"));
	CHECK_STR(NULL, printed("04 03"));
	CHECK_STR(NULL, printed("0d 00"));
	CHECK_STR("\"\\\"a\\\\\\\"b\\\\u0001\\\"\"", printed("0c 04 61 22 62 01"));
	CHECK_STR(NULL, printed("0c 02 c3 28"));       /* no UTF-8 */
	CHECK_STR(NULL, printed("0c 80 80 80 80 80 01")); /* a length that does not end */
	CHECK_STR(NULL, printed("0b 00 00 00 00 00 00 f0 7f")); /* infinite */
	/* Large array: numbers of four bytes are inlined in it, and a small array is in it. */
	CHECK_STR("\"[70000, -1, [5]]\"", printed("03 03 00 00 00 1e 00 00 00 08 70 11 01 00 07 ff ff ff ff 02 17 00 00 00 01 00 07 00 05 05 00"));
	/* Large object. */
	CHECK_STR("\"{\\\"k\\\": 4000000000}\"", printed("01 01 00 00 00 14 00 00 00 13 00 00 00 01 00 08 00 28 6b ee 6b"));
	/* More members than bytes; a size beyond the end; an offset beyond the size; one to itself. */
	CHECK_STR(NULL, printed("02 ff ff 04 00"));
	CHECK_STR(NULL, printed("02 00 00 05 00"));
	CHECK_STR(NULL, printed("02 01 00 07 00 0c 08 00 01 61"));
	CHECK_STR(NULL, printed("02 01 00 07 00 02 00 00"));
	/* One string for two elements: no server writes that. */
	CHECK_STR(NULL, printed("02 02 00 0c 00 0c 0a 00 0c 0a 00 01 61"));
	CHECK_STR("\"[]\"", printed("02 00 00 04 00"));
	CHECK_STR("\"{}\"", printed("00 00 00 04 00"));
}

static void test_opaque(void)
{
	CHECK_STR("\"1.50\"", printed("0f f6 04 03 02 81 32"));
	CHECK_STR(NULL, printed("0f f6 04 03 04 81 32")); /* more decimals than digits */
	CHECK_STR(NULL, printed("0f f6 03 03 02 81"));
	CHECK_STR("\"\\\"base64:type15:AP8=\\\"\"", printed("0f 0f 02 00 ff"));
	CHECK_STR("\"\\\"base64:type255:\\\"\"", printed("0f ff 00"));
	CHECK_STR("\"\\\"-00:00:00.500000\\\"\"", printed("0f 0b 08 e0 5e f8 ff ff ff ff ff"));
	CHECK_STR("\"\\\"0000-00-00\\\"\"", printed("0f 0a 08 00 00 00 00 00 00 00 00"));
	CHECK_STR(NULL, printed("0f 0a 08 ff ff ff ff ff ff ff 7f"));
	CHECK_STR(NULL, printed("0f 0a 07 00 00 00 00 00 00 00"));
}

/* Arrays in arrays: 100 are what a server takes. */
static void test_depth(void)
{
	for (unsigned depth = 99; depth <= 101; depth++) {
		struct dts_buf b = {0}, out = {0};

		dts_buf_addc(&b, 2);
		for (unsigned left = depth; left-- > 0;) {
			unsigned size = 4 + left * 7;

			dts_buf_addc(&b, left > 0);
			dts_buf_addc(&b, 0);
			dts_buf_addc(&b, (char)(size & 255));
			dts_buf_addc(&b, (char)(size >> 8));
			if (left > 0)
				dts_buf_add(&b, "\2\7\0", 3);
		}
		CHECK_INT(depth <= 100, dts_jsonb_add(&out, dts_buf_slice(&b)));
		dts_buf_release(&b);
		dts_buf_release(&out);
	}
}

int main(void)
{
	RUN(test_documents);
	RUN(test_cut);
	RUN(test_built);
	RUN(test_opaque);
	RUN(test_depth);
	return unit_done();
}
