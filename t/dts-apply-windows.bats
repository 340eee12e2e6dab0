# dts-apply and the windows of tables that were read at several positions, on
# streams written by hand.
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

@test "windows: skipped before, converging inside, strict behind" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT UNIQUE); CREATE TABLE u (a INT PRIMARY KEY)' d
	{
		schema u a
		chunk 1 u 100 100 '{"a":1}'
		schema t a b
		chunk 1 t 200 300 '{"a":1,"b":1}' '{"a":2,"b":2}' '{"a":4,"b":40}'
	} | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" --keys=first in # so that its unique key is there
	at 100
	{
		schema t a b
		schema u a
		tx 110 "$(ins t '{"a":2,"b":2}')" "$(ins u '{"a":2}')"         # t: there already
		tx 210 "$(del t '{"a":3,"b":3}')" "$(ins t '{"a":2,"b":2}')"   # inside: in any state
		tx 220 "$(upd t '{"a":1,"b":1}' '{"a":5,"b":40}')"             # takes b from row 4
		tx 310 "$(ins t '{"a":6,"b":6}')"
	} >body
	changes 100 <body >in
	run_tool 0 apply --keys=first --checkpoint="$c" in
	is 'SELECT * FROM t ORDER BY a' '2 2,5 40,6 6'
	is 'SELECT * FROM u' '1,2'
	at 319
	{ schema t a b; tx 330 "$(del t '{"a":3,"b":3}')"; } | changes 319 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *'the row is not at the target'* ]]
}

@test "windows: no key, partial images and DDL are refused inside" {
	sql dst 'CREATE TABLE t (a INT, b INT); CREATE TABLE k (a INT PRIMARY KEY, b INT)' d
	{ schema t a b; chunk 1 t 100 300 '{"a":1,"b":1}'; schema k a b; chunk 1 k 100 300; } | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" in
	{ schema t a b; tx 210 "$(ins t '{"a":1,"b":1}')"; } | changes 100 >in
	refused 4 "in:4: table 'd.t' has no key, so changes inside its window cannot be repeated" '' --checkpoint="$c"
	{ schema k a b; tx 210 "$(upd k '{"a":1}' '{"b":1}')"; } | changes 100 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *"image lacks column 'a' of table 'd.k'"*'hint: set binlog_row_image=FULL at the source' ]]
	tx 210 "$(ddl alter-table 'ALTER TABLE k ADD c INT')" | changes 100 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *"falls into the time in which the full phase read its tables"*'hint: make the change at the target by hand'* ]]
	is 'SELECT COUNT(*) FROM t' 1
	at 100
}

@test "windows: DDL beside them runs, and what the rows show already is passed over" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT); CREATE TABLE u (a INT PRIMARY KEY); CREATE TABLE v (a INT PRIMARY KEY)' d
	{
		schema u a 'source={"db":"d","table":"u"}'
		chunk 1 u 100 100 '{"a":1}'
		schema t a b 'source={"db":"d","table":"t"}'
		chunk 1 t 200 200 '{"a":1,"b":7}'
		schema v a 'source={"db":"d","table":"v"}'
		chunk 1 v 200 300 '{"a":1}'
	} | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" in
	{
		tx 110 "$(ddl alter-table 'ALTER TABLE t ADD b INT')"       # t was read behind it
		tx 120 "$(ddl truncate-table 'TRUNCATE TABLE t')"
		tx 130 "$(ddl truncate-table 'TRUNCATE TABLE v')"
		tx 140 "$(ddl alter-table 'ALTER TABLE u ADD c INT')"       # u before it
		tx 150 "$(ddl create-table 'CREATE TABLE w (a INT PRIMARY KEY)')"
	} | changes 100 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' '1 7'
	is 'SELECT * FROM v' 1
	is 'SELECT * FROM u' '1 NULL'
	is 'SELECT COUNT(*) FROM w' 0
	at 159
	# Two tables, of which one knows it; a move from one name to another; inside.
	for statement in 'DROP TABLE t, w' 'RENAME TABLE t TO x' 'DROP DATABASE d'; do
		kind=$(tr 'A-Z ' 'a-z-' <<<"$statement" | cut -d- -f1,2)
		tx 160 "$(ddl "$kind" "$statement")" | changes 159 >in
		run_tool 4 apply --checkpoint="$c" in
		[[ $stderr == *"falls into the time in which the full phase read its tables"* ]]
	done
	tx 250 "$(ddl alter-table 'ALTER TABLE v ADD c INT')" | changes 159 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *"falls into the time"* ]]
	# Behind all of them.
	tx 310 "$(ddl alter-table 'ALTER TABLE v ADD c INT')" | changes 159 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM v' '1 NULL'
}

# family DELETE UPDATE: parent p, child k, both with their source's names.
family() {
	sql dst 'DROP TABLE IF EXISTS k, p; CREATE TABLE p (a INT PRIMARY KEY, b INT); CREATE TABLE k (a INT PRIMARY KEY, p INT)' d
	sql dst "ALTER TABLE k ADD CONSTRAINT kp FOREIGN KEY (p) REFERENCES p (a) ON DELETE $1 ON UPDATE $2" d
	p=$(schema p a b 'primary=["a"]' 'foreign=[]' 'source={"db":"d","table":"p"}')
	k=$(schema k a p 'primary=["a"]' "foreign=[{\"name\":\"kp\",\"columns\":[\"p\"],\"to\":{\"db\":\"d\",\"table\":\"p\",\"columns\":[\"a\"]},\"delete\":\"$1\",\"update\":\"$2\"}]" 'source={"db":"d","table":"k"}')
}

@test "windows: what a foreign key did at the source is done again, and its tables have one window" {
	# At 210 the source deletes parent 1 and, unlogged, its children 10 and 11; the
	# children were read before that, the parents behind it. At 220 child 11 comes
	# again, under parent 2.
	for action in CASCADE 'SET NULL'; do
		c=c${action// /}
		family "$action" RESTRICT
		{
			echo "$p"
			chunk 1 p 250 250 '{"a":2,"b":2}' '{"a":3,"b":3}'
			echo "$k"
			chunk 1 k 200 200 '{"a":10,"p":1}' '{"a":11,"p":1}' '{"a":20,"p":2}' '{"a":21,"p":null}'
		} | snapshot 200 >in
		run_tool 0 apply --checkpoint="$c" in
		{
			schema p a b 'source={"db":"d","table":"p"}'
			schema k a p 'source={"db":"d","table":"k"}'
			tx 210 "$(del p '{"a":1,"b":1}')"
			if [ "$action" = CASCADE ]; then
				tx 220 "$(ins k '{"a":11,"p":2}')"
			else
				tx 220 "$(upd k '{"a":11,"p":null}' '{"a":11,"p":2}')"
			fi
			tx 240 "$(ins p '{"a":3,"b":3}')"
			tx 260 "$(upd p '{"a":3,"b":3}' '{"a":3,"b":4}')"
		} | changes 200 >in
		run_tool 0 apply --checkpoint="$c" in
		is 'SELECT * FROM p ORDER BY a' '2 2,3 4'
		if [ "$action" = CASCADE ]; then
			is 'SELECT * FROM k ORDER BY a' '11 2,20 2,21 NULL'
		else
			is 'SELECT * FROM k ORDER BY a' '10 NULL,11 2,20 2,21 NULL'
		fi
		# Behind the window the target's own foreign key acts.
		{ schema p a b; tx 270 "$(del p '{"a":2,"b":2}')"; } | changes 269 >in
		run_tool 0 apply --checkpoint="$c" in
		if [ "$action" = CASCADE ]; then
			is 'SELECT * FROM k ORDER BY a' '21 NULL'
		else
			is 'SELECT * FROM k ORDER BY a' '10 NULL,11 NULL,20 NULL,21 NULL'
		fi
	done
}

@test "windows: what no foreign key did, or what is in the log, is not done again" {
	unacted() { echo "${1/@/@\"flags\":[\"no-foreign-key-checks\"],}"; }
	family CASCADE CASCADE
	sql dst 'CREATE TABLE o (a INT PRIMARY KEY); ALTER TABLE k DROP FOREIGN KEY kp' d
	{
		schema o a
		chunk 1 o 200 200
		echo "$p"
		chunk 1 p 250 250 '{"a":2,"b":2}'
		echo "$k"
		chunk 1 k 230 230 '{"a":10,"p":1}' '{"a":20,"p":2}'
	} | snapshot 200 | sed '1s/"id":"A"/&,"foreign-actions":"logged"/' >in
	run_tool 0 apply --checkpoint="$c" in
	# MySQL says it of each change; that its target has no such key does not matter then.
	{
		schema p a b 'source={"db":"d","table":"p"}'
		schema k a p 'source={"db":"d","table":"k"}'
		tx 210 "$(unacted "$(del p '{"a":1,"b":1}')")" "$(unacted "$(upd p '{"a":3,"b":2}' '{"a":2,"b":2}')")"
		tx 260 "$(unacted "$(del p '{"a":2,"b":2}')")"
	} | changes 200 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM k' '10 1,20 2'
	is 'SELECT COUNT(*) FROM p' 0
	{ schema p a b 'source={"db":"d","table":"p"}'; tx 280 "$(ins p '{"a":5,"b":5}')"; } | changes 269 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *"table 'd.k': foreign key 'kp' (on delete CASCADE, on update CASCADE) is missing at the target"* ]]
}

@test "windows: tables whose foreign keys act in a way that cannot be repeated must stand at one position" {
	family CASCADE CASCADE
	{ echo "$p"; chunk 1 p 250 250 '{"a":2,"b":2}'; echo "$k"; chunk 1 k 200 200 '{"a":10,"p":2}'; } | snapshot 200 >in
	refused 4 "in:10: tables that foreign key 'kp' of 'd.k' joins were read at several positions, and what it did between them is in no log" \
		"read them at one position: dts-checkpoint remove $c, empty the tables, start anew" --checkpoint="$c"
	# At one position, although a later one than another table's.
	c=${c}x
	family CASCADE CASCADE
	sql dst 'CREATE TABLE o (a INT PRIMARY KEY)' d
	{
		schema o a
		chunk 1 o 200 200
		echo "$p"
		chunk 1 p 250 250 '{"a":2,"b":2}'
		echo "$k"
		chunk 1 k 250 250 '{"a":10,"p":2}'
	} | snapshot 200 >in
	run_tool 0 apply --checkpoint="$c" in
	{ schema p a b; tx 240 "$(ins p '{"a":2,"b":2}')"; tx 260 "$(upd p '{"a":2,"b":2}' '{"a":3,"b":2}')"; } | changes 200 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM k' '10 3'
}

@test "windows: changes that the rows show already may be of another form than the table has" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY); CREATE TABLE u (a INT PRIMARY KEY)' d
	{
		schema u a 'source={"db":"d","table":"u"}'
		chunk 1 u 100 100
		schema t a 'primary=["a"]' 'source={"db":"d","table":"t"}'
		chunk 1 t 200 200 '{"a":1}'
	} | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" in
	{
		schema t a b 'source={"db":"d","table":"t"}'
		tx 110 "$(ins t '{"a":1,"b":7}')"
		tx 120 "$(ddl alter-table 'ALTER TABLE t DROP b')"
		schema t a 'source={"db":"d","table":"t"}'
		tx 130 "$(ins t '{"a":2}')"
		tx 250 "$(ins t '{"a":3}')"
	} | changes 100 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,3
}

@test "windows: what foreign keys do is known behind a statement that the rows show already" {
	family CASCADE RESTRICT
	sql dst 'ALTER TABLE k ADD x INT' d
	k=${k/']'/',{"name":"x","type":"int"}]'}
	sql dst 'CREATE TABLE u (a INT PRIMARY KEY)' d
	{
		schema u a
		chunk 1 u 100 100
		echo "$k"
		chunk 1 k 200 200 '{"a":10,"p":1,"x":null}' '{"a":20,"p":2,"x":null}'
		echo "$p"
		chunk 1 p 250 250 '{"a":2,"b":2}'
	} | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" in
	{
		schema k a p 'source={"db":"d","table":"k"}'
		tx 110 "$(ins k '{"a":10,"p":1}')"
		begin 120
		numbered 120 "$(ddl alter-table 'ALTER TABLE k ADD x INT')"
		schema k a p x 'source={"db":"d","table":"k"}'
		commit 120 1
	} | changes 100 >in
	run_tool 0 apply --checkpoint="$c" in
	at 129
	# A later run has its words from the checkpoint.
	{ schema p a b 'source={"db":"d","table":"p"}'; tx 210 "$(del p '{"a":1,"b":1}')"; } | changes 129 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM k' '20 2 NULL'
	is 'SELECT * FROM p' '2 2'
}

@test "windows: a foreign key to a table whose window is open is refused" {
	local statement
	sql dst 'CREATE TABLE p (a INT PRIMARY KEY, b INT); CREATE TABLE k (a INT PRIMARY KEY, p INT)' d
	{
		schema k a p 'source={"db":"d","table":"k"}'
		chunk 1 k 100 100 '{"a":1,"p":1}'
		schema p a b 'source={"db":"d","table":"p"}'
		chunk 1 p 200 300 '{"a":1,"b":1}'
	} | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" in
	for statement in 'CREATE TABLE d.n (a INT PRIMARY KEY, p INT REFERENCES p (a) ON DELETE CASCADE)' \
		'ALTER TABLE k ADD FOREIGN KEY (p) REFERENCES p (a) ON DELETE SET NULL'; do
		kind=$(tr 'A-Z ' 'a-z-' <<<"$statement" | cut -d- -f1,2)
		for pos in 120 250; do
			tx $pos "$(ddl "$kind" "$statement")" | changes 100 >in
			run_tool 4 apply --checkpoint="$c" in
			[[ $stderr == *"falls into the time in which the full phase read its tables"* ]]
		done
	done
	at 100
	is 'SHOW TABLES' k,p
	tx 310 "$(ddl alter-table "$statement")" | changes 100 >in
	run_tool 0 apply --checkpoint="$c" in
	sql dst 'DELETE FROM p' d
	is 'SELECT * FROM k' '1 NULL'
}

# keys TABLE: the names of its keys but the primary one.
keys() { is "SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA='d' AND INDEX_NAME<>'PRIMARY' AND TABLE_NAME='$1' ORDER BY 1" "$2"; }

@test "windows: keys that are not unique come and go inside, a unique one does not" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT, c TEXT, KEY kb (b), UNIQUE ku (b), KEY there (b))' d
	{ schema t a b c:text; chunk 1 t 200 300 '{"a":1,"b":1,"c":"x"}'; } | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" in
	keys t kb,there # ku waits for the end of the window
	{
		schema t a b c:text
		tx 210 "$(ddl create-index 'CREATE INDEX there ON t (b)')"
		tx 220 "$(ddl create-index 'CREATE FULLTEXT INDEX kc ON t (c)')"
		tx 230 "$(ddl alter-table 'ALTER TABLE d.t DROP KEY kb, ADD INDEX kb (b, a), ADD INDEX (a), ALGORITHM=INPLACE')"
		tx 240 "$(ddl drop-index 'DROP INDEX there ON t')"
	} | changes 100 >in
	run_tool 0 apply --checkpoint="$c" in
	keys t a,kb,kc
	is "SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA='d' AND INDEX_NAME='kb'" 2
	at 249
	# What waits, and what is unique.
	for statement in 'CREATE UNIQUE INDEX kd ON t (b)' 'DROP INDEX ku ON t' 'ALTER TABLE t ADD INDEX kd (b), DROP PRIMARY KEY'; do
		kind=$(tr 'A-Z ' 'a-z-' <<<"$statement" | sed 's/unique-//' | cut -d- -f1,2)
		tx 260 "$(ddl "$kind" "$statement")" | changes 249 >in
		run_tool 4 apply --checkpoint="$c" in
		[[ $stderr == *"falls into the time in which the full phase read its tables"* ]]
	done
	{ schema t a b c:text; tx 310 "$(ins t '{"a":3,"b":3,"c":"z"}')"; } | changes 249 >in
	run_tool 0 apply --checkpoint="$c" in
	keys t a,kb,kc,ku
}

@test "windows: a statement inside that was done by hand is passed over with --ddl-done" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT)' d
	{ schema t a b; chunk 1 t 200 300 '{"a":1,"b":1}' '{"a":2,"b":2}'; } | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" in
	{
		schema t a b
		tx 210 "$(upd t '{"a":1,"b":1}' '{"a":1,"b":5}')"
		tx 220 "$(ddl alter-table 'ALTER TABLE t ADD c INT')"
		schema t a b c
		tx 230 "$(ins t '{"a":2,"b":2,"c":2}')"
		tx 240 "$(ddl alter-table 'ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES t (a)')"
	} | changes 100 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *"full phase read its tables: ALTER TABLE t ADD c INT"*'hint: make the change at the target by hand, then start again with --ddl-done; or repeat the full phase'* ]]
	sql dst 'ALTER TABLE t ADD c INT' d
	run_tool 4 apply --checkpoint="$c" --ddl-done in
	[[ $stderr == *"full phase read its tables: ALTER TABLE t ADD FOREIGN KEY"*'hint: repeat the full phase'* ]]
	at 239
	is 'SELECT * FROM t' '1 5 NULL,2 2 2'
	run_tool 4 apply --checkpoint="$c" --ddl-done in
	at 239
}

@test "windows: another server takes the source's place only behind them" {
	# Of GTIDs 0-1-N, N that of the transaction at its offset.
	with_gtids() { sed -E '/"op":"(stream|end)"/s/"offset":([0-9]+)\}/"offset":\1,"gtid":"0-1-5"}/g'; }
	elsewhere() { changes 1 | sed "s/\"id\":\"A\"/\"id\":\"B\",\"instead-of\":\"$1\"/; s/\"pos\":{.*}}/\"pos\":{\"gtid\":\"$2\"}}/"; }
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY)' d
	{ schema t a; chunk 1 t 200 300 '{"a":1}'; } | snapshot 100 | with_gtids >in
	run_tool 0 apply --checkpoint="$c" in
	{ schema t a; tx 210 "$(ins t '{"a":2}')"; } | changes 100 | with_gtids >in
	run_tool 0 apply --checkpoint="$c" in
	elsewhere A 0-1-210 >in
	refused 4 "in:1: another server takes the place of the one that source 's' was copied from, and checkpoint '$c' has tables whose rows were read behind its position, in the log of that one" \
		'go on at the server before until the checkpoint has come past them, or copy the tables anew under a new checkpoint' --checkpoint="$c"
	{ schema t a; tx 310 "$(ins t '{"a":3}')"; } | changes 219 | with_gtids >in
	run_tool 0 apply --checkpoint="$c" in
	elsewhere C 0-1-310 >in
	refused 4 "in:1: checkpoint '$c' follows another server: source 's' was A and is now B" \
		'positions of one server mean nothing on another; start the migration anew, or name the source with --src' --checkpoint="$c"
	elsewhere A 0-1-309 >in
	refused 4 "in:1: the stream begins at GTID '0-1-309', checkpoint '$c' stands at '0-1-310'" \
		"start the reader with --resume=$c@GROUP" --checkpoint="$c"
	elsewhere A 0-1-310 >in
	run_tool 0 apply --checkpoint="$c" in
	[ "$stderr" = "dts-apply: source 's' goes on at another server: checkpoint '$c' stands there by its GTIDs now" ]
	[ "$(checkpoint --gtid get "$c")" = 0-1-310 ]
	# Its files begin anew.
	{ schema t a; tx 20 "$(ins t '{"a":4}')" | sed 's/0-1-20/0-2-311/'; } | changes 10 | sed 's/"id":"A"/"id":"B","instead-of":"A"/; 1s/"pos":{.*}}/"pos":{"gtid":"0-1-310"}}/' >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM t' 1,2,3,4
	at 29
}

# post STATEMENT...: a schema stream of ALTER TABLEs is applied, without a checkpoint; its words are in $stderr.
post() {
	local statement

	for statement; do ddl alter-table "$statement" | tr -d @; done | wrap schema 4 >in
	run_tool 0 dts-apply --defaults-file="$(defaults)" -g dst in
}

pending() { is "SELECT name FROM dts.pendingkey WHERE checkpoint='$c' ORDER BY name" "$1"; }

@test "windows: unique and foreign keys of a schema stream wait, others do not" {
	local keys=('ALTER TABLE `t`\n  ADD UNIQUE KEY `ub` (`b`),\n  ADD KEY `kb` (`b`)' 'ALTER TABLE `u`\n  ADD UNIQUE KEY `uu` (`a`,`b`)'
		'ALTER TABLE `v`\n  ADD UNIQUE KEY `uv` (`b`)' 'ALTER TABLE `u`\n  ADD CONSTRAINT `fu` FOREIGN KEY (`b`) REFERENCES `t` (`b`)'
		'ALTER TABLE `w`\n  ADD CONSTRAINT `fw` FOREIGN KEY (`b`) REFERENCES `v` (`b`)') # v and w show one moment
	sql dst 'DROP DATABASE IF EXISTS dts; CREATE TABLE t (a INT PRIMARY KEY, b INT); CREATE TABLE u (a INT PRIMARY KEY, b INT);
		CREATE TABLE v (a INT PRIMARY KEY, b INT); CREATE TABLE w (a INT PRIMARY KEY, b INT)' d
	{
		schema v a b
		chunk 1 v 250 250 '{"a":1,"b":1}'
		schema w a b
		chunk 1 w 250 250 '{"a":1,"b":1}'
		schema u a b
		chunk 1 u 100 100 '{"a":1,"b":7}'
		schema t a b
		chunk 1 t 200 300 '{"a":1,"b":1}' '{"a":2,"b":1}' # row 1 was 1 when it was read, and is 5 when row 2 is
	} | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" in
	post "${keys[@]}"
	[ "$stderr" = "dts-apply: key 'ub' of 'd.t' waits until the changes of checkpoint '$c' have passed the time in which its rows were read, and is built then
dts-apply: key 'fu' of 'd.u' waits until the changes of checkpoint '$c' have passed the time in which its rows were read, and is built then" ]
	keys t kb
	keys u uu
	keys v uv
	[[ $(sql dst 'SHOW CREATE TABLE w' d) == *'CONSTRAINT `fw` FOREIGN KEY (`b`)'* ]]
	pending fu,ub
	# Again, and with another key of that name.
	said=$stderr
	post "${keys[@]}"
	[ "$stderr" = "$said" ]
	ddl alter-table 'ALTER TABLE t ADD UNIQUE KEY `ub` (`b`,`a`)' | tr -d @ | wrap schema 4 >in
	run_tool 4 apply in
	[[ $stderr == *"key 'ub' of table 'd.t' is at the target already, with another definition: UNIQUE KEY \`ub\` (\`b\`)"* ]]
	{
		schema u a b
		schema t a b
		tx 210 "$(upd t '{"a":1,"b":1}' '{"a":1,"b":5}')"
		tx 250 "$(ins t '{"a":7,"b":7}')"
	} | changes 100 >in
	run_tool 0 apply --checkpoint="$c" in
	keys t kb
	pending fu,ub
	{ schema t a b; tx 310 "$(ins t '{"a":8,"b":8}')"; } | changes 259 >in
	run_tool 0 apply --checkpoint="$c" in
	keys t kb,ub
	pending ''
	[[ $(sql dst 'SHOW CREATE TABLE u' d) == *'CONSTRAINT `fu` FOREIGN KEY (`b`)'* ]]
	# Behind the window they are built at once, whether or not its row is still there.
	sql dst 'ALTER TABLE u DROP FOREIGN KEY fu; ALTER TABLE t DROP KEY ub' d
	post "${keys[@]}"
	[ -z "$stderr" ]
	keys t kb,ub
	pending ''
}

@test "windows: a foreign key that acts comes at once, and changes do not begin without it" {
	local add='ALTER TABLE `k`\n  ADD CONSTRAINT `kp` FOREIGN KEY (`p`) REFERENCES `p` (`b`) ON DELETE CASCADE'
	sql dst 'DROP DATABASE IF EXISTS dts; CREATE TABLE p (a INT PRIMARY KEY, b INT); CREATE TABLE k (a INT PRIMARY KEY, p INT)' d
	family='foreign=[{"name":"kp","columns":["p"],"to":{"db":"d","table":"p","columns":["b"]},"delete":"CASCADE","update":"RESTRICT"}]'
	{
		schema p a b 'primary=["a"]' 'unique=[{"name":"ub","columns":["b"]}]' 'source={"db":"d","table":"p"}'
		chunk 1 p 250 250 '{"a":2,"b":2}'
		schema k a p 'primary=["a"]' "$family" 'source={"db":"d","table":"k"}'
		chunk 1 k 200 200 '{"a":10,"p":1}' '{"a":20,"p":2}'
	} | snapshot 200 >in
	run_tool 0 apply --checkpoint="$c" in
	for table in p k; do
		case $table in
		p) { schema p a b 'source={"db":"d","table":"p"}'; tx 260 "$(del p '{"a":2,"b":2}')"; } ;;
		k) { schema k a p 'source={"db":"d","table":"k"}'; tx 260 "$(del k '{"a":20,"p":2}')"; } ;;
		esac | changes 200 >in
		refused 4 "in:4: table 'd.k': foreign key 'kp' (on delete CASCADE, on update RESTRICT) is missing at the target, and the source does not log what it does" \
			'make it: dts-schema --stage=post prints the statements and dts-apply runs them' --checkpoint="$c"
	done
	is 'SELECT a FROM k' 10,20
	# Child 10 has no parent there: that comes out of the window. The key that it needs comes with it.
	post 'ALTER TABLE `p`\n  ADD UNIQUE KEY `ub` (`b`)' "$add"
	[[ $stderr == *"key 'ub' of 'd.p' waits"* && $stderr != *"'kp'"* ]]
	pending ''
	keys p ub
	[[ $(sql dst 'SHOW CREATE TABLE k' d) == *'CONSTRAINT `kp` FOREIGN KEY'* ]]
	post 'ALTER TABLE `p`\n  ADD UNIQUE KEY `ub` (`b`)' "$add"
	[ -z "$stderr" ]
	{
		schema p a b 'source={"db":"d","table":"p"}'
		tx 210 "$(del p '{"a":1,"b":1}')"
		tx 260 "$(del p '{"a":2,"b":2}')"
	} | changes 200 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT COUNT(*) FROM k' 0
	# It goes at the source, and need not be there any more.
	{
		tx 270 "$(ddl alter-table 'ALTER TABLE k DROP FOREIGN KEY kp')"
		schema k a p 'source={"db":"d","table":"k"}'
		tx 280 "$(ins k '{"a":30,"p":9}')"
	} | changes 269 >in
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT * FROM k' '30 9'
}

# With its name at the source where dts-filter --route has changed it.
grandchildren() { # SOURCE-DATABASE
	local rest='"delete":"CASCADE","update":"RESTRICT"'
	local k="foreign=[{\"name\":\"kp\",\"columns\":[\"p\"],\"to\":{\"db\":\"d\",\"table\":\"p\",\"columns\":[\"a\"]},$rest}]"
	local l="foreign=[{\"name\":\"lk\",\"columns\":[\"k\"],\"to\":{\"db\":\"d\",\"table\":\"k\",\"columns\":[\"a\"]},$rest}]"

	sql dst 'DROP DATABASE IF EXISTS dts; DROP TABLE IF EXISTS l, k, p; CREATE TABLE p (a INT PRIMARY KEY)
		; CREATE TABLE k (a INT PRIMARY KEY, p INT, CONSTRAINT kp FOREIGN KEY (p) REFERENCES p (a) ON DELETE CASCADE)
		; CREATE TABLE l (a INT PRIMARY KEY, k INT, KEY lk (k))' d
	{
		schema p a 'primary=["a"]' "source={\"db\":\"$1\",\"table\":\"p\"}"
		chunk 1 p 200 200 '{"a":1}'
		schema k a p 'primary=["a"]' "$k" "source={\"db\":\"$1\",\"table\":\"k\"}"
		chunk 1 k 200 200 '{"a":10,"p":1}'
		schema l a k 'primary=["a"]' "$l" "source={\"db\":\"$1\",\"table\":\"l\"}"
		chunk 1 l 200 200 '{"a":100,"k":10}'
	} | snapshot 200 >in
	run_tool 0 apply --checkpoint="$c" in
	{ schema p a "source={\"db\":\"$1\",\"table\":\"p\"}"; tx 260 "$(del p '{"a":1}')"; } | changes 200 >in
	refused 4 "in:4: table 'd.l': foreign key 'lk' (on delete CASCADE, on update RESTRICT) is missing at the target, and the source does not log what it does" \
		'make it: dts-schema --stage=post prints the statements and dts-apply runs them' --checkpoint="$c"
	is 'SELECT COUNT(*) FROM l' 1
	sql dst 'ALTER TABLE l ADD CONSTRAINT lk FOREIGN KEY (k) REFERENCES k (a) ON DELETE CASCADE' d
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT COUNT(*) FROM l' 0
}

@test "what a foreign key does goes on to the children's children: their keys have to be there too" { grandchildren d; }

@test "what a foreign key does is known of tables that have another name at the source" { grandchildren elsewhere; }

@test "a foreign key whose parent was left out on purpose need not be there" {
	local k='foreign=[{"name":"kp","columns":["p"],"to":{"db":"other","table":"p","columns":["a"]},"delete":"CASCADE","update":"RESTRICT"}]'

	sql dst 'DROP DATABASE IF EXISTS dts; CREATE TABLE k (a INT PRIMARY KEY, p INT)' d
	{ schema k a p 'primary=["a"]' "$k" 'source={"db":"d","table":"k"}'; chunk 1 k 200 200 '{"a":10,"p":1}'; } | snapshot 200 >in
	run_tool 0 apply --checkpoint="$c" in
	{ schema k a p "$k" 'source={"db":"d","table":"k"}'; tx 260 "$(ins k '{"a":11,"p":1}')"; } | changes 200 >in
	run_tool 0 apply --checkpoint="$c" in
	[ "$stderr" = "dts-apply: foreign key 'kp' of 'd.k' is missing at the target, and its parent 'other.p' is no part of this migration: what it does to rows at the source is lost, as was accepted" ]
	is 'SELECT a FROM k' 10,11
}
