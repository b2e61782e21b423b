"""storm6.py: storm.py for DHCPv6: switches on many machines, each of which takes a lease.

  storm6.py run FILE clients=N seconds=S VLAN...
  storm6.py report FILE

Every machine has its own MAC address and DUID. It sends SOLICIT at 0, 1, 3 and 7 s until it
gets an ADVERTISE with an address, and then REQUEST to that server at 0, 1, 3 and 7 s until
it gets the REPLY (RFC 9915 18.2.1, 18.2.2, without the random parts). FILE is as in storm.py;
the words of an end line are

  end NUMBER VLAN ADDRESS ADVERTISE REPLY SOLICITS REQUESTS VERDICT

where ADVERTISE and REPLY are the milliseconds until it had them.
"""

import socket
import sys
import time

import dhcp6
import storm

ETH_P_IPV6 = 0x86dd
TRIES = (0, 1, 3, 7, 15)                # the last is the end


class Machine:
    def __init__(self, number, wire, vlan):
        self.number, self.wire, self.vlan = number, wire, vlan
        self.mac = "02:00:%02x:00:%02x:%02x" % (vlan, number >> 8, number & 255)
        self.xid = number + 1
        self.solicits = self.requests = 0
        self.sid = self.address = self.begun = self.asked = self.verdict = None
        self.advertise_ms = self.reply_ms = -1

    def send(self, *keys):
        d = dhcp6.pairs(["xid=%d" % self.xid, "src=" + dhcp6.link_local(self.mac),
                         "duid=00030001" + self.mac.replace(":", ""), *keys])
        self.wire.send(dhcp6.frame(d, self.mac, dhcp6.packets(d, dhcp6.message(d))[0]))


class Storm(storm.Storm):
    make = Machine

    def receive(self, s):
        for _ in range(64):
            try:
                f = s.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            # Ethernet 14, IPv6 40, UDP 8
            if len(f) < 66 or f[20] != dhcp6.UDP or f[56:58] != b"\x02\x22":
                continue
            machine = self.machines.get(int.from_bytes(f[63:66], "big"))
            if machine and not machine.verdict:
                self.reply(machine, dhcp6.show_message(f[62:]))

    def begin(self, m):
        self.machines[m.xid] = m
        m.begun = time.monotonic()
        self.tell("begin", m.number, m.vlan)
        self.solicit(m)

    def solicit(self, m):
        """Called when the machine is switched on, and when its timer expires."""
        if m.requests:
            return
        if m.solicits == len(TRIES) - 1:
            self.end(m, "no-advertise")
            return
        m.send("type=solicit", "ia=1", "oro=23,24")
        m.solicits += 1
        self.at(m.begun + TRIES[m.solicits], self.solicit, m)

    def request(self, m):
        if m.requests == 0:
            m.asked = time.monotonic()
        if m.requests == len(TRIES) - 1:
            self.end(m, "no-reply")
            return
        m.send("type=request", "sid=" + m.sid, "ia=1," + m.address, "oro=23,24")
        m.requests += 1
        self.at(m.asked + TRIES[m.requests], self.request, m)

    def reply(self, m, d):
        now = round((time.monotonic() - m.begun) * 1000)
        if "addr" not in d or "opt2" not in d:
            return
        if d["type"] == "advertise" and not m.requests:
            m.sid, m.address, m.advertise_ms = d["opt2"], d["addr"], now
            self.request(m)
        elif d["type"] == "reply" and m.requests:
            m.address, m.reply_ms = d["addr"], now
            self.end(m, "ok")

    def end(self, m, verdict):
        m.verdict = verdict
        self.left -= 1
        self.tell("end", m.number, m.vlan, m.address or "-", m.advertise_ms, m.reply_ms,
                  m.solicits, m.requests, verdict)


def cmd_run(name, *args):
    storm.cmd_run(name, *args, storm=Storm, proto=ETH_P_IPV6)


def cmd_report(name):
    storm.cmd_report(name, "leases", "the ADVERTISE: 50 %, 90 %, 99 %, all; to the REPLY")


if __name__ == "__main__":
    {"run": cmd_run, "report": cmd_report}[sys.argv[1]](*sys.argv[2:])
