/* SPDX-License-Identifier: ISC
 *
 * The whole daemon, on tests/fake, while everything changes around packets: reloads,
 * servers that are drained, links and addresses that come and go, reads and sends that
 * fail. Each packet goes where the configuration of that moment allows, none is lost
 * count of, and in the end, when all is as at first, the relay does byte for byte what a
 * new one does.
 *
 * Input: events of four bytes: what (see `enum event') and three that say more.
 */
#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "fakeio.h"
#include "io/conffile.h"
#include "ipnet.h"
#include "proto/dhcp4.h"
#include "proto/dhcp6.h"
#include "relay/daemon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define EVENTS_MAX 128
#define TOLD_MAX (1u << 15)
#define NEWCOMER 9		/* the machine that boots in the end */

/* The first is that of the end. */
static const char *const confs[] = {
	"[relay]\nclients = 64\noption82 = add\ncircuit-id = %i\n[interface vlan*]\n"
	"servers = 198.51.100.10, 198.51.100.11, 2001:db8:ff::10\n",
	"[relay]\nclients = 128\n[group dhcp]\nservers = 198.51.100.10, 198.51.100.12\n"
	"mode = failover\nhedge = 50ms\n[group boot]\nservers = 198.51.100.21, 198.51.100.22\n"
	"mode = failover\nrescue = on\n[interface vlan*]\ndhcp = dhcp\nboot = boot\n",
	"[server a]\naddress = 198.51.100.11\nprobe = dhcp, icmp, arp\nprobe-interval = 1s\n"
	"[server b]\naddress = 198.51.100.12\nprobe = tftp:x, pxe\n[group g]\nservers = a, b\n"
	"mode = balance\n[interface vlan10]\nservers = g\nactive = 192.0.2.254\n",
	"[relay]\ngiaddr = rotate\n4011 = off\n[helper w]\nport = 9\nfrom = vlan10\nto = vlan20\n"
	"[interface vlan20]\nservers = 2001:db8:ff::10\n[interface up*]\n"
	"servers = 198.51.100.10\n",
	"[interface vlan10]\nservers = nobody\n",	/* is refused */
};
#define CONFS (sizeof(confs) / sizeof(confs[0]))

static const char *const servers[] = {
	"198.51.100.10", "198.51.100.11", "198.51.100.12", "198.51.100.21", "198.51.100.22",
	"2001:db8:ff::10",
};
#define SERVERS (sizeof(servers) / sizeof(servers[0]))

static const uint32_t links[] = { 10, 20, FAKEIO_UPLINK };
#define LINKS (sizeof(links) / sizeof(links[0]))

static const char *const nets[] = {
	"192.0.2.1/24", "203.0.113.1/24", "192.0.2.254/24", "192.0.2.2/24", "fe80::1/64",
	"2001:db8:10::1/64", "2001:db8:20::1/64", "2001:db8:10::2/64",
};
#define NETS (sizeof(nets) / sizeof(nets[0]))

/* Which links have them at first. */
static const uint8_t net_of_first[LINKS] = { 0x31, 0x52, 0x10 };

static const char *const commands[] = {
	"show", "show interfaces", "show servers", "show clients", "show boots",
	"show counters", "show drops", "show rules", "explain 02:00:00:00:00:01",
	"doctor start vlan10", "doctor result 1", "capture", "drain 198.51.100.10",
	"enable 198.51.100.10", "drain 198.51.100.11", "enable 198.51.100.11",
	"drain 198.51.100.12", "enable 198.51.100.12", "drain boot", "enable boot",
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum event { REQUEST, REPLY, SOLICIT, ADVERTISE, TURN, PASS, RELOAD, COMMAND, LINK, ADDR,
	BATCH, RESYNC, ROUTE, NEIGHBOUR, ICMP_ERROR, FAILURE, ANSWER, EVENTS };

static struct daemon *d;

/* What was sent in the end, in one world. */
static struct told {
	bool listens;
	size_t n;
	uint8_t b[TOLD_MAX];
} told[2];

static struct ipaddr
at(const char *text)
{
	struct ipaddr a = IP_NONE;

	assert(ip_parse(text, &a));
	return a;
}

/* --- what is sent ------------------------------------------------------------ */

static void
note(struct told *t, const void *p, size_t n)
{
	assert(t->n + n <= TOLD_MAX);
	memcpy(t->b + t->n, p, n);
	t->n += n;
}

static bool
is_server(struct ipaddr a)
{
	for (uint16_t i = 0; i < d->conf->n_server; i++)
		if (ip_eq(d->conf->server[i].address, a))
			return true;
	return false;
}

/* A link that is gone gets nothing, nor does one that is no client's. */
static bool
is_client_link(uint32_t ifindex)
{
	const struct iface *f = iftab_by_index(d->iftab, ifindex);

	return f && f->conf;
}

static bool
on_sent(void *user, const struct fakeio_out *o)
{
	struct told *t = user;

	if (o->to == FAKEIO_SERVER)
		assert(is_server(o->server));
	if (o->to == FAKEIO_CLIENT)
		assert(is_client_link(o->ifindex));
	if (t->listens && o->to != FAKEIO_RAW) {
		note(t, &o->to, sizeof(o->to));
		note(t, &o->ifindex, sizeof(o->ifindex));
		note(t, &o->server, sizeof(o->server));
		note(t, o->msg, o->len);
	}
	return true;
}

static uint64_t
sum(const uint64_t drops[DROP_MAX])
{
	uint64_t n = 0;

	for (int i = 0; i < DROP_MAX; i++)
		n += drops[i];
	return n;
}

static void
check_accounts(enum family k)
{
	const struct stats *s = &d->stats[k];

	assert(s->counter[COUNTER_REQUESTS] == s->counter[COUNTER_REQUESTS_RELAYED] +
	    sum(s->drop_request));
	assert(s->counter[COUNTER_REPLIES] == s->counter[COUNTER_REPLIES_RELAYED] +
	    sum(s->drop_reply));
}

/* --- packets ------------------------------------------------------------------ */

static uint8_t msg[600];

static const char *
giaddr_of(uint8_t link)
{
	return link & 1 ? "203.0.113.1" : "192.0.2.1";
}

static size_t
dhcp4(uint8_t op, uint8_t type, uint8_t m, uint8_t link)
{
	struct wr w = wr_init(msg, sizeof(msg));
	static const char pxe[] = "PXEClient:Arch:00007:UNDI:003016";

	wr_u32(&w, (uint32_t)op << 24 | 0x010600);
	wr_u32(&w, m);		/* xid */
	wr_u32(&w, 0x8000);
	wr_u32(&w, 0);
	wr_u32(&w, op == BOOTREPLY ? ip_v4(at(giaddr_of(link))).host + 50 : 0);
	wr_u32(&w, 0);
	wr_u32(&w, op == BOOTREPLY ? ip_v4(at(giaddr_of(link))).host : 0);
	wr_bytes(&w, (const uint8_t[]){ 2, 0, 0, 0, 0, m }, 6);
	wr_zeros(&w, 10 + DHCP4_LEN_SNAME + DHCP4_LEN_FILE);
	wr_u32(&w, DHCP4_COOKIE);
	wr_bytes(&w, (const uint8_t[]){ DHCP4_OPT_TYPE, 1, type }, 3);
	if (m & 1) {
		wr_u8(&w, 60);
		wr_u8(&w, sizeof(pxe) - 1);
		wr_bytes(&w, pxe, sizeof(pxe) - 1);
	}
	if (op == BOOTREPLY)
		wr_bytes(&w, link & 1 ? "\x52\x08\x01\x06vlan20" : "\x52\x08\x01\x06vlan10",
		    10);
	wr_u8(&w, DHCP4_OPT_END);
	assert(!w.bad);
	return wr_len(&w);
}

static size_t
dhcp6(uint8_t type, uint8_t m, uint8_t link)
{
	struct wr w = wr_init(msg, sizeof(msg));
	bool reply = type == DHCP6_ADVERTISE || type == DHCP6_REPLY;
	uint8_t inner[64];
	struct wr in = wr_init(inner, sizeof(inner));

	wr_u32(&in, (uint32_t)type << 24 | m);
	wr_bytes(&in, (const uint8_t[]){ 0, DHCP6_OPT_CLIENT_ID, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0,
		0, m }, 14);
	if (reply) {
		wr_bytes(&in, (const uint8_t[]){ 0, DHCP6_OPT_SERVER_ID, 0, 4, 0, 2, 7, 7 }, 8);
		wr_u16(&w, DHCP6_RELAY_REPL << 8);
		wr_bytes(&w, at(link & 1 ? "2001:db8:20::1" : "2001:db8:10::1").v6.b, 16);
		wr_bytes(&w, at("fe80::99").v6.b, 16);
		wr_u16(&w, DHCP6_OPT_RELAY_MSG);
		wr_u16(&w, (uint16_t)wr_len(&in));
	}
	wr_bytes(&w, inner, wr_len(&in));
	return wr_len(&w);
}

static void
request(uint8_t link, uint8_t type, uint8_t m)
{
	struct udpip u = { .src = ip_of4(IP4_NONE), .dst = ip_of4(IP4_BROADCAST), .sport = 68,
		.dport = type & 8 ? 4011 : 67, .ttl = 64, .payload = msg };

	u.payload_len = dhcp4(BOOTREQUEST, type & 7, m, 0);
	fakeio_udp_frame(&u, links[link % LINKS], RING_TO_BROADCAST,
	    (const uint8_t[]){ 2, 0, 0, 0, 0, m });
}

static void
solicit(uint8_t link, uint8_t type, uint8_t m)
{
	struct udpip u = { .src = at("fe80::99"), .dst = at("ff02::1:2"), .sport = 546,
		.dport = 547, .ttl = 64, .payload = msg };

	u.payload_len = dhcp6(type, m, 0);
	fakeio_udp6_frame(&u, links[link % LINKS], (const uint8_t[]){ 2, 0, 0, 0, 0, m });
}

/* By the socket of the server or, when it is gone, by that of the port. */
static void
from_server(struct ipaddr server, size_t len, uint8_t link)
{
	bool six = server.version == 6;
	uint16_t port = six ? 547 : 67;
	struct udp_dgram g = { .data = msg, .len = len, .src = server, .sport = port,
		.dst = at(six ? "2001:db8:10::1" : giaddr_of(link)), .ifindex = FAKEIO_UPLINK };

	if (!fakeio_udp_server(server, &g))
		fakeio_udp(port, &g);
}

static void
reply(uint8_t server, uint8_t how, uint8_t m)
{
	from_server(at(servers[server % (SERVERS - 1)]), dhcp4(BOOTREPLY, how & 7, m, how >> 3),
	    how >> 3);
}

static void
advertise(uint8_t link, uint8_t type, uint8_t m)
{
	from_server(at(servers[SERVERS - 1]), dhcp6(type & 1 ? DHCP6_REPLY : DHCP6_ADVERTISE, m,
	    link), link);
}

/* --- what changes ---------------------------------------------------------------- */

static void
set_link(uint8_t which, uint8_t how)
{
	static const char *const names[LINKS] = { "vlan10", "vlan20", "uplink" };
	struct iftab_link l = { .ifindex = links[which % LINKS], .up = !(how & 1),
		.running = !(how & 3), .hwtype = 1, .mac_len = 6,
		.mac = { 2, 0, 0, 0, 1, which % LINKS }, .mtu = 1500 };

	snprintf(l.name, sizeof(l.name), "%s", names[(which + (how >> 4)) % LINKS]);
	if (how & 8)
		fakeio_link_gone(l.ifindex);
	else
		fakeio_link(&l);
}

static void
set_addr(uint8_t which, uint8_t net, uint8_t how)
{
	struct iftab_addr a = { .permanent = true };

	assert(ipnet_parse(nets[net % NETS], &a.net));
	a.unusable = how & 2 && a.net.addr.version == 6;
	if (how & 1)
		fakeio_addr_gone(links[which % LINKS], a.net);
	else
		fakeio_addr(links[which % LINKS], &a);
}

static void
set_first_links(void)
{
	for (uint8_t i = 0; i < LINKS; i++) {
		set_link(i, 0);
		for (uint8_t k = 0; k < NETS; k++)
			if (net_of_first[i] >> k & 1)
				set_addr(i, k, 0);
	}
}

static bool
take_conf(uint8_t which)
{
	fakeio_conf(confs[which % CONFS]);
	return reload(d, NULL) == 0;
}

static void
run_command(const char *line)
{
	char *answer = fakeio_command(line);
	json_t *doc = answer ? json_loads(answer, 0, NULL) : NULL;

	assert(doc || strcmp(line, "capture") == 0 || !answer);
	json_decref(doc);
	free(answer);
	fakeio_stream_end();
}

static void
set_route(uint8_t server, uint8_t how)
{
	const struct route r = { .ifindex = links[how % LINKS],
		.gateway = how & 4 ? at("198.51.100.1") : IP_NONE };

	fakeio_route(at(servers[server % SERVERS]), how & 8 ? ENETUNREACH : 0, &r, IP_NONE);
	fakeio_routes_changed();
}

/* Each fails once, or is nothing the daemon asks for. */
static void
fail(uint8_t what, uint8_t n)
{
	switch (what % 5) {
	case 0:
		fakeio_open_skips(n % 8);
		fakeio_open_fails(EMFILE);
		break;
	case 1:
		fakeio_send_fails(n % 8, n & 8 ? ENETUNREACH : 0);
		break;
	case 2:
		fakeio_join_fails(ENOBUFS);
		break;
	case 3:
		fakeio_netlink_fails(ENOBUFS);
		break;
	case 4:
		fakeio_query_fails(EHOSTUNREACH);
		break;
	}
}

static void
answer(uint8_t which, uint8_t how)
{
	unsigned n = fakeio_asked();
	static const uint8_t bytes[8];

	if (n && fakeio_query_is_open(n - 1 - which % n))
		fakeio_answer(n - 1 - which % n, how & 1 ? ECONNREFUSED : 0, bytes,
		    how >> 5);
}

static void
happens(enum event what, uint8_t a, uint8_t b, uint8_t c)
{
	switch (what) {
	case REQUEST:
		request(a, b, c % 8);
		break;
	case REPLY:
		reply(a, b, c % 8);
		break;
	case SOLICIT:
		solicit(a, b % 14, c % 8);
		break;
	case ADVERTISE:
		advertise(a, b, c % 8);
		break;
	case TURN:
		fakeio_turn();
		break;
	case PASS:
		fakeio_pass(mono_add_ms(fakeio_now(), (int64_t)a * (b & 1 ? 500 : 10)));
		break;
	case RELOAD:
		take_conf(a);
		break;
	case COMMAND:
		run_command(commands[a % COMMANDS]);
		break;
	case LINK:
		set_link(a, b);
		break;
	case ADDR:
		set_addr(a, b, c);
		break;
	case BATCH:
		fakeio_batch_end();
		break;
	case RESYNC:
		fakeio_resync();
		if (a & 1)
			set_first_links();
		fakeio_resync_end();
		break;
	case ROUTE:
		set_route(a, b);
		break;
	case NEIGHBOUR:
		fakeio_neigh(links[b % LINKS], at(servers[a % SERVERS]),
		    (enum neigh_state)(c % 3));
		break;
	case ICMP_ERROR:
		fakeio_server_error(at(servers[a % SERVERS]),
		    b & 1 ? ECONNREFUSED : EHOSTUNREACH, FAKEIO_UPLINK);
		break;
	case FAILURE:
		fail(a, b);
		break;
	case ANSWER:
	case EVENTS:
		answer(a, b);
		break;
	}
}

/* --- a world ---------------------------------------------------------------------- */

static void
on_mistake(void *user, const char *file, int line, const char *why)
{
	(void)user;
	fprintf(stderr, "%s:%d: %s\n", file, line, why);
	abort();
}

static void
open_world(struct told *t)
{
	static const struct args args = { .foreground = true, .keep = true, .conf = "changes" };
	struct conf *c = conffile_parse(confs[0], strlen(confs[0]), on_mistake, NULL);

	fakeio_reset();
	fakeio_on_sent(on_sent, t);
	t->n = 0;
	t->listens = false;
	d = calloc(1, sizeof(*d));
	assert(d);
	d->args = &args;
	assert(privileges_open(d, c) == 0);
	assert(daemon_open(d, c) == 0);
	set_first_links();
	fakeio_batch_end();
}

/* Everything is as at first, for long enough to forget what was. */
static void
settle(void)
{
	fakeio_open_skips(0);
	fakeio_open_fails(0);
	fakeio_send_fails(0, 0);
	fakeio_join_fails(0);
	fakeio_netlink_fails(0);
	fakeio_query_fails(0);
	for (unsigned i = 0; i < SERVERS; i++)
		fakeio_route(at(servers[i]), 0, NULL, IP_NONE);
	fakeio_routes_changed();
	fakeio_resync();
	set_first_links();
	fakeio_resync_end();
	assert(take_conf(0));
	for (unsigned i = 0; i < 3; i++) {
		run_command(commands[13]);
		run_command(commands[15]);
		fakeio_pass(mono_add_ms(fakeio_now(), 20000));
	}
}

/* A machine boots on each VLAN, by both families. */
static void
boot(struct told *t)
{
	t->listens = true;
	for (uint8_t link = 0; link < 2; link++) {
		request(link, DHCP4_DISCOVER, NEWCOMER);
		fakeio_turn();
		solicit(link, DHCP6_SOLICIT, NEWCOMER);
		fakeio_turn();
		reply(0, (uint8_t)(link << 3 | DHCP4_OFFER), NEWCOMER);
		fakeio_turn();
		advertise(link, 0, NEWCOMER);
		fakeio_turn();
		fakeio_pass(mono_add_ms(fakeio_now(), 5000));
	}
	for (enum family k = 0; k < FAMILIES; k++) {
		const unsigned joined = fakeio_joined(k);

		check_accounts(k);
		note(t, &joined, sizeof(joined));
	}
	t->listens = false;
}

static void
run(const uint8_t *data, size_t len, struct told *t)
{
	struct rd in = rd_init(data, len);

	open_world(t);
	for (unsigned i = 0; i < EVENTS_MAX && rd_left(&in) >= 4; i++) {
		const uint8_t *e = rd_bytes(&in, 4);

		happens((enum event)(e[0] % EVENTS), e[1], e[2], e[3]);
	}
	settle();
	boot(t);
	daemon_close(d);
	free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool began;

	if (len % 4)		/* ends in half an event */
		return 0;
	if (!began)
		run(NULL, 0, &told[0]);
	began = true;
	assert(told[0].n > 1500);	/* they boot */
	run(data, len, &told[1]);
	if (told[0].n != told[1].n || memcmp(told[0].b, told[1].b, told[0].n) != 0) {
		fwrite(told[0].b, 1, told[0].n, stderr);
		fwrite(told[1].b, 1, told[1].n, stderr);
		abort();
	}
	return 0;
}
