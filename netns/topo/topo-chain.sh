# topo-chain.sh: two routers in a row, for two relays in a chain.
#
#  ┌───────────┐    ┌─────────────────┐    ┌─────────────────┐    ┌───────────┐
#  │ cl10 eth0 ├────┤ vlan10  r1  up0 ├────┤ down0   r2  up0 ├────┤ eth0 srv1 │
#  └───────────┘    └─────────────────┘    └─────────────────┘    └───────────┘
#        192.0.2.0/25          203.0.113.0/24         198.51.100.0/24
#                  .1          .1          .2, .3     .1             .10
#
# There are only cables, no switch. The MAC addresses are those of topo-vlans.sh.

. "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"

SRV1=198.51.100.10
GW10=192.0.2.1
R1=203.0.113.1
R2=203.0.113.2
R2B=203.0.113.3

topo_chain()
{
	local r

	new_ns cl10 r1 r2 srv1
	link_cable cl10 eth0 r1 vlan10 02:00:00:00:10:01 02:00:00:01:00:10
	link_cable r1 up0 r2 down0
	link_cable r2 up0 srv1 eth0
	nsip cl10 link set eth0 up
	for r in r1 r2; do
		ns $r sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0
	done
	nsbatch r1 <<-END
	link set vlan10 up
	link set up0 up
	addr add $GW10/25 dev vlan10
	addr add $R1/24 dev up0
	route add default via $R2
	END
	nsbatch r2 <<-END
	link set down0 up
	link set up0 up
	addr add $R2/24 dev down0
	addr add $R2B/24 dev down0
	addr add 198.51.100.1/24 dev up0
	route add 192.0.2.0/25 via $R1
	END
	nsbatch srv1 <<-END
	link set eth0 up
	addr add $SRV1/24 dev eth0
	route add default via 198.51.100.1
	END
}
