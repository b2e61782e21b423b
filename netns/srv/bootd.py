#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A small boot server for the tests: proxyDHCP on port 67, boot requests on 4011.

It plays what no Debian package does: WDS and SCCM (offers below BOOTP's 300
bytes, a boot file only on 4011, option 250 with a referral), boot-server
discovery in its three kinds (RFC 4578's option 43 sub-options of PXE 2.1), and
servers that are late or answer in a way that a relay can get wrong.  It hands
out no addresses unless told to misbehave (--lease), and serves no files; tftpd
and nginx do that.  Every datagram, in and out, becomes one line of JSON in the
log, so that a test can compare what was sent with what the client saw.
"""

import argparse
import heapq
import ipaddress
import json
import select
import socket
import subprocess
import sys
import time

COOKIE = bytes([99, 130, 83, 99])
DISCOVER, OFFER, REQUEST, ACK, INFORM = 1, 2, 3, 5, 8
PXE, HTTP = b"PXEClient", b"HTTPClient"
BROADCAST_FLAG = 0x8000

# Sub-options of option 43 (PXE 2.1, table 2-1).
CONTROL, GROUP, SERVERS, MENU, PROMPT, ITEM = 6, 7, 8, 9, 10, 71
NO_BROADCAST, NO_MULTICAST, ONLY_LISTED, USE_FILE = 1, 2, 4, 8

# Sub-options of option 250 and its actions, from Microsoft's wdsbp.h.
WDS_ACTION, WDS_POLL, WDS_RETRIES, WDS_ID, WDS_REFERRAL = 2, 3, 4, 5, 9
WDS_PENDING, WDS_REFER = 1, 3


def tlvs(data):
    """Code and value of each option; one that recurs is joined (RFC 3396)."""
    found, i = {}, 0
    while i < len(data) and data[i] != 255:
        if data[i] == 0:
            i += 1
            continue
        if i + 2 > len(data):
            break
        code, size = data[i], data[i + 1]
        found[code] = found.get(code, b"") + data[i + 2:i + 2 + size]
        i += 2 + size
    return found


def tlv(code, value):
    return bytes([code, len(value)]) + value


def ip(text):
    return ipaddress.IPv4Address(text).packed


class Message:
    """The fields of one BOOTREQUEST that a boot server looks at."""

    def __init__(self, data):
        if len(data) < 240 or data[0] != 1 or data[236:240] != COOKIE:
            raise ValueError("no DHCP request")
        self.data = data
        self.ciaddr, self.giaddr = data[12:16], data[24:28]
        self.options = tlvs(data[240:])
        self.type = self.options.get(53, b"\0")[0]
        self.vendor = self.options.get(60, b"")
        self.item = tlvs(self.options.get(43, b"")).get(ITEM)

    def archs(self):
        raw = self.options.get(93, b"\0\0")
        return [int.from_bytes(raw[i:i + 2], "big")
                for i in range(0, len(raw) - 1, 2)]


class Server:
    def __init__(self, args):
        self.args = args
        self.own = ip(args.address)
        self.later = []                 # heap of (when, number, send)
        self.number = 0
        self.polls = 0                  # by clients that wait for approval
        self.log = open(args.log, "w", buffering=1)
        self.sockets = {port: self.listen(port) for port in args.ports}
        self.note(ready=True)

    def listen(self, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((self.args.address, port))
        return s

    def note(self, **what):
        print(json.dumps({"at": round(time.time(), 6), **what}), file=self.log)

    def run(self):
        while True:
            wait = None
            if self.later:
                wait = max(0, self.later[0][0] - time.monotonic())
            for s in select.select(list(self.sockets.values()), [], [], wait)[0]:
                self.receive(s)
            while self.later and self.later[0][0] <= time.monotonic():
                heapq.heappop(self.later)[2]()

    def receive(self, s):
        data, peer = s.recvfrom(65536)
        port = s.getsockname()[1]
        self.note(dir="in", port=port, peer="%s:%d" % peer, hex=data.hex())
        try:
            m = Message(data)
        except ValueError:
            return
        reply = self.answer(m, port)
        if reply:
            self.send_later(s, port, reply, self.reply_to(m, port, peer))

    def send_later(self, s, port, reply, peer):
        def send():
            self.note(dir="out", port=port, peer="%s:%d" % peer, hex=reply.hex())
            s.sendto(reply, peer)
            if port == 67 and self.args.die:
                self.die()
        self.number += 1
        heapq.heappush(self.later, (time.monotonic() + self.args.delay,
                                    self.number, send))

    def die(self):
        if self.args.die == "host":
            subprocess.run(["ip", "link", "set", "eth0", "down"], check=True)
        sys.exit(0)

    def reply_to(self, m, port, peer):
        """Where the reply goes. On port 4011, WDS replies to the source of the request;
        smee, and dnsmasq since 2.92, reply to the relay if there was one (--to-relay)."""
        if port == 67 or self.args.to_relay:
            if m.giaddr != bytes(4):
                return str(ipaddress.IPv4Address(m.giaddr)), 67
        return peer

    def answer(self, m, port):
        if port == 67 and m.type == DISCOVER:
            return self.offer(m)
        if m.type in (REQUEST, INFORM) and m.vendor.startswith(PXE):
            if port == 4011 or m.item:
                return self.boot_ack(m)
        return None

    def file_for(self, m):
        """The boot file, or None: WDS does not reply to machines it has no file for."""
        for arch in m.archs():
            if arch in self.args.file:
                return self.args.file[arch]
        return self.args.file.get(None)

    def offer(self, m):
        args = self.args
        name = self.file_for(m)
        if m.vendor.startswith(HTTP) and args.url:
            return self.reply(m, OFFER, b"", tlv(60, HTTP) + tlv(67, args.url.encode()))
        if not m.vendor.startswith(PXE) or name is None:
            return None
        return self.reply(m, OFFER, name if args.file_in_offer else b"",
                          tlv(60, PXE) + self.discovery())

    def discovery(self):
        """Option 43: how the client finds its boot server, if it has to look for one."""
        kind, item = self.args.discovery, self.args.item.to_bytes(2, "big")
        if kind == "none":
            return b""
        if kind == "file":
            return tlv(43, tlv(CONTROL, bytes([USE_FILE])) + b"\xff")
        control = {"unicast": NO_BROADCAST | NO_MULTICAST | ONLY_LISTED,
                   "broadcast": NO_MULTICAST, "multicast": NO_BROADCAST}[kind]
        subs = tlv(CONTROL, bytes([control]))
        if kind == "multicast":
            subs += tlv(GROUP, ip(self.args.group))
        if kind == "unicast":           # for other kinds, iPXE would fall back to it
            subs += tlv(SERVERS, item + b"\x01" + self.own)
        subs += tlv(MENU, item + b"\x04boot")
        subs += tlv(PROMPT, b"\x00boot")        # 0 s to choose: take the first item
        return tlv(43, subs + b"\xff")

    def boot_ack(self, m):
        extra = tlv(60, PXE)
        if m.item:
            if m.item[:2] != self.args.item.to_bytes(2, "big"):
                return None
            extra += tlv(43, tlv(ITEM, m.item) + b"\xff")
        if 250 in m.options:
            extra += self.wds()
        name = self.file_for(m)
        return None if name is None else self.reply(m, ACK, name, extra)

    def wds(self):
        """Option 250: tells wdsnbp.com to wait, and then to go to another server."""
        self.polls += 1
        if self.polls <= self.args.pending:
            return tlv(250, tlv(WDS_ACTION, bytes([WDS_PENDING])) +
                       tlv(WDS_POLL, b"\x00\x01") + tlv(WDS_RETRIES, b"\x00\x0a") +
                       tlv(WDS_ID, self.polls.to_bytes(4, "big")) + b"\xff")
        if self.args.referral:
            return tlv(250, tlv(WDS_ACTION, bytes([WDS_REFER])) +
                       tlv(WDS_REFERRAL, ip(self.args.referral)) + b"\xff")
        return b""

    def reply(self, m, kind, name, extra):
        args, head = self.args, bytearray(m.data[:240])
        head[0] = 2
        head[3] = 0
        if kind == ACK and args.ack_broadcast:
            head[10] |= BROADCAST_FLAG >> 8
        head[16:20] = ip(args.lease) if args.lease and kind == OFFER else bytes(4)
        if kind == ACK and args.ack_yiaddr and m.item:
            head[12:20] = bytes(4) + m.ciaddr
        head[20:24] = self.own
        head[44:236] = bytes(64) + name.ljust(128, b"\0")
        options = tlv(53, bytes([kind])) + tlv(54, self.own)
        if args.lease and kind == OFFER:
            options += tlv(51, b"\x00\x00\x0e\x10") + tlv(1, b"\xff\xff\xff\x00")
        options += extra
        for echoed in (97, 82):         # RFC 3046 2.2: option 82 goes last
            if echoed in m.options:
                options += tlv(echoed, m.options[echoed])
        return (bytes(head) + options + b"\xff").ljust(args.pad, b"\0")


def arch_file(text):
    arch, _, name = text.partition("=")
    return (None if arch == "*" else int(arch, 0)), name.encode()


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--address", required=True, help="own address, also siaddr and option 54")
    p.add_argument("--log", required=True, help="JSON lines, one per datagram")
    p.add_argument("--ports", default=[67, 4011],
                   type=lambda s: [int(n) for n in s.split(",")])
    p.add_argument("--file", action="append", default=[], type=arch_file,
                   metavar="ARCH=NAME", help="boot file for option 93 ARCH, or *")
    p.add_argument("--file-in-offer", action="store_true",
                   help="name it in the offer and not on 4011 only")
    p.add_argument("--url", help="boot URL for HTTPClient")
    p.add_argument("--discovery", default="none",
                   choices=["none", "file", "unicast", "broadcast", "multicast"])
    p.add_argument("--item", type=lambda s: int(s, 0), default=0x8001,
                   help="boot server type of the one menu item")
    p.add_argument("--group", default="224.0.1.2")
    p.add_argument("--ack-broadcast", action="store_true",
                   help="set the broadcast flag in ACKs; else the client's is copied")
    p.add_argument("--ack-yiaddr", action="store_true",
                   help="ACK a boot item with ciaddr moved to yiaddr, as dnsmasq does")
    p.add_argument("--to-relay", action="store_true",
                   help="answer 4011 to giaddr:67 when there is a giaddr")
    p.add_argument("--lease", help="offer this address: what a boot server must not")
    p.add_argument("--pad", type=int, default=0,
                   help="shortest reply; WDS and SCCM do not pad")
    p.add_argument("--delay", type=float, default=0.0, help="seconds before each reply")
    p.add_argument("--pending", type=int, default=0,
                   help="WDS polls answered with `pending'")
    p.add_argument("--referral", help="WDS: then send the client to this server")
    p.add_argument("--die", choices=["service", "host"],
                   help="after the first answer on port 67; host: without the network")
    args = p.parse_args(argv)
    args.file = dict(args.file)
    return args


if __name__ == "__main__":
    Server(arguments(sys.argv[1:])).run()
