#!/bin/bash
# t-doctor.sh: `pxrelayctl doctor' with real servers, healthy ones and ones with every fault
# that operators meet. Each VLAN has at most one fault, and one run finds all of them.
#
#   VLAN  server(s)               fault
#   10    dhcpd, boot1            none: BIOS, x64 and ARM64 boot by TFTP
#   11    kea, nginx              none: x64 boots by HTTP
#   12    host12                  nothing listens on port 67
#   13    .13                     no host has that address
#   14    dhcpd on host14         a firewall there drops port 67
#   15    dhcpd                   no subnet for it
#   16    dhcpd                   option 60 PXEClient, no file and no port 4011
#   17    dhcpd                   next-server, but no filename
#   18    dhcpd                   the same UEFI file for all machines
#   19    dhcpd                   no router option
#   20    dhcpd                   the file is not there
#   21    dhcpd                   next-server has no TFTP
#   22    dhcpd                   next-server's firewall drops TFTP
#   23    dhcpd, dhcpd on host23  the two disagree about the router
#   24    dhcpd                   a laptop on the VLAN runs a DHCP server
#   25    dhcpd on host25         no route back to the VLAN
#   26    dhcpd, dhcpd on host26  drained
#   27    100.64.0.9              no route
#   28    dhcpd on host28         its replies come by another link, rp_filter is strict
#   29    dhcpd, boot29           port 4011 is dropped there
#   30    dhcpd                   none, but a rule here drops TFTP from it
#   31    dhcpd, boot1            boot1 does not know the subnet
#   32    dhcpd                   the interface has no address
#   33    dhcpd                   offers addresses of another subnet
#   34    dhcpd                   the router it offers is not there
#   35    dhcpd on host35         replies come from another address
#   36    dhcpd                   the router here forwards nothing
#   37    dhcpd, dhcpd on host37  a boot server without port 4011
#   38    dnsmasq on host38       none; it pings for 3 s before it offers
#
# long: it waits for many servers that are silent

. "$(dirname "$0")/../../topo/topo-vlans.sh"
. "$HERE/lib/doctor-lib.sh"
need dhcpd dnsmasq kea-dhcp4 in.tftpd nginx nft tcpdump udhcpc
need_pxrelayd

VLANS=$(seq 11 38)

# vlan VV: the router's port there, with 10.0.VV.1/24.
vlan()
{
	add_bridge "br$1"
	add_vlan "$1"
	nsip rtr addr add "10.0.$1.1/24" dev "vlan$1"
}

# subnet VV [LINE...]: prints a subnet for dhcpd.conf.
subnet()
{
	local v=$1

	shift
	printf 'subnet 10.0.%s.0 netmask 255.255.255.0 {\n' "$v"
	printf 'range 10.0.%s.50 10.0.%s.59;\n' "$v" "$v"
	printf '%s\n' "$@" '}'
}

# with_router VV [LINE...]
with_router()
{
	subnet "$@" "option routers 10.0.$1.1;"
}

# dhcpd_on NAMESPACE: starts dhcpd with the subnets on standard input.
dhcpd_on()
{
	local n=$1

	{
		echo 'ping-check off; default-lease-time 3600;'
		echo 'subnet 198.51.100.0 netmask 255.255.255.0 { }'
		cat
	} >"$T/dhcpd-$n.conf"
	: >"$T/dhcpd-$n.leases"
	spawn "$n" "dhcpd-$n" dhcpd -4 -f -d -cf "$T/dhcpd-$n.conf" \
		-lf "$T/dhcpd-$n.leases" --no-pid eth0
	wait_for 5 bound "$n" 67 || die "dhcpd does not start on $n"
}

# boot_on NAMESPACE OPTION...: starts dnsmasq as boot server with TFTP.
boot_on()
{
	local n=$1

	shift
	spawn "$n" "dnsmasq-$n" dnsmasq --keep-in-foreground \
		--conf-file=/dev/null --port=0 --user=root --pid-file= \
		--log-facility=- --dhcp-leasefile="$T/dnsmasq-$n.leases" \
		--pxe-service=x86PC,one,bios --pxe-service=x86-64_EFI,one,x64.efi \
		--pxe-service=ARM64_EFI,one,arm64.efi \
		--enable-tftp --tftp-root="$T/tftp" "$@"
	wait_for 5 bound "$n" 4011 || die "dnsmasq does not start on $n"
}

kea_on()
{
	run_kea "$1" <<-END
	{ "Dhcp4": {
	  "interfaces-config": { "interfaces": [ "eth0" ],
	    "dhcp-socket-type": "udp" },
	  "lease-database": { "type": "memfile", "name": "$T/kea.csv" },
	  "valid-lifetime": 3600,
	  "client-classes": [ { "name": "http",
	    "test": "substring(option[60].hex,0,10) == 'HTTPClient'",
	    "boot-file-name": "http://$UP.11:8080/x64.efi",
	    "option-data": [ { "name": "vendor-class-identifier",
	      "data": "HTTPClient" } ] } ],
	  "subnet4": [ { "subnet": "10.0.11.0/24",
	    "pools": [ { "pool": "10.0.11.50 - 10.0.11.59" } ],
	    "option-data": [ { "name": "routers", "data": "10.0.11.1" } ] } ],
	  "loggers": [ { "name": "kea-dhcp4", "severity": "INFO",
	    "output_options": [ { "output": "stdout" } ] } ]
	} }
	END
}

listens()
{
	ns "$1" cat /proc/net/tcp | grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$2") "
}

nginx_on()
{
	mkdir -p "$T/nginx"
	cat >"$T/nginx.conf" <<-END
	daemon off;
	master_process off;
	user root;
	pid $T/nginx.pid;
	error_log $T/nginx-error.log;
	events { }
	http {
		access_log off;
		client_body_temp_path $T/nginx/b;
		proxy_temp_path $T/nginx/p;
		fastcgi_temp_path $T/nginx/f;
		uwsgi_temp_path $T/nginx/u;
		scgi_temp_path $T/nginx/s;
		server { listen 8080; root $T/tftp; }
	}
	END
	spawn "$1" "nginx-$1" nginx -c "$T/nginx.conf"
	wait_for 5 listens "$1" 8080 || die "nginx does not start"
}

nft_on()
{
	ns "$1" nft -f - || die "nft refuses the rules of $1"
}

# fails VV CODES: exactly these failed there.
fails()
{
	expect_eq "VLAN $1" "$(failed "vlan$1")" "$2"
}

# no_lease: no server has recorded a lease of the doctor's machine.
no_lease()
{
	! grep -l -i -e '02:70:78:64' "$T"/*.leases "$T"/kea.csv* 2>/dev/null
}

mkdir "$T/tftp"
pe "$T/tftp/x64.efi" '\x64\x86'
pe "$T/tftp/arm64.efi" '\x64\xaa'
printf '\xeb\x3c' >"$T/tftp/bios.0"
head -c 3000 /dev/zero >>"$T/tftp/bios.0"

topo_vlans
for v in $VLANS; do
	[ "$v" = 20 ] || vlan "$v"
done
nsip rtr addr replace 10.0.20.1/24 dev vlan20
nsip rtr addr del $GW20/24 dev vlan20
nsip rtr addr del 10.0.32.1/24 dev vlan32
for n in 12 14 22 23 25 26 28 29 35 37 38; do
	add_server "host$n" "$n"
done
add_server boot1 21

boots="next-server $BOOT1"
{
	cat <<-END
	subnet 192.0.2.0 netmask 255.255.255.128 {
		range 192.0.2.50 192.0.2.59;
		option routers 192.0.2.1;
	}
	END
	with_router 16 'option vendor-class-identifier "PXEClient";'
	with_router 17 "$boots;"
	with_router 18 "$boots; filename \"x64.efi\";"
	subnet 19 "$boots; filename \"bios.0\";"
	with_router 20 "$boots; filename \"nosuch.0\";"
	with_router 21 "next-server $SRV2; filename \"bios.0\";"
	with_router 22 "next-server $UP.22; filename \"bios.0\";"
	with_router 23
	with_router 24
	with_router 26
	with_router 27
	with_router 29
	with_router 30
	with_router 31
	echo 'shared-network other {'
	echo 'subnet 10.0.33.0 netmask 255.255.255.0 { }'
	echo 'subnet 10.99.33.0 netmask 255.255.255.0 {'
	echo 'range 10.99.33.50 10.99.33.59; option routers 10.99.33.1; } }'
	subnet 34 'option routers 10.0.34.254;'
	with_router 36
	with_router 37
} | dhcpd_on srv1
kea_on srv2
nginx_on srv2
boot_on boot1 --dhcp-range=192.0.2.0,proxy,255.255.255.128 \
	--dhcp-range=10.0.29.0,proxy,255.255.255.0
with_router 14 | dhcpd_on host14
subnet 23 'option routers 10.0.23.2;' | dhcpd_on host23
with_router 25 | dhcpd_on host25
with_router 26 | dhcpd_on host26
with_router 28 | dhcpd_on host28
with_router 35 | dhcpd_on host35
spawn host38 dnsmasq-host38 dnsmasq --keep-in-foreground --conf-file=/dev/null \
	--port=0 --user=root --pid-file= --log-facility=- \
	--dhcp-leasefile="$T/host38.leases" \
	--dhcp-range=10.0.38.50,10.0.38.59,255.255.255.0,1h \
	--dhcp-option=option:router,10.0.38.1 --dhcp-boot="bios.0,,$BOOT1"
wait_for 5 bound host38 67 || die "dnsmasq does not start"
with_router 37 'option vendor-class-identifier "PXEClient";' | dhcpd_on host37
boot_on host29 --dhcp-range=10.0.29.0,proxy,255.255.255.0
boot_on host22 --dhcp-range=10.0.22.0,proxy,255.255.255.0

# dhcpd reads from a packet socket, which sees packets before any filter.
nft_on host14 <<END
table ip t {
	chain out { type filter hook output priority 0; udp sport 67 drop; }
}
END
nft_on host22 <<END
table ip t {
	chain in { type filter hook input priority 0; udp dport 69 drop; }
}
END
nft_on host29 <<END
table ip t {
	chain in { type filter hook input priority 0; udp dport 4011 drop; }
}
END
nft_on host35 <<END
table ip t {
	chain out { type nat hook postrouting priority 100; udp sport 67 snat to $UP.200; }
}
END
nsip host35 addr add $UP.200/24 dev eth0
nsip host25 route del default
# host28's replies come by another link.
link_cable host28 eth1 rtr up1 02:00:00:02:01:28 02:00:00:01:00:28
nsip host28 addr add 198.18.28.2/30 dev eth1
nsip host28 link set eth1 up
nsip rtr addr add 198.18.28.1/30 dev up1
nsip rtr link set up1 up
# rp_filter also drops ARP of an address that belongs to another link, and does not count it.
nsip host28 neigh replace 198.18.28.1 lladdr 02:00:00:01:00:28 dev eth1
nsip host28 route replace 10.0.28.0/24 via 198.18.28.1 src $UP.28
ns rtr sysctl -qw net.ipv4.conf.up1.rp_filter=1
ns rtr sysctl -qw net.ipv4.conf.vlan36.forwarding=0

add_client laptop 24 09
nsip laptop addr add 192.168.77.1/24 dev eth0
spawn laptop dnsmasq-laptop dnsmasq --keep-in-foreground --conf-file=/dev/null \
	--port=0 --user=root --pid-file= --log-facility=- --no-ping \
	--dhcp-leasefile="$T/laptop.leases" --dhcp-authoritative \
	--dhcp-range=192.168.77.50,192.168.77.60,255.255.255.0,1h
wait_for 5 bound laptop 67 || die "dnsmasq does not start"

nft_on rtr <<END
table inet fw {
	chain pass { type filter hook forward priority 0; iifname "vlan30" udp dport 69 drop; }
}
END

{
	cat <<-END
	[relay]
	control = $CTL
	[server dhcp-a]
	address = $SRV1
	[server dhcp-drained]
	address = $UP.26
	[server boot-a]
	address = $BOOT1
	[interface vlan10]
	dhcp = dhcp-a
	boot = boot-a
	END
	for v in $VLANS; do
		echo "[interface vlan$v]"
		case $v in
		11) echo "servers = $SRV2" ;;
		12 | 14 | 25 | 28 | 35 | 38) echo "servers = $UP.$v" ;;
		13) echo "servers = $UP.13" ;;
		23) echo "servers = dhcp-a, $UP.23" ;;
		26) echo "servers = dhcp-a, dhcp-drained" ;;
		27) echo "servers = 100.64.0.9, dhcp-a" ;;
		29) echo "dhcp = dhcp-a"; echo "boot = $UP.29" ;;
		37) echo "dhcp = dhcp-a"; echo "boot = $UP.37" ;;
		31) echo "dhcp = dhcp-a"; echo "boot = boot-a" ;;
		*) echo "servers = dhcp-a" ;;
		esac
	done
} >"$T/relay.conf"
start_relay "$T/relay.conf"
capture vlan10 rtr vlan10 'udp port 67 or udp port 68'

# A network in good health.
expect "good health: exit status 0" doctor vlan10
expect_eq "good health: nothing failed" "$(failed vlan10)$(failed 'this host')" ""
for f in "bios bios.0" "uefi-x64 x64.efi" "uefi-arm64 arm64.efi"; do
	expect "${f% *} finds its boot file" found vlan10 file-found "${f#* } ("
done
expect "the router is found" found vlan10 router "this host"
expect "HTTP boot in good health: exit status 0" doctor vlan11
expect "the file comes by HTTP" found vlan11 file-found http://
expect_eq "clients got no message" "$(pcap_count vlan10 src port 67)" 0
cp "$T/doctor.json" "$T/good.json"

ctl drain dhcp-drained >/dev/null
expect_not "a sick network: exit status 1" doctor
fails 10 ""
fails 12 "no-address port-closed"
fails 13 "host-unreachable no-address"
fails 14 "no-address no-offer"
fails 15 "no-address no-pool"
fails 16 "option60-without-4011"
fails 17 "no-boot-file"
fails 18 "wrong-file"
fails 19 "no-router wrong-file"
fails 20 "file-not-found"
fails 21 "tftp-closed"
fails 22 "tftp-silent"
fails 23 "router-silent servers-disagree"
fails 24 "rogue-server"
fails 25 "giaddr-unreachable no-address"
fails 26 ""
expect "VLAN 26: drained" found vlan26 drained dhcp-drained
fails 27 "no-route"
fails 28 "giaddr-unreachable no-address"
fails 29 "4011-silent"
fails 31 "boot-server-silent nothing-to-boot"
fails 32 "no-giaddr"
fails 33 "router-silent wrong-subnet"
fails 34 "router-silent"
fails 35 "no-address reply-from-other-address"
fails 37 "4011-closed"
fails 38 "wrong-file"
expect "VLAN 38: an offer after a ping" found vlan38 offers "10.0.38.5"
expect "the rogue's address" found vlan24 rogue-server 192.168.77.1
expect "wrong file: for a BIOS" found vlan18 wrong-file '["bios"'
expect "this host: rp_filter" found "this host" rp-filter-drops up1
expect "this host: forwarding" found "this host" forwarding-off vlan36
expect "this host: a rule that explains the silence" found "this host" firewall-drops "inet fw pass"
expect "no lease is left behind" no_lease
expect_eq "the relay relayed nothing" "$(relay_counter requests)" 0
expect "the closed port was not counted against its server" eval \
	'ctl show servers | grep -q "$UP.12 .*unknown"'
expect "no client is remembered" eval '! ctl show clients | grep -q 02:70'

# Alone, a rule with a condition is a warning.
expect "a rule with a condition: exit status 0" doctor vlan30
expect "the rule is named" found "this host" firewall-may-drop "inet fw pass"

# A rule that drops all TFTP breaks the network that was in good health.
nft_on rtr <<END
flush ruleset
table inet fw {
	chain pass { type filter hook forward priority 0; udp dport { 69, 5000-5010 } counter drop; }
}
END
expect_not "a rule drops TFTP: exit status 1" doctor vlan10
expect_eq "nothing but this host has a fault" "$(failed vlan10)" ""
expect "the rule is named" found "this host" firewall-drops "inet fw pass, rule handle"

# A reply to giaddr belongs to no connection, so what firewalld accepts leaves it out.
nft_on rtr <<END
flush ruleset
table inet fw {
	chain rest { reject with icmpx type admin-prohibited; }
	chain input {
		type filter hook input priority 0
		ct state { established, related } accept
		iifname lo accept
		icmp type echo-request accept
		jump rest
	}
}
END
expect_not "the firewall rejects replies: exit status 1" doctor vlan10
expect "the rule is named" found "this host" firewall-may-drop "inet fw rest, rule handle"
nft_on rtr <<<"flush ruleset"

# A client that has a lease keeps it.
lease=$(udhcpc_lease cl10)
expect "a client of VLAN 10 has a lease: ${lease:-none}" test -n "$lease"

# Another pxrelay on the VLAN does not relay the DISCOVER by which doctor looks for servers.
new_ns rtr2
link_cable rtr2 vlan10 sw rtr2-10 02:00:00:03:00:10
link_cable rtr2 up0 sw rtr2-up 02:00:00:03:00:01
nsbatch sw <<END
link set rtr2-10 master br10 up
link set rtr2-up master brup up
END
nsbatch rtr2 <<END
link set vlan10 up
link set up0 up
addr add 192.0.2.2/25 dev vlan10
addr add $UP.2/24 dev up0
END
start_relay -n relay2 -N rtr2 <<END
[relay]
control = $T/relay2.sock
[interface vlan10]
servers = $SRV1
END
second=$RELAY_PID
expect "two pxrelays: exit status 0" doctor vlan10
expect "the other one dropped the DISCOVER" eval \
	'CTL_SOCKET=$T/relay2.sock dropped doctor 1'
expect "and does not remember the client" eval \
	'! ctl -s "$T/relay2.sock" show clients | grep -q 02:70'
expect_not "and is not reported as another relay" found vlan10 another-relay
stop "$second"
spawn rtr2 dnsmasq-rtr2 dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 \
	--user=root --pid-file= --log-facility=- --dhcp-relay=192.0.2.2,$SRV1
wait_for 5 bound rtr2 67 || die "dnsmasq does not start"
nsip srv1 route add 192.0.2.2/32 via $UP.2
expect "another relay is no failure" doctor vlan10
expect "another relay is seen" found vlan10 another-relay 192.0.2.2
expect "no lease is left behind but the client's" no_lease
