/* SPDX-License-Identifier: ISC
 *
 * query - asks a server something and hands out the first bytes of the answer:
 * the client side of probes (relay/tend/probe_run) and of `pxrelayctl doctor`
 * (relay/tend/doctor_run).
 *
 * A query is open, asked and closed. Datagrams and streams have a socket each,
 * bound to one of our addresses when the answer must take the way back that it
 * takes to a client there; echo and ARP share a raw socket per set. ICMP errors
 * come back as errno. Nothing blocks.
 *
 * What is asked, when, and what an answer means is decided by the caller,
 * except for TFTP: a transfer that the answer began is ended here.
 */
#ifndef IO_QUERY_H
#define IO_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/loop.h"

#define QUERY_MAX	256	/* open ones of a set */
#define QUERY_BYTES	4096	/* of an answer */

struct queries;

enum query_kind {
	QUERY_ECHO,		/* ICMP echo; its answer has no bytes */
	QUERY_ARP,		/* the same */
	QUERY_DATAGRAM,		/* UDP, answered from any address and port */
	QUERY_TFTP,		/* UDP, answered by `to` from any port */
	QUERY_STREAM,		/* TCP; without msg the connection is the answer */
};

struct query {
	enum query_kind kind;
	uint32_t token;
	struct mono until;	/* query_expire() closes it then */
	struct ip4 to;
	struct ip4 source;	/* IP4_NONE: the kernel's choice; not for ARP */
	uint16_t port;
	const void *msg;	/* copied; echo and ARP make their own */
	size_t len;
	uint32_t ifindex;	/* ARP: the link, and our hardware address on it */
	struct mac mac;
};

struct query_answer {
	uint32_t token;
	int err;		/* an errno value; 0: there is an answer */
	struct ip4 from;
	const uint8_t *data;	/* borrowed for the call; of a stream all that came so far */
	size_t len;
	bool more;		/* of a stream: it goes on */
};

/* Return true when that was the answer: the query is closed. With false it
 * waits on. Called from the loop and from query_expire(). */
typedef bool query_fn(void *user, const struct query_answer *a, struct mono now);

/* priv, borrowed, makes the raw sockets and the bound ones. NULL: no memory. */
struct priv;
struct queries *queries_new(struct loop *l, struct priv *priv, query_fn *fn, void *user);
struct queries *queries_free(struct queries *s);	/* NULL-safe; returns NULL */

/* Sends at once. A query whose token is open is sent again from the same socket
 * (a stream is left alone). 0 or -errno: -EBUSY when QUERY_MAX are open;
 * ENETUNREACH and EHOSTUNREACH mean that there is no way. */
int query_ask(struct queries *s, const struct query *q);
/* Closes the queries whose time is over; what came of a stream is handed out
 * first. To be called now and then, as before asking. */
void query_expire(struct queries *s, struct mono now);
/* Closes all. */
void query_cancel(struct queries *s);
unsigned query_n_open(const struct queries *s);

#endif
