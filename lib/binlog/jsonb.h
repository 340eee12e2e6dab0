#ifndef DTS_BINLOG_JSONB_H
#define DTS_BINLOG_JSONB_H

#include "base/bytes.h"

/*
 * A document of a MySQL JSON column as it is stored (MySQL source documentation, "JSON binary
 * format" in sql-common/json_binary.h), as a record's value: a JSON string that holds the
 * text the server prints of it (CAST(j AS CHAR); sql-common/json_dom.cc; seen on 9.7).
 *
 * Decimal numbers come with all digits; dates and times as strings with six fraction digits;
 * bytes as strings "base64:type15:...", as the server has it. Of no bytes at all: null, like the
 * server. No allocation once `out` is warm. False: the bytes are no document, and what was
 * appended is of no use.
 */
bool dts_jsonb_add(struct dts_buf *out, struct dts_slice bytes);

#endif
