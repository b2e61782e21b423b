#!/bin/bash
# t-fault-control.sh: one control client sends commands and never reads, a hundred send
# nothing, and others close in the middle of a word. DHCP clients and the operator are still
# served, and memory and descriptors stay bounded.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
use_plain

memory()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/"$RELAY_PID"/status
}

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
ctl show >/dev/null
before=$(memory)
spawn rtr greedy "$PYTHON" -c '
import select, socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    return s
def shove(s, data):
    try:
        while data and select.select([], [s], [], 0.2)[1]:
            data = data[s.send(data[:4096]):]
    except OSError:
        pass
s = connect()
s.setblocking(False)
shove(s, b"show\n" * 100000)
half = connect()
half.send(b"show coun")
half.close()
crowd = [connect() for _ in range(100)]
for c in crowd[::2]:
    shove(c, b"show clients\n")
print("there", flush=True)
time.sleep(1000)' "$CTL"
pkt cl10 flood eth0 count=2000 rate=1000 >"$T/flood" &
flood=$!
wait_for 10 logged greedy there || die "the greedy client does not start"
ask cl20
expect_eq "a machine is served" "${A[answers]}" 1
t0=${EPOCHREALTIME/./}
expect "the operator is answered" ctl show counters >"$T/counters"
ms=$(((${EPOCHREALTIME/./} - t0) / 1000))
expect "in $ms ms" test "$ms" -le $((1000 * PXR_SLOW))
wait $flood
wait_for 3 eval '[ "$(relay_counter replies-relayed)" -ge 2002 ]'
expect_eq "every machine was served" "$(relay_counter requests-relayed \
	replies-relayed)" 4004
fds=$(ls /proc/"$RELAY_PID"/fd | wc -l)
expect "$fds file descriptors" test "$fds" -le 64
now=$(memory)
expect "$before KB of memory, now $now" test "$now" -le $((before + 8192))
