#!/bin/bash
# t6-4000-links.sh: 4,000 client links. With the optmem_max of kernels before 6.7, which allows
# a socket some 500 memberships, ff02::1:2 is joined on all of them. A SOLICIT on the first
# link and on the last one is relayed, and the answer comes back.
#
# Those two are veth pairs, and up; the others are macvlans that are not, because the kernel
# takes minutes to bring up 4,000 links with IPv6.
#
# set: all
# alone: it makes 4,000 interfaces

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

N=4000
LAST=$((N - 1))

link6()
{
	printf '2001:db8:%x::1' $((0x1000 + $1))
}

# plug N: makes a veth pair, linkN in rtr and eN in many.
plug()
{
	link_cable rtr link$1 many e$1
	nsip many link set e$1 up
	nsbatch rtr <<-END
	link set link$1 up
	addr add 10.$(($1 / 250)).$(($1 % 250)).1/24 dev link$1
	addr add $(link6 $1)/64 dev link$1 nodad
	END
}

# members_are N
members_are()
{
	[ "$(ns rtr grep -c ff020000000000000000000000010002 /proc/net/igmp6)" = "$1" ]
}

# answered IFACE: a client there gets an ADVERTISE with an address of its link.
answered()
{
	load A < <(pkt many ask "$1" ia=1)
	[ "${A[type]} ${A[addr]}" = "advertise $(link6 "${1#e}" | sed 's/1$/77/')" ]
}

topo_vlans6
ns rtr sysctl -qw net.core.optmem_max=20480 2>/dev/null
new_ns many
nsip rtr link add base type veth peer name base1
plug 0
for ((i = 1; i < LAST; i++)); do
	echo "link add link base name link$i type macvlan"
done | nsbatch rtr
plug $LAST
fake srv1
spawn many probe "$PYTHON" "$HERE/srv/pkt6.py" probe e$LAST every=5
wait_for 5 logged probe probing || die "no probes"

cat >"$T/relay.conf" <<END
[relay]
control = $CTL
[interface link*]
servers = $SRV1, $SRV1_6
END
t0=$EPOCHREALTIME
start_relay -r "$T/relay.conf"
ms=$("$PYTHON" "$HERE/srv/pkt6.py" after "$T/srv1.jsonl" "$t0" 60 "$(link6 $LAST)")
expect "the first SOLICIT on the last of $N links is relayed after $ms ms" test "$ms" != none
expect "ff02::1:2 is joined on $N links" wait_for 5 members_are $N
expect "a SOLICIT on the first link is answered" answered e0
expect "a SOLICIT on the last link is answered" answered e$LAST
expect_not "no join failed" logged relay group-join-failed
say "$(ls /proc/"$RELAY_PID"/fd | wc -l) descriptors, resident:" \
	"$(sed -n 's/^VmRSS:[^0-9]*//p' /proc/"$RELAY_PID"/status)"
