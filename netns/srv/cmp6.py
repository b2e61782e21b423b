"""cmp6.py: proves from captures of both legs that a DHCPv6 relay changed nothing.

  cmp6.py SERVER.pcap LINK-ADDRESS=CLIENT.pcap...

Every message that a client sent to ff02::1:2 must be on the server leg, byte for byte, in a
RELAY-FORW with hop count 0, that link-address and the client's address as peer-address, at
least once. The message in every RELAY-REPL must be on the link of its link-address exactly
once, sent from a link-local address and port 547 to its peer-address and port 546. No client
may see a message that is in no RELAY-REPL. Exit status 1 if anything is wrong, with a line
for each fault; 2 if there was nothing to compare.
"""

import sys

import cmpreplies
import dhcp6


def udp(path):
    show = dhcp6.Frames().show
    return [d for _, f in cmpreplies.frames(path) for d in [show(f)] if d]


def brief(d):
    return "%s %s from %s to %s:%s" % (d.get("type"), d.get("xid"), d["src"], d["dst"],
                                       d["dport"])


def requests(link, leg, server, faults):
    n = 0
    for d in leg:
        if (d["dst"], d["dport"]) != (dhcp6.ALL_RELAYS, "547"):
            continue
        n += 1
        if not any(s.get("rtype") == "relay-forw" and (s["hop"], s["la"], s["pa"]) ==
                   ("0", link, d["src"]) and s["payload"] == d["payload"] for s in server):
            faults.append("not relayed as it was: " + brief(d))
    return n


def replies(link, leg, server, faults):
    seen = [d for d in leg if d["dport"] == "546"]
    n = 0
    for s in server:
        if s.get("rtype") != "relay-repl" or s["la"] != link or s["levels"] != "1":
            continue
        n += 1
        same = [d for d in seen if d["payload"] == s["payload"] and d["dst"] == s["pa"] and
                d["sport"] == "547" and d["src"].startswith("fe80:")]
        if same:
            seen.remove(same[0])
        else:
            faults.append("not delivered as it was: " + brief(s))
    faults += ["out of nowhere: " + brief(d) for d in seen]
    return n


def main(server_file, *legs):
    server, faults, asked, told = udp(server_file), [], 0, 0
    for leg in legs:
        link, _, path = leg.partition("=")
        frames = udp(path)
        asked += requests(link, frames, server, faults)
        told += replies(link, frames, server, faults)
    for fault in faults:
        print(fault)
    print("%d requests and %d replies compared, %d faults" % (asked, told, len(faults)))
    return 1 if faults else 0 if asked and told else 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
