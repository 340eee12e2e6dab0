#include "schema/mapping.h"

#include <stdio.h>
#include <stdlib.h>

#include "mysql/quote.h"
#include "record/record.h"
#include "schema/port.h"
#include "unit.h"

/*
 * mapping list                prints the entries: name, verdict, `instead` where it is
 * mapping port FAMILY         puts statements of the family into the other's words: of each line "kind\tstatement"
 *                             a JSON object
 * mapping collations FAMILY   of each line a collation: it, what becomes of it or "refused", the entry
 * The tests of t/schema-mapping.bats ask servers whether it is so.
 */

static const char *const verdicts[] = {"same", "changed", "left-out", "item-left-out", "refused"};

static int list(void)
{
	struct dts_buf name = {0};

	for (const struct dts_mapping *m = dts_mappings; m->words; m++) {
		dts_buf_clear(&name);
		dts_mapping_name(m, &name);
		printf("%s\t%s\t%s\n", dts_buf_text(&name), verdicts[m->verdict], m->instead ? m->instead : "");
	}
	dts_buf_release(&name);
	return 0;
}

static enum dts_family family_of(const char *name)
{
	return strcmp(name, "mysql") == 0 ? DTS_MYSQL : DTS_MARIADB;
}

static enum dts_family other(enum dts_family family)
{
	return family == DTS_MYSQL ? DTS_MARIADB : DTS_MYSQL;
}

static void add_list(struct dts_buf *out, const char *key, const struct dts_list *list)
{
	dts_buf_addf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			dts_buf_addc(out, ',');
		dts_json_add_string(out, dts_slice_of(list->items[i]));
	}
	dts_buf_addc(out, ']');
}

static int port_lines(enum dts_family from)
{
	struct dts_ported p = {0};
	struct dts_buf sql = {0}, out = {0};
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		char *tab = memchr(line, '\t', (size_t)len);
		if (!tab)
			return 1;
		dts_buf_clear(&sql);
		dts_buf_clear(&out);
		dts_ported_clear(&p);
		dts_buf_add(&sql, tab + 1, (size_t)(line + len - tab) - 2);
		dts_schema_port(&sql, dts_ddl_kind_of_name(dts_slice(line, (size_t)(tab - line))), 0, from, other(from), &p);
		dts_buf_addf(&out, "{\"refused\":%s", p.refused ? "true" : "false");
		add_list(&out, "why", &p.why);
		add_list(&out, "entries", &p.entries);
		dts_buf_adds(&out, ",\"by_hand\":");
		dts_json_add_string(&out, dts_buf_slice(&p.by_hand));
		dts_buf_adds(&out, ",\"sql\":");
		dts_json_add_string(&out, dts_buf_slice(&sql));
		printf("%s}\n", dts_buf_text(&out));
	}
	free(line);
	dts_ported_release(&p);
	dts_buf_release(&sql);
	dts_buf_release(&out);
	return 0;
}

static int port_collations(enum dts_family from)
{
	struct dts_buf to = {0}, name = {0};
	char line[200];

	while (fgets(line, sizeof line, stdin)) {
		struct dts_slice text = dts_slice(line, strcspn(line, "\n"));
		const struct dts_mapping *m = dts_mapping_find(from, DTS_MAP_COLLATION, text, 0, NULL);
		dts_buf_clear(&to);
		dts_buf_clear(&name);
		if (dts_schema_port_collation(text, from, other(from), &to) < 0)
			dts_buf_adds(&to, "refused");
		if (m)
			dts_mapping_name(m, &name);
		printf("%.*s\t%s\t%s\n", (int)text.len, text.p, dts_buf_text(&to), dts_buf_text(&name));
	}
	dts_buf_release(&to);
	dts_buf_release(&name);
	return 0;
}

/* --- without a server */

static const char *ported(enum dts_ddl_kind kind, enum dts_family from, const char *sql)
{
	static struct dts_buf text;
	struct dts_ported p = {0};

	dts_buf_clear(&text);
	dts_buf_adds(&text, sql);
	dts_schema_port(&text, kind, 0, from, other(from), &p);
	dts_ported_release(&p);
	return dts_buf_text(&text);
}

/* What looks like an entry's words and is something else. */
static void test_names_and_texts_stay(void)
{
	static const char *const bodies[] = {
		"CREATE PROCEDURE `p`() BEGIN INSERT INTO area (x) VALUES ('REGEXP'); INSERT buffer (y) SELECT 1; END",
		"CREATE PROCEDURE `p`() WITH overlaps (a) AS (SELECT 1), x (b) AS (SELECT 2) SELECT * FROM x",
		"CREATE PROCEDURE `p`() BEGIN SELECT d.area(1), `x`, t.nvl, 'EXECUTE IMMEDIATE' /* FOR i IN */; END",
		"CREATE PROCEDURE `uuid`(uuid INT, INOUT inet4 INT) BEGIN DECLARE uuid, inet6 INT; SELECT uuid, a AS uuid FROM t; END",
	};

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		CHECK_STR(bodies[i], ported(DTS_DDL_CREATE_PROCEDURE, DTS_MARIADB, bodies[i]));
	static const char member[] = "CREATE PROCEDURE `p`() BEGIN SET CHARACTER SET utf8mb4; INSERT INTO member (a) SELECT * FROM (SELECT 1) AS st_x (b);"
				     " SELECT a FROM member INTO OUTFILE 'f' CHARACTER SET utf8mb4; END";
	CHECK_STR(member, ported(DTS_DDL_CREATE_PROCEDURE, DTS_MYSQL, member));
	CHECK_STR("CREATE PROCEDURE `p`() SELECT (SELECT a AS year) - 1, a-1, '->', b",
		  ported(DTS_DDL_CREATE_PROCEDURE, DTS_MYSQL, "CREATE PROCEDURE `p`() SELECT (SELECT a AS year) - 1, a-1, '->', b"));
}

static void test_calls(void)
{
	CHECK_STR("CREATE VIEW `v` AS select INSERT(INSERT(INSERT(INSERT(LOWER(HEX(UNHEX(REPLACE((`a`), '-', '')))), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'),"
		  " 24, 0, '-')",
		  ported(DTS_DDL_CREATE_VIEW, DTS_MYSQL, "CREATE VIEW `v` AS select bin_to_uuid(uuid_to_bin(any_value(`a`)))"));
	CHECK_STR("CREATE FUNCTION `f`(a char(36) CHARACTER SET ascii COLLATE ascii_general_ci, OUT b int) RETURNS varchar(15) CHARACTER SET ascii"
		  " COLLATE ascii_general_ci RETURN IF((IFNULL(a, b)) IS NOT NULL, 1, 2)",
		  ported(DTS_DDL_CREATE_FUNCTION, DTS_MARIADB, "CREATE FUNCTION `f`(a uuid, OUT b int(11)) RETURNS inet4 RETURN NVL2(NVL(a, b), 1, 2)"));
	CHECK_STR("CREATE PROCEDURE `p`() SELECT JSON_UNQUOTE(JSON_EXTRACT(d.t.j, '$.a')), JSON_EXTRACT(`j`, '$[0]') FROM t",
		  ported(DTS_DDL_CREATE_PROCEDURE, DTS_MYSQL, "CREATE PROCEDURE `p`() SELECT d.t.j->>'$.a', `j` -> '$[0]' FROM t"));
}

/* What is left out takes its comma along. */
static void test_items_left_out(void)
{
	CHECK_STR("CREATE TABLE `t` (\n  `a` int,\n  `s` timestamp(6) GENERATED ALWAYS AS (NULL) VIRTUAL,\n  `e` timestamp(6) GENERATED ALWAYS AS (NULL) VIRTUAL,"
		  "\n  PRIMARY KEY (`a`)\n)",
		  ported(DTS_DDL_CREATE_TABLE, DTS_MARIADB,
			 "CREATE TABLE `t` (\n  `a` int,\n  `s` timestamp(6) GENERATED ALWAYS AS ROW START,\n  `e` timestamp(6) GENERATED ALWAYS AS ROW END"
			 ",\n  PRIMARY KEY (`a`,`e`),\n  PERIOD FOR SYSTEM_TIME (`s`, `e`)\n) WITH SYSTEM VERSIONING"));
	CHECK_STR("ALTER TABLE `t`\n  ADD KEY `k` (`a`),\n  ADD KEY `l` (`b`) INVISIBLE",
		  ported(DTS_DDL_ALTER_TABLE, DTS_MARIADB,
			 "ALTER TABLE `t`\n  ADD VECTOR KEY `v` (`v`),\n  ADD KEY `k` (`a`),\n  ADD VECTOR KEY `w` (`w`),\n  ADD KEY `l` (`b`) IGNORED"));
	CHECK_STR("", ported(DTS_DDL_ALTER_TABLE, DTS_MARIADB, "ALTER TABLE `t`\n  ADD VECTOR KEY `v` (`v`)"));
	CHECK_STR("ALTER TABLE `t` AUTO_INCREMENT=7", ported(DTS_DDL_ALTER_TABLE, DTS_MARIADB, "ALTER TABLE `t` AUTO_INCREMENT=7"));
}

/* Text that no server wrote, broken off anywhere: no crash, no read beyond the end, and an end. */
static void test_odd_texts(void)
{
	static const char *const texts[] = {
		"CREATE TABLE `t` (`a` int(11) unsigned DEFAULT nextval(`d`.`s`), `b` varchar(2000) CHARACTER SET gb18030 COLLATE gb18030_bin NOT NULL DEFAULT -1,"
		" `c` json GENERATED ALWAYS AS (nvl2(`a`->>'$.b', x'01', chr(2))) VIRTUAL NOT NULL INVISIBLE, `p` point SRID 4326 COMMENT 'x', `s` timestamp(6)"
		" GENERATED ALWAYS AS ROW START, UNIQUE KEY `u` (`b`,`a`(3)) USING HASH, KEY `k` (`p` WITHOUT OVERLAPS, (lower(`a`))), PERIOD FOR `p` (`a`, `b`),"
		" CONSTRAINT `CONSTRAINT_1` CHECK (regexp_like(`a`, 'x')) NOT ENFORCED, PRIMARY KEY (`s`,`a`)) ENGINE=Aria TABLESPACE x `o`=1 WITH SYSTEM VERSIONING"
		" DEFAULT CHARSET=gb18030 PARTITION BY LIST (`a`) (PARTITION `p0` VALUES IN (1), PARTITION `p1` DEFAULT)",
		"ALTER TABLE `t` ADD KEY `k` ((lower(`a`))), ADD VECTOR KEY `v` (`v`), ADD CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `x` (`y`), AUTO_INCREMENT=5",
		"CREATE FUNCTION `f`(a uuid, INOUT b inet6) RETURNS json BEGIN DECLARE c, d uuid; RETURN (SELECT x.y->'$.a' FROM information_schema.tables"
		" WHERE CAST(a AS UUID) REGEXP 'x' FOR SHARE) COLLATE utf8mb4_0900_ai_ci; END",
		"CREATE DATABASE `d` CHARACTER SET gb18030 COMMENT 'x' DEFAULT ENCRYPTION='Y' COLLATE=gb18030_bin",
	};
	static const enum dts_ddl_kind kinds[] = {DTS_DDL_CREATE_TABLE, DTS_DDL_ALTER_TABLE, DTS_DDL_CREATE_FUNCTION, DTS_DDL_CREATE_DATABASE};
	struct dts_buf text = {0};
	size_t done = 0;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t len = 0; len <= strlen(texts[i]); len++)
			for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
				if (k != i && len % 8 != 0)
					continue;
				dts_buf_clear(&text);
				dts_buf_add(&text, texts[i], len);
				done += ported(kinds[k], DTS_MARIADB, dts_buf_text(&text)) && ported(kinds[k], DTS_MYSQL, dts_buf_text(&text));
			}
	CHECK(done > 1500);
	dts_buf_release(&text);
}

/* Each entry can be found by its name, and says what it has to. */
static void test_entries(void)
{
	struct dts_buf one = {0}, two = {0};

	for (const struct dts_mapping *m = dts_mappings; m->words; m++) {
		dts_buf_clear(&one);
		dts_mapping_name(m, &one);
		if (m->verdict == DTS_MAP_CHANGED && !m->why)
			unit_fail(__FILE__, __LINE__, "%s: changed, and nothing is said", dts_buf_text(&one));
		if (m->verdict == DTS_MAP_REFUSED && m->instead)
			unit_fail(__FILE__, __LINE__, "%s: refused, and something is put instead", dts_buf_text(&one));
		for (const struct dts_mapping *n = m + 1; n->words; n++) {
			dts_buf_clear(&two);
			dts_mapping_name(n, &two);
			if (strcmp(dts_buf_text(&one), dts_buf_text(&two)) == 0)
				unit_fail(__FILE__, __LINE__, "%s: twice", dts_buf_text(&one));
		}
	}
	dts_buf_release(&one);
	dts_buf_release(&two);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list();
	if (argc == 3 && strcmp(argv[1], "port") == 0)
		return port_lines(family_of(argv[2]));
	if (argc == 3 && strcmp(argv[1], "collations") == 0)
		return port_collations(family_of(argv[2]));
	RUN(test_names_and_texts_stay);
	RUN(test_calls);
	RUN(test_items_left_out);
	RUN(test_odd_texts);
	RUN(test_entries);
	return unit_done();
}
