#!/bin/bash
# fuzz.sh [TARGET...]: runs libFuzzer on every target, or those named as arguments, for
# FUZZ_SECONDS each (or FUZZ_RUNS executions, whichever comes first), FUZZ_JOBS at a time.
# It starts from the committed corpus and keeps what it finds in build/fuzz/corpus/NAME. A
# crash is left in build/fuzz/crash-NAME-*; commit it to tests/fuzz/corpus/NAME/ together
# with the fix. Each run appends to build/fuzz/log/NAME.log, with its seconds of CPU;
# report.sh makes the table of README.md from these logs.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

# The quarantine of freed memory is just large enough for one input; with the default of
# 256 MiB, the cache would miss all the time. Run a crash again for its whole stack.
export ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=2:max_malloc_fill_size=0
TIMEFORMAT='fuzz.sh: %U %S seconds of CPU'

# The longest input in bytes. One message fits a frame, and a text needs only a few lines
# (longer ones are slower); the other inputs are lists of several messages.
longest() {
	case $1 in
	changes) echo 480 ;;
	conf | opener) echo 768 ;;
	iftab | import) echo 1024 ;;
	asked) echo 1280 ;;
	addr | bootfile | dhcp[46] | probeproto | pxe | pxe6 | rai | udpip | udpip6) echo 1500 ;;
	doctor | record) echo 2048 ;;
	*) echo 4096 ;;
	esac
}

work() {
	local t=$1 found=build/fuzz/corpus/$1

	mkdir -p "$found" build/fuzz/log
	{ time build/fuzz/tests/libfuzz/"$t" -max_total_time="${FUZZ_SECONDS:-60}" \
		-runs="${FUZZ_RUNS:--1}" -max_len="$(longest "$t")" \
		-entropic_scale_per_exec_time=1 -reload=0 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/crash-"$t"- "$found" \
		tests/fuzz/corpus/"$t"; } \
		>> build/fuzz/log/"$t".log 2>&1
}

targets=${*:-$(ls tests/fuzz/fuzz_*.c 2>/dev/null |
	sed 's|.*/fuzz_\(.*\)\.c|\1|')}
declare -A pid
for t in $targets; do
	while [ "$(jobs -pr | wc -l)" -ge "${FUZZ_JOBS:-1}" ]; do
		wait -n
	done
	work "$t" &
	pid[$t]=$!
done
for t in $targets; do
	if wait "${pid[$t]}"; then
		pass "fuzz $t"
	else
		fail "fuzz $t" "see build/fuzz/log/$t.log, build/fuzz/crash-$t-*"
	fi
done
tally
