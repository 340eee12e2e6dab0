/* Events that MySQL alone writes, out of a log of 9.7 (t/fuzz.d/event.corpus/mysql_gtid,
 * made with gtid_next, original_commit_timestamp and gtid_mode set) and built ones. */
#include "binlog/event_mysql.h"
#include "binlog_events.h"
#include "record/gtid.h"
#include "unit.h"

static struct dts_buf corpus(const char *name)
{
	struct dts_buf b = {0}, path = {0};
	char piece[4096];
	size_t got;

	dts_buf_addf(&path, "t/fuzz.d/event.corpus/%s", name);
	FILE *in = fopen(dts_buf_text(&path), "rb");
	while (in && (got = fread(piece, 1, sizeof piece, in)) > 0)
		dts_buf_add(&b, piece, got);
	if (in)
		fclose(in);
	dts_buf_release(&path);
	return b;
}

static struct dts_slice hex(const char *text, uint8_t *to)
{
	size_t len = 0;
	unsigned byte;

	for (; *text; text += *text == ' ')
		if (sscanf(text, "%2x", &byte) == 1) {
			to[len++] = (uint8_t)byte;
			text += 2;
		}
	return dts_slice((char *)to, len);
}

static void test_varlen(void)
{
	/* Those of mysql::serialization's own tests and limits; the longest form of 0 too. */
	const struct {
		const char *bytes;
		uint64_t n;
		int64_t sign;
	} cases[] = {
		{"00", 0, 0}, {"02", 1, -1}, {"04", 2, 1}, {"fe", 127, -64}, {"01 02", 128, 64}, {"fd ff", 16383, -8192},
		{"03 00 02", 16384, 8192}, {"07 00 00 02", 1 << 21, 1 << 20}, {"0f 00 00 00 02", 1u << 28, 1 << 27},
		{"1f 00 00 00 00 02", 1ull << 35, 1ll << 34}, {"3f 00 00 00 00 00 02", 1ull << 42, 1ll << 41},
		{"7f 00 00 00 00 00 00 02", 1ull << 49 , 1ll << 48}, {"7f ff ff ff ff ff ff ff", (1ull << 56) - 1, -(1ll << 55)},
		{"ff 00 00 00 00 00 00 00 01", 1ull << 56, 1ll << 55},
		{"ff ff ff ff ff ff ff ff ff", UINT64_MAX, INT64_MIN}, {"ff fe ff ff ff ff ff ff ff", UINT64_MAX - 1, INT64_MAX},
		{"ff 00 00 00 00 00 00 00 00", 0, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t bytes[16];
		struct dts_slice all = hex(cases[i].bytes, bytes);
		struct dts_bytes b = dts_bytes(all);

		CHECK_INT(cases[i].n, dts_bytes_varlen(&b));
		CHECK(!b.bad && dts_bytes_left(&b) == 0);
		b = dts_bytes(all);
		CHECK_INT(cases[i].sign, dts_bytes_varlen_signed(&b));
		b = dts_bytes(dts_slice(all.p, all.len - 1));
		dts_bytes_varlen(&b);
		CHECK(b.bad);
	}
}

/* Calls `see` for each event of the file. */
static void each_event(const char *name, void (*see)(const struct dts_event *, void *), void *context)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf file = corpus(name);
	struct dts_slice rest = dts_buf_slice(&file), raw;
	struct dts_event_format f = {0};
	struct dts_event e;

	CHECK(file.len > 0);
	while (next_event(&rest, &raw)) {
		if (dts_event_parse(&e, &f, raw, &err) < 0 ||
		    (e.type == DTS_EV_FORMAT && dts_event_format(&f, &e, raw, &err) < 0)) {
			unit_fail(__FILE__, __LINE__, "%s", err.message);
			break;
		}
		see(&e, context);
	}
	dts_buf_release(&file);
}

static void print_event(const struct dts_event *e, void *context)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_event_mysql_gtid g;
	struct dts_buf *b = context;
	struct dts_xid xid;
	bool one_phase;
	char text[24];

	if (e->type == DTS_EV_XA_PREPARE && dts_event_xa_prepare(&xid, &one_phase, e, &err) == 0) {
		dts_buf_addf(b, "%s ", dts_event_name(e->type, text));
		dts_xid_add(b, &xid);
		dts_buf_addf(b, " %d\n", one_phase);
	}
	if (e->type == DTS_EV_PREVIOUS_GTIDS) {
		struct dts_gtid_set set = {0};

		CHECK_INT(0, dts_gtid_set_decode(&set, dts_event_previous_gtids(e), &err));
		dts_buf_addf(b, "%s '", dts_event_name(e->type, text));
		dts_gtid_set_add(b, &set);
		dts_buf_adds(b, "'\n");
		dts_gtid_set_release(&set);
	}
	if (e->type != DTS_EV_MYSQL_GTID && e->type != DTS_EV_ANONYMOUS_GTID && e->type != DTS_EV_GTID_TAGGED)
		return;
	if (dts_event_mysql_gtid(&g, e, &err) < 0) {
		unit_fail(__FILE__, __LINE__, "%s", err.message);
		return;
	}
	dts_buf_addf(b, "%s ", dts_event_name(e->type, text));
	dts_event_mysql_gtid_add(b, &g);
	dts_buf_addf(b, "%s flags %u order %lld-%lld length %llu time %llu %s version %u %u\n",
		     g.anonymous ? "anonymous" : "", g.flags, (long long)g.last_committed, (long long)g.sequence_number,
		     (unsigned long long)g.transaction_length, (unsigned long long)g.original_commit_timestamp,
		     g.immediate_commit_timestamp == g.original_commit_timestamp ? "same" : "differs",
		     g.immediate_server_version, g.original_server_version);
}

/* What mysqlbinlog prints of the same file. */
static void test_gtids(void)
{
	struct dts_buf got = {0};

	each_event("mysql_gtid", print_event, &got);
	CHECK_STR(
		  "Previous_gtids ''\n"
		  "Gtid b77b71a8-e5a5-11f1-970a-02fc00000001:1 flags 1 order 0-1 length 176 time 1795263810349121 same version 90704 90704\n"
		  "Gtid b77b71a8-e5a5-11f1-970a-02fc00000001:2 flags 1 order 1-2 length 207 time 1795263810357803 same version 90704 90704\n"
		  "Gtid_tagged b77b71a8-e5a5-11f1-970a-02fc00000001:mytag:1 flags 0 order 2-3 length 290 time 1795263810359788 same version 90704 90704\n"
		  "Gtid_tagged b77b71a8-e5a5-11f1-970a-02fc00000001:a_long_tag_of_thirty_two_chars12:1 flags 0 order 2-4 length 317 time 1795263810361201 same version 90704 90704\n"
		  "Gtid b77b71a8-e5a5-11f1-970a-02fc00000001:3 flags 0 order 2-5 length 399 time 1795263810364065 same version 90704 90704\n"
		  "XA_prepare X'7831',X'',1 0\n"
		  "Gtid b77b71a8-e5a5-11f1-970a-02fc00000001:4 flags 1 order 5-6 length 167 time 1795263810364621 same version 90704 90704\n"
		  "Gtid b77b71a8-e5a5-11f1-970a-02fc00000001:5 flags 0 order 6-7 length 409 time 1795263810366155 same version 90704 90704\n"
		  "XA_prepare X'7832',X'6271',7 1\n"
		  "Gtid_tagged aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeffff:y:9223372036854775806 flags 0 order 6-8 length 316 time 1700000000000001 differs version 90704 80400\n"
		  "Gtid aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeffff:300 flags 0 order 6-9 length 299 time 1700000000000001 differs version 90704 80400\n"
		  "Previous_gtids 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeffff:300:y:9223372036854775806,"
		  "b77b71a8-e5a5-11f1-970a-02fc00000001:1-5:a_long_tag_of_thirty_two_chars12:1:mytag:1'\n"
		  "Anonymous_gtid anonymous flags 0 order 0-1 length 288 time 1795263810376709 same version 90704 90704\n",
		  dts_buf_text(&got));
	dts_buf_release(&got);
}

/* Every byte of the event is needed, except for what later versions of the server put at its end. */
static void cut_event(const struct dts_event *e, void *context)
{
	unsigned *seen = context;
	struct dts_event part = *e;
	struct dts_event_mysql_gtid g;
	struct dts_error err = DTS_ERROR_INIT;

	if (e->type != DTS_EV_MYSQL_GTID && e->type != DTS_EV_GTID_TAGGED)
		return;
	for (part.body.len = 0; part.body.len < e->body.len; part.body.len++) {
		/* Ends of the event of 5.6, 5.7, 8.0.1, 8.0.13 (with its length of 1 or 3 bytes). */
		bool whole = part.body.len == 25 || part.body.len == 42;
		int status = dts_event_mysql_gtid(&g, &part, &err);

		if (e->type == DTS_EV_GTID_TAGGED || part.body.len < 49)
			CHECK((e->type == DTS_EV_MYSQL_GTID && whole) == (status == 0));
		if (status < 0)
			CHECK_INT(DTS_BAD_INPUT, err.status);
	}
	CHECK_INT(0, dts_event_mysql_gtid(&g, e, &err));
	++*seen;
}

static void test_cut(void)
{
	unsigned seen = 0;

	each_event("mysql_gtid", cut_event, &seen);
	CHECK_INT(9, seen);
}

static int tagged(struct dts_event_mysql_gtid *g, const char *text, struct dts_error *err)
{
	uint8_t bytes[200];
	struct dts_event e = {.type = DTS_EV_GTID_TAGGED, .body = hex(text, bytes)};

	*err = (struct dts_error)DTS_ERROR_INIT;
	return dts_event_mysql_gtid(g, &e, err);
}

#define UUID_FIELD "02 02 04 06 08 0a 0c 0e 10 12 14 16 18 1a 1c 1e 20 "

static void test_tagged(void)
{
	struct dts_event_mysql_gtid g;
	struct dts_error err;

	/* The least: a UUID and a number. */
	CHECK_INT(0, tagged(&g, "02 2c 06 " UUID_FIELD "04 14", &err));
	CHECK_STR("01020304-0506-0708-090a-0b0c0d0e0f10", g.uuid);
	CHECK_STR("", g.tag);
	CHECK_INT(5, g.gno);
	/* A field of a newer server that may be ignored, and one that may not. */
	CHECK_INT(0, tagged(&g, "02 32 06 " UUID_FIELD "04 14 18 02 ff", &err));
	CHECK_INT(-1, tagged(&g, "02 32 1a " UUID_FIELD "04 14 18 02 ff", &err));
	CHECK_STR("a Gtid_tagged event of a newer form is not supported (version 1, field 13)", err.message);
	CHECK_INT(-1, tagged(&g, "04 2c 06 " UUID_FIELD "04 14", &err));
	/* No number; number 0, below 0; twice; a size beyond the event; a tag that is none. */
	CHECK_INT(-1, tagged(&g, "02 28 06 " UUID_FIELD, &err));
	CHECK_INT(-1, tagged(&g, "02 2c 06 " UUID_FIELD "04 00", &err));
	CHECK_INT(-1, tagged(&g, "02 2c 06 " UUID_FIELD "04 02", &err));
	CHECK_INT(-1, tagged(&g, "02 30 06 " UUID_FIELD "04 14 04 14", &err));
	CHECK_INT(-1, tagged(&g, "02 2e 06 " UUID_FIELD "04 14", &err));
	CHECK_INT(0, tagged(&g, "02 32 06 " UUID_FIELD "04 14 06 02 61", &err));
	CHECK_STR("a", g.tag);
	CHECK_INT(-1, tagged(&g, "02 32 06 " UUID_FIELD "04 14 06 02 41", &err));
	CHECK_INT(-1, tagged(&g, "02 32 06 " UUID_FIELD "04 14 06 04 61", &err));
}

static void test_heartbeat(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_event_rotate at;
	/* File name, position above 4 GiB, a field that we do not know, the end. */
	struct dts_event e = {.type = DTS_EV_HEARTBEAT_V2,
			      .body = DTS_LIT("\x01\x03" "b.1" "\x02\x09\xfe\x04\0\0\0\x01\0\0\0" "\x07\x01z" "\0")};
	size_t whole = e.body.len;

	CHECK_INT(0, dts_event_heartbeat_v2(&at, &e, &err));
	CHECK_MEM("b.1", 3, at.file.p, at.file.len);
	CHECK_INT(0x100000004, at.offset);
	e.body.len = 4;
	CHECK_INT(-1, dts_event_heartbeat_v2(&at, &e, &err));
	e.body.len = whole - 3;
	CHECK_INT(-1, dts_event_heartbeat_v2(&at, &e, &err));
	CHECK_STR("a Heartbeat_v2 event is cut short or malformed", err.message);
}

int main(void)
{
	RUN(test_varlen);
	RUN(test_gtids);
	RUN(test_cut);
	RUN(test_tagged);
	RUN(test_heartbeat);
	return unit_done();
}
