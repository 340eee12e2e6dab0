/* Two definitions of a table and what makes one of the other. That servers take the statements is
 * shown in t/dts-schema-diff.bats. */
#include "schema/diff_table.h"

#include "unit.h"

static struct dts_table_diff diff;
static struct dts_diff_touched touched;
static enum dts_family family = DTS_MARIADB;
static bool allow_drop = true;

/* The definitions are written as "columns and keys|options". */
static void add_definition(const char *text, struct dts_buf *sql)
{
	const char *bar = strchr(text, '|');

	dts_buf_adds(sql, "CREATE TABLE `t` (\n  ");
	dts_buf_add(sql, text, (size_t)(bar - text));
	dts_buf_adds(sql, "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
	dts_buf_adds(sql, bar + 1);
}

static int compare_whole(struct dts_slice present, struct dts_slice wanted)
{
	struct dts_diff_input in = {family, DTS_LIT("d"), DTS_LIT("t"), wanted, present, {NULL, 0}, allow_drop};
	struct dts_error err = DTS_ERROR_INIT;

	dts_table_diff_release(&diff);
	dts_diff_touched_release(&touched);
	touched = (struct dts_diff_touched){0};
	return dts_diff_touch(&in, &touched, &err) < 0 ? -1 : dts_diff_table(&in, &touched, &diff, &err);
}

static void compare(const char *present, const char *wanted)
{
	struct dts_buf p = {0}, w = {0};

	add_definition(present, &p);
	add_definition(wanted, &w);
	CHECK_INT(0, compare_whole(dts_buf_slice(&p), dts_buf_slice(&w)));
	dts_buf_release(&p);
	dts_buf_release(&w);
}

static const char *step(enum dts_diff_step s)
{
	return dts_buf_text(&diff.sql[s]);
}

/* The one statement, without its first line. */
static const char *changes(void)
{
	static const char start[] = "ALTER TABLE `t`\n ";
	const char *text = step(DTS_DIFF_CHANGE);

	CHECK_STR("", step(DTS_DIFF_UNLINK));
	CHECK_STR("", step(DTS_DIFF_LINK));
	return strncmp(text, start, sizeof start - 1) == 0 ? text + sizeof start - 1 : text;
}

static void test_same(void)
{
	compare("`a` int(11) NOT NULL,\n  KEY `k` (`a`),\n  UNIQUE KEY `u` (`a`)| AUTO_INCREMENT=7 COMMENT='x'",
		"`a` INT(11)  NOT NULL,\n  UNIQUE KEY `u` (`a`),\n  KEY `k` (`a`)| COMMENT='x' AUTO_INCREMENT=9");
	CHECK(!dts_table_diff_any(&diff));
	/* What is in comments for some servers is the same as without. */
	compare("`a` int /*!80023 INVISIBLE */,\n  KEY `k` (`a`) /*!80000 INVISIBLE */|\n/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 3 */",
		"`a` int INVISIBLE,\n  KEY `k` (`a`) INVISIBLE| PARTITION BY HASH (`a`) PARTITIONS 3");
	CHECK(!dts_table_diff_any(&diff));
	/* Texts are not. */
	compare("`a` int COMMENT 'x'|", "`a` int COMMENT 'X'|");
	CHECK_STR(" MODIFY COLUMN `a` int COMMENT 'X'", changes());
	CHECK_INT(0, diff.lossy.count);
}

static void test_columns(void)
{
	compare("`a` int,\n  `b``(` int,\n  `c` int|", "`c` int,\n  `d` int DEFAULT (1,2),\n  `a` int|");
	CHECK_STR(" DROP COLUMN `b``(`,\n  ADD COLUMN `d` int DEFAULT (1,2) AFTER `c`,\n  MODIFY COLUMN `a` int AFTER `d`", changes());
	REQUIRE(diff.lossy.count == 1);
	CHECK_STR("DROP COLUMN `b``(`", diff.lossy.items[0]);
	/* As few as possible move. */
	compare("`a` int,\n  `b` int,\n  `c` int,\n  `d` int|", "`d` int,\n  `a` int,\n  `b` int,\n  `c` int|");
	CHECK_STR(" MODIFY COLUMN `d` int FIRST", changes());
	compare("`a` int,\n  `b` int,\n  `c` int,\n  `d` int|", "`b` int,\n  `c` int,\n  `d` int,\n  `a` bigint|");
	CHECK_STR(" MODIFY COLUMN `a` bigint AFTER `d`", changes());
	compare("`a` int|", "`A` int|");
	CHECK_STR(" MODIFY COLUMN `A` int", changes());
}

static void test_charset(void)
{
	/* Told or not, it is the same. */
	compare("`a` varchar(3) NOT NULL,\n  `b` text|", "`a` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,\n  `b` text COLLATE utf8mb4_bin|");
	CHECK(!dts_table_diff_any(&diff));
	compare("`a` enum('x') DEFAULT 'x',\n  `b` int|", "`a` enum('x') CHARACTER SET latin1 DEFAULT 'x',\n  `b` int|");
	CHECK_STR(" MODIFY COLUMN `a` enum('x') CHARACTER SET latin1 DEFAULT 'x'", changes());
	CHECK_INT(1, diff.lossy.count);
	compare("`a` text COMPRESSED CHARACTER SET utf8mb3 COLLATE utf8mb3_bin|", "`a` text|");
	CHECK_STR(" MODIFY COLUMN `a` text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", changes());
	CHECK_INT(0, diff.lossy.count);
	/* Another default of the table leaves columns as they are. */
	CHECK_INT(0, compare_whole(DTS_LIT("CREATE TABLE `t` (\n  `a` char(3),\n  `b` blob\n) ENGINE=InnoDB DEFAULT CHARSET=latin1"),
				   DTS_LIT("CREATE TABLE `t` (\n  `a` char(3),\n  `b` blob\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin")));
	CHECK_STR(" MODIFY COLUMN `a` char(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,\n  DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", changes());
	CHECK_INT(0, diff.lossy.count);
}

static void test_fits(void)
{
	static const struct {
		const char *from, *to;
		bool fits;
	} cases[] = {
		{"int(11)", "bigint(20)", true}, {"bigint", "int", false}, {"int unsigned", "int", false}, {"int", "int unsigned", false},
		{"int unsigned", "bigint", true}, {"int(5) unsigned zerofill", "int unsigned", true},
		{"char(3)", "varchar(3)", true}, {"varchar(3)", "char(3)", false}, {"varchar(9)", "varchar(8)", false},
		{"varchar(63)", "tinytext", true}, {"varchar(64)", "tinytext", false}, {"text", "mediumtext", true}, {"longtext", "text", false},
		{"text", "varchar(100)", false}, {"binary(3)", "binary(4)", false}, {"varbinary(3)", "varbinary(4)", true}, {"blob", "longblob", true},
		{"varchar(3)", "varbinary(9)", false}, {"decimal(10,2)", "decimal(12,4)", true}, {"decimal(10,2)", "decimal(11,4)", false},
		{"decimal(10,2) unsigned", "decimal(10,2)", true}, {"decimal(10,2)", "decimal(10,2) unsigned", false},
		{"enum('a','b')", "enum('a','b','c')", true}, {"enum('a','b')", "enum('a')", false}, {"enum('a','b')", "enum('b','a')", false},
		{"enum('a')", "enum('a''')", false}, {"set('a')", "set('a','b')", true}, {"datetime(3)", "datetime(6)", true}, {"datetime(6)", "datetime", false},
		{"timestamp", "datetime", false}, {"bit(3)", "bit(4)", true}, {"bit(4)", "bit(3)", false}, {"float", "double", true}, {"double", "float", false},
		{"json", "longtext", false}, {"point", "geometry", false}, {"time(2)", "time(3)", true},
	};
	struct dts_buf from = {0}, to = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		dts_buf_clear(&from);
		dts_buf_clear(&to);
		dts_buf_addf(&from, "`a` %s DEFAULT NULL|", cases[i].from);
		dts_buf_addf(&to, "`a` %s DEFAULT NULL|", cases[i].to);
		allow_drop = false;
		compare(dts_buf_text(&from), dts_buf_text(&to));
		allow_drop = true;
		if ((diff.lossy.count == 0) != cases[i].fits || (diff.sql[DTS_DIFF_CHANGE].len > 0) != cases[i].fits)
			unit_fail(__FILE__, __LINE__, "%s to %s", cases[i].from, cases[i].to);
	}
	dts_buf_release(&from);
	dts_buf_release(&to);
}

static void test_computed(void)
{
	compare("`a` int,\n  `g` int GENERATED ALWAYS AS (`a` + 1) VIRTUAL|", "`a` int,\n  `g` int GENERATED ALWAYS AS (`a` + 1) STORED|");
	CHECK_STR(" DROP COLUMN `g`,\n  ADD COLUMN `g` int GENERATED ALWAYS AS (`a` + 1) STORED AFTER `a`", changes());
	CHECK_INT(0, diff.lossy.count);
	compare("`a` int,\n  `g` int GENERATED ALWAYS AS (`a` + 1) STORED|", "`a` int,\n  `g` int|");
	CHECK_STR(" MODIFY COLUMN `g` int", changes());
	CHECK_INT(0, diff.lossy.count);
	compare("`a` int,\n  `g` int GENERATED ALWAYS AS (`a` + 1) VIRTUAL|", "`a` int,\n  `g` int|");
	CHECK_INT(1, diff.lossy.count);
	allow_drop = false;
	compare("`a` int,\n  `g` int,\n  `x` int|", "`g` int GENERATED ALWAYS AS (`x` + 1) VIRTUAL,\n  `x` int|");
	allow_drop = true;
	CHECK_STR("", changes());
	CHECK_INT(2, diff.lossy.count);
}

static void test_keys(void)
{
	compare("`a` int,\n  PRIMARY KEY (`a`),\n  KEY `k` (`a`),\n  KEY `o` (`a`),\n  CONSTRAINT `c` CHECK (`a` > 1)|",
		"`a` int,\n  PRIMARY KEY (`a` DESC),\n  UNIQUE KEY `K` (`a`),\n  FULLTEXT KEY `n` (`a`),\n  CONSTRAINT `c` CHECK (`a` > 2)|");
	CHECK_STR(" DROP PRIMARY KEY,\n  DROP KEY `k`,\n  DROP KEY `o`,\n  DROP CONSTRAINT `c`,\n  ADD PRIMARY KEY (`a` DESC),\n"
		  "  ADD UNIQUE KEY `K` (`a`),\n  ADD FULLTEXT KEY `n` (`a`),\n  ADD CONSTRAINT `c` CHECK (`a` > 2)", changes());
	REQUIRE(diff.lossy.count == 1);
	CHECK_STR("DROP KEY `o`", diff.lossy.items[0]);
	compare("`a` int,\n  KEY `k` (`a`),\n  KEY `l` (`a`) IGNORED|", "`a` int,\n  KEY `k` (`a`) IGNORED,\n  KEY `l` (`a`)|");
	CHECK_STR(" ALTER INDEX `k` IGNORED,\n  ALTER INDEX `l` NOT IGNORED", changes());
	family = DTS_MYSQL;
	compare("`a` int,\n  KEY `k` (`a`),\n  CONSTRAINT `c` CHECK ((`a` > 1))|",
		"`a` int,\n  KEY `k` (`a`) /*!80000 INVISIBLE */,\n  CONSTRAINT `c` CHECK ((`a` > 1)) /*!80016 NOT ENFORCED */|");
	family = DTS_MARIADB;
	CHECK_STR(" DROP CHECK `c`,\n  ALTER INDEX `k` INVISIBLE,\n  ADD CONSTRAINT `c` CHECK ((`a` > 1)) NOT ENFORCED", changes());
}

static void test_foreign(void)
{
	compare("`a` int,\n  `b` int,\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`i`),\n  CONSTRAINT `g` FOREIGN KEY (`a`) REFERENCES `p` (`i`)|",
		"`a` int,\n  `b` int,\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`i`) ON DELETE CASCADE,\n  CONSTRAINT `h` FOREIGN KEY (`b`) REFERENCES `p` (`i`)|");
	CHECK_STR("ALTER TABLE `t`\n  DROP FOREIGN KEY `f`,\n  DROP FOREIGN KEY `g`", step(DTS_DIFF_UNLINK));
	CHECK_STR("", step(DTS_DIFF_CHANGE));
	CHECK_STR("ALTER TABLE `t`\n  ADD CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`i`) ON DELETE CASCADE,\n"
		  "  ADD CONSTRAINT `h` FOREIGN KEY (`b`) REFERENCES `p` (`i`)", step(DTS_DIFF_LINK));
	CHECK_INT(1, diff.lossy.count);
	/* A column that changes has none meanwhile; another default is no matter. */
	compare("`a` int,\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`i`)|", "`a` bigint,\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`i`)|");
	CHECK_STR("ALTER TABLE `t`\n  DROP FOREIGN KEY `f`", step(DTS_DIFF_UNLINK));
	CHECK_STR("ALTER TABLE `t`\n  MODIFY COLUMN `a` bigint", step(DTS_DIFF_CHANGE));
	CHECK_STR("ALTER TABLE `t`\n  ADD CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`i`)", step(DTS_DIFF_LINK));
	CHECK_INT(0, diff.lossy.count);
	compare("`a` int,\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`i`)|", "`a` int DEFAULT 1,\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`i`)|");
	CHECK_STR(" MODIFY COLUMN `a` int DEFAULT 1", changes());
}

/* A foreign key of one table to a column of another that changes. */
static void test_foreign_elsewhere(void)
{
	static const struct dts_slice parent = {"CREATE TABLE `p` (\n  `I` int\n) ENGINE=InnoDB", 0};
	struct dts_slice present = dts_slice_of(parent.p), wanted = DTS_LIT("CREATE TABLE `p` (\n  `I` bigint\n) ENGINE=InnoDB");
	struct dts_slice child = DTS_LIT("CREATE TABLE `c` (\n  `a` int,\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `P` (`i`)\n) ENGINE=InnoDB");
	struct dts_diff_input in = {DTS_MYSQL, DTS_LIT("d"), DTS_LIT("p"), wanted, present, {NULL, 0}, false};
	struct dts_error err = DTS_ERROR_INIT;

	dts_table_diff_release(&diff);
	dts_diff_touched_release(&touched);
	touched = (struct dts_diff_touched){0};
	CHECK_INT(0, dts_diff_touch(&in, &touched, &err));
	in.name = DTS_LIT("c");
	in.wanted = in.present = child;
	CHECK_INT(0, dts_diff_table(&in, &touched, &diff, &err));
	CHECK_STR("ALTER TABLE `c`\n  DROP FOREIGN KEY `f`", step(DTS_DIFF_UNLINK));
	CHECK_STR("ALTER TABLE `c`\n  ADD CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `P` (`i`)", step(DTS_DIFF_LINK));
}

/* MySQL has two ways to write a literal. */
static void test_altered(void)
{
	struct dts_slice wanted = DTS_LIT("CREATE TABLE `t` (\n  `a` int,\n  CONSTRAINT `c` CHECK (`b` <> _utf8mb4'x'),\n  CONSTRAINT `d` CHECK (`b` <> _utf8mb4'y')\n)");
	struct dts_slice altered = DTS_LIT("CREATE TABLE `t` (\n  `a` int,\n  CONSTRAINT `c` CHECK (`b` <> _latin1'x'),\n  CONSTRAINT `d` CHECK (`b` <> _latin1'y')\n)");
	struct dts_slice present = DTS_LIT("CREATE TABLE `t` (\n  `a` int,\n  CONSTRAINT `c` CHECK (`b` <> _latin1'x'),\n  CONSTRAINT `d` CHECK (`b` <> _latin1'z')\n)");
	struct dts_diff_input in = {DTS_MYSQL, DTS_LIT("d"), DTS_LIT("t"), wanted, present, altered, false};
	struct dts_error err = DTS_ERROR_INIT;

	dts_table_diff_release(&diff);
	CHECK_INT(0, dts_diff_table(&in, &touched, &diff, &err));
	CHECK_STR(" DROP CHECK `d`,\n  ADD CONSTRAINT `d` CHECK (`b` <> _utf8mb4'y')", changes());
}

static void test_options(void)
{
	compare("`a` int| ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4 COMMENT='a=''(' `page_compressed`='1'", "`a` int| STATS_PERSISTENT=1 COMMENT='b'");
	CHECK_STR(" STATS_PERSISTENT=1,\n  COMMENT='b',\n  ROW_FORMAT=DEFAULT,\n  KEY_BLOCK_SIZE=0,\n  `page_compressed`=DEFAULT", changes());
	compare("`a` int| UNION=(`a`,`b`) DATA DIRECTORY='/x'", "`a` int|");
	CHECK_STR(" UNION=()", changes());
	CHECK_INT(1, diff.beyond.count);
	compare("`a` int| COMPRESSION='zlib'", "`a` int| COMPRESSION='ZLIB'");
	CHECK_STR(" COMPRESSION='ZLIB'", changes());
	CHECK_INT(0, compare_whole(DTS_LIT("CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB"), DTS_LIT("CREATE TABLE `t` (\n  `a` int\n) /*!50100 TABLESPACE `s` */ ENGINE=MEMORY")));
	CHECK_STR(" TABLESPACE `s`,\n  ENGINE=MEMORY", changes());
	CHECK_INT(1, diff.lossy.count);
}

static void test_partitions(void)
{
	compare("`a` int|", "`a` int,\n  PRIMARY KEY (`a`)|\n PARTITION BY HASH (`a`)\nPARTITIONS 3");
	CHECK_STR(" ADD PRIMARY KEY (`a`)\n PARTITION BY HASH (`a`)\nPARTITIONS 3", changes());
	compare("`a` int|\n PARTITION BY HASH (`a`)\nPARTITIONS 3", "`a` int|");
	CHECK_STR("REMOVE PARTITIONING", changes());
	CHECK_INT(0, diff.lossy.count);
}

static void test_periods(void)
{
	compare("`a` int,\n  `s` date NOT NULL,\n  `e` date NOT NULL|", "`a` int,\n  `s` date NOT NULL,\n  `e` date NOT NULL,\n  PERIOD FOR `p` (`s`, `e`)| WITH SYSTEM VERSIONING");
	CHECK_STR(" ADD SYSTEM VERSIONING,\n  ADD PERIOD FOR `p` (`s`, `e`)", changes());
	compare("`a` int,\n  `s` date NOT NULL,\n  `e` date NOT NULL,\n  PERIOD FOR `p` (`s`, `e`)| WITH SYSTEM VERSIONING", "`a` int,\n  `s` date NOT NULL,\n  `e` date NOT NULL|");
	CHECK_STR(" DROP PERIOD FOR `p`,\n  DROP SYSTEM VERSIONING", changes());
	CHECK_INT(2, diff.lossy.count);
}

static void test_not_understood(void)
{
	CHECK_INT(-1, compare_whole(DTS_LIT("CREATE VIEW `v` AS select 1"), DTS_LIT("CREATE TABLE `t` (\n  `a` int\n)")));
	CHECK_INT(-1, compare_whole(DTS_LIT("CREATE TABLE `t` (\n  `a` int\n)"), DTS_LIT("CREATE TABLE `t` (\n  `a` int")));
}

int main(void)
{
	RUN(test_same);
	RUN(test_columns);
	RUN(test_charset);
	RUN(test_fits);
	RUN(test_computed);
	RUN(test_keys);
	RUN(test_foreign);
	RUN(test_foreign_elsewhere);
	RUN(test_altered);
	RUN(test_options);
	RUN(test_partitions);
	RUN(test_periods);
	RUN(test_not_understood);
	dts_table_diff_release(&diff);
	dts_diff_touched_release(&touched);
	return unit_done();
}
