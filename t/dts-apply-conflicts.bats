# What dts-apply does where a change does not fit the target: it stops and says all that it
# knows, or goes on as --on-conflict has it; with workers and without. And what a target might do to a value
# without a word: nothing.
# status and its kin are set by run; SQL has its own backticks and dollars.
# shellcheck disable=SC2154,SC2016,SC2015,SC2030,SC2031
load lib/dts
load lib/streams

setup_file() { servers_up "dst=${DTS_KIND_DST:-$(draw_kind)}" || return 0; }
teardown_file() { servers_down; }

teardown() {
	[ -z "${following:-}" ] || { kill -KILL "$following" 2>/dev/null && wait "$following" || :; }
	[ -z "${holding:-}" ] || { kill "$holding" 2>/dev/null && wait "$holding" || :; }
}

# Each server in its turn.
draw_kind() {
	local kinds=(mariadb mariadb118 mysql97)

	echo "${kinds[DTS_SEED % 3]}"
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	way=-j4
}

# Each test is run in both ways, with a checkpoint and a database of its own.
both_ways() {
	local body=$1

	for way in $(drawn -j4 --serial); do
		sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
		c=c$BATS_TEST_NUMBER$way
		"$body" || { echo "with $way"; return 1; }
	done
}

# applies STATUS OPTION...: `in` ends so.
applies() {
	run_tool "$1" apply "$way" --checkpoint="$c" "${@:2}" in
}

# told LINE...: the messages, without the tool's name; a line may be a pattern.
told() {
	local i=0 line

	for line; do
		# shellcheck disable=SC2053
		[[ ${stderr_lines[i]:-} == "dts-apply: "$line ]] || { printf 'line %s: %s\nwanted %s\n' "$i" "${stderr_lines[i]:-}" "$line"; return 1; }
		i=$((i + 1))
	done
	[ "${#stderr_lines[@]}" -eq $i ] || { echo "more: ${stderr_lines[i]}"; return 1; }
}

differs='hint: the target was changed by someone else, or is not where the checkpoint says; dts-verify shows the differences, --on-conflict='
goes_on=':HOW goes on, HOW being overwrite, ignore or reject=FILE'

three_rows() {
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20), u INT UNIQUE);
		INSERT INTO t VALUES (1, "one", 11), (2, "two", 12), (3, "three", 13)' d
}

# stream CHANGE...: a transaction before, the changes in one, and another behind.
stream() {
	{
		schema t a 'b:varchar(20)' u
		tx 20 "$(ins t '{"a":100,"b":"before","u":100}')"
		tx 30 "$(ins t '{"a":101,"b":"beside","u":101}')" "$@"
		tx 40 "$(ins t '{"a":102,"b":"behind","u":102}')"
	} | changes 10 >in
}

strict_stops() {
	three_rows
	stream "$(upd t '{"a":9,"b":"x","u":19}' '{"a":9,"b":"y","u":19}')"
	applies 4
	told 'in:8: the row is not at the target; statement: UPDATE `d`.`t` SET *' \
		"conflict missing: update 2 of transaction 0-1-30, which ends at bin.000001:39; table 'd.t', key \`a\`=9" \
		'before: {"a":9,"b":"x","u":19}' 'after: {"a":9,"b":"y","u":19}' 'at the target: no row with this key' \
		"${differs}missing$goes_on" || return
	at 29
	# The transaction alone is told in the same way as one of several.
	stream "$(del t '{"a":2,"b":"zwei","u":12}')"
	applies 4
	told 'in:8: the row at the target is not as the change found it: '"'b' is \"two\" and was \"zwei\"; "'statement: DELETE FROM `d`.`t` WHERE *' \
		"conflict changed: delete 2 of transaction 0-1-30, *; table 'd.t', key \`a\`=2" \
		'before: {"a":2,"b":"zwei","u":12}' 'at the target: {"a":2,"b":"two","u":12}' "${differs}changed$goes_on" || return
	stream "$(ins t '{"a":4,"b":"four","u":13}')"
	applies 4
	told "in:8: the target refuses the change 'dst': Duplicate entry '13' for key *; statement: INSERT INTO *" \
		"conflict duplicate: insert 2 of transaction 0-1-30, *; table 'd.t', key \`a\`=4" \
		'after: {"a":4,"b":"four","u":13}' 'at the target: {"a":3,"b":"three","u":13}' "${differs}duplicate$goes_on" || return
	stream "$(upd t '{"a":1,"b":"one","u":11}' '{"a":2,"b":"one","u":11}')"
	applies 4
	told "in:8: the target refuses the change 'dst': Duplicate entry '2' for key *" \
		"conflict duplicate: update 2 of *, key \`a\`=1" 'before: {"a":1,"b":"one","u":11}' 'after: {"a":2,"b":"one","u":11}' \
		'at the target: {"a":2,"b":"two","u":12}' "${differs}duplicate$goes_on" || return
	is 'SELECT * FROM t' '1 one 11,2 two 12,3 three 13,100 before 100'
	at 29
}

@test "strict: a change that does not fit is told with position, row and images" { both_ways strict_stops; }

overwrites() {
	three_rows
	stream "$(upd t '{"a":9,"b":"x","u":19}' '{"a":9,"b":"y","u":19}')" "$(del t '{"a":8,"b":"x","u":18}')" \
		"$(upd t '{"a":1,"b":"eins","u":11}' '{"a":1,"b":"uno","u":21}')" "$(del t '{"a":2,"b":"zwei","u":12}')" \
		"$(ins t '{"a":3,"b":"drei","u":21}')" "$(ins t '{"a":4,"b":"four","u":9}')"
	applies 0 --on-conflict=overwrite
	told "conflict missing in table 'd.t': overwritten, first in transaction 0-1-30, which ends at bin.000001:39" \
		"conflict changed in table 'd.t': overwritten, first in *" "conflict duplicate in table 'd.t': overwritten, first in *" \
		'conflicts: 5 changes, 5 overwritten' || return
	# Row 3 took the place of the row 3 that was there and of the one that had its 21.
	is 'SELECT * FROM t' '3 drei 21,4 four 9,9 y 19,100 before 100,101 beside 101,102 behind 102'
	at 49
	# An UPDATE beside the row that has its new value; a row that is missing, whose new value another row has.
	{ schema t a 'b:varchar(20)' u
		tx 50 "$(upd t '{"a":3,"b":"drei","u":21}' '{"a":5,"b":"five","u":9}')"
		tx 60 "$(upd t '{"a":77,"b":"x","u":1}' '{"a":6,"b":"six","u":19}')"; } | changes 49 >in
	applies 0 --on-conflict=missing:overwrite,duplicate:overwrite
	told "conflict duplicate in table 'd.t': overwritten, first in transaction 0-1-50, *" \
		"conflict missing in table 'd.t': overwritten, first in transaction 0-1-60, *" 'conflicts: 2 changes, 2 overwritten' || return
	is 'SELECT * FROM t WHERE a < 100' '5 five 9,6 six 19'
	at 69
	# Not every kind: the other one stops, and nothing of its transaction is there.
	{ schema t a 'b:varchar(20)' u
		tx 70 "$(upd t '{"a":77,"b":"x","u":1}' '{"a":7,"b":"seven","u":19}')"; } | changes 69 >in
	applies 4 --on-conflict=missing:overwrite
	[[ ${stderr_lines[0]} == *"in:4: the target refuses the change 'dst': Duplicate entry '19'"* ]] && [[ $stderr == *'conflict duplicate: update 1 of '* ]] || return
	at 69
}

@test "overwrite: the row is as the source has it, whatever is in the way" { both_ways overwrites; }

ignores() {
	three_rows
	stream "$(upd t '{"a":9,"b":"x","u":19}' '{"a":9,"b":"y","u":19}')" "$(del t '{"a":8,"b":"x","u":18}')" \
		"$(upd t '{"a":1,"b":"eins","u":11}' '{"a":1,"b":"uno","u":21}')" "$(ins t '{"a":3,"b":"drei","u":21}')" \
		"$(ins t '{"a":4,"b":"a text that is too long for it","u":9}')" "$(ins t '{"a":5,"b":"five","u":15}')"
	applies 4 --on-conflict=missing:ignore,changed:ignore,duplicate:ignore
	[[ ${stderr_lines[0]} == "dts-apply: in:12: the target refuses the change 'dst': Data too long"* ]] && [[ $stderr == *'conflict data: insert 6 of '* ]] || return
	at 29
	applies 0 --on-conflict=ignore
	told "conflict missing in table 'd.t': ignored, first in transaction 0-1-30, *" "conflict changed in table 'd.t': ignored, *" \
		"conflict duplicate in table 'd.t': ignored, *" "conflict data in table 'd.t': ignored, *" 'conflicts: 5 changes, 5 ignored' || return
	is 'SELECT * FROM t' '1 one 11,2 two 12,3 three 13,5 five 15,100 before 100,101 beside 101,102 behind 102'
	at 49
}

@test "ignore: the change is left out, told once, and counted" { both_ways ignores; }

rejects() {
	rm -f rejected
	three_rows
	stream "$(upd t '{"a":9,"b":"x","u":19}' '{"a":9,"b":"y","u":19}')" "$(ins t '{"a":5,"b":"five","u":15}')" \
		"$(ins t '{"a":3,"b":"drei","u":21}')"
	applies 0 --on-conflict=missing:reject=rejected,duplicate:reject
	told "conflict missing in table 'd.t': rejected, *" "conflict duplicate in table 'd.t': rejected, *" \
		"conflicts: 2 changes, 2 rejected into 'rejected'" || return
	is 'SELECT * FROM t' '1 one 11,2 two 12,3 three 13,5 five 15,100 before 100,101 beside 101,102 behind 102'
	[ "$(jq -rc '.op' rejected | tr '\n' ' ')" = 'stream schema begin update insert commit end ' ] || { cat rejected; return 1; }
	[ "$(jq -c 'select(.op=="update") | [.tx, .n, .before, .after, .reason]' rejected)" = \
		'["0-1-30",1,{"a":9,"b":"x","u":19},{"a":9,"b":"y","u":19},"missing: the row is not at the target"]' ] || return
	[[ $(jq -r 'select(.op=="insert") | .reason' rejected) == "duplicate: the target refuses the change 'dst': Duplicate entry '3' for key "* ]] || return
	[ "$(jq -c 'select(.op=="begin") | [.tx, .source]' rejected)" = '["0-1-30",{"src":"s","file":"bin.000001","offset":39}]' ] || return
	# Never by mistake into the checkpoint that it is from: there it would be below the position.
	run_tool 4 apply "$way" --checkpoint="$c" rejected
	[[ $stderr == *"belongs to source 's', this stream is from 'rejected:s'"* ]] || return
	# More comes behind it; what is there already is not written again.
	{ schema t a 'b:varchar(20)' u; tx 50 "$(del t '{"a":8,"b":"x","u":18}')"; } | changes 49 >in
	applies 0 --on-conflict=reject=rejected
	cp rejected before
	checkpoint set "$c" bin.000001:49
	applies 0 --on-conflict=reject=rejected
	cmp before rejected || return
	[ "$(jq -c 'select(.op=="end") | .pos' rejected | tr '\n' ' ')" = \
		'{"file":"rejected.000001","offset":1} {"file":"rejected.000001","offset":2} ' ] || return
	# The target is mended, and they are applied, each once.
	sql dst 'INSERT INTO t VALUES (8, "x", 18), (9, "x", 19); DELETE FROM t WHERE a = 3' d
	run_tool 0 apply "$way" --checkpoint="r$c" rejected
	run_tool 0 apply "$way" --checkpoint="r$c" rejected
	is 'SELECT * FROM t WHERE a < 100' '1 one 11,2 two 12,3 drei 21,5 five 15,9 y 19'
}

@test "reject: changes are kept in a file that dts-apply takes again" { both_ways rejects; }

families() {
	sql dst 'CREATE TABLE p (a INT PRIMARY KEY, u INT UNIQUE, v INT); INSERT INTO p VALUES (1, 11, 0), (2, 12, 0), (3, 13, 0);
		CREATE TABLE f (id INT PRIMARY KEY, p INT, u INT, FOREIGN KEY (p) REFERENCES p (a) ON DELETE CASCADE ON UPDATE CASCADE,
			FOREIGN KEY (u) REFERENCES p (u) ON DELETE SET NULL); INSERT INTO f VALUES (1, 1, NULL), (2, NULL, 12)' d
	family() { { schema p a u v; schema f id p u; tx "$1" "${@:2}"; } | changes "$(($1 - 1))" >in; }
	# A row whose key has children stays, as the new one.
	family 20 "$(ins p '{"a":1,"u":13,"v":1}')"
	applies 0 --on-conflict=duplicate:overwrite
	is 'SELECT * FROM p' '1 13 1,2 12 0' || return
	is 'SELECT * FROM f' '1 1 NULL,2 NULL 12' || return
	# One that would have to go has children, by its key or by another column: neither they nor it go.
	for row in '{"a":9,"u":13,"v":1}' '{"a":9,"u":12,"v":1}'; do
		family 30 "$(ins p "$row")"
		applies 4 --on-conflict=overwrite
		[[ ${stderr_lines[0]} == "dts-apply: in:5: rows of table 'd.f' refer to the row that holds the value, which is not deleted therefore" ]] &&
			[[ $stderr == *'conflict duplicate: insert 1 of '*'at the target: {"a":'* ]] || { echo "$stderr"; return 1; }
	done
	family 30 "$(upd p '{"a":2,"u":12,"v":0}' '{"a":1,"u":12,"v":0}')"
	applies 4 --on-conflict=overwrite
	[[ $stderr == *"rows of table 'd.f' refer to "* ]] || return
	is 'SELECT * FROM p' '1 13 1,2 12 0' || return
	# A parent that is missing.
	family 30 "$(ins f '{"id":3,"p":77,"u":null}')" "$(ins f '{"id":4,"p":2,"u":null}')"
	applies 4 --on-conflict=overwrite
	[[ $stderr == *'a foreign key constraint fails'*'conflict foreign: insert 1 of '*'after: {"id":3,"p":77,"u":null}'*'HOW being ignore or reject=FILE' ]] || return
	at 29
	applies 0 --on-conflict=foreign:ignore
	is 'SELECT * FROM f' '1 1 NULL,2 NULL 12,4 2 NULL'
}

@test "foreign keys: nothing cascades and no child loses its parent" { both_ways families; }

values() {
	rm -f rejected
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(3) NOT NULL, e ENUM("x"), n INT, CHECK (n < 100))' d
	{ schema t a 'b:varchar(3)' "e:enum('x')" n
		tx 20 "$(ins t '{"a":1,"b":"x","e":0,"n":1}')" "$(ins t '{"a":2,"b":"long","e":"x","n":1}')" \
			"$(ins t '{"a":3,"b":"long","e":0,"n":1}')" "$(ins t '{"a":4,"b":null,"e":"x","n":1}')" \
			"$(ins t '{"a":5,"b":"y","e":0,"n":100}')" "$(upd t '{"a":1,"b":"x","e":0,"n":1}' '{"a":1,"b":"xyzz","e":0,"n":2}')" \
			"$(ins t '{"a":6,"b":"z","e":"x","n":7}')"; } | changes 10 >in
	applies 0 --on-conflict=data:reject=rejected
	# What only a warning has told of is not there either.
	is 'SELECT a, b, e + 0, n FROM t' '1 x 0 1,6 z 1 7' || return
	[ "$(jq -c 'select(.reason and .n) | [.n, (.after | .a), (.reason | .[:6])]' rejected | tr '\n' ' ')" = \
		'[1,2,"data: "] [2,3,"data: "] [3,4,"data: "] [4,5,"data: "] [5,1,"data: "] ' ] || { cat rejected; return 1; }
	[[ $(jq -r 'select(.n == 2) | .reason' rejected) == 'data: the target gave a warning: Warning 1265: Data truncated for column '*b* ]]
}

@test "data: what a warning tells of is taken back" { both_ways values; }

keyless() {
	sql dst 'CREATE TABLE n (a INT, b INT, UNIQUE (b)); INSERT INTO n VALUES (1, 1), (2, NULL), (2, NULL)' d
	{ schema n a b
		tx 20 "$(upd n '{"a":7,"b":null}' '{"a":8,"b":8}')" "$(del n '{"a":2,"b":null}')" "$(del n '{"a":9,"b":9}')" "$(ins n '{"a":5,"b":1}')"
	} | changes 10 >in
	applies 0 --on-conflict=overwrite
	is 'SELECT * FROM n ORDER BY a' '2 NULL,5 1,8 8' || return
	# Which row is its own cannot be told here.
	{ schema n a b; tx 30 "$(upd n '{"a":2,"b":null}' '{"a":2,"b":8}')"; } | changes 29 >in
	applies 4 --on-conflict=overwrite
	told 'in:4: the target refuses the change *Duplicate entry*' 'conflict duplicate: update 1 of *, no key' 'before: *' 'after: *' \
		'at the target: {"a":8,"b":8}' "${differs}duplicate$goes_on"
}

@test "tables without a key" { both_ways keyless; }

partial() {
	three_rows
	{ schema t a 'b:varchar(20)' u
		tx 20 "$(upd t '{"a":1,"b":"one"}' '{"b":"uno"}')" "$(upd t '{"a":2,"b":"zwei"}' '{"b":"due"}')"
		tx 30 "$(upd t '{"a":7,"b":"x"}' '{"b":"y"}')"
	} | changes 10 >in
	applies 4 --on-conflict=overwrite
	told "conflict changed in table 'd.t': overwritten, *" "conflicts: 1 change, 1 overwritten" \
		"in:8: the row image lacks column 'a' of table 'd.t'" "conflict missing: update 1 of *" 'before: *' 'after: *' \
		'at the target: no row with this key' "${differs}missing$goes_on" || return
	is 'SELECT * FROM t' '1 uno 11,2 due 12,3 three 13'
}

@test "partial images: a row cannot be inserted from them" { both_ways partial; }

windows() {
	rm -f rejected
	sql dst 'CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(3) UNIQUE)' d
	{ schema t a 'b:varchar(3)'; chunk 1 t 200 300 '{"a":1,"b":"x"}' '{"a":2,"b":"y"}'; } | snapshot 100 >in
	run_tool 0 apply --checkpoint="$c" --keys=first in
	{
		schema t a 'b:varchar(3)'
		tx 110 "$(ins t '{"a":2,"b":"long"}')" # before the window: skipped
		tx 210 "$(upd t '{"a":2,"b":"y"}' '{"a":2,"b":"long"}')" "$(ins t '{"a":2,"b":"x"}')"
		tx 310 "$(upd t '{"a":1,"b":"x"}' '{"a":1,"b":"z"}')"
	} | changes 100 >in
	applies 4
	[[ $stderr == *"conflict data: update 1 of transaction 0-1-210, "* ]] || return
	applies 4 --on-conflict=data:reject=rejected
	told "conflict data in table 'd.t': rejected, *" 'conflicts: 1 change, 1 rejected *' \
		'in:*: the row is not at the target*' 'conflict missing: *' 'before: *' 'after: *' 'at the target: no row with this key' "${differs}missing$goes_on" || return
	# The row stays as it was where a change of it is left out, also the part that was its DELETE.
	is 'SELECT * FROM t ORDER BY a' '2 x' || return
	applies 0 --on-conflict=overwrite
	is 'SELECT * FROM t ORDER BY a' '1 z,2 x' || return
	[ "$(jq -c 'select(.reason and .n) | [.tx, .after]' rejected)" = '["0-1-210",{"a":2,"b":"long"}]' ]
}

@test "inside the window of a table" { both_ways windows; }

prepared() {
	rm -f rejected
	three_rows
	{
		schema t a 'b:varchar(20)' u
		begin 20
		numbered 20 "$(del t '{"a":9,"b":"x","u":19}')" "$(ins t '{"a":4,"b":"four","u":13}')" "$(ins t '{"a":5,"b":"five","u":15}')"
		commit 20 3 prepare "\"xid\":\"X'61',X'',1\""
	} | changes 10 >in
	applies 0
	{ commit 50 0 commit "\"xid\":\"X'61',X'',1\""; } | changes 29 >in
	applies 0 --on-conflict=missing:ignore,duplicate:reject=rejected
	is 'SELECT * FROM t' '1 one 11,2 two 12,3 three 13,5 five 15' || return
	sql dst 'DELETE FROM t WHERE a = 3' d
	run_tool 0 apply --no-checkpoint rejected
	is 'SELECT * FROM t' '1 one 11,2 two 12,4 four 13,5 five 15'
}

@test "a prepared transaction that is decided later" { both_ways prepared; }

@test "a transaction that is repeated rejects its changes once" {
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
	c=c$BATS_TEST_NUMBER
	three_rows
	hold 'SET innodb_lock_wait_timeout=50; START TRANSACTION; UPDATE t SET b="held" WHERE a IN (2, 3); INSERT INTO t VALUES (50, "", 50), (51, "", 51)'
	follow -j4 --checkpoint="$c" --on-conflict=reject=rejected
	{ opening changes 10; schema t a 'b:varchar(20)' u; tx 20 "$(del t '{"a":9,"b":"x","u":19}')" \
		"$(upd t '{"a":1,"b":"one","u":11}' '{"a":1,"b":"uno","u":11}')" "$(upd t '{"a":2,"b":"two","u":12}' '{"a":2,"b":"due","u":12}')"; } >&7
	wait_until 10 '[ "$(sql dst "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state=\"LOCK WAIT\"")" -eq 1 ]'
	echo 'UPDATE t SET b="theirs" WHERE a=1; ROLLBACK; SELECT "done";' >&6
	wait_until 20 'is "SELECT b FROM t WHERE a<=2" "uno,due" >/dev/null'
	echo '{"op":"end","src":"s","reason":"done","records":6}' >&7
	ended 0
	[ "$(jq -r .op rejected | tr '\n' ' ')" = 'stream schema begin delete commit end ' ]
	grep -q 'conflicts: 1 change, 1 rejected' err
	exec 6>&-
}

@test "the file of rejected changes" {
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
	c=c$BATS_TEST_NUMBER
	three_rows
	stream "$(del t '{"a":9,"b":"x","u":19}')"
	echo 'my own text' >mine
	for file in mine /dev/null; do
		applies 4 --on-conflict=reject="$file"
		told "'$file' is no file of rejected changes" 'hint: name a file that does not exist yet, or one that dts-apply has made'
	done
	[ "$(<mine)" = 'my own text' ]
	applies 5 --on-conflict=reject=none/such
	[[ $stderr == *"cannot open 'none/such'"* ]]
	# A full disk: nothing of the transaction is there, nor half of it in the file.
	sed "s/\"x\"/\"$(printf '%2000s' x)\"/" in >long
	run_tool 5 bash -c "trap '' XFSZ; ulimit -f 1; dts-apply --defaults-file='$(defaults)' -g dst --new-checkpoint $way \
		--checkpoint=$c --on-conflict=reject=full long"
	[[ $stderr == *"cannot write rejected changes to 'full': "* ]]
	at 29
	[ -f full ] && [ ! -s full ]
	# Another run has it.
	exec 8>>full
	flock 8
	applies 75 --on-conflict=reject=full
	[[ $stderr == *"another run has 'full' for its rejected changes"* ]]
	exec 8>&-
	applies 0 --on-conflict=reject=full
	# What a crash has left half is cut off, and what is whole stays.
	cp full whole
	head -c 200 whole >>full
	printf '{"op":"begin"\n' >>full
	{ schema t a 'b:varchar(20)' u; tx 50 "$(del t '{"a":8,"b":"x","u":18}')"; } | changes 49 >in
	applies 3 --on-conflict=reject=full # a record within is wrong: it was not a crash
	[[ $stderr == *'full:8: '* ]]
	cp whole full
	head -n 3 whole >>full
	printf '{"op":"ins' >>full
	applies 0 --on-conflict=reject=full
	[ "$(jq -r .op full | tr '\n' ' ')" = 'stream schema begin delete commit end stream schema begin delete commit end ' ]
	[ "$(head -n 6 full)" = "$(<whole)" ]
}

@test "the command line of conflicts" {
	: >in
	fails() {
		run_tool 2 apply --no-checkpoint --on-conflict="$1" in
		[ "${stderr_lines[0]}" = "dts-apply: $2" ] || { echo "$stderr"; return 1; }
	}
	for word in '' x missing missing: missing:x x:ignore ignore= reject= missing:ignore=x; do
		fails "$word" "--on-conflict=$word: not understood"
	done
	fails 'ignore,,stop' '--on-conflict=: not understood'
	fails data:overwrite '--on-conflict=data:overwrite: there is nothing to overwrite'
	fails missing:reject '--on-conflict: reject=FILE names the file for rejected changes'
	fails missing:reject=a,data:reject=b "--on-conflict: rejected changes go to one file, not to 'a' and 'b'"
	[ ! -e a ]
}

# --- what a target might do to a value without a word

own_values() {
	sql dst 'SET sql_mode=""; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			dt DATETIME(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), v INT, g INT AS (v + 1) VIRTUAL, s INT AS (v + 2) STORED,
			inv INT INVISIBLE DEFAULT 5 NOT NULL, z DATE NOT NULL, c VARCHAR(3))' d
	row() { echo "{\"id\":$1,\"ts\":\"2020-01-02 03:04:05\",\"dt\":$2,\"v\":$3,\"g\":99,\"s\":99,\"inv\":$4,\"z\":\"0000-00-00\",\"c\":\"x\"}"; }
	columns=(id ts:timestamp dt:'datetime(3)' v g s inv z:date c:'varchar(3)')
	{
		schema t "${columns[@]}" | sed -E 's/("name":"g","type":"int")/\1,"generated":"virtual"/; s/("name":"s","type":"int")/\1,"generated":"stored"/'
		tx 20 "$(ins t "$(row 0 null 1 7)")"
		tx 30 "$(ins t "$(row 7 '"2021-01-01 00:00:00.125"' 2 8)")"
		tx 40 "$(ins t "$(row -3 null null 0)")"
		# Whole images, in which the times are as before; partial ones, which do not have them.
		tx 50 "$(upd t "$(row 0 null 1 7)" "$(row 0 null 11 17)")"
		tx 60 "$(upd t '{"id":7}' '{"v":12}')"
		tx 70 "$(upd t '{"id":-3,"inv":0}' '{"inv":9}')"
		tx 80 "$(upd t "$(row 0 null 11 17)" "$(row 5 null 11 17)")" "$(upd t "$(row 5 null 11 17)" "$(row 0 null 11 17)")"
	} | changes 10 >in
	applies 0
	[ -z "$stderr" ] || return
	is 'SELECT id, ts, dt, v, g, s, inv, z, c FROM t ORDER BY id' \
		'-3 2020-01-02 03:04:05 NULL NULL NULL NULL 9 0000-00-00 x,0 2020-01-02 03:04:05 NULL 11 12 13 17 0000-00-00 x,7 2020-01-02 03:04:05.000 2021-01-01 00:00:00.125 12 13 14 8 0000-00-00 x' ||
		is 'SELECT id, ts, dt, v, g, s, inv, z, c FROM t ORDER BY id' \
		'-3 2020-01-02 03:04:05 NULL NULL NULL NULL 9 0000-00-00 x,0 2020-01-02 03:04:05 NULL 11 12 13 17 0000-00-00 x,7 2020-01-02 03:04:05 2021-01-01 00:00:00.125 12 13 14 8 0000-00-00 x'
}

@test "AUTO_INCREMENT 0, times of ON UPDATE, generated and invisible columns keep the source's values" { both_ways own_values; }

own_nulls() {
	# NULL is a number or the time of day to such a column, where the server lets it be.
	sql dst 'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, b INT); CREATE TABLE u (id INT PRIMARY KEY, ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)' d
	sql dst 'SET GLOBAL explicit_defaults_for_timestamp=OFF'
	{ schema t id b; tx 20 "$(ins t '{"id":null,"b":1}')"; } | changes 10 >in
	applies 4 && { schema u id ts:timestamp; tx 20 "$(ins u '{"id":1,"ts":"2020-01-02 03:04:05"}')"; tx 30 "$(ins u '{"id":2,"ts":null}')"; } | changes 10 >in &&
		applies 4 && { schema u id ts:timestamp; tx 30 "$(upd u '{"id":1,"ts":"2020-01-02 03:04:05"}' '{"id":1,"ts":null}')"; } | changes 29 >in &&
		applies 4
	local rc=$?
	sql dst 'SET GLOBAL explicit_defaults_for_timestamp=ON'
	[ $rc -eq 0 ] && is 'SELECT id, ts FROM u' '1 2020-01-02 03:04:05' && is 'SELECT * FROM t' ''
}

@test "NULL is nothing else to AUTO_INCREMENT and TIMESTAMP" { both_ways own_nulls; }

own_triggers() {
	sql dst 'CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE TABLE log (id INT)
		; CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.v = NEW.v + 1
		; CREATE TRIGGER y AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id)' d
	{ schema t id v; tx 20 "$(ins t '{"id":1,"v":1}')"; } | changes 10 >in
	applies 4
	told "in:4: table 'd.t' at the target has triggers, which would act a second time" \
		'hint: drop them until the migration has ended, or accept what they do with --allow-triggers' || return
	is 'SELECT * FROM t' '' || return
	# It comes while changes are applied.
	sql dst 'DROP TRIGGER x; DROP TRIGGER y' d
	applies 0
	is 'SELECT * FROM t' '1 1'
}

@test "triggers at the target" { both_ways own_triggers; }

cut_values() {
	sql dst 'SET sql_mode=""; CREATE TABLE t (id INT PRIMARY KEY, i TINYINT, d DECIMAL(4,1), c VARCHAR(3), b VARBINARY(2), e ENUM("a"), f FLOAT, dt DATETIME, y YEAR);
		INSERT INTO t VALUES (1, 1, 1.5, "abc", "ab", "a", 1.5, "2020-01-01 00:00:00", 2020)' d
	first='{"id":1,"i":1,"d":"1.5","c":"abc","b":{"base64":"YWI="},"e":"a","f":1.5,"dt":"2020-01-01 00:00:00","y":2020}'
	for value in '"i":200' '"d":"1.55"' '"d":"12345.0"' '"c":"abcd"' '"b":{"base64":"YWJj"}' '"e":"b"' '"f":1e300' '"dt":"2020-01-01 00:00:00.7"' '"y":3000' '"c":"\ud83d\ude00abc"'; do
		changed=$(jq -c ". + {$value}" <<<"$first")
		change=$(upd t "$first" "$changed")
		[ "$way" = -j4 ] || change=$(ins t "${changed/\"id\":1/\"id\":2}")
		{ schema t id i 'd:decimal(4,1)' 'c:varchar(3)' 'b:varbinary(2)' "e:enum('a')" f:float dt:datetime y:year; tx 20 "$change"; } | changes 10 >in
		run --separate-stderr apply "$way" --checkpoint="$c" in
		[ "$status" -eq 3 ] || [ "$status" -eq 4 ] || { echo "$value: status $status"; return 1; }
	done
	is 'SELECT id, i, d, c, b, e, f, dt, y FROM t' '1 1 1.5 abc ab a 1.5 2020-01-01 00:00:00 2020'
}

@test "no value is cut, rounded or made another" { both_ways cut_values; }

# So many of a table go together, as arrays or joins.
many_nulls() {
	local i inserts=() updates=() more=()

	for ((i = 1; i <= 20; i++)); do
		inserts+=("$(ins u '{"id":'$i',"ts":"2020-01-02 03:04:05","n":1}')")
		updates+=("$(upd u '{"id":'$i',"ts":"2020-01-02 03:04:05","n":1}' '{"id":'$i',"ts":"2021-01-02 03:04:05","n":2}')")
		more+=("$(ins u '{"id":'$((i + 20))',"ts":"2022-01-02 03:04:05","n":3}')")
	done
	updates[6]=${updates[6]/'"2021-01-02 03:04:05"'/null}
	more[12]=${more[12]/'"2022-01-02 03:04:05"'/null}
	{ schema u id ts:timestamp n; tx 20 "${inserts[@]}"; } | changes 10 >in
	applies 0 || return
	{ schema u id ts:timestamp n; tx 30 "${updates[@]}"; } | changes 29 >in
	applies 4 && [[ $stderr == *"column 'ts' cannot be null"*'conflict data: update 7 of '* ]] && applies 0 --on-conflict=data:ignore || return
	{ schema u id ts:timestamp n; tx 40 "${more[@]}"; } | changes 39 >in
	applies 4 && [[ $stderr == *"column 'ts' cannot be null"*'conflict data: insert 13 of '* ]] && applies 0 --on-conflict=data:ignore || return
	is 'SELECT ts, n, COUNT(*), MIN(id), MAX(id), SUM(id) FROM u GROUP BY ts, n ORDER BY n' \
		'2020-01-02 03:04:05 1 1 7 7 7,2021-01-02 03:04:05 2 19 1 20 203,2022-01-02 03:04:05 3 19 21 40 577'
}

@test "NULL is nothing else in many changes at a time" {
	many() {
		sql dst 'CREATE TABLE u (id INT PRIMARY KEY, ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, n INT)' d
		sql dst 'SET GLOBAL explicit_defaults_for_timestamp=OFF'
		many_nulls
		local rc=$?
		sql dst 'SET GLOBAL explicit_defaults_for_timestamp=ON'
		return $rc
	}
	both_ways many
}
