#!/bin/bash
# `pxrelayctl capture' as an operator uses it: real clients and servers, and packets that
# are dropped.  What it writes must be good enough for tshark, which is asked to check
# every sum and not to complain; and no reader, however bad, may hold up a packet.

. "$(dirname "$0")/topo-vlans.sh"
need dhclient udhcpc dhcpd dnsmasq tshark capinfos
need_pxrelayd

IN='frame.packet_flags_direction == 1'
OUT='frame.packet_flags_direction == 2'

# capturing NAME: it says so; with a socket that is the daemon's word, too
capturing()
{
	wait_for 5 logged "$1" '^pxrelayctl: capturing$' || die "$1: no capture"
}

# cap NAME OPTION...: a capture into $T/NAME.pcapng, once it runs.  What bash starts
# with & ignores SIGINT, so that must be undone.
cap()
{
	local name=$1

	shift
	spawn rtr "$name" env --default-signal=INT "$PXRELAYCTL" -s "$CTL" capture \
		-w "$T/$name.pcapng" "$@"
	CAP[$name]=$SPAWNED
	capturing "$name"
}
declare -A CAP

# end_cap NAME [SIGNAL]: ends it; its exit status is $RC.
end_cap()
{
	[ "${2:-INT}" = 0 ] || kill "-${2:-INT}" "${CAP[$1]}"
	wait_for 10 gone "${CAP[$1]}" || die "$1: the capture does not end"
	wait "${CAP[$1]}"
	RC=$?
}

# told NAME: how many packets it says it has captured.
told()
{
	sed -n 's/^pxrelayctl: \([0-9]*\) packets captured.*/\1/p' "$T/$1.log"
}

# shark FILE ARGUMENT...: tshark, with checksums; its complaints are in $T/shark.err.
shark()
{
	local file=$1

	shift
	tshark -n -r "$file" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		"$@" 2>>"$T/shark.err"
}

# count_of NAME FILTER: how many packets of the capture match.
count_of()
{
	shark "$T/$1.pcapng" -Y "$2" | wc -l
}

# has NAME FILTER: one does.
has()
{
	[ "$(count_of "$1" "$2")" -gt 0 ]
}

# comment NAME FILTER: the comments of those that do.
comment()
{
	shark "$T/$1.pcapng" -Y "$2" -T fields -e frame.comment
}

# sound FILE: every checksum is right but those for which the relay dropped a packet, nothing
# is malformed, and nobody complains.
sound()
{
	local bad='_ws.malformed or _ws.expert.severity >= "Warning"
		or ip.checksum.status == "Bad" or udp.checksum.status == "Bad"'
	local name=${1##*/}

	: >"$T/shark.err"
	shark "$1" -Y "($bad) and not frame.comment contains \"reason=bad\"" >"$T/bad"
	expect "$name: nothing is malformed, every checksum is right" test ! -s "$T/bad"
	cat "$T/bad"
	expect_eq "$name: capinfos counts the same" \
		"$(capinfos -Tmrc "$1" 2>>"$T/shark.err" | cut -d, -f2)" \
		"$(shark "$1" | wc -l)"
	sed -i '/^Running as user/d' "$T/shark.err"
	expect "$name: no complaint" test ! -s "$T/shark.err"
	cat "$T/shark.err"
}

topo_vlans
add_client cl10-02 10 02
add_server srv3 12
config()
{
	cat <<-END
	[relay]
	control = $CTL
	option82 = add
	max-hops = 4
	[server alpha]
	address = $SRV1
	[server beta]
	address = $SRV2
	[server fake]
	address = $UP.12
	[server dead]
	address = $UP.99
	[group dhcp]
	servers = alpha
	[group boot]
	servers = beta
	[interface vlan10]
	dhcp = dhcp
	[interface vlan20]
	servers = fake
	[rule pxe]
	vendor-class = PXEClient*
	boot = boot
	END
}
start_relay < <(config | sed 's/servers = fake/dhcp = dhcp/')
start_dhcpd srv1 100 120
start_dnsmasq srv2 80 90 --dhcp-boot=pxelinux.0
PXE=opt=60:505845436c69656e74

# --- both legs -------------------------------------------------------------------------

cap all
expect "cl10 has a lease" dhclient_lease cl10
expect "cl20 has a lease" udhcpc_lease cl20
pkt cl10-02 ask eth0 wait=0.1 type=discover opt=82:0106000400010001 >/dev/null
pkt cl10-02 ask eth0 wait=0.1 type=discover hops=9 >/dev/null
pkt cl10-02 ask eth0 wait=0.1 type=discover ipsum=bad >/dev/null
pkt cl10-02 ask eth0 wait=0.1 type=discover via=udp >/dev/null
pkt cl10 ask eth0 wait=1 type=discover $PXE >/dev/null
# Port 69, routed past the relay.
nsip cl10 addr add 192.0.2.100/25 dev eth0 2>/dev/null
nsip cl10 route replace default via $GW10
ns cl10 bash -c "printf '\0\1x\0octet\0' >/dev/udp/$SRV2/69"
wait_for 5 test "$(relay_drop bad-ip)" = 1
end_cap all
expect_eq "SIGINT: exit status" $RC 0
expect_eq "what is told is there" "$(told all)" "$(shark "$T/all.pcapng" | wc -l)"
expect "nothing was lost" logged all ' 0 lost '
sound "$T/all.pcapng"

# The conversation of cl10's client, packet by packet: xid keeps out what else there is.
xid=$(shark "$T/all.pcapng" -Y "eth.src == 02:00:00:00:10:01 and dhcp" -T fields -e dhcp.id |
	head -n 1)
shark "$T/all.pcapng" -Y "dhcp.id == $xid" -T fields -E separator=' ' \
	-e dhcp.option.dhcp -e frame.packet_flags_direction -e frame.interface_name \
	-e ip.src -e ip.dst -e frame.comment >"$T/ladder"
cat >"$T/wanted" <<END
1 0x00000001 vlan10 0.0.0.0 255.255.255.255 relayed to=alpha
1 0x00000002 server:alpha $UP.1 $SRV1 copy server=alpha from=vlan10
2 0x00000001 server:alpha $SRV1 $GW10 relayed server=alpha to=vlan10
2 0x00000002 vlan10 $GW10 192.0.2.100 delivery server=alpha
3 0x00000001 vlan10 0.0.0.0 255.255.255.255 relayed to=alpha
3 0x00000002 server:alpha $UP.1 $SRV1 copy server=alpha from=vlan10
5 0x00000001 server:alpha $SRV1 $GW10 relayed server=alpha to=vlan10
5 0x00000002 vlan10 $GW10 192.0.2.100 delivery server=alpha
END
expect "the ladder of cl10, packet by packet" diff "$T/wanted" "$T/ladder"
expect "option 82 is in the copy" has all \
	'frame.interface_name == "server:alpha" and dhcp.option.type == 82'
expect_not "and not in what the client said" has all \
	'frame.interface_name == "vlan20" and dhcp.option.type == 82'
for drop in untrusted-option82 hops bad-ip; do
	expect_eq "dropped: $drop, and on the client leg only" \
		"$(comment all "frame.comment contains \"reason=$drop \"" | wc -l)" 1
	expect "dropped: $drop" has all \
		"frame.comment contains \"dropped reason=$drop text=\" and $IN and frame.interface_name == \"vlan10\""
done
expect "the rule is named" has all \
	"frame.comment == \"relayed to=alpha,beta rule=pxe\" and $IN"
expect "and on its copies" has all \
	"frame.comment == \"copy server=beta from=vlan10 rule=pxe\" and $OUT and ip.dst == $SRV2"
expect "TFTP that is routed past" has all \
	"frame.comment == \"seen routed\" and udp.dstport == 69 and eth.dst == $RTR10_MAC"
expect_eq "every packet has a comment and a direction" \
	"$(count_of all 'frame.comment and frame.packet_flags_direction')" "$(told all)"
expect_eq "broadcasts are told as such" \
	"$(count_of all 'frame.packet_flags_reception_type == 3 and eth.dst == ff:ff:ff:ff:ff:ff')" \
	"$(count_of all "eth.dst == ff:ff:ff:ff:ff:ff and $IN")"

# --- filters, several captures at once, and a reload in between --------------------------

cap by-mac --mac 0200.0000.1002
cap by-interface --interface 'vlan2?'
cap by-server --server beta
cap fourth
expect_eq "a fifth is refused" "$(ctl capture 2>&1 >/dev/null)" \
	"pxrelayctl: capture: there are 4 captures already"
end_cap fourth
reload_relay < <(
	config | sed 's/^servers = beta/servers = dead, beta\nmode = failover\nhedge = 200ms/'
	cat <<-END
	[helper wol]
	port = 9
	from = vlan10
	to = vlan20
	END
)
wait_for 5 logged relay '^.*reloaded'
fake srv3
pkt cl20 ask eth0 wait=1 type=discover >/dev/null
pkt cl10 ask eth0 wait=0.3 type=discover >/dev/null
pkt cl10-02 ask eth0 wait=1 type=discover $PXE >/dev/null
wait_for 5 test "$(relay_counter hedges)" -ge 1
pkt cl10-02 send eth0 sport=9 dport=9 payload=ffffffffffff >/dev/null
wait_for 5 test "$(relay_counter helped-copies)" -ge 1
for name in by-mac by-interface by-server; do
	end_cap $name
	sound "$T/$name.pcapng"
done
MAC2='dhcp.hw.mac_addr == 02:00:00:00:10:02'
expect_eq "--mac: nobody else" \
	"$(count_of by-mac "not $MAC2 and not eth.src == 02:00:00:00:10:02")" 0
expect "--mac: the client leg" has by-mac "$MAC2 and frame.interface_name == \"vlan10\" and $IN"
expect "--mac: its copies" has by-mac "$MAC2 and frame.interface_name == \"server:alpha\" and $OUT"
expect "--mac: its answers" has by-mac "$MAC2 and $IN and frame.comment contains \"relayed server=alpha\""
expect "--mac: a hedge" has by-mac \
	"$MAC2 and frame.comment == \"hedge server=beta from=vlan10\" and ip.dst == $SRV2"
expect "--mac: and the copy before it" has by-mac \
	"$MAC2 and frame.comment == \"copy server=dead from=vlan10 rule=pxe\""
expect "--mac: what is helped" has by-mac \
	'frame.comment == "helped copies=1" and udp.dstport == 9'
expect_eq "--interface: its conversations" "$(comment by-interface dhcp | sort -u)" \
	"copy server=fake from=vlan20
delivery server=fake
relayed server=fake to=vlan20
relayed to=fake"
expect "--interface: also what comes from another one" has by-interface \
	"frame.comment == \"copy from=vlan10\" and frame.interface_name == \"vlan20\" and $OUT"
expect "--server: what it is asked" has by-server "ip.dst == $SRV2 and $OUT"
expect "--server: what it says" has by-server "ip.src == $SRV2 and $IN"
expect "--server: nothing of others" test "$(count_of by-server \
	'frame.interface_name == "server:alpha" or frame.interface_name == "server:fake"')" = 0

expect_eq "no such server" "$(ctl capture --server nobody 2>&1 >/dev/null)" \
	"pxrelayctl: capture: neither a server of the configuration nor an address: nobody"

# --- ends -------------------------------------------------------------------------------

cap five -c 5 --json
pkt cl20 flood eth0 type=discover count=10 rate=200 >/dev/null
end_cap five 0
expect_eq "-c 5: ends by itself" $RC 0
expect_eq "-c 5: five packets" "$(shark "$T/five.pcapng" | wc -l)" 5
expect "--json" "$PYTHON" -c 'import json, sys
text = open(sys.argv[1]).read()
doc = json.loads(text[text.index("{"):])
sys.exit(doc != {"captured": 5, "lost": 0, "end": "count", "files": [sys.argv[2]]})' \
	"$T/five.log" "$T/five.pcapng"

spawn rtr pipe bash -c "'$PXRELAYCTL' -s '$CTL' capture --interface vlan20 2>'$T/live.log' |
	tshark -n -l -i - -c 3 -T fields -e frame.comment; echo \${PIPESTATUS[*]}"
capturing live
pkt cl20 flood eth0 type=discover count=20 rate=20 >/dev/null
expect "a pipe to tshark, live" wait_for 10 logged pipe '^relayed to=fake'
expect "its end is the end of the capture, and no error" wait_for 10 logged pipe '^0 0$'
wait_for 5 gone "$SPAWNED"

# --- a ring of files -----------------------------------------------------------------------

cap ring -C 32k -W 3
pkt cl20 flood eth0 type=discover count=200 rate=400 >/dev/null
wait_for 5 srv_has srv3 200
end_cap ring TERM
expect_eq "SIGTERM: exit status" $RC 0
expect_eq "the ring: three files" "$(ls "$T"/ring_*.pcapng | wc -l)" 3
expect "the ring: told" logged ring ', 3 files$'
expect "the ring: the first is gone" test ! -e "$T"/ring_00001_*.pcapng
for f in "$T"/ring_*.pcapng; do
	expect "${f##*/}: $(stat -c %s "$f") bytes" test "$(stat -c %s "$f")" -le 32768
	expect "${f##*/}: is used" test "$(shark "$f" | wc -l)" -gt 10
	sound "$f"
done
expect "the ring: the numbers stand in the last one" test \
	"$(cat "$T"/ring_*.pcapng | wc -c)" -gt 65536

# --- a reader that is stopped ----------------------------------------------------------------

cap stopped
kill -STOP "${CAP[stopped]}"
srv_forget srv3
# Much more than the daemon and the kernel keep for it. Waiting for it would be for ever,
# so a second is no mistake of a busy machine.
pkt cl20 flood eth0 type=discover count=3000 rate=1000 >/dev/null
wait_for 10 srv_has srv3 3000
load S < <("$PYTHON" "$HERE/srv/pkt.py" gaps "$T/srv3.jsonl")
expect_eq "a stopped reader: every packet was relayed" "${S[count]}" 3000
expect "a stopped reader: no packet waited for it (${S[gap_ms]} ms)" \
	test "${S[gap_ms]}" -lt $((1000 * PXR_SLOW))
kill -CONT "${CAP[stopped]}"
end_cap stopped
expect_eq "a stopped reader: exit status" $RC 0
lost=$(sed -n 's/.* captured, \([0-9]*\) lost.*/\1/p' "$T/stopped.log")
expect "a stopped reader: $(told stopped) packets, $lost were lost" \
	test "${lost:-0}" -gt 100 -a "$(told stopped)" -gt 1000
expect_eq "a stopped reader: none is missing from the sum" \
	$((lost + $(told stopped))) $((3000 * 4))
sound "$T/stopped.pcapng"

# --- a full disk --------------------------------------------------------------------------------

# ip netns exec makes a mount namespace, so nobody has to unmount it.
mkdir "$T/tiny"
spawn rtr full bash -c "mount -t tmpfs -o size=64k none '$T/tiny' &&
	'$PXRELAYCTL' -s '$CTL' capture -w '$T/tiny/x.pcapng'
	echo \"status \$?\"
	cp '$T/tiny/x.pcapng' '$T/full.pcapng'; echo copied"
capturing full
pkt cl20 flood eth0 type=discover count=100 rate=400 >/dev/null
expect "a full disk: said" wait_for 5 logged full "/x.pcapng: No space left on device$"
expect "a full disk: exit status" wait_for 5 logged full '^status 1$'
wait_for 5 logged full '^copied$'
expect_eq "a full disk: all that is told is there" "$(told full)" \
	"$(shark "$T/full.pcapng" | wc -l)"
expect "a full disk: it was used" test "$(stat -c %s "$T/full.pcapng")" -gt 60000
sound "$T/full.pcapng"
pkt cl20 ask eth0 wait=1 type=discover >"$T/answer"
expect "a full disk: the daemon relays" grep -q '^answers=1$' "$T/answer"
expect_not "a full disk: the daemon has nothing to say of it" logged relay 'No space'

# --- the daemon ends -----------------------------------------------------------------------------

cap last
pkt cl20 ask eth0 wait=1 type=discover >/dev/null
stop "$RELAY_PID"
end_cap last 0
expect_eq "the daemon ends: exit status" $RC 1
expect "the daemon ends: said" logged last '^pxrelayctl: the daemon ended the capture$'
expect_eq "the daemon ends: the file is whole" "$(shark "$T/last.pcapng" | wc -l)" 4
sound "$T/last.pcapng"
