#!/bin/bash
# cross.sh [ARCH...]: builds everything for other processors with Debian's cross compilers and
# runs the unit tests and scenarios there, under qemu-user. `make check-cross` runs it with T=
# for ARCH; it takes some ten minutes for each.
# cross.sh sysroots: downloads each processor's libraries, as `make deps-cross` does.
#
# riscv64 is no release of Debian 12, and none of its processors has 32 bits and is big-endian;
# s390x has the byte order, and i386 and armhf have the 32 bits.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib/tally.sh

# Debian's name, the compiler's and QEMU's.
machines='
arm64	aarch64-linux-gnu	aarch64
armhf	arm-linux-gnueabihf	arm
i386	i686-linux-gnu		i386
s390x	s390x-linux-gnu		s390x'

# Suites that fail under qemu-user 7.2, on arm64 as well: it lacks options of sockets, packet
# rings and seccomp, and does not turn the bytes of IP_PKTINFO (packet, on s390x).
beyond=' join packet priv query ring route sandbox udp '

# sysroot ARCH: unpacks its libraries in build/cross/ARCH/root. An apt of its own knows nothing
# of this machine's packages, so it downloads what these depend on, too.
sysroot() {
	local root=$PWD/build/cross/$1/root d apt

	apt="$root/apt"
	mkdir -p "$apt"/{lists,archives}/partial
	set -- -q -o APT::Architecture="$1" -o APT::Architectures="$1" \
		-o APT::Install-Recommends=0 -o APT::Sandbox::User=root \
		-o Dir::State="$apt" -o Dir::State::lists="$apt/lists" \
		-o Dir::State::status=/dev/null -o Dir::State::extended_states=/dev/null \
		-o Dir::Cache="$apt" -o Debug::NoLocking=1
	apt-get "$@" update && apt-get "$@" install -y --download-only \
		libc6-dev libnl-3-dev libnl-route-3-dev libmnl-dev libinih-dev libevent-dev \
		libjansson-dev libseccomp-dev check libsubunit-dev || return 1
	for d in "$apt"/archives/*.deb; do
		dpkg -x "$d" "$root"
	done
}

each() {
	local arch host qemu

	while read -r arch host qemu; do
		if [ -n "$arch" ] && [[ -z $wanted || " $wanted " == *" $arch "* ]]; then
			"$1" "$arch" "$host" "$qemu" </dev/null
		fi
	done <<<"$machines"
}

try() {
	local b=build/cross/$1 s suites=

	if [ ! -d "$b/root/usr/include" ] || ! command -v "$2-gcc" "qemu-$3" >/dev/null; then
		skip "$1" "make deps-cross"
		return
	fi
	mkdir -p build/log
	if ! ${MAKE:-make} -k -j"$(nproc)" B="$b" HOST="$2" SYSROOT="$PWD/$b/root" \
		CFLAGS=-O1 all "$b/tests/run" "$b/tests/run-daemon" >"build/log/cross-$1.log" 2>&1
	then
		fail "$1 is built" "build/log/cross-$1.log"
		return
	fi
	pass "$1 is built"
	for s in $(sed -n 's/^SUITE(\(.*\))$/\1/p' "$b"/tests/{,fake/}suites.def); do
		if [[ $beyond == *" $s "* ]]; then
			skip "$s on $1" "qemu-user lacks what it needs"
		else
			suites="$suites $s"
		fi
	done
	UNDER="qemu-$3 -L $b/root" BUILD=$b tests/unit.sh $suites | tee "build/log/cross-$1.log"
	add_up "build/log/cross-$1.log" "$1" "${PIPESTATUS[0]}"
}

wanted=$*
if [ "$wanted" = sysroots ]; then
	wanted=
	each sysroot
	exit
fi
each try
tally
