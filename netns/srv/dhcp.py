"""dhcp.py: DHCP messages, UDP, IPv4 and Ethernet for the test tools.

It builds messages from lines key=value, wrong on purpose where a line says so, and
decodes messages into such lines. pkt.py and fakeserver.py use it. It shares no code
with the relay: a test that decodes with the code under test agrees with its mistakes.
RFC 951, 2131, 2132, 3046; RFC 791, 768, 1071.

The keys of a message (all optional):
  op htype hlen hops xid secs flags     numbers, 0x.. too
  ciaddr yiaddr siaddr giaddr           addresses
  chaddr                                MAC or any hex, as many bytes as given
  sname file                            text, or hex:..
  type      discover, offer, ..., or a number, or none (BOOTP: no option 53)
  cookie=0  no magic cookie and no options
  opt=CODE:HEX      one more option; may be repeated, and the order is kept
  opt=CODE:'TEXT    the same with text
  opt=CODE/LEN:HEX  with the length byte LEN, whatever the real length is
  bytes=HEX         raw bytes in the options area, in the order of the lines
  end=0     no END option
  size=N    zeros after END up to N bytes in all
  after=HEX bytes after END
  truncate=N        only the first N bytes
  payload=HEX       the whole message; fill=N: N bytes that are no message
"""

import socket
import struct

COOKIE = bytes.fromhex("63825363")
TYPES = ["", "discover", "offer", "request", "decline", "ack", "nak",
         "release", "inform"]
FIXED = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
MANY = ("opt", "bytes")                 # keys that may be repeated


def pairs(lines):
    """key=value lines as a dictionary, with opt and bytes in one ordered list."""
    d = {"opts": []}
    for line in lines:
        if not line.strip():
            continue
        key, eq, value = line.partition("=")
        if not eq:
            raise SystemExit("not key=value: " + line)
        if key in MANY:
            d["opts"].append((key, value))
        else:
            d[key] = value
    return d


def num(text):
    return int(text, 0)


def hexbytes(text):
    return bytes.fromhex(text.replace(":", ""))


def text_or_hex(text):
    return hexbytes(text[4:]) if text.startswith("hex:") else text.encode()


def addr(packed):
    return socket.inet_ntoa(packed)


def mac(packed):
    return packed.hex(":")


def option(spec):
    head, _, value = spec.partition(":")
    code, _, length = head.partition("/")
    data = value[1:].encode() if value.startswith("'") else hexbytes(value)
    if num(code) in (0, 255) and not data:
        return bytes([num(code)])
    return bytes([num(code), num(length) if length else len(data)]) + data


def type_option(name):
    if name == "none":
        return b""
    code = TYPES.index(name) if name in TYPES else num(name)
    return bytes([53, 1, code])


def message(d, default_type="discover"):
    """The bytes of a message."""
    if "payload" in d:
        return hexbytes(d["payload"])
    if "fill" in d:
        return bytes(0x41 + i % 26 for i in range(num(d["fill"])))
    ip = lambda key: socket.inet_aton(d.get(key, "0.0.0.0"))
    chaddr = hexbytes(d["chaddr"])
    m = FIXED.pack(num(d.get("op", "1")), num(d.get("htype", "1")),
                   num(d.get("hlen", "6")), num(d.get("hops", "0")),
                   num(d["xid"]) & 0xffffffff, num(d.get("secs", "0")),
                   num(d.get("flags", "0")), ip("ciaddr"), ip("yiaddr"),
                   ip("siaddr"), ip("giaddr"), chaddr,
                   text_or_hex(d.get("sname", "")),
                   text_or_hex(d.get("file", "")))
    if d.get("cookie", "1") != "0":
        m += COOKIE + type_option(d.get("type", default_type))
        for key, value in d["opts"]:
            m += option(value) if key == "opt" else hexbytes(value)
        if d.get("end", "1") != "0":
            m += b"\xff"
        m += hexbytes(d.get("after", ""))
    if "size" in d:
        m += bytes(max(0, num(d["size"]) - len(m)))
    if "truncate" in d:
        m = m[:num(d["truncate"])]
    return m


def options(m):
    """[(code, value, offset)], and whether there was an END."""
    found, at = [], 240
    if m[236:240] != COOKIE:
        return found, False
    while at < len(m):
        code = m[at]
        if code == 255:
            return found, True
        if code == 0:
            at += 1
            continue
        if at + 2 > len(m):
            break
        found.append((code, m[at + 2:at + 2 + m[at + 1]], at))
        at += 2 + m[at + 1]
    return found, False


def tlvs(v):
    """Where the sub-options of an option 82 begin."""
    at = 0
    while at + 2 <= len(v):
        yield at
        at += 2 + v[at + 1]


def show_message(m):
    """The fields of a message as a dictionary of strings."""
    d = {"size": str(len(m)), "payload": m.hex()}
    if len(m) < FIXED.size:
        return d
    (op, htype, hlen, hops, xid, secs, flags, ci, yi, si, gi, chaddr,
     sname, fil) = FIXED.unpack_from(m)
    opts, end = options(m)
    kind = [v for c, v, _ in opts if c == 53 and len(v) == 1]
    d.update(op=str(op), htype=str(htype), hlen=str(hlen), hops=str(hops),
             xid="0x%08x" % xid, secs=str(secs), flags="0x%04x" % flags,
             ciaddr=addr(ci), yiaddr=addr(yi), siaddr=addr(si),
             giaddr=addr(gi), chaddr=chaddr.hex(),
             sname=sname.rstrip(b"\0").decode("latin1"),
             file=fil.rstrip(b"\0").decode("latin1"), end=str(int(end)),
             codes=" ".join(str(c) for c, _, _ in opts))
    if kind:
        d["type"] = TYPES[kind[0][0]] if kind[0][0] < len(TYPES) else "?"
    for code in sorted(set(c for c, _, _ in opts)):
        d["opt%d" % code] = ",".join(v.hex() for c, v, _ in opts if c == code)
    for _, v, _ in [o for o in opts if o[0] == 82][:1]:
        d.update(("sub%d" % v[i], v[i + 2:i + 2 + v[i + 1]].hex())
                 for i in tlvs(v))
    return d


def csum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def lie(d, key, right):
    """The right length, the length N, or the right one plus or minus N."""
    said = d.get(key, "")
    if not said:
        return right
    if said[0] in "+-":
        return (right + num(said)) & 0xffff
    return num(said) & 0xffff


def datagram(d, payload):
    """UDP header and payload; keys sport dport udplen udpsum=0|bad src dst."""
    src = socket.inet_aton(d.get("src", "0.0.0.0"))
    dst = socket.inet_aton(d.get("dst", "255.255.255.255"))
    head = struct.pack("!HHH", num(d.get("sport", "68")),
                       num(d.get("dport", "67")),
                       lie(d, "udplen", 8 + len(payload)))
    pseudo = src + dst + struct.pack("!BBH", 0, 17, 8 + len(payload))
    s = csum(pseudo + head + b"\0\0" + payload) or 0xffff
    s = {"0": 0, "bad": s ^ 0x5555}.get(d.get("udpsum", ""), s)
    return head + struct.pack("!H", s) + payload


def ipv4(d, body, offset=0, more=False):
    """One IPv4 packet; keys ipver ihl iplen ttl proto tos df src dst ipsum
    ipid, and frag to say offset and more-fragments by hand (0x....)."""
    extra = b"\1" * (4 * max(0, num(d.get("options", "0"))))
    field = offset // 8 | (0x2000 if more else 0)
    field = num(d.get("frag", str(field | (0x4000 if "df" in d else 0))))
    head = struct.pack("!BBHHHBBH4s4s",
                       num(d.get("ipver", "4")) << 4 |
                       num(d.get("ihl", str(5 + len(extra) // 4))),
                       num(d.get("tos", "0")),
                       lie(d, "iplen", 20 + len(extra) + len(body)),
                       num(d.get("ipid", "0x4242")), field,
                       num(d.get("ttl", "64")), num(d.get("proto", "17")), 0,
                       socket.inet_aton(d.get("src", "0.0.0.0")),
                       socket.inet_aton(d.get("dst", "255.255.255.255")))
    s = csum(head + extra)
    if d.get("ipsum") == "bad":
        s ^= 0x5555
    return head[:10] + struct.pack("!H", s) + head[12:] + extra + body


def packets(d, payload):
    """The IPv4 packets of a datagram; split=N makes fragments of N bytes."""
    body = datagram(d, payload)
    if "cut" in d:                      # cut=N: only N bytes after the IP header
        body = body[:num(d["cut"])]
    if "split" not in d:
        return [ipv4(d, body)]
    n = num(d["split"])
    return [ipv4(d, body[i:i + n], i, i + n < len(body))
            for i in range(0, len(body), n)]


def frame(d, own_mac, packet):
    tag = b""
    if "vlan" in d:
        tag = struct.pack("!HH", 0x8100, num(d["vlan"]))
    return (hexbytes(d.get("dmac", "ff:ff:ff:ff:ff:ff")) +
            hexbytes(d.get("smac", own_mac)) + tag +
            struct.pack("!H", num(d.get("ethertype", "0x0800"))) + packet +
            bytes(num(d.get("trailer", "0"))))


_parts = {}             # of datagrams in fragments


def whole(ip, ihl):
    """The datagram, when its last missing fragment has come, and their number."""
    frag = struct.unpack_from("!H", ip, 6)[0]
    if not frag & 0x3fff:
        return ip[ihl:], 1
    parts = _parts.setdefault((ip[12:20], ip[4:6]), {})
    parts[(frag & 0x1fff) * 8] = ip[ihl:], frag & 0x2000
    at, data = 0, b""
    while at in parts:
        piece, more = parts[at]
        data += piece
        if not more:
            return data, len(parts)
        at += len(piece)
    return b"", 0


def show_frame(f, partial=False):
    """The fields of a frame with a UDP datagram inside, or of the last of its fragments;
    or None."""
    if len(f) < 34 or f[12:14] != b"\x08\x00" or f[14] >> 4 != 4:
        return None
    ihl = (f[14] & 15) * 4
    ip = f[14:14 + struct.unpack_from("!H", f, 16)[0]]
    if ip[9] != 17:
        return None
    udp, pieces = whole(ip, ihl)
    if len(udp) < 8:
        return None
    sport, dport, ulen, usum = struct.unpack_from("!HHHH", udp)
    pseudo = ip[12:20] + struct.pack("!BBH", 0, 17, ulen)
    verdict = "none" if usum == 0 else \
        "ok" if csum(pseudo + udp[:ulen]) == 0 else \
        "partial" if partial else "bad"
    d = {"dmac": mac(f[0:6]), "smac": mac(f[6:12]), "src": addr(ip[12:16]),
         "dst": addr(ip[16:20]), "ttl": str(ip[8]), "packets": str(pieces),
         "df": str(ip[6] >> 6 & 1),
         "ipsum": "ok" if csum(ip[:ihl]) == 0 else "bad",
         "sport": str(sport), "dport": str(dport), "udpsum": verdict,
         "udplen": str(ulen), "iplen": str(len(ip))}
    d.update(show_message(udp[8:ulen]))
    return d


def relayed(m, giaddr, opt82=None):
    """The request as a relay must send it: hops is one higher, giaddr is set if it was 0,
    option 82 is the last before END, and the size is at least 300 bytes (RFC 1542 4.1.1,
    RFC 3046 2.1). Nothing else may change."""
    m = bytearray(m)
    m[3] += 1
    if m[24:28] == bytes(4):
        m[24:28] = socket.inet_aton(giaddr)
    if opt82 is not None:
        end = 240 + bytes(m[240:]).rindex(b"\xff")
        m[end:] = bytes([82, len(opt82)]) + opt82 + b"\xff" + \
            bytes(max(0, len(m) - end - 3 - len(opt82)))
    return bytes(m) + bytes(max(0, 300 - len(m)))


def without82(m, mine):
    """The reply as a relay must deliver it: without any option 82 that has this value,
    wherever it is (RFC 3046 2.1)."""
    cut = [(at, 2 + len(v)) for c, v, at in options(m)[0]
           if c == 82 and v == mine]
    m = bytearray(m)
    for at, n in reversed(cut):
        del m[at:at + n]
    return bytes(m) + bytes(max(0, 300 - len(m)))
