# dts-binlog: what servers compress in their logs: MariaDB's events (log_bin_compress) and columns,
# MySQL's transactions. The same changes, at the same positions, in bounded memory.
# Every type that way, from each server: t/types.bats.
# shellcheck disable=SC2154,SC2016 # status and its kin are set by run; SQL has its own backticks
load lib/dts

setup_file() {
	servers_up m10=mariadb
	servers_up m118=mariadb118 my=mysql97 || :
}

teardown_file() { servers_down; }

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

# need SERVER: skips where it has not come; an empty database b.
need() {
	case $1 in
	m118) kind_available mariadb118 || servers_or_skip ;;
	my) kind_available mysql97 || servers_or_skip ;;
	esac
	sql "$1" 'DROP DATABASE IF EXISTS b; CREATE DATABASE b'
	from=$(now "$1")
}

now() {
	local show='SHOW MASTER STATUS'

	[ "$1" != my ] || show='SHOW BINARY LOG STATUS'
	sql "$1" "$show" | awk 'NR == 1 { print $1 ":" $2 }'
}

binlog() { dts-binlog --defaults-file="$(defaults)" -g "$@"; }

# events SERVER: how many of each kind the log has since $from.
events() {
	sql "$1" "SHOW BINLOG EVENTS IN '${from%:*}' FROM ${from#*:}" | cut -f3 | sort | uniq -c
}

# The changes alone, without what tells one run of the same statements from another.
changes() { jq -c 'select(.op | IN("insert", "update", "delete", "ddl")) | del(.tx, .time, .context.timestamp)'; }

work="CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT, n INT) COMMENT '$(printf %0500d 7)';
	INSERT INTO t VALUES (1, REPEAT('x', 1000), 1), (2, REPEAT('y', 300), 2);
	INSERT INTO t VALUES (3, 'short', 3);
	UPDATE t SET v = CONCAT(v, REPEAT('z', 400)), n = n + 1;
	BEGIN; INSERT INTO t VALUES (4, REPEAT('q', 70000), 4); UPDATE t SET n = -n WHERE id = 4; SAVEPOINT s; DELETE FROM t WHERE id = 1; ROLLBACK TO s; COMMIT;
	DELETE FROM t WHERE id < 3"

@test "MariaDB: compressed rows and statements beside others are what they are without" {
	for server in m10 m118; do
		need $server
		sql $server "$work" b
		binlog $server --start-position="$from" >plain
		sql $server 'DROP TABLE t' b
		from=$(now $server)
		sql $server "SET GLOBAL log_bin_compress=ON, GLOBAL log_bin_compress_min_len=200"
		sql $server "$work" b
		sql $server 'SET GLOBAL log_bin_compress=OFF'
		events $server >kinds
		for kind in Write_rows_compressed_v1 Update_rows_compressed_v1 Delete_rows_compressed_v1 Query_compressed Write_rows_v1; do
			grep -q " $kind\$" kinds || { cat kinds; false; }
		done
		binlog $server --start-position="$from" >compressed
		diff <(changes <plain) <(changes <compressed)
		[ "$(grep -c '"op":"ddl"' compressed)" -eq 1 ]
		# Events of tables that nobody asked for need not be expanded, but are passed over.
		run_tool 0 binlog $server --start-position="$from" 'other.*'
		[ "${#lines[@]}" -eq 2 ]
	done
}

@test "MariaDB: values of COMPRESSED columns, short and long, empty and NULL, with names in the log and without" {
	for server in m10 m118; do
		for metadata in FULL NO_LOG; do
			need $server
			rm -f history*
			sql $server "CREATE TABLE c (id INT PRIMARY KEY, a VARCHAR(200) COMPRESSED, b VARCHAR(3000) COMPRESSED CHARACTER SET latin1, c TEXT COMPRESSED,
				d LONGTEXT COMPRESSED CHARACTER SET utf8mb4, e VARBINARY(255) COMPRESSED, f BLOB COMPRESSED, g TINYTEXT COMPRESSED, h VARCHAR(20), i MEDIUMBLOB COMPRESSED)" b
			sql $server "SET GLOBAL binlog_row_metadata=$metadata"
			binlog $server --start=now --schema-history=history b >/dev/null
			from=$(now $server)
			sql $server "SET NAMES utf8mb4; SET GLOBAL column_compression_threshold=20; INSERT INTO c (id) VALUES (1);
				INSERT INTO c VALUES (2, '', '', '', '', '', '', '', '', '');
				INSERT INTO c VALUES (3, 'a', 'ä', 'ö', '€', x'00ff', x'01', 'g', 'h', x'00');
				INSERT INTO c VALUES (4, REPEAT('aé', 100), REPEAT('ÿ', 3000), REPEAT('text ', 13000), REPEAT('𝄞', 50000), REPEAT(x'00ff', 127), REPEAT(x'01', 65000), REPEAT('g', 255), 'h',
					REPEAT('blob', 250000))" b
			sql $server "SET column_compression_zlib_wrap=ON; INSERT INTO c SELECT id + 10, a, b, c, d, e, f, g, h, i FROM c;
				UPDATE c SET a = REPEAT('b', 150), i = NULL WHERE id > 10; DELETE FROM c WHERE id = 4" b
			binlog $server --start-position="$from" --schema-history=history b >log
			sql $server "SET GLOBAL binlog_row_metadata=FULL"
			dts-dump --defaults-file="$(defaults)" -g $server b | jq -c 'select(.op == "row").after' >rows
			# What the log leaves is what the table holds.
			jq -sc 'reduce .[] as $r ({}; if $r.op == "insert" or $r.op == "update" then .["\($r.after.id)"] = $r.after elif $r.op == "delete" then del(.["\($r.before.id)"]) else . end)
				| [.[]] | sort_by(.id)[]' log >kept
			[ "$(wc -l <rows)" -eq 7 ]
			cmp rows kept
			[ "$(grep -c '"op":"insert"' log)" -eq 8 ]
		done
	done
}

@test "MySQL: compressed transactions are what they are without, each with the position behind it" {
	need my
	sql my "$work" b
	binlog my --start-position="$from" >plain
	sql my 'DROP TABLE t' b
	from=$(now my)
	before=$(sql my 'SELECT REPLACE(@@global.gtid_executed, "\n", "")')
	sql my "SET binlog_transaction_compression=ON; $work" b
	events my >kinds
	[ "$(awk '$2 == "Transaction_payload" { print $1 }' kinds)" -ge 4 ]
	binlog my --start-gtid="$before" >compressed
	diff <(changes <plain) <(changes <compressed)
	# Going on behind any of them gives the rest.
	jq -rc 'select(.op == "commit") | "\(.pos.file):\(.pos.offset) \(.tx)"' compressed >ends
	[ "$(wc -l <ends)" -ge 5 ]
	while read -r pos tx; do
		before+=,$tx
		binlog my --start-position="$pos" | changes >rest
		changes <compressed | tail -n "$(wc -l <rest)" | cmp - rest
		binlog my --start-gtid="$before" | changes | cmp - rest
		# What is before it, and no more.
		binlog my --start-position="$from" --stop-position="$pos" | changes >first
		changes <compressed | cat first rest | cmp - <(changes <compressed)
	done <ends
	[ ! -s rest ]
}

@test "MySQL: a compressed transaction is taken apart piece by piece, whatever its size" {
	need my
	sql my "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT); INSERT INTO t (v) VALUES (REPEAT('x', 4000)); SET SESSION cte_max_recursion_depth = 100000" b
	from=$(now my)
	sql my "SET binlog_transaction_compression=ON; SET SESSION cte_max_recursion_depth = 100000;
		INSERT INTO t (v) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT REPEAT(CHAR(65 + i % 26), 4000) FROM n" b
	[ "$(events my | awk '$2 == "Transaction_payload" { print $1 }')" -eq 1 ]
	python3 "$DTS_ROOT/t/lib/peak" peak dts-binlog --defaults-file="$(defaults)" -g my --start-position="$from" >log
	[ "$(grep -c '"op":"insert"' log)" -eq 50000 ]
	[ "$(wc -c <log)" -gt 200000000 ]
	# 200 MB of rows.
	echo "$(<peak) KiB"
	[ "$(<peak)" -lt 65536 ]
}
