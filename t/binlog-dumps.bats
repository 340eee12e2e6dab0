# The rows that dts-binlog reads are those that the servers' own programs show of the
# same log: mariadb-binlog of each release, and Oracle's mysqlbinlog.
#
# mariadb-binlog prints a signed INT behind a YEAR as unsigned where the log tells the
# sign (binlog_row_metadata MINIMAL or FULL): its own mistake, which is why both forms
# of a number that it prints in parentheses are looked at by the column's type.
# shellcheck disable=SC2154
load lib/dts

setup_file() {
	servers_up mariadb=mariadb mariadb118=mariadb118 mysql97=mysql97 || return 0
}

teardown_file() {
	servers_down
}

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
}

types() { DTS_TYPES_SKIP=big python3 "$DTS_ROOT/t/types/types.py" "$@"; }

# program KIND: what shows its logs.
program() {
	local server

	server=$(server program "$1")
	server=${server#* }
	case $1 in
	mysql*) echo "${server%/sbin/*}/bin/mysqlbinlog" ;;
	*) echo "${server%/sbin/*}/bin/mariadb-binlog" ;;
	esac
}

# agree KIND: the file that the server writes now is the same to both.
agree() {
	local file family=mariadb

	! kind_is_mysql "$1" || family=mysql
	file=$(sql "$1" 'SHOW BINARY LOGS' | tail -n 1 | cut -f1)
	"$(program "$1")" --no-defaults -vv --base64-output=decode-rows "$DTS_TEST_DIR/$1/data/$file" >shown
	dts-binlog --defaults-file="$(defaults)" -g "$1" --start-position="$file:4" >records
	"$DTS_ROOT/t/lib/binlog-dump-diff" "$family" shown mariadb --defaults-file="$(defaults)" \
		--defaults-group-suffix="-$1" --batch --skip-column-names <records >said
	cat said
}

@test "every type, with full, NOBLOB and MINIMAL images" {
	local kind image first

	for kind in $(drawn mariadb mariadb118 mysql97); do
		sql "$kind" 'CREATE DATABASE types; FLUSH BINARY LOGS'
		types create "$kind" "$kind" "$kind" | client "$kind"
		first=1
		for image in FULL NOBLOB MINIMAL; do
			{
				echo "SET SESSION binlog_row_image=$image;"
				types rows "$kind" "$kind" "$first"
				types changes "$kind" "$kind" "$first" "$DTS_SEED"
			} | client "$kind"
			first=$((first + 1000))
		done
		types keys "$kind" "$kind" | client "$kind"
		types change-keys "$kind" "$kind" | client "$kind"
		agree "$kind"
		[ "$(cut -d' ' -f1 said)" -gt 100000 ]
	done
}

@test "the statements that change rows" {
	local kind

	for kind in mariadb mariadb118 mysql97; do
		sql "$kind" "CREATE DATABASE s; FLUSH BINARY LOGS; USE s; CREATE TABLE p (id int primary key, u int unique, t varchar(20) character set latin1);
			CREATE TABLE c (id int primary key, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);
			CREATE TABLE g (a int, v int AS (a+1) VIRTUAL, b int DEFAULT 5, w int AS (a*2) STORED, x text) ENGINE=InnoDB; CREATE TABLE m (id int) ENGINE=MyISAM;
			INSERT INTO p VALUES (1, 1, 'é'), (2, 2, NULL), (3, NULL, ''); INSERT INTO c VALUES (1, 1), (2, 1), (3, 3); REPLACE INTO p VALUES (7, 2, 'r');
			INSERT INTO p VALUES (3, 9, 'dup') ON DUPLICATE KEY UPDATE t='on duplicate'; INSERT IGNORE INTO p VALUES (3, 9, 'no'), (4, 4, 'yes');
			UPDATE p, c SET p.t='both', c.p=NULL WHERE p.id=3 AND c.p=3; DELETE FROM p WHERE id=1; UPDATE p SET id=id+100 ORDER BY id DESC; INSERT INTO m VALUES (1), (2);
			INSERT INTO g (a, x) VALUES (1, 'x'), (2, NULL); UPDATE g SET a=a+1; SET SESSION binlog_row_image=MINIMAL; UPDATE g SET x='it''s \\\\ \"q\" \\n\\t\\0'; DELETE FROM g LIMIT 1;
			SET SESSION binlog_row_image=FULL; CREATE TABLE copy AS SELECT * FROM p; DELETE p, copy FROM p JOIN copy USING (id) WHERE p.id=103;
			BEGIN; INSERT INTO p VALUES (50, 50, 'a'); SAVEPOINT x; INSERT INTO p VALUES (51, 51, 'b'); ROLLBACK TO x; INSERT INTO p VALUES (52, 52, 'c'); COMMIT;
			TRUNCATE m; XA START 'x'; INSERT INTO p VALUES (60, 60, 'xa'); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'"
		agree "$kind"
		[ "$(cut -d' ' -f4 said)" -gt 25 ]
	done
}

@test "rows between 30 changes of a table" {
	local kind

	for kind in mariadb mariadb118 mysql97; do
		sql "$kind" 'FLUSH BINARY LOGS'
		"$DTS_ROOT/t/lib/ddl-mix" "$DTS_SEED" 30 | client "$kind" >selected
		agree "$kind"
		[ "$(cut -d' ' -f4 said)" -ge 30 ]
	done
}
