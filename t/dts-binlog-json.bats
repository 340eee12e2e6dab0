# dts-binlog: updates of parts of documents (MySQL's binlog_row_value_options=PARTIAL_JSON) are
# told as the whole documents that they make.
# shellcheck disable=SC2154,SC2016
load lib/dts

setup_file() { servers_up my=mysql97 || :; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	sql my 'DROP DATABASE IF EXISTS b; CREATE DATABASE b'
}

now() { sql my 'SHOW BINARY LOG STATUS' | awk 'NR == 1 { print $1 ":" $2 }'; }
binlog() { dts-binlog --defaults-file="$(defaults)" -g my "$@"; }

# What the log leaves of a table is what it holds; before images are what was there.
kept() {
	jq -sc 'reduce .[] as $r ({rows: {}, wrong: 0};
		if $r.op == "insert" or $r.op == "update" then
			(if $r.op == "update" and .rows["\($r.before.id)"] != $r.before then .wrong += 1 else . end)
			| .rows["\($r.after.id)"] = $r.after
		else . end)
		| .wrong, ([.rows[]] | sort_by(.id)[])' "$1"
}

@test "generated updates of parts of documents leave what the table holds" {
	seed=$DTS_SEED count=${DTS_STATEMENTS:-300}
	for compression in OFF ON; do
		sql my 'DROP TABLE IF EXISTS j' b
		from=$(now)
		{
			echo "SET binlog_row_value_options=PARTIAL_JSON, binlog_transaction_compression=$compression;"
			python3 "$DTS_ROOT/t/json-updates.py" "$seed" "$count"
		} | client my b --force 2>errors
		! grep -v -E '^(--|UPDATE|$)|ERROR (3154|3140|3141|3143|3149|3150|3153|3165|1048|1235|3156|3903) ' errors
		if [ $compression = OFF ]; then
			sql my "SHOW BINLOG EVENTS IN '${from%:*}' FROM ${from#*:}" | cut -f3 | sort | uniq -c >kinds
			[ "$(awk '$2 == "Update_rows_partial" { print $1 }' kinds)" -gt $((count / 4)) ] || { cat kinds; false; }
		fi
		binlog --start-position="$from" b >log
		dts-dump --defaults-file="$(defaults)" -g my b | jq -c 'select(.op == "row").after' >rows
		kept log >kept
		[ "$(head -n 1 kept)" = 0 ]
		tail -n +2 kept | cmp - rows
		[ "$(wc -l <rows)" -eq 40 ]
		seed=$((seed + 1))
	done
}

@test "an update of a part whose document is not in the log stops, with what to do" {
	sql my "CREATE TABLE j (id INT PRIMARY KEY, j JSON); INSERT INTO j VALUES (1, JSON_OBJECT('a', REPEAT('x', 100), 'b', 1))" b
	from=$(now)
	sql my "SET binlog_row_value_options=PARTIAL_JSON, binlog_row_image=MINIMAL; UPDATE j SET j = JSON_SET(j, '$.b', 2)" b
	end=$(now)
	sql my "INSERT INTO j VALUES (9, '{}')" b
	run_tool 3 binlog --start-position="$from" b
	[[ $stderr == *"\`b\`.\`j\`"*"parts of a document that the before image lacks"*"binlog_row_image=FULL"*"$end"* ]]
	[ "$(binlog --start-position="$end" | jq -c 'select(.op == "insert").after.id')" = 9 ]
}
