-- The databases of the benchmark `full`: sb holds four tables as sysbench makes
-- them, of 500,000 rows each, wide one table of 300,000 rows, 20 columns of mixed
-- types and two more indexes. @scale=1; the same rows on every server of a family.
-- The floats are those that six digits tell, or the peers would not copy them.

SET @sb = FLOOR(500000 * @scale), @wide = FLOOR(300000 * @scale);
SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0;

CREATE DATABASE sb;
CREATE DATABASE wide;
USE sb;

CREATE TEMPORARY TABLE numbers (n int NOT NULL PRIMARY KEY);
INSERT INTO numbers WITH RECURSIVE digits (d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM digits WHERE d < 999)
	SELECT a.d * 1000 + b.d + 1 FROM digits a, digits b WHERE a.d * 1000 + b.d < @sb;

CREATE TABLE sbtest1 (
	id int NOT NULL AUTO_INCREMENT,
	k int NOT NULL DEFAULT 0,
	c char(120) NOT NULL DEFAULT '',
	pad char(60) NOT NULL DEFAULT '',
	PRIMARY KEY (id),
	KEY k_1 (k)
) ENGINE=InnoDB;
CREATE TABLE sbtest2 LIKE sbtest1;
CREATE TABLE sbtest3 LIKE sbtest1;
CREATE TABLE sbtest4 LIKE sbtest1;

-- Groups of eleven digits.
INSERT INTO sbtest1
	SELECT n, FLOOR(@sb / 2 + (RAND(1) - 0.5) * (RAND(2) - 0.5) * @sb) + 1, CONCAT_WS('-',
		LPAD(FLOOR(RAND(3) * 1e11), 11, '0'), LPAD(FLOOR(RAND(4) * 1e11), 11, '0'),
		LPAD(FLOOR(RAND(5) * 1e11), 11, '0'), LPAD(FLOOR(RAND(6) * 1e11), 11, '0'),
		LPAD(FLOOR(RAND(7) * 1e11), 11, '0'), LPAD(FLOOR(RAND(8) * 1e11), 11, '0'),
		LPAD(FLOOR(RAND(9) * 1e11), 11, '0'), LPAD(FLOOR(RAND(10) * 1e11), 11, '0'),
		LPAD(FLOOR(RAND(11) * 1e11), 11, '0'), LPAD(FLOOR(RAND(12) * 1e11), 11, '0')),
		CONCAT_WS('-', LPAD(FLOOR(RAND(13) * 1e11), 11, '0'), LPAD(FLOOR(RAND(14) * 1e11), 11, '0'),
		LPAD(FLOOR(RAND(15) * 1e11), 11, '0'), LPAD(FLOOR(RAND(16) * 1e11), 11, '0'),
		LPAD(FLOOR(RAND(17) * 1e11), 11, '0'))
	FROM numbers ORDER BY n;
INSERT INTO sbtest2 SELECT id, (k * 7919) % @sb + 1, REVERSE(c), pad FROM sbtest1 ORDER BY id;
INSERT INTO sbtest3 SELECT id, (k * 6007) % @sb + 1, c, REVERSE(pad) FROM sbtest1 ORDER BY id;
INSERT INTO sbtest4 SELECT id, (k * 5003) % @sb + 1, REVERSE(c), REVERSE(pad) FROM sbtest1 ORDER BY id;

CREATE TABLE wide.wide (
	id bigint unsigned NOT NULL AUTO_INCREMENT,
	customer int unsigned NOT NULL,
	status enum('new','paid','packed','shipped','returned') NOT NULL,
	priority tinyint NOT NULL,
	tags set('gift','fragile','express','cold') NOT NULL,
	total decimal(12,2) NOT NULL,
	tax decimal(8,4) DEFAULT NULL,
	ratio double NOT NULL,
	weight float NOT NULL,
	born date DEFAULT NULL,
	made datetime NOT NULL,
	changed timestamp(6) NOT NULL DEFAULT '2020-01-01 00:00:00',
	took time NOT NULL,
	year year NOT NULL,
	name varchar(100) NOT NULL,
	email varchar(150) DEFAULT NULL,
	note text NOT NULL,
	uuid char(36) CHARACTER SET ascii NOT NULL,
	token binary(16) NOT NULL,
	data varbinary(200) DEFAULT NULL,
	PRIMARY KEY (id),
	KEY customer (customer),
	KEY made (made, status)
) ENGINE=InnoDB;
INSERT INTO wide.wide
	SELECT n, FLOOR(RAND(21) * 50000), 1 + n % 5, n % 200 - 100, n % 16, FLOOR(RAND(22) * 1e8) / 100,
		IF(n % 7, FLOOR(RAND(23) * 1e7) / 10000, NULL), RAND(24) * 1e6, FLOOR(RAND(25) * 1000) / 8,
		IF(n % 11, DATE '1950-01-01' + INTERVAL n % 20000 DAY, NULL),
		TIMESTAMP '2020-01-01 00:00:00' + INTERVAL FLOOR(RAND(26) * 1e8) SECOND,
		TIMESTAMP '2020-01-01 00:00:00' + INTERVAL FLOOR(RAND(27) * 1e14) MICROSECOND,
		SEC_TO_TIME(n % 80000), 1990 + n % 40, CONCAT('Kunde Nr. ', n, ' aus Köln-', n % 97),
		IF(n % 5, CONCAT('user', n, '@mail', n % 31, '.example.com'), NULL),
		CONCAT('The "quick" brown fox jumps over the lazy dog, and again: ', c, '\nIt''s ', n, ' times; Grüße an alle.'),
		INSERT(INSERT(INSERT(INSERT(LPAD(HEX(n * 2654435761), 32, '7'), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'),
		UNHEX(LPAD(HEX(n * 11400714819), 32, 'A5')), IF(n % 3, LEFT(REVERSE(pad), 20 + n % 40), NULL)
	FROM numbers JOIN sbtest1 ON id = n WHERE n <= @wide ORDER BY n;
DROP TEMPORARY TABLE numbers;
ANALYZE TABLE sbtest1, sbtest2, sbtest3, sbtest4, wide.wide;
