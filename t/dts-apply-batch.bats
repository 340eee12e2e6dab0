# The quick way of making changes: units of many, folded and merged, end as the source stands, at each
# server; and what is not as it should be is left to the plain way, which names it.
# shellcheck disable=SC2154,SC2016
load lib/dts
load lib/streams

setup_file() { servers_up src=mariadb maria=mariadb new=mariadb118 my=mysql97 || return 0; }
teardown_file() { servers_down; }

setup() {
	unit_program batch || return 1
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	for server in src maria new my; do
		sql $server 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
	done
}

tool() { "$@" --defaults-file="$(defaults)"; }

# make SERVER WAY BYTES FILE
make() { timeout 100 "$DTS_BUILD/unit/batch" "$(defaults)" "$1" "$2" "$3" <"$4"; }

# random_log SEED TRANSACTIONS: what came of it in the file log
random_log() {
	sql src "RESET MASTER; SET sql_log_bin=0; $(cat "$BATS_TEST_DIRNAME/apply-batch.sql")" d
	(echo 'SET sql_log_bin=0;'; cat "$BATS_TEST_DIRNAME/apply-batch-source.sql") | client src d
	sql src "CALL history($2, $1)" d
	tool dts-binlog -g src --table='d.*' --start=oldest >log
	[ "$(grep -c '"op":"update"' log)" -gt 100 ]
}

at_target() { # SERVER: the tables
	sql "$1" 'DROP DATABASE d; CREATE DATABASE d'
	sql "$1" "$(cat "$BATS_TEST_DIRNAME/apply-batch.sql")" d
}

@test "random histories end as the source stands" {
	seed=${DTS_SEED:-1}
	echo "DTS_SEED=$seed"
	random_log "$seed" 400
	for server in $(drawn maria new my); do
		for bytes in 1 4000 100000 10000000; do
			at_target $server
			run make $server quick $bytes log
			echo "$server $bytes: $output"
			[ "$status" -eq 0 ]
			tool dts-verify -g src -G $server d
		done
	done
}

# behind SERVER STATEMENT MESSAGE: a unit of many changes over a row that someone else has changed is refused
# as a whole, and the row named.
behind() {
	sql "$1" "DROP TABLE IF EXISTS s; $table; $2" d
	before=$(sql "$1" 'SELECT * FROM s ORDER BY id' d)
	run -1 make "$1" quick 10000000 log
	# shellcheck disable=SC2053 # a pattern
	[[ $output == *"batch: plain: -:"*$3* ]] || { echo "$2: $output"; return 1; }
	[ "$(sql "$1" 'SELECT * FROM s ORDER BY id' d)" = "$before" ] || { echo "$2: $1 has changed"; return 1; }
}

@test "what someone else changed is noticed and named" {
	table='CREATE TABLE s (id int PRIMARY KEY, v varchar(10), n int, u int UNIQUE)
		; INSERT INTO s WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 40) SELECT i, CONCAT("v", i), NULLIF(i % 5, 0), i * 10 FROM r'
	sql src "RESET MASTER; SET sql_log_bin=0; $table" d
	sql src 'BEGIN; UPDATE s SET n = 7 WHERE id <= 10; DELETE FROM s WHERE id BETWEEN 11 AND 20
		; INSERT INTO s SELECT id + 40, v, n, u + 1000 FROM s WHERE id > 30; UPDATE s SET n = n + 1, v = "a" WHERE id < 5
		; UPDATE s SET n = n + 1 WHERE id BETWEEN 21 AND 29; UPDATE s SET n = n - 1 WHERE id BETWEEN 21 AND 29
		; INSERT INTO s SELECT id + 100, v, n, u + 2000 FROM s WHERE id > 30; DELETE FROM s WHERE id > 100; COMMIT' d
	tool dts-binlog -g src --table='d.*' --start=oldest >log
	for server in $(drawn maria new my); do
		sql $server "DROP TABLE IF EXISTS s; $table" d
		run make $server quick 10000000 log
		[[ $output == *'1 units, 0 repeated' ]] || { echo "$output"; return 1; }
		tool dts-verify -g src -G $server d
		for id in 3 15 24; do
			# What differs is for dts-apply to tell: t/dts-apply.bats.
			for change in "DELETE FROM s WHERE id=$id" "UPDATE s SET n=77 WHERE id=$id" "UPDATE s SET n=IF(n IS NULL, 5, NULL) WHERE id=$id" \
				"UPDATE s SET v=UPPER(v) WHERE id=$id" "UPDATE s SET v=CONCAT(v, ' ') WHERE id=$id"; do
				behind $server "$change" "the row is not at the target; statement: "*"WHERE \`id\`=$id AND "
			done
		done
		for id in 75 135; do
			behind $server "INSERT INTO s VALUES ($id, 'v', 1, 5)" 'Duplicate entry '
			behind $server "INSERT INTO s VALUES (500, 'v', 1, ($id - 40) % 60 * 10 + IF($id > 100, 2000, 1000))" 'Duplicate entry '
		done
	done
}

@test "keys of many types, and values that are too long to compare" {
	sql src "RESET MASTER; SET sql_log_bin=0; $(cat "$BATS_TEST_DIRNAME/apply-batch-keys.sql")" d
	sql src "$(cat "$BATS_TEST_DIRNAME/apply-batch-keys-source.sql")" d
	tool dts-binlog -g src --table='d.*' --start=oldest >log
	for server in $(drawn maria new my); do
		for bytes in 1 10000000; do
			sql $server 'DROP DATABASE d; CREATE DATABASE d'
			sql $server "$(cat "$BATS_TEST_DIRNAME/apply-batch-keys.sql")" d
			run make $server quick $bytes log
			[[ $output == *' units, 0 repeated' ]] || { echo "$server: $output"; return 1; }
			tool dts-verify -g src -G $server d
		done
	done
}
