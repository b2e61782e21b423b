/* SPDX-License-Identifier: ISC
 *
 * ring - receives the requests of all client VLANs through one packet socket for
 * each family, with a mapped receive ring (packet(7), TPACKET_V2).
 *
 * It is bound to ETH_P_IP or ETH_P_IPV6, so tc and nftables ingress rules come
 * first; PACKET_IGNORE_OUTGOING hides what we send. A filter (io/bpf) passes UDP
 * to the wanted ports: in IPv4 broadcast, multicast and watched unicast, in IPv6
 * what is sent to ff02::1:2. Fragments and extension headers pass too, to be
 * counted. Frames begin at the IP header.
 */
#ifndef IO_RING_H
#define IO_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/bpf.h"

enum ring_to { RING_TO_BROADCAST, RING_TO_MULTICAST, RING_TO_HOST };

struct ring_frame {
	const uint8_t *ip;	/* IP header, of the ring's family; borrowed until
				 * ring_release() */
	size_t len;		/* captured bytes */
	bool truncated;		/* the packet was longer */
	bool csum_unverified;		/* UDP's is not filled in, or was verified */
	enum ring_to to;
	uint32_t ifindex;
	uint16_t hwtype;
	uint8_t mac_len;	/* 0..8 */
	uint8_t mac[8];		/* source hardware address */
};

struct ring;

/* The socket of a ring, which receives from now on. Nobody can change or remove its
 * filter, whatever process has it, so another filter takes another ring. An fd, or
 * -errno (-EPERM without CAP_NET_RAW). A frame has 2 KiB; larger packets come through
 * the socket's queue (PACKET_COPY_THRESH). */
int ring_socket(enum family family, const struct ring_filter *f);
/* Maps it, and owns fd even if that fails. 0 or -errno; fd < 0: that. */
int ring_open(int fd, struct ring **out);
struct ring *ring_close(struct ring *r);	/* NULL-safe; returns NULL */
int ring_fd(const struct ring *r);
/* Is there no frame? */
bool ring_is_empty(const struct ring *r);
/* What both rings hear is r's before that wall-clock time, and from then on the next
 * one's. */
void ring_split(struct ring *r, struct ring *next, uint64_t ns);
/* Finds the next frame; false if there is none. Release the last one first. */
bool ring_next(struct ring *r, struct ring_frame *out);
/* Peeks at the IP packet after the current one; NULL if there is none. */
const uint8_t *ring_peek(const struct ring *r, size_t *len, uint32_t *ifindex);
void ring_release(struct ring *r);
/* Is half of the ring full? Then packets will be lost soon. */
bool ring_is_behind(const struct ring *r);
/* Packets lost to a full ring since the last call. */
uint64_t ring_lost(struct ring *r);

#endif
