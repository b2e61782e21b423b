#!/bin/bash
# deps.sh [-n] SET...: installs the missing Debian packages of these sets, as `make deps`
# and `make deps-SET` do. With -n it installs nothing and lists what is missing, as
# `make check` and the like do.
#
# Several packages bring a DHCP, TFTP or web server as a service. None of these services
# may start on this machine, now or at the next boot: the tests start the servers that
# they need, inside network namespaces.
set -u
export LC_ALL=C

# packages SET: prints the packages of a set.
packages() {
	case $1 in
	build)	# the daemon and its tool
		echo build-essential pkg-config libnl-3-dev libnl-route-3-dev libmnl-dev \
			libinih-dev libevent-dev libjansson-dev libseccomp-dev ;;
	test)	# The base packages of dnsmasq and dhcpcd have the programs without a
		# service. prometheus judges the metrics and the alert rules, tshark the
		# captures, systemd's tool (nothing of it is started) the unit file.
		echo clang libclang-rt-14-dev check libsubunit-dev iproute2 nftables tcpdump \
			ethtool procps iputils-ping python3 dnsmasq-base isc-dhcp-server \
			isc-dhcp-relay kea-dhcp4-server kea-dhcp6-server wide-dhcpv6-client \
			isc-dhcp-client udhcpc dhcpcd-base tftpd-hpa tftp-hpa \
			prometheus tshark systemd fish ;;
	boot)	# real firmware
		echo qemu-system-x86 ovmf ipxe ipxe-qemu seabios lld nginx-light \
			grub-common grub-efi-amd64-bin ;;
	vm)	echo keepalived ;;
	browser) echo chromium fonts-dejavu-core python3 ;;
	arm64)	echo qemu-system-arm qemu-efi-aarch64 ;;
	lint)	echo cppcheck clang-tidy clang-format shellcheck ;;
	cross)	# tests/cross.sh sysroots downloads the libraries
		echo build-essential pkg-config qemu-user gcc-aarch64-linux-gnu \
			gcc-arm-linux-gnueabihf gcc-i686-linux-gnu gcc-s390x-linux-gnu ;;
	packages)	# what builds them, and what judges them
		echo debhelper dh-apparmor fakeroot lintian rpm rpmlint apparmor ;;
	bench)	echo dnsmasq-base isc-dhcp-relay python3 iproute2 ;;
	*)	echo "deps.sh: there is no set $1" >&2
		return 1 ;;
	esac
}

policy=/usr/sbin/policy-rc.d
mark='# pxrelay: no service starts while make deps installs'

all_installed() {
	dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' |
		sed -n 's/^ii  //p' | sort
}

list_missing() {
	comm -13 <(all_installed) <(printf '%s\n' "$@" | sort -u)
}

# An existing policy-rc.d is moved aside, and put back afterwards.
forbid_services() {
	if [ -e $policy ] && ! grep -qxF "$mark" $policy; then
		mv $policy $policy.pxrelay-saved
	fi
	printf '#!/bin/sh\n%s\nexit 101\n' "$mark" > $policy
	chmod 755 $policy
}

allow_services() {
	rm -f $policy
	if [ -e $policy.pxrelay-saved ]; then
		mv $policy.pxrelay-saved $policy
	fi
}

# disable_services PACKAGE...: the packages are those that were just installed; a server
# that was already running on this machine goes on running. Debian's own helpers work
# with and without systemd, and upgrades respect what they set.
disable_services() {
	local files unit

	files=$(for p in "$@"; do dpkg -L "$p"; done 2>/dev/null)
	for unit in $(echo "$files" |
		sed -n 's|^\(/usr\)\?/lib/systemd/system/\([^@]*\.service\)$|\2|p'); do
		deb-systemd-helper disable "$unit" >/dev/null 2>&1
	done
	for unit in $(echo "$files" | sed -n 's|^/etc/init\.d/||p'); do
		update-rc.d "$unit" disable >/dev/null 2>&1
	done
	[ ! -d /run/systemd/system ] || systemctl daemon-reload
}

only_say=
[ "${1:-}" != -n ] || { only_say=1; shift; }
wanted=()
for set in "$@"; do
	names=$(packages "$set") || exit 1
	# shellcheck disable=SC2206
	wanted+=($names)
done

if ! command -v dpkg-query >/dev/null; then
	[ -z "$only_say" ] || exit 0	# not Debian: the tests say what they lack
	echo "make deps is for Debian; packages there: ${wanted[*]}" >&2
	exit 1
fi
missing=$(list_missing "${wanted[@]}")
[ -n "$missing" ] || exit 0
if [ -n "$only_say" ]; then
	echo "missing packages: $(echo $missing)" >&2
	echo "to install them: sudo make deps" >&2
	exit 1
fi
# Under fakeroot, as in a package build, the user only seems to be root.
if [ "$(id -u)" != 0 ] || [ -n "${FAKEROOTKEY:-}" ]; then
	echo "missing packages: $(echo $missing)" >&2
	echo "installing them needs root: sudo make deps" >&2
	exit 1
fi

# One at a time: a second run would take the first one's policy for the original.
exec 9>/run/lock/pxrelay-deps.lock
flock 9
before=$(all_installed)
missing=$(list_missing "${wanted[@]}")
[ -n "$missing" ] || exit 0

export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt='apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3'
echo "installing: $(echo $missing)"
trap allow_services EXIT
trap 'exit 1' INT TERM HUP
forbid_services
$apt update || echo "apt-get update failed, trying with the lists at hand" >&2
$apt install -y --no-install-recommends $missing </dev/null || exit 1
disable_services $(comm -13 <(echo "$before") <(all_installed))
