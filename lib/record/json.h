#ifndef DTS_RECORD_JSON_H
#define DTS_RECORD_JSON_H

#include "base/buf.h"
#include "base/error.h"

/*
 * JSON (RFC 8259) in UTF-8. Text that came from a parsed record is known to be
 * valid, so walking and decoding it cannot fail; only dts_json_check() judges.
 */
enum dts_json_type {
	DTS_JSON_NULL,
	DTS_JSON_FALSE,
	DTS_JSON_TRUE,
	DTS_JSON_NUMBER,
	DTS_JSON_STRING,
	DTS_JSON_ARRAY,
	DTS_JSON_OBJECT,
};

/* Nesting deeper than this is refused. */
#define DTS_JSON_MAX_DEPTH 64

/*
 * Is `text` exactly one valid JSON value with optional white space around it?
 * On failure -1, with a reason ("bad UTF-8 at byte 17") in err->message, status
 * DTS_BAD_INPUT. Refused besides what is no JSON: bad UTF-8, a raw NUL byte, an
 * escape that is half of a surrogate pair. \u0000 is fine, and so are duplicate
 * keys (dts_record_parse() refuses those that it knows).
 */
int dts_json_check(struct dts_slice text, struct dts_error *err);

/* A value inside valid text: `raw` is its exact source text. */
struct dts_json {
	enum dts_json_type type;
	struct dts_slice raw;
};

/* The value that valid text holds (white space around it is taken off). */
struct dts_json dts_json_value(struct dts_slice text);

/* Walks the members of an object or the elements of an array. `text` is the
 * raw text of a value of that type; borrowed while walking. */
struct dts_json_walk {
	const char *p, *end;
};

struct dts_json_walk dts_json_walk(struct dts_slice text);

/* Next member: false at the end. `key` is the raw key WITH its quotes; use
 * dts_json_key_is() or dts_json_string() on it. */
bool dts_json_member(struct dts_json_walk *w, struct dts_slice *key, struct dts_json *value);
bool dts_json_element(struct dts_json_walk *w, struct dts_json *value);

/* Is the raw key, with its quotes and perhaps with escapes, this name? */
bool dts_json_key_is(struct dts_slice key, const char *name);

/* The member of that name, or a value with raw.p == NULL. */
struct dts_json dts_json_get(struct dts_slice object, const char *name);

/* The decoded content of a raw string (with its quotes): a slice of the raw
 * text itself where nothing is escaped, else decoded into `scratch` (cleared
 * first), borrowed until either changes. */
struct dts_slice dts_json_string(struct dts_slice raw, struct dts_buf *scratch);

/* Adds the decoded content of a raw string behind what `out` holds. */
void dts_json_unescape(struct dts_slice raw, struct dts_buf *out);

/* Numbers: true when `raw` is an integer in range (12, not 12.0 or 1e3). */
bool dts_json_u64(struct dts_slice raw, uint64_t *n);

/* Appends `text` (any valid UTF-8) as a JSON string: quote, backslash and
 * control characters escaped, all else as it is; short forms \b\f\n\r\t, else \u00xx. */
void dts_json_add_string(struct dts_buf *b, struct dts_slice text);
void dts_json_add_inside(struct dts_buf *b, struct dts_slice text); /* without the quotes around it */

/* The same of the bytes of `text` up to the first that is not ASCII; how many that are. */
size_t dts_json_add_ascii(struct dts_buf *b, struct dts_slice text);

/* Appends {"base64":"..."} (RFC 4648 section 4, padded). */
void dts_json_add_bytes(struct dts_buf *b, struct dts_slice bytes);

/* Is `value` an object of the form {"base64":"..."}? Then decodes it behind
 * what `out` holds: 1. Not of that form: 0. Not valid base64: -1. */
int dts_json_bytes(struct dts_json value, struct dts_buf *out);

/* Appends the shortest number that reads back to the same bits. Finite only. */
void dts_json_add_double(struct dts_buf *b, double d);
void dts_json_add_float(struct dts_buf *b, float f);

/* Appends an integer: a number where |n| < 2^53, else a string. */
void dts_json_add_i64(struct dts_buf *b, int64_t n);
void dts_json_add_u64(struct dts_buf *b, uint64_t n);

/* The same at p, where there is room for so many bytes; where it ends. */
enum { DTS_JSON_NUMBER_MAX = 48 };
char *dts_json_put_double(char *p, double d);
char *dts_json_put_float(char *p, float f);
char *dts_json_put_i64(char *p, int64_t n);
char *dts_json_put_u64(char *p, uint64_t n);

#endif
