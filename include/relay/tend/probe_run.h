/* SPDX-License-Identifier: ISC
 *
 * probe_run - carries out what core/probe asks for: DHCP probes leave by the server's own
 * socket, from port 67 as clients' messages do, the others by io/query; replies come in by
 * path.c and io/query.
 */
#ifndef RELAY_TEND_PROBE_RUN_H
#define RELAY_TEND_PROBE_RUN_H

#include <stdbool.h>

#include "core/relay4/relay4.h"
#include "core/server/probe.h"

struct daemon;

int probe_run_open(struct daemon *d);	/* 0 or -ENOMEM */
void probe_run_close(struct daemon *d);
/* A datagram to port 67. true: it is for the machine that does not exist, not for a client. */
bool probe_run_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* An error (errno) of a server's socket. true: a probe met it and counts it. */
bool probe_run_error(struct daemon *d, uint16_t server, int err, struct mono now);
/* Another configuration has been taken. */
void probe_run_reload(struct daemon *d, const struct conf *old);
void probe_run_interfaces_changed(struct daemon *d);
/* A server may be reachable again: probe it in this turn of the loop. */
void probe_run_soon(struct daemon *d);
const struct probe_server *probe_run_state(const struct daemon *d, uint16_t server);

/* Sends msg to a server's port 67 by its own socket. 0 or -errno. */
int probe_run_send(struct daemon *d, uint16_t server, const void *msg, size_t len);

#endif
