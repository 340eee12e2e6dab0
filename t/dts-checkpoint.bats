# dts-checkpoint: each command, on a real target.
# status and its kin are set by run; SQL has its own backticks and dollars.
# shellcheck disable=SC2154,SC2016
load lib/dts

setup_file() { servers_up dst; }
teardown_file() { servers_down; }

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d; DROP DATABASE IF EXISTS dts'
}

teardown() {
	[ -z "${running:-}" ] || { kill -KILL "$running" 2>/dev/null; wait "$running" || :; }
}

apply() { dts-apply --defaults-file="$(defaults)" -g dst --new-checkpoint "$@"; }
checkpoint() { dts-checkpoint --defaults-file="$(defaults)" -g dst "$@"; }

pos() { printf '{"file":"bin.000001","offset":%s%s}' "$1" "${2:+,\"gtid\":\"$2\"}"; }
ack() { echo "{\"op\":\"ack\",\"src\":\"$1\",\"tx\":\"0-1-$2\",\"pos\":$(pos "$2")}"; }

# stream KIND POS [GTID]: one without anything in it.
stream() {
	echo "{\"op\":\"stream\",\"v\":1,\"kind\":\"$1\",\"src\":\"${src:-s}\",\"source\":{\"server\":\"mariadb\",\"version\":\"10.11.1\",\"id\":\"A\"},\"pos\":$(pos "$2" "${3:-}")}"
	echo "{\"op\":\"end\",\"src\":\"${src:-s}\",\"reason\":\"${reason:-done}\",\"records\":0}"
}

# Starts an applier that holds the checkpoint until fd 7 is closed.
hold() {
	mkfifo fifo
	exec 7<>fifo
	dts-apply --defaults-file="$(defaults)" -g dst --new-checkpoint --checkpoint="$1" <fifo >out 2>err 3>&- 7>&- &
	running=$!
	stream changes "$2" | head -n 1 >&7
	wait_until 10 "[ \"\$(checkpoint get $1 2>/dev/null)\" = bin.000001:$2 ]"
}

# released STATUS
released() {
	local got=0

	exec 7>&-
	wait "$running" || got=$?
	running=
	[ "$got" -eq "$1" ] || { echo "status $got, wanted $1"; cat err; return 1; }
}

# What is in the test's directory, without bats' own.
files() { ls --ignore='separate-stderr*'; }

@test "a target without any" {
	run_tool 0 checkpoint list
	[ -z "$output$stderr" ]
	for command in 'show x' 'get x' 'remove x'; do
		# shellcheck disable=SC2086 # words
		run_tool 4 checkpoint $command
		[ "$stderr" = "dts-checkpoint: there is no checkpoint 'x'
dts-checkpoint: hint: dts-checkpoint list prints those that there are" ]
	done
	run_tool 75 checkpoint --timeout=0 wait x bin.000001:4
	[ "$stderr" = "dts-checkpoint: checkpoint 'x' is not there after 0 seconds
dts-checkpoint: hint: is dts-apply running? --timeout=SECONDS waits longer" ]
	is=$(sql dst 'SHOW DATABASES')
	[[ $is != *dts* ]] # looking makes nothing
}

@test "show, list and get" {
	stream changes 10 0-1-5,2-1-9 | apply --checkpoint=b
	stream snapshot 20 | head -n 1 | apply --checkpoint=a || [ $? -eq 3 ]
	run_tool 0 checkpoint list
	[ "$output" = $'a\nb' ]
	run_tool 0 checkpoint show b
	[ "${lines[*]:0:6}" = 'checkpoint: b source: s server: A phase: changes position: bin.000001:10 gtid: 0-1-5,2-1-9' ]
	[[ ${lines[6]} == "updated: $(date -u +%Y)-"*' UTC' ]]
	[ "${#lines[@]}" -eq 7 ]
	run_tool 0 checkpoint show a
	[ "${lines[3]}" = 'phase: full' ]
	run_tool 0 checkpoint get b
	[ "$output" = bin.000001:10 ]
	run_tool 0 checkpoint get b s
	[ "$output" = bin.000001:10 ]
	run_tool 0 checkpoint --gtid get b
	[ "$output" = 0-1-5,2-1-9 ]
	run_tool 0 checkpoint get --gtid a
	[ -z "$output" ]
	run_tool 4 checkpoint get b other
	[ "$stderr" = "dts-checkpoint: checkpoint 'b' has no source 'other'" ]
	run_tool 5 bash -c 'dts-checkpoint --defaults-file="$0" -g dst show b >/dev/full' "$(defaults)"
	[ "$stderr" = 'dts-checkpoint: cannot write the output: No space left on device' ]
	run_tool 0 checkpoint --checkpoint-db=other list
	[ -z "$output" ]
}

@test "set makes and moves, several sources are named" {
	run_tool 0 checkpoint set c one bin.000003:4
	[ -z "$output$stderr" ]
	run_tool 0 checkpoint get c
	[ "$output" = bin.000003:4 ]
	run_tool 0 checkpoint set c two bin.999999:5
	run_tool 2 checkpoint get c
	[ "$stderr" = "dts-checkpoint: checkpoint 'c' has several sources: name one" ]
	run_tool 0 checkpoint get c two
	[ "$output" = bin.999999:5 ]
	run_tool 0 checkpoint show c
	[ "$(grep -c '^source: ' <<<"$output")" -eq 2 ]
	[ "${#lines[@]}" -eq 14 ] # bats leaves out the empty line between
	run_tool 0 checkpoint --checkpoint-db=other set c one bin.000001:1
	run_tool 0 checkpoint get c one
	[ "$output" = bin.000003:4 ]
	sql dst 'DROP DATABASE other'
	# What was known besides goes.
	stream changes 10 0-1-5 | apply --checkpoint=m
	sql dst "INSERT INTO dts.prepared VALUES ('m', 's', 'x', 't', '', NOW()), ('m', 'z', 'x', 't', '', NOW())
		; INSERT INTO dts.mark VALUES ('m', 's', 0, 't', '$(pos 70)', '[]', NOW())"
	[ "$(checkpoint get m)" = bin.000001:70 ]
	run_tool 0 checkpoint set m s bin.000001:30
	[ "$(checkpoint get m)" = bin.000001:30 ]
	[ -z "$(checkpoint --gtid get m)" ]
	[ "$(sql dst 'SELECT GROUP_CONCAT(src) FROM dts.prepared')" = z ]
	[[ $(checkpoint show m) == *'server: A'* ]]
	# Changes go on from there.
	stream changes 31 | apply --checkpoint=m || [ $? -eq 4 ]
	stream changes 30 | apply --checkpoint=m
	for bad in x bin.000001 :4 bin.000001: bin.000001:x a/b:4; do
		run_tool 2 checkpoint set c one "$bad"
	done
}

@test "remove" {
	stream changes 10 | apply --checkpoint=a
	stream changes 10 | apply --checkpoint=b
	sql dst "INSERT INTO dts.ddl VALUES ('a', 's', 't', '', '', NOW()), ('b', 's', 't', '', '', NOW())"
	run_tool 0 checkpoint remove a
	[ -z "$output$stderr" ]
	[ "$(checkpoint list)" = b ]
	[ "$(sql dst 'SELECT checkpoint FROM dts.ddl')" = b ]
	[ "$(checkpoint get b)" = bin.000001:10 ]
	# A name that was taken, and then no stream came, is no checkpoint.
	apply --checkpoint=empty /dev/null || [ $? -eq 3 ]
	[ "$(checkpoint list)" = b ]
	run_tool 4 checkpoint remove empty
}

@test "set and remove wait for no applier" {
	hold c 10
	for command in 'remove c' 'set c s bin.000001:5'; do
		# shellcheck disable=SC2086 # words
		run_tool 75 checkpoint $command
		[ "$stderr" = "dts-checkpoint: checkpoint 'c' is held by another run
dts-checkpoint: hint: wait for it to end, or give this run another --checkpoint" ]
	done
	[ "$(checkpoint get c)" = bin.000001:10 ]
	# Other names are free, also those that differ in case or far behind.
	run_tool 0 checkpoint set d s bin.000001:5
	echo '{"op":"end","src":"s","reason":"done","records":0}' >&7
	released 0
	long=$(printf 'x%.0s' {1..189})
	rm fifo
	hold "${long}a" 10
	run_tool 75 checkpoint set "${long}a" s bin.000001:5
	run_tool 0 checkpoint set "${long}b" s bin.000001:5
	released 3
}

@test "wait" {
	run_tool 75 checkpoint --timeout=0.1 wait c bin.000001:10
	stream snapshot 30 | head -n 1 | apply --checkpoint=c || [ $? -eq 3 ]
	run_tool 75 checkpoint --timeout=0 wait c bin.000001:20
	[ "${stderr_lines[0]}" = "dts-checkpoint: checkpoint 'c' is in the full phase after 0 seconds" ]
	stream snapshot 30 | apply --checkpoint=c
	run_tool 0 checkpoint --timeout=0 wait c bin.000001:30
	[ -z "$output$stderr" ]
	run_tool 0 checkpoint wait c bin.000001:29
	run_tool 75 checkpoint --timeout=0 wait c bin.000002:4
	[ "$stderr" = "dts-checkpoint: checkpoint 'c' is at bin.000001:30 after 0 seconds, not yet at bin.000002:4
dts-checkpoint: hint: is dts-apply running? --timeout=SECONDS waits longer" ]
	dts-checkpoint --defaults-file="$(defaults)" -g dst wait c bin.000001:50 3>&- &
	running=$!
	stream changes 30 | sed "\$s/0}/0,\"pos\":$(pos 50)}/" | apply --checkpoint=c
	wait "$running"
	running=
	dts-checkpoint --defaults-file="$(defaults)" -g dst wait c bin.000001:60 3>&- 2>err &
	running=$!
	wait_until 10 '[ "$(sql dst "SELECT COUNT(*) FROM information_schema.PROCESSLIST")" -ge 2 ]'
	# Until it looks at signals the default action ends it in the same way.
	kill -TERM "$running"
	got=0
	wait "$running" || got=$?
	running=
	[ "$got" -eq 143 ]
	[ ! -s err ]
}

@test "save keeps the last ack of each source, at once" {
	mkfifo acks
	exec 7<>acks
	dts-checkpoint save ./pos <acks 2>err 3>&- 7>&- &
	running=$!
	{ ack a 10; ack b 5; ack a 20; } >&7
	wait_until 10 'grep -qs "0-1-20" pos'
	[ "$(jq -r '.src + ":" + (.pos.offset|tostring)' pos | sort | tr '\n' ' ')" = 'a:20 b:5 ' ]
	[ "$(stat -c %a pos)" = 644 ]
	ack a 30 >&7
	wait_until 10 'grep -q "0-1-30" pos'
	# Asked to stop: a good end.
	kill -INT "$running"
	released 0
	[ ! -s err ]
	[ "$(files)" = $'acks\nerr\npos' ] # nothing is left beside it
	# A reader takes it.
	run_pipe '0 0' '{ cat pos; } | dts-checkpoint save again'
	cmp pos again
	# No acks: the file stays.
	run_pipe '0 0' 'true | dts-checkpoint save again'
	cmp pos again
	run_pipe '0 0' 'true | dts-checkpoint save none'
	[ ! -e none ]
}

@test "save: torn input, other records, no place to write" {
	ack a 10 >good
	head -c -1 good >torn
	run_tool 3 dts-checkpoint save pos <torn
	[ "$stderr" = 'dts-checkpoint: standard input:1: torn record: the last line has no newline' ]
	[ ! -e pos ]
	cat good torn >both
	run_tool 3 dts-checkpoint save pos <both
	cmp pos good
	{ cat good; stream changes 4; } >other
	run_tool 3 dts-checkpoint save pos <other
	[ "${stderr_lines[0]}" = "dts-checkpoint: standard input:2: only ack records can be saved, not 'stream'" ]
	cmp pos good
	run_tool 3 dts-checkpoint --max-record=20 save pos <good
	run_tool 5 dts-checkpoint save none/pos <good
	[ "$stderr" = "dts-checkpoint: cannot create a file beside 'none/pos': No such file or directory" ]
	mkdir full
	run_tool 5 dts-checkpoint save full <good
	[ "$stderr" = "dts-checkpoint: cannot read 'full': Is a directory" ]
	[ "$(files)" = $'both\nfull\ngood\nother\npos\ntorn' ]
	# A disk that is full: the old file stays, nothing is left beside it.
	for i in {1..40}; do ack "source-$i" 10; done >many
	run --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 1; dts-checkpoint save pos <many 2>&1 | cat'
	[[ $output == "dts-checkpoint: cannot write 'pos."*"': File too large" ]]
	cmp pos good
	[ "$(files)" = $'both\nfull\ngood\nmany\nother\npos\ntorn' ]
}

@test "the command line" {
	run_tool 2 checkpoint
	[[ $stderr == 'dts-checkpoint: missing operand: COMMAND [ARG]...'* ]]
	run_tool 2 checkpoint frob
	[ "$stderr" = "dts-checkpoint: unknown command 'frob'
dts-checkpoint: hint: one of show, list, held, get, set, remove, wait, save" ]
	for command in 'show' 'list x' 'get' 'get a b c' 'set a' 'set a b' 'remove' 'wait a' 'save'; do
		# shellcheck disable=SC2086 # words
		run_tool 2 checkpoint $command
		[ "${stderr_lines[0]}" = "dts-checkpoint: ${command%% *}: wrong number of operands" ]
	done
	run_tool 2 checkpoint --timeout=x wait a b:1
	run_tool 75 dts-checkpoint -S "$PWD/none" list
	run_tool 2 checkpoint wait a b
}

@test "save keeps what an earlier run saved of other sources" {
	ack() { echo "{\"op\":\"ack\",\"src\":\"$1\",\"tx\":\"t\",\"pos\":$(pos "$2")}"; }
	cd "$BATS_TEST_TMPDIR"
	{ ack one 5; ack two 6; } | dts-checkpoint save both
	ack one 9 | dts-checkpoint save both
	[ "$(jq -r '.src + (.pos.offset|tostring)' both | sort | tr '\n' ' ')" = 'one9 two6 ' ]
}

@test "positions by GTID" {
	local u=3e11fa47-71ca-11e1-9e33-c80aa9429562 bad long

	stream changes 10 0-1-5,2-1-9 | apply --checkpoint=g
	run_tool 0 checkpoint --gtid wait g 2-1-9
	run_tool 75 checkpoint --gtid --timeout=0 wait g 0-1-6
	[ "${stderr%%$'\n'*}" = "dts-checkpoint: checkpoint 'g' is at 0-1-5,2-1-9 after 0 seconds, not yet at 0-1-6" ]
	run_tool 0 checkpoint --gtid set g s "${u^^}:9:1-5:Tag:3, $u:6"
	run_tool 0 checkpoint --gtid get g
	[ "$output" = "$u:1-6:9:tag:3" ]
	run_tool 0 checkpoint get g
	[ -z "$output" ]
	[[ $(checkpoint show g) == *$'server: \n'* ]] # whichever has these GTIDs
	run_tool 0 checkpoint --gtid wait g "$u:2-4:tag:3"
	run_tool 75 checkpoint --gtid --timeout=0 wait g "$u:7"
	run_tool 75 checkpoint --timeout=0 wait g bin.000001:4
	[ "${stderr%%$'\n'*}" = "dts-checkpoint: checkpoint 'g' is at no FILE:OFFSET after 0 seconds, not yet at bin.000001:4" ]
	# Only a stream that begins there goes on, not one by a file that may be any.
	run_tool 4 apply --checkpoint=g < <(stream changes 10)
	[ "${stderr%%$'\n'*}" = "dts-apply: standard input:1: the stream begins at GTID '', checkpoint 'g' stands at '$u:1-6:9:tag:3'" ]
	stream changes 10 "$u:1-6:9:tag:3" | apply --checkpoint=g
	# As long as it takes.
	long=$u$(seq -f :%.0f 1 2 40000)
	long=${long//$'\n'/}
	checkpoint --gtid set g s "$(head -c 100000 <<<"$long" | sed 's/:[0-9]*$//')"
	[ "$(checkpoint --gtid get g | wc -c)" -gt 99000 ]
	for bad in '' x 0-1 0-1-5,0-1-6 bin.000001:4 "$u" "$u:0" "$u:5-1"; do
		run_tool 2 checkpoint --gtid set g s "$bad"
	done
}
