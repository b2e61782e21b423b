/* SPDX-License-Identifier: ISC
 *
 * gen - the load of bench.sh: all clients and all servers of a relay, in one
 * process that never sleeps, so that the relay is the only process that is woken up.
 *
 *   gen [-n INTERFACES] [-a ANSWERING] [-d MICROSECONDS] [-p PID]
 *	CLIENTS-NS SERVERS-NS WHAT...
 *
 *   rate R SECONDS	one trial
 *   ndr LOW HIGH	the highest rate without loss (less than 0.1 %)
 *   ready		the wall clock time of the first reply on the first and on the
 *			last interface
 *
 * Clients are frames on packet sockets at c0..cN-1. Each DISCOVER has its own hardware
 * address and xid, and is 371 bytes long, like that of a UEFI machine. The servers are
 * 10.9.0.2 and following. The first ANSWERING of them send offers MICROSECONDS after the
 * request, also as frames, which cost half of a UDP send; round trips are printed without
 * that time. Packets are checked (hops, giaddr, the interface of the reply), and bad=
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
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH		32
#define BURST		128		/* sent late, after we had to wait */
#define FRAMES		8192u		/* of the clients' ring */
#define FRAME		1024u
#define HDR		42		/* Ethernet, IPv4, UDP */
#define DHCP		371
#define OFFER_MAX	640
#define OFFERS		1024u		/* offers waiting at once */
#define IFS_MAX		1000
#define SEQ_MAX		(1u << 21)
#define CLIENTS		100000u		/* hardware addresses */
#define SERVERS		0x0a090002u	/* the first server */
#define LOSS		0.001
#define WARM		300		/* packets before a trial, to fill ARP and caches */
#define KNOWN		2000u		/* conversations that begin before a flood */
#define RELAY_CPU	1
#define IDLE_TRIES	8

struct trial {
	uint32_t sent, got, dup, bad, copies, sinkdrop;
	uint32_t known_sent, known_got;
	uint32_t asked;			/* requests that reached the answering servers */
	double offered, cpu_us, p50, p99, per_s;
};

struct gen {
	unsigned nif, answering;
	int pid;
	uint64_t think_ns;		/* of a server */
	int tx, rx, sink, offers;
	uint8_t *ring;
	uint32_t head;
	int ifindex[IFS_MAX];		/* of the clients' end */
	uint16_t if_number[65536];	/* by that index */
	uint32_t xid0;			/* of the trial's first packet */
	bool split, isolate;		/* known: clients that had begun, or those
					 * of the other interfaces */
	uint32_t n_rtt;
	uint64_t *sent_at;		/* by number; 0: not sent, or answered */
	uint32_t *rtt;			/* ns, in the order of the replies */
	uint8_t out[BATCH][HDR + DHCP];
	struct sockaddr_ll to[BATCH];
	uint32_t fixed_sum;		/* of the UDP checksum's constant part */
	uint8_t in[BATCH][2048];
	uint8_t control[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
	uint32_t offer_first, offer_end;	/* numbers; a slot is that % OFFERS */
	uint64_t offer_due[OFFERS];
	uint8_t offer[OFFERS][HDR + OFFER_MAX];
	struct sockaddr_in from[BATCH];
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

static uint32_t
sum16(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return len % 2 ? sum + ((uint32_t)p[len - 1] << 8) : sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The relay's address on an interface, as bench.sh assigns it. */
static uint32_t
relay_address(unsigned nif)
{
	return 0x0a400001u + (nif / 250 << 16) + (nif % 250 << 8);
}

/* --- messages -------------------------------------------------------------- */

static void
headers(uint8_t *f, uint32_t src, uint32_t dst, unsigned dport, size_t len)
{
	put16(f + 12, 0x0800);
	f[14] = 0x45;
	put16(f + 16, (uint32_t)(len + 28));
	f[22] = 64;
	f[23] = 17;
	put32(f + 26, src);
	put32(f + 30, dst);
	put16(f + 24, 0);
	put16(f + 24, fold(sum16(f + 14, 20)));
	put16(f + 34, dport == 67 ? 68 : 67);
	put16(f + 36, dport);
	put16(f + 38, (uint32_t)(len + 8));
}

static uint8_t *
option(uint8_t *p, uint8_t code, uint8_t len, const void *value)
{
	*p++ = code;
	*p++ = len;
	memcpy(p, value, len);
	return p + len;
}

static void
build_discover(struct gen *g, uint8_t *f)
{
	static const uint8_t params[36] = { 1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18,
		22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97,
		128, 129, 130, 131, 132, 133, 134, 135, 252 };
	static const uint8_t id[7] = { 1, 2, 0, 0x5e }, uuid[17] = { 0, 1, 2, 3 };
	uint8_t *m = f + HDR, *p = m + 240;

	memset(f, 0, HDR + DHCP);
	memset(f, 0xff, 6);
	headers(f, 0, 0xffffffffu, 67, DHCP);
	memcpy(m, "\x01\x01\x06", 3);
	m[10] = 0x80;
	memcpy(m + 236, "\x63\x82\x53\x63", 4);
	p = option(p, 53, 1, "\x01");
	p = option(p, 57, 2, "\x05\xc0");
	p = option(p, 55, sizeof(params), params);
	p = option(p, 97, sizeof(uuid), uuid);
	p = option(p, 93, 2, "\x00\x07");
	p = option(p, 94, 3, "\x01\x03\x10");
	p = option(p, 60, 32, "PXEClient:Arch:00007:UNDI:003016");
	p = option(p, 61, sizeof(id), id);
	p = option(p, 12, 12, "labmachine-1");
	*p++ = 255;
	must((size_t)(p - m) == DHCP, "a DISCOVER of another length");
	g->fixed_sum = sum16(f + 26, 8) + 17 + 2 * (DHCP + 8) + 68 + 67 +
	    sum16(m, DHCP);
}

/* Packets differ only in the fields that are derived from their number. */
static void
number_discover(struct gen *g, unsigned slot, uint32_t seq)
{
	uint8_t *f = g->out[slot], *m = f + HDR;
	uint32_t client = seq % CLIENTS, xid = g->xid0 + seq;
	uint8_t mac[6] = { 2, 0 };

	put32(mac + 2, client);
	memcpy(f + 6, mac, 6);
	put32(m + 4, xid);
	memcpy(m + 28, mac, 6);
	put16(f + 40, fold(g->fixed_sum + (xid >> 16) + (xid & 0xffff) +
	    sum16(mac, 6)));
	g->to[slot].sll_ifindex = g->ifindex[seq % g->nif];
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

static size_t
build_offer(uint8_t *f, const uint8_t *m, size_t len, uint32_t server)
{
	static const uint8_t uplink[] = { 2, 0, 0, 0, 9, 1, 2, 0, 0, 0, 9, 2 };
	const uint8_t *rai = find_82(m, len);
	uint8_t *o = f + HDR, *p = o + 240, id[4];

	memset(f, 0, HDR + 300);
	memcpy(f, uplink, sizeof(uplink));
	memcpy(o, m, 44);
	o[0] = 2;
	o[3] = 0;
	put32(id, server);
	put32(o + 16, 0x0a400002u);	/* yiaddr */
	put32(o + 20, server);
	memcpy(o + 236, "\x63\x82\x53\x63", 4);
	p = option(p, 53, 1, "\x02");
	p = option(p, 54, 4, id);
	p = option(p, 51, 4, "\x00\x00\x0e\x10");
	p = option(p, 1, 4, "\xff\xff\xff\x00");
	p = option(p, 3, 4, m + 24);
	p = option(p, 60, 9, "PXEClient");
	p = option(p, 12, 12, "labmachine-1");
	p = option(p, 67, 18, "boot/x64/wdsmgfw.e");
	if (rai && rai + 2 + rai[1] <= m + len)
		p = option(p, 82, rai[1], rai + 2);
	*p++ = 255;
	len = (size_t)(p - o) < 312 ? 312 : (size_t)(p - o);
	memset(p, 0, (size_t)(o + len - p));
	headers(f, server, get32(m + 24), 67, len);
	put16(f + 34, 67);
	return HDR + len;
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

/* UDP to port 68 and nothing else. */
static void
only_replies(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 14 + 22),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68, 0, 1),
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
		.sll_protocol = htons(ETH_P_IP) };
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
	only_replies(g->rx);
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
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(67) };
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = 0 };

	g->sink = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	must(g->sink >= 0, "socket");
	option_int(g->sink, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
	option_int(g->sink, IPPROTO_IP, IP_PKTINFO, 1);
	must(bind(g->sink, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	g->offers = frame_socket();
	to.sll_ifindex = (int)if_nametoindex("s0");
	must(to.sll_ifindex > 0, "s0");
	must(bind(g->offers, (struct sockaddr *)&to, sizeof(to)) == 0, "bind");
}

static void
prepare(struct gen *g)
{
	for (unsigned i = 0; i < BATCH; i++) {
		build_discover(g, g->out[i]);
		g->to[i].sll_family = AF_PACKET;
		g->out_iov[i] = (struct iovec){ g->out[i], sizeof(g->out[i]) };
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
send_discovers(struct gen *g, uint32_t first, unsigned n)
{
	uint64_t now;

	for (unsigned i = 0; i < n; i++)
		number_discover(g, i, first + i);
	now = now_ns();
	for (unsigned i = 0; i < n; i++)
		g->sent_at[first + i] = now;
	for (unsigned done = 0; done < n;) {
		int k = sendmmsg(g->tx, g->out_msg + done, n - done, 0);

		must(k > 0 || errno == ENOBUFS || errno == EINTR, "sendmmsg");
		done += k > 0 ? (unsigned)k : 0;
	}
}

static uint32_t
asked_address(struct msghdr *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	struct in_pktinfo info;

	if (!c || c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
		return 0;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	return ntohl(info.ipi_addr.s_addr);
}

/* Returns true if the request was relayed as RFC 1542 demands. */
static bool
good_request(const struct gen *g, const uint8_t *m)
{
	uint32_t seq = get32(m + 4) - g->xid0;

	return m[0] == 1 && m[3] == 1 &&
	    get32(m + 24) == relay_address(seq % g->nif);
}

static void
queue_offer(struct gen *g, const uint8_t *m, size_t len, uint32_t server)
{
	uint32_t slot = g->offer_end++ % OFFERS;

	g->offer_iov[slot].iov_len = build_offer(g->offer[slot], m, len, server);
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
serve(struct gen *g)
{
	int n = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		g->in_msg[i].msg_hdr.msg_namelen = sizeof(g->from[i]);
		g->in_msg[i].msg_hdr.msg_controllen = sizeof(g->control[i]);
	}
	if (g->offer_end - g->offer_first <= OFFERS - BATCH)
		n = recvmmsg(g->sink, g->in_msg, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		size_t len = g->in_msg[i].msg_len;
		uint32_t at = asked_address(&g->in_msg[i].msg_hdr);

		/* A hedge of an earlier trial may still arrive. */
		if (len < 300 || get32(g->in[i] + 4) - g->xid0 >= SEQ_MAX)
			continue;
		g->t.copies++;
		g->t.bad += !good_request(g, g->in[i]);
		if (at - SERVERS >= g->answering)
			continue;
		g->t.asked++;
		queue_offer(g, g->in[i], len, at);
	}
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
	const uint8_t *m = (const uint8_t *)h + h->tp_mac + HDR;
	uint32_t seq = get32(m + 4) - g->xid0;

	if (h->tp_snaplen < HDR + 240 || seq >= SEQ_MAX)
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
	g->xid0 += SEQ_MAX;
	g->t.sinkdrop = sink_drops(g);
}

/* Waits until every request has its reply, or nothing has arrived for a while. */
static void
drain(struct gen *g, unsigned quiet_ms)
{
	uint64_t last = now_ns();
	uint32_t seen = g->t.got + g->t.copies;

	while (g->t.got < g->t.sent && now_ns() - last < quiet_ms * 1000000ull) {
		serve(g);
		listen_clients(g);
		if (g->t.got + g->t.copies != seen)
			last = now_ns();
		seen = g->t.got + g->t.copies;
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
			send_discovers(g, g->t.sent, n);
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
	double cpu;

	must(total < SEQ_MAX, "too many packets for a trial");
	begin(g);
	push(g, 3000, WARM, false);
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
		send_discovers(g, i % KNOWN, 1);
	else
		send_discovers(g, i / others * g->nif + 1 + i % others, 1);
	g->t.known_sent++;
}

/* One packet of the larger kind: from an unknown client, on all interfaces or on
 * the first. */
static void
send_flood(struct gen *g, uint32_t i, unsigned n)
{
	if (!g->isolate)
		send_discovers(g, KNOWN + i, n);
	else
		for (unsigned k = 0; k < n; k++)
			send_discovers(g, (i + k) * g->nif, 1);
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
			send_discovers(g, seq[i], 1);
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
	static struct gen g = { .nif = 1, .answering = 1 };
	int o;

	while ((o = getopt(argc, argv, "n:a:d:p:")) != -1) {
		if (o == '?')
			return 2;
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
	must(argc >= 3 && g.nif >= 1 && g.nif <= IFS_MAX, "arguments");
	g.sent_at = calloc(SEQ_MAX, sizeof(*g.sent_at));
	g.rtt = calloc(SEQ_MAX, sizeof(*g.rtt));
	must(g.sent_at && g.rtt, "memory");
	g.xid0 = (uint32_t)now_ns() & ~(SEQ_MAX - 1);
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
