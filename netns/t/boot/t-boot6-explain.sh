#!/bin/bash
# Real UEFI x64 over IPv6, Kea with one mistake after the other, and what
# `pxrelayctl explain' says about each; and the boot step to ff02::1:2, port 4011, which the
# relay carries to the boot server and back.
#
# set: all
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need kea-dhcp6 in.tftpd qemu-system-x86_64 clang lld-link gcc

URL=tftp://[$UP6:22]/nbp.x64.efi

# lease CODE:HEX...: starts the DHCP server with these options, in place of the one before.
lease()
{
	[ -z "${LEASES:-}" ] || stop "$LEASES"
	NETS6=10 kea6_offering srv 100 199 "$@"
	LEASES=$SPAWNED
}

# fails NN CODE WHAT: machine NN does not boot, and that is the verdict on its boot by PXE.
fails()
{
	uefi pc 10 "$1" "IPv4Support=n"
	expect_no_boot "$3" pc
	expect "... because of $2" wait_for 90 logged relay \
		"boot-failed mac=02:00:00:00:10:$1 arch=uefi-x64 verdict=$2 "
	switch_off pc
}

boot6_bed
boot_server6 srv 22 x64
start_tftpd6 srv
start_relay <<END
[relay]
control = $CTL
[rule x64]
arch = uefi-x64
boot = $UP6:22
[interface vlan10]
dhcp = $UP6:22
END

lease "$PXECLIENT"
fails 70 boot-step-lost "an offer sends it to port 4011, where nobody is"
# Its file is on the link: after this step, UEFI has forgotten its router.
start_tftpd6 rtr srv
start_step6 srv "tftp://[2001:db8:10::1]/nbp.x64.efi"
STEP=$SPAWNED
uefi pc 10 71 "IPv4Support=n"
expect_boot "the boot server answers there" pc srv x64
expect "... to the relay's own address" grep -q "^request $UP6:1 4011 03" "$T/step6.log"
switch_off pc
lease "59:$(hexof "http://[$UP6:22]/nbp.x64.efi")"
fails 72 bad-url "PXE with a URL of HTTP"
lease "59:$(hexof "$URL")" 60:00057175696574
fails 73 bootfile-size "a kernel's parameters in option 60"
stop "$STEP" KILL
lease "59:$(hexof "$URL")" "$PXECLIENT"
fails 74 pxe-class-in-lease "PXEClient beside an address and a URL"
