#!/usr/bin/env bats
# dts-log read: from anywhere in a log to anywhere, as it grows, for many readers. Every single start and stop is tried by
# t/unit/log_seek.c, random ones by t/log/histories.py; a log that is cut back while it is followed by t/unit/log_follow.c.

load lib/dts

# status and its kin are set by run.
# shellcheck disable=SC2154

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

stream() {
	python3 "$DTS_ROOT/t/log/stream.py" "$@"
}

# changes FILE: what is left of a stream that is read by way of a log: its transactions.
changes() {
	grep -vE '^\{"op":"(stream|schema|heartbeat|end)"' "$1"
}

# many_frames LOG COUNT STEP [STREAM-OPTION...]: a log with that many transactions, appended STEP at a time, in frames of a few
# records each and several segments.
many_frames() {
	local log=$1 count=$2 step=$3 i

	shift 3
	for ((i = step; i <= count; i += step)); do
		stream --transactions "$i" --from "$( ((i > step)) && dts-log position "$log" || :)" "$@" |
			dts-log append "$log" --segment-size=4K --sync=none || return
	done
}

# is_stream FILE: a stream as it should be, counts and all.
is_stream() {
	dts-filter "$1" >/dev/null
}

# as_filtered READ FILTERED: the same transactions of the chosen tables, where what is empty is left out.
as_filtered() {
	python3 - "$1" "$2" <<-'EOF'
		import json, sys
		def told(path):
		    found, tx, changes = [], None, 0
		    for line in open(path):
		        r = json.loads(line)
		        if r["op"] in ("stream", "schema", "heartbeat", "end"):
		            continue
		        if r["op"] == "begin":
		            tx, changes = [line], 0
		        elif tx is None:
		            found.append([line])
		        else:
		            if r["op"] != "rollback" or changes > 0:
		                tx.append(line)
		            changes += r["op"] in ("insert", "update", "delete", "ddl")
		            if r["op"] in ("commit", "prepare"):
		                if changes > 0 or r["op"] == "prepare":
		                    found.append(tx)
		                tx = None
		    return found
		one, two = told(sys.argv[1]), told(sys.argv[2])
		if one != two:
		    sys.exit("%d and %d transactions: %r" % (len(one), len(two), next(x for x in zip(one + [0], two + [0]) if x[0] != x[1])))
		print(len(one))
	EOF
}

@test "the whole log is the stream that was appended" {
	stream --transactions 800 --ddl 53 --xa 31 --heartbeat 17 --big 400 --big-rows 12000 >in
	run_tool 0 dts-log append l --segment-size=10K in
	mapfile -t segments < <(ls -d l/*.zst*)
	[ "${#segments[@]}" -ge 3 ]
	run_tool 0 dts-log read l
	[ -z "$stderr" ]
	printf '%s\n' "$output" >out
	is_stream out
	cmp <(changes in) <(changes out)
	cmp <(zstdcat "${segments[@]}"; tail -n 1 out) out
	[ "$(tail -n 1 out | jq -c .pos)" = "$(tail -n 1 in | jq -c .pos)" ]
	dts-log read --zstd l >out.zst
	[ "$(head -c 4 out.zst | od -An -tx1)" = " 28 b5 2f fd" ]
	cmp out <(zstdcat out.zst)
	# And of all that a reader gives, a log can be made.
	dts-log read l | dts-log append again
	cmp <(changes in) <(dts-log read again | changes -)
}

@test "words that are wrong, and a log that is not there" {
	mkdir other
	touch other/file
	run_tool 4 dts-log read other
	[[ $stderr == "dts-log: 'other' is no log"* ]]
	run_tool 4 dts-log read nothing
	# Segments that were copied, and no more.
	stream --transactions 3 | dts-log append whole --segment-size=1
	mkdir copied
	cp whole/*.zst copied
	run_tool 4 dts-log read copied
	[[ $stderr == *"hint: segments are in it: an empty file dts-log.lock beside them makes it one" ]]
	touch copied/dts-log.lock
	cmp <(dts-log read whole) <(dts-log read copied)
	run_tool 2 dts-log read other --start-position=x
	[[ $stderr == "dts-log: --start-position: 'x' is not a position"* ]]
	run_tool 2 dts-log read other --start=now --start-time=10:31
	[[ $stderr == *"exclude one another"* ]]
	run_tool 2 dts-log read other --start-gtid=5
	run_tool 2 dts-log read other file
	stream --transactions 3 | dts-log append l
	run_tool 75 dts-log read l --start-position=bin.000007:4
	[ -z "$output" ]
	[ "$stderr" = 'dts-log: log '\''l'\'' has not come to {"file":"bin.000007","offset":4} yet: it ends at {"file":"bin.000001","offset":2904,"created":1767225600,"gtid":"0-1-3"}
dts-log: hint: --follow waits for it' ] || { echo "$stderr" && false; }
	run_tool 4 dts-log read l --start-gtid=3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5
	run_tool 4 dts-log read l --stop-gtid=3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5
	run_tool 6 dts-log read l --start-position=mysql-bin.000001:4
}

@test "a log of another user, who lets nobody in" {
	local me=()

	[ "$(id -u)" -ne 0 ] || me=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all)
	stream --transactions 3 | dts-log append l
	chmod 0 l
	for command in read info verify position 'trim --keep-size=1'; do
		# shellcheck disable=SC2086 # words
		run_tool 5 "${me[@]}" dts-log $command l
		[ "$stderr" = "dts-log: cannot look into the directory 'l': Permission denied" ]
	done
	chmod 700 l
}

@test "chosen tables are what dts-filter makes of all" {
	local table

	many_frames l 420 70 --ddl 23 --xa 17 --tables 3 --heartbeat 31
	stream --transactions 420 --ddl 23 --xa 17 --tables 3 --heartbeat 31 >in
	for table in --table=shop.t0 '--table=shop.t[12]' --ignore-table=shop.t0 --table=shop.none; do
		run_tool 0 dts-log read l "$table"
		[ -z "$stderr" ]
		printf '%s\n' "$output" >out
		is_stream out
		dts-filter "$table" in >want
		run_tool 0 as_filtered out want
		[ "$output" -gt 20 ]
		# How far it has come is said by the end, and before it.
		[ "$(tail -n 2 out | jq -c '.pos | del(.gtid)' | uniq | wc -l)" -eq 1 ]
		[ "$(tail -n 1 out | jq -r .pos.gtid)" = "$(dts-log position --gtid l)" ]
	done
	# A large transaction, whose rows are in many frames.
	stream --transactions 40 --big 7 --big-rows 9000 >in
	dts-log append big in
	dts-log read big --table=shop.t1 >out
	is_stream out
	dts-filter --table=shop.t1 in >want
	as_filtered out want
}

@test "the GTIDs of chosen tables come to what MySQL's source has" {
	many_frames l 100 20 --mysql --tables 7
	dts-log read l --table=shop.t3 --start-position=bin.000001:20004 >out
	is_stream out
	# As a sink follows them: at each commit, all up to it.
	python3 - out <<-'EOF'
		import json, sys
		had = 0
		for line in open(sys.argv[1]):
		    r = json.loads(line)
		    gtid = r.get("pos", {}).get("gtid")
		    if gtid:
		        had = int(gtid.rsplit("-", 1)[1])
		    if r["op"] == "commit":
		        n = int(r["tx"].rsplit(":", 1)[1])
		        assert n == had + 1, line
		        had = n
		    assert r["op"] != "end" or had == 100
	EOF
	[ "$(grep -c '"op":"commit"' out)" -eq 11 ]
}

@test "a reader in the middle knows the tables as they are there" {
	stream --transactions 300 --ddl 10 --tables 2 >in
	dts-log append l --segment-size=3K in
	run_tool 0 dts-log read l --start-position=bin.000001:155004 --stop-position=bin.000001:160000
	[ "${#lines[@]}" -gt 5 ]
	# Of the 15 columns that came until then, t1 has none and t0 all.
	[ "$(jq -r 'select(.op == "schema" and .table == "t0").columns | length' <<<"$output" | head -n 1)" -eq 17 ]
	[ "$(jq -r 'select(.op == "insert" and .table == "t0").after | length' <<<"$output" | head -n 1)" -eq 17 ]
	[ "$(jq -r 'select(.op == "begin").tx' <<<"$output" | tr '\n' ' ')" = "0-1-156 0-1-157 0-1-158 0-1-159 0-1-160 " ]
}

# --- following

# start_reader NAME [OPTION...]: follows the log l into the file NAME; its process is in pid[NAME].
declare -gA pid
start_reader() {
	local name=$1

	shift
	dts-log read l --follow "$@" >"$name" 2>"$name.err" 3>&- &
	pid[$name]=$!
}

# ends NAME STATUS: stops it, which it says.
ends() {
	local status=0

	kill -TERM "${pid[$1]}" 2>/dev/null || :
	wait "${pid[$1]}" || status=$?
	[ "$status" -eq "$2" ] && [ ! -s "$1.err" ] && return
	echo "$1: status $status, $(cat "$1.err")"
	return 1
}

@test "readers that follow, one of them stopped, while a writer is killed and begins again" {
	local i writer rounds=6 all=(--rows 3 --tables 2 --ddl 100 --big 150 --big-rows 8000)

	many_frames l 30 10 "${all[@]}"
	start_reader oldest
	start_reader middle --start-time=2026-01-01T00:00:21Z
	start_reader now --start=now
	start_reader table --table=shop.t1
	start_reader stopped
	start_reader gtid --start-gtid=0-1-400
	for i in oldest middle now stopped gtid.err; do
		wait_until 20 "test -s $i"
	done
	[ "$(cat gtid.err)" = "dts-log: log 'l' has not come to where reading is to start: waiting" ]
	: >gtid.err
	kill -STOP "${pid[stopped]}"
	for ((i = 1; i <= rounds; i++)); do
		stream --transactions 600 --from "$(dts-log position l)" "${all[@]}" >in
		dts-log append l --segment-size=20K --ack in >acks 2>append.err 3>&- &
		writer=$!
		wait_until 20 'test -s acks || ! kill -0 '"$writer"' 2>/dev/null'
		[ "$i" -eq "$rounds" ] || kill -KILL "$writer" 2>/dev/null || :
		wait "$writer" || [ "$i" -lt "$rounds" ]
	done
	for i in oldest middle now table gtid; do
		wait_until 20 "tail -n 1 $i | grep -q '0-1-600\"'"
	done
	kill -CONT "${pid[stopped]}"
	wait_until 20 'tail -n 1 stopped | grep -q "0-1-600\""'
	stream --transactions 600 "${all[@]}" >in
	changes in >want
	for i in oldest middle now table stopped gtid; do
		ends "$i" 0
		tail -n 1 "$i" | grep -q '"op":"end".*"reason":"signal"'
		is_stream "$i"
	done
	cmp want <(changes oldest)
	cmp want <(changes stopped)
	cmp <(sed -n '/"tx":"0-1-21",/,$p' want) <(changes middle)
	cmp <(sed -n '/"tx":"0-1-31",/,$p' want) <(changes now)
	cmp <(sed -n '/"tx":"0-1-401",/,$p' want) <(changes gtid)
	dts-filter --table=shop.t1 in >filtered
	as_filtered table filtered
}

@test "readers that are killed under load go on where they were, each transaction once" {
	local kills=$DTS_KILLS i reader begin from=() writer

	stream --transactions 40 | dts-log append l --segment-size=2K
	for ((i = 1; i <= kills; i++)); do
		stream --transactions $((40 + 40 * i)) --from "$(dts-log position l)" --pause 0.001 |
			dts-log append l --segment-size=2K 3>&- &
		writer=$!
		dts-log read l --follow "${from[@]}" >"part.$i" 3>&- &
		reader=$!
		random 1 60
		begin=$((40 * (i - 1) + REPLY))
		wait_until 20 "grep -q '\"op\":\"commit\".*\"tx\":\"0-1-$begin\"' part.$i || grep -q '\"op\":\"commit\".*\"tx\":\"0-1-[0-9]*\"' part.$i"
		kill -KILL "$reader"
		wait "$reader" || :
		wait "$writer"
		# What came whole counts.
		grep -n '"op":"commit"' "part.$i" | tail -n 1 >last
		head -n "$(cut -d: -f1 last)" "part.$i" >>got
		from=(--start-position="$(sed 's/^[0-9]*://' last | jq -r '"\(.pos.file):\(.pos.offset)"')")
	done
	dts-log read l "${from[@]}" >>got
	cmp <(stream --transactions $((40 + 40 * kills)) | changes -) <(changes got)
}

@test "a log that is being written is read to where it was, whole" {
	local i writer

	stream --transactions 20 | dts-log append l
	stream --transactions 1500 --from "$(dts-log position l)" --pause 0.0005 --rows 20 | dts-log append l --segment-size=4K 3>&- &
	writer=$!
	for i in 1 2 3 4 5 6 7 8; do
		run_tool 0 dts-log read l
		printf '%s\n' "$output" >out
		is_stream out
		[ "$(grep -c '"op":"commit"' out)" -ge 20 ]
	done
	wait "$writer"
	cmp <(stream --transactions 20 | changes -) <(dts-log read l --stop-gtid=0-1-20 | changes -)
}

@test "where a server took another's place, whose files have the same names, a reader begins by its GTIDs" {
	stream --transactions 100 | sed 's/bin\.000001/bin.000002/g' | dts-log append l --segment-size=2K
	# The new one's file was the one before, and then the one behind; the one between was not needed.
	stream --transactions 200 --from bin.000001:99904 --id new |
		jq -c 'if .op == "stream" then .source["instead-of"] = "7c9e6679-7425" | .pos = {gtid: .pos.gtid}
			elif .pos.offset > 130000 then .pos.file = "bin.000003" else . end' | dts-log append l --segment-size=2K
	echo '{"op":"ack","src":"db1","pos":{"file":"bin.000002","offset":49904,"created":1767225600,"gtid":"0-1-50"}}' >acks
	run_tool 0 dts-log read l --resume=./acks
	[ "$(jq -r 'select(.op == "begin").tx' <<<"$output")" = "$(printf '0-1-%d\n' {51..200})" ]
}

@test "a log ends for a slow reader where it ended when that began, though it is packed meanwhile" {
	# More than a pipe takes, and a new segment.
	stream --transactions 1000 --width 150 | dts-log append l --segment-size=4K
	stream --transactions 1003 --from "$(dts-log position l)" | dts-log append l
	mkfifo pipe
	dts-log read l >pipe 3>&- &
	exec 5<pipe
	read -r <&5 # it has begun
	stream --transactions 1500 --from "$(dts-log position l)" --pause 0.001 | dts-log append l --segment-size=20K --sync=none
	cat <&5 >out
	exec 5<&-
	wait $!
	[ "$(tail -n 1 out | jq -c '[.pos.file, .pos.offset]')" = '["bin.000002",2904]' ] || { tail -n 1 out && false; }
}

@test "what a stopped reader has not read is trimmed away" {
	local status=0

	stream --transactions 3000 --width 150 >in
	dts-log append l --segment-size=10K in
	mkfifo pipe
	start_reader pipe
	exec 5<pipe
	# It fills the pipe and then waits for us, in one of the first segments.
	wait_until 10 '[ "$(awk "{print \$3}" /proc/${pid[pipe]}/stat)" = S ] && read -r -t 5 -u 5 line && [[ $line == *stream* ]]'
	mapfile -t segments < <(ls -d l/*.zst)
	[ "${#segments[@]}" -gt 5 ]
	rm -- "${segments[@]:0:${#segments[@]}-1}"
	cat <&5 >rest
	exec 5<&-
	wait "${pid[pipe]}" || status=$?
	[ "$status" -eq 6 ]
	grep -q "^dts-log: log 'l': segment [0-9]* was removed before it was read; the oldest that is left is" pipe.err
	[ "$(tail -n 1 rest | jq -r .op)" = commit ]
}

# --- output

@test "a full disk, a reader that goes, a signal" {
	local status=0

	stream --transactions 3000 --width 150 >in
	dts-log append l in
	run_tool 5 bash -c 'dts-log read l >/dev/full'
	[[ $stderr == "dts-log: cannot write the output: No space left on device" ]]
	run_tool 0 bash -c 'dts-log read l | head -n 1 >first; exit "$((PIPESTATUS[0] == 5 ? 0 : 1))"'
	[ -z "$stderr" ]
	# One that follows, and whose reader goes while nothing comes.
	mkfifo pipe
	dts-log read l --follow --start=now >pipe 2>err 3>&- &
	head -n 1 pipe >first
	wait $! || status=$?
	[ "$status" -eq 5 ]
	[ ! -s err ]
	# And the same by a socket, which tells it otherwise.
	run_tool 0 python3 - <<-'END'
		import socket, subprocess, sys
		ours, its = socket.socketpair()
		p = subprocess.Popen(["dts-log", "read", "l", "--follow", "--start=now"], stdout=its)
		its.close()
		ours.recv(65536)
		ours.close()
		try:
		    sys.exit(p.wait(timeout=10) != 5)
		finally:
		    p.kill()
	END
	[ -z "$stderr" ]
	# Bounded: it dies by the signal, and has written no end.
	dts-log read l >pipe 2>err 3>&- &
	exec 5<pipe
	read -r line <&5
	kill -TERM $!
	cat <&5 >rest
	exec 5<&-
	status=0
	wait $! || status=$?
	[ "$status" -eq 143 ]
	[ -z "$(grep '"op":"end"' rest)" ]
	[[ $line == '{"op":"stream"'* ]]
}

@test "a position that is yet to come is waited for" {
	stream --transactions 3 | dts-log append l
	start_reader out --start-position=bin.000001:4904
	wait_until 10 'test -s out.err'
	[ "$(cat out.err)" = "dts-log: log 'l' has not come to where reading is to start: waiting" ]
	: >out.err
	stream --transactions 8 --from bin.000001:2904 | dts-log append l
	wait_until 10 'grep -q "commit.*0-1-8\"" out'
	ends out 0
	is_stream out
	[ "$(jq -r 'select(.op == "commit").tx' out | tr '\n' ' ')" = "0-1-6 0-1-7 0-1-8 " ]
	# Nothing came before the signal: the stream says where it was to begin.
	start_reader none --start-position=bin.000001:99004
	wait_until 10 'test -s none.err'
	: >none.err
	ends none 0
	is_stream none
	[ "$(jq -c '[.op, .pos.offset]' none | tr '\n' ' ')" = '["stream",99004] ["schema",null] ["schema",null] ["end",99004] ' ]
}

@test "a damaged older segment is named, and never passed over" {
	many_frames l 300 60
	stream --transactions 300 >in
	mapfile -t segments < <(ls -d l/*.zst)
	[ "${#segments[@]}" -ge 3 ]
	python3 - "${segments[2]}" <<-'EOF'
		import sys
		with open(sys.argv[1], "r+b") as f:
		    f.seek(1500)
		    byte = f.read(1)[0]
		    f.seek(1500)
		    f.write(bytes([byte ^ 1]))
	EOF
	run_tool 3 dts-log read l
	[[ $stderr == "dts-log: segment '${segments[2]}' at offset "* ]]
	changes <(printf '%s\n' "$output") >got
	changes in | head -n "$(wc -l <got)" | cmp - got
	# All that the two before it have, at least.
	[ "$(wc -l <got)" -ge "$(zstdcat "${segments[@]:0:2}" | changes - | wc -l)" ]
	# One that is not there is named, too.
	rm "${segments[2]}"
	run_tool 3 dts-log read l
	[[ $stderr == *"segment 000000000003 is missing"* ]]
}
