# The model of table definitions beside the catalogs of real servers: each
# statement is run, what the binlog has of it is applied to the model, and the
# tables that it changed are compared. DTS_SEED chooses half of the types for each server
# and 200 random statements; with DTS_STATEMENTS it is all types and so many.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() {
	servers_up m10
	# t/check has made it, with flags of its own: others would build all of it anew.
	unit_program definitions
}

teardown_file() {
	servers_down
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# compare_with SERVER FILE MIN-COMPARISONS MAX-UNKNOWN
compare_with() {
	local words

	run timeout 1200 "$DTS_BUILD/unit/definitions" "$(defaults)" "$1" <"$2"
	echo "$1: ${lines[-1]}"
	[ "$status" -eq 0 ] || { grep -A2 '^[A-Z]' <<<"$output" | cut -c1-2000 | head -n 40; return 1; }
	# "N statements, N refused, N comparisons, N unknown, 0 wrong"
	read -ra words <<<"${lines[-1]}"
	[ "${words[4]}" -ge "$3" ]
	[ "${words[6]}" -le "$4" ]
}

# compare_all SERVER
compare_all() {
	local rounds=${DTS_STATEMENTS:-200} half=all least=500

	[ -n "${DTS_STATEMENTS:-}" ] || half=$(((DTS_SEED + BATS_TEST_NUMBER) % 2)) least=250

	compare_with "$1" "$DTS_ROOT/t/definitions.sql" 130 8
	python3 "$DTS_ROOT/t/definitions.py" types "$half" >types
	compare_with "$1" types "$least" 60
	echo "DTS_SEED=$DTS_SEED"
	python3 "$DTS_ROOT/t/definitions.py" random "$DTS_SEED" "$rounds" >random
	compare_with "$1" random $((rounds / 10)) $((rounds / 200 + 2))
}

@test "statements change the model as they change the catalog of MariaDB 10.11" {
	compare_all m10
}

@test "statements change the model as they change the catalog of MariaDB 11.8" {
	servers_up m11=mariadb118
	compare_all m11
}

@test "statements change the model as they change the catalog of MySQL 9.7" {
	servers_up m97=mysql97
	compare_all m97
}
