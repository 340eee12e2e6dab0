#ifndef DTS_APPLY_MATCH_H
#define DTS_APPLY_MATCH_H

#include "record/schema.h"

/*
 * Can the target's column hold every value of the source's, without the server
 * changing one unseen? NULL: it can; else what to do, for a hint. Told by the
 * types alone, before a row moves. What depends on the value is left to the
 * target, which refuses it in strict mode: documents that are no JSON, TIMESTAMP
 * beyond 2038 and geometry beyond its reference system at servers that have not
 * got them, texts that need more bytes in another character set.
 *
 * Types: the manuals' chapters "Data Types" of MySQL 9 and MariaDB 11.
 */
const char *dts_column_mismatch(const struct dts_column *from, const struct dts_column *to);

#endif
