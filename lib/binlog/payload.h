#ifndef DTS_BINLOG_PAYLOAD_H
#define DTS_BINLOG_PAYLOAD_H

#include "base/buf.h"
#include "base/error.h"

/*
 * A transaction that MySQL has compressed: TRANSACTION_PAYLOAD, whose events come out one
 * by one, so that no more than one of them and a window of zstd's is held, however large the whole is. Format: MySQL Source
 * Code Documentation, "mysql::binlog::event::Transaction_payload_event": fields of type, length and
 * value, packed integers all, then the payload; the events in it have no checksums. All zero is ready for use.
 */
struct dts_payload {
	bool open;
	void *stream; /* of zstd, kept from one to the next; NULL as long as nothing was compressed */
	bool stored;  /* the payload is not compressed */
	bool ended;   /* all was taken out */
	struct dts_slice in; /* what was not taken yet; borrowed */
	uint64_t size, taken; /* bytes of events: as it says, and so far */
	struct dts_buf out;   /* those that are out; the ones before `at` have been used */
	size_t at;
};

void dts_payload_release(struct dts_payload *p);

/* Begins with the body of such an event, which is borrowed until the end. -1 (DTS_BAD_INPUT). */
int dts_payload_open(struct dts_payload *p, struct dts_slice body, struct dts_error *err);

/* The next event, whole, borrowed until the next call: 1; 0: there is none any more; -1 (DTS_BAD_INPUT). */
int dts_payload_next(struct dts_payload *p, struct dts_slice *event, struct dts_error *err);

/* Gives up what is left. */
void dts_payload_close(struct dts_payload *p);

#endif
