/* SPDX-License-Identifier: ISC
 *
 * msg6 - DHCPv6 messages for tests, built option by option into a struct msg. The clients of
 * msg6_clients[] say what real machines say, option for option and in their order; addresses,
 * names and numbers are ours.
 */
#ifndef TESTS_MSG6_H
#define TESTS_MSG6_H

#include "msg.h"
#include "proto/dhcp6.h"

#define MSG6_XID	0x5eed01
#define MSG6_IAID	0x5e100001

/* Type and transaction-id. */
void msg6_init(struct msg *m, uint8_t type);
void msg6_opt(struct msg *m, uint16_t code, const void *data, size_t len);
void msg6_opt_text(struct msg *m, uint16_t code, const char *text);
/* "0a 0b0c": spaces are ignored */
void msg6_opt_hex(struct msg *m, uint16_t code, const char *hex);

/* Opens an option: what is written until msg6_end() is its value. They nest. */
size_t msg6_begin(struct msg *m, uint16_t code);
void msg6_end(struct msg *m, size_t begun);
/* Opens an IA_NA, IA_TA or IA_PD of MSG6_IAID. */
size_t msg6_begin_ia(struct msg *m, uint16_t code, uint32_t t1, uint32_t t2);
void msg6_addr(struct msg *m, const char *addr, uint32_t valid);
void msg6_prefix(struct msg *m, const char *prefix, uint8_t plen, uint32_t valid);
void msg6_status(struct msg *m, uint16_t status, const char *text);
/* Two bytes of length, then the text: a class of options 15 and 16. */
void msg6_class(struct msg *m, const char *text);
/* Option 16 with one class. */
void msg6_vendor_class(struct msg *m, uint32_t enterprise, const char *text);

/* The header of a RELAY-FORW or RELAY-REPL. */
void msg6_init_relay(struct msg *m, uint8_t type, uint8_t hops, const char *link,
    const char *peer);
/* Puts the message so far into a relay's, with this Interface-Id (NULL: none) before it. */
void msg6_wrap(struct msg *m, uint8_t type, uint8_t hops, const char *link, const char *peer,
    const char *interface_id);

extern const struct msg_client msg6_clients[];	/* the last has no name */
/* The one with this name; fails the test when there is none. */
void msg6_client(struct msg *m, const char *name);

#endif
