/* SPDX-License-Identifier: ISC
 *
 * iftab - the table of interfaces: links and addresses as the kernel reports
 * them, combined with the configuration.
 *
 * io/netlink feeds in events, and iftab_commit() then recomputes what depends
 * on them: which interfaces serve clients, their giaddrs and option 82,
 * link-addresses and options of DHCPv6, and the index of these. The packet path
 * only reads. The table owns each struct iface. A pointer to one is valid until
 * the next event: store the ifindex.
 *
 * A port of a bridge, bond or team receives no IP packets; its master does. A
 * master without an [interface] uses that of its first configured port (lowest
 * ifindex), and the port's addresses if it has none itself.
 *
 * A macvlan or ipvlan on top of a client interface receives the same broadcasts
 * again, so it is never a client interface itself: its packets belong to the
 * interface below (iftab_client). keepalived creates one with use_vmac.
 */
#ifndef CORE_IFACE_IFTAB_H
#define CORE_IFACE_IFTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/conf/conf.h"
#include "core/iface/iface.h"

struct iftab;

struct iftab *iftab_new(void);	/* NULL: out of memory */
struct iftab *iftab_free(struct iftab *t);

/* Add or change, or delete, a link or an address. Events may come twice and in
 * any order: an address before its link, a port before its bridge. Deleting
 * something unknown does nothing. Return 0, or -ENOMEM: the table is unchanged,
 * and a resync is necessary. */
int iftab_set_link(struct iftab *t, const struct iftab_link *l);
void iftab_del_link(struct iftab *t, uint32_t ifindex);
int iftab_set_addr(struct iftab *t, uint32_t ifindex, const struct iftab_addr *a);
void iftab_del_addr(struct iftab *t, uint32_t ifindex, struct ipnet net);

/* A full read: links and addresses that are not set between begin and end are
 * removed. Events take effect at once. Another begin starts over. */
void iftab_resync_begin(struct iftab *t);
void iftab_resync_end(struct iftab *t);

/* What iftab_commit() reports about an interface. */
enum iftab_change {
	IFTAB_READY,	/* serves clients from now on (iface_serves) */
	IFTAB_CHANGED,	/* still serves, but as another: its name, giaddrs,
			 * link-address, link-local address, Interface-Id or
			 * the families that it serves */
	IFTAB_LOST,	/* no longer serves; f->link.name is its old name */
	IFTAB_ACTIVE,	/* serves; its requests are relayed from now on */
	IFTAB_STANDBY,	/* serves; the other router relays its requests */
	IFTAB_RECOMPUTED, /* whatever else is reported of it: f->conf, link and
			 * addresses may be others, or it is gone */
};
/* Called with RECOMPUTED after everything else about an interface, and otherwise at
 * most once for each interface and commit, with two exceptions: an ifindex that was
 * deleted and recreated is LOST, then READY; and unless `active` is "always", READY is
 * followed by ACTIVE or STANDBY. These two imply CHANGED; where the families differ, each
 * that has switched is told of. f is valid during the call, which must not change the
 * table. */
typedef void iftab_change_fn(void *user, enum iftab_change what,
    const struct iface *f);

/* What the interfaces of this host have in common. */
struct iftab_host {
	const char *name;	/* %h */
	uint8_t duid[18];	/* option 53 with relay-id = auto: a DUID-UUID */
};

/* Recomputes what depends on events since the last commit, or everything if
 * `all` (another conf or host). c is borrowed until the next commit. If memory is
 * short an interface is not ready, and the next commit tries again. */
void iftab_commit(struct iftab *t, const struct conf *c, const struct iftab_host *host,
    bool all, iftab_change_fn *fn, void *user);

/* Finds an interface; NULL if the kernel does not have it. */
struct iface *iftab_by_index(struct iftab *t, uint32_t ifindex);
struct iface *iftab_by_name(struct iftab *t, const char *name);
/* The client interface that packets received on ifindex belong to: the one
 * below a macvlan, otherwise itself. */
uint32_t iftab_client(struct iftab *t, uint32_t ifindex);
/* Is `a` an address of this host, on any interface, or a configured giaddr? */
bool iftab_is_ours(const struct iftab *t, struct ip4 a);
/* Is `a` an address of this host? */
bool iftab_is_local(const struct iftab *t, struct ip4 a);
/* Returns how many ready interfaces have this giaddr. If there is exactly one,
 * *only is set to it, else to NULL. */
size_t iftab_by_giaddr(struct iftab *t, struct ip4 giaddr, struct iface **only);
/* Is `a` a usable IPv6 address of this host, on any interface? A configured
 * link-address need not be. */
bool iftab_is_ours6(const struct iftab *t, struct ip6 a);
/* Is it the link-address of an interface that is ready for DHCPv6? */
bool iftab_has_link(const struct iftab *t, struct ip6 link);
/* As iftab_by_giaddr, by link-address. IP6_NONE: those that are `unnumbered`. */
size_t iftab_by_link(struct iftab *t, struct ip6 link, struct iface **only);
/* Finds the client interface with this Interface-Id, ready or not. NULL with *n > 1:
 * several have it. */
struct iface *iftab_by_iid(struct iftab *t, const void *iid, size_t len, size_t *n);
size_t iftab_count(const struct iftab *t);
/* Calls fn for each [interface] section that is on and whose pattern no interface has,
 * with one that is not there: its ifindex is 0. As of the last commit. */
typedef void iftab_absent_fn(void *user, const struct iface *f);
void iftab_absent(const struct iftab *t, iftab_absent_fn *fn, void *user);
/* The next interface by ifindex; begin with 0. NULL at the end. */
struct iface *iftab_next(struct iftab *t, uint32_t after_ifindex);

#endif
