# shellcheck shell=bash
# Streams written by hand, and dts-apply on them: for bats files whose target is
# the server dst, its database d, and whose setup names a checkpoint in $c. What
# may be left running is in $following and $holding.

# status and its kin are set by run.
# shellcheck disable=SC2154
apply() { dts-apply --defaults-file="$(defaults)" -g dst --new-checkpoint "$@"; }
checkpoint() { dts-checkpoint --defaults-file="$(defaults)" -g dst "$@"; }

# --- streams

pos() { printf '{"file":"bin.000001","offset":%s}' "$1"; }

# schema TABLE COLUMN[:TYPE]... [KEY=VALUE...]: INT without a type.
schema() {
	local table=$1 columns='' more='' word type

	shift
	for word; do
		case $word in
		*=*) more+=",\"${word%%=*}\":${word#*=}" ;;
		*)
			type=int
			[[ $word != *:* ]] || type=${word#*:}
			columns+="${columns:+,}{\"name\":\"${word%%:*}\",\"type\":\"$type\"}"
			;;
		esac
	done
	echo "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"$table\",\"columns\":[$columns]$more}"
}

# Changes, with a place for what their transaction adds.
ins() { echo "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"$1\",@\"after\":$2}"; }
upd() { echo "{\"op\":\"update\",\"db\":\"d\",\"table\":\"$1\",@\"before\":$2,\"after\":$3}"; }
del() { echo "{\"op\":\"delete\",\"db\":\"d\",\"table\":\"$1\",@\"before\":$2}"; }
# ddl KIND SQL [CONTEXT]
ddl() { echo "{\"op\":\"ddl\",\"db\":\"d\",@\"sql\":\"$2\",\"kind\":\"$1\",\"objects\":[]${3:+,\"context\":$3}}"; }
back() { echo "{\"op\":\"rollback\",\"src\":\"s\",@\"to\":$1}"; }

begin() { echo "{\"op\":\"begin\",\"src\":\"s\",\"tx\":\"0-1-$1\",\"pos\":$(pos "$1")}"; }
# commit TX N [OP] [MORE]
commit() { echo "{\"op\":\"${3:-commit}\",\"src\":\"s\",\"tx\":\"0-1-$1\"${4:+,$4},\"n\":$2,\"pos\":$(pos $(($1 + 9)))}"; }

# numbered TX CHANGE...: sets n
numbered() {
	local tx=$1 change to

	n=0
	shift
	for change; do
		case $change in
		*'"op":"rollback"'*)
			to=${change##*\"to\":}
			n=${to%\}}
			echo "${change/@/\"tx\":\"0-1-$tx\",}"
			;;
		*)
			n=$((n + 1))
			echo "${change/@/\"tx\":\"0-1-$tx\",\"n\":$n,}"
			;;
		esac
	done
}

# tx TX CHANGE...: a transaction from offset TX to TX + 9.
tx() {
	local n

	begin "$1"
	numbered "$@"
	commit "$1" "$n"
}

# chunk ID TABLE LOW HIGH ROW...
chunk() {
	local id=$1 table=$2 low=$3 high=$4 row

	shift 4
	echo "{\"op\":\"chunk\",\"src\":\"s\",\"id\":\"$id\",\"db\":\"d\",\"table\":\"$table\",\"pos\":$(pos "$low")}"
	for row; do
		echo "{\"op\":\"row\",\"db\":\"d\",\"table\":\"$table\",\"after\":$row}"
	done
	echo "{\"op\":\"chunk-end\",\"src\":\"s\",\"id\":\"$id\",\"rows\":$#,\"pos\":$(pos "$high")}"
}

opening() {
	echo "{\"op\":\"stream\",\"v\":1,\"kind\":\"$1\",\"src\":\"s\",\"source\":{\"server\":\"mariadb\",\"version\":\"10.11.1\",\"id\":\"A\"},\"pos\":$(pos "$2")}"
}

# wrap KIND POS [REASON [END]] <records: the whole stream.
wrap() {
	local body

	body=$(cat)
	opening "$1" "$2"
	[ -z "$body" ] || printf '%s\n' "$body"
	echo "{\"op\":\"end\",\"src\":\"s\",\"reason\":\"${3:-done}\",\"records\":$([ -z "$body" ] || printf '%s\n' "$body" | wc -l; [ -n "$body" ] || echo 0)${4:+,\"pos\":$(pos "$4")}}"
}

changes() { wrap changes "$@"; }
snapshot() { wrap snapshot "$@"; }

# rows SELECT: its lines, fields parted by a space, lines by a comma.
rows() { sql dst "$1" d | tr '\t\n' ' ,' | sed 's/,$//'; }

# is SELECT TEXT
is() {
	local got

	got=$(rows "$1")
	[ "$got" = "$2" ] || { echo "$1: '$got', wanted '$2'"; return 1; }
}

at() { [ "$(checkpoint get "$c")" = "bin.000001:$1" ] || { checkpoint show "$c"; return 1; }; }

# refused STATUS MESSAGE HINT OPTION...: `in` ends so, with exactly these words ('' HINT: none).
refused() {
	local want=$1 message=$2 hint=$3

	shift 3
	run_tool "$want" apply "$@" in
	[ -z "$output" ] || { echo "stdout: $output"; return 1; }
	[ "$stderr" = "dts-apply: $message${hint:+
dts-apply: hint: $hint}" ] || { echo "stderr: $stderr"; return 1; }
}

# Starts an applier that follows what is written to fd 7.
follow() {
	mkfifo fifo
	exec 7<>fifo
	dts-apply --defaults-file="$(defaults)" -g dst --new-checkpoint "$@" <fifo >out 2>err 3>&- 7>&- &
	following=$!
}

# ended STATUS: the applier has ended so.
ended() {
	local got=0

	exec 7>&-
	wait "$following" || got=$?
	following=
	[ "$got" -eq "$1" ] || { echo "status $got, wanted $1"; cat err; return 1; }
}

# A session that holds locks: reads SQL from fd 6.
hold() {
	mkfifo sql
	exec 6<>sql
	client dst --unbuffered d <sql >held 3>&- 6>&- 7>&- &
	holding=$!
	echo "$1; SELECT 'held';" >&6
	wait_until 10 'grep -q held held'
}
