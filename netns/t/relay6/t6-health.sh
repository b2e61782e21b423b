#!/bin/bash
# t6-health.sh: probe = dhcp6 with Kea, dnsmasq and ISC dhcpd, and with servers that are known by
# a link-local or a multicast address. A server that is killed, frozen, unplugged or without a
# route is down with the right diagnosis, the next SOLICIT goes past it at once, and it comes
# back. ICMPv6 errors that others forge are ignored. No probe leaves a lease or any state, and
# none reaches a client.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need kea-dhcp6 dnsmasq dhcpd tcpdump
need_pxrelayd

SRV3_6=$UP6:12
LOCAL=fe80::ff:fe02:13
declare -A PID
N=0

# of SERVER KEY...: prints what `pxrelayctl show servers' says of it.
of()
{
	query show servers | "$PYTHON" -c '
import json, sys
for s in json.load(sys.stdin)["servers"]:
    if s["name"] == sys.argv[1]:
        print(*(s[key] for key in sys.argv[2:]))' "$@"
}

is()
{
	[ "$(of "$1" health diag)" = "$2 $3" ]
}

expect_is()
{
	expect "$1: $2, $3" wait_for 10 is "$@"
}

# answered WHAT 00NN: a new client's SOLICIT is answered by the server of machine NN, and
# no other server had to be asked after it (a hedge).
answered()
{
	local hedges

	hedges=$(relay_counter hedges)
	ask cl10 ia=7 settle=5 wait=2 smac=02:99:00:00:00:$((++N + 10))
	expect_eq "$1" "${A[answers]} ${A[opt2]: -4}" "1 $2"
	expect_eq "  ... without a hedge" "$(relay_counter hedges)" "$hedges"
}

# forge NAMESPACE SOURCE DESTINATION [PORT]: sends the relay an ICMPv6 port unreachable about a
# datagram from SOURCE to DESTINATION, port 547, as often as would take a server down.
forge()
{
	ns "$1" "$PYTHON" -c '
import socket, struct, sys, time
src, dst, port = sys.argv[1:]
quoted = struct.pack("!IHBB", 6 << 28, 60, 17, 60)
quoted += socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
quoted += struct.pack("!HHHH", 547, int(port), 60, 0) + bytes(52)
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
for _ in range(5):
    s.sendto(b"\x01\x04" + bytes(6) + quoted, (src, 0))
    time.sleep(0.05)' "$2" "$3" "${4:-547}"
}

start_isc()
{
	start_dhcpd6 srv3 70 79
	PID[isc]=$SPAWNED
}

start_kea()
{
	start_kea6 srv1 50 59
	PID[kea]=$SPAWNED
}

start_masq()
{
	start_dnsmasq6 srv2 60 69
	PID[masq]=$SPAWNED
}

topo_vlans6
ns rtr sysctl -qw net.ipv6.neigh.up0.retrans_time_ms=200
for hh in 12 13; do
	add_server srv$((hh - 9)) $hh
	ip6_on srv$((hh - 9))
	server6 srv$((hh - 9)) $UP6:$hh
done
ip6_on cl20
nsbatch cl20 <<-END
addr add 2001:db8:20::66/64 dev eth0 nodad
route add default via $GW20_6
END
start_kea
start_masq
start_isc
start_dnsmasq6 srv4 80 89
capture cl10 cl10 eth0 'udp port 546 or udp port 547'
capture cl20 cl20 eth0 'udp port 546 or udp port 547'
quick cl10

server()
{
	printf '%s\n' "[server $1]" "address = $2" 'probe = dhcp6' 'probe-interval = 1s' \
		'probe-timeout = 400ms' 'fall = 2' 'rise = 1'
}
start_relay <<END
[relay]
control = $CTL
client-rate = off
log-level = debug
$(server kea $SRV1_6)
$(server masq $SRV2_6)
$(server isc $SRV3_6)
$(server local $LOCAL%up0)
$(server multi ff05::1:3%up0)
[group all]
servers = kea, masq, isc
mode = failover
hedge = 2s
hold-down = 0s
[interface vlan10]
dhcp = all
[interface vlan20]
dhcp = local
boot = multi
END
for s in kea masq isc local multi; do
	expect_is $s up probe-answered
done
ask cl20 ia=7
expect_eq "the link-local server has an address" "${A[addr]%::*}" 2001:db8:20
answered "Kea answers" 0010

# ---- killed, frozen, without a route, unplugged ----
stop "${PID[kea]}" KILL
kill -STOP "${PID[masq]}"
expect_is kea down port-unreachable
expect_is masq down dhcp6-timeout
expect "... in the log" logged relay "^server-down server=masq address=$SRV2_6 state=down"
answered "Kea is killed and dnsmasq frozen: dhcpd answers" 0012
start_kea
kill -CONT "${PID[masq]}"
expect_is kea up probe-answered
expect_is masq up probe-answered
expect "a late answer to a probe is one" wait_for 5 eval '[ "$(relay_counter probe-strays)" -ge 1 ]'
answered "Kea is back and answers" 0010
nsip rtr route add unreachable $SRV1_6/128
expect_is kea down no-route
answered "no route to Kea: dnsmasq answers" 0011
nsip rtr route del unreachable $SRV1_6/128
expect_is kea up probe-answered
nsip sw link set srv2 down
nsip sw link set srv4 down
nsip rtr neigh del $SRV2_6 dev up0
nsip rtr neigh del $LOCAL dev up0
expect_is masq down neighbour-failed
expect_is local down neighbour-failed
expect "... in the log" logged relay "^server-down server=local address=$LOCAL%up0 state=down"
nsip sw link set srv2 up
nsip sw link set srv4 up
expect_is masq up probe-answered
expect_is local up probe-answered

# ---- drained ----
ctl drain kea >/dev/null
expect_is kea drained drained
answered "Kea is drained: dnsmasq answers" 0011
ctl enable kea >/dev/null
expect_is kea up enabled
answered "Kea is enabled and answers" 0010

# ---- forged errors: those of a client, and about what the relay did not send ----
downs=$(grep -c ^server-down "$T/relay.log")
errors=$(of kea errors)
forge srv2 $UP6:1 $UP6:99
forge srv2 $UP6:1 $SRV1_6 546
expect_eq "errors about other datagrams do not reach the relay" "$(of kea errors)" "$errors"
forge cl20 $UP6:1 $SRV1_6
expect "errors from a client's link came" wait_for 5 eval \
	'[ "$(of kea errors)" -ge $((errors + 5)) ]'
expect_eq "... and took no server down" "$(grep -c ^server-down "$T/relay.log")" "$downs"
forge srv2 $UP6:1 $SRV1_6
expect "those from the uplink are believed" wait_for 5 logged relay \
	"^server-down server=kea address=$SRV1_6 state=down diag=port-unreachable after=2"

# ---- nothing is left over ----
for c in cl10 cl20; do
	expect_eq "$c got nothing but ADVERTISEs" "$(pcap_settled $c 'ip6[48] > 2')" 0
	expect "... and those" pcap_has $c 1 'ip6[48] = 2'
done
expect_not "Kea has leased nothing" logged kea-srv1 DHCP6_LEASE_ALLOC
expect_not "nor has dnsmasq" grep -hv ^duid "$T"/dnsmasq-srv?.leases
expect_not "nor has dhcpd" grep -q ^ia- "$T/dhcpd-srv3.leases"
