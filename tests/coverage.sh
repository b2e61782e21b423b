#!/bin/bash
# coverage.sh [FOLDER...]: runs the unit and scenario tests in the build that counts
# lines (`make coverage`) and prints how many lines of each folder of relay/ they reach,
# file by file for the folders named as arguments. Namespace tests and fuzz targets reach
# more lines, which are not counted.
set -u
cd "$(dirname "$0")/.." || exit 1

find build/cover -name '*.gcda' -delete
mkdir -p build/log
BUILD=build/cover tests/unit.sh > build/log/coverage.log 2>&1 </dev/null ||
	grep '^FAIL' build/log/coverage.log
tail -n 1 build/log/coverage.log
find build/cover/relay -name '*.gcno' -print0 |
	xargs -0 gcov --json-format --stdout 2>/dev/null | /usr/bin/python3 -c '
import collections, json, os, sys
files = {}
for report in sys.stdin:
    for f in json.loads(report)["files"]:
        if f["file"].startswith("relay/") and f["file"].endswith(".c"):
            at = files.setdefault(f["file"], collections.Counter())
            for line in f["lines"]:
                at[line["line_number"]] += line["count"]

def row(name, lines):
    n, hit = len(lines), sum(1 for count in lines if count)
    print("%-28s %6d of %6d lines  %5.1f %%" % (name, hit, n, 100 * hit / max(n, 1)))

folders = collections.defaultdict(list)
for name, lines in sorted(files.items()):
    folders[os.path.dirname(name)] += lines.values()
    if os.path.dirname(name) in sys.argv[1:]:
        row(name, lines.values())
for name, lines in sorted(folders.items()):
    row(name + "/", lines)
top = [l for name, lines in folders.items()
       if name.split("/")[1:2] in ([], ["path"], ["tend"], ["observe"], ["show"]) for l in lines]
row("the top floor", top)
row("all", [l for lines in folders.values() for l in lines])
' "$@"
