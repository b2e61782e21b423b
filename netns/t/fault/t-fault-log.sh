#!/bin/bash
# t-fault-log.sh: the log cannot be written, because the disk is full, stderr is closed, nothing
# reads the pipe or the terminal, or syslogd or the journal hangs. The relay still relays,
# reloads and ends cleanly.
#
# set: all

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# relay_with WHAT REDIRECTION [LOG]: starts the relay by a shell, with stderr redirected.
relay_with()
{
	local what=$1 n

	spawn rtr "relay" sh -c "mkdir $T/disk && mount -t tmpfs -o size=16k none $T/disk
		head -c 100000 /dev/zero >$T/disk/fill 2>/dev/null
		if [ ${3:-stderr} != stderr ]; then
			mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 &&
				mknod -m 666 /dev/urandom c 1 9 && ln -s $T/mute /dev/log || exit 1
			mkdir -p /run/systemd && mount -t tmpfs none /run/systemd &&
				mkdir /run/systemd/journal &&
				ln -s $T/mute /run/systemd/journal/socket || exit 1
		fi
		exec \"\$@\" $2" sh "$PXRELAYD" -f -l "${3:-stderr}" -c "$T/relay.conf"
	RELAYS[relay]=$SPAWNED
	RELAY_PID=$SPAWNED
	wait_for 15 relay_ready relay rtr || die "$what: the relay does not start"
	ask cl10
	expect_eq "$what: it relays" "${A[answers]}" 1
	# Each of these causes at least one line at level debug.
	pkt cl10 flood eth0 count=1500 rate=3000 >/dev/null
	for n in 1 2 3 4 5; do
		nsip rtr link set vlan20 down
		nsip rtr link set vlan20 up
		ctl reload >/dev/null
	done
	ask cl10
	expect_eq "$what: it goes on" "${A[answers]}" 1
	expect "$what: every packet is accounted for" account
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
# Lines that do not fit into the pipe are left out; otherwise no client would be served until
# the pipe is read.
mkfifo "$T/pipe"
sleep 600 <>"$T/pipe" &
PIDS+=($!)
relay_with "a pipe that nobody reads" "2>$T/pipe"
# The socket of a log daemon that is stopped gets full.
spawn rtr mute "$PYTHON" -uc '
import os, pty, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
print(os.ttyname(pty.openpty()[1]))
time.sleep(1000)' "$T/mute"
wait_for 5 logged mute pts
relay_with "a terminal that nobody reads" "2>$(cat "$T/mute.log")"
relay_with "a syslogd that is stopped" "2>/dev/null" syslog
relay_with "a journal that is stopped" "2>/dev/null" journal
