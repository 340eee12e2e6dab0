#include "record/moment.h"

enum { LONGEST = 40 };

static const uint32_t power10[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static char *put2(char *p, uint32_t n)
{
	p[0] = (char)('0' + n / 10);
	p[1] = (char)('0' + n % 10);
	return p + 2;
}

static char *put_date(char *p, const struct dts_moment *m)
{
	p = put2(p, m->year / 100);
	p = put2(p, m->year % 100);
	*p++ = '-';
	p = put2(p, m->month);
	*p++ = '-';
	return put2(p, m->day);
}

static char *put_clock(char *p, const struct dts_moment *m, unsigned decimals)
{
	if (m->hour > 99)
		*p++ = (char)('0' + m->hour / 100);
	p = put2(p, m->hour % 100);
	*p++ = ':';
	p = put2(p, m->minute);
	*p++ = ':';
	p = put2(p, m->second);
	if (decimals == 0)
		return p;
	*p++ = '.';
	uint32_t n = m->fraction;
	for (unsigned i = decimals; i-- > 0; n /= 10)
		p[i] = (char)('0' + n % 10);
	return p + decimals;
}

static bool is_date(const struct dts_moment *m)
{
	return m->year <= 9999 && m->month <= 12 && m->day <= 31;
}

static bool is_clock(const struct dts_moment *m, uint32_t most_hours, unsigned decimals)
{
	return m->hour <= most_hours && m->minute <= 59 && m->second <= 59 && m->fraction < power10[decimals];
}

/* Where it ends; NULL: there is no such. */
static char *put(char *p, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals)
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
	dts_buf_reserve(out, LONGEST);
	char *end = put(out->data + out->len, kind, m, decimals);
	if (end)
		out->len = (size_t)(end - out->data);
	return end != NULL;
}

bool dts_moment_add_quoted(struct dts_buf *out, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals)
{
	dts_buf_reserve(out, LONGEST + 2);
	char *from = out->data + out->len, *end = put(from + 1, kind, m, decimals);
	if (!end)
		return false;
	*from = *end++ = '"';
	out->len = (size_t)(end - out->data);
	return true;
}
