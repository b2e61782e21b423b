/* SPDX-License-Identifier: ISC
 *
 * active - the virtual addresses of a pair of routers (VRRP, RFC 9568): which of an
 * interface's addresses is one. Where it is, requests are relayed; core/iftab
 * keeps that as `standby` of an interface.
 */
#ifndef CORE_ACTIVE_H
#define CORE_ACTIVE_H

#include <stdbool.h>

#include "base/addr.h"
#include "core/conf/conf.h"
#include "core/iface/iftab.h"

/* Is address number i of `from` a virtual one? Never with active = always. */
bool active_is_virtual(const struct conf_if_opts *o, const struct iface *from, uint32_t i);
/* The virtual address that is on `from`; IP4_NONE: none. */
struct ip4 active_on(const struct conf_if_opts *o, const struct iface *from);
/* ... that is on `over`, a macvlan on top of the interface. */
struct ip4 active_over(const struct conf_if_opts *o, const struct iface *over);

#endif
