# Statements of which each has its own trap, for t/definitions.bats. See
# t/unit/definitions.c for the marks. What one server has not is refused there.
-DROP DATABASE IF EXISTS def_a
-DROP DATABASE IF EXISTS def_b
CREATE DATABASE def_a CHARACTER SET latin1 COLLATE latin1_german2_ci
CREATE SCHEMA IF NOT EXISTS def_b
CREATE DATABASE IF NOT EXISTS def_b CHARACTER SET sjis
USE def_a
# several alterations at once
CREATE TABLE x (a int, b int unsigned, c int)
ALTER TABLE x CHANGE a b int, CHANGE b a int unsigned
ALTER TABLE x RENAME COLUMN a TO b, RENAME COLUMN b TO a
ALTER TABLE x ADD d int AFTER a, ADD e int AFTER d, ADD f int FIRST, DROP c, MODIFY b bigint FIRST
ALTER TABLE x DROP f, ADD f date AFTER a
ALTER TABLE x CHANGE e e2 int AFTER f, ADD g int AFTER e2
-ALTER TABLE x CHANGE e2 e int, ADD g2 int AFTER e2
ALTER TABLE x CHANGE e2 e int, ADD h int AFTER e
-ALTER TABLE x ADD k int AFTER a, DROP a
ALTER TABLE x DROP a, ADD k int AFTER b, MODIFY b int AFTER k
ALTER TABLE x MODIFY b int FIRST, MODIFY d int FIRST, MODIFY f date FIRST
ALTER TABLE x MODIFY b int AFTER f, MODIFY d int AFTER b, ADD n1 int FIRST, ADD n2 int FIRST
ALTER TABLE x RENAME COLUMN d TO dd, MODIFY b int AFTER dd
ALTER TABLE x ADD (p int, q text, KEY (p), UNIQUE pq (p, b)), DROP COLUMN n1
ALTER TABLE x MODIFY DD bigint, ADD Ä int, ALTER b SET DEFAULT 5
ALTER TABLE x ALTER COLUMN b DROP DEFAULT
ALTER TABLE x RENAME COLUMN `ä` TO ö
ALTER TABLE x ENGINE=InnoDB COMMENT='a, b' ROW_FORMAT=DYNAMIC, ADD z int, ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE x ADD y1 int, ORDER BY b, z
ALTER TABLE x FORCE
ALTER TABLE x
ALTER TABLE x RENAME TO def_b.x2, ADD r char(3)
ALTER TABLE def_b.x2 ADD r2 char(3), RENAME AS x
RENAME TABLE x TO y, y TO def_b.z, def_b.z TO x
# keys
CREATE TABLE k (a int, b int, c int, UNIQUE (a,b), UNIQUE (c), KEY (a), UNIQUE (a), UNIQUE KEY zz (b,c))
-ALTER TABLE k DROP c
-ALTER TABLE k DROP c, DROP KEY zz
-ALTER TABLE k DROP a
DROP TABLE k
CREATE TABLE k (a int, b int, PRIMARY KEY (a, b))
-ALTER TABLE k DROP a
ALTER TABLE k DROP PRIMARY KEY
ALTER TABLE k ADD c int AUTO_INCREMENT PRIMARY KEY
DROP TABLE k
CREATE TABLE k (a varchar(20), b text, c varbinary(9), UNIQUE (a(10)), UNIQUE k2 (a(20)), UNIQUE (b(10)), UNIQUE (c(9)), KEY type (a), KEY k9 TYPE BTREE (c))
ALTER TABLE k MODIFY a varchar(10)
ALTER TABLE k MODIFY b varchar(10)
ALTER TABLE k MODIFY a varchar(5)
ALTER TABLE k MODIFY a int
-ALTER TABLE k ADD UNIQUE fk1 ((a + 1)), ADD KEY ((a + 2), b)
-ALTER TABLE k ADD UNIQUE ((a + 1))
ALTER TABLE k RENAME INDEX k2 TO a, RENAME INDEX a TO k2
CREATE UNIQUE INDEX u9 USING BTREE ON k (a, c) COMMENT 'x'
DROP INDEX u9 ON k
-CREATE OR REPLACE UNIQUE INDEX k2 ON k (a, c)
-CREATE UNIQUE INDEX IF NOT EXISTS k2 ON k (a)
-DROP INDEX IF EXISTS nosuch ON k
CREATE TABLE kk (a int, b int, UNIQUE (a, b), UNIQUE (b))
ALTER TABLE kk DROP a, ADD a int
ALTER TABLE kk CHANGE a c int, ADD a int FIRST
-ALTER TABLE kk CHANGE c d int, ADD c int
-ALTER TABLE kk DROP b, ADD b varchar(3) AFTER a
CREATE TABLE k3 (a int UNIQUE PRIMARY KEY, b int UNIQUE KEY, c int UNIQUE, UNIQUE (c), UNIQUE b_2 (b), UNIQUE (b))
ALTER TABLE k3 DROP PRIMARY KEY, DROP INDEX b, RENAME INDEX c TO cc, ADD UNIQUE (b)
CREATE TABLE k4 (A int, UNIQUE (a), UNIQUE (a DESC), CONSTRAINT foo UNIQUE (a), CONSTRAINT foo2 UNIQUE KEY bar (a), UNIQUE baz USING BTREE (a))
ALTER TABLE k4 DROP CONSTRAINT foo
-CREATE TABLE k5 (a int, b varchar(3) NOT NULL, UNIQUE (a, b) INVISIBLE, KEY (b) INVISIBLE)
-CREATE TABLE k6 (a int, UNIQUE (a) IGNORED)
-ALTER TABLE k6 ALTER INDEX a NOT IGNORED
CREATE TABLE `primary` (`primary` int, UNIQUE (`primary`))
# foreign keys and the indexes that come along
CREATE TABLE parent (id int PRIMARY KEY, u int UNIQUE)
CREATE TABLE child (a int, b int, c int, FOREIGN KEY (a) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL, CONSTRAINT cc FOREIGN KEY ii (b) REFERENCES parent (id), UNIQUE (c))
ALTER TABLE child ADD CONSTRAINT dd FOREIGN KEY (c) REFERENCES parent (u), ADD UNIQUE (c)
ALTER TABLE child ADD UNIQUE (a, b), ADD UNIQUE nn (b)
ALTER TABLE child DROP FOREIGN KEY dd
ALTER TABLE child DROP CONSTRAINT cc
CREATE TABLE child2 (a int REFERENCES parent (id) ON DELETE NO ACTION, b int, UNIQUE (b), FOREIGN KEY (b) REFERENCES parent (id), UNIQUE (a))
DROP TABLE child, child2
# charsets
CREATE TABLE c (a text, b tinytext, c mediumtext, d longtext, e char(5), f varchar(300), g enum('a','é'), h varchar(5) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin, i text CHARACTER SET utf8mb4, j char(3) CHARACTER SET binary, k blob) CHARSET latin1
?ALTER TABLE c CONVERT TO CHARACTER SET utf8mb4
ALTER TABLE c DROP g
ALTER TABLE c CONVERT TO CHARACTER SET latin1 COLLATE latin1_bin
ALTER TABLE c CONVERT TO CHARACTER SET utf8mb3, DROP h
ALTER TABLE c CONVERT TO CHARSET utf8mb4 COLLATE utf8mb4_bin, ADD n int
?ALTER TABLE c CONVERT TO CHARACTER SET binary
DROP TABLE c
CREATE TABLE c (a text, b tinytext, f varchar(100)) CHARSET latin1
?ALTER TABLE c CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, MODIFY b tinytext, ADD z char(3), MODIFY a text CHARSET latin1
ALTER TABLE c ADD z2 char(3), CHARSET utf8mb4, MODIFY a text, COLLATE utf8mb4_bin
ALTER TABLE c DEFAULT CHARACTER SET = latin1 DEFAULT COLLATE = latin1_bin ENGINE = InnoDB, ADD z3 text
ALTER TABLE c COLLATE latin1_german1_ci, ADD z4 text, ADD z5 text CHARACTER SET latin1, ADD z6 text COLLATE latin1_swedish_ci
?ALTER TABLE c CHARSET DEFAULT
-CREATE TABLE c2 (a varchar(10), b varchar(10) CHARACTER SET latin1, c varchar(10) COLLATE latin1_bin) CHARSET utf8mb4 COLLATE uca1400_as_ci
ALTER DATABASE def_b CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
CREATE TABLE def_b.d (a text, b char(3) CHARSET utf8mb4)
ALTER DATABASE CHARACTER SET latin2
CREATE TABLE d (a text)
ALTER DATABASE def_b COLLATE latin1_bin
CREATE TABLE def_b.d2 (a text, b enum('ß'))
CREATE TABLE def_b.d3 (a varchar(3)) AUTO_INCREMENT=5 COMMENT='charset latin1' CHARSET utf8mb4
# a MySQL session's default for utf8mb4, and one of MariaDB 11
-SET default_collation_for_utf8mb4 = utf8mb4_general_ci
-SET character_set_collations = 'utf8mb4=utf8mb4_bin'
CREATE TABLE d4 (a char(1) CHARACTER SET utf8mb4, b char(1) CHARSET utf8mb3, c char(1) CHARSET utf16) CHARSET utf8mb4
CREATE DATABASE def_c CHARACTER SET utf8mb4
CREATE TABLE def_c.a (a text)
-SET default_collation_for_utf8mb4 = DEFAULT
-SET character_set_collations = DEFAULT
# column attributes
CREATE TABLE a1 (a int DEFAULT (1+(2*3)), b datetime DEFAULT now() ON UPDATE now(), c double DEFAULT -1.5e-3, d varchar(9) DEFAULT 'x'',(y' COMMENT 'it\'s (', e bit(3) DEFAULT b'101', f varbinary(4) DEFAULT x'6162', g varchar(3) DEFAULT _utf8mb4'é', h int NOT NULL DEFAULT 3 CHECK (h > 0), i int NULL DEFAULT NULL, j datetime(6) DEFAULT CURRENT_TIMESTAMP(6), k decimal(4,2) DEFAULT .5, l date DEFAULT '2024-01-01', m int DEFAULT TRUE)
CREATE TABLE a2 (a int, b int AS (a+1), c int GENERATED ALWAYS AS (a+2) STORED, d int AS (a) VIRTUAL INVISIBLE, e int NOT NULL DEFAULT 3 INVISIBLE, f varchar(10) GENERATED ALWAYS AS (concat(a,'x)')) STORED COMMENT 'x', INDEX (b))
ALTER TABLE a2 ADD g int AS (1) AFTER a, MODIFY e int, MODIFY c int AS (a + 3) STORED
-ALTER TABLE a2 ALTER e SET INVISIBLE
-ALTER TABLE a2 ALTER COLUMN e SET VISIBLE, ALTER a SET INVISIBLE
-CREATE TABLE a3 (a int AS (1) PERSISTENT, b int DEFAULT (rand()), c int DEFAULT rand(), d varchar(50) DEFAULT uuid(), e int DEFAULT CASE WHEN 1 THEN 2 ELSE 3 END NOT NULL)
-CREATE TABLE a4 (a int COLUMN_FORMAT FIXED STORAGE MEMORY, b int ENGINE_ATTRIBUTE='{"x":1}', c point NOT NULL SRID 4326, SPATIAL INDEX (c), FULLTEXT KEY ft (d), d text)
-CREATE TABLE a5 (a int CONSTRAINT ch CHECK (a > 0) NOT ENFORCED, b int, CONSTRAINT CHECK (b > 0), CONSTRAINT c2 CHECK (a > b) ENFORCED)
-ALTER TABLE a5 DROP CHECK c2, ADD c int
-ALTER TABLE a5 ALTER CHECK ch ENFORCED, DROP CONSTRAINT ch
CREATE TABLE a6 (a timestamp, b timestamp NULL, c timestamp NOT NULL DEFAULT now(), d int /* plain , z int */ /*! , e int */ /*!50503 , f int */ /*!99999 , g int */ /*M!100000 , h int */ /*!80000 , i int */)
-SET explicit_defaults_for_timestamp=0
CREATE TABLE a7 (a timestamp, b timestamp NULL, c timestamp(3))
ALTER TABLE a7 ADD d timestamp DEFAULT '2024-01-01', ADD e timestamp AS (a) VIRTUAL
-SET explicit_defaults_for_timestamp=1
ALTER TABLE a7 ADD f timestamp, MODIFY b timestamp
CREATE TABLE a8 (period int, `vector` int, `key` int, comment int, type int, date date, status text, `a``b` int, engine int, `if` int, value int, first int, after int, row_format int) COMMENT 'x'
ALTER TABLE a8 ADD vector2 int AFTER `vector`, ADD after2 int AFTER `after`, CHANGE comment `column` int, DROP type, DROP COLUMN engine, RENAME COLUMN date TO systems
SET sql_mode='ANSI_QUOTES'
CREATE TABLE "a9" ("a" int, "b""c" varchar(3) DEFAULT 'x', c enum('"'))
SET sql_mode='NO_BACKSLASH_ESCAPES'
CREATE TABLE a10 (a enum('\', 'x\n'), b int COMMENT '\')
SET sql_mode='REAL_AS_FLOAT'
CREATE TABLE a11 (a real, b double, c real(5,2))
SET sql_mode='STRICT_ALL_TABLES'
# whole tables
CREATE TABLE l LIKE a2
CREATE TABLE def_b.l LIKE def_a.l
CREATE TABLE l2 (LIKE k3)
CREATE TABLE IF NOT EXISTS l (other int)
CREATE TABLE s SELECT a, f, 5 AS five, concat(f, 'é') AS g FROM a2
CREATE TABLE s2 (q int, UNIQUE (q)) CHARSET latin1 SELECT 'x' AS n, 1 AS q
CREATE TEMPORARY TABLE tt (a int)
CREATE TABLE ltt LIKE tt
ALTER TABLE tt ADD b int
DROP TABLE tt
CREATE TEMPORARY TABLE l (z int)
ALTER TABLE l ADD y int
DROP TEMPORARY TABLE l
ALTER TABLE l ADD y int
-CREATE OR REPLACE TABLE l (a int)
-CREATE OR REPLACE TABLE l (a int, a int)
-CREATE OR REPLACE TABLE l2 LIKE nosuch
-SET sql_generate_invisible_primary_key=1
CREATE TABLE gipk (a int)
ALTER TABLE gipk ADD b int FIRST
CREATE TABLE gipk2 LIKE gipk
-SET sql_generate_invisible_primary_key=0
CREATE VIEW v AS SELECT 1
RENAME TABLE v TO v2
DROP VIEW v2
# partitions
CREATE TABLE p (a int NOT NULL, b int, UNIQUE (a)) PARTITION BY RANGE (a) (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20))
CREATE TABLE p_new (a int NOT NULL, b int, UNIQUE (a))
ALTER TABLE p EXCHANGE PARTITION p1 WITH TABLE p_new
ALTER TABLE p ADD PARTITION (PARTITION p3 VALUES LESS THAN (30))
ALTER TABLE p DROP PARTITION p3
ALTER TABLE p TRUNCATE PARTITION p1
ALTER TABLE p ADD c int PARTITION BY HASH (a) PARTITIONS 3
ALTER TABLE p ADD d int REMOVE PARTITIONING
ALTER TABLE p PARTITION BY RANGE (a) (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20))
-ALTER TABLE p CONVERT PARTITION p1 TO TABLE p_out
-ALTER TABLE p CONVERT TABLE p_out TO PARTITION p3 VALUES LESS THAN (30)
# MariaDB's IF EXISTS
-CREATE TABLE i (a int)
-ALTER TABLE i ADD IF NOT EXISTS a int, ADD COLUMN IF NOT EXISTS b int, DROP COLUMN IF EXISTS zz, MODIFY IF EXISTS yy int, CHANGE IF EXISTS b c int
-ALTER TABLE i ADD COLUMN IF NOT EXISTS (d int, a int)
-ALTER TABLE i ADD INDEX IF NOT EXISTS (a), ADD INDEX IF NOT EXISTS (a)
-ALTER TABLE i ADD UNIQUE INDEX IF NOT EXISTS zz (a)
-ALTER TABLE i ADD UNIQUE INDEX IF NOT EXISTS zz (b), DROP CONSTRAINT IF EXISTS nosuch, DROP KEY IF EXISTS nosuch
-ALTER TABLE i DROP CONSTRAINT zz, RENAME COLUMN IF EXISTS nosuch TO n2
-ALTER TABLE IF EXISTS nosuch ADD z int
-SET STATEMENT max_statement_time=10 FOR ALTER TABLE i ADD w int
?SET STATEMENT sql_mode='' FOR ALTER TABLE i ADD w2 int
# periods, versions, sequences
-CREATE TABLE w (a int, s date, e date, PERIOD FOR app (s, e), UNIQUE (a, app WITHOUT OVERLAPS), x text, UNIQUE (x))
-ALTER TABLE w ADD y int, DROP KEY x
-CREATE TABLE w2 (a int, s date, e date)
-ALTER TABLE w2 ADD PERIOD FOR p (s, e)
-ALTER TABLE w2 DROP PERIOD FOR p
-CREATE TABLE v1 (a int PRIMARY KEY, b int) WITH SYSTEM VERSIONING
-ALTER TABLE v1 ADD c int WITHOUT SYSTEM VERSIONING
-ALTER TABLE v1 DROP SYSTEM VERSIONING
-ALTER TABLE v1 ADD SYSTEM VERSIONING
-CREATE TABLE v2 (a int PRIMARY KEY, s timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING
-CREATE TABLE v3 (a int, s timestamp(6) GENERATED ALWAYS AS ROW START INVISIBLE, e timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (s, e), UNIQUE (a)) WITH SYSTEM VERSIONING
-SET system_versioning_alter_history=KEEP
?ALTER TABLE v3 ADD UNIQUE second (a)
?ALTER TABLE v3 DROP SYSTEM VERSIONING, DROP COLUMN s, DROP COLUMN e, DROP PERIOD FOR SYSTEM_TIME
-CREATE SEQUENCE sq
-CREATE SEQUENCE IF NOT EXISTS sq START WITH 5
?CREATE SEQUENCE sq2 AS int unsigned
-ALTER SEQUENCE sq RESTART 7
-RENAME TABLE sq TO sq3
-DROP SEQUENCE sq3
-SET sql_mode='ORACLE'
?CREATE TABLE oracle (a varchar2(3), b number, c date, d blob)
SET sql_mode=''
# MySQL keeps the length of a key over labels that become text
CREATE TABLE def_b.labels_1 (a SET('p','q') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_1 MODIFY a CHAR(9)
CREATE TABLE def_b.labels_2 (a ENUM('p','q') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_2 MODIFY a CHAR(9)
CREATE TABLE def_b.labels_3 (a ENUM('pp','q') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_3 MODIFY a CHAR(9)
CREATE TABLE def_b.labels_4 (a ENUM('pp','q') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_4 MODIFY a VARCHAR(9)
CREATE TABLE def_b.labels_5 (a ENUM('pp','q') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_5 MODIFY a VARBINARY(9)
CREATE TABLE def_b.labels_6 (a ENUM('pp','q') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_6 MODIFY a ENUM('pp','q','r')
CREATE TABLE def_b.labels_7 (a ENUM('pp','q') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_7 MODIFY a SET('pp','q','r')
CREATE TABLE def_b.labels_8 (a ENUM('pp','q') CHARACTER SET utf8mb4 PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_8 MODIFY a CHAR(9) CHARACTER SET utf8mb4
CREATE TABLE def_b.labels_9 (a SET('p') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_9 MODIFY a CHAR(9)
CREATE TABLE def_b.labels_A (a SET('p','q') UNIQUE, B INT PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_A MODIFY a VARCHAR(9) CHARACTER SET utf8mb4
CREATE TABLE def_b.labels_B (a ENUM('pp','q') PRIMARY KEY) CHARSET latin1
ALTER TABLE def_b.labels_B MODIFY a CHAR(1)
# away
DROP TABLE IF EXISTS x, nosuch, def_b.d
-DROP TABLE k, nosuch2
DROP DATABASE def_a
CREATE DATABASE def_a
DROP SCHEMA def_a
DROP DATABASE def_b
DROP DATABASE IF EXISTS def_c
