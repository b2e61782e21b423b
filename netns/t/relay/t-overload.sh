#!/bin/bash
# t-overload.sh: more requests arrive than the relay can handle. Clients in the middle of an
# exchange are served before new ones, and the packets that are dropped for it are counted.
# The relay is stopped while requests arrive, which has the same effect as being too slow.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# A ring has 1,024 frames.
SOME=800
MANY=1500

topo_vlans
fake srv1
start_relay <<END
[relay]
control = $CTL
[interface vlan*]
servers = $SRV1
END
ask cl10 xid=0x5eed0001
expect_eq "an exchange begins" "${A[answers]}" 1
srv_forget srv1

# flood N: sends requests of N unknown clients.
flood()
{
	pkt cl10 flood eth0 count=$1 rate=20000 >"$T/flood"
	expect "all $1 were sent" grep -q "^sent=$1" "$T/flood"
}

begun()
{
	pkt cl10 send eth0 xid=0x5eed0001 type=request >/dev/null
}

# received N: all N requests are counted, by the relay or as lost by the ring.
received()
{
	[ $(($(relay_counter requests) + $(relay_counter ring-lost))) = "$1" ]
}

# The ring holds all of these.
kill -STOP "$RELAY_PID"
flood $SOME
expect_eq "nothing is relayed yet" "$(srv_count srv1)" 0
kill -CONT "$RELAY_PID"
expect "all are received" wait_for 10 received $((SOME + 1))
expect_eq "nothing was dropped after a pause" "$(relay_drop overload)" 0
expect_eq "nothing was lost" "$(relay_counter ring-lost)" 0
expect_eq "all were relayed" "$(relay_counter requests-relayed)" $((SOME + 1))
srv_forget srv1

# The ring has overflowed.
kill -STOP "$RELAY_PID"
begun
flood 100
begun
flood $MANY
kill -CONT "$RELAY_PID"
expect "all are received or lost" wait_for 10 received $((SOME + MANY + 103))
expect_eq "the ring lost what it had no room for" "$(relay_counter ring-lost)" \
	$((MANY + 102 - 1024))
dropped=$(relay_drop overload)
expect "requests of new clients were dropped: $dropped" [ "$dropped" -ge 400 ]
expect "as few as needed: under 600" [ "$dropped" -le 600 ]
expect_eq "all others were relayed" "$(relay_counter requests-relayed)" \
	$(($(relay_counter requests) - dropped))
expect "the server got both requests of the exchange that had begun" \
	wait_for 5 srv_has srv1 2 5eed0001
ask cl10 chaddr=02:00:00:00:10:77
expect_eq "new ones are relayed again" "${A[answers]}" 1
expect_eq "nothing else was dropped" "$(relay_drop overload)" "$dropped"
