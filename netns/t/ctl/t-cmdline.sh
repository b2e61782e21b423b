#!/bin/bash
# t-cmdline.sh: pxrelayd without a configuration file, in the foreground and in the
# background; -n and -nv; what it says about mistakes, and how it ends.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

# The default control socket has a fixed path. `ip netns exec' makes a mount namespace,
# so this run has that path for itself.
inside()
{
	echo 'mkdir -p /run/pxrelay && mount -t tmpfs none /run/pxrelay; exec "$@"'
}

check()
{
	"$PXRELAYD" -n -c "$1" >"$T/check.log" 2>&1
}

topo_vlans
fake srv1
fake srv2

# ---- no file ----
spawn rtr relay sh -c "$(inside)" sh "$PXRELAYD" -f -l stderr -i vlan10 \
	-i vlan20 $SRV1 $SRV2
RELAY_PID=$SPAWNED
served()
{
	ask "$1" wait=0.2
	[ "${A[answers]}" = 2 ]
}
for c in cl10 cl20; do
	expect "$c is served by both servers" wait_for 3 served $c
done
expect "it logs to stderr" test -s "$T/relay.log"
kill -TERM "$RELAY_PID"
wait "$RELAY_PID"
expect_eq "SIGTERM ends it with status" $? 0

# ---- the background ----
cat >"$T/bg.conf" <<END
[relay]
control = $CTL
[interface vlan10]
servers = $SRV1
END
ns rtr "$PXRELAYD" -c "$T/bg.conf" -p "$T/bg.pid" >"$T/bg.log" 2>&1
expect_eq "without -f it goes to the background with status" $? 0
ask cl10
expect_eq "and serves as soon as the command returns" "${A[answers]}" 1
bg=$(cat "$T/bg.pid" 2>/dev/null)
expect "its pid file is right" test "$(tr '\0' ' ' <"/proc/${bg:-x}/cmdline" |
	grep -c pxrelayd)" = 1
expect "it releases the terminal" \
	test "$(readlink /proc/"$bg"/fd/0)" = /dev/null
expect_not "a second daemon refuses to start" \
	ns rtr "$PXRELAYD" -c "$T/bg.conf" -p "$T/bg2.pid" 2>"$T/second.log"
expect "and says why" test -s "$T/second.log"
ask cl10
expect_eq "the first daemon keeps running" "${A[answers]}" 1
expect "it ends" stop "$bg" INT
expect_not "and removes its pid file" test -e "$T/bg.pid"
# The background process has another working directory. If the file is a link, a reload
# reads the file that the link names at that time.
mkdir "$T/old" "$T/new"
cp "$T/bg.conf" "$T/old/relay.conf"
sed "s/$SRV1/$SRV2/" "$T/bg.conf" >"$T/new/relay.conf"
ln -s old/relay.conf "$T/link.conf"
(cd "$T" && ns rtr "$PXRELAYD" -c link.conf -p rel.pid) >"$T/bg.log" 2>&1
bg=$(cat "$T/rel.pid")
ln -sfn new/relay.conf "$T/link.conf"
kill -HUP "$bg"
to_srv2()
{
	srv_forget srv2
	ask cl10 wait=0.2
	srv_has srv2 1
}
expect "a reload reads the file that the link names now" wait_for 3 to_srv2
expect "it ends" stop "$bg"
expect_not "and removes a pid file with a relative name" \
	test -e "$T/rel.pid"

ns rtr "$PXRELAYD" -c "$T/none.conf" 2>"$T/none.log"
expect_eq "without a valid configuration it does not start, with status" $? 78
expect "naming the file" logged none none.conf

# ---- -n and -nv ----
cat >"$T/good.conf" <<END
[relay]
option82 = add
[server a]
address = $SRV1
[group g]
servers = a, $SRV2
[interface vlan*]
dhcp = g
circuit-id = %h:%i
END
expect "-n accepts a valid file" check "$T/good.conf"
expect_not "and prints nothing" test -s "$T/check.log"
expect "-nv prints it" eval '"$PXRELAYD" -nv -c "$T/good.conf" >"$T/c1.conf"'
expect "what it prints is valid" check "$T/c1.conf"
"$PXRELAYD" -nv -c "$T/c1.conf" >"$T/c2.conf"
expect "and prints the same again" cmp "$T/c1.conf" "$T/c2.conf"
expect "-nv of the command line" eval \
	'"$PXRELAYD" -nv -i vlan10 $SRV1 | grep -q "interface vlan10"'

cat >"$T/bad.conf" <<END
[relay]
option82 = sometimes
frobnicate = on
[interface vlan10]
servers = dhcp.example.com
[interface vlan10]
servers = $SRV1
[nonsense]
END
check "$T/bad.conf"
expect_eq "-n refuses a bad file, with status" $? 1
ns rtr "$PXRELAYD" -f -c "$T/bad.conf" 2>"$T/bad.log"
expect_eq "a start with it ends with a status of its own" $? 78
for n in 2 3 5 6 8; do
	expect "and names line $n" grep -q "^$T/bad.conf:$n: " "$T/check.log"
done
{
	cat "$T/good.conf"
	printf 'remote-id = %0300d\n' 0
} >"$T/long.conf"
check "$T/long.conf"
rc=$?
# 300 characters are more than a format string may have, so they are refused. A line that
# was silently cut at 200 would be accepted.
expect "a line of 312 characters is read whole" \
	test "$rc" != 0 -a -n "$(grep "long.conf:10: " "$T/check.log")"
for bad in "-x" "-i" "-i vlan10" "$SRV1" "-i vlan10 dhcp.example.com" \
	"-i vlan10 999.1.1.1"; do
	expect_not "pxrelayd $bad is refused" \
		"$PXRELAYD" -n $bad >"$T/usage.log" 2>&1
done
