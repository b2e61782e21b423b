/* SPDX-License-Identifier: ISC
 *
 * sockets - what the packet path reads and writes: the ring (requests), UDP ports 67 and 4011,
 * frames to clients, the raw sender, and the sockets of the servers.
 */
#ifndef RELAY_PATH_SOCKETS_H
#define RELAY_PATH_SOCKETS_H

#include <stdbool.h>

#include "base/mono.h"
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
	bool behind;		/* overloaded, and half of the ring waits */
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

/* server_sockets.c: the sockets of the servers, one for each address and VRF; the only place
 * that makes them. A socket is found by the index of its server in the configuration, the first
 * one of its address. */

/* Who reads the socket of server i. */
typedef void server_read_fn(struct daemon *d, unsigned i, struct mono now);
struct server_readers {
	server_read_fn *read;	/* it is readable */
	server_read_fn *drain;	/* it is about to be closed: must not use any other */
};

/* Opens those of c, the first configuration. 0 or -errno, logged. */
int server_sockets_open(struct daemon *d, const struct conf *c, const struct server_readers *r);
void server_sockets_close(struct daemon *d);
/* A reload in two steps. The first opens what c needs, beside the sockets in use, and changes
 * nothing when it fails; an address that stays keeps its socket. The second, with d->conf
 * still the old one, drains and closes what c has no server for; it cannot fail. */
int server_sockets_prepare(struct daemon *d, const struct conf *c);
void server_sockets_cancel(struct daemon *d);	/* instead of the second step */
void server_sockets_take(struct daemon *d);
/* NULL: server i is not the first of its address. */
struct udp_server *server_socket(const struct daemon *d, unsigned i);
/* Finds the route and the source address of every server anew. */
void server_sockets_reconnect(struct daemon *d);
/* Is every socket connected, that is, had a route? */
bool server_sockets_connected(const struct daemon *d);

#endif
