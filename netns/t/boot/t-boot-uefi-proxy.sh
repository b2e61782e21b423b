#!/bin/bash
# A UEFI machine and a BIOS machine boot with the DHCP server (Kea) and WDS on different
# hosts. WDS sends offers of 280 bytes, less than BOOTP's 300, which name no boot file and
# have the broadcast flag only if the client sets it. The file is named on port 4011.
#
# set: all
# quiet: firmware gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need kea-dhcp4 in.tftpd

boot_bed
boot_server wds-1 21 bios x64
start_kea srv1 100 120
start_wds wds-1 21
start_boot_relay "$CONF/dhcp-and-wds-two-hosts.conf"

boot_uefi uefi 10 61
boot_bios bios 10 62
expect_boot "the BIOS machine boots from WDS" bios wds-1 bios
expect_boot "the UEFI machine boots from WDS" uefi wds-1 x64
expect_replies 10
