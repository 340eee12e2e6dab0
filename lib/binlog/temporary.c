/* Which statements are about a temporary table, which hides the table of its name from its session. */
#include "binlog/capture_parts.h"
#include "ddl/definitions.h"

static void add_name(struct dts_capture *c, struct dts_slice name)
{
	if (c->options.lower_case_names)
		dts_definitions_fold(&c->temporary_key, name);
	else
		dts_buf_add_slice(&c->temporary_key, name);
	dts_buf_addc(&c->temporary_key, '\0');
}

/* The log of a replica has sessions of several servers. */
static struct dts_slice key_of(struct dts_capture *c, const struct dts_event_query *q, const struct dts_ddl_object *o)
{
	dts_buf_clear(&c->temporary_key);
	dts_buf_add(&c->temporary_key, &q->server_id, sizeof q->server_id);
	dts_buf_add(&c->temporary_key, &q->thread, sizeof q->thread);
	add_name(c, o->db.len > 0 ? o->db : q->db);
	add_name(c, o->name);
	return dts_buf_slice(&c->temporary_key);
}

static bool is_temporary(struct dts_capture *c, const struct dts_event_query *q, const struct dts_ddl_object *o)
{
	return c->temporary.count > 0 && dts_map_get(&c->temporary, key_of(c, q, o));
}

static void set(struct dts_capture *c, const struct dts_event_query *q, const struct dts_ddl_object *o, bool is)
{
	static char yes;

	if (is)
		dts_map_set(&c->temporary, key_of(c, q, o), &yes);
	else
		dts_map_remove(&c->temporary, key_of(c, q, o));
}

void dts_capture_temporary(struct dts_capture *c, const struct dts_event_query *q)
{
	const bool drops = c->ddl.list;

	if (!drops && q->error != 0) /* it failed half way: there is none */
		return;
	for (size_t i = 0; i < c->ddl.count; i++)
		if (c->ddl.objects[i].role == DTS_DDL_TARGET)
			set(c, q, &c->ddl.objects[i], !drops);
}

void dts_capture_temporary_forget(struct dts_capture *c)
{
	dts_map_release(&c->temporary, NULL);
}

/* RENAME TABLE goes from left to right. MySQL's never means a temporary table; in
 * MariaDB's log no flag tells (both tried). */
static enum dts_capture_about about_rename(struct dts_capture *c, const struct dts_event_query *q)
{
	size_t temporary = 0, pairs = 0;

	if (q->mysql || c->temporary.count == 0)
		return DTS_ABOUT_TABLES;
	for (size_t i = 0; i + 1 < c->ddl.count; i += 2, pairs++) {
		if (!is_temporary(c, q, &c->ddl.objects[i]))
			continue;
		temporary++;
		set(c, q, &c->ddl.objects[i], false);
		set(c, q, &c->ddl.objects[i + 1], true);
	}
	return temporary == 0 ? DTS_ABOUT_TABLES : temporary == pairs ? DTS_ABOUT_TEMPORARY : DTS_ABOUT_EITHER;
}

/* The flag tells whether a temporary table was used; it is there for other reasons, too
 * (CONNECTION_ID()), and where reading began behind its making the name is not known. */
static enum dts_capture_about about_target(struct dts_capture *c, const struct dts_event_query *q)
{
	const struct dts_ddl_object *o = &c->ddl.objects[0];
	const bool temporary = c->ddl.count > 0 && is_temporary(c, q, o);

	if (temporary != q->thread_specific)
		return DTS_ABOUT_EITHER;
	if (!temporary)
		return DTS_ABOUT_TABLES;
	for (size_t i = 1; i < c->ddl.count; i++) {
		if (c->ddl.objects[i].role != DTS_DDL_NEW)
			continue;
		set(c, q, o, false);
		set(c, q, &c->ddl.objects[i], true);
	}
	return DTS_ABOUT_TEMPORARY;
}

/* A table that is made like a temporary one, or one that is dropped though a temporary
 * one has its name: the server writes DROP TEMPORARY TABLE for that. */
static enum dts_capture_about about_any(struct dts_capture *c, const struct dts_event_query *q, enum dts_ddl_role role)
{
	for (size_t i = 0; i < c->ddl.count; i++)
		if (c->ddl.objects[i].role == role && is_temporary(c, q, &c->ddl.objects[i]))
			return DTS_ABOUT_EITHER;
	return DTS_ABOUT_TABLES;
}

enum dts_capture_about dts_capture_about(struct dts_capture *c, const struct dts_event_query *q)
{
	switch (c->ddl.kind) {
	case DTS_DDL_ALTER_TABLE:
	case DTS_DDL_TRUNCATE_TABLE:
	case DTS_DDL_CREATE_INDEX:
	case DTS_DDL_DROP_INDEX:
		return about_target(c, q);
	case DTS_DDL_RENAME_TABLE:
		return about_rename(c, q);
	case DTS_DDL_DROP_TABLE:
	case DTS_DDL_DROP_SEQUENCE:
		return about_any(c, q, DTS_DDL_TARGET);
	case DTS_DDL_CREATE_TABLE_LIKE:
		/* Where it replaced a table MariaDB sets the flag, whatever the table is like (tried). */
		return q->thread_specific && !c->ddl.or_replace ? DTS_ABOUT_EITHER : about_any(c, q, DTS_DDL_LIKE);
	case DTS_DDL_CREATE_TABLE_SELECT:
		return q->thread_specific ? DTS_ABOUT_EITHER : DTS_ABOUT_TABLES;
	default:
		return DTS_ABOUT_TABLES;
	}
}
