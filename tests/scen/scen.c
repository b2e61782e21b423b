/* SPDX-License-Identifier: ISC
 *
 * scen - scripted scenarios: the whole daemon on a fake io floor (tests/fake), that is with a
 * fake clock and a fake wire. Each tests/scen/NAME.scen is one test. A script is read line by
 * line:
 *
 *   conf ... end                    the configuration, lines as in the file
 *   load FILE                       ... from a file of the source tree; a second one is a reload
 *   link IFINDEX NAME [down]        the kernel reports a link (again: changed); also
 *                                   bridge, tunnel, master=IFINDEX, vlan=ID, mtu=N
 *   link IFINDEX NAME lower=N [mac=...]    a macvlan on interface N
 *   linkgone IFINDEX
 *   addr IFINDEX A.B.C.D/N [secondary]     ... an address; -addr removes it
 *   addr IFINDEX X:X::X/N           ... of IPv6, permanent
 *   route SERVER SOURCE [IFINDEX]   our address on the way to a server, and its interface
 *   otherway IFINDEX                a less preferred route to all servers
 *   client IFINDEX TYPE KEY=...     a client sends; with giaddr=, another relay from that
 *                                   address and port 67, or from src=ADDR sport=PORT
 *   client6 IFINDEX TYPE KEY=...    a DHCPv6 client sends to ff02::1:2; with dport=4011
 *                                   to that port
 *   client4011 IFINDEX SRC:PORT TYPE KEY=...     by broadcast, or multicast to dst=ADDR
 *   helper IFINDEX SRC:PORT PORT [ttl=N] [payload=HEX]     a broadcast to another port
 *   tap IFINDEX SRC:PORT DST:PORT TYPE KEY=...     a packet routed past us; OFFER and ACK
 *                                   are from a server
 *   stranger IFINDEX ADDR TYPE KEY=...     a broadcast to port 68, not sent by us
 *   tftp IFINDEX CLIENT SERVER read FILE   routed past us: the first packet of a transfer
 *   tftp IFINDEX CLIENT SERVER error CODE  ... and the server's error
 *   server ADDR TYPE KEY=...        a server replies to the last request it got; with
 *                                   sport=4011 from that port
 *   server6 ADDR TYPE KEY=...       ... with a RELAY-REPL to the last RELAY-FORW it got; with
 *                                   sport=4011 as it is, from that port to the same one
 *   health ADDR up|down|drained|enabled    set by probes or the operator; from `down' to
 *                                   `up' the server does not answer probes
 *   error ADDR ERRNO                the kernel reports ECONNREFUSED, EHOSTUNREACH or
 *                                   ENETUNREACH on the server's socket
 *   error ADDR ERRNO hearsay        ... because of an ICMP message that quotes nothing of
 *                                   ours; or `router', which is of one
 *   kernel ADDR noroute|ok          ... no route to the server, or one again; takes 50 ms,
 *                                   as `route' does
 *   wait MS                         time passes
 *   start                           the time that `at' and `t=' count from
 *   at MS                           time passes until MS after `start'
 *   let NAME WORDS...               in the lines below, $NAME means these words
 *   expect server ADDR KEY=...      the next packet on the wire
 *   expect client IFINDEX KEY=...
 *   expect helped DST [by=IFINDEX] [src=] [sport=] [dport=] [ttl=]
 *   expect drop WORD                the last packet was dropped for this reason
 *   expect nothing
 *   expect rule NAME N              the rule has matched N times
 *   expect counter WORD N
 *   expect member IFINDEX GROUP...  the multicast groups of IPv4 that were joined there
 *   expect health ADDR STATE [DIAG]
 *   expect verdict MAC CODE         on this machine's boot, now
 *   expect before MAC CODE          ... on the one before it
 *   expect also MAC [CODE...]       the other verdicts that are mentioned
 *   expect boots KIND WHAT=N...     number of boots started, succeeded, failed, unjudged,
 *                                   going-on, or with the verdict of that code
 *
 * KEYs of messages: xid, mac, flags, hops, giaddr, ciaddr, yiaddr, siaddr, hlen, secs,
 * file=NAME (the field), pad (length), opt.N=hex (N decimal; or "text" without spaces), noend;
 * with `client`: unicast. `server` echoes option 82 unless noecho; `by=IFINDEX` is where the
 * reply arrives.
 * KEYs of DHCPv6 messages: xid, mac (also in the DUID), src, opt.N, noid (no DUID), lease=ADDR,
 * prefix=ADDR/N, status=N, named=ADDR (the DUID of this server); of RELAY-REPLs: link, iid,
 * noecho (no Interface-Id), by; with `client6`: link=ADDR, through a relay of that address.
 * KEYs of expectations: the same, and dst, l2, sport, dport, len, no.N (no option N),
 * t (milliseconds after `start', exactly); in DHCPv6 xid, link, peer, hops, src, dst, l2,
 * dport and t.
 *
 * Every packet on the wire must be expected, in order (packets to several servers at one
 * moment may come in any order); one that is left over fails the test.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "core/story/boots.h"
#include "core/relay4/helper.h"
#include "core/relay4/p4011.h"
#include "core/story/record.h"
#include "core/relay4/relay4.h"
#include "core/relay4/rescue.h"
#include "fakeio.h"
#include "io/conffile.h"
#include "ipnet.h"
#include "msg6.h"
#include "proto/probemsg.h"
#include "relay/daemon.h"
#include "relay/show/show.h"

Suite *scen_suite(void);

#define WORDS_MAX 32
#define LETS_MAX 16
#define DROP_TABLES 7
#define ROUTES_MS 50	/* in this time, relay/tend checks changed routes */
#define SERVERS_MAX 16

enum whom { TO_SERVER, TO_CLIENT, HELPED };

struct scen {
	const char *file;
	int line;
	struct daemon *d;
	bool open;		/* a configuration was loaded */
	bool observed;		/* each packet is logged and captured */
	struct mono start;
	uint64_t drops[DROP_TABLES][DROP_MAX];
	enum drop last_drop;
	unsigned n_let;
	char let[LETS_MAX][1024];	/* "NAME words" */
	char expanded[LETS_MAX][1024];
	unsigned at;		/* everything before it in the sent messages was expected */
	unsigned seen;		/* everything before it was searched for `asked' */
	/* the last request to each server, for its reply */
	uint16_t n_asked;
	struct { struct ipaddr server; size_t len; uint8_t msg[FAKEIO_MSG_MAX]; } asked[SERVERS_MAX];
	/* servers that do not answer probes */
	unsigned n_dead;
	struct { struct ipaddr server; bool is; } dead[SERVERS_MAX];
};

static void
wrong(const struct scen *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

static void
wrong(const struct scen *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ck_abort_msg("%s:%d: %s", s->file, s->line, text);
	abort();
}

/* --- words ---------------------------------------------------------------- */

static const char *
value(char **word, const char *key)
{
	size_t n = strlen(key);

	for (; *word; word++)
		if (strncmp(*word, key, n) == 0 && (*word)[n] == '=')
			return *word + n + 1;
	return NULL;
}

static bool
has(char **word, const char *key)
{
	for (; *word; word++)
		if (strcmp(*word, key) == 0)
			return true;
	return false;
}

/* With a mistyped key, the test could never fail. */
static void
known_words(const struct scen *s, char **word)
{
	static const char *const known[] = {
		"xid=", "mac=", "flags=", "hops=", "giaddr=", "ciaddr=",
		"yiaddr=", "siaddr=", "hlen=", "secs=", "pad=", "cut=", "by=",
		"as=", "to=", "dst=", "src=", "l2=", "sport=", "dport=", "len=",
		"file=", "master=", "opt.", "no.", "noend", "nocookie", "noecho",
		"unicast", "reply", "down", "vlan=", "ttl=", "payload=", "bridge", "t=",
		"noid", "lease=", "prefix=", "status=", "named=", "link=", "iid=", "peer=",
	};

	for (; *word; word++) {
		size_t i = 0, n = sizeof(known) / sizeof(known[0]);

		while (i < n && strncmp(*word, known[i], strlen(known[i])) != 0)
			i++;
		if (i == n)
			wrong(s, "unknown word %s", *word);
	}
}

static unsigned long
number(char **word, const char *key, unsigned long otherwise, int base)
{
	const char *v = value(word, key);

	return v ? strtoul(v, NULL, base) : otherwise;
}

static struct ip4
ip(const struct scen *s, const char *text)
{
	struct ip4 a = IP4_NONE;

	if (!ip4_parse(text, &a))
		wrong(s, "%s is not an address", text);
	return a;
}

/* of either version */
static struct ipaddr
address(const struct scen *s, const char *text)
{
	struct ipaddr a = IP_NONE;

	if (!ip_parse(text, &a))
		wrong(s, "%s is not an address", text);
	return a;
}

/* the first argument of the lines that name an interface */
static uint32_t
ifindex_of(char **word)
{
	return (uint32_t)strtoul(word[1], NULL, 10);
}

static struct ip4
ip_key(const struct scen *s, char **word, const char *key, struct ip4 otherwise)
{
	const char *v = value(word, key);

	return v ? ip(s, v) : otherwise;
}

/* Reads "text" or hex digits; returns the length. */
static size_t
bytes(const struct scen *s, const char *v, uint8_t *out, size_t size)
{
	size_t n = 0;

	if (*v == '"') {
		for (v++; *v && *v != '"' && n < size; v++)
			out[n++] = (uint8_t)*v;
		return n;
	}
	for (; v[0] && v[1] && n < size; v += 2) {
		char hex[3] = { v[0], v[1], 0 };

		out[n++] = (uint8_t)strtoul(hex, NULL, 16);
	}
	if (v[0])
		wrong(s, "odd number of hex digits");
	return n;
}

/* --- messages --------------------------------------------------------------- */

static struct mac
mac_of(const struct scen *s, const char *text)
{
	struct mac m;

	if (hwaddr_parse(text, m.b, sizeof(m.b)) != sizeof(m.b))
		wrong(s, "%s is not a MAC address", text);
	return m;
}

static uint8_t
type_of(const struct scen *s, const char *name)
{
	for (uint8_t t = 0; dhcp4_type_name(t); t++)
		if (strcmp(dhcp4_type_name(t), name) == 0)
			return t;
	wrong(s, "%s is not a message type", name);
}

static void
put_options(const struct scen *s, struct wr *w, uint8_t type, char **word,
    struct rd echo82)
{
	uint8_t buf[256];

	wr_u32(w, DHCP4_COOKIE);
	if (type) {
		wr_u8(w, DHCP4_OPT_TYPE);
		wr_u8(w, 1);
		wr_u8(w, type);
	}
	for (char **p = word; *p; p++) {
		unsigned code;
		int at = 0;
		size_t n;

		if (sscanf(*p, "opt.%u=%n", &code, &at) < 1 || at == 0)
			continue;
		n = bytes(s, *p + at, buf, 255);
		wr_u8(w, (uint8_t)code);
		wr_u8(w, (uint8_t)n);
		wr_bytes(w, buf, n);
	}
	if (rd_left(&echo82) && !has(word, "noecho")) {
		wr_u8(w, DHCP4_OPT_RAI);
		wr_u8(w, (uint8_t)rd_left(&echo82));
		wr_bytes(w, echo82.p, rd_left(&echo82));
	}
	if (!has(word, "noend"))
		wr_u8(w, DHCP4_OPT_END);
}

static void
put_file(const struct scen *s, struct wr *w, const char *name)
{
	size_t n = name ? strlen(name) : 0;

	if (n > DHCP4_LEN_FILE)
		wrong(s, "%s is too long", name);
	if (n)
		wr_bytes(w, name, n);
	wr_zeros(w, DHCP4_LEN_FILE - n);
}

/* Makes a message. Fields without a key have the values of `from`, the request to
 * which this is the reply (may be NULL). */
static size_t
build(const struct scen *s, uint8_t *msg, uint8_t op, uint8_t type, char **word,
    const struct dhcp4 *from)
{
	struct wr w = wr_init(msg, FAKEIO_MSG_MAX);
	struct mac mac = { { 0x52, 0x54, 0, 0, 0, 1 } };
	struct rd echo = rd_init(NULL, 0);
	const char *v = value(word, "mac");
	uint8_t chaddr[16] = { 0 };

	known_words(s, word);
	if (v)
		mac = mac_of(s, v);
	memcpy(chaddr, mac.b, 6);
	if (from && !v)
		memcpy(chaddr, from->chaddr, 16);
	if (from)
		dhcp4_opt(from, DHCP4_OPT_RAI, &echo);
	wr_u8(&w, op);
	wr_u8(&w, 1);
	wr_u8(&w, (uint8_t)number(word, "hlen", from ? from->hlen : 6, 10));
	wr_u8(&w, (uint8_t)number(word, "hops", from ? from->hops : 0, 10));
	wr_u32(&w, (uint32_t)number(word, "xid", from ? from->xid : 1, 16));
	wr_u16(&w, (uint16_t)number(word, "secs", 0, 10));
	wr_u16(&w, (uint16_t)number(word, "flags", from ? from->flags : 0, 16));
	wr_u32(&w, ip_key(s, word, "ciaddr", IP4_NONE).host);
	wr_u32(&w, ip_key(s, word, "yiaddr", IP4_NONE).host);
	wr_u32(&w, ip_key(s, word, "siaddr", IP4_NONE).host);
	wr_u32(&w, ip_key(s, word, "giaddr", from ? from->giaddr : IP4_NONE).host);
	wr_bytes(&w, chaddr, 16);
	wr_zeros(&w, DHCP4_LEN_SNAME);
	put_file(s, &w, value(word, "file"));
	if (!has(word, "nocookie"))
		put_options(s, &w, type, word, echo);
	while (wr_len(&w) < number(word, "pad", 0, 10))
		wr_u8(&w, 0);
	if (w.bad)
		wrong(s, "message too long");
	return wr_len(&w);
}

static bool *
dead(struct scen *s, struct ipaddr server)
{
	unsigned i = 0;

	while (i < s->n_dead && !ip_eq(s->dead[i].server, server))
		i++;
	if (i == SERVERS_MAX)
		wrong(s, "too many servers");
	if (i == s->n_dead)
		s->dead[s->n_dead++].server = server;
	return &s->dead[i].is;
}

/* --- the wire ----------------------------------------------------------------- */

static enum whom
whom_of(const struct fakeio_out *o)
{
	if (o->to == FAKEIO_RAW && o->dport != DHCP4_PORT_PXE)
		return HELPED;
	return o->to == FAKEIO_CLIENT ? TO_CLIENT : TO_SERVER;
}

static struct ipaddr
server_of_out(const struct fakeio_out *o)
{
	return o->to == FAKEIO_SERVER ? o->server : o->dst;
}

/* Keeps the last request to each server, for its reply. */
static void
remember_asked(struct scen *s)
{
	for (; s->seen < fakeio_sent(); s->seen++) {
		const struct fakeio_out *o = fakeio_out(s->seen);
		unsigned i = 0;

		if (whom_of(o) != TO_SERVER)
			continue;
		while (i < s->n_asked && !ip_eq(s->asked[i].server, server_of_out(o)))
			i++;
		if (i == SERVERS_MAX)
			wrong(s, "too many servers");
		if (i == s->n_asked)
			s->n_asked++;
		s->asked[i].server = server_of_out(o);
		s->asked[i].len = o->len;
		memcpy(s->asked[i].msg, o->msg, o->len);
	}
}

static const uint64_t *
drops(const struct scen *s, int table)
{
	const struct stats *st = &s->d->stats[FAMILY4];

	switch (table) {
	case 0:
		return st->drop_request;
	case 1:
		return st->drop_reply;
	case 2:
		return st->drop_4011;
	case 3:
		return st->drop_helper;
	case 4:
		return s->d->stats[FAMILY6].drop_request;
	case 5:
		return s->d->stats[FAMILY6].drop_4011;
	default:
		return s->d->stats[FAMILY6].drop_reply;
	}
}

/* Finds the reason for the last drop in the counters. */
static void
note_drops(struct scen *s)
{
	s->last_drop = DROP_NONE;
	for (int t = 0; t < DROP_TABLES; t++)
		for (int i = 0; i < DROP_MAX; i++) {
			if (drops(s, t)[i] != s->drops[t][i])
				s->last_drop = (enum drop)i;
			s->drops[t][i] = drops(s, t)[i];
		}
	remember_asked(s);
}

static void
pass_until(struct scen *s, struct mono until)
{
	if (mono_before(until, fakeio_now()))
		wrong(s, "that moment is past");
	fakeio_pass(until);
	note_drops(s);
}

/* Probes are not part of a script: they get answers unless the script said that the
 * server is down. */
static bool
on_sent(void *user, const struct fakeio_out *o)
{
	struct scen *s = user;
	struct udpip u = {
		.src = o->server, .sport = 67, .dport = 67, .ttl = 64, .payload_len = o->len,
	};
	uint8_t msg[FAKEIO_MSG_MAX];

	if (o->to != FAKEIO_SERVER || o->server.version == 6 ||
	    memcmp(o->msg + DHCP4_OFF_CHADDR, probemsg_mac, sizeof(probemsg_mac)) != 0)
		return false;
	memcpy(msg, o->msg, o->len);
	msg[0] = BOOTREPLY;
	u.payload = msg;
	if (!*dead(s, o->server))
		(void)fakeio_from_server(o->server, &u, FAKEIO_UPLINK);
	return true;
}

/* Receives a frame; a DHCP message comes from the hardware address in it. */
static void
frame_comes(struct scen *s, const struct udpip *u, uint32_t ifindex, enum ring_to to)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 99 }, none[6];
	const uint8_t *mac = u->payload_len > DHCP4_OFF_CHADDR + 6 ?
	    (const uint8_t *)u->payload + DHCP4_OFF_CHADDR : other;

	fakeio_udp_frame(u, ifindex, to, memcmp(mac, none, 6) == 0 ? NULL : mac);
	fakeio_turn();
	note_drops(s);
}

/* --- the lines of a script ----------------------------------------------------- */

static void
mistake(void *user, const char *file, int line, const char *text)
{
	(void)file;
	wrong(user, "conf line %d: %s", line, text);
}

/* The first `conf` starts the daemon, the others are reloads. */
static void
set_conf(struct scen *s, const char *text)
{
	struct conf *c = conffile_parse(text, strlen(text), mistake, s);
	uint64_t before = s->d->stats[FAMILY4].counter[COUNTER_RELOADS];

	fakeio_conf(text);
	if (!s->open) {
		s->open = true;
		if (daemon_open(s->d, c) < 0)
			wrong(s, "the daemon does not start");
		fakeio_link(&(struct iftab_link){ .ifindex = FAKEIO_UPLINK, .name = "uplink",
		    .up = true, .running = true, .hwtype = 1, .mac_len = 6, .mtu = 1500 });
		fakeio_batch_end();
		if (s->observed)
			free(fakeio_command("capture"));
		return;
	}
	conf_free(c);
	fakeio_signal(SIGHUP);
	reload(s->d, NULL);
	if (s->d->stats[FAMILY4].counter[COUNTER_RELOADS] != before + 1)
		wrong(s, "the configuration was refused");
}

static void
set_link(struct scen *s, char **word)
{
	struct iftab_link l = { .up = true, .hwtype = 1, .mac_len = 6 };

	l.ifindex = ifindex_of(word);
	snprintf(l.name, sizeof(l.name), "%s", word[2]);
	l.mac[0] = 2;
	l.mac[5] = (uint8_t)l.ifindex;
	l.up = l.running = !has(word + 3, "down");
	if (has(word + 3, "bridge"))
		l.kind = IFTAB_BRIDGE;
	if (has(word + 3, "tunnel")) {
		l.hwtype = 65534;	/* ARPHRD_NONE */
		l.mac_len = 0;
	}
	l.master = (uint32_t)number(word + 3, "master", 0, 10);
	l.vlan = (uint16_t)number(word + 3, "vlan", 0, 10);
	l.mtu = (uint32_t)number(word + 3, "mtu", 1500, 10);
	l.lower = (uint32_t)number(word + 3, "lower", 0, 10);
	if (l.lower)
		l.kind = IFTAB_MACVLAN;
	if (value(word + 3, "mac")) {
		struct mac m = mac_of(s, value(word + 3, "mac"));

		memcpy(l.mac, m.b, sizeof(m.b));
	}
	fakeio_link(&l);
	fakeio_batch_end();
}

static void
link_gone(struct scen *s, char **word)
{
	(void)s;
	fakeio_link_gone(ifindex_of(word));
	fakeio_batch_end();
}

static void
set_addr(struct scen *s, char **word)
{
	struct iftab_addr a = { .secondary = has(word + 3, "secondary") };
	uint32_t ifindex = ifindex_of(word);

	if (!ipnet_parse(word[2], &a.net))
		wrong(s, "%s is not a prefix", word[2]);
	a.permanent = a.net.addr.version == 6;
	if (word[0][0] == '-')
		fakeio_addr_gone(ifindex, a.net);
	else
		fakeio_addr(ifindex, &a);
	fakeio_batch_end();
}

static void
client_sends(struct scen *s, char **word)
{
	uint8_t msg[FAKEIO_MSG_MAX];
	uint8_t op = has(word, "reply") ? BOOTREPLY : BOOTREQUEST;
	size_t len = build(s, msg, op, type_of(s, word[2]), word + 3, NULL);
	uint32_t ifindex = ifindex_of(word);
	const char *giaddr = value(word, "giaddr"), *src = value(word, "src");
	struct udpip u = {
		.sport = (uint16_t)number(word, "sport", giaddr ? 67 : 68, 10),
		.src = ip_of4(src ? ip(s, src) : giaddr ? ip(s, giaddr) : IP4_NONE),
		.dport = 67, .dst = ip_of4(IP4_BROADCAST), .ttl = 64,
		.payload = msg, .payload_len = number(word, "cut", len, 10),
	};

	if (has(word, "unicast")) {
		fakeio_datagram(&u, ifindex);
		fakeio_turn();
		note_drops(s);
	} else
		frame_comes(s, &u, ifindex, RING_TO_BROADCAST);
}

/* The client's message in it, or itself. */
static struct dhcp6
innermost(const struct scen *s, const uint8_t *data, size_t len)
{
	struct dhcp6 m;
	struct rd inner = rd_init(data, len);

	do
		if (dhcp6_parse(&m, inner.p, rd_left(&inner)) != DROP_NONE)
			wrong(s, "the message does not parse");
	while (m.relay && dhcp6_inner(&m, &inner) == DROP_NONE);
	return m;
}

static uint8_t
type6_of(const struct scen *s, const char *name)
{
	for (int t = 0; t < 256; t++)
		if (dhcp6_type_name((uint8_t)t) &&
		    strcasecmp(dhcp6_type_name((uint8_t)t), name) == 0)
			return (uint8_t)t;
	wrong(s, "%s is not a DHCPv6 message type", name);
}

/* A DUID-EN of a server. */
static void
put_server_id(struct msg *m, struct ipaddr server)
{
	uint8_t duid[22] = { 0, 2, 0, 0, 0x7d, 0xd9 };

	memcpy(duid + 6, server.v6.b, sizeof(server.v6.b));
	msg6_opt(m, DHCP6_OPT_SERVER_ID, duid, sizeof(duid));
}

static void
put_lease6(const struct scen *s, struct msg *m, char **word)
{
	const char *lease = value(word, "lease"), *prefix = value(word, "prefix");
	char text[IP6_STRLEN];
	struct ipnet net;
	size_t ia;

	if (lease) {
		ia = msg6_begin_ia(m, DHCP6_OPT_IA_NA, 1800, 2880);
		msg6_addr(m, lease, 7200);
		msg6_end(m, ia);
	}
	if (prefix) {
		if (!ipnet_parse(prefix, &net))
			wrong(s, "%s is not a prefix", prefix);
		ia = msg6_begin_ia(m, DHCP6_OPT_IA_PD, 1800, 2880);
		msg6_prefix(m, ip_str(net.addr, text), net.plen, 7200);
		msg6_end(m, ia);
	}
	if (value(word, "status"))
		msg6_status(m, (uint16_t)number(word, "status", 0, 10), "");
}

/* Makes a message of DHCPv6; `from' is the one that it answers, or NULL. */
static void
build6(const struct scen *s, struct msg *m, uint8_t type, char **word,
    const struct dhcp6 *from)
{
	uint8_t duid[10] = { 0, 3, 0, 1 }, buf[256];
	uint32_t xid = (uint32_t)number(word, "xid", from ? from->xid : 1, 16);
	struct mac mac = mac_of(s, value(word, "mac") ? value(word, "mac") :
	    "52:54:00:00:00:01");
	struct rd id;

	known_words(s, word);
	msg6_init(m, type);
	for (int i = 0; i < 3; i++)
		m->b[1 + i] = (uint8_t)(xid >> (16 - 8 * i));
	memcpy(duid + 4, mac.b, sizeof(mac.b));
	if (from && dhcp6_opt(from, DHCP6_OPT_CLIENT_ID, &id))
		msg6_opt(m, DHCP6_OPT_CLIENT_ID, id.p, rd_left(&id));
	else if (!from && !has(word, "noid"))
		msg6_opt(m, DHCP6_OPT_CLIENT_ID, duid, sizeof(duid));
	if (value(word, "named"))
		put_server_id(m, address(s, value(word, "named")));
	put_lease6(s, m, word);
	for (; *word; word++) {
		unsigned code;
		int at = 0;

		if (sscanf(*word, "opt.%u=%n", &code, &at) == 1 && at)
			msg6_opt(m, (uint16_t)code, buf, bytes(s, *word + at, buf, 255));
	}
}

static void
client6_sends(struct scen *s, char **word)
{
	static struct msg m;
	const char *mac = value(word, "mac"), *src = value(word, "src");
	struct mac l2 = mac_of(s, mac ? mac : "52:54:00:00:00:01");
	struct udpip u = {
		.src = address(s, src ? src : "fe80::5054:ff:fe00:1"),
		.dst = address(s, "ff02::1:2"), .payload = m.b,
		.sport = (uint16_t)number(word, "sport", 546, 10),
		.dport = (uint16_t)number(word, "dport", 547, 10),
	};

	build6(s, &m, type6_of(s, word[2]), word + 3, NULL);
	if (value(word, "link"))
		msg6_wrap(&m, DHCP6_RELAY_FORW, 0, value(word, "link"), "fe80::99", NULL);
	u.payload_len = m.len;
	fakeio_udp6_frame(&u, ifindex_of(word), l2.b);
	fakeio_turn();
	note_drops(s);
}

static void
server6_answers(struct scen *s, char **word)
{
	static struct msg m;
	struct ipaddr from = address(s, word[1]);
	struct udp_dgram g = {
		.src = from,
		.ifindex = (uint32_t)number(word, "by", FAKEIO_UPLINK, 10),
	};
	char link[IP6_STRLEN], peer[IP6_STRLEN], iid[256] = "";
	struct dhcp6 outer, inner;
	struct rd id;
	unsigned i = 0;

	while (i < s->n_asked && !ip_eq(s->asked[i].server, from))
		i++;
	if (i == s->n_asked)
		wrong(s, "%s was not asked", word[1]);
	inner = innermost(s, s->asked[i].msg, s->asked[i].len);
	(void)dhcp6_parse(&outer, s->asked[i].msg, s->asked[i].len);
	if (dhcp6_opt(&outer, DHCP6_OPT_INTERFACE_ID, &id))
		memcpy(iid, id.p, rd_left(&id));
	g.dst = ip_of6(outer.link);
	build6(s, &m, type6_of(s, word[2]), word + 3, &inner);
	put_server_id(&m, from);
	g.data = m.b;
	g.len = m.len;
	g.sport = (uint16_t)number(word, "sport", 547, 10);
	if (g.sport != 547) {
		fakeio_udp(g.sport, &g);
		fakeio_turn();
		note_drops(s);
		return;
	}
	msg6_wrap(&m, DHCP6_RELAY_REPL, outer.hops,
	    value(word, "link") ? value(word, "link") : ip6_str(outer.link, link),
	    ip6_str(outer.peer, peer), has(word, "noecho") ? NULL :
	    value(word, "iid") ? value(word, "iid") : iid);
	g.len = m.len;
	if (!fakeio_udp_server(from, &g))
		fakeio_udp(547, &g);
	fakeio_turn();
	note_drops(s);
}

/* "A.B.C.D:PORT" */
static struct ip4
ip_port(const struct scen *s, char *text, uint16_t *port)
{
	char *colon = strchr(text, ':');

	if (!colon)
		wrong(s, "%s has no port", text);
	*colon = '\0';
	*port = (uint16_t)atoi(colon + 1);
	return ip(s, text);
}

static void
client_asks_4011(struct scen *s, char **word)
{
	uint8_t msg[FAKEIO_MSG_MAX];
	struct udpip u = {
		.dst = ip_of4(IP4_BROADCAST), .dport = DHCP4_PORT_PXE, .ttl = 64, .payload = msg,
	};
	const char *dst = value(word, "dst");

	if (dst)
		u.dst = ip_of4(ip(s, dst));
	u.src = ip_of4(ip_port(s, word[2], &u.sport));
	u.payload_len = build(s, msg, BOOTREQUEST, type_of(s, word[3]), word + 4, NULL);
	frame_comes(s, &u, ifindex_of(word), dst ? RING_TO_MULTICAST : RING_TO_BROADCAST);
}

static void
is_routed(struct scen *s, char **word)
{
	uint8_t msg[FAKEIO_MSG_MAX], type = type_of(s, word[4]);
	bool reply = type == DHCP4_OFFER || type == DHCP4_ACK;
	struct udpip u = { .ttl = 64, .payload = msg };

	u.src = ip_of4(ip_port(s, word[2], &u.sport));
	u.dst = ip_of4(ip_port(s, word[3], &u.dport));
	u.payload_len = build(s, msg, reply ? BOOTREPLY : BOOTREQUEST, type,
	    word + 5, NULL);
	frame_comes(s, &u, ifindex_of(word), RING_TO_HOST);
}

static void
overheard(struct scen *s, char **word)
{
	uint8_t msg[FAKEIO_MSG_MAX];
	struct udpip u = {
		.src = ip_of4(ip(s, word[2])), .dst = ip_of4(IP4_BROADCAST), .sport = 67,
		.dport = 68, .ttl = 64, .payload = msg,
	};

	u.payload_len = build(s, msg, BOOTREPLY, type_of(s, word[3]), word + 4, NULL);
	frame_comes(s, &u, ifindex_of(word), RING_TO_BROADCAST);
}

/* RFC 1350 5: a read request, or an error from the port the server chose. */
static void
tftp(struct scen *s, char **word)
{
	uint8_t msg[512];
	struct wr w = wr_init(msg, sizeof(msg));
	struct udpip u = { .ttl = 64, .payload = msg };
	bool read = strcmp(word[4], "read") == 0;

	if (!read && strcmp(word[4], "error") != 0)
		wrong(s, "tftp IFINDEX CLIENT SERVER read FILE, or error CODE");
	u.src = ip_of4(ip(s, word[read ? 2 : 3]));
	u.dst = ip_of4(ip(s, word[read ? 3 : 2]));
	u.sport = read ? 2070 : 40123;
	u.dport = read ? 69 : 2070;
	wr_u16(&w, read ? 1 : 5);
	if (read) {
		wr_bytes(&w, word[5], strlen(word[5]) + 1);
		wr_bytes(&w, "octet\0tsize\0" "0", 14);
	} else {
		wr_u16(&w, (uint16_t)atoi(word[5]));
		wr_bytes(&w, "no", 3);
	}
	u.payload_len = wr_len(&w);
	frame_comes(s, &u, ifindex_of(word), RING_TO_HOST);
}

static void
port_is_helped(struct scen *s, char **word)
{
	uint8_t payload[256] = "payload";
	struct udpip u = {
		.dst = ip_of4(IP4_BROADCAST), .payload = payload, .payload_len = 7,
		.dport = (uint16_t)atoi(word[3]),
		.ttl = (uint8_t)number(word + 4, "ttl", 64, 10),
	};

	known_words(s, word + 4);
	if (value(word + 4, "payload"))
		u.payload_len = bytes(s, value(word + 4, "payload"), payload,
		    sizeof(payload));
	u.src = ip_of4(ip_port(s, word[2], &u.sport));
	frame_comes(s, &u, ifindex_of(word), RING_TO_BROADCAST);
}

static void
server_answers(struct scen *s, char **word)
{
	struct ip4 from = ip(s, word[1]);
	struct dhcp4 asked;
	const struct dhcp4 *base = NULL;
	uint8_t msg[FAKEIO_MSG_MAX];
	uint32_t by = (uint32_t)number(word, "by", FAKEIO_UPLINK, 10);
	struct udpip u = {
		.src = ip_of4(from), .dport = 67, .payload = msg,
		.sport = (uint16_t)number(word, "sport", 67, 10),
	};

	for (unsigned i = 0; i < s->n_asked; i++)
		if (ip_eq(s->asked[i].server, ip_of4(ip_key(s, word, "as", from))) &&
		    dhcp4_parse(&asked, s->asked[i].msg, s->asked[i].len) == DROP_NONE)
			base = &asked;
	u.payload_len = build(s, msg, BOOTREPLY, type_of(s, word[2]), word + 3, base);
	u.dst = ip_of4(ip_key(s, word, "to", base ? base->giaddr : IP4_NONE));
	if (u.sport != 67 || !fakeio_from_server(u.src, &u, by))
		fakeio_datagram(&u, by);
	fakeio_turn();
	note_drops(s);
}

static void
want_ip(const struct scen *s, char **word, const char *key, struct ip4 is)
{
	char a[IP4_STRLEN];
	const char *v = value(word, key);

	if (v && !ip4_eq(ip(s, v), is))
		wrong(s, "%s is %s, not %s", key, ip4_str(is, a), v);
}

static void
want_number(const struct scen *s, char **word, const char *key, unsigned long is,
    int base)
{
	if (value(word, key) && number(word, key, 0, base) != is)
		wrong(s, "%s is %lu (0x%lx)", key, is, is);
}

static void
want_options(const struct scen *s, char **word, const struct dhcp4 *m)
{
	uint8_t want[256], is[256];

	for (; *word; word++) {
		unsigned code;
		int at = 0;
		size_t n;

		if (sscanf(*word, "no.%u", &code) == 1 && m->at[code & 255])
			wrong(s, "option %u is there", code);
		if (sscanf(*word, "opt.%u=%n", &code, &at) < 1 || at == 0)
			continue;
		n = bytes(s, *word + at, want, sizeof(want));
		if (dhcp4_opt_join(m, (uint8_t)code, is, sizeof(is)) != n ||
		    memcmp(is, want, n) != 0)
			wrong(s, "option %u differs (%s)", code, *word);
	}
}

static void
want_message(const struct scen *s, char **word, const struct fakeio_out *o)
{
	struct dhcp4 m;

	known_words(s, word);
	if (dhcp4_parse(&m, o->msg, o->len) != DROP_NONE)
		wrong(s, "the message does not parse");
	want_ip(s, word, "giaddr", m.giaddr);
	want_ip(s, word, "ciaddr", m.ciaddr);
	want_ip(s, word, "yiaddr", m.yiaddr);
	want_ip(s, word, "siaddr", m.siaddr);
	want_ip(s, word, "dst", ip_v4(o->dst));
	want_ip(s, word, "src", ip_v4(o->src));
	want_number(s, word, "hops", m.hops, 10);
	want_number(s, word, "xid", m.xid, 16);
	want_number(s, word, "flags", m.flags, 16);
	want_number(s, word, "sport", o->to == FAKEIO_SERVER ? 67 : o->sport, 10);
	want_number(s, word, "dport", o->to == FAKEIO_SERVER ? 67 : o->dport, 10);
	want_number(s, word, "len", o->len, 10);
	want_number(s, word, "t", (unsigned long)mono_diff_ms(o->when, s->start), 10);
	want_options(s, word, &m);
}

static void
want_ip6(const struct scen *s, char **word, const char *key, struct ip6 is)
{
	char a[IP6_STRLEN];
	const char *v = value(word, key);

	if (v && !ip6_eq(ip_v6(address(s, v)), is))
		wrong(s, "%s is %s, not %s", key, ip6_str(is, a), v);
}

static void
want_message6(const struct scen *s, char **word, const struct fakeio_out *o)
{
	struct dhcp6 inner = innermost(s, o->msg, o->len), m;

	known_words(s, word);
	(void)dhcp6_parse(&m, o->msg, o->len);
	want_ip6(s, word, "link", m.link);
	want_ip6(s, word, "peer", m.peer);
	want_ip6(s, word, "src", ip_v6(o->src));
	want_ip6(s, word, "dst", ip_v6(o->dst));
	want_number(s, word, "hops", m.hops, 10);
	want_number(s, word, "xid", inner.xid, 16);
	want_number(s, word, "dport", o->to == FAKEIO_SERVER ? 547 : o->dport, 10);
	want_number(s, word, "t", (unsigned long)mono_diff_ms(o->when, s->start), 10);
}

static void
want_l2(const struct scen *s, char **word, const struct fakeio_out *o)
{
	const char *v = value(word, "l2");
	struct mac want, is;
	char text[MAC_STRLEN];

	if (!v)
		return;
	memcpy(is.b, o->mac, 6);
	want = mac_of(s, v);
	if (memcmp(want.b, is.b, 6) != 0)
		wrong(s, "l2 is %s", mac_str(&is, text));
}

static const char *const whom_words[] = {
	[TO_SERVER] = "server", [TO_CLIENT] = "client", [HELPED] = "port",
};

static void
want_helped(const struct scen *s, char **word, const struct fakeio_out *o)
{
	known_words(s, word);
	want_ip(s, word, "src", ip_v4(o->src));
	want_number(s, word, "sport", o->sport, 10);
	want_number(s, word, "dport", o->dport, 10);
	want_number(s, word, "ttl", o->ttl, 10);
	want_number(s, word, "by", o->ifindex, 10);
}

/* Packets that go to several servers at one moment may be expected in any order. */
static void
any_order(struct scen *s, struct ipaddr server)
{
	const struct fakeio_out *next = fakeio_out(s->at);

	for (unsigned i = s->at; i < fakeio_sent(); i++) {
		const struct fakeio_out *o = fakeio_out(i);

		if (mono_before(next->when, o->when))
			return;
		if (whom_of(o) == TO_SERVER && ip_eq(server_of_out(o), server)) {
			fakeio_swap(s->at, i);
			return;
		}
	}
}

static void
expect_packet(struct scen *s, char **word)
{
	enum whom whom = strcmp(word[1], "server") == 0 ? TO_SERVER :
	    strcmp(word[1], "client") == 0 ? TO_CLIENT : HELPED;
	const struct fakeio_out *o;
	char a[IP_STRLEN];

	if (s->at == fakeio_sent())
		wrong(s, "nothing was sent (drop: %s)", drop_word(s->last_drop));
	if (whom == TO_SERVER)
		any_order(s, address(s, word[2]));
	o = fakeio_out(s->at++);
	if (whom_of(o) != whom)
		wrong(s, "the packet goes to a %s", whom_words[whom_of(o)]);
	if (whom == TO_CLIENT && o->ifindex != strtoul(word[2], NULL, 10))
		wrong(s, "it goes to interface %u", o->ifindex);
	if (whom != TO_CLIENT && !ip_eq(server_of_out(o), address(s, word[2])))
		wrong(s, "it goes to %s", ip_str(server_of_out(o), a));
	if (whom == HELPED) {
		want_helped(s, word + 3, o);
		return;
	}
	if (server_of_out(o).version == 6)
		want_message6(s, word + 3, o);
	else
		want_message(s, word + 3, o);
	if (whom == TO_CLIENT)
		want_l2(s, word + 3, o);
}

static void
expect_rule(struct scen *s, char **word)
{
	for (unsigned i = 0; i < s->d->conf->n_rule; i++) {
		if (strcmp(s->d->conf->rule[i].name, word[2]) != 0)
			continue;
		if (s->d->servers.rule_hits[i] != strtoul(word[3], NULL, 10))
			wrong(s, "rule %s: %llu", word[2],
			    (unsigned long long)s->d->servers.rule_hits[i]);
		return;
	}
	wrong(s, "no rule %s", word[2]);
}

static void
expect_counter(struct scen *s, char **word)
{
	for (int i = 0; i < COUNTER_MAX; i++) {
		if (strcmp(counter_word((enum counter)i), word[2]) != 0)
			continue;
		if (s->d->stats[FAMILY4].counter[i] != strtoul(word[3], NULL, 10))
			wrong(s, "%s is %llu", word[2],
			    (unsigned long long)s->d->stats[FAMILY4].counter[i]);
		return;
	}
	wrong(s, "no counter %s", word[2]);
}

static uint16_t
server_of(const struct scen *s, const char *text)
{
	uint16_t i = servers_find_rx(&s->d->servers, address(s, text), 0);

	if (i == CONF_NONE)
		wrong(s, "no such server");
	return i;
}

static void
expect_health(struct scen *s, char **word)
{
	const struct health *h = &s->d->servers.health[server_of(s, word[2])];

	if (strcmp(health_state_name(h->state), word[3]) != 0)
		wrong(s, "it is %s", health_state_name(h->state));
	if (word[4] && strcmp(health_diag_word(h->diag), word[4]) != 0)
		wrong(s, "diagnosis %s", health_diag_word(h->diag));
}

/* Where it was heard last. */
static const struct track_client *
machine(const struct scen *s, const char *mac)
{
	const struct track_client *c, *last = NULL;
	struct mac m = mac_of(s, mac);
	uint32_t at = 0;

	while ((c = track_find_any(s->d->track, m.b, sizeof(m.b), &at)))
		if (!last || mono_before(last->now.last, c->now.last))
			last = c;
	return last;
}

/* Checks the verdict on the current boot, or on the one before. */
static void
expect_verdict(struct scen *s, char **word)
{
	bool before = strcmp(word[1], "before") == 0;
	const struct track_client *c = machine(s, word[2]);
	const char *code;

	if (before && (!c || !c->has_before))
		wrong(s, "there was no boot before");
	code = explain_row(explain(!c ? NULL : before ? &c->before : &c->now,
	    fakeio_now()))->code;
	if (strcmp(code, word[3]) != 0)
		wrong(s, "the verdict is %s", code);
}

static void
expect_also(struct scen *s, char **word)
{
	const struct track_client *c = machine(s, word[2]);
	enum explain also[EXPLAIN_ALSO_MAX];
	unsigned n = explain_also(c ? &c->now : NULL, fakeio_now(), also), i;

	for (i = 0; i < n; i++)
		if (!word[3 + i] ||
		    strcmp(word[3 + i], explain_row(also[i])->code) != 0)
			wrong(s, "also %s", explain_row(also[i])->code);
	if (word[3 + i])
		wrong(s, "not also %s", word[3 + i]);
}

static uint64_t
boots_judged(const struct boots *b, enum pxe_kind k, bool failed)
{
	uint64_t n = 0;

	for (int e = 0; e < EXPLAIN_MAX; e++)
		if (explain_failed((enum explain)e) == failed)
			n += b->judged[k][e];
	return n;
}

static uint64_t
boots_of(const struct scen *s, enum pxe_kind k, const char *what)
{
	const struct boots *b = &s->d->boots;
	int e = 0;

	if (strcmp(what, "started") == 0)
		return b->started[k];
	if (strcmp(what, "succeeded") == 0)
		return boots_judged(b, k, false);
	if (strcmp(what, "failed") == 0)
		return boots_judged(b, k, true);
	if (strcmp(what, "unjudged") == 0)
		return b->unjudged[k];
	if (strcmp(what, "going-on") == 0)
		return b->going_on[k];
	while (e < EXPLAIN_MAX && strcmp(explain_row((enum explain)e)->code, what) != 0)
		e++;
	if (e == EXPLAIN_MAX)
		wrong(s, "there is no verdict %s", what);
	return b->judged[k][e];
}

static void
expect_boots(struct scen *s, char **word)
{
	int k = 0;

	while (k < PXE_KIND_MAX && strcmp(pxe_kind_word((enum pxe_kind)k), word[2]) != 0)
		k++;
	if (k == PXE_KIND_MAX)
		wrong(s, "there is no kind %s", word[2]);
	for (char **w = word + 3; *w; w++) {
		char *is = strchr(*w, '=');
		uint64_t n;

		if (!is)
			wrong(s, "%s is not WHAT=N", *w);
		*is = '\0';
		n = boots_of(s, (enum pxe_kind)k, *w);
		if (n != strtoull(is + 1, NULL, 10))
			wrong(s, "%s is %llu", *w, (unsigned long long)n);
	}
}

/* In every script, each boot that was started is either going on or was counted
 * once. */
static void
boots_add_up(const struct scen *s)
{
	const struct boots *b = &s->d->boots;

	for (int i = 0; i < PXE_KIND_MAX; i++) {
		enum pxe_kind k = (enum pxe_kind)i;

		if (b->started[k] != boots_judged(b, k, false) + boots_judged(b, k, true) +
		    b->unjudged[k] + b->going_on[k])
			wrong(s, "boots of %s do not add up", pxe_kind_word(k));
	}
}

static void
nothing_left(struct scen *s)
{
	char a[IP_STRLEN];

	if (s->at < fakeio_sent()) {
		const struct fakeio_out *o = fakeio_out(s->at);

		wrong(s, "before this line: unexpected packet to %s %s, t=%ld, xid=%02x%02x%02x%02x",
		    whom_words[whom_of(o)], ip_str(server_of_out(o), a),
		    (long)mono_diff_ms(o->when, s->start),
		    o->msg[4], o->msg[5], o->msg[6], o->msg[7]);
	}
	fakeio_forget_sent();
	s->at = s->seen = 0;
}

static void
expect_member(struct scen *s, char **word)
{
	uint32_t ifindex = (uint32_t)strtoul(word[2], NULL, 10);
	unsigned n = 0;

	for (char **group = word + 3; *group; group++, n++)
		if (!fakeio_is_joined(ip_of4(ip(s, *group)), ifindex))
			wrong(s, "not a member of %s", *group);
	if (fakeio_groups(ifindex) != n)
		wrong(s, "a member of %u groups", fakeio_groups(ifindex));
}

static void
expect_nothing(struct scen *s, char **word)
{
	(void)word;
	nothing_left(s);
}

static void
expect_drop(struct scen *s, char **word)
{
	nothing_left(s);
	if (strcmp(drop_word(s->last_drop), word[2]) != 0)
		wrong(s, "dropped: %s", drop_word(s->last_drop));
}

/* The kinds of lines, by the first word, or for `expect' by the second. */
struct line {
	const char *word;
	int n;			/* minimum number of words */
	void (*run)(struct scen *s, char **word);
};

static void
run_one_of(struct scen *s, const struct line *lines, char **word, unsigned at)
{
	int n = 0;

	while (word[n])
		n++;
	for (const struct line *l = lines; l->word; l++) {
		if (!word[at] || strcmp(l->word, word[at]) != 0)
			continue;
		if (n < l->n)
			wrong(s, "%s: %d words are too few", l->word, n);
		l->run(s, word);
		return;
	}
	wrong(s, "unknown word %s", word[at] ? word[at] : "(none)");
}

static void
expect(struct scen *s, char **word)
{
	static const struct line lines[] = {
		{ "server", 3, expect_packet }, { "client", 3, expect_packet },
		{ "helped", 3, expect_packet }, { "nothing", 2, expect_nothing },
		{ "drop", 3, expect_drop }, { "rule", 4, expect_rule },
		{ "counter", 4, expect_counter }, { "member", 3, expect_member }, { "health", 4, expect_health },
		{ "verdict", 4, expect_verdict }, { "before", 4, expect_verdict },
		{ "also", 3, expect_also }, { "boots", 4, expect_boots },
		{ NULL, 0, NULL },
	};

	run_one_of(s, lines, word, 1);
}

static void
routes_changed(struct scen *s)
{
	fakeio_routes_changed();
	fakeio_batch_end();
	pass_until(s, mono_add_ms(fakeio_now(), ROUTES_MS));
}

static void
set_route(struct scen *s, char **word)
{
	const struct route r = {
		.ifindex = word[3] ? (uint32_t)strtoul(word[3], NULL, 10) : FAKEIO_UPLINK,
	};

	fakeio_route(address(s, word[1]), 0, &r, address(s, word[2]));
	routes_changed(s);
}

/* Reports as many probe results as are needed; other tests cover probing itself. */
static void
set_health(struct scen *s, char **word)
{
	uint16_t i = server_of(s, word[1]);
	struct health *h = &s->d->servers.health[i];
	bool drained = strcmp(word[2], "drained") == 0;

	if (drained || strcmp(word[2], "enabled") == 0) {
		servers_note(&s->d->servers, i, health_drain(h, drained, fakeio_now()));
		return;
	}
	if (strcmp(word[2], "up") != 0 && strcmp(word[2], "down") != 0)
		wrong(s, "no state %s", word[2]);
	*dead(s, address(s, word[1])) = strcmp(word[2], "down") == 0;
	for (int n = 0; n < 255 && strcmp(word[2], health_state_name(h->state)) != 0; n++)
		servers_note(&s->d->servers, i, strcmp(word[2], "up") == 0 ?
		    health_good(h, HEALTH_DIAG_PROBE_OK, fakeio_now()) :
		    health_bad(h, HEALTH_DIAG_PROBE_PXE, fakeio_now()));
}

static void
set_way(struct scen *s, char **word)
{
	if (strcmp(word[2], "noroute") == 0)
		fakeio_route(address(s, word[1]), ENETUNREACH, NULL, IP_NONE);
	else if (strcmp(word[2], "ok") == 0)
		fakeio_route(address(s, word[1]), 0, NULL, IP_NONE);
	else
		wrong(s, "kernel ADDR noroute|ok");
	routes_changed(s);
}

static void
error_comes(struct scen *s, char **word)
{
	static const struct { const char *name; int number; } known[] = {
		{ "ECONNREFUSED", ECONNREFUSED },
		{ "EHOSTUNREACH", EHOSTUNREACH }, { "ENETUNREACH", ENETUNREACH },
	};

	struct udp_errors e = {
		.proof = !word[3] ? UDP_SURE : strcmp(word[3], "router") == 0 ? UDP_QUOTED :
		    UDP_HEARSAY,
		.ifindex = FAKEIO_UPLINK, .from = address(s, word[1]),
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, word[2]) == 0)
			e.err = known[i].number;
	if (!e.err || !fakeio_server_errors(e.from, &e))
		wrong(s, "no error %s", word[2]);
}

static void
set_other_way(struct scen *s, char **word)
{
	fakeio_other_way((uint32_t)strtoul(word[1], NULL, 10));
	routes_changed(s);
}

static void
start_clock(struct scen *s, char **word)
{
	(void)word;
	s->start = fakeio_now();
}

static void
pass_ms(struct scen *s, char **word)
{
	struct mono from = strcmp(word[0], "at") == 0 ? s->start : fakeio_now();

	pass_until(s, mono_add_ms(from, strtol(word[1], NULL, 10)));
}

static void
load_conf(struct scen *s, char **word)
{
	char text[65536];
	FILE *f = fopen(word[1], "r");
	size_t n;

	if (!f)
		wrong(s, "%s: %s", word[1], strerror(errno));
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	set_conf(s, text);
}

static void
do_line(struct scen *s, char **word)
{
	static const struct line lines[] = {
		{ "load", 2, load_conf }, { "link", 3, set_link },
		{ "linkgone", 2, link_gone }, { "addr", 3, set_addr },
		{ "-addr", 3, set_addr }, { "route", 3, set_route },
		{ "otherway", 2, set_other_way },
		{ "client6", 3, client6_sends }, { "server6", 3, server6_answers },
		{ "client", 3, client_sends }, { "client4011", 4, client_asks_4011 },
		{ "helper", 4, port_is_helped }, { "tap", 5, is_routed },
		{ "stranger", 4, overheard }, { "tftp", 6, tftp },
		{ "server", 3, server_answers }, { "health", 3, set_health },
		{ "kernel", 3, set_way }, { "error", 3, error_comes },
		{ "wait", 2, pass_ms }, { "at", 2, pass_ms },
		{ "start", 1, start_clock }, { NULL, 0, NULL },
	};

	if (strcmp(word[0], "expect") == 0) {
		expect(s, word);
		return;
	}
	nothing_left(s);
	run_one_of(s, lines, word, 0);
}

/* --- running ---------------------------------------------------------------------- */

static void
open_scen(struct scen *s, const char *file, bool observed)
{
	static const struct args plain = { .foreground = true, .keep = true, .conf = "scen" };
	static const struct args verbose = {
		.foreground = true, .keep = true, .conf = "scen", .verbose = true,
	};

	fakeio_reset();
	fakeio_on_sent(on_sent, s);
	s->file = file;
	s->start = fakeio_now();
	s->d = calloc(1, sizeof(*s->d));
	ck_assert_ptr_nonnull(s->d);
	s->d->args = observed ? &verbose : &plain;
	s->observed = observed;
}

static void
close_scen(struct scen *s)
{
	daemon_close(s->d);
	free(s->d);
	free(s);
}

/* The reply to a command is a JSON document without an error. */
static void
answers(const struct scen *s, const char *command)
{
	char *text = fakeio_command(command);
	json_t *doc = text ? json_loads(text, 0, NULL) : NULL;

	if (!doc)
		wrong(s, "\"%s\" is not answered by a document", command);
	if (json_object_get(doc, "error"))
		wrong(s, "\"%s\": %s", command, text);
	json_decref(doc);
	free(text);
}

static void
look_at_everything(const struct scen *s)
{
	static const char *const commands[] = {
		"show", "show interfaces", "show servers", "show rules", "show clients",
		"show boots", "show counters", "show drops", "version",
	};
	const struct track_client *c;
	char explain[64], mac[MAC_STRLEN];
	const char *stream;
	char *metrics;
	uint32_t block;
	size_t len;

	if (!fakeio_listens())
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		answers(s, commands[i]);
	for (c = track_older(s->d->track, NULL); c; c = track_older(s->d->track, c)) {
		struct mac m;

		memcpy(m.b, c->key.chaddr, sizeof(m.b));
		snprintf(explain, sizeof(explain), "explain %s", mac_str(&m, mac));
		answers(s, explain);
	}
	metrics = scrape(s->d, &len);
	if (!metrics || !len || metrics[len - 1] != '\n')
		wrong(s, "there are no metrics");
	free(metrics);
	stream = fakeio_stream(&len);
	if (len < 28)
		wrong(s, "the capture has no section header");
	memcpy(&block, stream, sizeof(block));
	if (block != 0x0a0d0d0a)
		wrong(s, "the capture is not pcapng");
}

/* Lines up to "end", with their newlines. */
static char *
read_conf(struct scen *s, FILE *f)
{
	char *text = calloc(1, 65536), line[512];

	while (fgets(line, sizeof(line), f)) {
		s->line++;
		if (strcmp(line, "end\n") == 0)
			return text;
		strcat(text, line);
	}
	wrong(s, "conf without end");
}

/* Splits a line into words and replaces $NAME by the words of its `let'. */
static int
split(struct scen *s, char *line, char **word, int n)
{
	char *save;

	for (char *w = strtok_r(line, " \t\n", &save); w && *w != '#';
	    w = strtok_r(NULL, " \t\n", &save)) {
		unsigned i = 0;
		size_t len = strlen(w + 1);

		if (n == WORDS_MAX)
			wrong(s, "too many words");
		if (*w != '$') {
			word[n++] = w;
			continue;
		}
		while (i < s->n_let && (strncmp(s->let[i], w + 1, len) != 0 ||
		    s->let[i][len] != ' '))
			i++;
		if (i == s->n_let)
			wrong(s, "%s is not known", w);
		n = split(s, strcpy(s->expanded[i], s->let[i] + len + 1), word, n);
	}
	word[n] = NULL;
	return n;
}

static void
let(struct scen *s, const char *text)
{
	if (s->n_let == LETS_MAX)
		wrong(s, "too many lets");
	snprintf(s->let[s->n_let++], sizeof(s->let[0]), "%s", text);
}

static void
run_line(struct scen *s, FILE *f, char *line)
{
	char *word[WORDS_MAX + 1], *text;

	if (strncmp(line, "let ", 4) == 0) {
		let(s, line + 4);
		return;
	}
	if (split(s, line, word, 0) == 0)
		return;
	if (strcmp(word[0], "conf") != 0) {
		do_line(s, word);
		return;
	}
	text = read_conf(s, f);
	nothing_left(s);
	set_conf(s, text);
	free(text);
}

static void
run_file(struct scen *s, FILE *f)
{
	char line[1024];

	while (fgets(line, sizeof(line), f)) {
		s->line++;
		run_line(s, f, line);
	}
	nothing_left(s);
	boots_add_up(s);
}

#define SCEN_DIR "tests/scen"
static struct dirent **found;
static int n_found;

static int
is_scen(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot && strcmp(dot, ".scen") == 0;
}

static void
run_scenario(const char *name, bool observed)
{
	char path[512];
	struct scen *s = calloc(1, sizeof(*s));
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", SCEN_DIR, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	open_scen(s, path, observed);
	run_file(s, f);
	fclose(f);
	if (observed)
		look_at_everything(s);
	close_scen(s);
}

START_TEST(scenario)
{
	run_scenario(found[_i]->d_name, false);
}
END_TEST

/* The result is the same while every packet is logged and captured. */
START_TEST(scenario_while_logged_and_captured)
{
	run_scenario(found[_i]->d_name, true);
}
END_TEST

/* Does any scenario have a line "expect verdict MAC CODE"? */
static bool
is_provoked(const char *code)
{
	char path[512], line[1024], is[64];
	bool found_it = false;

	for (int i = 0; i < n_found && !found_it; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", SCEN_DIR, found[i]->d_name);
		f = fopen(path, "r");
		ck_assert_msg(f != NULL, "%s", path);
		while (!found_it && fgets(line, sizeof(line), f))
			found_it = sscanf(line, "expect verdict %*s %63s", is) == 1 &&
			    strcmp(is, code) == 0;
		fclose(f);
	}
	return found_it;
}

/* Only a capture has transfers; tests/checks/offline.sh has one for each of these. */
static bool
is_of_transfers(enum explain e)
{
	return e == EXPLAIN_HTTP_NOT_FOUND || e == EXPLAIN_HTTP_ERROR ||
	    e == EXPLAIN_LARGE_BLOCKS || e == EXPLAIN_BLOCK0 || e == EXPLAIN_TRANSFER_STUCK;
}

START_TEST(every_diagnosis_is_provoked)
{
	for (int e = 0; e < EXPLAIN_MAX; e++)
		ck_assert_msg(is_of_transfers((enum explain)e) ||
		    is_provoked(explain_row((enum explain)e)->code),
		    "no scenario comes to %s", explain_row((enum explain)e)->code);
}
END_TEST

Suite *
scen_suite(void)
{
	Suite *s = suite_create("scen");
	TCase *t = tcase_create("scenarios");

	n_found = scandir(SCEN_DIR, &found, is_scen, alphasort);
	tcase_add_loop_test(t, scenario, 0, n_found > 0 ? n_found : 1);
	tcase_add_loop_test(t, scenario_while_logged_and_captured, 0, n_found > 0 ? n_found : 1);
	tcase_add_test(t, every_diagnosis_is_provoked);
	suite_add_tcase(s, t);
	return s;
}
