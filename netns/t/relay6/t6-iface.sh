#!/bin/bash
# t6-iface.sh: DHCPv6 follows the kernel, as t-iface-lifecycle.sh proves for DHCPv4. The interface
# does not exist at the start; then it is created, gets addresses, loses them, loses IPv6, goes
# down and up, is renamed, deleted, made again and moved into bridges. A client sends a SOLICIT
# to ff02::1:2 every 10 ms. In each step, a request must reach the server with the right
# link-address within 100 ms after the command has ended, and the relay must be a member of
# ff02::1:2 on the link.
#
# quiet: it measures time
# set: all

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

LL=fe80::10

# member INTERFACE: the kernel has the membership of one socket there.
member()
{
	ns rtr grep -q " $1  *ff020000000000000000000000010002 " /proc/net/igmp6
}

# addr add|del ADDRESS [INTERFACE]
addr()
{
	nsip rtr addr "$1" "$2/64" dev "${3:-vlan10}" nodad
}

# forwards NAMESPACE PORT: the bridge there does, which begins when the kernel gets round to it.
forwards()
{
	wait_for 2 eval "nsip $1 -d link show $2 | grep -q 'state forwarding'"
}

# create: the port with both addresses that DHCPv6 needs.
create()
{
	add_vlan 10 && addr add $LL && addr add $GW10_6 && forwards sw rtr-10
}

recreate()
{
	nsip rtr link del vlan10 && create
}

# rename FROM TO: the interface is down meanwhile, because kernels before 6.2 need that, and
# loses its global addresses.
rename()
{
	nsip rtr link set "$1" down && nsip rtr link set "$1" name "$2" &&
		nsip rtr link set "$2" up && addr add $GW10_6 "$2"
}

# ipv6_off: takes IPv6 off vlan10, with its addresses. ipv6_back: the kernel makes the link-local
# one itself.
ipv6_off()
{
	ns rtr sysctl -qw net.ipv6.conf.vlan10.disable_ipv6=1
}

ipv6_back()
{
	ns rtr sysctl -qw net.ipv6.conf.vlan10.disable_ipv6=0 && addr add $GW10_6
}

# into_bridge NAME: the port becomes a slave, and the address moves.
into_bridge()
{
	nsip rtr link add "$1" type bridge forward_delay 0 mcast_snooping 0 &&
		nsip rtr link set vlan10 master "$1" &&
		nsip rtr link set "$1" up &&
		addr del $GW10_6 && addr add $GW10_6 "$1" && addr add $LL "$1" &&
		forwards rtr vlan10
}

out_of_bridge()
{
	nsip rtr link del "$1" && addr add $GW10_6
}

# joined WHAT [INTERFACE]
joined()
{
	expect "... and the relay is a member" wait_for 1 member "${1:-vlan10}"
}

topo_vlans6
nsip rtr link del vlan10
fake srv1 answer=none
start_relay <<END
[relay]
control = $CTL
[interface vlan10]
servers = $SRV1_6
[interface vlan2*]
servers = $SRV1_6
END
start_probe cl10 every=10

silent "created and up, with a link-local address" eval 'add_vlan 10 && addr add $LL'
joined
step "first address" $GW10_6 addr add $GW10_6
silent "address deleted" addr del $GW10_6
step "and added again" $GW10_6 addr add $GW10_6
silent "the last link-local address deleted" nsip rtr addr flush dev vlan10 scope link
step "and added again" $GW10_6 addr add $LL
silent "IPv6 taken off" ipv6_off
step "and given back" $GW10_6 ipv6_back
joined
silent "too small for IPv6" nsip rtr link set vlan10 mtu 1279
step "and large again" $GW10_6 eval 'nsip rtr link set vlan10 mtu 1500 && addr add $LL &&
	addr add $GW10_6'
joined
silent "down" nsip rtr link set vlan10 down
step "up" $GW10_6 eval 'nsip rtr link set vlan10 up && addr add $GW10_6'
joined
silent "renamed to a name that no pattern matches" rename vlan10 other0
expect_not "... and the relay is no member" member other0
step "renamed to a name that another pattern matches" $GW10_6 rename other0 vlan21
joined vlan21
step "renamed back" $GW10_6 rename vlan21 vlan10
silent "deleted" nsip rtr link del vlan10
step "made again" $GW10_6 create
joined
step "deleted and made again at once" $GW10_6 recreate
joined
step "moved into a bridge that a pattern matches" $GW10_6 into_bridge vlan2br
joined vlan2br
expect_not "... and no longer on the port" member vlan10
step "out of it" $GW10_6 out_of_bridge vlan2br
joined
step "moved into a bridge that inherits from its port" $GW10_6 into_bridge lan
joined lan
step "out of it" $GW10_6 out_of_bridge lan
joined
kill "${PIDS[-1]}"

# --- the first request ------------------------------------------------------------
# None may be lost that is sent when the daemon has said that it serves the link.
knobs srv1
for i in 1 2 3; do
	nsip rtr link del vlan10
	expect_not "gone" member vlan10
	lines=$(grep -c 'interface-ready interface=vlan10' "$T/relay.log")
	create
	wait_for 2 eval '[ "$(grep -c "interface-ready interface=vlan10" "$T/relay.log")" -gt "$lines" ]'
	ask cl10
	expect_eq "made again: the first SOLICIT is answered" "${A[answers]}" 1
done
expect "no join failed so far" eval '! logged relay group-join-failed'

# --- a join that fails --------------------------------------------------------------
if ns rtr sysctl -qw net.core.optmem_max=1 2>/dev/null; then
	nsip rtr link del vlan10
	create
	expect "a join fails for lack of memory" wait_for 2 logged relay group-join-failed
	ns rtr sysctl -qw net.core.optmem_max=20480
	expect "and succeeds in the next second" wait_for 2 member vlan10
fi
expect "the relay is the same process" alive "$RELAY_PID"
