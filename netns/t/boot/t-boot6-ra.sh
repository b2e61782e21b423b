#!/bin/bash
# What the flags M and O of router advertisements mean to firmware. UEFI (OVMF) asks for an
# address in any case. iPXE asks for one with M, for options only with O alone, and for nothing
# without both.
#
# set: all
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need dnsmasq in.tftpd
need_ipxe

# asked NN: what the machine has asked for over IPv6.
asked()
{
	ctl --json explain "02:00:00:00:10:$1" |
		grep -oE '"(solicit|information-request)"' | tr -d '"' | sort -u | xargs
}

boot6_bed mo
boot_server6 srv 22 x64
start_tftpd6 srv
NETS6=10 start_dnsmasq6 srv 100 199 \
	--dhcp-option="option6:59,tftp://[$UP6:22]/nbp.x64.efi"
start_relay <<END
[relay]
control = $CTL
[interface vlan10]
dhcp = $UP6:22
END

# tells FLAGS UEFI IPXE: what the two machines ask for under these flags, and that they boot.
nn=60
tells()
{
	nn=$((nn + 2))
	uefi uefi 10 $nn IPv4Support=n
	boot_ipxe ipxe 10 $((nn + 1))
	expect_boot "flags $1: UEFI boots" uefi srv x64
	expect_eq "... and has asked so" "$(asked $nn)" "$2"
	if [ -z "$3" ]; then
		expect_verdict $((nn + 1)) v6-not-asked
	else
		expect_boot "flags $1: iPXE boots" ipxe srv x64
		expect_verdict $((nn + 1)) booted-v6
	fi
	expect_eq "... and iPXE has asked so" "$(asked $((nn + 1)))" "$3"
	switch_off uefi ipxe
}

tells mo "solicit" "solicit"
start_rad 2001:db8:10:: m
tells m "solicit" "solicit"
start_rad 2001:db8:10:: oa
tells o "information-request solicit" "information-request"
start_rad 2001:db8:10:: a
tells none "solicit" ""
