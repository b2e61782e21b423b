#!/bin/bash
# The DHCP server and WDS are on one host. ISC dhcpd says PXEClient in option 60 and names
# no file, so the machine must ask on port 4011 of that host, where WDS listens. The host
# is in both classes and gets one copy of each request.
#
# set: all
# quiet: firmware gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd in.tftpd

boot_bed
boot_server wds-1 21 bios x64
start_dhcpd wds-1 100 120 'option vendor-class-identifier "PXEClient";'
start_wds wds-1 21 --ports 4011
start_boot_relay "$CONF/dhcp-and-wds-one-host.conf"

boot_uefi uefi 10 61
expect_boot "the UEFI machine boots through port 4011" uefi wds-1 x64
expect_replies 3
expect "it asked on port 4011" grep -q '"dir": "in", "port": 4011' \
	"$T/wds-1.jsonl"

copies()
{
	pcap_count "$1" 'udp dst port 67 and udp[8] = 1'
}
expect_eq "one copy of each request" "$(copies server)" "$(copies client)"
