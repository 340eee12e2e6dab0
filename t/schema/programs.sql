-- Views, routines, packages, triggers, events and sequences with everything that the servers' manuals
-- list for their CREATE statements, and what hangs together with what. See choose.py.
-- @@ make
SET sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone='+00:00';
CREATE USER app@localhost;
GRANT ALL ON *.* TO app@localhost;
USE proof;
CREATE TABLE items (id int PRIMARY KEY AUTO_INCREMENT, name varchar(40) NOT NULL, price decimal(9,2) NOT NULL DEFAULT 1, kind char(1)) AUTO_INCREMENT=11;
INSERT INTO items VALUES (1, 'one', 1.50, 'a'), (2, 'two', 2.50, 'b'), (3, 'it''s', 3.25, 'a'), (4, 'é', 0, NULL);
CREATE TABLE log (n int PRIMARY KEY AUTO_INCREMENT, what varchar(200));

-- Views: each algorithm, security and check option.
CREATE ALGORITHM=UNDEFINED DEFINER=CURRENT_USER SQL SECURITY DEFINER VIEW v_plain AS SELECT * FROM items;
CREATE ALGORITHM=MERGE DEFINER=app@localhost SQL SECURITY INVOKER VIEW v_merge (`the id`, `name ``q```, n2) AS SELECT id, name, price * 2 FROM items WHERE id < 100 WITH LOCAL CHECK OPTION;
CREATE ALGORITHM=TEMPTABLE VIEW v_temp AS SELECT kind, COUNT(*) AS many, SUM(price) AS total FROM items GROUP BY kind HAVING COUNT(*) > 0 ORDER BY kind;
CREATE VIEW v_cascaded AS SELECT id, name, price FROM items WHERE price > 1 WITH CASCADED CHECK OPTION;
CREATE VIEW v_check AS SELECT id, name, price FROM v_cascaded WHERE id < 50 WITH CHECK OPTION;
CREATE VIEW v_union AS SELECT id, 'a' AS source FROM items WHERE kind = 'a' UNION ALL SELECT id, 'b' FROM items WHERE kind <> 'a' UNION SELECT 0, NULL;
CREATE VIEW v_with AS WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, i.name FROM r LEFT JOIN items i ON i.id = r.n;
CREATE VIEW v_window AS SELECT id, RANK() OVER (PARTITION BY kind ORDER BY price DESC) AS place, SUM(price) OVER w AS running FROM items WINDOW w AS (ORDER BY id);
CREATE VIEW v_sub AS SELECT id, (SELECT MAX(price) FROM items j WHERE j.kind = i.kind) AS top FROM items i WHERE EXISTS (SELECT 1 FROM items k WHERE k.id = i.id) AND id IN (SELECT id FROM items);
CREATE VIEW v_words AS SELECT id, CASE kind WHEN 'a' THEN 'é''"\\' ELSE _latin1 x'e9' END AS word, CAST(price AS char(9)) AS text, name COLLATE utf8mb4_bin AS bin,
	DATE_FORMAT('2024-01-02', '%Y/%m %%') AS day, INTERVAL(id, 1, 2) AS step, '2024-01-31' + INTERVAL 1 MONTH AS later, name REGEXP '^[a-z]+$' AS re, CONVERT(name USING utf8mb3) AS conv,
	IF(id MOD 2, TRUE, NULL) AS odd, id DIV 2 AS half, id <=> NULL AS nullsafe, NOT id AS negated, ~0 AS ones, 0x41 AS hex, b'101' AS bits, DATE '2024-02-03' AS lit, name LIKE 'o|_%' ESCAPE '|' AS pattern FROM items;
CREATE VIEW v_json AS SELECT t.n, JSON_EXTRACT('{"a": [1, 2]}', '$.a[0]') AS j FROM JSON_TABLE('[1, 2, 3]', '$[*]' COLUMNS (n int PATH '$')) AS t;
CREATE VIEW v_join AS SELECT a.id, b.id AS other FROM items a LEFT JOIN items b USING (kind) JOIN (SELECT id FROM items WHERE id < 4) c ON c.id = a.id;
CREATE VIEW `v ``names``. "x" 'y'` AS SELECT id AS `a``b`, name AS `select`, price AS `p.q`, kind AS "it's" FROM items;
SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE,STRICT_ALL_TABLES';
CREATE VIEW "v_ansi" AS SELECT "id" AS "the ""id""", "name" || '-' || "kind" AS joined FROM "items";
SET sql_mode='NO_BACKSLASH_ESCAPES,HIGH_NOT_PRECEDENCE,STRICT_ALL_TABLES';
CREATE VIEW v_escapes AS SELECT id, 'a\b''c' AS s, NOT id BETWEEN 0 AND 1 AS n FROM items;
SET sql_mode='STRICT_ALL_TABLES', NAMES latin1;
CREATE VIEW v_latin AS SELECT 'é' AS text, LENGTH('é') AS bytes, CHARSET('x') AS cs, 'é' = name AS same, id FROM items;
SET NAMES utf8mb4 COLLATE utf8mb4_bin;
CREATE VIEW v_binary AS SELECT 'a' = 'A' AS same, COLLATION('x') AS collation_of;
SET NAMES utf8mb3;
CREATE VIEW v_mb3 AS SELECT 'é' AS text, CHARSET('x') AS cs;
SET NAMES utf8mb4;
USE `proof latin`;
CREATE VIEW v_elsewhere AS SELECT i.id, l.a FROM proof.items i JOIN proof.latin l ON TRUE WHERE i.id = 1;
USE proof;
CREATE VIEW v_except AS SELECT id FROM items EXCEPT SELECT 2 INTERSECT SELECT 2;
CREATE VIEW v_fulltext AS SELECT a FROM `keys` WHERE MATCH (c, d) AGAINST ('words' IN BOOLEAN MODE);
CREATE VIEW v_percentile AS SELECT DISTINCT MEDIAN(price) OVER (PARTITION BY kind) AS m FROM items; -- @ both mariadb: not in MySQL
CREATE VIEW v_history AS SELECT id, v FROM v_system FOR SYSTEM_TIME ALL; -- @ both mariadb: not in MySQL
CREATE VIEW v_lateral AS SELECT i.id, l.m FROM items i, LATERAL (SELECT MAX(j.id) AS m FROM items j WHERE j.kind = i.kind) l; -- @ both mysql: not in MariaDB
CREATE VIEW v_values AS SELECT * FROM (VALUES ROW(1, 'a'), ROW(2, 'b')) AS t (n, s); -- @ both mysql: not in MariaDB
CREATE JSON RELATIONAL DUALITY VIEW v_duality AS SELECT JSON_DUALITY_OBJECT('_id': id, 'name': name) FROM items; -- @ both mysql: not in MariaDB
CREATE VIEW v_member AS SELECT a FROM `keys` WHERE 3 MEMBER OF (j->'$.tags') AND j->>'$.tags[0]' = '3'; -- @ both mysql: not in MariaDB
-- Views on views, of names whose order is the wrong one.
CREATE VIEW z_base AS SELECT id, price FROM items;
CREATE VIEW m_middle AS SELECT id, price + 1 AS price FROM z_base;
CREATE VIEW a_top AS SELECT m.id, m.price, z.price AS base FROM m_middle m JOIN z_base z USING (id);
CREATE VIEW `Proof.É``"'%_x`.`a ``view``` AS SELECT * FROM proof.a_top;
CREATE VIEW a_across AS SELECT * FROM `Proof.É``"'%_x`.`a ``view```;
-- Functions on views on functions, named so that neither order by kind nor by name is right.
DELIMITER //
CREATE FUNCTION f_double (x decimal(9,2)) RETURNS decimal(9,2) DETERMINISTIC RETURN x * 2//
CREATE VIEW b_with_function AS SELECT id, f_double(price) AS p FROM items//
CREATE FUNCTION f_of_view (x int) RETURNS decimal(9,2) READS SQL DATA RETURN (SELECT p FROM b_with_function WHERE id = x)//
CREATE FUNCTION `Proof.É``"'%_x`.`a ``function``` (x int) RETURNS int NO SQL RETURN x + 100//
CREATE VIEW a_with_function AS SELECT id, f_of_view(id) AS p, `Proof.É``"'%_x`.`a ``function``` (id) AS q FROM items//

-- Routines: each characteristic and kind of argument.
CREATE DEFINER=app@localhost PROCEDURE p_all (IN a int, OUT b varchar(40), INOUT c decimal(9,2), d enum('x','é') CHARACTER SET latin1)
	COMMENT 'it''s a \\ "procedure" é' LANGUAGE SQL NOT DETERMINISTIC MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
	/* a comment; with ' a quote */
	DECLARE done int DEFAULT FALSE; -- another; 'one
	DECLARE total, one decimal(9,2) DEFAULT 0; # and 'another
	DECLARE cur CURSOR FOR SELECT price FROM items ORDER BY id;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = TRUE;
	OPEN cur;
	again: LOOP
		FETCH cur INTO one;
		IF done THEN LEAVE again; ELSEIF one = 0 THEN ITERATE again; ELSE SET total = total + one; END IF;
	END LOOP again;
	CLOSE cur;
	SET b = CONCAT('sum ', total, ' ', HEX(d)), c = c + a;
	INSERT INTO log (what) VALUES (CONCAT('p_all ', a));
	SELECT * FROM v_temp;
END//
CREATE PROCEDURE p_flow (n int) CONTAINS SQL
BEGIN
	DECLARE i int DEFAULT 0;
	DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLSTATE '45000', 1062 BEGIN GET DIAGNOSTICS CONDITION 1 @state = RETURNED_SQLSTATE, @text = MESSAGE_TEXT; SELECT @state, @text; END;
	WHILE i < n DO SET i = i + 1; END WHILE;
	REPEAT SET i = i - 1; UNTIL i < 2 END REPEAT;
	CASE i WHEN 1 THEN SELECT 'one'; ELSE BEGIN END; END CASE;
	SET @sql = 'SELECT ? + 1'; PREPARE s FROM @sql; SET @x = i; EXECUTE s USING @x; DEALLOCATE PREPARE s;
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'it''s raised', MYSQL_ERRNO = 5555;
END//
CREATE PROCEDURE p_recursive (n int, OUT r int) READS SQL DATA IF n <= 1 THEN SET r = 1; ELSE CALL p_recursive(n - 1, r); SET r = r * n; END IF//
CREATE PROCEDURE p_ddl () MODIFIES SQL DATA BEGIN CREATE TEMPORARY TABLE t (a int); INSERT INTO t VALUES (1); SELECT * FROM t; DROP TEMPORARY TABLE t; END//
CREATE PROCEDURE `p ``names``. "x"` (`a ``b` int) SELECT `a ``b` AS `the ``result`//
CREATE PROCEDURE p_on_later () SELECT * FROM made_later//
CREATE TABLE made_later (a int PRIMARY KEY)//
CREATE PROCEDURE p_calls_later () CALL p_later()//
CREATE PROCEDURE p_later () SELECT 'later'//
CREATE PROCEDURE p_on_nothing () SELECT * FROM there_is_no_such_table//
CREATE FUNCTION f_text (a varchar(20), b text) RETURNS varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DETERMINISTIC NO SQL COMMENT 'text' RETURN CONCAT(a, '/', b)//
CREATE FUNCTION f_types (a int unsigned, b datetime(3), c set('x','y'), d year, e bit(8), f double) RETURNS enum('p','q''r') DETERMINISTIC RETURN IF(a > 1, 'p', 'q''r')//
CREATE FUNCTION f_writes (x int) RETURNS int MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN INSERT INTO log (what) VALUES (CONCAT('f_writes ', x)); RETURN ROW_COUNT(); END//
CREATE FUNCTION f_default_charset (a varchar(9)) RETURNS varchar(60) DETERMINISTIC RETURN COLLATION(a)//
-- As big as they get.
CREATE FUNCTION f_long () RETURNS int DETERMINISTIC BEGIN DECLARE a int DEFAULT 1;
	SET a = a + 1; /* ................................................................................................................................................................ */
	RETURN a; END//
SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT'//
CREATE PROCEDURE "p_ansi" ("x" varchar(9)) SELECT "x" || '"' || 'y' AS "col"//
SET sql_mode='NO_BACKSLASH_ESCAPES'//
CREATE PROCEDURE p_no_backslash () COMMENT 'a\' SELECT 'a\n', LENGTH('\')//
SET sql_mode='NO_UNSIGNED_SUBTRACTION,REAL_AS_FLOAT,PAD_CHAR_TO_FULL_LENGTH'//
CREATE PROCEDURE p_modes () SELECT CAST(1 AS unsigned) - 2, @@sql_mode LIKE '%PAD_CHAR%'//
SET sql_mode=''//
CREATE PROCEDURE p_no_mode () SELECT '10' + '1x', 1 / 0, CAST('2024-02-31' AS date), @@sql_mode//
SET sql_mode='TRADITIONAL'//
CREATE PROCEDURE p_traditional () BEGIN INSERT INTO p_list (a) VALUES (1 / 0); END//
SET sql_mode='ANSI'//
CREATE FUNCTION f_ansi (a int) RETURNS varchar(20) DETERMINISTIC RETURN 'x' || a//
SET sql_mode='ORACLE'// -- @ both mariadb: MySQL has no such mode
CREATE PROCEDURE p_oracle (a IN int, b OUT int) AS x int := 1; BEGIN b := a + x; IF b > 1 THEN NULL; END IF; END// -- @ both mariadb: as above
CREATE FUNCTION f_oracle (a int) RETURN int DETERMINISTIC AS BEGIN RETURN a + 1; END// -- @ both mariadb: as above
CREATE DEFINER=app@localhost PACKAGE pkg COMMENT 'it''s a package' AS PROCEDURE p (a int); FUNCTION f (a int) RETURN int; END// -- @ both mariadb: as above
CREATE PACKAGE BODY pkg AS v int := 7; FUNCTION f (a int) RETURN int AS BEGIN RETURN a + v; END; PROCEDURE p (a int) AS BEGIN v := v + a; SELECT f(a); END; BEGIN v := 8; END// -- @ both mariadb: as above
CREATE PACKAGE pkg_head AS PROCEDURE q; END// -- @ both mariadb: as above, without a body
SET sql_mode='MAXDB'// -- @ both mariadb: MySQL has no such mode
CREATE PROCEDURE p_maxdb () SELECT @@sql_mode, 1// -- @ both mariadb: as above
SET sql_mode='EMPTY_STRING_IS_NULL,SIMULTANEOUS_ASSIGNMENT,TIME_ROUND_FRACTIONAL'// -- @ both mariadb: as above
CREATE PROCEDURE p_mariadb_modes () SELECT '' IS NULL, CAST('10:00:00.9' AS time)// -- @ both mariadb: as above
SET sql_mode='TIME_TRUNCATE_FRACTIONAL'// -- @ both mysql: MariaDB has no such mode
CREATE PROCEDURE p_mysql_modes () SELECT CAST('10:00:00.9' AS time)// -- @ both mysql: as above
SET sql_mode='STRICT_ALL_TABLES'//
CREATE AGGREGATE FUNCTION f_aggregate (x decimal(9,2)) RETURNS decimal(9,2) BEGIN DECLARE s decimal(9,2) DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x * 10; END LOOP; END// -- @ both mariadb: MySQL has no such functions
CREATE PROCEDURE p_for () BEGIN FOR r IN (SELECT id, name FROM items) DO SELECT r.id, r.name; END FOR; FOR i IN 1..2 DO SELECT i; END FOR; END// -- @ both mariadb: MySQL has no FOR
CREATE PROCEDURE p_anchored () BEGIN DECLARE a TYPE OF items.name DEFAULT 'x'; DECLARE b ROW TYPE OF items; DECLARE c ROW (p int, q varchar(9)); SET b.id = 5, c.p = 6; SELECT a, b.id, c.p; EXECUTE IMMEDIATE 'SELECT 1'; END// -- @ both mariadb: MySQL has no such types
CREATE FUNCTION f_inout (INOUT a int, OUT b int) RETURNS int BEGIN SET a = a + 1, b = 2; RETURN a + b; END// -- @ both mariadb: arguments of MySQL's functions are IN
CREATE PROCEDURE p_inout () BEGIN DECLARE x, y, z int DEFAULT 1; SET z = f_inout(x, y); SELECT x, y, z; END// -- @ both mariadb: as above
CREATE OR REPLACE FUNCTION f_replaced () RETURNS int DETERMINISTIC RETURN 5// -- @ both mariadb: as made by OR REPLACE
CREATE PROCEDURE p_optional (a int, b int DEFAULT a + 1) SELECT a, b// -- @ both mariadb118: MariaDB 10.11 and MySQL have no optional arguments
CREATE FUNCTION IF NOT EXISTS f_if_not_exists () RETURNS int DETERMINISTIC RETURN 6//
SET NAMES latin1//
CREATE PROCEDURE p_latin () COMMENT 'é' SELECT 'é' AS text, LENGTH('é') AS bytes, CHARSET('x') AS cs//
SET NAMES utf8mb3//
CREATE FUNCTION f_mb3 () RETURNS varchar(9) DETERMINISTIC RETURN CHARSET('é')//
SET NAMES utf8mb4 COLLATE utf8mb4_bin//
CREATE FUNCTION f_collation () RETURNS int DETERMINISTIC RETURN 'a' = 'A'//
SET NAMES utf8mb4//
-- Made when its database had another collation.
ALTER DATABASE `proof latin` COLLATE latin1_bin//
USE `proof latin`//
CREATE FUNCTION f_old (a varchar(9)) RETURNS varchar(60) DETERMINISTIC RETURN CONCAT(COLLATION(a), a = 'X')//
ALTER DATABASE `proof latin` COLLATE latin1_german2_ci//
CREATE FUNCTION f_new (a varchar(9)) RETURNS varchar(60) DETERMINISTIC RETURN CONCAT(COLLATION(a), a = 'X')//
USE proof//
DELIMITER ;

-- @@ use
SET sql_mode='STRICT_ALL_TABLES', NAMES utf8mb4, time_zone='+00:00', collation_connection=utf8mb4_general_ci;
USE proof;
SELECT 'views';
SELECT * FROM v_plain; SELECT * FROM v_merge; SELECT * FROM v_temp; SELECT * FROM v_union ORDER BY id, source; SELECT * FROM v_with ORDER BY n; SELECT * FROM v_window ORDER BY id; SELECT * FROM v_sub ORDER BY id;
SELECT * FROM v_words ORDER BY id; SELECT * FROM v_json; SELECT * FROM v_join ORDER BY id, other; SELECT `a``b`, `select`, `p.q`, `it's` FROM `v ``names``. "x" 'y'`; SELECT `the "id"`, joined FROM v_ansi; SELECT * FROM v_escapes;
SELECT HEX(text), bytes, cs, same FROM v_latin; SELECT * FROM v_binary; SELECT HEX(text), cs FROM v_mb3; SELECT * FROM `proof latin`.v_elsewhere; SELECT * FROM v_except ORDER BY 1; SELECT * FROM v_fulltext ORDER BY 1;
SELECT * FROM v_percentile ORDER BY 1; SELECT id FROM v_history GROUP BY id; -- @ both mariadb: as the views
SELECT * FROM v_lateral; SELECT * FROM v_values; SELECT * FROM v_member; -- @ both mysql: as the views
SELECT JSON_EXTRACT(data, '$.name') FROM v_duality ORDER BY 1; -- @ both mysql: as the view
INSERT INTO v_cascaded VALUES (60, 'cheap', 0.50);
INSERT INTO v_check VALUES (60, 'far', 5);
INSERT INTO v_check VALUES (40, 'near', 5);
UPDATE v_merge SET `name ``q```='renamed' WHERE `the id` = 2;
UPDATE v_merge SET `the id` = 200 WHERE `the id` = 2;
SELECT * FROM items;
SELECT * FROM a_top ORDER BY id; SELECT * FROM a_across ORDER BY id; SELECT * FROM b_with_function ORDER BY id; SELECT * FROM a_with_function ORDER BY id;
SELECT table_name, check_option, is_updatable, definer, security_type, character_set_client, collation_connection FROM information_schema.views WHERE table_name NOT LIKE '%\_invalid' AND table_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY BINARY table_schema, BINARY table_name; -- @ both mysql: families differ in what they can update
SELECT table_name, check_option, is_updatable, definer, security_type, character_set_client, collation_connection, algorithm FROM information_schema.views WHERE table_name NOT LIKE '%\_invalid' AND table_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY BINARY table_schema, BINARY table_name; -- @ both mariadb: as above
SELECT 'routines';
SET @c = 5; CALL p_all(3, @b, @c, 'é'); SELECT @b, @c; SELECT * FROM log;
CALL p_flow(4); SET max_sp_recursion_depth=10; CALL p_recursive(5, @r); SELECT @r; CALL p_ddl(); CALL `p ``names``. "x"`(3);
CALL p_on_later(); CALL p_calls_later();
CALL p_on_nothing();
SELECT f_text('a', 'é'), COLLATION(f_text('a', 'b')), f_types(1, NOW(), 'x', 2000, 1, 1e0), f_types(2, NOW(), 'x', 2000, 1, 1e0);
SELECT f_writes(5); SELECT what FROM log ORDER BY n; SELECT f_default_charset('x'), f_long(), f_if_not_exists();
CALL p_ansi('v'); CALL p_no_backslash(); CALL p_modes();
CALL p_no_mode(); -- @ both mysql: the words of sql_mode differ
CALL p_no_mode(); -- @ both mariadb: as above
CALL p_traditional();
SELECT f_ansi(3);
SET sql_mode='ORACLE'; CALL p_oracle(4, @o); SELECT @o, f_oracle(1), pkg.f(1); CALL pkg.p(2); CALL p_maxdb(); CALL p_mariadb_modes(); SET sql_mode='STRICT_ALL_TABLES'; -- @ both mariadb: as the routines
CALL p_mysql_modes(); -- @ both mysql: as the routine
SELECT f_aggregate(price) FROM items; CALL p_for(); CALL p_anchored(); SELECT f_replaced(); -- @ both mariadb: as the routines
CALL p_inout(); -- @ both mariadb: as the function
CALL p_optional(1); CALL p_optional(1, 9); -- @ both mariadb118: as the routine
CALL p_latin(); SELECT f_mb3(), f_collation(), `proof latin`.f_old('x'), `proof latin`.f_new('x');
SELECT routine_name, routine_type, dtd_identifier, is_deterministic, sql_data_access, security_type, sql_mode, routine_comment, definer, character_set_client, collation_connection, database_collation FROM information_schema.routines WHERE routine_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY BINARY routine_schema, BINARY routine_name; -- @ both mysql: families differ in sql_mode's words
SELECT routine_name, routine_type, dtd_identifier, is_deterministic, sql_data_access, security_type, sql_mode, routine_comment, definer, character_set_client, collation_connection, database_collation FROM information_schema.routines WHERE routine_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY BINARY routine_schema, BINARY routine_name, routine_type; -- @ both mariadb: as above

-- @@ make
-- Triggers: each moment, several of one, in an order that their names do not say.
CREATE TABLE watched (id int PRIMARY KEY AUTO_INCREMENT, v int, s varchar(60), big int AS (v + 1) STORED);
CREATE TABLE seen (n int PRIMARY KEY AUTO_INCREMENT, what varchar(200)) CHARACTER SET utf8mb4;
INSERT INTO watched (v, s) VALUES (1, 'a'), (2, 'b');
DELIMITER //
CREATE TRIGGER t_first BEFORE INSERT ON watched FOR EACH ROW SET NEW.v = COALESCE(NEW.v, 0) + 1//
CREATE DEFINER=app@localhost TRIGGER t_after_insert AFTER INSERT ON watched FOR EACH ROW INSERT INTO seen (what) VALUES (CONCAT('insert ', NEW.id, ' ', NEW.v, ' ', NEW.big))//
CREATE TRIGGER t_before_update BEFORE UPDATE ON watched FOR EACH ROW BEGIN IF NEW.v < 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'negative'; END IF; SET NEW.s = CONCAT(OLD.s, '>', NEW.s); END//
CREATE TRIGGER t_after_update AFTER UPDATE ON watched FOR EACH ROW INSERT INTO seen (what) VALUES (CONCAT('update ', OLD.v, ' ', NEW.v))//
CREATE TRIGGER t_before_delete BEFORE DELETE ON watched FOR EACH ROW INSERT INTO seen (what) VALUES (CONCAT('delete ', OLD.id))//
CREATE TRIGGER t_after_delete AFTER DELETE ON watched FOR EACH ROW CALL note_delete(OLD.id)//
CREATE PROCEDURE note_delete (i int) INSERT INTO seen (what) VALUES (CONCAT('deleted ', i))//
CREATE TRIGGER z_second BEFORE INSERT ON watched FOR EACH ROW FOLLOWS t_first SET NEW.v = NEW.v * 10//
CREATE TRIGGER a_last BEFORE INSERT ON watched FOR EACH ROW SET NEW.v = NEW.v + 3//
CREATE TRIGGER m_before_all BEFORE INSERT ON watched FOR EACH ROW PRECEDES t_first SET NEW.v = NEW.v + 100//
CREATE TRIGGER b_between BEFORE INSERT ON watched FOR EACH ROW FOLLOWS z_second SET NEW.v = NEW.v * 2//
SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'//
CREATE TRIGGER "t ""names""`. x" AFTER INSERT ON "watched" FOR EACH ROW INSERT INTO "seen" ("what") VALUES ('\' || NEW."s" || '"')//
SET sql_mode='STRICT_ALL_TABLES', NAMES latin1//
CREATE TRIGGER t_latin AFTER INSERT ON watched FOR EACH ROW INSERT INTO seen (what) VALUES (CONCAT(HEX('é'), CHARSET('x')))//
SET NAMES utf8mb4//
CREATE TRIGGER `Proof.É``"'%_x`.`select` BEFORE INSERT ON `Proof.É``"'%_x`.`a table, ``quoted`` "so" 'and' so.` FOR EACH ROW SET NEW.`a``b` = NEW.`a``b` + 1//
CREATE TRIGGER t_parts BEFORE INSERT ON p_range FOR EACH ROW SET NEW.b = NEW.id//
-- A trigger of a table that gets another name while the changes run.
CREATE TABLE before_rename (id int PRIMARY KEY, v int)//
CREATE TRIGGER t_renamed BEFORE INSERT ON before_rename FOR EACH ROW SET NEW.v = 7//
CREATE TABLE before_swap (id int PRIMARY KEY, v int)//
CREATE TABLE after_swap (id int PRIMARY KEY, v int)//
CREATE TRIGGER t_swapped BEFORE INSERT ON before_swap FOR EACH ROW SET NEW.v = 8//
DELIMITER ;
INSERT INTO watched (v, s) VALUES (5, 'made');
-- @@ meanwhile
USE proof;
INSERT INTO watched (v, s) VALUES (6, 'on the stream'); UPDATE watched SET v = 60, s = 'x' WHERE id = 1; DELETE FROM watched WHERE id = 2;
INSERT INTO before_rename VALUES (1, 1); INSERT INTO before_swap VALUES (1, 1);
RENAME TABLE before_rename TO after_rename;
RENAME TABLE before_swap TO tmp_swap, after_swap TO before_swap, tmp_swap TO after_swap;
INSERT INTO after_rename VALUES (2, 2); INSERT INTO after_swap VALUES (2, 2); INSERT INTO before_swap VALUES (2, 2);
INSERT INTO items (name) VALUES ('meanwhile'); UPDATE items SET price = 9 WHERE id = 1; DELETE FROM items WHERE id = 4;
INSERT INTO attributes (plain, no_null, place) VALUES (50, 50, ST_GeomFromText('POINT(5 6)'));
INSERT INTO fk_parent VALUES (6, 'g', 2); DELETE FROM fk_child WHERE id = 1;
DELETE FROM fk_self WHERE id = 3; INSERT INTO fk_self VALUES (4, 4);
CALL p_all(1, @b, @c, 'x');
-- @@ use
USE proof;
SELECT 'triggers';
SELECT * FROM watched ORDER BY id; SELECT what FROM seen ORDER BY n;
INSERT INTO watched (v, s) VALUES (NULL, 'used'); UPDATE watched SET v = -1 WHERE id = 1;
UPDATE watched SET v = 61, s = 'y' WHERE id = 1; DELETE FROM watched WHERE id = 3;
SELECT * FROM watched ORDER BY id; SELECT what FROM seen ORDER BY n;
INSERT INTO after_rename VALUES (3, 3); SELECT * FROM after_rename; INSERT INTO after_swap VALUES (3, 3); SELECT * FROM after_swap; INSERT INTO before_swap VALUES (3, 3); SELECT * FROM before_swap;
INSERT INTO `Proof.É``"'%_x`.`a table, ``quoted`` "so" 'and' so.` (`the key`, `a``b`) VALUES (9, 9); SELECT * FROM `Proof.É``"'%_x`.`a table, ``quoted`` "so" 'and' so.` WHERE `the key` = 9;
INSERT INTO p_range (id) VALUES (19); SELECT * FROM p_range WHERE id = 19;
SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, definer, character_set_client, collation_connection, database_collation FROM information_schema.triggers WHERE trigger_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY BINARY trigger_schema, BINARY trigger_name; -- @ both mysql: names of character sets
SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, definer, character_set_client, collation_connection, database_collation FROM information_schema.triggers WHERE trigger_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY BINARY trigger_schema, BINARY trigger_name; -- @ both mariadb: as above
SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order FROM information_schema.triggers WHERE trigger_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY BINARY trigger_schema, BINARY trigger_name;

-- @@ make
-- Events: each schedule, unit, state and time zone. They are far away; `e_ticks` is not, but disabled here.
CREATE TABLE ticks (id int PRIMARY KEY AUTO_INCREMENT, what varchar(40));
SET time_zone='+00:00';
CREATE EVENT e_at ON SCHEDULE AT '2035-01-02 03:04:05' ON COMPLETION PRESERVE ENABLE COMMENT 'it''s an \\ "event" é' DO INSERT INTO ticks (what) VALUES ('at');
CREATE EVENT e_at_gone ON SCHEDULE AT '2035-01-02 03:04:05' + INTERVAL 1 DAY ON COMPLETION NOT PRESERVE DISABLE DO SELECT 1;
SET time_zone='+05:30';
CREATE DEFINER=app@localhost EVENT e_zone ON SCHEDULE EVERY 1 DAY STARTS '2034-05-05 05:05:05' ENDS '2035-05-05 05:05:05' ON COMPLETION PRESERVE DO INSERT INTO ticks (what) VALUES (NOW());
SET time_zone='SYSTEM';
CREATE EVENT e_system ON SCHEDULE EVERY 2 WEEK STARTS '2034-01-01 00:00:00' DISABLE DO SELECT 1;
CREATE EVENT e_slave ON SCHEDULE EVERY 3 HOUR STARTS '2034-01-01 00:00:00' DISABLE ON SLAVE DO SELECT 1;
CREATE EVENT e_compound ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2034-01-01 00:00:00' DO SELECT 1;
CREATE EVENT e_compound2 ON SCHEDULE EVERY '1 2:3:4' DAY_SECOND STARTS '2034-01-01 00:00:00' DO SELECT 1;
CREATE EVENT e_years ON SCHEDULE EVERY '1-6' YEAR_MONTH STARTS '2034-01-01 00:00:00' DO SELECT 1;
CREATE EVENT e_quarter ON SCHEDULE EVERY 1 QUARTER STARTS '2034-01-01 00:00:00' DO SELECT 1;
CREATE EVENT e_month ON SCHEDULE EVERY 1 MONTH STARTS '2034-01-31 00:00:00' DO SELECT 1;
CREATE EVENT e_year ON SCHEDULE EVERY 1 YEAR STARTS '2034-01-01 00:00:00' DO SELECT 1;
CREATE EVENT e_minute ON SCHEDULE EVERY 90 MINUTE STARTS '2034-01-01 00:00:00' DO SELECT 1;
CREATE EVENT `e ``names``. "x" 'y'` ON SCHEDULE EVERY 1 SECOND STARTS '2034-01-01 00:00:00' DO SELECT 1;
SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';
CREATE EVENT "e_ansi" ON SCHEDULE EVERY 1 DAY STARTS '2034-01-01 00:00:00' DO INSERT INTO "ticks" ("what") VALUES ('\' || 'x');
SET sql_mode='STRICT_ALL_TABLES', NAMES latin1;
CREATE EVENT e_latin ON SCHEDULE EVERY 1 DAY STARTS '2034-01-01 00:00:00' COMMENT 'é' DO INSERT INTO ticks (what) VALUES (HEX('é'));
SET NAMES utf8mb4, time_zone='+00:00';
DELIMITER //
CREATE EVENT e_ticks ON SCHEDULE EVERY 1 SECOND ON COMPLETION PRESERVE DO BEGIN DECLARE n int DEFAULT 0; SELECT COUNT(*) INTO n FROM ticks; INSERT INTO ticks (what) VALUES (CONCAT('tick ', n > 0)); UPDATE items SET price = price + 1 WHERE id = 3; END//
DELIMITER ;
-- @@ use
SELECT 'events';
SELECT event_name, definer, time_zone, event_type, execute_at, interval_value, interval_field, starts, ends, on_completion, sql_mode, event_comment, character_set_client, collation_connection, database_collation FROM information_schema.events WHERE event_schema COLLATE utf8mb3_general_ci LIKE 'proof%' AND event_name <> 'e_ticks' ORDER BY BINARY event_schema, BINARY event_name; -- @ both mysql: words of modes and character sets
SELECT event_name, definer, time_zone, event_type, execute_at, interval_value, interval_field, starts, ends, on_completion, sql_mode, event_comment, character_set_client, collation_connection, database_collation FROM information_schema.events WHERE event_schema COLLATE utf8mb3_general_ci LIKE 'proof%' AND event_name <> 'e_ticks' ORDER BY BINARY event_schema, BINARY event_name; -- @ both mariadb: as above
SELECT event_name, definer, time_zone, event_type, execute_at, interval_value, interval_field, starts, ends, on_completion, event_comment FROM information_schema.events WHERE event_schema COLLATE utf8mb3_general_ci LIKE 'proof%' AND event_name <> 'e_ticks' ORDER BY BINARY event_schema, BINARY event_name;

-- @@ make both mariadb: MySQL has no sequences
CREATE SEQUENCE s_plain;
CREATE SEQUENCE s_all START WITH 100 INCREMENT BY 5 MINVALUE 10 MAXVALUE 1000 CACHE 10 CYCLE COMMENT='it''s a sequence' ENGINE=InnoDB;
CREATE SEQUENCE s_down START WITH -1 INCREMENT BY -2 MINVALUE -100 MAXVALUE -1 NOCACHE NOCYCLE;
CREATE SEQUENCE s_no NOMAXVALUE NO MINVALUE NOCYCLE;
CREATE SEQUENCE s_cycled START WITH 1 MAXVALUE 3 CACHE 1 CYCLE;
CREATE SEQUENCE `s ``names``. "x"` START WITH 7;
CREATE SEQUENCE s_typed AS smallint unsigned START WITH 5; -- @ both mariadb118: 10.11's are all bigint
CREATE TABLE numbered (id int NOT NULL DEFAULT nextval(s_plain), `x` int DEFAULT (NEXT VALUE FOR `s ``names``. "x"`), PRIMARY KEY (id));
INSERT INTO numbered VALUES (DEFAULT, DEFAULT), (DEFAULT, DEFAULT);
SELECT NEXTVAL(s_all), NEXTVAL(s_down), NEXTVAL(s_cycled), NEXTVAL(s_cycled), NEXTVAL(s_cycled), NEXTVAL(s_cycled), SETVAL(s_no, 500);
CREATE VIEW v_sequence AS SELECT NEXTVAL(s_all) AS n;
CREATE FUNCTION f_sequence () RETURNS int RETURN NEXT VALUE FOR s_plain;
-- @@ meanwhile both mariadb: as above
INSERT INTO numbered VALUES (DEFAULT, DEFAULT); SELECT NEXTVAL(s_all), NEXTVAL(s_down);
-- @@ use both mariadb: as above
USE proof;
SELECT 'sequences';
SELECT start_value, minimum_value, maximum_value, increment, cache_size, cycle_option FROM s_all; SELECT start_value, increment, cycle_option, cache_size FROM s_down;
SELECT f_sequence() > 2, NEXTVAL(s_all) > 105, NEXTVAL(s_down) < -3, NEXTVAL(s_no) = 501, NEXTVAL(s_cycled) <= 3; SELECT COUNT(n) FROM v_sequence;
INSERT INTO numbered (x) VALUES (1); SELECT COUNT(*), COUNT(DISTINCT id) FROM numbered;

-- @@ make
-- Is no view any more at the source.
CREATE TABLE of_invalid (a int); CREATE VIEW v_invalid AS SELECT a FROM of_invalid; CREATE VIEW v_on_invalid AS SELECT a FROM v_invalid; DROP TABLE of_invalid;
