#!/bin/bash
# t-idle.sh: an idle relay is never woken up and has few file descriptors. It still notices
# by itself when a server that an error took down is back, or when a route is back.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# Prints the number of context switches of the relay since it started.
switches()
{
	awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$RELAY_PID/status"
}

# unwoken SECONDS: nothing woke the relay for that time. Tries ten times, because earlier
# work may still cause a wake-up.
unwoken()
{
	local was is i

	was=$(switches)
	for ((i = 0; i < 10; i++)); do
		sleep "$1"
		is=$(switches)
		[ "$was" = "$is" ] && return 0
		was=$is
	done
	return 1
}

# Prints the number of its descriptors, without those that it inherited from this script.
descriptors()
{
	local f n=0

	for f in "/proc/$RELAY_PID/fd"/*; do
		[ "${f##*/}" -gt 2 ] &&
			[ "$(readlink "$f")" = "$(readlink "/proc/$$/fd/${f##*/}")" ] ||
			n=$((n + 1))
	done
	echo $n
}

topo_vlans
fake srv1
start_relay <<END
[relay]
control = $CTL
log-level = debug
[group dhcp]
servers = $SRV1
mode = failover
[interface vlan*]
dhcp = dhcp
END
expect "idle after the start" unwoken 2.5
n=$(descriptors)
expect "$n descriptors with one server and two client addresses: 23 at most" [ "$n" -le 23 ]

# Only one relay may run in a namespace.
cp "$T/relay.conf" "$T/second.conf"
sed -i "s|^control = .*|control = $T/second.sock|" "$T/second.conf"
expect_not "a second relay in this namespace is refused" \
	ns rtr timeout 10 "$PXRELAYD" -f -l stderr -c "$T/second.conf" 2>"$T/second.log"
expect "it logs why, and who runs" grep -q \
	"another pxrelayd runs in this network namespace: pid $RELAY_PID, uid [0-9]" "$T/second.log"
expect_not "a user without rights cannot take the lock" ns rtr setpriv --reuid 64712 \
	--regid 64712 --clear-groups "$PYTHON" -c '
import socket
s = socket.socket(); s.setsockopt(socket.IPPROTO_IP, 15, 1); s.bind(("127.0.0.1", 67))' 2>/dev/null

ask cl10
expect_eq "it relays" "${A[answers]}" 1
expect "idle after a conversation" unwoken 2.5
expect_eq "no descriptor was left behind" "$(descriptors)" "$n"

# The server's port is closed: three ICMP errors take it down.
stop "$(pgrep -f "fakeserver.py --knobs $T/srv1.knobs")"
for i in 1 2 3 4; do
	ask cl10 wait=0.2
done
expect "a server that refuses is down" \
	wait_for 5 logged relay "server-down server=$SRV1 .*diag=port-unreachable"
nsip rtr link set up0 down
expect "without a route, the diagnosis comes from the kernel" \
	wait_for 5 eval "ctl --json show servers | grep -q link-down"
nsip rtr link set up0 up
fake srv1
ask cl10
expect_eq "it relays again" "${A[answers]}" 1
expect "idle when all is well again" unwoken 2.5
