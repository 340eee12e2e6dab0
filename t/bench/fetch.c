/*
 * fetch FILE GROUP CONNECTIONS QUERY...: the limit that reading rows with the C
 * client has. Each connection takes the next query, fetches its rows and does
 * nothing with them.
 */
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **queries;
static int query_count;
static atomic_int next_query;
static atomic_ullong row_count, byte_count;
static const char *file, *group;

static void fail(MYSQL *db, const char *what)
{
	fprintf(stderr, "fetch: %s: %s\n", what, mysql_error(db));
	exit(1);
}

static void fetch(MYSQL *db, const char *query)
{
	unsigned long long rows = 0, bytes = 0;
	unsigned long *lengths;
	unsigned columns;
	MYSQL_RES *result;
	MYSQL_ROW row;

	if (mysql_query(db, query) != 0 || (result = mysql_use_result(db)) == NULL)
		fail(db, query);
	columns = mysql_num_fields(result);
	while ((row = mysql_fetch_row(result)) != NULL) {
		lengths = mysql_fetch_lengths(result);
		for (unsigned i = 0; i < columns; i++)
			bytes += lengths[i];
		rows++;
	}
	if (mysql_errno(db) != 0)
		fail(db, query);
	mysql_free_result(result);
	row_count += rows;
	byte_count += bytes;
}

static void *connection(void *unused)
{
	MYSQL *db = mysql_init(NULL);
	int i;

	(void)unused;
	if (db == NULL)
		exit(1);
	mysql_options(db, MYSQL_READ_DEFAULT_FILE, file);
	mysql_options(db, MYSQL_READ_DEFAULT_GROUP, group);
	if (mysql_real_connect(db, NULL, NULL, NULL, NULL, 0, NULL, 0) == NULL)
		fail(db, "cannot connect");
	while ((i = next_query++) < query_count)
		fetch(db, queries[i]);
	mysql_close(db);
	mysql_thread_end();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[16];
	int n;

	if (argc < 5 || (n = (int)strtol(argv[3], NULL, 10)) < 1 || n > 16) {
		fprintf(stderr, "usage: fetch FILE GROUP CONNECTIONS QUERY...\n");
		return 2;
	}
	file = argv[1];
	group = argv[2];
	queries = argv + 4;
	query_count = argc - 4;
	mysql_library_init(0, NULL, NULL);
	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, connection, NULL) != 0)
			return 1;
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%llu rows, %llu bytes\n", (unsigned long long)row_count, (unsigned long long)byte_count);
	return 0;
}
