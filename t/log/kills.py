#!/usr/bin/env python3
"""Kills who appends to a log, again and again under load, and looks at what is in it.

kills.py DIR KILLS [SEED]: each time stream.py tells the source's log from where dts-log position says, dts-log append
takes it, and is killed (SIGKILL) after some of its acks, or before the first. Now and then the machine loses its power,
too: what was written behind the last ack is cut off somewhere, or zeros from there on. What was acknowledged must be there the
next time. In the end the rest is taken, and the log must hold each transaction of the source once, whole and in order.
The source is a MariaDB, or with an even seed MySQL.
"""
import json
import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIX = ["--rows", "3", "--tables", "5", "--ddl", "97", "--void", "31", "--xa", "13", "--heartbeat", "7", "--big", "211", "--big-rows", "3000"]


def stream(start, count):
    return [sys.executable, os.path.join(HERE, "stream.py"), "--transactions", str(count), "--from", start] + MIX


def place(text):
    """FILE:OFFSET as something to compare; nothing is before all."""
    if not text:
        return (0, 0)
    name, offset = text.rsplit(":", 1)
    return (int(name.rsplit(".", 1)[1]), int(offset))


def position(log):
    p = subprocess.run(["dts-log", "position", log], capture_output=True, text=True)
    if p.returncode == 4:  # nothing there yet
        return ""
    if p.returncode != 0:
        sys.exit("dts-log position: status %d: %s" % (p.returncode, p.stderr))
    return p.stdout.strip()


def lose_power(log, acked):
    """Of the segment that is written the disk has what was acknowledged, and something of what came behind."""
    names = [name for name in os.listdir(log) if name.endswith(".part")] if os.path.isdir(log) else []
    if not names:
        return
    with open(os.path.join(log, names[0]), "r+b") as f:
        data = f.read()
        at = durable = 0
        while at + 12 <= len(data):  # heads, see lib/log/frame.h
            size = int.from_bytes(data[at + 4:at + 8], "little") + 8
            if at + size > len(data):
                break
            head = json.loads(data[at + 12:at + size])
            at += size + head["packed"]
            if place("%s:%d" % (head["to"]["file"], head["to"]["offset"])) <= place(acked) and not head.get("inside"):
                durable = at
        if durable >= len(data):
            return
        f.truncate(random.randint(durable, len(data)))
        if random.random() < 0.5:
            f.truncate(len(data))  # zeros


def append(log, start, count, options, acks):
    """Kills it after so many acks; acks None: not at all. The last ack's position."""
    source = subprocess.Popen(stream(start, count), stdout=subprocess.PIPE)
    tool = subprocess.Popen(["dts-log", "append", "--ack"] + options + [log], stdin=source.stdout, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    source.stdout.close()
    acked = ""
    seen = 0
    while acks is None or seen < acks:
        line = tool.stdout.readline()
        if not line:
            break
        pos = json.loads(line)["pos"]
        acked = "%s:%d" % (pos["file"], pos["offset"])
        seen += 1
    if acks is not None:
        if acks == 0 or random.random() < 0.5:
            time.sleep(random.random() * 0.06)  # any moment, not one that acks know
        if tool.poll() is not None:
            sys.exit("it had ended before it was killed: status %d: %s" % (tool.returncode, tool.stderr.read().decode()))
        tool.kill()
        rest = [line for line in tool.stdout.read().splitlines() if line.endswith(b"}}")]
        tool.wait()
        if rest:
            pos = json.loads(rest[-1])["pos"]
            acked = "%s:%d" % (pos["file"], pos["offset"])
        if random.random() < 0.5:
            lose_power(log, acked or start)
    said = tool.stderr.read().decode()
    status = tool.wait()
    source.wait()
    for line in said.splitlines():
        if "were cut off" not in line and "was removed" not in line:
            sys.exit("it said: " + line)
    if acks is None and status != 0:
        sys.exit("status %d: %s" % (status, said))
    return acked, "cut off" in said or "was removed" in said


def transactions(lines):
    """The records of transactions that count, as they stand."""
    held = None
    for line in lines:
        op = line[7:line.index(b'"', 7)]
        if op in (b"stream", b"schema", b"heartbeat", b"end"):
            continue
        if op == b"begin":
            held = []
        if held is None:
            yield line
            continue
        held.append(line)
        if op in (b"commit", b"prepare"):
            yield from held
            held = None
        elif op == b"rollback" and b'"to":' not in line:
            held = None


def main():
    log, kills = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    random.seed(seed)
    if seed % 2 == 0:
        MIX.append("--mysql")
    start, cut = "", 0
    for round in range(kills):
        options = [random.choice(["--sync=commit", "--sync=interval", "--sync=commit"]), "--sync-interval=0.01",
                   "--segment-size=" + random.choice(["20K", "200K", "2M"])]
        acked, was_cut = append(log, start, 10000000, options, random.choice([0, 1, 2, 5, 20, 40]))
        cut += was_cut
        at = position(log)
        if place(at) < place(acked) or place(at) < place(start):
            sys.exit("round %d: it had acknowledged %s and went on from %s, and stands at %s" % (round, acked, start, at))
        start = at
    count = 1 if not start else (place(start)[0] - 1) * 1000 + place(start)[1] // 1000 + 300
    append(log, start, count, [], None)
    segments = sorted(n for n in os.listdir(log) if ".zst" in n)
    have = subprocess.Popen("zstdcat " + " ".join(segments), shell=True, cwd=log, stdout=subprocess.PIPE)
    want = subprocess.Popen(stream("", count), stdout=subprocess.PIPE)
    have_lines, want_lines = transactions(have.stdout), transactions(want.stdout)
    lines = 0
    for line in want_lines:
        other = next(have_lines, None)
        if other != line:
            sys.exit("record %d is %s, and should be %s" % (lines + 1, other, line))
        lines += 1
    if next(have_lines, None) is not None:
        sys.exit("more than %d records are there" % lines)
    if have.wait() != 0 or want.wait() != 0:
        sys.exit("zstdcat or stream.py failed")
    print("%d kills, %d of them cut a tail, %d transactions, %d segments" % (kills, cut, count, len(segments)))


if __name__ == "__main__":
    main()
