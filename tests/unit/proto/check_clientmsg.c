/* SPDX-License-Identifier: ISC
 *
 * The messages of the doctor's machines, read back with the relay's own parser.
 */
#include "proto/clientmsg.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "proto/dhcp4.h"
#include "proto/pxe6.h"

Suite *clientmsg_suite(void);

static void
read_back(struct dhcp4 *m, const uint8_t *out, size_t len)
{
	ck_assert_uint_ge(len, DHCP4_MIN);
	ck_assert_uint_le(len, CLIENTMSG_MAX);
	ck_assert_int_eq(dhcp4_parse(m, out, len), DROP_NONE);
	ck_assert(m->end);
	ck_assert_uint_eq(m->op, BOOTREQUEST);
	ck_assert_uint_eq(m->xid, 0x5eed1234);
	ck_assert(ip4_is_none(m->giaddr));
	ck_assert_uint_eq(m->chaddr[0] & 3, 2);	/* local, unicast */
	ck_assert(clientmsg_is_doctor(m->hlen, m->chaddr));
}

static struct clientmsg
who(enum clientmsg_kind kind)
{
	return (struct clientmsg){ kind, 0xbeef, 0x5eed1234, 4 };
}

static const struct {
	uint16_t arch;
	bool http, broadcast;
	const char *name;
} kinds[] = {
	{ 0, false, false, "bios" },
	{ 7, false, true, "uefi-x64" },
	{ 11, false, true, "uefi-arm64" },
	{ 16, true, true, "uefi-x64-http" },
};

START_TEST(each_kind_describes_itself)
{
	struct clientmsg c = who((enum clientmsg_kind)_i);
	uint8_t out[CLIENTMSG_MAX];
	struct pxe_client p;
	struct dhcp4 m;

	read_back(&m, out, clientmsg_discover(out, sizeof(out), &c, false));
	ck_assert_uint_eq(m.type, DHCP4_DISCOVER);
	ck_assert_uint_eq(m.secs, 4);
	ck_assert_int_eq(m.flags == DHCP4_FLAG_BROADCAST, kinds[_i].broadcast);
	ck_assert(!m.at[DHCP4_OPT_REQUESTED_IP] && !m.at[DHCP4_OPT_SERVER_ID]);
	pxe_read(&p, &m);
	ck_assert_uint_eq(p.n_arch, 1);
	ck_assert_uint_eq(p.arch[0], kinds[_i].arch);
	ck_assert(!p.arch_guessed);
	ck_assert_int_eq(p.httpclient, kinds[_i].http);
	ck_assert_int_eq(p.pxeclient, !kinds[_i].http);
	ck_assert_uint_eq(p.uuid_len, 16);
	ck_assert(m.at[DHCP4_OPT_UNDI]);
	ck_assert_str_eq(pxe_arch_name(clientmsg_kind_arch(c.kind)), kinds[_i].name);
	read_back(&m, out, clientmsg_discover(out, sizeof(out), &c, true));
	ck_assert_uint_eq(m.flags, DHCP4_FLAG_BROADCAST);
}
END_TEST

START_TEST(port_4011_request_has_ciaddr)
{
	const struct ip4 us = { 0xc0000201 }, id = { 0xc6336415 };
	struct clientmsg c = who(CLIENTMSG_BIOS);
	uint8_t out[CLIENTMSG_MAX];
	struct pxe_client p;
	struct dhcp4 m;

	read_back(&m, out, clientmsg_request4011(out, sizeof(out), &c, us, id, -1));
	ck_assert_uint_eq(m.type, DHCP4_REQUEST);
	ck_assert(ip4_eq(m.ciaddr, us));
	ck_assert(ip4_eq(dhcp4_opt_ip4(&m, DHCP4_OPT_SERVER_ID), id));
	ck_assert_uint_eq(m.flags, 0);
	pxe_read(&p, &m);
	ck_assert(!p.discovery);
	read_back(&m, out, clientmsg_request4011(out, sizeof(out), &c, us, id, 0x8000));
	pxe_read(&p, &m);
	ck_assert(p.discovery);
	ck_assert_uint_eq(p.item, 0x8000);
	ck_assert_uint_eq(p.layer, 0);
	ck_assert(!m.at[DHCP4_OPT_SERVER_ID]);
	read_back(&m, out, clientmsg_request4011(out, sizeof(out), &c, us, IP4_NONE, -1));
	ck_assert(!m.at[DHCP4_OPT_SERVER_ID]);
}
END_TEST

START_TEST(a_message_that_does_not_fit_has_length_0)
{
	struct clientmsg c = who(CLIENTMSG_HTTP);
	uint8_t out[CLIENTMSG_MAX];
	size_t len = clientmsg_discover(out, sizeof(out), &c, false);

	for (size_t size = 0; size < len; size++)
		ck_assert_uint_eq(clientmsg_discover(out, size, &c, false), 0);
}
END_TEST

START_TEST(answers_are_known_by_the_hardware_address)
{
	struct clientmsg c = who(CLIENTMSG_X64);
	uint8_t out[CLIENTMSG_MAX];
	size_t len = clientmsg_discover(out, sizeof(out), &c, false);
	uint16_t run;
	uint32_t xid;

	ck_assert(!clientmsg_answer(out, len, &run, &xid));	/* a request */
	out[0] = BOOTREPLY;
	ck_assert(clientmsg_answer(out, len, &run, &xid));
	ck_assert_uint_eq(run, 0xbeef);
	ck_assert_uint_eq(xid, 0x5eed1234);
	for (size_t n = 0; n < DHCP4_OFF_CHADDR + 6; n++) {
		uint8_t *exact = msg_exact(out, n);

		ck_assert(!clientmsg_answer(exact, n, &run, &xid));
		free(exact);
	}
	out[2] = 16;		/* a longer hardware address is a different one */
	ck_assert(!clientmsg_answer(out, len, &run, &xid));
	out[2] = 6;
	out[DHCP4_OFF_CHADDR + 3] ^= 1;
	ck_assert(!clientmsg_answer(out, len, &run, &xid));
}
END_TEST

START_TEST(each_kind_of_ipv6_is_an_edk2)
{
	struct clientmsg c = who(_i);
	uint8_t out[CLIENTMSG_MAX];
	size_t len = clientmsg_solicit(out, sizeof(out), &c);
	struct pxe_client p;
	struct dhcp6 m;
	struct rd v;

	ck_assert_int_eq(dhcp6_parse(&m, out, len), DROP_NONE);
	ck_assert_uint_eq(m.type, DHCP6_SOLICIT);
	ck_assert_uint_eq(m.xid, 0xed1234);
	ck_assert(!m.odd && !m.repeats && !dhcp6_has(&m, DHCP6_OPT_RAPID_COMMIT));
	ck_assert(dhcp6_has(&m, DHCP6_OPT_IA_NA) && dhcp6_requests(&m, DHCP6_OPT_BOOT_URL));
	pxe6_read(&p, &m);
	ck_assert(pxe6_is_edk2(&p));
	ck_assert_uint_eq(p.arch[0], clientmsg_kind_arch(c.kind));
	ck_assert_int_eq(p.httpclient, clientmsg_kind_is_http(c.kind));
	ck_assert_int_eq(clientmsg_kind_family(c.kind), FAMILY6);
	for (size_t size = 0; size < len; size++)
		ck_assert_uint_eq(clientmsg_solicit(out, size, &c), 0);

	len = clientmsg_request4011_v6(out, sizeof(out), &c, rd_init("DUID", 4));
	ck_assert_int_eq(dhcp6_parse(&m, out, len), DROP_NONE);
	ck_assert_uint_eq(m.type, DHCP6_REQUEST);
	ck_assert(!dhcp6_has(&m, DHCP6_OPT_IA_NA));
	ck_assert(dhcp6_opt(&m, DHCP6_OPT_SERVER_ID, &v) && rd_left(&v) == 4);
}
END_TEST

START_TEST(answers_are_known_by_the_peer_address)
{
	struct clientmsg c = who(CLIENTMSG_X64_V6);
	uint8_t inner[CLIENTMSG_MAX], out[CLIENTMSG_MAX + 64];
	size_t len = clientmsg_solicit(inner, sizeof(inner), &c);
	struct wr w = wr_init(out, sizeof(out));
	struct dhcp6 m;
	uint16_t run;
	uint32_t xid;

	ck_assert_int_eq(dhcp6_parse(&m, inner, len), DROP_NONE);
	ck_assert(clientmsg_is_answer6(&m, &c));
	c.xid++;
	ck_assert(!clientmsg_is_answer6(&m, &c));
	c.xid--;
	dhcp6_relay_begin(&w, DHCP6_RELAY_REPL, 0, IP6_NONE, clientmsg_peer(&c));
	dhcp6_put(&w, DHCP6_OPT_RELAY_MSG, inner, len);
	len = wr_len(&w);
	ck_assert(clientmsg_answer6(out, len, &run, &xid));
	ck_assert_uint_eq(run, 0xbeef);
	ck_assert_uint_eq(xid, 0x5eed1234);
	for (size_t n = 0; n < DHCP6_RELAY_HEADER; n++) {
		uint8_t *exact = msg_exact(out, n);

		ck_assert(!clientmsg_answer6(exact, n, &run, &xid));
		free(exact);
	}
	out[0] = DHCP6_RELAY_FORW;
	ck_assert(!clientmsg_answer6(out, len, &run, &xid));
	out[0] = DHCP6_RELAY_REPL;
	out[18] = 0x20;		/* of the peer-address */
	ck_assert(!clientmsg_answer6(out, len, &run, &xid));
}
END_TEST

Suite *
clientmsg_suite(void)
{
	Suite *s = suite_create("clientmsg");
	TCase *tc = tcase_create("clientmsg");

	tcase_add_loop_test(tc, each_kind_describes_itself, 0, CLIENTMSG_KINDS4);
	tcase_add_loop_test(tc, each_kind_of_ipv6_is_an_edk2, CLIENTMSG_KINDS4,
	    CLIENTMSG_KINDS);
	tcase_add_test(tc, answers_are_known_by_the_peer_address);
	tcase_add_test(tc, port_4011_request_has_ciaddr);
	tcase_add_test(tc, a_message_that_does_not_fit_has_length_0);
	tcase_add_test(tc, answers_are_known_by_the_hardware_address);
	suite_add_tcase(s, tc);
	return s;
}
