#!/bin/bash
# Proves that tests/checks/docs.sh can fail: it accepts a small set of tables and pages
# that agree, and names each disagreement between them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tally.sh"

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

tables() {
	rm -rf "${T:?}"/*
	mkdir -p "$T"/include/core/{conf,server,story} "$T/include/proto" "$T/include/io" "$T/man"
	cat > "$T/include/core/conf/confkey.def" <<-'END'
	KEY(relay, "max-hops", "a sentence with \"quotes\"")
	KEY(interface, "dhcp", "the group")
	KEY(interface, "boot", "the group")
	END
	echo 'DROP(SHORT,	"short",	"too short")' \
		> "$T/include/proto/drop.def"
	echo 'COUNTER(REPLIES, EACH, "replies-relayed", "delivered")' \
		> "$T/include/proto/counter.def"
	echo 'DIAG(REPLY, "reply", "it answered")' > "$T/include/core/server/diag.def"
	echo 'FINDING(LATE, "late", "it was late")' > "$T/include/proto/finding.def"
	echo 'CALL(read,	"read",	P,	ANY,	"reading")' > "$T/include/io/syscall.def"
	echo 'EXPLAIN(LOOP, "loop", "PXE-E51", "Round.", "Two.", "Break it.")' \
		> "$T/include/core/story/explain.def"
	"$here/mkexplain.sh" "$T/include/core/story/explain.def" \
		> "$T/man/pxrelay-explain.7"
	mkdir -p "$T/relay/core"
	touch "$T/relay/main.c" "$T/relay/core/conf_path.c"
	echo '`main` and `conf`.' > "$T/relay/README.md"
	mkdir -p "$T/conf/examples"
	cat > "$T/conf/examples/full.conf" <<-'END'
	[relay]
	max-hops = 16
	[interface vlan*]
	dhcp = a
	boot = b
	END
	cat > "$T/man/pxrelay.conf.5" <<-'END'
	.SH KEYS
	.TP
	.BI "max\-hops = " NUMBER
	How far.
	.TP
	.BR dhcp ", " boot " = \fIGROUP\fR"
	Where to.
	.EX
	[interface vlan10]
	dhcp = a, b
	.EE
	END
	cat > "$T/man/pxrelayctl.8" <<-'END'
	.SH FINDINGS
	.TP
	.B late
	It was late.
	.SH SYSTEM CALLS
	.TP
	.B read
	Reading.
	.SH DROP REASONS
	.TP
	.B short
	Too short.
	.SH COUNTERS
	.TS
	l l.
	\fBreplies\-relayed\fR	delivered
	.TE
	.SH DIAGNOSES
	.TP
	.B reply
	It answered.
	END
}

verdict() {
	ROOT=$T "$here/docs.sh" > "$T/out" 2>&1
}

# out_of_step NAME PATTERN: the caller has changed the files; docs.sh must fail with a
# line that matches.
out_of_step() {
	if verdict; then
		fail "docs-test: $1" "docs.sh accepted it"
	elif ! grep -q -e "$2" "$T/out"; then
		cat "$T/out"
		fail "docs-test: $1" "no line with '$2' above"
	else
		pass "docs-test: $1"
	fi
}

tables
if verdict; then
	pass "docs-test: in step"
else
	cat "$T/out"
	fail "docs-test: in step" "refused, see above"
fi
tables
echo 'KEY(relay, "log", "where to")' >> "$T/include/core/conf/confkey.def"
out_of_step "a key without a page" "FAIL.* log"
tables
sed -i '/"boot"/d' "$T/include/core/conf/confkey.def"
out_of_step "a page without the key" "FAIL.* boot"
tables
sed -i 's/^dhcp = a/dhpc = a/' "$T/man/pxrelay.conf.5"
out_of_step "a mistyped key in an example" "FAIL.* dhpc"
tables
sed -i 's/^boot/[rule x]\n&/' "$T/conf/examples/full.conf"
out_of_step "a key that conf/examples/full.conf does not show" "FAIL.* interface boot"
tables
echo 'DROP(HOPS, "hops", "too many")' >> "$T/include/proto/drop.def"
out_of_step "a drop reason without a page" "FAIL.* hops"
tables
printf '.SH DROP REASONS\n.TP\n.B long\nToo long.\n' >> "$T/man/pxrelayctl.8"
out_of_step "a page with an unknown drop reason" "FAIL.* long"
tables
echo 'COUNTER(REQUESTS, EACH, "requests", "received")' >> "$T/include/proto/counter.def"
out_of_step "a counter without a page" "FAIL.* requests"
tables
echo 'DIAG(ARP, "arp-timeout", "silent")' >> "$T/include/core/server/diag.def"
out_of_step "a diagnosis without a page" "FAIL.* arp-timeout"
tables
echo 'CALL(write, "write", P, ANY, "writing")' >> "$T/include/io/syscall.def"
out_of_step "a system call without a page" "FAIL.* write"
tables
printf '.SH SYSTEM CALLS\n.TP\n.B execve\nAll.\n' >> "$T/man/pxrelayctl.8"
out_of_step "a page with a system call that is not allowed" "FAIL.* execve"
tables
sed -i 's/Break/Mend/' "$T/include/core/story/explain.def"
out_of_step "a cure that the page does not have" "FAIL.*pxrelay-explain.7"
tables
touch "$T/relay/core/pace.c"
out_of_step "a file that the README does not name" "FAIL.* relay/core/pace.c"
tables
rm "$T/man/pxrelay.conf.5"
out_of_step "no pxrelay.conf(5)" "FAIL.* no man/pxrelay.conf.5"
tally
