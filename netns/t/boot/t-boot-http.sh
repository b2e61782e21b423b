#!/bin/bash
# UEFI HTTP boot (architecture 16) and UEFI PXE on one VLAN: the HTTP machine gets its URL
# in a proxy offer and the file from nginx; the PXE machine boots from WDS. Kea assigns
# both addresses.
#
# set: all

. "$(dirname "$0")/../../lib/boot-lib.sh"
need kea-dhcp4 in.tftpd nginx

boot_bed
boot_server wds-1 21 bios x64
boot_server http-1 40 x64
start_kea srv1 100 120
start_wds wds-1 21
start_bootd http-1 40 --ports 67 --url "http://$UP.40/nbp.x64.efi"
start_http http-1
start_boot_relay "$CONF/http-boot.conf"

boot_http http 10 61
boot_uefi pxe 10 62
expect_boot "the HTTP machine boots from the web server" http http-1 x64
expect_boot "the PXE machine boots from WDS" pxe wds-1 x64
expect_replies 8
expect "the file came by HTTP" grep -q 'GET /nbp.x64.efi' "$T/http-http-1.log"
