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

/* Is address i of `from` a virtual one? False with active = always. */
bool active_is_virtual(const struct conf_if_opts *o, const struct iface *from,
    uint32_t i);
/* Return the virtual address on `from`, or on `over`, a macvlan on top of the
 * interface; IP4_NONE if none. */
struct ip4 active_on(const struct conf_if_opts *o, const struct iface *from);
struct ip4 active_over(const struct conf_if_opts *o, const struct iface *over);

#endif
