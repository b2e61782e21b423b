# topo-vlans6.sh: topo-vlans.sh with IPv6 as well.
#
#   VLAN 10: 2001:db8:10::/64, rtr ::1     uplink: 2001:db8:ffff::/64, rtr ::1
#   VLAN 20: 2001:db8:20::/64, rtr ::1     srv1 ::10, srv2 ::11, default route by rtr
#
# cl10 and cl20 have no IPv6, like firmware that does not answer neighbour solicitations:
# pkt6.py makes and reads their packets. ip6_on NAME gives a machine the kernel's IPv6, which
# real clients need. Link-local addresses are made of the MACs of topo-vlans.sh:
#   fe80::ff:fe00:VVNN  client NN in VLAN VV     fe80::ff:fe01:VV  rtr in VLAN VV

. "$(dirname "${BASH_SOURCE[0]}")/topo-vlans.sh"
. "$HERE/lib/lib6.sh"

UP6=2001:db8:ffff:
SRV1_6=$UP6:10
SRV2_6=$UP6:11
GW10_6=2001:db8:10::1
GW20_6=2001:db8:20::1
CL10_LL=fe80::ff:fe00:1001
RTR10_LL=fe80::ff:fe01:10
RTR20_LL=fe80::ff:fe01:20

topo_vlans6()
{
	local n

	topo_vlans
	for n in rtr srv1 srv2; do
		ip6_on $n
	done
	ns rtr sysctl -qw net.ipv6.conf.all.forwarding=1
	nsbatch rtr <<-END
	addr add $GW10_6/64 dev vlan10 nodad
	addr add $GW20_6/64 dev vlan20 nodad
	addr add $UP6:1/64 dev up0 nodad
	END
	server6 srv1 $SRV1_6
	server6 srv2 $SRV2_6
}

# server6 NAME ADDRESS: gives it that address and the way back.
server6()
{
	nsbatch "$1" <<-END
	addr add $2/64 dev eth0 nodad
	route add default via $UP6:1
	END
}
