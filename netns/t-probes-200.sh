#!/bin/bash
# t-probes-200.sh: 200 servers, each asked once a second, cost less than 1 % of a core,
# few descriptors, and no memory that grows; alive, and dead.
#
# alone: it measures time

. "$(dirname "$0")/topo-vlans.sh"
need_pxrelayd

N=200
topo_vlans
# All of them are one machine with many addresses, which answers on each.
add_server many 2
for ((i = 0; i < N; i++)); do
	echo "addr add 198.18.$((i / 100)).$((i % 100 + 1))/32 dev eth0"
done | nsbatch many
nsip rtr route add 198.18.0.0/16 via $UP.2
ns many sysctl -qw net.ipv4.icmp_ratelimit=0
fake many

# A packet that is sent through veth is delivered at once, at the sender's expense:
# the far end's kernel, its bridges and its answer are charged to the relay.  They
# are no part of what probes cost, so what arrives is taken by the second processor, and the
# relay stays on the first.
apart()
{
	local n

	for n in rtr sw many; do
		ns $n sh -c 'for f in /sys/class/net/*/queues/rx-*/rps_cpus; do
			echo 2 >"$f"; done'
	done
	taskset -p 1 "$RELAY_PID" >/dev/null
}

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	END
	for ((i = 0; i < N; i++)); do
		cat <<-END
		[server s$i]
		address = 198.18.$((i / 100)).$((i % 100 + 1))
		probe = $1
		probe-interval = 1s
		probe-timeout = 900ms
		END
	done
	echo "[interface vlan10]"
	echo -n "servers = s0"
	for ((i = 1; i < N; i++)); do
		echo -n ", s$i"
	done
	echo
}

in_state()
{
	[ "$(ctl --json show servers | grep -c "\"health\": \"$1\"")" = $N ]
}

# window: the share of a core in units of 0.01 % during 3 seconds in which nobody else
# asks it anything, and how many questions went out in them
window()
{
	local t0 c0 c1 n

	n=$(relay_counter probes)
	t0=${EPOCHREALTIME/./}
	read -r c0 _ <"/proc/$RELAY_PID/schedstat"
	sleep 3
	read -r c1 _ <"/proc/$RELAY_PID/schedstat"
	SHARE=$(((c1 - c0) * 10 / (${EPOCHREALTIME/./} - t0)))
	ASKED=$(($(relay_counter probes) - n))
}

# cost WHAT: the cheapest of three windows, for other programs of this machine can
# only make it dearer
cost()
{
	local best=999999 i

	for i in 1 2 3; do
		window
		[ $SHARE -ge $best ] || best=$SHARE
		expect "$1: each is asked every second" test "$ASKED" -ge $((N * 27 / 10))
	done
	SHARE=$best
	FDS=$(ls "/proc/$RELAY_PID/fd" | wc -l)
	printf '%-9s %d.%02d %% of a core, %d descriptors\n' "$1" \
		$((SHARE / 100)) $((SHARE % 100)) "$FDS"
}

# The promise is 1 %; the sanitizers cost something.
limit()
{
	local l=100

	! grep -q __asan_init "$PXRELAYD" || l=$((l * 2))
	echo $((l * PXR_SLOW))
}

# A server that has been silent for long is asked less often, so each kind begins anew.
for probe in dhcp icmp tcp:9 tftp:x http:/; do
	conf $probe >"$T/next.conf"
	start_relay "$T/next.conf"
	[ "$(nproc)" = 1 ] || apart
	BASE=$(ls "/proc/$RELAY_PID/fd" | wc -l)
	case $probe in
	dhcp) state=up ;;
	icmp) state=unknown ;;	# an echo says that the host is there
	*) state=down ;;
	esac
	expect "$probe: all are $state" wait_for 15 in_state $state
	cost "$probe"
	expect "$probe: less than $(limit) of 10,000 parts" \
		test $SHARE -lt "$(limit)"
	# TFTP is silent, so there each question holds its socket for 0.9 s.
	expect "$probe: few descriptors" test "$FDS" -le $((BASE + N + 10))
	stop "$RELAY_PID"
done
