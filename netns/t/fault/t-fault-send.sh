#!/bin/bash
# t-fault-send.sh: the kernel refuses to send, to servers and to clients: EPERM from a packet
# filter, ENOBUFS from a full queue. Each lost packet is counted under its reason, and all
# other packets are sent.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
need nft tc

# requests NAMESPACE COUNT: sends that many requests, each from another client.
requests()
{
	pkt "$1" flood eth0 count="$2" rate=1000 >/dev/null
}

# grew WHAT BY OLD COMMAND...: the number that the command prints is OLD + BY.
grew()
{
	local by=$1 old=$2

	shift 2
	[ $(($("$@") - old)) = "$by" ]
}

topo_vlans
fake srv1 answer=none
fake srv2 answer=none
start_relay <<END
[relay]
control = $CTL
client-rate = off
[interface vlan10]
servers = $SRV1, $SRV2
[interface vlan20]
servers = $SRV1
[helper wol]
port = 9
from = vlan20
to = $SRV1
END

# ---- EPERM ----
ns rtr nft -f - <<END || skip "this kernel has no nftables"
table ip filter {
	chain out {
		type filter hook output priority 0;
		ip daddr $SRV1 udp dport { 67, 9 } drop
	}
}
END
requests cl10 50
expect "EPERM at one of two servers: 50 copies refused" \
	wait_for 3 grew 50 0 by send send-error
expect_eq "all requests are still relayed" \
	"$(relay_counter requests-relayed) $(by requests send-error)" "50 0"
expect "the other server gets them" wait_for 2 srv_has srv2 50
requests cl20 50
expect "EPERM at the only server: 50 requests lost for that reason" \
	wait_for 3 grew 50 0 by requests send-error
expect_eq "and not relayed" "$(relay_counter requests-relayed)" 50
pkt cl20 send eth0 dport=9 src=203.0.113.9 dst=203.0.113.255 payload=ffffff again=3 >/dev/null
expect "EPERM for a helper: 3 packets lost for that reason" \
	wait_for 3 grew 3 0 by helpers send-error
ns rtr nft delete table ip filter
expect_eq "the server was never reached" "$(srv_count srv1)" 0
requests cl20 50
expect "without the filter all arrive" wait_for 3 srv_has srv1 50

# ---- ENOBUFS towards servers ----
srv_forget srv1 srv2
n=$(relay_counter requests)
ns rtr tc qdisc add dev up0 root tbf rate 8kbit burst 1600 limit 1600 ||
	skip "this kernel has no tbf"
requests cl20 300
expect "a full queue: 300 requests were received" \
	wait_for 3 eval '[ $(($(relay_counter requests) - '$n')) = 300 ]'
full=$(by requests send-full)
expect "most of them, $full, were lost for that reason" test "$full" -ge 250
expect_eq "and none for another reason" "$(by requests send-error)" 50
ns rtr tc qdisc del dev up0 root
srv_forget srv1
requests cl20 50
expect "without it all arrive" wait_for 3 srv_has srv1 50

# ---- ENOBUFS towards clients ----
knobs srv1
ns rtr tc qdisc add dev vlan10 root tbf rate 8kbit burst 1600 limit 1600
requests cl10 200
expect "a full queue towards clients: replies lost for that reason" \
	wait_for 3 eval '[ "$(by replies send-full)" -ge 100 ]'
ask cl20
expect_eq "the other VLAN gets its reply" "${A[answers]}" 1
ns rtr tc qdisc del dev vlan10 root
ask cl10
expect_eq "and so has the first without it" "${A[answers]}" 1
