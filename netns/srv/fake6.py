"""fake6.py: a DHCPv6 server on port 547 that replies as the test tells it.

  fake6.py --knobs FILE --record FILE [--bind ADDRESS] [--port N]

Every datagram it gets becomes one JSON line of the record: t (seconds, the machine's
clock), src, sport, dst, hlim, iface and hex, the bytes as they came. The same line has its
reply (hex). The knobs file (key=value lines) is read again for every request, so a test
changes it by mv:

  answer=auto   ADVERTISE to SOLICIT, REPLY to all else (default); none: silence; a type
  addr=auto     network of the innermost link-address, host 77 (default), an address or none
  status=N      status code N in the IA instead of an address (2: no addresses)
  sid=HEX opt ia bytes size truncate payload xid
                as in dhcp6.py; opt and the like follow options 1 and 2
  rapid=1       REPLY to a SOLICIT that has option 14
  strict=1      silence to a message that names another server (RFC 9915 16)
and in the outermost RELAY-REPL, where everything is echoed by default:
  hop= la= pa=  other values             rtype=13
  iid=HEX       another Interface-Id; none; twice
  ropt=CODE:HEX one more option          r9=last   as in dhcp6.py
  echo=18,135   the options that are copied at each level (RFC 9915 21.18, RFC 8357)
  unwrap=1      no RELAY-REPL around the answer
  to=ADDRESS port=N     where the reply goes to (where the request came from, port 547, but
                        the request's own port if it has option 135)
  from=ADDRESS sport=N  its source, one of this machine's (where the request went to)
  replies=1     how many times the reply is sent
  delay=0       milliseconds before it
join=GROUP%IFACE,...  is read once, at the start: the groups that it listens to
"""

import argparse
import json
import socket
import struct
import time

import dhcp6
import fakeserver

IPV6_RECVPKTINFO, IPV6_PKTINFO, IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT = 49, 50, 51, 52
SERVED = "solicit request confirm renew rebind release decline information-request".split()


class Knobs(fakeserver.Knobs):
    parse = staticmethod(dhcp6.pairs)


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--knobs", required=True)
    p.add_argument("--record", required=True)
    p.add_argument("--bind", default="::")
    p.add_argument("--port", type=int, default=547)
    return p.parse_args()


def udp_socket(bind, port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, fakeserver.SO_RCVBUFFORCE, 8 << 20)
    for option in IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT:
        s.setsockopt(socket.IPPROTO_IPV6, option, 1)
    s.bind((bind, port))
    return s


def join(s, group):
    where, _, iface = group.partition("%")
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                 dhcp6.packed(where) + struct.pack("i", socket.if_nametoindex(iface)))


def own_duid():
    """A DUID-EN of the namespace's first real address, so that each server has its own."""
    with open("/proc/net/if_inet6") as f:
        for line in f:
            words = line.split()
            if words[3] == "00" and words[5] != "lo":
                return "00020000000" + "9" + words[0][-8:]
    return "000200000009ffffffff"


def kind_of(request, knobs):
    """The message type of the reply, or None for silence."""
    answer = knobs.get("answer", "auto")
    if answer != "auto":
        return None if answer == "none" else answer
    kind = request[0] if request else 0
    if dhcp6.type_name(kind) not in SERVED:
        return None
    named = dict(dhcp6.options(request[4:])[0]).get(2)
    if "strict" in knobs and named and named.hex() != own_duid():
        return None
    rapid = "rapid" in knobs and any(c == 14 for c, _ in dhcp6.options(request[4:])[0])
    return "advertise" if kind == 1 and not rapid else "reply"


def link_of(m):
    """The innermost link-address that says something."""
    link = bytes(16)
    while m and dhcp6.is_relayed(m):
        link = m[2:18] if m[2:18] != bytes(16) else link
        m = dhcp6.relayed(m)
    return link


def own_answer(m, request, kind, knobs):
    """The server's message itself."""
    found = dict(dhcp6.options(request[4:])[0])
    d = {"duid": found[1].hex() if 1 in found else "none", "type": kind,
         "xid": "0x" + request[1:4].hex()}
    d.update((k, v) for k, v in knobs.items() if k not in ("relays", "opts", "sid"))
    address = knobs.get("addr", "auto")
    if address == "auto":
        address = dhcp6.addr(link_of(m)[:8] + bytes.fromhex("0000000000000077"))
    d["opts"] = [("sid", knobs.get("sid") or own_duid())]
    if 3 in found and address != "none":
        iaid = str(int.from_bytes(found[3][:4], "big"))
        d["opts"].append(("ia", iaid if "status" in knobs else iaid + "," + address))
    d["opts"] += knobs["opts"]
    return dhcp6.message(d | {"relays": []})


def rewrapped(m, answer, knobs):
    """The answer in a RELAY-REPL for each RELAY-FORW of m (RFC 9915 18.3.10)."""
    if not dhcp6.is_relayed(m):
        return answer
    found, _ = dhcp6.options(m[34:])
    inner = rewrapped(dhcp6.relayed(m) or b"", answer, {"relays": []} | (
        {"echo": knobs["echo"]} if "echo" in knobs else {}))
    echo = [int(c) for c in knobs.get("echo", "18,135").split(",") if c]
    iid = knobs.get("iid", "echo")
    kept = [(c, v) for c, v in found if c in echo and (c != 18 or iid in ("echo", "twice"))]
    kept += [(c, v) for c, v in kept if c == 18 and iid == "twice"]
    if iid not in ("echo", "twice", "none"):
        kept.append((18, dhcp6.hexbytes(iid)))
    opts = b"".join(dhcp6.tlv(c, v) for c, v in kept)
    how = "last"
    for key, value in knobs["relays"]:
        opts += dhcp6.option(value) if key == "ropt" else b""
        how = value if key == "r9" else how
    head = (dhcp6.num(knobs.get("rtype", "13")), dhcp6.num(knobs.get("hop", str(m[1]))),
            knobs.get("la", dhcp6.addr(m[2:18])), knobs.get("pa", dhcp6.addr(m[18:34])))
    return dhcp6.wrap(head, opts, how, inner)


def answer(m, knobs):
    """The bytes of the reply, or None."""
    request = dhcp6.innermost(m)
    kind = kind_of(request, knobs)
    if kind is None or len(request) < 4 and "payload" not in knobs:
        return None
    own = own_answer(m, request, kind, knobs)
    return own if "unwrap" in knobs else rewrapped(m, own, knobs)


def has_port(m):
    return dhcp6.is_relayed(m) and any(c == 135 for c, _ in dhcp6.options(m[34:])[0])


def reply(s, data, knobs, came, asked, odd_port):
    to = knobs.get("to", came[0])
    mine = knobs.get("from", "::" if asked.startswith("ff") else asked)
    control = [(socket.IPPROTO_IPV6, IPV6_PKTINFO, dhcp6.packed(mine) + bytes(4))]
    if "sport" in knobs:
        s = udp_socket("::", dhcp6.num(knobs["sport"]))
    port = dhcp6.num(knobs.get("port", str(came[1] if odd_port else 547)))
    time.sleep(float(knobs.get("delay", "0")) / 1000)
    for _ in range(dhcp6.num(knobs.get("replies", "1"))):
        try:
            s.sendmsg([data], control, 0, (to.partition("%")[0], port, 0,
                                           came[3] if to.startswith("fe80") else 0))
        except OSError as e:
            print("cannot answer %s: %s" % (to, e), flush=True)


def serve(s, knobs, record):
    while True:
        data, anc, _, came = s.recvmsg(65536, 256)
        now = time.time()
        info = {kind: value for _, kind, value in anc}
        asked = dhcp6.addr(info[IPV6_PKTINFO][:16])
        k = knobs.now()
        out = answer(data, k)
        line = {"t": now, "src": came[0].partition("%")[0], "sport": came[1], "dst": asked,
                "hlim": struct.unpack("i", info[IPV6_HOPLIMIT])[0],
                "iface": socket.if_indextoname(struct.unpack_from(
                    "i", info[IPV6_PKTINFO], 16)[0]), "hex": data.hex()}
        if out is not None:
            line["reply"] = out.hex()
        record.write(json.dumps(line) + "\n")
        record.flush()
        if out is not None:
            reply(s, out, k, came, asked, has_port(data))


def main():
    args = arguments()
    s = udp_socket(args.bind, args.port)
    knobs = Knobs(args.knobs)
    for group in filter(None, knobs.now().get("join", "").split(",")):
        join(s, group)
    print("ready", flush=True)
    with open(args.record, "a") as record:
        serve(s, knobs, record)


if __name__ == "__main__":
    main()
