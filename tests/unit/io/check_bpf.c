/* SPDX-License-Identifier: ISC
 *
 * The socket filters, run by a small interpreter over crafted packets, and
 * loaded into the kernel once, because its verifier decides which programs are valid.
 */
#include <check.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/bpf.h"

struct pkt {
	uint8_t b[128];
	size_t len;
	uint8_t type;		/* PACKET_... */
};

static bool
load(const struct pkt *p, uint64_t at, int size, uint32_t *a)
{
	if (at + (uint64_t)size > p->len)
		return false;
	*a = 0;
	for (int i = 0; i < size; i++)
		*a = *a << 8 | p->b[at + (uint64_t)i];
	return true;
}

/* Runs the instructions that bpf.c uses, by the kernel's rules: a load outside the
 * packet ends the program with 0. Running off the end fails the test. */
static uint32_t
run(const struct sock_filter *prog, size_t n, const struct pkt *p)
{
	uint32_t a = 0, x = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *f = &prog[pc];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k == (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))
				a = p->type;
			else if (!load(p, f->k, 4, &a))
				return 0;
			break;
		case BPF_LD | BPF_H | BPF_ABS:
			if (!load(p, f->k, 2, &a))
				return 0;
			break;
		case BPF_LD | BPF_B | BPF_ABS:
			if (!load(p, f->k, 1, &a))
				return 0;
			break;
		case BPF_LD | BPF_B | BPF_IND:
			if (!load(p, (uint64_t)x + f->k, 1, &a))
				return 0;
			break;
		case BPF_LD | BPF_H | BPF_IND:
			if (!load(p, (uint64_t)x + f->k, 2, &a))
				return 0;
			break;
		case BPF_LDX | BPF_B | BPF_MSH:
			if (!load(p, f->k, 1, &x))
				return 0;
			x = (x & 15) * 4;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & f->k ? f->jt : f->jf;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			ck_abort_msg("instruction %zu: code %#x", pc, f->code);
		}
	}
	ck_abort_msg("ran off the end");
	return 0;
}

/* UDP in IPv4 with a header of ihl words. Its options are filled with 0x43, so that
 * a port read at the wrong place would be 17219. */
static struct pkt
udp(uint8_t type, int ihl, uint16_t sport, uint16_t dport)
{
	struct pkt p = { .type = type };
	size_t h = (size_t)ihl * 4;

	memset(p.b, 0x43, sizeof(p.b));
	p.len = h + 8 + 20;
	p.b[0] = (uint8_t)(0x40 | ihl);
	p.b[6] = p.b[7] = 0;
	p.b[9] = IPPROTO_UDP;
	p.b[h] = (uint8_t)(sport >> 8);
	p.b[h + 1] = (uint8_t)sport;
	p.b[h + 2] = (uint8_t)(dport >> 8);
	p.b[h + 3] = (uint8_t)dport;
	return p;
}

static struct pkt
fragment(uint8_t type, uint16_t flags_offset)
{
	struct pkt p = udp(type, 5, 68, 67);

	p.b[6] = (uint8_t)(flags_offset >> 8);
	p.b[7] = (uint8_t)flags_offset;
	return p;
}

static const struct ring_filter usual = {
	.n_port = 2, .port = { 67, 4011 },
	.n_watch = 2, .watch = { 69, 4011 },
};

static bool
passes_in(enum family family, const struct ring_filter *f, struct pkt p)
{
	struct sock_filter prog[BPF_MAX];
	size_t n = bpf_requests(family, f, prog);
	uint32_t r;

	ck_assert_uint_gt(n, 0);
	r = run(prog, n, &p);
	ck_assert(r == 0 || r == 0xffff);
	return r != 0;
}

static bool
passes(const struct ring_filter *f, struct pkt p)
{
	return passes_in(FAMILY4, f, p);
}

START_TEST(broadcast_and_multicast_to_a_wanted_port_pass)
{
	for (int ihl = 5; ihl <= 15; ihl++) {
		ck_assert(passes(&usual, udp(PACKET_BROADCAST, ihl, 68, 67)));
		ck_assert(passes(&usual, udp(PACKET_BROADCAST, ihl, 1, 4011)));
		ck_assert(passes(&usual, udp(PACKET_MULTICAST, ihl, 68, 4011)));
		ck_assert(!passes(&usual, udp(PACKET_BROADCAST, ihl, 67, 68)));
		ck_assert(!passes(&usual, udp(PACKET_BROADCAST, ihl, 9, 0x4343)));
		ck_assert(!passes(&usual, udp(PACKET_MULTICAST, ihl, 67, 5353)));
	}
}
END_TEST

START_TEST(unicast_passes_when_watched_in_either_direction)
{
	for (int ihl = 5; ihl <= 15; ihl++) {
		ck_assert(passes(&usual, udp(PACKET_HOST, ihl, 3000, 69)));
		ck_assert(passes(&usual, udp(PACKET_HOST, ihl, 4011, 68)));
		ck_assert(passes(&usual, udp(PACKET_HOST, ihl, 68, 4011)));
		/* A renewal that passes through the router is routed, never
		 * relayed. */
		ck_assert(!passes(&usual, udp(PACKET_HOST, ihl, 68, 67)));
		ck_assert(!passes(&usual, udp(PACKET_HOST, ihl, 443, 443)));
	}
}
END_TEST

START_TEST(other_hosts_and_our_own_packets_are_refused)
{
	ck_assert(!passes(&usual, udp(PACKET_OTHERHOST, 5, 68, 67)));
	ck_assert(!passes(&usual, udp(PACKET_OTHERHOST, 5, 69, 69)));
	ck_assert(!passes(&usual, udp(PACKET_OUTGOING, 5, 68, 67)));
	ck_assert(!passes(&usual, udp(PACKET_LOOPBACK, 5, 68, 67)));
}
END_TEST

START_TEST(fragments_pass_only_if_broadcast)
{
	static const uint16_t parts[] = {
		0x2000, 0x2001, 0x0001, 0x1fff, 0x00b9, 0x6000,
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct pkt p = fragment(PACKET_HOST, parts[i]);

		ck_assert(passes(&usual, fragment(PACKET_BROADCAST, parts[i])));
		ck_assert(passes(&usual, fragment(PACKET_MULTICAST, parts[i])));
		p.b[23] = 69;
		ck_assert(!passes(&usual, p));
	}
	/* DF and the reserved bit do not make a packet a fragment. */
	ck_assert(passes(&usual, fragment(PACKET_BROADCAST, 0x4000)));
	ck_assert(passes(&usual, fragment(PACKET_BROADCAST, 0x8000)));
}
END_TEST

START_TEST(all_but_udp_over_ipv4_is_refused)
{
	static const uint8_t types[] = { PACKET_BROADCAST, PACKET_HOST };

	for (size_t i = 0; i < 2; i++) {
		uint16_t port = types[i] == PACKET_HOST ? 69 : 67;
		struct pkt p = udp(types[i], 5, 68, port);

		p.b[9] = IPPROTO_TCP;
		ck_assert(!passes(&usual, p));
		p.b[6] = 0x20;		/* a fragment of TCP is not accepted either */
		ck_assert(!passes(&usual, p));
		p = udp(types[i], 5, 68, port);
		p.b[0] = 0x65;
		ck_assert(!passes(&usual, p));
	}
}
END_TEST

START_TEST(a_packet_that_ends_before_its_ports_is_refused)
{
	static const uint8_t types[] = { PACKET_BROADCAST, PACKET_HOST };

	for (size_t i = 0; i < 2; i++) {
		uint16_t port = types[i] == PACKET_HOST ? 69 : 67;

		for (int ihl = 5; ihl <= 15; ihl++) {
			struct pkt p = udp(types[i], ihl, 68, port);
			size_t ports_end = (size_t)ihl * 4 + 4;

			for (p.len = 0; p.len < ports_end; p.len++)
				ck_assert(!passes(&usual, p));
			ck_assert(passes(&usual, p));
		}
	}
}
END_TEST

static const struct ring_filter rescues = {
	.n_port = 2, .port = { 67, 4011 },
	.n_watch = 2, .watch = { 69, 4011 }, .unreachable = 4011,
};

/* "Port unreachable" in a header of ihl words, about a datagram to this
 * port. */
static struct pkt
unreachable(int ihl, uint16_t port)
{
	struct pkt p = udp(PACKET_HOST, ihl, 0, 0);
	size_t h = (size_t)ihl * 4;

	p.b[9] = IPPROTO_ICMP;
	p.b[h] = 3;
	p.b[h + 1] = 3;
	p.b[h + 8] = 0x45;
	p.b[h + 17] = IPPROTO_UDP;
	p.b[h + 30] = (uint8_t)(port >> 8);
	p.b[h + 31] = (uint8_t)port;
	p.len = h + 36;
	return p;
}

START_TEST(icmp_errors_about_the_configured_port_pass)
{
	for (int ihl = 5; ihl <= 15; ihl++) {
		size_t h = (size_t)ihl * 4;
		const struct { size_t at; uint8_t value; } others[] = {
			{ h, 0 }, { h, 8 }, { h + 8, 0x46 }, { h + 8, 0x60 },
			{ h + 17, IPPROTO_TCP }, { 6, 0x20 }, { 7, 1 },
		};

		ck_assert(passes(&rescues, unreachable(ihl, 4011)));
		ck_assert(!passes(&usual, unreachable(ihl, 4011)));
		ck_assert(!passes(&rescues, unreachable(ihl, 69)));
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			struct pkt p = unreachable(ihl, 4011);

			p.b[others[i].at] = others[i].value;
			ck_assert(!passes(&rescues, p));
		}
		ck_assert(passes(&rescues, udp(PACKET_HOST, ihl, 68, 4011)));
		ck_assert(!passes(&rescues, udp(PACKET_HOST, ihl, 443, 443)));
	}
}
END_TEST

static struct ring_filter
full_filter(void)
{
	struct ring_filter f = {
		.n_port = RING_PORTS_MAX, .n_watch = RING_WATCH_MAX,
		.unreachable = 4011,
	};

	for (uint16_t i = 0; i < RING_PORTS_MAX; i++)
		f.port[i] = (uint16_t)(1000 + 2 * i);
	for (uint16_t i = 0; i < RING_WATCH_MAX; i++)
		f.watch[i] = (uint16_t)(5000 + 2 * i);
	return f;
}

START_TEST(every_port_of_a_full_list_passes)
{
	struct ring_filter f = full_filter();

	for (uint16_t port = 999; port < 1000 + 2 * RING_PORTS_MAX; port++)
		ck_assert_int_eq(passes(&f, udp(PACKET_BROADCAST, 5, 9, port)),
		    port >= 1000 && port % 2 == 0);
	for (uint16_t port = 4999; port < 5000 + 2 * RING_WATCH_MAX; port++) {
		bool is = port >= 5000 && port % 2 == 0;

		ck_assert_int_eq(passes(&f, udp(PACKET_HOST, 5, 9, port)), is);
		ck_assert_int_eq(passes(&f, udp(PACKET_HOST, 5, port, 9)), is);
	}
}
END_TEST

START_TEST(empty_lists_pass_nothing)
{
	struct ring_filter f = { 0 };

	ck_assert(!passes(&f, udp(PACKET_BROADCAST, 5, 68, 67)));
	ck_assert(!passes(&f, udp(PACKET_HOST, 5, 69, 69)));
	ck_assert(!passes(&f, udp(PACKET_HOST, 5, 0, 0)));
}
END_TEST

START_TEST(a_list_longer_than_its_array_makes_no_program)
{
	struct ring_filter f = full_filter();
	struct sock_filter prog[BPF_MAX];

	f.n_port++;
	ck_assert_uint_eq(bpf_requests(FAMILY4, &f, prog), 0);
	f.n_port--;
	f.n_watch++;
	ck_assert_uint_eq(bpf_requests(FAMILY4, &f, prog), 0);
}
END_TEST

static const struct ring_filter six = {
	.n_port = 2, .port = { 547, 4011 },
};

/* UDP to ff02::1:2, and whatever the next header is instead; then the byte 40 is
 * that header's own next header. */
static struct pkt
group6(uint8_t next, uint16_t dport)
{
	struct pkt p = { .len = 60, .type = PACKET_MULTICAST };

	p.b[0] = 0x60;
	p.b[6] = next;
	p.b[8] = 0xfe;
	p.b[24] = 0xff;
	p.b[25] = p.b[39] = 2;
	p.b[37] = 1;
	p.b[42] = (uint8_t)(dport >> 8);
	p.b[43] = (uint8_t)dport;
	return p;
}

START_TEST(only_wanted_ports_of_the_dhcpv6_group_pass)
{
	const struct ring_filter none = { 0 };

	ck_assert(passes_in(FAMILY6, &six, group6(IPPROTO_UDP, 547)));
	ck_assert(passes_in(FAMILY6, &six, group6(IPPROTO_UDP, 4011)));
	ck_assert(!passes_in(FAMILY6, &six, group6(IPPROTO_UDP, 546)));
	ck_assert(!passes_in(FAMILY6, &none, group6(IPPROTO_UDP, 547)));
	ck_assert(!passes_in(FAMILY4, &six, group6(IPPROTO_UDP, 547)));
	for (unsigned at = 24; at < 40; at++) {
		struct pkt p = group6(IPPROTO_UDP, 547);

		p.b[at] ^= 1;	/* ff03::1:2, ff02::1:3, ff05::1:2, unicast ... */
		ck_assert(!passes_in(FAMILY6, &six, p));
	}
}
END_TEST

START_TEST(extension_headers_and_fragments_to_the_group_pass)
{
	for (unsigned next = 0; next < 256; next++) {
		struct pkt p = group6((uint8_t)next, 9);
		bool counted = next == 0 || next == 43 || next == 44 || next == 60;

		p.b[40] = IPPROTO_UDP;
		ck_assert_int_eq(passes_in(FAMILY6, &six, p), counted);
		p.b[40] = IPPROTO_DSTOPTS;
		ck_assert_int_eq(passes_in(FAMILY6, &six, p), counted);
	}
}
END_TEST

/* RFC 2710 3: the report of any member goes to the group that it is about. */
START_TEST(mld_reports_of_the_group_are_refused)
{
	struct pkt p = group6(IPPROTO_HOPOPTS, 0);

	p.b[40] = IPPROTO_ICMPV6;
	ck_assert(!passes_in(FAMILY6, &six, p));
	ck_assert(!passes_in(FAMILY6, &six, group6(IPPROTO_ICMPV6, 547)));
}
END_TEST

START_TEST(the_packet_type_and_version_matter_in_ipv6_too)
{
	for (uint8_t type = 0; type < 8; type++) {
		struct pkt p = group6(IPPROTO_UDP, 547);

		p.type = type;
		ck_assert_int_eq(passes_in(FAMILY6, &six, p),
		    type == PACKET_HOST || type == PACKET_BROADCAST ||
		    type == PACKET_MULTICAST);
		p.b[0] = 0x6f;	/* the traffic class does not */
		ck_assert_int_eq(passes_in(FAMILY6, &six, p), type <= 2);
		p.b[0] = 0x45;
		ck_assert(!passes_in(FAMILY6, &six, p));
	}
}
END_TEST

START_TEST(an_ipv6_packet_that_ends_before_its_port_is_refused)
{
	struct pkt p = group6(IPPROTO_UDP, 547);

	for (p.len = 0; p.len < 44; p.len++)
		ck_assert(!passes_in(FAMILY6, &six, p));
	ck_assert(passes_in(FAMILY6, &six, p));
	p = group6(IPPROTO_FRAGMENT, 0);
	for (p.len = 0; p.len < 41; p.len++)
		ck_assert(!passes_in(FAMILY6, &six, p));
	ck_assert(passes_in(FAMILY6, &six, p));
}
END_TEST

START_TEST(unicast_only_passes_one_of_four_packet_types)
{
	struct sock_filter prog[BPF_MAX];
	size_t n = bpf_unicast_only(prog);
	struct pkt p = { .len = 8 };

	for (p.type = 0; p.type < 8; p.type++)
		ck_assert_uint_eq(run(prog, n, &p),
		    p.type == PACKET_HOST ? 0xffff : 0);
}
END_TEST

static void
load_into(int fd, struct sock_filter *prog, size_t n)
{
	struct sock_fprog f = { (unsigned short)n, prog };

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &f,
	    sizeof(f)), 0);
}

START_TEST(the_kernel_accepts_the_programs)
{
	const struct ring_filter none = { 0 }, full = full_filter();
	const struct ring_filter *filters[] = { &none, &usual, &full };
	struct sock_filter prog[BPF_MAX];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < 3; i++) {
		load_into(fd, prog, bpf_requests(FAMILY4, filters[i], prog));
		load_into(fd, prog, bpf_requests(FAMILY6, filters[i], prog));
	}
	load_into(fd, prog, bpf_unicast_only(prog));
	close(fd);
}
END_TEST

Suite *bpf_suite(void);

Suite *
bpf_suite(void)
{
	Suite *s = suite_create("bpf");
	TCase *tc = tcase_create("bpf");

	tcase_add_test(tc, broadcast_and_multicast_to_a_wanted_port_pass);
	tcase_add_test(tc, unicast_passes_when_watched_in_either_direction);
	tcase_add_test(tc, other_hosts_and_our_own_packets_are_refused);
	tcase_add_test(tc, fragments_pass_only_if_broadcast);
	tcase_add_test(tc, all_but_udp_over_ipv4_is_refused);
	tcase_add_test(tc, a_packet_that_ends_before_its_ports_is_refused);
	tcase_add_test(tc, icmp_errors_about_the_configured_port_pass);
	tcase_add_test(tc, every_port_of_a_full_list_passes);
	tcase_add_test(tc, empty_lists_pass_nothing);
	tcase_add_test(tc, a_list_longer_than_its_array_makes_no_program);
	tcase_add_test(tc, only_wanted_ports_of_the_dhcpv6_group_pass);
	tcase_add_test(tc, extension_headers_and_fragments_to_the_group_pass);
	tcase_add_test(tc, mld_reports_of_the_group_are_refused);
	tcase_add_test(tc, the_packet_type_and_version_matter_in_ipv6_too);
	tcase_add_test(tc, an_ipv6_packet_that_ends_before_its_port_is_refused);
	tcase_add_test(tc, unicast_only_passes_one_of_four_packet_types);
	tcase_add_test(tc, the_kernel_accepts_the_programs);
	suite_add_tcase(s, tc);
	return s;
}
