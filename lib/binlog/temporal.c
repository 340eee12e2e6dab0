#include "binlog/temporal.h"

static const uint32_t power10[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static char *put_quoted(char *p, enum dts_moment_kind kind, const struct dts_moment *m, unsigned decimals)
{
	char *end = dts_moment_put(p + 1, kind, m, decimals);

	if (end)
		*p = *end++ = '"';
	return end;
}

static char *put_datetime(char *p, const struct dts_moment *m, unsigned decimals)
{
	return put_quoted(p, DTS_MOMENT_DATETIME, m, decimals);
}

static char *put_time(char *p, const struct dts_moment *m, unsigned decimals)
{
	return put_quoted(p, DTS_MOMENT_TIME, m, decimals);
}

/* 0 and no fraction is the zero date, not 1970. */
static char *put_timestamp(char *p, uint64_t seconds, uint32_t fraction, unsigned decimals)
{
	struct dts_moment m = {.fraction = fraction};

	if (seconds != 0 || fraction != 0)
		dts_moment_from_seconds(&m, seconds);
	return put_datetime(p, &m, decimals);
}

/* The fraction of the 5.6 formats: (decimals+1)/2 bytes, an odd last digit
 * stored as two. */
static uint32_t fraction2(struct dts_bytes *b, unsigned decimals)
{
	unsigned n = (decimals + 1) / 2;
	uint32_t v = n ? (uint32_t)dts_bytes_uint_be(b, n) : 0;

	return decimals & 1 ? v / 10 : v;
}

static char *datetime2(char *p, unsigned decimals, struct dts_bytes *b)
{
	uint64_t v = dts_bytes_uint_be(b, 5);
	uint64_t months = v >> 22 & 0x1ffff;
	struct dts_moment m = {
		.year = (uint32_t)(months / 13), .month = (uint32_t)(months % 13),
		.day = v >> 17 & 31, .hour = v >> 12 & 31, .minute = v >> 6 & 63, .second = v & 63,
	};

	m.fraction = fraction2(b, decimals);
	return v >> 39 == 1 ? put_datetime(p, &m, decimals) : NULL; /* the top bit: not negative */
}

/* The whole is one number of 3 bytes and those of the fraction, with an offset;
 * so the fraction of a negative time borrows from the seconds. */
static char *time2(char *p, unsigned decimals, struct dts_bytes *b)
{
	unsigned n = (decimals + 1) / 2;
	int64_t v = (int64_t)dts_bytes_uint_be(b, 3 + n) - ((int64_t)0x800000 << 8 * n);
	struct dts_moment m = {.negative = v < 0};
	uint64_t abs = (uint64_t)(v < 0 ? -v : v), clock = abs >> 8 * n;

	m.hour = clock >> 12 & 1023;
	m.minute = clock >> 6 & 63;
	m.second = clock & 63;
	m.fraction = (uint32_t)(abs & ((1ull << 8 * n) - 1));
	if (decimals & 1)
		m.fraction /= 10;
	return put_time(p, &m, decimals);
}

/* MariaDB 5.3: fractions of a second since an origin, as one big-endian number. */
static char *hires_time(char *p, const struct dts_log_column *c, struct dts_bytes *b)
{
	int64_t unit = power10[c->decimals];
	int64_t v = (int64_t)dts_bytes_uint_be(b, c->width) - (838 * 3600 + 59 * 60 + 59 + 1) * unit;
	struct dts_moment m = {.negative = v < 0};
	uint64_t abs = (uint64_t)(v < 0 ? -v : v), seconds = abs / (uint64_t)unit;

	if (seconds / 3600 > 999)
		return NULL;
	m.fraction = (uint32_t)(abs % (uint64_t)unit);
	m.hour = (uint32_t)(seconds / 3600);
	m.minute = (uint32_t)(seconds / 60 % 60);
	m.second = (uint32_t)(seconds % 60);
	return put_time(p, &m, c->decimals);
}

static char *hires_datetime(char *p, const struct dts_log_column *c, struct dts_bytes *b)
{
	uint64_t v = dts_bytes_uint_be(b, c->width);
	struct dts_moment m = {.fraction = (uint32_t)(v % power10[c->decimals])};

	v /= power10[c->decimals];
	m.second = (uint32_t)(v % 60);
	m.minute = (uint32_t)((v /= 60) % 60);
	m.hour = (uint32_t)((v /= 60) % 24);
	m.day = (uint32_t)((v /= 24) % 32);
	m.month = (uint32_t)((v /= 32) % 13);
	v /= 13;
	if (v > 9999)
		return NULL;
	m.year = (uint32_t)v;
	return put_datetime(p, &m, c->decimals);
}

static char *hires_timestamp(char *p, const struct dts_log_column *c, struct dts_bytes *b)
{
	uint64_t seconds = dts_bytes_uint_be(b, 4);

	return put_timestamp(p, seconds, (uint32_t)dts_bytes_uint_be(b, c->width - 4), c->decimals);
}

/* HHMMSS as a signed number of three bytes. */
static char *old_time(char *p, struct dts_bytes *b)
{
	int32_t v = (int32_t)((uint32_t)dts_bytes_uint(b, 3) << 8) >> 8;
	uint32_t abs = (uint32_t)(v < 0 ? -v : v);
	struct dts_moment m = {.negative = v < 0, .hour = abs / 10000, .minute = abs / 100 % 100, .second = abs % 100};

	return put_time(p, &m, 0);
}

/* YYYYMMDDHHMMSS as a number. */
static char *old_datetime(char *p, struct dts_bytes *b)
{
	uint64_t v = dts_bytes_u64(b), date = v / 1000000, clock = v % 1000000;
	struct dts_moment m = {
		.month = (uint32_t)(date / 100 % 100), .day = (uint32_t)(date % 100),
		.hour = (uint32_t)(clock / 10000), .minute = (uint32_t)(clock / 100 % 100), .second = (uint32_t)(clock % 100),
	};

	if (date / 10000 > 9999)
		return NULL;
	m.year = (uint32_t)(date / 10000);
	return put_datetime(p, &m, 0);
}

char *dts_temporal_put(char *p, const struct dts_log_column *c, struct dts_bytes *b)
{
	switch (c->type) {
	case DTS_LOG_DATE:
	case DTS_LOG_NEWDATE: {
		uint32_t v = (uint32_t)dts_bytes_uint(b, 3);
		struct dts_moment m = {.year = v >> 9, .month = v >> 5 & 15, .day = v & 31};

		return put_quoted(p, DTS_MOMENT_DATE, &m, 0);
	}
	case DTS_LOG_TIME:
		return c->hires ? hires_time(p, c, b) : old_time(p, b);
	case DTS_LOG_DATETIME:
		return c->hires ? hires_datetime(p, c, b) : old_datetime(p, b);
	case DTS_LOG_TIMESTAMP:
		return c->hires ? hires_timestamp(p, c, b) : put_timestamp(p, dts_bytes_u32(b), 0, 0);
	case DTS_LOG_TIME2:
		return time2(p, c->decimals, b);
	case DTS_LOG_DATETIME2:
		return datetime2(p, c->decimals, b);
	case DTS_LOG_TIMESTAMP2: {
		uint64_t seconds = dts_bytes_uint_be(b, 4);

		return put_timestamp(p, seconds, fraction2(b, c->decimals), c->decimals);
	}
	default:
		return NULL;
	}
}

bool dts_temporal_add_packed(struct dts_buf *out, uint8_t type, int64_t packed)
{
	struct dts_moment m = {.negative = packed < 0};
	uint64_t v = packed < 0 ? 0 - (uint64_t)packed : (uint64_t)packed;
	uint64_t clock = v >> 24, date = clock >> 17;

	m.fraction = v & 0xffffff;
	m.second = clock & 63;
	m.minute = clock >> 6 & 63;
	if (type == DTS_LOG_TIME) {
		if (clock >> 12 > 999)
			return false;
		m.hour = (uint32_t)(clock >> 12);
		return dts_moment_add(out, DTS_MOMENT_TIME, &m, 6);
	}
	m.hour = clock >> 12 & 31;
	m.day = date & 31;
	m.month = (date >> 5) % 13;
	if ((date >> 5) / 13 > 9999)
		return false;
	m.year = (uint32_t)((date >> 5) / 13);
	return dts_moment_add(out, type == DTS_LOG_DATE ? DTS_MOMENT_DATE : DTS_MOMENT_DATETIME, &m, 6);
}
