/* SPDX-License-Identifier: ISC
 *
 * priv - asks for what takes privileges: of the opener (io/opener) in a process of its own
 * once priv_split() was called, else of this process itself.
 *
 * Questions are answered within some 50 us. An opener that is stopped holds up the caller for at
 * most PRIV_WAIT_MS, and from then on for PRIV_SLOW_MS with each question, until it answers again.
 * When it is gone, everything is refused with -EPIPE, and what is open stays open.
 * Descriptors are close-on-exec and the caller's.
 */
#ifndef IO_PRIV_H
#define IO_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/log.h"
#include "io/logsink.h"
#include "io/opener.h"

#define PRIV_WAIT_MS 2000
#define PRIV_SLOW_MS 250

struct priv;

/* t is copied; log, which must live on, gets what happens to system calls. NULL: no memory. */
struct priv *priv_new(const struct opener_terms *t, struct log *log);
/* Removes the files that were made, after which the opener is gone; NULL-safe; returns NULL. */
struct priv *priv_free(struct priv *p);

/* Starts the opener as a process of its own, with the rights that this one has now. To be
 * called before anything is opened that it should not inherit. 0 or -errno. */
int priv_split(struct priv *p);
/* Readable when the opener has something to say that nobody asked for; -1 without one. */
int priv_fd(const struct priv *p);
/* Reads it. False: the opener is gone. Violations of its are logged. */
bool priv_read(struct priv *p);
/* For sandbox_filter(): the opener logs it. */
bool priv_violation(int call);

/* Each a descriptor, or -errno; -EPERM: not within what was agreed at the start. */
int priv_conf(struct priv *p);		/* -EINVAL: it is no regular file */
int priv_udp(struct priv *p, uint16_t port);
int priv_server(struct priv *p);
int priv_icmp(struct priv *p);
int priv_arp(struct priv *p);
int priv_netlink(struct priv *p);
int priv_quiet(struct priv *p);
/* A socket that sends from this address of ours. */
int priv_from(struct priv *p, struct ip4 source, bool tcp);
/* Listening, non-blocking. */
int priv_socket(struct priv *p, const char *path);
int priv_tcp(struct priv *p, struct ip4 address, uint16_t port);
bool priv_may_socket(const struct priv *p, const char *path);
bool priv_may_listen(const struct priv *p, uint16_t port);
/* The file of a priv_socket() goes, unless somebody put another one there. */
void priv_remove(struct priv *p, const char *path);
/* The pid file has been written: it is removed at the end. */
void priv_pidfile(struct priv *p);
int priv_limits(struct priv *p);	/* 0: memberships of multicast groups were raised */
/* The kernel is to ask for this neighbour. Waits for nothing. */
void priv_resolve(struct priv *p, uint32_t ifindex, struct ip4 ip);
/* Where the opener's lines go. */
void priv_log(struct priv *p, enum logsink where, enum log_level level);

#endif
