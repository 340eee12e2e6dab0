#!/usr/bin/env bats
# Migrations by way of a log of dts-log: what the source writes is kept from before the full phase on, and read from
# there by any number of targets and readers, while each process may die at any time.
load lib/dts
load lib/live

setup_file() {
	servers_up maria=mariadb my=mysql97 dst=mariadb || return 0
	# As both families do by default: the log has no names of columns.
	sql maria 'SET GLOBAL binlog_row_metadata=NO_LOG'
	sql my 'SET GLOBAL binlog_row_metadata=MINIMAL'
}

teardown_file() { servers_down; }

setup() {
	servers_or_skip
	log=$BATS_TEST_TMPDIR/log
	off=$BATS_TEST_TMPDIR/off
	kept=()
	leaders=()
}

teardown() {
	local pid

	touch "$off"
	[ -z "${stop:-}" ] || stop_writers
	for pid in "${leaders[@]}" $(cat "$BATS_TEST_TMPDIR"/leader.* 2>/dev/null); do
		kill -CONT "-$pid" 2>/dev/null || :
		kill -KILL "-$pid" 2>/dev/null || :
	done
}

capture() { # capture [OPTION...]: once, up to the end of the source's log
	pipe '0 0' "dts-binlog -g $src --resume=$log --start=now shop | dts-log append $log $*"
}

# Where the source's log ends now.
position() {
	local show='SHOW MASTER STATUS'

	! kind_is_mysql "$src" || show='SHOW BINARY LOG STATUS'
	sql "$src" "$show" | awk 'NR == 1 { print $1 ":" $2 }'
}

# with_options 'PIPELINE': the option file for what reads a checkpoint, too.
with_options() {
	with_config "$1" | sed "s#dts-log \\(read\\|trim\\)#dts-log --defaults-file=$CONFIG \\1#g"
}

# start 'PIPELINE' [OUT]: in the background, in a session of its own, whose leader is then ${leaders[-1]}.
start() {
	setsid bash -o pipefail -c "$(with_options "$1")" >"${2:-/dev/null}" 2>>"$BATS_TEST_TMPDIR/err" </dev/null 3>&- &
	leaders+=($!)
}

# finish LEADER: its pipeline ends, as it should.
finish() {
	session_processes "$1" | while read -r pid name; do
		[[ $name != dts-* ]] || kill -TERM "$pid" || :
	done
	wait "$1" || { cat "$BATS_TEST_TMPDIR/err" && return 1; }
}

# keep NAME 'PIPELINE': the same, again and again, until $off is there. Its leader of the moment is in the file leader.NAME.
keep() {
	local pipeline

	pipeline=$(with_options "$2")
	while [ ! -e "$off" ]; do
		setsid bash -o pipefail -c "$pipeline" >/dev/null 2>>"$BATS_TEST_TMPDIR/err.$1" </dev/null &
		echo $! >"$BATS_TEST_TMPDIR/leader.$1"
		wait $! || :
		# What a process that was killed has left dies of its pipe.
		wait_until 30 "[ -z \"\$(session_processes $!)\" ]"
	done 3>&- &
	kept+=($!)
}

# kill_one NAME: a process of that pipeline.
kill_one() {
	local victims

	wait_until 30 "session_processes \$(cat '$BATS_TEST_TMPDIR/leader.$1') | grep -q ' dts-'"
	mapfile -t victims < <(session_processes "$(<"$BATS_TEST_TMPDIR/leader.$1")" | grep ' dts-')
	random 1 "${#victims[@]}"
	kill -KILL "${victims[REPLY - 1]%% *}" 2>/dev/null || : # it may just have ended
}

# has_gone FILE: the source has that file of its log no more.
has_gone() {
	sql "$src" "PURGE BINARY LOGS TO '$1'" 2>/dev/null
	[ "$(sql "$src" 'SHOW BINARY LOGS' | awk 'NR == 1 { print $1 }')" = "$1" ]
}

# The transactions of a stream, without what stands around them and what is told again where a reader starts.
transactions() {
	grep -v '^{"op":"\(stream\|schema\|heartbeat\|end\)"' "$1"
}

@test "a source that purges its log during the full phase: the target ends identical" {
	local file

	for src in $(drawn maria my); do
		live_setup "$src" dst
		log=$BATS_TEST_TMPDIR/$src.log
		fresh_shop
		start "dts-binlog -g $src --follow --resume=$log --start=now shop | dts-log append $log --segment-size=256k"
		wait_until 20 "[ -e '$log' ] && dts-log position '$log' >'$log.begin' 2>/dev/null"
		start_writers 2
		pipe '0 0' "dts-schema -g $src $(other_family) --stage=pre shop | dts-apply -g dst"
		# Half of the rows, then the others when the purge has happened.
		rm -f "$BATS_TEST_TMPDIR/purged"
		start "dts-dump -g $src --resume=shop@dst shop |
			awk '{ print } NR == 20000 { fflush(); while (system(\"[ -e $BATS_TEST_TMPDIR/purged ]\")) system(\"sleep 0.05\") }' |
			dts-apply -g dst --checkpoint=shop"
		wait_until 20 "[ \"0\$(sql dst 'SELECT COUNT(*) FROM dts.chunk' 2>/dev/null)\" -gt 0 ]"
		sql "$src" 'FLUSH BINARY LOGS'
		file=$(position)
		wait_until 20 "has_gone '${file%:*}'"
		run_tool 6 dts-binlog --defaults-file="$CONFIG" -g "$src" --start-position="$(<"$log.begin")" shop
		touch "$BATS_TEST_TMPDIR/purged"
		wait "${leaders[-1]}"
		pipe '0 0' "dts-schema -g $src $(other_family) --stage=post shop | dts-apply -g dst"
		start "dts-log read $log --follow --resume=shop@dst | dts-apply -g dst -j2 --checkpoint=shop"
		sql "$src" 'ALTER TABLE customers ADD COLUMN points int NOT NULL DEFAULT 10 AFTER name' shop
		wait_until 20 "[ \"\$(ls '$log' | wc -l)\" -gt 3 ]" # some segments
		stop_writers
		run_tool 0 dts-checkpoint --defaults-file="$CONFIG" -g dst wait shop "$(position)"
		finish "${leaders[-1]}"
		finish "${leaders[-3]}"
		identical
	done
}

@test "one log, two targets of two families, ten readers: writer and applier killed, one reader stopped, trimmed all the time" {
	local i round count middle reader=() trim
	local few="--table=shop.customers --table=shop.coupons --table=shop.page_views"

	live_setup maria dst
	trim=(dts-log --defaults-file="$CONFIG" trim "$log" --keep-size=1 --checkpoint=shop@dst --checkpoint=few@my)
	sql my 'DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS dts'
	fresh_shop
	capture
	start_writers 2
	full_phase
	pipe '0 0' "dts-schema -g maria --for=mysql shop.customers shop.coupons shop.page_views | dts-apply -g my"
	pipe '0 0' "dts-dump -g maria shop.customers shop.coupons shop.page_views | dts-apply -g my --checkpoint=few"
	keep capture "dts-binlog -g maria --follow --resume=$log shop | dts-log append $log --segment-size=64k"
	keep few "dts-log read $log --follow --resume=few@my $few | dts-apply -g my --checkpoint=few"
	start "dts-log read $log --follow --resume=shop@dst | dts-apply -g dst -j2 --checkpoint=shop"
	for ((i = 1; i <= 7; i++)); do
		start "dts-log read $log --follow" "$BATS_TEST_TMPDIR/read.$i"
		reader+=("${leaders[-1]}")
	done
	for ((round = 0; round < DTS_KILLS; round++)); do
		random 100 900
		sleep "$(printf '0.%03d' "$REPLY")"
		kill_one "$( ((round % 3)) && echo capture || echo few)"
		if [ "$round" -eq 1 ]; then
			# One from the time that it is now, and one that stands still from here on.
			wait_until 20 "[ \"\$(ls '$log' | wc -l)\" -gt 3 ]"
			middle=$(transactions "$BATS_TEST_TMPDIR/read.1" | grep '^{"op":"begin"' | tail -n 1 | jq -r .time)
			start "dts-log read $log --follow --start-time=$middle" "$BATS_TEST_TMPDIR/read.8"
			reader+=("${leaders[-1]}")
			wait_until 20 "[ -s '$BATS_TEST_TMPDIR/read.8' ]" # or that time is trimmed away
			kill -STOP "-${leaders[0]}"
		fi
		run_tool 0 "${trim[@]}"
	done
	# What the one that stands still needs is there, and all of it.
	wait_until 20 "[ \"\$(ls '$log' | wc -l)\" -gt 6 ]"
	run_tool 0 "${trim[@]}"
	[[ $output == *"checkpoint shop@dst"* ]]
	pipe '0 0' "dts-log --defaults-file=$CONFIG read $log --resume=shop@dst | dts-filter >'$BATS_TEST_TMPDIR/left'"
	kill -CONT "-${leaders[0]}"
	stop_writers
	touch "$off"
	for i in capture few; do
		kill -TERM "-$(<"$BATS_TEST_TMPDIR/leader.$i")" || :
	done
	wait "${kept[@]}"
	capture
	run_tool 0 dts-checkpoint --defaults-file="$CONFIG" -g dst wait shop "$(dts-log position "$log")"
	run_tool 0 "${trim[@]}" # what nobody needs any more
	[[ $output == *removed* ]]
	for i in 1 2 3 4 5 6 7 8; do
		wait_until 20 "tail -n 3 '$BATS_TEST_TMPDIR/read.$i' | grep -qF '$(dts-log read "$log" --start=now | jq -r 'select(.op == "end").pos.gtid')'"
	done
	for i in "${reader[@]}" "${leaders[0]}"; do
		finish "$i"
	done
	pipe '0 0' "dts-log --defaults-file=$CONFIG read $log --resume=few@my $few | dts-apply -g my --checkpoint=few"
	identical
	run_tool 0 dts-verify --defaults-file="$CONFIG" -g maria -G my shop.customers shop.coupons shop.page_views
	for i in 2 3 4 5 6 7; do
		cmp <(transactions "$BATS_TEST_TMPDIR/read.1") <(transactions "$BATS_TEST_TMPDIR/read.$i")
		dts-filter "$BATS_TEST_TMPDIR/read.$i" >/dev/null
	done
	count=$(transactions "$BATS_TEST_TMPDIR/read.8" | wc -l)
	[ "$count" -gt 0 ]
	cmp <(transactions "$BATS_TEST_TMPDIR/read.1" | tail -n "$count") <(transactions "$BATS_TEST_TMPDIR/read.8")
}

@test "a full phase that was broken off goes on though the source has purged its log, if a log has kept it" {
	local dump file

	for src in $(drawn maria my); do
		live_setup "$src" dst
		log=$BATS_TEST_TMPDIR/$src.log
		dump=(dts-dump --defaults-file="$CONFIG" -g "$src" --resume=shop@dst shop)
		fresh_shop
		capture
		pipe '0 0' "dts-schema -g $src $(other_family) shop | dts-apply -g dst"
		pipe '* 0 3' "dts-dump -g $src --chunk-size=50000 --resume=shop@dst shop | head -n 4000 | dts-apply -g dst --checkpoint=shop"
		start_writers 1
		wait_until 20 "[ \$(sql $src 'SELECT COUNT(*) FROM shop.payments') -gt 20 ]"
		stop_writers
		capture
		cp -r "$log" "$log.old"
		sql "$src" 'FLUSH BINARY LOGS'
		file=$(position)
		capture
		wait_until 20 "has_gone '${file%:*}'"
		run_tool 6 "${dump[@]}"
		[[ $stderr == *"if a log has kept the changes since, --log=DIR goes on by that"* ]]
		run_tool 6 "${dump[@]}" --log="$BATS_TEST_TMPDIR/none"
		[[ $stderr == *"is not in it, and log '$BATS_TEST_TMPDIR/none' is empty"* ]]
		# The log must have come to where the source's begins now.
		run_tool 6 "${dump[@]}" --log="$log.old"
		[[ $stderr == *"and log '$log.old' ends there"* ]]
		pipe '0 0' "dts-dump -g $src --chunk-size=50000 --resume=shop@dst --log=$log shop | dts-apply -g dst --checkpoint=shop"
		pipe '0 0' "dts-log --defaults-file=$CONFIG read $log --resume=shop@dst | dts-apply -g dst --checkpoint=shop"
		identical
	done
}

@test "columns have their names and types where the source's log has none, as they were" {
	local metadata size

	live_setup maria dst
	for metadata in NO_LOG MINIMAL FULL; do
		for size in 64M 1k; do
			log=$BATS_TEST_TMPDIR/$metadata.$size
			sql maria "SET GLOBAL binlog_row_metadata=$metadata; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;
				CREATE TABLE a (id INT PRIMARY KEY, x INT, y INT); CREATE TABLE b (id INT PRIMARY KEY, e ENUM('a','b'));
				CREATE TABLE c LIKE a; CREATE TABLE quiet (id INT PRIMARY KEY, u UUID, e ENUM('p','q'))"
			capture --segment-size="$size"
			sql maria "INSERT INTO a VALUES (1,10,20)" shop
			capture --segment-size="$size"
			# Nobody reads while these are made, and the tables are others when somebody does.
			sql maria "INSERT INTO a VALUES (2,11,21); ALTER TABLE a CHANGE x y INT, CHANGE y x INT; INSERT INTO a VALUES (3,22,12);
				ALTER TABLE b MODIFY e ENUM('b','a'); INSERT INTO b VALUES (1,'a'); CREATE TABLE d LIKE quiet;
				INSERT INTO d VALUES (1,'123e4567-e89b-12d3-a456-426655440000','q'); RENAME TABLE c TO cc;
				INSERT INTO cc VALUES (5,6,7); ALTER TABLE a ADD z INT, ADD INDEX (z); ALTER TABLE b ADD INDEX (e)" shop
			capture --segment-size="$size"
			sql maria "INSERT INTO quiet VALUES (2,'123e4567-e89b-12d3-a456-426655440001','p'); INSERT INTO a VALUES (4,23,13,9);
				INSERT INTO b VALUES (2,'b'); DROP TABLE cc; CREATE TABLE cc (id INT PRIMARY KEY, q INT); INSERT INTO cc VALUES (1,2)" shop
			capture --segment-size="$size"
			# dts-filter sees to it that each table is told before its changes.
			run_pipe '0 0 0' "dts-log read $log | dts-filter | jq -c 'select(.op == \"insert\") | [.table, .after]'"
			diff - <(printf '%s\n' "$output") <<-'END'
				["a",{"id":1,"x":10,"y":20}]
				["a",{"id":2,"x":11,"y":21}]
				["a",{"id":3,"y":22,"x":12}]
				["b",{"id":1,"e":"a"}]
				["d",{"id":1,"u":"123e4567-e89b-12d3-a456-426655440000","e":"q"}]
				["cc",{"id":5,"x":6,"y":7}]
				["quiet",{"id":2,"u":"123e4567-e89b-12d3-a456-426655440001","e":"p"}]
				["a",{"id":4,"y":23,"x":13,"z":9}]
				["b",{"id":2,"e":"b"}]
				["cc",{"id":1,"q":2}]
			END
		done
	done
	sql maria 'SET GLOBAL binlog_row_metadata=NO_LOG'
}

@test "where to begin, when there is no log yet; what is none; and another source" {
	local tool

	live_setup maria dst
	sql maria 'DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)'
	tool=(dts-binlog --defaults-file="$CONFIG" -g maria)
	run_tool 4 "${tool[@]}" --resume="$log"
	[[ $stderr == *"there is no checkpoint $log of source 'maria'"*"hint: there is no such file; for a log that is to be begun there, --start=now"* ]]
	mkdir "$log"
	run_tool 4 "${tool[@]}" --resume="$log"
	[[ $stderr == *"log '$log' is empty, and nothing else says where to begin"*"hint: --start=now beside --resume=$log does"* ]]
	run_tool 2 "${tool[@]}" --resume="$log" --start=now --start-gtid=0-1-1
	[ -z "$output" ]
	run_tool 2 "${tool[@]}" --resume=shop@dst --start=now
	[[ $stderr == *"--resume=shop@dst is a checkpoint, beside which --start,"* ]]
	run_tool 4 "${tool[@]}" --resume="$BATS_TEST_TMPDIR/.." --start=now
	[[ $stderr == *"is no log"* ]]
	capture
	# It counts only while the log is empty: what was written since is not passed over.
	sql maria 'INSERT INTO shop.t VALUES (1)'
	capture
	sql maria 'INSERT INTO shop.t VALUES (2)'
	pipe '0 0' "dts-binlog -g maria --resume=$log --start-time=2037-01-01T00:00:00Z shop | dts-log append $log"
	[ "$(dts-log read "$log" | jq -c 'select(.op == "insert").after.id' | tr '\n' ' ')" = '1 2 ' ]
	run_tool 4 "${tool[@]}" --resume="$log" --src=other
	[[ $stderr == *"log '$log' is of source 'maria', and this is 'other'"* ]]
	run_tool 4 dts-binlog --defaults-file="$CONFIG" -g dst --src=maria --resume="$log"
	[[ $stderr == *"the log is of another server: of "* ]]
	run_tool 4 "${tool[@]}" --resume="$log" 'none.*'
	[[ $stderr == *"no table of log $log is selected: it is about shop.t"* ]]
	# It is no checkpoint to a reader of the log.
	run_tool 2 dts-log read "$log" --resume="$log"
	[[ $stderr == *"--resume=$log is a directory, and no checkpoint"* ]]
}

@test "a transaction that no record can tell ends a log; with a schema history tables may be made if there are none" {
	local after

	live_setup maria dst
	sql maria 'DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)'
	capture
	sql maria 'INSERT INTO t VALUES (1); CREATE TABLE IF NOT EXISTS u (id INT PRIMARY KEY); INSERT INTO u VALUES (1)' shop
	after=$(position)
	pipe '4 3' "dts-binlog -g maria --resume=$log shop | dts-log append $log"
	[[ $stderr == *"it was created IF NOT EXISTS"*"at the target by hand, when it has all of this log, and begin another log behind it: --resume=DIR --start-position=$after"* ]]
	# What came before it is there.
	run_pipe '0 0' "dts-log read $log | jq -c 'select(.op == \"insert\").after'"
	[ "$output" = '{"id":1}' ]
	log=$log.2
	sql maria 'DROP TABLE u' shop
	for _ in 1 2 3; do
		pipe '0 0' "dts-binlog -g maria --resume=$log --start=now --schema-history=$log.history shop | dts-log append $log"
		sql maria 'CREATE TABLE IF NOT EXISTS u (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO u VALUES ()' shop
	done
	run_pipe '0 0' "dts-log read $log | jq -c 'select(.op == \"insert\").after.id'"
	[ "$output" = $'1\n2' ]
}
