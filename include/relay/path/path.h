/* SPDX-License-Identifier: ISC
 *
 * path - the packet path: what the sockets deliver goes through core's decisions, and what
 * those say goes out. See relay/README.md for the life of a packet.
 */
#ifndef RELAY_PATH_PATH_H
#define RELAY_PATH_PATH_H

#include "base/mono.h"
#include "core/relay4/relay4.h"

struct daemon;

/* Each reads one socket and takes one turn. */
void path_ring(void *daemon, struct mono now);
void path_udp67(void *daemon, struct mono now);
void path_udp4011(void *daemon, struct mono now);
void path_server(struct daemon *d, unsigned server, struct mono now);
/* Reads what is left in a server's socket: replies and errors. Takes no request from the
 * ring, so it is safe while a configuration is exchanged. */
void path_drain(struct daemon *d, unsigned server, struct mono now);

#endif
