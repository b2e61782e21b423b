#!/bin/bash
# t-fault-links.sh: one interface flaps, a thousand are created and deleted, and thousands of
# addresses come and go. Meanwhile another VLAN loses none of its requests, and afterwards the
# relay knows the true state. FAULT_LONG=N runs N rounds.
#
# set: all
# alone: it makes a thousand interfaces

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	client-rate = off
	[interface vlan*]
	servers = $SRV1
	END
}

flap()
{
	local i k

	for ((i = 0; i < 250; i++)); do
		echo "link set vlan10 down"
		echo "link set vlan10 up"
	done | nsbatch rtr
}

# A hundred exist at a time, each up and with an address.
born_and_gone()
{
	local i k

	for ((i = 0; i < 1000; i += 100)); do
		for ((k = i; k < i + 100; k++)); do
			echo "link add vlan$((1000 + k)) group 77 type bridge"
			echo "link set vlan$((1000 + k)) up"
			echo "addr add 10.$((k / 250)).$((k % 250)).1/24 dev vlan$((1000 + k))"
		done
		echo "link del group 77"	# one by one would take 40 s
	done | nsbatch rtr
}

churn()
{
	local i k

	for ((i = 0; i < 2000; i++)); do
		echo "addr add 10.9.$((i / 250)).$((i % 250 + 1))/32 dev vlan10"
		[ $((i % 4)) != 3 ] || for ((k = i - 3; k <= i; k++)); do
			echo "addr del 10.9.$((k / 250)).$((k % 250 + 1))/32 dev vlan10"
		done
	done | nsbatch rtr
}

asked=0
# hears WHAT: a request of cl10 arrives with giaddr 192.0.2.1.
hears()
{
	ask cl10 wait=0.01
	asked=$((asked + 1))
	wait_for 1 srv_has srv1 1 "${A[asked]#0x}"
	srv_last srv1 "${A[asked]#0x}"
	expect_eq "$1: VLAN 10 is served, with its address" "${S[giaddr]}" $GW10
}

topo_vlans
fake srv1 answer=none
start_relay < <(conf)
fds=$(ls /proc/"$RELAY_PID"/fd | wc -l)
pkt cl20 flood eth0 until="$T/enough" rate=$((200 / PXR_SLOW)) >"$T/flood" &
flood=$!
wait_for 5 srv_has srv1 1
for ((round = 0; round < ${FAULT_LONG:-1}; round++)); do
	for what in flap born_and_gone churn; do
		t0=$EPOCHREALTIME
		expect "$what" $what
		say "$what took $(((${EPOCHREALTIME/./} - ${t0/./}) / 1000)) ms"
		hears "$what"
	done
done
: >"$T/enough"
wait $flood
COUNT=$(sed -n 's/^sent=//p' "$T/flood")
wait_for 5 srv_has srv1 $((COUNT + asked))
declare -A G
load G < <("$PYTHON" "$HERE/srv/pkt.py" gaps "$T/srv1.jsonl")
expect_eq "each of $COUNT requests of VLAN 20 arrived exactly once" \
	"$((G[count] - asked)) $((G[clients] - asked))" "$COUNT $COUNT"
# While the kernel deletes a hundred interfaces, it holds its lock on interfaces, for seconds
# on a busy machine, and every query about interfaces waits.
expect "longest silence: ${G[gap_ms]} ms" test "${G[gap_ms]}" -le $((5000 * PXR_SLOW))
expect_eq "requests that the ring lost" "$(relay_counter ring-lost)" 0
expect_eq "file descriptors" "$(ls /proc/"$RELAY_PID"/fd | wc -l)" "$fds"
expect "it is the same process" alive "$RELAY_PID"
