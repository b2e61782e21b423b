#!/bin/bash
# t-notify.sh: what the daemon tells the service manager: ready, its status, reloading,
# stopping, and, as long as its event loop runs, that it is alive.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

SAID=$T/said
USEC=1000000

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	[server one]
	address = $SRV1
	[server two]
	address = $SRV2
	[interface v*]
	dhcp = one
	boot = two
	END
}

# said TEXT: there is a message that matches this pattern.
said()
{
	grep -q -x -e "[0-9]* $1" "$SAID"
}

# status TEXT: the last status message has this text.
status()
{
	[ "$(sed -n 's/.*STATUS=//p' "$SAID" | tail -n 1)" = "$1" ]
}

pets()
{
	grep -c 'WATCHDOG=1$' "$SAID"
}

petted()
{
	[ "$(pets)" -ge "$1" ]
}

topo_vlans
fake srv1
conf >"$T/relay.conf"
touch "$SAID"
spawn rtr manager "$PYTHON" "$HERE/srv/manager.py" "$T/notify" "$SAID" $USEC \
	"$PXRELAYD" -f -l stderr -c "$T/relay.conf"
MANAGER=$SPAWNED
expect "ready, once" wait_for 15 said \
	'READY=1;STATUS=2 interfaces, 2 servers, 0 boots'
RELAY_PID=$(sed -n 's/^0 pid=//p' "$SAID")

# ---- alive --------------------------------------------------------------------

expect "it is alive" wait_for 5 petted 4
expect "at half the interval of the watchdog" "$PYTHON" - "$SAID" <<'END'
import sys
t = [int(l.split()[0]) for l in open(sys.argv[1]) if l.rstrip().endswith("WATCHDOG=1")]
gaps = sorted(b - a for a, b in zip(t, t[1:]))
print(gaps)
sys.exit(not 400 <= gaps[len(gaps) // 2] <= 700)
END
kill -STOP "$RELAY_PID"
sleep 0.2		# for messages that are on their way
before=$(pets)
expect_not "a stopped daemon is not" wait_for 2 petted $((before + 1))
kill -CONT "$RELAY_PID"
expect "until it continues" wait_for 5 petted $((before + 2))

# ---- what it does --------------------------------------------------------------

ask cl10 "opt=60:'PXEClient:Arch:00000:UNDI:002001" opt=93:0000
expect_eq "a client is served" "${A[answers]}" 1
expect "a boot" wait_for 5 status '2 interfaces, 2 servers, 1 boot'
nsip rtr link set vlan20 down
expect "an interface goes" wait_for 5 status '1 interface, 2 servers, 1 boot'
nsip rtr link set vlan20 up
expect "and comes" wait_for 5 status '2 interfaces, 2 servers, 1 boot'
ctl drain two >/dev/null
expect "a server is drained" wait_for 5 status \
	'2 interfaces, 2 servers (1 drained), 1 boot'
nsip rtr route add unreachable "$SRV1"
expect "another one down" wait_for 10 status \
	'2 interfaces, 2 servers (1 down, 1 drained), 1 boot'
nsip rtr route del unreachable "$SRV1"
ctl enable two >/dev/null
expect "all servers are up again" wait_for 10 status '2 interfaces, 2 servers, 1 boot'
expect_eq "no status is sent twice in a row" \
	"$(grep -v READY "$SAID" | sed -n 's/.*STATUS=//p' | uniq -d)" ""

# ---- reload, end ----------------------------------------------------------------

before=$(($(cut -d. -f1 /proc/uptime) - 1))
conf | reload_relay
expect "reloading, and since when" wait_for 5 said \
	'RELOADING=1;MONOTONIC_USEC=[0-9]*'
expect "ready again" wait_for 5 eval \
	"[ \"\$(grep -c 'READY=1;' '$SAID')\" = 2 ]"
usec=$(sed -n 's/.*MONOTONIC_USEC=//p' "$SAID")
expect "by the clock of the kernel" [ $((usec / 1000000)) -ge "$before" ]
expect "in this order" eval \
	"[ \"\$(grep -o 'RELOADING\|READY=1' '$SAID' | paste -sd' ')\" = 'READY=1 RELOADING READY=1' ]"
stop "$MANAGER"
expect "stopping" said 'STOPPING=1'
expect_eq "is the last message" "$(tail -n 1 "$SAID" | cut -d' ' -f2)" STOPPING=1

# ---- no service manager ---------------------------------------------------------------

# Without a watchdog, the daemon reports only events. It also runs without a service manager.
SAID=$T/said2
touch "$SAID"
spawn rtr manager2 "$PYTHON" "$HERE/srv/manager.py" "$T/notify2" "$SAID" 0 \
	"$PXRELAYD" -f -l stderr -c "$T/relay.conf"
MANAGER=$SPAWNED
expect "ready without a watchdog" wait_for 15 said 'READY=1;.*'
ask cl10 xid=99 "opt=60:'PXEClient:Arch:00000:UNDI:002001" opt=93:0000
expect "a boot" wait_for 5 status '2 interfaces, 2 servers, 1 boot'
expect_eq "no watchdog messages" "$(pets)" 0
stop "$MANAGER"
export NOTIFY_SOCKET=$T/nobody
start_relay < <(conf)
ask cl10 xid=100
expect_eq "a client is served without a manager" "${A[answers]}" 1
