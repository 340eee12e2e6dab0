#include "record/position.h"

void dts_position_release(struct dts_position *p)
{
	if (!p)
		return;
	dts_gtids_release(&p->gtid);
	*p = (struct dts_position){0};
}

void dts_position_set(struct dts_position *p, struct dts_slice file, uint64_t offset)
{
	/* Servers have no longer names; one would no longer be found anyway. */
	size_t len = file.len < sizeof p->file ? file.len : sizeof p->file - 1;

	if (len > 0)
		memmove(p->file, file.p, len);
	p->file[len] = '\0';
	p->offset = offset;
	p->created = 0;
}

void dts_position_copy(struct dts_position *to, const struct dts_position *from)
{
	if (to == from)
		return;
	memcpy(to->file, from->file, sizeof to->file);
	to->offset = from->offset;
	to->created = from->created;
	dts_gtids_copy(&to->gtid, &from->gtid);
}

void dts_position_follow(struct dts_position *p, const struct dts_position *end, struct dts_slice tx)
{
	memcpy(p->file, end->file, sizeof p->file);
	p->offset = end->offset;
	p->created = end->created;
	if (dts_gtids_known(&end->gtid))
		dts_gtids_copy(&p->gtid, &end->gtid);
	else
		dts_gtids_follow(&p->gtid, tx);
}

static int set_checked(struct dts_position *p, struct dts_slice file, uint64_t offset, struct dts_error *err)
{
	if (file.len == 0 || file.len >= sizeof p->file || memchr(file.p, '\0', file.len) ||
	    memchr(file.p, '/', file.len))
		return dts_fail(err, DTS_BAD_INPUT, "position: '%.*s' is not the name of a binary log file",
				file.len > 300 ? 300 : (int)file.len, file.p);
	dts_position_set(p, file, offset);
	return 0;
}

/* The string member of that name: 1, absent: 0, another type: -1. */
static int get_text(struct dts_slice raw, const char *name, struct dts_buf *scratch, struct dts_slice *text,
		    struct dts_error *err)
{
	struct dts_json value = dts_json_get(raw, name);

	if (!value.raw.p)
		return 0;
	if (value.type != DTS_JSON_STRING)
		return dts_fail(err, DTS_BAD_INPUT, "position: '%s' is not a string", name);
	*text = dts_json_string(value.raw, scratch);
	return 1;
}

static int parse_object(struct dts_position *p, struct dts_slice raw, struct dts_buf *scratch,
			struct dts_error *err)
{
	struct dts_slice text;
	uint64_t offset = 0, created = 0;

	struct dts_json value = dts_json_get(raw, "offset");
	bool has_offset = value.raw.p != NULL;
	if (has_offset && !dts_json_u64(value.raw, &offset))
		return dts_fail(err, DTS_BAD_INPUT, "position: 'offset' is not a whole number");
	value = dts_json_get(raw, "created");
	if (value.raw.p && !dts_json_u64(value.raw, &created))
		return dts_fail(err, DTS_BAD_INPUT, "position: 'created' is not a whole number");
	int has_gtid = get_text(raw, "gtid", scratch, &text, err);
	if (has_gtid > 0 && dts_gtids_parse(&p->gtid, text, DTS_GTID_MYSQL, err) < 0)
		return dts_where(err, "position");
	int has_file = has_gtid < 0 ? -1 : get_text(raw, "file", scratch, &text, err);
	if (has_file < 0)
		return -1;
	if (has_file > 0 && !has_offset)
		return dts_fail(err, DTS_BAD_INPUT, "position: a file without an offset");
	if (!has_file && has_offset)
		return dts_fail(err, DTS_BAD_INPUT, "position: an offset without a file");
	if (!has_file && !has_gtid)
		return dts_fail(err, DTS_BAD_INPUT, "position: neither a file nor a GTID");
	if (!has_file)
		return 0;
	if (set_checked(p, text, offset, err) < 0)
		return -1;
	p->created = created;
	return 0;
}

int dts_position_parse(struct dts_position *p, struct dts_slice raw, struct dts_error *err)
{
	struct dts_buf scratch = {0};

	p->file[0] = '\0';
	p->offset = 0;
	p->created = 0;
	dts_gtids_clear(&p->gtid);
	struct dts_json value = dts_json_value(raw);
	int rc = value.type == DTS_JSON_OBJECT ? parse_object(p, value.raw, &scratch, err)
					       : dts_fail(err, DTS_BAD_INPUT, "position: not an object");
	dts_buf_release(&scratch);
	return rc;
}

/* Decimal digits, all of `text`. */
static bool read_number(struct dts_slice text, uint64_t max, uint64_t *n)
{
	return dts_json_u64(text, n) && *n <= max;
}

int dts_position_parse_text(struct dts_position *p, struct dts_slice text, struct dts_error *err)
{
	const char *colon = text.len > 0 ? memrchr(text.p, ':', text.len) : NULL;
	uint64_t offset;

	if (!colon || !read_number(dts_slice(colon + 1, (size_t)(text.p + text.len - colon - 1)), UINT64_MAX, &offset)) {
		dts_fail(err, DTS_BAD_INPUT, "'%.*s' is not a position", text.len > 300 ? 300 : (int)text.len,
			 text.p ? text.p : "");
		return dts_hint(err, "write FILE:OFFSET, such as mysql-bin.000042:4");
	}
	dts_gtids_clear(&p->gtid);
	return set_checked(p, dts_slice(text.p, (size_t)(colon - text.p)), offset, err);
}

void dts_position_add(struct dts_buf *b, const struct dts_position *p, bool with_gtid)
{
	dts_buf_addc(b, '{');
	if (p->file[0]) {
		dts_buf_adds(b, "\"file\":");
		dts_json_add_string(b, dts_slice_of(p->file));
		dts_buf_adds(b, ",\"offset\":");
		dts_buf_addu(b, p->offset);
		if (p->created != 0) {
			dts_buf_adds(b, ",\"created\":");
			dts_buf_addu(b, p->created);
		}
	}
	if (with_gtid && dts_gtids_known(&p->gtid)) {
		dts_buf_adds(b, p->file[0] ? ",\"gtid\":\"" : "\"gtid\":\"");
		dts_gtids_add(b, &p->gtid); /* nothing that JSON escapes */
		dts_buf_addc(b, '"');
	}
	dts_buf_addc(b, '}');
}

/* The number behind the last point of a binary log's name. */
static uint64_t file_number(const char *file)
{
	const char *point = strrchr(file, '.');
	uint64_t n = 0;

	for (const char *p = point ? point + 1 : ""; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	return n;
}

int dts_position_compare(const struct dts_position *a, const struct dts_position *b)
{
	uint64_t x = file_number(a->file), y = file_number(b->file);

	if (x == y) {
		x = a->offset;
		y = b->offset;
	}
	return (x > y) - (x < y);
}
