#ifndef DTS_DDL_TABLE_ITEMS_H
#define DTS_DDL_TABLE_ITEMS_H

#include "base/arena.h"
#include "base/error.h"
#include "record/schema.h"

/*
 * The keys in the text of a SHOW CREATE TABLE, as both families write it with
 * sql_quote_show_create=1 and without ANSI_QUOTES and NO_BACKSLASH_ESCAPES. No server.
 */
enum dts_item_kind {
	DTS_ITEM_OTHER,   /* a column, a check, a period */
	DTS_ITEM_PRIMARY,
	DTS_ITEM_KEY,
	DTS_ITEM_UNIQUE,
	DTS_ITEM_SPECIAL, /* FULLTEXT, SPATIAL, VECTOR */
	DTS_ITEM_FOREIGN,
};

/* One definition between the parentheses. */
struct dts_item {
	enum dts_item_kind kind;
	struct dts_slice text;    /* the very clause: what ADD takes */
	struct dts_slice name;    /* of a key, foreign key or check, unquoted; of a column or application period */
	const struct dts_slice *columns; /* of a key; NULL slice: an expression */
	size_t count;
	bool column, check, span; /* what an OTHER is; span: PERIOD FOR */
	bool whole;               /* the key has no prefix and no expression */
	bool period;              /* WITHOUT OVERLAPS */
	bool hash;                /* USING HASH */
	bool is_column, auto_increment, not_null; /* these are a column's */
	struct dts_foreign foreign; /* FOREIGN: its columns too; to_db is empty for the table's own database */
};

struct dts_items {
	struct dts_item *items;
	size_t count;
	struct dts_slice rest;    /* the table's options, behind the closing parenthesis */
	bool versioned;           /* WITH SYSTEM VERSIONING */
	struct dts_arena *arena;
};

/* Slices of `text` stay borrowed from `sql`; all else hangs on the arena. DTS_REFUSED
 * where it is no CREATE TABLE that we understand. */
int dts_items_parse(struct dts_items *t, struct dts_slice sql, struct dts_error *err);
void dts_items_release(struct dts_items *t);

/* The same of an ALTER TABLE that does nothing but ADD keys, without PRIMARY ones, and foreign keys, all with their names
 * and as SHOW CREATE TABLE writes them. False: it does more, and *t is empty. */
bool dts_items_parse_added(struct dts_items *t, struct dts_slice sql);

/* One clause by itself, as it was noted; on `arena`. */
int dts_item_parse(struct dts_item *item, struct dts_slice clause, struct dts_arena *arena, struct dts_error *err);

/* The item of a kind that this name belongs to (keys of all kinds share names, foreign keys have
 * their own), NULL: none. Letter case does not tell names apart. */
const struct dts_item *dts_items_find(const struct dts_items *t, bool foreign, struct dts_slice name);

/* A definition up to, and behind, the UNION=(`a`,`b`) among its options, for where its tables are not. False: it has none. */
bool dts_items_union(struct dts_slice sql, struct dts_slice *before, struct dts_slice *whole, struct dts_slice *after);

#endif
