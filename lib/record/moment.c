#include "record/moment.h"

#include "base/put.h"

static const uint32_t power10[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static inline char *put_date(char *p, const struct dts_moment *m)
{
	p = dts_put_pair(p, m->year / 100);
	p = dts_put_pair(p, m->year % 100);
	*p++ = '-';
	p = dts_put_pair(p, m->month);
	*p++ = '-';
	return dts_put_pair(p, m->day);
}

static inline char *put_clock(char *p, const struct dts_moment *m, unsigned decimals)
{
	uint32_t hour = m->hour;

	if (hour > 99) {
		*p++ = (char)('0' + hour / 100);
		hour %= 100;
	}
	p = dts_put_pair(p, hour);
	*p++ = ':';
	p = dts_put_pair(p, m->minute);
	*p++ = ':';
	p = dts_put_pair(p, m->second);
	if (decimals == 0)
		return p;
	*p++ = '.';
	return dts_put_digits(p, m->fraction, decimals);
}

static bool is_date(const struct dts_moment *m)
{
	return m->year <= 9999 && m->month <= 12 && m->day <= 31;
}

static bool is_clock(const struct dts_moment *m, uint32_t most_hours, unsigned decimals)
{
	return m->hour <= most_hours && m->minute <= 59 && m->second <= 59 && m->fraction < power10[decimals];
}

char *dts_moment_put(char *p, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals)
{
	if (decimals > 6)
		return NULL;
	if (kind == DTS_MOMENT_TIME) {
		if (!is_clock(m, 999, decimals))
			return NULL;
		if (m->negative)
			*p++ = '-';
		return put_clock(p, m, decimals);
	}
	if (!is_date(m) || m->negative)
		return NULL;
	p = put_date(p, m);
	if (kind == DTS_MOMENT_DATE)
		return p;
	if (!is_clock(m, 23, decimals))
		return NULL;
	*p++ = ' ';
	return put_clock(p, m, decimals);
}

bool dts_moment_add(struct dts_buf *out, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals)
{
	dts_buf_reserve(out, DTS_MOMENT_MAX);
	char *end = dts_moment_put(out->data + out->len, kind, m, decimals);
	if (end)
		out->len = (size_t)(end - out->data);
	return end != NULL;
}

bool dts_moment_add_quoted(struct dts_buf *out, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals)
{
	dts_buf_reserve(out, DTS_MOMENT_MAX + 2);
	char *from = out->data + out->len, *end = dts_moment_put(from + 1, kind, m, decimals);
	if (!end)
		return false;
	*from = *end++ = '"';
	out->len = (size_t)(end - out->data);
	return true;
}

/* Civil-from-days, proleptic Gregorian. */
void dts_moment_from_seconds(struct dts_moment *m, uint64_t seconds)
{
	uint32_t days = (uint32_t)(seconds / 86400), rest = (uint32_t)(seconds % 86400);
	uint32_t z = days + 719468; /* since 0000-03-01 */
	uint32_t era = z / 146097, of_era = z % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * of_year + 2) / 153; /* from March */

	m->day = of_year - (153 * month + 2) / 5 + 1;
	m->month = month < 10 ? month + 3 : month - 9;
	m->year = year + era * 400 + (m->month <= 2);
	m->hour = rest / 3600;
	m->minute = rest / 60 % 60;
	m->second = rest % 60;
}
