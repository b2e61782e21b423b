#!/bin/bash
# t-storm.sh: 2,000 machines boot while one server after another fails in every way that
# servers fail. All machines boot.
#
# VLAN 10 has three boot servers in mode failover, VLAN 20 the same three in mode balance.
# Two DHCP servers are in mode failover. The boot server that fails is always the one that
# the failover group is using; in balance it has a third of the machines. srv/storm.py plays
# the machines with the timers of iPXE; the servers are fake. The table at the end says what
# a failure costs: a machine with a retry had to send a message again.
#
# set: all
# alone: it takes the whole machine

. "$(dirname "$0")/../../topo/topo-vlans.sh"
. "$HERE/lib/storm-lib.sh"
need_pxrelayd
need nft

CLIENTS=2000
STORM_SECONDS=22

cut_off()
{
	ns "$1" nft -f - <<-END
	table ip cut {
		chain in {
			type filter hook input priority 0;
			udp dport 67 $2
		}
	}
	END
}

fail_dropped()	{ cut_off "$1" drop; }
heal_dropped()	{ ns "$1" nft delete table ip cut; }
fail_rejected()	{ cut_off "$1" "reject with icmp type host-unreachable"; }
heal_rejected()	{ heal_dropped "$1"; }
fail_unplugged() { nsip sw link set "$1" down; }
heal_unplugged() { nsip sw link set "$1" up; }

topo_vlans
storm_servers
plug_storm
storm_conf >"$T/storm.conf"
start_relay "$T/storm.conf"

start_storm $CLIENTS $STORM_SECONDS
until_more 150
for how in killed frozen dropped rejected unplugged; do
	fault $how
done
fault killed srv1
end_storm $CLIENTS 5
# If machines retry although all servers are alive, this host is too busy to judge this.
[ "$(again FIRST)" != 0 ] ||
	expect_eq "none needed a third message of a kind" \
		"$(awk '/^end/ && ($7 > 2 || $8 > 2)' "$STORY" | wc -l)" 0
for how in killed frozen dropped rejected unplugged; do
	expect "machines had to wait for a boot server that was $how" \
		kept_waiting $how boot
done
