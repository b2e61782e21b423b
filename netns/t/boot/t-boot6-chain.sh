#!/bin/bash
# UEFI loads iPXE, or GRUB, over IPv6 from the first boot server, and that asks again. iPXE says
# who it is, and its rule names another server. GRUB (net_bootp6) says nothing, so it gets the
# server of the other clients.
#
# set: all
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need dnsmasq in.tftpd
need_ipxe

# make_grub FILE: GRUB with a script that asks by DHCPv6, and loads the file from the host of the
# boot URL. It names the router and the file itself: GRUB takes a router only for an address of
# its own making, and Debian's (2.06) reads the URL's path as /nbp.x64.efi4.efi.
make_grub()
{
	cat >"$T/grub.cfg" <<-'END'
	net_bootp6 efinet0
	net_add_route default6 ::/0 gw 2001:db8:10::1
	chainloader (tftp,$net_default_server)/nbp.x64.efi
	boot
	END
	grub-mkimage -O x86_64-efi -p / -c "$T/grub.cfg" -o "$1" efinet net tftp chain boot
}

offer()
{
	NETS6=10 start_dnsmasq6 "$1" "$3" "${3%00}99" \
		--dhcp-option="option6:59,tftp://[$UP6:$2]/$4"
}

boot6_bed
boot_server6 first 21
boot_server6 linux 22 x64
boot_server6 other 30 x64
cp $IPXE "$T/files-first/first.efi"
for s in first linux other; do
	start_tftpd6 $s
done
offer first 21 100 first.efi
offer linux 22 200 nbp.x64.efi
offer other 30 300 nbp.x64.efi
start_relay <<END
[relay]
control = $CTL
[rule ipxe]
user-class = iPXE
boot = $UP6:22
[rule x64]
arch = uefi-x64
boot = $UP6:21
[interface vlan10]
dhcp = $UP6:30
END

uefi pc 10 61 IPv4PXESupport=n
expect_boot "UEFI loads iPXE, which boots from its own server" pc linux x64
expect_verdict 61 booted-v6
switch_off pc

command -v grub-mkimage >/dev/null || skip "grub-mkimage is missing (make deps)"
make_grub "$T/files-first/first.efi"
uefi pc 10 62 IPv4Support=n
expect_boot "UEFI loads GRUB, which boots from the other clients' server" pc other x64
expect "... by an exchange of its own" logged dnsmasq-other \
	'DHCPREPLY.* 00:03:00:01:02:00:00:00:10:62'
