#include "record/record.h"

#include <stddef.h>
#include <stdlib.h>

#include "record/scan.h"

static const char *const op_names[DTS_OP_COUNT] = {
	"stream", "schema", "chunk", "row", "chunk-end", "begin", "insert", "update", "delete", "setval", "ddl",
	"prepare", "rollback", "commit", "heartbeat", "end", "ack",
};

enum { SHAPES = 16 };

enum field_type { TEXT, NUMBER, OBJECT, ARRAY, TRUE };

/* A field as it is written. */
struct field {
	struct dts_scan_key key;
	uint8_t type;
	uint16_t decoded; /* where in struct dts_record its decoded value goes; 0: nowhere */
};

#define FIELD(name, type, where) {{"\"" name "\":", sizeof(name) + 2}, type, where}
#define AT(member) offsetof(struct dts_record, member)

static const struct field fields[DTS_F_COUNT] = {
	[DTS_F_OP] = FIELD("op", TEXT, 0),
	[DTS_F_V] = FIELD("v", NUMBER, AT(v)),
	[DTS_F_KIND] = FIELD("kind", TEXT, AT(kind)),
	[DTS_F_SRC] = FIELD("src", TEXT, AT(src)),
	[DTS_F_ID] = FIELD("id", TEXT, AT(id)),
	[DTS_F_DB] = FIELD("db", TEXT, AT(db)),
	[DTS_F_TABLE] = FIELD("table", TEXT, AT(table)),
	[DTS_F_TX] = FIELD("tx", TEXT, AT(tx)),
	[DTS_F_XID] = FIELD("xid", TEXT, AT(xid)),
	[DTS_F_N] = FIELD("n", NUMBER, AT(n)),
	[DTS_F_ROWS] = FIELD("rows", NUMBER, AT(rows)),
	[DTS_F_TO] = FIELD("to", NUMBER, AT(to)),
	[DTS_F_TIME] = FIELD("time", TEXT, AT(time)),
	[DTS_F_ORIGIN] = FIELD("origin", TEXT, AT(origin)),
	[DTS_F_FLAGS] = FIELD("flags", ARRAY, 0),
	[DTS_F_SQL] = FIELD("sql", TEXT, AT(sql)),
	[DTS_F_OBJECTS] = FIELD("objects", ARRAY, 0),
	[DTS_F_CONTEXT] = FIELD("context", OBJECT, 0),
	[DTS_F_COLUMNS] = FIELD("columns", ARRAY, 0),
	[DTS_F_PRIMARY] = FIELD("primary", ARRAY, 0),
	[DTS_F_UNIQUE] = FIELD("unique", ARRAY, 0),
	[DTS_F_FOREIGN] = FIELD("foreign", ARRAY, 0),
	[DTS_F_SOURCE] = FIELD("source", OBJECT, 0),
	[DTS_F_BEFORE] = FIELD("before", OBJECT, 0),
	[DTS_F_AFTER] = FIELD("after", OBJECT, 0),
	[DTS_F_UPTO] = FIELD("upto", OBJECT, 0),
	[DTS_F_LAST] = FIELD("last", TRUE, 0),
	[DTS_F_RESUMES] = FIELD("resumes", OBJECT, 0),
	[DTS_F_REASON] = FIELD("reason", TEXT, AT(reason)),
	[DTS_F_RECORDS] = FIELD("records", NUMBER, AT(records)),
	[DTS_F_POS] = FIELD("pos", OBJECT, 0),
};

#define BIT(f) (UINT32_C(1) << DTS_F_##f)

/* What each op cannot do without, whatever the kind of stream it stands in. */
static const uint32_t required[DTS_OP_COUNT] = {
	[DTS_OP_STREAM] = BIT(V) | BIT(KIND) | BIT(SRC),
	[DTS_OP_SCHEMA] = BIT(DB) | BIT(TABLE) | BIT(COLUMNS),
	[DTS_OP_CHUNK] = BIT(SRC) | BIT(ID) | BIT(DB) | BIT(TABLE) | BIT(POS),
	[DTS_OP_ROW] = BIT(DB) | BIT(TABLE) | BIT(AFTER),
	[DTS_OP_CHUNK_END] = BIT(SRC) | BIT(ID) | BIT(ROWS) | BIT(POS),
	[DTS_OP_BEGIN] = BIT(SRC) | BIT(TX) | BIT(POS),
	[DTS_OP_INSERT] = BIT(DB) | BIT(TABLE) | BIT(AFTER),
	[DTS_OP_UPDATE] = BIT(DB) | BIT(TABLE) | BIT(BEFORE) | BIT(AFTER),
	[DTS_OP_DELETE] = BIT(DB) | BIT(TABLE) | BIT(BEFORE),
	[DTS_OP_SETVAL] = BIT(DB) | BIT(TABLE) | BIT(AFTER),
	[DTS_OP_DDL] = BIT(SQL) | BIT(KIND),
	[DTS_OP_PREPARE] = BIT(SRC) | BIT(TX) | BIT(XID) | BIT(N) | BIT(POS),
	[DTS_OP_ROLLBACK] = BIT(SRC) | BIT(TX),
	[DTS_OP_COMMIT] = BIT(SRC) | BIT(TX) | BIT(N) | BIT(POS),
	[DTS_OP_HEARTBEAT] = BIT(SRC) | BIT(POS),
	[DTS_OP_END] = BIT(SRC) | BIT(REASON) | BIT(RECORDS),
	[DTS_OP_ACK] = BIT(SRC) | BIT(POS),
};

const char *dts_op_name(enum dts_op op)
{
	return op_names[op];
}

const char *dts_field_name(enum dts_field f)
{
	static const char *const names[DTS_F_COUNT] = {
		"op", "v", "kind", "src", "id", "db", "table", "tx", "xid", "n", "rows", "to", "time", "origin", "flags",
		"sql", "objects", "context", "columns", "primary", "unique", "foreign", "source", "before",
		"after", "upto", "last", "resumes", "reason", "records", "pos",
	};

	return names[f];
}

void dts_record_init(struct dts_record *r)
{
	*r = (struct dts_record){0};
}

void dts_record_release(struct dts_record *r)
{
	if (!r)
		return;
	dts_buf_release(&r->scratch);
	free(r->shapes);
	dts_record_init(r);
}

/* The field whose `"key":` this is; DTS_F_COUNT when it is none that we know. */
static enum dts_field find_field(struct dts_slice name)
{
	for (unsigned f = 0; f < DTS_F_COUNT; f++)
		if (name.len + 3 == fields[f].key.len && memcmp(fields[f].key.text + 1, name.p, name.len) == 0)
			return f;
	return DTS_F_COUNT;
}

/* The content of a string; decoded into the scratch buffer when escaped. That
 * is given its full size first: what was put there before must not move. */
static struct dts_slice content(struct dts_record *r, struct dts_slice raw, bool escaped)
{
	if (!escaped)
		return dts_slice(raw.p + 1, raw.len - 2);
	dts_buf_reserve(&r->scratch, r->line.len - r->scratch.len);
	size_t from = r->scratch.len;
	dts_json_unescape(raw, &r->scratch);
	return dts_slice(r->scratch.data + from, r->scratch.len - from);
}

static int parse_op(struct dts_record *r, struct dts_slice name, struct dts_error *err)
{
	for (unsigned op = 0; op < DTS_OP_COUNT; op++)
		if (name.len > 0 && name.p[0] == op_names[op][0] && dts_slice_is(name, op_names[op])) {
			r->op = op;
			return 0;
		}
	return dts_fail(err, DTS_BAD_INPUT, "unknown op '%.*s'", name.len > 100 ? 100 : (int)name.len, name.p);
}

static int wrong_type(enum dts_field f, struct dts_error *err)
{
	static const char *const types[] = {
		[TEXT] = "a string", [NUMBER] = "a whole number", [OBJECT] = "an object", [ARRAY] = "an array",
		[TRUE] = "the word true",
	};

	return dts_fail(err, DTS_BAD_INPUT, "field '%s' is not %s", dts_field_name(f), types[fields[f].type]);
}

/* Takes the key at p, which was not the one that was guessed. */
static const char *parse_key(struct dts_record *r, struct dts_scan *s, const char *p, enum dts_field *f)
{
	const char *key = p;
	bool escaped = false;

	if (p == s->end || *p != '"')
		return dts_scan_unexpected(s, p, "invalid JSON: a quoted key was expected");
	p = dts_scan_string(s, p + 1, &escaped);
	if (!p)
		return NULL;
	*f = find_field(content(r, dts_slice(key, (size_t)(p - key)), escaped));
	p = dts_scan_space(s, p);
	if (p == s->end || *p != ':')
		return dts_scan_unexpected(s, p, "invalid JSON: ':' was expected");
	return p + 1;
}

/* Where a field's decoded value goes. */
static uint64_t *number_at(struct dts_record *r, unsigned f)
{
	return (uint64_t *)(void *)((char *)r + fields[f].decoded);
}

static struct dts_slice *text_at(struct dts_record *r, unsigned f)
{
	return (struct dts_slice *)(void *)((char *)r + fields[f].decoded);
}

/* Notes the value of a known field, whose source text is known to be valid. */
static int take_field(struct dts_record *r, enum dts_field f, struct dts_slice raw, bool escaped,
		      struct dts_error *err)
{
	static const char firsts[] = {[TEXT] = '"', [OBJECT] = '{', [ARRAY] = '[', [TRUE] = 't'};
	const struct field *field = &fields[f];

	if (r->seen & UINT32_C(1) << f)
		return dts_fail(err, DTS_BAD_INPUT, "duplicate field '%s'", dts_field_name(f));
	r->seen |= UINT32_C(1) << f;
	r->raw[f] = raw;
	if (field->type == NUMBER)
		return dts_json_u64(raw, number_at(r, f)) ? 0 : wrong_type(f, err);
	if (raw.p[0] != firsts[field->type])
		return wrong_type(f, err);
	if (field->decoded)
		*text_at(r, f) = content(r, raw, escaped);
	else if (f == DTS_F_OP)
		return parse_op(r, content(r, raw, escaped), err);
	return 0;
}

/* An image: its columns are most likely those of its table's last one. */
static const char *scan_image(struct dts_record *r, struct dts_scan *s, const char *p)
{
	/* Tables that share a place only cost time. */
	size_t place = (r->table.len * 7 + (r->table.len > 0 ? (unsigned char)r->table.p[r->table.len - 1] : 0)) % SHAPES;

	if (!r->shapes)
		r->shapes = dts_zalloc(SHAPES, sizeof *r->shapes);
	return dts_scan_shaped(s, p, 1, &r->shapes[place]);
}

/* Takes the members of the object that p stands in; behind its brace. */
static const char *parse_members(struct dts_record *r, struct dts_scan *s, const char *p, struct dts_error *err)
{
	/* The op usually comes first and is guessed to be the last one's. */
	enum dts_field before = DTS_F_OP, f = DTS_F_OP;

	p = dts_scan_space(s, p);
	if (p < s->end && *p == '}')
		return p + 1;
	for (;;) {
		if (dts_scan_key_at(s, p, &fields[f].key)) {
			p += fields[f].key.len;
		} else {
			p = parse_key(r, s, p, &f);
			if (!p)
				return NULL;
			if (f < DTS_F_COUNT && f != DTS_F_OP)
				r->guess[r->op][before] = f;
		}
		p = dts_scan_space(s, p);
		const char *value = p;
		bool escaped = false;
		if (p < s->end && *p == '"')
			p = dts_scan_string(s, p + 1, &escaped);
		else if (f == DTS_F_AFTER || f == DTS_F_BEFORE)
			p = scan_image(r, s, p);
		else
			p = dts_scan_value(s, p, 1);
		if (!p)
			return NULL;
		if (f < DTS_F_COUNT) {
			if (take_field(r, f, dts_slice(value, (size_t)(p - value)), escaped, err) < 0)
				return NULL;
			before = f;
		}
		p = dts_scan_space(s, p);
		if (p == s->end || *p != ',')
			break;
		p = dts_scan_space(s, p + 1);
		f = r->guess[r->op][before];
	}
	if (p == s->end || *p != '}')
		return dts_scan_unexpected(s, p, "invalid JSON: ',' or '}' was expected");
	return p + 1;
}

/* What the fields of a valid record must be together. */
static int check_fields(const struct dts_record *r, struct dts_error *err)
{
	if (!(r->seen & BIT(OP)))
		return dts_fail(err, DTS_BAD_INPUT, "field 'op' is missing");
	uint32_t missing = required[r->op] & ~r->seen;
	if (r->op == DTS_OP_STREAM && r->seen & BIT(V) && r->v != DTS_RECORD_VERSION) {
		dts_fail(err, DTS_BAD_INPUT, "unknown version %llu of the record stream", (unsigned long long)r->v);
		return dts_hint(err, "this program reads version %d", DTS_RECORD_VERSION);
	}
	if (missing)
		return dts_fail(err, DTS_BAD_INPUT, "op '%s': field '%s' is missing", op_names[r->op],
				dts_field_name((enum dts_field)__builtin_ctz(missing)));
	if (r->op != DTS_OP_STREAM)
		return 0;
	bool has_positions = dts_slice_is(r->kind, "changes") || dts_slice_is(r->kind, "snapshot") ||
			     dts_slice_is(r->kind, "history");
	if (!has_positions && !dts_slice_is(r->kind, "schema") && !dts_slice_is(r->kind, "repair"))
		return dts_fail(err, DTS_BAD_INPUT, "unknown kind '%.*s' of a stream",
				r->kind.len > 100 ? 100 : (int)r->kind.len, r->kind.p);
	if (has_positions && !(r->seen & BIT(POS)))
		return dts_fail(err, DTS_BAD_INPUT, "op 'stream': field 'pos' is missing");
	return 0;
}

/* Empties the fields that the record before had; few of all. The op stays, as a guess. */
static void forget(struct dts_record *r)
{
	for (uint32_t seen = r->seen; seen; seen &= seen - 1) {
		unsigned f = (unsigned)__builtin_ctz(seen);
		r->raw[f] = (struct dts_slice){0};
		if (fields[f].type == NUMBER)
			*number_at(r, f) = 0;
		else if (fields[f].decoded)
			*text_at(r, f) = (struct dts_slice){0};
	}
	r->seen = 0;
	dts_buf_clear(&r->scratch);
}

int dts_record_parse(struct dts_record *r, struct dts_slice line, struct dts_error *err)
{
	struct dts_scan s = {.start = line.p, .end = line.p + line.len};
	const char *p;

	forget(r);
	r->line = line;
	p = dts_scan_space(&s, line.p);
	if (p < s.end && *p != '{' && *p != '\0')
		p = dts_scan_stop(&s, p, "not a record: '{' was expected");
	else
		p = p < s.end && *p ? parse_members(r, &s, p + 1, err) : dts_scan_unexpected(&s, p, "");
	if (!p)
		return s.why ? dts_scan_fail(&s, err) : -1;
	p = dts_scan_space(&s, p);
	if (p != s.end) {
		dts_scan_unexpected(&s, p, "invalid JSON: more behind the record");
		return dts_scan_fail(&s, err);
	}
	return check_fields(r, err);
}

void dts_record_rewrite(const struct dts_record *r, const struct dts_slice with[DTS_F_COUNT], struct dts_buf *out)
{
	const char *from = r->line.p, *end = r->line.p + r->line.len;

	/* In the order in which they stand in the line, which may be any. */
	for (;;) {
		unsigned next = DTS_F_COUNT;
		for (unsigned f = 0; f < DTS_F_COUNT; f++)
			if (with[f].p && r->raw[f].p && r->raw[f].p >= from &&
			    (next == DTS_F_COUNT || r->raw[f].p < r->raw[next].p))
				next = f;
		if (next == DTS_F_COUNT)
			break;
		dts_buf_add(out, from, (size_t)(r->raw[next].p - from));
		dts_buf_add_slice(out, with[next]);
		from = r->raw[next].p + r->raw[next].len;
	}
	dts_buf_add(out, from, (size_t)(end - from));
	dts_buf_addc(out, '\n');
}
