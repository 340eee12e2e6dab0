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

@test "what is left out is told" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY); CREATE VIEW v AS SELECT 1; CREATE SEQUENCE s; CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SET @a = 1;
		CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1; CREATE FUNCTION f () RETURNS INT DETERMINISTIC RETURN 1; CREATE PROCEDURE p () SET @a = 1' d
	run_tool 0 schema d
	[ "${#lines[@]}" -eq 4 ]
	[ "$stderr" = "dts-schema: left out: views of 'd' (1)
dts-schema: left out: routines of 'd' (2)
dts-schema: left out: triggers of 'd' (1)
dts-schema: left out: events of 'd' (1)
dts-schema: left out: sequences of 'd' (1)" ]
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
