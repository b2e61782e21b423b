#!/bin/bash
# t6-700-links.sh: 700 client links, with the limit of 20,480 octets on socket options that
# older kernels have, which is reached with 365 memberships on one socket. Each link hears its
# clients' SOLICIT. Links that are added later are served, too.
#
# set: all
# alone: it makes 700 interfaces

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

N=700

# plug FROM TO: makes veth pairs, vlanNNNN in rtr and eNNNN in many.
plug()
{
	local i

	for ((i = $1; i <= $2; i++)); do
		echo "link add vlan$((1000 + i)) type veth peer name" \
			"e$((1000 + i)) netns $ID-many"
		echo "link set vlan$((1000 + i)) up"
		printf 'addr add 2001:db8:a:%x::1/64 dev vlan%d nodad\n' $i $((1000 + i))
	done | nsbatch rtr
	for ((i = $1; i <= $2; i++)); do
		echo "link set e$((1000 + i)) up"
	done | nsbatch many
}

heard()
{
	declare -A G

	load G < <(pkt srv1 count "$T/srv1.jsonl")
	[ "${G[links]}" = "$1" ]
}

# each_once FROM TO: a client on each of these links sends a SOLICIT, until all are heard:
# packets to 700 links at once may overflow something on the way.
each_once()
{
	local want=$3

	# shellcheck disable=SC2046 # the names of the interfaces are words
	pkt many each type=solicit $(seq -f e%.0f $((1000 + $1)) $((1000 + $2))) >/dev/null
	wait_for 5 heard "$want"
}

topo_vlans6
was=$(cat /proc/sys/net/core/optmem_max)
new_ns many
plug 0 $((N - 1))
fake srv1 answer=none
quick srv1
ns rtr sysctl -qw net.core.optmem_max=20480 2>/dev/null ||
	say "this kernel has one limit for all namespaces; it stays at $was"
start_relay <<END
[relay]
control = $CTL
[interface vlan*]
servers = $SRV1_6
END
expect "a SOLICIT is relayed from each of $N links" \
	wait_for 10 each_once 0 $((N - 1)) $N
fds=$(ls /proc/"$RELAY_PID"/fd | wc -l)
expect "$fds file descriptors" test "$fds" -lt 40
plug $N $((N + 9))
expect "and from ten that are added later" \
	wait_for 10 each_once $N $((N + 9)) $((N + 10))
say "resident: $(sed -n 's/^VmRSS:[^0-9]*//p' /proc/"$RELAY_PID"/status)"
