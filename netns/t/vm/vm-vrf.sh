#!/bin/bash
# vm-vrf.sh: VRFs as pxrelay.conf(5) describes them. First clients are in a VRF and servers
# in none, with routes between them; then the servers are in the VRF as well. This test runs
# where the kernel has VRFs: make vm.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

topo_vlans
nsip rtr link add red type vrf table 100 2>/dev/null ||
	skip "this kernel has no VRFs"
nsip rtr link set red up
nsip rtr link set vlan10 master red
fake srv1

# ---- clients in the VRF ----------------------------------------------------

nsip rtr route add 192.0.2.0/25 dev red
nsip rtr route add "$UP.0/24" dev up0 table 100
ns rtr sysctl -qw net.ipv4.udp_l3mdev_accept=1
start_relay <<END
[relay]
control = $CTL
[interface vlan*]
servers = $SRV1
END
ask cl10
expect_eq "a client in the VRF is answered" "${A[answers]}" 1
ask cl20
expect_eq "so is a client outside" "${A[answers]}" 1

# ---- servers in the VRF, too -------------------------------------------------

nsip rtr link set vlan20 master red
nsip rtr link set up0 master red
nsip rtr route replace "$UP.0/24" dev red
expect "the relay knows the path" wait_for 5 eval \
	"! ctl --json show servers | grep -q '\"health\": \"down\"'"
for c in cl10 cl20; do
	ask $c
	expect_eq "servers in the VRF: $c is answered" "${A[answers]}" 1
done
expect_not "no server was refused" logged relay send-error
