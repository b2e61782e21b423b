#!/usr/bin/env python3
"""A fake daemon for tests/checks/ctl.sh: a Unix socket that sends one prepared answer, in a good
or a bad way.

    ctl-daemon.py MODE SOCKET COMMAND...

listens on SOCKET, runs COMMAND, sends its standard input as the answer, and ends with
COMMAND's exit status. The command line it received is written to SOCKET.asked. The socket
listens before the command starts, so there is nothing to wait for.

MODE is one of

    answer   the answer and a newline
    split    the same in pieces of 7 bytes
    more     the same, and then the beginning of another
    stream   the same, and then the bytes of the file $STREAM
    cut      the answer without its end, then closes
    mute     closes without a word
    reset    closes with the command unread, so that the kernel resets
    silent   reads the command and sends nothing
    drip     sends a blank now and then, but no newline
    endless  sends blanks as fast as possible, but no newline
    deaf     never accepts, and its queue is full
    turns    the input has several answers, separated by @: one for each command, then as mute
    pty      as answer, and COMMAND's output is a terminal
    twice    as answer, and COMMAND gets SIGINT with its second command
"""
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time

RUNNING = []  # COMMAND's process


def read_line(conn):
    line = b""
    while not line.endswith(b"\n"):
        some = conn.recv(4096)
        if not some:
            break
        line += some
    return line


def in_pieces(conn, data):
    for at in range(0, len(data), 7):
        conn.sendall(data[at:at + 7])
        time.sleep(0.0002)


def until_closed(conn, piece, pause):
    while True:
        conn.sendall(piece)
        time.sleep(pause)


def talk(conn, mode, path, answer):
    if mode == "twice" and os.path.exists(path + ".asked"):
        RUNNING[0].send_signal(signal.SIGINT)
    if mode == "reset":
        conn.close()
        return
    line = read_line(conn)
    with open(path + ".asked", "wb") as f:
        f.write(line)
    if mode in ("answer", "pty", "twice"):
        conn.sendall(answer + b"\n")
    elif mode == "turns":
        if answer:
            conn.sendall(answer.pop(0) + b"\n")
    elif mode == "split":
        in_pieces(conn, answer + b"\n")
    elif mode == "more":
        conn.sendall(answer + b"\n{\"error\":")
    elif mode == "stream":
        conn.sendall(answer + b"\n")
        with open(os.environ["STREAM"], "rb") as f:
            conn.sendall(f.read())
    elif mode == "cut":
        conn.sendall(answer[:-1])
    elif mode == "silent":
        conn.recv(1)
    elif mode == "drip":
        until_closed(conn, b" ", 0.05)
    elif mode == "endless":
        until_closed(conn, b" " * 65536, 0)
    conn.close()


def serve(listener, mode, path, answer):
    while True:
        conn, _ = listener.accept()
        try:
            talk(conn, mode, path, answer)
        except OSError:
            conn.close()


def fill_queue(path):
    """Connects until the queue is full."""
    full = []
    while True:
        s = socket.socket(socket.AF_UNIX)
        s.setblocking(False)
        try:
            s.connect(path)
        except BlockingIOError:
            return full
        full.append(s)


def main():
    mode, path, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    answer = sys.stdin.buffer.read()
    if mode == "turns":
        answer = answer.split(b"@")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    if mode == "deaf":
        full = fill_queue(path)
        assert full
    else:
        threading.Thread(target=serve, daemon=True,
                         args=(listener, mode, path, answer)).start()
    if mode == "pty":
        status = os.waitstatus_to_exitcode(pty.spawn(command))
    else:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # of a shell's &: ignored
        RUNNING.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        status = RUNNING[0].wait()
    os.unlink(path)
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


main()
