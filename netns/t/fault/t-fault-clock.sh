#!/bin/bash
# t-fault-clock.sh: the clock is set again and again, by hours in both directions, to 1970
# and to 2106 (tests/preload/wildclock). Rates, hedges, probes and time-outs do not depend
# on it.
#
# set: all
# quiet: it measures time.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
use_plain
[ -e "$PRELOAD/wildclock.so" ] || skip "wildclock.so is not built (make asan)"

date_in_relay()
{
	LD_PRELOAD=$PRELOAD/wildclock.so "$PYTHON" -c '
import time
print(len({int(time.time()) // 1000 for _ in range(4)}))'
}

# exec makes the relay the process that was spawned.
printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$PRELOAD/wildclock.so" \
	"$PXRELAYD" >"$T/pxrelayd"
chmod +x "$T/pxrelayd"
PXRELAYD=$T/pxrelayd
expect_eq "the clock is wild" "$(date_in_relay)" 4

topo_vlans
fake srv1 answer=none
fake srv2
start_relay <<END
[relay]
control = $CTL
client-rate = 10/10s
[server b]
address = $SRV2
probe = icmp
probe-interval = 1s
[group dhcp]
servers = $SRV1, b
mode = failover
hedge = 500ms
[interface vlan10]
servers = dhcp
[interface vlan20]
servers = $SRV2
END
t0=${EPOCHREALTIME/./}
ask cl10 wait=3
ms=$(((${EPOCHREALTIME/./} - t0) / 1000))
expect "the silent server's request is hedged after ${A[answers]} answers in $ms ms" \
	test "${A[answers]}" = 1 -a "$ms" -ge 400 -a "$ms" -le $((2000 * PXR_SLOW))
n=$(relay_counter probes)
sleep 2
n=$(($(relay_counter probes) - n))
expect "$n probes in two seconds, one a second" test "$n" -ge 1 -a "$n" -le 4
pkt cl20 flood eth0 count=40 rate=20 chaddr=02:00:00:00:20:01 >/dev/null
pkt cl20 send eth0 again=40 >/dev/null
expect "one client: the rate is unchanged" wait_for 2 dropped client-rate 25
expect "and not lower" test "$(relay_drop client-rate)" -le 32
expect "server b is up" eval 'ctl --json show servers | grep -q "\"health\": *\"up\""'
