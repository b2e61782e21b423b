/* SPDX-License-Identifier: ISC
 *
 * pcapng - the blocks of a capture file (draft-ietf-opsawg-pcapng), written into a
 * caller's buffer, and found again in a stream of them.
 *
 * A writer appends one whole block or, when that does not fit, nothing: then the
 * cursor is bad and stands where it stood. Blocks are little-endian on every machine, as
 * the section header says: Wireshark reads files of any order, but its dumpcap takes
 * from a pipe only what has the order of its own machine.
 * Times are nanoseconds since 1970 (if_tsresol 9). The reader knows no more than what
 * cutting and counting needs, and only this byte order: it reads what pxrelayd wrote.
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

#define PCAPNG_INBOUND		0x1u		/* flags of a packet (epb_flags) */
#define PCAPNG_OUTBOUND		0x2u
#define PCAPNG_UNICAST		(1u << 2)
#define PCAPNG_MULTICAST	(2u << 2)
#define PCAPNG_BROADCAST	(3u << 2)

#define PCAPNG_STATS_LEN	52u	/* of what pcapng_stats() writes */
#define PCAPNG_BLOCK_MAX	65536u	/* longest block that pcapng_next() takes */

/* Texts are UTF-8; longer ones than 65,535 bytes are cut. */
void pcapng_section(struct wr *w, const char *application);
/* The first one of a section is number 0, and so on. NULL or empty texts are left out. */
void pcapng_interface(struct wr *w, uint16_t linktype, uint32_t snaplen,
    const char *name, const char *description);

struct pcapng_packet {
	uint32_t interface;	/* its number */
	uint32_t flags;
	uint64_t ns;
	const void *head;	/* the captured bytes stand in two pieces */
	size_t head_len;
	const void *body;
	size_t body_len;
	size_t wire_len;	/* of the packet, at least what was captured */
	const char *comment;	/* NULL: none */
};
void pcapng_packet(struct wr *w, const struct pcapng_packet *p);
/* received counts all packets of the interface, dropped those of them that are not in the file. */
void pcapng_stats(struct wr *w, uint32_t interface, uint64_t ns, uint64_t received,
    uint64_t dropped);

struct pcapng_block {
	uint32_t type;
	const uint8_t *data;	/* the whole block; borrowed */
	size_t len;		/* a multiple of 4 */
};
enum pcapng_next {
	PCAPNG_WHOLE,	/* *out is the block, and r stands behind it */
	PCAPNG_MORE,	/* the block is not all there; r stands where it stood */
	PCAPNG_BAD	/* this is no block */
};
enum pcapng_next pcapng_next(struct rd *r, struct pcapng_block *out);
/* The number of the interface that a PACKET or STATS belongs to; false when the block is
 * too short for one, or of another type. */
bool pcapng_interface_of(const struct pcapng_block *b, uint32_t *interface);
/* Gives such a block, which stands in memory of the caller's, another number. */
void pcapng_set_interface(uint8_t *block, uint32_t interface);
/* isb_ifdrop of a STATS block, 0 when it has none. */
uint64_t pcapng_dropped(const struct pcapng_block *b);

#endif
