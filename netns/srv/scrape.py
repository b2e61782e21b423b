"""scrape.py: reads metrics as Prometheus does, and as strictly.

  scrape.py get HOST:PORT|SOCKET    GET /metrics to standard output; fails if the
                                    status or the content type is wrong
  scrape.py hang HOST:PORT COUNT    opens COUNT connections, sends half a request on
                                    each, prints "hanging" and stays until it is killed
  scrape.py value FILE NAME [LABEL=VALUE]...
                                    the sum of the samples that have these
                                    labels; "none" if there are none
  scrape.py names FILE              the names of metrics that a dashboard or a
                                    file of rules uses, one on each line
"""

import http.client
import re
import signal
import socket
import sys

SAMPLE = re.compile(r'^([a-z0-9_]+)(?:\{(.*)\})? ([0-9.]+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def connect(where):
    if where.startswith("/"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(5)
        s.connect(where)
        return s
    host, port = where.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 5)


def get(where):
    c = http.client.HTTPConnection("localhost")
    c.sock = connect(where)
    c.request("GET", "/metrics")
    r = c.getresponse()
    kind = r.getheader("Content-Type")
    if r.status != 200 or not kind.startswith("text/plain; version=0.0.4"):
        sys.exit("status %d, %s" % (r.status, kind))
    sys.stdout.write(r.read().decode("ascii"))


def hang(where, count):
    held = []
    for _ in range(int(count)):
        held.append(connect(where))
        held[-1].sendall(b"GET /met")
    print("hanging", flush=True)
    signal.pause()


def samples(path):
    with open(path) as f:
        for line in f:
            if line.startswith("#"):
                continue
            m = SAMPLE.match(line.rstrip("\n"))
            if not m:
                sys.exit("not a sample: " + line)
            text = m.group(2) or ""
            labels = LABEL.findall(text)
            if LABEL.sub("", text):
                sys.exit("labels: " + line)
            yield m.group(1), dict(labels), float(m.group(3))


def value(path, name, *want):
    want = [w.split("=", 1) for w in want]
    found = [v for n, labels, v in samples(path)
             if n == name and all(labels.get(k) == w for k, w in want)]
    print("none" if not found else "%g" % sum(found))


def names(path):
    with open(path) as f:
        print("\n".join(sorted(set(re.findall(r"\bpxrelay_[a-z0-9_]+", f.read())))))


if __name__ == "__main__":
    {"get": get, "hang": hang, "value": value,
     "names": names}[sys.argv[1]](*sys.argv[2:])
