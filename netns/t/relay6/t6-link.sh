#!/bin/bash
# t6-link.sh: a reply reaches the link that its request came from, and no other (RFC 9915 19.2).
# Clients of two VLANs that have the same MAC and link-local address each get their own. A
# RELAY-REPL whose Interface-Id and link-address disagree, or that is damaged or forged, is
# dropped under its own reason, and no client sees any of it (opnsense#10623,
# sonic-buildimage#13077, CVE-2024-20446).

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd
need tcpdump

TWIN=02:00:00:00:99:01
PEER=fe80::ff:fe00:9901
DELIVERED=0

# forged WHAT REASON KNOB...: the server answers cl10 like that; it is dropped for that reason.
forged()
{
	local what=$1 reason=$2 before

	shift 2
	before=$(relay_drop "$reason")
	knobs srv1 "$@"
	pkt cl10 send eth0 smac=$TWIN >/dev/null
	expect "$what: $reason" wait_for 3 dropped "$reason" $((before + 1))
}

# delivered WHAT KNOB...: the same, but the client gets it.
delivered()
{
	local what=$1

	shift
	knobs srv1 "$@"
	ask cl10 settle=20 smac=$TWIN
	expect_eq "$what: delivered" "${A[answers]}" 1
	DELIVERED=$((DELIVERED + 1))
}

# pushed WHAT REASON NAMESPACE KEY=VALUE...: a message that nobody asked for.
pushed()
{
	local what=$1 reason=$2 from=$3 before

	shift 3
	before=$(relay_drop "$reason")
	pkt "$from" send eth0 sport=547 xid=9 "$@" >/dev/null
	expect "$what: $reason" wait_for 3 dropped "$reason" $((before + 1))
}

topo_vlans6
nsip srv1 addr add $UP6:99/64 dev eth0 nodad
capture vlan10 sw cl10 'udp port 546 and src port 547'
capture vlan20 sw cl20 'udp port 546 and src port 547'
fake srv1 delay=200
quick cl10 cl20 srv1
start_relay <<END
[relay]
control = $CTL
client-rate = off
log-level = debug
[interface vlan10]
servers = $SRV1_6
interface-id = %i
[interface vlan20]
servers = $SRV1_6
interface-id = %i
END

# Both requests wait at the server at the same time.
pkt cl20 ask eth0 smac=$TWIN xid=0x777 ia=7 >"$T/twin20" &
TWIN_PID=$!
ask cl10 smac=$TWIN xid=0x777 ia=7
wait $TWIN_PID
expect_eq "VLAN 10: one reply, of its own network" "${A[answers]} ${A[addr]}" \
	"1 2001:db8:10::77"
expect_eq "... sent to its MAC and link-local address" \
	"${A[dmac]} ${A[dst]} ${A[smac]} ${A[src]}" "$TWIN $PEER $RTR10_MAC $RTR10_LL"
load A <"$T/twin20"
expect_eq "VLAN 20: the same address, its own reply" "${A[answers]} ${A[addr]}" \
	"1 2001:db8:20::77"
expect_eq "... sent to its MAC and link-local address" \
	"${A[dmac]} ${A[dst]} ${A[smac]} ${A[src]}" "$TWIN $PEER $RTR20_MAC $RTR20_LL"
expect_eq "from port 547 to 546, with a checksum" "${A[sport]} ${A[dport]} ${A[udpsum]}" \
	"547 546 ok"
DELIVERED=1

forged "Interface-Id of VLAN 10, link-address of VLAN 20" link-mismatch la=$GW20_6
forged "Interface-Id of VLAN 20, link-address of VLAN 10" link-mismatch iid="$(iid vlan20)"
forged "Interface-Id of VLAN 10, link-address ::" link-mismatch la=::
forged "an Interface-Id that is not ours" unknown-interface-id iid=616263
forged "an empty Interface-Id" unknown-interface-id iid=
forged "neither Interface-Id nor a link-address of ours" not-our-link iid=none \
	la=2001:db8:99::1
delivered "no Interface-Id, our link-address" iid=none
expect_eq "... and counted" "$(relay_counter no-interface-id)" 1
delivered "our Interface-Id, a link-address that is nobody's" la=2001:db8:99::1
expect_eq "... and counted" "$(relay_counter link-address-gone)" 1
delivered "hop count 77" hop=77

forged "a server's message without RELAY-REPL" not-relayed unwrap=1
forged "RELAY-FORW from a server" loop rtype=12
forged "no Relay Message" bad-options r9=none
forged "two Relay Messages" bad-options r9=twice
forged "an empty Relay Message" bad-options r9=empty
forged "a Relay Message that is longer than the datagram" bad-options r9=long
for peer in :: ff02::1 ff02::1:2 ::1 ::ffff:192.0.2.9 $RTR10_LL $GW10_6 $GW20_6 \
    2001:db8:99::9 2001:db8:20::9; do
	forged "peer-address $peer" bad-peer pa=$peer
done
forged "from an address that is no server" not-server from=$UP6:99

R=(repl=0,$GW10_6,$PEER ropt=18:"$(iid vlan10)" type=reply)
pushed "RELAY-REPL by a client link" "reply-from-client" cl20 src=2001:db8:20::9 "${R[@]}"
pushed "RELAY-REPL by a client link, to our address" "not-server" cl20 \
	src=2001:db8:20::9 dst=$GW20_6 dmac=$RTR20_MAC "${R[@]}"
pushed "... from a server's address" "not-server" cl20 \
	src=$SRV1_6 dst=$GW20_6 dmac=$RTR20_MAC "${R[@]}"
pushed "... to the address that servers answer to" "not-server" cl20 \
	src=$SRV1_6 dst=$UP6:1 dmac=$RTR20_MAC "${R[@]}"
pushed "ADVERTISE from a client" "reply-from-client" cl20 type=advertise
pushed "33 octets of a RELAY-REPL" "short" srv1 via=raw src=$SRV1_6 dst=$UP6:1 \
	payload="0d00$(printf '20%.0s' {1..31})"

delivered "after all that, a good reply"
wait_for 2 pcap_has vlan10 $DELIVERED
expect_eq "VLAN 10 saw these replies and no other" "$(pcap_settled vlan10)" $DELIVERED
expect_eq "VLAN 20 saw its first one and no other" "$(pcap_count vlan20)" 1
