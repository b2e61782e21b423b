/* SPDX-License-Identifier: ISC
 *
 * server_sockets - the sockets of the servers, one for each address: the only place that
 * makes them. A socket is found by the index of its server in the configuration, the first
 * one of its address.
 */
#ifndef RELAY_PATH_SERVER_SOCKETS_H
#define RELAY_PATH_SERVER_SOCKETS_H

#include "base/mono.h"
#include "io/udp.h"

struct conf;
struct daemon;

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
