#!/usr/bin/env python3
"""Tables with keys of every shape and random rows, to be cut into ranges.

  keyshapes.py KIND SEED ROWS

prints SQL for a server of that kind (mariadb, mariadb118, mysql97) that makes database `ranges`,
a table a shape with up to ROWS rows: the key's columns and `v`, a running number.
"""
import random
import sys

kind, seed, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
mysql = kind == "mysql97"
rnd = random.Random(f"{seed} {kind}")

LATIN = "abcABCzZ\u00e4\u00c4\u00e9\u00df\u00e6oO0 _-\t~"
WIDE = LATIN + "\u0142\u010d\u0436\u4e00\u6587\u1e9e\u0131\u30ab\ud55c"
ALL = WIDE + "\U0001f600\U0001f601\u0301"


def number(low, high):
    edges = [low, low + 1, high, high - 1, 0 if low <= 0 else low]
    return lambda: str(rnd.choice(edges) if rnd.random() < 0.2 else rnd.randint(low, high))


def decimal(digits, scale):
    def one():
        text = "".join(rnd.choice("0123456789") for _ in range(rnd.choice([scale + 1, digits])))
        text = text.rjust(scale + 1, "0")
        point = len(text) - scale
        return rnd.choice(["", "-"]) + text[:point] + ("." + text[point:] if scale else "")
    return one


def date():
    if rnd.random() < 0.1:
        return rnd.choice(["0000-00-00", "9999-12-31", "2024-00-10", "2024-02-00", "2024-02-31"])
    return f"{rnd.randint(0, 9999):04}-{rnd.randint(1, 12):02}-{rnd.randint(1, 31):02}"


def clock(digits):
    text = f"{rnd.randint(0, 23):02}:{rnd.randint(0, 59):02}:{rnd.randint(0, 59):02}"
    return text + (f".{rnd.randrange(10 ** digits):0{digits}}" if digits else "")


def quoted(f):
    return lambda: f"'{f()}'"


def moment():
    return f"'{date()} {clock(6)}'"


def stamp():
    return f"'{rnd.randint(1971, 2037)}-{rnd.randint(1, 12):02}-{rnd.randint(1, 28):02} {clock(3)}'"


def duration():
    hours = rnd.choice([rnd.randint(0, 9), rnd.randint(0, 837)])
    return f"'{rnd.choice(['', '-'])}{hours:02}:{rnd.randint(0, 59):02}:{rnd.randint(0, 59):02}.{rnd.randrange(10 ** 6):06}'"


def hexed(data):
    return "X'" + data.hex() + "'"


def text(alphabet, longest, prefix=""):
    def one():
        s = prefix + "".join(rnd.choice(alphabet) for _ in range(rnd.randint(0, longest)))
        s += rnd.choice(["", "", " ", "\t"])
        return "CONVERT(_utf8mb4 " + hexed(s.encode()) + " USING CHARSET)"
    return one


def raw(low, high):
    return lambda: hexed(bytes(rnd.choice(b"\0\1 a'\\\xff") for _ in range(rnd.randint(low, high))))


def uuid():
    digits = "".join(rnd.choice("0123456789abcdef") for _ in range(32))
    if rnd.random() < 0.5:  # of the versions that are kept in another order of bytes
        digits = digits[:12] + rnd.choice("1234567") + digits[13:16] + rnd.choice("89ab") + digits[17:]
    return f"'{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}'"


def inet4():
    return "'" + ".".join(str(rnd.randint(0, 255)) for _ in range(4)) + "'"


def inet6():
    return "'" + rnd.choice(["::", "fe80::", "1:2:3:4:5:6:", "::ffff:10.0."]) + "'"


def inet6_whole():
    return "'" + ":".join(f"{rnd.choice([0, 1, rnd.randrange(65536)]):x}" for _ in range(8)) + "'"


# name -> ([(type, values)], key), the type of text with %s for nothing
shapes = {
    "k_int": [("int", number(-2**31, 2**31 - 1))],
    "k_tiny": [("tinyint", number(-128, 127))],
    "k_max": [("bigint unsigned", number(0, 2**64 - 1))],
    "k_min": [("bigint", number(-2**63, 2**63 - 1))],
    "k_zerofill": [("int(8) unsigned zerofill", number(0, 99999))],
    "k_decimal": [("decimal(20,5)", decimal(20, 5))],
    "k_decimal65": [("decimal(65,0)", decimal(65, 0))],
    "k_decimal30": [("decimal(65,30)", decimal(65, 30))],
    "k_date": [("date", quoted(date))],
    "k_datetime": [("datetime(6)", moment)],
    "k_timestamp": [("timestamp(3)", stamp)],
    "k_time": [("time(6)", duration)],
    "k_year": [("year", lambda: str(rnd.choice([0, 1901, 2155, rnd.randint(1901, 2155)])))],
    "k_bit": [("bit(64)", number(0, 2**64 - 1))],
    "k_enum": [("enum('z','a','M','','\u00e4')", number(1, 5))],
    "k_set": [("set(" + ",".join(f"'m{i}'" for i in range(53)) + ")", number(0, 2**53 - 1))],
    "k_binary": [("binary(5)", raw(5, 5))],
    "k_varbinary": [("varbinary(20)", raw(0, 6))],
    "k_composite": [("int", number(0, 3)), ("varchar(20)", text(LATIN, 3)), ("tinyint unsigned", number(0, 3))],
    "k_composite_text": [("varchar(20)", text("aAbB ", 2)), ("time(6)", lambda: rnd.choice(["'-01:00:00'", "'00:00:00'", "'100:00:00'"])),
                         ("binary(2)", raw(2, 2))],
    "k_composite_members": [("enum('z','a')", number(1, 2)), ("set('y','b','x')", number(0, 7)), ("bigint", number(-3, 3))],
}
collations = {
    "utf8mb4_general_ci": ALL, "utf8mb4_unicode_ci": ALL, "utf8mb4_bin": ALL, "utf8mb4_swedish_ci": ALL,
    "latin1_swedish_ci": LATIN, "latin1_german2_ci": LATIN, "latin1_bin": LATIN,
    "latin2_czech_cs": "abcABC\u010d\u010chHcC ", "cp1250_czech_cs": "abcABC\u010d\u010chHcC ",
    "gbk_chinese_ci": "abAB \u4e00\u6587\u0436", "sjis_japanese_ci": "abAB \u30ab\u6587", "cp932_bin": "abAB \u30ab\u6587",
    "euckr_korean_ci": "abAB \ud55c", "big5_chinese_ci": "abAB \u4e00\u6587", "ucs2_general_ci": WIDE,
    "utf16_unicode_ci": ALL, "utf32_general_ci": ALL, "ascii_general_ci": "abAB _\t~", "ascii_bin": "abAB _\t~",
}
if mysql:
    collations.update({"utf8mb4_0900_ai_ci": ALL, "utf8mb4_0900_as_cs": ALL, "utf8mb4_0900_bin": ALL, "utf8mb4_ja_0900_as_cs_ks": ALL,
                       "gb18030_chinese_ci": "abAB \u4e00\u6587\u0436"})
else:
    collations.update({"utf8mb4_nopad_bin": ALL, "utf8mb4_general_nopad_ci": ALL, "utf8mb4_unicode_520_nopad_ci": ALL,
                       "latin1_nopad_bin": LATIN})
    shapes.update({"k_uuid": [("uuid", uuid)], "k_inet6": [("inet6", inet6_whole)], "k_inet4": [("inet4", inet4)],
                   "k_composite_uuid": [("uuid", lambda: rnd.choice(["'00112233-4455-1677-8899-aabbccddeeff'", uuid()])),
                                        ("date", quoted(date))]})
if kind == "mariadb118":
    collations.update({"utf8mb4_uca1400_ai_ci": ALL, "utf8mb4_uca1400_nopad_as_cs": ALL})
for name, alphabet in collations.items():
    shapes["t_" + name] = [(f"varchar(30) COLLATE {name}", text(alphabet, 5))]
    shapes["c_" + name] = [(f"char(30) COLLATE {name}", text(alphabet, 5))]
# Keys that differ behind the first kilobyte only.
shapes["t_long"] = [("varchar(700) COLLATE utf8mb4_unicode_ci", text(ALL, 20, "\u00e4" * 600))]


def charset(type_text):
    at = type_text.find("COLLATE ")
    return "latin1" if at < 0 else type_text[at + 8:].split("_")[0]


print("SET NAMES utf8mb4, sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00';")
print("DROP DATABASE IF EXISTS ranges; CREATE DATABASE ranges CHARACTER SET latin1; USE ranges;")
for name, columns in shapes.items():
    names = [chr(ord("a") + i) for i in range(len(columns))]
    body = [f"{n} {t} NOT NULL" for n, (t, _) in zip(names, columns)]
    key = names[:]
    if name == "k_composite" and kind != "mariadb":
        key[1] += " DESC"
    print(f"CREATE TABLE {name} ({', '.join(body)}, v int, PRIMARY KEY ({', '.join(key)}));")
    print(f"INSERT IGNORE INTO {name} VALUES ", end="")
    lines = []
    for i in range(rows):
        values = [f().replace("CHARSET", charset(t)) for t, f in columns]
        lines.append(f"({', '.join(values)}, {i})")
    print(",\n".join(lines) + ";")
