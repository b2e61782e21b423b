#!/bin/bash
# Checks `pxrelayctl explain FILE...` with captures of real boots (tests/data):
#
# - what it prints is tests/golden/offline-NAME.out;
# - the same packets in other formats, byte orders, units of time and link layers give the
#   same (tests/checks/recast.py), and so do both legs together, from a file or a pipe;
# - a file that is no capture, or is cut, is named, and what was read of it is explained;
# - of each verdict that a capture can show, a made-up capture has it
#   (tests/checks/offline-cases.py);
# - what takes over the process that reads a capture cannot execute anything.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

ctl=${PXRELAYCTL:-build/asan/pxrelayctl}
data=tests/data
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
export LC_ALL=C TZ=UTC

# explain ARGUMENT...: sets $rc, writes $T/out and $T/err
explain() {
	timeout 60 "$ctl" explain "$@" >"$T/out" 2>"$T/err"
	rc=$?
}

# same NAME WANT
same() {
	if diff -u "$2" "$T/out" >"$T/diff" && [ ! -s "$T/err" ]; then
		pass "offline: $1"
	else
		cat "$T/diff" "$T/err"
		fail "offline: $1" "differs from $2, see above"
	fi
}

# says NAME STATUS FILE PATTERN
says() {
	if [ "$rc" = "$2" ] && grep -qE "$4" "$T/$3"; then
		pass "offline: $1"
	else
		head -c 2000 "$T/out" "$T/err"
		fail "offline: $1" "expected status $2 and /$4/ in $3; status $rc"
	fi
}

explain $data/boot-chain-client.pcap $data/boot-chain-server.pcap
same "both legs of a chain" tests/golden/offline-chain.out
explain $data/boot-chain-server.pcap
same "the servers' side" tests/golden/offline-chain-server.out
explain - <$data/boot-chain-server.pcap
same "from a pipe" tests/golden/offline-chain-server.out
cat >"$T/relay.conf" <<END
[server lessor]
address = 198.51.100.10
[server chain]
address = 198.51.100.40
[interface vlan10]
dhcp = lessor
boot = chain
END
explain -c "$T/relay.conf" $data/boot-chain-server.pcap
says "a configuration names servers" 0 out 'offer 192\.0\.2\.100 .* lessor$'
says "and boot servers" 0 out 'boot-offer .* chain$'
printf 'nonsense = 1\n' >"$T/bad.conf"
explain -c "$T/bad.conf" $data/boot-chain-server.pcap
says "a configuration with a mistake" 1 err '^/.*/bad.conf:1: '
explain -c "$T/relay.conf" 02-00-00-00-10-62
says "a configuration for the daemon" 2 err '^pxrelayctl: -c is for captures'
explain $data/boot-two-archs-client.pcap 02-00-00-00-10-62
same "one machine" tests/golden/offline-bios.out

for format in pcap-be-us-eth pcap-le-ns-eth pcap-be-ns-vlan pcap-le-us-qinq pcap-le-us-sll \
	pcap-be-us-sll2 pcap-le-us-raw pcapng-le-us-eth pcapng-be-ns-eth pcapng-le-bin-eth \
	pcapng-be-us-qinq pcapng-le-ns-mixed; do
	/usr/bin/python3 tests/checks/recast.py $format $data/boot-chain-server.pcap "$T/$format"
	explain "$T/$format"
	same "$format" tests/golden/offline-chain-server.out
done

head -c 3000 $data/boot-chain-client.pcap >"$T/cut"
explain "$T/cut"
says "a file that is cut" 1 err 'cut: ends in the middle of a packet$'
says "what was read of it" 1 out '4011-reply'
explain README.md
says "a file that is no capture" 1 err 'README.md: not a capture; expected pcap or pcapng$'
: >"$T/empty"
explain "$T/empty"
says "an empty file" 1 err 'empty: not a capture'
explain "$T/none"
says "a file that does not exist" 1 err 'none: neither a hardware address nor a file$'
{ head -c 20 $data/boot-chain-client.pcap; printf '\223\0\0\0'
	tail -c +25 $data/boot-chain-client.pcap; } >"$T/foreign"
explain "$T/foreign"
says "an unknown link type" 0 out '[0-9]+ packets are of a link type that is not known'
explain $data/leases-uplink.pcap
says "no boot in it" 0 out '^No machine boots from the network in this capture; 6 ask'
head -c 24 $data/leases-uplink.pcap >"$T/quiet"
explain "$T/quiet"
says "no packet in it" 0 out '^No machine asks for anything in this capture\.$'
explain $data/leases-uplink.pcap 02:ff:ff:ff:ff:ff
says "an unknown machine" 0 out '^Nothing of this machine'
timeout 60 "$ctl" --json explain $data/boot-chain-client.pcap >"$T/out" 2>"$T/err"
rc=$?
says "JSON" 0 out '"code": "going-on"'

mkdir "$T/cases"
/usr/bin/python3 tests/checks/offline-cases.py "$T/cases" include/core/story/explain.def >"$T/missing"
grep -q . "$T/missing" && fail "offline: verdicts without a case" "$(cat "$T/missing")"
for case in "$T"/cases/*; do
	name=${case##*/}
	explain "$case" 02:00:00:00:aa:01
	has=$(sed -n 's/^verdict  //p' "$T/out")
	# In these, the file came to its end.
	case $name in booted*) grep -q '^file .*: loaded, [1-9]' "$T/out" || has="$has, not loaded" ;; esac
	if [ "$has" = "${name%%+*}" ]; then
		pass "offline: case $name"
	else
		cat "$T/out" "$T/err"
		fail "offline: case $name" "verdict ${has:-none}, see above"
	fi
done

# The process waits for more of the capture when tests/preload/trespass.c is told to execve().
mkfifo "$T/more"
ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=${ctl%/*}/preload/trespass.so \
	"$ctl" explain "$T/more" >"$T/out" 2>"$T/err" &
pid=$!
exec 3>"$T/more"
head -c 3000 $data/boot-chain-client.pcap >&3
for ((i = 0; i < 300; i++)); do
	grep -q '^Seccomp:.*2' /proc/$pid/status && break
	sleep 0.05
done
kill -USR1 $pid
wait $pid
rc=$?
exec 3>&-
says "a forbidden call" 31 err '^seccomp-violation call=execve$'
tally
