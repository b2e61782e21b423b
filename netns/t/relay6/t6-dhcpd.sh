#!/bin/bash
# t6-dhcpd.sh: ISC dhcpd -6 as the server and dhclient -6 as the client: SOLICIT, REQUEST, RENEW,
# RELEASE and INFORMATION-REQUEST. dhcpd gives options by our Interface-Id and Remote-Id, and
# knows the client's MAC from our option 79 (RFC 6939). The relay shows the server, the
# interface and what it dropped.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need dhcpd dhclient
need_pxrelayd

# said N TEXT: dhcpd has logged it N times.
said()
{
	[ "$(grep -c "^$2" "$T/dhcpd-srv1.log")" -ge "$1" ]
}

# dhclient6 ARGUMENT...: runs it to its end.
dhclient6()
{
	ns cl10 timeout 10 dhclient -6 -v --no-pid -cf /dev/null \
		-lf "$T/dhclient-cl10.leases" -sf "$HERE/srv/client-script" \
		-e LEASE="$T/cl10.lease" "$@" eth0 >>"$T/dhclient.log" 2>&1
}

topo_vlans6
ip6_on cl10
start_dhcpd6 srv1 50 59 'option dhcp-renewal-time 1;' \
	'log(info, concat("MAC ", binary-to-ascii(16, 8, ":",
		v6relay(1, option dhcp6.client-linklayer-addr))));' \
	'if v6relay(1, option dhcp6.interface-id) = "rtr:vlan10" {
		option dhcp6.name-servers 2001:db8:10::53;
	}' \
	'if substring(v6relay(1, option dhcp6.remote-id), 4, 20) = "vlan10@rtr" {
		option dhcp6.info-refresh-time 12345;
	}'
start_relay <<END
[relay]
control = $CTL
log-level = debug
host-name = rtr
[server dhcpd]
address = $SRV1_6
[interface vlan10]
servers = dhcpd
remote-id6 = 32473:%i@%h
END

ask cl10 type=information-request oro=23,32
expect_eq "INFORMATION-REQUEST: options by Interface-Id and Remote-Id" \
	"${A[answers]} ${A[opt23]} ${A[opt32]}" \
	"1 20010db8001000000000000000000053 00003039"
: >"$T/dhclient-cl10.leases"
expect "dhclient -S has its answer" dhclient6 -S -1

start_dhclient6 cl10
got=$(lease_of cl10)
expect_eq "dhclient has a lease" "${got%::*}" 2001:db8:10
expect "by SOLICIT and REQUEST" said 1 "Advertise NA: address $got to client"
expect "dhcpd saw our address, our link-address and the client's address" logged dhcpd-srv1 \
	"^Relay-forward message from $UP6:1 port 547, link address $GW10_6, peer address $CL10_LL"
expect "and its MAC" said 1 'MAC 0:1:2:0:0:0:10:1$'
rm "$T/cl10.lease"
expect "RENEW" wait_for 5 said 2 "Reply NA: address $got to client"
expect "... is answered" lease_of cl10
stop "$CLIENT_PID" KILL
expect "RELEASE" dhclient6 -r
expect "... arrives" wait_for 3 said 1 "Client .* releases address $got"

# shown WHAT PATTERN: `show WHAT' has a line that matches.
shown()
{
	ctl show "$1" | grep -E -e "$2" >/dev/null
}

pkt cl10 send eth0 type=advertise >/dev/null
expect "an ADVERTISE from a client is dropped" wait_for 3 dropped6 reply-from-client 1
expect_eq "... among the requests" "$(by6 requests reply-from-client)" 1
expect_eq "... and is none of DHCPv4's" "$(relay_drop reply-from-client)" 0
expect "show drops" shown drops '^reply-from-client +0 +1 '
expect "show counters" shown counters "^requests +0 +$(relay_counter6 requests) "
expect "show servers" shown servers "^dhcpd +$SRV1_6 +dhcp +up "
expect "show interfaces" shown interfaces "^vlan10 v6 +ready +$GW10_6 "
