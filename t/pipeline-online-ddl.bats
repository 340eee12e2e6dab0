#!/usr/bin/env bats
# Online schema changes on the way: shop is copied to another database of the same server under a route, while gh-ost
# or pt-online-schema-change works on shop.t.
# shellcheck disable=SC2030,SC2031,SC2154
load lib/dts
load lib/online

setup_file() {
	# One of them a run, all with DTS_SAMPLES=all.
	local servers=()

	KINDS=$(BATS_TEST_NUMBER=0 drawn mariadb mariadb118 mysql97)
	export KINDS
	for kind in $KINDS; do
		servers+=("$kind=$kind")
	done
	servers_up "${servers[@]}" || return 0
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	CONFIG=$(defaults)
	mode=hide
	selection=shop.t
}

# tools 'dts-x -g ... | dts-y -g ...', with the option file put in
tools() {
	run_pipe "$1" "$(printf '%s\n' "$2" | sed "s#\\(dts-[a-z]*\\) -g#\\1 --defaults-file=$CONFIG -g#g")"
}

route="dts-filter --route='shop.*=copy.*'"

# The source with three rows, and its copy.
begin() {
	sql "$kind" 'DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS copy; DROP DATABASE IF EXISTS dts; CREATE DATABASE shop;
		CREATE DATABASE copy'
	sql "$kind" "CREATE TABLE t (id int auto_increment primary key, v varchar(20), n int);
		INSERT INTO t VALUES (1,'one',1),(2,'two',2),(3,'three',3),(4,'four',4)" shop
	tools '0 0 0' "dts-schema -g $kind $selection | $route | dts-apply -g $kind"
	tools '0 0 0' "dts-dump -g $kind $selection | $route | dts-apply -g $kind --checkpoint=c"
}

pipeline() {
	echo "dts-binlog -g $kind --resume=c@$kind ${mode:+--online-ddl=$mode} $selection | tee -a records | $route | dts-apply -g $kind --checkpoint=c"
}

catch_up() {
	tools '0 0 0 0' "$(pipeline)"
	[ -z "$stderr" ]
}

# The columns and rows of t are the same at both ends, and no other table is there.
same() {
	local db

	for db in shop copy; do
		sql "$kind" "SELECT column_name, column_type, is_nullable, column_default FROM information_schema.columns
			WHERE table_schema = '$db' AND table_name = 't' ORDER BY ordinal_position; SELECT * FROM $db.t ORDER BY id" >"is.$db"
	done
	diff is.shop is.copy
	[ "$(sql "$kind" "SELECT GROUP_CONCAT(table_name ORDER BY 1) FROM information_schema.tables WHERE table_schema = 'copy'")" = t ]
	[ "$(sql "$kind" "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'copy'")" = 0 ]
}

# step COMMAND...: and what it did is read by a run of its own, if $stepwise says so
step() {
	"$@"
	[ -z "$stepwise" ] || catch_up
}

run_ghost() {
	step ghost_begin "$1"
	step ghost_copy 0 2
	step ghost_changes 10
	step ghost_copy 2 10
	step ghost_cut_over
	step sql "$kind" "INSERT INTO t (v, n) VALUES ('after', 5); UPDATE t SET n = 7 WHERE id = 4" shop
	step ghost_end
	catch_up
}

run_osc() {
	step osc_begin "$1"
	step osc_triggers
	step osc_copy 1 2
	step osc_changes 10
	step osc_copy 2 10
	step osc_cut_over
	step sql "$kind" "INSERT INTO t (v, n) VALUES ('after', 5); UPDATE t SET n = 7 WHERE id = 4" shop
	step osc_end
	step sql "$kind" "DELETE FROM t WHERE id = 1" shop
	catch_up
}

# What was told of statements, in order; a DROP TABLE IF EXISTS of what was never there does no harm.
statements() {
	jq -r 'select(.op == "ddl" and (.sql | test("if exists"; "i") | not)).kind' records | paste -sd' '
}

@test "gh-ost is hidden: the table is altered when the new one takes its name" {
	for kind in $KINDS; do
		for how in $(drawn ,shop yes,shop.t); do
			stepwise=${how%,*}
			selection=${how#*,}
			begin
			run_ghost "ADD COLUMN c varchar(10) NOT NULL DEFAULT 'x' AFTER v, MODIFY n bigint"
			same
			[ "$(statements)" = alter-table ]
			[ "$(jq -r 'select(.table) | .table' records | sort -u)" = t ]
			rm records
		done
	done
}

@test "pt-online-schema-change is hidden, its triggers, too" {
	sampled 3
	for kind in $KINDS; do
		for how in $(drawn ,shop.t yes,shop); do
			stepwise=${how%,*}
			selection=${how#*,}
			begin
			run_osc "ADD COLUMN c varchar(10) NOT NULL DEFAULT 'x' FIRST, ADD KEY (n)"
			same
			[ "$(statements)" = alter-table ]
			[ "$(jq -r 'select(.table) | .table' records | sort -u)" = t ]
			rm records
		done
	done
}

@test "hidden changes of a log without the names of columns, and in the middle of which reading ends" {
	sampled 3
	for kind in $KINDS; do
		if kind_is_mysql "$kind"; then minimal=MINIMAL; else minimal=NO_LOG; fi
		sql "$kind" "SET GLOBAL binlog_row_metadata=$minimal"
		stepwise=yes
		selection=shop
		begin
		run_ghost "MODIFY v varchar(40) FIRST, ADD KEY (n)"
		same
		begin
		run_osc "MODIFY v varchar(20) NOT NULL DEFAULT 'y' FIRST, ADD COLUMN c int"
		same
		sql "$kind" 'SET GLOBAL binlog_row_metadata=FULL'
	done
}

@test "followed: the tables of the tools come and go at the target as well" {
	sampled 3
	mode=follow
	for kind in $KINDS; do
		stepwise=
		begin
		run_ghost "ADD COLUMN c datetime NOT NULL DEFAULT CURRENT_TIMESTAMP AFTER v"
		same
		stepwise=yes
		begin
		run_osc "ADD COLUMN c datetime NOT NULL DEFAULT CURRENT_TIMESTAMP FIRST"
		same
	done
}

@test "an online schema change that is given up leaves nothing" {
	sampled 3
	stepwise=yes
	for kind in $KINDS; do
		begin
		rm -f records
		step ghost_begin 'ADD COLUMN c int'
		step ghost_copy 0 10
		step sql "$kind" 'DROP TABLE _t_gho, _t_ghc' shop
		step sql "$kind" 'INSERT INTO t (v) VALUES (5)' shop
		same
		step osc_begin 'ADD COLUMN c int'
		step osc_triggers
		step osc_changes 10
		step sql "$kind" 'DROP TRIGGER pt_osc_shop_t_ins; DROP TRIGGER pt_osc_shop_t_upd; DROP TRIGGER pt_osc_shop_t_del; DROP TABLE _t_new' shop
		step sql "$kind" 'INSERT INTO t (v) VALUES (6)' shop
		same
		[ -z "$(statements)" ]
		sql "$kind" 'DELETE FROM t WHERE id >= 10' shop
		stepwise=
		run_ghost 'ADD COLUMN c int'
		same
		[ "$(statements)" = alter-table ]
		stepwise=yes
	done
}

# stops STATUS 'PATTERN': the next run does, and says so; the checkpoint stands before it, where it stops again.
stops() {
	local at

	tools "$1 * * *" "$(pipeline)"
	[[ "$stderr" == *$2* ]] || { echo "$stderr"; return 1; }
	at=$(dts-checkpoint --defaults-file="$CONFIG" -g "$kind" get c)
	tools "$1 * * *" "$(pipeline)"
	[ "$(dts-checkpoint --defaults-file="$CONFIG" -g "$kind" get c)" = "$at" ]
}

@test "without --online-ddl the table that takes the name is not lost silently" {
	stepwise=yes
	for kind in $KINDS; do
		for tool in ghost osc; do
			mode=
			begin
			step "${tool}_begin" 'ADD COLUMN c int'
			step "${tool}_copy" 0 10
			"${tool}_cut_over"
			stops 3 'rename-table: table shop.t (selected) becomes shop._t_*(not selected)*hint: this looks like gh-ost or pt-online-schema-change: --online-ddl=follow'*'or make all of transaction '
			# It is too late for these.
			mode=hide
			stops 3 'CREATE TABLE and ALTER TABLE were not read with --online-ddl=hide: alter the table at the target as at the source'
		done
	done
}

@test "what cannot be told as one statement is stopped at" {
	sampled 3
	stepwise=yes
	for kind in $KINDS; do
		begin
		step ghost_begin 'ADD COLUMN c datetime DEFAULT CURRENT_TIMESTAMP'
		ghost_cut_over
		stops 3 "the online schema change of 'shop.t' by '_t_gho' cannot be told as one statement: it adds a column whose values in rows that exist depend on when they were copied: alter /\* gh-ost \*/ table"

		begin
		step ghost_begin 'ADD COLUMN c int'
		step sql "$kind" 'ALTER TABLE _t_gho ADD COLUMN d int' shop
		ghost_cut_over
		stops 3 'the new table had more than one ALTER TABLE'

		begin
		step osc_begin 'ADD COLUMN c int'
		osc_cut_over
		stops 3 'none of the triggers of pt-online-schema-change was seen'

		begin
		step osc_begin 'ADD COLUMN c int'
		step osc_triggers
		sql "$kind" 'SET foreign_key_checks=0; DROP TABLE IF EXISTS shop.t; RENAME TABLE shop._t_new TO shop.t' shop
		stops 3 'the table is dropped before the new one takes its name (drop_swap)'

		# A table of such a name that has nothing to do with it.
		selection=shop
		begin
		step sql "$kind" 'CREATE TABLE _t_new (id int primary key)' shop
		sql "$kind" 'INSERT INTO _t_new VALUES (1)' shop
		stops 3 "table 'shop._t_new' has rows and 't' has none of the triggers"
		selection=shop.t
		begin
		step sql "$kind" 'CREATE TABLE _t_new (id int primary key)' shop
		step sql "$kind" 'INSERT INTO _t_new VALUES (1)' shop
		same
	done
}

@test "what was hidden is not forgotten by a run that is to hide nothing" {
	sampled 3
	stepwise=yes
	for kind in $KINDS; do
		begin
		step ghost_begin 'ADD COLUMN c int'
		mode=follow
		tools '4 * * *' "$(pipeline)"
		[[ "$stderr" == *"an online schema change of 'shop.t' goes on, and what it has done so far was hidden"*"hint: go on with --online-ddl=hide until it is done"* ]]
		mode=hide
		step ghost_copy 0 10
		step ghost_cut_over
		step ghost_end
		same
	done
}

@test "one that began before the rows were read is a change of tables as any, where all are selected" {
	sampled 3
	stepwise=
	selection=shop
	for kind in $KINDS; do
		begin
		rm -f records
		ghost_begin 'ADD COLUMN c int NOT NULL DEFAULT 4'
		ghost_copy 0 2
		for database in copy dts; do
			sql "$kind" "DROP DATABASE $database; CREATE DATABASE $database"
		done
		tools '0 0 0' "dts-schema -g $kind shop | $route | dts-apply -g $kind"
		tools '0 0 0' "dts-dump -g $kind shop | $route | dts-apply -g $kind --checkpoint=c"
		ghost_copy 2 10
		ghost_changes 10
		catch_up
		ghost_cut_over
		tools '0 0 0 0' "$(pipeline)"
		sql "$kind" "INSERT INTO t (v, n) VALUES ('after', 5)" shop
		ghost_end
		catch_up
		same
	done
}
