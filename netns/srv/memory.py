"""memory.py: runs pxrelayd while the n-th allocation fails, for one n after another.

  memory.py DAEMON CONF SHIM start|check|reload|ask|change STRIDE

Run it in the namespace where the daemon is to run. CONF names the control socket
CONF.sock; SHIM is tests/preload/failmalloc.so. For each n, until the daemon needs
fewer than n allocations:

  check   pxrelayd -n accepts the file, or gives one reason and exits with 1
  start   the daemon runs, and ends with 0 when asked to, or gives a reason and exits with 1
  reload  one daemon, a SIGHUP for each n: it applies the configuration or refuses it
  ask     one daemon, each query of pxrelayctl: it lives, whether it answers or not
  change  one daemon; an address is deleted while the n-th and all later allocations fail:
          when there is memory again, the daemon knows the true state

After a start and a reload, the daemon must read every socket that it has.

Every STRIDE-th n is tried, starting with a random one; STRIDE 1 tries all. Prints what
happened, and lines with FAIL; the exit status is 1 if there were any.
"""

import collections
import mmap
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

# The kernel has one lock on interfaces for all namespaces, and a process that waits for it
# takes no signal: while another namespace deleted 1,500 bridges, a start was in
# rtnl_dumpit() for 31 s.
PATIENCE = 60
SLOW = float(os.environ.get("PXR_SLOW") or 1)
ADDRESS, LINK = "10.99.0.1/24", "vlan10"
COMMANDS = ("show", "show interfaces", "show servers", "show rules",
            "show clients", "show boots", "show counters", "show drops",
            "version", "explain 02:00:00:00:10:01", "drain 198.51.100.10",
            "enable 198.51.100.10", "nonsense")


class Counter:
    """The number that the shim counts down."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="failmalloc.")
        self.file.write(bytes(8))
        self.file.flush()
        self.map = mmap.mmap(self.file.fileno(), 8)

    def set(self, n):
        self.map[:8] = struct.pack("q", n)

    def get(self):
        return struct.unpack("q", self.map[:8])[0]


class Trial:
    def __init__(self, argv):
        self.daemon, self.conf, self.shim, self.what = argv[:4]
        self.stride = int(argv[4])
        self.sock = self.conf + ".sock"
        self.counter = Counter()
        self.ends = collections.Counter()
        self.bad = 0
        self.proc = None

    def fail(self, n, text):
        self.bad += 1
        if self.bad < 10:
            print("FAIL allocation %d: %s" % (n, text))

    def spawn(self, *args):
        self.log = b"\n"
        self.proc = subprocess.Popen(
            [self.daemon, *args, "-c", self.conf], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=dict(os.environ, LD_PRELOAD=self.shim,
                     FAILMALLOC=self.counter.file.name))

    def read(self, until, seconds=PATIENCE):
        """Reads more of its log until it has that word; False if that does not come."""
        end = time.monotonic() + seconds * SLOW
        fd = self.proc.stderr.fileno()
        while until is None or until not in self.log:
            if not select.select([fd], [], [],
                                 max(0, end - time.monotonic()))[0]:
                return False
            more = os.read(fd, 65536)
            if not more:
                return False
            self.log += more
        return True

    def stop(self):
        """Ends it; returns its exit status (negative: a signal killed it) or where it hangs."""
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
        try:
            return self.proc.wait(PATIENCE * SLOW)
        except subprocess.TimeoutExpired:
            with open("/proc/%d/wchan" % self.proc.pid) as f:
                where = f.read()
            self.proc.kill()
            self.proc.wait()
            return "hangs in " + where

    def descriptors(self, where):
        """(number, name) of each descriptor that it has open there."""
        return [(name, os.readlink("/proc/%d/%s/%s" % (self.proc.pid, where, name)))
                for name in os.listdir("/proc/%d/%s" % (self.proc.pid, where))]

    def deaf(self):
        """The inodes of its sockets on ports 67 and 4011 that are in no epoll set. Without
        memory for a set, libevent uses poll(2), and its descriptors cannot be seen."""
        with open("/proc/%d/net/udp" % self.proc.pid) as f:
            rows = [line.split() for line in f.readlines()[1:]]
        ours = {"socket:[%s]" % row[9] for row in rows
                if row[1][-4:] in ("0043", "0FAB")}
        fds = self.descriptors("fd")
        if not any("[eventpoll]" in name for _, name in fds):
            return []
        read = set()
        for fd, name in fds:
            if "[eventpoll]" in name:
                with open("/proc/%d/fdinfo/%s" % (self.proc.pid, fd)) as f:
                    read |= {line.split()[1] for line in f
                             if line.startswith("tfd:")}
        return [name for fd, name in fds if name in ours and fd not in read]

    def judge_ears(self, n):
        deaf = self.deaf()
        if deaf:
            self.fail(n, "sockets that are not read: %s" % deaf)

    def judge_end(self, n, status, ready):
        text = self.log.decode("utf-8", "replace").strip()
        if ready and status == 0:
            self.ends["works"] += 1
        # 78: the file cannot be read, for whatever reason.
        elif not ready and status in (1, 2, 78) and text:
            self.ends["says why and ends"] += 1
        else:
            self.fail(n, "ready %s, exit status %s: %s" %
                      (ready, status, text[-300:] or "(not a word)"))

    def check(self, n):
        self.counter.set(n)
        self.spawn("-n")
        self.read(None)
        status = self.stop()
        more = self.counter.get() <= 0
        self.judge_end(n, status, status == 0)
        return more

    def start(self, n):
        self.counter.set(n)
        self.spawn("-f", "-l", "stderr")
        ready = self.read(b"\nready ") or b"\nready " in self.log
        more = self.counter.get() <= 0
        self.counter.set(0)
        if ready and self.proc.poll() is None:
            self.judge_ears(n)
        self.judge_end(n, self.stop(), ready)
        self.proc.stderr.close()
        return more

    def running(self):
        if self.proc and self.proc.poll() is None:
            return
        self.counter.set(0)
        self.spawn("-f", "-l", "stderr")
        if not self.read(b"\nready "):
            raise SystemExit("FAIL it does not start: %r" % self.log)

    def reload(self, n):
        self.running()
        self.log = b""
        self.counter.set(n)
        self.proc.send_signal(signal.SIGHUP)
        done = self.read(b"reload") or b"reload" in self.log
        more = self.counter.get() <= 0
        self.counter.set(0)
        if not done or self.proc.poll() is not None:
            self.fail(n, "reload: %r, exit status %s" %
                      (self.log[-300:], self.proc.poll()))
        else:
            self.ends["reloads" if b"reloaded" in self.log else
                      "refuses, and says so"] += 1
            self.judge_ears(n)
        return more

    def question(self, command):
        """The answer; b"" if there is none, None if nothing listens."""
        with socket.socket(socket.AF_UNIX) as s:
            # The daemon may wait for the kernel's lock on interfaces (see PATIENCE).
            s.settimeout(PATIENCE * SLOW)
            try:
                s.connect(self.sock)
                s.sendall(command.encode() + b"\n")
                got = b""
                while not got.endswith(b"\n"):
                    more = s.recv(65536)
                    if not more:
                        break
                    got += more
                return got
            except ConnectionError:
                return b""
            except OSError:
                return None

    def ask(self, n):
        self.running()
        more = False
        for command in COMMANDS:
            self.counter.set(n)
            got = self.question(command)
            more = self.counter.get() <= 0 or more
            self.counter.set(0)
            if got is None or self.proc.poll() is not None:
                self.fail(n, "%s: exit status %s" %
                          (command, self.proc.poll()))
            self.ends["answers" if got else "hangs up"] += 1
            if not (self.question("version") or b"").startswith(b"{"):
                self.fail(n, "%s: deaf afterwards" % command)
                self.stop()
            self.running()
        return more

    def knows_address(self):
        return ADDRESS.split("/")[0].encode() in (self.question("show interfaces") or b"")

    def wait(self, seconds, condition):
        end = time.monotonic() + seconds * SLOW
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def change(self, n):
        self.running()
        ip = ("ip", "addr", "%s", ADDRESS, "dev", LINK)
        subprocess.run([w.replace("%s", "add") for w in ip], check=True)
        if not self.wait(PATIENCE, self.knows_address):
            self.fail(n, "it does not know the new address")
        self.counter.set(-n)
        subprocess.run([w.replace("%s", "del") for w in ip], check=True)
        more = self.wait(0.5, lambda: self.counter.get() == -1)
        time.sleep(0.05)	# so that some later allocations fail as well
        self.counter.set(0)
        if self.wait(PATIENCE / 6, lambda: not self.knows_address()):
            self.ends["knows"] += 1
        else:
            self.fail(n, "it believes in an address that is gone: %r" % self.log[-300:])
        return more

    def run(self):
        trial = getattr(self, self.what)
        n = random.randrange(1, self.stride + 1)
        tried = 0
        while self.bad < 10:
            tried += 1
            if not trial(n):
                break
            n += self.stride
        if self.proc and self.proc.poll() is None:
            status = self.stop()
            if status:
                self.fail(n, "at the end: exit status %s" % status)
        print("%s: %d of %d allocations: %s" % (self.what, tried, n, ", ".join(
            "%s %d" % end for end in self.ends.items())))
        return 1 if self.bad else 0


sys.exit(Trial(sys.argv[1:]).run())
