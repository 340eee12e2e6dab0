/*
 * Any bytes as a statement: every range lies in the text, and what the
 * rewriter writes is read back as the same statement about the new names.
 * The first byte of the input holds the flags of parsing.
 */
#include <stdlib.h>

#include "ddl/ddl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dts_ddl ddl, again;
static struct dts_buf out;

static void expect(bool condition)
{
	if (!condition)
		abort();
}

/* Names with an even number of bytes are selected and get a tail. */
static int choose(void *ctx, enum dts_ddl_type type, struct dts_slice db, struct dts_slice name,
		  struct dts_ddl_choice *choice, struct dts_error *err)
{
	struct dts_buf *tail = ctx;

	(void)err;
	dts_buf_clear(tail);
	choice->keep = (db.len + name.len) % 2 == 0;
	dts_buf_add_slice(tail, type == DTS_DDL_TYPE_DATABASE ? db : name);
	dts_buf_adds(tail, "`x");
	if (type == DTS_DDL_TYPE_DATABASE)
		choice->db = dts_buf_slice(tail);
	else
		choice->name = dts_buf_slice(tail);
	return 0;
}

static void check_ranges(const struct dts_ddl *d, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct dts_ddl_object *o = &d->objects[i];

		expect(o->whole.at >= at);
		at = o->whole.at + o->whole.len;
		expect(at <= size);
		expect(o->db_part.len == 0 || (o->db_part.at >= o->whole.at && o->db_part.at + o->db_part.len <= at));
		expect(o->name_part.len == 0 || (o->name_part.at >= o->whole.at && o->name_part.at + o->name_part.len <= at));
	}
	expect(d->definer.at + d->definer.len <= size);
}

/* The objects that were kept, in order, under their new names. */
static void check_again(void)
{
	const char *routed = ddl.routed.data;
	size_t n = 0;

	expect(again.kind == ddl.kind);
	for (size_t i = 0; i < ddl.count; i++) {
		const struct dts_ddl_object *o = &ddl.objects[i];
		const struct dts_ddl_object *pair = o->role == DTS_DDL_NEW ? o - 1 : o;

		if (ddl.list && !pair->keep)
			continue;
		expect(n < again.count);
		expect(again.objects[n].role == o->role);
		expect(dts_slice_eq(again.objects[n].db, dts_slice(routed + o->new_db.at, o->new_db.len)));
		expect(dts_slice_eq(again.objects[n].name, dts_slice(routed + o->new_name.at, o->new_name.len)));
		n++;
	}
	expect(n == again.count);
}

/* A dts_ddl_mentioned: reads all of both. */
static bool mentioned(void *ctx, struct dts_slice db, struct dts_slice name)
{
	struct dts_buf *b = ctx;

	dts_buf_clear(b);
	dts_buf_add_slice(b, db);
	dts_buf_add_slice(b, name);
	return false;
}

static int keep(void *ctx, enum dts_ddl_type type, struct dts_slice db, struct dts_slice name,
		struct dts_ddl_choice *choice, struct dts_error *err)
{
	(void)ctx, (void)type, (void)db, (void)name, (void)choice, (void)err;
	return 0;
}

/* With the bodies: nothing changes where no name does, and what is rewritten is the same statement. */
static void check_bodies(struct dts_slice sql, unsigned flags, struct dts_buf *tail)
{
	struct dts_error err = DTS_ERROR_INIT;
	enum dts_ddl_verdict verdict;

	dts_buf_clear(&out);
	dts_ddl_parse(&ddl, sql, flags);
	if (dts_ddl_rewrite_bodies(&ddl, sql, flags, DTS_LIT("db"), keep, NULL, &out, &verdict, &err) == 0)
		expect(verdict == DTS_DDL_AS_IS || verdict == DTS_DDL_DROPPED);
	expect(out.len == 0);
	dts_ddl_parse(&ddl, sql, flags);
	if (dts_ddl_rewrite_bodies(&ddl, sql, flags, DTS_LIT("db"), choose, tail, &out, &verdict, &err) != 0)
		expect(err.status != DTS_OK && out.len == 0);
	if (verdict != DTS_DDL_REWRITTEN)
		return;
	dts_ddl_parse(&ddl, sql, flags);
	dts_ddl_parse(&again, dts_buf_slice(&out), flags);
	expect(again.kind == ddl.kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dts_buf tail;
	struct dts_error err = DTS_ERROR_INIT;
	enum dts_ddl_verdict verdict;
	struct dts_slice sql;
	unsigned flags;

	if (size == 0)
		return 0;
	flags = data[0] & 15;
	sql = dts_slice((const char *)data + 1, size - 1);
	dts_ddl_parse(&ddl, sql, flags);
	check_ranges(&ddl, sql.len);
	if (ddl.kind == DTS_DDL_UNKNOWN)
		expect(!dts_ddl_mentions(sql, flags, mentioned, &tail));
	dts_buf_clear(&out);
	if (dts_ddl_rewrite(&ddl, sql, DTS_LIT("db"), choose, &tail, &out, &verdict, &err) != 0)
		expect(verdict == DTS_DDL_AMBIGUOUS && err.status != DTS_OK);
	expect((verdict == DTS_DDL_REWRITTEN) == (out.len > 0));
	if (verdict == DTS_DDL_REWRITTEN) {
		dts_ddl_parse(&again, dts_buf_slice(&out), flags);
		check_again();
	}
	check_bodies(sql, flags, &tail);
	return 0;
}
