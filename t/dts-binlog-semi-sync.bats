#!/usr/bin/env bats
# dts-binlog --semi-sync: a commit at the source waits until its records are written.
load lib/dts

setup_file() {
	servers_up maria=mariadb new=mariadb118
	! kind_available mysql97 || servers_up my=mysql97
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	client_is_oracles && skip 'not with this client library'
	cd "$BATS_TEST_TMPDIR"
	following=
}

teardown() {
	[ -z "$following" ] || kill -9 "$following" "$stopped" 2>/dev/null || :
}

# role NAME: what that server calls a source.
role() {
	if kind_is_mysql "$1"; then echo source; else echo master; fi
}

# waits NAME [MILLISECONDS]: the server waits for replicas, so long.
waits() {
	! kind_is_mysql "$1" || sql "$1" "SELECT 1 FROM mysql.plugin WHERE name = 'rpl_semi_sync_source'" | grep -q 1 ||
		sql "$1" "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'"
	sql "$1" "SET GLOBAL rpl_semi_sync_$(role "$1")_enabled=OFF; SET GLOBAL rpl_semi_sync_$(role "$1")_timeout=${2:-60000};
		DROP DATABASE IF EXISTS b; CREATE DATABASE b; CREATE TABLE b.t (id INT PRIMARY KEY AUTO_INCREMENT, v LONGTEXT);
		SET GLOBAL rpl_semi_sync_$(role "$1")_enabled=ON, binlog_row_metadata=FULL"
}

# counter NAME WORD: Rpl_semi_sync_source_WORD
counter() {
	sql "$1" "SHOW STATUS LIKE 'Rpl_semi_sync_$(role "$1")_$2'" | cut -f2
}

follow() {
	dts-binlog --defaults-file="$(defaults)" -g "$1" --follow --start=now --semi-sync b "${@:2}" >records 2>err 3>&- &
	following=$!
	wait_until 20 '[ "$(counter '"$1"' clients)" = 1 ]'
}

# for_drawn FUNCTION SERVER...: where MySQL is missing, the first in its place.
for_drawn() {
	local server

	for server in $(drawn "${@:2}"); do
		[ "$server" != my ] || kind_available mysql97 || server=$2
		"$1" "$server"
	done
}

acknowledged() {
	local server=$1 i n got yes pids=()

	waits "$server"
	follow "$server" "${@:2}"
	yes=$(counter "$server" yes_tx)
	for ((i = 0; i < 4; i++)); do
		for ((n = 0; n < 50; n++)); do
			echo "INSERT INTO t (v) VALUES ('$i $n');"
			[ "$n" -ne 30 ] || echo 'FLUSH BINARY LOGS;'
		done | client "$server" b &
		pids+=($!)
	done
	wait "${pids[@]}"
	# Each was waited for, and is there when its client knows that it was committed.
	[ "$(jq -c 'select(.op == "commit")' records | wc -l)" -eq 200 ]
	[ "$(counter "$server" no_tx)" = 0 ]
	got=$(($(counter "$server" yes_tx) - yes))
	if kind_is_mysql "$server"; then # which counts those that it commits together as one
		[ "$got" -gt 0 ]
	else
		[ "$got" -eq 200 ]
	fi
	kill "$following"
	wait "$following"
	following=
	[ ! -s err ]
	[ "$(jq -r 'select(.op == "insert").after.v' records | sort)" = "$(sql "$server" 'SELECT v FROM b.t' | sort)" ]
}

@test "each commit is acknowledged, behind its records, and none comes twice" {
	for_drawn acknowledged maria new my
}

@test "the same under TLS" {
	with_tls() { acknowledged "$1" --ssl-mode=required; }
	for_drawn with_tls new my
}

not_before_written() {
	local server=$1 big yes

	waits "$server"
	mkfifo pipe
	sleep 1000 <pipe 3>&- & # takes nothing
	stopped=$!
	dts-binlog --defaults-file="$(defaults)" -g "$server" --follow --start=now --semi-sync b >pipe 2>err 3>&- &
	following=$!
	wait_until 20 '[ "$(counter '"$server"' clients)" = 1 ]'
	yes=$(counter "$server" yes_tx)
	sql "$server" "SET GLOBAL rpl_semi_sync_$(role "$server")_timeout=1500"
	big="INSERT INTO t (v) VALUES (REPEAT('x', 300000))"
	sql "$server" "$big" b
	# Its records do not fit into the pipe: the source has given up, and goes on without.
	[ "$(counter "$server" yes_tx)" = "$yes" ]
	[ "$(counter "$server" no_tx)" = 1 ]
	sql "$server" "INSERT INTO t (v) VALUES ('small')" b
	# Once they are, it waits again.
	exec 8<pipe
	kill "$stopped"
	cat <&8 >records 3>&- &
	stopped=$!
	exec 8<&-
	wait_until 20 '[ "$(sql '"$server"' "SHOW STATUS LIKE '"'Rpl_semi_sync_$(role "$server")_status'"'" | cut -f2)" = ON ]'
	sql "$server" "INSERT INTO t (v) VALUES ('again')" b
	[ "$(counter "$server" yes_tx)" -gt "$yes" ]
	kill "$following"
	wait "$following" "$stopped"
	following=
	[ "$(jq -r 'select(.op == "insert").after.v | .[:6]' records | xargs)" = 'xxxxxx small again' ]
	rm pipe
}

@test "what was not written is not acknowledged, and the source goes on" {
	for_drawn not_before_written maria new my
}

# Where the source waits for longer than the reader does, the answer still comes.
late() {
	local server=$1 no yes

	waits "$server"
	mkfifo pipe
	sleep 1000 <pipe 3>&- &
	stopped=$!
	dts-binlog --defaults-file="$(defaults)" -g "$server" --follow --start=now --semi-sync b >pipe 2>err 3>&- &
	following=$!
	wait_until 20 '[ "$(counter '"$server"' clients)" = 1 ]'
	yes=$(counter "$server" yes_tx)
	no=$(counter "$server" no_tx)
	sql "$server" "INSERT INTO t (v) VALUES (REPEAT('x', 300000))" b 3>&- &
	waiting=$!
	sleep 12 # seconds behind those for which nothing else is read
	[ "$(counter "$server" yes_tx)" = "$yes" ]
	exec 8<pipe
	kill "$stopped"
	cat <&8 >records 3>&- &
	stopped=$!
	exec 8<&-
	wait "$waiting"
	[ "$(counter "$server" yes_tx)" -gt "$yes" ]
	[ "$(counter "$server" no_tx)" = "$no" ]
	kill "$following"
	wait "$following" "$stopped"
	following=
	rm pipe
}

@test "an answer that is late is given" {
	sampled 3
	for_drawn late maria new my
}

@test "where nobody waits, in files, and beside --start-time" {
	sql maria 'SET GLOBAL rpl_semi_sync_master_enabled=OFF, binlog_row_metadata=FULL; CREATE OR REPLACE DATABASE c; CREATE TABLE c.t (id INT); INSERT INTO c.t VALUES (1)'
	run_tool 0 dts-binlog --defaults-file="$(defaults)" -g maria --semi-sync --start-time=2020-01-01T00:00:00Z c
	[[ $stderr == "dts-binlog: warning: the source does not wait for replicas"* ]]
	[[ $output == *'"op":"insert"'*'"op":"end"'* ]]
	run_tool 2 dts-binlog --semi-sync ./bin.000001
	[[ $stderr == *"--semi-sync is about servers"* ]]
	waits maria 1
	sql maria 'INSERT INTO b.t (v) VALUES (1)'
	run_tool 0 dts-binlog --defaults-file="$(defaults)" -g maria --semi-sync --start-time=2020-01-01T00:00:00Z b
	[ -z "$stderr" ]
}
