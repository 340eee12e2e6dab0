# Statements of the log: those that dts-binlog does not understand, and what it says
# of the others beside what the server made of them.
#
# A server logs nothing that it does not understand itself, so a statement that only
# a later one knows is a known one, changed in the server's log file.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
load lib/dts

kinds=(m10 m97)

setup_file() {
	servers_up m10=mariadb m97=mysql97 -- --binlog-checksum=NONE || return 0
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
}

binlog() {
	dts-binlog --defaults-file="$(defaults)" -g "$kind" "$@"
}

# Where the log ends, as FILE:OFFSET.
now() {
	binlog --start=now | jq -r 'select(.op == "end") | "\(.pos.file):\(.pos.offset)"'
}

# unknown DEFAULT-DB STATEMENT: the log has the statement, of which the server made a table: TABLE in it was
# FROBL. Rows 1 and 2 of b.t are before and behind it. Sets from, at and behind.
unknown() {
	local file

	sql "$kind" "DROP DATABASE IF EXISTS b; DROP DATABASE IF EXISTS o; CREATE DATABASE b; CREATE DATABASE o;
		CREATE TABLE b.t (id int primary key); CREATE TABLE b.u (id int primary key)"
	[ ! -f history ] || rm history
	run_tool 0 binlog --start=now --schema-history=history
	from=$(now)
	sql "$kind" 'INSERT INTO b.t VALUES (1)'
	at=$(now)
	sql "$kind" "${2/FROBL/TABLE}" ${1:+"$1"}
	behind=$(now)
	sql "$kind" 'INSERT INTO b.t VALUES (2); FLUSH BINARY LOGS'
	file=$DTS_TEST_DIR/$kind/data/${at%:*}
	python3 - "$file" "${2/FROBL/TABLE}" "$2" <<-'EOF'
		import sys
		name, old, new = sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode()
		data = open(name, "rb").read()
		assert len(old) == len(new) and data.count(old) == 1, data.count(old)
		open(name, "r+b").write(data.replace(old, new))
	EOF
}

# What is told since $from: the ids of rows and the kinds of statements.
told() {
	binlog --start-position="$from" "$@" >records || return
	jq -r 'select(.op == "insert" or .op == "ddl") | .after.id // .kind' records | paste -sd' '
}

@test "a statement that is not understood is stopped at, with what to do" {
	for kind in $(drawn "${kinds[@]}"); do
		unknown b 'CREATE FROBL v (id int)'
		run_tool 3 told
		[[ "$stderr" == "dts-binlog: ${at%:*}:"*": a statement that is not understood: CREATE FROBL v (id int)"* ]]
		[[ "$stderr" == *"hint: --on-unknown-ddl=skip leaves such statements out, --on-unknown-ddl=pass prints them; or make all of transaction "*" at the target by hand, and: dts-checkpoint set NAME $kind $behind" ]]
		[ "$(jq -r 'select(.op == "insert").after.id' records)" = 1 ]
		run_tool 3 told --on-unknown-ddl=stop b
		run_tool 0 binlog --start-position="$behind"
		[ "$(jq -r 'select(.op == "insert").after.id' <<<"$output")" = 2 ]
		run_tool 2 told --on-unknown-ddl=ignore
		[[ "$stderr" == "dts-binlog: --on-unknown-ddl=ignore is neither stop, pass nor skip"* ]]
	done
}

@test "a statement that is not understood is left out, and told to people" {
	for kind in $(drawn "${kinds[@]}"); do
		unknown b 'CREATE FROBL v (id int)'
		run_tool 0 told --on-unknown-ddl=skip
		[ "$output" = '1 2' ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ "$stderr" == "dts-binlog: warning: ${at%:*}:"*": left out a statement that is not understood: CREATE FROBL v (id int)" ]]
		offset=${stderr#*warning: *:}
		offset=${offset%%:*}
		# It stands behind its GTID.
		[ "$offset" -ge "${at#*:}" ]
		[ "$offset" -lt "${behind#*:}" ]
		[ "$(jq -s '.[-1].op == "end" and .[-1].records == length - 2' records)" = true ]
	done
}

@test "a statement that is not understood is passed on, and dts-apply asks about it" {
	for kind in $(drawn "${kinds[@]}"); do
		unknown b 'CREATE FROBL v (id int)'
		run_tool 0 told --on-unknown-ddl=pass
		[ "$output" = '1 unknown 2' ]
		[ -z "$stderr" ]
		[ "$(jq -c 'select(.op == "ddl") | [.db, .sql, .objects]' records)" = '["b","CREATE FROBL v (id int)",[]]' ]
		[ "$(jq -s '.[-1].op == "end" and .[-1].records == length - 2' records)" = true ]
		sql "$kind" 'DELETE FROM b.t; DROP DATABASE IF EXISTS dts'
		run_tool 0 dts-checkpoint --defaults-file="$(defaults)" -g "$kind" set c "$kind" "$from"
		run_tool 4 dts-apply --defaults-file="$(defaults)" -g "$kind" --checkpoint=c records
		[[ "$stderr" == *"not a statement that can be applied: CREATE FROBL v (id int)"*"hint: make the change at the target by hand, then start again with --ddl-done"* ]]
		[ "$(sql "$kind" 'SELECT GROUP_CONCAT(id) FROM b.t')" = 1 ]
		run_tool 0 dts-apply --defaults-file="$(defaults)" -g "$kind" --checkpoint=c --ddl-done records
		[ "$(sql "$kind" 'SELECT GROUP_CONCAT(id) FROM b.t')" = 1,2 ]
		sql "$kind" 'DROP DATABASE dts'
	done
}

@test "a statement that is not understood stops nobody who asked for none of what it names" {
	for kind in $(drawn "${kinds[@]}"); do
		unknown o 'CREATE FROBL `o` . v (`b.t` int)'
		for selection in b b.t 'b.v' 'x.*' '--ignore-table=o.*'; do
			run_tool 0 told "$selection"
			[ -z "$stderr" ]
			[[ "$output" != *unknown* ]]
		done
		# Any word may be a table of the default database.
		for selection in o o.v '*.v' '--ignore-table=b.t' '--ignore-table=o.w'; do
			run_tool 3 told "$selection"
		done
		unknown b 'CREATE FROBL v (id int)'
		for selection in b.t o '--ignore-table=b.*'; do
			run_tool 0 told "$selection"
			[ -z "$stderr" ]
		done
		for selection in b b.v v '*.u' '--ignore-table=b.v'; do
			run_tool 3 told "$selection"
		done
	done
}

@test "a schema history goes on over a statement that is not understood, but for the tables it names" {
	for kind in $(drawn "${kinds[@]}"); do
		if kind_is_mysql "$kind"; then value=MINIMAL; else value=NO_LOG; fi
		sql "$kind" "SET GLOBAL binlog_row_metadata=$value"
		unknown o 'CREATE FROBL v (id int)'
		run_tool 0 told --schema-history=history b
		[ "$output" = '1 2' ]
		# From the file alone, too.
		[ "$(grep -c FROBL history)" -eq 1 ]
		run_tool 0 told --schema-history=history b
		[ "$output" = '1 2' ]
		unknown b 'CREATE FROBL v (id int) COMMENT "t"'
		run_tool 0 told --schema-history=history --on-unknown-ddl=skip b
		[ "$output" = '1 2' ]
		unknown b 'CREATE FROBL v (t int)'
		run_tool 4 told --schema-history=history --on-unknown-ddl=skip b
		[[ "$stderr" == *'names of the columns of `b`.`t`'*"not understood"*"hint: a statement that is not understood names it"* ]]
		sql "$kind" 'SET GLOBAL binlog_row_metadata=FULL'
	done
}

@test "names that stand alone are in the database where the server looks for them, and no table is taken for a temporary one" {
	for kind in $(drawn "${kinds[@]}"); do
		sql "$kind" 'DROP DATABASE IF EXISTS b; DROP DATABASE IF EXISTS o; CREATE DATABASE b; CREATE DATABASE o;
			CREATE TABLE b.t (id int primary key); CREATE TABLE o.t (id int primary key); CREATE TABLE b.u (id int)'
		from=$(now)
		sql "$kind" 'CREATE TRIGGER b.r BEFORE INSERT ON t FOR EACH ROW SET @a = 1;
			CREATE TABLE b.c (id int primary key, FOREIGN KEY (id) REFERENCES t (id))' o
		kind_is_mysql "$kind" || sql "$kind" "CREATE OR REPLACE TABLE u LIKE t; SET sql_mode=MSSQL; CREATE TABLE [a]]b] (id int)" b
		# A backslash of sjis, which does not go back to the same byte.
		printf '%s' "SET NAMES sjis; CREATE TABLE s (id int COMMENT 'a\\b')" | client "$kind" b
		run_tool 0 binlog --start-position="$from" b
		jq -r 'select(.op == "ddl") | [.kind, (.objects[] | "\(.db).\(.table // .name)")] | join(" ")' <<<"$output" >named
		{
			echo 'create-trigger b.r b.t'
			echo 'create-table b.c b.t'
			kind_is_mysql "$kind" || printf '%s\n' 'create-table-like b.u b.t' 'create-table b.a]b'
			echo 'create-table b.s'
		} | diff - named
		[ "$(jq -r 'select(.op == "ddl").sql' <<<"$output" | tail -n 1)" = "CREATE TABLE s (id int COMMENT 'a\\b')" ]
		[ -z "$stderr" ]
	done
}

# --- beside the server's catalog

# agree SERVER MODE ARGUMENT...: t/ddl/agree.py on it. Sets told, the statements in the log.
agree() {
	local words

	kind=$1
	run timeout 3000 python3 "$DTS_ROOT/t/ddl/agree.py" "$(server socket "$kind")" "${@:2}" \
		dts-binlog --defaults-file="$(defaults)" -g "$kind"
	echo "DTS_SEED=$DTS_SEED $1 ${*:2}: ${lines[-1]}"
	[ "$status" -eq 0 ] || { grep -A12 '^[A-Z]' <<<"$output" | cut -c1-2000 | head -n 60; return 1; }
	# "N statements, N accepted, N in the log, N changed something, N wrong"
	read -ra words <<<"${lines[-1]}"
	told=${words[4]}
}

# DTS_DDL_STATEMENTS random ones are accepted by each server, with all kinds among them. Servers have faults of their own,
# which one in some thousands finds, and a person has to look at: the few of a quick check are of seeds that find none.
random_statements() {
	local count=${DTS_DDL_STATEMENTS:-300} seed=$DTS_SEED

	[ -n "${DTS_DDL_STATEMENTS:-}" ] || seed=$((DTS_SEED % 3 + 1))
	servers_up "fresh_$1=$1"
	agree "fresh_$1" random "$seed" "$count"
	[ "$told" -ge $((count * 9 / 10)) ]
	server remove "fresh_$1"
}

@test "statements of all kinds are what MariaDB 10.11 makes of them" {
	sampled 3
	random_statements mariadb
}

@test "statements of all kinds are what MariaDB 11.8 makes of them" {
	sampled 3
	random_statements mariadb118
}

@test "statements of all kinds are what MySQL 9.7 makes of them" {
	sampled 3
	random_statements mysql97
}

@test "the examples of the servers' documentation, and statements of other tests, are what the servers make of them" {
	local some=60 least=10

	[ "${DTS_DDL_STATEMENTS:-0}" -lt 1000 ] || some=10000 least=60
	python3 "$DTS_ROOT/t/definitions.py" random "$DTS_SEED" "$((some > 400 ? 400 : some))" >statements
	for each in $(drawn mariadb mariadb118 mysql97); do
		servers_up "given_$each=$each"
		each=given_$each
		agree "$each" help "$DTS_SEED" "$some"
		[ "$told" -ge "$least" ]
		agree "$each" files "$DTS_ROOT/t/definitions.sql" statements --
		[ "$told" -ge 100 ]
		server remove "$each"
	done
}
