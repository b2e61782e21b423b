#!/bin/bash
# t-1000-vlans.sh: a thousand VLANs. The relay is ready in less than a second (the first
# request on the last interface reaches the server), has as few file descriptors as with
# one, and serves interfaces that are added later.
#
# alone: it makes a thousand interfaces

. "$(dirname "$0")/../../topo/topo-vlans.sh"

N=1000

# The networks are /25 parts of 198.18.0.0/15. Arguments: number of the network, host.
address()
{
	echo "198.$((18 + $1 / 512)).$(($1 / 2 % 256)).$(($1 % 2 * 128 + $2))"
}

# plug FROM TO: makes veth pairs, vlanNNNN in rtr and eNNNN in many.
plug()
{
	local i

	for ((i = $1; i <= $2; i++)); do
		echo "link add vlan$((1000 + i)) type veth peer name" \
			"e$((1000 + i)) netns $ID-many"
		echo "link set vlan$((1000 + i)) up"
		echo "addr add $(address $i 1)/25 dev vlan$((1000 + i))"
	done | nsbatch rtr
}

topo_vlans
new_ns many
plug 0 $((N - 1))
LAST=$((1000 + N - 1))
nsip many link set e$LAST up
fake srv1 answer=none
spawn many probe "$PYTHON" "$HERE/srv/pkt.py" probe e$LAST every=5
wait_for 5 logged probe probing || die "no probes"

cat >"$T/relay.conf" <<END
[relay]
control = $CTL
[interface vlan*]
servers = $SRV1
END
t0=$EPOCHREALTIME
start_relay -r "$T/relay.conf"
ms=$("$PYTHON" "$HERE/srv/pkt.py" after "$T/srv1.jsonl" "$t0" 10 \
	"$(address $((N - 1)) 1)")
expect "first request on the last of $N interfaces: relayed $ms ms after the start" \
	test "$ms" != none -a "${ms/none/9999}" -lt $((1000 * PXR_SLOW))
fds=$(ls /proc/"$RELAY_PID"/fd | wc -l)
expect "$fds file descriptors" test "$fds" -lt 32

plug $N $N
nsip many link set e$((1000 + N)) up
spawn many probe2 "$PYTHON" "$HERE/srv/pkt.py" probe e$((1000 + N)) every=5
ms=$("$PYTHON" "$HERE/srv/pkt.py" after "$T/srv1.jsonl" "$EPOCHREALTIME" 3 \
	"$(address $N 1)")
expect "an interface that is added later is served after $ms ms" test "$ms" != none
expect_eq "it needs no more file descriptors" \
	"$(ls /proc/"$RELAY_PID"/fd | wc -l)" "$fds"
say "resident: $(sed -n 's/^VmRSS:[^0-9]*//p' /proc/"$RELAY_PID"/status)"
