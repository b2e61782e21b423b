#!/bin/bash
# Installs the Debian packages named as arguments, those of them that are
# missing. Which ones are needed is decided in the Makefile.
#
# Several of them bring a DHCP, TFTP or web server as a service. None of these
# may start on this machine, now or at the next boot: the tests start what they
# need themselves, inside network namespaces.
set -u

policy=/usr/sbin/policy-rc.d
mark='# pxrelay: no service starts while make deps installs'

installed() {
	[ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = 'ii ' ]
}

list_missing() {
	for p in "$@"; do
		installed "$p" || printf '%s\n' "$p"
	done
}

# A file of that name that is somebody else's stays in force if it forbids, and
# is put back afterwards in any case.
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

# Only packages that were not there before: whoever ran a server on this
# machine already goes on running it.
disable_services() {
	command -v systemctl >/dev/null || return 0
	for p in "$@"; do
		dpkg -L "$p" 2>/dev/null |
			sed -n 's|^\(/usr\)\?/lib/systemd/system/\([^@]*\.service\)$|\2|p'
		dpkg -L "$p" 2>/dev/null |
			sed -n 's|^/etc/init\.d/\(.*\)$|\1.service|p'
	done | sort -u | while read -r unit; do
		systemctl disable --quiet "$unit" >/dev/null 2>&1
	done
	return 0
}

missing=$(list_missing "$@")
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "missing packages: $(echo $missing)" >&2
	echo "install them as root: sudo make deps" >&2
	exit 1
fi

# One at a time, or the second would put the first one's policy "back".
exec 9>/run/lock/pxrelay-deps.lock
flock 9
missing=$(list_missing "$@")
[ -n "$missing" ] || exit 0

export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt='apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3'
echo "installing: $(echo $missing)"
trap allow_services EXIT
trap 'exit 1' INT TERM HUP
forbid_services
$apt update || echo "apt-get update failed, trying with the lists at hand" >&2
$apt install -y --no-install-recommends $missing </dev/null || exit 1
disable_services $missing
