#!/usr/bin/env bats
# dts-dump --output=DIR: a file a shard and a manifest, the same command again goes on;
# whoever reads records reads DIR.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # set by run; backticks of SQL; each test has its own
load lib/dts

setup_file() { servers_up src dst; }
teardown_file() { servers_down; }

setup() {
	CONFIG=$(defaults)
	DIR=$BATS_TEST_TMPDIR/dump
	sql src 'DROP DATABASE IF EXISTS d; CREATE DATABASE d CHARACTER SET utf8mb4'
	sql dst 'DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS dts'
}

dump() { timeout 100 dts-dump --defaults-file="$CONFIG" -g src --src=s --output="$DIR" "$@"; }
apply() { timeout 100 dts-apply --defaults-file="$CONFIG" -g dst "$@"; }
definitions() { dts-schema --defaults-file="$CONFIG" -g src "$@" | apply; }

identical() {
	run_tool 0 dts-verify --defaults-file="$CONFIG" -g src -G dst "$1" || { head -c 2000 <<<"$output"; false; }
}

catch_up() {
	run_pipe '0 0' "dts-binlog --defaults-file='$CONFIG' -g src --src=s --resume=c@dst | dts-apply --defaults-file='$CONFIG' -g dst --checkpoint=c"
}

# Tables a and b with a key, e without.
fill() {
	sql src "CREATE TABLE a (id int PRIMARY KEY, v varchar(100)); INSERT INTO a SELECT seq, REPEAT('x', 60) FROM seq_1_to_3000;
		CREATE TABLE b (id int PRIMARY KEY, v varchar(100)); INSERT INTO b SELECT * FROM a;
		CREATE TABLE e (id int, v varchar(100)); INSERT INTO e SELECT seq % 7, REPEAT('x', 60) FROM seq_1_to_3000" d
	definitions d
}

# forget TABLE...: the dump as it was before these tables were finished.
forget() {
	local table

	sed -i '/^{"op":"end"/d' "$DIR/manifest"
	for table; do
		rm "$DIR"/*.d."$table".zst
		sed -i "/\"table\":\"$table\"/d" "$DIR/manifest"
	done
}

complete() { [ "$(tail -n 1 "$DIR/manifest" | jq -r .reason)" = "done" ]; }

# Changes to the tables of fill() until there is the file stop.
write() {
	local i=0

	while [ ! -e "$BATS_TEST_TMPDIR/stop" ]; do
		i=$((i + 1))
		echo "UPDATE a SET v='u$i' WHERE id=$((10000 + i * 7919 % 50000)); INSERT INTO e VALUES ($i, 'written');
			DELETE FROM b WHERE id=$((1 + i * 17 % 3000)); INSERT INTO b VALUES ($((4000 + i)), 'new'); DO SLEEP(0.004);"
	done | client src d
}

# The files of the directory are those of the manifest, and each is a stream by itself.
sound() {
	local file

	(cd "$DIR" && printf "%s\n" *.zst | sort) >"$BATS_TEST_TMPDIR/there"
	jq -r 'select(.op == "file").file' "$DIR/manifest" | sort | cmp - "$BATS_TEST_TMPDIR/there"
	while read -r file; do
		zstd -dcq "$DIR/$file" | dts-filter >/dev/null || return
	done <"$BATS_TEST_TMPDIR/there"
	zstd -dcq "$DIR"/*.zst | jq -c 'select(.op == "end" and .reason != "part")' >"$BATS_TEST_TMPDIR/ends"
	[ ! -s "$BATS_TEST_TMPDIR/ends" ]
	run ! compgen -G "$DIR/*.tmp"
}

@test "a shop goes through a directory, and changes follow from its checkpoint" {
	client src <"$DTS_ROOT/t/shop/schema.sql"
	{ echo 'SET @scale = 0.2;'; cat "$DTS_ROOT/t/shop/rows.sql"; } | client src
	sql src 'CREATE TABLE keyless (a int, b text); INSERT INTO keyless SELECT seq % 9, REPEAT("x", 200) FROM seq_1_to_30000;
		CREATE TABLE `.o/../d %0A``"ä
.` (id int PRIMARY KEY, `a.b` int); INSERT INTO `.o/../d %0A``"ä
.` VALUES (1, 2); CREATE TABLE empty (id int PRIMARY KEY)' shop
	sql src "CREATE TABLE $(printf 'ä%.0s' {1..64}) (id int PRIMARY KEY)" shop
	run_tool 0 dump -j4 --chunk-size=256K shop
	[ -z "$output" ]
	complete
	sound
	[ "$(jq -s 'map(select(.op == "file").rows) | add' "$DIR/manifest")" = "$(zstd -dcq "$DIR"/*.zst | grep -c '^{"op":"row"')" ]
	compgen -G "$DIR/*.shop.%2Eo%2F%2E%2E%2Fd%20*.zst"
	cp "$DIR/manifest" "$BATS_TEST_TMPDIR/before"
	run_tool 0 dump -j2 shop
	[[ $stderr == *"the dump in '$DIR' is complete: there is nothing left to read"* ]]
	cmp "$DIR/manifest" "$BATS_TEST_TMPDIR/before"
	definitions shop
	sql src 'DELETE FROM keyless LIMIT 10; UPDATE customers SET name="changed" LIMIT 50; INSERT INTO empty VALUES (3)' shop
	apply -j4 --checkpoint=shop "$DIR"
	run_tool 0 apply -j4 --checkpoint=shop "$DIR/"
	[[ $stderr == *'has all of this snapshot already'* ]]
	run_pipe '0 0 0' "dts-binlog --defaults-file='$CONFIG' -g src --src=s --resume=shop@dst | dts-filter --table='shop.*' | dts-apply --defaults-file='$CONFIG' -g dst --checkpoint=shop"
	identical shop
}

@test "a filter reads a directory as one stream" {
	fill
	dump -j3 d
	dts-filter "$DIR" >"$BATS_TEST_TMPDIR/all"
	[ "$(grep -c '^{"op":"stream"' "$BATS_TEST_TMPDIR/all")" = 1 ]
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/all")" = "$(head -n 1 "$DIR/manifest")" ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/all")" = "$(tail -n 1 "$DIR/manifest")" ]
	run_pipe '0 0' "dts-filter --table=d.a --route=d.a=d.b '$DIR' | dts-apply --defaults-file='$CONFIG' -g dst"
	[ "$(sql dst 'SELECT COUNT(*) FROM d.b')" = 3000 ]
}

@test "a file ends after 64 MB at the end of a chunk, and the next one goes on there" {
	sql src "CREATE TABLE big (id int PRIMARY KEY, v text); INSERT INTO big SELECT seq, REPEAT('y', 60000) FROM seq_1_to_2500;
		CREATE TABLE keyless (v text); INSERT INTO keyless SELECT v FROM big LIMIT 1500" d
	dump d
	sound
	[ "$(jq -c 'select(.table == "big" and .op == "file") | [.after, .upto]' "$DIR/manifest" | wc -l)" = 3 ]
	jq -s -e 'map(select(.table == "big" and .op == "file")) | .[0].upto == .[1].after and .[1].upto == .[2].after and .[0].after == null and .[2].upto == null' "$DIR/manifest"
	jq -s -e 'map(select(.table == "keyless" and .op == "file")) | length == 2 and .[0].part == 1 and .[1].part == .[0].chunks + 1 and .[1].last and (.[0].last | not)' "$DIR/manifest"
	# Parts of a table without a key whose last one did not come are none.
	sed -i '/^{"op":"end"/d; /"last":true/d' "$DIR/manifest"
	run_tool 0 dump d
	[[ $stderr == *"of 1 tables all, of 0 some"* ]]
	complete
	sound
	definitions d
	apply -j2 "$DIR"
	identical d
}

@test "the same command again reads what is missing, and only that" {
	local before

	fill
	dump -j2 d
	before=$(head -n 1 "$DIR/manifest")
	forget b
	: >"$DIR/000099.d.b.zst"
	: >"$DIR/000100.d.b.zst.tmp"
	printf '{"op":"file","fi' >>"$DIR/manifest"
	sql src 'INSERT INTO a VALUES (90001, "new"); INSERT INTO b VALUES (90001, "new")' d
	run_tool 0 dump d
	[[ $stderr == *"the dump in '$DIR' goes on: 2 files are there, of 2 tables all, of 0 some"* ]]
	complete
	sound
	[ "$(head -n 1 "$DIR/manifest")" = "$before" ]
	[ "$(grep -c '^{"op":"run"' "$DIR/manifest")" = 2 ]
	# Nobody would apply the changes between.
	run_tool 4 apply -j4 "$DIR"
	[[ $stderr == *'stand at several positions of the source'*'hint: apply it with --checkpoint=NAME'* ]]
	[ "$(sql dst 'SELECT COUNT(*) FROM d.a')" = 0 ]
	apply -j4 --checkpoint=c "$DIR"
	[ "$(sql dst 'SELECT COUNT(*) FROM d.a WHERE id > 90000')$(sql dst 'SELECT COUNT(*) FROM d.b WHERE id > 90000')" = 01 ]
	catch_up
	identical d
}

@test "what is there of a dump is applied, and the rest when it is there" {
	fill
	dump -j2 d
	forget b
	run_tool 3 apply -j2 --checkpoint=c "$DIR"
	[[ $stderr == *"the dump in '$DIR' is not complete"*"run the same dts-dump again"* ]]
	[ "$(sql dst 'SELECT COUNT(*) FROM d.a')$(sql dst 'SELECT COUNT(*) FROM d.e')$(sql dst 'SELECT COUNT(*) FROM d.b')" = 300030000 ]
	sql src 'UPDATE a SET v="new" WHERE id < 5; DELETE FROM e LIMIT 3; UPDATE b SET v="new" WHERE id < 5' d
	dump d
	apply -j2 --checkpoint=c "$DIR"
	catch_up
	identical d
}

@test "a table whose definition has changed is read again, and applied again" {
	fill
	dump -j2 d
	forget b
	run_tool 3 apply -j2 --checkpoint=c "$DIR"
	sql src 'ALTER TABLE a MODIFY v varchar(101); DELETE FROM a WHERE id > 2000' d
	run_tool 0 dump d
	[[ $stderr == *"table 'd.a' is read again: its definition at the source has changed"* ]]
	sound
	sql dst 'ALTER TABLE d.a MODIFY v varchar(101)'
	run_tool 0 apply -j2 --checkpoint=c "$DIR"
	[[ $stderr == *'is repeated with a new snapshot'* ]]
	identical d
}

@test "tables whose foreign keys act in a way that cannot be repeated are read at one position" {
	! kind_is_mysql src || skip 'MySQL logs what foreign keys do'
	fill
	sql src 'CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT id FROM a;
		CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE); INSERT INTO c SELECT id, id FROM a' d
	definitions d.p d.c
	dump -j3 d
	forget c
	sql src 'DELETE FROM p WHERE id < 20' d
	run_tool 0 dump -j3 d
	[[ $stderr == *"table 'd.p' is read again: "* ]]
	sound
	apply -j2 --checkpoint=c "$DIR"
	catch_up
	identical d
}

@test "killed at any moment, the same commands again bring it to its end" {
	local c="--defaults-file='$CONFIG'" writer

	fill
	sql src 'INSERT INTO a SELECT seq, REPEAT("z", 90) FROM seq_10000_to_60000; INSERT INTO e SELECT id, v FROM a' d
	write 3>&- &
	writer=$!
	DTS_KILL_MAY_END=1 dts_retry_kill "$DTS_KILLS" 200 1500 "exec dts-dump $c -g src --src=s -j3 --chunk-size=64K --limit-rate=6M --output='$DIR' d | cat"
	dump -j3 d
	: >"$BATS_TEST_TMPDIR/stop"
	wait "$writer"
	complete
	sound
	DTS_KILL_MAY_END=1 dts_retry_kill "$DTS_KILLS" 50 700 "exec dts-apply $c -g dst -j4 --checkpoint=c '$DIR' | cat"
	apply -j4 --checkpoint=c "$DIR"
	catch_up
	identical d
}

@test "a file that is cut, gone, or of another dump is told before anything is applied" {
	local a

	fill
	dump -j2 d
	a=$(cd "$DIR" && echo *.d.a.zst)
	cp -r "$DIR" "$BATS_TEST_TMPDIR/good"
	truncate -s -1 "$DIR/$a"
	run_tool 3 apply "$DIR"
	[[ $stderr == *"'$DIR/$a' has "*" bytes, the manifest of the dump says "* ]]
	run_tool 3 dump d
	[[ $stderr == *"'$DIR/$a' has "* ]]
	rm "$DIR/$a"
	run_tool 3 apply "$DIR"
	[[ $stderr == *"'$DIR/$a' is missing, which the manifest of the dump names"* ]]
	cp "$BATS_TEST_TMPDIR/good/$a" "$DIR/"
	cp "$DIR/$a" "$DIR/000077.d.a.zst"
	run_tool 3 apply "$DIR"
	[[ $stderr == *"'$DIR/000077.d.a.zst' is not of this dump"* ]]
	rm "$DIR/000077.d.a.zst"
	[ "$(sql dst 'SELECT COUNT(*) FROM d.a')$(sql dst 'SELECT COUNT(*) FROM d.b')" = 00 ]
	apply "$DIR"
}

@test "a file of the right size and the wrong content is no part of the dump" {
	local a b

	fill
	dump d
	a=$(cd "$DIR" && echo *.d.a.zst)
	b=$(cd "$DIR" && echo *.d.b.zst)
	cp -r "$DIR" "$BATS_TEST_TMPDIR/good"
	# The manifest is made to agree with the sizes of what takes the place of a file.
	put() { # CONTENT
		local size

		zstd -q <"$1" >"$DIR/$a"
		size=$(stat -c %s "$DIR/$a")
		sed "/\"file\":\"$a\"/s/\"bytes\":[0-9]*/\"bytes\":$size/" "$BATS_TEST_TMPDIR/good/manifest" >"$DIR/manifest"
	}
	zstd -dcq "$BATS_TEST_TMPDIR/good/$b" >"$BATS_TEST_TMPDIR/b"
	zstd -dcq "$BATS_TEST_TMPDIR/good/$a" >"$BATS_TEST_TMPDIR/a"
	put "$BATS_TEST_TMPDIR/b"
	run_tool 3 dts-filter "$DIR"
	[[ $stderr == *"$a:2: a record of another table than 'd.a'"* ]]
	sed '1s/"offset":[0-9]*/"offset":5/' "$BATS_TEST_TMPDIR/a" >"$BATS_TEST_TMPDIR/x"
	put "$BATS_TEST_TMPDIR/x"
	run_tool 3 dts-filter "$DIR"
	[[ $stderr == *"$a:1: the file is of another dump than the manifest"* ]]
	sed '1s/"src":"s"/"src":"t"/; $s/"src":"s"/"src":"t"/' "$BATS_TEST_TMPDIR/a" >"$BATS_TEST_TMPDIR/x"
	put "$BATS_TEST_TMPDIR/x"
	run_tool 3 dts-filter "$DIR"
	[[ $stderr == *"$a:1: the file is of another dump than the manifest"* ]]
	sed '$s/"part"/"done"/' "$BATS_TEST_TMPDIR/a" >"$BATS_TEST_TMPDIR/x"
	put "$BATS_TEST_TMPDIR/x"
	run_tool 3 dts-filter "$DIR"
	[[ $stderr == *"the file is no part of a dump: it ends with reason 'done'"* ]]
	sed '$d' "$BATS_TEST_TMPDIR/a" >"$BATS_TEST_TMPDIR/x"
	put "$BATS_TEST_TMPDIR/x"
	run_tool 3 dts-filter "$DIR"
	[[ $stderr == *"torn input: the file ends before its 'end'"* ]]
	# A chunk less, with all counts of the file itself in order.
	grep -v '^{"op":"end"' "$BATS_TEST_TMPDIR/a" | python3 -c '
import sys
lines = sys.stdin.readlines()
at = max(i for i, l in enumerate(lines) if l.startswith("{\"op\":\"chunk\""))
keep = lines[:at] if at > 2 else lines[:2]
sys.stdout.writelines(keep)
print("{\"op\":\"end\",\"src\":\"s\",\"reason\":\"part\",\"records\":%d}" % (len(keep) - 1))' >"$BATS_TEST_TMPDIR/x"
	put "$BATS_TEST_TMPDIR/x"
	run_tool 3 dts-filter "$DIR"
	[[ $stderr == *"the file has "*" chunks, "*"the manifest says "* ]]
	run_tool 3 apply --checkpoint=c "$DIR"
	[ "$(sql dst 'SELECT phase FROM dts.source')" = full ]
	put "$BATS_TEST_TMPDIR/a"
	run_tool 0 dts-filter "$DIR"
}

@test "a directory with something else, of another dump, or without one is refused" {
	fill
	mkdir "$DIR"
	: >"$DIR/notes"
	run_tool 4 dump d
	[[ $stderr == *"directory '$DIR' holds 'notes', which is not of a dump"* ]]
	run_tool 3 apply "$DIR"
	[[ $stderr == *"directory '$DIR' has no file 'manifest': it is no dump of dts-dump --output"*'hint: name the directory of such a dump'* ]]
	rm "$DIR/notes"
	: >"$DIR/000001.d.a.zst"
	run_tool 4 dump d
	rm "$DIR/000001.d.a.zst"
	dump d
	: >"$DIR/notes"
	run_tool 4 dump d
	rm "$DIR/notes"
	forget a
	run_tool 4 dump d.a
	[[ $stderr == *"directory '$DIR' has a dump with another selection"* ]]
	run_tool 4 dump d --where='d.a:id < 5'
	run_tool 4 timeout 100 dts-dump --defaults-file="$CONFIG" -g src --src=t --output="$DIR" d
	[[ $stderr == *"directory '$DIR' has a dump of source 's', and not of 't'"* ]]
	run_tool 4 timeout 100 dts-dump --defaults-file="$CONFIG" -g dst --src=s --output="$DIR" d
	[[ $stderr == *"directory '$DIR' has a dump of another server"* ]]
	sql src 'DROP TABLE b' d
	sed -i '/"file":"[0-9]*.d.b.zst"/s/"id":/"upto":{"id":5},"id":/' "$DIR/manifest"
	run_tool 4 dump d
	[[ $stderr == *"table 'd.b' is not in the dump in '$DIR' with all its rows, and is no longer there to be read"* ]]
	echo '{"op":"what"}' >>"$DIR/manifest"
	run_tool 3 dump d
	[[ $stderr == *"$DIR/manifest:"*"it is no line of a manifest"* ]]
	DIR=$BATS_TEST_TMPDIR/not/there
	run_tool 5 dump d
	DIR=$BATS_TEST_TMPDIR/file
	: >"$DIR"
	run_tool 5 dump d
}

@test "a log that was begun anew cannot go on with a dump" {
	fill
	dump d
	forget a
	sql src 'RESET MASTER'
	run_tool 6 dump d
	[[ $stderr == *"the binary log of source 's' was begun anew (RESET MASTER?) since the dump in '$DIR' was begun: "*'hint: start the dump anew: remove that directory'* ]]
	# A longer one.
	sql src "INSERT INTO a SELECT seq + 4000, REPEAT('x', 60) FROM seq_1_to_3000" d
	run_tool 6 dump d
	rm -r "$DIR"
	dump d
}

@test "two dumps in one directory are kept apart" {
	local pid

	fill
	timeout 100 dts-dump --defaults-file="$CONFIG" -g src --src=s --output="$DIR" -j2 --limit-rate=100K --chunk-size=32K d 2>/dev/null 3>&- &
	pid=$!
	wait_until 20 "[ -s '$DIR/manifest' ]"
	run_tool 75 dump d
	[[ $stderr == *"another dts-dump is writing to directory '$DIR'"* ]]
	kill "$pid"
	wait "$pid" || :
	dump -j2 d
	complete
}

@test "a full disk is told, and nothing half-done counts" {
	local dir=$BATS_TEST_TMPDIR/small

	fill
	sql src 'CREATE TABLE r (id int PRIMARY KEY, v varchar(200)); INSERT INTO r SELECT seq, SHA2(RAND(), 512) FROM seq_1_to_30000' d
	DIR=$dir/dump
	mkdir "$dir"
	if mount -t tmpfs -o size=600k tmpfs "$dir" 2>/dev/null; then
		run dump -j2 --chunk-size=64K d
		[ "$status" -eq 75 ] && [[ $output == *"$DIR/"*"No space left on device"* ]] || { umount "$dir"; echo "$status $output"; false; }
		mount -o remount,size=60m "$dir"
		run dump -j2 --chunk-size=64K d
		cp -r "$DIR" "$BATS_TEST_TMPDIR/dump"
		umount "$dir"
		[ "$status" -eq 0 ]
		DIR=$BATS_TEST_TMPDIR/dump
		complete
		sound
		rm -r "$DIR"
	fi
	DIR=$BATS_TEST_TMPDIR/dump
	run bash -c "ulimit -f 300; exec dts-dump --defaults-file='$CONFIG' -g src --src=s --output='$DIR' d"
	[ "$status" -eq 5 ] || { echo "$status $output"; ls -l "$DIR"; false; }
	[[ $output == *"$DIR/"*"File too large"* ]]
	dump -j2 d
	complete
	sound
}

@test "what is finished counts, whatever ends the dump" {
	local i

	# Large tables with small files come first, by size and by name.
	for i in 1 2 3 4; do
		sql src "CREATE TABLE z$i (id int PRIMARY KEY, v varchar(200)); INSERT INTO z$i SELECT seq, REPEAT('x', 150) FROM seq_1_to_20000" d
	done
	sql src 'CREATE TABLE zz (id int PRIMARY KEY, v varchar(200)); INSERT INTO zz SELECT seq, SHA2(RAND(), 512) FROM seq_1_to_3000;
		ANALYZE TABLE z1, z2, z3, z4, zz' d >/dev/null
	run bash -c "ulimit -f 100; exec dts-dump --defaults-file='$CONFIG' -g src --src=s --output='$DIR' d"
	[ "$status" -eq 5 ] && [[ $output == *"$DIR/"*"File too large"* ]] || { echo "$status $output"; false; }
	sound
	[ "$(jq -r 'select(.op == "file").table' "$DIR/manifest" | sort | tr '\n' ' ')" = 'z1 z2 z3 z4 ' ]
	run_tool 0 dump d
	[[ $stderr == *"4 files are there, of 4 tables all"* ]]
	complete
	sound
}

@test "options that do not go together" {
	run_tool 2 dump --zstd d
	[[ $stderr == *'--output and --zstd do not go together'* ]]
	run_tool 2 dump --resume=c@dst d
	[[ $stderr == *'--output and --resume do not go together'* ]]
	run_tool 2 dts-dump --defaults-file="$CONFIG" -g src --output= d
}
