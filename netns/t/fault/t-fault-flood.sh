#!/bin/bash
# t-fault-flood.sh: one VLAN is flooded at full speed with DISCOVERs of machines that do not
# exist, and machines of another VLAN still boot. (make bench measures which rates disturb
# them.)
#
# set: all
# alone: it takes the whole machine

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
use_plain

topo_vlans
fake srv1
start_relay <<END
[relay]
control = $CTL
[interface vlan*]
servers = $SRV1
END
seconds=${FAULT_LONG:-5}
ask cl20
before=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/"$RELAY_PID"/status)
knobs srv1 answer=none
spawn cl10 blast nice -n 5 "$PYTHON" "$HERE/srv/pkt.py" blast eth0 wait="$seconds" machines=5000
blast=$SPAWNED
wait_for 5 dropped interface-rate 1000 || die "no flood"
COUNT=$(((seconds - 1) * 50))
pkt cl20 flood eth0 count=$COUNT rate=100 >"$T/flood"
relayed()
{
	ctl --json show interfaces | "$PYTHON" -c '
import json, sys
print(sum(f["relayed"] for f in json.load(sys.stdin)["interfaces"]
          if f["name"] == "vlan20"))'
}
n=$(($(relayed) - 1))
expect "of $COUNT requests of the other VLAN, $n are relayed: at least 95 %" \
	test $((n * 100)) -ge $((COUNT * 95))
wait_for $((seconds + 5)) gone "$blast"
say "the flood: $(cat "$T/blast.log"); ring-lost $(relay_counter ring-lost)"
knobs srv1
ask cl20 wait=3
expect_eq "the next request is answered" "${A[answers]}" 1
ask cl10 wait=3 chaddr=02:00:00:00:10:01
now=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/"$RELAY_PID"/status)
say "resident: $before KB before, $now KB after"
expect "memory stays bounded" test "$now" -le $((before + 20480))
