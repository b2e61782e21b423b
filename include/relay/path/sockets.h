/* SPDX-License-Identifier: ISC
 *
 * sockets - what the packet path reads and writes, but for the sockets of the servers: the
 * ring (requests), UDP ports 67 and 4011, frames to clients, and the raw sender.
 */
#ifndef RELAY_PATH_SOCKETS_H
#define RELAY_PATH_SOCKETS_H

#include <stdbool.h>

#include "core/relay4/overload.h"
#include "io/loop.h"
#include "io/packet.h"
#include "io/ring.h"
#include "io/udp.h"

struct conf;
struct daemon;

struct sockets {
	struct ring *ring;
	struct packet *packet;
	struct udp_batch *batch;
	int udp67, udp4011;	/* -1: not open */
	int raw;		/* sends from any source address; holds the memberships
				 * of the discovery group */
	int hide;		/* while open, EDK2 gets no ICMP errors (io/icmphide); -1 */
	int lock;		/* see lock_namespace(); -1: priv_fd() is the lock */
	struct overload overload;	/* of the ring */
	loop_fn *on_4011;
	struct loop_watch *w_ring, *w_udp67, *w_udp4011;
};

/* Who reads them: called with the daemon. */
struct sockets_readers {
	loop_fn *ring, *udp67, *udp4011;
};

int sockets_new(struct daemon *d);	/* with the lock; 0 or -errno, logged */
/* 0 or -errno, logged. */
int sockets_open(struct daemon *d, const struct sockets_readers *r);
void sockets_close(struct daemon *d);
/* The kernel swaps the ring's filter in one step, or keeps the old one. 0 or -errno. */
int sockets_set_filter(struct daemon *d, const struct conf *c);
/* Opens or closes what is optional, as the configuration says. */
void sockets_reload(struct daemon *d);
/* Adds what the ring has lost to the counters; call before showing them. */
void sockets_count_lost(struct daemon *d);

#endif
