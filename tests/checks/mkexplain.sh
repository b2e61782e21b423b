#!/bin/bash
# Writes pxrelay-explain(7) from the rows of include/core/story/explain.def:
#
#	tests/checks/mkexplain.sh > man/pxrelay-explain.7
#
# tests/checks/docs.sh compares the committed page with its output.
set -eu

cat <<'END'
.\" SPDX-License-Identifier: ISC
.\" Made by tests/checks/mkexplain.sh from include/core/story/explain.def: edit those.
.Dd November 21, 2026
.Dt PXRELAY-EXPLAIN 7
.Os
.Sh NAME
.Nm pxrelay-explain
.Nd verdicts on a network boot, and what to do about each
.Sh DESCRIPTION
.Xr pxrelayd 8
sees both sides of every boot: the machine's requests, the servers' replies and,
where it is the router, port 4011 and the beginning of TFTP.
.Ql pxrelayctl explain MAC
shows it, with one of the verdicts below: the first one, in this order, that is true of
the conversation.
Other verdicts that are true and worth knowing follow after
.Dq also :
a rogue server that the machine ignored, servers that disagree, a second relay.
If another host is the machine's router, or the boot server is on the machine's own
network, their packets do not pass the relay; a machine that has an address and was told
where to boot from then counts as
.Ql leased .
A conversation begins with a DISCOVER that has a new transaction id or follows a REQUEST
for an old address, with a SOLICIT that has a new transaction id, or with the first message
after two minutes of silence.
.Pp
What a machine says in DHCPv4 and in DHCPv6 is one conversation.
Each family has a verdict, and the machine has that of the family by which it wants to boot;
if that is both, or none, a success counts more than a failure.
What failed in the other family follows after
.Dq also .
What becomes of a file after its first packets only
.Ql pxrelayctl explain FILE
knows
.Pq Li large-blocks-lost , tftp-block0 , transfer-stuck , http-not-found , http-error .
DHCPv6 messages behind another relay are the machine's if that relay adds its hardware
address (option 79) or the machine's DUID has it.
.Pp
The words are the same in
.Ql show clients ,
.Ql show boots
and
.Fl -json ,
and do not change.
.Pp
.Dq Screen
is what the machine's firmware shows; the codes are those of Intel's PXE ROMs, of their
descendants, and of UEFI.
Other firmware may show less.
.Sh VERDICTS
.Bl -tag -width Ds
END

# A row of explain.def covers several lines and ends with a parenthesis at the end of a
# line. Its five strings are code, firmware, sentence, cause and cure.
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
