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
	for server in maria new my; do
		for bytes in 1 4000 100000 10000000; do
			at_target $server
			run make $server quick $bytes log
			echo "$server $bytes: $output"
			[ "$status" -eq 0 ]
			tool dts-verify -g src -G $server d
		done
	done
}
