#ifndef DTS_MYSQL_PACKETS_H
#define DTS_MYSQL_PACKETS_H

#include <sys/types.h>

#include "base/buf.h"

/*
 * The packets of the client/server protocol, taken apart where they were received: no
 * byte is copied but those of a packet that a read has cut in two. MariaDB Knowledge Base,
 * "0 - Packet" and "Result Set Packets"; MySQL Source Code Documentation, "MySQL Packets".
 */
struct dts_packets {
	/* Up to `room` bytes as they come: how many, 0 at their end, -1. */
	ssize_t (*read)(void *from, char *to, size_t room);
	void *from;
	uint8_t number; /* of the next packet */
	char *data;     /* of `cap` bytes, those in [at, end) not looked at yet */
	size_t cap, at, end;
};

/* Begins with the packet of that number; keeps the memory that it has. All zero before the first time. */
void dts_packets_start(struct dts_packets *p, ssize_t (*read)(void *, char *, size_t), void *from, uint8_t number);
void dts_packets_release(struct dts_packets *p);

/* As dts_packets_next(), where the packet is not simply there. */
int dts_packets_wait(struct dts_packets *p, struct dts_slice *payload);

enum { DTS_PACKETS_LARGEST = (1 << 30) + (1 << 16) }; /* bytes: 1 GiB, and what stands around a row or an event of that size */

/* The next packet's payload, those of 16 MiB - 1 with what follows them in one;
 * borrowed until the next call. 1; 0 where the bytes end or cannot be read; -1: these are no such packets; -2: it is larger. */
static inline int dts_packets_next(struct dts_packets *p, struct dts_slice *payload)
{
	const unsigned char *head = (const unsigned char *)p->data + p->at;

	if (p->end - p->at >= 4) {
		size_t len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
		if (len < 0xffffff && len <= p->end - p->at - 4 && head[3] == p->number) {
			*payload = dts_slice((const char *)head + 4, len);
			p->number++;
			p->at += len + 4;
			return 1;
		}
	}
	return dts_packets_wait(p, payload);
}

/* What a result says of a column that matters for its rows' bytes. */
struct dts_wire {
	uint8_t type;     /* enum enum_field_types */
	bool is_unsigned;
	uint8_t width;    /* bytes of a value, 0: its length is in front of it */
};

/* From a column definition (Protocol::ColumnDefinition41). False if it is none. */
bool dts_packet_column(struct dts_slice payload, struct dts_wire *wire);

/* A row in binary form ("Binary Protocol Resultset Row"): where the bytes of its `count`
 * values are, NULL for one that is null. False if it is no such row. */
bool dts_packet_row(struct dts_slice payload, const struct dts_wire *wires, size_t count, char **row, unsigned long *lengths);

#endif
