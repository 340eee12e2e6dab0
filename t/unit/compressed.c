/* What is compressed in logs, from bytes as MariaDB (sql/log_event.cc, binlog_buf_compress; sql/field_comp.cc) and MySQL
 * (Transaction_payload_event) write them; what servers do not write, too. */
#include <zlib.h>
#include <zstd.h>

#include "binlog/inflate.h"
#include "binlog/payload.h"
#include "unit.h"

static struct dts_error err;

/* The head as MariaDB has it, `bytes` of length, and the text by zlib. */
static struct dts_slice pack(const char *text, size_t len, unsigned first, unsigned bytes, bool raw)
{
	static struct dts_buf b;
	z_stream z = {0};

	dts_buf_clear(&b);
	dts_buf_addc(&b, (char)(first | bytes));
	for (unsigned i = bytes; i-- > 0;)
		dts_buf_addc(&b, (char)(len >> 8 * i));
	dts_buf_reserve(&b, len + 100);
	deflateInit2(&z, 6, Z_DEFLATED, raw ? -MAX_WBITS : MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (unsigned char *)(uintptr_t)text;
	z.avail_in = (unsigned)len;
	z.next_out = (unsigned char *)b.data + b.len;
	z.avail_out = (unsigned)(b.cap - b.len);
	CHECK_INT(Z_STREAM_END, deflate(&z, Z_FINISH));
	b.len += z.total_out;
	deflateEnd(&z);
	return dts_buf_slice(&b);
}

static char text[100000];

static void test_events_of_mariadb(void)
{
	struct dts_inflate z = {0};
	struct dts_slice plain, packed;

	memset(text, 'x', sizeof text);
	for (unsigned bytes = 1; bytes <= 4; bytes++) {
		size_t len = bytes == 1 ? 200 : bytes == 2 ? 65000 : sizeof text;
		REQUIRE(dts_inflate_event(&z, pack(text, len, 0x80, bytes, false), &plain, &err) == 0);
		CHECK_MEM(text, len, plain.p, plain.len);
	}
	/* Cut anywhere, longer than it says, shorter, of another method, with no length. */
	packed = pack(text, 1000, 0x80, 2, false);
	for (size_t cut = 0; cut < packed.len; cut++)
		CHECK_INT(-1, dts_inflate_event(&z, dts_slice(packed.p, cut), &plain, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	((char *)(uintptr_t)packed.p)[2] ^= 1;
	CHECK_INT(-1, dts_inflate_event(&z, packed, &plain, &err));
	((char *)(uintptr_t)packed.p)[1] ^= 1;
	CHECK_INT(-1, dts_inflate_event(&z, packed, &plain, &err));
	CHECK_INT(-1, dts_inflate_event(&z, pack(text, 100, 0x90, 1, false), &plain, &err));
	CHECK_INT(-1, dts_inflate_event(&z, pack(text, 100, 0x80, 0, false), &plain, &err));
	/* It may say that it is huge: nothing is made room for then. */
	CHECK_INT(-1, dts_inflate_event(&z, dts_slice("\x84\x7f\xff\xff\xff" "abc", 8), &plain, &err));
	CHECK(z.out.cap < 1 << 20);
	dts_inflate_release(&z);
}

static void test_values_of_mariadb(void)
{
	struct dts_inflate z = {0};
	struct dts_slice plain;

	REQUIRE(dts_inflate_value(&z, dts_slice("", 0), &plain));
	CHECK_INT(0, plain.len);
	REQUIRE(dts_inflate_value(&z, dts_slice("\0abc", 4), &plain));
	CHECK_MEM("abc", 3, plain.p, plain.len);
	REQUIRE(dts_inflate_value(&z, pack(text, 300, 0x88, 2, true), &plain));
	CHECK_MEM(text, 300, plain.p, plain.len);
	REQUIRE(dts_inflate_value(&z, pack(text, 300, 0x80, 2, false), &plain));
	CHECK_MEM(text, 300, plain.p, plain.len);
	CHECK(!dts_inflate_value(&z, pack(text, 300, 0x80, 2, true), &plain));
	CHECK(!dts_inflate_value(&z, dts_slice("\1abc", 4), &plain));
	CHECK(!dts_inflate_value(&z, dts_slice("\x90" "abc", 4), &plain));
	dts_inflate_release(&z);
}

/* --- MySQL's transactions */

static struct dts_buf events;

static void add_event(size_t size, char fill)
{
	size_t at = events.len;

	dts_buf_reserve(&events, size);
	memset(events.data + at, fill, size);
	for (unsigned i = 0; i < 4; i++)
		events.data[at + 9 + i] = (char)(size >> 8 * i);
	events.len += size;
}

static void add_packed(struct dts_buf *b, uint64_t n)
{
	dts_buf_addc(b, (char)254);
	for (unsigned i = 0; i < 8; i++)
		dts_buf_addc(b, (char)(n >> 8 * i));
}

static void add_field(struct dts_buf *b, unsigned type, uint64_t n)
{
	dts_buf_addc(b, (char)type);
	dts_buf_addc(b, 9);
	add_packed(b, n);
}

/* The body of an event with what is in `events`; as much as `size` is said to be. */
static struct dts_slice payload(unsigned compression, uint64_t size)
{
	static struct dts_buf b, packed;

	dts_buf_clear(&packed);
	if (compression == 0) {
		dts_buf_reserve(&packed, ZSTD_compressBound(events.len));
		packed.len = ZSTD_compress(packed.data, packed.cap, events.data, events.len, 3);
	} else {
		dts_buf_add_slice(&packed, dts_buf_slice(&events));
	}
	dts_buf_clear(&b);
	add_field(&b, 3, size);
	add_field(&b, 77, 1); /* who does not know it passes it over */
	add_field(&b, 2, compression);
	add_field(&b, 1, packed.len);
	dts_buf_addc(&b, 0);
	dts_buf_add_slice(&b, dts_buf_slice(&packed));
	return dts_buf_slice(&b);
}

static const size_t sizes[] = {19, 20, 1000, 130000, 131072, 131073, 1 << 20, 19, 500000};

static void test_transactions_of_mysql(void)
{
	struct dts_payload p = {0};
	struct dts_slice event;

	dts_buf_clear(&events);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		add_event(sizes[i], (char)('a' + i));
	for (int round = 0; round < 4; round++) {
		REQUIRE(dts_payload_open(&p, payload(round & 1 ? 255 : 0, events.len), &err) == 0);
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			REQUIRE(dts_payload_next(&p, &event, &err) == 1);
			CHECK_INT(sizes[i], event.len);
			CHECK_INT('a' + i, event.p[0]);
			CHECK_INT('a' + i, event.p[event.len - 1]);
		}
		CHECK(p.open);
		CHECK_INT(0, dts_payload_next(&p, &event, &err));
		CHECK(!p.open);
	}
	dts_payload_release(&p);
}

/* Takes all out; false where it failed. */
static bool takes(struct dts_slice body)
{
	struct dts_payload p = {0};
	struct dts_slice event;
	int rc = dts_payload_open(&p, body, &err);

	if (rc == 0)
		while ((rc = dts_payload_next(&p, &event, &err)) > 0)
			;
	CHECK(!p.open);
	dts_payload_release(&p);
	return rc == 0;
}

static void test_malformed_transactions(void)
{
	struct dts_slice body;

	dts_buf_clear(&events);
	add_event(100, 'a');
	add_event(5000, 'b');
	for (unsigned compression = 0; compression <= 255; compression += 255) {
		CHECK(takes(payload(compression, events.len)));
		body = payload(compression, events.len);
		for (size_t cut = 0; cut < body.len; cut++)
			CHECK(!takes(dts_slice(body.p, cut)));
		CHECK_INT(DTS_BAD_INPUT, err.status);
		events.len -= 1;
		CHECK(!takes(payload(compression, events.len)));
		events.len += 1;
	}
	CHECK(!takes(payload(0, events.len - 1)));
	CHECK(!takes(payload(0, events.len + 1)));
	CHECK(!takes(payload(7, events.len)));
	/* An event that is shorter than its own header. */
	events.data[9] = 18;
	CHECK(!takes(payload(0, events.len)));
	dts_buf_clear(&events);
	CHECK(takes(payload(0, 0)));
	CHECK(takes(payload(255, 0)));
}

int main(void)
{
	RUN(test_events_of_mariadb);
	RUN(test_values_of_mariadb);
	RUN(test_transactions_of_mysql);
	RUN(test_malformed_transactions);
	dts_buf_release(&events);
	return unit_done();
}
