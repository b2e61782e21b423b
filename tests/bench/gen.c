/* SPDX-License-Identifier: ISC
 *
 * gen - the load of bench.sh: all clients and all servers of a relay, in one
 * process that never sleeps, so that the relay is the only process that is woken up.
 *
 *   gen [-6] [-c CLIENTS] [-n INTERFACES] [-a ANSWERING] [-d MICROSECONDS]
 *	[-p PID] CLIENTS-NS SERVERS-NS WHAT...
 *
 *   rate R SECONDS	one trial
 *   ndr LOW HIGH	the highest rate without loss (less than 0.1 %)
 *   ready		the wall clock time of the first reply on the first and on the
 *			last interface
 *
 * Clients are frames on packet sockets at c0..cN-1. Each DISCOVER has its own hardware
 * address and xid, and is 371 bytes long, like that of a UEFI machine; with -6, so has each
 * SOLICIT, of 117 bytes. The servers are 10.9.0.2 or 2001:db8:9::2, and following. The
 * first ANSWERING of them send offers MICROSECONDS after the request, also as frames, which
 * cost half of a UDP send; round trips are printed without that time. Packets are checked
 * (hops, giaddr or link-address and peer-address, the interface of the reply), and bad=
 * counts those that are wrong.
 *
 * The relay's CPU time is its run time in the scheduler's count, plus that of the kernel
 * thread on its CPU that finishes soft interrupts for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sock_diag.h>
#include <math.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/csum.h"

#define BATCH		32
#define BURST		128		/* sent late, after we had to wait */
#define FRAMES		8192u		/* of the clients' ring */
#define FRAME		1024u
#define HDR4		42		/* Ethernet, IPv4, UDP */
#define HDR6		62
#define DISCOVER	371
#define SOLICIT		117
#define RELAY6		34		/* header of a RELAY-FORW or RELAY-REPL */
#define OFFER_MAX	640
#define OFFERS		1024u		/* offers waiting at once */
#define IFS_MAX		1000
#define SEQ_MAX		(1u << 21)
#define CLIENTS		100000u		/* hardware addresses; a multiple of IFS_MAX */
#define SERVERS		0x0a090002u	/* the first server; of DHCPv6, too, it ends in 2 */
#define LOSS		0.001
#define WARM		300		/* packets before a trial, to fill ARP and caches */
#define KNOWN		2000u		/* conversations that begin before a flood */
#define RELAY_CPU	1
#define IDLE_TRIES	8

struct trial {
	uint32_t sent, got, dup, bad, copies, sinkdrop;
	uint32_t known_sent, known_got;
	uint32_t asked;			/* requests that reached the answering servers */
	uint32_t late;			/* packets of earlier trials */
	double offered, cpu_us, p50, p99, per_s;
};

struct gen;

/* A request as a relay sent it to a server: the client's message in it, and where it came
 * from and went to. */
struct asked {
	const uint8_t *m;
	size_t len;
	const uint8_t *client;
	uint32_t seq;
	unsigned server;
	struct in6_addr from;
};

/* What differs between DHCPv4 and DHCPv6. */
struct dhcp {
	int af, level, pktinfo;		/* of the servers' socket */
	size_t server_at;		/* last byte of an address in that information */
	uint16_t ethertype, port, client_port;
	size_t hdr, proto_at, addr_at, addr_len;	/* in a frame */
	size_t request;			/* length of a client's message */
	size_t xid_at;
	uint32_t xid_mask, xid_type;	/* of those four bytes */
	void (*build)(uint8_t *frame);
	void (*number)(uint8_t *frame, const uint8_t mac[6]);
	const uint8_t *(*find)(const uint8_t *m, size_t len);	/* the client's message */
	bool (*good)(const struct gen *g, const struct asked *a);
	size_t (*reply)(uint8_t *frame, const struct asked *a);
};

struct gen {
	const struct dhcp *dhcp;
	unsigned nif, answering, clients;
	int pid;
	uint64_t think_ns;		/* of a server */
	int tx, rx, sink, offers;
	uint8_t *ring;
	uint32_t head;
	int ifindex[IFS_MAX];		/* of the clients' end */
	uint16_t if_number[65536];	/* by that index */
	uint32_t trial;
	uint32_t xid0;			/* of the trial's first packet */
	bool split, isolate;		/* known: clients that had begun, or those
					 * of the other interfaces */
	uint32_t n_rtt;
	uint64_t *sent_at;		/* by number; 0: not sent, or answered */
	uint32_t *rtt;			/* ns, in the order of the replies */
	uint8_t out[BATCH][HDR4 + DISCOVER];
	struct sockaddr_ll to[BATCH];
	uint8_t in[BATCH][2048];
	uint8_t control[BATCH][CMSG_SPACE(sizeof(struct in6_pktinfo))];
	uint32_t offer_first, offer_end;	/* numbers; a slot is that % OFFERS */
	uint64_t offer_due[OFFERS];
	uint8_t offer[OFFERS][HDR6 + OFFER_MAX];
	struct sockaddr_in6 from[BATCH];
	struct iovec out_iov[BATCH], in_iov[BATCH], offer_iov[OFFERS];
	struct mmsghdr out_msg[BATCH], in_msg[BATCH], offer_msg[OFFERS];
	struct trial t;
};

static void
die(const char *what)
{
	fprintf(stderr, "gen: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
must(bool ok, const char *what)
{
	if (!ok)
		die(what);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* --- messages -------------------------------------------------------------- */

static void
udp_header(const struct dhcp *f, uint8_t *frame, unsigned dport, size_t len)
{
	uint8_t *udp = frame + f->hdr - 8;

	put16(frame + 12, f->ethertype);
	put16(udp, dport == f->port ? f->client_port : f->port);
	put16(udp + 2, dport);
	put16(udp + 4, (uint32_t)(len + 8));
}

static void
udp_checksum(const struct dhcp *f, uint8_t *frame, size_t len)
{
	uint8_t *udp = frame + f->hdr - 8;
	uint32_t sum = csum_add(17 + (uint32_t)len + 8, frame + f->addr_at, f->addr_len);

	put16(udp + 6, 0);
	sum = csum_fold(csum_add(sum, udp, len + 8));
	put16(udp + 6, sum ? sum : 0xffff);	/* 0 is none */
}

/* Between the relay and the servers, both ports are the server's. */
static size_t
finish_reply(const struct dhcp *f, uint8_t *frame, size_t len)
{
	static const uint8_t uplink[] = { 2, 0, 0, 0, 9, 1, 2, 0, 0, 0, 9, 2 };

	memcpy(frame, uplink, sizeof(uplink));
	udp_header(f, frame, f->port, len);
	put16(frame + f->hdr - 8, f->port);
	udp_checksum(f, frame, len);
	return f->hdr + len;
}

/* --- DHCPv4 ---------------------------------------------------------------- */

/* The relay's address on an interface, as bench.sh assigns it. */
static uint32_t
relay_address(unsigned nif)
{
	return 0x0a400001u + (nif / 250 << 16) + (nif % 250 << 8);
}

static void
ip4_header(uint8_t *f, uint32_t src, uint32_t dst, size_t len)
{
	f[14] = 0x45;
	put16(f + 16, (uint32_t)(len + 28));
	f[22] = 64;
	f[23] = 17;
	put32(f + 26, src);
	put32(f + 30, dst);
	put16(f + 24, 0);
	put16(f + 24, csum_fold(csum_add(0, f + 14, 20)));
}

static uint8_t *
option4(uint8_t *p, uint8_t code, uint8_t len, const void *value)
{
	*p++ = code;
	*p++ = len;
	memcpy(p, value, len);
	return p + len;
}

static void
build_discover(uint8_t *f)
{
	static const uint8_t params[36] = { 1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18,
		22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97,
		128, 129, 130, 131, 132, 133, 134, 135, 252 };
	static const uint8_t id[7] = { 1, 2, 0, 0x5e }, uuid[17] = { 0, 1, 2, 3 };
	uint8_t *m = f + HDR4, *p = m + 240;

	memset(f, 0xff, 6);
	ip4_header(f, 0, 0xffffffffu, DISCOVER);
	memcpy(m, "\x01\x01\x06", 3);
	m[10] = 0x80;
	memcpy(m + 236, "\x63\x82\x53\x63", 4);
	p = option4(p, 53, 1, "\x01");
	p = option4(p, 57, 2, "\x05\xc0");
	p = option4(p, 55, sizeof(params), params);
	p = option4(p, 97, sizeof(uuid), uuid);
	p = option4(p, 93, 2, "\x00\x07");
	p = option4(p, 94, 3, "\x01\x03\x10");
	p = option4(p, 60, 32, "PXEClient:Arch:00007:UNDI:003016");
	p = option4(p, 61, sizeof(id), id);
	p = option4(p, 12, 12, "labmachine-1");
	*p++ = 255;
	must((size_t)(p - m) == DISCOVER, "a DISCOVER of another length");
}

static void
number_discover(uint8_t *f, const uint8_t mac[6])
{
	memcpy(f + HDR4 + 28, mac, 6);
}

static const uint8_t *
find_discover(const uint8_t *m, size_t len)
{
	return len < 300 ? NULL : m;
}

/* Was it relayed as RFC 1542 demands? */
static bool
good_discover(const struct gen *g, const struct asked *a)
{
	return a->m[0] == 1 && a->m[3] == 1 &&
	    get32(a->m + 24) == relay_address(a->seq % g->nif);
}

/* Option 82 of a request, which an honest server echoes. */
static const uint8_t *
find_82(const uint8_t *m, size_t len)
{
	for (size_t i = 240; i + 1 < len && m[i] != 255;) {
		if (m[i] == 82)
			return m + i;
		i += m[i] ? 2u + m[i + 1] : 1u;
	}
	return NULL;
}

static const struct dhcp dhcp4;

static size_t
build_offer(uint8_t *f, const struct asked *a)
{
	const uint8_t *m = a->m, *rai = find_82(m, a->len);
	uint8_t *o = f + HDR4, *p = o + 240, id[4];
	size_t len;

	memset(f, 0, HDR4 + 300);
	memcpy(o, m, 44);
	o[0] = 2;
	o[3] = 0;
	put32(id, SERVERS + a->server);
	put32(o + 16, 0x0a400002u);	/* yiaddr */
	memcpy(o + 20, id, 4);
	memcpy(o + 236, "\x63\x82\x53\x63", 4);
	p = option4(p, 53, 1, "\x02");
	p = option4(p, 54, 4, id);
	p = option4(p, 51, 4, "\x00\x00\x0e\x10");
	p = option4(p, 1, 4, "\xff\xff\xff\x00");
	p = option4(p, 3, 4, m + 24);
	p = option4(p, 60, 9, "PXEClient");
	p = option4(p, 12, 12, "labmachine-1");
	p = option4(p, 67, 18, "boot/x64/wdsmgfw.e");
	if (rai && rai + 2 + rai[1] <= m + a->len)
		p = option4(p, 82, rai[1], rai + 2);
	*p++ = 255;
	len = (size_t)(p - o) < 312 ? 312 : (size_t)(p - o);
	memset(p, 0, (size_t)(o + len - p));
	ip4_header(f, SERVERS + a->server, get32(m + 24), len);
	return finish_reply(&dhcp4, f, len);
}

static const struct dhcp dhcp4 = {
	.af = AF_INET, .level = IPPROTO_IP, .pktinfo = IP_PKTINFO,
	.server_at = offsetof(struct in_pktinfo, ipi_addr) + 3,
	.ethertype = 0x0800, .port = 67, .client_port = 68,
	.hdr = HDR4, .proto_at = 23, .addr_at = 26, .addr_len = 8,
	.request = DISCOVER, .xid_at = 4, .xid_mask = 0xffffffff,
	.build = build_discover, .number = number_discover, .find = find_discover,
	.good = good_discover, .reply = build_offer,
};

/* --- DHCPv6 ---------------------------------------------------------------- */

static void
ip6_header(uint8_t *f, size_t len)
{
	f[14] = 0x60;
	put16(f + 18, (uint32_t)(len + 8));
	f[20] = 17;
	f[21] = 64;
}

static uint8_t *
option6(uint8_t *p, unsigned code, size_t len, const void *value)
{
	put16(p, code);
	put16(p + 2, (uint32_t)len);
	memcpy(p + 4, value, len);
	return p + 4 + len;
}

/* What EDK2 asks for. */
static void
build_solicit(uint8_t *f)
{
	static const uint8_t duid[18] = { 0, 4, 1, 2, 3 }, ia[12] = { 1 };
	static const uint8_t wanted[10] = { 0, 59, 0, 60, 0, 23, 0, 24, 0, 15 };
	static const char class[39] = "\0\0\x01\x57\0\x20PXEClient:Arch:00007:UNDI:003016";
	uint8_t *m = f + HDR6, *p = m + 4;

	memcpy(f, "\x33\x33\0\x01\0\x02", 6);
	ip6_header(f, SOLICIT);
	f[22] = 0xfe;
	f[23] = 0x80;
	memcpy(f + 38, "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\x01\0\x02", 16);
	p = option6(p, 1, sizeof(duid), duid);
	p = option6(p, 3, sizeof(ia), ia);
	p = option6(p, 8, 2, "\0");
	p = option6(p, 6, sizeof(wanted), wanted);
	p = option6(p, 61, 2, "\0\x07");
	p = option6(p, 62, 3, "\x01\x03\x10");
	p = option6(p, 16, sizeof(class) - 1, class);
	must((size_t)(p - m) == SOLICIT, "a SOLICIT of another length");
}

/* The link-local address is made of the MAC (RFC 4291, appendix A); the DUID ends in it. */
static void
number_solicit(uint8_t *f, const uint8_t mac[6])
{
	f[30] = mac[0] ^ 2;
	memcpy(f + 31, mac + 1, 2);
	put16(f + 33, 0xfffe);
	memcpy(f + 35, mac + 3, 3);
	memcpy(f + HDR6 + 20, mac, 6);
}

/* An option of a relay's message. */
static const uint8_t *
find_option6(const uint8_t *m, size_t len, unsigned code, size_t *value_len)
{
	for (size_t i = RELAY6; i + 4 <= len;) {
		*value_len = (size_t)m[i + 2] << 8 | m[i + 3];
		if (i + 4 + *value_len > len)
			break;
		if (m[i] == code >> 8 && m[i + 1] == (code & 0xff))
			return m + i + 4;
		i += 4 + *value_len;
	}
	return NULL;
}

static const uint8_t *
find_solicit(const uint8_t *m, size_t len)
{
	size_t n;
	const uint8_t *client = find_option6(m, len, 9, &n);

	return client && n == SOLICIT ? client : NULL;
}

/* Was it relayed as RFC 9915 19.1.1 demands? */
static bool
good_solicit(const struct gen *g, const struct asked *a)
{
	uint8_t link[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

	put16(link + 4, 0x100 + a->seq % g->nif);
	return a->m[0] == 12 && a->m[1] == 0 && memcmp(a->m + 2, link, 16) == 0 &&
	    memcmp(a->m + 18 + 13, a->client + 20 + 3, 3) == 0;
}

static size_t
build_advertise(uint8_t *o, const uint8_t *solicit)
{
	static const uint8_t server[14] = { 0, 1, 0, 1 }, dns[16] = { 0x20, 0x01 };
	static const char url[] = "tftp://[2001:db8:9::2]/boot/x64/wdsmgfw.e";
	uint8_t ia[40] = { 1, [13] = 5, [15] = 24, 0x20, 0x01, [34] = 14, [38] = 28 };
	uint8_t *p = o + 4;

	memcpy(o, solicit, 4);
	o[0] = 2;
	p = option6(p, 1, 18, solicit + 8);
	p = option6(p, 2, sizeof(server), server);
	p = option6(p, 3, sizeof(ia), ia);
	p = option6(p, 59, sizeof(url) - 1, url);
	p = option6(p, 23, sizeof(dns), dns);
	return (size_t)(p - o);
}

static const struct dhcp dhcp6;

static size_t
build_relay_repl(uint8_t *f, const struct asked *a)
{
	uint8_t *o = f + HDR6, *p = o + RELAY6, inner[256];
	size_t len, id_len;
	const uint8_t *id = find_option6(a->m, a->len, 18, &id_len);

	memset(f, 0, HDR6);
	memcpy(o, a->m, RELAY6);
	o[0] = 13;
	if (id && id_len < 128)
		p = option6(p, 18, id_len, id);
	p = option6(p, 9, build_advertise(inner, a->client), inner);
	len = (size_t)(p - o);
	ip6_header(f, len);
	memcpy(f + 22, "\x20\x01\x0d\xb8\0\x09", 6);
	f[37] = (uint8_t)((SERVERS & 0xff) + a->server);
	memcpy(f + 38, &a->from, 16);
	return finish_reply(&dhcp6, f, len);
}

static const struct dhcp dhcp6 = {
	.af = AF_INET6, .level = IPPROTO_IPV6, .pktinfo = IPV6_RECVPKTINFO,
	.server_at = 15, .ethertype = 0x86dd, .port = 547, .client_port = 546,
	.hdr = HDR6, .proto_at = 20, .addr_at = 22, .addr_len = 32,
	.request = SOLICIT, .xid_mask = 0xffffff, .xid_type = 1u << 24,
	.build = build_solicit, .number = number_solicit, .find = find_solicit,
	.good = good_solicit, .reply = build_relay_repl,
};

/* --- their numbers --------------------------------------------------------- */

/* Packets differ only in the fields that are derived from their number. */
static void
number_request(struct gen *g, unsigned slot, uint32_t seq)
{
	const struct dhcp *f = g->dhcp;
	/* A client stays on its interface. An xid returns after a few trials, with
	 * another client. */
	uint32_t client = (seq + g->trial * (12 * IFS_MAX)) % g->clients;
	uint8_t *frame = g->out[slot], mac[6] = { 2, 0 };

	put32(mac + 2, client);
	memcpy(frame + 6, mac, 6);
	put32(frame + f->hdr + f->xid_at, ((g->xid0 + seq) & f->xid_mask) | f->xid_type);
	f->number(frame, mac);
	udp_checksum(f, frame, f->request);
	g->to[slot].sll_ifindex = g->ifindex[seq % g->nif];
}

/* SEQ_MAX or more: of an earlier trial. */
static uint32_t
seq_of(const struct gen *g, const uint8_t *m)
{
	const struct dhcp *f = g->dhcp;

	return (get32(m + f->xid_at) - g->xid0) & f->xid_mask;
}

/* --- sockets --------------------------------------------------------------- */

static void
enter(const char *ns)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && setns(fd, CLONE_NEWNET) == 0, path);
	close(fd);
}

static void
option_int(int fd, int level, int name, int value)
{
	must(setsockopt(fd, level, name, &value, sizeof(value)) == 0,
	    "setsockopt");
}

static int
frame_socket(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	must(fd >= 0, "packet socket");
	option_int(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
	option_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20);
	return fd;
}

/* UDP to the clients' port and nothing else. */
static void
only_replies(const struct dhcp *f, int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)f->proto_at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)f->hdr - 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, f->client_port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, FRAME),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == 0, "filter");
}

static void
open_clients(struct gen *g)
{
	struct tpacket_req req = { 64 * FRAME, FRAMES / 64, FRAME, FRAMES };
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(g->dhcp->ethertype) };
	char name[16];

	for (unsigned i = 0; i < g->nif; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		g->ifindex[i] = (int)if_nametoindex(name);
		must(g->ifindex[i] > 0 && g->ifindex[i] < 65536, name);
		g->if_number[g->ifindex[i]] = (uint16_t)i;
	}
	g->tx = frame_socket();
	g->rx = socket(AF_PACKET, SOCK_RAW, 0);
	must(g->rx >= 0, "packet socket");
	only_replies(g->dhcp, g->rx);
	option_int(g->rx, SOL_PACKET, PACKET_VERSION, TPACKET_V2);
	option_int(g->rx, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	must(setsockopt(g->rx, SOL_PACKET, PACKET_RX_RING, &req,
	    sizeof(req)) == 0, "ring");
	g->ring = mmap(NULL, (size_t)FRAMES * FRAME, PROT_READ | PROT_WRITE,
	    MAP_SHARED, g->rx, 0);
	must(g->ring != MAP_FAILED, "mmap");
	must(bind(g->rx, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
}

static void
open_servers(struct gen *g)
{
	const struct dhcp *f = g->dhcp;
	/* Both families have the port at the same place. */
	struct sockaddr_in6 at = { .sin6_family = (sa_family_t)f->af,
		.sin6_port = htons(f->port) };
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = 0 };

	g->sink = socket(f->af, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	must(g->sink >= 0, "socket");
	option_int(g->sink, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
	option_int(g->sink, f->level, f->pktinfo, 1);
	must(bind(g->sink, (struct sockaddr *)&at, f->af == AF_INET ?
	    sizeof(struct sockaddr_in) : sizeof(at)) == 0, "bind");
	g->offers = frame_socket();
	to.sll_ifindex = (int)if_nametoindex("s0");
	must(to.sll_ifindex > 0, "s0");
	must(bind(g->offers, (struct sockaddr *)&to, sizeof(to)) == 0, "bind");
}

static void
prepare(struct gen *g)
{
	for (unsigned i = 0; i < BATCH; i++) {
		udp_header(g->dhcp, g->out[i], g->dhcp->port, g->dhcp->request);
		g->dhcp->build(g->out[i]);
		g->to[i].sll_family = AF_PACKET;
		g->out_iov[i] = (struct iovec){ g->out[i],
			g->dhcp->hdr + g->dhcp->request };
		g->out_msg[i].msg_hdr = (struct msghdr){ .msg_name = &g->to[i],
			.msg_namelen = sizeof(g->to[i]),
			.msg_iov = &g->out_iov[i], .msg_iovlen = 1 };
		g->in_iov[i] = (struct iovec){ g->in[i], sizeof(g->in[i]) };
		g->in_msg[i].msg_hdr = (struct msghdr){ .msg_name = &g->from[i],
			.msg_iov = &g->in_iov[i], .msg_iovlen = 1,
			.msg_control = g->control[i] };
	}
	for (unsigned i = 0; i < OFFERS; i++) {
		g->offer_iov[i].iov_base = g->offer[i];
		g->offer_msg[i].msg_hdr = (struct msghdr){
			.msg_iov = &g->offer_iov[i], .msg_iovlen = 1 };
	}
}

static uint32_t
sink_drops(const struct gen *g)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	must(getsockopt(g->sink, SOL_SOCKET, SO_MEMINFO, mem, &len) == 0,
	    "SO_MEMINFO");
	return mem[SK_MEMINFO_DROPS];
}

/* --- the three parties ----------------------------------------------------- */

static void
send_requests(struct gen *g, uint32_t first, unsigned n)
{
	uint64_t now;

	for (unsigned i = 0; i < n; i++)
		number_request(g, i, first + i);
	now = now_ns();
	for (unsigned i = 0; i < n; i++)
		g->sent_at[first + i] = now;
	for (unsigned done = 0; done < n;) {
		int k = sendmmsg(g->tx, g->out_msg + done, n - done, 0);

		must(k > 0 || errno == ENOBUFS || errno == EINTR, "sendmmsg");
		done += k > 0 ? (unsigned)k : 0;
	}
}

/* Number of the server that the request went to. */
static unsigned
asked_server(const struct dhcp *f, struct msghdr *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);

	if (!c || c->cmsg_level != f->level)
		return UINT32_MAX;
	return CMSG_DATA(c)[f->server_at] - (SERVERS & 0xff);
}

static void
queue_offer(struct gen *g, const struct asked *a)
{
	uint32_t slot = g->offer_end++ % OFFERS;

	g->offer_iov[slot].iov_len = g->dhcp->reply(g->offer[slot], a);
	g->offer_due[slot] = g->think_ns ? now_ns() + g->think_ns : 0;
}

/* Sends as many offers as are due and contiguous. */
static unsigned
offers_due(const struct gen *g)
{
	uint32_t slot = g->offer_first % OFFERS, n = 0;
	uint32_t most = g->offer_end - g->offer_first;
	uint64_t now = g->think_ns && most ? now_ns() : 0;

	if (most > OFFERS - slot)
		most = OFFERS - slot;
	while (n < most && g->offer_due[slot + n] <= now)
		n++;
	return n;
}

static void
send_offers(struct gen *g)
{
	unsigned n;

	while ((n = offers_due(g)) > 0) {
		int k = sendmmsg(g->offers, g->offer_msg + g->offer_first % OFFERS,
		    n, 0);

		must(k > 0 || errno == ENOBUFS || errno == EINTR, "sendmmsg");
		g->offer_first += k > 0 ? (unsigned)k : 0;
	}
}

static void
take_request(struct gen *g, unsigned i)
{
	const struct dhcp *f = g->dhcp;
	struct asked a = { .m = g->in[i], .len = g->in_msg[i].msg_len,
		.from = g->from[i].sin6_addr,
		.server = asked_server(f, &g->in_msg[i].msg_hdr) };

	a.client = f->find(a.m, a.len);
	a.seq = a.client ? seq_of(g, a.client) : SEQ_MAX;
	if (a.seq >= SEQ_MAX) {		/* a hedge of an earlier trial, or a slow relay */
		g->t.late++;
		return;
	}
	g->t.copies++;
	g->t.bad += !f->good(g, &a);
	if (a.server >= g->answering)
		return;
	g->t.asked++;
	queue_offer(g, &a);
}

static void
serve(struct gen *g)
{
	int n = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		g->in_msg[i].msg_hdr.msg_namelen = sizeof(g->from[i]);
		g->in_msg[i].msg_hdr.msg_controllen = sizeof(g->control[i]);
	}
	if (g->offer_end - g->offer_first <= OFFERS - BATCH)
		n = recvmmsg(g->sink, g->in_msg, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		take_request(g, (unsigned)i);
	send_offers(g);
}

static bool
is_known(const struct gen *g, uint32_t seq)
{
	return g->isolate ? seq % g->nif != 0 : seq < KNOWN;
}

static void
got_offer(struct gen *g, const struct tpacket2_hdr *h, uint64_t now)
{
	const struct sockaddr_ll *from = (const void *)((const uint8_t *)h +
	    TPACKET_ALIGN(sizeof(*h)));
	const uint8_t *m = (const uint8_t *)h + h->tp_mac + g->dhcp->hdr;
	uint32_t seq = seq_of(g, m);

	if (h->tp_snaplen < g->dhcp->hdr + 100 || seq >= SEQ_MAX)
		return;			/* of an earlier trial */
	g->t.bad += g->if_number[from->sll_ifindex & 0xffff] != seq % g->nif ||
	    m[0] != 2;
	if (!g->sent_at[seq]) {
		g->t.dup++;
		return;
	}
	g->t.got++;
	/* These count only one of the two kinds of packets. */
	if (!g->split || is_known(g, seq)) {
		g->rtt[g->n_rtt++] =
		    (uint32_t)(now - g->sent_at[seq] - g->think_ns);
		g->t.known_got += g->split;
	}
	g->sent_at[seq] = 0;
}

static void
listen_clients(struct gen *g)
{
	uint64_t now = 0;

	for (unsigned i = 0; i < 256; i++) {
		struct tpacket2_hdr *h = (void *)(g->ring + g->head * FRAME);

		if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
		    TP_STATUS_USER))
			return;
		now = now ? now : now_ns();
		got_offer(g, h, now);
		__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL,
		    __ATOMIC_RELEASE);
		g->head = (g->head + 1) % FRAMES;
	}
}

/* --- trials ---------------------------------------------------------------- */

static double
run_time(const char *path)
{
	unsigned long long ns = 0;
	FILE *f = fopen(path, "re");

	if (f) {
		if (fscanf(f, "%llu", &ns) != 1)
			ns = 0;
		fclose(f);
	}
	return (double)ns / 1000;
}

static int
ksoftirqd(void)
{
	char name[32];
	FILE *f;
	int pid;

	snprintf(name, sizeof(name), "ksoftirqd/%d", RELAY_CPU);
	for (pid = 2; pid < 200; pid++) {
		char path[64], comm[32] = "";

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		f = fopen(path, "re");
		if (f && fscanf(f, "%31s", comm) != 1)
			comm[0] = '\0';
		if (f)
			fclose(f);
		if (strcmp(comm, name) == 0)
			return pid;
	}
	return 0;
}

static double
cpu_us(const struct gen *g)
{
	static int soft = -1;
	char path[64];
	double us;

	if (soft < 0)
		soft = ksoftirqd();
	snprintf(path, sizeof(path), "/proc/%d/schedstat", g->pid);
	us = run_time(path);
	snprintf(path, sizeof(path), "/proc/%d/schedstat", soft);
	return us + run_time(path);
}

static void
begin(struct gen *g)
{
	memset(g->sent_at, 0, SEQ_MAX * sizeof(*g->sent_at));
	memset(&g->t, 0, sizeof(g->t));
	g->n_rtt = 0;
	g->trial++;
	g->xid0 += SEQ_MAX;
	g->t.sinkdrop = sink_drops(g);
}

/* Waits until every request has its reply, or nothing has arrived for a while. */
static void
drain(struct gen *g, unsigned quiet_ms)
{
	uint64_t last = now_ns();
	uint32_t seen = 0, now;

	while (g->t.got < g->t.sent && now_ns() - last < quiet_ms * 1000000ull) {
		serve(g);
		listen_clients(g);
		now = g->t.got + g->t.copies + g->t.late;
		if (now != seen)
			last = now_ns();
		seen = now;
	}
}

/* Returns how many packets are due. Time that other programs took from us is not made up
 * for: the burst would overflow the relay's buffers, which is not its fault. */
static uint32_t
due(const struct gen *g, double rate, uint64_t now, uint64_t *t0)
{
	double n = (double)(now - *t0) * rate / 1e9 - g->t.sent;

	if (n > BURST) {
		*t0 += (uint64_t)((n - BURST) * 1e9 / rate);
		n = BURST;
	}
	return n > BATCH ? BATCH : n > 0 ? (uint32_t)n : 0;
}

/* A relay that is an eighth of a second behind has reached its limit. */
static bool
hopeless(const struct gen *g, double rate, bool search)
{
	return search && g->t.sent - g->t.got > rate / 8 + 1000;
}

static void
push(struct gen *g, double rate, uint32_t total, bool search)
{
	uint64_t begun = now_ns(), t0 = begun, now = t0;
	double longest = 1.5e9 * total / rate + 1e7;

	while (g->t.sent < total && (double)(now - begun) < longest &&
	    !hopeless(g, rate, search)) {
		uint32_t n = due(g, rate, now, &t0);

		if (n > total - g->t.sent)
			n = total - g->t.sent;
		if (n)
			send_requests(g, g->t.sent, n);
		g->t.sent += n;
		serve(g);
		listen_clients(g);
		now = now_ns();
	}
	g->t.per_s = g->t.got * 1e9 / (double)(now - begun);
	g->t.offered = g->t.sent * 1e9 / (double)(now - begun);
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
percentiles(struct gen *g)
{
	qsort(g->rtt, g->n_rtt, sizeof(*g->rtt), by_value);
	if (!g->n_rtt)
		return;
	g->t.p50 = g->rtt[g->n_rtt / 2] / 1e3;
	g->t.p99 = g->rtt[(uint64_t)g->n_rtt * 99 / 100] / 1e3;
}

static double
loss(const struct trial *t)
{
	return t->sent ? 1.0 - (double)t->got / t->sent : 0;
}

/* The CPU time of the idle relay: the smallest of a few intervals, because earlier
 * work may still end in the first. Soft interrupts are not counted, since the relay
 * does not cause them. */
static double
idle_us(const struct gen *g, double seconds)
{
	double least = INFINITY;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/schedstat", g->pid);
	for (int i = 0; i < IDLE_TRIES && least > 0; i++) {
		double us = run_time(path);

		usleep((useconds_t)(seconds * 1e6));
		us = run_time(path) - us;
		least = us < least ? us : least;
	}
	return least;
}

static void
trial(struct gen *g, double rate, double seconds, bool search)
{
	uint32_t total = (uint32_t)(rate * seconds);
	double cpu, first = rate > 0 && rate < 3000 ? rate : 3000;

	must(total < SEQ_MAX, "too many packets for a trial");
	begin(g);
	push(g, first, first < WARM ? (uint32_t)first : WARM, false);
	drain(g, 50);
	begin(g);
	cpu = cpu_us(g);
	if (total)
		push(g, rate, total, search);
	drain(g, search ? 30 : 150);
	g->t.cpu_us = total ? cpu_us(g) - cpu : idle_us(g, seconds);
	g->t.sinkdrop = sink_drops(g) - g->t.sinkdrop;
	percentiles(g);
}

/* One packet of the smaller kind: from a client that had begun, or from the next
 * client of another interface. */
static void
send_known(struct gen *g, uint32_t i)
{
	uint32_t others = g->nif - 1;

	if (!g->isolate)
		send_requests(g, i % KNOWN, 1);
	else
		send_requests(g, i / others * g->nif + 1 + i % others, 1);
	g->t.known_sent++;
}

/* One packet of the larger kind: from an unknown client, on all interfaces or on
 * the first. */
static void
send_flood(struct gen *g, uint32_t i, unsigned n)
{
	if (!g->isolate)
		send_requests(g, KNOWN + i, n);
	else
		for (unsigned k = 0; k < n; k++)
			send_requests(g, (i + k) * g->nif, 1);
}

/* Numbers are reused when they run out; replies to the flood are not counted. */
static void
split_trial(struct gen *g, double rate, double known, double seconds)
{
	uint32_t room = (SEQ_MAX - KNOWN - BATCH) / (g->isolate ? g->nif : 1);
	uint32_t flood = 0;
	uint64_t begun, now;
	double us;

	if (g->isolate)
		known *= g->nif - 1;
	must(known * seconds * 2 < SEQ_MAX, "too many packets for a trial");
	begin(g);
	g->split = false;
	push(g, 3000, g->isolate ? WARM : KNOWN, false);
	drain(g, 200);
	memset(&g->t, 0, sizeof(g->t));
	g->n_rtt = 0;
	g->split = true;
	us = cpu_us(g);
	begun = now = now_ns();
	while ((double)(now - begun) < seconds * 1e9) {
		double s = (double)(now - begun) / 1e9;
		double due_now = s * rate - flood;

		if (due_now > BURST) {	/* what cannot be sent is not made up for */
			flood += (uint32_t)(due_now - BURST);
			due_now = BURST;
		}
		if (due_now >= 1) {
			uint32_t n = due_now > BATCH ? BATCH : (uint32_t)due_now;

			send_flood(g, flood % room, n);
			flood += n;
			g->t.sent += n;
		}
		if (s * known >= g->t.known_sent + 1)
			send_known(g, g->t.known_sent);
		serve(g);
		listen_clients(g);
		now = now_ns();
	}
	g->t.per_s = g->t.got * 1e9 / (double)(now - begun);
	g->t.offered = g->t.sent * 1e9 / (double)(now - begun);
	for (begun = now_ns(); now_ns() - begun < 300000000;) {
		serve(g);
		listen_clients(g);
	}
	g->t.cpu_us = cpu_us(g) - us;
	percentiles(g);
	printf("known=%.5f known_sent=%u ", (double)g->t.known_got /
	    (g->t.known_sent ? g->t.known_sent : 1), g->t.known_sent);
}

static void
print(const struct trial *t)
{
	printf("offered=%.0f sent=%u got=%u per_s=%.0f loss=%.5f dup=%u bad=%u "
	    "copies=%u asked=%u sinkdrop=%u cpu=%.0f pair=%.3f p50=%.1f p99=%.1f\n",
	    t->offered, t->sent, t->got, t->per_s, loss(t), t->dup, t->bad,
	    t->copies, t->asked, t->sinkdrop, t->cpu_us,
	    t->got ? t->cpu_us / t->got : 0, t->p50, t->p99);
}

/* Bisects (by ratio) until the bounds are 3 % apart. If the harness could not send
 * that fast, the harness is the limit. */
static void
ndr(struct gen *g, double low, double high)
{
	struct trial best = { 0 };
	bool harness = false;

	while (high / low > 1.03) {
		double rate = sqrt(low * high);
		bool slow;

		trial(g, rate, 1, true);
		slow = g->t.sent == (uint32_t)rate && g->t.offered < rate * 0.9;
		if (!slow && g->t.sent == (uint32_t)rate && loss(&g->t) < LOSS &&
		    !g->t.sinkdrop) {
			best = g->t;
			low = rate;
		} else {
			high = rate;
			harness = slow || g->t.sinkdrop;
		}
	}
	printf("ndr=%.0f harness=%d ", best.offered, harness);
	print(&best);
}

/* Sends two packets repeatedly, one on the first interface and one on the last. */
static void
ready(struct gen *g)
{
	uint64_t t0 = now_ns(), next = 0;
	uint32_t seq[2] = { 0, g->nif > 1 ? g->nif - 1 : 1 };
	bool seen[2] = { false, false };
	struct timespec ts;

	begin(g);
	while (now_ns() - t0 < 40000000000ull && !(seen[0] && seen[1])) {
		for (int i = 0; now_ns() >= next && i < 2; i++)
			send_requests(g, seq[i], 1);
		if (now_ns() >= next)
			next = now_ns() + 2000000;
		serve(g);
		listen_clients(g);
		for (int i = 0; i < 2; i++)
			seen[i] |= g->sent_at[seq[i]] == 0;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	printf("at=%lld.%06ld got=%u\n", (long long)ts.tv_sec,
	    ts.tv_nsec / 1000, g->t.got);
}

int
main(int argc, char **argv)
{
	static struct gen g = { .dhcp = &dhcp4, .nif = 1, .answering = 1,
		.clients = CLIENTS };
	int o;

	while ((o = getopt(argc, argv, "6c:n:a:d:p:")) != -1) {
		if (o == '?')
			return 2;
		if (o == '6')
			g.dhcp = &dhcp6;
		if (o == 'c')
			g.clients = (unsigned)atoi(optarg);
		if (o == 'n')
			g.nif = (unsigned)atoi(optarg);
		if (o == 'a')
			g.answering = (unsigned)atoi(optarg);
		if (o == 'd')
			g.think_ns = (uint64_t)atoi(optarg) * 1000;
		if (o == 'p')
			g.pid = atoi(optarg);
	}
	argv += optind;
	argc -= optind;
	must(argc >= 3 && g.nif >= 1 && g.nif <= IFS_MAX && g.clients,
	    "arguments");
	g.sent_at = calloc(SEQ_MAX, sizeof(*g.sent_at));
	g.rtt = calloc(SEQ_MAX, sizeof(*g.rtt));
	must(g.sent_at && g.rtt, "memory");
	g.trial = (uint32_t)now_ns() & 0xffff;	/* multiplied without overflow */
	g.xid0 = g.trial * SEQ_MAX;
	enter(argv[0]);
	open_clients(&g);
	enter(argv[1]);
	open_servers(&g);
	prepare(&g);
	if (strcmp(argv[2], "rate") == 0 && argc == 5) {
		trial(&g, atof(argv[3]), atof(argv[4]), false);
		print(&g.t);
	} else if ((strcmp(argv[2], "known") == 0 ||
	    strcmp(argv[2], "isolate") == 0) && argc == 6) {
		g.isolate = argv[2][0] == 'i';
		must(!g.isolate || g.nif > 1, "isolate needs two interfaces");
		split_trial(&g, atof(argv[3]), atof(argv[4]), atof(argv[5]));
		print(&g.t);
	} else if (strcmp(argv[2], "ndr") == 0 && argc == 5) {
		ndr(&g, atof(argv[3]), atof(argv[4]));
	} else if (strcmp(argv[2], "ready") == 0) {
		ready(&g);
	} else {
		must(false, "arguments");
	}
	return 0;
}
