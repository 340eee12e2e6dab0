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

# alike SERVER: nothing is different, and the servers' own catalogs agree.
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
		sql "$1" "SELECT ${part}='w'" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/wanted"
		sql "$1" "SELECT ${part}='p'" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/present"
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
