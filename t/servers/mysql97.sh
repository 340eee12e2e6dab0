# shellcheck shell=sh
# Oracle MySQL 9.7 or newer: that of DTS_TEST_MYSQLD=/path or of the machine's
# own packages when it is one, else Debian sid's (see unpack).

# new_enough PROGRAM: MariaDB installs a mysqld too.
new_enough() {
	[ -n "$1" ] || return 1
	set -- "$("$1" --no-defaults --version 2>/dev/null | grep -v MariaDB |
		sed -n 's/.*Ver \([0-9]*\)\.\([0-9]*\)\..*/\1 \2/p')"
	[ -n "$1" ] && [ "$((${1% *} * 100 + ${1#* }))" -ge 907 ]
}

kind_program() {
	if [ -n "$DTS_TEST_MYSQLD" ] && ! new_enough "$DTS_TEST_MYSQLD"; then
		echo "server: '$DTS_TEST_MYSQLD' is no MySQL 9.7 or newer" >&2
		return 1
	fi
	for program in "$DTS_TEST_MYSQLD" \
		"$(PATH=$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec command -v mysqld)"; do
		new_enough "$program" || continue
		echo "$program"
		return
	done
	root=$(sh "$here/unpack" sid) && echo "$root/usr/sbin/mysqld"
}

kind_version() {
	"$(kind_program)" --no-defaults --version |
		sed 's/.*Ver \([^ ]*\).*/\1/'
}

# Where the messages, character sets and plugins are.
kind_home() {
	program=$(kind_program) || return 1
	home=$(dirname "$(dirname "$program")")
	echo "--basedir=$home"
	for dir in "$home/lib/mysql/plugin" "$home/lib/plugin"; do
		[ ! -d "$dir" ] || { echo "--plugin-dir=$dir"; break; }
	done
}

# kind_init DIR: makes DIR an initialised datadir with a passwordless root, of
# the socket and of the loopback.
kind_init() {
	dir=$1
	cat >"$dir.sql" <<-END
		CREATE USER root@'127.0.0.1' IDENTIFIED BY '';
		GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
		GRANT PROXY ON ''@'' TO root@'127.0.0.1' WITH GRANT OPTION;
	END
	set -- --no-defaults --initialize-insecure --datadir="$dir" --mysqlx=OFF \
		--innodb-redo-log-capacity=32M --init-file="$dir.sql"
	while IFS= read -r line; do
		set -- "$@" "$line"
	done <<-END
		$(kind_home)
	END
	[ "$(id -u)" -ne 0 ] || set -- "$@" --user=root
	"$(kind_program)" "$@" && [ -d "$dir/mysql" ] &&
		# Every server makes its own, or two copies were the same server.
		rm -f "$dir/auto.cnf" "$dir.sql"
}

kind_options() {
	number=$(printf '%s' "$1" | cksum | cut -d' ' -f1)
	kind_home || return 1
	cat <<-END
		--datadir=$1/data
		--socket=$(cat "$1/socket")
		--tmpdir=$1/tmp
		--pid-file=$1/pid
		--bind-address=127.0.0.1
		--mysqlx=OFF
		--secure-file-priv=
		--skip-name-resolve
		--server-id=$((number % 2000000000 + 1))
		--log-bin=bin
		--binlog-format=ROW
		--binlog-row-image=FULL
		--binlog-row-metadata=FULL
		--gtid-mode=ON
		--enforce-gtid-consistency=ON
		--sync-binlog=0
		--local-infile=1
		--max-allowed-packet=1G
		--character-set-server=utf8mb4
		--collation-server=utf8mb4_general_ci
		--innodb-buffer-pool-size=${DTS_SERVER_MEMORY:-256M}
		--innodb-flush-log-at-trx-commit=${DTS_SERVER_FLUSH:-2}
		--innodb-use-native-aio=0
		--innodb-redo-log-capacity=64M
		--table-open-cache=400
		--table-definition-cache=400
		--performance-schema-max-digest-length=0
		--performance-schema-digests-size=0
		--skip-replica-start
	END
}

# kind_ping DIR PID: whether this very server answers, not another one that
# still holds the socket.
kind_ping() {
	[ "$(cat "$1/pid" 2>/dev/null)" = "$2" ] &&
		mariadb-admin --no-defaults -uroot -S "$(cat "$1/socket")" ping \
			>/dev/null 2>&1
}
