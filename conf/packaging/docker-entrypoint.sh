#!/bin/sh
# Runs pxrelayd with /etc/pxrelay/pxrelay.conf. Without that file, what containers of dhcrelay
# take becomes the configuration: dhcrelay's own arguments (-id eth1 -iu eth0 192.0.2.10), or
# SERVERS, INTERFACES and OPTIONS of Debian's /etc/default/isc-dhcp-relay.
set -e
conf=${PXRELAY_CONF:-/etc/pxrelay/pxrelay.conf}

if [ ! -e "$conf" ]; then
	conf=${RUN_DIR:-/run/pxrelay}/dhcrelay.conf
	if [ $# -gt 0 ]; then
		echo "dhcrelay $*"
	else
		printf '%s="%s"\n' SERVERS "$SERVERS" INTERFACES "$INTERFACES" OPTIONS "$OPTIONS"
	fi | pxrelayctl import dhcrelay - > "$conf"
	set --
fi
exec pxrelayd -f -l stderr -c "$conf" "$@"
