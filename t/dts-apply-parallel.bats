#!/usr/bin/env bats
# dts-apply with several workers, on streams written by hand: what overtakes what, and
# what a restart knows.
# status and its kin are set by run; SQL has its own dollars.
# shellcheck disable=SC2154,SC2016
load lib/dts
load lib/streams

setup_file() { servers_up dst; }
teardown_file() { servers_down; }

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d' >/dev/null
	c=p$BATS_TEST_NUMBER # the checkpoint of this test
}

teardown() {
	[ -z "${following:-}" ] || { kill -KILL "$following" 2>/dev/null && wait "$following" || :; }
	[ -z "${holding:-}" ] || { kill "$holding" 2>/dev/null && wait "$holding" || :; }
}

# Transactions that one worker each waits for, of which the first hangs on a row that another session holds.
first_hangs() {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 0); CREATE TABLE n (a INT); CREATE TABLE u (a INT PRIMARY KEY)' d
	{ opening changes 10; schema t a b 'primary=["a"]'; schema n a; schema u a 'primary=["a"]'; } >head
	{
		tx 20 "$(upd t '{"a":1,"b":0}' '{"a":1,"b":1}')"
		tx 30 "$(ins n '{"a":7}')"
		tx 40 "$(ins u '{"a":8}')"
		tx 50 "$(upd t '{"a":1,"b":1}' '{"a":1,"b":2}')"
		tx 60 "$(ins n '{"a":7}')"
	} >body
	hold 'SET innodb_lock_wait_timeout=50; START TRANSACTION; UPDATE t SET b=0 WHERE a=1'
	follow --group-size=1 --checkpoint="$c" "$@"
	cat head body >&7
}

release() {
	echo 'ROLLBACK;' >&6
}

@test "what does not wait for a transaction overtakes it, what does follows it" {
	first_hangs -j4
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ] && [ "$(rows "SELECT a FROM u")" = 8 ]'
	# Its position is where all is there up to.
	at 10
	release
	wait_until 10 '[ "$(rows "SELECT b FROM t")" = 2 ]'
	echo '{"op":"end","src":"s","reason":"done","records":18}' >&7
	ended 0
	at 69
	is 'SELECT COUNT(*) FROM n' 2
}

@test "a restart leaves out exactly what was made above the checkpoint" {
	first_hangs -j4
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ] && [ "$(rows "SELECT a FROM u")" = 8 ]'
	kill -KILL "$following"
	wait "$following" || :
	following=
	release
	exec 7>&-
	at 10
	# The dead one's last packet may still have been at the server: the row's first change is made once, whoever made it.
	{ cat body; tx 70 "$(ins n '{"a":9}')"; } >more
	{ tail -n +2 head; cat more; } | changes 10 >in
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT * FROM t' '1 2'
	is 'SELECT a FROM n ORDER BY a' 7,7,9
	is 'SELECT * FROM u' 8
	at 79
	# And once more, serially.
	run_tool 0 apply --serial --checkpoint="$c" in
	is 'SELECT a FROM n ORDER BY a' 7,7,9
}

@test "a checkpoint is not set where it would forget what was made above it" {
	first_hangs -j4
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ] && [ "$(rows "SELECT a FROM u")" = 8 ]'
	kill -KILL "$following"
	wait "$following" || :
	following=
	release
	exec 7>&-
	[[ $(checkpoint show "$c") == *'above: '[1-3]' runs of transactions'* ]]
	# Instead of the first one, which hangs.
	for to in bin.000001:10 bin.000001:29 bin.000001:49; do
		run_tool 4 checkpoint set "$c" s "$to"
		[[ $stderr == *"transactions of source 's' behind this position are at the target already"*'--force forgets them'* ]]
		at 10
	done
	run_tool 0 checkpoint set --force "$c" s bin.000001:29
	at 29
	[[ $(checkpoint show "$c") != *above:* ]]
}

@test "a second restart, before the first came so far, still knows" {
	first_hangs -j4
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ] && [ "$(rows "SELECT a FROM u")" = 8 ]'
	kill -KILL "$following"
	wait "$following" || :
	following=
	release
	exec 7>&-
	for way in --serial -j3; do
		# Only the first transaction comes, and a statement between.
		{ tail -n +2 head; head -n 3 body; } | changes 10 >in
		run_tool 0 apply "$way" --checkpoint="$c" in
		at 29
	done
	{ tail -n +2 head; cat body; } | changes 10 >in
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT * FROM t' '1 2'
	is 'SELECT COUNT(*) FROM n' 2
	at 69
}

rollbacks() { sql dst "SHOW GLOBAL STATUS LIKE 'Com_rollback'" | cut -f2; }

@test "--preserve-commit-order: nothing is there before what came before it" {
	local before

	before=$(rollbacks)
	first_hangs -j4 --preserve-commit-order
	# They have been made, and have let go of their locks since their turn does not come.
	wait_until 10 '[ $(($(rollbacks) - before)) -ge 2 ]'
	is 'SELECT COUNT(*) FROM n' 0
	is 'SELECT COUNT(*) FROM u' 0
	release
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ]'
	echo '{"op":"end","src":"s","reason":"done","records":18}' >&7
	ended 0
	is 'SELECT * FROM t' '1 2'
	at 69
}

@test "acks come in the stream's order, when all before them is there" {
	first_hangs -j4 --ack
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ]'
	[ ! -s out ]
	release
	wait_until 10 '[ "$(wc -l <out)" = 5 ]'
	[ "$(jq -r .tx out | paste -sd' ')" = '0-1-20 0-1-30 0-1-40 0-1-50 0-1-60' ]
	[ "$(jq -r .pos.offset out | paste -sd' ')" = '29 39 49 59 69' ]
	echo '{"op":"end","src":"s","reason":"done","records":18}' >&7
	ended 0
}

@test "one that is refused: what came before it is there, and a restart goes on" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (3)' d
	{ schema t a 'primary=["a"]'; for i in {1..6}; do tx $((i * 10 + 10)) "$(ins t "{\"a\":$i}")"; done; } | changes 10 >in
	for size in 1 1M; do
		run_tool 4 apply -j3 --group-size="$size" --checkpoint="$c" in
		[[ $stderr == *'in:10: the target refuses the change'*"Duplicate entry '3'"* ]]
		[[ $(rows 'SELECT a FROM t WHERE a<=3 ORDER BY a') == 1,2,3 ]]
	done
	sql dst 'DELETE FROM t WHERE a=3' d
	run_tool 0 apply -j3 --group-size=1 --checkpoint="$c" in
	is 'SELECT a FROM t ORDER BY a' 1,2,3,4,5,6
	at 79
}

@test "a worker that loses its connection ends all, and nothing is lost or made twice" {
	sql dst 'CREATE TABLE n (a INT); CREATE TABLE t (a INT PRIMARY KEY)' d
	{ opening changes 10; schema n a; schema t a 'primary=["a"]'; tx 20 "$(ins n '{"a":1}')"; tx 30 "$(ins t '{"a":1}')"; } >first
	follow -j2 --group-size=1 --checkpoint="$c"
	cat first >&7
	wait_until 10 '[ "$(rows "SELECT (SELECT COUNT(*) FROM n) + (SELECT COUNT(*) FROM t)")" = 2 ]'
	for id in $(sql dst "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND='Sleep' AND ID<>CONNECTION_ID()"); do
		sql dst "KILL $id" || :
	done
	{ tx 40 "$(ins n '{"a":1}')"; tx 50 "$(ins t '{"a":2}')"; } >second
	cat second >&7
	ended 75
	{ tail -n +2 first; cat second; } | changes 10 >in
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT * FROM n' 1,1
	is 'SELECT * FROM t ORDER BY a' 1,2
	at 59
}

# other_server GTIDS TX...: the stream of a server that has taken the place of ours.
other_server() {
	echo "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"s\",\"source\":{\"server\":\"mariadb\",\"version\":\"10.11.1\",\"id\":\"B\",\"instead-of\":\"A\"},\"pos\":{\"gtid\":\"$1\"}}"
	tail -n +2 head
	# The same transactions, elsewhere in another log.
	sed -e 's/"file":"bin.000001"/"file":"log.000007"/' body | awk '{ n += /"op":"begin"/; gsub(/"offset":/, "\"offset\":" 10 + n) } 1'
	echo "{\"op\":\"end\",\"src\":\"s\",\"reason\":\"done\",\"records\":$((3 + $(wc -l <body)))}"
}

@test "another server takes the source's place, while workers were ahead: by GTID nothing is made twice" {
	first_hangs -j4
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ] && [ "$(rows "SELECT a FROM u")" = 8 ]'
	kill -KILL "$following"
	wait "$following" || :
	following=
	release
	exec 7>&-
	# Whose log had no GTIDs cannot be followed elsewhere.
	other_server 0-1-10 >in
	run_tool 4 apply -j2 --checkpoint="$c" in
	# With GTIDs: the same, from a checkpoint that knows them.
	run_tool 0 checkpoint remove "$c"
	sql dst 'DROP DATABASE d; CREATE DATABASE d' >/dev/null
	rm -f fifo sql
	first_hangs_with_gtids -j4
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ] && [ "$(rows "SELECT a FROM u")" = 8 ]'
	kill -KILL "$following"
	wait "$following" || :
	following=
	release
	exec 7>&-
	other_server 0-1-10 >in
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT * FROM t' '1 2'
	is 'SELECT COUNT(*) FROM n' 2
	is 'SELECT * FROM u' 8
	[[ $(checkpoint show "$c") == *'gtid: 0-1-60'* ]]
}

@test "another server takes the source's place: what workers made above is known at each moment" {
	first_hangs_with_gtids -j4
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 2 ] && [ "$(rows "SELECT a FROM u")" = 8 ]'
	kill -KILL "$following"
	wait "$following" || :
	following=
	release
	exec 7>&-
	other_server 0-1-10 >in
	# It comes no further than to the first mark.
	sql dst "CREATE TRIGGER stop BEFORE INSERT ON mark FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT='no mark'" dts
	run_tool 4 apply -j2 --checkpoint="$c" in
	[[ $stderr == *'no mark'* ]]
	sql dst 'DROP TRIGGER stop' dts
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT * FROM t' '1 2'
	is 'SELECT COUNT(*) FROM n' 2
	is 'SELECT * FROM u' 8
}

first_hangs_with_gtids() {
	eval "$(declare -f opening | sed '1s/opening/plain_opening/')"
	opening() { plain_opening "$@" | sed 's/"offset":10}/"offset":10,"gtid":"0-1-10"}/'; }
	[ -z "$holding" ] || { kill "$holding" && wait "$holding" || :; }
	first_hangs "$@"
}

# a_refused_unit FILTER...: half of it goes, while what comes before it hangs; the input is piped through the filter.
a_refused_unit() {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)
		; CREATE TABLE n (a INT); CREATE TABLE u (a INT PRIMARY KEY); INSERT INTO u VALUES (8)' d
	{
		schema t a b 'primary=["a"]'; schema n a; schema u a 'primary=["a"]'
		tx 20 "$(upd t '{"a":1,"b":0}' '{"a":1,"b":1}')" "$(upd t '{"a":2,"b":0}' '{"a":2,"b":1}')" \
			"$(upd t '{"a":3,"b":0}' '{"a":3,"b":1}')" "$(upd t '{"a":4,"b":0}' '{"a":4,"b":1}')" \
			"$(upd t '{"a":5,"b":0}' '{"a":5,"b":1}')" "$(upd t '{"a":6,"b":0}' '{"a":6,"b":1}')"
		# These wait for it, and for nothing else: both workers make some of them.
		for i in {1..6}; do
			tx $((20 + 10 * i)) "$(upd t "{\"a\":$i,\"b\":1}" "{\"a\":$i,\"b\":2}")" "$(upd t "{\"a\":$i,\"b\":2}" "{\"a\":$i,\"b\":3}")"
		done
		# One unit, of which the first half goes.
		tx 90 "$(ins n '{"a":7}')"
		tx 100 "$(ins u '{"a":8}')"
	} >body
	hold 'SET innodb_lock_wait_timeout=50; START TRANSACTION; UPDATE t SET b=0 WHERE a=6'
	follow -j2 --group-size=200 --checkpoint="$c"
	changes 10 <body | "$@" >&7
	wait_until 10 '[ "$(rows "SELECT COUNT(*) FROM n")" = 1 ]'
	release
	ended 4
	# What comes before it is there.
	is 'SELECT SUM(b) FROM t' 18
	sql dst 'DELETE FROM u' d
	changes 10 <body >in
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT * FROM n' 7
	is 'SELECT * FROM u' 8
	at 109
}

@test "what was made of a refused unit is known, whatever its worker makes before the end" { a_refused_unit cat; }

@test "what comes before a refused unit is made, also while more is to come" { a_refused_unit head -n -1; }

@test "a table's new description inside a transaction: what follows still waits for it" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 0); CREATE TABLE n (a INT)' d
	{
		schema t a b 'primary=["a"]'; schema n a
		begin 20
		numbered 20 "$(upd t '{"a":1,"b":0}' '{"a":1,"b":1}')" "$(ins t '{"a":5,"b":0}')"
		schema n a 'unique=[]'
		numbered 20 '' '' "$(ins n '{"a":8}')" | tail -n 1
		commit 20 3
		tx 30 "$(upd t '{"a":5,"b":0}' '{"a":5,"b":1}')"
	} >body
	hold 'SET innodb_lock_wait_timeout=50; START TRANSACTION; UPDATE t SET b=0 WHERE a=1'
	follow -j2 --group-size=1 --checkpoint="$c"
	changes 10 <body >&7
	wait_until 10 'sql dst "SHOW PROCESSLIST" | grep -q "UPDATE .d.\..t. SET .a.=1"'
	release
	ended 0
	is 'SELECT * FROM t ORDER BY a' '1 1,5 1'
	is 'SELECT * FROM n' 8
}

@test "tables that cannot roll back are not changed twice" {
	sql dst 'CREATE TABLE m (a INT, b TEXT) ENGINE=MyISAM; CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT)' d
	long=$(head -c 60000 /dev/zero | tr '\0' x)
	{
		schema m a b:text; schema t a b:longtext 'primary=["a"]'
		begin 20
		for i in {1..20}; do
			echo "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"m\",\"tx\":\"0-1-20\",\"n\":$i,\"after\":{\"a\":$i,\"b\":\"$long\"}}"
		done
		echo "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"tx\":\"0-1-20\",\"n\":21,\"after\":{\"a\":1,\"b\":\"$(head -c 5000000 /dev/zero | tr '\0' y)\"}}"
		commit 20 21
	} | changes 10 >in
	run_tool 0 apply -j2 --allow-nontransactional --checkpoint="$c" in
	is 'SELECT COUNT(*), COUNT(DISTINCT a) FROM m' '20 20'
	is 'SELECT LENGTH(b) FROM t' 5000000
}

@test "a key's column that a time fills by itself stays as it is" {
	sql dst "SET time_zone='+00:00'; CREATE TABLE t (a INT, ts TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP, b INT, PRIMARY KEY (a, ts))
		; INSERT INTO t (a, b) WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 40) SELECT i, 0 FROM r" d
	{
		schema t a ts:timestamp b 'primary=["a","ts"]'
		begin 20
		for i in {1..20}; do
			numbered 20 "$(upd t "{\"a\":$i,\"ts\":\"2020-01-01 00:00:00\",\"b\":0}" "{\"a\":$i,\"ts\":\"2020-01-01 00:00:00\",\"b\":1}")" | sed "s/\"n\":1/\"n\":$i/"
		done
		for i in {21..40}; do
			numbered 20 "$(upd t "{\"a\":$i,\"ts\":\"2020-01-01 00:00:00\",\"b\":0}" "{\"a\":$i,\"ts\":\"2020-01-01 00:00:00\",\"b\":1}")" \
				"$(upd t "{\"a\":$i,\"ts\":\"2020-01-01 00:00:00\",\"b\":1}" "{\"a\":$i,\"ts\":\"2020-01-01 00:00:00\",\"b\":0}")" |
				sed "s/\"n\":1/\"n\":$((2 * i - 21))/; s/\"n\":2,/\"n\":$((2 * i - 20)),/"
		done
		commit 20 60
	} | changes 10 >in
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT ts, b, COUNT(*) FROM t GROUP BY ts, b ORDER BY b' '2020-01-01 00:00:00 0 20,2020-01-01 00:00:00 1 20'
}

@test "what only the target's rows have stays with them, and goes with them" {
	local many=() i

	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT, x INT DEFAULT 7)
		; INSERT INTO t WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 20) SELECT i, 0, 9 FROM r' d
	for i in {1..10}; do
		many+=("$(upd t "{\"a\":$i,\"b\":0}" "{\"a\":$((i + 100)),\"b\":0}")")
		many+=("$(del t "{\"a\":$((i + 10)),\"b\":0}")" "$(ins t "{\"a\":$((i + 10)),\"b\":1}")")
	done
	{ schema t a b 'primary=["a"]'; tx 20 "${many[@]}"; } | changes 10 >in
	run_tool 0 apply -j2 --allow-extra-columns --checkpoint="$c" in
	is 'SELECT b, x, COUNT(*), MIN(a) FROM t GROUP BY b, x ORDER BY b' '0 9 10 101,1 7 10 11'
}

@test "a row that gets another key stays the row, also to foreign keys that the account may not see" {
	local many=() i

	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT)
		; INSERT INTO t WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 20) SELECT i, 0 FROM r
		; DROP DATABASE IF EXISTS other; CREATE DATABASE other
		; CREATE TABLE other.c (a INT, FOREIGN KEY (a) REFERENCES d.t (a) ON DELETE CASCADE ON UPDATE CASCADE); INSERT INTO other.c SELECT a FROM t
		; DROP USER IF EXISTS few@localhost; CREATE USER few@localhost IDENTIFIED BY "word"; GRANT ALL ON d.* TO few@localhost; GRANT ALL ON dts.* TO few@localhost' d
	for i in {1..20}; do
		many+=("$(upd t "{\"a\":$i,\"b\":0}" "{\"a\":$((i + 100)),\"b\":0}")")
	done
	{ schema t a b 'primary=["a"]'; tx 20 "${many[@]}"; } | changes 10 >in
	echo word >word
	run_tool 0 apply -u few --password-file=word -j2 --checkpoint="$c" in
	is 'SELECT COUNT(*), MIN(a) FROM other.c' '20 101'
	sql dst 'DROP DATABASE other; DROP USER few@localhost'
}
