#!/bin/bash
# t6-types.sh: which messages of clients are relayed, and how: every type that a client sends,
# and types and options that nobody knows, octet for octet (RFC 9915 19.1.1, RFC 7283). A relay
# that has a list of known types breaks the next RFC (sonic-buildimage#10486). What only
# servers, relays or broken hosts send is dropped under its own reason.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

# relays WHAT KEY=VALUE...: the server gets it once, in a RELAY-FORW as it must be.
relays()
{
	local what=$1

	shift
	srv_forget srv1
	load A < <(pkt cl10 send eth0 "$@")
	wait_for 3 srv_has srv1 1
	srv_last srv1
	expect_eq "$what: relayed as it is" "${S[payload]}" "${A[sent]}"
	expect_eq "$what: hop count, link-address, peer-address" \
		"${S[hop]} ${S[la]} ${S[pa]}" "0 $GW10_6 ${PA:-$CL10_LL}"
	expect_eq "$what: Interface-Id and MAC, the message last" \
		"${S[ropt18]} ${S[ropt79]} ${S[rcodes]##* }" \
		"$(iid vlan10) 0001020000001001 9"
	RELAYED=$((RELAYED + 1))
}

# refuses WHAT REASON KEY=VALUE...
refuses()
{
	local what=$1 reason=$2 before

	shift 2
	before=$(relay_drop $reason)
	pkt cl10 send eth0 "$@" >/dev/null
	expect "$what: $reason" wait_for 3 more_drops "$reason" "$before"
}

more_drops()
{
	[ "$(relay_drop $1)" -gt "$2" ]
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
		"${A[answers]} ${A[sport]} ${A[dport]}" "1 547 546"
	expect_eq "$what: as the server sent it" "${A[payload]}" "${R[payload]}"
	RELAYED=$((RELAYED + 1))
}

declare -A R
RELAYED=0
topo_vlans6
add_client cl10b 10 02
ip6_on cl10b
fake srv1 answer=none
quick cl10 srv1
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
for t in solicit request confirm renew rebind release decline information-request 20 38 \
    99 255; do
	relays "type $t" type=$t ia=7
done
relays "type 200 with a senseless body" payload=c8010203ffffffffff
relays "4 octets" payload=01abcdef
PA=2001:db8:10::abcd relays "ADDR-REG-INFORM from a global address (RFC 9686)" \
	src=2001:db8:10::abcd type=36 opt=5:20010db80010000000000000000000ab0000000100000002
relays "from port 40000" sport=40000
relays "hop limit 255" hlim=255
relays "options 148 and 65535, 14 and 20 without a value" opt=148:0102 opt=65535:ff \
	opt=14: opt=20:
relays "no option at all" duid=none
before=$(relay_counter odd-options)
relays "an option that is longer than the rest" opt=39/200:616263
relays "three octets of an option" bytes=000100
expect_eq "these two are counted" "$(relay_counter odd-options)" $((before + 2))
relays "option 9 in a client's message" opt=9:0d000000
relays "1,300 octets" size=1300
relays "17 as Linux sends it: the checksum is left to the hardware" hlim=64

# ---- what is not ----
for t in 2 7 10 13 15 16 17 19 21 37; do
	refuses "type $t from a client" reply-from-client type=$t
done
for t in 14 18 22 35; do
	refuses "type $t from a client" not-for-clients type=$t
done
refuses "RELAY-FORW without trust" untrusted-relay forw=0,::,fe80::9
refuses "3 octets" short payload=01abcd
refuses "no octet" short payload=
for a in :: ff02::9 ::1 ::ffff:192.0.2.1 $RTR10_LL $GW10_6 $GW20_6 $UP6:1; do
	refuses "source $a" bad-source src=$a
done
refuses "unicast to us" unicast-request dst=$GW10_6 dmac=$RTR10_MAC
refuses "unicast to our link-local address" unicast-request dst=$RTR10_LL dmac=$RTR10_MAC
refuses "a wrong checksum" bad-checksum udpsum=bad
refuses "no checksum, which IPv6 forbids (RFC 8200 8.1)" bad-checksum udpsum=0
refuses "UDP length beyond the packet" "bad-udp short" udplen=+50
refuses "UDP length 7" "bad-udp short" udplen=7
refuses "IPv6 length beyond the frame" "bad-ip short" iplen=+50
refuses "fragments" fragment split=64 size=200
refuses "a hop-by-hop header" ext-header ext=0
refuses "a destination options header" ext-header ext=60
relays "after all that, a good SOLICIT" type=solicit

# A group that we have not joined, and a port that is not ours, are nobody's business.
pkt cl10 send eth0 dst=ff05::1:3 >/dev/null
pkt cl10 send eth0 dport=5547 >/dev/null

# ---- replies ----
knobs srv1
answered "ADVERTISE" type=solicit ia=7
answered "ADVERTISE to a client on port 40000" type=solicit sport=40000
answered "REPLY" type=request ia=7 sid=0001
knobs srv1 answer=201
answered "type 201" type=200
knobs srv1 answer=37
answered "ADDR-REG-REPLY to a global address" type=36 src=2001:db8:10::abcd
expect_eq "... sent to that address, from one of ours" "${A[dst]} ${A[src]}" \
	"2001:db8:10::abcd $GW10_6"
knobs srv1 opt=11:000000000000000000000000000000000000 size=1200
answered "Reconfigure Key (option 11) and 1,200 octets"
knobs srv1 payload=07
answered "a reply of one octet"
knobs srv1 payload=ff00000012340099616263
answered "type 255 with damaged options"

# RECONFIGURE comes unasked with xid 0 and must pass on Interface-Id alone (RFC 9915 19.3).
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

expect_eq "requests relayed" "$(relay_counter requests-relayed)" $RELAYED

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
relays "accept-unicast = on" dst=$GW10_6 dmac=$RTR10_MAC
relays "leasequery = on" type=14 opt=44:0120010db8000000000000000000000000
