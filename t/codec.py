"""The record codec beside Python's json module, which knows nothing of it.

    codec.py stream SEED COUNT         a random right stream, canonical form
    codec.py restyle SEED              stdin's records, keys shuffled, other spacing and escapes
    codec.py same FILE FILE            exit 1 unless both hold equal records in order
    codec.py lines SEED COUNT          random lines, most of them broken somehow
    codec.py judge FILE FILTER         FILTER takes exactly those lines that json takes
"""
import json
import random
import subprocess
import sys


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


CHARACTERS = ["a", "b", "\"", "\\", "/", "\n", "\t", "\b", "\0", "\x1f", "\x7f", "é", "ß", "߿", "ࠀ",
              "퟿", "￿", "\u2028", "日", "😀", "\U0010ffff", " ", "{", "}", "[", ",", ":"]


def text(limit=40):
    if random.random() < .3:
        return "".join(random.choices("abcdefgh 123", k=random.randint(0, 80)))
    return "".join(random.choices(CHARACTERS, k=random.randint(0, limit)))


def value(depth=0):
    dice = random.randint(0, 11 if depth < 6 else 7)
    if dice == 0:
        return None
    if dice == 1:
        return random.random() < .5
    if dice == 2:
        return random.randint(-10, 10)
    if dice == 3:
        return random.randint(-2**53 + 1, 2**53 - 1)
    if dice == 4:
        return random.choice([0.1, -1.5e300, 2.5e-308, 1e22, random.random(), 3.0])
    if dice <= 8:
        return text()
    if dice <= 10:
        return {text(8): value(depth + 1) for _ in range(random.randint(0, 4))}
    return [value(depth + 1) for _ in range(random.randint(0, 4))]


def image():
    return {text(8): value(3) for _ in range(random.randint(0, 8))}


def position(gtid=False):
    pos = {"file": "bin.%06d" % random.randint(1, 999999), "offset": random.randint(4, 2**40)}
    return dict(pos, gtid="0-1-6") if gtid else pos


def change(tx, n):
    record = {"op": random.choice(["insert", "update", "delete"]), "db": text(5), "table": text(5), "tx": tx, "n": n}
    if random.random() < .1:
        record["flags"] = ["no-foreign-key-checks"]
    if record["op"] != "insert":
        record["before"] = image()
    if record["op"] != "delete":
        record["after"] = image()
    return record


def transaction(src, number):
    tx, n = "0-1-%d" % number, 0
    origin = {"origin": text()} if random.random() < .2 else {}
    yield {"op": "begin", "src": src, "tx": tx, "time": "2026-01-31T10:31:00.123456Z", **origin, "pos": position()}
    for _ in range(random.choice([0, 1, 2, 5, 20])):
        if n and random.random() < .1:
            n = random.randint(0, n)
            yield {"op": "rollback", "src": src, "tx": tx, "to": n}
        n += 1
        if random.random() < .1:
            yield {"op": "ddl", "kind": "alter-table", "db": "", "tx": tx, "n": n, "sql": text(), "objects": [],
                   "context": image()}
        else:
            yield change(tx, n)
    end = {"src": src, "tx": tx}
    if random.random() < .1:
        yield {"op": "rollback", **end}
    elif random.random() < .1:
        yield {"op": "prepare", **end, "xid": text(), "n": n, "pos": position()}
    else:
        yield {"op": "commit", **end, "n": n, "pos": position()}


def stream(count):
    number, records, src = 0, 0, text(6)
    print(compact({"op": "stream", "v": 1, "kind": "changes", "src": src, "source": image(), "pos": position(True)}))
    while records < count:
        number += 1
        group = list(transaction(src, number))
        if random.random() < .1:
            group.append({"op": "heartbeat", "src": src, "pos": position(True), "later": value()})
        for record in group:
            print(compact(record))
        records += len(group)
    print(compact({"op": "end", "src": src, "reason": "done", "records": records, "pos": position(True)}))


def escape(string):
    def one(c):
        if c in "\"\\" or c < " " or random.random() < .2:
            units = c.encode("utf-16-be")
            return "".join("\\u" + random.choice(["%04x", "%04X"]) % int.from_bytes(units[i:i + 2], "big")
                           for i in range(0, len(units), 2))
        return "\\/" if c == "/" else c
    return '"' + "".join(map(one, string)) + '"'


def restyled(v):
    def space():
        return random.choice(["", "", " ", "\t", "\r ", "  "])
    if isinstance(v, str):
        return escape(v)
    if isinstance(v, dict):
        items = list(v.items())
        random.shuffle(items)
        return "{" + space() + ",".join(space() + escape(k) + space() + ":" + space() + restyled(x) + space()
                                        for k, x in items) + "}"
    if isinstance(v, list):
        return "[" + ",".join(space() + restyled(x) + space() for x in v) + space() + "]"
    return json.dumps(v)


def strict(line):
    """json.loads as RFC 8259 has it: no NaN, no halves of surrogate pairs."""
    def refuse(name):
        raise ValueError(name)
    loaded = json.loads(line.decode("utf-8"), parse_constant=refuse)
    json.dumps(loaded, ensure_ascii=False).encode("utf-8")
    return loaded


def broken(line):
    line = bytearray(line)
    for _ in range(random.randint(1, 2)):
        at = random.randint(0, len(line) - 1)
        dice = random.randint(0, 4)
        if dice == 0:
            del line[at]
        elif dice == 1:
            line.insert(at, random.choice(b"\"\\{}[],:0123456789.-+eEunltrfa \t\0\x1f\x80\xbf\xc3\xe2\xed\xa0\xf0\xff"))
        elif dice == 2:
            line[at] = random.randint(0, 255)
        elif dice == 3:
            del line[at:]
        else:
            end = min(len(line), at + random.randint(1, 12))
            line[at:at] = line[at:end]
        if not line:
            break
    return bytes(line).replace(b"\n", b"\r")


def lines(count):
    out = sys.stdout.buffer
    for _ in range(count):
        record = {"op": "ack", "src": text(6), "pos": {}, "x": value()}
        line = (restyled(record) if random.random() < .5 else compact(record)).encode()
        out.write((broken(line) if random.random() < .8 else line) + b"\n")


def takes_as_ack(record):
    return isinstance(record, dict) and record.get("op") == "ack" and isinstance(record.get("src"), str) \
        and isinstance(record.get("pos"), dict)


KNOWN = ("op v kind src id db table tx xid n rows to time flags sql objects context columns primary unique foreign "
         "source before after upto reason records pos").split()


def judge(path, program):
    """Each line alone, so that one does not hide the next. Many at once where
    both agree that they are fine: then the filter must pass them as they are."""
    good, wrong = [], 0
    for line in open(path, "rb").read().split(b"\n")[:-1]:
        pairs = []
        try:
            strict(line)
            loaded = json.loads(line.decode("utf-8"), object_pairs_hook=lambda p: (pairs.append(p), dict(p))[1])
        except (ValueError, RecursionError):
            loaded = None
        # The last pairs are the record's own; of the known keys none may be there twice.
        own = [k for k, _ in pairs[-1] if k in KNOWN] if pairs else []
        if takes_as_ack(loaded) and own == ["op", "src", "pos"] or takes_as_ack(loaded) and sorted(own) == ["op", "pos", "src"]:
            good.append(line)
            continue
        done = subprocess.run([program], input=line + b"\n", capture_output=True)
        # Valid JSON, but with a field that happens to be known: the record reader's own business.
        if done.returncode != 3 and not (loaded is not None and done.returncode == 0 and takes_as_ack(loaded)):
            print("status %d for %r" % (done.returncode, line))
            wrong += 1
        elif done.returncode == 3 and not done.stderr.startswith(b"dts-filter: standard input:1: "):
            print("no place in %r" % done.stderr)
            wrong += 1
    text = b"".join(line + b"\n" for line in good)
    done = subprocess.run([program], input=text, capture_output=True)
    if done.returncode or done.stdout != text:
        print("not passed as they are: %r" % done.stderr)
        wrong += 1
    print("# %d lines taken" % len(good))
    return wrong


def main():
    what = sys.argv[1]
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    if what in ("stream", "restyle", "lines"):
        random.seed(int(sys.argv[2]))
    if what == "stream":
        stream(int(sys.argv[3]))
    elif what == "restyle":
        for line in sys.stdin:
            print(restyled(json.loads(line)))
    elif what == "lines":
        lines(int(sys.argv[3]))
    elif what == "judge":
        sys.exit(judge(sys.argv[2], sys.argv[3]) > 0)
    elif what == "same":
        one, two = (open(path, encoding="utf-8", newline="\n").read().split("\n") for path in sys.argv[2:4])
        same = len(one) == len(two) and all(a == b or json.loads(a) == json.loads(b) for a, b in zip(one, two))
        sys.exit(not same)


main()
