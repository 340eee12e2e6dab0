#!/usr/bin/env bats
# dts-dump --resume: what is left of a table beside the chunks that a target has. The
# servers themselves say how keys sort, and which rows a range has.
load lib/dts

setup_file() {
	servers_up src dst || return
	unit_program keyorder
}

teardown_file() {
	servers_down
}

setup() {
	CONFIG=$(defaults)
	sql src 'DROP DATABASE IF EXISTS d; CREATE DATABASE d CHARACTER SET utf8mb4'
	sql dst 'DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS dts'
}

dump() { dts-dump --defaults-file="$CONFIG" -g src --src=s "$@"; }
apply() { dts-apply --defaults-file="$CONFIG" -g dst "$@"; }
definitions() { dts-schema --defaults-file="$CONFIG" -g src "$@" | apply; }

# key_shapes SERVER [ROWS]: the tables of t/keyshapes.py.
key_shapes() {
	python3 "$DTS_ROOT/t/keyshapes.py" "$(<"$DTS_TEST_DIR/$1/kind")" "$DTS_SEED" "${2:-60}" | client "$1"
}

# some_of CHUNKS-AS-A-CONDITION: a dump of d that ends early, with the chunks for which the Python expression
# (t: table, n: number) is true.
some_of() {
	dump 'd.*' --chunk-size=2K >"$BATS_TEST_TMPDIR/all"
	python3 -c '
import json, sys
keep, records = True, 0
for line in sys.stdin:
    r = json.loads(line)
    if r["op"] == "chunk":
        keep = eval(sys.argv[1], {"t": r["table"], "n": int(r["id"].split(".")[-1])})
    if r["op"] == "end":
        r["reason"], r["records"] = "signal", records
        line = json.dumps(r) + "\n"
    if keep or r["op"] in ("schema", "end"):
        records += r["op"] not in ("stream", "end")
        sys.stdout.write(line)' "$1" <"$BATS_TEST_TMPDIR/all" | tee "$BATS_TEST_TMPDIR/some"
}

# some CHUNKS-AS-A-CONDITION: loads them.
some() {
	some_of "$1" | apply --checkpoint=c
}

# numbers FROM TO: for INSERT.
numbers() {
	seq -f "(%.0f,REPEAT('x',60))" "$1" "$2" | paste -sd,
}

fill() {
	sql src "CREATE TABLE a (id int PRIMARY KEY, v varchar(100)); CREATE TABLE b (id int PRIMARY KEY, v varchar(100));
		INSERT INTO a VALUES $(numbers 1 300); INSERT INTO b VALUES $(numbers 1 300)" d
	definitions d
}

finish() {
	run_pipe '0 0' "dts-dump --defaults-file='$CONFIG' -g src --src=s --resume=c@dst d | dts-apply --defaults-file='$CONFIG' -g dst --checkpoint=c"
	same_rows src dst d
}

@test "bounds from records are those of the rows, and sort as the index does" {
	key_shapes src
	run_tool 0 timeout 100 "$DTS_BUILD/unit/keyorder" "$CONFIG" src ranges
	[ "${#lines[@]}" -gt 60 ]
	[ "$(grep -vc ' 0$' <<<"$output")" -gt 60 ]
}

@test "of any subset of the chunks of tables with any key the rest is read, each row once" {
	local again table

	key_shapes src
	sql dst 'DROP DATABASE IF EXISTS ranges'
	definitions ranges
	dump -j3 --chunk-size=600 ranges >"$BATS_TEST_TMPDIR/all"
	"$DTS_ROOT/t/lib/chunk-subset" "$DTS_SEED" <"$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/some"
	apply -j3 --checkpoint=c <"$BATS_TEST_TMPDIR/some"
	# Other cuts than before.
	dump -j3 --chunk-size=450 --resume=c@dst ranges >"$BATS_TEST_TMPDIR/rest"
	# But for tables by whose keys nothing can be cut.
	again=$(head -n 1 "$BATS_TEST_TMPDIR/rest" | jq -r '.resumes.again[].table')
	[ -z "$again" ] || run ! grep -v nopad <<<"$again"
	for table in $again; do
		sed -i "/\"table\":\"$table\"/d" "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/some" "$BATS_TEST_TMPDIR/rest"
	done
	grep -h '^{"op":"row"' "$BATS_TEST_TMPDIR/all" | sort >"$BATS_TEST_TMPDIR/want"
	grep -h '^{"op":"row"' "$BATS_TEST_TMPDIR/some" "$BATS_TEST_TMPDIR/rest" | sort >"$BATS_TEST_TMPDIR/got"
	cmp "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/want")" -gt 2000 ]
	run_pipe '0 0' "dts-dump --defaults-file='$CONFIG' -g src --src=s --resume=c@dst ranges | dts-apply --defaults-file='$CONFIG' -g dst -j3 --checkpoint=c"
	same_rows src dst ranges
}

@test "nothing there: from the beginning; all there: nothing; in between the gaps" {
	local rest

	fill
	run_tool 0 dump --resume=c@dst d
	[[ $stderr == *"checkpoint c@dst does not know source 's' yet: the snapshot begins at the beginning"* ]]
	run ! grep -q resumes <<<"$output"
	some 't == "a" or n in (1, 3)'
	run_tool 0 dump --resume=c@dst d --chunk-size=2K
	[[ $stderr == *"checkpoint c@dst goes on: "*" chunks are there, of 1 tables all, of 1 some"* ]]
	rest=$output
	run ! grep -q '"table":"a"' <<<"$rest"
	# Numbers go on above those that were used.
	grep -q '"op":"chunk".*"id":"d.b.4"' <<<"$rest"
	run ! grep -qE '"id":"d\.b\.[123]"' <<<"$rest"
	finish
	run_tool 0 dump --resume=c@dst d
	[ "${#lines[@]}" -eq 2 ]
	[[ $stderr == *"the full phase of checkpoint c@dst has ended: there is nothing left to read"* ]]
	run_tool 0 apply --checkpoint=c <<<"$output"
}

@test "rows that are equal under the collation may have taken the place of a bound" {
	sql src "CREATE TABLE a (k varchar(100) COLLATE utf8mb4_general_ci PRIMARY KEY, v int)" d
	sql src "INSERT INTO a VALUES $(seq -f "(CONCAT('K%.0f',REPEAT('ä',30)),1)" 1000 1300 | paste -sd,)" d
	definitions d
	some 'n % 2 == 1'
	sql src "UPDATE a SET k=REPLACE(LOWER(k),'ä','A'), v=2" d
	dump --resume=c@dst d --chunk-size=2K >"$BATS_TEST_TMPDIR/rest"
	run ! grep -q '"again":\[{' "$BATS_TEST_TMPDIR/rest"
	{ grep '"op":"row"' "$BATS_TEST_TMPDIR/some"; grep '"op":"row"' "$BATS_TEST_TMPDIR/rest"; } |
		jq -r '.after.k | ascii_downcase | sub("[äa]+$";"")' | sort >"$BATS_TEST_TMPDIR/got"
	seq -f 'k%.0f' 1000 1300 | cmp - "$BATS_TEST_TMPDIR/got"
}

@test "a table is read again when what is there of it cannot be gone on with" {
	fill
	sql src "CREATE TABLE e (v varchar(100)); CREATE TABLE f (id int PRIMARY KEY, v varchar(100));
		INSERT INTO e SELECT v FROM a; INSERT INTO e SELECT v FROM a; INSERT INTO f SELECT * FROM a" d
	definitions d.e d.f
	some 't != "e" or n < 3'
	sql src 'ALTER TABLE b MODIFY v varchar(101)' d
	sql dst 'ALTER TABLE d.b MODIFY v varchar(101)'
	sql dst "INSERT INTO dts.chunk SELECT checkpoint,src,db,tbl,'x.99',bounds,low,high,rows_applied FROM dts.chunk
		WHERE tbl='f' AND id='d.f.2'"
	run_tool 0 dump --resume=c@dst d
	[[ $stderr == *"table 'd.b' is read again: its definition at the source has changed"* ]]
	[[ $stderr == *"table 'd.e' is read again: it has no key by which the rest could be read"* ]]
	[[ $stderr == *"table 'd.f' is read again: its chunks at the target contradict one another"* ]]
	[ "$(head -n 1 <<<"$output" | jq -c '[.resumes.again[].table] | sort')" = '["b","e","f"]' ]
	[ "$(head -n 1 <<<"$output" | jq .resumes.chunks)" = "$(sql dst "SELECT COUNT(*) FROM dts.chunk WHERE tbl='a'")" ]
	run -1 grep -q '"op":"chunk".*"table":"a",' <<<"$output"
	dump --resume=c@dst d >"$BATS_TEST_TMPDIR/rest"
	# Torn in between, and once more.
	run_tool 3 apply --checkpoint=c < <(head -n 40 "$BATS_TEST_TMPDIR/rest")
	finish
}

# on_the_way: the filter that gives b the name $b_name at the target.
on_the_way() {
	dts-filter --route="d.b=d.$b_name"
}

# goes SOURCE-COMMAND: what it reads goes to the target under the checkpoint.
goes() {
	run_pipe '0 0 0' "$1 --defaults-file='$CONFIG' -g src --src=s --resume=c@dst d | dts-filter --route='d.b=d.$b_name' |
		dts-apply --defaults-file='$CONFIG' -g dst --checkpoint=c"
}

# arrived: b, too, is what it is at the source.
arrived() {
	[ "$b_name" = b ] || sql dst "RENAME TABLE d.$b_name TO d.b"
	same_rows src dst d
	[ "$b_name" = b ] || sql dst "RENAME TABLE d.b TO d.$b_name"
}

# changed_between METADATA NAME: b has another form when the rest is read; the log has changes of both. At the target
# it is called NAME.
changed_between() {
	local b_name=$2

	sql src "SET GLOBAL binlog_row_metadata=$1; DROP DATABASE IF EXISTS d; CREATE DATABASE d"
	sql dst 'DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS dts'
	fill
	sql dst "DROP TABLE d.b"
	dts-schema --defaults-file="$CONFIG" -g src d | on_the_way | apply
	some_of 't == "a" or n < 3' | on_the_way | apply --checkpoint=c
	sql src "UPDATE a SET v='then' WHERE id < 9; INSERT INTO b VALUES (-1,'then'); DELETE FROM b WHERE id=5;
		ALTER TABLE b ADD COLUMN n int NOT NULL DEFAULT 7 FIRST, MODIFY v varchar(101);
		UPDATE b SET n=id; INSERT INTO b VALUES (3,-2,'now'); UPDATE a SET v='now' WHERE id < 5" d
	sql dst "ALTER TABLE d.$b_name ADD COLUMN n int NOT NULL DEFAULT 7 FIRST, MODIFY v varchar(101)"
	goes dts-dump
	sql src "UPDATE b SET v='behind', n=9 WHERE id % 3 = 0; DELETE FROM a WHERE id % 7 = 1; CREATE TABLE g (id int PRIMARY KEY);
		INSERT INTO g VALUES (1); ALTER TABLE b ADD COLUMN z int; INSERT INTO b VALUES (4,-3,'z',5)" d
	# A definition of before is not the one that the rows were read with.
	sql dst "CREATE TABLE dts.kept SELECT pos FROM dts.source_table WHERE tbl='b'; UPDATE dts.source_table SET pos=JSON_SET(pos, '$.offset', 4) WHERE tbl='b'"
	run_tool 3 dts-binlog --defaults-file="$CONFIG" -g src --src=s --resume=c@dst d
	[[ $stderr == *'disagrees with the schema history'* ]]
	sql dst "UPDATE dts.source_table SET pos=(SELECT pos FROM dts.kept) WHERE tbl='b'; DROP TABLE dts.kept"
	# A file that begins here would not know the table.
	run_tool 4 dts-binlog --defaults-file="$CONFIG" -g src --src=s --resume=c@dst --schema-history="$BATS_TEST_TMPDIR/history" d
	[[ $stderr == *"has tables that are known from a later position on"*'hint: '* ]]
	dts-binlog --defaults-file="$CONFIG" -g src --src=s --resume=c@dst d >"$BATS_TEST_TMPDIR/changes"
	# Nothing of what the rows show already, but for the statements.
	[ "$(grep '"table":"b"' "$BATS_TEST_TMPDIR/changes" | jq -r 'select(.op != "schema") | .op' | sort | uniq -c | xargs)" = '2 ddl 1 insert 100 update' ]
	on_the_way <"$BATS_TEST_TMPDIR/changes" | apply --checkpoint=c
	arrived
	sql src "UPDATE b SET z=n; ALTER TABLE b DROP COLUMN n; INSERT INTO b VALUES (-4,'z',6)" d
	goes dts-binlog
	arrived
}

@test "changes of a table that had another form when the rest was read go on where its rows stand" {
	changed_between FULL b
	changed_between MINIMAL b
	changed_between FULL other
	sql src 'SET GLOBAL binlog_row_metadata=FULL'
}

@test "what is prepared by XA as the rest is read, and committed behind it, is applied" {
	fill
	sql src "CREATE TABLE e (v varchar(100)); INSERT INTO e SELECT v FROM a" d
	definitions d.e
	some 't != "e" or n < 3'
	sql src "XA START 'x'; INSERT INTO e VALUES ('late'); INSERT INTO b VALUES (-9,'late'); UPDATE a SET v='late' WHERE id=7;
		XA END 'x'; XA PREPARE 'x'" d
	sql src "INSERT INTO e VALUES ('shown'); DELETE FROM b WHERE id=5" d
	run_pipe '0 0' "dts-dump --defaults-file='$CONFIG' -g src --src=s --resume=c@dst d | dts-apply --defaults-file='$CONFIG' -g dst --checkpoint=c"
	[[ $stderr == *"table 'd.e' is read again"* ]]
	sql src "XA COMMIT 'x'"
	sql src "INSERT INTO e VALUES ('behind')" d
	dts-binlog --defaults-file="$CONFIG" -g src --src=s --resume=c@dst d >"$BATS_TEST_TMPDIR/changes"
	run ! grep shown "$BATS_TEST_TMPDIR/changes"
	run_tool 0 apply --checkpoint=c "$BATS_TEST_TMPDIR/changes"
	same_rows src dst d
	[ "$(sql dst "SELECT COUNT(*) FROM d.e WHERE v IN ('late', 'shown', 'behind')")" -eq 3 ]
}

@test "tables are read at one position where what foreign keys did to them cannot be done again" {
	! kind_is_mysql src || skip 'MySQL logs what foreign keys do'
	fill
	sql src "CREATE TABLE p (id int PRIMARY KEY, v varchar(100)); INSERT INTO p SELECT * FROM a;
		CREATE TABLE c (id int PRIMARY KEY, v varchar(100), p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
		INSERT INTO c SELECT id, v, id FROM a;
		CREATE TABLE k (v int, p int, FOREIGN KEY (p) REFERENCES b (id) ON DELETE SET NULL); INSERT INTO k VALUES (1, 1);
		CREATE TABLE m (id int PRIMARY KEY, v varchar(100), FOREIGN KEY (id) REFERENCES a (id) ON DELETE CASCADE); INSERT INTO m SELECT * FROM a" d
	definitions d.p d.c d.k d.m
	some 't not in ("a", "b", "c", "m") or n < 3'
	sql src 'DELETE FROM p WHERE id < 20' d
	run_tool 0 dump --resume=c@dst d
	# c is changed with a key of p, and k has no key. That of m is done again inside its window.
	[ "$(head -n 1 <<<"$output" | jq -c '[.resumes.again[].table] | sort')" = '["b","c","k","p"]' ]
	# Killed before one of them came: neither counts, though p was complete.
	grep -v -e '^{"op":"\(schema\|row\)","db":"d","table":"c"' -e '"id":"d.c.' <<<"$output" | sed '$d' >"$BATS_TEST_TMPDIR/torn"
	run_tool 3 apply --checkpoint=c <"$BATS_TEST_TMPDIR/torn"
	sql src 'DELETE FROM p WHERE id < 30' d
	run_tool 0 dump --resume=c@dst d
	[ "$(head -n 1 <<<"$output" | jq -c '[.resumes.again[].table] | sort')" = '["c","p"]' ]
	finish
}

@test "tables of one position go on where they were while the source is at that very position" {
	! kind_is_mysql src || skip 'MySQL logs what foreign keys do'
	fill
	sql src "CREATE TABLE p (id int PRIMARY KEY, v varchar(100)); INSERT INTO p SELECT * FROM a;
		CREATE TABLE c (id int PRIMARY KEY, v varchar(100), p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
		INSERT INTO c SELECT id, v, id FROM a" d
	definitions d.p d.c
	run_tool 0 dump --resume=c@dst d
	[[ $stderr == *"tables 'd.c', 'd.p' are one unit, for foreign keys that act join them: broken off, they are read again from the beginning"* ]]
	some 't not in ("b", "c", "p") or n < 3 and t != "p"'
	run_tool 0 dump -j2 --resume=c@dst d
	[ "$(head -n 1 <<<"$output" | jq -c '.resumes.again')" = '[]' ]
	[[ $stderr != *'is read again'* ]]
	[ "$(grep -c '"op":"row".*"table":"c"' <<<"$output")" -lt 300 ]
	[ "$(grep -c '"op":"row".*"table":"p"' <<<"$output")" -eq 300 ]
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/rest"
	# One commit later they are not of one position any more.
	sql src 'UPDATE p SET id=1000 WHERE id=1' d
	run_tool 0 dump --resume=c@dst d
	[ "$(head -n 1 <<<"$output" | jq -c '[.resumes.again[].table]')" = '["c"]' ]
	run_tool 0 apply --checkpoint=c <"$BATS_TEST_TMPDIR/rest"
	run_pipe '0 0' "dts-binlog --defaults-file='$CONFIG' -g src --src=s --resume=c@dst d | dts-apply --defaults-file='$CONFIG' -g dst --checkpoint=c"
	same_rows src dst d
	[ "$(sql dst 'SELECT p FROM d.c WHERE id=1')" = 1000 ]
}

@test "tables that are not read any more must be there whole" {
	fill
	some 't == "a" or n == 1'
	run_tool 4 dump --resume=c@dst d.a
	[[ $stderr == *"table 'd.b' of checkpoint c@dst is not at the target with all its rows, and is not selected"* ]]
	sql src 'CREATE TABLE x (id int PRIMARY KEY); DROP TABLE b' d
	run_tool 4 dump --resume=c@dst d
	[[ $stderr == *"table 'd.b' of checkpoint c@dst is not at the target with all its rows, and is no longer there to be read"* ]]
	[ -z "$output" ]
}

@test "a table that is there whole may be gone or left out" {
	fill
	some 't == "a" or n == 1'
	run_tool 0 dump --resume=c@dst d.b
	run ! grep -q '"table":"a"' <<<"$output"
	sql src 'DROP TABLE a' d
	run_tool 0 dump --resume=c@dst d
	run ! grep -q '"table":"a"' <<<"$output"
}

@test "words that make no sense, and another server" {
	fill
	run_tool 2 dump --resume=c d
	[[ $stderr == *"--resume=c does not say at which server the checkpoint is"* ]]
	some 'n == 1'
	sql dst "UPDATE dts.source SET server_id='another'"
	run_tool 4 dump --resume=c@dst d
	[[ $stderr == *'checkpoint c@dst follows another server'* ]]
	sql dst "UPDATE dts.source SET snapshot='', phase='changes', server_id=''"
	run_tool 4 dump --resume=c@dst d
	[[ $stderr == *'began with changes and has no full phase to go on with'* ]]
}

# refused WHY: a pattern.
refused() {
	run_tool 6 dump --resume=c@dst d
	[[ $stderr == *"the binary log of source 's' was begun anew (RESET MASTER?)"*" since checkpoint c@dst was begun: "$1*'hint: '*'start the full phase anew'* ]]
	[ -z "$output" ]
}

@test "a log that was begun anew cannot go on with a full phase, be it shorter, longer or just alike" {
	local reset='RESET MASTER' tables had

	tables="CREATE TABLE a (id int PRIMARY KEY, v varchar(100)); CREATE TABLE b (id int PRIMARY KEY, v varchar(100));
		INSERT INTO a VALUES $(numbers 1 300); INSERT INTO b VALUES $(numbers 1 300)"
	! kind_is_mysql src || reset='RESET BINARY LOGS AND GTIDS'
	sql src "$reset; $tables" d
	definitions d
	some 'n == 1'
	had=$(jq -c 'select(.op == "stream").pos | del(.created)' "$BATS_TEST_TMPDIR/some")
	wait_until 3 "[ \$(date +%s) -gt $(date +%s) ]" # a file's creation time has whole seconds
	sql src "$reset"
	refused '*:* is before *:*'
	sql src 'DELETE FROM a WHERE id > 250; DELETE FROM b WHERE id < 9' d
	sql src "INSERT INTO a VALUES $(numbers 400 2000)" d
	refused ''
	# Every transaction as long as before, and with the GTID of before: only the time is another.
	sql src "DROP TABLE a, b; $reset; $tables" d
	[ "$(dump d | jq -c 'select(.op == "stream").pos | del(.created)')" = "$had" ]
	refused 'file * was begun * and now *'
	# Where that is not known: MariaDB's GTIDs at the place.
	! kind_is_mysql src || return 0
	sql dst "UPDATE dts.source SET watermark=JSON_REMOVE(watermark, '$.created')"
	run_tool 0 dump --resume=c@dst d
	sql src "DROP TABLE a, b; $reset; CREATE TABLE other (id int); $tables" d
	refused 'bin.000001:* is not in it*'
	[[ $stderr == *'(RESET MASTER?) or purged since'* ]]
}

@test "an applier takes only a stream that knows what is there" {
	fill
	some 'n == 1'
	dump --resume=c@dst d >"$BATS_TEST_TMPDIR/rest"
	run_tool 4 apply --no-checkpoint <"$BATS_TEST_TMPDIR/rest"
	[[ $stderr == *'without --checkpoint nobody knows what is there of it'* ]]
	run_tool 4 apply --checkpoint=other <"$BATS_TEST_TMPDIR/rest"
	[[ $stderr == *'the checkpoint knows nothing of one'* ]]
	jq -c 'if .resumes then .resumes.pos.offset = 5 else . end' "$BATS_TEST_TMPDIR/rest" >"$BATS_TEST_TMPDIR/wrong"
	run_tool 4 apply --checkpoint=c <"$BATS_TEST_TMPDIR/wrong"
	[[ $stderr == *'the stream resumes a snapshot of '* ]]
	# A run that had been dying when the reader looked has committed one more.
	sql dst "INSERT INTO dts.chunk SELECT checkpoint,src,db,tbl,'d.a.77',bounds,low,high,rows_applied FROM dts.chunk LIMIT 1"
	run_tool 75 apply --checkpoint=c <"$BATS_TEST_TMPDIR/rest"
	[[ $stderr == *"checkpoint 'c' has 3 chunks of the snapshot, of which the reader knew 2"* ]]
	sql dst "DELETE FROM dts.chunk WHERE id='d.a.77'"
	apply --checkpoint=c <"$BATS_TEST_TMPDIR/rest"
	same_rows src dst d
	[ "$(sql dst 'SELECT phase FROM dts.source')" = changes ]
	# And what came too late is not applied a second time.
	run_tool 0 apply --checkpoint=c <"$BATS_TEST_TMPDIR/rest"
	[[ $stderr == *"has all of this snapshot already"* ]]
	same_rows src dst d
}

# goes_on STATUSES COMMAND... : its records, of tables of d, are applied under the checkpoint c.
goes_on() {
	local want=$1
	shift
	run_pipe "$want" "$* | dts-apply --defaults-file='$CONFIG' -g dst --checkpoint=c"
}

@test "a full phase that has ended takes no table that was not in it" {
	local read="--defaults-file='$CONFIG' -g src --src=s"

	fill
	goes_on '0 0' "dts-dump $read d.a"
	goes_on '* 4' "dts-dump $read d.a d.b"
	[[ $stderr == *"the full phase of checkpoint 'c' has ended, and table 'd.b' was not in it"*'hint: load it under a checkpoint of its own'* ]]
	goes_on '0 0' "dts-dump $read --resume=c@dst d"
	[[ $stderr == *"warning: checkpoint c@dst does not know all selected tables: "*": d.b"$'\n'* ]]
	# Of the transaction nothing is applied, of what came before it all.
	sql src "INSERT INTO a VALUES (1001,'before'); BEGIN; INSERT INTO a VALUES (1002,'with'); INSERT INTO b VALUES (1001,'it'); COMMIT" d
	goes_on '* 4' "dts-binlog $read --resume=c@dst d"
	[[ $stderr == *"table 'd.b' has changed, and the full phase of checkpoint 'c' has not loaded its rows"*'hint: load it under a checkpoint of its own and leave it out here: dts-binlog --ignore-table=d.b'* ]]
	[ "$(sql dst 'SELECT GROUP_CONCAT(id) FROM d.a WHERE id > 1000')$(sql dst 'SELECT COUNT(*) FROM d.b')" = 10010 ]
	goes_on '0 0' "dts-binlog $read --resume=c@dst --ignore-table=d.b d"
	# A statement alters it and makes nobody know its rows.
	sql src 'ALTER TABLE b ADD n int; CREATE INDEX bn ON b (n); INSERT INTO b VALUES (1002,NULL,3)' d
	goes_on '* 4' "dts-binlog $read --resume=c@dst d"
	[[ $stderr == *"table 'd.b' has changed, and the full phase of checkpoint 'c' has not loaded its rows"* ]]
	[ "$(sql dst 'SELECT COUNT(n) FROM d.b')" = 0 ]
	goes_on '0 0' "dts-binlog $read --resume=c@dst --ignore-table=d.b d"
	run_pipe '0 0' "dts-dump $read d.b | dts-apply --defaults-file='$CONFIG' -g dst --checkpoint=b"
	same_rows src dst d
	# What the log creates, renames and alters is known, also in later runs and where the text says little of it.
	sql src "CREATE TABLE l LIKE a; CREATE TABLE n (id int PRIMARY KEY); RENAME TABLE a TO z, n TO m; ALTER TABLE l RENAME k" d
	goes_on '0 0' "dts-binlog $read --resume=c@dst --ignore-table=d.b d"
	sql src "INSERT INTO z VALUES (1003,'z'); INSERT INTO m VALUES (1); INSERT INTO k VALUES (1,'k'); ALTER TABLE m ADD v int; INSERT INTO m VALUES (2,3)" d
	goes_on '0 0' "dts-binlog $read --resume=c@dst --ignore-table=d.b d"
	same_rows src dst d
	sql dst "UPDATE dts.source_table SET definition='' WHERE checkpoint='c'"
	sql src "INSERT INTO k VALUES (2,'k'); TRUNCATE z; INSERT INTO z VALUES (1,'z')" d
	goes_on '0 0' "dts-binlog $read --resume=c@dst --ignore-table=d.b d"
	same_rows src dst d
	goes_on '0 0' "dts-dump $read --resume=c@dst --ignore-table=d.b d"
	[[ $stderr != *warning* ]]
	# Who sets it by hand says that all tables are there.
	dts-checkpoint --defaults-file="$CONFIG" -g dst set c s "$(sql src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' ':')"
	sql src "INSERT INTO k VALUES (3,'k')" d
	goes_on '0 0' "dts-binlog $read --resume=c@dst --ignore-table=d.b d"
	sql src "INSERT INTO m VALUES (3,3)" d
	goes_on '0 0' "dts-binlog $read --resume=c@dst --ignore-table=d.b d"
	same_rows src dst d
}

@test "--where is that of before, or the snapshot is another" {
	local read="--defaults-file='$CONFIG' -g src --src=s" some="\"d.a:id < 50 AND 'x' = 'x'\""

	fill
	# Interrupted.
	dump -j1 --chunk-size=2K --where="d.a:id < 50 AND 'x' = 'x'" d | sed '/"chunk-end"/q' | apply --checkpoint=c || :
	[ "$(sql dst "SELECT COUNT(*) FROM dts.chunk WHERE id<>''")" = 1 ]
	goes_on '4 *' "dts-dump $read --resume=c@dst d"
	[[ $stderr == *"table 'd.a' of checkpoint c@dst was read with --where id < 50 AND 'x' = 'x' and is now to be read without --where"*'hint: '* ]]
	goes_on '4 *' "dts-dump $read --resume=c@dst --where='d.a:id < 51' d"
	goes_on '* 4' "dts-dump $read d"
	[[ $stderr == *"table 'd.a' was loaded with --where id < 50 AND 'x' = 'x' under checkpoint 'c', and this snapshot was read without --where"*'hint: '* ]]
	goes_on '0 0' "dts-dump $read --resume=c@dst --where=$some d"
	[ "$(sql dst 'SELECT COUNT(*) FROM d.a')$(sql dst 'SELECT COUNT(*) FROM d.b')" = 49300 ]
	# Ended.
	goes_on '0 0' "dts-dump $read --resume=c@dst --where=$some d"
	goes_on '4 *' "dts-dump $read --resume=c@dst d"
	goes_on '4 *' "dts-dump $read --resume=c@dst --where=$some --where='d.b:id > 3' d"
	[[ $stderr == *"table 'd.b' of checkpoint c@dst was read without --where and is now to be read with --where id > 3"* ]]
	goes_on '0 0' "dts-dump $read --where=$some d"
	goes_on '* 4' "dts-dump $read d"
	# Its condition stays known when a statement alters the table.
	sql src 'ALTER TABLE a ADD n int; UPDATE a SET n=id WHERE id < 9' d
	goes_on '0 0' "dts-binlog $read --resume=c@dst d"
	[[ $stderr == *"warning: table 'd.a' was copied with --where id < 50 AND 'x' = 'x': the changes are those of all its rows"* ]]
	goes_on '4 *' "dts-dump $read --resume=c@dst d"
	goes_on '0 0' "dts-dump $read --resume=c@dst --where=$some d"
}

@test "a full phase that begins anew may be under another --where" {
	fill
	dump -j1 --chunk-size=2K --where='d.a:id < 250' d | sed '/"chunk-end"/q' | apply --checkpoint=c || :
	sql src "INSERT INTO b VALUES (1001,'b')" d
	goes_on '0 0' "dts-dump --defaults-file='$CONFIG' -g src --src=s d"
	same_rows src dst d
}
