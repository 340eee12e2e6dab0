#include "binlog/jsonb.h"

#include "binlog/decimal.h"
#include "binlog/temporal.h"
#include "charset/charset.h"
#include "record/json.h"

enum {
	SMALL_OBJECT = 0,
	LARGE_OBJECT = 1,
	SMALL_ARRAY = 2,
	LARGE_ARRAY = 3,
	LITERAL = 4,
	INT16 = 5,
	UINT16 = 6,
	INT32 = 7,
	UINT32 = 8,
	INT64 = 9,
	UINT64 = 10,
	DOUBLE = 11,
	STRING = 12,
	OPAQUE = 15,
};

enum { MAX_DEPTH = 100 }; /* the server's */

/*
 * Parts of a document are found by offsets, so bytes made up by somebody could use
 * a part many times over. In a real one no byte is used twice: `budget` counts them.
 */
struct reader {
	struct dts_buf *out;
	size_t budget;
};

static bool spend(struct reader *r, size_t bytes)
{
	if (bytes > r->budget)
		return false;
	r->budget -= bytes;
	return true;
}

/* Text within quotes within the record's string: what JSON escapes has its
 * backslash escaped in turn. */
static bool add_string(struct dts_buf *out, struct dts_slice text)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	size_t from = 0;

	if (!dts_utf8_valid(text.p, text.len))
		return false;
	dts_buf_add(out, "\\\"", 2);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		dts_buf_add(out, text.p + from, i - from);
		from = i + 1;
		dts_buf_add(out, "\\\\", 2);
		if (c >= 0x20) {
			dts_buf_addc(out, '\\');
			dts_buf_addc(out, (char)c);
		} else if (names[c]) {
			dts_buf_addc(out, names[c]);
		} else {
			dts_buf_add(out, "u00", 3);
			dts_buf_addc(out, hex[c >> 4]);
			dts_buf_addc(out, hex[c & 15]);
		}
	}
	dts_buf_add(out, text.p + from, text.len - from);
	dts_buf_add(out, "\\\"", 2);
	return true;
}

static void add_zeros(struct dts_buf *out, int n)
{
	while (n-- > 0)
		dts_buf_addc(out, '0');
}

/* A number: 0.DIGITS * 10^point, without zeros at either end; no digits: zero. */
struct decimal {
	char digits[32];
	int count, point;
	bool negative;
};

/* The shortest one that gives the double back. */
static void shortest(struct decimal *n, double d)
{
	char text[64];
	struct dts_buf b = {.data = text, .cap = sizeof text};
	bool fraction = false, below = false;
	int exponent = 0;
	size_t i = 0;

	dts_json_add_double(&b, d);
	*n = (struct decimal){.negative = text[0] == '-'};
	for (i = n->negative; i < b.len && text[i] != 'e'; i++) {
		if (text[i] == '.') {
			fraction = true;
		} else if (n->count == 0 && text[i] == '0') {
			n->point -= fraction;
		} else {
			n->digits[n->count++] = text[i];
			n->point += !fraction;
		}
	}
	for (i++; i < b.len; i++) {
		if (text[i] >= '0' && text[i] <= '9')
			exponent = exponent * 10 + (text[i] - '0');
		else
			below = text[i] == '-';
	}
	n->point += below ? -exponent : exponent;
	while (n->count > 0 && n->digits[n->count - 1] == '0')
		n->count--;
}

/*
 * The server lays the digits out with an exponent when the point stands more than 14
 * zeros before them or a whole number has more than 15; and with ".0" behind what would
 * look like an integer (my_gcvt()).
 */
static bool add_double(struct dts_buf *out, uint64_t bits)
{
	struct decimal n;
	double d;

	memcpy(&d, &bits, sizeof d);
	if ((bits >> 52 & 0x7ff) == 0x7ff) /* infinite or not a number */
		return false;
	shortest(&n, d);
	if (n.negative)
		dts_buf_addc(out, '-');
	if (n.count == 0) {
		dts_buf_add(out, "0.0", 3);
	} else if (n.point < -14 || (n.point > 15 && n.count <= n.point)) {
		dts_buf_addc(out, n.digits[0]);
		if (n.count > 1)
			dts_buf_addc(out, '.');
		dts_buf_add(out, n.digits + 1, (size_t)n.count - 1);
		dts_buf_addc(out, 'e');
		dts_buf_addi(out, n.point - 1);
	} else if (n.point <= 0) {
		dts_buf_add(out, "0.", 2);
		add_zeros(out, -n.point);
		dts_buf_add(out, n.digits, (size_t)n.count);
	} else if (n.count <= n.point) {
		dts_buf_add(out, n.digits, (size_t)n.count);
		add_zeros(out, n.point - n.count);
		dts_buf_add(out, ".0", 2);
	} else {
		dts_buf_add(out, n.digits, (size_t)n.point);
		dts_buf_addc(out, '.');
		dts_buf_add(out, n.digits + n.point, (size_t)(n.count - n.point));
	}
	return true;
}

/* A length in groups of seven bits, lowest first; the top bit says that more follow. */
static size_t variable_length(struct dts_bytes *b)
{
	uint64_t n = 0;
	uint8_t byte;
	unsigned shift = 0;

	do {
		byte = dts_bytes_u8(b);
		n |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && shift < 35);
	if (byte & 0x80 || n > UINT32_MAX)
		b->bad = true;
	return (size_t)n;
}

static bool add_decimal(struct dts_buf *out, struct dts_slice data)
{
	struct dts_bytes b = dts_bytes(data);
	uint8_t digits = dts_bytes_u8(&b), decimals = dts_bytes_u8(&b);

	if (b.bad || digits < 1 || digits > 65 || decimals > digits)
		return false;
	dts_buf_reserve(out, DTS_DECIMAL_MAX);
	char *end = dts_decimal_put(out->data + out->len, digits, decimals, &b);
	if (!end || b.bad || dts_bytes_left(&b) > 0)
		return false;
	out->len = (size_t)(end - out->data);
	return true;
}

/* Base64 as the server has it: in lines of 76 digits, whose ends it escapes. */
static void add_base64(struct dts_buf *out, struct dts_slice data)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < data.len; i += 3) {
		size_t n = data.len - i < 3 ? data.len - i : 3;
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < n ? (uint8_t)data.p[i + k] : 0);
		if (i > 0 && i % 57 == 0)
			dts_buf_add(out, "\\\\n", 3);
		for (size_t k = 0; k < 4; k++)
			dts_buf_addc(out, k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=');
	}
}

/* What JSON has no type for: the type's number and its bytes. */
static bool add_opaque(struct dts_buf *out, uint8_t type, struct dts_slice data)
{
	struct dts_bytes b = dts_bytes(data);
	bool fine = true;

	switch (type) {
	case DTS_LOG_NEWDECIMAL:
		return add_decimal(out, data);
	case DTS_LOG_DATE:
	case DTS_LOG_TIME:
	case DTS_LOG_DATETIME:
	case DTS_LOG_TIMESTAMP:
		dts_buf_add(out, "\\\"", 2);
		fine = data.len == 8 && dts_temporal_add_packed(out, type, (int64_t)dts_bytes_u64(&b));
		dts_buf_add(out, "\\\"", 2);
		return fine;
	default:
		dts_buf_adds(out, "\\\"base64:type");
		dts_buf_addu(out, type);
		dts_buf_addc(out, ':');
		add_base64(out, data);
		dts_buf_add(out, "\\\"", 2);
		return true;
	}
}

static bool add_literal(struct dts_buf *out, uint64_t value)
{
	static const char *const words[] = {"null", "true", "false"};

	if (value > 2)
		return false;
	dts_buf_adds(out, words[value]);
	return true;
}

static bool add_value(struct reader *r, uint8_t type, struct dts_bytes b, unsigned depth);

/* A scalar that `b` begins with; spends its bytes. */
static bool add_scalar(struct reader *r, uint8_t type, struct dts_bytes b)
{
	size_t before = dts_bytes_left(&b);
	struct dts_slice data;
	uint8_t kind = 0;
	uint64_t v;

	switch (type) {
	case LITERAL:
		v = dts_bytes_u8(&b);
		return !b.bad && spend(r, 1) && add_literal(r->out, v);
	case INT16:
		dts_buf_addi(r->out, (int16_t)dts_bytes_u16(&b));
		break;
	case UINT16:
		dts_buf_addu(r->out, dts_bytes_u16(&b));
		break;
	case INT32:
		dts_buf_addi(r->out, (int32_t)dts_bytes_u32(&b));
		break;
	case UINT32:
		dts_buf_addu(r->out, dts_bytes_u32(&b));
		break;
	case INT64:
		dts_buf_addi(r->out, (int64_t)dts_bytes_u64(&b));
		break;
	case UINT64:
		dts_buf_addu(r->out, dts_bytes_u64(&b));
		break;
	case DOUBLE:
		v = dts_bytes_u64(&b);
		if (b.bad || !add_double(r->out, v))
			return false;
		break;
	case STRING:
	case OPAQUE:
		if (type == OPAQUE)
			kind = dts_bytes_u8(&b);
		v = variable_length(&b);
		data = dts_bytes_take(&b, (size_t)v);
		if (b.bad || !spend(r, before - dts_bytes_left(&b)))
			return false;
		return type == STRING ? add_string(r->out, data) : add_opaque(r->out, kind, data);
	default:
		return false;
	}
	return !b.bad && spend(r, before - dts_bytes_left(&b));
}

/* Does the value stand in its entry instead of an offset? */
static bool is_inlined(uint8_t type, bool large)
{
	return type == LITERAL || type == INT16 || type == UINT16 || (large && (type == INT32 || type == UINT32));
}

/*
 * An object or an array: number of members, size in bytes; of an object offset and length of
 * each key; of each value type and offset, or the value itself. Offsets count from the start.
 */
static bool add_members(struct reader *r, bool object, bool large, struct dts_bytes b, unsigned depth)
{
	unsigned width = large ? 4 : 2;
	struct dts_bytes whole = b, keys;
	uint64_t count = dts_bytes_uint(&b, width), size = dts_bytes_uint(&b, width);

	if (b.bad || size > dts_bytes_left(&whole) || size < 2 * width)
		return false;
	whole.end = whole.p + size;
	b.end = whole.end;
	if (count > dts_bytes_left(&b) / (1 + width + (object ? width + 2 : 0)) ||
	    !spend(r, 2 * width + (size_t)count * (1 + width + (object ? width + 2 : 0))))
		return false;
	keys = b;
	if (object)
		dts_bytes_take(&b, (size_t)count * (width + 2));
	dts_buf_addc(r->out, object ? '{' : '[');
	for (uint64_t i = 0; i < count; i++) {
		struct dts_bytes at = whole;
		uint8_t type;

		if (i > 0)
			dts_buf_add(r->out, ", ", 2);
		if (object) {
			struct dts_slice key;

			dts_bytes_take(&at, (size_t)dts_bytes_uint(&keys, width));
			key = dts_bytes_take(&at, dts_bytes_u16(&keys));
			if (at.bad || !spend(r, key.len) || !add_string(r->out, key))
				return false;
			dts_buf_add(r->out, ": ", 2);
			at = whole;
		}
		type = dts_bytes_u8(&b);
		if (is_inlined(type, large)) {
			size_t budget = r->budget;

			at = b;
			at.end = at.p + (dts_bytes_left(&b) < width ? 0 : width);
			r->budget += width; /* its entry is paid */
			if (!add_scalar(r, type, at))
				return false;
			r->budget = budget;
		} else {
			struct dts_bytes offset = b;

			dts_bytes_take(&at, (size_t)dts_bytes_uint(&offset, width));
			if (at.bad || !add_value(r, type, at, depth))
				return false;
		}
		dts_bytes_take(&b, width);
	}
	dts_buf_addc(r->out, object ? '}' : ']');
	return true;
}

static bool add_value(struct reader *r, uint8_t type, struct dts_bytes b, unsigned depth)
{
	if (type > LARGE_ARRAY)
		return add_scalar(r, type, b);
	if (depth >= MAX_DEPTH)
		return false;
	return add_members(r, type <= LARGE_OBJECT, type == LARGE_OBJECT || type == LARGE_ARRAY, b, depth + 1);
}

bool dts_jsonb_add(struct dts_buf *out, struct dts_slice bytes)
{
	struct dts_bytes b = dts_bytes(bytes);
	struct reader r = {.out = out, .budget = bytes.len};
	bool fine;

	dts_buf_addc(out, '"');
	if (bytes.len == 0) {
		dts_buf_adds(out, "null");
		fine = true;
	} else {
		uint8_t type = dts_bytes_u8(&b);

		fine = add_value(&r, type, b, 0);
	}
	dts_buf_addc(out, '"');
	return fine;
}
