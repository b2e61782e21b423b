#!/bin/bash
# t-dhcp6-group.sh: the relay is a member of ff02::1:2 on each client link while a server
# has an IPv6 address. 700 links need no sysctl, a switch that snoops MLD learns of it, and
# a link that is made again is joined again. The sandbox allows all that.

. "$(dirname "$0")/../../topo/topo-vlans.sh"

N=700

# members: prints on how many links of rtr the kernel has the membership.
members()
{
	ns rtr grep -c ff020000000000000000000000010002 /proc/net/igmp6
}

members_are()
{
	[ "$(members)" = "$1" ]
}

# learned PORT: the switch forwards the group to this port.
learned()
{
	ns sw bridge mdb show dev br6 | grep -q "port $1 .*ff02::1:2 "
}

new_ns sw rtr
for n in sw rtr; do
	ns $n sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
done
# What kernels before 6.7 have; before 6.8, namespaces cannot change it.
ns rtr sysctl -qw net.core.optmem_max=20480 2>/dev/null
nsip sw link add br6 type bridge forward_delay 0 mcast_snooping 1
nsip sw link set br6 up

# plug: makes the link "lan" and its port of the switch.
plug()
{
	link_cable rtr lan sw port
	nsip sw link set port master br6 up
	nsip rtr link set lan up
}

plug
nsip rtr link add base type veth peer name base1
for ((i = 0; i < N; i++)); do
	echo "link add link base name c$i type macvlan"
done | nsbatch rtr
conf()
{
	printf '[relay]\ncontrol = %s\n[server s]\naddress = %s\n' "$CTL" "$1"
	printf '[interface c*]\nservers = s\n[interface lan]\nservers = s\n'
}

start_relay < <(conf 198.51.100.10)
expect_eq "no membership without DHCPv6" "$(members)" 0
fds=$(ls /proc/"$RELAY_PID"/fd | wc -l)
reload_relay < <(conf 2001:db8::10)
expect "member on $N links and lan after the reload" wait_for 5 members_are $((N + 1))
expect "$(($(ls /proc/"$RELAY_PID"/fd | wc -l) - fds)) more descriptors" \
	test "$(ls /proc/"$RELAY_PID"/fd | wc -l)" -le $((fds + 10))
expect "a switch that snoops forwards the group to the relay" wait_for 5 learned port

nsip rtr link del lan
expect "the membership goes with the link" wait_for 1 members_are $N
plug
expect "the link that was made again is joined" wait_for 2 members_are $((N + 1))
expect "the switch knows" wait_for 5 learned port
nsip rtr link set lan mtu 1000
nsip rtr link set lan mtu 1500
expect "a link that was too small for IPv6 is joined again" \
	wait_for 1 members_are $((N + 1))
reload_relay < <(conf 198.51.100.10)
expect "none without DHCPv6" wait_for 5 members_are 0
expect_not "no join failed" logged relay group-join-failed
