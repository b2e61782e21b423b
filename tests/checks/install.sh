#!/bin/bash
# Checks what `make install` installs, with the default prefix and with that of a package:
# every file is in its place below DESTDIR, the unit starts the installed program, and the
# examples are complete. `make uninstall` takes exactly that away, and `make dist` makes the
# same bytes at any path.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# there NAME COMMAND...: checks one file or property of an installation.
there() {
	local what=$1

	shift
	if "$@"; then
		pass "install: $what"
	else
		fail "install: $what" "condition not met: $*"
	fi
}

man_pages() {
	local m

	for m in man/*.[1-9]; do
		[ ! -e "$m" ] || [ -s "$1/man${m##*.}/$(basename "$m")" ] || return 1
	done
}

examples() {
	local c

	for c in conf/examples/*.conf conf/examples/*.example conf/monitoring/*.json conf/monitoring/*.yml; do
		[ ! -e "$c" ] || cmp -s "$c" "$1/$(basename "$c")" || return 1
	done
	diff -r conf/examples/pieces.d "$1/pieces.d"
}

# Has systemd judge the unit, with the built programs in place of the installed ones, which
# need not exist on this machine.
unit_is_sound() {
	sed "s|^\(Exec[A-Za-z]*=\)[^ ]*/|\1$PWD/build/gcc/|" "$1" \
		> "$T/pxrelayd.service"
	! systemd-analyze verify --man=no "$T/pxrelayd.service" 2>&1 |
		grep pxrelayd.service
}

# systemd's own score: 0 is best, 10 worst.
unit_is_secure() {
	local score

	score=$(systemd-analyze security --offline=true --no-pager "$1" |
		sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
	[ -n "$score" ] && awk "BEGIN { exit !($score < 2.0) }" ||
		{ echo "systemd-analyze security says ${score:-nothing}"; return 1; }
}

# The unit must allow the system calls that the processes still need.
unit_allows_calls() {
	local unit=$1 c

	groups() {
		systemd-analyze syscall-filter "$@" | sed -n "s/^  *\([a-z0-9_@][a-z0-9_@-]*\)$/\1/p"
	}
	expand() {
		local name

		for name in $(groups "$@"); do
			case $name in
			@*) expand "$name" ;;
			*) echo "$name" ;;
			esac
		done
	}
	expand @system-service | sort -u > "$T/allowed"
	expand @privileged @resources | sort -u > "$T/denied"
	for c in $(sed -n 's/^CALL([^"]*"\([^"]*\)".*/\1/p' include/io/syscall.def); do
		case $c in
		lchown|lchown32|fchownat) continue ;;	# only root gives files away
		esac
		if ! grep -qx "$c" "$T/allowed" || grep -qx "$c" "$T/denied"; then
			echo "$c is not allowed by the unit"
			return 1
		fi
	done
}

# Checks the program itself, because the linker drops a mark that one object lacks.
is_hardened() {
	local said

	case $(uname -m) in
	x86_64) ;;
	*) return 0 ;;
	esac
	said=$(readelf -hldnsW "$1" 2>/dev/null)
	for want in 'Type: .*DYN' GNU_RELRO BIND_NOW 'feature:.* IBT' 'feature:.* SHSTK' \
		__stack_chk_fail __snprintf_chk 'GNU_STACK .* RW '; do
		grep -q -e "$want" <<<"$said" || { echo "$1 has no $want"; return 1; }
	done
}

check_unit() {
	if ! command -v systemd-analyze >/dev/null; then
		skip "install: the unit" "systemd-analyze is not installed"
		return
	fi
	there "the unit is sound" unit_is_sound "$1"
	there "the unit is secure" unit_is_secure "$1"
	there "the unit allows what is called" unit_allows_calls "$1"
}

# uninstalls PREFIX: takes everything away but what others put beside it.
uninstalls() {
	local left

	touch "$T/etc/pxrelay/pxrelay.conf" "$T$1/sbin/other"
	${MAKE:-make} --no-print-directory uninstall B=build/gcc DESTDIR="$T" PREFIX="$1" ||
		return 1
	left=$(cd "$T" && find etc ".$1" -type f -o -path '*pxrelay*' | sort | tr '\n' ' ')
	[ "$left" = "./${1#/}/sbin/other etc/pxrelay etc/pxrelay/pxrelay.conf " ] ||
		{ echo "left: $left"; return 1; }
}

# From two clones, since what is not committed is not in it.
check_dist() {
	local c

	if ! git rev-parse -q --verify HEAD >/dev/null 2>&1; then
		skip "install: make dist" "this is no git checkout"
		return
	fi
	for c in a longer/path; do
		git clone -q . "$T/$c" && (umask 027 && cd "$T/$c" &&
			${MAKE:-make} --no-print-directory dist >/dev/null) || break
	done
	there "make dist is reproducible" cmp "$T"/a/build/*.tar.gz "$T"/longer/path/build/*.tar.gz
	tar xzf "$T"/a/build/*.tar.gz -C "$T"
	there "make dist has everything" diff -r -x .git -x build "$T/a" "$T"/pxrelay-*/
}

# check_prefix PREFIX
check_prefix() {
	local d=$T$1 unit=$T$1/lib/systemd/system/pxrelayd.service
	local users=$1/lib/sysusers.d/pxrelay.conf

	# With the flags of tests/check.sh: others would compile everything again.
	if ! ${MAKE:-make} --no-print-directory install B=build/gcc CC=gcc \
		WERROR=1 DESTDIR="$T" PREFIX="$1" > "$T/log" 2>&1; then
		cat "$T/log"
		fail "install: PREFIX=$1" "make install failed, see above"
		return
	fi
	there "$1/sbin/pxrelayd" test -x "$d/sbin/pxrelayd"
	there "$1/bin/pxrelayctl" test -x "$d/bin/pxrelayctl"
	there "$1/sbin/pxrelayd is hardened" is_hardened "$d/sbin/pxrelayd"
	there "$1/bin/pxrelayctl is hardened" is_hardened "$d/bin/pxrelayctl"
	there "the unit starts $1/sbin/pxrelayd" \
		grep -q "^ExecStart=$1/sbin/pxrelayd " "$unit"
	there "no place-holder in the unit" sh -c "! grep -q '@[a-z]*@' '$unit'"
	there "$users" grep -q '^u pxrelay ' "$T$users"
	there "man pages" man_pages "$d/share/man"
	there "example files" examples "$d/share/doc/pxrelay/examples"
	there "bash completion" cmp conf/completion/pxrelayctl.bash \
		"$d/share/bash-completion/completions/pxrelayctl"
	there "zsh completion" cmp conf/completion/_pxrelayctl \
		"$d/share/zsh/site-functions/_pxrelayctl"
	there "fish completion" cmp conf/completion/pxrelayctl.fish \
		"$d/share/fish/vendor_completions.d/pxrelayctl.fish"
	there "an example beside the configuration" \
		test -s "$T/etc/pxrelay/pxrelay.conf.example"
	there "no configuration is overwritten" \
		test ! -e "$T/etc/pxrelay/pxrelay.conf"
	check_unit "$unit"
	there "make uninstall" uninstalls "$1"
	rm -rf "${T:?}"/*
}

check_prefix /usr/local
check_prefix /usr
check_dist
tally
