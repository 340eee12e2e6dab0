#!/usr/bin/env bats
# Generated histories of transactions whose order matters (t/apply-histories.py), captured at a source
# and applied twice: serially, and by eight workers, each of which waits for a random time before
# it commits (DTS_APPLY_DELAY_MS). Both targets are the same as the source.
#
#   DTS_HISTORIES   how many (50; 20 where MySQL, whose DDL takes its time, is one of the servers)
#   DTS_HISTORY=N   that one only, of the same DTS_SEED
# shellcheck disable=SC2154,SC2016
load lib/dts

teardown() {
	servers_down
}

# said_only REGEX: no line of $stderr is another one.
said_only() {
	! grep -vE "^\$|$1" <<<"$stderr" || return 1
}

# Where the log of the source ends.
now() {
	local show='SHOW MASTER STATUS'

	! kind_is_mysql src || show='SHOW BINARY LOG STATUS'
	sql src "$show" | awk 'NR == 1 { print $1 ":" $2 }'
}

# everything NAME >FILE: all rows of all histories, a line each with its table, and what the tables are like, in
# the order of their bytes: of a table without a key the lines are counted so, too.
everything() {
	sql "$1" "SELECT CONCAT('SELECT ''', table_schema, '.', table_name, ''', t.* FROM \`', table_schema, '\`.\`', table_name, '\` t;')
		FROM information_schema.tables WHERE table_schema LIKE 'h%'" >"queries.$1"
	{
		echo 'SET character_set_results=NULL;'
		cat "queries.$1"
		echo "SELECT CONCAT(table_schema, '.', table_name), 'column', ordinal_position, column_name, data_type, is_nullable, collation_name
			FROM information_schema.columns WHERE table_schema LIKE 'h%';
			SELECT CONCAT(table_schema, '.', table_name), 'key', index_name, non_unique, seq_in_index, column_name, sub_part
			FROM information_schema.statistics WHERE table_schema LIKE 'h%' AND non_unique = 0;"
	} | mariadb --defaults-file="$(defaults)" --defaults-group-suffix="-$1" --batch --skip-column-names --default-character-set=utf8mb4 | LC_ALL=C sort
}

# same NAME: whether that target is as the source; else says which histories are not, and how they can be had again.
same() {
	everything "$1" >"$1.rows"
	cmp -s src.rows "$1.rows" && return
	echo "$1 ($2) is not as the source in histories $(LC_ALL=C diff src.rows "$1.rows" |
		sed -n 's/^[<>] \(h[0-9]*\)\..*/\1/p' | sort -u | tr '\n' ' ')"
	LC_ALL=C diff src.rows "$1.rows" | head -n 20 | cut -c1-300
	return 1
}

# applied NAME OPTION...: the changes of this batch to that target.
applied() {
	local name=$1

	shift
	run_tool 0 timeout 600 dts-apply --defaults-file="$(defaults)" -g "$name" --new-checkpoint --checkpoint="h$first" "$@" changes || {
		echo "$name: $*"
		repeat
		return 1
	}
	said_only 'no usable key at the target: each change reads the whole table$|the target gave a warning for: ALTER TABLE '
}

repeat() {
	echo "histories $first to $((first + count - 1)) of seed $DTS_SEED, source $kinds; one of them, as hN is named above:"
	echo "  DTS_SEED=$DTS_SEED DTS_HISTORY=N DTS_SAMPLES=all bats -f '$BATS_TEST_DESCRIPTION' t/dts-apply-histories.bats"
	echo "  t/apply-histories.py $kinds $DTS_SEED N 1 0 1"
}

# batch FIRST COUNT: makes those histories, with some sessions side by side, and compares; adds to transactions and statements.
batch() {
	local first=$1 count=$2 writer pids=() from

	from=$(now)
	for writer in 0 1 2 3; do
		python3 "$DTS_ROOT/t/apply-histories.py" "$kinds" "$DTS_SEED" "$first" "$count" "$writer" 4 |
			client src --force >/dev/null 2>>"refused.$writer" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}" || :
	run_tool 0 bash -c 'dts-binlog --defaults-file="$0" -g src --schema-history=history --start-position="$1" >changes' "$(defaults)" "$from"
	said_only ': what its foreign key '
	everything src >src.rows
	# shellcheck disable=SC2086 # two words
	set -- "$(grep -c '^{"op":"commit"' changes)" "$(grep -c '^{"op":"ddl"' changes)" "$(grep -cE '^\{"op":"(insert|update|delete)"' changes)"
	transactions=$((transactions + $1)) statements=$((statements + $2)) changed=$((changed + $3))
	# shellcheck disable=SC2086
	applied dst1 --group-size=1 $serial
	DTS_APPLY_DELAY_MS=3 applied dst2 -j 8 --group-size="$(drawn_group)"
	same dst1 serially || { repeat; return 1; }
	same dst2 'eight workers' || { repeat; return 1; }
}

# The size of what is gathered: one transaction mostly, and a few.
drawn_group() {
	local sizes=(1 1 2K)

	echo "${sizes[(DTS_SEED + first / 50) % 3]}"
}

# histories SOURCE TARGET
histories() {
	local kinds=$1${2:+,$2} serial='' transactions=0 statements=0 changed=0 at total=50

	cd "$BATS_TEST_TMPDIR" || return 1
	[[ $kinds != *mysql* ]] || total=20
	total=${DTS_HISTORIES:-$total}
	# From one family to the other a part of them does.
	[ -z "${2:-}" ] || [ "$total" -le 20 ] || total=$((total / 4))
	servers_up src="$1" dst1="${2:-$1}" dst2="${2:-$1}" || return 1
	! dts-apply --help | grep -q -e ' --serial ' || serial=--serial
	dts-binlog --defaults-file="$(defaults)" -g src --start=now --schema-history=history >/dev/null
	if [ -n "${DTS_HISTORY:-}" ]; then
		batch "$DTS_HISTORY" 1
		return
	fi
	for ((at = 1; at <= total; at += 50)); do
		batch "$at" $((total - at < 50 ? total - at + 1 : 50))
		forget
	done
	echo "# $kinds: $total histories, $transactions transactions, $changed changes, $statements statements, $(cat refused.? | grep -c ERROR) refused at the source" |
		tee -a "${DTS_KILLS_LOG:-/dev/null}"
	# They are what they are meant to be.
	[ "$changed" -gt $((total * 20)) ]
	[ "$transactions" -gt $((total * 15)) ]
	[ "$statements" -gt $((total * 2)) ]
	# What was refused are keys that are there, rows with children or no parent, numbers at their end, keys that are gone, circles.
	! grep -h ERROR refused.? | grep -vE 'ERROR (1062|1451|1452|1761|1264|1690|1091|1061|6575) ' | head -n 5 | grep . || return 1
}

# Takes the databases away, so that the next batch is compared alone.
forget() {
	local name

	for name in src dst1 dst2; do
		sql "$name" "SELECT CONCAT('DROP DATABASE \`', schema_name, '\`;') FROM information_schema.schemata WHERE schema_name LIKE 'h%'" | client "$name"
	done
}

@test "histories by eight workers, serially and at the source: MariaDB 10.11" {
	sampled 3
	histories mariadb
}

@test "histories by eight workers, serially and at the source: MariaDB 11.8" {
	sampled 3
	histories mariadb118
}

@test "histories by eight workers, serially and at the source: MySQL" {
	sampled 3
	histories mysql97
}

@test "histories by eight workers, serially and at the source: MariaDB to MySQL" {
	sampled 9
	histories mariadb118 mysql97
}

@test "histories by eight workers, serially and at the source: MySQL to MariaDB" {
	sampled 9
	histories mysql97 mariadb118
}
