# topo-chain6.sh: topo-chain.sh with IPv6 as well.
#
#   cl10 ── vlan10 r1 up0 ──── down0 r2 up0 ──── eth0 srv1
#   2001:db8:10::/64     2001:db8:20::/64    2001:db8:ffff::/64
#                ::1     ::1      ::2        ::1           ::10

. "$(dirname "${BASH_SOURCE[0]}")/topo-chain.sh"
. "$HERE/lib/lib6.sh"

UP6=2001:db8:ffff:
SRV1_6=$UP6:10
GW10_6=2001:db8:10::1
R1_6=2001:db8:20::1
R2_6=2001:db8:20::2
CL10_LL=fe80::ff:fe00:1001

topo_chain6()
{
	local n

	topo_chain
	for n in r1 r2 srv1; do
		ip6_on $n
		ns $n sysctl -qw net.ipv6.conf.all.forwarding=1
	done
	nsbatch r1 <<-END
	addr add $GW10_6/64 dev vlan10 nodad
	addr add $R1_6/64 dev up0 nodad
	route add default via $R2_6
	END
	nsbatch r2 <<-END
	addr add $R2_6/64 dev down0 nodad
	addr add $UP6:1/64 dev up0 nodad
	route add 2001:db8:10::/64 via $R1_6
	END
	nsbatch srv1 <<-END
	addr add $SRV1_6/64 dev eth0 nodad
	route add default via $UP6:1
	END
}
