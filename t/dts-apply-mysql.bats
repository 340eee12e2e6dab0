# dts-apply between the families: MySQL and MariaDB as source and target.
# status and its kin are set by run; SQL has its own backticks and dollars.
# shellcheck disable=SC2154,SC2016,SC2015,SC2034,SC2030,SC2031
load lib/dts
load lib/streams

setup_file() { servers_up maria=mariadb my=mysql97 dst=mysql97 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	for server in maria my dst; do
		sql $server 'DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS dts; CREATE DATABASE d'
	done
	c=c$BATS_TEST_NUMBER # the checkpoint of this test
}

teardown() {
	[ -z "${following:-}" ] || { kill -KILL "$following" 2>/dev/null && wait "$following" || :; }
}

# MariaDB 11.8, for the tests that want it.
new_up() { [ -n "$(server pid new 2>/dev/null)" ] || servers_up new=mariadb118; }

tool() { "$@" --defaults-file="$(defaults)"; }

# full FROM TO: the rows of d; changed FROM TO: what came since. FROM is the source's name, too.
full() { tool dts-dump -g "$1" d | tool dts-apply -g "$2" --checkpoint="$c"; }
changed() { tool dts-binlog -g "$1" --resume="$c@$2" --table='d.*' | tool dts-apply -g "$2" --checkpoint="$c"; }

# same FROM TO SELECT
same() {
	[ "$(sql "$1" "$3" d)" = "$(sql "$2" "$3" d)" ] || { echo "$3"; sql "$1" "$3" d; echo and; sql "$2" "$3" d; return 1; }
}

cascades() { # FROM TO
	local server

	for server in "$1" "$2"; do
		sql "$server" 'CREATE TABLE p (id INT PRIMARY KEY)
			; CREATE TABLE c (id INT PRIMARY KEY, p INT, CONSTRAINT c1 FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE)
			; CREATE TABLE g (id INT PRIMARY KEY, c INT, CONSTRAINT g1 FOREIGN KEY (c) REFERENCES c (id) ON DELETE CASCADE)
			; CREATE TABLE n (id INT PRIMARY KEY, p INT, CONSTRAINT n1 FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL ON UPDATE SET NULL)
			; CREATE TABLE r (id INT PRIMARY KEY, v INT)
			; CREATE TABLE k (id INT PRIMARY KEY, r INT, CONSTRAINT k1 FOREIGN KEY (r) REFERENCES r (id) ON DELETE CASCADE)
			; CREATE TABLE s (id INT PRIMARY KEY, up INT, CONSTRAINT s1 FOREIGN KEY (up) REFERENCES s (id) ON DELETE SET NULL)' d
	done
	sql "$1" 'INSERT INTO p VALUES (1), (2), (3), (4); INSERT INTO c VALUES (1, 1), (2, 2), (3, 2), (4, 3)
		; INSERT INTO g VALUES (1, 1), (2, 2), (3, 4); INSERT INTO n VALUES (1, 1), (2, 3), (3, 4), (4, 2)
		; INSERT INTO r VALUES (1, 1), (2, 2); INSERT INTO k VALUES (1, 1), (2, 2)
		; INSERT INTO s VALUES (1, 1), (2, 2), (3, 1), (4, 2), (5, 5)' d
	full "$1" "$2"
	sql "$1" 'DELETE FROM p WHERE id=1; UPDATE p SET id=30 WHERE id=3; DELETE FROM c WHERE id=4
		; BEGIN; INSERT INTO p VALUES (5); INSERT INTO c VALUES (9, 5); INSERT INTO n VALUES (9, 5); DELETE FROM p WHERE id IN (2, 5); COMMIT
		; REPLACE INTO r VALUES (1, 3); DELETE FROM s WHERE id=1; DELETE FROM s WHERE id IN (2, 4)' d
	changed "$1" "$2"
	# Of a row that refers to itself MySQL logs that it does so no more, and then a delete whose image still does.
	# MySQL's REPLACE leaves the children of a parent, for all that its log has a DELETE of it; MariaDB's does not.
	for table in p c g n r k s; do
		same "$1" "$2" "SELECT * FROM $table ORDER BY id"
	done
	[ "$(sql "$2" 'SELECT COUNT(*) FROM p' d)" -eq 2 ]
	[ "$(sql "$2" 'SELECT COUNT(*) FROM n WHERE p IS NULL' d)" -eq 4 ]
}

@test "cascades that MySQL logs, at MySQL" { cascades my dst; }

@test "cascades that MySQL logs, at MariaDB" { cascades my maria; }

@test "cascades that MariaDB does not log, at MySQL" { cascades maria dst; }

# --- columns

@test "MySQL's columns at MariaDB: what has no place is refused by name before a row moves" {
	refuses() { # TYPE TO MESSAGE HINT
		sql my "DROP TABLE IF EXISTS t; CREATE TABLE t (id INT PRIMARY KEY, v $1)" d
		sql maria "DROP TABLE IF EXISTS t; CREATE TABLE t (id INT PRIMARY KEY, v $2)" d
		tool dts-dump -g my d >in
		run_tool 4 dts-apply --defaults-file="$(defaults)" -g maria --no-checkpoint in
		[[ $stderr == *"table 'd.t': column 'v' is $3, which cannot hold every value"*"hint: $4"* ]] || { echo "$stderr"; return 1; }
	}
	refuses JSON TEXT 'json at the source and text at the target' "make the target's column LONGTEXT CHARACTER SET utf8mb4"
	refuses 'VARCHAR(9) CHARACTER SET gb18030' 'VARCHAR(9) CHARACTER SET gbk' 'varchar(9) in gb18030 at the source and varchar(9) in gbk at the target' \
		"give the target's column the source's character set, or utf8mb4"
	refuses 'BIGINT UNSIGNED' BIGINT 'bigint unsigned at the source and bigint(20) at the target' "give the target's column the source's type"
	refuses 'VECTOR(3)' 'BLOB' 'vector(3) at the source and blob at the target' 'only a VECTOR of as many dimensions can hold it'
}

@test "MySQL's columns at MariaDB and back: documents, sets of characters, keyless rows" {
	local create='id INT, j %s, g VARCHAR(20) CHARACTER SET %s, f FLOAT, t TIME(6), d DATE, y YEAR, b BIT(64), s SET("x","y"), e ENUM("", "a"), p POINT, de DECIMAL(65,30)'
	# shellcheck disable=SC2059 # the types
	{
		sql my "CREATE TABLE t ($(printf "$create" JSON gb18030))" d
		sql maria "CREATE TABLE t ($(printf "$create" LONGTEXT utf8mb4))" d
		sql dst "CREATE TABLE t ($(printf "$create" JSON utf8mb4))" d
	}
	sql my 'SET sql_mode="ALLOW_INVALID_DATES"; INSERT INTO t VALUES
		(1, "{\"b\": [1, 2.50, null, \"ä\"], \"a\": {}}", "日本😀", 0.1, "-00:00:00.5", "2024-02-31", 2155, 18446744073709551615, "x,y", "", ST_GeomFromText("POINT(1 2)"), -12345678901234567890123456789012345.123456789012345678901234567890),
		(1, "{\"b\": [1, 2.50, null, \"ä\"], \"a\": {}}", "日本😀", 0.1, "-00:00:00.5", "2024-02-31", 2155, 18446744073709551615, "x,y", "", ST_GeomFromText("POINT(1 2)"), -12345678901234567890123456789012345.123456789012345678901234567890),
		(2, "[1]", "", -3e38, "838:59:59", "0000-00-00", 0, 0, "", 0, NULL, 0)' d
	for to in maria dst; do
		full my $to
	done
	sql my 'UPDATE t SET id=3 WHERE id=1 LIMIT 1; UPDATE t SET j="{\"x\": 1.0}", g=NULL, f=-0.5 WHERE id=2; DELETE FROM t WHERE id=1' d
	for to in maria dst; do
		changed my $to
		same my $to 'SELECT id, CONVERT(j USING utf8mb4), CONVERT(g USING utf8mb4), f+0e0, t, d, y, b+0, s+0, e+0, HEX(p), de FROM t ORDER BY id'
	done
	# A document as MariaDB has it, found again in the words of MySQL.
	sql maria 'DELETE FROM t; INSERT INTO t (id, j) VALUES (7, "{ \"b\":1,  \"a\":2 }"), (8, NULL)' d
	sql dst 'DELETE FROM t' d
	c=$c-back
	full maria dst
	sql maria 'UPDATE t SET id=9, j="[ ]" WHERE id=7; DELETE FROM t WHERE id=8; INSERT INTO t (id, j) VALUES (10, "no document")' d
	run changed maria dst
	[[ $output == *"Invalid JSON text"* ]]
	[ "$(sql dst 'SELECT id, j FROM t' d)" = $'9\t[]' ]
}

@test "types of MariaDB at MySQL as text of their kind, vectors as bytes" {
	new_up
	sql new 'CREATE DATABASE d; CREATE TABLE d.t (id INT, u UUID, i INET4, j INET6, v VECTOR(2) NOT NULL)'
	sql dst 'CREATE TABLE t (id INT, u CHAR(36), i VARCHAR(15), j VARCHAR(45), v VECTOR(2) NOT NULL)' d
	sql new "INSERT INTO t VALUES (1, '018f3c2e-7b5a-7c00-8000-00000000ABCD', '255.255.255.255', '::ffff:1.2.3.4', x'0000803F00000040'),
		(2, '00112233-4455-1677-8899-aabbccddeeff', '0.0.0.0', '2001:db8:1111:2222:3333:4444:5555:6666', x'0000000000000080')" d
	full new dst
	sql new "UPDATE t SET id=3 WHERE id=1; UPDATE t SET u=NULL, i=NULL, j=NULL, v=x'000040C00000003F' WHERE id=2; INSERT INTO t SELECT 4, u, i, j, v FROM t" d
	changed new dst
	sql new "DELETE FROM t WHERE id=4 AND u IS NOT NULL" d
	changed new dst
	same new dst 'SELECT id, u, i, j, HEX(v) FROM t ORDER BY id, u'
	[ "$(sql dst 'SELECT COUNT(*) FROM t' d)" -eq 3 ]
	sql dst 'TRUNCATE t; ALTER TABLE t MODIFY u BINARY(16)' d
	tool dts-dump -g new d >in
	run_tool 4 dts-apply --defaults-file="$(defaults)" -g dst --no-checkpoint in
	[[ $stderr == *"column 'u' is uuid at the source and binary(16) at the target, which cannot hold every value"*"hint: make the target's column CHAR(36) CHARACTER SET ascii"* ]]
}

# --- statements

@test "statements of the one family at the other: as there, or refused by name" {
	context() { echo "{\"sql_mode\":\"$1\",\"timestamp\":1700000000,\"collation_connection\":\"$2\",\"collation_server\":\"$2\"}"; }
	mysql() { sed 's/"server":"mariadb","version":"10.11.1"/"server":"mysql","version":"9.7.0"/'; }
	at_maria() { run dts-apply --defaults-file="$(defaults)" -g maria --new-checkpoint --checkpoint="$c" in; }
	# MySQL rounds, MariaDB cuts.
	{
		tx 20 "$(ddl create-table "CREATE TABLE t (a TIME(3) DEFAULT '10:00:00.1239')" "$(context STRICT_ALL_TABLES,NO_AUTO_CREATE_USER utf8mb4_general_ci)")"
		tx 30 "$(ddl create-table 'CREATE TABLE u (a VARCHAR(9)) CHARSET=utf8mb4' "$(context '' utf8mb4_uca1400_ai_ci)")"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is "SELECT COLUMN_DEFAULT FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='d' AND TABLE_NAME='t'" '10:00:00.123'
	is "SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='d' AND TABLE_NAME='u'" utf8mb4_general_ci
	is 'SELECT @@GLOBAL.default_collation_for_utf8mb4' utf8mb4_0900_ai_ci
	tx 40 "$(ddl create-table 'CREATE TABLE v (a INT)' "$(context ORACLE utf8mb4_general_ci)")" | changes 39 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *'the statement ran with sql_mode ORACLE, which the target does not have: the target refuses the statement: CREATE TABLE v'* ]]
	tx 40 "$(ddl create-database 'CREATE DATABASE e' "$(context '' utf8mb4_uca1400_ai_ci)")" | changes 39 >in
	run_tool 0 apply --checkpoint="$c" --ddl-done in
	tx 50 "$(ddl create-database 'CREATE DATABASE e' "$(context '' utf8mb4_uca1400_ai_ci)")" | changes 49 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *'ran with collation_server "utf8mb4_uca1400_ai_ci", which the target does not have'* ]]

	{
		tx 20 "$(ddl create-table "CREATE TABLE t (a TIME(3) DEFAULT '10:00:00.1239')" "$(context STRICT_ALL_TABLES utf8mb4_0900_ai_ci)")"
		tx 30 "$(ddl create-table 'CREATE TABLE u (a VARCHAR(9)) CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci' "$(context '' utf8mb4_0900_ai_ci)")"
	} | changes 10 | mysql >in
	at_maria
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ $(sql maria 'SHOW CREATE TABLE t' d) == *10:00:00.124* ]]
	tx 40 "$(ddl create-table 'CREATE TABLE v (a VARCHAR(9)) CHARSET=utf8mb4' "$(context '' utf8mb4_0900_ai_ci)")" | changes 39 | mysql >in
	at_maria
	[ "$status" -eq 4 ]
	[[ $output == *'names a character set without a collation: at the source that is utf8mb4_0900_ai_ci, which the target does not have'* ]]
	[ "$(sql maria 'SHOW TABLES' d)" = $'t\nu' ]
}

# --- the target's state

@test "a MySQL target that cannot take anything for now is tried again" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY)' d
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } | changes 10 >in
	for variable in super_read_only offline_mode; do
		sql dst "CREATE USER IF NOT EXISTS poor@localhost; GRANT CREATE, SELECT, INSERT, UPDATE, DELETE, DROP ON *.* TO poor@localhost; SET GLOBAL $variable=ON"
		run dts-apply --defaults-file="$(defaults)" -g dst -u poor --new-checkpoint --checkpoint="$c" in
		sql dst "SET GLOBAL $variable=OFF, GLOBAL read_only=OFF"
		[ "$status" -eq 75 ] || { echo "$variable: $status $output"; return 1; }
	done
	run_tool 0 dts-apply --defaults-file="$(defaults)" -g dst -u poor --new-checkpoint --checkpoint="$c" in
	is 'SELECT * FROM t' 1
}

@test "a MySQL target that wants a primary key in every table, and GTIDs" {
	sql dst 'SET GLOBAL sql_require_primary_key=ON; CREATE TABLE d.t (a INT PRIMARY KEY)'
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } | changes 10 >in
	run apply --checkpoint="$c" in
	sql dst 'SET GLOBAL sql_require_primary_key=OFF'
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$(sql dst 'SELECT @@gtid_mode, @@enforce_gtid_consistency')" = $'ON\tON' ]
	tx 30 "$(ddl create-table 'CREATE TABLE s SELECT 1 AS a')" | changes 29 >in
	run_tool 0 apply --checkpoint="$c" in
	# One that the target's GTIDs do not allow.
	tx 40 "$(ddl create-table 'CREATE TABLE k (a INT) ENGINE=MEMORY SELECT 1 AS a')" | changes 39 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *'dts-apply: '*'hint: '* ]]
}

# --- what the families read otherwise in one text

# ready FROM TO: both with t and its row, and a checkpoint.
ready() {
	local server

	c=c$BATS_TEST_NUMBER-$((count += 1))
	for server in "$1" "$2"; do
		sql "$server" 'DROP DATABASE IF EXISTS d; CREATE DATABASE d CHARSET latin1; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20))'
	done
	sql "$1" 'INSERT INTO t VALUES (1, "x")' d
	full "$1" "$2"
}

# columns SERVER: how the tables' columns are defined
columns() {
	sql "$1" 'SELECT TABLE_NAME, COLUMN_NAME, COALESCE(REPLACE(COLUMN_DEFAULT, CHAR(39), ""), "NULL"), IS_NULLABLE, COLLATION_NAME, EXTRA LIKE "%INVISIBLE%"
		FROM information_schema.COLUMNS WHERE TABLE_SCHEMA="d" ORDER BY 1, ORDINAL_POSITION'
}

same_columns() { [ "$(columns "$1")" = "$(columns "$2")" ] || { columns "$1"; echo and; columns "$2"; return 1; }; }

@test "executable comments mean at the target what they meant at the source" {
	new_up
	for to in dst new maria; do
		ready my $to
		sql my 'ALTER TABLE t ADD g INT /*!80000 DEFAULT 7 */, ADD h INT /*!99999 DEFAULT 7 */, ADD i INT /*M! DEFAULT 7 */ /*!080023 INVISIBLE */
			; ALTER TABLE t MODIFY v VARCHAR(20) /*!80000 NOT NULL */ COMMENT "/*! x */"' d
		changed my $to
		same my $to 'SELECT *, i FROM t'
		same_columns my $to
		[ "$(sql $to 'SELECT g, h, i FROM t' d)" = $'7\tNULL\tNULL' ]
	done
	for to in dst maria; do
		ready new $to
		sql new 'ALTER TABLE t ADD g INT /*M! DEFAULT 7 */, ADD h INT /*!100300 DEFAULT 8 */, ADD i INT /*!80000 DEFAULT 7 */, ADD j INT /*M!129999 DEFAULT 9 */, ADD k INT /*!110700 DEFAULT 8 */' d
		changed new $to
		[ "$(sql $to 'SELECT g, h, i, j, k FROM t' d)" = $'7\t8\tNULL\tNULL\t8' ]
	done
	# Nobody says who read it.
	tx 20 "$(ddl create-table 'CREATE TABLE x (a INT /*!80000 DEFAULT 7 */)')" | changes 10 | sed 's/"server":"mariadb","version":"10.11.1"/"id":"x"/' >in
	run_tool 4 apply --checkpoint="$c-x" in
	[[ $stderr == *'the stream does not say which server read the executable comments of the statement: CREATE TABLE x'*'hint: '*--ddl-done* ]]
}

@test "CREATE TABLE ... SELECT of MySQL, with its rows" {
	for to in dst maria; do
		ready my $to
		sql my 'CREATE TABLE a SELECT id, v, 1.5 AS n FROM t; CREATE TABLE b (id INT PRIMARY KEY) CHARSET=latin1 SELECT id, v FROM t
			; CREATE TABLE e SELECT * FROM t WHERE id=9; INSERT INTO a VALUES (2, "y", 0); UPDATE b SET v="z"' d
		changed my $to
		for table in a b e; do
			same my $to "SELECT * FROM $table ORDER BY id"
		done
		same_columns my $to
	done
}

@test "CREATE TABLE ... SELECT of MySQL, killed between the table and its rows" {
	ready my dst
	sql my 'CREATE TABLE a SELECT id, v, 1.5 AS n FROM t' d
	tool dts-binlog -g my --resume="$c@dst" --table='d.*' >in
	# The server makes the table when dts-apply is dead.
	sql dst 'LOCK INSTANCE FOR BACKUP; SELECT SLEEP(60)' >/dev/null 2>&1 3>&- &
	held=$!
	connection() { sql dst "SELECT ID FROM information_schema.PROCESSLIST WHERE $1"; }
	wait_until 20 '[ -n "$(connection "INFO = \"SELECT SLEEP(60)\"")" ]'
	dts-apply --defaults-file="$(defaults)" -g dst --checkpoint="$c" in >/dev/null 2>&1 3>&- &
	following=$!
	wait_until 20 '[ -n "$(connection "STATE LIKE \"Waiting for backup lock\"")" ]'
	kill -KILL "$following"
	wait "$following" || :
	following=
	sql dst "KILL $(connection 'INFO = "SELECT SLEEP(60)"')"
	wait "$held" || :
	wait_until 20 '[ "$(sql dst "SHOW TABLES LIKE \"a\"" d)" = a ]'
	[ "$(sql dst 'SELECT COUNT(*) FROM a' d)" -eq 0 ]
	tool dts-apply -g dst --checkpoint="$c" in
	same my dst 'SELECT * FROM a'
	[ "$(sql dst 'SELECT COUNT(*) FROM a' d)" -eq 1 ]
}

@test "character sets without a collation, however they are named" {
	new_up
	unnamed() { # FROM TO STATEMENT: the same afterwards
		ready "$1" "$2"
		sql "$1" "$3" d
		changed "$1" "$2" || { echo "$3"; return 1; }
		same_columns "$1" "$2" || { echo "$3"; return 1; }
	}
	refused() { # FROM TO STATEMENT COLLATION
		ready "$1" "$2"
		sql "$1" "$3" d
		run changed "$1" "$2"
		[ "$status" -eq 4 ] && [[ $output == *"at the source that is $4, which the target does not have"*"hint: "* ]] || { echo "$3"; echo "$output"; return 1; }
	}
	unnamed my new "create table k (k varchar(20) primary key) /* customer's */ charset=utf8mb4"
	unnamed my new 'SET sql_mode="NO_BACKSLASH_ESCAPES"; create table k (k varchar(20) comment "\") charset=utf8mb4 comment "x"'
	unnamed my new 'CREATE TABLE k (a NCHAR(9), b NVARCHAR(9), e NATIONAL CHAR VARYING(9), f CHAR(9) UNICODE)'
	for to in maria dst; do
		refused new $to 'CREATE TABLE k (a NVARCHAR(9))' utf8mb3_uca1400_ai_ci
		refused new $to 'ALTER TABLE t ADD a CHAR(9) CHARACTER SET utf16' utf16_uca1400_ai_ci
		refused new $to 'SET character_set_collations="latin1=latin1_bin"; CREATE TABLE k (a VARCHAR(9)) CHARSET=latin1' latin1_bin
		unnamed new $to 'SET character_set_collations=""; CREATE TABLE k (a NVARCHAR(9), b CHAR(9) CHARACTER SET utf8mb4, e CHAR(9) UNICODE)'
	done
	# A list of the source's own at a target with another one.
	unnamed maria new 'CREATE TABLE l (a NVARCHAR(9), b CHAR(9) CHARACTER SET utf8mb4, e CHAR(9) UNICODE)'
	tx 20 "$(ddl create-table 'CREATE TABLE x (a CHAR(9) CHARSET latin1, b CHAR(9) CHARSET utf8mb4, e CHAR(9) CHARSET ucs2)' \
		'{"character_set_collations":"latin1=latin1_bin,utf8mb4=utf8mb4_unicode_ci"}')" | changes 10 | sed 's/10.11.1/11.8.6/' >in
	run dts-apply --defaults-file="$(defaults)" -g new --new-checkpoint --checkpoint="$c-x" in
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$(columns new | grep ^x | cut -f5)" = $'latin1_bin\nutf8mb4_unicode_ci\nucs2_general_ci' ]
}

@test "a column that the families fill otherwise is not added" {
	for pair in my:maria maria:dst; do
		ready ${pair%:*} ${pair#*:}
		sql ${pair%:*} 'ALTER TABLE t ADD COLUMN j JSON NOT NULL' d
		run changed ${pair%:*} ${pair#*:}
		[ "$status" -eq 4 ] || { echo "$output"; return 1; }
		[[ $output == *"the statement gives existing rows the type's own value, which is another one at the target: ALTER TABLE t ADD COLUMN j JSON NOT NULL"*'hint: '*--ddl-done* ]]
	done
	ready my dst
	sql my 'ALTER TABLE t ADD COLUMN j JSON NOT NULL' d
	changed my dst
	same my dst 'SELECT * FROM t'
	# Without rows there is nothing to fill.
	ready my maria
	sql my "DELETE FROM t; ALTER TABLE t ADD COLUMN j JSON NOT NULL, ADD p POINT NOT NULL; INSERT INTO t VALUES (1, 'x', '[1]', POINT(1, 2))" d
	changed my maria
	same my maria 'SELECT id, v, j, HEX(p) FROM t'
}

@test "databases that a killed run made to try definitions are dropped, others are not" {
	new_up
	locked() { [ "$(sql "$1" "SELECT IS_USED_LOCK('dts-try-8') IS NOT NULL")" = 1 ]; }
	for to in dst new; do
		sql $to 'DROP DATABASE IF EXISTS d; CREATE DATABASE `dts-try-7`; CREATE TABLE `dts-try-7`.t (a INT); CREATE DATABASE `dts-try-8`; CREATE DATABASE `dts-try-x`'
		sql $to "SELECT GET_LOCK('dts-try-8', 9), SLEEP(60)" >/dev/null 2>&1 3>&- &
		following=$!
		wait_until 20 "locked $to"
		sql my 'DROP TABLE IF EXISTS t; CREATE TABLE t (a INT) CHARSET latin1' d
		tool dts-schema -g my d.t | tool dts-apply -g $to
		sql $to "KILL $(sql $to "SELECT IS_USED_LOCK('dts-try-8')")"
		wait "$following" || :
		following=
		[ "$(sql $to 'SELECT GROUP_CONCAT(SCHEMA_NAME ORDER BY 1) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE "dts-try%"')" = dts-try-8,dts-try-x ]
		sql $to 'DROP DATABASE `dts-try-8`; DROP DATABASE `dts-try-x`'
	done
}
