/* SPDX-License-Identifier: ISC
 *
 * probe - when is which server asked whether it is alive, and what follows from the
 * answers and from silence.
 *
 * All probes of a server are asked together, in a round: it is good when each was answered, and
 * bad with the reason of the first that was not. What counts is core/health's: rise good or
 * fall bad rounds in a row. So a server that died is known to be down after fall x interval +
 * timeout at most. Rounds come up to a tenth earlier than the interval says, so that servers
 * that were started together drift apart.
 *
 * - A server that answered a client within the interval is alive; its round is
 *   put off, once each of its probes was answered.
 * - A kind of probe that was never answered, though clients have been since, is a
 *   wrong probe and no dead server: that is reported, and counts for nothing. One that
 *   worked becomes wrong after `fall` rounds in which clients were answered and it was not.
 * - Echo and ARP say that a host is there, and nothing about its service: answered,
 *   they make nothing up. They end what their silence, or a broken way, began: the server is
 *   "unknown" again, that is, tried.
 * - A probe that cannot be asked (no client interface is ready, ARP for a server
 *   behind a router) waits, and is no evidence.
 * - A server of which nothing can be asked, or only what is wrong, comes back like one
 *   without probes.
 * - A server that is down for long is asked less often, at most 8 times.
 *
 * Every question has a number of 32 bits that nobody can guess: it is the xid, the
 * identifier of an echo, the name of a connection. Its answer is found by it.
 *
 * tend/probe_run and io/query send the queries and receive the answers.
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

/* What became of the last question of one kind. */
enum probe_last {
	PROBE_NEVER,		/* it was not asked yet */
	PROBE_ANSWERED,
	PROBE_TIMEOUT,
	PROBE_FAILED,		/* refused, or an answer that says no */
	PROBE_NO_INTERFACE,	/* waits: no client interface of this server is ready */
	PROBE_OFF_LINK,		/* waits: ARP reaches the servers of our own links only */
	PROBE_BUSY,		/* waits: too many questions are open */
};

struct probe_one {
	enum probe_last last;
	struct mono at;		/* since when `last` is so; us 0: never */
	struct mono since;	/* it is in the configuration */
	bool open;		/* asked, neither answered nor given up */
	bool worked;		/* was answered once, and is not known to be wrong */
	uint32_t token;
	enum health_diag diag;	/* of TIMEOUT and FAILED */
};

struct probe_server {
	struct mono due;	/* of the next round */
	struct mono sent;	/* when the round under way began; us 0: none is */
	uint8_t next;		/* probe to ask next in it */
	uint8_t good;		/* rounds answered in a row */
	uint8_t contradicted;	/* unanswered rounds in which a client was answered */
	uint16_t silent;	/* unanswered rounds in a row */
	/* The client interface whose giaddr is used, and the link for ARP: 0 when they are to
	 * be looked for, PROBE_NO_IFACE when there is none until interfaces change. */
	uint32_t via, link;
	struct probe_one one[CONF_PROBES_MAX];	/* as in the configuration */
};
#define PROBE_NO_IFACE UINT32_MAX

struct probes {
	struct hash_key secret;
	uint64_t count;		/* of numbers drawn */
	unsigned at;		/* server that probe_next() looks at next */
	/* Told when health.misconfigured changed; may be NULL. */
	void (*on_wrong)(void *user, uint16_t server);
	void *user;
	struct iface_giaddr own;	/* what probe_giaddr() made up */
	struct probe_server server[CONF_SERVERS_MAX];	/* by server, the first of its address */
};

struct probe_question {
	uint16_t server;
	uint32_t token;
	const struct conf_probe *probe;	/* borrowed from the configuration */
};

/* p is zeros. */
void probe_init(struct probes *p, struct hash_key secret);
/* A configuration, the first (old NULL) or the next: what is known of probes that stay is kept;
 * rounds under way are given up. */
void probe_configure(struct probes *p, const struct conf *old, const struct conf *c,
    struct mono now);
/* Interfaces came, went or changed: who waits for one is asked soon. */
void probe_interfaces_changed(struct probes *p, struct mono now);

/* The next question that is to be sent now; false: none is. It also ends rounds whose time is
 * over, so it is to be called until it says false, whenever probe_due() says. */
bool probe_next(struct probes *p, struct servers *sv, struct mono now, struct probe_question *q);
/* How many questions may be asked in a step of step_ms: twice what falls into it on average. All
 * servers are due at once after the process was stopped for a second, or when a route is back; they
 * are not to be asked in one burst. */
unsigned probe_share(const struct conf *c, int64_t step_ms);
/* When there will be something to do; false: never. */
bool probe_due(const struct probes *p, const struct servers *sv, struct mono *due);

/* Whose open question is it, and which of its probes; false: it is nobody's. */
bool probe_find(const struct probes *p, const struct servers *sv, uint32_t token,
    uint16_t *server, unsigned *which);
/* What came of a question. A number that is not, or no longer, asked for is
 * ignored: false. */
bool probe_answered(struct probes *p, struct servers *sv, uint32_t token, struct mono now);
bool probe_failed(struct probes *p, struct servers *sv, uint32_t token, enum health_diag d,
    struct mono now);
/* It could not be asked: PROBE_NO_INTERFACE, PROBE_OFF_LINK or PROBE_BUSY. */
bool probe_waits(struct probes *p, struct servers *sv, uint32_t token, enum probe_last why,
    struct mono now);
/* An error (errno) of the server's socket answers its open DHCP questions. true: so it was
 * one of theirs, and is counted with the round. */
bool probe_socket_error(struct probes *p, struct servers *sv, uint16_t server, int err,
    struct mono now);

/* The subnet in whose name a server is asked: the first one of a ready client interface whose
 * clients are sent to this server (dnsmasq does not answer for subnets that it does not know).
 * NULL: there is none now. Its giaddr is an address of this machine, so not the virtual one while
 * on standby. Valid until the next call or change of interfaces. */
const struct iface_giaddr *probe_giaddr(struct probes *p, const struct servers *sv, uint16_t server);
/* The link that this server is on, and our address there; NULL: it is on none. */
const struct iface *probe_link(struct probes *p, const struct servers *sv, uint16_t server,
    struct ip4 *source);

/* The default diagnosis of silence. */
enum health_diag probe_diag(enum conf_probe_kind kind);
const char *probe_last_word(enum probe_last l);

#endif
