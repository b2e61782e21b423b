#!/bin/bash
# Proves the direction of the floors: base <- proto <- core <- io <- relay,
# and relay/ctl <- proto, base.
#
# 1. By grep: every #include "..." names its floor, and a floor that the file
#    may see.
# 2. By nm: what the objects of base, proto and core do not define themselves
#    comes from their own or a lower floor or from the short list of C library
#    functions below, which make no system call, read no clock and keep no
#    state. It is a list of what may be called, so that nothing has to be
#    thought of beforehand; who needs another such function adds it here.
# 3. By objdump: none of these objects has a variable that can be written.
#
# The objects are those of a normal, optimised build: BUILD, or build/gcc as
# tests/check.sh makes it. ROOT is for tests/checks/floors-test.sh.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tally.sh"
cd "${ROOT:-$here/../..}" || exit 1
build=${BUILD:-build/gcc}
export LC_ALL=C

pure='memcpy memmove memset memcmp memchr memrchr memmem mempcpy explicit_bzero
strlen strnlen strcmp strncmp strcasecmp strncasecmp strchr strchrnul strrchr
strstr strcasestr strspn strcspn strpbrk strsep strtok_r strcpy strncpy stpcpy
strtol strtoul strtoll strtoull strtoimax strtoumax __isoc23_strtol
__isoc23_strtoul __isoc23_strtoll __isoc23_strtoull __isoc99_sscanf
snprintf vsnprintf inet_pton inet_ntop bsearch fnmatch
tolower toupper isalnum isalpha isdigit isprint isspace isxdigit isgraph
log
__ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __errno_location
__stack_chk_fail __assert_fail __fortify_fail __chk_fail _GLOBAL_OFFSET_TABLE_
__memcpy_chk __memmove_chk __memset_chk __mempcpy_chk __explicit_bzero_chk
__strcpy_chk __strncpy_chk __stpcpy_chk __strcat_chk __strncat_chk
__snprintf_chk __vsnprintf_chk'
# Tables are made once, at their full size; proto has no table.
heap='malloc calloc realloc reallocarray free strdup strndup qsort'

# May a file of floor $1 include from floor $2?
sees() {
	case "$1" in
	base)	set -- "$2" base ;;
	proto)	set -- "$2" base proto ;;
	core)	set -- "$2" base proto core ;;
	io)	set -- "$2" base proto core io ;;
	relay)	set -- "$2" base proto core io relay ;;
	ctl)	set -- "$2" base proto ctl ;;
	esac
	local want=$1 f
	shift
	for f in "$@"; do
		[ "$f" = "$want" ] && return 0
	done
	return 1
}

sources() {
	case "$1" in
	relay)	find relay include/relay -name '*.[ch]' | grep -vE '^relay/(base|proto|core|io|ctl)/' ;;
	*)	find relay/"$1" include/"$1" -name '*.[ch]' -o -name '*.def' 2>/dev/null ;;
	esac
}

check_includes() {
	local floor=$1 bad=0 file line to

	while read -r file line to; do
		if ! sees "$floor" "${to%%/*}"; then
			echo "$file:$line: $floor must not include \"$to\""
			bad=1
		fi
	done < <(sources "$floor" | xargs -r grep -nH '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' |
		sed -n 's/^\([^:]*\):\([0-9]*\):[^"]*"\([^"]*\)".*/\1 \2 \3/p')
	if [ $bad = 0 ]; then
		pass "floors: includes of $floor"
	else
		fail "floors: includes of $floor" "upwards or without a floor, see above"
	fi
}

objects() {
	for f in "$@"; do
		find "$build/relay/$f" -name '*.o' 2>/dev/null
	done
}

# An object that is missing must not look like one without a fault.
check_built() {
	local c

	for c in relay/base/*.c relay/proto/*.c relay/core/*.c relay/core/*/*.c; do
		if [ -e "$c" ] && [ ! -e "$build/${c%.c}.o" ]; then
			fail "floors: objects" "$build/${c%.c}.o was not built"
			return 1
		fi
	done
}

# check_calls FLOOR ALLOWED-FUNCTIONS LOWER-FLOORS...
check_calls() {
	local floor=$1 allowed=$2 bad=0 obj sym
	shift 2

	local known
	known=$( (echo "$allowed" | tr -s ' \n\t' '\n'
		objects "$floor" "$@" | xargs -r nm -g --defined-only 2>/dev/null |
			awk 'NF == 3 { print $3 }') | sort -u)
	for obj in $(objects "$floor"); do
		while read -r sym; do
			echo "$obj: $floor must not call $sym"
			bad=1
		done < <(comm -23 <(nm -u "$obj" | awk '{ print $2 }' | sort -u) \
			<(echo "$known"))
	done
	if [ $bad = 0 ]; then
		pass "floors: calls of $floor"
	else
		fail "floors: calls of $floor" \
			"neither of a lower floor nor on the list in tests/checks/floors.sh"
	fi
}

# Sections that are written once by the dynamic linker and then read-only
# (.data.rel.ro) hold constant tables of pointers.
check_state() {
	local floor=$1 bad=0 obj section name

	for obj in $(objects "$floor"); do
		while read -r section name; do
			echo "$obj: $name is a variable in $section"
			bad=1
		done < <(objdump -t "$obj" | awk '
			NF > 4 && $(NF-2) ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ &&
			$(NF-2) !~ /^\.data\.rel\.ro/ &&
			$(NF-1) !~ /^0+$/ { print $(NF-2), $NF }')
	done
	if [ $bad = 0 ]; then
		pass "floors: state of $floor"
	else
		fail "floors: state of $floor" "variables outlive the call, see above"
	fi
}

for f in base proto core io relay ctl; do
	check_includes "$f"
done
if check_built; then
	check_calls base "$pure $heap"
	check_calls proto "$pure" base
	check_calls core "$pure $heap" base proto
	for f in base proto core; do
		check_state "$f"
	done
fi
tally
