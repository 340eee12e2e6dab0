# shellcheck shell=bash
# Migrations of a database that is being written to, for pipeline-*.bats.

# live_setup SRC DST: the servers of the test.
live_setup() {
	export CONFIG
	CONFIG=$(defaults)
	src=$1
	dst=$2
	stop=$BATS_TEST_TMPDIR/stop
	writers=()
}

# The demo's shop on the source, nothing at the target.
fresh_shop() {
	sql "$dst" 'DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS dts'
	sql "$src" 'DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS dts'
	client "$src" <"$DTS_ROOT/t/shop/schema.sql"
	{ echo 'SET @scale = 0.2;'; cat "$DTS_ROOT/t/shop/rows.sql"; } | client "$src"
}

# start_writers COUNT [PAUSE]: PAUSE are seconds behind each transaction, so that there are some hundred a second
# of each writer; with DTS_SAMPLES=all as many as they can.
start_writers() {
	local i pause=${2:-0.003}

	[ "${DTS_SAMPLES:-}" != all ] || pause=0
	rm -f "$stop"
	for ((i = 1; i <= $1; i++)); do
		sh "$DTS_ROOT/t/shop/writer" "$((DTS_SEED + BATS_TEST_NUMBER * 10 + i))" "$stop" "$pause" |
			client "$src" --force shop >/dev/null 2>&1 3>&- &
		writers+=($!)
	done
}

stop_writers() {
	touch "$stop"
	[ "${#writers[@]}" -eq 0 ] || wait "${writers[@]}" || :
	writers=()
}

# pipe STATUSES 'a | b': run_pipe with the option file put in.
pipe() {
	run_pipe "$1" "$(printf '%s\n' "$2" | sed "s#\\(dts-[a-z]*\\) -g#\\1 --defaults-file=$CONFIG -g#g")"
}

with_config() {
	printf '%s\n' "$1" | sed "s#\\(dts-[a-z]*\\) -g#\\1 --defaults-file=$CONFIG -g#g"
}

# The word for the target's family where that is another one than the source's.
other_family() {
	local from=mariadb to=mariadb

	! kind_is_mysql "$src" || from=mysql
	! kind_is_mysql "$dst" || to=mysql
	[ "$from" = "$to" ] || echo "--for=$to"
}

# full_phase [DATABASE]
full_phase() {
	pipe '0 0' "dts-schema -g $src $(other_family) ${1:-shop} | dts-apply -g $dst"
	pipe '0 0' "dts-dump -g $src ${1:-shop} | dts-apply -g $dst --checkpoint=shop"
}

# catch_up [DATABASE]: applies what the log holds by now.
catch_up() {
	pipe '0 0 0' "dts-binlog -g $src --resume=shop@$dst | dts-filter --table='${1:-shop}.*' | dts-apply -g $dst --checkpoint=shop"
}

# identical [DATABASE]
identical() {
	run_tool 0 dts-verify --defaults-file="$CONFIG" -g "$src" -G "$dst" "${1:-shop}" || {
		head -c 2000 <<<"$output"
		return 1
	}
}
