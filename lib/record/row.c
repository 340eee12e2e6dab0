#include "record/row.h"

#include <stdlib.h>

#include "record/scan.h"

/* `"name":` of a column, in `text` of the form. */
struct key {
	size_t at;
	unsigned len;
	bool optional; /* a generated column: dts-dump leaves it out, a log has it */
};

enum { PADDING = 16 }; /* behind the keys, so that 16 bytes of each can be compared */

struct dts_row_form {
	struct dts_buf prefix; /* {"op":"row","db":"shop","table":"orders","after":{ */
	struct dts_buf names;  /* ,"db":"shop","table":"orders","tx":" */
	struct dts_buf text;
	size_t count;
	struct key keys[];
};

struct dts_row_form *dts_row_form_new(const struct dts_schema *schema)
{
	struct dts_row_form *f = dts_zalloc(1, sizeof *f + schema->column_count * sizeof *f->keys);

	f->count = schema->column_count;
	dts_buf_adds(&f->prefix, "{\"op\":\"row\",\"db\":");
	dts_json_add_string(&f->prefix, schema->db);
	dts_buf_adds(&f->prefix, ",\"table\":");
	dts_json_add_string(&f->prefix, schema->table);
	dts_buf_adds(&f->prefix, ",\"after\":{");
	dts_buf_adds(&f->names, ",\"db\":");
	dts_json_add_string(&f->names, schema->db);
	dts_buf_adds(&f->names, ",\"table\":");
	dts_json_add_string(&f->names, schema->table);
	dts_buf_adds(&f->names, ",\"tx\":\"");
	for (size_t i = 0; i < f->count; i++) {
		struct key *key = &f->keys[i];
		key->at = f->text.len;
		dts_json_add_string(&f->text, schema->columns[i].name);
		dts_buf_addc(&f->text, ':');
		key->len = (unsigned)(f->text.len - key->at);
		key->optional = schema->columns[i].generated != DTS_GENERATED_NO;
	}
	dts_buf_add(&f->text, "                ", PADDING);
	return f;
}

void dts_row_form_free(struct dts_row_form *f)
{
	if (!f)
		return;
	dts_buf_release(&f->prefix);
	dts_buf_release(&f->names);
	dts_buf_release(&f->text);
	free(f);
}

static inline bool key_at(const struct dts_scan *s, const char *p, const char *text, unsigned len)
{
#ifdef __SSE2__
	if (s->end - p >= PADDING && len <= PADDING) {
		__m128i have = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i want = _mm_loadu_si128((const __m128i *)(const void *)text);
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(have, want));
		unsigned all = (1u << len) - 1;
		return (mask & all) == all;
	}
#endif
	return s->end - p >= (ptrdiff_t)len && memcmp(p, text, len) == 0;
}

/* Behind the value at p. What most columns hold is told by its first byte; whole
 * numbers of few digits need no more than their digits. */
static inline const char *read_value(struct dts_scan *s, const char *p, struct dts_json *value)
{
	const char *from = p;
	bool escaped;

	if (p == s->end)
		return NULL;
	switch (*p) {
	case '"':
		value->type = DTS_JSON_STRING;
		p = dts_scan_string(s, p + 1, &escaped);
		break;
	case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		value->type = DTS_JSON_NUMBER;
		for (p++; p < s->end && *p >= '0' && *p <= '9'; p++)
			;
		if (p < s->end && (*p == '.' || *p == 'e' || *p == 'E'))
			p = dts_scan_number(s, from);
		break;
	default:
		*value = dts_json_value(dts_slice(p, 1)); /* by the first byte */
		p = dts_scan_value(s, p, 2);
		break;
	}
	if (p)
		value->raw = dts_slice(from, (size_t)(p - from));
	return p;
}

/* The members of an object from behind its brace on; NULL: it has another form. */
static const char *read_members(const struct dts_row_form *f, struct dts_scan *s, const char *p, struct dts_json *values)
{
	bool first = true;

	for (size_t i = 0; i < f->count; i++) {
		const struct key *key = &f->keys[i];
		const char *at = p;

		/* A comma between two: compared last, since what is not there may be optional. */
		if (!first)
			at++;
		if (at > s->end || !key_at(s, at, f->text.data + key->at, key->len) || (!first && *p != ',')) {
			if (!key->optional)
				return NULL;
			values[i] = (struct dts_json){DTS_JSON_NULL, {NULL, 0}};
			continue;
		}
		first = false;
		p = read_value(s, at + key->len, &values[i]);
		if (!p)
			return NULL;
	}
	return p < s->end && *p == '}' ? p + 1 : NULL;
}

bool dts_row_form_read(const struct dts_row_form *f, struct dts_slice line, struct dts_json *values)
{
	struct dts_scan s = {.start = line.p, .end = line.p + line.len};

	if (line.len < f->prefix.len || memcmp(line.p, f->prefix.data, f->prefix.len) != 0)
		return false;
	const char *p = read_members(f, &s, line.p + f->prefix.len, values);
	return p && s.end - p == 1 && *p == '}';
}

/* Behind `text`, or NULL where something else stands. */
static const char *behind(const struct dts_scan *s, const char *p, const char *text, size_t len)
{
	return p && (size_t)(s->end - p) >= len && memcmp(p, text, len) == 0 ? p + len : NULL;
}

#define BEHIND(s, p, text) behind(s, p, text, sizeof(text) - 1)

/* Behind the ordinal and the flags. */
static const char *read_ordinal(struct dts_scan *s, const char *p)
{
	static const char flags[] = ",\"flags\":";
	const char *from = BEHIND(s, p, ",\"n\":");

	p = from;
	while (p && p < s->end && *p >= '0' && *p <= '9')
		p++;
	if (p == from || *from == '0')
		return NULL;
	from = behind(s, p, flags, sizeof flags - 1);
	return from ? dts_scan_value(s, from, 1) : p;
}

bool dts_row_form_change(const struct dts_row_form *f, struct dts_slice line, enum dts_op op, struct dts_json *before,
			 struct dts_json *after)
{
	struct dts_scan s = {.start = line.p, .end = line.p + line.len};
	bool escaped;
	const char *p = op == DTS_OP_INSERT ? BEHIND(&s, line.p, "{\"op\":\"insert\"") :
			op == DTS_OP_UPDATE ? BEHIND(&s, line.p, "{\"op\":\"update\"") :
			op == DTS_OP_DELETE ? BEHIND(&s, line.p, "{\"op\":\"delete\"") : NULL;

	p = behind(&s, p, f->names.data, f->names.len);
	if (p)
		p = dts_scan_string(&s, p, &escaped);
	if (p)
		p = read_ordinal(&s, p);
	if (p && op != DTS_OP_INSERT && (p = BEHIND(&s, p, ",\"before\":{")))
		p = read_members(f, &s, p, before);
	if (p && op != DTS_OP_DELETE && (p = BEHIND(&s, p, ",\"after\":{")))
		p = read_members(f, &s, p, after);
	return p && s.end - p == 1 && *p == '}';
}
