#!/bin/bash
# t-health-kernel.sh: a server goes down as soon as the kernel cannot reach it: there is no
# route, the uplink is down or has no carrier, or the next hop (the server itself or a
# gateway) does not answer ARP. The log says so within 100 ms after the kernel's event, and
# it says as fast that the server is up again.
#
# quiet: it measures time.
#
# topo-vlans.sh has the drawing; here, server 10.9.0.10 is behind a gateway gw, 198.51.100.2.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

GW=$UP.2
FAR=10.9.0.10

# follows WHAT SERVER WORD EVENT COMMAND...: the log has WORD for that server at most
# 100 ms after `ip monitor' showed EVENT, or after the command began if EVENT is empty.
# The kernel may take up to 10 s to report the event.
follows()
{
	local what=$1 server=$2 word=$3 event=$4

	shift 4
	load L < <("$PYTHON" "$HERE/srv/lag.py" "$RELAY_PID,$SRV1_PID" "$T/relay.log" \
		"$word server=$server " "$T/monitor.log" "$event" \
		$((10 * PXR_SLOW)) "$@")
	expect "$what: $word after ${L[lag]:-none} ms" within "${L[lag]:-none}"
}
declare -A L

# last_is SERVER DIAG: the last log line about that server has that diagnosis.
last_is()
{
	grep " server=$1 " "$T/relay.log" | tail -n 1 | grep -q "diag=$2 "
}

last_diag()
{
	expect "  ... $1: $2" last_is "$1" "$2"
}

down()
{
	local what=$1 server=$2 diag=$3 event=$4

	shift 4
	follows "$what" "$server" server-down "$event" "$@"
	last_diag "$server" "$diag"
}

up()
{
	local what=$1 server=$2 event=$3

	shift 3
	follows "$what" "$server" server-up "$event" "$@"
}

RTR_IP=(ip -n "$ID-rtr")

# forget ADDRESS: makes the kernel forget that neighbour, so that the next packet causes an
# ARP request. The event that it reports looks like a failure, too.
forget()
{
	nsip rtr neigh del "$1" dev up0
	wait_for 3 eval "tail -n 3 $T/monitor.log | grep -q 'eleted $1 '"
}

# Prints the CPU time of the relay in milliseconds.
cpu()
{
	local s

	read -r -a s <"/proc/$RELAY_PID/stat"
	echo $(((s[13] + s[14]) * 1000 / $(getconf CLK_TCK)))
}

# busy WHAT MS COMMAND...: the command causes at most MS milliseconds of CPU time in the
# relay.
busy()
{
	local what=$1 most=$2 before ms

	shift 2
	before=$(cpu)
	"$@" || die "$what: $*"
	ms=$(($(cpu) - before))
	expect "$what: $ms ms of CPU" test "$ms" -le $((most * PXR_SLOW))
}

# neighbours INTERFACE NET N: makes N changes of 200 neighbours, as on a large network (the
# kernel refuses more than gc_thresh3 = 1024 neighbours at a time).
neighbours()
{
	local i

	for ((i = 0; i < $3; i++)); do
		printf 'neigh replace %s.%d dev %s nud reachable lladdr 02:aa:00:00:00:%02x\n' \
			"$2" $((i % 200 + 20)) "$1" $((i / 200))
	done >"$T/neighbours"
	nsbatch rtr <"$T/neighbours"
}

topo_vlans
add_server gw 2
fake srv1
SRV1_PID=$SPAWNED
nsip rtr route add 10.9.0.0/24 via $GW
# ARP gives up after 0.6 s instead of 3 s, because the kernel's own delay is not measured.
ns rtr sysctl -qw net.ipv4.neigh.up0.retrans_time_ms=200
spawn rtr monitor ip -ts monitor link neigh route
MONITOR=$SPAWNED
start_relay <<END
[relay]
control = $CTL
client-rate = off
[interface vlan10]
servers = $SRV1, $SRV2, $FAR
END
ask cl10
expect_eq "srv1 answers" "${A[answers]}" 1
expect "the neighbours are known" wait_for 5 eval \
	"[ \$(ip -n $ID-rtr neigh show dev up0 nud reachable | wc -l) = 3 ]"

# --- routes -------------------------------------------------------------------
down "route deleted" $FAR no-route "" \
	"${RTR_IP[@]}" route del 10.9.0.0/24
up "route added" $FAR "" \
	"${RTR_IP[@]}" route add 10.9.0.0/24 via $GW
last_diag $FAR path-restored
for kind in blackhole unreachable prohibit; do
	down "$kind route" $FAR no-route "" \
		"${RTR_IP[@]}" route add $kind $FAR/32
	up "$kind route deleted" $FAR "" \
		"${RTR_IP[@]}" route del $kind $FAR/32
done
down "a rule prohibits it" $FAR no-route "" \
	"${RTR_IP[@]}" rule add to $FAR/32 ipproto udp dport 67 prohibit
up "the rule deleted" $FAR "" \
	"${RTR_IP[@]}" rule del to $FAR/32 ipproto udp dport 67 prohibit

# --- the link -----------------------------------------------------------------
down "uplink down" $SRV1 link-down "" \
	"${RTR_IP[@]}" link set up0 down
last_diag $FAR link-down
up "uplink up" $SRV1 "" \
	"${RTR_IP[@]}" link set up0 up
# The kernel deleted this route with the link, and does not restore it.
up "its route added" $FAR "" \
	"${RTR_IP[@]}" route add 10.9.0.0/24 via $GW
# The kernel may report a change of carrier up to a second late.
down "carrier lost" $SRV1 link-down ' up0@.*state (LOWERLAYER)?DOWN' \
	ip -n "$ID-sw" link set rtr-up down
last_diag $FAR link-down
up "carrier back" $SRV1 ' up0@.*state UP' \
	ip -n "$ID-sw" link set rtr-up up

# --- neighbours ---------------------------------------------------------------
ask cl10
expect_eq "srv1 answers" "${A[answers]}" 1
nsip srv2 link set eth0 down
forget $SRV2
expect_not "a forgotten neighbour is no failure" grep -q neighbour-failed "$T/relay.log"
down "server gone" $SRV2 neighbour-failed "$SRV2 dev up0.* FAILED" \
	ip netns exec "$ID-cl10" "$PYTHON" "$HERE/srv/pkt.py" send eth0
# No client sends to it any more, and yet the relay notices that it is back.
up "server back" $SRV2 "$SRV2 dev up0.* (REACHABLE|STALE)" \
	ip -n "$ID-srv2" link set eth0 up
nsip gw link set eth0 down
forget $GW
down "gateway gone" $FAR neighbour-failed "$GW dev up0.* FAILED" \
	ip netns exec "$ID-cl10" "$PYTHON" "$HERE/srv/pkt.py" send eth0
ask cl10
expect_eq "srv1 answers" "${A[answers]}" 1
# Then there is another route, around the gateway.
up "route by another gateway" $FAR "" \
	"${RTR_IP[@]}" route replace 10.9.0.0/24 via $SRV1
nsip rtr route replace 10.9.0.0/24 via $GW
expect "and back: down again" wait_for 5 last_is $FAR neighbour-failed
up "gateway back" $FAR "$GW dev up0.* (REACHABLE|STALE)" \
	ip -n "$ID-gw" link set eth0 up
expect_not "srv1 was never down because of it" \
	grep -q "server=$SRV1 .*neighbour-failed" "$T/relay.log"

# --- several next hops ----------------------------------------------------------
# By default the kernel goes on sending to a next hop that has failed, so the server is
# down. With fib_multipath_use_neigh it uses another next hop, and the server stays up.
add_server gw2 3
GW2=$UP.3
ns rtr sysctl -qw net.ipv4.fib_multipath_use_neigh=1
nsip rtr route replace 10.9.0.0/24 nexthop via $GW dev up0 nexthop via $GW2 dev up0
way()
{
	nsip rtr route get $FAR from $UP.1 ipproto udp sport 67 dport 67 | sed -n 's/.* via \([^ ]*\) .*/\1/p'
}
case $(way) in
"$GW") dead=gw other=$GW2 ;;
*) dead=gw2 other=$GW ;;
esac
lines=$(grep -c "server-down server=$FAR" "$T/relay.log")
took=$(way)
nsip $dead link set eth0 down
forget "$took"
ask cl10
# The kernel sometimes deletes failed neighbours and must resolve them again, so both states
# are read at the same moment.
failed_over()
{
	nsip rtr neigh show "$took" dev up0 | grep -q . || ask cl10
	nsip rtr neigh show "$took" dev up0 nud failed | grep -q . &&
		[ "$(way)" = "$other" ]
}
expect "one of two gateways has failed, the kernel takes the other" \
	wait_for 10 failed_over
ask cl10
expect_eq "... and the server was never down" \
	"$(grep -c "server-down server=$FAR" "$T/relay.log")" "$lines"
nsip $dead link set eth0 up
nsip rtr route replace 10.9.0.0/24 via $GW

# --- with a probe -------------------------------------------------------------
# A server with probes is up when a probe is answered. The relay probes it as soon as the
# route is back, not at the end of the interval of an hour.
reload_relay <<END
[relay]
control = $CTL
[server probed]
address = $SRV1
probe = dhcp
probe-interval = 1h
rise = 1
[interface vlan10]
servers = probed, $SRV2
END
wait_for 5 logged relay ^reloaded || die "no reload"
down "probed: route to it prohibited" probed no-route "" \
	"${RTR_IP[@]}" route add prohibit $SRV1/32
up "... back: asked at once" probed "" \
	"${RTR_IP[@]}" route del prohibit $SRV1/32
last_diag probed probe-answered
nsip sw link set srv1 down	# its own routes stay
forget $SRV1
down "probed: gone" probed neighbour-failed "$SRV1 dev up0.* FAILED" \
	ip netns exec "$ID-cl10" "$PYTHON" "$HERE/srv/pkt.py" send eth0
up "... back: asked at once" probed "$SRV1 dev up0.* (REACHABLE|STALE)" \
	ip -n "$ID-sw" link set srv1 up
last_diag probed probe-answered

# --- a large network ----------------------------------------------------------
stop "$MONITOR"
busy "5,000 changes of clients" 30 neighbours vlan10 192.0.2 5000
busy "5,000 changes among the servers' neighbours" 1000 neighbours up0 $UP 5000
ask cl10
expect_eq "srv1 answers" "${A[answers]}" 1
