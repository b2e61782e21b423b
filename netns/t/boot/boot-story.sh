#!/bin/bash
# The story of README.md with real firmware and real servers: WDS has moved to a host of
# its own, but the DHCP server still claims to be the boot server. This script prints what
# the operator types and sees.
#
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd
need_pxrelayd

typed()
{
	echo "\$ pxrelayctl $*"
	ctl "$@" || :
	echo
}

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	$1
	[server dhcp-a]
	address = $SRV2
	[server wds-1]
	address = $UP.21
	[interface vlan10]
	dhcp = dhcp-a
	boot = wds-1
	END
}

PC=02:00:00:00:10:60
boot_bed
boot_server wds-1 21 bios x64
start_dhcpd srv2 121 124 'option vendor-class-identifier "PXEClient";'
start_wds wds-1 21
start_relay < <(conf)
boot_uefi pc 10 60
# OVMF tries HTTP as soon as PXE has failed; that is another conversation.
expect "it does not boot" wait_for "$BOOT_SECONDS" verdict_is $PC option60-no-4011
typed show boots
typed explain $PC
typed doctor vlan10
switch_off pc
conf "strip-pxe-from = dhcp" >"$T/relay.conf"
typed reload
boot_uefi pc 10 60
expect "it boots" wait_for "$BOOT_SECONDS" verdict_is $PC booted
typed show boots
switch_off pc
