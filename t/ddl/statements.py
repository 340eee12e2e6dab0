"""Random DDL of one family of servers, about what a catalog holds, so that most of it is accepted.

A statement is first a plain text of words: those in capitals are keywords; names, literals and
expressions stand between the marks of verbatim(). spread() then writes it down with comments of
each form, executable ones too, white space and letters of either case.
"""
import random
import re

DATABASES = ["d1", "d 2", 'D"3', "d`4"]
WITH_TRIGGERS = DATABASES[:2]
NAMES = ["t1", "T2", "größe", "a b", "a.b", "a`b", 'q"r', "select", "order", "1a", "$x", "it's", "#h", "-- x", "/*c*/", "テ表",
         "x]y", "[z]", "rename", "to", "partition", "if", "exists", "temporary", "like", "wait", "nowait", "table", "on", "comment",
         "view", "sequence", "body", "é", "a\\b", "as", "first", "default", "data", "no", "replace", "t1000", "x", "y", "Zz"]
RESERVED = set("""SELECT ORDER RENAME TO IF EXISTS LIKE TABLE ON AS DEFAULT PARTITION REPLACE""".split())
COLUMNS = ["a", "b", "c", "`d e`", "`rename`", "`to`", "`f,g`"]
BARE = re.compile(r"[A-Za-z_$\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*|[0-9]+[A-Za-z_]+")

KINDS = """create-database alter-database drop-database create-table create-table-like create-table-select alter-table
rename-table drop-table truncate-table create-index drop-index create-view alter-view drop-view create-trigger drop-trigger
create-procedure alter-procedure drop-procedure create-function alter-function drop-function create-event alter-event
drop-event temporary account admin""".split()
# No server of these takes ALTER PACKAGE.
MARIADB_KINDS = "create-package drop-package create-sequence alter-sequence drop-sequence".split()


def verbatim(text):
    return "\ue000" + text + "\ue001"


class Statement:
    def __init__(self, kind, words, setup=(), like=None, on=None, referenced=()):
        self.kind, self.words, self.setup = kind, words, list(setup)
        self.like, self.on, self.referenced = like, on, list(referenced)


class Session:
    """What a connection has set."""

    def __init__(self, r, mysql, number):
        self.mysql, self.db = mysql, None
        modes = [m for m in ("ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "IGNORE_SPACE") if r.random() < 0.25]
        if not mysql:
            modes += [("", "ORACLE", "", "MSSQL")[number % 4]]
        self.oracle, self.mssql = "ORACLE" in modes, "MSSQL" in modes
        self.ansi = "ANSI_QUOTES" in modes or self.oracle or self.mssql
        self.no_backslash = "NO_BACKSLASH_ESCAPES" in modes
        self.charset, self.encoding = r.choice([("utf8mb4", "utf-8"), ("utf8mb4", "utf-8"), ("latin1", "cp1252"), ("sjis", "shift_jis"), ("gbk", "gbk")])
        self.format = ("ROW", "MIXED", "ROW", "STATEMENT", "ROW")[number % 5]
        self.temporary = []
        self.settings = ["SET NAMES " + self.charset, "SET sql_mode='%s'" % ",".join(m for m in modes if m),
                         "SET foreign_key_checks=%d, lock_wait_timeout=20" % r.choice([0, 0, 1]), "SET SESSION binlog_format=" + self.format]
        if not mysql:
            self.settings.append("SET binlog_alter_two_phase=%d" % r.choice([0, 0, 0, 1]))


class Generator:
    def __init__(self, seed, mysql, version):
        self.r, self.mysql, self.version = random.Random(seed), mysql, version
        self.kinds = KINDS if mysql else KINDS + MARIADB_KINDS
        self.accepted = dict.fromkeys(self.kinds, 0)
        self.weights = [{"alter-table": 8, "create-table": 4, "rename-table": 3, "drop-table": 2, "alter-database": 2}.get(k, 1) for k in self.kinds]

    # --- parts

    def pick(self, *of):
        return self.r.choice(of)

    def maybe(self, text, share=0.3):
        return text + " " if self.r.random() < share else ""

    def maria(self, text, share=0.3):
        return "" if self.mysql else self.maybe(text, share)

    def quote(self, name):
        s, forms = self.session, ["`" + name.replace("`", "``") + "`"] * 2
        if BARE.fullmatch(name) and name.upper() not in RESERVED:
            forms += [name] * 3
        if s.ansi:
            forms += ['"' + name.replace('"', '""') + '"'] * 2
        if s.mssql:
            forms += ["[" + name.replace("]", "]]") + "]"] * 2
        return verbatim(self.r.choice(forms))

    def string(self, text=None):
        text = text or self.pick("x", "it''s", "a, rename to b", "/* no comment */", "-- no", "`", '"', ";", "select 1", ") ", "日", "")
        if text == "日" and self.session.encoding == "cp1252":
            text = "ä"
        if not self.session.no_backslash and self.r.random() < 0.2:
            text += self.pick("\\'", "\\\\", "\\n")
        elif self.session.no_backslash and self.r.random() < 0.2:
            text += "\\"
        if not self.session.ansi and "'" not in text and '"' not in text and self.r.random() < 0.3:
            return verbatim('"' + text + '"')
        return verbatim("'" + text + "'")

    def name(self, key):
        """An object by its key, with or without its database."""
        _, db, name = key
        if db == self.session.db and self.r.random() < 0.6:
            return self.quote(name)
        return self.quote(db) + "." + self.pick(self.quote(name), self.quote(name))

    def db(self):
        return self.r.choice([k[1] for k in self.catalog.of("database")] or ["d1"])

    def new(self, kind="relation"):
        for _ in range(20):
            name = self.r.choice(NAMES)
            if not self.mysql or name == name.rstrip():
                key = kind, self.db(), name
                if key not in self.catalog.objects:
                    try:
                        name.encode(self.encoding)
                        return key
                    except UnicodeEncodeError:
                        pass
        return kind, self.db(), "n%d" % self.r.randrange(10**6)

    def old(self, kind="relation"):
        keys = [k for k in self.catalog.of(kind) if self.writable(k)]
        return self.r.choice(keys) if keys and self.r.random() < 0.95 else self.new(kind)

    def writable(self, key):
        try:
            (key[1] + key[2]).encode(self.encoding)
            return True
        except UnicodeEncodeError:
            return False

    def table(self):
        keys = [k for k in self.catalog.relations("BASE TABLE") if self.writable(k)]
        return self.r.choice(keys) if keys and self.r.random() < 0.97 else self.new()

    def relation(self, kind):
        keys = [k for k in self.catalog.relations(kind) if self.writable(k)]
        return self.r.choice(keys) if keys and self.r.random() < 0.95 else self.new()

    def distinct(self, choose, most):
        keys = []
        for _ in range(self.r.randint(1, most)):
            key = choose()
            if key not in keys:
                keys.append(key)
        return keys

    def column(self):
        return verbatim(self.r.choice(COLUMNS))

    def type(self):
        return self.pick("INT", "BIGINT UNSIGNED", "VARCHAR ( 10 )", "CHAR ( 3 ) CHARACTER SET latin1", "DECIMAL ( 5 , 2 )", "TEXT", "DATETIME ( 3 )",
                         "ENUM ( " + self.string("x") + " , " + self.string("y, rename to z") + " )", "DOUBLE", "DATE", "JSON")

    def definition(self, name=None):
        extra = self.pick("", "", "NOT NULL", "NULL", "DEFAULT NULL", "COMMENT " + self.string(), "INVISIBLE", "CHECK ( " + verbatim("1>0") + " )")
        if self.r.random() < 0.1:
            return (name or self.column()) + " INT GENERATED ALWAYS AS ( " + verbatim("1+2") + " ) " + self.pick("VIRTUAL", "STORED")
        return (name or self.column()) + " " + self.type() + " " + extra

    def parent(self, of):
        """A table that a foreign key refers to, and its name: without a database it is in that of the table."""
        encoding = self.encoding
        if self.session.encoding != "utf-8":  # MariaDB 10.11 takes the name for UTF-8 (tried)
            self.encoding = "ascii"
        key = self.table()
        self.encoding = encoding
        return key, self.quote(key[2]) if key[1] == of[1] and self.r.random() < 0.6 else self.quote(key[1]) + "." + self.quote(key[2])

    def definitions(self, key):
        columns = self.r.sample(COLUMNS, self.r.randint(1, 4))
        items = [verbatim("id") + " INT NOT NULL " + self.pick("AUTO_INCREMENT", "")]
        items += [self.definition(verbatim(c)) for c in columns]
        items.append(self.pick("PRIMARY KEY ( id )", "PRIMARY KEY USING BTREE ( id )", "CONSTRAINT PRIMARY KEY ( id )"))
        if self.r.random() < 0.2:
            items.append(self.pick("KEY", "INDEX", "UNIQUE KEY", "UNIQUE") + " " + self.maybe(verbatim("k1"), 0.8) + "( id )")
        referenced = []
        if self.r.random() < 0.12:
            parent, name = self.parent(key)
            referenced.append(parent)
            items.append(self.maybe("CONSTRAINT", 0.5) + "FOREIGN KEY ( id ) REFERENCES " + name + " ( id ) " + self.pick("", "ON DELETE CASCADE"))
        return "( " + " , ".join(items) + " )", referenced

    def options(self):
        return self.maybe("ENGINE " + self.pick("= ", "") + self.pick("InnoDB", "InnoDB", "MyISAM", "MEMORY"), 0.3) + \
            self.maybe("COMMENT " + self.pick("= ", "") + self.string()) + self.maybe("AUTO_INCREMENT = 7", 0.1) + \
            self.maybe(self.pick("DEFAULT ", "") + self.pick("CHARSET", "CHARACTER SET") + " " + self.pick("= ", "") + self.pick("utf8mb4", "latin1"))

    def partitions(self):
        return self.pick("PARTITION BY HASH ( id ) PARTITIONS 3", "PARTITION BY KEY ( id ) PARTITIONS 2",
                         "PARTITION BY RANGE ( id ) ( PARTITION p0 VALUES LESS THAN ( 10 ) , PARTITION p1 VALUES LESS THAN ( 20 ) COMMENT "
                         + self.string() + " , PARTITION " + self.pick("pm", "`rename`") + " VALUES LESS THAN MAXVALUE )",
                         "PARTITION BY LIST ( id ) ( PARTITION p0 VALUES IN ( 1 , 2 ) , PARTITION p1 VALUES IN ( 3 ) )")

    def guard(self, words="IF EXISTS", share=0.25):
        return self.maybe(words, share)

    def exists_not(self, share=0.25):
        return self.maybe("IF NOT EXISTS", share)

    def replace(self):
        return self.maria("OR REPLACE", 0.25)

    def definer(self):
        return self.maybe("DEFINER = " + self.pick("CURRENT_USER", verbatim("root@localhost"), verbatim("`root`@`localhost`"), verbatim("'root'@'localhost'"),
                                                   verbatim("root") + " @ " + verbatim("localhost"), "CURRENT_USER ( )"), 0.3)

    def body(self):
        return self.pick("SET " + verbatim("@a = 1"), "BEGIN SET " + verbatim("@a = ") + self.string("drop table x") + " ; SET " + verbatim("@b=2") + " ; END")

    # --- statements, by kind

    def database_options(self):
        return self.pick("CHARACTER SET utf8mb4", "DEFAULT CHARSET = latin1", "COLLATE utf8mb4_bin", "CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin",
                         *(["DEFAULT ENCRYPTION = 'N'"] if self.mysql else ["COMMENT " + self.string("x"), "COMMENT = " + verbatim("'a, b'")]))

    def create_database(self):
        replace = self.replace()
        return "CREATE " + replace + self.pick("DATABASE", "SCHEMA") + " " + self.exists_not(0.3) + self.quote(self.r.choice(DATABASES[2:] if "REPLACE" in replace else DATABASES)) + " " + \
            self.maybe(self.database_options(), 0.6)

    def alter_database(self):
        return "ALTER " + self.pick("DATABASE", "SCHEMA") + " " + self.maybe(self.quote(self.db()), 0.6) + self.database_options()

    def drop_database(self):
        # MariaDB may leave files of a trigger behind, and then cannot drop the database.
        of = [k[1] for k in self.catalog.of("database") if k[1] not in WITH_TRIGGERS]
        return "DROP " + self.pick("DATABASE", "SCHEMA") + " " + self.guard() + self.quote(self.r.choice(of or DATABASES))

    def create_table(self):
        replace = self.replace()
        key = self.old() if replace else self.new()
        what, referenced = self.definitions(key)
        words = "CREATE " + replace + "TABLE " + ("" if replace else self.exists_not()) + self.name(key) + " " + what + " " + self.options() + \
            self.maybe(self.partitions(), 0.2) + self.maria("WITH SYSTEM VERSIONING", 0.05)
        return Statement("create-table", words, referenced=referenced)

    def create_table_like(self):
        like, replace = self.table(), self.replace()
        name = self.name(self.old() if replace else self.new())
        open_, close = self.pick((" LIKE ", ""), (" ( LIKE ", " )"))
        return Statement("create-table-like", "CREATE " + replace + "TABLE " + ("" if replace else self.exists_not()) + name + open_ + self.name(like) + close, like=like)

    def create_table_select(self):
        query = self.pick("SELECT 1 AS a", "AS SELECT 1 AS a , 2 AS b", "SELECT 1 AS a UNION SELECT 2", "AS ( SELECT 1 AS a )",
                          "WITH x AS ( SELECT 1 AS a ) SELECT * FROM x", "( SELECT 1 AS a ) UNION ( SELECT 2 )")
        return "CREATE TABLE " + self.exists_not() + self.name(self.new()) + " " + self.maybe("( b INT )") + self.options() + query

    def temporary(self):
        s = self.session
        if s.temporary and self.r.random() < 0.5:
            return "DROP TEMPORARY TABLE " + self.guard() + self.name(s.temporary[-1])
        key = "relation", s.db or "d1", "tmp%d" % len(s.temporary)
        return "CREATE TEMPORARY TABLE " + self.exists_not() + self.name(key) + " ( a INT ) " + self.options().replace("MEMORY", "InnoDB")

    def alteration(self):
        p = lambda: self.pick("p0", "p1", "pm")
        c = self.column
        guard_new, guard_old = self.maria("IF NOT EXISTS"), self.maria("IF EXISTS")
        actions = [
            lambda: "ADD " + self.maybe("COLUMN") + guard_new + self.definition() + " " + self.pick("", "FIRST", "AFTER id"),
            lambda: "ADD " + self.maybe("COLUMN") + "( " + self.definition() + " , " + self.definition() + " )",
            lambda: "DROP " + self.maybe("COLUMN") + guard_old + c(),
            lambda: "MODIFY " + self.maybe("COLUMN") + self.definition(),
            lambda: "CHANGE " + self.maybe("COLUMN") + c() + " " + self.definition(),
            lambda: "ALTER " + self.maybe("COLUMN") + c() + " " + self.pick("SET DEFAULT NULL", "DROP DEFAULT"),
            lambda: "RENAME COLUMN " + c() + " TO " + c(),
            lambda: "ADD " + self.pick("INDEX", "KEY", "UNIQUE", "UNIQUE KEY") + " " + self.maybe(verbatim(self.pick("k1", "k2", "`to`"))) + "( id )",
            lambda: "DROP " + self.pick("INDEX", "KEY") + " " + guard_old + verbatim(self.pick("k1", "k2", "id")),
            lambda: "RENAME " + self.pick("INDEX", "KEY") + " k1 TO k2",
            lambda: "DROP PRIMARY KEY , ADD PRIMARY KEY ( id )",
            lambda: "ADD CONSTRAINT " + self.maybe(verbatim("c1"), 0.7) + "CHECK ( " + verbatim("id>=0") + " )",
            lambda: "DROP CONSTRAINT " + verbatim("c1"),
            lambda: "ENGINE = InnoDB", lambda: "FORCE", lambda: "ORDER BY id", lambda: "DISABLE KEYS",
            lambda: "COMMENT = " + self.string(), lambda: "AUTO_INCREMENT = 50",
            lambda: "CONVERT TO CHARACTER SET " + self.pick("utf8mb4", "latin1"), lambda: "DEFAULT CHARACTER SET utf8mb4",
            lambda: "ALGORITHM = " + self.pick("COPY", "INPLACE", "DEFAULT") + " , COMMENT " + self.string(),
            lambda: "LOCK = SHARED , COMMENT " + self.string(),
        ]
        alone = [
            lambda: "REMOVE PARTITIONING", lambda: self.partitions(), lambda: "ADD PARTITION PARTITIONS 1", lambda: "COALESCE PARTITION 1",
            lambda: "DROP PARTITION " + p(), lambda: "TRUNCATE PARTITION " + p(), lambda: "TRUNCATE PARTITION ALL",
            lambda: "REBUILD PARTITION " + p() + " , " + p(), lambda: "ANALYZE PARTITION " + p(), lambda: "OPTIMIZE PARTITION ALL", lambda: "CHECK PARTITION " + p(),
            lambda: "REORGANIZE PARTITION p1 INTO ( PARTITION p1 VALUES LESS THAN ( 15 ) , PARTITION p2 VALUES LESS THAN ( 20 ) )",
        ]
        if self.r.random() < 0.3:
            return self.r.choice(alone)()
        return " , ".join(self.r.choice(actions)() for _ in range(self.pick(1, 1, 1, 2, 3)))

    def alter_table(self):
        share, referenced = self.r.random(), []
        key = self.table()
        head = "ALTER " + self.maria("ONLINE", 0.05) + self.maria("IGNORE", 0.05) + "TABLE " + self.maria("IF EXISTS", 0.1) + self.name(key) + " " + \
            self.maria(self.pick("WAIT 5", "NOWAIT"), 0.1)
        if share < 0.2:
            # What is copied and renamed at once stays under its old name, too, in MariaDB, if that is no plain one (tried).
            plain = self.mysql or re.fullmatch("[A-Za-z0-9_]+", key[2])
            words = self.alteration() + " , " if plain and self.r.random() < 0.3 else ""
            words += "RENAME " + self.pick("TO ", "AS ", "") + self.name(self.new())
        elif share < 0.3:
            return self.exchange(key, head)
        elif share < 0.38:
            parent, name = self.parent(key)
            referenced = [parent]
            words = "ADD " + self.maybe("CONSTRAINT " + verbatim("f%d" % self.r.randrange(10**6))) + "FOREIGN KEY ( id ) REFERENCES " + name + " ( id )"
        else:
            words = self.alteration()
        return Statement("alter-table", head + words, referenced=referenced)

    def exchange(self, key, head):
        """Of a table made for it, so that the partition and the other table are alike."""
        other, made = self.new(), self.new()
        if other == made:
            return self.alter_table()
        create = "CREATE TABLE {} (id INT PRIMARY KEY) ENGINE=InnoDB"
        parts = " PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION `rename` VALUES LESS THAN (20))"
        plain = [self.name(k).replace("\ue000", "").replace("\ue001", "") for k in (made, other)]
        part = self.pick("p0", verbatim("`rename`"))
        forms = ["EXCHANGE PARTITION " + part + " WITH TABLE " + self.name(other) + " " + self.pick("", "WITH VALIDATION", "WITHOUT VALIDATION")]
        setup = [create.format(plain[0]) + parts]
        if not self.mysql:
            forms += ["CONVERT PARTITION " + part + " TO TABLE " + self.name(other),
                      "CONVERT TABLE " + self.name(other) + " TO PARTITION p9 VALUES LESS THAN ( 30 )"]
        form = self.r.choice(forms)
        if "CONVERT PARTITION" not in form:
            setup.append(create.format(plain[1]))
        return Statement("alter-table", "ALTER TABLE " + self.name(made) + " " + form, setup)

    def rename_table(self):
        keys, pairs = self.distinct(self.table, 3), []
        if len(keys) > 1 and self.r.random() < 0.5:
            spare = self.new()
            pairs = [(keys[0], spare), (keys[1], keys[0]), (spare, keys[1])]
        else:
            for key in keys:
                new = self.new()
                if new not in [b for _, b in pairs]:
                    pairs.append((key, new))
        wait = self.maria(self.pick("WAIT 3", "NOWAIT"), 0.1)
        return "RENAME " + self.pick("TABLE", "TABLE", "TABLES") + " " + self.maria("IF EXISTS", 0.1) + \
            " , ".join(self.name(a) + " " + wait + "TO " + self.name(b) for a, b in pairs)

    def drop_table(self):
        return "DROP " + self.pick("TABLE", "TABLES") + " " + self.guard() + " , ".join(map(self.name, self.distinct(self.table, 3))) + " " + \
            self.maria(self.pick("WAIT 5", "NOWAIT"), 0.1) + self.pick("", "", "RESTRICT", "CASCADE")

    def truncate_table(self):
        return "TRUNCATE " + self.maybe("TABLE", 0.7) + self.name(self.table())

    def create_index(self):
        key = self.table()
        return "CREATE " + self.replace() + self.maybe("UNIQUE", 0.2) + "INDEX " + self.maria("IF NOT EXISTS", 0.1) + \
            verbatim(self.pick("k1", "k2", "k%d" % self.r.randrange(99), "`on`")) + " " + self.maybe("USING BTREE", 0.1) + "ON " + self.name(key) + " ( id ) " + \
            self.maybe("COMMENT " + self.string(), 0.1)

    def drop_index(self):
        key = self.table()
        made = self.name(key).replace("\ue000", "").replace("\ue001", "")
        return Statement("drop-index", "DROP INDEX " + self.maria("IF EXISTS", 0.1) + verbatim(self.pick("kk", "`on`")) + " ON " + self.name(key),
                         ["CREATE INDEX kk ON %s (id)" % made, "CREATE INDEX `on` ON %s (id)" % made])

    def query(self):
        return self.pick("SELECT 1 AS a", "SELECT " + self.string("drop table t") + " AS a", "( SELECT 1 AS x )", "SELECT 1 AS a UNION SELECT 2",
                         "WITH q AS ( SELECT 1 AS a ) SELECT a FROM q")

    def view_head(self):
        return self.maybe("ALGORITHM = " + self.pick("UNDEFINED", "MERGE", "TEMPTABLE"), 0.2) + self.definer() + \
            self.maybe("SQL SECURITY " + self.pick("DEFINER", "INVOKER"), 0.2)

    def create_view(self):
        replace = self.maybe("OR REPLACE", 0.3)
        return "CREATE " + replace + self.view_head() + "VIEW " + ("" if replace else self.maria("IF NOT EXISTS")) + \
            self.name(self.relation("VIEW") if replace else self.new()) + " " + self.maybe("( q )", 0.1) + "AS " + self.query()

    def alter_view(self):
        return "ALTER " + self.view_head() + "VIEW " + self.name(self.relation("VIEW")) + " AS " + self.query()

    def drop_view(self):
        return "DROP VIEW " + self.guard() + " , ".join(map(self.name, self.distinct(lambda: self.relation("VIEW"), 2))) + " " + self.pick("", "", "CASCADE")

    def create_trigger(self):
        on, replace = self.table(), self.replace()
        if on[1] not in WITH_TRIGGERS:
            return None
        _, _, name = self.new("trigger")
        words = "CREATE " + replace + self.definer() + "TRIGGER " + ("" if replace else self.exists_not(0.15)) + self.name(("trigger", on[1], name)) + " " + \
            self.pick("BEFORE", "AFTER") + " " + self.pick("INSERT", "UPDATE", "DELETE") + " ON " + self.name(on) + " FOR EACH ROW " + self.body()
        return Statement("create-trigger", words, on=on)

    def drop_trigger(self):
        return "DROP TRIGGER " + self.guard() + self.name(self.old("trigger"))

    def create_procedure(self, function=False):
        kind = "function" if function else "procedure"
        replace, s = self.replace(), self.session
        name = self.name(self.old(kind) if replace else self.new(kind))
        head = "CREATE " + replace + self.definer() + kind.upper() + " " + ("" if replace else self.exists_not(0.15)) + name
        options = self.pick("", "COMMENT " + self.string() + " ", "SQL SECURITY INVOKER ", "LANGUAGE SQL ") if not s.oracle else ""
        if function:
            if s.oracle:
                return head + " ( x INT ) RETURN INT AS BEGIN RETURN 1 ; END"
            return head + " ( " + self.maybe("x INT", 0.5) + ") RETURNS INT DETERMINISTIC " + options + \
                self.pick("RETURN 1", "BEGIN RETURN 2 ; END", "RETURN ( SELECT 1 )")
        if s.oracle:
            return head + " AS BEGIN SELECT 1 ; END"
        return head + " ( " + self.maybe("IN x INT", 0.5) + ") " + options + self.body()

    def create_function(self):
        return self.create_procedure(True)

    def alter_procedure(self, function=False):
        kind = "function" if function else "procedure"
        return "ALTER " + kind.upper() + " " + self.name(self.old(kind)) + " " + self.pick("COMMENT " + self.string(), "SQL SECURITY INVOKER", "CONTAINS SQL")

    def alter_function(self):
        return self.alter_procedure(True)

    def drop_procedure(self):
        return "DROP PROCEDURE " + self.guard() + self.name(self.old("procedure"))

    def drop_function(self):
        return "DROP FUNCTION " + self.guard() + self.name(self.old("function"))

    def create_event(self):
        schedule = self.pick("EVERY 1 DAY", "EVERY 2 HOUR STARTS " + verbatim("'2090-01-01 00:00:00'"), "AT " + verbatim("'2091-01-01 00:00:00'"))
        replace = self.replace()
        return "CREATE " + replace + self.definer() + "EVENT " + ("" if replace else self.exists_not(0.15)) + \
            self.name(self.old("event") if replace else self.new("event")) + " ON SCHEDULE " + schedule + " " + \
            self.maybe("ON COMPLETION PRESERVE") + self.maybe("DISABLE") + self.maybe("COMMENT " + self.string()) + "DO " + self.body()

    def alter_event(self):
        return "ALTER " + self.definer() + "EVENT " + self.name(self.old("event")) + " " + \
            self.pick("DISABLE", "ENABLE", "COMMENT " + self.string("rename to x"), "DO " + self.body(), "ON SCHEDULE EVERY 3 DAY",
                      "RENAME TO " + self.name(self.new("event")), "RENAME TO " + self.name(self.new("event")) + " COMMENT " + self.string(),
                      "ON COMPLETION NOT PRESERVE RENAME TO " + self.name(self.new("event")) + " DO " + self.body())

    def drop_event(self):
        return "DROP EVENT " + self.guard() + self.name(self.old("event"))

    def create_package(self):
        if not self.session.oracle and self.version < 110400:
            return None
        key = self.old("package")
        spec, end = (" AS PROCEDURE p ; END", "") if self.session.oracle else (" PROCEDURE p ( ) ; END", "")
        if self.r.random() < 0.35:
            inner = " AS PROCEDURE p AS BEGIN SELECT 1 ; END ; END" if self.session.oracle else " PROCEDURE p ( ) SELECT 1 ; END"
            return "CREATE " + self.replace() + self.definer() + "PACKAGE BODY " + self.name(key) + inner
        return "CREATE " + self.maybe("OR REPLACE") + self.definer() + "PACKAGE " + self.exists_not(0.1) + self.name(self.pick(key, self.new("package"))) + spec + end

    def drop_package(self):
        return "DROP PACKAGE " + self.maybe("BODY", 0.2) + self.guard() + self.name(self.old("package"))

    def create_sequence(self):
        replace = self.replace()
        return "CREATE " + replace + "SEQUENCE " + ("" if replace else self.exists_not()) + self.name(self.relation("SEQUENCE") if replace else self.new()) + " " + \
            self.maybe("START WITH 5") + self.maybe("INCREMENT BY 2") + self.maybe(self.pick("NOCACHE", "CACHE 10"))

    def alter_sequence(self):
        return "ALTER SEQUENCE " + self.guard() + self.name(self.relation("SEQUENCE")) + " " + self.pick("CACHE 77", "INCREMENT = 3", "NOCACHE", "RESTART 50", "MAXVALUE 12345")

    def drop_sequence(self):
        return "DROP SEQUENCE " + self.guard() + " , ".join(map(self.name, self.distinct(lambda: self.relation("SEQUENCE"), 2)))

    def account(self):
        user = lambda: verbatim(self.pick("u1", "'u2'@'%'", "`u 3`@localhost", "u4@`h`"))
        role = lambda: verbatim(self.pick("r1", "`r 2`", "'r3'"))
        return self.pick("CREATE USER " + self.exists_not(0.5) + user() + " " + self.maybe("IDENTIFIED BY " + verbatim("'x'")),
                         "CREATE ROLE " + self.exists_not(0.5) + role(), "DROP USER " + self.guard("IF EXISTS", 0.5) + user(),
                         "DROP ROLE " + self.guard("IF EXISTS", 0.5) + role(), "ALTER USER " + user() + " ACCOUNT LOCK",
                         "GRANT SELECT ON " + verbatim("`d1`.*") + " TO " + user(), "GRANT ALL ON " + verbatim("*.*") + " TO " + user(),
                         "GRANT " + role() + " TO " + user(), "REVOKE " + role() + " FROM " + user(), "REVOKE SELECT ON " + verbatim("`d1`.*") + " FROM " + user(),
                         "RENAME USER " + verbatim("u1") + " TO " + verbatim("u9") + " , " + verbatim("u9") + " TO " + verbatim("u1"),
                         "SET PASSWORD FOR " + user() + " = " + ("" if self.mysql else "PASSWORD ") + ("" if self.mysql else "( ") + verbatim("'y'") + ("" if self.mysql else " )"))

    def admin(self):
        tables = " , ".join(map(self.name, self.distinct(self.table, 2)))
        server = verbatim(self.pick("s1", "`s 2`"))
        some = ["ANALYZE " + self.maybe("TABLE", 1) + tables, "OPTIMIZE TABLE " + tables, "REPAIR TABLE " + tables, "FLUSH TABLES", "FLUSH TABLES " + tables,
                "FLUSH STATUS", "CREATE SERVER " + server + " FOREIGN DATA WRAPPER mysql OPTIONS ( HOST " + verbatim("'h'") + " )",
                "ALTER SERVER " + server + " OPTIONS ( USER " + verbatim("'u'") + " )", "DROP SERVER " + self.guard("IF EXISTS", 0.5) + server]
        if self.mysql:
            some += ["CREATE TABLESPACE ts1 ADD DATAFILE " + verbatim("'ts1.ibd'"), "DROP TABLESPACE ts1", "CREATE UNDO TABLESPACE u1 ADD DATAFILE " + verbatim("'u1.ibu'"),
                     "ALTER UNDO TABLESPACE u1 SET INACTIVE", "DROP UNDO TABLESPACE u1", "ALTER TABLESPACE ts1 RENAME TO ts2", "DROP TABLESPACE ts2",
                     "CREATE OR REPLACE SPATIAL REFERENCE SYSTEM 990001 NAME " + verbatim("'x' DEFINITION 'GEOGCS[\"x\",DATUM[\"d\",SPHEROID[\"s\",6378137,298.257223563]],PRIMEM[\"g\",0],UNIT[\"degree\",0.017453292519943278]]'"),
                     "DROP SPATIAL REFERENCE SYSTEM IF EXISTS 990001"]
        return self.r.choice(some)

    # ---

    def next(self, catalog, session):
        """A statement about what there is now."""
        self.catalog, self.session = catalog, session
        relations = len(catalog.of("relation"))
        while True:
            kind = self.r.choices(self.kinds, self.weights)[0]
            if self.r.random() < 0.3:
                kind = min((k for k in self.kinds if k != "create-table-select" or session.format != "ROW"), key=self.accepted.get)
            if relations > 14 and kind.startswith("create-table"):
                kind = "drop-table"
            if kind == "drop-database" and (len(catalog.of("database")) < 3 or self.r.random() < 0.5):
                kind = "create-database"
            if kind.startswith("alter-") or kind.startswith("drop-"):
                what = kind.split("-")[1]
                have = {"table": catalog.relations("BASE TABLE"), "view": catalog.relations("VIEW"), "sequence": catalog.relations("SEQUENCE"),
                        "index": catalog.relations("BASE TABLE")}.get(what)
                if not (catalog.of(what) if have is None else have):
                    kind = "create-" + ("table" if what == "index" else what)
            # In such a log a table that is made like another, or from a query, may be about a temporary one,
            # which dts-binlog stops at.
            if session.format != "ROW" and session.temporary and kind in ("create-table-like", "create-table-select"):
                continue
            # Servers write the name of a view, of a program (MySQL) and of a table that is made from a query in UTF-8
            # into a statement that is in the client's character set; of such a log nobody can say what it means.
            own = kind.endswith(("-select", "-view", "-trigger", "-procedure", "-function", "-event", "-package"))
            self.encoding = "ascii" if own and session.encoding != "utf-8" else session.encoding
            made = getattr(self, kind.replace("-", "_"))()
            if made is None:
                continue
            if not isinstance(made, Statement):
                made = Statement(kind, made)
            if not self.mysql and self.r.random() < 0.04:
                made.words = "SET STATEMENT " + self.pick("max_statement_time = 100", "sort_buffer_size = 100000 , max_statement_time = 50") + " FOR " + made.words
            return made

    # --- writing it down

    def comment(self):
        skipped = ["/*!999999 , rename to x */"] if not self.mysql else ["/*!99999 , rename to x */"]
        if self.mysql:
            skipped += ["/*M!100100 rename to x */", "/*M! to */"]
        else:
            skipped += ["/*!50701 , rename to x */", "/*!99999 if exists */", "/*M!210000 or replace */"]
        # In the text of a trigger a skipped one leaves not even a space in the log (tried on MariaDB).
        skipped = [" " + text + " " for text in skipped]
        return self.pick("/**/", "/* c */", "/* ; drop table x */", "/* ' */", "/* ` \" */", "-- y\n", "--\tto x\n", "# it's\n", "#\n", "/* * / ** */", "/*\n*/", *skipped)

    def space(self):
        """What separates two words."""
        if self.r.random() < 0.8:
            return self.pick(" ", " ", " ", "\n", "\t", "  ", "\r\n", "\v", "\f ")
        return self.pick(" ", "") + self.comment() + self.pick(" ", "", "\n")

    def case(self, word):
        return self.pick(word, word, word.lower(), word.capitalize(), "".join(self.r.choice((c.upper(), c.lower())) for c in word))

    def opening(self):
        if self.mysql:
            return self.pick("/*!", "/*!50000", "/*!80000", "/*!90000", "/*!40101")
        return self.pick("/*!", "/*!50000", "/*M!", "/*M!100100", "/*!100100", "/*!40101", "/*!50699")

    def spread(self, words):
        # MariaDB writes its own list of tables behind the comments that stood there (tried), executable ones, too.
        own = not self.mysql and re.search("(^|FOR )DROP (TABLE|SEQUENCE)", words)
        tokens = []
        for i, part in enumerate(re.split("(\ue000[^\ue001]*\ue001)", words)):
            if i % 2:
                tokens.append(part[1:-1])
            else:
                tokens += [self.case(t) if t.isalpha() and t.isupper() else t for t in re.findall(r"`(?:[^`]|``)*`|'(?:[^']|'')*'|\w+|[^\w\s]", part)]
        begin = end = -1
        if self.r.random() < 0.25 and not own:
            begin = self.r.randrange(len(tokens))
            end = self.r.randrange(begin, min(len(tokens), begin + 8))
        text = self.pick("", "", "", "", self.space(), self.comment() + " ")
        tight = "`'\"[]"
        for i, token in enumerate(tokens):
            if i == begin:
                text += " " + self.opening() + " "
            text += token
            if i == end:
                text += " */ "
            elif i + 1 < len(tokens):
                a, b = token[-1], tokens[i + 1][0]
                word = lambda c: c.isalnum() or c in "_$@" or ord(c) > 127
                apart = (word(a) and word(b)) or (a in tight and b in tight) or (a in "`\"]" and word(b) and token[0] in "'") or self.r.random() < 0.7
                if a in "-/*#" or b in "-/*#":
                    apart = True
                if a == "." or b == ".":
                    apart = self.r.random() < 0.15
                text += self.space() if apart else ""
        return text + self.pick("", "", "", ";", " ", " -- end", "/* end */")
