#!/bin/bash
# check.sh check: runs the tests of `make check`, in some thirteen minutes on two cores.
# check.sh check-all: runs the tests that take longer, which `make check` leaves out.
# check.sh check-packages: checks the packages that were just built.
#
# Each stage is a command that reports its results as tests/lib/tally.sh describes. Its
# output is shown as it comes and kept in build/log/. A stage that ends without its sum
# has failed. The failures and the reasons of all skips are repeated at the end, and the
# last line is
#
#   N passed, N failed, N skipped
#
# The exit status is 0 only if nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C

make=${MAKE:-make}
log=build/log
begin=$SECONDS
. tests/lib/tally.sh

# If make gave us a jobserver, it limits the jobs; otherwise run one for each core.
case "${MAKEFLAGS:-}" in
*-j*|*jobserver*) jobs= ;;
*) jobs=-j$(nproc) ;;
esac

mkdir -p $log || exit 1
: > $log/summary

# stage NAME COMMAND...: runs the command with its output in a log, and shows the log as
# it grows. A signal to us could not end a command in a pipe.
stage() {
	local name=$1 at=$SECONDS rc pid

	shift
	echo "== $name"
	: > "$log/$name.log"
	"$@" > "$log/$name.log" 2>&1 </dev/null &
	pid=$!
	tail -q -n +1 -s 0.1 -f --pid=$pid "$log/$name.log" &
	wait $pid
	rc=$?
	wait
	add_up "$log/$name.log" "$name" $rc >$log/verdict
	cat $log/verdict
	grep -ahE '^(FAIL|skip) ' $log/verdict "$log/$name.log" >> $log/summary
	echo "== $name took $((SECONDS - at)) s"
}

# side_by_side NAME...: runs the stages tests/checks/NAME.sh, as many at a time as there are
# cores, because each keeps one core busy. Their logs are shown one after the other.
side_by_side() {
	local n at=$SECONDS rc
	declare -A pid

	for n in "$@"; do
		while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do
			wait -n
		done
		tests/checks/"$n".sh > "$log/$n.log" 2>&1 </dev/null &
		pid[$n]=$!
	done
	for n in "$@"; do
		wait "${pid[$n]}"
		rc=$?
		echo "== $n"
		cat "$log/$n.log"
		add_up "$log/$n.log" "$n" $rc >$log/verdict
		cat $log/verdict
		grep -ahE '^(FAIL|skip) ' $log/verdict "$log/$n.log" >> $log/summary
	done
	echo "== $* took $((SECONDS - at)) s"
}

# A build is one test: it passes if everything was built without a warning.
build() {
	local name=$1
	shift

	. tests/lib/tally.sh
	if $make --no-print-directory -k $jobs "$@"; then
		pass "build: $name"
	else
		fail "build: $name" "see above"
	fi
	tally
}

build_asan() {
	stage build-asan build "gcc, ASan and UBSan" tests CC=gcc B=build/asan SAN=1
}

build_gcc() {
	stage build-gcc build "gcc, no warning" all CC=gcc B=build/gcc WERROR=1
}

end() {
	trap - EXIT INT TERM HUP
	echo "== summary after $((SECONDS - begin)) s"
	cat $log/summary
	echo "$n_pass passed, $n_fail failed, $n_skip skipped"
	[ $n_fail = 0 ]
	exit
}

stopped() {
	trap - INT TERM HUP
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait
	echo "FAIL check: stopped by a signal" >> $log/summary
	n_fail=$((n_fail + 1))
	end
}

trap stopped INT TERM HUP

export PXRELAYD=$PWD/build/asan/pxrelayd
export PXRELAYCTL=$PWD/build/asan/pxrelayctl

# Nothing is installed here. Without the first set nothing can be built; tests that miss a
# package of the other sets are skipped, with the reason.
if ! tests/deps.sh -n build; then
	echo "FAIL check: packages are missing"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
tests/deps.sh -n test boot vm || :

build_asan
build_gcc
case ${1:-check} in
check)
	stage build-clang build "clang, no warning" all CC=clang B=build/clang WERROR=1
	stage unit tests/unit.sh
	stage fuzz-replay tests/fuzz/replay.sh
	side_by_side ctl offline report scripts floors floors-test docs docs-test import golden install
	stage netns tests/netns.sh
	;;
check-all)
	stage netns-all tests/netns.sh -a
	stage vm tests/vm.sh
	;;
check-packages)
	stage packages tests/packages.sh
	stage packages-vm tests/vm.sh netns/t/vm/apparmor.sh netns/t/vm/deb.sh
	;;
esac
end
