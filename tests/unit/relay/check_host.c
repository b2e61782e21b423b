/* SPDX-License-Identifier: ISC
 *
 * The DUID of a host: the values that servers know routers by, so they never change.
 */
#include <string.h>

#include "relay/daemon.h"
#include "rig.h"

Suite *host_suite(void);

/* Computed with another implementation of SipHash. */
static const uint8_t of_id[18] = {
	0x00, 0x04, 0x1a, 0xd0, 0x30, 0x44, 0xb1, 0xbe, 0x84,
	0xa7, 0xa4, 0xdb, 0x86, 0xaa, 0x02, 0x71, 0x67, 0x47,
};
static const uint8_t of_name[18] = {
	0x00, 0x04, 0x25, 0x84, 0xf0, 0x17, 0x60, 0x4d, 0x8f,
	0x9d, 0x92, 0x48, 0xfc, 0xc2, 0x3e, 0x58, 0x5f, 0x06,
};

START_TEST(the_duid_of_a_machine_never_changes)
{
	uint8_t id[16], duid[18];

	for (unsigned i = 0; i < sizeof(id); i++)
		id[i] = (uint8_t)i;
	host_duid(duid, id, sizeof(id));
	ck_assert_mem_eq(duid, of_id, sizeof(duid));
	host_duid(duid, "host", 4);
	ck_assert_mem_eq(duid, of_name, sizeof(duid));
}
END_TEST

START_TEST(a_reload_takes_the_name_and_keeps_the_duid)
{
	static const char conf[] = "[interface vlan10]\nservers = 192.0.2.1\n";
	static const char named[] = "[relay]\nhost-name = other\n"
	    "[interface vlan10]\nservers = 192.0.2.1\n";
	struct daemon *d = rig_start(conf);
	struct iftab_host before = d->host;
	uint8_t id[16], duid[18];

	fakeio_machineid(id);
	host_duid(duid, id, sizeof(id));
	ck_assert_mem_eq(d->host.duid, duid, sizeof(duid));
	ck_assert_str_eq(d->host.name, "host");
	ck_assert(rig_reload(d, named));
	ck_assert_str_eq(d->host.name, "other");
	ck_assert_mem_eq(d->host.duid, before.duid, sizeof(before.duid));
	rig_stop(d);
}
END_TEST

START_TEST(without_a_machine_id_the_name_serves)
{
	struct daemon *d;

	fakeio_no_machineid(true);
	d = rig_start("[interface vlan10]\nservers = 192.0.2.1\n");
	fakeio_no_machineid(false);
	ck_assert_mem_eq(d->host.duid, of_name, sizeof(of_name));
	rig_stop(d);
}
END_TEST

Suite *
host_suite(void)
{
	Suite *s = suite_create("host");
	TCase *tc = tcase_create("duid");

	tcase_add_test(tc, the_duid_of_a_machine_never_changes);
	tcase_add_test(tc, a_reload_takes_the_name_and_keeps_the_duid);
	tcase_add_test(tc, without_a_machine_id_the_name_serves);
	suite_add_tcase(s, tc);
	return s;
}
