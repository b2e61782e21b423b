#!/bin/bash
# vm.sh [TEST...]: runs the tests that need kernel modules which a container or a small
# kernel may lack (802.1Q, VLAN-aware bridges, VRFs): netns/t/vm/vm-*.sh, or those named
# as arguments. If this kernel has them, as Debian's own does, they run here like any
# namespace test; otherwise in a virtual machine through VMRUN, a command that takes
# `--timeout SECONDS -- COMMAND ARGS` and runs it there in this directory. With neither
# they are skipped.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib/tally.sh

vmrun=${VMRUN:-../shared/vm/vmrun}

skip_all() {
	local why=$1 t

	shift
	for t in "$@"; do
		skip "$(basename "$t" .sh)" "$why"
	done
	tally
	exit
}

# Does this kernel have what those tests need? Tried in a namespace.
kernel_can() {
	local ns=pxr-probe-$$ rc=0

	ip netns add "$ns" 2>/dev/null || return 1
	ip -n "$ns" link add br0 type bridge vlan_filtering 1 2>/dev/null &&
		ip -n "$ns" link add link br0 name br0.7 type vlan id 7 2>/dev/null ||
		rc=1
	ip netns del "$ns"
	return $rc
}

if [ $# = 0 ]; then
	set -- netns/t/vm/vm-*.sh
	[ -e "$1" ] || set --
fi
[ $# -gt 0 ] || { tally; exit; }
if [ "$(id -u)" != 0 ]; then
	skip_all "namespaces need root" "$@"
elif kernel_can; then
	exec tests/netns.sh "$@"
elif [ -x "$vmrun" ]; then
	exec "$vmrun" --mem 1536 --timeout "${VM_TIMEOUT:-900}" -- \
		tests/netns.sh "$@"
fi
skip_all "this kernel has no 802.1Q and there is no VMRUN=..." "$@"
