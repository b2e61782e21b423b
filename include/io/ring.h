/* SPDX-License-Identifier: ISC
 *
 * ring - receives the requests of all client VLANs, whatever their number,
 * through one packet socket with a mapped receive ring (packet(7), TPACKET_V2).
 *
 * It is bound for ETH_P_IP, so tc and nftables ingress rules come first;
 * PACKET_IGNORE_OUTGOING hides what we send. A generated filter (struct
 * ring_filter) passes broadcast and multicast UDP to the wanted ports,
 * fragments of broadcasts (to be counted), and routed unicast for watched
 * ports. Everything else ends in the kernel. Frames begin at the IP header.
 */
#ifndef IO_RING_H
#define IO_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/bpf.h"

enum ring_to { RING_TO_BROADCAST, RING_TO_MULTICAST, RING_TO_HOST };

struct ring_frame {
	const uint8_t *ip;	/* IP header; borrowed until ring_release() */
	size_t len;		/* captured bytes */
	bool truncated;		/* the packet was longer than what was captured */
	bool csum_unverified;	/* the UDP checksum is not filled in, or the NIC verified it: skip */
	enum ring_to to;
	uint32_t ifindex;
	uint16_t hwtype;
	uint8_t mac_len;	/* 0..8 */
	uint8_t mac[8];		/* source hardware address */
};

struct ring;

/* 0 or -errno (EPERM without CAP_NET_RAW). The ring has 1,024 frames of 2 KiB;
 * a larger packet (up to 64 KiB) comes through the socket's queue
 * (PACKET_COPY_THRESH) into a buffer of its own. */
int ring_open(const struct ring_filter *f, struct ring **out);
struct ring *ring_close(struct ring *r);	/* NULL-safe; returns NULL */
int ring_fd(const struct ring *r);
/* Replaces the filter at once, without losing a wanted packet. */
int ring_set_filter(struct ring *r, const struct ring_filter *f);
/* The next frame; false when there is none. Release the one before first. */
bool ring_next(struct ring *r, struct ring_frame *out);
/* Peeks at the IP packet after the one that is held; NULL when there is
 * none. */
const uint8_t *ring_peek(const struct ring *r, size_t *len, uint32_t *ifindex);
void ring_release(struct ring *r);
/* Is half of the ring full? Then packets will be lost soon. */
bool ring_is_behind(const struct ring *r);
/* Packets lost to a full ring since the last call. */
uint64_t ring_lost(struct ring *r);

#endif
