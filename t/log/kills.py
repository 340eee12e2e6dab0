#!/usr/bin/env python3
"""Kills who appends to a log, again and again under load, and looks at what is in it.

kills.py DIR KILLS [SEED]: each time stream.py tells the source's log from where dts-log position says, dts-log append
takes it, and is killed (SIGKILL) after some of its acks, or before the first. What was acknowledged must be there the
next time. In the end the rest is taken, and the log must hold each transaction of the source once, whole and in order.
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
        rest = tool.stdout.read().splitlines()
        for line in rest:
            if line.endswith(b"}}"):
                pos = json.loads(line)["pos"]
                acked = "%s:%d" % (pos["file"], pos["offset"])
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
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
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
