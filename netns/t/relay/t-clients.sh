#!/bin/bash
# t-clients.sh: what a real daemon says about its clients: lists with the latest first, the
# conversation of one client with its verdict, and an error for an unknown client.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# of COMMAND PYTHON: prints a Python expression about D, the document of that command.
of()
{
	# shellcheck disable=SC2086 # the command is several words
	ctl --json $1 | /usr/bin/python3 -c "import json, sys; D = json.load(sys.stdin); print(($2))"
}

topo_vlans
fake srv1
fake srv2 yiaddr=0.0.0.0 "opt=60:'PXEClient" "opt=67:'wds\"nbp.com"
start_relay <<END
[relay]
control = $CTL
[server dhcp-a]
address = $SRV1
[server wds-1]
address = $SRV2
[group wds]
servers = wds-1
[rule old]
arch = bios
boot = wds
[interface vlan10]
dhcp = dhcp-a
[interface vlan20]
servers = $SRV1
END
M=02:99:00:00:00:
BIOS=("chaddr=${M}02" "opt=60:'PXEClient:Arch:00000:UNDI:002001" "opt=93:0000")
expect_eq "no client at first" "$(of "show clients" "D['clients'], D['known']")" "([], 0)"
ask cl20 settle=200 "chaddr=${M}01"
ask cl10 settle=200 xid=6 "${BIOS[@]}"
expect_eq "the latest first" \
	"$(of "show clients" "[c['mac'][-2:] for c in D['clients']], D['known'], D['more']")" \
	"(['02', '01'], 2, False)"
expect_eq "those that boot" \
	"$(of "show boots" "[[b[k] for k in ('mac', 'interface', 'arch', 'family', 'file')]
		for b in D['boots']]")" \
	"[['${M}02', 'vlan10', 'bios', 'pxe', 'wds\\\\x22nbp.com']]"
expect_eq "offers" \
	"$(of "explain ${M}02" "sorted((o['server-name'], o['boot-only'], o['file'])
		for o in D['boot']['offers'])")" \
	"[('dhcp-a', False, False), ('wds-1', True, True)]"
expect_eq "events" \
	"$(of "explain ${M}02" "sorted((e['event'], e.get('n'), e.get('server-name'))
		for e in D['boot']['events'])")" \
	"[('boot-offer', None, 'wds-1'), ('discover', 2, None), ('offer', None, 'dhcp-a')]"
expect_eq "its rule" "$(of "explain ${M}02" "D['boot']['facts']['rule']")" old
expect "a boot that is too early to judge: exit status 0" ctl explain "${M}02"
ctl explain 0299.0000.0002 >"$T/ladder"
expect "the MAC address as a switch writes it" \
	grep -q "^client   ${M}02 on vlan10, pxe bios" "$T/ladder"
expect_eq "an unknown one" \
	"$(of "explain 02-99-00-00-00-03" "D['verdict']['code'], 'boot' in D")" \
	"('nothing-seen', False)"
ctl explain "${M}03" >/dev/null
expect_eq "an unknown one: exit status 1" $? 1
for bad in x 02:99 02:99:00:00:00:0 02:99:00:00:00:0g 02:99:00:00::02 \
	02:99:00:00:00:02: 0299000000020299000000020299000002ff; do
	expect_eq "not an address: $bad" "$(ctl explain "$bad" 2>&1)" \
		"pxrelayctl: $bad: neither a hardware address nor a file"
done
ask cl10 settle=200 xid=7 "${BIOS[@]}"
expect_eq "another boot, and the one before" \
	"$(of "explain ${M}02" "D['boot']['xid'], D['before']['xid'],
		len(D['before']['events'])")" "('00000007', '00000006', 3)"
