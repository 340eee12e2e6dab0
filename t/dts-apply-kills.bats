#!/usr/bin/env bats
# Exactly once: dts-binlog | dts-apply with several workers, killed, cut off, and with its target killed, under a live writer;
# tables without a key are counted. DTS_KILLS is how many faults in all; t/lib/apply-kills makes them.
# shellcheck disable=SC2154
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
	sql src 'CREATE DATABASE k; USE k; CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, pad text); CREATE TABLE nk (a int, b varchar(9));
		CREATE TABLE p (id int PRIMARY KEY, v int); CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
		CREATE TABLE tr (a int); CREATE TABLE big (id int PRIMARY KEY AUTO_INCREMENT, v varchar(60)); CREATE TABLE digits (n int);
		INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
		CREATE TABLE ord (id int PRIMARY KEY, n int NOT NULL); INSERT INTO ord VALUES (1, 0), (2, 0), (3, 0), (4, 0)'
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
	: "${KILLS_ROWS:=50000}"
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
	[ "$(sql dst 'SELECT COUNT(*) FROM nk WHERE a = 7 AND b IS NULL' k)" -ge $((KILLS_ROWS / 10)) ]
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
