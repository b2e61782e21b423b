/* SPDX-License-Identifier: ISC
 *
 * names - drop reasons and counters (drop.def, counter.def), their words, and
 * the names of DHCP message types. It is in proto because parsers return drop
 * reasons, and pxrelayctl, which sees no floor above proto, prints them.
 */
#ifndef PROTO_NAMES_H
#define PROTO_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum drop {
	DROP_NONE,	/* 0: the packet goes on */
#define DROP(id, word, sentence) DROP_##id,
#include "proto/drop.def"
#undef DROP
	DROP_MAX
};

enum counter {
#define COUNTER(id, scope, word, sentence) COUNTER_##id,
#include "proto/counter.def"
#undef COUNTER
	COUNTER_MAX
};

/* Who counts it: one family, each for itself, or the relay as a whole. */
enum scope { SCOPE_V4, SCOPE_V6, SCOPE_EACH, SCOPE_WHOLE };

/* Words are stable: metric labels and JSON keys. "none" for DROP_NONE. */
const char *drop_word(enum drop d);
const char *drop_sentence(enum drop d);
const char *counter_word(enum counter c);
const char *counter_sentence(enum counter c);
enum scope counter_scope(enum counter c);
/* What the WHOLE relay counts is in DHCPv4's numbers. */
bool counter_is_of(enum counter c, enum family family);
/* "dhcp4" or "dhcp6"; NULL if it is no enum family. */
const char *protocol_word(unsigned family);
/* "DISCOVER"...; "BOOTP" for 0; NULL if unknown. */
const char *dhcp4_type_name(uint8_t type);

#endif
