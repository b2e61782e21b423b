#!/bin/bash
# Real UEFI x64 over IPv6 whose server dies after its ADVERTISE. UEFI insists on it, while its own
# IPv6 has a lease of another server: that lease is no boot.
#
# set: all
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need kea-dhcp6

boot6_bed
boot_server6 srv 22
boot_server6 dying 23
NETS6=10 kea6_offering srv 100 199
# It answers a REQUEST by another ADVERTISE, so never.
fake dying answer=advertise addr=2001:db8:10::66 \
	"opt=59:$(hexof "tftp://[$UP6:23]/nbp.x64.efi")"
start_relay <<END
[relay]
control = $CTL
[rule x64]
arch = uefi-x64
boot = $UP6:23
[interface vlan10]
dhcp = $UP6:22
END

uefi pc 10 75 "IPv4Support=n"
# UEFI goes on with HTTP, so the log is asked: explain tells of the newest boot.
expect "the verdict is request-unanswered" wait_for 90 logged relay \
	"boot-failed mac=02:00:00:00:10:75 arch=uefi-x64 verdict=request-unanswered "
expect "... although UEFI's own IPv6 has a lease" logged kea-srv DHCP6_LEASE_ALLOC
switch_off pc
