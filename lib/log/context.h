#ifndef DTS_LOG_CONTEXT_H
#define DTS_LOG_CONTEXT_H

#include "log/cursor.h"

/*
 * What is in force where the cursor stands: the last stream record, without newline, and the schema records (schemas.h), each with
 * its newline, both put behind what the buffers hold. With `frame` the place is `skip` bytes inside of the frame at hand,
 * else it is where the next will come.
 */
int dts_log_context(const struct dts_log_cursor *c, bool frame, size_t skip, struct dts_buf *stream, struct dts_buf *schemas,
		    struct dts_error *err);

#endif
