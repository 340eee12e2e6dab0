# What dts-apply does where a change does not fit the target: it stops and says all that it
# knows, or goes on as --on-conflict has it; with workers and without. And what a target might do to a value
# without a word: nothing.
# status and its kin are set by run; SQL has its own backticks and dollars.
# shellcheck disable=SC2154,SC2016
load lib/dts
load lib/streams

setup_file() { servers_up "dst=${DTS_KIND_DST:-$(draw_kind)}" || return 0; }
teardown_file() { servers_down; }

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

	for way in -j4 --serial; do
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
	before='[[]100 before 100[]]'
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
	told 'in:8: the row is not at the target; statement: DELETE FROM `d`.`t` WHERE *' \
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
	checkpoint set "$c" s bin.000001:49 || checkpoint set "$c" bin.000001:49
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
	for word in '' x missing missing: missing:x x:ignore ignore= reject= missing:ignore=x ignore,,; do
		fails "$word" "--on-conflict=${word%,}: not understood" || [ "$word" = ignore,, ] && continue
		return 1
	done
	fails data:overwrite '--on-conflict=data:overwrite: there is nothing to overwrite'
	fails missing:reject '--on-conflict: reject=FILE names the file for rejected changes'
	fails missing:reject=a,data:reject=b "--on-conflict: rejected changes go to one file, not to 'a' and 'b'"
	[ ! -e a ]
}
