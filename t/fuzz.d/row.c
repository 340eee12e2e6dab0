/*
 * Any bytes as the columns of a row record: what is read in one walk is what parsing
 * and spreading read; and each text and each blob that becomes text of LOAD
 * DATA is read back from it as it was.
 */
#include <stdlib.h>

#include "apply/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static struct dts_apply_table *make_table(void)
{
	static const char schema[] =
		"{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t\",\"columns\":["
		"{\"name\":\"s\",\"type\":\"longtext\",\"null\":true,\"charset\":\"utf8mb4\"},{\"name\":\"b\",\"type\":\"longblob\",\"null\":true},"
		"{\"name\":\"d\",\"type\":\"decimal(9,2)\",\"null\":true},{\"name\":\"f\",\"type\":\"float\",\"null\":true},"
		"{\"name\":\"w\",\"type\":\"text\",\"null\":true,\"charset\":\"ucs2\"},{\"name\":\"y\",\"type\":\"year\",\"null\":true},"
		"{\"name\":\"e\",\"type\":\"set('a','b')\",\"null\":true,\"charset\":\"utf8mb4\",\"collation\":\"utf8mb4_bin\"},"
		"{\"name\":\"j\",\"type\":\"json\",\"null\":true},{\"name\":\"u\",\"type\":\"uuid\",\"null\":true},{\"name\":\"i\",\"type\":\"inet6\",\"null\":true}]}";
	struct dts_apply_table *t = dts_zalloc(1, sizeof *t);
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_record r;

	dts_record_init(&r);
	expect(dts_record_parse(&r, dts_slice_of(schema), &err) == 0);
	expect(dts_schema_parse(&t->schema, &r, &err) == 0 && dts_schema_parse(&t->target, &r, &err) == 0);
	expect(dts_apply_table_match(t, &err) == 0 && dts_load_possible(t));
	dts_record_release(&r);
	return t;
}

/* The next field as the server reads it; false: it is NULL. */
static bool read_field(const char **p, const char *end, struct dts_buf *out)
{
	dts_buf_clear(out);
	if (end - *p >= 3 && (*p)[0] == '\\' && (*p)[1] == 'N' && ((*p)[2] == '\t' || (*p)[2] == '\n')) {
		*p += 3;
		return false;
	}
	for (; *p < end && **p != '\t' && **p != '\n'; ++*p) {
		char c = **p;
		if (c == '\\') {
			c = *++*p;
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == '0' ? '\0' : c == 'Z' ? '\x1a' : c;
		}
		dts_buf_addc(out, c);
	}
	expect(*p < end);
	++*p;
	return true;
}

static void check_line(const struct dts_apply_table *t, const struct dts_json *values, struct dts_slice line)
{
	const char *p = line.p, *end = line.p + line.len;
	struct dts_buf field = {0}, want = {0};

	for (size_t i = 0; i < t->schema.column_count; i++) {
		expect(read_field(&p, end, &field) == (values[i].type != DTS_JSON_NULL));
		if (i == 0 && values[i].type == DTS_JSON_STRING)
			expect(dts_slice_eq(dts_buf_slice(&field), dts_json_string(values[i].raw, &want)));
		dts_buf_clear(&want);
		if (i == 1 && values[i].type == DTS_JSON_OBJECT) {
			expect(dts_json_bytes(values[i], &want) == 1);
			expect(dts_slice_eq(dts_buf_slice(&field), dts_buf_slice(&want)));
		}
	}
	expect(p == end && end[-1] == '\n');
	dts_buf_release(&field);
	dts_buf_release(&want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char prefix[] = "{\"op\":\"row\",\"db\":\"d\",\"table\":\"t\",\"after\":{";
	static struct dts_apply_table *t;
	struct dts_json walked[10], values[10];
	struct dts_literal_scratch scratch = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf line = {0}, out = {0};
	struct dts_record r;

	if (!t)
		t = make_table();
	dts_buf_adds(&line, prefix);
	dts_buf_add(&line, data, size);
	dts_buf_adds(&line, "}}");
	dts_record_init(&r);
	bool in_form = dts_row_form_read(t->form, dts_buf_slice(&line), walked);
	bool right = dts_record_parse(&r, dts_buf_slice(&line), &err) == 0 && r.op == DTS_OP_ROW &&
		     dts_apply_table_spread(t, r.raw[DTS_F_AFTER], values, &err) == 0;
	expect(right || !in_form);
	for (size_t i = 0; in_form && i < 10; i++)
		expect(walked[i].raw.p == values[i].raw.p && walked[i].raw.len == values[i].raw.len && walked[i].type == values[i].type);
	if (right && dts_load_row(&out, t, values, &scratch, &err) == 1)
		check_line(t, values, dts_buf_slice(&out));
	else
		expect(out.len == 0);
	dts_record_release(&r);
	dts_literal_scratch_release(&scratch);
	dts_buf_release(&line);
	dts_buf_release(&out);
	return 0;
}
