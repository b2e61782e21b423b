/* SPDX-License-Identifier: ISC
 *
 * giaddr - the giaddrs of one client interface, and the option 82 that goes with each:
 * computed when something changes, so that the packet path copies bytes.
 */
#ifndef CORE_GIADDR_H
#define CORE_GIADDR_H

#include <stdint.h>

#include "core/iface/iface.h"

/* Fills f->giaddr, f->n_giaddr and f->own from f->conf (not NULL), f->virtual and the
 * addresses of `from`: f itself, or the port whose addresses it uses. vlan and host are what
 * %v and %h mean. */
void giaddr_make(struct iface *f, const struct iface *from, uint16_t vlan,
    const char *host);

#endif
