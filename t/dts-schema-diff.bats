# dts-schema --diff: the structure of two servers compared, and made the same.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up ma=mariadb mb=mariadb118 my=mysql97 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
}

# two SERVER: empty databases w, what is wanted, and p, what is there.
two() {
	sql "$1" 'SET foreign_key_checks=0; DROP DATABASE IF EXISTS w; DROP DATABASE IF EXISTS p; CREATE DATABASE w CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci
		; CREATE DATABASE p CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci'
}

# diff_of SOURCE TARGET OPTION...
diff_of() {
	timeout 100 dts-schema --defaults-file="$(defaults)" --diff -g "$1" -G "$2" "${@:3}"
}

# here SERVER OPTION...: w against p.
here() {
	diff_of "$1" "$1" w --route='w.*=p.*' "${@:2}"
}

# The statements of $output.
statements() {
	printf '%s\n' "$output" | jq -r 'select(.op == "ddl").sql'
}

# made_same TARGET: runs $output there.
made_same() {
	printf '%s\n' "$output" | timeout 100 dts-apply --defaults-file="$(defaults)" -g "$1"
}

# alike SERVER: nothing is different, and the servers' own catalogs agree, but for the character set that MySQL
# gives literals when a table is altered.
alike() {
	local part

	run_tool 0 here "$1"
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 2 ]
	for part in "TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION
			FROM information_schema.COLUMNS WHERE TABLE_SCHEMA" \
		"TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, INDEX_TYPE, COLLATION, INDEX_COMMENT FROM information_schema.STATISTICS WHERE TABLE_SCHEMA" \
		"TABLE_NAME, ENGINE, ROW_FORMAT, TABLE_COLLATION, TABLE_COMMENT, CREATE_OPTIONS FROM information_schema.TABLES WHERE TABLE_SCHEMA" \
		"TABLE_NAME, PARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, PARTITION_DESCRIPTION FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA" \
		"TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE, REFERENCED_TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA" \
		"CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA"; do
		sql "$1" "SELECT ${part}='w'" | sed "s/_latin1/_utf8mb4/" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/wanted"
		sql "$1" "SELECT ${part}='p'" | sed "s/_latin1/_utf8mb4/" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/present"
		diff "$BATS_TEST_TMPDIR/wanted" "$BATS_TEST_TMPDIR/present" || return 1
	done
}

# make_pairs SERVER FILE [empty]: tables t1, t2, ... of lines PRESENT;;WANTED, with two rows where all of it may be NULL.
make_pairs() {
	local line n=0

	while read -r line; do
		[ -n "$line" ] || continue
		n=$((n + 1))
		printf 'CREATE TABLE p.t%s %s;\nCREATE TABLE w.t%s %s;\n' $n "${line%%;;*}" $n "${line#*;;}"
		[[ -n ${3:-} || $line == *NOT\ NULL* ]] || printf 'INSERT INTO p.t%s (id) VALUES (1), (2);\n' $n
	done <"$2" | { echo "SET sql_mode='NO_ENGINE_SUBSTITUTION', foreign_key_checks=0;" && cat; } | client "$1"
}

pairs() {
	cat <<-'E'
		(id INT, a INT);;(id INT, b INT DEFAULT 3 COMMENT 'it''s, (x)', a INT)
		(id INT, a INT, b INT);;(id INT, b INT)
		(id INT, a INT, b INT, c INT, d INT);;(d INT, id INT, c INT, e INT, a INT, b BIGINT)
		(id INT, a VARCHAR(10), b VARCHAR(10) COLLATE utf8mb4_bin);;(id INT, a VARCHAR(20) NOT NULL DEFAULT 'x', b VARCHAR(10)) COLLATE utf8mb4_bin
		(id INT, a CHAR(3) CHARACTER SET latin1, e ENUM('x')) DEFAULT CHARSET latin1;;(id INT, a CHAR(3), e ENUM('x','y')) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci
		(id INT, Abc INT, KEY (Abc));;(id INT, aBC INT NOT NULL, KEY `Abc` (aBC))
		(id INT PRIMARY KEY, a INT NOT NULL, KEY k (a), UNIQUE u (a));;(id INT, a INT, PRIMARY KEY (id DESC, a), UNIQUE k (a, id), FULLTEXT f (b), b TEXT)
		(id INT);;(id INT AUTO_INCREMENT, PRIMARY KEY (id)) AUTO_INCREMENT=77
		(id INT AUTO_INCREMENT PRIMARY KEY, a INT);;(id INT, a INT, KEY (a, id))
		(id INT, a INT, g INT AS (a + 1), s INT AS (a + 1) STORED, KEY kg (g), n INT);;(id INT, a INT, g INT AS (a + 1) STORED, s INT AS (a + 2) STORED, KEY kg (g), n INT AS (a * 2))
		(id INT, a INT, s INT AS (a + 1) STORED);;(id INT, s INT, a INT)
		(id INT, a INT, CONSTRAINT c1 CHECK (a > 1), CONSTRAINT c2 CHECK (a > 2));;(id INT, a INT, CONSTRAINT c2 CHECK (a > 3), CONSTRAINT c3 CHECK (id > 0))
		(id INT);;(id INT) COMMENT='it''s = (this)' ROW_FORMAT=DYNAMIC STATS_PERSISTENT=1 STATS_SAMPLE_PAGES=9
		(id INT) COMMENT='x' ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4 STATS_PERSISTENT=1 MIN_ROWS=3 MAX_ROWS=9 AVG_ROW_LENGTH=8 CHECKSUM=1 DELAY_KEY_WRITE=1 PACK_KEYS=1;;(id INT)
		(id INT, a TEXT) ENGINE=MyISAM;;(id INT, a TEXT) ENGINE=InnoDB
		(id INT);;(id INT) ENGINE=MEMORY
		(id INT PRIMARY KEY);;(id INT, d INT, PRIMARY KEY (id, d)) PARTITION BY HASH (d) PARTITIONS 3
		(id INT, d INT, PRIMARY KEY (id, d)) PARTITION BY HASH (d) PARTITIONS 3;;(id INT PRIMARY KEY, d INT)
		(id INT, d INT, PRIMARY KEY (id, d)) PARTITION BY HASH (d) PARTITIONS 3;;(id INT PRIMARY KEY, d INT) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10) COMMENT = 'x', PARTITION b VALUES LESS THAN MAXVALUE)
		(id INT, w TIMESTAMP NULL, x DATETIME);;(id INT, w TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), x DATETIME(6))
		(id INT, b BINARY(2), v VARBINARY(3), bl BLOB, dd DECIMAL(10,2), j JSON);;(id INT, b BINARY(2) DEFAULT x'ff01', v VARBINARY(9), bl MEDIUMBLOB NOT NULL, dd DECIMAL(12,3), j JSON NOT NULL)
		(id INT, a INT, b INT INVISIBLE);;(id INT, a INT INVISIBLE, b INT)
		(id INT, p POINT NOT NULL, SPATIAL KEY sp (p));;(id INT, p POINT NOT NULL)
		(id INT, a INT, b INT) COMMENT='same';;(id INT, a INT, b INT) COMMENT='same'
		(id INT, `a``b(` INT, `c``d` VARCHAR(9) DEFAULT 'q\\''`', KEY `k``` (`a``b(`));;(id INT, `a``b)` INT, `c``d` VARCHAR(19) DEFAULT 'q\\''`', KEY `k``` (`a``b)`))
	E
}

mysql_pairs() {
	cat <<-'E'
		(id INT, a INT, KEY k (a), KEY l (a) INVISIBLE, CONSTRAINT e1 CHECK (a > 1), CONSTRAINT e2 CHECK (a > 2) NOT ENFORCED);;(id INT, a INT, KEY k (a) INVISIBLE, KEY l (a), CONSTRAINT e1 CHECK (a > 1) NOT ENFORCED, CONSTRAINT e2 CHECK (a > 2))
		(id INT, a VARCHAR(9), KEY k ((LOWER(a))));;(id INT, a VARCHAR(9), KEY k ((UPPER(a))), p POINT SRID 4326)
		(id INT, a VARCHAR(9) CHARACTER SET latin1, CONSTRAINT l1 CHECK (a <> 'x'));;(id INT, a VARCHAR(9) CHARACTER SET latin1, CONSTRAINT l1 CHECK (a <> 'x'), CONSTRAINT l2 CHECK (a <> 'y'), b INT)
		(id INT) COMPRESSION='zlib' AUTOEXTEND_SIZE=8M;;(id INT)
		(id INT);;(id INT, a VARCHAR(9) DEFAULT (UPPER('x')), v VECTOR(3), KEY (id, a) KEY_BLOCK_SIZE=4)
	E
}

mariadb_pairs() {
	cat <<-'E'
		(id INT, a INT, KEY k (a), KEY l (a) IGNORED);;(id INT, a INT, KEY k (a) IGNORED, KEY l (a))
		(id INT, t TEXT COMPRESSED, u VARCHAR(9) CHARACTER SET latin1, i INT CHECK (i > 0));;(id INT, t TEXT, u VARCHAR(9) COMPRESSED CHARACTER SET latin1, i INT CHECK (i > 1))
		(id INT) PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=3;;(id INT, u UUID, n INET6 DEFAULT '::1')
		(id INT) ENGINE=Aria TRANSACTIONAL=1 PAGE_CHECKSUM=1;;(id INT) ENGINE=Aria TRANSACTIONAL=0 PAGE_CHECKSUM=0
		(id INT);;(id INT, a INT) WITH SYSTEM VERSIONING
		(id INT, a INT) WITH SYSTEM VERSIONING;;(id INT)
		(id INT, a INT) WITH SYSTEM VERSIONING;;(id INT, b INT, a INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING
		(id INT PRIMARY KEY);;(id INT PRIMARY KEY, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING
		(id INT, s DATE NOT NULL DEFAULT '2000-01-01', e DATE NOT NULL DEFAULT '2000-01-02');;(id INT, s DATE NOT NULL DEFAULT '2000-01-01', e DATE NOT NULL DEFAULT '2000-01-02', PERIOD FOR pp (s, e), UNIQUE k (id, pp WITHOUT OVERLAPS))
		(id INT, s DATE NOT NULL DEFAULT '2000-01-01', e DATE NOT NULL DEFAULT '2000-01-02', PERIOD FOR pp (s, e), UNIQUE k (id, pp WITHOUT OVERLAPS));;(id INT, s DATE NOT NULL DEFAULT '2000-01-01', e DATE NOT NULL DEFAULT '2000-01-02')
		(id INT, t TEXT);;(id INT, t TEXT, UNIQUE u (t))
	E
}

# compare_pairs SERVER MORE [back]
compare_pairs() {
	two "$1"
	{ pairs && "$2"; } >"$BATS_TEST_TMPDIR/pairs"
	[ -z "${3:-}" ] || sed -i 's/^\(.*\);;\(.*\)$/\2;;\1/' "$BATS_TEST_TMPDIR/pairs"
	make_pairs "$1" "$BATS_TEST_TMPDIR/pairs" "${3:-}"
	run_tool 1 here "$1" --allow-drop
	[ -z "$stderr" ]
	made_same "$1"
	alike "$1"
}

@test "MySQL: one table becomes another, whatever is different" {
	compare_pairs my mysql_pairs
}

@test "MariaDB 11.8: the same" {
	compare_pairs mb mariadb_pairs
}

@test "MariaDB 10.11: the same" {
	compare_pairs ma mariadb_pairs
}

@test "and all of that back again" {
	for where in $(drawn 'my:mysql_pairs' 'mb:mariadb_pairs' 'ma:mariadb_pairs'); do
		compare_pairs "${where%:*}" "${where#*:}" back
	done
}

@test "tables drawn at random, 40 pairs of them" {
	for where in $(drawn my:mysql mb:mariadb ma:mariadb); do
		server=${where%:*}
		echo "# DTS_SEED=$DTS_SEED $server"
		two "$server"
		python3 "$DTS_ROOT/t/schema/pairs.py" "$DTS_SEED" "${where#*:}" 40 | client "$server" --force 2>/dev/null || :
		sql "$server" "SELECT CONCAT('DROP TABLE ', TABLE_SCHEMA, '.', TABLE_NAME, ';') FROM information_schema.TABLES t WHERE TABLE_SCHEMA IN ('w', 'p') AND NOT EXISTS
			(SELECT 1 FROM information_schema.TABLES u WHERE u.TABLE_SCHEMA = IF(t.TABLE_SCHEMA = 'w', 'p', 'w') AND u.TABLE_NAME = t.TABLE_NAME)" | client "$server"
		[ "$(sql "$server" "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'w'")" -gt 20 ]
		run_tool 1 here "$server" --allow-drop
		[ -z "$stderr" ]
		made_same "$server"
		alike "$server"
	done
}

@test "without --allow-drop nothing goes: it is told, and counts as a difference" {
	two my
	sql my "CREATE TABLE w.t (id INT PRIMARY KEY, a INT, s VARCHAR(5), g INT); CREATE TABLE p.t (id INT PRIMARY KEY, a BIGINT, s VARCHAR(9), g INT AS (a + 1), x INT,
		KEY kx (x), CONSTRAINT cx CHECK (x > 0)); CREATE TABLE p.gone (id INT); CREATE VIEW p.vgone AS SELECT 1; CREATE VIEW w.other AS SELECT 1; CREATE TABLE p.other (id INT)
		; CREATE PROCEDURE p.rgone () SELECT 1; CREATE EVENT p.egone ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1; CREATE TRIGGER p.tgone BEFORE INSERT ON p.t FOR EACH ROW SET NEW.x = 1"
	run_tool 1 here my
	[ "${#lines[@]}" -eq 2 ]
	diff <(printf '%s\n' "$stderr") - <<-'Y'
		dts-schema: table 'p.t': left out without --allow-drop: DROP KEY `kx`
		dts-schema: table 'p.t': left out without --allow-drop: DROP CHECK `cx`
		dts-schema: table 'p.t': left out without --allow-drop: DROP COLUMN `x`
		dts-schema: table 'p.t': left out without --allow-drop: MODIFY COLUMN `a` int DEFAULT NULL
		dts-schema: table 'p.t': left out without --allow-drop: MODIFY COLUMN `s` varchar(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL
		dts-schema: table 'p.t': left out without --allow-drop: DROP COLUMN `g`
		dts-schema: table 'p.gone': left out without --allow-drop: the source has none, DROP TABLE
		dts-schema: table 'p.other': left out without --allow-drop: the source has none, DROP TABLE
		dts-schema: view 'p.vgone': left out without --allow-drop: the source has none, DROP VIEW
		dts-schema: trigger 'p.tgone': left out without --allow-drop: the source has none, DROP TRIGGER
		dts-schema: procedure 'p.rgone': left out without --allow-drop: the source has none, DROP PROCEDURE
		dts-schema: event 'p.egone': left out without --allow-drop: the source has none, DROP EVENT
		dts-schema: view 'p.other': cannot be made without --allow-drop, which drops the table of that name
	Y
	# What can be done without loss is, among what cannot.
	sql my 'ALTER TABLE w.t ADD COLUMN n INT AFTER id, MODIFY a INT DEFAULT 3'
	run_tool 1 here my
	[ "$(statements)" = $'ALTER TABLE `t`\n  ADD COLUMN `n` int DEFAULT NULL AFTER `id`' ]
	run_tool 1 here my --allow-drop
	[ -z "$stderr" ]
	made_same my
	alike my
}

@test "foreign keys are out of the way of what they hold, wherever they are" {
	for server in my ma; do
		two $server
		sql $server "CREATE TABLE p.parent (id INT PRIMARY KEY, code VARCHAR(9) CHARACTER SET latin1, UNIQUE code (code)) ENGINE=InnoDB
			; CREATE TABLE p.child (id INT PRIMARY KEY, up INT, code VARCHAR(9) CHARACTER SET latin1, moved INT, KEY moved (moved), CONSTRAINT stays FOREIGN KEY (up) REFERENCES parent (id)
				, CONSTRAINT code FOREIGN KEY (code) REFERENCES parent (code), CONSTRAINT rule FOREIGN KEY (moved) REFERENCES parent (id))
			; CREATE TABLE p.self (id INT PRIMARY KEY, up INT, CONSTRAINT up FOREIGN KEY (up) REFERENCES self (id)); CREATE TABLE p.leaves (id INT PRIMARY KEY, CONSTRAINT leaves FOREIGN KEY (id) REFERENCES parent (id))
			; INSERT INTO p.parent VALUES (1, 'x'); INSERT INTO p.child VALUES (1, 1, 'x', NULL); INSERT INTO p.self VALUES (1, 1)
			; CREATE TABLE w.parent (id BIGINT UNSIGNED PRIMARY KEY, code VARCHAR(9) CHARACTER SET utf8mb4, extra INT, UNIQUE code (code), UNIQUE extra (extra)) ENGINE=InnoDB
			; CREATE TABLE w.later (id INT PRIMARY KEY); CREATE TABLE w.made (id INT PRIMARY KEY, a BIGINT UNSIGNED, CONSTRAINT fm FOREIGN KEY (a) REFERENCES parent (id), b INT, CONSTRAINT fl FOREIGN KEY (b) REFERENCES later (id))
			; CREATE TABLE w.child (id INT PRIMARY KEY, up BIGINT UNSIGNED, code VARCHAR(9) CHARACTER SET utf8mb4, moved INT, KEY moved (moved), CONSTRAINT stays FOREIGN KEY (up) REFERENCES parent (id)
				, CONSTRAINT code FOREIGN KEY (code) REFERENCES parent (code), CONSTRAINT rule FOREIGN KEY (moved) REFERENCES parent (extra) ON DELETE SET NULL)
			; CREATE TABLE w.self (id BIGINT PRIMARY KEY, up BIGINT, CONSTRAINT up FOREIGN KEY (up) REFERENCES self (id))"
		run_tool 1 here $server --allow-drop
		# First all go, and at the end they come.
		[ "$(statements | grep -nE 'FOREIGN KEY' | sed -n '1p' | cut -d: -f1)" -lt "$(statements | grep -n 'bigint' | head -n 1 | cut -d: -f1)" ]
		made_same $server
		alike $server
		run -1 sql $server "INSERT INTO p.child VALUES (2, 7, NULL, NULL)"
	done
}

@test "a table over other tables, which are not where it is tried" {
	for server in my ma; do
		two $server
		sql $server "USE p; CREATE TABLE a (id INT) ENGINE=MyISAM; CREATE TABLE \`b\`\`)\` (id INT) ENGINE=MyISAM; CREATE TABLE m (id INT) ENGINE=MERGE UNION=(a)
			; USE w; CREATE TABLE a (id INT) ENGINE=MyISAM; CREATE TABLE \`b\`\`)\` (id INT) ENGINE=MyISAM; CREATE TABLE m (id INT) ENGINE=MERGE UNION=(\`b\`\`)\`, a) INSERT_METHOD=LAST COMMENT='UNION=(x)'"
		run_tool 1 here $server
		[ "${#lines[@]}" -eq 3 ]
		made_same $server
		alike $server
		[[ $(sql $server 'SHOW CREATE TABLE p.m') == *'INSERT_METHOD=LAST UNION=(`b``)`,`a`)'* ]]
		sql $server 'DROP TABLE w.m; CREATE TABLE w.m (id INT) ENGINE=MyISAM' w
		run_tool 1 here $server
		made_same $server
		alike $server
	done
}

# definitions SERVER DATABASE: of its views and programs, without the name of the database.
definitions() {
	mariadb-dump --defaults-file="$(defaults)" --defaults-group-suffix="-$1" --no-data --routines --triggers --skip-comments --skip-tz-utc --skip-lock-tables "$2" |
		sed "s/\`$2\`\.//g" | tr -d '`'
	sql "$1" "SELECT EVENT_NAME, EVENT_DEFINITION, INTERVAL_VALUE, EVENT_COMMENT, STATUS, SQL_MODE, TIME_ZONE FROM information_schema.EVENTS WHERE EVENT_SCHEMA='$2' ORDER BY 1"
}

@test "views, routines, triggers and events: those that differ are made again, in an order that works" {
	for server in my ma; do
		two $server
		sql $server "SET GLOBAL log_bin_trust_function_creators=1; SET sql_mode='STRICT_ALL_TABLES'; CREATE TABLE w.t (id INT PRIMARY KEY, a INT, n INT); CREATE TABLE p.t (id INT PRIMARY KEY, a INT)"
		sql $server "SET sql_mode='STRICT_ALL_TABLES'; CREATE FUNCTION f (x INT) RETURNS INT DETERMINISTIC RETURN x + 1; CREATE VIEW z_base AS SELECT id, n FROM t; CREATE VIEW a_top AS SELECT v.id, f(v.n) AS n FROM z_base v; CREATE VIEW same AS SELECT id FROM t; CREATE PROCEDURE same () SELECT 'x'
			; CREATE PROCEDURE mode () SELECT 1 || 0; CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1; CREATE TRIGGER two BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a * 2
			; CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 3; CREATE TRIGGER upd BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 9
			; CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DISABLE DO SELECT 1; CREATE EVENT s ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DISABLE DO SELECT 2" w
		sql $server "SET sql_mode='STRICT_ALL_TABLES'; CREATE FUNCTION f (x INT) RETURNS INT DETERMINISTIC RETURN x + 2; CREATE VIEW a_top AS SELECT 1 AS id, f(1) AS n; CREATE VIEW same AS SELECT id FROM t
			; CREATE PROCEDURE same () SELECT 'x'; CREATE TRIGGER two BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a * 2; CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 4
			; CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1; CREATE TRIGGER upd BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 9; SET sql_mode='PIPES_AS_CONCAT'
			; CREATE PROCEDURE mode () SELECT 1 || 0; SET sql_mode='STRICT_ALL_TABLES'
			; CREATE EVENT e ON SCHEDULE EVERY 2 DAY STARTS '2030-01-01' ENABLE DO SELECT 1; CREATE EVENT s ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' ENABLE DO SELECT 2" p
		run_tool 1 here $server
		[ -z "$stderr" ]
		# What is the same stays: the view and the procedure, the trigger of UPDATE, the event but for being enabled.
		[[ $(statements) != *'`same`'* && $(statements) != *'`upd`'* && $(statements) != *'`s`'* ]]
		made_same $server
		run_tool 0 here $server
		[ "${#lines[@]}" -eq 2 ]
		# Events stay enabled where they were.
		diff <(definitions $server w | sed 's/\tDISABLED\t/\tENABLED\t/') <(definitions $server p)
		[ "$(sql $server 'INSERT INTO t (id) VALUES (1); SELECT a FROM t; SELECT n FROM a_top' p | xargs)" = '5 NULL' ]
	done
}

@test "sequences and packages of MariaDB" {
	two mb
	sql mb "CREATE SEQUENCE s1 START WITH 5 INCREMENT BY 2 MAXVALUE 99 CYCLE CACHE 10; CREATE SEQUENCE s2; CREATE SEQUENCE s3; SELECT NEXTVAL(s2), NEXTVAL(s2); CREATE TABLE t (id INT DEFAULT NEXTVAL(s2))" w >/dev/null
	sql mb 'CREATE SEQUENCE s1; CREATE SEQUENCE s3; CREATE SEQUENCE gone' p
	client mb --delimiter=// w <<<"SET sql_mode=ORACLE // CREATE PACKAGE k AS FUNCTION a RETURN INT; FUNCTION b RETURN INT; END //
		CREATE PACKAGE BODY k AS FUNCTION a RETURN INT AS BEGIN RETURN 1; END; FUNCTION b RETURN INT AS BEGIN RETURN 2; END; END //
		CREATE PACKAGE l AS FUNCTION a RETURN INT; END // CREATE PACKAGE BODY l AS FUNCTION a RETURN INT AS BEGIN RETURN 3; END; END //"
	client mb --delimiter=// p <<<"SET sql_mode=ORACLE // CREATE PACKAGE k AS FUNCTION a RETURN INT; END //
		CREATE PACKAGE BODY k AS FUNCTION a RETURN INT AS BEGIN RETURN 1; END; END //
		CREATE PACKAGE l AS FUNCTION a RETURN INT; END // CREATE PACKAGE BODY l AS FUNCTION a RETURN INT AS BEGIN RETURN 4; END; END //"
	run_tool 1 here mb --allow-drop
	[ -z "$stderr" ]
	# Of the one with another body only that goes.
	[ "$(statements | grep -c '^DROP PACKAGE IF EXISTS `k`')" = 1 ]
	[ "$(statements | grep -c '^DROP PACKAGE BODY ')" = 2 ]
	made_same mb
	run_tool 0 here mb
	[ "${#lines[@]}" -eq 2 ]
	[ "$(sql mb 'SELECT k.b(), l.a(), NEXTVAL(s1), NEXTVAL(s2); SHOW TABLES' p | xargs)" = '2 3 1 1001 s1 s2 s3 t' ]
	[ "$(sql mb 'SHOW CREATE SEQUENCE s1' p)" = "$(sql mb 'SHOW CREATE SEQUENCE s1' w)" ]
}

@test "routes of tables: what refers to them does so under their new names" {
	two my
	sql my "CREATE TABLE a (id INT PRIMARY KEY, CHECK (id > 0)); CREATE TABLE b (id INT PRIMARY KEY, a INT, CONSTRAINT fb FOREIGN KEY (a) REFERENCES a (id)); CREATE VIEW v AS SELECT a.id, b.a FROM a JOIN b ON b.a = a.id
		; CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.id = NEW.id + 1; CREATE TABLE c (id INT)" w
	sql my 'CREATE TABLE c (id INT); CREATE TABLE a (id INT)' p
	run_tool 1 diff_of my my w --route='w.a=p.other' --route='w.*=p.*' --ignore-table=w.c
	# What is called a there is nobody's.
	[ -z "$stderr" ]
	made_same my
	run_tool 0 diff_of my my w --route='w.a=p.other' --route='w.*=p.*' --ignore-table=w.c
	[ "${#lines[@]}" -eq 2 ]
	[ "$(sql my "INSERT INTO other VALUES (1); INSERT INTO b VALUES (1, 2); SELECT * FROM v; SELECT COUNT(*) FROM a" p | xargs)" = '2 2 0' ]
	sql my 'ALTER TABLE p.b DROP FOREIGN KEY fb, MODIFY a BIGINT'
	run_tool 1 diff_of my my w --route='w.a=p.other' --route='w.*=p.*' --ignore-table=w.c --allow-drop
	made_same my
	run_tool 0 diff_of my my w --route='w.a=p.other' --route='w.*=p.*' --ignore-table=w.c
}

@test "databases: their character set where all of one is compared, and those that are not there" {
	sql my 'DROP DATABASE IF EXISTS w; DROP DATABASE IF EXISTS p; CREATE DATABASE w CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; CREATE TABLE w.t (id INT)
		; CREATE FUNCTION w.f () RETURNS VARCHAR(9) DETERMINISTIC RETURN CHARSET(DATABASE())'
	run_tool 1 here my
	made_same my
	alike my
	sql my 'ALTER DATABASE p COLLATE latin1_bin'
	run_tool 0 diff_of my my w.t --route='w.*=p.*'
	run_tool 1 here my
	[ "$(statements)" = 'ALTER DATABASE `p` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin' ]
	made_same my
	run_tool 0 here my
	# A function of before that is not of the database's character set is made again.
	sql my 'ALTER DATABASE p COLLATE latin1_bin; DROP FUNCTION p.f; CREATE FUNCTION p.f () RETURNS VARCHAR(9) DETERMINISTIC RETURN CHARSET(DATABASE())'
	run_tool 1 here my
	made_same my
	run_tool 0 here my
	[ "$(sql my "SELECT DATABASE_COLLATION, CHARACTER_SET_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'p'")" = $'utf8mb4_bin\tutf8mb4' ]
}

@test "definers are compared, rewritten or left alone" {
	two ma
	sql ma 'DROP USER IF EXISTS who@localhost; CREATE USER who@localhost; CREATE VIEW w.v AS SELECT 1; CREATE DEFINER=who@localhost VIEW p.v AS SELECT 1'
	run_tool 0 here ma --definer=strip
	run_tool 0 here ma --definer=who@localhost
	run_tool 1 here ma
	[[ $(statements) == *'CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v` AS select 1 AS `1`' ]]
}

@test "from one family to the other: what cannot be the same is no difference, what can is" {
	for way in 'mb my' 'my mb'; do
		# shellcheck disable=SC2086 # two words
		set -- $way
		sql "$1" 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
		sql "$2" 'DROP DATABASE IF EXISTS d'
		sql "$1" "CREATE TABLE t (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20) NOT NULL DEFAULT 'x', j JSON, w DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3), g INT AS (LENGTH(a)) STORED,
			KEY k (a DESC), CONSTRAINT c CHECK (a <> '')); CREATE TABLE u (id INT PRIMARY KEY, t INT UNSIGNED, CONSTRAINT f FOREIGN KEY (t) REFERENCES t (id)); CREATE FUNCTION f (x VARCHAR(20)) RETURNS INT DETERMINISTIC RETURN LENGTH(x)
			; CREATE VIEW v AS SELECT id, CONCAT(a, 'x') AS b, f(a) * 2 AS c FROM t; CREATE PROCEDURE r (x INT) SELECT x; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = TRIM(NEW.a)" d
		run_tool 1 diff_of "$1" "$2" d
		made_same "$2"
		run_tool 0 diff_of "$1" "$2" d
		[ "${#lines[@]}" -eq 2 ]
		sql "$2" 'ALTER TABLE t DROP COLUMN g, MODIFY a VARCHAR(20), DROP KEY k; DROP TRIGGER tr; CREATE OR REPLACE VIEW v AS SELECT id, CONCAT(a, j) AS b FROM t' d
		run_tool 1 diff_of "$1" "$2" d
		[ "$(statements | grep -cE '^(ALTER TABLE|DROP VIEW|CREATE .*(VIEW|TRIGGER))')" = 4 ]
		made_same "$2"
		run_tool 0 diff_of "$1" "$2" d
		[ "${#lines[@]}" -eq 2 ]
	done
}

@test "an account that may not make a database to try definitions in is told so, where that is needed" {
	two ma
	sql ma "CREATE TABLE w.t (id INT); CREATE TABLE p.t (id INT); CREATE TABLE w.u (id INT); CREATE OR REPLACE USER only@localhost; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO only@localhost"
	sed "/^\[dts-ma\]/,/^\[/ s/^user *=.*/user = only/" "$(defaults)" >"$BATS_TEST_TMPDIR/my.cnf"
	grep -q 'user = only' "$BATS_TEST_TMPDIR/my.cnf"
	run_tool 1 timeout 60 dts-schema --defaults-file="$BATS_TEST_TMPDIR/my.cnf" --diff -g ma -G ma w --route='w.*=p.*'
	[[ $(statements) == 'CREATE TABLE `u` ('* ]]
	sql ma 'ALTER TABLE p.t ADD COLUMN a INT'
	run_tool 4 timeout 60 dts-schema --defaults-file="$BATS_TEST_TMPDIR/my.cnf" --diff -g ma -G ma w --route='w.*=p.*'
	[ -z "$output" ]
	[[ $stderr == *"cannot make a database at the target"*'hint: grant the target'*'`dts-try-%`.*'* ]]
}

@test "options that do not go together" {
	run_tool 2 dts-schema --diff w
	[[ $stderr == "dts-schema: option '-G' is missing"* ]]
	run_tool 2 dts-schema --diff -G ma --stage=pre w
	[ "$stderr" = 'dts-schema: --stage is not for --diff' ]
	run_tool 2 dts-schema --diff -G ma --with-users w
	[ "$stderr" = 'dts-schema: --with-users is not for --diff' ]
	run_tool 2 dts-schema --allow-drop w
	[ "$stderr" = 'dts-schema: --allow-drop is for --diff' ]
	run_tool 2 diff_of ma ma w --route='w.*'
	[[ $stderr == *"'w.*' is not a route"* ]]
	run_tool 4 diff_of ma ma nosuch
	[[ $stderr == *"nothing on server 'ma' matches 'nosuch'"* ]]
}

@test "a server that takes names in any case for the same, as target and as source" {
	servers_up zlow=mariadb -- --lower-case-table-names=1
	sql ma 'CREATE DATABASE Mixed; USE Mixed; CREATE TABLE Foo (id INT PRIMARY KEY); CREATE VIEW Bar AS SELECT * FROM Foo;
		CREATE TRIGGER Tr BEFORE INSERT ON Foo FOR EACH ROW SET @a = 1'
	run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g ma Mixed | dts-apply --defaults-file=$(defaults) -g zlow"
	run_tool 0 diff_of ma zlow Mixed
	# What its trigger says is not what its table is called.
	sql ma 'DROP DATABASE Mixed'
	run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g zlow mixed | dts-apply --defaults-file=$(defaults) -g ma"
	[ "$(sql ma "SELECT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA='mixed'")" = foo ]
	run_tool 0 diff_of zlow ma mixed
	sql ma 'DROP DATABASE mixed'
}
