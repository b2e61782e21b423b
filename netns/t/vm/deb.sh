#!/bin/bash
# deb.sh: the package of `make deb', installed, upgraded, removed and purged in a VM that is
# thrown away. Its daemon leases under its own profile, with the paths that it has there.
# `make check-packages' runs it.
#
# alone: it brings the user pxrelay and a profile

. "$(dirname "$0")/../../topo/topo-vlans.sh"
[ -n "${VMRUN_GUEST:-}" ] || skip "it would install the package on this machine"
need apparmor_parser dpkg
DEB=$(ls -t "$TOP"/build/pxrelay_*.deb 2>/dev/null | head -n 1)
[ -n "$DEB" ] || skip "there is no package (make deb)"
PXRELAYD=/usr/sbin/pxrelayd PXRELAYCTL=/usr/bin/pxrelayctl CTL=/run/pxrelay/control.sock
KERNEL=/sys/kernel/security
mount -t securityfs none $KERNEL

installed()
{
	dpkg "$@" >>"$T/dpkg.log" 2>&1
}

expect "it is installed" installed -i "$DEB"
expect "with a user" getent passwd pxrelay
expect "without a configuration" [ ! -e /etc/pxrelay/pxrelay.conf ]
expect "and enabled" [ -e /etc/systemd/system/multi-user.target.wants/pxrelayd.service ]
# No service manager has loaded the profile at boot.
apparmor_parser -r /etc/apparmor.d/usr.sbin.pxrelayd
expect "the profile is enforced" grep -qx 'pxrelayd (enforce)' $KERNEL/apparmor/profiles

topo_vlans
fake srv1
cat >/etc/pxrelay/pxrelay.conf <<END
[interface vlan*]
servers = $SRV1
END
spawn rtr relay pxrelayd -f
RELAY_PID=$SPAWNED
expect "it relays" wait_for 15 eval 'ctl version >/dev/null 2>&1'
for pid in "$RELAY_PID" $(pgrep -P "$RELAY_PID" -x pxrelay-opener); do
	held+="$(cat /proc/"$pid"/attr/current); "
done
expect_eq "both processes are held" "$held" "pxrelayd (enforce); pxrelayd (enforce); "
ask cl10
expect_eq "a client is served" "${A[answers]}" 1
expect "a reload" ctl reload
expect "an upgrade" installed -i "$DEB"
ask cl10 xid=2
expect_eq "the old program serves meanwhile" "${A[answers]}" 1
stop "$RELAY_PID"
spawn rtr relay pxrelayd -f
expect "the new one relays" wait_for 15 eval 'ctl version >/dev/null 2>&1'
stop "$SPAWNED"
# By the package's profile; apparmor.sh has one of its own, which must deny. The log was
# opened outside the namespaces of `ip netns exec'.
expect_eq "nothing was denied" "$(dmesg | grep 'apparmor="DENIED".*profile="pxrelayd"' |
	grep -v 'disconnected path')" ""

expect "it is removed" installed -r pxrelay
expect "and purged" installed -P pxrelay
expect "the administrator's file stays" [ -s /etc/pxrelay/pxrelay.conf ]
expect_eq "nothing else" "$(find /etc /usr/lib /lib/systemd /usr/sbin /usr/share -xdev \
	-name '*pxrelay*' ! -path '/etc/pxrelay*' 2>/dev/null)" ""
