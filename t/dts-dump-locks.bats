# Snapshots of several sessions while others write: each claims a position, and sees
# just the transactions up to it; what each --lock does, and when it ends.
# DTS_SNAPSHOTS rounds a server and lock.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() {
	servers_up m10 || return 1
	servers_up m11=mariadb118 my=mysql97 || :
	unit_program snapshots
}

teardown_file() {
	servers_down
}

setup() {
	writers=()
	holders=()
	xa=
}

teardown() {
	for server in m10 m11 my; do
		[ -e "$DTS_TEST_DIR/$server/running" ] || continue
		stop_writers "$server"
		[ -z "$xa" ] || decide_xa "$server" # or the next test's tables stay locked
	done
	[ "${#holders[@]}" -eq 0 ] || kill -KILL "${holders[@]}" 2>/dev/null || :
}

# need SERVER: skips where it has not come.
need() {
	case $1 in
	m11) kind_available mariadb118 || servers_or_skip ;;
	my) kind_available mysql97 || servers_or_skip ;;
	esac
}

# snapshots SERVER USER LOCK [SESSIONS ROUNDS QUERY]
snapshots() {
	timeout 240 "$DTS_BUILD/unit/snapshots" "$(defaults)" "$@"
}

tables() {
	sql "$1" "DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS other; CREATE DATABASE d; CREATE DATABASE other;
		CREATE TABLE d.t (w INT, n INT, PRIMARY KEY (w, n)); CREATE TABLE other.o (w INT, n INT);
		CREATE TABLE d.u (w INT PRIMARY KEY, n INT); INSERT INTO d.u VALUES (1, 0), (2, 0), (3, 0), (4, 0); FLUSH BINARY LOGS"
	log=$(sql "$1" 'SHOW BINARY LOGS' | tail -n 1 | cut -f 1)
}

# start_writers SERVER [PAUSE]: what snapshots.py says they write; with $xa by XA. PAUSE are seconds behind each.
start_writers() {
	local w

	for w in 1 2 3 4; do
		awk -v w=$w -v xa="$xa" -v pause="${2:-}" 'BEGIN {
			for (n = 1; n < 10000000; n++) {
				if (pause)
					print "DO SLEEP(" pause ");"
				if (xa) {
					x = sprintf("\047x%d-%d\047", w, n)
					printf "XA START %s; INSERT INTO t VALUES (%d, %d); UPDATE u SET n = %d WHERE w = %d; XA END %s; XA PREPARE %s; XA COMMIT %s;\n", x, w, n, n, w, x, x, x
					continue
				}
				printf "BEGIN; INSERT INTO t VALUES (%d, %d); UPDATE u SET n = %d WHERE w = %d; COMMIT;\n", w, n, n, w
				if (n % 7 == 0)
					printf "INSERT INTO other.o VALUES (%d, %d);\n", w, n
			}
		}' | client "$1" d >/dev/null 2>&1 3>&- &
		writers+=($!)
	done
	wait_until 20 "[ \"\$(sql $1 'SELECT MIN(n) FROM d.u')\" -gt 20 ]"
}

stop_writers() {
	local id

	for id in $(sql "$1" "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = 'd'"); do
		sql "$1" "KILL $id" 2>/dev/null || :
	done
	[ "${#writers[@]}" -eq 0 ] || wait "${writers[@]}" || :
	writers=()
}

# try_lock SERVER USER LOCK: rounds of four sessions, checked against the log.
try_lock() {
	local w query='' log words

	tables "$1"
	for w in 1 2 3 4; do
		query+=", (SELECT MAX(n) FROM d.t WHERE w = $w)"
	done
	for w in 1 2 3 4; do
		query+=", (SELECT n FROM d.u WHERE w = $w)"
	done
	start_writers "$1"
	run --separate-stderr snapshots "$@" 4 "${DTS_SNAPSHOTS:-20}" "SELECT ${query#, }"
	stop_writers "$1"
	echo "$1 $2 $3: $stderr"
	[ "$status" -eq 0 ]
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/snapshots"
	timeout 120 dts-binlog --defaults-file="$(defaults)" -g "$1" --start-position="$log:4" >"$BATS_TEST_TMPDIR/changes"
	run python3 "$DTS_ROOT/t/snapshots.py" "$BATS_TEST_TMPDIR/changes" "$BATS_TEST_TMPDIR/snapshots"
	echo "$1 $2 $3: ${lines[-1]}"
	[ "$status" -eq 0 ] || { echo "${output:0:2000}"; return 1; }
	# "N sessions N exact N common N apart N moved N wrong"; they are worth
	# something only if the log went on between them.
	read -ra words <<<"${lines[-1]}"
	[ "${words[0]}" -eq $((4 * ${DTS_SNAPSHOTS:-20})) ]
	[ "${words[8]}" -gt $((${DTS_SNAPSHOTS:-20} / 4)) ]
	exact=${words[2]} common=${words[4]}
}

# The locks that the notes speak of.
held_names() {
	grep '^note' "$BATS_TEST_TMPDIR/snapshots" | grep -oE 'without a lock|under [A-Z_ .]*|\(.*' | sort -u
}

@test "MariaDB 10.11: what a session sees is what its position says, by each lock" {
	sampled 6
	for lock in auto none tables ftwrl backup; do
		try_lock m10 root $lock
		[ "$exact" -eq $((4 * ${DTS_SNAPSHOTS:-20})) ]
		[ $lock = none ] || [ "$common" -eq "${DTS_SNAPSHOTS:-20}" ]
	done
	[ "$(held_names)" = 'under BACKUP STAGE BLOCK_COMMIT' ]
}

@test "MariaDB 11.8: what a session sees is what its position says, by each lock" {
	sampled 6
	need m11
	for lock in auto none tables ftwrl backup; do
		try_lock m11 root $lock
		[ "$exact" -eq $((4 * ${DTS_SNAPSHOTS:-20})) ]
		[ $lock = none ] || [ "$common" -eq "${DTS_SNAPSHOTS:-20}" ]
	done
}

# Those that were prepared as their writer was killed.
decide_xa() {
	local id

	for id in $(sql "$1" 'XA RECOVER' | cut -f 4); do
		sql "$1" "XA ROLLBACK '$id'"
	done
}

@test "MariaDB: what a session sees is what its position says, where transactions are committed by XA" {
	sampled 6
	# About one of 800 lacked a transaction before.
	xa=1 DTS_SNAPSHOTS=100
	for lock in auto none backup; do
		try_lock m10 root $lock
		decide_xa m10
		[ $lock = none ] || [ "$common" -eq "$DTS_SNAPSHOTS" ]
	done
}

@test "MySQL: what a session sees is what its position says, where transactions are committed by XA" {
	sampled 6
	need my
	# About one of 250 lacked a transaction before.
	xa=1 DTS_SNAPSHOTS=100
	for lock in auto tables; do
		try_lock my root $lock
		decide_xa my
		[ "$common" -eq 100 ]
	done
}

@test "MySQL: what a session sees is what its position says, by each lock" {
	sampled 6
	need my
	for lock in auto none tables ftwrl; do
		try_lock my root $lock
		[ $lock = none ] || [ "$common" -eq "${DTS_SNAPSHOTS:-20}" ]
	done
}

@test "MySQL: one who may not lock gets a common position in a quiet moment, or marks" {
	sampled 6
	need my
	tables my
	sql my "DROP USER IF EXISTS looker@'%'; CREATE USER looker@'%'; GRANT SELECT ON d.* TO looker@'%';
		GRANT BACKUP_ADMIN ON *.* TO looker@'%'; GRANT SELECT ON performance_schema.log_status TO looker@'%'"
	try_lock my looker auto
}

@test "none takes no lock at all, as the server's own log of statements has it" {
	for server in m10 my; do
		need $server
		tables $server
		start_writers $server 0.005 # all that they say is logged
		sql $server "SET GLOBAL log_output='TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log=ON"
		for lock in none tables; do
			run_tool 0 snapshots $server root $lock 4 20 'SELECT 1'
			sql $server "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log
				WHERE CONVERT(argument USING utf8mb4) REGEXP '(^|;) *(LOCK|FLUSH|BACKUP|UNLOCK)'" >"$BATS_TEST_TMPDIR/$lock"
		done
		sql $server "SELECT COUNT(*) FROM mysql.general_log WHERE argument LIKE 'START TRANSACTION WITH%'" >"$BATS_TEST_TMPDIR/begun"
		sql $server "SET GLOBAL general_log=OFF, GLOBAL log_output='FILE'"
		stop_writers $server
		[ ! -s "$BATS_TEST_TMPDIR/none" ]
		[ "$(grep -c 'LOCK TABLES `d`' "$BATS_TEST_TMPDIR/tables")" -eq 20 ]
		[ "$(<"$BATS_TEST_TMPDIR/begun")" -ge 160 ]
	done
}

# --- a lock that is asked for, and cannot be had

# refused SERVER USER LOCK STATUS TEXT
refused() {
	run --separate-stderr snapshots "$1" "$2" "$3" 4 1 'SELECT 1'
	echo "$1 $2 $3: $stderr"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == "status $4: "*$5* ]]
}

@test "a lock that the account may not take, or the server has not, is refused with what to do" {
	for server in m10 my; do
		need $server
		tables $server
		sql $server "DROP USER IF EXISTS reader@'%'; CREATE USER reader@'%'; GRANT SELECT ON d.* TO reader@'%'"
		refused $server reader tables 4 'Access denied*LOCK TABLES and SELECT on the databases'
		refused $server reader ftwrl 4 'FLUSH TABLES WITH READ LOCK*RELOAD*grant the account RELOAD'
	done
	refused m10 reader backup 4 'BACKUP STAGE BLOCK_COMMIT*RELOAD*grant the account RELOAD'
	refused my root backup 4 "server 'my' has no BACKUP STAGE*MariaDB has it since 10.4"
	# Where nothing was asked for, there is a way without, and on MySQL none.
	server restart m10 >/dev/null # one that has committed nothing by XA
	run_tool 0 snapshots m10 reader auto 4 1 'SELECT 1'
	[[ ${lines[-1]} == *'4 readers at one position, '*', without a lock' ]]
	sql m10 "XA START 'x'; INSERT INTO d.t VALUES (9, 9); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'"
	refused m10 reader auto 4 'grant the account RELOAD, for a lock of some milliseconds, or PROCESS'
	refused my reader none 4 'may not read performance_schema.log_status*grant the account BACKUP_ADMIN'
}

# open_session SERVER STATEMENTS: runs them in a session that stays open; close_session ends it.
open_session() {
	mkfifo "$BATS_TEST_TMPDIR/session"
	client "$1" d --unbuffered <"$BATS_TEST_TMPDIR/session" >"$BATS_TEST_TMPDIR/session.out" 2>&1 3>&- &
	holders+=($!)
	exec 8>"$BATS_TEST_TMPDIR/session"
	printf '%s\n' "$2" >&8
}

close_session() {
	exec 8>&-
	wait "${holders[-1]}" || :
	unset 'holders[-1]'
	rm -f "$BATS_TEST_TMPDIR/session" "$BATS_TEST_TMPDIR/session.out"
}

@test "an open transaction that has changed a table keeps LOCK TABLES from it, and nothing else" {
	for server in m10 my; do
		need $server
		tables $server
		open_session $server "BEGIN; UPDATE u SET n = 5 WHERE w = 1; SELECT 'changed';"
		wait_until 20 "grep -q changed '$BATS_TEST_TMPDIR/session.out' 2>/dev/null"
		refused $server root tables 75 'Lock wait timeout*open transaction is in the way'
		# Nothing is left behind.
		[ "$(timeout 10 mariadb --defaults-file="$(defaults)" --defaults-group-suffix=-$server -Ne 'INSERT INTO d.t VALUES (9, 9); SELECT COUNT(*) FROM d.t')" = 1 ]
		run_tool 0 snapshots $server root ftwrl 2 1 'SELECT n FROM d.u WHERE w = 1'
		[ "$(cut -f 8 <<<"${lines[0]}")" = 0 ]
		if [ $server = m10 ]; then
			run_tool 0 snapshots m10 root backup 2 1 'SELECT n FROM d.u WHERE w = 1'
			[ "$(cut -f 8 <<<"${lines[1]}")" = 0 ]
		fi
		close_session
	done
}

# --- the end of a lock

# take_lock SERVER LOCK: a process that holds it until release_lock.
take_lock() {
	# What the one before has said is not what this one says.
	rm -f "$BATS_TEST_TMPDIR/hold" "$BATS_TEST_TMPDIR/hold.out" "$BATS_TEST_TMPDIR/hold.err"
	mkfifo "$BATS_TEST_TMPDIR/hold"
	snapshots_of "$1" "$2" <"$BATS_TEST_TMPDIR/hold" >"$BATS_TEST_TMPDIR/hold.out" 2>"$BATS_TEST_TMPDIR/hold.err" 3>&- &
	holder=$!
	holders+=("$holder")
	exec 9>"$BATS_TEST_TMPDIR/hold"
	wait_until 20 "grep -q locked '$BATS_TEST_TMPDIR/hold.out' 2>/dev/null"
}

# In the place of the shell, so that $! is the process itself.
snapshots_of() {
	exec "$DTS_BUILD/unit/snapshots" "$(defaults)" "$1" root "$2"
}

# write SERVER: inserts into d.t, within seconds.
write() {
	timeout "${2:-15}" mariadb --defaults-file="$(defaults)" --defaults-group-suffix="-$1" -e "INSERT INTO d.t (w, n) SELECT 50, COALESCE(MAX(n), 0) + 1 FROM d.t WHERE w = 50"
}

@test "a lock that has ended early is no lock: killed from outside, its end says so" {
	for pair in m10:tables m10:ftwrl m10:backup my:tables my:ftwrl; do
		server=${pair%:*}
		need "$server"
		tables "$server"
		take_lock "$server" "${pair#*:}"
		run write "$server" 1
		[ "$status" -eq 124 ]
		sql "$server" "KILL $(sql "$server" "SELECT MAX(ID) FROM information_schema.PROCESSLIST WHERE COMMAND = 'Sleep'")"
		write "$server"
		exec 9>&-
		wait_until 20 "! kill -0 $holder 2>/dev/null"
		grep -q '^status 75: the lock by .* had gone too early' "$BATS_TEST_TMPDIR/hold.err"
		! grep -q ended "$BATS_TEST_TMPDIR/hold.out"
	done
}

@test "a lock ends with its process, killed or hung" {
	sampled 2
	for server in m10 my; do
		need $server
		tables $server
		take_lock $server ftwrl
		kill -KILL "$holder"
		write $server
		exec 9>&-
		# Hung: the server ends it by itself, after ALONE_SECONDS.
		take_lock $server tables
		kill -STOP "$holder"
		write $server 60
		kill -CONT "$holder"
		exec 9>&-
		wait_until 60 "! kill -0 $holder 2>/dev/null"
		cat "$BATS_TEST_TMPDIR/hold.err"
		grep -q '^status 75: ' "$BATS_TEST_TMPDIR/hold.err"
	done
}
