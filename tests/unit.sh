#!/bin/bash
# unit.sh [SUITE...]: all unit and scenario tests, or these suites, UNIT_JOBS suites at a
# time (one for each core). The tests of a suite share one process: a process for each test takes
# ten times as long, nearly all of it LeakSanitizer's, which looks once at the end of each (relay4:
# 0.2 s of CPU instead of 2.4). A suite with a failure is run again with a process for each
# test, so that a crash is one failure and the others still run.
# The suites' lines come in the order of the list; the last line is the sum. BUILD is the build
# with the programs, build/asan unless `make coverage' says otherwise.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib/tally.sh

dir=$PWD/${BUILD:-build/asan}/tests
log=$PWD/build/log/units
suites=$(sed -n 's/^SUITE(\(.*\))$/\1/p' "$dir/suites.def" "$dir/fake/suites.def")
[ $# = 0 ] || suites=$*
[ -n "$suites" ] || { echo "no suites"; exit 1; }
mkdir -p "$log" && rm -f "${log:?}"/*

# Suites whose tests change their process for good, or end it: its user and system calls, its
# environment and standard streams, names of files, a failed assertion.
forked=' captures conffile hash logsink priv sandbox '

# The program that has a suite: the top floor is tested with a fake io, in a program of its own.
program() {
	if grep -qxF "SUITE($1)" "$dir/fake/suites.def"; then
		echo "$dir/run-daemon"
	else
		echo "$dir/run"
	fi
}

# one_process SUITE: true if all of it passes in one process
one_process() {
	[[ $forked != *" $1 "* ]] &&
		CK_FORK=no timeout -k 5 240 "$(program "$1")" "$1" >"$log/$1.log" 2>&1 </dev/null
}

one() {
	if one_process "$1"; then
		echo 0 >"$log/$1.rc"
		return
	fi
	[ ! -e "$log/$1.log" ] || mv "$log/$1.log" "$log/$1.together"
	"$(program "$1")" "$1" >"$log/$1.log" 2>&1 </dev/null
	echo $? >"$log/$1.rc"
}

# Tests that fail only after one another share something that they should not.
judge() {
	local rc

	rc=$(cat "$log/$1.rc" 2>/dev/null || echo 255)
	if [[ $(tail -n 1 "$log/$1.log") == *" skipped" ]]; then
		sed '$d' "$log/$1.log"
	else
		cat "$log/$1.log"
	fi
	add_up "$log/$1.log" "unit $1" "$rc"
	if [ "$rc" = 0 ] && [ -e "$log/$1.together" ]; then
		sed 's/^/    /' "$log/$1.together"
		fail "unit $1 in one process" "see above; each test alone passes"
	fi
}

trap 'kill $(jobs -pr) 2>/dev/null; exit 1' TERM INT
for s in $suites; do
	while [ "$(jobs -pr | wc -l)" -ge "${UNIT_JOBS:-$(nproc)}" ]; do
		wait -n
	done
	one "$s" &
done
wait

for s in $suites; do
	judge "$s"
done
tally
