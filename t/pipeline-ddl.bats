#!/usr/bin/env bats
# DDL of every kind under other names: the database shop is copied to `co py` of the same server under a route, and
# what the statements make of it there is what they made at the source. Rows that a statement moves or drops by
# partitions are not in the log.
# shellcheck disable=SC2154,SC2016
load lib/dts

setup_file() {
	# One of them a run, all with DTS_SAMPLES=all.
	local servers=()

	KINDS=$(BATS_TEST_NUMBER=0 drawn mariadb mariadb118 mysql97)
	export KINDS
	for kind in $KINDS; do
		servers+=("$kind=$kind")
	done
	servers_up "${servers[@]}" || return 0
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	CONFIG=$(defaults)
	selection=shop
	route="dts-filter --route='shop.*=\`co py\`.*'"
}

# tools STATUSES 'dts-x -g ... | dts-y -g ...', with the option file put in
tools() {
	run_pipe "$1" "$(printf '%s\n' "$2" | sed "s#\\(dts-[a-z]*\\) -g#\\1 --defaults-file=$CONFIG -g#g")"
}

# begin SQL: what makes the source
begin() {
	sql "$kind" 'DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS `co py`; DROP DATABASE IF EXISTS dts; CREATE DATABASE shop;
		CREATE DATABASE `co py`; CREATE DATABASE IF NOT EXISTS elsewhere'
	sql "$kind" "$1" shop
	tools '0 0 0' "dts-schema -g $kind shop | $route | dts-apply -g $kind"
	tools '0 0 0' "dts-dump -g $kind shop | $route | dts-apply -g $kind --checkpoint=c"
}

pipeline() {
	echo "dts-binlog -g $kind --resume=c@$kind $selection | $route | dts-apply -g $kind --checkpoint=c"
}

# Definitions, but for the names of databases, and rows.
picture() {
	local table

	for table in $(sql "$kind" 'SHOW TABLES' "$1"); do
		sql "$kind" "SHOW CREATE TABLE \`$table\`" "$1" | sed "s/\`$1\`\\.//g; s/ AUTO_INCREMENT=[0-9]*//"
		sql "$kind" "SELECT * FROM \`$table\` ORDER BY 1" "$1"
	done
}

same() {
	picture shop >is.shop
	picture 'co py' >is.copy
	[ -s is.shop ]
	diff is.shop is.copy
}

catch_up() {
	tools '0 0 0' "$(pipeline)"
	[ -z "$stderr" ]
	same
}

# stops STATUSES 'PATTERN': the next run does.
stops() {
	tools "$1" "$(pipeline)"
	[[ "$stderr" == *$2* ]] || { echo "$stderr"; return 1; }
}

@test "statements under other names make there what they made here" {
	sampled 2
	for kind in $KINDS; do
		begin 'CREATE TABLE p (id int primary key); CREATE TABLE a (id int primary key, p int, KEY (p));
			CREATE TABLE `q``uo te` (id int primary key); INSERT INTO p VALUES (1); INSERT INTO a VALUES (1, 1)'
		sql "$kind" 'ALTER TABLE a ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id);
			ALTER TABLE shop.a ADD CONSTRAINT fk2 FOREIGN KEY (id) REFERENCES shop . p (id) ON DELETE CASCADE;
			CREATE TABLE l LIKE a; CREATE TABLE l2 (LIKE shop.`q``uo te`); CREATE INDEX i ON l (p, id);
			RENAME TABLE l TO l3, shop.l2 TO l4; RENAME TABLE p TO x, l4 TO p, x TO l4;
			RENAME TABLE l4 TO y, p TO l4, y TO p; ALTER TABLE l3 RENAME TO shop.l5, ADD COLUMN c int;
			INSERT INTO l5 VALUES (7, 1, 3); ALTER TABLE `q``uo te` RENAME `w"x`, ADD COLUMN `é``` int;
			CREATE TABLE s SELECT id, id + 1 AS n FROM a; DROP INDEX i ON l5; CREATE TABLE t1 (a int); CREATE TABLE t2 (a int);
			INSERT INTO t1 VALUES (1); INSERT INTO t2 VALUES (2); TRUNCATE TABLE t1; DROP TABLE IF EXISTS t2, nothing' shop >/dev/null
		sql "$kind" 'CREATE TABLE shop.c (id int primary key, l int, FOREIGN KEY (l) REFERENCES p (id));
			ALTER TABLE shop.c ADD FOREIGN KEY (id) REFERENCES shop.l5 (id); INSERT INTO shop.c VALUES (7, 1);
			RENAME TABLE shop.t1 TO shop.t3; ALTER TABLE shop.l5 DROP COLUMN c; DELETE FROM shop.c' elsewhere
		catch_up
		sql "$kind" "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'; CREATE TABLE \"t\\4\" (\"a b\" varchar(9) DEFAULT '\\');
			RENAME TABLE \"t\\4\" TO \"t'5\"; INSERT INTO \"t'5\" VALUES (DEFAULT); ALTER TABLE shop.\"t'5\" COMMENT 'RENAME TO shop.x'" shop
		catch_up
	done
}

partitioned='PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN MAXVALUE)'

begin_partitions() {
	begin "CREATE TABLE t (id int primary key, v int) $partitioned; CREATE TABLE u (id int primary key, v int);
		INSERT INTO t VALUES (1,1),(2,2),(11,11),(12,12),(21,21); INSERT INTO u VALUES (3,3),(4,4)"
}

@test "rows that statements move and drop by partitions" {
	sampled 2
	for kind in $KINDS; do
		begin_partitions
		sql "$kind" 'ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u; INSERT INTO t VALUES (5,5); UPDATE u SET v = 9 WHERE id = 1' shop
		catch_up
		sql "$kind" 'ALTER TABLE shop.t TRUNCATE PARTITION p1; INSERT INTO shop.t VALUES (13, 13)' elsewhere
		catch_up
		sql "$kind" 'ALTER TABLE t DROP PARTITION p0; ALTER TABLE t ADD COLUMN w int; INSERT INTO t VALUES (22, 1, 1)' shop
		catch_up
		sql "$kind" 'ALTER TABLE t REORGANIZE PARTITION p2 INTO (PARTITION p3 VALUES LESS THAN (30), PARTITION p4 VALUES LESS THAN MAXVALUE);
			ALTER TABLE t REMOVE PARTITIONING; DELETE FROM t WHERE id = 22' shop
		catch_up
		kind_is_mysql "$kind" && continue
		begin_partitions
		sql "$kind" 'ALTER TABLE t CONVERT PARTITION p1 TO TABLE n; INSERT INTO n VALUES (14, 14); UPDATE t SET v = 0' shop
		catch_up
		sql "$kind" 'ALTER TABLE t DROP PARTITION p2; ALTER TABLE t ADD PARTITION (PARTITION p3 VALUES LESS THAN (1000))' shop
		[ "$kind" = mariadb ] || sql "$kind" 'CREATE TABLE m (id int primary key, v int); INSERT INTO m VALUES (1001, 1);
			ALTER TABLE t CONVERT TABLE m TO PARTITION p9 VALUES LESS THAN (2000); INSERT INTO t VALUES (1002, 2)' shop
		catch_up
	done
}

@test "rows that leave what is selected, or have no place at the target, stop the stream" {
	for kind in $KINDS; do
		begin_partitions
		sql "$kind" 'ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u' shop
		selection=shop.t
		stops '3 * *' 'alter-table: table shop.t (selected) exchanges rows with shop.u (not selected)*hint: select both or neither'
		selection=shop.u
		stops '3 * *' 'alter-table: table shop.t (not selected) exchanges rows with shop.u (selected)'
		selection=shop
		sql "$kind" 'ALTER TABLE t REMOVE PARTITIONING' 'co py'
		stops '* * 4' "the target refuses the statement: ALTER TABLE \`co py\`.\`t\` EXCHANGE PARTITION p0"
		# It is made by hand.
		sql "$kind" "ALTER TABLE t $partitioned; ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u" 'co py'
		tools '0 0 0' "$(pipeline) --ddl-done"
		same

		begin_partitions
		sql "$kind" 'ALTER TABLE t TRUNCATE PARTITION p1' shop
		sql "$kind" 'ALTER TABLE t DROP PARTITION p1' 'co py'
		stops '* * 4' "the target refuses the statement: ALTER TABLE \`co py\`.\`t\` TRUNCATE PARTITION p1"
		kind_is_mysql "$kind" && continue
		begin_partitions
		sql "$kind" 'ALTER TABLE t CONVERT PARTITION p1 TO TABLE elsewhere.n; DROP TABLE elsewhere.n' shop
		stops '3 * *' 'exchanges rows with elsewhere.n (not selected)'
	done
}
