#!/bin/bash
# t6-link.sh: what a server is told about the client's link. The link-address is a global address
# of the interface that stays: never a link-local one, by which servers lease from another
# network (opnsense/core#10686), nor a temporary (RFC 8981), tentative or duplicate one, nor a
# deprecated one if there is another; or the configured one, which two routers may share, or
# none. It follows the kernel within 100 ms. The Interface-Id outlives the daemon and the
# interface, and the client's MAC is that of its frame (RFC 6939).
#
# quiet: it measures time
# set: all

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

# In ascending order: the lowest would be taken if nothing else counted.
LOW=2001:db8:10::2
MID=2001:db8:10:0:7000::1
HIGH=2001:db8:10:0:ffff:ffff:ffff:fff0
ULA=fd00:10::1

addr()
{
	nsip rtr addr "$1" "$2/64" dev vlan10 "${@:3}"
}

# flagged WORD ADDRESS: the kernel says that of the address of vlan10.
flagged()
{
	nsip rtr -6 -o addr show dev vlan10 "$1" | grep -q " $2/"
}

temporaries()
{
	[ "$(nsip rtr -6 -o addr show dev vlan10 temporary | wc -l)" -ge "$1" ]
}

# followed EVENT LINK-ADDRESS ARGUMENTS...: runs "ip addr" in rtr; L[lag] is the time from the
# event, or from the end of the command if EVENT is empty, to the log line with the address.
declare -A L
followed()
{
	load L < <("$PYTHON" "$HERE/srv/lag.py" "$RELAY_PID" "$T/relay.log" \
		"interface=vlan10 .*link-address=$2\$" "$T/monitor.log" "$1" \
		$((6 * PXR_SLOW)) ip -n "$ID-rtr" addr "${@:3}" dev vlan10)
}

# becomes WHAT LINK-ADDRESS ARGUMENTS...: requests have that link-address after "ip addr".
becomes()
{
	followed "" "${@:2}"
	expect "$1: follows after ${L[lag]} ms" within "${L[lag]}"
	answered "..." cl10 "$2"
}

# stays WHAT LINK-ADDRESS COMMAND...: requests still have it, when the relay has seen what comes
# after the command.
stays()
{
	"${@:3}" || die "$1: $3"
	MARK=$((MARK + 1))
	nsip rtr addr add 2001:db8:20::$MARK/64 dev vlan20 nodad
	nsip rtr addr del 2001:db8:20::$((MARK - 1))/64 dev vlan20
	wait_for 3 logged relay "interface=vlan20 .*link-address=2001:db8:20::$MARK\$" ||
		die "$1: no mark"
	answered "$1" cl10 "$2"
}
MARK=1

# answered WHAT CLIENT LINK-ADDRESS: requests of the client have that link-address, and one
# answer comes; with link-address none, nothing is relayed.
answered()
{
	local answers=1

	[ "$3" != none ] || answers=0
	S=([la]=none)
	srv_forget srv1
	ask "$2"
	srv_last srv1
	expect_eq "$1: answers, link-address" "${A[answers]} ${S[la]:-none}" "$answers $3"
}

config()
{
	printf '%s\n' "[relay]" "control = $CTL" \
		"[interface vlan10]" "servers = $SRV1_6" "${1:-}" \
		"[interface vlan20]" "servers = $SRV1_6" "${1:-}" \
		"[interface ppp0]" "servers = $SRV1_6"
}

reloaded()
{
	local n=$(($(relay_counter reloads) + 1))

	reload_relay < <(config "$1")
	wait_for 3 eval "[ \"\$(relay_counter reloads)\" = $n ]" || die "no reload"
}

topo_vlans6
addr del $GW10_6
fake srv1
quick cl10 cl20 srv1
spawn rtr monitor ip -ts -o monitor address
start_relay < <(config)

# --- which address -----------------------------------------------------------------
answered "only a link-local address" cl10 none
expect_eq "... and it is said" "$(relay_drop6 no-link-address)" 1
becomes "a permanent address" $MID add $MID/64 nodad
becomes "deleted" none del $MID/64
ns rtr sysctl -qw net.ipv6.conf.vlan10.use_tempaddr=2 net.ipv6.conf.vlan10.max_desync_factor=0 \
	net.ipv6.conf.vlan10.temp_prefered_lft=7 net.ipv6.conf.vlan10.temp_valid_lft=20
becomes "one with temporary ones" $HIGH add $HIGH/64 mngtmpaddr
stays "with a temporary one" $HIGH wait_for 3 temporaries 1
stays "with the next one" $HIGH wait_for 8 temporaries 2
stays "a lower one that comes later" $HIGH addr add $LOW nodad
becomes "it is deprecated" $LOW change $HIGH/64 preferred_lft 0
stays "it is preferred again" $LOW addr change $HIGH preferred_lft forever
becomes "the lower one deleted" $HIGH del $LOW/64
stays "deprecated, and the only one" $HIGH addr change $HIGH preferred_lft 0
becomes "a unique local one is preferred to that" $ULA add $ULA/64 nodad
addr del $HIGH

# --- duplicate address detection -----------------------------------------------------
ns rtr sysctl -qw net.ipv6.conf.vlan10.use_tempaddr=0 net.ipv6.conf.vlan10.accept_dad=1
add_client cl10b 10 02
ip6_on cl10b
nsip cl10b addr add $LOW/64 dev eth0 nodad
addr del $ULA
stays "a tentative address" none addr add $LOW
expect "which another machine has" wait_for 5 flagged dadfailed $LOW
stays "duplicate" none true
followed "vlan10 .*$MID/64 scope global *\\\\" $MID add $MID/64
expect "the kernel takes ${L[event]} ms to find that there is no other" test "${L[event]}" -gt 500
expect "... and the address is used ${L[lag]} ms later" within "${L[lag]}"
answered "..." cl10 $MID
addr del $LOW

# --- an answer to an address that has gone -----------------------------------------------
# late WHAT LINK-ADDRESS ARGUMENTS...: "ip addr" changes the link-address while the answer to a
# request with the present one is under way.
late()
{
	local pid

	knobs srv1 delay=$((1000 * PXR_SLOW))
	srv_forget srv1
	pkt cl10 ask eth0 wait=5 >"$T/late" &
	pid=$!
	wait_for 5 srv_has srv1 1 || die "$1: no request"
	followed "" "${@:2}"
	wait $pid
	load A <"$T/late"
	knobs srv1
	expect_eq "an answer to an address that $1: delivered" "${A[answers]} ${L[line]%none}" \
		"1 ${L[line]}"
}

stays "another one" $MID addr add $HIGH nodad
late "is deprecated" $HIGH change $MID/64 preferred_lft 0
late "is gone" $MID del $HIGH/64
expect_eq "... which is counted" "$(relay_counter6 link-address-gone)" 1
addr change $MID preferred_lft forever

# --- Interface-Id and MAC --------------------------------------------------------------
index()
{
	nsip rtr -o link show vlan10 | cut -d: -f1
}

ask cl10 smac=02:00:00:00:10:aa duid=0003000102000000ffff
srv_last srv1
expect_eq "the client's MAC is that of the frame" "${S[ropt79]}" 00010200000010aa
IID=${S[ropt18]}
expect_eq "the Interface-Id is host:interface" "$IID" "$(hexof "$(uname -n):vlan10")"
was=$(index)
stop "$RELAY_PID"
nsip rtr link del vlan10
add_vlan 10
addr add $MID nodad
expect "the interface is another one" test "$(index)" != "$was"
start_relay < <(config)
ask cl10
srv_last srv1
expect_eq "... after a restart, with the same Interface-Id" "${S[ropt18]}" "$IID"

if nsip rtr tuntap add ppp0 mode tun 2>/dev/null; then
	nsbatch rtr <<-END
	link set ppp0 up
	addr add fe80::30/64 dev ppp0 nodad
	addr add 2001:db8:30::1/64 dev ppp0 nodad
	END
	wait_for 2 logged relay 'interface=ppp0 .*link-address=2001:db8:30::1$'
	srv_forget srv1
	load A < <(pkt rtr tun ppp0 smac=02:00:00:00:30:01 src=fe80::31)
	srv_last srv1
	expect_eq "a link without MAC addresses: link-address, option 79, answer" \
		"${S[la]} ${S[ropt79]:-none} ${A[dst]}" "2001:db8:30::1 none fe80::31"
fi

# --- a configured link-address, and none -------------------------------------------------
stays "no address" none addr del $MID
reloaded "link-address = none"
for c in cl10 cl20; do
	answered "link-address = none, $c" $c ::
done
new_ns rtrb
link_cable rtrb vlan10 sw rtrb-10 02:00:00:01:01:10
link_cable rtrb up0 sw rtrb-up 02:00:00:01:01:01
nsip sw link set rtrb-10 master br10 up
nsip sw link set rtrb-up master brup up
ip6_on rtrb
nsbatch rtrb <<END
link set vlan10 up
link set up0 up
addr add $UP6:3/64 dev up0 nodad
END
reloaded "link-address = $GW10_6"
start_relay -n rtrb -N rtrb <<END
[relay]
control = $T/rtrb.sock
[interface vlan10]
servers = $SRV1_6
link-address = $GW10_6
END
srv_forget srv1
ask cl10 settle=300
expect_eq "two routers with one link-address: each has its own answer" \
	"$(srv_count srv1) $(printf '%s\n' "${A[src]}" "${A[2.src]}" | sort | xargs)" \
	"2 $RTR10_LL fe80::ff:fe01:110"
expect_eq "... sent to each of them" "$(grep -o '"src": *"[^"]*"' "$T/srv1.jsonl" | sort -u |
	tr -d ' \n')" "\"src\":\"$UP6:1\"\"src\":\"$UP6:3\""
expect_eq "... for a link where it is nobody's address" \
	"$(nsip rtr -6 -o addr show to $GW10_6; nsip rtrb -6 -o addr show to $GW10_6)" ""
answered "one link-address on two links of a router" cl20 $GW10_6
expect_not "no link-address was ever link-local" grep -q '"hex": *"0c00fe80' "$T/srv1.jsonl"
