#!/bin/bash
# report.sh: prints the table of tests/fuzz/README.md, made from logs of libFuzzer.
#
#   tests/fuzz/report.sh [-c] [LOG-DIRECTORY]
#
# LOG-DIRECTORY (build/fuzz/log) has NAME.log for each target, as fuzz.sh leaves them; several
# runs in one log are added up. Crashes are counted too. -c measures how many lines of its
# files each target reaches with the committed corpus and build/fuzz/corpus/NAME, with clang's
# source coverage in build/fuzzcov.
#
# The table below has the files of each target; a target without a row is a failure, as is a
# row without a target.
set -u
cd "$(dirname "$0")/../.." || exit 1

# TARGET|FILES|WHAT, in the order of the table
rows='request|core/relay4/relay4_*.c core/server/servers.c core/server/select.c core/server/rules.c core/relay4/classes.c core/server/clients.c|the whole path of requests, against the oracle
reply|core/relay4/relay4_reply.c core/server/clients.c proto/rai.c|the whole path of replies, with requests between them, against the oracle
p4011|core/relay4/p4011.c|port 4011, both ways
rescue|core/relay4/rescue.c core/relay4/*hedge.c|port 4011 of dead boot servers
record|core/story/record.c core/story/track.c core/story/explain.c|what is remembered of boots, and its verdicts
relay6|core/relay6/*.c|DHCPv6 from end to end, both ways, against an oracle
dhcp4|proto/dhcp4.c|a DHCP message of any bytes
dhcp6|proto/dhcp6.c|a DHCPv6 message of any bytes, and those inside relay headers
rai|proto/rai.c|option 82: written, found, taken out
pxe|proto/pxe.c|what a machine says about itself
pxe6|proto/pxe6.c|the same in DHCPv6
udpip|proto/udpip.c base/csum.c|IPv4 and UDP headers
udpip6|proto/udpip6.c base/ip6.c|IPv6 and UDP headers, addresses as text
probeproto|proto/tftp.c proto/icmp.c proto/arp.c proto/http.c proto/probemsg.c|answers to probes
addr|base/addr.c|addresses, as text
conf|core/conf/*.c io/conffile.c|the configuration
import|ctl/import*.c|the files of other relays
sniff|proto/capread.c proto/frame.c core/story/sniff.c|a capture file of anybody, and its stories
capfile|ctl/capfile.c proto/pcapng.c|a capture as the daemon sends it
doctor|core/doctor/*.c proto/clientmsg.c|a run of the doctor, whatever is answered
bootfile|proto/bootfile.c proto/clientmsg.c|what doctor is given: file names, files, answers
changes|relay/reload.c relay/path/*.c relay/tend/iface_watch.c core/server/servers.c|reloads, drains, links, addresses and failures between packets; then a boot as in a new relay
iftab|core/iface/iftab*.c core/iface/uses.c core/iface/link6.c core/iface/giaddr.c|any history of interfaces, against a table that is new
opener|io/opener.c io/bpf.c io/unixsock.c|requests to the opener, against its terms
vlans|core/server/clients.c core/server/pending.c core/story/record.c base/hash.c base/shares.c|two worlds: what is sent on one VLAN changes nothing on another
asked|io/ctl.c io/metrics.c|the control socket and the port for metrics'

cover=
[ "${1:-}" = -c ] && { cover=1; shift; }
logs=${1:-build/fuzz/log}
bad=0

# number LOG NAME: the sum of libFuzzer's final numbers of that name.
number() {
	awk -v want="stat::$2:" '$1 == want { n += $2 } END { printf "%.0f", n }' \
		"$logs/$1.log" 2>/dev/null
}

# Minutes of CPU, as fuzz.sh wrote them (wall time depends on who else uses the machine), or
# "-" if it did not.
minutes() {
	awk '$1 == "fuzz.sh:" { n += $2 + $3; there = 1 }
		END { if (there) printf "%d min", n / 60; else printf "-" }' \
		"$logs/$1.log" 2>/dev/null
}

crashes() {
	grep -c -e 'ERROR: ' "$logs/$1.log" 2>/dev/null
}

thousands() {
	echo "$1" | sed -e ':a' -e 's/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/' -e 'ta'
}

# lines TARGET FILE...: "NN %" of the lines of these files.
lines() {
	local t=$1 f files=() corpora=("tests/fuzz/corpus/$1") b=build/fuzzcov

	shift
	[ ! -d "build/fuzz/corpus/$t" ] || corpora+=("build/fuzz/corpus/$t")
	[ -x "$b/tests/libfuzz/$t" ] || return
	for f in "$@"; do
		mapfile -t -O "${#files[@]}" files < <(compgen -G "relay/$f")
	done
	LLVM_PROFILE_FILE=$b/$t.raw "$b/tests/libfuzz/$t" -runs=0 "${corpora[@]}" \
		>/dev/null 2>&1
	llvm-profdata-14 merge -sparse "$b/$t.raw" -o "$b/$t.prof" 2>/dev/null || return
	llvm-cov-14 export -summary-only "$b/tests/libfuzz/$t" -instr-profile="$b/$t.prof" \
		"${files[@]}" 2>/dev/null | python3 -c '
import json, sys
n = json.load(sys.stdin)["data"][0]["totals"]["lines"]
print("%.0f %%" % n["percent"])'
}

if [ -n "$cover" ]; then
	make --no-print-directory B=build/fuzzcov FUZZ=1 CC=clang \
		CFLAGS="-O1 -g -fprofile-instr-generate -fcoverage-mapping" \
		LDFLAGS="-fprofile-instr-generate" libfuzzers >/dev/null || exit 1
fi

echo "| target | what | files | executions | CPU time | corpus | lines reached | crashes |"
echo "|---|---|---|---:|---:|---:|---:|---:|"
set -f
while IFS='|' read -r t files what; do
	if [ ! -e "tests/fuzz/fuzz_$t.c" ]; then
		echo "no tests/fuzz/fuzz_$t.c" >&2
		bad=1
		continue
	fi
	for f in $files; do
		compgen -G "relay/$f" >/dev/null || {
			echo "tests/fuzz/report.sh: $t has no relay/$f" >&2
			bad=1
		}
	done
	runs=$(number "$t" number_of_executed_units)
	percent=
	# shellcheck disable=SC2086
	[ -z "$cover" ] || percent=$(lines "$t" $files)
	echo "| $t | $what | ${files// /, } | $(thousands "${runs:-0}") | $(minutes "$t") |" \
		"$(find "tests/fuzz/corpus/$t" -type f 2>/dev/null | wc -l) |" \
		"${percent:--} | $(crashes "$t" || :) |"
done <<< "$rows"
set +f
for f in tests/fuzz/fuzz_*.c; do
	t=${f##*/fuzz_}
	t=${t%.c}
	grep -q "^$t|" <<< "$rows" || {
		echo "tests/fuzz/report.sh has no row for $t" >&2
		bad=1
	}
done
exit $bad
