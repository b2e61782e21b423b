#!/bin/bash
# t6-chain.sh: two relays in a row: pxrelayd twice, ISC dhcrelay -6 below pxrelayd (by unicast and
# to ff02::1:2), and above it. A client gets its lease through each pair, from a server that
# records every octet and from dhcpd. Then each pxrelayd is the other's server: a message ends
# when it comes back for the first time.
#
# Quirks of dhcrelay: it sets its own link-address whoever the relay below is, and its address
# is link-local when it sends to a group of the link.

. "$(dirname "$0")/../../topo/topo-chain6.sh"
need_pxrelayd
need dhcrelay dhcpd dhclient tcpdump

# below SERVER: pxrelayd in r1. Each has a relay-id of its own, because the default is one of
# the machine.
below()
{
	start_relay -n r1 -N r1 <<-END
	[relay]
	control = $T/r1.sock
	client-rate = off
	relay-id = hex:00030001020000000001
	[interface vlan10]
	servers = $1
	interface-id = lower
	END
	PAIR+=("$RELAY_PID")
}

above()
{
	start_relay -n r2 -N r2 <<-END
	[relay]
	control = $T/r2.sock
	client-rate = off
	relay-id = hex:00030001020000000002
	[interface down0]
	servers = $SRV1_6
	interface-id = upper
	trust = on
	END
	PAIR+=("$RELAY_PID")
}

# isc NAMESPACE ARGUMENT...
isc()
{
	spawn "$1" "isc-$1" dhcrelay -6 -d --no-pid -I "${@:2}"
	PAIR+=("$SPAWNED")
	wait_for 5 bound "$1" 547 || die "dhcrelay does not start"
}

end_pair()
{
	local p

	for p in "${PAIR[@]}"; do
		stop "$p"
	done
	PAIR=()
}

# fake_lease WHAT PEER: SOLICIT and REQUEST come through, by a relay with that address.
fake_lease()
{
	srv_forget srv1
	ask cl10 settle=20 wait=3 ia=7
	expect_eq "$1: ADVERTISE" "${A[answers]} ${A[type]} ${A[addr]}" \
		"1 advertise 2001:db8:10::77"
	ask cl10 settle=20 wait=3 type=request ia=7,"${A[addr]}" sid="${A[opt2]}"
	expect_eq "$1: REPLY" "${A[answers]} ${A[type]} ${A[addr]}" \
		"1 reply 2001:db8:10::77"
	srv_last srv1
	expect_eq "$1: as the client sent it, each message once" \
		"$(srv_count srv1) ${S[payload]}" "2 ${A[sent]}"
	expect_eq "$1: hop counts" "${S[hop]} ${S[in.hop]}" "1 0"
	expect_eq "$1: peer-addresses" "${S[pa]} ${S[in.pa]}" "$2 $CL10_LL"
	expect_eq "$1: link-address of the client's link" "${S[in.la]}" "$GW10_6"
}

# real_lease WHAT
real_lease()
{
	start_dhclient6 cl10
	got=$(lease_of cl10)
	expect_eq "$1: dhclient has a lease of dhcpd" "${got%::*}" 2001:db8:10
	stop "$CLIENT_PID" KILL
	nsip cl10 addr flush dev eth0 scope global
}

# all_pairs LEASE-FUNCTION: with each, and by each way between them if the server is the fake.
all_pairs()
{
	local of=$1

	below $R2_6
	above
	$of "pxrelayd above pxrelayd" $R1_6
	PAIRED="${S[la]:-} ${S[ropt18]:-} ${S[in.ropt18]:-} ${S[ropt79]:-none} ${S[in.ropt79]:-}"
	if [ $of = fake_lease ]; then
		stop "${PAIR[0]}"
		below $UP6:1
		$of "... whose server is an address beyond the link" $R1_6
		stop "$RELAY_PID"
		below ff02::1:2%up0
		$of "... whose server is ff02::1:2" $R1_6
		stop "$RELAY_PID"
		isc r1 -l vlan10 -u ff02::1:2%up0
		$of "pxrelayd above dhcrelay, by ff02::1:2" "$R1_LL"
	fi
	end_pair
	above
	isc r1 -l vlan10 -u $R2_6%up0
	$of "pxrelayd above dhcrelay" $R1_6
	OUTER=${S[la]:-}
	end_pair
	below $R2_6
	isc r2 -l down0 -u $SRV1_6%up0
	$of "dhcrelay above pxrelayd" $R1_6
	end_pair
}

PAIR=()
topo_chain6
ip6_on cl10			# dhcrelay asks for its neighbour
R1_LL=$(nsip r1 -6 -o addr show dev up0 scope link | awk '{ sub("/.*", "", $4); print $4 }')
quick cl10 srv1
capture link r1 up0 'udp port 547'

fake srv1
FAKE_PID=$SPAWNED
all_pairs fake_lease
expect_eq "pxrelayd above pxrelayd: ::, both Interface-Ids, the MAC from the first" \
	"$PAIRED" ":: $(hexof upper) $(hexof lower) none 0001020000001001"
expect_eq "pxrelayd above dhcrelay: link-address ::" "$OUTER" ::
stop "$FAKE_PID"
NETS6="10 20" start_dhcpd6 srv1 50 59
S=()
all_pairs real_lease

# A loop: each is the other's server.
for n in r1 r2; do
	peer=$R2_6 down=up0
	[ $n = r1 ] || peer=$R1_6 down=down0
	start_relay -n $n -N $n <<-END
	[relay]
	control = $T/$n.sock
	check-source = off
	relay-id = hex:0003000102000000000${n#r}
	[interface vlan10]
	servers = $peer
	[interface $down]
	servers = $peer
	trust = on
	END
done
looped()
{
	[ "$(CTL_SOCKET=$T/r1.sock relay_drop6 loop)" -ge 1 ] ||
		[ "$(CTL_SOCKET=$T/r2.sock relay_drop6 loop)" -ge 1 ]
}
before=$(pcap_count link)
pkt cl10 send eth0 >/dev/null
expect "a loop is noticed" wait_for 3 looped
n=$(($(pcap_settled link) - before))
expect "one message makes $n packets in it" test "$n" -ge 1 -a "$n" -le 4
