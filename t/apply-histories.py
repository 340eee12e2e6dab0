#!/usr/bin/env python3
"""Histories of transactions whose order matters, as SQL for a source.

  apply-histories.py KINDS SEED FIRST COUNT WRITER WRITERS

prints what the session WRITER of WRITERS does (from 0 on): of the histories FIRST to FIRST + COUNT - 1
those whose number it is, a transaction of each in turn. History N has a database of its own, hN, and is
the same for the same SEED and N, whatever else there is. KINDS are those of the servers that must take it,
parted by commas: mariadb, mariadb118, mysql97.

There are few values, so that keys swap rows, change hands and meet again and again. Statements may fail:
run them with `mariadb --force`.
"""
import random
import sys

kinds, seed = sys.argv[1].split(","), sys.argv[2]
first, count, writer, writers = map(int, sys.argv[3:7])
mysql, both = "mysql97" in kinds, len({k == "mysql97" for k in kinds}) > 1

NARROW = ["a", "A", "b", "B", "a ", "\u00e9", "\u00c9", "e", "E", "\u00df", "ss", "", "\u00e4", "ae", "\u00e4e"]
WIDE = NARROW + ["\u4e00", "\U0001f600", "\uff21", "a\u0301", "\u00e1", "\u0142", "\u0131", "i", "\ufb00", "ff"]


def text(alphabet):
    return [f"'{v}'" for v in alphabet]


def numbers(*values):
    return [str(v) for v in values]


# What a key may be made of: a type, values, one to park rows at.
types = {
    "int": ("int", numbers(1, 2, 3, 4, 5, 6), "99"),
    "big": ("bigint unsigned", numbers(0, 1, 2**53 + 1, 2**53 + 2, 2**64 - 1), "77"),
    "decimal": ("decimal(6,2)", ["1", "1.00", "1.50", "-1.5", "0", "-0.00", "2"], "99"),
    "double": ("double", ["0e0", "-0e0", "1.5", "1e300", "-1.5"], "99"),
    "float": ("float", ["0e0", "-0e0", "1.5", "0.1", "16777216"], "99"),
    "datetime": ("datetime(2)", ["'2024-01-01'", "'2024-01-01 00:00:00.00'", "'2024-01-01 00:00:00.5'", "'1999-12-31 23:59:59.99'"], "'2001-01-01'"),
    "timestamp": ("timestamp(3) NULL", ["'2024-01-01 00:00:01'", "'2024-01-01 00:00:01.5'", "'1999-12-31 23:59:59.999'"], "'2001-01-01'"),
    "date": ("date", ["'2024-01-01'", "'2024-02-29'", "'1000-01-01'"], "'2001-01-01'"),
    "time": ("time(1)", ["'00:00:00'", "'-01:00:00'", "'-00:00:00.5'", "'800:00:00'"], "'01:01:01'"),
    "year": ("year", ["1901", "2024", "2155"], "2001"),
    "enum": ("enum('z','a','\u00e9','x')", ["'z'", "'a'", "'\u00e9'", "'A'"], "'x'"),
    "set": ("set('b','a','c')", ["'a'", "'b,a'", "'a,b'", "''", "'b'"], "'c'"),
    "bit": ("bit(9)", ["0", "1", "256", "257"], "511"),
    "varbinary": ("varbinary(8)", ["'a'", "'A'", "'a '", "X'00'", "X''", "X'ff'"], "'zz'"),
    "binary": ("binary(3)", ["'a'", "'A'", "'a '", "X'00'", "X''", "X'ff'"], "'zz'"),
    "general": ("varchar(20) COLLATE utf8mb4_general_ci", text(WIDE), "'zz'"),
    "unicode": ("varchar(20) COLLATE utf8mb4_unicode_ci", text(WIDE), "'zz'"),
    "bin": ("varchar(20) COLLATE utf8mb4_bin", text(WIDE), "'zz'"),
    "char": ("char(8) COLLATE utf8mb4_general_ci", text(WIDE), "'zz'"),
    "latin1": ("varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci", text(NARROW), "'zz'"),
    "german2": ("varchar(20) CHARACTER SET latin1 COLLATE latin1_german2_ci", text(NARROW), "'zz'"),
    "utf16": ("varchar(20) CHARACTER SET utf16 COLLATE utf16_general_ci", text(WIDE), "'zz'"),
}
if not both and mysql:
    types["0900"] = ("varchar(20) COLLATE utf8mb4_0900_ai_ci", text(WIDE), "'zz'")
    types["ja"] = ("varchar(20) COLLATE utf8mb4_ja_0900_as_cs", text(WIDE), "'zz'")
if not both and not mysql:
    types["nopad"] = ("varchar(20) COLLATE utf8mb4_general_nopad_ci", text(WIDE), "'zz'")
    types["uuid"] = ("uuid", ["'00112233-4455-6677-8899-aabbccddeeff'", "'00112233-4455-6677-8899-AABBCCDDEEFF'", "'00112233445516778899aabbccddee00'"],
                     "'ffffffff-0000-0000-0000-000000000000'")
    types["inet6"] = ("inet6", ["'::'", "'::1'", "'0:0::1'", "'fe80::A'", "'fe80::a'"], "'::99'")


class Column:
    def __init__(self, name, kind, chance, null=False):
        self.name, self.kind, self.chance, self.null = name, kind, chance, null
        self.type, self.values, self.parked = types[kind]

    def sql(self):
        if "NULL" in self.type:
            return f"{self.name} {self.type.replace(' NULL', '')} {'NULL' if self.null else 'NOT NULL DEFAULT CURRENT_TIMESTAMP(3)'}"
        return f"{self.name} {self.type}{'' if self.null else ' NOT NULL'}"

    def value(self):
        return "NULL" if self.null and self.chance.random() < 0.2 else self.chance.choice(self.values)

    def is_number(self):
        return self.kind in ("int", "big", "double")


class Table:
    def __init__(self, name, columns, keys, free=True, options=""):
        self.name, self.columns, self.keys = name, columns, keys
        self.free = free  # to be renamed, dropped, emptied: no foreign key knows it
        self.options = options
        self.added = []   # names of columns that DDL has added

    def create(self, name=None):
        return f"CREATE TABLE {name or self.name} ({', '.join([c.sql() if isinstance(c, Column) else c for c in self.columns] + self.keys)}){self.options}"

    def real(self):
        return [c for c in self.columns if isinstance(c, Column)]


class History:
    """One database: its tables and the statements about them."""

    def __init__(self, number):
        self.number, self.db = number, f"h{number}"
        self.chance = random.Random(f"{seed} {sys.argv[1]} {number}")
        self.tables, self.made, self.xa = [], 0, 0
        self.image = self.chance.choices(["FULL", "MINIMAL", "NOBLOB"], [8, 2, 1])[0]
        self.ddl_share = self.chance.choice([0, 0, 0.04, 0.1])
        for _ in range(self.chance.choice([1, 1, 2, 3])):
            self.chance.choice([self.simple, self.chain, self.chain, self.composite, self.prefix, self.family, self.family,
                                self.keyless, self.generated, self.odd_key, self.text_key])()

    # --- tables

    def column(self, name, null=False, kind=None):
        kind = kind or self.chance.choice(list(types) + ["int"] * 8 + ["general"] * 3)
        if self.image != "FULL" and kind in ("double", "float"):  # by which no row is found
            kind = "int"
        return Column(name, kind, self.chance, null)

    def name(self):
        self.made += 1
        return f"t{self.made}"

    def add(self, columns, keys, free=True, options=""):
        t = Table(self.name(), columns, keys, free, options)
        self.tables.append(t)
        return t

    def simple(self):
        self.add([self.column("id"), self.column("u", True), self.column("v", True)], ["PRIMARY KEY (id)", "UNIQUE (u)"])

    def chain(self):
        c = [self.column("id", kind="int"), self.column("a", True), self.column("b", True), self.column("c", self.chance.random() < 0.5)]
        self.add(c, ["PRIMARY KEY (id)", "UNIQUE (a)", "UNIQUE (b)"] + self.chance.choice([[], ["UNIQUE (b, c)"], ["UNIQUE (c)"]]))

    def composite(self):
        c = [self.column("a"), self.column("b"), self.column("c", True), self.column("v", True)]
        self.add(c, ["PRIMARY KEY (a, b)", "UNIQUE (b, c)"])

    def prefix(self):
        c = self.chance.choice(["general", "latin1", "bin", "varbinary"])
        self.add([self.column("id"), self.column("s", True, c), self.column("v", True)], ["PRIMARY KEY (id)", "UNIQUE (s(1))"])

    def generated(self):
        how = self.chance.choice(["STORED", "VIRTUAL"])
        self.add([self.column("id"), self.column("w", True, "int"), f"g int AS (w % 4) {how}", self.column("v", True)],
                 ["PRIMARY KEY (id)", "UNIQUE (g)"])

    def keyless(self):
        self.add([self.column("a", True), self.column("b", True)], self.chance.choice([[], ["KEY (a)"], ["UNIQUE (a)"]]))

    def odd_key(self):
        """Found by a unique key; or one whose values cannot be told from the columns."""
        c = [self.column("u"), self.column("v", True, "int"), self.column("w", True)]
        other = []
        if mysql and not both:
            other = [["PRIMARY KEY (u)", "UNIQUE ((v % 3))"]]
        elif not both:
            c[2] = self.column("w", True, "general")
            c[2].type = "text COLLATE utf8mb4_general_ci"
            other = [["PRIMARY KEY (u)", "UNIQUE (w)"]]
        self.add(c, self.chance.choice([["UNIQUE (u)"], ["UNIQUE (u)", "UNIQUE (v)"]] + other))

    def text_key(self):
        c = [self.column("id", kind=self.chance.choice(["general", "unicode", "latin1", "german2", "char", "bin", "utf16"])), self.column("v", True)]
        self.add(c, ["PRIMARY KEY (id)"])

    def action(self):
        return " ".join(f"ON {what} {self.chance.choice(['CASCADE', 'CASCADE', 'SET NULL', 'RESTRICT', 'NO ACTION'])}" for what in ("DELETE", "UPDATE"))

    def family(self):
        """A parent with two unique keys, its children and theirs."""
        kind = self.chance.choice(["int", "int", "general", "bin", "decimal", "big"])
        code = self.chance.choice(["int", "general", "latin1", "varbinary"])
        p = self.add([self.column("id", kind=kind), self.column("code", True, code), self.column("v", True)], ["PRIMARY KEY (id)", "UNIQUE (code)"], False)
        keys = ["PRIMARY KEY (id)", f"FOREIGN KEY (pid) REFERENCES {p.name} (id) {self.action()}"]
        if self.chance.random() < 0.5:
            keys.append(f"FOREIGN KEY (pcode) REFERENCES {p.name} (code) {self.action()}")
        if self.chance.random() < 0.4:
            keys.append("UNIQUE (pid)")
        c = self.add([self.column("id", kind="int"), self.column("pid", True, kind), self.column("pcode", True, code)], keys, False)
        if self.chance.random() < 0.6:
            self.add([self.column("id", kind="int"), self.column("cid", True, "int"), self.column("v", True)],
                     ["PRIMARY KEY (id)", f"FOREIGN KEY (cid) REFERENCES {c.name} (id) {self.action()}"], False)
        if self.chance.random() < 0.5:
            name = f"t{self.made + 1}"
            self.add([self.column("id", kind="int"), self.column("up", True, "int"), self.column("v", True)],
                     ["PRIMARY KEY (id)", f"FOREIGN KEY (up) REFERENCES {name} (id) {self.action()}"], False)

    # --- statements about rows; each is a list, which may be one transaction or several

    def table(self):
        return self.chance.choice(self.tables)

    def key_column(self, t):
        return self.chance.choice(t.real()[:3])

    def row(self, t, fixed=None):
        # The columns that DDL added, too: MariaDB's MINIMAL image of a new row has those only that its statement names.
        return "(" + ", ".join([fixed[1] if fixed and fixed[0] is c else c.value() for c in t.real()] + ["7" for _ in t.added]) + ")"

    def insert(self, t, verb="INSERT", fixed=None):
        names = ", ".join([c.name for c in t.real()] + t.added)
        rows = ", ".join(self.row(t, fixed) for _ in range(1 if fixed else self.chance.choice([1, 1, 2, 4])))
        return f"{verb} INTO {t.name} ({names}) VALUES {rows}"

    def do_insert(self):
        t = self.table()
        return [self.insert(t) for _ in range(self.chance.choice([1, 2, 3]))]

    def do_replace(self):
        return [self.insert(self.table(), self.chance.choice(["REPLACE", "INSERT IGNORE"]))]

    def do_upsert(self):
        t = self.table()
        c = self.key_column(t)
        return [self.insert(t) + f" ON DUPLICATE KEY UPDATE {c.name} = {c.value()}"]

    def do_update(self):
        t = self.table()
        c, by = self.chance.choice(t.real()), self.key_column(t)
        other = self.chance.choice(t.real())
        more = f", {other.name} = {other.value()}" if other is not c and self.chance.random() < 0.3 else ""
        return [f"UPDATE {t.name} SET {c.name} = {c.value()}{more} WHERE {by.name} <=> {by.value()}"]

    def do_delete(self):
        t = self.table()
        by = self.key_column(t)
        return [f"DELETE FROM {t.name} WHERE {by.name} <=> {by.value()}"]

    def move(self, t, c, old, new):
        return f"UPDATE {t.name} SET {c.name} = {new} WHERE {c.name} <=> {old}"

    def do_swap(self):
        t = self.table()
        c = self.key_column(t)
        one, two = self.chance.sample(c.values, 2)
        parked = "NULL" if c.null and self.chance.random() < 0.2 else c.parked
        return [self.move(t, c, one, parked), self.move(t, c, two, one), self.move(t, c, parked, two)]

    def do_rotate(self):
        t = self.table()
        c = self.key_column(t)
        values = self.chance.sample(c.values, min(len(c.values), 4))
        return [self.move(t, c, old, new) for old, new in zip(values + [c.parked], [c.parked] + values)]

    def do_hand_over(self):
        """A value goes, with its row, to another row, several times."""
        t = self.table()
        c = self.key_column(t)
        value = self.chance.choice(c.values)
        found = []
        for _ in range(self.chance.choice([1, 2, 3])):
            found += [f"DELETE FROM {t.name} WHERE {c.name} <=> {value}", self.insert(t, fixed=(c, value))]
        return found

    def do_shift(self):
        t = self.table()
        c = self.key_column(t)
        if not c.is_number():
            return self.do_update()
        up = self.chance.random() < 0.5
        return [f"UPDATE {t.name} SET {c.name} = {c.name} {'+' if up else '-'} 1 ORDER BY {c.name} {'DESC' if up else ''}"]

    def do_all(self):
        t = self.table()
        c = self.chance.choice(t.real())
        return [self.chance.choice([f"DELETE FROM {t.name}", f"UPDATE {t.name} SET {c.name} = {c.value()}"])]

    def do_unchecked(self):
        return ["SET foreign_key_checks=0"] + self.do_insert() + self.chance.choice([self.do_delete, self.do_update])() + ["SET foreign_key_checks=1"]

    def changes(self):
        return self.chance.choices(
            [self.do_insert, self.do_replace, self.do_upsert, self.do_update, self.do_delete, self.do_swap, self.do_rotate,
             self.do_hand_over, self.do_shift, self.do_all, self.do_unchecked],
            [30, 6, 6, 20, 8, 14, 8, 14, 4, 1, 3])[0]()

    # --- DDL

    def ddl(self):
        t = self.table()
        ways = [self.add_column, self.add_column, self.add_unique, self.drop_unique, self.create_table, self.widen]
        if t.added:
            ways += [self.drop_column] * 2
        if t.free:
            ways += [self.rename, self.rename, self.truncate, self.make_anew, self.swap_names]
        if t.free and len(self.tables) > 1:
            ways.append(self.drop_table)
        return self.chance.choice(ways)(t)

    def add_column(self, t):
        self.made += 1
        t.added.append(f"n{self.made}")
        return [f"ALTER TABLE {t.name} ADD COLUMN n{self.made} int NOT NULL DEFAULT {self.made}{self.chance.choice(['', ' FIRST'])}"]

    def drop_column(self, t):
        return [f"ALTER TABLE {t.name} DROP COLUMN {t.added.pop()}"]

    def add_unique(self, t):
        c = self.chance.choice(t.real())
        if "text" in c.type:
            return []
        # Only what is unique can take it: mostly a table that has just been emptied of the others.
        return [f"DELETE FROM {t.name} WHERE {c.name} IN ({', '.join(c.values[1:])})", f"ALTER TABLE {t.name} ADD UNIQUE KEY extra ({c.name})"]

    def drop_unique(self, t):
        return [f"ALTER TABLE {t.name} DROP KEY extra"]

    def widen(self, t):
        c = t.real()[-1]
        if "varchar(20)" not in c.type or not t.free:
            return []
        return [f"ALTER TABLE {t.name} MODIFY {c.sql().replace('varchar(20)', 'varchar(30)')}"]

    def create_table(self, _):
        before = len(self.tables)
        self.chance.choice([self.simple, self.chain, self.keyless, self.text_key])()
        return [t.create() for t in self.tables[before:]]

    def rename(self, t):
        old, t.name = t.name, self.name()
        return [f"RENAME TABLE {old} TO {t.name}"]

    def swap_names(self, t):
        """Two tables take each other's names."""
        others = [o for o in self.tables if o.free and o is not t]
        if not others:
            return []
        o = self.chance.choice(others)
        said = f"RENAME TABLE {t.name} TO away, {o.name} TO {t.name}, away TO {o.name}"
        t.name, o.name = o.name, t.name
        return [said]

    def truncate(self, t):
        return [f"TRUNCATE TABLE {t.name}"]

    def make_anew(self, t):
        t.added = []
        return [f"DROP TABLE {t.name}", t.create()]

    def drop_table(self, t):
        self.tables.remove(t)
        return [f"DROP TABLE {t.name}"]

    # --- transactions

    def begin(self):
        return [f"CREATE DATABASE {self.db} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", f"USE {self.db}"] + [t.create() for t in self.tables]

    def transaction(self):
        if self.chance.random() < self.ddl_share:
            return self.ddl()
        made = []
        for _ in range(self.chance.choice([1, 1, 1, 2, 4])):
            made += self.changes()
        how = self.chance.random()
        if how < 0.5:  # each statement by itself
            return made
        if how < 0.54:
            self.xa += 1
            name = f"'{self.db}-{self.xa}'"
            end = self.chance.choice(["COMMIT", "COMMIT", "ROLLBACK"])
            return [f"XA START {name}"] + made + [f"XA END {name}", f"XA PREPARE {name}", f"XA {end} {name}"]
        if how < 0.6:
            at = self.chance.randrange(len(made) + 1)
            made = made[:at] + ["SAVEPOINT s"] + made[at:] + ["ROLLBACK TO SAVEPOINT s"] + self.do_update()
        return ["BEGIN"] + made + ["ROLLBACK" if how > 0.97 else "COMMIT"]

    def transactions(self):
        yield self.begin()
        yield [f"USE {self.db}"] + [self.insert(t, "INSERT IGNORE") for t in self.tables for _ in range(4)]
        for _ in range(self.chance.choice([15, 25, 40])):
            yield [f"USE {self.db}", f"SET SESSION binlog_row_image={self.image}"] + self.transaction()


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    print("SET SESSION sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES', SESSION time_zone='+00:00', SESSION lock_wait_timeout=60;")
    left = [History(n).transactions() for n in range(first, first + count) if n % writers == writer]
    while left:
        for one in list(left):
            said = next(one, None)
            if said is None:
                left.remove(one)
            else:
                print("".join(s + ";\n" for s in said), end="")


main()
