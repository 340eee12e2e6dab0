#include "unit.h"

#include "mysql/packets.h"

/* What a server has sent, given out in pieces. */
static struct dts_buf wire;
static size_t given, piece;

static ssize_t give(void *from, char *to, size_t room)
{
	size_t n = wire.len - given;

	(void)from;
	if (n > piece)
		n = piece;
	if (n > room)
		n = room;
	if (n > 0)
		memcpy(to, wire.data + given, n);
	given += n;
	return (ssize_t)n;
}

static void add_packet(uint8_t number, size_t len, char fill)
{
	const char head[] = {(char)len, (char)(len >> 8), (char)(len >> 16), (char)number};

	dts_buf_add(&wire, head, 4);
	dts_buf_reserve(&wire, len);
	if (len > 0)
		memset(wire.data + wire.len, fill, len);
	wire.len += len;
}

static bool is_filled(struct dts_slice s, size_t len, char fill)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != fill)
			return false;
	return s.len == len;
}

static struct dts_packets packets;

static void start(uint8_t number)
{
	given = 0;
	dts_packets_start(&packets, give, NULL, number);
}

static void test_packets_in_pieces_of_any_size(void)
{
	static const size_t pieces[] = {1, 3, 4, 5, 7, 1000, 1 << 20};
	struct dts_slice s;

	for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
		dts_buf_clear(&wire);
		for (unsigned i = 0; i < 600; i++)
			add_packet((uint8_t)(250 + i), i * 7 % 400, (char)i);
		add_packet((uint8_t)(250 + 600), 300000, 'x'); /* more than one read */
		piece = pieces[p];
		start(250);
		for (unsigned i = 0; i < 600; i++) {
			REQUIRE(dts_packets_next(&packets, &s) == 1);
			CHECK(is_filled(s, i * 7 % 400, (char)i));
		}
		REQUIRE(dts_packets_next(&packets, &s) == 1);
		CHECK(is_filled(s, 300000, 'x'));
		CHECK_INT(0, dts_packets_next(&packets, &s));
	}
}

static void test_a_payload_of_several_packets(void)
{
	enum { FULL = 0xffffff };
	static const size_t lasts[] = {0, 1, 100};
	struct dts_slice s;

	for (size_t i = 0; i < 3; i++) {
		dts_buf_clear(&wire);
		add_packet(255, 10, 'a');
		add_packet(0, FULL, 'b');
		add_packet(1, FULL, 'b');
		add_packet(2, lasts[i], 'b');
		add_packet(3, 20, 'c');
		piece = i == 1 ? 1 << 20 : 12345;
		start(255);
		REQUIRE(dts_packets_next(&packets, &s) == 1);
		CHECK(is_filled(s, 10, 'a'));
		REQUIRE(dts_packets_next(&packets, &s) == 1);
		CHECK(is_filled(s, 2 * (size_t)FULL + lasts[i], 'b'));
		REQUIRE(dts_packets_next(&packets, &s) == 1);
		CHECK(is_filled(s, 20, 'c'));
		CHECK_INT(0, dts_packets_next(&packets, &s));
	}
	/* Only a row of many megabytes needs that much. */
	start(0);
	CHECK(packets.cap < 1 << 20);
}

static void test_an_end_and_a_lost_packet_are_noticed(void)
{
	struct dts_slice s;

	for (size_t cut = 1; cut < 14; cut++) {
		dts_buf_clear(&wire);
		add_packet(0, 10, 'a');
		wire.len -= cut;
		piece = 100;
		start(0);
		CHECK_INT(0, dts_packets_next(&packets, &s));
	}
	dts_buf_clear(&wire);
	add_packet(0, 10, 'a');
	add_packet(2, 10, 'a');
	start(0);
	CHECK_INT(1, dts_packets_next(&packets, &s));
	CHECK_INT(-1, dts_packets_next(&packets, &s));
	dts_buf_clear(&wire);
	add_packet(0, 0xffffff, 'a');
	add_packet(2, 10, 'a');
	piece = 1 << 20;
	start(0);
	CHECK_INT(-1, dts_packets_next(&packets, &s));
}

static char *row[12];
static unsigned long lengths[12];
static struct dts_wire wires[12];

/* Columns of these widths. */
static bool take(const char *bytes, size_t len, const char *widths)
{
	size_t count = strlen(widths);

	for (size_t i = 0; i < count; i++)
		wires[i] = (struct dts_wire){.width = (uint8_t)(widths[i] - '0')};
	return dts_packet_row(dts_slice(bytes, len), wires, count, row, lengths);
}

#define TAKE(widths, bytes) take(bytes, sizeof(bytes) - 1, widths)

static void test_rows(void)
{
	static char large[70000];

	REQUIRE(TAKE("0000", "\0\x08" "\x03" "abc" "\x00" "\x01" "z"));
	CHECK_MEM("abc", 3, row[0], lengths[0]);
	CHECK(!row[1] && lengths[1] == 0);
	CHECK(row[2] && lengths[2] == 0);
	CHECK_MEM("z", 1, row[3], lengths[3]);
	REQUIRE(TAKE("12480", "\0\0" "a" "bb" "cccc" "dddddddd" "\x01" "e"));
	CHECK_MEM("a", 1, row[0], lengths[0]);
	CHECK_MEM("bb", 2, row[1], lengths[1]);
	CHECK_MEM("cccc", 4, row[2], lengths[2]);
	CHECK_MEM("dddddddd", 8, row[3], lengths[3]);
	CHECK_MEM("e", 1, row[4], lengths[4]);
	REQUIRE(TAKE("00", "\0\0" "\xfc\x02\x00" "ab" "\xfd\x01\x00\x00" "c"));
	CHECK_MEM("ab", 2, row[0], lengths[0]);
	CHECK_MEM("c", 1, row[1], lengths[1]);
	REQUIRE(TAKE("0", "\0\0" "\xfe\x03\0\0\0\0\0\0\0" "abc"));
	CHECK_MEM("abc", 3, row[0], lengths[0]);
	memcpy(large, "\0\0\xfd\x6a\x11\x01", 6); /* 69994 */
	REQUIRE(take(large, sizeof large, "0"));
	CHECK_INT(69994, lengths[0]);
	CHECK(row[0] == large + 6);
	/* The seventh column's bit is the first of the second byte. */
	REQUIRE(TAKE("1111111", "\0\xfc\x00" "a"));
	CHECK(!row[5]);
	CHECK_MEM("a", 1, row[6], lengths[6]);
	REQUIRE(TAKE("1111111", "\0\x00\x01" "abcdef"));
	CHECK_MEM("f", 1, row[5], lengths[5]);
	CHECK(!row[6]);
}

static void test_what_is_no_row(void)
{
	CHECK(!TAKE("0", ""));
	CHECK(!TAKE("0", "\0"));
	CHECK(!TAKE("0", "\0\0"));
	CHECK(!TAKE("0", "\xfe\0\0\0\0"));
	CHECK(!TAKE("1111111", "\0\xfc"));
	CHECK(!TAKE("0", "\0\0" "\x03" "ab"));
	CHECK(!TAKE("0", "\0\0" "\x01" "ab"));
	CHECK(!TAKE("8", "\0\0" "1234567"));
	CHECK(!TAKE("8", "\0\0" "123456789"));
	CHECK(!TAKE("00", "\0\0" "\x02" "ab"));
	CHECK(!TAKE("0", "\0\0" "\xfb"));
	CHECK(!TAKE("0", "\0\0" "\xfc"));
	CHECK(!TAKE("0", "\0\0" "\xfc\x00"));
	CHECK(!TAKE("0", "\0\0" "\xfd\x00\x00"));
	CHECK(!TAKE("0", "\0\0" "\xfe\0\0\0\0\0\0\0"));
	CHECK(!TAKE("0", "\0\0" "\xfe\xff\xff\xff\xff\xff\xff\xff\xff" "a"));
	CHECK(!TAKE("0", "\0\0" "\xff" "abcdefghijkl"));
}

static void test_column_definitions(void)
{
	static const char unsigned_int[] = "\x03" "def\x01" "d\x01t\x01t\x02id\x02id\x0c\x3f\x00\x0a\x00\x00\x00\x03\x23\x40\x00\x00\x00";
	static const char text[] = "\x03" "def\x00\x00\x00\x01" "a\x00\x0c\x2d\x00\xff\xff\x00\x00\xfc\x10\x00\x00\x00\x00";
	struct dts_wire w;

	REQUIRE(dts_packet_column(dts_slice(unsigned_int, sizeof unsigned_int - 1), &w));
	CHECK_INT(3, w.type);
	CHECK_INT(4, w.width);
	CHECK(w.is_unsigned);
	REQUIRE(dts_packet_column(dts_slice(text, sizeof text - 1), &w));
	CHECK_INT(0xfc, w.type);
	CHECK_INT(0, w.width);
	CHECK(!w.is_unsigned);
	CHECK(!dts_packet_column(dts_slice(text, sizeof text - 2), &w));
	CHECK(!dts_packet_column(dts_slice(text, 5), &w));
	CHECK(!dts_packet_column(dts_slice("\xfe\0\0\2\0", 5), &w));
}

int main(void)
{
	RUN(test_packets_in_pieces_of_any_size);
	RUN(test_a_payload_of_several_packets);
	RUN(test_an_end_and_a_lost_packet_are_noticed);
	RUN(test_rows);
	RUN(test_what_is_no_row);
	RUN(test_column_definitions);
	dts_packets_release(&packets);
	dts_buf_release(&wire);
	return unit_done();
}
