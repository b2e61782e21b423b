#!/usr/bin/env python3
"""The workhorse of tests/checks/ctl.sh: a fake daemon, a runner of commands and a grep, all in
one process. Starting Python, tr, timeout and grep for each of 300 cases took two minutes of CPU.

    ctl-daemon.py DIRECTORY

Each request on standard input is a count and that many fields, all terminated by NUL. The reply
is one line with a number.

    run MODE STDIN OUT TERM NO_COLOR COMMAND...

Runs COMMAND, with standard output in the file OUT and standard error in DIRECTORY/err, and
replies with its exit status (124 after 60 seconds). NO_COLOR is empty, or = and the value.
Unless MODE is `none', a Unix socket DIRECTORY/s listens before the command starts; its answer is
the content of the file STDIN without newlines and tabs. The command line that it received is
written to DIRECTORY/s.asked. MODE is one of

    none     no socket
    answer   the answer and a newline
    split    the same in pieces of 7 bytes
    more     the same, followed by the beginning of another answer
    stream   the same, followed by the bytes of DIRECTORY/stream
    private  as answer, but only the owner may connect
    cut      the answer without its last byte, then closes
    mute     reads the command and closes
    reset    closes with the command unread, so that the kernel resets the connection
    silent   reads the command and sends nothing
    drip     sends a blank now and then, but no newline
    endless  sends blanks as fast as possible, but no newline
    deaf     never accepts, and its queue is full
    turns    the input holds several answers separated by @: sends one for each command, then
             acts as mute
    pty      as answer, and COMMAND's output is a terminal
    twice    as answer, and COMMAND gets SIGINT with its second command

    match PATTERN FILE...

Replies with 0 if a line of a FILE matches the regular expression, otherwise with 1.
"""
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time

DIR = os.fsencode(sys.argv[1])
SOCKET = os.path.join(DIR, b"s")
ASKED = SOCKET + b".asked"
LIMIT = 60  # seconds that a command may take


def read_line(conn):
    line = b""
    while not line.endswith(b"\n"):
        some = conn.recv(4096)
        if not some:
            break
        line += some
    return line


def send_in_pieces(conn, data):
    for at in range(0, len(data), 7):
        conn.sendall(data[at:at + 7])
        time.sleep(0.0002)


def send_until_closed(conn, piece, pause):
    while True:
        conn.sendall(piece)
        time.sleep(pause)


class Daemon:
    """Listens on SOCKET and answers as MODE says."""

    def __init__(self, mode, answer):
        self.mode = mode
        self.answer = answer.split(b"@") if mode == "turns" else answer
        self.command = None  # the process to interrupt
        self.full = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(SOCKET)
        if mode == "private":
            os.chmod(SOCKET, 0o700)
        self.listener.listen(1)
        if mode == "deaf":
            self.fill_queue()
            assert self.full
        else:
            threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self.listener.close()
        for s in self.full:
            s.close()
        os.unlink(SOCKET)

    def fill_queue(self):
        while True:
            s = socket.socket(socket.AF_UNIX)
            s.setblocking(False)
            try:
                s.connect(SOCKET)
            except BlockingIOError:
                return
            self.full.append(s)

    def serve(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            try:
                self.talk(conn)
            except OSError:
                pass
            conn.close()

    def talk(self, conn):
        if self.mode == "twice" and os.path.exists(ASKED):
            self.command.send_signal(signal.SIGINT)
        if self.mode == "reset":
            return
        line = read_line(conn)
        with open(ASKED, "wb") as f:
            f.write(line)
        if self.mode in ("answer", "private", "pty", "twice"):
            conn.sendall(self.answer + b"\n")
        elif self.mode == "turns":
            if self.answer:
                conn.sendall(self.answer.pop(0) + b"\n")
        elif self.mode == "split":
            send_in_pieces(conn, self.answer + b"\n")
        elif self.mode == "more":
            conn.sendall(self.answer + b"\n{\"error\":")
        elif self.mode == "stream":
            conn.sendall(self.answer + b"\n")
            with open(os.path.join(DIR, b"stream"), "rb") as f:
                conn.sendall(f.read())
        elif self.mode == "cut":
            conn.sendall(self.answer[:-1])
        elif self.mode == "silent":
            conn.recv(1)
        elif self.mode == "drip":
            send_until_closed(conn, b" ", 0.05)
        elif self.mode == "endless":
            send_until_closed(conn, b" " * 65536, 0)


def copy_terminal(master, out):
    """Returns when the last process has closed the terminal."""
    while True:
        try:
            some = os.read(master, 4096)
        except OSError:
            return
        if not some:
            return
        out.write(some)


def run(mode, stdin, out, term, no_color, *command):
    mode = os.fsdecode(mode)
    env = dict(os.environb)
    env[b"TERM"] = term
    if no_color:
        env[b"NO_COLOR"] = no_color[1:]
    daemon = None
    if os.path.exists(ASKED):
        os.unlink(ASKED)
    if mode != "none":
        with open(stdin, "rb") as f:
            daemon = Daemon(mode, f.read().translate(None, b"\n\t"))
    with open(out, "wb") as out, open(os.path.join(DIR, b"err"), "wb") as err:
        if mode == "pty":
            master, slave = pty.openpty()
            process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                       env=env, start_new_session=True)
            os.close(slave)
            copy_terminal(master, out)
            os.close(master)
        else:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=err, env=env)
        if daemon:
            daemon.command = process
        try:
            status = process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = 124
    if daemon:
        daemon.close()
    return status if status >= 0 else 128 - status


def match(pattern, *files):
    pattern = re.compile(pattern)
    for name in files:
        with open(name, "rb") as f:
            if any(pattern.search(line.rstrip(b"\n")) for line in f):
                return 0
    return 1


def read_field():
    field = bytearray()
    while True:
        byte = sys.stdin.buffer.read(1)
        if byte == b"\0":
            return bytes(field)
        if not byte:
            sys.exit()
        field += byte


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what a shell starts with &
    while True:
        fields = [read_field() for _ in range(int(read_field()))]
        request = {b"run": run, b"match": match}[fields[0]]
        print(request(*fields[1:]), flush=True)


main()
