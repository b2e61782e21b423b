#!/bin/bash
# t6-iface.sh: the relay follows the kernel's IPv6. The interface does not exist at the start;
# then it is created, gets addresses, changes them, goes down and up, is renamed, deleted and
# created again. A client sends a SOLICIT every 5 ms. In each step, one must reach the server
# with the right link-address within 100 ms after the command has ended. A link-address is never
# link-local, tentative or temporary, and stays while it is there and preferred.
#
# quiet: it measures time.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

A1=2001:db8:10::5 A2=2001:db8:10::7 B1=2001:db8:11::1 ULA=fd00:db8:10::1

address()
{
	nsip rtr addr "$1" "$2/64" dev vlan10 nodad "${@:3}"
}

delete()
{
	nsip rtr addr del "$1/64" dev vlan10
}

# change FROM TO
change()
{
	delete "$1" && address add "$2"
}

create()
{
	add_vlan 10
}

recreate()
{
	nsip rtr link del vlan10 && add_vlan 10 && address add $A1
}

# up_again: an interface that goes down loses its IPv6 addresses.
up_again()
{
	nsip rtr link set vlan10 up && address add $A1
}

# rename FROM TO: the interface is down meanwhile, because kernels before 6.2 need that.
rename()
{
	nsip rtr link set "$1" down && nsip rtr link set "$1" name "$2" &&
		nsip rtr link set "$2" up && nsip rtr addr add $A1/64 dev "$2" nodad
}

# lose_link_local: without it, no reply can be sent from there.
lose_link_local()
{
	nsip rtr addr del $RTR10_LL/64 dev vlan10
}

# tentative: duplicate address detection takes a second, during which the address is no one's.
tentative()
{
	ns rtr sysctl -qw net.ipv6.conf.vlan10.accept_dad=1 \
		net.ipv6.conf.vlan10.dad_transmits=3 &&
		nsip rtr addr add $A1/64 dev vlan10
}

with_temporary()
{
	ns rtr sysctl -qw net.ipv6.conf.vlan10.use_tempaddr=2 &&
		address add $A1 mngtmpaddr valid_lft 6000 preferred_lft 5000
}

drops_as()
{
	[ "$(relay_drop "$1")" -gt 0 ]
}

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	log-level = debug
	[interface vlan10]
	servers = $SRV1_6
	$1
	[interface vlan2*]
	servers = $SRV1_6
	END
}

topo_vlans6
nsip rtr link del vlan10
fake srv1 answer=none
capture vlan10 sw cl10 'udp port 547'
conf >"$T/conf"
start_relay "$T/conf"
start_probe cl10

silent "created and up, with a link-local address only" create
expect "... dropped as no-link-address" drops_as no-link-address
step "first address" $A1 address add $A1
keeps "a lower address" $A1 address add 2001:db8:10::3
delete 2001:db8:10::3
step "changed address" $A2 change $A1 $A2
keeps "a second address in another subnet" $A2 address add $B1
keeps "a ULA" $A2 address add $ULA
step "the first address deleted, the other global one comes before the ULA" $B1 delete $A2
step "only the ULA left" $ULA delete $B1
step "a global one deleted and added, the ULA gone" $A1 change $ULA $A1
step "deprecated, and a second address comes" $A2 eval \
	'address change $A1 preferred_lft 0 valid_lft 600 && address add $A2'
step "the deprecated one is better than none" $A1 delete $A2
step "preferred again" $A1 address change $A1 preferred_lft forever valid_lft forever
silent "last address deleted" delete $A1
step "one that the kernel makes a temporary one of (RFC 8981)" $A1 with_temporary
expect "... which is there" eval 'nsip rtr -6 addr show dev vlan10 temporary | grep -q inet6'
delete $A1
silent "an address that is tentative" tentative
step "... until it is not" $A1 wait_for 5 eval \
	'! nsip rtr -6 addr show dev vlan10 tentative | grep -q $A1'
ns rtr sysctl -qw net.ipv6.conf.vlan10.accept_dad=0
silent "down" nsip rtr link set vlan10 down
step "up" $A1 up_again
silent "the link-local address deleted" lose_link_local
expect "... dropped as no-link-local" drops_as no-link-local
step "and added again" $A1 nsip rtr addr add $RTR10_LL/64 dev vlan10 nodad
silent "renamed to a name that no pattern matches" rename vlan10 other0
step "renamed to a name that another pattern matches" $A1 rename other0 vlan21
step "renamed back" $A1 rename vlan21 vlan10
silent "deleted" nsip rtr link del vlan10
step "created again under the same name: its group is joined again" $A1 eval \
	'create && address add $A1'
step "deleted and created again at once" $A1 recreate

# ---- link-address = ----
with()
{
	local before

	before=$(relay_counter reloads)
	conf "link-address = $1" | reload_relay
	wait_for 3 eval '[ "$(relay_counter reloads)" -gt "$before" ]'
}

step "link-address = an address that we do not have" 2001:db8:77::1 with 2001:db8:77::1
keeps "it does not depend on what the interface has" 2001:db8:77::1 delete $A1
step "link-address = none" :: with none
keeps "... also with an address" :: address add $A1
step "link-address = primary" $A1 with primary

expect "the relay is the same process" alive "$RELAY_PID"
