#!/bin/bash
# apparmor.sh: the packages' AppArmor profile in force. It holds both processes, keeps them
# from other files, and denies nothing that t-privileges.sh needs, which uses each feature
# once. `make check-packages' runs it, in a VM where the kernel has no AppArmor.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
need apparmor_parser
use_plain
KERNEL=/sys/kernel/security
[ -e $KERNEL/apparmor ] || mount -t securityfs none $KERNEL 2>/dev/null
[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] ||
	skip "this kernel has no AppArmor"

# The profile is for the copies that this test and t-privileges.sh start, in /tmp, where
# their files are too; the latter preloads a library. Logs that were opened outside the
# namespaces of `ip netns exec' have disconnected paths.
COPY='/tmp/pxr-*.*/pxrelayd'
sed -e "s|/usr/sbin/pxrelayd|$COPY|" \
	-e "s|^profile pxrelayd \(.*\) {|profile $ID \1 flags=(attach_disconnected) {|" \
	-e "s|include if exists.*|/tmp/pxr-*.*/** rw,\n  $PRELOAD/trespass.so mr,|" \
	"$TOP/conf/packaging/apparmor.profile" >"$T/profile"
apparmor_parser -r "$T/profile" || die "the profile is not accepted"
unload()
{
	apparmor_parser -R "$T/profile"
	cleanup
}
trap unload EXIT
install -m 755 "$PXRELAYD" "$T"
PXRELAYD=$T/pxrelayd

conf()
{
	printf '%s\n' "[relay]" "control = $CTL" "[interface vlan*]" "servers = $SRV1"
}

topo_vlans
fake srv1
start_relay < <(conf)
for pid in "$RELAY_PID" $(pgrep -P "$RELAY_PID" -x pxrelay-opener); do
	held+="$(cat /proc/"$pid"/attr/current); "
done
expect_eq "both processes are held" "$held" "$ID (enforce); $ID (enforce); "
ask cl10
expect_eq "a client is served" "${A[answers]}" 1

cp "$T/relay.conf" /var/tmp/"$ID.conf"
expect_eq "no other file can be read" \
	"$("$PXRELAYD" -n -c /var/tmp/"$ID.conf" 2>&1 | grep -c 'Permission denied')" 1
rm /var/tmp/"$ID.conf"

denied()
{
	dmesg | grep 'apparmor="DENIED"' | grep "profile=\"$ID\"" | grep -v "$ID.conf"
}
"$HERE/t/ctl/t-privileges.sh" >"$T/privileges.log" 2>&1
rc=$?
grep FAIL "$T/privileges.log"
expect_eq "t-privileges.sh" $rc 0
expect_eq "and nothing that it needs is denied" "$(denied)" ""
