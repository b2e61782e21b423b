#!/bin/bash
# Measures what pxrelayd costs, compared with two bare forwarders (fwd.c) and the relays
# in Debian, in interleaved rounds of one run.
#
#   make bench [BENCH_ROUNDS=3] [BENCH_RELAYS="px udp ..."] [BENCH_PARTS="one scale fan"]
#
# Each round runs the parts one after another, and each part the relays one after another:
#   one    1 interface, 1 server: CPU per pair at 40,000/s and at the highest
#          rate without loss; that rate; the rate answered at four times as much
#   lat    delay at 1,000/s of relays that have relayed before, with a server that
#          replies at once and with one that takes 0.4 ms; three times per round
#   scale  1, 100 and 1,000 interfaces at 20,000/s: start, descriptors, memory
#   fan    1, 2 and 8 servers at 20,000/s, of which only the first replies
#   full   delay and cost when the tables hold 100,000 clients
#   flood  four times the highest rate: clients that had begun, control socket, memory
#   core   receive interrupts on the CPU of the relay
#   vlan   200,000/s on one of ten interfaces, 100/s on each other one
#   six    DHCPv6 with 1 and 1,000 interfaces: CPU per pair at 40,000 and 20,000/s, in
#          turns with DHCPv4 and by the same process; the highest rate without loss, and that
#          of dhcrelay -6 and dnsmasq, whose kernel is told the clients' hardware addresses
#   endure 10,000/s for two minutes, in the first round only
#
# The load (gen.c) spins on CPU 0, and the relay runs on CPU 1. Each number of interfaces
# has three namespaces, joined by veth; no packet leaves them:
#
#   clients c0 ... cN-1 --- r0 ... rN-1 relay u0 --- s0 servers 10.9.0.2-9,
#                                                       2001:db8:9::2-9
#
# pxrelayd runs with everything on: option 82, rules, both classes, client state,
# hedging. Only its limit per interface is off, because that would stop the load.
#
# BENCH_RUN is a prefix of the commands of load and relay. On a machine that also runs
# other programs, BENCH_RUN="chrt -f 5" gives them priority.

# Commands are lists of words, built by splitting.
# shellcheck disable=SC2206,SC2207,SC2054,SC2178,SC2128
set -u
cd "$(dirname "$0")" || exit 1
BIN=${BENCH_BIN:-../../build/bench}
PXRELAYD=${PXRELAYD:-../../build/pxrelayd}
ROUNDS=${BENCH_ROUNDS:-3}
RELAYS=${BENCH_RELAYS:-px udp ring helper isc dnsmasq}
PARTS=${BENCH_PARTS:-one lat scale fan full flood core vlan six endure}
PXRELAYCTL=${PXRELAYCTL:-../../build/pxrelayctl}
RUN=${BENCH_RUN:-}
MAC_R=02:00:00:00:09:01
MAC_S=02:00:00:00:09:02

if [ "$(id -u)" != 0 ] || [ "$(nproc)" -lt 2 ]; then
	echo "bench needs root and two CPUs"
	exit 77
fi

# Close inherited descriptors, which would count as the relays'. 255 is bash's own.
for fd in /proc/$$/fd/*; do
	fd=${fd##*/}
	[ $fd -le 2 ] || [ $fd = 255 ] || eval "exec $fd>&-"
done

T=$(mktemp -d)
ID=pxb$$
RELAY=
LOAD=				# options of gen
PX_CLIENTS="" PX_RATE="" PX_ALONE="" PX_SIX=""
trap 'stop; for n in $(ip netns list | grep -o "^$ID-[a-z]*[0-9]*"); do ip netns del $n; done; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM

# --- networks -----------------------------------------------------------------

links()
{
	local i

	for ((i = 0; i < $1; i++)); do
		echo "link add c$i netns $ID-c$1 type veth peer name r$i netns $ID-r$1"
	done
	echo "link add s0 netns $ID-s$1 address $MAC_S type veth peer" \
		"name u0 netns $ID-r$1 address $MAC_R"
}

# link6 N: prints the relay's address on that interface.
link6()
{
	printf '2001:db8:%x::1' $((0x100 + $1))
}

relay_end()
{
	local i

	for ((i = 0; i < $1; i++)); do
		echo "addr add 10.$((64 + i / 250)).$((i % 250)).1/24 dev r$i"
		echo "addr add $(link6 $i)/64 dev r$i nodad"
		echo "link set r$i up"
	done
	echo "addr add 10.9.0.1/24 dev u0"
	echo "addr add 2001:db8:9::1/64 dev u0 nodad"
	echo "link set u0 up"
	echo "link set lo up"
}

client_end()
{
	local i

	for ((i = 0; i < $1; i++)); do
		echo "link set c$i up"
	done
}

# The clients of DHCPv6 that "gen -c 1000" plays. They answer no neighbour solicitation, and
# the kernel has room for about a thousand that do.
neighbours()
{
	local i h

	for ((i = 0; i < 1000; i++)); do
		printf -v h %04x $i
		echo "neigh add fe80::ff:fe00:$h lladdr 02:00:00:00:${h%??}:${h#??}" \
			"dev r$((i % $1)) nud permanent"
	done
}

server_end()
{
	local i

	for i in 2 3 4 5 6 7 8 9; do
		echo "addr add 10.9.0.$i/24 dev s0"
		echo "addr add 2001:db8:9::$i/64 dev s0 nodad"
	done
	echo "link set s0 up"
}

# ipv6 NAMESPACE 0|1: off, or on without anything that the kernel sends by itself.
ipv6()
{
	ip netns exec $ID-$1 sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=$((1 - $2)) \
		net.ipv6.conf.default.{accept_dad,accept_ra,router_solicitations}=0 2>/dev/null
}

network()
{
	local ns

	for ns in c r s; do
		ip netns add $ID-$ns$1 || exit 1
	done
	ipv6 c$1 0
	ipv6 r$1 1
	ipv6 s$1 1
	links $1 >"$T/batch" && ip -batch "$T/batch" || exit 1
	relay_end $1 >"$T/batch" && ip -n $ID-r$1 -batch "$T/batch" || exit 1
	client_end $1 >"$T/batch" && ip -n $ID-c$1 -batch "$T/batch" || exit 1
	server_end $1 >"$T/batch" && ip -n $ID-s$1 -batch "$T/batch" || exit 1
	neighbours $1 >"$T/batch" && ip -n $ID-r$1 -batch "$T/batch" || exit 1
}

# --- relays -------------------------------------------------------------------

# servers N WORD SEPARATOR [NETWORK]: prints the first N addresses.
servers()
{
	local i out=

	for ((i = 2; i < 2 + $1; i++)); do
		out="$out${out:+$3}${2:-}${4:-10.9.0.}$i"
	done
	echo "$out"
}

# With one server, each group has a second one, which is used only if the first is silent.
# This measures the cost of hedging without its copies. PX_CLIENTS and PX_RATE override
# the values below; with PX_SIX, there are as many servers for DHCPv6.
px_conf()
{
	local list mode

	if [ -n "$PX_ALONE" ]; then
		list="$(servers 1)" mode=failover
	elif [ $1 = 1 ]; then
		list="$(servers 2 '' ', ')" mode=failover
		[ -z "$PX_SIX" ] || list="$list, $(servers 2 '' ', ' 2001:db8:9::)"
	else
		list="$(servers $1 '' ', ')" mode=all
	fi
	cat <<-END
	[relay]
	control = $T/ctl
	clients = ${PX_CLIENTS:-16384}
	interface-rate = ${PX_RATE:-off}
	option82 = add
	circuit-id = %i
	remote-id = %h
	[group dhcp]
	servers = $list
	mode = $mode
	hedge = 500ms
	[group boot]
	servers = $list
	mode = $mode
	hedge = 500ms
	[interface r*]
	dhcp = dhcp
	boot = boot
	[rule second-stage]
	user-class = iPXE
	boot = boot
	[rule lab]
	mac = 52:54:00:ba:d0:00/44
	action = drop
	[rule bios]
	arch = bios
	boot = boot
	[rule uefi]
	arch = uefi-x64
	vendor-class = PXEClient*
	boot = boot
	END
}

# argv RELAY INTERFACES SERVERS: puts the command into argv[].
argv()
{
	local i

	case $1 in
	px)	px_conf $3 >"$T/px.conf"
		[ $3 = 1 ] && [ -z "$PX_ALONE" ] || sed -i /^hedge/d "$T/px.conf"
		argv=("$PXRELAYD" -f -c "$T/px.conf") ;;
	udp|ring) argv=("$BIN/fwd" $1 u0 $(servers $3 '' ' ')) ;;
	helper)	argv=(${DHCP_HELPER:-dhcp-helper} -d -e u0 $(servers $3 '-s ' ' ')) ;;
	isc)	argv=(dhcrelay -q -d --no-pid -a -iu u0)
		for ((i = 0; i < $2; i++)); do argv+=(-id r$i); done
		argv+=($(servers $3 '' ' ')) ;;
	isc6)	argv=(dhcrelay -6 -q -d --no-pid -I -u 2001:db8:9::2%u0)
		for ((i = 0; i < $2; i++)); do argv+=(-l r$i); done ;;
	dnsmasq6) argv=(dnsmasq -k --port=0 -C /dev/null --user=root --pid-file=
			--quiet-dhcp6 --log-facility=/dev/null)
		for ((i = 0; i < $2; i++)); do
			argv+=(--dhcp-relay=$(link6 $i),2001:db8:9::2)
		done ;;
	dnsmasq) argv=(dnsmasq -k --port=0 -C /dev/null --user=root --pid-file=
			--quiet-dhcp --log-facility=/dev/null)
		for ((i = 0; i < $2; i++)); do
			for s in $(servers $3 '' ' '); do
				argv+=(--dhcp-relay=10.$((64 + i / 250)).$((i % 250)).1,$s)
			done
		done ;;
	esac
}

there()
{
	case $1 in
	px|udp|ring) ;;
	helper)	command -v ${DHCP_HELPER:-dhcp-helper} >/dev/null ;;
	isc)	command -v dhcrelay >/dev/null ;;
	dnsmasq) command -v dnsmasq >/dev/null ;;
	*)	echo "no relay $1" >&2; exit 2 ;;
	esac
}

gen()
{
	$RUN taskset -c 0 "$BIN/gen" $LOAD "$@"
}

# start RELAY INTERFACES SERVERS: sets READY to the milliseconds until the relay replied on
# the first and on the last interface.
start()
{
	local argv t0 t1 g

	argv $1 $2 $3
	$RUN taskset -c 0 "$BIN/gen" $LOAD -n $2 $ID-c$2 $ID-s$2 ready >"$T/ready" &
	g=$!
	# gen must have opened its sockets and be sending requests when the relay starts.
	until asking $g; do sleep 0.01; done
	t0=$EPOCHREALTIME
	ip netns exec $ID-r$2 $RUN taskset -c 1 "${argv[@]}" >"$T/log" 2>&1 &
	RELAY=$!
	wait $g
	t1=$(sed -n 's/.*at=\([0-9.]*\).*/\1/p' "$T/ready")
	READY=$(awk "BEGIN { printf \"%.0f\", ($t1 - $t0) * 1000 }")
	kill -0 $RELAY 2>/dev/null || { cat "$T/log" >&2; echo "$1 died" >&2; exit 1; }
}

# asking PID: waits until gen has opened its fourth socket, or has ended.
asking()
{
	local n=(/proc/$1/fd/*)

	[ ${#n[@]} -ge 7 ] || ! kill -0 $1 2>/dev/null
}

stop()
{
	[ -n "$RELAY" ] || return 0
	kill $RELAY 2>/dev/null
	wait $RELAY 2>/dev/null
	RELAY=
}

rss()
{
	awk '/^VmRSS/ { print $2 }' /proc/$RELAY/status
}

fds()
{
	local n=(/proc/$RELAY/fd/*)

	echo ${#n[@]}
}

# --- measuring ----------------------------------------------------------------

# note PART RELAY N WHAT: records a result of gen from standard input under that name.
note()
{
	echo "part=$1 relay=$2 n=$3 round=$ROUND what=$4 $(cat)" >>"$T/raw"
}

# measure PART RELAY N INTERFACES WHAT [-d THINKS] gen's words...
measure()
{
	local part=$1 relay=$2 n=$3 nif=$4 what=$5 options=

	shift 5
	[ "$1" != -d ] || { options="$1 $2"; shift 2; }
	gen -p $RELAY -n $nif -a $ANSWERING $options $ID-c$nif $ID-s$nif "$@" |
		note $part $relay $n $what
}

resources()
{
	echo "ready=$READY fds=$(fds) rss=$(rss)" | note $1 $2 $3 start
}

part_one()
{
	local r limit

	ANSWERING=2
	for r in $RELAYS; do
		start $r 1 1
		resources one $r 1
		measure one $r 1 1 cpu rate 40000 1
		measure one $r 1 1 ndr ndr 15000 180000
		limit=$(sed -n "s/.*relay=$r n=1 round=$ROUND what=ndr ndr=\([0-9]*\).*/\1/p" \
			"$T/raw" | tail -1)
		measure one $r 1 1 over rate $((${limit:-40000} * 4)) 1
		measure one $r 1 1 after rate 1000 0.5
		stop
	done
}

# 0.4 ms differs from the time between two packets: otherwise the reply to one would
# coincide with the next.
THINKS=400

part_lat()
{
	local r k round=$ROUND

	ANSWERING=2
	for k in 1 2 3; do
		ROUND=$((round * 10 + k))
		for r in $RELAYS; do
			start $r 1 1
			measure lat $r 0 1 warm rate 40000 1
			measure lat $r 0 1 lat rate 1000 1
			measure lat $r $THINKS 1 lat -d $THINKS rate 1000 1
			stop
		done
	done
	ROUND=$round
}

part_scale()
{
	local n r

	ANSWERING=1
	for n in 1 100 1000; do
		PX_ALONE=1
		for r in $(only px); do
			start $r $n 1
			resources alone $r $n
			stop
		done
		PX_ALONE=
		for r in $(only px udp helper); do
			start $r $n 1
			resources scale $r $n
			measure scale $r $n $n cpu rate 20000 1
			measure scale $r $n $n idle rate 0 0.5
			stop
		done
	done
}

part_fan()
{
	local n r

	ANSWERING=1
	for n in 1 2 8; do
		for r in $(only px udp helper); do
			start $r 1 $n
			measure fan $r $n 1 cpu rate 20000 1
			stop
		done
	done
}

# Sends one request from each of 100,000 clients, then the same again: the tables are
# empty the first time and full the second.
part_full()
{
	local r

	ANSWERING=2 PX_CLIENTS=131072
	for r in $(only px); do
		start $r 1 1
		measure full $r 0 1 lat rate 1000 1
		measure full $r 0 1 cpu rate 20000 1
		gen -p $RELAY -n 1 -a 2 $ID-c1 $ID-s1 rate 20000 5 >"$T/fill"
		measure full $r 100000 1 lat rate 1000 1
		measure full $r 100000 1 cpu rate 20000 1
		stop
	done
	PX_CLIENTS=
}

# answers: measures repeatedly how long pxrelayctl takes while a trial runs. If load and
# relay have priority, pxrelayctl and this shell need it, too.
answers()
{
	local t0 worst=0 n=0 ms

	[ -z "$RUN" ] || chrt -f -p 9 $BASHPID
	while [ -e "$T/running" ]; do
		t0=${EPOCHREALTIME/./}
		ip netns exec $ID-r1 "$PXRELAYCTL" -s "$T/ctl" show counters >/dev/null ||
			worst=999999
		ms=$(((${EPOCHREALTIME/./} - t0) / 1000))
		[ $ms -le $worst ] || worst=$ms
		n=$((n + 1))
		sleep 0.1
	done
	echo "worst=$worst asked=$n" >"$T/answers"
}

# A second flood measures the control socket, because pxrelayctl takes CPU time from the rest.
flood_asked()
{
	local a

	: >"$T/running"
	answers &
	a=$!
	gen -p $RELAY -n 1 -a 2 $ID-c1 $ID-s1 known 300000 2000 2 >"$T/fill"
	rm -f "$T/running"
	wait $a
	note flood px 1 ctl <"$T/answers"
}

part_flood()
{
	local r

	ANSWERING=2 PX_CLIENTS=131072
	for r in $(only px udp ring helper); do
		start $r 1 1
		measure flood $r 1 1 known known 300000 2000 2
		[ $r != px ] || flood_asked
		resources flood $r 1
		stop
	done
	PX_CLIENTS=
	# Memory after the flood has invented every client and interface that can be
	# invented.
	for r in $(only px); do
		start $r 1 1
		gen -p $RELAY -n 1 -a 2 $ID-c1 $ID-s1 known 300000 1000 4 >"$T/fill"
		resources attack $r 1
		stop
	done
}

# steer MASK: sets which CPUs (hex) receive packets for the router.
steer()
{
	ip netns exec $ID-r1 sh -c \
		"echo $1 >/sys/class/net/r0/queues/rx-0/rps_cpus; \
		echo $1 >/sys/class/net/u0/queues/rx-0/rps_cpus"
}

part_core()
{
	local r

	ANSWERING=2
	steer 2
	for r in $(only px udp helper); do
		start $r 1 1
		measure core $r 1 1 ndr ndr 4000 90000
		stop
	done
	steer 0
}

# With pxrelayd's default limit per interface.
part_vlan()
{
	local r

	ANSWERING=2 PX_RATE=5000/s
	for r in $(only px helper); do
		start $r 10 1
		measure vlan $r 10 10 isolate isolate 200000 100 3
		stop
	done
	PX_RATE=
}

# Both families in turns, because other load on the machine changes by the second.
part_six()
{
	local n k r rate=40000 round=$ROUND

	ANSWERING=2
	for n in 1 1000; do
		PX_SIX=1 LOAD=-6 start px $n 1
		for k in 1 2 3 4; do
			ROUND=$((round * 10 + k))
			measure six px $n $n cpu rate $rate 1
			LOAD=-6 measure six px6 $n $n cpu rate $rate 1
		done
		ROUND=$round
		measure six px $n $n ndr ndr 4000 180000
		LOAD=-6 measure six px6 $n $n ndr ndr 4000 180000
		stop
		for r in $(only isc dnsmasq); do
			LOAD="-6 -c 1000" start ${r}6 $n 1
			LOAD="-6 -c 1000" measure six ${r}6 $n $n ndr ndr 20 180000
			stop
		done
		rate=20000
	done
}

part_endure()
{
	local r

	[ $ROUND = 1 ] || return 0
	ANSWERING=2
	for r in $(only px); do
		start $r 1 1
		measure endure $r 1 1 long rate 10000 120
		stop
	done
}

# Prints the words that are among the relays of this run.
only()
{
	local w

	for w in "$@"; do
		[[ " $RELAYS " = *" $w "* ]] && echo $w
	done
}

available=
for r in $RELAYS; do
	if there $r; then available="$available $r"; else echo "not installed: $r"; fi
done
RELAYS=$available
network 1
[[ $PARTS = *scale* ]] && network 100
[[ $PARTS = *scale* || $PARTS = *six* ]] && network 1000
[[ $PARTS = *vlan* ]] && network 10
for ((ROUND = 1; ROUND <= ROUNDS; ROUND++)); do
	echo "round $ROUND of $ROUNDS"
	for part in $PARTS; do
		part_$part
	done
done
[ -z "${BENCH_RAW:-}" ] || cp "$T/raw" "$BENCH_RAW"
/usr/bin/python3 report.py "$T/raw"
