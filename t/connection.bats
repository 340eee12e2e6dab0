# How the tools connect: option files, passwords, TLS. dts-schema stands for all.
# shellcheck disable=SC2154,SC2030,SC2031 # set by run; each test is its own process
load lib/dts

setup_file() {
	servers_up src
	sql src "CREATE DATABASE d; CREATE USER u@'%' IDENTIFIED BY 'secret word'; GRANT SELECT ON d.* TO u@'%'"
}
teardown_file() { servers_down; }

# Connects with these options; the tool's output is of no interest.
connect() {
	dts-schema "$@" d >"$BATS_TEST_TMPDIR/out"
}

@test "a group that no option file has is an error, not another server" {
	run_tool 2 connect --defaults-file="$(defaults)" -g nope
	[ "$stderr" = "dts-schema: no option file has a section [dts-nope]
dts-schema: hint: looked in $(defaults)" ]
	run_tool 2 connect --defaults-file=/nonexistent -g src
	[ "$stderr" = "dts-schema: cannot read '/nonexistent': No such file or directory" ]
}

@test "an option file of this directory, by its bare name" {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf '[dts-here]\nuser=u\npassword=wrong\nsocket=%s\n' "$(server socket src)" >here.cnf
	cp here.cnf plain
	for file in here.cnf plain ./plain; do
		run_tool 4 connect --defaults-file="$file" -g here
		[[ "$stderr" == *"Access denied for user 'u'"* ]]
	done
}

@test "option files: the one in the home directory, includes, [client]" {
	mkdir -p "$BATS_TEST_TMPDIR/home" "$BATS_TEST_TMPDIR/more"
	printf '[other]\nhost=nowhere\n[client]\nuser = root\n!includedir %s\n' "$BATS_TEST_TMPDIR/more" >"$BATS_TEST_TMPDIR/home/.my.cnf"
	printf '[dts-far]\nsocket="%s"\n' "$(server socket src)" >"$BATS_TEST_TMPDIR/more/a.cnf"
	printf '[dts-not]\nsocket=/nowhere\n' >"$BATS_TEST_TMPDIR/more/b.txt"
	HOME=$BATS_TEST_TMPDIR/home run_tool 0 connect -g far
	HOME=$BATS_TEST_TMPDIR/home run_tool 2 connect -g not
	HOME=$BATS_TEST_TMPDIR/home run_tool 0 connect -S "$(server socket src)"
}

@test "a server that is not there is 75, one that refuses 4" {
	run_tool 75 connect --defaults-file=/dev/null -S /nonexistent
	[[ $stderr == "dts-schema: cannot connect to '/nonexistent': "* ]]
	run_tool 75 connect --defaults-file=/dev/null -h 127.0.0.1 -P 1
	[[ $stderr == "dts-schema: cannot connect to '127.0.0.1:1': "* ]]
	run_tool 4 connect --defaults-file="$(defaults)" -g src -u nobody
	[[ $stderr == "dts-schema: cannot connect to 'src': Access denied"* ]]
}

@test "a port alone is a port of this machine, not the default socket" {
	run_tool 0 connect --defaults-file=/dev/null -u root -P "$(server port src)"
	run_tool 2 connect --defaults-file=/dev/null -P 70000
	run_tool 2 connect --defaults-file=/dev/null -h db1 -S /tmp/x
}

@test "passwords from a file and the environment; never from the command line" {
	printf 'secret word\nnot this\n' >"$BATS_TEST_TMPDIR/password"
	run_tool 0 connect --defaults-file="$(defaults)" -g src -u u --password-file="$BATS_TEST_TMPDIR/password"
	MYSQL_PWD='secret word' run_tool 0 connect --defaults-file="$(defaults)" -g src -u u
	run_tool 4 connect --defaults-file="$(defaults)" -g src -u u
	run_tool 2 connect --defaults-file="$(defaults)" -g src -u u --password-file=/nonexistent
	[ "$stderr" = "dts-schema: cannot read a password from '/nonexistent': No such file or directory" ]
	: >"$BATS_TEST_TMPDIR/password"
	run_tool 2 connect --defaults-file="$(defaults)" -g src -u u --password-file="$BATS_TEST_TMPDIR/password"
	run_tool 2 connect --defaults-file="$(defaults)" -g src --password=secret
}

@test "TLS: what --ssl-mode promises is kept" {
	local dir=$BATS_TEST_TMPDIR tls

	command -v openssl >/dev/null || skip_loudly 'openssl is missing'
	for ca in ca other; do
		openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/$ca.key" -out "$dir/$ca.pem" -subj "/CN=$ca" -days 2 2>/dev/null
	done
	printf 'subjectAltName=IP:127.0.0.1\n' >"$dir/names"
	openssl req -newkey rsa:2048 -nodes -keyout "$dir/s.key" -out "$dir/s.csr" -subj /CN=db1 2>/dev/null
	openssl x509 -req -in "$dir/s.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -out "$dir/s.pem" -days 2 -extfile "$dir/names" 2>/dev/null
	openssl x509 -req -in "$dir/s.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -out "$dir/noname.pem" -days 2 2>/dev/null
	chmod -R a+rX "$dir" "$BATS_RUN_TMPDIR"
	servers_up tls -- --ssl-ca="$dir/ca.pem" --ssl-cert="$dir/s.pem" --ssl-key="$dir/s.key"
	servers_up noname -- --ssl-ca="$dir/ca.pem" --ssl-cert="$dir/noname.pem" --ssl-key="$dir/s.key"
	for tls in tls noname; do
		sql "$tls" "CREATE DATABASE d; CREATE USER s@'%' REQUIRE SSL; GRANT SELECT ON d.* TO s@'%'"
	done
	to() {
		connect --defaults-file=/dev/null -u "$1" -h 127.0.0.1 -P "$(server port "$2")" "${@:3}"
	}
	run_tool 0 to s tls # preferred, on this machine
	run_tool 4 to s tls --ssl-mode=disabled
	run_tool 0 to s tls --ssl-mode=required
	run_tool 4 to root src --ssl-mode=required
	[[ $stderr == *"cannot connect to '127.0.0.1:"*'hint: the server offers no TLS'* ]]
	run_tool 0 to s tls --ssl-mode=verify-ca --ssl-ca="$dir/ca.pem"
	run_tool 4 to s tls --ssl-mode=verify-ca --ssl-ca="$dir/other.pem"
	run_tool 4 to root src --ssl-mode=verify-ca --ssl-ca="$dir/ca.pem"
	run_tool 2 to s tls --ssl-mode=verify-ca
	run_tool 0 to s tls --ssl-mode=verify-identity --ssl-ca="$dir/ca.pem"
	run_tool 4 to s tls --ssl-mode=verify-identity --ssl-ca="$dir/other.pem"
	if client_is_oracles; then # which does not know the system's authorities
		run_tool 2 to s tls --ssl-mode=verify-identity
		[[ $stderr == *"needs --ssl-ca"*'hint: '* ]]
	else
		run_tool 4 to s tls --ssl-mode=verify-identity
	fi
	run_tool 4 to root src --ssl-mode=verify-identity --ssl-ca="$dir/ca.pem"
	run_tool 0 to s noname --ssl-mode=verify-ca --ssl-ca="$dir/ca.pem"
	run_tool 4 to s noname --ssl-mode=verify-identity --ssl-ca="$dir/ca.pem"
	run_tool 2 to s tls --ssl-mode=sometimes
	printf '[client]\nskip-ssl-verify-server-cert\n' >"$dir/off.cnf"
	run_tool 2 connect --defaults-file="$dir/off.cnf" -u s -h 127.0.0.1 -P "$(server port tls)" --ssl-mode=verify-identity --ssl-ca="$dir/ca.pem"
}

# --- what a server may say no to: its status, its words and what to do about it

# says STATUS WORDS HINT COMMAND...: the command ends so; no secret is on its line.
says() {
	run_tool "$1" "${@:4}" || return 1
	[[ $stderr == *"$2"*'hint: '*"$3"* ]] && return
	echo "wanted '$2' and the hint '$3': ${*:4}"
	echo "got: $stderr"
	return 1
}

# tool TOOL SERVER ACCOUNT...: as this account over TCP, with the password that it has.
tool() {
	"$1" --defaults-file=/dev/null -h 127.0.0.1 -P "$(server port "$2")" -u "$3" --password-file="$BATS_FILE_TMPDIR/password" "${@:4}"
}

accounts_up() {
	printf 'secret word\n' >"$BATS_FILE_TMPDIR/password"
	printf 'secret world\n' >"$BATS_FILE_TMPDIR/wrong"
	sql "$1" "CREATE DATABASE IF NOT EXISTS d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1);
		CREATE USER none@'%' IDENTIFIED BY 'secret word', full@'%' IDENTIFIED BY 'secret word', elsewhere@'192.0.2.1' IDENTIFIED BY 'secret word',
			monitor@'%' IDENTIFIED BY 'secret word', replica@'%' IDENTIFIED BY 'secret word', one@'%' IDENTIFIED BY 'secret word',
			reader@'%' IDENTIFIED BY 'secret word', marks@'%' IDENTIFIED BY 'secret word';
		CREATE USER tls@'%' IDENTIFIED BY 'secret word' REQUIRE SSL; CREATE USER old@'%' IDENTIFIED BY 'secret word' PASSWORD EXPIRE;
		CREATE USER locked@'%' IDENTIFIED BY 'secret word' ACCOUNT LOCK;
		GRANT ALL ON *.* TO full@'%'; GRANT SELECT ON d.* TO reader@'%', marks@'%', tls@'%'; GRANT SELECT (id) ON d.t TO one@'%';
		GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON dts.* TO marks@'%';
		GRANT $2 ON *.* TO monitor@'%'; GRANT REPLICATION SLAVE ON *.* TO replica@'%'; CREATE DATABASE dts"
}

# check_refusals SERVER PRIVILEGE-TO-MONITOR
check_refusals() {
	local s=$1 monitor=$2 wrong=$BATS_FILE_TMPDIR/wrong new

	accounts_up "$@"
	# logging in
	says 4 'Access denied' 'check the account' dts-schema --defaults-file=/dev/null -h 127.0.0.1 -P "$(server port "$s")" \
		-u full --password-file="$wrong" d
	says 4 'Access denied' 'no password was given' dts-schema --defaults-file=/dev/null -h 127.0.0.1 -P "$(server port "$s")" -u full d
	says 4 'Access denied' 'check the account' tool dts-schema "$s" nobody d
	says 4 'Access denied' 'check the account' tool dts-schema "$s" elsewhere d
	says 4 "cannot connect to '127.0.0.1:" '--ssl-mode=required' tool dts-schema "$s" tls --ssl-mode=disabled d
	says 4 '' 'new password with ALTER USER' tool dts-schema "$s" old d
	says 4 'locked' 'ACCOUNT UNLOCK' tool dts-schema "$s" locked d
	says 4 'Access denied' 'no privilege on that database' tool dts-schema "$s" none -D d d
	# reading the log
	says 4 "$monitor" "$monitor" tool dts-binlog "$s" none --start=oldest
	says 4 "$monitor" "$monitor" tool dts-binlog "$s" replica --start=oldest
	says 4 'REPLICATION SLAVE' 'GRANT' tool dts-binlog "$s" monitor --start=oldest
	# dumping
	says 4 "nothing on server" 'what this account may see' tool dts-dump "$s" none d
	says 4 "may not read all of it" 'grant SELECT on the whole table' tool dts-dump "$s" one d
	# applying
	tool dts-dump "$s" full d >"$BATS_TEST_TMPDIR/dump"
	says 4 'denied' '' tool dts-apply "$s" reader --checkpoint=x "$BATS_TEST_TMPDIR/dump"
	says 4 'not empty' 'empty it' tool dts-apply "$s" full --checkpoint=x "$BATS_TEST_TMPDIR/dump"
	sql "$s" 'DELETE FROM d.t'
	says 4 'denied' 'GRANT' tool dts-apply "$s" marks --checkpoint=y "$BATS_TEST_TMPDIR/dump"
	# a position that is gone
	sql "$s" 'FLUSH BINARY LOGS'
	new=$(sql "$s" 'SHOW BINARY LOGS' | tail -n 1 | cut -f1)
	wait_until 10 "sql $s \"PURGE BINARY LOGS TO '$new'\"; [ \"\$(sql $s 'SHOW BINARY LOGS' | wc -l)\" -eq 1 ]"
	says 6 "bin.000001" "$new:4" tool dts-binlog "$s" full --start-position=bin.000001:4
}

@test "what a MariaDB server refuses" {
	check_refusals src 'BINLOG MONITOR'
}

@test "what a MySQL server refuses" {
	servers_up my=mysql97
	check_refusals my 'REPLICATION CLIENT'
	# the SHA-2 passwords: over TLS, or not at all, or with the server's key where the client asks for it
	sql my 'FLUSH PRIVILEGES' # nobody is remembered
	run tool dts-schema my reader --ssl-mode=disabled d
	if [ "$status" -ne 0 ]; then
		says 4 'secure connection' '--ssl-mode=required' tool dts-schema my reader --ssl-mode=disabled d
	fi
	run_tool 0 tool dts-schema my reader d
}

# A server without a log, or without GTIDs, that is asked for one.
@test "servers that are no source" {
	servers_up nolog -- --skip-log-bin
	says 4 'writes no binary log' 'set log_bin' dts-binlog --defaults-file="$(defaults)" -g nolog --start=oldest
}

@test "MySQL servers that are no source" {
	servers_up mynolog=mysql97 -- --skip-log-bin
	says 4 'writes no binary log' 'set log_bin' dts-binlog --defaults-file="$(defaults)" -g mynolog --start=oldest
	servers_up nogtid=mysql97 -- --gtid-mode=OFF --enforce-gtid-consistency=OFF
	says 4 'gtid_mode' 'gtid_mode=ON' dts-binlog --defaults-file="$(defaults)" -g nogtid --start-gtid="$(sql nogtid 'SELECT @@server_uuid'):1"
}

# certificate NAME SUBJECT-ALTERNATIVE [OPTION...]: signed by $cert_dir/ca.pem.
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$cert_dir/$1.key" -out "$cert_dir/$1.csr" -subj /CN=db1 2>/dev/null &&
		printf '%s\n' "$2" >"$cert_dir/names" &&
		openssl x509 -req -in "$cert_dir/$1.csr" -CA "$cert_dir/ca.pem" -CAkey "$cert_dir/ca.key" -CAcreateserial -out "$cert_dir/$1.pem" \
			-extfile "$cert_dir/names" "${@:3}" 2>/dev/null
}

# One that is valid for some seconds: a server does not take one that no longer is.
brief_certificate() {
	mkdir "$cert_dir/ca.d"
	: >"$cert_dir/ca.d/index"
	echo 77 >"$cert_dir/ca.d/serial"
	printf '%s\n' '[ca]' 'default_ca=x' '[x]' "database=$cert_dir/ca.d/index" "serial=$cert_dir/ca.d/serial" "new_certs_dir=$cert_dir/ca.d" \
		"certificate=$cert_dir/ca.pem" "private_key=$cert_dir/ca.key" default_md=sha256 policy=p '[p]' commonName=supplied >"$cert_dir/ca.cnf"
	openssl req -newkey rsa:2048 -nodes -keyout "$cert_dir/brief.key" -out "$cert_dir/brief.csr" -subj /CN=db1 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1\n' >"$cert_dir/names"
	openssl ca -batch -config "$cert_dir/ca.cnf" -in "$cert_dir/brief.csr" -out "$cert_dir/brief.pem" -notext -extfile "$cert_dir/names" \
		-startdate "$(date -u -d '-1 hour' +%y%m%d%H%M%SZ)" -enddate "$(date -u -d "+$1 seconds" +%y%m%d%H%M%SZ)" 2>/dev/null
}

# serve SERVER CERTIFICATE RELOAD: the running server shows this one from now on.
serve() {
	cat "$cert_dir/$2.pem" >"$cert_dir/server.pem"
	cat "$cert_dir/$2.key" >"$cert_dir/server.key"
	sql "$1" "$3"
}

# check_certificates SERVER RELOAD-STATEMENT
check_certificates() {
	local s=$1 reload=$2 until
	check() {
		says 4 "certificate" "$1" tool dts-schema "$s" reader "${@:2}" d
	}

	# MariaDB's client library says what is wrong, Oracle's hint has all.
	serve "$s" good "$reload"
	run_tool 0 tool dts-schema "$s" reader --ssl-mode=verify-identity --ssl-ca="$cert_dir/ca.pem" d
	check "not signed by" --ssl-mode=verify-identity --ssl-ca="$cert_dir/other.pem"
	check "not signed by" --ssl-mode=verify-ca --ssl-ca="$cert_dir/other.pem"
	run_tool 2 tool dts-schema "$s" reader --ssl-ca=/nonexistent d
	[ "$stderr" = "dts-schema: cannot read the authorities' file '/nonexistent': No such file or directory" ]
	serve "$s" noname "$reload"
	check "not for the name '127.0.0.1'" --ssl-mode=verify-identity --ssl-ca="$cert_dir/ca.pem"
	run_tool 0 tool dts-schema "$s" reader --ssl-mode=verify-ca --ssl-ca="$cert_dir/ca.pem" d
	brief_certificate 3
	until=$(openssl x509 -in "$cert_dir/brief.pem" -noout -enddate | sed 's/.*=//')
	serve "$s" brief "$reload"
	wait_until 20 "[ \$(date +%s) -gt $(date -d "$until" +%s) ]"
	check 'has expired' --ssl-mode=verify-identity --ssl-ca="$cert_dir/ca.pem"
	check 'has expired' --ssl-mode=verify-ca --ssl-ca="$cert_dir/ca.pem"
	run_tool 0 tool dts-schema "$s" reader --ssl-mode=required d
}

certificates_up() {
	cert_dir=$BATS_TEST_TMPDIR
	command -v openssl >/dev/null || skip_loudly 'openssl is missing'
	for ca in ca other; do
		openssl req -x509 -newkey rsa:2048 -nodes -keyout "$cert_dir/$ca.key" -out "$cert_dir/$ca.pem" -subj "/CN=$ca" -days 2 2>/dev/null
	done
	certificate good subjectAltName=IP:127.0.0.1 -days 2
	certificate noname subjectAltName=DNS:db1.invalid -days 2
	cp "$cert_dir/good.pem" "$cert_dir/server.pem"
	cp "$cert_dir/good.key" "$cert_dir/server.key"
	chmod -R a+rX "$cert_dir" "$BATS_RUN_TMPDIR"
	servers_up "$1" -- --ssl-ca="$cert_dir/ca.pem" --ssl-cert="$cert_dir/server.pem" --ssl-key="$cert_dir/server.key"
	printf 'secret word\n' >"$BATS_FILE_TMPDIR/password"
	sql "${1%%=*}" "CREATE DATABASE d; CREATE USER reader@'%' IDENTIFIED BY 'secret word'; GRANT SELECT ON d.* TO reader@'%'"
}

@test "certificates of a MariaDB server" {
	certificates_up certs
	check_certificates certs 'FLUSH SSL'
}

@test "certificates of a MySQL server" {
	certificates_up mycerts=mysql97
	check_certificates mycerts 'ALTER INSTANCE RELOAD TLS'
}

# cut_early SERVER: a connection that is cut while it begins, also while TLS does, is to be tried again.
cut_early() {
	local at proxy

	cd "$BATS_TEST_TMPDIR" || return 1
	for at in 0 20 150 600 1500; do
		rm -f port
		DTS_CUT_AT=$at python3 "$DTS_ROOT/t/lib/proxy" port "$(server port "$1")" >proxy.log 2>&1 3>&- &
		proxy=$!
		wait_until 10 '[ -s port ]' || return 1
		# One ends, the other resets.
		for _ in 1 2; do
			run_tool 75 connect --defaults-file="$(defaults)" -g "$1" -h 127.0.0.1 -P "$(<port)" --ssl-mode=required || break
			[[ $stderr == *"cannot connect to '$1'"* ]] || break
		done
		kill "$proxy"
		wait "$proxy" || :
		# shellcheck disable=SC2154
		[ "$status" -eq 75 ] || { echo "at byte $at"; return 1; }
		[ "$(grep -c '^cut' proxy.log)" -eq 2 ] || { cat proxy.log; return 1; }
	done
}

@test "a connection cut while TLS begins, MariaDB" {
	servers_up early=mariadb118
	cut_early early
}

@test "a connection cut while TLS begins, MySQL" {
	servers_up myearly=mysql97
	cut_early myearly
}

# --- what the server's defaults may be

# check_defaults SERVER SETTINGS: a dump reads the same with them.
check_defaults() {
	sql "$1" "CREATE DATABASE g; CREATE TABLE g.t (id INT PRIMARY KEY, c CHAR(5), ts TIMESTAMP, f DOUBLE, \`q\"\` TEXT);
		INSERT INTO g.t SELECT a.n*100+b.n, 'x', '2024-10-27 00:30:00', 0.1, 'back\\\\slash' FROM
		(SELECT 1 n UNION SELECT 2 UNION SELECT 3) a, (SELECT 1 n UNION SELECT 2 UNION SELECT 3) b"
	run_tool 0 dts-dump --defaults-file="$(defaults)" -g "$1" g
	grep '"row"' <<<"$output" >"$BATS_TEST_TMPDIR/want"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/want")" -eq 9 ]
	sql "$1" "SET GLOBAL sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH', GLOBAL time_zone='+05:00',
		GLOBAL completion_type=2, GLOBAL sql_select_limit=1, GLOBAL sql_auto_is_null=1, GLOBAL sql_safe_updates=1, $2"
	run_tool 0 dts-dump --defaults-file="$(defaults)" -g "$1" g
	diff "$BATS_TEST_TMPDIR/want" <(grep '"row"' <<<"$output")
	run_tool 0 dts-verify --defaults-file="$(defaults)" -g "$1" -G "$1" g
}

@test "a MariaDB server's defaults do not change what is read" {
	servers_up odd
	check_defaults odd 'GLOBAL max_statement_time=0.000001, GLOBAL autocommit=0, GLOBAL character_set_results=latin1'
}

@test "a MySQL server's defaults do not change what is read" {
	servers_up myodd=mysql97
	check_defaults myodd 'GLOBAL max_execution_time=1, GLOBAL autocommit=0, GLOBAL sql_generate_invisible_primary_key=1,
		GLOBAL sql_require_primary_key=1, GLOBAL information_schema_stats_expiry=86400'
}
