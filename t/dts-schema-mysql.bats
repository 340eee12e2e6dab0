# dts-schema of MySQL and MariaDB 11.8, for their own family and for the other.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up my=mysql97 ma=mariadb118 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	for name in d e; do
		sql my "SET foreign_key_checks=0; DROP DATABASE IF EXISTS $name; CREATE DATABASE $name CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci"
		sql ma "SET foreign_key_checks=0; CREATE OR REPLACE DATABASE $name CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci"
	done
}

schema() {
	timeout 60 dts-schema --defaults-file="$(defaults)" -g "$@"
}

# Runs the tables of $output on server $1, in the database e.
make_tables() {
	printf '%s\n' "$output" | jq -r 'select(.kind == "create-table") |
		"SET foreign_key_checks=0, sql_mode=\u0027\(.context.sql_mode)\u0027;", .sql + ";"' | client "$1" e
}

shown() {
	sql "$1" "SHOW CREATE TABLE e.$2"
}

my_table() {
	sql my "CREATE TABLE p (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a VARCHAR(10) NOT NULL DEFAULT 'x' COMMENT 'it''s INVISIBLE',
		b CHAR(3) CHARACTER SET latin1 COLLATE latin1_german2_ci, ck INT CHECK (ck > 0), w DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
		u VARCHAR(36) DEFAULT (UUID()), i INT INVISIBLE, g INT AS (ck + 1), s INT AS (ck * 2) STORED, j JSON, e ENUM('😀','b') DEFAULT 'b',
		pt POINT NOT NULL SRID 4326, KEY kk (a DESC, ck), KEY ki (b) INVISIBLE, FULLTEXT ft (a), UNIQUE uu (u(10)))
		AUTO_INCREMENT=10 COMMENT='c, NOT ENFORCED'" d
}

@test "MySQL for MySQL: the same table, nothing left in comments" {
	my_table
	sql my 'CREATE TABLE pa (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3; CREATE TABLE c (id INT PRIMARY KEY, f INT UNSIGNED,
		CONSTRAINT fk FOREIGN KEY (f) REFERENCES p (id) ON DELETE CASCADE, UNIQUE fx ((id + 1)), CONSTRAINT n CHECK (f > 1) NOT ENFORCED)' d
	run_tool 0 schema my d
	[ -z "$stderr" ]
	[[ $output != *'/*!'* ]]
	make_tables my
	for table in p pa c; do
		[ "$(shown my $table)" = "$(sql my "SHOW CREATE TABLE d.$table")" ]
	done
}

@test "MySQL's libraries are told, with what makes them" {
	sql my "CREATE LIBRARY lib1 LANGUAGE JAVASCRIPT AS 'export function f(n) { return n; }'" d
	run_tool 0 schema my --report="$BATS_TEST_TMPDIR/report" d
	[ "$stderr" = "dts-schema: left out: library 'd.lib1': libraries are not moved
dts-schema: library 'd.lib1': by hand: CREATE LIBRARY \`lib1\`\\x0a    LANGUAGE JAVASCRIPT\\x0aAS \$\$export function f(n) { return n; }\$\$" ]
	[ "$(jq -c 'select(.result == "refused") | [.db, .name, .kind, .stage]' "$BATS_TEST_TMPDIR/report")" = '["d","lib1","library","post"]' ]
	run_tool 0 schema my --for=mariadb --stage=post d
	[ "$stderr" = "dts-schema: left out: library 'd.lib1': MariaDB has no libraries" ]
	run_tool 4 schema my --strict d
}

@test "parameters keep the character set of the database in which MySQL's routine was made" {
	sql my "ALTER DATABASE d COLLATE latin1_bin; ALTER DATABASE e COLLATE utf8mb4_unicode_520_ci; USE e; CREATE FUNCTION d.f (a VARCHAR(9), \`in\` ENUM('x,)','y'), c VARCHAR(9) CHARACTER SET ascii, n DECIMAL(3,1), ascii TEXT) RETURNS TEXT
		DETERMINISTIC RETURN CONCAT_WS(' ', COLLATION(a), COLLATION(\`in\`), COLLATION(c), COLLATION(ascii)); CREATE PROCEDURE d.p (IN x CHAR(3), INOUT y INT) SELECT x; USE d; CREATE PROCEDURE d.q (IN x CHAR(3)) SELECT x"
	run_tool 0 schema my d
	[ "$(printf '%s\n' "$output" | jq -r 'select(.kind == "create-procedure").sql' | sed -n 's/.*PROCEDURE//p')" = ' `p`(IN x CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci, INOUT y INT)
 `q`(IN x CHAR(3))' ]
	printf '%s\n' "$output" | jq -r 'select(.kind == "create-function").sql' | client my d --init-command='DROP FUNCTION d.f'
	[ "$(sql my "SELECT d.f('a', 'y', 'b', 1, 'c')")" = 'utf8mb4_unicode_520_ci utf8mb4_unicode_520_ci ascii_general_ci utf8mb4_unicode_520_ci' ]
}

@test "MySQL for MariaDB: what is not in comments is there, what is like it is named" {
	my_table
	run_tool 0 schema my d --for=mariadb
	[[ $stderr == *"database 'd': collation utf8mb4_0900_ai_ci becomes utf8mb4_uca1400_nopad_ai_ci: rare characters may sort otherwise"* ]]
	[[ $stderr == *"table 'd.p': column \`pt\`: SRID 4326: MariaDB notes it as REF_SYSTEM_ID and does not check values against it"* ]]
	[ "$(printf '%s\n' "$output" | jq -r 'select(.kind == "create-database").sql')" = \
		'CREATE DATABASE IF NOT EXISTS `d` CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci' ]
	make_tables ma
	diff <(shown ma p | sed '1s/^p\t//') - <<-'Y'
		CREATE TABLE `p` (
		  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
		  `a` varchar(10) NOT NULL DEFAULT 'x' COMMENT 'it''s INVISIBLE',
		  `b` char(3) CHARACTER SET latin1 COLLATE latin1_german2_ci DEFAULT NULL,
		  `ck` int(11) DEFAULT NULL,
		  `w` datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3),
		  `u` varchar(36) DEFAULT uuid(),
		  `i` int(11) DEFAULT NULL INVISIBLE,
		  `g` int(11) GENERATED ALWAYS AS (`ck` + 1) VIRTUAL,
		  `s` int(11) GENERATED ALWAYS AS (`ck` * 2) STORED,
		  `j` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`j`)),
		  `e` enum('?','b') DEFAULT 'b',
		  `pt` point NOT NULL,
		  PRIMARY KEY (`id`),
		  UNIQUE KEY `uu` (`u`(10)),
		  KEY `kk` (`a` DESC,`ck`),
		  KEY `ki` (`b`) IGNORED,
		  FULLTEXT KEY `ft` (`a`),
		  CONSTRAINT `p_chk_1` CHECK (`ck` > 0)
		) ENGINE=InnoDB AUTO_INCREMENT=10 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_nopad_ai_ci COMMENT='c, NOT ENFORCED'
	Y
	[ "$(sql ma "SELECT SRID FROM information_schema.GEOMETRY_COLUMNS WHERE F_TABLE_SCHEMA = 'e'")" = 4326 ]
	sql ma "INSERT INTO p (e, pt) VALUES ('😀', POINT(1, 2))" e
}

@test "MariaDB for MySQL" {
	sql ma "CREATE TABLE p (id INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY, ck INT CHECK (ck > 0), u VARCHAR(36) DEFAULT UUID(), i INT INVISIBLE DEFAULT 3,
		j JSON, x INT DEFAULT (1 + 2), y TEXT DEFAULT 'abc', z BLOB DEFAULT X'01', w DATE DEFAULT CURDATE(), t TINYINT(1) DEFAULT 1, s SMALLINT(5) ZEROFILL,
		yy YEAR DEFAULT 2000, c VARCHAR(3) COLLATE utf8mb4_nopad_bin, k VARCHAR(3) COLLATE utf8mb4_uca1400_as_cs, KEY ki (x) IGNORED,
		CONSTRAINT c2 CHECK (x <> 5))" d
	run_tool 0 schema ma d --for=mysql
	make_tables my
	diff <(shown my p | sed '1s/^p\t//') - <<-'Y'
		CREATE TABLE `p` (
		  `id` int unsigned NOT NULL AUTO_INCREMENT,
		  `ck` int DEFAULT NULL,
		  `u` varchar(36) DEFAULT (uuid()),
		  `i` int DEFAULT '3' /*!80023 INVISIBLE */,
		  `j` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
		  `x` int DEFAULT ((1 + 2)),
		  `y` text DEFAULT (_utf8mb4'abc'),
		  `z` blob DEFAULT (0x01),
		  `w` date DEFAULT (curdate()),
		  `t` tinyint(1) DEFAULT '1',
		  `s` smallint(5) unsigned zerofill DEFAULT NULL,
		  `yy` year DEFAULT '2000',
		  `c` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin DEFAULT NULL,
		  `k` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs DEFAULT NULL,
		  PRIMARY KEY (`id`),
		  KEY `ki` (`x`) /*!80000 INVISIBLE */,
		  CONSTRAINT `c2` CHECK ((`x` <> 5)),
		  CONSTRAINT `p_chk_1` CHECK ((`ck` > 0)),
		  CONSTRAINT `p_chk_2` CHECK (json_valid(`j`))
		) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
	Y
}

# told SERVER FAMILY DEFINITION LINE...: the table is printed, and of it exactly these lines are told.
told() {
	local server=$1 family=$2

	sql "$server" "DROP TABLE IF EXISTS t; CREATE TABLE t $3" d
	shift 3
	run_tool 0 schema "$server" d.t --for="$family"
	[[ $output == *create-table* ]]
	diff <(grep -v 'collation utf8mb4_' <<<"$stderr" | sed -n "/: by hand: /d; s/^dts-schema: table 'd.t': //p") <(printf '%s\n' "$@")
}

@test "what the other family does not have is left out, and told by name" {
	told my mariadb "(id INT PRIMARY KEY, a VARCHAR(9), KEY k ((LOWER(a))), CONSTRAINT c CHECK (id > 1) NOT ENFORCED) COMPRESSION='zlib'" \
		'key `k`: (lower(`a`)); the key is left out: MariaDB'\''s keys are of columns: add a generated one, with the type of the expression' \
		'check `c`: NOT ENFORCED; the check is left out: MariaDB would enforce it, on the rows that are there, too' \
		"COMPRESSION='zlib' is left out: it is about how rows are stored, not about what they are"
	run_tool 4 schema my d.t --for=mariadb --strict
	[ -z "$output" ]
	sql my 'DROP TABLE t; CREATE TABLE t (id INT PRIMARY KEY) COMPRESSION="zlib"' d
	run_tool 0 schema my d.t --for=mariadb --strict
	sql ma 'CREATE SEQUENCE s' d
	told ma mysql '(id UUID PRIMARY KEY, n INT DEFAULT NEXTVAL(s), a TEXT, UNIQUE KEY u (n, a)) WITH SYSTEM VERSIONING' \
		'column `id`: type uuid becomes char(36) CHARACTER SET ascii COLLATE ascii_general_ci: it is a text there, checked by nobody' \
		'column `n`: DEFAULT nextval(`d`.`s`) is left out: MySQL has no sequences: give the value in each INSERT, or make it AUTO_INCREMENT if it is a key'\''s first' \
		'key `u`: `n`,`a`; the key is left out: MySQL has no unique key over whole texts: add one of a hash, which does not know the collation' \
		'WITH SYSTEM VERSIONING is left out: MySQL keeps no history of rows'
}

@test "checks of two tables that MariaDB calls the same have names of their own at MySQL" {
	sql ma 'CREATE TABLE a (id INT PRIMARY KEY, CONSTRAINT c9 CHECK (id > 9)); CREATE TABLE b (id INT PRIMARY KEY, n INT, CONSTRAINT C9 CHECK (id > 10), CONSTRAINT d CHECK (n > 2))' d
	run_tool 0 schema ma d --for=mysql
	[[ $stderr == *"table 'd.b': check \`C9\`: another table's check has the name"* ]]
	make_tables my
	[ "$(sql my "SELECT CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = 'e' ORDER BY 1" | xargs)" = 'b_chk_1 c9 d' ]
	! sql my 'INSERT INTO e.b VALUES (10, 3)' || false
}

@test "a table that would mean something else is refused" {
	sql ma 'CREATE TABLE t (id INT PRIMARY KEY, n VARCHAR(90), k VARCHAR(200) AS (NATURAL_SORT_KEY(n)))' d
	run_tool 0 schema ma d.t --for=mysql
	[ "$(grep -v 'collation utf8mb4_' <<<"$stderr")" = "dts-schema: left out: table 'd.t': column \`k\`: MySQL has no function natural_sort_key()" ]
	[[ $output != *create-table* ]]
	run_tool 4 schema ma d.t --for=mysql --strict
	[ -z "$output" ]
}

@test "rows go where what they are in was mapped" {
	sql ma "CREATE TABLE u (id UUID PRIMARY KEY, i INET4, k INET6, t TEXT UNIQUE, c VARCHAR(90), z TEXT COMPRESSED, s DATE, e DATE, PERIOD FOR p (s, e),
		UNIQUE KEY w (c, p WITHOUT OVERLAPS), v VECTOR(2) NOT NULL, VECTOR KEY (v)) WITH SYSTEM VERSIONING;
		INSERT INTO u VALUES ('00112233-4455-6677-8899-AABBCCDDEEFF', '10.0.0.1', 'FE80::1', 'x', 'y', 'zz', '2020-01-01', '2020-02-01', VEC_FROMTEXT('[1,2]')),
			(UUID(), NULL, '::', 'z', 'y', NULL, '2020-02-01', '2020-03-01', VEC_FROMTEXT('[3,4]'))" d
	sql my "CREATE TABLE a (id INT PRIMARY KEY, a VARCHAR(9) CHARACTER SET gb18030, j JSON, g INT AS (id + 1) STORED NOT NULL, p POINT NOT NULL SRID 4326, v VECTOR(2),
		t VARCHAR(20) COLLATE utf8mb4_de_pb_0900_ai_ci, u BINARY(16) DEFAULT (UUID_TO_BIN(UUID())), w VARCHAR(36) AS (BIN_TO_UUID(u)), x VARCHAR(9) AS (j->>'\$.a'),
		UNIQUE KEY k ((LOWER(a)), id), SPATIAL KEY (p), CONSTRAINT c CHECK (REGEXP_LIKE(a, '.')), CONSTRAINT n CHECK (id > 100) NOT ENFORCED);
		INSERT INTO a (id, a, j, p, v, t) VALUES (1, '中文', '{\"b\":1,\"a\":\"x\"}', ST_GEOMFROMTEXT('POINT(1 2)', 4326), TO_VECTOR('[1,2]'), 'ä')" e
	for pair in ma:my:mysql:d.u my:ma:mariadb:e.a; do
		IFS=: read -r from to family table <<<"$pair"
		run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g $from $table --for=$family | dts-apply --defaults-file=$(defaults) -g $to"
		run_pipe '0 0' "dts-dump --defaults-file=$(defaults) -g $from --allow-versioned $table | dts-apply --defaults-file=$(defaults) -g $to --no-checkpoint"
		run_tool 0 timeout 60 dts-verify --defaults-file="$(defaults)" -g "$from" -G "$to" "$table"
		[[ $stderr == *identical* ]]
	done
}

@test "names of checks that MariaDB gave, keys that are hashed at MySQL too, collections of shapes" {
	sql ma 'CREATE TABLE p (a INT, b INT, CHECK (a < b), CONSTRAINT CONSTRAINT_x CHECK (a <> 5)); CREATE TABLE q (a INT, b INT, CHECK (a < b))
		; CREATE TABLE h (a INT, t TEXT, UNIQUE KEY (a) USING HASH, UNIQUE KEY (t(9)), KEY (t(5))) ENGINE=InnoDB' d
	run_tool 0 schema ma d --for=mysql
	make_tables my
	[[ $(shown my p) == *'CONSTRAINT `CONSTRAINT_x` CHECK ((`a` <> 5))'*'CONSTRAINT `p_chk_1` CHECK ((`a` < `b`))'* ]]
	[[ $(shown my q) == *'CONSTRAINT `q_chk_1` CHECK ((`a` < `b`))'* ]]
	[[ $(shown my h) == *'UNIQUE KEY `a` (`a`)'* ]]
	sql my 'CREATE TABLE g (id INT, c GEOMETRYCOLLECTION)' d
	run_tool 0 schema my d.g --for=mariadb
	make_tables ma
	[[ $(shown ma g) == *'`c` geometrycollection DEFAULT NULL'* ]]
}

@test "foreign keys to keys that are not unique, which MySQL takes when it is asked to" {
	sql ma 'CREATE TABLE p (id INT PRIMARY KEY, c INT, KEY (c)); CREATE TABLE f (c INT, KEY (c), CONSTRAINT fk FOREIGN KEY (c) REFERENCES p (c))' d
	sql my 'DROP DATABASE d'
	run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g ma --for=mysql d | dts-apply --defaults-file=$(defaults) -g my"
	[[ $(sql my 'SHOW CREATE TABLE d.f') == *'CONSTRAINT `fk` FOREIGN KEY (`c`) REFERENCES `p` (`c`)'* ]]
	sql my 'DROP DATABASE d'
	for stage in pre post; do
		run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g ma --for=mysql --stage=$stage d | dts-apply --defaults-file=$(defaults) -g my"
	done
	[[ $(sql my 'SHOW CREATE TABLE d.f') == *'CONSTRAINT `fk` FOREIGN KEY (`c`) REFERENCES `p` (`c`)'* ]]
}

@test "a family is mariadb or mysql" {
	run_tool 2 schema my d --for=oracle
	[ "$stderr" = 'dts-schema: --for=oracle: a family is mariadb or mysql' ]
}
