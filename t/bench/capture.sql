-- What the benchmark `capture` logs, behind full.sql. A: small transactions as sysbench's
-- oltp_write_only makes them, of four row changes each; B: large ones of the table `wide`.
-- @small transactions, @large rows of each large one. A call begins a log file of its own.

CREATE DATABASE capture;
USE capture;

DELIMITER //
CREATE PROCEDURE small(transactions int, seed int)
BEGIN
	DECLARE i, a, b, c int;
	DECLARE word char(120);
	DECLARE filler char(60);
	DECLARE rows_of int DEFAULT (SELECT MAX(id) FROM sb.sbtest1);
	SET @x = RAND(seed);
	SET i = 0;
	WHILE i < transactions DO
		SET a = 1 + FLOOR(RAND() * rows_of), b = 1 + FLOOR(RAND() * rows_of), c = 1 + FLOOR(RAND() * rows_of);
		SET word = CONCAT_WS('-', LPAD(FLOOR(RAND() * 1e11), 11, '0'), LPAD(a, 11, '1'), LPAD(b, 11, '2'), LPAD(c, 11, '3'),
			LPAD(i, 11, '4'), LPAD(a + b, 11, '5'), LPAD(b + c, 11, '6'), LPAD(a + c, 11, '7'), LPAD(a * 3, 11, '8'), LPAD(i * 7, 11, '9'));
		SET filler = LEFT(REVERSE(word), 59);
		START TRANSACTION;
		UPDATE sb.sbtest1 SET k = k + 1 WHERE id = a;
		UPDATE sb.sbtest1 SET c = word WHERE id = b;
		DELETE FROM sb.sbtest1 WHERE id = c;
		INSERT INTO sb.sbtest1 VALUES (c, a, word, filler);
		COMMIT;
		SET i = i + 1;
	END WHILE;
END//

CREATE PROCEDURE large(per_transaction int)
BEGIN
	DECLARE at int DEFAULT 0;
	WHILE at < 15 DO
		INSERT INTO wide SELECT * FROM wide.wide WHERE id > at * per_transaction AND id <= (at + 1) * per_transaction;
		SET at = at + 1;
	END WHILE;
	SET at = 0;
	WHILE at < 6 DO
		UPDATE wide SET status = 'returned', total = total + 1, note = CONCAT(note, '!') WHERE id > at * per_transaction AND id <= at * per_transaction + per_transaction / 4;
		SET at = at + 1;
	END WHILE;
END//
DELIMITER ;
