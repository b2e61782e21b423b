#!/bin/bash
# The campus example: three machines on one VLAN boot from three servers, because
# their firmware differs. One of the two WDS servers is broken and offers addresses. The
# relay drops these offers; otherwise the UEFI machine would take one.
#
# set: all
# quiet: firmware gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need kea-dhcp4 dhcpd dnsmasq in.tftpd

boot_bed
campus_servers
start_boot_relay "$CONF/campus.conf"

campus_machines
expect_boot "the BIOS machine boots from FOG" bios fog bios
expect_boot "the machine that runs iPXE boots from linux" ipxe linux x64
expect_boot "the UEFI machine boots from the second WDS" uefi wds-2 x64
expect "address offers of the first WDS are dropped" \
	test "$(relay_drop offer-not-proxy)" -ge 1
expect_replies 14 --dropped $UP.21
