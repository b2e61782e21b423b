/* SPDX-License-Identifier: ISC
 *
 * discovery - what the replies of servers tell about boot server discovery (PXE 2.1):
 * which of `servers =` are boot servers, and which multicast groups machines will send
 * to (option 43.7). relay/tend/iface_watch joins and leaves the groups.
 *
 * The servers choose the groups, so there is a bound: IFACE_GROUPS_MAX on an interface,
 * DISCOVERY_GROUPS_MAX in all. What is joined stays; one more is refused until a place is
 * free, so a server that names ever new groups cannot take away one that is used.
 */
#ifndef CORE_RELAY4_DISCOVERY_H
#define CORE_RELAY4_DISCOVERY_H

#include "core/relay4/relay4.h"

/* A site has one group or two. Each costs the kernel 56 bytes and IGMP reports. */
#define DISCOVERY_GROUPS_MAX	1024

/* A group is left if no reply has named it for this long. A machine sends within
 * seconds, but a menu (43.9) may wait for its user. */
#define DISCOVERY_GROUP_MS	3600000

/* Notes what a reply that is delivered to a client of d->out tells; d->server is known.
 * Returns true if it names a group that is new there. */
bool discovery_learn(struct relay *r, const struct relay4_delivery *d, struct mono now);
/* Forgets the i-th group of the interface, and moves its last one there. */
void discovery_forget(struct relay *r, struct iface *f, unsigned i);
/* May clients of the interface send a discovery to this group? */
bool discovery_is_group(const struct conf *c, const struct iface *f, struct ip4 a);
/* Removes those of the list that are no boot servers, as far as is known; none, if all
 * would be. */
void discovery_only_boot(const struct servers *sv, struct ask_list *l);
/* Does an interface need port 4011 and the discovery groups, that is, could any of its
 * clients be sent to a boot server? */
bool discovery_wanted(const struct conf *c, const struct iface *f);

#endif
