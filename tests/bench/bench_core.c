/* SPDX-License-Identifier: ISC
 *
 * bench_core - measures what the relay's own decisions cost, without the kernel: a request
 * from its IP header to the rendered copy, and the reply from its header to the frame, with
 * everything on as in bench.sh. Prints nanoseconds for both together, by the number of
 * clients and the size of the tables.
 *
 *   bench_core [SLICES]
 *
 * A slice takes a few milliseconds, and the fastest one is printed: other programs make
 * slices slower, never faster.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/story/record.h"
#include "core/relay4/relay4.h"
#include "io/conffile.h"
#include "proto/udpip.h"

#define BATCH	32
#define BATCHES	100		/* of a slice */
#define HDR	28
#define DISCOVER 371
#define OFFER	312
#define CLIENT_IF 10
#define HEDGES	4096

static const char config[] =
	"[relay]\ninterface-rate = off\noption82 = add\ncircuit-id = %i\n"
	"remote-id = %h\nclient-rate = 1000000/1s\n"
	"[group dhcp]\nservers = 10.9.0.2, 10.9.0.3\nmode = failover\n"
	"hedge = 500ms\n"
	"[group boot]\nservers = 10.9.0.2, 10.9.0.3\nmode = failover\n"
	"hedge = 500ms\n"
	"[interface vlan*]\ndhcp = dhcp\nboot = boot\n"
	"[rule second-stage]\nuser-class = iPXE\nboot = boot\n"
	"[rule lab]\nmac = 52:54:00:ba:d0:00/44\naction = drop\n"
	"[rule bios]\narch = bios\nboot = boot\n"
	"[rule uefi]\narch = uefi-x64\nvendor-class = PXEClient*\nboot = boot\n";

static const struct hash_key secret = { { 0x1234, 0x5678 } };

struct bench {
	struct conf *conf;
	struct stats stats;
	struct servers servers;
	struct relay r4;
	struct track *track;
	struct mono now;
	uint32_t seq, clients;
	uint8_t request[BATCH][HDR + DISCOVER];
	uint8_t reply[BATCH][OFFER];
	uint8_t out[2048];
	unsigned bad;
};

static void
die(const char *what)
{
	fprintf(stderr, "bench_core: %s\n", what);
	exit(1);
}

static void
mistake(void *user, const char *file, int line, const char *text)
{
	(void)file;
	(void)user;
	(void)line;
	die(text);
}

/* --- packets ----------------------------------------------------------------- */

static size_t
option(uint8_t *m, size_t at, uint8_t code, uint8_t len, const void *value)
{
	m[at] = code;
	m[at + 1] = len;
	memcpy(m + at + 2, value, len);
	return at + 2 + len;
}

/* The DISCOVER of a UEFI machine. */
static void
discover(uint8_t *m)
{
	static const uint8_t zeros[36], id[7] = { 1, 2 }, uuid[17] = { 0, 1, 2 };
	size_t at = 240;

	memset(m, 0, DISCOVER);
	memcpy(m, "\x01\x01\x06", 3);
	m[10] = 0x80;
	memcpy(m + 236, "\x63\x82\x53\x63", 4);
	at = option(m, at, 53, 1, "\x01");
	at = option(m, at, 57, 2, "\x05\xc0");
	at = option(m, at, 55, sizeof(zeros), zeros);
	at = option(m, at, 97, sizeof(uuid), uuid);
	at = option(m, at, 93, 2, "\x00\x07");
	at = option(m, at, 94, 3, "\x01\x03\x10");
	at = option(m, at, 60, 32, "PXEClient:Arch:00007:UNDI:003016");
	at = option(m, at, 61, sizeof(id), id);
	at = option(m, at, 12, 12, "labmachine-1");
	m[at] = 255;
}

static void
offer(uint8_t *m, const uint8_t *request)
{
	size_t at = 240;

	memset(m, 0, OFFER);
	memcpy(m, request, 44);
	m[0] = 2;
	memcpy(m + 16, "\x0a\x40\x00\x02" "\x0a\x09\x00\x02" "\x0a\x40\x00\x01", 12);
	memcpy(m + 236, "\x63\x82\x53\x63", 4);
	at = option(m, at, 53, 1, "\x02");
	at = option(m, at, 54, 4, "\x0a\x09\x00\x02");
	at = option(m, at, 51, 4, "\x00\x00\x0e\x10");
	at = option(m, at, 60, 9, "PXEClient");
	m[at] = 255;
}

static void
number(struct bench *b, unsigned i)
{
	uint8_t *m = b->request[i] + HDR;
	uint32_t client = b->seq % b->clients, xid = 0x5eed0000 + b->seq;
	struct udpip u = {
		.src = ip_of4(IP4_NONE), .dst = ip_of4(IP4_BROADCAST), .sport = 68, .dport = 67,
		.ttl = 64, .payload = m, .payload_len = DISCOVER,
	};

	b->seq++;
	memcpy(m + 4, &xid, sizeof(xid));
	memcpy(m + 28, "\x02\x00", 2);
	memcpy(m + 30, &client, sizeof(client));
	udpip_build(b->request[i], &u, 1);
	memcpy(b->reply[i] + 4, m + 4, 4);
	memcpy(b->reply[i] + 28, m + 28, 6);
}

/* --- the path ---------------------------------------------------------------- */

/* Prefetches for the next message, as relay/path.c does. */
static void
expect(struct bench *b, unsigned i, uint32_t ifindex)
{
	const uint8_t *m = b->request[i % BATCH] + HDR;
	struct client_key key = {
		.id = (uint32_t)m[4] << 24 | (uint32_t)m[5] << 16 |
		    (uint32_t)m[6] << 8 | m[7],
		.len = m[2], .ifindex = ifindex,
	};

	memcpy(key.client, m + 28, key.len);
	clients_expect(b->r4.clients, key);
	track_expect(b->track, key.client, m[2]);
}

static void
request(struct bench *b, unsigned i)
{
	struct relay4_plan plan;
	struct udpip u;
	struct rx rx = { .ifindex = CLIENT_IF, .mac_len = 6 };
	bool no_room;
	enum drop why;

	if (udpip_parse(&u, FAMILY4, b->request[i], sizeof(b->request[i]), true) != DROP_NONE)
		b->bad++;
	rx.data = u.payload;
	rx.len = u.payload_len;
	rx.src = u.src;
	rx.dst = u.dst;
	rx.sport = u.sport;
	why = relay4_request(&b->r4, &rx, b->now, &plan);
	record_request(b->track, &b->r4, &rx, &plan, why, b->now);
	if (why != DROP_NONE || plan.to.n != 1 ||
	    relay4_render(&plan, 0, true, b->out, sizeof(b->out), &no_room) <= DISCOVER)
		b->bad++;
}

static void
reply(struct bench *b, unsigned i)
{
	struct relay4_delivery v;
	struct rx rx = {
		.data = b->reply[i], .len = OFFER, .sport = 67, .unicast = true,
		.src = ip_of4(ip_v4(b->conf->server[0].address)), .dst = ip_of4((struct ip4){ 0x0a400001 }),
		.ifindex = CLIENT_IF + 1,
	};
	struct udpip u = { .sport = 67, .dport = 68, .payload = b->out };
	uint8_t hdr[UDPIP_HEADERS];
	enum drop why = relay4_reply(&b->r4, &rx, b->now, &v);

	record_reply(b->track, &b->r4, &rx, &v, why, b->now);
	if (why != DROP_NONE) {
		b->bad++;
		return;
	}
	u.payload_len = relay4_render_reply(&b->r4, &v, b->out, sizeof(b->out));
	udpip_build(hdr, &u, 1);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Only the batch is measured, not the making of its packets. */
static uint64_t
batch(struct bench *b)
{
	uint64_t t0;

	for (unsigned i = 0; i < BATCH; i++)
		number(b, i);
	t0 = now_ns();
	for (unsigned i = 0; i < BATCH; i++) {
		expect(b, i + 1, CLIENT_IF);
		request(b, i);
	}
	for (unsigned i = 0; i < BATCH; i++) {
		expect(b, i + 1, 0);
		reply(b, i);
	}
	b->now.us += 400;
	return now_ns() - t0;
}

/* --- worlds ------------------------------------------------------------------ */

static void
interfaces(struct bench *b)
{
	const struct iftab_host host = { .name = "host" };

	for (uint32_t i = 0; i < 2; i++) {
		struct iftab_link l = {
			.ifindex = CLIENT_IF + i, .up = true, .running = true,
			.hwtype = 1, .mac_len = 6, .mtu = 1500,
		};
		struct iftab_addr a = { .net = { ip_of4((struct ip4){ 0x0a400001 }), 24 } };

		snprintf(l.name, sizeof(l.name), i ? "up0" : "vlan10");
		if (i)
			a.net.addr.v4.host = 0x0a090001;
		if (iftab_set_link(b->r4.iftab, &l) < 0 ||
		    iftab_set_addr(b->r4.iftab, l.ifindex, &a) < 0)
			die("no memory");
	}
	iftab_commit(b->r4.iftab, b->conf, &host, true, NULL, NULL);
	for (unsigned i = 0; i < b->conf->n_server; i++)
		b->servers.via[i] = CLIENT_IF + 1;
}

static struct bench *
bench_new(uint32_t clients, size_t capacity)
{
	struct bench *b = calloc(1, sizeof(*b));

	if (!b)
		die("no memory");
	b->clients = clients;
	b->now = mono_us(1000000000);
	b->conf = conffile_parse(config, strlen(config), mistake, NULL);
	b->r4.servers = &b->servers;
	b->servers.iftab = b->r4.iftab = iftab_new();
	b->r4.clients = clients_new(FAMILY4, capacity, secret, NULL, NULL);
	b->r4.hedges = pendings_new(HEDGES);
	b->track = track_new(capacity, secret);
	if (!b->conf || !b->r4.iftab || !b->r4.clients || !b->r4.hedges || !b->track)
		die("no memory");
	b->r4.stats = &b->stats;
	servers_configure(&b->servers, NULL, b->conf, b->now);
	b->r4.conf = b->conf;
	interfaces(b);
	for (unsigned i = 0; i < BATCH; i++) {
		discover(b->request[i] + HDR);
		offer(b->reply[i], b->request[i] + HDR);
	}
	return b;
}

static void
bench_free(struct bench *b)
{
	clients_free(b->r4.clients);
	pendings_free(b->r4.hedges);
	iftab_free(b->r4.iftab);
	track_free(b->track);
	conf_free(b->conf);
	free(b);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* All clients once first, so that the tables are full before the measurement. */
static void
run(uint32_t clients, size_t capacity, unsigned slices)
{
	struct bench *b = bench_new(clients, capacity);
	uint64_t *ns = calloc(slices, sizeof(*ns));

	if (!ns)
		die("no memory");
	while (b->seq < clients)
		(void)batch(b);
	for (unsigned i = 0; i < slices; i++)
		for (unsigned k = 0; k < BATCHES; k++)
			ns[i] += batch(b);
	qsort(ns, slices, sizeof(*ns), by_value);
	printf("%7u clients, room for %6zu: %5.0f ns a pair (median %.0f)\n",
	    clients, capacity, (double)ns[0] / (BATCH * BATCHES),
	    (double)ns[slices / 2] / (BATCH * BATCHES));
	if (b->bad)
		die("packets were not relayed");
	free(ns);
	bench_free(b);
}

int
main(int argc, char **argv)
{
	unsigned slices = argc > 1 ? (unsigned)atoi(argv[1]) : 100;

	if (slices == 0)
		die("how many slices?");
	run(100, 16384, slices);
	run(10000, 16384, slices);
	run(100000, 16384, slices);
	run(100000, 131072, slices);
	return 0;
}
