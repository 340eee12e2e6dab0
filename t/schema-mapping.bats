# What dts-schema --for makes of a definition: each entry of lib/schema/mapping.c has a case, and whatever the
# servers' own catalogs list is taken as it is, is mapped to something that the others have, or is refused.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() {
	servers_up my=mysql97 m11=mariadb118 m10=mariadb || return 0
	unit_program mapping
}
teardown_file() { servers_down; }

# mapping MODE FAMILY SOURCES TARGETS [FILE]
mapping() {
	local mode=$1

	shift
	run timeout 150 python3 "$DTS_ROOT/t/schema-mapping.py" "$mode" "$DTS_BUILD/unit/mapping" "$(defaults)" "$@"
	[ "$status" -eq 0 ] || { echo "$output" | cut -c1-1500 | head -n 60; return 1; }
}

@test "each entry of the mapping has a case, and each case an entry" {
	unit_program mapping
	"$DTS_BUILD/unit/mapping" list | cut -f1 | sort >"$BATS_TEST_TMPDIR/entries"
	# those of collations are looked at with the catalogs
	grep -v ' collation ' "$BATS_TEST_TMPDIR/entries" | diff - <(sed -n 's/^\(m[^\t]*\)\t.*/\1/p' "$DTS_ROOT/t/schema-mapping.cases" | grep -Ev ' collation | text$' | sort -u)
	[ "$(wc -l <"$BATS_TEST_TMPDIR/entries")" -gt 300 ]
}

@test "each case from MySQL to MariaDB 11.8 and 10.11" {
	servers_or_skip
	mapping cases mysql my m11 "$DTS_ROOT/t/schema-mapping.cases"
	[[ $output =~ ^[0-9]+\ cases$ && ${output% *} -ge 60 ]]
	mapping cases mysql my m10 "$DTS_ROOT/t/schema-mapping.cases"
}

@test "each case from MariaDB to MySQL" {
	servers_or_skip
	mapping cases mariadb m11 my "$DTS_ROOT/t/schema-mapping.cases"
	[[ $output =~ ^[0-9]+\ cases$ && ${output% *} -ge 115 ]]
}

@test "each character set, collation, type and function that MySQL lists" {
	servers_or_skip
	mapping catalogs mysql my m11,m10
	[[ $output =~ \ collations\ of\ my.*\ types\ of\ my.*\ functions\ of\ my ]]
}

@test "each character set, collation, type and function that MariaDB lists" {
	servers_or_skip
	mapping catalogs mariadb m10,m11 my
	[[ $output =~ \ collations\ of\ m10.*\ types\ of\ m10.*\ functions\ of\ m11 ]]
}
