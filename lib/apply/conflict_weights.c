#include "apply/conflict_fold.h"

#include <stdlib.h>

#include "base/arena.h"
#include "charset/charset.h"

static bool has_prefix(struct dts_slice s, struct dts_slice prefix)
{
	return prefix.len == 0 || (s.len >= prefix.len && memcmp(s.p, prefix.p, prefix.len) == 0);
}

static bool is_sum(struct dts_slice of, struct dts_slice a, struct dts_slice b)
{
	return of.len == a.len + b.len && has_prefix(of, a) && has_prefix(dts_slice(of.p + a.len, b.len), b);
}

/* What is weighed as one: a character, or two that weigh otherwise than one by one ("ch" in Czech). */
struct token {
	struct dts_slice weight;
	unsigned char fold[2]; /* of its characters; what is ignored left out */
	size_t count;
};

enum { MAX_PAIRS = 400 };

bool dts_weights_is_pair(const struct dts_weights *w, int a, int b)
{
	return w->one[a].p && w->one[b].p && !is_sum(w->two[a][b], w->one[a], w->one[b]);
}

static void add_token(struct token *t, struct dts_slice weight, unsigned char a, unsigned char b)
{
	*t = (struct token){.weight = weight};
	if (a != DTS_FOLD_IGNORED)
		t->fold[t->count++] = a;
	if (b != DTS_FOLD_IGNORED)
		t->fold[t->count++] = b;
}

/* All tokens but those that are ignored; -1: too many. */
static int make_tokens(const struct dts_fold *f, const struct dts_weights *w, struct token *tokens)
{
	int count = 0, pairs = 0;

	for (int a = 0; a < 128; a++)
		if (w->one[a].len > 0)
			add_token(&tokens[count++], w->one[a], f->to[a], DTS_FOLD_IGNORED);
	for (int a = 0; a < 128; a++)
		for (int b = 0; b < 128; b++) {
			if (!dts_weights_is_pair(w, a, b))
				continue;
			if (pairs++ == MAX_PAIRS || w->two[a][b].len == 0)
				return -1;
			add_token(&tokens[count++], w->two[a][b], f->to[a], f->to[b]);
		}
	return count;
}

/* Texts that are left over behind a weight that is the beginning of another. */
struct rests {
	struct dts_slice items[1024];
	size_t count;
};

/* Adds what of `longer` is behind `shorter`. False: there are too many. */
static bool add_rest(struct rests *r, struct dts_slice longer, struct dts_slice shorter)
{
	struct dts_slice rest = dts_slice(longer.p + shorter.len, longer.len - shorter.len);

	if (!has_prefix(longer, shorter) || rest.len == 0)
		return true;
	for (size_t i = 0; i < r->count; i++)
		if (dts_slice_eq(r->items[i], rest))
			return true;
	if (r->count == sizeof r->items / sizeof *r->items)
		return false;
	r->items[r->count++] = rest;
	return true;
}

static bool folded_alike(const struct token *a, const struct token *b)
{
	return a->count == b->count && memcmp(a->fold, b->fold, a->count) == 0;
}

/*
 * Do the weights of a text say what its tokens are folded to? Equal weights must be of tokens that are folded
 * alike. Where one is the beginning of another, no row of weights must be read in two ways: the test of
 * Sardinas and Patterson for codes, which follows what one way has read more than the other.
 */
static bool tokens_part(const struct token *tokens, int count, struct rests *rests)
{
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++)
			if (dts_slice_eq(tokens[i].weight, tokens[j].weight) ? !folded_alike(&tokens[i], &tokens[j]) :
			    !add_rest(rests, tokens[j].weight, tokens[i].weight))
				return false;
	for (size_t at = 0; at < rests->count; at++)
		for (int i = 0; i < count; i++) {
			struct dts_slice rest = rests->items[at], weight = tokens[i].weight;
			if (dts_slice_eq(rest, weight) || !add_rest(rests, rest, weight) || !add_rest(rests, weight, rest))
				return false;
		}
	return true;
}

/* Are three characters weighed as these tokens, in one way or another? */
static bool is_three(const struct dts_weights *w, const struct dts_weight_three *t)
{
	struct dts_slice first = w->one[t->a], last = w->one[t->c];

	if (!first.p || !w->one[t->b].p || !last.p)
		return true; /* never folded */
	return is_sum(t->weight, first, w->two[t->b][t->c]) || is_sum(t->weight, w->two[t->a][t->b], last) ||
	       (has_prefix(t->weight, first) &&
		is_sum(dts_slice(t->weight.p + first.len, t->weight.len - first.len), w->one[t->b], last));
}

static bool is_doubtful(const struct dts_fold *f, const struct dts_weights *w)
{
	struct token *tokens = dts_zalloc(128 + MAX_PAIRS + 1, sizeof *tokens);
	struct rests *rests = dts_zalloc(1, sizeof *rests);
	int count = make_tokens(f, w, tokens);
	bool doubtful = count < 0 || !tokens_part(tokens, count, rests);

	for (size_t i = 0; i < w->three_count; i++)
		doubtful |= !is_three(w, &w->three[i]);
	free(tokens);
	free(rests);
	return doubtful;
}

void dts_fold_make(struct dts_fold *f, const struct dts_weights *w)
{
	*f = (struct dts_fold){0};
	for (int a = 0; a < 128; a++) {
		int like = 0;
		while (like < a && !(w->one[like].p && dts_slice_eq(w->one[like], w->one[a])))
			like++;
		f->to[a] = (unsigned char)like;
		if (w->one[a].len == 0)
			f->to[a] = w->one[a].p ? DTS_FOLD_IGNORED : DTS_FOLD_DOUBTFUL;
	}
	f->doubtful = is_doubtful(f, w);
	f->to[0] = DTS_FOLD_DOUBTFUL; /* to tis620_thai_nopad_ci it is nothing at the end, though it has a weight */
}

static bool ends_with(struct dts_slice s, const char *end)
{
	size_t len = strlen(end);

	return s.len >= len && memcmp(s.p + s.len - len, end, len) == 0;
}

static bool is_name(struct dts_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '_')
			return false;
	return s.len > 0;
}

/* In these sets two characters of Unicode never become one. */
static bool is_injective(struct dts_slice charset)
{
	static const char *const names[] = {"utf8mb3", "utf8mb4", "utf16", "utf16le", "utf32", "ucs2"};
	const struct dts_charset *cs = dts_charset_find(charset);

	for (size_t i = 0; cs && i < sizeof names / sizeof *names; i++)
		if (strcmp(dts_charset_name(cs), names[i]) == 0)
			return true;
	return cs && dts_charset_max_bytes(cs) == 1;
}

/* (SELECT 0 n UNION ALL SELECT 1 ...): ASCII; one more, `last` - 1, stands for no character. */
static void add_numbers(struct dts_buf *sql, int last)
{
	dts_buf_adds(sql, "(SELECT 0 n");
	for (int i = 1; i < last; i++)
		dts_buf_addf(sql, " UNION ALL SELECT %d", i);
	dts_buf_addc(sql, ')');
}

/*
 * Of a collation with several levels the first is enough: what is equal is equal there. MariaDB is asked for that one;
 * MySQL, which has such collations with 0900 in their names, puts a weight of zero behind it.
 */
static const char *first_level_of(const struct dts_session *s)
{
	return s->family == DTS_MARIADB ? " LEVEL 1" : "";
}

static void add_question(struct dts_buf *sql, const struct dts_session *s, struct dts_slice charset, struct dts_slice collation)
{
	dts_buf_addf(sql, "SELECT a.n, b.n, WEIGHT_STRING(CONVERT(CONCAT(CHAR(a.n USING utf8mb4),"
			  " IF(b.n=128, '', CHAR(b.n USING utf8mb4))) USING %.*s) COLLATE %.*s%s),"
			  " CONVERT(CONVERT(CHAR(a.n USING utf8mb4) USING %.*s) USING utf8mb4)=CHAR(a.n USING utf8mb4) COLLATE utf8mb4_bin FROM ",
		     (int)charset.len, charset.p, (int)collation.len, collation.p, first_level_of(s),
		     (int)charset.len, charset.p);
	add_numbers(sql, 128);
	dts_buf_adds(sql, " a, ");
	add_numbers(sql, 129);
	dts_buf_adds(sql, " b");
}

static struct dts_slice first_level(struct dts_slice weight)
{
	for (size_t i = 0; i + 2 <= weight.len; i += 2)
		if (weight.p[i] == 0 && weight.p[i + 1] == 0)
			return dts_slice(weight.p, i);
	return weight;
}

static bool has_levels(const struct dts_session *s, struct dts_slice collation)
{
	return s->family == DTS_MYSQL && memmem(collation.p, collation.len, "_0900_", 6);
}

static void take_weight(struct dts_weights *w, struct dts_arena *arena, MYSQL_ROW row, const unsigned long *len, bool levels)
{
	unsigned long a = strtoul(row[0], NULL, 10), b = strtoul(row[1], NULL, 10);
	bool kept = row[2] && row[3] && *row[3] == '1';

	if (a > 127 || b > 128 || !kept)
		return;
	struct dts_slice weight = dts_arena_copy(arena, dts_slice(row[2], len[2]));
	*(b < 128 ? &w->two[a][b] : &w->one[a]) = levels ? first_level(weight) : weight;
}

static MYSQL_RES *ask(struct dts_session *s, struct dts_buf *sql, struct dts_error *err)
{
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(sql), err);

	dts_buf_release(sql);
	return res;
}

static int read_weights(struct dts_session *s, struct dts_slice charset, struct dts_slice collation, struct dts_weights *w,
			struct dts_arena *arena, struct dts_error *err)
{
	struct dts_buf sql = {0};

	add_question(&sql, s, charset, collation);
	MYSQL_RES *res = ask(s, &sql, err);
	if (!res)
		return -1;
	bool levels = has_levels(s, collation);
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		take_weight(w, arena, row, mysql_fetch_lengths(res), levels);
	mysql_free_result(res);
	return 0;
}

/* Each pair that is weighed as one, and what comes before or behind it: "dzs" may be one, too. */
static void add_question_of_three(struct dts_buf *sql, const struct dts_session *s, struct dts_slice charset,
				  struct dts_slice collation, const struct dts_weights *w)
{
	const char *more = "";

	dts_buf_addf(sql, "SELECT IF(d.n=0, p.a, c.n), IF(d.n=0, p.b, p.a), IF(d.n=0, c.n, p.b),"
			  " WEIGHT_STRING(CONVERT(CONCAT(IF(d.n=0, '', CHAR(c.n USING utf8mb4)), CHAR(p.a USING utf8mb4),"
			  " CHAR(p.b USING utf8mb4), IF(d.n=0, CHAR(c.n USING utf8mb4), '')) USING %.*s) COLLATE %.*s%s) FROM (",
		     (int)charset.len, charset.p, (int)collation.len, collation.p, first_level_of(s));
	for (int a = 0; a < 128; a++)
		for (int b = 0; b < 128; b++)
			if (dts_weights_is_pair(w, a, b)) {
				dts_buf_addf(sql, "%sSELECT %d a, %d b", more, a, b);
				more = " UNION ALL ";
			}
	dts_buf_adds(sql, ") p, ");
	add_numbers(sql, 128);
	dts_buf_adds(sql, " c, ");
	add_numbers(sql, 2);
	dts_buf_adds(sql, " d");
}

static size_t count_pairs(const struct dts_weights *w)
{
	size_t count = 0;

	for (int a = 0; a < 128; a++)
		for (int b = 0; b < 128; b++)
			count += dts_weights_is_pair(w, a, b);
	return count;
}

static unsigned char row_byte(MYSQL_ROW row, unsigned i)
{
	return (unsigned char)strtoul(row[i], NULL, 10) & 127;
}

/* Only of collations that have such pairs, and not too many. */
static int read_three(struct dts_session *s, struct dts_slice charset, struct dts_slice collation, struct dts_weights *w,
		      struct dts_arena *arena, struct dts_error *err)
{
	struct dts_buf sql = {0};
	size_t pairs = count_pairs(w);

	if (pairs == 0 || pairs > MAX_PAIRS)
		return 0;
	add_question_of_three(&sql, s, charset, collation, w);
	MYSQL_RES *res = ask(s, &sql, err);
	if (!res)
		return -1;
	bool levels = has_levels(s, collation);
	w->three = dts_arena_alloc(arena, mysql_num_rows(res) + 1, sizeof *w->three);
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		struct dts_weight_three *t = &w->three[w->three_count++];
		t->a = row_byte(row, 0);
		t->b = row_byte(row, 1);
		t->c = row_byte(row, 2);
		t->weight = dts_arena_copy(arena, row[3] ? dts_slice(row[3], mysql_fetch_lengths(res)[3]) : DTS_LIT(""));
		if (levels)
			t->weight = first_level(t->weight);
	}
	mysql_free_result(res);
	return 0;
}

int dts_fold_read(struct dts_session *s, struct dts_slice charset, struct dts_slice collation, struct dts_fold *f,
		  struct dts_error *err)
{
	*f = (struct dts_fold){.doubtful = true};
	if (!is_name(charset) || !is_name(collation))
		return 0;
	if (ends_with(collation, "_bin")) {
		*f = (struct dts_fold){.exact = is_injective(charset)};
		for (unsigned char i = 0; i < 128; i++)
			f->to[i] = i;
		return 0;
	}
	struct dts_arena *arena = dts_arena_new();
	struct dts_weights *w = dts_zalloc(1, sizeof *w);
	int rc = read_weights(s, charset, collation, w, arena, err);
	if (rc == 0)
		rc = read_three(s, charset, collation, w, arena, err);
	if (rc == 0)
		dts_fold_make(f, w);
	free(w);
	dts_arena_free(arena);
	return rc;
}
