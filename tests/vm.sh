#!/bin/bash
# vm.sh [TEST...]: runs netns/t/vm/vm-*.sh, or the tests named as arguments. These need
# kernel modules that a container or a small kernel may lack: 802.1Q, VLAN-aware bridges,
# VRFs. If this kernel has them, as Debian's own does, the tests run here like any
# namespace test. Otherwise they run in a virtual machine through VMRUN, a command that
# takes `--timeout SECONDS -- COMMAND ARGS` and runs COMMAND there in this directory. With
# neither they are skipped.
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

# kernel_can: returns true if this kernel has what the tests need. Tries it in a namespace.
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
