#include "mysql/ddl_context.h"
#include "mysql/ddl_shown.h"

#include "unit.h"

static struct dts_error err;

static const char *modes(const char *text, bool known, enum dts_family from, enum dts_family to)
{
	static struct dts_buf out;
	const struct dts_ddl_origin origin = {.known = known, .family = from};

	dts_buf_clear(&out);
	err = (struct dts_error)DTS_ERROR_INIT;
	return dts_ddl_context_modes(dts_slice_of(text), &origin, to, &out, &err) < 0 ? err.message : dts_buf_text(&out);
}

static void test_modes(void)
{
	CHECK_STR("ANSI_QUOTES,PIPES_AS_CONCAT", modes("ANSI_QUOTES,PIPES_AS_CONCAT", true, DTS_MARIADB, DTS_MARIADB));
	CHECK_STR("", modes("", false, DTS_MARIADB, DTS_MYSQL));
	/* A fraction that is too long is cut by the one and rounded by the other. */
	CHECK_STR("TIME_TRUNCATE_FRACTIONAL", modes("", true, DTS_MARIADB, DTS_MYSQL));
	CHECK_STR("ANSI_QUOTES", modes("TIME_ROUND_FRACTIONAL,ANSI_QUOTES", true, DTS_MARIADB, DTS_MYSQL));
	CHECK_STR("ANSI_QUOTES,TIME_ROUND_FRACTIONAL", modes("ANSI_QUOTES", true, DTS_MYSQL, DTS_MARIADB));
	CHECK_STR("", modes("TIME_TRUNCATE_FRACTIONAL", true, DTS_MYSQL, DTS_MARIADB));
	CHECK_STR("TIME_TRUNCATE_FRACTIONAL", modes("TIME_TRUNCATE_FRACTIONAL", true, DTS_MYSQL, DTS_MYSQL));
	CHECK_STR("TIME_ROUND_FRACTIONAL", modes("TIME_ROUND_FRACTIONAL", true, DTS_MARIADB, DTS_MARIADB));
	/* What makes no difference is left out, what makes one is refused. */
	CHECK_STR("STRICT_ALL_TABLES,TIME_TRUNCATE_FRACTIONAL",
		  modes("STRICT_ALL_TABLES,NO_AUTO_CREATE_USER", true, DTS_MARIADB, DTS_MYSQL));
	CHECK_STR("the statement ran with sql_mode EMPTY_STRING_IS_NULL, which the target does not have",
		  modes("ANSI,EMPTY_STRING_IS_NULL", true, DTS_MARIADB, DTS_MYSQL));
	CHECK_INT(DTS_REFUSED, err.status);
	CHECK_STR("ORACLE", modes("ORACLE", true, DTS_MARIADB, DTS_MARIADB));
	CHECK_STR("the statement ran with sql_mode ORACLE, which the target does not have", modes("ORACLE", true, DTS_MARIADB, DTS_MYSQL));
}

static void test_collations(void)
{
	static const struct {
		const char *sql, *sets;
		unsigned flags;
	} cases[] = {
		{"CREATE TABLE t (a VARCHAR(9))", "", 0},
		{"CREATE TABLE t (a VARCHAR(9)) CHARSET=utf8mb4", "utf8mb4 ", 0},
		{"CREATE TABLE t (a VARCHAR(9)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin", "", 0},
		{"CREATE TABLE t (a VARCHAR(9)) DEFAULT CHARSET=utf8mb4 COLLATE=DEFAULT", "utf8mb4 ", 0},
		{"CREATE TABLE t (a VARCHAR(9)) DEFAULT CHARACTER SET utf8mb4 DEFAULT COLLATE utf8mb4_bin", "", 0},
		{"CREATE TABLE t (a VARCHAR(9) CHARACTER SET utf8mb4, b INT) CHARSET=latin1", "utf8mb4 latin1 ", 0},
		{"CREATE TABLE t (a VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, b INT) CHARSET=latin1", "latin1 ", 0},
		{"CREATE TABLE t (a VARCHAR(9) CHARSET `utf8mb4` NOT NULL)", "utf8mb4 ", 0},
		{"CREATE TABLE t (a VARCHAR(9) CHARSET 'UTF8MB4' COLLATE utf8mb4_bin)", "", 0},
		{"CREATE TABLE t (a VARCHAR(9) COMMENT 'CHARSET utf8mb4')", "", 0},
		{"CREATE TABLE t (`charset` VARCHAR(9), `utf8mb4` INT)", "", 0},
		{"ALTER TABLE t CONVERT TO character set utf8", "utf8mb3 ", 0},
		{"ALTER TABLE t ADD s SET('x'), ADD utf8 INT", "", 0},
		{"CREATE TABLE t (a VARCHAR(9) COMMENT 'it\\'s') charset ucs2", "ucs2 ", 0},
		{"CREATE TABLE t (a VARCHAR(9) COMMENT 'it\\') charset ucs2 comment 'x'", "ucs2 ", DTS_DDL_NO_BACKSLASH_ESCAPES},
		/* A quote in a comment is none. */
		{"create table t (k varchar(20) primary key) /* customer's */ charset=utf8mb4", "utf8mb4 ", 0},
		{"create table t (k varchar(20)) -- customer's\n charset=utf8mb4 /* COLLATE x */", "utf8mb4 ", 0},
		{"CREATE TABLE t (a NCHAR(9), b INT)", "utf8mb3 ", 0},
		{"CREATE TABLE t (a NVARCHAR(9) COLLATE utf8mb3_bin)", "", 0},
		{"CREATE TABLE t (a NATIONAL CHAR VARYING(9))", "utf8mb3 ", 0},
		{"CREATE TABLE t (a NATIONAL VARCHAR(9) COLLATE utf8mb3_bin, nchar INT)", "", 0},
		{"CREATE TABLE t (a CHAR(9) UNICODE, b TEXT ASCII, unicode INT)", "ucs2 latin1 ", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_list sets = {0};
		struct dts_buf got = {0};
		dts_ddl_bare_charsets(dts_slice_of(cases[i].sql), cases[i].flags, &sets);
		for (size_t k = 0; k < sets.count; k++)
			dts_buf_addf(&got, "%s ", sets.items[k]);
		if (strcmp(dts_buf_text(&got), cases[i].sets) != 0)
			unit_fail(__FILE__, __LINE__, "%s: %s", cases[i].sql, dts_buf_text(&got));
		dts_list_release(&sets);
		dts_buf_release(&got);
	}
}

static void test_origin(void)
{
	struct dts_ddl_origin o;

	dts_ddl_origin_read(&o, (struct dts_slice){0});
	CHECK(!o.known);
	dts_ddl_origin_read(&o, DTS_LIT("{\"server\":\"mysql\",\"version\":\"9.7.4-2\",\"id\":\"x\"}"));
	CHECK(o.known);
	CHECK_INT(DTS_MYSQL, o.family);
	CHECK_INT(90704, o.version);
	dts_ddl_origin_read(&o, DTS_LIT("{\"server\":\"mariadb\",\"version\":\"11.8.6-MariaDB-0+deb13u1 from Debian-log\"}"));
	CHECK_INT(DTS_MARIADB, o.family);
	CHECK_INT(110806, o.version);
	dts_ddl_origin_read(&o, DTS_LIT("{\"server\":\"other\",\"version\":5}"));
	CHECK(!o.known);
	CHECK_INT(0, o.version);
}

static bool same(const char *a, unsigned a_flags, const char *b, unsigned b_flags)
{
	bool is = dts_ddl_same(dts_slice_of(a), a_flags, dts_slice_of(b), b_flags);

	CHECK(is == dts_ddl_same(dts_slice_of(b), b_flags, dts_slice_of(a), a_flags));
	return is;
}

static void test_same(void)
{
	CHECK(same("CREATE VIEW `v` AS select 1 from `d`.`t`", 0, "create  VIEW `o`.`v` AS SELECT 1 FROM d.t", 0));
	CHECK(!same("CREATE VIEW `v` AS select 1 from `d`.`t`", 0, "CREATE VIEW `v` AS select 1 from `e`.`t`", 0));
	CHECK(!same("CREATE VIEW `v` AS select 'a'", 0, "CREATE VIEW `v` AS select 'A'", 0));
	CHECK(!same("CREATE VIEW `v` AS select `a`", 0, "CREATE VIEW `v` AS select `A`", 0));
	CHECK(!same("CREATE VIEW `v` AS select 1", 0, "CREATE VIEW `v` AS select 1 + 0", 0));
	CHECK(!same("CREATE VIEW `v` AS select 1", 0, "CREATE VIEW `v` AS select 1 limit", 0));
	CHECK(same("CREATE PROCEDURE \"p\"() SELECT \"a\" /* x */", DTS_DDL_ANSI_QUOTES, "CREATE PROCEDURE `p`()\n SELECT `a`", 0));
	CHECK(!same("CREATE PROCEDURE \"p\"() SELECT \"a\"", DTS_DDL_ANSI_QUOTES, "CREATE PROCEDURE \"p\"() SELECT \"a\"", 0));
	CHECK(same("CREATE TRIGGER d.r BEFORE INSERT ON d.t FOR EACH ROW SET @x = d.f()", 0, "CREATE TRIGGER `r` BEFORE INSERT ON t FOR EACH ROW SET @x=d.f()", 0));
	CHECK(!same("CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET @x = d.f()", 0, "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET @x=f()", 0));
	/* Whether an event is enabled does not count, up to its body. */
	static const char event[] = "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE%s COMMENT 'DISABLE' DO ALTER EVENT x %s";
	static const char *const status[] = {"", " ENABLE", " DISABLE", " DISABLE ON SLAVE", " disable on replica"};
	char one[300], two[300];
	for (size_t i = 0; i < sizeof status / sizeof *status; i++) {
		snprintf(one, sizeof one, event, status[i], "ENABLE");
		snprintf(two, sizeof two, event, " ENABLE", "ENABLE");
		CHECK(same(one, 0, two, 0));
		snprintf(two, sizeof two, event, " ENABLE", "DISABLE");
		CHECK(!same(one, 0, two, 0));
	}
}

static const char *charset(const char *sql, const char *context)
{
	static struct dts_buf out;
	struct dts_ddl d = {0};

	dts_buf_clear(&out);
	dts_ddl_parse(&d, dts_slice_of(sql), 0);
	const struct dts_charset *cs = dts_ddl_context_charset(&d, dts_slice_of(sql), dts_slice_of(context), &out);
	dts_ddl_release(&d);
	return cs ? dts_buf_text(&out) : "as it is";
}

static void test_charset(void)
{
	CHECK_STR("CREATE VIEW v AS SELECT '\xe9'", charset("CREATE VIEW v AS SELECT '\xc3\xa9'", "{\"charset\":\"latin1\"}"));
	CHECK_STR("CREATE VIEW v AS SELECT 1", charset("CREATE VIEW v AS SELECT 1", "{\"charset\":\"utf8\"}"));
	CHECK_STR("as it is", charset("CREATE VIEW v AS SELECT '\xe6\xbc\xa2'", "{\"charset\":\"latin1\"}"));
	CHECK_STR("as it is", charset("CREATE TABLE v (a int COMMENT '\xc3\xa9')", "{\"charset\":\"latin1\"}"));
	static const char *const others[] = {"{\"charset\":\"utf8mb4\"}", "{\"charset\":\"binary\"}", "{\"charset\":\"none\"}", "{\"charset\":null}", "{}"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		CHECK_STR("as it is", charset("CREATE VIEW v AS SELECT 1", others[i]));
}

int main(void)
{
	RUN(test_modes);
	RUN(test_collations);
	RUN(test_origin);
	RUN(test_same);
	RUN(test_charset);
	return unit_done();
}
