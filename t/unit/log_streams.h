/* Streams of changes for the tests of what appends to a log, in the words of a MariaDB. */
#ifndef DTS_T_LOG_STREAMS_H
#define DTS_T_LOG_STREAMS_H

#include "base/buf.h"

enum { EPOCH = 1767225600 }; /* 2026-01-01T00:00:00Z */

__attribute__((unused))
static void add_stream(struct dts_buf *b, unsigned from, const char *source)
{
	dts_buf_addf(b, "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{%s},\"pos\":{\"file\":\"bin.000001\","
		     "\"offset\":%u,\"created\":%d,\"gtid\":\"", source, from > 1 ? 1000 * (from - 1) - 96 : 4, EPOCH);
	if (from > 1)
		dts_buf_addf(b, "0-1-%u", from - 1);
	dts_buf_adds(b, "\"}}\n");
}

#define SOURCE "\"server\":\"mariadb\",\"id\":\"x\""

__attribute__((unused))
static void add_schema(struct dts_buf *b, const char *table)
{
	dts_buf_addf(b, "{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"%s\",\"columns\":[{\"name\":\"id\",\"type\":\"int(11)\"}]}\n", table);
}

__attribute__((unused))
static void add_begin(struct dts_buf *b, unsigned i)
{
	dts_buf_addf(b, "{\"op\":\"begin\",\"src\":\"db1\",\"tx\":\"0-1-%u\",\"time\":\"2026-01-01T00:%02u:%02u.%06uZ\",\"pos\":{\"file\":"
		     "\"bin.000001\",\"offset\":%u,\"created\":%d}}\n", i, i / 60 % 60, i % 60, i, 1000 * (i - 1) + 4, EPOCH);
}

__attribute__((unused))
static void add_insert(struct dts_buf *b, unsigned i, unsigned n, const char *table)
{
	dts_buf_addf(b, "{\"op\":\"insert\",\"db\":\"shop\",\"table\":\"%s\",\"tx\":\"0-1-%u\",\"n\":%u,\"after\":{\"id\":%u}}\n", table, i, n,
		     1000 * i + n);
}

__attribute__((unused))
static void add_commit(struct dts_buf *b, unsigned i, unsigned n)
{
	dts_buf_addf(b, "{\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-%u\",\"n\":%u,\"pos\":{\"file\":\"bin.000001\",\"offset\":%u,"
		     "\"created\":%d}}\n", i, n, 1000 * i - 96, EPOCH);
}

__attribute__((unused))
static void add_ddl(struct dts_buf *b, unsigned i, const char *kind, const char *objects)
{
	dts_buf_addf(b, "{\"op\":\"ddl\",\"kind\":\"%s\",\"db\":\"shop\",\"tx\":\"0-1-%u\",\"n\":1,\"sql\":\"x\"%s%s}\n", kind, i,
		     *objects ? ",\"objects\":" : "", objects);
}

/* A transaction of as many rows. */
__attribute__((unused))
static void add_tx(struct dts_buf *b, unsigned i, unsigned rows)
{
	add_begin(b, i);
	for (unsigned n = 1; n <= rows; n++)
		add_insert(b, i, n, i % 2 ? "t1" : "t0");
	add_commit(b, i, rows);
}

__attribute__((unused))
static void add_end(struct dts_buf *b)
{
	size_t records = 0;

	for (size_t i = 0; i < b->len; i++)
		records += b->data[i] == '\n';
	dts_buf_addf(b, "{\"op\":\"end\",\"src\":\"db1\",\"reason\":\"done\",\"records\":%zu}\n", records - 1);
}

/* Transactions [from, to], with their schemas in front. */
__attribute__((unused))
static void make_stream(struct dts_buf *b, unsigned from, unsigned to)
{
	dts_buf_clear(b);
	add_stream(b, from, SOURCE);
	add_schema(b, "t0");
	add_schema(b, "t1");
	for (unsigned i = from; i <= to; i++)
		add_tx(b, i, 1 + i % 3);
	add_end(b);
}

#endif
