#!/bin/bash
# t-hostile.sh: everything that clients, rogue servers and broken machines send is either
# dropped and counted, or relayed correctly. The relay survives, the next good packet passes,
# and no byte of one packet ever appears in another.
#
# long: it sends a hundred bad packets one by one

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# A broken packet may be wrong in several ways; any of these words will do.
BROKEN="short bad-ip bad-udp bad-checksum fragment truncated"

counted()
{
	[ "$(relay_drop $1)" -gt "$2" ]
}

# good WHAT: a request from a client never seen before is answered.
good()
{
	local mac

	printf -v mac 02:99:00:%02x:%02x:%02x $((RANDOM % 256)) $((RANDOM % 256)) \
		$((RANDOM % 256))
	ask cl10 settle=5 chaddr="$mac"
	expect_eq "$1: the next good packet passes" "${A[answers]}" 1
}

# refused WHAT DROPS KEY=VALUE...: cl10 sends this packet. No server gets it, and one of the
# drops is counted.
refused()
{
	local what=$1 words=$2 before n

	shift 2
	before=$(relay_drop $words)
	n=$(srv_count srv1)
	pkt cl10 send eth0 "$@" >/dev/null
	expect "$what: dropped ($words)" wait_for 2 counted "$words" "$before"
	expect_eq "$what: not relayed" "$(srv_count srv1)" "$n"
	good "$what"
}

# ignored WHAT KEY=VALUE...: the same, but the relay need not count a drop.
ignored()
{
	local what=$1 n

	shift
	n=$(srv_count srv1)
	pkt cl10 send eth0 "$@" >/dev/null
	good "$what"
	expect_eq "$what: not relayed" "$(srv_count srv1)" $((n + 1))
}

# passes WHAT KEY=VALUE...: one request arrives, with only hops, giaddr and padding changed.
passes()
{
	local what=$1

	shift
	srv_forget srv1
	ask cl10 wait=0.3 settle=5 "$@"
	wait_for 1 srv_has srv1 1
	srv_last srv1
	expect_eq "$what: relayed byte for byte" "${S[payload]}" \
		"$("$PYTHON" "$HERE/srv/pkt.py" relayed "${A[sent]}" $GW10)"
}

# unanswered WHAT DROPS KEY=VALUE...: the server sends this reply, and the client must not
# get it.
unanswered()
{
	local what=$1 words=$2 before

	shift 2
	before=$(relay_drop $words)
	knobs srv1 "$@"
	ask cl10 wait=0.3
	expect_eq "$what: no reply reaches the client" "${A[answers]}" 0
	expect "$what: dropped ($words)" wait_for 1 counted "$words" "$before"
	knobs srv1
	good "$what"
}

topo_vlans
nsip srv1 addr add $UP.99/24 dev eth0
fake srv1
capture vlan20 sw cl20 'udp port 68'
start_relay <<END
[relay]
control = $CTL
client-rate = off
log-level = debug
[interface vlan10]
servers = $SRV1
[interface vlan20]
servers = $SRV1
trust = on
option82 = add
END
PID=$RELAY_PID
good "at the start"

# ---- replies from clients, requests from servers ----
refused "BOOTREPLY from a client VLAN" reply-from-client op=2 type=offer \
	yiaddr=192.0.2.66 giaddr=$GW20 sport=67
refused "BOOTREPLY from a client VLAN, unicast to a giaddr" \
	"reply-from-client not-server" op=2 type=offer sport=67 \
	yiaddr=203.0.113.66 giaddr=$GW20 src=192.0.2.66 dst=$GW20 \
	dmac=$RTR10_MAC flags=0x8000
refused "BOOTREPLY from a client VLAN in a server's name" \
	"reply-from-client client-uplink" op=2 type=offer sport=67 \
	yiaddr=203.0.113.66 giaddr=$GW20 src=$SRV1 dst=$GW20 \
	dmac=$RTR10_MAC flags=0x8000
expect_eq "nothing of these reached the other VLAN" "$(pcap_count vlan20)" 0
unanswered "reply from an address that is no server" not-server from=$UP.99
unanswered "reply for a giaddr that is not ours" not-our-giaddr \
	giaddr=10.9.9.9 to=$GW10
unanswered "reply for a giaddr that is ours, but no client VLAN's" \
	not-our-giaddr giaddr=$UP.1 to=$GW10
for g in $GW10 $GW20 $UP.1; do
	refused "our own giaddr $g" spoofed-giaddr giaddr=$g hops=1
done
refused "a giaddr of the client's own, for another port's option 82 (F03)" spoofed-giaddr \
	giaddr=192.0.2.66 hops=1 src=192.0.2.66 sport=67 opt=82:0104626f7373
refused "a server's giaddr" spoofed-giaddr giaddr=$SRV1 hops=1 src=192.0.2.66 sport=67
refused "a relay's giaddr from 0.0.0.0" spoofed-giaddr giaddr=10.9.9.9 hops=1
refused "a relay's giaddr from port 68" spoofed-giaddr giaddr=10.9.9.9 hops=1 src=192.0.2.66
for src in 127.0.0.1 224.0.0.1 240.0.0.1 255.255.255.255; do
	refused "from $src" "bad-source $BROKEN" src=$src
done
refused "to 127.0.0.1" bad-destination dst=127.0.0.1
passes "a message type that is not known" type=200
refused "17 hops" hops hops=17 giaddr=10.9.9.9
refused "255 hops" hops hops=255 giaddr=10.9.9.9
passes "15 hops" hops=15 giaddr=10.9.9.9 src=192.0.2.66 sport=67

# ---- ICMP errors about a server ----
# ICMP host unreachable about a request to srv1. The keys of pkt.py set the first eight
# bytes: type and code, checksum, zeros.
GONE=(proto=1 sport=0x0301 dport=0x22d0 udplen=0 udpsum=0 "dst=$UP.1"
	payload=4500001c0000000040110000c6336401c633640a0043004300080000)

# forged N NAMESPACE KEY=VALUE...: sends N of them; each is counted.
forged()
{
	local n=$1 from=$2 before

	shift 2
	for ((; n > 0; n--)); do
		before=$(relay_counter server-errors)
		pkt "$from" send eth0 "${GONE[@]}" "$@" >/dev/null
		wait_for 2 noticed "$before" || return 1
	done
}

noticed()
{
	[ "$(relay_counter server-errors)" -gt "$1" ]
}

expect "a client sends errors about a server" forged 4 cl10 src=192.0.2.66 \
	dmac=$RTR10_MAC
expect "... also with the server's address" forged 4 cl20 src=$SRV1 dmac=$RTR20_MAC
good "errors of clients"
expect_not "they take no server down" logged relay server-down
expect "so does a host on the servers' side" forged 4 srv2 src=$UP.99 \
	dmac=02:00:00:01:00:01
good "errors on the way to the servers"
expect_not "they take no server down" logged relay server-down

# ---- not DHCP ----
refused "zero bytes" short payload=
refused "one byte" short payload=01
refused "235 bytes" short cookie=0 truncate=235
refused "neither request nor reply" bad-op op=3
refused "hlen 17" bad-hlen hlen=17
refused "hlen 255" bad-hlen hlen=255
refused "an OFFER that claims to be a request" bad-type type=offer
refused "noise" "short bad-op bad-hlen bad-options" fill=700
passes "BOOTP of 236 bytes" cookie=0
passes "BOOTP of 300 bytes" cookie=0 size=300

# ---- options ----
refused "an option longer than the message" bad-options opt=12/200:616263
refused "an option cut off after its code" bad-options bytes=0c end=0
refused "a message type of no length" "bad-type bad-options" type=none opt=53:
refused "options cut short in the middle" bad-options \
	opt=60:414243444546 end=0 truncate=248
# First another client sends a long message; its bytes must not appear in the next one.
ask cl10 opt=224:"$(printf '41%.0s' {1..250})" size=900 settle=5
passes "243 bytes without END after a long message" end=0
passes "no options at all but the cookie" type=none end=0
before=$(relay_drop bad-option82)
pkt cl20 send eth0 opt=82:0110ff >/dev/null
expect "trusted option 82 with a sub-option too long: dropped" \
	wait_for 2 counted bad-option82 "$before"

# ---- headers that lie ----
refused "IP length larger than the frame" "$BROKEN" iplen=+100
refused "IP length smaller than the datagram" "$BROKEN" iplen=-60
refused "IP length 20" "$BROKEN" iplen=20
# The socket's filter cannot find the ports of these three, so it cannot tell that they are
# for the relay, and nothing is counted.
ignored "IP header length 16" ihl=4
ignored "IP header length 60" ihl=15
ignored "IP version 6" ipver=6
refused "IP checksum" "$BROKEN" ipsum=bad
refused "UDP length larger than the packet" "$BROKEN" udplen=+80
refused "UDP length 7" "$BROKEN" udplen=7
refused "UDP length 0" "$BROKEN" udplen=0
refused "UDP checksum" "$BROKEN" udpsum=bad
refused "half a UDP header" "$BROKEN" cut=4
refused "fragments" "$BROKEN" split=120
refused "a last fragment that looks like a message" "$BROKEN" frag=0x0010
passes "no UDP checksum" udpsum=0
passes "IP options" options=3
passes "bytes after the packet" trailer=40
passes "checksum left to the hardware" via=udp

# ---- 64 KB ----
# It is sent in fragments to the relay's own address, so that the kernel reassembles it.
nsip cl10 addr add 192.0.2.50/25 dev eth0
refused "64 KB from a client" "$BROKEN bad-options" size=65000 split=1480 \
	src=192.0.2.50 dst=$GW10 dmac=$RTR10_MAC
expect "... counted among requests" eval "ctl --json show drops |
	tr -d '\n' | grep -q '\"requests\": *{[^}]*\"truncated\": *1'"
unanswered "64 KB from a server" "truncated send-error short" size=65000
unanswered "a reply of zero bytes" short payload=
unanswered "a reply of 100 bytes" short truncate=100
unanswered "a reply with an option longer than itself" bad-options \
	opt=12/200:616263
unanswered "a reply that is a request" \
	"spoofed-giaddr not-client bad-op bad-type" op=1

# ---- noise ----
spawn cl10 noise "$PYTHON" "$HERE/srv/pkt.py" noise eth0 count=3000 seed=1
wait_for 10 gone "$SPAWNED"
good "3,000 messages with random damage"
expect "the relay is the process that was started" alive "$PID"
