# lib6.sh: what tests of DHCPv6 need besides lib.sh. Sourced by topo/topo-*6.sh.
#
# From here on, pkt, ask, fake, srv_last, start_probe, step, silent and keeps of lib.sh use
# srv/pkt6.py and srv/fake6.py.

PKT=pkt6.py
FAKE=fake6.py

# ip6_on NAMESPACE: switches the kernel's IPv6 on. Addresses are there at once (no duplicate
# address detection), and no router is asked for or believed. Link-local ones are made by a
# thread of the kernel, which takes a second on a busy machine.
ip6_on()
{
	ns "$1" sh -c '
		cd /proc/sys/net/ipv6/conf
		for i in all default *; do
			echo 0 >$i/accept_dad
			echo 0 >$i/accept_ra
			echo 0 >$i/router_solicitations
		done
		echo 0 >default/disable_ipv6
		echo 0 >all/disable_ipv6'
	wait_for 5 linked6 "$1" || die "no link-local address in $1"
}

# linked6 NAMESPACE: each link that is up has a link-local address that can be used.
linked6()
{
	{ nsip "$1" -o link show up; nsip "$1" -6 -o addr show scope link; } | awk '
		/LOWER_UP/ && !/LOOPBACK/ { up[$1] }
		/ inet6 / && !/tentative/ { delete up[$1] }
		END { for (i in up) exit 1 }'
}

# hexof TEXT: its bytes in hex, as pkt6.py prints options.
hexof()
{
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

# iid INTERFACE: our Interface-Id there in hex, if interface-id = %i, which most tests set.
iid()
{
	hexof "$1"
}

# ---- what is relayed, and what is dropped ------------------------------------
#
# The packets of many cases are sent, and then judged together: questions about each of a
# hundred packets would take most of a test's time.

# relays WHAT FIELDS NAMESPACE KEY=VALUE...: sends a packet that srv1 must get once and as it is,
# in a RELAY-FORW with these fields (words of pkt6.py relayed).
relays()
{
	local sent

	pkt "$3" send eth0 "${@:4}" >"$T/sent"
	{ read -r _ && read -r sent; } <"$T/sent"
	printf '%s\t%s\t%s\n' "$1" "$2" "$sent" >>"$T/expected"
	RELAYS6=$((RELAYS6 + 1))
}

# all_relayed: srv1 got these packets, and no other one since srv_forget.
all_relayed()
{
	wait_for 3 srv_has srv1 $RELAYS6
	pkt srv1 relayed "$T/expected" "$T/srv1.jsonl" | tee "$T/relayed"
	FAILS=$((FAILS + $(grep -c ^FAIL "$T/relayed")))
	srv_forget srv1
	: >"$T/expected"
	RELAYS6=0
}
RELAYS6=0

# refuses WHAT REASON[=N] NAMESPACE KEY=VALUE...: sends a packet (or something that makes N of
# them) that the relay drops for that reason.
declare -A REFUSED REFUSALS
refuses()
{
	local reason=${2%=*} n=${2#*=}

	[ "$n" != "$reason" ] || n=1
	pkt "$3" send eth0 "${@:4}" >/dev/null
	will_refuse "$1" "$reason" "$n"
}

# will_refuse WHAT REASON N: the test has sent N packets that are dropped for that reason.
will_refuse()
{
	REFUSED[$2]=$((${REFUSED[$2]:-0} + $3))
	REFUSALS[$2]+="${REFUSALS[$2]:+; }$1"
}

# all_refused: each of these packets was counted once, under its reason, and no other packet was.
all_refused()
{
	local reason is sum=0

	for reason in "${!REFUSED[@]}"; do
		sum=$((sum + REFUSED[$reason]))
	done
	wait_for 3 eval "[ \$(drops6) -ge $sum ]"
	expect_eq "dropped packets" "$(drops6)" $sum
	DROPS6=$(part drops6 "$(query show drops)")
	for reason in "${!REFUSALS[@]}"; do
		is=$(sum_of "$DROPS6" "$reason")
		expect_eq "$reason: ${REFUSALS[$reason]}" "$is" "${REFUSED[$reason]}"
		REFUSED[$reason]=$is
	done
	REFUSALS=()
}

# drops6: prints how many packets of DHCPv6 were dropped for any reason.
drops6()
{
	local json sum=0

	json=$(query show drops)
	json=${json#*'"drops6":'}
	json=${json%%\}*}
	while [[ $json =~ ^[^:]*:\ *([0-9]+)(.*) ]]; do
		sum=$((sum + BASH_REMATCH[1]))
		json=${BASH_REMATCH[2]}
	done
	echo $sum
}

# ---- real servers ---------------------------------------------------------
#
# Each serves 2001:db8:10::/64 and 2001:db8:20::/64, or the networks in $NETS6, with addresses
# ::LOW to ::HIGH. Further arguments are options of the program or lines of its configuration.

NETS6="10 20"

# start_step6 NAMESPACE URL: a boot server on port 4011 (srv/step6.py) whose REPLY has this URL.
start_step6()
{
	spawn "$1" step6 "$PYTHON" "$HERE/srv/step6.py" "$2"
	wait_for 5 logged step6 ready || die "the boot server does not start"
}

# start_dnsmasq6 NAMESPACE LOW HIGH [OPTION...]
start_dnsmasq6()
{
	local n=$1 low=$2 high=$3 v ranges=()

	shift 3
	for v in $NETS6; do
		ranges+=("--dhcp-range=2001:db8:$v::$low,2001:db8:$v::$high,64,1h")
	done
	spawn "$n" "dnsmasq-$n" dnsmasq --keep-in-foreground \
		--conf-file=/dev/null --port=0 --user=root --pid-file= \
		--log-facility=- --log-dhcp --dhcp-leasefile="$T/dnsmasq-$n.leases" \
		"${ranges[@]}" "$@"
	wait_for 5 bound "$n" 547 || die "dnsmasq does not start"
}

# start_dhcpd6 NAMESPACE LOW HIGH [LINE...]
start_dhcpd6()
{
	local n=$1 low=$2 high=$3 v

	shift 3
	{
		printf '%s\n' "default-lease-time 3600;" "$@" "subnet6 $UP6:/64 { }"
		for v in $NETS6; do
			echo "subnet6 2001:db8:$v::/64 {" \
				"range6 2001:db8:$v::$low 2001:db8:$v::$high; }"
		done
	} >"$T/dhcpd-$n.conf"
	: >"$T/dhcpd-$n.leases"
	spawn "$n" "dhcpd-$n" dhcpd -6 -f -d -cf "$T/dhcpd-$n.conf" \
		-lf "$T/dhcpd-$n.leases" --no-pid eth0
	wait_for 5 bound "$n" 547 || die "dhcpd does not start"
}

# start_kea6 NAMESPACE LOW HIGH [LINE...]: the lines are members of its configuration, each
# with a comma at its end. Kea hears unicast only on "interface/address".
start_kea6()
{
	local n=$1 low=$2 high=$3 v a sep=

	shift 3
	a=$(nsip "$n" -6 -o addr show dev eth0 scope global | awk '{ print $4; exit }')
	{
		cat <<-END
		{ "Dhcp6": {
		  "interfaces-config": { "interfaces": [ "eth0/${a%/*}" ] },
		  "lease-database": { "type": "memfile", "persist": false },
		  "valid-lifetime": 3600,
		  "server-id": { "type": "LLT", "persist": false },
		  "loggers": [ { "name": "kea-dhcp6", "severity": "INFO",
		    "output_options": [ { "output": "stdout" } ] } ],
		END
		printf '%s\n' "$@"
		echo '  "subnet6": ['
		for v in $NETS6; do
			echo "$sep { \"subnet\": \"2001:db8:$v::/64\", \"pools\": [" \
				"{ \"pool\": \"2001:db8:$v::$low - 2001:db8:$v::$high\" } ] }"
			sep=,
		done
		echo '] } }'
	} >"$T/kea-$n.json"
	mkdir -p "$T/kea-$n"
	spawn "$n" "kea-$n" env KEA_PIDFILE_DIR="$T/kea-$n" \
		KEA_LOCKFILE_DIR="$T/kea-$n" KEA_LOGGER_DESTINATION=stdout \
		kea-dhcp6 -c "$T/kea-$n.json"
	wait_for 10 bound "$n" 547 || die "kea-dhcp6 does not start"
}

# kea6_offering NAMESPACE LOW HIGH [CODE:HEX...]: starts Kea with these options in all answers.
# Two of them are option 16 with enterprise 343 (RFC 9915 21.16).
PXECLIENT=16:000001570009505845436c69656e74
HTTPCLIENT=16:00000157000a48545450436c69656e74
kea6_offering()
{
	local o options=() n=$1 low=$2 high=$3 IFS=,

	shift 3
	for o; do
		options+=("{ \"code\": ${o%%:*}, \"csv-format\": false, \"always-send\": true,
			\"data\": \"${o#*:}\" }")
	done
	set -- "\"option-data\": [ ${options[*]} ],"
	IFS=$' \t\n'
	start_kea6 "$n" "$low" "$high" "$1"
}

# ---- real clients ---------------------------------------------------------
#
# As in lib.sh: start_* returns at once, lease_of waits for the lease and prints the address.

start_dhclient6()
{
	local n=$1

	shift
	rm -f "$T/$n.lease"
	: >"$T/dhclient-$n.leases"
	spawn "$n" "dhclient-$n" dhclient -6 -d -v --no-pid "$@" \
		-cf /dev/null -lf "$T/dhclient-$n.leases" \
		-sf "$HERE/srv/client-script" -e LEASE="$T/$n.lease" eth0
	CLIENT_PID=$SPAWNED
}

# dhcpcd asks for an address although no router told it to.
start_dhcpcd6()
{
	local n=$1

	rm -f "$T/$n.lease"
	cat >"$T/dhcpcd-$n.conf" <<-END
	ipv6only
	noipv6rs
	duid
	ia_na
	END
	spawn "$n" "dhcpcd-$n" sh -c '
		for d in /run/dhcpcd /var/lib/dhcpcd; do
			mkdir -p $d && mount -t tmpfs none $d || exit 1
		done
		exec dhcpcd -6 -B -d -f "$1" -c "$2" -e LEASE="$3" eth0' sh \
		"$T/dhcpcd-$n.conf" "$HERE/srv/client-script" "$T/$n.lease"
	CLIENT_PID=$SPAWNED
}

# dhcp6c of KAME (wide-dhcpv6-client) needs no script: it sets the address itself. At the end
# it waits for the answers to its RELEASE; use stop PID KILL.
start_dhcp6c()
{
	local n=$1

	rm -f "$T/$n.lease"
	cat >"$T/dhcp6c-$n.conf" <<-END
	interface eth0 { send ia-na 0; };
	id-assoc na 0 { };
	END
	spawn "$n" "dhcp6c-$n" sh -c '
		mount -t tmpfs none /var/lib/dhcpv6 || exit 1
		exec dhcp6c -f -D -c "$1" -p "$2" eth0' sh \
		"$T/dhcp6c-$n.conf" "$T/dhcp6c-$n.pid"
	CLIENT_PID=$SPAWNED
}

# has_address NAMESPACE: eth0 has one that is not link-local; it goes where lease_of looks.
has_address()
{
	nsip "$1" -6 -o addr show dev eth0 scope global | awk '
		{ sub("/.*", "", $4); print $4 }' | grep . >"$T/$1.lease"
}
