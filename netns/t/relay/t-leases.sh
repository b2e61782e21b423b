#!/bin/bash
# t-leases.sh: dhclient, udhcpc and dhcpcd lease addresses at the same time in two VLANs
# from two servers, dnsmasq and ISC dhcpd (t-leases-kea.sh: dhcpd and Kea). A renewal,
# which clients send by unicast, is routed and never relayed (ISC dhcrelay relays it a
# second time).

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need dhclient udhcpc dhcpcd tcpdump

SERVERS=${SERVERS:-dnsmasq dhcpd}

topo_vlans
for v in 10 20; do
	add_client "cl${v}b" $v 02
	add_client "cl${v}c" $v 03
done
# The pools do not overlap, so both servers can always make offers.
set -- $SERVERS
"start_$1" srv1 50 59
"start_$2" srv2 60 69
capture up rtr up0 'udp port 67 or port 68'
capture vlan10 rtr vlan10 'udp port 67'
capture vlan20 rtr vlan20 'udp port 67'
start_relay <<END
[relay]
control = $CTL
log-level = debug
[interface vlan10]
servers = $SRV1, $SRV2
[interface vlan20]
servers = $SRV1, $SRV2
END

for v in 10 20; do
	start_dhclient cl$v
	start_udhcpc cl${v}b
	renewer[v]=$CLIENT_PID
	start_dhcpcd cl${v}c
done
for v in 10 20; do
	net=192.0.2
	[ $v = 10 ] || net=203.0.113
	for c in cl$v cl${v}b cl${v}c; do
		got=$(lease_of $c)
		expect "$c has a lease in VLAN $v: ${got:-none}" \
			test "${got%.*}" = $net
		leased+=("$got")
	done
done
expect_eq "six clients, six addresses" \
	"$(printf '%s\n' "${leased[@]}" | sort -u | grep -c .)" 6
for s in $SRV1 $SRV2; do
	expect "$s replied to all six" \
		wait_for 2 pcap_has up 6 src host $s and src port 67
done

# The renewal is one packet from the client's port 68 to the server; the relay sends nothing
# for this client. A DISCOVER of another client, which the relay relays afterwards, proves
# that everything before it has been seen. On a slow machine the reply may come so late that
# udhcpc has asked again by broadcast; those requests are relayed, to both servers.
only_broadcasts_were_relayed()
{
	[ "$(pcap_count up $relayed)" = \
		$((2 * $(pcap_count vlan$v $broadcast))) ]
}

for v in 10 20; do
	c=cl${v}b
	server=$(cut -d' ' -f2 "$T/$c.lease")
	routed="src port 68 and dst host $server"
	relayed="src host $UP.1 and src port 67 and dst port 67 and
		udp[36:4] = 0x02000000 and udp[40:2] = 0x${v}02"
	routed_n=$(pcap_count up $routed)
	broadcast="dst host 255.255.255.255 and dst port 67 and udp[36:4] = 0x02000000 and
		udp[40:2] = 0x${v}02"
	all_n=$(pcap_count up src port 67 and dst host "$server")
	rm "$T/$c.lease"
	kill -USR1 "${renewer[v]}"
	expect "$c renews with $server" test "$(lease_of $c)"
	pkt cl$v ask eth0 >/dev/null
	wait_for 2 pcap_has up $((all_n + 1)) src port 67 and dst host "$server"
	expect_eq "the server sees the renewal of $c once, routed" \
		"$(pcap_count up $routed)" $((routed_n + 1))
	expect "and not a second time, relayed" \
		wait_for 3 only_broadcasts_were_relayed
done
