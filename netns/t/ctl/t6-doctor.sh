#!/bin/bash
# t6-doctor.sh: `pxrelayctl doctor' over IPv6, with real servers in good health and with the faults
# that operators meet, and with a server that lies.
#
#   VLAN  server            what it does
#   10    dnsmasq on good   none: x64 and ARM64 boot by TFTP; it does not serve HTTP boot
#   11    Kea on web        none: x64 boots by HTTP
#   12    dnsmasq on plain  offers addresses, and no option 59; no router advertises itself
#   13    dnsmasq on plain  has a subnet for it, and the x64 file for every machine
#   14    closed            nothing listens on port 547; the router is no default router
#   15    good              has no subnet for it
#   20    srv1              whatever the test says, lies as well
#
# long: it waits for many servers that are silent

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
. "$HERE/lib/doctor-lib.sh"
need dnsmasq kea-dhcp6
need_pxrelayd

# vlan6 VV: the router's port there, with 2001:db8:VV::1/64.
vlan6()
{
	add_bridge "br$1"
	add_vlan "$1"
	nsip rtr addr add "2001:db8:$1::1/64" dev "vlan$1" nodad
}

# host6 NAME HH: a server at $UP6:HH.
host6()
{
	add_server "$1" "$2"
	ip6_on "$1"
	server6 "$1" "$UP6:$2"
}

listens6()
{
	ns "$1" cat /proc/net/tcp6 | grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$2") "
}

# router6 VV [PREFIX [FLAGS]]: a router that advertises itself there, in place of the last one.
declare -A ROUTER
router6()
{
	[ -z "${ROUTER[$1]:-}" ] || stop "${ROUTER[$1]}"
	spawn rtr "router-$1" "$PYTHON" "$HERE/srv/rad.py" "vlan$1" "${@:2}"
	ROUTER[$1]=$SPAWNED
	wait_for 5 router_is_up "$1" || die "the router does not start"
}

router_is_up()
{
	[ "$(grep -c ready "$T/router-$1.log")" = "$(grep -c . "$T/router-$1.log")" ] &&
		[ -s "$T/router-$1.log" ] && : >"$T/router-$1.log"
}

# lies LINE...: what srv1 does from now on; then VLAN 20 is examined.
lies()
{
	knobs srv1 "$@"
	doctor vlan20
}

# no_lease6: no server has recorded a lease.
no_lease6()
{
	! grep -q 2001:db8 "$T"/dnsmasq-*.leases &&
		! grep -q LEASE_ALLOC "$T"/kea-*.log
}

mkdir "$T/tftp"
pe "$T/tftp/x64.efi" '\x64\x86'
pe "$T/tftp/arm64.efi" '\x64\xaa'

topo_vlans6
for v in 11 12 13 14 15; do
	vlan6 $v
done
host6 good 21
host6 web 22
host6 plain 23
host6 closed 24
spawn web http "$PYTHON" -m http.server 8080 --bind :: --directory "$T/tftp"
wait_for 5 listens6 web 8080 || die "the web server does not start"
NETS6=10 start_dnsmasq6 good 50 59 --enable-tftp --tftp-root="$T/tftp" \
	--dhcp-match=set:x64,option6:61,7 --dhcp-match=set:arm64,option6:61,11 \
	--dhcp-option="tag:x64,option6:59,tftp://[$UP6:21]/x64.efi" \
	--dhcp-option="tag:arm64,option6:59,tftp://[$UP6:21]/arm64.efi"
NETS6=11 kea6_offering web 50 59 "59:$(hexof "http://[$UP6:22]:8080/x64.efi")" "$HTTPCLIENT"
NETS6=12 start_dnsmasq6 plain 50 59 \
	--dhcp-option="tag:v13,option6:59,tftp://[$UP6:21]/x64.efi" \
	--dhcp-range=set:v13,2001:db8:13::50,2001:db8:13::59,64,1h
fake srv1

start_relay <<END
[relay]
control = $CTL
[interface vlan10]
servers = $UP6:21
[interface vlan11]
servers = $UP6:22
[interface vlan12]
servers = $UP6:23
[interface vlan13]
servers = $UP6:23
[interface vlan14]
servers = $UP6:24
[interface vlan15]
servers = $UP6:21
[interface vlan20]
servers = $SRV1_6
END
for v in 10 11 13 15 20; do
	router6 $v 2001:db8:$v::
done
router6 14
capture vlan10 rtr vlan10 'udp port 546 or udp port 547'

expect "good health: exit status 0" doctor vlan10
expect_eq "good health: nothing failed" "$(failed vlan10)$(failed 'this host')" ""
expect "an address" found vlan10 offers "address 2001:db8:10::5"
expect "x64 finds its boot file" found vlan10 file-found "x64.efi (UEFI program for x64)"
expect "ARM64 finds its boot file" found vlan10 file-found "arm64.efi (UEFI program for ARM64)"
expect "HTTP boot is told nothing" found vlan10 no-boot-offer "uefi-x64-http v6"
expect "its server answers ping, also from the link-address" found vlan10 reachable
expect "the router says what it should" found vlan10 router-advertisement \
	"flags M, lifetime 1800 s, 2001:db8:10::/64"
expect "the interface has a link-address" found vlan10 serves-clients "link-address $GW10_6"
expect "no switch is asked who listens" found "this host" no-mld-querier vlan10
expect_eq "clients got no message" "$(pcap_count vlan10 src port 547)" 0

# A firewall, and a querier.
ns rtr nft -f - <<END
table ip6 t {
	chain in {
		type filter hook input priority 0;
		ip6 saddr $UP6:21 udp dport 547 drop
	}
}
END
ns sw sysctl -qw net.ipv6.conf.br10.accept_dad=0 net.ipv6.conf.br10.disable_ipv6=0
nsip sw link set br10 type bridge mcast_snooping 1 mcast_querier 1 \
	mcast_startup_query_interval 100 || die "no querier"
heard6()
{
	ns rtr grep -q 'Icmp6InGroupMembQueries.*[1-9]' /proc/net/dev_snmp6/vlan10
}
wait_for 10 heard6 || die "the bridge does not ask"
expect_not "a firewall" doctor vlan10
expect "the rule is named" found "this host" firewall-drops "UDP 547"
expect "the querier is heard" found "this host" mld-querier vlan10
ns rtr nft delete table ip6 t

expect_not "a sick network: exit status 1" doctor
expect "VLAN 11: HTTP boot gets its file" found vlan11 file-found http://
expect "VLAN 11: PXE cannot use its URL" found vlan11 bad-url http://
expect_eq "VLAN 11: which may be intended" "$(failed vlan11)" ""
expect_eq "VLAN 12: no option 59 is no fault of a server for addresses" "$(failed vlan12)" \
	"no-router-advertisement"
expect "VLAN 12: nothing tells where to boot from" found vlan12 no-boot-offer "uefi-x64 v6"
expect_eq "VLAN 13: one file for all" "$(failed vlan13)" "wrong-file"
expect "VLAN 13: it is not ARM64's" found vlan13 wrong-file "uefi-arm64 v6"
expect_eq "VLAN 14: nothing listens" "$(failed vlan14)" "no-address port-closed ra-no-route"
expect_eq "VLAN 15: no subnet" "$(failed vlan15)" "no-address no-advertise"
expect "no lease is left behind" no_lease6
expect_eq "the relay relayed nothing" "$(relay_counter6 requests)" 0
expect "no client is remembered" eval '! ctl show clients | grep -q fe80::'

# ... and what routers and ways back to the VLAN do wrong.
TFTP="opt=59:'tftp://[$UP6:21]/x64.efi"
router6 20 2001:db8:20:: o
expect_not "the flag O alone" lies "$TFTP" addr=2001:db8:20::77
expect "... keeps iPXE from asking" found vlan20 ra-not-managed
router6 20 2001:db8:66::
lies "$TFTP" addr=2001:db8:20::77
expect "another subnet's prefix" found vlan20 ra-prefix 2001:db8:20::77
router6 20 2001:db8:20::
nsip srv1 -6 route del default
nsip srv1 -6 route add 2001:db8:20::/64 via $UP6:99
lies "$TFTP" addr=2001:db8:20::77
expect "no way back to the VLAN" found vlan20 giaddr-unreachable
nsip srv1 -6 route del 2001:db8:20::/64
nsip srv1 -6 route add default via $UP6:1

DNS=20010db8ffff00000000000000000053
expect_not "another architecture's file" lies "$TFTP" addr=2001:db8:20::77
expect_eq "... is found" "$(failed vlan20)" "wrong-file"
lies "$TFTP" addr=2001:db8:66::77
expect_eq "an address of another subnet" "$(failed vlan20)" "wrong-file wrong-subnet"
lies status=2
expect_eq "an empty pool" "$(failed vlan20)" "no-address no-free-address"
lies "$TFTP" opt=60:000161
expect "option 60 that is no size" found vlan20 bootfile-size
lies "$TFTP" opt=16:000001570009505845436c69656e74
expect "PXEClient in a lease: port 4011 is asked in vain" found vlan20 pxe-class-in-lease
lies opt=59:68747470733a2f2f782f "opt=16:${HTTPCLIENT#*:}"
expect "a name needs a DNS server" found vlan20 bad-url https://x/
for host in "[::1]" "[fe80::1]" "[::ffff:127.0.0.1]" "[ff02::1]"; do
	lies "opt=59:'http://$host:8500/x" "opt=16:${HTTPCLIENT#*:}"
	expect "nothing is fetched from $host" found vlan20 file-no-host
done
lies "opt=59:'http://127.0.0.1:8500/x" "opt=16:${HTTPCLIENT#*:}" opt=23:$DNS
expect "an IPv4 address is no name" found vlan20 bad-url
for lie in xid=1 duid=00030001020304050607 type=reply truncate=3 payload=02 iid=7878 unwrap=1 \
	rtype=12 r9=twice; do
	lies "$TFTP" $lie
	expect "$lie: no offer" eval '! found vlan20 offers && ! found vlan20 file-found'
done
lies "$TFTP" truncate=3
expect "a message of 3 bytes" found vlan20 bad-advertise
lies "$TFTP" iid=7878
expect "an Interface-Id that is not ours" found vlan20 reply-dropped unknown-interface-id
lies "$TFTP" size=1500
expect "an ADVERTISE that UEFI drops" found vlan20 advertise-too-large
expect "the relay lives" ctl show servers
