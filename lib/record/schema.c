#include "record/schema.h"

#include "base/arena.h"

void dts_schema_release(struct dts_schema *s)
{
	if (!s)
		return;
	dts_arena_free(s->arena);
	*s = (struct dts_schema){0};
}

/* Reading a schema record: everything ends up in the arena. */
struct reader {
	struct dts_arena *arena;
	struct dts_buf scratch;
	struct dts_error *err;
};

static int bad(struct reader *rd, const char *what, const char *why)
{
	return dts_fail(rd->err, DTS_BAD_INPUT, "schema: %s %s", what, why);
}

static int take_text(struct reader *rd, struct dts_json value, const char *what, struct dts_slice *to)
{
	if (value.type != DTS_JSON_STRING)
		return bad(rd, what, value.raw.p ? "is not a string" : "is missing");
	*to = dts_arena_copy(rd->arena, dts_json_string(value.raw, &rd->scratch));
	return 0;
}

/* A member that may be absent: an empty text then. */
static int take_optional(struct reader *rd, struct dts_slice object, const char *name, struct dts_slice *to)
{
	struct dts_json value = dts_json_get(object, name);

	*to = dts_slice("", 0);
	return value.raw.p ? take_text(rd, value, name, to) : 0;
}

static size_t count_elements(struct dts_slice array)
{
	struct dts_json_walk w = dts_json_walk(array);
	struct dts_json value;
	size_t count = 0;

	while (dts_json_element(&w, &value))
		count++;
	return count;
}

/* An array of names. */
static int take_names(struct reader *rd, struct dts_json array, const char *what, const struct dts_slice **to,
		      size_t *count)
{
	if (!array.raw.p || array.type != DTS_JSON_ARRAY)
		return bad(rd, what, array.raw.p ? "is not an array" : "is missing");
	*count = count_elements(array.raw);
	struct dts_slice *names = dts_arena_alloc(rd->arena, *count, sizeof *names);
	struct dts_json_walk w = dts_json_walk(array.raw);
	struct dts_json value;
	for (size_t i = 0; dts_json_element(&w, &value); i++)
		if (take_text(rd, value, what, &names[i]) < 0)
			return -1;
	*to = names;
	return 0;
}

static int take_generated(struct reader *rd, struct dts_slice object, struct dts_column *c)
{
	struct dts_slice how;

	if (take_optional(rd, object, "generated", &how) < 0)
		return -1;
	if (dts_slice_is(how, "virtual"))
		c->generated = DTS_GENERATED_VIRTUAL;
	else if (dts_slice_is(how, "stored"))
		c->generated = DTS_GENERATED_STORED;
	else if (how.len > 0)
		return bad(rd, "'generated'", "is neither virtual nor stored");
	return 0;
}

static int take_column(struct reader *rd, struct dts_json value, struct dts_column *c)
{
	if (value.type != DTS_JSON_OBJECT)
		return bad(rd, "a column", "is not an object");
	struct dts_slice object = value.raw;
	if (take_text(rd, dts_json_get(object, "name"), "name of a column", &c->name) < 0 ||
	    take_text(rd, dts_json_get(object, "type"), "type of a column", &c->type_text) < 0 ||
	    take_optional(rd, object, "charset", &c->charset) < 0 ||
	    take_optional(rd, object, "collation", &c->collation) < 0 || take_generated(rd, object, c) < 0)
		return -1;
	c->nullable = dts_json_get(object, "null").type == DTS_JSON_TRUE;
	c->invisible = dts_json_get(object, "invisible").type == DTS_JSON_TRUE;
	dts_column_from_type(c, rd->arena);
	return 0;
}

static int take_columns(struct reader *rd, struct dts_slice raw, struct dts_schema *s)
{
	struct dts_json_walk w = dts_json_walk(raw);
	struct dts_json value;
	size_t i = 0;

	s->column_count = count_elements(raw);
	if (s->column_count == 0)
		return bad(rd, "a table", "has no columns");
	s->columns = dts_arena_alloc(rd->arena, s->column_count, sizeof *s->columns);
	for (; dts_json_element(&w, &value); i++) {
		struct dts_column *c = &s->columns[i];
		if (take_column(rd, value, c) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (dts_slice_eq(s->columns[j].name, c->name))
				return bad(rd, c->name.p, "is a column twice");
	}
	return 0;
}

/* Keys are over columns that the table has. */
static int check_names(struct reader *rd, const struct dts_schema *s, const struct dts_slice *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (dts_schema_column(s, names[i], i) < 0)
			return bad(rd, names[i].p, "is in a key but is no column");
	return 0;
}

static int take_unique(struct reader *rd, struct dts_slice raw, struct dts_schema *s)
{
	struct dts_json_walk w = dts_json_walk(raw);
	struct dts_json value;

	s->unique_count = count_elements(raw);
	s->unique = dts_arena_alloc(rd->arena, s->unique_count, sizeof *s->unique);
	for (struct dts_key *key = s->unique; dts_json_element(&w, &value); key++) {
		if (value.type != DTS_JSON_OBJECT)
			return bad(rd, "a unique key", "is not an object");
		if (take_text(rd, dts_json_get(value.raw, "name"), "name of a unique key", &key->name) < 0 ||
		    take_names(rd, dts_json_get(value.raw, "columns"), "list of a unique key", &key->columns,
			       &key->count) < 0 ||
		    check_names(rd, s, key->columns, key->count) < 0)
			return -1;
	}
	return 0;
}

static int take_foreign_key(struct reader *rd, struct dts_json value, struct dts_foreign *key)
{
	struct dts_json to = value;
	size_t to_count;

	if (value.type == DTS_JSON_OBJECT)
		to = dts_json_get(value.raw, "to");
	if (to.type != DTS_JSON_OBJECT)
		return bad(rd, "a foreign key", "is not an object with an object 'to'");
	if (take_text(rd, dts_json_get(value.raw, "name"), "name of a foreign key", &key->name) < 0 ||
	    take_names(rd, dts_json_get(value.raw, "columns"), "list of a foreign key", &key->columns,
		       &key->count) < 0 ||
	    take_text(rd, dts_json_get(to.raw, "db"), "database of a foreign key", &key->to_db) < 0 ||
	    take_text(rd, dts_json_get(to.raw, "table"), "table of a foreign key", &key->to_table) < 0 ||
	    take_names(rd, dts_json_get(to.raw, "columns"), "list of a foreign key", &key->to_columns,
		       &to_count) < 0 ||
	    take_optional(rd, value.raw, "delete", &key->on_delete) < 0 ||
	    take_optional(rd, value.raw, "update", &key->on_update) < 0)
		return -1;
	return to_count == key->count ? 0 : bad(rd, key->name.p, "has lists of different length");
}

static int take_foreign(struct reader *rd, struct dts_slice raw, struct dts_schema *s)
{
	struct dts_json_walk w = dts_json_walk(raw);
	struct dts_json value;

	s->foreign_count = count_elements(raw);
	s->foreign = dts_arena_alloc(rd->arena, s->foreign_count, sizeof *s->foreign);
	for (struct dts_foreign *key = s->foreign; dts_json_element(&w, &value); key++)
		if (take_foreign_key(rd, value, key) < 0 || check_names(rd, s, key->columns, key->count) < 0)
			return -1;
	return 0;
}

static int take_schema(struct reader *rd, const struct dts_record *r, struct dts_schema *s)
{
	const struct dts_slice *raw = r->raw;

	s->db = s->source_db = dts_arena_copy(rd->arena, r->db);
	s->table = s->source_table = dts_arena_copy(rd->arena, r->table);
	if (take_columns(rd, raw[DTS_F_COLUMNS], s) < 0)
		return -1;
	if (raw[DTS_F_PRIMARY].p &&
	    (take_names(rd, dts_json_value(raw[DTS_F_PRIMARY]), "list of the primary key", &s->primary.columns,
			&s->primary.count) < 0 ||
	     check_names(rd, s, s->primary.columns, s->primary.count) < 0))
		return -1;
	if (raw[DTS_F_UNIQUE].p && take_unique(rd, raw[DTS_F_UNIQUE], s) < 0)
		return -1;
	if (raw[DTS_F_FOREIGN].p && take_foreign(rd, raw[DTS_F_FOREIGN], s) < 0)
		return -1;
	if (!raw[DTS_F_SOURCE].p)
		return 0;
	if (take_text(rd, dts_json_get(raw[DTS_F_SOURCE], "db"), "'db' in 'source'", &s->source_db) < 0)
		return -1;
	if (take_text(rd, dts_json_get(raw[DTS_F_SOURCE], "table"), "'table' in 'source'", &s->source_table) < 0)
		return -1;
	if (take_optional(rd, raw[DTS_F_SOURCE], "collation", &s->source_collation) < 0)
		return -1;
	if (take_optional(rd, raw[DTS_F_SOURCE], "where", &s->where) < 0)
		return -1;
	s->partial = dts_json_get(raw[DTS_F_SOURCE], "partial").type == DTS_JSON_TRUE;
	const struct dts_json online = dts_json_get(raw[DTS_F_SOURCE], "online");
	if (online.raw.p && online.type != DTS_JSON_ARRAY)
		return bad(rd, "'online' in 'source'", "is not an array");
	if (online.raw.p)
		s->online = dts_arena_copy(rd->arena, online.raw);
	return take_optional(rd, raw[DTS_F_SOURCE], "db-collation", &s->source_db_collation);
}

int dts_schema_parse(struct dts_schema *s, const struct dts_record *r, struct dts_error *err)
{
	struct reader rd = {.err = err};

	dts_schema_release(s);
	s->arena = rd.arena = dts_arena_new();
	s->primary.name = dts_slice("", 0);
	int rc = take_schema(&rd, r, s);
	dts_buf_release(&rd.scratch);
	if (rc < 0)
		dts_schema_release(s);
	return rc;
}

long dts_schema_column(const struct dts_schema *s, struct dts_slice name, size_t hint)
{
	if (hint < s->column_count && dts_slice_eq(s->columns[hint].name, name))
		return (long)hint;
	for (size_t i = 0; i < s->column_count; i++)
		if (dts_slice_eq(s->columns[i].name, name))
			return (long)i;
	return -1;
}

/* ,"key":"text" unless the text is empty. */
static void add_member(struct dts_buf *b, const char *key, struct dts_slice text)
{
	if (text.len == 0)
		return;
	dts_buf_adds(b, key);
	dts_json_add_string(b, text);
}

static void add_names(struct dts_buf *b, const struct dts_slice *names, size_t count)
{
	dts_buf_addc(b, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			dts_buf_addc(b, ',');
		dts_json_add_string(b, names[i]);
	}
	dts_buf_addc(b, ']');
}

static void add_column(struct dts_buf *b, const struct dts_column *c)
{
	dts_buf_adds(b, "{\"name\":");
	dts_json_add_string(b, c->name);
	dts_buf_adds(b, ",\"type\":");
	dts_json_add_string(b, c->type_text);
	if (c->nullable)
		dts_buf_adds(b, ",\"null\":true");
	add_member(b, ",\"charset\":", c->charset);
	add_member(b, ",\"collation\":", c->collation);
	if (c->generated)
		dts_buf_adds(b, c->generated == DTS_GENERATED_STORED ? ",\"generated\":\"stored\""
								     : ",\"generated\":\"virtual\"");
	if (c->invisible)
		dts_buf_adds(b, ",\"invisible\":true");
	dts_buf_addc(b, '}');
}

static void add_foreign(struct dts_buf *b, const struct dts_foreign *key)
{
	dts_buf_adds(b, "{\"name\":");
	dts_json_add_string(b, key->name);
	dts_buf_adds(b, ",\"columns\":");
	add_names(b, key->columns, key->count);
	dts_buf_adds(b, ",\"to\":{\"db\":");
	dts_json_add_string(b, key->to_db);
	dts_buf_adds(b, ",\"table\":");
	dts_json_add_string(b, key->to_table);
	dts_buf_adds(b, ",\"columns\":");
	add_names(b, key->to_columns, key->count);
	dts_buf_addc(b, '}');
	add_member(b, ",\"delete\":", key->on_delete);
	add_member(b, ",\"update\":", key->on_update);
	dts_buf_addc(b, '}');
}

static void add_keys(struct dts_buf *b, const struct dts_schema *s)
{
	if (s->primary.count > 0) {
		dts_buf_adds(b, ",\"primary\":");
		add_names(b, s->primary.columns, s->primary.count);
	}
	if (s->unique) {
		dts_buf_adds(b, ",\"unique\":[");
		for (size_t i = 0; i < s->unique_count; i++) {
			dts_buf_adds(b, i > 0 ? ",{\"name\":" : "{\"name\":");
			dts_json_add_string(b, s->unique[i].name);
			dts_buf_adds(b, ",\"columns\":");
			add_names(b, s->unique[i].columns, s->unique[i].count);
			dts_buf_addc(b, '}');
		}
		dts_buf_addc(b, ']');
	}
	if (s->foreign) {
		dts_buf_adds(b, ",\"foreign\":[");
		for (size_t i = 0; i < s->foreign_count; i++) {
			if (i > 0)
				dts_buf_addc(b, ',');
			add_foreign(b, &s->foreign[i]);
		}
		dts_buf_addc(b, ']');
	}
}

void dts_schema_add(struct dts_buf *b, const struct dts_schema *s)
{
	dts_buf_adds(b, "{\"op\":\"schema\",\"db\":");
	dts_json_add_string(b, s->db);
	dts_buf_adds(b, ",\"table\":");
	dts_json_add_string(b, s->table);
	dts_buf_adds(b, ",\"columns\":[");
	for (size_t i = 0; i < s->column_count; i++) {
		if (i > 0)
			dts_buf_addc(b, ',');
		add_column(b, &s->columns[i]);
	}
	dts_buf_addc(b, ']');
	add_keys(b, s);
	dts_buf_adds(b, ",\"source\":{\"db\":");
	dts_json_add_string(b, s->source_db.p ? s->source_db : s->db);
	dts_buf_adds(b, ",\"table\":");
	dts_json_add_string(b, s->source_table.p ? s->source_table : s->table);
	add_member(b, ",\"collation\":", s->source_collation);
	add_member(b, ",\"db-collation\":", s->source_db_collation);
	add_member(b, ",\"where\":", s->where);
	if (s->partial)
		dts_buf_adds(b, ",\"partial\":true");
	if (s->online.len > 0) {
		dts_buf_adds(b, ",\"online\":");
		dts_buf_add_slice(b, s->online);
	}
	dts_buf_adds(b, "}}\n");
}
