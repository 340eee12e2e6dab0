#!/usr/bin/env python3
"""json-updates.py SEED COUNT: SQL that makes a table of documents, then COUNT updates of parts of them,
by JSON_SET, JSON_REPLACE and JSON_REMOVE, with keys and values of every kind; reads nothing."""
import json
import random
import sys

KEYS = ["a", "b", "cc", "é", "key with space", "quo\"te", "back\\slash", "dot.ted", "$", "[0]", "", "\u20ac", "\U0001d11e", "new\nline", "long" * 20]


def text(value):
    """As SQL, without backslashes in literals."""
    return "CONVERT(x'%s' USING utf8mb4)" % value.encode().hex() if value else "''"


def document(r, depth):
    kind = r.random()
    if depth > 0 and kind < 0.4:
        return {r.choice(KEYS): document(r, depth - 1) for _ in range(r.randrange(6))}
    if depth > 0 and kind < 0.7:
        return [document(r, depth - 1) for _ in range(r.randrange(5))]
    return r.choice([None, True, False, 0, -1, 65535, 1 << 40, -(1 << 62), (1 << 64) - 1, 1.5, -1e-300, 1e300, "", "text", "q\"uote\\",
                     "\u00fcber \U0001d11e", "x" * r.choice([1, 127, 128, 20000]), "\u0001\u001f\b\f\n\r\t"])


def value(r):
    """An SQL expression that is a document or a scalar of some type of the server's."""
    kind = r.randrange(10)
    if kind == 0:
        return r.choice(["1.50", "DATE '2024-02-29'", "TIME '-12:34:56.5'", "TIMESTAMP '2024-02-29 01:02:03.000004'", "x'00ff'", "NULL",
                         "CAST(1e0 AS FLOAT)", "12345678901234567890.123456789"])
    if kind < 5:
        return "CAST(%s AS JSON)" % text(json.dumps(document(r, 2)))
    return r.choice([str(r.randrange(-1000, 1000)), text(r.choice(KEYS)), "true", text("y" * r.randrange(300))])


def path(r):
    legs = "$"
    for _ in range(r.choice([1, 1, 2, 2, 3])):
        if r.random() < 0.6:
            legs += "." + json.dumps(r.choice(KEYS))
        else:
            legs += r.choice(["[0]", "[1]", "[3]", "[9]", "[last]", "[last-1]"])
    return text(legs)


def main():
    r = random.Random(int(sys.argv[1]))
    rows = 40
    print("CREATE TABLE j (id INT PRIMARY KEY, n INT, one JSON, g JSON AS (JSON_EXTRACT(one, '$.a')) STORED, t TEXT, two JSON, three JSON NOT NULL);")
    for i in range(rows):
        docs = [text(json.dumps(document(r, 3))) for _ in range(3)]
        if r.random() < 0.1:
            docs[1] = "NULL"
        print("INSERT INTO j (id, n, one, t, two, three) VALUES (%d, 0, %s, '', %s, %s);" % ((i,) + tuple(docs)))
    for i in range(int(sys.argv[2])):
        changes = []
        for column in ("one", "two", "three"):
            if r.random() < 0.4:
                continue
            expression = column
            for _ in range(r.choice([1, 1, 2, 4])):
                function = r.choice(["JSON_SET", "JSON_SET", "JSON_REPLACE", "JSON_REMOVE"])
                if function == "JSON_REMOVE":
                    expression = "JSON_REMOVE(%s, %s)" % (expression, path(r))
                else:
                    expression = "%s(%s, %s, %s)" % (function, expression, path(r), value(r))
            changes.append("%s = %s" % (column, expression))
        if r.random() < 0.3 or not changes:
            changes.append("n = n + 1, t = REPEAT('t', %d)" % r.randrange(100))
        where = "id = %d" % r.randrange(rows) if r.random() < 0.8 else "id %% 7 = %d" % r.randrange(7)
        print("UPDATE IGNORE j SET %s WHERE %s;" % (", ".join(changes), where))


main()
