# shellcheck shell=sh
# For benchmarks: timing, medians, lines.

# shellcheck disable=SC2154 # times is set by the caller
# elapsed COMMAND...: runs it and appends its seconds to the file $times.
elapsed() {
	begun=$(date +%s%N)
	"$@" || { echo "bench: failed: $*" >&2; exit 1; }
	ended=$(date +%s%N)
	echo "$((ended - begun))" >>"$times"
}

# median FILE: of nanoseconds, one a line.
median() {
	sort -n "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# compare NAME PEER-FILE OUR-FILE BAR: prints the line. A bar of - is none.
compare() {
	peer=$(median "$2") ours=$(median "$3")
	awk -v name="$1" -v peer="$peer" -v ours="$ours" -v bar="$4" 'BEGIN {
		value = peer / ours
		printf "%s %.2f %s %s\n", name, value, bar, (bar == "-" || value >= bar + 0) ? "ok" : "short"
	}'
	echo "# $1: peer $((peer / 1000000)) ms, ours $((ours / 1000000)) ms (medians)" >&2
}
