/* SPDX-License-Identifier: ISC
 *
 * active - finds the virtual address of a pair of routers (VRRP, RFC 9568) on
 * an interface. The router that has it relays requests; the other is on standby.
 */
#ifndef CORE_IFACE_ACTIVE_H
#define CORE_IFACE_ACTIVE_H

#include <stdbool.h>

#include "base/addr.h"
#include "core/conf/conf.h"
#include "core/iface/iface.h"

/* Is address i of this family on `from` a virtual one? False with active = always. */
bool active_is_virtual(const struct conf_if_opts *o, const struct iface *from,
    enum family family, uint32_t i);
/* Sets *found to the virtual address on `from`, or on `over`, a macvlan on top of the
 * interface, unless it is set to one that comes before: any one of IPv4, a lower one of
 * IPv6, where a global address is lower than a link-local one. */
void active_on(const struct conf_if_opts *o, const struct iface *from,
    enum family family, struct ipaddr *found);
void active_over(const struct conf_if_opts *o, const struct iface *over,
    enum family family, struct ipaddr *found);

#endif
