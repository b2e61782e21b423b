#!/bin/bash
# An ARM64 machine (AAVMF) in the lab VLAN of the campus example boots from the
# server that its rule names, and a UEFI x64 machine there boots from WDS. AAVMF is
# slow under TCG, so this test has a make target of its own: make boot-arm64.

. "$(dirname "$0")/../../lib/boot-lib.sh"
need qemu-system-aarch64 kea-dhcp4 in.tftpd
[ -e $AAVMF ] || skip "$AAVMF is missing (apt-get install qemu-efi-aarch64)"

BOOT_VLAN=20
boot_bed
boot_server wds-1 21 x64 arm64
boot_server linux 40 x64 arm64
start_kea srv1 100 120
start_wds wds-1 21 --file 11=nbp.arm64.efi
start_netboot linux 40
start_boot_relay "$CONF/campus.conf"

boot_arm64 arm 20 61
boot_uefi uefi 20 62
expect_boot "the x64 machine boots from WDS" uefi wds-1 x64
expect_boot "the ARM64 machine boots from linux" arm linux arm64
expect_replies 8
