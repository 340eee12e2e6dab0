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

# An AUTO_INCREMENT column keeps other LOAD DATAs away, so MariaDB gets all chunks but the first another way.
@test "rows as arrays of parameters" {
	local server before way
	local columns="id INT AUTO_INCREMENT PRIMARY KEY, i8 TINYINT, u64 BIGINT UNSIGNED, n DECIMAL(30,10), f FLOAT, d DOUBLE, b BIT(13), y YEAR,
		da DATE, ti TIME(3), dt DATETIME(6), ts TIMESTAMP(2) NULL, e ENUM('a','b_2','C3'), s SET('x','y','z'), t8 TEXT CHARACTER SET utf8mb4,
		l1 VARCHAR(90) CHARACTER SET latin1, u2 VARCHAR(90) CHARACTER SET ucs2, u32 CHAR(30) CHARACTER SET utf32, gb VARCHAR(90) CHARACTER SET gbk,
		as7 CHAR(9) CHARACTER SET ascii, bi BINARY(16), vb VARBINARY(70), bl BLOB, j JSON, uu UUID, i4 INET4, i6 INET6, g GEOMETRY,
		v INT AS (i8+1), st INT AS (i8+2) STORED"

	sql m10 "CREATE DATABASE arrays; USE arrays; CREATE TABLE arrays.t ($columns);
		SET sql_mode='ALLOW_INVALID_DATES,NO_UNSIGNED_SUBTRACTION', time_zone='+00:00';
		INSERT INTO arrays.t (id,i8,u64,n,f,d,b,y,da,ti,dt,ts,e,s,t8,l1,u2,u32,gb,as7,bi,vb,bl,j,uu,i4,i6,g)
		SELECT seq, seq%256-128, ~(seq%97), -seq*1234567.891, seq/7, -EXP(seq%1400/2-300), seq%8192, 1901+seq%255,
		IF(seq%9, '1000-01-01'+INTERVAL seq*97 DAY, '0000-00-00'), SEC_TO_TIME((seq-2000)*700.125), '2000-01-01'+INTERVAL seq*1234567891 MICROSECOND,
		FROM_UNIXTIME(seq*86000.25), 1+seq%3, seq%8, CONCAT(CHAR(9,10,13,0,26,92,seq%128 USING utf8mb4),'N\\\\Nä日😀', seq), CONCAT('ä\\\\\\t', seq), CONCAT('я€\\n',seq),
		CONCAT('日', seq), CONCAT('中\\\\', seq), CONCAT('a\\\\N', seq), UNHEX(CONCAT(MD5(seq), '')), REPEAT(CHAR(seq%256), seq%70), UNHEX(SHA2(seq,512)),
		JSON_OBJECT('a', seq, 'b', '\\\\\\n\"'), UUID(), CONCAT('10.1.', seq%256, '.9'), CONCAT('2001:db8::', HEX(seq)), POINT(seq, -seq/3)
		FROM seq_1_to_4000;
		UPDATE arrays.t SET i8=NULL, n=NULL, f=NULL, b=NULL, da=NULL, e=NULL, s=NULL, t8=NULL, u2='', bl=NULL, uu=NULL, i6=NULL, g=NULL WHERE id%10=0;
		UPDATE arrays.t SET t8='', l1=NULL, vb='', bl='', s='', j=NULL, i4=NULL, ti=NULL WHERE id%10=1"
	for way in loaded bound inserted; do
		dts-dump --defaults-file="$(defaults)" -g m10 --chunk-size=256K arrays | sed "s/\"db\":\"arrays\"/\"db\":\"$way\"/" >"$way"
	done
	for server in m10 m118; do
		for way in loaded bound inserted; do
			sql "$server" "DROP DATABASE IF EXISTS $way; CREATE DATABASE $way; CREATE TABLE $way.t ($columns); SET GLOBAL local_infile=$([ "$way" = inserted ]; echo $?)"
			before=$(sql "$server" "SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'" | cut -f2)
			dts-apply --defaults-file="$(defaults)" -g "$server" --no-checkpoint "-j$([ "$way" = bound ] && echo 2 || echo 1)" "$way"
			bound=$(($(sql "$server" "SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'" | cut -f2) - before))
			# Oracle's client library has no arrays.
			if [ "$way" = bound ] && ! client_is_oracles; then [ "$bound" -gt 5 ]; else [ "$bound" -eq 0 ]; fi
			sql "$server" "CHECKSUM TABLE $way.t EXTENDED" | cut -f2 >"$way.sum"
			sql "$server" "SELECT * FROM $way.t ORDER BY id" >"$way.rows"
		done
		sql "$server" 'SET GLOBAL local_infile=1'
		[ "$(wc -l <bound.rows)" -ge 4000 ]
		cmp loaded.rows bound.rows
		cmp inserted.rows bound.rows
		cmp loaded.sum bound.sum
		cmp inserted.sum bound.sum
	done
	sql m10 'SELECT * FROM arrays.t ORDER BY id' >source.rows
	cmp source.rows bound.rows
	# What is refused is named, whichever way it was first tried.
	sql m10 'TRUNCATE bound.t; INSERT INTO bound.t (id) VALUES (3900)'
	run --separate-stderr dts-apply --defaults-file="$(defaults)" -g m10 --no-checkpoint --allow-nonempty -j2 bound
	[ "$status" -eq 4 ]
	[[ $stderr == *"Duplicate entry '3900'"* ]]
	[ "$(sql m10 'SELECT COUNT(*) FROM bound.t WHERE id>3890')" -eq 1 ]
}
