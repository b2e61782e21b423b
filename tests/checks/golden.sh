#!/bin/bash
# Checks what pxrelayd -n and -nv say about configuration files.
#
# - Every conf/examples/*.conf is valid, and what -nv prints for it is canonical: -nv
#   prints the same text for that text.
# - For tests/golden/NAME.conf with NAME.out, -nv prints exactly NAME.out.
# - tests/golden/NAME.conf with NAME.err is refused with status 1 and exactly these lines,
#   with FILE in place of the file's name.
# - tests/golden/NAME.conf with NAME.warn is valid, with exactly these warnings.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

pxrelayd=${PXRELAYD:-build/asan/pxrelayd}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

check() {
	timeout 30 "$pxrelayd" "$@" </dev/null
}

# same NAME EXPECTED GOT
same() {
	if diff -u "$2" "$3" > "$T/diff"; then
		pass "$1"
	else
		cat "$T/diff"
		fail "$1" "differs, see above"
	fi
}

accepted() {
	if ! check -n -c "$1" > "$T/err" 2>&1; then
		cat "$T/err"
		fail "$1 is valid" "refused, see above"
	elif [ -s "$T/err" ]; then
		cat "$T/err"
		fail "$1 is valid" "valid, but there is output"
	else
		pass "$1 is valid"
	fi
}

canonical() {
	if check -nv -c "$1" > "$T/once" 2> "$T/err" && [ -s "$T/once" ] &&
		check -nv -c "$T/once" > "$T/twice" 2> "$T/err"; then
		same "$1 is canonical after -nv" "$T/once" "$T/twice"
	else
		cat "$T/err"
		fail "$1 is canonical after -nv" "refused or empty"
	fi
}

# says STATUS WHAT WANT CONF: -n exits with this status, and prints these lines
says() {
	local status=$1 what=$2 want=$3 conf=$4 rc

	check -n -c "$conf" > "$T/got" 2>&1
	rc=$?
	sed "s|^$conf:|FILE:|" "$T/got" > "$T/err"
	if [ $rc = "$status" ]; then
		same "$conf is $what" "$want" "$T/err"
	else
		fail "$conf is $what" "exit status $rc instead of $status"
	fi
}

if [ ! -x "$pxrelayd" ]; then
	fail "golden" "$pxrelayd was not built"
	tally
	exit
fi
for c in conf/examples/*.conf; do
	[ -e "$c" ] || continue
	accepted "$c"
	canonical "$c"
done
for c in tests/golden/*.conf; do
	[ -e "$c" ] || continue
	if [ -e "${c%.conf}.err" ]; then
		says 1 refused "${c%.conf}.err" "$c"
	elif [ -e "${c%.conf}.warn" ]; then
		says 0 "valid with warnings" "${c%.conf}.warn" "$c"
		canonical "$c"
	elif [ -e "${c%.conf}.out" ]; then
		check -nv -c "$c" > "$T/got" 2>&1
		same "$c prints as expected" "${c%.conf}.out" "$T/got"
		canonical "$c"
	else
		fail "$c" "has no .out, .warn or .err file"
	fi
done
tally
