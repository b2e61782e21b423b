#!/bin/bash
# t-probes-200.sh: 200 servers, each asked once a second, cost less than 1 % of a core
# and few descriptors; alive, and dead.  And there is no burst when all are due at once.
#
# alone: it measures time

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
use_plain

N=200
topo_vlans
# All of them are one machine with many addresses, which answers from each: an answer from another
# one would be no server's.
add_server many 2
for ((i = 0; i < N; i++)); do
	echo "addr add 198.18.$((i / 100)).$((i % 100 + 1))/32 dev eth0"
done | nsbatch many
nsip rtr route add 198.18.0.0/16 via $UP.2
ns many sysctl -qw net.ipv4.icmp_ratelimit=0
fake many from=asked

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

# The promise is 1 %, and nothing above it passes.  What one machine took 0.82 % for took it 1.05
# and 1.16 on a slower day, with the same code: so much is said as the reason of a skip, and more
# is a failure.
LIMIT=$((100 * PXR_SLOW))
OVER=

# within WHAT
within()
{
	if [ $SHARE -lt $LIMIT ] || [ $SHARE -ge $((LIMIT * 13 / 10)) ]; then
		expect "$1: less than $LIMIT of 10,000 parts" test $SHARE -lt $LIMIT
	else
		OVER="$OVER${OVER:+, }$1 $SHARE"
	fi
}

# cost WHAT: the cheapest of five windows, or of fifteen while none is within the limit, for other
# programs of this machine can only make it dearer; one that has a margin will do
cost()
{
	local best=999999 i

	for i in {1..15}; do
		[ $i -le 5 ] || [ $best -ge $LIMIT ] || break
		window
		[ $SHARE -ge $best ] || best=$SHARE
		expect "$1: each is asked every second" test "$ASKED" -ge $((N * 27 / 10))
		[ $best -ge $((LIMIT * 6 / 10)) ] || break
	done
	SHARE=$best
	FDS=$(ls "/proc/$RELAY_PID/fd" | wc -l)
	printf '%-17s %d.%02d %% of a core, %d descriptors\n' "$1" \
		$((SHARE / 100)) $((SHARE % 100)) "$FDS"
}

# begin PROBE STATE: with a new relay, for a server that has been silent for long is
# asked less often
begin()
{
	conf "$1" >"$T/next.conf"
	start_relay "$T/next.conf"
	[ "$(nproc)" = 1 ] || apart
	BASE=$(ls "/proc/$RELAY_PID/fd" | wc -l)
	expect "$1: all are $2" wait_for 15 in_state "$2"
}

# measure PROBE STATE
measure()
{
	begin "$@"
	cost "$1 $2"
	within "$1, $2"
	# Of some connections whose question is over the sockets are kept.
	expect "$1, $2: few descriptors" test "$FDS" -le $((BASE + 40))
	stop "$RELAY_PID"
}

# The most questions that the server got in any 50 ms.
most()
{
	"$PYTHON" - "$T/many.jsonl" <<-'END'
	import json, sys
	t = [json.loads(line)["t"] for line in open(sys.argv[1])]
	first = most = 0
	for last in range(len(t)):
	    while t[last] - t[first] > 0.05:
	        first += 1
	    most = max(most, last - first + 1)
	print(most)
	END
}

srv_new()
{
	srv_has many "$1"
}

# After a stop all are due, and each step asks no more than its share, 28.  The server may
# hear of two steps at once.
begin dhcp up
kill -STOP "$RELAY_PID"
sleep 1.5
srv_forget many
kill -CONT "$RELAY_PID"
expect "all are asked after a stop" wait_for 5 srv_new $N
MOST=$(most)
expect "... and $MOST in 50 ms at most" test "$MOST" -le 64
stop "$RELAY_PID"

spawn many alive "$PYTHON" "$HERE/srv/alive.py"
ALIVE=$SPAWNED
wait_for 5 logged alive ready || die "no servers"
measure dhcp up
measure icmp unknown		# an echo says that the host is there
measure tcp:80 up
measure http:/ up
measure tftp:x up
stop "$ALIVE"
measure tcp:80 down
measure http:/ down
measure tftp:x down
[ -z "$OVER" ] || [ $FAILS -gt 0 ] ||
	skip "more than the promised $LIMIT of 10,000 parts of this core: $OVER"
