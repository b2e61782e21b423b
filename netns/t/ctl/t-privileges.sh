#!/bin/bash
# t-privileges.sh: the process that reads packets has no privileges, and everything still
# works: each feature is used once in the sandbox, with the build that is installed. Then
# one of the two processes is killed, then the other, and the daemon is started in other ways.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
need setpriv nft
use_plain
[ -e "$PRELOAD/trespass.so" ] || skip "trespass.so is not built (make asan)"
# Other users may not be able to read the checkout.
install -m 755 "$PXRELAYD" "$PXRELAYCTL" "$T"
PXRELAYD=$T/pxrelayd PXRELAYCTL=$T/pxrelayctl

# The system as the router sees it: with or without a user pxrelay, with a syslog and a
# journal. `ip netns exec' gives each command its own mounts.
PXUID=64711
cat >"$T/installed" <<END
#!/bin/sh
[ "\$1" = nobody ] || for f in passwd group; do
	mount --bind "$T/\$f" /etc/\$f || exit 1
done
shift
mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 &&
	mknod -m 666 /dev/urandom c 1 9 && ln -s "$T/syslog" /dev/log || exit 1
mkdir -p /run/systemd && mount -t tmpfs none /run/systemd &&
	mkdir /run/systemd/journal &&
	ln -s "$T/journal" /run/systemd/journal/socket || exit 1
exec "\$@"
END
chmod +x "$T/installed"
cp /etc/passwd /etc/group "$T"
echo "pxrelay:x:$PXUID:$PXUID::/nonexistent:/usr/sbin/nologin" >>"$T/passwd"
echo "pxrelay:x:$PXUID:" >>"$T/group"

# listen NAME: logs what is written to the socket $T/NAME in NAME.log.
listen()
{
	rm -f "$T/$1"
	spawn rtr "$1" "$PYTHON" -uc '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o666)
while True: print(s.recv(65536).decode(errors="replace").replace("\n", " "))' "$T/$1"
	wait_for 5 test -S "$T/$1"
}

conf()
{
	printf '%s\n' "[relay]" "control = ${CONTROL:-$CTL}" "client-rate = off" \
		"$@" >"$T/relay.conf.new"
	mv "$T/relay.conf.new" "$T/relay.conf"
}

# start WHO COMMAND...: starts the relay without -l, so that the file says where log lines go.
start()
{
	spawn rtr relay "$T/installed" "$@" -c "$T/relay.conf" -p "$T/pid"
	RELAY_PID=$SPAWNED
	RELAYS[relay]=$RELAY_PID
	wait_for 15 eval "ctl version >/dev/null 2>&1" || die "the relay does not start"
	OPENER=$(opener_of "$RELAY_PID")
}

opener_of()
{
	pgrep -P "$1" pxrelay-opener
}

# status PID WORD...: prints these fields of /proc/PID/status.
status()
{
	local pid=$1 w

	shift
	for w in "$@"; do
		sed -n "s/^$w:\t//p" "/proc/$pid/status"
	done | tr -s '\t\n' '  ' | sed 's/ $//'
}

ZERO=0000000000000000

# a_nobody PID UID: the process has that user and no privileges.
a_nobody()
{
	expect_eq "packets are read by uid $2" "$(status "$1" Uid)" "$2 $2 $2 $2"
	expect_eq "in no groups" "$(status "$1" Groups)" ""
	expect_eq "without capabilities" \
		"$(status "$1" CapInh CapPrm CapEff CapAmb)" "$ZERO $ZERO $ZERO $ZERO"
	expect_eq "without new ones, behind a filter" \
		"$(status "$1" NoNewPrivs Seccomp)" "1 2"
}

# hup LINE...: writes a new file and reloads; the relay applies it.
hup()
{
	local n

	n=$(relay_counter reloads)
	conf "$@"
	kill -HUP "$RELAY_PID"
	wait_for 5 eval '[ "$(relay_counter reloads)" -gt '"$n"' ]'
}

# refuses TEXT LINE...: the relay refuses the new file and logs a line with TEXT.
refuses()
{
	local n text=$1

	n=$(relay_counter reloads-refused)
	conf "${@:2}"
	kill -HUP "$RELAY_PID"
	wait_for 5 eval '[ "$(relay_counter reloads-refused)" -gt '"$n"' ]' &&
		[ "$(grep -c "config-mistake.*$text" "$T/relay.log")" = 1 ]
}

served()
{
	ask "$1" && [ "${A[answers]}" = 1 ]
}

# as GROUP: runs pxrelayctl as a member of that group.
as()
{
	setpriv --reuid 64712 --regid 64712 --groups "$1" "$PXRELAYCTL" -s "$CTL" version
}

topo_vlans
nsip cl10 addr add 192.0.2.51/25 dev eth0
fake srv1
fake srv2 answer=none
listen syslog
listen journal

# ---- who ------------------------------------------------------------------

ONE="[interface vlan10]
servers = $SRV1"
conf "$ONE"
start pxrelay "$PXRELAYD" -f
a_nobody "$RELAY_PID" $PXUID
expect_eq "and without a bounding set" "$(status "$RELAY_PID" CapBnd)" $ZERO
expect "which the log says" logged relay "privileges user=pxrelay sandbox=on"
# 3402: DAC_OVERRIDE, NET_BIND_SERVICE, NET_ADMIN, NET_RAW
expect_eq "the opener has four" "$(status "$OPENER" CapInh CapPrm CapEff CapBnd CapAmb)" \
	"$ZERO 0000000000003402 0000000000003402 0000000000003402 $ZERO"
expect_eq "and a filter" "$(status "$OPENER" NoNewPrivs Seccomp)" "1 2"
expect_eq "the pid file has the first process's number" "$(cat "$T/pid")" "$RELAY_PID"
expect "a member of the group may use pxrelayctl" eval "as $PXUID >/dev/null"
expect_not "other users may not" as 64712 2>/dev/null

# ---- everything works -----------------------------------------------------

expect "a client is served" served cl10
add_bridge br30
add_client cl30 30
expect "a reload adds another VLAN" hup "$ONE" "[interface vlan20]" "servers = $SRV1" \
	"[interface vlan3*]" "servers = $SRV1"
expect "is served" served cl20
add_vlan 30
nsip rtr addr add 10.30.0.1/24 dev vlan30
wait_for 5 logged relay interface-ready.*vlan30
expect "an interface that was created later is served" served cl30

srv_forget srv2
nsip rtr route add 192.0.2.99/32 via $UP.77		# no such host
expect "a reload adds servers, probes, helpers, rescue and metrics" hup \
	"metrics = 127.0.0.1:9467" "log-level = debug" \
	"[server one]" "address = $SRV1" "probe = dhcp, icmp, arp, tcp:9" \
	"probe-interval = 1s" \
	"[server two]" "address = $SRV2" "probe = tftp:x, http:/x, pxe, pxe-4011" \
	"probe-interval = 1s" \
	"[server three]" "address = 192.0.2.99" "probe = icmp" "probe-interval = 1s" \
	"[group boots]" "servers = two, three" "mode = failover" "rescue = on" \
	"[helper wake]" "port = 9, 137" "from = vlan10" "to = vlan20" \
	"[interface vlan*]" "dhcp = one" "boot = boots"
ask cl10 vendor=PXEClient:Arch:00000 >/dev/null
expect "the new server is asked" wait_for 5 srv_has srv2 1
expect "probes are answered" wait_for 10 \
	eval '[ "$(relay_counter probe-answers)" -ge 4 ]'
expect "ICMP errors of port 4011 are hidden" eval \
	'ns rtr nft list table ip pxrelay >/dev/null'
expect "metrics" ns rtr "$PYTHON" "$HERE/srv/scrape.py" get 127.0.0.1:9467 \
	>"$T/metrics"
ns cl10 "$PYTHON" - <<'END'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
s.sendto(b"x", ("255.255.255.255", 9))
END
expect "a helped port below 1024" wait_for 5 eval '[ "$(relay_counter helped)" -ge 1 ]'
expect "the neighbour that does not answer is resolved again" \
	wait_for 15 logged relay "server-down.*192.0.2.99"

for c in "show" "show interfaces" "show servers" "show rules" "show clients" \
	"show boots" "show counters" "show drops" "version" \
	"drain one" "enable one" "reload"; do
	expect "pxrelayctl $c" eval "ctl $c >/dev/null"
done
ctl explain 02:00:00:00:10:01 >"$T/explain.out" 2>&1
expect "pxrelayctl explain" test -s "$T/explain.out"
ctl --timeout 20 doctor >"$T/doctor.out" 2>&1
expect "pxrelayctl doctor" test -s "$T/doctor.out"
spawn rtr capture "$PXRELAYCTL" -s "$CTL" capture -w "$T/capture.pcapng"
wait_for 5 logged capture capturing
served cl20
stop "$SPAWNED"
expect "pxrelayctl capture" test "$(stat -c %s "$T/capture.pcapng")" -gt 300
expect "it is still the same process" alive "$RELAY_PID"

# While the relay is stopped, more messages come than its netlink socket holds.
kill -STOP "$RELAY_PID"
for round in add del; do
	for ((i = 2; i < 8000; i++)); do
		echo "addr $round 10.1.$((i / 250)).$((i % 250 + 1))/32 dev vlan20"
	done | nsbatch rtr
done
kill -CONT "$RELAY_PID"
expect "after lost netlink messages, everything is read again" wait_for 10 \
	eval '[ "$(relay_counter netlink-resyncs)" -ge 1 ]'
expect "and clients are served" served cl20

# ---- where log lines go ---------------------------------------------------

expect "log = syslog" hup "log = syslog" "$ONE"
expect "goes there" wait_for 5 logged syslog "pxrelayd.*reloaded"
stop "$(pgrep -f "^$PYTHON -uc.*$T/syslog")"
listen syslog
expect "a reload after syslog was restarted" hup "log = syslog" "$ONE" "[interface vlan20]" \
	"servers = $SRV1"
expect "logs to the new syslog" eval \
	'hup "log = syslog" "$ONE" && wait_for 5 logged syslog "interface-lost"'
expect "log = journal" hup "log = journal" "$ONE" "[interface vlan20]" "servers = $SRV1"
expect "goes there" wait_for 5 logged journal "MESSAGE=reloaded"
stop "$(pgrep -f "^$PYTHON -uc.*$T/journal")"
listen journal
hup "log = journal" "$ONE"
expect "after the journal was restarted, lines go to the new one" \
	wait_for 5 logged journal "MESSAGE=reloaded"
expect "log = stderr" hup "$ONE"

# ---- what a reload cannot change ------------------------------------------

CONTROL=$T/other.sock
CTL_SOCKET=$CTL conf "$ONE"
kill -HUP "$RELAY_PID"
CTL=$T/other.sock
expect "the control socket moves within its directory" \
	wait_for 5 ctl version >/dev/null
CONTROL=/tmp/$ID.sock
expect "but not elsewhere" refuses "control: needs a restart" "$ONE"
CONTROL=$CTL
expect "metrics cannot move to port 80" refuses "below 1024" \
	"metrics = 127.0.0.1:80" "$ONE"
expect "and nothing was changed" served cl10

# ---- one of the processes ends --------------------------------------------

hup "$ONE"
kill -TERM "$OPENER"
expect "SIGTERM does not end the opener" hup "$ONE"
kill -KILL "$OPENER"
expect "the log says that it was killed" wait_for 5 logged relay opener-gone
expect "packets are relayed" served cl10
expect "a reload is refused" refuses "process that opens files is gone" "$ONE"
expect "pxrelayctl works" eval "ctl show >/dev/null"
stop "$RELAY_PID"
rm -f "$CTL" "$T/pid"

start pxrelay "$PXRELAYD" -f
kill -KILL "$RELAY_PID"
expect "when the daemon is killed, the opener ends" wait_for 5 gone "$OPENER"
expect "and removes the control socket" test ! -e "$CTL"
expect "and the pid file" test ! -e "$T/pid"

start pxrelay "$PXRELAYD" -f
stop "$RELAY_PID"
expect "an orderly end also leaves nothing" test ! -e "$CTL" -a ! -e "$T/pid"

# ---- an attacker has taken over a process ------------------------------------

# trespass LINE...: starts a relay, with these lines of [relay], that makes a forbidden
# call. The file of a time zone is there to be read.
echo UTC >"$T/zone"
trespass()
{
	conf "$@" "$ONE"
	ip netns exec "$ID-rtr" "$T/installed" pxrelay env TZ=":$T/zone" \
		LD_PRELOAD="$PRELOAD/trespass.so" "$PXRELAYD" -f -c "$T/relay.conf" \
		>"$T/trespass.txt" 2>&1 </dev/null &
	RELAY_PID=$!
	PIDS+=("$RELAY_PID")
	wait_for 15 eval "ctl version >/dev/null 2>&1"
	OPENER=$(opener_of "$RELAY_PID")
}

trespass
kill -USR1 "$RELAY_PID"
wait "$RELAY_PID"
expect_eq "a forbidden call ends it with status" $? 31
expect_eq "and the log names it" "$(grep seccomp "$T/trespass.txt")" \
	"seccomp-violation call=execve process=packets"
expect "the opener has ended, too" wait_for 5 gone "$OPENER"
trespass
kill -USR1 "$OPENER"
expect "a forbidden call ends the opener as well" wait_for 5 grep -q \
	"^seccomp-violation call=execve process=opener" "$T/trespass.txt"
expect "packets are relayed" served cl10
stop "$RELAY_PID"
rm -f "$CTL"
trespass "log = syslog"
kill -USR1 "$RELAY_PID"
wait "$RELAY_PID"
expect "syslog gets that line, too" wait_for 5 logged syslog \
	"seccomp-violation call=execve process=packets"
stop "$(pgrep -f "^$PYTHON -uc.*$T/syslog")"
mv "$T/syslog.log" "$T/syslog.txt"	# no log of the test may have such a line

# pxrelayd(8), PRIVILEGES, says what is left to an attacker. Files and the relay's own
# directories are apart, so that Landlock can tell them.
mkdir "$T/etc" "$T/run" "$T/alien"
chmod 755 "$T"
: >"$T/alien/file"
chmod 666 "$T/alien/file"
spawn rtr accomplice "$PYTHON" -uc '
import array, errno, os, signal, socket, sys
path = sys.argv[1] + "/accomplice"
a, b = (socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for i in range(2))
a.bind("\0" + path); b.bind(path); os.chmod(path, 0o666)
_, anc, _, _ = b.recvmsg(64, 64)
ring = socket.socket(fileno=array.array("i", anc[0][2][:4])[0])
for name, option in ("detach", 27), ("attach", 26), ("unlock", 44):
    try: ring.setsockopt(socket.SOL_SOCKET, option, b"\0" * 16); print(name, "ok")
    except OSError as e: print(name, errno.errorcode[e.errno])
signal.pause()' "$T/alien"
wait_for 5 test -S "$T/alien/accomplice"
CONTROL=$T/run/ctl.sock CTL_SOCKET=$T/run/ctl.sock
conf "include = conf.d/*.conf" "$ONE"
mkdir "$T/etc/conf.d"
mv "$T/relay.conf" "$T/etc/relay.conf"
ip netns exec "$ID-rtr" "$T/installed" pxrelay env TRESPASS="$T/alien" \
	LD_PRELOAD="$PRELOAD/trespass.so" "$PXRELAYD" -f -c "$T/etc/relay.conf" \
	>"$T/attack.txt" 2>&1 </dev/null &
RELAY_PID=$!
PIDS+=("$RELAY_PID")
wait_for 15 eval "ctl version >/dev/null 2>&1"
OPENER=$(opener_of "$RELAY_PID")

# attack PID: prints what the attacker in this process achieved, but for what its filter of
# system calls refused; that is counted.
attack()
{
	local n

	n=$(grep -c '^attack over' "$T/attack.txt")
	kill -USR2 "$1"
	wait_for 10 eval '[ "$(grep -c "^attack over" "$T/attack.txt")" -gt '"$n"' ]' ||
		echo "it is not over"
	awk -v n="$n" '$1 == "attack" && seen == n { if ($3 == "trapped") t++
		else if ($2 != "over") print $2, $3 } /^attack over/ { seen++ }
		END { print t + 0, "trapped" }' "$T/attack.txt"
}

# Landlock knows abstract sockets from Linux 6.12 on.
abstract=EPERM
[ "$(printf '%s\n' 6.12 "$(uname -r)" | sort -V | head -n 1)" = 6.12 ] || abstract=ok
expect_eq "the process that reads packets can do what relaying needs, and nothing else" \
	"$(attack "$RELAY_PID")" "attach-filter EPERM
abstract-socket $abstract
give-away ok
send-frame ok
connect-tcp ECONNREFUSED
ask-conf ok
ask-udp53 EPERM
ask-tcp80 EPERM
ask-socket EPERM
ask-nonsense EPERM
ask-ring-of-web EPERM
ask-ring ok
39 trapped"
wait_for 5 grep -q unlock "$T/accomplice.log"
expect_eq "a process that nothing confines cannot widen the ring's filter" \
	"$(cat "$T/accomplice.log")" "detach EPERM
attach EPERM
unlock EPERM"
expect_eq "the opener can open sockets, and no file of others" \
	"$(attack "$OPENER" | grep -v socket-sctp)" "open EACCES
unlink EACCES
mkdir EACCES
bind EBADF
listen EBADF
bind-file EACCES
socket-packet ok
socket-raw ok
socket-raw6 ok
socket-netlink ok
attach-filter ok
unlock-filter ok
rx-ring EINVAL
abstract-socket $abstract
give-away ok
send-frame ok
connect-tcp ECONNREFUSED
26 trapped"
expect_eq "nothing was made or removed" "$(find "$T/alien" -type f)" "$T/alien/file"
expect "packets are relayed, after all that" served cl10
printf 'nonsense\n' >"$T/etc/conf.d/new.conf"
expect_eq "a new file in the directory of an include is read" \
	"$(ctl reload 2>&1 | grep -c new.conf:1)" 1
rm "$T/etc/conf.d/new.conf"
stop "$RELAY_PID"
CONTROL= CTL_SOCKET=

# ---- other ways to start --------------------------------------------------

conf "$ONE"
start nobody "$PXRELAYD" -f
a_nobody "$RELAY_PID" 65534
expect "the log says that there is no user pxrelay" logged relay \
	'privileges user=nobody sandbox=on .*note="there is no user pxrelay'
stop "$RELAY_PID"

# As the unit file does it: /proc/sys is read-only. There are more VLANs with boot servers than
# a socket may have memberships.
cat >"$T/unit" <<END
#!/bin/sh
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys || exit 1
exec "\$@"
END
chmod +x "$T/unit"
chmod 777 "$T"
NET=+net_raw,+net_bind_service,+net_admin
BOOTS="[interface vlan*]
boot = $SRV1"
ns rtr sysctl -qw net.ipv4.igmp_max_memberships=1
conf "$BOOTS"
start pxrelay "$T/unit" \
	setpriv --reuid $PXUID --regid $PXUID --clear-groups --no-new-privs \
	--inh-caps=-all,$NET --ambient-caps=-all,$NET --bounding-set=-all,$NET \
	"$PXRELAYD" -f
expect_not "with the unit's settings, each VLAN's multicast group is joined" \
	logged relay group-join-failed
stop "$RELAY_PID"
conf "$ONE"
start pxrelay setpriv --reuid $PXUID --regid $PXUID --clear-groups --no-new-privs \
	--inh-caps=-all,$NET --ambient-caps=-all,$NET --bounding-set=-all,$NET \
	"$PXRELAYD" -f
a_nobody "$RELAY_PID" $PXUID
expect_eq "the opener has the three capabilities that it was given" \
	"$(status "$OPENER" Uid CapPrm)" "$PXUID $PXUID $PXUID $PXUID 0000000000003400"
expect "a client is served" served cl10
expect "a reload adds another server" hup "[interface vlan10]" "servers = $SRV1, $SRV2"
stop "$RELAY_PID"
expect "nothing is left" test ! -e "$CTL" -a ! -e "$T/pid"

# File descriptors that its parent left open, and those that it closed.
echo secret >"$T/left"
chmod 600 "$T/left"
start pxrelay sh -c 'exec "$@" 7<"$0" 8>>"$0" <&- >&-' "$T/left" "$PXRELAYD" -f
expect_eq "an open file of its parent's is closed" \
	"$(find /proc/"$RELAY_PID"/fd /proc/"$OPENER"/fd -lname "$T/left")" ""
expect_eq "stdin and stdout are open" \
	"$(readlink /proc/"$RELAY_PID"/fd/[01] | sort -u)" /dev/null
stop "$RELAY_PID"

if unshare -Ur true 2>/dev/null; then
	chmod 755 "$T"
	start nobody unshare -Urn "$PXRELAYD" -f
	expect_eq "in a user namespace without other users it stays root" \
		"$(status "$RELAY_PID" Uid CapEff CapBnd)" "0 0 0 0 $ZERO $ZERO"
	expect "which the log says" logged relay "privileges user=root sandbox=on"
	stop "$RELAY_PID"
fi

start pxrelay "$PXRELAYD" -f -S
expect_eq "-S keeps all privileges" "$(status "$RELAY_PID" Uid Seccomp)" "0 0 0 0 0"
expect_eq "and needs no opener" "$OPENER" ""
expect "which the log says" logged relay "privileges user=unchanged sandbox=off"
stop "$RELAY_PID"

ns rtr "$T/installed" pxrelay "$PXRELAYD" -c "$T/relay.conf" -p "$T/pid" 2>"$T/background.log"
expect_eq "it goes to the background" $? 0
RELAY_PID=$(cat "$T/pid")
OPENER=$(opener_of "$RELAY_PID")
a_nobody "$RELAY_PID" $PXUID
expect_eq "it keeps no descriptor of the terminal" \
	"$(readlink /proc/{"$RELAY_PID","$OPENER"}/fd/2 | sort -u)" "/dev/null"
expect "a client is served" served cl10
stop "$RELAY_PID"
expect "nothing is left" test ! -e "$CTL" -a ! -e "$T/pid"
