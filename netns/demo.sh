#!/bin/bash
# demo.sh: shows pxrelayd at work. It builds two client VLANs, a router and two server
# machines from network namespaces, and starts dnsmasq and ISC dhcpd in the servers' network
# and pxrelayd in the router. Then dhclient, udhcpc and dhcpcd lease IPv4 and IPv6 addresses in
# both VLANs, and demo-boot.sh boots three machines. No packet leaves this machine, and nothing
# stays on it.

. "$(dirname "$0")/topo/topo-vlans6.sh"
need dhclient udhcpc dhcpcd dnsmasq dhcpd ping
PASSED="The demo is over; everything that it made has been removed."

title()
{
	printf '\n\033[1m== %s\033[0m\n\n' "$*"
}
[ -t 1 ] || title() { printf '\n== %s\n\n' "$*"; }

indent()
{
	sed 's/^/    /'
}

# not_zero: leaves out what has never been counted.
not_zero()
{
	awk '/^[^ ]/ { on = !/^[^ ]+ +[0-] +([0-] +)?[A-Za-z]/ } on'
}

# row CLIENT PROGRAM: a server of DHCPv6 is known by a long number only (DUID).
row()
{
	local ip server

	ip=$(lease_of "$1") || die "$2 in $1 has no lease"
	server=$(cut -d' ' -f2 "$T/$1.lease" | sed -n 's/.*\..*/ from server &/p')
	printf '    %-6s %-12s has %-14s%s\n' "$1" "$2" "$ip" "$server"
}

title "The network, all of it namespaces on this machine"
cat <<'END'
    VLAN 10, 192.0.2.0/25, 2001:db8:10::/64
    ┌────────────────┐           ┌──────────────┐         ┌───────────────────┐
    │ cl10  dhclient ├────┐      │    router    │     ┌───┤ srv1  dnsmasq     │
    ├────────────────┤    ├──────┤ vlan10       │     │   │ 198.51.100.10     │
    │ cl10b udhcpc   ├────┘      │              │     │   │ 2001:db8:ffff::10 │
    └────────────────┘           │ pxrelayd up0 ├─────┤   └───────────────────┘
    VLAN 20, 203.0.113.0/24,     │              │     │   ┌───────────────────┐
             2001:db8:20::/64    │              │     └───┤ srv2  ISC dhcpd   │
    ┌────────────────┐           │              │         │ 198.51.100.11     │
    │ cl20  dhcpcd   ├────┐      │              │         │ 2001:db8:ffff::11 │
    ├────────────────┤    ├──────┤ vlan20       │         └───────────────────┘
    │ cl20b udhcpc   ├────┘      └──────────────┘
    └────────────────┘
    A DHCP broadcast or multicast ends at the router; the servers are two networks away.
END
topo_vlans6
add_client cl10b 10 02
add_client cl20b 20 02
ip6_on cl10
ip6_on cl20
start_dnsmasq srv1 50 59
start_dhcpd srv2 60 69
start_dnsmasq6 srv1 50 59
start_dhcpd6 srv2 60 69

title "The configuration of pxrelayd"
cat >"$T/relay.conf" <<END
[relay]
control = $CTL
option82 = add
[interface vlan*]
servers = $SRV1, $SRV2, $SRV1_6, $SRV2_6
circuit-id = %i
END
indent <"$T/relay.conf"
start_relay "$T/relay.conf"

title "Four clients request IPv4 leases at the same time"
start_dhclient cl10
start_udhcpc cl10b
start_dhcpcd cl20
start_udhcpc cl20b
row cl10 dhclient
row cl10b udhcpc
row cl20 dhcpcd
row cl20b udhcpc
for c in cl10 cl20; do
	ns $c ping -q -c 1 -W 2 $SRV1 >/dev/null &&
		echo "    $c reaches $SRV1 with its new address"
done

title "Two of them request IPv6 leases, too"
start_dhclient6 cl10
start_dhcpcd6 cl20
row cl10 "dhclient -6"
row cl20 "dhcpcd -6"

title "VLAN 10 is deleted and created again while pxrelayd runs"
nsip rtr link del vlan10
add_vlan 10
nsip rtr addr add $GW10/25 dev vlan10
nsip rtr addr add $GW10_6/64 dev vlan10 nodad
add_client cl10c 10 03
ip6_on cl10c
start_udhcpc cl10c
row cl10c udhcpc
start_dhclient6 cl10c
row cl10c "dhclient -6"

if [ -z "$RELAY" ]; then
	title "pxrelayctl explain: one story for both families"
	ctl explain 02:00:00:00:10:01 | indent
fi

if [ -z "$RELAY" ]; then
	for what in interfaces servers counters drops; do
		title "pxrelayctl show $what"
		ctl show $what | not_zero | indent
	done
fi
title "The relay's log"
tail -n 15 "$T/relay.log" | indent
echo

# demo-boot.sh has its own process and network. It skips itself if there is no firmware.
"$HERE/demo-boot.sh"
case $? in
0 | 77) ;;
*) FAILS=$((FAILS + 1)) ;;
esac
