/* SPDX-License-Identifier: ISC
 *
 * fetch - one question on a socket of its own, and the first of what comes back: a
 * datagram for a port 4011, the first block of a file by TFTP or HTTP. For `pxrelayctl
 * doctor`, which looks at what io/prober only counts as a sign of life.
 *
 * A question may have one of our addresses as source, so that the answer takes the way back
 * that it takes to a client of that network. Errors (ICMP) come back as errno. Nothing ever
 * waits, and at most FETCH_MAX questions are open.
 */
#ifndef IO_FETCH_H
#define IO_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/loop.h"

#define FETCH_MAX	256
#define FETCH_BYTES	4096	/* of an answer */

struct fetcher;

struct fetch_result {
	uint32_t token;
	int err;		/* errno; 0: there is data */
	struct ip4 from;	/* of a datagram */
	const uint8_t *data;	/* borrowed for the call; HTTP: head and body */
	size_t len;
};

/* true: that was it, the question is closed. false (a datagram that is no answer): it waits on.
 * Called from the loop and from fetcher_expire(). */
typedef bool fetch_fn(void *user, const struct fetch_result *r, struct mono now);

enum fetch_kind { FETCH_DATAGRAM, FETCH_TFTP, FETCH_HTTP };

struct fetch_ask {
	enum fetch_kind kind;
	uint32_t token;
	struct ip4 to, source;	/* source IP4_NONE: the kernel's choice */
	uint16_t port;
	struct mono until;
	const void *msg;	/* what is said first; copied */
	size_t len;		/* up to FETCH_BYTES */
};

/* priv, borrowed, binds sockets to their source. NULL: no memory. */
struct priv;
struct fetcher *fetcher_new(struct loop *l, struct priv *priv, fetch_fn *fn, void *user);
struct fetcher *fetcher_free(struct fetcher *f);	/* NULL-safe; returns NULL */

/* Sends at once. A token that is open already is said again, on the same socket. 0 or -errno
 * (EBUSY: FETCH_MAX are open). */
int fetch(struct fetcher *f, const struct fetch_ask *a);
/* Closes what is over; of HTTP what came so far is handed out first. */
void fetcher_expire(struct fetcher *f, struct mono now);
void fetcher_cancel(struct fetcher *f);
unsigned fetcher_open(const struct fetcher *f);

#endif
