/* SPDX-License-Identifier: ISC
 *
 * tend - what the relay does beside the packet path: follows the kernel's
 * interfaces and the ways to the servers (route and next hop), probes the
 * servers, and runs the doctor. The datagrams and errors of the sockets are
 * offered to each part by path.c; one that returns true claims it.
 */
#ifndef RELAY_TEND_TEND_H
#define RELAY_TEND_TEND_H

#include <stdbool.h>

#include <jansson.h>

#include "core/relay4/relay4.h"
#include "core/server/probe.h"

struct daemon;

/* iface_watch.c keeps the interface table in step with the kernel. */
int iface_watch_open(struct daemon *d);	/* 0 or -errno */
void iface_watch_close(struct daemon *d);
void iface_watch_tick(struct daemon *d, struct mono now);
/* Matches every interface with a new configuration. */
void iface_watch_commit_all(struct daemon *d);
/* discovery-group is another one. */
void iface_watch_leave_group(struct daemon *d, struct ip4 old, struct ip4 next);
/* Joins the group that was learned last on this interface (core/relay4/discovery). */
void iface_watch_named_group(struct daemon *d, struct iface *f);

/* settled.c logs what of the configuration stands for no interface. */
int settled_open(struct daemon *d);	/* 0 or -ENOMEM */
void settled_reload(struct daemon *d);

/* way_watch.c learns from the kernel whether each server can be reached. */
int way_watch_open(struct daemon *d);	/* 0 or -errno */
void way_watch_close(struct daemon *d);
/* Links, addresses, routes or rules changed: reconnects the servers' sockets
 * and judges the ways, now or within WAY_WATCH_GAP_MS. */
void way_watch_changed(struct daemon *d);
/* Of struct servers: does another route than the chosen one lead by this interface? */
bool way_watch_other(void *daemon, uint16_t server, uint32_t ifindex);
/* Is there a socket without a route or a silent next hop? Then way_watch_tick() is
 * called once a second. */
bool way_watch_waits(const struct daemon *d);
void way_watch_tick(struct daemon *d, struct mono now);
void way_watch_reload(struct daemon *d);	/* after a new configuration */

/* probe_run.c sends the probes of core/server/probe. */
int probe_run_open(struct daemon *d);	/* 0 or -ENOMEM */
void probe_run_close(struct daemon *d);
/* Offered each datagram to port 67 or 547. true: it replied to a probe. */
bool probe_run_reply(struct daemon *d, const struct rx *rx, struct mono now);
bool probe_run_reply6(struct daemon *d, const struct rx *rx, struct mono now);
/* Offered each error (errno) of a server's socket. true: a probe caused and
 * counts it. */
bool probe_run_error(struct daemon *d, uint16_t server, int err, struct mono now);
/* Takes an error that may be forged, as probe_doubt() does. */
void probe_run_doubt(struct daemon *d, uint16_t server, struct mono now);
void probe_run_reload(struct daemon *d, const struct conf *old);
void probe_run_interfaces_changed(struct daemon *d);
/* Probes servers that may be reachable again in this turn of the loop. */
void probe_run_soon(struct daemon *d);
const struct probe_server *probe_run_state(const struct daemon *d, uint16_t server);

/* doctor_run.c is the daemon's part of `pxrelayctl doctor`. */
int doctor_run_open(struct daemon *d);	/* 0 or -ENOMEM */
void doctor_run_close(struct daemon *d);
/* Ends all runs, since they were about the old configuration. */
void doctor_run_reload(struct daemon *d);
/* `doctor start INTERFACE`: {"run":N}, or {"busy":true} if all DOCTOR_RUNS_MAX
 * are taken. */
json_t *doctor_run_start(struct daemon *d, const char *ifname);
/* `doctor result N`: {"run":N,"done":false} or the document, which is returned
 * once. */
json_t *doctor_run_result(struct daemon *d, const char *run);
/* Offered each datagram to port 67. true: it is for the doctor's machine, maybe
 * late. */
bool doctor_run_reply(struct daemon *d, const struct rx *rx, struct mono now);
bool doctor_run_reply6(struct daemon *d, const struct rx *rx, struct mono now);	/* 547 */
/* Offered each broadcast to port 68. true: it is for the doctor's machine. */
bool doctor_run_vlan(struct daemon *d, const struct rx *rx);
/* Shown each packet from or to port 4011 that is addressed to this host. */
void doctor_run_tap(struct daemon *d, const struct rx *rx, uint16_t dport);
/* Offered each error (errno) of a server's socket. true: a query of ours caused
 * it. */
bool doctor_run_error(struct daemon *d, uint16_t server, int err);

#endif
