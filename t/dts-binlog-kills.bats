# A consumer of dts-binlog that is killed, and whose connection is cut, again and again under load: whole
# transactions, each once, in order. DTS_KILLS is how many of both; t/lib/kills has the consumer, t/lib/proxy
# cuts in the middle of an event.
# shellcheck disable=SC2154
load lib/dts

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	load='' proxy=''
}

teardown() {
	touch stop
	[ -z "$load" ] || wait "$load" || :
	[ -z "$proxy" ] || kill "$proxy" || :
	servers_down
}

# Where the log ends, as FILE:OFFSET, and as a GTID position.
now() {
	local show='SHOW MASTER STATUS'

	! kind_is_mysql src || show='SHOW BINARY LOG STATUS'
	sql src "$show" | awk 'NR == 1 { print $1 ":" $2 }'
}

gtid_now() {
	if kind_is_mysql src; then sql src 'SELECT @@global.gtid_executed'; else sql src 'SELECT @@gtid_binlog_pos'; fi
}

# Several sessions that write until the file stop is there; it is taken away when they have ended.
start_load() {
	local session

	for session in 1 2 3; do
		"$DTS_ROOT/t/lib/tx-writer" "$session" stop |
			client src --init-command='SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED' k 2>>writers.err 3>&- || echo "writer $session: $?" >>writers.err &
	done
	wait
	rm -f stop
}

# killed KIND
killed() {
	local base rounds=$DTS_KILLS

	servers_up src="$1" || return 1
	base=$(server port src)
	sql src 'CREATE DATABASE k; CREATE TABLE k.t (id int PRIMARY KEY AUTO_INCREMENT, tx int NOT NULL, seq int NOT NULL, count int NOT NULL, pad text, KEY (tx));
		CREATE TABLE k.ord (id int PRIMARY KEY, n int NOT NULL); CREATE TABLE k.done (ord int PRIMARY KEY, tx int NOT NULL, count int NOT NULL)'
	KILLS_POS=$(now) KILLS_GTID=$(gtid_now)
	export KILLS_POS KILLS_GTID
	sql src 'INSERT INTO k.ord VALUES (1, 0)'
	python3 "$DTS_ROOT/t/lib/proxy" port "$base" >proxy.log 2>&1 3>&- &
	proxy=$!
	wait_until 10 '[ -s port ]'
	start_load 3>&- &
	load=$!
	mkdir spool
	run_tool 0 timeout 3000 "$DTS_ROOT/t/lib/kills" "$rounds" \
		dts-binlog --defaults-file="$(defaults)" -g src -h 127.0.0.1 -P "$(<port)" --follow --heartbeat=0.2 k \
		-- mariadb --defaults-file="$(defaults)" --defaults-group-suffix=-src --batch --skip-column-names \
		-- "$proxy" proxy.log state stop spool
	echo "# $1: $output" | tee -a "${DTS_KILLS_LOG:-/dev/null}"
	[[ $output == "$rounds kills, $rounds cuts, "* ]]
	[ -z "$stderr" ]
	[ ! -s writers.err ] || { cat writers.err; return 1; }
	# What the transactions made is what the source holds.
	sql src "SELECT 'done', d.* FROM done d ORDER BY ord; SELECT 'ord', o.* FROM ord o; SELECT 't', t.* FROM t ORDER BY id" k >want
	cmp want state
	[ "$(wc -l <want)" -gt 100 ]
	[ -z "$(ls spool)" ]
}

@test "killed and cut off under load: MariaDB 10.11" {
	sampled 3
	killed mariadb
}

@test "killed and cut off under load: MariaDB 11.8" {
	sampled 3
	killed mariadb118
}

@test "killed and cut off under load: MySQL" {
	sampled 3
	killed mysql97
}
