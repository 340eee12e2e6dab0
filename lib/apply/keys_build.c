#include <mysqld_error.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "apply/state.h"
#include "base/signals.h"
#include "mysql/quote.h"

enum {
	MAX_TRIES = 5,
	FOREIGN_EXISTS = 1826, /* MySQL; MariaDB says 1005 with errno 121 in its words */
};

void dts_key_notes_release(struct dts_key_notes *notes)
{
	free(notes->items);
	dts_arena_free(notes->arena);
	*notes = (struct dts_key_notes){0};
}

int dts_key_notes_read(struct dts_applier *a, const struct dts_slice *db, const struct dts_slice *table,
		       struct dts_key_notes *notes, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	*notes = (struct dts_key_notes){.arena = dts_arena_new()};
	dts_buf_adds(&sql, "SELECT db, tbl, clause FROM ");
	dts_checkpoint_table(&a->checkpoint, "pendingkey", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	if (table) {
		dts_buf_adds(&sql, " AND db=");
		dts_sql_literal(&sql, *db);
		dts_buf_adds(&sql, " AND tbl=");
		dts_sql_literal(&sql, *table);
	}
	dts_buf_adds(&sql, " ORDER BY db, tbl, ordinal");
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res) {
		dts_key_notes_release(notes);
		return -1;
	}
	notes->items = dts_zalloc(mysql_num_rows(res) + 1, sizeof *notes->items);
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));) {
		const unsigned long *len = mysql_fetch_lengths(res);
		struct dts_key_note *n = &notes->items[notes->count++];
		n->db = dts_arena_copy(notes->arena, dts_slice(row[0], len[0]));
		n->table = dts_arena_copy(notes->arena, dts_slice(row[1], len[1]));
		rc = dts_item_parse(&n->item, dts_arena_copy(notes->arena, dts_slice(row[2], len[2])), notes->arena, err);
	}
	mysql_free_result(res);
	if (rc < 0)
		dts_key_notes_release(notes);
	return rc;
}

void dts_key_note_plan_forget(struct dts_applier *a, const struct dts_key_note *n)
{
	struct dts_buf *sql = &a->plan.sql;
	size_t at = sql->len;

	dts_buf_adds(sql, "DELETE FROM ");
	dts_checkpoint_table(&a->checkpoint, "pendingkey", sql);
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), sql);
	dts_buf_adds(sql, " AND db=");
	dts_sql_literal(sql, n->db);
	dts_buf_adds(sql, " AND tbl=");
	dts_sql_literal(sql, n->table);
	dts_buf_adds(sql, n->item.kind == DTS_ITEM_FOREIGN ? " AND kind='foreign' AND name=" : " AND kind<>'foreign' AND name=");
	dts_sql_literal(sql, n->item.name);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

/* ---- jobs ---- */

enum job_state { JOB_WAITS, JOB_RUNS, JOB_DONE, JOB_AGAIN, JOB_FAILED, JOB_FORGOTTEN };

/* One ALTER TABLE. */
struct job {
	struct dts_key_note *notes; /* of one table; those of `mine` */
	size_t count;
	bool foreign, unchecked;
	uint64_t bytes;
	struct dts_buf sql;
	enum job_state state;
	struct dts_error err;
};

struct crew {
	pthread_mutex_t mutex;
	pthread_cond_t moved;
	struct job *jobs; /* largest first */
	size_t count, next;
	bool stop;        /* take no more */
};

struct worker {
	struct crew *crew;
	struct dts_session session;
	pthread_t thread;
	bool started;
};

static bool is_mine(const struct job *j, const struct dts_key_note *n)
{
	return n->due && (n->item.kind == DTS_ITEM_FOREIGN) == j->foreign && n->unchecked == j->unchecked;
}

/* The other run's statement, which the server still executes, was first; or it was a deadlock. */
static bool may_come_again(unsigned number, const char *text)
{
	return number == ER_DUP_KEYNAME || number == FOREIGN_EXISTS || dts_errno_retry(number) ||
	       (number == ER_CANT_CREATE_TABLE && strstr(text, "(errno: 121"));
}

static void fail_job(struct job *j, unsigned number)
{
	const char *which = dts_buf_text(&j->sql);

	if (j->err.status != DTS_AGAIN)
		dts_where(&j->err, "cannot build keys of '%.*s.%.*s' with '%.1500s'", (int)j->notes->db.len, j->notes->db.p,
			  (int)j->notes->table.len, j->notes->table.p, which);
	if (number == ER_DUP_ENTRY || number == ER_DUP_ENTRY_WITH_KEY_NAME)
		dts_hint(&j->err, "all rows are there, and two of them have the same value: mend them at the target, or add the key"
				  " there in another form under its name; then repeat the command");
	else if (number == ER_NO_REFERENCED_ROW_2 || number == ER_NO_REFERENCED_ROW)
		dts_hint(&j->err, "all rows are there, and one refers to a parent that is not (is the parent's table part of the migration?):"
				  " mend them, or add the key there by hand under its name; then repeat the command");
	else if (j->err.status == DTS_REFUSED && j->notes->unnoted && !j->err.hint[0])
		dts_hint(&j->err, "make what it needs at the target and repeat the command, which passes over what is there");
	else if (j->err.status == DTS_REFUSED && !j->err.hint[0])
		dts_hint(&j->err, "all rows are there, and the key stays noted: repeat the command when the cause has gone");
}

/* The first columns of a key of the table, which rows are found by? 1, 0, -1. */
static int has_key(struct dts_session *s, struct dts_slice db, struct dts_slice table, const struct dts_slice *columns,
		   size_t count, struct dts_error *err)
{
	struct dts_items items = {0};
	struct dts_buf text = {0};
	bool found = false;
	int rc = dts_keys_definition(s, db, table, &text, &items, err);

	for (size_t i = 0; rc > 0 && i < items.count && !found; i++) {
		const struct dts_item *key = &items.items[i];
		size_t same = 0;
		if (key->kind < DTS_ITEM_PRIMARY || key->kind > DTS_ITEM_UNIQUE || !key->whole || key->count < count)
			continue;
		while (same < count && key->columns[same].len == columns[same].len &&
		       strncasecmp(key->columns[same].p, columns[same].p, columns[same].len) == 0)
			same++;
		found = same == count;
	}
	dts_items_release(&items);
	dts_buf_release(&text);
	return rc < 0 ? -1 : found;
}

/* SELECT the foreign key's values of a row whose parent is not there; one with a NULL has none (MATCH SIMPLE). */
static void orphan_query(struct dts_buf *sql, const struct dts_key_note *n, struct dts_slice parent_db)
{
	const struct dts_foreign *f = &n->item.foreign;
	static const char *const before[] = {"SELECT c.", " ON c.", " WHERE c."}, *const between[] = {",c.", " AND c.", " AND c."};

	for (int part = 0; part < 3; part++) {
		for (size_t i = 0; i < f->count; i++) {
			dts_buf_adds(sql, i == 0 ? before[part] : between[part]);
			dts_sql_ident(sql, f->columns[i]);
			if (part == 1) {
				dts_buf_adds(sql, "=p.");
				dts_sql_ident(sql, f->to_columns[i]);
			}
			dts_buf_adds(sql, part == 2 ? " IS NOT NULL" : "");
		}
		if (part == 0) {
			dts_buf_adds(sql, " FROM ");
			dts_sql_table(sql, n->db, n->table);
			dts_buf_adds(sql, " c LEFT JOIN ");
			dts_sql_table(sql, parent_db, f->to_table);
			dts_buf_adds(sql, " p");
		}
	}
	dts_buf_adds(sql, " AND p.");
	dts_sql_ident(sql, f->to_columns[0]);
	dts_buf_adds(sql, " IS NULL LIMIT 1");
}

/*
 * Has every row its parent? 1: all of them, 0: one has none, or it cannot be told this
 * way: then the server looks itself, and says what is wrong in its own words. -1: no
 * connection any more. A parent without a key would be taken unseen, with checks off.
 */
static int parents_there(const struct dts_key_note *n, struct dts_session *s, struct dts_error *err)
{
	const struct dts_foreign *f = &n->item.foreign;
	struct dts_slice db = f->to_db.len > 0 ? f->to_db : n->db;
	struct dts_buf sql = {0};
	MYSQL_RES *res = NULL;
	int rc = f->count > 0 ? has_key(s, db, f->to_table, f->to_columns, f->count, err) : 0;

	if (rc > 0) {
		orphan_query(&sql, n, db);
		res = dts_session_query(s, dts_buf_slice(&sql), err);
		rc = !res ? -1 : mysql_num_rows(res) == 0;
	}
	dts_buf_release(&sql);
	if (res)
		mysql_free_result(res);
	if (rc >= 0 || err->status == DTS_AGAIN)
		return rc;
	*err = (struct dts_error)DTS_ERROR_INIT;
	return 0;
}

/*
 * With checks on, the server copies the whole table to look at each row on the way; one
 * query for rows without a parent takes a twentieth of that, and behind it the key is
 * added in place. Nobody else writes here until the full phase is over.
 */
static int run_job(struct job *j, struct dts_session *s)
{
	int sure = 1;

	for (size_t i = 0; i < j->count && sure > 0 && j->foreign && !j->unchecked; i++)
		if (is_mine(j, &j->notes[i]))
			sure = parents_there(&j->notes[i], s, &j->err);
	if (sure < 0)
		return -1;
	if (j->foreign && dts_session_runf(s, &j->err, "SET foreign_key_checks=%d", !sure) < 0)
		return -1;
	return dts_session_run(s, dts_buf_slice(&j->sql), &j->err);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct crew *c = w->crew;

	pthread_mutex_lock(&c->mutex);
	while (!c->stop && c->next < c->count) {
		struct job *j = &c->jobs[c->next++];
		j->state = JOB_RUNS;
		pthread_cond_broadcast(&c->moved);
		pthread_mutex_unlock(&c->mutex);
		int rc = run_job(j, &w->session);
		unsigned number = rc < 0 ? mysql_errno(w->session.mysql) : 0;
		bool again = rc < 0 && may_come_again(number, mysql_error(w->session.mysql));
		if (rc < 0)
			fail_job(j, number);
		pthread_mutex_lock(&c->mutex);
		j->state = rc == 0 ? JOB_DONE : again ? JOB_AGAIN : JOB_FAILED;
		if (j->state == JOB_FAILED)
			c->stop = true;
		pthread_cond_broadcast(&c->moved);
	}
	pthread_mutex_unlock(&c->mutex);
	mysql_thread_end();
	return NULL;
}

/* The database may be executing for hours: it is told to stop, which loses nothing. Told
 * more than once, since a worker may be just before its statement. */
static void kill_all(struct dts_applier *a, struct crew *c, struct worker *workers, size_t count)
{
	struct dts_error ignored = DTS_ERROR_INIT;

	c->stop = true;
	for (size_t i = 0; i < count; i++)
		dts_session_runf(a->session, &ignored, "KILL QUERY %lu", mysql_thread_id(workers[i].session.mysql));
}

/* Forgets the notes of a finished job. The mutex is not held. */
static int forget(struct dts_applier *a, const struct job *j, struct dts_error *err)
{
	if (j->notes->unnoted)
		return 0;
	dts_applier_plan_start(a);
	for (size_t i = 0; i < j->count; i++)
		if (is_mine(j, &j->notes[i]))
			dts_key_note_plan_forget(a, &j->notes[i]);
	return dts_applier_commit(a, err);
}

static void tell_progress(struct dts_applier *a, const struct job *j, size_t done, size_t count)
{
	struct dts_buf name = {0};

	if (!a->options.key_progress)
		return;
	dts_buf_addf(&name, "%.*s.%.*s", (int)j->notes->db.len, j->notes->db.p, (int)j->notes->table.len, j->notes->table.p);
	a->options.key_progress(dts_buf_text(&name), (unsigned)done, (unsigned)count);
	dts_buf_release(&name);
}

/* Until all jobs have ended: forgets what is built, tells how far it is. At a stop signal
 * -1 without an error; the same command builds what is missing. */
static int watch(struct dts_applier *a, struct crew *c, struct worker *workers, size_t worker_count, struct dts_error *err)
{
	bool stopping = false;
	int rc = 0;

	pthread_mutex_lock(&c->mutex);
	for (;;) {
		struct job *built = NULL, *runs = NULL;
		size_t done = 0;
		for (size_t i = 0; i < c->count; i++) {
			done += c->jobs[i].state == JOB_DONE || c->jobs[i].state == JOB_FORGOTTEN;
			if (c->jobs[i].state == JOB_RUNS && !runs)
				runs = &c->jobs[i];
			if (c->jobs[i].state == JOB_DONE)
				built = &c->jobs[i];
		}
		if (built) {
			built->state = JOB_FORGOTTEN;
			pthread_mutex_unlock(&c->mutex);
			if (rc == 0)
				rc = forget(a, built, err);
			pthread_mutex_lock(&c->mutex);
			if (rc < 0)
				c->stop = true;
			continue;
		}
		if (!runs && (c->stop || c->next == c->count))
			break;
		if (runs && rc == 0 && !stopping)
			tell_progress(a, runs, done + 1, c->count);
		if (dts_signals_stop()) {
			stopping = true;
			kill_all(a, c, workers, worker_count);
		}
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 200 * 1000 * 1000;
		if (until.tv_nsec >= 1000 * 1000 * 1000) {
			until.tv_nsec -= 1000 * 1000 * 1000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&c->moved, &c->mutex, &until);
	}
	pthread_mutex_unlock(&c->mutex);
	return rc == 0 && stopping ? -1 : rc; /* no error: the signal says it all */
}

static int run_crew(struct dts_applier *a, struct crew *c, struct dts_error *err)
{
	size_t count = a->options.jobs > 1 ? (size_t)a->options.jobs : 1;
	int rc = 0;

	if (count > c->count)
		count = c->count;
	struct worker *workers = dts_zalloc(count + 1, sizeof *workers);
	pthread_mutex_init(&c->mutex, NULL);
	pthread_cond_init(&c->moved, NULL);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		workers[i].crew = c;
		rc = dts_session_open(&workers[i].session, a->options.server, err);
	}
	for (size_t i = 0; rc == 0 && i < count; i++) {
		workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
		if (!workers[i].started && i == 0)
			rc = dts_fail(err, DTS_AGAIN, "cannot start a thread that builds keys");
	}
	if (rc == 0)
		rc = watch(a, c, workers, count, err);
	for (size_t i = 0; i < count; i++) {
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
		dts_session_close(&workers[i].session);
	}
	free(workers);
	pthread_cond_destroy(&c->moved);
	pthread_mutex_destroy(&c->mutex);
	for (size_t i = 0; rc == 0 && i < c->count; i++)
		if (c->jobs[i].state == JOB_FAILED) {
			*err = c->jobs[i].err;
			rc = -1;
		}
	return rc;
}

/* ---- what is to be done ---- */

static int by_size(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

static int table_bytes(struct dts_applier *a, const struct dts_key_note *n, uint64_t *bytes, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};

	dts_buf_adds(&sql, "SELECT DATA_LENGTH FROM information_schema.TABLES WHERE TABLE_SCHEMA=");
	dts_sql_literal(&sql, n->db);
	dts_buf_adds(&sql, " AND TABLE_NAME=");
	dts_sql_literal(&sql, n->table);
	int rc = dts_session_value(a->session, dts_buf_slice(&sql), &value, err);
	*bytes = rc > 0 ? strtoull(dts_buf_text(&value), NULL, 10) : 0;
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc < 0 ? -1 : 0;
}

/* Puts the clauses that the catalog lacks into the job's statement; those that it has are
 * forgotten. 1: there is something to do. */
static int fill_job(struct dts_applier *a, struct job *j, struct dts_error *err)
{
	struct dts_items items = {0};
	struct dts_buf text = {0};
	bool any = false, gone = false;
	int rc = dts_keys_definition(a->session, j->notes->db, j->notes->table, &text, &items, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		dts_applier_notice(a, "table '%.*s.%.*s' has gone from the target, and its keys are not built", (int)j->notes->db.len,
				   j->notes->db.p, (int)j->notes->table.len, j->notes->table.p);
	dts_buf_adds(&j->sql, "ALTER TABLE ");
	dts_sql_table(&j->sql, j->notes->db, j->notes->table);
	for (size_t i = 0; i < j->count; i++) {
		const struct dts_key_note *n = &j->notes[i];
		if (!is_mine(j, n))
			continue;
		const struct dts_item *there = rc > 0 ? dts_items_find(&items, j->foreign, n->item.name) : NULL;
		if (there && !dts_slice_eq(there->text, n->item.text))
			dts_applier_notice(a, "table '%.*s.%.*s' has another key '%.*s' by now, which stays: %.*s", (int)n->db.len, n->db.p,
					   (int)n->table.len, n->table.p, (int)n->item.name.len, n->item.name.p,
					   (int)there->text.len, there->text.p);
		if ((there || rc == 0) && n->unnoted)
			continue;
		if (there || rc == 0) {
			if (!gone)
				dts_applier_plan_start(a);
			dts_key_note_plan_forget(a, n);
			gone = true;
			continue;
		}
		dts_buf_adds(&j->sql, any ? ", ADD " : " ADD ");
		dts_buf_add_slice(&j->sql, n->item.text);
		any = true;
	}
	dts_items_release(&items);
	dts_buf_release(&text);
	if (gone)
		rc = dts_applier_commit(a, err);
	if (rc >= 0 && any)
		rc = table_bytes(a, j->notes, &j->bytes, err);
	return rc < 0 ? -1 : any;
}

/* One job for the notes of a table, if there is anything to do. */
static int add_job(struct dts_applier *a, struct crew *c, const struct job *want, struct dts_error *err)
{
	struct job j = *want;
	size_t mine = 0;

	for (size_t i = 0; i < j.count; i++)
		mine += is_mine(&j, &j.notes[i]);
	int rc = mine > 0 ? fill_job(a, &j, err) : 0;
	if (rc > 0) {
		c->jobs = dts_realloc(c->jobs, (c->count + 1) * sizeof *c->jobs);
		c->jobs[c->count++] = j;
	} else {
		dts_buf_release(&j.sql);
	}
	return rc < 0 ? -1 : 0;
}

static int add_jobs(struct dts_applier *a, struct dts_key_notes *notes, bool foreign, struct crew *c, struct dts_error *err)
{
	int rc = 0;

	for (size_t from = 0, to; rc == 0 && from < notes->count; from = to) {
		for (to = from + 1; to < notes->count && dts_slice_eq(notes->items[to].db, notes->items[from].db) &&
				    dts_slice_eq(notes->items[to].table, notes->items[from].table);)
			to++;
		struct job want = {.notes = &notes->items[from], .count = to - from, .foreign = foreign};
		rc = add_job(a, c, &want, err);
		want.unchecked = true;
		if (rc == 0 && foreign)
			rc = add_job(a, c, &want, err);
	}
	if (c->count > 1)
		qsort(c->jobs, c->count, sizeof *c->jobs, by_size);
	return rc;
}

/* 1: some have to be looked at again; 0, -1. */
static int build_stage(struct dts_applier *a, struct dts_key_notes *notes, bool foreign, bool last, struct dts_error *err)
{
	struct crew c = {.count = 0};
	bool again = false;
	int rc = add_jobs(a, notes, foreign, &c, err);

	if (rc == 0 && c.count > 0)
		rc = run_crew(a, &c, err);
	for (size_t i = 0; i < c.count; i++) {
		if (rc == 0 && c.jobs[i].state == JOB_AGAIN && last) {
			*err = c.jobs[i].err;
			rc = -1;
		}
		again |= c.jobs[i].state == JOB_AGAIN;
		dts_buf_release(&c.jobs[i].sql);
	}
	free(c.jobs);
	return rc < 0 ? -1 : again;
}

int dts_key_notes_build(struct dts_applier *a, struct dts_key_notes *notes, struct dts_error *err)
{
	int rc = 0;

	for (int foreign = 0; foreign < 2 && rc >= 0; foreign++)
		for (int tries = 1; tries <= MAX_TRIES; tries++)
			if ((rc = build_stage(a, notes, foreign != 0, tries == MAX_TRIES, err)) <= 0)
				break;
	return rc < 0 ? -1 : 0;
}
