#!/bin/bash
# t-fault-reload.sh: at SIGHUP, the file is missing, unreadable, half-written or rubbish. The
# relay refuses it and goes on as before. 1,000 SIGHUPs in ten seconds, at 1,000 requests a
# second, neither lose nor duplicate a request.
#
# set: all
# quiet: it measures time.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	client-rate = off
	interface-rate = off
	option82 = add
	[server one]
	address = $SRV1
	[group all]
	servers = one
	[interface vlan*]
	servers = all
	[rule drop]
	mac = 02:ba:d0:00:00:00/24
	action = drop
	END
}

judged()
{
	echo $(($(relay_counter reloads) + $(relay_counter reloads-refused)))
}

hup()
{
	local before

	before=$(judged)
	kill -HUP "$RELAY_PID"
	wait_for 3 eval '[ "$(judged)" -gt '"$before"' ]' || die "no reload"
}

# refused WHAT: the relay refuses the file as it is now.
refused()
{
	local n

	n=$(relay_counter reloads-refused)
	hup
	expect_eq "$1 is refused" $(($(relay_counter reloads-refused) - n)) 1
	ask cl10
	expect_eq "$1: it relays as before" "${A[answers]}" 1
}

topo_vlans
fake srv1
start_relay < <(conf)
PID=$RELAY_PID
F=$T/relay.conf

mv "$F" "$F.away"
refused "no file"
mkdir "$F"
refused "a directory"
rmdir "$F"
ln -s "$F" "$F"
refused "a link to itself"
rm "$F"
ln -s /dev/zero "$F"
refused "a device"
rm "$F"
head -c 20000 /dev/urandom >"$F"
refused "rubbish"
head -c 3000000 /dev/zero >"$F"
refused "3 MB of nothing"
yes "[interface vlan10]" | head -n 100000 >"$F"
refused "100,000 sections"
printf '[relay]\nhost-name = %0100000d\n' 7 >"$F"
refused "a line of 100,000 characters"

# The kernel has no room for the filter that helpers need (since 6.8, namespaces have a limit).
OPTMEM=$(ns rtr sysctl -n net.core.optmem_max 2>/dev/null)
if [ -n "$OPTMEM" ] && ns rtr sysctl -qw net.core.optmem_max=300; then
	{
		conf
		printf '[helper h]\nfrom = vlan10\nto = vlan20\nport = '
		seq -s, 1001 1008
	} >"$F"
	refused "a filter that there is no room for"
	ns rtr sysctl -qw net.core.optmem_max="$OPTMEM"
	n=$(relay_counter reloads)
	hup
	expect_eq "with room it is applied" $(($(relay_counter reloads) - n)) 1
fi

# Wherever the file is cut, it is either a whole configuration or refused.
conf >"$T/whole"
size=$(stat -c %s "$T/whole")
step=${FAULT_LONG:+1}
n=$(judged)
i=0
for ((at = 0; at < size; at += ${step:-7})); do
	head -c $at "$T/whole" >"$F"
	hup
	i=$((i + 1))
done
expect_eq "the file cut at $i places: each is applied or refused" $(($(judged) - n)) $i
expect "it is the same process" alive "$PID"
cp "$T/whole" "$F"
hup
ask cl10
expect_eq "the whole file is applied" "${A[answers]}" 1

# ---- the storm ----
use=${FAULT_LONG:-1}
knobs srv1 answer=none
srv_forget srv1
n=$(relay_counter reloads)
spawn cl10 hups "$PYTHON" -c '
import os, sys, time
start = time.monotonic()
for i in range(int(sys.argv[2])):
    time.sleep(max(0, start + i / 100 - time.monotonic()))
    os.kill(int(sys.argv[1]), 1)
' "$PID" $((1000 * use))
hups=$SPAWNED
COUNT=$((10000 * use))
pkt cl10 flood eth0 count=$COUNT rate=$((1000 / PXR_SLOW)) >/dev/null
wait_for 10 gone "$hups"
wait_for 5 srv_has srv1 $COUNT
declare -A G
load G < <("$PYTHON" "$HERE/srv/pkt.py" gaps "$T/srv1.jsonl")
expect_eq "every request arrived exactly once" "${G[clients]} ${G[count]}" \
	"$COUNT $COUNT"
say "$(($(relay_counter reloads) - n)) reloads, longest silence ${G[gap_ms]} ms"
expect "most signals caused a reload" \
	test $(($(relay_counter reloads) - n)) -ge $((300 * use / PXR_SLOW))
expect_eq "requests that the ring lost" "$(relay_counter ring-lost)" 0
expect "it is the same process" alive "$PID"
