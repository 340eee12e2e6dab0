#!/usr/bin/env bats
# Another server takes the source's place: dts-binlog --failover goes on there by GTID, and
# nothing is lost or made twice.
load lib/dts

setup_file() {
	servers_up dst
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR"
	following=
}

teardown() {
	cat binlog.err apply.err 2>/dev/null || :
	[ -z "$following" ] || kill -9 "$following" "$applying" 2>/dev/null || :
	end_pair 2>/dev/null || :
}

# address NAME: that server is what the tools find in the option file now.
address() {
	{ cat "$(defaults)"; printf '[dts-source]\nsocket=%s\nuser=root\n' "$(server socket "$1")"; } >config.new
	mv config.new config
}

binlog() { dts-binlog --defaults-file="$PWD/config" -g source --src=s "$@"; }
apply() { dts-apply --defaults-file="$(defaults)" -g dst --checkpoint=c "$@"; }

# pair KIND: a server `one` and its replica `two`, both empty, with replication by GTID.
pair() {
	local port

	local more=--log-slave-updates

	[[ $1 != mysql* ]] || more=--log-replica-updates
	servers_up one="$1" two="$1" -- --binlog-row-metadata=FULL "$more"
	sql one "CREATE USER r IDENTIFIED BY 'r'; GRANT REPLICATION SLAVE ON *.* TO r"
	port=$(server port one)
	if kind_is_mysql one; then
		sql two 'RESET BINARY LOGS AND GTIDS'
		sql two "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=$port, SOURCE_USER='r', SOURCE_PASSWORD='r',
			GET_SOURCE_PUBLIC_KEY=1, SOURCE_AUTO_POSITION=1; START REPLICA"
	else
		sql two "RESET MASTER; SET GLOBAL server_id=2, gtid_slave_pos=''; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$port,
			MASTER_USER='r', MASTER_PASSWORD='r', MASTER_SSL_VERIFY_SERVER_CERT=0, MASTER_USE_GTID=slave_pos; START SLAVE"
	fi
	address one
}

end_pair() {
	server remove one
	server remove two
}

executed() {
	if kind_is_mysql "$1"; then
		sql "$1" 'SELECT REPLACE(@@global.gtid_executed, "\n", "")'
	else
		sql "$1" 'SELECT @@global.gtid_binlog_pos'
	fi
}

replicate() {
	if kind_is_mysql two; then
		sql two "$1 REPLICA"
	else
		sql two "$1 SLAVE"
	fi
}

# The replica is the source from now on.
promote() {
	server kill one
	replicate STOP
	if kind_is_mysql two; then
		sql two 'RESET REPLICA ALL'
	else
		sql two 'RESET SLAVE ALL'
	fi
	address two
}

stands_at() {
	[ "$(sql dst "SELECT COUNT(*) FROM d.t WHERE v = '$1'")" = 1 ]
}

copied() {
	sql dst 'DROP DATABASE IF EXISTS dts; CREATE OR REPLACE DATABASE d'
	sql one 'CREATE DATABASE d'
	sql one "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(30)); CREATE TABLE n (v VARCHAR(30));
		INSERT INTO t (v) VALUES ('a'), ('b'); INSERT INTO n VALUES ('x'), ('x')" d
	sql dst 'CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(30)); CREATE TABLE n (v VARCHAR(30))' d
	dts-dump --defaults-file="$PWD/config" -g source --src=s d | apply
}

# follow [OPTION...]: a pipeline from the source's address, until it is stopped.
follow() {
	mkfifo pipe 2>/dev/null || :
	dts-apply --defaults-file="$(defaults)" -g dst --checkpoint=c pipe 2>apply.err 3>&- &
	applying=$!
	dts-binlog --defaults-file="$PWD/config" -g source --src=s --follow --heartbeat=0.2 --failover --resume=c@dst "$@" >pipe 2>binlog.err 3>&- &
	following=$!
}

followed_to_end() {
	kill "$following"
	wait "$following"
	wait "$applying"
	following=
}

# keep: into a log, from the beginning on.
keep() {
	run_pipe "${2:-0} ${3:-0}" "dts-binlog --defaults-file=$PWD/config -g source --src=s --resume=log --start=oldest $1 d | dts-log append log --segment-size=4k"
}

# What the log has makes of nothing what is there.
kept_all() {
	sql dst 'DROP DATABASE IF EXISTS e'
	run_pipe '0 0 0' "dts-log read log | dts-filter --route='d.*=e.*' | dts-apply --defaults-file=$(defaults) -g dst --checkpoint=e --new-checkpoint"
	diff <(sql dst 'SELECT * FROM t ORDER BY id; SELECT * FROM n ORDER BY v' d) <(sql dst 'SELECT * FROM t ORDER BY id; SELECT * FROM n ORDER BY v' e)
	run_tool 0 dts-log verify log
	rm -r log
}

while_stopped() {
	pair "$1"
	copied
	keep
	sql one 'INSERT INTO t (v) VALUES ("c"); INSERT INTO n VALUES ("x")' d
	binlog --resume=c@dst | apply
	sql one 'INSERT INTO t (v) VALUES ("late"); INSERT INTO n VALUES ("x"), ("y"); UPDATE t SET v = CONCAT(v, v) WHERE id = 1' d
	wait_until 30 '[ "$(executed two)" = "$(executed one)" ]'
	promote
	sql two 'INSERT INTO t (v) VALUES ("new"); INSERT INTO n VALUES ("x"); FLUSH LOGS; INSERT INTO t (v) VALUES ("newer")' d

	keep '' 4 3
	[[ $stderr == *"the log is of another server"*"hint: "*"--failover"* ]]
	keep --failover
	sql two 'INSERT INTO t (v) VALUES ("between")' d
	keep
	run_tool 4 binlog --resume=c@dst
	[[ $stderr == *"the checkpoint is of another server"*"hint: "*"--failover"* ]]
	run_pipe '0 0' "dts-binlog --defaults-file=$PWD/config -g source --src=s --failover --resume=c@dst >moved && dts-apply --defaults-file=$(defaults) -g dst --checkpoint=c <moved | cat"
	jq -es '.[0] | .source["instead-of"] != null and (.pos | has("file") | not)' moved
	same_rows two dst d
	# What begins by GTID is not made twice.
	run_tool 4 apply moved
	[[ $stderr == *"the stream begins at GTID "* ]]
	# From there on it is the source as any other.
	sql two 'DELETE FROM n LIMIT 2; INSERT INTO t (v) VALUES ("last")' d
	binlog --resume=c@dst | apply
	same_rows two dst d
	keep --failover
	kept_all
}

@test "a server that took the source's place between two runs" {
	local kind

	for kind in $(drawn mariadb mariadb118 mysql97); do
		while_stopped "$kind"
		end_pair
	done
}

while_following() {
	local i

	pair "$1"
	copied
	follow
	for ((i = 0; i < 200; i++)); do
		echo "BEGIN; INSERT INTO t (v) VALUES ('one $i'); INSERT INTO n VALUES ('x'); UPDATE t SET v = CONCAT(v, '.') WHERE id = $((i + 1)); COMMIT;"
	done | client one d
	sql one 'INSERT INTO t (v) VALUES ("end of one")' d
	wait_until 30 'stands_at "end of one"'
	wait_until 30 '[ "$(executed two)" = "$(executed one)" ]'
	promote
	for ((i = 0; i < 200; i++)); do
		echo "BEGIN; INSERT INTO t (v) VALUES ('two $i'); INSERT INTO n VALUES ('x'); DELETE FROM t WHERE id = $((i + 1)); COMMIT;"
	done | client two d
	sql two 'ALTER TABLE t ADD w INT DEFAULT 7; INSERT INTO t (v) VALUES ("end of two")' d
	wait_until 30 'stands_at "end of two"'
	grep -q "another server goes on in the source's place" binlog.err
	# A reader that is begun anew finds a checkpoint of that server.
	followed_to_end
	sql two 'INSERT INTO t (v) VALUES ("more")' d
	binlog --resume=c@dst | apply
	same_rows two dst d
	grep -q "source 's' goes on at another server" apply.err
}

@test "a server that takes the source's place while it is followed" {
	local kind

	for kind in $(drawn mariadb mariadb118 mysql97); do
		while_following "$kind"
		end_pair
	done
}

# Transactions of which nothing is selected move the checkpoint, too.
beside_others() {
	local domain=''

	pair "$1"
	copied
	kind_is_mysql one || domain='SET gtid_domain_id = 1;'
	sql one 'CREATE DATABASE o; CREATE TABLE o.x (id INT PRIMARY KEY AUTO_INCREMENT, v INT)'
	follow d
	sql one "INSERT INTO d.t (v) VALUES ('first'); $domain INSERT INTO o.x (v) VALUES (1)"
	sql one "INSERT INTO d.t (v) VALUES ('end of one')"
	wait_until 30 'stands_at "end of one"'
	wait_until 30 '[ "$(executed two)" = "$(executed one)" ]'
	promote
	wait_until 30 'grep -q "another server goes on in the source.s place" binlog.err'
	sql two 'INSERT INTO o.x (v) VALUES (2)'
	sql two "KILL $(sql two 'SHOW PROCESSLIST' | awk -F '\t' '$5 ~ /^Binlog Dump/ { print $1 }')"
	wait_until 30 '[ "$(grep -c "connected to .* again" binlog.err)" -eq 2 ]'
	sql two "INSERT INTO d.t (v) VALUES ('end of two')"
	wait_until 30 'stands_at "end of two"'
	followed_to_end
	same_rows two dst d
}

@test "transactions of other tables, before and behind a server that takes the source's place" {
	local kind

	for kind in $(drawn mariadb mysql97); do
		beside_others "$kind"
		end_pair
	done
}

# What the source before had told and no other server has is not to be forgotten silently.
lost_with_it() {
	pair "$1"
	copied
	wait_until 30 '[ "$(executed two)" = "$(executed one)" ]'
	replicate STOP
	sql one 'INSERT INTO t (v) VALUES ("lost")' d
	binlog --resume=c@dst | apply
	stands_at lost
	promote
	run_tool 75 binlog --failover --resume=c@dst
	[[ $stderr == *"does not have transactions that the source before it had: "*"hint: "*"copy the tables anew"* ]]
	# Its own transactions may have the same numbers.
	sql two 'INSERT INTO t (v) VALUES ("other"), ("others"); INSERT INTO t (v) VALUES ("more")' d
	if kind_is_mysql two; then
		run_tool 75 binlog --failover --resume=c@dst
	else
		run_tool 6 binlog --failover --resume=c@dst
		[[ $stderr == *"hint: the source has not the transaction that was read last"* ]]
	fi
}

@test "transactions that were lost with the source" {
	local kind

	for kind in $(drawn mariadb mysql97); do
		lost_with_it "$kind"
		end_pair
	done
}

@test "a follower whose server lacks transactions yet waits for them, and stays with the server without --failover" {
	local rc received without

	pair mariadb
	copied
	wait_until 30 '[ "$(executed two)" = "$(executed one)" ]'
	follow --reconnect-timeout=60
	sql two 'STOP SLAVE SQL_THREAD'
	sql one 'INSERT INTO t (v) VALUES ("read")' d
	wait_until 30 'stands_at read'
	dts-binlog --defaults-file="$PWD/config" -g source --follow --start=now >without 2>without.err 3>&- &
	without=$!
	wait_until 20 'grep -q stream without'
	received=$(executed one)
	wait_until 20 '[[ $(sql two "SHOW SLAVE STATUS") == *"$received"* ]]'
	server kill one
	address two
	wait_until 20 'grep -q "another server answers now" without.err'
	rc=0
	wait "$without" || rc=$?
	[ "$rc" -eq 4 ]
	sql two 'START SLAVE SQL_THREAD'
	wait_until 20 '[[ $(sql two "SELECT COUNT(*) FROM d.t WHERE v = \"read\"") = 1 ]]'
	sql two 'INSERT INTO t (v) VALUES ("new")' d
	wait_until 30 'stands_at new'
	followed_to_end
	same_rows two dst d
}

@test "what goes by file and offset does not go to another server" {
	pair mariadb
	copied
	wait_until 30 '[ "$(executed two)" = "$(executed one)" ]'
	binlog --start=now --schema-history=history >/dev/null
	promote
	run_tool 4 binlog --failover --resume=c@dst --schema-history=history
	[[ $stderr == *"has taken the source's place: a schema history goes by file and offset of the one before"* ]]
	run_tool 4 binlog --failover --resume=c@dst --stop-position=bin.000001:4
	[[ $stderr == *"--stop-position means nothing"* ]]
	run_tool 2 binlog --failover ./bin.000001
	[[ $stderr == *"--failover is about servers"* ]]
}
