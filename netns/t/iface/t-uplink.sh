#!/bin/bash
# t-uplink.sh: the route to the servers changes: the uplink has no address when the relay
# starts, gets another address, goes down, is deleted and made again, and the next hop
# changes. Also, a server's port is closed for a while: the kernel reports that when the next
# request is sent, which must not be lost.
#
# quiet: it measures time.

. "$(dirname "$0")/../../topo/topo-vlans.sh"

change_uplink()
{
	nsip rtr addr del "$1/24" dev up0 && nsip rtr addr add "$2/24" dev up0
}

recreate_uplink()
{
	nsip rtr link del up0
	link_cable rtr up0 sw rtr-up 02:00:00:01:00:01 &&
		nsip sw link set rtr-up master brup up &&
		nsip rtr link set up0 up &&
		nsip rtr addr add $UP.1/24 dev up0
}

source_is()
{
	srv_last srv1
	expect_eq "$1: from the new address" "${S[src]}" "$2"
}

topo_vlans
fake srv1 answer=none
nsip rtr addr del $UP.1/24 dev up0
start_relay <<END
[relay]
control = $CTL
client-rate = off
log-level = debug
[interface vlan10]
servers = $SRV1, $SRV2
END
start_probe cl10
step "an uplink address, after the start" $GW10 nsip rtr addr add $UP.1/24 dev up0
step "another uplink address" $GW10 change_uplink $UP.1 $UP.2
srv_forget srv1
wait_for 2 srv_has srv1 1
source_is "another uplink address" $UP.2
step "changed back" $GW10 change_uplink $UP.2 $UP.1
silent "uplink down" nsip rtr link set up0 down
step "uplink up" $GW10 nsip rtr link set up0 up
step "uplink deleted and made again" $GW10 recreate_uplink
# The server's network is now behind another router, which looks the same to rtr.
nsip rtr addr add 203.0.113.129/32 dev up0
step "the route has another source address" $GW10 nsip rtr route change \
	$UP.0/24 dev up0 src 203.0.113.129
stop "$SPAWNED"

# The operator may choose the address, which need not be here yet (source =).
set_source()
{
	srv_forget srv1
	reload_relay <<-END
	[relay]
	control = $CTL
	client-rate = off
	source = $1
	[interface vlan10]
	servers = $SRV1, $SRV2
	END
}

asked_from()
{
	pkt cl10 send eth0 >/dev/null
	srv_has srv1 1 "\"$1\""
}

no_route()
{
	query show servers | grep -q '"no-route"'
}

set_source vlan20
expect "source = vlan20" wait_for 3 asked_from $GW20
set_source 198.18.0.1
expect "source = an address that this host does not have: down" wait_for 3 no_route
nsip rtr addr add 198.18.0.1/32 dev vlan10
expect "... until it has it" wait_for 3 asked_from 198.18.0.1
set_source auto
expect "source = auto" wait_for 3 asked_from 203.0.113.129

# srv2 has nothing on port 67: ICMP port unreachable for every request.
srv_forget srv1
for ((i = 0; i < 20; i++)); do
	pkt cl10 send eth0 >/dev/null
done
expect "although a port is closed, all 20 requests arrive" \
	wait_for 2 srv_has srv1 20
fake srv2 answer=none
for ((i = 1; i <= 3; i++)); do
	pkt cl10 send eth0 >/dev/null
	expect "when the port opens, request $i arrives" \
		wait_for 1 srv_has srv2 $i
done
