#include "verify/digest.h"

#include "mysql/quote.h"

/* How a column goes into the digest. */
enum form {
	FORM_TEXT,   /* its text, which cannot hold a comma */
	FORM_NUMBER, /* +0: without ZEROFILL's zeros, ENUM and SET as numbers */
	FORM_DOUBLE,
	FORM_SET,    /* a number of 64 bits, which +0 is not on MySQL */
	FORM_BYTES,  /* length and raw bytes */
	FORM_LONG,   /* the hash of its bytes */
	FORM_CONVERTED, /* other charsets at the two ends: as utf8mb4 */
	FORM_LABEL,
	FORM_SCALED, /* other number of decimals: cast to the larger */
};

static bool starts_with(struct dts_slice text, const char *what)
{
	size_t len = strlen(what);

	return text.len >= len && memcmp(text.p, what, len) == 0;
}

static bool has_word(struct dts_slice text, const char *word)
{
	return memmem(text.p, text.len, word, strlen(word)) != NULL;
}

/* CHAR and BINARY kinds that a row holds itself: together at most 64 KiB, so
 * that the digest's input stays far below any max_allowed_packet. */
static bool is_short(const struct dts_column *c)
{
	return starts_with(c->type_text, "char") || starts_with(c->type_text, "varchar") ||
	       starts_with(c->type_text, "binary") || starts_with(c->type_text, "varbinary") ||
	       starts_with(c->type_text, "tiny");
}

bool dts_digest_same_labels(const struct dts_column *a, const struct dts_column *b)
{
	size_t both = a->label_count < b->label_count ? a->label_count : b->label_count;

	for (size_t i = 0; i < both; i++)
		if (!dts_slice_eq(a->labels[i], b->labels[i]))
			return false;
	return true;
}

bool dts_digest_is_document(const struct dts_column *a, const struct dts_column *b, bool mixed)
{
	return (a->type == DTS_TYPE_JSON && b->type == DTS_TYPE_CHAR) ||
	       (a->type == DTS_TYPE_CHAR && b->type == DTS_TYPE_JSON) ||
	       (a->type == DTS_TYPE_JSON && b->type == DTS_TYPE_JSON && mixed);
}

/* MariaDB's types that MySQL has as text. */
static bool is_text_of(const struct dts_column *a, const struct dts_column *b)
{
	return (a->type == DTS_TYPE_UUID || a->type == DTS_TYPE_INET4 || a->type == DTS_TYPE_INET6) &&
	       b->type == DTS_TYPE_CHAR;
}

static enum form form_of(const struct dts_column *src, const struct dts_column *dst)
{
	if (src->type != dst->type)
		return FORM_CONVERTED; /* the text of both; see comparable() */
	switch (src->type) {
	case DTS_TYPE_INTEGER:
		return has_word(src->type_text, "zerofill") || has_word(dst->type_text, "zerofill") ? FORM_NUMBER
												    : FORM_TEXT;
	case DTS_TYPE_BIT:
		return FORM_NUMBER;
	case DTS_TYPE_SET:
		return FORM_SET;
	case DTS_TYPE_ENUM:
		return dts_digest_same_labels(src, dst) ? FORM_NUMBER : FORM_LABEL;
	case DTS_TYPE_FLOAT:
	case DTS_TYPE_DOUBLE:
		return FORM_DOUBLE;
	case DTS_TYPE_DECIMAL:
		if (has_word(src->type_text, "zerofill") != has_word(dst->type_text, "zerofill"))
			return FORM_SCALED;
		/* fall through */
	case DTS_TYPE_TIME:
	case DTS_TYPE_DATETIME:
	case DTS_TYPE_TIMESTAMP:
		return src->decimals == dst->decimals ? FORM_TEXT : FORM_SCALED;
	case DTS_TYPE_YEAR:
	case DTS_TYPE_DATE:
	case DTS_TYPE_UUID:
	case DTS_TYPE_INET4:
	case DTS_TYPE_INET6:
		return FORM_TEXT;
	case DTS_TYPE_CHAR:
		if (!dts_slice_eq(src->charset, dst->charset))
			return FORM_CONVERTED;
		return is_short(src) && is_short(dst) ? FORM_BYTES : FORM_LONG;
	case DTS_TYPE_BINARY:
		return is_short(src) && is_short(dst) ? FORM_BYTES : FORM_LONG;
	case DTS_TYPE_JSON:
	case DTS_TYPE_GEOMETRY:
	case DTS_TYPE_VECTOR:
	case DTS_TYPE_UNKNOWN:
		break;
	}
	return FORM_LONG;
}

/* CAST(c AS DECIMAL(65,6)), CAST(c AS DATETIME(6)), CAST(c AS TIME(3)) */
static void add_scaled(struct dts_buf *sql, const struct dts_column *src, const struct dts_column *dst)
{
	unsigned decimals = src->decimals > dst->decimals ? src->decimals : dst->decimals;

	dts_buf_adds(sql, "CAST(");
	dts_sql_ident(sql, src->name);
	if (src->type == DTS_TYPE_DECIMAL)
		dts_buf_addf(sql, " AS DECIMAL(65,%u))", decimals);
	else
		dts_buf_addf(sql, " AS %s(%u))", src->type == DTS_TYPE_TIME ? "TIME" : "DATETIME", decimals);
}

static void add_call(struct dts_buf *sql, const char *before, struct dts_slice name, const char *after)
{
	dts_buf_adds(sql, before);
	dts_sql_ident(sql, name);
	dts_buf_adds(sql, after);
}

static void add_column(struct dts_buf *sql, const struct dts_column *src, const struct dts_column *dst, bool mysql)
{
	struct dts_slice name = src->name;

	switch (form_of(src, dst)) {
	case FORM_TEXT:
		dts_sql_ident(sql, name);
		break;
	case FORM_NUMBER:
		add_call(sql, "", name, "+0");
		break;
	case FORM_DOUBLE:
		if (mysql)
			add_call(sql, "REPLACE(JSON_ARRAY(", name, "*1e0),'.0]',']')");
		else
			add_call(sql, "", name, "*1e0");
		break;
	case FORM_SET:
		add_call(sql, "CAST(", name, " AS UNSIGNED)");
		break;
	case FORM_BYTES:
		add_call(sql, "LENGTH(", name, ")");
		add_call(sql, ",CAST(", name, " AS BINARY)");
		break;
	case FORM_LONG:
		add_call(sql, "SHA2(", name, ",256)");
		break;
	case FORM_LABEL:
		add_call(sql, "", name, "+0=0,");
		/* fall through */
	case FORM_CONVERTED:
		add_call(sql, "SHA2(CONVERT(", name, " USING utf8mb4),256)");
		break;
	case FORM_SCALED:
		add_scaled(sql, src, dst);
		break;
	}
}

bool dts_digest_is_generated(const struct dts_column *src, const struct dts_column *dst)
{
	return src->generated != DTS_GENERATED_NO && dst->generated != DTS_GENERATED_NO;
}

void dts_digest_add(struct dts_buf *sql, const struct dts_column *src, const struct dts_column *dst, size_t count,
		    bool mysql)
{
	bool any = false;

	dts_buf_adds(sql, "SHA2(CONCAT_WS(','");
	for (size_t i = 0; i < count; i++) {
		if (dts_digest_is_generated(&src[i], &dst[i]) || !(src[i].nullable || dst[i].nullable))
			continue;
		add_call(sql, any ? "," : ",CONCAT(", src[i].name, " IS NULL");
		any = true;
	}
	dts_buf_adds(sql, any ? ")" : ",'-'");
	for (size_t i = 0; i < count; i++) {
		if (dts_digest_is_generated(&src[i], &dst[i]))
			continue;
		dts_buf_addc(sql, ',');
		add_column(sql, &src[i], &dst[i], mysql);
	}
	dts_buf_adds(sql, "),256)");
}

void dts_digest_add_one(struct dts_buf *sql, const struct dts_column *src, const struct dts_column *dst, bool mysql)
{
	add_call(sql, "SHA2(CONCAT_WS(',',", src->name, " IS NULL,");
	add_column(sql, src, dst, mysql);
	dts_buf_adds(sql, "),256)");
}

void dts_digest_add_size(struct dts_buf *sql, const struct dts_column *src, size_t count)
{
	dts_buf_addc(sql, '0');
	for (size_t i = 0; i < count; i++)
		if (form_of(&src[i], &src[i]) == FORM_LONG)
			add_call(sql, "+IFNULL(LENGTH(", src[i].name, "),0)");
}

void dts_digest_add_sum(struct dts_buf *sql, struct dts_slice digest)
{
	dts_buf_adds(sql, "COUNT(*),SUM(CAST(CONV(LEFT(");
	dts_buf_add_slice(sql, digest);
	dts_buf_adds(sql, ",16),16,10) AS UNSIGNED))");
}

static void add_name(struct dts_buf *b, const char *before, struct dts_slice name)
{
	dts_buf_adds(b, before);
	dts_buf_add_slice(b, name);
	dts_buf_addc(b, '\'');
}

/* Can values of the two columns be compared at all? */
static bool comparable(const struct dts_column *a, const struct dts_column *b)
{
	if (a->type != b->type)
		return dts_digest_is_document(a, b, true) || is_text_of(a, b) || is_text_of(b, a);
	return a->type != DTS_TYPE_SET || dts_digest_same_labels(a, b);
}

int dts_digest_match(const struct dts_schema *src, const struct dts_schema *dst, struct dts_column *ordered,
		     struct dts_buf *why)
{
	for (size_t i = 0; i < src->column_count; i++) {
		const struct dts_column *c = &src->columns[i];
		long at = dts_schema_column(dst, c->name, i);
		if (at < 0) {
			add_name(why, "the target has no column '", c->name);
			return 0;
		}
		ordered[i] = dst->columns[at];
		if (!comparable(c, &ordered[i])) {
			add_name(why, "column '", c->name);
			add_name(why, " is '", c->type_text);
			add_name(why, " at the source, '", ordered[i].type_text);
			dts_buf_adds(why, " at the target");
			return 0;
		}
	}
	for (size_t i = 0; i < dst->column_count; i++)
		if (dts_schema_column(src, dst->columns[i].name, i) < 0) {
			add_name(why, "the source has no column '", dst->columns[i].name);
			return 0;
		}
	return 1;
}
