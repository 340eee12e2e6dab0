# dts-apply, on streams written by hand.
# status and its kin are set by run; SQL has its own backticks and dollars.
# shellcheck disable=SC2154,SC2016,SC2028,SC2015
load lib/dts
load lib/streams

setup_file() { servers_up dst; }
teardown_file() { servers_down; }

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
	c=c$BATS_TEST_NUMBER # the checkpoint of this test
}

teardown() {
	[ -z "${following:-}" ] || { kill -KILL "$following" 2>/dev/null && wait "$following" || :; }
	[ -z "${holding:-}" ] || { kill "$holding" 2>/dev/null && wait "$holding" || :; }
}

# --- schema streams

@test "a schema stream is executed, and passed over when it is repeated" {
	{
		echo '{"op":"ddl","db":"","sql":"CREATE DATABASE IF NOT EXISTS `e`","kind":"create-database","objects":[]}'
		echo '{"op":"ddl","db":"d","sql":"CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci","kind":"create-table","objects":[]}'
	} | wrap schema 4 >in
	run_tool 0 apply in
	[ -z "$output$stderr" ]
	sql dst 'INSERT INTO t VALUES (1)' d
	run_tool 0 apply in
	[ -z "$output$stderr" ]
	is 'SELECT * FROM t' 1
	sql dst 'ALTER TABLE t ADD b INT; DROP DATABASE e' d
	refused 4 "in:3: table 'd.t' is at the target already, with another definition" \
		"drop it if it is not needed, or change it to the source's definition"
}

# --- the full phase

@test "a snapshot: rows, its repetition, and the phases of the checkpoint" {
	sql dst 'CREATE TABLE t (a INT, b TEXT); CREATE TABLE u (a INT PRIMARY KEY)' d
	{
		schema t a b:text
		chunk 1 t 10 10 '{"a":1,"b":"x"}' '{"b":"x","a":1}'
		chunk 2 t 10 10
		schema u a
		chunk 1 u 10 10 '{"a":5}'
	} >body
	# Torn behind the first chunk: it stays, and the phase is not over.
	{ opening snapshot 10; head -n 5 body; } >in
	refused 3 "in:7: torn input: it ends, before the 'end' of the snapshot of 's'" '' --checkpoint="$c"
	is 'SELECT * FROM t' '1 x,1 x'
	[[ $(checkpoint show "$c") == *'phase: full'* ]]
	{ opening changes 10; tx 20; } >in
	refused 4 "in:1: the full phase of checkpoint '$c' has not ended: its rows are not all at the target" \
		"run dts-dump | dts-apply --checkpoint=$c to its end first" --checkpoint="$c"
	snapshot 10 <body >in
	run_tool 0 apply --checkpoint="$c" in
	[ -z "$output$stderr" ]
	is 'SELECT * FROM t UNION ALL SELECT a, "u" FROM u' '1 x,1 x,5 u'
	[[ $(checkpoint show "$c") == *'phase: changes'* ]]
	at 10
	run_tool 0 apply --checkpoint="$c" in
	[ "$stderr" = "dts-apply: checkpoint '$c' has all of this snapshot already" ]
	is 'SELECT COUNT(*) FROM t' 2
	snapshot 11 <body >in
	refused 4 "in:1: the full phase of checkpoint '$c' has ended at bin.000001:10; this is another snapshot" \
		"go on with dts-binlog --resume=$c@GROUP; to start anew: dts-checkpoint remove $c, and empty the tables" \
		--checkpoint="$c"
}

@test "a new snapshot after an interrupted one replaces its rows" {
	sql dst 'CREATE TABLE t (a INT); CREATE TABLE u (a INT); INSERT INTO u VALUES (9)' d
	{ schema t a; chunk 1 t 10 10 '{"a":1}' '{"a":2}'; chunk 2 t 10 10 '{"a":3}'; } |
		snapshot 10 signal >in
	run_tool 0 apply --checkpoint="$c" in
	[ "$stderr" = "dts-apply: the snapshot ended early (signal): the full phase of checkpoint '$c' goes on with the next one" ]
	is 'SELECT * FROM t' 1,2,3
	{ schema t a; chunk 1 t 30 30 '{"a":1}'; schema u a; chunk 1 u 30 30 '{"a":7}'; } >body
	{ opening snapshot 30; head -n 4 body; } >in
	run_tool 3 apply --checkpoint="$c" in
	[ "${stderr_lines[0]}" = "dts-apply: the full phase of checkpoint '$c' is repeated with a new snapshot; what it had loaded is replaced" ]
	is 'SELECT * FROM t' 1
	snapshot 30 <body >in
	# What no earlier run had loaded is not touched, nor silently added to.
	refused 4 "in:7: table 'd.u' at the target is not empty" \
		'empty it if these rows are left over; --allow-nonempty adds to what is there' --checkpoint="$c"
	run_tool 0 apply --checkpoint="$c" --allow-nonempty in
	[ -z "$stderr" ]
	is 'SELECT * FROM t UNION ALL SELECT * FROM u' 1,9,7
	at 30
}

@test "chunks have their bounds, and the positions between which they were read" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY)' d
	bounds() { sql dst "SELECT CONCAT_WS(' ', id, bounds, low, high, rows_applied) FROM dts.chunk WHERE checkpoint='$c' ORDER BY id"; }
	{
		schema t a 'primary=["a"]'
		chunk t.1 t 10 15 '{"a":1}' | sed '1s/"pos"/"upto":{"a":1},"pos"/'
		chunk t.2 t 20 25 '{"a":2}' | sed '1s/"pos"/"after":{"a":1},"pos"/'
	} >body
	snapshot 10 signal <body >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,2
	p='{"file":"bin.000001","offset":'
	[ "$(bounds)" = "t.1 [null,{\"a\":1}] ${p}10} ${p}15} 1
t.2 [{\"a\":1},null] ${p}20} ${p}25} 1" ]
	cut="go on with dts-dump --resume=$c@GROUP; to start anew: dts-checkpoint remove $c, and empty the tables"
	snapshot 10 signal <body | sed 's/"upto":{"a":1}/"upto":{"a":5}/' >in
	refused 4 "in:3: chunk 't.1' of table 'd.t' was applied with other bounds" "$cut" --checkpoint="$c"
	snapshot 10 signal <body | sed 's/"a":2/"a":2/; /"op":"row".*"a":1}/d; 0,/"rows":1/s//"rows":0/; s/"records":7/"records":6/' >in
	refused 4 "in:4: chunk 't.1' of table 'd.t' was applied with other bounds" "$cut" --checkpoint="$c"
	# The same stream to its end: the window of the table is that of all its chunks.
	snapshot 10 <body >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,2
	[ "$(sql dst "SELECT CONCAT_WS(' ', low, high) FROM dts.tablewindow WHERE checkpoint='$c'")" = "${p}10} ${p}25}" ]
	at 10
}

@test "without a checkpoint, rows that stand at several positions are refused" {
	sql dst 'CREATE TABLE t (a INT)' d
	only='the rows of this snapshot stand at several positions of the source: without the changes between they are no consistent copy'
	hint='apply it with --checkpoint=NAME, then the changes: dts-binlog --resume=NAME@GROUP; or read all at one position: dts-dump --lock=HOW'
	{ schema t a; chunk 1 t 10 10 '{"a":1}'; chunk 2 t 20 20 '{"a":2}'; } | snapshot 10 >in
	refused 4 "in:6: $only" "$hint"
	is 'SELECT * FROM t WHERE a<>1' ''
	{ schema t a; chunk 1 t 10 10 '{"a":1}'; chunk 2 t 10 20 '{"a":2}'; } | snapshot 10 >in
	refused 4 "in:8: $only" "$hint" --allow-nonempty
	# One reader whose position is not known exactly; another snapshot behind it.
	sql dst 'TRUNCATE t' d
	{ schema t a; chunk 1 t 10 20 '{"a":1}'; chunk 2 t 10 20 '{"a":2}'; } | snapshot 10 >in
	{ schema t a; chunk 1 t 30 30 '{"a":3}'; } | snapshot 30 >>in
	run_tool 0 apply --allow-nonempty in
	is 'SELECT * FROM t' 1,2,3
}

@test "a table without a key comes in parts" {
	sql dst 'CREATE TABLE t (a INT)' d
	bounds() { sql dst "SELECT CONCAT_WS(' ', id, bounds) FROM dts.chunk WHERE checkpoint='$c' ORDER BY id"; }
	{ schema t a; chunk d.t.1 t 10 10 '{"a":1}'; chunk d.t.2 t 10 10 '{"a":1}' | sed 's/,"pos":[^,]*,"offset":10}}$/,"last":true&/'; } |
		sed '/"op":"chunk"/s/"last":true,//' >body
	snapshot 10 signal <body >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,1
	[ "$(bounds)" = 'd.t.1 ["part",1]
d.t.2 ["part",2,"last"]' ]
	snapshot 10 <body >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,1
}

@test "what an earlier snapshot had loaded goes, whenever the next one is killed" {
	sql dst 'CREATE TABLE t (a INT); CREATE TABLE u (a INT); CREATE TABLE v (a INT)' d
	{ schema t a; chunk 1 t 10 10 '{"a":1}'; schema u a; chunk 1 u 10 10 '{"a":2}'; schema v a; chunk 1 v 10 10 '{"a":3}'; } |
		snapshot 10 signal >in
	run_tool 0 apply --checkpoint="$c" in
	marks() { sql dst "SELECT CONCAT_WS(' ', tbl, id, bounds) FROM dts.chunk WHERE checkpoint='$c' ORDER BY tbl, id" | tr '\n' ,; }
	[ "$(marks)" = 't 1 ["part",1],u 1 ["part",1],v 1 ["part",1],' ]
	# Torn at once: nothing is emptied yet, and no old mark counts.
	opening snapshot 30 >in
	run_tool 3 apply --checkpoint="$c" in
	[ "$(marks)" = 't  empty,u  empty,v  empty,' ]
	{ schema t a; chunk 1 t 30 30 '{"a":4}'; schema u a; } >body
	{ opening snapshot 30; cat body; } >in
	run_tool 3 apply --checkpoint="$c" in
	[ "$(marks)" = 't 1 ["part",1],u  empty,v  empty,' ]
	is 'SELECT * FROM t UNION ALL SELECT * FROM u UNION ALL SELECT * FROM v' 4,2,3
	# A table that it knows and brings no rows of; one that it does not know.
	snapshot 30 <body >in
	run_tool 0 apply --checkpoint="$c" in
	[ "$stderr" = "dts-apply: table 'd.v' of the source is not in this snapshot: the rows that an earlier one had loaded of it stay at the target" ]
	is 'SELECT * FROM t UNION ALL SELECT * FROM u UNION ALL SELECT * FROM v' 4,3
	[ -z "$(marks)" ]
	at 30
}

@test "a table that is emptied gives out no number a second time, whenever that is cut off" {
	sql dst "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=4096 COMMENT ' AUTO_INCREMENT=9';
		CREATE TABLE u (id INT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=300; CREATE TABLE n (id INT) COMMENT ') AUTO_INCREMENT=9';
		DROP USER IF EXISTS noalter@localhost; CREATE USER noalter@localhost;
		GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP ON *.* TO noalter@localhost" d
	{ schema t id; chunk 1 t 10 10 '{"id":1}'; schema u id; chunk 1 u 10 10 '{"id":2}'; schema n id; chunk 1 n 10 10 '{"id":3}'; } |
		snapshot 10 signal >in
	run_tool 0 apply --checkpoint="$c" in
	# As if it were killed between the emptying and what comes behind: that is refused.
	{ schema t id; chunk 1 t 20 20 '{"id":4}'; } | snapshot 20 signal >in
	run_tool 4 apply --user=noalter --checkpoint="$c" in
	[[ $stderr == *'ALTER command denied'* ]]
	is 'SELECT id FROM t' ''
	# Another snapshot, which lacks rows of the one table.
	{ schema t id; chunk 1 t 30 30 '{"id":5}'; schema u id; schema n id; chunk 1 n 30 30 '{"id":6}'; } | snapshot 30 >in
	run_tool 0 apply --checkpoint="$c" in
	sql dst 'INSERT INTO t VALUES (NULL); INSERT INTO u VALUES (NULL)' d
	is 'SELECT id FROM t' 5,4096
	is 'SELECT id FROM u UNION ALL SELECT id FROM n' 300,6
	[[ $(sql dst 'SHOW CREATE TABLE n' d) != *' AUTO_INCREMENT=9 '* ]]
	sql dst 'DROP USER noalter@localhost'
}

@test "the full phase stays with one server" {
	sql dst 'CREATE TABLE t (a INT)' d
	{ schema t a; chunk 1 t 10 10 '{"a":1}'; } | snapshot 10 signal >in
	run_tool 0 apply --checkpoint="$c" in
	{ schema t a; chunk 1 t 10 10 '{"a":1}'; } | snapshot 10 | sed 's/"id":"A"/"id":"B"/' >in
	refused 4 "in:1: checkpoint '$c' follows another server: source 's' was A and is now B" \
		'positions of one server mean nothing on another; start the migration anew, or name the source with --src' \
		--checkpoint="$c"
}

# --- what is refused

@test "tables that cannot be applied to" {
	sql dst 'CREATE TABLE m (a INT) ENGINE=MyISAM; CREATE TABLE tr (a INT)
		; CREATE TRIGGER x AFTER INSERT ON tr FOR EACH ROW SET @x=1
		; CREATE TABLE c (b INT); CREATE TABLE n (a DATETIME, b INT)
		; CREATE TABLE p (a INT PRIMARY KEY); CREATE TABLE f (a INT)' d
	one() { { schema "$@"; chunk 1 "$1" 10 10; } | snapshot 10 >in; }
	one gone a
	refused 4 "in:2: there is no table 'd.gone' at the target" \
		'create it first: dts-schema prints the statements and dts-apply runs them' --checkpoint="$c"
	one m a
	refused 4 "in:2: table 'd.m' at the target has engine MyISAM, which cannot roll back" \
		'convert it to InnoDB, or give up exactly-once with --allow-nontransactional' --checkpoint="$c"
	run_tool 0 apply --checkpoint="$c-m" --allow-nontransactional in
	one tr a
	refused 4 "in:2: table 'd.tr' at the target has triggers, which would act a second time" \
		'drop them until the migration has ended, or accept what they do with --allow-triggers' --checkpoint="$c"
	run_tool 0 apply --checkpoint="$c-tr" --allow-triggers in
	if ! kind_is_mysql dst; then
		sql dst 'CREATE TABLE sv (a INT) WITH SYSTEM VERSIONING' d
		one sv a
		refused 4 "in:2: table 'd.sv' at the target is system-versioned: it would write a history of its own" \
			'ALTER TABLE ... DROP SYSTEM VERSIONING there, or accept its own history with --allow-versioned' --checkpoint="$c"
	fi
	one c a
	refused 4 "in:2: table 'd.c' at the target has no column 'a'" 'add the column, or leave it out of the stream' --checkpoint="$c"
	one n 'a:datetime(3)' b
	refused 4 "in:2: table 'd.n': column 'a' is datetime(3) at the source and datetime at the target, which cannot hold every value" \
		"give the target's column as many fraction digits" --checkpoint="$c"
	one f a 'foreign=[{"name":"fk","columns":["a"],"to":{"db":"d","table":"p","columns":["a"]},"delete":"CASCADE","update":"RESTRICT"}]'
	run_tool 0 apply --checkpoint="$c-f" in # it may come behind the rows: see dts-apply-windows.bats
	sql dst 'ALTER TABLE f ADD FOREIGN KEY (a) REFERENCES p (a) ON DELETE CASCADE' d
	run_tool 0 apply --checkpoint="$c-g" in
	none=RESTRICT
	! kind_is_mysql dst || none='NO ACTION'
	# Nor the other way round: the source would keep rows that the target deletes.
	one f a 'foreign=[{"name":"fk","columns":["a"],"to":{"db":"d","table":"p","columns":["a"]},"delete":"RESTRICT","update":"RESTRICT"}]'
	refused 4 "in:2: table 'd.f': foreign key 'f_ibfk_1' of the target (on delete CASCADE, on update $none) is not at the source, and would change rows that the source kept" \
		'drop it at the target until the migration has ended' --no-checkpoint
	sql dst 'ALTER TABLE f DROP FOREIGN KEY f_ibfk_1' d
	run_tool 0 apply --no-checkpoint in
}

@test "streams that do not join the checkpoint" {
	sql dst 'CREATE TABLE t (a INT)' d
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } >body
	changes 10 <body >in
	run_tool 0 apply --checkpoint="$c" in
	changes 30 <body >in
	refused 4 "in:1: the stream begins at bin.000001:30, behind checkpoint '$c' at bin.000001:29: changes between are missing" \
		"start the reader with --resume=$c@GROUP" --checkpoint="$c"
	changes 10 <body | sed 's/"src":"s"/"src":"z"/' >in
	refused 4 "in:1: checkpoint '$c' belongs to source 's', this stream is from 'z'" \
		'give the reader --src=s if it is the same source, else use another --checkpoint' --checkpoint="$c"
	changes 10 <body | sed 's/"id":"A"/"id":"B"/' >in
	refused 4 "in:1: checkpoint '$c' follows another server: source 's' was A and is now B" \
		'positions of one server mean nothing on another; start the migration anew, or name the source with --src' \
		--checkpoint="$c"
	changes 10 <body >in
	refused 2 'in:1: a stream of changes needs --checkpoint=NAME to be applied exactly once' \
		'--no-checkpoint applies it without remembering how far it came'
	# Positions without a file can be compared with nothing.
	{ schema t a; tx 30 "$(ins t '{"a":2}')" | sed '1s/{"file.*}/{"gtid":"0-1-5"}}/'; } | changes 29 >in
	refused 3 'in:3: a transaction without a file and offset cannot be applied exactly once' '' --checkpoint="$c"
	is 'SELECT * FROM t' 1
}

@test "a heartbeat behind transactions that wait moves the checkpoint before the stream is restated" {
	sql dst 'CREATE TABLE t (a INT)' d
	{
		schema t a
		tx 20 "$(ins t '{"a":1}')"
		echo "{\"op\":\"heartbeat\",\"src\":\"s\",\"pos\":$(pos 50)}"
		opening changes 50
		schema t a
		tx 60 "$(ins t '{"a":2}')"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,2
	at 69
	# At the same place more may be known.
	{ echo "{\"op\":\"heartbeat\",\"src\":\"s\",\"pos\":{\"file\":\"bin.000001\",\"offset\":69,\"gtid\":\"0-1-60,1-1-1\"}}"; } | changes 69 >in
	run_tool 0 apply --checkpoint="$c" in
	[ "$(checkpoint --gtid get "$c")" = 0-1-60,1-1-1 ]
}

@test "the command line" {
	: >in
	refused 2 '--other-ddl=x: choose stop, skip, hold or apply' '' --other-ddl=x
	refused 2 '--ddl-done and --ddl-redo contradict each other' '' --ddl-done --ddl-redo
	refused 2 '--checkpoint and --no-checkpoint contradict each other' '' --checkpoint=a --no-checkpoint
	refused 2 '--checkpoint: a name has 1 to 190 bytes' '' --checkpoint=
	run_tool 5 apply missing
	[ "$stderr" = "dts-apply: cannot open 'missing': No such file or directory" ]
	run_tool 75 dts-apply -S "$BATS_TEST_TMPDIR/none" in
	[[ $stderr == "dts-apply: cannot connect to '$BATS_TEST_TMPDIR/none'"* ]]
	refused 3 "in:1: the input is empty: there is not even a 'stream' record" \
		'the program that was to write it has failed; its own message says why'
}

@test "two appliers: the second stops, and one that was overtaken writes nothing" {
	sql dst 'CREATE TABLE t (a INT)' d
	follow --checkpoint="$c"
	{ opening changes 10; schema t a; tx 20 "$(ins t '{"a":1}')"; } >&7
	wait_until 10 'is "SELECT * FROM t" 1 >/dev/null'
	: >in
	refused 75 "checkpoint '$c' is held by another run" 'wait for it to end, or give this run another --checkpoint' \
		--checkpoint="$c" --lock-wait=0
	sql dst "UPDATE dts.checkpoint SET epoch=epoch+1 WHERE name='$c'"
	tx 30 "$(ins t '{"a":2}')" >&7
	ended 75
	grep -q '^dts-apply: .*another run has taken over this checkpoint' err
	grep -q '^dts-apply: hint: this run has stopped without writing; let the other go on' err
	is 'SELECT * FROM t' 1
	at 29
	# A reader that waited for the dying one goes on.
	{ schema t a; tx 30 "$(ins t '{"a":2}')"; } | changes 20 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,2
}

# --- changes

@test "changes are applied once, whatever is repeated" {
	sql dst 'CREATE TABLE t (a INT, b TEXT); CREATE TABLE k (a INT PRIMARY KEY, b TEXT)' d
	{
		schema t a b:text
		schema k a b:text
		tx 20 "$(ins t '{"a":1,"b":"x"}')" "$(ins t '{"a":1,"b":"x"}')" "$(ins t '{"a":1,"b":null}')"
		tx 30 "$(upd t '{"a":1,"b":"x"}' '{"a":2,"b":"y"}')" "$(del t '{"a":1,"b":null}')"
		tx 40 "$(ins k '{"a":1,"b":"x"}')" "$(upd k '{"a":1,"b":"x"}' '{"a":2,"b":"x"}')"
		tx 50 "$(upd k '{"a":2,"b":"x"}' '{"a":2,"b":"x"}')"
		tx 60
	} >body
	changes 10 <body >in
	run_tool 0 apply --checkpoint="$c" in
	[ -z "$output$stderr" ]
	is 'SELECT * FROM t' '2 y,1 x'
	is 'SELECT * FROM k' '2 x'
	at 69
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT COUNT(*) FROM t UNION ALL SELECT COUNT(*) FROM k' '2,1'
	# The checkpoint inside a transaction is a stream of something else.
	sed 's/"offset":69/"offset":70/; s/"offset":60/"offset":61/' in >in2
	mv in2 in
	refused 3 'in:21: the checkpoint bin.000001:69 lies inside a transaction that ends at bin.000001:70' '' --checkpoint="$c"
	# Without a checkpoint it is done again.
	{ schema t a b:text; tx 20 "$(ins t '{"a":3,"b":"z"}')"; } | changes 10 >in
	run_tool 0 apply --no-checkpoint in
	run_tool 0 apply --no-checkpoint in
	is 'SELECT COUNT(*) FROM t WHERE a=3' 2
}

@test "heartbeats and the end move the position" {
	sql dst 'CREATE TABLE t (a INT)' d
	follow --checkpoint="$c"
	opening changes 10 >&7
	echo "{\"op\":\"heartbeat\",\"src\":\"s\",\"pos\":{\"file\":\"bin.000001\",\"offset\":15,\"gtid\":\"0-1-3\"}}" >&7
	wait_until 10 "at 15 >/dev/null"
	[ "$(checkpoint --gtid get "$c")" = 0-1-3 ]
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } >&7
	wait_until 10 "at 29 >/dev/null"
	[ "$(checkpoint --gtid get "$c")" = 0-1-20 ]
	echo "{\"op\":\"end\",\"src\":\"s\",\"reason\":\"done\",\"records\":5,\"pos\":$(pos 40)}" >&7
	ended 0
	at 40
	{ schema t a; tx 50 "$(ins t '{"a":1}')"; } | changes 40 'done' 70 >in
	run_tool 0 apply --checkpoint="$c" in
	at 70
}

@test "strict: what does not fit stops with its line, statement and reason" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(3) NOT NULL, e ENUM("x"))
		; INSERT INTO t VALUES (1, "x", "x")' d
	fails() { # MESSAGE CHANGE...
		local message=$1
		shift
		{ schema t a 'b:varchar(3)' "e:enum('x')"; tx 20 "$(ins t '{"a":7,"b":"x","e":"x"}')"; tx 30 "$@"; } | changes 10 >in
		run_tool 4 apply --checkpoint="$c" in
		[[ ${stderr_lines[0]} == "dts-apply: in:7: $message"* ]] || { echo "$stderr"; return 1; }
		# What came before the refused transaction is there, to the position.
		at 29
	}
	fails 'the row is not at the target; statement: DELETE FROM `d`.`t` WHERE `a`=5 AND IF(CAST(CONVERT(`b` USING utf8mb4) AS BINARY)<=>X'"'78'"' AND `e` IS NULL,1,0)' \
		"$(del t '{"a":5,"b":"x","e":null}')"
	[[ $stderr == *'dts-apply: hint: the target was changed by someone else, or is not where the checkpoint says; dts-verify shows the differences'* ]]
	# There, and changed by someone else: also where the collation finds it the same.
	for there in '"y"' '"X"' '"x "'; do
		fails "the row at the target is not as the change found it: 'b' is \"x\" and was $there; statement: UPDATE " \
			"$(upd t '{"a":1,"b":'"$there"',"e":"x"}' '{"a":1,"b":"z","e":"x"}')"
		fails "the row at the target is not as the change found it: 'b' is \"x\" and was $there, 'e' is \"x\" and was null; statement: DELETE " \
			"$(del t '{"a":1,"b":'"$there"',"e":null}')"
		[[ $stderr == *'before: {"a":1,"b":'"$there"',"e":null}'*'at the target: {"a":1,"b":"x","e":"x"}'* ]]
	done
	key=PRIMARY
	! kind_is_mysql dst || key=t.PRIMARY
	fails "the target refuses the change 'dst': Duplicate entry '1' for key '$key' (error 1062); statement: INSERT INTO \`d\`.\`t\` (\`a\`,\`b\`,\`e\`) VALUES (1,'x',NULL)" \
		"$(ins t '{"a":1,"b":"x","e":null}')"
	fails "the target refuses the change 'dst': Column 'b' cannot be null (error 1048); statement: INSERT INTO \`d\`.\`t\` (\`a\`,\`b\`,\`e\`) VALUES (2,NULL,NULL)" \
		"$(ins t '{"a":2,"b":null,"e":null}')"
	fails "the target refuses the change 'dst': Data too long for column 'b' at row 1 (error 1406); statement: INSERT INTO \`d\`.\`t\` (\`a\`,\`b\`,\`e\`) VALUES (2,'long',NULL)" \
		"$(ins t '{"a":2,"b":"long","e":null}')"
	# The error value of an ENUM is stored without strict mode, which must not cut its neighbour.
	fails "the target gave a warning: Warning 1265: Data truncated for column 'b' at row 1; statement: INSERT INTO \`d\`.\`t\` (\`a\`,\`b\`,\`e\`) VALUES (2,'long',0)" \
		"$(ins t '{"a":2,"b":"long","e":0}')"
	is 'SELECT * FROM t' '1 x x,7 x x'
	sql dst 'DELETE FROM t WHERE a=7' d
	{ schema t a 'b:varchar(3)' "e:enum('x')"; tx 30 "$(ins t '{"a":2,"b":"y","e":0}')" "$(ins t '{"a":3,"b":"y","e":"x"}')"; } | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT a, b, e+0 FROM t' '1 x 1,2 y 0,3 y 1'
	[ "$(wc -l <in)" -eq 7 ]
}

@test "a warning of the target stops" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT, CHECK (b <> "x"))' d
	{ schema t a b; tx 20 "$(ins t '{"a":1,"b":5}')"; } | changes 10 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *"in:4: the target "*'statement: INSERT INTO `d`.`t` (`a`,`b`) VALUES (1,5)'* ]]
	is 'SELECT COUNT(*) FROM t' 0
}

@test "records that do not fit their schema" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY)' d
	fails() {
		{ schema t a; tx 20 "$2"; } | changes 10 >in
		refused 3 "in:4: $1" '' --checkpoint="$c"
	}
	fails "table 'd.t' has no column 'z' in its schema record" "$(ins t '{"a":1,"z":2}')"
	fails "column 'a' comes twice" "$(ins t '{"a":1,"a":2}')"
	fails "column 'a': \"1 OR 1\" is not a value of type int" "$(ins t '{"a":"1 OR 1"}')"
	fails "column 'a': 1.5 is not a value of type int" "$(ins t '{"a":1.5}')"
	fails "column 'a': 1e3 is not a value of type int" "$(ins t '{"a":1e3}')"
	fails "no schema record came before this change of table 'd.u'" "$(ins u '{"a":1}')"
	{ opening changes 10; schema t a; begin 20; numbered 20 "$(ins t '{"a":1}')"; schema t b; } >in
	refused 3 "in:5: the schema of table 'd.t' changes inside a transaction" '' --checkpoint="$c"
	is 'SELECT COUNT(*) FROM t' 0
}

@test "a schema that changes between transactions" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT)' d
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; schema t b a; tx 30 "$(ins t '{"b":5,"a":2}')"; } | changes 10 >in
	refused 4 "in:4: table 'd.t' at the target has a column 'b' that the stream does not bring" \
		'drop it, or let its default fill it with --allow-extra-columns' --checkpoint="$c"
	run_tool 0 apply --checkpoint="$c" --allow-extra-columns in
	is 'SELECT * FROM t' '1 NULL,2 5'
}

@test "a record longer than the target's max_allowed_packet" {
	sql dst 'CREATE TABLE t (a MEDIUMTEXT); SET GLOBAL max_allowed_packet=65536' d
	big=$(printf '%070000d' 0)
	{ schema t a:mediumtext; tx 20 "$(ins t '{"a":"x"}')"; tx 30 "$(ins t "{\"a\":\"$big\"}")"; } | changes 10 >in
	run apply --checkpoint="$c" in
	sql dst 'SET GLOBAL max_allowed_packet=67108864'
	[ "$status" -eq 4 ]
	[ "${lines[0]}" = "dts-apply: in:7: a statement of 70037 bytes is longer than the target's max_allowed_packet of 65536" ]
	[ "${lines[1]}" = 'dts-apply: hint: raise max_allowed_packet at the target to 1G' ]
	is 'SELECT LENGTH(a) FROM t' 1
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT LENGTH(a) FROM t' 1,70000
}

@test "rollback to a savepoint, of a transaction, and of all of it" {
	sql dst 'CREATE TABLE t (a INT)' d
	{
		schema t a
		tx 20 "$(ins t '{"a":1}')" "$(ins t '{"a":2}')" "$(back 1)" "$(ins t '{"a":3}')"
		begin 30
		numbered 30 "$(ins t '{"a":4}')"
		echo '{"op":"rollback","src":"s","tx":"0-1-30"}'
		tx 30 "$(ins t '{"a":5}')"
		tx 40 "$(ins t '{"a":6}')" "$(back 0)"
		tx 50 "$(ddl create-table 'CREATE TABLE u (a INT)')" "$(back 0)"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,3,5
	is 'SHOW TABLES' t
	at 59
}

@test "a transaction of more than 20 MiB waits in a file" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT)' d
	big=$(printf '%01000000d' 0)
	mkdir tmp
	{
		schema t a b:longtext
		begin 20
		for i in {1..24}; do
			echo "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"tx\":\"0-1-20\",\"n\":$i,\"after\":{\"a\":$i,\"b\":\"$big\"}}"
		done
		echo '{"op":"rollback","src":"s","tx":"0-1-20","to":22}'
		echo "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"tx\":\"0-1-20\",\"n\":23,\"after\":{\"a\":99,\"b\":\"x\"}}"
		commit 20 23
	} | changes 10 >in
	TMPDIR=$PWD/tmp run_tool 0 apply --checkpoint="$c" in
	is 'SELECT COUNT(*), SUM(LENGTH(b)), MAX(a) FROM t' '23 22000001 99'
	sql dst 'TRUNCATE t' d
	TMPDIR=$PWD/none run_tool 5 apply --no-checkpoint in
	[[ ${stderr_lines[0]} == "dts-apply: in:"*": cannot create the temporary file '$PWD/none/dts-"*"' for a large transaction: No such file or directory" ]]
	is 'SELECT COUNT(*) FROM t' 0
}

@test "XA: kept until it is decided, in this run or a later one" {
	sql dst 'CREATE TABLE t (a INT)' d
	local n
	{
		schema t a
		begin 20
		numbered 20 "$(ins t '{"a":1}')" "$(ins t '{"a":2}')"
		commit 20 2 prepare "\"xid\":\"X'61',X'',1\""
		begin 30
		numbered 30 "$(ins t '{"a":3}')"
		commit 30 1 prepare "\"xid\":\"X'62',X'',1\""
		tx 40 "$(ins t '{"a":4}')"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 4
	# Decided elsewhere, where no schema is told, and repeated.
	{ commit 50 0 commit "\"xid\":\"X'61',X'',1\""; commit 60 0 rollback "\"xid\":\"X'62',X'',1\""; } | changes 49 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 4,1,2
	at 69
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 4,1,2
	is "SELECT COUNT(*) FROM dts.prepared WHERE checkpoint='$c'" 0
	# In one run, and in one group with others.
	{
		schema t a
		begin 70
		numbered 70 "$(ins t '{"a":7}')"
		commit 70 1 prepare "\"xid\":\"X'61',X'',1\""
		commit 80 0 commit "\"xid\":\"X'61',X'',1\""
		commit 90 0 rollback "\"xid\":\"X'63',X'',1\""
	} | changes 69 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 4,1,2,7
	commit 100 0 commit "\"xid\":\"X'64',X'',1\"" | changes 99 >in
	refused 4 "in:2: XA transaction X'64',X'',1 was prepared before this stream began: its changes are not known" \
		'decide all prepared transactions at the source (XA RECOVER), then repeat the full phase' --checkpoint="$c"
	{ schema t a; begin 70; numbered 70 "$(ins t '{"a":7}')"; commit 70 1 prepare "\"xid\":\"X'61',X'',1\""; } | changes 69 >in
	refused 4 'in:5: an XA transaction was prepared at the source, and without a checkpoint it cannot be kept' '' --no-checkpoint
}

@test "flags: foreign key and unique checks" {
	sql dst 'CREATE TABLE p (a INT PRIMARY KEY); CREATE TABLE f (a INT, FOREIGN KEY (a) REFERENCES p (a))' d
	{ schema f a; tx 20 "$(ins f '{"a":1}')"; } | changes 10 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *'a foreign key constraint fails'* ]]
	{
		schema f a
		tx 20 "$(ins f '{"a":1}' | sed 's/@/@"flags":["no-unique-checks","no-foreign-key-checks"],/')"
		tx 30 "$(ins f '{"a":2}')"
	} | changes 10 >in
	run_tool 4 apply --checkpoint="$c" --group-size=1 in
	[[ $stderr == *'a foreign key constraint fails'* ]]
	is 'SELECT * FROM f' 1
	at 29
}

@test "a repair is applied as a whole" {
	sql dst 'CREATE TABLE p (a INT PRIMARY KEY); CREATE TABLE f (a INT PRIMARY KEY, FOREIGN KEY (a) REFERENCES p (a))
		; INSERT INTO p VALUES (1), (2)' d
	{
		schema f a
		ins f '{"a":3}'
		schema p a
		del p '{"a":1}'
		ins p '{"a":3}'
	} | sed s/@// >body
	wrap repair 4 <body >in
	run_tool 2 apply in
	[[ $stderr == *'a repair needs --checkpoint=NAME'*'--no-checkpoint says that there is none' ]]
	run_tool 0 apply --no-checkpoint in
	is 'SELECT a FROM p UNION ALL SELECT a FROM f' 2,3,3
	sql dst 'DELETE FROM f; DELETE FROM p; INSERT INTO p VALUES (1)' d
	{ opening repair 4; cat body; } >in
	run_tool 3 apply --no-checkpoint in
	is 'SELECT COUNT(*) FROM p' 1
	follow --checkpoint="$c"
	opening changes 10 >&7
	wait_until 10 "checkpoint get $c >/dev/null 2>&1"
	run_tool 75 apply --checkpoint="$c" --lock-wait=0 in
	echo '{"op":"end","src":"s","reason":"done","records":0}' >&7
	ended 0
}

# --- values

@test "every type, found again with a key and without" {
	columns='i INT, u BIGINT UNSIGNED, dec1 DECIMAL(40,3), f FLOAT, db DOUBLE, dt DATE, ti TIME(3), dtt DATETIME(6),
		ts TIMESTAMP(2) NULL, y YEAR, bi BIT(33), en ENUM("", "a"), st SET("x","y"), c CHAR(5), vl VARCHAR(20) CHARACTER SET latin1,
		vu VARCHAR(20) CHARACTER SET utf16, gb VARCHAR(20) CHARACTER SET gbk, bn BINARY(4), vb VARBINARY(9), bb BLOB, js JSON, uu UUID, i4 INET4, i6 INET6, g POINT,
		gv INT AS (i + 1) VIRTUAL, gs INT AS (i + 2) STORED, inv INT INVISIBLE DEFAULT 3, `or``der` INT'
	js='{"a": 1.10}' uu='00112233-4455-1677-8899-aabbccddeeff 1.2.3.4 ::1' nulls='NULL NULL NULL '
	own=', uu, i4, i6'
	if kind_is_mysql dst; then
		columns=${columns/uu UUID, i4 INET4, i6 INET6, /}
		js='{"a": 1.1}' uu='' nulls='' own=''
	fi
	sql dst "CREATE TABLE t (id INT PRIMARY KEY, $columns); CREATE TABLE n (id INT, $columns)" d
	types='[["id","int"],["i","int"],["u","bigint unsigned"],["dec1","decimal(40,3)"],["f","float"],["db","double"],["dt","date"],["ti","time(3)"],
		["dtt","datetime(6)"],["ts","timestamp(2)"],["y","year(4)"],["bi","bit(33)"],["en","enum('\'\'','\'a\'')","utf8mb4"],["st","set('\'x\'','\'y\'')","utf8mb4"],
		["c","char(5)","utf8mb4"],["vl","varchar(20)","latin1"],["vu","varchar(20)","utf16"],["gb","varchar(20)","gbk"],["bn","binary(4)"],["vb","varbinary(9)"],["bb","blob"],
		["js","longtext","utf8mb4"],["uu","uuid"],["i4","inet4"],["i6","inet6"],["g","point"],["gv","int",null,"virtual"],["gs","int",null,"stored"],["inv","int"],["or`der","int"]]'
	list=$(jq -c '[.[] | {name: .[0], type: .[1]} + (if .[2] then {charset: .[2]} else {} end) + (if .[3] then {generated: .[3]} else {} end)]' <<<"$types")
	one='{"id":1,"i":-2147483648,"u":"18446744073709551615","dec1":"-1234567890123456789012345678901234567.100","f":16777216.0,"db":1.7976931348623157e308,
		"dt":"2024-02-31","ti":"-838:59:58.999","dtt":"0000-00-00 00:00:00.000000","ts":"2038-01-19 03:14:07.25","y":1901,"bi":8589934591,"en":"","st":"x,y","c":"ä'\''\\\\\u0000",
		"vl":"é€","vu":"😀","gb":{"base64":"gUA="},"bn":{"base64":"AQAAAA=="},"vb":{"base64":"/wDDKA=="},"bb":{"base64":""},"js":"{\"a\": 1.10}","uu":"00112233-4455-1677-8899-aabbccddeeff",
		"i4":"1.2.3.4","i6":"::1","g":{"base64":"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="},"gv":5,"gs":5,"inv":9,"or`der":7}'
	two='{"id":2,"i":null,"u":0,"dec1":"0.000","f":0.1,"db":5e-324,"dt":"0000-00-00","ti":"00:00:00.000","dtt":"9999-12-31 23:59:59.999999","ts":"0000-00-00 00:00:00.00","y":0,
		"bi":0,"en":0,"st":"","c":"","vl":"","vu":null,"gb":"","bn":{"base64":"AAAAAA=="},"vb":{"base64":""},"bb":null,"js":null,"uu":null,"i4":null,"i6":null,"g":null,"gv":null,"gs":null,"inv":null,"or`der":null}'
	if kind_is_mysql dst; then
		list=$(jq -c 'map(select(.name | IN("uu", "i4", "i6") | not))' <<<"$list")
		one=$(sed -E 's/"(uu|i4|i6)":"[^"]*",//g' <<<"$one") two=$(sed -E 's/"(uu|i4|i6)":null,//g' <<<"$two")
	fi
	one=$(tr -d '\n\t' <<<"$one") two=$(tr -d '\n\t' <<<"$two")
	for table in t n; do
		{
			echo "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"$table\",\"columns\":$list}"
			chunk 1 $table 10 10 "$one" "$two" "$one" "$two" | { [ $table = n ] && cat || sed '4,5d; s/"rows":4/"rows":2/'; }
		} | snapshot 10 >in
		run_tool 0 apply --checkpoint="$c-$table" in
	done
	want=$(rows 'SELECT i, u, dec1, f+0e0, db, dt, ti, dtt, ts+0, y, bi+0, en+0, st, HEX(c), HEX(vl), HEX(vu), HEX(gb), HEX(bn), HEX(vb), HEX(bb), js'"$own"', HEX(g), gv, gs, inv, `or``der` FROM t' | head -c 3000)
	[ "$want" = '-2147483648 18446744073709551615 -1234567890123456789012345678901234567.100 16777216 1.7976931348623157e308 2024-02-31 -838:59:58.999 0000-00-00 00:00:00.000000 20380119031407.25 1901 8589934591 1 x,y C3A4275C5C00 E980 D83DDE00 8140 01000000 FF00C328  '"$js ${uu:+$uu }"'000000000101000000000000000000F03F0000000000000040 -2147483647 -2147483646 9 7,NULL 0 0.000 0.10000000149011612 5e-324 0000-00-00 00:00:00.000 9999-12-31 23:59:59.999999 0.00 0000 0 0    NULL  00000000  NULL NULL '"$nulls"'NULL NULL NULL NULL NULL' ] ||
		{ echo "$want"; return 1; }
	is 'SELECT COUNT(*) FROM n JOIN t USING (id) WHERE n.u = t.u AND n.bb <=> t.bb AND n.vl <=> t.vl' 4
	# Found again, one of two equal rows.
	for table in t n; do
		{
			echo "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"$table\",\"columns\":$list}"
			tx 20 "$(upd $table "$one" "${one/\"id\":1/\"id\":3}")" "$(upd $table "$two" "${two/\"id\":2/\"id\":4}")"
			tx 30 "$(del $table "${one/\"id\":1/\"id\":3}")"
		} | changes 10 >in
		run_tool 0 apply --checkpoint="$c-$table" in
	done
	is 'SELECT id FROM t' 4
	is 'SELECT id, COUNT(*) FROM n GROUP BY id ORDER BY id' '1 1,2 1,4 1'
}

@test "rows of a keyless table are told apart byte for byte" {
	sql dst 'CREATE TABLE n (a VARCHAR(9), f FLOAT)
		; INSERT INTO n VALUES ("a", 0.1), ("A", 0.1), ("a ", 0.1), ("ä", 0.1), ("x", 16777217)' d
	{
		schema n 'a:varchar(9)' f:float
		tx 20 "$(del n '{"a":"A","f":0.1}')" "$(upd n '{"a":"a ","f":0.1}' '{"a":"b","f":0.1}')" "$(upd n '{"a":"x","f":16777216}' '{"a":"y","f":1}')"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT a FROM n' a,b,ä,y
	{ schema n 'a:varchar(9)' f:float; tx 30 "$(del n '{"a":"Ä","f":0.1}')"; } | changes 29 >in
	run_tool 4 apply --checkpoint="$c" in
}

@test "a text that the target's character set lacks" {
	sql dst 'CREATE TABLE t (a VARCHAR(9)) CHARACTER SET latin1' d
	{ echo '{"op":"schema","db":"d","table":"t","columns":[{"name":"a","type":"varchar(9)","charset":"utf8mb4"}]}'
		tx 20 "$(ins t '{"a":"日本"}')"; } | changes 10 >in
	refused 4 "in:4: table 'd.t': column 'a' is varchar(9) in utf8mb4 at the source and varchar(9) in latin1 at the target, which cannot hold every value" \
		"give the target's column the source's character set, or utf8mb4" --checkpoint="$c"
	sed -i s/utf8mb4/latin1/ in
	run_tool 4 apply --checkpoint="$c" in
	[ "${stderr_lines[0]}" = "dts-apply: in:4: column 'a': the text cannot be written in latin1" ]
	{ echo '{"op":"schema","db":"d","table":"t","columns":[{"name":"a","type":"varchar(9)","charset":"gbk"}]}'
		tx 20 "$(ins t '{"a":{"base64":"gQ=="}}')"; } | changes 10 >in
	sql dst 'ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4' d
	run_tool 4 apply --checkpoint="$c" in
	[ "${stderr_lines[0]}" = "dts-apply: in:4: column 'a': bytes in gbk cannot be converted to the target's utf8mb4" ]
}

# --- DDL

@test "DDL runs with its context, between the transactions around it" {
	sql dst 'CREATE TABLE t (a INT)' d
	{
		schema t a
		tx 20 "$(ins t '{"a":1}')"
		tx 30 "$(ddl alter-table 'ALTER TABLE t ADD b TIMESTAMP NOT NULL DEFAULT \u00272024-01-01 12:00:00\u0027' '{"time_zone":"+05:00","sql_mode":""}')"
		tx 40 "$(ddl alter-table 'ALTER TABLE t ADD c TIMESTAMP NULL DEFAULT NULL, ADD d DATETIME DEFAULT NOW()' '{"timestamp":1700000000.5,"time_zone":"SYSTEM"}')"
		tx 50 "$(ddl create-table 'CREATE TABLE \"q\" (\"x\" VARCHAR(9)) COLLATE utf8mb4_bin' '{"sql_mode":"ANSI_QUOTES,STRICT_TRANS_TABLES","foreign_key_checks":false,"auto_increment_increment":2,"collation_server":"latin1_swedish_ci"}')"
		schema t a b:timestamp c:timestamp d:datetime
		tx 60 "$(ins t '{"a":2,"b":"2024-01-01 00:00:00","c":null,"d":null}')"
	} | changes 10 >in
	sed -i 's/\\"q\\"/\\u0022q\\u0022/; s/\\"x\\"/\\u0022x\\u0022/' in
	run_tool 0 apply --checkpoint="$c" in
	[ -z "$stderr" ]
	is "SET time_zone='+00:00'; SELECT a, b, c, d FROM t" '1 2024-01-01 07:00:00 NULL 2023-11-14 22:13:20,2 2024-01-01 00:00:00 NULL NULL'
	is 'SHOW TABLES' q,t
	is "SELECT COUNT(*) FROM dts.ddl WHERE checkpoint='$c'" 0
	run_tool 0 apply --checkpoint="$c" in
	at 69
}

@test "CREATE TABLE ... SELECT brings its rows" {
	{
		schema u a
		tx 20 "$(ddl create-table 'CREATE TABLE u (a INT)')" "$(ins u '{"a":1}')" "$(ins u '{"a":2}')"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM u' 1,2
	{ schema u a; tx 30 "$(ins u '{"a":3}')" "$(ddl drop-table 'DROP TABLE u')"; } | changes 29 >in
	refused 3 'in:5: a ddl record must be the first of its transaction, and the only one' '' --checkpoint="$c"
}

# crashed SQL: makes the checkpoint as a crash around this statement leaves it:
# the intent is there, the mark is not. "before" is what the tables look like now.
crashed() {
	tx 20 "$(ddl "$1" "$2")" | changes 10 >in
	sql dst "DROP DATABASE IF EXISTS x; CREATE DATABASE x"
	# Let it stop at the statement, with the intent written, by a lock on its tables.
	hold "LOCK TABLES $3"
	follow --checkpoint="$c"
	cat in >&7
	wait_until 10 "[ \"\$(rows \"SELECT COUNT(*) FROM dts.ddl WHERE checkpoint='$c'\")\" = 1 ]"
	wait_until 10 "[ \"\$(rows \"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for%metadata%'\")\" = 1 ]"
	# The statement's own session dies with it, so that it certainly has not run.
	sql dst "KILL $(rows "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for%metadata%'")"
	ended 75
	echo 'UNLOCK TABLES; SELECT "free";' >&6
	wait_until 10 'grep -q free held'
	exec 6>&-
	wait "$holding"
	holding=
	rm -f fifo sql
}

@test "DDL after a crash before it ran: executed again" {
	sql dst 'CREATE TABLE t (a INT)' d
	crashed alter-table 'ALTER TABLE t ADD b INT' 't READ'
	run_tool 0 apply --checkpoint="$c" in
	[[ $(rows 'SHOW COLUMNS FROM t') == *,b* ]]
	at 29
}

@test "DDL after a crash behind it: seen, not executed again" {
	sql dst 'CREATE TABLE t (a INT)' d
	crashed alter-table 'ALTER TABLE t ADD b INT' 't READ'
	sql dst 'ALTER TABLE t ADD b INT' d
	run_tool 0 apply --checkpoint="$c" in
	[ -z "$stderr" ]
	at 29
	is "SELECT COUNT(*) FROM dts.ddl WHERE checkpoint='$c'" 0
}

@test "DDL in doubt after a crash: asked, --ddl-done, --ddl-redo" {
	sql dst 'CREATE TABLE t (a INT, b INT)' d
	crashed alter-table 'ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a' 't READ'
	refused 4 'in:3: a crash left it open whether this statement ran at the target: ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a' \
		'look at the table; then start again with --ddl-done or --ddl-redo' --checkpoint="$c"
	at 10
	run_tool 0 apply --checkpoint="$c" --ddl-done in
	at 29
	is 'SELECT GROUP_CONCAT(COLUMN_NAME) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA="d"' a,b
}

@test "DROP of several tables that a crash cut in two is finished" {
	sql dst 'CREATE TABLE t (a INT); CREATE TABLE u (a INT)' d
	crashed drop-table 'DROP TABLE t, u' 't READ, u READ'
	sql dst 'DROP TABLE t' d
	run_tool 0 apply --checkpoint="$c" in
	is 'SHOW TABLES' ''
	at 29
}

@test "DDL that the target refuses is tried again, or passed over with --ddl-done" {
	tx 20 "$(ddl alter-table 'ALTER TABLE t ADD b INT')" | changes 10 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ ${stderr_lines[0]} == *"Table 'd.t' doesn't exist (error 1146)"*'ALTER TABLE t ADD b INT' ]] || { echo "$stderr"; return 1; }
	[ "${stderr_lines[1]}" = 'dts-apply: hint: mend what the target complains about and start again; or make the change by hand and start again with --ddl-done' ]
	# Mending it must not look as if the statement had run.
	sql dst 'CREATE TABLE t (a INT)' d
	run_tool 0 apply --checkpoint="$c" in
	[[ $(rows 'SHOW COLUMNS FROM t') == *,b* ]]
	tx 30 "$(ddl alter-table 'ALTER TABLE t ADD b INT')" | changes 29 >in
	run_tool 4 apply --checkpoint="$c" in
	run_tool 0 apply --checkpoint="$c" --ddl-done in
	at 39
}

@test "statements that are not for the target to execute" {
	sql dst 'CREATE TABLE t (a INT); INSERT INTO t VALUES (1)' d
	stops() { # MESSAGE HINT KIND SQL
		tx 20 "$(ddl "$3" "$4")" | changes 10 >in
		refused 4 "in:3: $1: $4" "$2" --checkpoint="$c" &&
			refused 4 "in:3: $1: $4" "$2" --no-checkpoint
	}
	by_hand='make the change and fill the rows at the target by hand, then start again with --ddl-done'
	stops "the statement gives existing rows values that the source's log does not carry" "$by_hand" alter-table 'ALTER TABLE t ADD u UUID DEFAULT uuid()'
	stops "the statement numbers existing rows in an order that the source's log does not carry" "$by_hand" alter-table 'ALTER TABLE t ADD n INT AUTO_INCREMENT PRIMARY KEY'
	stops 'not a statement that can be applied' 'make the change at the target by hand, then start again with --ddl-done' unknown 'FROB THE TABLE'
	stops 'not a statement that can be applied' 'make the change at the target by hand, then start again with --ddl-done' dml 'UPDATE t SET a=2'
	other='--other-ddl=hold keeps statements on views, routines, triggers, events and accounts for the cut-over, skip leaves them out, apply runs them'
	stops 'the stream changes an object that is not a table' "$other" create-view 'CREATE VIEW v AS SELECT 1'
	run_tool 0 apply --no-checkpoint --other-ddl=skip in
	is 'SHOW TABLES' t
	run_tool 0 apply --no-checkpoint --other-ddl=apply in
	is 'SHOW TABLES' t,v
	# --ddl-done speaks about the first alone.
	{ tx 20 "$(ddl unknown 'FROB')"; tx 30 "$(ddl unknown 'FROB')"; } | changes 10 >in
	run_tool 4 apply --checkpoint="$c" --ddl-done in
	at 29
	run_tool 0 apply --checkpoint="$c" --ddl-done in
	{ tx 40 "$(ddl admin 'ANALYZE TABLE t')"; tx 50 "$(ddl drop-table 'DROP TEMPORARY TABLE IF EXISTS tt')"; tx 60 "$(ddl drop-table 'DROP TABLE IF EXISTS none')"; } | changes 39 >in
	run_tool 0 apply --checkpoint="$c" in
	[ -z "$stderr" ]
	at 69
}

@test "warnings of DDL are shown" {
	tx 20 "$(ddl create-table 'CREATE TABLE t (a INT) ENGINE=NOENGINE' '{"sql_mode":""}')" | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	[[ $stderr == 'dts-apply: the target gave a warning for: CREATE TABLE t (a INT) ENGINE=NOENGINE: Warning 1286: Unknown storage engine'* ]]
}

# --- torn input

# cut_everywhere: `in` cut at each byte, each run in a place of its own: CUTS in
# it becomes the number of the cut. Prints cuts with another status than 3.
cut_everywhere() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	seq 1 $(($(wc -c <in) - 1)) | xargs -n 25 -P 2 bash -c '
		text=$(cat in; echo .)
		text=${text%.}
		for cut; do
			piece=${text:0:cut}
			printf %s "${piece//9999/$((1000 + cut))}" |
				dts-apply --defaults-file="$0" -g dst --no-checkpoint --allow-nonempty 2>err.$cut
			got=$?; [ $got -eq 3 ] || echo "cut at $cut: status $got: $(cat err.$cut)"
		done' "$(defaults)"
}

# ends LINE...: the byte numbers behind these lines.
ends() { for line; do head -n "$line" in | wc -c; done; }

@test "torn anywhere: status 3, and whole transactions only" {
	sql dst 'CREATE TABLE t (c INT, a INT)' d
	{
		echo '{"op":"stream","v":1,"kind":"changes","src":"s","pos":{"file":"b.1","offset":4}}'
		schema t c a
		echo '{"op":"begin","src":"s","tx":"1","pos":{"file":"b.1","offset":4}}'
		echo '{"op":"insert","db":"d","table":"t","tx":"1","n":1,"after":{"c":9999,"a":1}}'
		echo '{"op":"insert","db":"d","table":"t","tx":"1","n":2,"after":{"c":9999,"a":2}}'
		echo '{"op":"commit","src":"s","tx":"1","n":2,"pos":{"file":"b.1","offset":5}}'
		echo '{"op":"begin","src":"s","tx":"2","pos":{"file":"b.1","offset":5}}'
		echo '{"op":"delete","db":"d","table":"t","tx":"2","n":1,"before":{"c":9999,"a":1}}'
		echo '{"op":"commit","src":"s","tx":"2","n":1,"pos":{"file":"b.1","offset":6}}'
		echo '{"op":"end","src":"s","reason":"done","records":8}'
	} >in
	cut_everywhere >cuts
	[ ! -s cuts ] || { head cuts; return 1; }
	mapfile -t end < <(ends 6 9)
	size=$(wc -c <in)
	is 'SELECT n, COUNT(*), MIN(c)-1000, MAX(c)-1000 FROM (SELECT c, GROUP_CONCAT(a ORDER BY a) n FROM t GROUP BY c) x GROUP BY n ORDER BY 3' \
		"1,2 $((end[1] - end[0])) ${end[0]} $((end[1] - 1)),2 $((size - end[1])) ${end[1]} $((size - 1))"
	run_tool 0 apply --no-checkpoint in
	: >in
	run_tool 3 apply --no-checkpoint in
}

@test "torn anywhere: status 3, and whole chunks only" {
	sql dst 'CREATE TABLE t (c INT, a INT)' d
	{
		echo '{"op":"stream","v":1,"kind":"snapshot","src":"s","pos":{"file":"b.1","offset":4}}'
		schema t c a
		echo '{"op":"chunk","src":"s","id":"1","db":"d","table":"t","pos":{"file":"b.1","offset":4}}'
		echo '{"op":"row","db":"d","table":"t","after":{"c":9999,"a":1}}'
		echo '{"op":"row","db":"d","table":"t","after":{"c":9999,"a":2}}'
		echo '{"op":"chunk-end","src":"s","id":"1","rows":2,"pos":{"file":"b.1","offset":4}}'
		echo '{"op":"end","src":"s","reason":"done","records":5}'
	} >in
	cut_everywhere >cuts
	[ ! -s cuts ] || { head cuts; return 1; }
	mapfile -t end < <(ends 6)
	size=$(wc -c <in)
	is 'SELECT n, COUNT(*), MIN(c)-1000, MAX(c)-1000 FROM (SELECT c, GROUP_CONCAT(a ORDER BY a) n FROM t GROUP BY c) x GROUP BY n' \
		"1,2 $((size - end[0])) ${end[0]} $((size - 1))"
}

@test "each record left out in turn: status 3, and whole transactions only" {
	sql dst 'CREATE TABLE t (a INT)' d
	{
		schema t a
		tx 20 "$(ins t '{"a":1}')" "$(ins t '{"a":2}')"
		tx 30 "$(ins t '{"a":3}')"
		echo "{\"op\":\"heartbeat\",\"src\":\"s\",\"pos\":$(pos 45)}"
		tx 50 "$(ins t '{"a":4}')"
	} | changes 10 >whole
	for ((line = 1; line <= $(wc -l <whole); line++)); do
		sed "${line}d" whole >in
		sql dst 'TRUNCATE t' d
		run_tool 3 apply --no-checkpoint in || { echo "line $line"; return 1; }
		case $(rows 'SELECT a FROM t') in
		'' | 1,2 | 1,2,3 | 1,2,3,4) ;;
		*) rows 'SELECT a FROM t'; return 1 ;;
		esac
	done
	sed 7d whole >in
	run_tool 3 apply --no-checkpoint --no-counts in # a commit is no count
	{ opening changes 10; schema t a; begin 20; numbered 20 "$(ins t '{"a":1}')" "$(ins t '{"a":2}')" | tail -n 1; commit 20 2
		echo '{"op":"end","src":"s","reason":"done","records":9}'; } >in
	sql dst 'TRUNCATE t' d
	run_tool 0 apply --no-checkpoint --no-counts in
	is 'SELECT a FROM t' 2
}

# --- acks, signals, a lost server, locks

@test "acks tell what is durable" {
	sql dst 'CREATE TABLE t (a INT)' d
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; tx 30; tx 40 "$(ins t '{"a":2}')"; tx 50 "$(ddl create-table 'CREATE TABLE u (a INT)')"; } | changes 10 >in
	run_tool 0 apply --checkpoint="$c" --ack in
	[ "$(jq -r '.op + .src + .tx + ":" + (.pos.offset|tostring)' <<<"$output" | tr '\n' ' ')" = \
		'acks0-1-20:29 acks0-1-30:39 acks0-1-40:49 acks0-1-50:59 ' ] || { echo "$output"; return 1; }
	[ "${lines[0]}" = '{"op":"ack","src":"s","tx":"0-1-20","pos":{"file":"bin.000001","offset":29}}' ]
	run_tool 0 apply --checkpoint="$c" --ack in
	[ -z "$output" ]
	sql dst 'DROP TABLE u' d
	run_tool 5 bash -c 'dts-apply --defaults-file="$0" -g dst --no-checkpoint --ack in >/dev/full' "$(defaults)"
	[ "$stderr" = 'dts-apply: in:5: cannot write the output: No space left on device' ] || [[ $stderr == *'cannot write the output: No space left on device' ]]
	sql dst 'DROP TABLE IF EXISTS u; TRUNCATE t' d
	# shellcheck disable=SC2016 # expanded by the inner shell
	run_pipe '5 0' 'dts-apply --defaults-file="$(echo "$DTS_TEST_DIR/my.cnf")" -g dst --new-checkpoint --checkpoint='"$c-2"' --ack <(cat in) | true'
	[ -z "$stderr" ]
}

@test "SIGINT and SIGTERM between, before and inside transactions" {
	sql dst 'CREATE TABLE t (a INT)' d
	follow --checkpoint="$c"
	{ opening changes 10; schema t a; tx 20 "$(ins t '{"a":1}')"; begin 30; numbered 30 "$(ins t '{"a":2}')"; } >&7
	wait_until 10 'is "SELECT * FROM t" 1 >/dev/null'
	kill -INT "$following"
	ended 0
	[ ! -s err ]
	is 'SELECT * FROM t' 1
	at 29
	rm fifo
	sql dst 'TRUNCATE t' d
	follow --checkpoint="$c-s"
	{ opening snapshot 10; schema t a; chunk 1 t 10 10 '{"a":5}'; chunk 2 t 10 10 '{"a":6}' | head -n 2; } >&7
	wait_until 10 'is "SELECT * FROM t" 5 >/dev/null'
	kill -TERM "$following"
	ended 143
	[ ! -s err ]
	is 'SELECT * FROM t' 5
	[[ $(checkpoint show "$c-s") == *'phase: full'* ]]
}

# ends_paused STATUS: while the target hangs, it ends by the signal within some seconds.
ends_paused() {
	server pause dst
	kill -TERM "$following"
	wait_until 5 '! kill -0 "$following" 2>/dev/null' || { server continue dst; return 1; }
	server continue dst
	ended "$1"
	[ ! -s err ]
}

@test "SIGTERM ends it while the target hangs, and the same goes on" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY)' d
	hold 'START TRANSACTION; INSERT INTO t VALUES (1)'
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } | changes 10 >in
	follow --checkpoint="$c"
	cat in >&7
	wait_until 10 'rows "SHOW PROCESSLIST" | grep -q "INSERT INTO .d"'
	ends_paused 143
	echo 'ROLLBACK;' >&6
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1
	rm fifo
	sql dst 'TRUNCATE t' d
	{ schema t a; chunk 1 t 10 10 '{"a":5}'; chunk 2 t 10 10 '{"a":6}'; } | snapshot 10 >in
	echo "START TRANSACTION; INSERT INTO t VALUES (6); SELECT 'again';" >&6
	wait_until 10 'grep -q again held'
	follow -j2 --checkpoint="$c-s"
	cat in >&7
	wait_until 10 'rows "SHOW PROCESSLIST" | grep -q "INSERT INTO .d"'
	ends_paused 143
	echo 'ROLLBACK;' >&6
	run_tool 0 apply -j2 --checkpoint="$c-s" in
	is 'SELECT * FROM t' 5,6
}

status_of() { rows "SHOW GLOBAL STATUS LIKE '$1'" | cut -d' ' -f2; }

deadlocks() {
	if kind_is_mysql dst; then
		rows "SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME='lock_deadlocks'"
	else
		status_of INNODB_DEADLOCKS
	fi
}

@test "a deadlock and a lock wait are repeated" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t WITH RECURSIVE s AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 200) SELECT seq, 0 FROM s' d
	hold 'SET innodb_lock_wait_timeout=50; START TRANSACTION; UPDATE t SET b=1 WHERE a>=3; UPDATE t SET b=0 WHERE a=2'
	follow --checkpoint="$c"
	{ opening changes 10; schema t a b; tx 20 "$(upd t '{"a":1,"b":0}' '{"a":1,"b":5}')" "$(upd t '{"a":2,"b":0}' '{"a":2,"b":5}')"; } >&7
	wait_until 10 '[ "$(status_of INNODB_ROW_LOCK_CURRENT_WAITS)" -eq 1 ]'
	# Ours has changed one row, theirs many: ours is the victim.
	echo 'UPDATE t SET b=0 WHERE a=1; COMMIT; SELECT "done";' >&6
	wait_until 10 'is "SELECT a, b FROM t WHERE a<=3" "1 5,2 5,3 1" >/dev/null'
	[ "$(deadlocks)" -ge 1 ]
	echo '{"op":"end","src":"s","reason":"done","records":5}' >&7
	ended 0
	[ ! -s err ]
	rm fifo
	sql dst 'SET GLOBAL innodb_lock_wait_timeout=1'
	echo 'START TRANSACTION; UPDATE t SET b=9 WHERE a=2; SELECT "again";' >&6
	wait_until 10 'grep -q again held'
	# shellcheck disable=SC2034 # read by wait_until
	before=$(status_of INNODB_ROW_LOCK_WAITS)
	follow --checkpoint="$c"
	{ opening changes 29; schema t a b; tx 30 "$(upd t '{"a":1,"b":5}' '{"a":1,"b":6}')" "$(upd t '{"a":2,"b":5}' '{"a":2,"b":6}')"; } >&7
	wait_until 20 '[ "$(status_of INNODB_ROW_LOCK_WAITS)" -ge $((before + 2)) ]'
	echo 'ROLLBACK;' >&6
	sql dst 'SET GLOBAL innodb_lock_wait_timeout=50'
	echo '{"op":"end","src":"s","reason":"done","records":5}' >&7
	ended 0
	is 'SELECT a, b FROM t WHERE a<=3' '1 6,2 6,3 1'
	at 39
}

@test "a read-only target, and a server that is lost" {
	sql dst 'CREATE TABLE t (a INT)' d
	follow --checkpoint="$c"
	{ opening changes 10; schema t a; tx 20 "$(ins t '{"a":1}')"; } >&7
	wait_until 10 'is "SELECT * FROM t" 1 >/dev/null'
	server kill dst
	tx 30 "$(ins t '{"a":2}')" >&7
	ended 75
	grep -q '^dts-apply: .*dst' err
	run_tool 75 apply --checkpoint="$c" /dev/null
	server restart dst >/dev/null
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; tx 30 "$(ins t '{"a":2}')"; } | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,2
}

# --- forms of the input

@test "compressed, reordered, in several files" {
	sql dst 'CREATE TABLE t (a INT)' d
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } | changes 10 >one
	{ schema t a; tx 30 "$(ins t '{"a":2}')"; } | changes 29 >two
	zstd -q one
	jq -cS . two >sorted
	run_tool 0 apply --checkpoint="$c" one.zst sorted
	is 'SELECT * FROM t' 1,2
	at 39
	# A stream may go on in the next file.
	{ schema t a; tx 40 "$(ins t '{"a":3}')"; } | changes 39 >in
	head -n 3 in >one
	tail -n +4 in >two
	run_tool 0 apply --checkpoint="$c" one two
	is 'SELECT * FROM t' 1,2,3
	printf '%s' "$(cat in)" >two
	run_tool 3 apply --checkpoint="$c" two
	run_tool 3 apply --checkpoint="$c" --max-record=50 in
	[ "${stderr_lines[0]}" = 'dts-apply: in:1: record longer than 50 bytes' ]
}

@test "names that need quoting" {
	sql dst 'CREATE TABLE `we``ird "\n./ñ` (`select` INT, `a``b` INT PRIMARY KEY)' d
	t='we`ird \"\\n./ñ'
	{ echo "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"$t\",\"columns\":[{\"name\":\"a\`b\",\"type\":\"int\"},{\"name\":\"select\",\"type\":\"int\"}]}"
		tx 20 "$(ins "$t" '{"a`b":1,"select":2}')" "$(upd "$t" '{"a`b":1,"select":2}' '{"a`b":1,"select":3}')"; } | changes 10 >in
	run_tool 0 apply --checkpoint="o'b\"\\$c" in
	is 'SELECT * FROM `we``ird "\n./ñ`' '3 1'
	[ "$(checkpoint get "o'b\"\\$c")" = bin.000001:29 ]
}

# --- what a reader would lose without a word

@test "a mistyped checkpoint name applies nothing" {
	sql dst 'CREATE TABLE t (a INT)' d
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } | changes 10 >in
	run_tool 4 dts-apply --defaults-file="$(defaults)" -g dst --checkpoint="$c" in
	[ "$stderr" = "dts-apply: in:1: there is no checkpoint '$c'
dts-apply: hint: the full phase begins it: dts-dump | dts-apply --checkpoint=$c; --new-checkpoint begins one with changes" ]
	is 'SELECT COUNT(*) FROM t' 0
	[[ $(checkpoint list) != *"$c"* ]]
}

@test "types that change values without a word are refused; the largest FLOAT is none" {
	sql dst "CREATE TABLE v (a CHAR(9)); CREATE TABLE e (a ENUM('a','b')); CREATE TABLE x (a ENUM('x')); CREATE TABLE f (a FLOAT)" d
	one() { { schema "$@"; chunk 1 "$1" 10 10; } | snapshot 10 >in; }
	local types="give the target's column the source's type"
	one v 'a:varchar(9)'
	refused 4 "in:2: table 'd.v': column 'a' is varchar(9) at the source and char(9) at the target, which cannot hold every value" \
		'make the target'\''s column a VARCHAR: a CHAR loses trailing spaces' --no-checkpoint
	one e "a:enum('A','b')"
	refused 4 "in:2: table 'd.e': column 'a' is enum('A','b') at the source and enum('a','b') at the target, which cannot hold every value" \
		"give the target's column all of the source's members" --no-checkpoint
	one x 'a:varchar(9)'
	refused 4 "in:2: table 'd.x': column 'a' is varchar(9) at the source and enum('x') at the target, which cannot hold every value" "$types" --no-checkpoint
	{ schema f a:float; chunk 1 f 10 10 '{"a":3.4028235e+38}' '{"a":-3.4028235e+38}' '{"a":1e-45}' '{"a":0.1}'; } | snapshot 10 >in
	run_tool 0 apply --no-checkpoint in
	is 'SELECT COUNT(*) FROM f WHERE a IN (3.4028234663852886e38, -3.4028234663852886e38, 1.401298464324817e-45, 0.10000000149011612)' 4
}

@test "one ddl a transaction, one statement a ddl" {
	sql dst 'CREATE TABLE t (a INT)' d
	{ schema t a; tx 20 "$(ddl create-table 'CREATE TABLE one (a INT)')" "$(ddl create-table 'CREATE TABLE two (a INT)')"; } | changes 10 >in
	run_tool 3 apply --checkpoint="$c" in
	[[ $stderr == *'a ddl record must be the first of its transaction, and the only one'* ]]
	is 'SHOW TABLES' t
	tx 20 "$(ddl alter-table 'ALTER TABLE t ADD b INT; DROP TABLE t')" | changes 10 >in
	run_tool 4 apply --checkpoint="$c" in
	is 'SHOW TABLES' t
}

@test "a table that is made anew with rows, known to the stream before" {
	! kind_is_mysql dst || skip 'MySQL has no CREATE OR REPLACE TABLE'
	sql dst 'CREATE TABLE t (a INT)' d
	{
		schema t a
		tx 20 "$(ins t '{"a":1}')"
		begin 30
		numbered 30 "$(ddl create-table 'CREATE OR REPLACE TABLE t (b INT)')" >body
		head -n 1 body
		schema t b
		numbered 30 "$(ddl create-table x)" "$(ins t '{"b":7}')" | sed -n 2p
		commit 30 2
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT b FROM t' 7
}

@test "a checkpoint set by hand learns its server from the first stream" {
	sql dst 'CREATE TABLE t (a INT)' d
	run_tool 0 checkpoint set "$c" s bin.000001:10
	{ schema t a; tx 20 "$(ins t '{"a":1}')"; } | changes 10 >in
	run_tool 0 dts-apply --defaults-file="$(defaults)" -g dst --checkpoint="$c" in
	[[ $(checkpoint show "$c") == *$'\nserver: A\n'* ]]
	sed -i 's/"id":"A"/"id":"B"/' in
	run_tool 4 dts-apply --defaults-file="$(defaults)" -g dst --checkpoint="$c" in
	[[ $stderr == *'follows another server'* ]]
}
