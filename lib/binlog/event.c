#include "binlog/event.h"

#include <stdio.h>

#include "charset/charset.h"

static int cut(struct dts_error *err, const char *what)
{
	return dts_fail(err, DTS_BAD_INPUT, "%s event is cut short or malformed", what);
}

const char *dts_event_name(uint8_t type, char text[24])
{
	static const char *const names[256] = {
		[DTS_EV_START_V3] = "Start_v3", [DTS_EV_QUERY] = "Query", [DTS_EV_STOP] = "Stop",
		[DTS_EV_ROTATE] = "Rotate", [DTS_EV_INTVAR] = "Intvar", [DTS_EV_LOAD] = "Load",
		[DTS_EV_CREATE_FILE] = "Create_file", [DTS_EV_APPEND_BLOCK] = "Append_block",
		[DTS_EV_EXEC_LOAD] = "Exec_load", [DTS_EV_DELETE_FILE] = "Delete_file",
		[DTS_EV_NEW_LOAD] = "New_load", [DTS_EV_RAND] = "Rand", [DTS_EV_USER_VAR] = "User_var",
		[DTS_EV_FORMAT] = "Format_description", [DTS_EV_XID] = "Xid",
		[DTS_EV_BEGIN_LOAD_QUERY] = "Begin_load_query",
		[DTS_EV_EXECUTE_LOAD_QUERY] = "Execute_load_query", [DTS_EV_TABLE_MAP] = "Table_map",
		[DTS_EV_WRITE_ROWS_V1] = "Write_rows_v1", [DTS_EV_UPDATE_ROWS_V1] = "Update_rows_v1",
		[DTS_EV_DELETE_ROWS_V1] = "Delete_rows_v1", [DTS_EV_INCIDENT] = "Incident",
		[DTS_EV_HEARTBEAT] = "Heartbeat", [DTS_EV_IGNORABLE] = "Ignorable",
		[DTS_EV_ROWS_QUERY] = "Rows_query", [DTS_EV_WRITE_ROWS] = "Write_rows",
		[DTS_EV_UPDATE_ROWS] = "Update_rows", [DTS_EV_DELETE_ROWS] = "Delete_rows",
		[DTS_EV_MYSQL_GTID] = "Gtid", [DTS_EV_ANONYMOUS_GTID] = "Anonymous_gtid",
		[DTS_EV_PREVIOUS_GTIDS] = "Previous_gtids",
		[DTS_EV_TRANSACTION_CONTEXT] = "Transaction_context", [DTS_EV_VIEW_CHANGE] = "View_change",
		[DTS_EV_XA_PREPARE] = "XA_prepare", [DTS_EV_PARTIAL_UPDATE_ROWS] = "Partial_update_rows",
		[DTS_EV_TRANSACTION_PAYLOAD] = "Transaction_payload",
		[DTS_EV_HEARTBEAT_V2] = "Heartbeat_v2", [DTS_EV_GTID_TAGGED] = "Gtid_tagged",
		[DTS_EV_ANNOTATE] = "Annotate_rows",
		[DTS_EV_CHECKPOINT] = "Binlog_checkpoint", [DTS_EV_GTID] = "Gtid",
		[DTS_EV_GTID_LIST] = "Gtid_list", [DTS_EV_START_ENCRYPTION] = "Start_encryption",
		[DTS_EV_QUERY_COMPRESSED] = "Query_compressed", [DTS_EV_WRITE_ROWS_COMPRESSED_V1] = "Write_rows_compressed_v1",
		[DTS_EV_UPDATE_ROWS_COMPRESSED_V1] = "Update_rows_compressed_v1",
		[DTS_EV_DELETE_ROWS_COMPRESSED_V1] = "Delete_rows_compressed_v1",
		[DTS_EV_WRITE_ROWS_COMPRESSED] = "Write_rows_compressed",
		[DTS_EV_UPDATE_ROWS_COMPRESSED] = "Update_rows_compressed",
		[DTS_EV_DELETE_ROWS_COMPRESSED] = "Delete_rows_compressed",
	};

	if (names[type])
		return names[type];
	snprintf(text, 24, "event type %u", type);
	return text;
}

static uint32_t stored_crc(struct dts_slice raw)
{
	uint32_t crc;

	memcpy(&crc, raw.p + raw.len - sizeof crc, sizeof crc);
	return le32toh(crc);
}

/* The server writes the checksum of a format description before it sets the
 * flag that says the file is in use, so that flag does not count. */
static uint32_t counted_crc(const struct dts_event *e, struct dts_slice raw)
{
	uint8_t flags[2];
	uint16_t value = e->flags;
	uint32_t crc;

	if (e->type != DTS_EV_FORMAT || !(value & DTS_EVENT_IN_USE))
		return dts_crc32(0, raw.p, raw.len - 4);
	value &= (uint16_t)~DTS_EVENT_IN_USE;
	flags[0] = value & 0xff;
	flags[1] = value >> 8;
	crc = dts_crc32(0, raw.p, 17);
	crc = dts_crc32(crc, flags, 2);
	return dts_crc32(crc, raw.p + DTS_EVENT_HEADER, raw.len - DTS_EVENT_HEADER - 4);
}

/* Does the format description itself end in a checksum that is in use? Its last
 * five bytes are the algorithm and a checksum since MySQL 5.6.1 and MariaDB 5.3. */
static uint8_t format_algorithm(struct dts_slice raw)
{
	return raw.len >= DTS_EVENT_HEADER + 5 ? (uint8_t)raw.p[raw.len - 5] : 0;
}

bool dts_event_format_has_checksum(struct dts_slice raw)
{
	return format_algorithm(raw) == 1;
}

bool dts_event_header(struct dts_event *e, struct dts_slice raw)
{
	struct dts_bytes b = dts_bytes(raw);

	e->time = dts_bytes_u32(&b);
	e->type = dts_bytes_u8(&b);
	e->server_id = dts_bytes_u32(&b);
	e->size = dts_bytes_u32(&b);
	e->end_pos = dts_bytes_u32(&b);
	e->flags = dts_bytes_u16(&b);
	return !b.bad;
}

int dts_event_parse(struct dts_event *e, const struct dts_event_format *f, struct dts_slice raw,
		    struct dts_error *err)
{
	bool checksum = f->checksum;

	if (!dts_event_header(e, raw))
		return dts_fail(err, DTS_BAD_INPUT, "an event of %zu bytes is shorter than its header", raw.len);
	if (e->size != raw.len)
		return dts_fail(err, DTS_BAD_INPUT, "an event says it has %u bytes, but %zu are here",
				(unsigned)e->size, raw.len);

	if (e->type == DTS_EV_FORMAT) {
		checksum = format_algorithm(raw) == 1;
	} else if (!f->known && e->type == DTS_EV_ROTATE) {
		/* The first event, made up by the server, comes before anything
		 * says whether it has a checksum: see whether it fits. */
		checksum = raw.len >= DTS_EVENT_HEADER + 4 && counted_crc(e, raw) == stored_crc(raw);
	}
	if (checksum) {
		if (raw.len < DTS_EVENT_HEADER + 4)
			return cut(err, "an");
		if (counted_crc(e, raw) != stored_crc(raw)) {
			char text[24];

			return dts_fail(err, DTS_BAD_INPUT,
					"checksum of a %s event is wrong: it says %08x, the bytes give %08x",
					dts_event_name(e->type, text), stored_crc(raw), counted_crc(e, raw));
		}
		raw.len -= 4;
	}
	e->body = dts_slice(raw.p + DTS_EVENT_HEADER, raw.len - DTS_EVENT_HEADER);
	return 0;
}

bool dts_event_is_made_up(const struct dts_event *e)
{
	/* The format description comes again, without a place, when reading begins behind it. */
	return e->flags & DTS_EVENT_ARTIFICIAL || e->type == DTS_EV_HEARTBEAT || e->type == DTS_EV_HEARTBEAT_V2 ||
	       (e->type == DTS_EV_FORMAT && e->end_pos == 0);
}

int dts_event_format(struct dts_event_format *f, const struct dts_event *e, struct dts_slice raw,
		     struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);
	uint16_t version = dts_bytes_u16(&b);
	struct dts_slice server = dts_bytes_take(&b, 50);
	uint32_t created = dts_bytes_u32(&b);
	uint8_t header = dts_bytes_u8(&b);
	uint8_t algorithm = format_algorithm(raw);
	size_t count;

	if (b.bad)
		return cut(err, "a Format_description");
	if (version != 4 || header != DTS_EVENT_HEADER)
		return dts_fail(err, DTS_BAD_INPUT, "binary log format %u with headers of %u bytes is not supported",
				version, header);
	if (algorithm > 1)
		return dts_fail(err, DTS_BAD_INPUT, "unknown checksum algorithm %u", algorithm);

	*f = (struct dts_event_format){.known = true, .checksum = algorithm == 1, .created = created};
	memcpy(f->server, server.p, server.len);
	f->server[50] = '\0';
	memset(f->post_header, 0xff, sizeof f->post_header);
	/* Behind the lengths stands the algorithm, and the checksum if it was not taken off. */
	count = dts_bytes_left(&b);
	count -= count < 5 ? count : algorithm == 1 ? 1 : 5;
	for (size_t i = 0; i < count && i + 1 < sizeof f->post_header; i++)
		f->post_header[i + 1] = b.p[i];
	return 0;
}

int dts_event_rotate(struct dts_event_rotate *r, const struct dts_event *e, struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);

	r->offset = dts_bytes_u64(&b);
	r->file = dts_bytes_take(&b, dts_bytes_left(&b));
	if (b.bad || r->file.len == 0 || r->file.len > 255 || memchr(r->file.p, 0, r->file.len) ||
	    !dts_utf8_valid(r->file.p, r->file.len))
		return cut(err, "a Rotate");
	return 0;
}

void dts_xid_add(struct dts_buf *b, const struct dts_xid *xid)
{
	static const char hex[] = "0123456789abcdef";
	const struct dts_slice parts[2] = {xid->gtrid, xid->bqual};

	for (int i = 0; i < 2; i++) {
		dts_buf_adds(b, "X'");
		for (size_t k = 0; k < parts[i].len; k++) {
			dts_buf_addc(b, hex[(uint8_t)parts[i].p[k] >> 4]);
			dts_buf_addc(b, hex[(uint8_t)parts[i].p[k] & 15]);
		}
		dts_buf_adds(b, "',");
	}
	dts_buf_addu(b, xid->format);
}

int dts_event_gtid(struct dts_event_gtid *g, const struct dts_event *e, struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);

	*g = (struct dts_event_gtid){.server = e->server_id};
	g->seq = dts_bytes_u64(&b);
	g->domain = dts_bytes_u32(&b);
	g->flags = dts_bytes_u8(&b);
	if (g->flags & 2) /* an id of the group commit */
		dts_bytes_u64(&b);
	if (g->flags & (DTS_GTID_PREPARED_XA | DTS_GTID_COMPLETED_XA)) {
		size_t gtrid, bqual;

		g->xid.format = dts_bytes_u32(&b);
		gtrid = dts_bytes_u8(&b);
		bqual = dts_bytes_u8(&b);
		g->xid.gtrid = dts_bytes_take(&b, gtrid);
		g->xid.bqual = dts_bytes_take(&b, bqual);
	}
	/* Short events are padded with zeros, which read as no extra flags. */
	if (!b.bad && dts_bytes_left(&b) > 0)
		g->extra = dts_bytes_u8(&b);
	return b.bad ? cut(err, "a Gtid") : 0;
}

int dts_event_gtid_list(const struct dts_event *e, struct dts_gtids *list, struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);
	uint32_t count = dts_bytes_u32(&b) & 0x0fffffff; /* above: flags */

	if (b.bad || dts_bytes_left(&b) / 16 < count)
		return cut(err, "a Gtid_list");
	/* One of each domain and server; the last of a domain comes last. */
	dts_gtids_set_empty(list, DTS_GTID_MARIADB);
	for (uint32_t i = 0; i < count; i++) {
		struct dts_gtid gtid = {.form = DTS_GTID_MARIADB, .domain = dts_bytes_u32(&b)};

		gtid.server = dts_bytes_u32(&b);
		gtid.number = dts_bytes_u64(&b);
		if (dts_gtids_include(list, &gtid) < 0)
			return dts_fail(err, DTS_BAD_INPUT, "a Gtid_list event of too many domains");
	}
	return 0;
}

int dts_event_xa_prepare(struct dts_xid *xid, bool *one_phase, const struct dts_event *e,
			 struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);
	size_t gtrid, bqual;

	*one_phase = dts_bytes_u8(&b) != 0;
	xid->format = dts_bytes_u32(&b);
	gtrid = dts_bytes_u32(&b);
	bqual = dts_bytes_u32(&b);
	if (gtrid > 64 || bqual > 64)
		return cut(err, "an XA_prepare");
	xid->gtrid = dts_bytes_take(&b, gtrid);
	xid->bqual = dts_bytes_take(&b, bqual);
	return b.bad ? cut(err, "an XA_prepare") : 0;
}

int dts_event_intvar(uint8_t *type, uint64_t *value, const struct dts_event *e, struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);

	*type = dts_bytes_u8(&b);
	*value = dts_bytes_u64(&b);
	return b.bad ? cut(err, "an Intvar") : 0;
}

struct dts_slice dts_event_incident(const struct dts_event *e)
{
	struct dts_bytes b = dts_bytes(e->body);

	dts_bytes_u16(&b);
	return dts_bytes_take(&b, dts_bytes_u8(&b));
}

/* Version 2 has an extra part of tagged values behind the flags; its length counts itself. */
static void skip_extra(struct dts_bytes *b)
{
	uint16_t len = dts_bytes_u16(b);

	if (len < 2)
		b->bad = true;
	else
		dts_bytes_take(b, len - 2);
}

int dts_event_rows(struct dts_event_rows *r, const struct dts_event *e, const struct dts_event_format *f,
		   struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);
	const bool partial = e->type == DTS_EV_PARTIAL_UPDATE_ROWS;
	const uint8_t first = partial ? DTS_EV_PARTIAL_UPDATE_ROWS - DTS_ROWS_UPDATE
			      : e->type >= DTS_EV_WRITE_ROWS_COMPRESSED ? DTS_EV_WRITE_ROWS_COMPRESSED
			      : e->type >= DTS_EV_WRITE_ROWS_COMPRESSED_V1 ? DTS_EV_WRITE_ROWS_COMPRESSED_V1
			      : e->type >= DTS_EV_WRITE_ROWS ? DTS_EV_WRITE_ROWS : DTS_EV_WRITE_ROWS_V1;
	bool v2 = partial || first == DTS_EV_WRITE_ROWS || first == DTS_EV_WRITE_ROWS_COMPRESSED;
	uint64_t columns;
	size_t bitmap;
	char text[24];

	*r = (struct dts_event_rows){.kind = (enum dts_rows_kind)(e->type - first),
				     .partial = partial, .compressed = first >= DTS_EV_WRITE_ROWS_COMPRESSED_V1};
	r->table_id = dts_bytes_uint(&b, f->post_header[e->type] == 6 ? 4 : 6);
	r->flags = dts_bytes_u16(&b);
	if (v2)
		skip_extra(&b);
	columns = dts_bytes_packed(&b);
	if (b.bad || columns > dts_bytes_left(&b) * 8)
		return cut(err, dts_event_name(e->type, text));
	r->columns = (size_t)columns;
	bitmap = (r->columns + 7) / 8;
	r->present = (const uint8_t *)dts_bytes_take(&b, bitmap).p;
	r->present_after = r->present;
	if (r->kind == DTS_ROWS_UPDATE)
		r->present_after = (const uint8_t *)dts_bytes_take(&b, bitmap).p;
	if (b.bad)
		return cut(err, dts_event_name(e->type, text));
	r->rows = b;
	return 0;
}
