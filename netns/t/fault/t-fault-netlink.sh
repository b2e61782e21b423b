#!/bin/bash
# t-fault-netlink.sh: the kernel has no memory for netlink requests and says ENOBUFS
# (tests/preload/failnetlink) while routes and addresses change. A failed request takes nothing
# down: clients are served, and once there is memory again, the relay knows the true state.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
use_plain
[ -e "$PRELOAD/failnetlink.so" ] || skip "failnetlink.so is not built (make asan)"

fails()
{
	printf %s "$1" | dd of="$T/fails" conv=notrunc 2>/dev/null
}

health()
{
	ctl --json show servers | grep -q "\"health\": *\"$1\""
}

echo 0 >"$T/fails"
printf '#!/bin/sh\nFAILNETLINK=%s LD_PRELOAD=%s exec %s "$@"\n' "$T/fails" \
	"$PRELOAD/failnetlink.so" "$PXRELAYD" >"$T/pxrelayd"
chmod +x "$T/pxrelayd"
PXRELAYD=$T/pxrelayd

topo_vlans
fake srv1
start_relay <<END
[relay]
control = $CTL
client-rate = off
[interface vlan*]
servers = $SRV1
END
ask cl10
expect_eq "served" "${A[answers]}" 1
expect "the server is up" wait_for 5 health up

fails 1
before=$(wc -l <"$T/relay.log")
nsip rtr route add 100.64.0.0/10 via $SRV2
nsip rtr addr add 203.0.113.2/24 dev vlan20
nsip rtr addr del $GW10/25 dev vlan10
expect "the relay notices that the address is gone" wait_for 5 logged relay \
	"^interface-lost interface=vlan10"
ask cl20 wait=3
expect_eq "the other VLAN is served" "${A[answers]}" 1
expect "the server is still up" health up
expect_eq "and nothing else was logged about it" \
	"$(tail -n +$((before + 1)) "$T/relay.log" | grep -c '^server-')" 0

# A link that goes down takes the route with it. The relay has to find out that it is back.
nsip rtr link set up0 down
expect "the relay notices that the server has no route" wait_for 5 health down
nsip rtr link set up0 up
fails 0
expect "the server is no longer down" wait_for 10 eval '! health down'
ask cl20 wait=3
expect_eq "and gets requests" "${A[answers]}" 1
