# AppArmor profile of pxrelayd: of both processes, the one that reads packets and the opener,
# which are one program. It is a second fence behind those that the daemon puts up itself
# (pxrelayd(8), PRIVILEGES): a process that was taken over before its filter stands, or
# through a hole in it, reaches no other file and starts no program.
#
# Files in other places (-c, include, control, -p) belong in
# /etc/apparmor.d/local/usr.sbin.pxrelayd:
#
#   /srv/relay/** r,
abi <abi/3.0>,

include <tunables/global>

profile pxrelayd /usr/sbin/pxrelayd {
  include <abstractions/base>

  capability net_admin,
  capability net_bind_service,
  capability net_raw,
  # Only where it is started as root, to become the user pxrelay.
  capability chown,
  capability dac_override,
  capability setgid,
  capability setpcap,
  capability setuid,

  network inet dgram,
  network inet raw,
  network inet stream,
  network inet6 dgram,
  network inet6 raw,
  network inet6 stream,
  network netlink raw,
  network packet dgram,
  network packet raw,
  network unix dgram,
  network unix seqpacket,
  network unix stream,

  /usr/sbin/pxrelayd mr,

  /etc/group r,
  /etc/machine-id r,
  /etc/passwd r,
  /etc/pxrelay/ r,
  /etc/pxrelay/** r,

  # Who holds the lock of this network namespace.
  @{PROC}/ r,
  @{PROC}/@{pid}/status r,
  ptrace (read),

  @{run}/pxrelay/ rw,
  @{run}/pxrelay/** rw,
  @{run}/pxrelayd.pid rw,
  @{run}/systemd/notify w,

  include if exists <local/usr.sbin.pxrelayd>
}
