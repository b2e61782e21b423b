#!/bin/bash
# t-iface-lifecycle.sh: the relay follows the kernel. The interface does not exist at the
# start; then it is created, gets addresses, changes them, goes down and up, is renamed,
# deleted, recreated and moved into bridges. A client broadcasts every 5 ms. In each step, a
# request must reach the server with the right giaddr within 100 ms after the command has
# ended.
#
# quiet: it measures time.

. "$(dirname "$0")/../../topo/topo-vlans.sh"

# The commands of steps that need more than one.
change_address()
{
	nsip rtr addr del "$1" dev vlan10 && nsip rtr addr add "$2" dev vlan10
}

create()
{
	add_vlan 10
}

recreate()
{
	nsip rtr link del vlan10 && add_vlan 10 &&
		nsip rtr addr add $GW10/25 dev vlan10
}

# rename FROM TO: the interface is down meanwhile, because kernels before 6.2 need that.
rename()
{
	nsip rtr link set "$1" down && nsip rtr link set "$1" name "$2" &&
		nsip rtr link set "$2" up
}

# into_bridge NAME: the port becomes a slave, the address moves.
into_bridge()
{
	nsip rtr link add "$1" type bridge forward_delay 0 mcast_snooping 0 &&
		nsip rtr link set vlan10 master "$1" &&
		nsip rtr link set "$1" up &&
		nsip rtr addr del $GW10/25 dev vlan10 &&
		nsip rtr addr add $GW10/25 dev "$1"
}

out_of_bridge()
{
	nsip rtr link del "$1" && nsip rtr addr add $GW10/25 dev vlan10
}

topo_vlans
nsip rtr link del vlan10
fake srv1 answer=none
capture vlan10 sw cl10 'udp port 67'
start_relay <<END
[relay]
control = $CTL
log-level = debug
[interface vlan10]
servers = $SRV1
[interface vlan2*]
servers = $SRV1
END
start_probe cl10

silent "created and up, without an address" create
step "first address" $GW10 nsip rtr addr add $GW10/25 dev vlan10
step "changed address" 192.0.2.2 change_address $GW10/25 192.0.2.2/25
keeps "a second address in another subnet" 192.0.2.2 \
	nsip rtr addr add 192.0.2.129/25 dev vlan10
step "first address deleted, the second one stays" 192.0.2.129 \
	nsip rtr addr del 192.0.2.2/25 dev vlan10
step "changed again" $GW10 change_address 192.0.2.129/25 $GW10/25
keeps "a second address in the same subnet" $GW10 \
	nsip rtr addr add 192.0.2.3/25 dev vlan10
ns rtr sysctl -qw net.ipv4.conf.vlan10.promote_secondaries=1
step "it is promoted when the first one goes" 192.0.2.3 \
	nsip rtr addr del $GW10/25 dev vlan10
step "changed back" $GW10 change_address 192.0.2.3/25 $GW10/25
silent "last address deleted" nsip rtr addr del $GW10/25 dev vlan10
step "and added again" $GW10 nsip rtr addr add $GW10/25 dev vlan10
silent "down" nsip rtr link set vlan10 down
step "up" $GW10 nsip rtr link set vlan10 up
silent "renamed to a name that no pattern matches" rename vlan10 other0
step "renamed to a name that another pattern matches" $GW10 \
	rename other0 vlan21
step "renamed back" $GW10 rename vlan21 vlan10
silent "deleted" nsip rtr link del vlan10
step "created again under the same name" $GW10 eval \
	'create && nsip rtr addr add $GW10/25 dev vlan10'
step "deleted and created again at once" $GW10 recreate
step "moved into a bridge that a pattern matches" $GW10 into_bridge vlan2br
step "out of it" $GW10 out_of_bridge vlan2br
step "moved into a bridge that inherits from its port" $GW10 into_bridge lan
step "out of it" $GW10 out_of_bridge lan

expect "the relay is the same process" alive "$RELAY_PID"
