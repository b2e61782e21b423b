#!/bin/bash
# t-fault-servers.sh: a server sends a thousand replies to each request. Machines on the other
# VLAN, which use another server, are not disturbed, and every reply is accounted for.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

topo_vlans
fake srv1 replies=1000
fake srv2
start_relay <<END
[relay]
control = $CTL
client-rate = off
[interface vlan10]
servers = $SRV1
[interface vlan20]
servers = $SRV2
END
pkt cl10 flood eth0 count=20 rate=100 >/dev/null &
answered=0
for ((i = 0; i < 20; i++)); do
	ask cl20 settle=1
	answered=$((answered + (A[answers] == 1)))
done
expect_eq "machines of the other VLAN that get exactly one reply" $answered 20
all()
{
	[ "$(relay_counter replies socket-lost)" -ge 20020 ]
}
expect "20,020 replies were received, or the socket was full" wait_for 10 all
lost=$(relay_counter socket-lost)
expect "every reply received is relayed or dropped for a reason" account
ask cl20
expect_eq "and the next request is answered" "${A[answers]}" 1
say "the socket lost at most $lost"
