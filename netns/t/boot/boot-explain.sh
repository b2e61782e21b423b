#!/bin/bash
# Real firmware fails to boot from real servers, with one mistake in each boot, and
# `pxrelayctl explain' gives the right verdict. Firmware takes long to give up, and does so
# ten times in a row, so this test has a make target of its own: make boot-explain.
#
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need dhcpd in.tftpd nft
need_pxrelayd

# OVMF tries HTTP as soon as PXE has failed; the verdict about PXE is then the one before.
verdict_was()
{
	# The exit status is 1 if the verdict is bad news.
	{ ctl --json explain "02:00:00:00:10:$1" || :; } | "$PYTHON" -c '
import json, sys
doc = json.load(sys.stdin)
before = doc.get("before", {}).get("verdict", {})
before = before.get("code") if isinstance(before, dict) else before
sys.exit(sys.argv[1] not in (doc["verdict"]["code"], before))' "$2"
}

# says WHAT NN CODE: expects that verdict about machine NN, and switches it off.
says()
{
	expect "$1: $3" wait_for "$BOOT_SECONDS" verdict_was "$2" "$3"
	verdict_was "$2" "$3" || ctl explain "02:00:00:00:10:$2"
	switch_off pc
}

# relay_for DHCP BOOT: starts a new relay, which knows nothing about the servers.
relay_for()
{
	[ -z "${RELAY_PID:-}" ] || stop "$RELAY_PID"
	start_relay <<-END
	[relay]
	control = $CTL
	[group boot]
	servers = $2
	mode = failover
	hedge = 500ms
	[interface vlan10]
	dhcp = $1
	boot = boot
	END
}

# in_the_way RULE: adds an nftables rule between the VLAN and the servers.
in_the_way()
{
	ns rtr nft -f - <<-END
	table ip t {
		chain c {
			type filter hook forward priority 0; policy accept;
			$1 drop
		}
	}
	END
}

free_way()
{
	ns rtr nft delete table ip t
}

boot_bed
boot_server wds-1 21 bios x64
boot_server wds-2 22 bios x64
boot_server linux 40 bios x64
start_dhcpd srv1 100 120
start_dhcpd srv2 121 124 'option vendor-class-identifier "PXEClient";'
start_wds wds-1 21
wds1=$SPAWNED
start_netboot linux 40

relay_for $SRV1 $UP.21
boot_bios pc 10 51
says "nothing is wrong" 51 booted

in_the_way "udp dport 4011"
boot_bios pc 10 52
says "port 4011 is dropped on the way" 52 4011-unanswered
free_way

relay_for $SRV1 $UP.40
in_the_way "udp sport != { 67, 4011 } ip saddr $UP.40"
boot_bios pc 10 53
says "what TFTP answers is dropped" 53 tftp-unanswered
free_way

mv "$T/files-linux/nbp.bios" "$T/files-linux/nbp.gone"
boot_bios pc 10 54
says "the file is not there" 54 tftp-not-found
mv "$T/files-linux/nbp.gone" "$T/files-linux/nbp.bios"

relay_for $SRV2 $UP.22
boot_uefi pc 10 55
says "option 60 without port 4011, OVMF" 55 option60-no-4011

# wds-2 runs no service, so its host replies with ICMP errors.
relay_for $SRV1 $UP.22
boot_bios pc 10 56
says "no boot server's service" 56 silent-boot-server

relay_for $UP.12 $UP.21
boot_bios pc 10 57
# Nothing listens on port 67 of that host, so it replies with ICMP errors.
says "no DHCP server, WDS alone" 57 servers-down

# The first server is frozen; the second one is asked in time.
kill -STOP "$wds1"
relay_for $SRV1 "$UP.21, $UP.40"
boot_bios pc 10 58
says "the first boot server is frozen" 58 hedged
kill -CONT "$wds1"

# dhcpd names one file for all machines, and no router.
add_server srv3 13
cat >"$T/one-file.conf" <<END
next-server $UP.40;
filename "pxelinux.0";
subnet 198.51.100.0 netmask 255.255.255.0 { }
subnet 192.0.2.0 netmask 255.255.255.128 { range 192.0.2.70 192.0.2.80; }
END
: >"$T/one-file.leases"
spawn srv3 dhcpd-srv3 dhcpd -4 -f -d -cf "$T/one-file.conf" \
	-lf "$T/one-file.leases" --no-pid eth0
wait_for 5 bound srv3 67 || die "dhcpd does not start"
relay_for $UP.13 $UP.22
boot_bios pc 10 59
says "dhcpd gives no router" 59 no-router
boot_uefi pc 10 60
says "one file for all machines, OVMF" 60 wrong-architecture
