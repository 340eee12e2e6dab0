"""Runs the cases of a family in schema-mapping.cases: makes each object at the server SOURCE,
puts what that shows of it into the other family's words, makes it at TARGET, and compares.

    schema-mapping.py UNIT-PROGRAM CASES DEFAULTS-FILE FAMILY SOURCE TARGET

Prints what is not as expected, and "N cases"; status 1 if anything is not."""
import json
import re
import subprocess
import sys

PROGRAM, CASES, DEFAULTS, FAMILY, SOURCE, TARGET = sys.argv[1:]
SHOWN = {"table": (1, "create-table"), "view": (1, "create-view"), "procedure": (2, "create-procedure"),
         "function": (2, "create-function"), "event": (3, "create-event"), "sequence": (1, "create-sequence"),
         "database": (1, "create-database")}


class Case:
    def __init__(self, fields):
        self.entry, self.kind, self.expect = fields[:3]
        self.sql = fields[-1]
        self.text_kind = fields[3] if self.kind == "text" else None
        self.error = self.shown = self.value = self.target_shown = self.target_value = None

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
    """Runs a statement of each case in a database of its own, with what SHOW CREATE and the expressions then give."""
    lines = ["SET sql_mode='STRICT_ALL_TABLES', foreign_key_checks=0"]
    for number in range(len(cases)):
        kind, name = cases[number].object()
        db = f"c{number}"
        line = f"DROP DATABASE IF EXISTS {db}$$ CREATE DATABASE {db}$$ USE {db}$$ CREATE TABLE t (a INT PRIMARY KEY)$$ {statements[number]}$$"
        line = line.replace("; ", "$$ ") if kind == "database" else line
        line += f"SHOW CREATE {kind} {db if kind == 'database' else name}$$"
        if cases[number].kind == "expression":
            line += "SELECT o()$$"
        lines.append(line + "USE information_schema")
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
    if case.entry not in ported["entries"]:
        return f"the entry was not applied, but {ported['entries']}"
    if (case.expect == "!") != ported["refused"]:
        return "refused" if ported["refused"] else "not refused"
    if case.expect == "!":
        return None if ported["why"] else "refused without a word"
    if case.kind == "text":
        shown = ported["sql"]
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


def main():
    with open(CASES, encoding="utf-8") as lines:
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
        if case.kind == "database":
            statements.append(f"DROP DATABASE c{number}; " + re.sub(r"`c\d+`", f"c{number}", answer["sql"].rstrip(";")))
        else:
            statements.append(answer["sql"].rstrip(";"))
    results = {id(case): result for (case, _), result in zip(made, at_server(TARGET, [case for case, _ in made], statements))}
    for case, answer in zip(cases, ported):
        text = wrong(case, answer, results.get(id(case)))
        if text:
            print(f"{case.entry}: {text}\n    {answer['sql']}\n    {answer['why']}")
            bad += 1
    print(f"{len(cases)} cases")
    return 1 if bad else 0


sys.exit(main())
