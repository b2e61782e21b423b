#!/bin/bash
# Installs the Debian packages named as arguments, those of them that are
# missing. Which ones are needed is decided in the Makefile.
#
# Several of them bring a DHCP, TFTP or web server as a service. None of these
# may start on this machine, now or at the next boot: the tests start what they
# need themselves, inside network namespaces.
set -u
export LC_ALL=C

policy=/usr/sbin/policy-rc.d
mark='# pxrelay: no service starts while make deps installs'

installed() {
	[ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = 'ii ' ]
}

all_installed() {
	dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' |
		sed -n 's/^ii  //p' | sort
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
# machine already goes on running it. Debian's own helpers do it with and
# without systemd, and upgrades respect it.
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
before=$(all_installed)
$apt update || echo "apt-get update failed, trying with the lists at hand" >&2
$apt install -y --no-install-recommends $missing </dev/null || exit 1
disable_services $(comm -13 <(echo "$before") <(all_installed))
