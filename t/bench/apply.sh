# shellcheck shell=sh
# shellcheck disable=SC2154 # here, server, dir, config, kind and scale are set by the caller
# The servers of the benchmark `apply`: a source that writes the logs A and B, and a target
# that is put back to where they begin, its pages in memory. Files are in $dir/work and
# $dir/start.

die() {
	echo "bench: $*" >&2
	exit 1
}

# client NAME [OPTION...]
client() {
	name=$1
	shift
	mariadb --defaults-file="$config" --defaults-group-suffix="-$name" -BN --max-allowed-packet=1G "$@"
}

# tool NAME OPTION...: one of ours at the server NAME.
tool() {
	program=$1 name=$2
	shift 2
	"$DTS_BUILD/$program" --defaults-file="$config" -g "$name" "$@"
}

# The end of the log: FILE:OFFSET.
log_end() {
	tool dts-binlog src --start=now | tail -n 1 | sed 's/.*"file":"\([^"]*\)","offset":\([0-9]*\).*/\1:\2/'
}

# part WHOLE: by the scale.
part() {
	awk -v n="$1" -v s="$scale" 'BEGIN { printf "%d", n * s }'
}

# written NAME: logs A or B; NAME.from and NAME.to are where it is, NAME.trx and NAME.rows how much,
# NAME.state what the target's tables must be like.
written() {
	small=$(part 120000) large=$(part 20000)
	case $1 in
	A) set -- A "CALL capture.small($small, 7)" "$small" $((small * 4)) ;;
	B) set -- B "CALL capture.large($large)" 21 $((large * 15 + large / 4 * 6)) ;;
	esac
	client src -e 'FLUSH BINARY LOGS'
	log_end >"$dir/work/$1.from"
	client src -e "$2" || die "cannot write $1"
	log_end >"$dir/work/$1.to"
	echo "$3" >"$dir/work/$1.trx"
	echo "$4" >"$dir/work/$1.rows"
	state src "$1" >"$dir/work/$1.state"
	echo "# $kind: $1: $(cat "$dir/work/$1.from") to $(cat "$dir/work/$1.to"), $3 transactions, $4 row changes" >&2
}

# state NAME LOG: a checksum of the table that the log writes to.
state() {
	case $2 in
	A) client "$1" -e 'CHECKSUM TABLE sb.sbtest1 EXTENDED; SELECT COUNT(*) FROM sb.sbtest1' ;;
	B) client "$1" -e 'CHECKSUM TABLE capture.wide EXTENDED; SELECT COUNT(*) FROM capture.wide' ;;
	esac
}

# With an empty log, so that a replica gets only what comes from now on.
forget_log() {
	case $kind in
	mysql*) client src -e 'RESET BINARY LOGS AND GTIDS' ;;
	*) client src -e 'RESET MASTER' ;;
	esac
}

# Starts the source with the tables, and keeps its files as those that the target begins with.
prepare() {
	sh "$server" start "$kind" src --max-binlog-size=1G >/dev/null || die "no server $kind"
	{
		echo "SET @scale = $scale;"
		cat "$here/full.sql" "$here/capture.sql"
		echo 'CREATE TABLE capture.wide LIKE wide.wide;'
		cat "$here/apply.sql"
	} | client src >"$dir/work/log" || die "cannot fill it"
	forget_log
	sh "$server" stop src
	rm -rf "$dir/start"
	cp -a "$DTS_TEST_DIR/src/data" "$dir/start"
	# What is another server's.
	rm -f "$dir/start"/bin.* "$dir/start/auto.cnf" "$dir/start/ib_buffer_pool"
	sh "$server" restart src >/dev/null || exit 1
	sh "$server" start "$kind" dst --skip-log-bin --relay-log=relay >/dev/null || exit 1
}

# The target as it was, its pages in memory.
reset_target() {
	sh "$server" kill dst
	rm -rf "$DTS_TEST_DIR/dst/data"
	cp -a "$dir/start" "$DTS_TEST_DIR/dst/data"
	sh "$server" restart dst >/dev/null || exit 1
	client dst -e 'SELECT SUM(LENGTH(c)) FROM sb.sbtest1; SELECT SUM(k) FROM sb.sbtest1 FORCE INDEX (k_1)' >/dev/null || exit 1
}

# --- those who apply: LOG and how many at a time

# The peak of memory is in LOG-ours-N.peak.
ours_apply() {
	rm -f "$dir/work/failed"
	{
		tool dts-binlog src --start-position="$(cat "$dir/work/$1.from")" --stop-position="$(cat "$dir/work/$1.to")" ||
			touch "$dir/work/failed"
	} | "$DTS_BENCH_DIR/apply" peak "$dir/work/peak" "$DTS_BUILD/dts-apply" --defaults-file="$config" -g dst \
		-j"$2" --checkpoint=bench --new-checkpoint || return 1
	cat "$dir/work/peak" >>"$dir/work/$1-ours-$2.peak"
	[ ! -e "$dir/work/failed" ]
}

# The server's own program, of its kind.
binlog_program() {
	case $kind in
	mysql*) echo "$(dirname "$(dirname "$(sh "$server" program "$kind" | sed 's/.* //')")")/bin/mysqlbinlog" ;;
	*) echo mariadb-binlog ;;
	esac
}

text_apply() {
	rm -f "$dir/work/failed"
	{
		"$(binlog_program)" --read-from-remote-server -u root -S "$(sh "$server" socket src)" \
			--start-position="$(sed 's/.*://' "$dir/work/$1.from")" --stop-position="$(sed 's/.*://' "$dir/work/$1.to")" \
			"$(sed 's/:.*//' "$dir/work/$1.from")" || touch "$dir/work/failed"
	} | client dst --binary-mode && [ ! -e "$dir/work/failed" ]
}

# replica_at FROM WORKERS: the target is the source's replica from there on, when it is started. 0
# workers: the thread that reads the log applies it; empty: as the server has it.
replica_at() {
	file=${1%:*} offset=${1##*:}
	case $kind in
	mysql*)
		[ -z "$2" ] || client dst -e "SET GLOBAL replica_parallel_workers = $2" || return 1
		client dst -e "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = $(sh "$server" port src),
			SOURCE_USER = 'replica', SOURCE_PASSWORD = '', SOURCE_LOG_FILE = '$file', SOURCE_LOG_POS = $offset"
		;;
	*)
		[ -z "$2" ] || client dst -e "SET GLOBAL slave_parallel_threads = $2, slave_parallel_mode = 'optimistic'" || return 1
		client dst -e "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = $(sh "$server" port src),
			MASTER_USER = 'replica', MASTER_PASSWORD = '', MASTER_LOG_FILE = '$file', MASTER_LOG_POS = $offset,
			MASTER_USE_GTID = no"
		;;
	esac
}

# replica START|STOP [THREAD]
replica() {
	case $kind in
	mysql*) client dst -e "$1 REPLICA ${2:-}" ;;
	*) client dst -e "$1 SLAVE ${2:-}" ;;
	esac
}

# Waits until the replica has applied what is before the position.
replica_reaches() {
	case $kind in
	mysql*) waited=$(client dst -e "SELECT SOURCE_POS_WAIT('${1%:*}', ${1##*:}, 3600)") ;;
	*) waited=$(client dst -e "SELECT MASTER_POS_WAIT('${1%:*}', ${1##*:}, 3600)") ;;
	esac
	case $waited in
	NULL | -1 | '')
		client dst -E --column-names -e 'SHOW REPLICA STATUS' | grep -a Error >&2
		return 1
		;;
	esac
}

# From the beginning of the connection to the last change.
native_apply() {
	replica START && replica_reaches "$(cat "$dir/work/$1.to")"
}

# Only what is behind its being received.
relay_apply() {
	replica START SQL_THREAD && replica_reaches "$(cat "$dir/work/$1.to")"
}

# All is received, nothing applied.
relay_prepare() {
	replica START IO_THREAD || return 1
	file=$(sed 's/:.*//' "$dir/work/$1.to") offset=$(sed 's/.*://' "$dir/work/$1.to")
	tries=3000
	until client dst -E --column-names -e 'SHOW REPLICA STATUS' | tr -s ' \n' ' ' | grep -aq "\(Master\|Source\)_Log_File: $file Read_\(Master\|Source\)_Log_Pos: $offset "; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || die "the replica does not receive the log"
		sleep 0.1
	done
}
