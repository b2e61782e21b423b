/* SPDX-License-Identifier: ISC
 *
 * DHCP messages of probes, read back with the relay's own parser, and what
 * counts as an answer.
 */
#include "proto/probemsg.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "proto/dhcp6.h"
#include "proto/pxe.h"

Suite *probemsg_suite(void);

static const struct ip4 gi = { 0xc0000201 };

static void
read_back(struct dhcp4 *m, const uint8_t *out, size_t len)
{
	ck_assert_uint_ge(len, DHCP4_MIN);
	ck_assert_int_eq(dhcp4_parse(m, out, len), DROP_NONE);
	ck_assert(m->end);
	ck_assert_uint_eq(m->op, BOOTREQUEST);
	ck_assert_uint_eq(m->xid, 0x5eed1234);
	ck_assert_uint_eq(m->hlen, 6);
	ck_assert_mem_eq(m->chaddr, probemsg_mac, 6);
	ck_assert_uint_eq(m->chaddr[0] & 3, 2);	/* local, unicast */
}

START_TEST(an_inform_has_giaddr_and_requests_no_address)
{
	uint8_t out[PROBEMSG_MAX];
	struct dhcp4 m;

	read_back(&m, out, probemsg_inform(out, sizeof(out), 0x5eed1234, IP4_NONE, gi, NULL));
	ck_assert_uint_eq(m.type, DHCP4_INFORM);
	ck_assert(ip4_eq(m.giaddr, gi));
	ck_assert(ip4_is_none(m.ciaddr));
	ck_assert_uint_eq(m.hops, 1);
	ck_assert(!m.at[DHCP4_OPT_REQUESTED_IP] && !m.at[DHCP4_OPT_RAI]);
	ck_assert(!m.at[DHCP4_OPT_VENDOR_CLASS]);
	read_back(&m, out, probemsg_inform(out, sizeof(out), 0x5eed1234, gi, gi, NULL));
	ck_assert(ip4_eq(m.ciaddr, gi));
}
END_TEST

static void
is_uefi(const struct dhcp4 *m)
{
	struct pxe_client c;

	pxe_read(&c, m);
	ck_assert(c.pxeclient);
	ck_assert(!c.discovery);
	ck_assert_uint_eq(c.n_arch, 1);
	ck_assert_uint_eq(c.arch[0], 7);
	ck_assert_uint_eq(c.uuid_len, 16);
	ck_assert(m->at[DHCP4_OPT_UNDI]);
}

START_TEST(a_discover_is_that_of_a_machine_that_boots)
{
	uint8_t out[PROBEMSG_MAX];
	struct dhcp4 m;

	read_back(&m, out, probemsg_discover(out, sizeof(out), 0x5eed1234, gi, NULL));
	ck_assert_uint_eq(m.type, DHCP4_DISCOVER);
	ck_assert(ip4_eq(m.giaddr, gi));
	ck_assert_uint_eq(m.hops, 1);
	is_uefi(&m);
}
END_TEST

START_TEST(a_request_to_4011_has_ciaddr_and_no_giaddr)
{
	uint8_t out[PROBEMSG_MAX];
	struct dhcp4 m;

	read_back(&m, out, probemsg_request4011(out, sizeof(out), 0x5eed1234, gi));
	ck_assert_uint_eq(m.type, DHCP4_REQUEST);
	ck_assert(ip4_eq(m.ciaddr, gi));
	ck_assert(ip4_is_none(m.giaddr));
	ck_assert_uint_eq(m.hops, 0);
	is_uefi(&m);
}
END_TEST

START_TEST(option_82_is_last)
{
	uint8_t out[PROBEMSG_MAX];
	struct rai rai = { .len = 0 };
	struct dhcp4 m;
	struct rd v;
	size_t n;

	while (rai_add(&rai, RAI_CIRCUIT_ID, "vlan", 4))
		continue;
	n = probemsg_discover(out, sizeof(out), 0x5eed1234, gi, &rai);
	read_back(&m, out, n);
	ck_assert(dhcp4_opt(&m, DHCP4_OPT_RAI, &v));
	ck_assert_uint_eq(rd_left(&v), rai.len);
	ck_assert_mem_eq(v.p, rai.value, rai.len);
	ck_assert_uint_eq(out[m.at[DHCP4_OPT_RAI] + 2u + rai.len], DHCP4_OPT_END);
	ck_assert_uint_eq(probemsg_discover(out, n - 1, 1, gi, &rai), 0);
	ck_assert_uint_eq(probemsg_inform(out, DHCP4_MIN - 1, 1, gi, gi, NULL), 0);
	rai.len = 0;
	read_back(&m, out, probemsg_inform(out, sizeof(out), 0x5eed1234, IP4_NONE, gi, &rai));
	ck_assert(!m.at[DHCP4_OPT_RAI]);
}
END_TEST

START_TEST(only_answers_to_the_made_up_machine_count)
{
	uint8_t out[PROBEMSG_MAX], *copy;
	struct ip4 ciaddr;
	uint32_t xid = 0;

	probemsg_inform(out, sizeof(out), 0x5eed1234, gi, IP4_NONE, NULL);
	ck_assert(!probemsg_answer(out, DHCP4_MIN, &xid, &ciaddr));	/* a request */
	out[0] = BOOTREPLY;
	ck_assert(probemsg_answer(out, DHCP4_MIN, &xid, &ciaddr));
	ck_assert_uint_eq(xid, 0x5eed1234);
	ck_assert(ip4_eq(ciaddr, gi));
	for (size_t i = 0; i < sizeof(probemsg_mac); i++) {
		out[DHCP4_OFF_CHADDR + i] ^= 1;
		ck_assert(!probemsg_answer(out, DHCP4_MIN, &xid, &ciaddr));
		out[DHCP4_OFF_CHADDR + i] ^= 1;
	}
	for (size_t n = 0; n < DHCP4_OFF_CHADDR + 6; n++) {
		copy = msg_exact(out, n);
		ck_assert(!probemsg_answer(copy, n, &xid, &ciaddr));
		free(copy);
	}
}
END_TEST

START_TEST(an_inform6_is_recognised_by_its_token)
{
	struct ip6 link = { { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	uint8_t out[PROBEMSG6_MAX];
	struct rd options = rd_init("\0\x12\0\3abc", 7), inner;
	struct dhcp6 m, in;
	uint32_t token;
	size_t n = probemsg_inform6(out, sizeof(out), 0x5eed1234, link, options);

	ck_assert_int_eq(dhcp6_parse(&m, out, n), DROP_NONE);
	ck_assert_int_eq(m.type, DHCP6_RELAY_FORW);
	ck_assert(ip6_eq(m.link, link));
	ck_assert(dhcp6_has(&m, DHCP6_OPT_INTERFACE_ID));
	ck_assert_int_eq(dhcp6_inner(&m, &inner), DROP_NONE);
	ck_assert_int_eq(dhcp6_parse(&in, inner.p, rd_left(&inner)), DROP_NONE);
	ck_assert_int_eq(in.type, DHCP6_INFORMATION_REQUEST);
	ck_assert(!probemsg_answer6(out, n, &token));
	out[0] = DHCP6_RELAY_REPL;
	ck_assert(probemsg_answer6(out, n, &token));	/* no REPLY inside */
	ck_assert_uint_eq(token, 0);
	out[in.data - out] = DHCP6_REPLY;
	ck_assert(probemsg_answer6(out, n, &token));
	ck_assert_uint_eq(token, 0x5eed1234);
	out[33] ^= 1;					/* another token */
	ck_assert(probemsg_answer6(out, n, &token));
	ck_assert_uint_eq(token, 0);
	out[18] ^= 1;					/* another peer */
	ck_assert(!probemsg_answer6(out, n, &token));
	ck_assert_uint_eq(probemsg_inform6(out, n - 1, 1, link, options), 0);
}
END_TEST

Suite *
probemsg_suite(void)
{
	Suite *s = suite_create("probemsg");
	TCase *t = tcase_create("probemsg");

	tcase_add_test(t, an_inform_has_giaddr_and_requests_no_address);
	tcase_add_test(t, a_discover_is_that_of_a_machine_that_boots);
	tcase_add_test(t, a_request_to_4011_has_ciaddr_and_no_giaddr);
	tcase_add_test(t, option_82_is_last);
	tcase_add_test(t, an_inform6_is_recognised_by_its_token);
	tcase_add_test(t, only_answers_to_the_made_up_machine_count);
	suite_add_tcase(s, t);
	return s;
}
