#!/bin/bash
# vm-vlan-trunk.sh: clients get leases over real 802.1Q sub-interfaces of a trunk to a
# VLAN-aware switch; vm-vlan-bridge.sh does the same with a router that is this switch
# itself. This test runs where the kernel has 8021q: make vm.

. "$(dirname "$0")/../../topo/topo-8021q.sh"
need dhclient udhcpc dnsmasq dhcpd tcpdump bridge

SHAPE=${SHAPE:-topo_trunk}

new_ns probe
nsip probe link add v0 type veth peer name v1
nsip probe link add v0.3 link v0 type vlan id 3 2>/dev/null ||
	skip "this kernel has no 802.1Q sub-interfaces"

$SHAPE
start_dnsmasq srv1 50 59
start_dhcpd srv2 60 69
capture up rtr up0 'udp port 67'
start_relay <<END
[relay]
control = $CTL
log-level = debug
option82 = add
circuit-id = %i vlan %v
[server dhcpd]
address = $SRV2
option82 = none
[interface vlan*]
servers = $SRV1, dhcpd
END
start_dhclient cl10
start_udhcpc cl20
for v in 10 20; do
	net=192.0.2
	[ $v = 10 ] || net=203.0.113
	got=$(lease_of cl$v 20)
	expect "cl$v has a lease in VLAN $v: ${got:-none}" \
		test "${got%.*}" = $net
done

# Only the packets on the wire show what dnsmasq got.
if [ -z "$RELAY" ]; then
	for v in 10 20; do
		expect "the server is told VLAN $v" wait_for 2 eval \
			"tcpdump -r $T/up.pcap -nn -A dst host $SRV1 2>/dev/null |
			grep -q 'vlan$v vlan $v'"
	done
fi
for c in cl10 cl20; do
	for p in $(ip netns pids "$ID-$c"); do
		stop "$p"
	done
	ask $c
	expect "$c: replies from both servers" test "${A[answers]}" = 2
	expect_eq "$c: the router's MAC, good checksums" \
		"${A[smac]} ${A[ipsum]} ${A[udpsum]}" "$TRUNK_MAC ok ok"
	ask $c via=udp flags=0x8000
	expect_eq "$c: broadcast, checksum left to the hardware" \
		"${A[answers]} ${A[dmac]} ${A[udpsum]}" \
		"2 ff:ff:ff:ff:ff:ff ok"
done
