#!/usr/bin/env bats
# A database with every kind of object and every option (t/schema) moves in stages while it is written to and
# its events run, in all four directions, and does at the target what it does at the source: the output of the
# statements that use it is the same. DTS_SEED draws the direction, DTS_SAMPLES=all takes all four. What a family does
# not have is left out of a direction's schema by the marks in t/schema, each with its reason.
# shellcheck disable=SC2154 # set by live_setup and run
load lib/dts
load lib/live

directions=('mariadb mariadb118' 'mariadb118 mysql97' 'mysql97 mariadb' 'mysql97 mysql')
databases=('proof' 'proof latin' "Proof.É\`\"'%_x")
# The same as operands of the tools.
patterns="'proof*' 'Proof*'"

setup_file() {
	local at names specs

	# One direction in a run, all tests the same one.
	case ${DTS_SAMPLES:-} in
	all) taken=("${directions[@]}") ;;
	*) at=$((DTS_SEED % 4)) taken=("${directions[at]}") ;;
	esac
	printf '%s\n' "${taken[@]}" >"$BATS_FILE_TMPDIR/taken"
	mapfile -t names < <(printf '%s\n' "${taken[@]}" | tr ' ' '\n' | sort -u)
	# The names are kinds; there are two of the last.
	mapfile -t specs < <(printf '%s\n' "${names[@]}" | sed 's/.*/&=&/; s/=mysql$/=mysql97/')
	servers_up "${specs[@]}" || return 0
	for at in "${names[@]}"; do
		# Or MySQL wants routines that say nothing of what they do to be made by nobody.
		sql "$at" 'SET GLOBAL log_bin_trust_function_creators=1, GLOBAL event_scheduler=OFF'
	done
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	mapfile -t taken <"$BATS_FILE_TMPDIR/taken"
}

# direction 'SRC DST'
direction() {
	# shellcheck disable=SC2086 # two words
	live_setup $1
	echo "# $src to $dst"
	kinds=$(cat "$DTS_TEST_DIR/$src/kind" "$DTS_TEST_DIR/$dst/kind" | xargs)
}

# part NAME FILE...: of the schema, for this direction.
part() {
	# shellcheck disable=SC2086 # two words
	(cd "$DTS_ROOT/t/schema" && python3 choose.py "$1" $kinds "${@:2}")
}

# Nothing of it is on that server.
without_proof() {
	{
		echo 'SET foreign_key_checks=0; SET GLOBAL event_scheduler=OFF; DROP DATABASE IF EXISTS dts; DROP USER IF EXISTS app@localhost;'
		sql "$1" "SELECT CONCAT('DROP DATABASE \`', REPLACE(schema_name, '\`', '\`\`'), '\`;') FROM information_schema.schemata
			WHERE LOWER(schema_name) LIKE 'proof%' OR schema_name = 'engines of proof'"
	} | client "$1"
}

# At the source; the accounts that own it come with --stage=post.
fresh_proof() {
	without_proof "$src"
	without_proof "$dst"
	part make tables.sql programs.sql | client "$src" --comments >/dev/null
}

# stage NAME
stage() {
	pipe '0 0' "dts-schema -g $src $(other_family) --stage=$1 --with-users $patterns | dts-apply -g $dst"
}

# What statements print that use it; of errors the number.
uses() {
	# 4025 and 3819: the families' numbers for a CHECK.
	part use tables.sql programs.sql | client "$1" --force 2>&1 | sed -nE '/^-{14}$/,/^$/d; s/^(ERROR [0-9]+).*/\1/; s/^ERROR 3819/ERROR 4025/; p'
}

# definitions NAME [DATABASE...]: all of a server, as its own dump program has them.
definitions() {
	mariadb-dump --defaults-file="$CONFIG" --defaults-group-suffix="-$1" --no-data --routines --events --triggers \
		--skip-comments --skip-tz-utc --skip-lock-tables --databases "${databases[@]}" "${@:2}"
}

# Comparing structure finds nothing.
alike() {
	run_tool 0 bash -c "$(with_config "dts-schema -g $src --diff -G $dst $patterns")"
	[ "${#lines[@]}" -eq 2 ]
}

event_status() {
	sql "$1" "SELECT event_name, status FROM information_schema.events WHERE LOWER(event_schema) LIKE 'proof%' ORDER BY BINARY event_name"
}

event_settings() {
	sql "$1" "SELECT event_name, definer, time_zone, character_set_client, HEX(event_definition) FROM information_schema.events
		WHERE LOWER(event_schema) LIKE 'proof%' ORDER BY BINARY event_name"
}

ticks() {
	sql "$1" 'SELECT COUNT(*) FROM proof.ticks'
}

cut_over() {
	local before

	event_status "$src" >"$BATS_TEST_TMPDIR/source.events"
	event_status "$dst" >"$BATS_TEST_TMPDIR/target.events"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/target.events")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/source.events")" ]
	run ! grep ENABLED "$BATS_TEST_TMPDIR/target.events"
	pipe '0 0' "dts-schema -g $src $(other_family) --enable-events $patterns | dts-apply -g $dst"
	event_status "$dst" >"$BATS_TEST_TMPDIR/target.events"
	# The families' words for an event that is a replica's differ.
	sed -i 's/SLAVESIDE/REPLICA_SIDE/' "$BATS_TEST_TMPDIR"/*.events
	diff "$BATS_TEST_TMPDIR/source.events" "$BATS_TEST_TMPDIR/target.events"
	# To enable an event is not to own it.
	diff <(event_settings "$src") <(event_settings "$dst")
	before=$(ticks "$dst")
	wait_until 20 "[ \"\$(ticks $dst)\" -gt $before ]"
}

moves() {
	local ticked

	fresh_proof
	sql "$src" 'SET GLOBAL event_scheduler=ON'
	sql "$dst" 'SET GLOBAL event_scheduler=ON'
	stage pre
	pipe '0 0' "dts-dump -g $src --allow-versioned $patterns | dts-apply -g $dst --allow-versioned --checkpoint=shop"
	stage post
	part meanwhile tables.sql programs.sql | client "$src" >/dev/null
	wait_until 20 "[ \"\$(ticks $src)\" -gt 2 ]"
	catch_up_all
	ticked=$(ticks "$dst")
	[ "$ticked" -gt 0 ]
	stage final
	wait_until 20 "[ \"\$(ticks $src)\" -gt $((ticked + 1)) ]"
	# The target's event has not run.
	catch_up_all
	sql "$src" 'SET GLOBAL event_scheduler=OFF'
	wait_until 20 "[ -z \"\$(sql $src \"SELECT 1 FROM information_schema.processlist WHERE user='event_scheduler' OR db='proof'\")\" ]"
	catch_up_all
	stage final
	alike
	run --separate-stderr bash -c "$(with_config "dts-verify -g $src -G $dst $patterns")"
	[ "$status" -eq 0 ] || { grep -v ' identical$' <<<"$stderr" && false; }
	uses "$src" >"$BATS_TEST_TMPDIR/source.used"
	uses "$dst" >"$BATS_TEST_TMPDIR/target.used"
	diff "$BATS_TEST_TMPDIR/source.used" "$BATS_TEST_TMPDIR/target.used"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/source.used")" -gt 300 ]
	cut_over
}

# What the log holds by now; a statement on an object that is not a table is an error, since there is none.
catch_up_all() {
	pipe '0 0' "dts-binlog -g $src --resume=shop@$dst $patterns | dts-apply -g $dst --allow-versioned --checkpoint=shop"
}

@test "every kind of object moves in stages while it is changed and its events run, and works" {
	local pair

	for pair in "${taken[@]}"; do
		direction "$pair"
		moves
	done
}

# Each stage is broken off twice, at the target or in its stream, and the same command begins again.
broken_stage() {
	local line records

	line=$(with_config "dts-schema -g $src $(other_family) --stage=$1 --with-users $patterns | dts-apply -g $dst")
	bash -c "${line%|*}" >"$BATS_TEST_TMPDIR/$1" 2>/dev/null
	records=$(wc -l <"$BATS_TEST_TMPDIR/$1")
	random 1 $((records - 1))
	echo "# $1 ends behind $REPLY of $records lines"
	run_pipe '* 3' "head -n $REPLY '$BATS_TEST_TMPDIR/$1' | ${line##*|}"
	DTS_KILL_MAY_END=1 dts_retry_kill 1 20 400 "$line"
	stage "$1"
}

restarts() {
	local name

	fresh_proof
	for name in pre post final; do
		stage "$name"
	done
	definitions "$dst" >"$BATS_TEST_TMPDIR/whole"
	[ "$(grep -c ' VIEW \| TRIGGER \| EVENT \| FUNCTION \| PROCEDURE ' "$BATS_TEST_TMPDIR/whole")" -gt 80 ]
	without_proof "$dst"
	for name in pre post final; do
		broken_stage "$name"
	done
	# Once more, all of it, and as when it was killed while a program was made that is older than its database's collation.
	sql "$dst" 'ALTER DATABASE `proof latin` COLLATE latin1_bin'
	for name in pre post final; do
		stage "$name"
	done
	definitions "$dst" | diff "$BATS_TEST_TMPDIR/whole" -
}

@test "a restart in the middle of each stage with the same command ends the same" {
	local pair

	for pair in "${taken[@]}"; do
		direction "$pair"
		restarts
	done
}

# All names of collations that a server takes for a column, each behind its character set.
collations() {
	if kind_is_mysql "$1"; then
		sql "$1" 'SELECT character_set_name, collation_name FROM information_schema.collations'
	else
		sql "$1" 'SELECT character_set_name, full_collation_name FROM information_schema.collation_character_set_applicability'
	fi | sort -u
}

# A table for each character set, with a column of each collation that both ends list.
each_collation() {
	comm -12 <(collations "$src") <(collations "$dst") | awk '
		$1 == "binary" { next }
		$1 != set { if (set) print ");"; set = $1; print "CREATE TABLE proof.collations_" set " (id int PRIMARY KEY" }
		{ print ", `" $2 "` varchar(1) CHARACTER SET " $1 " COLLATE " $2 }
		END { print ");" }' | client "$src"
}

columns() {
	sql "$1" "SELECT table_name, column_name, collation_name FROM information_schema.columns WHERE table_name LIKE 'collations\_%' " | sort
}

# MySQL puts the literals of a CHECK into the column's character set when the table is altered.
checks() {
	sed -E "/ CHECK /s/_utf8mb[34]'/'/g"
}

copies_structure() {
	local all name

	fresh_proof
	part make engines.sql | client "$src"
	each_collation
	all="$patterns 'engines*'"
	pipe '0 0' "dts-schema -g $src $(other_family) --with-users --report='$BATS_TEST_TMPDIR/report' $all | dts-apply -g $dst"
	patterns=$all alike
	# What is no view at the source is told and left out, with what selects from it.
	[ "$(jq -r 'select(.result == "refused") | .name' "$BATS_TEST_TMPDIR/report" | sort | xargs)" = "v_invalid v_on_invalid" ]
	diff <(columns "$src") <(columns "$dst")
	[ "$(columns "$dst" | wc -l)" -gt 150 ]
	# And so in stages.
	definitions "$dst" "engines of proof" | checks >"$BATS_TEST_TMPDIR/all"
	without_proof "$dst"
	for name in pre post final; do
		patterns=$all stage "$name"
	done
	definitions "$dst" "engines of proof" | checks | diff "$BATS_TEST_TMPDIR/all" -
}

@test "an offline copy of the structure, with every engine and collation" {
	local pair

	for pair in "${taken[@]}"; do
		direction "$pair"
		copies_structure
	done
}
