#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Answers router solicitations on one interface with an advertisement that
offers nothing.  Without a router, iPXE, which configures IPv6 before IPv4, waits
13 s for one: most of the time of a boot test.  With a prefix, of 64 bits, it is
the router of that subnet, whose addresses come by DHCPv6 (M flag).  FLAGS are
other ones in place of M: m, o, and a for the prefix; - is none.

usage: rad.py IFACE [PREFIX [FLAGS]]
"""

import socket
import struct
import sys

ROUTER_SOLICIT, ROUTER_ADVERT = 133, 134
ICMP6_FILTER = 1                        # linux/icmpv6.h; a set bit blocks a type
ALL_ROUTERS, ALL_NODES = "ff02::2", "ff02::1"


def advertisement(prefix, flags):
    """Hop limit 64; the kernel adds the checksum."""
    if not prefix:                      # no DHCPv6, router lifetime 0
        return struct.pack("!BBHBBHII", ROUTER_ADVERT, 0, 0, 64, 0, 0, 0, 0)
    managed = 0x80 * ("m" in flags) | 0x40 * ("o" in flags)
    on_link = 0x80 | 0x40 * ("a" in flags)
    # for 30 minutes; the prefix for an hour
    return struct.pack("!BBHBBHII", ROUTER_ADVERT, 0, 0, 64, managed, 1800, 0, 0) + \
        struct.pack("!BBBBIII", 3, 4, 64, on_link, 3600, 3600, 0) + \
        socket.inet_pton(socket.AF_INET6, prefix)


def main(name, prefix=None, flags="m"):
    index = socket.if_nametoindex(name)
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
    block = [0xffffffff] * 8
    block[ROUTER_SOLICIT // 32] &= ~(1 << ROUTER_SOLICIT % 32)
    s.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, struct.pack("=8I", *block))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                 socket.inet_pton(socket.AF_INET6, ALL_ROUTERS) + struct.pack("=I", index))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    advert = advertisement(prefix, flags)
    print("ready", flush=True)
    while True:
        # UEFI asks from ::, so the sender does not say by which interface.
        s.recvfrom(2048)
        s.sendto(advert, (ALL_NODES, 0, 0, index))


if __name__ == "__main__":
    main(*sys.argv[1:])
