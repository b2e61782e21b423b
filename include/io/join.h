/* SPDX-License-Identifier: ISC
 *
 * join - makes this host a member of ff02::1:2, All_DHCP_Relay_Agents_and_Servers
 * (RFC 9915 7.1), on the links of clients, for any number of links.
 */
#ifndef IO_JOIN_H
#define IO_JOIN_H

#include <stdint.h>

/* More would need more option memory than net.core.optmem_max allows by default. */
#define JOINS_PER_SOCKET 300

struct joins;

struct joins *joins_new(void);		/* NULL: out of memory */
/* Leaves the group everywhere. NULL-safe; returns NULL. */
struct joins *joins_free(struct joins *j);
/* Joins on a link, unless that was done before. 0 or -errno: -EINVAL if the link does
 * not do IPv6, -ENODEV if it is gone. */
int joins_add(struct joins *j, uint32_t ifindex);
/* Leaves, if it was joined. A link that is deleted must be dropped, or the membership
 * is missed on the next one with its ifindex. */
void joins_drop(struct joins *j, uint32_t ifindex);

#endif
