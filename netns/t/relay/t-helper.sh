#!/bin/bash
# The helper for other UDP ports: a broadcast in VLAN 10 becomes a directed broadcast in
# VLAN 20 (wake-on-LAN) or a unicast to a server (NetBIOS names), with the payload unchanged
# and the TTL one less. Nothing goes back, nothing loops, and no other port is forwarded.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need tcpdump
need_pxrelayd

ME=192.0.2.51
topo_vlans
nsip cl10 addr add $ME/25 dev eth0
nsip cl10 route add default via $GW10
capture one rtr vlan10
capture two rtr vlan20
capture up rtr up0
cat >"$T/relay.conf" <<END
[relay]
control = $CTL
[helper wake-on-lan]
port = 9
from = vlan10
to = vlan*
[helper names]
port = 137, 138
from = vlan10
to = 198.51.100.10
[helper names-replaced]
port = 37
from = vlan10
to = 198.51.100.10
source = replace
[helper picky]
port = 5000
from = vlan10
to = vlan20
allow = 192.0.2.52
[helper slow]
port = 5001
from = vlan10
to = vlan20
rate = 3/60s
END
start_relay "$T/relay.conf"

# cast PORT [TTL [COUNT [TEXT]]]: cl10 broadcasts from source port 4000.
cast()
{
	ns cl10 "$PYTHON" - "$ME" "$@" <<'END'
import socket, sys
me, port = sys.argv[1], int(sys.argv[2])
ttl = int(sys.argv[3]) if len(sys.argv) > 3 else 64
count = int(sys.argv[4]) if len(sys.argv) > 4 else 1
text = sys.argv[5] if len(sys.argv) > 5 else "magic"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
s.bind((me, 4000))
for i in range(count):
    s.sendto(text.encode() * 20, ("255.255.255.255", port))
END
}

# has CAPTURE N FILTER: N packets match.
has()
{
	[ "$(pcap_count "$1" "$3")" = "$2" ]
}

cast 9
expect "wake-on-LAN reaches VLAN 20 as a directed broadcast" wait_for 3 \
	has two 1 "udp dst port 9 and src $ME and dst 203.0.113.255 and ether broadcast"
expect "... one TTL less, the payload unchanged" \
	has two 1 "udp dst port 9 and ip[8] == 63 and udp[4:2] == 108 and udp[8:4] == 0x6d616769"
expect "... with a correct checksum" \
	sh -c "tcpdump -r '$T/two.pcap' -nvv udp dst port 9 2>/dev/null | grep -q 'udp sum ok'"
expect "... and does not go back to VLAN 10" has one 1 "udp dst port 9"

cast 137
expect "NetBIOS names go to the server, from the client itself" wait_for 3 \
	has up 1 "udp dst port 137 and src $ME and src port 4000 and dst 198.51.100.10"
cast 138
expect "the second port of a helper" wait_for 3 has up 1 "udp dst port 138"
cast 37
expect "source = replace: from the router's address" wait_for 3 \
	has up 1 "udp dst port 37 and src $GW10 and dst 198.51.100.10"

cast 5000
expect "a client outside the allow list is refused" wait_for 3 \
	dropped helper-denied 1
cast 5001 64 5
expect "more than the rate is refused" wait_for 3 dropped helper-rate 2
expect "... and the others are forwarded" has two 3 "udp dst port 5001"

cast 9 64 1 ring
cast 9 60 1 ring
expect "a packet that comes back with a lower TTL is a loop" wait_for 3 \
	dropped helper-loop 1
cast 9 1 1 last
expect "a packet with its TTL used up ends here" wait_for 3 dropped helper-loop 2

cast 1234
cast 9
expect "another port is not forwarded" wait_for 3 has two 3 "udp dst port 9"
expect_eq "... anywhere" "$(pcap_count two 'udp dst port 1234')$(pcap_count up 'udp dst port 1234')" 00
