#!/bin/bash
# A BIOS and a UEFI machine on one VLAN boot from different servers by rule: FOG (dnsmasq)
# for the BIOS machine, one of two WDS servers for the other. Every server replies to both
# machines and has files for both, so each machine could boot from the wrong one.

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd dnsmasq in.tftpd

boot_bed
boot_server wds-1 21 bios x64
boot_server wds-2 22 bios x64
boot_server fog 30 bios x64
start_dhcpd srv1 100 120
start_wds wds-1 21
start_wds wds-2 22
start_proxy fog --pxe-service=x86PC,boot,nbp.bios \
	--pxe-service=7,boot,nbp.x64.efi
start_boot_relay "$CONF/two-wds-plus-fog.conf"

boot_uefi uefi 10 61
boot_bios bios 10 62
expect_boot "the BIOS machine boots from FOG" bios fog bios
expect_boot "the UEFI machine boots from WDS" uefi 'wds-[12]' x64
expect_replies 10

# FOG must hear nothing from the UEFI machine, and WDS nothing from the BIOS machine.
from()
{
	pcap_count server "dst host $1 and udp port 67 and udp[36:4] = 0x02000000
		and udp[40:2] = 0x10$2"
}
expect_eq "FOG hears nothing from the UEFI machine" "$(from $UP.30 61)" 0
expect_eq "wds-1 hears nothing from the BIOS machine" "$(from $UP.21 62)" 0
expect_eq "wds-2 hears nothing from the BIOS machine" "$(from $UP.22 62)" 0
