#!/bin/bash
# OVMF loads iPXE (Debian's package) from the first boot server by TFTP. iPXE then sends
# its own requests, with its name in option 77. The relay sends these to another server,
# because the first one would only offer iPXE again.
#
# set: all

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd dnsmasq in.tftpd
need_ipxe

boot_bed
boot_server tftp-1 30
boot_server linux 40 x64
cp $IPXE "$T/files-tftp-1/ipxe.efi"
start_dhcpd srv1 100 120
start_proxy tftp-1 --pxe-service=7,boot,ipxe.efi
start_netboot linux 40
start_boot_relay "$CONF/ipxe-chain.conf"

boot_uefi uefi 10 61
expect_boot "the machine boots from the second server" uefi linux x64
expect_replies 8
expect "it got iPXE from the first server" logged dnsmasq-tftp-1 'sent .*ipxe.efi'
