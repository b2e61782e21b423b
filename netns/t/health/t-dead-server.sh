#!/bin/bash
# t-dead-server.sh: two servers on the router's own link do not even answer ARP; a third
# server is alive and gets all 1,600 requests at 200/s. ISC dhcrelay, dnsmasq and dhcp-helper
# deliver 250 of them, because packets that wait for ARP fill their only socket for servers.
#
# quiet: it measures time.

. "$(dirname "$0")/../../topo/topo-vlans.sh"

COUNT=1600

topo_vlans
fake srv1 answer=none
start_relay <<END
[relay]
control = $CTL
[interface vlan10]
servers = $UP.98, $SRV1, $UP.99
END
pkt cl10 flood eth0 count=$COUNT rate=$((200 / PXR_SLOW)) >/dev/null
wait_for 3 srv_has srv1 $COUNT
declare -A G
load G < <("$PYTHON" "$HERE/srv/pkt.py" gaps "$T/srv1.jsonl")
expect_eq "the live server got every request" "${G[clients]}" $COUNT
expect_eq "and got each exactly once" "${G[count]}" $COUNT
expect "longest silence at the live server: ${G[gap_ms]} ms" \
	test "${G[gap_ms]}" -le $((250 * PXR_SLOW))
