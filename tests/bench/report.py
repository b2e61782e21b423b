#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Prints what bench.sh measured: medians (min-max) over the rounds, and the limits.
Ratios are taken within each round, between measurements that are close in time, so that
other load on the machine affects both; the median of the ratios is printed."""

import sys
from statistics import median

NAMES = {"px": "pxrelayd", "udp": "A: UDP, UDP", "ring": "B: ring, frames",
         "helper": "dhcp-helper", "isc": "dhcrelay -a", "dnsmasq": "dnsmasq",
         "px6": "pxrelayd, DHCPv6", "isc6": "dhcrelay -6", "dnsmasq6": "dnsmasq, DHCPv6"}
PEERS = ("helper", "isc", "dnsmasq", "isc6", "dnsmasq6")


def read(path):
    """{(part, relay, n, what): {round: {key: number}}}"""
    out = {}
    for line in open(path):
        words = dict(w.split("=", 1) for w in line.split())
        key = tuple(words.pop(k) for k in ("part", "relay", "n", "what"))
        rnd = int(words.pop("round"))
        out.setdefault(key, {})[rnd] = {k: float(v) for k, v in words.items()}
    return out


class Results:
    def __init__(self, data):
        self.data = data

    def rounds(self, part, relay, n, what, key):
        rows = self.data.get((part, relay, str(n), what), {})
        return {r: row[key] for r, row in rows.items() if key in row}

    def cell(self, part, relay, n, what, key, fmt="%.1f", scale=1.0):
        v = [x * scale for x in self.rounds(part, relay, n, what, key).values()]
        if not v:
            return "-"
        if fmt % min(v) == fmt % max(v):
            return fmt % median(v)
        return f"{fmt} ({fmt}-{fmt})" % (median(v), min(v), max(v))

    def relays(self, part):
        return [r for r in NAMES if any(k[:2] == (part, r) for k in self.data)]

    def numbers(self, part):
        return sorted({int(k[2]) for k in self.data if k[0] == part})

    def ratio(self, a, b):
        """Median over the rounds; a and b are dicts by round."""
        v = [a[r] / b[r] for r in a if r in b and b[r]]
        return median(v) if v else None


def table(head, rows):
    rows = [head] + rows
    width = [max(len(r[i]) for r in rows) for i in range(len(head))]
    for r in rows:
        print("  ".join(c.ljust(w) for c, w in zip(r, width)).rstrip())
    print()


def one(res):
    head = ["1 interface, 1 server", "CPU us/pair 40k/s", "at NDR",
            "NDR k/s", "4x NDR k/s", "RSS MB", "fds"]
    rows = []
    for r in res.relays("one"):
        def c(what, key, fmt="%.1f", scale=1.0, r=r):
            return res.cell("one", r, 1, what, key, fmt, scale)
        rows.append([NAMES[r], c("cpu", "pair"), c("ndr", "pair"),
                     c("ndr", "ndr", "%.0f", 1e-3), c("over", "per_s", "%.0f", 1e-3),
                     c("start", "rss", "%.1f", 1 / 1024), c("start", "fds", "%.0f")])
    table(head, rows)
    for r in res.relays("one"):
        if any(res.rounds("one", r, 1, "ndr", "harness").values()):
            print(f"{NAMES[r]}: the harness was the limit of its NDR at least once")


def per_n(res, part, title, rate_cells):
    ns = res.numbers(part)
    head = [title] + [f"{label} at {n}" for label, *_ in rate_cells for n in ns]
    rows = [[NAMES[r]] + [res.cell(part, r, n, *cell)
                          for _, *cell in rate_cells for n in ns]
            for r in res.relays(part)]
    if rows:
        table(head, rows)


class Verdicts:
    def __init__(self):
        self.rows, self.missed = [], 0

    def say(self, what, value, ok, fmt="%.2f"):
        if value is None:
            self.rows.append([what, "-", "not measured"])
            return
        self.missed += not ok
        self.rows.append([what, fmt % value, "OK" if ok else "MISSED"])

    def at_most(self, what, value, limit, fmt="%.2f"):
        self.say(f"{what} <= {limit:g}", value, value is not None and value <= limit, fmt)

    def at_least(self, what, value, limit, fmt="%.2f"):
        self.say(f"{what} >= {limit:g}", value, value is not None and value >= limit, fmt)


def best_peer(res, part, n, what, key, pick):
    """By round, the best of the peers."""
    out = {}
    for p in PEERS:
        for r, v in res.rounds(part, p, n, what, key).items():
            out[r] = pick(out[r], v) if r in out else v
    return out


def judge_one(res, v):
    def px(what, key):
        return res.rounds("one", "px", 1, what, key)

    def of(relay, what, key):
        return res.rounds("one", relay, 1, what, key)

    v.at_most("CPU at 40k/s, of dhcp-helper's",
              res.ratio(px("cpu", "pair"), of("helper", "cpu", "pair")), 0.8)
    v.at_most("CPU near saturation, of dhcp-helper's",
              res.ratio(px("ndr", "pair"), of("helper", "ndr", "pair")), 0.6)
    v.at_most("CPU near saturation, of B's",
              res.ratio(px("ndr", "pair"), of("ring", "ndr", "pair")), 1.3)
    v.at_least("NDR, of A's", res.ratio(px("ndr", "ndr"), of("udp", "ndr", "ndr")), 1)
    v.at_least("NDR, of the best peer's",
               res.ratio(px("ndr", "ndr"), best_peer(res, "one", 1, "ndr", "ndr", max)), 2)
    v.at_least("answered at 4x NDR, of the NDR",
               res.ratio(px("over", "per_s"), px("ndr", "ndr")), 0.8)
    rss = px("start", "rss").values()
    v.at_most("RSS at start, MB", median(rss) / 1024 if rss else None, 8, "%.1f")
    bad = sum(sum(px(w, "bad").values()) for w in ("cpu", "ndr", "over"))
    v.at_most("wrong packets", bad, 0, "%.0f")
    lost = max(px("after", "loss").values(), default=None)
    v.at_most("loss at 1k/s after overload", lost, 0, "%.4f")


def judge_lat(res, v):
    """Medians over all trials, and of those the best peer's: the least of three that
    are equal but for noise would be the luckiest one's."""
    for n in res.numbers("lat"):
        p50 = {r: median(res.rounds("lat", r, n, "lat", "p50").values())
               for r in res.relays("lat")}
        peers = [p50[p] for p in PEERS if p in p50]
        v.at_most(f"delay at 1k/s, servers that take {n} us, of the best peer's",
                  p50["px"] / min(peers) if peers and "px" in p50 else None, 1)


def judge_scale(res, v):
    def px(n, what, key):
        return res.rounds("scale", "px", n, what, key)

    for n in res.numbers("scale"):
        if n == 1:
            continue
        v.at_most(f"CPU per pair with {n} interfaces, of that with 1",
                  res.ratio(px(n, "cpu", "pair"), px(1, "cpu", "pair")), 1.15)
        loss = px(n, "cpu", "loss").values()
        v.at_most(f"loss with {n} interfaces", max(loss, default=None), 0.001, "%.4f")
    for n in res.numbers("scale"):
        ready = px(n, "start", "ready").values()
        fds = res.rounds("alone", "px", n, "start", "fds").values()
        idle = px(n, "idle", "cpu").values()
        v.at_most(f"ready with {n} interfaces, ms", median(ready) if ready else None,
                  300, "%.0f")
        v.at_most(f"descriptors with {n} interfaces and one server",
                  max(fds, default=None), 19, "%.0f")
        v.at_most(f"CPU when idle with {n} interfaces, us in 500 ms",
                  median(idle) if idle else None, 0, "%.0f")


def judge_fan(res, v):
    for n in res.numbers("fan"):
        v.at_most(f"CPU per pair with {n} servers, of A's",
                  res.ratio(res.rounds("fan", "px", n, "cpu", "pair"),
                            res.rounds("fan", "udp", n, "cpu", "pair")), 1)


def judge_full(res, v):
    def px(n, what, key):
        return res.rounds("full", "px", n, what, key)

    v.at_most("delay at 1k/s with 100,000 clients in the tables, of that with none",
              res.ratio(px(100000, "lat", "p50"), px(0, "lat", "p50")), 1.1)
    v.at_most("CPU per pair at 20k/s with them, of that without",
              res.ratio(px(100000, "cpu", "pair"), px(0, "cpu", "pair")), 1.1)


def judge_flood(res, v):
    def px(what, key):
        return res.rounds("flood", "px", 1, what, key)

    known = px("known", "known").values()
    v.at_least("flood: answered of those who had begun",
               median(known) if known else None, 0.95)
    relayed = res.ratio(px("known", "got"), px("known", "asked"))
    v.at_least("flood: answered of what was relayed (replies do not starve)",
               relayed, 0.95)
    # Sizes of the ring (1,024) and of a receive buffer (2,000), at 50,000 packets a
    # second.
    p99 = px("known", "p99").values()
    v.at_most("flood: delay of those, 99 of 100, ms",
              median(p99) / 1000 if p99 else None, 60, "%.1f")
    worst = px("ctl", "worst").values()
    v.at_most("flood: longest answer of the control socket, ms",
              max(worst, default=None), 1000, "%.0f")
    rss = res.rounds("attack", "px", 1, "start", "rss").values()
    v.at_most("RSS after 1.2 million made-up clients, default tables, MB",
              max(rss) / 1024 if rss else None, 64, "%.1f")


def judge_core(res, v):
    v.at_least("all on one core: NDR, of dhcp-helper's",
               res.ratio(res.rounds("core", "px", 1, "ndr", "ndr"),
                         res.rounds("core", "helper", 1, "ndr", "ndr")), 2)


def judge_six(res, v):
    def of(relay, n, what, key):
        return res.rounds("six", relay, n, what, key)

    for n in res.numbers("six"):
        links = "1 interface" if n == 1 else f"{n} interfaces"
        v.at_most(f"CPU per pair of DHCPv6, {links}, of DHCPv4's",
                  res.ratio(of("px6", n, "cpu", "pair"), of("px", n, "cpu", "pair")), 1.15)
        best = best_peer(res, "six", n, "ndr", "ndr", max)
        v.at_least(f"NDR of DHCPv6, {links}, of the best peer's",
                   res.ratio(of("px6", n, "ndr", "ndr"), best), 2)
        bad = sum(sum(of("px6", n, what, "bad").values()) for what in ("cpu", "ndr"))
        v.at_most(f"wrong packets of DHCPv6, {links}", bad, 0, "%.0f")


def judge_rest(res, v, parts):
    if "vlan" in parts:
        known = res.rounds("vlan", "px", 10, "isolate", "known").values()
        v.at_least("200,000/s on one VLAN: answered on the others",
                   min(known, default=None), 0.95, "%.4f")
    if "endure" in parts:
        loss = res.rounds("endure", "px", 1, "long", "loss").values()
        v.at_most("10,000/s for two minutes: lost", max(loss, default=None), 0.001, "%.5f")


def main():
    res = Results(read(sys.argv[1]))
    parts = {k[0] for k in res.data}
    verdicts = Verdicts()
    if "one" in parts:
        one(res)
        judge_one(res, verdicts)
    if "lat" in parts:
        per_n(res, "lat", "1,000/s, us that servers take",
              [("p50 us", "lat", "p50", "%.0f"), ("p99 us", "lat", "p99", "%.0f"),
               ("CPU us/pair", "lat", "pair")])
        judge_lat(res, verdicts)
    if "scale" in parts:
        per_n(res, "scale", "interfaces, 20k/s",
              [("us/pair", "cpu", "pair"), ("start ms", "start", "ready", "%.0f"),
               ("RSS MB", "start", "rss", "%.1f", 1 / 1024)])
        judge_scale(res, verdicts)
    if "fan" in parts:
        per_n(res, "fan", "servers, 20k/s", [("us/pair", "cpu", "pair")])
        judge_fan(res, verdicts)
    if "full" in parts:
        judge_full(res, verdicts)
    if "flood" in parts:
        judge_flood(res, verdicts)
    if "core" in parts:
        per_n(res, "core", "all on one core, 1 interface", [("NDR k/s", "ndr", "ndr", "%.0f", 1e-3)])
        judge_core(res, verdicts)
    if "six" in parts:
        per_n(res, "six", "interfaces, 40k/s, 20k/s",
              [("us/pair", "cpu", "pair"), ("us/pair NDR", "ndr", "pair"),
               ("NDR k/s", "ndr", "ndr", "%.2f", 1e-3)])
        judge_six(res, verdicts)
    judge_rest(res, verdicts, parts)
    table(["asked of pxrelayd", "found", ""], verdicts.rows)


main()
