#!/bin/bash
# vm-keepalived.sh: the pair of routers of conf/examples/vrrp-pair.conf with keepalived,
# configured as in conf/examples/keepalived.conf.example. Machines boot all the time while
# the master loses its power, comes back and takes over again, and while keepalived ends.
# Every machine gets its lease, and servers get one copy of each request while nothing
# changes. Then the same with the address on a macvlan (use_vmac).
# alone: it measures time.
#
#                    ┌─ rtra .2 ── .2 ─┐
#   cl10 ─( br10 )───┤                 ├─( brup )─ srv1, default route 198.51.100.1
#   cl20 ─( br20 )───┤                 │
#                    └─ rtrb .3 ── .3 ─┘
#              .1 of each network is virtual

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
need keepalived dnsmasq

CLIENTS=20
EVERY=600		# ms: the series is still running when VRRP has changed over
declare -A KEEPALIVED RELAYD D L

# router NAME HH: makes a router with everything but the daemons.
router()
{
	local n=$1 v net

	new_ns "$n"
	link_cable "$n" up0 sw "$n-up" "02:00:00:01:0$2:01"
	nsip sw link set "$n-up" master brup up
	nsip "$n" link set up0 up
	nsip "$n" addr add "$UP.$2/24" dev up0
	for v in 10:192.0.2:25 20:203.0.113:24 30:198.18.30:24; do
		IFS=: read -r v net len <<<"$v"
		link_cable "$n" "vlan$v" sw "$n-$v" "02:00:00:01:0$2:$v"
		nsip sw link set "$n-$v" master "br$v" up
		nsip "$n" link set "vlan$v" up
		nsip "$n" addr add "$net.$2/$len" dev "vlan$v"
	done
	ns "$n" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
}

# The example, and the same for the uplink, where a real network would have a routing
# protocol for the other routers.
keepalived_conf()
{
	local priority=$2

	cat "$TOP/conf/examples/keepalived.conf.example" - <<-END |
	vrrp_instance uplink {
		interface up0
		virtual_router_id 99
		priority 150
		advert_int 1
		virtual_ipaddress {
			$UP.1/32 dev up0
		}
	}
	END
		sed -e "s/priority 150/priority $priority/" \
			-e "s/router_id router-a/router_id $1/" $3
}

start_keepalived()
{
	local n=$1 priority=100

	[ "$n" = rtra ] && priority=150
	keepalived_conf "$n" $priority "${VMAC:-}" >"$T/$n.keepalived"
	spawn "$n" "keepalived-$n" keepalived --dont-fork --log-console \
		--log-detail --vrrp --use-file "$T/$n.keepalived" \
		--pid "$T/$n.k.pid" --vrrp_pid "$T/$n.v.pid"
	KEEPALIVED[$n]=$SPAWNED
}

start_pair_relay()
{
	sed "s|^active = vrrp|&\ncontrol = $T/$1.sock|" \
		"$TOP/conf/examples/vrrp-pair.conf" >"$T/$1.conf"
	start_relay -n "$1" -N "$1" "$T/$1.conf"
	RELAYD[$1]=$RELAY_PID
}

# is ROUTER VV STATE: the router's interface of that VLAN is in that state.
is()
{
	"$PXRELAYCTL" -s "$T/$1.sock" --json show interfaces |
		tr -d ' \n' | grep -o "\"name\":\"vlan$2\"[^}]*" |
		grep -q "\"state\":\"$3\""
}

both_are()
{
	local v

	for v in 10 20 30; do
		is rtra $v "$1" && is rtrb $v "$2" || return 1
	done
}

now_are()
{
	expect "$1: rtra $2, rtrb $3" wait_for 12 both_are "$2" "$3"
}

copies()
{
	local CTL_SOCKET=$T/$1.sock

	relay_counter copies
}

# boot WHAT NET COMMAND...: a series of machines boots in both VLANs, and the command runs in
# the middle. Every machine gets a lease.
boot()
{
	local what=$1 net=$2 v pids=()

	shift 2
	for v in 10 20; do
		rm -f "$T/half-$v"
		: >"$T/doras-$v.log"
		spawn cl$v doras-$v "$PYTHON" "$HERE/srv/doras.py" eth0 \
			"$net$v" $CLIENTS $EVERY "$T/half-$v"
		pids+=("$SPAWNED")
	done
	wait_for 30 test -e "$T/half-10" || die "$what: the series does not start"
	"$@"
	for v in 10 20; do
		wait_for 90 gone "${pids[v / 10 - 1]}" || die "$what: the series does not end"
		load D <"$T/doras-$v.log"
		expect_eq "$what: leases in VLAN $v (${D[again]} messages sent again, the longest took ${D[longest]} ms)" \
			"${D[leases]:-none} ${D[addresses]:-none}" \
			"$CLIENTS $CLIENTS"
	done
}

# A router without power sends nothing and receives nothing.
power_off()
{
	local i

	for i in up0 vlan10 vlan20 vlan30; do
		echo "link set $1-${i#vlan} down"
	done | sed s/-up0/-up/ | nsbatch sw
	kill -KILL "${KEEPALIVED[$1]}" "${RELAYD[$1]}"
	wait "${KEEPALIVED[$1]}" "${RELAYD[$1]}" 2>/dev/null
}

# A machine that starts has no virtual address.
power_on()
{
	local i

	for i in vlan10:$GW10/32 vlan20:$GW20/24 vlan30:198.18.30.1/32 \
	    up0:$UP.1/32; do
		nsip "$1" addr del "${i#*:}" dev "${i%%:*}" 2>/dev/null
	done
	nsbatch sw <<-END
	link set $1-up up
	link set $1-10 up
	link set $1-20 up
	link set $1-30 up
	END
	start_pair_relay "$1"
	start_keepalived "$1"
}

end_keepalived()
{
	stop "${KEEPALIVED[$1]}"
}

steady()
{
	local a b

	a=$(copies rtra) b=$(copies rtrb)
	boot "$1" "$2" true
	a=$(($(copies rtra) - a)) b=$(($(copies rtrb) - b))
	expect_eq "$1: the router on standby sent nothing (the other $a)" $b 0
}

new_ns sw
add_bridge brup
for v in 10 20 30; do
	add_bridge br$v
done
router rtra 2
router rtrb 3
add_client cl10 10
add_client cl20 20
add_server srv1 10
start_dnsmasq srv1 4 126 --dhcp-lease-max=10000
start_pair_relay rtra
start_pair_relay rtrb
now_are "no keepalived" standby standby
start_keepalived rtra
start_keepalived rtrb
now_are "keepalived" ready standby

steady "steady" 02a0
boot "power lost" 02a1 power_off rtra
wait_for 12 is rtrb 10 ready
boot "power back, the master takes over again" 02a2 power_on rtra
now_are "power back" ready standby
# A keepalived that ends in order gives up the address at once.
boot "keepalived ended" 02a3 end_keepalived rtra
now_are "keepalived ended" standby ready
end_keepalived rtrb
now_are "both ended" standby standby

# --- use_vmac -------------------------------------------------------------------
nsip rtra link add probe0 link up0 type macvlan 2>/dev/null || {
	say "this kernel has no macvlan"
	exit
}
nsip rtra link del probe0
VMAC='-e /virtual_router_id/s/$/\n\tuse_vmac\n\tvmac_xmit_base/'
VMAC+=' -e s/[[:space:]]dev[[:space:]].*//'
start_keepalived rtra
start_keepalived rtrb
now_are "use_vmac" ready standby
steady "use_vmac, steady" 02a4
boot "use_vmac, power lost" 02a5 power_off rtra
wait_for 12 is rtrb 10 ready
