# dts-dump with several readers: shards, splitting, positions, limits.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up src ma=mariadb118 my=mysql97 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	for s in src ma my; do
		sql "$s" 'SET foreign_key_checks=0; DROP DATABASE IF EXISTS d; CREATE DATABASE d CHARACTER SET utf8mb4'
	done
}

dump() {
	timeout 100 dts-dump --defaults-file="$(defaults)" -g "$@"
}

# N rows of one column of numbers from 1, as a derived table.
numbers() {
	echo "(WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < $1) SELECT seq FROM s) s"
}

# key_tables NAME: tables whose names say what their keys are, with random rows.
key_tables() {
	local n=${DTS_ROWS:-200} r="RAND($DTS_SEED)" deep='SET SESSION cte_max_recursion_depth=100000;'

	kind_is_mysql "$1" || deep='SET SESSION max_recursive_iterations=100000;'
	sql "$1" "$deep
		CREATE TABLE k_int (id INT PRIMARY KEY, v INT); INSERT INTO k_int SELECT seq * 3, seq FROM $(numbers "$n");
		CREATE TABLE k_outlier (id BIGINT PRIMARY KEY, v INT); INSERT INTO k_outlier SELECT seq, seq FROM $(numbers "$n");
		INSERT INTO k_outlier VALUES (9223372036854775807, 1), (-9223372036854775808, 2);
		CREATE TABLE k_negative (id INT PRIMARY KEY, v INT); INSERT INTO k_negative SELECT -seq * 7, seq FROM $(numbers "$n");
		CREATE TABLE k_unsigned (id BIGINT UNSIGNED PRIMARY KEY); INSERT INTO k_unsigned SELECT 18446744073709551615 - seq * seq FROM $(numbers "$n");
		INSERT INTO k_unsigned VALUES (0), (18446744073709551615);
		CREATE TABLE k_composite (a INT, b VARCHAR(20), c INT, v INT, PRIMARY KEY (a, b, c));
		INSERT IGNORE INTO k_composite SELECT seq % 3, CONCAT('b', FLOOR($r * 9)), seq, seq FROM $(numbers "$n");
		CREATE TABLE k_ci (s VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY);
		INSERT IGNORE INTO k_ci SELECT CONCAT(ELT(1 + FLOOR($r * 8), 'a', 'B', 'é', 'ß', 'z ', 'Ä', '😀', ''), FLOOR($r * $n)) FROM $(numbers "$n");
		CREATE TABLE k_general (s CHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, n INT, PRIMARY KEY (s, n));
		INSERT IGNORE INTO k_general SELECT ELT(1 + FLOOR($r * 8), 'a', 'B', 'É', 'e', 'z ', 'ä', '', 'ab'), seq FROM $(numbers "$n");
		CREATE TABLE k_latin1 (s VARCHAR(30) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY);
		INSERT IGNORE INTO k_latin1 SELECT CONCAT(ELT(1 + FLOOR($r * 6), 'ae', 'ä', 'Ö', 'oe', 'x', '%'), FLOOR($r * $n)) FROM $(numbers "$n");
		CREATE TABLE k_bin (s VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY) SELECT s FROM k_ci;
		CREATE TABLE k_binary (b BINARY(5) PRIMARY KEY); INSERT IGNORE INTO k_binary SELECT UNHEX(SUBSTR(SHA2(seq, 256), 1, 1 + 2 * (seq % 5) + 1)) FROM $(numbers "$n");
		CREATE TABLE k_varbinary (b VARBINARY(20) PRIMARY KEY); INSERT IGNORE INTO k_varbinary SELECT UNHEX(SUBSTR(SHA2(seq, 256), 1, 2 + 2 * (seq % 9))) FROM $(numbers "$n");
		CREATE TABLE k_decimal (x DECIMAL(30,10) PRIMARY KEY); INSERT IGNORE INTO k_decimal SELECT ($r - 0.5) * POW(10, seq % 15) FROM $(numbers "$n");
		CREATE TABLE k_date (x DATE, y TIME(2), PRIMARY KEY (x, y)); INSERT IGNORE INTO k_date
			SELECT DATE_ADD('1999-12-25', INTERVAL FLOOR($r * 20) DAY), SEC_TO_TIME((seq - 200) * 500.25) FROM $(numbers "$n");
		CREATE TABLE k_stamp (x TIMESTAMP(3) PRIMARY KEY DEFAULT '2000-01-01'); INSERT IGNORE INTO k_stamp SELECT FROM_UNIXTIME(1 + seq * 4000000 + 0.125) FROM $(numbers "$n");
		CREATE TABLE k_enum (e ENUM('z','a','m'), s SET('q','b'), n INT, PRIMARY KEY (e, s, n)); INSERT INTO k_enum SELECT 1 + seq % 3, seq % 4, seq FROM $(numbers "$n");
		CREATE TABLE k_bit (b BIT(40), y YEAR, PRIMARY KEY (b, y)); INSERT INTO k_bit SELECT FLOOR(seq / 2) * 99999, 1990 + seq % 2 FROM $(numbers "$n");
		CREATE TABLE k_unique (a INT NULL, b INT NOT NULL, UNIQUE (a), UNIQUE u (b)); INSERT INTO k_unique SELECT NULL, seq * 2 FROM $(numbers "$n");
		CREATE TABLE k_none (a INT, b INT); INSERT INTO k_none SELECT seq % 10, seq % 7 FROM $(numbers "$n");
		CREATE TABLE k_parts (id INT PRIMARY KEY, v INT) PARTITION BY HASH (id) PARTITIONS 4; INSERT INTO k_parts SELECT seq, seq FROM $(numbers "$n");
		CREATE TABLE k_empty (id INT PRIMARY KEY); CREATE TABLE k_one (id INT PRIMARY KEY); INSERT INTO k_one VALUES (1)" d
	if kind_is_mysql "$1" || [ "$1" = ma ]; then
		# Values that differ only far behind, where sorting does not look by itself.
		sql "$1" "$deep CREATE TABLE k_long (s VARCHAR(750) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci, b INT, PRIMARY KEY (s DESC, b));
			INSERT INTO k_long SELECT CONCAT(REPEAT('y', 680), SHA2(seq, 256)), seq FROM $(numbers "$n")" d
		sql "$1" "$deep CREATE TABLE k_desc (a INT, b INT, PRIMARY KEY (a, b DESC)); INSERT INTO k_desc SELECT seq % 20, seq FROM $(numbers "$n");
			CREATE TABLE k_alldesc (a INT, b INT, PRIMARY KEY (a DESC, b DESC)); INSERT INTO k_alldesc SELECT seq % 20, seq FROM $(numbers "$n")" d
	fi
	# Keys of which the server keeps hashes have no order.
	kind_is_mysql "$1" || sql "$1" "$deep CREATE TABLE k_hashed (s MEDIUMTEXT NOT NULL, UNIQUE (s)); INSERT INTO k_hashed SELECT CONCAT(REPEAT('x', 3000), SHA2(seq, 256)) FROM $(numbers "$n");
		CREATE TABLE k_hashed_bytes (b BLOB NOT NULL, UNIQUE (b)); INSERT INTO k_hashed_bytes SELECT s FROM k_hashed;
		CREATE TABLE k_hashed_long (s VARCHAR(8000) NOT NULL, UNIQUE (s)); INSERT INTO k_hashed_long SELECT s FROM k_hashed;
		CREATE TABLE k_hashed_int (a INT NOT NULL, UNIQUE (a) USING HASH); INSERT INTO k_hashed_int SELECT seq * 17 % 1009 FROM $(numbers "$n")" d
	kind_is_mysql "$1" || sql "$1" "$deep CREATE TABLE k_uuid (u UUID PRIMARY KEY, v INT); INSERT INTO k_uuid SELECT IF(seq % 2, UUID(), CONCAT(seq * 9999 + 10000000, '-1111-7', 100 + seq, '-8888-', '123456789012')), 1 FROM $(numbers "$n") ;
		CREATE TABLE k_inet (i INET6 PRIMARY KEY); INSERT INTO k_inet SELECT CONCAT(HEX(seq % 10), '::', HEX(seq)) FROM $(numbers "$n")" d
}

# Every chunk of FILE asked for at the server NAME by its own after and upto; and
# the chunks of a table follow one another from edge to edge.
check_ranges() {
	python3 "$DTS_ROOT/t/lib/chunk-ranges" "$2" >"$BATS_TEST_TMPDIR/ranges" || { cat "$BATS_TEST_TMPDIR/ranges"; return 1; }
	cut -f1 "$BATS_TEST_TMPDIR/ranges" | client "$1" d >"$BATS_TEST_TMPDIR/counted"
	cut -f2 "$BATS_TEST_TMPDIR/ranges" | diff - "$BATS_TEST_TMPDIR/counted" || { paste "$BATS_TEST_TMPDIR/ranges" "$BATS_TEST_TMPDIR/counted" | head; return 1; }
}

# The rows of FILE are those of one reader, in any order.
same_as_one() {
	jq -c 'select(.op == "row") | [.table, .after]' "$2" | sort >"$BATS_TEST_TMPDIR/many"
	dump "$1" "${@:3}" 2>/dev/null | jq -c 'select(.op == "row") | [.table, .after]' | sort >"$BATS_TEST_TMPDIR/single"
	diff "$BATS_TEST_TMPDIR/single" "$BATS_TEST_TMPDIR/many" | head -n 5
	cmp "$BATS_TEST_TMPDIR/single" "$BATS_TEST_TMPDIR/many"
}

# --- shards

@test "whatever the key, each row is in one chunk, whose range has just its rows" {
	local s t n

	for s in $(drawn src ma my); do
		key_tables "$s"
		random 1 2000
		dump "$s" d -j4 --chunk-size="$REPLY" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR/err"; false; }
		while read -r t; do
			n=$(sql "$s" "SELECT COUNT(*) FROM $t" d)
			[ "$(grep -c "^{\"op\":\"row\",\"db\":\"d\",\"table\":\"$t\"" "$BATS_TEST_TMPDIR/out")" = "$n" ] || { echo "$s $t: not $n rows"; false; }
		done < <(sql "$s" 'SHOW TABLES' d)
		check_ranges "$s" "$BATS_TEST_TMPDIR/out"
		same_as_one "$s" "$BATS_TEST_TMPDIR/out" d
	done
}

@test "tables and shards are shared out: more than one reader works on one table" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY, x TEXT); INSERT INTO t SELECT seq, REPEAT("x", 500) FROM seq_1_to_20000; ANALYZE TABLE t;
		SET GLOBAL log_output="TABLE", GLOBAL general_log=1; TRUNCATE mysql.general_log' d
	dump src d -j3 --chunk-size=64K >"$BATS_TEST_TMPDIR/out" 2>/dev/null
	sql src 'SET GLOBAL general_log=0'
	[ "$(sql src "SELECT COUNT(DISTINCT thread_id) FROM mysql.general_log WHERE command_type <> 'Prepare' AND argument LIKE 'SELECT \`id\`,\`x\` FROM%'")" = 3 ]
	# Each asks for about a chunk at a time.
	[ "$(sql src "SELECT COUNT(*) > 100 FROM mysql.general_log WHERE command_type <> 'Prepare' AND argument LIKE 'SELECT \`id\`,\`x\` FROM%'")" = 1 ]
	check_ranges src "$BATS_TEST_TMPDIR/out"
	[ "$(grep -c '"op":"row"' "$BATS_TEST_TMPDIR/out")" = 20000 ]
}

@test "queries read ranges of the index, sorting nothing, unless a key's parts differ in direction" {
	local s queries

	for s in ma my; do
		sql "$s" "CREATE TABLE c (a INT, b INT, s VARCHAR(20), v TEXT, PRIMARY KEY (a, b, s)); INSERT INTO c SELECT seq % 7, seq % 30, seq, REPEAT('v', 100) FROM $(numbers 900);
			CREATE TABLE u (a INT NOT NULL, b INT NOT NULL, v TEXT, KEY (v(5)), UNIQUE (a, b)); INSERT INTO u SELECT seq % 7, seq, REPEAT('v', 100) FROM $(numbers 900);
			CREATE TABLE e (a INT, b INT, v TEXT, PRIMARY KEY (a DESC, b DESC)); INSERT INTO e SELECT seq % 7, seq, REPEAT('v', 100) FROM $(numbers 900);
			CREATE TABLE m (a INT, b INT, v TEXT, PRIMARY KEY (a, b DESC)); INSERT INTO m SELECT seq % 7, seq, REPEAT('v', 100) FROM $(numbers 900); ANALYZE TABLE c, u, e, m;
			SET GLOBAL log_output='TABLE', GLOBAL general_log=1; TRUNCATE mysql.general_log" d >/dev/null
		dump "$s" d -j2 --chunk-size=20K >"$BATS_TEST_TMPDIR/out" 2>/dev/null
		sql "$s" 'SET GLOBAL general_log=0'
		check_ranges "$s" "$BATS_TEST_TMPDIR/out"
		sql "$s" "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type <> 'Prepare' AND argument LIKE 'SELECT %LIMIT %' AND argument LIKE '% WHERE %>%'" >"$BATS_TEST_TMPDIR/queries"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/queries")" -gt 20 ]
		sed 's/^/EXPLAIN FORMAT=TRADITIONAL /; s/$/;/' "$BATS_TEST_TMPDIR/queries" | client "$s" d >"$BATS_TEST_TMPDIR/plans"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/plans")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/queries")" ]
		run ! grep -E 'filesort|	ALL	' "$BATS_TEST_TMPDIR/plans"
		# The rest of m, in one query.
		queries=$(sql "$s" "SELECT COUNT(*) FROM mysql.general_log WHERE command_type <> 'Prepare' AND argument LIKE 'SELECT \`a\`,\`b\`,\`v\` FROM \`d\`.\`m\`%'")
		[ "$queries" -le 2 ]
		[ "$(grep -c '"op":"chunk",.*"table":"m"' "$BATS_TEST_TMPDIR/out")" -gt 5 ]
	done
}

@test "statistics that are out of date only cost time" {
	sql src "CREATE TABLE t (s CHAR(64) PRIMARY KEY, x TEXT) STATS_AUTO_RECALC=0 STATS_PERSISTENT=1; ANALYZE TABLE t;
		INSERT INTO t SELECT SHA2(seq, 256), REPEAT('x', 300) FROM seq_1_to_20000;
		SET GLOBAL log_output='TABLE', GLOBAL general_log=1; TRUNCATE mysql.general_log" d >/dev/null
	dump src d -j2 --chunk-size=64K >"$BATS_TEST_TMPDIR/out" 2>/dev/null
	sql src 'SET GLOBAL general_log=0'
	[ "$(sql src "SELECT COUNT(DISTINCT thread_id) FROM mysql.general_log WHERE command_type <> 'Prepare' AND argument LIKE 'SELECT \`s\`,\`x\` FROM%'")" = 2 ]
	[ "$(jq -r 'select(.op == "row").after.s' "$BATS_TEST_TMPDIR/out" | sort -u | wc -l)" = 20000 ]
}

# --- positions

@test "each of several readers has its own position where there is no common one" {
	sampled 3
	sql src 'CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v INT); INSERT INTO a (v) SELECT seq FROM seq_1_to_5000;
		CREATE TABLE n (v INT); INSERT INTO n VALUES (1);
		CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON UPDATE CASCADE);
		INSERT INTO p SELECT seq FROM seq_1_to_3000; INSERT INTO c SELECT seq, seq FROM seq_1_to_3000; FLUSH BINARY LOGS' d
	writers=()
	for i in 1 2 3 4; do
		yes 'INSERT INTO a (v) VALUES (1); INSERT INTO n VALUES (2);' | client src d >/dev/null 2>&1 3>&- &
		writers+=($!)
	done
	# The log may rest for a moment by luck, but not forever.
	for i in $(seq 60); do
		dump src d -j3 --lock=none --chunk-size=20K >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR/err"; break; }
		[ "$(grep -o '^{"op":"chunk",.*' "$BATS_TEST_TMPDIR/out" | jq -c .pos | sort -u | wc -l)" -eq 1 ] || break
	done
	for pid in $(sql src "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = 'd'"); do sql src "KILL $pid" || :; done
	wait "${writers[@]}" || :
	out=$BATS_TEST_TMPDIR/out
	grep -q '"op":"end"' "$out"
	[ "$(jq -c 'select(.op == "chunk").pos' "$out" | sort -u | wc -l)" -gt 1 ]
	[ "$(jq -c 'select(.op == "chunk").pos' "$out" | sort -u | wc -l)" -le 3 ]
	# What a reader says of a chunk is exact on MariaDB.
	jq -c 'select(.op == "chunk" or .op == "chunk-end").pos' "$out" | uniq -c | awk '$1 % 2 { exit 1 }'
	# The stream begins at the lowest.
	[ "$(jq -s 'map(select(.op == "chunk").pos.offset) | min' "$out")" -ge "$(head -n 1 "$out" | jq .pos.offset)" ]
	# Parent and child, and a table without a key: at one position.
	[ "$(jq -c 'select(.op == "chunk" and (.table == "p" or .table == "c")).pos' "$out" | sort -u | wc -l)" = 1 ]
	[ "$(jq -c 'select(.op == "chunk" and .table == "n").pos' "$out" | sort -u | wc -l)" = 1 ]
	# The rows of n are those that the log has before its position.
	offset=$(jq -c 'select(.op == "chunk" and .table == "n").pos.offset' "$out" | head -n 1)
	file=$(head -n 1 "$out" | jq -r .pos.file)
	want=$(dts-binlog --defaults-file="$(defaults)" -g src --start-position="$file:4" --stop-position="$file:$offset" d.n | grep -c '"op":"insert"') || :
	[ "$(grep -c '^{"op":"row","db":"d","table":"n"' "$out")" -eq "$((want + 1))" ]
}

# --- what is read

@test "--columns: only these, and the keys that are whole" {
	sql src "CREATE TABLE q (id INT PRIMARY KEY); CREATE TABLE t (id INT, b INT, c INT, \`d,e\` INT, g INT AS (b + 1), PRIMARY KEY (id), UNIQUE u (b, c), UNIQUE w (c),
			CONSTRAINT f FOREIGN KEY (b) REFERENCES q (id), CONSTRAINT h FOREIGN KEY (c) REFERENCES q (id)); CREATE TABLE o (a INT, b INT); INSERT INTO o VALUES (1, 2);
		INSERT INTO q VALUES (1), (2); INSERT INTO t (id, b, c, \`d,e\`) VALUES (7, 1, 2, 3)" d
	run_tool 0 dump src d --columns='d.*:id' --columns='d.t:`d,e`,c,id' --columns=d.o:b
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "row") | [.table, .after]' | tr -d '\n')" = '["o",{"b":2}]["q",{"id":1}]["q",{"id":2}]["t",{"id":7,"c":2,"d,e":3}]' ]
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op == "schema" and .table == "t") | [[.columns[].name], .primary, .unique, [.foreign[].name]]')" = \
		'[["id","c","d,e"],["id"],[{"name":"w","columns":["c"]}],["h"]]' ]
	run_tool 4 dump src d --columns=d.t:b
	[ "${stderr_lines[0]}" = "dts-dump: table 'd.t': --columns leaves out 'id' of the key by which rows are told apart" ]
	[ -z "$output" ]
	run_tool 4 dump src d --columns=d.t:id,nope
	[ "${stderr_lines[0]}" = "dts-dump: table 'd.t': --columns: there is no column 'nope'" ]
	run_tool 4 dump src d --columns=d.tt:id
	[ "$stderr" = "dts-dump: no selected table matches --columns 'd.tt:id'" ]
	run_tool 2 dump src d --columns=d.t
	run_tool 2 dump src d --columns=d.t:id,,b
	run_tool 2 dump src d --columns='d.t:`id'
}

@test "--columns: changes do not follow such a copy, but those of other tables do" {
	local from="--defaults-file=$(defaults) -g src" to="--defaults-file=$(defaults) -g ma"

	sql src "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT); INSERT INTO t VALUES (1, 2, 3); CREATE TABLE w (id INT PRIMARY KEY, a INT); INSERT INTO w VALUES (1, 2)" d
	sql ma 'DROP DATABASE d; DROP DATABASE IF EXISTS dts'
	run_pipe '0 0' "dts-schema $from d | dts-apply $to"
	run_pipe '0 0 0' "dts-dump $from --src=s --columns=d.t:a,id --columns=d.w:a,id d | tee '$BATS_TEST_TMPDIR/in' | dts-apply $to --allow-extra-columns --checkpoint=c"
	[ "$(jq -c 'select(.op == "schema") | [.table, .source.partial]' "$BATS_TEST_TMPDIR/in" | tr -d '\n')" = '["t",true]["w",null]' ]
	sql src 'INSERT INTO t VALUES (2, 3, 4); INSERT INTO w VALUES (2, 3)' d
	run_tool 4 dts-binlog --defaults-file="$(defaults)" -g src --src=s --resume=c@ma d
	[ "${stderr_lines[0]}" = "dts-binlog: table 'd.t' was copied without some of its columns: its changes cannot be followed" ]
	[ "${stderr_lines[1]}" = 'dts-binlog: hint: leave it out with --ignore-table, or copy it with all columns under a new checkpoint' ]
	[ -z "$output" ]
	run_pipe '0 0' "dts-binlog $from --src=s --resume=c@ma --ignore-table=d.t d | dts-apply $to --checkpoint=c"
	[ "$(sql ma 'SELECT * FROM w' d)" = $'1\t2\n2\t3' ]
	[ "$(sql ma 'SELECT id, a, b FROM t' d)" = $'1\t2\tNULL' ]
}

@test "--where: only these rows, with any reader" {
	sql src "CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t SELECT seq, seq % 10 FROM seq_1_to_3000; CREATE TABLE n (v INT); INSERT INTO n VALUES (1), (2), (9)" d
	for jobs in 1 4; do
		dump src d -j$jobs --chunk-size=2K --where='d.*:v = 3 OR v = 9 -- a comment' --where='`d`./^[t:]$/:v = 4 OR v = 5' >"$BATS_TEST_TMPDIR/out" 2>/dev/null
		[ "$(jq -c 'select(.op == "row" and .table == "t").after' "$BATS_TEST_TMPDIR/out" | sort -u | wc -l)" = 600 ]
		[ "$(jq -c 'select(.op == "row" and .table == "t").after.v' "$BATS_TEST_TMPDIR/out" | sort | uniq -c | awk '{print $1, $2}' | tr '\n' ' ')" = '300 4 300 5 ' ]
		[ "$(jq -c 'select(.op == "row" and .table == "n").after.v' "$BATS_TEST_TMPDIR/out")" = 9 ]
	done
	run_tool 4 dump src d --where='d.t:nope = 1'
	[[ $stderr == "dts-dump: table 'd.t': --where: "*"Unknown column 'nope'"* ]]
	[ -z "$output" ]
	run_tool 4 dump src d --where='x.t:v = 1'
	run_tool 2 dump src d --where=d.t:
	for bad in 'v<3) or (1=1' '(v<3' 'v<3)' "v<3 or 'it" '1=1 /*! ) or ( */'; do
		run_tool 2 dump src d --where="d.t:$bad"
		[ "${stderr_lines[0]}" = "dts-dump: --where 'd.t:$bad': brackets or quotes of the condition are not in pairs" ]
		[ -z "$output" ]
	done
	for good in "v IN (3, 4) OR CONCAT(v) IN ('(', ')', 'it''s (', '\\'(')" 'v IN (3, /* :) */ 4) # :(' $'v=3 -- )\n or v=4' 'v=3 or `v`=4'; do
		run_tool 0 dump src d --where="d.t:$good"
		[ "$(grep -c '"op":"row","db":"d","table":"t"' <<<"$output")" = 600 ]
	done
}

# --- how fast

@test "--limit-rate: so many bytes a second over all readers" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY, x TEXT); INSERT INTO t SELECT seq, REPEAT("x", 1000) FROM seq_1_to_2000' d
	start=${EPOCHREALTIME/./}
	dump src d -j4 --chunk-size=50K --limit-rate=1M >"$BATS_TEST_TMPDIR/out" 2>/dev/null
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
	# 2.1 MB, of which the last chunks are not waited for.
	[ "$took" -ge 1500 ]
	[ "$(grep -c '"op":"row"' "$BATS_TEST_TMPDIR/out")" = 2000 ]
}

@test "--throttle: waits while the server is busy, names that it does not have are refused" {
	sql src 'CREATE TABLE t (id INT PRIMARY KEY, x TEXT); INSERT INTO t SELECT seq, REPEAT("x", 1000) FROM seq_1_to_100' d
	sql src "SELECT GET_LOCK('busy', 1); DO SLEEP(1000)" >/dev/null 2>&1 3>&- &
	busy=$!
	wait_until 10 '[ "$(sql src "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE \"DO SLEEP%\"")" = 1 ]'
	connected=$(sql src "SHOW GLOBAL STATUS LIKE 'Threads_connected'" | cut -f2)
	# The sleeper is one, we are three.
	dts-dump --defaults-file="$(defaults)" -g src d -j2 --throttle=threads_connected:$((connected + 1)) >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	wait_until 20 'sql src "SHOW PROCESSLIST" | grep -q "SHOW GLOBAL STATUS WHERE" || [ "$(sql src "SHOW GLOBAL STATUS LIKE \"Com_show_status\"" | cut -f2)" -gt 3 ]'
	run ! grep -q '"op":"row"' "$BATS_TEST_TMPDIR/out"
	kill -0 "$pid"
	wait_until 20 'grep -q "waiting: threads_connected is" "$BATS_TEST_TMPDIR/err"'
	grep -q "^dts-dump: waiting: threads_connected is [0-9]*, above $((connected + 1)) (--throttle)$" "$BATS_TEST_TMPDIR/err"
	sql src "KILL $(sql src "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'")"
	wait "$busy" || :
	kill -TERM "$pid"
	wait "$pid" || :
	run_tool 0 dump src d --throttle=Threads_connected:100000 --throttle=Threads_running:99999
	[ "$(printf '%s\n' "$output" | grep -c '"op":"row"')" = 100 ]
	run_tool 4 dump src d --throttle=Threads_runing:5
	[ "${stderr_lines[0]}" = "dts-dump: --throttle: server 'src' has no status variable 'Threads_runing'" ]
	# Found before anything is locked.
	flushes() { sql src "SHOW GLOBAL STATUS LIKE 'Com_flush'" | cut -f2; }
	before=$(flushes)
	run_tool 4 dump src d --lock=ftwrl --throttle=Threads_runing:5
	[ "$(flushes)" = "$before" ]
	run_tool 4 dump src d --throttle=Ssl_cipher:5
	run_tool 2 dump src d --throttle=threads_running:0
	[[ $stderr == *"would wait for ever: whoever asks is one"* ]]
	run_tool 2 dump src d --throttle=Threads_running
	run_tool 2 dump src d --throttle=Threads_running:many
}

@test "the command line: readers, locks" {
	run_tool 2 dump src d -j0
	run_tool 2 dump src d -j65
	run_tool 2 dump src d -j x
	run_tool 2 dump src d --lock=some
	[ "$stderr" = "dts-dump: --lock 'some' is none of auto, none, tables, ftwrl and backup" ]
	sql src 'CREATE TABLE t (id INT PRIMARY KEY)' d
	for lock in none tables ftwrl backup auto; do
		run_tool 0 dump src d -j2 --lock=$lock
		[ "${#lines[@]}" -eq 5 ]
	done
	sql my 'CREATE TABLE t (id INT PRIMARY KEY)' d
	run_tool 4 dump my d -j2 --lock=backup
	[ -z "$output" ]
}

# --- what goes wrong

big_table() {
	sql "$1" "CREATE TABLE t (id INT PRIMARY KEY, x LONGTEXT); INSERT INTO t SELECT seq, REPEAT('x', 50000) FROM $(numbers 600);
		CREATE TABLE n (x LONGTEXT); INSERT INTO n SELECT x FROM t LIMIT 300" d
}

@test "one lost connection ends all with 75 and no end" {
	for s in src my; do
		big_table "$s"
		rm -f "$BATS_TEST_TMPDIR/pipe"
		mkfifo "$BATS_TEST_TMPDIR/pipe"
		dump "$s" d -j3 --chunk-size=100K >"$BATS_TEST_TMPDIR/pipe" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
		pid=$!
		exec 8<"$BATS_TEST_TMPDIR/pipe"
		head -c 100000 <&8 >"$BATS_TEST_TMPDIR/out"
		sql "$s" "KILL $(sql "$s" "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT \`x\`%' AND ID <> CONNECTION_ID()")"
		cat <&8 >>"$BATS_TEST_TMPDIR/out"
		exec 8<&-
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq 75 ]
		grep -q "^dts-dump: table 'd.n': reading rows failed on '$s': " "$BATS_TEST_TMPDIR/err"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 2 ] # with the note of the position
		run ! grep '"op":"end"' "$BATS_TEST_TMPDIR/out"
	done
}

@test "a signal ends all readers by that signal, a closed pipe with status 5" {
	big_table src
	for signal in INT TERM; do
		rm -f "$BATS_TEST_TMPDIR/pipe"
		mkfifo "$BATS_TEST_TMPDIR/pipe"
		# What this shell starts in the background ignores SIGINT.
		python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])' \
			dts-dump --defaults-file="$(defaults)" -g src d -j4 --chunk-size=100K >"$BATS_TEST_TMPDIR/pipe" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
		pid=$!
		exec 8<"$BATS_TEST_TMPDIR/pipe"
		head -c 100000 <&8 >"$BATS_TEST_TMPDIR/out"
		kill -$signal "$pid"
		status=0
		wait "$pid" || status=$?
		exec 8<&-
		[ "$status" -eq $((128 + $(kill -l $signal))) ]
		[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ]
	done
	run_pipe '5 0' "dts-dump --defaults-file=$(defaults) -g src d -j4 --chunk-size=100K | head -n 1"
	[ "${#stderr_lines[@]}" -eq 1 ]
}
