/* SPDX-License-Identifier: ISC
 *
 * Which class of server gets which message: every row of the table, and the
 * messages of real machines.
 */
#include "core/relay4/classes.h"

#include <string.h>

#include "msg.h"

Suite *classes_suite(void);

/* What a message contains besides its type. */
enum says {
	PXE = 1, HTTP = 2, BSDP = 4, UBOOT = 8, ARCH = 16, ITEM = 32,
	SERVER_ID = 64, REQUESTED = 128, CIADDR = 256,
};

struct row {
	const char *name;
	uint8_t type;
	unsigned says;
	enum class_msg class;
	bool dhcp;
	enum class_boot boot;
};

static const struct row rows[] = {
	{ "discover pxe", DHCP4_DISCOVER, PXE | ARCH, CLASS_DISCOVER_PXE, true, CLASS_GROUP },
	{ "discover, 60 alone", DHCP4_DISCOVER, PXE, CLASS_DISCOVER_PXE, true, CLASS_GROUP },
	{ "discover, 93 alone", DHCP4_DISCOVER, ARCH, CLASS_DISCOVER_PXE, true, CLASS_GROUP },
	{ "discover u-boot", DHCP4_DISCOVER, UBOOT | ARCH, CLASS_DISCOVER_PXE, true, CLASS_GROUP },
	{ "discover http", DHCP4_DISCOVER, HTTP | ARCH, CLASS_DISCOVER_HTTP, true, CLASS_GROUP },
	{ "discover plain", DHCP4_DISCOVER, 0, CLASS_DISCOVER_PLAIN, true, CLASS_NO },
	{ "discover with item", DHCP4_DISCOVER, PXE | ITEM, CLASS_DISCOVER_PXE, true, CLASS_GROUP },
	{ "selecting", DHCP4_REQUEST, SERVER_ID | REQUESTED, CLASS_SELECTING, true, CLASS_OWN },
	{ "selecting pxe", DHCP4_REQUEST, PXE | ARCH | SERVER_ID | REQUESTED, CLASS_SELECTING, true, CLASS_OWN },
	{ "init-reboot", DHCP4_REQUEST, REQUESTED, CLASS_REBOOT_REBIND, true, CLASS_NO },
	{ "init-reboot pxe", DHCP4_REQUEST, PXE | ARCH | REQUESTED, CLASS_REBOOT_REBIND, true, CLASS_NO },
	{ "rebind", DHCP4_REQUEST, CIADDR, CLASS_REBOOT_REBIND, true, CLASS_NO },
	{ "rebind http", DHCP4_REQUEST, HTTP | CIADDR, CLASS_REBOOT_REBIND, true, CLASS_NO },
	{ "discovery", DHCP4_REQUEST, PXE | ARCH | ITEM, CLASS_DISCOVERY, false, CLASS_GROUP },
	{ "discovery, ciaddr", DHCP4_REQUEST, PXE | ITEM | CIADDR, CLASS_DISCOVERY, false, CLASS_GROUP },
	{ "discovery, 54", DHCP4_REQUEST, PXE | ITEM | SERVER_ID, CLASS_DISCOVERY, false, CLASS_GROUP },
	{ "discovery by inform", DHCP4_INFORM, PXE | ITEM | CIADDR, CLASS_DISCOVERY, false, CLASS_GROUP },
	/* Option 60 defines what option 43 means (RFC 2132 8.4). */
	{ "43.71 of another vendor", DHCP4_REQUEST, ITEM | REQUESTED, CLASS_REBOOT_REBIND, true, CLASS_NO },
	{ "odd rom", DHCP4_REQUEST, PXE | CIADDR, CLASS_ODD_REQUEST, true, CLASS_GROUP },
	{ "inform", DHCP4_INFORM, CIADDR, CLASS_INFORM_PLAIN, true, CLASS_NO },
	{ "inform http", DHCP4_INFORM, HTTP | CIADDR, CLASS_INFORM_PLAIN, true, CLASS_NO },
	{ "inform pxe", DHCP4_INFORM, PXE | CIADDR, CLASS_INFORM_PXE, true, CLASS_GROUP },
	{ "inform bsdp", DHCP4_INFORM, BSDP | CIADDR, CLASS_INFORM_BSDP, false, CLASS_GROUP },
	{ "decline", DHCP4_DECLINE, PXE | SERVER_ID | REQUESTED, CLASS_DECLINE, true, CLASS_NO },
	{ "release", DHCP4_RELEASE, PXE | SERVER_ID | CIADDR, CLASS_RELEASE, true, CLASS_NO },
	{ "bootp", DHCP4_TYPE_NONE, 0, CLASS_BOOTP, true, CLASS_NO },
	{ "bootp with 60", DHCP4_TYPE_NONE, PXE | ARCH, CLASS_BOOTP, true, CLASS_NO },
	{ "leasequery", DHCP4_LEASEQUERY, 0, CLASS_OTHER, true, CLASS_NO },
	{ "bulk leasequery", DHCP4_BULKLEASEQUERY, 0, CLASS_OTHER, true, CLASS_NO },
	{ "forcerenew", DHCP4_FORCERENEW, 0, CLASS_OTHER, true, CLASS_NO },
	{ "offer", DHCP4_OFFER, PXE, CLASS_OTHER, true, CLASS_NO },
	{ "type 255", 255, PXE, CLASS_OTHER, true, CLASS_NO },
};

static struct msg msg;

static void
make_message(const struct row *r)
{
	msg_init(&msg, BOOTREQUEST);
	if (r->says & CIADDR)
		msg.b[12] = 10, msg.b[15] = 9;
	if (r->type)
		msg_opt_u8(&msg, 53, r->type);
	if (r->says & PXE)
		msg_opt_text(&msg, 60, "PXEClient:Arch:00007:UNDI:003016");
	if (r->says & HTTP)
		msg_opt_text(&msg, 60, "HTTPClient:Arch:00016:UNDI:003016");
	if (r->says & BSDP)
		msg_opt_text(&msg, 60, "AAPLBSDPC/i386/iMac11,1");
	if (r->says & UBOOT)
		msg_opt_text(&msg, 60, "U-Boot.armv8");
	if (r->says & ARCH)
		msg_opt_u16(&msg, 93, 7);
	if (r->says & ITEM)
		msg_opt_hex(&msg, 43, "4704 0002 0000 ff");
	if (r->says & SERVER_ID)
		msg_opt_u32(&msg, 54, 0xc633640a);
	if (r->says & REQUESTED)
		msg_opt_u32(&msg, 50, 0xc0000264);
	msg_end(&msg);
}

static enum class_msg
class_now(void)
{
	static struct pxe_client client;
	struct dhcp4 m;

	must(dhcp4_parse(&m, msg.b, msg.len) == DROP_NONE);
	pxe_read(&client, &m);
	return class_of(&m, &client);
}

START_TEST(every_message_has_its_row)
{
	const struct row *r = &rows[_i];
	enum class_msg is;
	struct class_row to;

	make_message(r);
	is = class_now();
	to = class_rows[is];
	ck_assert_msg(is == r->class, "%s: class %d", r->name, is);
	ck_assert_msg(to.dhcp == r->dhcp, "%s: dhcp", r->name);
	ck_assert_msg(to.boot == r->boot, "%s: boot", r->name);
}
END_TEST

START_TEST(every_class_has_a_test)
{
	bool tested[CLASS_MAX] = { false };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		tested[rows[i].class] = true;
	for (int i = 0; i < CLASS_MAX; i++)
		ck_assert_msg(tested[i], "class %d", i);
}
END_TEST

START_TEST(real_machines_are_classified)
{
	static const struct { const char *name; enum class_msg class; } are[] = {
		{ "intel-rom", CLASS_DISCOVER_PXE },
		{ "ovmf-x64", CLASS_DISCOVER_PXE },
		{ "aavmf-arm64", CLASS_DISCOVER_PXE },
		{ "edk2-http", CLASS_DISCOVER_HTTP },
		{ "edk2-discovery", CLASS_DISCOVERY },
		{ "ipxe-bios", CLASS_DISCOVER_PXE },
		{ "raspberry-pi", CLASS_DISCOVER_PXE },
		{ "uboot-arm64", CLASS_DISCOVER_PXE },
		{ "uboot-riscv", CLASS_DISCOVER_PXE },
		{ "apple-bsdp", CLASS_INFORM_BSDP },
		{ "windows", CLASS_DISCOVER_PLAIN },
		{ "dhclient", CLASS_DISCOVER_PLAIN },
		{ "bootp", CLASS_BOOTP },
	};
	size_t n = 0;

	for (const struct msg_client *c = msg_clients; c->name; c++, n++) {
		ck_assert_str_eq(c->name, are[n].name);
		c->build(&msg);
		ck_assert_msg(class_now() == are[n].class, "%s: class %d", c->name, class_now());
	}
	ck_assert_uint_eq(n, sizeof(are) / sizeof(are[0]));
}
END_TEST

Suite *
classes_suite(void)
{
	Suite *s = suite_create("classes");
	TCase *t = tcase_create("table");

	tcase_add_loop_test(t, every_message_has_its_row, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, every_class_has_a_test);
	tcase_add_test(t, real_machines_are_classified);
	suite_add_tcase(s, t);
	return s;
}
