/* SPDX-License-Identifier: ISC
 *
 * pcapng - writes the blocks of a capture file (draft-ietf-opsawg-pcapng) into
 * a caller's buffer, and finds them in a stream.
 *
 * Each writer appends a whole block; if it does not fit, the cursor is bad and
 * has not moved. Blocks are little-endian on every machine: Wireshark reads
 * files of either order, but its dumpcap accepts only the machine's own order
 * from a pipe. Times are nanoseconds since 1970 (if_tsresol 9). The reader
 * supports only what splitting and counting need, in files that pxrelayd wrote.
 */
#ifndef PROTO_PCAPNG_H
#define PROTO_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

#define PCAPNG_SECTION		0x0a0d0d0au	/* types of blocks */
#define PCAPNG_INTERFACE	1u
#define PCAPNG_STATS		5u
#define PCAPNG_PACKET		6u

#define PCAPNG_ETHERNET		1u		/* link types */
#define PCAPNG_IPV4		228u		/* begins at the IPv4 header */
#define PCAPNG_IPV6		229u		/* begins at the IPv6 header */

#define PCAPNG_INBOUND		0x1u		/* flags of a packet (epb_flags) */
#define PCAPNG_OUTBOUND		0x2u
#define PCAPNG_UNICAST		(1u << 2)
#define PCAPNG_MULTICAST	(2u << 2)
#define PCAPNG_BROADCAST	(3u << 2)

#define PCAPNG_STATS_LEN	52u	/* of what pcapng_stats() writes */
#define PCAPNG_BLOCK_MAX	65536u	/* that pcapng_next() accepts */

/* Texts are UTF-8; those over 65,535 bytes are cut. */
void pcapng_section(struct wr *w, const char *application);
/* Interfaces are numbered from 0. NULL or empty texts are left out. */
void pcapng_interface(struct wr *w, uint16_t linktype, uint32_t snaplen,
    const char *name, const char *description);

struct pcapng_packet {
	uint32_t interface;	/* its number */
	uint32_t flags;
	uint64_t ns;
	const void *head;	/* the captured bytes, in two pieces */
	size_t head_len;
	const void *body;
	size_t body_len;
	size_t wire_len;	/* of the whole packet */
	const char *comment;	/* NULL: none */
};
void pcapng_packet(struct wr *w, const struct pcapng_packet *p);
/* received: all packets of the interface; dropped: those not in the file. */
void pcapng_stats(struct wr *w, uint32_t interface, uint64_t ns, uint64_t received,
    uint64_t dropped);

struct pcapng_block {
	uint32_t type;
	const uint8_t *data;	/* the whole block; borrowed */
	size_t len;		/* a multiple of 4 */
};
enum pcapng_next {
	PCAPNG_WHOLE,	/* *out is the block, r is after it */
	PCAPNG_MORE,	/* the block is incomplete; r has not moved */
	PCAPNG_BAD	/* not a block */
};
enum pcapng_next pcapng_next(struct rd *r, struct pcapng_block *out);
/* The interface number of a PACKET or STATS block; false if the block is too
 * short or of another type. */
bool pcapng_interface_of(const struct pcapng_block *b, uint32_t *interface);
/* Changes the interface number of such a block in the caller's memory. */
void pcapng_set_interface(uint8_t *block, uint32_t interface);
/* isb_ifdrop of a STATS block, 0 if it has none. */
uint64_t pcapng_dropped(const struct pcapng_block *b);

#endif
