#!/bin/bash
# Boot server discovery, by multicast to 224.0.1.2, port 4011, and by broadcast to port 67
# (option 43.71), reaches only the boot server. dhcpd never sees the broadcast, which it
# would take for a rebind and answer first.
#
# The reply to a broadcast has the broadcast flag, and the address in ciaddr or, from
# dnsmasq, in yiaddr. iPXE already has its address by then and accepts the reply only by
# unicast. iPXE's proxy offer has yiaddr 0 and no flag.
#
# The reply to a multicast goes to the client's own address and port (WDS), or to the
# relay's port 67 (dnsmasq since 2.92); the relay then sends it to the client from port
# 4011.
# A group that is not 224.0.1.2 is joined when an offer names it, and `servers =` is enough:
# dhcpd's host refuses port 4011, and that error does not reach EDK2.
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

# try WHAT OPTION...: boots both machines, with these options of the boot server.
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
try "multicast, reply to the relay" --discovery multicast --to-relay
try "broadcast, reply with ciaddr" --discovery broadcast \
	--ack-broadcast --delay 0.2
try "broadcast, reply with yiaddr" --discovery broadcast \
	--ack-broadcast --ack-yiaddr --delay 0.2
try "multicast to another group" --discovery multicast --group 239.255.1.2
sed '/^\(dhcp\|boot\) /d; s/^\[interface .*/&\nservers = dhcp-1, wds-1/; /^offers/d' "$T/relay.conf" |
	reload_relay
try "servers only, another group" --discovery multicast --group 239.255.1.3
expect_replies 30
