#include <stdlib.h>

#include "dump/dump.h"

int dts_dump_table_where(const struct dts_table *t, struct dts_error *err)
{
	return dts_where(err, "table '%.*s.%.*s'", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p);
}

/* A part of a chunk's id; quoted as in a PATTERN when it could be taken for two. */
static void add_id_part(struct dts_buf *b, struct dts_slice name)
{
	bool plain = !memchr(name.p, '.', name.len) && !memchr(name.p, '`', name.len);

	if (!plain)
		dts_buf_addc(b, '`');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '`')
			dts_buf_addc(b, '`');
		dts_buf_addc(b, name.p[i]);
	}
	if (!plain)
		dts_buf_addc(b, '`');
}

static void prepare_text(struct dts_dump_table *t)
{
	dts_buf_adds(&t->names, "\"db\":");
	dts_json_add_string(&t->names, t->table->db);
	dts_buf_adds(&t->names, ",\"table\":");
	dts_json_add_string(&t->names, t->table->name);
	dts_buf_addc(&t->names, ',');
	dts_buf_adds(&t->prefix, "{\"op\":\"row\",");
	dts_buf_add_slice(&t->prefix, dts_buf_slice(&t->names));
	dts_buf_adds(&t->prefix, "\"after\":");
	add_id_part(&t->id, t->table->db);
	dts_buf_addc(&t->id, '.');
	add_id_part(&t->id, t->table->name);
	dts_buf_addc(&t->id, '.');
}

/* Where the key's columns are among those that are selected. */
static void find_key_fields(struct dts_dump_table *t)
{
	t->key_fields = dts_zalloc(t->key->count, sizeof *t->key_fields);
	for (size_t k = 0; k < t->key->count; k++) {
		size_t column = (size_t)dts_schema_column(&t->schema, t->key->columns[k], 0);
		for (size_t i = 0; i < column; i++)
			t->key_fields[k] += t->schema.columns[i].generated == DTS_GENERATED_NO;
	}
}

/* The reader's session is in a read-only transaction: another one asks. */
static int mend_labels(const struct dts_dump *d, struct dts_schema *schema, struct dts_error *err)
{
	struct dts_session helper;
	bool doubtful = false;

	for (size_t i = 0; i < schema->column_count; i++)
		doubtful = doubtful || dts_column_labels_doubtful(&schema->columns[i]);
	if (!doubtful)
		return 0;
	if (dts_session_open(&helper, d->options->connect, err) < 0)
		return -1;
	int rc = dts_catalog_labels(&helper, schema, err);
	dts_session_close(&helper);
	return rc;
}

static int open_table(struct dts_dump *d, struct dts_dump_table *t, struct dts_session *s, struct dts_error *err)
{
	int rc = dts_catalog_schema(s, t->table->db, t->table->name, &t->schema, NULL, err);

	if (rc == 0)
		rc = dts_fail(err, DTS_AGAIN, "it is no longer there, or this account may not read its columns");
	if (rc < 0 || mend_labels(d, &t->schema, err) < 0 || dts_dump_rules_columns(d->options->rules, &t->schema, err) < 0)
		return -1;
	t->condition = dts_dump_rules_where(d->options->rules, t->table->db, t->table->name);
	t->schema.where = dts_slice_of(t->condition ? t->condition : ""); /* the rules' */
	t->key = dts_keyrange_key(&t->schema);
	if (t->key)
		find_key_fields(t);
	prepare_text(t);
	t->open = true;
	return 0;
}

int dts_dump_table_open(struct dts_dump *d, struct dts_dump_table *t, struct dts_session *s, struct dts_error *err)
{
	int rc = 0;

	pthread_mutex_lock(&t->opening);
	if (!t->open && open_table(d, t, s, err) < 0)
		rc = dts_dump_table_where(t->table, err);
	pthread_mutex_unlock(&t->opening);
	return rc;
}

int dts_dump_open_doubtful(struct dts_dump *d, struct dts_error *err)
{
	struct dts_map doubtful = {0};
	const struct dts_slice *db = NULL;
	int rc = 0;

	for (size_t i = 0; i < d->tables.count && rc == 0; i++) {
		const struct dts_table *t = &d->tables.items[i];
		if (!db || !dts_slice_eq(*db, t->db)) {
			db = &t->db;
			dts_map_release(&doubtful, NULL);
			rc = dts_catalog_doubtful(&d->sessions[0], t->db, &doubtful, err);
		}
		if (rc == 0 && dts_map_get(&doubtful, t->name))
			rc = dts_dump_table_open(d, &d->items[i], &d->sessions[0], err);
	}
	dts_map_release(&doubtful, NULL);
	return rc;
}

void dts_dump_table_release(struct dts_dump_table *t)
{
	dts_schema_release(&t->schema);
	free(t->key_fields);
	t->key_fields = NULL;
	t->key = NULL;
	dts_buf_release(&t->names);
	dts_buf_release(&t->prefix);
	dts_buf_release(&t->id);
	t->open = false;
}
