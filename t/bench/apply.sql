-- What the benchmark `apply` adds to full.sql and capture.sql: the account of a replica, and
-- the transactions whose way to the target is timed, each with a number.

CREATE USER replica@'127.0.0.1';
GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1';
DROP TABLE sb.sbtest2, sb.sbtest3, sb.sbtest4;
CREATE TABLE capture.ticks (id int NOT NULL PRIMARY KEY);
CREATE TABLE capture.busy LIKE sb.sbtest1;
INSERT INTO capture.busy SELECT * FROM sb.sbtest1 WHERE id <= 4000;

DELIMITER //
CREATE PROCEDURE capture.tick(n int)
BEGIN
	START TRANSACTION;
	UPDATE capture.busy SET k = k + 1 WHERE id = 1 + n * 7 % 1000;
	UPDATE capture.busy SET c = REVERSE(c) WHERE id = 1001 + n * 11 % 1000;
	INSERT INTO capture.ticks VALUES (n);
	COMMIT;
END//
DELIMITER ;
