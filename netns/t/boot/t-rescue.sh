#!/bin/bash
# t-rescue.sh: a client has the offer of a boot server, but that server is dead by the time
# the client asks it on port 4011, by unicast. The relay asks another member of the group,
# and the client gets the reply as if it came from the dead server: from its address and
# port 4011, with its option 54, to the port that asked (iPXE 68, EDK2 4011). siaddr and
# file are those of the live server. The servers are first two dnsmasq as proxyDHCP; later
# one of them replies as WDS does.
#
# If the server that the client asked replies, none of this happens: the client gets only
# that reply.
#
# quiet: it measures time

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need tcpdump dnsmasq nft
need_pxrelayd

ME=192.0.2.51
A1=$UP.21
A2=$UP.22
A3=$UP.23
topo_vlans
add_server a1 21
add_server a2 22
add_server a3 23
nsip cl10 addr add $ME/25 dev eth0
nsip cl10 route add default via $GW10
# If port 68 were closed, the client would send an ICMP error for every reply.
ns cl10 nft -f - <<END
table ip t { chain out { type filter hook output priority 0;
	icmp type destination-unreachable drop; }; }
END
capture client rtr vlan10
capture server rtr up0

# proxy NAME FILE: starts dnsmasq with that boot file for UEFI.
proxy()
{
	spawn "$1" "dnsmasq-$1" dnsmasq --keep-in-foreground \
		--conf-file=/dev/null --port=0 --user=root --pid-file= \
		--log-facility=- --log-dhcp --leasefile-ro \
		--dhcp-range=192.0.2.0,proxy,255.255.255.128 \
		--pxe-service=7,boot,"$2.efi"
	wait_for 5 bound "$1" 4011 || die "dnsmasq does not start on $1"
}

# wds NAME HH OPTION...: starts a server that replies as WDS does.
wds()
{
	local n=$1 hh=$2

	shift 2
	spawn "$n" "bootd-$n" "$PYTHON" "$HERE/srv/bootd.py" \
		--address "$UP.$hh" --log "$T/$n.jsonl" --file "7=$n.efi" "$@"
	wait_for 5 bound "$n" 4011 || die "bootd does not start on $n"
}

# conf SERVERS [LINE...]: prints a configuration with failover and a hedge of 300 ms.
conf()
{
	printf '%s\n' "[relay]" "control = $CTL" "client-rate = off" \
		"[group boot]" "servers = $1" "mode = failover" \
		"hedge = $((300 * PXR_SLOW))ms" "${@:2}" \
		"[interface vlan10]" "dhcp = $SRV1" "boot = boot"
}

PXE=(type=request "ciaddr=$ME" "src=$ME" dport=4011 "dmac=$RTR10_MAC"
	"opt=60:'PXEClient:Arch:00007:UNDI:003016" opt=93:0007 opt=94:010310
	opt=97:0000000000000000000000000000000000)

# asks_as FIRMWARE SERVER [KEY=VALUE...]: sends a request to port 4011 as that firmware
# does. iPXE repeats the server identifier and asks from port 68; EDK2 asks from port 4011.
asks_as()
{
	local dst=$2 how=$1

	shift 2
	case $how in
	ipxe) ask cl10 dst="$dst" "${PXE[@]}" \
		opt=54:"$(printf %02x ${dst//./ })" "$@" ;;
	edk2) ask cl10 dst="$dst" "${PXE[@]}" sport=4011 port=4011 "$@" ;;
	esac
}

# rescued WHAT ASKED LIVE FILE PORT: checks the reply that the client got last.
rescued()
{
	expect_eq "$1: one reply" "${A[answers]}" 1
	expect_eq "... that seems to come from the server that was asked" \
		"${A[src]-}:${A[sport]-}" "$2:4011"
	expect_eq "... to the port that asked" "${A[dport]-}" "$5"
	expect_eq "... with its option 54" "${A[opt54]-}" \
		"$(printf %02x ${2//./ })"
	expect_eq "... with siaddr and file of the live server" \
		"${A[siaddr]-} ${A[file]-}" "$3 $4"
	expect_eq "... with the client's address in ciaddr, and no giaddr" \
		"${A[ciaddr]-} ${A[giaddr]-}" "$ME 0.0.0.0"
	expect_eq "... well-formed" "${A[udpsum]-} ${A[ipsum]-}" "ok ok"
}

no_rule()
{
	! ns rtr nft list table ip pxrelay >/dev/null 2>&1
}

counted()
{
	[ "$(relay_counter "$1")" = "$2" ]
}

# ---- two dnsmasq, the first dies after its offer --------------------------

proxy a1 one
dead=$SPAWNED
proxy a2 two
start_relay < <(conf "$A1, $A2")

asks_as ipxe $A1
expect_eq "while it lives: one reply" "${A[answers]}" 1
expect_eq "... routed" "${A[src]-} ${A[file]-} ${A[ttl]-}" "$A1 one.efi 63"
asks_as edk2 $A1
expect_eq "EDK2, while it lives: one reply" "${A[answers]}" 1
expect_eq "... no other server was asked" "$(relay_counter rescues-asked)" 0

stop "$dead"
asks_as ipxe $A1
rescued "iPXE, dnsmasq killed" $A1 $A2 two.efi 68
asks_as edk2 $A1
rescued "EDK2, dnsmasq killed" $A1 $A2 two.efi 4011
expect_eq "the relay asked for two clients" "$(relay_counter rescues-asked)" 2
expect_eq "... and delivered both replies" "$(relay_counter rescues-delivered)" 2
expect "the rescue is logged" logged relay \
	"rescue client=02:00:00:00:10:01 asked=$A1 live=$A2"
expect_eq "the live server sends no reply to the client directly" \
	"$(pcap_count client "src $A2 and dst $ME")" 0

# ---- ICMP errors, after which EDK2 is deaf --------------------------------

errors()
{
	local in=$1

	shift
	echo "icmp[icmptype] == icmp-unreach and icmp[8 + 9] == 17 and $*" \
		"and $([ "$in" = client ] && echo "dst $ME" || echo "src $A1")"
}

# quotes PORT: a filter for errors that quote a datagram to that port.
quotes()
{
	echo "icmp[8 + 22 : 2] == $1"
}

expect "the dead service's host says that the port is closed" \
	wait_for 2 pcap_has server 2 "$(errors server "$(quotes 4011)")"
ask cl10 dst=$A1 src=$ME dport=4012 dmac=$RTR10_MAC fill=61 wait=0
expect "the client gets such errors about another port" \
	wait_for 2 pcap_has client 1 "$(errors client "$(quotes 4012)")"
expect_eq "... and none about 4011" \
	"$(pcap_count client "$(errors client "$(quotes 4011)")")" 0
expect "the nftables rule exists" \
	ns rtr nft list chain ip pxrelay postrouting >/dev/null

reload_relay < <(conf "$A1, $A2" | sed "/^\[relay\]/a 4011-errors = pass")
wait_for 5 counted reloads 1 || die "no reload"
expect_not "with 4011-errors = pass it does not" \
	ns rtr nft list table ip pxrelay 2>/dev/null
asks_as ipxe $A1
expect "... and the client gets the error" \
	wait_for 2 pcap_has client 1 "$(errors client "$(quotes 4011)")"
reload_relay < <(conf "$A1, $A2")
wait_for 5 counted reloads 2 || die "no reload"
ns rtr nft flush ruleset
expect "the rule survives a reload of the firewall" \
	ns rtr nft list chain ip pxrelay postrouting >/dev/null

# The relay sees these errors as well, so it need not wait for its limit of 10 s.
reload_relay < <(conf "$A1, $A2" | sed "s/^hedge = .*/hedge = 10s/")
wait_for 5 counted reloads 3 || die "no reload"
asks_as edk2 $A1
rescued "an error is as good as silence" $A1 $A2 two.efi 4011
reload_relay < <(conf "$A1, $A2")
wait_for 5 counted reloads 4 || die "no reload"

# ---- what is not rescued --------------------------------------------------

n=$(relay_counter rescues-asked)
asks_as edk2 $A1 opt=43:4704800100ff00 wait=0.6
expect_eq "a boot server discovery is not rescued" "${A[answers]}" 0
asks_as ipxe $A1 opt=250:0c0101 wait=0.6
expect_eq "nor is a request of wdsnbp.com" "${A[answers]}" 0
ask cl10 dst=$A1 src=$ME dport=4011 dmac=$RTR10_MAC fill=61 wait=0.6
expect_eq "nor is anything but DHCP" "${A[answers]}" 0
asks_as ipxe $UP.24 wait=0.6
expect_eq "nor is a request to an unknown server" "${A[answers]}" 0
reload_relay < <(conf "$A1, $A2" "rescue = off")
wait_for 5 counted reloads 5 || die "no reload"
asks_as ipxe $A1 wait=0.6
expect_eq "nor is anything with rescue = off" "${A[answers]}" 0
expect_eq "the relay asked no other server for any of these" \
	"$(relay_counter rescues-asked)" "$n"

# ---- a server that replies as WDS does; a server that replies too late ------

wds a3 23
reload_relay < <(conf "$A1, $A3")
wait_for 5 counted reloads 6 || die "no reload"
asks_as ipxe $A1
rescued "iPXE, from WDS" $A1 $A3 a3.efi 68
asks_as edk2 $A1
rescued "EDK2, from WDS" $A1 $A3 a3.efi 4011

# The server that was asked is slow and the other one slower, so its own reply comes first.
wds a1 21 --delay "$("$PYTHON" -c "print(0.5 * $PXR_SLOW)")"
slow=$SPAWNED
reload_relay < <(conf "$A1, $A2")
wait_for 5 counted reloads 7 || die "no reload"
ns a2 nft -f - <<END
table ip t { chain in { type filter hook input priority 0;
	udp dport 4011 drop; }; }
END
n=$(relay_counter rescues-asked)
asks_as ipxe $A1 settle=400
expect_eq "slow: one reply" "${A[answers]}" 1
expect_eq "... its own" "${A[src]-} ${A[file]-} ${A[ttl]-}" "$A1 a1.efi 63"
expect_eq "... although the relay asked another" "$(relay_counter rescues-asked)" \
	$((n + 1))
ns a2 nft delete table ip t

# It replies after the rescue. The relay cannot stop that reply, but counts it.
asks_as ipxe $A1 settle=600
expect_eq "too late: the rescue's reply comes first" "${A[siaddr]-}" "$A2"
expect_eq "... then its own" "${A[answers]} ${A[2.siaddr]-}" "2 $A1"
expect "... counted" wait_for 2 counted rescues-late 1

# ---- a server that is known to be down is rescued at once -------------------

stop "$slow"
n=$(pcap_settled client "$(errors client "$(quotes 4011)")")
nsip rtr route add unreachable $A1
expect "the relay knows that it is gone" \
	wait_for 3 logged relay "server-down .*address=$A1"
reload_relay < <(conf "$A1, $A2" | sed "s/^hedge = .*/hedge = 10s/")
wait_for 5 counted reloads 8 || die "no reload"
asks_as ipxe $A1
rescued "known to be down, at once" $A1 $A2 two.efi 68
expect_eq "... and the router's own ICMP error stays away" \
	"$(pcap_settled client "$(errors client "$(quotes 4011)")")" "$n"

stop "$RELAY_PID" KILL
expect "the rule ends with the relay, even if the relay is killed" \
	wait_for 2 no_rule
