#!/bin/bash
# t6-boot-step.sh: EDK2's REQUEST to ff02::1:2, port 4011, reaches the boot server from our
# address and port 4011, unchanged; its REPLY reaches the machine, at the port that it asked
# from, from our link-local address and port 4011. Nobody else's does.

. "$(dirname "$0")/../../topo/topo-vlans6.sh"
need_pxrelayd

# step [KEY=VALUE...]: the machine's question; the answer is in A.
step6()
{
	A=()
	ask cl10 type=request dport=4011 sport=4011 port=4011 opt=61:0007 \
		opt=16:00000157000a505845436c69656e74 "$@"
}

topo_vlans6
start_step6 srv1 "tftp://[$SRV1_6]/boot.efi"
start_relay <<END
[relay]
control = $CTL
[rule x64]
arch = uefi-x64
boot = $SRV1_6
[interface vlan10]
dhcp = $SRV1_6
[interface vlan20]
dhcp = $SRV1_6
END

step6 xid=5
expect_eq "the machine has the REPLY" "${A[type]} ${A[xid]}" "reply 0x000005"
expect_eq "... from port 4011 and a link-local address" "${A[src]} ${A[sport]}" "$RTR10_LL 4011"
expect "the server was asked by us, from port 4011" \
	grep -q "^request $UP6:1 4011 03000005" "$T/step6.log"
expect_eq "counted" "$(relay_counter6 4011-requests 4011-relayed 4011-replies)" 3
refuses "no boot server is for that architecture" no-boot-server cl10 dport=4011 type=request
refuses "a SOLICIT there" bad-type cl10 dport=4011 opt=61:0007
refuses "our own address" bad-source cl10 dport=4011 type=request src=$RTR10_LL
all_refused
expect_eq "the server was asked once" "$(grep -c ^request "$T/step6.log")" 1
# A host that is no server knows the machine's DUID, and says where to boot from.
"$PYTHON" - "$T/step6.log" >"$T/forged" <<'END'
import sys
line = [w for w in open(sys.argv[1]) if w.startswith("request")][-1].split()[3]
print("07" + line[2:])
END
before=$(drops6)
ns srv2 "$PYTHON" -c '
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 4011))
s.sendto(bytes.fromhex(sys.argv[1]), (sys.argv[2], 4011))' "$(cat "$T/forged")" "$UP6:1"
expect "an unasked REPLY is dropped" wait_for 3 eval '[ "$(drops6)" -gt "$before" ]'
