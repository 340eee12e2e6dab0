#ifndef DTS_RECORD_MOMENT_H
#define DTS_RECORD_MOMENT_H

#include "base/buf.h"

/* A date, a time or both, taken apart. Zero and partial dates are such, too. */
struct dts_moment {
	bool negative; /* of a time */
	uint32_t year, month, day, hour, minute, second;
	uint32_t fraction; /* of a second, in units of 10^-decimals */
};

enum dts_moment_kind { DTS_MOMENT_DATE, DTS_MOMENT_TIME, DTS_MOMENT_DATETIME };

/* Appends the text that the server has for it, with so many digits (0 to 6) of the fraction: "2024-02-29 23:59:59.5",
 * "-838:59:59". False, and nothing appended: there is no such date or time. */
bool dts_moment_add(struct dts_buf *out, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals);

/* The same at p, where there is room for so many bytes; where it ends, or NULL. */
enum { DTS_MOMENT_MAX = 40 };
char *dts_moment_put(char *p, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals);

/* As dts_moment_add(), in quotes. */
bool dts_moment_add_quoted(struct dts_buf *out, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals);

/* Takes seconds since 1970 apart, of UTC; the rest stays. Up to the year 9999. */
void dts_moment_from_seconds(struct dts_moment *m, uint64_t seconds);

#endif
