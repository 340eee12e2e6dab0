-- Tables for t/dts-apply-batch.bats, and what changes them at random. Both servers have the
-- tables; only the source has the procedure.
CREATE TABLE kinds (
	id int NOT NULL PRIMARY KEY,
	ti tinyint, bu bigint unsigned, bs bigint NOT NULL, de decimal(20,4), f float, d double,
	da date, dt datetime(3), ts timestamp(6) NULL, tm time(2), y year,
	c char(10), vc varchar(40), l1 varchar(20) CHARACTER SET latin1, asc1 varchar(9) CHARACTER SET ascii, tx text,
	bi binary(4), vb varbinary(20), bl blob,
	e enum('a','b','x y'), s set('p','q','r'), b1 bit(12), bb bit(64)
);
CREATE TABLE named (name varchar(20) NOT NULL PRIMARY KEY, u int UNIQUE, v varchar(30)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE pairs (a int NOT NULL, b varbinary(9) NOT NULL, v int, w int, PRIMARY KEY (b, a), KEY (v));
CREATE TABLE plain (v int, w varchar(9));
CREATE TABLE parent (id int NOT NULL PRIMARY KEY, v int);
CREATE TABLE child (id int NOT NULL PRIMARY KEY, p int, v int, CONSTRAINT child1 FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE lone (id int NOT NULL PRIMARY KEY, p int, CONSTRAINT lone1 FOREIGN KEY (p) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE made (id int NOT NULL PRIMARY KEY, v double, g float AS (v / 3) STORED);
