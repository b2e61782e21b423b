#!/bin/bash
# replay.sh [TARGET...]: gives the committed corpus to every fuzz target, or those named as
# arguments, in the test build with its sanitizers, one target for each core at a time. A
# target is fuzz_NAME.c and its corpus is corpus/NAME/; a target without a corpus fails, since
# it tests nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

dir=build/asan/tests/fuzz
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'kill $(jobs -pr) 2>/dev/null; exit 1' TERM INT

replay_target() {
	local corpus=tests/fuzz/corpus/$1

	if [ ! -x "$dir/$1" ]; then
		echo "$dir/$1 was not built"
		return 1
	elif [ -z "$(find "$corpus" -type f 2>/dev/null | head -n 1)" ]; then
		echo "$corpus is empty"
		return 1
	fi
	timeout 300 "$dir/$1" "$corpus" 2>&1
}

targets=${*:-$(ls tests/fuzz/fuzz_*.c 2>/dev/null |
	sed 's|.*/fuzz_\(.*\)\.c|\1|')}
declare -A pid
for t in $targets; do
	while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	replay_target "$t" > "$out/$t" &
	pid[$t]=$!
done
for t in $targets; do
	if wait "${pid[$t]}"; then
		pass "fuzz-replay $t ($(tail -n 1 "$out/$t"))"
	else
		rc=$?
		cat "$out/$t"
		fail "fuzz-replay $t" "exit status $rc, output above"
	fi
done
tally
