#!/bin/bash
# WDS lets a machine wait for approval and then refers it (option 250) to a server that
# is not configured in the relay. All of that is unicast on port 4011: the router routes
# it, and the relay neither takes nor repeats nor changes it.
#
# set: all

. "$(dirname "$0")/../../lib/boot-lib.sh"

boot_bed
boot_server wds-1 21 bios
boot_server wds-9 99 bios
start_bootd wds-1 21 --file 0=first --pending 1 --referral $UP.99
start_bootd wds-9 99 --file '0=boot\x64\wdsnbp.com'
start_boot_relay "$CONF/dhcp-and-wds-two-hosts.conf"

nsip cl10 addr add 192.0.2.51/25 dev eth0
nsip cl10 route add default via $GW10
ns cl10 "$PYTHON" "$SRV/wdsnbp.py" 192.0.2.51 02:00:00:00:10:01 $UP.21 |
	tee "$T/wdsnbp.log"
expect_eq "wait, then referral, then the other server's file" \
	"$(cut -d' ' -f1,2 "$T/wdsnbp.log" | tr '\n' ' ')" \
	"$UP.21 pending $UP.21 referral $UP.99 boot "
expect_replies 6
for s in wds-1=2 wds-9=1; do
	expect_eq "${s%=*} was asked that often" \
		"$(grep -c '"dir": "in"' "$T/${s%=*}.jsonl")" "${s#*=}"
done
