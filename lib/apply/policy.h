#ifndef DTS_APPLY_POLICY_H
#define DTS_APPLY_POLICY_H

#include "base/options.h"

/* What is wrong between a change and the target: man dts-apply, CONFLICTS. */
enum dts_conflict_kind {
	DTS_CONFLICT_MISSING,   /* the row of an UPDATE or DELETE is not there */
	DTS_CONFLICT_CHANGED,   /* it is there and holds something else */
	DTS_CONFLICT_DUPLICATE, /* another row has a unique value already */
	DTS_CONFLICT_FOREIGN,   /* a parent is not there, or children are */
	DTS_CONFLICT_DATA,      /* the target refuses a value, or warns */
	DTS_CONFLICT_KINDS,     /* how many; as a kind: something else is wrong */
};

enum dts_conflict_how { DTS_HOW_STOP, DTS_HOW_OVERWRITE, DTS_HOW_IGNORE, DTS_HOW_REJECT };

/* What is done then. All zero: the run stops at any. */
struct dts_conflict_policy {
	enum dts_conflict_how how[DTS_CONFLICT_KINDS + 1]; /* the last is always DTS_HOW_STOP */
	char *file; /* where rejected changes go; its own, NULL where none are */
	bool lenient; /* there is a kind at which it does not stop */
};

/*
 * Reads what --on-conflict says: "HOW" of all kinds or "KIND:HOW,...", HOW one of stop, overwrite, ignore, reject=FILE, or
 * reject for the same file. A later word counts. -1: DTS_USAGE.
 */
int dts_conflict_policy_parse(struct dts_conflict_policy *p, const struct dts_list *words, struct dts_error *err);
void dts_conflict_policy_release(struct dts_conflict_policy *p);

const char *dts_conflict_kind_name(enum dts_conflict_kind kind);

/* May a conflict of that kind be overwritten? */
static inline bool dts_conflict_overwrites(enum dts_conflict_kind kind)
{
	return kind <= DTS_CONFLICT_DUPLICATE;
}

#endif
