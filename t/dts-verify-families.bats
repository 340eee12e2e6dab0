# dts-verify between servers of two families and of two versions: the same values
# are the same to it, and any other value is not.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up my=mysql97 my2=mysql97 ma=mariadb mb=mariadb118 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	local s

	for s in my my2 ma mb; do
		sql $s 'DROP DATABASE IF EXISTS v; CREATE DATABASE v'
	done
}

verify() {
	dts-verify --defaults-file="$(defaults)" -g "$1" -G "$2" "${@:3}"
}

# POINT(1 2) with the SRID 4326, as both store it; they read the text of one differently.
point=E61000000101000000000000000000F03F0000000000000040

# The types that all have, three rows: everyday values, the lowest, NULLs.
common_table() {
	sql "$1" "SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00';
		CREATE TABLE t (id INT PRIMARY KEY, t1 TINYINT, t8 BIGINT UNSIGNED, de DECIMAL(65,30), fl FLOAT, dbl DOUBLE,
			fm FLOAT(7,3), bi BIT(64), b1 BIT, y YEAR, d DATE, t TIME(6), dt DATETIME(3), ts TIMESTAMP(6) NULL,
			c CHAR(9), vc VARCHAR(30) CHARACTER SET latin1, tx LONGTEXT, gb VARCHAR(20) CHARACTER SET gbk,
			u16 VARCHAR(20) CHARACTER SET utf16, ci VARCHAR(20) COLLATE utf8mb4_general_ci, bn BINARY(4),
			vb VARBINARY(9), bl LONGBLOB, en ENUM('','a','b'), s SET($(set_members)), g GEOMETRY, z INT(5) ZEROFILL);
		INSERT INTO t VALUES (1,-1,18446744073709551615,-12345678901234567890123456789012345.000000000000000000000000000001,
			16777216,-2.8497478716107576e-163,1.125,b'$(printf '1%.0s' {1..64})',1,2024,'2024-02-29','12:34:56.789012',
			'2024-02-31 10:00:00.123','2024-10-27 00:30:00.000001','x',x'e981','tx','abc','u','Ci',x'01000000',
			x'00ff','bl','a','m1,m64',x'${point}',42),
		(2,127,0,0,-1.5e-30,1e300,0,0,0,0,'0000-00-00','-838:59:59','1000-00-00','1970-01-01 00:00:01','','','','','','',
			'','','','','',ST_GeomFromText('POLYGON((0 0,0 5,5 5,0 0))'),0),
		(3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
			NULL,NULL,NULL,NULL,NULL)" v
}

set_members() {
	local i

	for i in {1..63}; do printf "'m%d'," "$i"; done
	printf "'m64'"
}

# Each one another value than row 1 has, and as near as possible.
changes=(t1=1 t8=18446744073709551614 de=-12345678901234567890123456789012345.000000000000000000000000000002
	fl=16777218 dbl=-2.8497478716107572e-163 fm=1.126 bi=18446744073709551614 b1=0 y=2023 "d='2024-02-28'"
	"t='12:34:56.789013'" "dt='2024-02-31 10:00:00.124'" "ts='2024-10-27 00:30:00.000002'" "c='X'" "vc=x'e990'" "tx='tx '"
	"gb='abd'" "u16='U'" "ci='cI'" "bn=x'01000001'" "vb=x'00ff00'" "bl='bl '" "en=''" "en='zzz'" "s='m2,m64'" "s='m1,m63'"
	"g=x'00000000${point:8}'" z=43)

# pair SOURCE TARGET: the tables are the same; each change is one difference.
check_pair() {
	local change column settings="SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00'"

	common_table "$1"
	common_table "$2"
	run_tool 0 verify "$1" "$2" v
	[[ $stderr == *'1 table, 3 rows: identical' ]]
	# What puts the row back as it was.
	sql "$2" "$settings; CREATE DATABASE IF NOT EXISTS kept; DROP TABLE IF EXISTS kept.t; CREATE TABLE kept.t LIKE t; INSERT INTO kept.t SELECT * FROM t" v
	for change in "${changes[@]}"; do
		column=${change%%=*}
		sql "$2" "$settings; REPLACE INTO t SELECT * FROM kept.t WHERE id=1; UPDATE t SET $change WHERE id=1" v
		run_tool 1 verify "$1" "$2" v || { echo "not seen: $change"; return 1; }
		[ "$(grep -c '"op":"update"' <<<"$output")" -eq 1 ]
		[[ $output != *"\"$column\":null"* ]]
		sql "$2" "$settings; UPDATE t SET $column=NULL WHERE id=1" v
		run_tool 1 verify "$1" "$2" v || { echo "NULL not seen: $column"; return 1; }
		[ "$(grep -c '"op":"update"' <<<"$output")" -eq 1 ]
	done
	sql "$2" "$settings; REPLACE INTO t SELECT * FROM kept.t WHERE id=1" v
	run_tool 0 verify "$1" "$2" v
}

@test "MySQL and MySQL" {
	sampled 2
	check_pair my my2
}

@test "MySQL and MariaDB, either way" {
	check_pair my ma
	run_tool 0 verify ma my v
}

@test "MariaDB of two versions" {
	sampled 2
	check_pair ma mb
}

@test "4000 doubles and floats of all sizes are the same on all servers" {
	sampled 2
	python3 - >"$BATS_TEST_TMPDIR/rows.sql" <<-'END'
		import random, struct
		random.seed(7)
		print("CREATE TABLE r (id INT PRIMARY KEY, d DOUBLE, f FLOAT); CREATE TABLE n (d DOUBLE, f FLOAT);")
		rows = []
		for i in range(4000):
		    d = float('inf')
		    while d != d or abs(d) == float('inf'):
		        d = struct.unpack('d', struct.pack('Q', random.getrandbits(64)))[0]
		    if i % 3 == 0:
		        d = random.choice([random.randint(-2**60, 2**60), random.randint(-10**17, 10**17) / 1000,
		                           random.random() * 10 ** random.randint(-20, 20), 2.0 ** random.randint(-300, 300)])
		    f = random.uniform(-1, 1) * 10.0 ** random.randint(-37, 37)
		    rows.append("%r,%r)" % (d, f))
		print("INSERT INTO r VALUES %s;" % ",".join("(%d,%s" % row for row in enumerate(rows)))
		print("INSERT INTO n VALUES (%s;" % ",(".join(rows))
	END
	for s in my ma mb; do
		client $s v <"$BATS_TEST_TMPDIR/rows.sql"
	done
	run_tool 0 verify my ma v
	run_tool 0 verify ma mb v
	run_tool 0 verify mb my v
}

# What a family makes of the same expressions.
generated_table() {
	sql "$1" "CREATE TABLE g (id INT PRIMARY KEY, v VARCHAR(20), d6 DATETIME(6), n VARCHAR(20) AS (CONCAT(v,'!')) STORED,
			g VARCHAR(60) AS (JSON_OBJECT('b',id,'a',v)) STORED, h DATETIME AS (d6) VIRTUAL, k BIGINT AS (id*2));
		INSERT INTO g (id, v, d6) VALUES (1,'x','2024-01-01 00:00:00.7'),(2,NULL,NULL)" v
}

@test "generated columns that the servers compute otherwise are named" {
	for s in my my2 ma mb; do
		generated_table $s
	done
	run_tool 0 verify my my2 v
	run_tool 0 verify ma mb v
	run_tool 1 verify my mb v
	[[ $stderr == *'2          0  generated columns differ: g, h'*'1 table, 2 rows: 1 with generated columns that differ' ]]
	[ "$(wc -l <<<"$output")" -eq 2 ]
	run_tool 1 verify ma my v
	[[ $stderr == *'0  generated columns differ: g, h'* ]]
	# Whatever finds the rows, and beside documents, which are compared here and not by digest.
	for s in my mb; do
		sql $s 'DELETE FROM g WHERE id=1; ALTER TABLE g ADD j JSON, ADD m JSON AS (JSON_ARRAY(id)) STORED, DROP g' v
	done
	sql my "UPDATE g SET j='{\"b\":1,\"a\":2}'" v
	sql mb "UPDATE g SET j='{\"b\":1,\"a\":2}'" v
	run_tool 0 verify my mb v
	[[ $stderr == *'0  identical: generated documents are not compared: m'* ]]
	for s in my mb; do
		sql $s "UPDATE g SET d6='2024-01-01 00:00:00.7'" v
	done
	run_tool 1 verify my mb v
	[[ $stderr == *'0  generated columns differ: h; generated documents are not compared: m'* ]]
	for s in my mb; do
		sql $s 'ALTER TABLE g DROP j, DROP m, DROP PRIMARY KEY' v
	done
	run_tool 1 verify my mb v
	[[ $stderr == *'0  generated columns differ: h'* ]]
	sql mb 'UPDATE g SET id=3' v
	run_tool 1 verify my mb v
	[[ $stderr == *'2  different'* ]]
}

@test "computing a column that warns or fails does not keep the rows from being compared" {
	for s in my my2 mb; do
		sql $s "SET sql_mode=''; CREATE TABLE w (id INT PRIMARY KEY, v VARCHAR(20), b BIGINT, d DATETIME AS (v), i INT AS (1/b), k INT AS (id+1));
			INSERT IGNORE INTO w (id, v, b) VALUES (1,'xyz',0),(2,'12x',100)" v
	done
	run_tool 0 verify my mb v
	run_tool 0 verify my my2 v
	sql mb 'ALTER TABLE w MODIFY k INT AS (id+2)' v
	run_tool 1 verify my mb v
	[[ $stderr == *'0  generated columns differ: k'* ]]
	sql mb "SET sql_mode=''; UPDATE w SET b=101 WHERE id=2" v
	run_tool 1 verify my mb v
	[ "$(grep -c '"op":"update"' <<<"$output")" -eq 1 ]
	# A value that the column had no way to get, and so its digest fails.
	for s in my my2; do
		sql $s "SET sql_mode=''; DROP TABLE w; CREATE TABLE w (id INT PRIMARY KEY, b BIGINT);
			INSERT INTO w VALUES (1,9223372036854775807),(2,1)" v
		sql $s "SET sql_mode=''; ALTER TABLE w ADD k BIGINT AS (b*2) VIRTUAL" v || true
	done
	run_tool 1 verify my my2 v
	[[ $stderr == *'0  generated columns differ: a server cannot compute all rows of: k'* ]]
	sql my2 'UPDATE IGNORE w SET b=2 WHERE id=2' v
	run_tool 1 verify my my2 v
	[[ $stderr == *'2          1  different'* ]]
}

@test "the sign of zero is told; MariaDB 10.11 has one zero only" {
	for s in my my2 ma mb; do
		sql $s 'CREATE TABLE k (id INT PRIMARY KEY, d DOUBLE, f FLOAT); CREATE TABLE n (d DOUBLE, f FLOAT);
			INSERT INTO k VALUES (1,0,0),(2,-0e0,-0e0); INSERT INTO n VALUES (0,0),(-0e0,-0e0),(0,0)' v
	done
	run_tool 0 verify my mb v
	run_tool 0 verify my my2 v
	run_tool 1 verify my ma v
	[ "$(grep -c '"before":{"id":2,"d":0,"f":0},"after":{"id":2,"d":-0,"f":-0}' <<<"$output")" -eq 1 ]
	for change in d=-0e0 f=-0e0; do
		for s in my2 mb; do
			sql $s "UPDATE k SET $change WHERE id=1; UPDATE n SET $change LIMIT 1" v
			run_tool 1 verify my $s v
			[[ $stderr == *': 2 different in 3 rows' ]]
			sql $s "UPDATE k SET d=0, f=0 WHERE id=1; UPDATE n SET d=0, f=0 LIMIT 1" v
			run_tool 0 verify my $s v
		done
	done
	# Rows that only the target has are the ones that go, and the others stay.
	for s in my2 mb; do
		sql $s 'INSERT INTO n VALUES (-0e0,0),(0,-0e0),(-0e0,-0e0),(1,-0e0); UPDATE k SET d=0 WHERE id=2' v
		run_pipe '1 0' "dts-verify --defaults-file='$(defaults)' -g my -G $s v |
			dts-apply --defaults-file='$(defaults)' -g $s --no-checkpoint"
		run_tool 0 verify my $s v
	done
}

@test "documents of MySQL and their text on MariaDB are compared by value" {
	sql my "CREATE TABLE j (id INT PRIMARY KEY, j JSON, n DECIMAL(5,1));
		INSERT INTO j VALUES (1,'{\"bb\":1.10,\"a\":[true,null,\"\\\\u00e9\\\\/\"],\"a\":2}',1.5),(2,'[]',0),(3,NULL,1),
		(4,'18446744073709551615',2),(5,'\"x\"',NULL)" v
	sql ma "CREATE TABLE j (id INT PRIMARY KEY, j JSON, n DECIMAL(5,2));
		INSERT INTO j VALUES (1,'{\"a\":[true,null,\"\\\\u00e9\\\\/\"], \"bb\":1.10, \"a\" : 2}',1.5),(2,' [ ]',0),(3,NULL,1),
		(4,'18446744073709551615',2),(5,'\"x\"',NULL)" v
	run_tool 0 verify my ma v
	run_tool 0 verify ma my v
	for change in "j='{\"a\":2,\"bb\":1.11}' WHERE id=1" "j='{\"a\":\"2\",\"bb\":1.1}' WHERE id=1" "j='[[]]' WHERE id=2" \
		"j='null' WHERE id=3" "j='18446744073709551614' WHERE id=4" "j='\"X\"' WHERE id=5" 'n=1.51 WHERE id=1'; do
		sql ma "CREATE TABLE k LIKE j; INSERT INTO k SELECT * FROM j; UPDATE j SET $change" v
		run_tool 1 verify my ma v.j
		[ "$(grep -c '"op":"update"' <<<"$output")" -eq 1 ]
		run_tool 1 verify ma my v.j
		sql ma 'DROP TABLE j; RENAME TABLE k TO j' v
	done
	sql my 'ALTER TABLE j DROP PRIMARY KEY' v
	run_tool 1 verify ma my v
	[[ $stderr == *'other columns'*'documents are JSON on one side'* ]]
}

@test "10,000 documents that have another text are the same; one that is not is found" {
	sampled 2
	sql ma 'CREATE TABLE j (id INT PRIMARY KEY, j JSON);
		INSERT INTO j SELECT seq, CONCAT("{\"nr\":", seq, ",\"b\":\"x\"}") FROM seq_1_to_10000' v
	sql my 'CREATE TABLE j (id INT PRIMARY KEY, j JSON); SET cte_max_recursion_depth=10000;
		INSERT INTO j WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM s WHERE n<10000)
		SELECT n, CONCAT("{\"nr\":", n, ",\"b\":\"x\"}") FROM s' v
	run_tool 0 verify ma my v
	sql my "UPDATE j SET j='{\"b\":\"x\",\"nr\":7778}' WHERE id=7777" v
	run_tool 1 verify ma my v
	[ "$(grep -c '"op":"update"' <<<"$output")" -eq 1 ]
}

@test "UUID and INET are compared with their text, VECTOR with its bytes" {
	sql mb "CREATE TABLE u (id INT PRIMARY KEY, u UUID, i INET6, f INET4, v VECTOR(2) NOT NULL);
		INSERT INTO u VALUES (1,'72c7dad7-e58e-11f1-a615-02fc00000001','::1','10.0.0.1',x'0000803f00000040')" v
	sql my "CREATE TABLE u (id INT PRIMARY KEY, u CHAR(36), i VARCHAR(39) CHARACTER SET ascii, f VARCHAR(15), v VECTOR(2) NOT NULL);
		INSERT INTO u VALUES (1,'72c7dad7-e58e-11f1-a615-02fc00000001','::1','10.0.0.1',x'0000803f00000040')" v
	run_tool 0 verify mb my v
	run_tool 0 verify my mb v
	for change in "u='72c7dad7-e58e-11f1-a615-02fc00000002'" "i='::2'" "f='10.0.0.2'" "v=x'0000803f00000041'"; do
		sql my "CREATE TABLE k LIKE u; INSERT INTO k SELECT * FROM u; UPDATE u SET $change" v
		run_tool 1 verify mb my v.u
		[ "$(grep -c '"op":"update"' <<<"$output")" -eq 1 ]
		sql my 'DROP TABLE u; RENAME TABLE k TO u' v
	done
}

@test "text keys under collations that only one family has" {
	sql my 'CREATE TABLE k (k VARCHAR(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, v INT)' v
	sql ma 'CREATE TABLE k (k VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY, v INT)' v
	for s in my ma; do
		{
			echo "INSERT INTO k VALUES ('zzzzz',1)"
			for i in {1..3000}; do
				echo ",(CONCAT('k$i', CHAR($((33 + i % 80)) USING utf8mb4)),1)"
			done
		} | client $s v
	done
	run_tool 0 verify my ma v --chunk-rows=100
	[[ $stderr == *'1 table, 3001 rows: identical' ]]
	sql ma "UPDATE k SET v=2 WHERE k LIKE 'k1234%'; DELETE FROM k WHERE k LIKE 'k2999%'; INSERT INTO k VALUES ('\$\$',0)" v
	run_tool 1 verify my ma v --chunk-rows=100
	[ "$(grep -c '"op":"update"' <<<"$output")" -eq 1 ]
	[ "$(grep -c '"op":"insert"' <<<"$output")" -eq 1 ]
	[ "$(grep -c '"op":"delete"' <<<"$output")" -eq 1 ]
}

@test "a key that MySQL made by itself is no difference" {
	sql my 'SET sql_generate_invisible_primary_key=1; CREATE TABLE n (a INT, b VARCHAR(9)); INSERT INTO n VALUES (1,"x"),(1,"x"),(2,"y")' v
	sql ma 'CREATE TABLE n (a INT, b VARCHAR(9)); INSERT INTO n VALUES (2,"y"),(1,"x"),(1,"x")' v
	run_tool 0 verify my ma v
	run_tool 0 verify ma my v
	sql ma 'DELETE FROM n LIMIT 1' v
	run_tool 1 verify my ma v
}
