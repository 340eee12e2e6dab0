#ifndef DTS_APPLY_CONFLICT_FOLD_H
#define DTS_APPLY_CONFLICT_FOLD_H

#include "mysql/session.h"
#include "record/schema.h"

/*
 * Values made such that those which are equal to a server are the same bytes. The other way
 * round is not promised: what is different may be the same here. What cannot be made so
 * is doubtful: it may be equal to anything.
 */

/* A collation, for text in ASCII. */
struct dts_fold {
	bool doubtful; /* all of it: nothing is known of this collation */
	bool exact;    /* characters beyond ASCII are equal to themselves only */
	unsigned char to[128]; /* what stands for a character, or one of these */
};

enum { DTS_FOLD_IGNORED = 0xfe, DTS_FOLD_DOUBTFUL = 0xff };

/* The weights that a server gives to ASCII characters by themselves and in pairs; of three, those that
 * have a pair in them which does not weigh what its two do by themselves. */
struct dts_weight_three {
	unsigned char a, b, c;
	struct dts_slice weight;
};

struct dts_weights {
	struct dts_slice one[128]; /* p NULL: the character is not in the set */
	struct dts_slice two[128][128];
	struct dts_weight_three *three;
	size_t three_count;
};

/* Is it such a pair? */
bool dts_weights_is_pair(const struct dts_weights *w, int a, int b);

/* Makes a fold of weights. Characters that are not in the set are doubtful, and so is NUL. */
void dts_fold_make(struct dts_fold *f, const struct dts_weights *w);

/* Asks the server for a collation of its own, with a query or two; none for those that end in _bin. */
int dts_fold_read(struct dts_session *s, struct dts_slice charset, struct dts_slice collation, struct dts_fold *f,
		  struct dts_error *err);

/* Appends what stands for a text, or for its first `prefix` characters (0: all). False: doubtful. */
bool dts_fold_text(const struct dts_fold *f, struct dts_slice utf8, size_t prefix, struct dts_buf *out);

/* How the values of a column are folded. */
enum dts_fold_how {
	DTS_FOLD_NEVER,  /* doubtful, all of them */
	DTS_FOLD_NUMBER, /* integers and decimals, years, bits */
	DTS_FOLD_TIME,   /* dates and times */
	DTS_FOLD_TEXT,
	DTS_FOLD_BYTES,
	DTS_FOLD_LABEL,  /* ENUM and SET; equal only inside one column */
	DTS_FOLD_UUID, DTS_FOLD_INET4, DTS_FOLD_INET6,
};

/* By the type that the target stores; `source` says what form a value comes in. */
enum dts_fold_how dts_fold_how(const struct dts_column *source, const struct dts_column *target);

struct dts_fold_scratch {
	struct dts_buf text;
};

/*
 * Appends what stands for a record's value, which is not null, of a column that is folded so. `f` is the
 * collation's, for DTS_FOLD_TEXT; `prefix` as above, bytes for DTS_FOLD_BYTES. False: doubtful, and `out` is
 * as it was before.
 */
bool dts_fold_value(enum dts_fold_how how, const struct dts_fold *f, size_t prefix, uint8_t decimals, struct dts_json value,
		    struct dts_fold_scratch *scratch, struct dts_buf *out);

#endif
