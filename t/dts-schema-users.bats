#!/usr/bin/env bats
# dts-schema --with-users: accounts, roles and privileges, in all directions between the families.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up my=mysql97 ma=mariadb new=mariadb118 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR"
	for server in my ma new; do
		forget "$server"
		sql "$server" "SET GLOBAL log_bin_trust_function_creators=1; DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS other; CREATE DATABASE other; CREATE TABLE other.t (a INT)"
	done
}

# forget SERVER: no accounts but the server's own.
forget() {
	sql "$1" "SELECT CONCAT(IF($([ "$1" = my ] && echo 0 || echo "is_role='Y'"), 'DROP ROLE ', 'DROP USER '), QUOTE(User), IF(Host = '', '', CONCAT('@', QUOTE(Host))), ';') FROM mysql.user
		WHERE User NOT IN ('root', 'PUBLIC', 'mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys')" >drops
	client "$1" <drops
}

# structure SERVER: what privileges are on
structure() {
	sql "$1" "CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, total INT); CREATE TABLE shop.items (id INT PRIMARY KEY); INSERT INTO shop.orders VALUES (1, 2);
		CREATE FUNCTION shop.f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1; CREATE PROCEDURE shop.p() SELECT 7; CREATE VIEW shop.v AS SELECT id FROM shop.orders"
}

# accounts SERVER: of each kind; the words that the families share
accounts() {
	sql "$1" "CREATE ROLE reader; CREATE ROLE writer;
		CREATE USER app@'%' IDENTIFIED BY 'it''s'; CREATE USER 'we''ird\`x'@'127.0.0.1' IDENTIFIED BY 'b';
		CREATE USER free@'%'; CREATE USER strict@'%' IDENTIFIED BY 'c' REQUIRE SUBJECT '/CN=x' WITH MAX_QUERIES_PER_HOUR 100 MAX_USER_CONNECTIONS 3 PASSWORD EXPIRE INTERVAL 30 DAY;
		CREATE USER locked@localhost IDENTIFIED BY 'd' ACCOUNT LOCK;
		GRANT SELECT ON shop.* TO reader; GRANT SELECT ON other.* TO reader; GRANT reader TO writer; GRANT INSERT, DELETE ON shop.items TO writer;
		GRANT writer TO app@'%' WITH ADMIN OPTION; GRANT SELECT (id), UPDATE (total) ON shop.orders TO 'we''ird\`x'@'127.0.0.1';
		GRANT EXECUTE ON FUNCTION shop.f TO 'we''ird\`x'@'127.0.0.1'; GRANT EXECUTE ON PROCEDURE shop.p TO free@'%' WITH GRANT OPTION;
		GRANT PROCESS, REPLICATION CLIENT ON *.* TO free@'%'; GRANT ALL PRIVILEGES ON shop.* TO strict@'%' WITH GRANT OPTION; GRANT ALL ON other.* TO free@'%';
		GRANT PROXY ON app@'%' TO free@'%'; GRANT CREATE TEMPORARY TABLES, TRIGGER ON \`sh_p\`.* TO free@'%'"
	if kind_is_mysql "$1"; then sql "$1" "SET DEFAULT ROLE writer TO app@'%'"; else sql "$1" "SET DEFAULT ROLE writer FOR app@'%'"; fi
}

# moved FROM TO: the accounts of FROM at TO, with what they are for, twice
moved() {
	local family=mariadb

	! kind_is_mysql "$2" || family=mysql
	dts-schema --defaults-file="$(defaults)" -g "$1" --for=$family --with-users --report=report shop >records 2>told
	if [ "$1" = "$2" ]; then
		forget "$1"
		sql "$1" 'DROP DATABASE shop'
	fi
	dts-apply --defaults-file="$(defaults)" -g "$2" records
	dts-apply --defaults-file="$(defaults)" -g "$2" records
}

# as SERVER USER PASSWORD SQL
as() {
	printf '[client]\nuser=%s\npassword=%s\nhost=127.0.0.1\nport=%s\n' "$2" "$3" "$(sql "$1" 'SELECT @@port')" >login
	printf '%s\n' "$4" | mariadb --defaults-file=login --batch --skip-column-names --raw 2>&1
}

# works SERVER: what the accounts may and may not, logged in
works() {
	[ "$(as "$1" app "it's" 'SELECT total FROM shop.orders; INSERT INTO shop.items VALUES (1); DELETE FROM shop.items')" = 2 ]
	[[ $(as "$1" app "it's" 'DELETE FROM shop.orders') == *'DELETE command denied'* ]]
	[[ $(as "$1" app "it's" 'SELECT * FROM other.t') == *'SELECT command denied'* ]]
	[ "$(as "$1" "we'ird\`x" b 'SELECT shop.f(id) FROM shop.orders; UPDATE shop.orders SET total = 3; UPDATE shop.orders SET total = 2')" = 2 ]
	[[ $(as "$1" "we'ird\`x" b 'SELECT total FROM shop.orders') == *'command denied'* ]]
	[ "$(as "$1" free '' 'CALL shop.p()')" = 7 ]
	[[ $(as "$1" free '' 'SHOW MASTER STATUS; SHOW BINARY LOG STATUS') != *'denied'* ]]
	[[ $(as "$1" free '' 'SELECT * FROM other.t') == *denied* ]]
	[[ $(as "$1" strict c 'SELECT 1') == *'Access denied'* ]] # no certificate
	[[ $(as "$1" locked d 'SELECT 1') == *'Access denied'* || $(as "$1" locked d 'SELECT 1') == *locked* ]]
}

# rows SERVER: its accounts as it shows them
shown() {
	local user

	while read -r user; do
		sql "$1" "SHOW CREATE USER $user; SHOW GRANTS FOR $user" | sed "/PROXY/s/'/\`/g"
	done <<<"$(printf '%s\n' "app@'%'" "'we''ird\`x'@'127.0.0.1'" "free@'%'" "strict@'%'" locked@localhost)"
	sql "$1" 'SHOW GRANTS FOR writer'
}

@test "within a family: the same accounts, with their passwords" {
	for pair in 'ma new' 'my my'; do
		read -r from to <<<"$pair"
		structure "$from"
		accounts "$from"
		shown "$from" | grep -v other | LC_ALL=C sort >before
		moved "$from" "$to"
		[ ! -s told ] || { cat told; return 1; }
		sql "$to" "INSERT IGNORE INTO shop.orders VALUES (1, 2)"
		works "$to"
		shown "$to" | LC_ALL=C sort | diff before -
		[ "$(jq -r 'select(.kind == "account" and .name == "writer@%" or .name == "writer") | .result' report | sort -u)" = 'done' ]
	done
}

# unlocked SERVER: what --report says to do by hand, with the passwords that they had
unlocked() {
	jq -r 'select(.kind == "account" and .sql != null) | "\(.name)\t\(.sql)"' report >by-hand
	while IFS=$'\t' read -r name statement; do
		case $name in app*) password="it\\\\'s" ;; we*) password=b ;; *) password=c ;; esac
		sql "$1" "${statement/a new password/$password}"
	done <by-hand
}

@test "to the other family: locked where its password cannot be kept, and else the same" {
	for pair in 'ma my' 'my ma'; do
		read -r from to <<<"$pair"
		structure "$from"
		accounts "$from"
		moved "$from" "$to"
		sql "$to" "INSERT IGNORE INTO shop.orders VALUES (1, 2)"
		[[ $(<told) == *"account 'app@%': how it is known cannot be kept ("*"_password, which M"*" has not): it is locked, with no password"* ]]
		[[ $(<told) == *"account 'app@%': by hand: ALTER USER \`app\`@\`%\` IDENTIFIED BY 'a new password' ACCOUNT UNLOCK"* ]]
		grep -qx "dts-schema: account 'locked@localhost': by hand: ALTER USER \`locked\`@\`localhost\` IDENTIFIED BY 'a new password'" told
		[[ $(<told) != *"'free@%'"* ]]
		[[ $(as "$to" app "it's" 'SELECT 1') == *denied* || $(as "$to" app "it's" 'SELECT 1') == *locked* ]]
		unlocked "$to"
		works "$to"
		[ "$(jq -r 'select(.kind == "account" and .name == "free@%") | .result' report)" = 'done' ]
		forget "$from"
		forget "$to"
		for server in $from $to; do sql "$server" 'DROP DATABASE shop'; done
	done
}

@test "privileges and roles that the other family has in other words, or not at all" {
	structure ma
	structure my
	sql ma "CREATE SEQUENCE shop.seq; CREATE TABLE shop.numbered (id INT PRIMARY KEY, g BIGINT AS (CRC32C(id)) STORED); CREATE FUNCTION shop.next(d DATE) RETURNS DATE DETERMINISTIC RETURN ADD_MONTHS(d, 1);
		CREATE USER v; GRANT SELECT ON shop.seq TO v; GRANT SELECT, INSERT ON shop.numbered TO v; GRANT EXECUTE ON FUNCTION shop.next TO v;
		GRANT SELECT ON shop.v TO v; CREATE ROLE two; CREATE USER two@'%'; CREATE USER u; CREATE USER s IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('x');
		GRANT BINLOG MONITOR, SLAVE MONITOR, FEDERATED ADMIN, SET USER ON *.* TO u; GRANT SELECT, DELETE HISTORY ON shop.orders TO u; GRANT two TO u; GRANT DELETE HISTORY ON shop.items TO two@'%';
		GRANT SELECT ON shop.* TO PUBLIC; ALTER USER u WITH MAX_STATEMENT_TIME 2"
	run_tool 0 dts-schema --defaults-file="$(defaults)" -g ma --for=mysql --with-users --stage=post shop
	sql ma 'REVOKE SELECT ON shop.* FROM PUBLIC'
	diff <(jq -r 'select(.kind == "account").sql' <<<"$output") - <<-'END'
		CREATE USER IF NOT EXISTS `s`@`%` IDENTIFIED WITH auth_socket
		CREATE USER IF NOT EXISTS `two`@`%`
		CREATE USER IF NOT EXISTS `u`@`%`
		CREATE USER IF NOT EXISTS `v`@`%`
		GRANT REPLICATION CLIENT, SET_ANY_DEFINER ON *.* TO `u`@`%`
		GRANT SELECT ON `shop`.`orders` TO `u`@`%`
		GRANT SELECT ON `shop`.`v` TO `v`@`%`
	END
	diff <(grep account <<<"$stderr" | sed 's/^dts-schema: //' | LC_ALL=C sort) - <<-'END'
		account 's@%': it is known by auth_socket, a plugin that MySQL has to have loaded
		account 's@%': it is not known by mysql_native_password, which MySQL has not
		account 'u@%': DELETE HISTORY on `shop`.`orders` left out, since MySQL has no such privilege there
		account 'u@%': FEDERATED ADMIN on *.* left out, since MySQL has no such privilege there
		account 'u@%': MySQL has no MAX_STATEMENT_TIME 2.000000
		account 'u@%': two is no role at MySQL, and is not given
		account 'v@%': privileges on routine `shop`.`next` are left out with it
		account 'v@%': privileges on table `shop`.`numbered` are left out with it
		account 'v@%': privileges on table `shop`.`seq` are left out with it
		left out: account 'PUBLIC': MySQL has no PUBLIC: what it gives to everybody is a role of mandatory_roles
		left out: account 'two': there is a user of the same name, and the target has one account for both
		left out: account 'two@%': DELETE HISTORY on `shop`.`items` left out, since MySQL has no such privilege there
	END
	sql my "SET GLOBAL partial_revokes=ON; CREATE USER u COMMENT 'c'; CREATE USER as_role; GRANT as_role TO u; GRANT REPLICATION CLIENT, BACKUP_ADMIN, SET_ANY_DEFINER ON *.* TO u;
		CREATE USER r; GRANT SELECT, INSERT ON *.* TO r; REVOKE INSERT ON shop.* FROM r; CREATE ROLE 'x'@'h'; GRANT SELECT ON shop.v TO 'x'@'h'; GRANT 'x'@'h' TO u; SET DEFAULT ROLE ALL TO u"
	run_tool 0 dts-schema --defaults-file="$(defaults)" -g my --for=mariadb --with-users --stage=post shop
	sql my "DROP USER r; SET GLOBAL partial_revokes=OFF"
	diff <(jq -r 'select(.kind == "account").sql' <<<"$output") - <<-'END'
		CREATE ROLE IF NOT EXISTS `x`
		CREATE USER IF NOT EXISTS `as_role`@`%` REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK
		CREATE USER IF NOT EXISTS `r`@`%` REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK
		CREATE USER IF NOT EXISTS `u`@`%` REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK
		GRANT SELECT ON `shop`.`v` TO `x`
		GRANT BINLOG MONITOR, SLAVE MONITOR ON *.* TO `u`@`%`
		GRANT SET USER ON *.* TO `u`@`%`
		GRANT `x` TO `u`@`%`
		SET DEFAULT ROLE `x` FOR `u`@`%`
	END
	[[ $stderr == *"account 'x@h': at MariaDB a role has no host"* ]]
	[[ $stderr == *"account 'u@%': MariaDB has no ATTRIBUTE '{\"comment\": \"c\"}'"* ]]
	[[ $stderr == *"account 'u@%': as_role is no role at MariaDB, and is not given"* ]]
	[[ $stderr == *"account 'u@%': BACKUP_ADMIN on *.* left out, since MariaDB has no such privilege there"* ]]
	[[ $stderr == *"left out: account 'r@%': SELECT, INSERT on *.* left out, since MariaDB cannot except databases from it"* ]]
}

@test "an account that may not read the accounts, and a stream of accounts that is filtered" {
	structure my
	structure ma
	for server in my ma; do
		sql "$server" "CREATE USER dts@'%' IDENTIFIED BY 'p'; GRANT SELECT, SHOW VIEW, REPLICATION CLIENT ON *.* TO dts@'%'; CREATE USER poor@'%' IDENTIFIED BY 'p';
			GRANT SELECT, SHOW VIEW ON shop.* TO poor@'%'; GRANT REPLICATION CLIENT, PROCESS ON *.* TO poor@'%'"
		printf '[client]\nuser=poor\npassword=p\nhost=127.0.0.1\nport=%s\n' "$(sql "$server" 'SELECT @@port')" >login
		run_tool 4 dts-schema --defaults-file=login --ssl-mode=preferred --with-users --stage=post shop.orders
		[[ $stderr == *"denied to user 'poor'@"*"hint: grant SELECT on mysql.*"* ]]
		dts-schema --defaults-file="$(defaults)" -g "$server" --with-users --stage=post shop.orders | dts-filter --route='shop.*=s_2.*' | jq -r 'select(.kind == "account").sql' |
			grep -F 'GRANT SELECT, SHOW VIEW ON `s\_2`.* TO `poor`@`%`'
	done
}

# privileges SERVER: all that it lists, one a line; what is no privilege of its own is left out
privileges() {
	sql "$1" 'SHOW PRIVILEGES' | cut -f1 | tr '[:lower:]' '[:upper:]' | grep -vxE 'USAGE|PROXY|GRANT OPTION' | sort
}

@test "each privilege that a server lists is given in the target's words, or told" {
	# Those that are called otherwise; all others keep their names, or are left out.
	declare -A words=(['REPLICATION CLIENT']='BINLOG MONITOR, SLAVE MONITOR' [BINLOG_ADMIN]='BINLOG ADMIN' [CONNECTION_ADMIN]='CONNECTION ADMIN'
		[REPLICATION_SLAVE_ADMIN]='REPLICATION SLAVE ADMIN' [REPLICATION_APPLIER]='BINLOG REPLAY' [SET_ANY_DEFINER]='SET USER'
		['BINLOG ADMIN']=BINLOG_ADMIN ['CONNECTION ADMIN']=CONNECTION_ADMIN ['REPLICATION SLAVE ADMIN']=REPLICATION_SLAVE_ADMIN
		['BINLOG REPLAY']=REPLICATION_APPLIER ['SET USER']=SET_ANY_DEFINER ['BINLOG MONITOR']='REPLICATION CLIENT' ['SLAVE MONITOR']='REPLICATION CLIENT'
		['SHOW CREATE ROUTINE']=SHOW_ROUTINE)
	for pair in 'my ma' 'ma my' 'new my'; do
		read -r from to <<<"$pair"
		family=$(kind_is_mysql "$to" && echo mysql || echo mariadb)
		sql "$from" 'CREATE DATABASE IF NOT EXISTS shop'
		privileges "$from" >listed
		[ "$(wc -l <listed)" -gt 30 ]
		{
			echo 'CREATE USER every0; CREATE USER every1;' # of one with all of them it would say so
			echo "GRANT $(sed -n 'p;n' listed | paste -sd,) ON *.* TO every0; GRANT $(sed -n 'n;p' listed | paste -sd,) ON *.* TO every1;"
		} | client "$from"
		dts-schema --defaults-file="$(defaults)" -g "$from" --for="$family" --with-users --stage=post shop 2>told | jq -r 'select(.kind == "account").sql + ";"' >statements
		client "$to" <statements
		given=", $(sed -n 's/^GRANT \(.*\) ON \*\.\* TO .*/\1/p' statements | paste -sd, | sed 's/,\([^ ]\)/, \1/g'),"
		left=", $(sed -n "s/.*'every[01]@%': \(.*\) on \*\.\* left out.*/\1/p" told | paste -sd, | sed 's/,\([^ ]\)/, \1/g'),"
		while read -r privilege; do
			[[ $given == *", ${words[$privilege]:-$privilege},"* || $left == *", $privilege,"* ]] || { echo "$from: $privilege: $given"; return 1; }
			[[ $given != *", ${words[$privilege]:-$privilege},"* || $left != *", $privilege,"* ]] || { echo "$from: $privilege: both"; return 1; }
			[ -z "${words[$privilege]:-}" ] || [[ $given == *", ${words[$privilege]},"* ]] || { echo "$from: $privilege: left out"; return 1; }
		done <listed
		forget "$to"
		sql "$from" 'DROP USER every0, every1'
	done
}
