#!/bin/bash
# All unit and scenario tests, a suite at a time in each of UNIT_JOBS processes (2, as many as the
# machine that this is meant for has cores): each test is a process of its own, and making one of
# a program with sanitizers costs more than most tests do. The suites' own lines
# come in the order of the list; the last line is the sum.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tally.sh

run=$PWD/build/asan/tests/run
log=$PWD/build/log/units
suites=$(sed -n 's/^SUITE(\(.*\))$/\1/p' build/asan/tests/suites.def)
[ -n "$suites" ] || { echo "no suites"; exit 1; }
mkdir -p "$log" && rm -f "${log:?}"/*

one() {
	"$run" "$1" >"$log/$1.log" 2>&1 </dev/null
	echo $? >"$log/$1.rc"
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
	if [[ $(tail -n 1 "$log/$s.log") == *" skipped" ]]; then
		sed '$d' "$log/$s.log"
	else
		cat "$log/$s.log"
	fi
	add_up "$log/$s.log" "unit $s" "$(cat "$log/$s.rc" 2>/dev/null || echo 255)"
done
tally
