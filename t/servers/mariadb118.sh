# shellcheck shell=sh
# MariaDB 11.8 or newer: that of DTS_TEST_MARIADBD=/path or of the machine's own
# packages when it is one, else Debian 13's (see unpack).
# shellcheck source=/dev/null
. "$here/mariadb.sh"

# new_enough PROGRAM
new_enough() {
	[ -n "$1" ] || return 1
	set -- "$("$1" --no-defaults --version 2>/dev/null |
		sed -n 's/.*Ver \([0-9]*\)\.\([0-9]*\)\..*MariaDB.*/\1 \2/p')"
	[ -n "$1" ] && [ "${1% *}" -ge 11 ] &&
		[ "$((${1% *} * 100 + ${1#* }))" -ge 1108 ]
}

kind_program() {
	for program in "$DTS_TEST_MARIADBD" \
		"$(PATH=$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec command -v mariadbd)"; do
		new_enough "$program" || continue
		echo "$program"
		return
	done
	root=$(sh "$here/unpack" trixie) && echo "$root/usr/sbin/mariadbd"
}
