#!/bin/bash
# t-chain.sh: two relays in a chain. The second keeps giaddr and option 82 of the first and
# counts hops to 2; the server's reply goes to the first, which removes its option. Then
# each is the other's server: a message with a foreign giaddr goes round a few times at most,
# even if each has two routes to the other (ISC dhcrelay made 2,869 packets from one).

. "$(dirname "$0")/../../topo/topo-chain.sh"
need tcpdump

topo_chain
capture link r1 up0 'udp port 67'

# The reply comes from the server itself, which r1 does not know, so check-source must be off
# in a chain.
start_relay -n r1 -N r1 <<END
[relay]
control = $T/r1.sock
check-source = off
log-level = debug
[interface vlan10]
servers = $R2
option82 = add
circuit-id = port %i
END
PID1=$RELAY_PID
start_relay -n r2 -N r2 <<END
[relay]
control = $T/r2.sock
log-level = debug
[interface down0]
servers = $SRV1
option82 = add
circuit-id = second relay
END
PID2=$RELAY_PID
fake srv1 82=middle opt="12:'kept"

ask cl10 "opt=60:'PXEClient" size=300
expect_eq "one reply reaches the client" "${A[answers]}" 1
expect_eq "without option 82, but with all other options" "${A[codes]}" "53 54 51 1 12"
srv_last srv1
expect_eq "the server gets it once" "$(srv_count srv1)" 1
expect_eq "with giaddr of the first relay" "${S[giaddr]}" $GW10
expect_eq "two hops" "${S[hops]}" 2
expect_eq "and only with option 82 of the first relay" "${S[opt82]}" \
	"010b$(printf 'port vlan10' | od -An -tx1 | tr -d ' \n')"


# The loop.  Both relays take requests from the link between them.
loop()
{
	local what=$1 limit=$2 to1=$3 to2=$4 n before

	start_relay -n r1 -N r1 <<-END
	[relay]
	control = $T/r1.sock
	[interface vlan10]
	servers = $to2
	[interface up0]
	servers = $to2
	END
	PID1=$RELAY_PID
	start_relay -n r2 -N r2 <<-END
	[relay]
	control = $T/r2.sock
	[interface down0]
	servers = $to1
	END
	PID2=$RELAY_PID
	before=$(pcap_count link)
	pkt cl10 send eth0 src=192.0.2.66 sport=67 giaddr=10.9.9.9 hops=1 >/dev/null
	wait_for 2 pcap_has link $((before + 1))
	n=$(($(pcap_settled link) - before))
	expect "$what: one message makes $n packets, at most $limit" \
		test "$n" -ge 1 -a "$n" -le "$limit"
	expect "$what: both relays live" alive "$PID1"
	expect "$what: both relays live" alive "$PID2"
	stop "$PID1"
	stop "$PID2"
}

stop "$PID1"
stop "$PID2"
nsip r1 addr add 203.0.113.4/24 dev up0
# max-hops ends the loop at the latest, but with two routes each, max-hops alone would let
# 2^16 packets through. Each interface passes the message once: vlan10 sends 2, down0 4 and
# up0 8.
loop "a loop" 16 $R1 $R2
loop "a loop with two ways" 14 "$R1, 203.0.113.4" "$R2, $R2B"
