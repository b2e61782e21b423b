#!/bin/bash
# The committed corpus through every fuzz target, or those named as arguments,
# with the sanitizers of the test build. A target is fuzz_NAME.c and its corpus
# is corpus/NAME/; one without a corpus is a failure, for it tests nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

dir=build/asan/tests/fuzz
out=$(mktemp)
trap 'rm -f "$out"' EXIT

replay_target() {
	local corpus=tests/fuzz/corpus/$1 rc

	if [ ! -x "$dir/$1" ]; then
		fail "fuzz-replay $1" "$dir/$1 was not built"
	elif [ -z "$(find "$corpus" -type f 2>/dev/null | head -n 1)" ]; then
		fail "fuzz-replay $1" "$corpus is empty"
	else
		timeout 300 "$dir/$1" "$corpus" > "$out" 2>&1
		rc=$?
		if [ $rc = 0 ]; then
			pass "fuzz-replay $1 ($(tail -n 1 "$out"))"
		else
			cat "$out"
			fail "fuzz-replay $1" "exit status $rc, output above"
		fi
	fi
}

targets=${*:-$(ls tests/fuzz/fuzz_*.c 2>/dev/null |
	sed 's|.*/fuzz_\(.*\)\.c|\1|')}
for t in $targets; do
	replay_target "$t"
done
tally
