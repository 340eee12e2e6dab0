/*
 * Any bytes as a definition: it is divided by what goes before the rows and what behind them, put into the words of
 * the other family, and compared with another one.
 * The first byte of the input holds the flags, a NUL byte divides the two definitions.
 */
#include <stdlib.h>

#include "ddl/ddl.h"
#include "schema/diff_table.h"
#include "schema/port.h"
#include "schema/stage.h"
#include "schema/views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void check_stages(struct dts_slice sql)
{
	static struct dts_buf pre;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_items all = {0}, first = {0};
	struct dts_list later = {0};

	if (dts_items_parse(&all, sql, &err) < 0) {
		expect(err.status == DTS_REFUSED);
		return;
	}
	dts_buf_clear(&pre);
	dts_stage_pre_table(&all, sql, &pre);
	dts_stage_post_table(&all, DTS_LIT("t`t"), false, &later);
	size_t keys = later.count;
	dts_stage_post_table(&all, DTS_LIT("t`t"), true, &later);
	expect(later.count <= keys + 1);
	if (dts_items_parse(&first, dts_buf_slice(&pre), &err) == 0)
		dts_items_release(&first);
	dts_stage_counter(&all);
	dts_list_release(&later);
	dts_items_release(&all);
}

static void check_port(struct dts_slice sql, bool to_mysql, enum dts_ddl_kind kind, unsigned flags)
{
	static struct dts_buf text;
	struct dts_ported told = {0};

	dts_buf_clear(&text);
	dts_buf_add_slice(&text, sql);
	dts_schema_port(&text, kind, flags, to_mysql ? DTS_MARIADB : DTS_MYSQL, to_mysql ? DTS_MYSQL : DTS_MARIADB, &told);
	expect(!told.refused || told.why.count > 0);
	dts_ported_release(&told);
}

static void check_diff(struct dts_slice wanted, struct dts_slice present, bool allow_drop)
{
	struct dts_diff_input in = {
		.family = DTS_MARIADB, .db = DTS_LIT("db"), .name = DTS_LIT("t"), .wanted = wanted, .present = present, .allow_drop = allow_drop};
	struct dts_diff_touched touched = {0};
	struct dts_table_diff diff = {0};
	struct dts_error err = DTS_ERROR_INIT;

	if (dts_diff_touch(&in, &touched, &err) < 0 || dts_diff_table(&in, &touched, &diff, &err) < 0)
		expect(err.status == DTS_REFUSED);
	dts_table_diff_release(&diff);
	dts_diff_touched_release(&touched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dts_ddl_kind kinds[] = {DTS_DDL_CREATE_TABLE, DTS_DDL_CREATE_VIEW, DTS_DDL_CREATE_FUNCTION, DTS_DDL_CREATE_TRIGGER,
						  DTS_DDL_CREATE_EVENT, DTS_DDL_CREATE_SEQUENCE, DTS_DDL_CREATE_DATABASE, DTS_DDL_ALTER_TABLE};
	struct dts_schema_object view = {.db = DTS_LIT("d"), .name = DTS_LIT("v")};
	size_t order = 1;

	if (size < 1)
		return 0;
	struct dts_slice sql = dts_slice((const char *)data + 1, size - 1), other = sql;
	const char *nul = memchr(sql.p, '\0', sql.len);
	if (nul) {
		other = dts_slice(nul + 1, sql.len - (size_t)(nul + 1 - sql.p));
		sql.len = (size_t)(nul - sql.p);
	}
	check_stages(sql);
	check_port(sql, data[0] & 1, kinds[data[0] >> 1 & 7], data[0] >> 4 & 3);
	check_diff(sql, other, data[0] & 64);
	dts_views_order(&view, &sql, 1, &order);
	expect(order == 0);
	return 0;
}
