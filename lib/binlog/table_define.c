#include <stdlib.h>
#include "record/foreign.h"

#include "base/arena.h"
#include "binlog/table_meta.h"

static int no_names(const struct dts_log_table *t, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "the log does not have the column names of table `%.*s`.`%.*s`",
		 (int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	return dts_hint(err, "run SET GLOBAL binlog_row_metadata=FULL on the source, and keep it in its "
			"configuration; it holds for events written from then on (by sessions of any age), "
			"those before stay without names: start behind them");
}

/*
 * A DELETE of a system-versioned table is logged as an UPDATE of row_end, and each UPDATE
 * comes with an INSERT of the old row (seen on 10.11 and 11.8): read as what they
 * look like they would keep deleted rows and make old ones current.
 */
static int versioned(const struct dts_log_table *t, struct dts_error *err)
{
	dts_fail(err, DTS_BAD_INPUT, "table `%.*s`.`%.*s` is system-versioned: its deleted and old rows look like "
		 "current ones in the log, so that its changes cannot be read", (int)t->schema.db.len,
		 t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	return dts_hint(err, "leave the table out, or run ALTER TABLE ... DROP SYSTEM VERSIONING on the source");
}

/* A column GENERATED ALWAYS AS ROW START or END: no other generated column is NOT NULL on MariaDB. */
static bool is_period_column(const struct dts_log_table *t, const struct dts_log_column *c,
			     const struct dts_column *known)
{
	return !t->mysql && known->generated == DTS_GENERATED_STORED && !known->nullable &&
	       (c->type == DTS_LOG_LONGLONG || (c->type == DTS_LOG_TIMESTAMP2 && c->decimals == 6));
}

/* row_start and row_end of a table that does not name them itself; its catalog does not list them. */
static bool is_implicit_period(const struct dts_log_table *t, size_t i)
{
	for (size_t k = i; k < i + 2; k++) {
		const struct dts_log_column *c;

		if (t->mysql || k >= t->column_count)
			return false;
		c = &t->columns[k];
		if (!c->column || c->column->nullable)
			return false;
		if (c->type != DTS_LOG_TIMESTAMP2 || c->decimals != 6)
			return false;
		if (t->named && !dts_slice_is(c->column->name, k == i ? "row_start" : "row_end"))
			return false;
	}
	return true;
}

/* Widths of the temporal types of MariaDB 5.3, by fraction digits (Knowledge
 * Base, "Data Type Storage Requirements"). Without digits: the old MySQL ones. */
static uint8_t hires_width(uint8_t type, uint8_t decimals)
{
	static const uint8_t timestamp[] = {4, 5, 5, 6, 6, 7, 7};
	static const uint8_t time[] = {3, 4, 4, 5, 5, 5, 6};
	static const uint8_t datetime[] = {8, 6, 6, 7, 7, 7, 8};

	if (type == DTS_LOG_TIMESTAMP)
		return timestamp[decimals];
	return type == DTS_LOG_TIME ? time[decimals] : datetime[decimals];
}

static bool is_old_temporal(uint8_t log_type, enum dts_type type)
{
	return (log_type == DTS_LOG_TIME && type == DTS_TYPE_TIME) ||
	       (log_type == DTS_LOG_DATETIME && type == DTS_TYPE_DATETIME) ||
	       (log_type == DTS_LOG_TIMESTAMP && type == DTS_TYPE_TIMESTAMP);
}

/* The width of a type whose width is not in the log. */
static void set_hires(struct dts_log_column *c, uint8_t decimals)
{
	c->wants_catalog = false;
	c->decimals = decimals;
	c->hires = decimals > 0;
	c->width = hires_width(c->type, decimals);
}

/* The first two numbers in the brackets of a type; 0 where there is none. */
static void arguments(struct dts_slice type, uint32_t n[2])
{
	const char *p = memchr(type.p ? type.p : "", '(', type.len), *end = type.p + type.len;

	n[0] = n[1] = 0;
	for (int i = 0; p && i < 2; i++) {
		for (p++; p < end && *p >= '0' && *p <= '9'; p++)
			if (n[i] < UINT32_MAX / 10)
				n[i] = n[i] * 10 + (uint32_t)(*p - '0');
		if (p == end || *p != ',')
			break;
	}
}

/* The word that a type begins with: "varchar" of "varchar(20)". */
static bool word_is(struct dts_slice type, const char *word)
{
	size_t len = 0;

	while (len < type.len && type.p[len] >= 'a' && type.p[len] <= 'z')
		len++;
	return dts_slice_is(dts_slice(type.p, len), word);
}

/* Does the log show a value of this kind as plain bytes? */
static bool is_disguised(const struct dts_log_table *t, const struct dts_log_column *c, const struct dts_column *known)
{
	uint32_t n[2];

	if (t->mysql || (c->has_collation && c->charset))
		return false;
	switch (known->type) {
	case DTS_TYPE_UUID:
	case DTS_TYPE_INET6:
		return c->type == DTS_LOG_STRING && c->bytes == 16;
	case DTS_TYPE_INET4:
		return c->type == DTS_LOG_STRING && c->bytes == 4;
	case DTS_TYPE_VECTOR:
		arguments(known->type_text, n);
		return c->type == DTS_LOG_VARCHAR && n[0] > 0 && c->bytes == (uint64_t)n[0] * 4;
	default:
		return false;
	}
}

static void hint_column(const struct dts_log_table *t, struct dts_log_column *c, const struct dts_column *known)
{
	struct dts_column *column = c->column;
	struct dts_arena *a = t->schema.arena;

	if (is_disguised(t, c, known)) {
		column->type_text = dts_arena_copy(a, known->type_text);
		column->length = 0;
		column->fixed = false;
		column->type = c->as = known->type;
	}
	if (c->wants_catalog && is_old_temporal(c->type, known->type) && known->decimals <= 6) {
		set_hires(c, known->decimals);
		column->decimals = known->decimals;
		column->type_text = dts_arena_copy(a, known->type_text);
	}
	if (known->generated != DTS_GENERATED_NO) {
		column->generated = known->generated;
		c->left_out = true;
	}
	column->invisible = known->invisible;
}

static void take_acting(struct dts_log_acting *to, const struct dts_foreign *f, struct dts_arena *a)
{
	const bool deletes = dts_foreign_acts(f->on_delete);

	if (!to->name.p)
		*to = (struct dts_log_acting){dts_arena_copy(a, f->name), deletes ? "DELETE" : "UPDATE",
					      dts_arena_copy(a, deletes ? f->on_delete : f->on_update)};
}

void dts_log_table_acting(struct dts_log_table *t, const struct dts_schema *catalog)
{
	t->acting_known = true;
	for (size_t i = 0; catalog && i < catalog->foreign_count; i++) {
		const struct dts_foreign *f = &catalog->foreign[i];

		if (!dts_foreign_acts(f->on_delete) && !dts_foreign_acts(f->on_update))
			continue;
		take_acting(&t->acting, f, t->schema.arena);
		if (dts_slice_eq(f->to_db, t->schema.db) && dts_slice_eq(f->to_table, t->schema.table))
			take_acting(&t->acting_itself, f, t->schema.arena);
	}
}

int dts_log_table_hint(struct dts_log_table *t, const struct dts_schema *catalog, struct dts_error *err)
{
	if (!t->named)
		return no_names(t, err);
	dts_log_table_acting(t, catalog);
	for (size_t i = 0; i < t->column_count; i++) {
		struct dts_log_column *c = &t->columns[i];
		long at;

		if (!c->column) /* hidden */
			continue;
		at = catalog ? dts_schema_column(catalog, c->column->name, i) : -1;
		if (at >= 0 ? is_period_column(t, c, &catalog->columns[at]) : !t->mysql && is_implicit_period(t, i))
			return versioned(t, err);
		if (at >= 0)
			hint_column(t, c, &catalog->columns[at]);
		if (c->wants_catalog)
			return dts_fail(err, DTS_BAD_INPUT,
					"column `%.*s` of table `%.*s`.`%.*s` has a temporal type of MariaDB 5.3, whose "
					"width is not in the log, and the source's catalog no longer tells it",
					(int)c->column->name.len, c->column->name.p, (int)t->schema.db.len,
					t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	}
	return 0;
}

/* ---- from a definition that is the right one ---- */

/* "varchar of 80 bytes, utf8mb4, null": all that the log tells. */
static void describe(struct dts_buf *b, const struct dts_log_table *t, const struct dts_log_column *c)
{
	if (c->has_collation && !c->charset && c->is_text && c->type != DTS_LOG_GEOMETRY && c->type != DTS_LOG_VECTOR)
		dts_buf_adds(b, "binary ");
	switch (c->type) {
	case DTS_LOG_STRING:
	case DTS_LOG_VARCHAR:
	case DTS_LOG_VAR_STRING:
		dts_buf_addf(b, "%s of %u bytes", c->type == DTS_LOG_STRING ? "char" : "varchar", (unsigned)c->bytes);
		break;
	case DTS_LOG_BLOB:
		dts_buf_addf(b, "blob or text with lengths of %u bytes", c->width);
		break;
	case DTS_LOG_ENUM:
	case DTS_LOG_SET:
		if (t->named)
			dts_log_column_type(b, t, c);
		else
			dts_buf_addf(b, "%s of %u bytes", c->type == DTS_LOG_ENUM ? "enum" : "set", c->width);
		break;
	default:
		if (!dts_log_column_type(b, t, c))
			dts_buf_addf(b, "type %u", c->type);
	}
	if (c->has_sign && !c->is_unsigned)
		dts_buf_adds(b, " signed");
	if (c->charset)
		dts_buf_addf(b, ", %s", dts_charset_name(c->charset));
	dts_buf_adds(b, c->column->nullable ? ", null" : ", not null");
}

static int disagrees(const struct dts_log_table *t, const struct dts_log_column *c, const struct dts_column *known,
		     struct dts_error *err)
{
	struct dts_buf b = {0};

	describe(&b, t, c);
	dts_fail(err, DTS_BAD_INPUT, "the table map disagrees with the schema history: column `%.*s` of table `%.*s`.`%.*s` is "
		 "%s in the log, but %.*s%s%.*s, %s there",
		 (int)known->name.len, known->name.p, (int)t->schema.db.len, t->schema.db.p,
		 (int)t->schema.table.len, t->schema.table.p, dts_buf_text(&b),
		 (int)(known->type_text.len < 200 ? known->type_text.len : 200), known->type_text.p,
		 known->charset.len ? ", " : "", (int)known->charset.len, known->charset.len ? known->charset.p : "",
		 known->nullable ? "null" : "not null");
	dts_buf_release(&b);
	return -1;
}

static int wrong_count(const struct dts_log_table *t, const struct dts_schema *model, struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "the table map disagrees with the schema history: table `%.*s`.`%.*s` has "
			"%zu columns in the log, but %zu there",
			(int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p,
			t->column_count, model->column_count);
}

static bool is_integer(const struct dts_log_column *c, const struct dts_column *known)
{
	static const struct {
		uint8_t type;
		const char *word;
	} names[] = {
		{DTS_LOG_TINY, "tinyint"}, {DTS_LOG_SHORT, "smallint"}, {DTS_LOG_INT24, "mediumint"},
		{DTS_LOG_LONG, "int"}, {DTS_LOG_LONGLONG, "bigint"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].type == c->type)
			return word_is(known->type_text, names[i].word);
	return false;
}

static bool is_blob(const struct dts_log_column *c, const struct dts_column *known)
{
	static const char *const words[][2] = {{"", ""}, {"tinyblob", "tinytext"}, {"blob", "text"},
					       {"mediumblob", "mediumtext"}, {"longblob", "longtext"}};

	if (known->type == DTS_TYPE_JSON) /* MariaDB's, where a catalog tells it from a longtext */
		return c->width == 4;
	return word_is(known->type_text, words[c->width][0]) || word_is(known->type_text, words[c->width][1]);
}

/* Bytes that a character of the definition's column takes at most; 0: a charset that is not known. */
static unsigned char_bytes(const struct dts_column *known)
{
	const struct dts_charset *cs;

	if (known->type != DTS_TYPE_CHAR)
		return 1;
	cs = dts_charset_find(known->charset);
	return cs ? dts_charset_max_bytes(cs) : 0;
}

static bool is_string(const struct dts_log_column *c, const struct dts_column *known)
{
	bool fixed = c->type == DTS_LOG_STRING;
	uint32_t n[2];

	arguments(known->type_text, n);
	if (known->type != DTS_TYPE_CHAR && known->type != DTS_TYPE_BINARY)
		return false;
	if (fixed ? !known->fixed : !word_is(known->type_text, "varchar") && !word_is(known->type_text, "varbinary"))
		return false;
	return c->bytes == (uint64_t)(fixed ? known->length : n[0]) * char_bytes(known);
}

static bool same_shape(const struct dts_log_column *c, const struct dts_column *known)
{
	const char *name = dts_log_shape_name(c->shape);

	return !name || word_is(known->type_text, name) ||
	       (c->shape == 7 && word_is(known->type_text, "geomcollection"));
}

/* Type, length and scale. */
static bool same_type(const struct dts_log_table *t, const struct dts_log_column *c, const struct dts_column *known)
{
	uint32_t n[2];
	size_t members = known->label_count;

	arguments(known->type_text, n);
	switch (c->type) {
	case DTS_LOG_FLOAT: return known->type == DTS_TYPE_FLOAT;
	case DTS_LOG_DOUBLE: return known->type == DTS_TYPE_DOUBLE;
	case DTS_LOG_YEAR: return known->type == DTS_TYPE_YEAR;
	case DTS_LOG_DATE:
	case DTS_LOG_NEWDATE: return known->type == DTS_TYPE_DATE;
	case DTS_LOG_NEWDECIMAL: return known->type == DTS_TYPE_DECIMAL && n[0] == c->digits && n[1] == c->decimals;
	case DTS_LOG_BIT: return known->type == DTS_TYPE_BIT && known->length == c->bytes;
	case DTS_LOG_TIME2: return known->type == DTS_TYPE_TIME && known->decimals == c->decimals;
	case DTS_LOG_DATETIME2: return known->type == DTS_TYPE_DATETIME && known->decimals == c->decimals;
	case DTS_LOG_TIMESTAMP2: return known->type == DTS_TYPE_TIMESTAMP && known->decimals == c->decimals;
	case DTS_LOG_TIME:
	case DTS_LOG_DATETIME:
	case DTS_LOG_TIMESTAMP:
		return is_old_temporal(c->type, known->type) && known->decimals <= (t->mysql ? 0 : 6);
	case DTS_LOG_ENUM: return known->type == DTS_TYPE_ENUM && c->width == (members < 256 ? 1 : 2);
	case DTS_LOG_SET:
		return known->type == DTS_TYPE_SET && c->width == (members > 32 ? 8 : (members + 7) / 8);
	case DTS_LOG_VARCHAR:
	case DTS_LOG_VAR_STRING:
	case DTS_LOG_STRING: return is_disguised(t, c, known) || is_string(c, known);
	case DTS_LOG_BLOB: return is_blob(c, known);
	case DTS_LOG_GEOMETRY: return known->type == DTS_TYPE_GEOMETRY && same_shape(c, known);
	case DTS_LOG_JSON: return known->type == DTS_TYPE_JSON;
	case DTS_LOG_VECTOR:
		return known->type == DTS_TYPE_VECTOR && (c->dimensions == 0 || c->dimensions == n[0]);
	default:
		return is_integer(c, known);
	}
}

/* The character set of the values, from the definition: NULL for bytes. False: not known. */
static bool charset_of(const struct dts_column *known, const struct dts_charset **cs)
{
	*cs = NULL;
	if (known->type == DTS_TYPE_JSON)
		*cs = dts_charset_find(DTS_LIT("utf8mb4"));
	else if (known->type == DTS_TYPE_CHAR)
		*cs = dts_charset_find(known->charset);
	else
		return true;
	return *cs != NULL;
}

/* Does what the log tells besides the type agree? */
static bool same_attributes(const struct dts_log_column *c, const struct dts_column *known)
{
	const struct dts_charset *cs;

	if (c->column->nullable != known->nullable || (c->has_sign && c->type != DTS_LOG_YEAR &&
						       c->is_unsigned != known->is_unsigned))
		return false;
	if (c->type == DTS_LOG_GEOMETRY || c->type == DTS_LOG_VECTOR || c->type == DTS_LOG_JSON || !c->has_collation)
		return true;
	if (known->type == DTS_TYPE_ENUM || known->type == DTS_TYPE_SET)
		cs = dts_charset_find(known->charset);
	else if (!charset_of(known, &cs))
		return false;
	if (cs && dts_charset_is_binary(cs))
		cs = NULL;
	return cs == c->charset;
}

/* With names the log has the members too. */
static bool same_labels(const struct dts_log_table *t, const struct dts_log_column *c, const struct dts_column *known)
{
	if (!t->named || (c->type != DTS_LOG_ENUM && c->type != DTS_LOG_SET) || !c->charset)
		return true;
	if (c->column->label_count != known->label_count)
		return false;
	for (size_t i = 0; i < known->label_count; i++)
		if (!dts_slice_eq(c->column->labels[i], known->labels[i]))
			return false;
	return true;
}

static void copy_labels(struct dts_column *to, struct dts_arena *a)
{
	struct dts_slice *labels = dts_arena_alloc(a, to->label_count, sizeof *labels);

	for (size_t i = 0; i < to->label_count; i++)
		labels[i] = dts_arena_copy(a, to->labels[i]);
	to->labels = labels;
}

static void copy_column(struct dts_column *to, const struct dts_column *from, struct dts_arena *a)
{
	*to = *from;
	to->name = dts_arena_copy(a, from->name);
	to->type_text = dts_arena_copy(a, from->type_text);
	if (from->charset.p)
		to->charset = dts_arena_copy(a, from->charset);
	if (from->collation.p)
		to->collation = dts_arena_copy(a, from->collation);
	copy_labels(to, a);
}

static void copy_primary(struct dts_log_table *t, const struct dts_schema *model)
{
	struct dts_arena *a = t->schema.arena;
	struct dts_slice *names = dts_arena_alloc(a, model->primary.count, sizeof *names);

	for (size_t i = 0; i < model->primary.count; i++)
		names[i] = dts_arena_copy(a, model->primary.columns[i]);
	t->schema.primary = (struct dts_key){.columns = names, .count = model->primary.count};
}

static int define_column(struct dts_log_table *t, struct dts_log_column *c, const struct dts_column *known,
			 struct dts_error *err)
{
	const struct dts_charset *cs;

	if (t->named && !dts_slice_eq(c->column->name, known->name))
		return dts_fail(err, DTS_BAD_INPUT, "the table map disagrees with the schema history: table `%.*s`.`%.*s` has "
				"column `%.*s` in the log where `%.*s` stands there", (int)t->schema.db.len,
				t->schema.db.p, (int)t->schema.table.len, t->schema.table.p,
				(int)c->column->name.len, c->column->name.p, (int)known->name.len, known->name.p);
	if (!t->named && c->has_collation && c->is_text && c->type != DTS_LOG_GEOMETRY && c->type != DTS_LOG_VECTOR) {
		c->charset = dts_charset_of_collation_id(c->collation);
		if (c->charset && dts_charset_is_binary(c->charset))
			c->charset = NULL;
	}
	if (!same_type(t, c, known) || !same_attributes(c, known) || !same_labels(t, c, known))
		return disagrees(t, c, known, err);
	if (is_period_column(t, c, known))
		return versioned(t, err);
	if (c->wants_catalog)
		set_hires(c, known->decimals);
	copy_column(c->column, known, t->schema.arena);
	c->as = known->type;
	c->is_unsigned = known->is_unsigned;
	c->left_out = known->generated != DTS_GENERATED_NO;
	if (!charset_of(known, &cs))
		return dts_fail(err, DTS_BAD_INPUT, "column `%.*s` of table `%.*s`.`%.*s` has character set %.*s, which is not known",
				(int)known->name.len, known->name.p, (int)t->schema.db.len, t->schema.db.p,
				(int)t->schema.table.len, t->schema.table.p, (int)known->charset.len, known->charset.p);
	c->charset = c->type == DTS_LOG_JSON ? NULL : cs;
	return 0;
}

/*
 * How many hashes of long unique keys the table can have; they stand behind all other
 * columns. What is no hash of it would be a column that the definition lacks.
 */
static size_t most_hashes(const struct dts_log_table *t, const struct dts_schema *model)
{
	size_t count = 0;

	if (t->mysql)
		return 0;
	if (!model->unique)
		return t->column_count;
	for (size_t i = 0; i < model->unique_count; i++)
		for (size_t k = 0; k < model->unique[i].count; k++) {
			long at = dts_schema_column(model, model->unique[i].columns[k], k);

			if (at < 0 || model->columns[at].type == DTS_TYPE_CHAR || model->columns[at].type == DTS_TYPE_BINARY ||
			    model->columns[at].type == DTS_TYPE_JSON || model->columns[at].type == DTS_TYPE_GEOMETRY) {
				count++;
				break;
			}
		}
	return count;
}

/* The columns behind those of the definition, from column i of the log on. */
static int define_rest(struct dts_log_table *t, size_t i, const struct dts_schema *model, struct dts_error *err)
{
	size_t hashes = most_hashes(t, model);

	if (is_implicit_period(t, i))
		return versioned(t, err);
	for (; i < t->column_count; i++) {
		struct dts_log_column *c = &t->columns[i];

		if (!c->column) /* known by its name */
			continue;
		if (t->named || hashes-- == 0 || c->type != DTS_LOG_LONGLONG || (c->has_sign && !c->is_unsigned))
			return wrong_count(t, model, err);
		c->left_out = true;
		c->column = NULL;
	}
	return 0;
}

int dts_log_table_define(struct dts_log_table *t, const struct dts_schema *model, struct dts_error *err)
{
	size_t i = 0, at = 0;

	for (; i < t->column_count && at < model->column_count; i++) {
		if (!t->columns[i].column)
			continue;
		if (define_column(t, &t->columns[i], &model->columns[at], err) < 0)
			return -1;
		at++;
	}
	if (at < model->column_count)
		return wrong_count(t, model, err);
	if (define_rest(t, i, model, err) < 0)
		return -1;
	/* Named ones without their hidden columns stand at the front already, and so do
	 * those of a table without names, whose hidden columns are the last. */
	t->schema.column_count = model->column_count;
	t->named = true;
	copy_primary(t, model);
	return dts_log_table_finish(t, err);
}
