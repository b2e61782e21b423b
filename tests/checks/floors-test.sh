#!/bin/bash
# Proves that tests/checks/floors.sh can fail: each case below is one violation in a
# small tree of its own, and floors.sh must name it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tally.sh"

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# users MODULE OTHER: makes a MODULE.c that includes OTHER.h.
users() {
	printf '#include "relay/%s.h"\n' "$1" "$2" > "relay/$1.c"
}

make_clean() {
	mkdir -p relay/{base,proto,core/{conf,relay4,relay6},io,ctl,path,tend} \
		include/{base,proto,core/{conf,relay4},io,relay/{path,tend}}
	touch include/core/relay4/plan.h include/relay/{path/{a,b},tend/{c,d}}.h
	users path/a path/b
	users path/b path/b
	users tend/c path/a
	users tend/d tend/c
	echo 'int low(int);' > include/base/low.h
	echo 'int high(int);' > include/core/conf/high.h
	cat > relay/base/low.c <<-END
	#include <string.h>
	#include "base/low.h"
	static const char *const names[] = { "a", "bb" };
	int low(int i) { return (int)strlen(names[i & 1]); }
	END
	compile relay/base/low.c
	cat > relay/tend/there.c <<-END
	int back(int);
	int there(int i) { return back(i); }
	END
	compile relay/tend/there.c
}

compile() {
	mkdir -p "build/${1%/*}"
	gcc -O2 -fPIE -Iinclude -c -o "build/${1%.c}.o" "$1"
}

# tree FILE: makes the clean tree, and FILE from standard input.
tree() {
	rm -rf "$T/tree"
	cp -r "$T/clean" "$T/tree"
	cat > "$T/tree/$1"
	[ "$only" = includes ] || (cd "$T/tree" && compile "$1")
}

verdict() {
	ROOT=$T/tree BUILD=build ONLY=$only "$here/floors.sh" > "$T/out" 2>&1
}

# refused NAME FILE PATTERN: floors.sh fails, and a line of its output matches.
refused() {
	if ! tree "$2"; then
		fail "floors-test: $1" "the example does not compile"
	elif verdict; then
		fail "floors-test: $1" "floors.sh accepted it"
	elif ! grep -q -e "$3" "$T/out"; then
		cat "$T/out"
		fail "floors-test: $1" "no line with '$3' above"
	else
		pass "floors-test: $1"
	fi
}

accepted() {
	if tree "$2" && verdict; then
		pass "floors-test: $1"
	else
		cat "$T/out"
		fail "floors-test: $1" "refused, see above"
	fi
}

only=
mkdir "$T/clean"
(cd "$T/clean" && make_clean) || exit 1
accepted "a clean tree" relay/core/conf/x.c <<'END'
#include <stdlib.h>
#include "core/conf/high.h"
#include "base/low.h"
int high(int i) { free(malloc((size_t)i)); return low(i); }
END
only=includes
refused "include upwards" relay/base/x.c 'base must not include "core/conf/high.h"' <<'END'
#include "core/conf/high.h"
int x(void) { return 1; }
END
refused "include upwards from a header" include/base/x.h 'include/base/x.h:1' <<'END'
  #  include "core/conf/high.h"
END
refused "include without a floor" relay/io/x.c 'must not include "x.h"' <<'END'
#if 0
#include "x.h"
#endif
END
refused "pxrelayctl sees io" relay/ctl/x.c 'ctl must not include "io/high.h"' <<'END'
#include "io/high.h"
END
refused "wing to its right" include/core/conf/x.h \
	'core/conf must not include "core/relay4/plan.h"' <<'END'
#include "core/relay4/plan.h"
END
refused "wing beside it" relay/core/relay6/x.c \
	'core/relay6 must not include "core/relay4/plan.h"' <<'END'
#include "core/relay4/plan.h"
int x(void) { return 1; }
END
accepted "wing to its left" relay/core/relay6/x.c <<'END'
#include "core/conf/high.h"
int x(void) { return 1; }
END
refused "core without a wing" relay/core/x.c 'not in one of .* relay/core/x.c' <<'END'
int x(void) { return 1; }
END
refused "circle across folders" relay/path/b.c \
	'circle of includes: .*tend/c' <<'END'
#include "relay/tend/c.h"
END
refused "circle inside a folder" relay/tend/c.c 'circle of includes: .*tend/d' <<'END'
#include "relay/tend/d.h"
END
only=
refused "call upwards" relay/proto/x.c 'proto must not call high' <<'END'
int high(int);
int x(void) { return high(1); }
END
refused "system call" relay/core/conf/x.c 'core must not call sendto' <<'END'
#include <sys/socket.h>
long x(int fd) { return sendto(fd, "", 1, 0, 0, 0); }
END
refused "clock" relay/base/x.c 'base must not call clock_gettime' <<'END'
#include <time.h>
long x(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec; }
END
refused "environment" relay/base/x.c 'base must not call getenv' <<'END'
#include <stdlib.h>
char *x(void) { return getenv("X"); }
END
refused "heap in proto" relay/proto/x.c 'proto must not call malloc' <<'END'
#include <stdlib.h>
void *x(void) { return malloc(3); }
END
refused "file static" relay/core/conf/x.c 'count.* is a variable in .bss' <<'END'
int x(void) { static int count; return ++count; }
END
refused "initialised file static" relay/proto/x.c 'last is a variable in .data' <<'END'
static int last = 4;
int x(int i) { int o = last; last = i; return o; }
END
refused "writable table of pointers" relay/base/x.c 'words is a variable in .data' <<'END'
const char *words[] = { "a", "b" };
END
refused "thread-local state" relay/base/x.c 'tls is a variable in .tbss' <<'END'
_Thread_local int tls;
END
refused "calls in a circle" relay/path/x.c 'circle of calls.*tend/there' <<'END'
int there(int);
int back(int i) { return there(i); }
END
tally
