#!/bin/bash
# Real firmware boots while the primary boot server is dead but still counts as up. An iPXE
# ROM needs no second DISCOVER, OVMF boots in its first and only try, and neither takes more
# than 1.5 s longer than with all servers alive. Each boots three times: with all servers
# alive, with the first server frozen, and with its cable pulled. There are no probes; the
# relay sends the stored request to the second server after half a second.
#
# Times are measured on the wire, from the first DISCOVER to the first TFTP request, because
# the start of firmware depends on how busy this machine is.
#
# set: all
# firmware: it measures time, and firmware gives up after a fixed time

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd in.tftpd

boot_bed
boot_server wds-1 21 bios x64
boot_server wds-2 22 bios x64
start_dhcpd srv1 100 120
start_netboot wds-1 21
primary=$SPAWNED
start_netboot wds-2 22
cat >"$T/hedge.conf" <<END
[server wds-1]
address = $UP.21
[server wds-2]
address = $UP.22
[group wds]
servers = wds-1, wds-2
mode = failover
[interface vlan10]
dhcp = $SRV1
boot = wds
END
start_boot_relay "$T/hedge.conf"

# sent NN FILTER: prints what machine NN sent, with the time in seconds.
sent()
{
	tcpdump -tt -nn -r "$T/client.pcap" \
		"ether src 02:00:00:00:10:$1 and $2" 2>/dev/null
}

discovers()
{
	tcpdump -vv -nn -r "$T/client.pcap" \
		"ether src 02:00:00:00:10:$1 and udp dst port 67" 2>/dev/null |
		grep -c 'Discover$'
}

# wire_ms NN: prints the time of machine NN from the first DISCOVER to the first TFTP
# request.
wire_ms()
{
	local from to

	wait_for 2 eval "[ -n \"\$(sent $1 'udp dst port 69')\" ]"
	from=$(sent "$1" 'udp dst port 67' | head -n 1 | cut -d' ' -f1)
	to=$(sent "$1" 'udp dst port 69' | head -n 1 | cut -d' ' -f1)
	echo $(((${to/./} - ${from/./}) / 1000))
}

# boot_both WHAT FROM NN: boots a BIOS machine NN and a UEFI machine NN + 1.
declare -A MS
boot_both()
{
	local what=$1 from=$2 bios=$3 uefi=$(($3 + 1)) hedges

	hedges=$(relay_counter hedges)
	boot_bios bios 10 $bios
	boot_uefi uefi 10 $uefi
	expect_boot "$what: the iPXE ROM boots from $from" bios "$from" bios
	expect_boot "$what: OVMF boots from $from" uefi "$from" x64
	switch_off bios uefi
	MS[bios]=$(wire_ms $bios)
	MS[uefi]=$(wire_ms $uefi)
	hedges=$(($(relay_counter hedges) - hedges))
	expect_eq "$what: DISCOVERs of iPXE" "$(discovers $bios)" 1
	expect_eq "$what: DISCOVERs of OVMF" "$(discovers $uefi)" 1
	# By the second boot, the kernel may know that a server is unplugged; that
	# request then goes to the other server at once.
	if [ "$from" = wds-2 ]; then
		expect "$what: a request went to the second server, or both" \
			test "$hedges" -ge 1 -a "$hedges" -le 2
	else
		expect_eq "$what: no request went to the second server" "$hedges" 0
	fi
}

# no_longer WHAT: compares the last two boots with those where all servers were alive.
no_longer()
{
	local m

	for m in bios uefi; do
		say "     $m: ${ALIVE[$m]} ms from DISCOVER to TFTP with all" \
			"servers alive, ${MS[$m]} ms with the first $1"
		expect "$1: at most 1.5 s longer" \
			test "${MS[$m]}" -le $((ALIVE[$m] + 1500))
	done
}

declare -A ALIVE
boot_both "all alive" wds-1 51
ALIVE[bios]=${MS[bios]} ALIVE[uefi]=${MS[uefi]}

kill -STOP "$primary"
boot_both frozen wds-2 61
no_longer frozen
kill -CONT "$primary"

nsip sw link set wds-1 down
boot_both unplugged wds-2 71
no_longer unplugged
ctl show servers
