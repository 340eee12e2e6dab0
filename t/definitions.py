#!/usr/bin/env python3
"""Statements that define tables, for t/definitions.bats: one a line, in the
form that build/unit/definitions reads.

    definitions.py types HALF      every second type, made and changed to; HALF is 0 or 1
    definitions.py types all       every type, also added and converted
    definitions.py random SEED N   N random ones
"""
import random
import sys

TYPES = """INTEGER|INT1|INT2|INT3|INT4|INT8|MIDDLEINT|TINYINT|SMALLINT|MEDIUMINT|INT|BIGINT|DEC|DEC(5)|FIXED|NUMERIC(7,3)
BOOL|BOOLEAN|SERIAL|BIGINT SERIAL DEFAULT VALUE|REAL|DOUBLE PRECISION|FLOAT(10)|FLOAT(24)|FLOAT(25)|FLOAT(53)|FLOAT(7,3)|FLOAT4
FLOAT8|DOUBLE(9,2)|REAL(9,2)|FLOAT(0)|DOUBLE PRECISION(5,2)|NATIONAL CHAR(3)|NCHAR(3)|NCHAR|NVARCHAR(3)|NATIONAL VARCHAR(3)
NCHAR VARCHAR(3)|NATIONAL CHAR VARYING(3)|NATIONAL CHARACTER VARYING(3)|NCHAR VARYING(3)|NATIONAL VARCHARACTER(3)|CHAR BYTE
CHAR(4) BYTE|VARCHAR(4) BYTE|TEXT BYTE|LONG VARCHAR|LONG|LONG CHAR VARYING|LONG VARBINARY|LONG CHARACTER SET latin1
LONG VARCHAR CHARACTER SET latin1|VARCHARACTER(3)|CHARACTER VARYING(3)|CHARACTER(3)|CHAR VARYING(3)|BIT|BIT(9)|BIT(64)|BIT(0)
YEAR|YEAR(4)|CHAR(3) UNICODE|CHAR(3) ASCII|CHAR(3) BINARY|CHAR(3) BINARY CHARACTER SET latin1|CHAR(3) CHARACTER SET latin1 BINARY
CHAR(3) BINARY ASCII|CHAR(3) ASCII BINARY|CHAR(3) UNICODE BINARY|CHAR(3) CHARACTER SET utf8mb4 BINARY|BLOB(10)|BLOB(255)|BLOB(256)
BLOB(65535)|BLOB(65536)|BLOB(16777215)|BLOB(16777216)|BLOB(0)|TEXT(0)|TEXT(10)|TEXT(64)|TEXT(255)|TEXT(256)|TEXT(65535)|TEXT(65536)
TEXT(16777215)|TEXT(16777216)|TEXT(63) CHARACTER SET utf8mb4|TEXT(64) CHARACTER SET utf8mb4|TEXT(85) CHARACTER SET utf8mb3
TEXT(86) CHARACTER SET utf8mb3|TEXT(128) CHARACTER SET sjis|TEXT(127) CHARACTER SET gbk|INT ZEROFILL|INT(5) ZEROFILL|INT(5)|INT(11)
INT UNSIGNED|INT SIGNED|INT UNSIGNED SIGNED|INT SIGNED UNSIGNED ZEROFILL|BIGINT ZEROFILL|TINYINT(1)|TINYINT(1) UNSIGNED
TINYINT(1) ZEROFILL|TINYINT UNSIGNED ZEROFILL|SMALLINT UNSIGNED|MEDIUMINT UNSIGNED|BIGINT UNSIGNED|BIGINT(20) UNSIGNED|FLOAT UNSIGNED
DOUBLE ZEROFILL|DECIMAL(5,2) UNSIGNED ZEROFILL|DECIMAL UNSIGNED|DECIMAL(0)|DECIMAL(0,0)|DECIMAL(65,30)|INT(0)|INT(0) UNSIGNED|JSON
GEOMETRY|POINT|POINT SRID 4326|POINT NOT NULL SRID 0|POINT REF_SYSTEM_ID=4326|GEOMETRYCOLLECTION|GEOMCOLLECTION|MULTIPOINT|LINESTRING
POLYGON|MULTIPOLYGON|MULTILINESTRING|UUID|INET4|INET6|VECTOR(3)|VECTOR|ENUM('a','b')|ENUM('a ','b''c')|ENUM("x\\ny","q\\\\z","")
SET('a','b ')|ENUM('a') CHARACTER SET latin1 COLLATE latin1_bin|ENUM(x'61',0x62,b'01100011')|ENUM(x'e9',0xc3a9) CHARSET latin1
ENUM(x'0061') CHARSET ucs2|ENUM('é','ü') CHARSET latin1|ENUM('a') BINARY|ENUM('a\\%b','a\\_c','d\\\\e','f\\tg')|ENUM('😀','?') CHARSET utf8mb4
ENUM('a ') CHARACTER SET binary|SET('é','ß','x') CHARSET gb18030|TIME|TIME(0)|TIME(3)|DATETIME|DATETIME(0)|DATETIME(6)|TIMESTAMP
TIMESTAMP(2)|TIMESTAMP NULL|TIMESTAMP NOT NULL DEFAULT NOW()|DATE|DATE NULL NOT NULL|VARCHAR(10) COMPRESSED|TEXT COMPRESSED
BLOB COMPRESSED|VARCHAR(10) COMPRESSED=zlib|VARBINARY(5)|VARBINARY(5) COMPRESSED|BINARY|BINARY(5)|BINARY(0)|CHAR|CHAR(0)|VARCHAR(0)
VARCHAR(5) CHARACTER SET binary|CHAR(5) CHARACTER SET binary|CHAR CHARACTER SET binary|TEXT CHARACTER SET binary
TINYTEXT CHARSET binary|VARCHAR(5) COLLATE binary|CHAR(5) COLLATE utf8mb4_bin|CHAR(5) CHARSET utf8|CHAR(5) CHARSET utf8mb3
CHAR(5) CHARSET utf8mb3 COLLATE utf8mb3_bin|CHAR(5) CHARSET utf8 COLLATE utf8_bin|CHAR(5) CHARSET latin1 COLLATE latin1_german1_ci
CHAR(5) COLLATE latin1_german1_ci|CHAR(5) CHARSET latin1 NOT NULL COLLATE latin1_bin|CHAR(5) CHAR SET latin1|CHAR(5) CHARSET 'latin1'
CHAR(5) CHARSET `latin1`|CHAR(5) CHARSET LATIN1 COLLATE Latin1_Bin|VARCHAR(3) BINARY|TEXT BINARY|TEXT ASCII|JSON COLLATE utf8mb4_general_ci
LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin CHECK (json_valid(c))|CHAR(3) UNICODE COLLATE ucs2_bin|CHAR (5)|char(005)
VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs|VARCHAR(9) COLLATE uca1400_as_cs|VARCHAR(9) CHARACTER SET utf16 COLLATE uca1400_as_cs
TINYBLOB|MEDIUMBLOB|LONGBLOB|TINYTEXT|MEDIUMTEXT|LONGTEXT|VARCHAR(16383)|mariadb_schema.date"""

CHARSETS = """big5 latin2 dec8 cp850 latin1 hp8 koi8r swe7 ascii ujis sjis cp1251 hebrew tis620 euckr latin7 koi8u gb2312 greek
cp1250 gbk cp1257 latin5 armscii8 utf8mb3 ucs2 cp866 keybcs2 macce macroman cp852 cp1256 geostd8 utf16 utf16le utf32 utf8mb4 binary
cp932 eucjpms gb18030"""


def types(half):
    more = half == "all"
    yield "CREATE DATABASE def_types CHARACTER SET latin1 COLLATE latin1_german2_ci"
    yield "USE def_types"
    for n, kind in enumerate(TYPES.replace("\n", "|").split("|")):
        if not more and n % 2 != int(half):
            continue
        mark = "?" if kind.startswith("mariadb_schema") else "-"
        yield f"{mark}CREATE TABLE t{n} (`c` {kind}, z int)"
        yield f"{mark}ALTER TABLE t{n} MODIFY z {kind} FIRST"
        if not more:
            continue
        yield f"-CREATE TABLE IF NOT EXISTS t{n} (`z` int)"
        yield f"{mark}ALTER TABLE t{n} ADD d {kind}"
        yield f"?ALTER TABLE t{n} CONVERT TO CHARACTER SET utf8mb4"
    for n, charset in enumerate(CHARSETS.split()):
        if not more and n % 2 != int(half):
            continue
        yield f"-CREATE TABLE c_{charset} (a char(3), b text, c enum('x'), d varchar(4) binary) CHARSET {charset}"
        yield f"-ALTER TABLE c_{charset} ADD e char(1) CHARACTER SET {charset}, ADD f tinytext"
        yield f"?ALTER TABLE c_{charset} CONVERT TO CHARACTER SET utf8mb4"
        yield f"?ALTER TABLE c_{charset} CONVERT TO CHARACTER SET {charset}"
    yield "DROP DATABASE def_types"


class Random:
    """Tables t0 ... t4 with columns from a small set of names, so that most
    statements hit something, and a good part is refused by the server."""

    names = ["a", "b", "c", "d", "e", "`f g`", "`é`"]

    def __init__(self, seed):
        self.r = random.Random(seed)

    def pick(self, *of):
        return self.r.choice(of)

    def maybe(self, text, share=0.3):
        return text if self.r.random() < share else ""

    def table(self):
        return self.pick("t0", "t1", "t2", "`t3`", "def_a.t4", "def_b.t0")

    def column(self):
        return self.pick("a", "b", "c", "d", "e", "`f g`", "A", "`é`", "g", "a", "b", "c", "h", "B")

    def kind(self):
        if self.r.random() < 0.5:
            return self.pick("int", "int unsigned", "varchar(20)", "char(9)", "varbinary(30)", "decimal(5,2)", "varchar(10)")
        return self.pick("int", "int unsigned", "bigint", "varchar(%d)" % self.r.randint(1, 60), "char(5)", "text", "tinytext",
                         "mediumtext", "blob", "varbinary(9)", "binary(3)", "enum('x','y','z')", "set('p','q')", "datetime(3)",
                         "timestamp", "decimal(10,3)", "double", "json", "date", "year", "bit(3)", "time",
                         "varchar(20) character set utf8mb4", "varchar(7) collate latin1_bin", "text character set latin1",
                         "char(3) binary", "tinyint(1)", "smallint zerofill", "nchar(4)", "point", "text(300)", "uuid")

    def definition(self):
        attributes = [self.maybe(self.pick("not null", "null"), 0.5), self.maybe("comment 'it''s, (fine'", 0.2),
                      self.maybe("unique", 0.06), self.maybe("primary key", 0.02), self.maybe("invisible", 0.1),
                      self.maybe("default null", 0.1), self.maybe("check (1 > 0)", 0.05)]
        self.r.shuffle(attributes)
        if self.r.random() < 0.07:
            return "int " + self.pick("as (1 + 2)", "generated always as (3) stored", "as (1) virtual invisible")
        if self.r.random() < 0.1:
            return self.pick("int default 5", "varchar(9) default 'x,y'", "int default (1 + (2))", "double default 1.5e3",
                             "datetime default current_timestamp on update current_timestamp", "int default -3 not null",
                             "timestamp(3) default now(3)", "varchar(3) character set utf8mb4 default _latin1'z'")
        return self.kind() + " " + " ".join(a for a in attributes if a)

    def part(self):
        return self.r.choice(self.names) + self.maybe("(%d)" % self.r.randint(1, 8), 0.1) + self.maybe(" desc", 0.1)

    def parts(self):
        return "(" + ", ".join(self.part() for _ in range(self.pick(1, 1, 1, 2, 2, 3))) + ")"

    def key_name(self):
        return self.pick("k1", "k2", "a", "b", "a_2", "u1")

    def key(self):
        name = self.maybe(self.key_name(), 0.5)
        return self.pick(f"key {name} {self.parts()}", f"unique {name} {self.parts()}", f"unique key {name} {self.parts()}",
                         f"constraint {self.key_name()} unique {self.parts()}", f"primary key {self.parts()}",
                         f"index {name} using btree {self.parts()} comment 'x, y'")

    def charset(self):
        return self.pick("charset latin1", "charset=utf8mb4", "default character set utf8mb3", "collate latin1_german1_ci",
                         "charset utf8mb4 collate utf8mb4_bin", "collate = utf8mb4_unicode_ci", "charset sjis")

    def create(self):
        names = self.names = self.r.sample(Random.names, self.r.randint(2, 7))
        items = [f"{name} {self.definition()}" for name in names]
        items += [self.key() for _ in range(self.pick(0, 0, 1, 1, 2))]
        self.names = Random.names
        return (f"create {self.maybe('or replace ', 0.3)}table {self.maybe('if not exists ', 0.1)}{self.table()} "
                f"({', '.join(items)}) {self.maybe(self.charset(), 0.4)} {self.maybe('comment=' + repr('x'), 0.1)}")

    def place(self):
        return self.pick("", "", "", "", " first", " after " + self.column())

    def guard(self, text="if exists "):
        return self.maybe(text, 0.15)

    def alteration(self):
        return self.pick(
            f"add {self.maybe('column ')}{self.guard('if not exists ')}{self.column()} {self.definition()}{self.place()}",
            f"add {self.maybe('column ')}{self.column()} {self.definition()}{self.place()}",
            f"add ({self.column()} {self.definition()}, {self.column()} {self.definition()})",
            f"drop {self.maybe('column ')}{self.guard()}{self.column()}",
            f"modify {self.guard()}{self.column()} {self.definition()}{self.place()}",
            f"modify {self.column()} {self.definition()}{self.place()}",
            f"change {self.column()} {self.column()} {self.definition()}{self.place()}",
            f"rename column {self.column()} to {self.column()}",
            f"add {self.key()}", f"drop {self.pick('key', 'index')} {self.guard()}{self.key_name()}",
            "drop primary key", f"rename index {self.key_name()} to {self.key_name()}",
            f"alter {self.column()} {self.pick('drop default', 'set default 3', 'set default (1)', 'set invisible', 'set visible')}",
            f"drop constraint {self.key_name()}", self.charset(), "engine=innodb", "comment 'x'", "force",
            f"rename to {self.table()}")

    def alter(self):
        count = self.pick(1, 1, 1, 1, 1, 2, 2, 3, 4)
        if self.r.random() < 0.08:
            return f"alter table {self.table()} convert to character set " + self.pick(
                "latin1", "utf8mb4", "utf8mb3", "utf8mb4 collate utf8mb4_bin")
        return f"alter table {self.table()} " + ", ".join(self.alteration() for _ in range(count))

    def statement(self):
        n = self.r.random()
        if n < 0.25:
            return self.create()
        if n < 0.85:
            return self.alter()
        return self.pick(f"drop table {self.maybe('if exists ', 0.5)}{self.table()}", f"create table {self.table()} like {self.table()}",
                         f"rename table {self.table()} to {self.table()}",
                         f"rename table {self.table()} to tmp, {self.table()} to {self.table()}, tmp to {self.table()}",
                         f"create {self.maybe('unique ')}index {self.key_name()} on {self.table()} {self.parts()}",
                         f"drop index {self.key_name()} on {self.table()}",
                         f"create table {self.table()} select * from {self.table()}",
                         f"alter database {self.pick('def_a', 'def_b')} {self.charset()}",
                         f"truncate table {self.table()}")


def generated(seed, count):
    r = Random(seed)
    for db in ("def_a", "def_b"):
        yield f"-DROP DATABASE IF EXISTS {db}"
        yield f"CREATE DATABASE {db} CHARACTER SET latin1"
    yield "USE def_a"
    # Non-strict: more is accepted. What is too long would become another type.
    yield "SET sql_mode=''"
    for _ in range(count):
        yield "?" + " ".join(r.statement().split())
    for db in ("def_a", "def_b"):
        yield f"DROP DATABASE {db}"


def main():
    what = sys.argv[1]
    if what == "types":
        lines = types(sys.argv[2])
    else:
        lines = generated(int(sys.argv[2]), int(sys.argv[3]))
    for line in lines:
        print(line)


main()
