#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Plays wdsnbp.com, the first boot file of WDS, without Windows.

It sends a request with option 250 to port 4011 of its WDS server, asks again while the
reply says "pending", and follows a referral to another server, until one names a boot
file (Microsoft's wdsbp.h; sub-options of option 250: 2 action, 3 seconds between
polls, 9 referral).  Prints one line for each reply: the server, the action, the file.

usage: wdsnbp.py OWN-ADDRESS MAC SERVER
"""

import socket
import sys
import time

import bootd

TRIES = 10


def request(own, mac):
    """The request that the ROM sent on 4011, plus option 250."""
    head = bytearray(236)
    head[0:4] = 1, 1, 6, 0
    head[4:8] = mac[2:6]
    head[12:16] = bootd.ip(own)
    head[28:34] = mac
    return (bytes(head) + bootd.COOKIE + bootd.tlv(53, bytes([bootd.REQUEST])) +
            bootd.tlv(60, b"PXEClient:Arch:00000:UNDI:002001") +
            bootd.tlv(93, b"\0\0") + bootd.tlv(94, b"\1\2\1") +
            bootd.tlv(97, bytes(17)) +
            bootd.tlv(250, bootd.tlv(1, b"\0\0") + b"\xff") + b"\xff")


def ask(s, message, server):
    s.sendto(message, (server, 4011))
    data, peer = s.recvfrom(2048)
    if peer != (server, 4011) or data[4:8] != message[4:8]:
        sys.exit("answer from %s:%d" % peer)
    wds = bootd.tlvs(bootd.tlvs(data[240:]).get(250, b""))
    return wds, data[108:236].rstrip(b"\0").decode()


def main(own, mac, server):
    message = request(own, bytes.fromhex(mac.replace(":", "")))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((own, 68))
    s.settimeout(3)
    for _ in range(TRIES):
        wds, name = ask(s, message, server)
        action = wds.get(bootd.WDS_ACTION, b"\0")[0]
        print(server, {0: "boot", 1: "pending", 3: "referral"}.get(action), name,
              flush=True)
        if action == bootd.WDS_PENDING:
            time.sleep(int.from_bytes(wds[bootd.WDS_POLL], "big"))
        elif action == bootd.WDS_REFER:
            server = socket.inet_ntoa(wds[bootd.WDS_REFERRAL])
        else:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
