# lib.sh: functions for namespace tests. Sourced by bash, never run.
#
# It gives a test its own network namespaces, a temporary directory, processes in those
# namespaces, conditions to wait for, and a clean-up: when the script ends, for whatever
# reason, the processes of this run are killed and its namespaces and files removed, and
# no others. topo/topo-*.sh draw and build the topologies; srv/pkt.py sends and decodes
# packets; srv/fakeserver.py is a server that misbehaves on purpose.
#
# A test ends with status 0 (passed), 77 (skipped; the last line of its output says
# why) or anything else (failed). After a failure, the logs and a summary of the
# captures are printed, and the files are kept in build/netns/<test>/.
#
# Environment:
#   PXRELAYD, PXRELAYCTL   the programs under test, default build/pxrelayd and
#                          build/pxrelayctl
#   RELAY                  a command to start in the router instead of pxrelayd,
#                          with the configuration file as its argument
#                          (srv/isc-relay proves the test bed)
#   PXR_SLOW               factor for all times, default 1, 10 inside vmrun
#   PXR_PATIENCE           factor for the time limits of wait_for, default 1;
#                          tests/netns.sh raises it when tests run side by side
#   V=1                    print every command that changes a namespace

[ -z "${PXR_LIB:-}" ] || return 0	# sourced before
PXR_LIB=1

set -o pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
export PATH=$PATH:/usr/sbin:/sbin

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOP=$(dirname "$HERE")
TEST=$(basename "$0" .sh)
PXRELAYD=${PXRELAYD:-$TOP/build/pxrelayd}
PXRELAYCTL=${PXRELAYCTL:-$TOP/build/pxrelayctl}
RELAY=${RELAY:-}
# The distribution's Python starts faster than any other in PATH.
PYTHON=/usr/bin/python3
PXR_SLOW=${PXR_SLOW:-${VMRUN_GUEST:+10}}
PXR_SLOW=${PXR_SLOW:-1}

ID=pxr-$$		# prefix of every namespace of this run
PKT=pkt.py		# the tools of the family that the test is about:
FAKE=fakeserver.py	# topo/topo-vlans6.sh sets those of DHCPv6
T=			# the temporary directory of this run
FAILS=0			# expectations that were not met
PIDS=()			# processes started by spawn
SPACES=()		# namespaces made by new_ns, without the prefix
declare -A RELAYS	# pxrelayd processes, by the name of their log
SKIP=			# why the test is skipped
PASSED=			# what to print at the end instead of "passed"

# ---- the end --------------------------------------------------------------

# Kills every process in this run's namespaces, including those that went into the
# background.
kill_own()
{
	local n p	# bash reaps its children by itself, so none stays a zombie

	for p in "${PIDS[@]}"; do
		kill "$p" 2>/dev/null
	done
	for n in "${SPACES[@]}"; do
		for p in $(ip netns pids "$ID-$n" 2>/dev/null); do
			kill "$p" 2>/dev/null
		done
	done
	for n in "${SPACES[@]}"; do
		for p in $(ip netns pids "$ID-$n" 2>/dev/null); do
			linger "$p"
		done
	done
	for p in "${PIDS[@]}"; do
		linger "$p"
	done
}

# linger PID: waits a second for the process to end, then sends SIGKILL.
linger()
{
	local i

	for ((i = 0; i < 50; i++)); do
		kill -0 "$1" 2>/dev/null || return 0
		nap
	done
	kill -9 "$1" 2>/dev/null
}

show_failure()
{
	local f keep="$TOP/build/netns/$TEST"

	echo "---- $TEST failed: logs"
	for f in "$T"/*.log; do
		[ -s "$f" ] || continue
		echo "==> ${f##*/}"
		tail -n 40 "$f"
	done
	for f in "$T"/*.pcap; do
		[ -s "$f" ] || continue
		echo "==> ${f##*/}"
		tcpdump -nn -t -e -r "$f" 2>/dev/null | cut -c1-200 | tail -n 25
	done
	rm -rf "$keep"
	mkdir -p "$keep" && cp -r "$T"/. "$keep"/ 2>/dev/null &&
		echo "---- everything is in $keep"
}

cleanup()
{
	local rc=$? n

	trap - EXIT INT TERM HUP
	trap '' PIPE
	set +e
	[ "$rc" = 0 ] && [ "$FAILS" -gt 0 ] && rc=1
	[ "$rc" = 0 ] && ! audit && rc=1
	kill_own
	[ "$rc" = 0 ] && ! ended_well && rc=1
	if [ "$rc" != 0 ] && [ "$rc" != 77 ]; then
		show_failure
		echo "$TEST: FAILED"
	fi
	for n in "${SPACES[@]}"; do
		ip netns del "$ID-$n" 2>/dev/null
	done
	# KEEP_CAPTURES collects new packets for tests/data; see tests/data/README.
	if [ -n "$T" ] && [ -n "${KEEP_CAPTURES:-}" ]; then
		for n in "$T"/*.pcap; do
			cp "$n" "$KEEP_CAPTURES/$TEST-${n##*/}" 2>/dev/null
		done
	fi
	[ -n "$T" ] && rm -rf "$T"
	[ "$rc" = 0 ] && echo "${PASSED:-$TEST: passed}"
	[ "$rc" = 77 ] && echo "$TEST: skipped: $SKIP"
	exit "$rc"
}

# ---- the verdict ----------------------------------------------------------

say()
{
	echo "$*"
}

die()
{
	echo "FAIL: $*"
	exit 1
}

skip()
{
	SKIP=$*
	exit 77
}

# need PROGRAM...: the test is skipped when one is missing.
need()
{
	local p

	for p in "$@"; do
		command -v "$p" >/dev/null ||
			skip "$p is not installed (make deps)"
	done
}

# expect WHAT COMMAND...: prints one line, ok or FAIL. A failure does not end the test, so
# that one run shows everything that is wrong.
expect()
{
	local what=$1

	shift
	if "$@"; then
		echo "ok   $what"
	else
		echo "FAIL $what ($*)"
		FAILS=$((FAILS + 1))
	fi
}

expect_not()
{
	local what=$1

	shift
	if "$@"; then
		echo "FAIL $what ($*)"
		FAILS=$((FAILS + 1))
	else
		echo "ok   $what"
	fi
}

expect_eq()
{
	if [ "$2" = "$3" ]; then
		echo "ok   $1"
	else
		echo "FAIL $1: is '$2', expected '$3'"
		FAILS=$((FAILS + 1))
	fi
}

# nap: waits for 20 ms without starting sleep(1). Nothing is ever written to the pipe $NAP.
nap()
{
	read -r -t 0.02 -u "$NAP" || :
}
exec {NAP}<> <(:)

# wait_for SECONDS COMMAND...: returns true as soon as the command does.
wait_for()
{
	local end now

	end=$((${EPOCHREALTIME/./} + $1 * 1000000 * PXR_SLOW * ${PXR_PATIENCE:-1}))
	shift
	until "$@"; do
		now=${EPOCHREALTIME/./}
		[ "$now" -lt "$end" ] || return 1
		nap
	done
}

# ---- namespaces and processes ---------------------------------------------

# new_ns NAME...: makes namespaces without IPv6, because its packets would be in every
# capture.
new_ns()
{
	local n

	for n in "$@"; do
		# A run that was killed with SIGKILL left it, and its number came round.
		ip netns del "$ID-$n" 2>/dev/null
		ip netns add "$ID-$n" || die "cannot make namespace $n"
		SPACES+=("$n")
		ip netns exec "$ID-$n" sysctl -qw \
			net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1 2>/dev/null
		# If br_netfilter is loaded (by Docker, for example), bridges drop
		# malformed packets before the relay sees them.
		ip netns exec "$ID-$n" sysctl -qw \
			net.bridge.bridge-nf-call-iptables=0 \
			net.bridge.bridge-nf-call-ip6tables=0 2>/dev/null
		ip -n "$ID-$n" link set lo up
	done
}

# ns NAME COMMAND...: runs the command in that namespace and waits for it.
ns()
{
	local n=$1

	shift
	[ -z "${V:-}" ] || echo "[$n] $*" >&2
	ip netns exec "$ID-$n" "$@"
}

# nsip NAME ARGUMENTS...: runs ip(8) for that namespace.
nsip()
{
	local n=$1

	shift
	[ -z "${V:-}" ] || echo "[$n] ip $*" >&2
	ip -n "$ID-$n" "$@"
}

# nsbatch NAME: runs ip(8) with the commands on standard input, one on each line.
nsbatch()
{
	ip -n "$ID-$1" -batch -
}

# spawn NAMESPACE LOGNAME COMMAND...: starts the command in the background, with its output
# in LOGNAME.log. $SPAWNED is its process number, because `ip netns exec' replaces itself
# with the command.
spawn()
{
	local n=$1 log=$T/$2.log

	shift 2
	[ -z "${V:-}" ] || echo "[$n] $* &" >&2
	ip netns exec "$ID-$n" "$@" >>"$log" 2>&1 </dev/null &
	SPAWNED=$!
	PIDS+=("$SPAWNED")
}

gone()
{
	! kill -0 "$1" 2>/dev/null
}

# stop PID [SIGNAL]: ends one of our processes and waits until it is gone. That may take
# a while: closing a socket with multicast memberships needs the rtnl lock, which all
# namespaces share. While another test deleted 300 bridges, a relay took 5.8 s to end, in
# ip_mc_drop_socket().
stop()
{
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait_for 60 gone "$1"
}

alive()
{
	kill -0 "$1" 2>/dev/null
}

logged()
{
	grep -q -e "$2" "$T/$1.log" 2>/dev/null
}

# bound NAMESPACE PORT: a process there listens on that UDP port.
bound()
{
	ip netns exec "$ID-$1" cat /proc/net/udp /proc/net/udp6 |
		grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$2") "
}

# link_cable NS1 IF1 NS2 IF2 [MAC1 [MAC2]]: connects two namespaces by a veth pair.
link_cable()
{
	nsip "$1" link add "$2" ${5:+address "$5"} type veth \
		peer name "$4" ${6:+address "$6"} netns "$ID-$3" ||
		die "no cable $1:$2 - $3:$4"
}

# ---- captures -------------------------------------------------------------

# capture NAME NAMESPACE INTERFACE [FILTER]: captures into NAME.pcap, which is shown after a
# failure. Returns when tcpdump is listening.
capture()
{
	command -v tcpdump >/dev/null || return 0
	spawn "$2" "tcpdump-$1" tcpdump -Z root --immediate-mode -nn -U -s 0 -i "$3" \
		-w "$T/$1.pcap" ${4:-udp or arp or icmp}
	wait_for 3 logged "tcpdump-$1" 'listening on' ||
		die "tcpdump does not start on $2:$3"
}

# pcap_count NAME FILTER: prints how many packets of the capture match.
pcap_count()
{
	tcpdump -nn -r "$T/$1.pcap" "${@:2}" 2>/dev/null | wc -l
}

# pcap_has NAME N FILTER: at least N packets match. A capture lags a little: use wait_for.
pcap_has()
{
	[ "$(pcap_count "$1" "${@:3}")" -ge "$2" ]
}

# pcap_settled NAME FILTER: prints the number of matching packets when it has not changed
# for 0.3 s.
pcap_settled()
{
	local was=-1 is

	is=$(pcap_count "$@")
	while [ "$is" != "$was" ]; do
		was=$is
		sleep 0.3
		is=$(pcap_count "$@")
	done
	echo "$is"
}

# ---- packets and fake servers ---------------------------------------------

# pkt NAMESPACE COMMAND...: runs srv/pkt.py there.
pkt()
{
	local n=$1 line IFS=$'\x1f'

	shift
	if [ -z "${QUICK[$n]:-}" ]; then
		ip netns exec "$ID-$n" "$PYTHON" "$HERE/srv/$PKT" "$@"
		return
	fi
	echo "$*" >&"${QUICK[$n]%-*}"
	while read -r -u "${QUICK[$n]#*-}" line && [ "$line" != . ]; do
		echo "$line"
	done
}

# quick NAMESPACE...: from now on, one process runs the commands of pkt there, because the
# start of Python takes ten times as long as most of them.
declare -A QUICK
quick()
{
	local n in out

	for n; do
		mkfifo "$T/$n.in" "$T/$n.out"
		spawn "$n" "pkt-$n" sh -c 'exec "$@" <"$0.in" >"$0.out"' \
			"$T/$n" "$PYTHON" "$HERE/srv/$PKT" serve
		exec {in}<>"$T/$n.in" {out}<>"$T/$n.out"
		QUICK[$n]=$in-$out
	done
}

# load ARRAY: fills an associative array from the lines key=value of standard input.
load()
{
	local -n into=$1
	local k v

	into=()
	while IFS='=' read -r k v; do
		into["$k"]=$v
	done
}

# ask NAMESPACE KEY=VALUE...: sends one request from eth0 and fills the array A with the
# first reply; A[answers] is the number of replies. See srv/pkt.py.
declare -A A S
ask()
{
	local n=$1

	shift
	load A < <(pkt "$n" ask eth0 "$@")
}

# fake NAMESPACE [KEY=VALUE...]: starts srv/fakeserver.py, which records every byte that it
# receives in NAMESPACE.jsonl.
fake()
{
	local n=$1

	shift
	knobs "$n" "$@"
	: >"$T/$n.jsonl"
	: >"$T/fake-$n.log"	# an earlier server's "ready" does not count
	spawn "$n" "fake-$n" "$PYTHON" "$HERE/srv/$FAKE" \
		--knobs "$T/$n.knobs" --record "$T/$n.jsonl"
	wait_for 5 logged "fake-$n" ready || die "fake server $n does not start"
}

# knobs NAMESPACE [KEY=VALUE...]: sets how that server replies from now on.
knobs()
{
	local n=$1

	shift
	printf '%s\n' "$@" >"$T/$n.knobs.new"
	mv "$T/$n.knobs.new" "$T/$n.knobs"
}

# srv_count NAMESPACE [TEXT]: prints how many requests the server got whose record has TEXT.
srv_count()
{
	grep -c -e "${2:-}" "$T/$1.jsonl"
}

srv_has()
{
	[ "$(srv_count "$1" "${3:-}")" -ge "$2" ]
}

# srv_last NAMESPACE [TEXT]: fills the array S with the last of those requests.
srv_last()
{
	load S < <(pkt "$1" show "$(grep -e "${2:-}" "$T/$1.jsonl" | tail -n 1)")
}

srv_forget()
{
	local n

	for n in "$@"; do
		: >"$T/$n.jsonl"
	done
}

# ---- the relay ------------------------------------------------------------

# start_relay [-n NAME] [-N NAMESPACE] [-r] [CONF]: starts the relay with the configuration
# in the file CONF or on standard input. Returns when the relay answers on its control
# socket ($CTL, or $T/NAME.sock), or listens on port 67 if RELAY is set; with -r, returns at
# once. The process is $RELAY_PID.
start_relay()
{
	local name=relay n=rtr nowait="" conf o OPTIND=1

	while getopts n:N:r o; do
		case $o in
		n) name=$OPTARG ;;
		N) n=$OPTARG ;;
		r) nowait=1 ;;
		*) die "start_relay: usage" ;;
		esac
	done
	shift $((OPTIND - 1))
	conf=$T/$name.conf
	[ $# = 0 ] && cat >"$conf"
	[ $# = 0 ] || [ "$1" -ef "$conf" ] || cp "$1" "$conf"
	if [ -n "$RELAY" ]; then
		spawn "$n" "$name" $RELAY "$conf"
	else
		[ -x "$PXRELAYD" ] || skip "$PXRELAYD is not built"
		spawn "$n" "$name" "$PXRELAYD" -f -l stderr -c "$conf"
	fi
	RELAY_PID=$SPAWNED
	[ -n "$RELAY" ] || RELAYS[$name]=$RELAY_PID
	[ -n "$nowait" ] || wait_for 15 relay_ready "$name" "$n" ||
		die "the relay does not start"
}

relay_ready()
{
	alive "$RELAY_PID" || die "the relay ended at once"
	if [ -n "$RELAY" ]; then
		bound "$2" 67 || bound "$2" 547
	else
		CTL_SOCKET=$T/$1.sock query version >/dev/null 2>&1
	fi
}

# reload_relay [CONF]: replaces the configuration by CONF or standard input and sends SIGHUP.
reload_relay()
{
	if [ $# = 0 ]; then
		cat >"$T/relay.conf.new"
	else
		# -p: a file that changed less than 100 ms ago makes the relay wait.
		cp -p "$1" "$T/relay.conf.new"
	fi
	mv "$T/relay.conf.new" "$T/relay.conf"
	kill -HUP "$RELAY_PID"
}

# Whole tests that end beside this one can hold the kernel's rtnl lock for seconds, and the
# daemon waits for it. Measured on a busy machine of 2 cores: beyond the 5 s of pxrelayctl.
ctl()
{
	"$PXRELAYCTL" -t 20 -s "${CTL_SOCKET:-$CTL}" "$@"
}

# query COMMAND...: ctl --json for the functions below, which tests call hundreds of times.
# LeakSanitizer takes half of the CPU time of pxrelayctl, and is off here; it is on in
# tests/checks/ctl.sh, for every command.
query()
{
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 ctl --json "$@"
}

# relay_counter WORD...: prints the value of a counter, or the sum of several; DHCPv4's, and
# those of no protocol. relay_counter6 prints DHCPv6's.
relay_counter()
{
	sum_of "$(query show counters)" "$@"
}

relay_counter6()
{
	sum_of "$(part counters6 "$(query show counters)")" "$@"
}

# relay_drop REASON..., relay_drop6 REASON...: the same for drops.
relay_drop()
{
	sum_of "$(query show drops)" "$@"
}

relay_drop6()
{
	sum_of "$(part drops6 "$(query show drops)")" "$@"
}

# part KEY JSON: prints JSON from that key on.
part()
{
	[[ $2 == *"\"$1\":"* ]] || die "the relay does not show $1" >&2
	echo "${2#*"\"$1\":"}"
}

# sum_of JSON WORD...: prints the sum of these numbers, of each the first that is there. It
# starts no process, because tests call it hundreds of times.
sum_of()
{
	local json=$1 sum=0 word

	for word in "${@:2}"; do
		[[ $json =~ \"$word\":\ *([0-9]+) ]] ||
			die "the relay does not count $word" >&2
		sum=$((sum + BASH_REMATCH[1]))
	done
	echo $sum
}

# by DIRECTION REASON: prints the drops of one direction: requests, replies, 4011, helpers or
# send. by6: of DHCPv6.
by()
{
	drops_at by "$@"
}

by6()
{
	drops_at by6 "$@"
}

# drops_at KEY DIRECTION REASON
drops_at()
{
	query show drops | "$PYTHON" -c '
import json, sys
print(json.load(sys.stdin)[sys.argv[1]][sys.argv[2]].get(sys.argv[3], 0))' "$@"
}

# dropped REASON N, dropped6 REASON N: at least N packets were dropped for it.
dropped()
{
	[ "$(relay_drop "$1")" -ge "$2" ]
}

dropped6()
{
	[ "$(relay_drop6 "$1")" -ge "$2" ]
}

# account [NAME]: checks that every packet that the relay received is counted exactly once.
account()
{
	CTL_SOCKET=$T/${1:-relay}.sock query show |
		"$PYTHON" "$HERE/srv/balance.py"
}

# At the end of every test, each relay that still runs must account for every packet.
audit()
{
	local name pid rc=0

	for name in "${!RELAYS[@]}"; do
		alive "${RELAYS[$name]}" || continue
		account "$name" && continue
		echo "FAIL $name does not account for every packet"
		rc=1
	done
	return $rc
}

# After that, each relay must have ended with status 0, unless the test killed it, and no log
# may have a report of a sanitizer (leaks, for example, are found at the end) or of the
# system call filter.
ended_well()
{
	local name pid st rc=0

	for name in "${!RELAYS[@]}"; do
		pid=${RELAYS[$name]}
		wait "$pid" 2>/dev/null
		st=$?
		case $st in
		0|127|137|143) ;;
		*)	echo "FAIL $name ended with status $st"
			rc=1 ;;
		esac
	done
	if grep -l -e 'ERROR: [A-Za-z]*Sanitizer' -e 'runtime error:' \
	    -e 'LeakSanitizer has encountered' -e seccomp-violation \
	    "$T"/*.log 2>/dev/null; then
		echo "FAIL a sanitizer or the system call filter reports an error in these logs"
		rc=1
	fi
	return $rc
}

# use_plain: the rest of the test uses the newest build without sanitizers, which is five
# times as fast and allows preloading ($PRELOAD is the folder of the libraries).
use_plain()
{
	local d found=

	PRELOAD=$TOP/build/asan/preload
	for d in "$TOP/build" "$TOP/build/gcc"; do
		[ -x "$d/pxrelayd" ] || continue
		[ -z "$found" ] || [ "$d/pxrelayd" -nt "$found/pxrelayd" ] || continue
		found=$d
	done
	[ -n "$found" ] || skip "there is no build without sanitizers (make)"
	PXRELAYD=$found/pxrelayd
	PXRELAYCTL=$found/pxrelayctl
}

# For tests of counters or keys that only pxrelayd has.
need_pxrelayd()
{
	[ -z "$RELAY" ] || skip "needs pxrelayd itself, RELAY is set"
	[ -x "$PXRELAYD" ] || skip "$PXRELAYD is not built"
}

# ---- how fast the relay follows -------------------------------------------
#
# A client broadcasts every 5 ms, and the fake server srv1 records when requests arrive.

# start_probe NAMESPACE [KEY=VALUE...]
start_probe()
{
	spawn "$1" probe "$PYTHON" "$HERE/srv/$PKT" probe eth0 every=5 \
		"${@:2}"
	wait_for 5 logged probe probing || die "no probes"
}

# step WHAT GIADDR COMMAND...: runs the command and expects a request with that giaddr (DHCPv6:
# link-address) within 100 ms after the command has ended.
step()
{
	local what=$1 giaddr=$2 t0 ms

	shift 2
	"$@" || die "$what: $*"
	t0=$EPOCHREALTIME
	ms=$("$PYTHON" "$HERE/srv/$PKT" after "$T/srv1.jsonl" "$t0" 2 "$giaddr")
	expect "$what: relays for $giaddr after $ms ms" within "$ms"
}

within()
{
	[ "$1" != none ] && [ "$1" -le $((100 * PXR_SLOW)) ]
}

# silent WHAT COMMAND...: runs the command and expects that nothing is relayed later than
# 100 ms after it.
silent()
{
	local what=$1 t0 ms

	shift
	"$@" || die "$what: $*"
	t0=$("$PYTHON" -c "print($EPOCHREALTIME + 0.1 * $PXR_SLOW)")
	ms=$("$PYTHON" "$HERE/srv/$PKT" after "$T/srv1.jsonl" "$t0" 0.25)
	expect_eq "$what: nothing is relayed" "$ms" none
}

# keeps WHAT GIADDR COMMAND...: runs the command and expects that requests still have that
# giaddr 100 ms later.
keeps()
{
	local what=$1 giaddr=$2 t0 ms

	shift 2
	"$@" || die "$what: $*"
	t0=$("$PYTHON" -c "print($EPOCHREALTIME + 0.1 * $PXR_SLOW)")
	ms=$("$PYTHON" "$HERE/srv/$PKT" after "$T/srv1.jsonl" "$t0" 1 "$giaddr")
	expect "$what: still for $giaddr" test "$ms" != none
}

# ---- real servers ---------------------------------------------------------
#
# Each serves 192.0.2.0/25 and 203.0.113.0/24 with host numbers LOW..HIGH; the router is
# host 1. Further arguments are options of the program or lines of its configuration.

# start_dnsmasq NAMESPACE LOW HIGH [OPTION...]
start_dnsmasq()
{
	local n=$1 low=$2 high=$3

	shift 3
	spawn "$n" "dnsmasq-$n" dnsmasq --keep-in-foreground \
		--conf-file=/dev/null --port=0 --user=root --pid-file= \
		--log-facility=- --log-dhcp --no-ping \
		--dhcp-leasefile="$T/dnsmasq-$n.leases" \
		--dhcp-range=192.0.2."$low",192.0.2."$high",255.255.255.128,1h \
		--dhcp-range=203.0.113."$low",203.0.113."$high",255.255.255.0,1h \
		"$@"
	wait_for 5 bound "$n" 67 || die "dnsmasq does not start"
}

# start_dhcpd NAMESPACE LOW HIGH [LINE...]
start_dhcpd()
{
	local n=$1 low=$2 high=$3

	shift 3
	cat >"$T/dhcpd-$n.conf" <<-END
	ping-check off;
	default-lease-time 3600;
	$(printf '%s\n' "$@")
	subnet 198.51.100.0 netmask 255.255.255.0 { }
	subnet 192.0.2.0 netmask 255.255.255.128 {
		range 192.0.2.$low 192.0.2.$high;
		option routers 192.0.2.1;
	}
	subnet 203.0.113.0 netmask 255.255.255.0 {
		range 203.0.113.$low 203.0.113.$high;
		option routers 203.0.113.1;
	}
	END
	: >"$T/dhcpd-$n.leases"
	spawn "$n" "dhcpd-$n" dhcpd -4 -f -d -cf "$T/dhcpd-$n.conf" \
		-lf "$T/dhcpd-$n.leases" --no-pid eth0
	wait_for 5 bound "$n" 67 || die "dhcpd does not start"
}

# run_kea NAMESPACE: starts Kea with the configuration on standard input.
run_kea()
{
	local n=$1

	cat >"$T/kea-$n.json"
	mkdir -p "$T/kea-$n"
	spawn "$n" "kea-$n" env KEA_PIDFILE_DIR="$T/kea-$n" \
		KEA_LOCKFILE_DIR="$T/kea-$n" KEA_LOGGER_DESTINATION=stdout \
		kea-dhcp4 -c "$T/kea-$n.json"
	wait_for 10 bound "$n" 67 || die "kea-dhcp4 does not start"
}

# start_kea NAMESPACE LOW HIGH
start_kea()
{
	local n=$1 low=$2 high=$3

	run_kea "$n" <<-END
	{ "Dhcp4": {
	  "interfaces-config": { "interfaces": [ "eth0" ],
	    "dhcp-socket-type": "udp" },
	  "lease-database": { "type": "memfile", "persist": false },
	  "valid-lifetime": 3600,
	  "subnet4": [
	    { "subnet": "192.0.2.0/25", "pools": [
		{ "pool": "192.0.2.$low - 192.0.2.$high" } ],
	      "option-data": [ { "name": "routers", "data": "192.0.2.1" } ] },
	    { "subnet": "203.0.113.0/24", "pools": [
		{ "pool": "203.0.113.$low - 203.0.113.$high" } ],
	      "option-data": [ { "name": "routers", "data": "203.0.113.1" } ] }
	  ],
	  "loggers": [ { "name": "kea-dhcp4", "severity": "INFO",
	    "output_options": [ { "output": "stdout" } ] } ]
	} }
	END
}

# ---- real clients ---------------------------------------------------------
#
# Each runs in the foreground in its own namespace, writes its lease as "address server" to
# $T/NAMESPACE.lease with srv/client-script, and goes on running. start_* returns at once;
# *_lease waits for the lease and prints the address.

start_dhclient()
{
	local n=$1 i=${2:-eth0}

	rm -f "$T/$n.lease"
	: >"$T/dhclient-$n.leases"
	spawn "$n" "dhclient-$n" dhclient -4 -d -v --no-pid \
		-cf /dev/null -lf "$T/dhclient-$n.leases" \
		-sf "$HERE/srv/client-script" -e LEASE="$T/$n.lease" "$i"
	CLIENT_PID=$SPAWNED
}

start_udhcpc()
{
	local n=$1 i=${2:-eth0}

	rm -f "$T/$n.lease"
	spawn "$n" "udhcpc-$n" env LEASE="$T/$n.lease" udhcpc -f -i "$i" \
		-t 10 -T 1 -s "$HERE/srv/client-script"
	CLIENT_PID=$SPAWNED
}

# dhcpcd keeps its state in fixed folders; it gets empty ones in the mount namespace of ip
# netns exec.
start_dhcpcd()
{
	local n=$1 i=${2:-eth0}

	rm -f "$T/$n.lease"
	cat >"$T/dhcpcd.conf" <<-END
	ipv4only
	noarp
	noipv4ll
	clientid
	option routers
	require dhcp_server_identifier
	END
	spawn "$n" "dhcpcd-$n" sh -c '
		for d in /run/dhcpcd /var/lib/dhcpcd; do
			mkdir -p $d && mount -t tmpfs none $d || exit 1
		done
		exec dhcpcd -4 -B -d -f "$1" -c "$2" -e LEASE="$3" "$4"' sh \
		"$T/dhcpcd.conf" "$HERE/srv/client-script" "$T/$n.lease" "$i"
	CLIENT_PID=$SPAWNED
}

# lease_of NAMESPACE [SECONDS]: waits for the client's lease and prints the address.
lease_of()
{
	wait_for "${2:-10}" test -s "$T/$1.lease" || return 1
	cut -d' ' -f1 "$T/$1.lease"
}

dhclient_lease()
{
	start_dhclient "$@"
	lease_of "$1"
}

udhcpc_lease()
{
	start_udhcpc "$@"
	lease_of "$1"
}

dhcpcd_lease()
{
	start_dhcpcd "$@"
	lease_of "$1"
}

# ---- the beginning --------------------------------------------------------

[ "$(id -u)" = 0 ] || { echo "$TEST: skipped: needs root"; exit 77; }
command -v ip >/dev/null || { echo "$TEST: skipped: needs iproute2"; exit 77; }
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'exec >/dev/null; exit 141' PIPE
T=$(mktemp -d "/tmp/$ID.XXXXXX") || exit 1
chmod 755 "$T"
CTL=$T/relay.sock
[ -x "$PYTHON" ] || skip "$PYTHON is not installed (make deps)"
