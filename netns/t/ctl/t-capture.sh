#!/bin/bash
# `pxrelayctl capture' as an operator uses it: with real clients and servers, and packets
# that are dropped. tshark reads the files, checks every checksum and must not complain. No
# reader, however slow, may delay a packet.
#
# long: it waits for the end of several captures

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need dhclient udhcpc dhcpd dnsmasq tshark capinfos
need_pxrelayd

# capturing NAME: waits until pxrelayctl prints that the daemon is capturing.
capturing()
{
	wait_for 5 logged "$1" '^pxrelayctl: capturing$' || die "$1: no capture"
}

# cap NAME OPTION...: starts a capture into $T/NAME.pcapng and waits until it runs. A
# process that bash starts with & ignores SIGINT, so that must be undone.
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

# end_cap NAME [SIGNAL]: ends the capture; its exit status is $RC.
end_cap()
{
	[ "${2:-INT}" = 0 ] || kill "-${2:-INT}" "${CAP[$1]}"
	wait_for 10 gone "${CAP[$1]}" || die "$1: the capture does not end"
	wait "${CAP[$1]}"
	RC=$?
}

# told NAME: prints how many packets pxrelayctl reports as captured.
told()
{
	sed -n 's/^pxrelayctl: \([0-9]*\) packets captured.*/\1/p' "$T/$1.log"
}

# read_file FILE: runs tshark once, with all checksums, and writes what the tests look at into
# FILE.txt, one line per packet. The file is sound if nothing is malformed, tshark gives no
# warning, and every checksum is right except in packets that the relay dropped for it.
read_file()
{
	local name=${1##*/}

	tshark -n -r "$1" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-T fields -E separator='|' -E occurrence=a \
		-e frame.interface_name -e frame.packet_flags_direction \
		-e frame.packet_flags_reception_type -e eth.src -e eth.dst -e ip.src \
		-e ip.dst -e udp.dstport -e dhcp.id -e dhcp.option.dhcp \
		-e dhcp.hw.mac_addr -e dhcp.option.type -e ip.checksum.status \
		-e udp.checksum.status -e _ws.malformed -e _ws.expert.severity \
		-e frame.comment >"$1.txt" 2>"$T/err"
	# 0 is a bad checksum, 6291456 a warning; empty is good.
	awk -F'|' '$17 !~ /reason=bad/ && ($13 == 0 && $13 != "" ||
		$14 == 0 && $14 != "" || $15 != "" || $16 >= 6291456)' "$1.txt" >"$T/bad"
	expect "$name: nothing is malformed, every checksum is right" test ! -s "$T/bad"
	cat "$T/bad"
	expect_eq "$name: capinfos counts the same" \
		"$(capinfos -Tmrc "$1" 2>>"$T/err" | cut -d, -f2)" \
		"$(wc -l <"$1.txt")"
	sed -i '/^Running as user/d' "$T/err"
	expect "$name: tshark does not complain" test ! -s "$T/err"
	cat "$T/err"
}

# comment NAME CONDITION: prints the comments of the packets for which the awk condition
# is true; awk knows the fields by name.
comment()
{
	awk -F'|' '{ port = $1; way = $2 == "0x00000001" ? "in" : $2 == "0x00000002" ? "out" : "?"
		cast = $3; from = $4; to = $5; src = $6; dst = $7; dport = $8
		xid = $9; type = $10; mac = $11; options = "," $12 ","; says = $17 }
		('"$2"') { print says }' "$T/$1.pcapng.txt"
}

count_of()
{
	comment "$@" | wc -l
}

# has NAME CONDITION: the condition is true for at least one packet.
has()
{
	[ "$(count_of "$@")" -gt 0 ]
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
# A request to port 69 is routed past the relay.
nsip cl10 addr add 192.0.2.100/25 dev eth0 2>/dev/null
nsip cl10 route replace default via $GW10
ns cl10 bash -c "printf '\0\1x\0octet\0' >/dev/udp/$SRV2/69"
wait_for 5 test "$(relay_drop bad-ip)" = 1
end_cap all
expect_eq "SIGINT: exit status" $RC 0
expect "nothing was lost" logged all ' 0 lost '
read_file "$T/all.pcapng"
expect_eq "the file has the reported number of packets" "$(told all)" "$(count_of all 1)"

# The conversation of cl10's client, packet by packet; xid leaves out all others.
XID=$(awk -F'|' '$4 == "02:00:00:00:10:01" { print $9; exit }' "$T/all.pcapng.txt")
awk -F'|' -v xid="$XID" '$9 == xid { print $10, $2, $1, $6, $7, $17 }' \
	"$T/all.pcapng.txt" >"$T/ladder"
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
expect "the conversation of cl10, packet by packet" diff "$T/wanted" "$T/ladder"
expect "option 82 is in the copy" has all 'port == "server:alpha" && options ~ /,82,/'
expect_not "and not in what the client sent" has all 'port == "vlan20" && options ~ /,82,/'
for drop in untrusted-option82 hops bad-ip; do
	expect_eq "dropped: $drop, on the client leg and nowhere else" "$(comment all \
		"says ~ /reason=$drop / && way == \"in\" && port == \"vlan10\"" | cut -d= -f1,2)" \
		"dropped reason=$drop text"
	expect_eq "dropped: $drop, once" "$(count_of all "says ~ /$drop/")" 1
done
expect "the rule is named" has all 'says == "relayed to=alpha,beta rule=pxe" && way == "in"'
expect "and on its copies" has all \
	"says == \"copy server=beta from=vlan10 rule=pxe\" && way == \"out\" && dst == \"$SRV2\""
expect "TFTP that is routed past the relay" has all \
	"says == \"seen routed\" && dport == 69 && to == \"$RTR10_MAC\""
expect_eq "every packet has a comment and a direction" \
	"$(count_of all 'says != "" && way != "?"')" "$(told all)"
expect_eq "broadcasts are marked as such" "$(count_of all 'cast == 3')" \
	"$(count_of all 'to == "ff:ff:ff:ff:ff:ff"')"

# --- filters, several captures at once, and a reload meanwhile ---------------------------

cap by-mac --mac 0200.0000.1002
cap by-interface --interface 'vlan2?'
cap by-server --server beta
cap fourth
expect_eq "a fifth capture is refused" "$(ctl capture 2>&1 >/dev/null)" \
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
	read_file "$T/$name.pcapng"
done
MAC2='mac == "02:00:00:00:10:02"'
expect_eq "--mac: no other client" \
	"$(count_of by-mac "!($MAC2) && from != \"02:00:00:00:10:02\"")" 0
expect "--mac: the client leg" has by-mac "$MAC2 && port == \"vlan10\" && way == \"in\""
expect "--mac: its copies" has by-mac "$MAC2 && port == \"server:alpha\" && way == \"out\""
expect "--mac: its replies" has by-mac \
	"$MAC2 && way == \"in\" && says == \"relayed server=alpha to=vlan10\""
expect "--mac: a hedge" has by-mac \
	"$MAC2 && says == \"hedge server=beta from=vlan10\" && dst == \"$SRV2\""
expect "--mac: and the copy before it" has by-mac \
	"$MAC2 && says == \"copy server=dead from=vlan10 rule=pxe\""
expect "--mac: a helped packet" has by-mac 'says == "helped copies=1" && dport == 9'
expect_eq "--interface: its conversations, and what comes from another one" \
	"$(comment by-interface 1 | sort -u)" \
	"copy from=vlan10
copy server=fake from=vlan20
delivery server=fake
relayed server=fake to=vlan20
relayed to=fake"
expect "--server: what is sent to it" has by-server "dst == \"$SRV2\" && way == \"out\""
expect "--server: what it sends" has by-server "src == \"$SRV2\" && way == \"in\""
expect_not "--server: nothing of other servers" has by-server \
	'port == "server:alpha" || port == "server:fake"'

expect_eq "no such server" "$(ctl capture --server nobody 2>&1 >/dev/null)" \
	"pxrelayctl: capture: server=nobody: expected an address or the name of a configured server"

# --- ends -------------------------------------------------------------------------------

cap five -c 5 --json
pkt cl20 flood eth0 type=discover count=10 rate=200 >/dev/null
end_cap five 0
expect_eq "-c 5: ends by itself" $RC 0
read_file "$T/five.pcapng"
expect_eq "-c 5: five packets" "$(count_of five 1)" 5
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
expect "the end of the pipe ends the capture without an error" wait_for 10 logged pipe '^0 0$'
wait_for 5 gone "$SPAWNED"

# --- a ring of files -----------------------------------------------------------------------

cap ring -C 32k -W 3
pkt cl20 flood eth0 type=discover count=200 rate=400 >/dev/null
wait_for 5 srv_has srv3 200
end_cap ring TERM
expect_eq "SIGTERM: exit status" $RC 0
expect_eq "the ring: three files" "$(ls "$T"/ring_*.pcapng | wc -l)" 3
expect "the ring: three files are reported" logged ring ', 3 files$'
expect "the ring: the first file is gone" test ! -e "$T"/ring_00001_*.pcapng
for f in "$T"/ring_*.pcapng; do
	expect "${f##*/}: $(stat -c %s "$f") bytes" test "$(stat -c %s "$f")" -le 32768
	read_file "$f"
	expect "${f##*/}: is used" test "$(wc -l <"$f.txt")" -gt 10
done
expect "the ring: the last file has the numbers" test \
	"$(cat "$T"/ring_*.pcapng | wc -c)" -gt 65536

# --- a reader that is stopped ----------------------------------------------------------------

cap stopped
kill -STOP "${CAP[stopped]}"
srv_forget srv3
# This is much more than the daemon and the kernel buffer. A relay that waits for the reader
# would wait forever, so the limit of a second leaves room for a busy machine.
pkt cl20 flood eth0 type=discover count=3000 rate=1000 >/dev/null
wait_for 10 srv_has srv3 3000
load S < <("$PYTHON" "$HERE/srv/pkt.py" gaps "$T/srv3.jsonl")
expect_eq "a stopped reader: every packet was relayed" "${S[count]}" 3000
expect "a stopped reader: no packet had to wait (${S[gap_ms]} ms)" \
	test "${S[gap_ms]}" -lt $((1000 * PXR_SLOW))
kill -CONT "${CAP[stopped]}"
end_cap stopped
expect_eq "a stopped reader: exit status" $RC 0
lost=$(sed -n 's/.* captured, \([0-9]*\) lost.*/\1/p' "$T/stopped.log")
expect "a stopped reader: $(told stopped) packets, $lost were lost" \
	test "${lost:-0}" -gt 100 -a "$(told stopped)" -gt 1000
expect_eq "a stopped reader: captured and lost packets add up" \
	$((lost + $(told stopped))) $((3000 * 4))
read_file "$T/stopped.pcapng"
expect_eq "a stopped reader: the file has the reported number" \
	"$(told stopped)" "$(count_of stopped 1)"

# --- a full disk --------------------------------------------------------------------------------

# `ip netns exec' makes a mount namespace, so nothing needs to be unmounted.
mkdir "$T/tiny"
spawn rtr full bash -c "mount -t tmpfs -o size=64k none '$T/tiny' &&
	'$PXRELAYCTL' -s '$CTL' capture -w '$T/tiny/x.pcapng'
	echo \"status \$?\"
	cp '$T/tiny/x.pcapng' '$T/full.pcapng'; echo copied"
capturing full
pkt cl20 flood eth0 type=discover count=100 rate=400 >/dev/null
expect "a full disk: it is reported" wait_for 5 logged full "/x.pcapng: No space left on device$"
expect "a full disk: exit status" wait_for 5 logged full '^status 1$'
wait_for 5 logged full '^copied$'
read_file "$T/full.pcapng"
expect_eq "a full disk: the file has the reported number" "$(told full)" "$(count_of full 1)"
expect "a full disk: it was used until full" test "$(stat -c %s "$T/full.pcapng")" -gt 60000
pkt cl20 ask eth0 wait=1 type=discover >"$T/answer"
expect "a full disk: the daemon relays" grep -q '^answers=1$' "$T/answer"
expect_not "a full disk: the daemon logs nothing about it" logged relay 'No space'

# --- the daemon ends -----------------------------------------------------------------------------

cap last
pkt cl20 ask eth0 wait=1 type=discover >/dev/null
stop "$RELAY_PID"
end_cap last 0
expect_eq "the daemon ends: exit status" $RC 1
expect "the daemon ends: it is reported" logged last '^pxrelayctl: the daemon ended the capture$'
read_file "$T/last.pcapng"
expect_eq "the daemon ends: the file is complete" "$(count_of last 1)" 4
