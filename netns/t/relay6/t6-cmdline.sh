#!/bin/bash
# t6-cmdline.sh: pxrelayd relays DHCPv6 without a file, with servers of every kind of address on
# the command line; and what `pxrelayctl import' makes of a dhcrelay -6, a dnsmasq and an IOS
# configuration passes `pxrelayd -n' and relays.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

LOCAL=fe80::ff:fe02:10

# serves N: cl10 has N ADVERTISEs with an address of its VLAN.
serves()
{
	ask cl10 ia=7 settle=100
	[ "${A[answers]} ${A[addr]%::*}" = "$1 2001:db8:10" ]
}

# no_file SERVERS N DESTINATION: starts pxrelayd -i vlan10 SERVERS.
no_file()
{
	spawn rtr relay sh -c 'mkdir -p /run/pxrelay && mount -t tmpfs none /run/pxrelay
		exec "$@"' sh "$PXRELAYD" -f -l stderr -i vlan10 $1
	expect "$1: $2 answered" wait_for 5 serves "$2"
	srv_last srv1
	expect_eq "... at" "${S[dst]} ${S[la]}" "$3 $GW10_6"
	stop "$SPAWNED"
}

# imports KIND DESTINATION: converts the file on standard input, in the router, because dnsmasq's
# names no interfaces. The result is accepted, and relays to srv1 and to DESTINATION.
imports()
{
	cat >"$T/$1.in"
	ns rtr "$PXRELAYCTL" import "$1" "$T/$1.in" >"$T/$1.conf" 2>"$T/import.log"
	expect_eq "import $1" $? 0
	expect "... pxrelayd -n takes it" "$PXRELAYD" -n -c "$T/$1.conf"
	srv_forget srv1 srv2
	spawn rtr "relay-$1" sh -c 'mkdir -p /run/pxrelay && mount -t tmpfs none /run/pxrelay
		exec "$@"' sh "$PXRELAYD" -f -l stderr -c "$T/$1.conf"
	expect "... it relays" wait_for 5 serves 2
	expect "... to srv1" srv_has srv1 1 "\"dst\": \"$SRV1_6\""
	expect "... and to $2" grep -q "\"dst\": \"$2\"" "$T"/srv[12].jsonl
	stop "$SPAWNED"
}

topo_vlans6
fake srv1 join=ff05::1:3%eth0,ff02::1:2%eth0
fake srv2
quick cl10
no_file $SRV1_6 1 $SRV1_6
no_file "$SRV1 $SRV2_6 $SRV1_6" 2 $SRV1_6
no_file $LOCAL%up0 1 $LOCAL
no_file ff05::1:3%up0 1 ff05::1:3
no_file ff02::1:2%up0 1 ff02::1:2

imports dhcrelay ff05::1:3 <<END
dhcrelay -6 -l vlan10 -u $SRV1_6%up0 -u up0
END
imports dnsmasq ff05::1:3 <<END
interface=vlan10
dhcp-relay=$GW10_6,$SRV1_6
dhcp-relay=$GW10_6,ff05::1:3,up0
END
imports ios $SRV2_6 <<END
interface Vlan10
 ipv6 dhcp relay destination $SRV1_6
 ipv6 dhcp relay destination ${SRV2_6^^}
END
