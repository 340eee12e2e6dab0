/*
 * Any bytes as what a server sends, in pieces of a size that the first byte says: packets
 * that are the same as in one piece, columns, and rows whose values lie within them, one behind the other.
 */
#include <stdlib.h>

#include "mysql/packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct wire {
	const uint8_t *p, *end;
	size_t piece;
};

static ssize_t give(void *from, char *to, size_t room)
{
	struct wire *w = from;
	size_t n = (size_t)(w->end - w->p);

	if (n > w->piece)
		n = w->piece;
	if (n > room)
		n = room;
	if (n > 0)
		memcpy(to, w->p, n);
	w->p += n;
	return (ssize_t)n;
}

static void expect(bool condition)
{
	if (!condition)
		abort();
}

/* The first packets are columns, up to eight, the others rows of those. */
static void check_packet(struct dts_slice payload, struct dts_wire *wires, size_t *count)
{
	static char *row[8];
	static unsigned long lengths[8];
	const char *p = payload.p, *end = payload.p + payload.len;

	if (*count < 8 && dts_packet_column(payload, &wires[*count]))
		++*count;
	if (!dts_packet_row(payload, wires, *count, row, lengths))
		return;
	for (size_t i = 0; i < *count; i++) {
		if (!row[i])
			continue;
		expect(row[i] >= p && lengths[i] <= (size_t)(end - row[i]));
		p = row[i] + lengths[i];
	}
	expect(p <= end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dts_packets one, two;
	struct dts_slice a, b;
	struct dts_wire wires[8] = {{0}};
	size_t count = 0;
	int rc;

	if (size < 2)
		return 0;
	struct wire whole = {data + 2, data + size, size}, pieces = {data + 2, data + size, data[0] % 64 + 1};
	dts_packets_start(&one, give, &whole, data[1]);
	dts_packets_start(&two, give, &pieces, data[1]);
	do {
		rc = dts_packets_next(&one, &a);
		expect(dts_packets_next(&two, &b) == rc);
		if (rc > 0) {
			expect(dts_slice_eq(a, b));
			check_packet(b, wires, &count);
		}
	} while (rc > 0);
	return 0;
}
