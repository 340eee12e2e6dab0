# dts-dump of Oracle MySQL and of MariaDB 11.8: positions, values, the catalog.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up my=mysql97 ma=mariadb118 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	sql my 'SET foreign_key_checks=0; DROP DATABASE IF EXISTS d; CREATE DATABASE d CHARACTER SET utf8mb4'
	sql ma 'SET foreign_key_checks=0; CREATE OR REPLACE DATABASE d CHARACTER SET utf8mb4'
}

dump() {
	timeout 60 dts-dump --defaults-file="$(defaults)" -g "$@"
}

rows() {
	printf '%s\n' "$output" | jq -c 'select(.op == "row").after'
}

# Accounts that have one way to a position each.
accounts() {
	sql my "DROP USER IF EXISTS locker@'%', backup@'%', reader@'%';
		CREATE USER locker@'%'; GRANT SELECT, LOCK TABLES ON d.* TO locker@'%'; GRANT REPLICATION CLIENT ON *.* TO locker@'%';
		CREATE USER backup@'%'; GRANT SELECT ON d.* TO backup@'%'; GRANT BACKUP_ADMIN ON *.* TO backup@'%';
		GRANT SELECT ON performance_schema.log_status TO backup@'%';
		CREATE USER reader@'%'; GRANT SELECT ON d.* TO reader@'%'"
}

start_writers() {
	for _ in 1 2 3 4; do
		yes 'BEGIN; INSERT INTO t VALUES (); INSERT INTO u VALUES (); COMMIT;' | client my d >/dev/null 2>&1 3>&- &
		writers+=($!)
	done
}

stop_writers() {
	for pid in $(sql my "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = 'd'"); do
		sql my "KILL $pid" || true
	done
	wait "${writers[@]}" || true
}

# Counts in the log of FILE the commits up to OFFSET.
commits_to() {
	awk -v to="$1" '$1 <= to' "$BATS_TEST_TMPDIR/commits" | wc -l
}

# --- the position

@test "the first and the last record have the position with its GTID set" {
	sql my 'CREATE TABLE t (id INT PRIMARY KEY)' d
	gtid=$(sql my 'SELECT @@GLOBAL.gtid_executed')
	IFS=$'\t' read -r file offset _ < <(sql my 'SHOW BINARY LOG STATUS')
	run_tool 0 dump my d
	created=$(jq .pos.created <<<"${lines[0]}")
	[ "$created" -gt 0 ]
	want="\"pos\":{\"file\":\"$file\",\"offset\":$offset,\"created\":$created,\"gtid\":\"$gtid\"}}"
	[ -z "$stderr" ]
	[[ ${lines[0]} == *'"source":{"server":"mysql","version":"9.'* ]]
	[[ ${lines[0]} == *"$want" ]]
	[[ ${lines[4]} == *"$want" ]]
	[[ ${lines[2]} == *"\"pos\":{\"file\":\"$file\",\"offset\":$offset}}" ]]
	[[ ${lines[3]} == *"\"pos\":{\"file\":\"$file\",\"offset\":$offset}}" ]]
}

@test "with GTIDs off the position is file and offset" {
	sql my 'CREATE TABLE t (id INT PRIMARY KEY)' d
	for mode in ON_PERMISSIVE OFF_PERMISSIVE OFF; do
		sql my "SET GLOBAL gtid_mode=$mode"
	done
	run --separate-stderr dump my d
	for mode in OFF_PERMISSIVE ON_PERMISSIVE ON; do
		sql my "SET GLOBAL gtid_mode=$mode"
	done
	[ "$status" -eq 0 ]
	[ "$(printf '%s\n' "${lines[0]}" | jq -c '.pos | keys')" = '["created","file","offset"]' ]
}

@test "while others write, the rows are those of the position, or lie in the window" {
	accounts
	sql my 'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY); CREATE TABLE u (id INT AUTO_INCREMENT PRIMARY KEY); FLUSH BINARY LOGS' d
	start_writers
	for i in 1 2 3 4 5 6 7 8 9 10; do
		for account in root locker backup; do
			dump my -u $account d >"$BATS_TEST_TMPDIR/dump.$account.$i" 2>"$BATS_TEST_TMPDIR/err.$account.$i" ||
				{ cat "$BATS_TEST_TMPDIR/err.$account.$i"; false; }
		done
	done
	stop_writers
	IFS=$'\t' read -r file _ < <(sql my 'SHOW BINARY LOG STATUS')
	sql my "SHOW BINLOG EVENTS IN '$file'" | awk -F '\t' '$3 == "Xid" {print $5}' >"$BATS_TEST_TMPDIR/commits"
	for dump in "$BATS_TEST_TMPDIR"/dump.*; do
		count_t=$(grep -c '"op":"row".*"table":"t"' "$dump" || true)
		count_u=$(grep -c '"op":"row".*"table":"u"' "$dump" || true)
		read -r name low lowest high < <(grep -v '"op":"row"' "$dump" | jq -rs '[(.[0].pos | .file, .offset),
			(map(select(.op == "chunk").pos.offset) | min), (map(select(.op == "chunk-end").pos.offset) | max)] | @tsv')
		[ "$name" = "$file" ]
		[ "$lowest" = "$low" ]
		[ "$count_t" -eq "$count_u" ]
		[ "$(commits_to "$low")" -le "$count_t" ]
		[ "$(commits_to "$high")" -ge "$count_t" ]
		# Only who may neither lock nor has luck gets a window, and says so.
		if [ "$low" != "$high" ]; then
			[[ $dump == */dump.backup.* ]]
			grep -q 'no exact position' "${dump/dump./err.}"
		else
			[ ! -s "${dump/dump./err.}" ]
		fi
	done
	[ "$(wc -l <"$BATS_TEST_TMPDIR/commits")" -gt 100 ]
}

@test "a table without a key needs an exact position" {
	accounts
	sql my 'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY); CREATE TABLE u (id INT AUTO_INCREMENT PRIMARY KEY); CREATE TABLE k (a INT)' d
	start_writers
	# It may have the luck of a quiet moment, but not forever.
	for _ in $(seq 300); do
		run --separate-stderr dump my -u backup d.k
		[ "$status" -eq 0 ] || break
	done
	stop_writers
	[ "$status" -eq 4 ]
	[[ $stderr == "dts-dump: table 'd.k' has no key without NULL: it can be read only with an exact position, which was not to be had"* ]]
	[ -z "$output" ]
}

@test "a long transaction keeps nobody waiting for long, and the refusal says what would help" {
	accounts
	sql my 'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)' d
	mkfifo "$BATS_TEST_TMPDIR/in"
	client my d <"$BATS_TEST_TMPDIR/in" >/dev/null 2>&1 3>&- &
	holder=$!
	exec 8>"$BATS_TEST_TMPDIR/in"
	echo 'BEGIN; UPDATE t SET id = 2;' >&8
	wait_until 10 '[ "$(sql my "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_rows_modified > 0")" = 1 ]'
	run_tool 75 dump my -u locker d
	[[ $stderr == *"the position of a snapshot is not to be had: "*"Lock wait timeout"*BACKUP_ADMIN* ]]
	[ -z "$output" ]
	# Nothing stays locked behind.
	[ "$(sql my 'SELECT COUNT(*) FROM t' d)" = 1 ]
	run_tool 0 dump my -u backup d
	[ "$(rows)" = '{"id":1}' ]
	echo 'COMMIT;' >&8
	exec 8>&-
	wait "$holder"
	run_tool 0 dump my -u locker d
	[ "$(rows)" = '{"id":2}' ]
	run_tool 4 dump my -u reader d
	[[ $stderr == *"Access denied"*"LOCK TABLES on the databases and REPLICATION CLIENT"* ]]
}

@test "a log that cannot be read is told of" {
	sql my "CREATE TABLE d.t (id INT PRIMARY KEY);
		SET GLOBAL binlog_row_value_options=PARTIAL_JSON, GLOBAL binlog_transaction_compression=ON, GLOBAL binlog_row_metadata=MINIMAL, GLOBAL binlog_row_image=NOBLOB"
	run --separate-stderr dump my d
	sql my "SET GLOBAL binlog_row_value_options='', GLOBAL binlog_transaction_compression=OFF, GLOBAL binlog_row_metadata=FULL, GLOBAL binlog_row_image=FULL"
	[ "$status" -eq 0 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ ${stderr_lines[0]} == *"warning: server 'my' has binlog_row_image=NOBLOB, "*"SET GLOBAL binlog_row_image=FULL" ]]
}

# --- the catalog

@test "the catalog of MySQL: widths, generated and hidden columns, keys" {
	sql my "CREATE TABLE p (id INT PRIMARY KEY);
		CREATE TABLE t (id INT UNSIGNED PRIMARY KEY, b TINYINT(1), z SMALLINT(5) ZEROFILL, j JSON, v VECTOR(3), g POINT NOT NULL SRID 4326,
			i INT INVISIBLE DEFAULT 3, x INT AS (b + 1), y INT AS (b + 2) STORED, w TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
			d INT DEFAULT (1 + 2), c VARCHAR(9) CHARACTER SET utf8mb3, f INT, UNIQUE e ((b + 1)), UNIQUE pre (c(3)), UNIQUE de (f DESC),
			UNIQUE inv (b) INVISIBLE, CONSTRAINT fk FOREIGN KEY (f) REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL);
		SET sql_generate_invisible_primary_key=1; CREATE TABLE k (a INT); INSERT INTO k VALUES (5), (5)" d
	run_tool 0 dump my d
	printf '%s\n' "$output" | grep '"table":"t","columns"' >"$BATS_TEST_TMPDIR/schema"
	[ "$(jq -c '[.primary, .unique, .foreign[0].delete, .foreign[0].update]' "$BATS_TEST_TMPDIR/schema")" = \
		'[["id"],[{"name":"de","columns":["f"]},{"name":"inv","columns":["b"]}],"CASCADE","SET NULL"]' ]
	[ "$(jq -c '.columns[] | [.name, .type, .generated, .invisible, .charset]' "$BATS_TEST_TMPDIR/schema" | tr -d '\n')" = \
		'["id","int unsigned",null,null,null]["b","tinyint(1)",null,null,null]["z","smallint(5) unsigned zerofill",null,null,null]["j","json",null,null,null]["v","vector(3)",null,null,null]["g","point",null,null,null]["i","int",null,true,null]["x","int","virtual",null,null]["y","int","stored",null,null]["w","timestamp",null,null,null]["d","int",null,null,null]["c","varchar(9)",null,null,"utf8mb3"]["f","int",null,null,null]' ]
	[ "$(rows | tr -d '\n')" = '{"my_row_id":1,"a":5}{"my_row_id":2,"a":5}' ]
}

@test "a key that queries may not name is not walked by" {
	sql my 'CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, UNIQUE z (a), UNIQUE y (b) INVISIBLE); INSERT INTO t VALUES (1, 2), (2, 1)' d
	sql ma 'CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, UNIQUE z (a), UNIQUE y (b) IGNORED); INSERT INTO t VALUES (1, 2), (2, 1)' d
	for server in my ma; do
		run_tool 0 dump $server d --chunk-size=1
		[ "$(rows | tr -d '\n')" = '{"a":1,"b":2}{"a":2,"b":1}' ]
	done
}

# --- values

@test "MySQL's own: JSON is its text, geometry and vectors are bytes" {
	sql my "CREATE TABLE t (id INT PRIMARY KEY, j JSON, g GEOMETRY, s POINT SRID 4326, v VECTOR(3), w VARCHAR(9) CHARACTER SET gb18030, u ENUM('😀','?','é'));
		INSERT INTO t VALUES (1, '{\"b\":1,\"a\":[1.10,\"é\\\\n😀\",null,18446744073709551615]}', ST_GeomFromText('LINESTRING(1 2,3 4)'),
			ST_GeomFromText('POINT(10 20)', 4326), STRING_TO_VECTOR('[1,2.5,-3e-7]'), '一😀', '😀'),
			(2, 'null', NULL, NULL, NULL, X'8130f335', '?'), (3, CAST(CAST(1.50 AS DECIMAL(9,2)) AS JSON), NULL, NULL, NULL, NULL, 3)" d
	run_tool 0 dump my d
	rows >"$BATS_TEST_TMPDIR/rows"
	[ "$(jq -r .j "$BATS_TEST_TMPDIR/rows")" = "$(sql my 'SELECT CAST(j AS CHAR) FROM t ORDER BY id' d)" ]
	[ "$(jq -r '.v.base64 // "NULL"' "$BATS_TEST_TMPDIR/rows")" = "$(sql my 'SELECT IFNULL(TO_BASE64(v), "NULL") FROM t ORDER BY id' d)" ]
	# The server's own bytes: the SRID, low byte first, and the WKB with x first.
	for column in g s; do
		[ "$(jq -r "select(.id == 1).$column.base64" "$BATS_TEST_TMPDIR/rows" | base64 -d | od -An -v -tx1 | tr -d ' \n')" = \
			"$(sql my "SELECT LOWER(CONCAT(HEX(UNHEX(CASE ST_SRID($column) WHEN 0 THEN '00000000' ELSE 'E6100000' END)), HEX(ST_AsWKB($column, 'axis-order=long-lat')))) FROM t WHERE id = 1" d)" ]
	done
	for column in w u; do
		[ "$(jq -r ".$column // \"NULL\"" "$BATS_TEST_TMPDIR/rows")" = \
			"$(sql my "SELECT IFNULL(CONVERT($column USING utf8mb4), 'NULL') FROM t ORDER BY id" d)" ]
	done
}

@test "MariaDB 11.8's own: UUID, INET, vectors, and TIMESTAMP up to 2106" {
	sql ma "CREATE TABLE t (id INT PRIMARY KEY, u UUID, i4 INET4, i6 INET6, v VECTOR(3), w TIMESTAMP(6) NULL);
		INSERT INTO t VALUES (1, '00112233-4455-6677-8899-aabbccddeeff', '1.2.3.4', '::1', VEC_FromText('[1,2,3]'), '2106-02-07 06:28:15.999999'),
			(2, NULL, NULL, NULL, NULL, '2038-01-19 03:14:08')" d
	run_tool 0 dump ma d
	rows >"$BATS_TEST_TMPDIR/rows"
	diff "$BATS_TEST_TMPDIR/rows" - <<-'Y'
		{"id":1,"u":"00112233-4455-6677-8899-aabbccddeeff","i4":"1.2.3.4","i6":"::1","v":{"base64":"AACAPwAAAEAAAEBA"},"w":"2106-02-07 06:28:15.999999"}
		{"id":2,"u":null,"i4":null,"i6":null,"v":null,"w":"2038-01-19 03:14:08.000000"}
	Y
}

@test "numbers, times and members at their edges, on both" {
	members=$(seq -s, 1 64 | sed "s/[0-9]*/'m&'/g")
	for server in my ma; do
		sql $server "SET sql_mode='ALLOW_INVALID_DATES', time_zone='+02:00';
			CREATE TABLE t (id INT PRIMARY KEY, f BIGINT UNSIGNED, z INT(6) ZEROFILL, n DECIMAL(65,30), x FLOAT, y DOUBLE, t64 BIT(64), j YEAR,
				a DATE, b TIME(6), c DATETIME(3), e TIMESTAMP(6) NULL, m SET($members), u ENUM('x',''), h CHAR(5), r BINARY(4));
			INSERT INTO t VALUES (1, 18446744073709551615, 5, -99999999999999999999999999999999999.999999999999999999999999999999,
				16777217, 5e-324, 18446744073709551615, 0, '0000-00-00', '-838:59:59', '2024-02-31', '2024-01-01 02:00:00.000001', 'm64,m1', '', ' a  ', X'01');
			INSERT IGNORE INTO t (id, u, x, y, b, c, e) VALUES (2, 'zzz', 0.1, 1.7976931348623157e308, '-00:00:00.5', '2024-00-10', '2038-01-19 05:14:07')" d
		run_tool 0 dump $server d
		rows >"$BATS_TEST_TMPDIR/rows"
		diff "$BATS_TEST_TMPDIR/rows" - <<-'Y'
			{"id":1,"f":"18446744073709551615","z":5,"n":"-99999999999999999999999999999999999.999999999999999999999999999999","x":16777216,"y":5e-324,"t64":"18446744073709551615","j":0,"a":"0000-00-00","b":"-838:59:59.000000","c":"2024-02-31 00:00:00.000","e":"2024-01-01 00:00:00.000001","m":"m1,m64","u":"","h":" a","r":{"base64":"AQAAAA=="}}
			{"id":2,"f":null,"z":null,"n":null,"x":0.1,"y":1.7976931348623157e+308,"t64":null,"j":null,"a":null,"b":"-00:00:00.500000","c":"2024-00-10 00:00:00.000","e":"2038-01-19 03:14:07.000000","m":null,"u":0,"h":null,"r":null}
		Y
	done
}

@test "zero keeps its sign" {
	for server in my ma; do
		sql $server 'CREATE TABLE z (id INT PRIMARY KEY, f FLOAT, d DOUBLE); INSERT INTO z VALUES (1, -0e0, 0), (2, 0, -0e0)' d
		run_tool 0 dump $server d
		[ "$(printf '%s\n' "$output" | grep -o '"after":.*')" = \
			$'"after":{"id":1,"f":-0,"d":0}}\n"after":{"id":2,"f":0,"d":-0}}' ]
	done
}

@test "text in each charset is what the server converts it to, or its raw bytes" {
	for server in my ma; do
		charsets='latin1 gbk gb2312 big5 sjis cp932 ujis eucjpms euckr utf16 utf16le utf32 ucs2 utf8mb3 utf8mb4 koi8r cp1251 tis620 hebrew swe7'
		[ $server = ma ] || charsets="$charsets gb18030"
		for charset in $charsets; do
			case $charset in
			sjis) odd=5C ;; cp932) odd=8790 ;; gbk) odd=A2A1 ;; euckr) odd=A2E6 ;; latin1) odd=81 ;; ujis) odd=8FA2B7 ;; swe7) odd=5B ;; *) odd= ;;
			esac
			echo "CREATE TABLE $charset (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20) CHARACTER SET $charset);
				INSERT IGNORE INTO $charset (v) VALUES ('é€ 一乙丁'), ('日本語 가각 Привет ก א'), (' x '), (''), ('[\\\\]{|}~^\`'), (X'$odd');"
			# Table, number, the bytes, their UTF-8, and whether they come back from that.
			echo "SELECT '$charset', id, CONCAT('=', REPLACE(TO_BASE64(v), '\n', '')),
				CONCAT('=', REPLACE(TO_BASE64(CONVERT(v USING utf8mb4)), '\n', '')),
				BINARY v = BINARY CONVERT(CONVERT(v USING utf8mb4) USING $charset) FROM $charset ORDER BY id;" >&8
		done >"$BATS_TEST_TMPDIR/make" 8>"$BATS_TEST_TMPDIR/ask"
		client $server d <"$BATS_TEST_TMPDIR/make"
		client $server d <"$BATS_TEST_TMPDIR/ask" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/want"
		run_tool 0 dump $server d
		printf '%s\n' "$output" | jq -r 'select(.op == "row") | [.table, .after.id,
			if .after.v | type == "string" then "text", "=" + (.after.v | @base64) else "bytes", "=" + .after.v.base64 end] | @tsv' |
			LC_ALL=C sort >"$BATS_TEST_TMPDIR/got"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/got")" -eq "$((6 * $(wc -w <<<"$charsets")))" ]
		grep -q bytes "$BATS_TEST_TMPDIR/got"
		paste "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got" >"$BATS_TEST_TMPDIR/both"
		run awk -F '\t' '!($1 == $6 && $2 == $7 && ($8 == "bytes" ? $9 == $3 : $9 == $4 && $5 == 1))' "$BATS_TEST_TMPDIR/both"
		[ -z "$output" ] || { printf '%s: %s\n' $server "${lines[0]}"; return 1; }
	done
}
