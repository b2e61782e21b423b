/* SPDX-License-Identifier: ISC
 *
 * prober - sends the questions of core/probe that are not sent through a server's own
 * socket, and recognises their answers.
 *
 * Echo, ARP and port 4011 have one socket each, opened when first needed. TFTP servers answer from
 * a port of their own: a socket asks each server once, and many servers. TCP and HTTP
 * take a socket for each question, which is free for another as soon as the answer is
 * clear or its time is over. At most PROBER_CONNS questions of these three kinds are open.
 * Nothing ever waits.
 *
 * Who is asked when, and what it means, is not known here.
 */
#ifndef IO_PROBER_H
#define IO_PROBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/loop.h"

#define PROBER_CONNS	256

struct prober;

/* The question with this token was answered, or was answered with a clear no (a refused
 * connection, an HTTP status of 500 or more). Called from the loop only, never from within
 * a function of this file. */
typedef void prober_fn(void *user, uint32_t token, bool alive, struct mono now);

/* Questions are on their way, whose answers may come in a moment; may be NULL. */
typedef void prober_wait_fn(void *user);

/* priv, borrowed, makes the raw sockets; NULL: they are made here. NULL: no memory. */
struct priv;
struct prober *prober_new(struct loop *l, struct priv *priv, prober_fn *fn,
    prober_wait_fn *wait, void *user);
struct prober *prober_free(struct prober *p);	/* NULL-safe; returns NULL */

/* One who is asked, and until when the answer is of interest. */
struct prober_ask {
	struct ip4 to;
	uint32_t token;
	struct mono until;
	struct ip4 source;	/* echo: one of our addresses; IP4_NONE: the kernel's choice */
};

/* Each sends at once. 0 or -errno: -EBUSY when PROBER_CONNS are open, -EMFILE and the like when
 * the process has no descriptors left; ENETUNREACH and EHOSTUNREACH say that there is no way. */
int prober_icmp(struct prober *p, const struct prober_ask *a);
/* From this link, where `source` is our address. */
struct prober_link {
	uint32_t ifindex;
	struct mac mac;
	struct ip4 source;
};
int prober_arp(struct prober *p, const struct prober_ask *a, const struct prober_link *link);
/* A DHCP message with the token as xid (proto/probemsg), to port 4011. */
int prober_4011(struct prober *p, const struct prober_ask *a, const void *msg, size_t len);
int prober_tftp(struct prober *p, const struct prober_ask *a, const char *file);
int prober_tcp(struct prober *p, const struct prober_ask *a, uint16_t port);
/* path is copied. Any status below 500 is alive: it came from a web server that does its work,
 * whether it has this file or wants a password for it. */
int prober_http(struct prober *p, const struct prober_ask *a, uint16_t port, const char *path);

/* The raw sockets for echo and ARP, which get answers only. The fd, or -errno. */
int prober_icmp_socket(void);
int prober_arp_socket(void);

/* Closes what is open of questions whose time is over. To be called now and then, as
 * before asking. */
void prober_expire(struct prober *p, struct mono now);
/* Gives up every question. */
void prober_cancel(struct prober *p);
/* How many TFTP questions and connections are open. */
unsigned prober_open_conns(const struct prober *p);

#endif
