#!/usr/bin/env bats
# The product as a whole: a database that is being written to is moved by
# pipelines, and both sides end the same. dts-verify says so, and once the
# servers' own dump program, so that no mistake of ours hides another.
load lib/dts
load lib/live

setup_file() {
	servers_up src dst
}

teardown_file() {
	servers_down
}

setup() {
	live_setup src dst
	fresh_shop
}

teardown() {
	stop_writers
}

@test "a migration under writers ends identical, every time" {
	local round

	for ((round = 0; round < ${DTS_ROUNDS:-2}; round++)); do
		[ "$round" -eq 0 ] || setup
		start_writers 2
		full_phase
		sql src 'ALTER TABLE customers ADD COLUMN points int NOT NULL DEFAULT 10 AFTER name' shop
		catch_up
		stop_writers
		catch_up
		identical
	done
	same_rows src dst shop
}

# keys NAME: of all tables of the shop, foreign ones with what they do.
keys() {
	local t

	for t in $(sql "$1" 'SHOW TABLES' shop); do
		sql "$1" "SHOW CREATE TABLE $t" shop | grep -oE '(UNIQUE |FULLTEXT )?KEY `.*|CONSTRAINT .* FOREIGN KEY.*' | sed 's/,$//' | LC_ALL=C sort
	done
}

@test "keys behind the rows, which were read at several times under writers" {
	local stage round

	sampled 2
	start_writers 2
	pipe '0 0' "dts-schema -g src $(other_family) --stage=pre shop | dts-apply -g dst"
	for ((round = 0; round < 20; round++)); do # until the rows of a table with a unique key stand at two positions
		pipe '* 0 3' "dts-dump -g src -j2 --chunk-size=500 --resume=shop@dst shop | head -n 4000 | dts-apply -g dst --checkpoint=shop"
		[ "$(sql dst "SELECT COUNT(DISTINCT low) FROM dts.chunk WHERE tbl='customers' AND id<>''")" -lt 2 ] || break
	done
	pipe '0 0' "dts-dump -g src -j2 --chunk-size=500 --resume=shop@dst shop | dts-apply -g dst -j2 --checkpoint=shop"
	for _ in 1 2; do
		pipe '0 0' "dts-schema -g src $(other_family) --stage=post shop | dts-apply -g dst -j2"
	done
	catch_up
	[ "$(sql dst 'SELECT COUNT(*) FROM dts.pendingkey')" -eq 0 ]
	stop_writers
	catch_up
	for stage in final pre post final; do
		pipe '0 0' "dts-schema -g src $(other_family) --stage=$stage shop | dts-apply -g dst"
		[ -z "$(grep '^dts-apply' <<<"$stderr")" ]
	done
	identical
	[ -n "$(other_family)" ] || diff <(keys src) <(keys dst)
}

@test "each process killed at random under load, started again at once: identical, nothing twice" {
	full_phase
	start_writers 2
	dts_retry_kill "$DTS_KILLS" 100 1500 "$(with_config \
		"dts-binlog -g src --follow --resume=shop@dst | dts-filter --table='shop.*' | dts-apply -g dst --checkpoint=shop")"
	# Nothing was refused on the way: a kill may leave only torn input, a
	# closed pipe or a lock that is still held.
	run ! grep -E 'not at the target|Duplicate|refuses|behind checkpoint' "$BATS_TEST_TMPDIR/kill.log"
	stop_writers
	catch_up
	identical
	same_rows src dst shop
}

@test "jq, grep and zstd in the middle change nothing" {
	local middle

	start_writers 1
	pipe '0 0 0' 'dts-schema -g src shop | jq -c . | dts-apply -g dst'
	pipe '0 0 0' 'dts-dump -g src shop | jq -c . | dts-apply -g dst --checkpoint=shop'
	for middle in 'jq -c .' "grep ''" 'zstd -q | zstd -dq' 'jq -cS .'; do
		# shellcheck disable=SC2086
		run bash -o pipefail -c "$(with_config \
			"dts-binlog -g src --resume=shop@dst | $middle | dts-filter --table='shop.*' | $middle | dts-apply -g dst --checkpoint=shop")"
		[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	done
	stop_writers
	pipe '0 0' 'dts-binlog -g src --zstd --resume=shop@dst | dts-apply -g dst --checkpoint=shop'
	identical
}

@test "a large stream cut at random bytes: status 3, and what is there is a whole number of transactions" {
	local cut size

	full_phase
	start_writers 2 0
	wait_until 20 '[ "$(sql src "SELECT COUNT(*) FROM shop.orders" )" -gt 6600 ]'
	stop_writers
	run_tool 0 bash -c "$(with_config 'dts-binlog -g src --resume=shop@dst') >'$BATS_TEST_TMPDIR/changes'"
	size=$(stat -c %s "$BATS_TEST_TMPDIR/changes")
	for ((cut = 0; cut < 4; cut++)); do
		random 100 $((size - 2))
		pipe '* 3' "head -c $REPLY '$BATS_TEST_TMPDIR/changes' | dts-apply -g dst --checkpoint=shop"
		[[ $stderr == *'standard input:'* ]]
		# An order is written with its items and its payment, or not at all.
		[ "$(sql dst 'SELECT COUNT(*) FROM orders o WHERE o.id > 6000 AND NOT EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id)' shop)" -eq 0 ]
	done
	run_tool 0 dts-apply --defaults-file="$CONFIG" -g dst --checkpoint=shop "$BATS_TEST_TMPDIR/changes"
	identical
}

@test "the full phase killed and started again: the second snapshot replaces the first" {
	pipe '0 0' "dts-schema -g src $(other_family) shop | dts-apply -g dst"
	start_writers 1
	dts_retry_kill 3 20 250 "$(with_config 'dts-dump -g src shop | dts-apply -g dst --checkpoint=shop')" || :
	run bash -o pipefail -c "$(with_config 'dts-dump -g src shop | dts-apply -g dst --checkpoint=shop')"
	# It may have ended before a kill came.
	[ "$status" -eq 0 ] || [[ $output == *'has ended'* ]]
	stop_writers
	catch_up
	identical
}

@test "Ctrl-C ends each member of a following pipeline with status 0" {
	local round leader line

	full_phase
	start_writers 1
	line=$(with_config "dts-binlog -g src --follow --resume=shop@dst | dts-filter --table='shop.*' | dts-apply -g dst --checkpoint=shop")
	for round in 1 2 3; do
		before=$(sql dst 'SELECT MAX(updated) FROM dts.mark')
		# A terminal sends the signal to all of the foreground process group.
		setsid bash -c "trap : INT; $line"'
echo "${PIPESTATUS[@]}" >"$0"' "$BATS_TEST_TMPDIR/statuses" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
		leader=$!
		wait_until 20 '[ "$(sql dst "SELECT MAX(updated) FROM dts.mark")" != "$before" ]'
		kill -INT -- "-$leader"
		wait "$leader" || :
		[ "$(cat "$BATS_TEST_TMPDIR/statuses")" = '0 0 0' ] ||
			{ cat "$BATS_TEST_TMPDIR/statuses" "$BATS_TEST_TMPDIR/err"; return 1; }
	done
	stop_writers
	pipe '0 0' 'dts-binlog -g src --resume=shop@dst shop | dts-apply -g dst --checkpoint=shop'
	identical
}

@test "the source is restarted behind a following pipeline: it goes on, also past what was not selected" {
	local leader

	full_phase
	sql src 'CREATE DATABASE IF NOT EXISTS elsewhere; CREATE OR REPLACE TABLE elsewhere.t (a INT)'
	setsid bash -c "$(with_config "dts-binlog -g src --follow --heartbeat=600 --resume=shop@dst shop | dts-apply -g dst --checkpoint=shop")"'
echo "${PIPESTATUS[@]}" >"$0"' "$BATS_TEST_TMPDIR/statuses" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	leader=$!
	for i in 1 2; do
		sql src "UPDATE customers SET name = 'n$i' WHERE id = $i" shop
		wait_until 20 '[ "$(sql dst "SELECT name FROM shop.customers WHERE id = $i")" = n$i ]'
		sql src 'INSERT INTO elsewhere.t VALUES (1)'
		server kill src
		server restart src >/dev/null
	done
	sql src "UPDATE customers SET name = 'last' WHERE id = 3" shop
	wait_until 30 '[ "$(sql dst "SELECT name FROM shop.customers WHERE id = 3")" = last ]' || { cat "$BATS_TEST_TMPDIR/err"; return 1; }
	kill -TERM -- "-$leader"
	wait "$leader" || :
	identical
}
