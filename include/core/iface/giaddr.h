/* SPDX-License-Identifier: ISC
 *
 * giaddr - the giaddrs of one client interface, and the option 82 of each.
 */
#ifndef CORE_IFACE_GIADDR_H
#define CORE_IFACE_GIADDR_H

#include <stdint.h>

#include "core/iface/iface.h"

/* Sets f->giaddr, f->n_giaddr and f->own from f->conf (not NULL), f->virtual
 * and the addresses of `from`, which is f or the port whose addresses it uses.
 * fmt is without giaddr. */
void giaddr_make(struct iface *f, const struct iface *from, const struct conf_fmt *fmt);

#endif
