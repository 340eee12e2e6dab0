#include "ddl/table_items.h"

#include "unit.h"

static struct dts_items items;
static struct dts_error err;

static int parse(const char *sql)
{
	dts_items_release(&items);
	err = (struct dts_error)DTS_ERROR_INIT;
	return dts_items_parse(&items, dts_slice_of(sql), &err);
}

static const char *text(struct dts_slice s)
{
	static struct dts_buf b;

	dts_buf_clear(&b);
	dts_buf_add_slice(&b, s);
	return dts_buf_text(&b);
}

static void test_kinds(void)
{
	CHECK_INT(0, parse("CREATE TABLE `t(,` (\n"
			   "  `a``,(` int(11) NOT NULL AUTO_INCREMENT COMMENT 'it''s, (KEY `x` AUTO\\'_INCREMENT',\n"
			   "  `c` text DEFAULT 'AUTO_INCREMENT' CHECK (`c` <> 'KEY (,'),\n"
			   "  PRIMARY KEY (`a``,(`) USING BTREE,\n"
			   "  UNIQUE KEY `u` (`a``,(`,`c`(10) DESC) COMMENT 'q''), KEY `z` (a)',\n"
			   "  KEY `f` ((concat(`c`,_utf8mb4'\\'),('))) /*!80000 INVISIBLE */,\n"
			   "  FULLTEXT KEY `ft` (`c`) /*!50100 WITH PARSER `ngram` */ ,\n"
			   "  UNIQUE KEY `wo` (`a``,(`,`p` WITHOUT OVERLAPS),\n"
			   "  UNIQUE KEY `lo` (`c`) USING HASH,\n"
			   "  CONSTRAINT `fk` FOREIGN KEY (`c`,`a``,(`) REFERENCES `o``d`.`p,` (`x`,`y`) ON DELETE SET NULL ON UPDATE NO ACTION,\n"
			   "  CONSTRAINT `CASCADE` FOREIGN KEY (`c`) REFERENCES `p` (`x`),\n"
			   "  CONSTRAINT `ck` CHECK (`c` in ('a','b'))\n"
			   ") ENGINE=InnoDB WITH SYSTEM VERSIONING"));
	REQUIRE(items.count == 11);
	CHECK_INT(DTS_ITEM_OTHER, items.items[0].kind);
	CHECK_STR("a`,(", text(items.items[0].name));
	CHECK(items.items[0].auto_increment && !items.items[1].auto_increment);
	CHECK_INT(DTS_ITEM_PRIMARY, items.items[2].kind);
	CHECK_INT(DTS_ITEM_UNIQUE, items.items[3].kind);
	CHECK_STR("UNIQUE KEY `u` (`a``,(`,`c`(10) DESC) COMMENT 'q''), KEY `z` (a)'", text(items.items[3].text));
	CHECK(items.items[3].count == 2 && !items.items[3].whole);
	CHECK_INT(DTS_ITEM_KEY, items.items[4].kind);
	CHECK_STR("KEY `f` ((concat(`c`,_utf8mb4'\\'),('))) /*!80000 INVISIBLE */", text(items.items[4].text));
	CHECK(items.items[4].count == 1 && !items.items[4].columns[0].p);
	CHECK_INT(DTS_ITEM_SPECIAL, items.items[5].kind);
	CHECK_STR("FULLTEXT KEY `ft` (`c`) /*!50100 WITH PARSER `ngram` */", text(items.items[5].text));
	CHECK(items.items[6].period && !items.items[3].period);
	CHECK(items.items[7].hash && !items.items[2].hash);
	CHECK_INT(DTS_ITEM_FOREIGN, items.items[8].kind);
	CHECK_STR("o`d", text(items.items[8].foreign.to_db));
	CHECK_STR("p,", text(items.items[8].foreign.to_table));
	CHECK_STR("SET NULL", text(items.items[8].foreign.on_delete));
	CHECK_STR("NO ACTION", text(items.items[8].foreign.on_update));
	CHECK_STR("RESTRICT", text(items.items[9].foreign.on_delete));
	CHECK_INT(DTS_ITEM_OTHER, items.items[10].kind);
	CHECK(items.items[10].check && !items.items[10].column && items.items[0].column && !items.items[0].check);
	CHECK_STR("ck", text(items.items[10].name));
	CHECK(items.versioned);
	CHECK(dts_items_find(&items, true, DTS_LIT("FK")) == &items.items[8]);
	CHECK(dts_items_find(&items, false, DTS_LIT("fk")) == NULL);
}

static void test_not_understood(void)
{
	CHECK_INT(-1, parse("CREATE TABLE `t` (\n  `a` int,\n  CONSTRAINT `f`k` FOREIGN KEY (`a`) REFERENCES `p` (`a`)\n)"));
	CHECK_INT(-1, parse("CREATE TABLE `t` (\n  `a` int,\n  KEY `b` (`a`"));
	CHECK_INT(-1, parse("CREATE VIEW `t` AS select 1"));
	CHECK_INT(0, parse("CREATE TABLE `t` (\n  `a` int\n)"));
	dts_items_release(&items);
}

static bool added(const char *sql)
{
	dts_items_release(&items);
	return dts_items_parse_added(&items, dts_slice_of(sql));
}

static void test_added(void)
{
	CHECK(added("ALTER TABLE `t`\n  ADD KEY `k,` (`a`,`b`) COMMENT 'x;, ADD',\n  ADD UNIQUE KEY `u` (`a`) /*!80000 INVISIBLE */,\n"
		    "  ADD FULLTEXT KEY `f` (`c`)"));
	REQUIRE(items.count == 3);
	CHECK_STR("KEY `k,` (`a`,`b`) COMMENT 'x;, ADD'", text(items.items[0].text));
	CHECK_STR("UNIQUE KEY `u` (`a`) /*!80000 INVISIBLE */", text(items.items[1].text));
	CHECK_INT(DTS_ITEM_SPECIAL, items.items[2].kind);
	CHECK(added("ALTER TABLE d.`t` ADD CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `p` (`a`) ON DELETE CASCADE"));
	REQUIRE(items.count == 1);
	CHECK_STR("CASCADE", text(items.items[0].foreign.on_delete));
	/* More than that, other words, keys without names, a second statement. */
	static const char *const others[] = {
		"ALTER TABLE `t` ADD KEY `k` (`a`), ALGORITHM=INPLACE", "ALTER TABLE `t` ADD KEY `k` (`a`), DROP KEY `j`",
		"ALTER TABLE `t` ADD INDEX `k` (`a`)", "ALTER TABLE `t` ADD KEY (`a`)", "ALTER TABLE `t` ADD `k` int",
		"ALTER TABLE `t` ADD PRIMARY KEY (`a`)", "ALTER TABLE `t` ADD CONSTRAINT `c` CHECK (`a` > 1)", "ALTER TABLE `t` AUTO_INCREMENT=5",
		"ALTER TABLE `t` ADD KEY `k` (`a`); DROP TABLE `t`", "ALTER TABLE `t` ADD KEY `k` (`a`))", "ALTER TABLE `t`", "ALTER DATABASE `t`",
		"ALTER TABLE `t` ADD KEY `k` (`a`),", "",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		CHECK(!added(others[i]));
		CHECK(items.count == 0 && !items.arena);
	}
}

int main(void)
{
	RUN(test_kinds);
	RUN(test_not_understood);
	RUN(test_added);
	return unit_done();
}
