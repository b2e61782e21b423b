"""forge.py: forges what servers and routers say to a relay, by the thousand.

  forge.py IFACE KEY=VALUE...       count= packets from IFACE, of all kinds in turn

Keys: dmac= of the relay, server= whose name is used, own= the address of this machine,
relay= the relay's address that servers know, giaddr= (may be repeated with commas),
chaddr= of a client, seed=.  Prints offers= and errors=, how many of each were sent.

What it cannot know is drawn: xids.  All else is as in a real message: replies are in the
server's name, and errors quote a request of that client to that server, in full or, as
Windows and Cisco do, as far as the UDP header.
"""

import itertools
import random
import sys

import dhcp
import pkt

REPLIES = ("offer", "ack", "nak", "none")
# Who sends the error: this machine, the server, the relay itself.
SENDERS = ("own", "server", "relay")
# Port, host and network unreachable.
CODES = ("03", "01", "00")


def icmp(d, quote):
    body = bytes.fromhex("03" + d["code"] + "000000000000") + quote
    s = dhcp.csum(body)
    body = body[:2] + s.to_bytes(2, "big") + body[4:]
    return dhcp.ipv4({"src": d[d["sender"]], "dst": d["relay"], "proto": "1"}, body)


def quote(d, dice, short):
    """The request that the error claims to be about."""
    m = dhcp.message({"xid": str(dice.getrandbits(32)), "chaddr": d["chaddr"],
                      "giaddr": dice.choice(d["giaddr"].split(",")), "hops": "1",
                      "size": "300", "opts": []})
    p = dhcp.ipv4({"src": d["relay"], "dst": d["server"]},
                  dhcp.datagram({"src": d["relay"], "dst": d["server"],
                                 "sport": "67"}, m))
    return p[:28] if short else p


def reply(d, dice, kind):
    giaddr = dice.choice(d["giaddr"].split(","))
    m = dict(d, op="2", type=kind, xid=str(dice.getrandbits(32)), giaddr=giaddr,
             yiaddr=giaddr.rsplit(".", 1)[0] + ".66", flags="0x8000", opts=[])
    m.update(src=d["server"], dst=giaddr, sport="67", dport="67")
    return dhcp.packets(m, dhcp.message(m))[0]


def forgeries(d, dice):
    """Without end; True with those that are errors."""
    errors = itertools.cycle(itertools.product(SENDERS, CODES, (False, True)))
    for kind in itertools.cycle(REPLIES):
        yield reply(d, dice, kind), False
        sender, code, short = next(errors)
        yield icmp(dict(d, sender=sender, code=code), quote(d, dice, short)), True


def main(iface, *args):
    d = dhcp.pairs(args)
    dice = random.Random(d.get("seed", "1"))
    s = pkt.packet_socket(iface, listen=False)
    mac = pkt.own_mac(iface)
    sent = {False: 0, True: 0}
    for p, is_error in itertools.islice(forgeries(d, dice), dhcp.num(d["count"])):
        s.sendto(dhcp.frame(d, mac, p), (iface, 0))
        sent[is_error] += 1
    print("offers=%d\nerrors=%d" % (sent[False], sent[True]))


if __name__ == "__main__":
    main(*sys.argv[1:])
