#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets request, reply, p4011 and doctor.

They are conversations of made-up clients: what a machine sends and what its
servers reply, in the form that tests/fuzz/path.h describes. Inputs that fuzzing
found later are in the same folders, but are not made here.

    tests/fuzz/seeds.py          writes tests/fuzz/corpus/{request,reply,p4011,doctor}/
"""
import os
import socket
import struct

HERE = os.path.dirname(os.path.abspath(__file__))

# the configurations of path.c
PLAIN, APPEND, REPLACE, BOOT, STRICT, LARGE, FAILOVER = range(7)
# path_ifindex(), path_server(), path_client()
VLAN10, VLAN20, UN30, UN31, ETH0, DOWN, NOADDR, NOBODY = range(8)
DHCP, WDS, FOG, LINUX, ON_VLAN, ROGUE, OURSELVES, NONE = range(8)

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
BROADCAST = 0x8000
MAC = bytes.fromhex("525400000001")
PI = bytes.fromhex("b827eb100001")
BAD = bytes.fromhex("525400bad001")
UUID = bytes.fromhex("00 31323334 35363738 9abcdef0 01020304")
DISCOVERY = bytes.fromhex("4704 0002 0000 ff")

BIOS = {60: b"PXEClient:Arch:00000:UNDI:002001", 93: b"\0\0", 94: b"\1\2\1"}
UEFI = {60: b"PXEClient:Arch:00007:UNDI:003000", 93: b"\0\7", 97: UUID}
HTTP = {60: b"HTTPClient:Arch:00016:UNDI:003000", 93: b"\0\x10", 97: UUID}
IPXE = {**BIOS, 77: b"iPXE", 175: bytes.fromhex("b105018086100e")}


def msg(op=1, kind=DISCOVER, mac=MAC, xid=1, flags=0, hops=0, hlen=6,
        giaddr="0.0.0.0", ciaddr="0.0.0.0", yiaddr="0.0.0.0", options=None,
        end=True, cookie=True, pad=0):
    ip = socket.inet_aton
    # no field that must stay unchanged is 0
    m = struct.pack("!BBBBIHH", op, 1, hlen, hops, xid, 0x0304, flags)
    m += ip(ciaddr) + ip(yiaddr) + ip("10.11.12.13") + ip(giaddr)
    m += mac.ljust(16, b"\x55")
    if 52 in (options or {}):	# overloaded
        m += b"\x0c\4name\xff".ljust(64, b"\0")
        m += b"\x43\4file\xff".ljust(128, b"\0")
    else:
        m += b"the server's name".ljust(64, b"\x66")
        m += b"boot/file".ljust(128, b"\x77")
    if cookie:
        m += bytes.fromhex("63825363")
        if kind:
            m += bytes((53, 1, kind))
        for code, value in (options or {}).items():
            m += bytes((code, len(value))) + value
        if end:
            m += b"\xff"
    return m.ljust(pad, b"\0")


def reply(kind=OFFER, giaddr="192.0.2.1", **more):
    return msg(op=2, kind=kind, giaddr=giaddr, **more)


def packet(who, data, how=0, wait=0):
    return struct.pack("!BBBH", who, how, wait, len(data)) + data


def answer(server, data, by=ETH0, wait=0):
    return packet(server, data, 1 | by << 1, wait)


def ask4011(vlan, data, client=0, port4011=False, wait=0):
    return packet(vlan, data, client << 1 | (16 if port4011 else 0) | 6 << 5,
                  wait)


def write(target, name, variant, *packets):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(bytes((variant,)) + b"".join(packets))


def requests():
    def one(name, variant, *messages, vlan=VLAN10, wait=0):
        write("request", name, variant,
              *(packet(vlan, m, wait=wait) for m in messages))

    one("plain", PLAIN, msg(pad=300))
    one("no-end", PLAIN, msg(end=False, options={12: b"old"}))
    one("bootp", PLAIN, msg(cookie=False, pad=300))
    one("retry-rotates", BOOT, *[msg(options=BIOS)] * 5, vlan=VLAN20, wait=80)
    one("all-subnets", REPLACE, msg(pad=300), vlan=VLAN20)
    one("foreign-giaddr", PLAIN, msg(giaddr="10.9.8.7", hops=1),
        msg(giaddr="10.9.8.7", hops=3))
    one("spoofed-giaddr", PLAIN, msg(giaddr="192.0.2.1"),
        msg(giaddr="10.255.0.1"))
    one("hops", STRICT, msg(hops=2), msg(hops=3, xid=2))
    one("rate", STRICT, *(msg(xid=i, mac=MAC[:5] + bytes((i,)))
                          for i in range(12)))
    one("append-82", APPEND, msg(options={82: b"\1\1x", 12: b"behind"}, pad=320))
    one("replace-82", REPLACE, msg(options={82: b"\1\1x", 12: b"behind"}))
    one("replace-82-twice", REPLACE, msg(options={82: b"\1\1x"}, end=False) +
        b"\x52\x03\1\1y\xff")
    one("behind-end", REPLACE, msg(options={82: b"\1\1x"}) + b"\0\0ind\xff\0\0",
        msg(pad=548), msg(options={82: b"\1\1x"}, pad=1460))
    one("discard-82", STRICT, msg(options={82: b"\1\1x"}))
    one("bad-82", APPEND, msg(options={82: b"\1\x09x"}))
    one("untrusted-82", PLAIN, msg(options={82: b"\1\1x"}))
    one("no-room", LARGE, msg(pad=1400), msg(xid=2, options={
        i: bytes(200) for i in range(224, 230)}))
    one("bios", BOOT, msg(options=BIOS), msg(kind=REQUEST, options={
        54: bytes((198, 51, 100, 10)), **BIOS}))
    one("uefi-http", BOOT, msg(options=UEFI), msg(options=HTTP))
    one("ipxe", BOOT, msg(options=IPXE))
    one("raspberry-pi", BOOT, msg(mac=PI, options=BIOS))
    one("rule-drop", BOOT, msg(mac=BAD), msg(mac=BAD, kind=REQUEST))
    one("discovery", BOOT, msg(kind=REQUEST, ciaddr="192.0.2.100",
                               options={43: DISCOVERY, **UEFI}))
    one("inform", BOOT, msg(kind=INFORM, ciaddr="192.0.2.100"))
    one("selecting-boot", BOOT, msg(kind=REQUEST, options={
        54: bytes((198, 51, 100, 21)), **UEFI}))
    one("hedge", FAILOVER, *(msg(options=UEFI, xid=i) for i in (1, 2, 1, 3)),
        wait=2)
    one("hedge-foreign", FAILOVER, *[msg(giaddr="10.9.8.7", options=UEFI)] * 3,
        wait=1)
    one("overload", BOOT, msg(options={52: b"\3"}))
    one("hlen", PLAIN, msg(hlen=16, mac=UUID[1:]), msg(hlen=0), msg(hlen=17))
    write("request", "everywhere", PLAIN,
          *(packet(i, msg(xid=i)) for i in range(8)))
    write("request", "unicast", APPEND, packet(VLAN10, msg(
        kind=REQUEST, ciaddr="192.0.2.100"), how=1))


def replies():
    rai = b"\1\7vlan10:\2\4host"

    write("reply", "offer", PLAIN, packet(VLAN10, msg()),
          answer(DHCP, reply(yiaddr="192.0.2.50", pad=300)))
    write("reply", "broadcast-flag", PLAIN, packet(VLAN10, msg(flags=BROADCAST)),
          answer(DHCP, reply(yiaddr="192.0.2.50")))
    write("reply", "nak", PLAIN, answer(DHCP, reply(kind=NAK)))
    write("reply", "proxy-offer", BOOT, packet(VLAN10, msg(options=UEFI)),
          answer(WDS, reply(options={60: b"PXEClient"})))
    write("reply", "lease-from-proxy", BOOT, packet(VLAN10, msg(options=UEFI)),
          answer(WDS, reply(yiaddr="192.0.2.50", options={51: bytes(4)})),
          answer(WDS, reply(kind=ACK, yiaddr="192.0.2.50",
                            options={51: bytes(4)})))
    write("reply", "strip-pxe", BOOT, packet(VLAN10, msg(options=BIOS)),
          answer(DHCP, reply(yiaddr="192.0.2.50", options={
              60: b"PXEClient", 43: DISCOVERY, 67: b"file", 3: bytes(4)})))
    write("reply", "boot-ack", BOOT,
          packet(VLAN10, msg(kind=REQUEST, ciaddr="192.0.2.100",
                             flags=BROADCAST,
                             options={43: DISCOVERY, **UEFI})),
          answer(WDS, reply(kind=ACK, yiaddr="192.0.2.100", flags=BROADCAST)))
    write("reply", "echo-82", APPEND, packet(VLAN10, msg()),
          answer(DHCP, reply(yiaddr="192.0.2.50",
                             options={82: rai, 12: b"behind"})))
    write("reply", "large-82", LARGE, packet(VLAN20, msg()),
          answer(DHCP, reply(giaddr="203.0.113.1", yiaddr="203.0.113.9",
                             options={82: b"\1\1x"})))
    write("reply", "shared-giaddr", PLAIN, packet(UN30, msg()),
          packet(UN31, msg(xid=2)),
          answer(DHCP, reply(giaddr="10.255.0.1", yiaddr="172.16.3.9")),
          answer(DHCP, reply(giaddr="10.255.0.1", yiaddr="172.16.4.9", xid=2)),
          answer(DHCP, reply(giaddr="10.255.0.1", yiaddr="172.16.4.9", xid=3)))
    write("reply", "shared-by-others", PLAIN, packet(VLAN10, msg()),
          answer(DHCP, reply(giaddr="10.255.0.1", yiaddr="172.16.3.9")))
    write("reply", "rotate", BOOT, *[packet(VLAN20, msg())] * 4,
          answer(DHCP, reply(giaddr="203.0.113.129", yiaddr="203.0.113.140")),
          packet(VLAN20, msg(xid=2)))
    write("reply", "all-subnets", REPLACE, packet(VLAN20, msg()),
          answer(DHCP, reply(giaddr="203.0.113.129", yiaddr="203.0.113.140")))
    write("reply", "rogue", PLAIN, packet(VLAN10, msg()),
          *(answer(s, reply(yiaddr="192.0.2.66"), by=v)
            for s in range(8) for v in (VLAN10, ETH0)))
    write("reply", "unknown-server", STRICT,
          answer(ROGUE, reply(yiaddr="192.0.2.66")))
    write("reply", "giaddr", PLAIN,
          *(answer(DHCP, reply(giaddr=g, yiaddr="192.0.2.66")) for g in
            ("0.0.0.0", "192.0.2.2", "198.51.100.1", "10.50.0.1",
             "255.255.255.255")))
    write("reply", "failover", FAILOVER, packet(VLAN10, msg(options=UEFI)),
          answer(WDS, reply(options={60: b"PXEClient"}), wait=1),
          packet(VLAN10, msg(options=UEFI), wait=2))
    write("reply", "hlen", PLAIN, packet(VLAN10, msg(hlen=16, mac=UUID[1:])),
          answer(DHCP, reply(hlen=16, mac=UUID[1:], yiaddr="192.0.2.50")),
          answer(DHCP, reply(hlen=0, xid=9, yiaddr="192.0.2.50")))
    write("reply", "bootp", PLAIN, packet(VLAN10, msg(cookie=False)),
          answer(DHCP, reply(cookie=False, yiaddr="192.0.2.50")))
    write("reply", "overload", BOOT, answer(DHCP, reply(
        yiaddr="192.0.2.50", options={52: b"\3", 60: b"PXEClient"})))
    write("reply", "short", PLAIN, answer(DHCP, reply(
        yiaddr="192.0.2.50", end=False)))


def port4011():
    ask = dict(kind=REQUEST, ciaddr="192.0.2.100")

    write("p4011", "plain", BOOT, ask4011(VLAN10, msg(options=UEFI, **ask)))
    write("p4011", "ris", BOOT, ask4011(VLAN10, b"\x81NEG not DHCP at all"))
    write("p4011", "empty", BOOT, ask4011(VLAN10, b""))
    write("p4011", "no-boot", PLAIN, ask4011(VLAN10, msg(**ask)))
    write("p4011", "addresses", BOOT, *(ask4011(v, msg(**ask), client=c)
                                        for v in (VLAN10, UN30)
                                        for c in range(8)))
    for port in (False, True):
        write("p4011", "discovery-%d" % (4011 if port else 68), BOOT,
              ask4011(VLAN10, msg(options={43: DISCOVERY, **UEFI}, **ask),
                      port4011=port),
              answer(WDS, reply(kind=ACK, yiaddr="192.0.2.100")),
              answer(WDS, reply(kind=ACK, flags=BROADCAST)))
    write("p4011", "discovery-xid0", LARGE,
          ask4011(UN30, msg(xid=0, kind=INFORM,
                            options={43: DISCOVERY, **BIOS}), client=2),
          answer(FOG, reply(kind=ACK, giaddr="10.255.0.1", xid=0)))
    write("p4011", "discovery-hops", STRICT,
          ask4011(VLAN10, msg(hops=16, options={43: DISCOVERY, **UEFI}, **ask)))
    write("p4011", "rules", BOOT,
          ask4011(VLAN10, msg(options=BIOS, **ask)),
          ask4011(VLAN10, msg(options=IPXE, mac=PI, **ask)),
          ask4011(VLAN10, msg(mac=BAD, **ask)))
    write("p4011", "shared-giaddr", LARGE,
          ask4011(UN30, msg(options={43: DISCOVERY, **UEFI}, **ask), client=2),
          ask4011(UN31, msg(options={43: DISCOVERY, **UEFI}, **ask), client=3),
          answer(FOG, reply(kind=ACK, giaddr="10.255.0.1")))
    write("p4011", "reply-to-us", BOOT, ask4011(VLAN10, reply()))


# a run's queries by their numbers: see core/doctor.c, ask_server()
BIOS_A, BIOS_B, PING_B, NEXT = 1, 11, 19, 31
TO_OFFER, TO_4011, TO_FILE, ON_VLAN_68, TO_ECHO, FAILS, WAIT, REFUSED = range(8)


def doctor():
    def one(name, *records):
        folder = os.path.join(HERE, "corpus", "doctor")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), "wb") as f:
            for what, q, data in records:
                f.write(struct.pack("!BBH", what, q, len(data)) + data)

    router = {1: bytes.fromhex("ffffff80"), 3: socket.inet_aton("192.0.2.9"),
              54: socket.inet_aton("198.51.100.10")}
    lease = reply(yiaddr="192.0.2.50", options=router)
    pxe = {60: b"PXEClient", 54: socket.inet_aton("198.51.100.21")}
    menu = bytes.fromhex("060103 0807800001c6336442 09088000054c696e7578 ff")
    pe = bytearray(512)
    pe[:2], pe[0x3c], pe[0x80:0x86] = b"MZ", 0x80, b"PE\0\0\x64\x86"
    ack = reply(kind=ACK, options={**pxe, 67: b"nbp"})
    first = (TO_OFFER, BIOS_A, lease.ljust(401, b"\0"))
    boot = (TO_OFFER, BIOS_B, reply(options={**pxe, 67: b"nbp"}).ljust(401, b"\0"))

    one("boots", first, boot, (TO_ECHO, PING_B, b""),
        *((TO_FILE, NEXT + i, b"\0\3\0\1" + bytes(pe)) for i in range(4)),
        *((TO_4011, NEXT + i, ack) for i in range(4)))
    one("menu", first, (TO_OFFER, BIOS_B, reply(options={**pxe, 43: menu})
                        .ljust(401, b"\0")),
        *((TO_4011, NEXT + i, ack) for i in range(4)))
    one("http", (TO_OFFER, BIOS_A + 6, reply(yiaddr="192.0.2.50", options={
        60: b"HTTPClient", 67: b"http://192.0.2.9:8080/x.efi"}).ljust(401, b"\0")),
        *((TO_FILE, NEXT + i, b"HTTP/1.1 200 OK\r\n\r\n#!ipxe") for i in range(2)))
    one("not-found", boot, *((TO_FILE, NEXT + i, b"\0\5\0\1no") for i in range(3)))
    one("strangers", (ON_VLAN_68, 0, reply(giaddr="0.0.0.0", yiaddr="10.0.0.9")),
        (ON_VLAN_68, 0, reply(giaddr="192.0.2.2")), (WAIT, 0, bytes(1500)), first)
    one("refused", (REFUSED, 0, b""), (FAILS, BIOS_B, b"\x71"), (FAILS, PING_B, b""),
        (TO_OFFER, BIOS_B + 1, lease.ljust(404, b"\0")))
    one("overloaded", (TO_OFFER, BIOS_B, reply(options={**pxe, 52: b"\3"})
                       .ljust(401, b"\0")))


requests()
replies()
port4011()
doctor()
