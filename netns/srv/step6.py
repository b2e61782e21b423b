#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A boot server for EDK2's boot step over IPv6: answers REQUESTs to port 4011 with a
REPLY that has their transaction-id, their DUID and a boot URL.  Prints what came from
where.

usage: step6.py URL
"""

import socket
import struct
import sys

REQUEST, REPLY, CLIENT_ID, BOOT_URL = 3, 7, 1, 59


def option(code, value):
    return struct.pack("!HH", code, len(value)) + value


def client_id(message):
    at = 4
    while at + 4 <= len(message):
        code, size = struct.unpack_from("!HH", message, at)
        if code == CLIENT_ID:
            return message[at + 4:at + 4 + size]
        at += 4 + size
    return b""


def main(url):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("::", 4011))
    print("ready", flush=True)
    while True:
        message, peer = s.recvfrom(2048)
        print("request", peer[0], peer[1], message.hex(), flush=True)
        if message[:1] == bytes([REQUEST]):
            s.sendto(bytes([REPLY]) + message[1:4] + option(CLIENT_ID, client_id(message)) +
                     option(BOOT_URL, url.encode()), peer)


if __name__ == "__main__":
    main(sys.argv[1])
