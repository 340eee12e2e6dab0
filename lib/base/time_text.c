#include <time.h>

#include "base/options.h"

/* Takes so many digits. */
static bool take_digits(struct dts_slice *s, size_t digits, int *n)
{
	*n = 0;
	if (s->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		*n = *n * 10 + (s->p[i] - '0');
	}
	*s = dts_slice(s->p + digits, s->len - digits);
	return true;
}

static bool take_char(struct dts_slice *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	*s = dts_slice(s->p + 1, s->len - 1);
	return true;
}

static bool take_date(struct dts_slice *s, struct tm *tm)
{
	if (!take_digits(s, 4, &tm->tm_year) || !take_char(s, '-') || !take_digits(s, 2, &tm->tm_mon) || !take_char(s, '-') ||
	    !take_digits(s, 2, &tm->tm_mday) || tm->tm_year < 1970 || tm->tm_mon < 1 || tm->tm_mon > 12 || tm->tm_mday < 1 ||
	    tm->tm_mday > 31)
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

/* HH:MM[:SS[.fraction]] */
static bool take_clock(struct dts_slice *s, struct tm *tm, uint64_t *micro)
{
	if (!take_digits(s, 2, &tm->tm_hour) || !take_char(s, ':') || !take_digits(s, 2, &tm->tm_min) || tm->tm_hour > 23 || tm->tm_min > 59)
		return false;
	if (!take_char(s, ':'))
		return true;
	if (!take_digits(s, 2, &tm->tm_sec) || tm->tm_sec > 59)
		return false;
	if (!take_char(s, '.'))
		return true;
	uint64_t unit = 100000;
	int digit;
	if (!take_digits(s, 1, &digit))
		return false;
	do
		*micro += (uint64_t)digit * unit;
	while ((unit /= 10) > 0 && take_digits(s, 1, &digit));
	return true;
}

/* Z, +01:00: seconds east of UTC. */
static bool take_zone(struct dts_slice *s, long *east)
{
	int hours, minutes;
	const bool west = s->len > 0 && s->p[0] == '-';

	*east = 0;
	if (take_char(s, 'Z'))
		return true;
	if ((!take_char(s, '+') && !take_char(s, '-')) || !take_digits(s, 2, &hours) || !take_char(s, ':') ||
	    !take_digits(s, 2, &minutes) || hours > 14 || minutes > 59)
		return false;
	*east = (west ? -1 : 1) * (hours * 3600L + minutes * 60L);
	return true;
}

int dts_parse_time(struct dts_slice text, uint64_t *micro)
{
	const time_t now = time(NULL);
	struct tm tm, given;
	uint64_t fraction = 0;
	long east = 0;
	const bool has_date = text.len > 4 && text.p[4] == '-';
	bool has_zone = false;

	localtime_r(&now, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	if (has_date && !take_date(&text, &tm))
		return -1;
	if (!has_date || take_char(&text, 'T') || take_char(&text, ' ')) {
		if (!take_clock(&text, &tm, &fraction))
			return -1;
		has_zone = text.len > 0;
		if (has_zone && !take_zone(&text, &east))
			return -1;
	}
	if (text.len > 0 || (has_zone && !has_date))
		return -1;
	given = tm;
	const time_t seconds = has_zone ? timegm(&tm) - east : mktime(&tm);
	if (seconds < 0 || tm.tm_mday != given.tm_mday) /* the 31st of April */
		return -1;
	*micro = (uint64_t)seconds * 1000000 + fraction;
	return 0;
}
