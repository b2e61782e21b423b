#!/bin/bash
# t-logs.sh: the log of a real daemon: a line that is repeated is folded, and told when the
# window is over, or at the end; names that no interface should have are escaped.

. "$(dirname "$0")/topo-vlans.sh"
need_pxrelayd

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	metrics = $T/no/where/"metrics"
	[interface v*]
	dhcp = $SRV1
	END
}

# logs TEXT: how many lines of the daemon's have it.
logs()
{
	grep -c -e "$1" "$T/relay.log"
}

# reload N: with the same file; that is the Nth time.
reload()
{
	conf | reload_relay
	expect "reload $1" wait_for 5 logged relay \
		"^reloaded file=\"$T/relay.conf\" reloads=$1\$"
}

topo_vlans
start_relay < <(conf)

EVIL=$(printf 'v"\033[2J\\')
nsip rtr link add "$EVIL" type veth peer name x0
nsip rtr addr add 203.0.113.1/24 dev "$EVIL"
nsip rtr link set "$EVIL" up
expect "a name with a terminal escape in it" wait_for 5 logged relay \
	'^interface-ready interface=v\\x22\\x1b\[2J\\x5c giaddr=203.0.113.1$'
expect_eq "and nowhere as it is" "$(grep -c -F "$EVIL" "$T/relay.log")" 0

FAILED="^metrics-failed at=\"$T/no/where/\\\\x22metrics\\\\x22\" error=\"[^\"]*\""
expect_eq "a line" "$(logs "$FAILED\$")" 1
reload 1
reload 2
reload 3
expect_eq "that is repeated" "$(logs "$FAILED")" 1
expect "is told ten seconds later" wait_for 15 logged relay "$FAILED repeated=3\$"
reload 4
reload 5
expect_eq "again" "$(logs "$FAILED")" 2
stop "$RELAY_PID"
expect "and at the end nothing is kept back" logged relay "$FAILED repeated=2\$"
expect_eq "there are no others" "$(logs "$FAILED")" 3
