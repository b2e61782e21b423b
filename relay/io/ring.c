/* SPDX-License-Identifier: ISC
 *
 * ring - the packet socket with a mapped receive ring; packet(7) and the
 * kernel's Documentation/networking/packet_mmap.rst.
 *
 * TPACKET_V2, because version 3 delivers packets in blocks, after a time-out,
 * which would delay requests. The kernel owns a frame while its status is 0;
 * otherwise we own it, until ring_release() returns it.
 *
 * Only this file knows the frame layout; proto/udpip reads the packet
 * inside.
 */
#include "io/ring.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/packet.h"
#include "io/sock.h"

/* 2 MB: at 130,000 requests a second, the most that one core relays, 1,024
 * frames hold 8 ms. That covers a hiccup of the scheduler, and no more, since
 * clients retransmit requests that wait longer. The same for each family: after
 * a power failure, all machines ask in both. */
#define RING_FRAMES	1024u
#define RING_FRAME	2048u
#define RING_BLOCK	(64u * 1024u)
#define RING_BYTES	(RING_FRAMES * RING_FRAME)
/* The largest packet, for those that do not fit into a frame. */
#define RING_LARGE	65535u
/* Header, addresses and a DISCOVER of 371 bytes. */
#define RING_FETCH	512u

struct ring {
	int fd;
	uint8_t *map;
	uint32_t head;		/* the frame to look at next */
	bool held;		/* it was returned and not yet released */
	uint64_t end_ns;	/* of the wall clock: what came since is another ring's */
	uint8_t large[RING_LARGE];
};

static struct tpacket2_hdr *
frame_at(const struct ring *r, uint32_t i)
{
	return (struct tpacket2_hdr *)(void *)(r->map + i * RING_FRAME);
}

/* This load, and the store in ring_release(), pair with the kernel's barriers:
 * the frame is read between them. */
static uint32_t
frame_status(const struct tpacket2_hdr *h)
{
	return __atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE);
}

/* The version is set first, since it determines the frame layout. With a copy
 * threshold, a packet that its frame truncates is also delivered whole. */
static int
make_ring(int fd)
{
	const struct tpacket_req req = {
		.tp_block_size = RING_BLOCK,
		.tp_block_nr = RING_BYTES / RING_BLOCK,
		.tp_frame_size = RING_FRAME,
		.tp_frame_nr = RING_FRAMES,
	};
	int err = sock_set(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2);

	if (!err)
		err = sock_set(fd, SOL_PACKET, PACKET_COPY_THRESH, 1);
	if (!err)
		err = sock_set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	if (!err && setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) < 0)
		err = -errno;
	return err;
}

/* A socket of protocol 0 receives nothing, so no packet precedes the filter. Frames
 * to clients leave by it, too, hence the buffer. */
int
ring_socket(enum family family, const struct ring_filter *f)
{
	struct sock_filter prog[BPF_MAX];
	size_t n = bpf_requests(family, f, prog);
	int fd = n ? sock_open(AF_PACKET, SOCK_DGRAM, 0) : -EINVAL, err;

	if (fd < 0)
		return fd;
	sock_set_buffer(fd, SO_SNDBUF, PACKET_SNDBUF);
	err = sock_attach_for_good(fd, prog, n);
	if (!err)
		err = make_ring(fd);
	return sock_checked(fd, err ? err :
	    sock_bind_packet(fd, family == FAMILY6 ? ETH_P_IPV6 : ETH_P_IP));
}

int
ring_open(int fd, struct ring **out)
{
	struct ring *r = fd < 0 ? NULL : calloc(1, sizeof(*r));
	void *map;

	if (!r)
		return sock_checked(fd, fd < 0 ? fd : -ENOMEM);
	map = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		int err = -errno;

		free(r);
		return sock_checked(fd, err);
	}
	r->fd = fd;
	r->map = map;
	r->end_ns = UINT64_MAX;
	*out = r;
	return 0;
}

struct ring *
ring_close(struct ring *r)
{
	if (!r)
		return NULL;
	munmap(r->map, RING_BYTES);
	sock_close(r->fd);
	free(r);
	return NULL;
}

int
ring_fd(const struct ring *r)
{
	return r->fd;
}

/* The sender's address follows the header. The kernel truncates hardware
 * addresses longer than 8 bytes (InfiniBand), but reports the full length. */
static void
read_sender(const struct tpacket2_hdr *h, struct ring_frame *out)
{
	const struct sockaddr_ll *from = (const struct sockaddr_ll *)
	    (const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));

	/* The filter passes only these two types and PACKET_HOST. */
	out->to = from->sll_pkttype == PACKET_BROADCAST ? RING_TO_BROADCAST :
	    from->sll_pkttype == PACKET_MULTICAST ? RING_TO_MULTICAST : RING_TO_HOST;
	out->ifindex = (uint32_t)from->sll_ifindex;
	out->hwtype = from->sll_hatype;
	out->mac_len = from->sll_halen > sizeof(out->mac) ?
	    sizeof(out->mac) : from->sll_halen;
	memcpy(out->mac, from->sll_addr, sizeof(out->mac));
}

/* With TP_STATUS_COPY, the whole packet is in the socket's queue, in the order
 * of such frames. It must be read even if nobody needs it, or the next large
 * packet would get these bytes. */
static void
read_large(struct ring *r, struct ring_frame *out)
{
	ssize_t n = recv(r->fd, r->large, sizeof(r->large),
	    MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return;
	out->ip = r->large;
	out->len = (size_t)n < sizeof(r->large) ? (size_t)n : sizeof(r->large);
}

/* Prefetches what a DHCP message fills; another CPU usually wrote it. */
static void
prefetch_frame(const struct ring *r)
{
	const uint8_t *next =
	    (const uint8_t *)frame_at(r, (r->head + 2) % RING_FRAMES);

	for (size_t i = 0; i < RING_FETCH; i += 64)
		__builtin_prefetch(next + i);
}

/* The kernel stamps each frame with the wall clock. Only a filled frame has a stamp. */
static bool
came_before(const struct tpacket2_hdr *h, uint64_t ns)
{
	return h->tp_sec * UINT64_C(1000000000) + h->tp_nsec < ns;
}

/* The status of the next frame, which tells how to read it, too; 0: there is none. It is
 * loaded once, since the kernel may fill the frame between two loads. */
static uint32_t
next_status(const struct ring *r)
{
	const struct tpacket2_hdr *h = frame_at(r, r->head);
	uint32_t status = frame_status(h);

	return status & TP_STATUS_USER && came_before(h, r->end_ns) ? status : 0;
}

bool
ring_is_empty(const struct ring *r)
{
	return !next_status(r);
}

bool
ring_next(struct ring *r, struct ring_frame *out)
{
	struct tpacket2_hdr *h = frame_at(r, r->head);
	uint32_t status = next_status(r);

	if (!status)
		return false;
	prefetch_frame(r);
	r->held = true;
	out->ip = (const uint8_t *)h + h->tp_net;
	out->len = h->tp_snaplen;
	if (status & TP_STATUS_COPY)
		read_large(r, out);
	out->truncated = h->tp_len > out->len;
	/* CSUMNOTREADY: a sender on this machine (veth, virtio) left it to
	 * hardware that does not exist. CSUM_VALID: already verified. */
	out->csum_unverified =
	    (status & (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID)) != 0;
	read_sender(h, out);
	return true;
}

const uint8_t *
ring_peek(const struct ring *r, size_t *len, uint32_t *ifindex)
{
	const struct tpacket2_hdr *h = frame_at(r, (r->head + 1) % RING_FRAMES);
	uint32_t status = frame_status(h);
	struct ring_frame f;

	if (!(status & TP_STATUS_USER) || status & TP_STATUS_COPY)
		return NULL;
	read_sender(h, &f);
	*ifindex = f.ifindex;
	*len = h->tp_snaplen;
	return (const uint8_t *)h + h->tp_net;
}

void
ring_release(struct ring *r)
{
	if (!r->held)
		return;
	r->held = false;
	__atomic_store_n(&frame_at(r, r->head)->tp_status, TP_STATUS_KERNEL,
	    __ATOMIC_RELEASE);
	r->head = (r->head + 1) % RING_FRAMES;
}

/* The kernel fills frames in order: if this one waits, so do all before it. */
bool
ring_is_behind(const struct ring *r)
{
	return frame_status(frame_at(r, (r->head + RING_FRAMES / 2) % RING_FRAMES)) &
	    TP_STATUS_USER;
}

/* Reading the kernel's counters resets them. After a split, losses are the next ring's. */
uint64_t
ring_lost(struct ring *r)
{
	struct tpacket_stats st;
	socklen_t len = sizeof(st);

	if (r->end_ns != UINT64_MAX ||
	    getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) < 0)
		return 0;
	return st.tp_drops;
}

/* The next ring may be as full as this one. The loop makes room there, and what it
 * loses meanwhile is lost. */
void
ring_split(struct ring *r, struct ring *next, uint64_t ns)
{
	struct ring_frame f;

	r->end_ns = ns;
	while (ring_next(next, &f) && came_before(frame_at(next, next->head), ns))
		ring_release(next);
}
