/* SPDX-License-Identifier: ISC
 *
 * optcut - copies a DHCPv4 message without certain options. The one user is
 * strip-pxe-from, the only filter that pxrelay has; option 82 has its own rules
 * (proto/rai).
 */
#ifndef PROTO_OPTCUT_H
#define PROTO_OPTCUT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/dhcp4.h"

/*
 * Copies m to out (of at least m->len bytes) leaving out every instance of the n
 * codes, in the options area and where option 52 says that there are options; all
 * other bytes keep their order. In such a field pads take the place of what goes; zeros
 * follow the message up to min(m->len, DHCP4_MIN). Returns the new length.
 */
size_t optcut(uint8_t *out, const struct dhcp4 *m, const uint8_t *codes, size_t n);

#endif
