# What dts-binlog reads from MySQL's log of JSON documents is what that server
# prints of them.
# shellcheck disable=SC2016,SC2154
load lib/dts

setup_file() {
	servers_up my=mysql97 || return 0
}

teardown_file() {
	servers_down
}

# Hundreds of documents, of numbers that are random but the same every time.
documents() {
	cat <<-'END'
		SET sql_mode='', cte_max_recursion_depth=100000;
		CREATE TABLE w (a BLOB, c CHAR(3), v VARBINARY(3), bi BINARY(5), e ENUM('a','b'), s SET('x','y'), bt BIT(10), y YEAR,
			g GEOMETRY, f FLOAT, d DOUBLE, ts TIMESTAMP(3) NULL, de DECIMAL(65,30), lb LONGBLOB, tm TIME(6), dt DATETIME(6), da DATE, bu BIGINT UNSIGNED);
		INSERT INTO w VALUES ('abc','é','xyz','q','b','x,y',5,2020,POINT(1,1),1.1,1e15,'2020-01-01 01:02:03.456',
				-12345678901234567890123456789012345.123456789012345678901234567890,'r','-838:59:59','9999-12-31 23:59:59.999999','0001-01-01',18446744073709551615),
			(REPEAT('x',57),NULL,'','','a','',0,1901,ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'),-0.0,-5e-324,NULL,0,REPEAT(x'00ff',5000),
				'-00:00:00.000001','2024-02-29','9999-12-31',0);
		CREATE TABLE d (id INT AUTO_INCREMENT PRIMARY KEY, j JSON);
		INSERT INTO d (j) SELECT JSON_ARRAY(a,c,v,bi,e,s,bt,y,g,f,d,ts,de,lb,tm,dt,da,bu) FROM w;
		INSERT INTO d (j) SELECT JSON_OBJECT('a',a,'bt',bt,'g',g,'de',de,'tm',tm,'dt',dt,'da',da,'ts',ts,'bu',bu,'d',d,'f',f,'lb',lb) FROM w;
		INSERT INTO d (j) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 500)
			SELECT JSON_ARRAY(POW(10, i MOD 40 - 20) * RAND(i), RAND(i) * POW(2, i * 5 MOD 2000 - 1000), ROUND(RAND(i) * 1e6) / 1e3, -RAND(i),
				CAST(RAND(i) * 1e18 AS SIGNED), CAST(RAND(i) * 1e5 AS SIGNED), CAST(RAND(i) * 1e18 AS DECIMAL(40,10)), i / 1e5, i * 1e12 + 0.5e0, POW(2, i - 250)) FROM n;
		INSERT INTO d (j) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 128)
			SELECT JSON_OBJECT(CONCAT('k', CHAR(i USING utf8mb4)), CONCAT(CHAR(i USING utf8mb4), '"\\/é😀')) FROM n;
		INSERT INTO d (j) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 12)
			SELECT JSON_OBJECT(REPEAT('k', 1<<i), REPEAT('v', i*i*i*30), 'n', i*100000, 'l', TRUE, 'r', JSON_ARRAY(REPEAT('z', i*5000), 70000, -70000, 7, NULL)) FROM n;
		INSERT INTO d (j) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 4000)
			SELECT JSON_OBJECTAGG(CONCAT('key', i), IF(i % 3, JSON_OBJECT('a', i, 'b', i/4), JSON_ARRAY(i, CONCAT('é', i), i % 2 = 0))) FROM n;
		INSERT INTO d (j) VALUES (CAST(CONCAT(REPEAT('[',100),REPEAT(']',100)) AS JSON)), (CAST(CONCAT(REPEAT('{"a":',99),'1',REPEAT('}',99)) AS JSON)),
			('null'), ('true'), ('[]'), ('{}'), ('""'), ('-0.0'), ('18446744073709551616'), ('{"a":{"b":[1,2,{"c":null}]}}'), (JSON_OBJECT('a',1,'b',REPEAT('x',100),'c','cc','d',JSON_ARRAY(1,2,3)));
	END
}

@test "JSON documents of MySQL come as that server prints them" {
	sql my 'DROP DATABASE IF EXISTS j; CREATE DATABASE j'
	documents | sql my "$(cat)" j
	from=$(sql my 'SHOW BINARY LOG STATUS' | awk '{ print $1 ":" $2 }')
	# The updates change documents in place, which leaves gaps in their bytes.
	sql my 'CREATE TABLE p (id INT PRIMARY KEY, j JSON, t LONGTEXT CHARACTER SET utf8mb4);
		INSERT INTO p SELECT id, j, CAST(j AS CHAR CHARACTER SET utf8mb4) FROM d;
		UPDATE p SET j = JSON_SET(j, "$.b", "short", "$.c", 2), t = CAST(j AS CHAR) WHERE j->"$.c" = "cc";
		UPDATE p SET j = JSON_REMOVE(j, "$.a"), t = CAST(j AS CHAR) WHERE j->"$.b" = "short";
		UPDATE p SET j = JSON_REPLACE(j, "$.d[1]", TRUE, "$.c", "x"), t = CAST(j AS CHAR) WHERE j->"$.b" = "short";
		UPDATE p SET j = JSON_REMOVE(j, "$.key17", "$.key3999"), t = CAST(j AS CHAR) WHERE JSON_LENGTH(j) = 4000' j
	timeout 60 dts-binlog --defaults-file="$(defaults)" -g my --start-position="$from" >"$BATS_TEST_TMPDIR/records"
	run jq -c 'select(.table == "p" and .after and .after.j != .after.t) | .after.id' "$BATS_TEST_TMPDIR/records"
	[ "$status" -eq 0 ]
	[ "$output" = '' ]
	[ "$(jq -c 'select(.table == "p" and .after)' "$BATS_TEST_TMPDIR/records" | wc -l)" -eq "$(sql my 'SELECT COUNT(*) + 4 FROM p' j)" ]
	[ "$(sql my 'SELECT COUNT(*) FROM p' j)" -gt 600 ]
}
