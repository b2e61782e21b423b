#!/bin/bash
# t6-mtu.sh: messages that do not fit. A RELAY-FORW above the MTU leaves in fragments, because
# our headers must not make a client's message undeliverable; a reply above the MTU of the
# client's VLAN is delivered in fragments, too (RFC 8200 5). And a client that does not answer
# neighbour solicitations, like some firmware, gets its reply all the same.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need tcpdump
need_pxrelayd

topo_vlans6
add_client cl10b 10 02
capture up sw srv1 'ip6[6] = 44 or udp port 547'
capture vlan20 sw cl20 ip6
fake srv1
quick cl10b cl20 srv1
start_relay <<END
[relay]
control = $CTL
log-level = debug
[interface vlan10]
servers = $SRV1_6
[interface vlan20]
servers = $SRV1_6
END

ask cl10b size=1432
srv_last srv1
expect_eq "the largest message that fits the VLAN arrives whole" "${S[payload]}" "${A[sent]}"
expect "... in two fragments" wait_for 2 pcap_has up 2 'ip6[6] = 44'
expect_eq "the reply fits and is one packet" "${A[answers]} ${A[packets]}" "1 1"

knobs srv1 size=1432
ask cl10b
expect_eq "a reply of 1,432 octets: one packet" \
	"${A[answers]} ${A[packets]} ${#A[payload]}" "1 1 2864"
nsip rtr link set vlan10 mtu 1280
wait_for 2 logged relay mtu=1280 || :
ask cl10b
expect_eq "over a VLAN with MTU 1280: two" \
	"${A[answers]} ${A[packets]} ${#A[payload]}" "1 2 2864"
expect_eq "... which make one good datagram from us" \
	"${A[src]} ${A[sport]} ${A[dport]} ${A[dst]}" \
	"$RTR10_LL 547 546 fe80::ff:fe00:1002"
knobs srv1 size=3000
ask cl10b
expect_eq "3,000 octets: in fragments from the server, in fragments to the client" \
	"${A[answers]} $((A[packets] > 2)) ${#A[payload]}" "1 1 6000"

nsip rtr link set vlan20 mtu 1280
wait_for 2 logged relay 'vlan20.*mtu=1280' || :
ask cl20
expect_eq "... also to a client without neighbour discovery" \
	"${A[answers]} ${A[packets]} ${#A[payload]} ${A[dmac]}" "1 3 6000 02:00:00:00:20:01"

knobs srv1
ask cl20
expect_eq "a client without neighbour discovery gets its reply" "${A[answers]}" 1
expect_eq "... by a frame to its MAC" "${A[dmac]}" 02:00:00:00:20:01
wait_for 2 pcap_has vlan20 2 udp
expect_eq "and nobody has asked for its address" "$(pcap_count vlan20 'ip6[40] = 135')" 0
