# shellcheck shell=bash
# What every bats file loads:
#
#   load lib/dts
#   setup_file() { servers_up src dst; }
#   teardown_file() { servers_down; }
#
#   @test "a dump of nothing is a stream and its end" {
#           sql src 'CREATE DATABASE shop'
#           run_tool 0 dts-dump --defaults-file="$(defaults)" -g src shop
#           [ "${#lines[@]}" -eq 2 ]
#           [ -z "$stderr" ]
#   }
#
# The tools come from $DTS_BUILD (build/), so nothing has to be installed.
#
# Servers are of kind $DTS_KIND (mariadb; see t/servers), dst of $DTS_KIND_DST,
# unless the file says which: servers_up src=mysql97 dst=mariadb118.

# status, output, stderr and lines are set by `run`.
# shellcheck disable=SC2154
bats_require_minimum_version 1.5.0

DTS_ROOT=$(cd "$BATS_TEST_DIRNAME" && while [ ! -f configure.ac ] && [ "$PWD" != / ]; do cd ..; done && pwd)
: "${DTS_BUILD:=$DTS_ROOT/build}" "${DTS_SEED:=1}" "${DTS_KILLS:=5}"
case $DTS_BUILD in
/*) ;;
*) DTS_BUILD=$DTS_ROOT/$DTS_BUILD ;;
esac
export DTS_ROOT DTS_BUILD DTS_SEED DTS_KILLS
PATH=$DTS_BUILD:$PATH
# Oracle's client library of another tree looks for its plugins at the place where
# its package would have put them.
client_root=$(sed -n 's/.* --sysroot=\([^ ]*\).*/\1/p' "$DTS_BUILD/flags" 2>/dev/null)
[ -z "$client_root" ] || export LIBMYSQL_PLUGIN_DIR=$client_root/usr/lib/mysql/plugin
# A test must not depend on the files and language of whoever runs it.
unset MYSQL_PWD MYSQL_HOST MYSQL_TCP_PORT MYSQL_UNIX_PORT
export LC_ALL=C.UTF-8 TZ=UTC
# A sanitizer's report must not look like a status that a tool may give, and
# the client library's one-time allocations are not our leaks to mend.
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:exitcode=99}
export TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=99}

# Is the build with Oracle's client library?
client_is_oracles() {
	grep -qa 'libmysqlclient\.so' "$DTS_BUILD/dts-schema"
}

# unit_program NAME: makes it where it is missing. One that is there stays: make would take its own
# flags for those of the build, which may be with a sanitizer or another client library.
unit_program() {
	[ -x "$DTS_BUILD/unit/$1" ] || make -s -C "$DTS_ROOT" B="$DTS_BUILD" "$DTS_BUILD/unit/$1" >&2
}

# The same seed gives the same choices; each test has its own sequence.
RANDOM=$(((DTS_SEED + ${BATS_TEST_NUMBER:-0} * 7919) % 32768))

# random MIN MAX: sets REPLY. (Not printed: a $(...) would always get the same.)
random() {
	REPLY=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
}

# skip_loudly REASON: skips, but where a skip hides a hole (CI=true) fails.
skip_loudly() {
	if [ "${CI:-}" = true ]; then
		echo "CI=true and yet: $*"
		return 1
	fi
	skip "$*"
}

# --- servers

server() {
	sh "$DTS_ROOT/t/servers/server" "$@" 3>&-
}

# kind_available KIND: false, with the reason for servers_or_skip, where there is
# no such server.
kind_available() {
	local message

	message=$(server program "$1" 2>&1 >/dev/null) && return
	export DTS_NO_SERVER="no server of kind $1: ${message##*$'\n'}"
	return 1
}

# The first line of a file's own setup(), if any of its servers may be missing.
servers_or_skip() {
	[ -z "${DTS_NO_SERVER:-}" ] || skip_loudly "$DTS_NO_SERVER"
}

setup() {
	servers_or_skip
}

# servers_up NAME[=KIND]... [-- SERVER-OPTION...]: starts them at the same time
# in a directory of this file's own. May be called again for more of them. Where
# there is no server of that kind, a test is skipped; setup_file() cannot skip and
# says: servers_up src=mysql97 || return 0.
servers_up() {
	local spec kinds=() names=() pids=() pid failed=0

	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		names+=("${1%%=*}")
		case $1 in
		*=*) kinds+=("${1#*=}") ;;
		dst*) kinds+=("${DTS_KIND_DST:-${DTS_KIND:-mariadb}}") ;;
		*) kinds+=("${DTS_KIND:-mariadb}") ;;
		esac
		shift
	done
	[ $# -eq 0 ] || shift
	for spec in "${kinds[@]}"; do
		[ "$spec" = mariadb ] || kind_available "$spec" && continue
		[ -z "${BATS_TEST_NAME:-}" ] || servers_or_skip
		return 1
	done
	if [ -z "${DTS_TEST_DIR_MINE:-}" ]; then
		DTS_TEST_DIR=$(mktemp -d "${DTS_RUN_DIR:-/tmp}/dts-bats.XXXXXX") || return 1
		DTS_TEST_DIR_MINE=$DTS_TEST_DIR
		export DTS_TEST_DIR DTS_TEST_DIR_MINE
	fi
	for spec in "${!names[@]}"; do
		server start "${kinds[spec]}" "${names[spec]}" "$@" >/dev/null &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || failed=1
	done
	return "$failed"
}

# kind_is_mysql NAME: whether the server is Oracle's and not a MariaDB.
kind_is_mysql() {
	[[ $(<"$DTS_TEST_DIR/$1/kind") == mysql* ]]
}

servers_down() {
	[ -n "${DTS_TEST_DIR_MINE:-}" ] || return 0
	server stop-all
	rm -rf "${DTS_TEST_DIR_MINE:?}"
	unset DTS_TEST_DIR DTS_TEST_DIR_MINE
}

# The option file with the groups of all servers of this file.
defaults() {
	echo "$DTS_TEST_DIR/my.cnf"
}

# client NAME [OPTION...]: the mariadb client, connected, reading stdin.
client() {
	local name=$1

	shift
	mariadb --defaults-file="$(defaults)" --defaults-group-suffix="-$name" \
		--binary-mode --batch --skip-column-names --raw \
		--default-character-set=utf8mb4 "$@"
}

# sql NAME STATEMENTS [DATABASE]: prints rows, fields separated by tabs.
sql() {
	printf '%s\n' "$2" | client "$1" ${3:+"$3"}
}

# same_rows NAME NAME DATABASE...: whether both servers hold the same rows, as
# the servers' own dump program sees it; shows the first differences.
same_rows() {
	local one=$1 two=$2 name

	shift 2
	for name in "$one" "$two"; do
		mariadb-dump --defaults-file="$(defaults)" \
			--defaults-group-suffix="-$name" --skip-comments \
			--skip-extended-insert --complete-insert --no-create-info \
			--skip-triggers --hex-blob --skip-add-locks --skip-tz-utc \
			--no-create-db --databases "$@" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/rows.$name" ||
			return 1
	done
	cmp -s "$BATS_TEST_TMPDIR/rows.$one" "$BATS_TEST_TMPDIR/rows.$two" && return
	diff "$BATS_TEST_TMPDIR/rows.$one" "$BATS_TEST_TMPDIR/rows.$two" |
		cut -c1-300 | head -n 20
	return 1
}

# --- running

# run_tool STATUS COMMAND...: as `run`, with stdout in $output and $lines,
# stderr in $stderr and $stderr_lines, and the status checked.
run_tool() {
	local want=$1

	shift
	run --separate-stderr "$@"
	[ "$status" -eq "$want" ] && return
	echo "status $status, wanted $want: $*"
	echo "stdout: ${output:0:2000}"
	# shellcheck disable=SC2154 # set by run
	echo "stderr: ${stderr:0:2000}"
	return 1
}

# run_pipe STATUSES 'a | b | c': the same for a pipeline, every member's status
# checked: run_pipe '0 0 3' ...; a word '*' takes any, as for the writer into a
# closed pipe.
run_pipe() {
	local want got i ok=1 file=$BATS_TEST_TMPDIR/pipestatus

	read -ra want <<<"$1"
	# shellcheck disable=SC2016 # expanded by the inner shell
	run --separate-stderr bash -c "$2"'
echo "${PIPESTATUS[@]}" >"$0"' "$file"
	read -ra got <"$file"
	[ "${#want[@]}" -eq "${#got[@]}" ] || ok=0
	for i in "${!want[@]}"; do
		[ "${want[i]}" = '*' ] || [ "${want[i]}" = "${got[i]:-}" ] || ok=0
	done
	[ "$ok" -eq 1 ] && return
	echo "statuses ${got[*]}, wanted $1: $2"
	echo "stdout: ${output:0:2000}"
	echo "stderr: ${stderr:0:2000}"
	return 1
}

# only_reconnects FILE: nothing was said there but that a connection was lost and made again.
only_reconnects() {
	! grep -vE ': trying again for [0-9.]+ seconds$|: connected to .* again$' "$1"
}

# wait_until SECONDS 'CONDITION': polls until the shell text is true.
wait_until() {
	local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))

	until eval "$2"; do
		if [ "${EPOCHREALTIME/./}" -ge "$deadline" ]; then
			echo "not within $1 s: $2"
			return 1
		fi
		sleep 0.05
	done
}

# --- killing

# Prints "PID COMMAND" of each live process of session SID.
session_processes() {
	# Not by bash itself: that takes longer, and it is asked for again and again.
	ps -s "$1" -o stat=,pid=,comm= | awk '$1 !~ /^Z/ { print $2, $3 }'
}

# dts_retry_kill COUNT MIN_MS MAX_MS 'PIPELINE': starts the pipeline, after a
# random time kills one of its dts-* processes, waits until the rest has ended
# by itself and starts the same again, COUNT times. The processes take turns, from
# call to call too, the moments are random (DTS_SEED); $BATS_TEST_TMPDIR/killed names them. Afterwards nothing of it runs. A pipeline
# that ends by itself before its kill is a failure with status 0 or not, unless
# DTS_KILL_MAY_END=1; then that round is not counted and the helper returns.
# What it printed is in $BATS_TEST_TMPDIR/kill.log.
dts_kill_turn=0

dts_retry_kill() {
	local count=$1 min=$2 max=$3 text=$4 round=0 leader victims victim
	local log=$BATS_TEST_TMPDIR/kill.log

	: >"$log"
	while [ "$round" -lt "$count" ]; do
		setsid bash -c "$text" >>"$log" 2>&1 3>&- &
		leader=$!
		random "$min" "$max"
		sleep "$((REPLY / 1000)).$(printf %03d $((REPLY % 1000)))"
		# On a busy machine they may not have begun yet.
		wait_until 60 "session_processes $leader | grep -q ' dts-' || ! kill -0 $leader 2>/dev/null"
		mapfile -t victims < <(session_processes "$leader" | grep ' dts-' | sort -k2)
		if [ "${#victims[@]}" -eq 0 ]; then
			wait "$leader" || :
			[ "${DTS_KILL_MAY_END:-}" = 1 ] && return 0
			echo "round $round: the pipeline had ended after $REPLY ms:"
			tail -n 20 "$log"
			return 1
		fi
		victim=${victims[$(((dts_kill_turn + DTS_SEED) % ${#victims[@]}))]}
		dts_kill_turn=$((dts_kill_turn + 1))
		sed 's/.* \(dts-[a-z]*\) .*/\1/; s/^[0-9]* //' <<<"$victim " >>"$BATS_TEST_TMPDIR/killed"
		kill -KILL "${victim%% *}" 2>/dev/null || :
		echo "# round $round: killed ${victim#* } after $REPLY ms" | tee -a "$log"
		wait_until 60 "[ -z \"\$(session_processes $leader)\" ]" || {
			session_processes "$leader"
			tail -n 20 "$log"
			session_processes "$leader" | while read -r victim _; do
				kill -KILL "$victim" || :
			done
			return 1
		}
		wait "$leader" 2>/dev/null || :
		round=$((round + 1))
	done
	return 0
}

# sampled N: whether this run takes the test, as one in N runs does; of N such tests
# side by side, each run takes one. All of them with DTS_SAMPLES=all, as in `t/check full`.
sampled() {
	[ "${DTS_SAMPLES:-}" = all ] || [ $(((DTS_SEED + BATS_TEST_NUMBER) % $1)) -eq 0 ] ||
		skip "in one run of $1 and with DTS_SAMPLES=all"
}

# drawn WORD...: one of these words by DTS_SEED, or all of them with DTS_SAMPLES=all.
drawn() {
	local at=$(((DTS_SEED + BATS_TEST_NUMBER) % $# + 1))

	if [ "${DTS_SAMPLES:-}" = all ]; then echo "$@"; else echo "${!at}"; fi
}
