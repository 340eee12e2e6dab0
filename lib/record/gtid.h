#ifndef DTS_RECORD_GTID_H
#define DTS_RECORD_GTID_H

#include "base/buf.h"
#include "base/error.h"

/*
 * Global transaction identifiers, and positions made of them. The two families
 * mean different things by them:
 *
 * MariaDB (Knowledge Base, "Global Transaction ID"): a GTID is domain-server-sequence, "0-1-6".
 * A position is the last GTID of each domain, "0-1-6,1-1-9"; what came before it is had too.
 *
 * MySQL (Reference Manual, "GTID Format and Storage", "GTID Sets"): a GTID is uuid:number or
 * uuid:tag:number, numbers from 1 to 2^63-2. A position is the set of all that were executed,
 * "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7:tag:1-3,...", and its gaps mean something.
 */
enum dts_gtid_form { DTS_GTID_NONE, DTS_GTID_MARIADB, DTS_GTID_MYSQL };

#define DTS_GTID_TAG_MAX 32
#define DTS_GTID_NUMBER_MAX (((uint64_t)1 << 63) - 2) /* MySQL's greatest number */

/* A single GTID. */
struct dts_gtid {
	enum dts_gtid_form form;
	uint32_t domain, server;        /* MariaDB */
	unsigned char uuid[16];         /* MySQL */
	char tag[DTS_GTID_TAG_MAX + 1]; /* MySQL: in lower case; "" for none */
	uint64_t number;                /* MariaDB's sequence too */
};

/* "0-1-6", "uuid:5" or "uuid:tag:5", without white space. False: it is none of them
 * ("bin.000042:4711" is not; the names of transactions without a GTID look like that). */
bool dts_gtid_parse(struct dts_gtid *gtid, struct dts_slice text);
void dts_gtid_add(struct dts_buf *b, const struct dts_gtid *gtid); /* appends its text */

/* MariaDB: the last GTID of each domain, in the order of the domains. */
struct dts_gtid_last {
	uint32_t domain, server;
	uint64_t sequence;
};

struct dts_gtid_list {
	struct dts_gtid_last *items;
	size_t count, cap;
};

/* MySQL: for each uuid and tag the numbers that are there, as half-open intervals
 * in order which neither overlap nor touch. Groups are in the order of uuid, then tag. */
struct dts_gtid_interval {
	uint64_t first, end;
};

struct dts_gtid_group {
	unsigned char uuid[16];
	char tag[DTS_GTID_TAG_MAX + 1];
	struct dts_gtid_interval *items;
	size_t count, cap;
};

struct dts_gtid_set {
	struct dts_gtid_group *groups;
	size_t count, cap; /* groups from count to cap keep their memory */
	size_t intervals;  /* of all groups */
	size_t last;       /* the group used last: the next GTID is mostly of it, too */
};

/* A set that has more is refused, as nothing that a server has. */
enum { DTS_GTID_MAX_GROUPS = 10000, DTS_GTID_MAX_INTERVALS = 1000000 };

/*
 * A position of either family, or none. All zero is a valid one that is not known.
 * Known and empty is another thing: nothing was executed before. An empty one is as
 * good as an empty one of the other family, since its text "" does not tell them apart.
 */
struct dts_gtids {
	enum dts_gtid_form form; /* DTS_GTID_NONE: not known */
	struct dts_gtid_list list;
	struct dts_gtid_set set;
};

static inline bool dts_gtids_known(const struct dts_gtids *g)
{
	return g->form != DTS_GTID_NONE;
}

void dts_gtids_release(struct dts_gtids *g);
void dts_gtids_clear(struct dts_gtids *g); /* not known any more; memory is kept */
void dts_gtids_set_empty(struct dts_gtids *g, enum dts_gtid_form form); /* known, with nothing in it */
void dts_gtids_copy(struct dts_gtids *to, const struct dts_gtids *from);

/* Has it no GTID in it, be it known or not? */
bool dts_gtids_is_empty(const struct dts_gtids *g);

/* Is it of this form, or as good as (empty, or not known)? */
bool dts_gtids_fits(const struct dts_gtids *g, enum dts_gtid_form form);

/*
 * From text as people and servers write it: MySQL's may have white space between its
 * words, upper case, and groups and intervals in any order. The form is that of the text;
 * an empty text is known and empty, of the form `empty`. -1, DTS_BAD_INPUT: it is no such
 * text, a domain is there twice, an interval is reversed; `g` is then not known.
 */
int dts_gtids_parse(struct dts_gtids *g, struct dts_slice text, enum dts_gtid_form empty, struct dts_error *err);

/* Appends it as text, as MySQL prints gtid_executed but without line breaks. */
void dts_gtids_add(struct dts_buf *b, const struct dts_gtids *g);

/* Takes a transaction in: MariaDB moves the last GTID of its domain on to it (even backwards:
 * only strict servers have ascending numbers), MySQL adds it to the set. Quick, and
 * without allocation, where the next number follows. -1: `g` is not known or of the other form,
 * or full; it is left alone. */
int dts_gtids_include(struct dts_gtids *g, const struct dts_gtid *gtid);

/* The same by text; -1 too if it is not the text of a GTID. */
int dts_gtids_advance(struct dts_gtids *g, struct dts_slice gtid);

/* Takes in all that `behind` has, transactions that came behind those of `g`. -1 as dts_gtids_include(), or `behind` is
 * not known; some may have been taken in then. */
int dts_gtids_unite(struct dts_gtids *g, const struct dts_gtids *behind);

/* The position behind transaction `tx`, a GTID or not: unknown stays unknown, and
 * it becomes so where `tx` cannot be taken in. */
void dts_gtids_follow(struct dts_gtids *g, struct dts_slice tx);

/* Is the GTID in it? MariaDB: has its domain come to that sequence number? */
bool dts_gtids_contain(const struct dts_gtids *g, const struct dts_gtid *gtid);

/* Is all of `b` in `a`? False when one of them is not known. */
bool dts_gtids_cover(const struct dts_gtids *a, const struct dts_gtids *b);

/* Are they the same? Not known is equal to nothing. */
bool dts_gtids_equal(const struct dts_gtids *a, const struct dts_gtids *b);

/* ---- MySQL's sets (gtid_set.c) ---- */

void dts_gtid_set_release(struct dts_gtid_set *s);
void dts_gtid_set_clear(struct dts_gtid_set *s);
void dts_gtid_set_copy(struct dts_gtid_set *to, const struct dts_gtid_set *from);
int dts_gtid_set_parse(struct dts_gtid_set *s, struct dts_slice text, struct dts_error *err);
void dts_gtid_set_add(struct dts_buf *b, const struct dts_gtid_set *s);
int dts_gtid_set_include(struct dts_gtid_set *s, const struct dts_gtid *gtid);
int dts_gtid_set_unite(struct dts_gtid_set *s, const struct dts_gtid_set *other);
bool dts_gtid_set_contain(const struct dts_gtid_set *s, const struct dts_gtid *gtid);
bool dts_gtid_set_cover(const struct dts_gtid_set *a, const struct dts_gtid_set *b);
bool dts_gtid_set_equal(const struct dts_gtid_set *a, const struct dts_gtid_set *b);

/*
 * The binary form, in PREVIOUS_GTIDS events and in the command COM_BINLOG_DUMP_GTID
 * (MySQL source documentation, "Gtid_set::encode"; all integers 8 bytes, low byte first):
 * the number of groups, then for each its uuid (16 bytes), the number of its intervals, and of
 * each interval first and end. With tags the first integer holds the format 1 in its highest
 * and its lowest byte and the number of groups between them, and behind each uuid stands
 * twice the length of the tag, in one byte, and the tag.
 */
void dts_gtid_set_encode(struct dts_buf *b, const struct dts_gtid_set *s); /* appends */
int dts_gtid_set_decode(struct dts_gtid_set *s, struct dts_slice bytes, struct dts_error *err);

/* Reads decimal digits at the front of *text, and takes them off: false if there are
 * none, or more than fit. */
bool dts_gtid_number(struct dts_slice *text, uint64_t max, uint64_t *n);
/* The same for a uuid in its usual form of 36 characters, and for a tag. */
bool dts_gtid_uuid(struct dts_slice *text, unsigned char uuid[16]);
bool dts_gtid_tag(struct dts_slice *text, char tag[DTS_GTID_TAG_MAX + 1]);
void dts_gtid_add_uuid(struct dts_buf *b, const unsigned char uuid[16]);

#endif
