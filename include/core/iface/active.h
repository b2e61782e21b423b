/* SPDX-License-Identifier: ISC
 *
 * active - which of an interface's addresses is the virtual one of a pair of routers
 * (VRRP, RFC 9568). The router that has it relays requests; the other is on `standby`
 * (struct iface).
 */
#ifndef CORE_ACTIVE_H
#define CORE_ACTIVE_H

#include <stdbool.h>

#include "base/addr.h"
#include "core/conf/conf.h"
#include "core/iface/iface.h"

/* Is address number i of `from` a virtual one? Never with active = always. */
bool active_is_virtual(const struct conf_if_opts *o, const struct iface *from, uint32_t i);
/* The virtual address on `from`; IP4_NONE: none. */
struct ip4 active_on(const struct conf_if_opts *o, const struct iface *from);
/* ... on `over`, a macvlan on top of the interface. */
struct ip4 active_over(const struct conf_if_opts *o, const struct iface *over);

#endif
