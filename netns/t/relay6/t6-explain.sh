#!/bin/bash
# t6-explain.sh: what `pxrelayctl explain' says about real DHCPv6 clients when their servers,
# their link or what is between them has a fault, and about machines that speak both families.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need dhclient udhcpc dhcpcd kea-dhcp6 dnsmasq dhcpd dhcrelay
need_pxrelayd

# explained MAC: prints the verdict, and the codes that follow after "also".
explained()
{
	query explain "$1" | "$PYTHON" -c '
import json, sys
d = json.load(sys.stdin)
print(d["verdict"]["code"], *(also["code"] for also in d["also"]))'
}

is_explained()
{
	WAS=$(explained "$1")
	[ "$WAS" = "$2" ]
}

# expect_story MAC WORDS [SECONDS]: waits until the machine is explained by these words.
expect_story()
{
	wait_for "${3:-15}" is_explained "$1" "$2"
	expect_eq "$1: $2" "$WAS" "$2"
}

# ladder_has MAC WORDS...: each begins the label of an arrow in the machine's ladder.
ladder_has()
{
	ctl explain "$1" >"$T/explained"
	shift
	for word; do
		grep -q "|[-< ]*-* $word " "$T/explained" || return 1
	done
}

# mac VV [NN]: prints the MAC address of client NN in that VLAN.
mac()
{
	echo "02:00:00:00:$1:${2:-01}"
}

# client6 NAME VV [NN]: adds a client whose kernel has IPv6.
client6()
{
	add_client "$@"
	ip6_on "$1"
}

# server NN: adds the server machine of that number.
server()
{
	add_server srv$1 1$1
	ip6_on srv$1
	server6 srv$1 $UP6:1$1
}

topo_vlans6
for v in 30 40 50 60 70; do
	add_bridge br$v
	add_vlan $v
	nsip rtr addr add 10.6.$v.1/24 dev vlan$v
	[ $v = 40 ] || nsip rtr addr add 2001:db8:$v::1/64 dev vlan$v nodad
	client6 cl$v $v
done
ip6_on cl10
ip6_on cl20
for v in 30 50 70; do
	client6 cl${v}b $v 02
done
for n in 3 4 5; do
	server $n
done
# The kernel of srv3 answers from ::13, even if it was asked at ::99.
nsip srv3 addr add $UP6:99/64 dev eth0 nodad preferred_lft 0
# A switch in VLAN 60 that is a relay for its client.
new_ns acc cl61
link_cable acc up0 sw acc 02:00:00:00:60:99
nsip sw link set acc master br60 up
link_cable acc down0 cl61 eth0 02:00:00:00:61:99 02:00:00:00:61:01
nsip acc link set up0 up
nsip acc link set down0 up
nsip cl61 link set eth0 up
ip6_on acc
ip6_on cl61
nsip acc addr add 2001:db8:60::99/64 dev up0 nodad
nsip acc addr add 2001:db8:61::1/64 dev down0 nodad
spawn acc dhcrelay dhcrelay -6 -d --no-pid -l down0 -u ff02::1:2%up0
# A laptop in VLAN 30 that runs a server.
client6 laptop 30 09
nsip laptop addr add 2001:db8:bad::1/64 dev eth0 nodad

# srv1 has no DHCPv4, and srv4 one address, and nothing for VLAN 30.
start_kea6 srv1 50 59
start_dnsmasq srv2 60 69 --dhcp-range=10.6.30.60,10.6.30.69,255.255.255.0,1h
NETS6=60 start_dhcpd6 srv3 70 79
NETS6=50 start_dhcpd6 srv4 80 80
fake srv5 la=$GW10_6
FAKE5=$SPAWNED
start_relay <<END
[relay]
control = $CTL
log-level = debug
[server kea]
address = $SRV1_6
[interface vlan10]
servers = kea, $SRV2
[interface vlan20]
servers = kea, $SRV1
[interface vlan30]
servers = $UP6:14, $SRV2
[interface vlan40]
servers = kea
[interface vlan50]
servers = $UP6:14
[interface vlan60]
servers = $UP6:99
[interface vlan70]
servers = $UP6:15
END

expect_eq "a machine that said nothing" "$(explained "$(mac 99)")" nothing-seen

# ---- both families ----
start_udhcpc cl10
start_dhcp6c cl10
KAME=$CLIENT_PID
start_udhcpc cl20
start_dhclient6 cl20
start_udhcpc cl30
start_dhcpcd6 cl30
expect "one story of both families: cl10 has two leases" wait_for 15 ladder_has \
	"$(mac 10)" discover offer request ack solicit advertise "request v6" reply

# ---- DHCPv6 alone ----
start_dhclient6 cl40
expect_story "$(mac 40)" no-link-address
start_dhcpcd6 cl50
expect_story "$(mac 50)" leased-v6
start_dhclient6 cl50b
expect_story "$(mac 50 02)" no-addresses-v6
start_dhclient6 cl60
expect_story "$(mac 60)" unknown-server
start_dhclient6 cl61
expect_story "$(mac 61)" untrusted-relay
start_dhcpcd6 cl70
expect_story "$(mac 70)" wrong-link
expect "... the answer came from the server" grep -q "link-mismatch |X--*| $UP6:15" \
	<(ctl explain "$(mac 70)")
expect_story "$(mac 30)" "leased no-advertise" 40
stop $FAKE5
start_dhclient6 cl70b
# A server on the VLAN itself answers to the client alone, but its REQUEST names it.
NETS6=bad start_dnsmasq6 laptop 50 59
start_dhclient6 cl30b
expect_story "$(mac 30 02)" rogue-server-v6
expect_story "$(mac 70 02)" servers-down 40
expect_story "$(mac 20)" "leased-v6 servers-down" 40

# ---- lists ----
ctl show clients >"$T/clients"
for m in 10 20; do
	expect "show clients has the IPv6 address of cl$m" grep -q "2001:db8:$m::5" "$T/clients"
done
expect_eq "nobody booted" "$(ctl show boots)" "no boots"
# UEFI asks for a boot file.
ask cl10 ia=7 smac=02:00:00:00:10:77 opt=61:0007 opt=16:00000157000a505845436c69656e74
expect "show boots has a machine that boots over IPv6" grep -q '^02:00:00:00:10:77.* uefi-x64 ' \
	<(ctl show boots)
spawn rtr watch "$PXRELAYCTL" -s "$CTL" watch
expect "... and so has watch" wait_for 15 logged watch ' 02:00:00:00:10:77 vlan10 uefi-x64 '
stop "$KAME" KILL
