#ifndef DTS_VERIFY_DIGEST_H
#define DTS_VERIFY_DIGEST_H

#include "record/schema.h"

/*
 * The digest of a row as an SQL expression that gives the same text on two
 * servers exactly when the row's columns hold the same values. Pure: columns
 * in, SQL out.
 *
 * SHA2(CONCAT_WS(',', nulls, column, column...),256): `nulls` is one digit for each
 * column that can be NULL, numbers and times are their text (no commas), text
 * and bytes are preceded by their length and taken raw, long values (the texts,
 * blobs, JSON, geometry) are their own hash. So no two different rows have the
 * same input, CONCAT_WS() leaving NULLs out included. FLOAT and DOUBLE go
 * through *1e0, since a FLOAT's own text has 6 digits only (+0e0 would make 0 of -0); where MySQL takes part
 * through JSON_ARRAY() as well, since it cuts the text of an expression to 22
 * characters, and the integers of JSON lose their .0. ENUM and SET are
 * their numbers, which tell index 0 from a member ''; ENUMs that list their
 * members differently are compared by label.
 *
 * SHA2: MySQL 9.7 has no SHA1() and MD5() any more (they are a component now). CRC32 is
 * quicker, but linear: two of them, or one with a salt, miss together. A column that is generated on both sides
 * is left out: it follows from the others, though not always to the same value on both
 * servers, so it has a digest of its own.
 */

/*
 * Puts the target's columns into the source's order: `ordered` has room for
 * src->column_count and borrows from `dst`. 1: same columns; 0: not, with the reason
 * appended to `why`.
 */
int dts_digest_match(const struct dts_schema *src, const struct dts_schema *dst,
		     struct dts_column *ordered, struct dts_buf *why);

/* Do two columns list the same ENUM or SET members at the same numbers, as far as both go? */
bool dts_digest_same_labels(const struct dts_column *a, const struct dts_column *b);

/* Is this a JSON document on one side (MySQL) and its text on the other (MariaDB; `mixed`: the servers
 * are one of each)? Rows with the same values may have different digests then. */
bool dts_digest_is_document(const struct dts_column *a, const struct dts_column *b, bool mixed);

/* Appends the expression: 64 hexadecimal digits. `dst` is in the source's order. `mysql`: one
 * of the two servers at least is MySQL. */
void dts_digest_add(struct dts_buf *sql, const struct dts_column *src, const struct dts_column *dst,
		    size_t count, bool mysql);

/* Is the column generated on both sides? */
bool dts_digest_is_generated(const struct dts_column *src, const struct dts_column *dst);

/* Appends the like for one column, whether it is generated or not. */
void dts_digest_add_one(struct dts_buf *sql, const struct dts_column *src, const struct dts_column *dst, bool mysql);

/* Appends an expression for about how many bytes the row's long values hold. */
void dts_digest_add_size(struct dts_buf *sql, const struct dts_column *src, size_t count);

/*
 * Appends "COUNT(*),SUM(...)" over such digests: 64 bits of each are added up,
 * which, unlike an exclusive or, duplicates do not cancel. Two different sets of rows
 * pass for the same with a probability of 2^-64.
 */
void dts_digest_add_sum(struct dts_buf *sql, struct dts_slice digest);

#endif
