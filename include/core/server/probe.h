/* SPDX-License-Identifier: ISC
 *
 * probe - when each server is probed, and what follows from answers and from silence.
 *
 * All probes of a server are sent together, in a round. A round is good when each was answered,
 * else bad, for the reason of the first that was not; `rise` good or `fall` bad rounds in a row
 * count (core/server/health). So a dead server is known to be down after fall x interval +
 * timeout at most. Rounds come up to a tenth early, so that servers that were started together
 * drift apart.
 *
 * - A server that answered a client within the interval is alive; its round is put off, once
 *   each of its probes was answered.
 * - A kind of probe that was never answered, though clients were since, is a wrong probe, not a
 *   dead server: it is reported and counts for nothing. One that worked becomes wrong after
 *   `fall` rounds in which clients were answered and it was not.
 * - Echo and ARP say that the host is there, and nothing about its service: when answered, they
 *   take nothing up. They end a down that their silence or a broken way began: the server is
 *   "unknown" again, that is, tried.
 * - A probe that cannot be sent (no client interface is ready, ARP for a server behind a
 *   router) waits, and is no evidence.
 * - A server with no probe that can be sent, or with wrong ones only, comes back like one
 *   without probes.
 * - A server that is down for long is probed less often, down to an eighth.
 *
 * Every query has a token, a 32-bit number that cannot be guessed: the xid, the identifier of
 * an echo, the name of a connection. Its answer is found by it. Sending and receiving is left to
 * relay/tend/probe_run and io/query.
 */
#ifndef CORE_PROBE_H
#define CORE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/server/health.h"
#include "core/iface/iftab.h"
#include "core/server/servers.h"

/* The result of the last query of one kind. */
enum probe_last {
	PROBE_NEVER,		/* not sent yet */
	PROBE_ANSWERED,
	PROBE_TIMEOUT,
	PROBE_FAILED,		/* refused, or answered with an error */
	PROBE_NO_INTERFACE,	/* waits: no client interface of this server is ready */
	PROBE_OFF_LINK,		/* waits: ARP reaches only servers on our own links */
	PROBE_BUSY,		/* waits: too many queries are open */
};

struct probe_one {
	enum probe_last last;
	struct mono at;		/* of `last`; us 0: never */
	struct mono since;	/* it is in the configuration */
	bool open;		/* sent, and no result yet */
	bool worked;		/* answered once, and not known to be wrong */
	uint32_t token;
	enum health_diag diag;	/* of TIMEOUT and FAILED */
};

struct probe_server {
	struct mono due;	/* of the next round */
	struct mono sent;	/* when the current round began; us 0: there is none */
	uint8_t next;		/* probe to send next in it */
	uint8_t good;		/* rounds answered in a row */
	uint8_t contradicted;	/* unanswered rounds in which a client was answered */
	uint16_t silent;	/* unanswered rounds in a row */
	/* The client interface whose giaddr is used, and the link for ARP. 0: to be looked up;
	 * PROBE_NO_IFACE: none until interfaces change. */
	uint32_t via, link;
	struct probe_one one[CONF_PROBES_MAX];	/* as in the configuration */
};
#define PROBE_NO_IFACE UINT32_MAX

/* Zeros but for secret, until the first probe_configure(). */
struct probes {
	struct hash_key secret;
	uint64_t count;		/* of tokens drawn */
	unsigned at;		/* the server that probe_next() looks at next */
	/* Called when health.misconfigured changed; may be NULL. */
	void (*on_wrong)(void *user, uint16_t server);
	void *user;
	struct iface_giaddr own;	/* the result of probe_giaddr() */
	struct probe_server server[CONF_SERVERS_MAX];	/* by server, the first of its address */
};

struct probe_query {
	uint16_t server;
	uint32_t token;
	const struct conf_probe *probe;	/* borrowed from the configuration */
};

/* Takes a configuration, the first (old is NULL) or the next. Results of probes that stay are
 * kept; current rounds are given up. */
void probe_configure(struct probes *p, const struct conf *old, const struct conf *c,
    struct mono now);
/* Interfaces changed: probes that wait for one are sent soon. */
void probe_interfaces_changed(struct probes *p, struct mono now);

/* The next query to send now; false: none. It also ends rounds whose time is over, so call it
 * until it returns false, whenever probe_due() says. */
bool probe_next(struct probes *p, struct servers *sv, struct mono now, struct probe_query *q);
/* How many queries to send at most in a step of step_ms: twice the average. After the process was
 * stopped for a second, or when a route is back, all servers are due, which must be no burst. */
unsigned probe_share(const struct conf *c, int64_t step_ms);
/* When there will be something to do; false: never. */
bool probe_due(const struct probes *p, const struct servers *sv, struct mono *due);

/* The server and the probe of an open query; false: no open query has this token. */
bool probe_find(const struct probes *p, const struct servers *sv, uint32_t token,
    uint16_t *server, unsigned *which);
/* The result of a query; false: no open query has this token. */
bool probe_answered(struct probes *p, struct servers *sv, uint32_t token, struct mono now);
bool probe_failed(struct probes *p, struct servers *sv, uint32_t token, enum health_diag d,
    struct mono now);
/* It could not be sent: PROBE_NO_INTERFACE, PROBE_OFF_LINK or PROBE_BUSY. */
bool probe_waits(struct probes *p, struct servers *sv, uint32_t token, enum probe_last why,
    struct mono now);
/* An error (errno) of the server's socket is the result of its open DHCP queries, and counts with
 * their round; false: there are none. */
bool probe_socket_error(struct probes *p, struct servers *sv, uint16_t server, int err,
    struct mono now);

/* The subnet to probe a server from: the first of a ready client interface whose clients are sent
 * to this server (dnsmasq does not answer for subnets that it does not know); NULL: there is none
 * now. Its giaddr is an address of this machine, so not the virtual one while on standby. Valid
 * until the next call or change of interfaces. */
const struct iface_giaddr *probe_giaddr(struct probes *p, const struct servers *sv,
    uint16_t server);
/* The link that this server is on, and our address there; NULL: it is on none. */
const struct iface *probe_link(struct probes *p, const struct servers *sv, uint16_t server,
    struct ip4 *source);

/* The diagnosis when a probe of this kind is not answered. */
enum health_diag probe_diag(enum conf_probe_kind kind);
const char *probe_last_word(enum probe_last l);

#endif
