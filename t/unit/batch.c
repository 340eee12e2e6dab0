/*
 * Many changes made at once: what folding makes of random histories. With arguments, the changes on
 * standard input are made at a server: see t/dts-apply-batch.bats.
 *
 *   batch DEFAULTS-FILE GROUP quick|plain BYTES     units of as many bytes of whole transactions
 */
#include "apply/batch.h"

#include "apply/net.h"
#include "base/hash.h"
#include "record/stream.h"
#include "unit.h"

static struct dts_error err;

/* ---- a table of rows that are few, so that they meet often ---- */

enum { KEYS = 6, STEPS = 40, COLUMNS = 3 };

static struct dts_apply_table *table;

static void read_schema(struct dts_schema *s)
{
	struct dts_record r;

	dts_record_init(&r);
	CHECK_INT(0, dts_record_parse(&r, DTS_LIT("{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t\",\"columns\":[{\"name\":\"v\",\"type\":\"int\"},"
						 "{\"name\":\"id\",\"type\":\"int\"},{\"name\":\"w\",\"type\":\"int\",\"null\":true}],"
						 "\"primary\":[\"id\"]}"), &err));
	CHECK_INT(0, dts_schema_parse(s, &r, &err));
	dts_record_release(&r);
}

static void make_table(void)
{
	table = dts_zalloc(1, sizeof *table);
	read_schema(&table->schema);
	read_schema(&table->target);
	CHECK_INT(0, dts_apply_table_match(table, &err));
}

struct model {
	const struct dts_json *rows[KEYS]; /* by id; NULL: none */
};

static char texts[10][2];

static struct dts_json digit(unsigned n)
{
	texts[n][0] = (char)('0' + n);
	return (struct dts_json){DTS_JSON_NUMBER, {texts[n], 1}};
}

static unsigned id_of(const struct dts_json *row)
{
	return (unsigned)(row[1].raw.p[0] - '0');
}

static struct dts_json *make_row(struct dts_json *room, unsigned id)
{
	room[0] = digit((unsigned)rand() % 3);
	room[1] = digit(id);
	room[2] = rand() % 2 ? digit((unsigned)rand() % 3) : (struct dts_json){DTS_JSON_NULL, {"null", 4}};
	return room;
}

/* Its own copy of the row, as each record has. */
static struct dts_json *copy_row(struct dts_json *room, const struct dts_json *row)
{
	memcpy(room, row, COLUMNS * sizeof *row);
	return room;
}

static bool same_row(const struct dts_json *a, const struct dts_json *b)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (!dts_slice_eq(a[i].raw, b[i].raw))
			return false;
	return true;
}

/* One random change that the model allows: into it, and into the net. */
static void change(struct model *m, struct dts_net *n, struct dts_json *room)
{
	unsigned id = (unsigned)rand() % KEYS, to = rand() % 4 == 0 ? (unsigned)rand() % KEYS : id;

	if (!m->rows[id]) {
		const struct dts_json *after = make_row(room, id);
		CHECK(dts_net_add(n, table, DTS_OP_INSERT, NULL, after, 1));
		m->rows[id] = after;
		return;
	}
	const struct dts_json *before = copy_row(room, m->rows[id]);
	m->rows[id] = NULL;
	if (rand() % 3 == 0 || (to != id && m->rows[to])) {
		CHECK(dts_net_add(n, table, DTS_OP_DELETE, before, NULL, 1));
		return;
	}
	const struct dts_json *after = make_row(room + COLUMNS, to);
	CHECK_INT(dts_net_add(n, table, DTS_OP_UPDATE, before, after, 1), to == id);
	if (to != id)
		CHECK(dts_net_add(n, table, DTS_OP_DELETE, before, NULL, 1) && dts_net_add(n, table, DTS_OP_INSERT, NULL, after, 1));
	m->rows[to] = after;
}

/* Makes the rows of a kind at the model, which stands as the target does. */
static void make_kind(struct model *m, const struct dts_net *n, enum dts_net_kind kind)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct dts_net_row *row = &n->rows[i];
		bool is_new = kind == DTS_NET_INSERT || kind == DTS_NET_GHOST;
		if (row->kind != kind)
			continue;
		unsigned id = id_of(is_new ? row->after : row->before);
		CHECK(is_new ? !m->rows[id] : m->rows[id] && same_row(m->rows[id], row->before));
		CHECK((kind == DTS_NET_SAME) == (row->before && row->after && same_row(row->before, row->after)));
		if (row->after)
			CHECK_INT(id, id_of(row->after));
		m->rows[id] = row->after;
	}
}

static void test_histories(void)
{
	static struct dts_json room[STEPS][2 * COLUMNS], first[KEYS][COLUMNS];
	struct dts_net n = {0};
	size_t folded = 0;

	for (int round = 0; round < 2000; round++) {
		struct model before = {0}, after;
		for (unsigned id = 0; id < KEYS; id++)
			if (rand() % 2)
				before.rows[id] = make_row(first[id], id);
		after = before;
		dts_net_clear(&n);
		int steps = rand() % STEPS;
		for (int i = 0; i < steps; i++)
			change(&after, &n, room[i]);
		CHECK(n.count <= KEYS);
		for (int kind = 0; kind < DTS_NET_KINDS; kind++) {
			make_kind(&before, &n, (enum dts_net_kind)kind);
			for (size_t i = 0; i < n.count && kind == DTS_NET_GHOST; i++)
				if (n.rows[i].kind == DTS_NET_GHOST)
					before.rows[id_of(n.rows[i].after)] = NULL;
		}
		for (unsigned id = 0; id < KEYS; id++)
			CHECK(before.rows[id] && after.rows[id] ? same_row(before.rows[id], after.rows[id])
								: before.rows[id] == after.rows[id]);
		folded += (size_t)steps > n.count;
	}
	CHECK(folded > 1000);
	dts_net_release(&n);
}

/* A change that does not follow from those before it. */
static void test_odd(void)
{
	struct dts_json a[COLUMNS], b[COLUMNS], other[COLUMNS];
	struct dts_net n = {0};

	copy_row(b, copy_row(other, make_row(a, 1)));
	other[0] = digit(9);
	b[0] = digit(8);
	CHECK(dts_net_add(&n, table, DTS_OP_INSERT, NULL, a, 1));
	CHECK(!dts_net_add(&n, table, DTS_OP_INSERT, NULL, a, 1));
	CHECK(!dts_net_add(&n, table, DTS_OP_UPDATE, other, a, 1));
	CHECK(dts_net_add(&n, table, DTS_OP_UPDATE, a, b, 1));
	CHECK(!dts_net_add(&n, table, DTS_OP_DELETE, a, NULL, 1));
	CHECK(dts_net_add(&n, table, DTS_OP_DELETE, b, NULL, 7));
	CHECK_INT(DTS_NET_GHOST, n.rows[0].kind);
	CHECK_INT(7, n.rows[0].line);
	CHECK(!dts_net_add(&n, table, DTS_OP_UPDATE, b, a, 1));
	CHECK(!dts_net_add(&n, table, DTS_OP_DELETE, b, NULL, 1));
	CHECK_INT(1, n.count);
	a[2].raw.p = NULL;
	CHECK(!dts_net_whole(table, a));
	CHECK(dts_net_whole(table, b));
	dts_net_release(&n);
}

/* More rows than the first hash table has. */
static void test_many(void)
{
	enum { MANY = 5000 };
	static char numbers[MANY][8];
	static struct dts_json rows[MANY][COLUMNS];
	struct dts_net n = {0};

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < MANY; i++) {
			make_row(rows[i], 1);
			rows[i][1].raw = dts_slice(numbers[i], (size_t)snprintf(numbers[i], sizeof numbers[i], "%zu", i));
			CHECK(dts_net_add(&n, table, DTS_OP_DELETE, rows[i], NULL, 1));
		}
		for (size_t i = 0; i < MANY; i++)
			CHECK(dts_net_add(&n, table, DTS_OP_INSERT, NULL, rows[i], 1));
		CHECK_INT(MANY, n.count);
		for (size_t i = 0; i < MANY; i++)
			CHECK_INT(DTS_NET_SAME, n.rows[i].kind);
		dts_net_clear(&n);
	}
	dts_net_release(&n);
}

/* ---- at a server ---- */

struct target {
	struct dts_session session;
	struct dts_runner runner;
	struct dts_batch *batch;
	struct dts_plan plan;
	struct dts_map tables;
	struct dts_buf key, texts;
	struct dts_change *changes; /* `text.p` is an offset until the unit is run */
	size_t *starts, count, cap;
	size_t bytes;
	bool plain;
	unsigned long long rows, units, repeated;
};

static int give_up(const char *what)
{
	fprintf(stderr, "batch: %s: %s\n", what, err.message);
	if (err.hint[0])
		fprintf(stderr, "batch: %s\n", err.hint);
	return -1;
}

static int run_plain(struct target *t)
{
	dts_plan_clear(&t->plan);
	if (dts_batch_plan(t->batch, &t->plan, t->changes, t->count, &err) < 0)
		return -1;
	return dts_runner_run(&t->runner, &t->plan, &err);
}

static int run_unit(struct target *t)
{
	int rc = 1;

	for (size_t i = 0; i < t->count; i++)
		t->changes[i].text.p = t->texts.data + t->starts[i];
	if (t->count == 0)
		return 0;
	if (dts_session_run(&t->session, DTS_LIT("START TRANSACTION"), &err) < 0)
		return give_up("start");
	if (!t->plain)
		rc = dts_batch_run(t->batch, t->changes, t->count, &err);
	if (rc < 0)
		return give_up("batch");
	if (rc > 0 && !t->plain) {
		t->repeated++;
		CHECK_INT(DTS_OK, err.status);
		dts_runner_reset(&t->runner);
		dts_session_run(&t->session, DTS_LIT("START TRANSACTION"), &err);
	}
	if ((rc > 0 && run_plain(t) < 0) || dts_session_run(&t->session, DTS_LIT("COMMIT"), &err) < 0)
		return give_up("plain");
	t->rows += t->count;
	t->units++;
	t->count = 0;
	dts_buf_clear(&t->texts);
	return 0;
}

static int take_schema(struct target *t, const struct dts_record *r)
{
	struct dts_apply_table *made = dts_zalloc(1, sizeof *made);

	dts_batch_forget(t->batch);
	if (dts_schema_parse(&made->schema, r, &err) < 0)
		return give_up("schema");
	dts_apply_table_free(dts_map_set(&t->tables, dts_map_pair(&t->key, r->db, r->table), made));
	return 0;
}

static bool has_flag(const struct dts_record *r, const char *flag)
{
	return r->raw[DTS_F_FLAGS].p && memmem(r->raw[DTS_F_FLAGS].p, r->raw[DTS_F_FLAGS].len, flag, strlen(flag));
}

static int take_change(struct target *t, const struct dts_record *r, uint64_t line)
{
	static const struct dts_apply_checks checks = {.allow_triggers = true, .allow_extra_columns = true};
	struct dts_apply_table *to = dts_map_get(&t->tables, dts_map_pair(&t->key, r->db, r->table));

	if (!to->bound && (dts_apply_table_bind(to, &t->session, &checks, &err) < 0 || dts_batch_learn(&t->session, to, dts_slice_is(r->table, "parent"), &err) < 0))
		return give_up("table");
	if (t->count == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->changes = dts_realloc(t->changes, t->cap * sizeof *t->changes);
		t->starts = dts_realloc(t->starts, t->cap * sizeof *t->starts);
	}
	t->starts[t->count] = t->texts.len;
	t->changes[t->count++] = (struct dts_change){.table = to, .text = {NULL, r->line.len}, .line = line, .op = r->op,
						     .no_foreign = has_flag(r, "no-foreign-key-checks"),
						     .no_unique = has_flag(r, "no-unique-checks")};
	dts_buf_add_slice(&t->texts, r->line);
	return 0;
}

static int take_record(struct target *t, const struct dts_record *r, uint64_t line)
{
	if (r->op == DTS_OP_SCHEMA)
		return run_unit(t) < 0 ? -1 : take_schema(t, r);
	if (dts_op_is_change(r->op))
		return take_change(t, r, line);
	return r->op == DTS_OP_END || (r->op == DTS_OP_COMMIT && t->texts.len >= t->bytes) ? run_unit(t) : 0;
}

static int at_server(char **argv)
{
	struct dts_connect_options options = {.defaults_file = argv[1], .group = argv[2]};
	struct target t = {.plain = strcmp(argv[3], "plain") == 0, .bytes = strtoul(argv[4], NULL, 10)};
	struct dts_record r;
	char *line = NULL;
	size_t cap = 0;
	uint64_t number = 0;
	int rc = 0;

	if (dts_session_open(&t.session, &options, &err) < 0 || dts_runner_init(&t.runner, &t.session, &err) < 0)
		return give_up("connect") < 0;
	t.runner.input = "-";
	t.batch = dts_batch_new(&t.runner);
	dts_record_init(&r);
	for (ssize_t len; rc == 0 && (len = getline(&line, &cap, stdin)) > 0;) {
		if (dts_record_parse(&r, dts_slice(line, (size_t)len - 1), &err) < 0)
			rc = give_up("record");
		else
			rc = take_record(&t, &r, ++number);
	}
	free(line);
	printf("%llu changes, %llu units, %llu repeated\n", t.rows, t.units, t.repeated);
	dts_record_release(&r);
	dts_batch_free(t.batch);
	dts_plan_release(&t.plan);
	dts_map_release(&t.tables, dts_apply_table_free);
	dts_buf_release(&t.key);
	dts_buf_release(&t.texts);
	free(t.changes);
	free(t.starts);
	dts_session_close(&t.session);
	return rc < 0 || unit_failures > 0;
}

int main(int argc, char **argv)
{
	const char *seed = getenv("DTS_SEED");

	if (argc == 5)
		return at_server(argv);
	srand(seed ? (unsigned)strtoul(seed, NULL, 10) : 1);
	printf("# DTS_SEED=%s\n", seed ? seed : "1");
	make_table();
	RUN(test_histories);
	RUN(test_odd);
	RUN(test_many);
	dts_apply_table_free(table);
	return unit_done();
}
