#!/bin/bash
# Checks the scripts of this tree: bash accepts the syntax of each, and every file exists
# that one of them sources or names below its own folder or netns/. If a script is moved,
# its paths must change, and only CI would notice that in a test that `make check` does
# not run.
#
# ROOT is another tree, to prove that the check can fail.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tally.sh"
cd "${ROOT:-$here/../..}" || exit 1

scripts=$(ls .ci/run tests/*.sh tests/*/*.sh netns/*.sh netns/*/*.sh netns/*/*/*.sh \
	conf/packaging/*.sh conf/packaging/debian/tests/installed 2>/dev/null)

check_syntax() {
	local f bad=

	for f in $scripts; do
		bash -n "$f" || bad+=" $f"
	done
	if [ -z "$bad" ]; then
		pass "scripts: syntax"
	else
		fail "scripts: syntax" "see above:$bad"
	fi
}

# paths: "FILE:LINE: PATH" for each `. PATH' and `source PATH', and for each path that begins
# with the folder of the script or with $HERE (netns/), as a path from the top of the tree.
paths() {
	# shellcheck disable=SC2016 # the variables are those of the scripts
	grep -nHE '^[[:space:]]*(\.|source)[[:space:]]+[^=[:space:]]|\$\(dirname "\$0"\)/|\$(HERE|here)/' $scripts |
		grep -vE '^[^:]*:[0-9]+:[[:space:]]*#' |
		awk '{
			at = $0
			sub(/:[[:space:]]*.*/, "", at)		# FILE
			rest = substr($0, length(at) + 2)
			line = rest
			sub(/:.*/, "", line)
			rest = substr(rest, length(line) + 2)
			folder = at
			if (!sub(/\/[^\/]*$/, "", folder))
				folder = "."
			gsub(/\$\(dirname "(\$0|\$\{BASH_SOURCE\[0\]\})"\)/, folder, rest)
			gsub(/\$here\//, folder "/", rest)
			gsub(/\$HERE\//, "netns/", rest)
			sourced = rest ~ /^[[:space:]]*(\.|source)[[:space:]]/
			n = split(rest, word, /[[:space:]"'\''()=;|]+/)
			for (i = 1; i <= n; i++)
				if ((sourced && (word[i - 1] == "." || word[i - 1] == "source")) ||
				    index(word[i], folder "/") == 1 || index(word[i], "netns/") == 1)
					print at ":" line ": " word[i]
		}'
}

check_paths() {
	local at path bad=0 n=0

	while read -r at path; do
		n=$((n + 1))
		# A name in a variable is known only when the script runs.
		[[ $path != *\$* ]] || continue
		[ ! -e "$path" ] || continue
		echo "$at there is no $path"
		bad=1
	done < <(paths)
	if [ $n = 0 ]; then
		fail "scripts: paths" "none was found"
	elif [ $bad = 1 ]; then
		fail "scripts: paths" "see above"
	else
		pass "scripts: paths"
	fi
}

check_syntax
check_paths
tally
