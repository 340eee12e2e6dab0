#ifndef DTS_CHARSET_CHARSET_H
#define DTS_CHARSET_CHARSET_H

#include "base/buf.h"

/*
 * The bytes of a column in a MySQL or MariaDB character set, to UTF-8 and back.
 *
 * Both ways are exact inverses of one another, and both agree with the
 * server's own CONVERT(): what to_utf8 makes of a column can be given to any
 * server as utf8mb4 and becomes the same bytes again. Bytes for which that
 * cannot be promised are refused; the caller then writes them as base64.
 *
 * Where the tables come from: 8-bit sets were read off a MariaDB 10.11 server;
 * multi-byte sets are iconv's, corrected where that server differs. Every code
 * of every set was compared with MariaDB 10.11 and 11.8 and MySQL 9.7: they
 * agree, but for surrogates in ucs2, which MariaDB takes for characters, and
 * for what has a set at all (gb18030 is MySQL's). Neither surrogates nor big5's
 * A2CE, U+FFFD to the servers, are taken. On a system whose iconv lacks a set
 * its text is refused.
 *
 * Thread-safe; no allocation once a set was used.
 */
struct dts_charset;

/* By the server's name, any case: utf8mb4, utf8mb3, utf8 (utf8mb3), latin1,
 * gbk, binary, ... NULL when unknown. The result is static. */
const struct dts_charset *dts_charset_find(struct dts_slice name);

/* By a collation's number, as result sets and the binlog's metadata give it:
 * those of MariaDB (with the NOPAD and uca1400 ranges) and of MySQL 5.7 to 9.
 * NULL when unknown. */
const struct dts_charset *dts_charset_of_collation_id(unsigned id);

/* Appends the name of a collation, as that family of servers calls it. False: not known. */
bool dts_collation_name(unsigned id, bool mariadb, struct dts_buf *out);

const char *dts_charset_name(const struct dts_charset *cs); /* utf8mb3, never utf8 */
unsigned dts_charset_max_bytes(const struct dts_charset *cs); /* of one character */
bool dts_charset_is_binary(const struct dts_charset *cs);

/* utf8mb3, utf8mb4 and ascii: bytes for which dts_charset_passes() are their
 * own UTF-8, nothing needs to be copied. */
bool dts_charset_is_utf8(const struct dts_charset *cs);

/* Are the column's bytes already the UTF-8 that dts_charset_to_utf8() would
 * make of them? False for all sets that are not is_utf8, whatever the bytes. */
bool dts_charset_passes(const struct dts_charset *cs, struct dts_slice bytes);

/* Appends the column's bytes as UTF-8. False, and nothing appended, when they
 * do not survive the way to UTF-8 and back, or the set is binary or NULL. */
bool dts_charset_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out);

/* The same for text that need not become the same bytes again, as a statement's: sjis's
 * 0x5C is a backslash there, as the servers read it (tried). */
bool dts_charset_text_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out);

/* Appends UTF-8 as the column's bytes: the inverse. False, and nothing
 * appended, when it is not valid UTF-8 or a character is not in the set. */
bool dts_charset_from_utf8(const struct dts_charset *cs, struct dts_slice utf8, struct dts_buf *out);

/* Is it UTF-8 (RFC 3629): no overlong form, no surrogate, at most U+10FFFF? */
bool dts_utf8_valid(const char *p, size_t len);

#endif
