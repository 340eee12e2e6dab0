/*
 * Without arguments: nothing, as it needs a server. Else, for t/dts-apply-conflict.bats:
 *
 *     claims OPTION-FILE GROUP <RECORDS
 *
 * binds and learns the table of each "schema" record and prints what each change claims: t:A for a value, with a
 * letter that is the same for the same value, t:* for all, s behind it for shared. A line "again" makes it forget all and
 * learn the tables anew, the last one twice.
 */
#include "apply/conflict_impl.h"

#include "unit.h"

static struct dts_error err;
static struct dts_session session;
static struct dts_conflicts *conflicts;
static struct dts_apply_table *tables[100];
static size_t table_count;
static uint64_t hashes[26];
static size_t hash_count;

static struct dts_apply_table *find(const struct dts_record *r)
{
	for (size_t i = table_count; i > 0; i--)
		if (dts_slice_eq(tables[i - 1]->schema.db, r->db) && dts_slice_eq(tables[i - 1]->schema.table, r->table))
			return tables[i - 1];
	return NULL;
}

static int take_schema(const struct dts_record *r)
{
	struct dts_apply_checks checks = {.allow_nontransactional = true, .allow_extra_columns = true};
	struct dts_apply_table *t = dts_zalloc(1, sizeof *t);

	tables[table_count++] = t;
	return dts_schema_parse(&t->schema, r, &err) < 0 || dts_apply_table_bind(t, &session, &checks, &err) < 0 ||
	       dts_conflicts_learn(conflicts, &session, t, &err) < 0 ? -1 : 0;
}

/* The name of the table that has the number of a space. */
static struct dts_slice name_of(uint32_t space)
{
	size_t at = 0;

	for (struct dts_map_entry *e; (e = dts_map_next(&conflicts->spaces.numbers, &at));)
		if ((uintptr_t)e->value == (uintptr_t)space + 1) {
			uint32_t db; /* its length, as dts_map_pair() has it */
			memcpy(&db, e->key, sizeof db);
			return dts_slice(e->key + sizeof db + db, e->key_len - sizeof db - db);
		}
	return DTS_LIT("?");
}

static char letter_of(const struct dts_claim *c)
{
	uint64_t hash = c->hash ^ (uint64_t)c->space << 40; /* the same keys of two tables have the same hash */
	size_t i = 0;

	while (i < hash_count && hashes[i] != hash)
		i++;
	if (i == hash_count && i < 26)
		hashes[hash_count++] = hash;
	return (char)(i < 26 ? 'A' + (int)i : '?');
}

static int take_change(const struct dts_record *r)
{
	struct dts_apply_table *t = find(r);
	struct dts_claims claims = {0};

	if (!t)
		return dts_fail(&err, DTS_BAD_INPUT, "no schema record for it");
	if (dts_conflicts_claims(conflicts, t, r, &claims, &err) < 0)
		return -1;
	for (size_t i = 0; i < claims.count; i++) {
		const struct dts_claim *c = &claims.items[i];
		struct dts_slice name = name_of(c->space);
		printf("%s%.*s:%c%s", i ? " " : "", (int)name.len, name.p, c->all ? '*' : letter_of(c), c->shared ? "s" : "");
	}
	putchar('\n');
	free(claims.items);
	return 0;
}

static int learn_again(void)
{
	dts_conflicts_forget(conflicts);
	for (size_t i = 0; i <= table_count; i++)
		if (dts_conflicts_learn(conflicts, &session, tables[i < table_count ? i : table_count - 1], &err) < 0)
			return -1;
	return 0;
}

static int take_line(struct dts_record *r, struct dts_slice line)
{
	if (dts_slice_is(line, "again"))
		return learn_again();
	if (dts_record_parse(r, line, &err) < 0)
		return -1;
	return r->op == DTS_OP_SCHEMA ? take_schema(r) : dts_op_is_change(r->op) ? take_change(r) : 0;
}

static int run(void)
{
	struct dts_record r;
	char *line = NULL;
	size_t cap = 0;
	int rc = 0;

	conflicts = dts_conflicts_new();
	dts_record_init(&r);
	for (ssize_t len; rc == 0 && (len = getline(&line, &cap, stdin)) > 0;)
		rc = take_line(&r, dts_slice(line, (size_t)len - (line[len - 1] == '\n')));
	if (rc < 0)
		printf("not ok: %s\n", err.message);
	dts_record_release(&r);
	dts_conflicts_free(conflicts);
	while (table_count > 0)
		dts_apply_table_free(tables[--table_count]);
	free(line);
	return rc;
}

static void test_needs_a_server(void) {}

int main(int argc, char **argv)
{
	struct dts_connect_options o = {0};

	if (argc < 3) {
		RUN(test_needs_a_server);
		return unit_done();
	}
	o.defaults_file = argv[1];
	o.group = argv[2];
	if (dts_session_open(&session, &o, &err) < 0) {
		printf("not ok: %s\n", err.message);
		return 1;
	}
	int rc = run();
	dts_session_close(&session);
	return rc < 0;
}
