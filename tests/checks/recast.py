"""recast.py: writes a pcap file anew in another format.

  recast.py FORMAT IN OUT

FORMAT is words with dashes between them: pcap or pcapng; le or be (byte order); us, ns or bin
(units of time: 10^-6, 10^-9, or 2^-20 s, which only pcapng has); and a link: eth, vlan, qinq, sll,
sll2, raw, or mixed (pcapng: an Ethernet and a raw interface by turns). IN is little-endian
Ethernet with microseconds.
"""

import struct
import sys

LINKS = {"eth": 1, "vlan": 1, "qinq": 1, "sll": 113, "sll2": 276, "raw": 101}


def packets(data):
    at = 24
    while at < len(data):
        s, us, n, wire = struct.unpack_from("<IIII", data, at)
        yield s * 1000000 + us, data[at + 16:at + 16 + n], wire
        at += 16 + n


def reframe(link, frame):
    dst, src, kind, ip = frame[:6], frame[6:12], frame[12:14], frame[14:]
    return {
        "eth": frame,
        "vlan": dst + src + b"\x81\x00\x00\x1e" + kind + ip,
        "qinq": dst + src + b"\x88\xa8\x00\x05\x81\x00\x00\x1e" + kind + ip,
        "sll": b"\0\0\0\1\0\6" + src + b"\0\0" + kind + ip,
        "sll2": kind + b"\0\0\0\0\0\3\0\1\0\6" + src + b"\0\0" + ip,
        "raw": ip,
    }[link]


def pcap(order, unit, link, rows):
    ns = unit == "ns"
    yield struct.pack(order + "IHHIIII", 0xa1b23c4d if ns else 0xa1b2c3d4, 2, 4, 0, 0,
                      262144, LINKS[link])
    for us, frame, _ in rows:
        frame = reframe(link, frame)
        yield struct.pack(order + "IIII", us // 1000000,
                          us % 1000000 * (1000 if ns else 1), len(frame), len(frame)) + frame


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    n = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + n + body + n


def pcapng(order, unit, link, rows):
    links = ["eth", "raw"] if link == "mixed" else [link]
    yield block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))
    for name in links:
        tsresol = {"us": 6, "ns": 9, "bin": 0x80 | 20}[unit]
        yield block(order, 1, struct.pack(order + "HHI", LINKS[name], 0, 0) +
                    struct.pack(order + "HHBxxx", 9, 1, tsresol) + bytes(4))
    yield block(order, 5, struct.pack(order + "III", 0, 0, 0))	# statistics: skipped
    for i, (us, frame, _) in enumerate(rows):
        which = i % len(links)
        frame = reframe(links[which], frame)
        time = {"us": us, "ns": us * 1000, "bin": -(-(us << 20) // 1000000)}[unit]
        yield block(order, 6, struct.pack(order + "IIIII", which, time >> 32,
                                          time & 0xffffffff, len(frame), len(frame)) + frame)


def main(spec, source, target):
    kind, order, unit, link = spec.split("-")
    with open(source, "rb") as f:
        rows = list(packets(f.read()))
    with open(target, "wb") as f:
        for part in {"pcap": pcap, "pcapng": pcapng}[kind](
                {"le": "<", "be": ">"}[order], unit, link, rows):
            f.write(part)


main(*sys.argv[1:])
