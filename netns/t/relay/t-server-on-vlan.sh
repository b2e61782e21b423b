#!/bin/bash
# t-server-on-vlan.sh: the server is on a client VLAN. It serves the other VLAN through the
# relay and its own VLAN directly, where the relay's copy does no harm. Another machine on
# the server's VLAN cannot pose as a server.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need dnsmasq udhcpc

ONVLAN=192.0.2.10

topo_vlans
add_client local 10 0a
nsbatch local <<END
addr add $ONVLAN/25 dev eth0
route add default via $GW10
END
start_dnsmasq local 50 59
start_relay <<END
[relay]
control = $CTL
log-level = debug
[interface vlan10]
servers = $ONVLAN
[interface vlan20]
servers = $ONVLAN
END
start_udhcpc cl10
start_udhcpc cl20
for v in 10 20; do
	got=$(lease_of cl$v)
	expect "cl$v has a lease from the server in VLAN 10: ${got:-none}" \
		test -n "$got"
	expect_eq "cl$v: the lease is from that server" "$(cut -d' ' -f2 "$T/cl$v.lease")" $ONVLAN
done
kill_clients()
{
	local p

	for p in $(ip netns pids "$ID-cl20"); do
		stop "$p"
	done
}
kill_clients
capture vlan20 sw cl20 'udp dst port 68'
pkt cl10 send eth0 op=2 type=offer sport=67 yiaddr=203.0.113.66 giaddr=$GW20 \
	src=192.0.2.66 dst=$GW20 dmac=$RTR10_MAC flags=0x8000 >/dev/null
ask cl20
expect "the relay goes on" test "${A[answers]}" -ge 1
expect_eq "a neighbour's BOOTREPLY is not delivered" \
	"$(pcap_count vlan20 'ether[42+16:4] = 0xcb007142')" 0
