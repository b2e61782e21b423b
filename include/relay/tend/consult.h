/* SPDX-License-Identifier: ISC
 *
 * consult - the daemon's part of `pxrelayctl doctor`: runs of core/doctor, their questions sent
 * and their answers handed in. See relay/consult.c.
 */
#ifndef RELAY_CONSULT_H
#define RELAY_CONSULT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/mono.h"
#include "core/relay4/relay4.h"

struct daemon;

int consult_open(struct daemon *d);	/* 0 or -ENOMEM */
void consult_close(struct daemon *d);
/* Another configuration has been taken: runs end, for they were about the old one. */
void consult_reload(struct daemon *d);

/* `doctor start INTERFACE`: {"run":N}, or {"busy":true} when DOCTOR_RUNS_MAX are under way. */
json_t *consult_start(struct daemon *d, const char *ifname);
/* `doctor result N`: {"run":N,"done":false} or the document, which is handed out once. */
json_t *consult_result(struct daemon *d, const char *run);

/* A datagram to port 67. true: it is for the doctor's machine, in time or too late, and for no
 * client. */
bool consult_answer(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* A broadcast to port 68 on a VLAN. true: it is for the doctor's machine. */
bool consult_vlan(struct daemon *d, const struct relay4_rx *rx);
/* What passes to or from port 4011, to one of our addresses. */
void consult_tap(struct daemon *d, const struct relay4_rx *rx, uint16_t dport);
/* An error (errno) of a server's socket. true: a question of ours met it. */
bool consult_error(struct daemon *d, uint16_t server, int err);
/* io/prober's word on a question that is none of core/probe's. */
void consult_probed(struct daemon *d, uint32_t token, bool alive);

#endif
