/* SPDX-License-Identifier: ISC
 *
 * tend - what the relay does beside the packet path: follows the kernel's interfaces and the
 * ways to the servers, probes the servers, and runs the doctor.
 */
#ifndef RELAY_TEND_H
#define RELAY_TEND_H

#include <stdbool.h>

#include <jansson.h>

#include "core/relay4/relay4.h"
#include "core/server/probe.h"

struct daemon;

/* iface_watch.c hands what netlink reports to the interface table, and does what follows from
 * it: joins the discovery group where boot servers are configured, has the routes to the
 * servers looked at, and logs each change of a client interface in one line. */
int iface_watch_open(struct daemon *d);	/* 0 or -errno */
void iface_watch_close(struct daemon *d);
void iface_watch_tick(struct daemon *d, struct mono now);
/* Another configuration: every interface is matched anew. */
void iface_watch_commit_all(struct daemon *d);
/* Leaves the discovery group of the old configuration. */
void iface_watch_leave_group(struct daemon *d, struct ip4 group);

/* way_watch.c: what the kernel knows about the way to each server, as evidence of its health:
 * no route, the interface is down, the next hop does not answer ARP. What it means is decided
 * in core/way. */
int way_watch_open(struct daemon *d);	/* 0 or -errno */
void way_watch_close(struct daemon *d);
/* Links, addresses, routes or rules changed: the servers' sockets are connected anew and their
 * ways judged, now or within WAY_WATCH_GAP_MS. */
void way_watch_changed(struct daemon *d);
/* Is there a socket without a route or a silent next hop? Then way_watch_tick() is called
 * once a second. */
bool way_watch_waits(const struct daemon *d);
void way_watch_tick(struct daemon *d, struct mono now);
/* Another configuration has been taken. */
void way_watch_reload(struct daemon *d);

/* probe_run.c carries out what core/probe asks for: DHCP probes leave by the server's own
 * socket, from port 67 as clients' messages do, the others by io/query; replies come in by
 * path.c and io/query. */
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

/* doctor_run.c is the daemon's part of `pxrelayctl doctor`: sends the queries of core/doctor's
 * runs and hands them the replies. */
int doctor_run_open(struct daemon *d);	/* 0 or -ENOMEM */
void doctor_run_close(struct daemon *d);
/* Another configuration has been taken: runs end, since they were about the old one. */
void doctor_run_reload(struct daemon *d);
/* `doctor start INTERFACE`: {"run":N}, or {"busy":true} when DOCTOR_RUNS_MAX are under way. */
json_t *doctor_run_start(struct daemon *d, const char *ifname);
/* `doctor result N`: {"run":N,"done":false} or the document, which is handed out once. */
json_t *doctor_run_result(struct daemon *d, const char *run);
/* A datagram to port 67. true: it is for the doctor's machine, in time or too late. */
bool doctor_run_reply(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* A broadcast to port 68 on a VLAN. true: it is for the doctor's machine. */
bool doctor_run_vlan(struct daemon *d, const struct relay4_rx *rx);
/* A packet from or to port 4011, to one of our addresses. */
void doctor_run_tap(struct daemon *d, const struct relay4_rx *rx, uint16_t dport);
/* An error (errno) of a server's socket. true: a query of ours met it. */
bool doctor_run_error(struct daemon *d, uint16_t server, int err);

#endif
