#ifndef DTS_SCHEMA_PARAMETERS_H
#define DTS_SCHEMA_PARAMETERS_H

#include "schema/objects.h"

/*
 * A parameter without a character set has that of the default database in which somebody made the routine, which at
 * MySQL need not be its own (`USE a; CREATE FUNCTION b.f ...`), and SHOW CREATE does not tell (seen on MySQL 9.7; MariaDB
 * takes the routine's own). Writes CHARACTER SET and COLLATE behind such parameters of MySQL's routine `o`, whose
 * statement is `sql`, read with these flags.
 */
int dts_parameters_complete(struct dts_session *s, const struct dts_schema_object *o, unsigned flags, struct dts_buf *sql,
			    struct dts_error *err);

#endif
