#!/bin/bash
# t-overload.sh: more requests than the relay can carry.  Those who have begun go
# before those who have not, and what is dropped for that is counted.  The relay is
# stopped while requests come, which is what being too slow looks like.

. "$(dirname "$0")/topo-vlans.sh"
need_pxrelayd

# More than half of the ring's 1,024 frames.
FLOOD=800

topo_vlans
fake srv1
start_relay <<END
[relay]
control = $CTL
[interface vlan*]
servers = $SRV1
END
ask cl10 xid=0x5eed0001
expect_eq "a conversation begins" "${A[answers]}" 1
srv_forget srv1

kill -STOP "$RELAY_PID"
pkt cl10 send eth0 xid=0x5eed0001 type=request >/dev/null
pkt cl10 flood eth0 count=$FLOOD rate=20000 >"$T/flood"
pkt cl10 send eth0 xid=0x5eed0001 type=request >/dev/null
expect "all were sent" grep -q "^sent=$FLOOD" "$T/flood"
expect_eq "nothing is relayed yet" "$(srv_count srv1)" 0
kill -CONT "$RELAY_PID"

received()
{
	[ "$(relay_counter requests)" = $((FLOOD + 3)) ]
}
expect "all are received" wait_for 10 received
dropped=$(relay_drop overload)
expect "new ones were dropped: $dropped" [ "$dropped" -ge 200 ]
expect "as few as needed: under 400" [ "$dropped" -le 400 ]
expect_eq "all others were relayed" "$(relay_counter requests-relayed)" \
	$((FLOOD + 3 - dropped))
expect "the server got both requests of who had begun" \
	wait_for 5 srv_has srv1 2 5eed0001
ask cl10 chaddr=02:00:00:00:10:77
expect_eq "new ones are welcome again" "${A[answers]}" 1
expect_eq "nobody else was dropped" "$(relay_drop overload)" "$dropped"
