#include "apply/bulk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "apply/bind.h"
#include "apply/writer.h"
#include "base/signals.h"
#include "mysql/quote.h"

enum {
	QUEUE_BYTES = 32 * 1024 * 1024,     /* of chunks, ... */
	QUEUE_BYTES_A_WRITER = 6 * 1024 * 1024, /* ... and so much more for each writer */
	LOAD_LEAST = 16 * 1024, /* LOAD DATA takes two more round trips than a small INSERT */
	LOOK_MS = 200,          /* a stop signal does not end a wait for a condition */
	SERIAL_BACKLOG = 2,     /* chunks a writer that wait for the one table before it goes by INSERT */
	SERIAL_LOADS = 2,       /* into such a table: one gets its text ready while the server is at the other's */
	INSERT_JOBS = 4,        /* writers whose INSERTs, side by side, are quicker than one LOAD DATA after the other */
};

struct dts_bulk {
	struct dts_bulk_options options;
	struct dts_session *session; /* the caller's */
	struct dts_buf guard;
	bool local_infile; /* the server takes LOAD DATA LOCAL */
	bool autoinc_locks; /* and while one runs, none else may write to its AUTO_INCREMENT column */
	size_t most_bytes;
	struct dts_writer *writers; /* one a thread */
	struct worker *workers;
	unsigned started;
	atomic_bool stop;
	int stop_fd;

	pthread_mutex_t lock; /* for all from here on, and for `bulk` of the tables */
	pthread_cond_t work;  /* for writers: there may be something to do */
	pthread_cond_t done;  /* for the caller: a chunk is done */
	struct dts_bulk_chunk *first, **last; /* the queue */
	struct dts_bulk_chunk *spare;
	size_t queued, busy, spares; /* chunks in the queue, at a writer, and to be used again */
	size_t bytes;                /* that all of them hold */
	bool waiting;                /* the caller waits for the writers */
	bool failed;
	struct dts_error err;
	uint64_t rows;
};

struct worker {
	struct dts_bulk *bulk;
	struct dts_writer *writer;
	pthread_t thread;
};

static bool is_on(struct dts_session *s, struct dts_slice sql, const char *value, int *rc, struct dts_error *err)
{
	struct dts_buf is = {0};

	if (*rc == 0 && dts_session_value(s, sql, &is, err) < 0)
		*rc = -1;
	bool on = *rc == 0 && dts_slice_is(dts_buf_slice(&is), value);
	dts_buf_release(&is);
	return on;
}

struct dts_bulk *dts_bulk_new(const struct dts_bulk_options *options, struct dts_session *session, struct dts_error *err)
{
	struct dts_bulk *b = dts_zalloc(1, sizeof *b);
	int rc = 0;

	b->options = *options;
	b->session = session;
	b->last = &b->first;
	b->writers = dts_zalloc(options->jobs, sizeof *b->writers);
	b->workers = dts_zalloc(options->jobs, sizeof *b->workers);
	b->most_bytes = QUEUE_BYTES + (size_t)options->jobs * QUEUE_BYTES_A_WRITER;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->work, NULL);
	pthread_cond_init(&b->done, NULL);
	b->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (b->stop_fd < 0)
		rc = dts_fail_errno(err, "cannot make an event");
	if (options->checkpoint)
		dts_checkpoint_guard(options->checkpoint, &b->guard);
	b->local_infile = is_on(session, DTS_LIT("SELECT @@local_infile"), "1", &rc, err);
	b->autoinc_locks = !is_on(session, DTS_LIT("SELECT @@innodb_autoinc_lock_mode"), "2", &rc, err);
	if (rc == 0)
		return b;
	dts_bulk_free(b);
	return NULL;
}

/* --- chunks: all under the lock */

static size_t chunk_bytes(const struct dts_bulk_chunk *c)
{
	return sizeof *c + c->rows.cap + c->mark.cap;
}

static void free_chunk(struct dts_bulk_chunk *c)
{
	dts_stream_state_release(&c->place);
	dts_buf_release(&c->input);
	dts_buf_release(&c->rows);
	dts_buf_release(&c->mark);
	free(c);
}

/* Keeps a chunk's memory for the next one, or frees it. Its bytes are counted no more. */
static void give_back(struct dts_bulk *b, struct dts_bulk_chunk *c)
{
	if (b->spares > b->options.jobs || c->rows.cap > DTS_BULK_CHUNK_MAX) {
		free_chunk(c);
		return;
	}
	c->next = b->spare;
	b->spare = c;
	b->spares++;
	b->bytes += chunk_bytes(c);
}

static struct dts_bulk_chunk *take_first(struct dts_bulk *b, struct dts_bulk_chunk **at)
{
	struct dts_bulk_chunk *c = *at;

	*at = c->next;
	if (b->last == &c->next)
		b->last = at;
	c->next = NULL;
	b->queued--;
	return c;
}

static void drop_queue(struct dts_bulk *b)
{
	while (b->first) {
		struct dts_bulk_chunk *c = take_first(b, &b->first);
		b->bytes -= chunk_bytes(c);
		free_chunk(c);
	}
}

static bool must_wait(const struct dts_bulk_chunk *c)
{
	return c->way == DTS_BULK_LOAD && c->table->bulk.serial && !c->table->bulk.insert_only && c->table->bulk.loading > 0;
}

/* Nothing is left but chunks of tables that are being loaded, and the input has got ahead of us. */
static bool by_insert(const struct dts_bulk *b)
{
	return b->options.jobs >= INSERT_JOBS && (b->waiting || b->queued >= SERIAL_BACKLOG * b->options.jobs);
}

/*
 * The next chunk for a writer, or NULL. One whose table is free goes first, as a LOAD DATA
 * with an AUTO_INCREMENT column keeps all others from the table (innodb_autoinc_lock_mode
 * below 2), while INSERTs of rows that bring their numbers run side by side: by
 * arrays of parameters where the server has those. As text they cost it nearly twice as much as
 * LOAD DATA, which only enough writers make up for: then the table goes by INSERT from there on.
 */
static struct dts_bulk_chunk *choose(struct dts_bulk *b)
{
	struct dts_bulk_chunk **at = &b->first;

	while (*at && must_wait(*at))
		at = &(*at)->next;
	if (!*at && b->first && by_insert(b))
		b->first->table->bulk.insert_only = true;
	if (!*at)
		for (at = &b->first; *at && must_wait(*at) && (*at)->table->bulk.loading >= SERIAL_LOADS;)
			at = &(*at)->next;
	if (!*at)
		return NULL;
	struct dts_bulk_chunk *c = take_first(b, at);
	if (c->way == DTS_BULK_BIND && !c->table->bulk.bind)
		c->way = DTS_BULK_LOAD;
	if (c->table->bulk.insert_only)
		c->way = DTS_BULK_INSERT;
	c->table->bulk.loading += c->way == DTS_BULK_LOAD;
	b->busy++;
	return c;
}

/* --- the writers' threads */

static void fail(struct dts_bulk *b, const struct dts_error *err)
{
	const uint64_t one = 1;

	if (b->failed)
		return;
	b->failed = true;
	b->err = *err;
	atomic_store(&b->stop, true);
	if (write(b->stop_fd, &one, sizeof one) < 0) {
		/* Whoever waits does so for two seconds at most. */
	}
	drop_queue(b);
	pthread_cond_broadcast(&b->work);
}

static void write_one(struct dts_bulk *b, struct dts_writer *w, struct dts_bulk_chunk *c)
{
	struct dts_error err = DTS_ERROR_INIT;

	pthread_mutex_unlock(&b->lock);
	int rc = dts_writer_apply(w, c, &err);
	pthread_mutex_lock(&b->lock);
	c->table->bulk.loading -= c->way == DTS_BULK_LOAD;
	if (rc < 0)
		fail(b, &err);
	else if (w->load_failed)
		c->table->bulk.insert_only = true;
	if (w->bind_failed) {
		c->table->bulk.bind = false;
		c->table->bulk.serial = true;
	}
	if (rc == 0)
		b->rows += c->count;
	b->busy--;
	b->bytes -= chunk_bytes(c);
	give_back(b, c);
	pthread_cond_broadcast(&b->work); /* its table may be free now */
	pthread_cond_signal(&b->done);
}

static void *write_chunks(void *worker)
{
	struct dts_bulk *b = ((struct worker *)worker)->bulk;
	struct dts_writer *w = ((struct worker *)worker)->writer;

	mysql_thread_init();
	pthread_mutex_lock(&b->lock);
	while (!atomic_load(&b->stop)) {
		struct dts_bulk_chunk *c = choose(b);
		if (c)
			write_one(b, w, c);
		else
			pthread_cond_wait(&b->work, &b->lock);
	}
	pthread_mutex_unlock(&b->lock);
	mysql_thread_end();
	return NULL;
}

static int start_writer(struct dts_bulk *b, struct dts_error *err)
{
	struct dts_writer *w = &b->writers[b->started];
	struct worker *worker = &b->workers[b->started];
	sigset_t all, before;

	w->guard = dts_buf_slice(&b->guard);
	w->stop = &b->stop;
	w->stop_fd = b->stop_fd;
	*worker = (struct worker){.bulk = b, .writer = w};
	if (dts_writer_open(w, b->options.server, err) < 0) {
		dts_writer_close(w);
		*w = (struct dts_writer){0};
		return -1;
	}
	/* Signals are the caller's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&worker->thread, NULL, write_chunks, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		dts_writer_close(w);
		*w = (struct dts_writer){0};
		return dts_fail(err, DTS_AGAIN, "cannot start a thread: %s", strerror(failed));
	}
	b->started++;
	return 0;
}

void dts_bulk_free(struct dts_bulk *b)
{
	const uint64_t one = 1;

	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	atomic_store(&b->stop, true);
	if (write(b->stop_fd, &one, sizeof one) < 0) {
		/* as in fail() */
	}
	pthread_cond_broadcast(&b->work);
	drop_queue(b);
	pthread_mutex_unlock(&b->lock);
	for (unsigned i = 0; i < b->started; i++) {
		pthread_join(b->workers[i].thread, NULL);
		dts_writer_close(&b->writers[i]);
	}
	while (b->spare) {
		struct dts_bulk_chunk *c = b->spare;
		b->spare = c->next;
		free_chunk(c);
	}
	if (b->stop_fd >= 0)
		close(b->stop_fd);
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->work);
	pthread_cond_destroy(&b->done);
	dts_buf_release(&b->guard);
	free(b->writers);
	free(b->workers);
	free(b);
}

/* --- the caller's side */

/* Waits for a chunk to be done. 0, or -1: a writer has failed, or a signal has come. */
static int wait_for_writers(struct dts_bulk *b, struct dts_error *err)
{
	struct timespec until;

	if (b->failed) {
		*err = b->err;
		return -1;
	}
	if (dts_signals_stop())
		return dts_fail(err, DTS_OK, "stopped");
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	if (!b->waiting) {
		b->waiting = true;
		pthread_cond_broadcast(&b->work);
	}
	pthread_cond_timedwait(&b->done, &b->lock, &until);
	b->waiting = false;
	return 0;
}

/* Is there no room for the largest that the next chunk may become? */
static bool is_full(const struct dts_bulk *b)
{
	size_t used_again = b->spare ? chunk_bytes(b->spare) : 0;

	return b->bytes - used_again + DTS_BULK_CHUNK_MAX > b->most_bytes;
}

struct dts_bulk_chunk *dts_bulk_take(struct dts_bulk *b, struct dts_error *err)
{
	struct dts_bulk_chunk *c = NULL;
	int rc = 0;

	pthread_mutex_lock(&b->lock);
	while (rc == 0 && b->queued + b->busy > 0 && is_full(b))
		rc = wait_for_writers(b, err);
	if (rc == 0 && b->failed) {
		*err = b->err;
		rc = -1;
	}
	if (rc == 0 && (c = b->spare)) {
		b->spare = c->next;
		b->spares--;
		b->bytes -= chunk_bytes(c);
	}
	pthread_mutex_unlock(&b->lock);
	if (rc < 0)
		return NULL;
	if (!c)
		c = dts_zalloc(1, sizeof *c);
	c->next = NULL;
	c->table = NULL;
	c->line = c->first_line = c->count = 0;
	dts_buf_clear(&c->input);
	dts_buf_clear(&c->rows);
	dts_buf_clear(&c->mark);
	return c;
}

void dts_bulk_drop(struct dts_bulk *b, struct dts_bulk_chunk *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&b->lock);
	give_back(b, c);
	pthread_mutex_unlock(&b->lock);
}

/* Has the table an AUTO_INCREMENT column? Asked when a second chunk of it comes. */
static int ask_serial(struct dts_bulk *b, struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf sql = {0}, found = {0};

	dts_buf_adds(&sql, "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=");
	dts_sql_literal(&sql, t->schema.db);
	dts_buf_adds(&sql, " AND TABLE_NAME=");
	dts_sql_literal(&sql, t->schema.table);
	dts_buf_adds(&sql, " AND EXTRA LIKE '%auto_increment%' LIMIT 1");
	int rc = dts_session_value(b->session, dts_buf_slice(&sql), &found, err);
	dts_buf_release(&sql);
	dts_buf_release(&found);
	return rc;
}

int dts_bulk_put(struct dts_bulk *b, struct dts_bulk_chunk *c, struct dts_error *err)
{
	struct dts_apply_table *t = c->table;
	int rc = 0, serial = 0;

	bool quick = c->rows.len >= LOAD_LEAST && b->local_infile && dts_load_possible(t);
	if (b->options.jobs > 1 && b->autoinc_locks && ++t->bulk.chunks == 2)
		serial = ask_serial(b, t, err);
	pthread_mutex_lock(&b->lock);
	if (serial > 0)
		t->bulk.serial = !(t->bulk.bind = dts_bind_possible(b->session, t));
	c->way = !quick ? DTS_BULK_INSERT : t->bulk.bind ? DTS_BULK_BIND : DTS_BULK_LOAD;
	if (b->failed) {
		*err = b->err;
		rc = -1;
	} else if (serial < 0) {
		rc = -1;
	}
	if (rc < 0) {
		give_back(b, c);
		pthread_mutex_unlock(&b->lock);
		return rc;
	}
	b->bytes += chunk_bytes(c);
	*b->last = c;
	b->last = &c->next;
	b->queued++;
	bool start = b->started < b->options.jobs && b->queued + b->busy > b->started;
	pthread_cond_signal(&b->work);
	pthread_mutex_unlock(&b->lock);
	if (!start || start_writer(b, err) == 0)
		return 0;
	/* There may be nobody to take the chunk. */
	pthread_mutex_lock(&b->lock);
	fail(b, err);
	pthread_mutex_unlock(&b->lock);
	return -1;
}

int dts_bulk_drain(struct dts_bulk *b, struct dts_error *err)
{
	int rc = 0;

	pthread_mutex_lock(&b->lock);
	while (rc == 0 && b->queued + b->busy > 0)
		rc = wait_for_writers(b, err);
	if (rc == 0 && b->failed) {
		*err = b->err;
		rc = -1;
	}
	pthread_mutex_unlock(&b->lock);
	return rc;
}

void dts_bulk_stop(struct dts_bulk *b)
{
	pthread_mutex_lock(&b->lock);
	drop_queue(b);
	while (b->busy > 0)
		pthread_cond_wait(&b->done, &b->lock);
	pthread_mutex_unlock(&b->lock);
}

bool dts_bulk_failed(struct dts_bulk *b, struct dts_error *err)
{
	bool failed = atomic_load(&b->stop);

	if (failed) {
		pthread_mutex_lock(&b->lock);
		*err = b->err;
		pthread_mutex_unlock(&b->lock);
	}
	return failed;
}

uint64_t dts_bulk_rows(struct dts_bulk *b, size_t *busy)
{
	pthread_mutex_lock(&b->lock);
	uint64_t rows = b->rows;
	if (busy)
		*busy = b->queued + b->busy;
	pthread_mutex_unlock(&b->lock);
	return rows;
}
