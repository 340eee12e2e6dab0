# Random lives of a log (t/log/histories.py): writers that are killed, tails that are cut and damaged, readers from and to any
# place, trimming, and who follows all that. After each step the log gives what its source has told.
#
#   DTS_HISTORIES   how many (12); the first has the number DTS_SEED
# shellcheck disable=SC2154
load lib/dts

teardown() {
	[ -z "${memory:-}" ] || rm -rf "$memory"
}

@test "random lives of a log" {
	memory=$BATS_TEST_TMPDIR/lives
	[ ! -w /dev/shm ] || memory=$(mktemp -d /dev/shm/dts-log.XXXXXX)
	run_tool 0 timeout 3000 python3 "$DTS_ROOT/t/log/histories.py" "$memory" "${DTS_HISTORIES:-12}" "$DTS_SEED"
	[ "$output" = "${DTS_HISTORIES:-12} histories" ]
	[ -z "$stderr" ]
}
