# shellcheck shell=sh
# The MariaDB of the machine's own packages; DTS_TEST_MARIADBD=/path names
# another. Each kind of server defines these five functions.

# Prints the server program.
kind_program() {
	if [ -n "$DTS_TEST_MARIADBD" ]; then
		echo "$DTS_TEST_MARIADBD"
		return
	fi
	# Not everybody has /usr/sbin in the path.
	PATH=$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec command -v mariadbd && return
	echo "server: no mariadbd found: run sh t/install check" >&2
	return 1
}

kind_version() {
	"$(kind_program)" --no-defaults --version |
		sed 's/.*Ver \([^ ]*\).*/\1/'
}

# kind_init DIR: makes DIR an initialised datadir with a passwordless root.
kind_init() {
	set -- "$1" --no-defaults --auth-root-authentication-method=normal \
		--skip-test-db --skip-name-resolve --datadir="$1"
	dir=$1
	shift
	[ "$(id -u)" -ne 0 ] || set -- "$@" --user=root --force
	program=$(kind_program) || return 1
	case $program in
	"$DTS_TEST_MARIADBD" | "$cache"/root-*) ;;
	*)
		mariadb-install-db "$@" && [ -d "$dir/mysql" ]
		return
		;;
	esac
	home=$(dirname "$(dirname "$program")")
	for script in "$home/bin/mariadb-install-db" "$home/scripts/mariadb-install-db"; do
		[ ! -x "$script" ] || break
	done
	"$script" "$@" --basedir="$home" && [ -d "$dir/mysql" ]
}

# kind_options DIR: prints the server's options, one a line.
kind_options() {
	number=$(printf '%s' "$1" | cksum | cut -d' ' -f1)
	cat <<-END
		--datadir=$1/data
		--socket=$(cat "$1/socket")
		--tmpdir=$1/tmp
		--pid-file=$1/pid
		--bind-address=127.0.0.1
		--skip-name-resolve
		--server-id=$((number % 2000000000 + 1))
		--log-bin=bin
		--binlog-format=ROW
		--binlog-row-image=FULL
		--binlog-row-metadata=FULL
		--sync-binlog=0
		--gtid-strict-mode=1
		--local-infile=1
		--max-allowed-packet=1G
		--character-set-server=utf8mb4
		--collation-server=utf8mb4_general_ci
		--innodb-buffer-pool-size=${DTS_SERVER_MEMORY:-256M}
		--innodb-flush-log-at-trx-commit=${DTS_SERVER_FLUSH:-2}
		--innodb-use-native-aio=0
		--performance-schema=0
		--skip-slave-start
	END
	# Its messages and character sets are not those of the machine.
	case $(kind_program) in
	"$cache"/root-*) echo "--basedir=$(dirname "$(dirname "$(kind_program)")")" ;;
	esac
}

# kind_ping DIR PID: whether this very server answers, not another one that
# still holds the socket.
kind_ping() {
	[ "$(cat "$1/pid" 2>/dev/null)" = "$2" ] &&
		mariadb-admin --no-defaults -uroot -S "$(cat "$1/socket")" ping \
			>/dev/null 2>&1
}
