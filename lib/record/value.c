#include "record/value.h"

/* Turns the plain text behind `from` into the inside of a JSON string. Rarely
 * is there something to escape; then the string is written behind the text and
 * moved over it. */
static void quote_tail(struct dts_buf *b, size_t from)
{
	size_t len = b->len - from;

	/* Room for both first, so that the text does not move while it is read. */
	dts_buf_reserve(b, len * 6 + 34);
	size_t at = b->len;
	dts_json_add_string(b, dts_slice(b->data + from, len));
	memmove(b->data + from, b->data + at, b->len - at);
	b->len = from + b->len - at;
}

/* Most text is ASCII: looked at once, while it is copied. What is behind that is looked at
 * before. False, and nothing added, where it is no UTF-8 of this set. */
static bool add_utf8(struct dts_buf *b, const struct dts_charset *cs, struct dts_slice bytes)
{
	size_t from = b->len;

	dts_buf_addc(b, '"');
	size_t ascii = dts_json_add_ascii(b, bytes);
	if (ascii < bytes.len) {
		struct dts_slice rest = dts_slice(bytes.p + ascii, bytes.len - ascii);
		if (!dts_charset_passes(cs, rest)) {
			b->len = from;
			return false;
		}
		dts_json_add_inside(b, rest);
	}
	dts_buf_addc(b, '"');
	return true;
}

void dts_value_add_text(struct dts_buf *b, const struct dts_charset *cs, struct dts_slice bytes)
{
	size_t from = b->len;
	bool utf8 = cs && dts_charset_is_utf8(cs);

	if (utf8 && add_utf8(b, cs, bytes))
		return;
	if (cs && !utf8 && dts_charset_to_utf8(cs, bytes, b)) {
		quote_tail(b, from);
		return;
	}
	bool ascii = !cs;
	for (size_t i = 0; i < bytes.len && ascii; i++)
		ascii = (unsigned char)bytes.p[i] < 0x80;
	if (ascii)
		dts_json_add_string(b, bytes);
	else
		dts_json_add_bytes(b, bytes);
}

void dts_value_add_binary(struct dts_buf *b, struct dts_slice bytes, size_t length)
{
	if (bytes.len >= length) {
		dts_json_add_bytes(b, bytes);
		return;
	}
	/* The padded bytes stand in the buffer while they are written behind. */
	dts_buf_reserve(b, length + length / 3 * 4 + 64);
	size_t from = b->len;
	dts_buf_add_slice(b, bytes);
	memset(b->data + b->len, 0, length - bytes.len);
	b->len = from + length;
	dts_json_add_bytes(b, dts_slice(b->data + from, length));
	b->len -= length;
	memmove(b->data + from, b->data + from + length, b->len - from);
}

int dts_value_add_enum(struct dts_buf *b, const struct dts_column *c, uint64_t index)
{
	if (index > c->label_count)
		return -1;
	if (index == 0)
		dts_buf_addc(b, '0');
	else
		dts_json_add_string(b, c->labels[index - 1]);
	return 0;
}

int dts_value_add_set(struct dts_buf *b, const struct dts_column *c, uint64_t bits)
{
	bool first = true;

	if (c->label_count < 64 && bits >> c->label_count != 0)
		return -1;
	if (bits == 0)
		dts_buf_adds(b, "\"\"");
	/* A member '' by itself would look like none. */
	if (bits != 0 && (bits & (bits - 1)) == 0 && c->labels[__builtin_ctzll(bits)].len == 0) {
		dts_json_add_u64(b, bits);
		return 0;
	}
	for (size_t i = 0; i < c->label_count && i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		if (first) {
			dts_json_add_string(b, c->labels[i]);
			first = false;
			continue;
		}
		/* One string: the label's own quotes give way. */
		size_t at = --b->len;
		dts_json_add_string(b, c->labels[i]);
		b->data[at] = ',';
	}
	return 0;
}

void dts_value_add_integer_text(struct dts_buf *b, struct dts_slice digits)
{
	static const char limit[] = "9007199254740992"; /* 2^53 */
	bool negative = digits.len > 0 && digits.p[0] == '-';

	if (negative) {
		digits.p++;
		digits.len--;
	}
	/* ZEROFILL columns come with their zeros, which JSON does not allow. */
	while (digits.len > 1 && digits.p[0] == '0') {
		digits.p++;
		digits.len--;
	}
	bool exact = digits.len < 16 || (digits.len == 16 && memcmp(digits.p, limit, 16) < 0);
	if (!exact)
		dts_buf_addc(b, '"');
	if (negative)
		dts_buf_addc(b, '-');
	dts_buf_add_slice(b, digits);
	if (!exact)
		dts_buf_addc(b, '"');
}
