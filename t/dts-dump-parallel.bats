# dts-dump with several readers: shards, splitting, positions, limits.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up src ma=mariadb118 my=mysql97 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	for s in src ma my; do
		sql "$s" 'SET foreign_key_checks=0; DROP DATABASE IF EXISTS d; CREATE DATABASE d CHARACTER SET utf8mb4'
	done
}

dump() {
	timeout 100 dts-dump --defaults-file="$(defaults)" -g "$@"
}

# N rows of one column of numbers from 1, as a derived table.
numbers() {
	echo "(WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < $1) SELECT seq FROM s) s"
}

# key_tables NAME: tables whose names say what their keys are, with random rows.
key_tables() {
	local n=${DTS_ROWS:-400} r="RAND($DTS_SEED)" deep='SET SESSION cte_max_recursion_depth=100000;'

	kind_is_mysql "$1" || deep='SET SESSION max_recursive_iterations=100000;'
	sql "$1" "$deep
		CREATE TABLE k_int (id INT PRIMARY KEY, v INT); INSERT INTO k_int SELECT seq * 3, seq FROM $(numbers "$n");
		CREATE TABLE k_outlier (id BIGINT PRIMARY KEY, v INT); INSERT INTO k_outlier SELECT seq, seq FROM $(numbers "$n");
		INSERT INTO k_outlier VALUES (9223372036854775807, 1), (-9223372036854775808, 2);
		CREATE TABLE k_negative (id INT PRIMARY KEY, v INT); INSERT INTO k_negative SELECT -seq * 7, seq FROM $(numbers "$n");
		CREATE TABLE k_unsigned (id BIGINT UNSIGNED PRIMARY KEY); INSERT INTO k_unsigned SELECT 18446744073709551615 - seq * seq FROM $(numbers "$n");
		INSERT INTO k_unsigned VALUES (0), (18446744073709551615);
		CREATE TABLE k_composite (a INT, b VARCHAR(20), c INT, v INT, PRIMARY KEY (a, b, c));
		INSERT IGNORE INTO k_composite SELECT seq % 3, CONCAT('b', FLOOR($r * 9)), seq, seq FROM $(numbers "$n");
		CREATE TABLE k_ci (s VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY);
		INSERT IGNORE INTO k_ci SELECT CONCAT(ELT(1 + FLOOR($r * 8), 'a', 'B', 'é', 'ß', 'z ', 'Ä', '😀', ''), FLOOR($r * $n)) FROM $(numbers "$n");
		CREATE TABLE k_general (s CHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, n INT, PRIMARY KEY (s, n));
		INSERT IGNORE INTO k_general SELECT ELT(1 + FLOOR($r * 8), 'a', 'B', 'É', 'e', 'z ', 'ä', '', 'ab'), seq FROM $(numbers "$n");
		CREATE TABLE k_latin1 (s VARCHAR(30) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY);
		INSERT IGNORE INTO k_latin1 SELECT CONCAT(ELT(1 + FLOOR($r * 6), 'ae', 'ä', 'Ö', 'oe', 'x', '%'), FLOOR($r * $n)) FROM $(numbers "$n");
		CREATE TABLE k_bin (s VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY) SELECT s FROM k_ci;
		CREATE TABLE k_binary (b BINARY(5) PRIMARY KEY); INSERT IGNORE INTO k_binary SELECT UNHEX(SUBSTR(SHA2(seq, 256), 1, 1 + 2 * (seq % 5) + 1)) FROM $(numbers "$n");
		CREATE TABLE k_varbinary (b VARBINARY(20) PRIMARY KEY); INSERT IGNORE INTO k_varbinary SELECT UNHEX(SUBSTR(SHA2(seq, 256), 1, 2 + 2 * (seq % 9))) FROM $(numbers "$n");
		CREATE TABLE k_decimal (x DECIMAL(30,10) PRIMARY KEY); INSERT IGNORE INTO k_decimal SELECT ($r - 0.5) * POW(10, seq % 15) FROM $(numbers "$n");
		CREATE TABLE k_date (x DATE, y TIME(2), PRIMARY KEY (x, y)); INSERT IGNORE INTO k_date
			SELECT DATE_ADD('1999-12-25', INTERVAL FLOOR($r * 20) DAY), SEC_TO_TIME((seq - 200) * 500.25) FROM $(numbers "$n");
		CREATE TABLE k_stamp (x TIMESTAMP(3) PRIMARY KEY DEFAULT '2000-01-01'); INSERT IGNORE INTO k_stamp SELECT FROM_UNIXTIME(1 + seq * 4000000 + 0.125) FROM $(numbers "$n");
		CREATE TABLE k_enum (e ENUM('z','a','m'), s SET('q','b'), n INT, PRIMARY KEY (e, s, n)); INSERT INTO k_enum SELECT 1 + seq % 3, seq % 4, seq FROM $(numbers "$n");
		CREATE TABLE k_bit (b BIT(40), y YEAR, PRIMARY KEY (b, y)); INSERT INTO k_bit SELECT FLOOR(seq / 2) * 99999, 1990 + seq % 2 FROM $(numbers "$n");
		CREATE TABLE k_unique (a INT NULL, b INT NOT NULL, UNIQUE (a), UNIQUE u (b)); INSERT INTO k_unique SELECT NULL, seq * 2 FROM $(numbers "$n");
		CREATE TABLE k_none (a INT, b INT); INSERT INTO k_none SELECT seq % 10, seq % 7 FROM $(numbers "$n");
		CREATE TABLE k_parts (id INT PRIMARY KEY, v INT) PARTITION BY HASH (id) PARTITIONS 4; INSERT INTO k_parts SELECT seq, seq FROM $(numbers "$n");
		CREATE TABLE k_empty (id INT PRIMARY KEY); CREATE TABLE k_one (id INT PRIMARY KEY); INSERT INTO k_one VALUES (1)" d
	if kind_is_mysql "$1" || [ "$1" = ma ]; then
		sql "$1" "$deep CREATE TABLE k_desc (a INT, b INT, PRIMARY KEY (a, b DESC)); INSERT INTO k_desc SELECT seq % 20, seq FROM $(numbers "$n");
			CREATE TABLE k_alldesc (a INT, b INT, PRIMARY KEY (a DESC, b DESC)); INSERT INTO k_alldesc SELECT seq % 20, seq FROM $(numbers "$n")" d
	fi
	kind_is_mysql "$1" || sql "$1" "$deep CREATE TABLE k_uuid (u UUID PRIMARY KEY, v INT); INSERT INTO k_uuid SELECT IF(seq % 2, UUID(), CONCAT(seq * 9999 + 10000000, '-1111-7', 100 + seq, '-8888-', '123456789012')), 1 FROM $(numbers "$n") ;
		CREATE TABLE k_inet (i INET6 PRIMARY KEY); INSERT INTO k_inet SELECT CONCAT(HEX(seq % 10), '::', HEX(seq)) FROM $(numbers "$n")" d
}

# Every chunk of FILE asked for at the server NAME by its own after and upto; and
# the chunks of a table follow one another from edge to edge.
check_ranges() {
	python3 "$DTS_ROOT/t/lib/chunk-ranges" "$2" >"$BATS_TEST_TMPDIR/ranges" || { cat "$BATS_TEST_TMPDIR/ranges"; return 1; }
	cut -f1 "$BATS_TEST_TMPDIR/ranges" | client "$1" d >"$BATS_TEST_TMPDIR/counted"
	cut -f2 "$BATS_TEST_TMPDIR/ranges" | diff - "$BATS_TEST_TMPDIR/counted" || { paste "$BATS_TEST_TMPDIR/ranges" "$BATS_TEST_TMPDIR/counted" | head; return 1; }
}

# The rows of FILE are those of one reader, in any order.
same_as_one() {
	jq -c 'select(.op == "row") | [.table, .after]' "$2" | sort >"$BATS_TEST_TMPDIR/many"
	dump "$1" "${@:3}" 2>/dev/null | jq -c 'select(.op == "row") | [.table, .after]' | sort >"$BATS_TEST_TMPDIR/single"
	diff "$BATS_TEST_TMPDIR/single" "$BATS_TEST_TMPDIR/many" | head -n 5
	cmp "$BATS_TEST_TMPDIR/single" "$BATS_TEST_TMPDIR/many"
}

# --- shards

@test "whatever the key, each row is in one chunk, whose range has just its rows" {
	local s t n

	for s in src ma my; do
		key_tables "$s"
		random 1 2000
		dump "$s" d -j4 --chunk-size="$REPLY" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR/err"; false; }
		while read -r t; do
			n=$(sql "$s" "SELECT COUNT(*) FROM $t" d)
			[ "$(grep -c "^{\"op\":\"row\",\"db\":\"d\",\"table\":\"$t\"" "$BATS_TEST_TMPDIR/out")" = "$n" ] || { echo "$s $t: not $n rows"; false; }
		done < <(sql "$s" 'SHOW TABLES' d)
		check_ranges "$s" "$BATS_TEST_TMPDIR/out"
		same_as_one "$s" "$BATS_TEST_TMPDIR/out" d
	done
}
