#!/bin/bash
# soak.sh: `make soak`: a relay runs for SOAK_SECONDS (an hour) between real clients, a
# real server, a load generator and hostile packets from both sides. Meanwhile, one fault
# follows another and the relay is reloaded again and again. Every minute a line shows its
# state.
#
# At the end all faults are over: a real client gets an address, every packet is accounted
# for, no counter ever shrank, there are as many descriptors as at the start, memory has
# grown by at most SOAK_GROWTH KB (2048) since the first quarter, and the relay ends with
# status 0. The counters are printed. (Memory grows in steps for a while: pages of a table
# are touched when more requests wait, or more clients are known, than ever before.)
#
#   SOAK_RATE    requests a second of the generator (200)
#   SOAK_NOISE   hostile packets between two faults, from either side (5000)
#   SOAK_SEED    the order of the faults; printed, for a run to be repeated
#
# It uses the build without sanitizers, whose memory use is meaningful. With SOAK_ASAN=1
# it uses the other one and does not judge memory.

here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here" || exit 1
. netns/topo/topo-vlans.sh

SECONDS_ALL=${SOAK_SECONDS:-3600}
RATE=${SOAK_RATE:-200}
NOISE=${SOAK_NOISE:-5000}
SEED=${SOAK_SEED:-$$}
GROWTH=${SOAK_GROWTH:-2048}
RANDOM=$SEED
if [ -n "${SOAK_ASAN:-}" ]; then
	PXRELAYD=$TOP/build/asan/pxrelayd
	PXRELAYCTL=$TOP/build/asan/pxrelayctl
else
	use_plain
fi
need_pxrelayd
need udhcpc dhclient dnsmasq nft tc

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	client-rate = off
	option82 = add
	circuit-id = %i:%v
	clients = 4096
	metrics = $T/metrics
	[server dns]
	address = $SRV1
	probe = icmp
	[server fake]
	address = $SRV2
	[server boot1]
	address = $BOOT1
	offers = proxy-only
	[group boot]
	servers = boot1, $BOOT2
	mode = failover
	hedge = 200ms
	[interface vlan*]
	dhcp = dns, fake
	boot = boot
	[helper wol]
	port = 9
	from = vlan10
	to = vlan20
	$(printf '%s\n' "$@")
	END
}

# ---- load -----------------------------------------------------------------

# Each process is restarted when it ends: some end when their link goes down.
declare -A LOAD_PID
load_alive()
{
	local name=$1 n=$2

	shift 2
	[ -z "${LOAD_PID[$name]:-}" ] || gone "${LOAD_PID[$name]}" || return 0
	spawn "$n" "$name" "$@"
	LOAD_PID[$name]=$SPAWNED
}

keep_loading()
{
	local pkt="$HERE/srv/pkt.py"

	load_alive generator cl20 "$PYTHON" "$pkt" flood eth0 rate=$RATE count=1000000 \
		"opt=60:'PXEClient:Arch:00007" opt=93:0007
	load_alive noise cl10 "$PYTHON" "$pkt" noise eth0 count=$NOISE seed=$RANDOM
	load_alive noise-server srv2 "$PYTHON" "$pkt" noise eth0 count=$NOISE \
		seed=$RANDOM op=2 type=offer src=$SRV2 dst=$GW20 sport=67 \
		dmac=02:00:00:01:00:01 giaddr=$GW20 yiaddr=203.0.113.9 flags=0x8000
}

stop_loading()
{
	local p

	for p in "${LOAD_PID[@]}"; do
		stop "$p"
	done
}

leases=0 tries=0
real_client()
{
	tries=$((tries + 1))
	if ns real env LEASE="$T/real.lease" timeout 8 udhcpc -f -q -n -i eth0 -t 4 -T 1 \
	    -s "$HERE/srv/client-script" >/dev/null 2>&1; then
		leases=$((leases + 1))
	fi
}

# ---- faults ---------------------------------------------------------------
#
# Each fault ends within seconds and repairs what it broke.

fault_flap()
{
	local i

	for ((i = 0; i < 50; i++)); do
		echo "link set vlan20 down"
		echo "link set vlan20 up"
	done | nsbatch rtr
}

fault_interfaces()
{
	local k

	{
		for ((k = 1000; k < 1050; k++)); do
			echo "link add vlan$k group 77 type bridge"
			echo "link set vlan$k up"
			echo "addr add 10.1.$((k % 250)).1/24 dev vlan$k"
		done
		echo "link del group 77"
	} | nsbatch rtr
}

fault_recreate()
{
	nsip rtr link del vlan10
	add_vlan 10
	nsip rtr addr add $GW10/25 dev vlan10
}

fault_addresses()
{
	local i

	for ((i = 0; i < 200; i++)); do
		echo "addr add 10.9.0.$((i + 1))/32 dev vlan10"
		echo "addr del 10.9.0.$((i + 1))/32 dev vlan10"
	done | nsbatch rtr
}

fault_eperm()
{
	ns rtr nft -f - <<-END
	table ip soak {
		chain out {
			type filter hook output priority 0;
			ip daddr { $SRV2, $BOOT1 } udp dport 67 drop
		}
	}
	END
	sleep 1
	ns rtr nft delete table ip soak
}

fault_queues()
{
	ns rtr tc qdisc add dev vlan20 root tbf rate 8kbit burst 1600 limit 1600
	ns rtr tc qdisc add dev up0 root tbf rate 64kbit burst 1600 limit 1600
	sleep 1
	ns rtr tc qdisc del dev vlan20 root
	ns rtr tc qdisc del dev up0 root
}

fault_sighups()
{
	local i

	for ((i = 0; i < 50; i++)); do
		kill -HUP "$RELAY_PID"
		sleep 0.01
	done
}

fault_half_file()
{
	conf | head -c $((RANDOM % 600)) >"$T/relay.conf"
	kill -HUP "$RELAY_PID"
	sleep 0.2
}

fault_other_file()
{
	conf "[rule pi]" "mac = b8:27:eb:00:00:00/24" "boot = boot" \
		"[interface vlan2*]" "servers = $SRV1, $SRV2, 198.51.100.99" |
		reload_relay
	sleep 1
}

fault_tables()
{
	conf | sed 's/^clients = .*/clients = 512/' | reload_relay
	sleep 0.5
}

fault_dead_server()
{
	nsip "$1" link set eth0 down
	sleep 4
	nsip "$1" link set eth0 up
	nsip "$1" route replace default via $UP.1
}

fault_thousandfold()
{
	knobs srv2 replies=300
	sleep 0.3
	knobs srv2
}

fault_control()
{
	timeout 2 "$PYTHON" -c '
import socket, sys
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.setblocking(False)
    return s
crowd = [connect() for _ in range(40)]
for c in crowd:
    try:
        while True:
            c.send(b"show clients\nshow\n" * 100)
    except OSError:
        pass' "$CTL"
}

fault_stopped()
{
	kill -STOP "$RELAY_PID"
	sleep 0.5
	kill -CONT "$RELAY_PID"
}

FAULTS=(fault_flap fault_interfaces fault_recreate fault_addresses fault_eperm
	fault_queues fault_sighups fault_half_file fault_other_file fault_tables
	"fault_dead_server srv2" "fault_dead_server boot1" fault_thousandfold
	fault_control fault_stopped)

one_fault()
{
	${FAULTS[RANDOM % ${#FAULTS[@]}]}
	conf | reload_relay
}

# ---- its state ------------------------------------------------------------

resident()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/"$RELAY_PID"/status
}

descriptors()
{
	ls /proc/"$RELAY_PID"/fd | wc -l
}

report()
{
	ctl --json show >"$T/show.new" || die "the relay does not answer"
	"$PYTHON" "$HERE/srv/balance.py" ${SHOWN:+"$T/show"} <"$T/show.new" >"$T/account" || {
		cat "$T/account"
		FAILS=$((FAILS + 1))
	}
	mv "$T/show.new" "$T/show"
	SHOWN=1
	say "$SECONDS s: $rounds faults, $leases of $tries leases, $(resident) KB, $(descriptors) descriptors; $(head -n 1 "$T/account")"
}

# ---- the run --------------------------------------------------------------

say "seed $SEED, $SECONDS_ALL seconds, $PXRELAYD"
topo_vlans
add_client real 10 99
add_server boot1 21
add_server boot2 22
start_dnsmasq srv1 10 120
fake srv2
fake boot1 yiaddr=0.0.0.0 "opt=60:'PXEClient"
fake boot2 yiaddr=0.0.0.0 "opt=60:'PXEClient"
start_relay < <(conf)
SECONDS=0 rounds=0 minute=0 rss=''
real_client
expect_eq "a lease before anything is broken" $leases 1
wait_for 10 eval '[ "$(relay_counter probe-answers)" -ge 1 ]'	# its socket is open
fds=$(descriptors)
while [ $SECONDS -lt "$SECONDS_ALL" ]; do
	keep_loading
	one_fault
	rounds=$((rounds + 1))
	alive "$RELAY_PID" || die "the relay is dead"
	[ $((rounds % 4)) != 0 ] || real_client
	srv_forget srv2 boot1 boot2
	for f in noise noise-server generator tcpdump; do
		[ ! -e "$T/$f.log" ] || : >"$T/$f.log"
	done
	[ $((SECONDS / 60)) -gt $minute ] || continue
	minute=$((SECONDS / 60))
	report
	# By then each kind of fault has happened more than once.
	if [ -z "$rss" ] && [ $rounds -ge 40 ] && [ $((SECONDS * 4)) -ge "$SECONDS_ALL" ]; then
		rss=$(resident)
		say "memory is judged from here on"
	fi
done
stop_loading
conf | reload_relay
wait_for 5 eval '[ "$(ctl --json show | '"$PYTHON"' "$HERE/srv/balance.py" | wc -l)" -ge 1 ]'
sleep 2
report
ctl show counters
ctl show drops
real=$leases
real_client
expect_eq "a lease after all of it" $((leases - real)) 1
# Every server of the configuration has its socket again, and the control clients are gone.
wait_for 20 eval '[ "$(descriptors)" = '"$fds"' ]'
expect_eq "file descriptors" "$(descriptors)" "$fds"
if [ -n "$rss" ] && [ -z "${SOAK_ASAN:-}" ]; then
	expect "resident: $rss KB then, $(resident) KB now" \
		test "$(resident)" -le $((rss + GROWTH))
fi
expect "it is the same process" alive "$RELAY_PID"
expect "its account" account
