#!/bin/bash
# t-rates.sh: by default 2,000 machines may boot at once, but no single client or interface
# can flood the servers, and other clients and interfaces are served meanwhile.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# good WHAT: a request from a client never seen before is answered.
good()
{
	ask cl10 settle=5 chaddr="02:99:00:$(printf %02x:%02x:%02x \
		$((RANDOM % 256)) $((RANDOM % 256)) $((RANDOM % 256)))"
	expect_eq "$1: another client is answered" "${A[answers]}" 1
}

topo_vlans
fake srv1
start_relay <<END
[relay]
control = $CTL
[interface vlan10]
servers = $SRV1
END
knobs srv1 answer=none
srv_forget srv1
pkt cl10 flood eth0 count=2000 rate=$((2000 / PXR_SLOW)) >/dev/null
expect "a boot storm of 2,000 machines passes" wait_for 5 srv_has srv1 2000
srv_forget srv1
pkt cl10 send eth0 again=600 >/dev/null
expect "a test bench sends 600 from one address" wait_for 5 srv_has srv1 600
expect_eq "... and none is dropped" "$(relay_drop client-rate)" 0
pkt cl10 send eth0 again=2400 >/dev/null
expect "a client that floods is cut off" wait_for 5 dropped client-rate 500
knobs srv1
good "beside it"
stop "$RELAY_PID"
start_relay <<END
[relay]
control = $CTL
interface-rate = 100/s
[interface vlan10]
servers = $SRV1
[interface vlan20]
servers = $SRV1
END
knobs srv1 answer=none
srv_forget srv1
pkt cl10 flood eth0 count=1000 rate=1000 >/dev/null
expect "an interface that floods is cut off" wait_for 2 dropped interface-rate 500
n=$(srv_count srv1)
expect "after some messages, $n of 1000" test "$n" -le 400
knobs srv1
ask cl20 settle=5
expect_eq "the other VLAN is served" "${A[answers]}" 1
