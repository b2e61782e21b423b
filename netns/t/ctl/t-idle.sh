#!/bin/bash
# t-idle.sh: a relay with nothing to do is never woken up, and has few descriptors; yet it
# notices by itself what needs another look: a server that an error took down, and a
# route that comes back.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# How often the relay went to sleep or was put aside, since it began.
switches()
{
	awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$RELAY_PID/status"
}

# unwoken SECONDS: nobody woke it up for so long, within ten times as long: what was
# going on before may have a last word.
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

# Without those that it inherited from us.
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
expect "$n descriptors with one server: under 20" [ "$n" -lt 20 ]

# The lock is no descriptor of its own.
cp "$T/relay.conf" "$T/second.conf"
sed -i "s|^control = .*|control = $T/second.sock|" "$T/second.conf"
expect_not "a second one in this namespace is refused" \
	ns rtr timeout 10 "$PXRELAYD" -f -l stderr -c "$T/second.conf" 2>"$T/second.log"
expect "it says why" grep -q "another pxrelayd" "$T/second.log"

ask cl10
expect_eq "it relays" "${A[answers]}" 1
expect "idle after a conversation" unwoken 2.5
expect_eq "no descriptor was left behind" "$(descriptors)" "$n"

# The server's port is closed: ICMP says so, three times for `down'.
stop "$(pgrep -f "fakeserver.py --knobs $T/srv1.knobs")"
for i in 1 2 3 4; do
	ask cl10 wait=0.2
done
expect "a server that refuses is down" \
	wait_for 5 logged relay "server-down server=$SRV1 .*diag=port-unreachable"
nsip rtr link set up0 down
expect "no way: the kernel's word replaces it" \
	wait_for 5 eval "ctl --json show servers | grep -q link-down"
nsip rtr link set up0 up
fake srv1
ask cl10
expect_eq "it relays again" "${A[answers]}" 1
expect "idle when all is well again" unwoken 2.5
