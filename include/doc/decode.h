/* SPDX-License-Identifier: ISC
 *
 * decode - a packet of DHCP or TFTP in words: {"from": "10.0.0.1:67", "to": ..., "what":
 * "OFFER", "fields": [["3 Router", "10.0.0.1"], ...]}.
 */
#ifndef DOC_DECODE_H
#define DOC_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/wire.h"

/* Of a captured frame (proto/frame). NULL: it is neither, or a block of a file. Text from
 * the packet is escaped as json_name() does. */
json_t *decode_frame(uint16_t link, const void *data, size_t len);
/* Add ["3 Router", "10.0.0.1"]: an option of DHCPv4, and a run of options of DHCPv6. */
void decode_option4(json_t *fields, uint8_t code, struct rd value);
void decode_options6(json_t *fields, struct rd options);

#endif
