"""balance.py: checks that the relay's counters add up.

  pxrelayctl --json show | balance.py [OLDER]

Every received packet must be in exactly one bucket; see "What adds up" in pxrelayd(8).
Prints one line for the account and one for each wrong sum; the exit status is 1 if any is wrong.
With OLDER, a file with an earlier document of the same process, no counter may have become
smaller.
"""

import json
import sys

SUMS = (("requests", "requests-relayed", "requests"),
        ("replies", "replies-relayed", "replies"),
        ("4011-requests", "4011-relayed", "4011"),
        ("helped", "helped-relayed", "helpers"))


def wrong_sums(doc):
    counter, by = doc["counters"], doc["by"]
    for received, relayed, drops in SUMS:
        dropped = sum(by[drops].values())
        if counter[received] != counter[relayed] + dropped:
            yield "%s %d, but %s %d + dropped %d" % (
                received, counter[received], relayed, counter[relayed],
                dropped)
    for f in doc["interfaces"]:
        if f["requests"] != f["relayed"] + f["drops"]:
            yield "interface %s: requests %d, but relayed %d + dropped %d" % (
                f["name"], f["requests"], f["relayed"], f["drops"])


def shrunk(old, new):
    for where in "counters", "drops":
        for word, n in old[where].items():
            if new[where][word] < n:
                yield "%s was %d and is %d" % (word, n, new[where][word])


def main():
    doc = json.load(sys.stdin)
    bad = list(wrong_sums(doc))
    if len(sys.argv) > 1:
        with open(sys.argv[1]) as f:
            bad += shrunk(json.load(f), doc)
    c = doc["counters"]
    print("account: requests %d relayed %d, replies %d relayed %d; "
          "the kernel lost %d requests, at most %d replies" %
          (c["requests"], c["requests-relayed"], c["replies"],
           c["replies-relayed"], c["ring-lost"], c["socket-lost"]))
    if doc["by"]["send"]:
        print("account: copies that were not sent: %s" % doc["by"]["send"])
    for line in bad:
        print("account: " + line)
    return 1 if bad else 0


sys.exit(main())
