"""The mapping between the families (lib/schema/mapping.c) on real servers.

    schema-mapping.py cases UNIT-PROGRAM DEFAULTS-FILE FAMILY SOURCE TARGET FILE
        makes the object of each case of FILE at the server SOURCE, puts what that shows of it into the
        other family's words, makes it at TARGET, and compares
    schema-mapping.py catalogs UNIT-PROGRAM DEFAULTS-FILE FAMILY SOURCE,... TARGET,...
        asks the servers for each character set, collation, type and function that a source has: the mapping
        must make something of it that the targets have, or refuse it

Prints what is not as expected, and how much was looked at; status 1 if anything is not."""
import json
import re
import subprocess
import sys

MODE, PROGRAM, DEFAULTS, FAMILY, SOURCE, TARGET = sys.argv[1:7]
SHOWN = {"table": (1, "create-table"), "view": (1, "create-view"), "procedure": (2, "create-procedure"),
         "function": (2, "create-function"), "event": (3, "create-event"), "trigger": (2, "create-trigger"), "sequence": (1, "create-sequence"),
         "database": (1, "create-database")}


OLD_TARGET = False  # MariaDB before 11: what came later is an error of its own there


class Case:
    def __init__(self, fields):
        self.entry, self.kind, self.expect = fields[:3]
        self.sql = fields[-1]
        self.text_kind = fields[3] if self.kind == "text" else None
        self.shown = self.value = None
        self.by_hand = ""

    def object(self):
        """The kind of the object, and its name in every database."""
        if self.kind in ("expression", "aggregate"):
            return "function", "o"
        return self.kind, "o"

    def create(self, db):
        if self.kind == "expression":
            return f"CREATE FUNCTION o() RETURNS LONGTEXT DETERMINISTIC RETURN ({self.sql})"
        if self.kind == "aggregate":
            return f"CREATE AGGREGATE FUNCTION o{self.sql}"
        if self.kind == "database":
            return f"DROP DATABASE IF EXISTS {db}; CREATE DATABASE {db} {self.sql}"
        return f"CREATE {self.kind.upper()} o {self.sql}"


def unescape(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "0": "\0"}.get(m[1], m[1]), text)


def client(server, lines):
    """Runs the lines; (rows by line, errors by line), lines counted from 1. A line's rows are told apart by a mark."""
    script = ["delimiter $$"]
    for number, line in enumerate(lines, 1):
        script.append(f"{line.replace(chr(10), ' ')}$$ SELECT '#{number}' $$")
    done = subprocess.run(
        ["mariadb", f"--defaults-file={DEFAULTS}", f"--defaults-group-suffix=-{server}", "--force", "--batch",
         "--skip-column-names", "--default-character-set=utf8mb4"],
        input="\n".join(script).encode(), capture_output=True, check=False, timeout=120)
    if not done.stdout:
        sys.exit(f"{server}: {done.stderr.decode()[-500:]}")
    rows, errors, pending = {}, {}, []
    for row in done.stdout.decode("utf-8", "replace").splitlines():
        if row.startswith("#"):
            rows[int(row[1:])] = pending
            pending = []
        else:
            pending.append([unescape(field) for field in row.split("\t")])
    for number, text in re.findall(r"^ERROR \d+ .*? at line (\d+): (.*)$", done.stderr.decode("utf-8", "replace"), re.M):
        errors.setdefault(int(number) - 1, text)
    return rows, errors


def at_server(server, cases, statements):
    """Runs a statement of each case in a database of its own, with what SHOW CREATE and the expressions then give;
    and what is to be mended by hand, behind it."""
    lines = ["SET sql_mode='STRICT_ALL_TABLES', foreign_key_checks=0"]
    for number in range(len(cases)):
        kind, name = cases[number].object()
        db = f"c{number}"
        line = f"DROP DATABASE IF EXISTS {db}$$ CREATE DATABASE {db}$$ USE {db}$$ CREATE TABLE t (a INT PRIMARY KEY)$$ {statements[number]}$$"
        line = line.replace("; ", "$$ ") if kind == "database" else line
        line += f"SHOW CREATE {kind} {db if kind == 'database' else name}$$"
        if cases[number].kind == "expression":
            line += "SELECT o()$$"
        lines.append(line + cases[number].by_hand + "USE information_schema")
    lines[0] += "$$ DROP DATABASE IF EXISTS seq$$ CREATE DATABASE seq"
    if FAMILY == "mariadb" and server == SOURCE:
        lines[0] += "$$ CREATE SEQUENCE seq.s"
    rows, errors = client(server, lines)
    return [(rows.get(number + 2, []), errors.get(number + 2)) for number in range(len(cases))]


def port(statements):
    text = "".join(f"{kind}\t{sql.replace(chr(10), ' ')}\n" for kind, sql in statements)
    done = subprocess.run([PROGRAM, "port", FAMILY], input=text.encode(), capture_output=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def wrong(case, ported, result):
    """What is not as expected; None: nothing."""
    if case.entry not in ported["entries"] and not case.entry.endswith(" text"):
        return f"the entry was not applied, but {ported['entries']}"
    if (case.expect == "!") != ported["refused"]:
        return "refused" if ported["refused"] else "not refused"
    if case.expect == "!":
        return None if ported["why"] else "refused without a word"
    if case.kind == "text":
        shown = ported["sql"]
    elif result[1] and OLD_TARGET and any("MariaDB has it from" in why for why in ported["why"]):
        return None
    elif result[1]:
        return f"the target says: {result[1]}"
    else:
        shown = result[0][0][SHOWN[case.object()[0]][0]]
    if case.kind == "expression":
        value = result[0][-1][0]
        if value == "NULL" or (case.expect == "=" and value != case.value):
            return f"value is {value}, wanted {case.value}"
        return None
    for part in case.expect.split(" && "):
        if (part[1:].lower() in shown.lower()) != (part[0] == "+"):
            return f"wanted {part} in {shown}"
    return None


def run_cases():
    """What is not as expected: how many."""
    global OLD_TARGET  # pylint: disable=global-statement
    OLD_TARGET = query(TARGET, "SELECT VERSION()")[0][0].startswith("10.")
    with open(sys.argv[7], encoding="utf-8") as lines:
        cases = [Case(line.rstrip("\n").split("\t")) for line in lines if line[0] != "#" and line.startswith(FAMILY + " ")]
    live = [case for case in cases if case.kind != "text"]
    bad = 0
    for case, (rows, error) in zip(live, at_server(SOURCE, live, [case.create(f"c{n}") for n, case in enumerate(live)])):
        if error:
            print(f"{case.entry}: the source says: {error}")
            bad += 1
            continue
        case.shown = rows[0][SHOWN[case.object()[0]][0]]
        case.value = rows[-1][0]
    live = [case for case in live if case.shown]
    cases = [case for case in cases if case.shown or case.kind == "text"]
    ported = port([(case.text_kind or SHOWN[case.object()[0]][1], case.shown or case.sql) for case in cases])
    made = [(case, answer) for case, answer in zip(cases, ported) if case.kind != "text" and not answer["refused"]]
    statements = []
    for number, (case, answer) in enumerate(made):
        by_hand = "".join(f"{sql}$$ " for sql in answer["by_hand"].split(";\n") if sql)
        if case.kind == "database":
            statements.append(f"DROP DATABASE c{number}; " + re.sub(r"`c\d+`", f"c{number}", answer["sql"].rstrip(";")))
        else:
            statements.append(answer["sql"])
        case.by_hand = by_hand
    results = {id(case): result for (case, _), result in zip(made, at_server(TARGET, [case for case, _ in made], statements))}
    for case, answer in zip(cases, ported):
        text = wrong(case, answer, results.get(id(case)))
        if text:
            print(f"{case.entry}: {text}\n    {answer['sql']}\n    {answer['why']}")
            bad += 1
    print(f"{len(cases)} cases")
    return bad


def query(server, sql):
    rows, errors = client(server, [sql])
    if errors:
        sys.exit(f"{server}: {errors[1]}")
    return rows[1]


def catalog(server, what, column):
    return {row[0] for row in query(server, f"SELECT {column} FROM information_schema.{what}") if row[0] != "NULL"}


def collations_of(server):
    names = catalog(server, "COLLATIONS", "COLLATION_NAME")
    if catalog(server, "COLUMNS WHERE TABLE_SCHEMA = 'information_schema' AND COLUMN_NAME = 'FULL_COLLATION_NAME'", "COLUMN_NAME"):
        names |= catalog(server, "COLLATION_CHARACTER_SET_APPLICABILITY", "FULL_COLLATION_NAME")
    return {name for name in names if not name.startswith("uca1400")}


def program(*args, text):
    done = subprocess.run([PROGRAM, *args], input=text.encode(), capture_output=True, check=True, timeout=60)
    return done.stdout.decode().splitlines()


def look_at_charsets(source, targets):
    names = sorted(catalog(source, "CHARACTER_SETS", "CHARACTER_SET_NAME"))
    bad = 0
    for name, answer in zip(names, port([("create-table", f"CREATE TABLE `t` (`a` int) DEFAULT CHARSET={name}") for name in names])):
        became = re.search(r"CHARSET=(\w+)", answer["sql"])
        for target in targets:
            if not answer["refused"] and became[1] not in catalog(target, "CHARACTER_SETS", "CHARACTER_SET_NAME"):
                print(f"character set {name} of {source} becomes {became[1]}, which {target} does not have")
                bad += 1
    print(f"{len(names)} character sets of {source}")
    return bad


def look_at_collations(source, targets, used):
    names = sorted(collations_of(source))
    there = {target: collations_of(target) for target in targets}
    bad = 0
    for line in program("collations", FAMILY, text="\n".join(names) + "\n"):
        name, became, entry = line.split("\t")
        used.add(entry)
        for target in targets:
            if became != "refused" and became not in there[target]:
                print(f"collation {name} of {source} becomes {became}, which {target} does not have")
                bad += 1
    print(f"{len(names)} collations of {source}")
    return bad


def words_of(server):
    """What may be a type or a function: the server's keywords, its topics of help, its plugins."""
    words = {word.lower() for word in catalog(server, "KEYWORDS", "WORD") | catalog(server, "PLUGINS", "PLUGIN_NAME")}
    words |= {row[0].lower() for row in query(server, "SELECT REPLACE(name, '()', '') FROM mysql.help_topic")}
    if catalog(server, "TABLES WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'SQL_FUNCTIONS'", "TABLE_NAME"):
        words |= {word.lower() for word in catalog(server, "SQL_FUNCTIONS", "`FUNCTION`")}
    return sorted(word for word in words if re.fullmatch(r"[a-z][a-z0-9_]*", word))


def look_at_types(source, target):
    types = [form.format(word) for word in words_of(source) for form in ("{}", "{}(3)", "{}('x','y')")]
    made, _ = client(source, ["DROP DATABASE IF EXISTS types$$ CREATE DATABASE types$$ USE types"] +
                     [f"CREATE TABLE t (`a` {name})$$ SHOW CREATE TABLE t$$ DROP TABLE IF EXISTS t" for name in types])
    found = [(name, made[number][0][1]) for number, name in enumerate(types, 2) if made.get(number)]
    ported = port([("create-table", shown) for _, shown in found])
    taken = [(name, answer["sql"]) for (name, _), answer in zip(found, ported) if not answer["refused"]]
    _, errors = client(target, ["DROP DATABASE IF EXISTS types$$ CREATE DATABASE types$$ USE types"] +
                       [f"{sql}$$ DROP TABLE IF EXISTS t" for _, sql in taken])
    for number, (name, sql) in enumerate(taken, 2):
        if number in errors:
            print(f"type {name} of {source}: {target} says {errors[number]}: {sql}")
    print(f"{len(found)} types of {source}")
    return len(errors)


def functions_known(server, names):
    """Those that the server calls or has another error for than that there are none."""
    unknown = ("does not exist", "is not defined", "No database selected")
    _, errors = client(server, ["USE types"] + [f"SELECT {name}()" for name in names])
    syntax = {name for number, name in enumerate(names, 2) if "SQL syntax" in errors.get(number, "")}
    absent = {name for number, name in enumerate(names, 2) if any(text in errors.get(number, "") for text in unknown)}
    return set(names) - syntax - absent, absent


def look_at_functions(source, target):
    names = sorted(set(words_of(source)) | set(words_of(target)))
    known, _ = functions_known(source, names)
    there, absent = functions_known(target, names)
    bad = 0
    if len(known) < 200 or len(there) < 200:
        print(f"only {len(known)} functions of {source} and {len(there)} of {target}")
        bad += 1
    # MariaDB makes one of points alone, which it does not have without any
    missing = sorted((known & absent) - {"geometrycollection"})
    calls = [(name, args) for name in missing for args in ("1", "1,2", "1,2,3")]
    mapped = set()
    for (name, _), answer in zip(calls, port([("create-function", f"CREATE FUNCTION `f`() RETURNS int RETURN {name}({args})") for name, args in calls])):
        if any(" function " in entry for entry in answer["entries"]):
            mapped.add(name)
    for name in sorted(set(missing) - mapped):
        print(f"function {name}() of {source}: {target} does not have it, and the mapping does not say so")
        bad += 1
    for name, answer in zip(sorted(there), port([("create-function", f"CREATE FUNCTION `f`() RETURNS int RETURN {name}(1,2,3,4,5,6)") for name in sorted(there)])):
        whole = [entry for entry in answer["entries"] if " function " in entry and name in entry.split(" ")[2].split("|")]
        if answer["refused"] and whole and "regexp" not in name:
            print(f"function {name}() is refused, and {target} has it")
            bad += 1
    print(f"{len(known)} functions of {source}, {len(missing)} of which {target} does not have")
    return bad


def run_catalogs():
    """What is not as expected: how many."""
    sources, targets, used, bad = SOURCE.split(","), TARGET.split(","), set(), 0
    for source in sources:
        bad += look_at_charsets(source, targets)
        bad += look_at_collations(source, targets, used)
        bad += look_at_types(source, targets[0])
        bad += look_at_functions(source, targets[0])
    for line in program("list", text=""):
        entry = line.split("\t")[0]
        if entry.startswith(f"{FAMILY} collation ") and entry not in used and "collation uca1400_" not in entry:
            print(f"{entry}: no server has such a collation")
            bad += 1
    return bad


sys.exit(1 if (run_cases if MODE == "cases" else run_catalogs)() else 0)
