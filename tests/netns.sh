#!/bin/bash
# netns.sh [-a] [TEST...]: runs tests in network namespaces. Without arguments, it runs
# the tests netns/t/*/t-*.sh and t6-*.sh that belong to `make check`; with -a, those that belong
# to `make check-all`. Arguments name tests, with or without folder and .sh.
#
# Lines in the head of a test say how it is run:
#
#   # set: all         only by `make check-all`, because it takes minutes
#   # quiet: WHY       later, with one test for each core, for example because it
#                      measures time
#   # long: WHY        before the others, so that nothing waits for it at the end
#   # alone: WHY       by itself, for example because it takes the whole machine, or the
#                      lock on interfaces, which all namespaces share
#   # firmware: WHY    by itself, and once more when it fails. Firmware gives up after
#                      fixed times, which a shared machine can miss; a fault of ours
#                      fails both runs. The log of the first run is shown.
#
# All others run first, NETNS_JOBS at a time (by default two for each core, because they
# often wait), each in its own namespaces. Meanwhile, PXR_PATIENCE gives
# conditions more time to become true. A test that takes longer than NETNS_TIMEOUT
# seconds is stopped.
#
# A test passes with exit status 0. With 77 it was skipped, and the last line of its
# output is the reason. Any other status is a failure, and the log is shown. The tests
# use the sanitizer build unless PXRELAYD and PXRELAYCTL say otherwise. A sanitizer's
# report fails the test that caused it, whatever its exit status is.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib/tally.sh

set=check
[ "${1:-}" != -a ] || { set=all; shift; }
jobs=${NETNS_JOBS:-$((2 * $(nproc)))}
limit=${NETNS_TIMEOUT:-300}
[ -z "${VMRUN_GUEST:-}" ] || limit=$((limit * 3))
log=$PWD/build/log/netns
export PXRELAYD=${PXRELAYD:-$PWD/build/asan/pxrelayd}
export PXRELAYCTL=${PXRELAYCTL:-$PWD/build/asan/pxrelayctl}

# The daemon writes sanitizer reports there after it has given up its privileges.
mkdir -p "$log" && rm -rf "${log:?}"/* && mkdir "$log/san" &&
	chmod 1777 "$log/san" || exit 1

script() {
	ls netns/t/*/"$1".sh 2>/dev/null
}

# marked TEST WORD: the head of the test has a line `# WORD ...`.
marked() {
	head -n 40 "$(script "$1")" | grep -q "^# $2"
}

# A test that runs out of time may clean up for 15 s. The seconds and the seconds of CPU
# that each test took are kept in NAME.rc.
run_one() {
	local name=$1 begin=$SECONDS rc

	export ASAN_OPTIONS="log_path=$log/san/$name${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
	export UBSAN_OPTIONS="print_stacktrace=1:$ASAN_OPTIONS"
	timeout -k 15 "$limit" "$(script "$name")" > "$log/$name.log" 2>&1 </dev/null &
	# `timeout` has its own process group, which neither Ctrl-C nor a timeout of
	# the whole run reaches.
	trap 'kill -TERM %1; wait' TERM INT
	wait %1
	rc=$?
	times > "$log/$name.times"
	tr ms '  ' < "$log/$name.times" | awk -v rc=$rc -v took=$((SECONDS - begin)) '
		{ cpu = $1 * 60 + $2 + $3 * 60 + $4 }
		END { printf "%d %d %.0f\n", rc, took, cpu }' > "$log/$name.rc"
}

# Shows failures first, because they may be far from the end of the log, and indents
# everything, because a log has lines that look like ours.
show() {
	echo "---- $1: log"
	sed -n '/^FAIL/s/^/    /p' "$1" | head -n 50
	tail -n "${2:-150}" "$1" | sed 's/^/    /'
	echo "----"
}

declare -A again=()
verdict() {
	local name=$1 rc=255 took=0 cpu=0 san

	read -r rc took cpu < "$log/$name.rc"
	san=$(find "$log/san" -name "$name.*" -type f | head -n 1)
	if [ -n "$san" ]; then
		show "$log/$name.log" 30
		show "$san"
		fail "$name" "a sanitizer reported, see above"
	elif [ "$rc" = 0 ]; then
		pass "$name ($took s, $cpu s of CPU${again[$name]:+, in its second run})"
	elif [ "$rc" = 77 ]; then
		skip "$name" "$(tail -n 1 "$log/$name.log" | sed "s/^$name: skipped: //")"
	elif [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
		show "$log/$name.log"
		fail "$name" "stopped after $limit seconds, log above"
	elif marked "$name" firmware: && [ -z "${again[$name]:-}" ]; then
		show "$log/$name.log"
		echo "$name: exit status $rc, log above; it runs once more"
		again[$name]=1
	else
		show "$log/$name.log"
		fail "$name" "exit status $rc, log above"
	fi
}

# run_all JOBS NAME...
run_all() {
	local most=$1 n
	declare -A names=()
	shift

	while [ $# -gt 0 ] || [ ${#names[@]} -gt 0 ]; do
		while [ $# -gt 0 ] && [ ${#names[@]} -lt "$most" ]; do
			run_one "$1" &
			names[$!]=$1
			shift
		done
		wait -n -p n || :
		verdict "${names[$n]}"
		unset "names[$n]"
	done
}

stop() {
	trap - TERM INT
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait
	tally
	exit 1
}
trap stop TERM INT

if [ $# = 0 ]; then
	for t in netns/t/*/t{,6}-*.sh; do
		t=$(basename "$t" .sh)
		if marked "$t" 'set: all'; then
			[ $set = check ] || set -- "$@" "$t"
		else
			[ $set = all ] || set -- "$@" "$t"
		fi
	done
fi
together=() quiet=() alone=()
for t in "$@"; do
	t=$(basename "$t" .sh)
	if [ ! -f "$(script "$t")" ]; then
		fail "$t" "there is no netns/t/*/$t.sh"
	elif [ ! -x "$(script "$t")" ]; then
		fail "$t" "$(script "$t") is not executable"
	elif [ ! -x "$PXRELAYD" ] || [ ! -x "$PXRELAYCTL" ]; then
		fail "$t" "$PXRELAYD or $PXRELAYCTL was not built"
	elif [ "$(id -u)" != 0 ]; then
		skip "$t" "namespaces need root (sudo make check)"
	elif marked "$t" alone: || marked "$t" firmware:; then
		alone+=("$t")
	elif marked "$t" quiet:; then
		quiet+=("$t")
	elif marked "$t" long:; then
		together=("$t" ${together[@]+"${together[@]}"})
	else
		together+=("$t")
	fi
done
[ ${#together[@]} -lt 2 ] || export PXR_PATIENCE=${PXR_PATIENCE:-3}
run_all "$jobs" ${together[@]+"${together[@]}"}
unset PXR_PATIENCE
run_all "$(nproc)" ${quiet[@]+"${quiet[@]}"}
run_all 1 ${alone[@]+"${alone[@]}"}
run_all 1 "${!again[@]}"
tally
