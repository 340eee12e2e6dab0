# The model of table definitions beside the catalogs of real servers: each
# statement is run, what the binlog has of it is applied to the model, and the
# tables that it changed are compared. DTS_ROUNDS random statements a server,
# DTS_SEED chooses them.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() {
	servers_up mariadb:m10 mariadb118:m11 mysql97:m97
	make -s -C "$DTS_ROOT" B="$DTS_BUILD" "$DTS_BUILD/unit/definitions" >&2
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

	run timeout 300 "$DTS_BUILD/unit/definitions" "$(defaults)" "$1" <"$2"
	echo "$1: ${lines[-1]}"
	[ "$status" -eq 0 ] || { grep -A2 '^[A-Z]' <<<"$output" | cut -c1-2000 | head -n 40; return 1; }
	# "N statements, N refused, N comparisons, N unknown, 0 wrong"
	read -ra words <<<"${lines[-1]}"
	[ "${words[4]}" -ge "$3" ]
	[ "${words[6]}" -le "$4" ]
}

@test "statements that have their traps change the model as they change the catalog" {
	compare_with m10 "$DTS_ROOT/t/definitions.sql" 150 8
	compare_with m11 "$DTS_ROOT/t/definitions.sql" 150 8
	compare_with m97 "$DTS_ROOT/t/definitions.sql" 130 8
}

@test "every type in every way of writing it" {
	python3 "$DTS_ROOT/t/definitions.py" types >types
	compare_with m10 types 1000 40
	compare_with m11 types 1000 40
	compare_with m97 types 1000 40
}

@test "random statements" {
	python3 "$DTS_ROOT/t/definitions.py" random "$DTS_SEED" "${DTS_ROUNDS:-1000}" >random
	for name in m10 m11 m97; do
		compare_with "$name" random $((${DTS_ROUNDS:-1000} / 10)) $((${DTS_ROUNDS:-1000} / 200 + 2))
	done
}
