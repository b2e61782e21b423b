"""manager.py: a service manager that starts pxrelayd and logs its messages.

  manager.py SOCKET LOG WATCHDOG_USEC PROGRAM [ARGUMENT]...

Each message to the socket becomes a line of the log: milliseconds since the
start, a space, and its lines, joined by ';'.  The program is a child of this
process, with NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID set; SIGTERM ends both.
"""

import os
import signal
import socket
import subprocess
import sys
import time


def main():
    path, log, usec = sys.argv[1:4]
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(0.1)
    env = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC=usec)
    child = subprocess.Popen(
        ["/bin/sh", "-c", 'export WATCHDOG_PID=$$; exec "$@"', "sh"] + sys.argv[4:],
        env=env)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    begin = time.monotonic()
    with open(log, "w") as f:
        f.write("0 pid=%d\n" % child.pid)
        while True:
            over = child.poll() is not None
            try:
                text = s.recv(4096).decode()
            except socket.timeout:
                f.flush()
                if over:
                    break
                continue
            f.write("%d %s\n" % ((time.monotonic() - begin) * 1000,
                                 text.replace("\n", ";")))
            f.flush()
    sys.exit(child.returncode)


main()
