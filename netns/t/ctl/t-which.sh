#!/bin/bash
# `pxrelayctl which' says what the relay then does, and counts nothing; `show config' prints
# what runs, as pxrelayd reads it; lists take filters and have more than 200 rows.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

topo_vlans
add_server srv3 12
start_relay <<END
[relay]
control = $CTL
[server dhcp-a]
address = $SRV1
[server wds]
address = $SRV2
option82 = none
[server ipxe]
address = $UP.12
[rule other-vlan]
interface = vlan20
boot = ipxe
[rule chain]
user-class = iPXE
boot = ipxe
[rule uefi]
arch = uefi-x64
boot = wds
[rule nobody]
mac = 02:00:00:00:10:99
action = drop
[interface vlan*]
dhcp = dhcp-a
boot = ipxe, wds
option82 = add
circuit-id = %i
END

# says PATTERN OPTION...: so does which, on vlan10.
says()
{
	local pattern=$1 out

	shift
	out=$(ctl which --interface vlan10 "$@") || { echo "$out"; return 1; }
	[[ $out =~ $pattern ]] || { echo "$out"; return 1; }
}

# counts: the counters that a message would change.
counts()
{
	ctl --json show counters; ctl --json show rules; ctl --json show interfaces
}
before=$(counts)
expect "each rule says why it does not match" says \
	$'other-vlan +no: not on this interface\n +chain +no: user-class\n +uefi +matches\n' \
	--arch uefi-x64
expect "its servers, the health, and who has no option 82" says \
	$'boot, in this order:\n  1. wds \\(.*\\) unknown, asked at once, without option 82' \
	--arch uefi-x64
expect "the first rule that matches" says 'chain +matches.*1\. ipxe' --arch uefi-x64 \
	--user-class iPXE
expect "no rule" says 'none matches: the interface decides' --arch bios
expect "a plain client asks no boot server" says \
	'dhcp-a \([^)]*\) unknown, asked at once.*ipxe \([^)]*\) unknown'$'\n'
expect "giaddr and option 82" says \
	'the relay adds:.*giaddr: 192\.0\.2\.1.*82 Relay Agent Information: circuit-id vlan10'
expect "a rule that drops" says 'it is dropped: .*\(rule\)' --mac 02:00:00:00:10:99
expect "another message" says '^REQUEST on vlan10' --message request
expect "no server of DHCPv6" says 'it is dropped: ' --message solicit
expect_not "an unknown interface" ctl which --interface eth99
expect_not "an unknown architecture" says . --arch vax
expect_not "no interface" ctl which
expect_eq "nothing was counted" "$(counts)" "$before"

# What it said is what happens.
pkt cl10 ask eth0 wait=0.1 type=discover opt=93:0007 >/dev/null
expect "that rule was hit" wait_for 5 eval '[[ $(ctl show rules) =~ uefi\ +1 ]]'

# show config
ctl show config >"$T/running.conf"
expect "the printed configuration is valid" "$PXRELAYD" -n -c "$T/running.conf"
"$PXRELAYD" -nv -c "$T/running.conf" >"$T/again.conf"
expect "and the same again" cmp "$T/running.conf" "$T/again.conf"
ctl which --interface vlan10 --arch uefi-x64 >"$T/asked"
ns rtr "$PXRELAYCTL" which -c "$T/running.conf" --interface vlan10 --arch uefi-x64 >"$T/tried"
expect "which of that file, by this host's interfaces, says the same" \
	diff "$T/asked" "$T/tried"
expect "as JSON, too" eval '[[ $(ctl --json show config) =~ \"config\".*\[rule\ chain\] ]]'

# More clients than a page has.
pkt cl20 ask eth0 wait=0.1 type=discover >/dev/null
pkt cl10 flood eth0 count=450 rate=450 type=discover >/dev/null
rows()
{
	ctl --json show clients "$@" | grep -c '"mac"'
}
expect "all of them in JSON" wait_for 10 eval '[ "$(rows)" -ge 450 ]'
expect "200 on a screen" eval '[ "$(ctl show clients | wc -l)" -lt 210 ]'
expect "those of an interface" eval '[ "$(rows --interface "vlan2*")" = 1 ]'
expect "one machine" eval '[ "$(rows --mac 02-00-00-00-20-01)" = 1 ]'
expect "since" eval '[ "$(rows --since 1h)" -ge 450 ]'
pkt cl10 ask eth0 wait=0.1 type=discover chaddr=02:00:00:00:10:99 >/dev/null
expect "one that failed" eval '[ "$(rows --failed --mac 02:00:00:00:10:99)" = 1 ]'
expect_not "one that did not, among those" eval \
	'[[ $(ctl --json show clients --failed) =~ \"failed\":\ false ]]'
expect "a server by name" eval '[[ $(ctl show servers --server wds) =~ wds && \
	! $(ctl show servers --server wds) =~ dhcp-a ]]'
