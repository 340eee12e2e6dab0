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

int main(void)
{
	RUN(test_plain);
	RUN(test_start);
	RUN(test_fills);
	return unit_done();
}
