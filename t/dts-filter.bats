# dts-filter: options, statuses, messages, and how it behaves in a pipeline.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >in <<-'END'
		{"op":"stream","v":1,"kind":"changes","src":"db1","pos":{"file":"b.1","offset":4}}
		{"op":"schema","db":"shop","table":"orders","columns":[{"name":"id","type":"int(11)"}],"primary":["id"],"source":{"db":"shop","table":"orders"}}
		{"op":"begin","src":"db1","tx":"0-1-6","pos":{"file":"b.1","offset":4}}
		{"op":"insert","db":"shop","table":"orders","tx":"0-1-6","n":1,"after":{"id":1}}
		{"op":"insert","db":"shop","table":"log","tx":"0-1-6","n":2,"after":{"id":2}}
		{"op":"insert","db":"shop","table":"orders","tx":"0-1-6","n":3,"after":{"id":3}}
		{"op":"commit","src":"db1","tx":"0-1-6","n":3,"pos":{"file":"b.1","offset":9}}
		{"op":"end","src":"db1","reason":"done","records":6,"pos":{"file":"b.1","offset":9}}
	END
}

# $stderr is this one line.
says() {
	[ "$stderr" = "dts-filter: $1" ] || { echo "stderr: $stderr"; return 1; }
}

@test "with nothing to do the records pass byte for byte, from stdin and from files" {
	dts-filter <in | cmp in -
	dts-filter in | cmp in -
	dts-filter - <in | cmp in -
	cat in in >twice
	dts-filter in in | cmp twice -
	# A stream may go on in the next file.
	head -n 5 in >one
	tail -n +6 in >two
	dts-filter one two | cmp in -
}

@test "--table and --ignore-table choose, counts follow" {
	run_tool 0 dts-filter --table=shop.orders in
	[ -z "$stderr" ]
	[ "$(jq -c '[.op, .n, .records]' <<<"$output" | tr -d '\n')" = \
		'["stream",null,null]["schema",null,null]["begin",null,null]["insert",1,null]["insert",2,null]["commit",2,null]["end",null,5]' ]
	[ "$(dts-filter --table 'shop.*' --ignore-table='*.log' in)" = "$output" ]
	[ "$(dts-filter --table='/sh.+/.`orders`' --table=none.none in)" = "$output" ]
	dts-filter --table=shop in | cmp in -
	[ "$(dts-filter --ignore-table=shop in | jq -r .op | tr '\n' ' ')" = "stream begin commit end " ]
}

@test "--skip-origin empties what an applier wrote, counts follow" {
	cat >written <<-'END'
		{"op":"stream","v":1,"kind":"changes","src":"db1","pos":{"file":"b.1","offset":4}}
		{"op":"schema","db":"d","table":"t","columns":[{"name":"id","type":"int(11)"}]}
		{"op":"begin","src":"db1","tx":"0-1-6","origin":"a","pos":{"file":"b.1","offset":4}}
		{"op":"insert","db":"d","table":"t","tx":"0-1-6","n":1,"after":{"id":1}}
		{"op":"insert","db":"d","table":"t","tx":"0-1-6","n":2,"after":{"id":1}}
		{"op":"rollback","src":"db1","tx":"0-1-6","to":1}
		{"op":"commit","src":"db1","tx":"0-1-6","n":1,"pos":{"file":"b.1","offset":9}}
		{"op":"begin","src":"db1","tx":"0-1-7","origin":"b","pos":{"file":"b.1","offset":9}}
		{"op":"ddl","kind":"drop-table","db":"d","tx":"0-1-7","n":1,"sql":"DROP TABLE x","objects":[]}
		{"op":"commit","src":"db1","tx":"0-1-7","n":1,"pos":{"file":"b.1","offset":12}}
		{"op":"begin","src":"db1","tx":"0-1-8","pos":{"file":"b.1","offset":12}}
		{"op":"insert","db":"d","table":"t","tx":"0-1-8","n":1,"after":{"id":3}}
		{"op":"commit","src":"db1","tx":"0-1-8","n":1,"pos":{"file":"b.1","offset":15}}
		{"op":"end","src":"db1","reason":"done","records":12,"pos":{"file":"b.1","offset":15}}
	END
	run_tool 0 dts-filter --skip-origin=a written
	[ -z "$stderr" ]
	diff - <(jq -c '[.op, .tx, .n // .to // .records]' <<<"$output" | tail -n +3) <<-'END'
		["begin","0-1-6",null]
		["rollback","0-1-6",0]
		["commit","0-1-6",0]
		["begin","0-1-7",null]
		["ddl","0-1-7",1]
		["commit","0-1-7",1]
		["begin","0-1-8",null]
		["insert","0-1-8",1]
		["commit","0-1-8",1]
		["end",null,10]
	END
	[ "$(dts-filter --skip-origin=a --skip-origin=b written | jq -r 'select(.op == "insert" or .op == "ddl") | .tx' | xargs)" = 0-1-8 ]
	[ "$(dts-filter --skip-origin='*' written | sha1sum)" = "$(dts-filter --skip-origin=a --skip-origin=b written | sha1sum)" ]
	dts-filter --skip-origin='*' written | dts-filter | jq -r .op | grep -c begin | grep -qx 3
	dts-filter --skip-origin=c written | cmp written -
}

@test "--route renames, and the name at the source stays" {
	run_tool 0 dts-filter --route='shop.orders=new.o2' --route='shop.*=other.*' in
	[ "$(jq -r 'select(.db) | .db + "." + .table' <<<"$output" | tr '\n' ' ')" = "new.o2 new.o2 other.log new.o2 " ]
	[ "$(jq -c 'select(.op == "schema") | .source' <<<"$output")" = '{"db":"shop","table":"orders"}' ]
	dts-filter <<<"$output" >/dev/null
}

@test "a command line that is wrong ends with status 2 and says why" {
	run_tool 2 dts-filter --route=shop in
	[ "${stderr_lines[0]}" = "dts-filter: 'shop' is not a route" ]
	[ "${stderr_lines[1]}" = "dts-filter: hint: write PATTERN=db.table, where * keeps a name: 'shop.*=shop2.*'" ]
	run_tool 2 dts-filter --table=a.b.c in
	[ "${stderr_lines[0]}" = "dts-filter: 'a.b.c': pattern: unexpected '.c'" ]
	run_tool 2 dts-filter --max-record=many in
	run_tool 2 dts-filter --nonsense
	[ -z "$output" ]
}

@test "an input that cannot be opened ends with status 5, a directory that is no dump with 3" {
	run_tool 5 dts-filter in missing
	says "cannot open 'missing': No such file or directory"
	run_tool 3 dts-filter .
	says "directory '.' has no file 'manifest': it is no dump of dts-dump --output
dts-filter: hint: name the directory of such a dump, or files with records"
	mkdir log
	touch log/dts-log.lock
	run_tool 3 dts-filter log
	says "directory 'log' is a log, and no dump
dts-filter: hint: dts-log read log prints the records in it, for who reads them from a pipe"
}

@test "what is wrong in a record is told with file, line and reason" {
	while IFS='|' read -r line why; do
		{ head -n 1 in; printf '%b\n' "$line"; } >bad
		run_tool 3 dts-filter bad
		says "bad:2: $why"
		# What came before is passed on.
		[ "$output" = "$(head -n 1 in)" ]
	done <<-'END'
		{"op":"heartbeat","src":"db1","pos":{}|invalid JSON: unexpected end at byte 39
		{"op":"heartbeat","src":"db1","pos":{},}|invalid JSON: a quoted key was expected at byte 40
		{"op":"heartbeat","src":"\xff","pos":{}}|bad UTF-8 at byte 26
		{"op":"heartbeat","src":"\x00","pos":{}}|NUL byte at byte 26
		{"op":"heartbeat","src":"\t","pos":{}}|invalid JSON: control character in a string at byte 26
		\x00|NUL byte at byte 1
		|invalid JSON: unexpected end at byte 1
		[]|not a record: '{' was expected at byte 1
		{"op":"beat","src":"db1"}|unknown op 'beat'
		{"op":"heartbeat","src":"db1"}|op 'heartbeat': field 'pos' is missing
		{"src":"db1"}|field 'op' is missing
		{"op":"heartbeat","src":1,"pos":{}}|field 'src' is not a string
		{"op":"heartbeat","src":"db1","pos":{},"pos":{}}|duplicate field 'pos'
		{"op":"heartbeat","src":"db1","pos":{},"x":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}|nested deeper than 64 levels at byte 107
		{"op":"row","db":"a","table":"b","after":{}}|op 'row': not in a stream of kind 'changes'
	END
}

@test "an unknown version says which one is known" {
	run_tool 3 dts-filter - <<<'{"op":"stream","v":7}'
	[ "${stderr_lines[0]}" = "dts-filter: standard input:1: unknown version 7 of the record stream" ]
	[ "${stderr_lines[1]}" = "dts-filter: hint: this program reads version 1" ]
}

@test "torn input ends with status 3: a cut line, a missing end, a lost record" {
	head -c -1 in >cut
	run_tool 3 dts-filter cut
	says "cut:8: torn record: the last line has no newline"
	head -n 7 in >cut
	run_tool 3 dts-filter cut
	says "cut:8: torn input: it ends, before the 'end' of the changes of 'db1'"
	head -n 4 in >cut
	run_tool 3 dts-filter cut
	says "cut:5: torn input: it ends inside a transaction, before the 'end' of the changes of 'db1'"
	sed 5d in >cut
	run_tool 3 dts-filter cut
	[ "${stderr_lines[0]}" = "dts-filter: cut:5: op 'insert': 'n' is 3 where 2 was expected: records are missing or out of order" ]
	zstd -q <in | head -c -3 >cut
	run_tool 3 dts-filter cut
	[[ $stderr = *"the zstd frame is cut off"* ]]
	# What a program that failed at once has written.
	run_tool 3 dts-filter /dev/null
	[ "${stderr_lines[0]}" = "dts-filter: /dev/null:1: the input is empty: there is not even a 'stream' record" ]
}

@test "--no-counts takes a stream with records left out, and counts anew" {
	jq -c 'select(.after.id != 2)' in >some
	run_tool 3 dts-filter some
	run_tool 0 dts-filter --no-counts some
	dts-filter <<<"$output" >/dev/null
	[ "$(jq -c 'select(.op == "commit") | .n' <<<"$output")" = 2 ]
	[ "$(jq -c 'select(.op == "end") | .records' <<<"$output")" = 5 ]
}

@test "--max-record refuses a longer one" {
	run_tool 3 dts-filter --max-record=100 in
	[ "${stderr_lines[0]}" = "dts-filter: in:2: record longer than 100 bytes" ]
	[ "${stderr_lines[1]}" = "dts-filter: hint: --max-record=SIZE allows longer ones" ]
	dts-filter --max-record=1K in >/dev/null
	# One that never ends is not gathered up for ever.
	run_pipe '* 3' "tr '\\0' x </dev/zero | dts-filter --max-record=1M"
}

@test "compressed input is recognised and --zstd compresses" {
	zstd -q <in >in.zst
	dts-filter in.zst | cmp in -
	dts-filter --zstd in | zstd -dq | cmp in -
	dts-filter --zstd in | dts-filter | cmp in -
}

@test "statements follow their tables" {
	{
		head -n 3 in
		echo '{"op":"ddl","kind":"drop-table","db":"shop","tx":"0-1-6","n":1,"sql":"DROP TABLE orders, `log`","objects":[]}'
		echo '{"op":"commit","src":"db1","tx":"0-1-6","n":1,"pos":{"file":"b.1","offset":9}}'
		echo '{"op":"end","src":"db1","reason":"done","records":4}'
	} >ddl
	dts-filter ddl | cmp ddl -
	[ "$(dts-filter --table=shop.log ddl | jq -r '.sql // empty')" = 'DROP TABLE `log`' ]
	[ "$(dts-filter --table=shop.x ddl | jq -r .op | tr '\n' ' ')" = "stream begin commit end " ]
	[ "$(dts-filter --route='shop.*=s2.*' ddl | jq -r '.sql // empty')" = 'DROP TABLE `s2`.`orders`, `s2`.`log`' ]
	sed -i 's/DROP TABLE orders, `log`/DRUP TABLE/' ddl
	run_tool 3 dts-filter --table='*.*' ddl
	[ "${stderr_lines[0]}" = "dts-filter: ddl:4: cannot choose in 'DRUP TABLE': the statement is not understood" ]
	dts-filter ddl | cmp ddl -
}

@test "a table of a snapshot without the parent of its foreign key is refused, if that changes rows" {
	cat >snapshot <<-'END'
		{"op":"stream","v":1,"kind":"snapshot","src":"db1","pos":{}}
		{"op":"schema","db":"shop","table":"items","columns":[{"name":"id","type":"int(11)"}],"foreign":[{"name":"free","columns":["id"],"to":{"db":"shop","table":"x","columns":["id"]},"delete":"RESTRICT","update":"NO ACTION"},{"name":"of","columns":["id"],"to":{"db":"shop","table":"orders","columns":["id"]},"delete":"CASCADE","update":"RESTRICT"}]}
		{"op":"end","src":"db1","reason":"done","records":1}
	END
	dts-filter snapshot | cmp snapshot -
	dts-filter --table=shop.orders --table=shop.items snapshot | cmp snapshot -
	dts-filter --ignore-table=shop.x snapshot | cmp snapshot -
	dts-filter --table=shop.items --allow-missing-parents snapshot | cmp snapshot -
	# By the names in the input, whatever the new ones are.
	for option in --table=shop.items --ignore-table=shop.orders; do
		run_tool 4 dts-filter "$option" --route='shop.*=other.*' snapshot
		[ "${stderr_lines[0]}" = "dts-filter: snapshot:2: table 'shop.items': foreign key 'of' is ON DELETE CASCADE to 'shop.orders', which is left out: what it does to rows is in no log" ]
		[ "${stderr_lines[1]}" = "dts-filter: hint: select the parent 'shop.orders' too, or accept with --allow-missing-parents that rows of the child will differ" ]
	done
	sed -i 's/CASCADE/RESTRICT/; s/"NO ACTION"/"SET NULL"/' snapshot
	run_tool 4 dts-filter --table=shop.items snapshot
	[[ $stderr = *"foreign key 'free' is ON UPDATE SET NULL to 'shop.x'"* ]]
	# Changes: the snapshot was refused or accepted before.
	sed -i 's/"snapshot"/"changes"/' snapshot
	dts-filter --table=shop.items snapshot | cmp snapshot -
}

@test "a reader that goes away: status 5, silently" {
	jq -nrj --rawfile in in 'range(20000) | $in' >many
	run_pipe '5 0' "dts-filter many 2>err | head -n 1"
	[ ! -s err ]
}

@test "output that cannot be written: status 5" {
	[ -e /dev/full ] || skip "no /dev/full"
	run_pipe '5' "dts-filter in >/dev/full"
	says "cannot write the output: No space left on device"
	run_pipe '5' "dts-filter --help >/dev/full"
	run_pipe '5' "dts-filter in >&-"
}

@test "one small transaction arrives at once, compressed or not" {
	mkfifo fifo
	for how in "" --zstd; do
		if [ -n "$how" ]; then
			dts-filter --zstd <fifo | dts-filter >out &
		else
			dts-filter <fifo >out &
		fi
		reader=$! # a bare wait would wait for the clock of this test, too
		exec 7>fifo
		head -n 7 in >&7
		wait_until 10 '[ "$(wc -l <out)" -eq 7 ]'
		tail -n 1 in >&7
		exec 7>&-
		wait "$reader"
		cmp in out
	done
}

@test "a signal: what the reader still sends is passed on, and its end is ours" {
	mkfifo fifo
	dts-filter <fifo >out &
	pid=$!
	exec 7>fifo
	head -n 5 in >&7
	wait_until 10 '[ "$(wc -l <out)" -eq 5 ]'
	kill -INT "$pid"
	sleep 0.2
	tail -n +6 in >&7
	exec 7>&-
	wait "$pid"
	cmp in out
}

@test "a second signal ends it at once, by the signal" {
	mkfifo fifo
	dts-filter <fifo >out &
	pid=$!
	exec 7>fifo
	head -n 5 in >&7
	wait_until 10 '[ "$(wc -l <out)" -eq 5 ]'
	kill -TERM "$pid"
	sleep 0.2
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7>&-
	[ "$status" -eq 143 ]
}

@test "help, version and man page name the same options" {
	run_tool 0 dts-filter --help
	[ -z "$stderr" ]
	[[ ${lines[0]} = "usage: dts-filter [OPTION]... [FILE...]" ]]
	for option in $(grep -o -- '--[a-z-]*' <<<"$output" | sort -u); do
		grep -q "Fl -${option#--}" "$DTS_ROOT/man/dts-filter.1" || { echo "not in the man page: $option"; return 1; }
	done
	for option in $(grep -o 'Fl -[a-z-]*' "$DTS_ROOT/man/dts-filter.1" | sort -u | sed 's/Fl -//'); do
		grep -q -- "--$option" <<<"$output" || { echo "not in the help: --$option"; return 1; }
	done
	run_tool 0 dts-filter --version
	[[ $output = "dts-filter "* ]]
}
