#!/usr/bin/env python3
"""Prints pairs of tables, one of the database p and one of w, drawn at random.

    pairs.py SEED FAMILY COUNT

What a server refuses of it, such as a default that a type does not take, it refuses:
run it with --force and take the pairs that are there.
"""
import random
import sys

seed, family, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
draw = random.Random(seed)
mysql = family == "mysql"

CHARSETS = ["", "", " CHARACTER SET latin1", " COLLATE utf8mb4_bin", " CHARACTER SET utf8mb3",
            " CHARACTER SET ascii COLLATE ascii_bin", " COLLATE utf8mb4_unicode_ci"]
MEMBERS = ["('a','b')", "('a','b','c')", "('b','a')", "('x''y','é')"]
# A type, and its kind: i(nteger), s(tring), e(num), l(ong), o(ther).
TYPES = [("INT", "i"), ("INT UNSIGNED", "i"), ("BIGINT", "i"), ("SMALLINT", "i"), ("TINYINT(1)", "i"), ("VARCHAR", "s"),
         ("VARCHAR", "s"), ("CHAR", "s"), ("TEXT", "l"), ("MEDIUMTEXT", "l"), ("BLOB", "l"), ("JSON", "l"), ("BINARY(4)", "o"),
         ("VARBINARY(9)", "o"), ("DECIMAL(10,2)", "o"), ("DECIMAL(12,4) UNSIGNED", "o"), ("DOUBLE", "o"), ("FLOAT", "o"),
         ("DATE", "o"), ("DATETIME", "o"), ("DATETIME(3)", "o"), ("TIMESTAMP NULL", "o"), ("TIME(2)", "o"), ("YEAR", "o"),
         ("BIT(5)", "o"), ("ENUM", "e"), ("SET", "e")]


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def attributes(word, kind):
    text = ""
    if kind == "i" and draw.random() < .4:
        text = draw.choice([" DEFAULT 3", " NOT NULL", " NOT NULL DEFAULT 0"])
    elif kind == "s" and draw.random() < .5:
        text = draw.choice([" DEFAULT 'x'", " NOT NULL DEFAULT 'it''s'", " NOT NULL"])
    elif kind == "e" and draw.random() < .3:
        text = " NOT NULL"
    elif word == "DATETIME(3)" and draw.random() < .5:
        text = " DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)"
    if draw.random() < .2:
        text += " INVISIBLE"
    if draw.random() < .3:
        text += " COMMENT '%s'" % draw.choice(["x", "it''s", "a,b(", "é"])
    return text


def column(name, kinds):
    integers = [n for n, kind in kinds.items() if kind == "i"]
    if integers and draw.random() < .2:
        kinds[name] = "g"
        return "%s BIGINT AS (%s + %d) %s" % (quoted(name), quoted(draw.choice(integers)), draw.randint(1, 2),
                                              draw.choice(["VIRTUAL", "STORED"]))
    word, kind = draw.choice(TYPES)
    kinds[name] = kind
    text = word
    if kind == "s":
        text += "(%d)" % draw.choice([3, 9, 40]) + draw.choice(CHARSETS)
    elif kind == "e":
        text += draw.choice(MEMBERS) + draw.choice(CHARSETS[:4])
    elif word in ("TEXT", "MEDIUMTEXT"):
        text += draw.choice(CHARSETS)
    return quoted(name) + " " + text + attributes(word, kind)


def key(name, columns, kinds):
    parts = [quoted(c) + ("(2)" if kinds[c] == "s" and draw.random() < .3 else "") + draw.choice(["", "", " DESC"])
             for c in draw.sample(columns, draw.randint(1, min(2, len(columns))))]
    return "%s %s (%s)%s%s" % ("UNIQUE KEY" if draw.random() < .3 else "KEY", name, ",".join(parts),
                               draw.choice(["", "", " COMMENT 'kk'"]),
                               draw.choice(["", "", " INVISIBLE" if mysql else " IGNORED"]))


def items_of(table, kinds):
    integers = [n for n, kind in kinds.items() if kind == "i"]
    columns = [n for n, kind in kinds.items() if kind in "ise"]
    primary, items = [], []
    if integers and draw.random() < .6:
        primary = draw.sample(integers, draw.randint(1, min(2, len(integers))))
        items.append("PRIMARY KEY (%s)" % ",".join(map(quoted, primary)))
    if columns:
        items += [key(name, columns, kinds) for name in draw.sample(["k1", "k2", "k3", "k4"], draw.randint(0, 3))]
    for name in draw.sample(["c1", "c2"], draw.randint(0, 2)):
        if integers:
            items.append("CONSTRAINT %s_%s CHECK (%s > %d)%s" % (table, name, quoted(draw.choice(integers)), draw.randint(-3, 3),
                                                               draw.choice(["", " NOT ENFORCED" if mysql else ""])))
    return items, primary or integers[:1]


def options(items, by):
    text = draw.choice(["", " DEFAULT CHARSET latin1", " COLLATE utf8mb4_bin", " COLLATE utf8mb4_unicode_ci"])
    text += draw.choice(["", " COMMENT='t1'", " COMMENT='it''s (x=y)'"])
    text += draw.choice(["", " ROW_FORMAT=DYNAMIC", " ROW_FORMAT=COMPACT", " STATS_PERSISTENT=0"])
    if by and not any("UNIQUE" in item for item in items) and draw.random() < .3:
        return text + draw.choice([
            " PARTITION BY HASH (%s) PARTITIONS 3", " PARTITION BY KEY (%s) PARTITIONS 2",
            " PARTITION BY RANGE (%s) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)"]) % quoted(by[0])
    return text + (" WITH SYSTEM VERSIONING" if not mysql and draw.random() < .15 else "")


def table(name):
    names = draw.sample(["a", "b", "c", "d", draw.choice("eE"), "f `x`", "g,("], draw.randint(2, 6))
    kinds = {}
    columns = [column(n, kinds) for n in names]
    if all("INVISIBLE" in c for c in columns):
        columns[0] = columns[0].replace(" INVISIBLE", "")
    items, by = items_of(name, kinds)
    return "(%s)%s" % (", ".join(columns + items), options(items, by))


print("SET sql_mode='NO_ENGINE_SUBSTITUTION';")
for i in range(count):
    for db in "pw":
        print("CREATE TABLE %s.t%d %s;" % (db, i, table("t%d" % i)))
