# dts-apply keeps the definitions of the source's tables beside the position.
# status and its kin are set by run; SQL has its own backticks and dollars.
# shellcheck disable=SC2154,SC2016,SC2015
load lib/dts
load lib/streams

setup_file() { servers_up dst || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
	c=c$BATS_TEST_NUMBER # the checkpoint of this test
}

# kept: what the checkpoint keeps, "table offset columns" each; columns as "name type", ? where only the table is known.
kept() {
	sql dst "SELECT db, tbl, pos, definition FROM dts.source_table WHERE checkpoint='$c' AND db<>'' ORDER BY db, tbl" |
		while IFS=$'\t' read -r db table pos definition; do
			[ -n "$definition" ] || definition='{"columns":[{"name":"?"}]}'
			echo "$db.$table $(jq -r .offset <<<"$pos") $(jq -r '[.columns[] | [.name, .type // empty] | join(" ")] | join(",")' <<<"$definition")"
		done
}

keeps() {
	local got

	got=$(kept)
	[ "$got" = "$1" ] || { echo "kept: $got"; echo "wanted: $1"; return 1; }
}

# aside NAME TABLE COLUMN...: the record of d.TABLE, which is s.NAME at the source.
aside() {
	local name=$1

	shift
	schema "$@" "source={\"db\":\"s\",\"table\":\"$name\"}"
}

# ddl_tx TX DDL SCHEMA...: a statement with the schema records that it leaves.
ddl_tx() {
	local tx=$1 statement=$2

	shift 2
	begin "$tx"
	numbered "$tx" "$statement"
	[ $# -eq 0 ] || printf '%s\n' "$@"
	commit "$tx" 1
}

@test "a snapshot's definitions go in with the first chunk of their table" {
	sql dst 'CREATE TABLE a (a INT PRIMARY KEY, b INT); CREATE TABLE b (x VARCHAR(9)); CREATE TABLE e (a INT)' d
	{
		aside one a a b 'primary=["a"]' 'unique=[{"name":"b","columns":["b"]}]' 'foreign=[]'
		chunk 1 a 10 10 '{"a":1,"b":1}'
		chunk 2 a 10 10 '{"a":2,"b":1}'
		schema b 'x:varchar(9)'
		chunk 1 b 10 10
		schema e a
	} | snapshot 10 >in
	# Cut in the middle: the first chunk brings its own table's.
	sed 5q in >part
	run_tool 3 apply --checkpoint="$c" part
	keeps 's.one 10 a int,b int'
	run_tool 0 apply --checkpoint="$c" in
	keeps 'd.b 10 x varchar(9)
d.e 10 a int
s.one 10 a int,b int'
	definition=$(rows "SELECT definition FROM dts.source_table WHERE checkpoint='$c' AND tbl='one'")
	[ "$definition" = "$(aside one a a b 'primary=["a"]' 'unique=[{"name":"b","columns":["b"]}]' 'foreign=[]' | sed 's/"db":"d","table":"a"/"db":"s","table":"one"/')" ]
	run_tool 0 checkpoint remove "$c"
	keeps ''
}

@test "changes replace what they know better, with their own transaction" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT); CREATE TABLE u (a INT)' d
	{ schema t a b 'primary=["a"]' 'unique=[{"name":"b","columns":["b"]}]' 'foreign=[]'; schema u a; } | snapshot 10 >in
	run_tool 0 apply --checkpoint="$c" in
	# A log knows no unique keys: what is kept says more. Types are another matter.
	{ schema t a b 'primary=["a"]'; tx 20 "$(ins t '{"a":1,"b":1}')"; schema u a:tinyint; tx 30 "$(ins u '{"a":1}')"; } | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	keeps 'd.t 10 a int,b int
d.u 39 a tinyint'
	is "SELECT definition LIKE '%unique%' FROM dts.source_table WHERE checkpoint='$c' AND tbl='t'" 1
	# Inside of a transaction, and one that never commits.
	{
		begin 40
		schema u a:smallint
		numbered 40 "$(ins u '{"a":2}')"
	} | changes 39 >in
	sed '$d' in >part
	run_tool 3 apply --checkpoint="$c" part
	keeps 'd.t 10 a int,b int
d.u 39 a tinyint'
	{
		begin 40
		schema u a:smallint
		numbered 40 "$(ins u '{"a":2}')"
		commit 40 1
	} | changes 39 >in
	run_tool 0 apply --checkpoint="$c" in
	keeps 'd.t 10 a int,b int
d.u 49 a smallint'
	# The same from an older place, under the definition of then: what is kept is newer.
	{ schema u a:tinyint; tx 30 "$(ins u '{"a":1}')"; schema u a:smallint; tx 40 "$(ins u '{"a":2}')"; tx 50 "$(ins u '{"a":3}')"; } | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	keeps 'd.t 10 a int,b int
d.u 49 a smallint'
	is 'SELECT a FROM u' 1,2,3
}

@test "a group that is tried again or one by one keeps each definition with its transaction" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY); CREATE TABLE u (a INT PRIMARY KEY)' d
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; schema u a; tx 30 "$(ins u '{"a":1}')"; tx 40 "$(ins t '{"a":1}')"; schema v a; tx 50 "$(ins v '{"a":1}')"; } | changes 10 >in
	run_tool 4 apply --checkpoint="$c" in
	at 39
	keeps 'd.t 29 a int
d.u 39 a int'
}

@test "a statement's tables are stated anew in its transaction, or no longer known" {
	sql dst 'CREATE TABLE t (a INT); CREATE TABLE u (a INT); CREATE TABLE v (a INT); CREATE TABLE w (a INT)' d
	{ schema t a; schema u a; aside vs v a; schema w a; } | snapshot 10 >in
	run_tool 0 apply --checkpoint="$c" in
	{
		schema t a
		tx 12 "$(ins t '{"a":5}')"
		ddl_tx 20 "$(ddl alter-table 'ALTER TABLE t ADD b INT')" "$(schema t a b)"
		tx 30 "$(ins t '{"a":1,"b":2}')"
		ddl_tx 40 "$(ddl alter-table 'ALTER TABLE t ENGINE=InnoDB')" "$(schema t a b)"
		ddl_tx 50 "$(ddl alter-table 'ALTER TABLE u ADD b INT')"
		ddl_tx 60 "$(ddl rename-table 'RENAME TABLE v TO x')" "$(aside xs x a)"
		ddl_tx 70 "$(ddl create-index 'CREATE INDEX i ON w (a)')"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	keeps 'd.t 49 a int,b int
d.u 10 ?
d.w 10 a int
s.xs 69 a int'
	is 'SELECT a, b FROM t' '5 NULL,1 2'
	# A swap of two tables that look the same, and one that goes.
	{
		ddl_tx 80 "$(ddl rename-table 'RENAME TABLE w TO y, x TO w, y TO x')" "$(schema w a)" "$(schema x a)"
		ddl_tx 90 "$(ddl drop-table 'DROP TABLE t')"
	} | changes 79 >in
	run_tool 0 apply --checkpoint="$c" in
	keeps 'd.u 10 ?
d.w 89 a int
d.x 89 a int'
	# A statement that the reader takes back, for it comes again.
	{
		begin 100
		numbered 100 "$(ddl alter-table 'ALTER TABLE w ADD b INT')"
		schema w a b
		echo '{"op":"rollback","src":"s","tx":"0-1-100"}'
		schema w a
		echo "{\"op\":\"heartbeat\",\"src\":\"s\",\"time\":\"2026-01-01T00:00:00Z\",\"pos\":$(pos 105)}"
	} | changes 99 >in
	run_tool 0 apply --checkpoint="$c" in
	at 105
	keeps 'd.u 10 ?
d.w 89 a int
d.x 89 a int'
	tx 106 "$(ddl drop-database 'DROP DATABASE d')" | changes 105 >in
	run_tool 0 apply --checkpoint="$c" in
	keeps ''
}

@test "a checkpoint of an earlier version, and one that is set by hand" {
	sql dst 'CREATE TABLE t (a INT)' d
	{ schema t a; } | snapshot 10 >in
	run_tool 0 apply --checkpoint="$c" in
	sql dst 'DROP TABLE dts.source_table'
	run_tool 0 checkpoint show "$c"
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	keeps 'd.t 29 a int'
	# Another position may have other definitions.
	run_tool 0 checkpoint set "$c" s bin.000001:500
	keeps ''
	sql dst 'DROP TABLE dts.source_table'
	run_tool 0 checkpoint remove "$c"
}
