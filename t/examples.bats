# The EXAMPLES of every manual page are run, so that they stay true.
#
# In a page's EXAMPLES section the lines that start with `$ ` inside a literal
# block are commands; the following lines belong to one that ends in `|` or `\`.
# The commands of a page run one after another, each by `bash -o pipefail`, in one
# empty directory whose HOME/.my.cnf has the groups [dts-src] and [dts-dst].
# Both are MariaDB servers:
#
#   src   a small database `shop`: customers, orders, lines, visits (no key), tmp_work, and a view, a
#         function, a trigger and an event
#   dst   the same but for trigger and event, without rows, and no checkpoint
#
# A command must end with status 0. In one with --follow or -f the first tool gets
# SIGTERM when it reads the log of src, or waits for more of a log of dts-log, and all of it must then end with 0. Comments in the page's
# source, in the EXAMPLES section before a block, say what is different:
#
#   .\" example: empty target     dst has nothing when the block starts
#   .\" example: migrated         dst has the rows under the checkpoint `shop`,
#                                 and src has changed since
#   .\" example: caught up        the same, and dst has the changes as well
#   .\" example: changed by hand   as migrated, and a row of dst is gone that src has changed
#   .\" example: copied log       ./copy has the log of src
#   .\" example: status 1         the block's commands end with 1
#   .\" example: not run: REASON  (needs another machine, ...): it is printed
# shellcheck disable=SC2154,SC2013 # set by run; pages have no blanks
load lib/dts

setup_file() {
	servers_up src dst
	sed -n '/^\[dts-/,$p' "$(defaults)" >"$DTS_TEST_DIR/home.cnf"
	both_shops
}

teardown_file() { servers_down; }

both_shops() {
	sql src "$(cat <<-'SQL'
		CREATE OR REPLACE DATABASE shop;
		USE shop;
		CREATE TABLE customers (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(60) NOT NULL,
			mail VARCHAR(80) UNIQUE, since DATE, balance DECIMAL(10,2) NOT NULL DEFAULT 0);
		CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT NOT NULL,
			placed DATETIME(3), state ENUM('new','paid','sent') NOT NULL, note TEXT,
			FOREIGN KEY (customer) REFERENCES customers (id));
		CREATE TABLE `lines` (`order` INT, n INT, article VARCHAR(20), price DOUBLE,
			PRIMARY KEY (`order`, n));
		CREATE TABLE visits (at TIMESTAMP NOT NULL, page VARCHAR(40));
		CREATE TABLE tmp_work (id INT PRIMARY KEY, v INT);
		INSERT INTO customers SELECT seq, CONCAT('customer ', seq), CONCAT(seq, '@example.org'),
			'2024-01-01' + INTERVAL seq DAY, seq / 3 FROM seq_1_to_200;
		INSERT INTO orders SELECT seq, 1 + seq % 200, '2025-01-01 10:00:00.123' + INTERVAL seq MINUTE,
			1 + seq % 3, IF(seq % 5, NULL, 'über') FROM seq_1_to_500;
		INSERT INTO `lines` SELECT 1 + seq % 500, seq DIV 500, CONCAT('a', seq % 17), seq / 7
			FROM seq_1_to_1500;
		INSERT INTO visits SELECT '2025-01-01 10:00:00', CONCAT('/', seq % 10) FROM seq_1_to_100;
		INSERT INTO tmp_work VALUES (1, 1);
		CREATE FUNCTION net (gross DOUBLE) RETURNS DOUBLE DETERMINISTIC RETURN gross / 1.19;
		CREATE VIEW totals AS SELECT `order`, COUNT(*) AS articles, SUM(net(price)) AS net FROM `lines` GROUP BY `order`;
		CREATE TRIGGER placed AFTER INSERT ON orders FOR EACH ROW INSERT INTO visits VALUES (NOW(), 'ordered');
		CREATE EVENT sweep ON SCHEDULE EVERY 1 DAY STARTS '2034-01-01' DO DELETE FROM visits WHERE at < NOW() - INTERVAL 1 YEAR;
	SQL
	)"
}

empty_target() {
	local db

	for db in $(sql dst "SHOW DATABASES" | grep -vxE 'mysql|sys|information_schema|performance_schema'); do
		sql dst "DROP DATABASE \`$db\`"
	done
}

tables_only() {
	local stage

	empty_target
	for stage in pre post; do
		dts-schema -g src --stage=$stage shop | dts-apply -g dst
	done
}

migrate() {
	tables_only
	dts-dump -g src shop | dts-apply -g dst --checkpoint=shop
	sql src "UPDATE orders SET state='sent' WHERE id < 10; INSERT INTO visits VALUES (NOW(), '/new');
		DELETE FROM \`lines\` WHERE \`order\` = 3; INSERT INTO customers (name) VALUES ('Zoë')" shop
}

catch_up() {
	migrate
	dts-binlog -g src --resume=shop@dst shop | dts-apply -g dst --checkpoint=shop
}

# commands PAGE: "MARKS<tab>COMMAND" for each, a command's lines joined by \x01.
# Text is taken from the formatted page, since that is what people copy; marks
# from the source, by the number of the block.
commands() {
	awk '
		/^\.Sh / { on = ($0 == ".Sh EXAMPLES") }
		!on { next }
		/^\.\\" example: / { marks = marks (marks == "" ? "" : "; ") substr($0, 14) }
		/^\.Bd / { block = 1; sub(/.*/, "mark\t" marks); print; marks = "" }
		/^\.Ed/ { block = 0 }
		block && /^\$ / { print "command" }' "$1" >"$BATS_TEST_TMPDIR/marks"
	mandoc -Tutf8 -O width=500 "$1" | sed "s/.$(printf '\b')//g" | awk '
		/^EXAMPLES$/ { on = 1; next }
		/^[A-Z]/ { on = 0 }
		!on { next }
		{ sub(/^ +/, "") }
		more { command = command "\001" $0; more = /[|\\]$/; if (!more) print command; next }
		/^\$ / { command = substr($0, 3); more = /[|\\]$/; if (!more) print command }' >"$BATS_TEST_TMPDIR/texts"
	awk -v texts="$BATS_TEST_TMPDIR/texts" '
		/^mark/ { mark = $0; sub(/^mark\t?/, "", mark); next }
		{ if ((getline text <texts) <= 0) exit 1; print mark "\t" text
			# A state is reached once a block, a status holds for all of it.
			gsub(/empty target|migrated|caught up|changed by hand|copied log/, "", mark) }
		END { if ((getline text <texts) > 0) exit 1 }' "$BATS_TEST_TMPDIR/marks"
}

change_by_hand() {
	migrate
	sql src "UPDATE orders SET state=IF(state='new', 'paid', 'new') WHERE id = 4" shop
	sql dst 'DELETE FROM shop.orders WHERE id = 4'
}

copy_log() {
	mkdir copy
	cp "$(sql src 'SELECT @@log_bin_basename')".0* copy
}

# The last connection to the source that reads its log, or 0.
dumps() {
	sql src "SELECT COALESCE(MAX(ID), 0) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"
}

# follows LEADER BEFORE: has it come to where it waits for more?
follows() {
	local pid name

	[ "$(dumps)" -le "$2" ] || return 0
	session_processes "$1" | {
		while read -r pid name; do
			[ "$name" = dts-log ] && readlink "/proc/$pid/fd/"* | grep -q inotify && exit 0
		done
		exit 1
	}
}

# run_example COMMAND WANTED-STATUS
run_example() {
	local leader got=0 victim before

	echo "\$ $1"
	before=$(dumps)
	setsid timeout 60 bash -o pipefail -c "$1" >out 2>err </dev/null 3>&- &
	leader=$!
	if [[ " $1 " =~ \ (--follow|-f)\  ]]; then
		wait_until 5 "follows $leader $before" || :
		session_processes "$leader" | while read -r victim name; do
			[ "$name" != "${1%% *}" ] || kill -TERM "$victim" || :
		done
	fi
	wait "$leader" || got=$?
	wait_until 10 "[ -z \"\$(session_processes $leader)\" ]"
	[ "$got" -eq "$2" ] && return
	echo "status $got, wanted $2"
	head -c 1500 out
	head -c 1500 err
	return 1
}

# run_page PAGE
run_page() {
	local page=$DTS_ROOT/man/$1 marks text want count=0 all

	[ -f "$page" ]
	mkdir "$BATS_TEST_TMPDIR/home"
	cd "$BATS_TEST_TMPDIR/home" || return
	cp "$DTS_TEST_DIR/home.cnf" .my.cnf
	export HOME=$PWD
	tables_only
	all=$(commands "$page")
	while IFS=$'\t' read -r marks text; do
		[ -n "$text" ] || continue
		count=$((count + 1))
		text=${text//$'\001'/$'\n'}
		want=0
		case "$marks" in *'not run: '*)
			echo "# $1: ${marks##*not run: }: $text" | tee /dev/fd/3
			continue
			;;
		esac
		[[ $marks != *'empty target'* ]] || empty_target
		[[ $marks != *migrated* ]] || migrate
		[[ $marks != *'caught up'* ]] || catch_up
		[[ $marks != *'changed by hand'* ]] || change_by_hand
		[[ $marks != *'copied log'* ]] || copy_log
		[[ $marks != *'status '[0-9]* ]] || want=${marks##*status }
		run_example "$text" "${want%%;*}"
	done < <(printf '%s\n' "${all//$'\t'/ $'\t'}")
	[ "$count" -gt 0 ]
}

@test "examples of dts(7)" { run_page dts.7; }
@test "examples of dts-apply(1)" { run_page dts-apply.1; }
@test "examples of dts-binlog(1)" { run_page dts-binlog.1; }
@test "examples of dts-checkpoint(1)" { run_page dts-checkpoint.1; }
@test "examples of dts-dump(1)" { run_page dts-dump.1; }
@test "examples of dts-filter(1)" { run_page dts-filter.1; }
@test "examples of dts-log(1)" { run_page dts-log.1; }
@test "examples of dts-schema(1)" { run_page dts-schema.1; }
@test "examples of dts-verify(1)" { run_page dts-verify.1; }

@test "no page's examples are forgotten" {
	cd "$DTS_ROOT"
	for page in $(grep -l '^\.Sh EXAMPLES' man/*.[1-8]); do
		# dts-records(5) shows records, not commands; its own test reads them.
		[ "$page" = man/dts-records.5 ] || grep -q "run_page ${page#man/};" t/examples.bats
	done
}
