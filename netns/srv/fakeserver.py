"""fakeserver.py: a DHCP server on port 67 that replies as the test tells it.

  fakeserver.py --knobs FILE --record FILE [--bind ADDRESS] [--port N]

Every datagram it gets becomes one JSON line of the record: t (seconds, the
machine's clock), src, sport, dst and hex, the bytes as they came.  The same line
has its reply (hex).  The knobs file (key=value lines) is read again for every
request, so a test changes it by mv:

  answer=auto   OFFER to DISCOVER, ACK to REQUEST and INFORM, plain BOOTP to
                BOOTP (default); none: silence; or offer, ack, nak, ...
  yiaddr=auto   network of giaddr, host number 77 (default), or an address
  op htype hlen hops xid secs flags ciaddr giaddr chaddr
                echo (default; hops 0, ciaddr echo) or a value
  siaddr sname file end truncate size payload opt bytes
                as in dhcp.py; opt and bytes follow 53 and 54
  82=last       where the request's option 82 is echoed: first, middle, last,
                twice, none; or hex bytes that are sent instead of it
  replies=1     how many times the reply is sent
  to=giaddr     giaddr, src, or an address; port= (67)
  from=ADDRESS  the source address of the reply, one of this machine's; asked: the
                address that the request was sent to
  sport=67      its source port
  delay=0       milliseconds before it
"""

import argparse
import json
import os
import socket
import struct
import time

import dhcp

IP_PKTINFO, SO_RCVBUFFORCE = 8, 33
COPIED = ("htype", "hlen", "xid", "secs", "flags", "ciaddr", "giaddr")


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--knobs", required=True)
    p.add_argument("--record", required=True)
    p.add_argument("--bind", default="0.0.0.0")
    p.add_argument("--port", type=int, default=67)
    return p.parse_args()


class Knobs:
    """The knobs file, which is read again when it has been replaced."""

    parse = staticmethod(dhcp.pairs)

    def __init__(self, name):
        self.name, self.seen, self.value = name, None, {}

    def now(self):
        st = os.stat(self.name)
        if (st.st_ino, st.st_mtime_ns) != self.seen:
            self.seen = st.st_ino, st.st_mtime_ns
            with open(self.name) as f:
                self.value = self.parse(f.read().split("\n"))
        return self.value


def udp_socket(bind, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    s.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    s.bind((bind, port))
    return s


def kind_of(request, knobs):
    """The message type of the reply, or None for silence."""
    answer = knobs.get("answer", "auto")
    if answer == "none" or request.get("op") != "1":
        return None
    if answer != "auto":
        return answer
    return {"discover": "offer", "request": "ack", "inform": "ack",
            None: "none"}.get(request.get("type"))


def yiaddr_of(request, knobs):
    said = knobs.get("yiaddr", "auto")
    if said != "auto":
        return said
    return request["giaddr"].rpartition(".")[0] + ".77"


def options_of(request, knobs, kind, me):
    """The options in the order that the knobs ask for."""
    if kind == "none":
        return []
    first = [("opt", "53:%02x" % (dhcp.TYPES.index(kind)))]
    ident = [("opt", "54:" + socket.inet_aton(me).hex())]
    rest = [("opt", "51:00000e10"), ("opt", "1:ffffff00")]
    rest = ident + (rest if kind != "nak" else []) + knobs["opts"]
    where = knobs.get("82", "last")
    value = request.get("opt82")
    if where not in ("first", "middle", "last", "twice", "none"):
        where, value = "last", where
    if value is None or where == "none":
        return first + rest
    rai = [("opt", "82:" + one) for one in value.split(",")]
    return {"first": rai + first + rest, "middle": first + rai + rest,
            "last": first + rest + rai,
            "twice": first + rai + rest + rai}[where]


def answer(request, knobs, me):
    """The bytes of the reply, or None."""
    kind = kind_of(request, knobs)
    if kind is None:
        return None
    d = {key: request[key] for key in COPIED}
    d["chaddr"] = request["chaddr"]
    d.update(op="2", yiaddr="0.0.0.0" if kind == "nak" else
             yiaddr_of(request, knobs), type="none")
    for key, value in knobs.items():
        if key not in ("yiaddr", "opts") and value != "echo":
            d[key] = value
    d["opts"] = options_of(request, knobs, kind, me)
    if kind == "none":
        d["cookie"] = "0"
    return dhcp.message(d)


def reply(s, data, request, knobs, src, me):
    to = knobs.get("to", "giaddr")
    to = {"giaddr": request.get("giaddr"), "src": src}.get(to, to)
    control = []
    if "from" in knobs:
        mine = me if knobs["from"] == "asked" else knobs["from"]
        control = [(socket.IPPROTO_IP, IP_PKTINFO,
                    struct.pack("i4s4s", 0, socket.inet_aton(mine), bytes(4)))]
    if "sport" in knobs:
        s = udp_socket("0.0.0.0", dhcp.num(knobs["sport"]))
    time.sleep(float(knobs.get("delay", "0")) / 1000)
    for _ in range(dhcp.num(knobs.get("replies", "1"))):
        try:
            s.sendmsg([data], control, 0,
                      (to, dhcp.num(knobs.get("port", "67"))))
        except OSError as e:
            print("cannot answer %s: %s" % (to, e), flush=True)


def serve(s, knobs, record):
    while True:
        data, anc, _, (src, sport) = s.recvmsg(65536, 256)
        now = time.time()
        me = dhcp.addr(anc[0][2][4:8])
        request = dhcp.show_message(data)
        k = knobs.now()
        out = answer(request, k, me) if "op" in request else None
        line = {"t": now, "src": src, "sport": sport,
                "dst": dhcp.addr(anc[0][2][8:12]), "hex": data.hex()}
        if out is not None:
            line["reply"] = out.hex()
        record.write(json.dumps(line) + "\n")
        record.flush()
        if out is not None:
            reply(s, out, request, k, src, me)


def main():
    args = arguments()
    s = udp_socket(args.bind, args.port)
    print("ready", flush=True)
    with open(args.record, "a") as record:
        serve(s, Knobs(args.knobs), record)


if __name__ == "__main__":
    main()
