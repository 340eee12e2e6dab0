# The record codec beside independent JSON implementations: Python's json and jq.
# shellcheck disable=SC2154 # set by run
load lib/dts

py() {
	python3 "$DTS_ROOT/t/codec.py" "$@"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "a random stream in canonical form passes byte for byte" {
	for i in 1 2 3 4 5; do
		py stream $((DTS_SEED * 100 + i)) 2000 >in
		dts-filter in >out
		cmp in out
	done
}

@test "a random stream in any other form passes byte for byte too, and means the same" {
	for i in 1 2 3; do
		py stream $((DTS_SEED * 100 + i)) 1000 >in
		py restyle $((DTS_SEED * 100 + i)) <in >styled
		dts-filter styled >out
		cmp styled out
		py same in out
	done
}

@test "counting anew gives the same records, whatever their form" {
	py stream "$DTS_SEED" 1000 >in
	py restyle "$DTS_SEED" <in | dts-filter --no-counts >out
	py same in out
	# A right stream has nothing to be mended.
	dts-filter --no-counts in | cmp in -
}

@test "jq in the middle changes nothing that counts" {
	py stream "$DTS_SEED" 1000 >in
	jq -c . in >out
	py same in out
	dts-filter out | cmp out -
	jq -cS . in | dts-filter >out
	py same in out
}

@test "grep and zstd in the middle change nothing" {
	py stream "$DTS_SEED" 500 >in
	dts-filter <in | grep '' | zstd -q | dts-filter --zstd | zstd -dq | dts-filter | cmp in -
}

@test "lines are taken exactly when Python's json takes them" {
	py lines "$DTS_SEED" 700 >lines
	run_tool 0 py judge lines "$(command -v dts-filter)"
	[ "${output##*# }" != "0 lines taken" ]
}

@test "a stream cut at any byte is refused with status 3" {
	py stream "$DTS_SEED" 12 >in
	size=$(stat -c %s in)
	[ "$size" -lt 20000 ]
	step=$((size / 500 + 1))
	at=$((DTS_SEED % step + 1))
	while [ "$at" -lt "$size" ]; do
		status=0
		head -c "$at" in | dts-filter >out 2>err || status=$?
		[ "$status" -eq 3 ] || { echo "cut at $at of $size: status $status"; return 1; }
		[ "$(wc -l <err)" -ge 1 ]
		at=$((at + step))
	done
	# Nothing at all: the program before this one in the pipeline has failed, and
	# a shell without pipefail sees our status alone.
	run_tool 3 dts-filter /dev/null
	[ -z "$output" ]
	[[ ${stderr_lines[0]} == *'the input is empty'* ]]
}

@test "a stream without any one of its records is refused with status 3" {
	py stream "$DTS_SEED" 60 >in
	count=$(wc -l <in)
	for ((i = 1; i <= count; i++)); do
		# A heartbeat's or a statement's loss is seen in the counts, too.
		status=0
		sed "${i}d" in | dts-filter >out 2>err || status=$?
		[ "$status" -eq 3 ] || { echo "without line $i: status $status"; return 1; }
	done
}
