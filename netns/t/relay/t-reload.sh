#!/bin/bash
# t-reload.sh: SIGHUP and pxrelayctl reload apply a new file as a whole or refuse it as a
# whole. 20 reloads at 500 requests/s lose no request, and the relay still knows its clients.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# conf SERVERS [LINE...]
conf()
{
	cat <<-END
	[relay]
	control = $CTL
	client-rate = off
	[interface vlan10]
	servers = $1
	$(shift; printf '%s\n' "$@")
	END
}

# hup CONF-ARGUMENTS...: writes a new file and sends SIGHUP; returns when the file has been
# applied or refused.
hup()
{
	local before

	before=$(judged)
	conf "$@" | reload_relay
	wait_for 3 eval '[ "$(judged)" -gt '"$before"' ]'
}

judged()
{
	echo $(($(relay_counter reloads) + $(relay_counter reloads-refused)))
}

topo_vlans
fake srv1
fake srv2 answer=none
start_relay < <(conf $SRV1)
PID=$RELAY_PID

ask cl20 wait=0.2
expect_eq "VLAN 20 is not served at first" "${A[answers]}" 0
expect "SIGHUP" hup $SRV1 "[interface vlan20]" "servers = $SRV1"
ask cl20
expect_eq "VLAN 20 is served after SIGHUP" "${A[answers]}" 1

# After one mistake nothing of the file is applied: neither the lines before it nor those
# after it.
expect "SIGHUP with a mistake" hup "$SRV1, $SRV2" "option82 = perhaps" \
	"[interface vlan30]" "servers = $SRV1"
expect_eq "it is refused" "$(relay_counter reloads-refused)" 1
expect "the log has file and line" logged relay "relay.conf.*line=6"
srv_forget srv2
ask cl20
expect_eq "VLAN 20, which the refused file leaves out, is served" \
	"${A[answers]}" 1
ask cl10
expect_eq "the new server of the refused file gets nothing" \
	"$(srv_count srv2)" 0
expect_not "pxrelayctl reload fails" eval 'ctl reload >"$T/ctl.log" 2>&1'

expect "SIGHUP without VLAN 20" hup $SRV1
ask cl20 wait=0.2
expect_eq "it is not served any more" "${A[answers]}" 0
conf $SRV1 "[interface vlan20]" "servers = $SRV1" >"$T/relay.conf"
expect "pxrelayctl reload" ctl reload
ask cl20
expect_eq "VLAN 20 is served again" "${A[answers]}" 1

# Opening a pipe would wait for a writer, and there is none.
refused=$(relay_counter reloads-refused)
mkfifo "$T/pipe" && mv "$T/pipe" "$T/relay.conf"
kill -HUP "$PID"
refused()
{
	[ "$(relay_counter reloads-refused)" -gt "$refused" ]
}
expect "a file that became a pipe is refused" wait_for 3 refused
ask cl20
expect_eq "and nothing waits for it" "${A[answers]}" 1

# A reply in flight: the server's reply lacks the broadcast flag, but the relay remembers the
# flag of the request, although the file changes in between.
knobs srv1 delay=$((400 * PXR_SLOW)) flags=0
srv_forget srv1
pkt cl10 ask eth0 flags=0x8000 wait=2 >"$T/late" &
late=$!
wait_for 2 srv_has srv1 1
hup "$SRV1, $SRV2" "[interface vlan20]" "servers = $SRV1"
wait $late
load A <"$T/late"
expect_eq "a reply after the reload is delivered as its request asked" \
	"${A[answers]} ${A[dmac]}" "1 ff:ff:ff:ff:ff:ff"

knobs srv1 answer=none
srv_forget srv1
# The requests end when this file exists, however long 20 reloads take.
n=$(relay_counter reloads)
pkt cl10 flood eth0 until="$T/enough" rate=$((500 / PXR_SLOW)) >"$T/flood" &
flood=$!
wait_for 5 srv_has srv1 1
for ((i = 0; i < 10; i++)); do
	hup "$SRV1, $SRV2" "[interface vlan*]" "servers = $SRV1"
	hup $SRV1 "option82 = add" "[helper ring$i]" "port = $((9000 + i))" \
		"from = vlan10" "to = vlan20"	# another port takes another ring
done
: >"$T/enough"
wait $flood
COUNT=$(sed -n 's/^sent=//p' "$T/flood")
say "20 reloads during $COUNT requests"
expect "there were at least 200 requests" test "$COUNT" -ge 200
wait_for 3 srv_has srv1 "$COUNT"
declare -A G
load G < <("$PYTHON" "$HERE/srv/pkt.py" gaps "$T/srv1.jsonl")
expect_eq "every request arrived exactly once" "${G[clients]} ${G[count]}" \
	"$COUNT $COUNT"
expect_eq "all 20 were applied" "$(($(relay_counter reloads) - n))" 20
expect "it is the same process" alive "$PID"

# ---- a control socket that cannot be opened -------------------------------------

: >"$T/other.sock"	# another file is in the way
sed "s|^control = .*|control = $T/other.sock|" "$T/relay.conf" >"$T/moved"
reload_relay "$T/moved"
expect "a control socket that cannot be opened is logged" \
	wait_for 10 logged relay "^control-failed .*other.sock"
rm "$T/other.sock"
kill -HUP "$PID"
CTL_SOCKET=$T/other.sock
expect "a reload tries it again" wait_for 10 eval 'ctl version >/dev/null 2>&1'
ask cl10
sed "s|^control = .*|control = $CTL|" "$T/relay.conf" >"$T/moved"
reload_relay "$T/moved"
CTL_SOCKET=
expect "and moves the socket back" wait_for 10 eval 'ctl version >/dev/null 2>&1'
