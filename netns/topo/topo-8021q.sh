# topo-8021q.sh: the networks of topo-vlans.sh over real 802.1Q, in two shapes.
# Needs the modules 8021q and bridge with VLAN filtering (Debian's kernel has
# them; otherwise run it in a virtual machine).
#
# topo_trunk: a VLAN-aware switch and a trunk to the router, which has sub-interfaces.
#
#  ┌───────────┐         sw            trunk           rtr
#  │ cl10 eth0 ├── pvid 10 ╲                  ┌────────────────┐   ┌──────┐
#  └───────────┘          ( br0 )─ 10t, 20t ──┤ trunk0         │   │ srv1 │ .10
#  ┌───────────┐           ╱                  │  ├─ vlan10     ├─( brup )
#  │ cl20 eth0 ├── pvid 20                    │  └─ vlan20     │   │ srv2 │ .11
#  └───────────┘                              └────────────────┘   └──────┘
#
# topo_vlan_bridge: the router is the VLAN-aware switch itself.
#
#  ┌───────────┐                              rtr
#  │ cl10 eth0 ├── p10, pvid 10 ╲
#  └───────────┘                ( br0, vlan_filtering )─┬─ vlan10 (br0, id 10)
#  ┌───────────┐                ╱                       └─ vlan20 (br0, id 20)
#  │ cl20 eth0 ├── p20, pvid 20
#  └───────────┘
#
# Addresses and MACs are those of topo-vlans.sh; the sub-interfaces have the MAC
# of their parent: 02:00:00:01:00:aa.

. "$(dirname "${BASH_SOURCE[0]}")/topo-vlans.sh"

TRUNK_MAC=02:00:00:01:00:aa

# Common to both shapes: the router, the servers behind it, the clients' namespaces.
topo_common()
{
	new_ns sw rtr cl10 cl20
	add_bridge brup
	link_cable rtr up0 sw rtr-up 02:00:00:01:00:01
	nsip sw link set rtr-up master brup up
	nsip rtr link set up0 up
	nsip rtr addr add $UP.1/24 dev up0
	ns rtr sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	add_server srv1 10
	add_server srv2 11
}

# port NAMESPACE PORT BRIDGE VV CLIENT: adds an access port of that VLAN for the client.
port()
{
	link_cable "$5" eth0 "$1" "$2" "02:00:00:00:$4:01"
	nsip "$1" link set "$2" master "$3" up
	ns "$1" bridge vlan del dev "$2" vid 1
	ns "$1" bridge vlan add dev "$2" vid "$4" pvid untagged
	nsip "$5" link set eth0 up
}

# sub_interface PARENT VV ADDRESS
sub_interface()
{
	nsip rtr link add "vlan$2" link "$1" type vlan id "$2"
	nsip rtr link set "vlan$2" up
	nsip rtr addr add "$3" dev "vlan$2"
}

vlan_bridge()
{
	nsip "$1" link add "$2" ${3:+address "$3"} type bridge \
		forward_delay 0 mcast_snooping 0 vlan_filtering 1 ||
		skip "no VLAN-aware bridge in this kernel"
	nsip "$1" link set "$2" up
}

topo_trunk()
{
	local v

	topo_common
	vlan_bridge sw br0
	link_cable rtr trunk0 sw rtr-trunk $TRUNK_MAC
	nsip rtr link set trunk0 up
	nsip sw link set rtr-trunk master br0 up
	for v in 10 20; do
		ns sw bridge vlan add dev rtr-trunk vid $v
		port sw cl$v br0 $v cl$v
	done
	sub_interface trunk0 10 $GW10/25
	sub_interface trunk0 20 $GW20/24
}

topo_vlan_bridge()
{
	local v

	topo_common
	vlan_bridge rtr br0 $TRUNK_MAC
	for v in 10 20; do
		ns rtr bridge vlan add dev br0 vid $v self
		port rtr p$v br0 $v cl$v
	done
	sub_interface br0 10 $GW10/25
	sub_interface br0 20 $GW20/24
}
