#!/bin/bash
# A BIOS machine boots with the DHCP server and a proxyDHCP boot server on different
# hosts. Both are in a plain `servers =', as in any IP helper. ISC dhcpd assigns the
# address; dnsmasq names the boot file on port 4011, after a menu of one item.
#
# set: all
# quiet: firmware gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd dnsmasq

boot_bed
boot_server wds-1 21 bios
start_dhcpd srv1 100 120
start_proxy wds-1 --pxe-service=x86PC,boot,nbp.bios
start_boot_relay "$CONF/minimal.conf"

boot_bios bios 10 51
expect_boot "the BIOS machine boots from the proxy" bios wds-1 bios
expect_replies 4
