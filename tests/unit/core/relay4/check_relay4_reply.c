/* SPDX-License-Identifier: ISC
 *
 * The decisions about replies: whether and on which interface they are
 * delivered, to which address, and which options are removed.
 */
#include "core/relay4/relay4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "world.h"

Suite *relay4_reply_suite(void);

static struct world *w;
static struct msg q, r;		/* the request and the reply of a test */
static struct relay4_delivery d;
static uint8_t out[MSG_MAX];

#define PLAIN "[interface vlan*]\nservers = 198.51.100.10, 192.0.2.9\n"

static void
teardown(void)
{
	w = world_free(w);
}

static void
set_source(const char *server, const char *source)
{
	uint16_t i = servers_find4(&w->servers, world_ip(server));

	if (i != CONF_NONE)
		w->servers.source[i] = ip_of4(world_ip(source));
}

static void
conf(const char *text)
{
	world_free(w);
	w = world_new(text, 64);
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/24");
	world_link(w, 20, "vlan20");
	world_addr(w, 20, "203.0.113.1/25");
	world_addr(w, 20, "203.0.113.129/25");
	world_link(w, 30, "un30");
	world_link(w, 31, "un31");
	world_addr(w, 30, "172.16.3.1/24");
	world_addr(w, 31, "172.16.4.1/24");
	world_link(w, 40, "eth0");
	world_addr(w, 40, "198.51.100.1/24");
	set_source("198.51.100.10", "198.51.100.1");
	set_source("192.0.2.9", "192.0.2.1");
}

static void
put_ip(struct msg *m, size_t at, const char *a)
{
	struct wr b = wr_init(m->b + at, 4);

	wr_u32(&b, world_ip(a).host);
}

enum { CIADDR = 12, YIADDR = 16, SIADDR = 20, GIADDR = 24 };

static enum drop
send_request_on(uint32_t ifindex)
{
	static struct relay4_plan plan;
	struct rx rx = {
		.data = q.b, .len = q.len, .sport = 68, .ifindex = ifindex,
		.dst = ip_of4(IP4_BROADCAST), .mac_len = 6,
		.mac = { 6, 5, 4, 3, 2, 1 },
	};

	return relay4_request(&w->r4, &rx, w->now, &plan);
}

static void
make_request(uint8_t type)
{
	msg_init(&q, BOOTREQUEST);
	msg_opt_u8(&q, 53, type);
}

static void
discover(void)
{
	make_request(DHCP4_DISCOVER);
	ck_assert_int_eq(send_request_on(10), DROP_NONE);
}

/* To giaddr 192.0.2.1, with the xid and chaddr of every request. */
static void
reply(uint8_t type)
{
	msg_init(&r, BOOTREPLY);
	put_ip(&r, GIADDR, "192.0.2.1");
	if (type)
		msg_opt_u8(&r, 53, type);
}

static enum drop
arrives_by(const char *server, uint32_t ifindex)
{
	struct rx rx = {
		.data = r.b, .len = r.len, .src = ip_of4(world_ip(server)),
		.sport = 67, .unicast = true, .ifindex = ifindex,
	};

	return relay4_reply(&w->r4, &rx, w->now, &d);
}

static enum drop
arrives(const char *server)
{
	return arrives_by(server, 40);
}

#define must_arrive(server) do {					\
	enum drop must_d = arrives(server);				\
	ck_assert_msg(must_d == DROP_NONE, "%s", drop_word(must_d));	\
} while (0)

#define must_drop(server, reason) do {					\
	enum drop must_d = arrives(server);				\
	ck_assert_msg(must_d == (reason), "%s", drop_word(must_d));	\
} while (0)

static size_t
render(void)
{
	return relay4_render_reply(&w->r4, &d, out, r.len < DHCP4_MIN ?
	    DHCP4_MIN : r.len);
}

/* --- addressing: the table of 4.3 ------------------------------------------------ */

enum to_mac { CHADDR, LINK, ALL };

struct row {
	const char *name;
	uint8_t asks;			/* type of the request; 0: none was seen */
	bool asks_broadcast;
	const char *asks_ciaddr;
	uint8_t type;
	bool broadcast;
	const char *yiaddr, *ciaddr;
	uint8_t htype, hlen;
	const char *dst;
	enum to_mac mac;
};

#define DIS DHCP4_DISCOVER
#define REQ DHCP4_REQUEST
#define INF DHCP4_INFORM
#define Y "192.0.2.50"
#define NO "0.0.0.0"
#define BC "255.255.255.255"

static const struct row rows[] = {
	{ "offer", DIS, false, NO, DHCP4_OFFER, false, Y, NO, 1, 6, Y, CHADDR },
	{ "offer, flag", DIS, true, NO, DHCP4_OFFER, true, Y, NO, 1, 6, BC, ALL },
	{ "offer, flag not echoed", DIS, true, NO, DHCP4_OFFER, false, Y, NO, 1, 6, BC, ALL },
	{ "offer, flag set by the server", DIS, false, NO, DHCP4_OFFER, true, Y, NO, 1, 6, BC, ALL },
	{ "ack", REQ, false, NO, DHCP4_ACK, false, Y, NO, 1, 6, Y, CHADDR },
	{ "ack, flag", REQ, true, NO, DHCP4_ACK, true, Y, NO, 1, 6, BC, ALL },
	{ "bootp", DHCP4_TYPE_NONE, false, NO, DHCP4_TYPE_NONE, false, Y, NO, 1, 6, Y, CHADDR },
	/* RFC 2131 4.1: whatever the flag says */
	{ "nak", REQ, false, NO, DHCP4_NAK, false, NO, NO, 1, 6, BC, ALL },
	{ "nak to a rebinding client", REQ, false, Y, DHCP4_NAK, false, NO, Y, 1, 6, BC, ALL },
	/* a proxy offer must not go to 0.0.0.0 */
	{ "proxy offer", DIS, false, NO, DHCP4_OFFER, false, NO, NO, 1, 6, BC, ALL },
	{ "proxy offer, flag", DIS, true, NO, DHCP4_OFFER, true, NO, NO, 1, 6, BC, ALL },
	/* a client that already has its address */
	{ "ack to rebind", REQ, false, Y, DHCP4_ACK, false, Y, Y, 1, 6, Y, CHADDR },
	{ "ack to inform", INF, false, Y, DHCP4_ACK, false, NO, Y, 1, 6, Y, CHADDR },
	{ "ack, ciaddr only in the request", INF, false, Y, DHCP4_ACK, false, NO, NO, 1, 6, Y, CHADDR },
	{ "ack to a boot discovery, flag", REQ, true, Y, DHCP4_ACK, true, Y, NO, 1, 6, Y, CHADDR },
	{ "offer with ciaddr", DIS, false, NO, DHCP4_OFFER, false, NO, Y, 1, 6, Y, CHADDR },
	/* ... but for an offer, ciaddr does not count */
	{ "offer, ciaddr in the request, flag", DIS, true, Y, DHCP4_OFFER, true, Y, NO, 1, 6, BC, ALL },
	{ "offer, ciaddr in the request", DIS, false, "192.0.2.99", DHCP4_OFFER, false, Y, NO, 1, 6, Y, CHADDR },
	/* chaddr is not a link address: the request's link source is used */
	{ "hlen 0, known", DIS, false, NO, DHCP4_OFFER, false, Y, NO, 1, 0, Y, LINK },
	{ "hlen 16, known", DIS, false, NO, DHCP4_OFFER, false, Y, NO, 1, 16, Y, LINK },
	{ "htype 32, known", DIS, false, NO, DHCP4_OFFER, false, Y, NO, 32, 6, Y, LINK },
	{ "hlen 0, unknown", 255, false, NO, DHCP4_OFFER, false, Y, NO, 1, 0, BC, ALL },
	{ "hlen 16, unknown", 255, false, NO, DHCP4_OFFER, false, Y, NO, 1, 16, BC, ALL },
	/* without a conversation */
	{ "offer, unknown", 255, false, NO, DHCP4_OFFER, false, Y, NO, 1, 6, Y, CHADDR },
	{ "proxy offer, unknown", 255, false, NO, DHCP4_OFFER, false, NO, NO, 1, 6, BC, ALL },
	{ "ack with ciaddr, unknown", 255, false, NO, DHCP4_ACK, true, Y, Y, 1, 6, Y, CHADDR },
	/* addresses that no client has */
	{ "yiaddr multicast", DIS, false, NO, DHCP4_OFFER, false, "224.0.0.1", NO, 1, 6, BC, ALL },
	{ "yiaddr broadcast", DIS, false, NO, DHCP4_OFFER, false, BC, NO, 1, 6, BC, ALL },
	{ "ciaddr class e", INF, false, NO, DHCP4_ACK, false, NO, "250.0.0.1", 1, 6, BC, ALL },
};

static void
ask_row(const struct row *t)
{
	make_request(t->asks);
	if (t->asks == DHCP4_TYPE_NONE) {
		msg_init(&q, BOOTREQUEST);
		msg_end(&q);
	}
	q.b[1] = t->htype;
	q.b[2] = t->hlen;
	if (t->asks_broadcast)
		q.b[DHCP4_OFF_FLAGS] = 0x80;
	put_ip(&q, CIADDR, t->asks_ciaddr);
	ck_assert_int_eq(send_request_on(10), DROP_NONE);
}

START_TEST(a_reply_goes_to_the_right_address)
{
	static const uint8_t ff[6] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t link[6] = { 6, 5, 4, 3, 2, 1 };
	const struct row *t = &rows[_i];
	const uint8_t *want;
	char a[IP4_STRLEN];

	conf(PLAIN);
	if (t->asks != 255)
		ask_row(t);
	reply(t->type);
	r.b[1] = t->htype;
	r.b[2] = t->hlen;
	if (t->broadcast)
		r.b[DHCP4_OFF_FLAGS] = 0x80;
	put_ip(&r, YIADDR, t->yiaddr);
	put_ip(&r, CIADDR, t->ciaddr);
	must_arrive("198.51.100.10");
	ck_assert_msg(strcmp(ip4_str(d.dst, a), t->dst) == 0, "%s: to %s",
	    t->name, a);
	want = t->mac == ALL ? ff : t->mac == LINK ? link : r.b + DHCP4_OFF_CHADDR;
	ck_assert_msg(d.mac_len == 6 && memcmp(d.mac, want, 6) == 0, "%s: mac",
	    t->name);
	ck_assert_uint_eq(d.src.host, world_ip("192.0.2.1").host);
	ck_assert_uint_eq(d.sport, 67);
	ck_assert_uint_eq(d.dport, 68);
	ck_assert_uint_eq(d.out->link.ifindex, 10);
}
END_TEST

START_TEST(a_chaddr_of_zeros_is_not_a_link_address)
{
	conf(PLAIN);
	make_request(DHCP4_DISCOVER);
	memset(q.b + DHCP4_OFF_CHADDR, 0, 6);
	ck_assert_int_eq(send_request_on(10), DROP_NONE);
	reply(DHCP4_OFFER);
	memset(r.b + DHCP4_OFF_CHADDR, 0, 6);
	put_ip(&r, YIADDR, Y);
	must_arrive("198.51.100.10");
	ck_assert_mem_eq(d.mac, "\6\5\4\3\2\1", 6);
}
END_TEST

/* A reply to one client must not go to a group address (that of spanning tree, for
 * example) because a client claims it as its own. */
START_TEST(a_group_address_is_never_a_client)
{
	static const uint8_t group[6] = { 1, 0x80, 0xc2, 0, 0, 0 };

	conf(PLAIN);
	make_request(DHCP4_DISCOVER);
	memcpy(q.b + DHCP4_OFF_CHADDR, group, 6);
	reply(DHCP4_OFFER);
	memcpy(r.b + DHCP4_OFF_CHADDR, group, 6);
	put_ip(&r, YIADDR, Y);
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(d.dst.host, IP4_BROADCAST.host);
	ck_assert_int_eq(send_request_on(10), DROP_NONE);
	must_arrive("198.51.100.10");
	ck_assert_mem_eq(d.mac, "\6\5\4\3\2\1", 6);
	ck_assert_uint_eq(d.dst.host, world_ip(Y).host);
}
END_TEST

/* --- who may send a reply ---------------------------------------------------------------- */

START_TEST(replies_from_unknown_servers_are_dropped)
{
	conf(PLAIN);
	discover();
	reply(DHCP4_OFFER);
	must_drop("198.51.100.77", DROP_NOT_SERVER);
	must_drop("192.0.2.1", DROP_NOT_SERVER);
	must_drop("0.0.0.0", DROP_NOT_SERVER);
	must_arrive("198.51.100.10");
	conf("[relay]\ncheck-source = off\n" PLAIN);
	must_arrive("198.51.100.77");
	ck_assert_uint_eq(d.server, CONF_NONE);
	ck_assert_int_eq(arrives_by("198.51.100.77", 10), DROP_REPLY_FROM_CLIENT);
}
END_TEST

START_TEST(replies_from_a_client_vlan_are_dropped)
{
	conf(PLAIN);
	discover();
	reply(DHCP4_OFFER);
	ck_assert_int_eq(arrives_by("198.51.100.10", 10), DROP_CLIENT_UPLINK);
	ck_assert_int_eq(arrives_by("198.51.100.10", 20), DROP_CLIENT_UPLINK);
	/* unless our own route to it leads there */
	ck_assert_int_eq(arrives_by("192.0.2.9", 10), DROP_NONE);
	ck_assert_int_eq(arrives_by("192.0.2.9", 20), DROP_CLIENT_UPLINK);
	/* without a route it is dropped */
	w->servers.source[servers_find4(&w->servers, world_ip("192.0.2.9"))] = IP_NONE;
	ck_assert_int_eq(arrives_by("192.0.2.9", 10), DROP_CLIENT_UPLINK);
}
END_TEST

/* The kernel reports the ifindex of the VRF for a reply that a route leads into it. */
START_TEST(a_reply_routed_into_a_vrf_is_only_for_its_own_clients)
{
	struct iftab_link vlan, red = {
		.ifindex = 77, .name = "red", .up = true, .running = true,
		.kind = IFTAB_VRF,
	};

	conf(PLAIN);
	discover();
	reply(DHCP4_OFFER);
	vlan = iftab_by_index(w->iftab, 10)->link;
	vlan.master = red.ifindex;
	must(iftab_set_link(w->iftab, &red) == 0);
	must(iftab_set_link(w->iftab, &vlan) == 0);
	world_link(w, 78, "other");	/* commits */
	ck_assert_int_eq(arrives_by("198.51.100.10", 10), DROP_NONE);
	ck_assert_int_eq(arrives_by("198.51.100.77", 10), DROP_REPLY_FROM_CLIENT);
	ck_assert_int_eq(arrives_by("198.51.100.10", 20), DROP_CLIENT_UPLINK);
	put_ip(&r, GIADDR, "203.0.113.1");
	ck_assert_int_eq(arrives_by("198.51.100.10", 10), DROP_CLIENT_UPLINK);
}
END_TEST

/* DHCPLEASEACTIVE has the chaddr of the lease (RFC 4388 6.4.2), and no client takes it, nor a
 * type that nobody knows, for an answer. */
START_TEST(after_two_minutes_answers_need_a_question)
{
	static const struct { uint8_t type; enum drop why; } at[] = {
		{ DHCP4_OFFER, DROP_UNASKED }, { DHCP4_ACK, DROP_UNASKED },
		{ DHCP4_NAK, DROP_UNASKED }, { DHCP4_TYPE_NONE, DROP_UNASKED },
		{ 13, DROP_NONE }, { 200, DROP_NONE }, { DHCP4_FORCERENEW, DROP_BAD_TYPE },
	};

	conf(PLAIN);
	reply(DHCP4_OFFER);
	ck_assert_int_eq(arrives_by("198.51.100.10", 40), DROP_NONE);
	world_wait_ms(w, 120000);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		reply(at[i].type);
		ck_assert_int_eq(arrives_by("198.51.100.10", 40), at[i].why);
	}
	ck_assert_int_eq(w->servers.health[0].state, HEALTH_UNKNOWN);
	discover();
	reply(DHCP4_OFFER);
	ck_assert_int_eq(arrives_by("198.51.100.10", 40), DROP_NONE);
	ck_assert_int_eq(w->servers.health[0].state, HEALTH_UP);
}
END_TEST

START_TEST(messages_other_than_replies_are_dropped)
{
	static const uint8_t types[] = {
		DHCP4_DISCOVER, DHCP4_REQUEST, DHCP4_DECLINE, DHCP4_RELEASE,
		DHCP4_INFORM, DHCP4_FORCERENEW,
	};

	conf(PLAIN);
	discover();
	for (size_t i = 0; i < sizeof(types); i++) {
		reply(types[i]);
		must_drop("198.51.100.10", DROP_BAD_TYPE);
	}
	reply(0);
	msg_opt(&r, 53, NULL, 0);
	must_drop("198.51.100.10", DROP_BAD_TYPE);
	reply(DHCP4_OFFER);
	r.b[0] = BOOTREQUEST;
	must_drop("198.51.100.10", DROP_BAD_OP);
	reply(DHCP4_OFFER);
	r.len = DHCP4_HEADER - 1;
	must_drop("198.51.100.10", DROP_SHORT);
	reply(DHCP4_OFFER);
	r.b[2] = 17;
	must_drop("198.51.100.10", DROP_BAD_HLEN);
	reply(DHCP4_OFFER);
	msg_u8(&r, 43);
	msg_u8(&r, 9);
	must_drop("198.51.100.10", DROP_BAD_OPTIONS);
}
END_TEST

/* RFC 1542 4.1.2 has no list of types. */
START_TEST(types_that_are_not_known_are_delivered)
{
	static const uint8_t types[] = {
		DHCP4_LEASEQUERY, DHCP4_LEASEUNASSIGNED, DHCP4_LEASEUNKNOWN,
		DHCP4_LEASEACTIVE, DHCP4_LEASEQUERYDONE, 18, 200, 255,
	};

	conf(PLAIN);
	discover();
	for (size_t i = 0; i < sizeof(types); i++) {
		reply(types[i]);
		ck_assert_int_eq(arrives_by("198.51.100.10", 40), DROP_NONE);
		ck_assert_uint_eq(d.out->link.ifindex, 10);
	}
}
END_TEST

/* --- which interface ------------------------------------------------------------------ */

START_TEST(giaddr_names_the_interface)
{
	static const struct { const char *giaddr; enum drop drop; uint32_t out; }
	    t[] = {
		{ "192.0.2.1", DROP_NONE, 10 },
		{ "203.0.113.1", DROP_NONE, 20 },
		/* giaddr = primary: no request was ever sent with this address */
		{ "203.0.113.129", DROP_NOT_OUR_GIADDR, 0 },
		{ "192.0.2.2", DROP_NOT_OUR_GIADDR, 0 },
		{ "198.51.100.1", DROP_NOT_OUR_GIADDR, 0 },	/* the uplink's address */
		{ "0.0.0.0", DROP_NOT_OUR_GIADDR, 0 },
		{ "255.255.255.255", DROP_NOT_OUR_GIADDR, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		conf(PLAIN);
		reply(DHCP4_OFFER);
		put_ip(&r, GIADDR, t[i].giaddr);
		ck_assert_msg(arrives("198.51.100.10") == t[i].drop, "%s",
		    t[i].giaddr);
		if (t[i].drop == DROP_NONE)
			ck_assert_uint_eq(d.out->link.ifindex, t[i].out);
	}
}
END_TEST

START_TEST(an_interface_that_does_not_serve_gets_nothing)
{
	conf(PLAIN);
	discover();
	reply(DHCP4_OFFER);
	world_link_down(w, 10, "vlan10");
	must_drop("198.51.100.10", DROP_NOT_OUR_GIADDR);
	world_link(w, 10, "vlan10");
	must_arrive("198.51.100.10");
	world_link(w, 10, "eth9");	/* renamed */
	must_drop("198.51.100.10", DROP_NOT_OUR_GIADDR);
}
END_TEST

#define SHARED PLAIN \
	"[interface un*]\nservers = 198.51.100.10\ngiaddr = 10.255.0.1\n"

START_TEST(a_shared_giaddr_needs_a_conversation)
{
	conf(SHARED);
	make_request(DHCP4_DISCOVER);
	ck_assert_int_eq(send_request_on(31), DROP_NONE);
	reply(DHCP4_OFFER);
	put_ip(&r, GIADDR, "10.255.0.1");
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(d.out->link.ifindex, 31);
	/* who asks with the same chaddr and xid on another VLAN later has copied them */
	world_wait_ms(w, 1);
	ck_assert_int_eq(send_request_on(30), DROP_NONE);
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(d.out->link.ifindex, 31);
	/* requests of this VLAN have another giaddr */
	ck_assert_int_eq(send_request_on(10), DROP_NONE);
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(d.out->link.ifindex, 31);
	/* another xid, another client: unknown */
	r.b[DHCP4_OFF_XID]++;
	must_drop("198.51.100.10", DROP_AMBIGUOUS);
	r.b[DHCP4_OFF_XID]--;
	r.b[DHCP4_OFF_CHADDR]++;
	must_drop("198.51.100.10", DROP_AMBIGUOUS);
	r.b[DHCP4_OFF_CHADDR]--;
	/* its interface is down: the reply is not for the other one, although only
	 * that has this giaddr now */
	iftab_del_link(w->iftab, 31);
	iftab_commit(w->iftab, w->conf, &world_host, false, NULL, NULL);
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(d.out->link.ifindex, 30);
	/* nor after the conversation has expired */
	world_link(w, 31, "un31");
	world_addr(w, 31, "172.16.4.1/24");
	world_wait_ms(w, CLIENTS_CONV_MS + 1);
	must_drop("198.51.100.10", DROP_AMBIGUOUS);
}
END_TEST

/* A server may echo any text: the interface name in option 82 must not decide where
 * a reply goes. */
START_TEST(echoed_option_82_does_not_decide)
{
	conf(SHARED "option82 = add\n");
	make_request(DHCP4_DISCOVER);
	ck_assert_int_eq(send_request_on(31), DROP_NONE);
	reply(DHCP4_OFFER);
	put_ip(&r, GIADDR, "10.255.0.1");
	msg_opt(&r, 82, "\1\4un30", 6);
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(d.out->link.ifindex, 31);
	put_ip(&r, GIADDR, "192.0.2.1");
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(d.out->link.ifindex, 10);
}
END_TEST

/* The flag and address of a client on another VLAN are not this client's. */
START_TEST(a_conversation_on_another_interface_does_not_count)
{
	conf(PLAIN);
	make_request(DHCP4_DISCOVER);
	q.b[DHCP4_OFF_FLAGS] = 0x80;
	ck_assert_int_eq(send_request_on(20), DROP_NONE);
	reply(DHCP4_OFFER);
	put_ip(&r, YIADDR, Y);
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(d.dst.host, world_ip(Y).host);
}
END_TEST

/* --- what a server of each class may send ---------------------------------------------------------------- */

#define CLASSES								\
	"[server wds]\naddress = 198.51.100.21\noffers = proxy-only\n"	\
	"[interface vlan*]\ndhcp = 198.51.100.10\nboot = wds\n"

START_TEST(a_proxy_only_server_must_not_lease)
{
	static const struct {
		uint8_t type; const char *yiaddr; bool lease; enum drop drop;
	} t[] = {
		{ DHCP4_OFFER, NO, false, DROP_NONE },
		{ DHCP4_OFFER, Y, false, DROP_OFFER_NOT_PROXY },
		{ DHCP4_OFFER, Y, true, DROP_OFFER_NOT_PROXY },
		{ DHCP4_ACK, Y, true, DROP_OFFER_NOT_PROXY },
		/* dnsmasq's reply to a discovery repeats the client's address */
		{ DHCP4_ACK, Y, false, DROP_NONE },
		{ DHCP4_ACK, NO, true, DROP_NONE },
		{ DHCP4_TYPE_NONE, Y, false, DROP_OFFER_NOT_PROXY },
		{ DHCP4_NAK, NO, false, DROP_NONE },
	};

	conf(CLASSES);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		reply(t[i].type);
		put_ip(&r, YIADDR, t[i].yiaddr);
		if (t[i].lease)
			msg_opt_u32(&r, 51, 3600);
		ck_assert_msg(arrives("198.51.100.21") == t[i].drop, "row %zu", i);
		ck_assert_int_eq(arrives("198.51.100.10"), DROP_NONE);
	}
	ck_assert_uint_eq(w->stats.drop_reply[DROP_OFFER_NOT_PROXY], 4);
	/* the reply still shows that the server is alive */
	ck_assert_uint_eq(w->servers.stats[servers_find4(&w->servers,
	    world_ip("198.51.100.21"))].replies, 8);
}
END_TEST

static void
offer_with_pxe(uint8_t type, const char *vendor)
{
	reply(type);
	put_ip(&r, YIADDR, Y);
	msg_opt_text(&r, 60, vendor);
	msg_opt_u32(&r, 51, 3600);
	msg_opt_text(&r, 43, "\6\1\10");
	msg_opt_text(&r, 67, "file");
	msg_end(&r);
	msg_pad(&r, 320);
}

static bool
unchanged(void)
{
	size_t len = render();

	return len == r.len && memcmp(out, r.b, len) == 0;
}

START_TEST(strip_pxe_changes_only_offers_of_dhcp_servers)
{
	struct dhcp4 m;
	size_t len;

	conf("[relay]\nstrip-pxe-from = dhcp\n" CLASSES);
	offer_with_pxe(DHCP4_OFFER, "PXEClient");
	must_arrive("198.51.100.10");
	len = render();
	ck_assert_uint_eq(len, 320 - 11 - 5);
	ck_assert_int_eq(dhcp4_parse(&m, out, len), DROP_NONE);
	ck_assert(!m.at[60] && !m.at[43] && m.at[51] && m.at[67] && m.end);
	ck_assert_mem_eq(out, r.b, DHCP4_OPTIONS);
	ck_assert_uint_eq(w->stats.counter[COUNTER_STRIPPED_PXE], 1);
	/* nothing else is changed */
	offer_with_pxe(DHCP4_ACK, "PXEClient");
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
	offer_with_pxe(DHCP4_OFFER, "HTTPClient");
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
	offer_with_pxe(DHCP4_OFFER, "PXEClient");
	put_ip(&r, YIADDR, NO);
	must_arrive("198.51.100.21");
	ck_assert(unchanged());
	ck_assert_uint_eq(w->stats.counter[COUNTER_STRIPPED_PXE], 1);
}
END_TEST

START_TEST(strip_pxe_is_off_by_default_and_spares_hosts_in_both_classes)
{
	conf(CLASSES);
	offer_with_pxe(DHCP4_OFFER, "PXEClient");
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
	conf("[relay]\nstrip-pxe-from = dhcp\n[interface vlan*]\n"
	    "dhcp = 198.51.100.10\nboot = 198.51.100.10\n");
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
}
END_TEST

/* Options 60 and 43 in two areas, without END, and the message cut anywhere: what
 * is left after their removal still parses, so no empty datagram is ever sent. */
START_TEST(a_stripped_offer_is_never_empty)
{
	unsigned stripped = 0;
	struct dhcp4 m;

	conf("[relay]\nstrip-pxe-from = dhcp\n" CLASSES);
	reply(DHCP4_OFFER);
	put_ip(&r, YIADDR, Y);
	memcpy(r.b + DHCP4_OFF_FILE, "\53\1x\74\1y\377", 7);
	msg_opt_u8(&r, 52, DHCP4_OVERLOAD_FILE);
	msg_opt_text(&r, 60, "PXEClient");
	msg_opt_text(&r, 43, "\6\1\10");
	for (; r.len >= DHCP4_HEADER; r.len--) {
		size_t len;

		if (arrives("198.51.100.10") != DROP_NONE)
			continue;
		len = render();
		ck_assert_uint_ge(len, DHCP4_HEADER);
		ck_assert_int_eq(dhcp4_parse(&m, out, len), DROP_NONE);
		ck_assert(!d.strip_pxe || (!m.at[60] && !m.at[43]));
		stripped += d.strip_pxe;
	}
	ck_assert_uint_eq(stripped, 2);		/* with and without all of option 43 */
}
END_TEST

/* --- bytes ---------------------------------------------------------------------------- */

START_TEST(short_replies_pass_unchanged)
{
	conf(PLAIN);
	reply(DHCP4_OFFER);
	must_arrive("198.51.100.10");		/* 243 bytes, no END */
	ck_assert(unchanged());
	msg_end(&r);
	msg_pad(&r, 280);			/* WDS */
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
	reply(0);
	r.len = DHCP4_HEADER;			/* BOOTP without vend */
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
}
END_TEST

START_TEST(only_our_option_82_is_removed)
{
	size_t len;

	conf(PLAIN "option82 = add\n");
	reply(DHCP4_OFFER);
	msg_opt(&r, 82, "\1\6vlan10", 8);
	msg_opt_text(&r, 12, "behind");
	msg_end(&r);
	msg_pad(&r, 310);
	must_arrive("198.51.100.10");
	len = render();
	ck_assert_uint_eq(len, 300);
	ck_assert_mem_eq(out, r.b, 243);
	ck_assert_mem_eq(out + 243, r.b + 253, 9);
	ck_assert_uint_eq(w->stats.counter[COUNTER_OPTION82_STRIPPED], 1);
	/* the option of another VLAN is not ours on this one */
	reply(DHCP4_OFFER);
	put_ip(&r, GIADDR, "203.0.113.1");
	msg_opt(&r, 82, "\1\6vlan10", 8);
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
	ck_assert_uint_eq(w->stats.counter[COUNTER_OPTION82_FOREIGN], 1);
	/* where none was added, none is removed */
	conf(PLAIN);
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
}
END_TEST

START_TEST(option_82_from_before_a_reload_is_removed)
{
	conf(PLAIN "option82 = add\n");
	world_reload(w, PLAIN "option82 = add\ncircuit-id = port-%i\n");
	reply(DHCP4_OFFER);
	msg_opt(&r, 82, "\1\6vlan10", 8);
	msg_end(&r);
	msg_pad(&r, 310);
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(render(), 300);
	world_reload(w, PLAIN);
	reply(DHCP4_OFFER);
	msg_opt(&r, 82, "\1\13port-vlan10", 13);
	msg_end(&r);
	msg_pad(&r, 310);
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(render(), 300);
	/* After a reload that does not change the option, it is still known as
	 * ours. */
	world_reload(w, PLAIN "trust = on\n");
	must_arrive("198.51.100.10");
	ck_assert_uint_eq(render(), 300);
	ck_assert_uint_eq(w->stats.counter[COUNTER_OPTION82_STRIPPED], 3);
	/* An option 82 that never was ours stays. */
	reply(DHCP4_OFFER);
	msg_opt(&r, 82, "\1\6vlan11", 8);
	msg_end(&r);
	msg_pad(&r, 310);
	must_arrive("198.51.100.10");
	ck_assert(unchanged());
	ck_assert_uint_eq(w->stats.counter[COUNTER_OPTION82_FOREIGN], 1);
}
END_TEST

START_TEST(counters_of_a_server)
{
	static const uint8_t types[] = {
		DHCP4_OFFER, DHCP4_OFFER, DHCP4_ACK, DHCP4_NAK, 0,
	};
	const struct server_stats *s;
	const struct iface *f;

	conf(PLAIN);
	for (size_t i = 0; i < sizeof(types); i++) {
		reply(types[i]);
		must_arrive("198.51.100.10");
	}
	s = &w->servers.stats[servers_find4(&w->servers, world_ip("198.51.100.10"))];
	ck_assert_uint_eq(s->replies, 5);
	ck_assert_uint_eq(s->offers, 2);
	ck_assert_uint_eq(s->acks, 1);
	ck_assert_uint_eq(s->naks, 1);
	ck_assert_uint_eq(s->answer[0] + s->answer[1], 0);	/* there was no request */
	f = iftab_by_index(w->iftab, 10);
	ck_assert_uint_eq(f->stats[FAMILY4].message[CONF_DHCP][DHCP4_OFFER], 2);
	ck_assert_uint_eq(f->stats[FAMILY4].message[CONF_DHCP][0], 1);
	ck_assert_uint_eq(w->stats.counter[COUNTER_PROXY_OFFERS], 2);
	ck_assert_uint_eq(iftab_by_index(w->iftab, 10)->stats[FAMILY4].replies, 5);
	must_drop("198.51.100.77", DROP_NOT_SERVER);
	ck_assert_uint_eq(w->stats.counter[COUNTER_REPLIES], 6);
	ck_assert_uint_eq(w->stats.counter[COUNTER_REPLIES_RELAYED] +
	    world_drops(w->stats.drop_reply), 6);
}
END_TEST

Suite *
relay4_reply_suite(void)
{
	Suite *s = suite_create("relay4_reply");
	TCase *t = tcase_create("replies");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, a_reply_goes_to_the_right_address, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, a_chaddr_of_zeros_is_not_a_link_address);
	tcase_add_test(t, a_group_address_is_never_a_client);
	tcase_add_test(t, replies_from_unknown_servers_are_dropped);
	tcase_add_test(t, replies_from_a_client_vlan_are_dropped);
	tcase_add_test(t, a_reply_routed_into_a_vrf_is_only_for_its_own_clients);
	tcase_add_test(t, after_two_minutes_answers_need_a_question);
	tcase_add_test(t, messages_other_than_replies_are_dropped);
	tcase_add_test(t, types_that_are_not_known_are_delivered);
	tcase_add_test(t, giaddr_names_the_interface);
	tcase_add_test(t, an_interface_that_does_not_serve_gets_nothing);
	tcase_add_test(t, a_shared_giaddr_needs_a_conversation);
	tcase_add_test(t, echoed_option_82_does_not_decide);
	tcase_add_test(t, a_conversation_on_another_interface_does_not_count);
	tcase_add_test(t, a_proxy_only_server_must_not_lease);
	tcase_add_test(t, strip_pxe_changes_only_offers_of_dhcp_servers);
	tcase_add_test(t, a_stripped_offer_is_never_empty);
	tcase_add_test(t, strip_pxe_is_off_by_default_and_spares_hosts_in_both_classes);
	tcase_add_test(t, short_replies_pass_unchanged);
	tcase_add_test(t, only_our_option_82_is_removed);
	tcase_add_test(t, option_82_from_before_a_reload_is_removed);
	tcase_add_test(t, counters_of_a_server);
	suite_add_tcase(s, t);
	return s;
}
