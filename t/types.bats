# Every column type with its edge values, from each server to each: through the
# dump and through the log, the bytes of every column the same at both ends.
#
#   DTS_SAMPLES=all   every pair of servers, every column changed in every row
#
# By itself a sample, which DTS_SEED chooses. The tables come from t/types/.
# status and its kin are set by run; the SQL has its own backticks.
# shellcheck disable=SC2154,SC2016
load lib/dts

export PYTHONDONTWRITEBYTECODE=1

setup_file() { servers_up m10=mariadb; }
teardown_file() { servers_down; }

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

types() { python3 "$DTS_ROOT/t/types/types.py" "$@"; }
tool() { "$1" --defaults-file="$(defaults)" -g "${@:2}"; }

kind_of() {
	case $1 in
	m10*) echo mariadb ;;
	m118*) echo mariadb118 ;;
	my*) echo mysql97 ;;
	esac
}

# up NAME...: starts those that do not run yet; where there is none, the test is skipped.
up() {
	local name missing=()

	for name; do
		server pid "$name" >/dev/null 2>&1 || missing+=("$name=$(kind_of "$name")")
	done
	[ "${#missing[@]}" -eq 0 ] || servers_up "${missing[@]}"
}

# make SRC DST: the tables at both ends, empty, and no checkpoint.
make() {
	local side

	from=$(kind_of "$1") to=$(kind_of "$2")
	for side in "$1" "$2"; do
		sql "$side" 'DROP DATABASE IF EXISTS types; DROP DATABASE IF EXISTS dts; CREATE DATABASE types'
		types create "$from" "$to" "$(kind_of "$side")" | client "$side"
	done
}

# same SRC DST: the bytes of every value.
same() {
	types show "$from" "$to" "$from" | client "$1" >shown.source
	types show "$from" "$to" "$to" | client "$2" >shown.target
	[ "$(wc -l <shown.source)" -gt 300 ]
	types diff "$from" "$to" shown.source shown.target >differences ||
		{ echo "$(wc -l <differences) differ:"; head -n 40 differences; return 1; }
}

# The first row of each chunk longer, by a field that nobody knows: small chunks go by
# INSERT, which these are not to.
padded() {
	awk -v more=",\"more\":\"$(printf %020000d 0)\"}" '
		begun && /^\{"op":"row",/ { $0 = substr($0, 1, length - 1) more }
		{ begun = /^\{"op":"chunk",/; print }'
}

loads_of() { sql "$1" "SHOW GLOBAL STATUS LIKE 'Com_load'" | cut -f2; }

# through_dump SRC DST
through_dump() {
	local loads

	types rows "$from" "$to" 1 | client "$1"
	types keys "$from" "$to" | client "$1"
	tool dts-dump "$1" types | padded >dump
	loads=$(loads_of "$2")
	tool dts-apply "$2" --checkpoint=c <dump
	[ "$(($(loads_of "$2") - loads))" -gt 20 ]
	rm dump
	same "$1" "$2"
}

# compression SERVER ON|OFF: statements that make what comes compressed in the log, or not.
compression() {
	case $(kind_of "$1") in
	mysql*) echo "SET SESSION binlog_transaction_compression=$2;" ;;
	*) echo "SET GLOBAL log_bin_compress=$2, GLOBAL log_bin_compress_min_len=10;" ;;
	esac
}

# through_log SRC DST [OPTION...]: rows of each image, changed column by column, compressed and not.
through_log() {
	local compress before=0

	for compress in $(drawn OFF ON); do
		changes_through_log "$@"
		before=10000 # other rows
	done
	compression "$1" OFF | client "$1"
}

changes_through_log() {
	local image first=$((before + 1)) everything=

	[ "${DTS_SAMPLES:-}" != all ] || everything=all
	for image in FULL NOBLOB MINIMAL; do
		first=$((first + 1000))
		# The large values are the same in each image.
		[ "$image" = FULL ] || local -x DTS_TYPES_SKIP=big
		{
			echo "SET SESSION binlog_row_image=$image;"
			compression "$1" "$compress"
			types rows "$from" "$to" "$first"
			types changes "$from" "$to" "$first" "$DTS_SEED" $everything
			[ "$image" = FULL ] || types changes "$from" "$to" 1 "$DTS_SEED" | grep -v '^DELETE'
		} | client "$1"
	done
	unset DTS_TYPES_SKIP
	types change-keys "$from" "$to" | client "$1"
	tool dts-binlog "$1" --resume=c@"$2" --table='types.*' "${@:3}" >log
	tool dts-apply "$2" --checkpoint=c <log
	rm log
	same "$1" "$2"
}

pair() {
	up "$1" "$2"
	make "$1" "$2"
	through_dump "$1" "$2"
	through_log "$1" "$2"
}

# without_names SRC DST: the log holds numbers of columns only, and no signs on MariaDB.
without_names() {
	local low=NO_LOG

	[ "$(kind_of "$1")" != mysql97 ] || low=MINIMAL
	up "$1" "$2"
	sql "$1" "SET GLOBAL binlog_row_metadata=$low"
	make "$1" "$2"
	through_dump "$1" "$2"
	# The history begins with what the checkpoint knows.
	through_log "$1" "$2" --schema-history=history
	sql "$1" "SET GLOBAL binlog_row_metadata=FULL"
}

@test "MariaDB 10.11 to MariaDB 10.11" {
	sampled 8
	pair m10 m10b
}

@test "MariaDB 10.11 to MariaDB 11.8" {
	sampled 8
	pair m10 m118
}

@test "MariaDB 11.8 to MariaDB 11.8" {
	sampled 8
	pair m118 m118b
}

@test "MySQL 9.7 to MySQL 9.7" {
	sampled 8
	pair my myb
}

@test "MySQL 9.7 to MySQL 9.7, without names of columns in the log" {
	sampled 6
	without_names my myb
}

@test "MariaDB 10.11 to MariaDB 11.8, without names of columns in the log" {
	sampled 6
	without_names m10 m118
}

@test "MariaDB 11.8 to MySQL 9.7, without names of columns in the log" {
	sampled 6
	without_names m118 my
}

@test "MySQL 9.7 to MariaDB 10.11" {
	sampled 8
	pair my m10
}

@test "MySQL 9.7 to MariaDB 11.8" {
	sampled 8
	pair my m118
}

@test "MariaDB 10.11 to MySQL 9.7" {
	sampled 8
	pair m10 my
}

@test "MariaDB 11.8 to MySQL 9.7" {
	sampled 8
	pair m118 my
}

# named TABLE: the message names the column, and the table or the record.
named() { [[ $stderr == *odd* && ( $stderr == *"$1"* || $stderr =~ ' in:'[0-9]+": column 'odd': " ) ]]; }

# refuses SRC DST: what the target has no type or no value for never arrives as something else.
refuses() {
	local name source target value where count=0

	up "$1" "$2"
	sql "$1" 'DROP DATABASE IF EXISTS refused; CREATE DATABASE refused'
	sql "$2" 'DROP DATABASE IF EXISTS refused; CREATE DATABASE refused'
	types refused "$(kind_of "$1")" "$(kind_of "$2")" >cases
	while IFS=$'\t' read -r name source target value; do
		sql "$1" "CREATE TABLE refused.$name (id INT PRIMARY KEY, odd $source)"
		sql "$2" "CREATE TABLE refused.$name (id INT PRIMARY KEY, odd $target)"
		where=$(tool dts-dump "$1" "refused.$name" | head -n 1 | jq -r '.pos | "\(.file):\(.offset)"')
		sql "$1" "SET sql_mode='', time_zone='+00:00'; INSERT INTO refused.$name VALUES (1, $value)"
		tool dts-dump "$1" "refused.$name" >in
		grep -q '"op":"row"' in
		run_tool 4 tool dts-apply "$2" --no-checkpoint in
		named "$name" || { echo "$name: $stderr"; return 1; }
		tool dts-binlog "$1" --start-position="$where" --table="refused.$name" >in
		grep -q '"op":"insert"' in
		run_tool 4 tool dts-apply "$2" --no-checkpoint in
		named "$name" || { echo "$name: $stderr"; return 1; }
		[ "$(sql "$2" "SELECT COUNT(*) FROM refused.$name")" = 0 ] || { echo "$name: rows came"; return 1; }
		count=$((count + 1))
	done <cases
	[ "$count" -gt 1 ]
}

@test "what MySQL cannot hold of MariaDB's is refused by name" {
	refuses m118 my
}

@test "what MariaDB cannot hold of MySQL's is refused by name" {
	refuses my m10
}

@test "what an older MariaDB cannot hold is refused by name" {
	refuses m118 m10
}

# codes NAME: see t/types/codes.py. Unit tests hold every code; this asks the servers of the day.
codes() {
	local sets of=64

	[ "${DTS_SAMPLES:-}" != all ] || of=4
	up "$1"
	sets=$(sql "$1" "SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME<>'binary'")
	[ "$(wc -l <<<"$sets")" -ge 39 ]
	sql "$1" 'CREATE DATABASE codes'
	# shellcheck disable=SC2086 # words
	{
		python3 "$DTS_ROOT/t/types/codes.py" create $((DTS_SEED % of)) $of $sets | client "$1" codes
		python3 "$DTS_ROOT/t/types/codes.py" show $sets | client "$1" codes >shown
	}
	tool dts-dump "$1" codes >dump
	python3 "$DTS_ROOT/t/types/codes.py" check shown dump
	sql "$1" 'DROP DATABASE codes'
}

@test "text is what MariaDB 10.11 converts it to, or bytes" {
	sampled 3
	codes m10
}

@test "text is what MariaDB 11.8 converts it to, or bytes" {
	sampled 3
	codes m118
}

@test "text is what MySQL 9.7 converts it to, or bytes" {
	codes my
}

# collations NAME: a column of each, and what the log's number of it says.
collations() {
	local from where

	up "$1"
	from="SELECT ID, FULL_COLLATION_NAME, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
	! kind_is_mysql "$1" || from="SELECT ID, COLLATION_NAME, CHARACTER_SET_NAME FROM information_schema.COLLATIONS"
	sql "$1" "$from WHERE CHARACTER_SET_NAME<>'binary' ORDER BY ID" >catalog
	[ "$(wc -l <catalog)" -gt 250 ]
	sql "$1" 'DROP DATABASE IF EXISTS collations; CREATE DATABASE collations'
	where=$(tool dts-dump "$1" collations | head -n 1 | jq -r '.pos | "\(.file):\(.offset)"')
	# InnoDB has at most 1017 columns.
	awk '{ t = int(NR / 300); columns[t] = columns[t] ", c" $1 " VARCHAR(1) CHARACTER SET " $3 " COLLATE " $2 }
		END { for (t in columns) {
			print "CREATE TABLE t" t " (id INT PRIMARY KEY" columns[t] ") ENGINE=InnoDB;"
			print "INSERT INTO t" t " (id) VALUES (1);"
		} }' catalog | client "$1" collations
	tool dts-binlog "$1" --start-position="$where" --table='collations.*' |
		jq -r 'select(.op=="schema") | .columns[] | select(.name != "id") | "\(.name[1:])\t\(.charset)"' | sort -nu >told
	cut -f 1,3 catalog | sort -nu | diff - told
	# Its name, which is known without the server, too.
	where=$(tool dts-dump "$1" collations | head -n 1 | jq -r '.pos | "\(.file):\(.offset)"')
	awk '{ print "SET collation_connection=" $2 "; CREATE OR REPLACE VIEW v AS SELECT 1;" }' catalog | client "$1" collations
	tool dts-binlog "$1" --start-position="$where" "$(dirname "$(sql "$1" 'SELECT @@log_bin_basename')")/" --src=x |
		jq -r 'select(.op == "ddl").context.collation_connection' | grep -vw binary >told
	dts-binlog --start-position="$where" "$(dirname "$(sql "$1" 'SELECT @@log_bin_basename')")/" --src=x |
		jq -r 'select(.op == "ddl").context.collation_connection' | grep -vw binary | cmp - told
	[ "$(wc -l <told)" -eq "$(wc -l <catalog)" ]
	sql "$1" 'DROP DATABASE collations'
}

@test "each collation of MariaDB 10.11 is of the set that it is" {
	collations m10
}

@test "each collation of MariaDB 11.8 is of the set that it is" {
	collations m118
}

@test "each collation of MySQL 9.7 is of the set that it is" {
	collations my
}

# labels SRC DST: members that the collation takes for equal, and '' alone in a SET.
labels() {
	local end=') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci' side

	up "$1" "$2"
	for side in "$1" "$2"; do
		sql "$side" "SET sql_mode=''; DROP DATABASE IF EXISTS labels; CREATE DATABASE labels;
			CREATE TABLE labels.t (id INT PRIMARY KEY, e ENUM('a','A','ä'$end, s SET('a','A','ä'$end, n SET('','x'$end)"
	done
	sql "$1" "SET sql_mode=''; INSERT INTO labels.t VALUES (1,1,1,0), (2,2,2,1), (3,3,4,2), (4,1,7,3), (5,NULL,0,NULL)"
	tool dts-dump "$1" labels | tool dts-apply "$2" --no-checkpoint
	sql "$1" 'SELECT id, e+0, s+0, n+0 FROM labels.t ORDER BY id' >one
	sql "$2" 'SELECT id, e+0, s+0, n+0 FROM labels.t ORDER BY id' | diff one -
}

@test "ENUM and SET members that the collation takes for equal stay apart" {
	up m10 m10b my
	labels m10 m10b
	labels my m10
}
