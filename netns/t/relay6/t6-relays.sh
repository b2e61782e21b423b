#!/bin/bash
# t6-relays.sh: RELAY-FORW of another relay below us (RFC 9915 19.1.2): link-address and hop
# count, a lightweight relay in a switch (RFC 6221), a relay on a port of its own (RFC 8357),
# RSOO (RFC 6422); what came back to us, what went through too many relays, and what is no
# relay's message is dropped. Peers set a link-address where :: must be, or never one.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

SOURCE=2001:db8:10::beef	# another relay's address
SOURCE2=2001:db8:10::cafe	# that of one with the kernel's IPv6
MAC=02:00:00:00:10:01

# relays WHAT KEY=VALUE...: the server gets it once; S has its fields.
relays()
{
	local what=$1

	shift
	srv_forget srv1
	ask ${CLIENT:-cl10} settle=10 wait=0.5 xid=$((++XID)) "$@"
	wait_for 3 srv_has srv1 1
	srv_last srv1
	expect_eq "$what: the message of the relay as it is" "${S[rmsg]}" "${A[sent]}"
}

more_drops()
{
	[ "$(relay_drop $1)" -gt "$2" ]
}

refuses()
{
	local what=$1 reason=$2 before

	shift 2
	before=$(relay_drop $reason)
	pkt ${FROM:-cl10} send eth0 "$@" >/dev/null
	expect "$what: $reason" wait_for 3 more_drops "$reason" "$before"
}

XID=0
topo_vlans6
add_client cl10b 10 02
ip6_on cl10b
nsip cl10b addr add $SOURCE2/64 dev eth0 nodad
fake srv1
quick cl10 cl10b cl20 srv1
start_relay <<END
[relay]
control = $CTL
client-rate = off
log-level = debug
relay-id = hex:0003000102000000aaaa
[interface vlan10]
servers = $SRV1_6
interface-id = %i
trust = on
[interface vlan20]
servers = $SRV1_6
interface-id = %i
trust = on
rsoo = drop
END

# The inner relay is not one that this one knows, and its link is not here either.
INNER=(forw=3,2001:db8:77::1,fe80::7 ropt=18:696e6e6572 ropt=79:0001020000000077)
relays "a relay with a global address" src=$SOURCE sport=547 "${INNER[@]}" ia=7
expect_eq "hop count, link-address ::, its address as peer" \
	"${S[hop]} ${S[la]} ${S[pa]}" "4 :: $SOURCE"
expect_eq "our Interface-Id, and no MAC: that is for the relay at the client (RFC 6939 5)" \
	"${S[ropt18]} ${S[ropt79]:-none}" "$(iid vlan10) none"
expect_eq "our Relay-Id" "${S[ropt53]}" 0003000102000000aaaa
expect_eq "no option 135, since its port is 547" "${S[ropt135]:-none}" none
expect_eq "its reply: one, by frame to its MAC, port 547" \
	"${A[answers]} ${A[dmac]} ${A[dst]} ${A[sport]} ${A[dport]}" \
	"1 $MAC $SOURCE 547 547"
expect_eq "... the inner RELAY-REPL, for its client" \
	"${A[rtype]} ${A[levels]} ${A[la]} ${A[pa]} ${A[ropt18]} ${A[addr]}" \
	"relay-repl 1 2001:db8:77::1 fe80::7 696e6e6572 2001:db8:77::77"

relays "a lightweight relay (RFC 6221)" sport=547 forw=0,::,$CL10_LL ropt=18:706f7274 ia=7
expect_eq "hop count, our link-address, the client's link-local address" \
	"${S[hop]} ${S[la]} ${S[pa]}" "1 $GW10_6 $CL10_LL"
expect_eq "its reply goes to port 547 of the client's address" \
	"${A[answers]} ${A[rtype]} ${A[dmac]} ${A[dst]} ${A[dport]}" \
	"1 relay-repl $MAC $CL10_LL 547"
expect_eq "with a lease of our subnet" "${A[addr]}" 2001:db8:10::77

relays "a relay on port 40000 (RFC 8357)" src=$SOURCE sport=40000 port=40000 "${INNER[@]}"
expect_eq "option 135 names its port, and its reply goes there" \
	"${S[ropt135]} ${A[answers]} ${A[dport]}" "9c40 1 40000"
CLIENT=cl10b relays "unicast to us, as relays do it" via=udp src=$SOURCE2 sport=547 \
	dst=$GW10_6 "${INNER[@]}"
expect_eq "hop count, link-address and peer-address" \
	"${S[hop]} ${S[la]} ${S[pa]}" "4 :: $SOURCE2"
expect_eq "and its reply comes" "${A[answers]}" 1

relays "two relays below us" src=$SOURCE sport=547 \
	forw=0,2001:db8:77::1,fe80::7 ropt=18:61 forw=1,::,2001:db8:77::1 ropt=18:62 ia=7
expect_eq "three levels, hop count 2" "${S[levels]} ${S[hop]}" "3 2"
expect_eq "the reply has two" "${A[levels]} ${A[addr]}" "2 2001:db8:77::77"
relays "hop count 7" src=$SOURCE sport=547 forw=7,2001:db8:77::1,fe80::7
expect_eq "is sent with 8" "${S[hop]}" 8
relays "option 66 (RSOO) passes" src=$SOURCE sport=547 forw=0,2001:db8:77::1,fe80::7 \
	ropt=66:003b000161
relays "a message of an unknown type inside" src=$SOURCE sport=547 payload=c8010203ff \
	forw=0,2001:db8:77::1,fe80::7
knobs srv1 answer=none
relays "a damaged client's message inside" src=$SOURCE sport=547 opt=39/200:6162 \
	forw=0,2001:db8:77::1,fe80::7

refuses "hop count 8" hops src=$SOURCE forw=8,2001:db8:77::1,fe80::7
refuses "hop count 255" hops src=$SOURCE forw=255,2001:db8:77::1,fe80::7
refuses "our Relay-Id" loop src=$SOURCE forw=0,2001:db8:77::1,fe80::7 \
	ropt=53:0003000102000000aaaa
refuses "our Relay-Id two levels below" loop src=$SOURCE forw=0,2001:db8:77::1,fe80::7 \
	ropt=53:0003000102000000aaaa forw=1,::,2001:db8:77::1
refuses "our Interface-Id with our link-address" loop src=$SOURCE \
	forw=0,$GW20_6,fe80::7 ropt=18:"$(iid vlan20)"
refuses "33 octets" short payload="0c00$(printf '20%.0s' {1..31})"
refuses "no Relay Message" bad-options src=$SOURCE forw=0,::,fe80::7 r9=none
refuses "two Relay Messages" bad-options src=$SOURCE forw=0,::,fe80::7 r9=twice
refuses "an empty one" "bad-options short" src=$SOURCE forw=0,::,fe80::7 r9=empty
refuses "one that is longer than the datagram" bad-options src=$SOURCE \
	forw=0,::,fe80::7 r9=long
refuses "a relay with one of our addresses" bad-source src=$UP6:1 forw=0,::,fe80::7
refuses "RELAY-REPL from below" reply-from-client src=$SOURCE repl=0,::,fe80::7
FROM=cl20 refuses "option 66 where rsoo = drop" rsoo src=2001:db8:20::beef \
	forw=0,2001:db8:77::1,fe80::7 ropt=66:003b000161
relays "after all that, a good one" src=$SOURCE sport=547 "${INNER[@]}"
