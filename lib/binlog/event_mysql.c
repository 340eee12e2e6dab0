#include "binlog/event_mysql.h"

#include "charset/charset.h"

uint64_t dts_bytes_varlen(struct dts_bytes *b)
{
	uint8_t first = dts_bytes_u8(b);
	unsigned more = first == 0xff ? 8 : (unsigned)__builtin_ctz(~(unsigned)first);
	uint64_t rest = more ? dts_bytes_uint(b, more) : 0;

	if (more == 8)
		return rest;
	return first >> (more + 1) | rest << (7 - more);
}

int64_t dts_bytes_varlen_signed(struct dts_bytes *b)
{
	uint64_t v = dts_bytes_varlen(b);

	return (int64_t)(v >> 1 ^ -(v & 1));
}

static int cut(struct dts_error *err, const char *what)
{
	return dts_fail(err, DTS_BAD_INPUT, "%s event is cut short or malformed", what);
}

static void put_uuid(char text[37], const uint8_t bytes[16])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = hex[bytes[i] >> 4];
		*text++ = hex[bytes[i] & 15];
	}
	*text = '\0';
}

/* Each part behind the logical clock came with a later version, so the event may
 * end before any of them. The top bit of a number says that another one follows. */
static void read_plain(struct dts_event_mysql_gtid *g, struct dts_bytes *b)
{
	const uint64_t two_times = 1ull << 55;
	const uint32_t two_versions = 1u << 31;
	struct dts_slice uuid;

	g->flags = dts_bytes_u8(b);
	uuid = dts_bytes_take(b, 16);
	if (b->bad)
		return;
	put_uuid(g->uuid, (const uint8_t *)uuid.p);
	g->gno = dts_bytes_u64(b);
	if (dts_bytes_left(b) == 0 || dts_bytes_u8(b) != 2) /* logical clock */
		return;
	g->last_committed = (int64_t)dts_bytes_u64(b);
	g->sequence_number = (int64_t)dts_bytes_u64(b);
	if (dts_bytes_left(b) == 0) /* 5.7 */
		return;
	g->immediate_commit_timestamp = g->original_commit_timestamp = dts_bytes_uint(b, 7);
	if (g->immediate_commit_timestamp & two_times) {
		g->immediate_commit_timestamp &= ~two_times;
		g->original_commit_timestamp = dts_bytes_uint(b, 7);
	}
	if (dts_bytes_left(b) == 0)
		return;
	g->transaction_length = dts_bytes_packed(b);
	if (dts_bytes_left(b) == 0) /* 8.0.13 */
		return;
	g->immediate_server_version = g->original_server_version = dts_bytes_u32(b);
	if (g->immediate_server_version & two_versions) {
		g->immediate_server_version &= ~two_versions;
		g->original_server_version = dts_bytes_u32(b);
	}
	/* Behind it may stand the ticket of a group commit. */
}

enum tagged_field {
	TAGGED_FLAGS,
	TAGGED_UUID,
	TAGGED_GNO,
	TAGGED_TAG,
	TAGGED_LAST_COMMITTED,
	TAGGED_SEQUENCE_NUMBER,
	TAGGED_IMMEDIATE_TIME,
	TAGGED_ORIGINAL_TIME,
	TAGGED_LENGTH,
	TAGGED_IMMEDIATE_VERSION,
	TAGGED_ORIGINAL_VERSION,
	TAGGED_TICKET,
	TAGGED_FIELDS,
};

static void read_tag(struct dts_event_mysql_gtid *g, struct dts_bytes *b)
{
	struct dts_slice tag = dts_bytes_take(b, (size_t)dts_bytes_varlen(b));

	if (tag.len >= sizeof g->tag) {
		b->bad = true;
		return;
	}
	for (size_t i = 0; i < tag.len; i++)
		if (!(tag.p[i] >= 'a' && tag.p[i] <= 'z') && !(tag.p[i] >= '0' && tag.p[i] <= '9') && tag.p[i] != '_')
			b->bad = true;
	memcpy(g->tag, tag.p, tag.len);
	g->tag[tag.len] = '\0';
}

/* A field of a number that is known; the UUID's bytes are numbers each. */
static void read_tagged_field(struct dts_event_mysql_gtid *g, unsigned id, struct dts_bytes *b)
{
	uint8_t uuid[16];

	switch ((enum tagged_field)id) {
	case TAGGED_FLAGS: g->flags = (uint8_t)dts_bytes_varlen(b); break;
	case TAGGED_UUID:
		for (int i = 0; i < 16; i++) {
			uint64_t byte = dts_bytes_varlen(b);

			if (byte > 255)
				b->bad = true;
			uuid[i] = (uint8_t)byte;
		}
		put_uuid(g->uuid, uuid);
		break;
	case TAGGED_GNO: g->gno = (uint64_t)dts_bytes_varlen_signed(b); break;
	case TAGGED_TAG: read_tag(g, b); break;
	case TAGGED_LAST_COMMITTED: g->last_committed = dts_bytes_varlen_signed(b); break;
	case TAGGED_SEQUENCE_NUMBER: g->sequence_number = dts_bytes_varlen_signed(b); break;
	case TAGGED_IMMEDIATE_TIME: g->immediate_commit_timestamp = dts_bytes_varlen(b); break;
	case TAGGED_ORIGINAL_TIME: g->original_commit_timestamp = dts_bytes_varlen(b); break;
	case TAGGED_LENGTH: g->transaction_length = dts_bytes_varlen(b); break;
	case TAGGED_IMMEDIATE_VERSION: g->immediate_server_version = (uint32_t)dts_bytes_varlen(b); break;
	case TAGGED_ORIGINAL_VERSION: g->original_server_version = (uint32_t)dts_bytes_varlen(b); break;
	case TAGGED_TICKET:
	case TAGGED_FIELDS: dts_bytes_varlen(b); break;
	}
}

/*
 * A message: version, size of it all, number behind the last field that a reader
 * must know; then fields in the order of their numbers, each with its number,
 * absent ones left out. Numbers that we do not know have no length, so they end the reading.
 */
static int read_tagged(struct dts_event_mysql_gtid *g, struct dts_bytes *b, struct dts_error *err)
{
	size_t whole = dts_bytes_left(b);
	uint64_t version = dts_bytes_varlen(b), size = dts_bytes_varlen(b), needed = dts_bytes_varlen(b);
	bool seen[TAGGED_FIELDS] = {false};
	uint64_t least = 0;

	if (b->bad || size > whole || size < whole - dts_bytes_left(b))
		return cut(err, "a Gtid_tagged");
	if (version != 1 || needed > TAGGED_FIELDS)
		return dts_fail(err, DTS_BAD_INPUT, "a Gtid_tagged event of a newer form is not supported "
				"(version %u, field %u)", (unsigned)version, (unsigned)needed);
	b->end -= whole - (size_t)size;
	while (!b->bad && dts_bytes_left(b) > 0) {
		uint64_t id = dts_bytes_varlen(b);

		if (id >= TAGGED_FIELDS)
			break;
		if (id < least)
			return cut(err, "a Gtid_tagged");
		least = id + 1;
		seen[id] = true;
		read_tagged_field(g, (unsigned)id, b);
	}
	if (b->bad || !seen[TAGGED_UUID] || !seen[TAGGED_GNO])
		return cut(err, "a Gtid_tagged");
	if (!seen[TAGGED_ORIGINAL_TIME])
		g->original_commit_timestamp = g->immediate_commit_timestamp;
	if (!seen[TAGGED_ORIGINAL_VERSION])
		g->original_server_version = g->immediate_server_version;
	return 0;
}

int dts_event_mysql_gtid(struct dts_event_mysql_gtid *g, const struct dts_event *e, struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body);

	*g = (struct dts_event_mysql_gtid){.anonymous = e->type == DTS_EV_ANONYMOUS_GTID};
	if (e->type == DTS_EV_GTID_TAGGED) {
		if (read_tagged(g, &b, err) < 0)
			return -1;
	} else {
		read_plain(g, &b);
	}
	/* Numbers of transactions are 1 to 2^63 - 2. */
	if (b.bad || (!g->anonymous && (g->gno == 0 || g->gno >= INT64_MAX)))
		return cut(err, "a Gtid");
	return 0;
}

void dts_event_mysql_gtid_add(struct dts_buf *b, const struct dts_event_mysql_gtid *g)
{
	if (g->anonymous)
		return;
	dts_buf_adds(b, g->uuid);
	dts_buf_addc(b, ':');
	if (g->tag[0]) {
		dts_buf_adds(b, g->tag);
		dts_buf_addc(b, ':');
	}
	dts_buf_addu(b, g->gno);
}

struct dts_slice dts_event_previous_gtids(const struct dts_event *e)
{
	return e->body;
}

int dts_event_heartbeat_v2(struct dts_event_rotate *at, const struct dts_event *e, struct dts_error *err)
{
	enum { END = 0, FILE_NAME = 1, POSITION = 2 };
	struct dts_bytes b = dts_bytes(e->body);
	uint64_t type;

	*at = (struct dts_event_rotate){.file = {"", 0}};
	while (!b.bad && dts_bytes_left(&b) > 0 && (type = dts_bytes_packed(&b)) != END) {
		struct dts_slice value = dts_bytes_take(&b, (size_t)dts_bytes_packed(&b));
		struct dts_bytes number = dts_bytes(value);

		if (type == FILE_NAME)
			at->file = value;
		else if (type == POSITION)
			at->offset = dts_bytes_packed(&number);
		b.bad = b.bad || number.bad;
	}
	if (b.bad || at->file.len == 0 || at->file.len > 255 || memchr(at->file.p, 0, at->file.len) ||
	    !dts_utf8_valid(at->file.p, at->file.len))
		return cut(err, "a Heartbeat_v2");
	return 0;
}
