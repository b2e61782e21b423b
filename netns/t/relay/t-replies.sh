#!/bin/bash
# t-replies.sh: how a reply is delivered, seen on the client's wire: addresses, ports,
# checksums and every byte (RFC 2131 4.1, RFC 1542 4.1.2, and what boot ROMs want). The
# test tells the server what to reply in each case.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need ethtool

MAC=02:00:00:00:10:01
ALL=ff:ff:ff:ff:ff:ff

# delivered WHAT DMAC DST: checks how the reply in A was delivered.
delivered()
{
	expect_eq "$1: one reply" "${A[answers]}" 1
	expect_eq "$1: to $2" "${A[dmac]}" "$2"
	expect_eq "$1: to $3" "${A[dst]}" "$3"
	expect_eq "$1: from the relay's MAC, giaddr and port 67 to 68" \
		"${A[smac]} ${A[src]} ${A[sport]} ${A[dport]}" \
		"$RTR10_MAC $GW10 67 68"
	expect_eq "$1: checksums" "${A[ipsum]} ${A[udpsum]}" "ok ok"
	expect_eq "$1: TTL, no DF" "${A[ttl]} ${A[df]}" "64 0"
}

# as_sent WHAT: the client got exactly the bytes that the server sent.
as_sent()
{
	srv_last srv1
	expect_eq "$1: every byte" "${A[payload]}" "${S[reply]}"
}

topo_vlans
capture vlan20 sw cl20 'udp port 68'
fake srv1
start_relay <<END
[relay]
control = $CTL
log-level = debug
client-rate = off
[interface vlan10]
servers = $SRV1
[interface vlan20]
servers = $SRV1
END
expect "checksum offload is on in the VLAN, which is the default" \
	eval 'ns rtr ethtool -k vlan10 | grep -q "^tx-checksumming: on"'

ask cl10
delivered "OFFER" $MAC 192.0.2.77
expect_eq "OFFER: giaddr is left in" "${A[giaddr]}" $GW10
as_sent "OFFER of 262 bytes"
expect_eq "the request came from the uplink's address and port 67" \
	"${S[src]} ${S[sport]}" "$UP.1 67"

ask cl10 flags=0x8000
delivered "broadcast flag" $ALL 255.255.255.255

knobs srv1 flags=0
ask cl10 flags=0x8000
delivered "broadcast flag that the server forgot" $ALL 255.255.255.255

knobs srv1 answer=nak
ask cl10 type=request ciaddr=192.0.2.50
delivered "NAK" $ALL 255.255.255.255

knobs srv1 yiaddr=0.0.0.0
ask cl10 type=inform ciaddr=192.0.2.50
delivered "ACK to an INFORM, ciaddr alone" $MAC 192.0.2.50

knobs srv1 yiaddr=0.0.0.0 "opt=60:'PXEClient"
ask cl10 "opt=60:'PXEClient"
delivered "proxy OFFER without any address" $ALL 255.255.255.255
expect_eq "proxy OFFER: options" "${A[codes]}" "53 54 51 1 60"

# The hardware address is not in chaddr; the relay remembers the sender of the request.
knobs srv1
ask cl10 hlen=0 htype=32 chaddr= flags=0
delivered "hlen 0" $MAC 192.0.2.77
ask cl10 hlen=16 chaddr=564d0102030405060708090a0b0c0d0e
delivered "hlen 16, a GUID in chaddr" $MAC 192.0.2.77
ask cl10 hlen=17 wait=0.3
expect_eq "hlen 17 gets no reply" "${A[answers]}" 0
knobs srv1 hlen=17
ask cl10 wait=0.3
expect_eq "hlen 17 in the reply: it is not delivered" "${A[answers]}" 0

for n in 280 292 301 548 1472; do
	knobs srv1 size=$n siaddr=$SRV1 file=boot/x64/wdsnbp.com \
		opt=43:060108 "opt=60:'PXEClient"
	ask cl10
	delivered "reply of $n bytes" $MAC 192.0.2.77
	as_sent "reply of $n bytes"
done

knobs srv1 end=0
ask cl10
delivered "reply without END" $MAC 192.0.2.77
as_sent "reply without END"

knobs srv1
ask cl10 cookie=0 size=300
delivered "BOOTP" $MAC 192.0.2.77
as_sent "BOOTP reply of 236 bytes"

knobs srv1 hops=3 secs=7
ask cl10
delivered "hops and secs" $MAC 192.0.2.77
as_sent "hops and secs"

knobs srv1
ask cl10 via=udp
delivered "request whose checksum the kernel left to the hardware" \
	$MAC 192.0.2.77

expect_eq "nothing of this was seen in the other VLAN" \
	"$(pcap_count vlan20)" 0
expect "the relay is alive" alive "$RELAY_PID"

# A reply that exceeds the MTU of the client's VLAN arrives in fragments, which make one good
# datagram. It may end in a fragment of fewer bytes than a UDP header.
nsip rtr link set vlan10 mtu 800
wait_for 2 logged relay 'vlan10.*mtu=800' || :
knobs srv1 size=773			# plus 28 bytes of headers
ask cl10
delivered "a reply that is a byte too long" $MAC 192.0.2.77
expect_eq "... in two fragments" "${A[packets]} ${#A[payload]}" "2 $((2 * 773))"
as_sent "... in two fragments"
knobs srv1 size=772
ask cl10
expect_eq "a reply that just fits is one packet" \
	"${A[answers]} ${A[packets]} ${#A[payload]}" "1 1 $((2 * 772))"
