#!/bin/bash
# Each machine boots from the server that its rule names, whether that server replies first
# or last. Both servers have files for both machines.
#
# set: all
# quiet: firmware gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need kea-dhcp4 in.tftpd

boot_bed
boot_server wds-1 21 bios x64
boot_server fog 30 bios x64
start_kea srv1 100 120
start_tftpd wds-1
start_tftpd fog
start_boot_relay "$CONF/two-wds-plus-fog.conf"

# try WHAT WDS-DELAY FOG-DELAY: boots both machines; wds-2 is always dead.
try()
{
	local what=$1 files=(--file '0=nbp.bios' --file '7=nbp.x64.efi') wds

	start_bootd wds-1 21 "${files[@]}" --delay "$2"
	wds=$SPAWNED
	start_bootd fog 30 "${files[@]}" --file-in-offer --delay "$3"
	boot_uefi uefi 10 61
	boot_bios bios 10 62
	expect_boot "$what, BIOS" bios fog bios
	expect_boot "$what, UEFI" uefi wds-1 x64
	switch_off bios uefi
	stop "$SPAWNED"
	stop "$wds"
}

try "WDS replies late" 0.3 0
try "FOG replies late" 0 0.3
expect_replies 14
