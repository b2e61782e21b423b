"""dhcp6.py: DHCPv6 messages, UDP, IPv6 and Ethernet for the test tools.

It builds messages from lines key=value, wrong on purpose where a line says so, and
decodes messages into such lines. pkt6.py and fake6.py use it. It shares no code with
the relay: a test that decodes with the code under test agrees with its mistakes.
RFC 9915 (DHCPv6); RFC 8200 (IPv6), 8357, 6939.

The keys of a message (all optional):
  type      solicit, advertise, ... or a number        xid    24 bits, 0x.. too
  duid=HEX  the client's DUID (default: DUID-LL of its MAC); none: no option 1
  sid=HEX   option 2        ia=IAID[,ADDRESS]  option 3, with option 5 inside
  status=N  option 13 in each ia of this message       oro=CODE,CODE...  option 6
  rapid=1   option 14
  opt=CODE:HEX  opt=CODE:'TEXT  opt=CODE/LEN:HEX       one more option, the last with a
            length that lies; sid, ia, oro, rapid, opt and bytes keep the order of the lines
  bytes=HEX raw bytes among the options
  size=N    a last option 17 that fills the message up to N bytes
  truncate=N        only the first N bytes
  payload=HEX       the whole message; fill=N: N bytes that are no message
and of the relays around it, the inner first:
  forw=HOP,LINK-ADDRESS,PEER-ADDRESS                   RELAY-FORW (repl=: RELAY-REPL)
  ropt=CODE:HEX                                        one option of this relay
  r9=last   the Relay Message: last, first, none, twice, empty, long (its length lies)
"""

import socket
import struct

TYPES = ["", "solicit", "advertise", "request", "confirm", "renew", "rebind", "reply",
         "release", "decline", "reconfigure", "information-request", "relay-forw",
         "relay-repl"]
FORW, REPL = 12, 13
ALL_RELAYS, UDP, FRAGMENT = "ff02::1:2", 17, 44
OPTIONS = ("sid", "ia", "oro", "rapid", "opt", "bytes")
RELAYS = ("forw", "repl", "ropt", "r9")


def pairs(lines):
    """key=value lines as a dictionary, with what may be repeated in two ordered lists."""
    d = {"opts": [], "relays": []}
    for line in lines:
        if not line.strip():
            continue
        key, eq, value = line.partition("=")
        if not eq:
            raise SystemExit("not key=value: " + line)
        if key in OPTIONS:
            d["opts"].append((key, value))
        elif key in RELAYS:
            d["relays"].append((key, value))
        else:
            d[key] = value
    return d


def num(text):
    return int(text, 0)


def hexbytes(text):
    return bytes.fromhex(text.replace(":", ""))


def packed(text):
    return socket.inet_pton(socket.AF_INET6, text)


def addr(sixteen):
    return socket.inet_ntop(socket.AF_INET6, sixteen)


def mac(six):
    return six.hex(":")


def link_local(hwaddr):
    """The address that a machine makes of its MAC (RFC 4291, appendix A)."""
    m = hexbytes(hwaddr)
    return addr(bytes.fromhex("fe80000000000000") + bytes([m[0] ^ 2]) + m[1:3] +
                b"\xff\xfe" + m[3:6])


def type_number(name):
    return TYPES.index(name) if name in TYPES else num(name)


def type_name(number):
    return TYPES[number] if 0 < number < len(TYPES) else str(number)


def tlv(code, value):
    return struct.pack("!HH", code, len(value)) + value


def option(spec):
    """CODE:HEX, CODE:'TEXT or CODE/LEN:HEX."""
    head, _, value = spec.partition(":")
    code, _, length = head.partition("/")
    data = value[1:].encode() if value.startswith("'") else hexbytes(value)
    return struct.pack("!HH", num(code), num(length) if length else len(data)) + data


def ia_na(value, status):
    iaid, _, address = value.partition(",")
    inner = b""
    if address:
        inner = tlv(5, packed(address) + struct.pack("!II", 3600, 7200))
    if status is not None:
        inner += tlv(13, struct.pack("!H", num(status)) + b"no")
    return tlv(3, struct.pack("!III", num(iaid), 0, 0) + inner)


def client_option(d, key, value):
    return {"sid": lambda: tlv(2, hexbytes(value)),
            "ia": lambda: ia_na(value, d.get("status")),
            "oro": lambda: tlv(6, b"".join(struct.pack("!H", num(c))
                                           for c in value.split(","))),
            "rapid": lambda: tlv(14, b""),
            "opt": lambda: option(value),
            "bytes": lambda: hexbytes(value)}[key]()


def client_message(d, default_type):
    if "payload" in d:
        return hexbytes(d["payload"])
    if "fill" in d:
        return bytes(0x41 + i % 26 for i in range(num(d["fill"])))
    m = struct.pack("!I", type_number(d.get("type", default_type)) << 24 |
                    num(d["xid"]) & 0xffffff)
    if d.get("duid") != "none":
        m += tlv(1, hexbytes(d["duid"]))
    for key, value in d["opts"]:
        m += client_option(d, key, value)
    if num(d.get("size", "0")) >= len(m) + 8:
        m += tlv(17, bytes(num(d["size"]) - len(m) - 4))
    if "truncate" in d:
        m = m[:num(d["truncate"])]
    return m


def relay_message(how, inner):
    """What stands for option 9; the key r9 says how."""
    right = tlv(9, inner)
    return {"none": b"", "twice": right + right, "empty": tlv(9, b""),
            "long": struct.pack("!HH", 9, len(inner) + 40) + inner}.get(how, right)


def wrap(head, options, how, inner):
    """One relay's message around inner; head is (type, hop, link, peer)."""
    kind, hop, link, peer = head
    m = struct.pack("!BB", kind, hop) + packed(link) + packed(peer)
    if how == "first":
        return m + relay_message(how, inner) + options
    return m + options + relay_message(how, inner)


def message(d, default_type="solicit"):
    """The bytes of a message with all its relays."""
    m = client_message(d, default_type)
    head, options, how = None, b"", "last"
    for key, value in d["relays"] + [(None, None)]:
        if key == "ropt":
            options += option(value)
        elif key == "r9":
            how = value
        else:
            if head:
                m = wrap(head, options, how, m)
            if key:
                hop, link, peer = value.split(",")
                head = FORW if key == "forw" else REPL, num(hop), link, peer
                options, how = b"", "last"
    return m


def options(m):
    """[(code, value)] as far as they are whole, and whether all are."""
    found, at = [], 0
    while at + 4 <= len(m):
        code, length = struct.unpack_from("!HH", m, at)
        if at + 4 + length > len(m):
            return found, False
        found.append((code, m[at + 4:at + 4 + length]))
        at += 4 + length
    return found, at == len(m)


def is_relayed(m):
    return len(m) >= 34 and m[0] in (FORW, REPL)


def relayed(m):
    """The Relay Message of a relay's message, or None."""
    return next((v for c, v in options(m[34:])[0] if c == 9), None)


def innermost(m):
    """The client's or server's own message."""
    while m and is_relayed(m):
        m = relayed(m)
    return m or b""


def each_option(found, prefix):
    d = {prefix + "codes": " ".join(str(c) for c, _ in found)}
    for code in sorted(set(c for c, _ in found) - {9}):
        d["%sopt%d" % (prefix, code)] = ",".join(v.hex() for c, v in found if c == code)
    return d


def show_ia(found):
    """The first address, and the first status code other than success."""
    d = {}
    for code, v in found:
        inner = options(v[12:])[0] if code == 3 else [(code, v)]
        for c, w in inner:
            if c == 5 and len(w) >= 24:
                d.setdefault("addr", addr(w[:16]))
            if c == 13 and w[:2] != b"\0\0":
                d.setdefault("status", str(int.from_bytes(w[:2], "big")))
    return d


def show_message(m):
    """The fields of a message. Those of the outermost relay are rtype, hop, la, pa, rcodes,
    ropt18 etc. and rmsg; those of the next begin with in., the next in.in., and so on; type, xid,
    codes, opt1 etc., addr and payload are the client's or server's own message."""
    d, prefix, levels = {"size": str(len(m))}, "", 0
    while m and is_relayed(m):
        found, whole = options(m[34:])
        d.update({prefix + "rtype": type_name(m[0]), prefix + "hop": str(m[1]),
                  prefix + "la": addr(m[2:18]), prefix + "pa": addr(m[18:34]),
                  prefix + "rwhole": str(int(whole))})
        d.update((prefix + "r" + k, v) for k, v in each_option(found, "").items())
        m = relayed(m)
        d[prefix + "rmsg"] = (m or b"").hex()
        prefix, levels = prefix + "in.", levels + 1
    m = m or b""
    d.update(levels=str(levels), payload=m.hex())
    if len(m) < 4:
        return d
    found, whole = options(m[4:])
    d.update(type=type_name(m[0]), xid="0x%06x" % int.from_bytes(m[1:4], "big"),
             whole=str(int(whole)))
    d.update(each_option(found, ""))
    d.update(show_ia(found))
    return d


def csum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def pseudo(src, dst, length, proto=UDP):
    return src + dst + struct.pack("!II", length, proto)


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
    head = struct.pack("!HHH", num(d.get("sport", "546")), num(d.get("dport", "547")),
                       lie(d, "udplen", 8 + len(payload)))
    s = csum(pseudo(packed(d["src"]), packed(d.get("dst", ALL_RELAYS)),
                    8 + len(payload)) + head + b"\0\0" + payload) or 0xffff
    s = {"0": 0, "bad": s ^ 0x5555}.get(d.get("udpsum", ""), s)
    return head + struct.pack("!H", s) + payload


def ipv6(d, following, body):
    """One IPv6 packet; keys iplen hlim proto src dst ipver."""
    return struct.pack("!IHBB", num(d.get("ipver", "6")) << 28,
                       lie(d, "iplen", len(body)), num(d.get("proto", str(following))),
                       num(d.get("hlim", "1"))) + \
        packed(d["src"]) + packed(d.get("dst", ALL_RELAYS)) + body


def packets(d, payload):
    """The packets of a datagram; split=N makes fragments of N bytes (a multiple of 8), and
    ext=N puts an extension header of that number before UDP (0 hop-by-hop, 60 options)."""
    body, following = datagram(d, payload), UDP
    if "cut" in d:                      # cut=N: only N bytes after the IPv6 header
        body = body[:num(d["cut"])]
    if "ext" in d:
        body = bytes([following, 0, 1, 4, 0, 0, 0, 0]) + body
        following = num(d["ext"])
    if "split" not in d:
        return [ipv6(d, following, body)]
    n, found = num(d["split"]), []
    for at in range(0, len(body), n):
        head = struct.pack("!BBHI", following, 0, at | (at + n < len(body)), 0x42424242)
        found.append(ipv6(d, FRAGMENT, head + body[at:at + n]))
    return found


def multicast_mac(dst):
    return "33:33:" + packed(dst)[12:].hex(":")


def frame(d, own_mac, packet):
    """Keys dmac smac ethertype trailer. A unicast destination needs dmac."""
    dmac = d.get("dmac") or multicast_mac(d.get("dst", ALL_RELAYS))
    return (hexbytes(dmac) + hexbytes(d.get("smac", own_mac)) +
            struct.pack("!H", num(d.get("ethertype", "0x86dd"))) + packet +
            bytes(num(d.get("trailer", "0"))))


class Frames:
    """Decodes frames with UDP inside; show() is None for all others. Fragments are put
    together, because firmware's stack, which pkt6.py plays, would do it."""

    def __init__(self):
        self.parts = {}

    def show(self, f, partial=False):
        if len(f) < 62 or f[12:14] != b"\x86\xdd" or f[14] >> 4 != 6:
            return None
        body = f[54:54 + struct.unpack_from("!H", f, 18)[0]]
        pieces = 1
        if f[20] == FRAGMENT:
            body, pieces = self.whole(f, body)
            if body is None:
                return None
        elif f[20] != UDP:
            return None
        if len(body) < 8:
            return None
        d = {"dmac": mac(f[0:6]), "smac": mac(f[6:12]), "src": addr(f[22:38]),
             "dst": addr(f[38:54]), "hlim": str(f[21]), "packets": str(pieces)}
        d.update(self.udp(f[22:38], f[38:54], body, partial))
        return d

    def whole(self, f, body):
        """The datagram, when its last missing fragment has come, and their number."""
        following, _, where, ident = struct.unpack_from("!BBHI", body)
        parts = self.parts.setdefault((f[22:54], ident), {})
        parts[where & 0xfff8] = body[8:], where & 1
        if following != UDP:
            return None, 0
        at, data = 0, b""
        while at in parts:
            piece, more = parts[at]
            data += piece
            if not more:
                return data, len(parts)
            at += len(piece)
        return None, 0

    def udp(self, src, dst, u, partial):
        sport, dport, ulen, usum = struct.unpack_from("!HHHH", u)
        verdict = "none" if usum == 0 else \
            "ok" if csum(pseudo(src, dst, ulen) + u[:ulen]) == 0 else \
            "partial" if partial else "bad"
        d = {"sport": str(sport), "dport": str(dport), "udpsum": verdict}
        d.update(show_message(u[8:ulen]))
        return d
