-- What t/lib/apply-writer writes to.
CREATE DATABASE k;
USE k;
CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, pad text);
CREATE TABLE nk (a int, b varchar(9));
CREATE TABLE p (id int PRIMARY KEY, v int);
CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE tr (a int);
CREATE TABLE big (id int PRIMARY KEY AUTO_INCREMENT, v varchar(60));
CREATE TABLE bignk (a int);
CREATE TABLE digits (n int);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE ord (id int PRIMARY KEY, n int NOT NULL);
INSERT INTO ord VALUES (1, 0), (2, 0), (3, 0), (4, 0);
