-- Some 200,000 rows (@scale = 1), made by the server itself.
USE shop;
SET @scale = IFNULL(@scale, 1);
SET unique_checks = 0, foreign_key_checks = 0, time_zone = '+00:00';

-- 1 to 30000, in words that every server knows.
CREATE TEMPORARY TABLE numbers (seq int unsigned PRIMARY KEY);
INSERT INTO numbers
WITH digits AS (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL
  SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)
SELECT 1 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n
FROM digits a JOIN digits b JOIN digits c JOIN digits d JOIN digits e WHERE e.n < 3;

INSERT INTO customers (id, email, name, city, born, tags, credit, settings, created, changed)
SELECT seq, CONCAT('user', seq, '@example.org'), CONCAT(ELT(1 + seq % 6, 'Ann', 'Björn', 'Chloé', '大輔', 'Łukasz', 'O''Neil'), ' ', seq),
  ELT(1 + seq % 5, 'Köln', 'Málaga', NULL, 'Zürich', 'Bath'), DATE_ADD('1950-01-01', INTERVAL seq % 20000 DAY),
  1 + seq % 15, seq % 977 / 7, IF(seq % 3 = 0, NULL, CONCAT('{"lang":"', ELT(1 + seq % 3, 'en', 'de', 'ja'), '","n":', seq, '}')),
  FROM_UNIXTIME(1600000000 + seq * 60 + seq % 1000 / 1000), FROM_UNIXTIME(1700000000 + seq + seq % 999983 / 1000000)
FROM numbers WHERE seq <= 30000 * @scale;

INSERT INTO addresses SELECT seq, 1 + seq % 3, CONCAT('Road ', seq), LPAD(seq % 99999, 5, '0'),
  IF(seq % 4 = 0, NULL, POINT(seq % 180 + 0.25, seq % 90 - 0.5))
FROM numbers WHERE seq <= 30000 * @scale;

INSERT INTO categories (id, parent_id, name) SELECT seq, NULLIF(seq DIV 5, 0), CONCAT('Category ', seq) FROM numbers WHERE seq <= 200;

INSERT INTO products (sku, category_id, title, description, price, weight, volume, flags, model_year, picture, checksum)
SELECT CONCAT('SKU-', LPAD(seq, 6, '0')), 1 + seq % 200, CONCAT('Product "', seq, '" \\ ', CHAR(0x1F381 USING utf32)),
  IF(seq % 7 = 0, NULL, REPEAT(CONCAT('Line ', seq, '\n'), 1 + seq % 9)), seq / 37, seq / 3, seq * PI(), seq % 4096,
  IF(seq % 11 = 0, 0, 1990 + seq % 40), IF(seq % 5 = 0, NULL, UNHEX(LEFT(SHA2(seq, 256), 32))), UNHEX(LEFT(SHA2(seq + 1, 256), 32))
FROM numbers WHERE seq <= 10000 * @scale;

INSERT INTO stock SELECT CONCAT('SKU-', LPAD(p.seq, 6, '0')), w.seq, p.seq % 500, SEC_TO_TIME(CAST(p.seq % 80000 AS SIGNED) - 40000 + 0.25)
FROM numbers p JOIN (SELECT 1 AS seq UNION ALL SELECT 2) w WHERE p.seq <= 10000 * @scale;

INSERT INTO orders (id, customer_id, status, placed, total, note)
SELECT seq, 1 + seq % FLOOR(30000 * @scale), 1 + seq % 4, FROM_UNIXTIME(1650000000 + seq * 30), seq / 3,
  IF(seq % 6 = 0, CONCAT('Please ring\ttwice, it''s №', seq), NULL)
FROM numbers WHERE seq <= 30000 * @scale;

INSERT INTO order_items
SELECT o.seq, l.seq, CONCAT('SKU-', LPAD(1 + (o.seq * 7 + l.seq) % FLOOR(10000 * @scale), 6, '0')), l.seq, l.seq * 1.5
FROM numbers o JOIN (SELECT 1 AS seq UNION ALL SELECT 2) l WHERE o.seq <= 30000 * @scale;

INSERT INTO payments SELECT UNHEX(LEFT(SHA2(seq, 256), 32)), seq, FROM_UNIXTIME(1650000100 + seq * 30 + seq % 1000000 / 1000000), seq / 3, UNHEX(LEFT(SHA2(seq, 256), 40))
FROM numbers WHERE seq <= 20000 * @scale;

INSERT INTO coupons SELECT seq, CONCAT('CODE', seq), seq, 5 + seq % 50 FROM numbers WHERE seq <= 1000;

-- Every row twice: a table without a key must keep its duplicates.
INSERT INTO page_views SELECT FROM_UNIXTIME(1690000000 + seq), CONCAT('/p/', seq % 50), IF(seq % 9 = 0, NULL, seq % 700), seq / 7
FROM numbers JOIN (SELECT 1 UNION ALL SELECT 2) twice WHERE seq <= 2500 * @scale;

DROP TEMPORARY TABLE numbers;
