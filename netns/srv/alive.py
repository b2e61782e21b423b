"""alive.py: answers TCP, HTTP and TFTP probes as a healthy server does.

  alive.py

It serves HTTP on port 80 and TFTP on port 69, but has no pages and no files. It prints
"ready" when it listens.
"""

import asyncio
import socket
import struct

IP_PKTINFO = 8


async def http(reader, writer):
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 404 Not Found\r\n\r\n")
        await writer.drain()
        await reader.read(100)
    except (OSError, asyncio.IncompleteReadError):
        pass		# a probe closes the connection without a request
    writer.close()


def tftp(sock):
    """Replies from the address that was asked; this machine has many addresses."""
    data, control, _, peer = sock.recvmsg(600, 64)
    level, kind, info = control[0]
    source = struct.pack("@I4s4s", 0, info[4:8], b"\0\0\0\0")
    sock.sendmsg([b"\0\5\0\1not found\0"], [(level, kind, source)], 0, peer)


def open_tftp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    sock.bind(("0.0.0.0", 69))
    return sock


async def main():
    await asyncio.start_server(http, "0.0.0.0", 80, backlog=256)
    sock = open_tftp()
    asyncio.get_running_loop().add_reader(sock, tftp, sock)
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
