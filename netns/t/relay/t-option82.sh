#!/bin/bash
# t-option82.sh: the relay agent information option on the wire (RFC 3046), read by a decoder
# of our own: adding it, every sub-option and format string, policies and trust, servers
# that get none, no room for it, and removing exactly ours from replies, wherever it is,
# with every byte after it kept.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

OURS=0106766c616e3130		# circuit-id "vlan10", the default
SWITCH=0104deadbeef		# what a snooping switch would send

text()
{
	printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'
}

# relay_with LINE...: starts a new relay with these keys of [interface vlan10].
relay_with()
{
	[ -z "$RELAY_PID" ] || stop "$RELAY_PID" || die "the relay does not end"
	start_relay <<-END
	[relay]
	control = $CTL
	host-name = gw-1
	client-rate = off
	[server second]
	address = $SRV2
	option82 = none
	[interface vlan10]
	servers = $SRV1, second
	$(printf '%s\n' "$@")
	END
	srv_forget srv1 srv2
}

# relayed_as WHAT OPT82: the server got what was sent, with that option 82
# added (trailing zeros do not matter).
relayed_as()
{
	local want

	want=$("$PYTHON" "$HERE/srv/pkt.py" relayed "${A[sent]}" $GW10 ${2:+"$2"})
	srv_last srv1
	expect_eq "$1: nothing but hops, giaddr and option 82 changed" \
		"$(trim "${S[payload]}")" "$(trim "$want")"
}

trim()
{
	local s=$1

	while [ "${s%00}" != "$s" ]; do
		s=${s%00}
	done
	echo "$s"
}

# refused WHAT DROP REQUEST...: no server gets the request, and the drop is counted.
refused()
{
	local what=$1 word=$2 before

	shift 2
	before=$(relay_drop "$word")
	pkt cl10 send eth0 "$@" >/dev/null
	expect "$what: counted as $word" \
		wait_for 2 dropped "$word" $((before + 1))
	expect_eq "$what: not relayed" "$(srv_count srv1)" 0
}

topo_vlans
fake srv1 opt=12:686f7374 opt=43:060108
fake srv2 answer=none

# ---- adding ----
relay_with "option82 = none"
ask cl10
relayed_as "option82 = none" ""
relay_with "option82 = add"
ask cl10 "opt=60:'PXEClient" size=300 "file=some/file"
relayed_as "option82 = add" $OURS
expect_eq "the client sees none of it" "${A[codes]}" "53 54 51 1 12 43"
srv_last srv2
expect_eq "a server with option82 = none gets none" "${S[codes]}" "53 60"
ask cl10 type=inform ciaddr=192.0.2.50 opt=55:0103 end=1 after=00000000
relayed_as "zeros behind END" $OURS
ask cl10 src=192.0.2.66 sport=67 giaddr=10.9.9.9 hops=1 opt=82:$SWITCH wait=0.05
srv_last srv1
expect_eq "another relay's message: giaddr, hops, option 82" \
	"${S[giaddr]} ${S[hops]} ${S[opt82]}" "10.9.9.9 2 $SWITCH"

# ---- sub-options and format strings ----
relay_with "option82 = add" "circuit-id = %h|%i|%g|%%" "remote-id = %m" \
	"subscriber-id = room 7" "link-selection = on" \
	"server-id-override = on" "relay-flags = on" \
	"vendor-specific = 32473:text" "relay-id = hex:00030001020304050607" \
	"vss = name:blue"
ask cl10
srv_last srv1
expect_eq "1 circuit-id" "${S[sub1]}" "$(text "gw-1|vlan10|$GW10|%")"
expect_eq "2 remote-id" "${S[sub2]}" "$(text $RTR10_MAC)"
expect_eq "5 link selection" "${S[sub5]}" c0000201
expect_eq "6 subscriber-id" "${S[sub6]}" "$(text 'room 7')"
expect_eq "9 vendor specific" "${S[sub9]}" "00007ed904$(text text)"
expect_eq "10 flags: it was broadcast" "${S[sub10]}" 00
expect_eq "11 server identifier override" "${S[sub11]}" c0000201
expect_eq "12 relay-id" "${S[sub12]}" 00030001020304050607
expect_eq "151 virtual subnet" "${S[sub151]}" "00$(text blue)"
expect "152 virtual subnet control, empty" \
	test -n "${S[sub152]+there}" -a -z "${S[sub152]}"
expect_eq "and all of it is removed from the reply" "${A[codes]}" "53 54 51 1 12 43"
relay_with "option82 = add" "circuit-id = hex:00010aff" "remote-id = off" \
	"link-selection = 192.0.2.129" "vss = vpn-id:00112233445566"
ask cl10
srv_last srv1
expect_eq "raw bytes" "${S[sub1]}" 00010aff
expect_eq "remote-id off" "${S[sub2]-none}" none
expect_eq "a fixed link" "${S[sub5]}" c0000281
expect_eq "a VPN-id" "${S[sub151]}" 0100112233445566
relay_with "option82 = add" "vss = global"
ask cl10
srv_last srv1
expect_eq "the global VPN" "${S[sub151]}" ff

# ---- no room ----
relay_with "option82 = add"
fill=$(printf '2%.0s' {1..510})
ask cl10 opt=224:"$fill" opt=225:"$fill" opt=226:"$fill" opt=227:"$fill" \
	opt=228:"${fill:0:392}"
srv_last srv1
expect_eq "1,470 bytes: option 82 would not fit, so it is left out" \
	"${S[size]} ${S[opt82]-none}" "1470 none"
expect "and counted" test "$(relay_counter option82-no-room)" -ge 1
expect_eq "the client still gets the reply" "${A[answers]}" 1

# ---- what a client or a switch sends ----
for p in append replace forward discard; do
	relay_with "option82 = add" "option82-policy = $p"
	refused "$p, untrusted" untrusted-option82 opt=82:$SWITCH
	expect_eq "$p, untrusted: another relay's is relayed" \
		"$(pkt cl10 send eth0 src=192.0.2.66 sport=67 giaddr=10.9.9.9 opt=82:$SWITCH >/dev/null
		wait_for 2 srv_has srv1 1 && srv_count srv1)" 1
done

relay_with "trust = on" "option82 = add" "option82-policy = forward"
ask cl10 opt=82:$SWITCH "opt=60:'after"
relayed_as "forward" ""
expect_eq "forward: it is not ours, so the reply keeps it" \
	"${A[opt82]}" $SWITCH
ask cl10
relayed_as "forward, but there is none: ours" $OURS

relay_with "trust = on" "option82 = add" "option82-policy = append"
ask cl10 opt=82:$SWITCH "opt=60:'after"
relayed_as "append" $OURS
expect_eq "append: the reply keeps only theirs" "${A[opt82]}" $SWITCH

relay_with "trust = on" "option82 = add" "option82-policy = replace"
ask cl10 opt=82:$SWITCH "opt=60:'after"
srv_last srv1
expect_eq "replace: only ours, and the other options in their places" \
	"${S[opt82]} ${S[codes]}" "$OURS 53 60 82"
expect_eq "replace: the reply has none" "${A[codes]}" "53 54 51 1 12 43"

relay_with "trust = on" "option82 = add" "option82-policy = discard"
refused "discard" option82-discard opt=82:$SWITCH

# ---- removing it from replies ----
relay_with "option82 = add"
for where in first middle last twice none; do
	for size in 0 400; do
		knobs srv1 82=$where opt=12:686f7374 opt=43:060108 \
			after=0102030405 size=$size
		ask cl10
		srv_last srv1
		expect_eq "82 $where, size $size: every other byte is kept" \
			"$(trim "${A[payload]}")" "$(trim "$("$PYTHON" \
			"$HERE/srv/pkt.py" without82 "${S[reply]}" $OURS)")"
	done
done
knobs srv1
ask cl10
expect_eq "a reply that was shortened is at least 300 bytes" "${A[size]}" 300
knobs srv1 82=$SWITCH
ask cl10
expect_eq "an option 82 that is not ours stays" "${A[opt82]}" $SWITCH
expect "and is counted" test "$(relay_counter option82-foreign)" -ge 1
# What a server echoes does not matter: giaddr says which VLAN gets the reply.
knobs srv1 82=0106766c616e3230
ask cl10
expect_eq "a circuit-id of another VLAN does not redirect the reply" "${A[answers]}" 1
expect "the relay is alive" alive "$RELAY_PID"
