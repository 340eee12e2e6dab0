# Every column type with its edge values, from each server to each: through the
# dump and through the log, the bytes of every column the same at both ends.
#
#   DTS_TYPES=all   every pair of servers, every column changed in every row
#
# By itself a sample, which DTS_SEED chooses. The tables come from t/types/.
# status and its kin are set by run.
# shellcheck disable=SC2154
load lib/dts

setup_file() {
	servers_up m10=mariadb m10b=mariadb
}

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

# sampled PAIR...: whether this run takes the pair of the test.
sampled() {
	[ "${DTS_TYPES:-}" = all ] || [ $(((DTS_SEED + BATS_TEST_NUMBER) % $1)) -eq 0 ] ||
		skip "not in this sample: DTS_TYPES=all"
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
	types show "$from" "$to" "$from" | client "$1" >"$1.shown"
	types show "$from" "$to" "$to" | client "$2" >"$2.shown.to"
	[ "$(wc -l <"$1.shown")" -gt 100 ]
	types diff "$from" "$to" "$1.shown" "$2.shown.to" >differences ||
		{ echo "$(wc -l <differences) differ:"; head -n 40 differences; return 1; }
}

# through_dump SRC DST
through_dump() {
	types rows "$from" "$to" 1 | client "$1"
	types keys "$from" "$to" | client "$1"
	tool dts-dump "$1" types >dump
	tool dts-apply "$2" --checkpoint=c <dump
	same "$1" "$2"
}

# through_log SRC DST: rows of each image, changed column by column.
through_log() {
	local image first=1 everything=

	[ "${DTS_TYPES:-}" != all ] || everything=all
	for image in FULL NOBLOB MINIMAL; do
		first=$((first + 1000))
		{
			echo "SET SESSION binlog_row_image=$image;"
			types rows "$from" "$to" "$first"
			types changes "$from" "$to" "$first" "$DTS_SEED" $everything
			[ "$image" = FULL ] || types changes "$from" "$to" 1 "$DTS_SEED" | grep -v '^DELETE'
		} | client "$1"
	done
	types change-keys "$from" "$to" | client "$1"
	tool dts-binlog "$1" --resume=c@"$2" --table='types.*' >log
	tool dts-apply "$2" --checkpoint=c <log
	same "$1" "$2"
}

pair() {
	up "$1" "$2"
	make "$1" "$2"
	through_dump "$1" "$2"
	through_log "$1" "$2"
}

@test "MariaDB 10.11 to MariaDB 10.11" {
	pair m10 m10b
}

@test "MySQL 9.7 to MySQL 9.7" {
	pair my myb
}
