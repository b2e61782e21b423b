#!/bin/bash
# t-reload-servers.sh: 200 reloads, one SIGHUP every 50 ms, remove three of four servers and
# add them again, while broadcasts of 2,000 machines arrive as fast as they can be sent. A
# group with hedging, a helper, probes and an interface are removed with the servers. The
# relay survives and accounts for every packet.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

RELOADS=200
GONE1=$UP.12
GONE2=$UP.13

# The part that both files have.
common()
{
	cat <<-END
	[relay]
	control = $CTL
	client-rate = off
	interface-rate = off
	[interface vlan10]
	END
}

one_server()
{
	common
	echo "servers = $SRV1"
}

four_servers()
{
	common
	cat <<-END
	servers = all
	[interface vlan20]
	boot = pxe
	dhcp = $SRV1
	[group all]
	servers = $SRV1, $SRV2, $GONE1, $GONE2
	mode = all
	[group pxe]
	servers = $GONE1, $GONE2, $SRV2
	mode = failover
	hedge = 50ms
	[server gone]
	address = $GONE2
	probe = icmp
	[helper wol]
	port = 9
	to = $SRV2
	from = vlan10
	END
}

# sum KEY: prints the sum of all drops of that direction.
sum()
{
	ctl --json show drops | "$PYTHON" -c \
		'import json, sys; print(sum(json.load(sys.stdin)["by"][sys.argv[1]].values()))' "$1"
}

topo_vlans
for a in $GONE1 $GONE2; do
	ip -n "$ID-srv1" addr add "$a/24" dev eth0	# a host without a DHCP server
done
fake srv1
fake srv2 answer=none
one_server >"$T/one.conf"
four_servers >"$T/four.conf"
start_relay "$T/four.conf"
PID=$RELAY_PID

for c in cl10 cl20; do
	# nice: sending more than the relay can take must not cost the relay time
	ip netns exec "$ID-$c" nice "$PYTHON" "$HERE/srv/pkt.py" blast eth0 \
		machines=2000 until="$T/enough" wait=600 >"$T/$c.sent" &
	BLAST+=($!)
done
for ((i = 0; i < RELOADS && FAILS == 0; i += 2)); do
	for f in one four; do
		reload_relay "$T/$f.conf"
		sleep 0.05
		alive "$PID" || FAILS=1
	done
done
expect "it is the same process after $i reloads" alive "$PID"
: >"$T/enough"
wait "${BLAST[@]}"
[ "$FAILS" = 0 ] || exit 1

settled()
{
	local now

	now=$(relay_counter requests requests-relayed ring-lost copies replies \
		replies-relayed)
	[ "$now" = "${WAS:-}" ] && return 0
	WAS=$now
	sleep 0.3
	return 1
}
expect "the relay has handled the load" wait_for 60 settled
sent=$(($(sed -n 's/^sent=//p' "$T/cl10.sent") + $(sed -n 's/^sent=//p' "$T/cl20.sent")))
requests=$(relay_counter requests)
say "$(relay_counter reloads) reloads, $sent sent, $requests requests," \
	"$(relay_counter requests-relayed) relayed, $(relay_counter replies) replies"
expect "there was a load: $requests requests" [ "$requests" -ge 10000 ]
expect_eq "no reload was refused" "$(relay_counter reloads-refused)" 0
expect "one reload may serve several signals: $(relay_counter reloads) reloads" \
	[ "$(relay_counter reloads)" -ge $((RELOADS / 4)) ]
# The helper's port changes with each reload, so each opens another ring. What either loses
# in the moment of the change counts twice; 7 in 60 reloads were measured.
counted=$((requests + $(relay_counter ring-lost)))
expect "every request is counted, by the relay or by the ring: $counted of $sent" \
	[ "$counted" -ge "$sent" ]
expect "... once" [ "$counted" -le $((sent + 1024)) ]
expect_eq "every request was relayed or dropped for a reason" \
	"$(($(relay_counter requests-relayed) + $(sum requests)))" "$requests"
expect_eq "every reply was relayed or dropped for a reason" \
	"$(($(relay_counter replies-relayed) + $(sum replies)))" "$(relay_counter replies)"
expect "some requests were relayed" [ "$(relay_counter requests-relayed)" -gt 1000 ]
reload_relay "$T/one.conf"
sleep 0.5
ask cl10 chaddr=02:00:00:00:10:77
expect_eq "clients are served" "${A[answers]}" 1
