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

# ---- RPM ------------------------------------------------------------------

check_rpm() {
	local said

	if ! command -v rpmlint >/dev/null; then
		skip "packages: rpm: rpmlint" "rpmlint is not installed (make deps-packages)"
		return
	fi
	said=$(rpmlint -c conf/packaging/rpmlint.toml build/rpm/*RPMS/*.rpm build/rpm/RPMS/*/*.rpm)
	printf '%s\n' "$said" | tail -n 20
	there "rpm: rpmlint" grep -q ' 0 errors, 0 warnings' <<<"$said"
}

# ---- Alpine ---------------------------------------------------------------

# Runs the functions of the APKBUILD as abuild does, with the product that was built.
packs_apk() {
	(
		. conf/packaging/alpine/APKBUILD
		pkgdir=$T/apk srcdir=$PWD/conf/packaging/alpine
		make() {
			command make --no-print-directory B=build/gcc CC=gcc WERROR=1 "$@"
		}
		package
	) >"$T/log" 2>&1 || { cat "$T/log"; return 1; }
	[ -x "$T/apk/usr/sbin/pxrelayd" ] && [ -x "$T/apk/etc/init.d/pxrelayd" ] &&
		[ ! -e "$T/apk/usr/lib" ]
}

check_apk() {
	local f

	for f in conf/packaging/alpine/*; do
		there "apk: $f" busybox ash -n "$f"
	done
	there "apk: what package() packs" packs_apk
}

# ---- OpenWrt --------------------------------------------------------------

# uci_file: makes the file of the UCI sections on standard input, as OpenWrt's init script
# does, and prints it. This stands for /etc/rc.common and /lib/functions.sh: config_load
# runs `uci export', in which each line is one of these commands. The network lan is br-lan.
uci_file() {
	cat >"$T/export"
	: >"$T/ran"
	cat >"$T/rc" <<-END
	. "$T/init"
	CONF=$T/uci.conf PROG=$PWD/build/gcc/pxrelayd CTL="echo ctl"
	package() { :; }
	config() { N=\$((N + 1)); config_cb "\$1" "\${2:-cfg0\$N}"; }
	option() { option_cb "\$1" "\$2"; }
	list() { list_cb "\$1" "\$2"; }
	config_load() { N=0; . "$T/export"; config_cb; }
	network_flush_cache() { :; }
	network_get_device() { [ "\$2" = lan ] && eval "\$1=br-lan"; }
	logger() { shift 5; echo "\$*"; }
	running() { [ -n "\$RUNNING" ]; }
	start() { start_service; }
	stop() { echo stop; }
	for c in open_instance set_param close_instance add_reload_trigger add_interface_trigger; do
		eval "procd_\$c() { echo \$c \"\\\$@\"; }"
	done
	END
	grep -v '/lib/functions/network.sh' conf/packaging/openwrt/files/pxrelay.init >"$T/init"
}

# uci COMMAND: runs a function of the init script.
uci() {
	busybox ash -c ". '$T/rc'; $*" 2>&1 | sed "s|$T|T|g; s|$PWD|.|g; s/ *$//"
}

check_openwrt() {
	uci_file <<-'END'
	package pxrelay

	config relay 'relay'
		option enabled '1'
		option log_level 'debug'

	config server 'dhcp_a'
		option address '192.0.2.10'

	config group 'all'
		list servers 'dhcp_a'
		list servers '192.0.2.11'
		option mode 'failover'

	config interface
		list servers 'all'
		option network 'lan'
		option option82 'add
	trust = on'

	config interface 'guests'
		list name 'vlan1?'
		list name 'vlan20'
		option servers '192.0.2.12'
	END
	there "openwrt: syntax" busybox ash -n conf/packaging/openwrt/files/pxrelay.init
	there "openwrt: sections become the file" diff - <(uci read_sections) <<-'END'
	[relay]
	log-level = debug

	[server dhcp_a]
	address = 192.0.2.10

	[group all]
	servers = dhcp_a, 192.0.2.11
	mode = failover

	[interface br-lan]
	servers = all
	option82 = add trust = on

	[interface vlan1?, vlan20]
	servers = 192.0.2.12

	END
	there "openwrt: a mistake is logged, and nothing starts" \
		grep -q 'uci.conf.new:.*option82' <(uci start_service)
	sed -i "/^trust = on/d; s/'add$/'add'/" "$T/export"
	there "openwrt: a start" diff - <(uci start_service) <<-'END'
	open_instance
	set_param command ./build/gcc/pxrelayd -f -l syslog -c T/uci.conf
	set_param respawn
	set_param stderr 1
	close_instance
	END
	there "openwrt: a reload reloads" diff - <(uci RUNNING=1 reload_service) <<<'ctl reload'
	there "openwrt: triggers" diff - <(uci service_triggers) <<-'END'
	add_reload_trigger pxrelay
	add_interface_trigger interface.* lan /etc/init.d/pxrelay reload
	END
	sed -i "s/enabled '1'/enabled '0'/" "$T/export"
	there "openwrt: not enabled" diff - <(uci reload_service) <<<stop
	uci_file <conf/packaging/openwrt/files/pxrelay.config
	there "openwrt: nothing starts without a configuration" diff - <(uci start_service) </dev/null
	there "openwrt: what the package has" packs_openwrt
}

# Evaluates the package's Makefile with a stub of OpenWrt's build system.
packs_openwrt() {
	mkdir -p "$T/top/include"
	echo 'INCLUDE_DIR := $(TOPDIR)/include' >"$T/top/rules.mk"
	cat >"$T/top/include/package.mk" <<-'END'
	INSTALL_DIR := install -d -m 755
	INSTALL_BIN := install -m 755
	INSTALL_CONF := install -m 600
	define BuildPackage
	all: ; $$(call Package/$(1)/install,$$(DEST))
	endef
	END
	make -s -C conf/packaging/openwrt TOPDIR="$T/top" DEST="$T/ipk" PKG_INSTALL_DIR="$T/deb" &&
		[ -x "$T/ipk/usr/sbin/pxrelayd" ] && [ -x "$T/ipk/etc/init.d/pxrelay" ] &&
		[ -f "$T/ipk/etc/config/pxrelay" ]
}

# ---- container ------------------------------------------------------------

# contained ARGUMENT...: what the entry point of the image runs, and the file that it makes.
contained() {
	mkdir -p "$T/bin"
	printf '#!/bin/sh\necho "$@"\nshift 4; grep -v "^#" "$1"' >"$T/bin/pxrelayd"
	chmod +x "$T/bin/pxrelayd"
	ln -sf "$T/deb/usr/bin/pxrelayctl" "$T/bin"
	env "PATH=$T/bin:$PATH" RUN_DIR="$T" PXRELAY_CONF="$T/pxrelay.conf" "$@" 2>&1
}

check_image() {
	local entry=conf/packaging/docker-entrypoint.sh p

	there "image: arguments of dhcrelay" grep -A1 '\[interface eth1\]' \
		<(contained $entry -d -id eth1 -iu eth0 192.0.2.10)
	there "image: variables of Debian's dhcrelay" grep -A1 '\[interface vlan10\]' \
		<(contained env SERVERS=192.0.2.10 INTERFACES=vlan10 $entry)
	echo '# a file' >"$T/pxrelay.conf"
	there "image: a file, and arguments of pxrelayd" \
		grep -x -- "-f -l stderr -c $T/pxrelay.conf -v" <(contained $entry -v)
	for p in $(sed -n '/^FROM debian:12-slim$/,/rm -rf/p' conf/packaging/Dockerfile |
		grep -o 'lib[a-z0-9.-]*[0-9n]'); do
		there "image: Debian has $p" test -n "$(apt-cache show "$p" 2>/dev/null | head -n 1)"
	done
}

# ---- all of them ----------------------------------------------------------

# The version of the Makefile, in the way of each.
check_versions() {
	local v

	v=$(sed -n 's/^VERSION *:= //p' Makefile)
	there "each has version $v" test "$(cd conf/packaging &&
		sed -n "s/^pxrelay ($v-[0-9]*) .*/ok/p" debian/changelog | head -n 1 &&
		sed -n "s/^Version: *$v$/ok/p" pxrelay.spec &&
		sed -n "s/^pkgver=$v$/ok/p" alpine/APKBUILD &&
		sed -n "s/^PKG_VERSION:=$v$/ok/p" openwrt/Makefile)" = "$(printf 'ok\nok\nok\nok')"
}

check_versions
check_deb
check_rpm
check_apk
check_openwrt
check_image
tally
