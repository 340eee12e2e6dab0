#include "mysql/packets.h"

#include <mysql.h>
#include <stdlib.h>

#include "base/bytes.h"

enum { HEAD = 4, FULL = 0xffffff, READ = 256 << 10, KEEP = 4 << 20, LARGEST = DTS_PACKETS_LARGEST };

void dts_packets_start(struct dts_packets *p, ssize_t (*read)(void *, char *, size_t), void *from, uint8_t number)
{
	if (p->cap > KEEP) { /* a row of many megabytes */
		free(p->data);
		p->data = NULL;
		p->cap = 0;
	}
	if (!p->data)
		p->data = dts_zalloc(1, p->cap = READ);
	p->read = read;
	p->from = from;
	p->number = number;
	p->at = p->end = 0;
}

void dts_packets_release(struct dts_packets *p)
{
	free(p->data);
	*p = (struct dts_packets){0};
}

/* Reads until `need` bytes from `at` on are there. False at the end of the bytes. */
static bool read_up_to(struct dts_packets *p, size_t need)
{
	if (p->end - p->at >= need)
		return true;
	if (p->at > 0) {
		memmove(p->data, p->data + p->at, p->end - p->at);
		p->end -= p->at;
		p->at = 0;
	}
	if (need > p->cap) {
		p->cap = need + need / 8 + READ;
		p->data = dts_realloc(p->data, p->cap);
	}
	while (p->end < need) {
		ssize_t got = p->read(p->from, p->data + p->end, p->cap - p->end);
		if (got <= 0)
			return false;
		p->end += (size_t)got;
	}
	return true;
}

int dts_packets_wait(struct dts_packets *p, struct dts_slice *payload)
{
	size_t whole = 0; /* bytes of the payload, behind the first head */

	for (;;) {
		if (!read_up_to(p, HEAD + whole + (whole > 0 ? HEAD : 0)))
			return 0;
		const unsigned char *head = (const unsigned char *)p->data + p->at + (whole > 0 ? HEAD + whole : 0);
		size_t len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
		size_t heads = whole > 0 ? 2 * HEAD : HEAD;
		if (head[3] != p->number)
			return -1;
		if (whole + len > LARGEST)
			return -2;
		p->number++;
		if (!read_up_to(p, heads + whole + len))
			return 0;
		if (whole > 0) { /* without the head between */
			char *to = p->data + p->at + HEAD + whole;
			memmove(to, to + HEAD, p->end - (p->at + heads + whole));
			p->end -= HEAD;
		}
		whole += len;
		if (len < FULL)
			break;
	}
	*payload = dts_slice(p->data + p->at + HEAD, whole);
	p->at += HEAD + whole;
	return 1;
}

static uint8_t width_of(uint8_t type)
{
	switch (type) {
	case MYSQL_TYPE_TINY:
		return 1;
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_YEAR:
		return 2;
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_FLOAT:
		return 4;
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_DOUBLE:
		return 8;
	default:
		return 0;
	}
}

bool dts_packet_column(struct dts_slice payload, struct dts_wire *wire)
{
	/* Names come first, how many differs; then 12 bytes with their number in front: charset (2),
	 * length (4), type, flags (2), decimals, and two of nothing. */
	enum { FIXED = 12, TYPE = 6, FLAGS = 7, UNSIGNED = 32 };
	const unsigned char *p = (const unsigned char *)payload.p + payload.len - FIXED;

	if (payload.len <= FIXED || p[-1] != FIXED)
		return false;
	*wire = (struct dts_wire){p[TYPE], p[FLAGS] & UNSIGNED, width_of(p[TYPE])};
	return true;
}

/* The bytes behind their length. NULL: there are not so many. */
static const unsigned char *take_counted(const unsigned char *p, const unsigned char *end, unsigned long *len)
{
	if (p == end)
		return NULL;
	if (*p < 251) {
		*len = *p++;
	} else {
		unsigned bytes = *p == 252 ? 2 : *p == 253 ? 3 : *p == 254 ? 8 : 0;
		uint64_t n = 0;
		if (bytes == 0 || (size_t)(end - p) <= bytes)
			return NULL;
		for (unsigned i = bytes; i > 0; i--)
			n = n << 8 | p[i];
		*len = (unsigned long)n;
		p += bytes + 1;
	}
	return *len <= (size_t)(end - p) ? p : NULL;
}

bool dts_packet_row(struct dts_slice payload, const struct dts_wire *wires, size_t count, char **row, unsigned long *lengths)
{
	/* A zero, and a bit for each that is null, from the third on. */
	const unsigned char *nulls = (const unsigned char *)payload.p + 1, *end = nulls + payload.len - 1;
	size_t null_bytes = (count + 9) / 8;

	if (payload.len < 1 + null_bytes || payload.p[0] != 0)
		return false;
	const unsigned char *p = nulls + null_bytes;
	for (size_t i = 0; i < count; i++) {
		if (dts_bit(nulls, i + 2)) {
			row[i] = NULL;
			lengths[i] = 0;
			continue;
		}
		lengths[i] = wires[i].width;
		if (lengths[i] > 0 ? lengths[i] > (size_t)(end - p) : !(p = take_counted(p, end, &lengths[i])))
			return false;
		row[i] = (char *)(uintptr_t)p;
		p += lengths[i];
	}
	return p == end;
}
