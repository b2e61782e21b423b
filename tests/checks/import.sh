#!/bin/bash
# Checks pxrelayctl import. The conversion of tests/import/KIND-NAME.in is exactly
#
#   KIND-NAME.conf	with exit status 0, and pxrelayd -n accepts it; or
#   KIND-NAME.none	with exit status 1 and comments only.
#
# Arguments, unreadable files and very long files follow. Everything runs in a network
# namespace that has the addresses of dnsmasq-*.in, because import looks them up on the host.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

if [ -z "${IMPORT_NS:-}" ] && unshare -n true 2>/dev/null; then
	IMPORT_NS=1 exec unshare -n "tests/checks/import.sh"
fi
ctl=${PXRELAYCTL:-build/asan/pxrelayctl}
pxrelayd=${PXRELAYD:-build/asan/pxrelayd}
export LC_ALL=C

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# convert ARGUMENT...: runs pxrelayctl import and sets $rc.
convert() {
	timeout 60 "$ctl" import "$@" > "$T/out" 2> "$T/err"
	rc=$?
}

# verdict NAME CONDITION...
verdict() {
	local name=$1

	shift
	if "$@"; then
		pass "import: $name"
	else
		fail "import: $name" "condition not met: $* (exit status $rc)"
		head -c 2000 "$T/out" "$T/err" "$T/check" 2>/dev/null | cat -v
	fi
}

# status N PATTERN: the exit status is N, and a line on standard error matches. With an
# empty pattern, standard error is empty.
status() {
	[ "$rc" = "$1" ] || return 1
	if [ -z "$2" ]; then
		[ ! -s "$T/err" ]
	else
		grep -qE -e "$2" "$T/err"
	fi
}

# What other programs allow may bring a warning: [interface *], or a policy without trust.
accepted() {
	timeout 60 "$pxrelayd" -n -c "$T/out" > "$T/check" 2>&1 </dev/null &&
		! grep -qv ': warning: ' "$T/check"
}

same() {
	diff -u "$1" "$T/out"
}

# The JSON document has the text as one string, and the number of losses.
in_json() {
	/usr/bin/python3 -c '
import json, sys
doc = json.load(open(sys.argv[1]))
text = open(sys.argv[2]).read()
sys.exit(doc != {"configuration": text,
                 "not-carried-over": doc["not-carried-over"]} or
         (doc["not-carried-over"] > 0) != ("# not carried over: " in text))
' "$T/json" "$T/out"
}

# The output has no control bytes, although the input is full of them.
clean() {
	! grep -qE '[^ -~	]' "$T/out" "$T/err"
}

# Every loss is a comment, and standard error says how many there are.
counted() {
	local n

	n=$(grep -c '^# not carried over: ' "$T/out")
	if [ "$n" = 0 ]; then
		! grep -q 'not carried over' "$T/err"
	else
		grep -q ": $n not carried over, see the comments$" "$T/err"
	fi
}

comments_only() {
	! grep -qvE '^(#.*)?$' "$T/out"
}

golden() {
	local in=$1 want=${1%.in} kind

	kind=${in##*/}
	kind=${kind%%-*}
	if [ $addresses = no ] && [ "$kind" = dnsmasq ]; then
		skip "import: $in" "no network namespace for its addresses"
		return
	fi
	timeout 60 "$ctl" --json import "$kind" "$in" > "$T/json" 2>/dev/null
	convert "$kind" "$in"
	verdict "$in: clean" clean
	verdict "$in: the same in --json" in_json
	if [ -e "$want.conf" ]; then
		verdict "$in" same "$want.conf"
		verdict "$in: status" test $rc = 0
		verdict "$in: pxrelayd takes it" accepted
		verdict "$in: losses are counted" counted
	else
		verdict "$in" same "$want.none"
		verdict "$in: status" status 1 'nothing could be carried over$'
		verdict "$in: comments only" comments_only
	fi
}

if [ ! -x "$ctl" ] || [ ! -x "$pxrelayd" ]; then
	fail "import: the programs" "$ctl or $pxrelayd was not built"
	tally
	exit
fi

addresses=no
if [ -n "${IMPORT_NS:-}" ] && ip link set lo up &&
	ip link add vlan10 type bridge && ip link add vlan20 type bridge &&
	ip addr add 10.66.10.1/24 dev vlan10 &&
	ip addr add 10.66.11.1/24 dev vlan10 label vlan10:1 &&
	ip addr add 10.66.20.1/24 dev vlan20 &&
	ip addr add 2001:db8:10::1/64 dev vlan10 &&
	ip addr add 2001:db8:20::1/64 dev vlan20 && ip addr add 2001:db8:20::2/64 dev vlan20; then
	addresses=yes
fi

for in in tests/import/*.in; do
	golden "$in"
done

# --- arguments and files ---------------------------------------------------------

for args in "" "dhcrelay" "dhcp-helper x" "ios a b" "IOS x"; do
	# shellcheck disable=SC2086 # words
	convert $args
	verdict "import $args" status 2 '^usage: '
done
convert ios "$T/missing"
verdict "a file that is not there" status 1 'missing: No such file'
convert dnsmasq "$T"
verdict "a directory" status 1 'Is a directory$'
convert ios tests/import/ios-campus.in
cp "$T/out" "$T/from-file"
convert ios - < tests/import/ios-campus.in
sed -i '1s/standard input/tests\/import\/ios-campus.in/' "$T/out"
verdict "standard input" same "$T/from-file"
head -c 5000000 /dev/zero > "$T/zeros"
convert dhcrelay "$T/zeros"
verdict "a file of 5 MB" status 1 'File too large$'
timeout 60 "$ctl" import ios tests/import/ios-campus.in > /dev/full 2> "$T/err"
rc=$?
verdict "a disk that is full" status 1 'standard output: '
head -c 3000000 /dev/urandom > "$T/noise"
for kind in dhcrelay dnsmasq ios; do
	convert $kind "$T/noise"
	verdict "3 MB of noise: $kind" status 1 'nothing could be carried over$'
	verdict "3 MB of noise: $kind, clean" clean
	convert $kind /dev/null
	verdict "nothing: $kind" status 1 'nothing could be carried over$'
done

# --- long ones -------------------------------------------------------------------

{
	echo "INTERFACES=\""
	for i in $(seq 4000); do echo "vlan$i \\"; done
	echo "\""
	echo "SERVERS=\""
	for i in $(seq 6000); do echo "192.0.2.$((i % 100 + 1))"; done
	echo "\""
} > "$T/long"
convert dhcrelay "$T/long"
verdict "10,000 lines of dhcrelay are more than a file may hold" \
	status 1 'too much for one pxrelay\.conf'
sed -i 's/^192\.0\.2\..*[1-9]$/192.0.2.1/' "$T/long"
convert dhcrelay "$T/long"
verdict "10,000 lines of dhcrelay" status 0 ''
verdict "10,000 lines of dhcrelay: every interface" \
	test "$(grep -c '^\[interface vlan' "$T/out")" = 4000
verdict "10,000 lines of dhcrelay: pxrelayd takes them" accepted

for i in $(seq 10000); do
	echo "dhcp-relay=10.$((i % 200)).$((i / 200)).1,192.0.2.$((i % 250 + 1))"
done > "$T/long"
echo "dhcp-relay=127.0.0.1,192.0.2.7" >> "$T/long"
sed -i '1i dhcp-relay=127.0.0.1,192.0.2.7' "$T/long"
convert dnsmasq "$T/long"
if [ $addresses = yes ]; then
	verdict "10,000 lines of dnsmasq" status 0 'not carried over'
	verdict "10,000 lines of dnsmasq: pxrelayd takes them" accepted
else
	skip "import: 10,000 lines of dnsmasq" "no network namespace"
fi
verdict "10,000 lines of dnsmasq: what is not said is counted" \
	grep -qE '^# not carried over: [0-9]+ more$' "$T/out"

for i in $(seq 2000); do
	printf '%s\n' "interface Vlan$i" " ip address 10.0.0.1 255.255.255.0" \
		" ip helper-address 192.0.2.$((i % 20 + 1))" \
		" ip helper-address 192.0.2.$((i % 20 + 30))" '!'
done > "$T/long"
convert ios "$T/long"
verdict "10,000 lines of IOS" status 0 ''
verdict "10,000 lines of IOS: every interface" \
	test "$(grep -c '^\[interface vlan' "$T/out")" = 2000
verdict "10,000 lines of IOS: a helper for the same servers" \
	test "$(grep -c '^\[helper ' "$T/out")" = 20
verdict "10,000 lines of IOS: pxrelayd takes them" accepted
awk '/helper-address/ { $2 = "192.0." int(n / 100) "." n % 100 + 1; n++
	print " ip helper-address", $2; next } { print }' "$T/long" > "$T/longer"
convert ios "$T/longer"
verdict "4,000 servers: as many as pxrelayd has" \
	status 0 'not carried over'
verdict "4,000 servers: pxrelayd takes them" accepted
tally
