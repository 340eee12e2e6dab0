"""How long it takes from a statement to the line that tells of it: reads the
lines on standard input and makes the statements. Prints the median and the 99th percentile, in
milliseconds, alone and while small transactions are written without a pause beside."""
import subprocess
import sys
import time

count, config = int(sys.argv[1]), sys.argv[2]


def client():
    return subprocess.Popen(["mariadb", "--defaults-file=" + config, "--defaults-group-suffix=-src", "-n", "--skip-reconnect"],
                            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def wait_for(text):
    for line in sys.stdin:
        if text in line:
            return time.monotonic()
    sys.exit("the stream has ended")


def measure(name, writer, first, pause):
    took = []
    for n in range(first, first + count):
        begun = time.monotonic()
        writer.stdin.write(b"INSERT INTO capture.ticks VALUES (%d, NOW(6));\n" % n)
        writer.stdin.flush()
        took.append(wait_for('"after":{"id":%d,' % n) - begun)
        if pause:
            time.sleep(pause)
    took.sort()
    print("%s-median %.3f" % (name, took[len(took) // 2] * 1000))
    print("%s-p99 %.3f" % (name, took[len(took) * 99 // 100] * 1000))


writer = client()
wait_for('"op":"stream"')
measure("alone", writer, 1, 0.002)
load = client()
load.stdin.write(b"CALL capture.small(1000000, 9);\n")
load.stdin.flush()
measure("loaded", writer, count + 1, 0.002)
load.kill()
