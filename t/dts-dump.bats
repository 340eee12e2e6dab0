# dts-dump: values, chunks, and the position of exactly the rows.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up src; }
teardown_file() { servers_down; }

setup() { sql src 'SET foreign_key_checks=0; CREATE OR REPLACE DATABASE d CHARACTER SET utf8mb4'; }

dump() {
	dts-dump --defaults-file="$(defaults)" -g src "$@"
}

# The rows of $output as objects.
rows() {
	printf '%s\n' "$output" | jq -c 'select(.op == "row").after'
}

# --- the stream

@test "an empty table is one empty chunk, an empty database a stream and its end" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY)' d
	run_tool 0 dump d
	[ -z "$stderr" ]
	[ "$(printf '%s\n' "$output" | jq -c '[.op, .src, .id, .rows, .records]' | tr -d '\n')" = \
		'["stream","src",null,null,null]["schema",null,null,null,null]["chunk","src","d.t.1",null,null]["chunk-end","src","d.t.1",0,null]["end","src",null,null,3]' ]
	sql src 'DROP TABLE t' d
	run_tool 0 dump d
	[ "${#lines[@]}" -eq 2 ]
}

@test "the first and the last record have the snapshot's position with its GTID" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY)' d
	gtid=$(sql src 'SELECT @@gtid_binlog_pos')
	read -r file offset _ < <(sql src 'SHOW MASTER STATUS')
	run_tool 0 dump d --src=db1
	created=$(jq .pos.created <<<"${lines[0]}")
	[ "$created" -gt 0 ]
	want="{\"file\":\"$file\",\"offset\":$offset,\"created\":$created,\"gtid\":\"$gtid\"}"
	[[ ${lines[0]} == '{"op":"stream","v":1,"kind":"snapshot","src":"db1","source":{"server":"mariadb","version":"'* ]]
	[[ ${lines[0]} == *"\"pos\":$want}" ]]
	[[ ${lines[4]} == *"\"reason\":\"done\",\"records\":3,\"pos\":$want}" ]]
	[[ ${lines[3]} == *"\"rows\":0,\"pos\":{\"file\":\"$file\",\"offset\":$offset}}" ]]
}

@test "the position's GTIDs are those of its place in the log, whether the log rests or goes on" {
	local pid last='' at want i

	# The log begins with what two domains and two servers wrote before.
	sql src 'CREATE TABLE n (id INT PRIMARY KEY); CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT);
		SET gtid_domain_id=7; INSERT INTO t () VALUES (); SET server_id=99; INSERT INTO t () VALUES ();
		SET gtid_domain_id=3; INSERT INTO t () VALUES (); FLUSH BINARY LOGS; SET gtid_domain_id=5; INSERT INTO t () VALUES ()' d
	for i in 0 1 2 3 4 5 6 7; do
		if [ "$i" -eq 2 ]; then
			yes 'INSERT INTO t () VALUES (); SET gtid_domain_id=2; INSERT INTO t () VALUES (); SET gtid_domain_id=7;' |
				client src d >/dev/null 2>&1 3>&- &
			pid=$!
			until [ "$(sql src 'SELECT COUNT(*) > 10 FROM t' d)" = 1 ]; do kill -0 "$pid"; done
		fi
		at=$(dump d.n | jq -r 'select(.op == "stream").pos | "\(.file) \(.offset) \(.gtid)"')
		want=$(sql src "SELECT BINLOG_GTID_POS('${at%% *}', $(cut -d' ' -f2 <<<"$at"))")
		[ "$(tr ',' '\n' <<<"${at##* }" | sort)" = "$(tr ',' '\n' <<<"$want" | sort)" ]
		[[ $want == *3-99-* && $want == *7-* ]]
		[ "$i" -lt 2 ] || [ "$at" != "$last" ]
		last=$at
	done
	kill "$pid"
}

@test "a schema record holds keys, foreign keys, generated and invisible columns" {
	sql src 'CREATE TABLE p (a INT, b INT, PRIMARY KEY (b, a));
		CREATE TABLE t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a INT, b INT, c CHAR(3) CHARACTER SET latin1,
			g INT AS (h + 1) VIRTUAL, s INT AS (h + 2) STORED, h INT INVISIBLE, x TEXT,
			UNIQUE u (a, b), UNIQUE odd (x(5)), KEY (c),
			CONSTRAINT f FOREIGN KEY (b, a) REFERENCES p (b, a) ON DELETE CASCADE ON UPDATE SET NULL)' d
	run_tool 0 dump d.t --allow-missing-parents
	printf '%s\n' "${lines[1]}" >"$BATS_TEST_TMPDIR/schema"
	[ "$(jq -c '[.primary, .unique, .foreign, .source]' "$BATS_TEST_TMPDIR/schema")" = \
		'[["id"],[{"name":"u","columns":["a","b"]}],[{"name":"f","columns":["b","a"],"to":{"db":"d","table":"p","columns":["b","a"]},"delete":"CASCADE","update":"SET NULL"}],{"db":"d","table":"t","collation":"utf8mb4_general_ci","db-collation":"utf8mb4_general_ci"}]' ]
	[ "$(jq -c '.columns[] | [.name, .type, .null, .charset, .generated, .invisible]' "$BATS_TEST_TMPDIR/schema" | tr -d '\n')" = \
		'["id","bigint(20) unsigned",null,null,null,null]["a","int(11)",true,null,null,null]["b","int(11)",true,null,null,null]["c","char(3)",true,"latin1",null,null]["g","int(11)",true,null,"virtual",null]["s","int(11)",true,null,"stored",null]["h","int(11)",true,null,null,true]["x","text",true,"utf8mb4",null,null]' ]
}

@test "generated columns are not in the rows, invisible ones are" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY, g INT AS (id + 1) STORED, h INT INVISIBLE DEFAULT 7); INSERT INTO t (id) VALUES (1)' d
	run_tool 0 dump d
	[ "$(rows)" = '{"id":1,"h":7}' ]
}

@test "compressed output is the same" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)' d
	dump d >"$BATS_TEST_TMPDIR/plain"
	dump d --zstd >"$BATS_TEST_TMPDIR/packed"
	zstd -dc "$BATS_TEST_TMPDIR/packed" | cmp - "$BATS_TEST_TMPDIR/plain"
}

# --- values

@test "numbers at their edges" {
	sql src "SET sql_mode='';
		CREATE TABLE t (id INT PRIMARY KEY, a TINYINT, b SMALLINT UNSIGNED, c MEDIUMINT, e BIGINT, f BIGINT UNSIGNED, z INT(6) ZEROFILL,
			m DECIMAL(20,6), n DECIMAL(65,30), o DECIMAL(8,2) ZEROFILL, x FLOAT, y DOUBLE, w DOUBLE(8,2), t1 BIT(1), t64 BIT(64), j YEAR, k BOOL);
		INSERT INTO t VALUES (1, -128, 65535, -8388608, -9223372036854775808, 18446744073709551615, 5,
			-99999999999999.999999, 1e-30, 1.5, 3.402823466e38, 1.7976931348623157e308, 999999.99, 1, 18446744073709551615, 0, TRUE),
			(2, 127, 0, 8388607, 9007199254740992, 9007199254740991, 0, 0, -1, 0, 16777217, 5e-324, -0.01, 0, 0, 2155, FALSE),
			(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.1, 0.1, NULL, NULL, NULL, NULL, NULL),
			(4, 0, 0, 0, 0, 0, 0, 0.1, 0, 0, 1e-45, -1e300, 0, b'1', b'10', 1901, 2)" d
	run_tool 0 dump d
	printf '%s\n' "$output" | grep '"op":"row"' | sed 's/.*"after"://; s/}$//' | diff - - <<-'X'
		{"id":1,"a":-128,"b":65535,"c":-8388608,"e":"-9223372036854775808","f":"18446744073709551615","z":5,"m":"-99999999999999.999999","n":"0.000000000000000000000000000001","o":"1.50","x":3.4028235e+38,"y":1.7976931348623157e+308,"w":999999.99,"t1":1,"t64":"18446744073709551615","j":0,"k":1}
		{"id":2,"a":127,"b":0,"c":8388607,"e":"9007199254740992","f":9007199254740991,"z":0,"m":"0.000000","n":"-1.000000000000000000000000000000","o":"0.00","x":16777216,"y":5e-324,"w":-0.01,"t1":0,"t64":0,"j":2155,"k":0}
		{"id":3,"a":null,"b":null,"c":null,"e":null,"f":null,"z":null,"m":null,"n":null,"o":null,"x":0.1,"y":0.1,"w":null,"t1":null,"t64":null,"j":null,"k":null}
		{"id":4,"a":0,"b":0,"c":0,"e":0,"f":0,"z":0,"m":"0.100000","n":"0.000000000000000000000000000000","o":"0.00","x":1e-45,"y":-1e+300,"w":0,"t1":1,"t64":2,"j":1901,"k":2}
	X
}

@test "dates and times, zero and partial ones, and TIMESTAMP in UTC" {
	sql src "SET sql_mode='ALLOW_INVALID_DATES', time_zone='+02:00';
		CREATE TABLE t (id INT PRIMARY KEY, a DATE, b TIME(6), c DATETIME(3), e TIMESTAMP(6) NULL, f TIME, g DATETIME, h TIMESTAMP NULL);
		INSERT INTO t VALUES (1, '0000-00-00', '-838:59:59.999999', '0000-00-00', '2024-01-01 02:00:00.000001', '838:59:59', '9999-12-31 23:59:59', 0),
			(2, '2024-02-31', '-00:00:00.5', '2024-00-10 01:02:03.4', '1970-01-01 02:00:01', '00:00:00', '1000-01-01', '2038-01-19 05:14:07')" d
	run_tool 0 dump d
	rows >"$BATS_TEST_TMPDIR/rows"
	diff "$BATS_TEST_TMPDIR/rows" - <<-'X'
		{"id":1,"a":"0000-00-00","b":"-838:59:59.999999","c":"0000-00-00 00:00:00.000","e":"2024-01-01 00:00:00.000001","f":"838:59:59","g":"9999-12-31 23:59:59","h":"0000-00-00 00:00:00"}
		{"id":2,"a":"2024-02-31","b":"-00:00:00.500000","c":"2024-00-10 01:02:03.400","e":"1970-01-01 00:00:01.000000","f":"00:00:00","g":"1000-01-01 00:00:00","h":"2038-01-19 03:14:07"}
	X
}

@test "ENUM and SET: index 0 is not the empty member, 64 members, members that the catalog cannot show" {
	members=$(seq -s, 1 64 | sed "s/[0-9]*/'m&'/g")
	sql src "SET sql_mode='';
		CREATE TABLE t (id INT PRIMARY KEY, e ENUM('x','','it''s','a\\\\b'), s SET('a','','c'), m SET($members), u ENUM('😀','?','é'));
		INSERT INTO t VALUES (1, '', '', 'm64,m1', '😀'), (2, 0, 'c,a', 'm64', '?'), (3, 'it''s', 2, '', 3), (4, 4, 5, 'm63,m2', NULL)" d
	run_tool 0 dump d
	rows >"$BATS_TEST_TMPDIR/rows"
	diff "$BATS_TEST_TMPDIR/rows" - <<-'X'
		{"id":1,"e":"","s":"","m":"m1,m64","u":"😀"}
		{"id":2,"e":0,"s":"a,c","m":"m64","u":"?"}
		{"id":3,"e":"it's","s":2,"m":"","u":"é"}
		{"id":4,"e":"a\\b","s":"a,c","m":"m2,m63","u":null}
	X
	[[ ${lines[1]} == *"enum('😀','?','é')"* ]]
}

@test "members that the catalog cannot show: nothing of a temporary table stays, and --print prints them" {
	local before

	sql src "CREATE TABLE dts_labels (id INT PRIMARY KEY, e ENUM('x','😀')); CREATE TABLE t (id INT PRIMARY KEY, e ENUM('😀','y'), s SET('a','😎'));
		INSERT INTO dts_labels VALUES (1, '😀'); INSERT INTO t VALUES (1, '😀', 'a,😎')" d
	before=$(sql src 'SELECT @@gtid_binlog_pos')
	run_tool 0 dts-schema --defaults-file="$(defaults)" -g src d
	[[ $output == *'CREATE TABLE `dts_labels`'*"enum('x','😀')"*'CREATE TABLE `t`'*"enum('😀','y')"*"set('a','😎')"* ]]
	run_tool 0 dump d
	[ "$(rows | tr -d '\n')" = '{"id":1,"e":"😀"}{"id":1,"e":"😀","s":"a,😎"}' ]
	# Nor is anything of it in the log.
	[ "$(sql src 'SELECT @@gtid_binlog_pos')" = "$before" ]
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/in"
	sql src 'DELETE FROM dts_labels; DELETE FROM t' d
	run_tool 0 dts-apply --defaults-file="$(defaults)" -g src --print "$BATS_TEST_TMPDIR/in"
	[[ $output == *'INSERT INTO `d`.`dts_labels` (`id`,`e`) VALUES (1,2);'*'INSERT INTO `d`.`t` (`id`,`e`,`s`) VALUES (1,1,3);'* ]]
	[[ $output != *TEMPORARY* ]]
	[ "$(sql src 'SELECT COUNT(*) FROM t' d)" = 0 ]
}

@test "members that the catalog cannot show: an account that may not read them is told before the first row" {
	sql src "CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE t (id INT PRIMARY KEY, e ENUM('😀','y'));
		CREATE TABLE q (id INT PRIMARY KEY, e ENUM('?','y') CHARACTER SET utf8mb3); INSERT INTO q VALUES (1, '?');
		DROP USER IF EXISTS plain@'%'; CREATE USER plain@'%'; GRANT SELECT ON d.* TO plain@'%'" d
	run_tool 4 dump --user=plain d
	[ -z "$output" ]
	[[ $stderr == *"table 'd.t': the members of column 'e'"*'hint: to read them the account needs CREATE TEMPORARY TABLES in the database'* ]]
	run_tool 0 dump --user=plain --ignore-table=d.t d
	sql src "GRANT CREATE TEMPORARY TABLES ON d.* TO plain@'%'"
	run_tool 0 dump --user=plain d
	[[ $output == *"enum('😀','y')"* ]]
}

@test "text in any charset is UTF-8, or its bytes where they would not survive" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY, l VARCHAR(9) CHARACTER SET latin1, g VARCHAR(9) CHARACTER SET gbk, j VARCHAR(9) CHARACTER SET sjis,
			u CHAR(5) CHARACTER SET utf16, k VARCHAR(9) CHARACTER SET koi8r, x TEXT, y VARCHAR(9) CHARACTER SET utf8mb3);
		INSERT INTO t VALUES (1, 'é€', '亐', '日本', '😀', 'Привет', CONCAT('\"\\\\\n\t', CHAR(0), CHAR(1), CHAR(127), '/ 😀'), 'ü'),
			(2, X'81', X'8180', X'5C', '', '', '', ''), (3, ' x ', '', '', 'x', '', ' ', NULL)" d
	run_tool 0 dump d
	rows >"$BATS_TEST_TMPDIR/rows"
	diff "$BATS_TEST_TMPDIR/rows" - <<-'X'
		{"id":1,"l":"é€","g":"亐","j":"日本","u":"😀","k":"Привет","x":"\"\\\n\t\u0000\u0001\u007f/ 😀","y":"ü"}
		{"id":2,"l":"","g":"亐","j":{"base64":"XA=="},"u":"","k":"","x":"","y":""}
		{"id":3,"l":" x ","g":"","j":"","u":"x","k":"","x":" ","y":null}
	X
}

@test "bytes: each value is what the server says in base64" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY, a BINARY(4), b VARBINARY(9), c BLOB, g GEOMETRY, p POINT, i6 INET6, i4 INET4, u UUID, j JSON);
		INSERT INTO t VALUES (1, X'01', X'0100', X'', ST_GeomFromText('LINESTRING(1 2,3 4)', 4326), POINT(1,-2), '::ffff:1.2.3.4', '1.2.3.4', '00112233-4455-6677-8899-aabbccddeeff', '{\"n\": 1.10}'),
			(2, X'00FF5C27', REPEAT(X'00', 9), REPEAT(X'FF', 200), NULL, NULL, '::', '0.0.0.0', 'ffffffff-ffff-1fff-ffff-ffffffffffff', '[]')" d
	run_tool 0 dump d
	for column in a b c g p; do
		[ "$(rows | jq -r ".$column.base64 // \"NULL\"")" = \
			"$(sql src "SELECT IFNULL(REPLACE(TO_BASE64($column), '\n', ''), 'NULL') FROM t ORDER BY id" d)" ]
	done
	[ "$(rows | jq -c '[.i6, .i4, .u, .j]' | tr -d '\n')" = \
		'["::ffff:1.2.3.4","1.2.3.4","00112233-4455-6677-8899-aabbccddeeff","{\"n\": 1.10}"]["::","0.0.0.0","ffffffff-ffff-1fff-ffff-ffffffffffff","[]"]' ]
}

@test "every byte in a latin1 and in a binary column" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY, l CHAR(1) CHARACTER SET latin1, b BINARY(1));
		INSERT INTO t SELECT seq, CHAR(seq), CHAR(seq) FROM seq_0_to_255" d
	run_tool 0 dump d
	[ "$(rows | jq -r '.b.base64')" = "$(sql src 'SELECT TO_BASE64(b) FROM t ORDER BY id' d)" ]
	# CHAR loses the space at its end, by the standard.
	[ "$(rows | jq -r '.l | @base64')" = "$(sql src 'SELECT TO_BASE64(CONVERT(l USING utf8mb4)) FROM t ORDER BY id' d)" ]
}

# --- chunks

# Checks that the chunks of $output follow one another without a gap, that each
# says how many rows it has, and that no row is missing or twice.
check_chunks() {
	local table=$1 count

	printf '%s\n' "$output" | jq -es 'map(select(.op == "chunk")) |
		(.[0] | has("after") | not) and (.[-1] | has("upto") | not) and
		([range(1; length) as $i | .[$i].after == .[$i - 1].upto and .[$i].after != null] | all) and
		(map(.id) | unique | length) == length' >/dev/null
	printf '%s\n' "$output" | jq -es '(reduce .[] as $r ({n: 0, ok: true};
		if $r.op == "chunk" then .n = 0 elif $r.op == "row" then .n += 1
		elif $r.op == "chunk-end" then .ok = (.ok and .n == $r.rows) else . end)) | .ok' >/dev/null
	count=$(sql src "SELECT COUNT(*) FROM $table" d)
	[ "$(rows | wc -l)" -eq "$count" ]
	[ "$(rows | sort -u | wc -l)" -eq "$count" ]
}

@test "chunks by number: negative, gaps, unsigned at its end" {
	sql src 'CREATE TABLE t (id BIGINT PRIMARY KEY); INSERT INTO t SELECT CAST(seq * seq * seq AS SIGNED) - 100000 FROM seq_0_to_99;
		INSERT INTO t VALUES (-9223372036854775808), (9223372036854775807);
		CREATE TABLE u (id BIGINT UNSIGNED PRIMARY KEY);
		INSERT INTO u VALUES (0), (1), (9223372036854775807), (9223372036854775808), (18446744073709551614), (18446744073709551615)' d
	run_tool 0 dump d.t --chunk-size=200
	[ "$(printf '%s\n' "$output" | grep -c '"op":"chunk"')" -gt 10 ]
	check_chunks t
	run_tool 0 dump d.u --chunk-size=1
	[ "$(printf '%s\n' "$output" | grep -c '"op":"chunk"')" -eq 6 ]
	check_chunks u
	[ "$(rows | tr -d '\n')" = '{"id":0}{"id":1}{"id":"9223372036854775807"}{"id":"9223372036854775808"}{"id":"18446744073709551614"}{"id":"18446744073709551615"}' ]
}

@test "chunks by composite, text, binary, time and ENUM keys" {
	sql src "CREATE TABLE a (x INT, y VARCHAR(20), v INT, PRIMARY KEY (y, x)); INSERT INTO a SELECT seq, CONCAT('k', seq % 7, '''\\\\'), seq FROM seq_1_to_50;
		CREATE TABLE b (s VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY);
		INSERT IGNORE INTO b VALUES ('a'),('Ä'),('ae2'),('ß'),('sz'),('Z'),(''),('z z'),('%'),('_');
		CREATE TABLE c (k BINARY(3) PRIMARY KEY); INSERT INTO c VALUES (X'00'),(X'FF'),(X'0001'),(X'5C27'),(X'61');
		CREATE TABLE e (t DATETIME(3), e ENUM('z','a','m'), PRIMARY KEY (e, t));
		INSERT INTO e VALUES ('2024-01-01 00:00:00.001','a'),('2024-01-01','a'),('2024-01-01','z'),('1000-01-01','m');
		CREATE TABLE g (s VARCHAR(9) CHARACTER SET sjis PRIMARY KEY); INSERT INTO g VALUES (X'5C'),('日'),('a'),('b');
		CREATE TABLE h (b BIT(12), y YEAR, n DECIMAL(9,3), PRIMARY KEY (b, y, n)); INSERT INTO h SELECT seq % 3, 1990 + seq % 4, -seq / 8 FROM seq_1_to_40;
		CREATE TABLE i (u UUID PRIMARY KEY, i INET6); INSERT INTO i SELECT UUID(), '::1' FROM seq_1_to_9" d
	for table in a b c e g h i; do
		run_tool 0 dump "d.$table" --chunk-size=1
		check_chunks "$table"
		[ "$(printf '%s\n' "$output" | grep -c '"op":"chunk"')" -gt 3 ]
	done
}

@test "a range of a chunk selects just its rows at the server" {
	sql src "CREATE TABLE a (x INT, y VARCHAR(20), PRIMARY KEY (y, x)); INSERT INTO a SELECT seq, CONCAT('k', seq % 7) FROM seq_1_to_60" d
	run_tool 0 dump d.a --chunk-size=800
	check_chunks a
	while read -r after upto rows; do
		[ "$(sql src "SELECT COUNT(*) FROM a WHERE ($after) AND ($upto)" d)" = "$rows" ]
	done < <(printf '%s\n' "$output" | jq -rn '[inputs] | . as $all | range(0; length) as $i | $all[$i] |
		select(.op == "chunk") | . as $c | ($all[$i:] | map(select(.op == "chunk-end"))[0].rows) as $rows |
		"\(if .after then "(y,x)>(\u0027\(.after.y)\u0027,\(.after.x))" else "1" end) \(if .upto then "(y,x)<=(\u0027\(.upto.y)\u0027,\(.upto.x))" else "1" end) \($rows)"')
}

@test "a unique key without NULL serves where there is no primary key; others do not" {
	sql src "CREATE TABLE u (a INT NOT NULL, b INT, UNIQUE (b), UNIQUE k (a)); INSERT INTO u SELECT seq, NULL FROM seq_1_to_10;
		CREATE TABLE f (a FLOAT PRIMARY KEY); INSERT INTO f VALUES (1), (2);
		CREATE TABLE p (a TEXT NOT NULL, PRIMARY KEY (a(3))); INSERT INTO p VALUES ('aaaa'), ('b')" d
	run_tool 0 dump d.u --chunk-size=1
	check_chunks u
	[ "$(printf '%s\n' "$output" | grep -c '"op":"chunk"')" -eq 10 ]
	run_tool 0 dump d.f d.p --chunk-size=1
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "chunk") | [.id, .after, .upto]' | tr -d '\n')" = \
		'["d.f.1",null,null]["d.f.2",null,null]["d.p.1",null,null]["d.p.2",null,null]' ]
}

@test "a table without a key keeps its duplicates" {
	sql src "CREATE TABLE t (a INT, b TEXT); INSERT INTO t SELECT 1, REPEAT('x', 1000) FROM seq_1_to_300; INSERT INTO t VALUES (NULL, NULL), (NULL, NULL)" d
	run_tool 0 dump d --chunk-size=50K
	[ "$(rows | grep -c '^{"a":1,')" -eq 300 ]
	[ "$(rows | grep -c '^{"a":null,"b":null}$')" -eq 2 ]
	# Parts, of which the last one says so.
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "chunk-end") | [.id, .last]' | tr -d '\n')" = \
		'["d.t.1",null]["d.t.2",null]["d.t.3",null]["d.t.4",null]["d.t.5",null]["d.t.6",null]["d.t.7",true]' ]
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "chunk") | [.after, .upto]' | sort -u)" = '[null,null]' ]
	sql src 'TRUNCATE t' d
	run_tool 0 dump d
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "chunk-end") | [.id, .rows, .last]')" = '["d.t.1",0,true]' ]
}

@test "names with every awkward character" {
	printf 'CREATE DATABASE `a.b%%c``"`; CREATE TABLE `a.b%%c``"`.`x.\n'"'"'\\" ``y` (`%%s``"\n.é` INT PRIMARY KEY, `select` INT); INSERT INTO `a.b%%c``"`.`x.\n'"'"'\\" ``y` VALUES (1, 2), (2, 3)' | client src
	run_tool 0 dump '`a.b%c``"`' --chunk-size=1
	sql src 'DROP DATABASE `a.b%c``"`'
	[ "$(rows | head -n 1)" = '{"%s`\"\n.é":1,"select":2}' ]
	[ "$(printf '%s\n' "$output" | jq -r 'select(.op == "chunk").id' | head -n 1)" = '`a.b%c``"`.`x.' ]
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "chunk").upto' | head -n 1)" = '{"%s`\"\n.é":1}' ]
}

# --- the position

@test "the rows are exactly those of the position, while others write" {
	sql src 'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT); CREATE TABLE u (id INT AUTO_INCREMENT PRIMARY KEY);
		INSERT INTO t (v) SELECT seq FROM seq_1_to_20000; FLUSH BINARY LOGS' d
	# Each transaction adds a row to both tables.
	for _ in 1 2 3; do
		yes 'BEGIN; INSERT INTO t (v) VALUES (0); INSERT INTO u VALUES (); COMMIT;' | client src d >/dev/null 2>&1 3>&- &
		writers+=($!)
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		dump d.t d.u >"$BATS_TEST_TMPDIR/dump.$i"
	done
	for pid in $(sql src "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = 'd'"); do
		sql src "KILL $pid"
	done
	wait "${writers[@]}" || true
	read -r file < <(sql src 'SHOW MASTER STATUS')
	file=${file%%	*}
	sql src "SHOW BINLOG EVENTS IN '$file'" | awk -F '\t' '$3 == "Xid" {print $5}' >"$BATS_TEST_TMPDIR/commits"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(head -n 1 "$BATS_TEST_TMPDIR/dump.$i" | jq -r .pos.file)" = "$file" ]
		offset=$(head -n 1 "$BATS_TEST_TMPDIR/dump.$i" | jq -r .pos.offset)
		commits=$(awk -v to="$offset" '$1 <= to' "$BATS_TEST_TMPDIR/commits" | wc -l)
		[ "$(jq -c 'select(.op == "row" and .table == "u")' "$BATS_TEST_TMPDIR/dump.$i" | wc -l)" -eq "$commits" ]
		[ "$(jq -c 'select(.op == "row" and .table == "t")' "$BATS_TEST_TMPDIR/dump.$i" | wc -l)" -eq $((commits + 20000)) ]
	done
	[ "$commits" -gt 0 ]
}

@test "ALTER waits for the dump, so that the rows fit the schema at the position" {
	sql src 'CREATE TABLE a (id INT PRIMARY KEY, x LONGTEXT); INSERT INTO a SELECT seq, REPEAT("x", 100000) FROM seq_1_to_200;
		CREATE TABLE b (id INT PRIMARY KEY); INSERT INTO b VALUES (1)' d
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	dump d >"$BATS_TEST_TMPDIR/pipe" 3>&- &
	pid=$!
	exec 8<"$BATS_TEST_TMPDIR/pipe"
	head -c 100000 <&8 >"$BATS_TEST_TMPDIR/out"
	sql src 'ALTER TABLE b ADD COLUMN late INT DEFAULT 5, ALGORITHM=INSTANT' d 3>&- &
	alter=$!
	wait_until 10 'sql src "SHOW PROCESSLIST" | grep -q "metadata lock"'
	cat <&8 >>"$BATS_TEST_TMPDIR/out"
	exec 8<&-
	wait "$pid"
	wait "$alter"
	[ "$(jq -c 'select(.op == "row" and .table == "b").after' "$BATS_TEST_TMPDIR/out")" = '{"id":1}' ]
}

# --- what goes wrong

@test "a lost connection fails with 75 and leaves no end" {
	sql src 'CREATE TABLE a (id INT PRIMARY KEY, x LONGTEXT); INSERT INTO a SELECT seq, REPEAT("x", 100000) FROM seq_1_to_500' d
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	dump d >"$BATS_TEST_TMPDIR/pipe" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	exec 8<"$BATS_TEST_TMPDIR/pipe"
	head -c 100000 <&8 >"$BATS_TEST_TMPDIR/out"
	sql src "KILL $(sql src "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT%ORDER BY%' AND ID <> CONNECTION_ID()")"
	cat <&8 >>"$BATS_TEST_TMPDIR/out"
	exec 8<&-
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 75 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ]
	grep -q "^dts-dump: table 'd.a': reading rows failed on 'src': " "$BATS_TEST_TMPDIR/err"
	[ "$(grep -c '"op":"end"' "$BATS_TEST_TMPDIR/out")" -eq 0 ]
}

@test "a signal ends it by that signal, a closed pipe with status 5, both silently" {
	sql src 'CREATE TABLE a (id INT PRIMARY KEY, x LONGTEXT); INSERT INTO a SELECT seq, REPEAT("x", 100000) FROM seq_1_to_500' d
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	dts-dump --defaults-file="$(defaults)" -g src d >"$BATS_TEST_TMPDIR/pipe" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	exec 8<"$BATS_TEST_TMPDIR/pipe"
	head -c 100000 <&8 >"$BATS_TEST_TMPDIR/out"
	kill -TERM "$pid"
	cat <&8 >>"$BATS_TEST_TMPDIR/out"
	exec 8<&-
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 143 ]
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	[ "$(grep -c '"op":"end"' "$BATS_TEST_TMPDIR/out")" -eq 0 ]
	run_pipe '5 0' "dts-dump --defaults-file=$(defaults) -g src d | head -n 1"
	[ -z "$stderr" ]
}

@test "tables that no snapshot covers are refused by name" {
	sql src 'CREATE TABLE ok (id INT PRIMARY KEY); CREATE TABLE m (a INT) ENGINE=MyISAM; INSERT INTO m VALUES (1)' d
	run_tool 4 dump d
	[[ $stderr == "dts-dump: table 'd.m' has engine MyISAM, which no snapshot covers"* ]]
	[ -z "$output" ]
	run_tool 0 dump d --allow-nontransactional
	[ "$(rows)" = '{"a":1}' ]
	run_tool 0 dump d --ignore-table=d.m
	[ -z "$(rows)" ]
}

@test "system-versioned tables are refused by name, sequences are left out with a word" {
	sql src 'CREATE TABLE v (id INT PRIMARY KEY) WITH SYSTEM VERSIONING; INSERT INTO v VALUES (1); UPDATE v SET id = 2; CREATE SEQUENCE s' d
	run_tool 4 dump d
	[[ $stderr == "dts-dump: table 'd.v' is system-versioned: its history would be lost"* ]]
	run_tool 0 dump d --allow-versioned
	[ "$(rows)" = '{"id":2}' ]
	[ "$stderr" = "dts-dump: left out: sequence 'd.s'" ]
}

@test "what matches nothing is an error, and so is no operand" {
	sql src 'CREATE TABLE orders (id INT PRIMARY KEY)' d
	run_tool 4 dump d.orders d.ordres
	[[ $stderr == "dts-dump: nothing on server 'src' matches 'd.ordres'"* ]]
	[ -z "$output" ]
	run_tool 4 dump nope
	[ "${stderr_lines[1]}" = 'dts-dump: hint: upper and lower case count, and only what this account may see is there' ]
	for name in mysql dts 'm*.user'; do
		run_tool 4 dump "$name"
		[ "${stderr_lines[1]}" = "dts-dump: hint: the server's own databases, and 'dts' with the checkpoints, are never chosen" ]
	done
	run_tool 4 dump '*' --ignore-table='*'
	[[ ${stderr_lines[1]} == 'dts-dump: hint: what --ignore-table leaves out does not count, '* ]]
	run_tool 2 dump
	for option in --src= --resume= --checkpoint-db= --group=; do
		run_tool 2 dump $option d
		[ "${stderr_lines[0]}" = "dts-dump: option '${option%=}' needs a value that is not empty" ]
	done
	for spec in @dst c@; do
		run_tool 2 dump --resume=$spec d
		[[ $stderr == "dts-dump: --resume=$spec does not name "*'hint: --resume=CHECKPOINT@GROUP'* ]]
		[ -z "$output" ]
	done
	run_tool 2 dump 'd.`x'
	run_tool 2 dump d --chunk-size=many
}

@test "without a binary log there is no position" {
	servers_up nolog -- --skip-log-bin
	sql nolog 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)'
	run_tool 4 dts-dump --defaults-file="$(defaults)" -g nolog d
	[[ $stderr == "dts-dump: server 'nolog' writes no binary log, so there is no position to go on from"* ]]
	[ -z "$output" ]
}

@test "an account that may only read the tables is enough" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a','b')); INSERT INTO t VALUES (1, 'b');
		CREATE USER reader@'%' IDENTIFIED BY 'secret'; GRANT SELECT ON d.* TO reader@'%'" d
	echo secret >"$BATS_TEST_TMPDIR/password"
	run_tool 0 dump -u reader --password-file="$BATS_TEST_TMPDIR/password" d
	[ "$(rows)" = '{"id":1,"e":"b"}' ]
	MYSQL_PWD=wrong run_tool 4 dump -u reader d
	[[ $stderr == *'Access denied'* ]]
	sql src "DROP USER reader@'%'"
}

@test "a child whose parent is not selected is refused, if the foreign key changes rows" {
	sql src "CREATE TABLE p (id INT PRIMARY KEY, u INT, UNIQUE (u)); CREATE TABLE q (id INT PRIMARY KEY);
		CREATE TABLE c (id INT PRIMARY KEY, q INT, p INT COMMENT '\n  CONSTRAINT \`f.x\` FOREIGN KEY (', CONSTRAINT plain FOREIGN KEY (q) REFERENCES q (id),
			CONSTRAINT \`f.x\` FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL);
		CREATE TABLE e (id INT PRIMARY KEY, u INT, self INT, FOREIGN KEY (self) REFERENCES e (id) ON DELETE CASCADE,
			CONSTRAINT up FOREIGN KEY (u) REFERENCES p (u) ON DELETE NO ACTION ON UPDATE CASCADE);
		INSERT INTO c (id) VALUES (1);
		CREATE OR REPLACE USER reader@'%' IDENTIFIED BY 'secret'; GRANT SELECT ON d.* TO reader@'%'" d
	echo secret >"$BATS_TEST_TMPDIR/password"
	# Of an account that may only read, the catalog hides what foreign keys do; it is
	# read from SHOW CREATE TABLE, where 10.11.18 leaves a backtick in a name as it is.
	for account in "" "-u reader --password-file=$BATS_TEST_TMPDIR/password"; do
		# shellcheck disable=SC2086 # options or none
		run_tool 4 dump $account d.q d.c
		[ -z "$output" ]
		[ "${stderr_lines[0]}" = "dts-dump: table 'd.c': foreign key 'f.x' is ON DELETE SET NULL to 'd.p', which is not selected: what it does to rows is in no log" ]
		[ "${stderr_lines[1]}" = "dts-dump: hint: select the parent 'd.p' too, or accept with --allow-missing-parents that rows of the child will differ" ]
		# shellcheck disable=SC2086
		run_tool 4 dump $account d --ignore-table=d.p --ignore-table=d.c
		[[ $stderr == "dts-dump: table 'd.e': foreign key 'up' is ON UPDATE CASCADE to 'd.p', which is not selected"* ]]
		# shellcheck disable=SC2086
		run_tool 0 dump $account d.c --allow-missing-parents
		[ "$(rows)" = '{"id":1,"q":null,"p":null}' ]
		[ "$(jq -c '.foreign | map([.name, .delete, .update])' <<<"${lines[1]}")" = '[["f.x","SET NULL","RESTRICT"],["plain","RESTRICT","RESTRICT"]]' ]
		# shellcheck disable=SC2086
		run_tool 0 dump $account d --ignore-table=d.q # only restricts
	done
	sql src "DROP USER reader@'%'"
}

@test "an account that may read some columns only is refused, not given less" {
	sql src "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE t (id INT PRIMARY KEY, v INT, h INT INVISIBLE); INSERT INTO t VALUES (1, 2);
		CREATE OR REPLACE USER reader@'%' IDENTIFIED BY 'secret'; GRANT SELECT ON d.a TO reader@'%'; GRANT SELECT (id) ON d.t TO reader@'%'" d
	echo secret >"$BATS_TEST_TMPDIR/password"
	run_tool 4 dump -u reader --password-file="$BATS_TEST_TMPDIR/password" d
	[ -z "$output" ]
	[[ ${stderr_lines[0]} == "dts-dump: table 'd.t': this account may not read all of it: SELECT command denied"* ]]
	[ "${stderr_lines[1]}" = "dts-dump: hint: grant SELECT on the whole table, not on columns, or leave it out with --ignore-table" ]
	# Without the invisible one, which * does not ask for; and even of all columns foreign keys are hidden.
	sql src "GRANT SELECT (v) ON d.t TO reader@'%'"
	run_tool 4 dump -u reader --password-file="$BATS_TEST_TMPDIR/password" d
	sql src "GRANT SELECT (h) ON d.t TO reader@'%'"
	run_tool 4 dump -u reader --password-file="$BATS_TEST_TMPDIR/password" d
	[[ ${stderr_lines[0]} == "dts-dump: table 'd.t': this account may not read all of it: SHOW command denied"* ]]
	run_tool 0 dump -u reader --password-file="$BATS_TEST_TMPDIR/password" d --ignore-table=d.t
	sql src "GRANT SELECT ON d.t TO reader@'%'"
	run_tool 0 dump -u reader --password-file="$BATS_TEST_TMPDIR/password" d
	[ -z "$stderr" ]
	[ "$(rows)" = '{"id":1,"v":2,"h":null}' ]
	sql src "DROP USER reader@'%'"
}

@test "a log that will not do and prepared transactions are warned of" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY); SET GLOBAL binlog_format=MIXED, GLOBAL binlog_row_image=MINIMAL, GLOBAL binlog_row_metadata=MINIMAL" d
	sql src "XA START 'x'; INSERT INTO t VALUES (1); XA END 'x'; XA PREPARE 'x'" d
	run_tool 0 dump d
	sql src "XA ROLLBACK 'x'; SET GLOBAL binlog_format=ROW, GLOBAL binlog_row_image=FULL, GLOBAL binlog_row_metadata=FULL"
	[ -z "$(rows)" ]
	diff - <(printf '%s\n' "$stderr" | sort) <<-'X'
		dts-dump: warning: server 'src' has 1 prepared XA transactions (XA RECOVER), whose changes are neither in the snapshot nor behind its position: end them and start again
		dts-dump: warning: server 'src' has binlog_format=MIXED, so that changes are missing from its log as rows: SET GLOBAL binlog_format=ROW
		dts-dump: warning: server 'src' has binlog_row_image=MINIMAL, so that columns are missing from the rows in its log: SET GLOBAL binlog_row_image=FULL
	X
	run_tool 0 dump d
	[ -z "$stderr" ]
}

@test "a source that leaves databases out of its log is warned of" {
	servers_up part -- --binlog-ignore-db=quiet
	sql part 'CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY)'
	run_tool 0 dts-dump --defaults-file="$(defaults)" -g part d
	[ "$stderr" = "dts-dump: warning: server 'part' has binlog-ignore-db=quiet, so that changes are missing from its log" ]
	server remove part
}
