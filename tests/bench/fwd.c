/* SPDX-License-Identifier: ISC
 *
 * fwd - two bare forwarders, the yardsticks of bench.sh: what it costs to move a request
 * and a reply through the kernel without any decision.
 *
 *   fwd udp  UPLINK SERVER...	one UDP socket, recvmmsg, sendmmsg ("A")
 *   fwd ring UPLINK SERVER...	requests from an AF_PACKET ring, all packets sent
 *				as frames; replies arrive by UDP ("B")
 *
 * Each writes giaddr and hops and nothing else: it reads no options, keeps no state and
 * checks nothing. Do not use it on a network. In ring mode, the servers must be behind one
 * neighbour, 02:00:00:00:09:02.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH		32
#define SERVERS		8
#define SIZE		2048
#define FRAMES		1024u
#define FRAME		2048u
#define HDR		42
#define IFINDEX_MAX	65536
#define SLOTS		4096u		/* giaddr -> ifindex, at most a third full */
#define RCVBUF		(1 << 20)

struct fwd {
	int uplink;
	uint32_t uplink_addr;
	unsigned n_server;
	uint32_t server[SERVERS];
	uint32_t giaddr[IFINDEX_MAX];
	struct { uint32_t addr; int ifindex; } slot[SLOTS];
	int udp, frames, ring_fd;
	uint8_t *ring;
	uint32_t head;
	/* packets received */
	uint8_t in[BATCH][SIZE];
	uint8_t control[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct iovec in_iov[BATCH];
	struct mmsghdr in_msg[BATCH];
	/* packets to send */
	unsigned n_out;
	uint8_t hdr[BATCH * SERVERS][HDR];
	struct sockaddr_in to[BATCH * SERVERS];
	struct sockaddr_ll out[BATCH * SERVERS];
	uint8_t info[BATCH * SERVERS][CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct iovec out_iov[BATCH * SERVERS][2];
	struct mmsghdr out_msg[BATCH * SERVERS];
};

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fwd: %s: %s\n", what, strerror(errno));
	exit(1);
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

/* --- interfaces ------------------------------------------------------------ */

static uint32_t
slot_of(uint32_t addr)
{
	return (addr * 2654435761u) >> 20;
}

static void
learn(struct fwd *f, uint32_t addr, int ifindex)
{
	uint32_t i = slot_of(addr);

	while (f->slot[i].addr)
		i = (i + 1) % SLOTS;
	f->slot[i].addr = addr;
	f->slot[i].ifindex = ifindex;
	f->giaddr[ifindex] = addr;
}

static int
lookup(const struct fwd *f, uint32_t addr)
{
	uint32_t i = slot_of(addr);

	while (f->slot[i].addr && f->slot[i].addr != addr)
		i = (i + 1) % SLOTS;
	return f->slot[i].ifindex;
}

static void
learn_all(struct fwd *f)
{
	struct ifaddrs *all;

	must(getifaddrs(&all) == 0, "getifaddrs");
	for (struct ifaddrs *a = all; a; a = a->ifa_next) {
		int ifindex = (int)if_nametoindex(a->ifa_name);
		uint32_t addr;

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET ||
		    a->ifa_flags & IFF_LOOPBACK)
			continue;
		must(ifindex > 0 && ifindex < IFINDEX_MAX, a->ifa_name);
		addr = ntohl(((struct sockaddr_in *)(void *)
		    a->ifa_addr)->sin_addr.s_addr);
		if (ifindex == f->uplink)
			f->uplink_addr = addr;
		else
			learn(f, addr, ifindex);
	}
	freeifaddrs(all);
}

/* --- sockets --------------------------------------------------------------- */

static void
option_int(int fd, int level, int name, int value)
{
	must(setsockopt(fd, level, name, &value, sizeof(value)) == 0,
	    "setsockopt");
}

static void
attach(int fd, struct sock_filter *code, unsigned short n)
{
	struct sock_fprog prog = { n, code };

	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == 0, "filter");
}

static void
open_udp(struct fwd *f, bool unicast_only)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(67) };
	struct sock_filter host[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	f->udp = socket(AF_INET, SOCK_DGRAM, 0);
	must(f->udp >= 0, "socket");
	option_int(f->udp, SOL_SOCKET, SO_BROADCAST, 1);
	option_int(f->udp, SOL_SOCKET, SO_RCVBUFFORCE, RCVBUF);
	option_int(f->udp, IPPROTO_IP, IP_PKTINFO, 1);
	if (unicast_only)
		attach(f->udp, host, 4);
	must(bind(f->udp, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
}

/* IPv4 broadcasts of UDP to port 67; cooked frames begin with the IP header. */
static void
open_ring(struct fwd *f)
{
	struct tpacket_req req = { 64 << 10, FRAMES * FRAME / (64 << 10), FRAME,
		FRAMES };
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP) };
	struct sock_filter want[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_BROADCAST, 0, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 22),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 67, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	f->ring_fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	must(f->ring_fd >= 0, "packet socket");
	attach(f->ring_fd, want, 8);
	option_int(f->ring_fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2);
	option_int(f->ring_fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	must(setsockopt(f->ring_fd, SOL_PACKET, PACKET_RX_RING, &req,
	    sizeof(req)) == 0, "ring");
	f->ring = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_SHARED,
	    f->ring_fd, 0);
	must(f->ring != MAP_FAILED, "mmap");
	must(bind(f->ring_fd, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	f->frames = socket(AF_PACKET, SOCK_DGRAM, 0);
	must(f->frames >= 0, "packet socket");
	option_int(f->frames, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
	option_int(f->frames, SOL_SOCKET, SO_SNDBUFFORCE, RCVBUF);
}

static void
prepare(struct fwd *f)
{
	for (unsigned i = 0; i < BATCH; i++) {
		f->in_iov[i] = (struct iovec){ f->in[i], SIZE };
		f->in_msg[i].msg_hdr = (struct msghdr){
			.msg_iov = &f->in_iov[i], .msg_iovlen = 1,
			.msg_control = f->control[i] };
	}
}

static int
receive(struct fwd *f, int flags)
{
	for (unsigned i = 0; i < BATCH; i++)
		f->in_msg[i].msg_hdr.msg_controllen = sizeof(f->control[i]);
	return recvmmsg(f->udp, f->in_msg, BATCH, flags, NULL);
}

static void
flush(struct fwd *f, int fd)
{
	for (unsigned i = 0; i < f->n_out;) {
		int n = sendmmsg(fd, f->out_msg + i, f->n_out - i, 0);

		i += n > 0 ? (unsigned)n : 1;
	}
	f->n_out = 0;
}

/* --- A: UDP ---------------------------------------------------------------- */

static void
queue_udp(struct fwd *f, uint8_t *m, size_t len, uint32_t dst, unsigned port)
{
	unsigned i = f->n_out++;

	f->to[i] = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(dst) };
	f->out_iov[i][0] = (struct iovec){ m, len };
	f->out_msg[i].msg_hdr = (struct msghdr){ .msg_name = &f->to[i],
		.msg_namelen = sizeof(f->to[i]), .msg_iov = f->out_iov[i],
		.msg_iovlen = 1 };
}

static void
out_of(struct fwd *f, unsigned i, int ifindex)
{
	struct in_pktinfo info = { .ipi_ifindex = ifindex };
	struct msghdr *h = &f->out_msg[i].msg_hdr;
	struct cmsghdr *c;

	h->msg_control = f->info[i];
	h->msg_controllen = sizeof(f->info[i]);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static int
came_by(struct msghdr *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	struct in_pktinfo info;

	if (!c || c->cmsg_type != IP_PKTINFO)
		return 0;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	return info.ipi_ifindex;
}

static void
forward_udp(struct fwd *f, unsigned i)
{
	uint8_t *m = f->in[i];
	size_t len = f->in_msg[i].msg_len;
	int ifindex = came_by(&f->in_msg[i].msg_hdr);

	if (len < 240 || ifindex <= 0 || ifindex >= IFINDEX_MAX)
		return;
	if (m[0] == 1 && f->giaddr[ifindex]) {
		m[3]++;
		put32(m + 24, f->giaddr[ifindex]);
		for (unsigned s = 0; s < f->n_server; s++)
			queue_udp(f, m, len, f->server[s], 67);
	} else if (m[0] == 2 && (ifindex = lookup(f, get32(m + 24))) != 0) {
		queue_udp(f, m, len, INADDR_BROADCAST, 68);
		out_of(f, f->n_out - 1, ifindex);
	}
}

static void
run_udp(struct fwd *f)
{
	open_udp(f, false);
	for (;;) {
		int n = receive(f, MSG_WAITFORONE);

		for (int i = 0; i < n; i++)
			forward_udp(f, (unsigned)i);
		flush(f, f->udp);
	}
}

/* --- B: frames ------------------------------------------------------------- */

static void
build_headers(uint8_t *h, uint32_t src, uint32_t dst, unsigned dport, size_t len)
{
	uint32_t sum = 0;

	memset(h, 0, 28);
	h[0] = 0x45;
	put16(h + 2, (uint32_t)(len + 28));
	h[8] = 64;
	h[9] = IPPROTO_UDP;
	put32(h + 12, src);
	put32(h + 16, dst);
	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)h[i] << 8 | h[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(h + 10, ~((sum & 0xffff) + (sum >> 16)));
	put16(h + 20, 67);
	put16(h + 22, dport);
	put16(h + 24, (uint32_t)(len + 8));
}

static void
queue_frame(struct fwd *f, uint8_t *m, size_t len, int ifindex,
    const uint8_t *mac, uint32_t src, uint32_t dst, unsigned dport)
{
	unsigned i = f->n_out++;

	build_headers(f->hdr[i], src, dst, dport, len);
	f->out[i] = (struct sockaddr_ll){ .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP), .sll_ifindex = ifindex,
		.sll_halen = 6 };
	memcpy(f->out[i].sll_addr, mac, 6);
	f->out_iov[i][0] = (struct iovec){ f->hdr[i], 28 };
	f->out_iov[i][1] = (struct iovec){ m, len };
	f->out_msg[i].msg_hdr = (struct msghdr){ .msg_name = &f->out[i],
		.msg_namelen = sizeof(f->out[i]), .msg_iov = f->out_iov[i],
		.msg_iovlen = 2 };
}

static void
request_frame(struct fwd *f, struct tpacket2_hdr *h)
{
	static const uint8_t servers[6] = { 2, 0, 0, 0, 9, 2 };
	const struct sockaddr_ll *from = (const void *)((const uint8_t *)h +
	    TPACKET_ALIGN(sizeof(*h)));
	uint8_t *m = (uint8_t *)h + h->tp_net + 28;
	int ifindex = from->sll_ifindex;

	if (h->tp_snaplen < 28 + 240 || ifindex >= IFINDEX_MAX ||
	    !f->giaddr[ifindex] || m[0] != 1)
		return;
	m[3]++;
	put32(m + 24, f->giaddr[ifindex]);
	for (unsigned s = 0; s < f->n_server; s++)
		queue_frame(f, m, h->tp_snaplen - 28, f->uplink, servers,
		    f->uplink_addr, f->server[s], 67);
}

/* The frames of the ring stay ours until the packets that point into them are sent. */
static unsigned
requests(struct fwd *f)
{
	uint32_t first = f->head;
	unsigned n;

	for (n = 0; n < BATCH; n++) {
		struct tpacket2_hdr *h = (void *)(f->ring + f->head * FRAME);

		if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
		    TP_STATUS_USER))
			break;
		request_frame(f, h);
		f->head = (f->head + 1) % FRAMES;
	}
	flush(f, f->frames);
	for (unsigned i = 0; i < n; i++) {
		struct tpacket2_hdr *h = (void *)(f->ring +
		    (first + i) % FRAMES * FRAME);

		__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL,
		    __ATOMIC_RELEASE);
	}
	return n;
}

static int
replies(struct fwd *f)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	int n = receive(f, MSG_DONTWAIT);

	for (int i = 0; i < n; i++) {
		uint8_t *m = f->in[i];
		uint32_t giaddr = get32(m + 24);
		int ifindex = lookup(f, giaddr);

		if (f->in_msg[i].msg_len >= 240 && ifindex && m[0] == 2)
			queue_frame(f, m, f->in_msg[i].msg_len, ifindex, all,
			    giaddr, INADDR_BROADCAST, 68);
	}
	flush(f, f->frames);
	return n;
}

static void
run_ring(struct fwd *f)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0);

	open_udp(f, true);
	open_ring(f);
	must(ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, f->udp, &ev) == 0 &&
	    epoll_ctl(ep, EPOLL_CTL_ADD, f->ring_fd, &ev) == 0, "epoll");
	for (;;) {
		bool more = true;

		(void)epoll_wait(ep, &ev, 1, -1);
		while (more) {
			more = requests(f) > 0;
			more |= replies(f) > 0;
		}
	}
}

int
main(int argc, char **argv)
{
	static struct fwd f;

	must(argc >= 4 && argc - 3 <= SERVERS, "arguments");
	f.uplink = (int)if_nametoindex(argv[2]);
	must(f.uplink > 0, argv[2]);
	for (int i = 3; i < argc; i++)
		f.server[f.n_server++] = ntohl(inet_addr(argv[i]));
	learn_all(&f);
	prepare(&f);
	if (strcmp(argv[1], "udp") == 0)
		run_udp(&f);
	else
		run_ring(&f);
	return 0;
}
