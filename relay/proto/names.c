/* SPDX-License-Identifier: ISC
 *
 * names - tables of words from drop.def and counter.def. Message types are
 * IANA's "DHCP Message Type 53 Values" without the prefix "DHCP" (RFC 2132 9.6,
 * 3203, 4388, 6926, 7724).
 */
#include "proto/names.h"

#include <stddef.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
/* A value outside the enum is a bug, but no reason to crash while logging. */
#define AT(table, i, text) ((size_t)(i) < COUNT(table) ? (table)[i].text : "unknown")

struct text {
	const char *word, *sentence;
};

static const struct text drops[] = {
	[DROP_NONE] = { "none", "not dropped" },
#define DROP(id, word, sentence) [DROP_##id] = { word, sentence },
#include "proto/drop.def"
#undef DROP
};

static const struct text counters[] = {
#define COUNTER(id, scope, word, sentence) [COUNTER_##id] = { word, sentence },
#include "proto/counter.def"
#undef COUNTER
};

static const enum scope scopes[] = {
#define COUNTER(id, scope, word, sentence) [COUNTER_##id] = SCOPE_##scope,
#include "proto/counter.def"
#undef COUNTER
};

static const char *const types[] = {
	"BOOTP", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK",
	"RELEASE", "INFORM", "FORCERENEW", "LEASEQUERY", "LEASEUNASSIGNED",
	"LEASEUNKNOWN", "LEASEACTIVE", "BULKLEASEQUERY", "LEASEQUERYDONE",
	"ACTIVELEASEQUERY", "LEASEQUERYSTATUS", "TLS",
};

const char *
drop_word(enum drop d)
{
	return AT(drops, d, word);
}

const char *
drop_sentence(enum drop d)
{
	return AT(drops, d, sentence);
}

const char *
counter_word(enum counter c)
{
	return AT(counters, c, word);
}

const char *
counter_sentence(enum counter c)
{
	return AT(counters, c, sentence);
}

enum scope
counter_scope(enum counter c)
{
	return (size_t)c < COUNT(scopes) ? scopes[c] : SCOPE_WHOLE;
}

bool
counter_is_of(enum counter c, enum family family)
{
	enum scope scope = counter_scope(c);

	return scope == SCOPE_EACH || (scope == SCOPE_V6) == (family == FAMILY6);
}

const char *
protocol_word(unsigned family)
{
	return family == FAMILY4 ? "dhcp4" : family == FAMILY6 ? "dhcp6" : NULL;
}

const char *
dhcp4_type_name(uint8_t type)
{
	return type < COUNT(types) ? types[type] : NULL;
}
