#ifndef DTS_SCHEMA_MAPPING_H
#define DTS_SCHEMA_MAPPING_H

#include "base/buf.h"
#include "mysql/session.h"

/*
 * What MySQL and MariaDB say otherwise in the definition of an object, as data:
 * schema/port*.c apply it. Each line was tried on MariaDB 10.11 and 11.8 and on MySQL
 * 9.7; t/schema-mapping.bats does so again for each, and asks their catalogs what is not here.
 *
 * An object is refused only if its rows could not be kept, or if it would do
 * something else without saying so. What is for storage or speed is left out.
 */

/* Where the words stand. */
enum dts_map_place {
	DTS_MAP_DATABASE,  /* behind CREATE DATABASE's name */
	DTS_MAP_OBJECT,    /* between CREATE and the name */
	DTS_MAP_CHARSET,
	DTS_MAP_COLLATION,
	DTS_MAP_TYPE,      /* of a column, parameter, variable or result */
	DTS_MAP_COLUMN,    /* behind a column's type */
	DTS_MAP_KEY,       /* in a key, check, foreign key or period */
	DTS_MAP_OPTION,    /* behind a table's brackets */
	DTS_MAP_PARTITION, /* behind PARTITION BY */
	DTS_MAP_FUNCTION,  /* the name of a server's function */
	DTS_MAP_WORDS,     /* in an expression, a query or a program */
	DTS_MAP_PLACES
};

enum dts_map_verdict {
	DTS_MAP_SAME,          /* means the same: nothing to tell */
	DTS_MAP_CHANGED,       /* works, and is otherwise */
	DTS_MAP_LEFT_OUT,      /* these words are */
	DTS_MAP_ITEM_LEFT_OUT, /* the column, key or check is, or the partitions */
	DTS_MAP_REFUSED        /* the object is */
};

/* What takes more than a comparison of words: the code knows how, the text is the entry's. */
enum dts_map_rule {
	DTS_MAP_BY_WORDS,
	DTS_MAP_SRID,               /* behind the column's type there, one of its attributes here */
	DTS_MAP_GENERATED_NOT_NULL,
	DTS_MAP_INVISIBLE,          /* of a column that an INSERT cannot leave out */
	DTS_MAP_DEFAULT_BRACKETS,   /* DEFAULT f() and those of long types are (...) there */
	DTS_MAP_DEFAULT_SEQUENCE,
	DTS_MAP_CHECK_NAME,         /* CONSTRAINT_1, which a table there gave and not a person */
	DTS_MAP_KEY_EXPRESSION,
	DTS_MAP_KEY_ARRAY,          /* such a one over the members of a document */
	DTS_MAP_KEY_HASHED,         /* UNIQUE over whole texts */
	DTS_MAP_KEY_PERIOD,         /* WITHOUT OVERLAPS: the period's columns in its place */
	DTS_MAP_ARROW,              /* a->'$.b', a->>'$.b' */
	DTS_MAP_INTRODUCER,         /* _latin1'x' in the expression of a column or check */
	DTS_MAP_ROUNDS,             /* a program does it as its sql_mode says, a view or table as the session's does */
};

/*
 * `words`, a space between: a keyword, any letter case, * at its end for any tail; a|b one of several; one
 * byte of punctuation; # a number, $ a string, % any token, ~ a bracket with all in it, @ a quoted
 * name, `x the name x, quoted or not, \xy the punctuation x or y; ? at the end: or none. Of a FUNCTION the name alone.
 * `instead` (NULL: they stay): $1 is the first token that matched; of a FUNCTION $1 is the first argument, and
 * without a $ it is another name. A COLLATION's may hold one *, which is what stood for that in `words`.
 * `by_hand`: {object} {name} (of the column or key) {bare} (that without its quotes) {item} (all of it)
 * {rest} (without the words) {words}.
 */
struct dts_mapping {
	enum dts_family from; /* and to the other one */
	enum dts_map_place place;
	const char *words;
	enum dts_map_verdict verdict;
	const char *instead, *why, *by_hand;
	int args; /* of a FUNCTION: it has as many arguments; 0: any number */
	enum dts_map_rule rule;
};

/* All of them, the first that matches counts; ends with one whose words are NULL. */
extern const struct dts_mapping dts_mappings[];

/* Is this one word (no spaces) of an entry's words, in their notation? *tail is what `*` stood for, if not NULL. */
bool dts_mapping_word(struct dts_slice pattern, struct dts_slice text, struct dts_slice *tail);

/* The first whose words are one word like this; NULL: none. `args` is for functions. */
const struct dts_mapping *dts_mapping_find(enum dts_family from, enum dts_map_place place, struct dts_slice word, int args,
					   struct dts_slice *tail);

const struct dts_mapping *dts_mapping_of_rule(enum dts_family from, enum dts_map_rule rule);

/* Appends its name, the same in every build: "mysql column NOT ENFORCED", with /N for that many arguments. */
void dts_mapping_name(const struct dts_mapping *m, struct dts_buf *out);

#endif
