#include "ddl/alike.h"

#include <strings.h>

#include "ddl/scan.h"

bool dts_ddl_alike(struct dts_slice a, struct dts_slice b, unsigned flags)
{
	struct dts_sql_scan x, y;

	dts_sql_start(&x, a, flags);
	for (dts_sql_start(&y, b, flags); x.type != DTS_SQL_END; dts_sql_next(&x), dts_sql_next(&y)) {
		if (x.type != y.type || x.len != y.len)
			return false;
		if (x.type == DTS_SQL_WORD ? strncasecmp(a.p + x.at, b.p + y.at, x.len) != 0
					   : memcmp(a.p + x.at, b.p + y.at, x.len) != 0)
			return false;
	}
	return y.type == DTS_SQL_END;
}
