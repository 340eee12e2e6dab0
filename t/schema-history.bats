#!/usr/bin/env bats
# Rows have the columns that their table had when they were written, whatever was
# made of it since: with the names in the log, and with a schema history without.
load lib/dts

kinds=(mariadb mariadb118 mysql97)

setup_file() {
	servers_up mariadb=mariadb mariadb118=mariadb118 mysql97=mysql97 || return 0
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	config=$(defaults)
	cd "$BATS_TEST_TMPDIR"
}

# metadata KIND full|default
metadata() {
	local value=FULL

	if [ "$2" = default ]; then
		value=NO_LOG
		! kind_is_mysql "$1" || value=MINIMAL
	fi
	sql "$1" "SET GLOBAL binlog_row_metadata=$value"
}

binlog() {
	dts-binlog --defaults-file="$config" "$@"
}

# mix KIND COUNT: changes table h.t in so many ways, with rows; what the rows had is in ./selected.
mix() {
	sql "$1" 'DROP DATABASE IF EXISTS h'
	"$DTS_ROOT/t/lib/ddl-mix" "$DTS_SEED" "$2" >mix.sql
	mariadb --defaults-file="$config" --defaults-group-suffix="-$1" --batch --column-names --raw \
		--default-character-set=utf8mb4 <mix.sql >selected
	[ "$(wc -l <selected)" -eq $((2 * $2)) ]
}

# begin KIND: a history begins; sets from.
begin() {
	run_tool 0 binlog -g "$1" --start=now --schema-history=history
	from=$(jq -r 'select(.op == "end") | "\(.pos.file):\(.pos.offset)"' <<<"$output")
}

as_selected() {
	"$DTS_ROOT/t/lib/rows-as-selected" selected
}

@test "rows between 60 changes of a table have the columns that they had then, without names in the log" {
	local kind

	for kind in "${kinds[@]}"; do
		metadata "$kind" default
		rm -f history
		begin "$kind"
		mix "$kind" 60
		binlog -g "$kind" --start-position="$from" --schema-history=history >first
		as_selected <first
		# The history holds them all now; reading again says the same.
		binlog -g "$kind" --start-position="$from" --schema-history=history | cmp - first
		[ "$(grep -c '"op":"ddl"' history)" -ge 60 ]
	done
}

@test "rows between 60 changes of a table have the columns that they had then, with names in the log" {
	local kind

	for kind in "${kinds[@]}"; do
		metadata "$kind" full
		rm -f history
		begin "$kind"
		mix "$kind" 60
		binlog -g "$kind" --start-position="$from" | as_selected
		binlog -g "$kind" --start-position="$from" --schema-history=history | as_selected
	done
}

@test "a history that ends before the start reads the statements between them first" {
	local kind middle

	for kind in "${kinds[@]}"; do
		metadata "$kind" default
		rm -f history
		begin "$kind"
		cp history short
		mix "$kind" 40
		binlog -g "$kind" --start-position="$from" --schema-history=history >whole
		middle=$(jq -r 'select(.op == "begin") | "\(.pos.file):\(.pos.offset)"' whole | sed -n 70p)
		binlog -g "$kind" --start-position="$middle" --schema-history=short >part
		grep '"op":"\(insert\|update\|delete\)"' part >got
		grep '"op":"\(insert\|update\|delete\)"' whole | tail -n "$(wc -l <got)" | cmp - got
		[ "$(wc -l <got)" -gt 10 ]
		# The first record of the stream says where it starts, not where it read from.
		[ "$(head -n 1 part | jq -r '"\(.pos.file):\(.pos.offset)"')" = "$middle" ]
	done
}

@test "a log that was started anew since is noticed: the history is of another" {
	local kind

	for kind in mariadb mysql97; do
		metadata "$kind" full
		reset='RESET MASTER'
		! kind_is_mysql "$kind" || reset='RESET BINARY LOGS AND GTIDS'
		sql "$kind" "$reset; CREATE DATABASE IF NOT EXISTS h"
		rm -f history
		begin "$kind"
		# A file is known by the second in which it was begun.
		sleep 1.1
		sql "$kind" "$reset; CREATE TABLE h.longer (a longtext); INSERT INTO h.longer VALUES (REPEAT('x', 5000)); DROP TABLE h.longer"
		run_tool 6 binlog -g "$kind" --start=now --schema-history=history
		[[ $stderr == *'started anew'* ]] || { echo "$stderr"; return 1; }
	done
}

# inserted: the after images of what the log holds from $from on, by table h.t.
inserted() {
	jq -rc 'select(.op == "insert" and .table == "t") | .after' <<<"$output"
}

@test "a run that has nothing to tell reads what the history lacks all the same" {
	local kind

	for kind in "${kinds[@]}"; do
		metadata "$kind" default
		sql "$kind" 'DROP DATABASE IF EXISTS h; CREATE DATABASE h; CREATE TABLE h.t (id int PRIMARY KEY, x int, y int)'
		rm -f history
		begin "$kind"
		sql "$kind" 'ALTER TABLE h.t MODIFY y int FIRST; FLUSH BINARY LOGS'
		begin "$kind"
		grep -q '"op":"ddl".*MODIFY y int FIRST.*"pos"' history
		sql "$kind" 'INSERT INTO h.t (id, x, y) VALUES (1, 10, 20)'
		run_tool 0 binlog -g "$kind" --start-position="$from" --schema-history=history
		[ "$(inserted)" = '{"y":20,"id":1,"x":10}' ]
	done
}

@test "a log that was started anew since is noticed in each of its files" {
	local kind

	for kind in mariadb mysql97; do
		metadata "$kind" default
		reset='RESET MASTER'
		! kind_is_mysql "$kind" || reset='RESET BINARY LOGS AND GTIDS'
		sql "$kind" "$reset; DROP DATABASE IF EXISTS h; CREATE DATABASE h; CREATE TABLE h.t (id int PRIMARY KEY, x int, y int)"
		rm -f history
		begin "$kind"
		sql "$kind" 'FLUSH BINARY LOGS; INSERT INTO h.t VALUES (1, 1, 1); FLUSH BINARY LOGS; INSERT INTO h.t VALUES (2, 1, 1)'
		begin "$kind"
		[[ $from == *.000003:* ]]
		# A file is known by the second in which it was begun.
		sleep 1.1
		sql "$kind" "$reset; ALTER TABLE h.t MODIFY y int FIRST; FLUSH BINARY LOGS; INSERT INTO h.t (id, x, y) VALUES (3, 10, 20)"
		run_tool 6 binlog -g "$kind" --start-position=bin.000002:4 --schema-history=history
		[[ $stderr == *'started anew'* ]] || { echo "$stderr"; return 1; }
	done
}

@test "a history whose reader stopped inside of CREATE TABLE ... SELECT goes on from before it" {
	local kind middle

	for kind in mariadb mysql97; do
		metadata "$kind" default
		sql "$kind" 'DROP DATABASE IF EXISTS h; CREATE DATABASE h; CREATE TABLE h.s (id int PRIMARY KEY, x int, y int); INSERT INTO h.s VALUES (1, 10, 20)'
		rm -f history
		begin "$kind"
		sql "$kind" 'CREATE TABLE h.t (PRIMARY KEY (id)) SELECT id, x, y FROM h.s; ALTER TABLE h.t MODIFY y int FIRST; INSERT INTO h.t (id, x, y) VALUES (2, 10, 20)'
		middle=$(sql "$kind" "SHOW BINLOG EVENTS IN '${from%:*}' FROM ${from#*:}" | awk -F'\t' '$3 ~ /Query/ && /CREATE TABLE/ { print $5 }')
		run_tool 0 binlog -g "$kind" --start-position="$from" --stop-position="${from%:*}:$((middle + 1))" --schema-history=history
		run_tool 0 binlog -g "$kind" --start=now --schema-history=history
		run_tool 0 binlog -g "$kind" --start-position="$from" --schema-history=history
		[ "$(inserted)" = '{"id":1,"x":10,"y":20}'$'\n''{"y":20,"id":2,"x":10}' ]
	done
}

@test "a stop by GTID that lies before the oldest file is a stop" {
	local kind gtids

	for kind in mariadb mysql97; do
		metadata "$kind" full
		sql "$kind" 'DROP DATABASE IF EXISTS h; CREATE DATABASE h; FLUSH BINARY LOGS'
		gtids=$(sql "$kind" 'SELECT @@gtid_current_pos' 2>/dev/null || sql "$kind" 'SELECT @@gtid_executed')
		sql "$kind" "PURGE BINARY LOGS TO '$(sql "$kind" 'SHOW BINARY LOGS' | tail -n 1 | cut -f1)'"
		run_tool 0 timeout 20 dts-binlog --defaults-file="$config" -g "$kind" --start=oldest --follow --stop-gtid="$gtids"
		[ "$(tail -n 1 <<<"$output" | jq -r .reason)" = done ]
	done
}

@test "CREATE TABLE IF NOT EXISTS defines nothing where a view had the name" {
	metadata mysql97 default
	sql mysql97 'DROP DATABASE IF EXISTS h; CREATE DATABASE h; CREATE TABLE h.base (id int PRIMARY KEY); CREATE VIEW h.t AS SELECT id FROM h.base'
	rm -f history
	begin mysql97
	sql mysql97 'CREATE TABLE IF NOT EXISTS h.t (id int PRIMARY KEY, x int, y int); DROP VIEW h.t;
		CREATE TABLE IF NOT EXISTS h.t (id int PRIMARY KEY, y int, x int); INSERT INTO h.t (id, x, y) VALUES (1, 10, 20)'
	run_tool 0 binlog -g mysql97 --start-position="$from" --schema-history=history
	[ "$(inserted)" = '{"id":1,"y":20,"x":10}' ]
	run_tool 0 binlog -g mysql97 --start-position="$from" --schema-history=history
	[ "$(inserted)" = '{"id":1,"y":20,"x":10}' ]
}
