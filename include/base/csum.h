/* SPDX-License-Identifier: ISC
 *
 * csum - the Internet checksum (RFC 1071), and UDP's with its IPv4
 * pseudo-header (RFC 768). Results are in host order, for wr_u16().
 */
#ifndef BASE_CSUM_H
#define BASE_CSUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Adds len bytes (big-endian 16-bit words, an odd last byte padded) to sum.
 * Only the last piece of a split buffer may have an odd length. */
uint32_t csum_add(uint32_t sum, const void *data, size_t len);
/* Folds and complements: 0 over data that includes a correct checksum. */
uint16_t csum_fold(uint32_t sum);
/* Sum of the UDP pseudo-header; udp_len is header plus payload in bytes. */
uint32_t csum_pseudo4(struct ip4 src, struct ip4 dst, uint8_t proto,
    uint16_t udp_len);

#endif
