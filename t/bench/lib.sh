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

# --- with the seconds of cpu: $server is the program t/servers/server, $dir a folder with another one, work

hertz=$(getconf CLK_TCK)

# The hundredths of a second that the servers src and dst have used.
servers_cpu() {
	total=0
	for name in src dst; do
		pid=$(sh "$server" pid "$name") || continue
		# shellcheck disable=SC2046 # fields
		set -- $(sed 's/.*) //' "/proc/$pid/stat")
		total=$((total + (${12} + ${13}) * 100 / hertz))
	done
	echo "$total"
}

# The hundredths in what `times` has written: of the children it is the second line.
children_cpu() {
	sed -n 's/[ms]/ /g; 2p' "$1" | awk '{ printf "%d\n", ($1 * 60 + $2 + $3 * 60 + $4) * 100 }'
}

# measure NAME COMMAND...: one timed run; its seconds of cpu beside it.
measure() {
	times=$dir/work/$1.time
	cpu=$dir/work/$1.cpu
	shift
	before=$(servers_cpu)
	times >"$dir/before"
	elapsed "$@"
	times >"$dir/after"
	echo "$(($(children_cpu "$dir/after") - $(children_cpu "$dir/before"))) $(($(servers_cpu) - before))" >>"$cpu"
}

cpu_of() {
	sort -n "$dir/work/$1.cpu" | awk '{ a[NR] = $1; b[NR] = $2 } END {
		i = int((NR + 1) / 2); printf "%.2f + %.2f s cpu", a[i] / 100, b[i] / 100 }'
}
