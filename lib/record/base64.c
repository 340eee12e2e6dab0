#include "record/json.h"

#include <pthread.h>

static const char digits[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Both digits of 12 bits. */
static char pairs[4096][2];

static void fill_pairs(void)
{
	for (unsigned i = 0; i < 4096; i++) {
		pairs[i][0] = digits[i >> 6];
		pairs[i][1] = digits[i & 63];
	}
}

void dts_json_add_bytes(struct dts_buf *b, struct dts_slice bytes)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t left = bytes.len;

	pthread_once(&once, fill_pairs);
	dts_buf_reserve(b, bytes.len / 3 * 4 + 32);
	dts_buf_add(b, "{\"base64\":\"", 11);
	char *to = b->data + b->len;
	for (; left >= 3; left -= 3, p += 3) {
		unsigned bits = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
		memcpy(to, pairs[bits >> 12], 2);
		memcpy(to + 2, pairs[bits & 0xfff], 2);
		to += 4;
	}
	if (left > 0) {
		unsigned second = left == 2 ? p[1] : 0;
		*to++ = digits[p[0] >> 2];
		*to++ = digits[(p[0] & 3) << 4 | second >> 4];
		*to++ = left == 2 ? digits[(second & 15) << 2] : '=';
		*to++ = '=';
	}
	b->len = (size_t)(to - b->data);
	dts_buf_add(b, "\"}", 2);
}

static int digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Only the one canonical text of some bytes is accepted: padded, no spare bits. */
static int decode(struct dts_slice text, struct dts_buf *out)
{
	size_t pad = 0;

	if (text.len % 4 != 0)
		return -1;
	if (text.len > 0 && text.p[text.len - 1] == '=')
		pad = text.p[text.len - 2] == '=' ? 2 : 1;
	dts_buf_reserve(out, text.len / 4 * 3);
	char *to = out->data ? out->data + out->len : NULL;
	for (size_t i = 0; i < text.len; i += 4) {
		size_t count = i + 4 == text.len ? 4 - pad : 4; /* digits in this group */
		uint32_t bits = 0;
		for (size_t j = 0; j < 4; j++) {
			int value = j < count ? digit_value(text.p[i + j]) : 0;
			if (value < 0)
				return -1;
			bits = bits << 6 | (uint32_t)value;
		}
		if ((count == 3 && bits & 0xff) || (count == 2 && bits & 0xffff))
			return -1;
		*to++ = (char)(bits >> 16);
		if (count > 2)
			*to++ = (char)(bits >> 8);
		if (count > 3)
			*to++ = (char)bits;
	}
	if (to)
		out->len = (size_t)(to - out->data);
	return 1;
}

int dts_json_bytes(struct dts_json value, struct dts_buf *out)
{
	struct dts_slice key;
	struct dts_json member, more;

	if (value.type != DTS_JSON_OBJECT)
		return 0;
	struct dts_json_walk w = dts_json_walk(value.raw);
	if (!dts_json_member(&w, &key, &member) || !dts_json_key_is(key, "base64") ||
	    dts_json_member(&w, &key, &more))
		return 0;
	if (member.type != DTS_JSON_STRING)
		return -1;
	struct dts_buf scratch = {0};
	int rc = decode(dts_json_string(member.raw, &scratch), out); /* someone may write \/ */
	dts_buf_release(&scratch);
	return rc;
}
