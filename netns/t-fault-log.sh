#!/bin/bash
# t-fault-log.sh: the log leads nowhere: the disk is full, stderr is closed, nobody reads the
# pipe. The relay relays, is reloaded and ends in order.

. "$(dirname "$0")/topo-vlans.sh"
need_pxrelayd

# relay_with WHAT REDIRECTION: started by a shell, so that its stderr is that.
relay_with()
{
	local what=$1 n

	RELAY_LOG=$2
	spawn rtr "relay" sh -c "mkdir $T/disk && mount -t tmpfs -o size=16k none $T/disk
		head -c 100000 /dev/zero >$T/disk/fill 2>/dev/null
		exec \"\$@\" $2" sh "$PXRELAYD" -f -l stderr -c "$T/relay.conf"
	RELAYS[relay]=$SPAWNED
	RELAY_PID=$SPAWNED
	wait_for 15 relay_ready relay rtr || die "$what: the relay does not start"
	ask cl10
	expect_eq "$what: it relays" "${A[answers]}" 1
	# Each of these is a line at the level debug, or more.
	pkt cl10 flood eth0 count=1500 rate=3000 >/dev/null
	for n in 1 2 3 4 5; do
		nsip rtr link set vlan20 down
		nsip rtr link set vlan20 up
		ctl reload >/dev/null
	done
	ask cl10
	expect_eq "$what: it goes on" "${A[answers]}" 1
	expect "$what: its account" account
	kill -HUP "$RELAY_PID"
	ask cl20
	expect_eq "$what: it is reloaded" "${A[answers]}" 1
	expect "$what: it ends" stop "$RELAY_PID"
	rmdir "$T/disk"
}

topo_vlans
fake srv1
cat >"$T/relay.conf" <<END
[relay]
control = $CTL
log-level = debug
[interface vlan*]
servers = $SRV1
END
relay_with "full disk" "2>>$T/disk/log"
relay_with "/dev/full" "2>/dev/full"
relay_with "no stderr" "2>&-"
# Longer lines than a pipe holds are left out, or nobody would be served until it is read.
mkfifo "$T/pipe"
sleep 600 <>"$T/pipe" &
PIDS+=($!)
relay_with "a pipe that nobody reads" "2>$T/pipe"
