/* SPDX-License-Identifier: ISC
 *
 * Fairness: 150,000 frames a second come from vlan10, by a clock that the test sets, while
 * machines of vlan20 boot with a silent DHCP server and a dead boot server. Each needs a
 * hedge and a rescue. What makes them wait in practice is the machine's speed, which is not
 * tested here: how many of them the relay itself lets down is.
 */
#include <check.h>
#include <string.h>

#include "core/story/track.h"
#include "relay/daemon.h"
#include "rig.h"

Suite *fairness_suite(void);

#define MACHINES	40
#define EVERY_MS	100	/* a machine begins */
#define FRAMES_A_MS	150
#define BEGIN_MS	200
#define SILENT		"198.51.100.10"
#define DHCP		"198.51.100.11"
#define DEAD		"198.51.100.21"
#define BOOT		"198.51.100.22"
#define GIADDR		"203.0.113.1"

static const char *const confs[] = {
	"[relay]\n", "[relay]\nclient-rate = off\ninterface-rate = off\n",
};

static const char groups[] =
	"clients = 1024\n"
	"[group dhcp]\nservers = " SILENT ", " DHCP "\nmode = failover\nhedge = 150ms\n"
	"[group boot]\nservers = " DEAD ", " BOOT "\nmode = failover\nhedge = 150ms\n"
	"[interface vlan*]\ndhcp = dhcp\nboot = boot\n";

/* What machines of vlan20 got. hedged: messages to the second DHCP server, of which each
 * needs two. */
static struct { unsigned hedged, offers, acks, rescued; } got;
static struct msg m;

static bool
is_machine(const struct fakeio_out *o)
{
	return o->len > DHCP4_OFF_CHADDR && o->msg[DHCP4_OFF_XID] == 0 &&
	    o->msg[DHCP4_OFF_XID + 1] == 0 && o->msg[DHCP4_OFF_XID + 2] == 0;
}

static bool
on_sent(void *user, const struct fakeio_out *o)
{
	(void)user;
	if (!is_machine(o))
		return true;
	if (o->to == FAKEIO_SERVER)
		got.hedged += ip_eq(o->server, rig_at(DHCP)) &&
		    memcmp(o->msg + DHCP4_OFF_GIADDR, "\xcb\0\x71\1", 4) == 0;
	else if (o->to == FAKEIO_CLIENT && o->ifindex == RIG_VLAN20) {
		got.rescued += o->sport == DHCP4_PORT_PXE;
		got.offers += o->sport == 67 && o->msg[DHCP4_OPTIONS + 2] == DHCP4_OFFER;
		got.acks += o->sport == 67 && o->msg[DHCP4_OPTIONS + 2] == DHCP4_ACK;
	}
	return true;
}

static struct ip4
lease(uint32_t xid)
{
	return (struct ip4){ rig_ip(GIADDR).host + 50 + xid };
}

static void
pxe_message(uint8_t op, uint8_t type, uint32_t xid)
{
	rig_message(&m, op, type, xid);
	if (op == BOOTREPLY)
		return;
	msg_opt_text(&m, DHCP4_OPT_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016");
	msg_opt_u16(&m, 93, 7);
}

static void
frame(uint32_t ifindex, struct ip4 src, const char *dst, uint16_t port)
{
	struct udpip u = {
		.src = ip_of4(src), .dst = rig_at(dst), .ttl = 64, .payload = m.b,
		.sport = port == 67 ? 68 : port, .dport = port,
	};

	msg_end(&m);
	u.payload_len = m.len;
	fakeio_udp_frame(&u, ifindex, port == 67 ? RING_TO_BROADCAST : RING_TO_HOST,
	    m.b + DHCP4_OFF_CHADDR);
}

static void
asks(uint8_t type, uint32_t xid)
{
	pxe_message(BOOTREQUEST, type, xid);
	frame(RIG_VLAN20, IP4_NONE, "255.255.255.255", 67);
}

static void
asks_4011(uint32_t ifindex, uint32_t xid, struct ip4 from)
{
	pxe_message(BOOTREQUEST, DHCP4_REQUEST, xid);
	frame(ifindex, from, DEAD, DHCP4_PORT_PXE);
}

static void
put_yiaddr(uint32_t xid)
{
	struct wr w = wr_init(m.b + DHCP4_OFF_YIADDR, 4);

	wr_u32(&w, lease(xid).host);
}

static void
server_says(const char *server, uint16_t sport, uint8_t type, uint32_t xid)
{
	struct wr w;
	struct udpip u;

	pxe_message(BOOTREPLY, type, xid);
	if (sport == 67)
		put_yiaddr(xid);
	w = wr_init(m.b + DHCP4_OFF_GIADDR, 4);
	wr_u32(&w, rig_ip(GIADDR).host);
	msg_opt_u32(&m, DHCP4_OPT_SERVER_ID, rig_ip(server).host);
	msg_end(&m);
	u = rig_datagram(&m, server, sport, 67);
	u.dst = rig_at(GIADDR);
	if (sport == 67)
		must(fakeio_from_server(u.src, &u, FAKEIO_UPLINK));
	else
		fakeio_datagram(&u, FAKEIO_UPLINK);
}

/* What this machine does, or what comes for it, so many ms after its begin. */
static void
boots(uint32_t xid, int ms)
{
	switch (ms) {
	case 0:
		asks(DHCP4_DISCOVER, xid);
		break;
	case 160:		/* the hedge was after 150 */
		server_says(DHCP, 67, DHCP4_OFFER, xid);
		break;
	case 180:
		asks(DHCP4_REQUEST, xid);
		break;
	case 190:
		server_says(DHCP, 67, DHCP4_ACK, xid);
		break;
	case 210:
		asks_4011(RIG_VLAN20, xid, lease(xid));
		break;
	case 370:
		server_says(BOOT, DHCP4_PORT_PXE, DHCP4_ACK, xid);
		break;
	}
}

/* New machines, made-up questions to port 4011, and copies of those of vlan20. */
static void
floods(uint32_t n)
{
	uint32_t xid = 0x10000000 + n;

	if (n % 3 == 1) {
		asks_4011(RIG_VLAN10, xid, (struct ip4){ rig_ip("192.0.2.2").host + n % 200 });
		return;
	}
	pxe_message(BOOTREQUEST, DHCP4_DISCOVER, n % 3 ? 1 + n / 3 % MACHINES : xid);
	frame(RIG_VLAN10, IP4_NONE, "255.255.255.255", 67);
}

static unsigned
stories(struct daemon *d)
{
	const struct track_client *c;
	unsigned n = 0;

	for (uint32_t xid = 1; xid <= MACHINES; xid++) {
		rig_message(&m, BOOTREQUEST, DHCP4_DISCOVER, xid);
		c = track_find(d->track, m.b + DHCP4_OFF_CHADDR, 6, RIG_VLAN20);
		n += c && c->now.came.ack && c->now.asked.hedges && c->now.p4011.rescued;
	}
	return n;
}

START_TEST(a_flooded_vlan_costs_another_one_nothing)
{
	char conf[1024];
	struct daemon *d;
	uint32_t n = 0;

	snprintf(conf, sizeof(conf), "%s%s", confs[_i], groups);
	d = rig_start(conf);
	fakeio_on_sent(on_sent, NULL);
	memset(&got, 0, sizeof(got));
	for (int ms = 0; ms < BEGIN_MS + MACHINES * EVERY_MS + 400; ms++) {
		for (int i = 0; i < FRAMES_A_MS; i++) {
			floods(n++);
			if (i % 50 == 49)
				fakeio_turn();
		}
		for (int i = 0; i < MACHINES; i++)
			boots((uint32_t)i + 1, ms - BEGIN_MS - i * EVERY_MS);
		fakeio_turn();
		rig_pass_ms(1);
	}
	ck_assert_uint_ge(got.hedged, 2 * MACHINES * 95 / 100);
	ck_assert_uint_ge(got.offers, MACHINES * 95 / 100);
	ck_assert_uint_ge(got.acks, MACHINES * 95 / 100);
	ck_assert_uint_ge(got.rescued, MACHINES * 95 / 100);
	ck_assert_uint_ge(stories(d), MACHINES * 95 / 100);
	rig_stop(d);
}
END_TEST

Suite *
fairness_suite(void)
{
	Suite *s = suite_create("fairness");
	TCase *t = tcase_create("fairness");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_flooded_vlan_costs_another_one_nothing, 0,
	    sizeof(confs) / sizeof(confs[0]));
	suite_add_tcase(s, t);
	return s;
}
