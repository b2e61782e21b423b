#!/bin/bash
# Proves that dependencies go in one direction (relay/README.md has the picture):
#
#   floors     base <- proto <- core <- io <- relay; base, proto, core <- doc <- relay, relay/ctl
#   core       conf <- iface <- server <- relay4 <- story <- doctor
#
# 1. Includes, by grep: every #include "..." names a floor that the file may see,
#    and inside core a wing that it may see.
# 2. Circles, by grep: no modules (a .c file with its header) include each other in a
#    circle.
# 3. Calls, by nm: every function that the objects of base, proto and core call is
#    of their own or a lower floor, or one of the C library functions listed below,
#    which make no system call, read no clock and keep no state. If you need another
#    such function, add it to the list.
# 4. State, by objdump: none of these objects has a writable variable.
# 5. Circles, by nm: no files of the top floor call each other in a circle. Includes
#    cannot show it, because the files of a room share its header.
#
# The objects are those of an optimised build: BUILD, by default build/clang as
# tests/check.sh makes it (gcc's are not machine code yet, with link-time
# optimisation). ONLY=includes stops after 1 and 2, which need no build. ROOT is for
# tests/checks/floors-test.sh.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tally.sh"
cd "${ROOT:-$here/../..}" || exit 1
build=${BUILD:-build/clang}
export LC_ALL=C

pure='memcpy memmove memset memcmp memchr memrchr memmem mempcpy explicit_bzero
strlen strnlen strcmp strncmp strcasecmp strncasecmp strchr strchrnul strrchr
bcmp strstr strcasestr strspn strcspn strpbrk strsep strtok_r strcpy strncpy stpcpy
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
# Tables are allocated once, at full size; proto has none.
heap='malloc calloc realloc reallocarray free strdup strndup qsort'

# What a floor, or a wing of core, may include: folders, or a header alone.
floor_sees() {
	case $1 in
	base)	echo base ;;
	proto)	echo base proto ;;
	core)	echo base proto core ;;
	io)	echo base proto core io ;;
	doc)	echo base proto core doc ;;
	relay)	echo base proto core io doc relay ;;
	ctl)	echo base proto core doc ctl io/sandbox.h io/conftree.h io/netlink.h ;;
	esac
}

wings='conf iface server relay4 relay6 story doctor'
wing_sees() {
	case $1 in
	conf)	echo conf ;;
	iface)	echo conf iface ;;
	server)	echo conf iface server ;;
	relay4)	echo conf iface server relay4 ;;
	relay6)	echo conf iface server relay6 ;;
	story)	echo conf iface server relay4 relay6 story ;;
	doctor)	echo conf iface server relay4 relay6 story doctor ;;
	esac
}

# list FOLDER...: the sources below relay/FOLDER and include/FOLDER
list() {
	find "${@/#/relay/}" "${@/#/include/}" \( -name '*.[ch]' -o -name '*.def' \) 2>/dev/null
}

# "OWNER FILE LINE PATH" for every #include "PATH". OWNER is the floor, and in core also
# the wing (core/conf). Read once: the checks below only look at it.
includes=$(find relay include \( -name '*.[ch]' -o -name '*.def' \) -print0 |
	xargs -0r grep -nH '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' |
	sed -n 's/^\([^:]*\):\([0-9]*\):[^"]*"\([^"]*\)".*/\1 \2 \3/p' |
	awk '{
		n = split($1, part, "/")
		owner = part[2]
		if (owner !~ /^(base|proto|core|io|doc|ctl)$/)
			owner = "relay"
		if (owner == "core" && n > 3)
			owner = "core/" part[3]
		print owner, $0
	}')

# check_includes OWNER ALLOWED [PREFIX]: the first folder of everything that OWNER's files
# include (below PREFIX, if given) must be an allowed one.
check_includes() {
	local name=$1 allowed=$2 prefix=${3:-} bad=0 owner file line to below

	while read -r owner file line to; do
		below=${to#"$prefix"}
		if [ "$owner" != "$name" ] && [ "${owner%%/*}" != "$name" ]; then
			continue
		elif [ -n "$prefix" ] && [ "$below" = "$to" ]; then
			continue
		elif [[ " $allowed " != *" ${below%%/*} "* && " $allowed " != *" $to "* ]]; then
			echo "$file:$line: $name must not include \"$to\""
			bad=1
		fi
	done <<<"$includes"
	if [ $bad = 0 ]; then
		pass "floors: includes of $name"
	else
		fail "floors: includes of $name" "against the direction, see above"
	fi
}

check_wings() {
	local w file stray=

	for w in $wings; do
		check_includes "core/$w" "$(wing_sees "$w")" core/
	done
	for file in $(list core); do
		w=${file#*core/}
		[[ $w == */* && " $wings " == *" ${w%%/*} "* ]] || stray+=" $file"
	done
	if [ -z "$stray" ]; then
		pass "floors: each file of core is in a wing"
	else
		fail "floors: each file of core is in a wing" "not in one of $wings:$stray"
	fi
}

# circles: reads "FROM TO" lines and prints the groups of names that reach each other, one
# group a line.
circles() {
	awk '
	$1 != $2 { name[$1]; name[$2]; reach[$1, $2] = 1 }
	END {
		for (k in name) for (i in name) if ((i, k) in reach)
			for (j in name) if ((k, j) in reach)
				reach[i, j] = 1
		for (i in name) if (!(i in done) && (i, i) in reach) {
			line = ""
			for (j in name) if ((i, j) in reach && (j, i) in reach) {
				done[j] = 1
				line = line " " j
			}
			print substr(line, 2)
		}
	}'
}

# no_circles WHAT: the edges on standard input must have no circles.
no_circles() {
	local found

	found=$(circles)
	if [ -z "$found" ]; then
		pass "floors: no circle of $1"
	else
		sed "s/^/circle of $1: /" <<<"$found"
		fail "floors: no circle of $1" "see above"
	fi
}

# "MODULE MODULE" for each include of another module's header. A header without a .c file,
# such as the one with struct daemon, is not a module.
module_includes() {
	{
		find relay -name '*.c' | sed -e 's|^relay/||' -e 's/\.c$//' -e 's/^/module /'
		sed 's/^[^ ]* //' <<<"$includes" | sed -e 's|^include/relay/||' \
			-e 's|^include/||' -e 's|^relay/||' -e 's/\.\(c\|h\|def\) [0-9]* / /' \
			-e 's| relay/| |' -e 's/\.h$//'
	} | awk '
	$1 == "module"	{ module[$2]; next }
	$1 in module && $2 in module { print }'
}

# "FILE FILE" for each call from one file of the top floor to another.
top_calls() {
	find "$build/relay" -name '*.o' | grep -vE "^$build/relay/(base|proto|core|io|doc|ctl)/" |
		while read -r obj; do
			nm -g "$obj" | awk -v file="${obj#"$build/relay/"}" '
				NF == 3 { print "defines", file, $3 }
				NF == 2 { print "calls", file, $2 }'
		done | sort -r | awk '
		$1 == "defines"	{ owner[$3] = $2; next }
		$3 in owner	{ print $2, owner[$3] }'
}

objects() {
	local f

	for f in "$@"; do
		find "$build/relay/$f" -name '*.o' 2>/dev/null
	done
}

# A missing object must not look like one without violations.
check_built() {
	local c

	for c in $(list base proto core | grep '\.c$'); do
		if [ ! -e "$build/${c%.c}.o" ]; then
			fail "floors: objects" "$build/${c%.c}.o was not built"
			return 1
		fi
	done
}

# check_calls FLOOR ALLOWED-FUNCTIONS LOWER-FLOORS...
check_calls() {
	local floor=$1 allowed=$2 bad=0 obj sym known
	shift 2

	known=$( (tr -s ' \n\t' '\n' <<<"$allowed"
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

# .data.rel.ro holds constant tables of pointers: the dynamic linker writes them
# once, then they are read-only.
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
		fail "floors: state of $floor" "there are writable variables, see above"
	fi
}

for f in base proto core doc io relay ctl; do
	check_includes "$f" "$(floor_sees "$f")"
done
check_wings
no_circles includes < <(module_includes)
if [ "${ONLY:-}" != includes ] && check_built; then
	check_calls base "$pure $heap"
	check_calls proto "$pure" base
	check_calls core "$pure $heap" base proto
	for f in base proto core; do
		check_state "$f"
	done
	no_circles "calls in the top floor" < <(top_calls)
fi
tally
