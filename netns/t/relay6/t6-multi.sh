#!/bin/bash
# t6-multi.sh: several servers. In mode failover, a client has its ADVERTISE within the hedge time
# if the first server does not exist, is frozen, silent, or has no address. REQUEST, RENEW,
# RELEASE and DECLINE go to the server that they name, and their retry to all; REBIND and CONFIRM
# go to all (RFC 9915 16, 18.2.3, 18.2.5). A SOLICIT with Rapid Commit goes to one server at a
# time, because each that gets it commits a lease (18.2.1).
#
# quiet: it measures time

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

HEDGE=300
XID=0

# in_time WHAT [KEY=VALUE...]: a new client gets an address of its network before it would ask
# again, after 1 s (SOL_TIMEOUT, RFC 9915 7.6); A is the last answer that has one.
in_time()
{
	local what=$1 t0=$EPOCHREALTIME ms

	shift
	ask cl10 settle=5 wait=2 match=lease ia=7 smac="$(new_mac)" "$@"
	ms=$(((${EPOCHREALTIME/./} - ${t0/./}) / 1000))
	expect_eq "$what: an address" "${A[addr]%::*}" 2001:db8:10
	expect "$what: after $ms ms" test $ms -lt $((1000 * PXR_SLOW))
}

new_mac()
{
	printf 02:99:00:00:%02x:%02x $((RANDOM % 256)) $((RANDOM % 256))
}

# went WHAT TYPE FIRST SECOND KEY=VALUE...: cl10 sends this message; srv1 has got it FIRST times
# in all, and srv2 SECOND times.
went()
{
	XID=$((XID + 1))
	again "$@"
}

# again WHAT TYPE FIRST SECOND KEY=VALUE...: cl10 sends the last message once more.
again()
{
	local what=$1 type=$2 first=$3 second=$4 id

	shift 4
	pkt cl10 send eth0 type=$type xid=$XID "$@" >/dev/null
	mark
	id=$(printf '%02x%06x' $(number $type) $XID)
	expect_eq "$what" "$(srv_count srv1 "$id") $(srv_count srv2 "$id")" "$first $second"
}

number()
{
	case $1 in
	solicit) echo 1 ;;
	request) echo 3 ;;
	confirm) echo 4 ;;
	renew) echo 5 ;;
	rebind) echo 6 ;;
	release) echo 8 ;;
	decline) echo 9 ;;
	*) echo "$1" ;;
	esac
}

# mark: a REBIND of another client goes to all servers; when it is there, what was sent before
# is there, too.
mark()
{
	MARK=$((MARK + 1))
	pkt cl20 send eth0 type=rebind xid=$((0x900000 + MARK)) >/dev/null
	wait_for 3 srv_has srv1 1 "$(printf 069%05x $MARK)" &&
		wait_for 3 srv_has srv2 1 "$(printf 069%05x $MARK)" || die "no mark"
}

group()
{
	reload_relay <<-END
	[relay]
	control = $CTL
	client-rate = off
	log-level = debug
	[group one]
	servers = $1
	mode = failover
	hedge = ${HEDGE}ms
	[interface vlan10]
	dhcp = one
	[interface vlan20]
	servers = $SRV1_6, $SRV2_6
	END
	RELOADS=$((RELOADS + 1))
	wait_for 3 eval '[ "$(relay_counter reloads)" = $RELOADS ]' || die "no reload"
}

topo_vlans6
fake srv1
FAKE1=$SPAWNED
fake srv2
quick cl10 cl20 srv1 srv2
RELOADS=0 MARK=0
start_relay <<END
[relay]
control = $CTL
client-rate = off
[interface vlan10]
servers = $SRV1_6, $SRV2_6
END
ask cl10 ia=7 settle=100
expect_eq "servers = gives both ADVERTISEs" "${A[answers]}" 2

# ---- failover ----
group "$UP6:98, $SRV1_6"
in_time "the first server does not exist"
group "$SRV1_6, $SRV2_6"
in_time "the first is there"
expect_eq "... and answers itself" "${A[opt2]}" 00020000000900000010
kill -STOP $FAKE1
in_time "the first is frozen"
expect_eq "... the second answers" "${A[opt2]}" 00020000000900000011
kill -CONT $FAKE1
group "$SRV1_6, $SRV2_6"
knobs srv1 status=2
in_time "the first has no address"
expect_eq "... the second answers" "${A[opt2]}" 00020000000900000011
knobs srv1 answer=none
HEDGE=900
group "$SRV1_6, $SRV2_6"
XID=77
mac=$(new_mac)
pkt cl10 send eth0 ia=7 xid=77 smac="$mac" >/dev/null
t0=$EPOCHREALTIME
ask cl10 settle=5 ia=7 xid=77 smac="$mac"
ms=$(((${EPOCHREALTIME/./} - ${t0/./}) / 1000))
expect_eq "a retry: the second answers" "${A[opt2]}" 00020000000900000011
expect "... without waiting for the hedge: $ms ms" test $ms -lt $((HEDGE - 100))

# ---- the server that a message names ----
knobs srv1 answer=none
knobs srv2 answer=none
S1=sid=00020000000900000010 S2=sid=00020000000900000011
for t in request renew release decline; do
	went "$t that names srv2: srv2 alone" $t 0 1 $S2
	again "... its retry: both" $t 1 2 $S2
done
went "request that names srv1: srv1 alone" request 1 0 $S1
went "renew that names a server never heard of: both" renew 1 1 sid=0003000199
went "rebind: both" rebind 1 1
went "confirm: both" confirm 1 1
went "release without a server-id: both" release 1 1
went "ADDR-REG-INFORM: both" 36 1 1
went "an unknown type: both" 99 1 1

# ---- Rapid Commit ----
reload_relay <<END
[relay]
control = $CTL
client-rate = off
[group both]
servers = $SRV1_6, $SRV2_6
mode = all
hedge = 2s
[interface vlan10]
dhcp = both
[interface vlan20]
servers = $SRV1_6, $SRV2_6
END
RELOADS=$((RELOADS + 1))
wait_for 3 eval '[ "$(relay_counter reloads)" = $RELOADS ]'
went "SOLICIT in mode all: both" solicit 1 1
went "SOLICIT with Rapid Commit: one" solicit 1 0 rapid=1
again "... its retry: the other as well" solicit 1 1 rapid=1
