#!/bin/bash
# t6-lease.sh: dhclient -6, dhcpcd and KAME's dhcp6c lease addresses at the same time in two
# VLANs, one of which has Kea as its server and the other dnsmasq. No octet of any message
# changes on its way, in either direction (RFC 9915 19.1, 19.2).

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need kea-dhcp6 dnsmasq dhclient dhcpcd dhcp6c tcpdump

topo_vlans6
for v in 10 20; do
	add_client cl${v}b $v 02
	add_client cl${v}c $v 03
	for c in cl$v cl${v}b cl${v}c; do
		ip6_on $c
	done
done
NETS6=10 start_kea6 srv1 50 59
NETS6=20 start_dnsmasq6 srv2 60 69
capture up rtr up0 'udp port 547'
capture vlan10 rtr vlan10 'udp port 547'
capture vlan20 rtr vlan20 'udp port 547'
start_relay <<END
[relay]
control = $CTL
log-level = debug
[interface vlan10]
servers = $SRV1_6
[interface vlan20]
servers = $SRV2_6
END

for v in 10 20; do
	start_dhclient6 cl$v
	start_dhcpcd6 cl${v}b
	start_dhcp6c cl${v}c
	kame+=("$CLIENT_PID")
done
for v in 10 20; do
	wait_for 10 has_address cl${v}c
	for c in cl$v cl${v}b cl${v}c; do
		got=$(lease_of $c)
		expect "$c has a lease in VLAN $v: ${got:-none}" \
			test "${got%::*}" = 2001:db8:$v
		leased+=("$got")
	done
done
expect_eq "six clients, six addresses" \
	"$(printf '%s\n' "${leased[@]}" | sort -u | grep -c .)" 6

compared()
{
	"$PYTHON" "$HERE/srv/cmp6.py" "$T/up.pcap" $GW10_6="$T/vlan10.pcap" \
		$GW20_6="$T/vlan20.pcap" >"$T/compared"
}

# The captures of the two legs lag differently.
wait_for 2 compared
say "$(cat "$T/compared")"
expect "no octet of any message was changed, and none was lost" \
	grep -q ' 0 faults$' "$T/compared"
expect "SOLICIT, ADVERTISE, REQUEST and REPLY of all six" \
	eval 'read -r asked _ _ told _ <"$T/compared"; [ "$asked" -ge 12 ] && [ "$told" -ge 12 ]'
for p in "${kame[@]}"; do
	stop "$p" KILL
done
