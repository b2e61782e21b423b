"""offline-cases.py: captures of one boot each, made up as a client's VLAN would show them.

  offline-cases.py DIR EXPLAIN.DEF

writes them as DIR/VERDICT or DIR/VERDICT+WORD, and prints the verdicts of EXPLAIN.DEF that have
no case, though a capture could show them.
The packets of a case are 200 ms apart, unless it waits.
"""

import re
import struct
import sys

MAC = bytes.fromhex("02000000aa01")
GW = bytes.fromhex("0200000000fe")
RELAY, LESSOR, BOOT, ME = "192.0.2.1", "198.51.100.10", "198.51.100.30", "192.0.2.77"
BOOT6, ME6, LINK6, RELAY6 = "2001:db8:b::30", "2001:db8:10::77", "fe80::77", "fe80::1"
EFI = b"PXEClient:Arch:00007:UNDI:003016"
BIOS = b"PXEClient:Arch:00000:UNDI:002001"
WEB = b"HTTPClient:Arch:00016:UNDI:003001"

# Verdicts on what a relay did or knows, which a capture does not tell: what it dropped, which
# servers it asked, which are configured, and their health.
OF_A_RELAY = """nothing-seen untrusted-option82 untrusted-relay rate-limited v6-not-asked
no-relay-address no-link-address standby rule-drop no-server loop request-refused behind-relay
rogue-server rogue-server-v6 client-uplink reverse-path unknown-server answer-refused wrong-link
lease-refused wrong-subnet servers-down unicast-ignored spanning-tree owner-dead boot-server-dead
silent-boot-server no-boot-server hedged rescued""".split()


def ip(text):
    if ":" not in text:
        return bytes(map(int, text.split(".")))
    head, _, tail = text.partition("::")
    words = [[int(w, 16) for w in part.split(":") if w] for part in (head, tail)]
    return struct.pack(">8H", *words[0], *[0] * (8 - len(words[0]) - len(words[1])), *words[1])


def csum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    return ~(total + (total >> 16) + (total >> 32)) & 0xffff


def frame(src, dst, proto, body, fragment=0):
    src, dst = ip(src), ip(dst)
    if len(src) == 16:
        packet = struct.pack(">IHBB", 6 << 28, len(body), proto, 64) + src + dst + body
    else:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, fragment, 64, proto, 0)
        head = head + src + dst
        head = head[:10] + struct.pack(">H", csum(head)) + head[12:]
        packet = head + body
    mine = src in (ip(ME), ip(ME6), ip(LINK6), bytes(4))
    return (GW + MAC if mine else MAC + GW) + (b"\x86\xdd" if len(src) == 16 else b"\x08\0") + packet


def udp(src, sport, dst, dport, data):
    return frame(src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data)


def dhcp4(op, kind, xid, yiaddr="0.0.0.0", siaddr="0.0.0.0", giaddr="0.0.0.0", file=b"", opts=()):
    data = struct.pack(">BBBBIHH", op, 1, 6, 0, xid, 0, 0x8000) + bytes(4) + ip(yiaddr)
    data += ip(siaddr) + ip(giaddr) + MAC.ljust(16, b"\0") + bytes(64) + file.ljust(128, b"\0")
    data += b"\x63\x82\x53\x63" + (bytes([53, 1, kind]) if kind else b"")
    return data + b"".join(bytes([c, len(v)]) + v for c, v in opts) + b"\xff"


def tlv(code, data=b""):
    return struct.pack(">HH", code, len(data)) + data


class Boot:
    """A boot; each method adds packets."""

    def __init__(self):
        self.now, self.rows, self.xid, self.cls = 1000.0, [], 7, EFI
        self.me, self.server = ME, BOOT

    def add(self, data):
        self.rows.append((self.now, data))
        self.now += 0.2

    def wait(self, s):
        self.now += s

    def ask(self, kind=1, **more):
        arch = int(re.search(rb":(\d{5}):", self.cls)[1])
        opts = [(60, self.cls), (93, struct.pack(">H", arch)), (94, b"\1\3\x10"), (97, bytes(17)),
                (55, b"\1\3\x42\x43"), (57, b"\5\xc0")]
        opts += [(54, ip(LESSOR)), (50, ip(ME))] if kind == 3 else []
        self.add(udp("0.0.0.0", 68, "255.255.255.255", 67,
                     dhcp4(1, kind, self.xid, opts=opts + more.get("opts", []))))

    def answer(self, kind=2, server=LESSOR, lease=True, file=b"", router=b"\xc0\0\2\1",
               yiaddr=ME, **more):
        opts = [(54, ip(server))]
        opts += [(51, b"\0\0\x0e\x10"), (1, b"\xff\xff\xff\0")] if lease else []
        opts += [(3, router)] if lease and router else []
        self.add(udp(RELAY, 67, "255.255.255.255", 68, dhcp4(
            2, kind, self.xid, yiaddr if lease else "0.0.0.0", BOOT if file else "0.0.0.0",
            RELAY, file, opts + more.get("opts", []))))

    def dora(self, file=b"boot.efi", cls=EFI, **more):
        self.cls = cls
        self.ask()
        self.answer(file=file, **more)
        self.ask(3)
        self.answer(5, file=file, **more)

    def port4011(self, replies=0, to=4011):
        self.add(udp(ME, 4011, BOOT, 4011, dhcp4(1, 3, self.xid, opts=[(60, self.cls)])))
        for _ in range(replies):
            self.add(udp(BOOT, 4011, ME, to, dhcp4(2, 5, self.xid, file=b"boot.efi", siaddr=BOOT,
                                                   opts=[(60, b"PXEClient"), (54, ip(BOOT))])))

    # TFTP, from the client (say) and from the server (hear)
    def read(self, name=b"boot.efi", port=2001):
        self.port = port
        self.add(udp(self.me, port, self.server, 69,
                     b"\0\1" + name + b"\0octet\0tsize\0000\0blksize\0001468\0"))

    def say(self, op, n):
        self.add(udp(self.me, self.port, self.server, 40000, struct.pack(">HH", op, n)))

    def hear(self, op, n=0, data=b""):
        head = struct.pack(">H", op) + (b"" if op == 6 else struct.pack(">H", n))
        self.add(udp(self.server, 40000, self.me, self.port, head + data))

    def oack(self, size, block=1468):
        self.hear(6, 0, b"tsize\0%d\0blksize\0%d\0" % (size, block))

    def load(self, blocks, last=100, block=1468, to=None, step=1):
        self.oack((blocks - 1) * block + last, block)
        self.say(4, 0)
        for n in range(1, (to or blocks) + 1, step):
            self.hear(3, n & 0xffff, bytes(block if n < blocks else last))
            self.say(4, n & 0xffff)

    def piece(self):
        self.add(frame(self.server, self.me, 17, bytes(1400), 0x2000))

    def tcp(self, src, dst, sport, dport, seq, data, flags=0x18):
        self.add(frame(src, dst, 6, struct.pack(">HHIIBBHHH", sport, dport, seq, 0, 0x50, flags,
                                                8192, 0, 0) + data))

    def http(self, status, length=0, have=0, method=b"GET", again=0):
        self.tcp(self.me, self.server, 3001, 80, 1, method + b" /boot.efi HTTP/1.1\r\n\r\n")
        head = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, length)
        self.tcp(self.server, self.me, 80, 3001, 0xffffff00, head)
        for at in [*range(0, have, 400), *[0] * again]:
            self.tcp(self.server, self.me, 80, 3001, 0xffffff00 + len(head) + at & 0xffffffff,
                     bytes(min(400, length - at)))

    # DHCPv6
    def ask6(self, kind=1, cls=True, arch=7, port=547, ia=True, oro=b"\0\x3b", more=b""):
        vendor = struct.pack(">IH", 343, len(self.cls)) + self.cls
        data = tlv(1, b"\0\3\0\1" + MAC) + tlv(6, oro) + tlv(8, b"\0\0") + more
        data += tlv(16, vendor) + tlv(61, struct.pack(">H", arch)) if cls else b""
        data += tlv(3, bytes(12)) if ia else b""
        data += tlv(2, b"\0\3\0\1server") if kind == 3 else b""
        self.add(udp(LINK6, 546, "ff02::1:2", port,
                     bytes([kind]) + self.xid.to_bytes(3, "big") + data))

    def answer6(self, kind=2, url=b"tftp://[2001:db8:b::30]/boot.efi", lease=True, more=b"",
                server=b"server"):
        data = tlv(1, b"\0\3\0\1" + MAC) + tlv(2, b"\0\3\0\1" + server) + more
        data += tlv(3, bytes(12) + tlv(5, ip(ME6) + b"\0\0\x0e\x10" * 2)) if lease else b""
        data += tlv(59, url) if url else b""
        self.add(udp(RELAY6, 547, LINK6, 546, bytes([kind]) + self.xid.to_bytes(3, "big") + data))

    def dora6(self, **more):
        self.me, self.server = ME6, BOOT6
        self.ask6()
        self.answer6(**more)
        self.ask6(3)
        self.answer6(7, **more)


PXE = [(60, b"PXEClient")]
WEBCLASS = tlv(16, struct.pack(">IH", 343, 10) + b"HTTPClient")
IPXE = tlv(15, b"\0\4iPXE")
PXECLASS = tlv(16, struct.pack(">IH", 343, 9) + b"PXEClient")

CASES = {
    "no-offer": "b.ask(); b.wait(4); b.ask(); b.wait(8); b.ask()",
    "address-refused": "b.ask(); b.answer(); b.ask(3); b.answer(6, lease=False)",
    "address-in-use": "b.dora(); b.ask(4)",
    "only-boot-offers": "b.ask(); b.answer(server=BOOT, lease=False, opts=PXE)",
    "request-unanswered": "b.ask(); b.answer(file=b'boot.efi'); b.ask(3); b.wait(4); b.ask(3)",
    "offer-not-taken": "b.ask(); b.answer(file=b'boot.efi'); b.wait(40); b.ask()",
    "4011-wrong-port": "b.dora(b''); b.port4011(1, 68)",
    "4011-unanswered": "b.ask(); b.answer(); b.answer(server=BOOT, lease=False, opts=PXE);"
                       "b.ask(3); b.answer(5); b.port4011(); b.wait(4); b.port4011()",
    "option60-no-4011": "b.dora(b'', server=BOOT, opts=PXE); b.port4011(); b.wait(4); b.port4011()",
    "no-router": "b.dora(router=None); b.tcp(ME, BOOT, 9, 9, 1, b'')",
    "no-boot-file": "b.dora(b''); b.tcp(ME, BOOT, 9, 9, 1, b'')",
    "no-tftp-request": "b.dora(server=BOOT); b.tcp(ME, BOOT, 9, 9, 1, b'')",
    "http-without-uri": "b.dora(cls=WEB)",
    "wrong-architecture": "b.dora(b'boot.efi', cls=BIOS); b.read(); b.load(3)",
    "servers-disagree": "b.ask(); b.answer(); b.answer(server=BOOT, router=b'\\xc0\\0\\2\\2');"
                        "b.ask(3); b.answer(5, file=b'boot.efi')",
    "second-relay": "b.ask(); b.answer(); b.wait(-0.12); b.answer(); b.ask(3);"
                    "b.answer(5, file=b'boot.efi')",
    "offer-too-late": "b.dora(b''); b.wait(5); b.answer(server=BOOT, lease=False, opts=PXE);"
                      "b.tcp(ME, BOOT, 9, 9, 1, b'')",
    "raspberry-pi": "b.cls = BIOS; b.ask(); b.answer(opts=[(43, b'\\x09\\x14\\0\\0\\x11Raspberry Pi Boot\\xff'), *PXE])",
    "discovery-unanswered": "b.dora(b'', opts=PXE); b.ask(3, opts=[(43, b'\\x47\\4\\0\\1\\0\\0\\xff')]);"
                            "b.wait(4); b.ask(3, opts=[(43, b'\\x47\\4\\0\\1\\0\\0\\xff')])",
    "leased": "b.dora()",
    "going-on": "b.ask()",
    "tftp-not-found": "b.dora(); b.read(); b.hear(5, 1, b'no file\\0')",
    "tftp-not-found+v6": "b.dora6(); b.read(); b.hear(5, 1, b'no file\\0')",
    "tftp-error": "b.dora(); b.read(); b.hear(5, 2, b'denied\\0')",
    "tftp-error+v6": "b.dora6(); b.read(); b.hear(5, 2, b'denied\\0')",
    "tftp-unanswered": "b.dora(); [b.read(port=2000 + n) for n in range(5)]",
    "tftp-block0": "b.dora(); b.read(); b.oack(9999); b.wait(2); b.oack(9999); b.wait(2); b.oack(9999)",
    "tftp-block0+v6": "b.dora6(); b.read(); b.oack(9999); [(b.wait(2), b.say(4, 0)) for _ in 'abc']",
    "large-blocks-lost": "b.dora(); b.read(); b.oack(9999); b.say(4, 0);"
                         "[(b.wait(2), b.hear(3, 1, bytes(1468))) for _ in 'abc']",
    "large-blocks-lost+fragments": "b.dora(); b.read(); b.oack(9999, 8192);"
                                   "[(b.say(4, 0), b.piece(), b.wait(2)) for _ in 'abc']",
    "transfer-stuck": "b.dora(); b.read(); b.load(9, to=5);"
                      "[(b.wait(2), b.hear(3, 6, bytes(1468))) for _ in 'abc']",
    "booted": "b.dora(); b.read(); b.oack(4000); b.say(5, 8); b.read(port=2002); b.load(3)",
    "booted+rollover": "b.dora(); b.read(); b.load(66001, 4, 8, step=11000)",
    "booted+http": "b.dora(b'http://x/boot.efi', cls=WEB, opts=[(60, b'HTTPClient')]);"
                   "b.http(200, 900, method=b'HEAD'); b.http(200, 900, 900)",
    "http-not-found": "b.dora(b'http://x/boot.efi', cls=WEB, opts=[(60, b'HTTPClient')]); b.http(404)",
    "http-error+v6": "b.cls = WEB; b.dora6(url=b'http://[2001:db8:b::30]/x', more=WEBCLASS); b.http(503)",
    "transfer-stuck+http": "b.dora(b'http://x/boot.efi', cls=WEB, opts=[(60, b'HTTPClient')]);"
                           "b.http(200, 9000, 800, again=3)",
    "no-advertise": "b.ask6(); b.wait(1); b.ask6(); b.wait(2); b.ask6()",
    "no-addresses-v6": "b.ask6(); b.answer6(lease=False, url=None, more=tlv(13, b'\\0\\2'))",
    "no-bootfile-v6": "b.ask6(); b.answer6(url=None)",
    "stateless-only": "b.ask6(11, ia=False); b.answer6(7, url=None, lease=False)",
    "http-class-missing": "b.cls = WEB; b.dora6(url=b'http://[2001:db8:b::30]/x')",
    "bad-url": "b.dora6(url=b'nfs://[2001:db8:b::30]/x')",
    "bootfile-size": "b.dora6(more=tlv(60, b'\\0\\3abc'))",
    "pxe-class-in-lease": "b.dora6(more=PXECLASS)",
    "too-large-v6": "b.dora6(more=tlv(17, bytes(1500)))",
    "boot-step-lost": "b.dora6(url=None, more=PXECLASS); b.ask6(3, port=4011)",
    "preference-255": "b.ask6(); b.answer6(url=None, more=tlv(7, b'\\xff'));"
                      "b.answer6(lease=False, server=b'second', more=PXECLASS)",
    "hidden-url": "[(b.ask6(k, cls=False, more=tlv(61, b'\\0\\7')), b.answer6(a, more=tlv(14)))"
                  "for k, a in ((1, 2), (3, 7))]",
    "first-wins": "b.ask6(more=IPXE); b.answer6(url=None); b.answer6(server=b'second');"
                  "b.ask6(3, more=IPXE); b.answer6(7, url=None)",
    "booted-v6": "b.dora6(); b.read(); b.load(3)",
    "leased-v6": "[(b.ask6(k, cls=False, oro=b'\\0\\x17'), b.answer6(a, url=None)) for k, a in ((1, 2), (3, 7))]",
}


def write(case, path):
    boot = Boot()
    exec(CASES[case], {"b": boot, **globals()})
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        # The capture goes on until the boot is over.
        for t, data in boot.rows + [(boot.now + (case != "going-on") * 60, bytes(60))]:
            f.write(struct.pack("<IIII", int(t), round(t % 1 * 1e6), len(data), len(data)) + data)


for name in CASES:
    write(name, sys.argv[1] + "/" + name)
have = {name.partition("+")[0] for name in CASES} | set(OF_A_RELAY)
with open(sys.argv[2]) as explain:
    print(*sorted(set(re.findall(r'^EXPLAIN\(\w+, \w+, "([^"]*)"', explain.read(), re.M)) - have))
