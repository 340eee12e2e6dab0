#!/usr/bin/env bats
# Sequences of MariaDB: what they have given out at the source is not given out again
# by the target.
load lib/dts

setup_file() {
	servers_up old=mariadb new=mariadb118 mysql=mysql97
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR"
	sql old 'SET GLOBAL binlog_row_metadata=FULL; CREATE OR REPLACE DATABASE d'
	sql new 'SET GLOBAL binlog_row_metadata=FULL; CREATE OR REPLACE DATABASE d'
	sql mysql 'CREATE DATABASE IF NOT EXISTS d'
}

# now SERVER: where its log ends.
now() {
	dts-binlog --defaults-file="$(defaults)" -g "$1" --start=now "${@:2}" | jq -r 'select(.op == "end") | "\(.pos.file):\(.pos.offset)"'
}

# stream SRC START [OPTION...]: into ./stream
stream() {
	dts-binlog --defaults-file="$(defaults)" -g "$1" --start-position="$2" "${@:3}" >stream
}

# apply STATUS DST
apply() {
	run_tool "$1" dts-apply --defaults-file="$(defaults)" -g "$2" --no-checkpoint stream
}

# state SERVER: of all sequences, as they are kept.
state() {
	local name

	for name in up down round none; do
		sql "$1" "SELECT '$name', next_not_cached_value, cycle_count FROM d.\`$name\`"
	done
}

both_ways() {
	$1 old new
	sql old 'CREATE OR REPLACE DATABASE d'
	sql new 'CREATE OR REPLACE DATABASE d'
	$1 new old
}

used_and_moved() {
	local from

	from=$(now "$1")
	sql "$1" 'CREATE SEQUENCE up CACHE 10; CREATE SEQUENCE down START -5 INCREMENT -3 MINVALUE -9223372036854775807 CACHE 2;
		CREATE SEQUENCE `round` MINVALUE 1 MAXVALUE 3 CYCLE NOCACHE; CREATE SEQUENCE `none`;
		CREATE TABLE t (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(up), n INT DEFAULT NEXTVAL(`round`), m BIGINT DEFAULT NEXTVAL(down))' d
	sql "$1" 'INSERT INTO t () VALUES (), (), (), (), (), (), (); BEGIN; INSERT INTO t () VALUES (), (); ROLLBACK; INSERT INTO t () VALUES (), (), ();
		ALTER SEQUENCE up RESTART 5000; INSERT INTO t () VALUES (); ALTER SEQUENCE up RESTART 700; SELECT NEXTVAL(up)' d >/dev/null
	stream "$1" "$from"
	apply 0 "$2"
	[ "$(state "$1")" = "$(state "$2")" ] || {
		state "$1"
		state "$2"
		return 1
	}
	same_rows "$1" "$2" d
	# None of the numbers comes again: those of `up` were set back on purpose.
	sql "$2" 'INSERT INTO t (id, n) VALUES (1000000, 0), (1000001, 0)' d
	[ "$(sql "$2" 'SELECT COUNT(DISTINCT m), MIN(NEXTVAL(up)) >= 700 FROM t' d)" = '13	1' ]
}

@test "a sequence goes on at the target where the source may have come" {
	both_ways used_and_moved
}

@test "sequences of each type of number, in a log without names" {
	local from type next

	sql new 'SET GLOBAL binlog_row_metadata=NO_LOG'
	for type in tinyint smallint 'mediumint unsigned' int 'int unsigned' 'bigint unsigned'; do
		echo "# $type"
		next=1001
		[ "$type" != tinyint ] || next=127
		sql new "CREATE OR REPLACE DATABASE d; CREATE SEQUENCE d.there AS $type; CREATE SEQUENCE d.plain"
		rm -f history
		from=$(now new --schema-history=history)
		sql new "CREATE SEQUENCE made CACHE 7 AS $type MAXVALUE 126; SELECT NEXTVAL(there), NEXTVAL(made), NEXTVAL(plain); ALTER SEQUENCE plain CACHE 3;
			SELECT SETVAL(plain, 5000); ALTER SEQUENCE made RESTART 30; SELECT NEXTVAL(made);
			RENAME TABLE made TO renamed; SELECT SETVAL(renamed, 77)" d >/dev/null
		stream new "$from" --schema-history=history
		[ "$(jq -r 'select(.op == "setval") | "\(.table) \(.after.next_not_cached_value)"' stream | sort | xargs)" = \
			"made 37 made 8 plain 1001 plain 5001 renamed 78 there $next" ] || {
			jq -r 'select(.op == "setval") | "\(.table) \(.after.next_not_cached_value)"' stream | sort | xargs
			return 1
		}
	done
}

@test "a target that cannot take a sequence's numbers says so, and what to do" {
	local from

	sql old 'CREATE SEQUENCE s' d
	from=$(now old)
	sql old 'SELECT NEXTVAL(s)' d >/dev/null
	stream old "$from"
	apply 4 mysql
	[[ "$stderr" == *"the target has no sequences such as 'd.s'"*"hint: "*--skip-sequences* ]]
	apply 4 new
	[[ "$stderr" == *"Unknown SEQUENCE: 's'"*"hint: make it there as SHOW CREATE SEQUENCE"* ]]
	sql new 'CREATE SEQUENCE s' d
	apply 0 new
	[ "$(sql new 'SELECT NEXTVAL(s)' d)" = 1001 ]
	# A route leads to a sequence of another name.
	sql old 'SELECT NEXTVAL(s), SETVAL(s, 4000)' d >/dev/null
	sql new 'CREATE SEQUENCE r' d
	stream old "$from"
	dts-filter --route='d.s=d.r' stream >routed
	mv routed stream
	apply 0 new
	[ "$(sql new 'SELECT NEXTVAL(r)' d)" = 4001 ]
	sed -i 's/"next_not_cached_value":[0-9]*/"next_not_cached_value":"1 OR 1"/' stream
	apply 3 new
	[[ "$stderr" == *"'next_not_cached_value' in 'after', a whole number"* ]]
}
