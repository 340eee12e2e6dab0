# Who appends to a log is killed again and again under load: each transaction is there once, whole and in order, and what was
# acknowledged is there. DTS_KILLS says how often; t/log/kills.py does it.
# shellcheck disable=SC2154
load lib/dts

@test "a writer that is killed under load" {
	cd "$BATS_TEST_TMPDIR"
	run_tool 0 timeout 3000 python3 "$DTS_ROOT/t/log/kills.py" log "$DTS_KILLS" "$DTS_SEED"
	echo "# $output" | tee -a "${DTS_KILLS_LOG:-/dev/null}"
	[[ $output == "$DTS_KILLS kills, "*' transactions, '*' segments' ]]
	[ -z "$stderr" ]
	run_tool 0 dts-log verify log
}
