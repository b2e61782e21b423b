#!/bin/bash
# UEFI x64 boots by PXE over IPv6 from dnsmasq, in a VLAN whose other clients have another
# server: the rule finds it by its architecture (option 61). The first server of its group is
# dead, and the second one is asked in time. Then the first one leases addresses without a
# boot URL and the second one is late: UEFI gives up after four seconds, and with
# need-bootfile it boots.
#
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
. "$(dirname "$0")/../../lib/lib6.sh"
need dnsmasq in.tftpd qemu-system-x86_64 tcpdump clang lld-link gcc

# asked NAME: how many SOLICITs that dnsmasq has heard.
asked()
{
	grep -c 'DHCPSOLICIT' "$T/dnsmasq-$1.log"
}

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	[group x64]
	servers = $UP6:21, $UP6:22
	mode = failover
	need-bootfile = $1
	[rule x64]
	arch = uefi-x64
	boot = x64
	[interface vlan10]
	dhcp = $UP6:30
	END
}

boot6_bed
boot_server6 bare 21 x64
boot_server6 full 22 x64
boot_server6 other 30 x64
start_tftpd6 full
NETS6=10 start_dnsmasq6 full 100 199 \
	--dhcp-option="option6:59,tftp://[$UP6:22]/nbp.x64.efi"
FULL=$SPAWNED
NETS6=10 start_dnsmasq6 other 200 299
start_relay < <(conf off)

uefi pc 10 61 IPv4Support=n
expect_boot "the first server is dead: UEFI boots from the second" pc full x64
expect "... and explain says so" wait_for 5 verdict_is 02:00:00:00:10:61 booted-v6
expect "its own IPv6 has the other clients' server" wait_for 5 eval \
	'[ "$(asked other)" -ge 1 ]'
switch_off pc

NETS6=10 start_dnsmasq6 bare 300 399
kill -STOP "$FULL"
uefi pc 10 62 IPv4Support=n
expect_no_boot "an address without a URL, and the other one is late" pc
kill -CONT "$FULL"
# The machine then tries HTTP, which is another boot.
expect "... and the verdict says why" wait_for 90 logged relay \
	'boot-failed mac=02:00:00:00:10:62 arch=uefi-x64 verdict=no-bootfile-v6 '
switch_off pc

conf on >"$T/relay.conf"
ctl reload >/dev/null
kill -STOP "$FULL"
n=$(asked bare)
uefi pc 10 63 IPv4Support=n
# The second SOLICIT comes after four seconds, when it would have given up.
expect "with need-bootfile, UEFI asks on" \
	wait_for "$BOOT_SECONDS" eval '[ "$(asked bare)" -ge $((n + 2)) ]'
kill -CONT "$FULL"
expect_boot "... and boots when the server is back" pc full x64
expect "... and explain says so" wait_for 5 verdict_is 02:00:00:00:10:63 booted-v6
expect "the ADVERTISE was kept back" test "$(sum_of "$(part drops6 "$(query show drops)")" \
	no-bootfile)" -ge 1
switch_off pc
