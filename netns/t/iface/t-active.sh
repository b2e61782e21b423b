#!/bin/bash
# t-active.sh: two routers, each with a relay, serve one VLAN, as with VRRP; the test moves the
# virtual address. Only the router that has the address relays, so servers see one copy of each
# request. That router also delivers the reply, whichever router the reply came through. The
# address is on the interface, or on a macvlan with VRRP's MAC.
#
# quiet: it measures time.
#
#                    ┌─ rtr  .2 ─ .1 ─┐
#   cl10 ─( br10 )───┤                ├─( brup )─ srv1, default route rtr
#                    └─ rtrb .3 ─ .3 ─┘
#              .1 is virtual

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

VIP=$GW10
COUNT=$((500 / (PXR_SLOW > 1 ? 2 : 1)))
RATE=$((100 / PXR_SLOW))

relays()
{
	local n

	for n in rtr rtrb; do
		start_relay -n $n -N $n <<-END
		[relay]
		control = $T/$n.sock
		[interface vlan10]
		servers = $SRV1
		active = $1
		active-giaddr = $2
		END
		PID[$n]=$RELAY_PID
	done
}
declare -A PID PROBED G L

reconfigure()
{
	local n

	for n in rtr rtrb; do
		sed -i -e "s/^active = .*/active = $1/" \
			-e "s/^active-giaddr = .*/active-giaddr = $2/" "$T/$n.conf"
		"$PXRELAYCTL" -s "$T/$n.sock" reload >/dev/null ||
			die "$n does not reload"
	done
}

state()
{
	"$PXRELAYCTL" -s "$T/$1.sock" --json show interfaces |
		grep -q "\"state\": *\"$2\""
}

# both_answered N: both routers have got N more answers to probes.
both_answered()
{
	local n CTL_SOCKET

	for n in rtr rtrb; do
		CTL_SOCKET=$T/$n.sock
		[ "$(relay_counter probe-answers)" -ge $((PROBED[$n] + $1)) ] ||
			return 1
	done
}

# takes_over WHAT ROUTER DEVICE: that router gets the address, and logs that it is active.
takes_over()
{
	load L < <("$PYTHON" "$HERE/srv/lag.py" "${PID[$2]}" "$T/$2.log" \
		"interface-active interface=vlan10 giaddr=$GIADDR" /dev/null "" 3 \
		ip -n "$ID-$2" addr add $VIP/32 dev "$3")
	expect "$1: $2 is active after ${L[lag]} ms" within "${L[lag]}"
}

# gives_up WHAT ROUTER DEVICE: that router loses the address, and logs that it is on standby.
gives_up()
{
	load L < <("$PYTHON" "$HERE/srv/lag.py" "${PID[$2]}" "$T/$2.log" \
		"interface-standby interface=vlan10" /dev/null "" 3 \
		ip -n "$ID-$2" addr del $VIP/32 dev "$3")
	expect "$1: $2 is on standby after ${L[lag]} ms" within "${L[lag]}"
}

# flood WHAT [COMMAND...]: every request reaches the server once. With a command, which runs
# in the middle, it prints how many requests the switch costs.
flood()
{
	local what=$1 flood

	shift
	knobs srv1 answer=none
	srv_forget srv1
	spawn cl10 flood "$PYTHON" "$HERE/srv/pkt.py" flood eth0 count=$COUNT \
		rate=$RATE
	flood=$SPAWNED
	if [ $# -gt 0 ]; then
		wait_for 10 srv_has srv1 $((COUNT / 2))
		"$@"
	fi
	wait_for 20 gone "$flood"
	wait_for 1 srv_has srv1 $((COUNT + 1))	# waits for a late duplicate
	load G < <("$PYTHON" "$HERE/srv/pkt.py" gaps "$T/srv1.jsonl")
	LOST=$((COUNT - G[clients])) TWICE=$((G[count] - G[clients]))
	if [ $# -gt 0 ]; then
		# A switch takes 100 ms, the time of 10 requests.
		expect "$what: of $COUNT requests $LOST are lost, $TWICE come twice" \
			test "$LOST" -le 12 -a "$TWICE" -le 12
	else
		expect_eq "$what: each of $COUNT requests comes once" \
			"${G[clients]} ${G[count]}" "$COUNT $COUNT"
	fi
	knobs srv1
}

answered()
{
	ask cl10
	srv_last srv1
	expect_eq "$1: one reply, giaddr" "${A[answers]} ${S[giaddr]} ${A[src]}" \
		"1 $2 $2"
}

move_address()
{
	nsip "$1" addr del $VIP/32 dev vlan10
	nsip "$2" addr add $VIP/32 dev vlan10
}

# In the other order, both routers have the address for a moment.
move_overlapping()
{
	nsip "$2" addr add $VIP/32 dev vlan10
	nsip "$1" addr del $VIP/32 dev vlan10
}

topo_vlans
new_ns rtrb
link_cable rtrb vlan10 sw rtrb-10 02:00:00:01:01:10
link_cable rtrb up0 sw rtrb-up 02:00:00:01:01:01
nsip sw link set rtrb-10 master br10 up
nsip sw link set rtrb-up master brup up
nsbatch rtrb <<END
link set vlan10 up
link set up0 up
addr add 192.0.2.3/25 dev vlan10
addr add $UP.3/24 dev up0
END
ns rtrb sysctl -qw net.ipv4.ip_forward=1 \
	net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
	net.ipv4.conf.vlan10.rp_filter=0 net.ipv4.conf.up0.rp_filter=0
nsip rtr addr del $GW10/25 dev vlan10
nsip rtr addr add 192.0.2.2/25 dev vlan10
fake srv1
relays "address $VIP" virtual
GIADDR=$VIP

# --- a named address ----------------------------------------------------------
expect "both are on standby" eval "state rtr standby && state rtrb standby"
ask cl10
expect_eq "no router has the address: no reply" "${A[answers]}" 0
takes_over "the address comes" rtr vlan10
expect "one is ready, one on standby" eval \
	"state rtr ready && state rtrb standby"
answered "through rtr" $VIP
flood "steady"
CTL_SOCKET=$T/rtrb.sock
expect "the other one dropped them: $(relay_drop standby)" \
	test "$(relay_drop standby)" -ge $COUNT
flood "it moves" move_address rtr rtrb
expect "they have changed" eval "state rtr standby && state rtrb ready"
answered "through rtrb, the answer by rtr" $VIP
flood "steady again"
flood "it moves, on both for a moment" move_overlapping rtrb rtr
answered "through rtr again" $VIP

# --- a reply in flight --------------------------------------------------------
reconfigure "address $VIP" own
GIADDR=192.0.2.2
answered "own giaddr" 192.0.2.2
knobs srv1 delay=$((400 * PXR_SLOW))
srv_forget srv1
pkt cl10 ask eth0 wait=$((2 * PXR_SLOW)) >"$T/late" &
LATE=$!
wait_for 3 srv_has srv1 1
gives_up "own giaddr" rtr vlan10
wait $LATE
load A <"$T/late"
expect_eq "a reply in flight is delivered on standby" \
	"${A[answers]} ${A[src]}" "1 192.0.2.2"
knobs srv1

# --- probes -------------------------------------------------------------------
# The answer reaches the router that sent the probe, even one on standby.
health()
{
	"$PXRELAYCTL" -s "$T/$1.sock" --json show servers | tr -d ' \n' |
		grep -q "\"health\":\"$2\""
}

reconfigure "address $VIP" virtual
GIADDR=$VIP
takes_over "probes" rtrb vlan10
for n in rtr rtrb; do
	cp "$T/$n.conf" "$T/$n.old"
	cat >>"$T/$n.conf" <<-END
	[server srv1]
	address = $SRV1
	probe = dhcp
	probe-interval = 1s
	rise = 1
	END
	"$PXRELAYCTL" -s "$T/$n.sock" reload >/dev/null || die "$n: no probes"
	PROBED[$n]=$(CTL_SOCKET=$T/$n.sock relay_counter probe-answers)
done
expect "on standby and active, probes are answered" \
	wait_for 6 both_answered 2
expect "both know that it is up" eval "health rtr up && health rtrb up"
for n in rtr rtrb; do
	CTL_SOCKET=$T/$n.sock
	# The first probe is sent in two ways, and this server answers both.
	expect "$n got no answer to the other's probes" \
		test "$(relay_counter probe-strays)" -le 1
	mv "$T/$n.old" "$T/$n.conf"
	"$PXRELAYCTL" -s "$T/$n.sock" reload >/dev/null
done
gives_up "probes" rtrb vlan10

# --- VRRP, on the interface and on a macvlan ----------------------------------
reconfigure vrrp virtual
GIADDR=$VIP
takes_over "vrrp" rtrb vlan10
answered "vrrp, through rtrb" $VIP
gives_up "vrrp" rtrb vlan10
add_vmac()
{
	nsip "$1" link add "$2" link vlan10 address 00:00:5e:00:01:0a \
		type macvlan mode private 2>/dev/null &&
		nsip "$1" link set "$2" up
}
if add_vmac rtr vrrp.10; then
	takes_over "macvlan" rtr vrrp.10
	expect "with the address on a macvlan" state rtr ready
	answered "macvlan" $VIP
	# Packets to the virtual address arrive only on the macvlan.
	nsip cl10 addr add 192.0.2.50/25 dev eth0
	ask cl10 type=request src=192.0.2.50 ciaddr=192.0.2.50 dst=$VIP \
		dmac=00:00:5e:00:01:0a
	srv_last srv1
	expect_eq "macvlan, unicast: one reply, giaddr" \
		"${A[answers]} ${S[giaddr]} ${A[type]}" "1 $VIP ack"
	flood "macvlan, steady"
	# The same with a pattern that matches every interface.
	sed -i 's/^\[interface .*/[interface *]/' "$T/rtr.conf"
	"$PXRELAYCTL" -s "$T/rtr.sock" reload >/dev/null
	flood "macvlan, [interface *]"
	srv_forget srv1
	nsip rtr link del vrrp.10
	ask cl10
	expect_eq "macvlan gone: no reply" "${A[answers]}" 0
	add_vmac rtr vrrp.11
	takes_over "made again" rtr vrrp.11
	answered "made again" $VIP
else
	say "this kernel has no macvlan"
fi
