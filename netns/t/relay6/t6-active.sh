#!/bin/bash
# t6-active.sh: two routers serve one VLAN, as with VRRP for IPv6 (RFC 9568). Only the one that
# has the virtual address relays requests; what is answered meanwhile is delivered by the one
# that asked. The address is on a macvlan with VRRP's MAC, as keepalived (use_vmac) and FRR do it;
# FRR leaves it on both routers, and takes the carrier of the macvlan where it is not the master.
# Each family has a master of its own.
#
# quiet: it measures time
#
#                    ┌─ rtr  ::2 ─ ::1 ─┐
#   cl10 ─( br10 )───┤                  ├─( brup )─ srv1 IPv6, srv2 IPv4
#                    └─ rtrb ::3 ─ ::3 ─┘
#         fe80::1 and ::1 are virtual

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

VIP=$GW10_6
declare -A PID L SHOWN

relays()
{
	local n

	for n in rtr rtrb; do
		start_relay -n $n -N $n <<-END
		[relay]
		control = $T/$n.sock
		client-rate = off
		[interface vlan10]
		servers = $SRV1_6, $SRV2
		active = vrrp
		active-giaddr = virtual
		END
		PID[$n]=$RELAY_PID
	done
}

# vmac ROUTER FAMILY: makes the macvlan vrrpFAMILY with that family's MAC, without addresses.
vmac()
{
	nsip "$1" link add vrrp$2 link vlan10 address 00:00:5e:00:0$2:0a type macvlan \
		mode private && nsip "$1" link set vrrp$2 up
}

# own ROUTER: the virtual addresses are on its macvlan.
own()
{
	nsbatch "$1" <<-END
	addr add fe80::1/128 dev vrrp2 nodad
	addr add $VIP/64 dev vrrp2 nodad
	END
}

# becomes STATE ROUTER WHAT ARGUMENTS...: the relay there logs it within 100 ms after ip.
becomes()
{
	load L < <("$PYTHON" "$HERE/srv/lag.py" "${PID[$2]}" "$T/$2.log" \
		"interface-$1 interface=vlan10" /dev/null "" 3 ip -n "$ID-$2" "${@:4}")
	expect "$3: $2 is $1 after ${L[lag]} ms" within "${L[lag]}"
}

# through WHAT ROUTER: a request is relayed by that router alone, and answered.
through()
{
	local from=$UP6:1

	[ "$2" = rtr ] || from=$UP6:3
	srv_forget srv1
	ask cl10 settle=200
	srv_last srv1
	expect_eq "$1: answers, requests, from, link-address" \
		"${A[answers]} $(srv_count srv1) ${S[src]} ${S[la]}" "1 1 $from $VIP"
}

# nobody WHAT: no request is relayed, and both relays say why.
nobody()
{
	local n CTL_SOCKET

	for n in rtr rtrb; do
		CTL_SOCKET=$T/$n.sock
		SHOWN[$n]=$(relay_drop6 standby)
	done
	ask cl10
	expect_eq "$1: no answer" "${A[answers]}" 0
	for n in rtr rtrb; do
		CTL_SOCKET=$T/$n.sock
		expect "... $n is on standby" dropped6 standby $((SHOWN[$n] + 1))
	done
}

topo_vlans6
new_ns rtrb
link_cable rtrb vlan10 sw rtrb-10 02:00:00:01:01:10
link_cable rtrb up0 sw rtrb-up 02:00:00:01:01:01
nsip sw link set rtrb-10 master br10 up
nsip sw link set rtrb-up master brup up
ip6_on rtrb
nsbatch rtrb <<END
link set vlan10 up
link set up0 up
addr add 2001:db8:10::3/64 dev vlan10 nodad
addr add 192.0.2.3/25 dev vlan10
addr add $UP6:3/64 dev up0 nodad
addr add $UP.3/24 dev up0
END
ns rtrb sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
	net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.vlan10.rp_filter=0
nsbatch rtr <<END
addr del $VIP/64 dev vlan10
addr del $GW10/25 dev vlan10
addr add 2001:db8:10::2/64 dev vlan10 nodad
addr add 192.0.2.2/25 dev vlan10
END
vmac rtr 2 2>/dev/null || skip "this kernel has no macvlan"
vmac rtrb 2
fake srv1
quick srv1
relays

# --- as keepalived does it ----------------------------------------------------------
nobody "no router has the address"
becomes active rtr "the address comes" addr add fe80::1/128 dev vrrp2 nodad
nsip rtr addr add $VIP/64 dev vrrp2 nodad
through "it is on rtr" rtr
knobs srv1 delay=$((1000 * PXR_SLOW))
srv_forget srv1
pkt cl10 ask eth0 wait=5 >"$T/late" &
late=$!
wait_for 5 srv_has srv1 1 || die "no request"
nsip rtr addr del $VIP/64 dev vrrp2
becomes standby rtr "it goes, an answer is under way" addr del fe80::1/128 dev vrrp2
becomes active rtrb "it comes to the other" addr add fe80::1/128 dev vrrp2 nodad
wait $late
load A <"$T/late"
knobs srv1
expect_eq "the answer is delivered by the router that asked" "${A[answers]} ${A[src]}" \
	"1 $RTR10_LL"
nsip rtrb addr add $VIP/64 dev vrrp2 nodad
through "it is on rtrb" rtrb

# --- as FRR does it -----------------------------------------------------------------
nsip rtr link set vrrp2 protodown on || skip "this kernel cannot set a macvlan protodown"
own rtr
through "both have it, and the macvlan of rtr has no carrier" rtrb
becomes standby rtrb "its carrier goes" link set vrrp2 protodown on
nobody "both without carrier"
becomes active rtr "the other's comes" link set vrrp2 protodown off
through "it is rtr's" rtr

# --- each family for itself -----------------------------------------------------------
PKT=pkt.py FAKE=fakeserver.py
for n in rtr rtrb; do
	vmac $n 1
	nsip $n addr add $GW10/32 dev vrrp1
done
nsip rtr link set vrrp1 protodown on
# The server's route to the virtual address goes to the master.
nsip srv2 route add $GW10 via $UP.3
fake srv2
ask cl10 settle=200
srv_last srv2
expect_eq "DHCPv4 is relayed by rtrb alone" \
	"${A[answers]} $(srv_count srv2) ${S[src]} ${S[giaddr]}" "1 1 $UP.3 $GW10"
nsip rtr link set vrrp1 protodown off
nsip rtrb link set vrrp1 protodown on
nsip srv2 route change $GW10 via $UP.1
ask cl10 settle=200
srv_last srv2
expect_eq "and then by rtr" "${A[answers]} $(srv_count srv2) ${S[src]}" "1 2 $UP.1"
PKT=pkt6.py FAKE=fake6.py
through "DHCPv6 all the time" rtr
