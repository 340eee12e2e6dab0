/*
 * Any lines as statements: the model stays whole, and says the same of the same
 * statements again. The first byte of the input chooses the server and sql_mode.
 */
#include <stdlib.h>

#include "ddl/definitions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

/* What a reader of rows relies on. */
static void check_table(void *arg, const struct dts_defined_table *t)
{
	struct dts_buf *text = arg;
	const struct dts_schema *s = &t->schema;

	expect(t->unknown == (s->column_count == 0));
	expect(t->unknown == (t->why.len > 0));
	for (size_t i = 0; i < s->column_count; i++) {
		const struct dts_column *c = &s->columns[i];

		expect(c->type_text.len > 0 && c->type != DTS_TYPE_UNKNOWN);
		expect(dts_schema_column(s, c->name, 0) == (long)i);
		if (c->type == DTS_TYPE_CHAR)
			expect(c->charset.len > 0);
	}
	for (size_t i = 0; i < s->primary.count; i++)
		expect(dts_schema_column(s, s->primary.columns[i], i) >= 0);
	for (size_t i = 0; i < s->unique_count; i++)
		for (size_t j = 0; j < s->unique[i].count; j++)
			expect(dts_schema_column(s, s->unique[i].columns[j], j) >= 0);
	dts_schema_add(text, s);
}

/* A new model from another's tables, as a saved history is read. */
static void put_again(void *arg, const struct dts_defined_table *t)
{
	if (!t->unknown)
		dts_definitions_put(arg, &t->schema, t->indexes, t->index_count);
}

static void run(uint8_t how, const uint8_t *data, size_t size, struct dts_buf *text)
{
	struct dts_definitions *d = dts_definitions_new(how & 1, how & 2 ? 110806 : 101119, how >> 2 & 1);
	struct dts_definitions *copy = dts_definitions_new(how & 1, 101119, how >> 2 & 1);
	struct dts_definition_context context = {.db = DTS_LIT("d"), .collation_server = DTS_LIT("latin1_swedish_ci")};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf again = {0};

	context.sql_mode = (how & 8 ? 4 : 0) | (how & 16 ? 1u << 20 : 0);
	context.implicit_timestamps = how & 32;
	context.failed = false;
	dts_definitions_set_database(d, DTS_LIT("d"), DTS_LIT("utf8mb4_bin"));
	for (size_t at = 0; at < size;) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t len = end ? (size_t)(end - data) - at : size - at;

		expect(dts_definitions_apply(d, dts_slice((const char *)data + at, len), &context, NULL, NULL) <= 1);
		at += len + 1;
	}
	dts_definitions_each_table(d, check_table, text);
	dts_definitions_each_table(d, put_again, copy);
	dts_definitions_each_table(copy, check_table, &again);
	dts_buf_release(&again);
	dts_definitions_free(copy);
	dts_definitions_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dts_buf first, second;

	if (size == 0 || size > 20000)
		return 0;
	dts_buf_clear(&first);
	dts_buf_clear(&second);
	run(data[0], data + 1, size - 1, &first);
	run(data[0], data + 1, size - 1, &second);
	expect(dts_slice_eq(dts_buf_slice(&first), dts_buf_slice(&second)));
	return 0;
}
