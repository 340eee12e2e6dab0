# dts-dump: rows come in binary form from the server, or in text where it has no prepared
# statements to give: the same records, whatever the connection is like.
# shellcheck disable=SC2154 # set by run
load lib/dts

export PYTHONDONTWRITEBYTECODE=1

setup_file() { servers_up m10=mariadb; }
teardown_file() { servers_down; }

kinds=(m10=mariadb m118=mariadb118 my=mysql97)

# rows_of SERVER FILE [OPTION...]: the row records of database types, and nothing on stderr that is new.
rows_of() {
	local server=$1 file=$2

	shift 2
	dts-dump --defaults-file="${options:-$(defaults)}" -g "$server" -j1 "$@" types | grep '^{"op":"row"' >"$file"
	[ "${PIPESTATUS[0]}" -eq 0 ]
}

prepared() { sql "$1" "SHOW GLOBAL STATUS LIKE 'Com_stmt_prepare'" | cut -f2; }

@test "every type, in binary form and in text, over TLS and compressed: the same records" {
	cd "$BATS_TEST_TMPDIR"
	for spec in $(drawn "${kinds[@]}"); do
		server=${spec%=*} kind=${spec#*=}
		server pid "$server" >/dev/null 2>&1 || servers_up "$spec"
		sql "$server" 'DROP DATABASE IF EXISTS types; CREATE DATABASE types'
		python3 "$DTS_ROOT/t/types/types.py" create "$kind" "$kind" "$kind" | client "$server"
		python3 "$DTS_ROOT/t/types/types.py" rows "$kind" "$kind" 1 | client "$server"
		python3 "$DTS_ROOT/t/types/types.py" keys "$kind" "$kind" | client "$server"

		before=$(prepared "$server")
		rows_of "$server" binary
		if ! client_is_oracles; then
			[ "$(($(prepared "$server") - before))" -gt 20 ]
		fi
		[ "$(wc -l <binary)" -gt 100 ]

		# An option file with compression, and one with TLS where the server has it by itself.
		{ cat "$(defaults)"; printf '[client]\ncompress\n'; } >compressed.cnf
		options=compressed.cnf rows_of "$server" compressed
		cmp binary compressed
		if [ "$server" != m10 ]; then
			rows_of "$server" encrypted --ssl-mode=required
			cmp binary encrypted
		fi

		before=$(prepared "$server")
		sql "$server" 'SET GLOBAL max_prepared_stmt_count = 0'
		rows_of "$server" text
		sql "$server" 'SET GLOBAL max_prepared_stmt_count = 16382'
		cmp binary text
	done
}

@test "rows of any length around the packets' own, in binary form and in text" {
	cd "$BATS_TEST_TMPDIR"
	sql m10 "CREATE OR REPLACE DATABASE types; SET GLOBAL max_allowed_packet = 67108864"
	sql m10 "CREATE TABLE t (id INT PRIMARY KEY, n INT, b LONGBLOB);
		INSERT INTO t SELECT seq, seq, REPEAT('x', seq) FROM seq_0_to_3;
		INSERT INTO t SELECT 100 + seq, NULL, REPEAT('y', 245 + seq) FROM seq_0_to_10;
		INSERT INTO t SELECT 200 + seq, seq, REPEAT('z', 65530 + seq) FROM seq_0_to_10;
		INSERT INTO t SELECT 300 + seq, seq, REPEAT('w', 262120 + seq) FROM seq_0_to_20;
		INSERT INTO t SELECT 400 + seq, seq, REPEAT('v', 16777215 - 30 + seq) FROM seq_15_to_17;
		INSERT INTO t VALUES (500, 1, REPEAT('u', 2 * 16777215 - 14))" types
	rows_of m10 binary
	[ "$(wc -l <binary)" -eq "$(sql m10 'SELECT COUNT(*) FROM types.t')" ]
	# What the server has, by length and checksum.
	jq -r '[.after.id, .after.n // "NULL", (.after.b.base64 | length)] | @tsv' binary >sizes
	sql m10 'SELECT id, n, (LENGTH(b) + 2) DIV 3 * 4 FROM types.t ORDER BY id' >wanted
	cmp sizes wanted
	sql m10 'SET GLOBAL max_prepared_stmt_count = 0'
	rows_of m10 text
	sql m10 'SET GLOBAL max_prepared_stmt_count = 16382'
	cmp binary text
}

@test "a question mark in --where is a value's place only in quotes" {
	sql m10 "CREATE OR REPLACE DATABASE types; CREATE TABLE types.t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO types.t VALUES (1, '?'), (2, 'a')"
	run_tool 0 dts-dump --defaults-file="$(defaults)" -g m10 --where="types.t:v = '?'" types
	[ "$(grep -c '"op":"row"' <<<"$output")" -eq 1 ]
	run_tool 4 dts-dump --defaults-file="$(defaults)" -g m10 --where='types.t:v = ?' types
	[[ $stderr == *"--where: "*"near '?"* ]]
}

@test "a query that is killed between its rows ends the dump with 75" {
	sql m10 "CREATE OR REPLACE DATABASE types; CREATE TABLE types.t (id INT PRIMARY KEY, b LONGBLOB); INSERT INTO types.t SELECT seq, REPEAT('x', 1000000) FROM types.seq_1_to_200"
	mkfifo "$BATS_TEST_TMPDIR/out"
	dts-dump --defaults-file="$(defaults)" -g m10 -j1 types >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	dump=$!
	exec 7<"$BATS_TEST_TMPDIR/out"
	# It waits for us, and the server for it.
	id="SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT%b%FROM%types%' AND INFO NOT LIKE '%PROCESSLIST%'"
	wait_until 20 "[ -n \"\$(sql m10 \"$id\")\" ]"
	sql m10 "KILL QUERY $(sql m10 "$id")"
	cat <&7 >"$BATS_TEST_TMPDIR/stream"
	exec 7<&-
	status=0
	wait "$dump" || status=$?
	cat "$BATS_TEST_TMPDIR/err"
	[ "$status" -eq 75 ]
	! grep -q '"op":"end"' "$BATS_TEST_TMPDIR/stream"
}

@test "a key of empty strings, and a YEAR(2) whose order is not that of its comparisons" {
	sql m10 "CREATE OR REPLACE DATABASE types; CREATE TABLE types.e (v VARCHAR(20), b VARBINARY(5), n INT, PRIMARY KEY (v, b)); INSERT INTO types.e VALUES ('', '', 1), ('', 'a', 2), ('a', '', 3)"
	run_tool 0 dts-dump --defaults-file="$(defaults)" -g m10 --chunk-size=1 types
	[ "$(jq -sc '[.[] | select(.op == "chunk") | [.after.v, .upto.v]]' <<<"$output")" = '[[null,""],["",""],["",null]]' ]
	sql m10 "DROP TABLE types.e; CREATE TABLE types.y (y YEAR(2) PRIMARY KEY, n INT); INSERT INTO types.y VALUES (70, 1), (99, 2), (00, 3), (01, 4), (69, 5)"
	for j in 1 4; do
		run_tool 0 dts-dump --defaults-file="$(defaults)" -g m10 --chunk-size=1 -j$j types
		[ "$(jq -sc '[.[] | select(.op == "row").after.n] | sort' <<<"$output")" = '[1,2,3,4,5]' ]
	done
}

@test "MySQL gives up a statement whose tables leave its cache: it is prepared anew" {
	server pid my >/dev/null 2>&1 || servers_up my=mysql97
	sql my "DROP DATABASE IF EXISTS types; CREATE DATABASE types; CREATE TABLE types.t (id INT PRIMARY KEY, v TEXT); INSERT INTO types.t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', 50) FROM n"
	for n in 1 2; do
		yes 'FLUSH TABLES types.t;' | client my >/dev/null 2>&1 3>&- &
		flushers+=($!)
	done
	status=0
	dts-dump --defaults-file="$(defaults)" -g my -j4 --lock=none --chunk-size=1 types >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
	kill "${flushers[@]}"
	cat "$BATS_TEST_TMPDIR/err"
	[ "$status" -eq 0 ]
	[ "$(grep -c '"op":"row"' "$BATS_TEST_TMPDIR/out")" -eq 900 ]
}
