"""lag.py: how long after the kernel's event does a line appear in a log?

  lag.py LOG PATTERN MONITOR PATTERN SECONDS COMMAND...

Runs COMMAND and waits for a new line in LOG that matches the first pattern, and
for the event that caused it, the first new line of MONITOR (what `ip -ts
monitor' writes) that matches the second one.  An empty second pattern: the event
is the command itself, from its start.  Prints event= and line=, milliseconds
after the command's start, and lag=, the difference; "none" where nothing came.
"""

import datetime
import os
import re
import subprocess
import sys
import time


class Tail:
    def __init__(self, path):
        self.f = open(path, errors="replace")
        self.f.seek(0, os.SEEK_END)
        self.rest = ""

    def lines(self):
        *lines, self.rest = (self.rest + self.f.read()).split("\n")
        return lines


def event_time(line):
    """[2026-01-31T12:00:00.123456] ..."""
    m = re.match(r"\[([^\]]+)\]", line)
    return datetime.datetime.fromisoformat(m.group(1)).timestamp() if m else None


def main(log, pattern, monitor, event_pattern, seconds, *command):
    log, monitor = Tail(log), Tail(monitor)
    start = time.time()
    event = None if event_pattern else start
    line = None
    if subprocess.call(command) != 0:
        sys.exit("lag.py: %s failed" % " ".join(command))
    while (line is None or event is None) and time.time() < start + seconds:
        for text in log.lines():
            if line is None and re.search(pattern, text):
                line = time.time()
        for text in monitor.lines():
            if event is None and re.search(event_pattern, text):
                event = event_time(text)
        time.sleep(0.001)
    for name, at in ("event", event), ("line", line):
        print("%s=%s" % (name, "none" if at is None else
                         round((at - start) * 1000)))
    print("lag=%s" % ("none" if None in (event, line) else
                      max(0, round((line - event) * 1000))))


main(*sys.argv[1:5], float(sys.argv[5]), *sys.argv[6:])
