#!/bin/bash
# vm-netem.sh: machines boot over real 802.1Q sub-interfaces. First the path to the servers
# loses every tenth packet in each direction and takes 200 ms, and a boot server dies
# meanwhile. Then the path is good, but VLAN interfaces and the trunk below them go down and
# come up, and one is deleted and created again. All machines boot. This test runs where the
# kernel has 8021q and netem: make vm.

. "$(dirname "$0")/../../topo/topo-8021q.sh"
. "$HERE/lib/storm-lib.sh"
need_pxrelayd
need bridge tc

BOOTS=120
RATE_SECONDS=30

new_ns probe
nsip probe link add v0 type veth peer name v1
nsip probe link add v0.3 link v0 type vlan id 3 2>/dev/null ||
	skip "this kernel has no 802.1Q sub-interfaces"
ns probe tc qdisc add dev v0 root netem delay 1ms 2>/dev/null ||
	skip "this kernel has no netem"

# wire_storm VV: makes the port of the storm in that VLAN.
wire_storm()
{
	link_cable storm "eth$1" sw "storm$1"
	nsip sw link set "storm$1" master br0 up
	ns sw bridge vlan del dev "storm$1" vid 1
	ns sw bridge vlan add dev "storm$1" vid "$1" pvid untagged
	nsip storm link set "eth$1" up
}

topo_trunk
storm_servers
new_ns storm
wire_storm 10
wire_storm 20
storm_conf >"$T/storm.conf"
start_relay "$T/storm.conf"

ns rtr tc qdisc add dev up0 root netem delay 200ms loss 10%
ns sw tc qdisc add dev rtr-up root netem loss 10%
start_storm $BOOTS $RATE_SECONDS
until_more $((BOOTS / 2))
mark one boot server is killed
stop "${STORM_PID[$(in_charge)]}" KILL 2>/dev/null
end_storm $BOOTS 20 2
lost=$(ns rtr tc -s qdisc show dev up0 | grep -o 'dropped [0-9]*')
expect "the path to the servers lost packets ($lost)" \
	test "${lost#dropped }" -ge 10
ns rtr tc qdisc del dev up0 root
ns sw tc qdisc del dev rtr-up root

# flap LINK: takes it down until two more machines have been switched on.
flap()
{
	mark "$1 is down"
	nsip rtr link set "$1" down
	until_more 2
	nsip rtr link set "$1" up
	mark "$1 is up"
	until_more 10
}

start_storm $BOOTS $RATE_SECONDS
until_more 10
flap vlan10
flap vlan20
flap trunk0
flap vlan10
mark vlan10 is deleted
nsip rtr link del vlan10
until_more 2
sub_interface trunk0 10 $GW10/25
mark vlan10 is made again
until_more 10
flap vlan10
end_storm $BOOTS 20 2
retried=$(awk '/^end/ && ($7 > 1 || $8 > 1)' "$STORY" | wc -l)
expect "some machines booted while an interface was down" test "$retried" -ge 1
