#include "schema/objects.h"

#include <stdlib.h>

#include "mysql/quote.h"

/* How the catalog lists the kinds that are not tables; %s is the database as a literal. */
static const struct listing {
	enum dts_ddl_type type;
	enum { ANY, MARIADB, MYSQL_9_2 } of; /* the servers that have it */
	const char *sql; /* name, what SHOW CREATE calls it, table, collation of the database then, state, comment */
} listings[] = {
	{DTS_DDL_TYPE_VIEW, ANY,
	 "SELECT TABLE_NAME,'VIEW','','','','' FROM information_schema.TABLES WHERE TABLE_TYPE='VIEW' AND TABLE_SCHEMA=%s"},
	{DTS_DDL_TYPE_TRIGGER, ANY,
	 "SELECT TRIGGER_NAME,'TRIGGER',EVENT_OBJECT_TABLE,DATABASE_COLLATION,'','' FROM information_schema.TRIGGERS"
	 " WHERE TRIGGER_SCHEMA=%s ORDER BY EVENT_OBJECT_TABLE,ACTION_TIMING,EVENT_MANIPULATION,ACTION_ORDER"},
	{DTS_DDL_TYPE_PROCEDURE, ANY,
	 "SELECT ROUTINE_NAME,'PROCEDURE','',DATABASE_COLLATION,'',ROUTINE_COMMENT FROM information_schema.ROUTINES"
	 " WHERE ROUTINE_TYPE='PROCEDURE' AND ROUTINE_SCHEMA=%s"},
	{DTS_DDL_TYPE_FUNCTION, ANY,
	 "SELECT ROUTINE_NAME,'FUNCTION','',DATABASE_COLLATION,'',ROUTINE_COMMENT FROM information_schema.ROUTINES"
	 " WHERE ROUTINE_TYPE='FUNCTION' AND ROUTINE_SCHEMA=%s"},
	{DTS_DDL_TYPE_PACKAGE, MARIADB, /* its body comes behind it */
	 "SELECT ROUTINE_NAME,ROUTINE_TYPE,'',DATABASE_COLLATION,'',ROUTINE_COMMENT FROM information_schema.ROUTINES"
	 " WHERE ROUTINE_TYPE LIKE 'PACKAGE%%' AND ROUTINE_SCHEMA=%s ORDER BY ROUTINE_NAME,ROUTINE_TYPE"},
	{DTS_DDL_TYPE_EVENT, ANY,
	 "SELECT EVENT_NAME,'EVENT','',DATABASE_COLLATION,IF(ON_COMPLETION='NOT PRESERVE' AND"
	 " CONVERT_TZ(EXECUTE_AT,TIME_ZONE,'+00:00')<UTC_TIMESTAMP(),'OVER',STATUS),EVENT_COMMENT FROM information_schema.EVENTS"
	 " WHERE EVENT_SCHEMA=%s"},
	{DTS_DDL_TYPE_PACKAGE, MYSQL_9_2, /* told, and not printed */
	 "SELECT LIBRARY_NAME,'LIBRARY','','','','' FROM information_schema.LIBRARIES WHERE LIBRARY_SCHEMA=%s"},
};

static struct dts_schema_object *add(struct dts_schema_objects *o, enum dts_ddl_type type, struct dts_slice db,
				     struct dts_slice name, const char *word)
{
	if (o->count == o->room) {
		o->room = o->room ? 2 * o->room : 64;
		o->items = dts_realloc(o->items, o->room * sizeof *o->items);
	}
	struct dts_schema_object *object = &o->items[o->count++];
	*object = (struct dts_schema_object){
		.type = type,
		.db = dts_arena_copy(o->arena, db),
		.name = dts_arena_copy(o->arena, name),
		.word = dts_slice_of(word),
	};
	return object;
}

static bool is_selected(const struct dts_selection *sel, const struct listing *l, struct dts_slice db,
			struct dts_slice name, struct dts_slice table)
{
	if (l->type != DTS_DDL_TYPE_TRIGGER)
		return dts_selection_has(sel, db, name);
	for (size_t i = 0; i < sel->ignored_count; i++)
		if (dts_pattern_match(sel->ignored[i], db, name))
			return false;
	return dts_selection_has(sel, db, table);
}

static int list(struct dts_session *s, const struct listing *l, struct dts_slice db, const struct dts_selection *sel,
		struct dts_schema_objects *o, struct dts_error *err)
{
	struct dts_buf sql = {0}, literal = {0};

	if ((l->of == MARIADB && s->family != DTS_MARIADB) || (l->of == MYSQL_9_2 && (s->family != DTS_MYSQL || s->version < 90200)))
		return 0;
	dts_sql_literal(&literal, db);
	dts_buf_addf(&sql, l->sql, dts_buf_text(&literal)); /* the table above: one %s each */
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	dts_buf_release(&literal);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		const unsigned long *len = mysql_fetch_lengths(res);
		struct dts_slice name = dts_slice(row[0], len[0]), table = dts_slice(row[2], len[2]);
		if (!is_selected(sel, l, db, name, table))
			continue;
		struct dts_schema_object *object = add(o, l->type, db, name, "");
		object->word = dts_arena_copy(o->arena, dts_slice(row[1], len[1]));
		object->table = dts_arena_copy(o->arena, table);
		object->collation = dts_arena_copy(o->arena, row[3] ? dts_slice(row[3], len[3]) : DTS_LIT(""));
		object->enabled = dts_slice_is(dts_slice(row[4], len[4]), "ENABLED");
		object->over = dts_slice_is(dts_slice(row[4], len[4]), "OVER");
		object->comment = dts_arena_copy(o->arena, row[5] ? dts_slice(row[5], len[5]) : DTS_LIT(""));
	}
	mysql_free_result(res);
	return 0;
}

/* Views, programs and the like of each database that may have some. */
static int list_others(struct dts_session *s, const struct dts_selection *sel, struct dts_schema_objects *o,
		       struct dts_error *err)
{
	MYSQL_RES *res = dts_session_query(s, DTS_LIT("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY 1"), err);
	int rc = res ? 0 : -1;

	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));) {
		struct dts_slice db = dts_slice(row[0], mysql_fetch_lengths(res)[0]);
		for (size_t i = 0; rc == 0 && i < sizeof listings / sizeof *listings; i++)
			if (!dts_catalog_is_system(db) && dts_selection_has_db(sel, db))
				rc = list(s, &listings[i], db, sel, o, err);
	}
	if (res)
		mysql_free_result(res);
	return rc;
}

static int compare_names(struct dts_slice a, struct dts_slice b)
{
	return strcmp(a.p, b.p); /* names hold no NUL; arena copies end with one */
}

struct sorted {
	struct dts_schema_object object;
	size_t at; /* where it was: the order in which triggers fire, and a package before its body */
};

static int compare_objects(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int order = (x->object.type > y->object.type) - (x->object.type < y->object.type);

	if (order == 0)
		order = x->object.merges - y->object.merges;
	if (order == 0)
		order = compare_names(x->object.db, y->object.db);
	if (order == 0 && x->object.type != DTS_DDL_TYPE_TRIGGER)
		order = compare_names(x->object.name, y->object.name);
	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static void sort(struct dts_schema_objects *o)
{
	struct sorted *sorted = dts_zalloc(o->count + 1, sizeof *sorted);

	for (size_t i = 0; i < o->count; i++)
		sorted[i] = (struct sorted){o->items[i], i};
	qsort(sorted, o->count, sizeof *sorted, compare_objects);
	for (size_t i = 0; i < o->count; i++)
		o->items[i] = sorted[i].object;
	free(sorted);
}

/* The databases of all that is selected, for whose sake a database counts as much as for a table's. */
static int list_databases(struct dts_session *s, const struct dts_selection *sel, const struct dts_list *texts,
			  struct dts_schema_objects *o, struct dts_error *err)
{
	struct dts_tables any = {0};

	any.items = dts_zalloc(o->count + 1, sizeof *any.items);
	for (size_t i = 0; i < o->count; i++)
		any.items[any.count++] = (struct dts_table){
			.db = o->items[i].db,
			.name = o->items[i].type == DTS_DDL_TYPE_TRIGGER ? o->items[i].table : o->items[i].name,
		};
	int rc = dts_catalog_databases(s, sel, &any, &o->databases, err);
	if (rc == 0)
		rc = dts_catalog_check_patterns(s, sel, texts, &o->databases, &any, err);
	for (size_t i = 0; rc == 0 && i < o->databases.count; i++)
		add(o, DTS_DDL_TYPE_DATABASE, o->databases.items[i].name, DTS_LIT(""), "DATABASE");
	free(any.items);
	return rc;
}

int dts_schema_objects_read(struct dts_session *s, const struct dts_selection *sel, const struct dts_list *texts,
			    struct dts_schema_objects *o, struct dts_error *err)
{
	struct dts_tables tables = {0};

	*o = (struct dts_schema_objects){.arena = dts_arena_new()};
	int rc = dts_catalog_tables(s, sel, &tables, err);
	for (size_t i = 0; rc == 0 && i < tables.count; i++) {
		bool sequence = tables.items[i].is_sequence;
		struct dts_schema_object *object = add(o, sequence ? DTS_DDL_TYPE_SEQUENCE : DTS_DDL_TYPE_TABLE, tables.items[i].db,
						       tables.items[i].name, sequence ? "SEQUENCE" : "TABLE");
		object->merges = dts_slice_is_nocase(tables.items[i].engine, "MRG_MYISAM");
	}
	dts_tables_release(&tables);
	if (rc == 0)
		rc = list_others(s, sel, o, err);
	if (rc == 0)
		rc = list_databases(s, sel, texts, o, err);
	if (rc == 0)
		sort(o);
	return rc;
}

bool dts_schema_database_varies(const struct dts_schema_objects *o, const struct dts_schema_object *database)
{
	struct dts_slice now = DTS_LIT("");

	for (size_t i = 0; i < o->databases.count && database->type == DTS_DDL_TYPE_DATABASE; i++)
		if (dts_slice_eq(o->databases.items[i].name, database->db))
			now = o->databases.items[i].collation;
	for (size_t i = 0; i < o->count && now.len > 0; i++)
		if (o->items[i].collation.len > 0 && dts_slice_eq(o->items[i].db, database->db) &&
		    !dts_slice_eq(o->items[i].collation, now))
			return true;
	return false;
}

void dts_schema_objects_release(struct dts_schema_objects *o)
{
	free(o->items);
	dts_databases_release(&o->databases);
	dts_arena_free(o->arena);
	*o = (struct dts_schema_objects){0};
}

const char *dts_schema_object_kind(const struct dts_schema_object *o)
{
	return dts_slice_is(o->word, "LIBRARY") ? "library" : dts_ddl_type_name(o->type);
}

void dts_schema_object_label(const struct dts_schema_object *o, struct dts_buf *b)
{
	dts_buf_addf(b, "%s '%.*s", dts_schema_object_kind(o), (int)o->db.len, o->db.p);
	if (o->name.len > 0)
		dts_buf_addf(b, "%s%.*s", o->db.len > 0 ? "." : "", (int)o->name.len, o->name.p);
	dts_buf_addc(b, '\'');
}
