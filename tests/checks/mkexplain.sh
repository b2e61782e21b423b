#!/bin/bash
# Writes pxrelay-explain(7) from the rows of include/core/story/explain.def:
#
#	tests/checks/mkexplain.sh > man/pxrelay-explain.7
#
# tests/checks/docs.sh holds the committed page against this.
set -eu

cat <<'END'
.\" SPDX-License-Identifier: ISC
.\" Made by tests/checks/mkexplain.sh from include/core/story/explain.def: change that.
.Dd November 21, 2026
.Dt PXRELAY-EXPLAIN 7
.Os
.Sh NAME
.Nm pxrelay-explain
.Nd what a network boot comes to, and what to do about it
.Sh DESCRIPTION
.Xr pxrelayd 8
sees both sides of every boot: what the machine asks, what the servers say, and,
where it is the router, port 4011 and the beginning of TFTP.
.Ql pxrelayctl explain MAC
shows it, and one of the verdicts below: the first one, in their order here, that
is true of the conversation.
What else is worth knowing, though it did not decide, stands behind
.Dq also :
a rogue server that the machine did not listen to, servers that disagree, a
second relay.
Where another host is the router, or the boot server is on the machine's own network, nobody
sees what they say to each other: a machine that has an address and was told from where to boot is
.Ql leased
then.
A conversation begins with a DISCOVER of a new transaction, or behind a REQUEST for an
old address, or with the first message after two minutes of silence.
.Pp
The words are the same in
.Ql show clients ,
.Ql show boots
and
.Fl -json ,
and do not change.
.Pp
.Dq Screen
is what the machine's firmware shows then; the numbers are those of Intel's PXE
ROMs and their descendants, and of UEFI.
Other firmware may show less.
.Sh VERDICTS
.Bl -tag -width Ds
END

# A row is EXPLAIN(ID, "code", "firmware", "sentence", "cause", "cure"), over
# several lines; it ends in the line that ends in a parenthesis.
awk '
function strings(s,   n) {
	while (match(s, /"([^"\\]|\\.)*"/)) {
		f[++n] = substr(s, RSTART + 1, RLENGTH - 2)
		s = substr(s, RSTART + RLENGTH)
		gsub(/\\"/, "\"", f[n])
		gsub(/\\\\/, "\\e", f[n])
		sub(/^[.'\'']/, "\\\\\\&&", f[n])
	}
	return n
}
function item(what, text) {
	printf ".Pp\n%s:\n%s\n", what, text
}
/^EXPLAIN\(/	{ row = "" ; inside = 1 }
inside		{ row = row " " $0 }
inside && /\)$/	{
	inside = 0
	if (strings(row) != 5) {
		print "mkexplain.sh: not five strings:" row > "/dev/stderr"
		exit 1
	}
	printf ".It Li %s\n%s\n", f[1], f[3]
	item("Cause", f[4])
	item("Cure", f[5])
	if (f[2] != "-")
		item("Screen", f[2] ".")
}
' "${1:-include/core/story/explain.def}"

cat <<'END'
.El
.Sh EXAMPLES
.Dl $ pxrelayctl show boots
.Dl $ pxrelayctl explain 52:54:00:12:34:56
.Sh SEE ALSO
.Xr pxrelay.conf 5 ,
.Xr pxrelayctl 8 ,
.Xr pxrelayd 8
END
