#!/bin/bash
# Both machines have the offer of the primary boot server when it dies, and ask it for the
# boot file on port 4011. They boot from the second server instead. From the first DISCOVER
# to the request for the file, this takes at most 1.5 seconds longer than with both servers
# alive. The primary replies as WDS does and ends right after its offer: once its machine is
# switched off, once only the service ends. In that case its host sends ICMP errors, after
# which UEFI would hear no reply; they do not reach the clients (4011-errors in
# pxrelay.conf(5)).
#
# set: all
# firmware: it gives up after a fixed time, however busy this machine is

. "$(dirname "$0")/../../lib/boot-lib.sh"
need kea-dhcp4 in.tftpd
need_pxrelayd

FILES=(--file '0=boot\x64\wdsnbp.com' --file '7=boot\x64\wdsmgfw.efi')

boot_bed
boot_server wds-1 21 bios x64
boot_server wds-2 22 bios x64
start_kea srv1 100 120
start_wds wds-2 22
cp "$T/files-wds-1/nbp.bios" "$T/files-wds-1/boot/x64/wdsnbp.com"
cp "$T/files-wds-1/nbp.x64.efi" "$T/files-wds-1/boot/x64/wdsmgfw.efi"
start_tftpd wds-1

# A new relay knows nothing about the servers, so none is down.
new_relay()
{
	[ -z "${RELAY_PID:-}" ] || stop "$RELAY_PID"
	start_relay <<-END
	[relay]
	control = $CTL
	[group boot]
	servers = $UP.21, $UP.22
	mode = failover
	[interface vlan10]
	dhcp = $SRV1
	boot = boot
	END
}

# first_after TIME FILTER: prints the time of the first such packet on the VLAN after TIME.
first_after()
{
	tcpdump -nn -tt -r "$T/client.pcap" "$2" 2>/dev/null |
		awk -v from="$1" '$1 > from { print $1; exit }'
}

declare -A MS

# boots WHAT MACHINE FROM KIND [OPTION...]: boots the machine, with these options of the
# primary. MS[WHAT] is the time from the first DISCOVER to the request for the file.
boots()
{
	local what=$1 name=$2 from primary asked

	nsip wds-1 link set eth0 up
	nsip wds-1 route replace default via $UP.1
	new_relay
	start_bootd wds-1 21 "${FILES[@]}" "${@:5}"
	primary=$SPAWNED
	from=$EPOCHREALTIME
	"boot_$name" "$name" 10 61
	expect_boot "$what" "$name" "$3" "$4"
	asked=$(first_after "$from" 'udp dst port 69')
	from=$(first_after "$from" 'udp dst port 67')
	MS[$what]=$("$PYTHON" -c "print(round((${asked:-0} - $from) * 1000))")
	switch_off "$name"
	gone "$primary" || stop "$primary"
}

# dies WHAT MACHINE KIND HOW: boots the machine while the primary dies like that.
dies()
{
	local all="$2, all alive"

	boots "$1" "$2" wds-2 "$3" --die "$4"
	expect "... by a rescue" test "$(relay_counter rescues-delivered)" -ge 1
	expect "... after ${MS[$1]} ms, ${MS[$all]} ms with all alive" \
		test "${MS[$1]}" -gt 0 -a $((MS[$1] - MS[$all])) -le 1500
}

boots "bios, all alive" bios wds-1 bios
expect_eq "... without a rescue" "$(relay_counter rescues-asked)" 0
dies "bios, the primary's host is switched off" bios bios host
dies "bios, the primary's service ends" bios bios service
boots "uefi, all alive" uefi wds-1 x64
expect_eq "... without a rescue" "$(relay_counter rescues-asked)" 0
dies "uefi, the primary's host is switched off" uefi x64 host
dies "uefi, the primary's service ends" uefi x64 service
