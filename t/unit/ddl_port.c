#include "ddl/index.h"
#include "ddl/port.h"

#include "unit.h"

static const char *plain(const char *sql, unsigned flags, unsigned version)
{
	static struct dts_buf out;

	dts_buf_clear(&out);
	dts_ddl_plain(dts_slice_of(sql), flags, version, &out);
	return dts_buf_text(&out);
}

static void test_plain(void)
{
	CHECK_STR("ALTER TABLE t ADD g INT DEFAULT 7", plain("ALTER TABLE t ADD g INT /*!80000 DEFAULT 7 */", DTS_DDL_MYSQL, 90704));
	CHECK_STR("ALTER TABLE t ADD g INT, ADD h INT", plain("ALTER TABLE t ADD g INT /*!99999 DEFAULT 7 */, ADD h INT", DTS_DDL_MYSQL, 90704));
	CHECK_STR("ALTER TABLE t ADD g INT INVISIBLE", plain("ALTER TABLE t ADD g INT /*!080023 INVISIBLE*/", DTS_DDL_MYSQL, 90704));
	CHECK_STR("ALTER TABLE t ADD g INT", plain("ALTER TABLE t ADD g INT /*!80023 INVISIBLE*/", DTS_DDL_MYSQL, 80022));
	/* MariaDB's own are none to MySQL, and those of MySQL 5.7 and later none to MariaDB. */
	CHECK_STR("ALTER TABLE t ADD g INT", plain("ALTER TABLE t ADD g INT /*M! DEFAULT 7 */", DTS_DDL_MYSQL, 90704));
	CHECK_STR("ALTER TABLE t ADD g INT DEFAULT 7", plain("ALTER TABLE t ADD g INT /*M! DEFAULT 7 */", 0, 110806));
	CHECK_STR("ALTER TABLE t ADD g INT DEFAULT 8", plain("ALTER TABLE t ADD g INT /*!100300 DEFAULT 8 */", 0, 110806));
	CHECK_STR("ALTER TABLE t ADD g INT", plain("ALTER TABLE t ADD g INT /*!80000 DEFAULT 8 */", 0, 110806));
	CHECK_STR("ALTER TABLE t ADD g INT DEFAULT 8", plain("ALTER TABLE t ADD g INT /*!50699 DEFAULT 8 */", 0, 110806));
	CHECK_STR("ALTER TABLE t ADD g INT", plain("ALTER TABLE t ADD g INT /*M!120000 DEFAULT 8 */", 0, 110806));
	/* What is no comment, and plain ones. */
	CHECK_STR("CREATE TABLE t (a INT COMMENT '/*!80000 x */' /* y */)", plain("CREATE TABLE t (a INT COMMENT '/*!80000 x */' /* y */)", DTS_DDL_MYSQL, 90704));
	CHECK_STR("CREATE TABLE t (a INT NOT /* x */ NULL)\nENGINE=InnoDB",
		  plain("CREATE TABLE t (a INT /*!40000 NOT /* x */ NULL */)\n/*!50100 ENGINE=InnoDB */", DTS_DDL_MYSQL, 90704));
	CHECK(!dts_ddl_has_executable(DTS_LIT("CREATE TABLE t (a INT COMMENT '/*!80000 x */' /* y */)"), 0));
	CHECK(dts_ddl_has_executable(DTS_LIT("CREATE TABLE t (a INT) /*!80000 COMMENT 'x' */"), 0));
	CHECK(dts_ddl_has_executable(DTS_LIT("CREATE TABLE t (a INT) /*M! COMMENT 'x' */"), DTS_DDL_MYSQL));
}

static void test_start(void)
{
	struct dts_buf out = {0};

	dts_ddl_without_start(DTS_LIT("CREATE TABLE `c` (`start transaction` INT COMMENT 'START TRANSACTION') START TRANSACTION DEFAULT CHARSET=latin1"), 0, &out);
	CHECK_STR("CREATE TABLE `c` (`start transaction` INT COMMENT 'START TRANSACTION')  DEFAULT CHARSET=latin1", dts_buf_text(&out));
	dts_buf_clear(&out);
	dts_ddl_without_start(DTS_LIT("CREATE TABLE c (start INT)"), 0, &out);
	CHECK_STR("CREATE TABLE c (start INT)", dts_buf_text(&out));
	dts_buf_release(&out);
}

static void test_fills(void)
{
	static const struct {
		const char *sql;
		bool fills;
	} cases[] = {
		{"ALTER TABLE t ADD COLUMN j JSON NOT NULL", true},
		{"ALTER TABLE t ADD j JSON", false},
		{"ALTER TABLE t ADD j JSON NOT NULL DEFAULT (json_array())", false},
		{"ALTER TABLE t ADD i INT NOT NULL, ADD j JSON", false},
		{"ALTER TABLE t ADD i INT DEFAULT 1, ADD COLUMN IF NOT EXISTS `j` vector(3) COMMENT 'default' NOT NULL AFTER i", true},
		{"ALTER TABLE t ADD (i INT NOT NULL DEFAULT 1, u uuid NOT NULL)", true},
		{"ALTER TABLE t ADD (i INT NOT NULL, u uuid), ADD k point NOT NULL SRID 0", true},
		{"ALTER TABLE t ADD (i INT NOT NULL, u uuid), ADD k INT NOT NULL", false},
		{"ALTER TABLE t ADD INDEX json (j), ADD j JSON AS (x) NOT NULL", false},
		{"ALTER TABLE t ADD json INT NOT NULL", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (dts_ddl_fills_otherwise(dts_slice_of(cases[i].sql), 0) != cases[i].fills)
			unit_fail(__FILE__, __LINE__, "%s", cases[i].sql);
}

static void test_indexes(void)
{
	static const struct {
		const char *sql, *added, *dropped; /* NULL: it is about more */
	} cases[] = {
		{"CREATE INDEX k ON t (a)", "k;", ""},
		{"create fulltext index if not exists `k``1` on d.t (a) comment 'x'", "k`1;", ""},
		{"CREATE UNIQUE INDEX k ON t (a)", NULL, NULL},
		{"CREATE OR REPLACE INDEX k ON t (a)", NULL, NULL},
		{"DROP INDEX k ON t", "", "k;"},
		{"ALTER TABLE d.t ADD INDEX (a, b), ADD KEY k USING BTREE (a), DROP KEY IF EXISTS l, ALGORITHM=INPLACE, LOCK NONE", ";k;", "l;"},
		{"ALTER ONLINE TABLE IF EXISTS t NOWAIT ADD FULLTEXT f (a), ADD SPATIAL KEY s (p), ADD VECTOR INDEX v (e) DISTANCE=cosine", "f;s;v;", ""},
		{"ALTER TABLE t ADD INDEX k (a), ADD c INT", NULL, NULL},
		{"ALTER TABLE t ADD vector VECTOR(3)", NULL, NULL},
		{"ALTER TABLE t ADD UNIQUE KEY k (a)", NULL, NULL},
		{"ALTER TABLE t DROP c", NULL, NULL},
		{"ALTER TABLE t DROP PRIMARY KEY", NULL, NULL},
		{"ALTER TABLE t DROP FOREIGN KEY k", NULL, NULL},
		{"ALTER TABLE t DROP INDEX k PARTITION p", NULL, NULL},
		{"ALTER TABLE t ALGORITHM=COPY", NULL, NULL},
		{"DROP TABLE k", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_list lists[2] = {{0}};
		struct dts_buf names[2] = {{0}};
		bool only = dts_ddl_only_indexes(dts_slice_of(cases[i].sql), 0, &lists[0], &lists[1]);
		for (size_t k = 0; k < 2; k++)
			for (size_t n = 0; n < lists[k].count; n++)
				dts_buf_addf(&names[k], "%s;", lists[k].items[n]);
		if (only != (cases[i].added != NULL))
			unit_fail(__FILE__, __LINE__, "%s", cases[i].sql);
		for (size_t k = 0; k < 2; k++) {
			if (only)
				CHECK_STR(k ? cases[i].dropped : cases[i].added, dts_buf_text(&names[k]));
			dts_buf_release(&names[k]);
			dts_list_release(&lists[k]);
		}
	}
	CHECK(dts_ddl_speaks_of_foreign(DTS_LIT("ALTER TABLE t ADD x INT references p (a)"), 0));
	CHECK(!dts_ddl_speaks_of_foreign(DTS_LIT("ALTER TABLE t ADD x INT COMMENT 'foreign'"), 0));
}

int main(void)
{
	RUN(test_plain);
	RUN(test_start);
	RUN(test_fills);
	RUN(test_indexes);
	return unit_done();
}
