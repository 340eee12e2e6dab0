"""Statements that others wrote: those of the servers' documentation, and files of t."""
import re

# What would end the test, or change what it stands on.
NOT_OURS = re.compile(r"(?i)\b(root|current_user|user\(\)|component|soname|plugin|read lock|for export|logs?|binary|master|slave|replica|relay|host|hosts|persist|instance|"
                      r"global|mysql\.|mysql50|undo_|disk|tablespace|federated|password\b.*[^']$)|^set\s+password(?!\s+for)|^alter\s+user\s+user")
WANTED = re.compile(r"(?i)(create|alter|drop|rename|truncate|analyze|optimize|repair|grant|revoke|flush|set\s+password)\b")
PROMPT = re.compile(r"(?m)^\s*(mysql|MariaDB(?: \[\S*\])?)>\s?|^\s*->\s?|^\s*'>\s?")


def split(text):
    """At semicolons and delimiters; what is quoted or a comment stays whole."""
    token = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|/\*.*?\*/|--[ \t].*?(?:\n|$)|.", re.S)
    delimiter, statement = ";", ""
    for line in re.split(r"(?im)^[ \t]*(delimiter[ \t]+\S+)[ \t]*$", text):
        change = re.fullmatch(r"(?i)delimiter[ \t]+(\S+)", line)
        if change:
            delimiter = change[1]
            continue
        at = 0
        while at < len(line):
            if line.startswith(delimiter, at):
                yield statement
                statement, at = "", at + len(delimiter)
                continue
            m = token.match(line, at)
            statement, at = statement + m[0], m.end()
        yield statement
        statement = ""


def examples(connection):
    found = []
    for description, example in connection.query("SELECT description, example FROM mysql.help_topic ORDER BY help_topic_id"):
        for text in (example, description):
            for block in re.split(r"\n[ \t]*\n", text or ""):
                for statement in split(PROMPT.sub("", block)):
                    statement = re.sub(r"\A(\s|#.*\n|--\s.*\n)*", "", statement).rstrip()
                    if WANTED.match(statement) and not NOT_OURS.search(statement) and statement not in found:
                        found.append(statement)
    return found


def lines(name):
    with open(name, encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n").lstrip("?-") if line[:2] != "--" else ""
            if line and line[0] != "#" and not re.match(r"(?i)(insert|select|set (?!password)|update|delete)\b", line):
                yield line
