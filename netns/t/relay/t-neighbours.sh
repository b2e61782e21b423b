#!/bin/bash
# t-neighbours.sh: another DHCP program on the router itself serves VLAN 20 while the relay
# serves VLAN 10, started before or after it: ISC dhcpd, dnsmasq with one interface, with
# several, and with bind-interfaces, and Kea on raw sockets. Each keeps its clients, those
# that renew by unicast included, and the relay keeps its replies. dnsmasq without
# bind-dynamic or bind-interfaces shares the port with nobody, and the relay says so.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need dhcpd dnsmasq kea-dhcp4 udhcpc

topo_vlans
add_client cl10b 10 02
nsip cl10b addr add 192.0.2.51/25 dev eth0
start_dnsmasq srv1 60 99 --no-ping

conf="[relay]
control = CTL
[interface vlan10]
servers = $SRV1"

ours()
{
	spawn rtr "$name" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 \
		--user=root --pid-file= --log-facility=- --log-dhcp --no-ping \
		--dhcp-leasefile="$T/$name.leases" \
		--dhcp-range=203.0.113.100,203.0.113.199,255.255.255.0,1h "$@"
}

kea()
{
	run_kea rtr <<-END
	{ "Dhcp4": {
	  "interfaces-config": { "interfaces": [ "vlan20" ], "dhcp-socket-type": "$1" },
	  "lease-database": { "type": "memfile", "persist": false },
	  "valid-lifetime": 3600,
	  "subnet4": [ { "subnet": "203.0.113.0/24",
	    "pools": [ { "pool": "203.0.113.100 - 203.0.113.199" } ] } ],
	  "loggers": [ { "name": "kea-dhcp4", "severity": "INFO",
	    "output_options": [ { "output": "stdout" } ] } ]
	} }
	END
}

isc()
{
	cat >"$T/isc.conf" <<-END
	ping-check off;
	default-lease-time 3600;
	subnet 203.0.113.0 netmask 255.255.255.0 { range 203.0.113.100 203.0.113.199; }
	END
	: >"$T/isc.leases"
	spawn rtr "$name" dhcpd -4 -f -d -cf "$T/isc.conf" -lf "$T/isc.leases" --no-pid vlan20
}

neighbour()
{
	case $1 in
	dhcpd)		isc ;;
	one)		ours --bind-dynamic --interface=vlan20 ;;
	dynamic)	ours --bind-dynamic --interface=vlan20 --interface=lo \
				--pxe-service=x86PC,boot,pxelinux ;;
	interfaces)	ours --bind-interfaces --listen-address=$GW20 ;;
	wildcard)	ours --interface=vlan20 ;;
	raw)		kea raw ;;
	esac
	NEIGHBOUR=$SPAWNED
}

# leases NAME VV NET: a client there gets a lease and renews it by unicast.
leases()
{
	local pid

	start_udhcpc "cl$2"
	pid=$CLIENT_PID
	expect_eq "$name: a client in VLAN $2 has a lease" \
		"$(lease_of "cl$2" | cut -d. -f1-3)" "$3"
	rm -f "$T/cl$2.lease"
	kill -USR1 "$pid"
	expect "$name: it renews" test "$(lease_of "cl$2")"
	stop "$pid"
}

# The kernel may give a port again only once the program is gone.
round()
{
	local who=$1 order=$2

	name=$who-$order
	if [ "$order" = before ]; then
		neighbour "$who"
		wait_for 10 serves
		start_relay -n "$name-relay" <<<"${conf/CTL/$T/$name-relay.sock}"
	else
		start_relay -n "$name-relay" <<<"${conf/CTL/$T/$name-relay.sock}"
		neighbour "$who"
		wait_for 10 serves
	fi
	leases "$name" 10 192.0.2
	leases "$name" 20 203.0.113
	expect_not "$name: no port is taken" logged "$name-relay" port-taken
	[ "$who" != dynamic ] || boots_4011
	stop "$NEIGHBOUR"
	stop "$RELAY_PID"
}

# dnsmasq has port 4011 on all addresses.
boots_4011()
{
	CTL_SOCKET=$T/$name-relay.sock
	expect "$name: dnsmasq has port 4011" \
		grep -q ' 00000000:0FAB ' <(ns rtr cat /proc/net/udp)
	ask cl10b src=192.0.2.51 dport=4011 dst=$GW10 dmac=$RTR10_MAC wait=0.1 type=request \
		ciaddr=192.0.2.51 "opt=60:'PXEClient:Arch:00000:UNDI:002001"
	expect "$name: the relay gets what is sent to its own" \
		wait_for 2 eval '[ "$(relay_counter 4011-requests)" = 1 ]'
}

# As seen by how many sockets there are: the neighbour's on VLAN 20 or on all.
serves()
{
	ns rtr cat /proc/net/udp | grep -Eq ' (00000000|017100CB):0043 '
}

for who in dhcpd one dynamic interfaces raw; do
	round "$who" before
	round "$who" after
done

name=wildcard
neighbour wildcard
wait_for 10 serves
start_relay -n wildcard-relay <<<"${conf/CTL/$T/wildcard-relay.sock}"
CTL_SOCKET=$T/wildcard-relay.sock
expect "dnsmasq that has the port for itself is named" wait_for 5 logged wildcard-relay \
	"port-taken port=67 address=0.0.0.0 .* process=\"dnsmasq\" pid=$NEIGHBOUR "
expect_eq "... once" "$(grep -c 'port-taken port=67' "$T/wildcard-relay.log")" 1
ports="UDP 67 of $GW10 and 1 more: dnsmasq, pid $NEIGHBOUR"
expect "... in show" grep -qF "another program has $ports;" <(ctl show)
ns rtr "$PXRELAYCTL" -s "$CTL_SOCKET" --json doctor vlan10 >"$T/doctor" 2>&1
expect "... and by doctor" grep -qF "\"detail\": \"$ports\"" "$T/doctor"
stop "$NEIGHBOUR"
leases "the port is taken over when dnsmasq ends" 10 192.0.2
expect_not "show has none any more" grep -q 'another program' <(ctl show)
