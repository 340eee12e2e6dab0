#include "ddl/ddl.h"
#include "unit.h"

static struct dts_ddl ddl;
static struct dts_buf text;

static void show_slice(const char *p, size_t len)
{
	dts_buf_add(&text, p, len);
}

/* "kind type:role db.name <as written> ..." and what else was found. */
static const char *shown(struct dts_slice sql, unsigned flags)
{
	static const char *const effects[] = {
		"fills", "numbers", "drops-partition", "exchanges", "tablespace", "drops-history", "starts",
	};

	dts_ddl_parse(&ddl, sql, flags);
	dts_buf_clear(&text);
	dts_buf_adds(&text, dts_ddl_kind_name(ddl.kind));
	for (size_t i = 0; i < ddl.count; i++) {
		const struct dts_ddl_object *o = &ddl.objects[i];

		dts_buf_addf(&text, " %s:%s ", dts_ddl_type_name(o->type), dts_ddl_role_name(o->role));
		show_slice(o->db.p, o->db.len);
		dts_buf_addc(&text, '|');
		show_slice(o->name.p, o->name.len);
		dts_buf_addc(&text, '<');
		show_slice(sql.p + o->whole.at, o->whole.len);
		dts_buf_adds(&text, o->guarded ? ">?" : ">");
	}
	for (unsigned i = 0; i < 7; i++)
		if (ddl.effects & 1u << i)
			dts_buf_addf(&text, " +%s", effects[i]);
	if (ddl.or_replace)
		dts_buf_adds(&text, " +replace");
	if (ddl.list)
		dts_buf_adds(&text, " +list");
	if (ddl.body)
		dts_buf_adds(&text, " +body");
	if (ddl.one_phase)
		dts_buf_adds(&text, " +one-phase");
	if (ddl.label.len > 0) {
		dts_buf_adds(&text, " label ");
		show_slice(ddl.label.p, ddl.label.len);
	}
	return dts_buf_text(&text);
}

struct example {
	const char *sql, *want;
};

static void check_all(const struct example *e, size_t n, unsigned flags)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = shown(dts_slice_of(e[i].sql), flags);

		if (strcmp(got, e[i].want) != 0)
			unit_fail(__FILE__, __LINE__, "%s\n#   gives  %s\n#   wanted %s",
				  e[i].sql, got, e[i].want);
	}
}
#define CHECK_ALL(examples, flags) \
	check_all(examples, sizeof(examples) / sizeof(examples[0]), flags)

static void test_databases(void)
{
	static const struct example all[] = {
		{"create database if not exists test", "create-database database:target test|<test>?"},
		{"CREATE OR REPLACE SCHEMA `a``b` CHARSET utf8", "create-database database:target a`b|<`a``b`> +replace"},
		{"alter database shop comment 'x'", "alter-database database:target shop|<shop>"},
		{"ALTER SCHEMA CHARACTER SET utf8mb4", "alter-database database:target |<>"},
		{"alter database /*!40100 default character set utf8 */", "alter-database database:target |<>"},
		{"alter database comment comment 'x'", "alter-database database:target comment|<comment>"},
		{"alter database comment 'x'", "alter-database database:target |<>"},
		{"drop database if exists `shop`;", "drop-database database:target shop|<`shop`>?"},
		{"drop schema zz", "drop-database database:target zz|<zz>"},
		{"drop database", "unknown"},
	};

	CHECK_ALL(all, 0);
}

static void test_create_table(void)
{
	static const struct example all[] = {
		{"create table t(a int primary key)", "create-table table:target |t<t>"},
		{"CREATE TABLE IF NOT EXISTS `s p`.`t` (a int)", "create-table table:target s p|t<`s p`.`t`>?"},
		{"create or replace table a . b (x int)", "create-table table:target a|b<a . b> +replace"},
		{"create table a/* c */./*d*/ b (x int)", "create-table table:target a|b<a/* c */./*d*/ b>"},
		{"create table `a`.1b (x int)", "create-table table:target a|1b<`a`.1b>"},
		{"create table .t (x int)", "create-table table:target |t<.t>"},
		{"create table größe (x int)", "create-table table:target |größe<größe>"},
		{"create table t like `u`.v", "create-table-like table:target |t<t> table:like u|v<`u`.v>"},
		{"create or replace table t6 (like t5)", "create-table-like table:target |t6<t6> table:like |t5<t5> +replace"},
		{"create table t select 1", "create-table-select table:target |t<t> +body"},
		{"create table t (a int) engine=innodb as (select 1 union select 2)", "create-table-select table:target |t<t> +body"},
		{"create table t ((select 1))", "create-table-select table:target |t<t> +body"},
		{"create table t with x as (select 1) select * from x", "create-table-select table:target |t<t> +body"},
		{"create table t values (1)", "create-table-select table:target |t<t> +body"},
		{"create table t (a int) with system versioning", "create-table table:target |t<t>"},
		{"create table t (a int, `select` int comment ') select 1')", "create-table table:target |t<t>"},
		{"CREATE TABLE `t` (`a` int) START TRANSACTION", "create-table table:target |t<`t`> +starts"},
		{"create table c (a int references p(id), foreign key (b) references s.q (i))",
		 "create-table table:target |c<c> table:referenced |p<p> table:referenced s|q<s.q>"},
		{"create table m (a int) engine=merge union=(a, b.c) insert_method=last",
		 "create-table table:target |m<m> table:referenced |a<a> table:referenced b|c<b.c>"},
		{"create table p (a int) partition by range (a) (partition x values less than (3))", "create-table table:target |p<p>"},
		{"create json duality view v as select 1", "create-view view:target |v<v> +body"},
		{"alter json relational duality view v as select 1", "alter-view view:target |v<v> +body"},
		{"create temporary table if not exists t (a int)", "temporary table:target |t<t>?"},
		{"create temporary table t select 1", "temporary table:target |t<t> +body"},
		{"create table t5 (a uuid default uuid())", "create-table table:target |t5<t5>"},
		{"create table", "unknown"},
		{"create table 5", "unknown"},
		{"create table a.b.c (d int)", "unknown"},
		{"drop table a b", "unknown"}, {"drop database a b", "unknown"}, {"drop view a, b c", "unknown"},
		{"drop table a `b`", "unknown"}, {"drop table a 'b'", "unknown"}, {"drop table a (b)", "unknown"},
		{"create table t (a int references b.c.d)", "unknown"},
		{"create table 'a' (a int)", "unknown"},
		{"create table t like", "unknown"},
	};

	CHECK_ALL(all, 0);
}

static void test_alter_table(void)
{
	static const struct example all[] = {
		{"alter table t add b int", "alter-table table:target |t<t>"},
		{"ALTER ONLINE IGNORE TABLE IF EXISTS `d`.`t` WAIT 5 add b int", "alter-table table:target d|t<`d`.`t`>?"},
		{"alter table t nowait rename u", "alter-table table:target |t<t> table:new |u<u>"},
		{"alter table t add b int, rename to `d`.u", "alter-table table:target |t<t> table:new d|u<`d`.u>"},
		{"alter table t rename as u", "alter-table table:target |t<t> table:new |u<u>"},
		{"alter table t rename = u", "alter-table table:target |t<t> table:new |u<u>"},
		{"alter table t rename column b to bb, rename index if exists zz to yy, rename key a to b, rename to tnew",
		 "alter-table table:target |t<t> table:new |tnew<tnew>"},
		{"alter table t add c int comment 'x, rename to y', add d enum('a,','b') default 'a'", "alter-table table:target |t<t>"},
		{"alter table a.t add foreign key (a) references u(b), rename to v",
		 "alter-table table:target a|t<a.t> table:referenced a|u<u> table:new |v<v>"},
		{"create table a.t (a int references u)", "create-table table:target a|t<a.t> table:referenced a|u<u>"},
		{"alter table t add foreign key (a) references d.u(b), add x int references v (c)",
		 "alter-table table:target |t<t> table:referenced d|u<d.u> table:referenced |v<v>"},
		{"alter table t exchange partition p1 with table `d`.`u` without validation",
		 "alter-table table:target |t<t> table:exchanged d|u<`d`.`u`> +exchanges"},
		{"alter table t convert partition p1 to table u", "alter-table table:target |t<t> table:exchanged |u<u> +exchanges"},
		{"alter table t convert table u to partition p1 values less than (5)", "alter-table table:target |t<t> table:exchanged |u<u> +exchanges"},
		{"alter table t convert to character set utf8mb4", "alter-table table:target |t<t>"},
		{"alter table t drop partition p1, p2", "alter-table table:target |t<t> +drops-partition"},
		{"alter table t truncate partition all", "alter-table table:target |t<t> +drops-partition"},
		{"alter table t drop system versioning", "alter-table table:target |t<t> +drops-history"},
		{"alter table t drop column a, drop `partition`", "alter-table table:target |t<t>"},
		{"alter table t discard tablespace", "alter-table table:target |t<t> +tablespace"},
		{"alter table t add x char(36) default uuid()", "alter-table table:target |t<t> +fills"},
		{"alter table t add (a int, x char(36) default (concat('a', uuid ())))", "alter-table table:target |t<t> +fills"},
		{"alter table t add x int default next value for s", "alter-table table:target |t<t> +fills"},
		{"alter table t add x int default (s.nextval)", "alter-table table:target |t<t> +fills"},
		{"alter table t add x varchar(99) default current_user", "alter-table table:target |t<t> +fills"},
		{"alter table t add x int default 1, alter y set default (uuid()), modify z char(36) default uuid()", "alter-table table:target |t<t>"},
		{"alter table t add x timestamp default now() on update now()", "alter-table table:target |t<t>"},
		{"alter table t add uuid int default 5, add rand int", "alter-table table:target |t<t>"},
		{"alter table t add id int auto_increment primary key first", "alter-table table:target |t<t> +numbers"},
		{"alter table t auto_increment=5, add b int", "alter-table table:target |t<t>"},
		{"alter table m union=(a,b)", "alter-table table:target |m<m> table:referenced |a<a> table:referenced |b<b>"},
		{"set statement max_statement_time=10 for alter table t add b int", "alter-table table:target |t<t>"},
		{"alter table", "unknown"},
		{"alter table t rename to", "unknown"},
		{"alter table t exchange partition p with t2", "unknown"},
	};

	CHECK_ALL(all, 0);
}

static void test_comments(void)
{
	static const struct example all[] = {
		{"alter /*!50000 ignore */ table t /* c1 */ add c int /* 99999 , rename to zz */ /*M!100100 , rename to d */",
		 "alter-table table:target |t<t> table:new |d<d>"},
		{"/*!80023 create */ -- x\n # y\n /*!table*/ `t` (a int)", "create-table table:target |t<`t`>"},
		{"/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`r`@`%` SQL SECURITY DEFINER */ /*!50001 VIEW `v` AS select 1 */",
		 "create-view view:target |v<`v`> +body"},
		{"drop/**/table/*!*/a/*M!*/,b", "drop-table table:target |a<a> table:target |b<b> +list"},
		{"create table --t\n u (a int)", "unknown"},
		{"create table -- t\n u (a int)", "create-table table:target |u<u>"},
		{"# Dummy event replacing event type 160 that slave cannot handle.", "empty"},
		{"/* nothing */ ", "empty"},
		{"", "empty"},
		{"/*!", "empty"},
		{"/* unfinished", "empty"},
		{"create table `unfinished", "create-table table:target |unfinished<`unfinished>"},
		{"*/ create table t (a int)", "unknown"},
	};

	CHECK_ALL(all, 0);
}

static void test_modes(void)
{
	static const struct example ansi[] = {
		{"create table \"q\"\"x\".\"y`\" (\"a b\" int)", "create-table table:target q\"x|y`<\"q\"\"x\".\"y`\">"},
		{"alter table t comment 'a\\', rename to u, comment 'b'", "alter-table table:target |t<t>"},
	};
	static const struct example plain[] = {
		{"create table \"q\" (a int)", "unknown"},
		{"alter table t comment \"a\\\", rename to u\", rename v", "alter-table table:target |t<t> table:new |v<v>"},
	};
	static const struct example brackets[] = {
		{"create table [a b].[c]]d] ([x] int)", "create-table table:target a b|c]d<[a b].[c]]d]>"},
		{"rename table [t] to \"u\", `[` to [`]", "rename-table table:target |t<[t]> table:new |u<\"u\"> table:target |[<`[`> table:new |`<[`]> +list"},
		{"drop table [unfinished", "drop-table table:target |unfinished<[unfinished> +list"},
	};
	static const struct example no_brackets[] = {
		{"create table [a] (x int)", "unknown"},
	};
	static const struct example no_backslash[] = {
		{"alter table t comment 'a\\', rename to u", "alter-table table:target |t<t> table:new |u<u>"},
	};

	CHECK_ALL(ansi, DTS_DDL_ANSI_QUOTES);
	CHECK_ALL(plain, 0);
	CHECK_ALL(no_backslash, DTS_DDL_NO_BACKSLASH_ESCAPES);
	CHECK_ALL(brackets, DTS_DDL_BRACKETS | DTS_DDL_ANSI_QUOTES);
	CHECK_ALL(no_brackets, 0);
	CHECK_ALL(no_brackets, DTS_DDL_BRACKETS | DTS_DDL_MYSQL);
	CHECK_INT(DTS_DDL_ANSI_QUOTES, dts_ddl_flags(4));
	CHECK_INT(DTS_DDL_BRACKETS, dts_ddl_flags(1024));
	CHECK_INT(DTS_DDL_BRACKETS | DTS_DDL_ANSI_QUOTES, dts_ddl_flags_of_text(DTS_LIT("ANSI_QUOTES,MSSQL")));
	CHECK_INT(DTS_DDL_NO_BACKSLASH_ESCAPES, dts_ddl_flags(1048576));
	CHECK_INT(0, dts_ddl_flags(1411383296));
	CHECK_INT(3, dts_ddl_flags_of_text(DTS_LIT("REAL_AS_FLOAT,ansi_quotes,NO_BACKSLASH_ESCAPES")));
	CHECK_INT(0, dts_ddl_flags_of_text(DTS_LIT("STRICT_TRANS_TABLES")));
	CHECK_INT(0, dts_ddl_flags_of_text(DTS_LIT("")));
}

static void test_tables(void)
{
	static const struct example all[] = {
		{"DROP TABLE IF EXISTS `t2`,`d`.`nope` /* generated by server */",
		 "drop-table table:target |t2<`t2`>? table:target d|nope<`d`.`nope`>? +list"},
		{"drop tables a, b restrict", "drop-table table:target |a<a> table:target |b<b> +list"},
		{"DROP TEMPORARY TABLE IF EXISTS `tt`", "temporary table:target |tt<`tt`>? +list"},
		{"rename table t3 wait 5 to t4, t5 nowait to d.t3",
		 "rename-table table:target |t3<t3> table:new |t4<t4> table:target |t5<t5> table:new d|t3<d.t3> +list"},
		{"rename tables if exists t3 to t5", "rename-table table:target |t3<t3>? table:new |t5<t5> +list"},
		{"rename table a", "unknown"},
		{"rename user a to b", "account"},
		{"truncate t", "truncate-table table:target |t<t>"},
		{"truncate table d.t", "truncate-table table:target d|t<d.t>"},
		{"create index i using btree on t(b)", "create-index table:target |t<t>"},
		{"create or replace unique index if not exists `on` on d.t (a)", "create-index table:target d|t<d.t> +replace"},
		{"create spatial index s on t(g)", "create-index table:target |t<t>"},
		{"create spatial reference system 4120 name 'x'", "admin"},
		{"drop index if exists i on t", "drop-index table:target |t<t>"},
		{"DROP SEQUENCE `s1` /* generated by server */", "drop-sequence sequence:target |s1<`s1`> +list"},
		{"create sequence if not exists s start with 5", "create-sequence sequence:target |s<s>?"},
		{"alter sequence s1 restart 5", "alter-sequence sequence:target |s1<s1>"},
	};

	CHECK_ALL(all, 0);
}

static void test_programs(void)
{
	static const struct example all[] = {
		{"CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v` AS select 1", "create-view view:target |v<`v`> +body"},
		{"ALTER ALGORITHM=MERGE DEFINER='a'@'%' VIEW d.v AS select 2", "alter-view view:target d|v<d.v> +body"},
		{"drop view if exists v, d.w cascade", "drop-view view:target |v<v>? view:target d|w<d.w>? +list"},
		{"CREATE DEFINER=`root`@`localhost` trigger tr before insert on t for each row set new.b=1", "create-trigger trigger:target |tr<tr> table:on |t<t> +body"},
		{"create definer=root@db-1.example.org trigger if not exists d.tr after update on d.t for each row begin end",
		 "create-trigger trigger:target d|tr<d.tr>? table:on d|t<d.t> +body"},
		{"create definer = current_user() procedure p() begin end", "create-procedure procedure:target |p<p> +body"},
		{"create definer=current_role procedure p() begin end", "create-procedure procedure:target |p<p> +body"},
		{"drop trigger d.tr", "drop-trigger trigger:target d|tr<d.tr>"},
		{"create aggregate function f(x int) returns int return 1", "create-function function:target |f<f> +body"},
		{"create function f returns string soname 'udf.so'", "admin"},
		{"alter function f comment 'x'", "alter-function function:target |f<f>"},
		{"drop function if exists f", "drop-function function:target |f<f>?"},
		{"create package body p as begin end", "create-package package:target |p<p> +body"},
		{"drop package body if exists p", "drop-package package:target |p<p>?"},
		{"create event e on schedule every 1 day do select 1", "create-event event:target |e<e> +body"},
		{"alter definer=x@y event e rename to d.e2", "alter-event event:target |e<e> event:new d|e2<d.e2>"},
		{"alter event e do alter table x rename to y", "alter-event event:target |e<e> +body"},
		{"drop event if exists e2", "drop-event event:target |e2<e2>?"},
		{"create trigger d.tr before insert on t for each row set @a=1", "create-trigger trigger:target d|tr<d.tr> table:on d|t<t> +body"},
		{"create trigger tr before insert", "unknown"},
	};

	CHECK_ALL(all, 0);
	dts_ddl_parse(&ddl, DTS_LIT("create definer=root@db-1.example.org view v as select 1"), 0);
	CHECK_INT(7, ddl.definer.at);
	CHECK_INT(29, ddl.definer.len);
}

static void test_the_rest(void)
{
	static const struct example all[] = {
		{"grant select on test.* to x@localhost identified by 'x'", "account"},
		{"SET PASSWORD FOR 'x'@'localhost'='*F24'", "account"},
		{"set default role r for u", "account"},
		{"create user a", "account"}, {"drop role if exists r", "account"},
		{"analyze table t", "admin table:target |t<t> +list"},
		{"analyze table t persistent for all, u", "admin"},
		{"optimize local table t,d.m", "admin table:target |t<t> table:target d|m<d.m> +list"},
		{"analyze format=json update t set a=1", "dml"},
		{"flush tables", "admin"}, {"install soname 'x'", "admin"},
		{"create server s foreign data wrapper mysql options (host 'x')", "admin"},
		{"alter instance rotate innodb master key", "admin"},
		{"cache index t in k", "admin"}, {"load index into cache t", "admin"},
		{"start slave", "admin"}, {"lock tables t write", "admin"},
		{"insert into t values (1)", "dml"}, {"(select 1)", "dml"},
		{"load data infile 'x' into table t", "dml"},
		{"set @a = 1", "dml"}, {"SET INSERT_ID=3", "dml"}, {"do sleep(1)", "dml"},
		{"DELETE FROM `d`.`m`", "dml table:target d|m<`d`.`m`>"},
		{"delete from m where a=1", "dml"}, {"delete a from a join b", "dml"},
		{"set statement a=1", "unknown"},
		{"begin not atomic create table bb(a int); end", "unknown"},
		{"frobnicate", "unknown"}, {"create frob x", "unknown"}, {"alter", "unknown"},
		{"\xFF\xFE", "unknown"}, {";", "unknown"},
	};

	CHECK_ALL(all, 0);
}

static void test_transactions(void)
{
	static const struct example all[] = {
		{"BEGIN", "begin"}, {"begin work;", "begin"},
		{"start transaction with consistent snapshot", "begin"},
		{"COMMIT", "commit"}, {"commit work", "commit"}, {"ROLLBACK", "rollback"},
		{"rollback work", "rollback"},
		{"SAVEPOINT `s``p`", "savepoint label s`p"},
		{"ROLLBACK TO `s``p`", "rollback-to label s`p"},
		{"ROLLBACK WORK TO SAVEPOINT a", "rollback-to label a"},
		{"rollback to savepoint", "rollback-to label savepoint"},
		{"rollback to savepoint `x`", "rollback-to label x"},
		{"release savepoint a", "release-savepoint label a"},
		{"savepoint", "unknown"}, {"rollback to", "unknown"},
		{"XA START X'616263',X'64',7", "xa-start label X'616263',X'64',7"},
		{"xa begin 'abc'", "xa-start label X'616263',X'',1"},
		{"XA END X'616263',X'64',7", "xa-end label X'616263',X'64',7"},
		{"XA PREPARE 0x6A, 'it''s\\n'", "xa-prepare label X'6a',X'697427730a',1"},
		{"XA COMMIT x'6A4B',x'',1", "xa-commit label X'6a4b',X'',1"},
		{"XA COMMIT 'a','b',5 ONE PHASE", "xa-commit +one-phase label X'61',X'62',5"},
		{"XA ROLLBACK 'a'", "xa-rollback label X'61',X'',1"},
		{"XA RECOVER", "unknown"}, {"XA START", "unknown"}, {"XA START X'zz'", "unknown"},
	};

	CHECK_ALL(all, 0);
	CHECK(dts_ddl_kind_is_transaction(DTS_DDL_XA_ROLLBACK));
	CHECK(!dts_ddl_kind_is_transaction(DTS_DDL_DML));
	CHECK(dts_ddl_kind_is_definition(DTS_DDL_TEMPORARY));
	CHECK(!dts_ddl_kind_is_definition(DTS_DDL_ACCOUNT));
	for (unsigned i = 0; i < DTS_DDL_KINDS; i++)
		CHECK_INT(i, dts_ddl_kind_of_name(dts_slice_of(dts_ddl_kind_name((enum dts_ddl_kind)i))));
}

/* Selects database shop without tables x...; shop becomes new, orders o. */
static int choose(void *ctx, enum dts_ddl_type type, struct dts_slice db, struct dts_slice name,
		  struct dts_ddl_choice *choice, struct dts_error *err)
{
	(void)type;
	if (dts_slice_is(name, "fail"))
		return dts_fail(err, DTS_USAGE, "chosen to fail");
	choice->keep = dts_slice_is(db, "shop") && (name.len == 0 || name.p[0] != 'x');
	if (*(bool *)ctx && choice->keep)
		choice->db = DTS_LIT("new");
	if (*(bool *)ctx && choice->keep && dts_slice_is(name, "orders"))
		choice->name = DTS_LIT("o`");
	return 0;
}

static const char *rewritten_as(const char *sql, const char *db, bool route, bool bodies)
{
	static struct dts_error err;
	enum dts_ddl_verdict verdict;
	int rc;

	err = (struct dts_error)DTS_ERROR_INIT;
	dts_ddl_parse(&ddl, dts_slice_of(sql), 0);
	dts_buf_clear(&text);
	if (bodies)
		rc = dts_ddl_rewrite_bodies(&ddl, dts_slice_of(sql), 0, dts_slice_of(db), choose, &route, &text, &verdict, &err);
	else
		rc = dts_ddl_rewrite(&ddl, dts_slice_of(sql), dts_slice_of(db), choose, &route, &text, &verdict, &err);
	switch (verdict) {
	case DTS_DDL_AS_IS:
		return rc == 0 && text.len == 0 ? "as is" : "?";
	case DTS_DDL_DROPPED:
		return rc == 0 && text.len == 0 ? "dropped" : "?";
	case DTS_DDL_REWRITTEN:
		return rc == 0 ? dts_buf_text(&text) : "?";
	case DTS_DDL_AMBIGUOUS:
	case DTS_DDL_FAILED:
		break;
	}
	return rc == -1 && text.len == 0 ? err.message : "?";
}

static void check_rewrites_as(const struct example *e, size_t n, const char *db, bool route, bool bodies)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = rewritten_as(e[i].sql, db, route, bodies);

		if (strcmp(got, e[i].want) != 0)
			unit_fail(__FILE__, __LINE__, "%s\n#   gives  %s\n#   wanted %s",
				  e[i].sql, got, e[i].want);
	}
}

static void check_rewrites(const struct example *e, size_t n, const char *db, bool route)
{
	check_rewrites_as(e, n, db, route, false);
}

static void test_select(void)
{
	static const struct example all[] = {
		{"create table t (a int)", "as is"},
		{"create table xt (a int)", "dropped"},
		{"create table other.t (a int)", "dropped"},
		{"create table other.t (a int references shop.t)", "dropped"},
		{"create table t (a int references other.t)", "as is"},
		{"drop table if exists a, xb, `c` /* z */, other.d /* end */", "drop table if exists a, `c` /* end */"},
		{"drop table xa,b", "drop table b"},
		{"drop table xa,other.b", "dropped"},
		{"rename table xa to xb, b to c, xd to other.e", "rename table b to c"},
		{"rename table a to xb", "rename-table: table shop.a (selected) becomes shop.xb (not selected)"},
		{"rename table xa to b", "rename-table: table shop.xa (not selected) becomes shop.b (selected)"},
		{"alter table a add x int, rename to other.b", "alter-table: table shop.a (selected) becomes other.b (not selected)"},
		{"alter table xa rename xb", "dropped"},
		{"alter table a exchange partition p with table xb", "alter-table: table shop.a (selected) exchanges rows with shop.xb (not selected)"},
		{"alter table xa exchange partition p with table xb", "dropped"},
		{"create table a like xb", "create-table-like: table shop.a (selected) takes its columns from shop.xb (not selected)"},
		{"create table xa like b", "dropped"},
		{"create trigger t before insert on xt for each row set @a=1", "dropped"},
		{"create trigger xt before insert on t for each row set @a=1", "as is"},
		{"create view v as select 1", "as is"},
		{"drop database other", "dropped"}, {"drop database shop", "as is"},
		{"alter database character set utf8", "as is"},
		{"drop table a /*!, xb */", "cannot choose in 'drop table a /*!, xb */': an executable comment begins or ends between the names"},
		{"insert into t values (1)", "cannot choose in 'insert into t values (1)': rows are changed by a statement"},
		{"what", "cannot choose in 'what': the statement is not understood"},
		{"begin", "as is"}, {"grant all on *.* to x", "as is"}, {"flush tables", "as is"},
		{"# Dummy", "as is"},
		{"drop table fail", "chosen to fail"},
	};
	static const struct example no_db[] = {
		{"create table shop.t (a int)", "as is"},
		{"create table t (a int)", "cannot choose in 'create table t (a int)': there is no default database"},
	};

	check_rewrites(all, sizeof(all) / sizeof(all[0]), "shop", false);
	check_rewrites(no_db, sizeof(no_db) / sizeof(no_db[0]), "", false);
}

static void test_route(void)
{
	static const struct example all[] = {
		{"create table if not exists /*a*/ t (a int)", "create table if not exists /*a*/ `new`.`t` (a int)"},
		{"create table shop . orders(a int)", "create table `new`.`o```(a int)"},
		{"create table t (a int references orders(b), b int references other.t(c), c int references xt(d))",
		 "create table `new`.`t` (a int references `new`.`o```(b), b int references other.t(c), c int references `shop`.`xt`(d))"},
		{"create table shop.t (a int references xt)", "create table `new`.`t` (a int references `shop`.`xt`)"},
		{"create table other.t (a int references orders)", "dropped"},
		{"create table t like orders", "create table `new`.`t` like `new`.`o```"},
		{"alter table t rename orders", "alter table `new`.`t` rename `new`.`o```"},
		{"drop table xa, b , orders restrict", "drop table `new`.`b`, `new`.`o``` restrict"},
		{"rename table a wait 5 to orders,xa to xb,  c to d", "rename table `new`.`a` wait 5 to `new`.`o```, `new`.`c` to `new`.`d`"},
		{"create unique index i on t (a)", "create unique index i on `new`.`t` (a)"},
		{"/*!50000 alter table t */ add b int", "/*!50000 alter table `new`.`t` */ add b int"},
		{"alter table shop/*!.*/t add b int", "cannot choose in 'alter table shop/*!.*/t add b int': an executable comment begins or ends between the names"},
		{"drop trigger t", "drop trigger `new`.`t`"},
		{"drop view v, xw", "drop view `new`.`v`"},
		{"create view v as select 1", "cannot choose in 'create view v as select 1': it would be renamed, but its text may name other objects that are renamed too"},
		{"create trigger other.t before insert on other.u for each row set @a=1", "dropped"},
		{"create trigger other.t before insert on u for each row set @a=1", "dropped"},
		{"create database shop charset utf8", "create database `new` charset utf8"},
		{"alter database charset utf8", "alter database `new` charset utf8"},
		{"alter database/**/charset utf8", "alter database `new`/**/charset utf8"},
		{"set statement a=1 for truncate t", "set statement a=1 for truncate `new`.`t`"},
		{"alter event e rename to f", "alter event `new`.`e` rename to `new`.`f`"},
		{"analyze table t, xt, u", "analyze table `new`.`t`, `new`.`u`"},
	};

	check_rewrites(all, sizeof(all) / sizeof(all[0]), "shop", true);
}

/* Views as MariaDB 10.11 and MySQL 9.7 write them. */
static void test_views(void)
{
	static const struct example all[] = {
		/* an alias like a database, one like a table (MySQL gives its database), columns of each kind */
		{"create view v as select `shop`.`id` AS `shop` from (`shop`.`t` `shop` join `shop`.`v1` `orders` on(`shop`.`id` = `orders`.`id`))"
		 " where `shop`.`f`(`shop`.`id`) > 0",
		 "create view `new`.`v` as select `shop`.`id` AS `shop` from (`new`.`t` `shop` join `new`.`v1` `orders` on(`shop`.`id` = `orders`.`id`))"
		 " where `new`.`f`(`shop`.`id`) > 0"},
		{"create view v as select 1 from (`shop`.`t` `u` join `shop`.`v1` `a` on((`u`.`id` = `shop`.`a`.`id`)))",
		 "create view `new`.`v` as select 1 from (`new`.`t` `u` join `new`.`v1` `a` on((`u`.`id` = `new`.`a`.`id`)))"},
		{"create view orders as select `shop`.`orders`.`a` AS `b`,`orders`.`c` from (`shop`.`orders` join `other`.`t`) where `other`.`t`.`a` in "
		 "(select `x`.`a` from (select `shop`.`shop`.`shop` AS `a` from `shop`.`shop`) `x`)",
		 "create view `new`.`o``` as select `new`.`o```.`a` AS `b`,`o```.`c` from (`new`.`o``` join `other`.`t`) where `other`.`t`.`a` in "
		 "(select `x`.`a` from (select `new`.`shop`.`shop` AS `a` from `new`.`shop`) `x`)"},
		/* common table expressions, FROM of functions, tables made of JSON, texts, periods */
		{"create view v as with recursive `shop` as (select 1 AS `n` union all select `shop`.`n` + 1 from `shop`), `orders` as (select 2) "
		 "select `shop`.`n`,`orders`.`n`,trim(both 'x' from `t`.`a`),extract(year from `t`.`a`) from ((`shop` join `orders`) join `shop`.`t`)",
		 "create view `new`.`v` as with recursive `shop` as (select 1 AS `n` union all select `shop`.`n` + 1 from `shop`), `orders` as (select 2) "
		 "select `shop`.`n`,`orders`.`n`,trim(both 'x' from `t`.`a`),extract(year from `t`.`a`) from ((`shop` join `orders`) join `new`.`t`)"},
		{"create view v as select `j`.`z` from (`shop`.`docs` `d` join (json_table(`d`.`j`, '$' columns (`a` int path '$.a')) `shop` join json_table(`d`.`j`,"
		 " '$' columns (`z` for ordinality)) `j`)) where `shop`.`a` <> '`shop`.`orders`'",
		 "create view `new`.`v` as select `j`.`z` from (`new`.`docs` `d` join (json_table(`d`.`j`, '$' columns (`a` int path '$.a')) `shop` join json_table(`d`.`j`,"
		 " '$' columns (`z` for ordinality)) `j`)) where `shop`.`a` <> '`shop`.`orders`'"},
		{"create view v as select nextval(`shop`.`orders`) AS `a` from `shop`.`t` FOR SYSTEM_TIME ALL union select `u`.`a` from `shop`.`u` use index (`shop`)"
		 " left join lateral (select `u`.`b` from `shop`.`w` `x`) `l` on(1) group by `u`.`a`",
		 "create view `new`.`v` as select nextval(`new`.`o```) AS `a` from `new`.`t` FOR SYSTEM_TIME ALL union select `u`.`a` from `new`.`u` use index (`shop`)"
		 " left join lateral (select `u`.`b` from `new`.`w` `x`) `l` on(1) group by `u`.`a`"},
		{"create view v as select `x` from `shop`.`t`", "create view `new`.`v` as select `x` from `new`.`t`"},
		{"create view xv as select 1 from `shop`.`t`", "dropped"},
		/* a name that means two things; one that means nothing */
		{"create view v as select `orders`.`a` from (select 1 AS `a`) `orders` except select `orders`.`b` from `shop`.`orders`",
		 "create-view 'shop.v': '`orders`.`a`' in its text may be something that is renamed"},
		{"create view v as select `shop`.`nowhere`.`c` from `shop`.`t`", "create-view 'shop.v': '`shop`.`nowhere`.`c`' in its text may be something that is renamed"},
		{"create view v as select `shop`.`c` from `shop`.`t`", "create-view 'shop.v': '`shop`.`c`' in its text may be something that is renamed"},
	};
	static const struct example elsewhere[] = {
		{"create view shop.v as select `shop`.`id` from `other`.`orders` `shop`", "as is"},
		{"create view shop.v as select `shop`.`t`.`id` from `shop`.`t`", "create view `new`.`v` as select `new`.`t`.`id` from `new`.`t`"},
	};

	check_rewrites_as(all, sizeof(all) / sizeof(all[0]), "shop", true, true);
	CHECK_STR("as is", rewritten_as(elsewhere[0].sql, "other", false, true));
	check_rewrites_as(elsewhere + 1, 1, "other", true, true);
}

static void test_bodies(void)
{
	static const struct example all[] = {
		{"create procedure p(shop int) begin declare c cursor for select o.id, shop.orders.a from orders o, shop.orders; "
		 "declare exit handler for not found set @shop.x = 1; insert ignore into shop.t (id) select shop.f(id) from other.t on duplicate key update a = values(a); end",
		 "create procedure `new`.`p`(shop int) begin declare c cursor for select o.id, `new`.`o```.a from `new`.`o``` o, `new`.`o```; "
		 "declare exit handler for not found set @shop.x = 1; insert ignore into `new`.`t` (id) select `new`.`f`(id) from other.t on duplicate key update a = values(a); end"},
		{"create procedure p() begin update shop.t i join orders on orders.id=i.id set orders.a = extract(year from i.y); delete orders, i.* from orders join t i; "
		 "call shop.q(1); select 1 into shop; if exists (select 1 from shop.t) then truncate shop.t; end if; replace shop.orders values (replace('a', 1, 2)); end",
		 "create procedure `new`.`p`() begin update `new`.`t` i join `new`.`o``` on `o```.id=i.id set `o```.a = extract(year from i.y); delete `new`.`o```, i.* from `new`.`o``` join t i; "
		 "call `new`.`q`(1); select 1 into shop; if exists (select 1 from `new`.`t`) then truncate `new`.`t`; end if; replace `new`.`o``` values (replace('a', 1, 2)); end"},
		{"create procedure p() create temporary table if not exists y (a int) select * from shop.`t`", "create procedure `new`.`p`() create temporary table if not exists y (a int) select * from `new`.`t`"},
		{"create function f() returns int return (select max(shop.a) from t shop)", "create function `new`.`f`() returns int return (select max(shop.a) from t shop)"},
		{"create function f() returns int return next value for shop.s + lastval(s)", "create function `new`.`f`() returns int return next value for `new`.`s` + lastval(s)"},
		{"create event e on schedule every 1 day do delete from shop.t`a` where 1", "create event `new`.`e` on schedule every 1 day do delete from `new`.`t` `a` where 1"},
		{"create trigger g before insert on orders for each row set new.a = (select count(*) from orders)",
		 "create trigger `new`.`g` before insert on `new`.`o``` for each row set new.a = (select count(*) from `new`.`o```)"},
		{"create trigger xg before insert on t for each row set @a = 1", "dropped"},
		{"create procedure p() begin with recursive c as (select 1 from shop.t), orders (a, b) as (select 2, 3 from dual) select * from c join orders; end",
		 "create-procedure 'shop.p': 'orders' in its text may be something that is renamed"},
		{"create procedure p() begin with c as (select 1 from shop.t), d (a, b) as (select 2, 3 from dual) select * from c join d, shop.u group by a with rollup; end",
		 "create procedure `new`.`p`() begin with c as (select 1 from `new`.`t`), d (a, b) as (select 2, 3 from dual) select * from c join d, `new`.`u` group by a with rollup; end"},
		{"create procedure p() begin prepare s from 'select * from t'; end", "create procedure `new`.`p`() begin prepare s from 'select * from t'; end"},
		{"create procedure p() comment 'see shop.t' begin prepare s from 'select * from t'; end", "create procedure `new`.`p`() comment 'see shop.t' begin prepare s from 'select * from t'; end"},
		{"create procedure p() begin prepare s from 'select * from shop.t'; end", "create-procedure 'shop.p': ''select * from shop.t'' in its text may be something that is renamed"},
		{"create procedure p() begin prepare s from 'select * from orders'; end", "create-procedure 'shop.p': ''select * from orders'' in its text may be something that is renamed"},
		{"create procedure p() show tables from shop", "create-procedure 'shop.p': 'shop' in its text may be something that is renamed"},
		{"create procedure p() alter table t rename to orders", "create-procedure 'shop.p': 'orders' in its text may be something that is renamed"},
		{"create procedure p(a type of orders.id) begin end", "create-procedure 'shop.p': 'orders.id' in its text may be something that is renamed"},
		{"create procedure p() select shop.a", "create-procedure 'shop.p': 'shop.a' in its text may be something that is renamed"},
		{"create procedure p() select * from shop/*!.t*/", "create-procedure 'shop.p': 'shop/*!.t' in its text may be something that is renamed"},
		/* definitions of tables: their sequences */
		{"create table t (a int default nextval(`shop`.`orders`), b int references shop.orders(a))",
		 "create table `new`.`t` (a int default nextval(`new`.`o```), b int references `new`.`o```(a))"},
		{"alter table other.t alter a set default nextval(`shop`.`s`)", "dropped"},
		{"alter event e enable", "alter event `new`.`e` enable"},
	};

	check_rewrites_as(all, sizeof(all) / sizeof(all[0]), "shop", true, true);
	/* What is not selected may still be what others name. */
	CHECK_STR("create table `new`.`t` (a int default nextval(`new`.`s`))",
		  rewritten_as("create table t (a int default nextval(s))", "shop", true, true));
	CHECK_STR("as is", rewritten_as("create view v as select `a`.`b` from `shop`.`t` `a`", "shop", false, true));
}

static bool add_mention(void *ctx, struct dts_slice db, struct dts_slice name)
{
	(void)ctx;
	dts_buf_addc(&text, ' ');
	show_slice(db.p, db.len);
	dts_buf_addc(&text, '|');
	show_slice(name.p, name.len);
	return dts_slice_is(name, "enough");
}

static void test_mentions(void)
{
	static const struct example all[] = {
		{"frob a . `b``.c` , 'x' /* d */ /*! e */ -- f", " |frob frob| a|b`.c |e e|"},
		{"a.b.c d.* .", " a|b |c c|"},
		{"x.enough y", " x|enough"},
		{"", ""}, {"';\"", ""},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		dts_buf_clear(&text);
		CHECK(dts_ddl_mentions(dts_slice_of(all[i].sql), 0, add_mention, NULL) == (i == 2));
		CHECK_STR(all[i].want, dts_buf_text(&text));
	}
}

/* Every prefix, and every text with one byte changed, gives ranges within it. */
static void test_any_bytes(void)
{
	static const char *const seeds[] = {
		"/*!50000 alter table `a``b`.c */ add x int default (uuid()), rename to `d`, exchange partition p with table q",
		"create table t (a int references b.c) union=(a,b) select 1",
		"rename table a wait 5 to `b`, c to \"d\"",
		"create definer='a'@'b' trigger x after update on `y`.`z` for each row set @a='\\''",
		"XA COMMIT X'61', 'b\\n', 5 ONE PHASE -- x",
	};
	static const char bytes[] = "`'\"\\*/!.,() \0\xFF-#a0@=;";

	for (size_t s = 0; s < sizeof(seeds) / sizeof(seeds[0]); s++) {
		size_t n = strlen(seeds[s]);

		for (size_t at = 0; at < n; at++) {
			for (size_t b = 0; b < sizeof(bytes); b++) {
				char *copy = malloc(n);

				memcpy(copy, seeds[s], n);
				copy[at] = bytes[b];
				for (unsigned flags = 0; flags < 16; flags++) {
					dts_ddl_parse(&ddl, dts_slice(copy, b ? n : at), flags);
					for (size_t i = 0; i < ddl.count; i++)
						CHECK(ddl.objects[i].whole.at + ddl.objects[i].whole.len <= n);
				}
				free(copy);
			}
		}
	}
}

int main(void)
{
	RUN(test_databases);
	RUN(test_create_table);
	RUN(test_alter_table);
	RUN(test_comments);
	RUN(test_modes);
	RUN(test_tables);
	RUN(test_programs);
	RUN(test_the_rest);
	RUN(test_transactions);
	RUN(test_select);
	RUN(test_route);
	RUN(test_views);
	RUN(test_bodies);
	RUN(test_mentions);
	RUN(test_any_bytes);
	dts_ddl_release(&ddl);
	dts_buf_release(&text);
	return unit_done();
}
