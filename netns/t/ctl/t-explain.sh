#!/bin/bash
# What `pxrelayctl explain' says about real clients when their real servers have faults.
# Each verdict is provoked as it happens in practice. boot-explain.sh has the verdicts that
# need firmware.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need dhclient udhcpc dhcpd dnsmasq
need_pxrelayd

# verdict_is MAC CODE: `pxrelayctl explain' gives that verdict about the machine.
verdict_is()
{
	[[ $(ctl --json explain "$1") =~ \"verdict\":\ *\{[^}]*\"code\":\ *\"$2\" ]]
}

# expect_verdict MAC CODE [SECONDS]: waits for that verdict.
expect_verdict()
{
	expect "$1: $2" wait_for "${3:-15}" verdict_is "$1" "$2"
}

# mac VV [NN]: prints the MAC address of client NN in that VLAN.
mac()
{
	echo "02:00:00:00:$1:${2:-01}"
}

topo_vlans
for v in 30 40; do
	add_bridge br$v
	add_vlan $v
done
nsip rtr addr add 198.18.30.1/24 dev vlan30
for nn in 02 03 04; do
	add_client cl10-$nn 10 $nn
done
add_client cl30 30
add_client cl40 40
add_client laptop 30 09
add_server srv3 12
start_relay <<END
[relay]
control = $CTL
client-rate = 15/60s
[interface vlan10]
servers = $SRV1
[interface vlan20]
servers = $SRV2
[interface vlan30]
servers = $UP.12
[interface vlan40]
servers = $SRV1
END

expect_verdict "$(mac 99)" nothing-seen

start_dhcpd srv1 100 120
expect "cl10 has a lease" udhcpc_lease cl10
expect_verdict "$(mac 10)" leased

# The same as a page, with what only the daemon knows.
expect "a report is written" ctl report "$(mac 10)" -o "$T/report.html"
expect "the report is sound" /usr/bin/python3 "$TOP/tests/checks/report.py" check "$T/report.html"
for text in '<h1>No failure: It has an address.</h1>' '[interface vlan10]' \
	'none matched: the interface decides' "<b class=\"good\">up</b> $SRV1 ($SRV1)"; do
	expect "the report says $text" grep -qF "$text" "$T/report.html"
done
expect_not "a report of nothing" ctl report no-mac -o "$T/none.html"

# A switch inserts option 82, and the interface is not trusted.
pkt cl10-02 ask eth0 wait=0.1 type=discover opt=82:0106000400010001 >/dev/null
expect_verdict "$(mac 10 02)" untrusted-option82

# A client sends too much.
pkt cl10-03 ask eth0 wait=0.1 type=discover again=20 >/dev/null
expect_verdict "$(mac 10 03)" rate-limited

# vlan40 has no address yet.
start_udhcpc cl40
expect_verdict "$(mac 40)" no-relay-address

# srv2 has no scope for VLAN 20.
cat >"$T/dhcpd.conf" <<END
subnet 198.51.100.0 netmask 255.255.255.0 { }
END
: >"$T/dhcpd.leases"
spawn srv2 dhcpd-srv2 dhcpd -4 -f -d -cf "$T/dhcpd.conf" \
	-lf "$T/dhcpd.leases" --no-pid eth0
wait_for 5 bound srv2 67 || die "dhcpd does not start"
start_dhclient cl20
expect_verdict "$(mac 20)" no-offer 40

# An authoritative server has no free address and refuses the client's former lease.
cat >"$T/dhcpd-full.conf" <<END
authoritative;
subnet 198.51.100.0 netmask 255.255.255.0 { }
subnet 198.18.30.0 netmask 255.255.255.0 { option routers 198.18.30.1; }
END
: >"$T/dhcpd-full.leases"
spawn srv3 dhcpd-srv3 dhcpd -4 -f -d -cf "$T/dhcpd-full.conf" \
	-lf "$T/dhcpd-full.leases" --no-pid eth0
wait_for 5 bound srv3 67 || die "dhcpd does not start"
cat >"$T/old.leases" <<END
lease {
  interface "eth0";
  fixed-address 10.9.9.9;
  option subnet-mask 255.255.255.0;
  option dhcp-lease-time 86400;
  option dhcp-server-identifier 10.9.9.1;
  renew never;
  rebind never;
  expire never;
}
END
spawn cl30 dhclient-cl30 dhclient -4 -d -v --no-pid -cf /dev/null \
	-lf "$T/old.leases" -sf "$HERE/srv/client-script" \
	-e LEASE="$T/cl30.lease" eth0
old=$SPAWNED
# dhclient then starts again, and gets no offer.
before_was()
{
	[[ $(ctl --json explain "$1") =~ \"before\":\ *\{[^[]*\"verdict\":\ *\"$2\" ]]
}
expect_verdict "$(mac 30)" no-offer 40
expect "address-refused before that" before_was "$(mac 30)" address-refused
stop "$old"

# A laptop on that VLAN runs a DHCP server.
nsip laptop addr add 192.168.77.1/24 dev eth0
spawn laptop dnsmasq-laptop dnsmasq --keep-in-foreground --conf-file=/dev/null \
	--port=0 --user=root --pid-file= --log-facility=- --no-ping --dhcp-broadcast \
	--dhcp-leasefile="$T/laptop.leases" --dhcp-authoritative \
	--dhcp-range=192.168.77.50,192.168.77.60,255.255.255.0,1h
wait_for 5 bound laptop 67 || die "dnsmasq does not start"
add_client victim 30 02
start_udhcpc victim
expect_verdict "$(mac 30 02)" rogue-server

# The service of VLAN 10's server ends, and its host sends ICMP errors.
stop "$(ip netns pids "$ID-srv1" | head -n 1)" KILL
start_udhcpc cl10-04
expect_verdict "$(mac 10 04)" servers-down 40
