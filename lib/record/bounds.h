#ifndef DTS_RECORD_BOUNDS_H
#define DTS_RECORD_BOUNDS_H

#include "record/position.h"

/*
 * Where to start and stop, as the options of all readers say it: --start-position, --stop-gtid, --start-time and their
 * kin. `option` is the name for messages, with its dashes. -1: DTS_USAGE.
 */
int dts_bound_position(struct dts_position *pos, const char *option, const char *text, struct dts_error *err);
int dts_bound_gtids(struct dts_gtids *g, const char *option, const char *text, struct dts_error *err); /* empty is none */
int dts_bound_time(uint64_t *micro, const char *option, const char *text, struct dts_error *err); /* microseconds since 1970 */

#endif
