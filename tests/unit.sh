#!/bin/bash
# All unit and scenario tests, a suite at a time in each of UNIT_JOBS processes (2, as many as the
# machine that this is meant for has cores). A suite's tests run in one process, where a process
# for each took ten times as long: most of that is LeakSanitizer's, which looks once at the end of
# each (relay4: 0.2 s of CPU instead of 2.4). A suite with a failure is run
# again with a process for each test, so that a crash is one failure and the others are heard.
# The suites' own lines come in the order of the list; the last line is the sum.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib/tally.sh

dir=$PWD/build/asan/tests
log=$PWD/build/log/units
suites=$(sed -n 's/^SUITE(\(.*\))$/\1/p' "$dir/suites.def" "$dir/fake/suites.def")
[ $# = 0 ] || suites=$*
[ -n "$suites" ] || { echo "no suites"; exit 1; }
mkdir -p "$log" && rm -f "${log:?}"/*

# Suites whose tests leave a mark on their process, or mean to end it: its user and its system
# calls, its environment and standard streams, names of files made once, a failed assertion.
forked=' captures conffile hash logsink priv sandbox '

# The program that has a suite: those of the top floor have one of their own, with a fake io.
program() {
	if grep -qxF "SUITE($1)" "$dir/fake/suites.def"; then
		echo "$dir/run-daemon"
	else
		echo "$dir/run"
	fi
}

# one_process SUITE: false if that is not enough to know that all is well.
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

# Tests that fail only behind one another have something in common that they should not.
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
	while [ "$(jobs -pr | wc -l)" -ge "${UNIT_JOBS:-2}" ]; do
		wait -n
	done
	one "$s" &
done
wait

for s in $suites; do
	judge "$s"
done
tally
