/* SPDX-License-Identifier: ISC
 *
 * packet - sends replies as frames and helped packets through a raw socket.
 * proto/udpip builds the headers, checksums included; the kernel
 * joins header and payload (an iovec of two), so a reply is never copied here.
 */
#include "io/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/udpip.h"

struct packet {
	int fd;			/* borrowed */
	uint32_t n;
	struct mmsghdr msg[PACKET_BATCH];
	struct iovec iov[PACKET_BATCH][2];
	struct sockaddr_ll to[PACKET_BATCH];
	uint8_t hdr[PACKET_BATCH][UDPIP6_HEADERS];	/* of either version */
};

/* PACKET_QDISC_BYPASS would save some of the 1.6 us per frame, but frames would
 * bypass tc on the client's interface, where operators shape them. */
struct packet *
packet_new(int fd)
{
	struct packet *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->fd = fd;
	for (uint32_t i = 0; i < PACKET_BATCH; i++) {
		p->to[i].sll_family = AF_PACKET;
		p->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &p->to[i], .msg_namelen = sizeof(p->to[i]),
			.msg_iov = p->iov[i], .msg_iovlen = 2,
		};
	}
	return p;
}

void
packet_use(struct packet *p, int fd)
{
	p->fd = fd;
}

struct packet *
packet_free(struct packet *p)
{
	free(p);
	return NULL;
}

void
packet_queue(struct packet *p, const struct packet_to *to, const uint8_t *hdr,
    const void *payload, size_t len, struct sock_sent *result)
{
	size_t hdr_len = udpip_header_len(hdr);
	uint32_t i;

	if (p->n == PACKET_BATCH)
		packet_flush(p, result);
	i = p->n++;
	p->to[i].sll_ifindex = (int)to->ifindex;
	p->to[i].sll_protocol = htons(hdr[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	p->to[i].sll_halen = to->mac_len;
	memcpy(p->to[i].sll_addr, to->mac, sizeof(to->mac));
	memcpy(p->hdr[i], hdr, hdr_len);
	p->iov[i][0] = (struct iovec){ p->hdr[i], hdr_len };
	/* sendmmsg() does not write to it. */
	p->iov[i][1] = (struct iovec){ (void *)(uintptr_t)payload, len };
}

/* sendmmsg() stops at a frame that fails, and returns the error only if that
 * frame is the first. A failure concerns one frame: its interface may be down
 * (ENETDOWN), gone (ENXIO) or full (ENOBUFS). */
void
packet_flush(struct packet *p, struct sock_sent *result)
{
	uint32_t i = 0;

	while (i < p->n) {
		int sent = sendmmsg(p->fd, p->msg + i, p->n - i, MSG_DONTWAIT);

		if (sent > 0) {
			result->ok += (uint32_t)sent;
			i += (uint32_t)sent;
		} else if (errno != EINTR) {
			sock_lost(result, errno, p->iov[i][1].iov_base);
			i++;
		}
	}
	p->n = 0;
}

/* IPPROTO_RAW implies IP_HDRINCL, and receives only packets of protocol 255. */
int
packet_open_raw(void)
{
	int fd = sock_open(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0)
		return fd;
	sock_set_buffer(fd, SO_SNDBUF, PACKET_SNDBUF);
	return sock_checked(fd, sock_set(fd, SOL_SOCKET, SO_BROADCAST, 1));
}

int
packet_send_raw(int fd, struct ip4 dst, uint32_t ifindex, const uint8_t *hdr,
    const void *payload, size_t len)
{
	const struct sock_at to = sock_at(ip_of4(dst), 0, 0);
	struct iovec iov[2] = {
		{ (void *)(uintptr_t)hdr, UDPIP_HEADERS },
		{ (void *)(uintptr_t)payload, len },
	};

	return sock_send_via(fd, &to, iov, 2,
	    (struct sock_via){ .ifindex = ifindex });
}
