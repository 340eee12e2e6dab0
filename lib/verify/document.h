#ifndef DTS_VERIFY_DOCUMENT_H
#define DTS_VERIFY_DOCUMENT_H

#include "base/buf.h"

/*
 * Are two texts the same JSON document, as MySQL takes it (MySQL Reference
 * Manual, "The JSON Data Type")? The order of members, white space and escapes do
 * not count, and of members with one name the last counts. An integer of
 * 64 bits is exact, any other number a DOUBLE: 1.10 is 1.1, and 1 is not 1.0. Text
 * that is no JSON, or nested deeper than DTS_JSON_MAX_DEPTH, is the same only byte by byte.
 */
bool dts_document_same(struct dts_slice a, struct dts_slice b);

#endif
