#!/usr/bin/env bats
# A database that is being written to moves between the families, each way: MariaDB
# and MySQL as the source, and as the target. The sources log without the names of columns,
# as they do by default.
load lib/dts
load lib/live

directions=('mariadb mariadb118' 'mariadb118 mysql97' 'mysql97 mariadb' 'mysql97 mysql')

setup_file() {
	servers_up mariadb=mariadb mariadb118=mariadb118 mysql97=mysql97 mysql=mysql97 || return 0
	sql mariadb 'SET GLOBAL binlog_row_metadata=NO_LOG'
	sql mariadb118 'SET GLOBAL binlog_row_metadata=NO_LOG'
	sql mysql97 'SET GLOBAL binlog_row_metadata=MINIMAL'
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
}

teardown() {
	[ -z "${writers:-}" ] || stop_writers
}

# direction 'SRC DST'
direction() {
	# shellcheck disable=SC2086 # two words
	live_setup $1
	echo "# $src to $dst"
}

# Those that this run takes: by DTS_SEED two of the four, one within a family; all with DTS_SAMPLES=all.
some_directions() {
	local at=$(((DTS_SEED + BATS_TEST_NUMBER) % 2))

	if [ "${DTS_SAMPLES:-}" = all ] || [ -n "${DTS_ROUNDS:-}" ]; then
		taken=("${directions[@]}")
	else
		taken=("${directions[at]}" "${directions[at + 2]}")
	fi
}

@test "a migration under writers ends identical, in all four directions" {
	local pair round

	some_directions
	for pair in "${taken[@]}"; do
		direction "$pair"
		for ((round = 0; round < ${DTS_ROUNDS:-1}; round++)); do
			fresh_shop
			start_writers 2
			full_phase
			sql "$src" 'ALTER TABLE customers ADD COLUMN points int NOT NULL DEFAULT 10 AFTER name' shop
			sql "$src" 'ALTER TABLE orders RENAME COLUMN note TO remark' shop
			catch_up
			stop_writers
			catch_up
			identical
		done
		# Of one family the servers' own dump program shows the same.
		[ -n "$(other_family)" ] || same_rows "$src" "$dst" shop
	done
}

# Rentals and returns, without end.
sakila_writer() {
	local n=0

	while [ ! -e "$stop" ]; do
		n=$((n + 1))
		cat <<-END
			BEGIN;
			INSERT INTO rental (rental_date, inventory_id, customer_id, staff_id) VALUES (NOW() + INTERVAL $n SECOND, $((n % 4000 + 1)), $((n % 590 + 1)), $((n % 2 + 1)));
			INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date) VALUES ($((n % 590 + 1)), 1, LAST_INSERT_ID(), $((n % 9)).99, NOW());
			UPDATE inventory SET film_id = $((n % 1000 + 1)) WHERE inventory_id = $((n % 4000 + 1));
			COMMIT;
			UPDATE film SET special_features = 'Trailers,Commentaries', rating = 'NC-17', rental_rate = rental_rate + 0.01 WHERE film_id = $((n % 1000 + 1));
			UPDATE address SET phone = '$n' WHERE address_id = $((n % 600 + 1));
			DELETE FROM payment WHERE payment_id = $((n * 3));
			UPDATE actor SET last_name = CONCAT('É', last_update) WHERE actor_id = $((n % 200 + 1));
		END
	done
}

@test "sakila under a writer ends identical, in all four directions" {
	local pair round

	[ -d "${SAKILA:-}" ] || skip "SAKILA does not name the folder of the sakila database (sakila-schema.sql, sakila-data.sql)"
	some_directions
	for pair in "${taken[@]}"; do
		direction "$pair"
		for ((round = 0; round < ${DTS_ROUNDS:-1}; round++)); do
			sql "$dst" 'DROP DATABASE IF EXISTS sakila; DROP DATABASE IF EXISTS dts'
			sql "$src" 'DROP DATABASE IF EXISTS sakila'
			client "$src" <"$SAKILA/sakila-schema.sql"
			client "$src" <"$SAKILA/sakila-data.sql"
			rm -f "$stop"
			sakila_writer | client "$src" --force sakila >/dev/null 2>&1 3>&- &
			writers=($!)
			full_phase sakila
			catch_up sakila
			stop_writers
			catch_up sakila
			identical sakila
		done
	done
}

# The pipeline's own processes, the target and, with a new log file, the source take turns.
@test "tools, target and source killed at random under load: identical, nothing twice" {
	local pair round

	some_directions
	for pair in "${taken[@]}"; do
		direction "$pair"
		fresh_shop
		full_phase
		start_writers 2
		line=$(with_config "dts-binlog -g $src --follow --resume=shop@$dst | dts-filter --table='shop.*' | dts-apply -g $dst --checkpoint=shop")
		for ((round = 0; round < (DTS_KILLS + 3) / 4; round++)); do
			dts_retry_kill 2 100 1200 "$line"
			random 100 800
			setsid bash -c "$line" >>"$BATS_TEST_TMPDIR/kill.log" 2>&1 3>&- &
			leader=$!
			sleep "0.$(printf %03d "$REPLY")"
			server kill "$dst"
			wait_until 60 "[ -z \"\$(session_processes $leader)\" ]"
			wait "$leader" || :
			server restart "$dst" >/dev/null
			echo target >>"$BATS_TEST_TMPDIR/killed"
			if [ $((round % 3)) -eq 0 ]; then
				stop_writers
				sql "$src" 'FLUSH BINARY LOGS'
				server kill "$src"
				server restart "$src" >/dev/null
				echo source >>"$BATS_TEST_TMPDIR/killed"
				start_writers 2
			fi
		done
		run ! grep -E 'not at the target|Duplicate|refuses|behind checkpoint' "$BATS_TEST_TMPDIR/kill.log"
		stop_writers
		catch_up
		identical
		[ -n "$(other_family)" ] || same_rows "$src" "$dst" shop
	done
	echo "# killed: $(sort "$BATS_TEST_TMPDIR/killed" | uniq -c | xargs)" >&3
	[ "$(sort -u "$BATS_TEST_TMPDIR/killed" | xargs)" = "dts-apply dts-binlog dts-filter source target" ]
}
