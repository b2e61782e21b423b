#!/bin/bash
# unit.sh [SUITE...]: runs all unit and scenario tests, or these suites, UNIT_JOBS suites at
# a time (by default one for each core). The tests of a suite share one process, because a
# process for each test takes ten times as long (relay4: 2.4 s of CPU instead of 0.2), nearly
# all of it in LeakSanitizer, which runs at the end of each. If a suite fails, it is run again
# with a process for each test, so that a crash is one failure and the other tests still run.
# The suites' lines come in the order of the list; the last line is the sum. BUILD is the build
# with the programs: build/asan, or build/cover for `make coverage'. UNDER is what runs them,
# for another processor.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib/tally.sh

dir=$PWD/${BUILD:-build/asan}/tests
log=$PWD/build/log/units
suites=$(sed -n 's/^SUITE(\(.*\))$/\1/p' "$dir/suites.def" "$dir/fake/suites.def")
[ $# = 0 ] || suites=$*
[ -n "$suites" ] || { echo "no suites"; exit 1; }
mkdir -p "$log" && rm -f "${log:?}"/*

# ASan keeps 256 MB of freed memory from being used again. Touching fresh memory instead took a
# third of the time of the suites that make whole daemons (moments: 11.5 s of CPU, now 7.2).
# 16 MB still outlasts every test, and a freed block of 256 KB or more that leaves the quarantine
# is unmapped, so that its use faults all the same.
export ASAN_OPTIONS=quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# Suites whose tests end their process or change it for good: its user, system calls,
# environment, standard streams or file names, or by a failed assertion.
forked=' captures conffile hash logsink priv sandbox '

# program SUITE: prints the path of the program that contains it. The tests of the top floor
# are in a program of their own, with a fake io.
program() {
	if grep -qxF "SUITE($1)" "$dir/fake/suites.def"; then
		echo "$dir/run-daemon"
	else
		echo "$dir/run"
	fi
}

# one_process SUITE: returns true if the suite passes in one process.
one_process() {
	[[ $forked != *" $1 "* ]] &&
		CK_FORK=no timeout -k 5 240 ${UNDER:-} "$(program "$1")" "$1" >"$log/$1.log" 2>&1 </dev/null
}

one() {
	if one_process "$1"; then
		echo 0 >"$log/$1.rc"
		return
	fi
	[ ! -e "$log/$1.log" ] || mv "$log/$1.log" "$log/$1.together"
	${UNDER:-} "$(program "$1")" "$1" >"$log/$1.log" 2>&1 </dev/null
	echo $? >"$log/$1.rc"
}

# judge SUITE: reports its results. Tests that fail in one process but pass alone share
# something that they should not.
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
