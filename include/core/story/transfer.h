/* SPDX-License-Identifier: ISC
 *
 * transfer - follows the files that machines load in a capture, by TFTP or HTTP, to their
 * end: how much of each came, how long it took, and where it got stuck. core/story/sniff
 * has the packets, core/story/track the machines and what it means for their boots.
 */
#ifndef CORE_STORY_TRANSFER_H
#define CORE_STORY_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/story/track.h"
#include "proto/tcp.h"
#include "proto/udpip.h"

#define TRANSFER_MAX	6	/* of a boot that are known: the first ones and the last */

struct transfer {
	struct ipaddr server;
	uint16_t port;		/* the client's */
	bool http;
	enum track_load_state state;
	struct mono begin, last;
	uint64_t size;		/* by the server's word; 0: unknown */
	uint64_t bytes;		/* that came, if it is known */
	uint32_t blocks;	/* TFTP: acknowledged */
	uint32_t block_size;	/* TFTP; 0: none was agreed on */
	uint32_t again;		/* packets that were sent again, by either side */
	uint16_t error;		/* status of HTTP, TFTP's code + 1; 0: none */
	bool fragments;		/* IP fragments came from the server meanwhile */
	/* What follows is transfer.c's. */
	bool answered, acked, ended, head;
	uint8_t stuck;		/* packets sent again since the last step */
	struct mono moved;	/* that step, or the last one of these */
	uint32_t sent, final;	/* TFTP: blocks; the short one, 0: not sent yet */
	uint32_t high;		/* HTTP: sequence number behind the last byte */
	char file[TRACK_FILE];
};

struct transfers;

/* NULL when memory is short. Its machines are those of t on this interface. */
struct transfers *transfers_new(struct track *t, uint32_t ifindex, size_t clients);
struct transfers *transfers_free(struct transfers *x);	/* returns NULL */
/* Takes a packet. source: of its frame, NULL if it is unknown; it finds a machine that has
 * no lease of that address. False: it is of no transfer. */
bool transfer_tftp(struct transfers *x, const struct udpip *u, const struct mac *source,
    struct mono now);
void transfer_http(struct transfers *x, const struct tcp *p, const struct mac *source,
    struct mono now);
/* Takes a fragment, whose ports and contents are unknown. */
void transfer_fragment(struct transfers *x, struct ipaddr src, struct ipaddr dst,
    struct mono now);
/* Those of the machine's present boot, in order; *n of them. NULL: none. */
const struct transfer *transfers_of(const struct transfers *x,
    const struct track_client *c, unsigned *n);

#endif
