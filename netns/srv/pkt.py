"""pkt.py: sends hand-made DHCP packets and decodes the replies.

  pkt.py send IFACE KEY=VALUE...    one packet; prints xid= and sent=
  pkt.py ask IFACE KEY=VALUE...     one packet, then the replies as key=value
  pkt.py flood IFACE KEY=VALUE...   count= packets, rate= a second, each from a
                                    client of its own; or until the file until=
                                    exists; prints sent=
  pkt.py blast IFACE KEY=VALUE...   DISCOVERs of machines= made-up clients, as fast as
                                    possible, for wait= seconds; prints sent=
  pkt.py probe IFACE KEY=VALUE...   a packet of a new client every= ms until it is killed
  pkt.py noise IFACE KEY=VALUE...   count= packets with random damage, the same
                                    for the same seed=
  pkt.py listen IFACE KEY=VALUE...  prints what comes to port 68 (or port=) in wait= s
  pkt.py show LINE                  a line of fakeserver.py's record, decoded
  pkt.py serve                      runs such commands from standard input; see quick in lib.sh
  pkt.py relayed HEX GIADDR [OPT82] the request as a relay must send it
  pkt.py without82 HEX OPT82        the reply as a relay must deliver it
  pkt.py gaps FILE                  count=, clients= and gap_ms= of a record
  pkt.py after FILE TIME SECONDS [GIADDR]
                                    waits for a request that was recorded after
                                    TIME, prints the milliseconds in between,
                                    or none

dhcp.py lists the keys of messages and headers.  Further keys here:
  via=udp      sends through a UDP socket, as busybox's client does, so that the kernel
               leaves the checksum to the hardware (on veth, nothing fills it in)
  again=N      sends the same packet N times
  wait=S       how long to wait for the first reply (1)
  settle=MS    how long to wait for more after it (100)
  port=N       replies come to this port (68)
  match=any    every packet to that port is a reply, not only those with our xid
Output: answers= (their number) and the fields of the first reply; those of the second
begin with 2., and so on.  Packets that this machine sends are not counted.
"""

import json
import os
import random
import socket
import struct
import sys
import time
import traceback

import dhcp

ETH_P_IP, PACKET_AUXDATA, SOL_PACKET, OUTGOING = 0x0800, 8, 263, 4
CSUMNOTREADY, SO_RCVBUFFORCE = 8, 33
SLOW = float(os.environ.get("PXR_SLOW") or
             (10 if os.environ.get("VMRUN_GUEST") else 1))


def own_mac(iface):
    with open("/sys/class/net/%s/address" % iface) as f:
        return f.read().strip()


def packet_socket(iface, listen=True, proto=ETH_P_IP):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                      socket.htons(proto) if listen else 0)
    if listen:
        s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        s.bind((iface, proto))
    return s


def transmit(iface, d, count=1):
    """Sends the packet that d describes; returns its payload."""
    payload = dhcp.message(d)
    if d.get("via") == "udp":
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                     iface.encode())
        s.bind((d.get("src", "0.0.0.0"), dhcp.num(d.get("sport", "68"))))
        to = d.get("dst", "255.255.255.255"), dhcp.num(d.get("dport", "67"))
        for _ in range(count):
            s.sendto(payload, to)
        return payload
    s = packet_socket(iface, listen=False)
    frames = [dhcp.frame(d, own_mac(iface), p)
              for p in dhcp.packets(d, payload)]
    for _ in range(count):
        for f in frames:
            s.sendto(f, (iface, 0))
    return payload


def defaults(iface, args):
    d = dhcp.pairs(args)
    d.setdefault("chaddr", own_mac(iface))
    d.setdefault("xid", "0x%08x" % random.getrandbits(32))
    return d


def arrivals(s, until, show=dhcp.show_frame):
    """The decoded frames that arrive before the time that until() returns."""
    while True:
        left = until() - time.monotonic()
        if left <= 0:
            return
        s.settimeout(left)
        try:
            f, anc, _, sll = s.recvmsg(65536, 256)
        except socket.timeout:
            return
        if sll[2] == OUTGOING:
            continue
        partial = any(level == SOL_PACKET and kind == PACKET_AUXDATA and
                      struct.unpack_from("I", data)[0] & CSUMNOTREADY
                      for level, kind, data in anc)
        d = show(f, partial)
        if d:
            yield d


def collect(s, d, wanted, show=dhcp.show_frame):
    """The replies, until no packet has come for settle ms after the first."""
    end = time.monotonic() + float(d.get("wait", "1")) * SLOW
    settle = float(d.get("settle", "100")) / 1000 * SLOW
    got = []
    for a in arrivals(s, lambda: end, show):
        if not wanted(a):
            continue
        got.append(a)
        end = time.monotonic() + settle
    return got


def print_answers(got):
    print("answers=%d" % len(got))
    for i, a in enumerate(got):
        for key, value in a.items():
            print("%s%s=%s" % ("%d." % (i + 1) if i else "", key, value))


def cmd_send(iface, *args):
    d = defaults(iface, args)
    payload = transmit(iface, d, dhcp.num(d.get("again", "1")))
    print("xid=%s\nsent=%s" % (d["xid"], payload.hex()))


def cmd_ask(iface, *args):
    d = defaults(iface, args)
    s = packet_socket(iface)
    xid = "0x%08x" % dhcp.num(d["xid"])
    anything = d.get("match") == "any"
    payload = transmit(iface, d, dhcp.num(d.get("again", "1")))
    port = d.get("port", "68")
    print_answers(collect(s, d, lambda a: a["dport"] == port and
                          (anything or a.get("xid") == xid)))
    print("asked=%s\nsent=%s" % (d["xid"], payload.hex()))


def cmd_listen(iface, *args):
    d = dhcp.pairs(args)
    s = packet_socket(iface)
    print("listening", file=sys.stderr, flush=True)
    port = d.get("port", "68")
    print_answers(collect(s, d, lambda a: a["dport"] == port))


def paced(iface, d, rate):
    """Sends a packet of a new client at every tick, forever."""
    s = packet_socket(iface, listen=False)
    mac = own_mac(iface)
    first = random.getrandbits(24) << 8
    start, n = time.monotonic(), 0
    while True:
        d["xid"] = str((first + n) & 0xffffffff)
        d["chaddr"] = "02:00:%02x:%02x:%02x:%02x" % (
            first >> 24, n >> 16 & 255, n >> 8 & 255, n & 255)
        for p in dhcp.packets(d, dhcp.message(d)):
            try:
                s.sendto(dhcp.frame(d, mac, p), (iface, 0))
            except OSError:         # the test has taken the link down
                pass
        n += 1
        yield n
        wait = start + n / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)


def cmd_flood(iface, *args):
    d = defaults(iface, args)
    count = dhcp.num(d.get("count", "-1"))
    for n in paced(iface, d, float(d.get("rate", "100"))):
        if n == count or os.path.exists(d.get("until", "")):
            break
    print("sent=%d" % n)


def cmd_blast(iface, *args):
    d = defaults(iface, args)
    d.setdefault("opts", []).append(("opt", "60:'PXEClient:Arch:00007"))
    s = packet_socket(iface, listen=False)
    s.bind((iface, 0))
    frames, n = [], 0
    for _ in range(dhcp.num(d.get("machines", "2000"))):
        d["xid"] = str(random.getrandbits(32))
        d["chaddr"] = "06:%02x:%02x:%02x:%02x:%02x" % tuple(
            random.getrandbits(8) for _ in range(5))
        frames.append(dhcp.frame(d, own_mac(iface),
                                 dhcp.packets(d, dhcp.message(d))[0]))
    end = time.monotonic() + float(d.get("wait", "1"))
    while time.monotonic() < end and not os.path.exists(d.get("until", "")):
        for f in frames:
            try:
                s.send(f)
                n += 1
            except OSError:         # the queue is full
                pass
    print("sent=%d" % n)


def cmd_probe(iface, *args):
    d = defaults(iface, args)
    print("probing", flush=True)
    for _ in paced(iface, d, 1000 / float(d.get("every", "5"))):
        pass


def cmd_noise(iface, *args):
    d = defaults(iface, args)
    dice = random.Random(dhcp.num(d.get("seed", "1")))
    s = packet_socket(iface, listen=False)
    d["opts"] = [("opt", "60:'PXEClient:Arch:00007"), ("opt", "93:0007"),
                 ("opt", "82:0104deadbeef"), ("opt", "55:0103060f")]
    for _ in range(dhcp.num(d.get("count", "1000"))):
        d["xid"] = str(dice.getrandbits(32))
        m = bytearray(dhcp.message(d))
        for _ in range(dice.randrange(1, 6)):
            m[dice.choice((dice.randrange(len(m)),
                           dice.randrange(236, len(m))))] = \
                dice.getrandbits(8)
        m = bytes(m[:dice.choice((len(m), dice.randrange(len(m) + 1)))])
        f = bytearray(dhcp.frame(d, own_mac(iface), dhcp.packets(d, m)[0]))
        if dice.random() < 0.2:
            f[dice.randrange(14, 42)] = dice.getrandbits(8)
        s.sendto(bytes(f), (iface, 0))


def cmd_show(line):
    if not line:
        return
    r = json.loads(line)
    d = dhcp.show_message(bytes.fromhex(r.pop("hex")))
    d.update((k, str(v)) for k, v in r.items())
    for key, value in d.items():
        print("%s=%s" % (key, value))


def cmd_relayed(message, giaddr, opt82=None):
    print(dhcp.relayed(bytes.fromhex(message), giaddr,
                       None if opt82 is None else bytes.fromhex(opt82)).hex())


def cmd_without82(message, opt82):
    print(dhcp.without82(bytes.fromhex(message), bytes.fromhex(opt82)).hex())


def cmd_gaps(name):
    times, clients = [], set()
    with open(name) as f:
        for line in f:
            r = json.loads(line)
            times.append(r["t"])
            clients.add(r["hex"][8:16] + r["hex"][56:68])
    gap = max((b - a for a, b in zip(times, times[1:])), default=0)
    print("count=%d\nclients=%d\ngap_ms=%d" %
          (len(times), len(clients), gap * 1000))


def lines_of(f, seconds):
    """The lines of a record as they are written, for that many seconds."""
    end = time.monotonic() + seconds * SLOW
    while time.monotonic() < end:
        line = f.readline()
        if line.endswith("\n"):
            yield line
        elif line:
            f.seek(f.tell() - len(line))
            time.sleep(0.001)
        else:
            time.sleep(0.002)


def cmd_after(name, since, seconds, giaddr=None):
    with open(name) as f:
        for line in lines_of(f, float(seconds)):
            r = json.loads(line)
            ms = (r["t"] - float(since)) * 1000
            if ms >= 0 and giaddr in (None, dhcp.addr(
                    bytes.fromhex(r["hex"][48:56]))):
                print("%d" % ms)
                return
    print("none")


def serve(commands):
    """Runs one command for each line, whose words 0x1f separates; a line with a dot ends its
    output."""
    for line in sys.stdin:
        words = line.rstrip("\n").split("\x1f")
        try:
            commands["cmd_" + words[0]](*words[1:])
        except Exception:
            traceback.print_exc()
        print(".", flush=True)


def main(commands, name, usage):
    if sys.argv[1:] == ["serve"]:
        serve(commands)
    try:
        commands["cmd_" + sys.argv[1]](*sys.argv[2:])
    except (IndexError, KeyError) as e:
        raise SystemExit("%s: %r\n%s" % (name, e, usage))


if __name__ == "__main__":
    main(globals(), "pkt.py", __doc__)
