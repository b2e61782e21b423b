"""doras.py: a series of machines that each get a lease, with the timers of PXE.

  doras.py IFACE NET COUNT EVERY DONE

COUNT clients start EVERY ms apart, the first three bytes of their MAC being those
of NET (hex, as 02aa10).  Each asks for a lease as firmware does: DISCOVER, and
REQUEST for the first offer, sent again after 4, 8 and 16 s (PXE 2.1, 2.2.2), and
DISCOVER again when a REQUEST is not answered.  When all are done, prints
clients=, leases=, addresses= (different ones), again= (messages sent again) and
longest= (ms from a client's first DISCOVER to its ACK).  It creates the file DONE
when half of them have started.
"""

import select
import socket
import sys
import time

import dhcp
import pkt

PATIENCE = (4, 8, 16, 32)


class Client:
    def __init__(self, net, i, now):
        self.mac = "%s:%02x:%02x:01" % (bytes.fromhex(net).hex(":"), i >> 8,
                                        i & 255)
        self.xid = "0x%s%04x" % (net[2:], i)
        self.start, self.again, self.tries, self.lease = now, 0, 0, None
        self.what, self.opts = "discover", []
        self.due = now

    def send(self, s, iface, now):
        if self.tries:
            self.again += 1
        if self.tries == len(PATIENCE):     # DISCOVER again, or give up
            if self.what == "discover":
                self.due = float("inf")
                return
            self.what, self.opts, self.tries = "discover", [], 0
        d = {"chaddr": self.mac, "xid": self.xid, "type": self.what,
             "opts": self.opts, "secs": str(int(now - self.start)),
             "smac": self.mac}
        for p in dhcp.packets(d, dhcp.message(d)):
            s.sendto(dhcp.frame(d, self.mac, p), (iface, 0))
        self.due = now + PATIENCE[self.tries]
        self.tries += 1

    def hear(self, a, now):
        """Whether there is something to send."""
        if a.get("type") == "offer" and self.what == "discover":
            self.opts = [("opt", "50:" + socket.inet_aton(a["yiaddr"]).hex()),
                         ("opt", "54:" + a["opt54"])]
            self.what, self.tries = "request", 0
            return True
        if a.get("type") == "ack" and self.what == "request" and not self.lease:
            self.lease, self.due = a["yiaddr"], float("inf")
            self.took = now - self.start
        return False


def main(iface, net, count, every, done):
    count, every = int(count), float(every) / 1000
    listen, send = pkt.packet_socket(iface), pkt.packet_socket(iface, False)
    clients, next_start = {}, time.monotonic()
    while len(clients) < count or any(c.due != float("inf")
                                      for c in clients.values()):
        now = time.monotonic()
        if len(clients) < count and now >= next_start:
            c = Client(net, len(clients), now)
            clients[int(c.xid, 16)] = c
            next_start += every
            if len(clients) == count // 2:
                open(done, "w").close()
        for c in clients.values():
            if c.due <= now:
                c.send(send, iface, now)
        if not select.select([listen], [], [], 0.01)[0]:
            continue
        frame, _ = listen.recvfrom(4096)
        a = dhcp.show_frame(frame, partial=True) or {}
        c = clients.get(int(a.get("xid", "0"), 0))
        if a.get("dport") == "68" and c and c.hear(a, time.monotonic()):
            c.send(send, iface, time.monotonic())
    got = [c for c in clients.values() if c.lease]
    print("clients=%d\nleases=%d\naddresses=%d\nagain=%d\nlongest=%d" % (
        count, len(got), len({c.lease for c in got}),
        sum(c.again for c in clients.values()),
        1000 * max((c.took for c in got), default=0)))


main(*sys.argv[1:])
