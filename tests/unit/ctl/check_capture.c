/* SPDX-License-Identifier: ISC
 *
 * The stream of a capture: the test feeds in decisions of relay4 and checks each packet that a
 * client of the control socket reads. Readers may also be slow or end early.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "msg6.h"
#include "proto/pcapng.h"
#include "proto/udpip.h"
#include "io/ctl.h"
#include "relay/observe/capture.h"
#include "relay/observe/observe.h"
#include "relay/state.h"
#include "world.h"

Suite *capture_suite(void);

#define VLAN10 10
#define VLAN20 20
#define UPLINK 30

static const struct opener_terms terms = { .anything = true, .group = (gid_t)-1 };
static char dir[32], path[64];
static char logged[2000];		/* the lines of the debug log */
static struct world *w;
static struct daemon *d;

/* What one reader has received. */
struct reader {
	int fd;
	size_t len, at;		/* at: where the next block begins */
	char name[16][CONF_NAME_MAX + 8];
	uint16_t link[16];
	unsigned n_name;
	uint8_t b[4u << 20];
};

static struct reader *one, *two;

static char *
on_command(void *user, const char *command)
{
	json_t *doc = capture_begin(user, command);
	char *text = json_dumps(doc, JSON_COMPACT);

	json_decref(doc);
	return text;
}

static void
on_line(void *user, enum log_level level, const char *event, const char *fields)
{
	size_t len = strlen(logged);

	(void)user;
	(void)level;
	snprintf(logged + len, sizeof(logged) - len, "%s %s\n", event, fields);
}

static void
set_up(void)
{
	char net[32];

	w = world_new("[relay]\nmax-hops = 4\nclient-rate = off\n"
	    "interface-rate = off\n"
	    "[server alpha]\naddress = 198.51.100.10\n"
	    "[server beta]\naddress = 198.51.100.11\n"
	    "[server kea]\naddress = 2001:db8:ff::a\n"
	    "[server all]\naddress = ff05::1:3%up0\n"
	    "[group both]\nservers = alpha, beta\n"
	    "[interface vlan10]\nservers = alpha, kea, all\n"
	    "[interface vlan20]\nservers = alpha, kea\ntrust = on\n"
	    "[rule pxe]\nvendor-class = PXEClient*\nboot = both\n"
	    "[rule never]\nmac = 02:00:5e:66\naction = drop\n", 64);
	world_link(w, VLAN10, "vlan10");
	world_addr(w, VLAN10, "192.0.2.1/24");
	world_link(w, VLAN20, "vlan20");
	world_addr(w, VLAN20, "203.0.113.1/24");
	d = calloc(1, sizeof(*d));
	d->loop = loop_new();
	d->priv = priv_new(&terms, NULL);
	d->conf = w->conf;
	d->iftab = w->iftab;
	d->servers = w->servers;
	d->relay[FAMILY4] = w->r4;
	d->relay[FAMILY4].servers = &d->servers;
	d->track = track_new(16, d->secret);
	d->relay[FAMILY6] = w->r6;
	d->relay[FAMILY6].servers = &d->servers;
	for (uint32_t i = VLAN10; i <= UPLINK; i += 10) {
		if (i == UPLINK)
			world_link(w, UPLINK, "up0");
		world_addr(w, i, "fe80::1/64");
		snprintf(net, sizeof(net), "2001:db8:%u::1/64", i);
		world_addr(w, i, net);
	}
	for (unsigned i = 0; i < w->conf->n_server; i++)
		d->servers.source[i] = ip_of4(world_ip("198.51.100.1"));
	strcpy(dir, "/tmp/pxrelay-capture-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	ck_assert_int_eq(ctl_open(d->loop, d->priv, path, on_command, d, &d->control.ctl), 0);
	one = calloc(1, sizeof(*one));
	two = calloc(1, sizeof(*two));
}

static void
tear_down(void)
{
	d->control.ctl = ctl_close(d->control.ctl);
	ck_assert_ptr_null(d->captures);
	track_free(d->track);
	loop_free(d->loop);
	priv_free(d->priv);
	free(d);
	world_free(w);
	free(one);
	free(two);
	rmdir(dir);
}

static void
turn(int times)
{
	while (times-- > 0)
		event_base_loop(loop_base(d->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
start(struct reader *r, const char *filter)
{
	static const char answer[] = "{\"capture\":\"pcapng\"}\n";
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char line[300];
	int len = snprintf(line, sizeof(line), "%s\n", filter);

	r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	ck_assert_int_eq(connect(r->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(send(r->fd, line, (size_t)len, 0), len);
	turn(5);
	ck_assert_int_eq(recv(r->fd, r->b, sizeof(answer) - 1, 0),
	    sizeof(answer) - 1);
	ck_assert_int_eq(memcmp(r->b, answer, sizeof(answer) - 1), 0);
}

/* Reads everything available; true at the end of the stream. */
static bool
hear(struct reader *r)
{
	for (int idle = 0; idle < 20;) {
		ssize_t n = recv(r->fd, r->b + r->len, sizeof(r->b) - r->len, 0);

		if (n == 0)
			return true;
		idle = n > 0 ? 0 : idle + 1;
		r->len += n > 0 ? (size_t)n : 0;
		turn(1);
	}
	return false;
}

static bool
next_block(struct reader *r, struct pcapng_block *b)
{
	struct rd rd = rd_init(r->b + r->at, r->len - r->at);

	if (pcapng_next(&rd, b) != PCAPNG_WHOLE)
		return false;
	r->at += b->len;
	return true;
}

/* Blocks are little-endian. */
static uint16_t
get_u16(struct rd *r)
{
	uint16_t v = rd_u8(r);

	return (uint16_t)(v | rd_u8(r) << 8);
}

static uint32_t
get_u32(struct rd *r)
{
	uint32_t v = get_u16(r);

	return v | (uint32_t)get_u16(r) << 16;
}

static void
note_interface(struct reader *r, const struct pcapng_block *b)
{
	struct rd rd = rd_init(b->data + 8, b->len - 12), name;

	must(r->n_name < 16);
	r->link[r->n_name] = get_u16(&rd);
	rd_skip(&rd, 6);
	ck_assert_uint_eq(get_u16(&rd), 2);
	name = rd_sub(&rd, get_u16(&rd));
	ck_assert(!name.bad);
	memcpy(r->name[r->n_name++], name.p, rd_left(&name));
}

/* Prints a packet of the stream in readable form. */
struct seen {
	char text[900];		/* "in vlan10 broadcast: comment" */
	const uint8_t *link;	/* the link header, NULL: none */
	const uint8_t *ip;	/* at its IP header */
	size_t ip_len;
};

static bool
is_number(const struct reader *r, uint32_t n)
{
	return n < r->n_name;
}

static void
read_packet(const struct reader *r, const struct pcapng_block *b, struct seen *p)
{
	static const char *dir_of[] = { "?", "in", "out", "?" };
	static const char *cast[] = { "?", "unicast", "multicast", "broadcast" };
	struct rd rd = rd_init(b->data + 8, b->len - 12), comment, frame;
	uint32_t number = get_u32(&rd), len, flags;

	ck_assert(is_number(r, number));
	rd_skip(&rd, 8);
	len = get_u32(&rd);
	rd_skip(&rd, 4);
	frame = rd_sub(&rd, len);
	rd_skip(&rd, (4 - len % 4) % 4);
	ck_assert_uint_eq(get_u16(&rd), 1);
	len = get_u16(&rd);
	comment = rd_sub(&rd, len);
	rd_skip(&rd, (4 - len % 4) % 4);
	ck_assert_uint_eq(get_u32(&rd), 4 << 16 | 2);
	flags = get_u32(&rd);
	ck_assert(!rd.bad && !frame.bad && !comment.bad);
	snprintf(p->text, sizeof(p->text), "%s %s %s: %.*s", dir_of[flags & 3],
	    r->name[number], cast[flags >> 2 & 3], (int)rd_left(&comment),
	    (const char *)comment.p);
	p->link = NULL;
	if (r->link[number] == PCAPNG_ETHERNET) {
		ck_assert_uint_ge(rd_left(&frame), 14);
		p->link = frame.p;
		rd_skip(&frame, 14);
	}
	p->ip = frame.p;
	p->ip_len = rd_left(&frame);
	ck_assert(p->link ?
	    memcmp(p->link + 12, p->ip[0] >> 4 == 6 ? "\x86\xdd" : "\x08\x00", 2) == 0 :
	    r->link[number] == (p->ip[0] >> 4 == 6 ? PCAPNG_IPV6 : PCAPNG_IPV4));
}

static bool
next_packet(struct reader *r, struct seen *p)
{
	struct pcapng_block b;

	while (next_block(r, &b)) {
		if (b.type == PCAPNG_INTERFACE)
			note_interface(r, &b);
		if (b.type != PCAPNG_PACKET)
			continue;
		read_packet(r, &b, p);
		return true;
	}
	return false;
}

/* Checks the next packet and its headers. */
static void
expect(struct reader *r, const char *text)
{
	struct udpip u;
	struct udpip u6;
	struct seen p;

	hear(r);
	ck_assert_msg(next_packet(r, &p), "nothing, and not %s", text);
	ck_assert_str_eq(p.text, text);
	ck_assert_int_eq(p.ip[0] >> 4 == 6 ? udpip_parse(&u6, FAMILY6, p.ip, p.ip_len, true) :
	    udpip_parse(&u, FAMILY4, p.ip, p.ip_len, true), DROP_NONE);
}

static void
expect_nothing(struct reader *r)
{
	struct seen p;

	hear(r);
	ck_assert_msg(!next_packet(r, &p), "%s", p.text);
}

/* --- packets --------------------------------------------------------------------- */

static struct msg m;
static struct relay4_plan plan;
static uint8_t packet[2000];

static void
discover(const char *vendor)
{
	msg_init(&m, BOOTREQUEST);
	msg_opt_u8(&m, 53, DHCP4_DISCOVER);
	if (vendor)
		msg_opt_text(&m, 60, vendor);
	msg_end(&m);
}

/* As in the ring, with a checksum that is left to hardware. */
static struct rx
broadcast(uint32_t ifindex)
{
	struct udpip u = { .dst = ip_of4(IP4_BROADCAST), .sport = 68, .dport = 67,
	    .ttl = 9, .payload = m.b, .payload_len = m.len };

	udpip_build(packet, &u, 77);
	packet[26] ^= 0x55;
	memcpy(packet + UDPIP_HEADERS, m.b, m.len);
	return (struct rx){
		.data = packet + UDPIP_HEADERS, .len = m.len,
		.dst = ip_of4(IP4_BROADCAST), .sport = 68, .ifindex = ifindex,
		.ip = packet, .ip_len = UDPIP_HEADERS + m.len,
		.csum_unverified = true, .mac_len = 6,
		.mac = { 2, 0, 0x5e, 0x10, 0, 1 },
	};
}

static void
sent(uint16_t server, const void *msg, size_t len)
{
	struct observe_copy c = { server, plan.in, plan.rule, plan.hedge, NULL };

	observe_copy(d, &c, msg, len);
}

/* As path.c handles it. */
static enum drop
request(uint32_t ifindex)
{
	struct rx rx = broadcast(ifindex);
	enum drop why = relay4_request(&d->relay[FAMILY4], &rx, w->now, &plan);
	uint8_t out[2000];
	bool no_room;
	size_t len;

	observe_request(d, &rx, &plan, why, w->now);
	for (unsigned i = 0; why == DROP_NONE && i < plan.to.n; i++) {
		len = relay4_render(&plan, 0, false, out, sizeof(out), &no_room);
		sent(plan.to.server[i], out, len);
	}
	return why;
}

static enum drop
reply(const char *from, uint8_t type, const char *giaddr)
{
	struct relay4_delivery v;
	struct rx rx;
	uint8_t out[2000];
	struct udpip u;
	enum drop why;

	msg_init(&m, BOOTREPLY);
	dhcp4_put_ip4(m.b, DHCP4_OFF_GIADDR, world_ip(giaddr));
	dhcp4_put_ip4(m.b, 16, world_ip("192.0.2.50"));
	msg_opt_u8(&m, 53, type);
	msg_end(&m);
	rx = (struct rx){ .data = m.b, .len = m.len, .src = ip_of4(world_ip(from)),
	    .dst = ip_of4(world_ip("192.0.2.1")), .sport = 67, .ifindex = 99,
	    .unicast = true };
	why = relay4_reply(&d->relay[FAMILY4], &rx, w->now, &v);
	observe_reply(d, &rx, &v, why, w->now);
	if (why != DROP_NONE)
		return why;
	u = (struct udpip){ .src = ip_of4(v.src), .dst = ip_of4(v.dst), .sport = v.sport,
	    .dport = v.dport, .payload = out, .payload_len =
	    relay4_render_reply(&d->relay[FAMILY4], &v, out, sizeof(out)) };
	observe_delivery(d, &v, &u);
	return why;
}

/* --- DHCPv6 ---------------------------------------------------------------------- */

#define CLIENT6 "fe80::5054:ff:fe00:1"

static struct relay6_plan plan6;
static uint16_t port6 = 547;

static struct ipaddr
addr6(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ip_parse(text, &a), "%s", text);
	return a;
}

static void
client6(uint8_t type)
{
	msg6_init(&m, type);
	msg6_opt_hex(&m, DHCP6_OPT_CLIENT_ID, "0003 0001 525400000001");
}

/* As in the ring, with a checksum that is left to hardware. */
static struct rx
multicast6(uint32_t ifindex, const char *src)
{
	struct udpip u = { .src = ip_of6(addr6(src).v6), .dst = ip_of6(addr6("ff02::1:2").v6),
	    .sport = 546, .dport = port6, .payload = m.b, .payload_len = m.len };

	udpip_build(packet, &u, 0);
	packet[UDPIP6_HEADERS - 1] ^= 0x55;
	memcpy(packet + UDPIP6_HEADERS, m.b, m.len);
	return (struct rx){
		.data = packet + UDPIP6_HEADERS, .len = m.len, .src = u.src,
		.dst = u.dst, .sport = 546, .ifindex = ifindex,
		.ip = packet, .ip_len = UDPIP6_HEADERS + m.len,
		.csum_unverified = true, .hwtype = 1, .mac_len = 6,
		.mac = { 0x52, 0x54, 0, 0, 0, 1 },
	};
}

/* As relay6_run.c handles it. */
static enum drop
request6(uint32_t ifindex, const char *src)
{
	struct rx rx = multicast6(ifindex, src);
	enum drop why = relay6_request(&d->relay[FAMILY6], &rx, w->now, &plan6);
	uint8_t out[2000];
	size_t len;

	observe_request6(d, &rx, &plan6, why, w->now);
	for (unsigned i = 0; why == DROP_NONE && i < plan6.to.n; i++) {
		struct observe_copy c = { plan6.to.server[i], plan6.in, plan6.rule,
		    plan6.hedge, &plan6.from };

		len = relay6_render(&plan6, RELAY6_PLAIN, out, sizeof(out));
		observe_copy(d, &c, out, len);
	}
	return why;
}

/* m is what the server sends inside. */
static enum drop
reply6(const char *from, const char *link, const char *iid)
{
	struct relay6_delivery v;
	enum drop why;
	struct rx rx;

	msg6_wrap(&m, DHCP6_RELAY_REPL, 0, link, CLIENT6, iid);
	rx = (struct rx){ .data = m.b, .len = m.len, .src = addr6(from),
	    .dst = addr6("2001:db8:30::1"), .sport = 547, .ifindex = UPLINK,
	    .unicast = true };
	why = relay6_reply(&d->relay[FAMILY6], &rx, w->now, &v);
	observe_reply6(d, &rx, &v, why, w->now);
	if (why == DROP_NONE)
		observe_delivery6(d, &v);
	return why;
}

static void
expect_log(const char *lines)
{
	ck_assert_str_eq(logged, lines);
	logged[0] = '\0';
}

START_TEST(dhcpv6_on_both_legs)
{
	start(one, "");
	start(two, "mac=52:54:00:00:00:01 server=kea");
	client6(DHCP6_SOLICIT);
	ck_assert_int_eq(request6(VLAN20, CLIENT6), DROP_NONE);
	client6(DHCP6_ADVERTISE);
	ck_assert_int_eq(reply6("2001:db8:ff::a", "2001:db8:20::1", "host:vlan20"),
	    DROP_NONE);
	for (struct reader *r = one; r; r = r == one ? two : NULL) {
		expect(r, "in vlan20 multicast: relayed to=kea");
		expect(r, "out server:kea unicast: copy server=kea from=vlan20");
		expect(r, "in server:kea unicast: relayed server=kea to=vlan20");
		expect(r, "out vlan20 unicast: delivery server=kea");
		expect_nothing(r);
		ck_assert_uint_eq(r->link[0], PCAPNG_ETHERNET);
		ck_assert_uint_eq(r->link[1], PCAPNG_IPV6);
		close(r->fd);
	}
}
END_TEST

START_TEST(dhcpv4_and_dhcpv6_of_a_vlan_in_one_capture)
{
	start(one, "interface=vlan10");
	discover(NULL);
	ck_assert_int_eq(request(VLAN10), DROP_NONE);
	client6(DHCP6_SOLICIT);
	ck_assert_int_eq(request6(VLAN10, CLIENT6), DROP_NONE);
	ck_assert_int_eq(request6(VLAN20, CLIENT6), DROP_NONE);
	expect(one, "in vlan10 broadcast: relayed to=alpha");
	expect(one, "out server:alpha unicast: copy server=alpha from=vlan10");
	expect(one, "in vlan10 multicast: relayed to=kea,all");
	expect(one, "out server:kea unicast: copy server=kea from=vlan10");
	expect(one, "out server:all multicast: copy server=all from=vlan10");
	expect_nothing(one);
	close(one->fd);
}
END_TEST

START_TEST(who_answers_for_a_group_is_that_server)
{
	start(one, "server=all");
	client6(DHCP6_ADVERTISE);
	ck_assert_int_eq(reply6("2001:db8:77::7", "2001:db8:10::1", "host:vlan10"),
	    DROP_NONE);
	expect(one, "in server:all unicast: relayed server=all to=vlan10");
	expect(one, "out vlan10 unicast: delivery server=all");
	expect_nothing(one);
	close(one->fd);
}
END_TEST

START_TEST(a_client_behind_another_relay_is_found_by_its_address)
{
	start(one, "mac=02:00:5e:10:00:77");
	start(two, "mac=02:00:5e:10:00:78");
	client6(DHCP6_SOLICIT);
	msg6_wrap(&m, DHCP6_RELAY_FORW, 0, "2001:db8:99::1", CLIENT6, "far");
	msg6_opt_hex(&m, DHCP6_OPT_CLIENT_LLADDR, "0001 02005e100077");
	ck_assert_int_eq(request6(VLAN20, "fe80::99"), DROP_NONE);
	expect(one, "in vlan20 multicast: relayed to=kea");
	expect(one, "out server:kea unicast: copy server=kea from=vlan20");
	expect_nothing(two);
	close(one->fd);
	close(two->fd);
}
END_TEST

START_TEST(drops_of_dhcpv6_say_why)
{
	struct boot_step step;
	struct rx rx;

	start(one, "");
	client6(DHCP6_ADVERTISE);
	ck_assert_int_eq(request6(VLAN10, CLIENT6), DROP_REPLY_FROM_CLIENT);
	expect(one, "in vlan10 multicast: dropped reason=reply-from-client text=\""
	    "a server's message from a client VLAN: a rogue server or a forgery\"");
	client6(DHCP6_REPLY);
	ck_assert_int_eq(reply6("2001:db8:ff::a", "2001:db8:20::1", "host:vlan10"),
	    DROP_LINK_MISMATCH);
	expect(one, "in server:kea unicast: dropped reason=link-mismatch text=\""
	    "RELAY-REPL whose Interface-Id and link-address are of two interfaces\""
	    " server=kea");
	client6(DHCP6_REQUEST);
	port6 = 4011;
	rx = multicast6(VLAN10, CLIENT6);
	observe_boot_step(d, &rx, &step, boot_step_request(&d->relay[FAMILY6],
	    d->boot_steps, &rx, w->now, &step), w->now);
	expect(one, "in vlan10 multicast: dropped reason=no-boot-server text=\""
	    "port 4011 request, but no boot server is configured for it\"");
	expect_nothing(one);
	close(one->fd);
}
END_TEST

START_TEST(debug_lines_of_dhcpv6)
{
	struct boot_step step;
	struct rx rx;

	d->log = (struct log){ LOG_LEVEL_DEBUG, on_line, NULL };
	client6(DHCP6_SOLICIT);
	request6(VLAN20, CLIENT6);
	expect_log("relayed mac=52:54:00:00:00:01 peer=" CLIENT6 " type=solicit"
	    " xid=5eed01 link-address=2001:db8:20::1 interface=vlan20 to=kea\n");
	observe_hedge6(d, &plan6, w->now);
	expect_log("hedged mac=52:54:00:00:00:01 peer=" CLIENT6 " type=solicit"
	    " xid=5eed01 link-address=2001:db8:20::1 interface=vlan20 to=kea\n");
	client6(DHCP6_ADVERTISE);
	reply6("2001:db8:ff::a", "2001:db8:20::1", "host:vlan20");
	expect_log("delivered mac=52:54:00:00:00:01 peer=" CLIENT6 " type=advertise"
	    " xid=5eed01 src=2001:db8:ff::a link-address=2001:db8:20::1"
	    " interface=vlan20\n");
	client6(DHCP6_SOLICIT);
	msg6_wrap(&m, DHCP6_RELAY_FORW, 0, "2001:db8:99::1", CLIENT6, "far");
	request6(VLAN10, "fe80::99");
	expect_log("dropped peer=" CLIENT6 " type=solicit xid=5eed01 src=fe80::99"
	    " interface=vlan10 direction=requests reason=untrusted-relay\n");
	/* Dropped before it was read. */
	client6(DHCP6_CONFIRM);
	request6(UPLINK, CLIENT6);
	expect_log("dropped mac=52:54:00:00:00:01 peer=" CLIENT6 " type=confirm"
	    " xid=5eed01 interface=up0 direction=requests reason=not-client\n");
	rx = multicast6(VLAN10, CLIENT6);
	observe_boot_step(d, &rx, &step, boot_step_request(&d->relay[FAMILY6],
	    d->boot_steps, &rx, w->now, &step), w->now);
	expect_log("dropped mac=52:54:00:00:00:01 peer=" CLIENT6 " type=confirm"
	    " xid=5eed01 interface=vlan10 direction=4011 reason=bad-type\n");
	m.len = 3;
	request6(VLAN10, CLIENT6);
	expect_log("dropped src=" CLIENT6 " interface=vlan10 direction=requests"
	    " reason=short\n");
}
END_TEST

/* --- tests ------------------------------------------------------------------------- */

START_TEST(both_legs_with_verdicts)
{
	start(one, "");
	discover(NULL);
	ck_assert_int_eq(request(VLAN10), DROP_NONE);
	expect(one, "in vlan10 broadcast: relayed to=alpha");
	expect(one, "out server:alpha unicast: copy server=alpha from=vlan10");
	reply("198.51.100.10", DHCP4_OFFER, "192.0.2.1");
	expect(one, "in server:alpha unicast: relayed server=alpha to=vlan10");
	expect(one, "out vlan10 unicast: delivery server=alpha");
	expect_nothing(one);
	ck_assert_uint_eq(one->n_name, 2);
	ck_assert_uint_eq(one->link[0], PCAPNG_ETHERNET);
	ck_assert_uint_eq(one->link[1], PCAPNG_IPV4);
	close(one->fd);
}
END_TEST

START_TEST(a_rule_is_named)
{
	start(one, "");
	discover("PXEClient:Arch:00000:UNDI:002001");
	m.b[4] ^= 1;
	ck_assert_int_eq(request(VLAN20), DROP_NONE);
	expect(one, "in vlan20 broadcast: relayed to=alpha,beta rule=pxe");
	expect(one, "out server:alpha unicast: copy server=alpha from=vlan20 rule=pxe");
	expect(one, "out server:beta unicast: copy server=beta from=vlan20 rule=pxe");
	discover(NULL);
	m.b[DHCP4_OFF_CHADDR + 3] = 0x66;
	ck_assert_int_eq(request(VLAN20), DROP_RULE);
	expect(one, "in vlan20 broadcast: dropped reason=rule"
	    " text=\"a [rule] with action = drop matches\" rule=never");
	close(one->fd);
}
END_TEST

START_TEST(a_hedge_differs_from_a_copy)
{
	start(one, "");
	discover(NULL);
	request(VLAN10);
	plan.hedge = true;
	sent(plan.to.server[0], m.b, m.len);
	expect(one, "in vlan10 broadcast: relayed to=alpha");
	expect(one, "out server:alpha unicast: copy server=alpha from=vlan10");
	expect(one, "out server:alpha unicast: hedge server=alpha from=vlan10");
	close(one->fd);
}
END_TEST

START_TEST(drops_say_why)
{
	struct ring_frame f = { .to = RING_TO_BROADCAST, .ifindex = VLAN10 };
	struct pcapng_block b;
	struct seen p;

	start(one, "");
	discover(NULL);
	m.b[3] = 9;
	ck_assert_int_eq(request(VLAN10), DROP_HOPS);
	expect(one, "in vlan10 broadcast: dropped reason=hops"
	    " text=\"hop count above max-hops (RFC 1542 4.1.1) or max-hops6 (RFC 9915 7.6)\"");
	reply("198.51.100.99", DHCP4_OFFER, "192.0.2.1");
	expect(one, "in server:other unicast: dropped reason=not-server"
	    " text=\"reply from an address that is not a configured server\""
	    " server=other");
	reply("198.51.100.11", DHCP4_OFFER, "192.0.2.77");
	expect(one, "in server:beta unicast: dropped reason=not-our-giaddr"
	    " text=\"reply whose giaddr is not one of the relay's\" server=beta");
	/* An invalid packet is kept as received. */
	f.ip = (const uint8_t *)"\x45\0\0";
	f.len = 3;
	observe_bad_frame(d, FAMILY4, &f, DROP_SHORT);
	hear(one);
	ck_assert(next_packet(one, &p));
	ck_assert_int_eq(strncmp(p.text, "in vlan10 broadcast: dropped reason=short ",
	    42), 0);
	ck_assert_uint_eq(p.ip_len, 3);
	ck_assert(!next_block(one, &b));
	close(one->fd);
}
END_TEST

START_TEST(a_bad_frame_of_ipv6_is_kept_too)
{
	struct ring_frame f = { .to = RING_TO_MULTICAST, .ifindex = VLAN10,
	    .ip = (const uint8_t *)"\x60\0\0", .len = 3, .mac_len = 6,
	    .mac = { 2, 0, 0x5e, 0x10, 0, 1 } };
	struct seen p;

	start(one, "mac=02:00:5e:10:00:01");
	observe_bad_frame(d, FAMILY6, &f, DROP_SHORT);
	hear(one);
	ck_assert(next_packet(one, &p));
	ck_assert_int_eq(strncmp(p.text, "in vlan10 multicast: dropped reason=short ",
	    42), 0);
	ck_assert_int_eq(memcmp(p.link, "\x33\x33\0\1\0\2", 6), 0);
	ck_assert_uint_eq(p.ip_len, 3);
	close(one->fd);
}
END_TEST

START_TEST(probes_of_the_relay)
{
	struct rescue_plan r = { .what = RESCUE_QUERY, .live = 1,
	    .ifindex = VLAN20, .mac_len = 6,
	    .asked = world_ip("198.51.100.10"),
	    .from = world_ip("198.51.100.11") };
	struct rx rx = { .data = r.msg, .len = 300, .sport = 4011,
	    .src = ip_of4(r.from), .unicast = true };

	start(one, "");
	start(two, "server=beta");
	r.udp = (struct udpip){ .dst = ip_of4(r.from), .dport = 4011, .sport = 67,
	    .payload = r.msg, .payload_len = 300 };
	observe_rescue(d, &r, w->now);
	expect(one, "out server:beta unicast: rescue server=beta");
	r.what = RESCUE_DELIVER;
	observe_rescue_reply(d, &rx, &r);
	observe_rescue(d, &r, w->now);
	expect(one, "in server:beta unicast: rescue-answer");
	expect(one, "out vlan20 unicast: rescue-delivery server=beta"
	    " in-place-of=198.51.100.10");
	r.what = RESCUE_NOTHING;
	observe_rescue_reply(d, &rx, &r);
	observe_rescue(d, &r, w->now);
	expect(one, "in server:beta unicast: dropped reason=rescue-unused text=\""
	    "reply of a rescue, or to a DHCPv6 request to port 4011, that the client"
	    " no longer needs, or could not use\"");
	observe_probe(d, 1, r.msg, 300);
	observe_probe_reply(d, &rx);
	expect(one, "out server:beta unicast: probe");
	expect(one, "in server:beta unicast: probe-answer");
	rx.src.v4 = world_ip("198.51.100.99");
	rx.ifindex = VLAN20;
	observe_stranger(d, &rx, true, w->now);
	observe_routed(d, &rx, 40000, w->now);
	expect(one, "in vlan20 broadcast: seen server-on-vlan");
	expect(one, "in vlan20 unicast: seen routed");
	expect_nothing(one);
	expect(two, "out server:beta unicast: rescue server=beta");
	expect(two, "in server:beta unicast: rescue-answer");
	expect(two, "out vlan20 unicast: rescue-delivery server=beta"
	    " in-place-of=198.51.100.10");
	close(one->fd);
	close(two->fd);
}
END_TEST

START_TEST(each_capture_has_its_own_filter_and_numbers)
{
	start(one, "interface=vlan20");
	discover(NULL);
	request(VLAN10);
	start(two, "mac=02:00:5e:10:00:01 server=alpha");
	request(VLAN20);
	reply("198.51.100.10", DHCP4_ACK, "192.0.2.1");
	expect(one, "in vlan20 broadcast: relayed to=alpha");
	expect(one, "out server:alpha unicast: copy server=alpha from=vlan20");
	expect_nothing(one);
	expect(two, "in vlan20 broadcast: relayed to=alpha");
	expect(two, "out server:alpha unicast: copy server=alpha from=vlan20");
	expect(two, "in server:alpha unicast: relayed server=alpha to=vlan10");
	expect(two, "out vlan10 unicast: delivery server=alpha");
	expect_nothing(two);
	close(one->fd);
	turn(3);
	discover(NULL);
	request(VLAN20);
	expect(two, "in vlan20 broadcast: relayed to=alpha");
	close(two->fd);
}
END_TEST

START_TEST(a_slow_reader_loses_packets_and_learns_how_many)
{
	struct pcapng_block b;
	uint64_t lost = 0;
	unsigned packets = 0, n = 40000;

	start(one, "");
	start(two, "");
	discover(NULL);
	for (unsigned i = 0; i < n; i += 2) {
		request(VLAN10);
		if (i % 200 == 0)
			turn(1);
	}
	ck_assert_ptr_nonnull(d->captures);
	shutdown(one->fd, SHUT_WR);
	ck_assert(hear(one));
	while (next_block(one, &b)) {
		packets += b.type == PCAPNG_PACKET;
		lost += b.type == PCAPNG_STATS ? pcapng_dropped(&b) : 0;
	}
	ck_assert_uint_eq(one->at, one->len);
	/* The kernel holds a few more. */
	ck_assert_uint_lt(one->len, CAPTURE_WAITING + (1u << 20));
	ck_assert_uint_gt(one->len, CAPTURE_WAITING - 20000);
	ck_assert_uint_eq(packets + lost, n);
	ck_assert_uint_gt(lost, 0);
	close(one->fd);
	close(two->fd);	/* closed without a shutdown */
	turn(5);
	ck_assert_ptr_null(d->captures);
}
END_TEST

START_TEST(the_end_of_the_daemon_is_the_end_of_the_stream)
{
	struct pcapng_block b;
	unsigned stats = 0;

	start(one, "");
	discover(NULL);
	request(VLAN10);
	d->control.ctl = ctl_close(d->control.ctl);
	ck_assert_ptr_null(d->captures);
	ck_assert(hear(one));
	while (next_block(one, &b))
		stats += b.type == PCAPNG_STATS;
	ck_assert_uint_eq(stats, 2);
	close(one->fd);
}
END_TEST

START_TEST(four_captures_and_no_more)
{
	int fd[CAPTURES_MAX];
	json_t *doc;

	for (int i = 0; i < CAPTURES_MAX; i++) {
		start(one, "");
		fd[i] = one->fd;
	}
	doc = capture_begin(d, "");
	ck_assert_str_eq(json_string_value(json_object_get(doc, "error")),
	    "there are 4 captures already");
	json_decref(doc);
	close(fd[2]);
	turn(5);
	start(one, "");
	for (int i = 0; i < CAPTURES_MAX; i++)
		close(i == 2 ? one->fd : fd[i]);
	turn(5);
	ck_assert_ptr_null(d->captures);
	doc = capture_begin(d, "mac=x");
	ck_assert_str_eq(json_string_value(json_object_get(doc, "error")),
	    "mac=x: expected a hardware address like"
	    " 52:54:00:12:34:56");
	json_decref(doc);
	ck_assert_ptr_null(d->captures);
}
END_TEST

Suite *
capture_suite(void)
{
	Suite *s = suite_create("capture");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, both_legs_with_verdicts);
	tcase_add_test(t, a_rule_is_named);
	tcase_add_test(t, a_hedge_differs_from_a_copy);
	tcase_add_test(t, drops_say_why);
	tcase_add_test(t, a_bad_frame_of_ipv6_is_kept_too);
	tcase_add_test(t, probes_of_the_relay);
	tcase_add_test(t, dhcpv6_on_both_legs);
	tcase_add_test(t, dhcpv4_and_dhcpv6_of_a_vlan_in_one_capture);
	tcase_add_test(t, who_answers_for_a_group_is_that_server);
	tcase_add_test(t, a_client_behind_another_relay_is_found_by_its_address);
	tcase_add_test(t, drops_of_dhcpv6_say_why);
	tcase_add_test(t, debug_lines_of_dhcpv6);
	tcase_add_test(t, each_capture_has_its_own_filter_and_numbers);
	tcase_add_test(t, a_slow_reader_loses_packets_and_learns_how_many);
	tcase_add_test(t, the_end_of_the_daemon_is_the_end_of_the_stream);
	tcase_add_test(t, four_captures_and_no_more);
	suite_add_tcase(s, t);
	return s;
}
