#!/usr/bin/env python3
"""Tables of every column type with edge values, for t/types.bats.

  types.py create SOURCE TARGET SIDE              the tables that both servers can have, as SIDE spells them
  types.py rows SOURCE TARGET FIRST               rows with ids from FIRST on
  types.py changes SOURCE TARGET FIRST SEED [all] updates of those rows, column by column, and deletes
  types.py keys|change-keys SOURCE TARGET         rows of the tables with keys of every type; changes of them
  types.py show SOURCE TARGET SIDE                a SELECT for each table that shows the bytes of every value
  types.py diff SOURCE TARGET FILE FILE           what differs between two outputs of show, in words
  types.py refused SOURCE TARGET                  tables of which the target must refuse the rows

SOURCE, TARGET and SIDE are mariadb, mariadb118 or mysql97. A group of columns
is two tables: with a primary key, and without one (its name ends in _nokey).
"""
import os
import random
import sys

from columns import GROUPS, KEYS, REAL, REFUSED

SESSION = """SET NAMES utf8mb4, sql_mode='NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00';
USE types;
"""


# Columns and groups to leave out, as to look further than the first that fails.
SKIPPED = os.environ.get("DTS_TYPES_SKIP", "").split()


def columns(group, source):
    return [c for c in group.columns if source in c.kinds]


def groups(source, kind):
    """The groups that both have; a column that `kind` lacks is left out at both ends."""
    for g in GROUPS:
        cols = [c for c in columns(g, source) if c.at(kind) and c.name not in SKIPPED and g.name not in SKIPPED]
        if cols:
            yield g, cols


def definition(c, kind):
    return f"`{c.name}` {c.at(kind)}{c.tail}"


def create(source, kind, side):
    print(SESSION)
    for g, cols in groups(source, kind):
        for name in g.tables:
            key = " PRIMARY KEY" if name == g.name else ""
            body = [f"id INT NOT NULL{key}"] + [definition(c, side) for c in cols]
            print(f"CREATE TABLE `{name}` ({', '.join(body)}) ENGINE=InnoDB;")
    for k in KEYS:
        if source in k.kinds and k.at(kind):
            print(f"CREATE TABLE `key_{k.name}` (c {k.at(side)} NOT NULL, v INT, PRIMARY KEY (c)) ENGINE=InnoDB;")


def values(c, source, i):
    return c.of(source)[i % len(c.of(source))]


def insert(source, kind, first):
    print(SESSION)
    for g, cols in groups(source, kind):
        written = [c for c in cols if not c.generated]
        names = ",".join(f"`{c.name}`" for c in written)
        count = g.rows or max(len(c.of(source)) for c in written)
        print("BEGIN;")
        for name in g.tables:
            for i in range(count):
                row = ",".join(values(c, source, i) for c in written)
                print(f"INSERT INTO `{name}` (id,{names}) VALUES ({first + i},{row});")
        print("COMMIT;")


def insert_keys(source, kind):
    print(SESSION)
    for k in KEYS:
        if source in k.kinds and k.at(kind):
            for i, v in enumerate(k.of(source)):
                print(f"INSERT INTO `key_{k.name}` VALUES ({v},{i});")


def change_keys(source, kind):
    """Each row once, every third gone, one with another key and back."""
    print(SESSION)
    for k in KEYS:
        if source not in k.kinds or not k.at(kind):
            continue
        rows = k.of(source)
        print(f"UPDATE `key_{k.name}` SET v=v+100;")
        for i in range(0, len(rows), 3):
            print(f"DELETE FROM `key_{k.name}` WHERE v={100 + i};")
            print(f"UPDATE `key_{k.name}` SET c={rows[i]} WHERE v={101 + i};")


def changes(source, kind, first, seed, everything):
    """Every column from one value to another: in each row (all) or in two rows by the seed."""
    rnd = random.Random(seed)
    print(SESSION)
    for g, cols in groups(source, kind):
        written = [c for c in cols if not c.generated]
        count = g.rows or max(len(c.of(source)) for c in written)
        print("BEGIN;")
        for name in g.tables:
            for c in written:
                chosen = range(count) if everything and count < 60 else [rnd.randrange(count) for _ in range(2)]
                for i in chosen:
                    to = values(c, source, i + 1 + rnd.randrange(len(c.of(source))))
                    print(f"UPDATE `{name}` SET `{c.name}`={to} WHERE id={first + i};")
            # Several columns and the key itself at once.
            some = rnd.sample(written, min(3, len(written)))
            sets = ",".join(f"`{c.name}`={values(c, source, rnd.randrange(99))}" for c in some)
            print(f"UPDATE `{name}` SET id=id+500,{sets} WHERE id={first};")
            print(f"DELETE FROM `{name}` WHERE id>{first} AND id<{first + 500} AND id%3={seed % 3};")
        print("COMMIT;")


def show(source, kind, side):
    """A SELECT for each table, for the server of kind `side`."""
    print(SESSION)
    for g, cols in groups(source, kind):
        shown = ",".join(c.show(side) for c in cols)
        for name in g.tables:
            print(f"SELECT '{name}',id,{shown} FROM `{name}` ORDER BY id;")
    for k in KEYS:
        if source in k.kinds and k.at(kind):
            print(f"SELECT 'key_{k.name}',v,{k.show(side, 'c')} FROM `key_{k.name}` ORDER BY v;")


def diff(source, kind, one, two):
    """Names what differs between two outputs of show."""
    heads_of, real = {}, {("key_double", 2), ("key_float", 2)}
    for g, cols in groups(source, kind):
        for name in g.tables:
            heads_of[name] = ["id"] + [c.name for c in cols]
            real |= {(name, i + 2) for i, c in enumerate(cols) if c.shown == REAL}

    def rows(path):
        out = {}
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            for line in f:
                fields = line.rstrip("\n").split("\t")
                for i, text in enumerate(fields):
                    if (fields[0], i) in real and text != "NULL":
                        fields[i] = repr(float(text))
                out[(fields[0], fields[1])] = fields
        return out

    a, b = rows(one), rows(two)
    count = 0
    for key in sorted(set(a) | set(b)):
        if a.get(key) == b.get(key):
            continue
        count += 1
        if key not in a or key not in b:
            print(f"{key[0]} id {key[1]}: only at the {'target' if key not in a else 'source'}")
            continue
        names = heads_of.get(key[0], ["v", "c"])
        for i, (x, y) in enumerate(zip(a[key], b[key])):
            if x != y:
                print(f"{key[0]} id {key[1]} column {names[i - 1]}: source {x[:200]}, target {y[:200]}")
    sys.exit(count > 0)


def refused(source, kind):
    """One table a type that `kind` does not have: what it may be there, and must not be filled with."""
    for r in REFUSED:
        if (source, kind) in r.pairs:
            print(f"{r.name}\t{r.source}\t{r.target}\t{r.value}")


def main():
    verb, source, *rest = sys.argv[1:]
    everything = "all" in rest
    kind = rest[0]
    if verb == "create":
        create(source, kind, rest[1])
    elif verb == "rows":
        insert(source, kind, int(rest[1]))
    elif verb == "keys":
        insert_keys(source, kind)
    elif verb == "change-keys":
        change_keys(source, kind)
    elif verb == "changes":
        changes(source, kind, int(rest[1]), int(rest[2]), everything)
    elif verb == "show":
        show(source, kind, rest[1])
    elif verb == "diff":
        diff(source, kind, rest[1], rest[2])
    elif verb == "refused":
        refused(source, kind)
    else:
        sys.exit(f"no such verb: {verb}")


if __name__ == "__main__":
    main()
