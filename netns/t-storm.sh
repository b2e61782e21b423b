#!/bin/bash
# t-storm.sh: 2,000 machines boot while one server after the other fails in each of
# the ways in which servers fail.  None of them fails to boot.
#
# VLAN 10 has its three boot servers in failover, VLAN 20 the same three in
# balance; two DHCP servers stand in for each other.  What is hit is always the
# boot server that the failover group is using; in balance it has a third of the
# machines.  srv/storm.py plays the machines with the timers of iPXE, the servers
# are fake.  What a failure costs is in the table at the end: a machine with a
# retry is one that had to ask again itself.
#
# alone: it measures time.

. "$(dirname "$0")/topo-vlans.sh"
need_pxrelayd
need nft

CLIENTS=2000
STORM_SECONDS=22
PER_FAULT=220		# machines that are switched on while a server is down
STORY=$T/story

declare -A pid
boot_fake()
{
	fake "$1" yiaddr=0.0.0.0 "opt=60:'PXEClient"
	pid[$1]=$SPAWNED
}

dhcp_fake()
{
	fake "$1"
	pid[$1]=$SPAWNED
}

begun()
{
	[ "$(grep -c '^begin' "$STORY")" -ge "$1" ]
}

# until_more N: N more machines are switched on.
at=0
until_more()
{
	at=$((at + $1))
	wait_for 15 begun $at || die "the storm does not move"
}

# The boot server that the failover group uses now.
in_charge()
{
	local address

	address=$(grep '^end [0-9]* 10 ' "$STORY" | tail -n 1 | cut -d' ' -f4)
	echo "boot$((${address##*.} - 20))"
}

cut_off()
{
	ns "$1" nft -f - <<-END
	table ip cut {
		chain in {
			type filter hook input priority 0;
			udp dport 67 $2
		}
	}
	END
}

# The ways to fail, and to come back.
fail_killed()	{ stop "${pid[$1]}" KILL 2>/dev/null; }
heal_killed()	{ case $1 in srv*) dhcp_fake "$1" ;; *) boot_fake "$1" ;; esac; }
fail_frozen()	{ kill -STOP "${pid[$1]}"; }
heal_frozen()	{ kill -CONT "${pid[$1]}"; }
fail_dropped()	{ cut_off "$1" drop; }
heal_dropped()	{ ns "$1" nft delete table ip cut; }
fail_rejected()	{ cut_off "$1" "reject with icmp type host-unreachable"; }
heal_rejected()	{ heal_dropped "$1"; }
fail_unplugged() { nsip sw link set "$1" down; }
heal_unplugged() { nsip sw link set "$1" up; }

# fault HOW [SERVER]
fault()
{
	local how=$1 server=${2:-$(in_charge)}

	echo "mark $server is $how" >>"$STORY"
	"fail_$how" "$server"
	until_more $PER_FAULT
	echo "mark $server is back" >>"$STORY"
	"heal_$how" "$server"
	until_more 60
}

# Or the test would prove nothing.
kept_waiting()
{
	awk -v how="$1" '
		/^mark/ { on = $4 == how && $2 ~ /^boot/ }
		/^begin/ && on { mine[$2] = 1 }
		/^end/ && $2 in mine && $5 >= 400 { n++ }
		END { exit n == 0 }' "$STORY"
}

topo_vlans
for n in 1 2 3; do
	add_server boot$n 2$n
	boot_fake boot$n
done
dhcp_fake srv1
dhcp_fake srv2
new_ns storm
for v in 10 20; do
	link_cable storm eth$v sw storm$v
	nsip sw link set storm$v master br$v up
	nsip storm link set eth$v up
done

start_relay <<END
[relay]
control = $CTL
log-level = info
[server boot1]
address = $UP.21
[server boot2]
address = $UP.22
[server boot3]
address = $UP.23
[group dhcp]
servers = $SRV1, $SRV2
mode = failover
[group failover]
servers = boot1, boot2, boot3
mode = failover
[group balance]
servers = boot1, boot2, boot3
mode = balance
[interface vlan10]
dhcp = dhcp
boot = failover
[interface vlan20]
dhcp = dhcp
boot = balance
END

echo "mark all servers are alive" >"$STORY"
spawn storm storm "$PYTHON" "$HERE/srv/storm.py" run "$STORY" \
	clients=$CLIENTS seconds=$STORM_SECONDS eth10 10 eth20 20
STORM=$SPAWNED
until_more 150
for how in killed frozen dropped rejected unplugged; do
	fault $how
done
fault killed srv1
wait_for 40 gone "$STORM" || die "the storm does not end"

"$PYTHON" "$HERE/srv/storm.py" report "$STORY" | tee "$T/report.log"
ended=$(grep -c '^end' "$STORY")
good=$(grep -c '^end .* ok$' "$STORY")
retried=$(awk '/^end/ && ($7 > 1 || $8 > 1)' "$STORY" | wc -l)
expect_eq "every machine came to an end" "$ended" $CLIENTS
expect_eq "and booted" "$good" $CLIENTS
expect "$retried needed a retry of their own: at most 5 % of them all" \
	test $((retried * 20)) -le $CLIENTS
expect_eq "and none a second one" \
	"$(awk '/^end/ && ($7 > 2 || $8 > 2)' "$STORY" | wc -l)" 0
for how in killed frozen dropped rejected unplugged; do
	expect "machines had to wait for a boot server that was $how" \
		kept_waiting $how
done
