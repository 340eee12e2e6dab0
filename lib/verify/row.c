#include "verify/document.h"
#include "verify/internal.h"

/*
 * Rows whose digests differ although their values may not: a JSON document is a
 * value on MySQL and text on MariaDB. They are compared here, as the records of both.
 */

/* 1.50 and 1.5 at columns of other scales; 10:00:00.0 and 10:00:00. */
static struct dts_slice without_zeros(struct dts_slice raw)
{
	if (raw.len < 2 || raw.p[0] != '"' || !memchr(raw.p, '.', raw.len))
		return raw;
	raw = dts_slice(raw.p + 1, raw.len - 2);
	while (raw.p[raw.len - 1] == '0')
		raw.len--;
	return dts_slice(raw.p, raw.p[raw.len - 1] == '.' ? raw.len - 1 : raw.len);
}

static struct dts_slice without_quotes(struct dts_slice raw)
{
	return raw.len >= 2 && raw.p[0] == '"' ? dts_slice(raw.p + 1, raw.len - 2) : raw;
}

static bool same_document(struct dts_slice a, struct dts_slice b)
{
	struct dts_buf x = {0}, y = {0};
	/* Bytes that are no text are an object here, and no document. */
	bool same = a.len > 0 && b.len > 0 && a.p[0] == '"' && b.p[0] == '"' &&
		    dts_document_same(dts_json_string(a, &x), dts_json_string(b, &y));

	dts_buf_release(&x);
	dts_buf_release(&y);
	return same;
}

static bool same_field(const struct dts_column *a, const struct dts_column *b, bool mixed, struct dts_slice x,
		       struct dts_slice y)
{
	if (dts_slice_eq(x, y))
		return true;
	if (dts_digest_is_document(a, b, mixed))
		return same_document(x, y);
	if (a->type == b->type && a->decimals != b->decimals)
		return dts_slice_eq(without_quotes(without_zeros(x)), without_quotes(without_zeros(y)));
	return false;
}

bool dts_verify_same_row(const struct table_work *w, struct dts_slice source, struct dts_slice target)
{
	struct dts_json_walk a = dts_json_walk(source), b = dts_json_walk(target);
	const struct dts_schema *schema = &w->schema[DTS_SOURCE];
	struct dts_slice key_a, key_b;
	struct dts_json x, y;

	for (size_t i = 0; i < schema->column_count; i++) {
		const struct dts_column *from = &schema->columns[i], *to = &w->ordered[i];
		bool has_a = from->generated == DTS_GENERATED_NO, has_b = to->generated == DTS_GENERATED_NO;
		if (has_a != has_b)
			return false; /* the record of one side does not have it */
		if (!has_a)
			continue;
		if (!dts_json_member(&a, &key_a, &x) || !dts_json_member(&b, &key_b, &y) ||
		    !same_field(from, to, w->mixed, x.raw, y.raw))
			return false;
	}
	return true;
}
