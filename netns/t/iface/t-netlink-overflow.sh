#!/bin/bash
# t-netlink-overflow.sh: while the relay is stopped, more changes happen than a netlink
# socket holds. The kernel reports ENOBUFS; the relay reads everything again and knows the
# address that changed meanwhile. In `make check', t-privileges.sh has the same overflow.
#
# set: all
# alone: it holds the lock on interfaces during 16,000 changes of addresses

. "$(dirname "$0")/../../topo/topo-vlans.sh"

topo_vlans
fake srv1
start_relay <<END
[relay]
control = $CTL
[interface vlan*]
servers = $SRV1
END
ask cl10
expect_eq "served" "${A[answers]}" 1

# waited: prints for how many ms the relay had to wait for a processor while other programs
# had it.
waited()
{
	local ns

	read -r _ ns _ <"/proc/$RELAY_PID/schedstat"
	echo $((ns / 1000000))
}

kill -STOP "$RELAY_PID"
for round in add del; do
	for ((i = 2; i < 8000; i++)); do
		echo "addr $round 10.1.$((i / 250)).$((i % 250 + 1))/32 dev vlan20"
	done | nsbatch rtr
done
nsip rtr addr del $GW10/25 dev vlan10
nsip rtr addr add 192.0.2.2/25 dev vlan10
start_probe cl10
WAITED=$(waited)
t0=$EPOCHREALTIME
kill -CONT "$RELAY_PID"
ms=$("$PYTHON" "$HERE/srv/pkt.py" after "$T/srv1.jsonl" "$t0" 3 192.0.2.2)
WAITED=$(($(waited) - WAITED))
expect "relays with the new address after $ms ms, $WAITED of them without a processor" \
	test $((${ms/none/9999} - WAITED)) -le $((250 * PXR_SLOW))
[ -n "$RELAY" ] || expect "it counted the netlink-resyncs" \
	test "$(relay_counter netlink-resyncs)" -ge 1
