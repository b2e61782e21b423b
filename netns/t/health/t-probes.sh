#!/bin/bash
# t-probes.sh: every kind of probe, with the servers that it is for. When a server dies, or is
# frozen by SIGSTOP, it is down within fall x interval + timeout, with the right diagnosis, and
# it is up again when it is back. If a healthy server does not answer a kind of probe, that is
# reported and the server stays up. No probe leaves a lease behind, and none appears on a
# client VLAN.
#
# quiet: it measures time

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
need dhcpd kea-dhcp4 dnsmasq in.tftpd tcpdump

INTERVAL=1000
TIMEOUT=400
FALL=3
RISE=2
# How much longer than the silence itself it may take: the timer has steps, this machine is
# busy, and this test looks only now and then.
SLACK=$((600 * PXR_SLOW))
declare -A PID STATE DIAG LAST

# ---- servers ----------------------------------------------------------------

start_isc()
{
	start_dhcpd srv1 20 30 "authoritative;"
	PID[isc]=$SPAWNED
}

start_kea2()
{
	start_kea srv2 40 50
	PID[kea]=$SPAWNED
}

start_masq()
{
	start_dnsmasq masq 60 70
	PID[masq]=$SPAWNED
}

# A proxyDHCP server offers no addresses and has port 4011.
start_proxy()
{
	spawn proxy dnsmasq-proxy dnsmasq --keep-in-foreground \
		--conf-file=/dev/null --port=0 --user=root --pid-file= \
		--log-facility=- --log-dhcp --dhcp-leasefile="$T/proxy.leases" \
		--dhcp-range=192.0.2.0,proxy,255.255.255.128 \
		--pxe-service=X86-64_EFI,boot,nbp.efi
	PID[proxy]=$SPAWNED
	PID[p4011]=$SPAWNED
	wait_for 5 bound proxy 4011 || die "dnsmasq does not start as proxy"
}

start_tftp()
{
	spawn files tftpd in.tftpd --foreground --address 0.0.0.0:69 --ipv4 \
		--user root --verbosity 4 --secure "$T/files"
	PID[tftp]=$SPAWNED
	PID[nofile]=$SPAWNED
	wait_for 5 bound files 69 || die "tftpd does not start"
}

listens()
{
	ip netns exec "$ID-$1" cat /proc/net/tcp |
		grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$2") .* 0A "
}

start_http()
{
	# A frozen server accepts nothing, so its queue must hold all connections of that time.
	spawn files http "$PYTHON" -c '
import functools, http.server, sys
http.server.ThreadingHTTPServer.request_queue_size = 128
http.server.ThreadingHTTPServer(("", 80), functools.partial(
    http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])).serve_forever()' "$T/files"
	PID[http]=$SPAWNED
	PID[tcp]=$SPAWNED
	wait_for 5 listens files 80 || die "http.server does not start"
}

# Makes a host answer neither ARP nor echo, or both again.
ignore_all()
{
	ns host1 sysctl -qw net.ipv4.icmp_echo_ignore_all=$(($1 > 0))
	ns host2 sysctl -qw net.ipv4.conf.eth0.arp_ignore="$1"
}

# ---- what the relay thinks ----------------------------------------------------

# look: fills STATE, DIAG and LAST (of the first probe), with the server's name as index.
look()
{
	local n s d l

	while read -r n s d l; do
		STATE[$n]=$s DIAG[$n]=$d LAST[$n]=$l
	done < <(ctl --json show servers | "$PYTHON" -c '
import json, sys
for s in json.load(sys.stdin)["servers"]:
    print(s["name"], s["health"], s["diag"],
          s["probes"][0]["last"] if s["probes"] else "-")')
}

# all STATE NAME...: each of these servers is in that state.
all()
{
	local want=$1 n

	look
	for n in "${@:2}"; do
		[ "${STATE[$n]}" = "$want" ] || return 1
	done
}

ms()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# waited PID: prints for how many ns it has waited for a processor; 0 if it is gone.
waited()
{
	local ns=0

	read -r _ ns _ 2>/dev/null <"/proc/$1/schedstat"
	echo "${ns:-0}"
}

# from_now: starts the time of within_ms.
declare -A WAITED
from_now()
{
	local p

	for p in ${RELAY_PID:-} "${PID[@]}"; do
		WAITED[$p]=$(waited "$p")
	done
	T0=$(ms)
}

# starved: prints for how many ms the relay and the servers have waited for a processor since
# then.
starved()
{
	local p ns sum=0

	for p in $RELAY_PID "${PID[@]}"; do
		ns=$(($(waited "$p") - ${WAITED[$p]:-0}))
		[ $ns -lt 0 ] || sum=$((sum + ns))
	done
	echo $((sum / 1000000))
}

# within_ms LIMIT WHAT STATE NAME...: these servers are in that state within LIMIT ms after
# from_now. A server that waits for a processor answers too late, rightly counts as silent, and
# must answer RISE times again. Other programs cause that delay, so the limit is extended by it.
within_ms()
{
	local limit=$1 what=$2 took lost

	shift 2
	wait_for 60 all "$@"
	took=$(($(ms) - T0))
	lost=$(starved)
	expect "$what within $limit ms + slack: $took, $lost of them without a processor" \
		test "$took" -le $((limit + SLACK + lost + lost / TIMEOUT * RISE * INTERVAL))
	expect_not "$what: all of them" eval \
		'for n in '"${*:2}"'; do [ "${STATE[$n]}" = '"$1"' ] || echo "$n ${STATE[$n]}"; done | grep .'
}

# ---- the bed ------------------------------------------------------------------

topo_vlans
add_server masq 12
add_server proxy 21
add_server files 30
add_server host1 40
add_server host2 41
add_server silent 50
add_server other 60
nsip other addr add "$UP.61/24" dev eth0
mkdir "$T/files"
head -c 100000 /dev/zero >"$T/files/boot.bin"
: >"$T/proxy.leases"

start_isc
start_kea2
start_masq
start_proxy
start_tftp
start_http
# This server is not authoritative: it replies to clients, but not to INFORM.
start_dhcpd silent 80 90
# This one replies from an address that is no server's, so clients would not get its replies.
fake other from=$UP.61
capture cl10 cl10 eth0 "udp or arp"
capture cl20 cl20 eth0 "udp or arp"
capture up rtr up0 "udp or arp or icmp or tcp"

server()
{
	cat <<-END
	[server $1]
	address = $UP.$2
	probe = $3
	probe-interval = ${INTERVAL}ms
	probe-timeout = ${TIMEOUT}ms
	fall = $FALL
	rise = $RISE
	END
}

# Each address is one server, so a host that is probed in two ways has two addresses.
for n in 31 32 33; do
	nsip files addr add "$UP.$n/24" dev eth0
done
nsip proxy addr add "$UP.22/24" dev eth0
cat >"$T/first.conf" <<END
[relay]
control = $CTL
client-rate = off
$(server isc 10 dhcp)
$(server kea 11 dhcp)
$(server masq 12 dhcp)
$(server proxy 21 pxe)
$(server p4011 22 pxe-4011)
$(server tftp 30 tftp:boot.bin)
$(server nofile 31 tftp:nosuch.bin)
$(server http 32 http:/boot.bin)
$(server tcp 33 tcp:80)
$(server echo 40 icmp)
$(server arp 41 arp)
$(server silent 50 dhcp)
$(server other 60 dhcp)
[interface vlan10]
dhcp = isc, kea, masq
boot = proxy, p4011, tftp, nofile, http, tcp, echo, arp, other
[interface vlan20]
servers = silent
END
SERVICES="isc kea masq proxy p4011 tftp nofile http tcp"
REFUSES=$((FALL * INTERVAL + TIMEOUT))
RETURNS=$((RISE * INTERVAL + TIMEOUT))

from_now
start_relay "$T/first.conf"
within_ms $((2 * INTERVAL)) "from the start: up" up $SERVICES
for n in $SERVICES; do
	expect_eq "$n is up since it answered a probe" \
		"${DIAG[$n]} ${LAST[$n]}" "probe-answered answered"
done
expect "answers from an unknown address bring no server up" \
	wait_for 30 all down other
expect "... although they came" [ "$(relay_counter probe-strays)" -ge 1 ]
hosts_answer()
{
	look
	[ "${LAST[echo]} ${LAST[arp]}" = "answered answered" ]
}
wait_for 30 hosts_answer
expect_eq "echo and ARP are answered, but bring no server up" \
	"${STATE[echo]} ${LAST[echo]} ${STATE[arp]} ${LAST[arp]}" \
	"unknown answered unknown answered"

# ---- the wrong kind of probe ----------------------------------------------------

ask cl20 xid=0x7777
expect_eq "the server that does not answer INFORM replies to a client" \
	"${A[answers]} ${A[server]:-$UP.50}" "1 $UP.50"
wrong()
{
	ctl --json show servers | "$PYTHON" -c '
import json, sys
s = {s["name"]: s for s in json.load(sys.stdin)["servers"]}[sys.argv[1]]
sys.exit(not (s["misconfigured"] and s["health"] in ("up", "unknown")))' "$1"
}
expect "its probe is found to be the wrong kind" wait_for 30 wrong silent
expect "the log says so" logged relay \
	'^probe-misconfigured server=silent address=198.51.100.50 probe="dhcp"'
expect "and so does pxrelayctl" eval \
	'ctl show servers | tr -s " \n" " " | grep -q "answers clients but not probe dhcp"'

# ---- dead -----------------------------------------------------------------------

from_now
for n in isc kea masq proxy tftp http; do
	kill "${PID[$n]}"
done
ignore_all 8
within_ms $REFUSES "killed: down" down $SERVICES echo arp
look
for want in isc:port-unreachable kea:port-unreachable masq:port-unreachable \
	proxy:port-unreachable p4011:4011-timeout tftp:tftp-timeout \
	nofile:tftp-timeout http:http-failed tcp:tcp-failed echo:icmp-timeout \
	arp:arp-timeout; do
	expect_eq "${want%:*}: diagnosis" "${DIAG[${want%:*}]}" "${want#*:}"
	expect "${want%:*}: in the log" logged relay \
		"^server-down server=${want%:*} .* state=down diag=${want#*:} after=$FALL\$"
done
wrong silent
expect_eq "the wrong probe still takes no server down" $? 0

start_isc
start_kea2
start_masq
start_proxy
start_tftp
start_http
ignore_all 0
from_now
within_ms $RETURNS "started again: up" up $SERVICES
within_ms $RETURNS "echo and ARP: no longer down" unknown echo arp

# ---- frozen ---------------------------------------------------------------------

from_now
for n in isc kea masq proxy tftp http; do
	kill -STOP "${PID[$n]}"
done
within_ms $REFUSES "frozen: down" down isc kea masq proxy p4011 tftp nofile http
look
for want in isc:dhcp-timeout kea:dhcp-timeout masq:dhcp-timeout proxy:pxe-timeout \
	p4011:4011-timeout tftp:tftp-timeout nofile:tftp-timeout http:http-failed; do
	expect_eq "${want%:*}: diagnosis" "${DIAG[${want%:*}]}" "${want#*:}"
done
expect_eq "a kernel accepts connections for a frozen program: tcp sees nothing" \
	"${STATE[tcp]}" up
from_now
for n in isc kea masq proxy tftp http; do
	kill -CONT "${PID[$n]}"
done
within_ms $RETURNS "thawed: up" up $SERVICES

# ---- reload, drain ----------------------------------------------------------------

before=$(grep -c '^server-' "$T/relay.log")
sed "s/^max-hops.*//; s/^client-rate.*/client-rate = 100\/10s/" "$T/first.conf" |
	reload_relay
wait_for 30 logged relay ^reloaded
all up $SERVICES
expect_eq "a reload keeps the states" $? 0
expect_eq "and logs nothing about servers" \
	"$(grep -c '^server-' "$T/relay.log")" "$before"

expect "drain, by name" eval 'ctl drain isc | grep -q "^server isc is drained$"'
expect "drain, by address" eval 'ctl drain $UP.11 | grep -q "^server kea is drained$"'
expect "it is in the log" logged relay \
	"^server-drained server=isc address=$SRV1 state=drained diag=drained"
ask cl10 xid=0x7778 mac=02:00:00:00:10:77 wait=1.5
expect_eq "only the third server gets requests" "${A[answers]}" 1
expect "enable" eval 'ctl enable isc | grep -q "^server isc is up$"'
expect "it is in the log" logged relay "^server-enabled server=isc .* state=up"
ctl enable kea >"$T/ctl.log"
expect_not "an unknown server" eval 'ctl drain nobody 2>"$T/ctl.log"'
expect "is reported as one" grep -q 'no such server' "$T/ctl.log"

# ---- nothing is left over ---------------------------------------------------------

# An offer that the client never accepted is not a lease either.
expect_eq "ISC dhcpd has no lease" "$(grep -c '^lease' "$T/dhcpd-srv1.leases")" 0
expect_eq "nor has the one that ignores INFORM" "$(grep -c '^lease' "$T/dhcpd-silent.leases")" 0
expect_eq "Kea has allocated none" "$(grep -c 'LEASE_ALLOC' "$T/kea-srv2.log")" 0
expect_eq "nor has dnsmasq" "$(cat "$T/dnsmasq-masq.leases" "$T/proxy.leases")" ""

# chaddr of the relay's probes, which is that of no machine
PROBE="udp[36:4] = 0x02707872 and udp[40:2] = 0x6c79"
expect "probes are seen on the uplink" pcap_has up 50 "udp dst port 67 and $PROBE"
expect "and answers" pcap_has up 50 "udp src port 67 and $PROBE"
expect_eq "but neither on VLAN 10" "$(pcap_settled cl10 "$PROBE")" 0
expect_eq "nor on VLAN 20" "$(pcap_settled cl20 "$PROBE")" 0
expect "where messages of clients are seen" pcap_has cl10 1 "udp port 67"
# The relay ends a TFTP transfer after the first block.
expect "read requests" pcap_has up 5 "udp dst port 69"
expect_eq "no transfer goes on: blocks after an OACK" \
	"$(pcap_settled up "udp[8:2] = 3 and src host $UP.30")" 0
expect "they are ended with an ERROR" pcap_has up 5 "udp[8:2] = 5 and dst host $UP.30"
n=$(relay_counter probes)
expect "nearly all answers were counted as answers to probes" \
	test "$(relay_counter probe-answers)" -ge $((n / 2))
expect_eq "the relay dropped none of them" \
	"$(relay_drop not-our-giaddr ambiguous-giaddr not-server)" 0
