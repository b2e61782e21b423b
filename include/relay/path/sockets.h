/* SPDX-License-Identifier: ISC
 *
 * sockets - what the packet path reads and writes: the rings (requests), UDP ports
 * 67, 547 and 4011, frames to clients, the raw sender, and the servers' sockets.
 */
#ifndef RELAY_PATH_SOCKETS_H
#define RELAY_PATH_SOCKETS_H

#include <stdbool.h>

#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/relay4/overload.h"
#include "io/loop.h"
#include "io/packet.h"
#include "io/porthold.h"
#include "io/priv.h"
#include "io/ring.h"
#include "io/udp.h"

struct daemon;

/* More addresses than this have one socket on 0.0.0.0 or :: together. Each socket costs a
 * descriptor, of which most systems give 1,024, and 8 KB of the kernel's memory. */
#define BOUND_MAX 400

/* A socket on port 67, 547 or 4011 of one address of ours, or of all. */
struct bound {
	struct sockets_in *in;	/* for the callback */
	struct ipaddr address;
	uint32_t scope;		/* the interface of a link-local address, or 0 */
	uint16_t port;
	int fd;			/* -1: another program has the port there */
	struct porthold holder;	/* as known at the start */
	struct loop_watch *watch;
};

/* How messages of one family come in. */
struct sockets_in {
	struct daemon *owner;	/* for the callbacks */
	enum family family;
	struct ring *ring;
	struct ring_filter filter;	/* of the ring */
	struct overload overload;	/* of the ring */
	bool behind;		/* overloaded, and half of the ring waits */
	struct loop_watch *w_ring;
	/* a ring with another filter, for a reload; NULL: the ring stays */
	struct ring *next;
	struct ring_filter next_filter;
	struct loop_watch *w_next;
	struct bound *bound;	/* sorted; owned */
	unsigned n_bound;
	bool stale;		/* addresses may have changed: see bound_update() */
	bool refused;		/* some have no socket */
};

struct sockets {
	struct sockets_in in[FAMILIES];
	struct packet *packet;
	struct udp_batch *batch;
	int raw;		/* sends from any source address */
	int hide;		/* while open, EDK2 gets no ICMP errors */
	bool hide_failed;	/* try again after a reload */
	int lock;		/* of the network namespace */
	const struct sockets_readers *readers;
};

/* Reads the socket of server i. */
typedef void server_read_fn(struct daemon *d, unsigned i, struct mono now);

/* What reads each socket. */
struct sockets_readers {
	loop_fn *ring;		/* called with struct sockets_in */
	loop_fn *udp;		/* called with struct bound */
	server_read_fn *server;
	server_read_fn *drain;	/* before it is closed; uses no other socket */
};

/* Takes the lock, and borrows r. 0 or -errno, logged. */
int sockets_new(struct daemon *d, const struct sockets_readers *r);
int sockets_open(struct daemon *d);	/* 0 or -errno, logged */
void sockets_close(struct daemon *d);
/* A reload has two steps, as it has for the servers' sockets below. The first opens
 * the rings that c needs if its filters differ: 0 or -errno, logged. The second reads
 * the old rings empty, with d->conf still the old one, and loses no packet. */
int sockets_prepare(struct daemon *d, const struct conf *c);
void sockets_cancel(struct daemon *d);		/* instead of the second step */
void sockets_take(struct daemon *d);
/* Opens or closes the optional sockets, as the configuration says. */
void sockets_reload(struct daemon *d);
/* Hides ICMP errors about port 4011 until the next reload, if 4011-errors = hide. */
void sockets_hide_errors(struct daemon *d);
/* Adds the rings' losses to the counters; call before showing them. */
void sockets_count_lost(struct daemon *d);

/* bound_sockets.c: the sockets on port 67, 547 and 4011 of our own addresses. */

/* Opens one for each address that replies or requests may be sent to, and closes the
 * others. What another program has is logged, and tried again while bound_refused().
 * 0 or another -errno, logged. */
int bound_update(struct daemon *d);
/* Has bound_update() look at all addresses again. */
void bound_changed(struct daemon *d);
bool bound_refused(const struct daemon *d);
void bound_close(struct daemon *d);
/* The socket from which a datagram can leave by this interface; -1: none. */
int bound_sender(const struct daemon *d, enum family family, uint16_t port,
    uint32_t ifindex);

/* server_sockets.c: the servers' sockets, one for each address and VRF. A socket
 * is found by the configuration index of the first server with its address. */

struct server_slot {
	struct daemon *owner;		/* for the callback */
	unsigned index;
	struct udp_server *sock;	/* NULL: no socket with this index */
	struct loop_watch *watch;
	bool made;			/* by prepare: not in use yet */
};

struct server_sockets {
	unsigned n, n_next;
	struct server_slot slot[CONF_SERVERS_MAX];
	struct server_slot next[CONF_SERVERS_MAX];	/* being prepared */
};

/* Opens those of c, the first configuration. 0 or -errno, logged. */
int server_sockets_open(struct daemon *d, const struct conf *c);
void server_sockets_close(struct daemon *d);
/* A reload has two steps. The first opens what c needs beside the sockets in use,
 * and changes nothing when it fails; an address that stays keeps its socket. The
 * second, with d->conf still the old one, drains and closes the sockets without
 * a server in c; it cannot fail. */
int server_sockets_prepare(struct daemon *d, const struct conf *c);
void server_sockets_cancel(struct daemon *d);	/* instead of the second step */
void server_sockets_take(struct daemon *d);
/* NULL: server i is not the first of its address. */
struct udp_server *server_socket(const struct daemon *d, unsigned i);
/* The interface of the server's zone; 0: it has none, or there is none. */
uint32_t server_sockets_scope(const struct daemon *d, const struct conf_server *c);
/* Looks up the route and the source address of every server again. */
void server_sockets_reconnect(struct daemon *d);
/* Is every socket connected, i.e. was there a route to its server? */
bool server_sockets_connected(const struct daemon *d);

#endif
