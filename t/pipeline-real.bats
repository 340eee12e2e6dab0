#!/usr/bin/env bats
# Databases of other people move in stages in all four directions: all rows arrive as they
# were, and views, routines and triggers do what they did. $ZABBIX_SQL is a directory with schema.sql, images.sql and data.sql of
# Zabbix (or .sql.gz, as Debian's package zabbix-server-mysql has them), $SAKILA
# one with sakila-schema.sql and sakila-data.sql.
# shellcheck disable=SC2154 # set by live_setup and run
load lib/dts
load lib/live

directions=('mariadb mariadb118' 'mariadb118 mysql97' 'mysql97 mariadb' 'mysql97 mysql')

setup_file() {
	local name

	[ -d "${ZABBIX_SQL:-}" ] || [ -d "${SAKILA:-}" ] || return 0
	servers_up mariadb=mariadb mariadb118=mariadb118 mysql97=mysql97 mysql=mysql97 || return 0
	# Their triggers and functions are made by whoever installs them.
	for name in mariadb mariadb118 mysql97 mysql; do
		sql "$name" 'SET GLOBAL log_bin_trust_function_creators=1'
	done
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

# stage NAME DATABASE
stage() {
	pipe '0 0' "dts-schema -g $src $(other_family) --stage=$1 $2 | dts-apply -g $dst ${writers_option:-}"
}

# crosses DATABASE TABLES: what the source has of it arrives, and has so many tables.
crosses() {
	local tables

	stage pre "$1"
	pipe '0 0' "dts-dump -g $src ${readers:-} $1 | dts-apply -g $dst ${writers_option:-} --checkpoint=shop"
	stage post "$1"
	stage final "$1"
	identical "$1"
	pipe 0 "dts-schema -g $src --diff -G $dst $1"
	[ "${#lines[@]}" -eq 2 ]
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

	sql "$src" 'CREATE DATABASE zabbix CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
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

# Its views, functions, procedures and triggers, on the day of its last rental.
use_sakila() {
	client "$1" sakila <<-'SQL'
		SET timestamp=1139932800, time_zone='+00:00';
		SELECT actor_id, first_name, CRC32(film_info) FROM actor_info WHERE actor_id < 60 ORDER BY 1;
		SELECT COUNT(*), SUM(CRC32(CONCAT_WS(',', id, name, `zip code`, phone, city, country, notes, sid))) FROM customer_list;
		SELECT fid, title, category, price, length, rating, LENGTH(actors) FROM film_list WHERE fid < 60 ORDER BY fid;
		SELECT fid, LENGTH(actors) FROM nicer_but_slower_film_list WHERE fid < 60 ORDER BY fid;
		SELECT * FROM sales_by_film_category ORDER BY 1;
		SELECT * FROM sales_by_store ORDER BY 1;
		SELECT id, name, phone, city FROM staff_list ORDER BY 1;
		SELECT customer_id, get_customer_balance(customer_id, NOW()) FROM customer WHERE customer_id < 30 ORDER BY 1;
		SELECT inventory_id, inventory_in_stock(inventory_id), inventory_held_by_customer(inventory_id) FROM inventory WHERE inventory_id < 30 ORDER BY 1;
		CALL film_in_stock(1, 1, @n);
		CALL film_not_in_stock(2, 2, @m);
		SELECT @n, @m;
		CALL rewards_report(7, 20.00, @n);
		SELECT @n;
		INSERT INTO film (film_id, title, description, language_id) VALUES (2000, 'NEW', 'a new one', 1);
		UPDATE film SET title = 'NEWER', description = 'another' WHERE film_id = 2000;
		SELECT * FROM film_text WHERE film_id = 2000;
		SELECT film_id FROM film_text WHERE MATCH (title, description) AGAINST ('newer') ORDER BY 1;
		DELETE FROM film WHERE film_id = 2000;
		SELECT COUNT(*) FROM film_text WHERE film_id = 2000;
		INSERT INTO customer (customer_id, store_id, first_name, last_name, address_id, create_date) VALUES (2000, 1, 'A', 'B', 1, '2000-01-01');
		SELECT create_date FROM customer WHERE customer_id = 2000;
		INSERT INTO rental (rental_id, rental_date, inventory_id, customer_id, staff_id) VALUES (20000, '2000-01-01', 1, 1, 1);
		SELECT rental_date FROM rental WHERE rental_id = 20000;
	SQL
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
			# Or a server without statistics takes a minute for some of its views.
			sql "$src" 'ANALYZE TABLE film, actor, film_actor, film_category, category, inventory, rental, payment, customer, address' sakila >/dev/null
		}
		crosses sakila 16
		use_sakila "$src" >"$BATS_TEST_TMPDIR/source.used"
		use_sakila "$dst" >"$BATS_TEST_TMPDIR/target.used"
		diff "$BATS_TEST_TMPDIR/source.used" "$BATS_TEST_TMPDIR/target.used"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/source.used")" -gt 200 ]
		# For the next direction from here.
		loaded=
	done
}
