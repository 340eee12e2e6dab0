# dts-apply --keys=after, on streams written by hand.
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
	fk='f`k'
}

teardown() {
	[ -z "${following:-}" ] || { kill -KILL "$following" 2>/dev/null && wait "$following" || :; }
	[ -z "${holding:-}" ] || { kill "$holding" 2>/dev/null && wait "$holding" || :; }
}

definition() { sql "${2:-dst}" "SHOW CREATE TABLE \`$1\`" d | sed 's/ AUTO_INCREMENT=[0-9]*//'; }
keys_of() { definition "$1" "${2:-}" | grep -cE '^  (UNIQUE )?KEY' || :; }
noted() { sql dst "SELECT COUNT(*) FROM dts.pendingkey WHERE checkpoint='$c'"; }

# The catalog's and the process list's words for a statement that waits for us.
waits_for_lock() {
	[ "$(sql dst "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER TABLE %$1%' AND STATE LIKE 'Waiting for table metadata%'")" -gt 0 ]
}

# common_table: what both families have. The names are as awkward as they may be.
# FK is the name of a foreign key.
common_table() {
	sed "s/FK/${fk//\`/\`\`}/" <<'EOT'
CREATE TABLE p (id INT PRIMARY KEY, u INT, x INT, UNIQUE KEY pu (u), KEY px (x));
CREATE TABLE t (id INT PRIMARY KEY COMMENT 'it''s, (KEY `x` ', a VARCHAR(50) CHECK (a <> 'KEY (,\''), b INT, c TEXT, pid INT, sid INT, g GEOMETRY NOT NULL,
 v INT GENERATED ALWAYS AS (b + 1) VIRTUAL, UNIQUE KEY `u``,x` (b) COMMENT 'q''), KEY `z` (a)\\', KEY pre (c(10)), KEY de (a DESC, b), KEY us (b) USING BTREE, KEY vi (v),
 KEY `nl
x` (b,a), KEY `é ß.%` (sid, pid), FULLTEXT KEY ft (c), SPATIAL KEY sp (g),
 CONSTRAINT `FK` FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE, CONSTRAINT self FOREIGN KEY (sid) REFERENCES t (id) ON UPDATE CASCADE,
 CONSTRAINT fu FOREIGN KEY (b) REFERENCES p (u));
CREATE TABLE part (id INT PRIMARY KEY, a INT, b INT, KEY ka (a), UNIQUE KEY kb (id, b)) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE ai (id INT PRIMARY KEY, n INT AUTO_INCREMENT, a INT, KEY kn (n), KEY kna (n, a), KEY ka (a));
CREATE TABLE nopk (a INT NOT NULL, b INT NOT NULL, c INT, UNIQUE KEY k1 (a), UNIQUE KEY k2 (a, b), UNIQUE KEY k3 (c), KEY k4 (b));
EOT
}

common_stream() {
	local point='{"base64":"AAAAAAEBAAAAAAAAAAAAAAAAAAAAAAAAAA=="}'
	{
		schema t id a:'varchar(50)' b c:text pid sid g:geometry \
			'foreign=[{"name":"fk","columns":["pid"],"to":{"db":"d","table":"p","columns":["id"]},"delete":"CASCADE","update":"RESTRICT"},{"name":"self","columns":["sid"],"to":{"db":"d","table":"t","columns":["id"]},"delete":"RESTRICT","update":"CASCADE"}]'
		chunk 1 t 10 10 "{\"id\":1,\"a\":\"x\",\"b\":5,\"c\":\"t\",\"pid\":7,\"sid\":2,\"g\":$point}" \
			"{\"id\":2,\"a\":\"x\",\"b\":6,\"c\":\"t\",\"pid\":null,\"sid\":1,\"g\":$point}"
		schema part id a b
		chunk 1 part 10 10 '{"id":1,"a":1,"b":1}' '{"id":11,"a":1,"b":1}'
		schema ai id n a
		chunk 1 ai 10 10 '{"id":1,"n":3,"a":1}'
		schema nopk a b c
		chunk 1 nopk 10 10 '{"a":1,"b":1,"c":null}' '{"a":2,"b":1,"c":1}'
		schema p id u x
		chunk 1 p 10 10 '{"id":7,"u":5,"x":1}' '{"id":8,"u":6,"x":1}'
		"$@"
	} | snapshot 10
}

mariadb_table() {
	echo 'CREATE TABLE m (id INT PRIMARY KEY, a VARCHAR(20), l BLOB, s DATE, e DATE, PERIOD FOR q (s, e), KEY ig (a) IGNORED COMMENT "x",
		UNIQUE KEY lo (l), UNIQUE KEY wo (id, q WITHOUT OVERLAPS), KEY ka (a(3) DESC))'
}
mariadb_rows() {
	schema m id a:'varchar(20)' l:blob s:date e:date
	chunk 1 m 10 10 '{"id":1,"a":"x","l":{"base64":"AAE="},"s":"2020-01-01","e":"2021-01-01"}'
}
mysql_table() {
	cat <<'EOT'
CREATE TABLE m (id INT PRIMARY KEY, a VARCHAR(20), j JSON, KEY f ((concat(a, 'x\'y,(', '\\', 'é'))), KEY inv (a) INVISIBLE COMMENT 'x',
	KEY mv ((cast(j->'$.z' AS UNSIGNED ARRAY))), UNIQUE KEY fu ((lower(a)) DESC, id), FULLTEXT KEY ft (a) WITH PARSER ngram)
EOT
}
mysql_rows() {
	schema m id a:'varchar(20)' j:json
	chunk 1 m 10 10 '{"id":1,"a":"x","j":"{\"z\":[1,2]}"}'
}

# all_kinds SERVER
all_kinds() {
	local table own=mariadb

	! kind_is_mysql "$1" || own=mysql
	sql "$1" 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
	{ common_table; "${own}_table"; } | client "$1" d
	for table in p t part ai nopk m; do
		definition "$table" "$1" >"$table.before"
	done
	common_stream "${own}_rows" >in
	run_tool 0 dts-apply --defaults-file="$(defaults)" -g "$1" --checkpoint="$c" -j3 in
	[ -z "$stderr" ] || { echo "$stderr"; return 1; }
	for table in p t part ai nopk m; do
		definition "$table" "$1" >"$table.after"
		# A SPATIAL key stays, and so comes before those of its rank that were built.
		[ "$table" != t ] || sed -i '/SPATIAL/d' t.before t.after
		diff "$table.before" "$table.after" || return 1
	done
	[ "$(sql "$1" "SELECT COUNT(*) FROM dts.pendingkey")" -eq 0 ]
	[ "$(sql "$1" "SELECT COUNT(*) FROM t FORCE INDEX (de)" d)" -eq 2 ]
}

@test "keys of all kinds come back as they were" {
	all_kinds dst
}

@test "keys of all kinds come back as they were, MariaDB 11.8" {
	servers_up new=mariadb118
	fk='f k' # it does not double the backtick when it shows a foreign key
	all_kinds new
	sql new 'CREATE TABLE b (id INT PRIMARY KEY, p INT, KEY kp (p), CONSTRAINT `x``y` FOREIGN KEY (p) REFERENCES p (id))' d
	definition b new >b.before
	{ schema b id p; chunk 1 b 10 10 '{"id":1,"p":null}'; } | snapshot 10 >in
	run_tool 0 dts-apply --defaults-file="$(defaults)" -g new --checkpoint="$c-2" in
	[[ $stderr == "dts-apply: the keys stay while the rows are loaded: table 'd.b': cannot understand "* ]]
	definition b new | diff b.before -
	server remove new
}

@test "keys of all kinds come back as they were, MySQL" {
	servers_up my=mysql97
	all_kinds my
	server remove my
}

@test "what stays, what is noted, and the same command goes on" {
	{ common_table; mariadb_table; } | client dst d
	local before
	before=$(definition t | grep -v SPATIAL; definition nopk; definition ai; definition m)
	common_stream mariadb_rows >whole
	# Torn: the chunks before are there, and the keys of their tables wait.
	sed '/"op":"schema","db":"d","table":"p"/,$d' whole >in
	mariadb_rows >>in
	run_tool 3 apply --checkpoint="$c" in
	[ "$(definition t | grep -oE '^  (FULLTEXT |SPATIAL |UNIQUE )?KEY' | sort | tr '\n' ' ')" = '  FULLTEXT KEY   SPATIAL KEY ' ]
	[ "$(definition nopk | grep -oE 'KEY `[^`]*`' | tr '\n' ' ')" = 'KEY `k1` KEY `k2` ' ]
	[ "$(definition ai | grep -oE 'KEY `[^`]*`' | tr '\n' ' ')" = 'KEY `kn` ' ]
	# Another table's foreign key would have lived on pu; that one waits, too.
	[[ $(checkpoint show "$c") == *'to be built: d.t: UNIQUE KEY `u``,x` (`b`) COMMENT '*'to be built: d.t: CONSTRAINT `f``k` FOREIGN KEY'* ]]
	run_tool 4 dts-checkpoint --defaults-file="$(defaults)" -g dst remove "$c"
	[[ $stderr == "dts-checkpoint: checkpoint '$c' keeps "*' keys of the target that are still to be built'$'\n'*'--force forgets them' ]]
	cp whole in
	run_tool 0 apply --checkpoint="$c" in
	[ -z "$stderr" ]
	diff <(echo "$before") <(definition t | grep -v SPATIAL; definition nopk; definition ai; definition m)
	[ "$(noted)" -eq 0 ]
	[[ $(checkpoint show "$c") != *'to be built'* ]]
	checkpoint remove "$c"
}

@test "a table that comes in one chunk keeps keys that no row can break" {
	local altered table

	sql dst 'CREATE DATABASE few; CREATE DATABASE copy; USE few; CREATE TABLE plain (id int PRIMARY KEY, v int, KEY kv (v));
		CREATE TABLE uniq (id int PRIMARY KEY, v int, UNIQUE KEY uv (v)); CREATE TABLE many (id int PRIMARY KEY, v int, KEY kv (v));
		INSERT INTO plain VALUES (1,1),(2,1); INSERT INTO uniq SELECT id, id FROM plain; INSERT INTO many SELECT a.id*10+b.id, 1 FROM plain a, plain b;
		CREATE TABLE copy.plain LIKE plain; CREATE TABLE copy.uniq LIKE uniq; CREATE TABLE copy.many LIKE many'
	altered=$(sql dst "SHOW GLOBAL STATUS LIKE 'Com_alter_table'" | cut -f 2)
	dts-dump --defaults-file="$(defaults)" -g dst --chunk-size=100 few | dts-filter --route='few.*=copy.*' | apply --checkpoint="$c"
	# Drop and add of the other two.
	[ "$(sql dst "SHOW GLOBAL STATUS LIKE 'Com_alter_table'" | cut -f 2)" -eq $((altered + 4)) ]
	for table in plain uniq many; do
		diff <(sql dst "SHOW CREATE TABLE few.$table; SELECT * FROM few.$table ORDER BY 1") <(sql dst "SHOW CREATE TABLE copy.$table; SELECT * FROM copy.$table ORDER BY 1")
	done
	sql dst 'DROP DATABASE few; DROP DATABASE copy'
}

@test "a schema that is repeated passes over tables whose keys are to be built" {
	local create='CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  `b` int(11) DEFAULT NULL,\n  PRIMARY KEY (`a`),\n  KEY `kb` (`b`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci'
	echo "{\"op\":\"ddl\",\"db\":\"d\",\"sql\":\"$create\",\"kind\":\"create-table\",\"objects\":[]}" | wrap schema 4 >pre
	run_tool 0 apply pre
	{ opening snapshot 10; schema t a b; chunk 1 t 10 10 '{"a":1,"b":1}'; } >torn
	run_tool 3 apply --checkpoint="$c" torn
	[ "$(keys_of t)" -eq 0 ]
	run_tool 0 apply pre
	[ "$(keys_of t)" -eq 0 ]
	sed 's/`kb` (`b`)/`kb` (`b`,`a`)/' pre >other
	run_tool 4 apply other
	[[ $stderr == *"table 'd.t' is at the target already, with another definition"* ]]
	sql dst 'ALTER TABLE t ADD c INT' d
	run_tool 4 apply pre
}

@test "rows before keys: first, and tables that are not empty" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT, KEY kb (b)); CREATE TABLE u LIKE t; INSERT INTO u VALUES (9, 9)' d
	{ schema t a b; chunk 1 t 10 10 '{"a":1,"b":1}'; schema u a b; chunk 1 u 10 10 '{"a":1,"b":1}'; } >body
	{ opening snapshot 10; cat body; } >in
	run_tool 4 apply --checkpoint="$c" --keys=first in
	[[ $stderr == *"table 'd.u' at the target is not empty"* ]]
	[ "$(keys_of t)" -eq 1 ]
	sql dst 'TRUNCATE t' d
	run_tool 3 apply --checkpoint="$c-2" --allow-nonempty in
	[ "$(keys_of t)" -eq 0 ]
	[ "$(keys_of u)" -eq 1 ]
	snapshot 10 <body >in
	# What was noted is built, also by a run that would not have dropped it.
	run_tool 0 apply --checkpoint="$c-2" --allow-nonempty --keys=first in
	[ "$(keys_of t)" -eq 1 ]
	refused 2 '--keys=after needs --checkpoint=NAME, which keeps the keys that are to be built' \
		'without it a crash would lose them' --keys=after
	refused 2 '--keys=later: choose after or first' '' --keys=later
}

@test "killed while it waits to drop, and while it waits to build" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT, c INT, KEY kb (b), UNIQUE KEY kc (c)); CREATE TABLE x (a INT PRIMARY KEY)' d
	{ schema t a b c; chunk 1 t 10 10 '{"a":1,"b":1,"c":1}'; } | snapshot 10 >in
	local before pid
	before=$(definition t)
	hold 'START TRANSACTION; SELECT COUNT(*) FROM t'
	dts-apply --defaults-file="$(defaults)" -g dst --checkpoint="$c" in 3>&- 6>&- &
	following=$!
	wait_until 20 'waits_for_lock DROP'
	[ "$(noted)" -eq 2 ]
	kill -KILL "$following"
	wait "$following" || :
	# The next one waits until the server has let go of the dead one's session.
	apply --checkpoint="$c" --lock-wait=60 in 3>&- 6>&- &
	following=$!
	echo 'COMMIT;' >&6
	wait "$following"
	following=
	[ "$(definition t)" = "$before" ]
	[ "$(noted)" -eq 0 ]
	is 'SELECT * FROM t' '1 1 1'

	sql dst 'TRUNCATE TABLE t' d
	{ opening snapshot 10; schema t a b c; chunk 1 t 10 10 '{"a":1,"b":1,"c":1}'; } >torn
	c=$c-2
	run_tool 3 apply --checkpoint="$c" torn
	[ "$(keys_of t)" -eq 0 ]
	echo "START TRANSACTION; SELECT COUNT(*) FROM t; SELECT 'again';" >&6
	wait_until 10 'grep -q again held'
	dts-apply --defaults-file="$(defaults)" -g dst --checkpoint="$c" in 3>&- 6>&- &
	following=$!
	wait_until 20 'waits_for_lock ADD'
	kill -KILL "$following"
	wait "$following" || :
	[ "$(noted)" -eq 2 ]
	apply --checkpoint="$c" --lock-wait=60 in 3>&- 6>&- &
	following=$!
	wait_until 20 '[ "$(checkpoint show "$c" | grep -c "phase: full")" -eq 1 ]'
	echo 'COMMIT;' >&6
	wait "$following"
	following=
	[ "$(definition t)" = "$before" ]
	[ "$(noted)" -eq 0 ]
	[[ $(checkpoint show "$c") == *'phase: changes'* ]]
}

@test "a stop signal ends the building, and the same command goes on" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b INT, KEY kb (b))' d
	local before
	before=$(definition t)
	{ opening snapshot 10; schema t a b; chunk 1 t 10 10 '{"a":1,"b":1}'; } >torn
	{ schema t a b; chunk 1 t 10 10 '{"a":1,"b":1}'; } | snapshot 10 >in
	run_tool 3 apply --checkpoint="$c" torn
	hold 'START TRANSACTION; SELECT COUNT(*) FROM t'
	dts-apply --defaults-file="$(defaults)" -g dst --checkpoint="$c" in 2>err 3>&- 6>&- &
	following=$!
	wait_until 20 'waits_for_lock ADD'
	kill -TERM "$following"
	local got=0
	wait "$following" || got=$?
	following=
	[ "$got" -eq 143 ] || { echo "$got"; cat err; return 1; }
	[ ! -s err ] || { cat err; return 1; }
	echo 'COMMIT;' >&6
	[ "$(noted)" -eq 1 ]
	run_tool 0 apply --checkpoint="$c" in
	[ "$(definition t)" = "$before" ]
}

@test "keys that the rows do not allow" {
	sql dst 'CREATE TABLE p (a INT PRIMARY KEY); CREATE TABLE t (a INT PRIMARY KEY, b INT, p INT, UNIQUE KEY kb (b), KEY kp (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (a))' d
	local before
	before=$(definition t)
	{ schema t a b p; chunk 1 t 10 10 '{"a":1,"b":1,"p":1}' '{"a":2,"b":1,"p":2}'; schema p a; chunk 1 p 10 10 '{"a":1}'; } | snapshot 10 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *"cannot build keys of 'd.t' with 'ALTER TABLE \`d\`.\`t\` ADD UNIQUE KEY \`kb\` (\`b\`), ADD KEY \`kp\` (\`p\`)'"*"Duplicate entry '1' for key"*'hint: all rows are there, and two of them have the same value'* ]]
	[[ $(checkpoint show "$c") == *'phase: full'* ]]
	[ "$(noted)" -eq 3 ]
	is 'SELECT COUNT(*) FROM t' 2
	sql dst 'UPDATE t SET b=2 WHERE a=2' d
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *"ADD CONSTRAINT \`f\` FOREIGN KEY"*'a foreign key constraint fails'*'hint: all rows are there, and one refers to a parent that is not'* ]]
	[ "$(noted)" -eq 1 ]
	[ "$(keys_of t)" -eq 2 ]
	sql dst 'INSERT INTO p VALUES (2)' d
	run_tool 0 apply --checkpoint="$c" in
	[ "$(definition t)" = "$before" ]
}

@test "a foreign key of two columns, with NULLs and letters of either case" {
	sql dst 'CREATE TABLE p (i INT PRIMARY KEY, a INT, b VARCHAR(9), UNIQUE KEY ab (a,b)) COLLATE utf8mb4_general_ci
		; CREATE TABLE t (i INT PRIMARY KEY, a INT, b VARCHAR(9), KEY ab (a,b), CONSTRAINT f FOREIGN KEY (a,b) REFERENCES p (a,b)) COLLATE utf8mb4_general_ci' d
	local before
	before=$(definition t)
	{
		schema t i a b:varchar\(9\) 'primary=["i"]'
		chunk 1 t 10 10 '{"i":1,"a":1,"b":"X"}' '{"i":2,"a":null,"b":"gone"}' '{"i":3,"a":9,"b":null}' '{"i":4,"a":2,"b":"y"}' '{"i":5,"a":2,"b":"w"}'
		schema p i a b:varchar\(9\) 'primary=["i"]'
		chunk 1 p 10 10 '{"i":1,"a":1,"b":"x"}' '{"i":2,"a":2,"b":"Y"}' '{"i":3,"a":2,"b":null}'
	} | snapshot 10 >in
	run_tool 4 apply --checkpoint="$c" in
	[[ $stderr == *'a foreign key constraint fails'*'hint: all rows are there, and one refers to a parent that is not'* ]]
	[ "$(noted)" -eq 1 ]
	sql dst 'DELETE FROM t WHERE i=5' d
	run_tool 0 apply --checkpoint="$c" in
	[ "$(definition t)" = "$before" ]
	[ "$(noted)" -eq 0 ]
}

@test "rows of two moments: unique and foreign keys wait for the changes" {
	sql dst 'CREATE TABLE p (a INT PRIMARY KEY, u INT, n INT, UNIQUE KEY ku (u), KEY kn (n)); CREATE TABLE t (a INT PRIMARY KEY, p INT, KEY kp (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (a))
		; CREATE TABLE o (a INT PRIMARY KEY, u INT, UNIQUE KEY ku (u))' d
	local before
	before=$(definition p; definition t; definition o)
	{
		schema t a p
		chunk 1 t 10 10 '{"a":1,"p":5}' # its parent is removed ...
		schema p a u n
		# ... and row 9 gets the u of row 1 while these are read.
		chunk 1 p 10 40 '{"a":1,"u":1,"n":1}' '{"a":9,"u":1,"n":1}'
		schema o a u
		chunk 1 o 30 30 '{"a":1,"u":1}'
	} | snapshot 10 >in
	run_tool 0 apply --checkpoint="$c" in
	[ "$stderr" = "dts-apply: keys wait until the changes have come to bin.000001:40: 'ku' of 'd.p', 'f' of 'd.t'" ]
	[ "$(definition o)" = "$(echo "$before" | sed -n '/TABLE `o`/,$p')" ]
	[ "$(keys_of p)" -eq 1 ]
	{ schema t a p; schema p a u n; tx 11 "$(upd t '{"a":1,"p":5}' '{"a":1,"p":9}')"; } | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	[[ $stderr == "dts-apply: keys wait until the changes have come to bin.000001:40: "* ]]
	[ "$(noted)" -eq 2 ]
	{
		schema t a p
		schema p a u n
		schema o a u
		tx 21 "$(upd p '{"a":1,"u":1,"n":1}' '{"a":1,"u":2,"n":1}')"
		tx 31 "$(upd p '{"a":9,"u":3,"n":1}' '{"a":9,"u":1,"n":1}')"
		tx 50 "$(ins p '{"a":10,"u":10,"n":1}')" "$(ins o '{"a":2,"u":2}')"
	} | changes 20 >in
	run_tool 0 apply --checkpoint="$c" in
	[ -z "$stderr" ]
	[ "$(definition p; definition t; definition o)" = "$before" ]
	is 'SELECT * FROM p ORDER BY a' '1 2 1,9 1 1,10 10 1'
	[ "$(noted)" -eq 0 ]
	is "SELECT COUNT(*) FROM dts.tablewindow WHERE checkpoint='$c'" 0
	at 59
}

@test "keys that are built between two transactions: what follows waits by them" {
	sql dst 'CREATE TABLE p (a INT PRIMARY KEY, u INT, n INT, UNIQUE KEY ku (u)); CREATE TABLE o (a INT PRIMARY KEY, b INT)' d
	{
		schema p a u n
		chunk 1 p 10 40 '{"a":1,"u":2,"n":1}' '{"a":9,"u":1,"n":1}'
		schema o a b
		chunk 1 o 30 30 '{"a":1,"b":0}'
	} | snapshot 10 >in
	run_tool 0 apply --checkpoint="$c" in
	{
		schema p a u n
		schema o a b
		tx 31 "$(upd p '{"a":1,"u":2,"n":1}' '{"a":1,"u":2,"n":2}')"
		# Of one unit, which hangs; its value is taken by the next one.
		tx 50 "$(upd o '{"a":1,"b":0}' '{"a":1,"b":1}')" "$(upd p '{"a":1,"u":2,"n":2}' '{"a":1,"u":7,"n":2}')"
		tx 60 "$(upd p '{"a":9,"u":1,"n":1}' '{"a":9,"u":2,"n":1}')"
	} | changes 10 >in
	hold 'SET innodb_lock_wait_timeout=50; START TRANSACTION; UPDATE o SET b=0 WHERE a=1'
	follow -j2 --group-size=200 --checkpoint="$c"
	cat in >&7
	wait_until 10 'sql dst "SHOW PROCESSLIST" | grep -q "UPDATE .d.\..o. "'
	echo 'ROLLBACK;' >&6
	ended 0
	[ "$(keys_of p)" -eq 1 ]
	is 'SELECT * FROM p ORDER BY a' '1 7 2,9 2 1'
}

@test "a foreign key with an action does not wait; a DDL statement behind the window finds its keys" {
	sql dst 'CREATE TABLE p (a INT PRIMARY KEY, u INT, UNIQUE KEY ku (u)); CREATE TABLE t (a INT PRIMARY KEY, p INT, KEY kp (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (a) ON DELETE CASCADE)' d
	local before foreign='foreign=[{"name":"f","columns":["p"],"to":{"db":"d","table":"p","columns":["a"]},"delete":"CASCADE","update":"RESTRICT"}]'
	before=$(definition t)
	{
		schema t a p "$foreign"
		chunk 1 t 10 10 '{"a":1,"p":5}'
		schema p a u
		chunk 1 p 10 40 '{"a":1,"u":1}' '{"a":9,"u":9}'
	} | snapshot 10 >in
	run_tool 0 apply --checkpoint="$c" in
	[ "$stderr" = "dts-apply: keys wait until the changes have come to bin.000001:40: 'ku' of 'd.p'" ]
	[ "$(definition t)" = "$before" ]
	tx 50 "$(ddl alter-table 'ALTER TABLE p DROP KEY ku')" | changes 10 >in
	run_tool 0 apply --checkpoint="$c" in
	[ "$(keys_of p)" -eq 0 ]
	[ "$(noted)" -eq 0 ]
	at 59
}

@test "a resumed full phase of a database that is written to ends with all keys" {
	local cnf n table
	cnf=$(defaults)
	servers_up src
	sql src 'DROP DATABASE IF EXISTS w; CREATE DATABASE w'
	sql dst 'DROP DATABASE IF EXISTS w'
	sql src 'CREATE TABLE p (id INT PRIMARY KEY, u INT, UNIQUE KEY ku (u), KEY kn (u, id)); CREATE TABLE c (id INT PRIMARY KEY, p INT, KEY kp (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id))' w
	for n in {1..3000}; do echo "($n,$n)"; done | paste -sd, >values
	sql src "INSERT INTO p VALUES $(<values); INSERT INTO c VALUES $(<values)" w
	# Rows change their unique values among each other; children and their parents go.
	work() {
		local i j

		for n in {1..150}; do
			random 1 2800
			i=$REPLY
			random 1 2800
			j=$REPLY
			echo "START TRANSACTION; SET @a=NULL, @b=NULL; SELECT u INTO @a FROM p WHERE id=$i; SELECT u INTO @b FROM p WHERE id=$j;
				UPDATE p SET u=-1 WHERE id=$i; UPDATE p SET u=@a WHERE id=$j; UPDATE p SET u=@b WHERE id=$i;
				DELETE FROM c WHERE p=$i; COMMIT; DELETE FROM p WHERE id=$i AND id NOT IN (SELECT p FROM c) AND u % 2 = 0;"
		done | client src w
	}
	dts-schema --defaults-file="$cnf" -g src w | dts-apply --defaults-file="$cnf" -g dst
	work
	run_pipe '* 0 3' "dts-dump --defaults-file=$cnf -g src --chunk-size=4K w | head -n 4500 |
		dts-apply --defaults-file=$cnf -g dst -j2 --checkpoint=$c"
	work
	run_pipe '0 0' "dts-dump --defaults-file=$cnf -g src -j2 --chunk-size=4K --resume=$c@dst w |
		dts-apply --defaults-file=$cnf -g dst -j2 --checkpoint=$c"
	[[ $stderr == *'keys wait until the changes have come to '*"'ku' of 'w.p'"* ]]
	work
	run_pipe '0 0' "dts-binlog --defaults-file=$cnf -g src --resume=$c@dst w | dts-apply --defaults-file=$cnf -g dst --checkpoint=$c"
	for table in p c; do
		diff <(sql src "SHOW CREATE TABLE $table" w) <(sql dst "SHOW CREATE TABLE $table" w)
	done
	same_rows src dst w
	[ "$(noted)" -eq 0 ]
}
