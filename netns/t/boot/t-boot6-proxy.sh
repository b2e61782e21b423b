#!/bin/bash
# UEFI x64 over IPv6 with a DHCP server that knows of no boot, and a boot server that offers no
# address (offers = proxy-only). EDK2 alone takes one from each. It then asks ff02::1:2, port
# 4011, for the file, and the relay carries that to the boot server.
#
# set: all
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need dnsmasq in.tftpd

boot6_bed
boot_server6 dhcp 21
boot_server6 proxy 22 x64
NETS6=10 start_dnsmasq6 dhcp 100 199
# A file on the link: after port 4011, UEFI has forgotten its router.
start_tftpd6 rtr proxy
fake proxy addr=none opt=$PXECLIENT
start_step6 proxy "tftp://[2001:db8:10::1]/nbp.x64.efi"
start_relay <<END
[relay]
control = $CTL
[server proxy]
address = $UP6:22
offers = proxy-only
[interface vlan10]
dhcp = $UP6:21
boot = proxy
END

uefi pc 10 61 IPv4Support=n
expect_boot "the address from one, the file from the other" pc proxy x64
expect "... asked for on port 4011" logged step6 "^request $UP6:1 4011 03"
expect "... with the address of the DHCP server" logged dnsmasq-dhcp DHCPREPLY
expect_verdict 61 booted-v6
switch_off pc

# A boot server that also has a scope: its offer is dropped, and nothing is left to boot from.
knobs proxy addr=2001:db8:10::66 opt=$PXECLIENT
uefi pc 10 62 IPv4Support=n
expect_no_boot "its offers of addresses are dropped" pc
expect "... and counted" test "$(relay_drop6 offer-not-proxy)" -ge 1
