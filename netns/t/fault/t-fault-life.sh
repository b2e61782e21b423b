#!/bin/bash
# t-fault-life.sh: the daemon from start to stop: good and hostile packets from both sides,
# a lease, pxrelayctl, a capture, interfaces that come and go, and reloads of everything that
# can change. At the end, LeakSanitizer finds nothing (the test proves that it looked), and
# neither does valgrind if it is installed.
#
# The sandbox is off (-S), because it stops LeakSanitizer from tracing the process.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# life NAME COMMAND...: starts the relay by that command and goes through all of this.
life()
{
	local name=$1 keep='' n

	shift
	"$PXRELAYD" -h 2>&1 | grep -q -e '^ *-S' && keep=-S
	conf >"$T/$name.conf"
	spawn rtr "$name" "$@" "$PXRELAYD" $keep -f -l stderr -c "$T/$name.conf"
	RELAY_PID=$SPAWNED
	RELAYS[$name]=$RELAY_PID
	CTL_SOCKET=$T/$name.sock
	wait_for 30 relay_ready "$name" rtr || die "$name: it does not start"
	pkt cl10 noise eth0 count=400 seed=1
	pkt srv1 noise eth0 count=400 seed=2 op=2 type=offer src=$SRV1 dst=$GW10 \
		dmac=02:00:00:01:00:01 sport=67 giaddr=$GW10 yiaddr=192.0.2.9
	ask cl10 wait=5
	expect_eq "$name: it relays" "${A[answers]}" 1
	pkt cl20 send eth0 dport=9 src=203.0.113.9 dst=203.0.113.255 \
		payload=ffffff >/dev/null
	for n in "" interfaces servers rules clients boots counters drops; do
		ctl --json show $n >/dev/null || FAILS=$((FAILS + 1))
	done
	ctl explain 02:00:00:00:10:01 >/dev/null
	ctl drain $SRV2 >/dev/null
	ctl enable $SRV2 >/dev/null
	ctl nonsense >/dev/null 2>&1
	timeout 3 "$PXRELAYCTL" -s "$CTL_SOCKET" capture -w "$T/$name.pcapng" \
		>/dev/null 2>&1 &
	scrape "$T/$name.metrics" || FAILS=$((FAILS + 1))
	nsip rtr link del vlan20
	add_vlan 20
	nsip rtr addr add $GW20/24 dev vlan20
	pkt cl10 flood eth0 count=200 rate=500 >/dev/null
	conf | sed -e 's/^clients = .*/clients = 64/' -e "s/, $SRV2/, $BOOT1, $BOOT2/" \
		-e '/^\[helper/,$d' -e 's/^metrics = .*/metrics = off/' >"$T/$name.new"
	mv "$T/$name.new" "$T/$name.conf"
	expect "$name: reload" ctl reload
	echo rubbish >>"$T/$name.conf"
	expect_not "$name: rubbish is refused" ctl reload 2>/dev/null
	conf >"$T/$name.conf"
	kill -HUP "$RELAY_PID"
	wait_for 5 eval '[ "$(relay_counter reloads)" -ge 2 ]'
	ask cl20 wait=5
	expect_eq "$name: it still relays" "${A[answers]}" 1
	expect "$name: every packet is accounted for" account "$name"
	stop "$RELAY_PID" || wait_for 20 gone "$RELAY_PID"
	wait "$RELAY_PID"
	expect_eq "$name: exit status" $? 0
	CTL_SOCKET=
}

conf()
{
	cat <<-END
	[relay]
	control = $CTL_SOCKET
	metrics = ${CTL_SOCKET%.sock}.metrics
	client-rate = off
	clients = 256
	option82 = add
	circuit-id = %i
	[server a]
	address = $SRV1
	probe = icmp, dhcp
	probe-interval = 1s
	[group all]
	servers = a, $SRV2
	mode = failover
	hedge = 200ms
	[interface vlan*]
	dhcp = all
	boot = all
	[rule bios]
	arch = bios
	boot = all
	[helper wol]
	port = 9
	from = vlan20
	to = vlan10
	END
}

# scrape SOCKET: prints the metrics.
scrape()
{
	"$PYTHON" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
got = b""
while True:
    more = s.recv(65536)
    if not more:
        break
    got += more
sys.exit(b"pxrelay_requests_total" not in got)' "$1"
}

topo_vlans
fake srv1
fake srv2
CTL_SOCKET=$T/lsan.sock
case $(nm -D "$PXRELAYD" 2>/dev/null) in
*__asan_init*)
	life lsan env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=1:log_path=stderr" \
		LSAN_OPTIONS=verbosity=2
	expect "LeakSanitizer has looked" logged lsan "Attached to thread"
	expect_not "and found nothing" logged lsan "ERROR: " ;;
*)	say "$PXRELAYD has no sanitizer" ;;
esac
command -v valgrind >/dev/null || exit 0
use_plain
CTL_SOCKET=$T/valgrind.sock
PXR_SLOW=$((PXR_SLOW * 5))
life valgrind valgrind --quiet --leak-check=full --show-leak-kinds=all \
	--errors-for-leak-kinds=all --error-exitcode=99
