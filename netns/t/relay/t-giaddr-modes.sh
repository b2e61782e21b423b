#!/bin/bash
# t-giaddr-modes.sh: which address becomes giaddr on a VLAN with two subnets (giaddr =
# primary, an address, all, rotate). For replies to a giaddr that two VLANs share, the relay
# finds the VLAN by its own state, never by an echoed option.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

SECOND=192.0.2.129
SHARED=198.18.0.1

relay_with()
{
	[ -z "$RELAY_PID" ] || stop "$RELAY_PID" || die "the relay does not end"
	start_relay <<-END
	[relay]
	control = $CTL
	client-rate = off
	$(printf '%s\n' "$@")
	END
	srv_forget srv1
}

# tries N KEY=VALUE...: the same client sends N requests; prints their giaddrs in order.
tries()
{
	local n=$1 i

	shift
	srv_forget srv1
	for ((i = 1; i <= n; i++)); do
		pkt cl10 ask eth0 secs=$((i * 4)) wait=0.05 settle=5 "$@" \
			>/dev/null
		wait_for 1 srv_has srv1 $i
	done
	giaddrs
}

giaddrs()
{
	local n i out=

	n=$(srv_count srv1)
	for ((i = 1; i <= n; i++)); do
		load S < <(pkt srv1 show "$(sed -n "${i}p" "$T/srv1.jsonl")")
		out="$out ${S[giaddr]##*.}"
	done
	echo $out
}

topo_vlans
nsip rtr addr add $SECOND/25 dev vlan10
nsip rtr addr add $SHARED/32 dev lo
fake srv1

relay_with "[interface vlan10]" "servers = $SRV1"
expect_eq "primary" "$(tries 5 xid=0x1001)" "1 1 1 1 1"
relay_with "[interface vlan10]" "servers = $SRV1" "giaddr = $SECOND"
expect_eq "fixed" "$(tries 1)" 129
ask cl10
expect_eq "fixed: the reply comes from that address" "${A[src]} ${A[dst]}" \
	"$SECOND 192.0.2.77"
relay_with "[interface vlan10]" "servers = $SRV1" "giaddr = all"
ask cl10
expect_eq "all: one copy for each subnet" "$(giaddrs | tr ' ' '\n' | sort -n |
	tr '\n' ' ')" "1 129 "
expect_eq "all: both replies" "${A[answers]}" 2

relay_with "[interface vlan10]" "servers = $SRV1" "giaddr = rotate"
knobs srv1 answer=none
expect_eq "rotate: the next address after the third unanswered try" \
	"$(tries 4 xid=0x2001)" "1 1 1 129"
# Windows takes another xid for each try.
expect_eq "rotate: a try with another xid counts as well" \
	"$(for x in 3001 3002 3003 3004; do tries 1 xid=0x$x; done)" \
	"$(printf '129\n129\n1\n1')"
expect_eq "rotate: another client with the same xid is no retry" \
	"$(tries 1 xid=0x2001 chaddr=02:00:00:00:10:77)" 1
knobs srv1
expect_eq "rotate: a client that is answered keeps its address" "$(tries 5 xid=0x4001)" "1 1 1 1 1"
expect "rotate: counted" test "$(relay_counter giaddr-rotations)" -ge 1

# Two VLANs share one giaddr, which is on neither of them.
relay_with "[interface vlan10]" "servers = $SRV1" "giaddr = $SHARED" \
	"[interface vlan20]" "servers = $SRV1" "giaddr = $SHARED"
capture vlan10 sw cl10 'udp dst port 68'
capture vlan20 sw cl20 'udp dst port 68'
for c in cl10 cl20; do
	ask $c flags=0x8000
	srv_last srv1
	expect_eq "shared giaddr, $c: asked with it" "${S[giaddr]}" $SHARED
	expect_eq "shared giaddr, $c: answered" "${A[answers]}" 1
done
wait_for 2 pcap_has vlan20 1
expect_eq "one broadcast in each VLAN" \
	"$(pcap_count vlan10) $(pcap_count vlan20)" "1 1"
# No client sent this xid. The reply could be for either VLAN, so neither gets it.
knobs srv1 xid=0x0badcafe
ask cl10 match=any flags=0x8000 wait=0.3
expect_eq "shared giaddr, reply without a request: not delivered" "${A[answers]}" 0
expect "and counted" wait_for 1 dropped ambiguous-giaddr 1
