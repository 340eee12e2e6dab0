#include "dump/pace.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "mysql/quote.h"

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void dts_pace_init(struct dts_pace *p, uint64_t rate)
{
	pthread_condattr_t attr;

	*p = (struct dts_pace){.rate = rate};
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
}

void dts_pace_release(struct dts_pace *p)
{
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->changed);
}

void dts_pace_pause(struct dts_pace *p, bool paused)
{
	pthread_mutex_lock(&p->lock);
	p->paused = paused;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

void dts_pace_stop(struct dts_pace *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopped = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

bool dts_pace_wait(struct dts_pace *p)
{
	pthread_mutex_lock(&p->lock);
	while (!p->stopped && (p->paused || p->until > now())) {
		if (p->paused) {
			pthread_cond_wait(&p->changed, &p->lock);
			continue;
		}
		struct timespec t = {(time_t)(p->until / 1000000000u), (long)(p->until % 1000000000u)};
		pthread_cond_timedwait(&p->changed, &p->lock, &t);
	}
	pthread_mutex_unlock(&p->lock);
	return !dts_pace_stopped(p);
}

void dts_pace_spend(struct dts_pace *p, uint64_t bytes)
{
	if (p->rate == 0)
		return;
	pthread_mutex_lock(&p->lock);
	uint64_t t = now();
	/* A slow time is not made up for later. */
	if (p->until < t)
		p->until = t;
	p->until += (uint64_t)((double)bytes * 1e9 / (double)p->rate);
	pthread_mutex_unlock(&p->lock);
}

int dts_throttle_init(struct dts_throttle *t, const struct dts_list *texts, struct dts_error *err)
{
	*t = (struct dts_throttle){.limits = dts_zalloc(texts->count + 1, sizeof *t->limits)};
	for (size_t i = 0; i < texts->count; i++) {
		const char *text = texts->items[i], *colon = strrchr(text, ':');
		struct dts_throttle_limit *limit = &t->limits[t->count];
		if (!colon || colon == text || dts_parse_u64(dts_slice_of(colon + 1), &limit->above) < 0) {
			dts_fail(err, DTS_USAGE, "--throttle '%s' is not VARIABLE:N", text);
			return dts_hint(err, "such as --throttle=Threads_running:50");
		}
		limit->name = dts_slice_dup(dts_slice(text, (size_t)(colon - text)));
		t->count++;
		/* Of the query that asks, and of its connection. */
		if (limit->above == 0 && (strcasecmp(limit->name, "Threads_running") == 0 ||
					  strcasecmp(limit->name, "Threads_connected") == 0)) {
			dts_fail(err, DTS_USAGE, "--throttle '%s' would wait for ever: whoever asks is one", text);
			return dts_hint(err, "give what is normal for the server, such as --throttle=%s:50", limit->name);
		}
	}
	return 0;
}

void dts_throttle_release(struct dts_throttle *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->limits[i].name);
	free(t->limits);
	*t = (struct dts_throttle){0};
}

static int check(struct dts_throttle_limit *limit, MYSQL_RES *result, const struct dts_session *s,
		 const struct dts_throttle_limit **exceeded, struct dts_error *err)
{
	MYSQL_ROW row;

	mysql_data_seek(result, 0);
	while ((row = mysql_fetch_row(result)) && (!row[0] || strcasecmp(row[0], limit->name) != 0)) {
	}
	if (!row) {
		dts_fail(err, DTS_REFUSED, "--throttle: server %s has no status variable '%s'", s->label, limit->name);
		return dts_hint(err, "SHOW GLOBAL STATUS lists them");
	}
	if (!row[1] || dts_parse_u64(dts_slice(row[1], strcspn(row[1], ".")), &limit->is) < 0)
		return dts_fail(err, DTS_REFUSED, "--throttle: status variable '%s' of server %s is no number: '%s'",
				limit->name, s->label, row[1] ? row[1] : "");
	if (limit->is > limit->above)
		*exceeded = limit;
	return 0;
}

int dts_throttle_ask(const struct dts_throttle *t, struct dts_session *s, const struct dts_throttle_limit **exceeded,
		     struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	*exceeded = NULL;
	if (t->count == 0)
		return 0;
	dts_buf_adds(&sql, "SHOW GLOBAL STATUS WHERE Variable_name IN (");
	for (size_t i = 0; i < t->count; i++) {
		dts_buf_adds(&sql, i > 0 ? "," : "");
		dts_sql_literal(&sql, dts_slice_of(t->limits[i].name));
	}
	dts_buf_addc(&sql, ')');
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	for (size_t i = 0; i < t->count && rc == 0; i++)
		rc = check(&t->limits[i], result, s, exceeded, err);
	mysql_free_result(result);
	return rc;
}
