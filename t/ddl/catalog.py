"""What a server's catalog holds of its users' databases: objects by (type, database, name).

Types: database, relation (a table, view or sequence, which share their names), trigger,
procedure, function, package, event. The value of an object changes with its definition; that
of a table also with the numbers by which InnoDB knows it, which a TRUNCATE and a rebuild renew.
"""
import re

from wire import Refused

SYSTEM = "('mysql','sys','information_schema','performance_schema')"

# Letters that the names of statements.py have, in the form of file names: a list, since MySQL
# does not convert from that form.
LETTERS = {"@0p": "é", "@1o": "ü", "@1j": "ß", "@1i": "ö"}


def from_file_name(name):
    return re.sub("@([0-9a-f]{4}|[0-9][A-Za-z])", lambda m: LETTERS.get(m[0]) or chr(int(m[1], 16)), name)


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


class Relation:
    def __init__(self, kind, text, ids):
        self.kind, self.text, self.ids = kind, text, ids

    def __eq__(self, other):
        return isinstance(other, Relation) and (self.kind, self.text, self.ids) == (other.kind, other.text, other.ids)

    def __repr__(self):
        return "%s %s %s" % (self.kind, self.ids, self.text)


class Catalog:
    """One moment of it."""

    def __init__(self, connection):
        self.objects = {}
        self.tables_of_triggers = {}
        self.references = {}  # of (database, table): those of its foreign keys
        self.connection = connection
        mysql = connection.mysql
        self.position, databases, ids, routines, events = self.first(mysql)
        for row in databases:
            self.objects["database", row[0], ""] = tuple(row[1:])
        for row in routines:
            kind = row[2].lower().replace(" body", "")
            key = kind, row[0], row[1]
            self.objects[key] = tuple(sorted((*self.objects.get(key, ()), "\t".join(map(str, row[2:])))))
        for row in events:
            self.objects["event", row[0], row[1]] = tuple(row[2:])
        self.second([row[0] for row in databases], ids)

    def first(self, mysql):
        routines = """SELECT db, name, type, CONCAT_WS('|', body, param_list, returns, definer, comment, security_type, sql_data_access, sql_mode), modified
            FROM mysql.proc WHERE db NOT IN %s"""
        events = """SELECT db, name, CONCAT_WS('|', body, definer, execute_at, interval_value, interval_field, starts, ends, status, on_completion, comment), modified
            FROM mysql.event WHERE db NOT IN %s"""
        databases = "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN %s"
        if mysql:
            routines = """SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, CONCAT_WS('|', ROUTINE_DEFINITION, DTD_IDENTIFIER, DEFINER,
                ROUTINE_COMMENT, SECURITY_TYPE, SQL_DATA_ACCESS, SQL_MODE), LAST_ALTERED FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN %s"""
            events = """SELECT EVENT_SCHEMA, EVENT_NAME, CONCAT_WS('|', EVENT_DEFINITION, DEFINER, EXECUTE_AT, INTERVAL_VALUE, INTERVAL_FIELD, STARTS, ENDS,
                STATUS, ON_COMPLETION, EVENT_COMMENT), LAST_ALTERED FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN %s"""
            databases = """SELECT s.SCHEMA_NAME, DEFAULT_COLLATION_NAME, DEFAULT_ENCRYPTION, OPTIONS FROM information_schema.SCHEMATA s
                JOIN information_schema.SCHEMATA_EXTENSIONS e ON s.SCHEMA_NAME = e.SCHEMA_NAME WHERE s.SCHEMA_NAME NOT IN %s"""
        results = self.connection.all(";".join((
            "SHOW BINARY LOG STATUS" if mysql else "SHOW MASTER STATUS", databases % SYSTEM,
            "SELECT NAME, TABLE_ID FROM information_schema.INNODB_%sTABLES WHERE NAME NOT LIKE 'mysql/%%' AND NAME LIKE '%%/%%'" % ("" if mysql else "SYS_"),
            routines % SYSTEM, events % SYSTEM)))
        ids = {}
        for name, number in results[2]:
            db, _, table = name.partition("/")
            table, *part = re.split("#[pP]#", table, maxsplit=1)
            ids.setdefault((from_file_name(db), from_file_name(table), bool(part)), set()).add(int(number))
        return (results[0][0][0], int(results[0][0][1])), results[1], ids, results[3], results[4]

    def second(self, databases, ids):
        if not databases:
            return
        lists = self.connection.all(";".join("SHOW FULL TABLES FROM %s;SHOW TRIGGERS FROM %s" % (quoted(d), quoted(d)) for d in databases))
        relations = []
        for i, db in enumerate(databases):
            relations += [(db, row[0], row[1]) for row in lists[2 * i]]
            for row in lists[2 * i + 1]:  # name, event, table, statement, timing, created, ...
                self.objects["trigger", db, row[0]] = tuple(row[1:8])
                self.tables_of_triggers[db, row[0]] = row[2]
        texts = self.shown(relations)
        for (db, name, kind), text in zip(relations, texts):
            self.references[db, name] = [(m[0].replace("``", "`") or db, m[1].replace("``", "`")) for m in re.findall(r"REFERENCES (?:`((?:[^`]|``)*)`\.)?`((?:[^`]|``)*)`", text)]
            # What a foreign key refers to may be renamed under it.
            text = re.sub(r"REFERENCES `(?:[^`]|``)*`(?:\.`(?:[^`]|``)*`)?", "REFERENCES", text)
            # MariaDB leaves some of tables that are gone: a name's are those of its engine and form.
            own = ids.get((db, name, "PARTITION BY" in text), ()) if "ENGINE=InnoDB" in text else ()
            self.objects["relation", db, name] = Relation(kind, text, sorted(own))

    def shown(self, relations):
        """SHOW CREATE of each; of one that cannot be shown, why."""
        texts = []
        while len(texts) < len(relations):
            sql = ";".join("SHOW CREATE %s %s.%s" % ("VIEW" if kind == "VIEW" else "TABLE", quoted(db), quoted(name))
                           for db, name, kind in relations[len(texts):])
            rows = []
            try:
                self.connection.sequence = 0
                self.connection.send(b"\x03" + sql.encode())
                more = True
                while more:
                    row, more = self.connection.result()
                    rows.append(row[0][1])
                texts += rows
            except Refused as why:
                texts += rows + [str(why)]
        return texts

    def of(self, kind):
        return [key for key in self.objects if key[0] == kind]

    def relations(self, kind):
        return [key for key, value in self.objects.items() if key[0] == "relation" and value.kind == kind]

    def changed(self, later):
        """Keys of what is another one, or only here or there."""
        keys = {**self.objects, **later.objects}
        return {k for k in keys if self.objects.get(k) != later.objects.get(k)}
