# A reader of dts-binlog's output that does not keep up, or stops: the server need not wait, nothing is lost, memory
# stays bounded, and nothing is left on disk. t/unit/spool.c has the queue itself.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2314
load lib/dts

setup_file() {
	servers_up src
}

teardown_file() {
	servers_down
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	pids=()
	mkdir spool
}

teardown() {
	local pid

	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	[ ! -d "$DTS_TEST_DIR/other" ] || server remove other
}

# Where the log ends, as FILE:OFFSET. All that follow: [SERVER]
now() {
	local show='SHOW MASTER STATUS'

	! kind_is_mysql "${1:-src}" || show='SHOW BINARY LOG STATUS'
	sql "${1:-src}" "$show" | awk 'NR == 1 { print $1 ":" $2 }'
}

# A table, and $from before its first row.
fresh() {
	sql "${1:-src}" 'DROP DATABASE IF EXISTS b; CREATE DATABASE b; CREATE TABLE b.t (id int PRIMARY KEY, v mediumtext)'
	from=$(now "${1:-src}")
}

# flood SERVER FIRST LAST: transactions of these numbers, each of 100 rows of 32 KB that do not become smaller than a half.
flood() {
	local n text

	text=$(printf ',HEX(RANDOM_BYTES(1024))%.0s' {1..16})
	for ((n = $2; n <= $3; n++)); do
		echo "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT $n * 1000 + i, CONCAT('',i$text) FROM n;"
	done | client "$1" b
}

# follow NAME [OPTION...]: reads into the fifo NAME, which nobody reads; its process is $follower, its messages NAME.err.
follow() {
	local name=$1

	shift
	mkfifo "$name"
	# Opened for both, or it would wait for who reads.
	exec 8<>"$name"
	dts-binlog --defaults-file="$(defaults)" -g src --follow --start-position="$from" "$@" b >"$name" 2>"$name.err" 3>&- 8>&- &
	follower=$!
	pids+=("$follower")
}

# read_on NAME: into NAME.out, all that was and will be written to the fifo, which is nobody else's then.
read_on() {
	cat <&8 >"$1.out" 3>&- 8>&- &
	pids+=($!)
	exec 8>&-
}

# ended STATUS PID
ended() {
	local got=0

	wait "$2" || got=$?
	[ "$got" -eq "$1" ] && return
	echo "status $got, wanted $1"
	cat ./*.err
	return 1
}

# told FILE ID: this row was the last, and its transaction has ended.
told() {
	tail -c 100000 "$1" | grep -a -A 1 "\"after\":{\"id\":$2," | grep -aq '^{"op":"commit"'
}

# kept FILE: the rows of the whole transactions in it, as client prints them.
kept() {
	python3 - "$1" <<-'PY'
		import json, sys
		rows = []
		for line in open(sys.argv[1], encoding="utf-8"):
		    if not line.endswith("\n"):
		        break
		    record = json.loads(line)
		    if record["op"] == "insert":
		        rows.append(record["after"])
		    elif record["op"] == "commit":
		        for row in rows:
		            print(row["id"], row["v"], sep="\t")
		    if record["op"] in ("begin", "commit", "rollback"):
		        rows = []
	PY
}

# all_kept FILE [SERVER]: each row of the table once, in the order of the log.
all_kept() {
	sql "${2:-src}" 'SELECT * FROM t ORDER BY id' b | cmp - <(kept "$1")
}

# bounded PID: it never had more in memory than the bound that design and manual page name.
bounded() {
	local peak

	case $(<"$DTS_BUILD/flags") in
	*-fsanitize=*) return ;;
	esac
	peak=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$1/status")
	echo "# at most $((peak / 1024)) MiB" | tee -a "${DTS_MEMORY_LOG:-/dev/null}"
	[ "$peak" -le $((64 * 1024)) ]
}

# The bytes on disk of the spool of process PID: its files have no names.
spooled() {
	local file bytes=0

	for file in "/proc/$1/fd/"*; do
		case $(readlink "$file") in
		*/spool/*) bytes=$((bytes + 512 * $(stat -Lc %b "$file" || echo 0))) ;;
		esac
	done 2>/dev/null
	echo "$bytes"
}

# dumps SERVER: the server's threads that send its log, their ids and what they do.
dumps() {
	sql "$1" "SELECT id, state FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' ORDER BY id"
}

# --- stopped for ten times the source's timeouts

timeouts='SET GLOBAL net_write_timeout=1, GLOBAL net_read_timeout=1, GLOBAL wait_timeout=1, GLOBAL interactive_timeout=1'

# stopped SERVER: nobody reads what three runs print, and the server is given more than memory and sockets
# hold: one with a spool and one without, through proxies that cut who does not take anything for three seconds, as
# balancers do, and one without anything in between.
stopped() {
	local source=$1 begun n
	local with without direct

	fresh "$source"
	sql "$source" "$timeouts"
	for n in with without; do
		python3 "$DTS_ROOT/t/lib/proxy" "$n.port" "$(server port "$source")" 3 >"$n.log" 2>&1 3>&- &
		pids+=($!)
		wait_until 10 "[ -s $n.port ]"
	done
	mkfifo with without direct
	exec 5<>with 6<>without 7<>direct
	local read=(dts-binlog --defaults-file="$(defaults)" -g "$source" --follow --start-position="$from" b)
	"${read[@]}" -h 127.0.0.1 -P "$(<with.port)" --spool=spool >with 2>with.err 3>&- 5>&- 6>&- 7>&- &
	with=$!
	wait_until 20 "[ \"\$(dumps $source | wc -l)\" -eq 1 ]"
	n=$(dumps "$source" | cut -f1)
	"${read[@]}" -h 127.0.0.1 -P "$(<without.port)" >without 2>without.err 3>&- 5>&- 6>&- 7>&- &
	without=$!
	"${read[@]}" >direct 2>direct.err 3>&- 5>&- 6>&- 7>&- &
	direct=$!
	pids+=("$with" "$without" "$direct")
	wait_until 20 "[ \"\$(dumps $source | wc -l)\" -eq 3 ]"
	dumps "$source" >before
	! control_reader "$source" || control=1
	flood "$source" 1 22
	begun=$(sql "$source" 'SELECT UNIX_TIMESTAMP()')
	# Ten times a second of the server's.
	wait_until 60 "[ \$((\$(sql $source 'SELECT UNIX_TIMESTAMP()') - $begun)) -ge 10 ]"
	[ -s without.log ]
	# The server has nothing left for the one with the spool, and waits for the one that has none and is not cut.
	wait_until 60 "dumps $source | grep -qE '^$n	.*has sent all'"
	dumps "$source" | grep -cE 'Writing to net|Sending to client' | grep -qx 1
	[ "$(spooled "$with")" -gt 8000000 ]
	flood "$source" 23 23
	cat <&5 >with.out 3>&- 5>&- 6>&- 7>&- & pids+=($!)
	cat <&6 >without.out 3>&- 5>&- 6>&- 7>&- & pids+=($!)
	cat <&7 >direct.out 3>&- 5>&- 6>&- 7>&- & pids+=($!)
	exec 5>&- 6>&- 7>&-
	for n in with without direct; do
		wait_until 120 "told $n.out 23100"
	done
	dumps "$source" | cut -f1 >after
	bounded "$with"
	bounded "$without"
	bounded "$direct"
	kill "$with" "$without" "$direct"
	ended 0 "$with"
	ended 0 "$without"
	ended 0 "$direct"
	for n in with without direct; do
		all_kept "$n.out" "$source"
	done
	# It was one connection all the time where the server did not have to wait, or nobody but it was in between.
	[ ! -s with.log ]
	[ ! -s with.err ]
	[ ! -s direct.err ]
	[ "$(cut -f1 before | grep -cxFf after)" -eq 2 ]
	grep -qx stalled without.log
	only_reconnects without.err
	[ "$(grep -ac '"op":"stream"' without.out)" -gt 1 ]
	[ -z "$(ls -A spool)" ]
	[ -z "${control:-}" ] || thrown_out
}

# A reader that does not ask for patience shows that the timeouts are there: only MariaDB's own program of
# the same release reads the log of every server.
control_reader() {
	[ "$1" = src ] && [ "$(<"$DTS_TEST_DIR/src/kind")" = mariadb ] || return
	mkfifo control
	exec 9<>control
	mariadb-binlog --no-defaults -uroot -S "$(server socket src)" --read-from-remote-server --stop-never \
		--start-position="${from#*:}" "${from%:*}" >control 2>/dev/null 3>&- 5>&- 6>&- 7>&- &
	pids+=($!)
	wait_until 20 '[ "$(dumps src | wc -l)" -eq 4 ]'
	dumps src | cut -f1 | grep -vxFf <(cut -f1 before) >control.id
}

thrown_out() {
	! grep -qxFf control.id after
}

@test "a reader that stops for ten times the timeouts of MariaDB 10.11" {
	sampled 3
	stopped src
	sql src 'SET GLOBAL net_write_timeout=60, GLOBAL net_read_timeout=30, GLOBAL wait_timeout=28800, GLOBAL interactive_timeout=28800'
}

@test "a reader that stops for ten times the timeouts of MariaDB 11.8" {
	sampled 3
	servers_up other=mariadb118
	stopped other
}

@test "a reader that stops for ten times the timeouts of MySQL" {
	sampled 3
	servers_up other=mysql97
	stopped other
}

# --- the spool

@test "nothing is left in the directory, not even by SIGKILL" {
	fresh
	follow f --spool=spool
	flood src 1 14
	wait_until 20 "[ \$(spooled $follower) -gt 5000000 ]"
	[ -z "$(ls -A spool)" ]
	kill -KILL "$follower"
	ended 137 "$follower"
	[ -z "$(ls -A spool)" ]
	[ ! -s f.err ]
}

# The disk is one on which a file may have a megabyte. What is told of it has been said once.
full() {
	(
		ulimit -f 1024
		exec dts-binlog --defaults-file="$(defaults)" -g src --follow --start-position="$from" --spool=spool b >f 2>f.err 3>&- 8>&-
	) &
	follower=$!
	pids+=("$follower")
	flood src 1 24
	wait_until 20 '[ -s f.err ]'
	[ "$(cat f.err)" = "dts-binlog: the spool in 'spool' takes no more: File too large: reading waits for the output" ]
	# Now it is the server that waits.
	wait_until 20 "dumps src | grep -q 'Writing to net'"
}

@test "a disk that is full loses nothing" {
	fresh
	mkfifo f
	exec 8<>f
	full
	read_on f
	wait_until 120 "told f.out 24100"
	bounded "$follower"
	kill "$follower"
	ended 0 "$follower"
	all_kept f.out
	[ "$(wc -l <f.err)" -eq 1 ]
}

@test "a file system that is full loses nothing" {
	unshare -m mount -t tmpfs -o size=4m none spool 2>/dev/null || skip "a file system of its own can be mounted by root only"
	fresh
	mkfifo f
	exec 8<>f
	unshare -m sh -c 'mount -t tmpfs -o size=4m none spool && exec "$@"' sh \
		dts-binlog --defaults-file="$(defaults)" -g src --follow --start-position="$from" --spool=spool b >f 2>f.err 3>&- 8>&- &
	follower=$!
	pids+=("$follower")
	flood src 1 24
	wait_until 20 '[ -s f.err ]'
	[ "$(cat f.err)" = "dts-binlog: the spool in 'spool' takes no more: No space left on device: reading waits for the output" ]
	wait_until 20 "dumps src | grep -q 'Writing to net'"
	read_on f
	wait_until 120 "told f.out 24100"
	kill "$follower"
	ended 0 "$follower"
	all_kept f.out
	[ "$(wc -l <f.err)" -eq 1 ]
}

@test "with a full disk it ends when asked to, at the end of a transaction, without all that is held" {
	fresh
	mkfifo f
	exec 8<>f
	full
	kill -INT "$follower"
	read_on f
	ended 0 "$follower"
	[ "$(tail -n 1 f.out | jq -r .reason)" = signal ]
	[ "$(grep -ac '"op":"commit"' f.out)" -lt 24 ]
	kept f.out >got
	sql src 'SELECT * FROM t ORDER BY id' b | head -n "$(wc -l <got)" | cmp - got
	# It is where the next run goes on.
	[ "$(tail -n 1 f.out | jq -r .pos.offset)" = "$(grep -a '"op":"commit"' f.out | tail -n 1 | jq -r .pos.offset)" ]
}

@test "with a full disk and nobody who reads it ends when asked twice, and where the reader leaves" {
	fresh
	mkfifo f
	exec 8<>f
	full
	kill -INT "$follower"
	wait_until 10 "grep -q '^SigPnd:.*0\$' /proc/$follower/status" # taken
	kill -INT "$follower"
	ended 130 "$follower"
	# Another one, whose reader is there and goes.
	exec 8>&-
	fresh
	# shellcheck disable=SC2217 # that it holds it is all
	sleep 1000 <f 3>&- &
	pids+=($!)
	full
	kill "${pids[-2]}"
	ended 5 "$follower"
	[ "$(wc -l <f.err)" -eq 1 ]
}

@test "--spool-size is what it takes at most" {
	fresh
	follow f --spool=spool --spool-size=9M
	flood src 1 30
	wait_until 20 '[ -s f.err ]'
	[ "$(cat f.err)" = "dts-binlog: the spool in 'spool' takes no more: it holds what it may: reading waits for the output" ]
	wait_until 20 "dumps src | grep -q 'Writing to net'"
	[ "$(spooled "$follower")" -gt 4000000 ]
	[ "$(spooled "$follower")" -le $((9 << 20)) ]
	read_on f
	wait_until 120 "told f.out 30100"
	[ "$(spooled "$follower")" -eq 0 ]
	kill "$follower"
	ended 0 "$follower"
	all_kept f.out
}

@test "what was read is told though the server has gone meanwhile, and it goes on where it was" {
	fresh
	follow f --spool=spool
	mkfifo bounded
	exec 7<>bounded
	flood src 1 20
	dts-binlog --defaults-file="$(defaults)" -g src --start-position="$from" --spool=spool b >bounded 2>bounded.err 3>&- 7>&- 8>&- &
	pids+=($!)
	wait_until 30 "[ \"\$(dumps src | grep -c 'has sent all')\" -eq 2 ]"
	server kill src
	cat <&7 >bounded.out 3>&- 7>&- 8>&- &
	pids+=($!)
	exec 7>&-
	# All that there was when it began has been read.
	ended 0 "${pids[1]}"
	early=': what was read until then is written first'
	[[ $(cat bounded.err) == "dts-binlog: reading the log of 'src': "*"$early" ]]
	grep -q "$early\$" f.err
	server restart src >/dev/null
	flood src 21 21
	read_on f
	wait_until 120 "told f.out 21100"
	kill "$follower"
	ended 0 "$follower"
	grep -v "$early\$" f.err >rest.err
	only_reconnects rest.err
	all_kept f.out
	sql src 'SELECT * FROM t WHERE id < 21000 ORDER BY id' b | cmp - <(kept bounded.out)
}

@test "directories that are none, and what goes with it" {
	fresh
	run_tool 5 dts-binlog --defaults-file="$(defaults)" -g src --spool=nowhere
	[ "$stderr" = "dts-binlog: cannot make a file in the spool directory 'nowhere': No such file or directory" ]
	[ -z "$output" ]
	: >file
	run_tool 5 dts-binlog --defaults-file="$(defaults)" -g src --spool=file
	[ "$stderr" = "dts-binlog: cannot make a file in the spool directory 'file': Not a directory" ]
	run_tool 2 dts-binlog --spool=
	run_tool 2 dts-binlog --spool=spool ./bin.000001
	[ "$stderr" = "dts-binlog: --spool is for the log of a server: files wait for who reads them" ]
	run_tool 2 dts-binlog --defaults-file="$(defaults)" -g src --spool-size=1G
	[ "$stderr" = "dts-binlog: --spool-size needs --spool" ]
	run_tool 0 dts-binlog --defaults-file="$(defaults)" -g src --start-position="$from" --spool=spool
	[ "${#lines[@]}" -eq 2 ]
}

# --- how it is written

@test "one small transaction is written at once, and a flood in large pieces" {
	sql src 'DROP DATABASE IF EXISTS b; CREATE DATABASE b; CREATE TABLE b.t (id int PRIMARY KEY, v varchar(50))'
	from=$(now)
	follow f
	read_on f
	wait_until 20 '[ "$(dumps src | grep -c "has sent all")" -eq 1 ]'
	for n in 1 2 3; do
		sql src "INSERT INTO t VALUES ($n, 'one')" b
		wait_until 2 "told f.out $n"
	done
	kill "$follower"
	ended 0 "$follower"
	sql src 'INSERT INTO t SELECT seq, "a row that is short" FROM seq_10_to_300000' b
	# What a process has written is told until it has been waited for.
	python3 - dts-binlog --defaults-file="$(defaults)" -g src --start-position="$from" b >sizes <<-'PY'
		import os, subprocess, sys
		tool = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
		while os.read(tool.stdout.fileno(), 1 << 16):
		    pass
		os.waitid(os.P_PID, tool.pid, os.WEXITED | os.WNOWAIT)
		io = dict(line.split(": ") for line in open(f"/proc/{tool.pid}/io"))
		print(int(io["wchar"]), int(io["syscw"]))
	PY
	read -r bytes writes <sizes
	echo "$bytes bytes in $writes writes"
	[ "$bytes" -gt 20000000 ]
	[ $((bytes / writes)) -gt 65536 ]
}
