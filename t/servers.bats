# The private servers that the other tests stand on.
load lib/dts

setup() {
	DTS_TEST_DIR=$(mktemp -d "${DTS_RUN_DIR:-/tmp}/dts-bats.XXXXXX")
	BASE=$DTS_TEST_DIR
	export DTS_TEST_DIR
}

teardown() {
	server stop-all
	rm -rf "$BASE"
}

alive() {
	# An init that collects nobody leaves zombies; those are dead.
	[ -d "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status"
}

@test "two servers at once share the option file and nothing else" {
	server start mariadb src &
	server start mariadb dst
	wait $!
	[ "$(grep -c '^\[dts-' "$(defaults)")" -eq 2 ]
	[ "$(sql src 'SELECT @@server_id')" != "$(sql dst 'SELECT @@server_id')" ]
	sql src 'CREATE DATABASE only_here'
	[ -z "$(sql dst "SHOW DATABASES LIKE 'only_here'")" ]
}

@test "a taken port is noticed and another one used" {
	server start mariadb src
	server start mariadb dst
	server stop dst
	cp "$DTS_TEST_DIR/src/port" "$DTS_TEST_DIR/dst/port"
	server restart dst
	[ "$(server port dst)" != "$(server port src)" ]
	[ "$(sql dst 'SELECT @@port')" = "$(server port dst)" ]
}

@test "a long directory still gets a socket that fits" {
	DTS_TEST_DIR=$DTS_TEST_DIR/$(printf 'x%.0s' {1..100})
	server start mariadb src
	[ "$(server socket src | wc -c)" -lt 100 ]
	[ "$(sql src 'SELECT 1')" = 1 ]
	socket=$(server socket src)
	server stop-all
	[ ! -e "$(dirname "$socket")" ]
}

@test "stop-all leaves no process and no file" {
	server start mariadb src
	server start mariadb dst
	pids="$(server pid src) $(server pid dst)"
	server stop-all
	for pid in $pids; do
		run ! alive "$pid"
	done
	[ -z "$(ls -A "$DTS_TEST_DIR" 2>/dev/null)" ]
}

@test "a process that only has the pid of a dead server is left alone" {
	server start mariadb src
	server kill src
	sleep 300 3>&- &
	echo "$! 1" >"$DTS_TEST_DIR/src/running"
	server stop src
	alive $!
	kill $!
}

# each_kind KIND VERSION-PATTERN: what a test of any kind stands on.
each_kind() {
	local pid

	kind_available "$1" || servers_or_skip
	run_tool 0 server start "$1" src --max-connections=66
	[ "$output" = "$DTS_TEST_DIR/my.cnf" ]
	[ -z "$stderr" ]
	grep -q '^\[dts-src\]$' "$output"
	[[ $(sql src 'SELECT VERSION()') =~ $2 ]]
	run_tool 0 sql src 'SELECT @@log_bin, @@binlog_format, @@binlog_row_image,
		@@binlog_row_metadata, @@local_infile, @@max_allowed_packet,
		@@collation_server, @@max_connections'
	[ "$output" = $'1\tROW\tFULL\tFULL\t1\t1073741824\tutf8mb4_general_ci\t66' ]
	# A character set that is not compiled in comes from the server's own files.
	[ "$(sql src "SELECT HEX(CONVERT(_utf8mb4 x'C4B1' USING latin5))")" = FD ]
	run_tool 0 client src -h 127.0.0.1 --protocol=tcp \
		-P "$(server port src)" -e 'SELECT @@bind_address'
	[ "$output" = 127.0.0.1 ]

	sql src 'CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY) ENGINE=InnoDB;
		INSERT INTO d.t VALUES (1)'
	server pause src
	run -124 timeout 1 mariadb --defaults-file="$(defaults)" \
		--defaults-group-suffix=-src -e 'SELECT 1'
	server continue src
	pid=$(server pid src)
	server kill src
	run ! alive "$pid"
	server restart src --max-connections=77
	[ "$(sql src 'SELECT a, @@max_connections FROM d.t')" = $'1\t77' ]
	pid=$(server pid src)
	server stop src
	run ! alive "$pid"
	run -1 server pid src
	server restart src
	[ "$(sql src 'SELECT a FROM d.t')" = 1 ]
	run_tool 1 server start "$1" other --no-such-option
	[[ $stderr == *"no-such-option"* ]]
}

@test "MariaDB: starts, is set up for row capture, killed, paused, restarted" {
	each_kind mariadb '^[1-9][0-9]+\..*MariaDB'
}

@test "MariaDB 11.8: starts, is set up for row capture, killed, paused, restarted" {
	each_kind mariadb118 '^(11\.([89]|[1-9][0-9])|1[2-9]\.[0-9]+)\..*MariaDB'
	run ! kind_is_mysql src
}

@test "MySQL 9.7: starts, is set up for row capture, killed, paused, restarted" {
	each_kind mysql97 '^(9\.([7-9]|[1-9][0-9])|[1-9][0-9]\.[0-9]+)\.[0-9]'
	kind_is_mysql src
	[ "$(sql src 'SELECT @@gtid_mode, @@enforce_gtid_consistency')" = $'ON\tON' ]
}

@test "two MySQL servers of one template are two servers" {
	kind_available mysql97 || servers_or_skip
	server start mysql97 src &
	server start mysql97 dst
	wait $!
	[ "$(sql src 'SELECT @@server_uuid')" != "$(sql dst 'SELECT @@server_uuid')" ]
	[ "$(sql src 'SELECT @@server_id')" != "$(sql dst 'SELECT @@server_id')" ]
	[ -z "$(sql src 'SELECT @@GLOBAL.gtid_executed')" ]
}

@test "the programs beside a server are of its release" {
	kind_available mysql97 || servers_or_skip
	read -r version program < <(server program mysql97)
	[[ $("$program" --version) == *"$version"* ]]
	case $program in
	*/root-sid/*) ;;
	*) skip "the machine has its own" ;;
	esac
	server start mysql97 src
	run_tool 0 "${program%/sbin/*}/bin/mysql" --defaults-file="$(defaults)" \
		--defaults-group-suffix=-src -BN -e 'SELECT VERSION()'
	[ "$output" = "$version" ]
}

@test "without a network a missing server is named, and nothing is left half" {
	run_tool 1 env DTS_CACHE="$DTS_TEST_DIR/cache" DTS_OFFLINE=1 \
		sh "$DTS_ROOT/t/servers/unpack" sid
	[ -z "$output" ]
	[ "$stderr" = "unpack: '$DTS_TEST_DIR/cache/root-sid' is not there, and DTS_OFFLINE=1" ]
	# A proxy that is nobody.
	run_tool 1 env DTS_CACHE="$DTS_TEST_DIR/cache" DTS_OFFLINE=0 \
		http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
		timeout 60 sh "$DTS_ROOT/t/servers/unpack" sid
	[ -z "$output" ]
	[[ $stderr == "unpack: downloading MySQL"*"unpack: cannot get MySQL"*"from Debian sid" ]]
	[ "$(ls "$DTS_TEST_DIR/cache")" = root-sid.lock ]
	rm -rf "$DTS_TEST_DIR/cache"
}

@test "mistakes are refused with a reason" {
	run_tool 1 server start nosuch src
	[ "$stderr" = "server: no such kind of server: 'nosuch'" ]
	run_tool 1 server start mariadb '../src'
	[ "$stderr" = "server: bad name '../src'" ]
	run_tool 1 server stop src
	[ "$stderr" = "server: no such server: 'src'" ]
	run_tool 1 server start mariadb src --no-such-option
	[[ $stderr == *"no-such-option"* ]]
	server start mariadb dst
	run_tool 1 server start mariadb dst
	[ "$stderr" = "server: 'dst' is running already" ]
}
