/* SPDX-License-Identifier: ISC
 *
 * iftab - the interface table: what the kernel has told us about links and
 * IPv4 addresses, matched with the configuration.
 *
 * Events go in (io/netlink translates them), then iftab_commit() recomputes what
 * hangs on them: which interface serves clients, its giaddrs, its ready-made
 * option 82, the index from giaddr to interfaces. The packet path reads only:
 * every look-up is O(1). A struct iface is owned by the table; its pointer is
 * valid until the next event goes in, so nothing stores it: store the ifindex.
 *
 * A port of a bridge, bond or team receives no IP packets of its own: its master does.
 * When the master has no [interface] of its own, it takes over that of its first
 * configured port (lowest ifindex), and the port's addresses while it has none.
 *
 * A macvlan or ipvlan on top of a client interface gets the same broadcasts once more.
 * It is no client interface itself, whatever it is called: it stands for the other
 * (iftab_client). keepalived's use_vmac makes such ones for virtual addresses.
 */
#ifndef CORE_IFTAB_H
#define CORE_IFTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "core/conf/conf.h"
#include "core/iface/limit.h"
#include "core/server/stats.h"
#include "proto/rai.h"

#define IFTAB_NAME_MAX	16	/* IFNAMSIZ */
#define IFTAB_GI_MAX	8	/* subnets of one interface that get a giaddr */

enum iftab_kind { IFTAB_OTHER, IFTAB_VLAN, IFTAB_BRIDGE, IFTAB_BOND, IFTAB_VRF,
	IFTAB_MACVLAN };

/* A link as the kernel reports it. */
struct iftab_link {
	uint32_t ifindex;
	char name[IFTAB_NAME_MAX];
	bool up;		/* IFF_UP */
	bool running;		/* IFF_RUNNING: up, and so are the carrier and what is below */
	bool loopback;
	enum iftab_kind kind;	/* bond stands for team too, macvlan for ipvlan */
	uint32_t master;	/* ifindex of the bridge, bond or VRF, 0: none */
	uint32_t lower;		/* of what a macvlan is made on, 0: none or not known */
	uint16_t vlan;		/* VLAN id, 0: none */
	uint16_t hwtype;	/* ARPHRD_* */
	uint8_t mac_len;
	uint8_t mac[32];
	uint32_t mtu;
};

struct iftab_addr {
	struct ip4net net;	/* local address and prefix length */
	bool secondary;		/* IFA_F_SECONDARY: same subnet as an earlier one */
	bool link_scope;	/* RT_SCOPE_LINK or narrower: the last choice for a giaddr */
};

/* One subnet of a client interface: what a relayed request carries. */
struct iface_gi {
	struct ip4 giaddr;
	struct ip4net subnet;	/* of giaddr; giaddr = all and rotate only */
	struct rai rai;		/* ready bytes; len 0 when option82 = none */
};

struct iface {
	struct iftab_link link;
	const struct conf_if *conf;	/* effective; NULL: no client interface */
	uint32_t from_port;	/* conf inherited from this port, 0: own */
	uint32_t copy_of;	/* a macvlan on this client interface, 0: none */
	bool standby;		/* active = ... and another router has the virtual address */
	bool in_group;		/* relay/follow has joined the discovery group here */
	struct ip4 virtual;	/* the virtual address, IP4_NONE: not known */
	struct ip4 own;		/* the first that is not virtual, IP4_NONE: there is none */
	uint32_t n_addr;
	struct iftab_addr *addr;	/* primaries in the kernel's order; owned */
	uint8_t n_gi;		/* 0: no address yet (or not a client interface) */
	struct iface_gi gi[IFTAB_GI_MAX];
	/* Option 82 as it was before the last change: answers to what carried it may be under
	 * way. Owned; none in the usual life of an interface. */
	uint8_t n_was;
	struct iface_gi *was;
	struct if_stats stats;	/* of this ifindex; starts anew with it */
	struct limit limit;	/* interface-rate */
	/* Bit i: see iface_rule(). */
	uint64_t rule_bits[CONF_RULES_MAX / 64];
};

struct iftab;

struct iftab *iftab_new(struct hash_key secret);
struct iftab *iftab_free(struct iftab *t);

/*
 * New or changed; the same event twice changes nothing. 0, or -ENOMEM: the table
 * is as before, and a resync is due. In any order: an address may come before
 * its link, a port before its bridge; what is not known is deleted in silence.
 */
int iftab_set_link(struct iftab *t, const struct iftab_link *l);
void iftab_del_link(struct iftab *t, uint32_t ifindex);
int iftab_set_addr(struct iftab *t, uint32_t ifindex, const struct iftab_addr *a);
void iftab_del_addr(struct iftab *t, uint32_t ifindex, struct ip4net net);

/* A full read: what is not set again between begin and end is removed. Events
 * take effect at once. begin again starts over (the read was interrupted). */
void iftab_resync_begin(struct iftab *t);
void iftab_resync_end(struct iftab *t);

/* What became of an interface, told by iftab_commit(). */
enum iftab_change {
	IFTAB_READY,	/* serves clients now: configured, up, has a giaddr */
	IFTAB_CHANGED,	/* still serves, with other giaddrs or another name */
	IFTAB_LOST,	/* does not any more; f->link.name is the name it served by */
	IFTAB_ACTIVE,	/* serves, and its requests are relayed from now on */
	IFTAB_STANDBY,	/* serves, but another router is at work */
};
/* Called at most once per interface and commit, with two exceptions: an ifindex that went and came
 * again is LOST, then READY; and where `active' is not "always", READY is followed by ACTIVE or
 * STANDBY. With these two no CHANGED is told. f is valid during the call, in which the table must
 * not be changed. */
typedef void iftab_change_fn(void *user, enum iftab_change what, const struct iface *f);

/*
 * Recomputes what hangs on events since the last commit, or everything when
 * `all` (another conf or host). host is %h. c is borrowed until the next commit.
 * When memory is short, interfaces whose giaddr has no room in the index are
 * not ready; the next commit tries again.
 */
void iftab_commit(struct iftab *t, const struct conf *c, const char *host, bool all,
    iftab_change_fn *fn, void *user);

/* NULL when the kernel has no such interface (any more). */
struct iface *iftab_by_index(struct iftab *t, uint32_t ifindex);
/* Whose packets come in there: for a macvlan on a client interface that one's, else
 * its own. */
uint32_t iftab_client(struct iftab *t, uint32_t ifindex);
/* Serves clients: configured, up and has a giaddr? Also on standby: answers may be
 * under way. */
bool iface_ready(const struct iface *f);
/* Is `a` in a subnet of one of the addresses of the interface? */
bool iface_has(const struct iface *f, struct ip4 a);
/* Is `a` everybody in one of them, by all ones or (RFC 1122 3.3.6) all zeros, and so nobody? */
bool iface_is_all(const struct iface *f, struct ip4 a);
/* Can `a` be the address of one machine, here or elsewhere? */
bool iface_is_machine(const struct iface *f, struct ip4 a);
/* Does the interface condition of rule i hold there (or has it none)? */
static inline bool
iface_rule(const struct iface *f, unsigned i)
{
	return f->rule_bits[i / 64] >> i % 64 & 1;
}
/* Could any client of this client interface be sent to the server (a `first` index), by the
 * interface's own keys or by a rule? */
bool iface_leads_to(const struct iface *f, const struct conf *c, uint16_t server);
/* Is `a` any address of this host (client side or not), or a configured giaddr? */
bool iftab_is_ours(const struct iftab *t, struct ip4 a);
/* Is `a` an address the kernel has on some interface? */
bool iftab_is_local(const struct iftab *t, struct ip4 a);
/* The ready interfaces with this giaddr: how many, and in *only the one when it
 * is one. */
size_t iftab_by_giaddr(struct iftab *t, struct ip4 giaddr, struct iface **only);
/* The index into f->gi of this giaddr, or -1. */
int iface_gi_find(const struct iface *f, struct ip4 giaddr);
/* With giaddr = all and rotate the index of the one whose subnet has `a`, -1: none has. */
int iface_gi_of(const struct iface *f, struct ip4 a);
/* The giaddr for a client that has this address, the first one if none is of its subnet. f is
 * ready. */
struct ip4 iface_giaddr_for(const struct iface *f, struct ip4 a);
/* The option 82 that requests with this giaddr carried before the last change; NULL: the same as
 * now, or none. */
const struct rai *iface_rai_was(const struct iface *f, struct ip4 giaddr);
size_t iftab_count(const struct iftab *t);
/* In order of ifindex, for tables on a screen; NULL at the end. Start with 0.
 * O(log n). */
struct iface *iftab_next(struct iftab *t, uint32_t after_ifindex);

#endif
