#include "apply/conflict_log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct dts_conflict_log {
	const struct dts_conflict_policy *policy;
	pthread_mutex_t lock; /* for all below */
	struct dts_reject_file *file;
	struct dts_conflict_counts counts;
	struct dts_buf news;  /* lines, a newline behind each */
};

/* --- counts */

struct dts_conflict_count *dts_conflict_count_of(struct dts_conflict_counts *c, struct dts_slice table,
						enum dts_conflict_kind kind, enum dts_conflict_how how)
{
	for (size_t i = 0; i < c->count; i++) {
		struct dts_conflict_count *n = &c->items[i];
		if (n->kind == kind && n->how == how && dts_slice_eq(dts_slice(c->names.data + n->table_at, n->table_len), table))
			return n;
	}
	if (c->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 8;
		c->items = dts_realloc(c->items, c->cap * sizeof *c->items);
	}
	struct dts_conflict_count *n = &c->items[c->count++];
	*n = (struct dts_conflict_count){.table_at = c->names.len, .table_len = table.len, .kind = kind, .how = how};
	dts_buf_add_slice(&c->names, table);
	return n;
}

void dts_conflict_counts_clear(struct dts_conflict_counts *c)
{
	c->count = 0;
	dts_buf_clear(&c->names);
}

void dts_conflict_counts_release(struct dts_conflict_counts *c)
{
	free(c->items);
	dts_buf_release(&c->names);
}

/* --- what the sessions share */

struct dts_conflict_log *dts_conflict_log_new(const struct dts_conflict_policy *policy, struct dts_error *err)
{
	struct dts_conflict_log *log = dts_zalloc(1, sizeof *log);

	log->policy = policy;
	pthread_mutex_init(&log->lock, NULL);
	if (!policy->file || (log->file = dts_reject_open(policy->file, err)))
		return log;
	dts_conflict_log_free(log);
	return NULL;
}

void dts_conflict_log_free(struct dts_conflict_log *log)
{
	if (!log)
		return;
	dts_reject_close(log->file);
	dts_conflict_counts_release(&log->counts);
	dts_buf_release(&log->news);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

void dts_conflict_log_tell(struct dts_conflict_log *log, void (*notice)(const char *text))
{
	pthread_mutex_lock(&log->lock);
	char *p = log->news.data, *end = p + log->news.len;
	while (notice && p < end) {
		char *eol = memchr(p, '\n', (size_t)(end - p));
		*eol = '\0';
		notice(p);
		p = eol + 1;
	}
	dts_buf_clear(&log->news);
	pthread_mutex_unlock(&log->lock);
}

static const char *const done[] = {"", "overwritten", "ignored", "rejected"};

void dts_conflict_log_sum(struct dts_conflict_log *log, void (*notice)(const char *text))
{
	struct dts_buf text = {0};
	uint64_t sums[4] = {0}, all = 0;

	dts_conflict_log_tell(log, notice);
	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < log->counts.count; i++) {
		sums[log->counts.items[i].how] += log->counts.items[i].count;
		all += log->counts.items[i].count;
	}
	pthread_mutex_unlock(&log->lock);
	dts_buf_addf(&text, "conflicts: %llu %s", (unsigned long long)all, all == 1 ? "change" : "changes");
	for (int how = DTS_HOW_OVERWRITE; how <= DTS_HOW_REJECT; how++)
		if (sums[how] > 0)
			dts_buf_addf(&text, ", %llu %s", (unsigned long long)sums[how], done[how]);
	if (sums[DTS_HOW_REJECT] > 0)
		dts_buf_addf(&text, " into '%s'", log->policy->file);
	if (all > 0 && notice)
		notice(dts_buf_text(&text));
	dts_buf_release(&text);
}

const struct dts_conflict_policy *dts_conflict_log_policy(const struct dts_conflict_log *log)
{
	return log->policy;
}

/* --- what sessions bring */

int dts_conflict_log_write(struct dts_conflict_log *log, const struct dts_rejected *j, const struct dts_tx_place *tx,
			   struct dts_error *err)
{
	pthread_mutex_lock(&log->lock);
	int rc = dts_reject_write(log->file, j, tx, err);
	pthread_mutex_unlock(&log->lock);
	return rc;
}

void dts_tx_place_add(struct dts_buf *b, const struct dts_tx_place *tx)
{
	dts_buf_addf(b, "transaction %.*s", (int)(tx->tx.len > 100 ? 100 : tx->tx.len), tx->tx.p);
	if (tx->file[0])
		dts_buf_addf(b, ", which ends at %s:%llu", tx->file, (unsigned long long)tx->offset);
}

static void add_news(struct dts_conflict_log *log, struct dts_slice table, const struct dts_conflict_count *n,
		     const struct dts_tx_place *tx)
{
	struct dts_buf *b = &log->news;
	size_t at = b->len;

	dts_buf_addf(b, "conflict %s in table '", dts_conflict_kind_name(n->kind));
	dts_buf_add_slice(b, table);
	dts_buf_addf(b, "': %s, first in ", done[n->how]);
	dts_tx_place_add(b, tx);
	for (size_t i = at; i < b->len; i++) /* of a name */
		if (b->data[i] == '\n' || b->data[i] == '\0')
			b->data[i] = '?';
	dts_buf_addc(b, '\n');
}

void dts_conflict_log_add(struct dts_conflict_log *log, const struct dts_conflict_counts *counts, const struct dts_tx_place *tx)
{
	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < counts->count; i++) {
		const struct dts_conflict_count *more = &counts->items[i];
		struct dts_slice table = dts_slice(counts->names.data + more->table_at, more->table_len);
		struct dts_conflict_count *n = dts_conflict_count_of(&log->counts, table, more->kind, more->how);
		n->count += more->count;
		if (!n->told)
			add_news(log, table, n, tx);
		n->told = true;
	}
	pthread_mutex_unlock(&log->lock);
}
