#!/usr/bin/env bats
# Two servers that both write: each takes what the other's users have written, and nothing comes back.
load lib/dts

setup_file() {
	local kinds

	kinds=$(DTS_SAMPLES='' drawn mariadb:mariadb118 mysql97:mysql97)
	servers_up a="${kinds%:*}" b="${kinds#*:}" -- --binlog-row-metadata=FULL || return 0
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR"
	writers=() pipes=()
	for server in a b; do
		sql "$server" 'DROP DATABASE IF EXISTS dts; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop'
		sql "$server" 'CREATE TABLE t (id INT PRIMARY KEY, side CHAR(1) NOT NULL, n INT NOT NULL);
			CREATE TABLE log (side CHAR(1) NOT NULL, n INT NOT NULL, KEY (side, n))' shop
		sql "$server" "INSERT INTO t SELECT 0, '-', 0" shop
	done
}

teardown() {
	[ "${#writers[@]}" -eq 0 ] || kill "${writers[@]}" 2>/dev/null || :
	for leader in "${pipes[@]}"; do
		kill -KILL -- "-$leader" 2>/dev/null || :
	done
	cat ab.err ba.err 2>/dev/null || :
}

tool() { "$1" --defaults-file="$(defaults)" "${@:2}"; }

# now SERVER: where its log ends.
now() {
	tool dts-binlog -g "$1" --start=now | jq -r 'select(.op == "end") | "\(.pos.file):\(.pos.offset)"'
}

# pipe FROM TO APPLY-OPTIONS READ-OPTIONS: the text of it.
pipe() {
	local config

	config=--defaults-file=$(defaults)
	echo "set -o pipefail; dts-binlog $config -g $1 --src=$1 $4 | dts-filter --skip-origin=$2 |
		dts-apply $config -g $2 --checkpoint=$1$2 --new-checkpoint $3"
}

# Starts one that follows.
start() {
	setsid bash -c "$(pipe "$@")" 2>"$1$2.err" 3>&- 6>&- &
	pipes+=($!)
}

# stop LEADER: its reader is told to; all of it ends well.
stop() {
	kill "$(session_processes "$1" | sed -n 's/ dts-binlog$//p')"
	wait "$1"
}

# write SERVER FIRST COUNT: transactions on keys of its own, rows without a key among them.
write() {
	local i id

	for ((i = $2; i < $2 + $3; i++)); do
		id=$((i * 2 + 1))
		[ "$1" = a ] || id=$((i * 2 + 2))
		echo "BEGIN; INSERT INTO t VALUES ($id, '$1', $i); INSERT INTO log VALUES ('$1', $i), ('$1', $i); COMMIT;"
		[ $((i % 3)) -ne 0 ] || echo "UPDATE t SET n = n + 1000 WHERE id = $id;"
		[ $((i % 7)) -ne 0 ] || echo "DELETE FROM log WHERE side = '$1' AND n = $i LIMIT 1;"
		[ $((i % 10)) -ne 0 ] || echo "DELETE FROM t WHERE id = $id;"
	done | client "$1" shop 3>&-
}

# content: of both servers, in `a.rows` and `b.rows`.
same() {
	sql a 'SELECT * FROM t ORDER BY id; SELECT side, n FROM log ORDER BY side, n; SHOW TABLES; SHOW CREATE TABLE t' shop >a.rows
	sql b 'SELECT * FROM t ORDER BY id; SELECT side, n FROM log ORDER BY side, n; SHOW TABLES; SHOW CREATE TABLE t' shop >b.rows
	[ -s a.rows ] && sed 's/ \(DEFAULT CHARSET\|COLLATE\)[= ].*//' a.rows >a.plain && sed 's/ \(DEFAULT CHARSET\|COLLATE\)[= ].*//' b.rows >b.plain &&
		cmp -s a.plain b.plain
}

# counted SERVER: changes that its log tells since the test began, by who wrote them.
counted() {
	tool dts-binlog -g "$1" --src="$1" --start-position="$2" --table='shop.*' | jq -r '
		if .op == "begin" then "\(.tx) \(.origin // "-")" elif .op == "insert" or .op == "update" or .op == "delete" then "\(.tx) change" else empty end' |
		awk '$2 == "change" { n[origin[$1]]++; next } { origin[$1] = $2 } END { for (o in n) print o, n[o] }' | sort
}

@test "two servers that write both: nothing comes back, both end alike" {
	local from_a from_b own got

	from_a=$(now a)
	from_b=$(now b)
	start a b -j3 "--follow --heartbeat=1 --start-position=$from_a"
	start b a --serial "--follow --heartbeat=1 --start-position=$from_b"
	write a 0 100 &
	writers+=($!)
	write b 0 100 &
	writers+=($!)
	wait "${writers[@]}"
	writers=()
	wait_until 20 same
	# Statements go over once, the text of some of them is the server's own.
	sql a 'CREATE TABLE more (id INT PRIMARY KEY); ALTER TABLE more ADD n INT; INSERT INTO more VALUES (1, 1);
		CREATE TABLE gone (id INT); DROP TABLE gone; ALTER TABLE t ADD extra INT' shop
	wait_until 20 same
	sql b 'ALTER TABLE t ADD late INT; TRUNCATE TABLE more; DROP TABLE more; INSERT INTO t (id, side, n) VALUES (-1, "b", 1)' shop
	wait_until 20 same
	stop "${pipes[0]}"
	stop "${pipes[1]}"
	pipes=()
	# As much as was written here, and as much again that came from there; workers make one of several changes of a row.
	own=$(counted a "$from_a" | sed -n 's/^- //p')
	[ "$own" -gt 300 ]
	got=$(counted b "$from_b")
	[ "$(sed -n 's/^a //p' <<<"$got")" -le "$own" ] && [ "$(sed -n 's/^a //p' <<<"$got")" -gt 200 ]
	[ "$(counted a "$from_a" | sed -n 's/^b //p')" -eq "$(sed -n 's/^- //p' <<<"$got")" ]
	[ "$(wc -l <<<"$got")" -eq 2 ]
	[ ! -s ab.err ] && [ ! -s ba.err ]
}

@test "what was left out moves the checkpoint, so that a later run goes on behind it" {
	local from_a from_b

	from_a=$(now a)
	from_b=$(now b)
	write a 0 20
	bash -c "$(pipe a b '' --start-position="$from_a")"
	bash -c "$(pipe b a -j2 --start-position="$from_b")"
	same
	# All of it was the applier's, and is passed now.
	[ "$(tool dts-checkpoint -g a get ba)" = "$(tool dts-binlog -g b --src=b --resume=ba@a | jq -r 'select(.op == "stream") | "\(.pos.file):\(.pos.offset)"')" ]
	tool dts-binlog -g b --src=b --resume=ba@a >rest
	[ "$(grep -c '"op":"insert"' rest)" -eq 0 ]
	write b 0 20
	write a 20 20
	bash -c "$(pipe b a -j2 --resume=ba@a)"
	bash -c "$(pipe a b '' --resume=ab@b)"
	bash -c "$(pipe b a -j2 --resume=ba@a)"
	same
	# Any origin, and the counts are right.
	tool dts-binlog -g b --src=b --start-position="$from_b" >all
	dts-filter --skip-origin='*' all >own
	dts-filter own >/dev/null
	[ "$(grep -c '"op":"begin"' own)" -eq "$(grep -c '"op":"begin"' all)" ]
	[ "$(jq -r 'select(.op == "insert") | .after.side' own | sort -u)" = b ]
	[ "$(jq -r 'select(.op == "insert") | .after.side' all | sort -u | xargs)" = 'a b' ]
	dts-filter --skip-origin=other all | cmp - all
}

# keep_writing SERVER: until ./stop is there.
keep_writing() {
	local i

	for ((i = 0; ; i += 5)); do
		[ ! -e stop ] || return 0
		write "$1" "$i" 5
		sleep 0.02
	done
}

@test "killed in both directions again and again: nothing is lost, made twice or brought back" {
	sampled 2
	local from_a from_b way

	from_a=$(now a)
	from_b=$(now b)
	bash -c "$(pipe a b -j3 --start-position="$from_a")"
	bash -c "$(pipe b a -j3 --start-position="$from_b")"
	for way in a b; do
		keep_writing "$way" 2>"$way.write" &
		writers+=($!)
	done
	dts_retry_kill 3 100 600 "$(pipe a b '-j3 --group-size=200' '--follow --resume=ab@b')"
	dts_retry_kill 3 100 600 "$(pipe b a '-j3 --group-size=200' '--follow --resume=ba@a')"
	touch stop
	wait "${writers[@]}"
	writers=()
	cat a.write b.write
	[ ! -s a.write ] && [ ! -s b.write ]
	bash -c "$(pipe a b -j3 --resume=ab@b)"
	bash -c "$(pipe b a -j3 --resume=ba@a)"
	same
	[ "$(sql a 'SELECT COUNT(*) FROM log' shop)" -gt 100 ]
}

@test "a statement that runs for long comes back from no reader that was started meanwhile" {
	sampled 2
	local from_a from_b slow

	from_a=$(now a)
	from_b=$(now b)
	write a 0 5
	bash -c "$(pipe a b '' --start-position="$from_a")"
	bash -c "$(pipe b a '' --start-position="$from_b")"
	# A session that reads the table keeps the statement waiting.
	mkfifo hold
	exec 6<>hold
	client b --unbuffered shop <hold >held 3>&- 6>&- &
	writers+=($!)
	echo "BEGIN; SELECT COUNT(*) FROM t; SELECT 'held';" >&6
	wait_until 10 'grep -q held held'
	sql a 'ALTER TABLE t ADD slow INT' shop
	start a b '' --resume=ab@b
	slow=${pipes[0]}
	wait_until 10 "[ \"\$(sql b 'SELECT COUNT(*) FROM dts.ddl')\" = 1 ]"
	sql b "INSERT INTO log VALUES ('b', 1)" shop
	# Its position is then behind the announcement.
	bash -c "$(pipe b a '' --resume=ba@a)"
	start b a '' '--follow --heartbeat=1 --resume=ba@a'
	wait_until 10 "sql b 'SHOW PROCESSLIST' | grep -q 'Binlog Dump'"
	exec 6>&-
	wait "$slow"
	wait "${writers[@]}"
	pipes=("${pipes[1]}") writers=()
	sql b "INSERT INTO log VALUES ('b', 2)" shop
	wait_until 10 same
	stop "${pipes[0]}"
	pipes=()
	[ "$(sql b 'SHOW CREATE TABLE t' shop | grep -c slow)" -eq 1 ]
	[ ! -s ab.err ] && [ ! -s ba.err ]
}

@test "the origin is told of whatever the log has: parts of rows, no names, compressed" {
	sampled 2
	local from_a from_b

	from_a=$(now a)
	rm -f history
	from_b=$(tool dts-binlog -g b --src=b --start=now --schema-history=history | jq -r 'select(.op == "end") | "\(.pos.file):\(.pos.offset)"')
	if kind_is_mysql b; then
		sql b 'SET GLOBAL binlog_row_image=MINIMAL, GLOBAL binlog_row_metadata=MINIMAL, GLOBAL binlog_transaction_compression=ON'
	else
		sql b 'SET GLOBAL binlog_row_image=MINIMAL, GLOBAL binlog_row_metadata=NO_LOG, GLOBAL log_bin_compress=ON, GLOBAL log_bin_compress_min_len=10'
	fi
	write a 0 30
	sql a 'ALTER TABLE t ADD more INT; DROP TABLE log' shop
	bash -c "$(pipe a b '-j2 --group-size=1' --start-position="$from_a")"
	sql a "INSERT INTO t (id, side, n) VALUES (1001, 'a', 1)" shop
	bash -c "$(pipe a b --serial --resume=ab@b)"
	sql b "INSERT INTO t (id, side, n) VALUES (-1, 'b', 0)" shop
	tool dts-binlog -g b --src=b --schema-history=history --start-position="$from_b" >told
	[ "$(grep -c '"op":"begin".*"origin":"a"' told)" -gt 30 ]
	[ "$(grep -c '"op":"begin"' told)" -eq "$(($(grep -c '"origin":"a"' told) + 1))" ]
	[ "$(dts-filter --skip-origin=a told | grep -c '"op":"\(insert\|update\|delete\|ddl\)"')" -eq 1 ]
}
