# What may be wrong with a schema history, and statements that a name alone does not
# follow: databases and tables that come back, move, or take their charset from elsewhere.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2034,SC2314
load lib/dts

setup_file() {
	servers_up src=mysql97 maria=mariadb || return 0
	sql src 'SET GLOBAL binlog_row_metadata=MINIMAL'
	sql maria 'SET GLOBAL binlog_row_metadata=NO_LOG'
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	config=$(defaults)
	cd "$BATS_TEST_TMPDIR" || return 1
	for server in src maria; do
		sql "$server" 'DROP DATABASE IF EXISTS b; DROP DATABASE IF EXISTS b2; CREATE DATABASE b'
	done
}

binlog() {
	dts-binlog --defaults-file="$config" -g "$@"
}

# begin SERVER: a history begins, without one at first; sets from.
begin() {
	rm -f history
	run_tool 0 binlog "$1" --start=now --schema-history=history
	from=$(jq -r 'select(.op == "end") | "\(.pos.file):\(.pos.offset)"' <<<"$output")
	[ -f history ]
}

# rows SERVER [OPTION...]: the changed rows since $from.
rows() {
	binlog "$1" --start-position="$from" --schema-history=history "${@:2}" >records || return
	jq -c 'select(.op == "insert" or .op == "update" or .op == "delete") | .after // .before' records
}

both() {
	local server

	for server in src maria; do
		echo "on $server:"
		"$@" "$server"
	done
}

@test "a history of another server, of nothing, of no history is refused" {
	begin src
	run_tool 4 binlog maria --start=now --schema-history=history
	[[ "$stderr" == *"another server"*hint:* ]]
	sed '1s/"kind":"history"/"kind":"changes"/' history >other
	run_tool 3 binlog src --start=now --schema-history=other
	[[ "$stderr" == *"other:1: "*"not a schema history"* ]]
	: >empty
	run_tool 3 binlog src --start=now --schema-history=empty
	echo '{"op":"insert","db":"b","table":"t","after":{}}' | cat history - >wrong
	run_tool 3 binlog src --start=now --schema-history=wrong
	[[ "$stderr" == *"wrong:"*"insert"* ]]
	run_tool 5 binlog src --start=now --schema-history=nosuch/history
}

@test "a new history begins now; one that begins behind the start is refused" {
	sql src 'CREATE TABLE t (a int, b int)' b
	first=$(sql src 'SHOW BINARY LOG STATUS' | awk 'NR == 1 { print $1 ":" $2 }')
	sql src 'INSERT INTO t VALUES (1, 2)' b
	run_tool 4 binlog src --start-position="$first" --schema-history=history
	[[ "$stderr" == *"no schema history 'history'"*hint:*--start=now* ]]
	[ ! -e history ]
	run_tool 4 binlog src --start=oldest --schema-history=history
	begin src
	run_tool 4 binlog src --start-position="$first" --schema-history=history
	[[ "$stderr" == *"begins at $from, behind the start at $first"*hint:* ]]
	run_tool 4 binlog src --start-gtid="$(sql src 'SELECT REPLACE(@@global.gtid_executed, "\n", "")')" --schema-history=history
	[[ "$stderr" == *"file and offset"*hint:* ]]
}

# An account that may follow the log and read b only.
limited() {
	sql "$1" "DROP USER IF EXISTS limited@localhost; CREATE USER limited@localhost IDENTIFIED BY '';
		GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO limited@localhost; GRANT SELECT ON b.* TO limited@localhost"
}

complete() {
	limited "$1"
	sql "$1" 'CREATE TABLE b.t (a int); CREATE DATABASE b2; CREATE TABLE b2.unseen (a int)'
	begin "$1"
	[ "$(head -n 1 history | jq .complete)" = true ]
	# Others' privileges are none of its own.
	sql "$1" 'GRANT SELECT ON mysql.* TO limited@localhost'
	rm history
	run_tool 0 binlog "$1" -u limited --start=now --schema-history=history
	[ "$(head -n 1 history | jq .complete)" = null ]
	grep -q '"table":"t"' history
	run ! grep unseen history
}

@test "a history is complete where the account sees all tables" {
	both complete
}

interrupted() {
	limited "$1"
	sql "$1" 'CREATE DATABASE b2; CREATE TABLE b2.partly (a int, b int); CREATE TABLE b2.zz (a int); GRANT SELECT ON b2.zz TO limited@localhost;
		GRANT SELECT (a) ON b2.partly TO limited@localhost'
	mkfifo "locks.$1"
	client "$1" --unbuffered <"locks.$1" >held 3>&- &
	holder=$!
	exec 7>"locks.$1"
	echo 'LOCK TABLES b2.zz WRITE; SELECT 1;' >&7
	wait_until 10 '[ -s held ]'
	dts-binlog --defaults-file="$config" -g "$1" -u limited --start=now --schema-history="history.$1" >f 2>f.err 3>&- 7>&- &
	reader=$!
	wait_until 20 "blocked=\$(sql $1 \"SELECT ID FROM information_schema.PROCESSLIST WHERE USER='limited' AND STATE LIKE '%metadata lock%'\"); [ -n \"\$blocked\" ]"
	sql "$1" "KILL QUERY $blocked"
	exec 7>&-
	status=0
	wait "$reader" || status=$?
	wait "$holder"
	[ "$status" -eq 0 ] || { cat f.err; return 1; }
	grep -q '"table":"zz"' "history.$1"
	run ! grep partly "history.$1"
}

@test "a history waits for the last table, too" {
	both interrupted
}

@test "a history in use is status 75" {
	sql src 'CREATE TABLE t (a int)' b
	begin src
	dts-binlog --defaults-file="$config" -g src --follow --start-position="$from" --schema-history=history >f 2>f.err 3>&- &
	follower=$!
	sql src 'INSERT INTO t VALUES (1)' b
	wait_until 10 "grep -q commit f"
	run_tool 75 binlog src --start=now --schema-history=history
	[[ "$stderr" == *"in use by another run"* ]]
	kill -KILL "$follower"
	wait "$follower" || :
	run_tool 0 binlog src --start=now --schema-history=history
}

@test "a torn last line is mended" {
	sql src 'CREATE TABLE t (a int, b int)' b
	begin src
	cp history first
	sql src 'ALTER TABLE t MODIFY b int FIRST; INSERT INTO t VALUES (1, 2)' b
	want='{"b":1,"a":2}'
	[ "$(rows src)" = "$want" ]
	cp history whole
	size=$(wc -c <whole)
	statement=$(grep -n 'ALTER TABLE' whole | cut -d: -f1)
	begins=$(head -n $((statement - 1)) whole | wc -c) ends=$(head -n "$statement" whole | wc -c)
	for cut in 1 20 $((size - ends)) $((size - ends + 1)) $((size - begins - 1)) $((size - begins)); do
		head -c $((size - cut)) whole >history
		[ "$(rows src)" = "$want" ] || { echo "cut off $cut"; false; }
		[ "$(grep -c 'ALTER TABLE' history)" -eq 1 ]
		jq -c . history >/dev/null
	done
}

renamed() {
	sql "$1" 'CREATE DATABASE b2; CREATE TABLE b.t (a int, b varchar(9)); CREATE TABLE b.u (x int, y int)'
	begin "$1"
	sql "$1" "INSERT INTO b.t VALUES (1, 'x'); RENAME TABLE b.t TO b2.t2; INSERT INTO b2.t2 VALUES (2, 'y'); ALTER TABLE b2.t2 MODIFY b varchar(9) FIRST, RENAME b.t3;
		INSERT INTO b.t3 VALUES ('z', 3); RENAME TABLE b.t3 TO b.s, b.u TO b.t3, b.s TO b.u; INSERT INTO b.t3 VALUES (4, 5); INSERT INTO b.u VALUES ('w', 6); DROP DATABASE b2"
	[ "$(rows "$1" | paste -sd' ')" = '{"a":1,"b":"x"} {"a":2,"b":"y"} {"b":"z","a":3} {"x":4,"y":5} {"b":"w","a":6}' ]
}

@test "tables that move between databases and change names" {
	both renamed
}

made_anew() {
	sql "$1" 'CREATE TABLE b.t (a int, b int)'
	begin "$1"
	sql "$1" "INSERT INTO b.t VALUES (1, 2); DROP TABLE b.t; CREATE TABLE b.t (b int, a int); INSERT INTO b.t VALUES (3, 4); DROP DATABASE b; CREATE DATABASE b;
		CREATE TABLE b.t (c int, d int); INSERT INTO b.t VALUES (5, 6); CREATE TABLE b.l LIKE b.t; INSERT INTO b.l VALUES (7, 8); TRUNCATE b.l; INSERT INTO b.l VALUES (9, 10)"
	[ "$(rows "$1" | paste -sd' ')" = '{"a":1,"b":2} {"b":3,"a":4} {"c":5,"d":6} {"c":7,"d":8} {"c":9,"d":10}' ]
}

@test "a table dropped and made anew" {
	both made_anew
}

inherited() {
	sql "$1" 'ALTER DATABASE b CHARACTER SET latin1'
	begin "$1"
	sql "$1" "USE b; CREATE TABLE l (t varchar(9), c char(3)); INSERT INTO l VALUES ('é', 'ü'); ALTER DATABASE b CHARACTER SET utf8mb4; CREATE TABLE u (t varchar(9), c char(3));
		INSERT INTO u VALUES ('é€', 'ü'); ALTER TABLE l ADD x varchar(5), ADD y varchar(5) CHARACTER SET cp1251; INSERT INTO l VALUES ('é', 'ü', 'ß', 'ж');
		CREATE DATABASE b2 CHARACTER SET greek; CREATE TABLE b2.g (t varchar(9)); INSERT INTO b2.g VALUES ('λ'); ALTER TABLE b2.g CONVERT TO CHARACTER SET utf16; INSERT INTO b2.g VALUES ('λ😀')"
	[ "$(rows "$1" | paste -sd' ')" = '{"t":"é","c":"ü"} {"t":"é€","c":"ü"} {"t":"é","c":"ü","x":"ß","y":"ж"} {"t":"λ"} {"t":"λ😀"}' ]
}

@test "charsets that a table takes from its database, as that was then" {
	both inherited
}

disagreeing() {
	sql "$1" 'CREATE TABLE b.t (id int primary key, a int, v varchar(20), e enum("x", "y"))'
	begin "$1"
	sql "$1" 'INSERT INTO b.t VALUES (1, 2, "3", "y")'
	cp history right
	for edit in 's/"name":"a","type":"int[^"]*"/"name":"a","type":"bigint"/' 's/"name":"v","type":"varchar(20)"/"name":"v","type":"varchar(90)"/' \
		's/{"name":"a","type":"int[^}]*},//' 's/"name":"a","type":"int[^"]*"/"name":"a","type":"datetime"/' 's/"type":"enum([^)]*)"/"type":"set('"'x','y'"')"/'; do
		sed "/\"table\":\"t\"/$edit" right >history
		! cmp -s right history
		run_tool 3 binlog "$1" --start-position="$from" --schema-history=history
		[[ "$stderr" == "dts-binlog: bin."*'`b`.`t`'* ]] || { echo "$edit: $stderr"; return 1; }
		[[ "$output" != *'"op":"insert"'* ]]
	done
	cp right history
	[ "$(rows "$1")" = '{"id":1,"a":2,"v":"3","e":"y"}' ]
}

@test "a table map that disagrees with the history stops the stream" {
	both disagreeing
}

@test "a table that is not in the history is named when a row of it comes" {
	sql src 'CREATE TABLE t (a int); CREATE TABLE o (a int)' b
	begin src
	sed -i '/"op":"schema".*"table":"t"/d' history
	sql src 'INSERT INTO o VALUES (1); INSERT INTO t VALUES (2)' b
	run_tool 4 binlog src --start-position="$from" --schema-history=history
	[[ "$stderr" == *'columns of `b`.`t`'*"schema history does not have the table"* ]]
	[[ "$output" == *'"table":"o"'*'"op":"commit"'* ]]
	run_tool 0 binlog src --start-position="$from" --schema-history=history b.o
	# The same where a statement changed it, and why that is not enough; made anew it is known.
	from=$(sql src 'SHOW BINARY LOG STATUS' | awk 'NR == 1 { print $1 ":" $2 }')
	sql src 'RENAME TABLE t TO r; ALTER TABLE r ADD x int; INSERT INTO o VALUES (3); INSERT INTO r VALUES (4, 5); DROP TABLE r; CREATE TABLE r (y int)' b
	run_tool 0 binlog src --start-position="$from" --schema-history=history b.o
	run_tool 4 binlog src --start-position="$from" --schema-history=history b
	[[ "$stderr" == *'columns of `b`.`r`'*"not understood"*hint:*"its definition before was not known"* ]]
	[[ "$output" == *'"after":{"a":3}'* && "$output" != *'"op":"insert","db":"b","table":"r"'* ]]
	from=$(sql src 'SHOW BINARY LOG STATUS' | awk 'NR == 1 { print $1 ":" $2 }')
	sql src 'INSERT INTO r VALUES (7)' b
	[ "$(rows src)" = '{"y":7}' ]
}

swapped() {
	local name=$1

	sql dst 'DROP DATABASE IF EXISTS b; CREATE DATABASE b; CREATE TABLE b.t (id int primary key, x int, y int)'
	sql "$name" 'CREATE TABLE b.t (id int primary key, x int, y int); INSERT INTO b.t VALUES (1, 10, 11), (2, 20, 21)'
	dts-dump --defaults-file="$config" -g "$name" b | dts-apply --defaults-file="$config" -g dst --new-checkpoint --checkpoint="c_$name"
	sql "$name" 'INSERT INTO b.t VALUES (3, 30, 31); ALTER TABLE b.t CHANGE x y int, CHANGE y x int; INSERT INTO b.t (id, x, y) VALUES (4, 40, 41); UPDATE b.t SET x=x+1 WHERE id=3;
		ALTER TABLE b.t MODIFY x int FIRST; INSERT INTO b.t (id, x, y) VALUES (5, 50, 51); CREATE TABLE b.n (p int primary key, q int); INSERT INTO b.n VALUES (1, 2)'
	dts-binlog --defaults-file="$config" -g "$name" --resume="c_$name@dst" b >records
	dts-apply --defaults-file="$config" -g dst --checkpoint="c_$name" <records
	[ "$(sql dst 'SELECT id, x, y FROM b.t ORDER BY id')" = "$(sql "$name" 'SELECT id, x, y FROM b.t ORDER BY id')" ]
	[ "$(sql dst 'SELECT p, q FROM b.n')" = $'1\t2' ]
	# Once more, from what the checkpoint knows now.
	sql "$name" 'INSERT INTO b.t (id, x, y) VALUES (6, 60, 61); ALTER TABLE b.n CHANGE p q int, CHANGE q p int; INSERT INTO b.n (q, p) VALUES (3, 4)'
	dts-binlog --defaults-file="$config" -g "$name" --resume="c_$name@dst" b | dts-apply --defaults-file="$config" -g dst --checkpoint="c_$name"
	[ "$(sql dst 'SELECT id, x, y FROM b.t ORDER BY id; SELECT p, q FROM b.n ORDER BY q')" = "$(sql "$name" 'SELECT id, x, y FROM b.t ORDER BY id; SELECT p, q FROM b.n ORDER BY q')" ]
	same_rows "$name" dst b
}

@test "the checkpoint's definitions: columns that were swapped since the dump, without a history" {
	servers_up dst=mysql97
	swapped src
	server remove dst
	servers_up dst=mariadb
	swapped maria
	server remove dst
}

following_now() {
	sql "$1" 'CREATE TABLE b.t (x int, y int)'
	dts-binlog --defaults-file="$config" -g "$1" --follow --start=now --heartbeat=0 b >f 2>f.err 3>&- &
	follower=$!
	wait_until 20 "grep -qs stream f || ! kill -0 $follower"
	sql "$1" 'INSERT INTO b.t VALUES (1, 2); ALTER TABLE b.t CHANGE x y int, CHANGE y x int; INSERT INTO b.t (x, y) VALUES (3, 4); CREATE TABLE b.u (z int); INSERT INTO b.u VALUES (5)'
	wait_until 10 "grep -q '\"z\":5' f"
	kill -TERM "$follower"
	wait "$follower"
	[ "$(jq -c 'select(.op == "insert").after' f | paste -sd' ')" = '{"x":1,"y":2} {"y":4,"x":3} {"z":5}' ]
	[ ! -s f.err ]
}

@test "who follows from now needs no names in the log" {
	both following_now
}
