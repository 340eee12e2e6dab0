"""snapshots.py CHANGES SNAPSHOTS: checks what t/unit/snapshots.c printed against
what dts-binlog printed of the same time.

Each writer w commits, by XA perhaps, (w, 1), (w, 2), ... into d.t and sets u.n of its row with
each, so a snapshot is told by how far each writer had come. An exact one must
see just the transactions up to its position, one with marks all up to the low
one and none behind the high one.
"""
import bisect
import json
import sys

WRITERS = 4


def place(file, offset):
    return int(file.rsplit(".", 1)[1]), int(offset)


def read_changes(path):
    """The places behind each commit, what each writer had committed there, and the last GTID."""
    places, states, last = [], [], []
    state, pending, prepared = [0] * WRITERS, [], {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["op"] == "begin":
                pending = []
            elif record["op"] == "insert" and (record["db"], record["table"]) == ("d", "t"):
                pending.append((record["after"]["w"], record["after"]["n"]))
            elif record["op"] == "prepare":
                prepared[record["xid"]], pending = pending, []
                places.append(place(record["pos"]["file"], record["pos"]["offset"]))
                states.append(tuple(state))
                last.append(record["tx"])
            elif record["op"] == "commit":
                for writer, n in prepared.pop(record.get("xid"), pending):
                    assert n == state[writer - 1] + 1, "the writers' own order"
                    state[writer - 1] = n
                places.append(place(record["pos"]["file"], record["pos"]["offset"]))
                states.append(tuple(state))
                last.append(record["tx"])
            elif record["op"] == "end":
                end = place(record["pos"]["file"], record["pos"]["offset"])
    return places, states, last, end


def main():
    places, states, last, end = read_changes(sys.argv[1])
    counts = dict.fromkeys(("sessions", "exact", "common", "apart", "moved", "wrong"), 0)

    def known(at):
        i = bisect.bisect_right(places, at) - 1
        return (states[i], last[i]) if i >= 0 else ((0,) * WRITERS, None)

    def wrong(line, why):
        counts["wrong"] += 1
        print(f"wrong: {why}: {line}")

    marks = {}
    with open(sys.argv[2], encoding="utf-8") as lines:
        for line in lines:
            kind, round_, *field = line.rstrip("\n").split("\t")
            if kind == "session":
                low, high = place(*field[1:3]), place(*field[3:5])
                seen = tuple(int(x) for x in field[5:])
                from_t, from_u = seen[:WRITERS], seen[WRITERS:]
                (least, _), (most, _) = known(low), known(high)
                counts["sessions"] += 1
                counts["exact"] += field[0] == "exact"
                marks.setdefault(round_, []).append((low, high))
                if high > end:
                    wrong(line, "behind the log's end")
                if from_t != from_u:
                    wrong(line, "half a transaction")
                if (field[0] == "exact") > (low == high):
                    wrong(line, "an exact one with two marks")
                if field[0] == "exact" and from_t != least:
                    wrong(line, f"should see {least}")
                if any(x < a or x > b for x, a, b in zip(from_t, least, most)):
                    wrong(line, f"should be from {least} to {most}")
            elif kind == "source":
                counts[field[0]] += 1
                at = place(*field[1:3])
                lows = [low for low, _ in marks[round_]]
                if at != min(lows):
                    wrong(line, "not the lowest")
                if (field[0] == "common") != (at == max(high for _, high in marks[round_])):
                    wrong(line, "common or not")
                tx = known(at)[1]
                if tx and field[3].split(":")[-1].split("-")[-1] != tx.split(":")[-1].split("-")[-1]:
                    wrong(line, f"should be at {tx}")
    rounds = sorted(marks, key=int)
    counts["moved"] = sum(marks[a] != marks[b] for a, b in zip(rounds, rounds[1:]))
    print(" ".join(f"{count} {name}" for name, count in counts.items()))
    return counts["wrong"] > 0


sys.exit(main())
