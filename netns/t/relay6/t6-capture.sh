#!/bin/bash
# t6-capture.sh: a lease over DHCPv6 in `pxrelayctl capture', packet by packet on both legs. The
# packets are those on the wire, byte for byte with their hop limits, and tshark finds no fault.
# The filters know the machine by its MAC although DHCPv6 messages do not have it.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need dhclient kea-dhcp6 dnsmasq tshark tcpdump
need_pxrelayd

# cap NAME OPTION...: starts a capture into $T/NAME.pcapng and waits until it runs.
cap()
{
	spawn rtr "$1" env --default-signal=INT "$PXRELAYCTL" -s "$CTL" capture \
		-w "$T/$1.pcapng" "${@:2}"
	CAP[$1]=$SPAWNED
	wait_for 5 logged "$1" '^pxrelayctl: capturing$' || die "$1: no capture"
}
declare -A CAP

# end_cap NAME: ends it, and writes a line for each packet to $T/NAME.txt.
end_cap()
{
	kill -INT "${CAP[$1]}"
	wait_for 10 gone "${CAP[$1]}" || die "$1: the capture does not end"
	fields "$T/$1.pcapng" -e frame.interface_name -e ipv6.src -e ipv6.dst -e ipv6.hlim \
		-e dhcpv6.msgtype -e frame.comment >"$T/$1.txt"
	expect "$1: every checksum is right, and nothing is malformed" \
		eval '! fields "$T/$1.pcapng" -e udp.checksum.status -e _ws.malformed | grep -v "^1|$"'
}

# fields FILE OPTION...: reads it with tshark.
fields()
{
	tshark -n -r "$1" -o udp.check_checksum:TRUE -T fields -E separator='|' \
		-E occurrence=a "${@:2}" 2>/dev/null
}

# payloads FILE...: the UDP payloads to and from port 547, in order.
payloads()
{
	local f

	for f; do
		fields "$f" -Y 'udp.port == 547' -e ipv6.src -e ipv6.dst -e ipv6.hlim \
			-e udp.payload
	done | sort
}

topo_vlans6
ip6_on cl10
start_kea6 srv1 50 59
start_dnsmasq6 srv2 60 69
capture up rtr up0 'udp port 547'
capture vlan10 rtr vlan10 'udp port 547'
capture vlan20 rtr vlan20 'udp port 547'
start_relay <<END
[relay]
control = $CTL
[server kea]
address = $SRV1_6
[server group]
address = ff05::1:3%up0
[server link]
address = ff02::1:2%up0
[interface vlan10]
servers = kea
[interface vlan20]
servers = group, link
END
cap all
cap mac --mac 02:00:00:00:10:01
cap other --mac 02:00:00:00:20:01
cap server --server kea
start_dhclient6 cl10
got=$(lease_of cl10)
expect_eq "cl10 has a lease" "${got%::*}" 2001:db8:10
end_cap server
# Both servers are members of both groups.
ask cl20 ia=7
expect_eq "cl20 has an offer" "${A[addr]%::*}" 2001:db8:20
for c in all mac other; do
	end_cap $c
done

cat >"$T/wanted" <<END
vlan10|$CL10_LL|ff02::1:2|1|1|relayed to=kea
server:kea|$UP6:1|$SRV1_6|64|12,1|copy server=kea from=vlan10
server:kea|$SRV1_6|$UP6:1|64|13,2|relayed server=kea to=vlan10
vlan10|$RTR10_LL|$CL10_LL|64|2|delivery server=kea
vlan10|$CL10_LL|ff02::1:2|1|3|relayed to=kea
server:kea|$UP6:1|$SRV1_6|64|12,3|copy server=kea from=vlan10
server:kea|$SRV1_6|$UP6:1|64|13,7|relayed server=kea to=vlan10
vlan10|$RTR10_LL|$CL10_LL|64|7|delivery server=kea
END
expect "--mac: the lease, packet by packet" diff "$T/wanted" "$T/mac.txt"
grep vlan10 "$T/all.txt" >"$T/vlan10.txt"
expect "without a filter: the same" diff "$T/wanted" "$T/vlan10.txt"
expect "--server: the same" diff "$T/wanted" "$T/server.txt"
expect_not "--mac: nothing of another machine" grep vlan10 "$T/other.txt"
expect "a site-local group: hop limit 8" grep -qx \
	"server:group|$UP6:1|ff05::1:3|8|12,1|copy server=group from=vlan20" "$T/other.txt"
expect "a group on the link: hop limit 1" grep -qx \
	"server:link|$UP6:1|ff02::1:2|1|12,1|copy server=link from=vlan20" "$T/other.txt"
payloads "$T/up.pcap" "$T/vlan10.pcap" "$T/vlan20.pcap" >"$T/wire"
payloads "$T/all.pcapng" >"$T/captured"
expect "addresses, hop limits and payloads are those on the wire" diff "$T/wire" "$T/captured"
