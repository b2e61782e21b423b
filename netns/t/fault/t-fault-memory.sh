#!/bin/bash
# t-fault-memory.sh: the n-th allocation of memory fails, for every n: in pxrelayd -n, during
# a start, during a reload, and during each command of pxrelayctl. The daemon goes on, or says
# why and ends with status 1, or keeps its old configuration; it never crashes or hangs. If
# memory is short while an address is deleted, the relay still notices it later.
# FAULT_LONG=1 also tries every n of a start and of the commands, which takes minutes;
# otherwise each run tries another sample.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
use_plain
[ -e "$PRELOAD/failmalloc.so" ] || skip "failmalloc.so is not built (make asan)"

conf()
{
	cat <<-END
	[relay]
	control = $T/conf.sock
	metrics = $T/metrics
	option82 = add
	circuit-id = %i:%v
	[server a]
	address = $SRV1
	probe = icmp, dhcp
	[group boot]
	servers = $BOOT1, $BOOT2
	mode = failover
	[interface vlan*]
	dhcp = a, $SRV2
	boot = boot
	giaddr = all
	[rule bios]
	arch = bios
	boot = boot
	[helper wol]
	port = 9
	from = vlan10
	to = vlan20
	END
}

# memory WHAT STRIDE: see srv/memory.py.
memory()
{
	ns rtr "$PYTHON" "$HERE/srv/memory.py" "$PXRELAYD" "$T/conf" \
		"$PRELOAD/failmalloc.so" "$@"
}

topo_vlans
conf >"$T/conf"
expect "pxrelayd -n" memory check 1
expect "start" memory start ${FAULT_LONG:-29}
expect "reload" memory reload 1
expect "commands" memory ask ${FAULT_LONG:-3}
expect "an address that is deleted" memory change 1
