#!/bin/bash
# t6-relays.sh: RELAY-FORW of another relay below us (RFC 9915 19.1.2): link-address and hop
# count, a lightweight relay in a switch (RFC 6221), a relay on a port of its own (RFC 8357),
# RSOO (RFC 6422); what came back to us, what went through too many relays, and what is no
# relay's message is dropped. Peers set a link-address where :: must be, or never one, or drop
# RELAY-FORW as a type that they do not know (sonic-buildimage#10419).

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

FAR=2001:db8:10::beef		# another relay's address on VLAN 10
NEAR=2001:db8:10::cafe		# that of one with the kernel's IPv6
BEYOND=2001:db8:77::1		# that of one behind it
OURS=0003000102000000aaaa	# our Relay-Id
HEAD="hop=4 la=:: pa=$FAR rcodes=18,53,9"
INNER=("forw=3,2001:db8:77::1,fe80::7" ropt=18:696e6e6572 ropt=79:0001020000000077)

# up WHAT FIELDS KEY=VALUE...: from the other relay on VLAN 10.
up()
{
	relays "$1" "$2" cl10 src=$FAR sport=547 "${@:3}"
}

# down WHAT NAMESPACE KEY=VALUE...: the reply comes back to the relay; A has its fields.
down()
{
	srv_forget srv1
	ask "$2" settle=20 xid=$((++XID)) "${@:3}"
	wait_for 3 srv_has srv1 1
	srv_last srv1
	expect_eq "$1: relayed as it is, one reply" "${S[rmsg]:0:80} ${A[answers]}" \
		"${A[sent]:0:80} 1"
	srv_forget srv1
}

# reload: with max-hops6 = $MAX_HOPS.
reload()
{
	local n

	n=$(relay_counter reloads)
	conf | reload_relay
	wait_for 3 eval "[ \$(relay_counter reloads) -gt $n ]" || die "no reload"
}

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	client-rate = off
	log-level = debug
	relay-id = hex:$OURS
	max-hops6 = ${MAX_HOPS:-8}
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
}

XID=0
topo_vlans6
add_client cl10b 10 02
ip6_on cl10b
nsbatch cl10b <<END
addr add $NEAR/64 dev eth0 nodad
addr add $BEYOND/128 dev lo
route add default via $GW10_6
END
nsip rtr route add 2001:db8:77::/64 via $NEAR
fake srv1
quick cl10 cl10b cl20 srv1
IID10=$(iid vlan10)
conf >"$T/conf"
start_relay "$T/conf"

# ---- with its reply ----
down "a relay with a global address" cl10 src=$FAR sport=547 "${INNER[@]}" ia=7
expect_eq "hop count, link-address ::, its address as peer" \
	"${S[hop]} ${S[la]} ${S[pa]}" "4 :: $FAR"
expect_eq "our Interface-Id and Relay-Id; no MAC, which is for the relay at the client" \
	"${S[rcodes]} ${S[ropt18]} ${S[ropt53]}" "18 53 9 $IID10 $OURS"
expect_eq "its reply: by frame to its MAC, from the link-address, port 547" \
	"${A[dmac]} ${A[dst]} ${A[src]} ${A[sport]} ${A[dport]}" \
	"02:00:00:00:10:01 $FAR $GW10_6 547 547"
expect_eq "... the inner RELAY-REPL, for its client" \
	"${A[rtype]} ${A[levels]} ${A[la]} ${A[pa]} ${A[ropt18]} ${A[addr]}" \
	"relay-repl 1 2001:db8:77::1 fe80::7 696e6e6572 2001:db8:77::77"

down "a lightweight relay (RFC 6221)" cl10 sport=547 forw=0,::,$CL10_LL ropt=18:706f7274 ia=7
expect_eq "hop count, our link-address, the client's link-local address" \
	"${S[hop]} ${S[la]} ${S[pa]}" "1 $GW10_6 $CL10_LL"
expect_eq "its reply goes to port 547 of the client's address, from our link-local one" \
	"${A[rtype]} ${A[dmac]} ${A[dst]} ${A[src]} ${A[dport]} ${A[addr]}" \
	"relay-repl 02:00:00:00:10:01 $CL10_LL $RTR10_LL 547 2001:db8:10::77"

for n in 40000 1 65535; do
	down "a relay on port $n (RFC 8357)" cl10 src=$FAR sport=$n port=$n "${INNER[@]}"
	expect_eq "option 135 names its port, and its reply goes there" \
		"${S[ropt135]} ${A[sport]} ${A[dport]}" "$(printf %04x $n) 547 $n"
done
knobs srv1 echo=18
down "a server that does not know option 135: port 547" cl10 src=$FAR sport=40000 "${INNER[@]}"
knobs srv1 echo=18 ropt=135:0000
down "option 135 with port 0: port 547" cl10 src=$FAR sport=40000 "${INNER[@]}"
knobs srv1 echo=18 ropt=135:9c
down "option 135 of one octet: port 547" cl10 src=$FAR sport=40000 "${INNER[@]}"
knobs srv1

down "unicast to us, as relays do it" cl10b via=udp src=$NEAR sport=547 dst=$GW10_6 "${INNER[@]}"
expect_eq "hop count, link-address and peer-address" \
	"${S[hop]} ${S[la]} ${S[pa]}" "4 :: $NEAR"
expect_eq "from the address that it asked" "${A[src]} ${A[dst]}" "$GW10_6 $NEAR"
down "... to an address of another interface" cl10b via=udp src=$NEAR sport=547 dst=$UP6:1 \
	"${INNER[@]}"
expect_eq "from the address that it asked" "${A[src]} ${A[dst]}" "$UP6:1 $NEAR"
down "... to our link-local address" cl10b via=udp src=fe80::ff:fe00:1002 sport=547 \
	dst=$RTR10_LL "${INNER[@]}"
expect_eq "from that address, and with our link-address" "${A[src]} ${S[la]}" \
	"$RTR10_LL $GW10_6"
down "... from port 40000" cl10b via=udp src=$NEAR sport=40000 dst=$GW10_6 port=40000 "${INNER[@]}"
down "a relay more than one hop away" cl10b via=raw src=$BEYOND sport=547 dst=$GW10_6 \
	"${INNER[@]}"
expect_eq "its reply finds the way" "${A[dst]} ${A[dport]} ${A[src]}" "$BEYOND 547 $GW10_6"
down "9,000 octets, in fragments" cl10b via=udp src=$NEAR sport=547 dst=$GW10_6 "${INNER[@]}" \
	size=9000

EIGHT=()
for n in {0..7}; do
	EIGHT+=("forw=$n,2001:db8:77::$n,fe80::7" ropt=18:"0$n")
done
down "eight levels" cl10 src=$FAR sport=547 "${EIGHT[@]}" ia=7
expect_eq "nine go out, hop count 8" "${S[levels]} ${S[hop]}" "9 8"
expect_eq "the reply has eight, each with its Interface-Id" \
	"${A[levels]} ${A[ropt18]} ${A[in.in.in.in.in.in.in.ropt18]}" "8 07 00"

# ---- what is relayed ----
knobs srv1 answer=none
up "two relays below us" "hop=2 la=:: pa=$FAR levels=3" \
	forw=0,2001:db8:77::1,fe80::7 ropt=18:61 forw=1,::,2001:db8:77::1 ropt=18:62
up "hop count 7" "hop=8 la=::" forw=7,2001:db8:77::1,fe80::7
up "option 66 (RSOO) passes" "$HEAD" "${INNER[@]}" ropt=66:003b000161
up "unknown options, one without a value" "$HEAD" "${INNER[@]}" ropt=65535:0102 ropt=148:
up "option 135 of the relay below it" "$HEAD" "${INNER[@]}" ropt=135:9c40
up "the message before the options" "$HEAD" "${INNER[@]}" r9=first
up "a message of an unknown type" "$HEAD type=200" payload=c8010203ff "${INNER[@]}"
up "a damaged client's message" "$HEAD whole=0" opt=39/200:6162 "${INNER[@]}"
up "ADDR-REG-INFORM" "$HEAD type=36" type=36 "${INNER[@]}"
up "peer-address and link-address :: inside" "hop=1" forw=0,::,::
up "a foreign Relay-Id" "$HEAD" "${INNER[@]}" ropt=53:${OURS}00
up "our Interface-Id with a foreign link-address" "$HEAD" \
	forw=3,2001:db8:77::1,fe80::7 ropt=18:"$IID10"
up "our link-address with a foreign Interface-Id" "$HEAD" \
	forw=3,$GW20_6,fe80::7 ropt=18:616263
relays "a relay in another network" "hop=1 la=:: pa=2001:db8:99::9" cl10 src=2001:db8:99::9 \
	sport=547 forw=0,2001:db8:77::1,fe80::7
relays "a client of a trusted link is still one" \
	"hop=0 la=$GW10_6 pa=$CL10_LL ropt79=0001020000001001" cl10 opt=66:003b000161
relays "RSOO of a client, where rsoo = drop: it is its message" "hop=0 la=$GW20_6" cl20 \
	opt=66:003b000161
all_relayed

# ---- what is not ----
for n in 8 9 255; do
	refuses "hop count $n" hops cl10 src=$FAR forw=$n,2001:db8:77::1,fe80::7
done
MANY=()
for n in {1..36}; do
	MANY+=("forw=0,::,fe80::7")
done
refuses "36 levels with hop count 0" hops cl10 src=$FAR "${MANY[@]}"
LOOP=("forw=0,2001:db8:77::1,fe80::7" "ropt=53:$OURS")
TURN=("forw=1,::,2001:db8:77::1" ropt=18:61)
refuses "our Relay-Id" loop cl10 src=$FAR "${LOOP[@]}"
refuses "our Relay-Id two levels below" loop cl10 src=$FAR "${LOOP[@]}" "${TURN[@]}"
refuses "our Relay-Id six levels below, in another VLAN" loop cl20 src=2001:db8:20::9 "${LOOP[@]}" \
	"${TURN[@]}" "${TURN[@]}" "${TURN[@]}" "${TURN[@]}" "${TURN[@]}"
for a in $GW20_6 $GW10_6; do
	refuses "our Interface-Id with our link-address $a" loop cl10 src=$FAR \
		forw=0,$a,fe80::7 ropt=18:"$(iid vlan20)"
	refuses "... two levels below" loop cl10 src=$FAR \
		forw=0,$a,fe80::7 ropt=18:"$(iid vlan20)" "${TURN[@]}"
done
R=0c00$(printf %062d 0)
for n in 1 2 33; do
	refuses "$n octets" short cl10 payload="${R:0:2*n}"
	refuses "a relay with $n octets of another" short cl10 src=$FAR payload="${R:0:2*n}" \
		forw=1,::,fe80::7
done
refuses "a relay with 3 octets of a client" short cl10 src=$FAR payload=01abcd forw=0,::,fe80::7
for r in none twice empty long; do
	refuses "Relay Message: $r" bad-options cl10 src=$FAR forw=0,::,fe80::7 r9=$r
	refuses "... one level below" bad-options cl10 src=$FAR forw=0,::,fe80::7 r9=$r \
		"${TURN[@]}"
done
refuses "an option that reaches over the message" bad-options cl10 src=$FAR forw=0,::,fe80::7 \
	ropt=39/200:61
refuses "options that are longer than the rest" bad-options cl10 src=$FAR forw=0,::,fe80::7 \
	r9=first ropt=39/200:61
for a in $UP6:1 $GW10_6 $GW20_6 $RTR10_LL :: ff02::1 ::1; do
	refuses "a relay at $a" bad-source cl10 src=$a forw=0,::,fe80::7
done
refuses "RELAY-REPL from below" reply-from-client cl10 src=$FAR repl=0,::,fe80::7
refuses "RELAY-REPL from below, by unicast" not-server cl10 src=$FAR dst=$GW10_6 \
	dmac=$RTR10_MAC repl=0,$GW10_6,fe80::7 ropt=18:"$IID10"
refuses "option 66 where rsoo = drop" rsoo cl20 src=2001:db8:20::9 "${INNER[@]}" ropt=66:003b000161
refuses "... of a relay below" rsoo cl20 src=2001:db8:20::9 "${INNER[@]}" ropt=66:003b000161 \
	"${TURN[@]}"
refuses "a relay's message by the uplink" not-client srv1 src=$SRV1_6 forw=0,::,fe80::7
all_refused
up "after all that, a good one" "$HEAD" "${INNER[@]}"
all_relayed

# ---- other limits; a link-address that is not ours ----
MAX_HOPS=3 reload
up "max-hops6 = 3: hop count 2" "hop=3" forw=2,2001:db8:77::1,fe80::7
refuses "hop count 3" hops cl10 src=$FAR forw=3,2001:db8:77::1,fe80::7
all_refused
all_relayed
knobs srv1
MAX_HOPS=32 reload
down "max-hops6 = 32: hop count 31" cl10 src=$FAR sport=547 forw=31,2001:db8:77::1,fe80::7
nsip rtr addr add 2001:db8:10::2/64 dev vlan10 nodad
n=$(relay_counter reloads)
reload_relay <<END
[relay]
control = $CTL
client-rate = off
[interface vlan10]
servers = $SRV1_6
trust = on
link-address = 2001:db8:55::1
END
wait_for 3 eval "[ \$(relay_counter reloads) -gt $n ]" || die "no reload"
down "a link-address of nobody, a relay beyond" cl10b via=raw src=$BEYOND sport=547 \
	dst=2001:db8:10::2 "${INNER[@]}"
expect_eq "the reply comes from the address that it asked" "${A[src]} ${S[la]}" \
	"2001:db8:10::2 ::"
down "a lightweight relay" cl10 sport=547 forw=0,::,$CL10_LL
expect_eq "has the configured link-address" "${S[la]}" 2001:db8:55::1
