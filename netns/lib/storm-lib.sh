# storm-lib.sh: many machines that boot at once, and their servers. Sourced by bash after
# a topo-*.sh, never run.
#
# srv/storm.py plays the machines, with the timers of iPXE, half of them in VLAN 10 and
# half in VLAN 20. The servers are srv/fakeserver.py: two DHCP servers, srv1 and srv2, and
# three boot servers, boot1 to boot3 (198.51.100.21 to 23). $STORY records what happens and
# the marks that the test sets.

STORY=$T/story
STORM_PY=storm.py	# storm6.py plays clients of DHCPv6

declare -A STORM_PID	# process numbers of the servers
dhcp_fake()
{
	fake "$1"
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

# start_storm CLIENTS SECONDS: starts the machines in the namespace storm, on eth10 and
# eth20.
STORM_AT=0
start_storm()
{
	: >"$STORY"
	STORM_AT=0
	mark all servers are alive
	spawn storm storm "$PYTHON" "$HERE/srv/$STORM_PY" run "$STORY" \
		clients="$1" seconds="$2" eth10 10 eth20 20
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

# The boot server that the failover group uses now.
in_charge()
{
	local address

	address=$(grep '^end [0-9]* 10 ' "$STORY" | tail -n 1 | cut -d' ' -f4)
	echo "boot$((${address##*.} - 20))"
}

# again FIRST|ALL: prints the percentage of machines that sent a second DISCOVER. FIRST
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

# end_storm CLIENTS PERCENT [LOST]: expects that every machine has booted, or all but LOST if
# the wire itself loses packets. It also expects that the percentage of machines that needed
# a second DISCOVER is at most PERCENT higher than before the second mark: on a busy host,
# some machines need one in any case.
end_storm()
{
	wait_for 40 gone "$STORM" || die "the storm does not end"
	"$PYTHON" "$HERE/srv/$STORM_PY" report "$STORY"
	local booted

	booted=$(grep -c '^end .* ok$' "$STORY")
	expect "at most ${3:-0} machines did not boot: $booted of $1 did" \
		test "$booted" -ge $(($1 - ${3:-0}))
	expect "$(again ALL) % needed a second DISCOVER ($(again FIRST) % at first): at most $2 % more" \
		test "$(again ALL)" -le $(($(again FIRST) + $2))
}
