#!/usr/bin/env bats
# Databases of other people move in all four directions: all rows arrive as they
# were. $ZABBIX_SQL is a directory with schema.sql, images.sql and data.sql of
# Zabbix (or .sql.gz, as Debian's package zabbix-server-mysql has them), $SAKILA
# one with sakila-schema.sql and sakila-data.sql.
# shellcheck disable=SC2154 # set by live_setup and run
load lib/dts
load lib/live

directions=('mariadb mariadb118' 'mariadb118 mysql97' 'mysql97 mariadb' 'mysql97 mysql')

setup_file() {
	[ -d "${ZABBIX_SQL:-}" ] || [ -d "${SAKILA:-}" ] || return 0
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

# sums NAME DATABASE: rows, and the sum of what the server makes of every row, a table a line.
sums() {
	sql "$1" "SET SESSION group_concat_max_len=10000000;
		SELECT CONCAT('SELECT ''', t.table_name, ''', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('','', ', GROUP_CONCAT('COALESCE(HEX(', IF(c.data_type LIKE '%blob' OR c.data_type = 'geometry',
			CONCAT('\`', c.column_name, '\`'), CONCAT('CONVERT(\`', c.column_name, '\` USING utf8mb4)')), '), ''~'')' ORDER BY c.ordinal_position), '))), 0) FROM \`', t.table_name, '\`;')
		FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = '$2' AND t.table_type = 'BASE TABLE' GROUP BY t.table_name" |
		{ echo "SET time_zone='+00:00';"; cat; } | client "$1" "$2" | LC_ALL=C sort
}

# crosses DATABASE TABLES: what the source has of it arrives, and has so many tables.
crosses() {
	local tables

	pipe '0 0' "dts-schema -g $src $(other_family) $1 | dts-apply -g $dst"
	pipe '0 0' "dts-dump -g $src ${readers:-} $1 | dts-apply -g $dst ${writers_option:-} --checkpoint=shop"
	identical "$1"
	sums "$src" "$1" >"$BATS_TEST_TMPDIR/source.sums"
	sums "$dst" "$1" >"$BATS_TEST_TMPDIR/target.sums"
	diff "$BATS_TEST_TMPDIR/source.sums" "$BATS_TEST_TMPDIR/target.sums"
	tables=$(wc -l <"$BATS_TEST_TMPDIR/source.sums")
	[ "$tables" -ge "$2" ] || { echo "only $tables tables" && false; }
	[ -n "$(other_family)" ] || same_rows "$src" "$dst" "$1"
}

# from_scratch DATABASE: not at the target; false where the source has it of the direction before.
from_scratch() {
	sql "$dst" "SET foreign_key_checks=0; DROP DATABASE IF EXISTS $1; DROP DATABASE IF EXISTS dts"
	[ "$src" != "${loaded:-}" ] || return
	sql "$src" "SET foreign_key_checks=0; DROP DATABASE IF EXISTS $1"
	loaded=$src
}

# unpacked FILE: of a name or of that with .gz.
unpacked() {
	if [ -f "$1" ]; then cat "$1"; else gzip -dc "$1.gz"; fi
}

load_zabbix() {
	local part

	# Its triggers are made by whoever installs it.
	sql "$src" 'SET GLOBAL log_bin_trust_function_creators=1; CREATE DATABASE zabbix CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
	unpacked "$ZABBIX_SQL/schema.sql" | client "$src" zabbix
	# A hundred thousand statements at once, instead of one round trip each.
	for part in images data; do
		{
			echo 'DELIMITER end_of_the_file'
			unpacked "$ZABBIX_SQL/$part.sql"
			printf '\nend_of_the_file\n'
		} | client "$src" --max-allowed-packet=1G zabbix
	done
}

@test "Zabbix's database, of some 170 tables" {
	local pair

	[ -d "${ZABBIX_SQL:-}" ] || skip "ZABBIX_SQL does not name the folder of Zabbix's schema.sql, images.sql and data.sql"
	for pair in "${directions[@]}"; do
		# shellcheck disable=SC2086 # two words
		live_setup $pair
		! from_scratch zabbix || load_zabbix
		crosses zabbix 170
	done
}

@test "sakila" {
	local pair

	[ -d "${SAKILA:-}" ] || skip "SAKILA does not name the folder of the sakila database (sakila-schema.sql, sakila-data.sql)"
	for pair in "${directions[@]}"; do
		# shellcheck disable=SC2086 # two words
		live_setup $pair
		! from_scratch sakila || {
			client "$src" <"$SAKILA/sakila-schema.sql"
			client "$src" <"$SAKILA/sakila-data.sql"
		}
		crosses sakila 16
	done
}
