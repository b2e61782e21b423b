#!/bin/bash
# UEFI x64 over IPv6 from two servers in failover. The first one is frozen: the second one is
# asked in time. The first one is back: it is asked again.
#
# set: all
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need dnsmasq in.tftpd

NETS6=10
serve()
{
	start_dnsmasq6 "$1" "$3" "${3%00}99" \
		--dhcp-option="option6:59,tftp://[$UP6:$2]/nbp.x64.efi"
}

boot6_bed
boot_server6 first 21 x64
boot_server6 second 22 x64
start_tftpd6 first
start_tftpd6 second
serve first 21 100
FIRST=$SPAWNED
serve second 22 200
start_relay <<END
[relay]
control = $CTL
[group x64]
servers = $UP6:21, $UP6:22
mode = failover
hold-down = 0s
[rule x64]
arch = uefi-x64
boot = x64
[interface vlan10]
dhcp = $UP6:22
END

kill -STOP "$FIRST"
uefi pc 10 62 IPv4Support=n
expect_boot "the first server is frozen: UEFI boots from the second" pc second x64
expect_verdict 62 booted-v6
switch_off pc

kill -CONT "$FIRST"
uefi pc 10 63 IPv4Support=n
expect_boot "... and UEFI boots from it" pc first x64
expect_verdict 63 booted-v6
