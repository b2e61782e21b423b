#!/bin/bash
# t6-multicast.sh: servers with a multicast address. ff05::1:3 is sent to with hop limit 8, and
# ff02::1:2 with 1, by the interface that the address names and by no other, from a global
# address of it (RFC 9915 7.1, 19). Answers are taken on that interface, from answers-from.
# dnsmasq leases by either: from 2.92 on, it ignores SOLICITs that a relay sends by
# unicast.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need dnsmasq dhclient tcpdump
need_pxrelayd

UP_LL=fe80::ff:fe01:1
ID1=00020000000900000010
ID2=00020000000900000011

# config ADDRESS [LINE]: a relay that asks that address.
config()
{
	printf '%s\n' "[relay]" "control = $CTL" "client-rate = off" "log-level = debug" \
		"[server all]" "address = $1" "${2:-}" \
		"[interface vlan10]" "servers = all" "[interface vlan20]" "servers = all"
}

reloaded()
{
	RELOADS=$((RELOADS + 1))
	reload_relay < <(config "$@")
	wait_for 3 eval '[ "$(relay_counter reloads)" = $RELOADS ]' || die "no reload"
}
RELOADS=0

# asks WHAT SOURCE HOPS ADDRESS: a SOLICIT reaches both servers like this.
asks()
{
	srv_forget srv1 srv2
	ask cl10
	srv_last srv1
	expect_eq "$1: both servers answer" "${A[answers]}" 2
	expect_eq "... to whom, from where, hop limit, by what" \
		"${S[dst]} ${S[src]} ${S[hlim]} ${S[la]}" "$4 $2 $3 $GW10_6"
	srv_last srv2
	expect_eq "... and the other server" "${S[dst]} ${S[src]} ${S[hlim]}" "$4 $2 $3"
}

# not_taken WHAT: the answer of one server reaches cl10, and that of the other is dropped.
not_taken()
{
	local before

	before=$(relay_drop6 not-server)
	ask cl10
	expect_eq "$1: one answer" "${A[answers]} ${A[opt2]}" "1 $ID1"
	expect "... the other is dropped" dropped6 not-server $((before + 1))
}

topo_vlans6
# A second way between the router and srv2.
link_cable rtr up1 srv2 eth1
nsbatch rtr <<END
link set up1 up
addr add 2001:db8:fffe::1/64 dev up1 nodad
END
nsbatch srv2 <<END
link set eth1 up
addr add 2001:db8:fffe::11/64 dev eth1 nodad
END
for i in vlan10 vlan20 up1; do
	capture $i rtr $i "ip6 multicast and udp src port 547"
done
fake srv1 join=ff05::1:3%eth0,ff02::1:2%eth0
fake srv2 join=ff05::1:3%eth0,ff02::1:2%eth0
FAKES=("${PIDS[@]: -2}")
quick cl10 cl20 srv1 srv2
start_relay < <(config ff05::1:3%up0)

# --- both kinds ----------------------------------------------------------------
asks "ff05::1:3" $UP6:1 8 ff05::1:3
reloaded ff02::1:2%up0
asks "ff02::1:2" $UP6:1 1 ff02::1:2
nsip rtr addr del $UP6:1/64 dev up0
wait_for 2 eval 'ask cl10; srv_last srv1; [ "${S[src]}" = $UP_LL ]'
asks "ff02::1:2, from a link without a global address" $UP_LL 1 ff02::1:2
reloaded ff05::1:3%up0
srv_forget srv1 srv2
ask cl10
expect_eq "ff05::1:3 is not sent to from there, since no answer would come" \
	"${A[answers]} $(srv_count srv1)" "0 0"
nsip rtr addr add $UP6:1/64 dev up0 nodad
wait_for 2 eval 'ask cl10; [ "${A[answers]}" = 2 ]'
asks "the address is back" $UP6:1 8 ff05::1:3

# --- which answers are taken -----------------------------------------------------
reloaded ff05::1:3%up0 "answers-from = $SRV1_6"
not_taken "answers-from, an address that it does not name"
reloaded ff05::1:3%up0 "answers-from = any"
ask cl10
expect_eq "answers-from = any" "${A[answers]}" 2
nsip srv2 -6 route add $UP6:1/128 via 2001:db8:fffe::1
knobs srv2 from=2001:db8:fffe::11
not_taken "by another interface"
nsip srv2 -6 route del $UP6:1/128
knobs srv2 to=$GW20_6
ask cl10
expect_eq "to another address of ours, by the right interface" "${A[answers]}" 2
knobs srv2 answer=none

# --- the interface goes and comes ---------------------------------------------------
nsip rtr link set up0 name up9
wait_for 2 eval 'ask cl10; [ "${A[answers]}" = 0 ]'
expect_eq "its interface has another name: nothing is sent" "${A[answers]}" 0
nsip rtr link set up9 name up0
wait_for 2 eval 'ask cl10; [ "${A[answers]}" = 1 ]'
expect_eq "and its own again" "${A[answers]}" 1

for i in vlan10 vlan20 up1; do
	expect_eq "nothing went out by $i" "$(pcap_settled $i)" 0
done

# --- dnsmasq ------------------------------------------------------------------------
for p in "${FAKES[@]}"; do
	stop "$p"
done
start_dnsmasq6 srv2 60 69
reload_relay <<END
[relay]
control = $CTL
[interface vlan10]
servers = ff05::1:3%up0
[interface vlan20]
servers = ff02::1:2%up0
END
wait_for 3 eval '[ "$(relay_counter reloads)" = $((RELOADS + 1)) ]' || die "no reload"
for v in 10 20; do
	ip6_on cl$v
	start_dhclient6 cl$v
done
for v in 10 20; do
	got=$(lease_of cl$v)
	expect "dnsmasq leases to VLAN $v: ${got:-nothing}" test "${got%::*}" = 2001:db8:$v
done
