#!/usr/bin/env bats
# How much memory the full phase takes: no more than 64 MiB, 8 MiB a worker and
# three times the largest record, and as much for few rows as for many.
# DTS_MEMORY_MB="60 120" is how many megabytes the rows of the two tables have;
# by hand: DTS_MEMORY_MB="100 1000". Both are more than the queue of chunks holds.
# shellcheck disable=SC2154 # set by run
load lib/dts

jobs=4

setup_file() {
	servers_up src dst
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	case $(<"$DTS_BUILD/flags") in
	*-fsanitize=*) skip "a sanitizer has memory of its own" ;;
	esac
	readers=-j$jobs writers=-j$jobs
	sql dst 'DROP DATABASE IF EXISTS m; DROP DATABASE IF EXISTS dts'
	sql src 'SET sql_log_bin=0; DROP DATABASE IF EXISTS m; CREATE DATABASE m'
}

# peaks WHAT: moves m, and sets dumped and applied to the KiB that the tools had at most.
peaks() {
	local dump="$BATS_TEST_TMPDIR/dump" apply="$BATS_TEST_TMPDIR/apply"

	sql dst 'DROP DATABASE IF EXISTS m; DROP DATABASE IF EXISTS dts'
	run_pipe '0 0' "dts-schema --defaults-file=$(defaults) -g src m | dts-apply --defaults-file=$(defaults) -g dst"
	run_pipe '0 0' "python3 $DTS_ROOT/t/lib/peak $dump dts-dump --defaults-file=$(defaults) -g src $readers m |
		python3 $DTS_ROOT/t/lib/peak $apply dts-apply --defaults-file=$(defaults) -g dst $writers --checkpoint=m"
	dumped=$(<"$dump") applied=$(<"$apply")
	echo "# $1: dts-dump $((dumped / 1024)) MiB, dts-apply $((applied / 1024)) MiB" | tee -a "${DTS_MEMORY_LOG:-/dev/null}"
}

# within LARGEST: the bound, with the bytes of the largest record.
within() {
	local bound=$(((64 + 8 * jobs) * 1024 + 3 * $1 / 1024))

	echo "at most $((bound / 1024)) MiB"
	[ "$dumped" -le "$bound" ] && [ "$applied" -le "$bound" ]
}

# rows TABLE MB: ordinary ones, of 250 bytes.
rows() {
	sql src "SET sql_log_bin=0;
		CREATE TABLE $1 (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, k int NOT NULL, c char(120) NOT NULL, note varchar(200), at datetime NOT NULL, KEY (k));
		INSERT INTO $1 (k, c, note, at) SELECT seq % 977, REPEAT(MD5(seq), 3), CONCAT('note ', REPEAT(MD5(seq + 1), 3)), '2024-01-01' + INTERVAL seq SECOND
			FROM seq_1_to_$(($2 * 4000))" m
}

@test "ordinary rows: within the bound, and the same for few and many" {
	sampled 2
	local small big few

	read -r small big <<<"${DTS_MEMORY_MB:-60 120}"
	rows t "$small"
	peaks "$small MB"
	within 1000
	few="$dumped $applied"
	sql src 'SET sql_log_bin=0; DROP TABLE t' m
	rows t "$big"
	peaks "$big MB"
	within 1000
	# A fifth and 4 MiB are chance: which buffers were large at the same time.
	[ "$dumped" -le $((${few% *} * 12 / 10 + 4096)) ] && [ "$applied" -le $((${few#* } * 12 / 10 + 4096)) ]
	[ "$(sql dst 'SELECT COUNT(*), SUM(CRC32(CONCAT(id, k, c, note, at))) FROM t' m)" = "$(sql src 'SELECT COUNT(*), SUM(CRC32(CONCAT(id, k, c, note, at))) FROM t' m)" ]
}

@test "many tables, and many columns: within the bound" {
	{
		echo 'SET sql_log_bin=0;'
		for i in {1..200}; do
			echo "CREATE TABLE t$i (id int PRIMARY KEY, $(printf 'c%s varchar(20), ' {1..60}) v int); INSERT INTO t$i (id, c1, c60) VALUES (1, 'a', 'b');"
		done
	} | client src m
	peaks "200 tables of 62 columns"
	within 2000
}

@test "large rows: three times the largest record" {
	sql src "SET sql_log_bin=0; CREATE TABLE t (id int PRIMARY KEY, b longblob); INSERT INTO t SELECT seq, REPEAT(CHAR(seq), 8000000) FROM seq_1_to_16" m
	peaks "16 rows of 8 MB"
	within 10666700
}
