#!/bin/bash
# Port 4011 with hand-made packets, because today's firmware sends only multicast there.
# Broadcasts, directed broadcasts, multicasts and packets to the relay itself go only to the
# boot server. They have the client's own address and port, and their payload is unchanged
# even if it is not DHCP; the reply is routed back. Unicast to a server is routed as if there
# were no relay. No ICMP error tells a client that the router's port 4011 is closed.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need tcpdump

ME=192.0.2.51
WDS=$UP.21
topo_vlans
add_server wds-1 21
spawn wds-1 bootd "$PYTHON" "$HERE/srv/bootd.py" --address $WDS \
	--log "$T/wds-1.jsonl" --file 0=nbp.bios
BOOTD=$SPAWNED
wait_for 5 bound wds-1 4011 || die "bootd does not start"
nsip cl10 addr add $ME/25 dev eth0
nsip cl10 route add default via $GW10
capture client rtr vlan10
capture server rtr up0
{
	printf '[relay]\ncontrol = %s\nclient-rate = off\nlog-level = debug\n' "$CTL"
	cat "$TOP/conf/examples/dhcp-and-wds-two-hosts.conf"
} >"$T/relay.conf"
start_relay "$T/relay.conf"

PXE=(type=request "ciaddr=$ME" "opt=60:'PXEClient:Arch:00000:UNDI:002001"
	opt=93:0000 opt=97:0000000000000000000000000000000000)

# arrived PORT: the boot server's last packet is the one that was sent last; it came to 4011
# from the client's own address and that port.
arrived()
{
	grep '"dir": "in", "port": 4011' "$T/wds-1.jsonl" | tail -n 1 |
		grep -F "\"peer\": \"$ME:$1\"" |
		grep -qF "\"hex\": \"${A[sent]}\""
}

# try WHAT KEY=VALUE...: sends a request from port 68, and the boot server replies.
try()
{
	local what=$1

	shift
	ask cl10 src=$ME dport=4011 "${PXE[@]}" "$@"
	expect "$what arrives unchanged" wait_for 2 arrived 68
	expect_eq "$what: one reply" "${A[answers]}" 1
	expect_eq "... routed, from the server's own port" \
		"${A[src]-}:${A[sport]-}" "$WDS:4011"
}

# A client without an address could get no reply.
ask cl10 dport=4011 wait=0.1 "${PXE[@]}" ciaddr=0.0.0.0
try "broadcast"
try "directed broadcast" dst=192.0.2.127
try "multicast" dst=224.0.1.2 dmac=01:00:5e:00:01:02
try "unicast to the relay" dst=$GW10 dmac=$RTR10_MAC

# EDK2 sends from port 4011, and the reply goes there, too.
ask cl10 src=$ME sport=4011 dport=4011 wait=0.1 "${PXE[@]}" \
	dst=224.0.1.2 dmac=01:00:5e:00:01:02
expect "multicast from port 4011 arrives unchanged" wait_for 2 arrived 4011
answered_on_4011()
{
	[ "$(pcap_count client "src $WDS and src port 4011 and dst $ME
		and dst port 4011")" = 1 ]
}
expect "... and is answered there" wait_for 2 answered_on_4011

# RIS uses another protocol on this port (binlsrv.c in ris-linux).
ask cl10 src=$ME dport=4011 fill=61 wait=0.1
expect "what is not DHCP arrives unchanged" wait_for 2 arrived 68

taken=$(relay_counter 4011-requests)
try "unicast to the boot server" dst=$WDS dmac=$RTR10_MAC
expect_eq "... and the relay does not take it" \
	"$(relay_counter 4011-requests)" "$taken"
seen()
{
	[ "$(relay_counter 4011-seen)" -ge 1 ]
}
expect "... but has seen it" wait_for 2 seen

expect_eq "each arrived once" "$(pcap_count server "dst $WDS and udp dst port 4011")" 7
expect_eq "nothing on 4011 reaches the DHCP server" \
	"$(pcap_count server "dst $SRV1 and udp dst port 4011")" 0
expect_eq "nothing leaves without a source" "$(pcap_count server 'src 0.0.0.0')" 0
expect_eq "no ICMP error reaches the client" \
	"$(pcap_count client "dst $ME and icmp[icmptype] = icmp-unreach")" 0

# ---- the members of the multicast group -----------------------------------
# members [GROUP]: prints the interfaces in that group from /proc, where 224.0.1.2 is 020100E0.
members()
{
	ns rtr awk -v group="${1:-020100E0}" '/^[0-9]/ { i = $2 } $1 == group { print i }' \
		/proc/net/igmp | sort | tr '\n' ' '
}
are_members()
{
	[ "$(members "${2:-}")" = "$1" ]
}
again()
{
	local n

	n=$(relay_counter reloads)
	sed "$1" "$T/relay.conf" | reload_relay
	wait_for 5 eval '[ "$(relay_counter reloads)" -gt '"$n"' ]' || die "no reload"
}
BOTH="vlan10 vlan20 "
expect "both VLANs are in the group" are_members "$BOTH"
again ""
expect "after a reload, too" are_members "$BOTH"
nsip rtr link set vlan20 down
expect "a VLAN that is down is not" wait_for 5 are_members "vlan10 "
nsip rtr link set vlan20 up
expect "when it is up again, it is" wait_for 5 are_members "$BOTH"
for ((i = 0; i < 30; i++)); do	# more often than a socket may have memberships
	nsip rtr link del vlan20
	add_vlan 20
	nsip rtr addr add $GW20/24 dev vlan20
done
expect "no membership is lost when a VLAN is created again" wait_for 5 are_members "$BOTH"
again 's/^client-rate/discovery-group = 224.0.1.3\n&/'
expect "another group" are_members "$BOTH" 030100E0
expect "and not the old one" are_members ""
again 's/^client-rate/4011 = off\n&/'
expect "no group without 4011" are_members "" 030100E0

# ---- nothing but `servers =` ------------------------------------------------
# None of them has said that it is a boot server: both get it, and the ICMP error of the one
# without port 4011 does not reach the client. An offer then tells which one it is, and that
# its group is another one, which is joined at once.
again '/^4011 /d; /^discovery-group /d; /^\(dhcp\|boot\) /d; s/^\[interface .*/[interface vlan*]\nservers = dhcp-1, wds-1/'
expect_eq "no firewall table yet" "$(ns rtr nft list tables)" ""
stop "$BOOTD"
spawn wds-1 bootd "$PYTHON" "$HERE/srv/bootd.py" --address $WDS \
	--log "$T/wds-1.jsonl" --file 0=nbp.bios --discovery multicast --group 239.1.2.3
wait_for 5 bound wds-1 4011 || die "bootd does not start again"
all=$(pcap_count server "dst $SRV1 and udp dst port 4011")
try "servers only: multicast" dst=224.0.1.2 dmac=01:00:5e:00:01:02
expect_eq "... and so it does at the DHCP server" \
	"$(pcap_count server "dst $SRV1 and udp dst port 4011")" $((all + 1))
expect "... whose host says that the port is closed" \
	wait_for 2 eval '[ "$(pcap_count server "src $SRV1 and icmp[icmptype] = icmp-unreach")" = 1 ]'
expect "the other group is not joined" are_members "" 030201EF
ask cl10 type=discover "opt=60:'PXEClient:Arch:00000:UNDI:002001" opt=93:0000 wait=0.5
expect "an offer names it: it is, on that VLAN" wait_for 2 are_members "vlan10 " 030201EF
try "multicast to it" dst=239.1.2.3 dmac=01:00:5e:01:02:03
expect_eq "... and no longer at the DHCP server" \
	"$(pcap_count server "dst $SRV1 and udp dst port 4011")" $((all + 1))
expect_eq "no ICMP error reaches the client" \
	"$(pcap_count client "dst $ME and icmp[icmptype] = icmp-unreach")" 0
