# boot-lib.sh: machines with real firmware on a VLAN of topo-vlans.sh, and the servers that
# they boot from. Sourced by bash, never run.
#
#   QEMU            ╔══ sw ══╗      ┌─────┐             198.51.100.0/24
#  ┌────────┐ tap   ║        ║      │     │   ┌── srv1  .10  DHCP
#  │ SeaBIOS├───────╫─ br10 ─╫──────┤ rtr ├───┼── wds-1 .21  proxyDHCP, 4011, TFTP
#  └────────┘       ║   │    ║      │     │   ├── wds-2 .22
#  ┌────────┐ tap   ║   │    ║      └─────┘   ├── fog   .30
#  │ OVMF   ├───────╫───┘    ║                └── linux .40
#  └────────┘       ╚════════╝
#
# Every boot server has its own boot files, which print, for example, "booted from NAME as
# bios" on the serial console (srv/mknbp). A boot test expects that line in the machine's log.
# Both legs are captured, and at the end srv/cmpreplies.py proves that the relay changed no
# reply.
#
# The machines run under TCG: firmware is fast enough (3 s for SeaBIOS and iPXE, 9 s for
# OVMF), and KVM is not available everywhere.

. "$(dirname "${BASH_SOURCE[0]}")/../topo/topo-vlans.sh"

CONF=$TOP/conf/examples
BOOT_VLAN=10		# where the machines are
SRV=$HERE/srv
# Ten times as long as a boot on an idle machine; firmware gives up on a bad boot sooner.
BOOT_SECONDS=${BOOT_SECONDS:-90}
# Debian has OVMF_CODE_4M since version 12. It needs a file of variables of 528 KB.
IPXE=/usr/lib/ipxe/ipxe.efi
OVMF=/usr/share/OVMF/OVMF_CODE_4M.fd
OVMF_VARS=/usr/share/OVMF/OVMF_VARS_4M.fd
AAVMF=/usr/share/AAVMF/AAVMF_CODE.fd
AAVMF_VARS=/usr/share/AAVMF/AAVMF_VARS.fd

need_ipxe()
{
	[ -e $IPXE ] || skip "$IPXE is missing (make deps)"
}

# ---- the bed --------------------------------------------------------------

# boot_bed: builds the topology and captures both legs.
boot_bed()
{
	need qemu-system-x86_64 tcpdump clang lld-link gcc
	[ -e $OVMF ] || skip "$OVMF is missing (make deps)"
	[ -n "$RELAY" ] || [ -x "$PXRELAYD" ] || skip "$PXRELAYD is not built"
	topo_vlans
	start_rad
	capture_legs ""
}

# boot6_bed [FLAGS]: builds the topology for boots over IPv6 from servers at $UP6:HH; the flags
# are those of the router's advertisements (srv/rad.py). This and boot_server6 need lib6.sh.
UP6=2001:db8:ffff:
boot6_bed()
{
	need qemu-system-x86_64 clang lld-link gcc
	[ -e $OVMF ] || skip "$OVMF is missing (make deps)"
	need_pxrelayd
	topo_vlans
	ip6_on rtr
	ns rtr sysctl -qw net.ipv6.conf.all.forwarding=1
	nsbatch rtr <<-END
	addr add 2001:db8:10::1/64 dev vlan$BOOT_VLAN nodad
	addr add $UP6:1/64 dev up0 nodad
	END
	start_rad 2001:db8:10:: "$@"
}

has_link_local()
{
	nsip rtr -6 -o addr show dev "$1" scope link -tentative | grep -q fe80:
}

# capture_legs SUFFIX: starts captures of both legs; expect_replies reads the latest ones.
LEGS=
capture_legs()
{
	LEGS=$1
	capture "client$LEGS" rtr "vlan$BOOT_VLAN"
	capture "server$LEGS" rtr up0
}

# start_rad [PREFIX [FLAGS]]: without router advertisements, iPXE waits 13 s for one. It takes
# the place of the one before.
RAD=
start_rad()
{
	[ -z "$RAD" ] || stop "$RAD"
	: >"$T/rad.log"
	ns rtr sysctl -qw "net.ipv6.conf.vlan$BOOT_VLAN.accept_dad=0" \
		"net.ipv6.conf.vlan$BOOT_VLAN.disable_ipv6=0"
	wait_for 5 has_link_local "vlan$BOOT_VLAN" ||
		die "no IPv6 address on vlan$BOOT_VLAN"
	spawn rtr rad "$PYTHON" "$SRV/rad.py" "vlan$BOOT_VLAN" "$@"
	RAD=$SPAWNED
	wait_for 5 logged rad ready || die "no router advertisements"
}

# start_boot_relay FILE: starts the relay with that file, plus the control socket of this run.
start_boot_relay()
{
	local conf=$T/relay.conf

	if grep -q '^\[relay\]' "$1"; then
		sed "/^\[relay\]/a control = $CTL" "$1" >"$conf"
	else
		{ printf '[relay]\ncontrol = %s\n\n' "$CTL"; cat "$1"; } >"$conf"
	fi
	start_relay "$conf"
}

# ---- servers --------------------------------------------------------------

# boot_server NAME HH [KIND...]: adds a server machine with its own boot files.
boot_server()
{
	local name=$1 kinds=("${@:3}")

	add_server "$name" "$2"
	mkdir -p "$T/files-$name/boot/x64"
	"$SRV/mknbp" "$T/files-$name" "$name" "${kinds[@]:-bios}" \
		>"$T/mknbp-$name.log" 2>&1 || die "no boot files for $name"
	chmod -R a+rX "$T/files-$name"
}

# boot_server6 NAME HH [KIND...]: the same over IPv6.
boot_server6()
{
	boot_server "$@"
	ip6_on "$1"
	nsbatch "$1" <<-END
	addr add $UP6:$2/64 dev eth0 nodad
	route add default via $UP6:1
	END
}

# start_tftpd6 NAME [OWNER]: starts tftpd-hpa with the boot files of NAME or of OWNER.
start_tftpd6()
{
	spawn "$1" "tftpd-$1" in.tftpd --foreground --address '[::]:69' --ipv6 --user root \
		--secure "$T/files-${2:-$1}"
	wait_for 5 bound "$1" 69 || die "tftpd does not start on $1"
}

# start_tftpd NAME: starts tftpd-hpa. It accepts backslashes in paths, as WDS writes them.
start_tftpd()
{
	printf '%s\n' 'rg \\ /' >"$T/tftpd.map"
	spawn "$1" "tftpd-$1" in.tftpd --foreground --address 0.0.0.0:69 \
		--ipv4 --user root --map-file "$T/tftpd.map" --verbosity 4 \
		--secure "$T/files-$1"
	wait_for 5 bound "$1" 69 || die "tftpd does not start on $1"
}

# start_bootd NAME HH OPTION...: starts srv/bootd.py, which writes its record to NAME.jsonl.
start_bootd()
{
	local name=$1 hh=$2

	shift 2
	spawn "$name" "bootd-$name" "$PYTHON" "$SRV/bootd.py" \
		--address "$UP.$hh" --log "$T/$name.jsonl" "$@"
	wait_for 5 grep -q ready "$T/$name.jsonl" 2>/dev/null ||
		die "bootd does not start on $name"
}

# start_wds NAME HH OPTION...: acts as Windows Deployment Services: short offers without a
# boot file, which is only named on port 4011.
start_wds()
{
	local name=$1

	cp "$T/files-$name/nbp.bios" "$T/files-$name/boot/x64/wdsnbp.com" \
		2>/dev/null
	cp "$T/files-$name/nbp.x64.efi" "$T/files-$name/boot/x64/wdsmgfw.efi"
	start_tftpd "$name"
	start_bootd "$@" --file '0=boot\x64\wdsnbp.com' \
		--file '7=boot\x64\wdsmgfw.efi'
}

# start_netboot NAME HH OPTION...: starts a boot server that names the file in its offer.
start_netboot()
{
	start_tftpd "$1"
	start_bootd "$@" --file 0=nbp.bios --file 7=nbp.x64.efi \
		--file 11=nbp.arm64.efi --file-in-offer --discovery file
}

# start_proxy NAME [OPTION...]: starts dnsmasq as proxyDHCP and TFTP server for VLAN 10.
start_proxy()
{
	local name=$1

	shift
	spawn "$name" "dnsmasq-$name" dnsmasq --keep-in-foreground \
		--conf-file=/dev/null --port=0 --user=root --pid-file= \
		--log-facility=- --log-dhcp --enable-tftp \
		--tftp-root="$T/files-$name" --leasefile-ro \
		--dhcp-range=192.0.2.0,proxy,255.255.255.128 "$@"
	wait_for 5 bound "$name" 67 || die "dnsmasq does not start on $name"
}

# start_http NAME: starts nginx with the boot files.
start_http()
{
	cat >"$T/nginx-$1.conf" <<-END
	daemon off;
	master_process off;
	user root;
	pid $T/nginx-$1.pid;
	error_log stderr;
	events { }
	http {
		access_log $T/http-$1.log;
		client_body_temp_path $T/nginx-$1;
		proxy_temp_path $T/nginx-$1;
		fastcgi_temp_path $T/nginx-$1;
		uwsgi_temp_path $T/nginx-$1;
		scgi_temp_path $T/nginx-$1;
		server { listen 80; listen [::]:80; root $T/files-$1; }
	}
	END
	spawn "$1" "nginx-$1" nginx -c "$T/nginx-$1.conf" -e stderr
	wait_for 5 listening "$1" 80 || die "nginx does not start on $1"
}

listening()
{
	[ -n "$(ns "$1" ss -Htln "sport = :$2")" ]
}

# ---- machines -------------------------------------------------------------

# machine NAME VV NN QEMU...: connects client NN to that VLAN and switches it on. The serial
# console is in serial-NAME.log, the process number in ${QEMU[NAME]}.
declare -A QEMU
machine()
{
	local name=$1 vv=$2 nn=$3 qemu=$4

	shift 4
	rm -f "$T/serial-$name.log"
	nsip sw tuntap add "$name" mode tap || die "no tap $name"
	nsip sw link set "$name" master "br$vv" up
	spawn sw "qemu-$name" "$qemu" -accel tcg -nodefaults -no-user-config \
		-display none -no-reboot -serial "file:$T/serial-$name.log" \
		-netdev "tap,id=n,ifname=$name,script=no,downscript=no" "$@"
	QEMU[$name]=$SPAWNED
}

# boot_bios NAME VV NN: SeaBIOS with the iPXE ROM of Debian's ipxe-qemu, for e1000, because
# the ROM for virtio does not fit QEMU's transitional device.
boot_bios()
{
	machine "$@" qemu-system-x86_64 -machine pc,graphics=off -m 64 \
		-boot n -device "e1000,netdev=n,mac=02:00:00:00:$2:$3"
}

# uefi NAME VV NN SWITCHES [QEMU...]: a machine with OVMF. SWITCHES are settings NAME=y|n
# of its network stack.
uefi()
{
	local name=$1 vv=$2 nn=$3 s args=()

	for s in $4; do
		args+=(-fw_cfg "name=opt/org.tianocore/${s%=*},string=${s#*=}")
	done
	shift 4
	machine "$name" "$vv" "$nn" qemu-system-x86_64 -machine q35 -m 256 \
		-drive "if=pflash,format=raw,readonly=on,file=$OVMF" \
		-drive "if=pflash,format=raw,snapshot=on,file=$OVMF_VARS" \
		-device "virtio-net-pci,netdev=n,mac=02:00:00:00:$vv:$nn,romfile=" \
		"${args[@]}" "$@"
}

boot_uefi()
{
	uefi "$@" "IPv6PXESupport=n"
}

# With PXE switched off, only HTTP boot is left.
boot_http()
{
	uefi "$@" "IPv4PXESupport=n IPv6PXESupport=n"
}

# boot_ipxe NAME VV NN: a UEFI machine that runs iPXE already, from a disk.
boot_ipxe()
{
	boot_disk "$@" $IPXE
}

# boot_disk NAME VV NN PROGRAM: a UEFI machine that runs this program, from a disk.
boot_disk()
{
	mkdir -p "$T/disk-$1/EFI/BOOT"
	cp "$4" "$T/disk-$1/EFI/BOOT/BOOTX64.EFI"
	uefi "$1" "$2" "$3" "" -device virtio-blk-pci,drive=d,bootindex=0 -drive \
		"if=none,id=d,format=raw,readonly=on,file=fat:$T/disk-$1"
}

# boot_arm64 NAME VV NN: an ARM64 machine with AAVMF.
boot_arm64()
{
	machine "$@" qemu-system-aarch64 -machine virt -cpu cortex-a57 -m 512 \
		-drive "if=pflash,format=raw,readonly=on,file=$AAVMF" \
		-drive "if=pflash,format=raw,snapshot=on,file=$AAVMF_VARS" \
		-device "virtio-net-pci,netdev=n,mac=02:00:00:00:$2:$3,romfile=" \
		-fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n
}

# switch_off NAME...: removes the machines; their names can be used again.
switch_off()
{
	local n

	for n in "$@"; do
		gone "${QEMU[$n]}" || stop "${QEMU[$n]}" KILL
		nsip sw link del "$n" 2>/dev/null
	done
}

# ---- verdicts -------------------------------------------------------------

booted()
{
	grep -aq 'booted from' "$T/serial-$1.log" 2>/dev/null
}

# gave_up NAME: the machine has ended, or SeaBIOS or OVMF printed that nothing boots.
gave_up()
{
	gone "${QEMU[$1]}" || grep -aqE 'No bootable device|BdsDxe: failed' \
		"$T/serial-$1.log" 2>/dev/null
}

booted_or_gave_up()
{
	booted "$1" || gave_up "$1"
}

marker()
{
	grep -ao 'booted from [^ ]* as [^ ]*' "$T/serial-$1.log" 2>/dev/null |
		tail -n 1
}

# expect_boot WHAT NAME FROM KIND: the machine ran the boot file of server FROM, which may be
# a pattern if either server is right.
expect_boot()
{
	local got want="booted from $3 as $4" from=${EPOCHREALTIME/./}

	wait_for "$BOOT_SECONDS" booted_or_gave_up "$2"
	got=$(marker "$2")
	# shellcheck disable=SC2053 # a pattern is meant
	if [[ $got == $want ]]; then
		echo "ok   $1 ($(((${EPOCHREALTIME/./} - from) / 100000)) tenths" \
			"of a second)"
	else
		echo "FAIL $1: '${got:-nothing booted}', should be '$want'"
		FAILS=$((FAILS + 1))
	fi
}

# expect_late_boot WHAT NAME FROM KIND: the same, by another boot option than the first one.
expect_late_boot()
{
	wait_for "$BOOT_SECONDS" booted "$2"
	expect_boot "$@"
}

# expect_no_boot WHAT NAME: the firmware gave up.
expect_no_boot()
{
	wait_for "$BOOT_SECONDS" booted_or_gave_up "$2"
	expect_eq "$1" "$(marker "$2")" ""
	expect "... and gave up" gave_up "$2"
}

# verdict_is MAC CODE: that is what explain says of the machine.
verdict_is()
{
	{ ctl --json explain "$1" || :; } | "$PYTHON" -c '
import json, sys
sys.exit(json.load(sys.stdin)["verdict"]["code"] != sys.argv[1])' "$2"
}

# expect_verdict NN CODE
expect_verdict()
{
	expect "... and the verdict is $2" wait_for 90 verdict_is "02:00:00:00:10:$1" "$2"
}

# expect_replies N [OPTION...]: at least N replies crossed the relay and none was changed; see
# srv/cmpreplies.py. The last replies may still be on their way, so it waits.
expect_replies()
{
	local n=$1

	shift
	wait_for 2 compare_replies --at-least "$n" "$@"
	cat "$T/replies.txt"
	expect "every reply is what its server sent" \
		compare_replies --at-least "$n" "$@"
}

compare_replies()
{
	"$PYTHON" "$SRV/cmpreplies.py" --client "$T/client$LEGS.pcap" \
		--server "$T/server$LEGS.pcap" "$@" >"$T/replies.txt"
}

# ---- the campus -----------------------------------------------------------
#
# conf/examples/campus.conf, for the test and the demo: a machine with a BIOS, one with UEFI,
# and one that runs iPXE, all on VLAN 10. The first WDS server is broken and offers addresses.

campus_servers()
{
	need_ipxe
	boot_server wds-1 21 x64
	boot_server wds-2 22 x64
	boot_server fog 30 bios x64
	boot_server linux 40 x64
	start_kea srv1 100 110
	start_dhcpd srv2 111 120
	start_wds wds-1 21 --lease 192.0.2.99
	start_wds wds-2 22
	start_proxy fog --pxe-service=x86PC,boot,nbp.bios \
		--pxe-service=7,boot,nbp.x64.efi
	start_netboot linux 40
}

campus_machines()
{
	boot_bios bios 10 61
	boot_uefi uefi 10 62
	boot_ipxe ipxe 10 63
}
