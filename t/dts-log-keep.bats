#!/usr/bin/env bats
# dts-log info, verify and trim: what is in a log, whether it is whole, and what of it may go.

load lib/dts

# status and its kin are set by run.
# shellcheck disable=SC2154

setup_file() {
	servers_up dst || return 0
}

teardown_file() {
	servers_down
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

stream() {
	python3 "$DTS_ROOT/t/log/stream.py" "$@"
}

# make_log [STREAM-OPTION...]: a log `l` of several segments, the newest open.
make_log() {
	set -- --ddl 300 --xa 90 --heartbeat 100 --void 70 "$@"
	stream --transactions 2000 "$@" >in
	dts-log append l --segment-size=12K in
	# So that the newest is open, wherever that ended.
	stream --transactions 2010 "$@" --from "$(dts-log position l)" >in.2
	dts-log append l in.2
	gtids=$(tail -n 1 in.2 | jq -r .pos.gtid)
	mapfile -t segments < <(cd l && ls -- *.zst*)
	[ "${#segments[@]}" -ge 4 ]
}

# corrupt FILE OFFSET: another byte there.
corrupt() {
	python3 -c '
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    b = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([b ^ 0xff]))' "$1" "$2"
}

# ack OFFSET [FILE [GTID]]: a file of acks that stands there.
ack() {
	printf '{"op":"ack","src":"db1","pos":{"file":"%s","offset":%s%s}}\n' "${2:-bin.000001}" "$1" "${3:+,\"gtid\":\"$3\"}" >acks
}

# field NAME: what info says behind it.
field() {
	sed -n "s/^$1 \{2,\}//p" <<<"$output"
}

@test "info counts what is there" {
	make_log
	run_tool 0 dts-log info l
	[ -z "$stderr" ]
	[ "$(field log)" = l ]
	[ "$(field source)" = db1 ]
	[ "$(field server)" = 'mariadb 1' ]
	[ "$(field 'server id')" = 7c9e6679-7425 ]
	[ "$(field writer)" = none ]
	[ "$(field from)" = bin.000001:4 ]
	[ "$(field to)" = "$(dts-log position l)" ]
	[ "$(field 'to gtid')" = "$gtids" ]
	[ "$(field 'first time')" = 2026-01-01T00:00:01.000001Z ]
	[ "$(field 'last time')" = 2026-01-01T00:33:30.002010Z ]
	[ "$(field segments)" = "${#segments[@]}, the newest open" ]
	[ "$(field size | cut -d' ' -f1)" -eq "$(cat l/*.zst* | wc -c)" ]
	zstdcat l/*.zst* >content
	[ "$(field content | cut -d' ' -f1)" -eq "$(wc -c <content)" ]
	[ "$(field records)" -eq "$(wc -l <content)" ]
	[ "$(field changes)" -eq "$(grep -c '^{"op":"\(insert\|update\|delete\)"' content)" ]
	[ "$(field transactions)" -eq "$(grep -c '^{"op":"\(commit\|prepare\)"' content)" ]
	for table in t0 t1; do
		grep "^{\"op\":\"\(insert\|update\|delete\)\",\"db\":\"shop\",\"table\":\"$table\"" content >changes
		grep -q "^ *$(wc -l <changes) *$(wc -c <changes)  shop.$table\$" <<<"$output"
	done
}

@test "info --json: an object for the log, for each segment and for each table" {
	make_log --mysql
	run_tool 0 dts-log info --json l
	[ -z "$stderr" ]
	[ "$(jq -c 'select(.log) | [.log, .src, .source.id, .segments, .damaged, .writer]' <<<"$output")" = \
		"[\"l\",\"db1\",\"7c9e6679-7425\",${#segments[@]},0,null]" ]
	[ "$(jq -r 'select(.log) | .to.gtid' <<<"$output")" = "$gtids" ]
	[ "$(jq -r 'select(.segment) | .segment' <<<"$output")" = "$(printf '%s\n' "${segments[@]}")" ]
	[ "$(jq -r 'select(.segment) | .open' <<<"$output" | uniq -c | tr -s ' \n' ' ')" = " $((${#segments[@]} - 1)) false 1 true " ]
	for what in size content frames records transactions changes; do
		[ "$(jq "select(.log) | .$what" <<<"$output")" -eq "$(jq -s "map(select(.segment) | .$what) | add" <<<"$output")" ]
	done
	[ "$(jq 'select(.log) | .changes' <<<"$output")" -eq "$(jq -s 'map(select(.table) | .changes) | add' <<<"$output")" ]
	# Each segment goes on where the one before ends.
	[ "$(jq -sc '[.[] | select(.segment)] | [.[1:][].from] == [.[:-1][].to]' <<<"$output")" = true ]
	# The one with the most bytes first.
	[ "$(jq -sc 'map(select(.table) | .bytes) | . == (sort | reverse)' <<<"$output")" = true ]
}

@test "info unpacks no closed segment, and says which heads are damaged" {
	make_log
	size=$(stat -c %s "l/${segments[0]}")
	run_tool 0 dts-log info l
	whole=$output
	# A frame's content: 8 bytes of magic number and length, and the head, stand before it.
	head=$(($(od -An -tu4 -j4 -N4 "l/${segments[0]}") + 8))
	corrupt "l/${segments[0]}" $((head + 50))
	run_tool 0 dts-log info l
	[ "$output" = "$whole" ]
	# Without its foot heads are counted.
	corrupt "l/${segments[1]}" $(($(stat -c %s "l/${segments[1]}") - 1))
	run_tool 3 dts-log info l
	[[ $stderr == *"1 of ${#segments[@]} segments are damaged"*"DAMAGE"* ]]
	grep -q "^damage  *segment 'l/${segments[1]}'" <<<"$output"
	run_tool 3 dts-log info --json l
	[ "$(jq -r 'select(.damage) | .segment' <<<"$output")" = "${segments[1]}" ]
	truncate -s "$size" "l/${segments[0]}"
}

@test "info of a log that is empty, of one that is being written, and of none" {
	mkfifo fifo
	stream --transactions 5 >in
	dts-log append l fifo 3>&- &
	writer=$!
	exec 9>fifo
	wait_until 20 '[ -e l/dts-log.lock ]'
	run_tool 0 dts-log info l
	[ "$(field segments)" = 0 ]
	head -n 20 in >&9
	wait_until 20 'dts-log info l | grep -q "^transactions  [1-9]"'
	run_tool 0 dts-log info l
	[ "$(field writer)" = "process $writer" ]
	run_tool 0 dts-log info --json l
	[ "$(jq 'select(.log) | .writer' <<<"$output")" -eq "$writer" ]
	tail -n +21 in >&9
	exec 9>&-
	wait "$writer"
	run_tool 0 dts-log info l
	[ "$(field writer)" = none ]
	[ "$(field transactions)" -eq 5 ]
	# The newest segment has nothing yet.
	dts-log append closed in --segment-size=1
	[ "$(ls closed/*.zst)" = closed/000000000001-20260101T000001Z.zst ]
	: >closed/000000000002-20260101T000002Z.zst.part
	run_tool 0 dts-log info closed
	[ "$(field source)" = db1 ]
	mkdir other
	for command in info verify trim; do
		options=()
		[ $command != trim ] || options=(--keep-size=1)
		for dir in other nowhere; do
			run_tool 4 dts-log $command "${options[@]}" $dir
			[[ $stderr == *"'$dir' is no log"* ]]
			[ -z "$output" ]
		done
	done
}

@test "verify: each segment that is whole is named, with where it begins and ends" {
	make_log
	run_tool 0 dts-log verify l
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq "${#segments[@]}" ]
	from=bin.000001:4
	for i in "${!segments[@]}"; do
		[[ ${lines[i]} == "${segments[i]}: whole: "*" records, "*" transactions, from $from to "* ]]
		from=${lines[i]##* }
	done
	[ "$from" = "$(dts-log position l)" ]
}

@test "verify names a damaged segment and what is lost of it, and looks at what is behind it" {
	make_log
	cp -r l copy
	head=$(($(od -An -tu4 -j4 -N4 "l/${segments[1]}") + 8))
	corrupt "l/${segments[1]}" $((head + 50))
	corrupt "l/${segments[2]}" 40
	run_tool 3 dts-log verify l
	[[ $stderr == "dts-log: log 'l' is damaged: faults: 2, segments that have any: 2 of ${#segments[@]}"*DAMAGE* ]]
	[[ ${lines[0]} == "${segments[0]}: whole: "* ]]
	[[ ${lines[1]} == "${segments[1]}: damaged at offset 0: the frame is damaged: "* ]]
	[ "${lines[2]%% up to *}" = "${segments[1]}: lost: from ${lines[0]##* }" ]
	[[ ${lines[3]} == "${segments[2]}: damaged at offset 0: the head of a frame is damaged" ]]
	[[ ${lines[4]} == "${segments[2]}: lost: from bin."* ]]
	[[ ${lines[5]} == "${segments[2]}: "*" bytes are passed over, up to offset "* ]]
	[[ ${lines[6]} == "${segments[3]}: whole: "* ]]
	[ "${#lines[@]}" -eq $((${#segments[@]} + 3)) ]
	# A good copy puts it right.
	cp "copy/${segments[1]}" "copy/${segments[2]}" l/
	run_tool 0 dts-log verify l
	# One that is missing is named, too, and so are the others that are there.
	mv "l/${segments[1]}" .
	run_tool 3 dts-log verify l
	[[ ${lines[0]} == "log 'l': segment 000000000002 is missing: "* ]]
	[ "$(grep -c ': whole: ' <<<"$output")" -eq $((${#segments[@]} - 1)) ]
}

# ops FILE...: the changes and the ends of transactions, which are told once.
ops() {
	cat "$@" | grep '^{"op":"\(begin\|insert\|update\|delete\|ddl\|prepare\|rollback\|commit\)"'
}

@test "what stands before damage and behind it can be read, from where verify says" {
	make_log
	ops <(dts-log read l) >all
	corrupt "l/${segments[2]}" $(($(stat -c %s "l/${segments[2]}") / 2))
	run_tool 3 dts-log verify l
	behind=$(sed -n 's/.*: lost: from .* up to //p' <<<"$output")
	[ -n "$behind" ]
	dts-log read l >before 2>err && return 1 || [ $? -eq 3 ]
	grep -q "segment 'l/${segments[2]}' at offset .*: the frame is damaged" err
	run_tool 0 dts-filter <(dts-log read l --start-position="$behind")
	ops <(echo "$output") >behind
	ops before >front
	cmp front <(head -n "$(wc -l <front)" all)
	cmp behind <(tail -n "$(wc -l <behind)" all)
	lost=$(($(wc -l <all) - $(wc -l <front) - $(wc -l <behind)))
	[ "$lost" -gt 0 ]
	# All that was lost ends there, and begins where what was read before has ended.
	tail -n "$(wc -l <behind)" all | head -n 1 >first
	[ "$(jq -r '"\(.pos.file) \(.pos.offset)"' first | tr ' ' :)" != "$(head -n 1 all | jq -r '"\(.pos.file):\(.pos.offset)"')" ]
	# The newest is moved away: the log ends with the one before.
	corrupt "l/${segments[-1]}" 40
	mv "l/${segments[-1]}" .
	cp "l/${segments[2]}" damaged
	at=$(dts-log position l)
	stream --transactions 2020 --ddl 300 --xa 90 --heartbeat 100 --void 70 --from "$at" | dts-log append l
	run_tool 3 dts-log verify l
	[ "$(grep -c ': whole: ' <<<"$output")" -eq $((${#segments[@]} - 1)) ]
	[ "$(dts-log position l)" = bin.000003:19904 ]
	# Trimming takes it away like any other.
	run_tool 0 dts-log trim l --keep-size=1
	run_tool 0 dts-log verify l
}

@test "verify: what a crash leaves is told, and no fault" {
	make_log
	newest=l/${segments[-1]}
	at=$(dts-log position l)
	head -c 100 "l/${segments[0]}" >>"$newest"
	run_tool 0 dts-log verify l
	[[ $output == *": 100 bytes behind offset "*" are no whole transaction, as a crash leaves them: the next append cuts them off"* ]]
	[ "$(dts-log position l)" = "$at" ]
	# In a closed segment it is one.
	head -c 100 "l/${segments[0]}" >>"l/${segments[1]}"
	run_tool 3 dts-log verify l
	[[ $output == *"${segments[1]}: damaged at offset "*": 100 bytes are behind the end of the segment"* ]]
}

@test "beside a writer and a trimmer none of them raises a false alarm" {
	local rounds=0

	stream --transactions 700 --ddl 300 --xa 90 --heartbeat 100 --void 70 --pause 0.002 | dts-log append l --segment-size=8K 3>&- &
	writer=$!
	wait_until 20 '[ "$(find l -name "*.zst" 2>/dev/null | wc -l)" -ge 2 ]'
	while kill -0 "$writer" 2>/dev/null; do
		run_tool 0 dts-log info l
		run_tool 0 dts-log verify l
		[ -z "$stderr" ]
		[ $((rounds % 4)) -ne 3 ] || run_tool 0 dts-log trim l --keep-size=100K
		rounds=$((rounds + 1))
	done
	wait "$writer"
	[ "$rounds" -gt 3 ]
	run_tool 0 dts-log verify l
	[ "${lines[-1]##* }" = bin.000001:699904 ]
}

@test "trim: by size, the oldest first, never the newest closed one" {
	make_log
	size=$(cat l/*.zst* | wc -c)
	run_tool 0 dts-log trim l --keep-size="$size"
	[ "$output" = "kept ${segments[0]} and $((${#segments[@]} - 1)) more: nothing asks for more to go" ]
	run_tool 0 dts-log trim l --keep-size=$((size - 1)) --dry-run
	[[ ${lines[0]} == "would remove ${segments[0]}: $(stat -c %s "l/${segments[0]}") bytes, up to bin.000001:"*", 2026-01-01T00:"* ]]
	[ "${lines[1]}" = "kept ${segments[1]} and $((${#segments[@]} - 2)) more: nothing asks for more to go" ]
	[ -e "l/${segments[0]}" ]
	run_tool 0 dts-log trim l --keep-size=$((size - 1))
	[[ ${lines[0]} == "removed ${segments[0]}: "* ]]
	[ ! -e "l/${segments[0]}" ] && [ -e "l/${segments[1]}" ]
	at=$(dts-log position l)
	run_tool 0 dts-log trim l --keep-size=1
	[ "${lines[-1]}" = "kept ${segments[-2]} and 1 more: the newest closed segment stays" ]
	[ "$(cd l && ls -- *.zst*)" = "$(printf '%s\n' "${segments[@]: -2}")" ]
	[ "$(dts-log position l)" = "$at" ]
	run_tool 0 dts-log verify l
	# A crash may leave nothing of the open one: the log still knows how far it has come.
	cp "l/${segments[-1]}" open
	truncate -s 10 "l/${segments[-1]}"
	[[ $(dts-log position l) == bin.00000[12]:* ]]
	cp open "l/${segments[-1]}"
	# It is gone on with.
	stream --transactions 2100 --ddl 300 --xa 90 --heartbeat 100 --void 70 --from "$at" | dts-log append l
	run_tool 0 dts-log verify l
}

@test "trim: by age and by the room that the disk has" {
	make_log
	run_tool 0 dts-log trim l --older-than=36500d
	[[ $output == *": nothing asks for more to go" ]]
	run_tool 0 dts-log trim l --keep-free=1
	[[ $output == *": nothing asks for more to go" ]]
	run_tool 0 dts-log trim l --keep-free=1000000G --dry-run
	[ "${#lines[@]}" -eq $((${#segments[@]} - 1)) ]
	run_tool 0 dts-log trim l --older-than=1h
	[ "${lines[-1]}" = "kept ${segments[-2]} and 1 more: the newest closed segment stays" ]
	run_tool 2 dts-log trim l
	[[ $stderr == *"nothing says what may go"* ]]
	run_tool 2 dts-log trim l --older-than=1y
	[ "$(cd l && ls -- *.zst*)" = "$(printf '%s\n' "${segments[@]: -2}")" ]
}

@test "trim keeps what a checkpoint needs, by its file or by its GTIDs" {
	make_log
	dts-log info --json l | jq -r 'select(.segment) | "\(.to.file) \(.to.offset) \(.to.gtid)"' >ends
	read -r file offset gtid < <(sed -n 2p ends)
	ack $((offset - 1)) "$file"
	run_tool 0 dts-log trim l --keep-size=1 --checkpoint=./acks --dry-run
	[[ ${lines[0]} == "would remove ${segments[0]}: "* ]]
	[ "${lines[1]}" = "kept ${segments[1]} and $((${#segments[@]} - 2)) more: checkpoint ./acks needs it, which stands at $file:$((offset - 1))" ]
	ack "$offset" "$file"
	run_tool 0 dts-log trim l --keep-size=1 --checkpoint=./acks --dry-run
	[ "${#lines[@]}" -eq 3 ]
	ack 4 other.000001 "$gtid"
	run_tool 0 dts-log trim l --keep-size=1 --checkpoint=./acks --dry-run
	[ "${#lines[@]}" -eq 3 ]
	ack 4 other.000001 "${gtid%-*}-1"
	run_tool 0 dts-log trim l --keep-size=1 --checkpoint=./acks
	[[ ${lines[0]} == "kept ${segments[0]} and "* ]]
	[ "${#lines[@]}" -eq 1 ]
	# What cannot be compared with the log is refused.
	ack 4 other.000001
	run_tool 4 dts-log trim l --keep-size=1 --checkpoint=./acks
	[[ $stderr == *"checkpoint ./acks stands at {\"file\":\"other.000001\",\"offset\":4}, which cannot be compared with the log's"*"nothing was removed"* ]]
	[ -z "$output" ]
	# And one that is not there.
	echo '{"op":"ack","src":"other","pos":{"file":"bin.000001","offset":4}}' >acks
	run_tool 4 dts-log trim l --keep-size=1 --checkpoint=./acks
	[ "$(cd l && ls -- *.zst*)" = "$(printf '%s\n' "${segments[@]}")" ]
}

@test "trim of a log whose server was replaced by another goes by GTIDs, whatever the files are called" {
	stream --transactions 50 | dts-log append l
	# The other one's log has the same name and a smaller number of its file.
	stream --transactions 70 --from bin.000001:49904 --id new | sed 's/bin\.000001/bin.000000/g' |
		jq -c 'if .op == "stream" then .source["instead-of"] = "7c9e6679-7425" | .pos = {gtid: .pos.gtid} else . end' | dts-log append l
	mapfile -t segments < <(cd l && ls -- *.zst*)
	[ "${#segments[@]}" -eq 2 ]
	run_tool 0 dts-log verify l
	ack 49900 bin.000001 0-1-49
	run_tool 0 dts-log trim l --keep-size=1 --checkpoint=./acks
	[[ $output == "kept ${segments[0]} and 1 more: checkpoint ./acks needs it, "* ]]
	ack 49904
	run_tool 4 dts-log trim l --keep-size=1 --checkpoint=./acks
	[[ $stderr == *"cannot be compared"* ]]
	ack 51904 bin.000000 0-1-52
	run_tool 0 dts-log trim l --keep-size=1 --checkpoint=./acks
	[ "$output" = "kept ${segments[0]} and 1 more: the newest closed segment stays" ]
}

@test "trim keeps what a target's checkpoint needs; the last of several counts" {
	servers_or_skip
	make_log
	sql dst 'CREATE DATABASE shop; CREATE TABLE shop.t0 (id BIGINT PRIMARY KEY, note VARCHAR(200)); CREATE TABLE shop.t1 LIKE shop.t0'
	stream --transactions 890 --ddl 300 --xa 90 --heartbeat 100 --void 70 |
		dts-apply --defaults-file="$(defaults)" -g dst --checkpoint=shop --new-checkpoint >apply.out 2>&1 ||
		{ cat apply.out; return 1; }
	trim() {
		dts-log --defaults-file="$(defaults)" trim l --keep-size=1 --dry-run "$@"
	}
	run_tool 0 trim --checkpoint=shop@dst
	kept=${lines[-1]}
	[[ $kept == "kept ${segments[${#lines[@]} - 1]} and "*" more: checkpoint shop@dst needs it, which stands at bin.000001:889904" ]]
	[ "${#lines[@]}" -gt 1 ]
	ack 4
	run_tool 0 trim --checkpoint=shop@dst --checkpoint=./acks
	[[ $output == "kept ${segments[0]} and "*": checkpoint ./acks needs it, which stands at bin.000001:4" ]]
	ack 900 bin.000099
	run_tool 0 trim --checkpoint=./acks --checkpoint=shop@dst
	[ "${lines[-1]}" = "$kept" ]
	run_tool 4 trim --checkpoint=other@dst
	[[ $stderr == *"there is no checkpoint other@dst of source 'db1'"*"hint: the full phase creates it"* ]]
}

@test "trim waits for who packs, until it is told to stop, and removes nothing under a reader" {
	make_log
	exec 8<"l/${segments[0]}"
	zstdcat "l/${segments[0]}" >before
	# The lock that packing and trimming share is that of a byte of the lock's file.
	cat >hold <<-'END'
		import fcntl, struct, sys
		f = open("l/dts-log.lock", "r+")
		fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 1001, 1, 0))  # F_OFD_SETLK
		print("held", flush=True)
		sys.stdin.read()
	END
	mkfifo hold.in
	python3 hold <hold.in >hold.out 3>&- 8<&- &
	holder=$!
	exec 7>hold.in
	wait_until 20 'grep -q held hold.out'
	run_tool 0 dts-log trim l --keep-size=1 --dry-run
	dts-log trim l --keep-size=1 >trim.out 2>trim.err 3>&- 7>&- 8<&- &
	trimmer=$!
	wait_until 20 "grep -q '^[0-9]* 0x[0-9a-f]* 0x26 ' /proc/$trimmer/syscall" # fcntl(2), F_OFD_SETLKW
	kill -TERM "$trimmer"
	wait "$trimmer" && return 1 || [ $? -eq 75 ]
	grep -q "another process packs or trims log 'l'" trim.err
	[ -e "l/${segments[0]}" ]
	dts-log trim l --keep-size=1 >trim.out 2>trim.err 3>&- 7>&- 8<&- &
	trimmer=$!
	exec 7>&-
	wait "$holder"
	wait "$trimmer"
	grep -q "^removed ${segments[0]}: " trim.out
	[ ! -e "l/${segments[0]}" ]
	zstdcat <&8 | cmp - before
	exec 8<&-
}
