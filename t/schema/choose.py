#!/usr/bin/env python3
"""Prints the parts of t/schema/*.sql that concern a migration from one server
kind to another.

    choose.py PART FROM TO FILE...

PART is `make` (the objects and their rows, at the source), `meanwhile` (what
happens there between the full phase and the cut-over) or `use` (statements whose
output must be the same at both ends). FROM and TO are kinds of t/servers.

A line `-- @@ PART [WHEN]: why` begins a part that goes on to the next such line; a line
that ends in `-- @ WHEN: why` is there only when that holds. WHEN:

    both KIND    both ends are of that family (mariadb, mysql) or kind (mariadb118)
    from KIND    the source is
    to KIND      the target is
    from KIND to KIND
"""
import re
import sys


def is_of(kind, word):
    return kind == word or word in ("mariadb", "mysql") and kind.startswith(word)


def holds(when, source, target):
    words = when.split()
    if len(words) % 2:
        sys.exit("choose.py: not understood: " + when)
    for way, word in zip(words[::2], words[1::2]):
        ends = {"both": (source, target), "from": (source,), "to": (target,)}[way]
        if not all(is_of(end, word) for end in ends):
            return False
    return True


def chosen(lines, part, source, target):
    on = False
    for line in lines:
        line = line.rstrip("\n")
        found = re.match(r"-- @@ (make|meanwhile|use)\b ?([^:]*)", line)
        if found:
            on = found[1] == part and holds(found[2], source, target)
            continue
        if not on:
            continue
        found = re.match(r"(.*?)\s*-- @ ([^:]*):", line)
        if not found:
            yield line
        elif holds(found[2], source, target):
            yield found[1]


def main():
    part, source, target = sys.argv[1:4]
    for path in sys.argv[4:]:
        with open(path, encoding="utf-8") as file:
            for line in chosen(file, part, source, target):
                print(line)


main()
