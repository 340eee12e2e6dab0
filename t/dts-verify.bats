# dts-verify: what must not fool it, and what it prints.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() {
	servers_up src dst
	load_both t/verify.sql
}

teardown_file() { servers_down; }

setup() {
	sql src 'CREATE OR REPLACE DATABASE v'
	sql dst 'CREATE OR REPLACE DATABASE v'
}

verify() {
	dts-verify --defaults-file="$(defaults)" -g src -G dst "$@"
}

both() {
	sql src "$1" v
	sql dst "$1" v
}

load_both() {
	client src <"$DTS_ROOT/$1"
	client dst <"$DTS_ROOT/$1"
}

# The records of $output without stream, schema and end, each op with a hint of its row.
changes() {
	printf '%s\n' "$output" | jq -c 'select(.before or .after) | [.op, .table, .before, .after]'
}

# --- identical

@test "two servers with the same rows of every type are identical" {
	run_tool 0 verify shop
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == '{"op":"stream","v":1,"kind":"repair","src":"src",'* ]]
	[ "${lines[1]}" = '{"op":"end","src":"src","reason":"done","records":0}' ]
	[[ $stderr == *'18 tables, 49 rows: identical' ]]
}

@test "indexes, row format and engine do not matter" {
	both 'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(9)); INSERT INTO t VALUES (1,"x"),(2,NULL)'
	sql dst 'ALTER TABLE t ROW_FORMAT=COMPRESSED, ADD KEY(a)' v
	run_tool 0 verify v
	sql dst 'ALTER TABLE t DROP PRIMARY KEY' v
	run_tool 0 verify v
	sql dst 'ALTER TABLE t ENGINE=MyISAM, MODIFY id BIGINT' v
	run_tool 0 verify v
}

@test "no tables, an empty table" {
	run_tool 2 verify v
	[[ $stderr == *'no table of either server is selected' ]]
	both 'CREATE TABLE e (id INT PRIMARY KEY); CREATE TABLE f (a INT)'
	run_tool 0 verify v
	[[ $stderr == *'2 tables, 0 rows: identical' ]]
}

@test "a generated column is compared by itself, an invisible one with the row" {
	both 'CREATE TABLE t (id INT PRIMARY KEY, a INT, g INT AS (a+1) VIRTUAL, h INT INVISIBLE DEFAULT 1);
		INSERT INTO t(id,a,h) VALUES (1,1,1)'
	sql dst 'ALTER TABLE t MODIFY g INT AS (a+2) VIRTUAL' v
	run_tool 1 verify v
	[[ $stderr == *'0  generated columns differ: g'*'1 table, 1 row: 1 with generated columns that differ' ]]
	[ "$(changes)" = '' ]
	sql dst 'UPDATE t SET h=2' v
	run_tool 1 verify v
	[[ $stderr == *'1  different'* ]]
	[ "$(changes)" = '["update","t",{"id":1,"a":1,"h":2},{"id":1,"a":1,"h":1}]' ]
}

# --- what must not hide

@test "each difference of shop is found and named" {
	load_both t/verify.sql
	client dst <"$DTS_ROOT/t/verify-changes.sql"
	run_tool 1 verify shop
	diff <(changes | LC_ALL=C sort) "$DTS_ROOT/t/verify-changes.expected"
	[[ $stderr == *'18 tables, 49 rows: 18 different in 41 rows' ]]
}

@test "no two of 1000 rows of separators, digits and NULLs are taken for one another" {
	both 'CREATE TABLE w (n INT, s VARCHAR(9));
		INSERT INTO w VALUES (0,""),(1,NULL),(2,","),(3,"0"),(4,"1"),(5,",,"),(6,"0,"),(7,"1,1"),(8,"-"),(9,"\\0");
		CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(9), b VARBINARY(9), c TEXT);
		INSERT INTO t SELECT x.n*100+y.n*10+z.n, x.s, y.s, z.s FROM w x, w y, w z; DROP TABLE w'
	run_tool 0 verify v
	for shift in 1 10 111 501; do
		sql dst "UPDATE t SET id=id+10000; UPDATE t SET id=(id+$shift) MOD 1000" v
		run_tool 1 verify v
		[ "$(changes | grep -c '"update"')" -eq 1000 ]
		sql dst "UPDATE t SET id=id+10000; UPDATE t SET id=(id-$shift) MOD 1000" v
	done
}

@test "rows beyond the source's first and last key are found" {
	both 'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_100'
	sql dst 'INSERT INTO t VALUES (-1),(0),(101),(2147483647)' v
	for size in 1 7 100 101 1000; do
		run_tool 1 verify v --chunk-rows=$size
		[ "$(changes | grep -c '"delete"')" -eq 4 ]
		[ "$(changes | wc -l)" -eq 4 ]
	done
}

@test "every chunk size finds the same rows" {
	both 'CREATE TABLE t (a INT, b VARCHAR(9) COLLATE utf8mb4_general_ci, v INT, PRIMARY KEY (a,b));
		INSERT INTO t SELECT seq DIV 50, CONCAT("k", seq MOD 50), seq FROM seq_1_to_3000'
	sql dst 'UPDATE t SET v=0 WHERE v IN (1,1500,3000); DELETE FROM t WHERE v BETWEEN 700 AND 710;
		UPDATE t SET b=UPPER(b) WHERE v=42' v
	run_tool 1 verify v
	changes | LC_ALL=C sort >"$BATS_TEST_TMPDIR/want"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/want")" -eq 15 ]
	[ "$(grep -c '"update"' "$BATS_TEST_TMPDIR/want")" -eq 4 ]
	for size in 1 13 500; do
		run_tool 1 verify v --chunk-rows=$size
		diff "$BATS_TEST_TMPDIR/want" <(changes | LC_ALL=C sort)
	done
}

@test "a range in which the target has many more rows is halved" {
	both 'CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1,1),(1000000,1)'
	sql dst 'INSERT INTO t SELECT seq, 1 FROM seq_2_to_30000; DELETE FROM t WHERE id=1000000' v
	run_pipe '1 0 0 0' "dts-verify --defaults-file='$(defaults)' -g src -G dst v | jq -r .op | sort | uniq -c"
	[ "$(tr -s ' ' <<<"$output" | tr '\n' ,)" = ' 29999 delete, 1 end, 1 insert, 1 schema, 1 stream,' ]
}

@test "a changed bit of a large value is found, also beyond max_allowed_packet" {
	both 'CREATE TABLE t (id INT PRIMARY KEY, a LONGBLOB, b LONGTEXT);
		INSERT INTO t VALUES (1, REPEAT("a", 3000000), REPEAT("b", 3000000))'
	sql dst 'UPDATE t SET b=CONCAT(LEFT(b, 2999999), "c")' v
	for s in src dst; do
		sql $s 'SET GLOBAL max_allowed_packet=4194304'
	done
	run dts-verify --defaults-file="$(defaults)" -g src -G dst v
	for s in src dst; do
		sql $s 'SET GLOBAL max_allowed_packet=1073741824'
	done
	[ "$status" -ne 0 ]
	run_tool 1 verify v
	[ "$(changes | jq -r '.[0]')" = update ]
}

@test "duplicates of a table without a key are counted" {
	both 'CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1,"x"),(1,"x"),(2,NULL),(2,""),(3,"y")'
	run_tool 0 verify v
	sql dst 'INSERT INTO t VALUES (3,"y"),(3,"y"); DELETE FROM t WHERE a=1 LIMIT 1' v
	run_tool 1 verify v
	[ "$(changes | LC_ALL=C sort)" = '["delete","t",{"a":3,"b":"y"},null]
["delete","t",{"a":3,"b":"y"},null]
["insert","t",null,{"a":1,"b":"x"}]' ]
	# Pairs that would cancel in an exclusive or.
	sql src 'TRUNCATE t; INSERT INTO t VALUES (1,"x"),(1,"x"),(2,"y")' v
	sql dst 'TRUNCATE t; INSERT INTO t VALUES (3,"z"),(3,"z"),(2,"y")' v
	run_tool 1 verify v
	[ "$(changes | wc -l)" -eq 4 ]
}

@test "a key whose collation differs between the servers is compared by counting" {
	both 'CREATE TABLE t (k VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY); INSERT INTO t VALUES ("a"),("b"),("c")'
	sql dst 'ALTER TABLE t MODIFY k VARCHAR(9) COLLATE utf8mb4_general_ci' v
	run_tool 0 verify v
	sql src 'INSERT INTO t VALUES ("A")' v
	run_tool 1 verify v
	[ "$(changes)" = '["insert","t",null,{"k":"A"}]' ]
}

@test "text that is the same in another charset is the same" {
	both 'CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET latin1); INSERT INTO t VALUES (1,"é")'
	sql dst 'ALTER TABLE t MODIFY v VARCHAR(9) CHARACTER SET utf8mb4' v
	run_tool 0 verify v
	sql dst 'UPDATE t SET v="e"' v
	run_tool 1 verify v
}

# --- tables

@test "a missing, an extra and a table with other columns are differences" {
	both 'CREATE TABLE a (id INT PRIMARY KEY, x INT); CREATE TABLE b (id INT PRIMARY KEY);
		CREATE TABLE c (id INT PRIMARY KEY, x INT); CREATE TABLE same (id INT PRIMARY KEY)'
	sql src 'CREATE TABLE gone (id INT)' v
	sql dst 'CREATE TABLE more (id INT); ALTER TABLE a MODIFY x DATE; ALTER TABLE c DROP x' v
	run_tool 1 verify v
	[ "${#lines[@]}" -eq 2 ]
	[[ $stderr == *"v.a "*"other columns: column 'x' is 'int(11)' at the source, 'date' at the target"* ]]
	[[ $stderr == *"v.c "*"other columns: the target has no column 'x'"* ]]
	[[ $stderr == *"v.gone "*" missing"* ]]
	[[ $stderr == *"v.more "*" extra"* ]]
	[[ $stderr == *'6 tables, 0 rows: 2 other columns, 1 missing, 1 extra' ]]
}

@test "PATTERN and --ignore-table choose" {
	both 'CREATE TABLE a (id INT); CREATE TABLE b (id INT)'
	sql dst 'INSERT INTO b VALUES (1)' v
	run_tool 0 verify v.a
	run_tool 0 verify v --ignore-table=v.b
	run_tool 1 verify v
}

# shellcheck disable=SC2016 # backticks are SQL's
@test "names with backticks, quotes, dots and escapes" {
	both 'CREATE TABLE `a``b.''c` (`i``d` INT PRIMARY KEY, `v,"x` INT); INSERT INTO `a``b.''c` VALUES (1,2)'
	run_tool 0 verify v
	sql dst 'UPDATE `a``b.''c` SET `v,"x`=3' v
	run_tool 1 verify v
	[ "$(printf '%s\n' "$output" | jq -c 'select(.op=="update") | .after')" = '{"i`d":1,"v,\"x":2}' ]
}

# --- the stream and the run

@test "--src, --zstd" {
	both 'CREATE TABLE t (id INT)'
	run_tool 0 verify v --src=other
	[[ ${lines[0]} == *'"src":"other"'* ]]
	[[ ${lines[1]} == *'"src":"other"'* ]]
	run_pipe '0 0 0' "dts-verify --defaults-file='$(defaults)' -g src -G dst v --zstd | zstd -dc | jq -r .op"
	[ "$output" = $'stream\nend' ]
}

@test "--recheck takes back what was only late" {
	both 'CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE TABLE n (a INT)'
	sql src 'INSERT INTO t SELECT seq, seq FROM seq_1_to_1000; INSERT INTO n VALUES (1),(1)' v
	sql dst 'INSERT INTO t SELECT seq, seq FROM seq_1_to_990; INSERT INTO n VALUES (1)' v
	run_tool 1 verify v
	(
		sleep 1.5
		sql dst 'INSERT INTO t SELECT seq, seq FROM seq_991_to_1000; INSERT INTO n VALUES (1)' v
	) 3>&- &
	late=$!
	run_tool 0 verify v --recheck=20 --recheck-wait=0.3
	wait "$late"
	[ "${#lines[@]}" -eq 2 ]
}

@test "a repair stream applied to the target makes it identical" {
	load_both t/verify.sql
	client dst <"$DTS_ROOT/t/verify-changes.sql"
	run_pipe '1 0' "dts-verify --defaults-file='$(defaults)' -g src -G dst shop |
		dts-apply --defaults-file='$(defaults)' -g dst --no-checkpoint"
	run_tool 0 verify shop
	same_rows src dst shop
}

@test "a closed pipe, a full disk, a dead server" {
	both 'CREATE TABLE t (id INT)'
	run_tool 5 bash -c "dts-verify --defaults-file='$(defaults)' -g src -G dst v >/dev/full"
	[[ $stderr == *'cannot write'* ]]
	run_tool 2 dts-verify --defaults-file="$(defaults)" -g src v
	[[ $stderr == *"option '-G' is missing"* ]]
	printf '[dts-none]\nsocket=/nonexistent\n' >"$BATS_TEST_TMPDIR/none.cnf"
	run_tool 75 dts-verify --defaults-file="$BATS_TEST_TMPDIR/none.cnf" -g none -G none v
	[ -z "$output" ]
}

@test "SIGTERM ends it by the signal, without an end record" {
	both 'CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t SELECT seq, seq FROM seq_1_to_2000'
	sql dst 'UPDATE t SET v=0' v
	dts-verify --defaults-file="$(defaults)" -g src -G dst v --recheck=1000 \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	wait_until 10 "[ -s '$BATS_TEST_TMPDIR/err' ]"
	sleep 0.3
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 143 ]
	run grep -q '"end"' "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 1 ]
}
