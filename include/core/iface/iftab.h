/* SPDX-License-Identifier: ISC
 *
 * iftab - the interface table: what the kernel has told us about links and IPv4
 * addresses, matched with the configuration.
 *
 * io/netlink feeds events in; iftab_commit() then recomputes what depends on them: which
 * interface serves clients, its giaddrs, its ready-made option 82, the index from giaddr to
 * interfaces. The packet path only reads, by binary search. The table owns each struct
 * iface; a pointer to one is valid until the next event, so store the ifindex instead.
 *
 * A port of a bridge, bond or team receives no IP packets: its master does. A master that
 * has no [interface] takes over that of its first configured port (lowest ifindex), and the
 * port's addresses while it has none.
 *
 * A macvlan or ipvlan on top of a client interface receives the same broadcasts again. It
 * is not a client interface itself, whatever its name: its packets belong to the interface
 * below (iftab_client). keepalived's use_vmac makes one for each virtual address.
 */
#ifndef CORE_IFTAB_H
#define CORE_IFTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/conf/conf.h"
#include "core/iface/iface.h"

struct iftab;

struct iftab *iftab_new(void);	/* NULL: out of memory */
struct iftab *iftab_free(struct iftab *t);

/* New or changed; the same event twice changes nothing. 0, or -ENOMEM: the table is as
 * before, and a resync is due. Any order will do: an address may come before its link, a
 * port before its bridge. Deleting what is unknown does nothing. */
int iftab_set_link(struct iftab *t, const struct iftab_link *l);
void iftab_del_link(struct iftab *t, uint32_t ifindex);
int iftab_set_addr(struct iftab *t, uint32_t ifindex, const struct iftab_addr *a);
void iftab_del_addr(struct iftab *t, uint32_t ifindex, struct ip4net net);

/* A full read: what is not set again between begin and end is removed. Events take effect
 * at once. A second begin starts over (the read was interrupted). */
void iftab_resync_begin(struct iftab *t);
void iftab_resync_end(struct iftab *t);

/* What happened to an interface, as iftab_commit() tells it. */
enum iftab_change {
	IFTAB_READY,	/* serves clients now: configured, up, has a giaddr */
	IFTAB_CHANGED,	/* still serves, with other giaddrs or another name */
	IFTAB_LOST,	/* no longer serves; f->link.name is the name it served by */
	IFTAB_ACTIVE,	/* serves, and its requests are relayed from now on */
	IFTAB_STANDBY,	/* serves, but the other router relays its requests */
};
/* Called at most once per interface and commit, with two exceptions: an ifindex that was
 * deleted and recreated is LOST, then READY; and where `active' is not "always", READY is
 * followed by ACTIVE or STANDBY. These two also imply CHANGED. f is valid during the call,
 * which must not change the table. */
typedef void iftab_change_fn(void *user, enum iftab_change what, const struct iface *f);

/* Recomputes what depends on events since the last commit, or everything if `all` (another
 * conf or host). host is %h. c is borrowed until the next commit. An interface whose giaddr
 * finds no memory in the index is not ready; the next commit tries again. */
void iftab_commit(struct iftab *t, const struct conf *c, const char *host, bool all,
    iftab_change_fn *fn, void *user);

/* NULL: the kernel has no such interface (any more). */
struct iface *iftab_by_index(struct iftab *t, uint32_t ifindex);
/* The client interface that packets received there belong to: the one below a macvlan,
 * otherwise itself. */
uint32_t iftab_client(struct iftab *t, uint32_t ifindex);
/* Is `a` an address of this host, on whatever side, or a configured giaddr? */
bool iftab_is_ours(const struct iftab *t, struct ip4 a);
/* Does the kernel have `a` on some interface? */
bool iftab_is_local(const struct iftab *t, struct ip4 a);
/* How many ready interfaces have this giaddr; if it is one, *only is that one, otherwise
 * NULL. */
size_t iftab_by_giaddr(struct iftab *t, struct ip4 giaddr, struct iface **only);
size_t iftab_count(const struct iftab *t);
/* In order of ifindex; start with 0. NULL at the end. */
struct iface *iftab_next(struct iftab *t, uint32_t after_ifindex);

#endif
