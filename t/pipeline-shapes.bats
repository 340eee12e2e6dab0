#!/usr/bin/env bats
# Tables of odd shapes move in all four directions and arrive as they were: as
# dts-verify sees it, and as the servers count and sum by themselves. t/shapes
# makes them; DTS_SHAPES=all has all of them at their full size, else some of
# them are drawn by DTS_SEED.
# shellcheck disable=SC2154 # set by live_setup and run
load lib/dts
load lib/live

directions=('mariadb mariadb118' 'mariadb118 mysql97' 'mysql97 mariadb' 'mysql97 mysql')

setup_file() {
	servers_up mariadb=mariadb mariadb118=mariadb118 mysql97=mysql97 mysql=mysql97 || return 0
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	! dts-dump --help | grep -q -- '^  -j,' || readers=-j4
	! dts-apply --help | grep -q -- '^  -j,' || writers_option=-j4
}

# drop_all NAME: the databases of t/shapes, and the checkpoint.
drop_all() {
	{
		echo 'SET foreign_key_checks=0; DROP DATABASE IF EXISTS dts;'
		sql "$1" "SELECT CONCAT('DROP DATABASE \`', REPLACE(schema_name, '\`', '\`\`'), '\`;') FROM information_schema.schemata WHERE schema_name LIKE 'shapes%'"
	} | client "$1"
}

# fingerprint NAME: of each table of the databases its rows, and the sum of what
# the server makes of every row; no row's order matters, and a repeated one counts.
fingerprint() {
	{
		echo "SET SESSION time_zone='+00:00', group_concat_max_len=100000000;"
		sql "$1" "SET SESSION group_concat_max_len=100000000;
			SELECT CONCAT('SELECT ''', HEX(CONCAT(MIN(c.table_schema), '.', MIN(c.table_name))), ''', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('','', ',
				GROUP_CONCAT('COALESCE(HEX(', CASE WHEN c.data_type IN ('binary', 'varbinary', 'longblob', 'blob', 'point') THEN '' WHEN c.data_type = 'bit' THEN '0+' ELSE 'CONVERT(' END,
					'\`', REPLACE(c.column_name, '\`', '\`\`'), '\`', CASE WHEN c.data_type IN ('binary', 'varbinary', 'longblob', 'blob', 'point', 'bit') THEN '' ELSE ' USING utf8mb4)' END,
					'), ''~'')' ORDER BY c.ordinal_position), '))), 0) FROM \`', REPLACE(MIN(c.table_schema), '\`', '\`\`'), '\`.\`', REPLACE(MIN(c.table_name), '\`', '\`\`'), '\`;')
			FROM information_schema.columns c JOIN information_schema.tables t ON HEX(t.table_schema) = HEX(c.table_schema) AND HEX(t.table_name) = HEX(c.table_name)
			WHERE c.table_schema LIKE 'shapes%' AND t.table_type = 'BASE TABLE' AND c.data_type NOT IN ('double', 'float')
			GROUP BY HEX(c.table_schema), HEX(c.table_name)"
	} | client "$1" | LC_ALL=C sort
}

# checksums NAME: the server's own, which only servers of one family agree on; of
# virtual columns MariaDB sums whatever it has in memory.
checksums() {
	sql "$1" "SELECT CONCAT('CHECKSUM TABLE \`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\` EXTENDED;')
		FROM information_schema.tables t LEFT JOIN (SELECT DISTINCT HEX(table_schema) db, HEX(table_name) tbl FROM information_schema.columns
			WHERE table_schema LIKE 'shapes%' AND extra LIKE '%VIRTUAL GENERATED%') v ON v.db = HEX(t.table_schema) AND v.tbl = HEX(t.table_name)
		WHERE table_schema LIKE 'shapes%' AND table_type = 'BASE TABLE' AND v.db IS NULL" | client "$1" | LC_ALL=C sort
}

# same_by_servers: neither word is ours.
same_by_servers() {
	local name

	for name in "$src" "$dst"; do
		fingerprint "$name" >"$BATS_TEST_TMPDIR/$name.prints"
		[ -n "$(other_family)" ] || checksums "$name" >"$BATS_TEST_TMPDIR/$name.sums"
	done
	# A check of nothing would agree.
	[ "$(wc -l <"$BATS_TEST_TMPDIR/$src.prints")" -eq "$(sql "$src" "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema LIKE 'shapes%' AND table_type = 'BASE TABLE'")" ]
	diff "$BATS_TEST_TMPDIR/$src.prints" "$BATS_TEST_TMPDIR/$dst.prints"
	[ -n "$(other_family)" ] || diff "$BATS_TEST_TMPDIR/$src.sums" "$BATS_TEST_TMPDIR/$dst.sums"
}

# cross 'SRC DST' OPTION...: makes the shapes, moves them, compares.
cross() {
	# shellcheck disable=SC2086 # two words
	live_setup $1
	shift
	drop_all "$src"
	drop_all "$dst"
	python3 "$DTS_ROOT/t/shapes" "$src" "${dst/%mysql/mysql97}" --seed="$DTS_SEED" "$@" \
		>"$BATS_TEST_TMPDIR/shapes.sql" 2>"$BATS_TEST_TMPDIR/shapes.names"
	echo "# $src to $dst, DTS_SEED=$DTS_SEED: $(<"$BATS_TEST_TMPDIR/shapes.names")"
	client "$src" <"$BATS_TEST_TMPDIR/shapes.sql"
	rm "$BATS_TEST_TMPDIR/shapes.sql"
	pipe '0 0' "dts-schema -g $src $(other_family) '/shapes.*/' | dts-apply -g $dst"
	pipe '0 0' "dts-dump -g $src ${readers:-} --chunk-size=64K '/shapes.*/' | dts-apply -g $dst ${writers_option:-} --checkpoint=shapes"
	run_tool 0 dts-verify --defaults-file="$CONFIG" -g "$src" -G "$dst" '/shapes.*/' || {
		head -c 3000 <<<"$output"
		return 1
	}
	same_by_servers
}

@test "odd shapes move in all four directions, and all of them are there" {
	local pair options=(--sample=2 --tables=300 --row-mb=8)

	[ "${DTS_SHAPES:-}" != all ] || options=(--tables="${DTS_SHAPES_TABLES:-5000}" --row-mb="${DTS_SHAPES_ROW_MB:-64}")
	for pair in "${directions[@]}"; do
		cross "$pair" "${options[@]}" ${DTS_SHAPES_ONLY:+--only="$DTS_SHAPES_ONLY"}
		DTS_SEED=$((DTS_SEED + 1))
	done
}

@test "a system-versioned table is refused by name" {
	live_setup mariadb mariadb118
	drop_all "$src"
	sql "$src" 'CREATE DATABASE shapes; USE shapes; CREATE TABLE plain (id int PRIMARY KEY); CREATE TABLE past (id int PRIMARY KEY) WITH SYSTEM VERSIONING;
		INSERT INTO past VALUES (1); DELETE FROM past'
	run_tool 4 dts-dump --defaults-file="$CONFIG" -g "$src" shapes
	[[ $stderr == *past* ]]
	[ -z "$output" ]
}
