# Statements on views, routines, triggers, events and accounts in a stream of changes: held for the cut-over, or applied.
# SQL has its own backticks.
# shellcheck disable=SC2154,SC2016,SC2015
load lib/dts
load lib/streams

setup_file() {
	export DTS_KIND_DST
	DTS_KIND_DST=${DTS_KIND_DST:-$(BATS_TEST_NUMBER=0 DTS_SAMPLES='' drawn mariadb mysql97)}
	servers_up "src=$DTS_KIND_DST" dst || return 0
}

teardown_file() { servers_down; }

setup() {
	servers_or_skip
	cd "$BATS_TEST_TMPDIR" || return 1
	sql dst 'DROP DATABASE IF EXISTS d; CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY, b INT)'
	c=c$BATS_TEST_NUMBER # the checkpoint of this test
}

teardown() {
	[ -z "${holding:-}" ] || { kill "$holding" 2>/dev/null && wait "$holding" || :; }
}

# cut_over STATUS [OPTION...]
cut_over() {
	local want=$1

	shift
	run_tool "$want" apply --checkpoint="$c" --cut-over "$@"
}

trigger='CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 7'
view='CREATE VIEW v AS SELECT a FROM t'

held() { checkpoint held "$c" | jq -r .sql; }

@test "statements are held, in order, and run at the cut-over" {
	{
		schema t a b
		tx 20 "$(ddl create-trigger "$trigger")"
		tx 30 "$(ins t '{"a":1,"b":1}')"
		tx 40 "$(ddl create-procedure 'CREATE PROCEDURE p() SELECT 1' '{"sql_mode":"ANSI_QUOTES"}')"
		tx 50 "$(ddl create-view "$view")"
		tx 60 "$(ins t '{"a":2,"b":2}')"
	} | changes 10 >in
	refused 2 '--other-ddl=hold needs --checkpoint=NAME, which keeps the statements' '' --no-checkpoint --other-ddl=hold
	run_tool 0 apply --checkpoint="$c" --other-ddl=hold in
	[ -z "$stderr" ]
	at 69
	is 'SELECT a, b FROM t' '1 1,2 2'
	is 'SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = "d"' 0
	[ "$(held)" = "$trigger
CREATE PROCEDURE p() SELECT 1
$view" ]
	[ "$(checkpoint held "$c" | jq -c '[.op, .tx, .db]' | head -1)" = '["ddl","0-1-20","d"]' ]
	[[ "$(checkpoint show "$c")" == *$'\nheld: 3 statements' ]]
	run_tool 4 checkpoint remove "$c"
	[ "$stderr" = "dts-checkpoint: checkpoint '$c' holds 3 statements for the cut-over
dts-checkpoint: hint: dts-apply --cut-over runs them; dts-checkpoint held prints them, --force forgets them" ]
	# Set back, the same stream brings them again, once.
	run_tool 0 checkpoint set "$c" s bin.000001:10
	sql dst 'DELETE FROM t' d
	run_tool 0 apply --checkpoint="$c" --other-ddl=hold in
	[ "$(held | wc -l)" = 3 ]
	cut_over 0
	[ -z "$output$stderr" ]
	[ -z "$(held)" ]
	is 'SELECT a FROM v' 1,2
	is 'SELECT sql_mode LIKE "ANSI_QUOTES%" FROM information_schema.routines WHERE routine_schema = "d"' 1
	sql dst 'INSERT INTO t VALUES (3, 3)' d
	is 'SELECT b FROM t WHERE a = 3' 7
	cut_over 0
	[ -z "$output$stderr" ]
	[[ "$(checkpoint show "$c")" != *held:* ]]
	run_tool 0 checkpoint remove "$c"
}

@test "what is dropped or replaced later is not made" {
	{
		tx 20 "$(ddl create-view 'CREATE VIEW v AS SELECT b FROM t')"
		tx 30 "$(ddl create-view 'CREATE VIEW w AS SELECT b FROM t')"
		tx 40 "$(ddl alter-table 'ALTER TABLE t DROP COLUMN b')"
		tx 50 "$(ddl drop-view 'DROP VIEW v')"
		tx 60 "$(ddl create-view 'CREATE OR REPLACE VIEW w AS SELECT a FROM t')"
		tx 70 "$(ddl create-view "$view")"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" --other-ddl=hold in
	cut_over 0
	[ -z "$stderr" ]
	is 'SHOW TABLES' t,v,w
}

@test "a statement that the target refuses stops the cut-over, and is passed over when it is made by hand" {
	{
		tx 20 "$(ddl create-procedure 'CREATE PROCEDURE p() SELECT 1')"
		tx 30 "$(ddl create-view 'CREATE VIEW x AS SELECT nothing FROM t')"
		tx 40 "$(ddl create-view "$view")"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" --other-ddl=hold in
	for _ in 1 2; do
		cut_over 4
		[[ "$stderr" == *"the target refuses the statement: CREATE VIEW x AS SELECT nothing FROM t"*"hint: mend what the target complains about and start again; or make the change by hand and start again with --ddl-done" ]]
		[ "$(held | wc -l)" = 2 ]
		is 'SHOW TABLES' t
	done
	cut_over 0 --ddl-done
	is 'SHOW TABLES' t,v
	is 'SELECT routine_name FROM information_schema.routines WHERE routine_schema = "d"' p
}

@test "a cut-over that is killed while its statement runs does not run it twice" {
	tx 20 "$(ddl create-trigger "$trigger")" | changes 10 >in
	run_tool 0 apply --checkpoint="$c" --other-ddl=hold in
	hold 'START TRANSACTION; SELECT COUNT(*) FROM t'
	dts-apply --defaults-file="$(defaults)" -g dst --checkpoint="$c" --cut-over >/dev/null 2>&1 3>&- 6>&- &
	victim=$!
	wait_until 20 '[ "$(sql dst "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE \"%metadata lock%\"")" = 1 ]'
	kill -KILL "$victim"
	wait "$victim" || :
	echo 'COMMIT;' >&6
	wait_until 20 '[ "$(sql dst "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = \"d\"")" = 1 ]'
	[ "$(held)" = "$trigger" ]
	cut_over 0
	[ -z "$(held)" ]
	is 'SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = "d"' 1
}

@test "events come disabled before the cut-over" {
	{
		tx 20 "$(ddl create-event 'CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO INSERT INTO d.t VALUES (1, 1)')"
		tx 30 "$(ddl create-event "CREATE EVENT f ON SCHEDULE EVERY 1 SECOND ON COMPLETION PRESERVE ENABLE COMMENT 'x' DO DO 1")"
		tx 40 "$(ddl create-event 'CREATE EVENT g ON SCHEDULE EVERY (1 + 1) SECOND DISABLE DO DO 1')"
		tx 50 "$(ddl alter-event 'ALTER EVENT g ENABLE')"
		tx 60 "$(ddl alter-event 'ALTER EVENT g ON COMPLETION PRESERVE')"
	} | changes 10 >in
	run_tool 0 apply --checkpoint="$c" --other-ddl=apply in
	[ "$(grep 'is disabled' <<<"$stderr")" = "dts-apply: event 'd.e' is disabled at the target: enable it when that takes over
dts-apply: event 'd.f' is disabled at the target: enable it when that takes over
dts-apply: event 'd.g' is disabled at the target: enable it when that takes over" ]
	is 'SELECT event_name, status FROM information_schema.events WHERE event_schema = "d" ORDER BY 1' 'e DISABLED,f DISABLED,g DISABLED'
	is 'SELECT event_comment FROM information_schema.events WHERE event_schema = "d" AND event_name = "f"' x
	tx 70 "$(ddl create-event 'CREATE EVENT h ON SCHEDULE EVERY 1 HOUR DO DO 1')" | changes 69 >in
	run_tool 0 apply --checkpoint="$c" --other-ddl=hold in
	cut_over 0
	is 'SELECT status FROM information_schema.events WHERE event_schema = "d" AND event_name = "h"' ENABLED
}

@test "the cut-over comes last" {
	run_tool 2 apply --cut-over
	[ "$stderr" = 'dts-apply: --cut-over needs --checkpoint=NAME, which has the statements' ]
	: >in
	refused 2 '--cut-over reads no input: all changes are to be applied before' '' --checkpoint="$c" --cut-over
	run_tool 2 apply --checkpoint="$c" --cut-over --print
	cut_over 4
	[ "$stderr" = "dts-apply: there is no checkpoint '$c'
dts-apply: hint: dts-checkpoint list prints those that there are" ]
	{ schema t a b; chunk 1 t 10 10 '{"a":1,"b":1}'; } | wrap snapshot 10 | head -n -1 >in
	run_tool 3 apply --checkpoint="$c" in
	cut_over 4
	[[ "$stderr" == "dts-apply: the full phase of checkpoint '$c' has not ended"* ]]
}

# pipe STATUSES 'dts-x -g ... | dts-y -g ...', with the option file put in
pipe() {
	run_pipe "$1" "$(printf '%s\n' "$2" | sed "s#\\(dts-[a-z]*\\) -g#\\1 --defaults-file=$(defaults) -g#g")"
}

@test "a migration in which all kinds of objects are made on the way" {
	sql src 'DROP DATABASE IF EXISTS d; CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY, b INT); INSERT INTO d.t VALUES (1, 1)'
	pipe '0 0' "dts-dump -g src d | dts-apply -g dst --checkpoint=$c"
	client src --delimiter=// d <<-'EOF'
		CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x + 1//
		CREATE VIEW w AS SELECT a, f(b) AS c FROM t//
		INSERT INTO t VALUES (2, 2)//
		CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW BEGIN SET NEW.b = NEW.b * 10; END//
		UPDATE t SET b = 3 WHERE a = 1//
		CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END//
		CREATE EVENT e ON SCHEDULE EVERY 1 HOUR STARTS '2037-01-01 00:00:00' DO DELETE FROM t//
		ALTER TABLE t ADD COLUMN z INT DEFAULT 5//
		DROP PROCEDURE p//
		CREATE OR REPLACE VIEW w AS SELECT a, f(z) AS c FROM t//
	EOF
	pipe '0 0' "dts-binlog -g src --resume=$c@dst d | dts-apply -g dst --checkpoint=$c --other-ddl=hold"
	[ -z "$stderr" ]
	is 'SELECT * FROM t ORDER BY a' '1 30 5,2 2 5'
	is 'SHOW FULL TABLES' 't BASE TABLE'
	[ "$(held | wc -l)" -ge 7 ]
	cut_over 0
	is 'SELECT * FROM w ORDER BY a' '1 6,2 6'
	is 'SELECT GROUP_CONCAT(routine_name) FROM information_schema.routines WHERE routine_schema = "d"' f
	is 'SELECT GROUP_CONCAT(event_name, status) FROM information_schema.events WHERE event_schema = "d"' eENABLED
	sql dst 'UPDATE t SET b = 1 WHERE a = 2' d
	is 'SELECT b FROM t WHERE a = 2' 10
}
