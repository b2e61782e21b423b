#!/bin/bash
# t-reload-pieces.sh: the configuration is in pieces, which are added, broken, mended and
# removed while the sandboxed relay runs. Each reload takes all files or none, and a refusal
# prints the file and the line; an editor's leftovers are not read.

. "$(dirname "$0")/../../topo/topo-vlans.sh"
need_pxrelayd

D=$T/conf.d

# piece NAME LINE...: writes a piece whole.
piece()
{
	local name=$1

	shift
	printf '%s\n' "$@" >"$T/piece" && mv "$T/piece" "$D/$name"
}

# served CLIENT ANSWERS WHAT
served()
{
	ask "$1" wait=$((1 + 2 * $2))
	expect_eq "$3" "${A[answers]}" "$2"
}

# refused MISTAKE WHAT: pxrelayctl reload fails and prints that line.
refused()
{
	local before

	before=$(relay_counter reloads-refused)
	expect_not "$2: refused" eval 'ctl reload >"$T/ctl.log" 2>&1'
	expect "$2: pxrelayctl says where" grep -q "^$1" "$T/ctl.log"
	expect_eq "$2: counted" "$(relay_counter reloads-refused)" $((before + 1))
}

topo_vlans
fake srv1
mkdir "$D"
piece 10-vlan10.conf "[interface vlan10]" "servers = $SRV1"
# What an editor leaves behind would be a mistake, if it were read.
piece 10-vlan10.conf~ "[interface vlan10]" "rubbish"
piece .#10-vlan10.conf "rubbish"
start_relay <<-END
	[relay]
	control = $CTL
	client-rate = off
	include = conf.d/*.conf
END
expect "it runs in the sandbox" logged relay "privileges .*sandbox=on"
served cl10 1 "a piece is read at the start"
served cl20 0 "VLAN 20 has none"

piece 20-vlan20.conf "" "[interface vlan30, vlan2?]" "servers = $SRV1"
expect "pxrelayctl reload" ctl reload
served cl20 1 "a piece is added, for the second pattern of its heading"

piece 20-vlan20.conf "[interface vlan30]" "servers = $SRV1" "trust = perhaps"
refused "$D/20-vlan20.conf:3: trust = perhaps: expected" "a mistake in a piece"
expect "the log has file and line" logged relay \
	"config-mistake file=\"$D/20-vlan20.conf\" line=3 text=\"trust = perhaps"
served cl20 1 "the pieces of before apply"
piece 20-vlan20.conf "[relay]" "include = *.conf"
refused "$D/20-vlan20.conf:2: include: .*has been read already" "a loop"
rm "$D/20-vlan20.conf"
mkdir "$D/20-vlan20.conf"
refused "$T/relay.conf:4: include: .*Is a directory" "a piece that is a directory"
rmdir "$D/20-vlan20.conf"
mkfifo "$D/20-vlan20.conf"
refused "$T/relay.conf:4: include: .*cannot be read: .*pipe" "a piece that is a pipe"
rm "$D/20-vlan20.conf"
ln -s nowhere "$D/20-vlan20.conf"
refused "$T/relay.conf:4: include: .*No such file" "a link to nothing"
rm "$D/20-vlan20.conf"
served cl20 1 "the pieces of before apply"

piece 20-vlans.conf "[interface vlan*]" "servers = $SRV1" "[interface vlan20]" "relay = off"
expect "pxrelayctl reload" ctl reload
served cl20 0 "relay = off leaves VLAN 20 out"
piece 20-vlans.conf "[interface vlan*]" "servers = $SRV1"
expect "pxrelayctl reload" ctl reload
served cl20 1 "without it VLAN 20 is served"

rm "$D"/*.conf
refused "$T/relay.conf: nothing to do" "no piece is left"
served cl20 1 "the pieces of before apply"
piece 10-vlan10.conf "[interface vlan10]" "servers = $SRV1"
expect "pxrelayctl reload" ctl reload
served cl20 0 "VLAN 20 went with its piece"
served cl10 1 "VLAN 10 is served"
