# What all test scripts say their results with: source it, call pass, fail or
# skip once for each test, and `tally` last. tests/check.sh reads these lines.
#
#   ok NAME
#   FAIL NAME: why
#   skip NAME: why
#   N passed, N failed, N skipped
# shellcheck shell=bash

n_pass=0 n_fail=0 n_skip=0

pass() {
	n_pass=$((n_pass + 1))
	printf 'ok %s\n' "$1"
}

fail() {
	n_fail=$((n_fail + 1))
	printf 'FAIL %s: %s\n' "$1" "${2:-}"
}

skip() {
	n_skip=$((n_skip + 1))
	printf 'skip %s: %s\n' "$1" "${2:-}"
}

# The exit status of a test script: its last command is `tally`.
tally() {
	printf '%d passed, %d failed, %d skipped\n' $n_pass $n_fail $n_skip
	[ $n_fail = 0 ]
}
