#!/bin/bash
# All unit and scenario tests, a suite at a time in each of UNIT_JOBS processes (2, as many as the
# machine that this is meant for has cores): each test is a process of its own, and making one of
# a program with sanitizers costs more than most tests do. The suites' own lines
# come in the order of the list; the last line is the sum.
set -u
cd "$(dirname "$0")/.." || exit 1

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

passed=0 failed=0 skipped=0
for s in $suites; do
	sed '$d' "$log/$s.log"
	rc=$(cat "$log/$s.rc" 2>/dev/null || echo 255)
	if [[ $(tail -n 1 "$log/$s.log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]] &&
	    { [ "$rc" = 0 ] || [ "${BASH_REMATCH[2]}" != 0 ]; }; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		skipped=$((skipped + BASH_REMATCH[3]))
	else
		tail -n 1 "$log/$s.log"
		echo "FAIL unit $s: exit status $rc, and no sum that says why"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
