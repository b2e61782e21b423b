#!/bin/bash
# demo-boot.sh: three machines on one VLAN, switched on together, boot from three servers
# through one relay: conf/examples/campus.conf, real firmware in QEMU, real servers. Then it
# shows the packets of each machine.

. "$(dirname "$0")/lib/boot-lib.sh"
need kea-dhcp4 dhcpd dnsmasq in.tftpd

title()
{
	printf '\n\033[1m%s\033[0m\n' "$*"
}

# ladder NN: prints the DHCP and 4011 packets of one machine, on the client's side.
ladder()
{
	tcpdump -nn -t -r "$T/client.pcap" "ether host 02:00:00:00:10:$1 or
		(ether broadcast and udp[40:2] = 0x10$1)" 2>/dev/null |
		sed -n \
		-e 's/^IP \([^ ]*\.4011\) > \([^ ]*\.4011\): .*/  \1 -> \2  4011/p' \
		-e 's/^IP \([^ ]*\) > \([^ ]*\): .*\(Request\|Reply\).*/  \1 -> \2  \3/p' \
		-e 's/^IP \([^ ]*\) > \([^ ]*\): TFTP.*RRQ \("[^"]*"\).*/  \1 -> \2  TFTP \3/p'
}

story()
{
	wait_for "$BOOT_SECONDS" booted "$2"
	title "$1: $(marker "$2")"
	ladder "$3"
	[ -n "$(marker "$2")" ] || FAILS=$((FAILS + 1))
}

boot_bed
campus_servers
title "The configuration: conf/examples/campus.conf"
grep -v '^#' "$CONF/campus.conf" | grep .
start_boot_relay "$CONF/campus.conf"
title "Three machines are switched on: SeaBIOS, OVMF, and OVMF with iPXE on a disk"
campus_machines
story "The machine with a BIOS" bios 61
story "The machine with UEFI" uefi 62
story "The machine that runs iPXE" ipxe 63
title "Is every reply what its server sent?"
expect_replies 14 --dropped $UP.21
if [ -z "$RELAY" ]; then
	title "What the relay counted"
	ctl show counters
	ctl show drops
fi
