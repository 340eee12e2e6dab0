"""The columns of types.py: definitions, edge values, how to see their bytes."""

ALL = ("mariadb", "mariadb118", "mysql97")
MARIA = ("mariadb", "mariadb118")
MYSQL = ("mysql97",)
VECTORS = ("mariadb118", "mysql97")


class Column:
    """`ddl` and `values` may be dicts by kind of server; a kind without an entry takes that of 'else'.
    None as the definition: that server has no such type."""

    def __init__(self, name, ddl, vals, show="HEX(CAST({c} AS BINARY))", kinds=ALL, tail=" NULL", generated=False):
        self.name, self.ddl, self.vals, self.shown = name, ddl, vals, show
        self.kinds, self.tail, self.generated = kinds, tail, generated

    def at(self, kind):
        if isinstance(self.ddl, dict):
            return self.ddl.get(kind, self.ddl.get("else"))
        return self.ddl if kind in self.kinds else None

    def of(self, kind):
        vals = self.vals.get(kind, self.vals.get("else")) if isinstance(self.vals, dict) else self.vals
        return vals if self.generated or " NOT NULL" in self.tail else vals + ["NULL"]

    def show(self, kind, name=None):
        how = self.shown.get(kind, self.shown.get("else")) if isinstance(self.shown, dict) else self.shown
        return how.replace("{c}", f"`{name or self.name}`")


class Group:
    def __init__(self, name, columns, rows=0, keyless=True):
        self.name, self.columns, self.rows = name, columns, rows
        self.tables = (name, name + "_nokey") if keyless else (name,)


def quoted(*texts):
    return ["'" + t.replace("\\", "\\\\").replace("'", "''") + "'" for t in texts]


def hexed(*values):
    return ["x'" + v.hex() + "'" for v in values]


NUMBER = "CAST({c} AS CHAR)"  # of an exact number
REAL = "{c}+0e0"  # the double that it is, FLOAT too; servers write it in different ways, so diff reads it

# --- numbers


def integers():
    out = []
    for name, bits in (("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64)):
        half = 1 << (bits - 1)
        signed = [-half, half - 1, 0, -1, 1, -half + 1, half - 2]
        plain = [(1 << bits) - 1, 0, 1, half, half - 1]
        if bits == 64:
            edge = 1 << 53  # where JSON numbers end to be exact
            signed += [edge, -edge, edge - 1, 1 - edge, edge + 1, -edge - 1]
            plain += [edge, edge - 1, edge + 1, (1 << 64) - 2]
        out.append(Column(name, name, [str(v) for v in signed], NUMBER))
        out.append(Column("u" + name, name + " unsigned", [str(v) for v in plain], NUMBER))
    out += [
        Column("zero5", "int(5) zerofill", ["0", "1", "12345", "4294967295"], NUMBER),
        Column("zero20", "bigint(20) unsigned zerofill", ["0", "7", "18446744073709551615"], NUMBER),
        Column("bool", "bool", ["0", "1", "-128"], NUMBER),
        # YEAR takes a bit among the signs of the numbers, so one stands in their midst.
        Column("year", "year", ["0", "1901", "2155", "1999", "2000", "1970"], NUMBER),
        Column("after_year", "int", ["-1", "-2147483648", "2147483647"], NUMBER),
    ]
    bit = "CAST({c} AS UNSIGNED)"
    out += [
        Column("bit1", "bit", ["b'0'", "b'1'"], bit),
        Column("bit7", "bit(7)", ["b'0'", "b'1111111'", "b'1000000'", "65"], bit),
        Column("bit8", "bit(8)", ["0", "255", "34"], bit),
        Column("bit9", "bit(9)", ["0", "256", "511"], bit),
        Column("bit53", "bit(53)", ["0", "9007199254740991"], bit),
        Column("bit64", "bit(64)", ["0", "18446744073709551615", "9223372036854775808", "9007199254740992"], bit),
    ]
    return out


def decimals():
    def dec(name, digits, scale, more="", values=()):
        whole, part = "9" * (digits - scale) or "0", "9" * scale
        top = whole + ("." + part if scale else "")
        small = "0." + "0" * (scale - 1) + "1" if scale else "1"
        sign = [] if more else ["-" + top, "-" + small]
        return Column(name, f"decimal({digits},{scale}){more}", [top, small, "0"] + sign + list(values), NUMBER)

    return [
        dec("d65_30", 65, 30, values=["1.5", "-12345678901234567890123456789012345.123456789012345678901234567891"]),
        dec("d65_0", 65, 0), dec("d1_0", 1, 0), dec("d1_1", 1, 1), dec("d30_30", 30, 30), dec("d9_9", 9, 9),
        dec("d10_9", 10, 9), dec("d18_9", 18, 9), dec("d19_10", 19, 10), dec("d38_10", 38, 10, values=["100000000000.1"]),
        dec("d10_2u", 10, 2, " unsigned"), dec("d20_5z", 20, 5, " zerofill", ["1.5", "100000"]),
        dec("d2_1", 2, 1), dec("d28_0", 28, 0, values=["1000000000", "999999999", "1000000000000000000"]),
        Column("plain", "decimal", ["0", "9999999999", "-9999999999", "1"], NUMBER),
    ]


def reals():
    doubles = ["0e0", "-0e0", "1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308",
               "2.225073858507201e-308", "5e-324", "-5e-324", "0.1e0", "0.30000000000000004e0", "9007199254740993e0",
               "1e15", "1e16", "1e17", "1e22", "123456789.12345678e0", "-1e-7", "100e0", "1.5e300", "4.35e0", "3e0"]
    floats = ["0e0", "-0e0", "3.4028234663852886e38", "-3.4028234663852886e38", "1.1754943508222875e-38", "1e-45",
              "1.401298464324817e-45", "-1.401298464324817e-45", "1.1754942106924411e-38", "16777216e0", "16777215e0",
              "0.1e0", "0.3e0", "3.1415927e0", "1e10", "123456.79e0", "9.999999e9", "1e-10", "8388608.5e0", "2e0"]
    return [
        Column("double", "double", doubles, REAL), Column("float", "float", floats, REAL),
        Column("udouble", "double unsigned", [d for d in doubles if d[0] != "-"], REAL),
        Column("double10_2", "double(10,2)", ["0", "99999999.99", "-99999999.99", "0.01", "1.005"], REAL),
        Column("float7_3", "float(7,3)", ["0", "9999.999", "-9999.999", "0.001", "1.5"], REAL),
        Column("float53", "float(53)", doubles, REAL),
    ]


# --- dates and times


def temporals():
    dates = ["0000-00-00", "2024-00-00", "2024-00-10", "2024-02-00", "0001-01-01", "9999-12-31", "2024-02-29", "1000-01-01",
             "0000-01-01", "1970-01-01"]
    out = [Column("date", "date", quoted(*dates), "CAST({c} AS CHAR)")]
    for n in range(7):
        nines, half = ("." + "9" * n, "." + "5" + "0" * (n - 1)) if n else ("", "")
        one = "." + "0" * (n - 1) + "1" if n else ""
        times = [f"838:59:59{nines}" if n == 0 else "838:59:59", "-838:59:59", f"-00:00:00{half}", f"00:00:00{half}",
                 "00:00:00", f"-00:00:01{one}", f"-01:00:00{nines}", f"23:59:59{nines}", f"-838:59:58{nines}", f"-00:00:00{one}"]
        stamps = ["0000-00-00 00:00:00", f"1970-01-01 00:00:01{half}", f"2038-01-19 03:14:07{nines}", f"2024-03-31 02:30:00{one}",
                  f"2024-10-27 01:59:59{nines}", "2000-01-01 00:00:00"]
        datetimes = [f"{d} 00:00:00" for d in dates[:5]] + [f"9999-12-31 23:59:59{nines}", f"0001-01-01 00:00:00{one}",
                                                           f"2024-00-10 12:34:56{half}", f"0000-00-00 00:00:00{one}"]
        at = f"({n})" if n else ""
        out += [
            Column(f"time{n}", "time" + at, quoted(*times), "CAST({c} AS CHAR)"),
            Column(f"stamp{n}", "timestamp" + at, quoted(*stamps), "CONCAT({c},' ',UNIX_TIMESTAMP({c}))"),
            Column(f"datetime{n}", "datetime" + at, quoted(*datetimes), "CAST({c} AS CHAR)"),
        ]
    return out


# --- text and bytes

SAMPLES = {  # what stands in each set, as Python's codec writes it
    "latin1": ("cp1252", "aä€ÿ"), "gbk": ("gbk", "你好乗"), "gb2312": ("gb2312", "你好"), "big5": ("big5", "你好功"),
    "sjis": ("shift_jis", "日本ｱ表ソ"), "cp932": ("cp932", "日本ｱ①表ソ"), "ujis": ("euc_jp", "日本ｱ丂"), "eucjpms": ("euc_jp", "日本ｱ"),
    "euckr": ("euc_kr", "한국"), "cp1251": ("cp1251", "Привет"), "cp1250": ("cp1250", "łódź"), "cp1256": ("cp1256", "سلام"),
    "cp1257": ("cp1257", "ąčę"), "koi8r": ("koi8_r", "Привет"), "koi8u": ("koi8_u", "Їжак"), "latin2": ("iso8859_2", "łódź"),
    "latin5": ("iso8859_9", "ğışİ"), "latin7": ("iso8859_13", "ąčę"), "greek": ("iso8859_7", "Ελ"), "hebrew": ("iso8859_8", "שלום"),
    "tis620": ("iso8859_11", "ไทย"), "cp850": ("cp850", "é╬"), "cp852": ("cp852", "łź"), "cp866": ("cp866", "Привет"),
    "macroman": ("mac_roman", "é≠"), "macce": ("mac_latin2", "łź"), "hp8": ("hp_roman8", "éß"), "utf8mb4": ("utf-8", "aä€😀\u2028"),
    "utf8mb3": ("utf-8", "aä€"), "utf16": ("utf-16-be", "a😀\ufeff"), "utf16le": ("utf-16-le", "a😀"), "utf32": ("utf-32-be", "a😀"),
    "ucs2": ("utf-16-be", "aä€"), "gb18030": ("gb18030", "你😀ä"), "ascii": ("ascii", "a~"), "dec8": ("latin-1", "é"),
    "swe7": ("ascii", "a[\\]{|}~"), "armscii8": ("latin-1", "²³ÿ"), "geostd8": ("latin-1", "ÀÁå"), "keybcs2": ("latin-1", "\x80\x81é"),
}
WIDE = ("ucs2", "utf16", "utf16le", "utf32")
# Bytes in each set that are no text, or not the text that comes back (0x5C in sjis).
ODD = {
    "sjis": [b"\x5c", b"a\x5cb", b"\x81\x5f", b"\x7e", b"\x81\x60"], "cp932": [b"\x5c", b"\x87\x90", b"\xed\x40", b"\xfa\x54"],
    "euckr": [b"\xc9\xfe", b"\xfe\xa1", b"\x81\x41"], "gbk": [b"\xa2\xa1\x81\x40", b"\xa1\xa4", b"\x81\x5c"],
    "big5": [b"\xa1\xc3", b"\xa2\xce", b"\xf9\xfe", b"\xa4\x5c"], "ujis": [b"\x8f\xa2\xb7", b"\xa1\xc0", b"\x8e\xdf"],
    "eucjpms": [b"\xa1\xc0", b"\x8f\xf3\xf3", b"\xad\xa1"], "gb2312": [b"\xa1\xa4", b"\xf7\xfe"],
    "gb18030": [b"\x81\x35\xf4\x37", b"\xa8\xbc", b"\xfe\x59", b"\xa6\xd9", b"\x84\x31\xa4\x37", b"\xe3\x32\x9a\x35", b"\x81\x5c"],
    "utf16": [b"\xff\xff", b"\x00\x00"], "utf16le": [b"\xff\xfe"], "utf32": [b"\0\0\0\0", b"\0\x10\xff\xff"],
    "ucs2": [b"\xd8\x00", b"\xdf\xff\x00a", b"\xff\xff"], "utf8mb4": [b"\xf4\x8f\xbf\xbf", b"\xef\xbf\xbf"],
    "utf8mb3": [b"\xef\xbf\xbd"],
}
SINGLE = ("latin1 cp1250 cp1251 cp1256 cp1257 koi8r koi8u latin2 latin5 latin7 greek hebrew tis620 cp850 cp852 cp866 macroman macce "
          "hp8 dec8 swe7 armscii8 geostd8 keybcs2").split()


def charset_values(cs):
    codec, text = SAMPLES[cs]
    values = [text.encode(codec), b""]
    for c in "'\"\\\t\n,a ":
        values.append(c.encode(codec) if cs in WIDE else c.encode())
    if cs in SINGLE:
        values += [bytes(range(0x80, 0xC0)), bytes(range(0xC0, 0x100)), bytes(range(0x20, 0x60)), bytes(range(0, 0x20))]
    values += ODD.get(cs, [])
    return [f"_{cs} x'{v.hex()}'" for v in values]


def charset_columns(names):
    """CHAR strips its trailing spaces, but the binary ones; a _bin collation so that nothing is equal that is not."""
    out = []
    for cs in names:
        at = {k: None if cs == "gb18030" and k in MARIA else f"varchar(80) character set {cs} collate {cs}_bin" for k in ALL}
        kinds = MYSQL if cs == "gb18030" else ALL
        vals = charset_values(cs)
        out.append(Column(f"v_{cs}", at, vals, kinds=kinds))
        out.append(Column(f"c_{cs}", {k: d and d.replace("varchar", "char") for k, d in at.items()}, vals, kinds=kinds))
        out.append(Column(f"t_{cs}", {k: d and d.replace("varchar(80)", "text") for k, d in at.items()}, vals, kinds=kinds))
    return out


def strings():
    a = quoted("a", "", " ", "a  ", "'\"\\`\n\t\r\b", "ü", "NULL", "\\N", "a\x7fb\x1ac")
    u8 = " character set utf8mb4 collate utf8mb4_bin"
    l1 = " character set latin1 collate latin1_bin"
    return [
        Column("char1", "char" + l1, ["'a'", "''", "' '", "'ä'"]), Column("char0", "char(0)" + l1, ["''"]),
        Column("char255", "char(255)" + u8, ["REPEAT('€',255)", "REPEAT('😀',255)", "'a  '", "''"]),
        Column("char64", "char(64)" + u8, ["REPEAT('é',64)", "REPEAT('😀',64)", "'x'"]),
        Column("varchar1", "varchar(1)" + u8, ["'😀'", "''", "' '"]),
        Column("varchar63", "varchar(63)" + u8, ["REPEAT('😀',63)", "'a  '"] + a),
        Column("varchar64", "varchar(64)" + u8, ["REPEAT('😀',64)", "'a  '"] + a),
        Column("varchar255", "varchar(255)" + l1, ["REPEAT('ä',255)", "'a'"]),
        Column("varchar256", "varchar(256)" + l1, ["REPEAT('ä',256)", "'a'"]),
        Column("varchar3000", "varchar(3000)" + u8, ["REPEAT('😀',3000)", "REPEAT(' ',300)"] + a),
        Column("tinytext", "tinytext" + u8, ["REPEAT('a',255)"] + a), Column("text", "text" + u8, ["REPEAT('ab',32767)"] + a),
        Column("mediumtext", "mediumtext" + u8, ["REPEAT('€',70000)"] + a), Column("longtext", "longtext" + u8, ["REPEAT('€',100000)"] + a),
        Column("control", "varchar(300) character set ascii collate ascii_bin", ["x'" + bytes(range(128)).hex() + "'"]),
    ]


def binaries():
    every = bytes(range(256))
    vals = hexed(every, b"", b"\0", b"\0\0a\0\0", b"a  ", b"\xff\xfe")
    short = hexed(b"", b"\0", b"a\0", b"\0\0\0\0\0\0\0\0", b"12345678", b"a  ", b"\xff" * 8)
    return [
        Column("binary8", "binary(8)", short), Column("binary1", "binary", hexed(b"", b"\0", b" ", b"\xff")),
        Column("binary16", "binary(16)", hexed(b"", b"\1" + b"\0" * 15, bytes(range(16)))),
        Column("binary255", "binary(255)", hexed(b"a", b"\0" * 255, every[1:])),
        Column("varbinary8", "varbinary(8)", short), Column("varbinary255", "varbinary(255)", hexed(every[1:], b"a\0")),
        Column("varbinary256", "varbinary(256)", vals), Column("varbinary3000", "varbinary(3000)", vals + ["REPEAT(x'00',3000)"]),
        Column("tinyblob", "tinyblob", hexed(every[1:]) + vals[1:]), Column("blob", "blob", vals + ["REPEAT(x'ff',65535)"]),
        Column("mediumblob", "mediumblob", vals + ["REPEAT(x'00ff',40000)"]), Column("longblob", "longblob", vals + ["REPEAT(x'0a',70000)"]),
    ]


def big():
    how = "CONCAT(LENGTH({c}),' ',SHA2({c},256))"
    return [
        Column("blob16m", "longblob", ["REPEAT(x'00ff2722',4194304)", "x'00'"], how),
        Column("text2m", "longtext character set latin1", ["REPEAT('ä\\n',1048576)", "''"], how),
        Column("side", "int", ["1", "2", "3"], NUMBER),
    ]


# --- labels


def labels():
    shown = "CONCAT({c}+0,' ',HEX(CAST({c} AS BINARY)))"
    set_shown = "HEX(CAST({c} AS BINARY))"
    u8 = " character set utf8mb4 collate utf8mb4_bin"
    odd = ["a''b", "c,d", "ä", "😀", "", "e\\\\f", 'g"h', "i?j", "€", "tab\\tx", "new\\nline", "(", ")", "NULL", "0", "1"]
    odd_enum = "enum(" + ",".join(f"'{m}'" for m in odd) + ")" + u8
    odd_set = "set(" + ",".join(f"'{m}'" for m in odd if "," not in m and m) + ")" + u8
    many = "set(" + ",".join(f"'m{i}'" for i in range(64)) + ")" + u8
    wide = "enum(" + ",".join(f"'e{i}'" for i in range(300)) + ")" + u8
    return [
        Column("enum", odd_enum, [str(i) for i in range(1, len(odd) + 1)] + ["'no such member'"], shown),
        Column("enum_latin1", "enum('ä','ö','b') character set latin1 collate latin1_german1_ci", ["'ä'", "'ö'", "'b'", "'zzz'"], shown),
        Column("enum_sjis", "enum('日本','ｱ') character set sjis", ["1", "2"], shown),
        Column("enum_utf16", "enum('ä','b','😀') character set utf16", ["1", "2", "3"], shown),
        Column("enum300", wide, ["1", "255", "256", "300", "'no'"], shown),
        Column("set", odd_set, ["0", "1", "3", "5", "128", "256", "16383", "8"], set_shown),
        Column("set64", many, ["0", "18446744073709551615", "9223372036854775808", "1", "9223372036854775809"], set_shown),
        Column("set_latin1", "set('ä','ö','b') character set latin1", ["0", "1", "7", "5"], set_shown),
        Column("set9", "set('a','b','c','d','e','f','g','h','i')" + u8, ["0", "511", "256"], set_shown),
    ]


# --- geometry, JSON and the types of one family

SHAPES = ("POINT(1 2)", "POINT(-180 -90)", "LINESTRING(0 0,1 1,2 3)", "POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 2))",
          "MULTIPOINT(1 1,2 2)", "MULTILINESTRING((0 0,1 1),(2 2,3 3))", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))",
          "GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))", "POINT(0.1 -1e-300)")


def geometries():
    def shape(kind, text, srid):
        more = ", 'axis-order=long-lat'" if kind == "mysql97" and srid == 4326 else ""
        return f"ST_GeomFromText('{text}',{srid}{more})"

    def values(*texts):
        return {k: [shape(k, t, srid) for t in texts for srid in (0, 4326)] for k in ALL}

    how = "CONCAT(ST_SRID({c}),' ',HEX({c}))"
    out = [Column("geometry", "geometry", values(*SHAPES), how)]
    for name, i in (("point", 0), ("linestring", 2), ("polygon", 3), ("multipoint", 4), ("multilinestring", 5),
                    ("multipolygon", 6), ("geometrycollection", 7)):
        out.append(Column(name, name, values(SHAPES[i]), how))
    out.append(Column("point4326", {"mysql97": "point srid 4326", "else": "point"}, {k: [shape(k, "POINT(3 4)", 4326)] for k in ALL}, how, MYSQL))
    return out


MARIA_JSON = ("1.10", '{"a": 1.10,  "b":[ ]}', '{"a":1,"a":2}', "null", "true", '"x"', "[]", "{}", '{"":0}', '"\\u00e4😀"', "1e400", '{"z":1,"a":2}',
              "18446744073709551615", "123456789012345678901234567890", '"a\\\\b\\"c"')
MYSQL_JSON = ("null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1.5", "-0.0",
              "1e308", "5e-324", "0.1", "1e20", '""', '"x"', '"\\u00e4😀\\u0000\\u001f"', "[]", "{}", '{"":{"":[]}}', "[1,[2,[3,[4,{}]]]]",
              '{"z":1,"a":2,"aa":3}', "[32767,32768,-32768,-32769,65535,65536,2147483647,2147483648,-2147483649,4294967296]", '[1.0,2.50,3e0]')


def mysql_json():
    opaque = ["JSON_ARRAY(CAST('2024-01-31' AS DATE))", "JSON_ARRAY(CAST('-01:02:03.5' AS TIME(6)))", "JSON_ARRAY(CAST('2024-01-31 12:00:00.25' AS DATETIME(6)))",
              "CAST(CAST('2024-01-31' AS DATE) AS JSON)"]
    # Numbers that only a DECIMAL is written as, and scalars that arrive as their text.
    opaque += ["CAST(1.50 AS JSON)", "JSON_ARRAY(0.00,-0.10,1.0e0,-0.0e0,12345678901234567890.1234567890,18446744073709551616,-9223372036854775809)",
               "JSON_OBJECT('p',CAST(1.5 AS DECIMAL(10,2)),'',JSON_ARRAY(JSON_OBJECT('q',3.10),'1.50',TRUE,NULL,CAST('[1.5,{}]' AS JSON)))",
               "JSON_ARRAY(-99999999999999999999999999999999999.999999999999999999999999999999,0.000000000000000000000000000001,1e-30)",
               "JSON_OBJECT('it\\'s \\\\ \\0 😀',CAST(2 AS DECIMAL(3,1)),'b',CAST(x'00ff27' AS JSON),'t',CAST('12:30:00' AS TIME))",
               "CAST(CAST('-01:02:03.5' AS TIME(6)) AS JSON)", "CAST(CAST('2024-01-31 12:00:00' AS DATETIME) AS JSON)", "CAST(x'000102ff' AS JSON)",
               "JSON_ARRAY(" * 25 + "1.10" + ")" * 25]  # MariaDB takes 32
    large = ["CONCAT('[\"',REPEAT('x',70000),'\"]')", "CONCAT('[',REPEAT('123,',30000),'0]')", "CONCAT('{\"k\":\"',REPEAT('é',40000),'\"}')",
             "JSON_OBJECT(REPEAT('k',65000),1,'b',REPEAT('v',200))"]
    vals = quoted(*MYSQL_JSON) + opaque + large
    how = {"mysql97": "HEX(CAST({c} AS CHAR CHARACTER SET utf8mb4))", "else": "HEX({c})"}
    return [
        Column("json", {"else": "json"}, vals, how, MYSQL),
        Column("json_object", {"else": "json"}, ["JSON_OBJECT('a',1,'b','x')", "'{}'", "JSON_OBJECT('n',NULL)"], how, MYSQL),
    ]


UUIDS = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "3d8f5cb2-77d1-11ee-b962-0242ac120002",
         "000003e8-2363-21ef-8c00-325096b39f47", "6fa459ea-ee8a-3ca4-894e-db77e160355e", "16fd2706-8baf-433b-82eb-8c7fada847da",
         "886313e1-3b8a-5372-9b90-0c9aee199e5d", "1ec9414c-232a-6b00-b3c8-9f6bdeced846", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
         "00112233-4455-6677-8899-aabbccddeeff", "320c3d4d-cc00-875b-8ec9-32d5f69181c0", "00000000-0000-1000-0000-000000000000",
         "ffffffff-ffff-1fff-7fff-ffffffffffff", "01234567-89ab-0def-8000-000000000001", "01020304-0506-9708-c9a0-000000000000",
         "01020304-0506-4708-c9a0-010203040506", "01020304-0506-4708-e9a0-010203040506", "01020304-0506-1708-0000-010203040500")


def maria_only():
    """What MySQL lacks goes there as the text that it is, and JSON as what MariaDB's JSON is."""
    def as_text(ddl, text):
        return {"mysql97": text + " character set ascii", "else": ddl}

    u8 = " character set utf8mb4 collate utf8mb4_bin"
    # No two are equal to MySQL, as 1.5 and 1.50 are: its UPDATE keeps the old one then (man dts-apply).
    plain = quoted('{"a": 1, "bb": [1, 2.5, null, true, "x"]}', "null", '"x"', "[]", "{}", "1.5", '"ä😀"', "2.50", '{"p": [1.10, -0.5], "q": 123456789012345678901}')
    return [
        Column("uuid", as_text("uuid", "char(36)"), quoted(*UUIDS), "CAST({c} AS CHAR)", MARIA),
        Column("inet6", as_text("inet6", "varchar(45)"),
               quoted("::", "::1", "::ffff:1.2.3.4", "::1.2.3.4", "2001:db8::ff00:42:8329", "1::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                      "1:0:0:2::3", "::ffff:0:0", "fe80::", "::2:0:0:0:0", "::1:2", "::ffff:ffff"), "CAST({c} AS CHAR)", MARIA),
        Column("inet4", as_text("inet4", "varchar(15)"), quoted("0.0.0.0", "255.255.255.255", "1.2.3.4", "10.0.0.0", "0.0.0.1"), "CAST({c} AS CHAR)", MARIA),
        Column("json", {"mysql97": "longtext" + u8, "else": "json"}, quoted(*MARIA_JSON), kinds=MARIA),
        # MySQL writes documents in a form of its own; these are in it.
        Column("document", {"else": "json"}, plain, {"mysql97": "HEX(CAST({c} AS CHAR CHARACTER SET utf8mb4))", "else": "HEX({c})"}, MARIA),
        # A surrogate, which MariaDB takes for a character.
        Column("odd_utf8", {"mysql97": None, "else": "varchar(9)" + u8}, ["_utf8mb4 x'61eda080'"], kinds=MARIA),
    ]


def mysql_only():
    u8 = " character set utf8mb4 collate utf8mb4_bin"
    gb = charset_values("gb18030")
    return [
        Column("gb18030", {"mysql97": "varchar(80) character set gb18030", "else": "varchar(80)" + u8}, gb,
               {"mysql97": "HEX(CONVERT({c} USING utf8mb4))", "else": "HEX({c})"}, MYSQL),
    ]


def vectors():
    return [
        Column("vector3", "vector(3)", hexed(b"\0" * 12, b"\x00\x00\x80\x3f" * 3, b"\x00\x00\x80\x5e" * 3, b"\x01\0\0\0\0\0\0\x80\0\0\0\0"), "HEX({c})", VECTORS),
        Column("vector300", "vector(300)", ["REPEAT(x'0000c03f',300)", "REPEAT(x'00000000',300)"], "HEX({c})", VECTORS),
        Column("vector1", {"mysql97": "vector(1)", "else": None}, hexed(b"\xff\xff\x7f\x7f", b"\xff\xff\x7f\xff"), "HEX({c})", MYSQL),
    ]


def generated():
    return [
        Column("a", "int", ["1", "-5", "1000"], NUMBER),
        Column("v", "int GENERATED ALWAYS AS (a+1) VIRTUAL", [], NUMBER, tail="", generated=True),
        Column("b", "varchar(20) character set latin1", quoted("x", "ä", "")),
        Column("s", "varchar(60) character set utf8mb4 GENERATED ALWAYS AS (CONCAT(b,'-',a)) STORED", [], tail="", generated=True),
        Column("unseen", "int", ["1", "2"], NUMBER, tail=" DEFAULT 7 INVISIBLE"),
        Column("made", "timestamp", quoted("2001-02-03 04:05:06", "2002-02-03 04:05:06"), "CAST({c} AS CHAR)",
               tail=" NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
        Column("last", "tinyint unsigned", ["255", "0"], NUMBER, tail=" NOT NULL DEFAULT 3"),
    ]


CHARSETS = list(SAMPLES)
GROUPS = [
    Group("integers", integers()), Group("decimals", decimals()), Group("reals", reals()), Group("temporals", temporals()),
    Group("strings", strings()), Group("binaries", binaries()), Group("labels", labels()),
    Group("single1", charset_columns(SINGLE[:12])), Group("single2", charset_columns(SINGLE[12:])),
    Group("multi", charset_columns([c for c in CHARSETS if c not in SINGLE])),
    Group("geometries", geometries()), Group("generated", generated()), Group("big", big(), rows=2, keyless=False),
    Group("maria", maria_only()), Group("mysql", mysql_json() + mysql_only()), Group("vectors", vectors()),
    Group("late", [
        Column("stamp", "timestamp", quoted("2038-01-19 03:14:08", "2106-02-07 06:28:15"), "CONCAT({c},' ',UNIX_TIMESTAMP({c}))", ("mariadb118",)),
        Column("stamp6", "timestamp(6)", quoted("2106-02-07 06:28:15.999999", "2050-01-01 00:00:00.5"), "CONCAT({c},' ',UNIX_TIMESTAMP({c}))", ("mariadb118",)),
    ]),
]


def keys():
    """As primary keys: what finds a row, and what bounds a chunk."""
    u8 = " character set utf8mb4"

    def key(name, ddl, vals, show="HEX(CAST({c} AS BINARY))", kinds=ALL):
        return Column(name, ddl, vals, show, kinds, " NOT NULL")

    out = []
    for k in (
        ("bigint", "bigint", ["-9223372036854775808", "9223372036854775807", "0"], NUMBER),
        ("ubigint", "bigint unsigned", ["18446744073709551615", "9223372036854775808", "0"], NUMBER),
        ("decimal", "decimal(65,30)", ["1.5", "-99999999999999999999999999999999999.999999999999999999999999999999", "0"], NUMBER),
        ("double", "double", ["0.1", "-1.7976931348623157e308", "5e-324", "3"], REAL),
        ("float", "float", ["0.1", "16777216", "1e-45"], REAL),
        ("date", "date", quoted("0000-00-00", "2024-00-10", "9999-12-31"), "CAST({c} AS CHAR)"),
        ("datetime6", "datetime(6)", quoted("0000-00-00", "2024-01-01 00:00:00.000001", "9999-12-31 23:59:59.999999"), "CAST({c} AS CHAR)"),
        ("time3", "time(3)", quoted("-00:00:00.5", "-838:59:59", "838:59:59", "00:00:00.001"), "CAST({c} AS CHAR)"),
        ("timestamp", "timestamp(3)", quoted("1970-01-01 00:00:01.5", "2038-01-19 03:14:07"), "CAST({c} AS CHAR)"),
        ("year", "year", ["0", "1901", "2155"], NUMBER),
        ("bit64", "bit(64)", ["0", "18446744073709551615", "5"], "CAST({c} AS UNSIGNED)"),
        ("enum", "enum('','a','ä')" + u8 + " collate utf8mb4_bin", ["1", "2", "3", "'zzz'"], "{c}+0"),
        ("set", "set('a','b','ä')" + u8 + " collate utf8mb4_bin", ["0", "1", "7", "4"], "{c}+0"),
        ("binary4", "binary(4)", hexed(b"\1", b"\0\0\0\0", b"abcd", b"a   "), ),
        ("varbinary", "varbinary(50)", hexed(b"", b"\0", b"\0\0", b"a", b"a ", b"\xff")),
        ("latin1", "varchar(50) character set latin1", quoted("ä", "b", "'", "x\\")),
        ("utf8mb4", "varchar(50) character set utf8mb4 collate utf8mb4_bin", quoted("😀", "b", "B", "'\"\\", "")),
        ("general", "char(50) character set utf8mb4 collate utf8mb4_general_ci", quoted("Straße", "b", "ß", "")),
        ("utf16", "varchar(50) character set utf16", quoted("😀", "b", "")),
        ("sjis", "varchar(50) character set sjis collate sjis_bin", ["_sjis x'5c'", "_sjis x'815f'", "_sjis x'93fa967b'"]),
    ):
        out.append(key(*k))
    out.append(key("uuid", "uuid", quoted(*UUIDS), "CAST({c} AS CHAR)", MARIA))
    out.append(key("inet6", "inet6", quoted("::", "::1", "2001:db8::"), "CAST({c} AS CHAR)", MARIA))
    out.append(key("gb18030", "varchar(50) character set gb18030 collate gb18030_bin", ["_gb18030 x'8135f437'", "'你'"], kinds=MYSQL))
    return out


KEYS = keys()


class Refused:
    def __init__(self, name, source, target, value, *pairs):
        self.name, self.source, self.target, self.value, self.pairs = name, source, target, value, pairs


# What must be refused before a row moves, or by the server that is given it: never taken as something else.
TO_MYSQL = [(m, "mysql97") for m in MARIA]
TO_MARIA = [("mysql97", m) for m in MARIA]
REFUSED = [
    Refused("vector_blob", "vector(2)", "varbinary(100)", "x'0000803f00000040'", ("mariadb118", "mariadb"), ("mysql97", "mariadb")),
    Refused("vector_other", "vector(2)", "vector(3)", "x'0000803f00000040'", ("mariadb118", "mysql97"), ("mysql97", "mariadb118")),
    # MariaDB takes no vector whose length is no FLOAT.
    Refused("vector_long", "vector(1)", "vector(1)", "x'ffff7f7f'", ("mysql97", "mariadb118")),
    Refused("uuid_binary", "uuid", "binary(16)", f"'{UUIDS[2]}'", *TO_MYSQL),
    Refused("uuid_short", "uuid", "char(35) character set ascii", f"'{UUIDS[2]}'", *TO_MYSQL),
    Refused("inet6_binary", "inet6", "varbinary(16)", "'::1'", *TO_MYSQL),
    Refused("inet6_short", "inet6", "varchar(20)", "'::1'", *TO_MYSQL),
    Refused("inet4_int", "inet4", "int unsigned", "'1.2.3.4'", *TO_MYSQL),
    Refused("json_varchar", "json", "varchar(100)", "'[1]'", *TO_MARIA),
    Refused("json_blob", "json", "longblob", "'[1]'", *TO_MARIA),
    Refused("gb18030_latin1", "varchar(10) character set gb18030", "varchar(10) character set latin1", "_utf8mb4'你'", *TO_MARIA),
    Refused("late_stamp", "timestamp", "timestamp", "'2106-02-07 06:28:15'", ("mariadb118", "mariadb"), ("mariadb118", "mysql97")),
    Refused("surrogate", "varchar(10) character set utf8mb4", "varchar(10) character set utf8mb4", "_utf8mb4 x'61eda080'", *TO_MYSQL),
    # Digits that no number of a MySQL document has, and what MySQL would not read.
    Refused("long_json", "json", "json", "'{\"a\":[1.50,0.1234567890123456789012345678901]}'", *TO_MYSQL),
    Refused("nul_json", "longtext character set utf8mb4", "json", "'[1]\\0[2]'", *TO_MYSQL),
    Refused("bad_json", "json", "json", "'{\"a\":1e400}'", *TO_MYSQL),
]
