#!/usr/bin/env bats
# Exactly once: dts-binlog | dts-apply with several workers, killed, cut off, and with its target killed, under a live writer;
# tables without a key are counted. DTS_KILLS is how many faults in all; t/lib/apply-kills makes them.
# shellcheck disable=SC2154,SC2016
load lib/dts

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	proxy='' applier='' holding=''
}

teardown() {
	local pid

	touch stop
	exec 6>&-
	for pid in $proxy $applier $holding; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	servers_down
}

now() {
	local show='SHOW MASTER STATUS'

	! kind_is_mysql src || show='SHOW BINARY LOG STATUS'
	sql src "$show" | awk 'NR == 1 { print $1 ":" $2 }'
}

# The tables of the writers at the source, the checkpoint at the target; all comes by the log.
begin() {
	local from

	from=$(now)
	client src <"$DTS_ROOT/t/lib/apply-tables.sql"
	dts-binlog --defaults-file="$(defaults)" -g src --start-position="$from" k |
		dts-apply --defaults-file="$(defaults)" -g dst --new-checkpoint --checkpoint=k
}

# killed KIND
killed() {
	local total=$DTS_KILLS

	servers_up src="$1" dst="$1" || return 1
	begin
	DTS_CUT=both python3 "$DTS_ROOT/t/lib/proxy" port "$(server port dst)" >proxy.log 2>&1 3>&- &
	proxy=$!
	wait_until 10 '[ -s port ]'
	[ "${DTS_SAMPLES:-}" != all ] || : "${KILLS_ROWS:=1000000}"
	: "${KILLS_ROWS:=20000}"
	export KILLS_ROWS
	run_tool 0 timeout 3000 "$DTS_ROOT/t/lib/apply-kills" \
		dts-binlog --defaults-file="$(defaults)" -g src --follow --heartbeat=0.2 --resume=k@dst k \
		-- dts-apply --defaults-file="$(defaults)" -g dst -h 127.0.0.1 -P "$(<port)" --checkpoint=k -j 4 --ack \
		-- "$proxy" proxy.log
	echo "# $1: $output" | tee -a "${DTS_KILLS_LOG:-/dev/null}"
	[[ $output =~ ^([0-9]+)\ faults:\ ([0-9]+)\ apply,\ ([0-9]+)\ target,\ ([0-9]+)\ net\; ]]
	# Those that the huge transaction met come on top.
	[ "${BASH_REMATCH[1]}" -ge "$total" ]
	[[ $output == *'met by apply '* ]]
	same_rows src dst k
	[ "$(sql dst 'SELECT COUNT(*) FROM big' k)" -eq "$KILLS_ROWS" ]
	[ "$(sql dst 'SELECT COUNT(*) FROM bignk' k)" -eq $((KILLS_ROWS / 10)) ]
	[ "$(sql dst 'SELECT COUNT(*) FROM nk' k)" -ge 1 ]
}

@test "killed, cut off and its target killed under load: MariaDB 10.11" {
	sampled 3
	killed mariadb
}

@test "killed, cut off and its target killed under load: MariaDB 11.8" {
	sampled 3
	killed mariadb118
}

@test "killed, cut off and its target killed under load: MySQL" {
	sampled 3
	killed mysql97
}

# How many sessions of the target wait for a row's lock, or for that of the checkpoint.
waiting() {
	sql dst "SELECT (SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT') +
		(SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock')"
}

# start LOG: the applier of the file changes, in the background.
start() {
	dts-apply --defaults-file="$(defaults)" -g dst --checkpoint=k -j "$workers" --group-size="$size" --lock-wait=60 changes 2>"$1" 3>&- 6>&- &
	applier=$!
}

# still_running WORKERS SIZE BEFORE: an applier is killed while its packets wait at the target for rows that another
# session holds; the next begins at once, and the rows are let go BEFORE it comes or when it is there.
still_running() {
	local workers=$1 size=$2 before=$3 tx count

	sql src 'DROP DATABASE IF EXISTS x; CREATE DATABASE x; USE x; CREATE TABLE r (id int PRIMARY KEY, v int); CREATE TABLE nk (a int);
		INSERT INTO r VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)'
	sql dst 'DROP DATABASE IF EXISTS x; DROP DATABASE IF EXISTS dts'
	dts-binlog --defaults-file="$(defaults)" -g src --start-position="$from" x | dts-apply --defaults-file="$(defaults)" -g dst --new-checkpoint --checkpoint=k
	for tx in 1 2 3 4 5 6; do
		echo "BEGIN; INSERT INTO nk VALUES ($tx), ($tx), (0); UPDATE r SET v = v + 1 WHERE id = $tx; INSERT INTO nk VALUES ($tx); COMMIT;"
	done | client src x
	dts-binlog --defaults-file="$(defaults)" -g src --resume=k@dst x >changes
	[ "$(grep -c '"op":"commit"' changes)" -eq 6 ]
	exec 6>&-
	rm -f sql held
	mkfifo sql
	exec 6<>sql
	client dst --unbuffered x <sql >held 3>&- 6>&- &
	holding=$!
	echo "BEGIN; SELECT COUNT(*) FROM r FOR UPDATE; SELECT 'held';" >&6
	wait_until 10 'grep -q held held'
	start first
	wait_until 20 '[ "$(waiting)" -ge 1 ]'
	kill -KILL "$applier"
	wait "$applier" 2>/dev/null || :
	if [ "$before" = before ]; then
		echo 'COMMIT; SELECT 1;' >&6
		start second
	else
		count=$(waiting)
		start second
		wait_until 20 "[ \"\$(waiting)\" -gt $count ]"
		echo 'COMMIT; SELECT 1;' >&6
	fi
	wait "$applier"
	applier=''
	exec 6>&-
	wait "$holding"
	holding=''
	[ ! -s second ] || { cat second; return 1; }
	# Once more all of it: it is there.
	run_tool 0 dts-apply --defaults-file="$(defaults)" -g dst --checkpoint=k changes
	[ "$(sql dst 'SELECT id, v FROM r ORDER BY id' x)" = "$(sql src 'SELECT id, v FROM r ORDER BY id' x)" ]
	[ "$(sql dst 'SELECT a, COUNT(*) FROM nk GROUP BY a ORDER BY a' x | tr '\t\n' ', ')" = '0,6 1,3 2,3 3,3 4,3 5,3 6,3 ' ]
}

@test "killed while its packet still runs at the server, and started again at once" {
	local from kind size

	kind=$(drawn mariadb mariadb118 mysql97)
	for kind in $kind; do
		servers_up src="$kind" dst="$kind"
		from=$(now)
		for size in 1 1M; do
			still_running 4 "$size" before
			still_running 4 "$size" after
			still_running 1 "$size" after
		done
		servers_down
	done
}
