#!/bin/bash
# Lets libFuzzer work on every target, or those named as arguments, for
# FUZZ_SECONDS each. It starts from the committed corpus and keeps what it finds
# in build/fuzz/corpus/NAME; a crash is left in build/fuzz/crash-NAME-*, and
# belongs into tests/fuzz/corpus/NAME/ with the fix. build/fuzz/log/NAME.log grows with
# each run; report.sh makes the table of README.md from it.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/tally.sh

targets=${*:-$(ls tests/fuzz/fuzz_*.c 2>/dev/null |
	sed 's|.*/fuzz_\(.*\)\.c|\1|')}
for t in $targets; do
	found=build/fuzz/corpus/$t seed=tests/fuzz/corpus/$t
	mkdir -p "$found" build/fuzz/log
	[ -d "$seed" ] || seed=
	if build/fuzz/tests/libfuzz/"$t" -max_total_time="${FUZZ_SECONDS:-60}" \
		-max_len=4096 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/crash-"$t"- "$found" $seed 2>&1 |
		tee -a build/fuzz/log/"$t".log; then
		pass "fuzz $t"
	else
		fail "fuzz $t" "see build/fuzz/crash-$t-*"
	fi
done
tally
