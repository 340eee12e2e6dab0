# dts-binlog against a real MySQL: what differs from t/dts-binlog.bats.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2034,SC2314
load lib/dts

setup_file() {
	servers_up src=mysql97 || return 0
	sql src 'SELECT @@server_uuid' >"$DTS_TEST_DIR/uuid"
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	id=$(<"$DTS_TEST_DIR/uuid")
	sql src 'CREATE DATABASE IF NOT EXISTS b'
	from=$(now)
}

teardown() {
	[ -z "${DTS_NO_SERVER:-}" ] || return 0
	[ "$(sql src 'SELECT @@global.gtid_mode')" = ON ] || gtids on
	sql src 'SET GLOBAL binlog_row_metadata=FULL, GLOBAL binlog_format=ROW, GLOBAL binlog_transaction_compression=OFF, GLOBAL binlog_row_value_options="";
		DROP DATABASE IF EXISTS b'
}

binlog() {
	dts-binlog --defaults-file="$(defaults)" -g src "$@"
}

# Where the log ends, as FILE:OFFSET.
now() {
	sql src 'SHOW BINARY LOG STATUS' | awk 'NR == 1 { print $1 ":" $2 }'
}

# gtids on|off: a step at a time, as the server wants it; also off: what GTIDs do not let a transaction do is let.
gtids() {
	local mode modes='OFF_PERMISSIVE ON_PERMISSIVE ON'

	[ "$1" = on ] || modes='ON_PERMISSIVE OFF_PERMISSIVE OFF'
	[ "$1" = off ] || sql src 'SET GLOBAL enforce_gtid_consistency=ON'
	for mode in $modes; do
		sql src "SET GLOBAL gtid_mode=$mode"
	done
	[ "$1" = on ] || sql src 'SET GLOBAL enforce_gtid_consistency=OFF'
}

executed() {
	sql src 'SELECT REPLACE(@@global.gtid_executed, "\n", "")'
}

# changes FILTER: what jq makes of the records since $from, one a line.
changes() {
	binlog --start-position="$from" >records || return
	jq -rc "$1" records
}

# follow NAME [OPTION...]: runs in the background, its records in NAME.
follow() {
	local name=$1

	shift
	dts-binlog --defaults-file="$(defaults)" -g src --follow "$@" >"$name" 2>"$name.err" 3>&- &
	follower=$!
	wait_until 20 "grep -qs stream '$name' || ! kill -0 $follower"
}

# stop_follow STATUS SIGNAL
stop_follow() {
	local got=0

	[ "$2" = none ] || kill "-$2" "$follower"
	wait "$follower" || got=$?
	[ "$got" -eq "$1" ] && return
	echo "status $got, wanted $1: $(cat ./*.err)"
	return 1
}

# inserts STATEMENT COUNT: runs it that often, one transaction each, through one connection.
inserts() {
	for ((k = 0; k < $2; k++)); do
		echo "$1;"
	done | client src b
}

# whole FILE: every record valid, ordinals and counts right, an end.
whole() {
	jq -se '
		(map(select(.op == "begin")) | length) as $begun |
		(.[0].op == "stream") and (.[-1].op == "end") and
		(.[-1].records == length - 2) and
		(map(select(.op == "commit" or .op == "prepare" or (.op == "rollback" and (has("to") or has("xid") | not)))
			| select(has("xid") and .op != "prepare" | not)) | length == $begun)' "$1" >/dev/null
}

# committed FILE: the ids of the rows of i, those taken back left out.
committed() {
	jq -rn 'reduce inputs as $r ({rows: [], open: []};
		if $r.op == "begin" then .open = [] elif $r.op == "insert" then .open += [$r.after.id]
		elif $r.op == "commit" then .rows += .open | .open = [] else . end) | .rows[]' "$1"
}

short='if .op == "begin" or .op == "schema" or .op == "stream" or .op == "end" then empty
	elif .op == "ddl" then "ddl \(.kind) \(.n)"
	else "\(.op) \(.table // "") \(.n // "") \(.to // "") \(.xid // "") \((.after // .before // {}).id // "")" end | gsub(" +"; " ") | sub(" $"; "")'
ids='select(.op == "insert").after.id'

# --- transactions

@test "XA: prepared, decided, one phase, across a new file" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src "XA START 'one', 'b', 5; INSERT INTO i VALUES (1); XA END 'one', 'b', 5; XA PREPARE 'one', 'b', 5" b
	sql src 'FLUSH BINARY LOGS'
	sql src "XA COMMIT 'one', 'b', 5; XA START x'00ff'; INSERT INTO i VALUES (2); XA END x'00ff'; XA PREPARE x'00ff'; XA ROLLBACK x'00ff';
		XA START 'z'; INSERT INTO i VALUES (3); XA END 'z'; XA COMMIT 'z' ONE PHASE;
		XA START 'never'; INSERT INTO i VALUES (4); XA END 'never'; XA ROLLBACK 'never'" b
	changes "$short" >got
	whole records
	diff - got <<-'END'
	insert i 1 1
	prepare 1 X'6f6e65',X'62',5
	commit 0 X'6f6e65',X'62',5
	insert i 1 2
	prepare 1 X'00ff',X'',1
	rollback X'00ff',X'',1
	insert i 1 3
	commit 1
	END
	[ "$(jq -r 'select(.op == "prepare").pos.file' records | sort -u | wc -l)" -eq 2 ]
}

@test "XA: prepared, and decided after the server was killed" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src "XA START 'yes'; INSERT INTO i VALUES (1); XA END 'yes'; XA PREPARE 'yes'" b
	sql src "XA START 'no'; INSERT INTO i VALUES (2); XA END 'no'; XA PREPARE 'no'" b
	server kill src
	server restart src >/dev/null
	sql src "XA COMMIT 'yes'; XA ROLLBACK 'no'; INSERT INTO i VALUES (3)" b
	changes "$short" >got
	whole records
	diff - got <<-'END'
	insert i 1 1
	prepare 1 X'796573',X'',1
	insert i 1 2
	prepare 1 X'6e6f',X'',1
	commit 0 X'796573',X'',1
	rollback X'6e6f',X'',1
	insert i 1 3
	commit 1
	END
}

@test "savepoints" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src 'BEGIN; INSERT INTO i VALUES (1); SAVEPOINT a; INSERT INTO i VALUES (2); SAVEPOINT b; INSERT INTO i VALUES (3); ROLLBACK TO b; INSERT INTO i VALUES (4);
		RELEASE SAVEPOINT b; ROLLBACK TO a; INSERT INTO i VALUES (5); COMMIT; BEGIN; INSERT INTO i VALUES (6); ROLLBACK' b
	[ "$(changes "$short" | paste -sd,)" = 'insert i 1 1,insert i 2 5,commit 2' ]
	whole records
}

@test "savepoints with a table that cannot roll back" {
	sql src 'CREATE TABLE i (id int primary key) ENGINE=InnoDB; CREATE TABLE m (id int primary key) ENGINE=MyISAM' b
	# With GTIDs a transaction cannot change both.
	gtids off
	from=$(now)
	sql src 'BEGIN; INSERT INTO i VALUES (1); SAVEPOINT a; INSERT INTO i VALUES (2); SAVEPOINT `B c`; INSERT INTO i VALUES (3); INSERT INTO m VALUES (1);
		ROLLBACK TO `B c`; INSERT INTO i VALUES (4); ROLLBACK TO A; INSERT INTO i VALUES (5); RELEASE SAVEPOINT a; COMMIT;
		BEGIN; INSERT INTO i VALUES (6); INSERT INTO m VALUES (2); ROLLBACK; INSERT INTO m VALUES (3)' b
	changes "$short" >got
	whole records
	diff - got <<-'END'
	insert m 1 1
	commit 1
	insert i 1 1
	insert i 2 5
	commit 2
	insert m 1 2
	commit 1
	insert m 1 3
	commit 1
	END
}

@test "DDL with its context, in transactions of its own, and CREATE TABLE ... SELECT in one" {
	sql src "CREATE TABLE i (id int primary key, t timestamp NULL) CHARSET latin1; INSERT INTO i VALUES (1, NULL)" b
	from=$(now)
	printf '%s' "SET NAMES latin1; SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES,TIME_TRUNCATE_FRACTIONAL', time_zone='+05:30', timestamp=1700000000, foreign_key_checks=0;
		CREATE TABLE \"u\" (id int, \"a\`b\" int DEFAULT 1 COMMENT 'x\\y');" | client src b
	printf "SET NAMES latin1; SET default_collation_for_utf8mb4=utf8mb4_general_ci; ALTER TABLE i ADD c_\xfc int;" | client src b
	sql src 'CREATE TABLE s SELECT id FROM i; RENAME TABLE s TO s2, u TO u2; DROP TABLE IF EXISTS s2, u2, nosuch;
		CREATE TEMPORARY TABLE tmp (id int); INSERT INTO tmp VALUES (1); DROP TEMPORARY TABLE tmp; CREATE TABLE k (id int); TRUNCATE k' b
	changes "$short" >got
	whole records
	diff - got <<-'END'
	ddl create-table 1
	commit 1
	ddl alter-table 1
	commit 1
	ddl create-table 1
	insert s 2 1
	commit 2
	ddl rename-table 1
	commit 1
	ddl drop-table 1
	commit 1
	ddl create-table 1
	commit 1
	ddl truncate-table 1
	commit 1
	END
	run jq -c 'select(.op == "ddl") | [.db, .sql, .context.sql_mode, .context.time_zone, .context.timestamp, .context.charset, .context.collation_connection, .context.foreign_key_checks, .context.default_collation_for_utf8mb4, .objects[0].table]' records
	[ "${lines[0]}" = '["b","CREATE TABLE \"u\" (id int, \"a`b\" int DEFAULT 1 COMMENT '"'x\\\\y'"')","ANSI_QUOTES,NO_BACKSLASH_ESCAPES,TIME_TRUNCATE_FRACTIONAL",null,1700000000,"latin1","latin1_swedish_ci",false,"utf8mb4_0900_ai_ci","u"]' ]
	[[ "${lines[1]}" == *'ADD c_ü int'*'"utf8mb4_general_ci","i"]' ]]
	[[ "${lines[3]}" == *'RENAME TABLE s TO s2, u TO u2'* ]]
	[[ "${lines[4]}" == *'DROP TABLE IF EXISTS `s2`,`u2`,`nosuch`'* ]]
}

# selected ARGUMENT...: the statements since $from and whether their objects are as their text has them.
selected() {
	binlog --start-position="$from" "$@" >records || return
	jq -rc 'select(.op == "ddl") | [.kind, .db, .sql, (.objects | map(.db + (if .table then "." + .table else "" end)) | join(" "))] | join("|")' records
}

@test "what is not selected leaves the statements that name both" {
	sql src 'CREATE DATABASE o; CREATE TABLE b.z (id int); CREATE TABLE b.y (id int); CREATE TABLE o.keepme (id int); CREATE TABLE b.m (id int) ENGINE=MyISAM;
		CREATE TABLE b.r1 (id int); CREATE TABLE o.r2 (id int)'
	from=$(now)
	sql src 'DROP TABLE b.z, o.keepme, b.m; RENAME TABLE b.r1 TO b.r9, o.r2 TO o.r8; DROP TABLE b.r9, b.y; CREATE TABLE o.last (id int); DROP DATABASE o;
		CREATE USER u1; DROP USER u1'
	run_tool 0 selected b
	# MySQL logs one statement for each engine's kind.
	[ "$(cut -d'|' -f1,4 <<<"$output")" = 'drop-table|b.m
drop-table|b.z
rename-table|b.r1 b.r9
drop-table|b.r9 b.y' ]
	[[ "$output" != *keepme* && "$output" != *o.r8* ]]
	whole records
	run_tool 0 selected
	[[ "$output" == *keepme*'b.r1 TO b.r9, o.r2 TO o.r8'*'o.last'*'drop-database'*'CREATE USER'* ]]
}

# --- rows

@test "partial images leave absent columns out" {
	sql src "CREATE TABLE t (id int primary key, a int, b int, x longblob)" b
	from=$(now)
	sql src "SET SESSION binlog_row_image=MINIMAL; INSERT INTO t (id, a) VALUES (1, 2); UPDATE t SET b=NULL WHERE id=1; UPDATE t SET b=5 WHERE id=1;
		SET SESSION binlog_row_image=NOBLOB; UPDATE t SET b=6; UPDATE t SET x='y'; DELETE FROM t" b
	run changes 'select(.op == "insert" or .op == "update" or .op == "delete") | [.op, .before, .after]'
	[ "$output" = '["insert",null,{"id":1,"a":2}]
["update",{"id":1},{"b":5}]
["update",{"id":1,"a":2,"b":5},{"id":1,"a":2,"b":6}]
["update",{"id":1,"a":2,"b":6},{"id":1,"a":2,"b":6,"x":{"base64":"eQ=="}}]
["delete",{"id":1,"a":2,"b":6},null]' ]
}

@test "generated, invisible and hidden columns, keys" {
	sql src "CREATE TABLE t (a int, v int AS (a+1) VIRTUAL, s int AS (a*2) STORED, b int DEFAULT 7 INVISIBLE, u varchar(9), PRIMARY KEY (a, b), INDEX ((upper(u))), UNIQUE ((lower(u))));
		SET sql_generate_invisible_primary_key=ON; CREATE TABLE g (x int); SET sql_generate_invisible_primary_key=OFF" b
	from=$(now)
	sql src "INSERT INTO t (a, u) VALUES (1, 'x'); UPDATE t SET u='y'; INSERT INTO g VALUES (5); UPDATE g SET x=6; DELETE FROM t" b
	changes 'select(.op == "insert" or .op == "update" or .op == "delete") | [.before, .after]' >got
	diff - got <<-'END'
	[null,{"a":1,"b":7,"u":"x"}]
	[{"a":1,"b":7,"u":"x"},{"a":1,"b":7,"u":"y"}]
	[null,{"my_row_id":1,"x":5}]
	[{"my_row_id":1,"x":5},{"my_row_id":1,"x":6}]
	[{"a":1,"b":7,"u":"y"},null]
	END
	run jq -c 'select(.op == "schema") | [.table, .primary, (.columns | map([.name, .type, .generated, .invisible]))]' records
	diff - <(echo "$output") <<-'END'
	["t",["a","b"],[["a","int",null,null],["v","int","virtual",null],["s","int","stored",null],["b","int",null,true],["u","varchar(9)",null,null]]]
	["g",["my_row_id"],[["my_row_id","bigint unsigned",null,true],["x","int",null,null]]]
	END
}

@test "JSON documents, an event of 20 MB, vectors" {
	sql src "CREATE TABLE t (id int primary key, j json, l longblob, v vector(3))" b
	from=$(now)
	sql src "INSERT INTO t VALUES (1, '{\"b\": [1, 2.50, null, true, \"ü\\\\n\"], \"a\": {}}', REPEAT('x', 20000000), TO_VECTOR('[1,2,-0.5]')), (2, 'null', NULL, NULL), (3, NULL, '', NULL),
		(4, JSON_OBJECT('d', CAST(1.50 AS DECIMAL(5,2)), 'n', 18446744073709551615), '', NULL)" b
	run changes 'select(.op == "insert").after | [.id, .j, (.l // {base64: "-"} | .base64 | length), .v.base64]'
	diff - <(echo "$output") <<-'END'
	[1,"{\"a\": {}, \"b\": [1, 2.5, null, true, \"ü\\n\"]}",26666668,"AACAPwAAAEAAAAC/"]
	[2,"null",1,null]
	[3,null,0,null]
	[4,"{\"d\": 1.50, \"n\": 18446744073709551615}",0,null]
	END
	[ "$(jq -r 'select(.op == "insert") | select(.after.id != 3).after.j' records | jq -c . | md5sum)" = "$(sql src 'SELECT j FROM t WHERE id <> 3 ORDER BY id' b | jq -c . | md5sum)" ]
}

@test "flags of sessions, and of rows that foreign keys change in turn" {
	sql src 'CREATE TABLE p (id int primary key); CREATE TABLE c (id int primary key, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL);
		CREATE TABLE i (id int primary key, u int unique); INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (10, 1), (11, 1), (20, 2)' b
	from=$(now)
	sql src "SET foreign_key_checks=0, unique_checks=0; INSERT INTO i VALUES (1, 1); SET foreign_key_checks=1, unique_checks=1;
		DELETE FROM p WHERE id=1; UPDATE p SET id=3 WHERE id=2; REPLACE INTO i VALUES (2, 1)" b
	run changes 'select(.op == "insert" or .op == "update" or .op == "delete") | [.op, .table, .flags, .before.id, .after.id]'
	diff - <(echo "$output") <<-'END'
	["insert","i",["no-foreign-key-checks","no-unique-checks"],null,1]
	["delete","c",["no-foreign-key-checks"],10,null]
	["delete","c",["no-foreign-key-checks"],11,null]
	["delete","p",["no-foreign-key-checks"],1,null]
	["update","c",["no-foreign-key-checks"],20,20]
	["update","p",["no-foreign-key-checks"],2,3]
	["update","i",["no-foreign-key-checks"],1,2]
	END
}

# --- what cannot be told stops

# behind: the hint is to go on at $end, and what comes from there is the row 9 alone.
behind() {
	[[ "$stderr" == *hint:*"at the target by hand, and: dts-checkpoint set NAME src $end"* ]] || {
		echo "wanted $end: $stderr"
		return 1
	}
	[ "$(binlog --start-position="$end" | jq -c 'select(.op == "insert").after.id')" = 9 ]
}

@test "what cannot be told is stopped at with the position behind it" {
	sql src "CREATE TABLE i (id int primary key); CREATE TABLE m (id int) ENGINE=MyISAM; CREATE TABLE j (id int primary key, j json); CREATE DATABASE IF NOT EXISTS o;
		INSERT INTO j SELECT 1, JSON_OBJECT('a', 1, 'pad', REPEAT('x', 1000))" b
	while IFS='|' read -r setting what hint; do
		from=$(now)
		sql src "$setting; $what" b
		end=$(now)
		sql src 'INSERT INTO i VALUES (9)' b
		run_tool 3 binlog --start-position="$from" b
		[[ "$stderr" == "dts-binlog: bin."*:*"$hint"* ]] || { echo "$hint: $stderr"; false; }
		[[ "$output" != *'"op":"end"'* && "$output" != *'"op":"insert"'* ]]
		behind
		sql src 'DELETE FROM i; DROP DATABASE IF EXISTS o; CREATE DATABASE o' b
	done <<-'END'
	SET binlog_format=STATEMENT|BEGIN; INSERT INTO i VALUES (1); INSERT INTO i VALUES (2); COMMIT|INSERT INTO i VALUES (1)
	SET binlog_format=STATEMENT|INSERT INTO m VALUES (1)|SET GLOBAL binlog_format=ROW
	SET binlog_row_value_options=PARTIAL_JSON, binlog_row_image=MINIMAL|BEGIN; UPDATE j SET j=JSON_SET(j, '$.a', 2); INSERT INTO i VALUES (1); COMMIT|binlog_row_image=FULL
	SET binlog_row_value_options=PARTIAL_JSON, binlog_row_image=MINIMAL, binlog_transaction_compression=ON|BEGIN; UPDATE j SET j=JSON_SET(j, '$.a', 3); INSERT INTO i VALUES (2); COMMIT|binlog_row_image=FULL
	DO 1|RENAME TABLE m TO o.m|(not selected)
	END
	sql src 'DROP DATABASE o; SET GLOBAL binlog_format=STATEMENT' 
	run_tool 4 timeout 20 dts-binlog --defaults-file="$(defaults)" -g src --follow
	[[ "$stderr" == *binlog_format=STATEMENT*hint:*binlog_format=ROW* ]]
}

@test "--with-sql tells the statements behind the changes, in compressed transactions, too" {
	sql src 'CREATE TABLE i (id int primary key, v text)' b
	for compression in OFF ON; do
		from=$(now)
		sql src "SET binlog_rows_query_log_events=ON, binlog_transaction_compression=$compression; BEGIN; INSERT INTO i VALUES (1, REPEAT('a', 900)), (2, 'b'); UPDATE i SET id = id + 10; COMMIT; DELETE FROM i" b
		[ "$(sql src "SHOW BINLOG EVENTS IN '${from%:*}' FROM ${from#*:}" | grep -c Transaction_payload)" -eq "$([ $compression = OFF ] && echo 0 || echo 2)" ]
		run_tool 0 binlog --start-position="$from" --with-sql
		[ "$(jq -r 'select(.sql) | "\(.op) \(.n) \(.sql)"' <<<"$output")" = "insert 1 INSERT INTO i VALUES (1, REPEAT('a', 900)), (2, 'b')
update 3 UPDATE i SET id = id + 10
delete 1 DELETE FROM i" ]
	done
}

@test "a log without names stops and says what to set" {
	sql src 'CREATE TABLE i (id int); SET GLOBAL binlog_row_metadata=MINIMAL' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1)' b
	run_tool 4 binlog --start-position="$from"
	[[ "$stderr" == *"names of the columns of \`b\`.\`i\`"*"SET GLOBAL binlog_row_metadata=FULL"*"before"* ]]
	run_tool 4 timeout 20 dts-binlog --defaults-file="$(defaults)" -g src --follow --start-position="$from"
	[[ "$stderr" == *binlog_row_metadata=MINIMAL:* ]]
	run_tool 0 binlog --start-position="$from" 'other.*'
}

# --- where to start and stop

@test "transactions are named by GTID, tagged GTID, or where they begin" {
	sql src 'CREATE TABLE i (id int primary key)' b
	before=$(executed)
	from=$(now)
	sql src "INSERT INTO i VALUES (1); SET gtid_next='AUTOMATIC:blue'; INSERT INTO i VALUES (2); SET gtid_next='3e11fa47-71ca-11e1-9e33-c80aa9429562:_a_z9:7';
		INSERT INTO i VALUES (3); SET gtid_next='3e11fa47-71ca-11e1-9e33-c80aa9429562:9'; INSERT INTO i VALUES (4); SET gtid_next='AUTOMATIC'" b
	changes 'select(.op == "commit") | "\(.tx) \(.n)"' >got
	sed "s/$id:/ID:/" got | sed '1s/:[0-9]*/:N/; 2s/blue:[0-9]*/blue:N/' | diff - <(
		cat <<-'END'
		ID:N 1
		ID:blue:N 1
		3e11fa47-71ca-11e1-9e33-c80aa9429562:_a_z9:7 1
		3e11fa47-71ca-11e1-9e33-c80aa9429562:9 1
		END
	)
	# Each is in what the server has, and was not before.
	while read -r gtid _; do
		[ "$(sql src "SELECT GTID_SUBSET('$gtid', @@global.gtid_executed), GTID_SUBSET('$gtid', '$before')")" = $'1\t0' ]
	done <got
	[ "$(sql src "SELECT GTID_SUBTRACT(@@global.gtid_executed, '$(jq -rs '.[-1].pos.gtid // ""' records)') = ''")" = 1 ] ||
		jq -es '.[-1].pos | has("gtid") | not' records
}

@test "GTIDs off and on while following: by place, and refused as a start" {
	sql src 'CREATE TABLE i (id int primary key)' b
	set=$(executed)
	follow f --heartbeat=0
	sql src 'INSERT INTO i VALUES (1); SET GLOBAL gtid_mode=ON_PERMISSIVE; SET GLOBAL gtid_mode=OFF_PERMISSIVE; INSERT INTO i VALUES (2)' b
	gtids off
	sql src 'INSERT INTO i VALUES (3)' b
	start=$(now)
	sql src 'INSERT INTO i VALUES (4)' b
	run_tool 4 binlog --start-gtid="$set"
	[[ "$stderr" == *gtid_mode=OFF:*hint:*"file and offset"* ]]
	# A transaction is called by where it begins.
	run_tool 0 binlog --start-position="$start"
	[ "$(jq -r 'select(.op == "commit").tx' <<<"$output")" = "$start" ]
	[ "$(jq -r "$ids" <<<"$output")" = 4 ]
	gtids on
	sql src 'INSERT INTO i VALUES (5)' b
	wait_until 10 "grep -q '\"id\":5' f"
	stop_follow 0 TERM
	# Now the server shows them to nobody.
	run_tool 4 binlog --start-position="$start"
	[[ "$stderr" == *hint:*gtid_mode=ON_PERMISSIVE* ]]
	whole f
	[ "$(jq "$ids" f | paste -sd' ')" = '1 2 3 4 5' ]
	[ "$(jq -r 'select(.op == "commit").tx' f | sed "s/$id:[0-9]*/gtid/; s/bin\\.[0-9]*:[0-9]*/place/" | paste -sd' ')" = 'gtid place place place gtid' ]
	# The set has those with a GTID only, and is right again.
	[ "$(sql src "SELECT GTID_SUBTRACT(@@global.gtid_executed, '$(jq -rs '.[-1].pos.gtid' f)') = ''")" = 1 ]
	only_reconnects f.err
}

@test "start and stop by GTID set, with gaps and tags" {
	sql src 'CREATE TABLE i (id int primary key)' b
	other=8a94f357-aab4-11df-86ab-c80aa9429562
	start=$(executed)
	for spec in "$other:1 1" "$other:3 3" "$other:tag:5 5" "$other:2 2" "$other:tag:4 4" "AUTOMATIC 6"; do
		echo "SET gtid_next='${spec% *}'; INSERT INTO i VALUES (${spec#* });"
	done | client src b
	from_set() { binlog --start-gtid="$1" "${@:2}" | jq "$ids" | paste -sd' '; }
	[ "$(from_set "$start")" = '1 3 5 2 4 6' ]
	# What is there already is left out, wherever it stands in the log.
	[ "$(from_set "$start,$other:1-2:tag:5")" = '3 4 6' ]
	[ "$(from_set "$start,$other:3:tag:4")" = '1 5 2 6' ]
	# All of it is there: the server leaves everything out.
	run_tool 0 timeout 20 dts-binlog --defaults-file="$(defaults)" -g src --start-gtid="$(executed)"
	[ "${#lines[@]}" -eq 2 ]
	[ "$(jq -r '.pos | "\(.file):\(.offset)"' <<<"${lines[1]}")" = "$(now)" ]
	# At the end the set is what was there with what was read.
	set=$(binlog --start-gtid="$start,$other:1-2:tag:5" | jq -rs '.[-1].pos.gtid')
	[ "$(sql src "SELECT GTID_SUBTRACT(@@global.gtid_executed, '$set') = '' AND GTID_SUBTRACT('$set', @@global.gtid_executed) = ''")" = 1 ]
	# A stop when all of the set have been read.
	[ "$(from_set "$start" --stop-gtid="$other:1")" = 1 ]
	[ "$(from_set "$start" --stop-gtid="$other:1:3")" = '1 3' ]
	[ "$(from_set "$start" --stop-gtid="$other:1-3")" = '1 3 5 2' ]
	[ "$(from_set "$start" --stop-gtid="$other:tag:5")" = '1 3 5' ]
	[ "$(from_set "$start" --stop-gtid="$other:tag:4-5")" = '1 3 5 2 4' ]
	[ "$(binlog --start-position="$from" --stop-gtid="$other:2" | jq "$ids" | paste -sd' ')" = '1 3 5 2' ]
	# MariaDB's form, and no form at all.
	run_tool 4 binlog --start-gtid=0-1-6
	[[ "$stderr" == *"is MySQL, its GTIDs have another form"*hint:*"GTID set"* ]]
	run_tool 4 binlog --start=oldest --stop-gtid=0-1-6
	run_tool 2 binlog --start-gtid=nonsense
	run_tool 2 binlog --start-gtid="$other:5-3"
	run_tool 2 binlog --stop-gtid="$other:0"
}

@test "MySQL's form of GTIDs is refused by a MariaDB" {
	servers_up maria=mariadb
	run_tool 4 dts-binlog --defaults-file="$(defaults)" -g maria --start-gtid="$id:1-5"
	[[ "$stderr" == *"is MariaDB, its GTIDs have another form"*hint:*0-1-6* ]]
	run_tool 4 dts-binlog --defaults-file="$(defaults)" -g maria --start=oldest --stop-gtid="$id:1-5"
	server remove maria
}

@test "positions that are none, and a bounded run" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1); INSERT INTO i VALUES (2)' b
	end=$(now)
	run_tool 4 binlog --start-position="${from%:*}:99999999999"
	[[ "$stderr" == *"beyond the end"* ]]
	run_tool 4 binlog --start-position=bin.999999:4
	run_tool 3 binlog --start-position="${from%:*}:$((${from#*:} + 5))"
	[[ "$stderr" == *hint:*"where a transaction begins"* ]]
	# What stands there is taken for the length of an event.
	sql src "CREATE TABLE v (v varchar(9000)); INSERT INTO v VALUES (REPEAT('x', 9000))" b
	run_tool 3 binlog --start-position="${from%:*}:$(($(now | cut -d: -f2) - 4000))"
	[[ "$stderr" == *"is not where an event begins: "*max_allowed_packet*hint:*"where a transaction begins"*"RESET MASTER?"* ]]
	end=$(now)
	# Behind the GTID event: in the middle of the transaction.
	run_tool 3 binlog --start-position="${from%:*}:$((${from#*:} + $(sql src "SHOW BINLOG EVENTS IN '${from%:*}' FROM ${from#*:} LIMIT 1" | awk '{ print $5 - $2 }')))"
	[[ "$stderr" == *"outside of a transaction"*hint:* ]]
	# A stop inside of a transaction takes it back.
	run_tool 0 binlog --start-position="$from" --stop-position="${from%:*}:$((${from#*:} + 200))"
	[ "$(jq -r '.pos | "\(.file):\(.offset)"' <<<"${lines[-1]}")" = "$from" ]
	run_tool 0 binlog --start-position="$from"
	[ "$(jq -r '.pos | "\(.file):\(.offset)"' <<<"${lines[-1]}")" = "$end" ]
	run_tool 0 binlog --start=now
	[ "${#lines[@]}" -eq 2 ]
	[ "$(jq -r '.pos | "\(.file):\(.offset)"' <<<"${lines[-1]}")" = "$end" ]
}

@test "the set is known from the oldest file, from the next one, and where the account may ask" {
	sql src 'RESET BINARY LOGS AND GTIDS; CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1)' b
	same() { [ "$(sql src "SELECT GTID_SUBTRACT(@@global.gtid_executed, '$1') = '' AND GTID_SUBTRACT('$1', @@global.gtid_executed) = ''")" = 1 ]; }
	same "$(binlog --start=oldest b | jq -rs '.[-1].pos.gtid')"
	# In the middle of a file nobody tells; a later file does.
	[ "$(binlog --start-position="$from" | jq -rs '.[-1].pos.gtid')" = null ]
	sql src 'FLUSH BINARY LOGS; INSERT INTO i VALUES (2)' b
	same "$(binlog --start-position="$from" | jq -rs '.[-1].pos.gtid')"
	# Now: from performance_schema.log_status, for which BACKUP_ADMIN is needed.
	same "$(binlog --start=now | jq -rs '.[0].pos.gtid')"
	follow f --heartbeat=0.1 'nothing.*'
	sql src 'INSERT INTO i VALUES (3)' b
	end=$(now)
	wait_until 5 "tail -n 1 f | grep -q '\"op\":\"heartbeat\".*\"offset\":${end#*:},\"created\":[0-9]*,\"gtid\":'"
	stop_follow 0 INT
	whole f
	same "$(jq -rs '.[-2].pos.gtid' f)"
}

@test "accounts: which privilege is missing" {
	sql src "CREATE TABLE i (id int primary key); CREATE USER r IDENTIFIED BY 'x'; INSERT INTO i VALUES (1)" b
	cat "$(defaults)" >my.cnf
	printf '[dts-r]\nuser=r\npassword=x\nhost=localhost\nsocket=%s\n' "$(server socket src)" >>my.cnf
	as_r() { dts-binlog --defaults-file=my.cnf -g r "$@"; }
	run_tool 4 as_r --start-position="$from"
	[[ "$stderr" == *hint:*"REPLICATION CLIENT"* ]]
	sql src 'GRANT REPLICATION CLIENT ON *.* TO r'
	run_tool 4 as_r --start-position="$from"
	[[ "$stderr" == *"REPLICATION SLAVE"* ]]
	sql src 'GRANT REPLICATION SLAVE ON *.* TO r'
	sql src 'GRANT SELECT ON b.* TO r'
	run_tool 0 as_r --start-position="$from"
	[ "$(jq "$ids" <<<"$output")" = 1 ]
	# Without BACKUP_ADMIN the set is not known, and all else is as it is.
	run_tool 0 as_r --start=now
	[ "$(jq -cs '.[-1].pos | has("gtid")' <<<"$output")" = false ]
	sql src 'GRANT BACKUP_ADMIN ON *.* TO r'
	sql src 'DROP USER r'
}

# --- what happens to a log

@test "a purged position is status 6 and names the oldest file" {
	sql src 'CREATE TABLE i (id int primary key); FLUSH BINARY LOGS' b
	old=$(sql src 'SHOW BINARY LOGS' | head -n 1 | cut -f1) set=$(executed)
	sql src 'INSERT INTO i VALUES (1); FLUSH BINARY LOGS; INSERT INTO i VALUES (2); FLUSH BINARY LOGS; INSERT INTO i VALUES (3)' b
	new=$(now)
	wait_until 10 "sql src \"PURGE BINARY LOGS TO '\${new%:*}'\"; [ \"\$(sql src 'SHOW BINARY LOGS' | wc -l)\" -eq 1 ]"
	run_tool 6 binlog --start-position="$old:4"
	[[ "$stderr" == *"${new%:*}:4"* ]]
	run_tool 6 binlog --start-gtid="$set"
	[[ "$stderr" == *"${new%:*}:4"* ]]
	run_tool 6 binlog --start-gtid="$id:1"
}

@test "two readers do not throw each other out" {
	sql src 'CREATE TABLE i (id int primary key)' b
	follow one --heartbeat=0
	first=$follower
	follow two --heartbeat=0
	sql src 'INSERT INTO i VALUES (1)' b
	wait_until 10 "grep -q commit one && grep -q commit two"
	sql src 'INSERT INTO i VALUES (2)' b
	wait_until 10 "[ \$(grep -c commit one) -eq 2 ] && [ \$(grep -c commit two) -eq 2 ]"
	stop_follow 0 TERM
	follower=$first
	stop_follow 0 TERM
	for f in one two; do
		[ "$(grep -c '"op":"stream"' "$f")" -eq 1 ]
		[ ! -s "$f.err" ]
	done
}

@test "new files under load, the connection killed: each transaction once" {
	sql src 'CREATE TABLE i (id int primary key auto_increment, w int)' b
	follow f
	inserts 'INSERT INTO i (w) VALUES (1)' 2500 3>&- &
	writer=$!
	for round in 1 2 3 4; do
		at=$(wc -l <f)
		wait_until 10 "[ \$(wc -l <f) -gt $((at + 200)) ]"
		sql src 'FLUSH BINARY LOGS'
		sql src "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'" | client src || :
	done
	wait "$writer"
	sql src 'INSERT INTO i (w) VALUES (-1)' b
	wait_until 20 "grep -q '\"w\":-1' f"
	stop_follow 0 TERM
	committed f >got
	sql src 'SELECT id FROM i ORDER BY id' b | cmp - got
	[ "$(grep -c '"op":"stream"' f)" -gt 1 ]
	[ "$(jq -r 'select(.op == "commit").pos.file' f | sort -u | wc -l)" -ge 3 ]
	only_reconnects f.err
}

@test "the source killed and restarted while following, by place and by GTID: nothing lost or doubled" {
	sql src 'CREATE TABLE i (id int primary key auto_increment, w int)' b
	set=$(executed)
	follow f --heartbeat=0.5
	first=$follower
	follow g --start-gtid="$set"
	for round in 1 2; do
		while inserts 'BEGIN; INSERT INTO i (w) VALUES (1), (2); INSERT INTO i (w) VALUES (3); COMMIT' 50 2>writer; do :; done 3>&- &
		writer=$!
		at=$(wc -l <f) and=$(wc -l <g)
		wait_until 20 "[ \$(wc -l <f) -gt $((at + 300)) ] && [ \$(wc -l <g) -gt $((and + 300)) ]"
		server kill src
		wait "$writer" || :
		server restart src >/dev/null
	done
	sql src 'INSERT INTO i (w) VALUES (99)' b
	sql src 'SELECT id FROM i ORDER BY id' b >want
	wait_until 20 "grep -q '\"w\":99' f && grep -q '\"w\":99' g"
	stop_follow 0 TERM
	follower=$first
	stop_follow 0 TERM
	for name in f g; do
		committed "$name" | sort -n | cmp want -
		[ "$(grep -c '"op":"stream"' "$name")" -eq 3 ]
		[ "$(tail -n 1 "$name" | jq .records)" -eq $(($(wc -l <"$name") - 2)) ]
		only_reconnects "$name.err"
	done
}

@test "resume reads the position of a checkpoint; a log that was started anew is noticed" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1); INSERT INTO i VALUES (2)' b
	binlog --start-position="$from" >records
	jq -c 'select(.op == "commit") | {op: "ack", src, tx, pos}' records | head -n 1 | dts-checkpoint save ck
	run_tool 0 binlog --resume=./ck
	[ "$(jq -c 'select(.op == "insert").after' <<<"$output")" = '{"id":2}' ]
	run_tool 4 binlog --resume=./ck --src=other
	run_tool 4 binlog --resume=nosuch@src
	follow f --resume=./ck
	sql src 'INSERT INTO i SELECT id + 100 FROM i; INSERT INTO i SELECT id + 200 FROM i; INSERT INTO i SELECT id + 400 FROM i; DELETE FROM i; CREATE TABLE k (id int);
		DROP TABLE k; INSERT INTO i VALUES (9)' b
	set=$(executed)
	wait_until 3 "[ \$(date +%s) -gt $(date +%s) ]" # a file's creation time has whole seconds
	sql src 'RESET BINARY LOGS AND GTIDS; INSERT INTO i VALUES (3); INSERT INTO i VALUES (4); INSERT INTO i VALUES (5); INSERT INTO i VALUES (6); INSERT INTO i VALUES (7);
		INSERT INTO i VALUES (8)' b
	run_tool 6 binlog --resume=./ck
	[[ "$stderr" == *"started anew (RESET MASTER?)"*"full phase under a new checkpoint"* ]]
	[[ "$output" != *'"op":"begin"'* ]]
	# Who was reading when it happened: the server finds another file in place of its own, or none, or that one changed.
	sql src "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'" | client src || :
	got=0
	wait "$follower" || got=$?
	[ "$got" -eq 6 ] || [ "$got" -eq 4 ]
	grep -q "started anew.*full phase under a new checkpoint" f.err || { cat f.err; false; }
	# The set has transactions that this log never had.
	run_tool 6 binlog --start-gtid="$set"
	[[ "$stderr" == *"more GTIDs"*hint:*"full phase under a new checkpoint"* ]]
}
