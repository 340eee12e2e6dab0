#!/usr/bin/env bats
# Transactions that are left out, or made otherwise: --skip-tx, --replace-tx, and what is kept of it.
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
	c=c
	clean
}

clean() {
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d; DROP DATABASE IF EXISTS dts'
	sql dst 'CREATE TABLE t (id INT PRIMARY KEY, n INT); CREATE TABLE log (n INT)' d
}

schemas() {
	schema t id n 'primary=["id"]'
	schema log n
}

# Of three transactions the second is refused by the target.
three() {
	{
		schemas
		tx 100 "$(ins t '{"id":1,"n":1}')" "$(ins log '{"n":1}')"
		tx 200 "$(ins log '{"n":2}')" "$(upd t '{"id":5,"n":5}' '{"id":5,"n":6}')"
		tx 300 "$(ins t '{"id":3,"n":3}')" "$(ins log '{"n":3}')"
	} | changes 4
}

ways() {
	local way

	for way in --serial -j1 -j3; do
		clean
		echo "# $way"
		$1 $way
	done
}

exceptions() { checkpoint show c | sed -n 's/^exception: [-0-9]* [0-9:.]* UTC: //p'; }

skipped() {
	run_tool 4 apply "$1" --checkpoint=c in
	[[ $stderr == *'in:10:'* ]]
	at 109
	run_tool 0 apply "$1" --checkpoint=c --skip-tx=0-1-200 --reason="row 5 is gone: ticket 7; it's fine" in
	[ -z "$stderr" ]
	is 'SELECT * FROM t' '1 1,3 3'
	is 'SELECT * FROM log ORDER BY n' '1,3'
	at 309
	[ "$(exceptions)" = "skipped 0-1-200 of s, by root@localhost: row 5 is gone: ticket 7; it's fine" ]
	# The same command again: it is behind us, and nothing is said.
	run_tool 0 apply "$1" --checkpoint=c --skip-tx=0-1-200 --reason=again in
	[ -z "$stderr" ]
	[ "$(exceptions | wc -l)" -eq 1 ]
	is 'SELECT * FROM log ORDER BY n' '1,3'
}

@test "a transaction is left out, and the checkpoint tells when, by whom and why" {
	three >in
	ways skipped
}

replaced() {
	run_tool 0 apply "$1" --checkpoint=c --replace-tx=0-1-200="$PWD/instead" --reason=mended in
	[ -z "$stderr" ]
	is 'SELECT * FROM t' '1 1,3 3,5 6'
	is 'SELECT * FROM log ORDER BY n' '1,2,3'
	at 309
	[ "$(exceptions)" = 'replaced 0-1-200 of s, by root@localhost: mended' ]
}

@test "a transaction is made otherwise: its own lines, edited, or changes alone" {
	three >in
	# With a schema record, as dts-binlog puts it inside.
	{
		begin 200
		schema t id n 'primary=["id"]'
		numbered 200 "$(ins log '{"n":2}')" "$(ins t '{"id":5,"n":6}')"
		commit 200 9
	} >instead
	ways replaced
	{ ins log '{"n":2}'; ins t '{"id":5,"n":6}'; } | tr -d @ >instead
	ways replaced
}

torn() {
	run_tool 4 apply "$1" --checkpoint=c --replace-tx=0-1-200=instead --reason=mended in
	# Named by the transaction in whose place it is.
	[[ $stderr == *'in:11:'* ]]
	is 'SELECT * FROM t' '1 1'
	is 'SELECT * FROM log ORDER BY n' '1'
	at 109
	[ -z "$(exceptions)" ]
	echo '{"op":"insert","db":"d","table":"log","after":{"n":22}}' >right
	run_tool 0 apply "$1" --checkpoint=c --replace-tx=0-1-200=right --reason=mended in
	is 'SELECT * FROM log ORDER BY n' '1,3,22'
}

@test "what replaces it is made as a whole, with the record of it, or not at all" {
	three >in
	{ ins log '{"n":2}'; ins t '{"id":6,"n":6}'; ins t '{"id":1,"n":6}'; } | tr -d @ >instead
	sql dst 'ALTER TABLE d.log ADD PRIMARY KEY (n)'
	ways torn
}

statements() {
	run_tool 4 apply "$1" --checkpoint=c in
	[[ $stderr == *"Duplicate column name 'n'"* ]]
	at 109
	run_tool 4 apply "$1" --checkpoint=c --skip-tx=0-1-200 --reason='it is there' in
	at 309
	run_tool 0 apply "$1" --checkpoint=c --replace-tx=0-1-400=other --replace-tx=0-1-500=rows --reason='made to fit' in
	is 'SELECT * FROM t' '1 1 7,3 3 7,9 9 7'
	is 'SELECT * FROM log ORDER BY n' '1,3,5'
	at 609
	[ "$(exceptions | cut -d' ' -f1,2 | xargs)" = 'skipped 0-1-200 replaced 0-1-400 replaced 0-1-500' ]
	# Of what was meant before nothing is left.
	[ "$(sql dst 'SELECT COUNT(*) FROM dts.ddl')" -eq 0 ]
}

@test "statements are left out and replaced: by another, and by changes" {
	{
		schemas
		tx 100 "$(ins t '{"id":1,"n":1}')" "$(ins log '{"n":1}')"
		tx 200 "$(ddl alter-table 'ALTER TABLE t ADD COLUMN n INT')"
		tx 300 "$(ins t '{"id":3,"n":3}')" "$(ins log '{"n":3}')"
		tx 400 "$(ddl alter-table 'ALTER TABLE t ADD COLUMN n INT DEFAULT 7')"
		tx 500 "$(ddl drop-table 'DROP TABLE nowhere')"
		schema t id n m 'primary=["id"]'
		tx 600 "$(ins t '{"id":9,"n":9,"m":7}')"
	} | changes 4 >in
	ddl alter-table 'ALTER TABLE t ADD COLUMN m INT DEFAULT 7' | tr -d @ >other
	ins log '{"n":5}' | tr -d @ >rows
	ways statements
}

@test "a transaction that does not come is told" {
	three >in
	run_tool 4 apply --checkpoint=c in
	tx 1000 "$(ins log '{"n":2}')" | grep insert >file
	run_tool 0 apply --checkpoint=c --skip-tx=0-1-200 --skip-tx=0-1-201 --replace-tx=0-1-1000=file --reason=x in
	[ "$stderr" = "dts-apply: warning: transaction '0-1-201', which was to be skipped, did not come
dts-apply: warning: transaction '0-1-1000', which was to be replaced, did not come" ]
	[ "$(exceptions | wc -l)" -eq 1 ]
}

# wrong STATUS MESSAGE OPTION...: nothing has been touched.
wrong() {
	local want=$1 message=$2

	shift 2
	run_tool "$want" apply --checkpoint=c "$@" in
	[[ $stderr == "dts-apply: $message"* ]] || { echo "stderr: $stderr"; return 1; }
	[ -z "$(sql dst "SHOW DATABASES LIKE 'dts'")" ]
}

@test "what cannot be is refused before anything is done" {
	three >in
	wrong 2 '--skip-tx and --replace-tx need --reason=TEXT' --skip-tx=0-1-1
	wrong 2 '--reason is for --skip-tx' --reason=x
	wrong 2 "--skip-tx: transaction '0-1-1' is named twice" --skip-tx=0-1-1 --skip-tx=0-1-1 --reason=x
	wrong 2 '--skip-tx: no transaction is named' --skip-tx= --reason=x
	wrong 2 '--replace-tx=0-1-200 is not ID=FILE' --replace-tx=0-1-200 --reason=x
	wrong 5 "cannot open 'nowhere'" --replace-tx=0-1-200=nowhere --reason=x
	: >file
	wrong 3 'file: no change in it' --replace-tx=0-1-200=file --reason=x
	echo 'what?' >file
	wrong 3 'file:1: ' --replace-tx=0-1-200=file --reason=x
	{ begin 200; } >file
	wrong 3 "file: the commit of transaction '0-1-200' is missing" --replace-tx=0-1-200=file --reason=x
	tx 100 "$(ins log '{"n":2}')" >file
	wrong 3 "file:1: a record of transaction '0-1-100', where '0-1-200' is replaced" --replace-tx=0-1-200=file --reason=x
	{ tx 200 "$(ins log '{"n":2}')"; tx 200 "$(ins log '{"n":2}')"; } >file
	wrong 3 "file:4: op 'begin' cannot stand here" --replace-tx=0-1-200=file --reason=x
	opening changes 4 >file
	wrong 3 "file:1: op 'stream' cannot replace a transaction" --replace-tx=0-1-200=file --reason=x
	{ ins log '{"n":2}'; ddl drop-table 'DROP TABLE t'; } | tr -d @ >file
	wrong 3 'file:2: a ddl record must be the first' --replace-tx=0-1-200=file --reason=x
	run_tool 2 dts-apply --defaults-file="$(defaults)" -g dst --no-checkpoint --skip-tx=0-1-1 --reason=x in
	[[ $stderr == *'need --checkpoint=NAME'* ]]
}

decided() {
	run_tool 0 apply "$1" --checkpoint=c --skip-tx=0-1-200 --replace-tx=0-1-400=file --reason=x in
	[ -z "$stderr" ]
	is 'SELECT * FROM t' '1 1,6 6'
	is 'SELECT * FROM log' ''
	at 709
	[ "$(sql dst 'SELECT COUNT(*) FROM dts.prepared')" -eq 0 ]
	[ "$(exceptions | cut -d' ' -f1,2 | xargs)" = 'skipped 0-1-200 replaced 0-1-400' ]
}

@test "what a prepared transaction does is left out and replaced where it is prepared" {
	local n

	{
		schemas
		tx 100 "$(ins t '{"id":1,"n":1}')"
		begin 200
		numbered 200 "$(ins log '{"n":2}')"
		commit 200 "$n" prepare "\"xid\":\"X'61',X'',1\""
		begin 400
		numbered 400 "$(ins log '{"n":4}')"
		commit 400 "$n" prepare "\"xid\":\"X'62',X'',1\""
		commit 600 0 commit "\"xid\":\"X'61',X'',1\""
		commit 700 0 commit "\"xid\":\"X'62',X'',1\""
	} | changes 4 >in
	ins t '{"id":6,"n":6}' | tr -d @ >file
	ways decided
}
