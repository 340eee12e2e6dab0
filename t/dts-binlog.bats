# dts-binlog against a real MariaDB.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2034,SC2314
load lib/dts

setup_file() {
	servers_up src
}

teardown_file() {
	servers_down
}

setup() {
	sql src 'CREATE DATABASE IF NOT EXISTS b'
	from=$(now)
}

teardown() {
	sql src 'SET GLOBAL binlog_row_metadata=FULL, binlog_format=ROW, binlog_row_image=FULL, binlog_checksum=CRC32;
		DROP DATABASE IF EXISTS b; CREATE DATABASE b'
}

binlog() {
	dts-binlog --defaults-file="$(defaults)" -g src "$@"
}

# Where the log ends, as FILE:OFFSET.
now() {
	sql src 'SHOW MASTER STATUS' | awk '{ print $1 ":" $2 }'
}

# changes FILTER: what jq makes of the records since $from, one a line.
changes() {
	binlog --start-position="$from" >"$BATS_TEST_TMPDIR/records" || return
	jq -rc "$1" "$BATS_TEST_TMPDIR/records"
}

# follow NAME [OPTION...]: runs in the background, its records in NAME.
follow() {
	local name=$1

	shift
	dts-binlog --defaults-file="$(defaults)" -g src --follow "$@" \
		>"$BATS_TEST_TMPDIR/$name" 2>"$BATS_TEST_TMPDIR/$name.err" 3>&- &
	follower=$!
	wait_until 20 "grep -qs stream '$BATS_TEST_TMPDIR/$name' || ! kill -0 $follower"
}

# stop_follow STATUS SIGNAL
stop_follow() {
	local got=0

	kill "-$2" "$follower"
	wait "$follower" || got=$?
	[ "$got" -eq "$1" ] && return
	echo "status $got, wanted $1"
	return 1
}

# inserts STATEMENT FROM TO: runs it once for each n.
inserts() {
	printf 'DELIMITER //\nBEGIN NOT ATOMIC DECLARE n INT DEFAULT %s; WHILE n < %s DO %s; SET n = n + 1; END WHILE; END//\n' "$2" "$3" "$1" | client src b
}

# whole FILE: every record valid, ordinals and counts right, an end.
whole() {
	jq -se '
		(map(select(.op == "begin")) | length) as $begun |
		(.[0].op == "stream") and (.[-1].op == "end") and
		(.[-1].records == length - 2) and
		(map(select(.op == "commit" or .op == "prepare" or (.op == "rollback" and (has("to") or has("xid") | not)))
			| select(has("xid") and .op != "prepare" | not)) | length == $begun)' "$1" >/dev/null
}

# --- values

@test "every type at its extremes" {
	from=$(now)
	sql src "SET time_zone='+00:00', sql_mode='ALLOW_INVALID_DATES';
		CREATE TABLE t (id int primary key,
		 ti tinyint, tu tinyint unsigned, si smallint, su smallint unsigned, mi mediumint, mu mediumint unsigned,
		 i int, u int unsigned, bi bigint, bu bigint unsigned, y year,
		 d1 decimal(65,30), d2 decimal(10,0), d3 decimal(5,5), d4 decimal(18,9) unsigned,
		 f float, d double, b1 bit(1), b64 bit(64), b9 bit(9),
		 da date, t0 time, t3 time(3), t6 time(6), dt datetime, dt1 datetime(1), dt6 datetime(6),
		 ts timestamp null, ts5 timestamp(5) null);
		INSERT INTO t VALUES
		(1, -128,0,-32768,0,-8388608,0,-2147483648,0,-9223372036854775808,0,1901,
		 -99999999999999999999999999999999999.999999999999999999999999999999, -9999999999, -0.99999, 0,
		 -3.402823466e38, -1.7976931348623157e308, b'0', 0, 0,
		 '0000-00-00', '-838:59:59', '-838:59:59.999', '-838:59:59.999999', '0000-00-00 00:00:00', '1000-01-01 00:00:00.1', '0001-01-01 00:00:00.000001',
		 0, '1970-01-01 00:00:00.00001'),
		(2, 127,255,32767,65535,8388607,16777215,2147483647,4294967295,9223372036854775807,18446744073709551615,2155,
		 99999999999999999999999999999999999.999999999999999999999999999999, 9999999999, 0.99999, 999999999.999999999,
		 3.402823466e38, 1.7976931348623157e308, b'1', 18446744073709551615, 511,
		 '9999-12-31', '838:59:59', '838:59:59.999', '838:59:59.999999', '9999-12-31 23:59:59', '9999-12-31 23:59:59.9', '9999-12-31 23:59:59.999999',
		 '2038-01-19 03:14:07', '2038-01-19 03:14:07.99999'),
		(3, 0,1,-1,1,-1,1,-1,1,-1,9007199254740992,0, 0, 0, 0, 0.000000001, 16777217, 0.1, 1, 1, 256,
		 '2024-02-31', '-00:00:00', '-00:00:00.5', '-00:00:00.000001', '2024-00-10 00:00:00', '2024-02-29 12:00:00.5', '2024-02-30 00:00:00',
		 '1970-01-01 00:00:01', '2024-03-10 02:30:00.12345'),
		(4, NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
		 NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)" b
	binlog --start-position="$from" >"$BATS_TEST_TMPDIR/records"
	cat >"$BATS_TEST_TMPDIR/want" <<-'END'
	{"id":1,"ti":-128,"tu":0,"si":-32768,"su":0,"mi":-8388608,"mu":0,"i":-2147483648,"u":0,"bi":"-9223372036854775808","bu":0,"y":1901,"d1":"-99999999999999999999999999999999999.999999999999999999999999999999","d2":"-9999999999","d3":"-0.99999","d4":"0.000000000","f":-3.4028235e+38,"d":-1.7976931348623157e+308,"b1":0,"b64":0,"b9":0,"da":"0000-00-00","t0":"-838:59:59","t3":"-838:59:59.999","t6":"-838:59:59.999999","dt":"0000-00-00 00:00:00","dt1":"1000-01-01 00:00:00.1","dt6":"0001-01-01 00:00:00.000001","ts":"0000-00-00 00:00:00","ts5":"1970-01-01 00:00:00.00001"}
	{"id":2,"ti":127,"tu":255,"si":32767,"su":65535,"mi":8388607,"mu":16777215,"i":2147483647,"u":4294967295,"bi":"9223372036854775807","bu":"18446744073709551615","y":2155,"d1":"99999999999999999999999999999999999.999999999999999999999999999999","d2":"9999999999","d3":"0.99999","d4":"999999999.999999999","f":3.4028235e+38,"d":1.7976931348623157e+308,"b1":1,"b64":"18446744073709551615","b9":511,"da":"9999-12-31","t0":"838:59:59","t3":"838:59:59.999","t6":"838:59:59.999999","dt":"9999-12-31 23:59:59","dt1":"9999-12-31 23:59:59.9","dt6":"9999-12-31 23:59:59.999999","ts":"2038-01-19 03:14:07","ts5":"2038-01-19 03:14:07.99999"}
	{"id":3,"ti":0,"tu":1,"si":-1,"su":1,"mi":-1,"mu":1,"i":-1,"u":1,"bi":-1,"bu":"9007199254740992","y":0,"d1":"0.000000000000000000000000000000","d2":"0","d3":"0.00000","d4":"0.000000001","f":16777216,"d":0.1,"b1":1,"b64":1,"b9":256,"da":"2024-02-31","t0":"00:00:00","t3":"-00:00:00.500","t6":"-00:00:00.000001","dt":"2024-00-10 00:00:00","dt1":"2024-02-29 12:00:00.5","dt6":"2024-02-30 00:00:00.000000","ts":"1970-01-01 00:00:01","ts5":"2024-03-10 02:30:00.12345"}
	END
	# Numbers as text: jq 1.6 has them as doubles.
	grep -o '"after":{.*}' "$BATS_TEST_TMPDIR/records" | sed 's/^"after"://; s/}$//' >"$BATS_TEST_TMPDIR/got"
	head -n 3 "$BATS_TEST_TMPDIR/got" | diff "$BATS_TEST_TMPDIR/want" -
	tail -n 1 "$BATS_TEST_TMPDIR/got" | jq -e 'del(.id) | all(. == null)'
}

@test "random numbers, dates, uuids and addresses are what the server prints" {
	from=$(now)
	sql src "CREATE TABLE t (id int primary key, d decimal(38,17), e decimal(11,3), b bigint, ub bigint unsigned, m mediumint, f float,
		 g double, dt datetime(6), d3 datetime(3), t5 time(5), ts timestamp(2) null, da date, u uuid, i6 inet6, i4 inet4, bi bit(37), y year);
		SET time_zone='+00:00', rand_seed1=$DTS_SEED, rand_seed2=77;
		INSERT IGNORE INTO t SELECT seq, (rand()-0.5)*pow(10,floor(rand()*22)), (rand()-0.5)*pow(10,floor(rand()*9)), (rand()-0.5)*pow(2,63),
		 rand()*pow(2,64)*0.99, (rand()-0.5)*pow(2,23), (rand()-0.5)*pow(10,floor(rand()*60)-30), (rand()-0.5)*pow(10,floor(rand()*500)-250),
		 '1000-01-01' + interval rand()*3e17 microsecond, '1970-01-01' + interval rand()*2e15 microsecond,
		 sec_to_time((rand()-0.5)*6e6), from_unixtime(rand()*2147483647), '0001-01-01' + interval rand()*3600000 day,
		 CASE seq % 3 WHEN 0 THEN uuid() WHEN 1 THEN insert(insert(md5(rand()),13,1,hex(rand()*15)),17,1,hex(rand()*15)) ELSE md5(rand()) END,
		 CASE seq % 4 WHEN 0 THEN inet6_ntoa(unhex(md5(rand()))) WHEN 1 THEN concat('::ffff:', inet_ntoa(rand()*4294967295))
		  WHEN 2 THEN concat(hex(rand()*65535), '::', hex(rand()*65535), ':0:0:', hex(rand()*9)) ELSE concat('::', hex(rand()*65535), ':', hex(rand()*65535)) END,
		 inet_ntoa(rand()*4294967295), rand()*pow(2,37), 1901+rand()*254 FROM seq_1_to_1000" b
	sql src "SET time_zone='+00:00'; SELECT id, d, e, b, ub, m, dt, d3, t5, ts, da, u, i6, i4, bi+0, y FROM t ORDER BY id" b >"$BATS_TEST_TMPDIR/want"
	changes 'select(.op == "insert").after | map_values(if . == null then "NULL" else . end) | [.id, .d, .e, .b, .ub, .m, .dt, .d3, .t5, .ts, .da, .u, .i6, .i4, .bi, .y] | @tsv' >"$BATS_TEST_TMPDIR/got"
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got" | head
	cmp "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	# Floating point: the numbers that were printed find the rows again.
	jq -r 'select(.op == "insert").after | "SELECT \(.id) FROM t WHERE id=\(.id) AND g=\(.g)e0 AND f=CAST(\(.f) AS FLOAT);"' "$BATS_TEST_TMPDIR/records" |
		sed 's/\(e[-+][0-9]*\)e0/\1/' | client src b >"$BATS_TEST_TMPDIR/found"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/found")" -eq 1000 ]
}

@test "text of each kind, and bytes" {
	from=$(now)
	sql src "CREATE TABLE t (id int primary key, v varchar(300) character set latin1, c char(5) character set utf8mb4, c9 char(200) character set utf8mb4,
		 tt tinytext character set utf16, te text character set gbk, mt mediumtext character set utf8mb3, lt longtext, j json,
		 e enum('', 'a', 'ü') character set latin1, s set('x', 'y', 'ж') character set cp1251 default null, e2 enum('one', 'two'),
		 bin binary(6), vb varbinary(400), tb tinyblob, b blob, mb mediumblob, lb longblob, g geometry, p point);
		INSERT INTO t VALUES (1, repeat('é', 300), 'a€ ', repeat('€', 200), 'x😀', '中文', repeat('ß', 70000), 'a\"b\\\\c\\nd\\0e', '{\"a\": 1.10}',
		 'ü', 'x,y', 'two', x'010000', x'00ff00', '', x'ff', repeat('b', 70000), 'lb', ST_GeomFromText('LINESTRING(1 2,3 4)'), point(1,-1)),
		(2, '', '', '', '', '', '', '', '1', '', '', 'one', '', '', '', '', '', '', NULL, NULL);
		SET sql_mode=''; INSERT INTO t (id, e, e2) VALUES (3, 'zzz', 'zzz')" b
	texts=$(printf ',cast(convert(%s using utf8mb4) as binary)' v c c9 tt te mt lt j)
	sql src "SELECT id, replace(to_base64(concat_ws(x'1f'$texts)), '\n', '') FROM t ORDER BY id" b >"$BATS_TEST_TMPDIR/want"
	changes 'def raw: if . == null then empty elif type == "object" then .base64 | @base64d else . end;
		select(.op == "insert").after | [.id, ([.v, .c, .c9, .tt, .te, .mt, .lt, .j | raw] | join("\u001f") | @base64)] | @tsv' >"$BATS_TEST_TMPDIR/got"
	cut -f1,2 "$BATS_TEST_TMPDIR/want" | cmp - "$BATS_TEST_TMPDIR/got"
	jq -r 'select(.op == "insert" and .after.id == 1).after | .bin, .vb, .tb, .b, .mb, .lb, .g, .p | .base64' "$BATS_TEST_TMPDIR/records" >"$BATS_TEST_TMPDIR/bytes"
	sql src "SELECT replace(to_base64(bin), '\n', '') FROM t WHERE id=1 UNION ALL SELECT to_base64(vb) FROM t WHERE id=1 UNION ALL SELECT '' UNION ALL SELECT to_base64(b) FROM t WHERE id=1
		UNION ALL SELECT replace(to_base64(mb), '\n', '') FROM t WHERE id=1 UNION ALL SELECT to_base64(lb) FROM t WHERE id=1
		UNION ALL SELECT replace(to_base64(g), '\n', '') FROM t WHERE id=1 UNION ALL SELECT to_base64(p) FROM t WHERE id=1" b | cmp - "$BATS_TEST_TMPDIR/bytes"
	run jq -c 'select(.op == "insert").after | [.e, .s, .["e2"]]' "$BATS_TEST_TMPDIR/records"

	[ "${lines[0]}" = '["ü","x,y","two"]' ]
	[ "${lines[1]}" = '["","","one"]' ]
	[ "${lines[2]}" = '[0,null,0]' ]
	run jq -c 'select(.op == "schema" and .table == "t").columns | map(.type)' "$BATS_TEST_TMPDIR/records"
	[ "$output" = '["int","varchar(300)","char(5)","char(200)","tinytext","text","mediumtext","longtext","longtext","enum('"'','a','ü'"')","set('"'x','y','ж'"')","enum('"'one','two'"')","binary(6)","varbinary(400)","tinyblob","blob","mediumblob","longblob","geometry","point"]' ]
}

@test "temporal types in the format of MariaDB 5.3" {
	from=$(now)
	sql src "SET GLOBAL mysql56_temporal_format=OFF; SET time_zone='+00:00';
		CREATE TABLE t (id int primary key, t0 time, t1 time(1), t2 time(2), t3 time(3), t4 time(4), t5 time(5), t6 time(6), d0 datetime, d1 datetime(1), d2 datetime(2), d3 datetime(3), d4 datetime(4), d5 datetime(5), d6 datetime(6),
		 s0 timestamp null, s1 timestamp(1) null, s2 timestamp(2) null, s3 timestamp(3) null, s4 timestamp(4) null, s5 timestamp(5) null, s6 timestamp(6) null);
		SET GLOBAL mysql56_temporal_format=ON;
		INSERT INTO t SELECT seq, t, t, t, t, t, t, t, d, d, d, d, d, d, d, s, s, s, s, s, s, s FROM (SELECT seq, sec_to_time((rand(5)-0.5)*6e6) t,
		 '0001-01-01' + interval rand(6)*3e17 microsecond d, from_unixtime(rand(7)*2147483647) s FROM seq_1_to_200) x" b
	sql src "SET time_zone='+00:00'; SELECT * FROM t ORDER BY id" b >"$BATS_TEST_TMPDIR/want"
	changes 'select(.op == "insert").after | [.[]] | @tsv' >"$BATS_TEST_TMPDIR/got"
	cmp "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	sql src 'DROP TABLE t' b
	run_tool 3 binlog --start-position="$from"
	[[ "$stderr" == *"MariaDB 5.3"* ]]
}

@test "generated, invisible and hidden columns, keys" {
	from=$(now)
	sql src "CREATE TABLE t (a int, v int AS (a+1) VIRTUAL, s int AS (a*2) PERSISTENT, b int INVISIBLE DEFAULT 7, u text, UNIQUE (u), PRIMARY KEY (a, b));
		INSERT INTO t (a, u) VALUES (1, 'x'); UPDATE t SET u='y'" b
	changes 'select(.op == "insert" or .op == "update") | [.before, .after]' >"$BATS_TEST_TMPDIR/got"
	[ "$(cat "$BATS_TEST_TMPDIR/got")" = '[null,{"a":1,"b":7,"u":"x"}]
[{"a":1,"b":7,"u":"x"},{"a":1,"b":7,"u":"y"}]' ]
	run jq -c 'select(.op == "schema") | [.primary, (.columns | map([.name, .generated, .invisible]))]' "$BATS_TEST_TMPDIR/records"
	[ "$output" = '[["a","b"],[["a",null,null],["v","virtual",null],["s","stored",null],["b",null,true],["u",null,null]]]' ]
}

@test "partial images leave absent columns out" {
	sql src "CREATE TABLE t (id int primary key, a int, b int)" b
	from=$(now)
	sql src "SET SESSION binlog_row_image=MINIMAL; INSERT INTO t (id, a) VALUES (1, 2); UPDATE t SET b=NULL WHERE id=1; UPDATE t SET b=5 WHERE id=1; DELETE FROM t" b
	run changes 'select(.op == "insert" or .op == "update" or .op == "delete") | [.op, .before, .after]'
	[ "$output" = '["insert",null,{"id":1,"a":2}]
["update",{"id":1},{"b":5}]
["delete",{"id":1},null]' ]
}

# --- transactions

short='if .op == "begin" or .op == "schema" or .op == "stream" or .op == "end" then empty
	elif .op == "ddl" then "ddl \(.kind) \(.n)"
	else "\(.op) \(.table // "") \(.n // "") \(.to // "") \(.xid // "") \((.after // .before // {}).id // "")" end | gsub(" +"; " ") | sub(" $"; "")'

@test "savepoints with a table that cannot roll back" {
	sql src 'CREATE TABLE i (id int primary key) ENGINE=InnoDB; CREATE TABLE m (id int primary key) ENGINE=MyISAM; CREATE TABLE r (id int primary key) ENGINE=Aria' b
	from=$(now)
	sql src 'BEGIN; INSERT INTO i VALUES (1); SAVEPOINT a; INSERT INTO i VALUES (2); SAVEPOINT `B c`; INSERT INTO i VALUES (3); INSERT INTO m VALUES (1);
		ROLLBACK TO `B c`; INSERT INTO i VALUES (4); ROLLBACK TO A; INSERT INTO i VALUES (5); RELEASE SAVEPOINT a; COMMIT;
		BEGIN; INSERT INTO i VALUES (6); INSERT INTO r VALUES (1); ROLLBACK' b
	changes "$short" >"$BATS_TEST_TMPDIR/got"
	whole "$BATS_TEST_TMPDIR/records"
	diff - "$BATS_TEST_TMPDIR/got" <<-'END'
	insert m 1 1
	commit 1
	insert i 1 1
	insert i 2 2
	insert i 3 3
	rollback 2
	insert i 3 4
	rollback 1
	insert i 2 5
	commit 2
	insert r 1 1
	commit 1
	END
}

@test "XA: prepared, decided, one phase, across a new file" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src "XA START 'one', 'b', 5; INSERT INTO i VALUES (1); XA END 'one', 'b', 5; XA PREPARE 'one', 'b', 5" b
	sql src 'FLUSH BINARY LOGS'
	sql src "XA COMMIT 'one', 'b', 5; XA START x'00ff'; INSERT INTO i VALUES (2); XA END x'00ff'; XA PREPARE x'00ff'; XA ROLLBACK x'00ff';
		XA START 'z'; INSERT INTO i VALUES (3); XA END 'z'; XA COMMIT 'z' ONE PHASE" b
	changes "$short" >"$BATS_TEST_TMPDIR/got"
	whole "$BATS_TEST_TMPDIR/records"
	diff - "$BATS_TEST_TMPDIR/got" <<-'END'
	insert i 1 1
	prepare 1 X'6f6e65',X'62',5
	commit 0 X'6f6e65',X'62',5
	insert i 1 2
	prepare 1 X'00ff',X'',1
	rollback X'00ff',X'',1
	insert i 1 3
	commit 1
	END
	[ "$(jq -r 'select(.op == "prepare").pos.file' "$BATS_TEST_TMPDIR/records" | sort -u | wc -l)" -eq 2 ]
}

@test "XA: prepared, and decided after the server was killed" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src "XA START 'yes'; INSERT INTO i VALUES (1); XA END 'yes'; XA PREPARE 'yes'" b
	sql src "XA START 'no'; INSERT INTO i VALUES (2); XA END 'no'; XA PREPARE 'no'" b
	server kill src
	server restart src >/dev/null
	sql src "XA COMMIT 'yes'; XA ROLLBACK 'no'; INSERT INTO i VALUES (3)" b
	changes "$short" >"$BATS_TEST_TMPDIR/got"
	whole "$BATS_TEST_TMPDIR/records"
	diff - "$BATS_TEST_TMPDIR/got" <<-'END'
	insert i 1 1
	prepare 1 X'796573',X'',1
	insert i 1 2
	prepare 1 X'6e6f',X'',1
	commit 0 X'796573',X'',1
	rollback X'6e6f',X'',1
	insert i 1 3
	commit 1
	END
}

@test "DDL with its context, in transactions of its own" {
	sql src "CREATE TABLE i (id int primary key, t timestamp NULL) CHARSET latin1; INSERT INTO i VALUES (1, NULL)" b
	from=$(now)
	printf '%s' "SET NAMES latin1; SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone='+05:30', timestamp=1700000000, foreign_key_checks=0;
		CREATE TABLE \"u\" (id int, \"a\`b\" int DEFAULT 1 COMMENT 'x\\y');" | client src b
	printf "SET NAMES latin1; ALTER TABLE i ADD c_\xfc int;" | client src b
	sql src 'CREATE TABLE s ENGINE=InnoDB SELECT id FROM i; RENAME TABLE s TO s2, u TO u2; DROP TABLE IF EXISTS s2, u2, nosuch;
		CREATE TABLE k (id int); SET binlog_alter_two_phase=ON; ALTER TABLE k ADD x int, ALGORITHM=COPY; CREATE TEMPORARY TABLE tmp (id int); DROP TEMPORARY TABLE tmp' b
	changes "$short" >"$BATS_TEST_TMPDIR/got"
	whole "$BATS_TEST_TMPDIR/records"
	diff - "$BATS_TEST_TMPDIR/got" <<-'END'
	ddl create-table 1
	commit 1
	ddl alter-table 1
	commit 1
	ddl create-table 1
	insert s 2 1
	commit 2
	ddl rename-table 1
	commit 1
	ddl drop-table 1
	commit 1
	ddl create-table 1
	commit 1
	ddl alter-table 1
	commit 1
	END
	run jq -c 'select(.op == "ddl") | [.db, .sql, .context.sql_mode, .context.time_zone, .context.timestamp, .context.charset, .context.collation_connection, .context.foreign_key_checks, .objects[0].table]' "$BATS_TEST_TMPDIR/records"
	[ "${lines[0]}" = '["b","CREATE TABLE \"u\" (id int, \"a`b\" int DEFAULT 1 COMMENT '"'x\\\\y'"')","ANSI_QUOTES,NO_BACKSLASH_ESCAPES",null,1700000000,"latin1","latin1_swedish_ci",false,"u"]' ]
	[[ "${lines[1]}" == *'ADD c_ü int'* ]]
	[[ "${lines[3]}" == *'RENAME TABLE s TO s2, u TO u2'* ]]
	run jq -c 'select(.kind == "rename-table").objects | map([.type, .db, .table, .role])' "$BATS_TEST_TMPDIR/records"
	[ "$output" = '[["table","b","s","target"],["table","b","s2","new"],["table","b","u","target"],["table","b","u2","new"]]' ]
}

@test "the schema is told before the first change and when it differs" {
	from=$(now)
	sql src 'CREATE TABLE i (id int primary key); INSERT INTO i VALUES (1); INSERT INTO i VALUES (2); ALTER TABLE i ADD v varchar(3);
		INSERT INTO i VALUES (3, 1); FLUSH TABLES; INSERT INTO i VALUES (4, 1)' b
	run changes 'select(.op == "schema" or .op == "insert") | [.op, (.columns // [] | length)]'
	[ "$output" = '["schema",1]
["insert",0]
["insert",0]
["schema",2]
["insert",0]
["insert",0]' ]
}

@test "flags, REPLACE that changes a key, an event of 20 MB" {
	sql src 'CREATE TABLE i (id int primary key, u int unique, b longblob)' b
	from=$(now)
	sql src "SET foreign_key_checks=0, unique_checks=0; INSERT INTO i VALUES (1, 1, ''); SET foreign_key_checks=1, unique_checks=1;
		REPLACE INTO i VALUES (2, 1, ''); INSERT INTO i VALUES (3, 3, REPEAT('x', 20000000))" b
	run changes 'select(.op == "insert" or .op == "update" or .op == "delete") | [.op, .flags, .before.id, .after.id, (.after.b // {base64: ""} | .base64 | length)]'
	[ "${lines[0]}" = '["insert",["no-foreign-key-checks","no-unique-checks"],null,1,0]' ]
	[ "${lines[1]}" = '["update",null,1,2,0]' ]
	[ "${lines[2]}" = '["insert",null,null,3,26666668]' ]
}

@test "what is not captured leaves no records" {
	sql src 'CREATE DATABASE dts; CREATE TABLE dts.c (id int); CREATE TABLE i (id int); CREATE TABLE o (id int)' b
	from=$(now)
	sql src 'INSERT INTO dts.c VALUES (1); INSERT INTO o VALUES (1); BEGIN; INSERT INTO i VALUES (1); INSERT INTO o VALUES (2); COMMIT;
		ALTER TABLE o ADD x int; CREATE USER u1; DROP USER u1; DROP TABLE i, o; DROP DATABASE dts' b
	binlog --start-position="$from" 'b.i' >"$BATS_TEST_TMPDIR/records"
	whole "$BATS_TEST_TMPDIR/records"
	run jq -r "$short" "$BATS_TEST_TMPDIR/records"
	[ "$output" = 'insert i 1 1
commit 1
ddl drop-table 1
commit 1' ]
	binlog --start-position="$from" --ignore-table='b.i' >"$BATS_TEST_TMPDIR/records"
	run jq -r "$short | select(startswith(\"insert\"))" "$BATS_TEST_TMPDIR/records"
	[ "$output" = 'insert o 1 1
insert o 1 2' ]
}

# selected ARGUMENT...: the statements since $from and whether their objects are as their text has them.
selected() {
	binlog --start-position="$from" "$@" >"$BATS_TEST_TMPDIR/records" || return
	jq -rc 'select(.op == "ddl") | [.kind, .db, .sql, (.objects | map(.db + (if .table then "." + .table else "" end)) | join(" "))] | join("|")' \
		"$BATS_TEST_TMPDIR/records"
}

@test "what is not selected leaves the statements that name both" {
	sql src 'CREATE DATABASE o; CREATE TABLE b.z (id int); CREATE TABLE b.y (id int); CREATE TABLE o.keepme (id int);
		CREATE TABLE b.r1 (id int); CREATE TABLE o.r2 (id int); CREATE VIEW b.v AS SELECT 1; CREATE VIEW o.w AS SELECT 1'
	from=$(now)
	sql src 'DROP TABLE b.z, o.keepme; RENAME TABLE b.r1 TO b.r9, o.r2 TO o.r8; DROP VIEW o.w, b.v;
		DROP TABLE b.r9, b.y; CREATE TABLE o.last (id int)'
	run_tool 0 selected b
	[ "$output" = 'drop-table||DROP TABLE `b`.`z` /* generated by server */|b.z
rename-table||RENAME TABLE b.r1 TO b.r9|b.r1 b.r9
drop-view||DROP VIEW b.v|b.v
drop-table|'"|DROP TABLE \`b\`.\`r9\`,\`b\`.\`y\` /* generated by server */|b.r9 b.y" ]
	whole "$BATS_TEST_TMPDIR/records"
	run_tool 0 selected --ignore-table=b.y --ignore-table='o.*'
	[ "${lines[3]}" = 'drop-table||DROP TABLE `b`.`r9` /* generated by server */|b.r9' ]
	[ "${#lines[@]}" -eq 4 ]
	# All of it, as the log has it, where nothing is chosen.
	run_tool 0 selected
	[[ "$output" == *'`b`.`z`,`o`.`keepme`'*'b.r1 TO b.r9, o.r2 TO o.r8'*'VIEW o.w, b.v'*'o.last'* ]]
	# Names without a database keep the default one; it is not needed where none is left.
	from=$(now)
	sql src 'CREATE TABLE m1 (id int); CREATE TABLE o.m2 (id int); RENAME TABLE m1 TO m3, o.m2 TO o.m4; USE o; RENAME TABLE b.m3 TO b.m5, m4 TO m6; DROP DATABASE o' b
	run_tool 0 selected b
	[ "${lines[1]}" = 'rename-table|b|RENAME TABLE m1 TO m3|b.m1 b.m3' ]
	[ "${lines[2]}" = 'rename-table||RENAME TABLE b.m3 TO b.m5|b.m3 b.m5' ]
	[ "${#lines[@]}" -eq 3 ]
}

@test "a statement between what is selected and what is not stops" {
	sql src 'CREATE DATABASE dx; CREATE TABLE dx.a (id int); CREATE TABLE b.i (id int)'
	from=$(now)
	sql src 'RENAME TABLE b.i TO dx.i'
	run_tool 3 selected b
	[[ "$stderr" == "dts-binlog: "*"b.i (selected) becomes"*"dx.i (not selected)"*hint:*"dts-checkpoint set NAME src $(now)"* ]]
	run_tool 0 selected b dx
	run_tool 0 selected other
	# A database of which only a part is selected is created and altered, but not dropped.
	from=$(now)
	sql src 'CREATE DATABASE dy; ALTER DATABASE dx COMMENT "x"; CREATE DATABASE dz'
	run_tool 0 selected dx.a 'dy.*'
	[ "$(cut -d'|' -f1 <<<"$output" | paste -sd' ')" = 'create-database alter-database' ]
	from=$(now)
	sql src 'DROP DATABASE dx'
	run_tool 3 selected dx.a
	[[ "$stderr" == *"DROP DATABASE of 'dx', of which only some tables are selected"* ]]
	run_tool 3 selected --ignore-table=dx.a
	run_tool 0 selected dx
	[ "$output" = 'drop-database|dx|DROP DATABASE dx|dx' ]
	sql src 'DROP DATABASE dy; DROP DATABASE dz'
	run_tool 0 selected b
	[ -z "$output" ]
}

# --- what cannot be told stops

@test "statements as text stop with the position" {
	sql src 'CREATE TABLE i (id int)' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1); SET binlog_format=STATEMENT; INSERT INTO i VALUES (2)' b
	run_tool 3 binlog --start-position="$from"
	[[ "$stderr" == "dts-binlog: bin."*:*"INSERT INTO i VALUES (2)"* ]]
	[[ "$stderr" == *binlog_format=ROW* ]]
	[[ "$output" == *'"op":"commit"'* ]]
	[[ "$output" != *'"op":"end"'* ]]
	sql src 'SET GLOBAL binlog_format=MIXED'
	run_tool 4 binlog --follow
	[[ "$stderr" == *binlog_format=MIXED* ]]
}

@test "a log without names stops and says what to set" {
	sql src 'CREATE TABLE i (id int); SET GLOBAL binlog_row_metadata=MINIMAL' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1)' b
	run_tool 4 binlog --start-position="$from"
	[[ "$stderr" == *"names of the columns of \`b\`.\`i\`"*"SET GLOBAL binlog_row_metadata=FULL"*"before"* ]]
	# Who follows is told at once.
	run_tool 4 timeout 20 dts-binlog --defaults-file="$(defaults)" -g src --follow --start-position="$from"
	[[ "$stderr" == *binlog_row_metadata=MINIMAL:*hint:*binlog_row_metadata=FULL*--schema-history* ]]
	# Of other tables it does not matter.
	run_tool 0 binlog --start-position="$from" 'other.*'
}

@test "the use of a sequence is no insert, and is left out when asked to" {
	sql src 'CREATE SEQUENCE s; CREATE TABLE i (id int)' b
	from=$(now)
	sql src 'SELECT NEXTVAL(s); INSERT INTO i VALUES (1)' b
	run_tool 0 binlog --start-position="$from"
	[ "$(jq -c 'select(.n == 1 and .db) | [.op, .table, .after.next_not_cached_value]' <<<"$output")" = '["setval","s",1001]
["insert","i",null]' ]
	run_tool 0 binlog --start-position="$from" --skip-sequences
	[[ "$output" == *'"after":{"id":1}'* && "$output" != *setval* ]]
	run_tool 0 binlog --start-position="$from" b.i
	[[ "$output" != *setval* ]]
}

@test "what foreign keys do to rows is not in the log, which is told once a table" {
	sql src 'CREATE TABLE p (id int primary key); CREATE TABLE c (id int primary key, p int, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);
		CREATE TABLE n (id int primary key, p int, FOREIGN KEY (p) REFERENCES p (id)); CREATE TABLE o (id int);
		INSERT INTO p SELECT seq FROM seq_1_to_9; INSERT INTO c VALUES (1, 1), (2, 2); INSERT INTO n VALUES (9, 9)' b
	from=$(now)
	before=$from
	# Those that no key changed say nothing: o has no rows here, and n has no action.
	sql src 'DELETE c, o FROM c LEFT JOIN o ON o.id = c.id WHERE c.id = 2; UPDATE n, o SET n.id = 5, o.id = 1 WHERE n.p = 9; INSERT INTO p VALUES (20); DELETE FROM c WHERE id = 7' b
	run_tool 0 binlog --start-position="$from" b
	[ -z "$stderr" ]
	sql src 'DELETE FROM p WHERE id = 1; DELETE FROM p WHERE id = 3' b
	run_tool 0 binlog --start-position="$from" b
	[[ $stderr == "dts-binlog: warning: 'b.c': what its foreign key 'f' (ON DELETE CASCADE) does to rows is not in the log, and may have been done before bin."* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	# A table that refers to itself has rows of its own.
	from=$(now)
	sql src 'CREATE TABLE tree (id int primary key, p int, CONSTRAINT s FOREIGN KEY (p) REFERENCES tree (id) ON DELETE CASCADE); INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2)' b
	run_tool 0 binlog --start-position="$from" b
	[ -z "$stderr" ]
	sql src 'DELETE FROM tree WHERE id = 1' b
	run_tool 0 binlog --start-position="$from" b
	[[ $stderr == "dts-binlog: warning: 'b.tree': what its foreign key 's' (ON DELETE CASCADE)"* ]]
	from=$before
	# Also where the parent is not selected, but not where the child is not.
	run_tool 0 binlog --start-position="$from" b.c
	[[ $stderr == *"'b.c'"* ]]
	run_tool 0 binlog --start-position="$from" b.p
	[ -z "$stderr" ]
}

@test "--with-sql tells the statements behind the changes, each once" {
	sql src 'CREATE TABLE i (id int primary key); CREATE TABLE o (id int); CREATE TABLE l (t varchar(9) charset latin1)' b
	from=$(now)
	sql src "BEGIN; INSERT INTO i VALUES (1), (2); INSERT INTO o VALUES (7); UPDATE i SET id = id + 10 ORDER BY id DESC; DELETE FROM i WHERE id = 0; DELETE FROM i WHERE id = 11; COMMIT;
		INSERT INTO i SELECT seq FROM seq_100_to_3000; SET SESSION binlog_annotate_row_events=OFF; INSERT INTO i VALUES (5)" b
	run_tool 0 binlog --start-position="$from" --with-sql b.i
	[ "$(jq -c 'select(.sql) | [.op, .n, .sql]' <<<"$output")" = '["insert",1,"INSERT INTO i VALUES (1), (2)"]
["update",3,"UPDATE i SET id = id + 10 ORDER BY id DESC"]
["delete",5,"DELETE FROM i WHERE id = 11"]
["insert",1,"INSERT INTO i SELECT seq FROM seq_100_to_3000"]' ]
	run_tool 0 binlog --start-position="$from" b.i
	[[ $output != *'"sql"'* ]]
	# One that is not told for lack of its rows is not told with those of another.
	from=$(now)
	sql src "BEGIN; INSERT INTO o VALUES (8); SET SESSION binlog_annotate_row_events=OFF; INSERT INTO i VALUES (6); COMMIT" b
	run_tool 0 binlog --start-position="$from" --with-sql b.i
	[[ $output == *'"after":{"id":6}}'* ]]
	# A long one is cut.
	from=$(now)
	sql src "INSERT INTO i VALUES $(seq -s, -f '(%.0f)' 100000 130000)" b
	run_tool 0 binlog --start-position="$from" --with-sql b.i
	[ "$(jq -r 'select(.sql).sql' <<<"$output" | tail -c 4)" = ... ]
	[ "$(jq -r 'select(.sql).sql' <<<"$output" | wc -c)" -eq 65540 ]
	# What is not UTF-8 is not kept.
	from=$(now)
	printf "SET NAMES latin1; INSERT INTO l VALUES ('\344')" | mariadb --defaults-file="$(defaults)" --defaults-group-suffix=-src --default-character-set=latin1 b
	run_tool 0 binlog --start-position="$from" --with-sql b.l
	[ "$(jq -r 'select(.sql).sql' <<<"$output")" = "INSERT INTO l VALUES ('�')" ]
	[ "$(jq -r 'select(.sql).after.t' <<<"$output")" = ä ]
}

# behind: the hint is to go on at $end, and what comes from there is the row 9 alone.
behind() {
	[[ "$stderr" == *hint:*"at the target by hand, and: dts-checkpoint set NAME src $end"* ]] || {
		echo "wanted $end: $stderr"
		return 1
	}
	[ "$(binlog --start-position="$end" | jq -c 'select(.op == "insert").after.id')" = 9 ]
}

@test "what cannot be told is stopped at with the position behind it" {
	sql src 'CREATE TABLE i (id int); CREATE SEQUENCE s; CREATE TABLE m (id int) ENGINE=MyISAM;
		CREATE DATABASE IF NOT EXISTS o' b
	for what in 'SET binlog_format=STATEMENT; BEGIN; INSERT INTO i VALUES (1); INSERT INTO i VALUES (2); COMMIT' \
		'SET binlog_format=STATEMENT; INSERT INTO m VALUES (1)' \
		'SET binlog_format=MIXED; BEGIN; INSERT INTO i VALUES (3); INSERT INTO i SELECT seq FROM seq_100_to_30000 WHERE UUID_SHORT() > 0; COMMIT' \
		'RENAME TABLE m TO o.m'; do
		from=$(now)
		sql src "$what" b
		end=$(now)
		sql src 'SET binlog_format=ROW; INSERT INTO i VALUES (9)' b
		run_tool 3 binlog --start-position="$from" b
		behind
	done
	sql src 'DROP DATABASE o'
}

# --- where to start and stop

@test "a bounded run reads exactly what was there when it started" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src 'INSERT INTO i SELECT seq FROM seq_1_to_100; INSERT INTO i VALUES (200)' b
	end=$(now)
	run_tool 0 binlog --start-position="$from"
	[ "${#lines[@]}" -eq 108 ]
	[ "$(jq -r '.pos | "\(.file):\(.offset)"' <<<"${lines[107]}")" = "$end" ]
	[ -z "$stderr" ]
	# At the end there is nothing.
	run_tool 0 binlog --start-position="$end"
	[ "${#lines[@]}" -eq 2 ]
	run_tool 0 binlog --start=now
	[ "${#lines[@]}" -eq 2 ]
	# A run while others write ends too.
	inserts 'INSERT INTO i VALUES (n)' 1000 4000 3>&- &
	writer=$!
	run_tool 0 timeout 20 dts-binlog --defaults-file="$(defaults)" -g src --start-position="$from"
	wait "$writer"
}

@test "the output of two runs in a row is the output of one" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1); FLUSH BINARY LOGS; INSERT INTO i VALUES (2)' b
	mid=$(now)
	sql src 'INSERT INTO i VALUES (3); FLUSH BINARY LOGS' b
	binlog --start-position="$from" >"$BATS_TEST_TMPDIR/all"
	binlog --start-position="$from" --stop-position="$mid" >"$BATS_TEST_TMPDIR/one"
	binlog --start-position="$mid" >"$BATS_TEST_TMPDIR/two"
	filter='select(.op | . == "begin" or . == "insert" or . == "commit")'
	diff <(jq -c "$filter" "$BATS_TEST_TMPDIR/all") <(cat "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two" | jq -c "$filter")
	[ "$(jq -s '.[-1].pos.gtid' "$BATS_TEST_TMPDIR/all")" = "$(jq -s '.[-1].pos.gtid' "$BATS_TEST_TMPDIR/two")" ]
	[ "$(jq -rs '.[-1].pos.gtid' "$BATS_TEST_TMPDIR/all")" = "$(sql src 'SELECT @@gtid_binlog_pos')" ]
}

@test "start and stop by GTID, also with several domains" {
	sql src 'CREATE TABLE i (id int primary key)' b
	start=$(sql src 'SELECT @@gtid_binlog_pos')
	sql src 'INSERT INTO i VALUES (1); INSERT INTO i VALUES (2); SET gtid_domain_id=7; INSERT INTO i VALUES (3); SET gtid_domain_id=0;
		INSERT INTO i VALUES (4); SELECT @@gtid_binlog_pos' b >/dev/null
	ids='select(.op == "insert").after.id'
	[ "$(binlog --start-gtid="$start" | jq "$ids" | paste -sd' ')" = '1 2 3 4' ]
	mid=$(sql src 'SELECT @@last_gtid, @@gtid_binlog_pos' | cut -f2)
	sql src 'INSERT INTO i VALUES (5); SET gtid_domain_id=7; INSERT INTO i VALUES (6)' b
	[ "$(binlog --start-gtid="$mid" | jq "$ids" | paste -sd' ')" = '5 6' ]
	[ "$(binlog --start-gtid="$start" --stop-gtid="$mid" | jq "$ids" | paste -sd' ')" = '1 2 3 4' ]
	# One domain is further than the other: what is there is left out.
	zero=$(tr , '\n' <<<"$start" | grep '^0-') seven=$(tr , '\n' <<<"$mid" | grep '^7-')
	[ "$(binlog --start-gtid="$zero,$seven" | jq "$ids" | paste -sd' ')" = '1 2 4 5 6' ]
	[ "$(binlog --start-gtid="$zero,$seven" | jq -rs '.[-1].pos.gtid')" = "$(sql src 'SELECT @@gtid_binlog_pos')" ]
	# All of it is there: the server leaves everything out.
	end=$(sql src 'SELECT @@gtid_binlog_pos')
	run_tool 0 timeout 20 dts-binlog --defaults-file="$(defaults)" -g src --start-gtid="$end"
	[ "${#lines[@]}" -eq 2 ]
	[ "$(jq -r '"\(.pos.file):\(.pos.offset) \(.pos.gtid)"' <<<"${lines[1]}")" = "$(now) $end" ]
	run_tool 2 binlog --start-gtid=nonsense
	run_tool 6 binlog --start-gtid=0-1-99999999
}

@test "positions that are none" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1)' b
	run_tool 4 binlog --start-position="${from%:*}:99999999999"
	[[ "$stderr" == *"beyond the end"* ]]
	run_tool 4 binlog --start-position=bin.999999:4
	run_tool 3 binlog --start-position="${from%:*}:$((${from#*:} + 5))"
	[[ "$stderr" == *"where an event begins"* ]]
	# Behind the GTID event: in the middle of the transaction.
	run_tool 3 binlog --start-position="${from%:*}:$((${from#*:} + 42))"
	[[ "$stderr" == *"outside of a transaction"* ]]
	run_tool 2 binlog --start-position=x
	run_tool 2 binlog --start=then
	run_tool 2 binlog --start=now --start-gtid=0-1-1
	# A stop inside of a transaction takes it back.
	run_tool 0 binlog --start-position="$from" --stop-position="${from%:*}:$((${from#*:} + 200))"
	[[ "${lines[-2]}" == *'"op":"rollback"'* || "${#lines[@]}" -eq 2 ]]
	[ "$(jq -r '.pos | "\(.file):\(.offset)"' <<<"${lines[-1]}")" = "$from" ]
}

@test "a purged position is status 6 and names the oldest file" {
	sql src 'CREATE TABLE i (id int primary key); FLUSH BINARY LOGS' b
	old=$(sql src 'SHOW BINARY LOGS' | head -n 1 | cut -f1) gtid=$(sql src 'SELECT @@gtid_binlog_pos')
	sql src 'INSERT INTO i VALUES (1); FLUSH BINARY LOGS; INSERT INTO i VALUES (2); FLUSH BINARY LOGS; INSERT INTO i VALUES (3)' b
	new=$(now)
	wait_until 10 "sql src \"PURGE BINARY LOGS TO '\${new%:*}'\"; [ \"\$(sql src 'SHOW BINARY LOGS' | wc -l)\" -eq 1 ]"
	run_tool 6 binlog --start-position="$old:4"
	[[ "$stderr" == *"${new%:*}:4"* ]]
	run_tool 6 binlog --start-gtid="$gtid"
	[[ "$stderr" == *"${new%:*}:4"* ]]
}

@test "resume reads the position of a checkpoint" {
	sql src 'CREATE TABLE i (id int primary key)' b
	from=$(now)
	sql src 'INSERT INTO i VALUES (1); INSERT INTO i VALUES (2)' b
	binlog --start-position="$from" >"$BATS_TEST_TMPDIR/records"
	jq -c 'select(.op == "commit") | {op: "ack", src, tx, pos}' "$BATS_TEST_TMPDIR/records" | head -n 1 |
		dts-checkpoint save "$BATS_TEST_TMPDIR/ck"
	run_tool 0 binlog --resume="$BATS_TEST_TMPDIR/ck"
	[ "$(jq -c 'select(.op == "insert").after' <<<"$output")" = '{"id":2}' ]
	run_tool 4 binlog --resume="$BATS_TEST_TMPDIR/ck" --src=other
	run_tool 4 binlog --resume=nosuch@src
	[[ "$stderr" == *nosuch* ]]
}

@test "a log that was started anew is noticed, whatever its files are called" {
	servers_up dst
	sql src 'RESET MASTER; CREATE TABLE i (id int primary key); INSERT INTO i VALUES (1), (2)' b
	sql dst 'CREATE DATABASE b; CREATE TABLE b.i (id int primary key)'
	dts-dump --defaults-file="$(defaults)" -g src b | dts-apply --defaults-file="$(defaults)" -g dst --new-checkpoint --checkpoint=ck
	sql src 'INSERT INTO i VALUES (3); INSERT INTO i VALUES (4)' b
	binlog --resume=ck@dst b | tee "$BATS_TEST_TMPDIR/records" | dts-apply --defaults-file="$(defaults)" -g dst --checkpoint=ck
	same_rows src dst b
	created=$(jq 'select(.op == "commit").pos.created' "$BATS_TEST_TMPDIR/records" | sort -u)
	# The same when the file is read from its start, in the middle, and at its end.
	at=$(sql src 'SHOW MASTER STATUS' | awk '{ print $1 ":" $2 }')
	for start in "${at%:*}:4" "$(jq -r 'select(.op == "commit").pos | "\(.file):\(.offset)"' "$BATS_TEST_TMPDIR/records" | head -n 1)"; do
		binlog --start-position="$start" >"$BATS_TEST_TMPDIR/again"
		[ "$(jq 'select(.op == "commit" or .op == "begin" or .op == "end").pos.created' "$BATS_TEST_TMPDIR/again" | sort -u)" = "$created" ]
	done
	run_tool 0 binlog --resume=ck@dst b
	[ "$(jq -c .pos.created <<<"$output" | sort -u)" = "$created" ]
	# In a file as long as before, and in a longer one.
	follow f --resume=ck@dst b
	sleep 1.1
	sql src 'RESET MASTER; CREATE TABLE k (id int primary key); INSERT INTO i VALUES (5), (6)' b
	sql src 'INSERT INTO i VALUES (7); INSERT INTO i VALUES (8)' b
	run_tool 6 binlog --resume=ck@dst b
	[[ "$stderr" == *"started anew (RESET MASTER?)"*"full phase under a new checkpoint"* ]]
	[ "$(now)" = "$at" ] || { echo "the sizes must be made equal: $at, now $(now)"; false; }
	sql src 'INSERT INTO i VALUES (9); INSERT INTO i VALUES (10)' b
	run_tool 6 binlog --resume=ck@dst b
	[[ "$stderr" == *"started anew (RESET MASTER?)"* ]]
	[[ "$output" != *'"op":"begin"'* ]]
	# Who was reading when it happened, and comes back.
	got=0
	sql src "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE command = 'Binlog Dump'" | client src || :
	wait "$follower" || got=$?
	[ "$got" -eq 6 ]
	# In a file that is too short, or has no event there.
	sql src 'RESET MASTER'
	run_tool 6 binlog --resume=ck@dst b
	[[ "$stderr" == *"started anew (RESET MASTER?)"* ]]
	server remove dst
}

@test "a place that is no event's any more is told as what it is, whatever the server takes it for" {
	servers_up dst
	sql src 'RESET MASTER; CREATE TABLE i (id int primary key, v text)' b
	sql dst 'CREATE DATABASE b; CREATE TABLE b.i (id int primary key, v text)'
	dts-dump --defaults-file="$(defaults)" -g src b | dts-apply --defaults-file="$(defaults)" -g dst --new-checkpoint --checkpoint=ck
	# As of a reader who may not ask when the file was begun.
	sql dst "UPDATE dts.source SET watermark=JSON_REMOVE(watermark, '$.created')"
	# What stands there now is no length of an event.
	sql src "RESET MASTER; INSERT INTO i VALUES (1, '$(printf 'x%.0s' {1..2000})')" b
	run_tool 6 binlog --resume=ck@dst b
	[[ "$stderr" == *"is not where an event begins, and was: the source's binary log was started anew (RESET MASTER?)"*max_allowed_packet*"full phase under a new checkpoint"* ]]
	server remove dst
}

# --- following

@test "a small transaction arrives at once, and a flood does" {
	sql src 'CREATE TABLE i (id int primary key)' b
	follow f --heartbeat=0.5
	sql src 'INSERT INTO i VALUES (1)' b
	wait_until 2 "grep -q '\"op\":\"commit\"' $BATS_TEST_TMPDIR/f"
	sql src 'INSERT INTO i SELECT seq FROM seq_10_to_200000' b
	wait_until 10 "[ \"\$(grep -c '\"op\":\"commit\"' $BATS_TEST_TMPDIR/f)\" -eq 2 ]"
	wait_until 5 "tail -n 1 $BATS_TEST_TMPDIR/f | grep -q heartbeat"
	stop_follow 0 TERM
	whole "$BATS_TEST_TMPDIR/f"
	[ "$(grep -c '"op":"insert"' "$BATS_TEST_TMPDIR/f")" -eq 199992 ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/f" | jq -r .reason)" = signal ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/f" | jq -r '.pos | "\(.file):\(.offset)"')" = "$(now)" ]
	only_reconnects "$BATS_TEST_TMPDIR/f.err"
}

@test "a heartbeat moves the position where nothing is selected" {
	sql src 'CREATE TABLE i (id int primary key)' b
	follow f --heartbeat=0.2 'nothing.*'
	sql src 'INSERT INTO i VALUES (1)' b
	end=$(now)
	wait_until 5 "tail -n 1 $BATS_TEST_TMPDIR/f | grep -q '\"op\":\"heartbeat\".*\"offset\":${end#*:},\"created\":[0-9]*,\"gtid\":'"
	stop_follow 0 INT
	whole "$BATS_TEST_TMPDIR/f"
}

@test "a signal ends a bounded run by the signal" {
	sql src 'CREATE TABLE i (id int primary key, t text); INSERT INTO i SELECT seq, repeat("x", 1000) FROM seq_1_to_100000' b
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	dts-binlog --defaults-file="$(defaults)" -g src --start-position="$from" >"$BATS_TEST_TMPDIR/fifo" 3>&- &
	follower=$!
	exec 7<"$BATS_TEST_TMPDIR/fifo"
	read -r -u 7 line
	kill -TERM "$follower"
	cat <&7 >"$BATS_TEST_TMPDIR/rest"
	exec 7<&-
	got=0
	wait "$follower" || got=$?
	[ "$got" -eq 143 ]
	! grep -q '"op":"end"' "$BATS_TEST_TMPDIR/rest"
}

@test "a closed pipe is status 5 without a word" {
	sql src 'CREATE TABLE i (id int primary key, t text); INSERT INTO i SELECT seq, repeat("x", 1000) FROM seq_1_to_10000' b
	run_pipe '5 0' "dts-binlog --defaults-file='$(defaults)' -g src --start-position=$from | head -n 1"
	[ -z "$stderr" ]
	run_pipe '5 0' "dts-binlog --defaults-file='$(defaults)' -g src --follow --start-position=$from | head -n 1"
	[ -z "$stderr" ]
}

@test "the source killed and restarted while following: nothing lost or doubled" {
	sql src 'CREATE TABLE i (id int primary key auto_increment, w int)' b
	follow f --heartbeat=0.5
	for round in 1 2 3; do
		while sql src 'BEGIN; INSERT INTO i (w) VALUES (1); INSERT INTO i (w) VALUES (2); INSERT INTO i (w) SELECT 3 FROM seq_1_to_50; COMMIT' b 2>"$BATS_TEST_TMPDIR/writer"; do :; done 3>&- &
		writer=$!
		# The reader is there, and in the middle of it.
		at=$(wc -l <"$BATS_TEST_TMPDIR/f")
		wait_until 30 "[ \$(wc -l <'$BATS_TEST_TMPDIR/f') -gt $((at + 300)) ]"
		server kill src
		wait "$writer" || :
		server restart src >/dev/null
	done
	sql src 'INSERT INTO i (w) VALUES (99)' b
	end=$(now)
	wait_until 20 "grep -q '\"w\":99' $BATS_TEST_TMPDIR/f"
	stop_follow 0 TERM
	only_reconnects "$BATS_TEST_TMPDIR/f.err"
	# What was rolled back again is taken out: the rest is the table.
	jq -rn 'reduce inputs as $r ({rows: [], open: []};
		if $r.op == "begin" then .open = [] elif $r.op == "insert" then .open += [$r.after.id]
		elif $r.op == "commit" then .rows += .open | .open = [] else . end) | .rows[]' "$BATS_TEST_TMPDIR/f" >"$BATS_TEST_TMPDIR/got"
	sql src 'SELECT id FROM i ORDER BY id' b | cmp - <(sort -n "$BATS_TEST_TMPDIR/got")
	[ "$(jq -r 'select(.op == "stream").op' "$BATS_TEST_TMPDIR/f" | wc -l)" -eq 4 ]
	tail -n 1 "$BATS_TEST_TMPDIR/f" | jq -e '.op == "end"'
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/f" | jq .records)" -eq $(($(wc -l <"$BATS_TEST_TMPDIR/f") - 2)) ]
}

@test "a source that stays away is status 75" {
	server stop src
	run_tool 75 binlog
	server restart src >/dev/null
	follow f --reconnect-timeout=1
	server stop src
	got=0
	wait "$follower" || got=$?
	server restart src >/dev/null
	[ "$got" -eq 75 ]
	! grep -q '"op":"end"' "$BATS_TEST_TMPDIR/f"
}

@test "the connection killed under load: each transaction once" {
	sql src 'CREATE TABLE i (id int primary key auto_increment, w int)' b
	follow f
	inserts 'INSERT INTO i (w) VALUES (n)' 1 3000 3>&- &
	writer=$!
	for round in 1 2 3 4 5; do
		sleep 0.3
		sql src "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE command = 'Binlog Dump'" | client src || :
	done
	wait "$writer"
	sql src 'INSERT INTO i (w) VALUES (-1)' b
	wait_until 20 "grep -q '\"w\":-1' $BATS_TEST_TMPDIR/f"
	stop_follow 0 TERM
	jq -rn 'reduce inputs as $r ({rows: [], open: []};
		if $r.op == "begin" then .open = [] elif $r.op == "insert" then .open += [$r.after.id]
		elif $r.op == "commit" then .rows += .open | .open = [] else . end) | .rows[]' "$BATS_TEST_TMPDIR/f" >"$BATS_TEST_TMPDIR/got"
	sql src 'SELECT id FROM i ORDER BY id' b | cmp - "$BATS_TEST_TMPDIR/got"
	[ "$(grep -c '"op":"stream"' "$BATS_TEST_TMPDIR/f")" -gt 1 ]
}

@test "a connection that is lost again and again at once is status 75" {
	follow f --reconnect-timeout=1
	for ((k = 0; k < 200; k++)); do
		only_reconnects "$BATS_TEST_TMPDIR/f.err" || break
		sql src "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE command = 'Binlog Dump'" | client src 2>/dev/null || :
	done
	got=0
	wait "$follower" || got=$?
	[ "$got" -eq 75 ]
	[ -s "$BATS_TEST_TMPDIR/f.err" ]
	[ "$(grep -c '"op":"stream"' "$BATS_TEST_TMPDIR/f")" -lt 8 ]
	! grep -q '"op":"end"' "$BATS_TEST_TMPDIR/f"
}

@test "two replicas of one server id" {
	follow one --server-id=77
	first=$follower
	follow two --server-id=77
	got=0
	wait "$first" || got=$?
	[ "$got" -eq 4 ]
	grep -q 'server id 77 .*--server-id' "$BATS_TEST_TMPDIR/one.err"
	stop_follow 0 TERM
}

@test "checksums on and off while following" {
	sql src 'CREATE TABLE i (id int primary key)' b
	follow f
	sql src 'INSERT INTO i VALUES (1); SET GLOBAL binlog_checksum=NONE; INSERT INTO i VALUES (2); SET GLOBAL binlog_checksum=CRC32; INSERT INTO i VALUES (3)' b
	wait_until 10 "[ \"\$(grep -c '\"op\":\"insert\"' $BATS_TEST_TMPDIR/f)\" -eq 3 ]"
	stop_follow 0 TERM
	only_reconnects "$BATS_TEST_TMPDIR/f.err"
}

@test "help, version, usage" {
	run_tool 0 dts-binlog --help
	[[ "$output" == usage:* ]]
	run_tool 0 dts-binlog --version
	run_tool 2 dts-binlog --nosuch
	run_tool 2 binlog --start-position=bin.000001:x
	run_tool 2 binlog --stop-gtid=
}

@test "a source whose log is encrypted" {
	# It comes with Debian's mariadb-server, which would start a server of its own.
	[ -f "$(mariadbd --no-defaults --help --verbose 2>/dev/null | awk '$1 == "plugin-dir" { print $2 }')/file_key_management.so" ] ||
		skip 'the file_key_management plugin (package mariadb-server) is not installed'
	echo '1;000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f' >"$DTS_TEST_DIR/keys"
	servers_up enc -- --plugin-load-add=file_key_management --file-key-management-filename="$DTS_TEST_DIR/keys" --encrypt-binlog=ON
	sql enc 'CREATE DATABASE b; CREATE TABLE b.i (id int primary key); INSERT INTO b.i VALUES (1); FLUSH BINARY LOGS; INSERT INTO b.i VALUES (2)'
	mid=$(sql enc 'SHOW MASTER STATUS' | awk '{ print $1 ":" $2 }')
	sql enc 'INSERT INTO b.i VALUES (3)'
	run_tool 0 dts-binlog --defaults-file="$(defaults)" -g enc
	[ "$(jq -r 'select(.op == "insert").after.id' <<<"$output" | paste -sd' ')" = '1 2 3' ]
	run_tool 0 dts-binlog --defaults-file="$(defaults)" -g enc --start-position="$mid"
	[ "$(jq -r 'select(.op == "insert").after.id' <<<"$output" | paste -sd' ')" = '3' ]
	server remove enc
}
