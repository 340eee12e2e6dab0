"""For the benchmark `log`.

window N FILE COMMAND...: transactions of the stream in FILE go to COMMAND, never more than N of them that it has not
acknowledged; prints how many a second.
fsync FILE: the seconds that one fdatasync of 4 KiB more takes, the median of 50.
seek DTS-LOG DIR N: N places by GTID and by time, all over the log: from the start of dts-log to the first
transaction, and the memory that it had.
"""
import json
import os
import random
import subprocess
import sys
import time


def transactions(path, most):
    """Its head, and texts of whole transactions."""
    head, found, text = [], [], []
    with open(path, "rb") as f:
        for line in f:
            if line.startswith((b'{"op":"stream"', b'{"op":"schema"')):
                head.append(line)
                continue
            text.append(line)
            if line.startswith(b'{"op":"commit"'):
                found.append((json.loads(line)["tx"], b"".join(text)))
                text = []
                if len(found) == most:
                    break
    return b"".join(head), found


def window(n, path, command):
    head, all_of = transactions(path, 60000)
    index = {tx: i for i, (tx, _) in enumerate(all_of)}
    p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdin.write(head)
    sent = acked = 0
    begun = time.monotonic()
    while acked < len(all_of) and time.monotonic() - begun < 5:
        upto = min(acked + n, len(all_of))
        if upto > sent:
            p.stdin.write(b"".join(text for _, text in all_of[sent:upto]))
            p.stdin.flush()
            sent = upto
        ack = json.loads(p.stdout.readline())
        if "tx" in ack:
            acked = index[ack["tx"]] + 1
    took = time.monotonic() - begun
    src = json.loads(head.split(b"\n", 1)[0])["src"]
    records = head.count(b"\n") - 1 + sum(text.count(b"\n") for _, text in all_of[:sent])
    p.stdin.write(b'{"op":"end","src":"%s","reason":"done","records":%d}\n' % (src.encode(), records))
    p.stdin.close()
    p.stdout.read()
    if p.wait() != 0:
        sys.exit("log: dts-log append failed")
    print(acked / took)


def fsync(path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    took = []
    for _ in range(50):
        os.write(fd, b"x" * 4096)
        begun = time.monotonic()
        os.fdatasync(fd)
        took.append(time.monotonic() - begun)
    os.close(fd)
    print(sorted(took)[25])


def first_begin(tool, directory, start):
    """Seconds to the first transaction, its record, and the KiB that dts-log had at most."""
    begun = time.monotonic()
    p = subprocess.Popen([tool, "read", directory, start], stdout=subprocess.PIPE)
    for line in p.stdout:
        if line.startswith(b'{"op":"begin"'):
            break
    else:
        sys.exit("log: nothing comes from " + start)
    took = time.monotonic() - begun
    p.stdout.close()
    _, _, usage = os.wait4(p.pid, 0)
    p.returncode = 0
    return took, json.loads(line), usage.ru_maxrss


def micro(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def seek(tool, directory, n):
    os.environ["TZ"] = "UTC"
    time.tzset()
    info = {}
    for line in subprocess.run([tool, "info", "--json", directory], stdout=subprocess.PIPE, check=True).stdout.splitlines():
        info.update(json.loads(line) if b'"log"' in line else {})
    _, oldest, _ = first_begin(tool, directory, "--start=oldest")
    count = info["transactions"]
    domain, at = oldest["tx"].rsplit("-", 1)
    days = info["last-time"]
    choose = random.Random(7)
    slowest, memory = {}, 0
    for how in ("gtid", "time"):
        took = []
        for _ in range(n):
            k = choose.randrange(count - 1)
            if how == "gtid":
                start, want = "--start-gtid=%s-%d" % (domain, int(at) + k), "%s-%d" % (domain, int(at) + k + 1)
            else:
                begin, end = micro(oldest["time"]), micro(days)
                want = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin + (end - begin) * k / count))
                start = "--start-time=" + want
            seconds, found, kib = first_begin(tool, directory, start)
            if (found["tx"] != want) if how == "gtid" else (found["time"] < want[:-1]):
                sys.exit("log: %s finds %s, %s" % (start, found["tx"], found["time"]))
            took.append(seconds)
            memory = max(memory, kib)
        took.sort()
        slowest[how] = took[-1]
        print("# %s: median %.1f ms, slowest %.1f ms" % (how, took[n // 2] * 1e3, took[-1] * 1e3), file=sys.stderr)
        print("log-seek-%s %.2f 1.0 %s" % (how, 0.1 / took[-1], "ok" if took[-1] <= 0.1 else "short"))
    limit = 64 * 1024
    print("# memory: %d KiB at most" % memory, file=sys.stderr)
    print("log-seek-memory %.2f 1.0 %s" % (limit / memory, "ok" if memory <= limit else "short"))


if sys.argv[1] == "window":
    window(int(sys.argv[2]), sys.argv[3], sys.argv[4:])
elif sys.argv[1] == "fsync":
    fsync(sys.argv[2])
else:
    seek(sys.argv[2], sys.argv[3], int(sys.argv[4]))
