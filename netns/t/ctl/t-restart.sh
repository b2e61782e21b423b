#!/bin/bash
# t-restart.sh: an upgrade restarts the relay as a package's scripts do: SIGTERM to both
# processes, and as soon as they have ended, the new program. Requests are away for at most
# 200 ms.
#
# alone: it measures milliseconds, and a start waits for the lock on interfaces, which all
# namespaces share

. "$(dirname "$0")/../../topo/topo-vlans.sh"
use_plain

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	[interface vlan*]
	servers = $SRV1
	END
}

# longest: prints the longest time in ms between two requests that srv1 got.
longest()
{
	"$PYTHON" - "$T/srv1.jsonl" <<-'END'
	import json, sys
	t = [json.loads(line)["t"] for line in open(sys.argv[1])]
	print(round(max(b - a for a, b in zip(t, t[1:])) * 1000))
	END
}

opener()
{
	pgrep -P "$1" -x pxrelay-opener
}

restart()
{
	local opener

	opener=$(opener "$RELAY_PID")
	kill "$RELAY_PID" $opener
	wait "$RELAY_PID"
	while alive "$opener"; do :; done
	start_relay -r "$T/relay.conf"
}

topo_vlans
fake srv1
start_relay < <(conf)
start_probe cl10
wait_for 5 srv_has srv1 20
usual=$(longest)
for i in 1 2 3; do
	srv_forget srv1
	wait_for 5 srv_has srv1 5
	restart
	wait_for 5 srv_has srv1 100
	ms=$(longest)
	expect "restart $i: away for $ms ms, usually $usual ms" \
		[ "$ms" -le $((200 * PXR_SLOW)) ]
done
