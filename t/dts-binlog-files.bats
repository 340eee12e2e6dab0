#!/usr/bin/env bats
# A log read from its files is what its server tells of it.
load lib/dts

kinds=(mariadb mariadb118 mysql97)

setup_file() {
	servers_up mariadb=mariadb mariadb118=mariadb118 mysql97=mysql97 mysql=mysql97
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	config=$(defaults)
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	[ -z "${follower:-}" ] || kill "$follower" 2>/dev/null || :
}

binlog() {
	dts-binlog --defaults-file="$config" "$@"
}

# log_dir KIND: where its files are.
log_dir() {
	dirname "$(sql "$1" 'SELECT @@log_bin_basename')"
}

# fresh KIND: nothing in the log but a database b.
fresh() {
	sql "$1" 'DROP DATABASE IF EXISTS b'
	if kind_is_mysql "$1"; then
		sql "$1" 'RESET BINARY LOGS AND GTIDS; SET GLOBAL binlog_row_metadata=FULL; CREATE DATABASE b'
	else
		sql "$1" 'RESET MASTER; SET GLOBAL binlog_row_metadata=FULL; CREATE DATABASE b'
	fi
}

# work KIND: changes over several files, and one that the server was killed in.
work() {
	fresh "$1"
	sql "$1" "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20), d DECIMAL(20,5)); INSERT INTO t (v) VALUES ('a'), ('ü'), (NULL);
		FLUSH BINARY LOGS; BEGIN; UPDATE t SET d = id * 1.5; DELETE FROM t WHERE id = 2; COMMIT; ALTER TABLE t ADD n MEDIUMBLOB;
		INSERT INTO t (n) VALUES (REPEAT('x', 300000)); FLUSH BINARY LOGS; INSERT INTO t (v) VALUES ('third')" b
	server kill "$1"
	server restart "$1" >/dev/null
	sql "$1" "INSERT INTO t (v) VALUES ('fourth'); CREATE TABLE u (id INT PRIMARY KEY, t TIMESTAMP(3) NULL, k TIME(2)); INSERT INTO u VALUES (1, '2020-01-01 00:00:00.123', '-10:11:12.13')" b
}

@test "the files of a directory, named one by one, compressed or not: what the server tells" {
	local kind dir files

	for kind in $(drawn "${kinds[@]}"); do
		echo "# $kind"
		work "$kind"
		dir=$(log_dir "$kind")
		binlog -g "$kind" >told
		[ "$(jq -r 'select(.op == "commit").op' told | wc -l)" -ge 9 ]
		binlog -g "$kind" "$dir/" | cmp - told
		mapfile -t files < <(ls "$dir"/*bin.[0-9][0-9][0-9][0-9][0-9][0-9])
		[ "${#files[@]}" -eq 4 ]
		binlog -g "$kind" "${files[@]}" | cmp - told
		rm -rf copy
		mkdir copy
		cp "${files[@]}" copy
		zstd -q --rm copy/*.00000[13]
		binlog -g "$kind" ./copy | cmp - told
		# Without its server all but what only that knows is the same.
		dts-binlog --src="$kind" ./copy | jq -c 'del(.source, .context)' >alone
		jq -c 'del(.source, .context)' told | diff - alone
		dts-binlog ./copy | jq -c .context | diff - <(jq -c .context told)
		# One through a pipe.
		zstdcat copy/*.000001.zst | dts-binlog --src="$kind" - | jq -c 'select(.op == "insert").after' >piped
		jq -c 'select(.op == "insert" and .n).after' told | head -n 3 | diff - piped
		[ "$(dts-binlog --table=b.u ./copy | jq -c 'select(.op == "insert").after')" = '{"id":1,"t":"2020-01-01 00:00:00.123","k":"-10:11:12.13"}' ]
	done
}

@test "starts and stops in the files" {
	local kind dir from to

	for kind in $(drawn mariadb mysql97); do
		work "$kind"
		dir=$(log_dir "$kind")
		from=$(binlog -g "$kind" | jq -r 'select(.op == "begin").pos | "\(.file):\(.offset)"' | sed -n 4p)
		to=$(binlog -g "$kind" | jq -r 'select(.op == "commit").pos | "\(.file):\(.offset)"' | sed -n 7p)
		binlog -g "$kind" --start-position="$from" --stop-position="$to" >told
		[ "$(jq -r 'select(.op == "commit").op' told | wc -l)" -eq 4 ]
		binlog -g "$kind" "$dir/" --start-position="$from" --stop-position="$to" | jq -c 'del(.pos.gtid)' >got
		jq -c 'del(.pos.gtid)' told | diff - got
		run_tool 6 dts-binlog "$dir/" --start-position=bin.000099:4
		[[ $stderr == "dts-binlog: 'bin.000099' is not among the files"*hint:*000001*000004* ]]
		run_tool 3 dts-binlog "$dir/" --start-position="${from%:*}:77"
		run_tool 6 dts-binlog "$dir/" --start-position="${from%:*}:99999999"
		[[ $stderr == *"offset 99999999 is beyond the end of the file ${from%:*}"* ]]
		run_tool 6 dts-binlog "$dir/"*bin.000004 --start-position="$(basename "$dir/"*bin.000004):99999999"
		for start in --start=now --start-gtid=0-1-1 --resume=x; do # --resume=x does not say where x is
			run_tool 2 dts-binlog "$dir/" "$start"
		done
	done
}

@test "--follow goes on in the next file, through the death of the server" {
	local kind dir round

	for kind in $(drawn mariadb mysql97); do
		fresh "$kind"
		dir=$(log_dir "$kind")
		sql "$kind" 'CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, n INT)' b
		dts-binlog --defaults-file="$config" -g "$kind" --follow "$dir/" >followed 2>errors 3>&- &
		follower=$!
		for round in 1 2 3 4; do
			sql "$kind" "BEGIN; INSERT INTO t (n) VALUES ($round); INSERT INTO t (n) VALUES ($round); COMMIT" b
			wait_until 20 "[ \$(grep -c '\"op\":\"insert\"' followed) -eq $((round * 2)) ]"
			case $round in
			1) sql "$kind" 'FLUSH BINARY LOGS' ;;
			2)
				server kill "$kind"
				server restart "$kind" >/dev/null
				;;
			3) sql "$kind" 'FLUSH BINARY LOGS; FLUSH BINARY LOGS' ;;
			esac
		done
		kill -TERM "$follower"
		wait "$follower"
		[ ! -s errors ]
		binlog -g "$kind" | jq -c 'select(.op != "end")' >told
		jq -c 'select(.op != "end" and .op != "heartbeat")' followed | diff - told
		[ "$(tail -n 1 followed | jq -r .reason)" = signal ]
	done
}

@test "--follow stops where what comes next has gone" {
	local kind dir what

	for kind in $(drawn mariadb mysql97); do
		for what in purged anew; do
			fresh "$kind"
			dir=$(log_dir "$kind")
			sql "$kind" 'CREATE TABLE t (id INT PRIMARY KEY)' b
			rm -rf copy
			mkdir copy
			cp "$dir"/bin.000001 copy
			dts-binlog --defaults-file="$config" -g "$kind" --follow "$([ $what = anew ] && echo "$dir/" || echo ./copy)" >followed 2>errors 3>&- &
			follower=$!
			wait_until 20 'grep -q create-table followed'
			if [ $what = purged ]; then
				sql "$kind" 'FLUSH BINARY LOGS; FLUSH BINARY LOGS; INSERT INTO t VALUES (1)' b
				cp "$dir"/bin.000003 copy
				cat "$dir"/bin.000001 >copy/bin.000001
			elif kind_is_mysql "$kind"; then
				sql "$kind" 'RESET BINARY LOGS AND GTIDS'
			else
				sql "$kind" 'RESET MASTER'
			fi
			status=0
			wait "$follower" || status=$?
			cat errors
			[ "$status" -eq 6 ]
			if [ $what = purged ]; then
				grep -q "the file behind './copy/bin.000001' has gone: the next one that is there is bin.000003" errors
			else
				grep -q "was removed or replaced before its end was read" errors
			fi
		done
	done
}

@test "a history of the tables, where the files lack names" {
	local kind dir

	for kind in $(drawn mariadb mysql97); do
		fresh "$kind"
		dir=$(log_dir "$kind")
		sql "$kind" 'CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)' b
		rm -f history
		binlog -g "$kind" --start=now --schema-history=history >/dev/null
		if kind_is_mysql "$kind"; then
			sql "$kind" 'SET GLOBAL binlog_row_metadata=MINIMAL'
		else
			sql "$kind" 'SET GLOBAL binlog_row_metadata=NO_LOG'
		fi
		sql "$kind" 'FLUSH BINARY LOGS; INSERT INTO t VALUES (1, 2, 3); ALTER TABLE t MODIFY b INT AFTER id; INSERT INTO t VALUES (2, 3, 4)' b
		from=$(binlog -g "$kind" --start=now | jq -r 'select(.op == "end").pos.file'):4
		run_tool 4 dts-binlog "$dir/"
		[[ $stderr == *"names of the columns of \`b\`.\`t\`"* ]]
		cp history before
		dts-binlog "$dir/" --schema-history=history --start-position="$from" | jq -c 'select(.op == "insert").after' >got
		diff - got <<-'END'
			{"id":1,"a":2,"b":3}
			{"id":2,"b":3,"a":4}
		END
		# It begins in a file that was not given.
		run_tool 6 dts-binlog "$dir/"*bin.000002 --schema-history=before --start-position="$from"
		[[ $stderr == *"the schema history ends at "*000001:*"is not among the files"* ]]
		run_tool 4 dts-binlog "$dir/" --schema-history=none
		[[ $stderr == *"there is no schema history 'none'"*hint:*--start=now* ]]
	done
}

@test "files that are missing, cut, damaged or none" {
	local n size whole

	work mariadb
	mkdir copy
	cp "$(log_dir mariadb)"/bin.0* copy
	dts-binlog ./copy >whole
	run_tool 3 dts-binlog copy/bin.000001 copy/bin.000003
	[[ $stderr == "dts-binlog: 'bin.000002' is missing between 'copy/bin.000001' and 'copy/bin.000003'"*hint:* ]]
	run_tool 3 dts-binlog copy/bin.000002 copy/bin.000001
	[[ $stderr == *"'copy/bin.000001' does not come behind 'copy/bin.000002'"* ]]
	cp copy/bin.000002 copy/relay.000003
	run_tool 3 dts-binlog copy/bin.000001 copy/relay.000003
	[[ $stderr == *"are not of one log"* ]]
	run_tool 3 dts-binlog ./copy
	[[ $stderr == *"has files of several logs"*hint:* ]]
	rm copy/relay.000003
	# Others of such a name are no log's.
	echo aria >copy/aria_log.00000001
	dts-binlog ./copy | cmp - whole
	run_tool 3 dts-binlog copy/aria_log.00000001
	[[ $stderr == *"'copy/aria_log.00000001' is not a binary log"* ]]
	mkdir empty
	run_tool 3 dts-binlog ./empty
	[[ $stderr == *"directory './empty' has no log files"* ]]
	: >empty/bin.000001
	run_tool 3 dts-binlog empty/bin.000001
	[[ $stderr == *"is empty, or its first event is cut"* ]]
	run_tool 5 dts-binlog none/bin.000001
	printf '\375bin and what is encrypted' >empty/bin.000001
	run_tool 3 dts-binlog empty/bin.000001
	[[ $stderr == *"is encrypted"*hint:*"from its server"* ]]
	# A file that the server had closed, cut anywhere: never less without a word, when another follows.
	size=$(stat -c %s copy/bin.000001)
	for ((n = 0; n < size; n += 7)); do
		head -c "$n" copy/bin.000001 >empty/bin.000001
		cp copy/bin.000002 empty/
		run dts-binlog empty/bin.000001 empty/bin.000002
		[ "$status" -eq 3 ] || {
			echo "cut at $n: $status: $output"
			return 1
		}
		# And alone no more than whole transactions.
		if dts-binlog empty/bin.000001 >cut 2>/dev/null; then
			[ "$(grep -c '"op":"begin"' cut)" -eq "$(grep -c '"op":"commit"\|"op":"rollback"' cut)" ]
		fi
	done
	# A byte that is another one.
	for n in 200 400 600 800; do
		cp copy/bin.000001 empty/bin.000001
		printf '\377' | dd of=empty/bin.000001 bs=1 seek="$n" conv=notrunc status=none
		run_tool 3 dts-binlog empty/bin.000001
	done
	# The file in which the server was killed ends anywhere, but has all that is known behind it.
	# (Its last transaction is cut: MariaDB may have written a checkpoint behind it, in its own time.)
	size=$(jq -r 'select(.op == "commit" and .pos.file == "bin.000003").pos.offset' whole | tail -n 1)
	head -c $((size - 5)) copy/bin.000003 >empty/bin.000003
	cp copy/bin.000004 empty/
	run_tool 3 dts-binlog empty/bin.000003 empty/bin.000004
	[[ $stderr == *"bin.000004:"*"goes on behind transactions that the one before it does not have"*hint:* ]]
	run_tool 0 dts-binlog empty/bin.000003
	[[ $stderr == "dts-binlog: warning: the files end inside of transaction "*", which is left out" ]]
}

@test "transactions that are missing between two files are noticed" {
	local kind dir from

	for kind in $(drawn mariadb mysql97); do
		fresh "$kind"
		dir=$(log_dir "$kind")
		rm -rf copy
		mkdir copy
		sql "$kind" 'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)' b
		cp "$dir"/bin.000001 copy
		sql "$kind" 'INSERT INTO t VALUES (2); FLUSH BINARY LOGS; INSERT INTO t VALUES (3)' b
		cp "$dir"/bin.000002 copy
		run_tool 3 dts-binlog ./copy
		[[ $stderr == *"bin.000002:"*"goes on behind transactions that the one before it does not have"*hint:*"copy it anew"* ]]
		[[ $output != *'"id":3'* ]]
		# One that was closed, and cut between two transactions.
		from=$(dts-binlog "$dir/" | jq -r 'select(.op == "begin" and .pos.file == "bin.000001").pos.offset' | tail -n 1)
		head -c "$from" "$dir"/bin.000001 >copy/bin.000001
		run_tool 3 dts-binlog ./copy
		cp "$dir"/bin.000001 copy
		# MariaDB writes a checkpoint behind all that, in its own time: the place of the end is not compared.
		dts-binlog ./copy | jq -c 'select(.op == "end").pos = null' | cmp - <(dts-binlog "$dir/" | jq -c 'select(.op == "end").pos = null')
	done
}

@test "a system-versioned table is none of those that can be told, without its server too" {
	fresh mariadb
	sql mariadb 'CREATE TABLE v (id INT PRIMARY KEY) WITH SYSTEM VERSIONING; INSERT INTO v VALUES (1); DELETE FROM v' b
	run_tool 3 dts-binlog "$(log_dir mariadb)/"
	[[ $stderr == *"table \`b\`.\`v\` is system-versioned"* ]]
}

@test "--stop-gtid that would never be reached is refused" {
	local kind other from

	for kind in mariadb mysql97; do
		fresh "$kind"
		sql "$kind" 'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)' b
		other=0-1-3
		kind_is_mysql "$kind" || other=3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5
		run_tool 4 dts-binlog "$(log_dir "$kind")/" --stop-gtid="$other"
		[[ $stderr == *"GTIDs have another form"*hint:* ]]
		from=$(dts-binlog "$(log_dir "$kind")/" | jq -r 'select(.op == "insert" and .after.id == 2).tx')
		[ "$(dts-binlog "$(log_dir "$kind")/" --stop-gtid="$from" | jq -r 'select(.op == "insert").after.id' | xargs)" = '1 2' ]
	done
	from=$(dts-binlog "$(log_dir mysql97)/" | jq -r 'select(.op == "begin").pos | "\(.file):\(.offset)"' | sed -n 2p)
	run_tool 4 dts-binlog "$(log_dir mysql97)/" --start-position="$from" --stop-gtid="$(sql mysql97 'SELECT @@server_uuid'):1-4"
	[[ $stderr == *"are not known, so that it cannot be told when --stop-gtid is reached"* ]]
}

@test "who follows files tells that nothing comes, and ends with its server or a signal" {
	local dir

	fresh mariadb
	dir=$(log_dir mariadb)
	sql mariadb 'CREATE TABLE t (id INT PRIMARY KEY)' b
	dts-binlog --defaults-file="$config" -g mariadb118 --follow --heartbeat=0.5 "$dir/" >followed 2>errors 3>&- &
	follower=$!
	wait_until 30 '[ "$(grep -c heartbeat followed)" -ge 14 ]'
	# The server that it asks has gone.
	server kill mariadb118
	sql mariadb 'CREATE TABLE later (id INT PRIMARY KEY); INSERT INTO later VALUES (1)' b
	status=0
	wait "$follower" || status=$?
	server restart mariadb118 >/dev/null
	[ "$status" -eq 75 ]
	[ "$(tail -n 1 followed | jq -r .op)" != end ]
	# A pipe that says nothing.
	mkfifo pipe
	dts-binlog - <pipe >followed 2>errors 3>&- &
	follower=$!
	exec 5>pipe
	wait_until 10 "grep -q dts-binlog /proc/$follower/comm"
	kill -TERM "$follower"
	status=0
	wait "$follower" || status=$?
	exec 5>&-
	[ "$status" -eq 143 ]
	[ ! -s errors ]
}

# relay KIND REPLICA: REPLICA gets the log of KIND into its relay logs, and keeps these.
relay() {
	local port

	port=$(server port "$1")
	sql "$1" "DROP USER IF EXISTS r; CREATE USER r IDENTIFIED BY 'r'; GRANT REPLICATION SLAVE ON *.* TO r"
	if kind_is_mysql "$1"; then
		sql "$2" "SET GLOBAL relay_log_purge=0; CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=$port, SOURCE_USER='r',
			SOURCE_PASSWORD='r', GET_SOURCE_PUBLIC_KEY=1, SOURCE_LOG_FILE='bin.000001', SOURCE_LOG_POS=4; START REPLICA IO_THREAD"
	else
		sql "$2" "SET GLOBAL relay_log_purge=0; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$port, MASTER_USER='r',
			MASTER_PASSWORD='r', MASTER_SSL_VERIFY_SERVER_CERT=0, MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=4; START SLAVE IO_THREAD"
	fi
}

relayed() {
	sql "$1" 'SELECT 1' >/dev/null
	[ "$(dts-binlog --defaults-file="$config" -g "$2" "$(log_dir "$1")"/*relay-bin.[0-9][0-9][0-9][0-9][0-9][0-9] b 2>&1 | grep -c '"op":"insert".*"v":"last ')" -eq "$3" ]
}

# What was told, but for GTIDs, and where it ends: MariaDB writes a checkpoint when it comes to it.
told() {
	jq -c 'del(.pos.gtid) | if .op == "end" then del(.pos) else . end'
}

@test "relay logs of a replica: the log of its source" {
	local kind replica round dir

	for kind in $(drawn mariadb mysql97); do
		replica=mariadb118
		! kind_is_mysql "$kind" || replica=mysql
		fresh "$kind"
		relay "$kind" "$replica"
		sql "$kind" 'CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20))' b
		for round in 1 2 3; do
			sql "$kind" "BEGIN; INSERT INTO t (v) VALUES ('some'), ('more'); UPDATE t SET v = CONCAT(v, id); COMMIT; FLUSH BINARY LOGS; INSERT INTO t (v) VALUES ('last $round')" b
			wait_until 30 "relayed $replica $kind $round"
			sql "$replica" 'FLUSH RELAY LOGS'
		done
		dir=$(log_dir "$replica")
		binlog -g "$kind" b | told >told
		binlog -g "$kind" "$dir"/*relay-bin.[0-9][0-9][0-9][0-9][0-9][0-9] b | told | diff - told
		# One alone need not say where in the source's log it stands.
		run_tool 3 dts-binlog "$(ls "$dir"/*relay-bin.[0-9]* | tail -n 1)"
		[[ $stderr == *"the relay logs do not begin with the name of the source's file"*hint:* ]]
		run_tool 2 dts-binlog "$dir"/*relay-bin.[0-9][0-9][0-9][0-9][0-9][0-9] --start-position=bin.000001:4
		run_tool 2 dts-binlog - <"$(ls "$dir"/*relay-bin.[0-9]* | head -n 1)"
		# One that was fetched twice, and one that is cut where another follows.
		rm -rf copy
		mkdir copy
		round=0
		for file in "$dir"/*relay-bin.[0-9][0-9][0-9][0-9][0-9][0-9]; do
			round=$((round + 1))
			cp "$file" "copy/relay.$(printf %06d $round)"
			! grep -qa 'last 2' "$file" || {
				round=$((round + 1))
				cp "$file" "copy/relay.$(printf %06d $round)"
			}
		done
		run_tool 3 dts-binlog ./copy
		[[ $stderr == *"the relay logs go back in the source's log"*hint:* ]]
		truncate -s -20 copy/relay.000002
		run_tool 3 dts-binlog ./copy
		[[ $stderr == *"copy/relay.000002:"*"the file "*hint:*"the replica was killed"* ]]
	done
}

@test "files under a checkpoint: of the server that is named" {
	local from

	sql mariadb118 'DROP DATABASE IF EXISTS dts; DROP DATABASE IF EXISTS b'
	fresh mariadb
	sql mariadb 'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)' b
	apply() {
		dts-apply --defaults-file="$config" -g mariadb118 --checkpoint=f "$@"
	}
	binlog -g mariadb "$(log_dir mariadb)/" | apply --new-checkpoint
	sql mariadb 'INSERT INTO t VALUES (2)' b
	# From the server, then from its files again: what is there is not repeated.
	binlog -g mariadb | apply
	sql mariadb 'FLUSH BINARY LOGS; INSERT INTO t VALUES (3)' b
	binlog -g mariadb "$(log_dir mariadb)/" | apply
	[ "$(sql mariadb118 'SELECT GROUP_CONCAT(id ORDER BY id) FROM b.t')" = 1,2,3 ]
	# Of which server they are is not known without it.
	dts-binlog --src=mariadb "$(log_dir mariadb)/" >stream
	run_tool 4 apply stream
	[[ $stderr == *"follows another server"*"server_id "*hint:*"dts-binlog -g"* ]]
}

@test "positions of a pipe are not kept in a checkpoint" {
	sql mariadb118 'DROP DATABASE IF EXISTS dts'
	work mariadb
	dts-binlog --src=x - <"$(log_dir mariadb)/bin.000001" >stream
	run_tool 3 dts-apply --defaults-file="$config" -g mariadb118 --checkpoint=x --new-checkpoint stream
	[[ $stderr == *"a transaction without a file and offset cannot be applied exactly once"* ]]
	sql mariadb118 'DROP DATABASE IF EXISTS b'
	run_tool 0 dts-apply --defaults-file="$config" -g mariadb118 --no-checkpoint stream
	[ "$(sql mariadb118 'SELECT COUNT(*) FROM b.t')" = 3 ]
}

# resumed KIND: from a checkpoint, without the server, in a log without names of columns.
resumed() {
	local dir=copy.$1

	sql mariadb118 'DROP DATABASE IF EXISTS dts; DROP DATABASE IF EXISTS b; CREATE DATABASE b; CREATE TABLE b.t (a INT PRIMARY KEY, b INT)'
	fresh "$1"
	sql "$1" "SET GLOBAL binlog_row_metadata=$(if kind_is_mysql "$1"; then echo MINIMAL; else echo NO_LOG; fi);
		CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 10)" b
	apply() { dts-apply --defaults-file="$config" -g mariadb118 --checkpoint=f "$@"; }
	dts-dump --defaults-file="$config" -g "$1" --src=s b | apply
	sql "$1" 'INSERT INTO t VALUES (2, 20); FLUSH BINARY LOGS' b
	binlog -g "$1" --src=s --resume=f@mariadb118 b | apply
	sql "$1" 'UPDATE t SET b = b + 1; FLUSH BINARY LOGS; ALTER TABLE t ADD c INT FIRST; INSERT INTO t VALUES (7, 3, 30); DELETE FROM t WHERE a = 1; FLUSH BINARY LOGS' b
	cp -r "$(log_dir "$1")" "$dir"
	begun=$(date +%s)
	wait_until 5 '[ "$(date +%s)" -gt "$begun" ]' # logs are known by the second in which they were begun
	fresh "$1" # it is gone, and what there is is another log
	binlog --src=s --resume=f@mariadb118 "./$dir" b >stream
	run_tool 0 apply stream
	run_tool 0 apply stream
	[ "$(sql mariadb118 'SELECT a, b, c FROM b.t' | xargs)" = '2 21 NULL 3 30 7' ]
	# Nothing is left; what stands there under the same names is not taken for it.
	[ "$(binlog --src=s --resume=f@mariadb118 "./$dir" b | jq -r .op | xargs)" = 'stream end' ]
	run_tool 6 dts-binlog --defaults-file="$config" --src=s --resume=f@mariadb118 "$(log_dir "$1")/" b
	sql "$1" 'FLUSH BINARY LOGS; FLUSH BINARY LOGS; FLUSH BINARY LOGS; FLUSH BINARY LOGS; CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2), (3), (4)' b
	run_tool 6 dts-binlog --defaults-file="$config" --src=s --resume=f@mariadb118 "$(log_dir "$1")/" b
	run_tool 4 dts-binlog --defaults-file="$config" --src=s --resume=f@mariadb118 "./$dir" nosuch.t
	[[ $stderr == *"no table of checkpoint f@mariadb118 is selected"* ]]
	run_tool 4 dts-binlog --defaults-file="$config" --resume=f@mariadb118 "./$dir" b
	[[ $stderr == *"there is no checkpoint f@mariadb118 of source 'bin'"* ]]
	run_tool 4 dts-binlog --defaults-file="$config" -g mysql --src=s --resume=f@mariadb118 "./$dir" b
}

@test "a server that is gone: its files go on where the checkpoint stands" {
	local kind

	for kind in $(drawn mariadb mysql97); do
		resumed "$kind"
	done
}
