#!/bin/bash
# t-forged.sh: 0 of 10,000 forgeries are believed: replies in a server's name, and ICMP errors
# about it, from a guest network, the servers' VLAN and both client VLANs, with rp_filter 0, 1
# and 2. A server whose port is closed is down after as few requests as ever.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
use_plain
[ -e "$PRELOAD/lateclock.so" ] || skip "lateclock.so is not built (make asan)"

COUNT=834	# for each of three settings and four places
PLACES="guest srv2 cl10 cl20"
GUEST=203.0.112

# The relay is three minutes old, so that it knows who has asked. exec makes it the process
# that was spawned.
printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$PRELOAD/lateclock.so" "$PXRELAYD" >"$T/pxrelayd"
chmod +x "$T/pxrelayd"
PXRELAYD=$T/pxrelayd

topo_vlans
new_ns guest
link_cable guest eth0 rtr guest0 02:00:00:00:66:01
nsip rtr link set guest0 address 02:00:00:01:00:66 up
nsip rtr addr add $GUEST.1/24 dev guest0
nsip guest link set eth0 up
nsip guest addr add $GUEST.66/24 dev eth0
fake srv1
FAKE_PID=$SPAWNED
for vv in 10 20; do
	capture vlan$vv sw cl$vv 'udp port 68'
done

is_old()
{
	[ "$(query show | grep -o '"uptime-s": *[0-9]*' | grep -o '[0-9]*$')" -ge 120 ]
}

# good WHAT
good()
{
	GOOD=$((GOOD + 1))
	ask cl10 settle=5 flags=0x8000 chaddr="$(printf 02:99:00:00:00:%02x $GOOD)"
	expect_eq "$1: a client gets its answer" "${A[answers]}" 1
}

# how many forgeries the relay has read
seen()
{
	echo $(($(relay_counter server-errors) + $(relay_drop reverse-path client-uplink \
		unasked not-server reply-from-client)))
}

has_seen()
{
	[ "$(seen)" -ge "$1" ]
}

# forge PLACE: COUNT forgeries from there, to the router's address that the place would use.
forge()
{
	local dmac own

	case $1 in
	guest) dmac=02:00:00:01:00:66 own=$GUEST.66 ;;
	srv2) dmac=02:00:00:01:00:01 own=$SRV2 ;;
	cl10) dmac=$RTR10_MAC own=192.0.2.66 ;;
	cl20) dmac=$RTR20_MAC own=203.0.113.66 ;;
	esac
	ns "$1" "$PYTHON" "$HERE/srv/forge.py" eth0 count=$COUNT dmac=$dmac own=$own server=$SRV1 \
		relay=$UP.1 giaddr=$GW10,$GW20 chaddr=02:99:00:00:00:01 seed=$((SEED++))
}

start_relay <<END
[relay]
control = $CTL
client-rate = off
[interface vlan10]
servers = $SRV1
[interface vlan20]
servers = $SRV1
END
wait_for 10 is_old || die "the relay is too young"
GOOD=0 SEED=1 SENT=0
for filter in 0 1 2; do
	for i in all up0 guest0 vlan10 vlan20; do
		ns rtr sysctl -qw net.ipv4.conf.$i.rp_filter=$filter
	done
	for place in $PLACES; do
		good "rp_filter $filter, before those of $place"
		was=$(seen)
		load F < <(forge $place)
		SENT=$((SENT + F[offers] + F[errors]))
		# The kernel drops errors in the relay's name, with 1 also others.
		[ $filter = 1 ] && [ $place != srv2 ] ||
			expect "rp_filter $filter, $place: the relay reads them" \
				wait_for 5 has_seen $((was + F[offers] + F[errors] / 2))
	done
	good "rp_filter $filter"
done
expect "$SENT were sent" test $SENT -ge 10000
expect_eq "no client of VLAN 10 got one" "$(pcap_settled vlan10 'udp dst port 68')" $GOOD
expect_eq "no client of VLAN 20 got one" "$(pcap_settled vlan20 'udp dst port 68')" 0
expect_not "they took no server down" logged relay server-down

# ---- real errors ----
stop $FAKE_PID
for i in 1 2; do
	ask cl10 wait=0.3 chaddr=02:99:00:00:01:0$i
done
expect_not "two real errors take no server down" logged relay server-down
ask cl10 wait=0.3 chaddr=02:99:00:00:01:03
expect "the third one does" wait_for 2 logged relay "server-down server=$SRV1"
expect "... as an error of its port" logged relay "diag=port-unreachable"
