-- Tables of the other engines, without rows: only their definitions are copied. See choose.py.
-- @@ make
SET sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';
CREATE DATABASE `engines of proof`;
USE `engines of proof`;
CREATE TABLE e_myisam (a int PRIMARY KEY, b char(9), c text, KEY (b), FULLTEXT KEY (c)) ENGINE=MyISAM ROW_FORMAT=FIXED DELAY_KEY_WRITE=1 MAX_ROWS=5000 AVG_ROW_LENGTH=50 CHECKSUM=1 PACK_KEYS=0;
CREATE TABLE e_myisam_dynamic (a int, b varchar(9), KEY (b) KEY_BLOCK_SIZE=2048) ENGINE=MyISAM ROW_FORMAT=DYNAMIC;
CREATE TABLE e_merge (a int, b varchar(9), KEY (b)) ENGINE=MERGE UNION=(e_myisam_dynamic) INSERT_METHOD=LAST;
CREATE TABLE e_memory (a int, b varchar(9), KEY (a) USING HASH, KEY (b) USING BTREE, UNIQUE (a, b) USING HASH) ENGINE=MEMORY MAX_ROWS=100;
CREATE TABLE e_csv (a int NOT NULL, b varchar(9) NOT NULL) ENGINE=CSV;
CREATE TABLE e_archive (a int AUTO_INCREMENT PRIMARY KEY, b varchar(9)) ENGINE=ARCHIVE; -- @ both mysql: MariaDB has it as a plugin of its own package
CREATE TABLE e_blackhole (a int PRIMARY KEY) ENGINE=BLACKHOLE; -- @ both mysql: MariaDB has it as a plugin
CREATE TABLE e_aria (a int AUTO_INCREMENT PRIMARY KEY, b varchar(9)) ENGINE=Aria ROW_FORMAT=PAGE TRANSACTIONAL=1 PAGE_CHECKSUM=1; -- @ both mariadb: InnoDB in MySQL
CREATE TABLE e_aria_dynamic (a int, b varchar(9)) ENGINE=Aria ROW_FORMAT=DYNAMIC TRANSACTIONAL=0; -- @ both mariadb: as above
