/*
 * Rows of dts-dump to text of LOAD DATA and to INSERT, without a server: rows a second of each
 * step. Two tables: sysbench's, and one of 20 columns. See t/bench/load.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "apply/load.h"
#include "apply/plan.h"

enum { ROWS = 20000 };

static struct dts_error err;

struct bench {
	struct dts_apply_table *table;
	struct dts_buf lines;
	size_t starts[ROWS + 1]; /* of each line */
	struct dts_json *values;
	struct dts_record record;
	struct dts_buf out;
	struct dts_literal_scratch scratch;
	struct dts_plan plan;
};

static void fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, err.message);
	exit(1);
}

static void read_schema(struct dts_schema *s, const char *columns)
{
	struct dts_buf line = {0};
	struct dts_record r;

	dts_buf_addf(&line, "{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"orders\",\"columns\":[%s],\"primary\":[\"id\"]}", columns);
	dts_record_init(&r);
	if (dts_record_parse(&r, dts_buf_slice(&line), &err) < 0 || dts_schema_parse(s, &r, &err) < 0)
		fail("schema");
	dts_record_release(&r);
	dts_buf_release(&line);
}

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 8;
}

#define TEXT(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\",\"charset\":\"utf8mb4\",\"collation\":\"utf8mb4_general_ci\",\"null\":true}"
#define COL(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\",\"null\":true}"

static const char sysbench[] = "{\"name\":\"id\",\"type\":\"int(11)\"}," COL("k", "int(11)") "," TEXT("c", "char(120)") "," TEXT("pad", "char(60)");

static void add_sysbench(struct dts_buf *b, unsigned i, unsigned *seed)
{
	dts_buf_addf(b, "{\"id\":%u,\"k\":%u,\"c\":\"", i, next(seed) % 1000000);
	for (int j = 0; j < 10; j++)
		dts_buf_addf(b, "%s%011u", j ? "-" : "", next(seed));
	dts_buf_adds(b, "\",\"pad\":\"");
	for (int j = 0; j < 5; j++)
		dts_buf_addf(b, "%s%011u", j ? "-" : "", next(seed));
	dts_buf_adds(b, "\"}");
}

static const char orders[] = "{\"name\":\"id\",\"type\":\"bigint(20) unsigned\"}," COL("customer_id", "int(11)") ","
	COL("total", "decimal(12,2)") "," COL("tax", "decimal(12,2)") "," COL("qty", "smallint(6)") "," COL("weight", "double") ","
	COL("score", "float") "," COL("flag", "tinyint(1)") "," COL("created", "datetime") "," COL("changed", "timestamp(6)") ","
	COL("due", "date") "," TEXT("status", "enum('new','paid','shipped')") "," TEXT("email", "varchar(100)") ","
	TEXT("name", "varchar(60)") "," TEXT("street", "varchar(100)") "," TEXT("city", "varchar(60)") "," TEXT("note", "text") ","
	COL("token", "varbinary(16)") "," COL("cancelled", "datetime") "," COL("parent_id", "bigint(20)");

static void add_order(struct dts_buf *b, unsigned i, unsigned *seed)
{
	static const char *const states[] = {"new", "paid", "shipped"};

	dts_buf_addf(b, "{\"id\":%u,\"customer_id\":%u,\"total\":\"%u.%02u\",\"tax\":\"%u.%02u\",\"qty\":%u,\"weight\":%u.%03u,\"score\":%u.%u,"
			"\"flag\":%u,", i, next(seed) % 1000000, next(seed) % 10000, next(seed) % 100, next(seed) % 1000, next(seed) % 100,
		     next(seed) % 20, next(seed) % 100, next(seed) % 1000, next(seed) % 10, next(seed) % 9 + 1, next(seed) % 2);
	dts_buf_addf(b, "\"created\":\"2026-01-%02u 10:11:12\",\"changed\":\"2026-02-%02u 10:11:12.%06u\",\"due\":\"2026-03-%02u\",",
		     next(seed) % 28 + 1, next(seed) % 28 + 1, next(seed) % 1000000, next(seed) % 28 + 1);
	dts_buf_addf(b, "\"status\":\"%s\",\"email\":\"user%u@example.com\",\"name\":\"Gr\xc3\xbc\xc3\x9f %u\",\"street\":\"Am Hintereingang %u\","
			"\"city\":\"\xe6\x97\xa5\xe6\x9c\xac %u\",", states[next(seed) % 3], next(seed) % 100000, next(seed), next(seed) % 200,
		     next(seed) % 100);
	dts_buf_addf(b, "\"note\":\"The quick brown \\\"fox\\\" jumps over the lazy dog %u\\nand C:\\\\temp, then goes home again\",", next(seed));
	dts_buf_adds(b, "\"token\":{\"base64\":\"AAECAwQFBgcICQoLDA0ODw==\"},\"cancelled\":null,\"parent_id\":null}");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct dts_slice line_of(const struct bench *b, size_t i)
{
	return dts_slice(b->lines.data + b->starts[i], b->starts[i + 1] - b->starts[i] - 1);
}

/* ---- the steps; each one row ---- */

static void parse(struct bench *b, size_t i)
{
	if (dts_record_parse(&b->record, line_of(b, i), &err) < 0)
		fail("record");
}

static void parse_and_spread(struct bench *b, size_t i)
{
	parse(b, i);
	if (dts_apply_table_spread(b->table, b->record.raw[DTS_F_AFTER], b->values, &err) < 0)
		fail("spread");
}

static void walk(struct bench *b, size_t i)
{
	if (!dts_row_form_read(b->table->form, line_of(b, i), b->values))
		fail("form");
}

static void load(struct bench *b)
{
	if (dts_load_row(&b->out, b->table, b->values, &b->scratch, &err) != 1)
		fail("text");
}

static void slow_load(struct bench *b, size_t i)
{
	parse_and_spread(b, i);
	load(b);
}

static void walk_and_load(struct bench *b, size_t i)
{
	walk(b, i);
	load(b);
}

static void insert(struct bench *b, size_t i)
{
	parse(b, i);
	if (dts_plan_row(&b->plan, b->table, &b->record, 1 << 20, i, &err) < 0)
		fail("plan");
}

static void measure(struct bench *b, const char *name, void (*step)(struct bench *, size_t))
{
	double best = 1e9, from = now();

	for (int round = 0; round < 10 || now() - from < 0.5; round++) {
		double start = now();
		dts_buf_clear(&b->out);
		dts_plan_clear(&b->plan);
		for (size_t i = 0; i < ROWS; i++)
			step(b, i);
		double took = now() - start;
		best = took < best ? took : best;
	}
	printf("%-34s %8.0f ns a row  %6.2f million rows/s  %6.0f MB/s\n", name, best / ROWS * 1e9, ROWS / best / 1e6,
	       (double)b->lines.len / best / 1e6);
}

static void run(const char *name, const char *columns, void (*add)(struct dts_buf *, unsigned, unsigned *))
{
	struct bench *b = dts_zalloc(1, sizeof *b);
	unsigned seed = 1;

	b->table = dts_zalloc(1, sizeof *b->table);
	read_schema(&b->table->schema, columns);
	read_schema(&b->table->target, columns);
	if (dts_apply_table_match(b->table, &err) < 0 || !dts_load_possible(b->table))
		fail("table");
	b->values = dts_zalloc(b->table->schema.column_count, sizeof *b->values);
	dts_record_init(&b->record);
	for (unsigned i = 0; i < ROWS; i++) {
		b->starts[i] = b->lines.len;
		dts_buf_adds(&b->lines, "{\"op\":\"row\",\"db\":\"shop\",\"table\":\"orders\",\"after\":");
		add(&b->lines, i + 1, &seed);
		dts_buf_adds(&b->lines, "}\n");
	}
	b->starts[ROWS] = b->lines.len;
	printf("%s: %zu bytes a row\n", name, b->lines.len / ROWS);
	measure(b, "  parse", parse);
	measure(b, "  parse, spread", parse_and_spread);
	measure(b, "  one walk", walk);
	measure(b, "  parse, spread, LOAD DATA text", slow_load);
	measure(b, "  one walk, LOAD DATA text", walk_and_load);
	measure(b, "  parse, spread, INSERT text", insert);
	dts_apply_table_free(b->table);
	dts_record_release(&b->record);
	dts_buf_release(&b->lines);
	dts_buf_release(&b->out);
	dts_literal_scratch_release(&b->scratch);
	dts_plan_release(&b->plan);
	free(b->values);
	free(b);
}

int main(void)
{
	run("sysbench", sysbench, add_sysbench);
	run("20 columns", orders, add_order);
	return 0;
}
