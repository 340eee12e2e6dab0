#ifndef DTS_BINLOG_INFLATE_H
#define DTS_BINLOG_INFLATE_H

#include "base/buf.h"
#include "base/error.h"

/*
 * What MariaDB compresses by zlib: events under log_bin_compress (sql/log_event.cc,
 * binlog_buf_compress) and values of COMPRESSED columns (sql/field_comp.cc). Both begin with a byte
 * that says how, and in how many bytes the length follows, the highest first. All zero is ready for use.
 */
struct dts_inflate {
	void *stream; /* kept from one call to the next */
	struct dts_buf out;
};

void dts_inflate_release(struct dts_inflate *z);

/* The bytes of a compressed event's part, borrowed until the next call. -1 (DTS_BAD_INPUT). */
int dts_inflate_event(struct dts_inflate *z, struct dts_slice packed, struct dts_slice *plain, struct dts_error *err);

/* The bytes of a column's value, which may be stored as they are. False: malformed. */
bool dts_inflate_value(struct dts_inflate *z, struct dts_slice packed, struct dts_slice *plain);

#endif
