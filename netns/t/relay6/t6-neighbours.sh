#!/bin/bash
# t6-neighbours.sh: as t-neighbours.sh, for DHCPv6: dnsmasq, ISC dhcpd and Kea serve VLAN 20 on
# the router, started before or after the relay. Each keeps its clients, and the relay keeps its
# replies. dnsmasq without bind-dynamic shares port 547 with nobody, and the relay says so.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need dhcpd dnsmasq kea-dhcp6 dhclient

topo_vlans6
ip6_on cl10
ip6_on cl20
NETS6=10 start_dnsmasq6 srv1 50 99

ours()
{
	spawn rtr "$name" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 \
		--user=root --pid-file= --log-facility=- --log-dhcp \
		--dhcp-leasefile="$T/$name.leases" \
		--dhcp-range=2001:db8:20::100,2001:db8:20::199,64,1h "$@"
}

isc()
{
	echo "subnet6 2001:db8:20::/64 { range6 2001:db8:20::100 2001:db8:20::199; }" \
		>"$T/isc.conf"
	: >"$T/isc.leases"
	spawn rtr "$name" dhcpd -6 -f -d -cf "$T/isc.conf" -lf "$T/isc.leases" --no-pid vlan20
}

kea()
{
	cat >"$T/kea.json" <<-END
	{ "Dhcp6": {
	  "interfaces-config": { "interfaces": [ "vlan20/$GW20_6" ] },
	  "lease-database": { "type": "memfile", "persist": false },
	  "server-id": { "type": "LLT", "persist": false },
	  "subnet6": [ { "subnet": "2001:db8:20::/64", "interface": "vlan20", "pools": [
	    { "pool": "2001:db8:20::100 - 2001:db8:20::199" } ] } ],
	  "loggers": [ { "name": "kea-dhcp6", "severity": "INFO",
	    "output_options": [ { "output": "stdout" } ] } ]
	} }
	END
	mkdir -p "$T/kea"
	spawn rtr "$name" env KEA_PIDFILE_DIR="$T/kea" KEA_LOCKFILE_DIR="$T/kea" \
		KEA_LOGGER_DESTINATION=stdout kea-dhcp6 -c "$T/kea.json"
}

neighbour()
{
	case $1 in
	dhcpd)		isc ;;
	one)		ours --bind-dynamic --interface=vlan20 ;;
	dynamic)	ours --bind-dynamic --interface=vlan20 --interface=lo ;;
	interfaces)	ours --bind-interfaces --interface=vlan20 ;;
	kea)		kea ;;
	wildcard)	ours --interface=vlan20 ;;
	esac
	NEIGHBOUR=$SPAWNED
	wait_for 10 serves || die "$name does not start"
}

# On all addresses, or on the global or link-local one of VLAN 20.
serves()
{
	ns rtr cat /proc/net/udp6 | grep -Eq \
	    ' (0{32}|B80D0120000020000000000001000000|000080FE00000000[0-9A-F]{8}200001FE):0223 '
}

relay()
{
	start_relay -n "$name-relay" <<-END
	[relay]
	control = $T/$name-relay.sock
	[interface vlan10]
	servers = $SRV1_6
	END
}

leases()
{
	start_dhclient6 "cl$2"
	expect_eq "$1: a client in VLAN $2 has a lease" \
		"$(lease_of "cl$2" | cut -d: -f1-3)" "2001:db8:$2"
	stop "$CLIENT_PID"
	nsip "cl$2" -6 addr flush dev eth0 scope global
}

round()
{
	name=$1-$2
	[ "$2" = after ] || neighbour "$1"
	relay
	[ "$2" = before ] || neighbour "$1"
	leases "$name" 10
	leases "$name" 20
	expect_not "$name: no port is taken" logged "$name-relay" port-taken
	stop "$NEIGHBOUR"
	stop "$RELAY_PID"
}

for who in dhcpd one dynamic interfaces kea; do
	round "$who" before
	round "$who" after
done

name=wildcard
neighbour wildcard
relay
expect "dnsmasq that has the port for itself is named" wait_for 5 logged wildcard-relay \
	"port-taken port=547 address=:: .* process=\"dnsmasq\" pid=$NEIGHBOUR"
stop "$NEIGHBOUR"
leases "the port is taken over when dnsmasq ends" 10
