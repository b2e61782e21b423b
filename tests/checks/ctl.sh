#!/bin/bash
# Runs pxrelayctl against a fake daemon that answers in every good and bad way
# (tests/checks/ctl-daemon.py), and checks what it prints, where, and its exit status. The
# tests in netns/ run it against a real daemon.
# shellcheck disable=SC2016,SC2086 # eval expands its words later; $what is two words
set -u
cd "$(dirname "$0")/../.." || exit 1
exec </dev/null
. tests/lib/tally.sh

ctl=${PXRELAYCTL:-build/asan/pxrelayctl}
export LC_ALL=C TERM=vt100
unset NO_COLOR

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
sock=$T/s

if [ ! -x "$ctl" ]; then
	fail "ctl: the program" "$ctl was not built"
	tally
	exit
fi

# See ctl-daemon.py, which runs each command and looks for patterns in what it printed.
coproc /usr/bin/python3 tests/checks/ctl-daemon.py "$T"
from=${COPROC[0]} to=${COPROC[1]}
exec 3<&"$from" 4>&"$to" {from}<&- {to}>&-

# call REQUEST FIELD...: sets $reply
call() {
	printf '%s\0' $# "$@" >&4
	read -r -u 3 reply || { fail "ctl: the fake daemon" "it ended"; tally; exit 1; }
}

# run MODE COMMAND...: sets $rc and writes $T/out and $T/err. Standard input is the answer of
# the fake daemon.
run() {
	call run "$1" "/proc/$BASHPID/fd/0" "${OUT:-$T/out}" "$TERM" \
		"${NO_COLOR+=}${NO_COLOR-}" "${@:2}"
	rc=$reply
}

# ask MODE ARGUMENT...: pxrelayctl with the fake daemon; must not be in a pipe, since $rc
# would be set in a subshell
ask() {
	run "$1" "$ctl" -s "$sock" "${@:2}"
}

# alone ARGUMENT...: pxrelayctl without a daemon
alone() {
	run none "$ctl" "$@"
}

# verdict NAME CONDITION...: reports one result, with all output if the condition fails.
verdict() {
	local name=$1

	shift
	if "$@"; then
		pass "ctl: $name"
	else
		fail "ctl: $name" "condition not met: $* (exit status $rc)"
		head -c 4000 "$T/out" "$T/err" | cat -v
	fi
}

# status N [OUT [ERR]]: the exit status is N, and standard output and error have lines that
# match the patterns. An empty pattern means that the stream is empty.
status() {
	[ "$rc" = "$1" ] || return 1
	[ $# -lt 2 ] || has "$T/out" "$2" || return 1
	[ $# -lt 3 ] || has "$T/err" "$3"
}

# has FILE PATTERN: a line of the file matches; with an empty pattern, the file is empty.
has() {
	if [ -z "$2" ]; then
		[ ! -s "$1" ]
	else
		matches "$2" "$1"
	fi
}

matches() {
	call match "$@"
	[ "$reply" = 0 ]
}

lacks() {
	! matches "$1" "$T/out" "$T/err"
}

# Printable ASCII and newlines only.
clean() {
	! matches '[^ -~]' "$T/out" "$T/err"
}

fits() {
	! matches '.{81}| $' "$T/out" && [ -s "$T/out" ]
}

shorter_than() {
	[ "$(wc -l < "$T/out")" -lt "$1" ]
}

cat > "$T/doc" <<'EOF'
{"version":"9.8.7","uptime-s":273845,"conversations":110,"conversations6":8,
"interfaces":[
 {"name":"vlan10","ifindex":3,"state":"ready",
  "giaddr":["10.0.10.1","10.0.11.1"],"pattern":"vlan*","servers":[],
  "dhcp":["dhcp-a","dhcp-b"],"boot":["wds-1"],"option82":true,
  "requests":1204,"relayed":1203,"replies":1180,"drops":2,"state6":"standby",
  "link-address":"2001:db8:10::1","requests6":7,"relayed6":6,"replies6":5,"drops6":1},
 {"name":"enp100s31f6.2999","ifindex":4,"state":"no-address","giaddr":[],
  "pattern":"enp*","inherited-from":"swp1","servers":["192.168.100.210"],
  "dhcp":[],"boot":[],"option82":false,
  "requests":1234567890,"relayed":99999,"replies":100000,"drops":0}],
"servers":[
 {"name":"dhcp-a","address":"192.0.2.10","state":"reachable",
  "source":"192.0.2.1","dhcp":true,"boot":false,"sent":1204,"replies":1180,
  "offers":600,"acks":580,"naks":0,"dropped":0,"errors":0},
 {"name":"wds-1","address":"192.168.100.210","state":"no-route",
  "source":"0.0.0.0","dhcp":true,"boot":true,"sent":12345678,"replies":0,
  "offers":0,"acks":0,"naks":3,"dropped":1,"errors":44}],
"rules":[{"name":"ipxe-second","hits":4}],
"counters":{"requests":1200,"requests-relayed":1200,"replies":1180,
 "replies-relayed":1178,"newer-word":3},
"counters6":{"requests":4,"requests-relayed":3,"odd-options":2},
"drops":{"short":0,"hops":3,"not-server":1200,"untrusted-option82":7,
 "bad-ip":1,"from-the-future":9},
"drops6":{"short":0,"hops":20,"bad-ip":0},
"by":{"requests":{"hops":2,"untrusted-option82":7,"bad-ip":1},
 "replies":{"not-server":1200,"hops":1},"4011":{}},
"by6":{"requests":{"hops":20},"replies":{}}}
EOF

# --- every command, in text ----------------------------------------------------

ask answer show < "$T/doc"
verdict "show: version and uptime" status 0 '^pxrelayd 9\.8\.7, up 3 d 04:04:05, 118 conv' ''
verdict "show: packet counts" \
	status 0 '^1204 requests, 1203 relayed, 1180 replies, 1178 delivered$'
verdict "show: trouble first" eval \
	'sed -n "/^INTERFACE/{n;p}" "$T/out" | grep -q "^enp100s31f6"'
verdict "show: servers, silent ones named" status 0 '^wds-1 .*no-route .*never answered'
verdict "show: most frequent drop and its sentence" \
	status 0 '^not-server +1200 +- reply from an address that +replies$'
verdict "show: how many more drop reasons there are" status 0 '^and 2 more: pxrelayctl show drops$'
verdict "show: fits" fits
verdict "show: one screen" shorter_than 24
verdict "show: no colour in a file" lacks $'\033'
verdict "show: sends one line" test "$(< "$sock.asked")" = show

ask answer show interfaces < "$T/doc"
verdict "show interfaces" \
	status 0 '^vlan10 +ready +10\.0\.10\.1 +1204 +1180 +2 \[vlan\*\]' ''
verdict "show interfaces: DHCPv6 has a row of its own" \
	status 0 '^vlan10 v6 +standby +2001:db8:10::1 +7 +5 +1 \[vlan\*\]'
verdict "show interfaces: large numbers" status 0 ' 1\.2G +100k +0 '
verdict "show interfaces: the whole configuration" eval \
	'tr -s " \n" " " < "$T/out" | grep -q "\[enp\*\] of swp1.*servers"'
verdict "show interfaces: fits" fits
verdict "show interfaces: the command sent" \
	test "$(< "$sock.asked")" = "show interfaces"

ask answer show servers < "$T/doc"
verdict "show servers" status 0 '^dhcp-a .* dhcp +reachable +1204 +1180 +600 +580 from' ''
verdict "show servers: both classes, no route" status 0 ' both no-route +12\.3M +0 '
verdict "show servers: fits" fits

ask answer show rules < "$T/doc"
verdict "show rules" status 0 '^ipxe-second +4$' ''

ask answer show counters < "$T/doc"
verdict "show counters" status 0 '^requests-relayed +1200 +3 +requests sent to' ''
verdict "show counters: of DHCPv6 only" status 0 '^odd-options +- +2 +DHCPv6 requests with'
verdict "show counters: an unknown word" status 0 '^newer-word +3 +- +-$'
verdict "show counters: fits" fits

ask answer show drops < "$T/doc"
verdict "show drops" status 0 '^untrusted-option82 +7 +- +option 82 with giaddr 0' ''
verdict "show drops: of both protocols" status 0 '^hops +3 +20 +hop count above'
verdict "show drops: only what occurred" lacks '^short'
verdict "show drops: most frequent first" eval \
	'[ "$(sed -n "2s/ .*//p" "$T/out")" = not-server ]'
verdict "show drops: in which direction" status 0 'requests=22 replies=1$'
verdict "show drops: an unknown word" status 0 '^from-the-future +9 +- +-$'
verdict "show drops: fits" fits

ask answer show drops <<< '{"drops":{"short":0},"by":{}}'
verdict "show drops: none" status 0 '^no drops$' ''
ask answer show interfaces <<'EOF'
{"interfaces":[{"name":"a","state":"off","giaddr":[],"pattern":"a","state6":"no-address",
  "requests":99},
 {"name":"b","state":"ready","giaddr":["10.0.0.1"],"pattern":"b","state6":"off","requests6":99}]}
EOF
verdict "show interfaces: only protocols that have servers" \
	test "$(sed 's/  .*//' "$T/out")" = $'INTERFACE\na v6\nb'
verdict "show interfaces: no number of the other protocol" lacks 99
ask answer show interfaces <<< '{"interfaces":[]}'
verdict "show interfaces: none" status 0 '^no interfaces$' ''
ask answer version < "$T/doc"
verdict "version" status 0 '^pxrelayd 9\.8\.7$' ''
ask answer reload <<< '{"reloaded":true}'
verdict "reload" status 0 'reloaded' ''
verdict "reload: the command sent" test "$(< "$sock.asked")" = reload

ask answer drain wds-1 <<< '{"server":"wds-1","health":"drained"}'
verdict "drain" status 0 '^server wds-1 is drained$' ''
verdict "drain: the command sent" test "$(< "$sock.asked")" = "drain wds-1"
ask answer enable 192.0.2.10 <<< '{"server":"dhcp-a","health":"up"}'
verdict "enable" status 0 '^server dhcp-a is up$' ''
verdict "enable: the command sent" test "$(< "$sock.asked")" = "enable 192.0.2.10"
ask answer drain nobody <<< '{"error":"no such server"}'
verdict "drain: no such server" status 1 '' '^pxrelayctl: drain nobody: no such server$'
ask answer drain x <<< '{"server":7,"health":"up"}'
verdict "drain: of another shape" status 1 '' 'does not match this command'

# --- clients, boots and why they fail ----------------------------------------------

cat > "$T/boots" <<'EOF'
{"known":7123,"more":true,"clients":[
 {"mac":"52:54:00:00:00:01","interface":"enp100s31f6.2999","arch":"uefi-x64",
  "family":"pxe","address":"192.168.100.210","verdict":"discovery-unanswered",
  "failed":true,"age-s":400,"xid":"00000001"},
 {"mac":"52:54:00:00:00:02","family":"plain","verdict":"leased","failed":false,
  "age-s":401,"xid":"00000002"}],
"boots":[
 {"mac":"52:54:00:00:00:03","interface":"vlan10","arch":"bios","family":"pxe",
  "verdict":"tftp-not-found","failed":true,"age-s":2,"xid":"00000003",
  "server":"192.0.2.11","server-name":"wds-1","file":"wdsnbp.com"}]}
EOF
ask answer show clients < "$T/boots"
verdict "show clients" status 0 '^52:54:00:00:00:02 +- +- +plain +- +leased +6 min$' ''
ask answer show clients <<'EOF'
{"known":2,"more":false,"clients":[
 {"mac":"52:54:00:00:00:06","family":"plain","address6":"2001:db8::6","verdict":"leased-v6",
  "age-s":1},
 {"mac":"52:54:00:00:00:07","family":"plain","address":"10.0.0.7","address6":"2001:db8::7",
  "verdict":"leased","age-s":1}]}
EOF
verdict "show clients: an IPv6 address" status 0 ' plain +2001:db8::6 +leased-v6 '
verdict "show clients: both addresses" status 0 ' plain +10\.0\.0\.7 2001:db8::7 +leased '
ask answer show clients < "$T/boots"
verdict "show clients: how many there are" status 0 '^these are the last of 7123 clients$'
verdict "show clients: fits" fits
verdict "show clients: the command sent" test "$(< "$sock.asked")" = "show clients"
ask answer show boots < "$T/boots"
verdict "show boots" status 0 \
	'^52:54:00:00:00:03 +vlan10 +bios +wdsnbp\.com on wds-1 +tftp-not-found +2 s$' ''
verdict "show boots: fits" fits
ask answer show boots <<< '{"boots":[],"known":0,"more":false}'
verdict "show boots: none" status 0 '^no boots$' ''
ask pty show boots < "$T/boots"
verdict "show boots: failed is red" status 0 $'\033\\[1;31mtftp-not-found'

cat > "$T/explain" <<'EOF'
{"mac":"52:54:00:00:00:03","verdict":{"code":"tftp-not-found","failed":true,
 "sentence":"The boot server has no file of that name.",
 "cause":"The file name in the offer is wrong, or the file was never installed there.",
 "cure":"Compare the name.","firmware":"PXE-T01, PXE-E23"},
"also":[{"code":"rogue-server","failed":true,"sentence":"A server answers.",
  "cause":"-","cure":"Find it.","firmware":"PXE-E53"},
 {"code":"hedged","failed":false,"sentence":"It booted.","cause":"-","cure":"Nothing.",
  "firmware":"-"}],
"boot":{"age-s":2,"facts":{"interface":"vlan10","family":"pxe","arch":"bios",
  "rule":"old","file":"x64\\x5cwdsnbp.com","server":"192.0.2.11","server-name":"wds-1"},
 "events":[{"ms":0,"event":"discover","n":2},
  {"ms":3,"event":"drop","server":"192.0.2.66","drop":"not-server"},
  {"ms":4,"event":"drop","drop":"client-rate"},
  {"ms":5,"event":"offer","server":"192.0.2.10","address":"10.0.10.50"},
  {"lost":12},
  {"ms":500,"event":"hedge","server":"192.0.2.11","server-name":"wds-1"},
  {"ms":4011,"event":"4011-request","server":"192.0.2.11","n":4011},
  {"ms":61002,"event":"tftp-error","server":"192.0.2.11","server-name":"wds-1","n":1},
  {"ms":61003,"event":"rogue-server","server":"10.0.10.9","address":"10.9.0.1"},
  {"ms":61004,"event":"from-the-future","server":"10.0.10.9"}]},
"before":{"verdict":"booted","age-s":7300}}
EOF
ask answer explain 52:54:00:00:00:03 < "$T/explain"
verdict "explain: exit status 1 for a failed boot" status 1 '^verdict  tftp-not-found$' ''
verdict "explain: the command sent" \
	test "$(< "$sock.asked")" = "explain 52:54:00:00:00:03"
verdict "explain: the client" status 1 '^client   52:54:00:00:00:03 on vlan10, pxe bios, 2 s ago$'
verdict "explain: rule" status 1 '^rule     old$'
verdict "explain: file" status 1 '^file     x64\\wdsnbp\.com on wds-1$'
verdict "explain: a request" status 1 '^   0\.000  \|-- discover -+>\|-+>\| 2 servers$'
verdict "explain: a reply" \
	status 1 '^   0\.005  \|<- offer 10\.0\.10\.50 -+\|<-+\| 192\.0\.2\.10$'
verdict "explain: a dropped request" status 1 '\|-- drop: client-rate -+X\| +\|$'
verdict "explain: a dropped reply" status 1 '\| +drop: not-server \|X-+\| 192\.0\.2\.66$'
verdict "explain: a request of the relay's own" status 1 '\| +hedge \|-+>\| wds-1$'
verdict "explain: lost events" status 1 '^ +\.\.\. 12 more \.\.\.$'
verdict "explain: past the relay" status 1 '\|-- 4011-request from port 4011 -+>\| 192'
verdict "explain: an error and its code" status 1 '\|<- tftp-error code 1 -+\| wds-1$'
verdict "explain: beside the relay" \
	status 1 '\|<- rogue-server 10\.9\.0\.1 -+ +\| 10\.0\.10\.9$'
verdict "explain: an unknown event" status 1 '\| from-the-future +\| +\| 10'
verdict "explain: the columns line up" test "$(grep -c '^.\{10\}|.\{48\}|' "$T/out")" = 9
verdict "explain: cause, folded" \
	status 1 '^cause    The file name in the offer is wrong, or .* installed$'
verdict "explain: cure" status 1 '^cure     Compare the name\.$'
verdict "explain: what the screen says" status 1 '^screen   PXE-T01, PXE-E23$'
verdict "explain: a second finding" status 1 '^also     rogue-server: A server answers\.$'
verdict "explain: the cure of the second finding" status 1 '^cure     Find it\.$'
verdict "explain: all of it" status 1 '^also     hedged: It booted\.$'
verdict "explain: the boot before" status 1 '^before   booted, 2 h ago$'
verdict "explain: fits" fits
ask answer --json explain 52:54:00:00:00:03 < "$T/explain"
verdict "explain: exit status 1 with --json, too" status 1 '"code": "tftp-not-found"' ''
ask answer explain 52:54:00:00:00:04 <<'EOF'
{"mac":"52:54:00:00:00:04","verdict":{"code":"leased","failed":false,
"sentence":"It has an address.","cause":"All went well.","cure":"Nothing.","firmware":"-"}}
EOF
verdict "explain: exit status 0 for a good boot" status 0 '^verdict  leased$' ''
verdict "explain: no line for the screen" lacks '^screen'
ask answer explain 52:54:00:00:00:05 <<'EOF'
{"mac":"52:54:00:00:00:05","verdict":{"code":"leased","failed":false,
"sentence":"It has an address.","cause":"All went well.","cure":"Nothing.","firmware":"-"},
"boot":{"age-s":2,"facts":{"interface":"vlan10","family":"plain",
  "dhcp6":{"address":"2001:db8:10::50","prefix":"2001:db8:8::/56"}},
 "events":[{"ms":0,"event":"solicit","protocol":"dhcp6","n":1},
  {"ms":1,"event":"request","n":1},
  {"ms":2,"event":"request","protocol":"dhcp6","n":1},
  {"ms":3,"event":"drop","protocol":"dhcp6","drop":"standby"},
  {"ms":4,"event":"reply","protocol":"dhcp6","server":"2001:db8::10",
   "address":"2001:db8:10::50"}]}}
EOF
verdict "explain: what DHCPv6 leased" status 0 '^IPv6     2001:db8:10::50, 2001:db8:8::/56$'
verdict "explain: a request of DHCPv6" status 0 '\|-- solicit -+>\|-+>\| 1 server$'
verdict "explain: a request of DHCPv4 beside it" status 0 '\|-- request -+>\|-+>\| 1 server$'
verdict "explain: what both families have is marked" \
	status 0 '\|-- request v6 -+>\|-+>\| 1 server$'
verdict "explain: a drop of DHCPv6" status 0 '\|-- drop v6: standby -+X\| +\|$'
verdict "explain: a reply of DHCPv6" \
	status 0 '\|<- reply 2001:db8:10::50 -+\|<-+\| 2001:db8::10$'
verdict "explain: both families fit" fits
alone explain x
verdict "explain: neither a MAC address nor a file" \
	status 1 '' '^pxrelayctl: x: neither a hardware address nor a file$'
for bad in '{}' '{"verdict":7}' '{"verdict":{"code":7}}'; do
	ask answer explain 02:00:00:00:00:01 <<< "$bad"
	verdict "explain: of another shape: $bad" status 1 '' 'does not match this command'
done
alone explain
verdict "explain: without a MAC address" status 2 '' '^pxrelayctl: incomplete command: explain MAC$'

# row MAC VERDICT FAILED XID
row() {
	printf '{"mac":"%s","interface":"vlan10","verdict":"%s","failed":%s,"age-s":0,"xid":"%s"}' "$@"
}
{
	printf '{"boots":[%s,%s]}@' "$(row b going-on false 1)" "$(row a leased false 1)"
	printf '{"boots":[%s,%s]}@' "$(row b no-offer true 1)" "$(row a leased false 1)"
	printf '{"boots":[%s,%s]}' "$(row a leased false 2)" "$(row b no-offer true 1)"
} > "$T/turns"
ask turns watch < "$T/turns"
cut -d' ' -f2- "$T/out" | tr '\n' ';' > "$T/o"
verdict "watch: what is new" test "$(cat "$T/o")" = \
	"a vlan10 - leased;b vlan10 - going-on;b vlan10 - no-offer;a vlan10 - leased;"
verdict "watch: the command sent" test "$(< "$sock.asked")" = "show boots"
verdict "watch: ends with the daemon" status 1 . 'the connection was closed'
ask twice watch <<< "{\"boots\":[$(row a leased false 1)]}"
verdict "watch: an interrupt ends it with status 0" status 0 'vlan10 - leased' ''
ask turns --json watch < "$T/turns"
verdict "watch --json: a document a line" \
	test "$(grep -c '^{"mac":.*"xid":"[12]"}$' "$T/out")" = 4
ask answer watch <<< '{"boots":7}'
verdict "watch: of another shape" status 1 '' 'does not match this command'

# --- capture -------------------------------------------------------------------------

# A stream of two interfaces with a packet each, and lost packets.
tail -c +2 tests/fuzz/corpus/capfile/whole > "$T/stream"
pcapng='{"capture":"pcapng"}'
ask stream capture -w "$T/x.pcapng" --mac 02:00:5e:10:00:01 --mac 2 --interface 'vlan*' \
	--server wds-1 <<< "$pcapng"
verdict "capture: the command sent" test "$(< "$sock.asked")" = \
	"capture mac=02:00:5e:10:00:01 mac=2 interface=vlan* server=wds-1"
verdict "capture: the stream is the file" cmp "$T/stream" "$T/x.pcapng"
verdict "capture: the numbers" has "$T/err" '^pxrelayctl: 2 packets captured, 4 lost because '
verdict "capture: fails when the daemon ends it" \
	status 1 '' '^pxrelayctl: the daemon ended the capture$'
ask stream capture -c 2 -w - <<< "$pcapng"
verdict "capture: to standard output" cmp "$T/stream" "$T/out"
verdict "capture: ends after -c packets" status 0
ask stream capture -c 2 <<< "$pcapng"
verdict "capture: to standard output without messages" cmp "$T/stream" "$T/out"
ask stream capture -c 2 -C 32k -w "$T/ring.x" --json <<< "$pcapng"
verdict "capture --json" status 0 '^  "captured": 2,' '^pxrelayctl: capturing$'
verdict "capture --json: the file" grep -q "\"$(echo "$T"/ring_00001_*.x)\"" "$T/out"
ask stream capture -c 1 -w - --json <<< "$pcapng"
verdict "capture --json: not into the capture" status 0 . '^  "end": "count",'
ask stream capture -w /dev/full <<< "$pcapng"
verdict "capture: a full disk" status 1 '' '^pxrelayctl: /dev/full: No space left on device$'
verdict "capture: a full disk: nothing was captured" has "$T/err" ': 0 packets captured'
ask stream capture -w "$T/none/x" <<< "$pcapng"
verdict "capture: no such directory" status 1 '' '/none/x: No such file or directory$'
ask more capture -w "$T/y" <<< "$pcapng"
verdict "capture: not a capture" status 1 '' '^pxrelayctl: the answer is not a capture$'
for bad in tests/fuzz/corpus/capfile/{no-section,second-section,unknown-interface,bad-length}; do
	tail -c +2 "$bad" > "$T/stream"
	ask stream capture -w "$T/y" <<< "$pcapng"
	verdict "capture: ${bad##*/}" status 1 '' 'the answer is not a capture$'
done
ask answer capture -w "$T/z" <<< '{"error":"there are 4 captures already"}'
verdict "capture: refused" status 1 '' '^pxrelayctl: capture: there are 4 captures already$'
ask answer capture -w "$T/z" <<< '{"capture":"pcap"}'
verdict "capture: another format" status 1 '' 'does not match this command'
ask answer capture -w "$T/z" <<< 'nonsense'
verdict "capture: nonsense" status 1 '' 'does not match this command'
verdict "capture: no file for a refusal" test ! -e "$T/z"
ask pty capture <<< "$pcapng"
verdict "capture: not to a terminal" status 2 'a capture cannot go to a terminal'
ask pty capture -w - <<< "$pcapng"
verdict "capture: not to a terminal with -w - either" status 2 'cannot go to a terminal'
for bad in "-C 31k" "-C 5" "-C 32x" "-C 32kk" "-C k" "-C -1" "-C 99999999999G" "-W 0" \
	"-W 10001" "-W x" "-c 0" "-c -5" "-c 1.5" "-C 32k" "-W 3 -w x" "-C 1M -w -"; do
	alone -s "$T/nobody" capture $bad
	verdict "capture $bad" status 2 '' '^pxrelayctl: (expected a |-W needs -C|-C needs a file)'
done
alone -s "$T/nobody" capture -w x --mac ''
verdict "capture: no address" status 2 '' 'expected a name or an address'
alone -s "$T/nobody" capture -w x --server 'a server=b'
verdict "capture: two in one" status 2 '' 'expected a name or an address: a server=b'
alone -s "$T/nobody" capture -w ''
verdict "capture: no name" status 2 '' '-w: expected a file name'
for bad in "-w x" "-c 5" "--mac 02:00:5e:10:00:01"; do
	alone -s "$T/nobody" show $bad
	verdict "show $bad" status 2 '' 'does not belong to this command'
done

# --- health --------------------------------------------------------------------

ask answer show servers <<'EOF'
{"servers":[
 {"name":"dhcp-a","address":"192.0.2.10","state":"reachable","health":"up",
  "diag":"probe-answered","since-s":7,"misconfigured":false,"source":"192.0.2.1",
  "probes":[{"probe":"dhcp","last":"answered","ago-s":1}],"dhcp":true,"boot":false,
  "sent":1204,"replies":1180,"offers":600,"acks":580},
 {"name":"wds-1","address":"192.0.2.11","state":"reachable","health":"down",
  "diag":"tftp-timeout","since-s":95,"misconfigured":false,
  "source":"192.0.2.1","probes":[],"dhcp":false,"boot":true,"sent":4,"replies":4},
 {"name":"wds-2","address":"192.0.2.12","state":"no-route","health":"down",
  "diag":"no-route","since-s":90000,"misconfigured":false,"source":"0.0.0.0",
  "probes":[],"dhcp":false,"boot":true,"sent":4,"replies":4},
 {"name":"kea","address":"192.0.2.13","state":"reachable","health":"up",
  "diag":"reply","since-s":9,"misconfigured":true,"source":"192.0.2.1",
  "probes":[{"probe":"pxe","last":"timeout"},{"probe":"icmp","last":"answered"}],
  "dhcp":true,"boot":false,"sent":4,"replies":4},
 {"name":"old","address":"192.0.2.14","state":"reachable","health":"drained",
  "diag":"drained","since-s":9,"misconfigured":false,"source":"192.0.2.1",
  "probes":[],"dhcp":true,"boot":false,"sent":4,"replies":4}]}
EOF
verdict "health: up" status 0 '^dhcp-a .* dhcp +up +1204 ' ''
verdict "health: down, and why" status 0 '^wds-1 .* boot +down .*tftp-timeout' ''
verdict "health: since when" eval 'tr -s " \n" " " < "$T/out" | grep -q "for 95 s"'
verdict "health: no-route is shown in place of down" status 0 '^wds-2 .* no-route .*no-route' ''
verdict "health: in hours" eval 'tr -s " \n" " " < "$T/out" | grep -q "for 25 h"'
verdict "health: a wrong probe is named" status 0 'answers.*clients|clients.* probe|pxe'
verdict "health: but not a probe that is answered" lacks icmp
verdict "health: drained" status 0 '^old .* dhcp +drained ' ''
verdict "health: trouble first" eval \
	'[ "$(grep -o "^[a-z][a-z0-9-]*" "$T/out" | head -n 2 | tr "\n" " ")" = "wds-1 wds-2 " ]'
verdict "health: fits" fits
ask pty show servers <<< '{"servers":[{"name":"a","state":"reachable","health":"down"}]}'
verdict "health: down is red" status 0 $'\033\\[1;31mdown'

# --- JSON ----------------------------------------------------------------------

same_json() {
	/usr/bin/python3 -c 'import json, sys
sys.exit(json.load(open(sys.argv[1])) != json.load(open(sys.argv[2])))' "$@"
}

ask answer --json show < "$T/doc"
verdict "--json: the same document" same_json "$T/out" "$T/doc"
verdict "--json: indented" status 0 '^  "version": "9\.8\.7"' ''
ask answer show drops --json < "$T/doc"
verdict "--json: also after the command" same_json "$T/out" "$T/doc"
verdict "--json: is not sent to the daemon" test "$(< "$sock.asked")" = "show drops"
ask answer --json show <<< '{"error":"no \u009b such"}'
verdict "--json: an error is a document and a failure" status 1 '"error": "no ' ''
verdict "--json: only ASCII" clean

# --- errors --------------------------------------------------------------------

ask answer reload <<< '{"error":"the configuration was refused: see the log"}'
verdict "an error: exit status 1, message on stderr" \
	status 1 '' '^pxrelayctl: reload: the configuration was refused: see the log$'
ask answer reload <<< '{"error":"refused","mistakes":["a.conf:7: no \u001b such key",7]}'
verdict "an error with mistakes: each is a line" status 1 '' '^a.conf:7: no .* such key$'
verdict "an error with mistakes: only ASCII" clean
ask answer reload <<< '{"error":7}'
verdict "an error that is not a string" status 1 '' '^pxrelayctl: reload: the daemon refused and gave no reason'
ask answer reload <<< '{"reloaded":false}'
verdict "reloaded: false" status 1 '' 'does not match this command'

no_daemon='no daemon answers there \(is pxrelayd running\? -s SOCKET names another\)$'
alone -s "$T/nobody" show
verdict "no socket" status 1 '' "^pxrelayctl: $T/nobody: $no_daemon"
/usr/bin/python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/stale"
alone -s "$T/stale" show
verdict "a socket without a listener" status 1 '' "$no_daemon"
: > "$T/file"
alone -s "$T/file" show
verdict "a file that is not a socket" status 1 '' "$no_daemon"
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$T"
	install -m 755 "$ctl" "$T/ctl"
	run private setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$T/ctl" -s "$sock" show </dev/null
	verdict "permission denied" status 1 '' 'permission denied \(root and the group'
else
	skip "ctl: permission denied" "only root can become another user"
fi

for how in cut mute reset; do
	ask $how show < "$T/doc"
	verdict "closed before the end ($how)" \
		status 1 '' 'the connection was closed before the answer was complete'
done
for how in silent drip deaf; do
	begin=$SECONDS
	ask $how -t 0.3 show < "$T/doc"
	verdict "timeout ($how)" status 1 '' 'no complete answer within 0\.3 s \(-t SECONDS'
	verdict "timeout: within 20 s ($how)" test $((SECONDS - begin)) -lt 20
done
ask endless -t 60 show < "$T/doc"
verdict "an answer without end" status 1 '' 'the answer is longer than 64 MB'

for bad in '' 'hello' '{' '{"version":' '{"a":1}}' '[' '"x' '{"version":"\xff"}'; do
	ask answer version < <(printf '%b' "$bad")
	verdict "not JSON: $bad" status 1 '' 'the answer is not JSON: '
	verdict "not JSON, and the message is printable: $bad" clean
done
for bad in '[]' '{}' '{"version":7}' '{"version":null}'; do
	ask answer version <<< "$bad"
	verdict "not an answer: $bad" status 1 '' 'does not match this command'
done
for what in "show" "show interfaces" "show servers" "show rules" \
	"show clients" "show boots" "show counters" "show drops"; do
	ask answer $what <<< \
		'{"interfaces":1,"servers":{},"rules":"x","clients":{},"boots":1,"counters":[],"drops":[]}'
	verdict "$what: of another shape" status 1 '' 'does not match this command'
done
ask answer show < <(/usr/bin/python3 -c 'print("[" * 100000)')
verdict "a document of a hundred thousand brackets" \
	status 1 '' 'the answer is not JSON'

# --- odd answers ---------------------------------------------

ask split show < "$T/doc"
verdict "in pieces of seven bytes" status 0 'and 2 more: pxrelayctl show drops' ''
ask more version < "$T/doc"
verdict "more than one line" status 0 '^pxrelayd 9\.8\.7$' ''

/usr/bin/python3 - > "$T/huge" <<'EOF'
import json
print(json.dumps({"interfaces": [
    {"name": "vlan%d" % i, "state": "ready" if i % 500 else "down",
     "giaddr": ["10.%d.%d.1" % (i >> 8, i & 255)], "pattern": "vlan*",
     "servers": ["a", "b"], "requests": i, "replies": i, "drops": 0}
    for i in range(20000)]}))
EOF
ask answer show interfaces < "$T/huge"
verdict "20,000 interfaces" status 0 '^vlan19999 +ready +10\.78\.31\.1 +19999 ' ''
verdict "20,000 interfaces: all of them" test "$(wc -l < "$T/out")" = 20001
verdict "20,000 interfaces: trouble first" eval \
	'[ "$(sed -n "2,41p" "$T/out" | grep -c " down ")" = 40 ]'
/usr/bin/python3 - "$T/huge" "$T/doc" > "$T/huge-show" <<'EOF'
import json, sys
doc = json.load(open(sys.argv[2]))
doc["interfaces"] = json.load(open(sys.argv[1]))["interfaces"]
doc["servers"] *= 30
print(json.dumps(doc))
EOF
ask answer show < "$T/huge-show"
verdict "20,000 interfaces: show says where the rest is" \
	status 0 '^and 19994 more, 34 in trouble: pxrelayctl show interfaces --failed$' ''
verdict "20,000 interfaces: show fits" fits

# Names that would colour, clear or rename a terminal, and break columns.
cat > "$T/hostile" <<'EOF'
{"version":"1\u001b]0;x\u0007","uptime-s":-5,"conversations":0,
"interfaces":[
 {"name":"\u001b[2J\nvlan","state":"ready\u009b31m","giaddr":["\u0000",7,{}],
  "pattern":"\u202e\u0085","inherited-from":"\r","servers":["\"\\"],
  "dhcp":7,"boot":[[]],"requests":"many","replies":-9223372036854775808,
  "drops":9223372036854775807},
 {}, 7, null,
 {"name":"LONG LONG","state":"LONG","giaddr":["LONG"],"pattern":"LONG"}],
"servers":[{"name":"\u001b[31m","address":"\t","state":"\b","source":"\u007f",
 "sent":1,"errors":9223372036854775807},{"name":"LONG","source":"LONG"}],
"rules":[{"name":"\u001b"},{"name":"LONG"}],
"clients":[{"mac":"\u001b[2J","verdict":"\n","age-s":-5},7,{"mac":"LONG","arch":"LONG"}],
"boots":[{"mac":"\u001b[2J","file":"\u001b","server":"\r"},[],{"file":"LONG"}],
"mac":"\u001b[2JLONG","verdict":{"code":"\u001bLONG","sentence":"\r\nLONG","cure":7},
"boot":{"facts":{"file":"\u001b","rule":"LONG"},"events":[7,{},
 {"ms":-5,"event":"\u001b[2J","server":"\u001b"},{"ms":1e300,"event":"LONG","n":"x"},
 {"ms":9223372036854775807,"event":"offer","server-name":"LONG","address":"LONG"},
 {"event":"drop","drop":"\u001bLONG","server":"LONG"},{"lost":-1},
 {"event":"4011-request","n":9223372036854775807,"server":"\u0000x"},
 {"event":"discover","n":-9223372036854775808}]},
"before":{"verdict":"\u001b[2JLONG","age-s":-9223372036854775808},
"counters":{"\u001b[1m":3,"LONG":4,"requests":{}},
"drops":{"\u001b[1m":3,"LONG":4,"hops":"x"},
"by":{"\u001b":{"LONG":1,"\u001b[1m":2},"replies":7}}
EOF
long=$(printf 'x%.0s' {1..3000})
sed -i "s/LONG/$long/g" "$T/hostile"
for what in "show" "show interfaces" "show servers" "show rules" \
	"show clients" "show boots" "explain 02:00:00:00:00:01" "show counters" "show drops" \
	"version"; do
	ask answer $what < "$T/hostile"
	verdict "$what: hostile names" status 0 . ''
	verdict "$what: hostile names are escaped" clean
	verdict "$what: hostile names fit" fits
done
ask answer show rules < "$T/hostile"
verdict "a long name is shown to its end" \
	test "$(tr -dc x < "$T/out" | wc -c)" = 3001
ask answer show < <(printf '{"error":"\\u001b[2J\\n%s"}' "$long")
verdict "a hostile error" status 1 '' '^pxrelayctl: show: .x1b.2J.x0ax+$'
verdict "a hostile error is escaped" clean

# --- colour ------------------------------------------------------------------------

esc=$'\033'
ask pty show < "$T/doc"
verdict "colour on a terminal" status 0 "$esc\\[32mready$esc\\[0m"
verdict "colour on a terminal: trouble is red" status 0 "$esc\\[1;31mno-address$esc"
ask pty show < "$T/hostile"
verdict "on a terminal no other escape than colour" eval \
	'sed "s/$esc\[[0-9;]*m//g" "$T/out" | tr -d "\r" > "$T/o" && ! grep -q "[^ -~]" "$T/o"'
NO_COLOR=1 ask pty show < "$T/doc"
verdict "NO_COLOR" lacks "$esc"
NO_COLOR='' ask pty show < "$T/doc"
verdict "an empty NO_COLOR does not count" status 0 "$esc"
TERM=dumb ask pty show < "$T/doc"
verdict "TERM=dumb" lacks "$esc"
ask pty --json show < "$T/doc"
verdict "no colour in --json" lacks "$esc"

# --- usage -------------------------------------------------------------------------

alone --help
verdict "--help" status 0 '^usage: pxrelayctl ' ''
verdict "--help: fits" fits
alone -h
verdict "-h" status 0 '^  show interfaces ' ''
alone --version
verdict "--version" status 0 '^pxrelayctl [0-9]' ''
alone -V
verdict "-V" status 0 '^pxrelayctl [0-9]' ''
alone
verdict "no command" status 2 '' 'expected a command'
for bad in nonsense "show nonsense" "show interfaces vlan10" "reload now" " show" \
	"SHOW" "show,"; do
	# As words and as one word: neither is a command.
	alone -s "$T/nobody" $bad x
	verdict "no such command: $bad" status 2 '' 'no such command: '
	alone -s "$T/nobody" "$bad" x
	verdict "no such command, in one word: $bad" status 2 '' 'no such command: '
done
for some in drain enable doctor "explain 02:00:00:00:00:01"; do
	alone -s "$T/nobody" $some a b
	verdict "one word too many: $some" status 2 '' "no such command: $some a b"
done
for some in drain enable explain; do
	alone -s "$T/nobody" $some
	verdict "incomplete command: $some" status 2 '' "^pxrelayctl: incomplete command: $some [A-Z]+\$"
done
alone -s "$T/nobody" "$long" show
verdict "no such command: a long one" status 2 '' 'no such command: xxx'
alone "$(printf '\033[2J')"
verdict "no such command: escaped" status 2 '' 'no such command: .x1b'
alone --nonsense show
verdict "no such option" status 2 '' 'nonsense'
alone show -s
verdict "an option without its argument" status 2 '' 'requires an argument'
for bad in 0 -1 x '' 5x inf nan 1e9; do
	alone -t "$bad" -s "$T/nobody" show
	verdict "no such time: '$bad'" \
		status 2 '' '^pxrelayctl: -t: expected a number of seconds$'
done
alone -s '' show
verdict "an empty socket" status 2 '' '-s: expected the path of a socket'
alone -s "$T/$long" show
verdict "a socket's name that is too long" status 2 '' 'too long for the name'
alone -s "$T/nobody" -- show
verdict "-- ends the options" status 1 '' "$no_daemon"

: > "$T/out"
OUT=/dev/full ask answer show < "$T/doc"
verdict "a full disk" status 1 '' 'standard output: No space left'

# --- doctor ------------------------------------------------------------------------

# One document answers both the start of a run and the poll for its result.
cat > "$T/doctor" <<'EOF'
{"run":7,"done":true,"interface":"vlan10","ifindex":0,"giaddr":"192.0.2.1",
"mac":"02:70:78:64:00:01","router-here":false,"ms":4000,"status":"fail","checks":[
{"check":"interface","code":"serves-clients","status":"ok","kinds":[],
"detail":"giaddr 192.0.2.1","sentence":"Serves clients.","cure":""},
{"check":"offer","code":"port-closed","status":"fail","server":"198.51.100.10",
"server-name":"dhcp-a","kinds":["bios","uefi-x64"],"detail":"from \u001b[31m",
"sentence":"UDP port 67 is closed on the server.",
"cure":"Start the DHCP or boot service there and let it listen on this address."},
{"check":"boot","code":"no-boot-offer","status":"warn",
"kinds":["bios","uefi-x64","uefi-arm64","uefi-x64-http"],
"sentence":"No server tells this kind of machine where to boot from.","cure":"Add boot =."}]}
EOF
ask answer doctor vlan10 < "$T/doctor"
verdict "doctor: exit status 1 for a failure" status 1 '^vlan10$' ''
verdict "doctor: the last command sent" test "$(< "$sock.asked")" = "doctor result 7"
verdict "doctor: a check that passed" status 1 '^  ok    interface  giaddr 192\.0\.2\.1$'
verdict "doctor: a check that failed" \
	status 1 '^  FAIL  offer      dhcp-a 198\.51\.100\.10 \(bios, uefi-x64\): UDP port 67'
verdict "doctor: its cure" status 1 '^                   Cure: Start the DHCP'
verdict "doctor: kinds are left out if it is all of them" status 1 '^  warn  boot       No server tells'
verdict "doctor: this host" status 1 '^this host$'
verdict "doctor: escaped" clean
verdict "doctor: fits" fits
ask answer --json doctor vlan10 < "$T/doctor"
verdict "doctor: --json" status 1 '"code": "port-closed"' ''
sed 's/"status":"fail"/"status":"warn"/g' "$T/doctor" > "$T/doctor-warn"
ask answer doctor vlan10 < "$T/doctor-warn"
verdict "doctor: exit status 0 for warnings" status 0 '^vlan10$' ''
ask answer doctor <<< '{"interfaces":[{"name":"vlan10","state":"down"},3,{"name":"v","state":"off"}]}'
verdict "doctor: no interface is up" status 1 '' 'no client interface is up'
ask answer doctor vlan10 <<< '{"error":"out of memory"}'
verdict "doctor: the daemon refused and gave no reason" status 1 '' '^pxrelayctl: doctor: out of memory$'
for bad in '{}' '[]' '{"run":"x"}' '{"run":7}'; do
	ask answer doctor vlan10 <<< "$bad"
	verdict "doctor: of another shape: $bad" status 1 '' 'does not match this command'
done
for bad in '{"run":7,"done":true}' '{"run":7,"done":true,"checks":[1,{},[]]}'; do
	ask answer doctor vlan10 <<< "$bad"
	verdict "doctor: nearly nothing: $bad" status 0 '^this host$' ''
done

# Of a section that no interface matches only that is said; there is no run.
one='{"interfaces":[{"name":"a","state":"ready"},{"name":"b*","state":"absent"}]}'
ask turns doctor <<< "$one@{\"run\":1}@{\"run\":1,\"done\":true,\"interface\":\"a\",\"checks\":[]}"
verdict "doctor: an absent section" status 0 '^  warn  interface  No interface of this host has' ''
ask turns doctor <<< '{"interfaces":[{"name":"b*","state":"off","state6":"absent"}]}'
verdict "doctor: absent sections alone" status 1 '' 'no client interface is up'

# Two interfaces; the server is silent on the second, and answers when it is checked again.
two='{"interfaces":[{"name":"a","state":"ready"},{"name":"b","state":"ready"}]}'
silent='"checks":[{"check":"offer","code":"no-pool","status":"fail"}]'
ask turns doctor <<< "$two@{\"run\":1}@{\"run\":2}@{\"run\":1,\"done\":true,\"interface\":\"a\"}@\
{\"run\":2,\"done\":true,\"interface\":\"b\",\"status\":\"fail\",$silent}@{\"run\":3}@\
{\"run\":3,\"done\":true,\"interface\":\"b\",\"status\":\"ok\"}"
verdict "doctor: checks a busy server again" \
	status 0 '^b$' '^pxrelayctl: doctor: interfaces to check again, .*: 1$'
verdict "doctor: shows only the last result" lacks 'FAIL'

# --- which -c FILE -----------------------------------------------------------------

cat > "$T/c.conf" <<END
[server a]
address = 198.51.100.10
[server wds]
address = 198.51.100.30
[server six]
address = 2001:db8:f::1
[rule uefi]
arch = uefi-x64
boot = wds
[interface vlan*]
servers = a, six
circuit-id = %i
END
alone which -c "$T/c.conf" --interface vlan30 --arch uefi-x64
verdict "which -c: the rule" status 0 '^  uefi  *matches$' ''
verdict "which -c: a server" has "$T/out" '^  1\. wds \(198\.51\.100\.30\) unknown, asked at once$'
verdict "which -c: no interface of this host" has "$T/out" '^note     This host has no interface'
alone which -c "$T/c.conf" --interface vlan30 --message solicit
verdict "which -c: DHCPv6" status 0 '1\. six .*asked at once' ''
alone which -c "$T/c.conf" --interface eth77
verdict "which -c: not a client interface" status 1 '' 'not a client interface: eth77$'
echo nonsense = 1 > "$T/c.conf"
alone which -c "$T/c.conf" --interface vlan30
verdict "which -c: a mistake" status 1 '' '/c\.conf:1: '
alone show -c "$T/c.conf"
verdict "-c: of another command" status 2 '' 'does not belong to this command: show$'

# --- completion --------------------------------------------------------------------

# completes LINE...: what bash offers for the last word
completes() {
	bash -c '. conf/completion/pxrelayctl.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_pxrelayctl
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@" > "$T/out" 2> "$T/err"
	rc=$?
}

# It offers every command of the program and no other.
"$ctl" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)\( [A-Z ]*[A-Z]\)\{0,1\}   *.*/\1/p' | sort > "$T/commands"
{
	completes pxrelayctl ''
	cat "$T/out"
	completes pxrelayctl -s "$T/s" show ''
	sed 's/^/show /' "$T/out"
} | sort > "$T/offered"
verdict "bash completion: commands" cmp "$T/commands" "$T/offered"
sed -n "s/.*'\([a-z]*\):.*'\$/\1/p" conf/completion/_pxrelayctl | sort > "$T/offered"
sed 's/^show //' "$T/commands" | sort > "$T/words"
verdict "zsh completion: commands" cmp "$T/words" "$T/offered"
"$ctl" --help | grep -oE -e ' --?[a-zA-Z][a-zA-Z-]*' | tr -d ' ' | sort -u > "$T/options"
completes pxrelayctl -
sort "$T/out" > "$T/offered"
verdict "bash completion: options" cmp "$T/options" "$T/offered"
sed -n 's/.*use_subcommand -a \([a-z]*\) .*/\1/p' conf/completion/pxrelayctl.fish > "$T/offered"
sed -n "s/^	-a 'interfaces/interfaces/; s/^interfaces\(.*\)'\$/interfaces\1/p" \
	conf/completion/pxrelayctl.fish | tr ' ' '\n' >> "$T/offered"
sort -o "$T/offered" "$T/offered"
verdict "fish completion: commands" cmp "$T/words" "$T/offered"
sed -n 's/^complete -c pxrelayctl \(-[sl] .*\)/\1/p' conf/completion/pxrelayctl.fish |
	grep -oE -e '-s [a-zA-Z]|-l [a-z-]+' | sed 's/-s /-/; s/-l /--/' | sort > "$T/offered"
verdict "fish completion: options" cmp "$T/options" "$T/offered"

# Names are those of the daemon, here of a program that stands for pxrelayctl.
mkdir -p "$T/bin"
cat > "$T/bin/pxrelayctl" <<'END'
#!/bin/sh
case "$*" in
*'show servers') printf 'SERVER  STATE\nwds-1   up\n        for ever\ndhcp-a  down\n' ;;
*'show interfaces') printf 'INTERFACE\nvlan10\n' ;;
*'show clients') printf 'CLIENT             VERDICT\n02:00:00:00:10:01  booted\n' ;;
esac
END
chmod +x "$T/bin/pxrelayctl"
named() {
	PATH=$T/bin:$PATH completes pxrelayctl "$@" && sort "$T/out" | paste -sd' '
}
verdict "bash completion: servers" test "$(named drain '')" = 'dhcp-a wds-1'
verdict "bash completion: --server" test "$(named show clients --server w)" = wds-1
verdict "bash completion: interfaces" test "$(named doctor '')" = vlan10
verdict "bash completion: machines" test "$(named capture --mac '')" = 02:00:00:00:10:01
verdict "bash completion: the rest of a machine" \
	test "$(named capture --mac 02 : 00 : '')" = 00:00:10:01
verdict "bash completion: explain" test "$(named explain '' | grep -c 02:00:00:00:10:01)" = 1
if command -v fish > /dev/null; then
	fished() {
		HOME=$T PATH=$T/bin:$PATH fish -c "source conf/completion/pxrelayctl.fish
			complete -C 'pxrelayctl $*'" 2> "$T/err" | cut -f1 | sort | paste -sd' '
	}
	verdict "fish completion: servers" test "$(fished 'drain ')" = 'dhcp-a wds-1'
	verdict "fish completion: lists" test "$(fished 'show co')" = 'config counters'
	verdict "fish completion: machines" test "$(fished 'capture --mac ')" = 02:00:00:00:10:01
fi
completes pxrelayctl show dr
verdict "bash completion: a partial word" test "$(cat "$T/out")" = drops
completes pxrelayctl show drops ''
verdict "bash completion: nothing more" test -z "$(cat "$T/out")"

exec 4>&-
wait
tally
