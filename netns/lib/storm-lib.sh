# storm-lib.sh: many machines that boot at once, and their servers. Sourced by bash after
# a topo-*.sh, never run.
#
# srv/storm.py plays the machines, with the timers of iPXE; the VLANs in $STORM_VLANS take
# turns. The servers are srv/fakeserver.py: two DHCP servers, srv1 and srv2, and three boot
# servers, boot1 to boot3 (198.51.100.21 to 23). $STORY records what happens and the marks
# that the test sets.

STORY=$T/story
STORM_PY=storm.py	# storm6.py plays clients of DHCPv6
STORM_VLANS="10 20"
DHCP_KNOBS=		# of srv1 and srv2
PER_FAULT=220		# machines that are switched on while a server is down

declare -A STORM_PID	# process numbers of the servers
dhcp_fake()
{
	fake "$1" $DHCP_KNOBS
	STORM_PID[$1]=$SPAWNED
}

boot_fake()
{
	fake "$1" yiaddr=0.0.0.0 "opt=60:'PXEClient"
	STORM_PID[$1]=$SPAWNED
}

storm_servers()
{
	local n

	for n in 1 2 3; do
		add_server boot$n 2$n
		boot_fake boot$n
	done
	dhcp_fake srv1
	dhcp_fake srv2
}

# storm_conf: VLAN 10 has the boot servers in mode failover, VLAN 20 in mode balance.
storm_conf()
{
	cat <<-END
	[relay]
	control = $CTL
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
}

mark()
{
	echo "mark $*" >>"$STORY"
}

# plug_storm: connects the namespace storm to each VLAN.
plug_storm()
{
	local v

	new_ns storm
	for v in $STORM_VLANS; do
		link_cable storm eth$v sw storm$v
		nsip sw link set storm$v master br$v up
		nsip storm link set eth$v up
	done
}

# start_storm CLIENTS SECONDS: starts the machines in the namespace storm, on eth10 etc.
STORM_AT=0
start_storm()
{
	: >"$STORY"
	STORM_AT=0
	mark all servers are alive
	spawn storm storm "$PYTHON" "$HERE/srv/$STORM_PY" run "$STORY" \
		clients="$1" seconds="$2" $STORM_VLANS
	STORM=$SPAWNED
}

begun()
{
	[ "$(grep -c '^begin' "$STORY")" -ge "$1" ]
}

# until_more N: waits until N more machines are switched on.
until_more()
{
	STORM_AT=$((STORM_AT + $1))
	wait_for 15 begun $STORM_AT || die "the storm does not move"
}

# The ways in which a server fails and comes back.
fail_killed()	{ stop "${STORM_PID[$1]}" KILL 2>/dev/null; }
heal_killed()	{ case $1 in srv*) dhcp_fake "$1" ;; *) boot_fake "$1" ;; esac; }
fail_frozen()	{ kill -STOP "${STORM_PID[$1]}"; }
heal_frozen()	{ kill -CONT "${STORM_PID[$1]}"; }

# fault HOW [SERVER]: one server fails like that and comes back.
fault()
{
	local how=$1 server=${2:-$(in_charge)}

	mark "$server is $how"
	"fail_$how" "$server"
	until_more $PER_FAULT
	mark "$server is back"
	"heal_$how" "$server"
	until_more 60
}

# kept_waiting HOW SERVER: some machines had to wait for a server that failed like that, whose
# name begins with SERVER. Otherwise, the test would prove nothing.
kept_waiting()
{
	awk -v how="$1" -v server="$2" '
		/^mark/ { on = $4 == how && index($2, server) == 1 }
		/^begin/ && on { mine[$2] = 1 }
		/^end/ && $2 in mine && $5 >= 400 { n++ }
		END { exit n == 0 }' "$STORY"
}

# The boot server that the failover group uses now.
in_charge()
{
	local address

	address=$(grep '^end [0-9]* 10 ' "$STORY" | tail -n 1 | cut -d' ' -f4)
	echo "boot$((${address##*.} - 20))"
}

# again FIRST|ALL: prints the percentage of machines that sent a second query. FIRST
# looks at those switched on before the second mark, ALL at every machine. A second REQUEST
# does not count, because iPXE sends it after only 250 ms.
again()
{
	awk -v first="$([ "$1" = FIRST ] && echo 1)" '
		/^mark/ { marks++ }
		/^begin/ && (!first || marks == 1) { mine[$2] = 1; all++ }
		/^end/ && $2 in mine && $7 > 1 { n++ }
		END { print all ? int(n * 100 / all) : 0 }' "$STORY"
}

# end_storm CLIENTS PERCENT [LOST]: expects that every machine was served, or all but LOST if
# the wire itself loses packets. It also expects that the percentage of machines that needed
# a second query is at most PERCENT higher than before the second mark: on a busy host,
# some machines need one in any case.
end_storm()
{
	wait_for 40 gone "$STORM" || die "the storm does not end"
	"$PYTHON" "$HERE/srv/$STORM_PY" report "$STORY"
	local served

	served=$(grep -c '^end .* ok$' "$STORY")
	expect "at most ${3:-0} machines were not served: $served of $1 were" \
		test "$served" -ge $(($1 - ${3:-0}))
	expect "$(again ALL) % needed a second query ($(again FIRST) % at first): at most $2 % more" \
		test "$(again ALL)" -le $(($(again FIRST) + $2))
}
