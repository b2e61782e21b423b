"""lag.py: measures the time from a kernel event to a line in a log.

  lag.py PID[,PID...] LOG PATTERN MONITOR PATTERN SECONDS COMMAND...

It runs COMMAND and waits for a new line in LOG that matches the first pattern, and
for the event that caused it: the first new line of MONITOR (the output of `ip -ts
monitor') that matches the second pattern.  If the second pattern is empty, the event
is the command itself.  It prints event= and line=, in milliseconds after the command
took effect, and lag=, the difference; "none" means that it did not come.

The time that the processes PID waited for a processor while other programs had it is
subtracted from the lag, and printed as waited=.  The time of a line is when LOG was
written, not when this program saw it.  `ip -n' takes 50 ms to start on a busy machine,
so it is started before the measurement.  It may wait for the rtnl lock, so the command
takes effect when ip has the kernel's answer.
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
        self.written = None

    def when(self):
        """The time when the last line from lines() was written, or a little later."""
        return self.written

    def lines(self):
        *lines, self.rest = (self.rest + self.f.read()).split("\n")
        # The kernel's time stamps are up to a tick (10 ms) old.
        self.written = min(time.time(), os.fstat(self.f.fileno()).st_mtime + 0.01)
        return lines


def event_time(line):
    """[2026-01-31T12:00:00.123456] ..."""
    m = re.match(r"\[([^\]]+)\]", line)
    return datetime.datetime.fromisoformat(m.group(1)).timestamp() if m else None


def asleep(pid):
    with open("/proc/%d/stat" % pid) as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "S"


def batch(namespace, *command):
    """Starts ip in that namespace, where it waits for a command; also returns the command."""
    ip = subprocess.Popen(["ip", "-n", namespace, "-batch", "-"],
                          stdin=subprocess.PIPE)
    # When it sleeps several times in a row, it waits for input.
    seen = 0
    while seen < 5:
        time.sleep(0.005)
        seen = seen + 1 if asleep(ip.pid) else 0
    return ip, " ".join(command).encode()


def waited(pid):
    """How long it has waited for a processor since it started, in seconds."""
    try:
        with open("/proc/%d/schedstat" % pid) as f:
            return int(f.read().split()[1]) / 1e9
    except OSError:
        return 0		# this kernel does not report it


def run(command):
    """Returns the latest time at which it took effect, and its exit status."""
    if command[:2] != ("ip", "-n"):
        return time.time(), subprocess.call(command)
    ip, line = batch(*command[2:])
    start, before = time.time(), waited(ip.pid) + waited(os.getpid())
    ip.stdin.write(line)
    ip.stdin.close()
    os.waitid(os.P_PID, ip.pid, os.WEXITED | os.WNOWAIT)
    end, after = time.time(), waited(ip.pid) + waited(os.getpid())
    return max(start, end - (after - before)), ip.wait()


def main(pids, log, pattern, monitor, event_pattern, seconds, *command):
    log, monitor = Tail(log), Tail(monitor)
    before = sum(map(waited, pids))
    wait = 0
    start, status = run(command)
    event = None if event_pattern else start
    line = None
    if status != 0:
        sys.exit("lag.py: %s failed" % " ".join(command))
    while (line is None or event is None) and time.time() < start + seconds:
        for text in log.lines():
            if line is None and re.search(pattern, text):
                line = log.when()
                wait = sum(map(waited, pids)) - before
        for text in monitor.lines():
            if event is None and re.search(event_pattern, text):
                event = event_time(text)
        time.sleep(0.001)
    for name, at in ("event", event), ("line", line):
        print("%s=%s" % (name, "none" if at is None else
                         round((at - start) * 1000)))
    print("waited=%d" % round(wait * 1000))
    print("lag=%s" % ("none" if None in (event, line) else
                      max(0, round((line - event - wait) * 1000))))


main([int(pid) for pid in sys.argv[1].split(",")], *sys.argv[2:6], float(sys.argv[6]), *sys.argv[7:])
