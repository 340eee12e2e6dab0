#include "binlog/table_meta.h"

#include "base/arena.h"

enum {
	META_SIGNEDNESS = 1,
	META_DEFAULT_CHARSET = 2,
	META_COLUMN_CHARSET = 3,
	META_COLUMN_NAME = 4,
	META_SET_VALUES = 5,
	META_ENUM_VALUES = 6,
	META_GEOMETRY_TYPE = 7,
	META_PRIMARY_KEY = 8,
	META_PRIMARY_KEY_PREFIX = 9,
	META_LABEL_DEFAULT_CHARSET = 10,
	META_LABEL_COLUMN_CHARSET = 11,
	META_VISIBILITY = 12,
	META_DIMENSIONS = 13, /* of MySQL's VECTOR */
};

static int bad(struct dts_error *err, const char *what)
{
	return dts_fail(err, DTS_BAD_INPUT, "a Table_map event has malformed metadata: %s", what);
}

/* YEAR takes a bit too: it is a number to the server. */
static bool has_sign(const struct dts_log_column *c)
{
	switch (c->type) {
	case DTS_LOG_TINY:
	case DTS_LOG_SHORT:
	case DTS_LOG_INT24:
	case DTS_LOG_LONG:
	case DTS_LOG_LONGLONG:
	case DTS_LOG_NEWDECIMAL:
	case DTS_LOG_FLOAT:
	case DTS_LOG_DOUBLE:
	case DTS_LOG_YEAR:
		return true;
	default:
		return false;
	}
}

/* MariaDB counts a geometry as the blob that it is, MySQL a vector (seen on 10.11, 11.8
 * and 9.7). */
static bool counts_as_text(const struct dts_log_column *c, bool mysql)
{
	switch (c->type) {
	case DTS_LOG_STRING:
	case DTS_LOG_VAR_STRING:
	case DTS_LOG_VARCHAR:
	case DTS_LOG_BLOB:
		return true;
	case DTS_LOG_GEOMETRY:
		return !mysql;
	case DTS_LOG_VECTOR:
		return mysql;
	default:
		return false;
	}
}

static bool is_text(const struct dts_log_column *c)
{
	return c->is_text;
}

static bool is_label(const struct dts_log_column *c)
{
	return c->type == DTS_LOG_ENUM || c->type == DTS_LOG_SET;
}

static bool is_enum(const struct dts_log_column *c)
{
	return c->type == DTS_LOG_ENUM;
}

static bool is_set(const struct dts_log_column *c)
{
	return c->type == DTS_LOG_SET;
}

static bool is_geometry(const struct dts_log_column *c)
{
	return c->type == DTS_LOG_GEOMETRY;
}

static bool is_vector(const struct dts_log_column *c)
{
	return c->type == DTS_LOG_VECTOR;
}

/* The next column from *at on of which `is` holds, or NULL; *at moves behind it. */
static struct dts_log_column *next_column(struct dts_log_table *t, size_t *at,
					  bool (*is)(const struct dts_log_column *))
{
	while (*at < t->column_count) {
		struct dts_log_column *c = &t->columns[(*at)++];

		if (is(c))
			return c;
	}
	return NULL;
}

static int read_signs(struct dts_log_table *t, struct dts_bytes b, struct dts_error *err)
{
	struct dts_log_column *c;
	size_t at = 0, i = 0, bits = dts_bytes_left(&b) * 8;

	for (; (c = next_column(t, &at, has_sign)); i++) {
		if (i >= bits)
			return bad(err, "signs");
		c->is_unsigned = b.p[i / 8] >> (7 - i % 8) & 1;
		c->has_sign = true;
	}
	return 0;
}

/* One collation for all and the exceptions, by their place among such columns. */
static int read_default_charset(struct dts_log_table *t, struct dts_bytes b,
				bool (*is)(const struct dts_log_column *), struct dts_error *err)
{
	uint32_t collation = (uint32_t)dts_bytes_packed(&b);
	struct dts_log_column *c;
	size_t at = 0, place = 0;

	while ((c = next_column(t, &at, is))) {
		c->collation = collation;
		c->has_collation = true;
	}
	at = 0;
	while (!b.bad && dts_bytes_left(&b) > 0) {
		uint64_t want = dts_bytes_packed(&b);

		collation = (uint32_t)dts_bytes_packed(&b);
		/* They come in order, so one walk finds them all. */
		do {
			c = next_column(t, &at, is);
		} while (c && place++ < want);
		if (!c)
			return bad(err, "character sets");
		c->collation = collation;
	}
	return b.bad ? bad(err, "character sets") : 0;
}

static int read_charsets(struct dts_log_table *t, struct dts_bytes b,
			 bool (*is)(const struct dts_log_column *), struct dts_error *err)
{
	struct dts_log_column *c;
	size_t at = 0;

	while ((c = next_column(t, &at, is))) {
		c->collation = (uint32_t)dts_bytes_packed(&b);
		c->has_collation = true;
	}
	return b.bad ? bad(err, "character sets") : 0;
}

static int read_names(struct dts_log_table *t, struct dts_bytes b, struct dts_error *err)
{
	for (size_t i = 0; i < t->column_count; i++) {
		struct dts_slice name = dts_bytes_take(&b, (size_t)dts_bytes_packed(&b));

		if (b.bad || name.len == 0)
			return bad(err, "column names");
		t->columns[i].column->name = dts_arena_copy(t->schema.arena, name);
	}
	t->named = true;
	return 0;
}

/* Members as the column's bytes; they become UTF-8 when the charset is known. */
static int read_labels(struct dts_log_table *t, struct dts_bytes b,
		       bool (*is)(const struct dts_log_column *), struct dts_error *err)
{
	struct dts_log_column *c;
	size_t at = 0;

	while ((c = next_column(t, &at, is))) {
		uint64_t count = dts_bytes_packed(&b);
		struct dts_slice *labels;

		if (b.bad || count > dts_bytes_left(&b))
			return bad(err, "labels");
		labels = dts_arena_alloc(t->schema.arena, (size_t)count, sizeof *labels);
		for (size_t i = 0; i < count; i++)
			labels[i] = dts_bytes_take(&b, (size_t)dts_bytes_packed(&b));
		c->column->labels = labels;
		c->column->label_count = (size_t)count;
	}
	return b.bad ? bad(err, "labels") : 0;
}

static int read_geometry(struct dts_log_table *t, struct dts_bytes b, struct dts_error *err)
{
	struct dts_log_column *c;
	size_t at = 0;

	while ((c = next_column(t, &at, is_geometry))) {
		uint64_t shape = dts_bytes_packed(&b);

		c->shape = shape < 8 ? (int8_t)shape : 0;
	}
	return b.bad ? bad(err, "geometry types") : 0;
}

static int read_dimensions(struct dts_log_table *t, struct dts_bytes b, struct dts_error *err)
{
	struct dts_log_column *c;
	size_t at = 0;

	while ((c = next_column(t, &at, is_vector)))
		c->dimensions = (uint32_t)dts_bytes_packed(&b);
	return b.bad ? bad(err, "vector dimensions") : 0;
}

static int read_primary(struct dts_log_table *t, struct dts_bytes b, bool prefixes, struct dts_error *err)
{
	struct dts_slice *names = dts_arena_alloc(t->schema.arena, dts_bytes_left(&b), sizeof *names);
	size_t count = 0;
	bool whole = true;

	while (!b.bad && dts_bytes_left(&b) > 0) {
		uint64_t i = dts_bytes_packed(&b);
		uint64_t prefix = prefixes ? dts_bytes_packed(&b) : 0;

		if (b.bad || i >= t->column_count)
			return bad(err, "primary key");
		whole = whole && prefix == 0;
		names[count++] = t->columns[i].column->name;
	}
	if (b.bad)
		return bad(err, "primary key");
	/* A key over prefixes does not tell rows apart by whole values. */
	if (whole)
		t->schema.primary = (struct dts_key){.columns = names, .count = count};
	return 0;
}

static int read_visibility(struct dts_log_table *t, struct dts_bytes b, struct dts_error *err)
{
	if (dts_bytes_left(&b) < (t->column_count + 7) / 8)
		return bad(err, "visibility");
	for (size_t i = 0; i < t->column_count; i++)
		t->columns[i].column->invisible = !(b.p[i / 8] >> (7 - i % 8) & 1);
	return 0;
}

static int read_field(struct dts_log_table *t, uint8_t type, struct dts_bytes b, struct dts_error *err)
{
	switch (type) {
	case META_SIGNEDNESS:
		return read_signs(t, b, err);
	case META_DEFAULT_CHARSET:
		return read_default_charset(t, b, is_text, err);
	case META_COLUMN_CHARSET:
		return read_charsets(t, b, is_text, err);
	case META_LABEL_DEFAULT_CHARSET:
		return read_default_charset(t, b, is_label, err);
	case META_LABEL_COLUMN_CHARSET:
		return read_charsets(t, b, is_label, err);
	case META_COLUMN_NAME:
		return read_names(t, b, err);
	case META_SET_VALUES:
		return read_labels(t, b, is_set, err);
	case META_ENUM_VALUES:
		return read_labels(t, b, is_enum, err);
	case META_GEOMETRY_TYPE:
		return read_geometry(t, b, err);
	case META_VISIBILITY:
		return read_visibility(t, b, err);
	case META_DIMENSIONS:
		return read_dimensions(t, b, err);
	default: /* has its length: newer servers may say more */
		return 0;
	}
}

static int labels_to_utf8(struct dts_log_table *t, struct dts_log_column *c, struct dts_error *err)
{
	struct dts_slice *labels = dts_arena_alloc(t->schema.arena, c->column->label_count, sizeof *labels);
	struct dts_buf b = {0};
	int status = 0;

	for (size_t i = 0; i < c->column->label_count && status == 0; i++) {
		struct dts_slice raw = c->column->labels[i];

		dts_buf_clear(&b);
		if (!c->charset && dts_utf8_valid(raw.p, raw.len))
			dts_buf_add_slice(&b, raw);
		else if (!dts_charset_to_utf8(c->charset, raw, &b))
			status = dts_fail(err, DTS_BAD_INPUT, "a label of column `%.*s` cannot be written as UTF-8",
					  (int)c->column->name.len, c->column->name.p);
		labels[i] = dts_arena_copy(t->schema.arena, dts_buf_slice(&b));
	}
	c->column->labels = labels;
	dts_buf_release(&b);
	return status;
}

static int find_charset(struct dts_log_table *t, struct dts_log_column *c, struct dts_error *err)
{
	if (!is_text(c) && !is_label(c))
		return 0;
	if (c->collation != 0 && c->type != DTS_LOG_GEOMETRY && c->type != DTS_LOG_VECTOR) {
		c->charset = dts_charset_of_collation_id(c->collation);
		if (!c->charset)
			return dts_fail(err, DTS_BAD_INPUT, "column `%.*s` has collation number %u, which is not known",
					(int)c->column->name.len, c->column->name.p, (unsigned)c->collation);
		if (!dts_charset_is_binary(c->charset))
			c->column->charset = dts_slice_of(dts_charset_name(c->charset));
		else
			c->charset = NULL;
	}
	return is_label(c) ? labels_to_utf8(t, c, err) : 0;
}

/* As the server writes them in COLUMN_TYPE; dts_column_from_type() reads that. */
static void add_labels(struct dts_buf *b, const struct dts_column *c)
{
	for (size_t i = 0; i < c->label_count; i++) {
		dts_buf_adds(b, i ? ",'" : "'");
		for (size_t k = 0; k < c->labels[i].len; k++) {
			char byte = c->labels[i].p[k];

			switch (byte) {
			case '\0': dts_buf_adds(b, "\\0"); break;
			case '\n': dts_buf_adds(b, "\\n"); break;
			case '\r': dts_buf_adds(b, "\\r"); break;
			case '\\': dts_buf_adds(b, "\\\\"); break;
			case '\'': dts_buf_adds(b, "''"); break;
			default: dts_buf_addc(b, byte);
			}
		}
		dts_buf_addc(b, '\'');
	}
}

static void add_chars(struct dts_buf *b, const struct dts_log_column *c, const char *text, const char *binary)
{
	if (c->charset)
		dts_buf_addf(b, "%s(%u)", text, c->bytes / dts_charset_max_bytes(c->charset));
	else
		dts_buf_addf(b, "%s(%u)", binary, (unsigned)c->bytes);
}

static void add_fraction(struct dts_buf *b, const struct dts_log_column *c, const char *name)
{
	dts_buf_adds(b, name);
	if (c->decimals > 0)
		dts_buf_addf(b, "(%u)", c->decimals);
}

const char *dts_log_shape_name(int shape)
{
	static const char *const names[] = {"geometry", "point", "linestring", "polygon", "multipoint",
					    "multilinestring", "multipolygon", "geometrycollection"};

	return shape >= 0 && shape < 8 ? names[shape] : NULL;
}

bool dts_log_column_type(struct dts_buf *b, const struct dts_log_table *t, const struct dts_log_column *c)
{
	static const char *const texts[] = {"", "tinytext", "text", "mediumtext", "longtext"};
	static const char *const blobs[] = {"", "tinyblob", "blob", "mediumblob", "longblob"};

	switch (c->type) {
	case DTS_LOG_TINY: dts_buf_adds(b, "tinyint"); break;
	case DTS_LOG_SHORT: dts_buf_adds(b, "smallint"); break;
	case DTS_LOG_INT24: dts_buf_adds(b, "mediumint"); break;
	case DTS_LOG_LONG: dts_buf_adds(b, "int"); break;
	case DTS_LOG_LONGLONG: dts_buf_adds(b, "bigint"); break;
	case DTS_LOG_FLOAT: dts_buf_adds(b, "float"); break;
	case DTS_LOG_DOUBLE: dts_buf_adds(b, "double"); break;
	case DTS_LOG_NEWDECIMAL: dts_buf_addf(b, "decimal(%u,%u)", c->digits, c->decimals); break;
	case DTS_LOG_YEAR: dts_buf_adds(b, t->mysql ? "year" : "year(4)"); return true;
	case DTS_LOG_BIT: dts_buf_addf(b, "bit(%u)", (unsigned)c->bytes); break;
	case DTS_LOG_DATE:
	case DTS_LOG_NEWDATE: dts_buf_adds(b, "date"); break;
	case DTS_LOG_TIME:
	case DTS_LOG_TIME2: add_fraction(b, c, "time"); break;
	case DTS_LOG_DATETIME:
	case DTS_LOG_DATETIME2: add_fraction(b, c, "datetime"); break;
	case DTS_LOG_TIMESTAMP:
	case DTS_LOG_TIMESTAMP2: add_fraction(b, c, "timestamp"); break;
	case DTS_LOG_VARCHAR:
	case DTS_LOG_VAR_STRING: add_chars(b, c, "varchar", "varbinary"); break;
	case DTS_LOG_STRING: add_chars(b, c, "char", "binary"); break;
	case DTS_LOG_BLOB: dts_buf_adds(b, c->charset ? texts[c->width] : blobs[c->width]); break;
	case DTS_LOG_GEOMETRY: dts_buf_adds(b, dts_log_shape_name(c->shape > 0 ? c->shape : 0)); break;
	case DTS_LOG_JSON: dts_buf_adds(b, "json"); break;
	case DTS_LOG_VECTOR: dts_buf_addf(b, "vector(%u)", (unsigned)c->dimensions); break;
	case DTS_LOG_ENUM:
	case DTS_LOG_SET:
		dts_buf_adds(b, c->type == DTS_LOG_ENUM ? "enum(" : "set(");
		add_labels(b, c->column);
		dts_buf_addc(b, ')');
		break;
	default:
		return false;
	}
	if (c->is_unsigned)
		dts_buf_adds(b, " unsigned");
	return true;
}

int dts_log_column_unsupported(const struct dts_log_table *t, const struct dts_log_column *c, struct dts_error *err)
{
	dts_fail(err, DTS_BAD_INPUT, "column `%.*s` of table `%.*s`.`%.*s` has a type (%u) that is not supported",
		 (int)c->column->name.len, c->column->name.p, (int)t->schema.db.len, t->schema.db.p,
		 (int)t->schema.table.len, t->schema.table.p, c->type);
	return -1;
}

static int complete_column(struct dts_log_table *t, struct dts_log_column *c, struct dts_error *err)
{
	struct dts_buf b = {0};
	bool known;

	if (find_charset(t, c, err) < 0)
		return -1;
	known = dts_log_column_type(&b, t, c);
	c->column->type_text = dts_arena_copy(t->schema.arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	if (!known)
		return dts_log_column_unsupported(t, c, err);
	dts_column_from_type(c->column, t->schema.arena);
	c->as = c->column->type;
	return 0;
}

/* UNIQUE over a long text has a hidden column with its hash, which is in the
 * rows: the server's own business (seen on 10.11). */
static bool is_hidden(const struct dts_log_column *c)
{
	static const char prefix[] = "DB_ROW_HASH_";
	struct dts_slice name = c->column->name;

	if (c->type != DTS_LOG_LONGLONG || name.len < sizeof prefix || memcmp(name.p, prefix, sizeof prefix - 1) != 0)
		return false;
	for (size_t i = sizeof prefix - 1; i < name.len; i++)
		if (name.p[i] < '0' || name.p[i] > '9')
			return false;
	return true;
}

static void take_out_hidden(struct dts_log_table *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->column_count; i++) {
		struct dts_log_column *c = &t->columns[i];

		if (is_hidden(c)) {
			c->left_out = true;
			c->column = NULL;
			continue;
		}
		t->schema.columns[kept] = *c->column;
		c->column = &t->schema.columns[kept++];
	}
	t->schema.column_count = kept;
}

int dts_table_meta_read(struct dts_log_table *t, struct dts_bytes b, struct dts_error *err)
{
	struct dts_bytes primary = {0};
	uint8_t primary_type = 0;

	for (size_t i = 0; i < t->column_count; i++)
		t->columns[i].is_text = counts_as_text(&t->columns[i], t->mysql);
	while (dts_bytes_left(&b) > 0) {
		uint8_t type = dts_bytes_u8(&b);
		struct dts_bytes value = dts_bytes(dts_bytes_take(&b, (size_t)dts_bytes_packed(&b)));

		if (b.bad)
			return bad(err, "cut short");
		if (type == META_PRIMARY_KEY || type == META_PRIMARY_KEY_PREFIX) {
			primary = value; /* wants the names, wherever they stand */
			primary_type = type;
		} else if (read_field(t, type, value, err) < 0) {
			return -1;
		}
	}
	if (!t->named)
		return 0;
	if (primary_type != 0 && read_primary(t, primary, primary_type == META_PRIMARY_KEY_PREFIX, err) < 0)
		return -1;
	for (size_t i = 0; i < t->column_count; i++)
		if (complete_column(t, &t->columns[i], err) < 0)
			return -1;
	take_out_hidden(t);
	return 0;
}
