/* SPDX-License-Identifier: ISC
 *
 * ARP: the bytes of a request, and what counts as a reply.
 */
#include "proto/arp.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

Suite *arp_suite(void);

static const struct mac ours = { { 2, 0, 0, 0, 0, 1 } };
static const struct ip4 us = { 0x0a000001 }, server = { 0x0a000002 };

START_TEST(a_request_has_the_bytes_of_rfc_826)
{
	static const uint8_t want[ARP_LEN] = {
		0, 1, 8, 0, 6, 4, 0, 1,
		2, 0, 0, 0, 0, 1, 10, 0, 0, 1,
		0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
	};
	uint8_t out[ARP_LEN];

	ck_assert_uint_eq(arp_request(out, sizeof(out), &ours, us, server), ARP_LEN);
	ck_assert_mem_eq(out, want, ARP_LEN);
	ck_assert_uint_eq(arp_request(out, ARP_LEN - 1, &ours, us, server), 0);
}
END_TEST

START_TEST(what_was_built_is_read)
{
	uint8_t out[ARP_LEN];
	struct arp a;

	arp_request(out, sizeof(out), &ours, us, server);
	ck_assert(arp_parse(&a, out, sizeof(out)));
	ck_assert_int_eq(a.op, ARP_REQUEST);
	ck_assert_mem_eq(a.sender_mac.b, ours.b, 6);
	ck_assert(ip4_eq(a.sender, us));
	ck_assert(ip4_eq(a.target, server));
	out[7] = ARP_REPLY;
	ck_assert(arp_parse(&a, out, sizeof(out)));
	ck_assert_int_eq(a.op, ARP_REPLY);
}
END_TEST

START_TEST(what_is_not_arp_for_ipv4_on_ethernet_is_refused)
{
	static const struct { size_t at; uint8_t value; } lies[] = {
		{ 1, 6 }, { 2, 0x86 }, { 3, 6 }, { 4, 8 }, { 5, 16 }, { 7, 3 },
		{ 7, 0 }, { 6, 1 },
	};
	uint8_t out[ARP_LEN], *copy;
	struct arp a;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		arp_request(out, sizeof(out), &ours, us, server);
		out[lies[i].at] = lies[i].value;
		ck_assert_msg(!arp_parse(&a, out, sizeof(out)), "lie %zu", i);
	}
	arp_request(out, sizeof(out), &ours, us, server);
	for (size_t n = 0; n < ARP_LEN; n++) {
		copy = msg_exact(out, n);
		ck_assert(!arp_parse(&a, copy, n));
		free(copy);
	}
}
END_TEST

Suite *
arp_suite(void)
{
	Suite *s = suite_create("arp");
	TCase *t = tcase_create("arp");

	tcase_add_test(t, a_request_has_the_bytes_of_rfc_826);
	tcase_add_test(t, what_was_built_is_read);
	tcase_add_test(t, what_is_not_arp_for_ipv4_on_ethernet_is_refused);
	suite_add_tcase(s, t);
	return s;
}
