#include <stdlib.h>
#include <strings.h>

#include "ddl/alike.h"
#include "ddl/scan.h"
#include "mysql/quote.h"
#include "schema/diff_parts.h"

static const char *const texts[] = {"tinytext", "text", "mediumtext", "longtext"};
static const char *const blobs[] = {"tinyblob", "blob", "mediumblob", "longblob"};
static const char *const integers[] = {"tinyint", "smallint", "mediumint", "int", "bigint"};

/* Its place among these, -1: none. */
static int rank(struct dts_slice word, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (dts_slice_is_nocase(word, words[i]))
			return i;
	return -1;
}

static bool has_charset(struct dts_slice word)
{
	return dts_slice_is_nocase(word, "char") || dts_slice_is_nocase(word, "varchar") || dts_slice_is_nocase(word, "enum") ||
	       dts_slice_is_nocase(word, "set") || rank(word, texts, 4) >= 0;
}

static void skip_brackets(struct dts_sql_scan *s)
{
	int depth = 0;

	if (!dts_sql_is_char(s, '('))
		return;
	do {
		depth += dts_sql_is_char(s, '(') - dts_sql_is_char(s, ')');
		dts_sql_next(s);
	} while (depth > 0 && s->type != DTS_SQL_END);
}

static struct dts_slice take_word(struct dts_sql_scan *s)
{
	struct dts_slice word = dts_sql_text(s);

	dts_sql_next(s);
	return word;
}

/* CHARACTER SET x COLLATE y, either or none; what is not there is that of the table. */
static void take_charset(struct dts_sql_scan *s, const struct dts_diff_options *table, struct dts_diff_column *c)
{
	c->charset = table->charset;
	c->collation = table->collation;
	if (dts_sql_is(s, "CHARACTER")) {
		dts_sql_next(s);
		dts_sql_next(s); /* SET */
		c->charset = take_word(s);
		c->collation = (struct dts_slice){0};
	}
	if (dts_sql_is(s, "COLLATE")) {
		dts_sql_next(s);
		c->collation = take_word(s);
		const char *end = memchr(c->collation.p, '_', c->collation.len);
		c->charset = dts_slice(c->collation.p, end ? (size_t)(end - c->collation.p) : c->collation.len);
	}
}

/* How it gets its values: STORED and VIRTUAL behind the brackets of AS (...). */
static void read_rest(struct dts_diff_column *c)
{
	struct dts_sql_scan s;
	bool as = false;

	for (dts_sql_start(&s, c->rest, 0); s.type != DTS_SQL_END;) {
		if (dts_sql_is_char(&s, '(')) {
			if (as)
				c->computed = DTS_DIFF_VIRTUAL;
			skip_brackets(&s);
			if (as && (dts_sql_is(&s, "STORED") || dts_sql_is(&s, "PERSISTENT")))
				c->computed = DTS_DIFF_STORED;
			as = false;
		} else {
			as = dts_sql_is(&s, "AS");
			dts_sql_next(&s);
		}
	}
}

void dts_diff_column_read(const struct dts_item *item, const struct dts_diff_options *table, struct dts_diff_column *c)
{
	static const char *const attributes[] = {"unsigned", "zerofill", "COMPRESSED"};
	struct dts_sql_scan s;

	*c = (struct dts_diff_column){.item = item, .name = item->name};
	dts_sql_start(&s, item->text, 0);
	dts_sql_next(&s);
	size_t at = s.at, end = s.at + s.len;
	c->word = take_word(&s);
	if (dts_sql_is_char(&s, '(')) {
		skip_brackets(&s);
		end = s.prev_end;
	}
	while (s.type == DTS_SQL_WORD && rank(dts_sql_text(&s), attributes, 3) >= 0) {
		end = s.at + s.len;
		dts_sql_next(&s);
	}
	c->type = dts_slice(item->text.p + at, end - at);
	if (has_charset(c->word))
		take_charset(&s, table, c);
	c->rest = dts_slice(item->text.p + s.at, s.type == DTS_SQL_END ? 0 : item->text.len - s.at);
	read_rest(c);
}

void dts_diff_column_add(const struct dts_diff_column *c, struct dts_buf *out)
{
	dts_sql_ident(out, c->name);
	dts_buf_addc(out, ' ');
	dts_buf_add_slice(out, c->type);
	if (c->charset.p) {
		dts_buf_adds(out, " CHARACTER SET ");
		dts_buf_add_slice(out, c->charset);
	}
	if (c->collation.p) {
		dts_buf_adds(out, " COLLATE ");
		dts_buf_add_slice(out, c->collation);
	}
	if (c->rest.len > 0)
		dts_buf_addc(out, ' ');
	dts_buf_add_slice(out, c->rest);
}

bool dts_diff_column_same(const struct dts_diff_column *a, const struct dts_diff_column *b)
{
	return dts_slice_eq(a->name, b->name) && dts_ddl_alike(a->type, b->type, 0) && dts_slice_eq(a->charset, b->charset) &&
	       dts_slice_eq(a->collation, b->collation) && dts_ddl_alike(a->rest, b->rest, 0);
}

/* ---- what fits into what */

/* The numbers in the brackets of a type: how many of two there are. */
static int read_numbers(struct dts_slice type, long numbers[2])
{
	struct dts_sql_scan s;
	int count = 0;

	for (dts_sql_start(&s, type, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		if (s.type == DTS_SQL_NUMBER && count < 2)
			numbers[count++] = strtol(type.p + s.at, NULL, 10);
		if (dts_sql_is_char(&s, ')'))
			break;
	}
	return count;
}

static bool is_unsigned(struct dts_slice type)
{
	struct dts_sql_scan s;
	bool found = false;

	for (dts_sql_start(&s, type, 0); s.type != DTS_SQL_END; dts_sql_next(&s))
		found |= dts_sql_is(&s, "unsigned");
	return found;
}

static bool integer_fits(const struct dts_diff_column *from, const struct dts_diff_column *to)
{
	int a = rank(from->word, integers, 5), b = rank(to->word, integers, 5);
	bool sign = !is_unsigned(from->type), to_sign = !is_unsigned(to->type);

	if (sign == to_sign)
		return b >= a;
	return !sign && b > a;
}

/* decimal(p,s): digits before and behind the point. */
static bool decimal_fits(const struct dts_diff_column *from, const struct dts_diff_column *to)
{
	long a[2] = {10, 0}, b[2] = {10, 0};

	read_numbers(from->type, a);
	read_numbers(to->type, b);
	return b[1] >= a[1] && b[0] - b[1] >= a[0] - a[1] && (is_unsigned(from->type) || !is_unsigned(to->type));
}

/* enum('a','b'): members are only added at the end. */
static bool members_fit(struct dts_slice from, struct dts_slice to)
{
	while (from.len > 0 && from.p[from.len - 1] != ')')
		from.len--;
	size_t same = from.len > 0 ? from.len - 1 : 0;
	return to.len > same && memcmp(from.p, to.p, same) == 0 && (to.p[same] == ',' || to.p[same] == ')');
}

/* Text keeps what it is made of in utf8mb4, which has every character there is. */
static bool charset_fits(const struct dts_diff_column *from, const struct dts_diff_column *to)
{
	return dts_slice_eq(from->charset, to->charset) || dts_slice_is(to->charset, "utf8mb4");
}

/* char, varchar and the like, in characters or bytes. */
static bool string_fits(const struct dts_diff_column *from, const struct dts_diff_column *to, const char *fixed,
			const char *varying, const char *const *longs)
{
	static const long most[] = {255, 65535, 16777215, 4294967295};
	long a[2] = {1, 0}, b[2] = {1, 0};
	int from_long = rank(from->word, longs, 4), to_long = rank(to->word, longs, 4);

	read_numbers(from->type, a);
	read_numbers(to->type, b);
	if (from_long >= 0)
		return to_long >= from_long;
	if (to_long >= 0)
		return a[0] * 4 <= most[to_long];
	if (dts_slice_is_nocase(from->word, fixed) && dts_slice_is_nocase(to->word, fixed))
		return a[0] <= b[0] && !dts_slice_is_nocase(from->word, "binary"); /* zeros would go behind it */
	return dts_slice_is_nocase(to->word, varying) && a[0] <= b[0];
}

static bool is_string(struct dts_slice word, const char *fixed, const char *varying, const char *const *longs)
{
	return dts_slice_is_nocase(word, fixed) || dts_slice_is_nocase(word, varying) || rank(word, longs, 4) >= 0;
}

/* Of the same type, told by its number: bit(3), datetime(3). */
static bool number_fits(const struct dts_diff_column *from, const struct dts_diff_column *to)
{
	static const char *const types[] = {"bit", "time", "datetime", "timestamp"};
	long a[2] = {0, 0}, b[2] = {0, 0};

	read_numbers(from->type, a);
	read_numbers(to->type, b);
	return dts_slice_is_nocase(from->word, "bit") == dts_slice_is_nocase(to->word, "bit") &&
	       rank(from->word, types, 4) >= 0 && rank(from->word, types, 4) == rank(to->word, types, 4) && b[0] >= a[0];
}

bool dts_diff_column_fits(const struct dts_diff_column *from, const struct dts_diff_column *to)
{
	bool same_word = from->word.len == to->word.len && strncasecmp(from->word.p, to->word.p, to->word.len) == 0;

	if (!charset_fits(from, to))
		return false;
	if (dts_ddl_alike(from->type, to->type, 0))
		return true;
	if (rank(from->word, integers, 5) >= 0 && rank(to->word, integers, 5) >= 0)
		return integer_fits(from, to);
	if (is_string(from->word, "char", "varchar", texts) && is_string(to->word, "char", "varchar", texts))
		return string_fits(from, to, "char", "varchar", texts);
	if (is_string(from->word, "binary", "varbinary", blobs) && is_string(to->word, "binary", "varbinary", blobs))
		return string_fits(from, to, "binary", "varbinary", blobs);
	if (same_word && dts_slice_is_nocase(from->word, "decimal"))
		return decimal_fits(from, to);
	if (same_word && (dts_slice_is_nocase(from->word, "enum") || dts_slice_is_nocase(from->word, "set")))
		return members_fit(from->type, to->type);
	if (dts_slice_is(from->type, "float") && dts_slice_is(to->type, "double"))
		return true;
	return number_fits(from, to);
}

/* ---- what is done to them */

bool dts_diff_same_name(struct dts_slice a, struct dts_slice b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.p, b.p, a.len) == 0);
}

const struct dts_diff_column *dts_diff_column_find(const struct dts_diff_side *side, struct dts_slice name)
{
	for (size_t i = 0; i < side->count; i++)
		if (dts_diff_same_name(side->columns[i].name, name))
			return &side->columns[i];
	return NULL;
}

/* No server makes a plain column computed by MODIFY, nor VIRTUAL STORED, with one exception: what is
 * stored may stay as plain values. */
enum dts_diff_fate dts_diff_column_fate(const struct dts_diff_column *c, const struct dts_diff_column *old)
{
	if (!old)
		return DTS_DIFF_NEW;
	if (c->computed != old->computed && !(c->computed == DTS_DIFF_STORED_ROW && old->computed == DTS_DIFF_STORED))
		return DTS_DIFF_MADE_AGAIN;
	return dts_diff_column_same(c, old) ? DTS_DIFF_SAME : DTS_DIFF_MODIFIED;
}

static void add_drop(struct dts_slice name, struct dts_list *list)
{
	struct dts_buf b = {0};

	dts_buf_adds(&b, "DROP COLUMN ");
	dts_sql_ident(&b, name);
	dts_list_add(list, dts_buf_text(&b));
	dts_buf_release(&b);
}

/* ADD or MODIFY; `place`: with where it goes, behind `behind` (NULL: as the first). */
static void add_clause(const char *what, const struct dts_diff_column *c, bool place, const struct dts_diff_column *behind,
		       struct dts_list *list)
{
	struct dts_buf b = {0};

	dts_buf_adds(&b, what);
	dts_diff_column_add(c, &b);
	if (place && behind) {
		dts_buf_adds(&b, " AFTER ");
		dts_sql_ident(&b, behind->name);
	} else if (place) {
		dts_buf_adds(&b, " FIRST");
	}
	dts_list_add(list, dts_buf_text(&b));
	dts_buf_release(&b);
}

/* Which of the wanted columns can stay where they are: the longest row of them that has the present order.
 * `at[i]`: the place of wanted column i at present, SIZE_MAX: it is a new one. */
static void choose_staying(const size_t *at, size_t count, bool *stays)
{
	size_t *length = dts_zalloc(count + 1, sizeof *length), *before = dts_zalloc(count + 1, sizeof *before);
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		before[i] = SIZE_MAX;
		if (at[i] == SIZE_MAX)
			continue;
		length[i] = 1;
		for (size_t k = 0; k < i; k++)
			if (at[k] != SIZE_MAX && at[k] < at[i] && length[k] + 1 > length[i]) {
				length[i] = length[k] + 1;
				before[i] = k;
			}
		if (best == SIZE_MAX || length[i] > length[best])
			best = i;
	}
	for (; best != SIZE_MAX; best = before[best])
		stays[best] = true;
	free(length);
	free(before);
}

bool dts_diff_column_lossy(const struct dts_diff_column *c, const struct dts_diff_column *old)
{
	enum dts_diff_fate fate = dts_diff_column_fate(c, old);

	if (fate == DTS_DIFF_MADE_AGAIN) /* computed values are there again, others are not */
		return old->computed == DTS_DIFF_STORED_ROW || c->computed == DTS_DIFF_STORED_ROW;
	return fate == DTS_DIFF_MODIFIED && c->computed == DTS_DIFF_STORED_ROW && !dts_diff_column_fits(old, c);
}

static void compare_column(const struct dts_diff_column *c, const struct dts_diff_column *old, bool stays,
			   const struct dts_diff_column *behind, bool allow_drop, struct dts_list *clauses,
			   struct dts_table_diff *d)
{
	enum dts_diff_fate fate = dts_diff_column_fate(c, old);

	if (fate == DTS_DIFF_SAME && stays)
		return;
	if (dts_diff_column_lossy(c, old)) {
		if (fate == DTS_DIFF_MADE_AGAIN)
			add_drop(c->name, &d->lossy);
		else
			add_clause("MODIFY COLUMN ", c, false, NULL, &d->lossy);
		if (!allow_drop)
			return;
	}
	if (fate == DTS_DIFF_MADE_AGAIN)
		add_drop(c->name, clauses);
	if (fate == DTS_DIFF_NEW || fate == DTS_DIFF_MADE_AGAIN)
		add_clause("ADD COLUMN ", c, true, behind, clauses);
	else
		add_clause("MODIFY COLUMN ", c, !stays, behind, clauses);
}

void dts_diff_columns_compare(const struct dts_diff_side *wanted, const struct dts_diff_side *present, bool allow_drop,
			      struct dts_list *clauses, struct dts_table_diff *d)
{
	size_t *at = dts_zalloc(wanted->count + 1, sizeof *at);
	bool *stays = dts_zalloc(wanted->count + 1, sizeof *stays);

	for (size_t i = 0; i < present->count; i++)
		if (!dts_diff_column_find(wanted, present->columns[i].name)) {
			add_drop(present->columns[i].name, &d->lossy);
			if (allow_drop)
				add_drop(present->columns[i].name, clauses);
		}
	for (size_t i = 0; i < wanted->count; i++) {
		const struct dts_diff_column *old = dts_diff_column_find(present, wanted->columns[i].name);
		bool new = !old || dts_diff_column_fate(&wanted->columns[i], old) == DTS_DIFF_MADE_AGAIN;
		at[i] = new ? SIZE_MAX : (size_t)(old - present->columns);
	}
	choose_staying(at, wanted->count, stays);
	for (size_t i = 0; i < wanted->count; i++)
		compare_column(&wanted->columns[i], dts_diff_column_find(present, wanted->columns[i].name), stays[i],
			       i > 0 ? &wanted->columns[i - 1] : NULL, allow_drop, clauses, d);
	free(at);
	free(stays);
}
