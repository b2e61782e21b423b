/* SPDX-License-Identifier: ISC
 *
 * query - sends a query to a server and reports the first bytes of the answer,
 * for probes (relay/tend/probe_run) and `pxrelayctl doctor`
 * (relay/tend/doctor_run).
 *
 * Datagrams and streams have a socket each, bound to a source address if the
 * answer must take the route to a client there; echo and ARP share a raw socket
 * per set. ICMP errors are reported as errno. Nothing blocks.
 *
 * The caller decides what to send, when, and what an answer means; but a TFTP
 * transfer that an answer begins is ended here.
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
	QUERY_ARP,		/* its answer has none either */
	QUERY_ROUTERS,		/* a router solicitation; its answers are advertisements */
	QUERY_DATAGRAM,		/* UDP, answered from any address and port */
	QUERY_TFTP,		/* UDP, answered by `to` from any port */
	QUERY_STREAM,		/* TCP; without msg, the connection is the answer */
};

struct query {
	enum query_kind kind;
	uint32_t token;
	struct mono until;	/* query_expire() closes it then */
	struct ipaddr to;	/* IPv4's for ARP, ICMP6_ALL_ROUTERS for ROUTERS */
	struct ipaddr source;	/* none, but not for ARP: the kernel's choice */
	uint16_t port;
	const void *msg;	/* copied; not for echo, ARP and ROUTERS */
	size_t len;
	uint32_t ifindex;	/* ARP, ROUTERS: the link; our hardware address on it */
	struct mac mac;
};

struct query_answer {
	uint32_t token;
	int err;		/* an errno value; 0: there is an answer */
	struct ipaddr from;
	const uint8_t *data;	/* borrowed; of a stream, everything so far */
	size_t len;
	bool more;		/* the stream has not ended */
};

/* Called by the loop and query_expire(). Returns true to close the query. */
typedef bool query_fn(void *user, const struct query_answer *a, struct mono now);

/* priv, borrowed, opens raw and bound sockets. NULL: no memory. */
struct priv;
struct queries *queries_new(struct loop *l, struct priv *priv, query_fn *fn,
    void *user);
struct queries *queries_free(struct queries *s);	/* NULL-safe; returns NULL */

/* Sends at once. A query whose token is open is sent again from the same socket
 * (but not a stream). 0 or -errno: -EBUSY if QUERY_MAX are open; -ENETUNREACH
 * and -EHOSTUNREACH if there is no route. */
int query_ask(struct queries *s, const struct query *q);
/* Closes queries that timed out, after reporting what a stream has received.
 * Call it from time to time, for example before query_ask(). */
void query_expire(struct queries *s, struct mono now);
void query_cancel(struct queries *s);
unsigned query_n_open(const struct queries *s);

#endif
