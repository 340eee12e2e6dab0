#!/usr/bin/env bats
# Streams of structure through dts-filter: every kind of object under other names.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up my=mysql97 ma=mariadb || return 0; }
teardown_file() { servers_down; }

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# objects SERVER DB ORDERS: the same objects in a database of this name, with a table of this name.
objects() {
	local db=$2 orders=$3

	sql "$1" "SET foreign_key_checks=0; DROP DATABASE IF EXISTS $db; DROP DATABASE IF EXISTS other; CREATE DATABASE $db; CREATE DATABASE other;
		SET GLOBAL log_bin_trust_function_creators=1; CREATE TABLE other.t (a INT); CREATE FUNCTION other.g(a INT) RETURNS INT DETERMINISTIC RETURN a * 2"
	kind_is_mysql "$1" || sql "$1" "CREATE SEQUENCE $db.numbers; CREATE TABLE $db.numbered (n INT DEFAULT NEXTVAL($db.numbers), m INT DEFAULT (1 + LASTVAL($db.numbers)));
		CREATE VIEW $db.v_next AS SELECT NEXTVAL($db.numbers) AS n"
	client "$1" <<-END
		CREATE TABLE $db.$orders (id INT PRIMARY KEY, total INT, parent INT, CONSTRAINT own FOREIGN KEY (parent) REFERENCES $db.$orders (id));
		CREATE TABLE $db.items (id INT PRIMARY KEY, order_id INT, j JSON, FOREIGN KEY (order_id) REFERENCES $db.$orders (id));
		CREATE TABLE $db.shop (shop INT);
		CREATE FUNCTION $db.f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1;
		CREATE VIEW $db.z AS SELECT * FROM $db.$orders;
		-- an alias like the database, and one like a table of it; a view on a view, with a function
		CREATE VIEW $db.a AS SELECT shop.id AS shop, shop.total + 1 AS \`x\`\`y\` FROM $db.$orders AS shop JOIN $db.z AS items ON shop.id = items.id WHERE $db.f(shop.total) > other.g(0);
		CREATE VIEW $db.b AS SELECT $orders.id, $db.$orders.total, items.order_id FROM $db.$orders, $db.items WHERE $db.$orders.id = $db.items.order_id AND total IN (SELECT shop FROM $db.shop);
		CREATE VIEW $db.c AS WITH RECURSIVE shop AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM shop WHERE n < 5) SELECT shop.n, d.m FROM shop JOIN (SELECT o.id m FROM ($db.$orders o LEFT JOIN other.t ON o.id = other.t.a)) d;
		CREATE VIEW $db.d AS SELECT $db.shop.shop, EXTRACT(YEAR FROM '2020-01-01') y, '\`shop\`.\`orders\`' x, k.z FROM $db.shop, $db.items AS i, JSON_TABLE(i.j, '\$[*]' COLUMNS (z INT PATH '\$.z')) AS k;
		CREATE VIEW $db.e AS SELECT SUM(total) OVER (PARTITION BY id ORDER BY total) s FROM $db.$orders UNION SELECT a FROM (SELECT a FROM other.t) shop ORDER BY s LIMIT 3;
		DELIMITER //
		CREATE PROCEDURE $db.p(n INT) BEGIN
			DECLARE shop INT; INSERT INTO $db.$orders (id, total) VALUES (n, n) ON DUPLICATE KEY UPDATE total = VALUES(total);
			SELECT MAX(o.total) INTO shop FROM $orders o, $db.items i WHERE o.id = i.order_id;
			UPDATE $db.$orders o JOIN items ON o.id = items.order_id SET o.total = $db.f(shop) WHERE @shop.x IS NULL; END//
		CREATE PROCEDURE $db.q() CALL $db.p(3)//
		CREATE TRIGGER $db.t AFTER INSERT ON $db.$orders FOR EACH ROW INSERT INTO items VALUES (NEW.id, NEW.id, JSON_ARRAY($db.f(NEW.id)))//
		CREATE EVENT $db.ev ON SCHEDULE EVERY 1 HOUR STARTS '2030-01-01 00:00:00' DISABLE DO DELETE FROM $db.$orders WHERE id > 100//
	END
}

# routed SERVER OPTION...: the objects of shop at the same server again, filtered.
routed() {
	local server=$1

	shift
	dts-schema --defaults-file="$(defaults)" -g "$server" shop | jq -c 'select(.op != "setval")' >records
	dts-filter --no-counts "$@" records >filtered
	sql "$server" 'DROP DATABASE IF EXISTS got'
	dts-apply --defaults-file="$(defaults)" -g "$server" --other-ddl=apply filtered 2>said || { cat said; return 1; }
}

# shown SERVER DB: how all of its objects are, the database called by one name.
shown() {
	local type name kind

	sql "$1" "SELECT IF(TABLE_TYPE = 'VIEW', 'VIEW', 'TABLE'), TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '$2' UNION ALL
		SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '$2' UNION ALL
		SELECT 'TRIGGER', TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '$2' UNION ALL
		SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '$2'" | LC_ALL=C sort >names
	while read -r type name; do
		printf 'SHOW CREATE %s `%s`.`%s`;\n' "$type" "$2" "$name"
	done <names | client "$1" | sed "s/\`$2\`/\`DB\`/g; s/\\b$2\\./\`DB\`./g; s/\`DB\`\\.\\([a-z]\\+\\)\\b/\`DB\`.\`\\1\`/g; s/\\.\\s*\`got\`/.\`shop\`/g; s/20[0-9-]* [0-9:.]*//g" |
		sed 's/ROW INSERT INTO `DB`\.`items`/ROW INSERT INTO items/'
	[ -s names ]
}

@test "every kind of object in a database of another name, and used there" {
	servers_or_skip
	for server in my ma; do
		objects "$server" shop orders
		routed "$server" --route='shop.*=got.*'
		! grep -q '`shop`\.`\(orders\|items\|f\|z\)`' <(jq -r 'select(.op == "ddl") | .sql | sub("\u0027[^\u0027]*\u0027"; "")' filtered)
		shown "$server" got >got
		objects "$server" want orders
		shown "$server" want | diff - got
		sql "$server" "DROP DATABASE shop; INSERT INTO got.orders VALUES (2, 2, NULL); CALL got.q()"
		[ "$(sql "$server" 'SELECT id, total FROM got.orders ORDER BY 1; SELECT order_id, JSON_EXTRACT(j, "$[0]") FROM got.items ORDER BY 1; SELECT * FROM got.a ORDER BY 1')" = \
			$'2\t4\n3\t4\n2\t3\n3\t4\n2\t5\n3\t5' ]
	done
}

@test "a table of another name among others" {
	servers_or_skip
	for server in my ma; do
		objects "$server" shop orders
		routed "$server" --route='shop.orders=got.o2' --route='shop.*=got.*'
		shown "$server" got >got
		objects "$server" want o2
		shown "$server" want | sed 's/`o2`/`O`/g; s/\bo2\b/`O`/g; s/`DB`\.`O`/`O`/g' >want
		sed 's/`o2`/`O`/g; s/\bo2\b/`O`/g; s/`DB`\.`O`/`O`/g' got | diff want -
	done
}

# of SQL: a stream of structure with this statement in the database shop
of() {
	echo '{"op":"stream","v":1,"kind":"schema","src":"a","pos":{}}'
	jq -nc --arg sql "$1" '{op: "ddl", kind: "k", db: "shop", sql: $sql, objects: []}'
	echo '{"op":"end","src":"a","reason":"done","records":1}'
}

# becomes SQL NEW [OPTION...]
becomes() {
	local got

	got=$(of "$1" | dts-filter "${@:3}" | jq -r '.sql // empty')
	[ "$got" = "$2" ] || { echo "$1: $got"; return 1; }
}

# unsure SQL MESSAGE
unsure() {
	of "$1" >in
	run_tool 3 dts-filter --route='shop.*=new.*' in
	[ "${stderr_lines[0]}" = "dts-filter: in:2: $2" ] || { echo "$stderr"; return 1; }
	[[ ${stderr_lines[1]} = "dts-filter: hint: "* ]]
}

@test "a name that may be another thing is refused, and its object can be left out" {
	unsure "CREATE PROCEDURE p() BEGIN PREPARE s FROM 'DELETE FROM shop.t'; EXECUTE s; END" \
		"create-procedure 'shop.p': ''DELETE FROM shop.t'' in its text may be something that is renamed"
	[[ $stderr = *'leave it out with --ignore-table, and make it at the target by hand' ]]
	unsure 'CREATE VIEW v AS select `shop`.`x` AS `x` from `shop`.`t`' "create-view 'shop.v': '\`shop\`.\`x\`' in its text may be something that is renamed"
	becomes 'CREATE VIEW v AS select `shop`.`x` AS `x` from `shop`.`t`' '' --route='shop.*=new.*' --ignore-table=shop.v
	becomes 'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = shop.x' '' --route='shop.*=new.*' --ignore-table=shop.g
	# Changes: a body is not read there.
	of 'CREATE VIEW v AS select 1 AS `x` from `shop`.`t`' | sed 's/"schema"/"changes"/; 2s/}$/,"tx":"1","n":1}/
		2s/^/{"op":"begin","src":"a","tx":"1","pos":{}}\n/; 2s/$/\n{"op":"commit","src":"a","tx":"1","n":1,"pos":{}}/; s/"records":1/"records":3/' >in
	run_tool 3 dts-filter --route='shop.*=new.*' in
	[[ $stderr = *'it would be renamed, but its text may name other objects that are renamed too'* ]]
}

@test "what is left out: programs by their names, triggers by their tables, views whatever they read" {
	becomes 'CREATE VIEW v AS select 1 from `shop`.`t`' 'CREATE VIEW v AS select 1 from `shop`.`t`' --table=shop.v
	becomes 'CREATE VIEW v AS select 1 from `shop`.`t`' '' --table=shop.t
	becomes 'CREATE PROCEDURE p() SELECT 1' '' --table=shop.t
	becomes 'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1' 'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1' --table=shop.t
	becomes 'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1' '' --table=shop.g
	# The database is another one only for the tables that a program reads.
	becomes 'CREATE VIEW v AS select `t`.`a` AS `a` from `other`.`t`' 'CREATE VIEW v AS select `t`.`a` AS `a` from `new`.`t`' --route='other.*=new.*'
}

@test "privileges go with what they are on, accounts stay" {
	local options=(--route='shop.*=s_h.*' --route='a_b.t=a_b.u' --route='c.t=d.t' --ignore-table='gone.*')

	becomes 'GRANT SELECT ON `shop`.* TO `u`@`h`' 'GRANT SELECT ON `s\_h`.* TO `u`@`h`' "${options[@]}"
	becomes 'GRANT SELECT (`on`, b), INSERT ON `shop`.`t` TO `u`@`h` WITH GRANT OPTION' 'GRANT SELECT (`on`, b), INSERT ON `s_h`.`t` TO `u`@`h` WITH GRANT OPTION' "${options[@]}"
	becomes 'GRANT EXECUTE ON FUNCTION `shop`.`f` TO `u`@`h`' 'GRANT EXECUTE ON FUNCTION `s_h`.`f` TO `u`@`h`' "${options[@]}"
	becomes 'REVOKE INSERT ON `shop`.* FROM `u`@`h`' 'REVOKE INSERT ON `s\_h`.* FROM `u`@`h`' "${options[@]}"
	becomes 'GRANT SELECT ON `a_b`.`t` TO u' 'GRANT SELECT ON `a_b`.`u` TO u' "${options[@]}"
	becomes 'GRANT SELECT ON `gone`.* TO u' '' "${options[@]}"
	becomes 'GRANT SELECT ON `gone`.`t` TO u' '' "${options[@]}"
	becomes 'GRANT EXECUTE ON PROCEDURE gone.p TO u' '' "${options[@]}"
	for same in 'GRANT SELECT ON *.* TO `u`@`h`' 'GRANT `shop`@`%` TO `u`@`h`' 'GRANT PROXY ON `shop`@`h` TO u' 'CREATE USER shop' 'SET DEFAULT ROLE shop FOR u' 'GRANT SELECT ON `a\_b`.* TO u'; do
		becomes "$same" "$same" "${options[@]}"
	done
	of 'GRANT SELECT ON `c`.* TO u' >in
	run_tool 3 dts-filter "${options[@]}" in
	[ "${stderr_lines[0]}" = "dts-filter: in:2: cannot choose in 'GRANT SELECT ON \`c\`.* TO u': only some tables of its database are renamed" ]
	of 'GRANT SELECT ON `sh%`.* TO u' >in
	run_tool 3 dts-filter "${options[@]}" in
	[[ $stderr = *'its database is a pattern'*'hint: take the record out with jq'* ]]
}

# A routine's text loses backslashes there (MariaDB): one with a quote behind them is left out.
@test "the servers' own views and programs, as if their database were another one" {
	servers_or_skip
	for server in my ma; do
		{
			echo '{"op":"stream","v":1,"kind":"schema","src":"a","pos":{}}'
			sql "$server" "SELECT JSON_OBJECT('op', 'ddl', 'kind', 'k', 'db', 'sys', 'sql', CONCAT('CREATE VIEW sys.\`', TABLE_NAME, '\` AS ', VIEW_DEFINITION), 'objects', JSON_ARRAY())
				FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'sys'
				UNION ALL SELECT JSON_OBJECT('op', 'ddl', 'kind', 'k', 'db', 'sys', 'sql', CONCAT('CREATE ', ROUTINE_TYPE, ' sys.', ROUTINE_NAME, '() ',
					IF(ROUTINE_TYPE = 'FUNCTION', 'RETURNS INT ', ''), ROUTINE_DEFINITION), 'objects', JSON_ARRAY())
				FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'sys' AND ROUTINE_DEFINITION NOT REGEXP 'PREPARE|execute_prepared|REPLACE.sql_text'
				UNION ALL SELECT JSON_OBJECT('op', 'ddl', 'kind', 'k', 'db', 'sys', 'sql', CONCAT('CREATE TRIGGER sys.', TRIGGER_NAME, ' ', ACTION_TIMING, ' ', EVENT_MANIPULATION, ' ON sys.',
					EVENT_OBJECT_TABLE, ' FOR EACH ROW ', ACTION_STATEMENT), 'objects', JSON_ARRAY()) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'sys'"
			echo '{"op":"end","src":"a","reason":"done","records":0}'
		} >in
		[ "$(wc -l <in)" -gt 100 ]
		dts-filter --no-counts --route='sys.*=new.*' in | jq -r 'select(.op == "ddl").sql' | tr -d '`' >got
		jq -r 'select(.op == "ddl").sql' in | tr -d '`' | sed -E "/-- |MESSAGE|message =|error_msg/!s/(^|[^@a-z_'])sys\\./\\1new./g" | diff - got
	done
}
