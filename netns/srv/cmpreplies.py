#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Proves from captures of both legs that a relay changed nothing in a reply.

Every DHCP reply that a server sent to the relay (server leg, to giaddr:67) must
appear on a client leg exactly once with the same bytes, minus the option 82
that the relay had added to the request, padded with zeros to 300 if that made it
shorter than 300.  No client may see a reply that no server sent.  Packets routed on
port 4011 must cross unchanged and once, and no ICMP error about port 4011 may leave the
router for a client.

Reads tcpdump's classic files of Ethernet frames.  Exit 0 if nothing is wrong, 1
with one line per fault, 2 when there was less to compare than --at-least.
"""

import argparse
import collections
import ipaddress
import struct
import sys

COOKIE = bytes([99, 130, 83, 99])
RAI, PAD, END, PXE = 82, 0, 255, {43, 60}
OFFER = 2
PROBE = bytes.fromhex("027078726c79")   # chaddr of the relay's probes (proto/probemsg)
BOOTP_MIN = 300                 # what old clients and snooping switches expect

Udp = collections.namedtuple("Udp", "at src sport dst dport data")


def frames(path):
    """Time and bytes of each frame of a capture."""
    with open(path, "rb") as f:
        raw = f.read()
    order = {0xa1b2c3d4: "<", 0xd4c3b2a1: ">"}[struct.unpack_from("<I", raw)[0]]
    i = 24
    while i + 16 <= len(raw):
        sec, usec, size, full = struct.unpack_from(order + "4I", raw, i)
        if i + 16 + size > len(raw):
            break                       # tcpdump is still writing this frame
        if size != full:
            sys.exit("%s: frame cut by the capture" % path)
        yield sec + usec / 1e6, raw[i + 16:i + 16 + size]
        i += 16 + size


def ipv4(path):
    """Time, protocol, source, destination and payload of each IPv4 packet."""
    for at, f in frames(path):
        if f[12:14] != b"\x08\x00":
            continue
        head, total = (f[14] & 15) * 4, int.from_bytes(f[16:18], "big")
        if int.from_bytes(f[20:22], "big") & 0x3fff:
            continue                    # a fragment: TFTP sends some, DHCP never does
        yield at, f[23], f[26:30], f[30:34], f[14 + head:14 + total]


def udp(path):
    return [Udp(at, src, int.from_bytes(p[:2], "big"),
                dst, int.from_bytes(p[2:4], "big"), p[8:])
            for at, proto, src, dst, p in ipv4(path) if proto == 17]


def is_dhcp(u, op):
    return len(u.data) >= 240 and u.data[0] == op and u.data[236:240] == COOKIE


def options(data):
    """Position, code and bytes (with code and length) of each option."""
    i = 240
    while i < len(data) and data[i] != END:
        size = 1 if data[i] == PAD else 2 + int.from_bytes(data[i + 1:i + 2], "big")
        yield i, data[i], data[i:i + size]
        i += size


def without(data, codes, size):
    """The message without these options, padded to that size."""
    out, i = data[:240], 240
    for i, code, whole in options(data):
        if code not in codes:
            out += whole
        i += len(whole)
    out += data[i:]
    return out.ljust(size, b"\0")


def has(data, codes):
    return any(code in codes for _, code, _ in options(data))


def client_of(data):
    """The transaction: xid and chaddr."""
    return data[4:8] + data[28:44]


def with_rai(packets):
    return {client_of(u.data) for u in packets if is_dhcp(u, 1)
            and has(u.data, {RAI})}


def dhcp_type(u):
    return next((w[2] for _, code, w in options(u.data) if code == 53), 0)


def brief(u):
    return "%s:%d > %s:%d type %d xid %s, %d bytes" % (
        ipaddress.IPv4Address(u.src), u.sport, ipaddress.IPv4Address(u.dst),
        u.dport, dhcp_type(u), u.data[4:8].hex(), len(u.data))


def difference(want, got):
    at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b),
              min(len(want), len(got)))
    return "differs at byte %d: should be %d bytes ..%s.., is %d bytes ..%s.." % (
        at, len(want), want[at:at + 12].hex(), len(got), got[at:at + 12].hex())


class Check:
    def __init__(self, args):
        self.client = [u for path in args.client for u in udp(path)]
        self.server = udp(args.server)
        self.dropped = {ipaddress.IPv4Address(a).packed for a in args.dropped}
        self.stripped = {ipaddress.IPv4Address(a).packed for a in args.pxe_stripped}
        # The relay added option 82 where the request had none on the client's side.
        self.added = with_rai(self.server) - with_rai(self.client)
        self.faults, self.compared = [], 0

    def expected(self, u):
        """What the client must see of a server's reply."""
        data = u.data
        if u.src in self.stripped and dhcp_type(u) == OFFER and has(data, PXE):
            data = without(data, PXE, min(len(data), BOOTP_MIN))
        if client_of(data) in self.added and has(data, {RAI}):
            data = without(data, {RAI}, BOOTP_MIN)
        return data

    def replies(self):
        seen = [u for u in self.client if is_dhcp(u, 2) and self.from_relay(u)]
        for u in self.server:
            if not is_dhcp(u, 2) or u.dport != 67 or u.dst != u.data[24:28]:
                continue
            if u.data[28:34] == PROBE:  # one on a client leg is reported below
                continue
            want = self.expected(u)
            same = [c for c in seen if c.data == want]
            if u.src in self.dropped:
                if same:
                    self.faults.append("should have been dropped: " + brief(u))
            elif same:
                seen.remove(same[0])
                self.compared += 1
            else:
                self.lost_or_changed(u, want, seen)
        self.faults += ["out of nowhere: " + brief(c) for c in seen]

    def from_relay(self, u):
        """Whether the relay sent it; all other packets from 4011 were routed, see routed()."""
        return u.sport == 67 or u.src == u.data[24:28]

    def lost_or_changed(self, u, want, seen):
        """Records the fault: a reply of the same server and transaction is the changed one."""
        for c in seen:
            if client_of(c.data) == client_of(want) and c.data[20:24] == want[20:24]:
                seen.remove(c)
                self.faults.append(brief(u) + ": " + difference(want, c.data))
                return
        self.faults.append("lost: " + brief(u))

    def routed(self):
        """Unicast on 4011 in both directions: each packet is on both legs, once."""
        def legs(leg):
            return collections.Counter(
                u[1:] for u in leg if 4011 in (u.sport, u.dport)
                and u.dport != 67 and self.unicast(u) and not self.intercepted(u))
        there, here = legs(self.client), legs(self.server)
        self.compared += sum((there & here).values())
        for leg, more in (("client", there - here), ("server", here - there)):
            self.faults += ["on the %s leg only: %s" % (leg, brief(Udp(0, *u)))
                            for u in more.elements()]

    def unicast(self, u):
        return u.dst[0] < 224

    def intercepted(self, u):
        """Whether the relay passed it on, or it is a reply to such a packet."""
        return any(not self.unicast(c) and c.dport == 4011 and
                   (c.src, c.sport) in ((u.src, u.sport), (u.dst, u.dport))
                   for c in self.client)

    def discovery(self):
        """What was intercepted on 4011 keeps its payload, except hops and giaddr, and the
        client's address and port."""
        def masked(data):
            return data[:3] + b"\0" + data[4:24] + bytes(4) + data[28:]
        asked = [u for u in self.client if u.dport == 4011 and not self.unicast(u)]
        for u in asked:
            if not any(s.dport == 4011 and (s.src, s.sport) == (u.src, u.sport)
                       and masked(s.data) == masked(u.data) for s in self.server):
                self.faults.append("not passed on as it was: " + brief(u))
        clients = {(u.src, u.sport) for u in asked}
        for u in self.server:
            if u.sport == 4011 and (u.dst, u.dport) in clients:
                if not any(c[1:] == u[1:] for c in self.client):
                    self.faults.append("answer on 4011 lost: " + brief(u))
                self.compared += 1

    def icmp(self, path):
        for _, proto, src, dst, p in ipv4(path):
            if proto == 1 and p[0] == 3 and len(p) >= 32 and p[28 + 2:32] == b"\x0f\xab":
                self.faults.append("ICMP error about 4011: %s > %s" % (
                    ipaddress.IPv4Address(src), ipaddress.IPv4Address(dst)))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--client", action="append", required=True, help="capture, repeatable")
    p.add_argument("--server", required=True, help="capture of the server leg")
    p.add_argument("--at-least", type=int, default=1, help="replies there must have been")
    p.add_argument("--dropped", action="append", default=[], metavar="ADDR",
                   help="a server whose replies on 67 the relay has to drop")
    p.add_argument("--pxe-stripped", action="append", default=[], metavar="ADDR",
                   help="a server whose offers lose options 60 and 43")
    args = p.parse_args()
    check = Check(args)
    check.replies()
    check.routed()
    check.discovery()
    for path in args.client:
        check.icmp(path)
    for fault in check.faults:
        print(fault)
    print("%d replies compared, %d faults" % (check.compared, len(check.faults)))
    if check.faults:
        return 1
    return 0 if check.compared >= args.at_least else 2


if __name__ == "__main__":
    sys.exit(main())
