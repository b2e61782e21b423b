# topo-vlans.sh: two client VLANs, one router, one server network.
#
#   clients                    the router              servers
#  ┌───────────┐                                         ┌────────────┐
#  │ cl10 eth0 ├──┐            ┌────────────────┐     ┌──┤ eth0 srv1  │ .10
#  └───────────┘  ├──( br10 )──┤ vlan10         │     │  └────────────┘
#  ┌───────────┐  │            │                │     │  ┌────────────┐
#  │ more eth0 ├──┘            │      rtr       │     ├──┤ eth0 srv2  │ .11
#  └───────────┘               │                │     │  └────────────┘
#  ┌───────────┐               │            up0 ├─( brup )
#  │ cl20 eth0 ├─────( br20 )──┤ vlan20         │     │  ┌────────────┐
#  └───────────┘               └────────────────┘     └──┤ eth0 boot1 │ .21, ..
#                                                        └────────────┘
#   VLAN 10: 192.0.2.0/25,   rtr .1     uplink: 198.51.100.0/24, rtr .1
#   VLAN 20: 203.0.113.0/24, rtr .1     servers' default route: 198.51.100.1
#
# sw is one namespace with three bridges (br10, br20, brup); the router forwards.
# The router's ports are veth interfaces that are only named like VLAN sub-interfaces;
# vm-vlan-trunk.sh has real ones. MAC addresses identify the machines:
#   02:00:00:00:VV:NN  client NN in VLAN VV     02:00:00:01:00:VV  rtr in VLAN VV
#   02:00:00:02:00:HH  server .HH               02:00:00:01:00:01  rtr's up0

. "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"

UP=198.51.100
SRV1=$UP.10
SRV2=$UP.11
BOOT1=$UP.21
BOOT2=$UP.22
GW10=192.0.2.1
GW20=203.0.113.1
RTR10_MAC=02:00:00:01:00:10
RTR20_MAC=02:00:00:01:00:20

# topo_vlans: builds the topology above, with one client in each VLAN, srv1 and srv2.
topo_vlans()
{
	new_ns sw rtr
	add_bridge brup
	link_cable rtr up0 sw rtr-up 02:00:00:01:00:01
	nsbatch sw <<-END
	link set rtr-up master brup up
	END
	nsbatch rtr <<-END
	link set up0 up
	addr add $UP.1/24 dev up0
	END
	ns rtr sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	add_bridge br10
	add_bridge br20
	add_vlan 10
	add_vlan 20
	nsip rtr addr add $GW10/25 dev vlan10
	nsip rtr addr add $GW20/24 dev vlan20
	add_client cl10 10
	add_client cl20 20
	add_server srv1 10
	add_server srv2 11
}

add_bridge()
{
	nsip sw link add "$1" type bridge forward_delay 0 mcast_snooping 0
	nsip sw link set "$1" up
}

# add_vlan VV: adds the router's port in that VLAN, up but without an address.
add_vlan()
{
	link_cable rtr "vlan$1" sw "rtr-$1" "02:00:00:01:00:$1"
	nsip sw link set "rtr-$1" master "br$1" up
	nsip rtr link set "vlan$1" up
}

# add_client NAME VV [NN]: adds a machine to that VLAN, without an address.
add_client()
{
	new_ns "$1"
	link_cable "$1" eth0 sw "$1" "02:00:00:00:$2:${3:-01}"
	nsip sw link set "$1" master "br$2" up
	nsip "$1" link set eth0 up
}

# add_server NAME HH: adds the server machine 198.51.100.HH behind the uplink.
add_server()
{
	new_ns "$1"
	link_cable "$1" eth0 sw "$1" "02:00:00:02:00:$2"
	nsip sw link set "$1" master brup up
	nsbatch "$1" <<-END
	link set eth0 up
	addr add $UP.$2/24 dev eth0
	route add default via $UP.1
	END
}
