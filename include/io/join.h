/* SPDX-License-Identifier: ISC
 *
 * join - makes this host a member of multicast groups on the links of clients, for
 * any number of links: of ff02::1:2, All_DHCP_Relay_Agents_and_Servers (RFC 9915 7.1),
 * or of the discovery groups of PXE.
 */
#ifndef IO_JOIN_H
#define IO_JOIN_H

#include <stdint.h>

#include "base/addr.h"

/* More would need more option memory than net.core.optmem_max allows by default. */
#define JOINS_PER_SOCKET 300

struct joins;

/* For groups of a family. NULL: out of memory. */
struct joins *joins_new(enum family family);
/* Leaves all groups. NULL-safe; returns NULL. */
struct joins *joins_free(struct joins *j);
/* Joins a group on a link, unless that was done before. 0 or -errno: -EINVAL if the link does
 * not do IPv6, or it is no group; -ENODEV if the link is gone. */
int joins_add(struct joins *j, struct ipaddr group, uint32_t ifindex);
/* Leaves, if it was joined. A link that is deleted must be dropped, or the membership
 * is missed on the next one with its ifindex. */
void joins_drop(struct joins *j, struct ipaddr group, uint32_t ifindex);

#endif
