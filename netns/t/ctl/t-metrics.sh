#!/bin/bash
# t-metrics.sh: metrics are scraped by hand, by a real Prometheus with
# conf/monitoring/alerts.yml, and over a Unix socket after a reload. The numbers match what
# was sent, even if the name of an interface has special characters. Idle connections do not
# keep others out.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd
need prometheus promtool

AT=127.0.0.1:9467
DEAD=$UP.99
SCRAPE="$HERE/srv/scrape.py"

conf()
{
	cat <<-END
	[relay]
	control = $CTL
	metrics = $1
	[server live]
	address = $SRV1
	[server six]
	address = 2001:db8::1
	[server dead]
	address = $DEAD
	probe = arp
	probe-interval = 1s
	fall = 2
	[interface v*]
	dhcp = live, six
	boot = dead
	[rule bios]
	arch = bios
	boot = dead
	END
}

# scrape [WHERE]: writes the metrics to $T/metrics. A document is at most 250 ms old.
scrape()
{
	ns rtr "$PYTHON" "$SCRAPE" get "${1:-$AT}" >"$T/metrics" 2>>"$T/scrape.log"
}

value()
{
	"$PYTHON" "$SCRAPE" value "$T/metrics" "$@"
}

# is VALUE NAME [LABEL=VALUE]...: this metric has that value in a new document.
is()
{
	scrape && [ "$(value "${@:2}")" = "$1" ]
}

# prom QUERY: prints the value of the first series that Prometheus finds.
prom()
{
	ns rtr promtool query instant http://127.0.0.1:9090 "$1" 2>/dev/null |
		sed -n 's/.*=> \([^ ]*\) .*/\1/p' | head -n 1
}

prom_is()
{
	[ "$(prom "$2")" = "$1" ]
}

# uses FILE: the relay has every metric that the file names.
uses()
{
	local name bad=0

	for name in $("$PYTHON" "$SCRAPE" names "$1"); do
		grep -q "^# TYPE ${name%_bucket} " "$T/metrics" && continue
		echo "$1: there is no $name"
		bad=1
	done
	return $bad
}

topo_vlans
fake srv1 delay=20
nsip rtr link add 'v"\e' type veth peer name x0
start_relay < <(conf $AT)

# ---- by hand --------------------------------------------------------------

expect "a scrape" scrape
expect_eq "an interface with quotes and backslashes in its name" \
	"$(value pxrelay_interface_ready 'interface=v\"\\e')" 0
expect_eq "drop counters exist before the first drop" \
	"$(value pxrelay_drops_total direction=requests reason=hops)" 0
ask cl10 msgtype=discover
expect_eq "a client is served" "${A[answers]}" 1
pkt cl10 send eth0 msgtype=discover hops=17 >/dev/null
expect "its request was counted" \
	wait_for 3 is 1 pxrelay_interface_relayed_total interface=vlan10
expect "the request with 17 hops was dropped" \
	wait_for 3 is 1 pxrelay_drops_total direction=requests reason=hops
expect_eq "requests" "$(value pxrelay_requests_total family=dhcp4)" 2
expect_eq "none of DHCPv6" "$(value pxrelay_requests_total family=dhcp6)" 0
expect_eq "DHCPv6 has no address here" "$(value pxrelay_interface_state \
	interface=vlan10 family=dhcp6 state=no-address)" 1
expect_eq "the relay's own counters have no family" "$(value pxrelay_reloads_total)" 0
expect_eq "a server with an IPv6 address" \
	"$(value pxrelay_server_up server=six address=2001:db8::1)" 0
expect_eq "by class and message" "$(value pxrelay_interface_messages_total \
	interface=vlan10 class=dhcp message=discover)" 1
expect_eq "the offer" "$(value pxrelay_interface_messages_total \
	interface=vlan10 class=dhcp message=offer)" 1
expect_eq "of its server" "$(value pxrelay_server_offers_total server=live)" 1
expect_eq "took more than 10 ms" "$(value pxrelay_server_answer_seconds_bucket \
	server=live le=0.01)" 0
expect_eq "and was timed" "$(value pxrelay_server_answer_seconds_bucket \
	server=live le=+Inf)" 1
expect_eq "no rule matched" "$(value pxrelay_rule_hits_total rule=bios)" 0
expect "the dead server is down" \
	wait_for 10 is 0 pxrelay_server_up server=dead address=$DEAD
expect_eq "for that reason" "$(value pxrelay_server_state server=dead \
	state=down diag=arp-timeout)" 1
ctl drain live >/dev/null
expect "drained: not usable" wait_for 3 is 0 pxrelay_server_usable server=live
expect_eq "but up" "$(value pxrelay_server_up server=live)" 1
ctl enable live >/dev/null

# A machine that gets no boot file starts again: its first boot has failed. Clients that do
# not boot are not counted.
UEFI=(flags=0x8000 chaddr=02:00:5e:77:00:07 "opt=60:'PXEClient:Arch:00007:UNDI:003016" opt=93:0007)
expect_eq "no boot yet" "$(value pxrelay_boots_started_total)" none
ask cl10 type=discover xid=70 "${UEFI[@]}"
expect "a boot begins" wait_for 3 is 1 pxrelay_boots_started_total arch=uefi-x64
expect_eq "and is in progress" "$(value pxrelay_boots_going_on arch=uefi-x64)" 1
expect_eq "failure counters exist before the first failure" "$(value pxrelay_boots_failed_total \
	arch=uefi-x64 diagnosis=no-offer)" 0
ask cl10 type=request xid=70 "${UEFI[@]}" "opt=54:$(printf %02x ${SRV1//./ })"
expect_eq "it has an address" "${A[type]}" ack
ask cl10 type=discover xid=71 "${UEFI[@]}"
expect "it starts again" wait_for 3 is 2 pxrelay_boots_started_total arch=uefi-x64
expect_eq "the first one failed" "$(value pxrelay_boots_failed_total)" 1
expect_eq "for that reason" "$(value pxrelay_boots_failed_total arch=uefi-x64 \
	diagnosis=boot-server-dead)" 1
expect "and was logged" logged relay \
	'^boot-failed mac=02:00:5e:77:00:07 arch=uefi-x64 verdict=boot-server-dead interface=vlan10'
expect_eq "no boots of another kind" "$(value pxrelay_boots_started_total)" 2
expect "promtool finds no fault" promtool check metrics <"$T/metrics"

# ---- alert rules and dashboard --------------------------------------------

expect "alert rules: promtool finds no fault" \
	promtool check rules "$TOP/conf/monitoring/alerts.yml"
expect "alert rules use metrics that exist" uses "$TOP/conf/monitoring/alerts.yml"
expect "the dashboard is JSON" \
	"$PYTHON" -m json.tool "$TOP/conf/monitoring/grafana-dashboard.json" /dev/null
expect "and uses metrics that exist" uses "$TOP/conf/monitoring/grafana-dashboard.json"

# Each alert is tested with numbers that must raise it and numbers that must not.
cp "$TOP/conf/monitoring/alerts.yml" "$T/alerts.yml"
cat >"$T/alerts-test.yml" <<'END'
rule_files: [alerts.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'up{job="pxrelay",instance="a"}', values: '1x5 0x30'}
      - {series: 'up{job="pxrelay",instance="b"}', values: '1x35'}
      - {series: 'pxrelay_server_up{server="s",address="1",instance="b"}', values: '0x35'}
      - {series: 'pxrelay_server_up{server="t",address="2",instance="b"}', values: '1x35'}
      - {series: 'pxrelay_requests_relayed_total{instance="b",family="dhcp4"}', values: '0+60x35'}
      - {series: 'pxrelay_replies_relayed_total{instance="b",family="dhcp4"}', values: '0+60x35'}
      - {series: 'pxrelay_requests_relayed_total{instance="b",family="dhcp6"}', values: '0+60x35'}
      - {series: 'pxrelay_replies_relayed_total{instance="b",family="dhcp6"}', values: '7x35'}
      - {series: 'pxrelay_requests_relayed_total{instance="c"}', values: '0+60x35'}
      - {series: 'pxrelay_replies_relayed_total{instance="c"}', values: '0+60x35'}
      - {series: 'pxrelay_drops_total{instance="b",family="dhcp4",direction="requests",reason="hops"}', values: '0+120x35'}
      - {series: 'pxrelay_drops_total{instance="b",family="dhcp4",direction="requests",reason="rule"}', values: '0+120x35'}
      - {series: 'pxrelay_boots_failed_total{instance="b",arch="bios",diagnosis="no-offer"}', values: '0x20 1 2 3 4x12'}
      - {series: 'pxrelay_boots_failed_total{instance="b",arch="bios",diagnosis="tftp-error"}', values: '0x35'}
      - {series: 'pxrelay_boots_succeeded_total{instance="b",arch="bios",diagnosis="booted"}', values: '0x20 1x15'}
      - {series: 'pxrelay_boots_failed_total{instance="b",arch="uefi-x64",diagnosis="no-offer"}', values: '0+1x35'}
      - {series: 'pxrelay_boots_succeeded_total{instance="b",arch="uefi-x64",diagnosis="booted"}', values: '0+2x35'}
      - {series: 'pxrelay_boots_failed_total{instance="c",arch="bios",diagnosis="rule-drop"}', values: '0+1x35'}
      - {series: 'pxrelay_boots_succeeded_total{instance="c",arch="bios",diagnosis="booted"}', values: '0x35'}
      - {series: 'pxrelay_ring_lost_total{instance="c"}', values: '0x25 5x10'}
      - {series: 'pxrelay_interface_ready{interface="v",instance="b"}', values: '0x35'}
      - {series: 'pxrelay_reloads_refused_total{instance="c"}', values: '1x20 2x15'}
    promql_expr_test:
      - expr: sort(count by (alertname) (ALERTS{alertstate="firing"}))
        eval_time: 28m
        exp_samples:
          - {labels: '{alertname="PxrelayGone"}', value: 1}
          - {labels: '{alertname="PxrelayServerDown"}', value: 1}
          - {labels: '{alertname="PxrelayNoReplies"}', value: 1}
          - {labels: '{alertname="PxrelayDropsRising"}', value: 1}
          - {labels: '{alertname="PxrelayBootsFailing"}', value: 1}
          - {labels: '{alertname="PxrelayPacketsLost"}', value: 1}
          - {labels: '{alertname="PxrelayInterfaceNotReady"}', value: 1}
          - {labels: '{alertname="PxrelayReloadRefused"}', value: 1}
END
expect "each alert fires when it must, and only then" \
	promtool test rules "$T/alerts-test.yml"

# ---- a real Prometheus ----------------------------------------------------

sed -i 's/for: .*m$/for: 0s/' "$T/alerts.yml"
cat >"$T/prometheus.yml" <<END
global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms}
rule_files: [alerts.yml]
scrape_configs:
  - job_name: pxrelay
    static_configs: [{targets: ["$AT"]}]
END
spawn rtr prometheus prometheus --config.file="$T/prometheus.yml" \
	--storage.tsdb.path="$T/tsdb" --web.listen-address=127.0.0.1:9090
PROM=$SPAWNED
expect "Prometheus scrapes" wait_for 20 prom_is 1 'up{job="pxrelay"}'
expect_eq "the dead server" "$(prom 'pxrelay_server_up{server="dead"}')" 0
expect_eq "the strange interface" \
	"$(prom 'pxrelay_interface_ready{interface="v\"\\e"}')" 0
expect_eq "the version" "$(prom pxrelay_build_info)" 1
expect "raises an alert for the dead server" wait_for 10 prom_is 1 \
	'count(ALERTS{alertname="PxrelayServerDown",server="dead",alertstate="firing"})'
expect_eq "and not for the live one" "$(prom 'ALERTS{server="live"}')" ""

# ---- clients that do not finish their request ------------------------------

spawn rtr hang "$PYTHON" "$SCRAPE" hang $AT 40
expect "40 clients send half a request" wait_for 10 logged hang hanging
expect "they do not keep others out" scrape
ask cl10 msgtype=discover
expect_eq "and delay no packet" "${A[answers]}" 1

# ---- reload ---------------------------------------------------------------

conf "$T/metrics.sock" | reload_relay
expect "a Unix socket after a reload" wait_for 3 scrape "$T/metrics.sock"
expect_eq "counters keep their values" "$(value pxrelay_interface_relayed_total \
	interface=vlan10)" 5
expect_not "the port is closed" scrape
expect "Prometheus notices" wait_for 10 prom_is 0 'up{job="pxrelay"}'
expect "and raises an alert" wait_for 10 prom_is 1 \
	'count(ALERTS{alertname="PxrelayGone",alertstate="firing"})'
stop "$PROM"

# The relay goes on if the port is taken, and a reload tries it again.
spawn rtr taker "$PYTHON" -c 'import socket, signal
s = socket.create_server(("127.0.0.1", 9467)); print("ready", flush=True); signal.pause()'
TAKER=$SPAWNED
wait_for 5 logged taker ready
conf $AT | reload_relay
expect "the port is taken, which is logged" wait_for 3 logged relay 'metrics-failed.*127.0.0.1:9467'
expect_eq "the old socket is gone" "$(ls "$T/metrics.sock" 2>/dev/null)" ""
ask cl10 msgtype=discover
expect_eq "the relay goes on" "${A[answers]}" 1
stop "$TAKER"
conf $AT | reload_relay
expect "a reload tries the port again" wait_for 3 scrape
conf off | reload_relay
expect "metrics can be switched off" wait_for 3 eval '! scrape'
