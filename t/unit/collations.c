/*
 * Without arguments: nothing, as it needs a server. Else, for t/dts-apply-conflict.bats:
 *
 *     collations OPTION-FILE GROUP TEXTS [SEED OF]
 *
 * takes every collation of the server, or by SEED one in OF and those that most tables have, makes so many texts that
 * it might take for equal, and asks it which are. Those that are must fold to the same bytes, or be doubtful. Prints
 * a line for each that fails, each that is doubtful as a whole, and one of totals.
 */
#include "apply/conflict_fold.h"
#include "base/arena.h"
#include "charset/charset.h"
#include "mysql/quote.h"
#include "unit.h"

enum { MOST = 700 };

static struct dts_error err;
static struct dts_session session;

struct text {
	struct dts_slice value, folded;
	bool doubtful;
};

struct run {
	struct dts_slice charset, collation;
	struct text texts[MOST];
	size_t count;
	struct dts_arena *arena;
	size_t equal, doubtful; /* pairs that are equal to the server, texts that are doubtful */
};

static size_t most; /* texts for each */
static size_t checked, useless, equal_pairs;

static void add_text(struct run *r, const char *bytes, size_t len)
{
	if (r->count < most)
		r->texts[r->count++].value = dts_arena_copy(r->arena, dts_slice(bytes, len));
}

/* Words of which collations of many languages make something of their own, and what is in no alphabet. */
static const char *const fixed[] = {
	"", " ", "  ", "a", "A", "a ", "A  ", " a", "a\t", "a\n", "a\r", "\t", "\x01", "a\x01", "\x7f", "a b", "aB", "a_b", "a-b", "a.b",
	"ch", "Ch", "CH", "cH", "ll", "Ll", "LL", "lL", "cs", "Cs", "CS", "ccs", "cscs", "dz", "dzs", "DZS", "Dzs", "ddzs", "dzsdzs", "gy", "ggy",
	"gygy", "ly", "lly", "ny", "nny", "sz", "ssz", "szsz", "ty", "tty", "zs", "zzs", "lj", "Lj", "LJ", "nj", "NJ", "d\xc5\xbe", "aa", "Aa",
	"AA", "aA", "ae", "AE", "oe", "OE", "ue", "ss", "SS", "sS", "th", "ij", "IJ", "y", "Y", "i", "I", "v", "w", "V", "W", "vw", "dd", "ff", "ph",
	"rh", "ng", "rr", "qu", "u", "ngh", "gb", "tz", "ya", "[", "]", "{", "}", "|", "\\", "~", "^", "`", "'", "\"", "@", "#", "$", "?", "0", "00",
	"1", "01", "a1", "a 1", "\xc3\xa9", "e", "E", "\xc3\x89", "\xc3\xa4", "\xc3\x84", "\xc3\xb6", "o", "O", "\xc3\xbc", "\xc3\x9f", "\xc3\xa5",
	"\xc3\xa6", "\xc3\xb8", "\xc3\xb1", "n", "N", "\xc4\xb0", "\xc4\xb1", "\xc5\xbf", "s", "S", "\xe2\x84\xaa", "k", "K", "\xef\xbc\xa1",
	"\xc2\xa0", "a\xc2\xa0", "\xc2\xad", "a\xc2\xad", "\xe2\x80\x8b", "a\xe2\x80\x8b", "\xe3\x80\x80", "a\xe3\x80\x80", "\xd0\xb0", "\xd0\x90", "\xce\xb1",
	"\xce\x91", "\xcf\x82", "\xcf\x83", "\xce\xa3", "\xd7\x90", "\xe0\xb8\x81", "\xe3\x81\x82", "\xe3\x82\xa2", "\xef\xbd\xb1", "\xe3\x83\xbc", "\xe4\xb8\x80",
	"\xe4\xba\x9c", "\xe2\x84\xa2", "tm", "\xef\xac\x80", "\xc2\xb2", "2", "\xc7\x86", "\xc7\x89", "\xc5\x93", "e\xcc\x81", "a\xcc\x80", "\xf0\x9f\x98\x80",
	"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8", "\xc3\xa0", "a\xcc\x88", "A\xcc\x88", "\xe2\x80\x93", "-", "\xc3\xbf",
};

static const char *const alphabets[] = {"abAB ", "chCHlL", "dzsDZc", "aA \t\x01-", "eEoOau", "nNlLjJ", "csCS [", "_@.-aB", "gGyY~^", "iIjJ\\|", "sStTzZ", "09.a "};

static void make_texts(struct run *r)
{
	char text[8];

	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		add_text(r, fixed[i], strlen(fixed[i]));
	for (int c = 1; c < 128; c++) {
		text[0] = (char)c;
		add_text(r, text, 1);
	}
	add_text(r, "\0", 1);
	add_text(r, "a\0", 2);
	while (r->count < most) {
		const char *alphabet = alphabets[(size_t)random() % (sizeof alphabets / sizeof *alphabets)];
		size_t len = 1 + (size_t)random() % 5;
		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[(size_t)random() % strlen(alphabet)];
		add_text(r, text, len);
	}
}

static int fold_texts(struct run *r)
{
	struct dts_fold fold;
	struct dts_buf out = {0};

	if (dts_fold_read(&session, r->charset, r->collation, &fold, &err) < 0)
		return -1;
	if (fold.doubtful) {
		printf("# %.*s is doubtful\n", (int)r->collation.len, r->collation.p);
		useless++;
	}
	for (size_t i = 0; i < r->count; i++) {
		dts_buf_clear(&out);
		r->texts[i].doubtful = !dts_fold_text(&fold, r->texts[i].value, 0, &out);
		r->texts[i].folded = dts_arena_copy(r->arena, dts_buf_slice(&out));
		r->doubtful += r->texts[i].doubtful;
	}
	dts_buf_release(&out);
	return 0;
}

/* A table of the texts that the set has; those that it has not would be refused. */
static int store_texts(struct run *r)
{
	struct dts_buf sql = {0};

	if (dts_session_run(&session, DTS_LIT("DROP TEMPORARY TABLE IF EXISTS texts"), &err) < 0 ||
	    dts_session_run(&session, DTS_LIT("SET SESSION sql_mode=''"), &err) < 0)
		return -1;
	dts_buf_addf(&sql, "CREATE TEMPORARY TABLE texts (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET %.*s COLLATE %.*s) ENGINE=MyISAM",
		     (int)r->charset.len, r->charset.p, (int)r->collation.len, r->collation.p);
	int rc = dts_session_run(&session, dts_buf_slice(&sql), &err);
	dts_buf_clear(&sql);
	dts_buf_adds(&sql, "INSERT INTO texts SELECT id, CONVERT(v USING ");
	dts_buf_add_slice(&sql, r->charset);
	dts_buf_adds(&sql, ") FROM (SELECT -1 id, _utf8mb4'' v");
	for (size_t i = 0; i < r->count; i++) {
		dts_buf_addf(&sql, " UNION ALL SELECT %zu,", i);
		dts_sql_literal(&sql, r->texts[i].value);
	}
	dts_buf_addf(&sql, ") x WHERE id>=0 AND CONVERT(CONVERT(v USING %.*s) USING utf8mb4) COLLATE utf8mb4_bin=v COLLATE utf8mb4_bin",
		     (int)r->charset.len, r->charset.p);
	if (rc == 0)
		rc = dts_session_run(&session, dts_buf_slice(&sql), &err);
	dts_buf_release(&sql);
	return rc;
}

static void check_pair(struct run *r, size_t a, size_t b)
{
	const struct text *x = &r->texts[a], *y = &r->texts[b];

	r->equal++;
	if (x->doubtful || y->doubtful || dts_slice_eq(x->folded, y->folded))
		return;
	unit_fail(__FILE__, __LINE__, "%.*s: '%.*s' and '%.*s' are equal", (int)r->collation.len, r->collation.p, (int)x->value.len,
		  x->value.p, (int)y->value.len, y->value.p);
}

/* The comparison itself, not a join of the server's own way, which may be by hashes. */
static int compare_texts(struct run *r)
{
	MYSQL_RES *res = dts_session_query(&session, DTS_LIT("SELECT a.id, b.id FROM texts_a a, texts b WHERE a.id<b.id AND (a.v=b.v)+0"), &err);

	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		check_pair(r, strtoul(row[0], NULL, 10), strtoul(row[1], NULL, 10));
	mysql_free_result(res);
	return 0;
}

static int copy_texts(void)
{
	if (dts_session_run(&session, DTS_LIT("DROP TEMPORARY TABLE IF EXISTS texts_a"), &err) < 0)
		return -1;
	return dts_session_run(&session, DTS_LIT("CREATE TEMPORARY TABLE texts_a ENGINE=MyISAM SELECT * FROM texts"), &err);
}

static bool is_common(struct dts_slice collation)
{
	static const char *const names[] = {"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_0900_ai_ci", "utf8mb4_uca1400_ai_ci",
					    "latin1_swedish_ci", "utf8mb3_general_ci", "utf8_general_ci", "utf8mb4_bin", "ascii_general_ci"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (dts_slice_is(collation, names[i]))
			return true;
	return false;
}

static int run_collation(struct dts_slice charset, struct dts_slice collation)
{
	struct run *r = dts_zalloc(1, sizeof *r);
	size_t useless_before = useless;

	r->charset = charset;
	r->collation = collation;
	r->arena = dts_arena_new();
	make_texts(r);
	int rc = fold_texts(r) < 0 || store_texts(r) < 0 || copy_texts() < 0 || compare_texts(r) < 0 ? -1 : 0;
	if (rc < 0)
		unit_fail(__FILE__, __LINE__, "%.*s: %s", (int)collation.len, collation.p, err.message);
	else if (is_common(collation) && useless > useless_before)
		unit_fail(__FILE__, __LINE__, "%.*s must not be doubtful", (int)collation.len, collation.p);
	checked++;
	equal_pairs += r->equal;
	dts_arena_free(r->arena);
	free(r);
	return rc;
}

static const char *const *arguments;
static int argument_count;

/* MariaDB's newest collations belong to several sets, under longer names. */
static void test_collations(void)
{
	unsigned long seed = argument_count > 4 ? strtoul(arguments[4], NULL, 10) : 0;
	unsigned long of = argument_count > 5 ? strtoul(arguments[5], NULL, 10) : 1;
	MYSQL_RES *res = dts_session_query(&session, session.family == DTS_MARIADB && session.version >= 101001 ?
		DTS_LIT("SELECT CHARACTER_SET_NAME, FULL_COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY ORDER BY 2") :
		DTS_LIT("SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY ORDER BY 2"), &err);

	if (!res) {
		unit_fail(__FILE__, __LINE__, "%s", err.message);
		return;
	}
	srandom((unsigned)seed + 1);
	unsigned long n = seed;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		struct dts_slice collation = dts_slice_of(row[1]);
		if (dts_slice_is(dts_slice_of(row[0]), "binary"))
			continue;
		if (n++ % of == 0 || is_common(collation))
			run_collation(dts_slice_of(row[0]), collation);
	}
	mysql_free_result(res);
	printf("# %zu collations, %zu of them doubtful, %zu equal pairs\n", checked, useless, equal_pairs);
}

static void test_needs_a_server(void) {}

int main(int argc, char **argv)
{
	struct dts_connect_options o = {0};

	if (argc < 4) {
		RUN(test_needs_a_server);
		return unit_done();
	}
	most = strtoul(argv[3], NULL, 10);
	most = most < MOST ? most : MOST;
	arguments = (const char *const *)argv;
	argument_count = argc;
	o.defaults_file = argv[1];
	o.group = argv[2];
	if (dts_session_open(&session, &o, &err) < 0 ||
	    dts_session_run(&session, DTS_LIT("CREATE DATABASE IF NOT EXISTS d"), &err) < 0 || dts_session_run(&session, DTS_LIT("USE d"), &err) < 0) {
		printf("not ok: %s\n", err.message);
		return 1;
	}
	RUN(test_collations);
	dts_session_close(&session);
	return unit_done();
}
