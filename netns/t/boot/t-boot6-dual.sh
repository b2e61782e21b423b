#!/bin/bash
# A dual stack, in which IPv4 and IPv6 boot from different servers. OVMF tries IPv4 first, and
# boots; DHCPv4 then leases without a boot file, and it boots over IPv6; then its PXE over IPv6
# fails, and it boots by HTTP over IPv4. Each machine is one story, with one verdict.
#
# set: all
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need dnsmasq kea-dhcp4 in.tftpd nginx

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	[interface vlan10]
	dhcp = $SRV1, $UP6:22
	$1
	END
}

# one_story NN CODE: that is the verdict, and the only machine's.
one_story()
{
	expect_verdict "$1" "$2"
	expect_eq "... of one story" "$(ctl --json show boots | grep -c "02:00:00:00:10:$1")" 1
}

boot6_bed
boot_server four 21 x64
boot_server6 six 22 x64
start_kea srv1 100 120
start_tftpd four
start_bootd four 21 --file 7=nbp.x64.efi --file-in-offer
FOUR=$SPAWNED
start_tftpd6 six
NETS6=10 start_dnsmasq6 six 100 199 \
	--dhcp-option="option6:59,tftp://[$UP6:22]/nbp.x64.efi"
SIX=$SPAWNED
start_relay < <(conf "boot = $UP.21")

uefi pc 10 61 ""
expect_boot "IPv4 comes first, and boots from its server" pc four x64
one_story 61 booted
switch_off pc

conf "" >"$T/relay.conf"
ctl reload >/dev/null
uefi pc 10 62 ""
expect_late_boot "IPv4 has no boot file: IPv6 boots from its server" pc six x64
one_story 62 booted-v6
expect_eq "... by both families" "$({ ctl --json explain 02:00:00:00:10:62 || :; } |
	grep -oE '"(discover|solicit)"' | sort -u | xargs)" "discover solicit"
switch_off pc

stop "$SIX"
NETS6=10 start_dnsmasq6 six 200 299
start_http four
stop "$FOUR"
start_bootd four 21 --ports 67 --url "http://$UP.21/nbp.x64.efi"
conf "boot = $UP.21" >"$T/relay.conf"
ctl reload >/dev/null
uefi pc 10 63 IPv4PXESupport=n
expect_late_boot "PXE over IPv6 has no URL: HTTP over IPv4 boots" pc four x64
one_story 63 booted
