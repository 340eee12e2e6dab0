/*
 * Without arguments: what needs no server. Else, for t/dts-dump-locks.bats:
 *
 *     snapshots OPTION-FILE GROUP USER LOCK SESSIONS ROUNDS QUERY
 *
 * begins ROUNDS times snapshots of database d in so many sessions, and prints what each of
 * them claims and sees, fields separated by tabs:
 *
 *     session ROUND exact|window LOW-FILE LOW HIGH-FILE HIGH VALUE...   (QUERY's first row)
 *     source  ROUND common|apart FILE OFFSET GTID
 *     note    ROUND TEXT
 *
 *     snapshots OPTION-FILE GROUP USER LOCK
 *
 * takes the lock on the tables of database d, says "locked", and ends it at the end
 * of standard input. A failure is told as "status N: MESSAGE", then its hint.
 */
#include "mysql/lock.h"
#include "mysql/source.h"
#include "unit.h"

static struct dts_error err;

static int failed(void)
{
	fprintf(stderr, "status %d: %s\n%s\n", err.status, err.message, err.hint);
	return 1;
}

static int print_session(struct dts_session *s, const struct dts_snapshot *at, int round, const char *query)
{
	MYSQL_RES *result = dts_session_query(s, dts_slice_of(query), &err);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;

	if (!row)
		return -1;
	printf("session\t%d\t%s\t%s\t%" PRIu64 "\t%s\t%" PRIu64, round, at->exact ? "exact" : "window", at->low.file,
	       at->low.offset, at->high.file, at->high.offset);
	for (unsigned i = 0; i < mysql_num_fields(result); i++)
		printf("\t%s", row[i] ? row[i] : "0");
	printf("\n");
	mysql_free_result(result);
	return 0;
}

struct run {
	struct dts_source source;
	struct dts_session sessions[64];
	struct dts_snapshot at[64];
	size_t count;
	struct dts_tables tables;
	enum dts_lock lock;
	const char *query;
};

static int run_round(struct run *r, int round)
{
	struct dts_list notes = {0};
	struct dts_buf gtid = {0};
	int rc = dts_source_snapshots(&r->source, r->sessions, r->count, &r->tables, r->lock, r->at, &notes, &err);

	for (size_t i = 0; i < r->count && rc == 0; i++)
		rc = print_session(&r->sessions[i], &r->at[i], round, r->query);
	if (rc == 0) {
		dts_gtids_add(&gtid, &r->source.pos.gtid);
		printf("source\t%d\t%s\t%s\t%" PRIu64 "\t%s\n", round, r->source.windowed ? "apart" : "common", r->source.pos.file,
		       r->source.pos.offset, dts_buf_text(&gtid));
	}
	for (size_t i = 0; i < notes.count; i++)
		printf("note\t%d\t%s\n", round, notes.items[i]);
	dts_buf_release(&gtid);
	dts_list_release(&notes);
	return rc;
}

static enum dts_lock lock_named(const char *name)
{
	static const char *const names[] = {"auto", "none", "tables", "ftwrl", "backup"};

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum dts_lock)i;
	fprintf(stderr, "snapshots: no such lock: '%s'\n", name);
	exit(2);
}

static int run_open(struct run *r, const struct dts_connect_options *o)
{
	struct dts_list texts = {0}, none = {0};
	struct dts_selection selection = {0};
	int rc = 0;

	dts_list_add(&texts, "d");
	for (size_t i = 0; i < r->count && rc == 0; i++)
		rc = dts_session_open(&r->sessions[i], o, &err);
	if (rc < 0 || dts_selection_init(&selection, &texts, &none, &err) < 0 ||
	    dts_source_init(&r->source, r->sessions, o, NULL, &err) < 0 ||
	    dts_catalog_tables(r->sessions, &selection, &r->tables, &err) < 0)
		rc = -1;
	dts_selection_release(&selection);
	dts_list_release(&texts);
	return rc;
}

static void run_close(struct run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		dts_session_close(&r->sessions[i]);
		dts_snapshot_release(&r->at[i]);
	}
	dts_tables_release(&r->tables);
	dts_source_release(&r->source);
}

static int hold(const struct run *r, const struct dts_connect_options *o)
{
	struct dts_source_lock lock;
	double ms;

	if (dts_source_lock_take(&lock, o, r->lock, &r->tables, &err) < 0)
		return -1;
	printf("locked\n");
	fflush(stdout);
	while (getchar() != EOF) {
	}
	if (dts_source_lock_end(&lock, &ms, &err) < 0)
		return -1;
	printf("ended\n");
	return 0;
}

static int against_server(int argc, char **argv)
{
	static struct run r;
	struct dts_connect_options o = {.defaults_file = argv[1], .group = argv[2], .user = argv[3]};

	r.lock = lock_named(argv[4]);
	r.count = argc == 8 ? strtoul(argv[5], NULL, 10) : 1;
	if (r.count < 1 || r.count > sizeof r.sessions / sizeof r.sessions[0])
		return 2;
	int rc = run_open(&r, &o);
	if (argc == 5 && rc == 0)
		rc = hold(&r, &o);
	else if (rc == 0)
		r.query = argv[7];
	for (int i = 0; argc == 8 && i < atoi(argv[6]) && rc == 0; i++)
		rc = run_round(&r, i);
	run_close(&r);
	return rc < 0 ? failed() : 0;
}

static void test_no_server(void)
{
	struct dts_connect_options o = {.defaults_file = "/dev/null", .socket = "/nonexistent/sock"};
	struct dts_tables tables = {0};
	struct dts_source_lock lock;

	err = (struct dts_error)DTS_ERROR_INIT;
	CHECK_INT(-1, dts_source_lock_take(&lock, &o, DTS_LOCK_FTWRL, &tables, &err));
	CHECK_INT(DTS_AGAIN, err.status);
	CHECK(!lock.session.mysql);
	dts_source_lock_drop(&lock);
}

static void test_release(void)
{
	struct dts_snapshot at = {.exact = true};

	dts_position_set(&at.low, DTS_LIT("bin.000001"), 4);
	CHECK_INT(0, dts_gtids_parse(&at.low.gtid, DTS_LIT("0-1-6"), DTS_GTID_NONE, &err));
	dts_position_copy(&at.high, &at.low);
	dts_snapshot_release(&at);
	CHECK(!at.exact && !at.low.file[0] && !at.high.file[0] && !dts_gtids_known(&at.high.gtid));
	dts_snapshot_release(&at);
	dts_snapshot_release(NULL);
}

int main(int argc, char **argv)
{
	if (argc == 5 || argc == 8)
		return against_server(argc, argv);
	RUN(test_no_server);
	RUN(test_release);
	return unit_done();
}
