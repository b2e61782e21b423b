"""storm.py: switches on many machines, each of which boots as iPXE does.

  storm.py run FILE clients=N seconds=S VLAN...
  storm.py report FILE

Every machine has its own MAC address and transaction; the VLANs take turns, and VLAN 10
is at the interface eth10.  A machine sends DISCOVER at 0, 1, 3 and 7 s, needs the offer of an address and that of a boot
server, and goes on as soon as it has both.  Without a boot offer it goes on when its
timer expires after 2 s, which counts as a failure here.  Then it sends REQUEST at 0,
.25, .75, 1.75, 3.75 and 7.75 s until it gets the ACK (ipxe src/net/udp/dhcp.c,
src/net/retry.c).

FILE gets a line for each event, and a test adds lines of its own:

  mark WORDS...                     what is done to the servers from now on
  begin NUMBER VLAN                 a machine is switched on
  end NUMBER VLAN SERVER BOOT BOTH DISCOVERS REQUESTS VERDICT
                                    SERVER sent the first boot offer, after BOOT ms;
                                    after BOTH ms, the machine had an address offer,
                                    too; VERDICT is ok, or what was missing

report prints, for each mark and in total, how many machines there were, how many had to
send a message again, how many failed, and percentiles of BOOT.
"""

import heapq
import select
import socket
import struct
import sys
import time

import dhcp

ETH_P_IP, SO_RCVBUFFORCE = 0x0800, 33
DISCOVERS = (0, 1, 3, 7, 15)            # the last is the end
REQUESTS = (0, .25, .75, 1.75, 3.75, 7.75, 15.75)
PROXY_TIMEOUT = 2
PXE = ["opt=60:'PXEClient:Arch:00007:UNDI:003010", "opt=93:0007",
       "opt=94:010310", "opt=77:'iPXE", "opt=55:0103060c2b3c42433642"]


class Machine:
    def __init__(self, number, wire, vlan):
        self.number, self.wire, self.vlan = number, wire, vlan
        self.mac = struct.pack("!HI", 0x0200, vlan << 24 | number)
        self.xid = 0x50000000 | number
        self.discovers = self.requests = 0
        self.lease = self.boot = self.begun = None
        self.boot_ms = self.both_ms = -1
        self.verdict = None

    def frame(self, *keys):
        m = dhcp.message(dhcp.pairs(["xid=%d" % self.xid,
                                     "chaddr=" + self.mac.hex(), *keys, *PXE]))
        d = {"smac": self.mac.hex()}
        return dhcp.frame(d, "", dhcp.packets(d, m)[0])


class Storm:
    make = Machine

    def __init__(self, story, wires, n, seconds):
        self.story, self.wires = story, wires
        self.left = self.n = n
        self.seconds = seconds
        self.machines = {}
        self.timers = []
        self.order = 0

    def tell(self, *words):
        self.story.write(" ".join(str(w) for w in words) + "\n")

    def at(self, when, what, machine):
        self.order += 1
        heapq.heappush(self.timers, (when, self.order, what, machine))

    def run(self):
        start = time.monotonic()
        for i in range(self.n):
            wire, vlan = self.wires[i % len(self.wires)]
            self.at(start + self.seconds * i / self.n, self.begin,
                    self.make(i, wire, vlan))
        while self.left:
            wait = max(0, self.timers[0][0] - time.monotonic())
            for s in select.select([w for w, _ in self.wires], [], [], wait)[0]:
                self.receive(s)
            while self.timers and self.timers[0][0] <= time.monotonic():
                _, _, what, machine = heapq.heappop(self.timers)
                if not machine.verdict:
                    what(machine)

    def receive(self, s):
        for _ in range(64):
            try:
                f = s.recv(2048, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            # Ethernet 14, IP 20, UDP 8
            if len(f) < 42 + 240 or f[23] != 17 or f[36:38] != b"\0\x44":
                continue
            machine = self.machines.get(f[42 + 4:42 + 8])
            if f[42] == 2 and machine and not machine.verdict:
                self.reply(machine, f[42:])

    def begin(self, m):
        self.machines[struct.pack("!I", m.xid)] = m
        m.begun = time.monotonic()
        self.tell("begin", m.number, m.vlan)
        self.discover(m)

    def discover(self, m):
        """Called when the machine is switched on, and when its timer expires."""
        if m.requests:
            return
        if m.lease and time.monotonic() - m.begun > PROXY_TIMEOUT:
            self.end(m, "no-boot-offer")
        elif m.discovers == len(DISCOVERS) - 1:
            self.end(m, "no-address-offer")
        else:
            m.wire.send(m.frame("secs=%d" % DISCOVERS[m.discovers]))
            m.discovers += 1
            self.at(m.begun + DISCOVERS[m.discovers], self.discover, m)

    def request(self, m):
        if m.requests == 0:
            m.asked = time.monotonic()
        if m.requests == len(REQUESTS) - 1:
            self.end(m, "no-ack")
            return
        m.wire.send(m.frame("type=request", "opt=54:" + m.lease[1].hex(),
                            "opt=50:" + m.lease[0].hex()))
        m.requests += 1
        self.at(m.asked + REQUESTS[m.requests], self.request, m)

    def reply(self, machine, data):
        opts = {code: value for code, value, _ in dhcp.options(data)[0]}
        kind, sid = opts.get(53), opts.get(54, bytes(4))
        lease = data[16:20] != bytes(4)
        now = round((time.monotonic() - machine.begun) * 1000)
        if kind == b"\5" and machine.requests and lease:
            self.end(machine, "ok")
        if kind != b"\2" or machine.requests:
            return
        if lease and not machine.lease:
            machine.lease = data[16:20], sid
        elif not lease and opts.get(60) == b"PXEClient" and not machine.boot:
            machine.boot, machine.boot_ms = sid, now
        if machine.lease and machine.boot:
            machine.both_ms = now
            self.request(machine)

    def end(self, m, verdict):
        m.verdict = verdict
        self.left -= 1
        server = socket.inet_ntoa(m.boot) if m.boot else "-"
        self.tell("end", m.number, m.vlan, server, m.boot_ms, m.both_ms,
                  m.discovers, m.requests, verdict)


def wire(iface, proto):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(proto))
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    s.bind((iface, proto))
    return s


def cmd_run(name, *args, storm=Storm, proto=ETH_P_IP):
    d = dict(a.split("=") for a in args if "=" in a)
    wires = [(wire("eth" + a, proto), int(a)) for a in args if "=" not in a]
    with open(name, "a", buffering=1) as story:
        storm(story, wires, int(d["clients"]), float(d["seconds"])).run()


def percentile(sorted_ms, percent):
    return sorted_ms[min(len(sorted_ms) - 1, len(sorted_ms) * percent // 100)]


def row(title, ends):
    ms = sorted(int(e[4]) for e in ends if int(e[4]) >= 0) or [0]
    retried = sum(int(e[6]) > 1 or int(e[7]) > 1 for e in ends)
    print("%-28s %5d %6d %6.2f %% %6d   %5d %5d %5d %5d %5d" %
          (title, len(ends), retried, 100 * retried / max(1, len(ends)),
           sum(e[8] != "ok" for e in ends), *(percentile(ms, p) for p in (50, 90, 99)),
           ms[-1], max((int(e[5]) for e in ends), default=0)))


def cmd_report(name, what="boots", times="the boot offer: 50 %, 90 %, 99 %, all; to both"):
    marks, mark, ends = [], None, {}
    with open(name) as f:
        for words in map(str.split, f):
            if words[0] == "mark":
                mark = len(marks)
                marks.append((" ".join(words[1:]), []))
            elif words[0] == "begin" and mark is not None:
                marks[mark][1].append(words[1])
            elif words[0] == "end":
                ends[words[1]] = words
    print("%-28s %5s %15s %6s   %s" % ("", what, "with a retry", "failed",
          "ms to " + times))
    for title, numbers in marks:
        row(title, [ends[n] for n in numbers if n in ends])
    for vlan in sorted({e[2] for e in ends.values()}):
        row("VLAN " + vlan, [e for e in ends.values() if e[2] == vlan])
    row("all", list(ends.values()))


if __name__ == "__main__":
    {"run": cmd_run, "report": cmd_report}[sys.argv[1]](*sys.argv[2:])
