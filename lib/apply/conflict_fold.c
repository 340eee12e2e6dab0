#include "apply/conflict_fold.h"

#include <stdlib.h>

#include "base/arena.h"
#include "charset/charset.h"

static bool has_prefix(struct dts_slice s, struct dts_slice prefix)
{
	return s.len >= prefix.len && memcmp(s.p, prefix.p, prefix.len) == 0;
}

static bool is_sum(struct dts_slice of, struct dts_slice a, struct dts_slice b)
{
	return of.len == a.len + b.len && has_prefix(of, a) && has_prefix(dts_slice(of.p + a.len, b.len), b);
}

/* Is the weight of any two characters that of the first and then that of the second? */
static bool pairs_add_up(const struct dts_weights *w)
{
	for (int a = 0; a < 128; a++)
		for (int b = 0; w->one[a].p && b < 128; b++)
			if (w->one[b].p && !is_sum(w->two[a][b], w->one[a], w->one[b]))
				return false;
	return true;
}

/* Can weights in a row be told from one another? */
static bool weights_part(const struct dts_weights *w)
{
	for (int a = 0; a < 128; a++)
		for (int b = 0; w->one[a].len > 0 && b < 128; b++)
			if (w->one[b].len > w->one[a].len && has_prefix(w->one[b], w->one[a]))
				return false;
	return true;
}

void dts_fold_make(struct dts_fold *f, const struct dts_weights *w)
{
	*f = (struct dts_fold){.doubtful = !pairs_add_up(w) || !weights_part(w)};
	for (int a = 0; a < 128; a++) {
		int like = 0;
		while (like < a && !(w->one[like].p && dts_slice_eq(w->one[like], w->one[a])))
			like++;
		f->to[a] = (unsigned char)like;
		if (!w->one[a].p)
			f->to[a] = DTS_FOLD_DOUBTFUL;
		else if (w->one[a].len == 0)
			f->to[a] = DTS_FOLD_IGNORED;
	}
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
static void add_question(struct dts_buf *sql, const struct dts_session *s, struct dts_slice charset, struct dts_slice collation)
{
	dts_buf_addf(sql, "SELECT a.n, b.n, WEIGHT_STRING(CONVERT(CONCAT(CHAR(a.n USING utf8mb4),"
			  " IF(b.n=128, '', CHAR(b.n USING utf8mb4))) USING %.*s) COLLATE %.*s%s),"
			  " CONVERT(CONVERT(CHAR(a.n USING utf8mb4) USING %.*s) USING utf8mb4)=CHAR(a.n USING utf8mb4) COLLATE utf8mb4_bin FROM ",
		     (int)charset.len, charset.p, (int)collation.len, collation.p, s->family == DTS_MARIADB ? " LEVEL 1" : "",
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

static int read_weights(struct dts_session *s, struct dts_slice charset, struct dts_slice collation, struct dts_weights *w,
			struct dts_arena *arena, struct dts_error *err)
{
	struct dts_buf sql = {0};

	add_question(&sql, s, charset, collation);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	bool levels = has_levels(s, collation);
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		take_weight(w, arena, row, mysql_fetch_lengths(res), levels);
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
		dts_fold_make(f, w);
	free(w);
	dts_arena_free(arena);
	return rc;
}

/* Where the first `count` characters of UTF-8 end. */
static struct dts_slice cut(struct dts_slice utf8, size_t count)
{
	for (size_t i = 0; i < utf8.len; i++)
		if (((unsigned char)utf8.p[i] & 0xc0) != 0x80 && count-- == 0)
			return dts_slice(utf8.p, i);
	return utf8;
}

bool dts_fold_text(const struct dts_fold *f, struct dts_slice utf8, size_t prefix, struct dts_buf *out)
{
	size_t start = out->len, len = 0;
	struct dts_slice text = prefix > 0 ? cut(utf8, prefix) : utf8;

	if (f->doubtful)
		return false;
	dts_buf_reserve(out, text.len);
	unsigned char *to = (unsigned char *)out->data + start;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 128 && !f->exact)
			return false;
		unsigned char as = c < 128 ? f->to[c] : c;
		if (c < 128 && as == DTS_FOLD_DOUBTFUL)
			return false;
		to[len] = as;
		len += c >= 128 || as != DTS_FOLD_IGNORED;
	}
	/* To collations that pad, those at the end do not count. */
	while (len > 0 && to[len - 1] == f->to[' '])
		len--;
	out->len = start + len;
	return true;
}
