# dts-apply on schema streams written by hand: every kind of object once, and again.
# status and its kin are set by run; SQL has its own backticks and dollars.
# shellcheck disable=SC2154,SC2016,SC2028,SC2015
load lib/dts
load lib/streams

setup_file() {
	servers_up dst
	sql dst 'SET GLOBAL event_scheduler=ON' # else an event brings a warning, which is told
}
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d COLLATE utf8mb4_unicode_ci'
	c=c$BATS_TEST_NUMBER # the checkpoint of this test
}

# rec KIND SQL [CONTEXT]: with these settings where none are given.
rec() {
	local settings='{"sql_mode":"STRICT_ALL_TABLES","time_zone":"+00:00","charset":"utf8mb4","collation_connection":"utf8mb4_bin"}'

	jq -nc --arg kind "$1" --arg sql "${2//\\n/$'\n'}" --argjson context "${3:-$settings}" \
		'{op:"ddl",db:"d",sql:$sql,kind:$kind,objects:[],context:$context}'
}

# as_stream <records: of a server such as dst is.
as_stream() {
	local family=mariadb version=10.11.1

	! kind_is_mysql dst || family=mysql version=9.7.1
	wrap schema 4 | sed "1s/\"mariadb\",\"version\":\"10.11.1\"/\"$family\",\"version\":\"$version\"/"
}

# run_schema STATUS FILE [OPTION...]: the records of that file as a stream, of the stage that the file is called.
run_schema() {
	local want=$1 file=$2

	shift 2
	as_stream <"$file" | sed "1s/\"pos\":/\"stage\":\"$file\",&/" >in
	run_tool "$want" apply "$@" in
}

quiet() { [ -z "$stderr" ] || { echo "stderr: $stderr"; return 1; }; }

# What the server shows of all that the first test makes.
shown() {
	sql dst 'SHOW CREATE TABLE t; SHOW CREATE VIEW v; SHOW CREATE VIEW w; SHOW CREATE PROCEDURE p; SHOW CREATE FUNCTION f; SHOW CREATE TRIGGER r; SHOW CREATE EVENT e' d |
		sed 's/[0-9-]* [0-9:.]*$//' # a trigger's time
}

objects() {
	rec create-table 'CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` varchar(20) DEFAULT '"'x'"',\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB'
	rec create-function 'CREATE DEFINER=`root`@`localhost` FUNCTION `f`(x INT) RETURNS int DETERMINISTIC RETURN x + 1'
	rec create-procedure 'CREATE DEFINER=`root`@`localhost` PROCEDURE `p`()\nBEGIN -- a comment\n INSERT INTO t VALUES (1, "y"); END'
	rec create-view 'CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v` AS SELECT a, f(a) AS b FROM d.t'
	rec create-view 'CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `w` AS SELECT * FROM d.v WHERE b > 1'
	rec create-trigger 'CREATE DEFINER=`root`@`localhost` TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.b = CONCAT(NEW.b, "!")' \
		'{"sql_mode":"","charset":"utf8mb4","collation_connection":"utf8mb4_bin"}'
	rec create-event 'CREATE DEFINER=`root`@`localhost` EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS "2035-01-01 00:00:00" ON COMPLETION NOT PRESERVE DISABLE DO DELETE FROM d.t' \
		'{"sql_mode":"","time_zone":"SYSTEM","charset":"utf8mb4","collation_connection":"utf8mb4_bin"}'
}

@test "every kind of object is made, and passed over when it comes again" {
	local before n

	objects >body
	# A run that was stopped behind any record, and the same command again.
	for n in 0 3 6; do
		sql dst 'DROP DATABASE d; CREATE DATABASE d COLLATE utf8mb4_unicode_ci'
		as_stream <body >in
		head -n $((n + 1)) in >torn
		run_tool 3 apply torn
		run_schema 0 body
		quiet
		[ "$n" -gt 0 ] || before=$(shown)
		[ "$(shown)" = "$before" ]
	done
	[[ $before == *"SYSTEM"* ]]
	run_schema 0 body
	quiet
	[ "$(shown)" = "$before" ]
	sql dst 'CALL p()' d
	is 'SELECT * FROM w' '1 2'
	is 'SELECT b FROM t' 'y!'
	# An event that is enabled at the cut-over stays so.
	rec alter-event 'ALTER EVENT `e` ENABLE' >enable
	run_schema 0 enable
	run_schema 0 enable
	run_schema 0 body
	is "SELECT status FROM information_schema.events WHERE event_schema='d'" ENABLED
	is "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'dts-try-%'" 0
	# --other-ddl=skip leaves them out.
	sql dst 'DROP DATABASE d; CREATE DATABASE d'
	run_schema 0 body --other-ddl=skip
	is 'SHOW TABLES' t
	is 'SHOW PROCEDURE STATUS WHERE db="d"' ''
}

# other KIND NAME STATEMENT: the object of the stream is refused once the target has this one in its place.
other() {
	sql dst "$3" d
	run_schema 4 body
	[[ $stderr == "dts-apply: in:"*": $1 'd.$2' is at the target already, with another definition
dts-apply: hint: drop it if it is not needed, or change it to the source's definition" ]] || { echo "$3: $stderr"; return 1; }
}

@test "objects of the same name and another definition are refused" {
	local definer='DEFINER=`root`@`localhost`'

	objects >body
	run_schema 0 body
	other event e 'ALTER EVENT e ON SCHEDULE EVERY 2 DAY STARTS "2035-01-01 00:00:00"'
	sql dst 'DROP EVENT e' d
	run_schema 0 body
	other event e 'ALTER EVENT e COMMENT "x"' # and so it has another time zone
	sql dst 'DROP EVENT e' d
	other trigger r "DROP TRIGGER r; CREATE $definer TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.b = CONCAT(NEW.b, '?')"
	other trigger r "DROP TRIGGER r; CREATE $definer TRIGGER r AFTER INSERT ON t FOR EACH ROW SET @x = 1"
	sql dst 'DROP TRIGGER r' d
	run_schema 0 body
	other view w 'ALTER VIEW w AS SELECT * FROM d.v WHERE b > 2'
	other view w 'DROP VIEW w; CREATE TABLE w (a INT)' || [[ $stderr == *"'d.w' is not"* ]]
	sql dst 'DROP TABLE w; CREATE SQL SECURITY INVOKER VIEW w AS SELECT * FROM d.v WHERE b > 1' d
	other view w 'SELECT 1'
	other function f 'DROP FUNCTION f; CREATE FUNCTION f(x INT) RETURNS int DETERMINISTIC RETURN x + 2'
	# The same text under another sql_mode means another thing.
	other function f "DROP FUNCTION f; SET sql_mode='PIPES_AS_CONCAT'; CREATE $definer FUNCTION \`f\`(x INT) RETURNS int DETERMINISTIC RETURN x + 1"
	# Another account's is another object, unless the statement names none.
	sql dst "DROP FUNCTION f; SET sql_mode='STRICT_ALL_TABLES', collation_connection=utf8mb4_bin; CREATE DEFINER=x@y FUNCTION f(x INT) RETURNS int DETERMINISTIC RETURN x + 1" d
	other function f 'SELECT 1'
	sed -i 's/DEFINER=`root`@`localhost` FUNCTION/FUNCTION/' body
	other function f 'SELECT 1'
	other table t 'DROP FUNCTION f; ALTER TABLE t MODIFY b varchar(21)'
}

@test "two runs at once, or one behind a killed one whose statement the server still runs" {
	local kind i pids=()

	rec create-table 'CREATE TABLE `t` (\n  `b` varchar(20) DEFAULT NULL\n) ENGINE=InnoDB' >body
	rec create-view 'CREATE VIEW `v` AS SELECT b FROM d.t' >>body
	rec create-procedure 'CREATE PROCEDURE `p`() SELECT 1' >>body
	rec alter-table 'ALTER TABLE `t`\n  ADD FULLTEXT KEY `f` (`b`)' >>body
	for kind in 'CREATE TABLE' 'CREATE VIEW' 'CREATE PROCEDURE' 'ALTER TABLE'; do
		grep -m 1 "$kind" body >one
		as_stream <one >in
		pids=()
		hold 'FLUSH TABLES WITH READ LOCK'
		for i in 1 2; do
			apply in 2>err$i 3>&- 6>&- &
			pids+=($!)
		done
		wait_until 20 '[ "$(sql dst "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '"'$kind %'"' AND STATE LIKE '"'%wait%'"'")" -eq 2 ]'
		echo 'UNLOCK TABLES;' >&6
		exec 6>&-
		wait "$holding"
		rm sql
		wait "${pids[0]}"
		wait "${pids[1]}"
		! grep -v 'FTS_DOC_ID' err1 err2
	done
	is "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema='d' AND index_name='f'" 1
}

@test "triggers act in the order of the stream, also when one is made again" {
	local name was='{"sql_mode":"","charset":"utf8mb4","collation_connection":"utf8mb4_bin"}'

	rec create-table 'CREATE TABLE `t` (\n  `b` varchar(20) DEFAULT NULL\n) ENGINE=InnoDB' >body
	for name in z y x; do
		rec create-trigger "CREATE TRIGGER $name BEFORE INSERT ON t FOR EACH ROW SET NEW.b = CONCAT(NEW.b, '$name')" "$was" >>body
	done
	rec create-trigger "CREATE TRIGGER w AFTER INSERT ON t FOR EACH ROW SET @a = 1" "$was" >>body
	run_schema 0 body
	run_schema 0 body
	sql dst 'DROP TRIGGER y' d
	run_schema 4 body
	[[ $stderr == *"trigger 'd.x' is at the target already, where it acts before 'y', and not behind it as at the source
dts-apply: hint: drop it, and repeat the command, which makes it again" ]]
	sql dst 'DROP TRIGGER x' d
	run_schema 0 body
	run_schema 0 body
	sql dst "INSERT INTO t VALUES ('')" d
	is 'SELECT b FROM t' zyx
}

@test "a program keeps the character set and collations that it was made with" {
	local wide='{"sql_mode":"","charset":"latin1","collation_connection":"latin1_swedish_ci"}'

	rec create-procedure "CREATE PROCEDURE \`p\`() SELECT 'é', \`a\` FROM (SELECT 1 AS a) x" "$wide" >body
	rec create-function "CREATE FUNCTION \`f\`() RETURNS varchar(3) CHARSET utf8mb4 DETERMINISTIC RETURN '€' /* 漢 */" "$wide" >>body # which is not in latin1
	rec create-view "CREATE VIEW \`v\` AS SELECT 'é' AS \`é\`" "$wide" >>body
	rec alter-database 'ALTER DATABASE `d` COLLATE latin1_german1_ci' >>body
	rec create-procedure 'CREATE PROCEDURE `q`() SELECT 1' >>body
	rec alter-database 'ALTER DATABASE `d` COLLATE utf8mb4_unicode_ci' >>body
	run_schema 0 body
	run_schema 0 body
	quiet
	is "SELECT routine_name, character_set_client, collation_connection, database_collation FROM information_schema.routines WHERE routine_schema='d' ORDER BY 1" \
		'f utf8mb4 latin1_swedish_ci utf8mb4_unicode_ci,p latin1 latin1_swedish_ci utf8mb4_unicode_ci,q utf8mb4 utf8mb4_bin latin1_german1_ci'
	is "SELECT character_set_client FROM information_schema.views WHERE table_schema='d'" latin1
	is 'CALL p()' 'é 1'
	is 'SELECT HEX(f()), `é` FROM v' 'E282AC é'
	# One that was made under another collation of its database is another one.
	sql dst 'DROP PROCEDURE q; CREATE PROCEDURE q() SELECT 1' d
	run_schema 4 body
	[[ $stderr == *"procedure 'd.q' is at the target already, with another definition"* ]]
}

@test "a program belongs into a database of the collation that it was made in" {
	local was='{"sql_mode":"","charset":"utf8mb4","collation_connection":"utf8mb4_bin","collation_database":"%s"}'
	local unicode=${was/\%s/utf8mb4_unicode_ci} german=${was/\%s/latin1_german1_ci}

	{
		rec create-procedure 'CREATE PROCEDURE `p`(a varchar(3)) SELECT a' "$unicode"
		rec alter-database 'ALTER DATABASE `d` COLLATE latin1_german1_ci'
		rec create-procedure 'CREATE PROCEDURE `q`(a varchar(3)) SELECT a' "$german"
		rec alter-database 'ALTER DATABASE `d` COLLATE utf8mb4_unicode_ci'
		rec create-procedure 'CREATE PROCEDURE `r`(a varchar(3)) SELECT a' "$unicode"
	} >body
	# A run that was stopped between the two leaves the database otherwise.
	as_stream <body >in
	head -n 3 in >torn
	run_tool 3 apply torn
	is 'SELECT @@collation_database' latin1_german1_ci
	run_schema 0 body
	run_schema 0 body
	quiet
	is "SELECT routine_name, database_collation FROM information_schema.routines WHERE routine_schema='d' ORDER BY 1" \
		'p utf8mb4_unicode_ci,q latin1_german1_ci,r utf8mb4_unicode_ci'
	# A database that somebody made.
	sql dst 'DROP DATABASE d; CREATE DATABASE d COLLATE latin1_swedish_ci'
	run_schema 4 body
	[[ $stderr == *"procedure 'd.p' was made in a database of the collation utf8mb4_unicode_ci, and that of the target has latin1_swedish_ci, which what it says without a character set would have
dts-apply: hint: give the database the collation at the target, and repeat the command: ALTER DATABASE \`d\` COLLATE utf8mb4_unicode_ci" ]]
	is "SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema='d'" 0
}

@test "foreign keys that a route has written with their database come again" {
	local key='CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `d`.`p` (`a`) ON DELETE CASCADE'

	rec create-table 'CREATE TABLE `d`.`p` (\n  `a` int NOT NULL,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB' >pre
	rec create-table "CREATE TABLE \`d\`.\`c\` (\\n  \`a\` int NOT NULL,\\n  PRIMARY KEY (\`a\`),\\n  $key\\n) ENGINE=InnoDB" >>pre
	rec create-table 'CREATE TABLE `d`.`b` (\n  `a` int NOT NULL,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB' >>pre
	rec alter-table "ALTER TABLE \`d\`.\`b\`\\n  ADD ${key/\`k\`/\`l\`}" >>pre
	run_schema 0 pre
	run_schema 0 pre
	quiet
	is "SELECT constraint_name, referenced_table_name FROM information_schema.referential_constraints WHERE constraint_schema='d' ORDER BY 1" 'k p,l p'
}

@test "a column that fills rows with values of its own comes where there are none" {
	sql dst 'CREATE TABLE t (a INT); CREATE TABLE r (a INT); INSERT INTO r VALUES (1)' d
	rec alter-table 'ALTER TABLE `t`\n  ADD COLUMN `k` varchar(40) DEFAULT (uuid()),\n  ADD COLUMN `n` int NOT NULL AUTO_INCREMENT,\n  ADD PRIMARY KEY (`n`)' >body
	run_schema 0 body
	quiet
	is 'SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema="d" AND table_name="t"' a,k,n
	for column in 'varchar(40) DEFAULT (uuid())' 'int NOT NULL AUTO_INCREMENT PRIMARY KEY'; do
		rec alter-table "ALTER TABLE \`r\` ADD COLUMN \`k\` $column" >body
		run_schema 4 body
		[[ $stderr == *"existing rows"*"ALTER TABLE \`r\` ADD COLUMN"*"dts-apply: hint: make the change and fill the rows at the target by hand; dts-schema --diff does not print it again" ]]
	done
}

@test "a table over other tables comes again, also with keys that came behind the rows" {
	rec create-table 'CREATE TABLE `m` (\n  `a` int NOT NULL,\n  `b` int(5) DEFAULT NULL\n) ENGINE=MyISAM' >pre
	rec create-table 'CREATE TABLE `u` (\n  `a` int NOT NULL,\n  `b` int(5) DEFAULT NULL\n) ENGINE=MRG_MyISAM UNION=(`m`)' >>pre
	rec alter-table 'ALTER TABLE `m`\n  ADD KEY `k` (`b`)' >post
	rec alter-table 'ALTER TABLE `u`\n  ADD KEY `k` (`b`)' >>post
	run_schema 0 pre
	run_schema 0 post
	run_schema 0 pre
	run_schema 0 post
	sed 's/UNION=(`m`)/UNION=(`n`)/' pre >other
	mv other pre
	run_schema 4 pre
	[[ $stderr == *"in:3: table 'd.u' is at the target already, "* ]]
}

@test "an account that may not try is told so, and one that may not make others' objects" {
	local few=(-u few --password-file=word)

	sql dst 'DROP USER IF EXISTS few@localhost; CREATE USER few@localhost IDENTIFIED BY "word"; GRANT ALL ON d.* TO few@localhost'
	echo word >word
	rec create-table 'CREATE TABLE `t` (\n  `a` int\n)' >body
	run_schema 0 body "${few[@]}"
	run_schema 4 body "${few[@]}"
	[ "$stderr" = "dts-apply: in:2: table 'd.t' is at the target already, in other words than those of the statement, and whether they mean the same cannot be told
dts-apply: hint: let the account make it for a moment in a database of its own: GRANT ALL ON \`dts-try-%\`.* TO it, and repeat the command" ]
	rec create-view 'CREATE VIEW `v` AS SELECT 1' >view
	run_schema 0 view "${few[@]}"
	run_schema 4 view "${few[@]}"
	[[ $stderr == *"view 'd.v' is at the target already, in other words"*'GRANT ALL ON `dts-try-%`'* ]]
	rec alter-table 'ALTER TABLE `t`\n  ADD KEY `k` (a ASC)' >key
	run_schema 0 key "${few[@]}"
	run_schema 4 key "${few[@]}"
	[[ $stderr == *"key 'k' of table 'd.t' is at the target already, in other words"*'GRANT ALL ON `dts-try-%`'* ]]
	sql dst 'GRANT ALL ON `dts-try-%`.* TO few@localhost'
	cat body view key >pre
	run_schema 0 pre "${few[@]}"
	quiet
	rec create-procedure 'CREATE DEFINER=`root`@`localhost` PROCEDURE `p`() SELECT 1' >body
	run_schema 4 body "${few[@]}"
	[[ $stderr == *"dts-apply: hint: to make objects of another account needs SET USER (MariaDB) or SET_ANY_DEFINER (MySQL); dts-schema --definer=strip makes them this account's own, --definer=ACCOUNT another's" ]]
	sql dst 'DROP USER few@localhost'
}

@test "accounts and what they may: again and again" {
	sql dst 'DROP USER IF EXISTS schema_u; DROP ROLE IF EXISTS schema_r'
	rec create-table 'CREATE TABLE `t` (`a` int)' >body
	rec account "CREATE USER IF NOT EXISTS \`schema_u\`@\`%\` IDENTIFIED BY 'x'" >>body
	rec account 'CREATE ROLE IF NOT EXISTS `schema_r`' >>body
	rec account 'GRANT SELECT ON `d`.* TO `schema_u`@`%`' >>body
	rec account 'GRANT `schema_r` TO `schema_u`@`%`' >>body
	run_schema 0 body
	run_schema 0 body
	quiet
	[[ $(sql dst 'SHOW GRANTS FOR schema_u') == *'GRANT SELECT ON `d`.*'* ]]
	sql dst 'DROP USER schema_u; DROP ROLE schema_r'
}

@test "packages and their bodies are two objects" {
	local oracle='{"sql_mode":"PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ORACLE,NO_KEY_OPTIONS,NO_TABLE_OPTIONS,NO_FIELD_OPTIONS,NO_AUTO_CREATE_USER","charset":"utf8mb4","collation_connection":"utf8mb4_bin"}'

	! kind_is_mysql dst || return 0
	rec create-package 'CREATE DEFINER="root"@"localhost" PACKAGE "pk" AS FUNCTION f RETURN INT; END' "$oracle" >body
	rec create-package 'CREATE DEFINER="root"@"localhost" PACKAGE BODY "pk" AS FUNCTION f RETURN INT AS BEGIN RETURN 1; END; END' "$oracle" >>body
	run_schema 0 body
	run_schema 0 body
	quiet
	is 'SET sql_mode=ORACLE; SELECT pk.f()' 1
	sed -i 's/RETURN 1/RETURN 2/' body
	run_schema 4 body
	[[ $stderr == *"in:3: package 'd.pk' is at the target already, with another definition"* ]]
}

@test "sequences and where they stand" {
	local at='{"op":"setval","db":"d","table":"s","after":{"next_not_cached_value":1001,"cycle_count":0}}'

	rec create-sequence 'CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 5000 increment by 1 cache 10 nocycle ENGINE=InnoDB' >body
	echo "$at" >>body
	if kind_is_mysql dst; then
		echo "$at" >body
		run_schema 4 body
		[ "$stderr" = "dts-apply: in:2: the target has no sequences such as 'd.s'
dts-apply: hint: dts-schema --for=mysql leaves them out, and says what may take their place" ]
		return
	fi
	run_schema 0 body
	is 'SELECT NEXTVAL(s)' 1001
	run_schema 0 body
	is 'SELECT NEXTVAL(s)' 1002
	sql dst 'SELECT SETVAL(s, 2000)' d
	run_schema 0 body
	is 'SELECT NEXTVAL(s)' 2001
	sql dst 'ALTER SEQUENCE s MAXVALUE 6000' d
	run_schema 4 body
	[[ $stderr == *"sequence 'd.s' is at the target already, with another definition"* ]]
	# A cut stream is told.
	jq -c 'del(.after.cycle_count)' <<<"$at" >body
	run_schema 3 body
	[[ $stderr == *"a setval record needs 'cycle_count' in 'after', a whole number"* ]]
}

# --- keys behind the rows

# create TABLE COLUMNS-AND-KEYS: as SHOW CREATE TABLE writes it, whatever that is here.
create() {
	sql dst "DROP DATABASE IF EXISTS scratch; CREATE DATABASE scratch COLLATE utf8mb4_unicode_ci; SET foreign_key_checks=0; CREATE TABLE scratch.$1 ($2)"
	rec create-table "$(sql dst "SHOW CREATE TABLE scratch.$1" | cut -f 2-)"
	sql dst 'DROP DATABASE scratch'
}

post() {
	rec alter-table 'ALTER TABLE `p`\n  ADD UNIQUE KEY `u` (`b`)'
	rec alter-table 'ALTER TABLE `k`\n  ADD KEY `kb` (`b`),\n  ADD KEY `kp` (`p`),\n  ADD FULLTEXT KEY `ft` (`t`)'
	rec alter-table 'ALTER TABLE `k`\n  ADD CONSTRAINT `fp` FOREIGN KEY (`p`) REFERENCES `p` (`a`) ON DELETE CASCADE,\n  ADD CONSTRAINT `fb` FOREIGN KEY (`b`) REFERENCES `p` (`b`)'
}

definitions() { sql dst 'SHOW CREATE TABLE p; SHOW CREATE TABLE k' d; }

@test "keys behind the rows: what is there is taken out, what is another is refused" {
	local before

	create p 'a int NOT NULL, b int DEFAULT NULL, PRIMARY KEY (a)' >pre
	create k 'a int NOT NULL AUTO_INCREMENT, b int DEFAULT NULL, p int DEFAULT NULL, t text, PRIMARY KEY (a)' >>pre
	post >post
	run_schema 4 post
	[ "$stderr" = "dts-apply: in:2: table 'd.p' is not at the target
dts-apply: hint: make it first: dts-schema --stage=pre prints the statements and dts-apply runs them" ]
	run_schema 0 pre
	sql dst 'INSERT INTO p VALUES (1, 1), (2, 2); INSERT INTO k VALUES (1, 1, 1, "x"), (2, 2, NULL, "y")' d
	run_schema 0 post -j2
	quiet
	before=$(definitions)
	[[ $before == *'UNIQUE KEY `u`'*'FULLTEXT KEY `ft`'*'FOREIGN KEY (`p`)'* ]]
	# Each stage again, also where some of the keys have gone since.
	run_schema 0 pre
	run_schema 0 post
	[ "$(definitions)" = "$before" ]
	sql dst 'ALTER TABLE k DROP FOREIGN KEY fp, DROP KEY ft' d
	run_schema 0 pre
	run_schema 0 post
	quiet
	[ "$(definitions | sort)" = "$(sort <<<"$before")" ]
	# Words that the target writes otherwise.
	sed 's/ADD KEY `kb` (`b`)/ADD KEY `kb` (`b` ASC)/; s/ADD UNIQUE KEY `u` (`b`)/ADD UNIQUE KEY `u` (`b`) KEY_BLOCK_SIZE 0/; s/REFERENCES `p` (`b`)/& MATCH SIMPLE/' post >words
	run_schema 0 words
	quiet
	[ "$(definitions | sort)" = "$(sort <<<"$before")" ]
	is "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'dts-try-%'" 0
	# Others of that name.
	sed 's/ADD KEY `kb` (`b`)/ADD KEY `kb` (`b`,`p`)/' post >other
	run_schema 4 other
	[ "$stderr" = "dts-apply: in:3: key 'kb' of table 'd.k' is at the target already, with another definition: KEY \`kb\` (\`b\`)
dts-apply: hint: drop it, and repeat the command, which adds it: KEY \`kb\` (\`b\`,\`p\`)" ]
	sed 's/ON DELETE CASCADE/ON DELETE SET NULL/' post >other
	run_schema 4 other
	[[ $stderr == *"in:4: foreign key 'fp' of table 'd.k' is at the target already, with another definition: CONSTRAINT"* ]]
	[ "$(definitions | sort)" = "$(sort <<<"$before")" ]
}

@test "keys behind the rows: rows that break them are told, and the command goes on" {
	create p 'a int NOT NULL, b int DEFAULT NULL, PRIMARY KEY (a)' >pre
	create k 'a int NOT NULL, b int DEFAULT NULL, p int DEFAULT NULL, t text, PRIMARY KEY (a)' >>pre
	run_schema 0 pre
	sql dst 'INSERT INTO p VALUES (1, 1), (2, 1); INSERT INTO k VALUES (1, 1, 7, "x")' d
	post >post
	run_schema 4 post
	[[ $stderr == *"cannot build keys of 'd.p'"*"Duplicate entry"*"hint: all rows are there, and two of them have the same value"* ]]
	sql dst 'DELETE FROM p WHERE a=2' d
	run_schema 4 post
	[[ $stderr == *"cannot build keys of 'd.k'"*"hint: all rows are there, and one refers to a parent that is not"* ]]
	sql dst 'UPDATE k SET p=1' d
	run_schema 0 post
	quiet
	sql dst 'DELETE FROM k; DELETE FROM p' d
	run_schema 0 post
	[[ $(definitions) == *'CONSTRAINT `fp` FOREIGN KEY'* ]]
}

@test "a table that is to have all its keys is not there without them, nor with others" {
	create t 'a int NOT NULL, b int DEFAULT NULL, PRIMARY KEY (a), KEY kb (b), KEY ka (a,b)' >all
	run_schema 0 all
	run_schema 0 all
	quiet
	for change in 'DROP KEY kb' 'DROP KEY kb, ADD KEY kb (b, a)' 'ADD KEY more (b)' 'ADD c int' 'MODIFY b int NOT NULL' 'MODIFY b int FIRST'; do
		sql dst 'DROP TABLE t' d
		run_schema 0 all
		sql dst "ALTER TABLE t $change" d
		run_schema 4 all
		[ "$stderr" = "dts-apply: in:2: table 'd.t' is at the target already, with another definition
dts-apply: hint: drop it if it is not needed, or change it to the source's definition" ]
	done
	sql dst 'DROP TABLE t' d
	create t 'a int NOT NULL, b int DEFAULT NULL, PRIMARY KEY (a)' >all
	run_schema 0 all
	sql dst 'ALTER TABLE t ADD KEY more (b)' d
	run_schema 4 all
	# With the keys of rows only, others may have come since; but not another one of the same name.
	create t 'a int NOT NULL AUTO_INCREMENT, b int NOT NULL, c int, PRIMARY KEY (c, b), KEY ka (a), KEY kca (c,a), UNIQUE KEY ub (b)' >pre
	sql dst 'DROP TABLE t' d
	run_schema 0 pre
	sql dst 'ALTER TABLE t ADD KEY more (b)' d
	run_schema 0 pre
	for change in 'DROP KEY more' 'DROP KEY ub, ADD UNIQUE KEY ub (b, a)' 'DROP KEY ub, ADD KEY ub (b)' 'MODIFY c int FIRST'; do
		sql dst "ALTER TABLE t $change" d
		[ "$change" = 'DROP KEY more' ] || run_schema 4 pre
	done
}

@test "a counter is never set back" {
	create t 'a int NOT NULL AUTO_INCREMENT, PRIMARY KEY (a)' >pre
	rec alter-table 'ALTER TABLE `t` AUTO_INCREMENT=100' >final
	run_schema 0 pre
	run_schema 0 final
	sql dst 'INSERT INTO t VALUES ()' d
	run_schema 0 final
	sql dst 'INSERT INTO t VALUES (); ALTER TABLE t AUTO_INCREMENT=500' d
	run_schema 0 final
	sql dst 'INSERT INTO t VALUES ()' d
	is 'SELECT a FROM t' 100,101,500
}
