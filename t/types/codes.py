#!/usr/bin/env python3
"""Every code of every character set, for t/types.bats.

  codes.py create EVERY OF SETS...   tables of codes; of those that are many the ones with place % OF == EVERY
  codes.py show SETS...              what the server makes of them
  codes.py check SHOWN DUMP          whether the records say the same

A text in a record is exactly what the server converts it to, and one that does
not survive the server's conversion and back stands there as bytes.
"""
import base64
import json
import sys

WHOLE = ("utf8mb4", "utf8mb3", "utf16", "utf16le", "utf32", "ucs2")
MULTI = ("big5", "gbk", "gb2312", "sjis", "cp932", "euckr", "ujis", "eucjpms", "gb18030")


def insert(cs, expression, where):
    print(f"INSERT INTO `{cs}` (c) SELECT CONVERT({expression} USING {cs}) FROM n WHERE {where};")


def create(sets, every, of):
    print("SET sql_mode=''; CREATE TABLE d (i INT PRIMARY KEY); CREATE TABLE n (i INT PRIMARY KEY);")
    print("INSERT INTO d VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),(13),(14),(15);")
    print("INSERT INTO n SELECT a.i+b.i*16+c.i*256+e.i*4096 FROM d a, d b, d c, d e;")
    for cs in sets:
        print(f"CREATE TABLE `{cs}` (i INT AUTO_INCREMENT PRIMARY KEY, c VARCHAR(8) CHARACTER SET {cs} COLLATE {cs}_bin);")
        print("BEGIN;")
        some = f"i%{of}={every}"
        if cs in ("utf16", "utf16le", "ucs2"):
            insert(cs, "UNHEX(LPAD(HEX(i),4,'0'))", some)
        elif cs == "utf32":
            insert(cs, "UNHEX(LPAD(HEX(i),8,'0'))", some)
            insert(cs, "UNHEX(LPAD(HEX(i*17),8,'0'))", some)
        else:
            insert(cs, "UNHEX(LPAD(HEX(i),2,'0'))", "i<256")
        if cs in WHOLE:
            insert(cs, "CONVERT(UNHEX(LPAD(HEX(i*17),8,'0')) USING utf32)", some)
        if cs in MULTI:
            insert(cs, "UNHEX(HEX(i))", f"i>=32768 AND {some}")
        if cs in ("ujis", "eucjpms"):
            insert(cs, "UNHEX(CONCAT('8F',HEX(i)))", f"i>=41377 AND {some}")
        if cs == "gb18030":
            for part in range(0, 1587600, 65536):
                p = f"(i+{part})"
                insert(cs, f"UNHEX(CONCAT(HEX(129+{p} DIV 12600),HEX(48+{p} DIV 1260 % 10),HEX(129+{p} DIV 10 % 126),HEX(48+{p}%10)))",
                       f"i+{part}<1587600 AND {some}")
        print("COMMIT;")
    print("DROP TABLE d, n;")


def show(sets):
    for cs in sets:
        print(f"SELECT '{cs}',i,HEX(c),HEX(CONVERT(c USING utf8mb4)),HEX(CONVERT(CONVERT(c USING utf8mb4) USING {cs})) FROM `{cs}`;")


def refused(cs, utf8):
    """What the servers take for text and the records do not: surrogates, and a code that is U+FFFD in big5."""
    return "\\xed\\xa" in repr(utf8) or "\\xed\\xb" in repr(utf8) or (cs == "big5" and utf8 == b"\xef\xbf\xbd")


def check(shown, dump):
    rows = {}
    with open(dump, encoding="utf-8") as f:
        for line in f:
            r = json.loads(line)
            if r["op"] == "row":
                rows[(r["table"], str(r["after"]["i"]))] = r["after"]["c"]
    wrong = count = texts = 0
    with open(shown, encoding="ascii") as f:
        for line in f:
            cs, i, raw, utf8, back = line.rstrip("\n").split("\t")
            value = rows.pop((cs, i))
            count += 1
            if raw == "NULL":
                right = value is None
            elif isinstance(value, str):
                texts += 1
                right = value.encode("utf-8").hex().upper() == utf8 and raw == back
            else:
                right = base64.b64decode(value["base64"]).hex().upper() == raw and (
                    raw != back or refused(cs, bytes.fromhex(utf8)))
            if not right:
                wrong += 1
                if wrong <= 20:
                    print(f"{cs}: {raw} is {utf8} to the server, back {back}; the record has {value}")
    print(f"# {count} codes, {texts} as text, {wrong} wrong, {len(rows)} too many")
    sys.exit(wrong > 0 or len(rows) > 0 or texts == 0)


def main():
    verb, *rest = sys.argv[1:]
    if verb == "create":
        create(rest[2:], int(rest[0]), int(rest[1]))
    elif verb == "show":
        show(rest)
    else:
        check(*rest)


if __name__ == "__main__":
    main()
