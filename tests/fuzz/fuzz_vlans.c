/* SPDX-License-Identifier: ISC
 *
 * Two worlds: the machines of vlan20 boot by a script, over DHCPv4, port 4011, TFTP and
 * DHCPv6. In one world vlan10 is silent, in the other anything is sent there; the whole
 * daemon runs in both, on tests/fake. What vlan20 gets, what the servers are asked for it,
 * and the stories of its machines must be the same, byte for byte and at the same moment.
 *
 * Input: a byte (the configuration), then packets, each of
 *
 *   how (1)   the door it comes to
 *   wait (1)  the time before it, in units of 20 ms
 *   who (1)   source and destination address: indexes into `addresses'
 *   ports (1) source and destination port: indexes into `ports'
 *   copy (1)  0, or which packet of the script it is a copy of; bits 6 and 7: link source
 *   len (1)   and so many bytes: the payload, or pairs (place, value) that change the copy
 *
 * A world takes milliseconds, so an input whose last packet is cut short is not run.
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

#define ATTACKED 10
#define QUIET 20
#define PACKETS_MAX 64
#define STEPS_MAX 32
#define TOLD_MAX (1u << 17)

static const char *const confs[] = {
	/* a hedge, a rescue, option 82 */
	"[relay]\nclients = 64\noption82 = add\ncircuit-id = %i\n"
	"[group dhcp]\nservers = 198.51.100.10, 198.51.100.11, 2001:db8:ff::10\n"
	"mode = failover\nhedge = 100ms\n"
	"[group boot]\nservers = 198.51.100.21, 198.51.100.22\nmode = failover\nhedge = 50ms\n"
	"[helper wol]\nport = 9\nfrom = vlan*\nto = 198.51.100.30\n"
	"[interface vlan*]\ndhcp = dhcp\nboot = boot\n",
	/* one giaddr for both VLANs, and few messages at a time */
	"[relay]\nclients = 64\noption82 = add\ncircuit-id = %i\ngiaddr = 10.255.0.1\n"
	"client-rate = 20/1s\ninterface-rate = 40/1s\n"
	"[group dhcp]\nservers = 198.51.100.10, 198.51.100.11, 2001:db8:ff::10\n"
	"mode = failover\nhedge = 100ms\n"
	"[interface vlan*]\ndhcp = dhcp\nboot = 198.51.100.22\n",
};
#define CONFS (sizeof(confs) / sizeof(confs[0]))

static const char *const addresses[16] = {
	"0.0.0.0", "192.0.2.1", "192.0.2.50", "203.0.113.1", "203.0.113.50", "203.0.113.51",
	"198.51.100.10", "198.51.100.11", "198.51.100.21", "198.51.100.22",
	"255.255.255.255", "203.0.113.255", "fe80::5054:ff:fe00:1", "ff02::1:2",
	"2001:db8:ff::10", "2001:db8:20::1",
};

static const uint16_t ports[16] = {
	67, 68, 4011, 69, 9, 546, 547, 2070, 40123, 0, 1024, 67, 68, 4011, 547, 40000,
};

static const uint8_t machine[4][6] = {
	{ 2, 0, 0, 0, 0, 99 }, { 0x52, 0x54, 0, 0, 0, 1 }, { 0x52, 0x54, 0, 0, 0, 2 },
	{ 0x52, 0x54, 0, 0, 0, 3 },
};

enum how { BROADCAST, ROUTED, MULTICAST, GROUP6, SOCKET, SERVER, ERRORS, BARE, HOWS };

struct step {
	int ms;
	enum how how;
	uint32_t ifindex;
	struct udpip u;
	const uint8_t *mac;
	size_t len;
	uint8_t msg[600];
};

static struct step step[STEPS_MAX];
static unsigned n_step;

/* What was told of vlan20 in one world. */
static struct told {
	size_t n;
	uint8_t b[TOLD_MAX];
} told[2];

/* --- the script ----------------------------------------------------------- */

static struct ipaddr
at(const char *text)
{
	struct ipaddr a = IP_NONE;

	assert(ip_parse(text, &a));
	return a;
}

static struct step *
add(int ms, enum how how, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	struct step *s = &step[n_step++];

	assert(n_step <= STEPS_MAX);
	*s = (struct step){ .ms = ms, .how = how, .mac = machine[1],
		.ifindex = how == SERVER || how == SOCKET ? FAKEIO_UPLINK : QUIET };
	s->u = (struct udpip){ .src = at(src), .dst = at(dst), .sport = sport,
		.dport = dport, .ttl = 64, .payload = s->msg };
	return s;
}

static void
put_len(struct step *s, const struct wr *w)
{
	assert(!w->bad);
	s->len = s->u.payload_len = wr_len(w);
}

/* A message of machine m; `lease' is its yiaddr, or what it uses. */
static void
dhcp4(struct step *s, uint8_t op, uint8_t type, uint8_t m, const char *giaddr,
    const char *lease)
{
	struct wr w = wr_init(s->msg, sizeof(s->msg));
	static const char pxe[] = "PXEClient:Arch:00007:UNDI:003016";
	uint32_t addr = lease ? ip_v4(at(lease)).host : 0;

	s->mac = machine[m];
	wr_u32(&w, (uint32_t)op << 24 | 0x010600);
	wr_u32(&w, m);		/* xid */
	wr_u32(&w, 0x8000);
	wr_u32(&w, op == BOOTREQUEST ? addr : 0);
	wr_u32(&w, op == BOOTREPLY ? addr : 0);
	wr_u32(&w, 0);
	wr_u32(&w, giaddr ? ip_v4(at(giaddr)).host : 0);
	wr_bytes(&w, machine[m], 6);
	wr_zeros(&w, 10 + DHCP4_LEN_SNAME + DHCP4_LEN_FILE);
	wr_u32(&w, DHCP4_COOKIE);
	wr_bytes(&w, (const uint8_t[]){ DHCP4_OPT_TYPE, 1, type }, 3);
	if (op == BOOTREQUEST && m == 1) {
		wr_u8(&w, 60);
		wr_u8(&w, sizeof(pxe) - 1);
		wr_bytes(&w, pxe, sizeof(pxe) - 1);
		wr_bytes(&w, (const uint8_t[]){ 93, 2, 0, 7 }, 4);
	}
	if (op == BOOTREPLY) {
		wr_bytes(&w, (const uint8_t[]){ DHCP4_OPT_SERVER_ID, 4 }, 2);
		wr_u32(&w, ip_v4(s->u.src).host);
		if (!lease || s->u.sport == 4011)
			wr_bytes(&w, "\x3c\x09PXEClient\x43\x05x.efi", 18);
		if (giaddr)
			wr_bytes(&w, "\x52\x08\x01\x06vlan20", 10);
	}
	wr_u8(&w, DHCP4_OPT_END);
	put_len(s, &w);
}

static void
dhcp6(struct step *s, uint8_t type)
{
	struct wr w = wr_init(s->msg, sizeof(s->msg));
	bool reply = type == DHCP6_ADVERTISE || type == DHCP6_REPLY;
	uint8_t inner[64];
	struct wr m = wr_init(inner, sizeof(inner));

	wr_u32(&m, (uint32_t)type << 24 | 0x77);
	wr_bytes(&m, (const uint8_t[]){ 0, DHCP6_OPT_CLIENT_ID, 0, 10, 0, 3, 0, 1 }, 8);
	wr_bytes(&m, machine[1], 6);
	if (reply) {
		wr_bytes(&m, (const uint8_t[]){ 0, DHCP6_OPT_SERVER_ID, 0, 4, 0, 2, 7, 7 }, 8);
		wr_u8(&w, DHCP6_RELAY_REPL);
		wr_u8(&w, 0);
		wr_bytes(&w, at("2001:db8:20::1").v6.b, 16);
		wr_bytes(&w, at("fe80::5054:ff:fe00:1").v6.b, 16);
		wr_u16(&w, DHCP6_OPT_RELAY_MSG);
		wr_u16(&w, (uint16_t)wr_len(&m));
	}
	wr_bytes(&w, inner, wr_len(&m));
	put_len(s, &w);
}

static void
text(struct step *s, const void *bytes, size_t len)
{
	struct wr w = wr_init(s->msg, sizeof(s->msg));

	wr_bytes(&w, bytes, len);
	put_len(s, &w);
}

static void
request(int ms, uint8_t type, uint8_t m)
{
	dhcp4(add(ms, BROADCAST, "0.0.0.0", 68, "255.255.255.255", 67), BOOTREQUEST, type, m,
	    NULL, NULL);
}

static void
answer(int ms, const char *server, uint8_t type, uint8_t m, const char *lease)
{
	static const char *const gi = "203.0.113.1";

	dhcp4(add(ms, SERVER, server, 67, gi, 67), BOOTREPLY, type, m, gi, lease);
}

/* Server .11 and boot server .21 say nothing: there is a hedge, a rescue, a retry. */
static void
write_script(void)
{
	const char *m1 = "203.0.113.50", *dead = "198.51.100.21";
	const char *ll = "fe80::5054:ff:fe00:1", *srv6 = "2001:db8:ff::10";

	request(0, DHCP4_DISCOVER, 1);
	answer(30, "198.51.100.10", DHCP4_OFFER, 1, m1);
	answer(80, "198.51.100.22", DHCP4_OFFER, 1, NULL);
	request(120, DHCP4_REQUEST, 1);
	answer(150, "198.51.100.10", DHCP4_ACK, 1, m1);
	dhcp4(add(200, ROUTED, m1, 4011, dead, 4011), BOOTREQUEST, DHCP4_REQUEST, 1, NULL, m1);
	dhcp4(add(300, SOCKET, "198.51.100.22", 4011, "203.0.113.1", 67), BOOTREPLY, DHCP4_ACK,
	    1, NULL, m1);
	text(add(320, ROUTED, m1, 2070, "198.51.100.22", 69), "\0\1x.efi\0octet", 14);
	text(add(330, BROADCAST, m1, 40000, "255.255.255.255", 9), "wake", 4);
	dhcp6(add(350, GROUP6, ll, 546, "ff02::1:2", 547), DHCP6_SOLICIT);
	dhcp6(add(380, SERVER, srv6, 547, "2001:db8:20::1", 547), DHCP6_ADVERTISE);
	dhcp6(add(400, GROUP6, ll, 546, "ff02::1:2", 547), DHCP6_REQUEST);
	dhcp6(add(430, SERVER, srv6, 547, "2001:db8:20::1", 547), DHCP6_REPLY);
	request(450, DHCP4_DISCOVER, 2);
	dhcp4(add(500, BROADCAST, m1, 4011, "255.255.255.255", 4011), BOOTREQUEST,
	    DHCP4_REQUEST, 1, NULL, m1);
	request(1450, DHCP4_DISCOVER, 2);
	answer(1480, "198.51.100.10", DHCP4_OFFER, 2, "203.0.113.51");
	request(1500, DHCP4_REQUEST, 2);
	answer(1530, "198.51.100.10", DHCP4_ACK, 2, "203.0.113.51");
	request(3000, DHCP4_REQUEST, 3);
}

/* --- what is told of vlan20 ------------------------------------------------ */

static void
note(struct told *t, const void *p, size_t n)
{
	assert(t->n + n <= TOLD_MAX);
	memcpy(t->b + t->n, p, n);
	t->n += n;
}

static bool
is_of_vlan20(struct ipaddr a)
{
	static const uint8_t prefix[6] = { 0x20, 1, 0x0d, 0xb8, 0, 0x20 };

	return a.version == 6 ? memcmp(a.v6.b, prefix, sizeof(prefix)) == 0 :
	    ip_v4(a).host >> 8 == 0xcb0071;
}

/* By option 82, which has the name of the interface; in DHCPv6 by the link-address. */
static bool
is_asked_for_vlan20(const struct fakeio_out *o)
{
	struct ipaddr link = IP_NONE;
	struct dhcp4 m;
	struct rd v;

	if (o->server.version == 6) {
		link.version = 6;
		memcpy(link.v6.b, o->msg + 2, sizeof(link.v6.b));
		return is_of_vlan20(link);
	}
	return dhcp4_parse(&m, o->msg, o->len) == DROP_NONE &&
	    dhcp4_opt(&m, DHCP4_OPT_RAI, &v) && memmem(v.p, rd_left(&v), "vlan20", 6);
}

static bool
on_sent(void *user, const struct fakeio_out *o)
{
	bool own = o->to == FAKEIO_SERVER ? is_asked_for_vlan20(o) : o->ifindex == QUIET ||
	    (o->ifindex == 0 && is_of_vlan20(o->src));

	if (own) {
		note(user, &o->when, sizeof(o->when));
		note(user, &o->ifindex, sizeof(o->ifindex));
		note(user, &o->server, sizeof(o->server));
		note(user, o->mac, sizeof(o->mac));
		note(user, &o->dport, sizeof(o->dport));
		note(user, o->msg, o->len);
	}
	return true;
}

/* All but the hint that the same hardware address is on another VLAN as well. */
static void
note_stories(struct told *t)
{
	for (unsigned m = 1; m < 4; m++) {
		char line[64], *answer, *story;
		json_t *doc;

		snprintf(line, sizeof(line), "explain 52:54:00:00:00:%02x vlan20", m);
		answer = fakeio_command(line);
		doc = json_loads(answer, 0, NULL);
		assert(doc && json_object_get(doc, "verdict"));
		json_object_del(doc, "elsewhere");
		story = json_dumps(doc, JSON_SORT_KEYS);
		note(t, story, strlen(story));
		json_decref(doc);
		free(answer);
		free(story);
	}
}

/* --- a world --------------------------------------------------------------- */

static void
on_mistake(void *user, const char *file, int line, const char *why)
{
	(void)user;
	fprintf(stderr, "%s:%d: %s\n", file, line, why);
	abort();
}

static void
link_up(uint32_t ifindex, const char *name, const char *net, const char *net6)
{
	struct iftab_link l = { .ifindex = ifindex, .up = true, .running = true, .hwtype = 1,
		.mac_len = 6, .mac = { 2, 0, 0, 0, 0, (uint8_t)ifindex }, .mtu = 1500 };
	const char *const nets[] = { net, net6, "fe80::1/64" };

	snprintf(l.name, sizeof(l.name), "%s", name);
	fakeio_link(&l);
	for (unsigned i = 0; net && i < 3; i++) {
		struct iftab_addr a = { .permanent = i > 0 };

		assert(ipnet_parse(nets[i], &a.net));
		fakeio_addr(ifindex, &a);
	}
	fakeio_batch_end();
}

static struct daemon *
open_world(const char *conf, struct told *t)
{
	static const struct args args = { .foreground = true, .keep = true, .conf = "vlans" };
	struct daemon *d = calloc(1, sizeof(*d));

	fakeio_reset();
	fakeio_on_sent(on_sent, t);
	t->n = 0;
	assert(d);
	d->args = &args;
	assert(daemon_open(d, conffile_parse(conf, strlen(conf), on_mistake, NULL)) == 0);
	link_up(FAKEIO_UPLINK, "uplink", NULL, NULL);
	link_up(ATTACKED, "vlan10", "192.0.2.1/24", "2001:db8:10::1/64");
	link_up(QUIET, "vlan20", "203.0.113.1/24", "2001:db8:20::1/64");
	for (enum family f = 0; f < FAMILIES; f++)	/* up for long: see ask_remembers() */
		d->relay[f].since = mono_us(0);
	return d;
}

/* Addresses of two versions make no packet. */
static bool
is_one_version(const struct udpip *u)
{
	return (u->src.version == 6) == (u->dst.version == 6);
}

static void
bare(const struct step *s)
{
	struct ring_frame f = {
		.ip = s->msg, .len = s->len, .to = (enum ring_to)(s->u.sport % 3),
		.ifindex = s->ifindex, .hwtype = 1, .mac_len = 6,
	};

	memcpy(f.mac, s->mac, 6);
	if (f.len)
		fakeio_frame(&f);
}

static void
comes(const struct step *s)
{
	struct udp_dgram g = { .data = s->msg, .len = s->len, .src = s->u.src,
		.dst = s->u.dst, .sport = s->u.sport, .ifindex = s->ifindex };
	bool six = s->u.src.version == 6;

	if (s->how == BARE)
		bare(s);
	else if (s->how == ERRORS)
		(void)fakeio_server_errors(s->u.src, &(struct udp_errors){ .n = 1,
		    .err = ECONNREFUSED, .proof = s->u.sport % 3, .ifindex = s->ifindex,
		    .from = s->u.src });
	else if (!is_one_version(&s->u))
		return;
	else if (s->how == SERVER) {
		if (!fakeio_udp_server(s->u.src, &g))
			fakeio_udp(six ? 547 : 67, &g);
	} else if (s->how == SOCKET)
		fakeio_udp(six && s->u.dport != 4011 ? 547 : s->u.dport, &g);
	else if (six)
		fakeio_udp6_frame(&s->u, s->ifindex, s->mac);
	else
		fakeio_udp_frame(&s->u, s->ifindex, s->how == ROUTED ? RING_TO_HOST :
		    s->how == MULTICAST ? RING_TO_MULTICAST : RING_TO_BROADCAST, s->mac);
	fakeio_turn();
}

/* Reads the next packet of vlan10 and how long to wait before it. */
static bool
read_packet(struct rd *in, struct step *s)
{
	uint8_t who, port, copy;
	size_t n;

	if (rd_left(in) < 6)
		return false;
	s->how = rd_u8(in) % HOWS;
	s->ms = 20 * rd_u8(in);
	who = rd_u8(in);
	port = rd_u8(in);
	copy = rd_u8(in);
	n = rd_u8(in);
	n = n < rd_left(in) ? n : rd_left(in);
	s->ifindex = ATTACKED;
	s->mac = machine[copy >> 6];
	s->u = (struct udpip){ .src = at(addresses[who & 15]), .dst = at(addresses[who >> 4]),
		.sport = ports[port & 15], .dport = ports[port >> 4], .ttl = 64,
		.payload = s->msg };
	copy &= 63;
	s->len = copy && copy <= n_step ? step[copy - 1].len : n;
	if (s->len == n)
		memcpy(s->msg, rd_bytes(in, n), n);
	else {
		memcpy(s->msg, step[copy - 1].msg, s->len);
		for (; n >= 2; n -= 2) {
			uint8_t place = rd_u8(in);

			s->msg[place % s->len] = rd_u8(in);
		}
		rd_skip(in, n);
	}
	s->u.payload_len = s->len;
	return true;
}

/* Runs the script up to a moment. */
static unsigned
run_script(unsigned next, struct mono begin, int64_t ms)
{
	for (; next < n_step && step[next].ms <= ms; next++) {
		fakeio_pass(mono_add_ms(begin, step[next].ms));
		comes(&step[next]);
	}
	fakeio_pass(mono_add_ms(begin, ms));
	return next;
}

static void
run(const uint8_t *data, size_t len, bool attacked, struct told *t)
{
	struct rd in = rd_init(data, len);
	struct daemon *d = open_world(confs[rd_u8(&in) % CONFS], t);
	struct mono begin = fakeio_now();
	static struct step s;
	unsigned next = 0;
	int64_t ms = 0;

	for (unsigned n = 0; n < PACKETS_MAX && read_packet(&in, &s); n++) {
		ms += s.ms;
		next = run_script(next, begin, ms);
		if (attacked)
			comes(&s);
	}
	run_script(next, begin, ms > 5000 ? ms : 5000);
	note_stories(t);
	daemon_close(d);
	free(d);
}

static bool
is_whole(const uint8_t *data, size_t len)
{
	struct rd in = rd_init(data, len);

	for (rd_skip(&in, 1); rd_left(&in) && !in.bad; rd_skip(&in, rd_u8(&in)))
		rd_skip(&in, 5);
	return !in.bad;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!is_whole(data, len))
		return 0;
	if (!n_step)
		write_script();
	run(data, len, false, &told[0]);
	run(data, len, true, &told[1]);
	assert(told[0].n > 5000);	/* the script does something */
	if (told[0].n != told[1].n || memcmp(told[0].b, told[1].b, told[0].n) != 0) {
		fwrite(told[0].b, 1, told[0].n, stderr);
		fwrite(told[1].b, 1, told[1].n, stderr);
		abort();
	}
	return 0;
}
