/*
 * For the benchmark `apply`:
 *
 * apply peak FILE COMMAND...: runs it, ends as it did, and writes how many KiB it had in
 * memory at most. In C, for what is timed must not wait for an interpreter.
 *
 * apply latency FILE FIRST COUNT RATE: COUNT transactions with the numbers from FIRST at the
 * server of the group [client-src], RATE a second, or for 0 one at a time, and prints for
 * each how many microseconds after its commit was answered its row could be seen at the
 * server of [client-dst]. Another connection looks there: without a pause while one is
 * awaited alone, else every 200 microseconds. The first tenth of them is not printed.
 */
#include <errno.h>
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The longest that a row may take. */
#define LIMIT_NS 60000000000LL

static const char *file;
static long first, count, rate;
static long long *answered;
static _Atomic long long *seen;
/* How many were sent, and how many of them from the first on are seen, without a gap. */
static atomic_long sent, arrived;

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "apply: %s: %s\n", what, why);
	exit(1);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_until(long long at)
{
	struct timespec t = {at / 1000000000, at % 1000000000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static MYSQL *connection(const char *group)
{
	MYSQL *db = mysql_init(NULL);

	if (db == NULL)
		fail(group, "out of memory");
	mysql_options(db, MYSQL_READ_DEFAULT_FILE, file);
	mysql_options(db, MYSQL_READ_DEFAULT_GROUP, group);
	if (mysql_real_connect(db, NULL, NULL, NULL, NULL, 0, NULL, CLIENT_MULTI_RESULTS) == NULL)
		fail(group, mysql_error(db));
	return db;
}

/* Notes what can be seen behind those without a gap. They may come in another order. */
static void look(MYSQL *db)
{
	char query[100];
	MYSQL_RES *result;
	MYSQL_ROW row;
	long long at;
	long next;

	snprintf(query, sizeof query, "SELECT id FROM capture.ticks WHERE id >= %ld", first + arrived);
	if (mysql_query(db, query) != 0 || (result = mysql_store_result(db)) == NULL)
		fail(query, mysql_error(db));
	at = now();
	while ((row = mysql_fetch_row(result)) != NULL) {
		next = strtol(row[0], NULL, 10) - first;
		if (next < count && seen[next] == 0)
			seen[next] = at;
	}
	mysql_free_result(result);
	for (next = arrived; next < count && seen[next] != 0; next++)
		;
	arrived = next;
}

static void *looker(void *unused)
{
	MYSQL *db = connection("client-dst");
	long long begun = now();

	while (arrived < count) {
		if (arrived == sent)
			begun = now();
		if (arrived < sent)
			look(db);
		if (rate != 0 || arrived == sent)
			sleep_until(now() + 200000);
		if (now() - begun > LIMIT_NS)
			fail("latency", "a transaction does not reach the target");
	}
	mysql_close(db);
	mysql_thread_end();
	return unused;
}

static void commit(MYSQL *db, long n)
{
	char query[60];

	snprintf(query, sizeof query, "CALL capture.tick(%ld)", first + n);
	sent = n + 1;
	if (mysql_query(db, query) != 0)
		fail(query, mysql_error(db));
	answered[n] = now();
	while (mysql_next_result(db) == 0)
		;
}

static void latency(void)
{
	MYSQL *db;
	pthread_t thread;
	long long begun, at;

	answered = calloc((size_t)count, sizeof *answered);
	seen = calloc((size_t)count, sizeof *seen);
	if (answered == NULL || seen == NULL)
		fail("latency", "out of memory");
	db = connection("client-src");
	if (pthread_create(&thread, NULL, looker, NULL) != 0)
		fail("latency", "no thread");
	begun = now();
	for (long n = 0; n < count; n++) {
		if (rate != 0)
			sleep_until(begun + n * (1000000000LL / rate));
		commit(db, n);
		while (rate == 0 && arrived <= n)
			sleep_until(now() + 200000);
		if (rate == 0)
			sleep_until(now() + 2000000);
	}
	at = now();
	pthread_join(thread, NULL);
	mysql_close(db);
	for (long n = count / 10; n < count; n++)
		printf("%lld\n", (seen[n] > answered[n] ? seen[n] - answered[n] : 0) / 1000);
	if (rate != 0)
		fprintf(stderr, "# %.0f transactions/s\n", (double)count * 1e9 / (double)(at - begun));
}

static int peak(const char *out, char **command)
{
	struct rusage usage;
	FILE *to;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		fail(command[0], strerror(errno));
	to = fopen(out, "w");
	if (to == NULL || fprintf(to, "%ld\n", usage.ru_maxrss) < 0 || fclose(to) != 0)
		fail(out, strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "peak") == 0)
		return peak(argv[2], argv + 3);
	if (argc != 6 || strcmp(argv[1], "latency") != 0) {
		fprintf(stderr, "usage: apply peak FILE COMMAND..., apply latency FILE FIRST COUNT RATE\n");
		return 2;
	}
	file = argv[2];
	first = strtol(argv[3], NULL, 10);
	count = strtol(argv[4], NULL, 10);
	rate = strtol(argv[5], NULL, 10);
	mysql_library_init(0, NULL, NULL);
	latency();
	return fflush(stdout) == 0 ? 0 : 1;
}
