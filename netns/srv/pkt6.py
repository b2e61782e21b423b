"""pkt6.py: sends hand-made DHCPv6 packets and decodes the replies.

  pkt6.py send IFACE KEY=VALUE...   one packet; prints xid= and sent=
  pkt6.py ask IFACE KEY=VALUE...    one packet, then the replies as key=value
  pkt6.py flood IFACE KEY=VALUE...  count= packets, rate= a second, each from a client of
                                    its own; prints sent=
  pkt6.py probe IFACE KEY=VALUE...  a packet of a new client every= ms until it is killed
  pkt6.py noise IFACE KEY=VALUE...  count= packets with random damage, the same for the
                                    same seed=
  pkt6.py each KEY=VALUE... IFACE...
                                    one packet on each interface; prints sent=
  pkt6.py tun IFACE KEY=VALUE...    ask by a machine at the far end of this tun link, whose
                                    packets have no frames; smac= and src= are its own
  pkt6.py listen IFACE KEY=VALUE... prints what comes to port 546 (or port=) in wait= s
  pkt6.py show LINE                 a line of fake6.py's record, decoded
  pkt6.py serve                     as in pkt.py
  pkt6.py relayed FILE RECORD       is each packet of FILE in the record of fake6.py once, and
                                    nothing else? A line of FILE: what the packet is, a tab,
                                    fields KEY=VALUE of what relays it, a tab, and sent= of
                                    send. KEY is as in show; in VALUE, codes have commas
                                    between them; none: it is not there
  pkt6.py count FILE                count=, clients= and links= of a record
  pkt6.py after FILE TIME SECONDS [LINK-ADDRESS]
                                    waits for a request that was recorded after TIME, prints
                                    the milliseconds in between, or none

dhcp6.py lists the keys of messages and headers. Further keys here:
  via=udp      sends through a UDP socket that is bound to src= and sport=, by the kernel's
               route, with the hop limit hlim=
  via=raw      by the kernel's route, too, but binds no port and takes any src=
  again=N      sends the same packet N times
  wait=S       how long to wait for the first reply (1)
  settle=MS    how long to wait for more after it (100)
  port=N       replies come to this port (546, or 547 if the message is relayed)
  match=any    every packet to that port is a reply, not only those with our xid; lease: only
               those that have an address, too
Without src=, packets come from the link-local address of the MAC (smac=), which the kernel
need not have. Output is like that of pkt.py.
"""

import fcntl
import json
import os
import random
import select
import socket
import struct
import sys
import time

import dhcp6
import pkt

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000
ETH_P_IPV6, IPV6_HDRINCL, IPV6_MULTICAST_HOPS, IPV6_UNICAST_HOPS = 0x86dd, 36, 18, 16


def defaults(iface, args):
    d = dhcp6.pairs(args)
    d.setdefault("smac", pkt.own_mac(iface))
    d.setdefault("duid", "00030001" + d["smac"].replace(":", ""))
    d.setdefault("xid", "0x%06x" % random.getrandbits(24))
    d.setdefault("src", dhcp6.link_local(d["smac"]))
    d.setdefault("iface", iface)
    return d


def target(d):
    dst = d.get("dst", dhcp6.ALL_RELAYS)
    scope = socket.if_nametoindex(d["iface"]) if dst[:3] in ("ff0", "fe8") else 0
    return dst, dhcp6.num(d.get("dport", "547")), 0, scope


def by_socket(d, payload, count):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for option in IPV6_MULTICAST_HOPS, IPV6_UNICAST_HOPS:
        s.setsockopt(socket.IPPROTO_IPV6, option, dhcp6.num(d.get("hlim", "64")))
    scope = socket.if_nametoindex(d["iface"]) if d["src"].startswith("fe80") else 0
    s.bind((d["src"], dhcp6.num(d.get("sport", "546")), 0, scope))
    for _ in range(count):
        s.sendto(payload, target(d))


def by_raw_socket(d, payload, count):
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
    d.setdefault("hlim", "64")
    dst, _, flow, scope = target(d)
    for _ in range(count):
        for p in dhcp6.packets(d, payload):
            s.sendto(p, (dst, 0, flow, scope))


def frames(d, payload):
    return [dhcp6.frame(d, d["smac"], p) for p in dhcp6.packets(d, payload)]


def transmit(d, count=1):
    """Sends the packet that d describes; returns its payload."""
    payload = dhcp6.message(d)
    if d.get("via") == "udp":
        by_socket(d, payload, count)
    elif d.get("via") == "raw":
        by_raw_socket(d, payload, count)
    else:
        s = pkt.packet_socket(d["iface"], listen=False)
        for _ in range(count):
            for f in frames(d, payload):
                s.sendto(f, (d["iface"], 0))
    return payload


def cmd_send(iface, *args):
    d = defaults(iface, args)
    payload = transmit(d, dhcp6.num(d.get("again", "1")))
    print("xid=%s\nsent=%s" % (d["xid"], payload.hex()))


def cmd_ask(iface, *args):
    d = defaults(iface, args)
    s = pkt.packet_socket(iface, proto=ETH_P_IPV6)
    payload = transmit(d, dhcp6.num(d.get("again", "1")))
    port = d.get("port", "547" if d["relays"] else "546")
    xid = "0x%06x" % dhcp6.num(d["xid"])
    wanted = {"any": lambda a: True, "lease": lambda a: a.get("xid") == xid and "addr" in a
              }.get(d.get("match"), lambda a: a.get("xid") == xid)
    pkt.print_answers(pkt.collect(s, d, lambda a: a["dport"] == port and wanted(a),
                                  dhcp6.Frames().show))
    print("asked=%s\nsent=%s" % (d["xid"], payload.hex()))


def cmd_tun(iface, *args):
    d = dhcp6.pairs(args)
    d.setdefault("duid", "00030001" + d["smac"].replace(":", ""))
    d.setdefault("xid", "0x%06x" % random.getrandbits(24))
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", iface.encode(), IFF_TUN | IFF_NO_PI))
    for p in dhcp6.packets(d, dhcp6.message(d)):
        os.write(fd, p)
    frames, got = dhcp6.Frames(), []
    while not got and select.select([fd], [], [], float(d.get("wait", "1")) * pkt.SLOW)[0]:
        a = frames.show(bytes(12) + b"\x86\xdd" + os.read(fd, 65536))
        got += [a] if a and a["dport"] == "546" else []
    pkt.print_answers(got)


def cmd_listen(iface, *args):
    d = dhcp6.pairs(args)
    s = pkt.packet_socket(iface, proto=ETH_P_IPV6)
    print("listening", file=sys.stderr, flush=True)
    pkt.print_answers(pkt.collect(s, d, lambda a: a["dport"] == d.get("port", "546"),
                                  dhcp6.Frames().show))


def paced(iface, args, rate):
    """Sends a packet of a new client at every tick, forever."""
    s = pkt.packet_socket(iface, listen=False)
    first = random.getrandbits(8) << 24
    start, n = time.monotonic(), 0
    while True:
        d = defaults(iface, ["smac=" + struct.pack("!HI", 0x0200, first + n).hex(":"),
                             "xid=%d" % n, *args])
        for f in frames(d, dhcp6.message(d)):
            try:
                s.sendto(f, (iface, 0))
            except OSError:         # the test has taken the link down
                pass
        n += 1
        yield n
        wait = start + n / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)


def cmd_flood(iface, *args):
    d = dhcp6.pairs(args)
    for n in paced(iface, args, float(d.get("rate", "100"))):
        if n == dhcp6.num(d.get("count", "-1")):
            break
    print("sent=%d" % n)


def cmd_probe(iface, *args):
    d = dhcp6.pairs(args)
    print("probing", flush=True)
    for _ in paced(iface, args, 1000 / float(d.get("every", "5"))):
        pass


def cmd_each(*args):
    names = [a for a in args if "=" not in a]
    s = pkt.packet_socket(names[0], listen=False)
    for name in names:
        d = defaults(name, [a for a in args if "=" in a])
        for f in frames(d, dhcp6.message(d)):
            s.sendto(f, (name, 0))
    print("sent=%d" % len(names))


def cmd_noise(iface, *args):
    d = defaults(iface, args)
    dice = random.Random(dhcp6.num(d.get("seed", "1")))
    s = pkt.packet_socket(iface, listen=False)
    d["opts"] = [("oro", "23,24,59"), ("ia", "7,2001:db8::7"), ("opt", "61:0007"),
                 ("opt", "16:00000157000a4854545043656e74")]
    for _ in range(dhcp6.num(d.get("count", "1000"))):
        d["xid"] = str(dice.getrandbits(24))
        d["relays"] = [("forw", "%d,::,fe80::9" % n) for n in range(dice.randrange(4))]
        m = bytearray(dhcp6.message(d))
        for _ in range(dice.randrange(1, 6)):
            m[dice.randrange(len(m))] = dice.getrandbits(8)
        m = bytes(m[:dice.choice((len(m), dice.randrange(len(m) + 1)))])
        f = bytearray(frames(d, m)[0])
        if dice.random() < 0.2:
            f[dice.randrange(14, 62)] = dice.getrandbits(8)
        s.sendto(bytes(f), (iface, 0))


def cmd_show(line):
    if not line:
        return
    r = json.loads(line)
    d = dhcp6.show_message(bytes.fromhex(r.pop("hex")))
    d.update((k, str(v)) for k, v in r.items())
    for key, value in d.items():
        print("%s=%s" % (key, value))


def differences(m, fields):
    """What of the fields KEY=VALUE... differs in a message as show_message() decodes it."""
    for key, _, value in (word.partition("=") for word in fields.split()):
        got = m.get(key, "none").replace(" ", ",")
        if got != value:
            yield "%s is %s, not %s" % (key, got, value)


def cmd_relayed(expected, record):
    with open(record) as f:
        got = [dhcp6.show_message(bytes.fromhex(json.loads(line)["hex"])) for line in f]
    with open(expected) as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    for what, fields, sent in rows:
        mine = [m for m in got if "sent=" + m.get("rmsg", "") == sent]
        bad = list(differences(mine[0], fields)) if len(mine) == 1 else \
            ["%d copies" % len(mine)]
        print("FAIL %s: %s" % (what, ", ".join(bad)) if bad else "ok   " + what)
        got = [m for m in got if m not in mine]
    for m in got:
        print("FAIL nobody sent this: " + json.dumps(m))


def cmd_count(name):
    n, clients, links = 0, set(), set()
    with open(name) as f:
        for line in f:
            m = bytes.fromhex(json.loads(line)["hex"])
            n += 1
            clients.add((m[18:34], dhcp6.innermost(m)[1:4]))
            links.add(m[2:18])
    print("count=%d\nclients=%d\nlinks=%d" % (n, len(clients), len(links)))


def cmd_after(name, since, seconds, link=None):
    with open(name) as f:
        for line in pkt.lines_of(f, float(seconds)):
            r = json.loads(line)
            ms = (r["t"] - float(since)) * 1000
            if ms >= 0 and link in (None, dhcp6.addr(bytes.fromhex(r["hex"][4:36]))):
                print("%d" % ms)
                return
    print("none")


if __name__ == "__main__":
    pkt.main(globals(), "pkt6.py", __doc__)
