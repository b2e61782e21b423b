/* SPDX-License-Identifier: ISC
 *
 * ring - requests from all client VLANs through one packet socket with a
 * mapped receive ring (packet(7), TPACKET_V2), whatever the number of VLANs.
 *
 * Bound for ETH_P_IP, so that tc and nftables ingress rules come first; PACKET_IGNORE_OUTGOING,
 * so that it never sees what we send ourselves. A generated filter (struct ring_filter) lets
 * through broadcast and multicast UDP to the wanted ports, and fragments of broadcasts (to be
 * counted), and for the ports to be watched also routed unicast. Everything else ends in the
 * kernel. Frames begin at the IP header.
 */
#ifndef IO_RING_H
#define IO_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_PORTS_MAX	64
#define RING_WATCH_MAX	8

struct ring_filter {
	uint16_t n_port, port[RING_PORTS_MAX];	/* UDP destination, broadcast or multicast */
	bool tftp_errors;	/* routed TFTP errors too, whatever their ports */
	/* Routed ICMP too that says "unreachable" of UDP to this port; 0: none. */
	uint16_t unreachable;
	uint16_t n_watch, watch[RING_WATCH_MAX];	/* UDP source or destination, unicast to this
					 * host's MAC (routed through): passive tap */
};

enum ring_to { RING_TO_BROADCAST, RING_TO_MULTICAST, RING_TO_HOST };

struct ring_frame {
	const uint8_t *ip;	/* IP header; borrowed until ring_release() */
	size_t len;		/* captured bytes */
	bool truncated;		/* the packet was longer than what was captured */
	bool csum_unverified;	/* UDP checksum is not filled in, or verified by the NIC: skip */
	enum ring_to to;
	uint32_t ifindex;
	uint16_t hwtype;
	uint8_t mac_len;	/* 0..8 */
	uint8_t mac[8];		/* source hardware address */
};

struct ring;

/* 0 or -errno (EPERM without CAP_NET_RAW). Ring of 1024 frames of 2 KiB; a larger packet (up to
 * 64 KiB) comes through the socket queue (PACKET_COPY_THRESH) into a buffer of its own. */
int ring_open(const struct ring_filter *f, struct ring **out);
struct ring *ring_close(struct ring *r);	/* NULL-safe; returns NULL */
int ring_fd(const struct ring *r);
/* Replaces the filter at once, without losing a wanted packet. */
int ring_set_filter(struct ring *r, const struct ring_filter *f);
/* The next frame; false when there is none. The one before must be released. */
bool ring_next(struct ring *r, struct ring_frame *out);
/* The IP packet behind the one that is held, not taken yet, with its length and interface; NULL
 * when there is none. */
const uint8_t *ring_peek(const struct ring *r, size_t *len, uint32_t *ifindex);
void ring_release(struct ring *r);
/* Is half of the ring full of frames that wait? More will be lost soon. */
bool ring_is_behind(const struct ring *r);
/* Packets that the kernel dropped since the last call, since the ring was full. */
uint64_t ring_lost(struct ring *r);

#endif
