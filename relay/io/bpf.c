/* SPDX-License-Identifier: ISC
 *
 * bpf - writes our sockets' classic BPF programs, instruction by instruction.
 *
 * They run in the kernel for every packet that the router receives or forwards,
 * so the tests that most packets fail come first: broadcast? UDP? In IPv6: to
 * the group? Only headers are examined; proto/ checks the content. A load beyond the end
 * of a packet ends the program with 0, which refuses runts.
 *
 * Jump offsets have 8 bits, and port lists may be long. So a conditional jump
 * skips at most a few instructions, each port has its own `ret`, and the only
 * long jump is `ja`, whose offset has 32 bits. The JIT compiler makes this no
 * slower, and a reader sees at a glance where a packet ends.
 */
#include "io/bpf.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#define ACCEPT		0xffffu		/* bytes: the largest packet */
#define REFUSE		0u
#define PKTTYPE		((uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))

/* Offsets in the IPv4 header; UDP's count from its end (x). */
#define IP_VERSION_IHL	0u
#define IP_FRAGMENT	6u		/* flags and offset */
#define IP_MF_OFFSET	0x3fffu		/* more fragments, or not the first */
#define IP_PROTO	9u
#define UDP_SPORT	0u
#define UDP_DPORT	2u
#define UDP_LENGTH	4u
#define UDP_DATA	8u
/* ICMP's also count from x; the quoted IP header must have no options. */
#define ICMP_TYPE	0u
#define ICMP_QUOTE	8u
#define QUOTED_PROTO	(ICMP_QUOTE + IP_PROTO)
#define QUOTED_DPORT	(ICMP_QUOTE + 20u + UDP_DPORT)
#define TFTP_ERROR_MAX	520u	/* header, opcode, code and text */

/* Offsets in the IPv6 header, and in the one after it. */
#define IP6_NEXT	6u
#define IP6_DST		24u
#define UDP6_DPORT	42u
#define EXT_NEXT	40u

/* Each port takes a test and a `ret`; watched ones are compared twice. */
_Static_assert(2 * RING_PORTS_MAX + 4 * RING_WATCH_MAX + 100 <= BPF_MAX,
    "programs fit");

struct asmb {
	struct sock_filter *prog;
	size_t n;
};

static void
op(struct asmb *a, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	a->prog[a->n++] = (struct sock_filter){ code, jt, jf, k };
}

#define LD_W	(BPF_LD | BPF_W | BPF_ABS)
#define LD_H	(BPF_LD | BPF_H | BPF_ABS)
#define LD_B	(BPF_LD | BPF_B | BPF_ABS)
#define LD_HX	(BPF_LD | BPF_H | BPF_IND)
#define LD_BX	(BPF_LD | BPF_B | BPF_IND)
#define LDX_IHL	(BPF_LDX | BPF_B | BPF_MSH)
#define AND	(BPF_ALU | BPF_AND | BPF_K)
#define JEQ	(BPF_JMP | BPF_JEQ | BPF_K)
#define LD_WX	(BPF_LD | BPF_W | BPF_IND)
#define JGT	(BPF_JMP | BPF_JGT | BPF_K)
#define JGE	(BPF_JMP | BPF_JGE | BPF_K)
#define JSET	(BPF_JMP | BPF_JSET | BPF_K)
#define JA	(BPF_JMP | BPF_JA)
#define RET	(BPF_RET | BPF_K)

/* Ends with the verdict for a fragment; otherwise x = the IP header's
 * length. */
static void
only_whole(struct asmb *a, uint32_t verdict)
{
	op(a, LD_H, 0, 0, IP_FRAGMENT);		/* a = flags, offset          */
	op(a, JSET, 0, 1, IP_MF_OFFSET);	/* fragment? else over        */
	op(a, RET, 0, 0, verdict);		/*   yes                      */
	op(a, LDX_IHL, 0, 0, IP_VERSION_IHL);	/* x = 4 * (ip[0] & 15)       */
}

/* Refuses all but IPv4 and UDP. The socket is bound for ETH_P_IP, but the
 * sender writes the version nibble. */
static void
only_udp4(struct asmb *a)
{
	op(a, LD_B, 0, 0, IP_VERSION_IHL);	/* a = ip[0]                  */
	op(a, AND, 0, 0, 0xf0);			/* a = version << 4           */
	op(a, JEQ, 1, 0, 0x40);			/* 4? over the next           */
	op(a, RET, 0, 0, REFUSE);		/*   no: not IPv4             */
	op(a, LD_B, 0, 0, IP_PROTO);		/* a = protocol               */
	op(a, JEQ, 1, 0, IPPROTO_UDP);		/* UDP? over the next         */
	op(a, RET, 0, 0, REFUSE);		/*   no                       */
}

/* Accepts if a, a loaded port, is in the list; otherwise continues. */
static void
accept_ports(struct asmb *a, const uint16_t *port, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		op(a, JEQ, 0, 1, port[i]);	/* a == port[i]? else over    */
		op(a, RET, 0, 0, ACCEPT);	/*   yes                      */
	}
}

/* Broadcast or multicast on the link. Fragments are accepted, but only to be
 * counted: real clients never fragment DHCP requests. */
static void
broadcast_part(struct asmb *a, const struct ring_filter *f)
{
	only_udp4(a);
	only_whole(a, ACCEPT);
	op(a, LD_HX, 0, 0, UDP_DPORT);		/* a = destination port       */
	accept_ports(a, f->port, f->n_port);	/* wanted: accepted           */
	op(a, RET, 0, 0, REFUSE);		/* some other protocol        */
}

/* TFTP servers and clients choose their ports (RFC 1350 4), so only the opcode
 * identifies an error. A short datagram that begins with 0, 5, 0 and a code up
 * to 8 is hardly anything else, and it is only observed. */
static void
accept_tftp_errors(struct asmb *a)
{
	op(a, LD_HX, 0, 0, UDP_LENGTH);		/* a = UDP length             */
	op(a, JGT, 4, 0, TFTP_ERROR_MAX);	/* long? over four            */
	op(a, LD_WX, 0, 0, UDP_DATA);		/* a = opcode, error code     */
	op(a, JGT, 2, 0, 0x00050008);		/* above error 8? over two    */
	op(a, JGE, 0, 1, 0x00050000);		/* an error? else over        */
	op(a, RET, 0, 0, ACCEPT);		/*   yes                      */
}

/* Refuses the packet unless the byte has this value. */
static void
only_byte(struct asmb *a, uint32_t at, uint32_t value)
{
	op(a, LD_BX, 0, 0, at);			/* a = that byte              */
	op(a, JEQ, 1, 0, value);		/* right? over the next       */
	op(a, RET, 0, 0, REFUSE);		/*   no                       */
}

/* ICMP errors about a server that is down. */
static void
unreachable_part(struct asmb *a, const struct ring_filter *f)
{
	only_whole(a, REFUSE);
	only_byte(a, ICMP_TYPE, ICMP_DEST_UNREACH);
	only_byte(a, ICMP_QUOTE, 0x45);		/* quotes IPv4, no options    */
	only_byte(a, QUOTED_PROTO, IPPROTO_UDP);
	op(a, LD_HX, 0, 0, QUOTED_DPORT);	/* a = destination port       */
	accept_ports(a, &f->unreachable, 1);	/* that one: accepted         */
	op(a, RET, 0, 0, REFUSE);		/* about something else       */
}

/* UDP to or from a watched port. */
static void
watched_part(struct asmb *a, const struct ring_filter *f)
{
	only_udp4(a);
	only_whole(a, REFUSE);
	op(a, LD_HX, 0, 0, UDP_DPORT);		/* a = destination port       */
	accept_ports(a, f->watch, f->n_watch);	/* watched: accepted          */
	op(a, LD_HX, 0, 0, UDP_SPORT);		/* a = source port            */
	accept_ports(a, f->watch, f->n_watch);	/* watched: accepted          */
	if (f->tftp_errors)
		accept_tftp_errors(a);
	op(a, RET, 0, 0, REFUSE);		/* transit, none of ours      */
}

/* Sent to this host's hardware address: only watched traffic, no fragments. */
static void
host_part(struct asmb *a, const struct ring_filter *f)
{
	size_t to_icmp;

	if (f->n_watch == 0) {
		op(a, RET, 0, 0, REFUSE);	/* no routed traffic          */
		return;
	}
	if (!f->unreachable) {
		watched_part(a, f);
		return;
	}
	op(a, LD_B, 0, 0, IP_PROTO);		/* a = protocol               */
	op(a, JEQ, 0, 1, IPPROTO_ICMP);		/* ICMP? else over            */
	to_icmp = a->n;
	op(a, JA, 0, 0, 0);			/*   yes: to unreachable_part */
	watched_part(a, f);
	a->prog[to_icmp].k = (uint32_t)(a->n - to_icmp - 1);
	unreachable_part(a, f);
}

/* No test accepts PACKET_OTHERHOST (the interface is promiscuous, or the
 * frame's VLAN does not exist here) and PACKET_OUTGOING. */
static void
requests4(struct asmb *a, const struct ring_filter *f)
{
	size_t to_host;

	op(a, LD_W, 0, 0, PKTTYPE);		/* a = packet type            */
	op(a, JEQ, 0, 1, PACKET_HOST);		/* to us alone? else over     */
	to_host = a->n;
	op(a, JA, 0, 0, 0);			/*   yes: to host_part        */
	op(a, JEQ, 2, 0, PACKET_BROADCAST);	/* broadcast? over two        */
	op(a, JEQ, 1, 0, PACKET_MULTICAST);	/* multicast? over the next   */
	op(a, RET, 0, 0, REFUSE);		/*   neither                  */
	broadcast_part(a, f);
	a->prog[to_host].k = (uint32_t)(a->n - to_host - 1);
	host_part(a, f);
}

/* Refuses what is not addressed to ff02::1:2. What routers forward differs from
 * it in the first word. */
static void
only_group6(struct asmb *a)
{
	static const uint32_t word[4] = { 0xff020000, 0, 0, 0x00010002 };

	for (unsigned i = 0; i < 4; i++) {
		op(a, LD_W, 0, 0, IP6_DST + 4 * i);
		op(a, JEQ, 1, 0, word[i]);	/* equal? over the next       */
		op(a, RET, 0, 0, REFUSE);	/*   no: somebody else's      */
	}
}

/* Accepts extension headers before UDP, and fragments, but only to be counted,
 * as in broadcast_part(). An MLDv1 report of any member goes to the group itself,
 * with a hop-by-hop header (RFC 2710 3): its next header is ICMPv6. */
static void
accept_extended(struct asmb *a)
{
	op(a, JEQ, 4, 0, IPPROTO_HOPOPTS);	/* one of these? over         */
	op(a, JEQ, 3, 0, IPPROTO_ROUTING);
	op(a, JEQ, 2, 0, IPPROTO_FRAGMENT);
	op(a, JEQ, 1, 0, IPPROTO_DSTOPTS);
	op(a, RET, 0, 0, REFUSE);		/*   neither, nor UDP         */
	op(a, LD_B, 0, 0, EXT_NEXT);		/* a = what follows it        */
	op(a, JEQ, 0, 1, IPPROTO_ICMPV6);	/* ICMPv6? else over          */
	op(a, RET, 0, 0, REFUSE);		/*   yes                      */
	op(a, RET, 0, 0, ACCEPT);
}

/* The packet type does not matter if it is for us: some access points turn
 * multicasts into frames to each member. */
static void
requests6(struct asmb *a, const struct ring_filter *f)
{
	only_group6(a);
	op(a, LD_W, 0, 0, PKTTYPE);		/* a = packet type            */
	op(a, JGT, 0, 1, PACKET_MULTICAST);	/* above it? else over        */
	op(a, RET, 0, 0, REFUSE);		/*   yes: not for us          */
	op(a, LD_B, 0, 0, IP_VERSION_IHL);	/* a = version, traffic class */
	op(a, AND, 0, 0, 0xf0);			/* a = version << 4           */
	op(a, JEQ, 1, 0, 0x60);			/* 6? over the next           */
	op(a, RET, 0, 0, REFUSE);		/*   no: not IPv6             */
	op(a, LD_B, 0, 0, IP6_NEXT);		/* a = next header            */
	op(a, JEQ, 9, 0, IPPROTO_UDP);		/* UDP? over accept_extended  */
	accept_extended(a);
	op(a, LD_H, 0, 0, UDP6_DPORT);		/* a = destination port       */
	accept_ports(a, f->port, f->n_port);	/* wanted: accepted           */
	op(a, RET, 0, 0, REFUSE);		/* some other protocol        */
}

size_t
bpf_requests(enum family family, const struct ring_filter *f, struct sock_filter *prog)
{
	struct asmb a = { .prog = prog };

	if (f->n_port > RING_PORTS_MAX || f->n_watch > RING_WATCH_MAX)
		return 0;
	if (f->n_port == 0)
		op(&a, RET, 0, 0, REFUSE);
	else if (family == FAMILY6)
		requests6(&a, f);
	else
		requests4(&a, f);
	return a.n;
}

/* A UDP socket's filter sees the packet type, and data from UDP's header on. */
size_t
bpf_unicast_only(struct sock_filter *prog)
{
	struct asmb a = { .prog = prog };

	op(&a, LD_W, 0, 0, PKTTYPE);		/* a = packet type            */
	op(&a, JEQ, 0, 1, PACKET_HOST);		/* to us alone? else over     */
	op(&a, RET, 0, 0, ACCEPT);		/*   yes                      */
	op(&a, RET, 0, 0, REFUSE);		/*   everybody got it         */
	return a.n;
}
