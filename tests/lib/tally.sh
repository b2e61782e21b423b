# How all test scripts report their results: source this, call pass, fail or skip
# once for each test, and `tally` last. tests/check.sh reads these lines.
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

# add_up LOG NAME STATUS: adds the sum at the end of another script's log to ours. A missing
# sum, or one that does not explain the exit status, is a failure.
add_up() {
	local sum p f s _

	sum=$(tail -n 1 "$1")
	if [[ ! $sum =~ ^[0-9]+\ passed,\ [0-9]+\ failed,\ [0-9]+\ skipped$ ]]; then
		echo "FAIL $2: ended before its sum (exit status $3)"
		sum="0 passed, 1 failed, 0 skipped"
	elif [ "$3" != 0 ] && [[ $sum == *" 0 failed,"* ]]; then
		echo "FAIL $2: exit status $3"
		n_fail=$((n_fail + 1))
	fi
	read -r p _ f _ s _ <<< "$sum"
	n_pass=$((n_pass + p)) n_fail=$((n_fail + f)) n_skip=$((n_skip + s))
}

# The exit status of a test script: its last command is `tally`.
tally() {
	printf '%d passed, %d failed, %d skipped\n' $n_pass $n_fail $n_skip
	[ $n_fail = 0 ]
}
