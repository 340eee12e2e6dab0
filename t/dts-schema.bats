# dts-schema: what it prints makes the same tables again.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up src dst; }
teardown_file() { servers_down; }

setup() {
	sql src 'SET foreign_key_checks=0; CREATE OR REPLACE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'
	sql dst 'SET foreign_key_checks=0; DROP DATABASE IF EXISTS d'
}

schema() {
	dts-schema --defaults-file="$(defaults)" -g src "$@"
}

apply() {
	dts-apply --defaults-file="$(defaults)" -g dst "$@"
}

# Both servers show the same definition of these tables.
same_tables() {
	local name

	for name; do
		diff <(sql src "SHOW CREATE TABLE $name") <(sql dst "SHOW CREATE TABLE $name") || return 1
	done
}

@test "databases come first, then tables, each with what it needs" {
	sql src "ALTER DATABASE d COMMENT 'it''s \"the\" shop'; CREATE TABLE t (id INT PRIMARY KEY)" d
	run_tool 0 schema d
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 4 ]
	[[ ${lines[0]} == '{"op":"stream","v":1,"kind":"schema","src":"src","source":{"server":"mariadb",'*'"pos":{"file":"'*',"gtid":"'* ]]
	[ "$(jq -r .sql <<<"${lines[1]}")" = "CREATE DATABASE IF NOT EXISTS \`d\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci COMMENT 'it\\'s \"the\" shop'" ]
	[ "$(jq -c '[.kind, .db, .objects]' <<<"${lines[1]}")" = '["create-database","",[{"type":"database","db":"d","role":"target"}]]' ]
	[[ $(jq -r .sql <<<"${lines[2]}") == 'CREATE TABLE `t` ('* ]]
	[ "$(jq -c '[.kind, .db, .objects]' <<<"${lines[2]}")" = '["create-table","d",[{"type":"table","db":"d","table":"t","role":"target"}]]' ]
	[ "$(jq -c '.context | [.sql_mode, .time_zone, .charset, .foreign_key_checks, .explicit_defaults_for_timestamp]' <<<"${lines[2]}")" = \
		'["STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION","+00:00","utf8mb4",false,true]' ]
	[[ ${lines[3]} == '{"op":"end","src":"src","reason":"done","records":2,"pos":{'* ]]
}

@test "tables are the same at the target" {
	sql src "SET time_zone='+05:00';
		CREATE TABLE zz_parent (a INT, b INT, PRIMARY KEY (a, b)) ENGINE=InnoDB AUTO_INCREMENT=1;
		CREATE TABLE child (id INT PRIMARY KEY AUTO_INCREMENT, a INT, b INT, me INT,
			CONSTRAINT \`f.1\` FOREIGN KEY (a, b) REFERENCES zz_parent (a, b) ON DELETE CASCADE,
			FOREIGN KEY (me) REFERENCES child (id) ON UPDATE SET NULL) AUTO_INCREMENT=42;
		CREATE TABLE types (id INT PRIMARY KEY, t TIMESTAMP NOT NULL DEFAULT '2024-01-01 05:00:00', u TIMESTAMP NULL,
			v DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), w TIMESTAMP NOT NULL DEFAULT 0,
			c CHAR(3) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'é', e ENUM('it''s','b\\\\','😀'), s SET('a','?') DEFAULT 'a',
			g INT AS (id * 2) VIRTUAL, h INT INVISIBLE DEFAULT (1 + 1), j JSON, p POINT, d DATE DEFAULT '0000-00-00',
			b VARBINARY(4) DEFAULT X'00FF', x VARCHAR(20) DEFAULT 'a\\'b\\\\c', CHECK (id > 0), FULLTEXT (x), KEY k (c, x(3) DESC))
			COMMENT 'line 1\nline 2' ROW_FORMAT=DYNAMIC;
		CREATE TABLE parts (id INT, y INT) PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
		CREATE TABLE \`a.b\`\`c\` (\`x\`\`y\` INT, \`select\` INT);
		CREATE TABLE ver (id INT PRIMARY KEY) WITH SYSTEM VERSIONING" d
	run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g src d | dts-apply --defaults-file=$(defaults) -g dst"
	[ -z "$stderr" ]
	same_tables d.zz_parent d.child d.parts 'd.`a.b``c`' d.ver
	# Members that the server does not show: compared by what they hold.
	diff <(sql src 'SHOW CREATE TABLE d.types' | grep -av enum) <(sql dst 'SHOW CREATE TABLE d.types' | grep -av enum)
	sql dst "INSERT INTO d.types (id, e) VALUES (1, '😀')"
	[ "$(sql dst 'SELECT e + 0 FROM d.types')" = 3 ]
	# And again: what is there already is passed over.
	run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g src --ignore-table=d.types d | dts-apply --defaults-file=$(defaults) -g dst"
}

@test "a table whose engine the target lacks is an error, not another engine" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY)' d
	schema d | sed 's/ENGINE=InnoDB/ENGINE=Falcon/' >"$BATS_TEST_TMPDIR/schema"
	run_tool 4 apply "$BATS_TEST_TMPDIR/schema"
	[[ $stderr == *Falcon* ]]
}

# statements OPTION...: kind and first words of each record.
statements() {
	run_tool 0 schema "$@"
	printf '%s\n' "$output" | jq -r 'select(.op == "ddl" or .op == "setval") | if .op == "ddl" then .sql else "setval \(.table) \(.after.next_not_cached_value)" end' |
		sed -E 's/DEFINER=[`"]root[`"]@[`"]localhost[`"] //; s/ALGORITHM=UNDEFINED SQL SECURITY DEFINER //; s/ ENGINE=.*//'
}

every_kind() {
	sql src "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL, m INT, x TEXT, p INT, UNIQUE nn (n), UNIQUE mm (m), KEY k (n, m), FULLTEXT f1 (x), FULLTEXT f2 (x),
			CONSTRAINT ck CHECK (m > 0), CONSTRAINT fk FOREIGN KEY (p) REFERENCES t (id)) AUTO_INCREMENT=70;
		CREATE TABLE u (a INT NOT NULL, c INT NOT NULL AUTO_INCREMENT, KEY c (c), KEY ac (a, c));
		CREATE SEQUENCE s START WITH 5; DO NEXTVAL(s);
		CREATE VIEW b AS SELECT 1 AS one; CREATE VIEW a AS SELECT one, f() AS two FROM b; CREATE VIEW gone AS SELECT id FROM t; CREATE TABLE away (id INT);
		CREATE VIEW c AS SELECT id FROM away; DROP TABLE away; CREATE OR REPLACE VIEW gone AS SELECT 1 AS k;
		CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DO SET @a = 1; CREATE EVENT off ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DISABLE DO SET @a = 1;
		CREATE TRIGGER g2 BEFORE INSERT ON t FOR EACH ROW SET @a = 1; CREATE TRIGGER IF NOT EXISTS d.g1 BEFORE INSERT ON d.t FOR EACH ROW PRECEDES g2 SET @a = 2;
		CREATE PROCEDURE p () SET @a = 1" d
	client src d <<-'Y'
		SET sql_mode=ORACLE;
		DELIMITER //
		CREATE PACKAGE k AS PROCEDURE q(); END //
		CREATE PACKAGE BODY k AS PROCEDURE q() AS BEGIN NULL; END; END //
	Y
}

@test "stages: what the rows need, what goes behind them, what waits for the cut-over" {
	sql src 'CREATE FUNCTION f () RETURNS INT DETERMINISTIC RETURN 1' d
	every_kind
	diff <(statements --stage=pre d) - <<-'Y'
		CREATE DATABASE IF NOT EXISTS `d` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
		CREATE SEQUENCE `s` start with 5 minvalue 1 maxvalue 9223372036854775806 increment by 1 cache 1000 nocycle
		setval s 1005
		CREATE TABLE `t` (
		  `id` int(11) NOT NULL AUTO_INCREMENT,
		  `n` int(11) NOT NULL,
		  `m` int(11) DEFAULT NULL,
		  `x` text DEFAULT NULL,
		  `p` int(11) DEFAULT NULL,
		  PRIMARY KEY (`id`),
		  UNIQUE KEY `nn` (`n`),
		  CONSTRAINT `ck` CHECK (`m` > 0)
		)
		CREATE TABLE `u` (
		  `a` int(11) NOT NULL,
		  `c` int(11) NOT NULL AUTO_INCREMENT,
		  KEY `c` (`c`),
		  KEY `ac` (`a`,`c`)
		)
	Y
	diff <(statements --stage=post d | sed 1,13!d) - <<-'Y'
		ALTER TABLE `t`
		  ADD UNIQUE KEY `mm` (`m`),
		  ADD KEY `k` (`n`,`m`),
		  ADD KEY `fk` (`p`)
		ALTER TABLE `t`
		  ADD FULLTEXT KEY `f1` (`x`)
		ALTER TABLE `t`
		  ADD FULLTEXT KEY `f2` (`x`)
		ALTER TABLE `t`
		  ADD CONSTRAINT `fk` FOREIGN KEY (`p`) REFERENCES `t` (`id`)
		CREATE PROCEDURE `p`()
		SET @a = 1
		CREATE FUNCTION `f`() RETURNS int(11)
	Y
	[ "$(statements --stage=post d | grep -o 'VIEW `[a-z]*`\|PACKAGE [BODY ]*`k`' | tr '\n' ' ')" = 'PACKAGE `k` PACKAGE BODY `k` VIEW `b` VIEW `a` VIEW `gone` ' ]
	diff <(statements --stage=final d) - <<-'Y'
		ALTER TABLE `t` AUTO_INCREMENT=70
		setval s 1005
		CREATE TRIGGER `g1` BEFORE INSERT ON `t` FOR EACH ROW SET @a = 2
		CREATE TRIGGER `g2` BEFORE INSERT ON `t` FOR EACH ROW SET @a = 1
		CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE DO SET @a = 1
		CREATE EVENT `off` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE DO SET @a = 1
	Y
	[ "$(statements --enable-events d)" = 'ALTER EVENT `e` ENABLE' ]
	[ "$(schema --stage=pre d | jq -r 'select(.op == "stream").stage')" = pre ]
	# It would take the collation that its database has then.
	sql src 'ALTER DATABASE d COLLATE utf8mb4_bin'
	[ "$(statements --enable-events d)" = 'ALTER DATABASE `d` COLLATE utf8mb4_unicode_ci
ALTER EVENT `e` ENABLE
ALTER DATABASE `d` COLLATE utf8mb4_bin' ]
	run_tool 0 schema --enable-events d
	[[ $(sed -n 3p <<<"$output") == *'"collation_database":"utf8mb4_unicode_ci"'* ]]
	sql src 'ALTER DATABASE d COLLATE utf8mb4_unicode_ci'
	# All at once, in one order.
	[ "$(statements d | sed -n 's/^\(CREATE\|setval\) *\([A-Z]*\).*/\1 \2/p' | uniq | tr '\n' ' ')" = \
		'CREATE DATABASE CREATE SEQUENCE setval  CREATE TABLE CREATE PROCEDURE CREATE FUNCTION CREATE PACKAGE CREATE VIEW CREATE TRIGGER CREATE EVENT ' ]
	[[ $(statements d) == *'CONSTRAINT `fk` FOREIGN KEY'* ]]
}

@test "views wait for those that they select from, and not for columns whose alias is called as the database" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY, v2 INT); CREATE VIEW v1 AS SELECT d.id, d.v2 FROM t d; CREATE VIEW v2 AS SELECT * FROM v1;
		CREATE VIEW z AS SELECT 1 AS a; CREATE VIEW a AS SELECT x.a FROM (t JOIN z x) WHERE EXISTS (SELECT 1 FROM v2)' d
	[ "$(statements --stage=post d | grep -o 'VIEW `[a-z0-9]*`' | tr '\n' ' ')" = 'VIEW `z` VIEW `v1` VIEW `v2` VIEW `a` ' ]
}

@test "foreign keys of system-versioned tables come behind the keys that they point to" {
	sql src 'CREATE TABLE a_parent (id INT PRIMARY KEY, c INT, KEY (c));
		CREATE TABLE child (id INT PRIMARY KEY, c INT, KEY (c), CONSTRAINT fk FOREIGN KEY (c) REFERENCES a_parent (c)) WITH SYSTEM VERSIONING' d
	for stage in pre post; do
		schema --stage=$stage d >"$BATS_TEST_TMPDIR/$stage"
	done
	for stage in pre post pre post; do
		run_tool 0 apply <"$BATS_TEST_TMPDIR/$stage"
	done
	same_tables d.a_parent d.child
}

@test "a view that the source cannot use is left out, told and reported; with --strict nothing is printed" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE away (id INT); CREATE VIEW v AS SELECT id FROM away; DROP TABLE away' d
	run_tool 0 schema --report="$BATS_TEST_TMPDIR/report" d
	[ "$stderr" = "dts-schema: left out: view 'd.v': View 'd.v' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them" ]
	[ "${#lines[@]}" -eq 4 ]
	[ "$(jq -c '[.db, .name, .kind, .stage, .result, (.why | length)]' "$BATS_TEST_TMPDIR/report" | tr -d '\n')" = \
		'["d","","database","pre","done",0]["d","t","table","pre","done",0]["d","v","view","post","refused",1]' ]
	run_tool 4 schema --strict d
	[ -z "$output" ]
	[[ $stderr == *"1 object cannot be at the target as at the source, see above"*'--ignore-table'* ]]
	run_tool 0 schema --strict --ignore-table=d.v d
	run_tool 5 schema --report=/dev/full d
	run_tool 2 schema --stage=later d
	run_tool 2 schema --stage=pre --enable-events d
}

@test "what is told of many objects is told once, with how many more" {
	sql src 'CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY)' d
	sql src 'ALTER DATABASE d COLLATE utf8mb4_uca1400_ai_ci; ALTER TABLE a COLLATE utf8mb4_uca1400_ai_ci; ALTER TABLE b COLLATE utf8mb4_uca1400_ai_ci; ALTER TABLE c COLLATE utf8mb4_uca1400_ai_ci' d
	run_tool 0 schema --for=mysql --report="$BATS_TEST_TMPDIR/report" d
	[ "$(grep -c 'becomes' <<<"$stderr")" -eq 2 ]
	[[ $stderr == *$'\n''dts-schema: 3 more objects: collation utf8mb4_uca1400_ai_ci becomes utf8mb4_0900_ai_ci'* ]]
	[ "$(grep -c 'utf8mb4_uca1400_ai_ci becomes' "$BATS_TEST_TMPDIR/report")" -eq 4 ]
}

@test "definers are kept, stripped, or become one account" {
	sql src "CREATE DEFINER=\`o'b\`@\`10.%\` PROCEDURE p () SET @a = 1; CREATE DEFINER=x@y VIEW v AS SELECT 1 AS k" d
	definers() { schema --stage=post "$@" d | jq -r 'select(.op == "ddl").sql' | sed -n 's/^CREATE \(.*\)\(PROCEDURE\|SQL SEC\).*/\1/p' | tr '\n' '|'; }
	[ "$(definers)" = "DEFINER=\`o'b\`@\`10.%\` |ALGORITHM=UNDEFINED DEFINER=\`x\`@\`y\` |" ]
	[ "$(definers --definer=strip)" = '|ALGORITHM=UNDEFINED |' ]
	[ "$(definers --definer=me@here@h)" = 'DEFINER=`me@here`@`h` |ALGORITHM=UNDEFINED DEFINER=`me@here`@`h` |' ]
	run_tool 2 schema --definer=@h d
}

@test "a program comes with the settings that it was written under, the collation of its database included" {
	sql src "SET NAMES latin1, sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT', time_zone='+03:00'; ALTER DATABASE d COLLATE utf8mb4_bin;
		CREATE PROCEDURE p (a VARCHAR(9)) SELECT a || \"a\"; CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 10:00:00' DO SET @a = 1;
		ALTER DATABASE d COLLATE utf8mb4_unicode_ci" d
	run_tool 0 schema d.p d.e
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "ddl") | [.kind, .context.sql_mode, .context.time_zone, .context.charset, .context.collation_connection]' | sed -n '4p;7p' | tr -d '\n')" = \
		'["create-procedure","PIPES_AS_CONCAT,ANSI_QUOTES",null,"latin1","latin1_swedish_ci"]["create-event","PIPES_AS_CONCAT,ANSI_QUOTES","+03:00","latin1","latin1_swedish_ci"]' ]
	[ "$(statements d.p | grep -v '^SELECT')" = 'CREATE DATABASE IF NOT EXISTS `d` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
ALTER DATABASE `d` COLLATE utf8mb4_unicode_ci
ALTER DATABASE `d` COLLATE utf8mb4_bin
CREATE PROCEDURE `p`(a VARCHAR(9))
ALTER DATABASE `d` COLLATE utf8mb4_unicode_ci' ]
}

@test "an event whose times are of the server's own zone is told, unless that is UTC" {
	TZ=CET-1 servers_up zone
	sql zone "CREATE DATABASE d; SET time_zone='+03:00'; CREATE EVENT d.own ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 10:00:00' DO SET @a = 1;
		SET time_zone=SYSTEM; CREATE EVENT d.e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 10:00:00' DO SET @a = 1"
	run_tool 0 dts-schema --defaults-file="$(defaults)" -g zone d
	[ "$stderr" = "dts-schema: event 'd.e': its times are of the server's own time zone, which is CET at the source" ]
	[ "$(printf '%s\n' "$output" | jq -c 'select(.kind == "create-event").context.time_zone' | xargs)" = 'SYSTEM +03:00' ]
	sql src "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 10:00:00' DO SET @a = 1" d
	run_tool 0 schema d
	[ -z "$stderr" ]
}

@test "a text that the account may not see is an error, with what to grant" {
	sql src "CREATE PROCEDURE p () SET @a = 1; CREATE USER blind IDENTIFIED BY 'x'; GRANT EXECUTE, SELECT ON d.* TO blind" d
	run_tool 4 env MYSQL_PWD=x dts-schema --defaults-file=/dev/null -S "$(server socket src)" -u blind d
	[[ $stderr == *"dts-schema: procedure 'd.p': the server does not show the account its text"*'SHOW CREATE ROUTINE'* ]]
	sql src 'DROP USER blind'
}

@test "texts in programs that are not UTF-8 are printed in hexadecimal, and what is not UTF-8 elsewhere is told" {
	printf '%b' "SET NAMES binary; CREATE FUNCTION f () RETURNS VARBINARY(9) DETERMINISTIC RETURN /* it's */ 'a\\xff\\\\0';CREATE PROCEDURE p () SELECT /* \\xff */ 1;" | client src --comments d
	run_tool 0 schema --definer=strip d
	[ "$stderr" = "dts-schema: left out: procedure 'd.p': its text is not UTF-8, and not only in literals" ]
	[[ $output == *"RETURN /* it's */  X'61FF00'"* ]]
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/all"
	for _ in 1 2; do
		run_tool 0 apply <"$BATS_TEST_TMPDIR/all"
	done
	[ "$(sql dst 'SELECT HEX(d.f())')" = 61FF00 ]
}

@test "an event whose time has passed, which no server makes anew, is told" {
	sql src "CREATE EVENT past ON SCHEDULE AT NOW() + INTERVAL 1 SECOND DISABLE DO SET @a = 1; CREATE EVENT kept ON SCHEDULE AT '2020-01-01'
		ON COMPLETION PRESERVE DISABLE DO SET @a = 1; SET time_zone='+05:00'; CREATE EVENT later ON SCHEDULE AT NOW() + INTERVAL 1 HOUR DO SET @a = 1" d
	over() { [ "$(sql src "SELECT NOW() > EXECUTE_AT FROM information_schema.EVENTS WHERE EVENT_NAME='past'")" = 1 ]; }
	wait_until 10 over
	run_tool 0 schema --stage=final d
	[ "$stderr" = "dts-schema: left out: event 'd.past': its time has passed, and servers make no such event that is not to be preserved" ]
	schema d 2>/dev/null >"$BATS_TEST_TMPDIR/all"
	run_tool 0 apply <"$BATS_TEST_TMPDIR/all"
	[ "$(sql dst "SELECT GROUP_CONCAT(EVENT_NAME ORDER BY 1) FROM information_schema.EVENTS WHERE EVENT_SCHEMA='d'")" = kept,later ]
	run_tool 0 schema --diff -G dst d
}

@test "what the account does not see at all is told, and nothing is dropped for it" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY); CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1; CREATE PROCEDURE p () SET @a = 1;
		CREATE USER blind; GRANT SELECT ON d.* TO blind" d
	blind() { dts-schema --defaults-file="$(defaults)" -g src -u blind "$@"; }
	run_tool 0 blind d
	[[ $stderr == "dts-schema: warning: database 'd': the account does not see all triggers (TRIGGER), events (EVENT), routines (SELECT on mysql.proc), and what it does not see is not printed" ]]
	run_tool 0 blind --stage=pre d
	[ -z "$stderr" ]
	run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g src d | dts-apply --defaults-file=$(defaults) -g dst"
	run_tool 4 blind --diff -G dst --allow-drop d
	[[ $stderr == "dts-schema: 'src': database 'd': the account does not see all triggers (TRIGGER), events (EVENT), routines (SELECT on mysql.proc)"* ]]
	# A pattern, a role, a table's own: each is enough.
	sql src 'GRANT EVENT ON `d%`.* TO blind; GRANT TRIGGER ON d.t TO blind; CREATE ROLE sees; GRANT SELECT ON mysql.proc TO sees; GRANT sees TO blind; SET DEFAULT ROLE sees FOR blind'
	run_tool 0 blind d
	[ -z "$stderr" ]
	run_tool 0 blind --diff -G dst --allow-drop d
	[ "${#lines[@]}" -eq 2 ]
	sql src 'DROP USER blind; DROP ROLE sees'
}

@test "a question mark in a default or comment is in doubt" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY COMMENT 'really?'); CREATE TABLE u (a VARCHAR(9) DEFAULT '😀', b VARCHAR(9) DEFAULT 'x')" d
	run_tool 0 schema d
	[ "$(grep -c "a '?' in a default or comment may stand for" <<<"$stderr")" -eq 2 ]
}

@test "selection: patterns, what is ignored, what is not there, empty databases" {
	sql src 'CREATE TABLE orders (id INT PRIMARY KEY); CREATE TABLE tmp_1 (id INT); CREATE OR REPLACE DATABASE e' d
	run_tool 0 schema 'd.*' --ignore-table='*.tmp_*'
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "ddl") | [.objects[0].db, .objects[0].table]' | tr -d '\n')" = '["d",null]["d","orders"]' ]
	run_tool 0 schema 'd./or.*/' e
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "ddl") | [.objects[0].db, .objects[0].table]' | tr -d '\n')" = '["d",null]["e",null]["d","orders"]' ]
	run_tool 4 schema d.ordres
	[[ $stderr == "dts-schema: nothing on server 'src' matches 'd.ordres'"* ]]
	[ -z "$output" ]
	run_tool 4 schema mysql
	run_tool 2 schema
	sql src 'DROP DATABASE e'
}

@test "the position is not later than the definitions" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY)' d
	read -r file offset _ < <(sql src 'SHOW MASTER STATUS')
	run_tool 0 schema d
	[ "$(jq -c '[.pos.file, .pos.offset]' <<<"${lines[0]}")" = "[\"$file\",$offset]" ]
	servers_up nolog -- --skip-log-bin
	sql nolog 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)'
	run_tool 0 dts-schema --defaults-file="$(defaults)" -g nolog d
	[ "$(jq -c 'has("pos")' <<<"${lines[0]}")" = false ]
}

@test "a log that will not do is warned of" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY); SET GLOBAL binlog_format=STATEMENT, GLOBAL binlog_row_metadata=NO_LOG" d
	run_tool 0 schema d
	sql src "SET GLOBAL binlog_format=ROW, GLOBAL binlog_row_metadata=FULL"
	[ "$stderr" = "dts-schema: warning: server 'src' has binlog_format=STATEMENT, so that changes are missing from its log as rows: SET GLOBAL binlog_format=ROW" ]
	[ "${#lines[@]}" -eq 4 ]
}
