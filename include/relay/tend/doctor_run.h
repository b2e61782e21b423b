/* SPDX-License-Identifier: ISC
 *
 * doctor_run - the daemon's part of `pxrelayctl doctor`: sends the queries of core/doctor's
 * runs and hands them the replies.
 */
#ifndef RELAY_TEND_DOCTOR_RUN_H
#define RELAY_TEND_DOCTOR_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/mono.h"
#include "core/relay4/relay4.h"

struct daemon;

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
