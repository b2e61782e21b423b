#!/bin/bash
# Runs tests in network namespaces: netns/t/*/t-*.sh, or those named as arguments
# (with or without directory and .sh). Exit status 0 of a test is a pass, 77 a
# skip whose last line of output is the reason, anything else a failure, and
# then its log is shown.
#
# NETNS_JOBS of them run at a time (2), for each makes namespaces of its own;
# one with a line `# alone: why` in its head, say since it measures time, runs
# when all others are done. None may take longer than NETNS_TIMEOUT seconds.
#
# They use the sanitizer build unless PXRELAYD and PXRELAYCTL say otherwise. A
# report of a sanitizer fails the test that caused it, whatever the test itself
# thought of the run.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib/tally.sh

jobs=${NETNS_JOBS:-2}
limit=${NETNS_TIMEOUT:-240}
[ -z "${VMRUN_GUEST:-}" ] || limit=$((limit * 3))
log=$PWD/build/log/netns
export PXRELAYD=${PXRELAYD:-$PWD/build/asan/pxrelayd}
export PXRELAYCTL=${PXRELAYCTL:-$PWD/build/asan/pxrelayctl}

# Where the daemon may still write when it has given up its privileges.
mkdir -p "$log" && rm -rf "${log:?}"/* && mkdir "$log/san" &&
	chmod 1777 "$log/san" || exit 1

# Where a test is: netns/t has a folder for each subject.
script() {
	ls netns/t/*/"$1".sh 2>/dev/null
}

# A test that outlives its time gets the chance to clean up. Its time is in the
# log of times, to keep an eye on the sum.
run_one() {
	local name=$1 begin=$SECONDS

	export ASAN_OPTIONS="log_path=$log/san/$name${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
	export UBSAN_OPTIONS="print_stacktrace=1:$ASAN_OPTIONS"
	timeout -k 15 "$limit" "$(script "$name")" > "$log/$name.log" 2>&1 </dev/null &
	# `timeout` leads a process group of its own, which Ctrl-C and a timeout
	# of the whole run do not reach.
	trap 'kill -TERM %1; wait' TERM INT
	wait %1
	echo "$? $((SECONDS - begin))" > "$log/$name.rc"
}

# What failed comes first: it may stand far before the end. Indented, for a log has
# lines that look like our own.
show() {
	echo "---- $1: log"
	sed -n '/^FAIL/s/^/    /p' "$1" | head -n 50
	tail -n "${2:-150}" "$1" | sed 's/^/    /'
	echo "----"
}

verdict() {
	local name=$1 rc=255 took=0 san

	read -r rc took < "$log/$name.rc"
	san=$(find "$log/san" -name "$name.*" -type f | head -n 1)
	if [ -n "$san" ]; then
		show "$log/$name.log" 30
		show "$san"
		fail "$name" "a sanitizer reported, see above"
	elif [ "$rc" = 0 ]; then
		pass "$name (${took} s)"
	elif [ "$rc" = 77 ]; then
		skip "$name" "$(tail -n 1 "$log/$name.log" | sed "s/^$name: skipped: //")"
	elif [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
		show "$log/$name.log"
		fail "$name" "stopped after $limit seconds, log above"
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

[ $# -gt 0 ] || set -- netns/t/*/t-*.sh
together=() alone=()
for t in "$@"; do
	t=$(basename "$t" .sh)
	if [ "$t" = 't-*' ]; then
		continue
	elif [ ! -f "$(script "$t")" ]; then
		fail "$t" "there is no netns/t/*/$t.sh"
	elif [ ! -x "$(script "$t")" ]; then
		fail "$t" "$(script "$t") is not executable"
	elif [ ! -x "$PXRELAYD" ] || [ ! -x "$PXRELAYCTL" ]; then
		fail "$t" "$PXRELAYD or $PXRELAYCTL was not built"
	elif [ "$(id -u)" != 0 ]; then
		skip "$t" "namespaces need root (sudo make check)"
	elif head -n 40 "$(script "$t")" | grep -q '^# alone:'; then
		alone+=("$t")
	else
		together+=("$t")
	fi
done
run_all "$jobs" ${together[@]+"${together[@]}"}
run_all 1 ${alone[@]+"${alone[@]}"}
tally
