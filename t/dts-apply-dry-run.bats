#!/usr/bin/env bats
# dts-apply --dry-run: what a run would do and what it would be refused, without a change at the target.
load lib/dts
load lib/streams

setup_file() {
	servers_up dst
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR"
	c=c following=
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d; DROP DATABASE IF EXISTS dts'
	sql dst 'CREATE TABLE t (id INT PRIMARY KEY, n INT); CREATE TABLE log (n INT); INSERT INTO t VALUES (1, 1)' d
}

teardown() {
	[ -z "$following" ] || kill -9 "$following" 2>/dev/null || :
}

# dry STATUS OPTION...: the target stays as it is.
dry() {
	local want=$1

	shift
	sql dst 'SHOW DATABASES; SELECT * FROM d.t; SHOW TABLES FROM d; SHOW BINARY LOGS' >before
	run_tool "$want" dts-apply --defaults-file="$(defaults)" -g dst --dry-run "$@" in
	sql dst 'SHOW DATABASES; SELECT * FROM d.t; SHOW TABLES FROM d; SHOW BINARY LOGS' >after
	diff before after
}

# says LINE...: on stdout.
says() {
	printf '%s\n' "$@" >want
	diff want - <<<"$output"
}

@test "of changes: how many, in which tables, which statements" {
	{
		schema t id n 'primary=["id"]'
		schema log n
		tx 100 "$(ins t '{"id":2,"n":1}')" "$(ins log '{"n":1}')" "$(ins log '{"n":2}')"
		tx 200 "$(ddl create-table 'CREATE TABLE made (id INT)' | sed 's/"objects":\[\]/"objects":[{"role":"target","type":"table","db":"d","table":"made"}]/')"
		schema made id
		tx 300 "$(ins made '{"id":3}')"
	} | changes 4 >in
	dry 0 --checkpoint=c --new-checkpoint
	[ -z "$stderr" ]
	says 'would apply: 5 changes in 3 transactions, 1 statement' 'table: d.log: 2 changes' \
		'table: d.made: 1 change, not looked at: a statement before makes or alters it' 'table: d.t: 1 change' \
		'statement: CREATE TABLE made (id INT)'
	dry 0 --no-checkpoint
	# As it would be: all of it is taken.
	run_tool 0 apply --checkpoint=c in
	dry 0 --checkpoint=c
	says 'would apply: 0 changes in 0 transactions, 0 statements' 'there already: 3 transactions'
}

@test "all that would be refused is told, not the first alone" {
	sql dst 'CREATE TABLE mute (n INT) ENGINE=MyISAM; ALTER TABLE log DROP n, ADD m INT' d
	{
		schema t id n more 'primary=["id"]'
		schema log n
		schema mute n
		schema nowhere n
		tx 100 "$(ins t '{"id":2,"n":1}')" "$(ins log '{"n":1}')" "$(ins log '{"n":2}')"
		tx 200 "$(ins mute '{"n":3}')" "$(ins nowhere '{"n":3}')"
		tx 300 "$(ddl create-view 'CREATE VIEW v AS SELECT 1')"
		tx 400 "$(ddl unknown 'FROBNICATE')"
	} | changes 4 >in
	dry 4 --checkpoint=c --new-checkpoint
	[ "$stderr" = 'dts-apply: of this stream 6 things would be refused' ]
	[ "$(grep -c '^refused: in:' <<<"$output")" -eq 6 ]
	[ "$(sed -n 's/^refused: in:\([0-9]*\): .*/\1/p' <<<"$output" | xargs)" = '7 8 12 13 16 19' ]
	[[ $output == *"'d.nowhere'"* && $output == *--other-ddl=hold* && $output == *--allow-nontransactional* ]]
	dry 4 --checkpoint=c
	[[ $output == *"refused: in:1: there is no checkpoint 'c'"* ]]
}

@test "the checkpoint is asked, not taken: also while another run holds it" {
	local epoch

	{
		schema t id n 'primary=["id"]'
		tx 100 "$(ins t '{"id":2,"n":1}')"
		tx 200 "$(ins t '{"id":3,"n":1}')"
	} | changes 4 >all
	follow --checkpoint=c
	head -n 5 all >&7
	wait_until 10 'at 109 >/dev/null 2>&1'
	epoch=$(sql dst 'SELECT epoch FROM dts.checkpoint')
	cp all in
	dry 0 --checkpoint=c
	says 'would apply: 1 change in 1 transaction, 0 statements' 'there already: 1 transaction' 'table: d.t: 1 change'
	# A gap.
	tx 300 "$(ins t '{"id":4,"n":1}')" | { schema t id n 'primary=["id"]'; cat; } | changes 300 >in
	dry 4 --checkpoint=c
	[[ $output == *"refused: in:1: the stream begins at bin.000001:300, behind checkpoint 'c' at bin.000001:109"* ]]
	[ "$(sql dst 'SELECT epoch FROM dts.checkpoint')" = "$epoch" ]
	tail -n +6 all >&7
	ended 0
	at 209
}

@test "of a snapshot: rows and chunks, and tables that are not empty" {
	{
		schema log n
		schema t id n 'primary=["id"]'
		chunk log.1 log 4 4 '{"n":1}' '{"n":2}'
		chunk t.1 t 4 4 '{"id":2,"n":1}'
	} | snapshot 4 >in
	dry 4 --checkpoint=c
	says 'would apply: 3 rows in 2 chunks, 0 changes in 0 transactions, 0 statements' 'table: d.log: 2 rows' 'table: d.t: 1 row' \
		"refused: in:8: table 'd.t' at the target is not empty (empty it if these rows are left over; --allow-nonempty adds to what is there)"
	dry 0 --checkpoint=c --allow-nonempty
}

@test "transactions that are skipped and replaced are counted, and looked at" {
	{
		schema t id n 'primary=["id"]'
		schema nowhere n
		tx 100 "$(ins nowhere '{"n":1}')"
		tx 200 "$(ins nowhere '{"n":1}')"
	} | changes 4 >in
	ins t '{"id":7,"n":7}' | tr -d @ >file
	dry 0 --checkpoint=c --new-checkpoint --skip-tx=0-1-100 --replace-tx=0-1-200=file --reason=x
	says 'would apply: 1 change in 2 transactions, 0 statements' 'skipped or replaced: 2 transactions' 'table: d.t: 1 change'
	dry 4 --checkpoint=c --new-checkpoint --skip-tx=0-1-100 --skip-tx=0-1-300 --reason=x
	[[ $stderr == *"warning: transaction '0-1-300', which was to be skipped, did not come"* ]]
	run_tool 2 dts-apply --defaults-file="$(defaults)" -g dst --dry-run --print --no-checkpoint in
	[ "$stderr" = 'dts-apply: --dry-run prints neither acks nor SQL' ]
}

@test "of a schema: what is there already, and otherwise" {
	{
		ddl create-table 'CREATE TABLE t (x INT)' | tr -d @
		ddl create-table 'CREATE TABLE other (x INT)' | tr -d @
		ddl create-view 'CREATE VIEW v AS SELECT 1' | tr -d @
	} | wrap schema 4 >in
	sql dst 'CREATE VIEW d.v AS SELECT 2'
	dry 4
	[ "$stderr" = 'dts-apply: of this stream 2 things would be refused' ]
	says 'would apply: 0 changes in 0 transactions, 3 statements' \
		"refused: in:2: table 'd.t' is at the target already, in other words than those of the statement, and whether they mean the same cannot be told (a run can tell: it makes the object for a moment in a database dts-try-NUMBER of the target)" \
		"refused: in:4: view 'd.v' is at the target already, in other words than those of the statement, and whether they mean the same cannot be told (a run can tell: it makes the object for a moment in a database dts-try-NUMBER of the target)"
	sql dst 'DROP VIEW d.v'
	dry 4
	[ "$stderr" = 'dts-apply: of this stream 1 thing would be refused' ]
	dry 4 --other-ddl=hold --checkpoint=c
	[[ $output == *'refused: in:4: a statement of a schema stream cannot be held for the cut-over: CREATE VIEW v AS SELECT 1 (it runs without --other-ddl; --other-ddl=skip leaves it out)'* ]]
	sql dst 'DROP TABLE d.t; CREATE TABLE d.t (id INT)'
	sed -i 2d in
	sed -i 's/"records":3/"records":2/' in
	dry 0
}
