#ifndef DTS_RECORD_FLOATING_H
#define DTS_RECORD_FLOATING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Between the decimal text of floating-point numbers and their bits: exactly, and
 * without the C library, to which a number costs as much as a row to us. */

/* `digits` * 10^`exponent`; no zero at the end of the digits but for 0. */
struct dts_decimal {
	uint64_t digits;
	int exponent;
};

/*
 * The number of the fewest digits that reads back to the same bits as a double, or as
 * a float; of several the nearest. `x` is finite; its sign does not count. The way is that of Raffaello
 * Giulietti, "The Schubfach way to render doubles" (2020).
 */
struct dts_decimal dts_shortest_double(double x);
struct dts_decimal dts_shortest_float(float x);

/* JSON's number or what servers send ("-1.5", "1e100", "1.5e-7", "2.5e+20"), all of `text`, rounded once, to even.
 * False where that is no number, or too large for one. */
bool dts_parse_double(struct dts_slice text, double *x);

/* Not for others: [k + 292] has the 128 highest bits of 10^k, rounded up, the higher half first. */
extern const uint64_t dts_powers_of_ten[617][2];

#endif
