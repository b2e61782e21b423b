#!/bin/bash
# Boot server discovery, by multicast to 224.0.1.2, port 4011, and by broadcast to port 67
# (option 43.71), reaches only the boot server. dhcpd never sees the broadcast, which it
# would take for a rebind and answer first.
#
# The reply to a broadcast has the broadcast flag and either ciaddr or, as dnsmasq
# writes it, yiaddr; iPXE already has its address by then and takes the reply by unicast
# only. iPXE's proxy offer has yiaddr 0 and no flag.
#
# The reply to a multicast goes to the client's own address and port (WDS), or to the
# relay's port 67 (dnsmasq from 2.92) and from there to the client, from port 4011.
#
# set: all
# quiet: firmware gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd in.tftpd

boot_bed
boot_server wds-1 21 bios x64
start_dhcpd srv1 100 120
start_tftpd wds-1
start_boot_relay "$CONF/dhcp-and-wds-two-hosts.conf"

# try WHAT OPTION...: both machines, with the boot server answering like that.
try()
{
	local what=$1 bootd

	shift
	start_bootd wds-1 21 --file 0=nbp.bios --file 7=nbp.x64.efi "$@"
	bootd=$SPAWNED
	boot_uefi uefi 10 61
	boot_bios bios 10 62
	expect_boot "$what, BIOS" bios wds-1 bios
	expect_boot "$what, UEFI" uefi wds-1 x64
	switch_off bios uefi
	stop "$bootd"
}

try "multicast" --discovery multicast
try "multicast, answered to the relay" --discovery multicast --to-relay
try "broadcast, answered with ciaddr" --discovery broadcast \
	--ack-broadcast --delay 0.2
try "broadcast, answered with yiaddr" --discovery broadcast \
	--ack-broadcast --ack-yiaddr --delay 0.2
expect_replies 20
