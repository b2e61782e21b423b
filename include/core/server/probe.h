/* SPDX-License-Identifier: ISC
 *
 * probe - when each server is probed, and what its answers and its silence mean
 * for its health. relay/tend/probe_run sends and receives.
 *
 * Each query has a token, a 32-bit number that cannot be guessed, which is used
 * as xid or echo identifier and finds the query when its answer arrives.
 */
#ifndef CORE_SERVER_PROBE_H
#define CORE_SERVER_PROBE_H

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
	PROBE_NO_INTERFACE,	/* waits: no ready client interface leads to it */
	PROBE_OFF_LINK,		/* waits: ARP, and the server is not on-link */
	PROBE_BUSY,		/* waits: too many open queries */
};

struct probe_one {
	enum probe_last last;
	struct mono at;		/* when `last` was set; us 0: never */
	struct mono since;	/* in the configuration since then */
	bool open;		/* sent, no result yet */
	bool worked;		/* was answered, and is not known to be wrong */
	uint32_t token;
	enum health_diag diag;	/* of TIMEOUT and FAILED */
};

struct probe_server {
	struct mono due;	/* of the next round */
	struct mono sent;	/* when the round began; us 0: no round */
	bool doubted;		/* since the last round: see probe_doubt() */
	uint8_t next;		/* which probe is sent next */
	uint8_t good;		/* good rounds in a row */
	uint8_t contradicted;	/* bad rounds in which clients got replies */
	uint16_t silent;	/* bad rounds in a row */
	/* The client interface whose giaddr is used, and the link for ARP. 0:
	 * not looked up; PROBE_NO_IFACE: none, until interfaces change. */
	uint32_t via, link;
	struct probe_one one[CONF_PROBES_MAX];	/* as configured */
};
#define PROBE_NO_IFACE UINT32_MAX

/* Zero except secret until the first probe_configure(). */
struct probes {
	struct hash_key secret;
	uint64_t count;		/* of tokens drawn */
	unsigned at;		/* the server with which probe_next() goes on */
	/* Called after health.misconfigured has changed; may be NULL. */
	void (*on_wrong)(void *user, uint16_t server);
	void *user;
	struct iface_giaddr own;	/* the result of probe_giaddr() */
	struct probe_server server[CONF_SERVERS_MAX];	/* by conf_server.first */
};

struct probe_query {
	uint16_t server;
	uint32_t token;
	const struct conf_probe *probe;	/* borrowed from the configuration */
};

/* Takes the first configuration (old is NULL) or another one. Ends current
 * rounds, and keeps the results of probes that are in both. */
void probe_configure(struct probes *p, const struct conf *old, const struct conf *c,
    struct mono now);
/* Call it after interfaces have changed. Probes that wait for one are sent soon. */
void probe_interfaces_changed(struct probes *p, struct mono now);

/* Gets a query to send now; false if there is none. Also ends rounds whose time
 * is over. Call it when probe_due() says so, until it returns false. */
bool probe_next(struct probes *p, struct servers *sv, struct mono now,
    struct probe_query *q);
/* The most queries to send in a step of step_ms: twice the average. All servers
 * are due at once after the process was stopped for a second or when a route is
 * back, and that must not cause a burst. */
unsigned probe_share(const struct conf *c, int64_t step_ms);
/* When probe_next() is due; false: never. */
bool probe_due(const struct probes *p, const struct servers *sv, struct mono *due);

/* Finds the server and the probe of an open query; false: none has this token. */
bool probe_find(const struct probes *p, const struct servers *sv, uint32_t token,
    uint16_t *server, unsigned *which);
/* Takes the result of a query, with the diagnosis if it failed. false: no open
 * query has this token. */
bool probe_result(struct probes *p, struct servers *sv, uint32_t token,
    enum probe_last last, enum health_diag d, struct mono now);
/* Takes an error (errno) of the server's socket as the result of its open DHCP
 * queries; false if there are none. */
bool probe_socket_error(struct probes *p, struct servers *sv, uint16_t server,
    int err, struct mono now);

/* Evidence that may be forged, such as a router's error: the next round comes early, by
 * three quarters of the interval at most. */
void probe_doubt(struct probes *p, const struct servers *sv, uint16_t server,
    struct mono now);

/* The interface as whose client a server is probed: a ready one that leads to it, or
 * NULL. */
const struct iface *probe_via(struct probes *p, const struct servers *sv,
    uint16_t server);
/* The giaddr to probe a server with: the first one of a ready client interface
 * that leads to this server (dnsmasq does not answer for subnets it does not
 * know), or NULL. On standby it is not the virtual address, which the other
 * router has. Valid until the next call or change of interfaces. */
const struct iface_giaddr *probe_giaddr(struct probes *p, const struct servers *sv,
    uint16_t server);
/* Finds the link that this server is on, and our address there; NULL if none. */
const struct iface *probe_link(struct probes *p, const struct servers *sv,
    uint16_t server, struct ip4 *source);

/* The diagnosis if a probe of this kind is not answered. */
enum health_diag probe_diag(enum conf_probe_kind kind);
const char *probe_last_word(enum probe_last l);

#endif
