#!/bin/bash
# t6-types.sh: which messages of clients are relayed, and how: every type that a client sends,
# and types and options that nobody knows, octet for octet (RFC 9915 19.1.1, RFC 7283). A relay
# that has a list of known types breaks the next RFC (sonic-buildimage#10486). What only
# servers, relays or broken hosts send is dropped under its own reason.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

# up WHAT KEY=VALUE...: the server gets it in a RELAY-FORW as it must be.
up()
{
	relays "$1" "hop=0 la=$GW10_6 pa=${PA:-$CL10_LL} ropt18=$IID10 ropt135=none \
		ropt79=${MAC:-0001020000001001} rcodes=${CODES:-18,53,79,9}" "$FROM" "${@:2}"
}

# answered WHAT KEY=VALUE...: the client gets the server's reply as it was sent.
answered()
{
	local what=$1

	shift
	ask cl10 settle=20 match=any "$@"
	wait_for 2 eval "srv_last srv1; [ -n \"\${S[reply]}\" ]"
	load R < <(pkt srv1 show "{\"hex\": \"${S[reply]}\"}")
	expect_eq "$what: one reply, to port 546 from 547" \
		"${A[answers]} ${A[sport]} ${A[dport]} ${A[hlim]}" "1 547 546 64"
	expect_eq "$what: as the server sent it" "${A[payload]}" "${R[payload]}"
}

declare -A R
FROM=cl10
IID10=$(iid vlan10)
topo_vlans6
add_client cl10b 10 02
ip6_on cl10b
nsbatch cl10b <<END
addr add 2001:db8:10::b/64 dev eth0 nodad
route add default via $GW10_6
END
fake srv1 answer=none
quick cl10 cl10b srv1
start_relay <<END
[relay]
control = $CTL
client-rate = off
log-level = debug
[interface vlan10]
servers = $SRV1_6
interface-id = %i
END

# ---- what is relayed ----
for t in solicit request confirm renew rebind release decline information-request 0 20 38 \
    99 201 255; do
	up "type $t" type=$t ia=7
done
up "type 200 with a senseless body" payload=c8010203ffffffffff
up "4 octets" payload=01abcdef
up "4 octets, all ones" payload=ffffffff
up "the largest message of the link" size=1452
PA=2001:db8:10::abcd up "ADDR-REG-INFORM from a global address (RFC 9686)" \
	src=2001:db8:10::abcd type=36 opt=5:20010db80010000000000000000000ab0000000100000002
PA=2001:db8:99::5 up "from an address of another network" src=2001:db8:99::5
PA=fd00::5 up "from a unique local address" src=fd00::5
PA=$RTR20_LL up "from the link-local address that we have in another VLAN" src=$RTR20_LL
for p in 0 547 40000; do
	up "from port $p" sport=$p
done
for n in 0 255; do
	up "hop limit $n" hlim=$n
done
up "in a frame to us alone, as access points send it" dmac=$RTR10_MAC
up "with padding after the packet" trailer=30
up "options 148 and 65535, 14 and 20 without a value" opt=148:0102 opt=65535:ff \
	opt=14: opt=20:
up "no option at all" duid=none
up "option 9 in a client's message" opt=9:0d000000
up "option 18 in a client's message" opt=18:"$(iid vlan20)"
up "an option that is longer than the rest" opt=39/200:616263
up "... by 65,534 octets" opt=65535/65535:61
up "three octets of an option" bytes=000100
up "one octet too many" bytes=00
all_relayed
expect_eq "odd options are counted" "$(relay_counter6 odd-options)" 5
pkt cl10 send eth0 again=3 xid=5 >/dev/null
expect "three retries are relayed" wait_for 3 srv_has srv1 3
srv_forget srv1

# ---- what is not ----
for t in 02 07 0a 0d 0f 10 11 13 15 25; do
	for m in ${t}abcdef00010002aaaa ${t} ${t}ab ${t}abcd ${t}abcdef ${t}abcdef0001 \
	    ${t}abcdef0001ffff; do
		pkt cl10 send eth0 payload=$m >/dev/null
	done
	will_refuse "type 0x$t of a server, whole and damaged" reply-from-client 7
done
refuses "34 octets of RELAY-REPL" reply-from-client cl10 \
	payload="0d00$(printf '20%.0s' {1..32})"
refuses "a whole RELAY-REPL" reply-from-client cl10 repl=0,$GW10_6,fe80::9 \
	ropt=18:"$(iid vlan10)"
for t in 14 18 {22..35}; do
	refuses "type $t from a client" not-for-clients cl10 type=$t
done
refuses "RELAY-FORW without trust" untrusted-relay cl10 forw=0,::,fe80::9
refuses "RELAY-FORW without trust, damaged" untrusted-relay cl10 forw=0,::,fe80::9 r9=long
for m in "" 01 01ab 01abcd; do
	refuses "less than a header: $m" short cl10 payload=$m
done
for a in :: ff02::9 ff02::1:2 ::1 ::ffff:192.0.2.1 $RTR10_LL $GW10_6 $GW20_6 $UP6:1; do
	refuses "source $a" bad-source cl10 src=$a
done
# VLAN 20 is no client interface: its address is for other DHCP programs.
for a in $GW10_6 $RTR10_LL $UP6:1; do
	refuses "unicast to us at $a" unicast-request cl10 dst=$a dmac=$RTR10_MAC
done
refuses "no octet, by unicast" short cl10 dst=$GW10_6 dmac=$RTR10_MAC payload=
refuses "a wrong checksum" bad-checksum cl10 udpsum=bad
refuses "no checksum, which IPv6 forbids (RFC 8200 8.1)" bad-checksum cl10 udpsum=0
refuses "UDP length beyond the packet" bad-udp cl10 udplen=+50
refuses "UDP length 7" bad-udp cl10 udplen=7
refuses "UDP length 0" bad-udp cl10 udplen=0
refuses "IPv6 length beyond the frame" short cl10 iplen=+50
refuses "an IPv6 length that cuts the datagram" bad-udp cl10 iplen=-4
refuses "an IPv6 length that leaves no UDP header" short cl10 iplen=5
refuses "fragments" fragment=4 cl10 split=64 size=200
refuses "the second fragment alone" fragment=2 cl10 split=1448 size=1452
refuses "an atomic fragment (RFC 6946)" fragment cl10 split=1448
for n in 0 43 60; do
	refuses "an extension header $n" ext-header cl10 ext=$n
done
refuses "a message by the uplink" not-client srv1 src=fe80::9
refuses "port 4011, EDK2's boot server discovery" no-boot-server cl10 dport=4011 type=request
# A group that we have not joined, a port that is not ours, IPv4 in an IPv6 frame and a message
# to a server's own address (EDK2 honours option 12) are none of our business.
for m in dst=ff05::1:3 dst=ff02::1 dport=5547 ipver=4; do
	pkt cl10 send eth0 $m >/dev/null
done
all_refused
expect_eq "port 4011 is counted apart" "$(relay_counter6 4011-requests)" 1
pkt cl10b send eth0 via=udp src=2001:db8:10::b dst=$SRV1_6 type=renew xid=7 hlim=64 >/dev/null
wait_for 3 srv_has srv1 1
srv_last srv1
expect_eq "a RENEW to the server itself passes untouched, and it is the only packet" \
	"${S[levels]} ${S[type]} ${S[src]} ${S[hlim]} $(srv_count srv1)" \
	"0 renew 2001:db8:10::b 63 1"
srv_forget srv1
up "after all that, a good SOLICIT" type=solicit
all_relayed

# ---- replies ----
knobs srv1
answered "ADVERTISE" type=solicit ia=7
expect_eq "... by a frame to the client" "${A[dmac]} ${A[dst]} ${A[smac]} ${A[src]}" \
	"02:00:00:00:10:01 $CL10_LL $RTR10_MAC $RTR10_LL"
answered "ADVERTISE to a client on port 40000" type=solicit sport=40000
answered "REPLY" type=request ia=7 sid=0001
for t in 201 0 1 255; do
	knobs srv1 answer=$t
	answered "type $t" type=200
done
knobs srv1 answer=37
answered "ADDR-REG-REPLY to a global address" type=36 src=2001:db8:10::abcd
expect_eq "... sent to that address, from one of ours" "${A[dst]} ${A[src]}" \
	"2001:db8:10::abcd $GW10_6"
knobs srv1 opt=11:000000000000000000000000000000000000 opt=23:20010db8001000000000000000000053 \
	size=1200
answered "Reconfigure Key (option 11), DNS (23) and 1,200 octets"
for m in 07 07ab 07abcd ff00000012340099616263 0cabcdef; do
	knobs srv1 payload=$m
	answered "a reply of these octets: $m"
done
knobs srv1 replies=2
ask cl10 ia=7
expect_eq "a reply that is sent twice" "${A[answers]}" 2

# RECONFIGURE comes unasked with xid 0 and must pass on Interface-Id alone (RFC 9915 19.3).
# IOS on ASR920 has no Reconfigure through the relay.
spawn cl10b listening "$PYTHON" "$HERE/srv/pkt6.py" listen eth0 wait=5
wait_for 5 logged listening listening
load A < <(pkt srv1 send eth0 via=raw src=$SRV1_6 dst=$UP6:1 sport=547 type=reconfigure \
	xid=0 sid=00030001aa opt=19:05 opt=11:030000000000000000$(printf 'ab%.0s' {1..19}) \
	repl=0,$GW10_6,fe80::ff:fe00:1002 ropt=18:"$(iid vlan10)")
wait_for 5 gone "$SPAWNED"
load R <"$T/listening.log"
expect_eq "RECONFIGURE without a conversation: delivered" "${R[answers]} ${R[type]}" \
	"1 reconfigure"
expect_eq "... with its option 11 intact" "${#R[opt11]}" 56
expect_eq "... to the client" "${R[dmac]} ${R[dst]} ${R[dport]}" \
	"02:00:00:00:10:02 fe80::ff:fe00:1002 546"

# ---- what keys allow ----
reload_relay <<END
[relay]
control = $CTL
client-rate = off
log-level = debug
[interface vlan10]
servers = $SRV1_6
interface-id = %i
accept-unicast = on
leasequery = on
END
wait_for 3 logged relay reload
knobs srv1 answer=none
srv_forget srv1
up "leasequery = on" type=14 opt=44:0120010db8000000000000000000000000
for a in $GW10_6 $RTR10_LL $UP6:1; do
	MAC=none CODES=18,53,9 up "accept-unicast = on, to $a" dst=$a dmac=$RTR10_MAC
done
FROM=cl10b MAC=none CODES=18,53,9 PA=2001:db8:10::b up "15,000 octets in fragments to us" via=udp \
	src=2001:db8:10::b dst=$GW10_6 size=15000
refuses "RELAY-FORW by unicast" untrusted-relay cl10 dst=$GW10_6 dmac=$RTR10_MAC \
	forw=0,::,fe80::9
refuses "more than the relay can read" truncated cl10b via=udp src=2001:db8:10::b \
	dst=$GW10_6 size=20000
refuses "ADVERTISE by unicast" not-server cl10 type=advertise dst=$GW10_6 dmac=$RTR10_MAC
all_refused
all_relayed
