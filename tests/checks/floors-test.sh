#!/bin/bash
# Proves that tests/checks/floors.sh can fail: each case below is one violation in a
# small tree of its own, and floors.sh has to name it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tally.sh"

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# tree FILE: the source on standard input is the one suspect.
tree() {
	rm -rf "${T:?}"/*
	mkdir -p "$T"/relay/{base,proto,core,io,ctl} \
		"$T"/include/{base,proto,core,io,relay}
	cat > "$T/include/base/low.h" <<-END
	int low(int);
	END
	cat > "$T/include/core/high.h" <<-END
	int high(int);
	END
	cat > "$T/relay/base/low.c" <<-END
	#include <string.h>
	#include "base/low.h"
	static const char *const names[] = { "a", "bb" };
	int low(int i) { return (int)strlen(names[i & 1]); }
	END
	cat > "$T/$1"
	(cd "$T" && for c in relay/*/*.c; do
		mkdir -p "build/${c%/*}"
		gcc -O2 -fPIE -Iinclude -c -o "build/${c%.c}.o" "$c" || exit 1
	done)
}

verdict() {
	ROOT=$T BUILD=build "$here/floors.sh" > "$T/out" 2>&1
}

# refused NAME FILE PATTERN: fails, and says so in a line with PATTERN.
refused() {
	if ! tree "$2"; then
		fail "floors-test: $1" "the example does not compile"
	elif verdict; then
		fail "floors-test: $1" "floors.sh let it through"
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

accepted "a clean tree" relay/core/x.c <<'END'
#include <stdlib.h>
#include "core/high.h"
#include "base/low.h"
int high(int i) { free(malloc((size_t)i)); return low(i); }
END
refused "include upwards" relay/base/x.c 'base must not include "core/high.h"' <<'END'
#include "core/high.h"
int x(void) { return 1; }
END
refused "include upwards from a header" include/base/x.h 'include/base/x.h:1' <<'END'
  #  include "core/high.h"
END
refused "include without a floor" relay/io/x.c 'must not include "x.h"' <<'END'
#if 0
#include "x.h"
#endif
END
refused "pxrelayctl sees core" relay/ctl/x.c 'ctl must not include "core/high.h"' <<'END'
#include "core/high.h"
END
refused "call upwards" relay/proto/x.c 'proto must not call high' <<'END'
int high(int);
int x(void) { return high(1); }
END
refused "system call" relay/core/x.c 'core must not call sendto' <<'END'
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
refused "file static" relay/core/x.c 'count.* is a variable in .bss' <<'END'
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
tally
