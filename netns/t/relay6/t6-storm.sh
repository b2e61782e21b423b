#!/bin/bash
# t6-storm.sh: 2,000 DHCPv6 clients on four VLANs want a lease within seconds, while one of their
# two servers is killed and comes back, and later the other one freezes. All get a lease of
# their own VLAN, and every message of theirs is counted.
#
# VLANs 10 and 20 have the servers in mode failover, 30 and 40 in mode balance. A server
# answers nothing that names the other one (RFC 9915 16): whoever has its ADVERTISE when it
# fails goes on when it is back.
#
# set: all
# alone: it takes the whole machine

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
. "$HERE/lib/storm-lib.sh"
need_pxrelayd

STORM_PY=storm6.py
STORM_VLANS="10 20 30 40"
DHCP_KNOBS=strict=1
CLIENTS=2000
STORM_SECONDS=14

topo_vlans6
for v in 30 40; do
	add_bridge br$v
	add_vlan $v
	nsip rtr addr add 2001:db8:$v::1/64 dev vlan$v nodad
done
plug_storm
dhcp_fake srv1
dhcp_fake srv2
start_relay <<END
[relay]
control = $CTL
[group failover]
servers = $SRV1_6, $SRV2_6
mode = failover
[group balance]
servers = $SRV1_6, $SRV2_6
mode = balance
[interface vlan10]
dhcp = failover
[interface vlan20]
dhcp = failover
[interface vlan*]
dhcp = balance
END

start_storm $CLIENTS $STORM_SECONDS
until_more 300
fault killed srv1
until_more 300
fault frozen srv2
end_storm $CLIENTS 5
for s in 'killed srv1' 'frozen srv2'; do
	expect "clients had to wait for the server that was ${s/ /: }" kept_waiting $s
done
expect_eq "no address of another VLAN" "$(awk '
	/^end/ && $9 == "ok" && $4 != "2001:db8:" $3 "::77"' "$STORY" | wc -l)" 0
sent=$(awk '/^end/ { n += $7 + $8 } END { print n }' "$STORY")
expect_eq "each of the $sent messages is counted" \
	"$(relay_counter6 requests ring-lost)" "$sent"
say "dropped: $(ctl show drops | grep -v ' 0$' | tr -s ' \n' ' ')"
