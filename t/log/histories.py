#!/usr/bin/env python3
"""histories.py DIR COUNT SEED: random lives of a log, each held to what its source has told.

Writers append what comes next, or what was there already, and some are killed; the newest segment loses bytes or gets others, as when the
power goes; readers start anywhere, by position, GTID and time, stop anywhere, follow while all that happens, choose
tables; old segments are trimmed. After each step: what a reader gives are the source's transactions, each once, in order
and whole, each change behind the schema record that it needs, in a stream that keeps the contract. The first
history that is not so is printed with its number and its steps. dts-log, dts-filter are those of the PATH.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH = 1767225600
MOST = 400


class Wrong(Exception):
    pass


def run(*command, status=0, **more):
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **more)
    if status is not None and p.returncode != status:
        raise Wrong("%s: status %d, not %d: %s" % (" ".join(command), p.returncode, status, p.stderr.decode(errors="replace")))
    return p


def told(lines, what):
    """The transactions of a stream, [(tx, lines)], without what was taken back; their schemas are looked at."""
    found, open_tx, columns = [], None, {}
    for line in lines:
        if not line.startswith('{"op":"'):
            raise Wrong("%s: not a record: %.100s" % (what, line))
        op = line[7:line.index('"', 7)]
        if op == "stream":
            columns = {}
        elif op == "schema":
            r = json.loads(line)
            columns[r["table"]] = [c["name"] for c in r["columns"]]
        elif op == "begin":
            open_tx = [line]
        elif op in ("insert", "update", "delete"):
            r = json.loads(line)
            for image in ("before", "after"):
                if image in r and list(r[image]) != columns.get(r["table"]):
                    raise Wrong("%s: a change without its schema: %.200s, %s" % (what, line, columns.get(r["table"])))
            open_tx.append(line)
        elif op == "ddl":
            open_tx.append(line)
        elif op == "rollback":
            if '"to":' in line:
                open_tx.append(line)
            else:
                open_tx = None
        elif op in ("commit", "prepare"):
            if open_tx is None:
                found.append((json.loads(line)["tx"] + " of xid", [line]))
            else:
                open_tx.append(line)
                found.append((json.loads(line)["tx"], open_tx))
            open_tx = None
    return found


class History:
    def __init__(self, directory, seed):
        self.choose = random.Random(seed)
        self.dir = os.path.join(directory, "h%d" % seed)
        self.log = os.path.join(self.dir, "log")
        os.makedirs(self.dir)
        c = self.choose
        self.shape = ["--tables", str(c.choice([1, 2, 5])), "--rows", str(c.choice([1, 3, 20])), "--width", str(c.choice([10, 150])),
                      "--ddl", str(c.choice([0, 7, 30])), "--big", str(c.choice([0, 0, 25])), "--big-rows", "9000", "--heartbeat", str(c.choice([0, 4])),
                      "--void", str(c.choice([0, 6])), "--xa", str(c.choice([0, 9]))] + c.choice([[], ["--mysql"]])
        self.sync = c.choice(["commit", "none", "interval"])
        self.size = c.choice(["1K", "20K", "300K", "64M"])
        self.steps = ["shape %s sync %s size %s" % (" ".join(self.shape), self.sync, self.size)]
        all_of = self.stream(MOST)
        self.all = told(all_of.decode().splitlines(), "the source")
        self.begins = [json.loads(lines[0]) for _, lines in self.all]
        self.ends = [json.loads(lines[-1])["pos"] for _, lines in self.all]
        self.end = 0     # transactions that the log has, from `oldest` on
        self.oldest = 0
        self.follower = None

    def stream(self, upto, start="", more=()):
        return run(sys.executable, os.path.join(HERE, "stream.py"), *self.shape, "--transactions", str(upto), "--from", start, *more).stdout

    def gtids(self, n):
        """The GTID position behind the first n of told(): stream.py has it, too."""
        last, sets = {}, {}
        for tx, _ in self.all[:n]:
            name, number = re.match("(.*)[-:](.*)", tx.split(" ")[0]).groups()
            last[name] = number
            sets.setdefault(name, []).append(number)
        if "--mysql" in self.shape:
            return ",".join(name + ":" + ":".join(numbers) for name, numbers in sets.items())
        return ",".join("%s-%s" % item for item in last.items())

    def step(self, text):
        self.steps.append(text)

    # --- what the log holds

    def position(self):
        text = run("dts-log", "position", self.log).stdout.decode().strip()
        name, offset = text.rsplit(":", 1)
        return name, int(offset)

    def find_end(self):
        """Which of the source's transactions the log ends behind."""
        p = run("dts-log", "position", self.log, status=None)
        if p.returncode == 4 and (b"is empty" in p.stderr or b"is no log" in p.stderr):
            return 0
        if p.returncode != 0:
            raise Wrong("position: status %d: %s" % (p.returncode, p.stderr.decode()))
        name, offset = p.stdout.decode().strip().rsplit(":", 1)
        n = 0
        for i, e in enumerate(self.ends):
            if (e["file"], e["offset"]) <= (name, int(offset)):
                n = i + 1
        return n

    def source_number(self, n):
        """The number that the source gives to transaction n of told() (several may have one number: XA)."""
        return int(re.split("[-:]", self.all[n - 1][0].split(" ")[0])[-1]) if n else 0

    # --- steps

    def append(self):
        c = self.choose
        have = self.end
        number = self.source_number(have)
        upto = min(MOST, number + c.choice([1, 3, 20, 60]))
        start, overlap = "", have and c.random() < 0.2
        if have:
            back = c.randrange(self.oldest, have) + 1 if overlap else have
            e = self.ends[back - 1]
            start = "%s:%d" % (e["file"], e["offset"])
        more = c.choice([[], [], [], ["--no-end"], ["--torn"]])
        data = self.stream(upto, start, more)
        kill = c.random() < 0.3
        self.step("append from %s to %d %s%s" % (start, upto, more, " killed" if kill else ""))
        p = subprocess.Popen(["dts-log", "append", "--sync=" + self.sync, "--segment-size=" + self.size, self.log], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if kill:
            pieces = c.randrange(1, 5)
            try:
                for i in range(pieces):
                    p.stdin.write(data[i * len(data) // 5:(i + 1) * len(data) // 5])
                    p.stdin.flush()
                    time.sleep(c.random() * 0.01)
            except BrokenPipeError:
                pass
            p.kill()
            p.communicate()
        else:
            _, err = p.communicate(data)
            want = 3 if more else 0
            if p.returncode != want:
                raise Wrong("append: status %d, not %d: %s" % (p.returncode, want, err.decode()))
        end = self.find_end()
        if end < have:
            raise Wrong("append: the log had %d transactions, and now %d" % (have, end))
        expected = [i for i in range(len(self.all)) if self.source_number(i + 1) <= upto - (1 if "--torn" in more else 0)]
        if not kill and end != max(have, len(expected)):
            raise Wrong("append: the log ends behind %d, not %d" % (end, max(have, len(expected))))
        self.end = end

    def segments(self):
        return sorted(f for f in os.listdir(self.log) if re.match(r"\d{12,}-.*\.zst", f)) if os.path.isdir(self.log) else []

    def damage(self):
        names = self.segments()
        if not names or not names[-1].endswith(".part"):
            return
        self.stop_follower()
        path = os.path.join(self.log, names[-1])
        size = os.path.getsize(path)
        n = min(size, self.choose.choice([1, 5, 40, 1000]))
        if self.choose.random() < 0.5:
            self.step("cut %d of %d bytes of %s" % (n, size, names[-1]))
            os.truncate(path, size - n)
        else:
            at = size - 1 - self.choose.randrange(min(n, 20, size)) if size else 0
            self.step("flip byte %d of %d of %s" % (at, size, names[-1]))
            if size:
                with open(path, "r+b") as f:
                    f.seek(at)
                    b = f.read(1)
                    f.seek(at)
                    f.write(bytes([b[0] ^ 1 << self.choose.randrange(8)]))
        self.end = self.find_end()
        self.oldest = min(self.oldest, self.end)

    def trim(self):
        if not self.end or len(self.segments()) < 3:
            return
        keep = self.choose.choice([1000, 20000, 200000])
        self.step("trim to %d" % keep)
        run("dts-log", "trim", "--keep-size=%d" % keep, self.log)
        first = told(self.read([])[1], "after trim")
        if first:
            self.oldest = next(i for i, t in enumerate(self.all) if t[0] == first[0][0])
        else:
            self.oldest = self.end

    def read(self, options):
        p = run("dts-log", "read", *options, self.log)
        run("dts-filter", input=p.stdout)
        return p, p.stdout.decode().splitlines()

    def expect(self, what, lines, first, behind):
        got = told(lines, what)
        want = self.all[first:behind]
        if got != want:
            n = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
            raise Wrong("%s: %d transactions, not %d (%d to %d): the %dth is %.300s, not %.300s" % (
                what, len(got), len(want), first + 1, behind, n + 1, got[n:n + 1], want[n:n + 1]))

    def look(self):
        if not self.end:
            return
        c, first, options = self.choose, self.oldest, []
        how = c.choice(["all", "position", "begin", "gtid", "time"])
        k = c.randrange(self.oldest, self.end + 1)
        while k and k < len(self.all) and self.all[k][0].endswith("of xid"):
            k += 1
        k = min(k, self.end)
        if how == "position" and k > self.oldest:
            e = self.ends[k - 1]
            options, first = ["--start-position=%s:%d" % (e["file"], e["offset"])], k
        elif how == "begin" and k < self.end:
            b = self.begins[k]["pos"]
            options, first = ["--start-position=%s:%d" % (b["file"], b["offset"])], k
        elif how == "gtid" and k > self.oldest:
            options, first = ["--start-gtid=" + self.gtids(k)], k
        elif how == "time" and k < self.end and not self.all[k][0].endswith("of xid"):
            options, first = ["--start-time=" + self.begins[k]["time"]], k
        behind = self.end
        stop = c.choice(["", "", "position", "time", "gtid"])
        m = c.randrange(first, self.end + 1)
        while m < len(self.all) and self.all[m][0].endswith("of xid"):
            m += 1
        m = min(m, self.end)
        if stop == "position" and m > first:
            e = self.ends[m - 1]
            options, behind = options + ["--stop-position=%s:%d" % (e["file"], e["offset"])], m
        elif stop == "time" and m < self.end and m > first:
            options, behind = options + ["--stop-time=" + self.begins[m]["time"]], m
        elif stop == "gtid" and m > first:
            options, behind = options + ["--stop-gtid=" + self.gtids(m)], m
        self.step("read %s: %d to %d" % (" ".join(options), first + 1, behind))
        p, lines = self.read(options)
        self.expect("read " + " ".join(options), lines, first, behind)

    def table(self):
        if not self.end:
            return
        self.step("read --table=shop.t0")
        p = run("dts-log", "read", "--table=shop.t0", self.log)
        run("dts-filter", input=p.stdout)
        got = {}
        for tx, lines in told(p.stdout.decode().splitlines(), "table"):
            got[tx] = [re.sub(r'"n":\d+', "", x) for x in lines if '"table":"t0"' in x]
            if any('"table":"t' in x and '"table":"t0"' not in x for x in lines):
                raise Wrong("--table: another table: %s" % lines)
        for tx, lines in self.all[self.oldest:self.end]:
            want = [re.sub(r'"n":\d+', "", x) for x in lines if '"table":"t0"' in x]
            if got.get(tx, []) != want:
                raise Wrong("--table: %s is %.300s, not %.300s" % (tx, got.get(tx), want))
        run("dts-log", "verify", self.log)

    # --- a follower beside all that

    def follow(self):
        if self.follower or not self.segments() or not self.end:
            return
        self.step("follow from %d" % self.oldest)
        self.out = open(os.path.join(self.dir, "followed"), "w+b")
        self.follow_first = self.oldest
        self.follower = subprocess.Popen(["dts-log", "read", "--follow", self.log], stdout=self.out, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while os.fstat(self.out.fileno()).st_size == 0 and self.follower.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)  # or it begins behind a trim that comes next

    def stop_follower(self):
        if not self.follower:
            return
        p, self.follower = self.follower, None
        want = self.all[self.end - 1][0] if self.end > self.follow_first else None
        deadline = time.monotonic() + 20
        while want and time.monotonic() < deadline and p.poll() is None:
            self.out.seek(0)
            text = self.out.read()
            if ('"tx":"%s"' % want.split(" ")[0]).encode() in text[-200000:]:
                break
            time.sleep(0.01)
        p.send_signal(signal.SIGTERM)
        _, err = p.communicate(timeout=20)
        self.out.seek(0)
        text = self.out.read()
        self.out.close()
        gone = p.returncode == 6 and self.oldest > self.follow_first
        if p.returncode != 0 and not gone:
            raise Wrong("follow: status %d: %s" % (p.returncode, err.decode()))
        if gone:
            return
        self.step("stop following")
        run("dts-filter", input=text)
        lines = text.decode().splitlines()
        self.expect("follow", lines, self.follow_first, self.end)

    def live(self):
        c = self.choose
        for _ in range(c.randrange(4, 14)):
            c.choice([self.append, self.append, self.append, self.look, self.look, self.damage, self.trim, self.table, self.follow])()
        self.append()
        self.look()
        self.stop_follower()
        self.look()


def main():
    directory, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for n in range(seed, seed + count):
        h = History(directory, n)
        try:
            h.live()
        except (Wrong, Exception) as e:  # whatever it was: with the history
            if h.follower:
                h.follower.kill()
            print("history %d: %s: %s" % (n, type(e).__name__, e))
            print("\n".join(h.steps))
            if not isinstance(e, Wrong):
                raise
            sys.exit(1)
        shutil.rmtree(h.dir)
    print("%d histories" % count)


main()
