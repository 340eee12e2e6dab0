# Rows by LOAD DATA and the same rows by INSERT: the same bytes at the target.
# Types with their edges are in t/types.bats; here are columns whose ends differ,
# defaults, columns that nobody sees, and long values.
# shellcheck disable=SC2154,SC2016 # set by run; backticks of SQL
load lib/dts

setup_file() { servers_up m10=mariadb m118=mariadb118 my=mysql97; }
teardown_file() { servers_down; }

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

# made SERVER DB LOCAL_INFILE: the tables of `tables` and the rows of `in`, with or without LOAD DATA.
made() {
	sql "$1" "DROP DATABASE IF EXISTS $2; CREATE DATABASE $2; SET GLOBAL local_infile=$3"
	sql "$1" "USE $2; $(cat tables)"
	before=$(sql "$1" "SHOW GLOBAL STATUS LIKE 'Com_load'" | cut -f2)
	sed "s/\"db\":\"d\"/\"db\":\"$2\"/" in | dts-apply --defaults-file="$(defaults)" -g "$1" --no-checkpoint
	loads=$(($(sql "$1" "SHOW GLOBAL STATUS LIKE 'Com_load'" | cut -f2) - before))
	sql "$1" "USE $2; $(cat shown)" >"$2.rows"
}

# both SERVER: the two ways end the same, and LOAD DATA was one of them.
both() {
	made "$1" by_insert 0
	[ "$loads" -eq 0 ]
	made "$1" by_load 1
	[ "$loads" -gt 0 ]
	[ -s by_load.rows ]
	cmp by_insert.rows by_load.rows
}

# The first line longer: of a small chunk's rows INSERT is quicker, and taken.
padded() { sed "1s/}\$/,\"more\":\"$(printf %020000d 0)\"}/"; }

# stream COLUMNS ROW...: a table t of these columns with these rows.
stream() {
	local columns=$1 row

	shift
	echo '{"op":"stream","v":1,"kind":"snapshot","src":"a","pos":{"file":"b.1","offset":4}}'
	echo '{"op":"schema","db":"d","table":"t","columns":['"$columns"'],"primary":["id"]}'
	echo '{"op":"chunk","src":"a","id":"d.t.1","db":"d","table":"t","pos":{"file":"b.1","offset":4}}'
	for row; do echo '{"op":"row","db":"d","table":"t","after":{'"$row"'}}'; done | padded
	echo '{"op":"chunk-end","src":"a","id":"d.t.1","rows":'$#',"pos":{"file":"b.1","offset":4}}'
	echo '{"op":"end","src":"a","reason":"done","records":'$(($# + 3))',"pos":{"file":"b.1","offset":4}}'
}

# column NAME TYPE [CHARSET]
column() { printf '{"name":"%s","type":"%s","null":true%s},' "$1" "$2" "${3:+,\"charset\":\"$3\"}"; }

id='{"name":"id","type":"int(11)"}'

@test "text in another character set than the source's" {
	local server sets='utf8mb4 latin1 ucs2 utf16 utf16le utf32 gbk big5 sjis cp932 euckr cp1251 koi8r latin2 macroman hp8 ascii utf8mb3'
	local cs columns='' tables='' shown=id rows='"id":1' rows2='"id":2'

	# What each set has is its own; ASCII with all that LOAD DATA knows is in each.
	for cs in $sets; do
		columns+=$(column "c_$cs" 'varchar(60)' ascii)$(column "u_$cs" 'varchar(60)' "$cs")
		tables+=",c_$cs VARCHAR(60) CHARACTER SET $cs,u_$cs VARCHAR(60) CHARACTER SET utf8mb4"
		shown+=",HEX(c_$cs),HEX(u_$cs)"
		rows+=',"c_'$cs'":"a\tb\nc\\d\u0000\u001a\\N'"'"'\"e","u_'$cs'":"a\tb\n\\ä日я€"'
		rows2+=',"c_'$cs'":"","u_'$cs'":null'
	done
	echo "CREATE TABLE t (id INT PRIMARY KEY$tables)" >tables
	echo "SELECT $shown FROM t ORDER BY id" >shown
	stream "${columns}$id" "$rows" "$rows2" >in
	for server in m10 m118 my; do both "$server"; done
}

@test "defaults, ON UPDATE, AUTO_INCREMENT, invisible and generated columns" {
	local server

	echo "CREATE TABLE t (g INT AS (n+1), n INT INVISIBLE DEFAULT 7, changed TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
		s VARCHAR(9) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'x', id INT AUTO_INCREMENT PRIMARY KEY)" >tables
	echo "SELECT id,g,n,changed,HEX(s) FROM t ORDER BY id" >shown
	stream '{"name":"g","type":"int(11)","generated":"virtual","null":true},'"$(column n 'int(11)')$(column changed timestamp)"'{"name":"s","type":"varchar(9)","charset":"utf8mb4"},'"$id" \
		'"n":null,"changed":null,"s":"","id":0' '"n":1,"changed":"0000-00-00 00:00:00","s":"NULL","id":-5' \
		'"n":0,"changed":"2001-02-03 04:05:06","s":"\\N","id":9' >in
	for server in m10 m118 my; do both "$server"; done
	grep -q '^0	NULL	NULL	NULL	$' by_load.rows
}

@test "values of megabytes" {
	local server

	echo "CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB, s LONGTEXT CHARACTER SET utf16)" >tables
	echo "SELECT id,LENGTH(b),SHA2(b,256),LENGTH(s),SHA2(s,256) FROM t ORDER BY id" >shown
	head -c 2000000 /dev/urandom | base64 -w0 >random
	stream "$(column b longblob)$(column s longtext utf16)$id" '"b":{"base64":"@"},"s":"@\n\\ä","id":1' '"b":null,"s":"x","id":2' |
		python3 -c 'import sys
text = open("random").read()
for line in sys.stdin: sys.stdout.write(line.replace("@", text))' >in
	for server in m10 m118 my; do
		both "$server"
		grep -q '^1	2000000	' by_load.rows
	done
}
