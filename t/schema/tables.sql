-- Databases and tables with every attribute and option that the servers' manuals list
-- for CREATE DATABASE, TABLE and INDEX. See choose.py for the marks.
-- @@ make
SET sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone='+00:00';
CREATE DATABASE proof CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
COMMENT 'the proof''s "main" one \\ é' -- @ both mariadb: MySQL's databases have no comments
ENCRYPTION='N' -- @ from mysql: a word of MySQL's
;
CREATE DATABASE `proof latin` CHARACTER SET latin1 COLLATE latin1_german2_ci;
CREATE DATABASE `Proof.É``"'%_x` CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
USE proof;

-- Every column attribute.
CREATE TABLE attributes (
	id bigint unsigned NOT NULL AUTO_INCREMENT COMMENT 'the key''s "comment" \\ é',
	plain int,
	no_null int NOT NULL,
	literal varchar(40) NOT NULL DEFAULT 'it''s "a\\b" ; /* no */ -- comment é',
	empty_text varchar(10) NOT NULL DEFAULT '',
	num decimal(10,3) unsigned DEFAULT 1.500,
	filled int(7) unsigned zerofill DEFAULT 42,
	bits bit(9) DEFAULT b'101000001',
	raw binary(4) DEFAULT x'00ff0a27',
	raw2 varbinary(9) DEFAULT 'a\0b',
	flag boolean NOT NULL DEFAULT TRUE,
	f float DEFAULT 1.5e10, d double DEFAULT -0.1, dd double(10,2) DEFAULT 3.14,
	y year DEFAULT 2024,
	born date DEFAULT '2024-02-29',
	clock time(3) DEFAULT '-12:34:56.789',
	made datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
	changed timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
	fixed timestamp NULL DEFAULT '2024-06-01 12:00:00',
	state enum('new','it''s','a"b','é\\x') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'it''s',
	marks set('a','b','c d') DEFAULT 'a,c d',
	in_latin1 varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci DEFAULT 'ß',
	in_utf16 varchar(20) CHARACTER SET utf16 COLLATE utf16_bin DEFAULT 'é',
	in_ascii char(5) CHARACTER SET ascii DEFAULT 'x  ',
	in_binary text CHARACTER SET binary,
	hidden int INVISIBLE DEFAULT 77 COMMENT 'not in SELECT *',
	computed int DEFAULT (1 + 2 * 3),
	texts text DEFAULT (concat('a','''b')),
	depends int DEFAULT (plain + 1),
	twice int GENERATED ALWAYS AS (plain * 2) VIRTUAL COMMENT 'generated',
	thrice int GENERATED ALWAYS AS (plain * 3) STORED,
	joined varchar(99) AS (concat(literal, '-', coalesce(plain, 'none'))) STORED,
	upper_name varchar(40) COLLATE utf8mb4_general_ci AS (upper(literal)) VIRTUAL INVISIBLE,
	j json,
	place point NOT NULL,
	shape geometry,
	token uuid DEFAULT uuid(), -- @ both mariadb: CHAR(36) in MySQL with the default left to people
	addr inet6 DEFAULT '::1', -- @ both mariadb: VARCHAR in MySQL, where a short form is another value
	v4 inet4 DEFAULT '127.0.0.1', -- @ both mariadb: as above
	packed text COMPRESSED, -- @ both mariadb: MySQL's columns are not compressed
	packed2 varbinary(300) COMPRESSED DEFAULT 'zip', -- @ both mariadb: as above
	pos point REF_SYSTEM_ID=4326, -- @ both mariadb: SRID in MySQL, which swaps the axes of 4326
	pos point SRID 4326, -- @ both mysql: as above
	pos0 point SRID 0, -- @ both mysql: a restriction that MariaDB does not keep
	vec vector(3), -- @ both mysql: MariaDB 10.11 has no VECTOR
	kept int COLUMN_FORMAT FIXED STORAGE DISK, -- @ both mysql: for NDB, kept by SHOW CREATE
	attr2 int SECONDARY_ENGINE_ATTRIBUTE '{"b": 2}' NOT SECONDARY, -- @ both mysql: not in MariaDB
	token binary(16) DEFAULT (uuid_to_bin('6ccd780c-baba-1026-9564-5b8c656024db')), -- @ both mysql: not in MariaDB
	emoji varchar(9) DEFAULT (concat('😀', 'é')),
	CHECK (emoji <> 'x😀'),
	CHECK (no_null <> 13),
	CONSTRAINT `named check` CHECK (num < 1000 AND literal <> 'it''s bad'),
	col_check int CHECK (col_check BETWEEN 1 AND 9),
	lazy int CONSTRAINT lazy_check CHECK (lazy > 0) NOT ENFORCED, -- @ both mysql: MariaDB's are all enforced
	PRIMARY KEY (id) COMMENT 'primary',
	UNIQUE KEY `by literal` (literal(10), plain) COMMENT 'a key''s comment'
) AUTO_INCREMENT=1000 COMMENT='a table''s "comment" \\ é';
INSERT INTO attributes (plain, no_null, place, shape, j, in_binary) VALUES
	(1, 1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('LINESTRING(0 0,1 1)'), '{"a": [1, 2]}', 'b'),
	(2, 2, ST_GeomFromText('POINT(3 4)'), NULL, NULL, NULL);
ALTER TABLE attributes AUTO_INCREMENT=5000;
-- @@ use
SET sql_mode='STRICT_ALL_TABLES', time_zone='+00:00', timestamp=1700000000;
USE proof;
SELECT 'attributes';
INSERT INTO attributes (plain, no_null, place) VALUES (7, 7, ST_GeomFromText('POINT(5 6)'));
SELECT LAST_INSERT_ID();
SELECT id, plain, literal, empty_text, num, filled, HEX(bits), HEX(raw), HEX(raw2), flag, f, d, dd, y, born, clock, fixed, state, marks FROM attributes;
SELECT id, made, changed FROM attributes WHERE id >= 5000;
SELECT HEX(in_latin1), HEX(in_utf16), HEX(in_ascii), HEX(in_binary), hidden, computed, HEX(texts), depends, twice, thrice, joined, upper_name, j, ST_AsText(place), ST_AsText(shape) FROM attributes ORDER BY id;
SELECT col_check, emoji, HEX(emoji) FROM attributes ORDER BY id;
INSERT INTO attributes (plain, no_null, emoji, place) VALUES (8, 8, 'x😀', ST_GeomFromText('POINT(5 6)'));
SELECT addr, v4, packed, packed2, token IS NOT NULL, token = (SELECT MIN(token) FROM attributes) FROM attributes ORDER BY id; -- @ both mariadb: as the columns
SELECT HEX(token), HEX(vec), lazy FROM attributes ORDER BY id; -- @ both mysql: as the columns
INSERT INTO attributes (plain, no_null, place) VALUES (8, 13, ST_GeomFromText('POINT(5 6)'));
INSERT INTO attributes (plain, no_null, num, place) VALUES (8, 8, 1000, ST_GeomFromText('POINT(5 6)'));
INSERT INTO attributes (plain, no_null, col_check, place) VALUES (8, 8, 10, ST_GeomFromText('POINT(5 6)'));
INSERT INTO attributes (plain, place) VALUES (8, ST_GeomFromText('POINT(5 6)'));
INSERT INTO attributes (plain, no_null, state, place) VALUES (8, 8, 'none', ST_GeomFromText('POINT(5 6)'));
INSERT INTO attributes (plain, no_null, place) VALUES (7, 9, ST_GeomFromText('POINT(5 6)'));
INSERT INTO attributes (plain, no_null, place, lazy) VALUES (9, 9, ST_GeomFromText('POINT(5 6)'), -1); -- @ both mysql: not enforced
SET timestamp=1700000100;
UPDATE attributes SET plain=70 WHERE plain=7;
SELECT plain, thrice, joined, changed FROM attributes WHERE plain=70;

-- @@ make
-- Every kind of key.
CREATE TABLE `keys` (
	a int NOT NULL, b int NOT NULL, c varchar(100), d text, e blob, g geometry NOT NULL, h int, j json, s varchar(30) CHARACTER SET latin1,
	PRIMARY KEY USING BTREE (a, b DESC),
	UNIQUE KEY u1 (b) USING BTREE KEY_BLOCK_SIZE=4 COMMENT 'uniquely',
	UNIQUE KEY u2 (c, h),
	UNIQUE KEY `u 3` (a, c(10), d(20)),
	KEY plain_key (c(5) ASC, h DESC),
	KEY `KEY` (h) USING HASH,
	KEY type_of (e(16)),
	KEY twice (h), -- The same again under another name.
	FULLTEXT KEY ft (c),
	FULLTEXT KEY `ft two` (c, d) COMMENT 'words',
	FULLTEXT KEY ft_parser (d) WITH PARSER ngram, -- @ both mysql: MariaDB has no ngram
	SPATIAL KEY sp (g),
	KEY unseen (h, c) INVISIBLE, -- @ from mysql: IGNORED in MariaDB
	KEY unseen (h, c) IGNORED, -- @ from mariadb: INVISIBLE in MySQL
	KEY attr (b, h) SECONDARY_ENGINE_ATTRIBUTE='{"x": 1}', -- @ both mysql: not in MariaDB, InnoDB has no ENGINE_ATTRIBUTE
	KEY functional ((a + b), (lower(c)) DESC), -- @ both mysql: MariaDB has no keys on expressions
	UNIQUE KEY ufunc ((abs(h)), a), -- @ both mysql: as above
	KEY multi ((CAST(j->'$.tags' AS unsigned ARRAY))), -- @ both mysql: as above
	UNIQUE KEY whole (d), -- @ both mariadb: MySQL has no UNIQUE over whole texts
	UNIQUE KEY hashed (s) USING HASH, -- @ both mariadb: MySQL makes a BTREE of it
	KEY last_one (s)
) ENGINE=InnoDB;
INSERT INTO `keys` (a, b, c, d, g, h, j, s) VALUES (1, 1, 'one', 'some words here', ST_GeomFromText('POINT(1 1)'), 1, '{"tags": [1, 2]}', 'x'),
	(2, 2, 'two', 'other words', ST_GeomFromText('POINT(2 2)'), 2, '{"tags": [3]}', 'y'), (3, 3, NULL, NULL, ST_GeomFromText('POINT(3 3)'), NULL, NULL, NULL);
CREATE UNIQUE INDEX made_later ON `keys` (s, a) COMMENT 'CREATE INDEX' ALGORITHM=DEFAULT LOCK=DEFAULT;
-- A table without a primary key: rows need another one, or none.
CREATE TABLE only_unique (a int NOT NULL, b varchar(9) NOT NULL, c int, UNIQUE KEY ab (a, b), UNIQUE KEY (c), KEY (b));
INSERT INTO only_unique VALUES (1, 'x', NULL), (1, 'y', NULL), (2, 'x', 5);
CREATE TABLE no_key (a int, b varchar(9), KEY (b));
INSERT INTO no_key VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
-- The counter is not the primary key's, and further on than the rows.
CREATE TABLE counter (a int NOT NULL, n int unsigned NOT NULL AUTO_INCREMENT, b int, PRIMARY KEY (a, n), UNIQUE KEY (b, n), KEY n_key (n)) AUTO_INCREMENT=90;
INSERT INTO counter (a, b) VALUES (1, 1), (2, 1);
DELETE FROM counter WHERE a = 2;
CREATE TABLE counter_empty (n bigint NOT NULL AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=9223372036854775000;
-- @@ use
USE proof;
SELECT 'keys';
INSERT INTO `keys` (a, b, c, g) VALUES (1, 1, 'again', ST_GeomFromText('POINT(1 1)'));
INSERT INTO `keys` (a, b, c, g) VALUES (9, 1, 'again', ST_GeomFromText('POINT(1 1)'));
INSERT INTO `keys` (a, b, c, g, h) VALUES (9, 9, 'two', ST_GeomFromText('POINT(1 1)'), 2);
INSERT INTO `keys` (a, b, c, d, g) VALUES (9, 9, 'nine', 'some words here', ST_GeomFromText('POINT(1 1)')); -- @ both mariadb: the key is left out in MySQL
SELECT a FROM `keys` FORCE INDEX (ft) WHERE MATCH (c) AGAINST ('two');
SELECT a FROM `keys` WHERE MATCH (c, d) AGAINST ('words') ORDER BY a;
SELECT a FROM `keys` FORCE INDEX (sp) WHERE ST_Within(g, ST_GeomFromText('POLYGON((0 0,0 1.5,1.5 1.5,1.5 0,0 0))'));
SELECT a FROM `keys` FORCE INDEX (plain_key) WHERE c = 'two';
SELECT a FROM `keys` FORCE INDEX (type_of) WHERE e = 'two';
SELECT a FROM `keys` WHERE 3 MEMBER OF (j->'$.tags'); -- @ both mysql: not in MariaDB
SELECT index_name, seq_in_index, column_name, collation, sub_part, nullable, index_comment, non_unique FROM information_schema.statistics WHERE table_schema='proof' AND table_name='keys' AND index_name NOT IN ('functional', 'ufunc', 'multi', 'whole', 'hashed') ORDER BY index_name, seq_in_index;
SELECT index_name, index_type FROM information_schema.statistics WHERE table_schema='proof' AND seq_in_index=1 AND index_name<>'KEY' ORDER BY BINARY table_name, BINARY index_name; -- @ both mariadb: USING HASH is shown there, by 11.8 here too
SELECT index_name, index_type, is_visible, expression FROM information_schema.statistics WHERE table_schema='proof' ORDER BY BINARY table_name, BINARY index_name, seq_in_index; -- @ both mysql: as above
INSERT INTO only_unique VALUES (1, 'x', NULL);
INSERT INTO only_unique VALUES (3, 'x', 5);
INSERT INTO counter (a, b) VALUES (5, 5);
SELECT * FROM counter ORDER BY n;
INSERT INTO counter_empty VALUES ();
SELECT * FROM counter_empty;
SELECT COUNT(*), COUNT(DISTINCT a) FROM no_key;

-- @@ make
-- Every kind of partitioning.
CREATE TABLE p_hash (a int NOT NULL, b int) PARTITION BY HASH (a + 1) PARTITIONS 3;
CREATE TABLE p_linear (a int NOT NULL, b date) PARTITION BY LINEAR HASH (YEAR(b)) PARTITIONS 4;
CREATE TABLE p_key (a int PRIMARY KEY, b int) PARTITION BY KEY () PARTITIONS 3;
CREATE TABLE p_key1 (a int, b varchar(9), PRIMARY KEY (a, b)) PARTITION BY LINEAR KEY ALGORITHM=1 (b) PARTITIONS 2;
CREATE TABLE p_key2 (a int PRIMARY KEY, b int) PARTITION BY KEY ALGORITHM=2 (a) (PARTITION x, PARTITION `y z`);
CREATE TABLE p_range (id int NOT NULL, b int, KEY (b)) COMMENT='parts' PARTITION BY RANGE (id) (
	PARTITION p0 VALUES LESS THAN (10) COMMENT 'it''s the first' MAX_ROWS=100 MIN_ROWS=1,
	PARTITION `p 1` VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN MAXVALUE);
CREATE TABLE p_range_columns (a int NOT NULL, b varchar(10) NOT NULL, c date NOT NULL, PRIMARY KEY (a, b, c)) PARTITION BY RANGE COLUMNS (a, b, c) (
	PARTITION p0 VALUES LESS THAN (1, 'é''x', '2024-01-01'), PARTITION p1 VALUES LESS THAN (5, MAXVALUE, '2024-01-01'), PARTITION p2 VALUES LESS THAN (MAXVALUE, MAXVALUE, MAXVALUE));
CREATE TABLE p_stamps (id int NOT NULL, t timestamp NOT NULL DEFAULT '2024-01-01 00:00:00') PARTITION BY RANGE (UNIX_TIMESTAMP(t)) (
	PARTITION old VALUES LESS THAN (UNIX_TIMESTAMP('2024-01-01 00:00:00')), PARTITION new VALUES LESS THAN (MAXVALUE));
CREATE TABLE p_list (a int, b int) PARTITION BY LIST (a) (PARTITION p0 VALUES IN (1, 3, NULL), PARTITION p1 VALUES IN (2, 4)
	, PARTITION other DEFAULT -- @ both mariadb: MySQL has no DEFAULT partition
);
CREATE TABLE p_list_columns (a varchar(9) COLLATE utf8mb4_bin, b int) PARTITION BY LIST COLUMNS (a, b) (PARTITION p0 VALUES IN (('x', 1), ('y', 2)), PARTITION p1 VALUES IN (('x', 2), (NULL, NULL)));
CREATE TABLE p_sub (a int NOT NULL, b date NOT NULL, c int) PARTITION BY RANGE (YEAR(b)) SUBPARTITION BY HASH (TO_DAYS(b)) SUBPARTITIONS 2 (
	PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE p_sub_key (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b)) PARTITION BY LIST (a) SUBPARTITION BY LINEAR KEY (b) (
	PARTITION p0 VALUES IN (1) (SUBPARTITION s0 COMMENT 'sub', SUBPARTITION s1), PARTITION p1 VALUES IN (2) (SUBPARTITION s2, SUBPARTITION s3));
INSERT INTO p_hash VALUES (1, 1), (2, 2), (3, 3); INSERT INTO p_linear VALUES (1, '2020-01-01'), (2, NULL);
INSERT INTO p_key VALUES (1, 1), (2, 2); INSERT INTO p_key1 VALUES (1, 'é'), (2, 'x'); INSERT INTO p_key2 VALUES (1, 1), (2, 2);
INSERT INTO p_range VALUES (5, 5), (15, 15), (25, 25); INSERT INTO p_range_columns VALUES (0, 'a', '2023-01-01'), (5, 'b', '2024-01-02'), (6, '', '2024-01-01');
INSERT INTO p_stamps VALUES (1, '2023-12-31 23:59:59'), (2, '2024-01-01 00:00:00');
INSERT INTO p_list VALUES (1, 1), (NULL, 2), (4, 4); INSERT INTO p_list_columns VALUES ('x', 1), (NULL, NULL);
INSERT INTO p_sub VALUES (1, '2019-05-05', 1), (2, '2024-05-05', 2); INSERT INTO p_sub_key VALUES (1, 7), (2, 8);
-- @@ use
USE proof;
SELECT 'partitions';
INSERT INTO p_list VALUES (99, 1);
INSERT INTO p_list_columns VALUES ('X', 1);
SELECT * FROM p_range PARTITION (`p 1`);
SELECT * FROM p_stamps PARTITION (old);
SELECT * FROM p_range_columns PARTITION (p1) ORDER BY a;
SELECT * FROM p_sub_key PARTITION (s0, s1);
SELECT * FROM p_hash PARTITION (p0); SELECT * FROM p_linear PARTITION (p0);
SELECT * FROM p_key1 PARTITION (p0) ORDER BY a; -- @ from mysql to mysql: a key's hash is a collation's
SELECT table_name, partition_name, subpartition_name, partition_method, subpartition_method, partition_comment FROM information_schema.partitions
	WHERE table_schema='proof' AND partition_name IS NOT NULL AND table_name NOT LIKE 'v\_%' ORDER BY table_name, partition_ordinal_position, subpartition_ordinal_position;

-- @@ make
-- Every row format, and the options that InnoDB keeps.
CREATE TABLE f_redundant (a int PRIMARY KEY, b varchar(300)) ROW_FORMAT=REDUNDANT;
CREATE TABLE f_compact (a int PRIMARY KEY, b varchar(300)) ROW_FORMAT=COMPACT;
CREATE TABLE f_dynamic (a int PRIMARY KEY, b varchar(300)) ROW_FORMAT=DYNAMIC;
CREATE TABLE f_compressed (a int PRIMARY KEY, b varchar(300)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;
CREATE TABLE f_default (a int PRIMARY KEY, b varchar(300)) ROW_FORMAT=DEFAULT;
CREATE TABLE options (a int PRIMARY KEY, b varchar(300)) ENGINE=InnoDB AVG_ROW_LENGTH=100 CHECKSUM=1 DELAY_KEY_WRITE=1 MAX_ROWS=1000 MIN_ROWS=10 PACK_KEYS=1
	STATS_AUTO_RECALC=1 STATS_PERSISTENT=1 STATS_SAMPLE_PAGES=20 DEFAULT CHARSET=latin1 COLLATE=latin1_danish_ci COMMENT='o\\p''tions "x" é'
	CONNECTION='none' INSERT_METHOD=NO;
CREATE TABLE options2 (a int PRIMARY KEY) PAGE_CHECKSUM=1 TRANSACTIONAL=1 PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=3 ENCRYPTED=NO SEQUENCE=0; -- @ both mariadb: storage of MariaDB's
CREATE TABLE options2 (a int PRIMARY KEY) COMPRESSION='NONE' ENCRYPTION='N' TABLESPACE=innodb_file_per_table AUTOEXTEND_SIZE=4M SECONDARY_ENGINE_ATTRIBUTE='{"b": 1}' SECONDARY_ENGINE=nosuch; -- @ both mysql: storage of MySQL's
CREATE TABLE options3 (a int PRIMARY KEY) TABLESPACE=innodb_system; -- @ both mysql: storage of MySQL's
CREATE TABLE latin (
	d varchar(9) AS (concat(b, _latin1 x'e9')) VIRTUAL, CONSTRAINT no_e CHECK (b <> _latin1 x'e8'), -- @ from mysql: MariaDB loses what stands behind the introducer
	a varchar(9) PRIMARY KEY, b varchar(9) COLLATE latin1_bin, c varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci) CHARACTER SET latin1 COLLATE latin1_german2_ci;
INSERT INTO latin (a, b, c) VALUES ('ä', 'é', '😀'), ('z', 'z', NULL);
INSERT INTO options VALUES (1, 'é'); INSERT INTO f_compressed VALUES (1, REPEAT('x', 300));
-- @@ use
USE proof;
SELECT 'options';
INSERT INTO latin (a, b, c) VALUES ('ae', '', '');
INSERT INTO latin (a, b) VALUES ('e', 'è'); SELECT a, d, HEX(d) FROM latin ORDER BY a; -- @ from mysql: as the table
SELECT a, b, c, HEX(a) FROM latin ORDER BY a;
SELECT table_name, engine, row_format, table_collation, create_options, table_comment FROM information_schema.tables WHERE table_schema COLLATE utf8mb3_general_ci LIKE 'proof%' AND table_type='BASE TABLE' ORDER BY BINARY table_schema, BINARY table_name; -- @ both mysql: the families write it otherwise
SELECT table_name, engine, row_format, table_collation, table_comment FROM information_schema.tables WHERE table_schema COLLATE utf8mb3_general_ci LIKE 'proof%' AND table_type='BASE TABLE' AND create_options NOT LIKE '%compressed%' ORDER BY BINARY table_schema, BINARY table_name; -- @ both mariadb: as above

-- @@ make
-- Every foreign key's action, a key to itself, two tables that refer to each other, one to another database.
CREATE TABLE fk_parent (id int PRIMARY KEY, code varchar(9) NOT NULL, part int NOT NULL, UNIQUE KEY (code), UNIQUE KEY (part, code));
INSERT INTO fk_parent VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 2), (4, 'd', 2), (5, 'e', 2);
CREATE TABLE fk_child (
	id int PRIMARY KEY AUTO_INCREMENT, restricts int, cascades int, nulls int, nothing int, updates varchar(9), part int, code varchar(9), defaults int,
	CONSTRAINT `fk restrict` FOREIGN KEY (restricts) REFERENCES fk_parent (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
	CONSTRAINT fk_cascade FOREIGN KEY (cascades) REFERENCES fk_parent (id) ON DELETE CASCADE ON UPDATE CASCADE,
	CONSTRAINT fk_null FOREIGN KEY (nulls) REFERENCES fk_parent (id) ON DELETE SET NULL ON UPDATE SET NULL,
	CONSTRAINT fk_nothing FOREIGN KEY own_key (nothing) REFERENCES fk_parent (id) ON DELETE NO ACTION ON UPDATE NO ACTION,
	CONSTRAINT fk_mixed FOREIGN KEY (updates) REFERENCES fk_parent (code) ON UPDATE CASCADE ON DELETE SET NULL,
	FOREIGN KEY (part, code) REFERENCES fk_parent (part, code) MATCH SIMPLE);
INSERT INTO fk_child VALUES (1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (2, NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL),
	(3, NULL, NULL, 3, NULL, NULL, NULL, NULL, NULL), (4, NULL, NULL, NULL, 4, 'e', NULL, NULL, NULL), (5, NULL, NULL, NULL, NULL, NULL, 2, 'd', NULL);
CREATE TABLE fk_self (id int PRIMARY KEY, up int, KEY (up), FOREIGN KEY (up) REFERENCES fk_self (id) ON DELETE CASCADE);
INSERT INTO fk_self VALUES (1, 1), (2, 1), (3, 2);
CREATE TABLE fk_egg (id int PRIMARY KEY, hen int);
CREATE TABLE fk_hen (id int PRIMARY KEY, egg int, CONSTRAINT hen_of_egg FOREIGN KEY (egg) REFERENCES fk_egg (id));
ALTER TABLE fk_egg ADD CONSTRAINT egg_of_hen FOREIGN KEY (hen) REFERENCES fk_hen (id);
INSERT INTO fk_egg VALUES (1, NULL); INSERT INTO fk_hen VALUES (1, 1); UPDATE fk_egg SET hen = 1;
CREATE TABLE `proof latin`.fk_away (id int PRIMARY KEY, parent int, CONSTRAINT away FOREIGN KEY (parent) REFERENCES proof.fk_parent (id));
INSERT INTO `proof latin`.fk_away VALUES (1, 5);
-- @@ use
USE proof;
SELECT 'foreign keys';
DELETE FROM fk_parent WHERE id = 1;
UPDATE fk_parent SET id = 20 WHERE id = 2;
SELECT * FROM fk_child WHERE id = 2;
DELETE FROM fk_parent WHERE id = 20;
SELECT COUNT(*) FROM fk_child WHERE id = 2;
DELETE FROM fk_parent WHERE id = 3;
SELECT nulls FROM fk_child WHERE id = 3;
DELETE FROM fk_parent WHERE id = 4;
UPDATE fk_parent SET code = 'E' WHERE id = 5;
UPDATE fk_parent SET code = 'f' WHERE id = 5;
SELECT updates FROM fk_child WHERE id = 4;
DELETE FROM fk_parent WHERE id = 5;
INSERT INTO `proof latin`.fk_away VALUES (2, 99);
INSERT INTO fk_hen VALUES (2, 99); INSERT INTO fk_egg VALUES (2, 99);
DELETE FROM fk_self WHERE id = 2;
SELECT * FROM fk_self;
SELECT constraint_name, table_name, referenced_table_name, update_rule, delete_rule FROM information_schema.referential_constraints WHERE constraint_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY 2, 1; -- @ both mariadb: MySQL says NO ACTION for RESTRICT of MariaDB's
SELECT constraint_name, table_name, referenced_table_name, update_rule, delete_rule FROM information_schema.referential_constraints WHERE constraint_schema COLLATE utf8mb3_general_ci LIKE 'proof%' ORDER BY 2, 1; -- @ both mysql: as above

-- @@ make both mariadb: MySQL has neither system versions nor periods
CREATE TABLE v_system (id int PRIMARY KEY, v int, note varchar(9) WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING;
SET timestamp=1600000000; INSERT INTO v_system VALUES (1, 1, 'x'); SET timestamp=1600000100; UPDATE v_system SET v=2; SET timestamp=DEFAULT;
CREATE TABLE v_explicit (id int PRIMARY KEY, v int, t1 timestamp(6) GENERATED ALWAYS AS ROW START INVISIBLE, t2 timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (t1, t2)) WITH SYSTEM VERSIONING;
CREATE TABLE v_columns (id int PRIMARY KEY, v int WITH SYSTEM VERSIONING, w int);
INSERT INTO v_columns VALUES (1, 1, 1);
CREATE TABLE v_parts (id int, v int) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION pc CURRENT);
CREATE TABLE v_limit (id int, v int) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 1000 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pc CURRENT);
CREATE TABLE v_interval (id int, v int) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 MONTH STARTS '2020-01-01 00:00:00' (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pc CURRENT);
INSERT INTO v_parts VALUES (1, 1); INSERT INTO v_limit VALUES (1, 1); INSERT INTO v_interval VALUES (1, 1);
CREATE TABLE v_period (id int NOT NULL, f date NOT NULL, t date NOT NULL, PERIOD FOR app (f, t), PRIMARY KEY (id, app WITHOUT OVERLAPS));
INSERT INTO v_period VALUES (1, '2020-01-01', '2020-02-01'), (1, '2020-02-01', '2020-03-01');
-- @@ use both mariadb: as above
USE proof;
SELECT 'versions';
-- What was before the migration is not copied (dts-dump --allow-versioned).
SELECT id, v, note FROM v_system; SET timestamp=DEFAULT; UPDATE v_system SET v=3; UPDATE v_system SET note='y'; SELECT COUNT(*) FROM v_system FOR SYSTEM_TIME ALL WHERE v >= 2;
-- Without rows before: the times of its own are not copied.
INSERT INTO v_explicit (id, v) VALUES (1, 1); UPDATE v_explicit SET v=2; SELECT id, v FROM v_explicit FOR SYSTEM_TIME ALL ORDER BY v;
UPDATE v_columns SET w=2; UPDATE v_columns SET v=2; SELECT v, w FROM v_columns FOR SYSTEM_TIME ALL ORDER BY v;
UPDATE v_parts SET v=2; SELECT v FROM v_parts PARTITION (p0); UPDATE v_limit SET v=2; SELECT COUNT(*) FROM v_limit FOR SYSTEM_TIME ALL;
INSERT INTO v_period VALUES (1, '2020-01-15', '2020-01-20');
DELETE FROM v_period FOR PORTION OF app FROM '2020-01-10' TO '2020-01-12';
SELECT * FROM v_period ORDER BY f;

-- @@ make
-- Names of every kind.
CREATE TABLE `Proof.É``"'%_x`.`a table, ``quoted`` "so" 'and' so.` (`the key` int PRIMARY KEY, `a``b` int DEFAULT 1, `"c"` int, `d.e` int GENERATED ALWAYS AS (`a``b` + 1) VIRTUAL, `'f'` varchar(9) CHECK (`'f'` <> 'x'), KEY `k ``1``` (`a``b`), UNIQUE KEY `select` (`"c"`));
CREATE TABLE `Proof.É``"'%_x`.`ÄÖÜ_日本語_table` (`schlüssel` int PRIMARY KEY, `名前` varchar(9), KEY `名前` (`名前`));
CREATE TABLE `Proof.É``"'%_x`.`select` (`from` int PRIMARY KEY, `where` int, `order` int, KEY `group` (`where`, `order`), CONSTRAINT `check` CHECK (`where` < `order`));
CREATE TABLE `Proof.É``"'%_x`.`0123` (`4` int PRIMARY KEY, `5e6` int);
CREATE TABLE `Proof.É``"'%_x`.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl (abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl int PRIMARY KEY);
CREATE TABLE `Proof.É``"'%_x`.UPPER (A int PRIMARY KEY, `B` int, CONSTRAINT FkName FOREIGN KEY (`B`) REFERENCES `select` (`from`));
CREATE TABLE `Proof.É``"'%_x`.upper (a int PRIMARY KEY);
CREATE TABLE `Proof.É``"'%_x`.`#no %s\n/*` (`#` int PRIMARY KEY, `-- x` int, `/*!50000 y */` int);
INSERT INTO `Proof.É``"'%_x`.`a table, ``quoted`` "so" 'and' so.` VALUES (1, 2, 3, DEFAULT, 'é');
INSERT INTO `Proof.É``"'%_x`.`ÄÖÜ_日本語_table` VALUES (1, 'ß'); INSERT INTO `Proof.É``"'%_x`.`select` VALUES (1, 2, 3);
INSERT INTO `Proof.É``"'%_x`.UPPER VALUES (1, 1); INSERT INTO `Proof.É``"'%_x`.upper VALUES (2);
-- @@ use
USE `Proof.É``"'%_x`;
SELECT 'names';
SELECT * FROM `a table, ``quoted`` "so" 'and' so.`;
INSERT INTO `a table, ``quoted`` "so" 'and' so.` (`the key`, `'f'`) VALUES (2, 'x');
INSERT INTO `select` VALUES (2, 3, 3);
INSERT INTO UPPER VALUES (2, 2);
SELECT * FROM `ÄÖÜ_日本語_table`; SELECT * FROM UPPER; SELECT * FROM upper; SELECT * FROM `#no %s\n/*`;
SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY BINARY table_name, ordinal_position; -- @ both mysql: widths of integers
SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY BINARY table_name, ordinal_position; -- @ both mariadb: as above
