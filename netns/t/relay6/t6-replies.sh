#!/bin/bash
# t6-replies.sh: a reply reaches the link that its request came from, and no other (RFC 9915 19.2).
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

# srv1 sends a REPLY that nobody asked for.
sends=(srv1 via=raw src="$SRV1_6" sport=547 dst="$UP6:1" type=reply)

# forged WHAT REASON LINK-ADDRESS PEER-ADDRESS INTERFACE-ID KEY=VALUE...
forged()
{
	local iid=()

	[ "$5" = none ] || iid=(ropt=18:"$5")
	refuses "$1" "$2" "${sends[@]}" repl="0,$3,$4" "${iid[@]}" "${@:6}"
}

# delivered WHAT KNOB...: the client gets an answer that is like that.
delivered()
{
	local what=$1

	shift
	knobs srv1 "$@"
	ask cl10 settle=20 smac=$TWIN
	expect_eq "$what: delivered" "${A[answers]} ${A[dmac]} ${A[src]}" "1 $TWIN $RTR10_LL"
	DELIVERED=$((DELIVERED + 1))
}

reload()
{
	local n

	n=$(relay_counter reloads)
	reload_relay
	wait_for 3 eval "[ \$(relay_counter reloads) -gt $n ]" || die "no reload"
}

topo_vlans6
nsip srv1 addr add $UP6:99/64 dev eth0 nodad
capture vlan10 sw cl10 'udp port 546 and src port 547'
capture vlan20 sw cl20 'udp port 546 and src port 547'
fake srv1 delay=200
quick cl10 cl20 srv1
IID10=$(iid vlan10) IID20=$(iid vlan20)
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

# ---- which link? ----
for a in $GW20_6 $UP6:1 $RTR20_LL ::; do
	forged "Interface-Id of VLAN 10, link-address $a" link-mismatch $a $PEER "$IID10"
done
forged "Interface-Id of VLAN 20, link-address of VLAN 10" link-mismatch $GW10_6 $PEER "$IID20"
for i in 616263 "" "${IID10%??}" "${IID10}00" "${IID10}30" "00$IID10" "$(hexof VLAN10)" \
    "$(hexof up0)" "$(printf 'ff%.0s' {1..1000})"; do
	forged "Interface-Id ${i:0:20}" unknown-interface-id $GW10_6 $PEER "$i"
done
forged "an unknown Interface-Id before ours" unknown-interface-id $GW10_6 $PEER 616263 \
	ropt=18:"$IID10"
for a in 2001:db8:99::1 $UP6:1 $RTR10_LL ff02::1; do
	forged "no Interface-Id, link-address $a" not-our-link $a $PEER none
done
forged "neither Interface-Id nor link-address" ambiguous-link :: $PEER none xid=99

# ---- what is delivered? ----
for r in none twice empty long; do
	forged "Relay Message: $r" bad-options $GW10_6 $PEER "$IID10" r9=$r
done
forged "an option before it that reaches over it" bad-options $GW10_6 $PEER "$IID10" \
	ropt=39/200:61
forged "an option after it that is longer than the rest" bad-options $GW10_6 $PEER "$IID10" \
	r9=first ropt=39/200:61
R=$(printf '0d00%032d%032d' 0 0)
refuses "no option at all" bad-options "${sends[@]}" payload="$R"
refuses "one octet after the header" bad-options "${sends[@]}" payload="${R}00"
for n in 1 2 33; do
	refuses "$n octets of RELAY-REPL" short "${sends[@]}" payload="${R:0:$((2 * n))}"
done
refuses "no octet" short "${sends[@]}" payload=
for t in advertise reply reconfigure solicit request 15 16 17 19 21 37 14 200; do
	refuses "type $t without RELAY-REPL" not-relayed "${sends[@]}" type=$t
done
refuses "RELAY-FORW from a server" loop "${sends[@]}" forw="0,$GW10_6,$PEER" ropt=18:"$IID10"

# ---- to whom? ----
for a in :: ff02::1 ff02::1:2 ::1 ::ffff:192.0.2.9 $RTR10_LL $GW10_6 $GW20_6 $UP6:1 \
    2001:db8:99::9 2001:db8:20::9 $SRV1_6; do
	forged "peer-address $a" bad-peer $GW10_6 $a "$IID10"
done
refuses "peer-address ff02::1, for another relay" bad-peer "${sends[@]}" \
	repl=0,$GW10_6,fe80::9 repl=0,$GW10_6,ff02::1 ropt=18:"$IID10"

# ---- from whom? ----
forged "from an address that is no server" not-server $GW10_6 $PEER "$IID10" src=$UP6:99
forged "from a server's link-local address" not-server $GW10_6 $PEER "$IID10" \
	src=fe80::ff:fe02:10
R=("repl=0,$GW10_6,$PEER" ropt=18:"$IID10" type=reply sport=547)
refuses "by a client link, to the group" reply-from-client cl20 src=2001:db8:20::9 "${R[@]}"
refuses "... from a server's address" reply-from-client cl20 src=$SRV1_6 "${R[@]}"
for a in $GW20_6 $GW10_6 $RTR20_LL $UP6:1; do
	for src in 2001:db8:20::9 fe80::9; do
		refuses "by a client link, to $a, from $src" not-server cl20 src=$src dst=$a \
			dmac=$RTR20_MAC "${R[@]}"
	done
	refuses "by a client link, to $a, in a server's name" client-uplink cl20 src=$SRV1_6 \
		dst=$a dmac=$RTR20_MAC "${R[@]}"
done
refuses "ADVERTISE from a client" reply-from-client cl20 type=advertise
all_refused

# ---- what is delivered all the same ----
srv_forget srv1
delivered "no Interface-Id, our link-address" iid=none
expect_eq "... and counted" "$(relay_counter6 no-interface-id)" 1
delivered "our Interface-Id, a link-address that is nobody's" la=2001:db8:99::1
expect_eq "... and counted" "$(relay_counter6 link-address-gone)" 1
delivered "hop count 77" hop=77
delivered "the message first, then our Interface-Id" r9=first
delivered "our Interface-Id twice" iid=twice
delivered "options that we did not send, and ones that nobody knows" ropt=65535:00 \
	ropt=79:0001ffffffffffff ropt=135:9c40 ropt=148: ropt=53:0004
delivered "from another port of the server" sport=5470
delivered "to another address of ours" to=$GW20_6
wait_for 2 pcap_has vlan10 $DELIVERED
expect_eq "VLAN 10 saw these replies and no other" "$(pcap_settled vlan10)" $DELIVERED
expect_eq "VLAN 20 saw its first one and no other" "$(pcap_count vlan20)" 1

# ---- a link-address that VLANs share, and none ----
add_bridge br30
add_vlan 30
add_client cl30 30
quick cl30
reload <<END
[relay]
control = $CTL
client-rate = off
log-level = debug
[interface vlan10]
servers = $SRV1_6
interface-id = %i
link-address = 2001:db8:77::1
[interface vlan20]
servers = $SRV1_6
interface-id = %i
link-address = 2001:db8:77::1
[interface vlan30]
servers = $SRV1_6
interface-id = %i
link-address = none
END
knobs srv1
for c in cl10 cl20; do
	ask $c settle=20 smac=$TWIN
	expect_eq "$c: by its Interface-Id" "${A[answers]}" 1
done
knobs srv1 iid=none
for c in cl10 cl20; do
	ask $c settle=20 smac=$TWIN
	expect_eq "$c: without Interface-Id, by its address and xid" "${A[answers]}" 1
done
pkt cl10 ask eth0 settle=20 xid=0x99 smac=$TWIN >/dev/null
ask cl20 settle=20 wait=0.3 xid=0x99 smac=$TWIN
# Whoever copies a neighbour's address and xid comes second.
expect_eq "the same xid in both VLANs: the second gets nothing" "${A[answers]}" 0
expect_eq "... and replies go to the first" \
	"$(grep -c '^delivered .* xid=000099 .* interface=vlan10' "$T/relay.log")" 2
forged "nobody has asked" ambiguous-link 2001:db8:77::1 fe80::5 none
knobs srv1 addr=none
wait_for 3 logged relay 'interface-ready interface=vlan30'
ask cl30 settle=20
srv_last srv1
expect_eq "no link-address: :: goes out, and the answer comes by the Interface-Id" \
	"${S[la]} ${S[ropt18]} ${A[answers]}" ":: $(iid vlan30) 1"
forged "an answer for it, with a link-address of others" link-mismatch 2001:db8:77::1 $PEER \
	"$(iid vlan30)"
all_refused

# ---- check-source = off: any host beyond the uplink may answer, and no client ----
reload <<END
[relay]
control = $CTL
client-rate = off
check-source = off
[interface vlan10]
servers = $SRV1_6
interface-id = %i
[interface vlan20]
servers = $SRV1_6
END
knobs srv1 from=$UP6:99
ask cl10 settle=20
expect_eq "check-source = off: from any address" "${A[answers]}" 1
refuses "... but not by a client link" not-server cl20 src=2001:db8:20::9 dst=$GW20_6 \
	dmac=$RTR20_MAC "${R[@]}"
all_refused
