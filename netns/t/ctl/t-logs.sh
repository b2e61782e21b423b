#!/bin/bash
# t-logs.sh: the log of a real daemon. Repeated lines are folded, and counted when the window
# is over or the daemon ends; interface names are escaped; only log-level = debug has a line
# for each packet.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	log-level = ${1:-info}
	metrics = $T/no/where/"metrics"
	[interface v*]
	dhcp = $SRV1
	[helper syslog]
	port = 514
	from = vlan10
	to = $SRV1
	END
}

# logs TEXT: prints how many lines of the daemon's log have this text.
logs()
{
	grep -c -e "$1" "$T/relay.log"
}

# reload N: reloads the same file, for the Nth time.
reload()
{
	conf | reload_relay
	expect "reload $1" wait_for 5 logged relay \
		"^reloaded file=\"$T/relay.conf\" reloads=$1\$"
}

topo_vlans
fake srv1
start_relay < <(conf)

EVIL=$(printf "v\"\033[2J\\\\")
nsip rtr link add "$EVIL" type veth peer name x0
nsip rtr addr add 203.0.113.1/24 dev "$EVIL"
nsip rtr link set "$EVIL" up
expect "a name with a terminal escape in it" wait_for 5 logged relay \
	'^interface-ready interface=v\\x22\\x1b\[2J\\x5c giaddr=203.0.113.1$'
expect_eq "and nowhere unescaped" "$(grep -c -F "$EVIL" "$T/relay.log")" 0

FAILED="^metrics-failed at=\"$T/no/where/\\\\x22metrics\\\\x22\" error=\"[^\"]*\""
# repeated N: the log says that the line was repeated N times in all.
repeated()
{
	[ "$(sed -n "s|$FAILED repeated=||p" "$T/relay.log" |
		awk '{ n += $1 } END { print n + 0 }')" = "$1" ]
}

expect_eq "a line is written once" "$(logs "$FAILED\$")" 1
reload 1
reload 2
reload 3
expect "its repetitions are counted seconds later" wait_for 15 repeated 3
reload 4
reload 5
expect_eq "and is not written again" "$(logs "$FAILED\$")" 1

# ---- packets ----------------------------------------------------------------

PACKET='^relayed\|^delivered\|^dropped\|^helped\|^hedged'
ME="chaddr=02:00:5e:10:00:01 xid=0x5eed0001"
packets()
{
	ask cl10 $ME opt=12:\'a
	expect_eq "a client is served" "${A[answers]}" 1
	pkt cl10 send eth0 $ME hops=17 >/dev/null
	pkt cl10 send eth0 dport=514 payload=00 >/dev/null
	expect "17 hops" wait_for 3 is_drop requests hops "$1"
	expect "a helper forwards a broadcast" wait_for 3 is_counter helped "$1"
}
is_drop()
{
	[ "$(relay_drop "$2")" = "$3" ]
}
is_counter()
{
	[ "$(relay_counter "$1")" = "$2" ]
}
packets 1
expect_eq "no line about a packet" "$(logs "$PACKET")" 0
conf debug | reload_relay
expect "debug" wait_for 5 logged relay "reloads=6\$"
packets 2
WHO="mac=02:00:5e:10:00:01 type=[A-Z]* xid=5eed0001 secs=0"
expect "relayed" logged relay "^relayed $WHO interface=vlan10 to=$SRV1\$"
expect "delivered" logged relay \
	"^delivered $WHO src=$SRV1 address=192.0.2.77 interface=vlan10\$"
expect "dropped" logged relay \
	"^dropped $WHO interface=vlan10 direction=requests reason=hops\$"
expect "helped" logged relay "^helped src=[0-9.]* interface=vlan10 port=514 copies=1\$"
expect_eq "one line for each" "$(logs "$PACKET")" 4
conf | reload_relay
expect "no debug" wait_for 5 logged relay "reloads=7\$"
packets 3
expect_eq "no more lines about packets" "$(logs "$PACKET")" 4

stop "$RELAY_PID"
expect "at the end nothing is held back" repeated 7
expect_eq "and the last line says that it stopped" \
	"$(tail -n 1 "$T/relay.log")" "stopped reason=signal"
