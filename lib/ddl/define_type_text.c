/* Column types as information_schema's COLUMN_TYPE shows them. */
#include "ddl/define.h"

enum { MAX_VARCHAR_BYTES = 65535 };

/* The width that a server shows where none was written. */
static unsigned display_width(const char *type, bool is_unsigned)
{
	static const struct {
		const char *type;
		unsigned with_sign, without;
	} widths[] = {{"tinyint", 4, 3}, {"smallint", 6, 5}, {"mediumint", 9, 8}, {"int", 11, 10}, {"bigint", 20, 20}};

	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
		if (strcmp(type, widths[i].type) == 0)
			return is_unsigned ? widths[i].without : widths[i].with_sign;
	return 0;
}

/* MySQL no longer shows a width, but for ZEROFILL's and tinyint(1)'s sake. */
static void add_int(const struct dts_define *st, const struct dts_define_column *c, struct dts_buf *b)
{
	uint64_t width = c->has_length && c->length > 0 ? c->length : display_width(c->type, c->is_unsigned);

	dts_buf_adds(b, c->type);
	if (st->d->mariadb || c->zerofill || (!c->is_unsigned && width == 1 && strcmp(c->type, "tinyint") == 0))
		dts_buf_addf(b, "(%llu)", (unsigned long long)width);
}

static void add_sign(const struct dts_define_column *c, struct dts_buf *b)
{
	if (c->is_unsigned)
		dts_buf_adds(b, " unsigned");
	if (c->zerofill)
		dts_buf_adds(b, " zerofill");
}

static bool add_number(struct dts_define *st, const struct dts_define_column *c, struct dts_buf *b)
{
	switch (c->class) {
	case DTS_DEFINE_INT:
		if (c->length > 255 || c->has_decimals)
			return dts_define_fail(st, "an integer of such a width");
		add_int(st, c, b);
		break;
	case DTS_DEFINE_DECIMAL:
		if (c->length > 65 || c->decimals > 38)
			return dts_define_fail(st, "a DECIMAL of such a size");
		dts_buf_addf(b, "decimal(%llu,%llu)", c->length > 0 ? (unsigned long long)c->length : 10ull,
			     (unsigned long long)c->decimals);
		break;
	default: /* FLOAT(p) chooses the type, FLOAT(m,d) is shown */
		if (c->has_length && !c->has_decimals && (strcmp(c->type, "float") != 0 || c->length > 53))
			return dts_define_fail(st, "a FLOAT of such a size");
		dts_buf_adds(b, c->has_length && !c->has_decimals && c->length > 24 ? "double" : c->type);
		if (c->has_decimals)
			dts_buf_addf(b, "(%llu,%llu)", (unsigned long long)c->length, (unsigned long long)c->decimals);
		break;
	}
	add_sign(c, b);
	return true;
}

static const char *const text_sizes[] = {"tiny", "", "medium", "long"};

/* The smallest of TINYTEXT ... LONGTEXT that takes so many bytes. */
static int size_of_bytes(uint64_t bytes)
{
	return bytes <= 255 ? 0 : bytes <= 65535 ? 1 : bytes <= 16777215 ? 2 : 3;
}

static unsigned max_bytes(struct dts_slice charset)
{
	const struct dts_charset *cs = dts_charset_find(charset);

	return cs ? dts_charset_max_bytes(cs) : 1;
}

/* Appends a label as COLUMN_TYPE shows it. */
static void add_label(struct dts_buf *b, struct dts_slice label)
{
	dts_buf_addc(b, '\'');
	for (size_t i = 0; i < label.len; i++) {
		switch (label.p[i]) {
		case '\'':
			dts_buf_adds(b, "''");
			break;
		case '\\':
			dts_buf_adds(b, "\\\\");
			break;
		case '\n':
			dts_buf_adds(b, "\\n");
			break;
		case '\r':
			dts_buf_adds(b, "\\r");
			break;
		case '\0':
			dts_buf_adds(b, "\\0");
			break;
		default:
			dts_buf_addc(b, label.p[i]);
			break;
		}
	}
	dts_buf_addc(b, '\'');
}

/* A member as the server stores it: it must be in the charset, and ends in no space. */
static bool add_member(struct dts_define *st, const struct dts_define_label *label, const struct dts_charset *cs,
		       struct dts_buf *b)
{
	struct dts_buf text = {0}, bytes = {0};
	bool good;

	if (dts_charset_is_binary(cs)) {
		dts_buf_add_slice(&text, label->bytes);
		good = dts_utf8_valid(text.data ? text.data : "", text.len);
		for (size_t i = 0; i < text.len; i++)
			good = good && (unsigned char)text.data[i] < 0x80;
	} else {
		if (!label->raw)
			dts_buf_add_slice(&text, label->bytes);
		good = label->raw ? dts_charset_to_utf8(cs, label->bytes, &text)
				  : dts_charset_from_utf8(cs, label->bytes, &bytes);
		while (text.len > 0 && text.data[text.len - 1] == ' ')
			text.len--;
	}
	if (good)
		add_label(b, dts_buf_slice(&text));
	dts_buf_release(&text);
	dts_buf_release(&bytes);
	return good || dts_define_fail(st, "a member of an ENUM or SET has characters that its charset %s has not",
				       dts_charset_name(cs));
}

static bool add_labels(struct dts_define *st, const struct dts_define_column *c, struct dts_slice charset,
		       struct dts_buf *b)
{
	const struct dts_charset *cs = dts_charset_find(charset);

	if (!cs)
		return dts_define_fail(st, "charset '%.*s' is not known", (int)charset.len, charset.p);
	dts_buf_adds(b, c->type);
	for (size_t i = 0; i < c->label_count; i++) {
		dts_buf_addc(b, i > 0 ? ',' : '(');
		if (!add_member(st, &c->labels[i], cs, b))
			return false;
	}
	dts_buf_addc(b, ')');
	return true;
}

/* CHAR, VARCHAR and TEXT, which charset binary makes BINARY, VARBINARY and BLOB. */
static bool add_text(struct dts_define *st, const struct dts_define_column *c, struct dts_slice charset, struct dts_buf *b)
{
	bool bytes = !dts_define_has_charset(c) || dts_slice_is(charset, "binary");
	unsigned per_char = bytes ? 1 : max_bytes(charset);
	int size = c->size;

	if (c->class == DTS_DEFINE_TEXT) {
		if (c->sized_by_length && (c->length > 0 || !st->d->mariadb))
			size = size_of_bytes(c->length * per_char);
		dts_buf_addf(b, "%s%s", text_sizes[size], bytes ? "blob" : "text");
	} else {
		uint64_t length = c->has_length ? c->length : 1;

		if (c->class == DTS_DEFINE_CHAR ? length > 255 : !c->has_length || length * per_char > MAX_VARCHAR_BYTES)
			return dts_define_fail(st, "column '%s' is longer than its type can be", c->name.p);
		dts_buf_adds(b, c->class == DTS_DEFINE_CHAR ? (bytes ? "binary" : "char") : (bytes ? "varbinary" : "varchar"));
		dts_buf_addf(b, "(%llu)", (unsigned long long)length);
	}
	if (c->compressed)
		dts_buf_adds(b, " /*M!100301 COMPRESSED*/");
	return true;
}

static bool add_fraction(struct dts_define *st, const struct dts_define_column *c, struct dts_buf *b)
{
	if (c->length > 6 || c->has_decimals)
		return dts_define_fail(st, "a fraction of such a size");
	dts_buf_adds(b, c->type);
	if (c->length > 0)
		dts_buf_addf(b, "(%llu)", (unsigned long long)c->length);
	return true;
}

static bool add_rest(struct dts_define *st, const struct dts_define_column *c, struct dts_buf *b)
{
	switch (c->class) {
	case DTS_DEFINE_BIT:
		if (c->length > 64)
			return dts_define_fail(st, "a BIT of such a size");
		dts_buf_addf(b, "bit(%llu)", c->length > 0 ? (unsigned long long)c->length : 1ull);
		break;
	case DTS_DEFINE_YEAR:
		if (c->has_length && c->length != 4)
			return dts_define_fail(st, "a YEAR of such a size");
		dts_buf_adds(b, st->d->mariadb ? "year(4)" : "year");
		break;
	case DTS_DEFINE_VECTOR:
		if (!c->has_length && st->d->mariadb)
			return dts_define_fail(st, "a VECTOR without its size");
		dts_buf_addf(b, "vector(%llu)", c->has_length ? (unsigned long long)c->length : 2048ull);
		break;
	default:
		if (c->has_length)
			return dts_define_fail(st, "%s of a size", c->type);
		dts_buf_adds(b, c->type);
		break;
	}
	return true;
}

/* MariaDB's JSON is a LONGTEXT of its own charset. */
static bool finish_json(struct dts_define *st, const struct dts_define_column *c, struct dts_arena *arena,
			struct dts_column *out)
{
	struct dts_define_charset standard = {DTS_LIT("utf8mb4"), DTS_LIT("utf8mb4_bin")}, found;

	if (!st->d->mariadb) {
		out->type_text = DTS_LIT("json");
		return true;
	}
	if (c->written.charset.p || c->binary || !dts_define_resolve(st, c->written, false, standard, &found))
		return dts_define_fail(st, "JSON with a charset");
	out->type_text = DTS_LIT("longtext");
	out->charset = dts_arena_copy(arena, found.charset);
	out->collation = dts_arena_copy(arena, found.collation);
	return true;
}

static bool finish_type(struct dts_define *st, const struct dts_define_column *c, struct dts_define_charset standard,
			struct dts_arena *arena, struct dts_column *out)
{
	struct dts_define_charset found = {DTS_LIT(""), DTS_LIT("")};
	struct dts_buf b = {0};
	bool good;

	if (c->class == DTS_DEFINE_JSON)
		return finish_json(st, c, arena, out);
	if (dts_define_has_charset(c) && !dts_define_resolve(st, c->written, c->binary, standard, &found))
		return false;
	if (c->class <= DTS_DEFINE_REAL)
		good = add_number(st, c, &b);
	else if (c->class == DTS_DEFINE_TEMPORAL)
		good = add_fraction(st, c, &b);
	else if (c->class == DTS_DEFINE_LABELS)
		good = add_labels(st, c, found.charset, &b);
	else if (c->class == DTS_DEFINE_CHAR || c->class == DTS_DEFINE_VARCHAR || c->class == DTS_DEFINE_TEXT)
		good = add_text(st, c, found.charset, &b);
	else
		good = add_rest(st, c, &b);
	out->type_text = dts_arena_copy(arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	/* Bytes have no charset, but MariaDB's catalog gives ENUM and SET one. */
	if (dts_slice_is(found.charset, "binary") && (c->class != DTS_DEFINE_LABELS || !st->d->mariadb))
		found.charset = found.collation = DTS_LIT("");
	out->charset = dts_arena_copy(arena, found.charset);
	out->collation = dts_arena_copy(arena, found.collation);
	return good;
}

bool dts_define_finish(struct dts_define *st, const struct dts_define_column *c, struct dts_define_charset standard,
		       struct dts_arena *arena, struct dts_column *out)
{
	bool timestamp = c->class == DTS_DEFINE_TEMPORAL && strcmp(c->type, "timestamp") == 0;

	*out = (struct dts_column){.name = dts_arena_copy(arena, c->name)};
	out->charset = out->collation = DTS_LIT("");
	if (st->context->sql_mode & 512) /* ORACLE */
		return dts_define_fail(st, "types of sql_mode ORACLE");
	if (timestamp && (st->context->sql_mode & 4096)) /* MAXDB: a DATETIME then */
		return dts_define_fail(st, "TIMESTAMP of sql_mode MAXDB");
	if (c->null && c->not_null)
		return dts_define_fail(st, "column '%s' is NULL and NOT NULL", c->name.p);
	if (!finish_type(st, c, standard, arena, out))
		return false;
	dts_column_from_type(out, arena);
	out->nullable = !c->not_null && !c->primary && !c->row_edge;
	if (timestamp && !c->null && st->context->implicit_timestamps && !(c->generated && st->d->mariadb))
		out->nullable = false;
	out->generated = c->generated;
	out->invisible = c->invisible;
	return true;
}

/* TEXT grows into the next size where as many characters need more bytes. */
static void convert_text(struct dts_column *c, struct dts_define_charset to)
{
	static const struct {
		const char *type;
		uint64_t size;
	} texts[] = {{"tinytext", 255}, {"text", 65535}, {"mediumtext", 16777215}, {"longtext", UINT32_MAX}};

	for (int i = 0; i < 4; i++) {
		if (!dts_slice_is(c->type_text, texts[i].type))
			continue;
		int size = size_of_bytes(texts[i].size / max_bytes(c->charset) * max_bytes(to.charset));
		c->type_text = dts_slice_of(texts[size > i ? size : i].type);
		return;
	}
}

/* MySQL leaves the bytes of members as they are. */
static bool labels_fit(const struct dts_define *st, const struct dts_column *c, const struct dts_charset *cs)
{
	struct dts_buf bytes = {0};
	bool fit = true;

	for (size_t i = 0; i < c->label_count && fit; i++) {
		fit = dts_charset_from_utf8(cs, c->labels[i], &bytes);
		for (size_t j = 0; j < c->labels[i].len && !st->d->mariadb; j++)
			fit = fit && (unsigned char)c->labels[i].p[j] < 0x80;
	}
	dts_buf_release(&bytes);
	return fit;
}

/* Sets in which an ASCII letter is more than a byte. */
static bool is_wide(struct dts_slice charset)
{
	return dts_slice_is(charset, "ucs2") || dts_slice_is(charset, "utf16") || dts_slice_is(charset, "utf16le") ||
	       dts_slice_is(charset, "utf32");
}

bool dts_define_convert(struct dts_define *st, struct dts_column *c, struct dts_define_charset to, struct dts_arena *arena)
{
	const struct dts_charset *cs = dts_charset_find(to.charset);
	bool text = c->type_text.len >= 4 && memcmp(c->type_text.p + c->type_text.len - 4, "text", 4) == 0;

	if (c->charset.len == 0)
		return true;
	if (!cs || dts_charset_is_binary(cs) || dts_slice_is(c->charset, "binary"))
		return dts_define_fail(st, "CONVERT TO CHARACTER SET of or to bytes");
	if (memmem(c->type_text.p, c->type_text.len, "COMPRESSED", 10))
		return dts_define_fail(st, "CONVERT TO CHARACTER SET of a compressed column");
	if (c->type == DTS_TYPE_CHAR && text) {
		convert_text(c, to);
	} else if (c->type == DTS_TYPE_CHAR && !c->fixed) {
		uint64_t length = 0;

		for (size_t i = 0; i < c->type_text.len; i++)
			if (c->type_text.p[i] >= '0' && c->type_text.p[i] <= '9')
				length = length * 10 + (uint64_t)(c->type_text.p[i] - '0');
		if (length * dts_charset_max_bytes(cs) > MAX_VARCHAR_BYTES)
			return dts_define_fail(st, "column '%s' becomes longer than a VARCHAR can be", c->name.p);
	} else if (c->label_count > 0 && (is_wide(c->charset) || is_wide(to.charset))) {
		/* All three servers turn 'x' of UCS-2 into '\0x'. */
		return dts_define_fail(st, "CONVERT TO CHARACTER SET of the members of '%s', of or to a wide charset", c->name.p);
	} else if (!labels_fit(st, c, cs)) {
		return dts_define_fail(st, "CONVERT TO CHARACTER SET %s of the members of '%s'", dts_charset_name(cs), c->name.p);
	}
	c->charset = dts_arena_copy(arena, to.charset);
	c->collation = dts_arena_copy(arena, to.collation);
	return true;
}
