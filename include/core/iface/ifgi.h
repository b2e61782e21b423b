/* SPDX-License-Identifier: ISC
 *
 * ifgi - the giaddrs of one client interface, and the option 82 that goes with
 * each: computed when something changes, so that the packet path copies bytes.
 */
#ifndef CORE_IFGI_H
#define CORE_IFGI_H

#include <stdint.h>

#include "core/iface/iftab.h"

/*
 * Fills f->gi, f->n_gi and f->own from f->conf (not NULL), f->virtual and from the addresses of
 * `from`: f itself, or the port that f stands in for. vlan and host are what
 * %v and %h mean.
 */
void ifgi_make(struct iface *f, const struct iface *from, uint16_t vlan,
    const char *host);

#endif
