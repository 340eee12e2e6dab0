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

@test "MySQL for MariaDB: what is not in comments is there, what is like it is named" {
	my_table
	run_tool 0 schema my d --for=mariadb
	[[ $stderr == *"collation utf8mb4_0900_ai_ci becomes utf8mb4_uca1400_nopad_ai_ci, "* ]]
	[[ $stderr == *"table 'd.p': column \`pt\`: MariaDB does not check values against the SRID"* ]]
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

# refused SERVER FAMILY WHAT DEFINITION
refused() {
	sql "$1" "DROP TABLE IF EXISTS t; CREATE TABLE t $4" d
	run_tool 4 schema "$1" d.t --for="$2"
	[[ $stderr == *"dts-schema: table 'd.t'"*" has no $3"*"hint: make this table by hand"* ]] || { echo "$3: $stderr"; return 1; }
	[[ $output != *create-table* ]]
}

@test "what the other family does not have is refused by name, before its statement" {
	refused my mariadb 'key over an expression' '(id INT PRIMARY KEY, a VARCHAR(9), KEY k ((LOWER(a))))'
	refused my mariadb 'NOT ENFORCED' '(id INT PRIMARY KEY, CONSTRAINT c CHECK (id > 1) NOT ENFORCED)'
	refused my mariadb 'generated column that is NOT NULL' '(id INT PRIMARY KEY, g INT AS (id + 1) STORED NOT NULL)'
	refused my mariadb 'character set gb18030' '(id INT PRIMARY KEY, a TEXT CHARACTER SET gb18030)'
	refused my mariadb 'collation utf8mb4_de_pb_0900_ai_ci' '(id INT PRIMARY KEY, a TEXT COLLATE utf8mb4_de_pb_0900_ai_ci)'
	refused my mariadb 'COMPRESSION' "(id INT PRIMARY KEY) COMPRESSION='zlib'"
	refused my mariadb 'TABLESPACE' '(id INT PRIMARY KEY) TABLESPACE innodb_system'
	refused my mariadb 'WITH PARSER' '(id INT PRIMARY KEY, a TEXT, FULLTEXT k (a) WITH PARSER ngram)'
	refused ma mysql 'type like that: uuid' '(id UUID PRIMARY KEY)'
	[[ $stderr == *'dts-apply takes char(36), varchar(15), varchar(45)'* ]]
	refused ma mysql 'UNIQUE key over whole texts (USING HASH)' '(id INT PRIMARY KEY, a TEXT, UNIQUE KEY u (id, a))'
	refused ma mysql 'PARTITION ... DEFAULT' '(id INT PRIMARY KEY) PARTITION BY LIST (id) (PARTITION p0 VALUES IN (1), PARTITION p1 DEFAULT)'
	sql ma 'CREATE SEQUENCE s' d
	refused ma mysql 'sequences' '(id INT PRIMARY KEY, n INT DEFAULT NEXTVAL(s))'
	refused ma mysql 'sequences' '(id INT PRIMARY KEY, n INT DEFAULT (1 + LASTVAL(s)))'
	refused ma mysql 'COMPRESSED' '(id INT PRIMARY KEY, a TEXT COMPRESSED)'
	refused ma mysql 'SYSTEM VERSIONING' '(id INT PRIMARY KEY) WITH SYSTEM VERSIONING'
	refused ma mysql 'PERIOD' '(id INT, s DATE, e DATE, PERIOD FOR p (s, e))'
	refused ma mysql 'VECTOR' '(id INT PRIMARY KEY, v VECTOR(3) NOT NULL, VECTOR INDEX (v))'
	refused ma mysql 'option `PAGE_COMPRESSED`' '(id INT PRIMARY KEY) PAGE_COMPRESSED=1'
	refused ma mysql 'collation utf8mb4_general_nopad_ci' '(id INT PRIMARY KEY, a TEXT COLLATE utf8mb4_general_nopad_ci)'
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

@test "a family is mariadb or mysql" {
	run_tool 2 schema my d --for=oracle
	[ "$stderr" = 'dts-schema: --for=oracle: a family is mariadb or mysql' ]
}
