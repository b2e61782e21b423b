#!/bin/bash
# packages.sh: checks the packages that `make check-packages' has just built, as far as
# Debian's tools can. Nothing is installed: programs are unpacked and run from there.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib/tally.sh
export LC_ALL=C

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
chmod 755 "$T"

# there NAME COMMAND...: passes if the command is true.
there() {
	local what=$1

	shift
	if "$@"; then
		pass "packages: $what"
	else
		fail "packages: $what" "condition not met: $*"
	fi
}

# silent NAME COMMAND...: passes if the command prints nothing; skipped without it.
silent() {
	local what=$1 said

	shift
	if ! command -v "$1" >/dev/null; then
		skip "packages: $what" "$1 is not installed (make deps-packages)"
		return
	fi
	said=$("$@" 2>/dev/null)
	there "$what" test -z "$said"
	[ -z "$said" ] || printf '%s\n' "$said"
}

# An upgrade leaves the old program running until the new one is there.
upgrades_in_place() {
	grep -q '_dh_action=restart' "$T/control/postinst" &&
		grep -q 'deb-systemd-invoke \$_dh_action .pxrelayd' "$T/control/postinst" &&
		! grep -q upgrade "$T/control/prerm"
}

# The tests of autopkgtest(1), with the unpacked programs.
run_debian_tests() {
	local test rc

	for test in $(sed -n 's/^Test-Command: debian.tests.installed //p' \
		conf/packaging/debian/tests/control); do
		PXRELAYD=$T/deb/usr/sbin/pxrelayd PXRELAYCTL=$T/deb/usr/bin/pxrelayctl \
			conf/packaging/debian/tests/installed "$test" >"$T/log" 2>&1 </dev/null
		rc=$?
		case $rc in
		0)	pass "packages: deb: $test" ;;
		77)	skip "packages: deb: $test" "$(tail -n 1 "$T/log")" ;;
		*)	tail -n 50 "$T/log"
			fail "packages: deb: $test" "exit status $rc, log above" ;;
		esac
	done
}

check_deb() {
	local deb

	deb=$(ls -t build/pxrelay_*.deb | head -n 1)
	dpkg-deb -x "$deb" "$T/deb" && dpkg-deb -e "$deb" "$T/control"
	silent "deb: lintian" lintian -EI --pedantic build/deb/*.changes
	there "deb: an upgrade only restarts" upgrades_in_place
	run_debian_tests
}

check_deb
tally
