#!/usr/bin/env python3
"""A stream of changes as a source would tell it, the same for the same numbers.

Transaction i (from 1 on) begins at bin.NNNNNN:4+1000*((i-1)%1000), a thousand of them a file, and has GTID 0-1-i
(--mysql: UUID:i); --xa commits have 1-1-i (OTHER:i). It inserts --rows rows into one of --tables tables, then may update, delete and roll back
to a savepoint. --from FILE:OFFSET, or empty for the beginning, goes on there, as a reader that resumes does.
Each --ddl-th transaction adds a column, each --big-th has --big-rows rows. --pause waits so many seconds between two
transactions; --no-end leaves the end out, --torn ends in the middle of the last transaction.
"""
import argparse
import json
import signal
import sys
import time

signal.signal(signal.SIGPIPE, signal.SIG_DFL)

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
OTHER = "1e11fa47-71ca-11e1-9e33-c80aa9429562"  # of what decides prepared ones
p = argparse.ArgumentParser()
p.add_argument("--transactions", type=int, default=10)
p.add_argument("--rows", type=int, default=2)
p.add_argument("--tables", type=int, default=2)
p.add_argument("--width", type=int, default=20)
p.add_argument("--ddl", type=int, default=0)
p.add_argument("--big", type=int, default=0)
p.add_argument("--big-rows", type=int, default=20000)
p.add_argument("--heartbeat", type=int, default=0)
p.add_argument("--void", type=int, default=0, help="each such transaction comes half, is rolled back and comes again")
p.add_argument("--xa", type=int, default=0, help="each such transaction is prepared, then committed")
p.add_argument("--mysql", action="store_true")
p.add_argument("--from", dest="start", default="")
p.add_argument("--id", default="7c9e6679-7425")
p.add_argument("--src", default="db1")
p.add_argument("--pause", type=float, default=0)
p.add_argument("--no-end", action="store_true")
p.add_argument("--torn", action="store_true")
a = p.parse_args()
PER_FILE, STEP, EPOCH = 1000, 1000, 1767225600  # 2026-01-01T00:00:00Z; a second between two transactions
out = sys.stdout
records = 0


def put(r):
    global records
    records += r["op"] not in ("stream", "end")
    out.write(json.dumps(r, separators=(",", ":"), ensure_ascii=False) + "\n")


def file_of(i):
    return "bin.%06d" % ((i - 1) // PER_FILE + 1)


def begin_of(i):
    return {"file": file_of(i), "offset": 4 + STEP * ((i - 1) % PER_FILE), "created": EPOCH + (i - 1) // PER_FILE}


def end_of(i):
    p = begin_of(i)
    p["offset"] += STEP - 100
    return p


def gtids(i, undecided=False):
    """Behind transaction i; undecided: it is prepared, and that is all."""
    last = (i - undecided) // a.xa if a.xa else 0
    if a.mysql:
        sets = [OTHER + "".join(":%d" % (n * a.xa) for n in range(1, last + 1))] if last else []
        return ",".join(sets + ["%s:1-%d" % (UUID, i) if i > 1 else UUID + ":1"] if i else [])
    return ",".join((["0-1-%d" % i] if i else []) + (["1-1-%d" % (last * a.xa)] if last else []))


def tx_of(i):
    return "%s:%d" % (UUID, i) if a.mysql else "0-1-%d" % i


def stamp(i):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(EPOCH + i)) + ".%06dZ" % (i % 1000000)


def first():
    """The transaction that comes next at --from, which is its begin or the end of the one before."""
    if not a.start:
        return 1
    name, offset = a.start.rsplit(":", 1)
    return (int(name[4:]) - 1) * PER_FILE + -(-(int(offset) - 4) // STEP) + 1


def columns(t):
    extra = [{"name": "c%d" % k, "type": "int(11)", "null": True} for k in range(added.get(t, 0))]
    return [{"name": "id", "type": "bigint(20)"}, {"name": "note", "type": "varchar(200)", "null": True, "charset": "utf8mb4"}] + extra


def schema(t):
    put({"op": "schema", "db": "shop", "table": t, "columns": columns(t), "primary": ["id"], "source": {"db": "shop", "table": t}})
    told.add(t)


def change(i, n, op, t, before=None, after=None):
    r = {"op": op, "db": "shop", "table": t, "tx": tx_of(i), "n": n}
    if before:
        r["before"] = before
    if after:
        r["after"] = after
    put(r)


def row(t, i, k, word):
    r = {"id": i * 100000 + k, "note": (word + " %d é\"\\" % (i * 7919 + k)).ljust(a.width, "x")}
    for c in range(added.get(t, 0)):
        r["c%d" % c] = None
    return r


def body(i, half=False):
    t = "t%d" % (i % a.tables)
    rows = a.big_rows if a.big and i % a.big == 0 else a.rows
    put({"op": "begin", "src": a.src, "tx": tx_of(i), "time": stamp(i), "pos": begin_of(i)})
    if a.ddl and i % a.ddl == 0:
        put({"op": "ddl", "kind": "alter-table", "db": "shop", "tx": tx_of(i), "n": 1,
             "sql": "ALTER TABLE %s ADD c%d int" % (t, added.get(t, 0)),
             "objects": [{"type": "table", "db": "shop", "table": t, "role": "target"}]})
        added[t] = added.get(t, 0) + 1
        schema(t)
        return 1
    if t not in told:
        schema(t)
    for k in range(rows):
        change(i, k + 1, "insert", t, after=row(t, i, k, "new"))
        if half and k >= rows // 2:
            return k + 1
    n = rows
    if i % 3 == 0:
        n += 1
        change(i, n, "update", t, row(t, i, 0, "new"), row(t, i, 0, "changed"))
    if i % 5 == 0:
        n += 1
        change(i, n, "delete", t, before=row(t, i, rows - 1, "new"))
        put({"op": "rollback", "src": a.src, "tx": tx_of(i), "to": n - 1})
        n -= 1
    return n


def xid_of(i):
    return "X'%02x',X'',1" % (i % 256)


def decide(i):
    """The commit of a transaction that was prepared; where that ends."""
    pos = end_of(i)
    pos["offset"] += 50
    put({"op": "commit", "src": a.src, "tx": "%s:%d" % (OTHER, i) if a.mysql else "1-1-%d" % i, "xid": xid_of(i), "n": 0, "pos": pos})
    return pos


added, told = {}, set()
start = first()
for i in range(1, start):  # what the tables look like there
    if a.ddl and i % a.ddl == 0:
        added["t%d" % (i % a.tables)] = added.get("t%d" % (i % a.tables), 0) + 1
at = begin_of(1) if not a.start else {**end_of(start - 1)} if start > 1 else begin_of(1)
if a.start:
    at["file"], at["offset"] = a.start.rsplit(":", 1)
undecided = a.xa and start > 1 and (start - 1) % a.xa == 0 and at["offset"] == str(end_of(start - 1)["offset"])
at["offset"] = int(at["offset"])
at["gtid"] = gtids(start - 1, bool(undecided))
pos = at
put({"op": "stream", "v": 1, "kind": "changes", "src": a.src,
     "source": {"server": "mysql" if a.mysql else "mariadb", "version": "1", "id": a.id}, "pos": at})
if undecided:
    pos = decide(start - 1)
for i in range(start, a.transactions + 1):
    if a.void and i % a.void == 0 and not (a.ddl and i % a.ddl == 0):
        body(i, half=True)
        put({"op": "rollback", "src": a.src, "tx": tx_of(i)})
    n = body(i, half=a.torn and i == a.transactions)
    if a.torn and i == a.transactions:
        out.flush()
        sys.exit(0)
    pos = end_of(i)
    if a.xa and i % a.xa == 0:
        put({"op": "prepare", "src": a.src, "tx": tx_of(i), "xid": xid_of(i), "n": n, "pos": pos})
        pos = decide(i)
    else:
        put({"op": "commit", "src": a.src, "tx": tx_of(i), "n": n, "pos": pos})
    if a.heartbeat and i % a.heartbeat == 0:
        put({"op": "heartbeat", "src": a.src, "time": stamp(i), "pos": {**pos, "gtid": gtids(i)}})
    if a.pause:
        out.flush()
        time.sleep(a.pause)
if not a.no_end:
    last = max(a.transactions, start - 1)
    put({"op": "end", "src": a.src, "reason": "done", "records": records,
         "pos": {**pos, "gtid": gtids(last)}})
