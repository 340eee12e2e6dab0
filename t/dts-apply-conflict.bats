# What changes claim at real servers, so that those which meet are made in order:
# values that are equal to a server must be the same to dts-apply, or doubtful.
#
#   DTS_SAMPLES=all   every collation of every server, instead of some of one
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # set by run; SQL has its own backticks
load lib/dts

setup_file() {
	unit_program collations
	unit_program claims
}

teardown() { servers_down; } # each test starts those that it wants

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

# server_of KIND: one that is started when the first test wants it.
server_of() {
	[ -n "$(server pid "$1" 2>/dev/null)" ] || servers_up "$1=$1"
}

collations() { # SERVER
	local words

	server_of "$1"
	if [ "${DTS_SAMPLES:-}" = all ]; then
		run timeout 1500 "$DTS_BUILD/unit/collations" "$(defaults)" "$1" 330
	else
		run timeout 100 "$DTS_BUILD/unit/collations" "$(defaults)" "$1" 330 "$DTS_SEED" 40
	fi
	echo "$1: $output"
	[ "$status" -eq 0 ]
	# "# N collations, N of them doubtful, N equal pairs"
	read -ra words <<<"$(grep 'equal pairs' <<<"$output")"
	[ "${words[1]}" -ge 10 ]
	[ $((words[3] * 3)) -le "${words[1]}" ]
	[ "${words[7]}" -gt 3000 ]
}

@test "what is equal by a collation of MariaDB 10.11 is equal to dts-apply" {
	sampled 3
	collations mariadb
}

@test "what is equal by a collation of MySQL 9.7 is equal to dts-apply" {
	sampled 3
	collations mysql97
}

@test "what is equal by a collation of MariaDB 11.8 is equal to dts-apply" {
	sampled 3
	collations mariadb118
}

# schema TABLE COLUMN:TYPE...: its record, as a log has it.
schema() {
	local table=$1 column text columns=

	shift
	for column; do
		text="{\"name\":\"${column%%:*}\",\"type\":\"${column#*:}\""
		case $column in *char*|*text*) text+=',"charset":"utf8mb4"' ;; esac
		columns+=${columns:+,}$text'}'
	done
	echo "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"$table\",\"columns\":[$columns]}"
}

change() { # OP TABLE IMAGES
	echo "{\"op\":\"$1\",\"db\":\"d\",\"table\":\"$2\",\"tx\":\"x\",\"n\":1,$3}"
}

# claims SERVER: what the changes claim, in $output.
claims() { run timeout 60 "$DTS_BUILD/unit/claims" "$(defaults)" "$1"; echo "$output"; [ "$status" -eq 0 ]; }

tables_of_keys() { # SERVER
	sql "$1" 'DROP DATABASE IF EXISTS d; CREATE DATABASE d
		; CREATE TABLE d.k (id INT PRIMARY KEY, u VARCHAR(20) COLLATE utf8mb4_general_ci, p TEXT, UNIQUE (u), UNIQUE (p(3)))
		; CREATE TABLE d.n (a INT NOT NULL, UNIQUE (a)) ; CREATE TABLE d.x (a INT, b FLOAT, UNIQUE (a, b))
		; CREATE TABLE d.g (id INT PRIMARY KEY, v INT, w INT AS (v + 1) STORED, UNIQUE (w))'
	{
		schema k id:int 'u:varchar(20)' p:text
		schema n a:int
		schema x a:int b:float
		schema g id:int v:int
		change insert k '"after":{"id":1,"u":"a","p":"xyz1"}'
		change insert k '"after":{"id":2,"u":"A ","p":"xyz2"}'
		change update k '"before":{"id":1,"u":"a","p":"xyz1"},"after":{"id":1,"u":"a","p":"xyz2"}'
		change update k '"before":{"id":1,"u":"a","p":"xyz1"},"after":{"id":1,"u":"b","p":"xyz1"}'
		change insert n '"after":{"a":1}'
		change insert x '"after":{"a":1,"b":1}'
		change insert x '"after":{"a":null,"b":1}'
		change insert g '"after":{"id":1,"v":1}'
	} >records
	claims "$1" <records
	[ "${lines[0]}" = 'k:A k:B k:C' ]
	[ "${lines[1]}" = 'k:D k:B k:C' ]
	[ "${lines[2]}" = 'k:A k:C' ]
	[ "${lines[3]}" = 'k:A k:B k:E' ]
	[ "${lines[4]}" = 'n:F' ]
	[ "${lines[5]}" = 'x:*' ]
	[ "${lines[6]}" = 'x:*' ]
	[ "${lines[7]}" = 'g:G g:*' ]
}

tables_of_references() { # SERVER
	sql "$1" 'DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS o; CREATE DATABASE d; CREATE DATABASE o
		; CREATE TABLE d.p (id INT PRIMARY KEY, code VARCHAR(10) COLLATE utf8mb4_general_ci NOT NULL, UNIQUE (code))
		; CREATE TABLE d.q (id INT PRIMARY KEY)
		; CREATE TABLE o.c (id INT PRIMARY KEY, p INT, q INT, FOREIGN KEY (p) REFERENCES d.p (id) ON DELETE CASCADE, FOREIGN KEY (q) REFERENCES d.q (id))
		; CREATE TABLE d.s (id INT PRIMARY KEY, c VARCHAR(10) COLLATE utf8mb4_general_ci, FOREIGN KEY (c) REFERENCES p (code) ON UPDATE CASCADE)'
	{
		schema s id:int 'c:varchar(10)'
		schema p id:int 'code:varchar(10)'
		schema q id:int
		change insert s '"after":{"id":1,"c":"a"}'
		change insert s '"after":{"id":2,"c":null}'
		change insert p '"after":{"id":1,"code":"A"}'
		change update p '"before":{"id":1,"code":"A"},"after":{"id":1,"code":"b"}'
		change update p '"before":{"id":1,"code":"A"},"after":{"id":3,"code":"A"}'
		change delete p '"before":{"id":1,"code":"A"}'
		change delete q '"before":{"id":1}'
		change delete p '"before":{"id":1,"code":"A"}'
		echo again
		change delete p '"before":{"id":1,"code":"A"}'
	} >records
	claims "$1" <records
	[ "${lines[0]}" = 's:A p:Bs' ]
	[ "${lines[1]}" = 's:C' ]
	[ "${lines[2]}" = 'p:D p:B' ]
	[ "${lines[3]}" = 'p:D p:B p:E p:* s:*' ]
	[ "${lines[4]}" = 'p:D p:F' ]
	# c is in no stream, and what a deletion does to it must stand before that of what it refers to.
	[ "${lines[5]}" = 'p:D p:B p:* c:* q:*s' ]
	[ "${lines[6]}" = 'q:G' ]
	# After DDL all is read anew.
	[ "${lines[7]}" = "${lines[5]}" ]
	[ "${lines[8]}" = "${lines[5]}" ]
}

@test "keys and references at MariaDB" {
	server_of mariadb
	tables_of_keys mariadb
	tables_of_references mariadb
}

@test "keys and references at MySQL" {
	server_of mysql97
	tables_of_keys mysql97
	tables_of_references mysql97
}

# serial SERVER RECORD-OF-A-CHANGE TABLE COLUMN...
serial() {
	local server=$1 change=$2

	shift 2
	{ schema "$@"; change insert "$1" "$change"; } >records
	claims "$server" <records
	[[ "${lines[0]} " == "$1:* "* ]]
}

@test "keys that are on other things than columns claim the table" {
	server_of mariadb
	server_of mysql97
	sql mariadb 'DROP DATABASE IF EXISTS d; CREATE DATABASE d
		; CREATE TABLE d.t (id INT PRIMARY KEY, v TEXT, UNIQUE (v))
		; CREATE TABLE d.o (id INT, a DATE, b DATE, PERIOD FOR p (a, b), UNIQUE (id, p WITHOUT OVERLAPS))'
	serial mariadb '"after":{"id":1,"v":"a"}' t id:int v:text
	serial mariadb '"after":{"id":1,"a":"2024-01-01","b":"2024-01-02"}' o id:int a:date b:date
	sql mysql97 'DROP DATABASE IF EXISTS d; CREATE DATABASE d; CREATE TABLE d.f (id INT PRIMARY KEY, v INT, UNIQUE ((v + 1)))'
	serial mysql97 '"after":{"id":1,"v":1}' f id:int v:int
}

@test "names in any case are one table where the server says so" {
	servers_up low=mariadb -- --lower-case-table-names=1
	sql low 'CREATE DATABASE d; CREATE TABLE d.P (id INT PRIMARY KEY); CREATE TABLE d.c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES P (id))'
	{
		schema P id:int
		schema c id:int p:int
		change insert P '"after":{"id":1}'
		change insert c '"after":{"id":7,"p":1}'
	} >records
	claims low <records
	[ "${lines[0]}" = 'p:A' ]
	[ "${lines[1]}" = 'c:B p:As' ]
}
