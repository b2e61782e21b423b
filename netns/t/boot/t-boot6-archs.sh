#!/bin/bash
# UEFI x64 over IPv6 by PXE and by HTTP, in one VLAN: each boots from the server that the rule of
# its architecture (option 61) names, and neither from the server of the other clients.
#
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need dnsmasq kea-dhcp6 in.tftpd nginx

NETS6=10
boot6_bed
boot_server6 tftp 21 x64
boot_server6 web 22 x64
boot_server6 other 30
start_tftpd6 tftp
start_http web
start_dnsmasq6 tftp 100 199 --dhcp-option="option6:59,tftp://[$UP6:21]/nbp.x64.efi"
kea6_offering web 200 299 "59:$(hexof "http://[$UP6:22]/nbp.x64.efi")" "$HTTPCLIENT"
start_dnsmasq6 other 300 399
start_relay <<END
[relay]
control = $CTL
[rule no-pxe]
mac = 02:00:00:00:10:62
arch = uefi-x64
boot = $UP6:30
[rule pxe]
arch = uefi-x64
boot = $UP6:21
[rule http]
arch = uefi-x64-http
boot = $UP6:22
[interface vlan10]
dhcp = $UP6:30
END

uefi pxe 10 61 IPv4Support=n
# HTTP as the first thing that it tries fails before it has sent a packet: its link-local address
# is not ready yet. So its PXE gets an offer without a boot URL, which is over in four seconds.
uefi http 10 62 IPv4Support=n
expect_boot "PXE boots from the TFTP server" pxe tftp x64
expect_late_boot "HTTP boots from the web server" http web x64
expect "... by HTTP" grep -q 'GET /nbp.x64.efi' "$T/http-web.log"
expect_verdict 61 booted-v6
expect_verdict 62 booted-v6
