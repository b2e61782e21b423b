#!/bin/bash
# A DHCP server that cannot be changed sends option 60. The machines believe it and send
# their requests to its port 4011, where nothing listens (PXE-E55). `strip-pxe-from = dhcp'
# removes only options 60 and 43 from its offers, and the machines boot from WDS.
#
# set: all
# quiet: firmware gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd in.tftpd

boot_bed
boot_server wds-1 21 bios x64
start_dhcpd srv1 100 120 'option vendor-class-identifier "PXEClient";' \
	'option vendor-encapsulated-options 06:01:00:ff;'
start_wds wds-1 21 --delay 0.1

start_boot_relay "$CONF/dhcp-and-wds-two-hosts.conf"
boot_bios bios 10 61
expect_no_boot "without the filter nothing boots" bios
stop "$RELAY_PID"
switch_off bios

{ printf '[relay]\nstrip-pxe-from = dhcp\n'; cat "$CONF/dhcp-and-wds-two-hosts.conf"
} >"$T/strip.conf"
start_boot_relay "$T/strip.conf"
capture_legs -stripped
boot_bios bios 10 61
boot_uefi uefi 10 62
expect_boot "with it the BIOS machine boots from WDS" bios wds-1 bios
expect_boot "with it the UEFI machine boots from WDS" uefi wds-1 x64
expect_replies 8 --pxe-stripped $SRV1
