#!/usr/bin/env bats
# Starts and stops by time, in the log of a server and in its files.
load lib/dts

kinds=(mariadb mysql97)

setup_file() {
	servers_up mariadb=mariadb mysql97=mysql97 || return 0
	local kind i t

	for kind in "${kinds[@]}"; do
		sql "$kind" 'CREATE DATABASE b; CREATE TABLE b.t (id INT PRIMARY KEY)'
	done
	# Each a second of its own, in four files.
	for i in 1 2 3 4 5 6; do
		t=$(date +%s)
		wait_until 5 "[ \$(date +%s) -gt $t ]"
		for kind in "${kinds[@]}"; do
			sql "$kind" "INSERT INTO b.t VALUES ($i)"
			[ $((i % 2)) -eq 0 ] || sql "$kind" 'FLUSH BINARY LOGS'
		done
	done
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	config=$(defaults)
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	[ -z "${follower:-}" ] || kill "$follower" 2>/dev/null || :
}

# ids [OPTION...]: of the rows that came in.
ids() {
	dts-binlog --defaults-file="$config" -g "$@" b.t >records || return
	[ "$(jq -r .op records | sed -n 1p)" = stream ]
	[ "$(jq -r .op records | tail -n 1)" = end ]
	jq -r 'select(.op == "insert").after.id' records | xargs
}

@test "the first transaction that began then or later is the start, or the end" {
	local kind dir times

	for kind in "${kinds[@]}"; do
		echo "# $kind"
		dir=$(dirname "$(sql "$kind" 'SELECT @@log_bin_basename')")/
		[ "$(ids "$kind")" = '1 2 3 4 5 6' ]
		mapfile -t times < <(jq -r 'select(.op == "begin").time' records)
		jq -r 'select(.op == "begin").pos | "\(.file):\(.offset)"' records >begins
		for from in '' "$dir"; do
			# shellcheck disable=SC2086 # an operand or none
			{
				[ "$(ids "$kind" $from --start-time="${times[3]}")" = '2 3 4 5 6' ]
				[ "$(ids "$kind" $from --start-time="${times[4]}" --stop-time="${times[6]}")" = '3 4' ]
				[ "$(ids "$kind" $from --stop-time="${times[5]}")" = '1 2 3' ]
				[ "$(jq -r 'select(.op == "end").pos | "\(.file):\(.offset)"' records)" = "$(sed -n 6p begins)" ]
				[ "$(ids "$kind" $from --start-time="${times[7]}")" = 6 ]
				# The stream begins where the first of them does.
				[ "$(jq -c 'select(.op == "stream").pos | [.file, .offset]' records)" = "$(jq -c 'select(.op == "begin").pos | [.file, .offset]' records)" ]
				[ "$(ids "$kind" $from --start-time=1999-12-31)" = '1 2 3 4 5 6' ]
				[ -z "$(ids "$kind" $from --stop-time=1999-12-31)" ]
				# Nothing is that late: a stream of nothing, which stands at the end.
				[ -z "$(ids "$kind" $from --start-time=2105-01-01)" ]
				[ "$(jq -c 'select(.op == "end").pos | [.file, .offset]' records)" = "$(dts-binlog --defaults-file="$config" -g "$kind" --start=now | jq -c 'select(.op == "end").pos | [.file, .offset]')" ]
			}
		done
		# In words of any zone.
		[ "$(TZ=Asia/Tokyo ids "$kind" --start-time="$(TZ=Asia/Tokyo date -d "${times[5]}" '+%F %T')" --stop-time="$(date -d "${times[6]}" -u '+%FT%TZ')")" = 4 ]
		[ "$(TZ=America/New_York ids "$kind" --start-time="$(TZ=America/New_York date -d "${times[6]}" '+%FT%T')")" = '5 6' ]
	done
}

@test "--follow waits for its time" {
	local kind at

	for kind in "${kinds[@]}"; do
		at=$(($(date +%s) + 2))
		dts-binlog --defaults-file="$config" -g "$kind" --follow --start-time="$(date -u -d "@$at" '+%FT%TZ')" --stop-time="$(date -u -d "@$((at + 2))" '+%FT%TZ')" b.t >followed 3>&- &
		follower=$!
		sql "$kind" 'INSERT INTO b.t VALUES (100)'
		wait_until 10 "[ \$(date +%s) -ge $at ]"
		sql "$kind" 'INSERT INTO b.t VALUES (101)'
		wait_until 10 "grep -q '\"id\":101' followed"
		wait_until 10 "[ \$(date +%s) -gt $((at + 2)) ]"
		sql "$kind" 'INSERT INTO b.t VALUES (102)'
		wait "$follower"
		[ "$(jq -r 'select(.op == "insert").after.id' followed)" = 101 ]
		sql "$kind" 'DELETE FROM b.t WHERE id >= 100'
	done
}

@test "what is no time is a usage error" {
	local time

	for time in '' now 25:00 10 2026-13-01 2026-02-30 2026-01-31T10 '2026-01-31 10:31 ' 2026-01-31Z 10:31Z 1969-01-01 2026-01-31T10:31:00+99:00; do
		run_tool 2 dts-binlog -g mariadb --start-time="$time"
		[[ $stderr == "dts-binlog: --start-time: '$time' is no time"*hint:* ]]
		run_tool 2 dts-binlog -g mariadb --stop-time="$time"
	done
	run_tool 2 dts-binlog -g mariadb --start-time=10:31 --start=oldest
}
