"""balance.py: checks that the relay's counters add up.

  pxrelayctl --json show | balance.py [OLDER]

Every received packet must be in exactly one bucket; see "What adds up" in pxrelayd(8).
Prints one line for the account of each protocol and one for each wrong sum; the exit status is
1 if any is wrong. With OLDER, a file with an earlier document of the same process, no counter
may have become smaller.
"""

import json
import sys

SUMS = (("requests", "requests-relayed", "requests"),
        ("replies", "replies-relayed", "replies"),
        ("4011-requests", "4011-relayed", "4011"),
        ("helped", "helped-relayed", "helpers"))


def wrong_sums(doc, v):
    """v: the end of the keys of DHCPv6, "6", or nothing."""
    counter, by = doc["counters" + v], doc["by" + v]
    for received, relayed, drops in SUMS:
        n, of_these = counter.get(received, 0), counter.get(relayed, 0)
        dropped = sum(by[drops].values())
        if n != of_these + dropped:
            yield "%s%s %d, but %s %d + dropped %d" % (
                received, v, n, relayed, of_these, dropped)
    for f in doc["interfaces"]:
        n, relayed, drops = (f[k + v] for k in ("requests", "relayed", "drops"))
        if n != relayed + drops:
            yield "interface %s: requests%s %d, but relayed %d + dropped %d" % (
                f["name"], v, n, relayed, drops)


def shrunk(old, new):
    for where in "counters", "drops", "counters6", "drops6":
        for word, n in old[where].items():
            if new[where][word] < n:
                yield "%s of %s was %d and is %d" % (word, where, n, new[where][word])


def account(doc, v):
    c = doc["counters" + v]
    print("account%s: requests %d relayed %d, replies %d relayed %d; "
          "the kernel lost %d requests, at most %d replies" %
          (v, c["requests"], c["requests-relayed"], c["replies"],
           c["replies-relayed"], c["ring-lost"], c["socket-lost"]))
    if doc["by" + v]["send"]:
        print("account%s: copies that were not sent: %s" % (v, doc["by" + v]["send"]))


def main():
    doc = json.load(sys.stdin)
    account(doc, "")
    bad = list(wrong_sums(doc, ""))
    if any(doc["counters6"].values()):
        account(doc, "6")
    bad += wrong_sums(doc, "6")
    if len(sys.argv) > 1:
        with open(sys.argv[1]) as f:
            bad += shrunk(json.load(f), doc)
    for line in bad:
        print("account: " + line)
    return 1 if bad else 0


sys.exit(main())
