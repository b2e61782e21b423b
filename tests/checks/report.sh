#!/bin/bash
# Checks `pxrelayctl report FILE...` with captures of real boots (tests/data) and with one
# whose names are hostile: the pages are whole, have only what we write, and load nothing
# (tests/checks/report.py). What a browser makes of them is browser.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

ctl=${PXRELAYCTL:-build/asan/pxrelayctl}
data=tests/data
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
export LC_ALL=C TZ=UTC

# check NAME COMMAND...
check() {
	local name=$1

	shift
	if "$@" >"$T/log" 2>&1; then
		pass "report: $name"
	else
		cat "$T/log"
		fail "report: $name" "$*"
	fi
}

# has FILE TEXT...: each text is in the file
has() {
	local file=$1 text

	shift
	for text in "$@"; do
		grep -qF -- "$text" "$file" || { echo "expected $text"; return 1; }
	done
}

for name in boot-chain-client boot-chain-server boot-http-server boot-two-archs-client \
	leases-uplink; do
	check "a page of $name" "$ctl" report $data/$name.pcap -o "$T/$name.html"
	check "the page of $name is sound" /usr/bin/python3 tests/checks/report.py check \
		"$T/$name.html"
done
/usr/bin/python3 tests/checks/report.py hostile "$T/hostile.pcap"
"$ctl" report - <"$T/hostile.pcap" >"$T/hostile.html"
check "hostile names" /usr/bin/python3 tests/checks/report.py check "$T/hostile.html"
check "hostile names are shown" has "$T/hostile.html" '12 Host Name' \
	'&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&amp;' '\x1b[31m\x07\xff\xfe' 'TFTP error' \
	'circuit-id'
check "the verdict comes first, in words" has "$T/hostile.html" \
	'<h1>Failed: The boot server has no file with that name.</h1>'
check "options by name, in both directions" has "$T/boot-two-archs-client.html" \
	'54 Server Identifier' '93 Client System Architecture</dt><dd>7 uefi-x64' \
	'55 Parameter Request List</dt><dd>1 Subnet Mask, 2 Time Offset, 3 Router'
check "a machine of several" "$ctl" report $data/boot-two-archs-client.pcap \
	02-00-00-00-10-62 -o "$T/one.html"
check "only that one" [ "$(grep -c '<article>' "$T/one.html")" = 1 ]
check "the document" "$ctl" --json report $data/boot-two-archs-client.pcap -o "$T/json"
check "packets in it" /usr/bin/python3 -c "import json
assert json.load(open('$T/json'))['stories'][0]['packets'][0]['what'] == 'DISCOVER'"
check "a file that cannot be written" [ "$("$ctl" report $data/leases-uplink.pcap \
	-o "$T/none/x" 2>&1; echo $?)" = "pxrelayctl: $T/none/x: No such file or directory
1" ]
tally
