# How the tools connect: option files, passwords, TLS. dts-schema stands for all.
# shellcheck disable=SC2154 # set by run
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
	[[ $stderr == *'the connection is not encrypted' ]]
	run_tool 0 to s tls --ssl-mode=verify-ca --ssl-ca="$dir/ca.pem"
	run_tool 4 to s tls --ssl-mode=verify-ca --ssl-ca="$dir/other.pem"
	run_tool 4 to root src --ssl-mode=verify-ca --ssl-ca="$dir/ca.pem"
	run_tool 2 to s tls --ssl-mode=verify-ca
	run_tool 0 to s tls --ssl-mode=verify-identity --ssl-ca="$dir/ca.pem"
	run_tool 4 to s tls --ssl-mode=verify-identity --ssl-ca="$dir/other.pem"
	run_tool 4 to s tls --ssl-mode=verify-identity
	run_tool 4 to root src --ssl-mode=verify-identity --ssl-ca="$dir/ca.pem"
	run_tool 0 to s noname --ssl-mode=verify-ca --ssl-ca="$dir/ca.pem"
	run_tool 4 to s noname --ssl-mode=verify-identity --ssl-ca="$dir/ca.pem"
	run_tool 2 to s tls --ssl-mode=sometimes
	printf '[client]\nskip-ssl-verify-server-cert\n' >"$dir/off.cnf"
	run_tool 2 connect --defaults-file="$dir/off.cnf" -u s -h 127.0.0.1 -P "$(server port tls)" --ssl-mode=verify-identity --ssl-ca="$dir/ca.pem"
}
