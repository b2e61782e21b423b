#!/bin/bash
# t6-chain.sh: two relays in a row: pxrelayd twice, ISC dhcrelay -6 below pxrelayd, and above
# it. A client gets its lease through each pair. Then each pxrelayd is the other's server: a
# message ends when it comes back for the first time.

. "$(dirname "$0")/../../topo/topo-chain6.sh"
need_pxrelayd
need dhcrelay tcpdump

# below: pxrelayd in r1, whose server is r2. Each has a relay-id of its own, because the default
# is one of the machine.
below()
{
	start_relay -n r1 -N r1 <<-END
	[relay]
	control = $T/r1.sock
	client-rate = off
	check-source = off
	relay-id = hex:00030001020000000001
	[interface vlan10]
	servers = $R2_6
	interface-id = lower
	END
	BELOW=$RELAY_PID
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
	ABOVE=$RELAY_PID
}

isc()
{
	spawn "$1" "isc-$1" dhcrelay -6 -d --no-pid -I "${@:2}"
	ISC=$SPAWNED
	wait_for 5 bound "$1" 547 || die "dhcrelay does not start"
}

# lease WHAT: SOLICIT and REQUEST come through.
lease()
{
	srv_forget srv1
	ask cl10 settle=20 wait=3 ia=7
	expect_eq "$1: ADVERTISE" "${A[answers]} ${A[type]} ${A[addr]}" \
		"1 advertise 2001:db8:10::77"
	ask cl10 settle=20 wait=3 type=request ia=7,"${A[addr]}" sid="${A[opt2]}"
	expect_eq "$1: REPLY" "${A[answers]} ${A[type]} ${A[addr]}" \
		"1 reply 2001:db8:10::77"
	srv_last srv1
	expect_eq "$1: hop counts" "${S[hop]} ${S[in.hop]}" "1 0"
	expect_eq "$1: peer-addresses" "${S[pa]} ${S[in.pa]}" "$R1_6 $CL10_LL"
	expect_eq "$1: link-address of the client's link" "${S[in.la]}" "$GW10_6"
	expect_eq "$1: each message once" "$(srv_count srv1)" 2
}

topo_chain6
ip6_on cl10			# dhcrelay asks for its neighbour
fake srv1
quick cl10 srv1
capture link r1 up0 'udp port 547'

below
above
lease "pxrelayd above pxrelayd"
expect_eq "link-address :: outside" "${S[la]}" ::
expect_eq "Interface-Ids" "${S[ropt18]} ${S[in.ropt18]}" "$(hexof upper) $(hexof lower)"
expect_eq "the MAC only from the first" "${S[ropt79]:-none} ${S[in.ropt79]}" \
	"none 0001020000001001"

stop "$BELOW"
isc r1 -l vlan10 -u $R2_6%up0
lease "pxrelayd above dhcrelay"
expect_eq "link-address :: outside" "${S[la]}" ::
stop "$ISC"

stop "$ABOVE"
below
isc r2 -l down0 -u $SRV1_6%up0
lease "dhcrelay above pxrelayd"
stop "$ISC"
stop "$BELOW"

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
	[ "$(CTL_SOCKET=$T/r1.sock relay_drop loop)" -ge 1 ] ||
		[ "$(CTL_SOCKET=$T/r2.sock relay_drop loop)" -ge 1 ]
}
before=$(pcap_count link)
pkt cl10 send eth0 >/dev/null
expect "a loop is noticed" wait_for 3 looped
n=$(($(pcap_settled link) - before))
expect "one message makes $n packets in it" test "$n" -ge 1 -a "$n" -le 4
