#!/usr/bin/env python3
"""Statements beside what the server made of them, for t/dts-binlog-ddl.bats.

    agree.py SOCKET random SEED COUNT DTS-BINLOG...   until so many random ones were accepted
    agree.py SOCKET help SEED COUNT DTS-BINLOG...     so many examples of the server's own documentation (mysql.help_topic)
    agree.py SOCKET files FILE... -- DTS-BINLOG...    one a line, as t/definitions.py writes them

Each is run on the server, whose catalog is read before and after. Then DTS-BINLOG, a command with
its options, tells the log, and what a record says of a statement is held against what changed:
all that did is named with the right type, all that is named did, and the kind is the right one.
The last line has the counts; the lines before, what does not agree.
"""
import bisect
import collections
import json
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True

from catalog import Catalog, quoted  # noqa: E402
from examples import examples, lines  # noqa: E402
from statements import Generator, Session  # noqa: E402
from wire import Connection, Refused  # noqa: E402

RELATIONS = ("table", "view", "sequence")
# How the log may have another kind of statement than what was run.
LOGGED_AS = {"create-table-select": ("create-table",), "create-table-like": ("create-table",), "drop-database": ("drop-table",)}


class Run:
    """One statement: what was there before and after, and what the log says."""

    def __init__(self, sql, statement, session, before):
        self.sql, self.statement, self.before = sql, statement, before
        self.db, self.mysql = session.db, session.mysql
        self.after, self.error, self.records = None, None, []

    def __str__(self):
        return "%s\n  default database %s, %s" % (self.sql, self.db, "accepted" if self.error is None else self.error)


class Server:
    def __init__(self, socket):
        self.socket = socket
        self.looking = Connection(socket)
        self.looking.all("SET NAMES utf8mb4; SET GLOBAL event_scheduler=OFF; USE information_schema")
        self.mysql = self.looking.mysql
        self.version = [int(n) for n in re.match(r"(\d+)\.(\d+)\.(\d+)", self.looking.version.replace("5.5.5-", "")).groups()]
        self.version = self.version[0] * 10000 + self.version[1] * 100 + self.version[2]
        self.running, self.runs = None, []
        self.catalog = Catalog(self.looking)
        self.start = self.catalog.position

    def connect(self, session):
        if self.running:
            self.running.close()
        self.running = Connection(self.socket)
        for setting in session.settings:
            self.running.query(setting)
        session.db = None

    def try_(self, sql):
        try:
            self.running.all(sql)
            return None
        except Refused as why:
            return why

    def run(self, sql, statement, session):
        """sql: as text; statement: what is known of it, or None."""
        run = Run(sql, statement, session, self.catalog)
        run.error = self.try_(sql.encode(session.encoding))
        run.after = self.catalog = Catalog(self.looking)
        self.runs.append(run)
        if session.db and ("database", session.db, "") not in self.catalog.objects:
            session.db = None
        return run

    def use(self, session, db):
        if self.try_("USE " + quoted(db)) is None:
            session.db = db


# --- what is run


def random_statements(server, seed, count):
    g = Generator(seed, server.mysql, server.version)
    accepted = sessions = 0
    while accepted < count:
        session = Session(g.r, server.mysql, sessions)
        server.connect(session)
        sessions += 1
        for _ in range(min(150, max(20, count // 12))):
            databases = server.catalog.of("database")
            if databases and (not session.db and g.r.random() < 0.7 or g.r.random() < 0.05):
                server.use(session, g.r.choice(databases)[1])
            statement = g.next(server.catalog, session)
            sql = g.spread(statement.words)
            try:
                sql.encode(session.encoding)
            except UnicodeEncodeError:
                continue
            if statement.setup:
                for text in statement.setup:
                    server.try_(text.encode(session.encoding))
                server.catalog = Catalog(server.looking)
            run = server.run(sql, statement, session)
            if run.error is None:
                accepted += 1
                if statement.kind != "create-table-select" or session.format != "ROW":  # there it is logged as CREATE TABLE
                    g.accepted[statement.kind] += 1
                if statement.kind == "temporary":
                    if "CREATE" in statement.words:
                        session.temporary.append(("relation", session.db or "d1", "tmp%d" % len(session.temporary)))
                    else:
                        session.temporary.pop()
    return g.kinds


class Plain:
    """A session as a client has it."""
    encoding = "utf-8"

    def __init__(self, mysql, settings=()):
        self.mysql, self.db = mysql, None
        self.settings = ["SET NAMES utf8mb4", "SET lock_wait_timeout=5", *settings]


def made_up(why):
    """Examples are about what others made, or made before: statements so that the next try may be accepted."""
    missing = re.search(r"Table '([^']*)\.([^']*)' doesn't exist", why)
    if missing:
        return ["CREATE TABLE %s.%s (id INT PRIMARY KEY, a INT, b INT, c INT, c1 INT, c2 INT, c3 INT, col1 INT, col2 INT, name VARCHAR(20))"
                % (quoted(missing[1]), quoted(missing[2]))]
    database = re.search(r"Unknown database '([^']*)'|Database '([^']*)' doesn't exist", why)
    if database:
        return ["CREATE DATABASE " + quoted(database[1] or database[2])]
    there = re.search(r"(Table|Event|FUNCTION|PROCEDURE|Trigger|VIEW) '?(?:[^'. ]*\.)?([^'. ]*)'? already exists", why)
    if there:
        kinds = ("TABLE", "VIEW", "SEQUENCE") if there[1] == "Table" else (there[1],)
        return ["SET foreign_key_checks=0"] + ["DROP %s %s" % (kind, quoted(there[2])) for kind in kinds]
    return []


def given_statements(server, statements):
    """Of statements of others: a database for those that name none, and rows are not changed."""
    session = Plain(server.mysql)
    server.connect(session)
    server.try_("CREATE DATABASE d1")
    for sql in statements:
        if sql.upper().startswith("USE "):
            server.try_(sql)
            session.db = server.running.query("SELECT DATABASE()")[0][0]
            continue
        if not session.db:
            server.try_("CREATE DATABASE IF NOT EXISTS d1")
            server.use(session, "d1")
            server.catalog = Catalog(server.looking)
        run = server.run(sql, None, session)
        for _ in range(4):
            setup = run.error and made_up(str(run.error))
            if not setup:
                break
            for text in setup:
                server.try_(text)
            server.catalog = Catalog(server.looking)
            run = server.run(sql, None, session)


# --- what the log says


def read_log(server, command):
    """The ddl records, each with the place where its transaction begins."""
    told = subprocess.run([*command, "--start-position=%s:%d" % server.start], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if told.returncode != 0:
        print("FAILED: status %d: %s" % (told.returncode, told.stderr.decode()))
    starts = [run.before.position for run in server.runs]
    at = None
    for line in told.stdout.splitlines():
        record = json.loads(line)
        if record["op"] == "begin":
            at = record["pos"]["file"], record["pos"]["offset"]
        elif record["op"] == "ddl":
            i = bisect.bisect_right(starts, at) - 1
            if i >= 0 and at < server.runs[i].after.position:
                server.runs[i].records.append(record)
    return told.returncode


def key_of(o):
    return "relation" if o["type"] in RELATIONS else o["type"], o["db"], o.get("table", o.get("name", ""))


class Judge:
    def __init__(self, run):
        self.run, self.before, self.after = run, run.before.objects, run.after.objects
        self.faults = []
        self.changed = run.before.changed(run.after)

    def fault(self, text, *of):
        self.faults.append(text % of)

    def explained(self):
        """The keys that the records say may have changed."""
        keys, databases = set(), set()
        for record in self.run.records:
            for o in record["objects"]:
                if o["role"] not in ("target", "new", "exchanged"):
                    continue
                keys.add(key_of(o))
                if o["type"] == "database" and record["kind"] in ("drop-database", "create-database"):
                    databases.add(o["db"])
        for key in self.changed:
            if key[1] in databases:
                keys.add(key)
            # MariaDB reads the options of databases again, which may differ from what it had in mind (tried).
            if key[0] == "database" and not self.run.mysql and any(r["kind"] == "admin" for r in self.run.records):
                keys.add(key)
            if key[0] == "trigger":  # goes with its table
                for catalog in (self.run.before, self.run.after):
                    table = catalog.tables_of_triggers.get(key[1:])
                    if table is not None and ("relation", key[1], table) in keys:
                        keys.add(key)
        return keys

    def relation_type(self, key):
        value = self.before.get(key) or self.after.get(key)
        return {"VIEW": "view", "SEQUENCE": "sequence"}.get(value.kind, "table") if value else None

    @staticmethod
    def is_view(objects, key):
        return key[0] == "relation" and key in objects and objects[key].kind == "VIEW"

    def guarded(self, record):
        return bool(re.search(r"\bIF\b|REPLACE|generated by server", record["sql"], re.I)) or "error" in record.get("context", {})

    def check_target(self, record, o):
        kind, key = record["kind"], key_of(o)
        was, is_, verb = key in self.before, key in self.after, kind.split("-")[0]
        what = "%s of %s" % (kind, key)
        if key[0] == "relation" and kind.split("-")[1] in ("view", "sequence") and self.relation_type(key) not in (None, o["type"]):
            if not self.guarded(record):
                self.fault("%s, which is a %s", what, self.relation_type(key))
        if verb == "create" and kind not in ("create-index", "create-package"):
            if not is_:
                self.fault("%s, which is not there", what)
            elif was and not self.guarded(record):
                self.fault("%s, which was there before", what)
        elif verb == "drop" and kind not in ("drop-index", "drop-package"):
            if is_ and not (self.guarded(record) and o["type"] != self.relation_type(key) and key not in self.changed):
                self.fault("%s, which is still there", what)
            elif not was and not self.guarded(record):
                self.fault("%s, which was not there", what)
        elif kind in ("truncate-table", "create-index", "drop-index"):
            value = self.before.get(key)
            if not was or not is_:
                self.fault("%s, which is not there", what)
            elif key not in self.changed and not self.guarded(record) and (kind != "truncate-table" or "ENGINE=InnoDB" in value.text):
                self.fault("%s, which did not change", what)
        elif verb in ("alter", "rename") and not was and not self.guarded(record):
            if kind != "rename-table" and not re.search(r"(ANALYZE|OPTIMIZE|CHECK|REPAIR).*PARTITION", record["sql"], re.I | re.S):
                self.fault("%s, which was not there", what)

    def check_renames(self, record):
        """The numbers of InnoDB's tables go where the names go."""
        now = {k: v.ids for k, v in self.before.items() if k[0] == "relation"}
        objects = record["objects"]
        pairs = [(objects[0], o) for o in objects if o["role"] == "new"] if record["kind"] != "rename-table" else list(zip(objects[::2], objects[1::2]))
        for old, new in pairs:
            a, b = key_of(old), key_of(new)
            if a not in now:
                if not self.guarded(record):
                    self.fault("%s of %s, which was not there", record["kind"], a)
                continue
            now[b] = now.pop(a)
        for old, new in pairs:
            for key in (key_of(old), key_of(new)):
                if (key in now) != (key in self.after):
                    self.fault("%s: %s is %sthere: from %s to %s", record["kind"], key, "" if key in self.after else "not ",
                               [self.before.get(key_of(o)) for o in objects], [self.after.get(key_of(o)) for o in objects])
                elif record["kind"] == "rename-table" and key in now and now[key] != self.after[key].ids:
                    self.fault("%s: %s is another table: from %s to %s", record["kind"], key, [(key_of(o), self.before.get(key_of(o))) for o in objects],
                               [self.after.get(key_of(o)) for o in objects])

    def refers(self, record, key):
        """Is there a foreign key to it where the statement was to make one? (MyISAM keeps none.)"""
        keys = [key_of(o) for o in record["objects"] if o["role"] in ("target", "new")]
        after = self.after.get(keys[-1])
        return not after or "ENGINE=InnoDB" not in after.text or keys[-1] not in self.changed or self.guarded(record) or \
            key[1:] in self.run.after.references.get(keys[-1][1:], ())

    def check_roles(self, record):
        """What the catalog does not show is held against what was meant."""
        s = self.run.statement
        for o in record["objects"]:
            key = key_of(o)
            if o["role"] == "on" and self.run.after.tables_of_triggers.get(key_of(record["objects"][0])[1:]) != key[2]:
                if not self.guarded(record):
                    self.fault("no trigger on %s", key)
            elif o["role"] == "exchanged" and key not in self.changed:
                self.fault("%s has exchanged nothing", key)
            elif o["role"] == "like" and key not in self.before:
                self.fault("like %s, which is not there", key)
            elif o["role"] == "referenced" and not self.refers(record, key):
                self.fault("no foreign key to %s", key)
        if not s or s.kind != record["kind"] or "generated" in record["sql"]:
            return
        meant = [("like", s.like)] * bool(s.like) + [("on", s.on)] * bool(s.on) + [("referenced", k) for k in s.referenced]
        named = [(o["role"], key_of(o)) for o in record["objects"] if o["role"] in ("like", "on", "referenced")]
        if named != meant:
            self.fault("names %s, meant was %s", named, meant)

    def judge(self):
        run = self.run
        if run.error is not None:
            return True  # it may have failed half way: then the log has what its server thinks best
        unexplained = self.changed - self.explained()
        if run.statement is None:  # the text of a view is made from the tables that it is about
            unexplained = {k for k in unexplained if not (self.is_view(self.before, k) and self.is_view(self.after, k))}
        for key in sorted(unexplained):
            self.fault("not named, but changed: %s\n    from %s\n    to   %s", key, self.before.get(key), self.after.get(key))
        for record in run.records:
            kind = record["kind"]
            if kind == "unknown":
                self.fault("not understood")
                continue
            if run.statement and kind != run.statement.kind and kind not in LOGGED_AS.get(run.statement.kind, ()):
                self.fault("kind %s, meant was %s", kind, run.statement.kind)
            renamed = any(o["role"] == "new" and o["type"] in RELATIONS for o in record["objects"])
            if renamed:
                self.check_renames(record)
            for o in record["objects"]:
                if o["role"] == "target" and kind not in ("admin", "account") and not (renamed and kind == "rename-table"):
                    self.check_target(record, o)
            self.check_roles(record)
        for text in self.faults:
            print("WRONG: %s\n  %s" % (run, text))
            for record in run.records:
                print("  log: " + json.dumps({k: record[k] for k in ("kind", "db", "sql", "objects")}, ensure_ascii=False))
        return not self.faults


def main(argv):
    server, wanted = Server(argv[1]), []
    if argv[2] == "random":
        wanted = random_statements(server, int(argv[3]), int(argv[4]))
        command = argv[5:]
    elif argv[2] == "help":
        found = examples(server.looking)
        chosen = random.Random(int(argv[3])).sample(range(len(found)), min(len(found), int(argv[4])))
        given_statements(server, [found[i] for i in sorted(chosen)])
        command = argv[5:]
    else:
        end = argv.index("--")
        given_statements(server, [s for name in argv[3:end] for s in lines(name)])
        command = argv[end + 1:]
    server.running.close()
    status = read_log(server, command)
    kinds = collections.Counter(record["kind"] for run in server.runs for record in run.records)
    accepted = [run for run in server.runs if run.error is None]
    kinds["temporary"] += sum(1 for run in accepted if run.statement and run.statement.kind == "temporary" and not run.records)
    wrong = sum(not Judge(run).judge() for run in server.runs)
    few = [kind for kind in wanted if kinds[kind] < max(1, int(argv[4]) // 400)]
    for kind in few:
        print("TOO FEW: %s" % kind)
    print("kinds: " + " ".join("%s=%d" % item for item in sorted(kinds.items())))
    print("%d statements, %d accepted, %d in the log, %d changed something, %d wrong" % (
        len(server.runs), len(accepted), sum(bool(run.records) for run in server.runs),
        sum(bool(run.before.changed(run.after)) for run in accepted), wrong))
    return 1 if wrong or few or status else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
