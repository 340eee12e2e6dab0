# dts-log append: what a stream becomes in a log, what goes on where it ends and what is refused, a full disk.
# t/log/stream.py tells the streams; power loss and the tail of a segment are in t/unit/log_append_tail.c, kills in
# dts-log-kills.bats.
# shellcheck disable=SC2154
load lib/dts

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mounted='' running=''
}

teardown() {
	[ -z "$running" ] || kill -KILL "$running" 2>/dev/null || :
	exec 7>&-
	[ -z "$mounted" ] || umount -l "$mounted"
}

stream() {
	python3 "$DTS_ROOT/t/log/stream.py" "$@"
}

# The records of transactions that count, of the files or standard input.
transactions() {
	python3 -c '
import sys
held = None
for line in sys.stdin.buffer:
    op = line[7:line.index(b"\"", 7)]
    if op in (b"stream", b"schema", b"heartbeat", b"end"):
        continue
    if op == b"begin":
        held = []
    if held is None:
        sys.stdout.buffer.write(line)
        continue
    held.append(line)
    if op in (b"commit", b"prepare"):
        sys.stdout.buffer.write(b"".join(held))
        held = None
    elif op == b"rollback" and b"\"to\":" not in line:
        held = None'
}

# holds DIR FILE: the log is whole, and has the transactions of the stream in FILE, each once.
holds() {
	dts-log verify "$1" >verified || { cat verified; return 1; }
	zstdcat "$1"/*.zst* | transactions >have
	transactions <"$2" >want
	cmp have want
}

# from_end DIR STREAM-OPTION...: the stream goes on where the log ends.
from_end() {
	local dir=$1

	shift
	stream --from "$(dts-log position "$dir")" "$@"
}

@test "a stream is kept as it came, and gone on with" {
	stream --transactions 20 --ddl 7 --void 3 --xa 5 --heartbeat 4 >s
	run_tool 0 dts-log append log s
	[ -z "$output$stderr" ]
	holds log s
	run_tool 0 dts-log position log
	[ "$output" = bin.000001:19954 ]
	# A head is no record for who unpacks the file, and heartbeats stay.
	zstdcat log/*.zst.part >content
	[ "$(grep -c '"op":"heartbeat"' content)" -eq 5 ]
	[ "$(head -n 1 content)" = "$(head -n 1 s)" ]
	# Compressed, from a pipe, and at once several inputs that follow one another.
	from_end log --transactions 30 | zstd -q >s2.zst
	stream --transactions 40 --from bin.000001:29904 >s3
	run_tool 0 dts-log append --sync=none log s2.zst s3
	[ -z "$output$stderr" ]
	(cat s; zstdcat s2.zst; cat s3) >all
	holds log all
	# The one that it was given is left out, as are the transactions in front of those that are new.
	stream --transactions 45 >s4
	run_tool 0 dts-log append --sync=interval log <s
	stream --transactions 43 --from bin.000001:37904 >s5
	run_tool 0 dts-log append log s5
	[ -z "$output$stderr" ]
	cat all <(stream --transactions 43 --from bin.000001:39904) >all2
	holds log all2
}

@test "MySQL: sets of GTIDs" {
	stream --mysql --transactions 9 --heartbeat 4 >s
	run_tool 0 dts-log append log s
	run_tool 0 dts-log position --gtid log
	[ "$output" = 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9 ]
	from_end log --mysql --transactions 20 | sed 's/"gtid":"\([^"]*\):1-9"/"gtid":"\1:1-9:50"/' >s2
	run_tool 0 dts-log append log s2
	# What the stream says is told where the transactions alone do not give it.
	run_tool 0 dts-log position --gtid log
	[ "$output" = 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-20:50 ]
	cat s s2 >all
	holds log all
}

@test "--ack: what is durable, and no more" {
	mkfifo in
	dts-log append --ack log <in >acks 2>err 3>&- &
	running=$!
	exec 7>in
	stream --transactions 3 --no-end >&7
	wait_until 10 'grep -q 0-1-3 acks'
	[ "$(tail -n 1 acks)" = '{"op":"ack","src":"db1","tx":"0-1-3","pos":{"file":"bin.000001","offset":2904,"created":1767225600,"gtid":"0-1-3"}}' ]
	run_tool 0 dts-log position log
	[ "$output" = bin.000001:2904 ]
	# Half a transaction says nothing; heartbeats do.
	stream --transactions 5 --heartbeat 4 --torn --from bin.000001:2904 >&7
	wait_until 10 'grep -q "\"offset\":3904" acks'
	[ "$(tail -n 1 acks)" = '{"op":"ack","src":"db1","pos":{"file":"bin.000001","offset":3904,"created":1767225600,"gtid":"0-1-4"}}' ]
	exec 7>&-
	code=0
	wait "$running" || code=$?
	running=
	[ "$code" -eq 3 ]
	[[ $(<err) == 'dts-log: standard input:'*': torn input: it ends inside a transaction, before the '*"'end' of the changes of 'db1'" ]]
	stream --transactions 4 >s
	holds log s
	# Whoever should read them has gone: that is no success, and says nothing.
	stream --transactions 9 >s
	run_pipe '5 0' 'dts-log append --ack log s | :'
	[ -z "$stderr" ]
}

@test "segments end by size, and by time when nothing comes" {
	stream --transactions 3000 --ddl 500 --heartbeat 100 >s
	run_tool 0 dts-log append --segment-size=20K log s
	[ -z "$output$stderr" ]
	holds log s
	names=(log/[0-9]*-2026010?T[0-9][0-9][0-9][0-9][0-9][0-9]Z.zst)
	[ "${#names[@]}" -gt 5 ]
	# Each begins with the stream and what is in force there.
	zstdcat "${names[3]}" | head -n 4 | grep -o '"op":"[a-z]*"' | sort | uniq -c | tr -s ' \n' ' ' >ops
	[[ $(<ops) == *'1 "op":"stream"'* && $(<ops) == *'2 "op":"schema"'* ]]
	mkfifo in
	dts-log append --no-counts --segment-time=0.3 log2 <in 2>err 3>&- &
	running=$!
	exec 7>in
	stream --transactions 0 --no-end >&7
	wait_until 10 'ls log2/*.zst.part'
	stream --transactions 2 --no-end >&7
	wait_until 10 'ls log2/000000000001-*.zst'
	run_tool 0 dts-log position log2
	[ "$output" = bin.000001:1904 ]
	stream --transactions 4 --from bin.000001:1904 >&7
	exec 7>&-
	wait "$running"
	running=
	[ ! -s err ]
	stream --transactions 4 >s
	holds log2 s
	# Without transactions none ends.
	names=(log2/*.zst*)
	[ "${#names[@]}" -eq 2 ]
}

@test "what the log has decides what may go on" {
	stream --transactions 5 >s
	run_tool 0 dts-log append log s
	stream --transactions 9 --from bin.000001:5904 >gap
	run_tool 4 dts-log append log gap
	[[ $stderr == "dts-log: gap:1: the stream begins at bin.000001:5904 (GTID '0-1-6'), log 'log' ends at bin.000001:4904 (GTID '0-1-5'): changes between are missing"*'--resume=log'* ]]
	stream --transactions 9 --src other >s2
	run_tool 4 dts-log append log s2
	[[ $stderr == *"log 'log' is of source 'db1', this stream is from 'other'"*'hint: '* ]]
	stream --transactions 9 --id 1234 >s2
	run_tool 4 dts-log append log s2
	[[ $stderr == *"log 'log' follows another server: source 'db1' was 7c9e6679-7425 and is now 1234"*'hint: '* ]]
	stream --transactions 9 | sed 's/"created":1767225600/"created":1767225601/; s/,"gtid":""//' >s2
	run_tool 4 dts-log append log s2
	[[ $stderr == *'whether these are places of one log is not known'* ]]
	# Nothing may be between two places by their GTIDs; but a MySQL has transactions without.
	run_tool 0 dts-log append near s
	stream --transactions 9 --from bin.000001:4904 | sed '1s/:4904/:4950/' >s2
	run_tool 0 dts-log append near s2
	# Nor where a server that is not strict has begun its numbers again.
	stream --transactions 12 --from bin.000001:8904 | sed '1s/0-1-9/0-1-2/; 1s/:8904/:8950/' >s2
	run_tool 4 dts-log append near s2
	[[ $stderr == *"the stream begins at bin.000001:8950 (GTID '0-1-2'), log 'near' ends at bin.000001:8904 (GTID '0-1-9'): GTIDs have gone back"* ]]
	stream --mysql --transactions 5 >s2
	run_tool 0 dts-log append mysql s2
	stream --mysql --transactions 9 --from bin.000001:4904 | sed '1s/:4904/:4950/' >s2
	run_tool 4 dts-log append mysql s2
	[[ $stderr == *"the stream begins at bin.000001:4950 "*"log 'mysql' ends at bin.000001:4904 "*'a MySQL may have transactions without'*'--resume=mysql'* ]]
	# RESET MASTER: the same GTIDs are other transactions, whatever the number of the file is.
	stream --transactions 9 | sed 's/"created":1767225600/"created":1767225609/' >s2
	run_tool 4 dts-log append log s2
	[[ $stderr == *"the stream begins at bin.000001:4 (GTID ''), log 'log' ends at bin.000001:4904 (GTID '0-1-5'): its files have the same names and were begun at other times"* ]]
	sed 's/bin.000001/bin.000007/' s >s3
	run_tool 0 dts-log append log7 s3
	run_tool 4 dts-log append log7 s2
	[[ $stderr == *'as after RESET MASTER'*'hint: '* ]]
	sed '1s/"changes"/"snapshot"/' s | head -n 1 >s2
	run_tool 3 dts-log append log s2
	[[ $stderr == *"a log keeps streams of changes, this one is of kind 'snapshot'"*'dts-dump --output=DIR'* ]]
	: >s2
	run_tool 3 dts-log append log s2
	[[ $stderr == *'the input is empty'* ]]
	holds log s
	mkdir other
	touch other/file
	run_tool 4 dts-log append other s
	[[ $stderr == "dts-log: 'other' is no log, and has other things in it"*'hint: '* ]]
	run_tool 2 dts-log append --sync=always log s
	[[ $stderr == *'--sync=always is neither commit, interval nor none'* ]]
	run_tool 5 dts-log append no/such/dir s
	[[ $stderr == *"cannot make the directory 'no/such/dir'"* ]]
}

@test "a server in the source's place, in another order: the log is whole wherever that ends" {
	local size cut

	stream --transactions 5 >s
	stream --transactions 9 --from bin.000001:2904 | sed '1s/"id":"[^"]*"/"id":"B","instead-of":"7c9e6679-7425"/
		1s/"pos":{[^}]*}/"pos":{"gtid":"0-1-3"}/; s/"0-1-4"/"2-1-1"/; s/"bin[.]/"other./' >s2
	stream --transactions 11 --from bin.000001:8904 --id B | sed '1s/"pos":{[^}]*}/"pos":{"gtid":"0-1-9,2-1-1"}/; s/"bin[.]/"other./' >s3
	for size in 1 64M; do
		# Behind a transaction that the log has not, behind one that it has; and all of it.
		for cut in '"commit".*"2-1-1"' '"commit".*"0-1-5"' '"end"'; do
			rm -rf log
			run_tool 0 dts-log append --segment-size="$size" log s
			sed "/$cut/q" s2 >part
			run dts-log append --segment-size="$size" log part
			run_tool 0 dts-log verify log
			# The reader begins again where it has, then by GTIDs alone where the log ends.
			run_tool 0 dts-log append --segment-size="$size" log s2
			run_tool 0 dts-log verify log
			run_tool 0 dts-log append --segment-size="$size" log s3
			run_tool 0 dts-log verify log
			run_tool 0 dts-log position log
			[ "$output" = other.000001:10904 ]
			zstdcat log/*.zst* | transactions | grep -o '"commit".*"tx":"[^"]*"' | grep -o '[0-9]*-1-[0-9]*' >have
			[ "$(tr '\n' ' ' <have)" = '0-1-1 0-1-2 0-1-3 0-1-4 0-1-5 2-1-1 0-1-6 0-1-7 0-1-8 0-1-9 0-1-10 0-1-11 ' ]
		done
	done
}

@test "one writes; a signal waits for the reader's end" {
	mkfifo in
	dts-log append --no-counts log <in 2>err 3>&- &
	running=$!
	exec 7>in
	stream --transactions 2 --no-end >&7
	wait_until 10 'dts-log position log 2>/dev/null | grep -q :1904'
	stream --transactions 9 >s
	run_tool 75 dts-log append log s
	[[ $stderr == "dts-log: log 'log' is being written by process $running"* ]]
	kill -TERM "$running"
	stream --transactions 3 --from bin.000001:1904 >&7
	exec 7>&-
	wait "$running"
	running=
	[ ! -s err ]
	stream --transactions 3 >s2
	holds log s2
	run_tool 0 dts-log append log s
	holds log s
}

@test "a transaction larger than frames and segments; a record that is too long" {
	stream --transactions 7 --big 3 --big-rows 20000 >s
	run_tool 0 dts-log append --segment-size=50K log s
	holds log s
	stream --transactions 8 --width 3000 --from bin.000001:6904 >s2
	run_tool 3 dts-log append --max-record=3000 log s2
	[[ $stderr == *'record longer than 3000 bytes'*'--max-record'* ]]
	holds log s
}

@test "a torn tail is cut off and said so" {
	stream --transactions 30 >s
	run_tool 0 dts-log append log s
	from_end log --transactions 40 >s2
	run_tool 0 dts-log append log s2
	truncate -s -7 log/*.part
	run_tool 0 dts-log position log
	[ "$output" = bin.000001:29904 ]
	stream --transactions 40 >s
	run_tool 0 dts-log append log s
	[[ $stderr == "dts-log: log 'log': "*' bytes behind the last whole transaction were cut off' ]]
	holds log s
	# Older ones are not tails.
	names=(log/*.part)
	printf x | dd of="${names[0]}" bs=1 seek=20 conv=notrunc status=none
	run_tool 3 dts-log append log s
	[[ $stderr == *"segment 'log/000000000001-"*'the disk had written this, so that it is no crash'* ]]
}

@test "a full disk: it waits for room, and goes on in the middle of a transaction" {
	mkdir disk
	mount -t tmpfs -o size=120k tmpfs disk 2>/dev/null || skip_loudly "a file system of its own can be mounted by root only"
	mounted=$PWD/disk
	stream --transactions 40 --big 20 --big-rows 40000 >s
	dts-log append --wait-for-room=60 disk/log <s 2>err 3>&- &
	running=$!
	wait_until 20 'grep -q "no room" err'
	[ "$(<err)" = "dts-log: no room for log 'disk/log': waiting for some for up to 60 seconds" ]
	run_tool 0 dts-log verify disk/log
	run_tool 0 dts-log position disk/log
	[ "$output" = bin.000001:18904 ]
	mount -o remount,size=40m disk
	wait "$running"
	running=
	[ "$(tail -n +2 err)" = "dts-log: log 'disk/log' has room again" ]
	holds disk/log s
}

@test "a full disk that stays so" {
	mkdir disk
	mount -t tmpfs -o size=120k tmpfs disk 2>/dev/null || skip_loudly "a file system of its own can be mounted by root only"
	mounted=$PWD/disk
	stream --transactions 40 --big 20 --big-rows 40000 >s
	run_tool 75 dts-log append --wait-for-room=0 disk/log s
	[[ $stderr == "dts-log: cannot write 'disk/log/000000000001-"*': No space left on device'*'hint: '*'--resume=disk/log'* ]]
	run_tool 0 dts-log verify disk/log
	run_tool 0 dts-log position disk/log
	[ "$output" = bin.000001:18904 ]
	# Asked to stop while it waits.
	dts-log append --wait-for-room=60 disk/log <s 2>err 3>&- &
	running=$!
	wait_until 20 'grep -q "no room" err'
	kill -TERM "$running"
	code=0
	wait "$running" || code=$?
	running=
	[ "$code" -eq 75 ]
	mount -o remount,size=40m disk
	run_tool 0 dts-log append disk/log s
	holds disk/log s
}

@test "a disk that fails is told, and what it may not have is cut off" {
	! grep -q fsanitize "$DTS_BUILD/flags" || skip "a sanitizer wants to be the first library"
	cat >fail.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
int fdatasync(int fd)
{
	static int count;
	(void)fd;
	if (++count != 3)
		return 0;
	errno = getenv("NO_ROOM") ? ENOSPC : EIO;
	return -1;
}
END
	cc -shared -fPIC -o fail.so fail.c || skip_loudly "no C compiler"
	mkfifo in
	LD_PRELOAD=$PWD/fail.so dts-log append log --ack --no-counts <in >acks 2>err 3>&- &
	running=$!
	exec 7>in
	stream --transactions 0 --no-end >&7
	wait_until 10 '[ -s acks ]'
	stream --transactions 1 --no-end | sed 1d >&7
	wait_until 10 'grep -q 0-1-1 acks'
	stream --transactions 2 --from bin.000001:904 | sed 1d >&7
	exec 7>&-
	code=0
	wait "$running" || code=$?
	running=
	[ "$code" -eq 5 ]
	[[ $(<err) == "dts-log: cannot sync 'log/000000000001-"*': Input/output error' ]]
	[ "$(grep -c '' acks)" -eq 2 ]
	stream --transactions 1 >s
	holds log s
	stream --transactions 2 >s
	run_tool 0 dts-log append log s
	[ -z "$stderr" ]
	holds log s
	# A file system that finds out so late that it has no room has lost it, too: waiting for room brings nothing back.
	stream --transactions 90 >s
	run_tool 5 env NO_ROOM=1 LD_PRELOAD="$PWD/fail.so" dts-log append --sync=none --segment-size=1 log2 s
	[[ $stderr == "dts-log: cannot sync 'log2/000000000002-"*': No space left on device' ]]
	run_tool 0 dts-log append log2 s
	holds log2 s
}
