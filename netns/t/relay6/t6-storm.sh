#!/bin/bash
# t6-storm.sh: 2,000 machines in two VLANs lease addresses from two Keas in mode failover, while
# the first is frozen and later killed. All get an address of their VLAN, and no two the same.
#
# set: all
# alone: it takes the whole machine

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
. "$HERE/lib/storm-lib.sh"
need_pxrelayd
need kea-dhcp6

CLIENTS=2000
STORM_PY=storm6.py

topo_vlans6
start_kea6 srv1 1000 1fff
FIRST=$SPAWNED
start_kea6 srv2 2000 2fff
new_ns storm
for v in 10 20; do
	link_cable storm eth$v sw storm$v
	nsip sw link set storm$v master br$v up
	nsip storm link set eth$v up
done
start_relay <<END
[relay]
control = $CTL
[group dhcp]
servers = $SRV1_6, $SRV2_6
mode = failover
[interface vlan10]
dhcp = dhcp
[interface vlan20]
dhcp = dhcp
END

start_storm $CLIENTS 20
until_more 400
mark the first is frozen
kill -STOP "$FIRST"
until_more 300
mark it is back
kill -CONT "$FIRST"
until_more 500
mark it is killed
stop "$FIRST" KILL
end_storm $CLIENTS 5
for v in 10 20; do
	expect_eq "all in VLAN $v have one of its addresses" \
		"$(grep -c "^end [0-9]* $v 2001:db8:$v::[12]... " "$STORY")" $((CLIENTS / 2))
done
expect_eq "no two have the same" "$(awk '/^end/ { print $4 }' "$STORY" | sort -u | wc -l)" \
	$CLIENTS
