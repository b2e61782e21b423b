/* SPDX-License-Identifier: ISC
 *
 * iface_watch - hands what netlink reports to the interface table, and does what follows from
 * it: joins the discovery group where boot servers are configured, has the routes to the
 * servers looked at, and logs each change of a client interface in one line.
 */
#ifndef RELAY_TEND_IFACE_WATCH_H
#define RELAY_TEND_IFACE_WATCH_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/mono.h"

struct daemon;

int iface_watch_open(struct daemon *d);	/* 0 or -errno */
void iface_watch_close(struct daemon *d);
/* Could some message of the kernel not be read? Then iface_watch_tick() tries again. */
bool iface_watch_failed(const struct daemon *d);
void iface_watch_tick(struct daemon *d, struct mono now);
/* Another configuration: every interface is matched anew. */
void iface_watch_commit_all(struct daemon *d);
/* Leaves the discovery group of the old configuration. */
void iface_watch_leave_group(struct daemon *d, struct ip4 group);

#endif
