-- What t/dts-apply-batch.bats logs: @transactions of up to 12 changes each of few rows, so that they meet.
DELIMITER //
CREATE PROCEDURE kinds_row(i int)
	REPLACE INTO kinds SELECT i, n - 64, IF(n % 7, n * 144115188075855872, NULL), n * 72057594037927936 * IF(n % 2, 1, -1), n * 1.0625 - 50,
		IF(n % 5, n / 3, NULL), n / 7, DATE '2000-02-28' + INTERVAL n DAY, TIMESTAMP '1999-12-31 23:59:59.987' + INTERVAL n HOUR,
		IF(n % 6, TIMESTAMP '2020-01-01 00:00:00.123456' + INTERVAL n MINUTE, NULL), SEC_TO_TIME(n * 1234.25 - 70000), IF(n % 9, 1950 + n, 0),
		CONCAT('c', n), CONCAT('v"\\\n\t', n, ' ', UNHEX('F09F9880')), CONCAT('Grüße ', n), CONCAT('a', n), REPEAT(CONCAT('ä', n), n),
		UNHEX(LPAD(HEX(n), 8, '0')), UNHEX(LPAD(HEX(n), 6, '00FF')), REPEAT(UNHEX('00FF27'), n % 50),
		IF(n % 4, n % 4, NULL), n % 8, n * 31, ~0 - n FROM (SELECT FLOOR(RAND() * 127) AS n) x//

CREATE PROCEDURE step(what int, i int, j int)
BEGIN
	DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
	CASE what
	WHEN 0 THEN CALL kinds_row(i);
	WHEN 1 THEN DELETE FROM kinds WHERE id = i;
	WHEN 2 THEN UPDATE kinds SET id = j WHERE id = i;
	WHEN 3 THEN UPDATE kinds SET bs = bs + 1, vc = CONCAT('x', j), e = NULL, ti = NULL WHERE id = i;
	WHEN 4 THEN UPDATE kinds SET ti = 1 - IFNULL(ti, 0), y = 2000 + j, tm = -tm, ts = ts + INTERVAL 1 MICROSECOND WHERE id > i LIMIT 5;
	WHEN 5 THEN INSERT INTO named VALUES (CONCAT(IF(j % 2, 'Name ', 'NAME '), i), j, 'v');
	WHEN 6 THEN DELETE FROM named WHERE u = i;
	WHEN 7 THEN UPDATE named SET u = j WHERE name = CONCAT('name ', i);
	WHEN 8 THEN UPDATE named SET name = UPPER(name), v = CONCAT('w', j) WHERE u > i LIMIT 3;
	WHEN 9 THEN INSERT INTO pairs VALUES (i, CONCAT('b', j % 3), j, NULL) ON DUPLICATE KEY UPDATE v = NULL, w = i;
	WHEN 10 THEN UPDATE pairs SET v = v + 1, w = j WHERE a = i;
	WHEN 11 THEN DELETE FROM pairs WHERE a = i AND v > 5;
	WHEN 12 THEN INSERT INTO plain VALUES (i, NULL), (i, NULL), (j, 'x ');
	WHEN 13 THEN DELETE FROM plain WHERE v = i LIMIT 1;
	WHEN 14 THEN UPDATE plain SET w = CONCAT('w', j) WHERE v = i;
	WHEN 15 THEN INSERT INTO parent VALUES (i, j);
	WHEN 16 THEN DELETE FROM parent WHERE id = i;
	WHEN 17 THEN UPDATE parent SET id = j, v = i WHERE id = i;
	WHEN 18 THEN INSERT INTO child VALUES (j, i, i);
	WHEN 19 THEN DELETE FROM child WHERE id = i;
	WHEN 20 THEN UPDATE child SET p = j, v = v + 1 WHERE id = i;
	WHEN 21 THEN INSERT INTO lone VALUES (j, i);
	WHEN 22 THEN INSERT INTO made (id, v) VALUES (i, j) ON DUPLICATE KEY UPDATE v = v + 1;
	ELSE DELETE FROM made WHERE id = j;
	END CASE;
END//

CREATE PROCEDURE history(transactions int, seed int)
BEGIN
	DECLARE n int DEFAULT 0;
	DECLARE steps int;
	SET @x = RAND(seed);
	WHILE n < transactions DO
		SET steps = FLOOR(RAND() * 12) + 1;
		START TRANSACTION;
		WHILE steps > 0 DO
			CALL step(FLOOR(RAND() * 24), FLOOR(RAND() * 25), FLOOR(RAND() * 25));
			SET steps = steps - 1;
		END WHILE;
		COMMIT;
		SET n = n + 1;
	END WHILE;
END//
DELIMITER ;
