#!/bin/bash
# t6-multicast.sh: servers behind a multicast address: ff05::1:3 with hop limit 8 and ff02::1:2,
# by the named interface only, from a global address (RFC 9915 19, 7.1). answers-from says who
# may answer. dnsmasq, which ignores unicast SOLICITs since 2.92, gives a lease by both.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need tcpdump dnsmasq
need_pxrelayd

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	client-rate = off
	log-level = debug
	[server all]
	address = $1
	answers-from = ${2:-any}
	[interface vlan10]
	servers = all
	END
}

# relayed WHAT GROUP HOP-LIMIT: srv1 gets the request at that address, and the client a reply.
relayed()
{
	srv_forget srv1
	ask cl10 settle=20 ia=7
	srv_last srv1
	expect_eq "$1: to the group, with its hop limit" "${S[dst]} ${S[hlim]}" "$2 $3"
	expect_eq "$1: from a global address and port 547" "${S[src]} ${S[sport]}" "$UP6:1 547"
	expect_eq "$1: its answer, which is unicast" "${A[answers]} ${A[addr]}" \
		"1 2001:db8:10::77"
}

reload()
{
	local before

	before=$(relay_counter reloads)
	conf "$@" | reload_relay
	wait_for 3 eval '[ "$(relay_counter reloads)" -gt "$before" ]' || die "no reload"
}

topo_vlans6
# A second way out, by which nothing may leave.
new_ns other
link_cable rtr up1 other eth0
ip6_on other
nsbatch rtr <<-END
link set up1 up
addr add 2001:db8:eeee::1/64 dev up1 nodad
route add ff00::/8 dev up1 table local metric 1
END
nsip other link set eth0 up
capture other other eth0 'udp port 547'
capture vlan20 sw cl20 'udp port 547'
fake srv1 join=ff05::1:3%eth0,ff02::1:2%eth0
quick cl10 srv1

conf ff05::1:3%up0 >"$T/conf"
start_relay "$T/conf"
relayed "ff05::1:3" ff05::1:3 8
reload ff02::1:2%up0
relayed "ff02::1:2" ff02::1:2 1
reload ff02::1:2%up0 "$SRV1_6"
relayed "answers-from this server" ff02::1:2 1
reload ff02::1:2%up0 "$SRV2_6"
pkt cl10 send eth0 >/dev/null
expect "answers-from another server: not-server" wait_for 3 dropped not-server 1
expect_eq "nothing left by another interface" \
	"$(pcap_count other) $(pcap_count vlan20)" "0 0"

knobs srv1 answer=none
start_dnsmasq6 srv2 60 69
for g in ff05::1:3 ff02::1:2; do
	reload $g%up0
	ask cl10 settle=20 ia=7 wait=3
	expect_eq "dnsmasq by $g: ADVERTISE" "${A[answers]} ${A[type]} ${A[addr]%::*}" \
		"1 advertise 2001:db8:10"
	ask cl10 settle=20 type=request ia=7,"${A[addr]}" sid="${A[opt2]}" wait=3
	expect_eq "dnsmasq by $g: REPLY" "${A[answers]} ${A[type]} ${A[addr]%::*}" \
		"1 reply 2001:db8:10"
done
