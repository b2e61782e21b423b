/* SPDX-License-Identifier: ISC
 *
 * link6 - what one client interface needs for DHCPv6: its addresses, and the options
 * of its RELAY-FORWs.
 */
#ifndef CORE_IFACE_LINK6_H
#define CORE_IFACE_LINK6_H

#include <stdbool.h>
#include <stdint.h>

#include "core/iface/iface.h"

/* Sets f->six from f->conf (not NULL), f->six.virtual and the addresses of f and of
 * `from`, which is f or the port whose addresses it uses. fmt is without giaddr. false:
 * out of memory, and f is not ready. */
bool link6_make(struct iface *f, const struct iface *from, struct conf_fmt fmt,
    const uint8_t duid[18]);
/* Frees the options and zeroes the rest. */
void link6_clear(struct iface6 *six);

#endif
