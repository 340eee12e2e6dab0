# dts-apply -j: the full phase over several writers.
# status and its kin are set by run; SQL has its own backticks and dollars.
# shellcheck disable=SC2154,SC2016,SC2028,SC2015
load lib/dts
load lib/streams

setup_file() { servers_up dst; }
teardown_file() { servers_down; }

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d; SET GLOBAL local_infile=1'
	c=c$BATS_TEST_NUMBER
}

teardown() {
	[ -z "${following:-}" ] || { kill -KILL "$following" 2>/dev/null && wait "$following" || :; }
	[ -z "${holding:-}" ] || { kill "$holding" 2>/dev/null && wait "$holding" || :; }
}

# many ID TABLE FROM TO [FORMAT]: a chunk with rows {"a":N,"b":"..."}; FORMAT has @ for N, BIG for 500,000 characters.
many() {
	echo "{\"op\":\"chunk\",\"src\":\"s\",\"id\":\"$1\",\"db\":\"d\",\"table\":\"$2\",\"pos\":$(pos 10)}" |
		if [ "$3" -eq 1 ]; then sed "s/\"pos\"/\"upto\":{\"a\":$4},&/"; else sed "s/\"pos\"/\"after\":{\"a\":$(($3 - 1))},\"upto\":{\"a\":$4},&/"; fi
	awk -v from="$3" -v to="$4" -v table="$2" -v format="${5:-{\"a\":@,\"b\":\"text of @, quoted: \\\\\\\"x\\\\\\\"\"\}}" 'BEGIN {
		big = "x"
		while (format ~ /BIG/ && length(big) < 500000)
			big = big big
		big = substr(big, 1, 500000)
		gsub(/BIG/, big, format)
		for (n = from; n <= to; n++) {
			row = format
			gsub(/@/, n, row)
			printf "{\"op\":\"row\",\"db\":\"d\",\"table\":\"%s\",\"after\":%s}\n", table, row
		}
	}'
	echo "{\"op\":\"chunk-end\",\"src\":\"s\",\"id\":\"$1\",\"rows\":$(($4 - $3 + 1)),\"pos\":$(pos 10)}"
}

keyed() { schema "$1" a b:text 'primary=["a"]'; }
loads() { sql dst "SHOW GLOBAL STATUS LIKE 'Com_load'" | cut -f2; }
# What rows FROM to TO of many() are, as one line.
sums() { is "SELECT COUNT(*), SUM(a), SUM(CRC32(b)) FROM $1" "$(rows "SELECT COUNT(*), SUM(seq), SUM(CRC32(CONCAT('text of ', seq, ', quoted: \"x\"'))) FROM $2")"; }
numbers() { # MIN MAX: a table of them, on either family
	echo "(WITH RECURSIVE n AS (SELECT $1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < $2) SELECT * FROM n) AS n"
}

@test "four writers over several tables, and over one" {
	local before t i
	sql dst 'SET GLOBAL max_recursive_iterations=100000' 2>/dev/null || sql dst 'SET GLOBAL cte_max_recursion_depth=100000'
	sql dst 'CREATE TABLE t1 (a INT PRIMARY KEY, b TEXT, KEY (b(10))); CREATE TABLE t2 (a INT AUTO_INCREMENT PRIMARY KEY, b TEXT)
		; CREATE TABLE t3 (a INT, b TEXT); CREATE TABLE t4 (a INT PRIMARY KEY, b TEXT); CREATE TABLE one LIKE t2' d
	for t in t1 t2 t4 one; do keyed $t; done >body
	schema t3 a b:text >>body
	for i in 1 2 3 4 5; do
		for t in t1 t2 t3 t4; do many "d.$t.$i" $t $((i * 1000 - 999)) $((i * 1000)); done
	done >>body
	for i in {1..20}; do many "d.one.$i" one $((i * 500 - 499)) $((i * 500)); done >>body
	snapshot 10 <body >in
	before=$(loads)
	run_tool 0 apply -j4 --checkpoint="$c" in
	[ -z "$output$stderr" ]
	[ "$(loads)" -gt "$((before + 10))" ]
	for t in t1 t2 t3 t4; do sums $t "$(numbers 1 5000)"; done
	sums one "$(numbers 1 10000)"
	at 10
	# Not at all when the server says no, and without a checkpoint.
	sql dst 'SET GLOBAL local_infile=0; TRUNCATE t1; TRUNCATE t2; TRUNCATE t3; TRUNCATE t4; TRUNCATE one' d
	before=$(loads)
	run_tool 0 apply --jobs=3 in
	[ -z "$output$stderr" ]
	[ "$(loads)" -eq "$before" ]
	for t in t1 t2 t3 t4; do sums $t "$(numbers 1 5000)"; done
	sums one "$(numbers 1 10000)"
	run_tool 2 apply -j0 in
	[ "$stderr" = 'dts-apply: --jobs: from 1 to 64' ]
	run_tool 2 apply -j65 in
}

@test "a row that is there already is named, and nothing of its chunk stays" {
	local infile key=PRIMARY
	! kind_is_mysql dst || key=t.PRIMARY
	for infile in 1 0; do
		sql dst "SET GLOBAL local_infile=$infile; DROP TABLE IF EXISTS t; CREATE TABLE t (a INT PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1234, 'mine')" d
		{ keyed t; many d.t.1 t 1 1000; many d.t.2 t 1001 2000; } | snapshot 10 >in
		refused 4 "in:1239: chunk 'd.t.2' of table 'd.t': the target refuses the change 'dst': Duplicate entry '1234' for key '$key' (error 1062); statement: INSERT INTO \`d\`.\`t\` (\`a\`,\`b\`) VALUES (1234,'text of 1234, quoted: \"x\"')" \
			'' -j2 --allow-nonempty --checkpoint="$c$infile"
		# The other writer's chunk is there as a whole, or was given up.
		is 'SELECT COUNT(*) IN (1, 1001), MAX(b="mine") FROM t' '1 1'
		sql dst 'DELETE FROM t WHERE a=1234' d
		run_tool 0 apply -j2 --checkpoint="$c$infile" in
		is 'SELECT COUNT(*), MAX(b="mine") FROM t' '2000 0'
	done
}

@test "what LOAD DATA would cut, round or only warn of is refused" {
	bad() { # ROW MESSAGE
		sql dst 'DROP TABLE IF EXISTS t; CREATE TABLE t (a INT PRIMARY KEY, v VARCHAR(3), n DECIMAL(5,2), i TINYINT)' d
		{
			schema t a 'v:varchar(3)' 'n:decimal(5,2)' i:tinyint 'primary=["a"]'
			many d.t.1 t 1 2000 '{"a":@,"v":"abc","n":"1.50","i":1}' | sed "/\"a\":777,/s/\"v\":.*/$1}}/"
		} | snapshot 10 >in
		run_tool 4 apply --no-checkpoint in
		[[ $stderr == "dts-apply: in:780: chunk 'd.t.1' of table 'd.t': $2"* ]] || { echo "$stderr"; return 1; }
		is 'SELECT COUNT(*) FROM t' 0
	}
	bad '"v":"abcd","n":"1.50","i":1' "the target refuses the change 'dst': Data too long for column 'v'"
	bad '"v":"abc","n":"1.50","i":128' "the target refuses the change 'dst': Out of range value for column 'i'"
	bad '"v":"abc","n":"1.505","i":1' "the target gave a warning: Note 1265: Data truncated for column 'n'"
}

@test "rows that only INSERT can write go beside LOAD DATA" {
	local before
	before=$(loads)
	sql dst "CREATE TABLE t (a INT PRIMARY KEY, e ENUM('x','y'), b TEXT)" d
	{
		schema t a "e:enum('x','y')" b:text 'primary=["a"]'
		many d.t.1 t 1 2000 '{"a":@,"e":"y","b":"@"}' | sed '/"a":\(7\|777\|1999\),/s/"e":"y"/"e":0/'
	} | snapshot 10 >in
	run_tool 0 apply --no-checkpoint in
	[ "$(loads)" -gt "$before" ]
	is 'SELECT e+0, COUNT(*), SUM(a) FROM t GROUP BY 1 ORDER BY 1' "0 3 2783,2 1997 $((2001000 - 2783))"
	is 'SELECT COUNT(*) FROM t WHERE b=a' 2000
}

@test "rows that are wrong, in any place and form" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b TEXT)' d
	{ keyed t; many d.t.1 t 1 1000; many d.t.2 t 1001 1010; } | snapshot 10 >good
	wrong() { # SED MESSAGE
		sed "$1" good >in
		run_tool 3 apply -j1 --no-checkpoint in
		[ "$stderr" = "dts-apply: $2" ] || { echo "$stderr"; return 1; }
		is 'SELECT COUNT(*) FROM t' "${3:-0}"
		sql dst 'TRUNCATE t' d
	}
	wrong '500s/"after"/after/' 'in:500: invalid JSON: a quoted key was expected at byte 34'
	wrong '500s/"table":"t"/"table":"u"/' "in:500: op 'row': of 'd.u' in a chunk of 'd.t'"
	wrong '500s/"a":/"z":/' "in:500: table 'd.t' has no column 'z' in its schema record"
	wrong '500s/{"op":"row",/{"op":"row","src":"x",/' "in:500: op 'row': of source 'x' in the stream of 's'"
	wrong '500s/"a":[0-9]*/"a":"x"/' "in:500: column 'a': \"x\" is not a value of type int"
	# The input ends behind it.
	wrong '500s/"after"/after/; 900q' 'in:500: invalid JSON: a quoted key was expected at byte 34'
	wrong '900q' "in:901: torn input: it ends inside a chunk, before the 'end' of the snapshot of 's'"
	wrong '500d' "in:1003: op 'chunk-end': 'rows' is 1000 where 999 was expected: records are missing or out of order
dts-apply: hint: a pipeline that drops records on purpose goes on through 'dts-filter --no-counts'"
	wrong '1010s/"after"/after/' 'in:1010: invalid JSON: a quoted key was expected at byte 34' 1000
	# Rows in another form are rows like any other.
	sed '100,200s/^{"op":"row","db":"d","table":"t",\(.*\)}$/{ "after_too":1,\1,"db":"d","table":"t","op":"row"}/' good >in
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT COUNT(*), SUM(a) FROM t' "1010 $((505 * 1011))"
}

@test "chunks too large to be gathered, and chunks that go on in another file" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT)' d
	{
		schema t a b:longtext 'primary=["a"]'
		many d.t.1 t 1 100
		many d.t.2 t 101 130 '{"a":@,"b":"BIG"}'
		many d.t.3 t 131 200
		many d.t.4 t 201 201 '{"a":@,"b":"BIGBIGBIGBIGBIGBIGBIGBIGBIGBIGBIGBIGBIGBIGBIGBIGBIGBIG"}'
	} | snapshot 10 >in
	run_tool 0 apply -j2 --checkpoint="$c" in
	[ -z "$stderr" ]
	is 'SELECT COUNT(*), SUM(LENGTH(b)=500000), MAX(LENGTH(b)) FROM t' '201 30 9000000'
	# A wrong row among those that had been gathered, and one behind them.
	sql dst 'TRUNCATE t' d
	sed '115s/"a":/"z":/' in >in2
	run_tool 3 apply -j2 --no-checkpoint in2
	[[ $stderr == "dts-apply: in2:115: table 'd.t' has no column 'z'"* ]]
	is 'SELECT COUNT(*) FROM t' 100
	sql dst 'TRUNCATE t' d
	sed '134s/"a":/"z":/' in >in2
	run_tool 3 apply -j2 --no-checkpoint in2
	[[ $stderr == "dts-apply: in2:134: table 'd.t' has no column 'z'"* ]]
	is 'SELECT COUNT(*) FROM t' 100
	# Cut into three files, inside of chunks.
	sql dst 'TRUNCATE t' d
	head -n 50 in >in1
	sed -n '51,150p' in >in2
	tail -n +151 in >in3
	run_tool 0 apply -j2 --no-checkpoint in1 in2 in3
	is 'SELECT COUNT(*), SUM(LENGTH(b)=500000) FROM t' '201 30'
	sql dst 'TRUNCATE t' d
	sed '20s/"a":/"z":/' in2 >in4
	run_tool 3 apply -j2 --no-checkpoint in1 in4 in3
	[[ $stderr == "dts-apply: in4:20: table 'd.t' has no column 'z'"* ]]
}

@test "a writer's connection is killed: 75, and the same again finishes" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b TEXT); CREATE TABLE u (a INT PRIMARY KEY, b TEXT)' d
	{ keyed t; keyed u; many d.u.1 u 1 1000; many d.t.1 t 1 1000; many d.u.2 u 1001 2000; } | snapshot 10 >in
	hold "START TRANSACTION; INSERT INTO t VALUES (500, 'held')"
	dts-apply --defaults-file="$(defaults)" -g dst -j2 --allow-nonempty --checkpoint="$c" in >out 2>err 3>&- &
	following=$!
	victim="SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND='Query' AND (INFO LIKE 'LOAD DATA%' OR INFO LIKE 'INSERT INTO%')"
	wait_until 20 '[ -n "$(sql dst "$victim")" ] && [ "$(rows "SELECT COUNT(*) FROM u")" = 2000 ]'
	sql dst "KILL $(sql dst "$victim")"
	ended 75
	grep -q "^dts-apply: in:[0-9]*: chunk 'd.t.1' of table 'd.t': " err
	[ "$(grep -c . err)" -eq 1 ]
	echo 'ROLLBACK;' >&6
	exec 6>&-
	wait_until 10 'is "SELECT COUNT(*) FROM t" 0 >/dev/null'
	run_tool 0 apply -j2 --checkpoint="$c" in
	is 'SELECT COUNT(*) FROM t UNION ALL SELECT COUNT(*) FROM u' 1000,2000
}

@test "a transaction that lost to another one is repeated" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b TEXT); CREATE TABLE x (a INT PRIMARY KEY)
		; INSERT INTO x WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i FROM n' d
	{ keyed t; many d.t.1 t 1 600; } | snapshot 10 >in
	deadlocks() { sql dst "SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME='lock_deadlocks'"; }
	before=$(deadlocks)
	# Its 900 changed rows weigh more than ours: we are the victim.
	hold "START TRANSACTION; UPDATE x SET a=a+10000; INSERT INTO t VALUES (500, 'held')"
	dts-apply --defaults-file="$(defaults)" -g dst -j2 --allow-nonempty --checkpoint="$c" in >out 2>err 3>&- &
	following=$!
	wait_until 20 '[ -n "$(sql dst "SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state=\"LOCK WAIT\"")" ]'
	echo "SELECT 'got' FROM t WHERE a=1 FOR UPDATE; INSERT INTO t VALUES (1, 'mine'); SELECT 'mine'; ROLLBACK; SELECT 'back';" >&6
	wait_until 20 'grep -q back held'
	exec 6>&-
	ended 0
	[ ! -s err ]
	[ "$(deadlocks)" -gt "$before" ]
	sums t "$(numbers 1 600)"
}

@test "a second run takes over: nothing more of the first is committed" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b TEXT)' d
	follow -j3 --checkpoint="$c"
	{ opening snapshot 10; keyed t; many d.t.1 t 1 1000; } >&7
	wait_until 10 'is "SELECT COUNT(*) FROM t" 1000 >/dev/null'
	sql dst "UPDATE dts.checkpoint SET epoch=epoch+1 WHERE name='$c'"
	{ many d.t.2 t 1001 2000; many d.t.3 t 2001 2010; } >&7
	# It says so at once, while its input is still open.
	wait_until 10 '[ -s err ]'
	ended 75
	grep -q "^dts-apply: .*chunk 'd.t.[23]' of table 'd.t': another run has taken over this checkpoint" err
	is 'SELECT COUNT(*) FROM t' 1000
	is 'SELECT COUNT(*) FROM dts.chunk WHERE checkpoint="'"$c"'"' 1
}

@test "SIGTERM in the middle: whole chunks stay" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b TEXT)' d
	follow -j3 --checkpoint="$c"
	{ opening snapshot 10; keyed t; many d.t.1 t 1 1000; many d.t.2 t 1001 2000; many d.t.3 t 2001 3000 | head -n 500; } >&7
	wait_until 10 'is "SELECT COUNT(*) FROM t" 2000 >/dev/null'
	kill -TERM "$following"
	ended 143
	[ ! -s err ]
	is 'SELECT COUNT(*) FROM t' 2000
	is 'SELECT COUNT(*) FROM dts.chunk WHERE checkpoint="'"$c"'"' 2
}

@test "a writer that gets no connection ends the run" {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b TEXT)' d
	{ keyed t; many d.t.1 t 1 10; } | snapshot 10 >in
	sql dst "DROP USER IF EXISTS few; CREATE USER few IDENTIFIED BY 'few' WITH MAX_USER_CONNECTIONS 1; GRANT ALL ON *.* TO few"
	status=0
	MYSQL_PWD=few timeout 20 dts-apply --defaults-file="$(defaults)" -g dst -u few -j2 --checkpoint="$c" in 2>err || status=$?
	sql dst 'DROP USER few'
	[ "$status" -eq 75 ] || { echo "status $status"; cat err; return 1; }
	[[ $(<err) == "dts-apply: cannot connect to 'dst': User 'few' has "*"'max_user_connections'"* ]]
	is 'SELECT COUNT(*) FROM t' 0
	run_tool 0 apply --checkpoint="$c" in
	is 'SELECT COUNT(*), SUM(a) FROM t' '10 55'
}

# --- --print

@test "--print: the statements, one a line, which do the same when they are run" {
	local state
	# The tables of checkpoints are there, and nothing else.
	opening snapshot 10 >in
	run_tool 3 apply --checkpoint="$c-other" in
	sql dst "CREATE TABLE t (a INT PRIMARY KEY, e ENUM('x'), b TEXT)" d
	{
		schema t a "e:enum('x')" b:text 'primary=["a"]'
		chunk d.t.1 t 10 10 '{"a":1,"e":"x","b":"it'\''s\n"}' '{"a":2,"e":0,"b":null}' '{"a":3,"e":"x","b":"\\"}'
	} | snapshot 10 >in
	run_tool 0 apply -j4 --print --checkpoint="$c" in
	[ -z "$stderr" ]
	is 'SELECT COUNT(*) FROM t UNION ALL SELECT COUNT(*) FROM dts.source WHERE checkpoint="'"$c"'"' 0,0
	for line in "${lines[@]}"; do [[ $line == *';' ]] || { echo "$line"; return 1; }; done
	[[ $output == *$'\nSTART TRANSACTION;\n'*'INSERT INTO `d`.`t`'*'INSERT INTO `dts`.`chunk`'*$'\nCOMMIT;'* ]]
	printf '%s\n' "$output" | client dst >/dev/null
	is 'SELECT a, e+0, HEX(b) FROM t' "1 1 697427730A,2 0 NULL,3 1 5C"
	at 10
	{
		schema t a "e:enum('x')" b:text
		tx 20 "$(ins t '{"a":4,"e":"x","b":"y"}')" "$(upd t '{"a":1,"e":"x","b":"it'\''s\n"}' '{"a":9,"e":"x","b":"z"}')" "$(del t '{"a":2,"e":0,"b":null}')"
		tx 30 "$(ddl alter-table 'ALTER TABLE t ADD f INT')"
	} | changes 10 >in
	run_tool 0 apply --print --checkpoint="$c" in
	is 'SELECT COUNT(*) FROM t WHERE a=4' 0
	printf '%s\n' "$output" | client dst >/dev/null
	is 'SELECT a, f FROM t' '3 NULL,4 NULL,9 NULL'
	at 39
	# A schema, without a checkpoint.
	{
		echo '{"op":"ddl","db":"","sql":"CREATE DATABASE IF NOT EXISTS `d`","kind":"create-database","objects":[]}'
		echo '{"op":"ddl","db":"d","sql":"CREATE TABLE `n` (`a` int)","kind":"create-table","objects":[]}'
	} | wrap schema 4 >in
	run_tool 0 apply --print in
	is "SHOW TABLES LIKE 'n'" ''
	printf '%s\n' "$output" | client dst >/dev/null
	is "SHOW TABLES LIKE 'n'" n
	run_tool 2 apply --print --ack in
	[ "$stderr" = 'dts-apply: --ack and --print contradict each other' ]
}

@test "--print: what cannot be told beforehand is refused" {
	{ schema t a; chunk 1 t 20 30 '{"a":1}'; } | snapshot 10 >in
	sql dst 'CREATE TABLE t (a INT)' d
	refused 4 "in:5: rows that were not all read at the snapshot's position have a window, which cannot be printed" \
		'print those of a snapshot that was read at one position: dts-dump --lock=HOW' --print --checkpoint="$c"
	run_tool 0 apply --print in
	[ "${lines[3]}" = 'SET foreign_key_checks=0;' ] || [ "${lines[2]}" = 'SET foreign_key_checks=0;' ] || { echo "$output"; return 1; }
	run_tool 4 apply --print --checkpoint="$c" --checkpoint-db=none in
	[[ $stderr == *'hint: --print changes nothing'* ]]
	is 'SELECT COUNT(*) FROM t' 0
}
