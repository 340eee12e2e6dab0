#ifndef DTS_MYSQL_KEYBOUND_H
#define DTS_MYSQL_KEYBOUND_H

#include "mysql/keyrange.h"

/*
 * Bounds of ranges as chunk records tell them, for a snapshot that goes on
 * where another one ended.
 */

/*
 * Fills a bound from a record's object {"a":1,"b":"x"} (dts-records(5), VALUES):
 * its literals are those that dts_keyrange_fill() makes of the row that the
 * object was made from, its JSON is the object's own text. `json` is valid JSON;
 * null and no slice at all are the open end. -1 (DTS_BAD_INPUT): the object has
 * other columns than the key, or a value that its column cannot hold.
 */
int dts_bound_parse(const struct dts_schema *schema, const struct dts_key *key, struct dts_slice json,
		    struct dts_bound *bound, struct dts_error *err);

/*
 * Asks the server how the index has these bounds in order, none of which is open:
 * ranks[i] is the place of bounds[i] from 1 on, the same for those that are
 * equal under the columns' collations (they share the first of theirs). -1: also (DTS_REFUSED) where the order of
 * a column is not known.
 */
int dts_bound_rank(struct dts_session *s, const struct dts_schema *schema, const struct dts_key *key,
		   const struct dts_bound *const *bounds, size_t count, uint64_t *ranks, struct dts_error *err);

#endif
