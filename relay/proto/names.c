/* SPDX-License-Identifier: ISC
 *
 * names - words for drop reasons, counters and DHCP message types.
 *
 * The words of drop.def and counter.def are stable: they are metric labels and
 * JSON keys, and the man page documents them. Message types are IANA's "DHCP
 * Message Type 53 Values" without the prefix "DHCP" (RFC 2132 9.6, 3203, 4388,
 * 6926, 7724). Tables only: what is counted and dropped is decided elsewhere.
 */
#include "proto/names.h"

#include <stddef.h>
#include <strings.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct name {
	const char *word;
	const char *sentence;
};

static const struct name drops[] = {
	[DROP_NONE] = { "none", "not dropped" },
#define DROP(id, word, sentence) [DROP_##id] = { word, sentence },
#include "proto/drop.def"
#undef DROP
};

static const struct name counters[] = {
#define COUNTER(id, word, sentence) [COUNTER_##id] = { word, sentence },
#include "proto/counter.def"
#undef COUNTER
};

static const char *const types[] = {
	"BOOTP", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK",
	"RELEASE", "INFORM", "FORCERENEW", "LEASEQUERY", "LEASEUNASSIGNED",
	"LEASEUNKNOWN", "LEASEACTIVE", "BULKLEASEQUERY", "LEASEQUERYDONE",
	"ACTIVELEASEQUERY", "LEASEQUERYSTATUS", "TLS",
};

/* A value outside of the enum is a bug, but not one to crash a log line for. */
static struct name
name_at(const struct name *table, size_t count, size_t i)
{
	if (i >= count)
		return (struct name){ "unknown", "unknown" };
	return table[i];
}

const char *
drop_word(enum drop d)
{
	return name_at(drops, COUNT(drops), (size_t)d).word;
}

const char *
drop_sentence(enum drop d)
{
	return name_at(drops, COUNT(drops), (size_t)d).sentence;
}

const char *
counter_word(enum counter c)
{
	return name_at(counters, COUNT(counters), (size_t)c).word;
}

const char *
counter_sentence(enum counter c)
{
	return name_at(counters, COUNT(counters), (size_t)c).sentence;
}

const char *
dhcp4_type_name(uint8_t type)
{
	return type < COUNT(types) ? types[type] : NULL;
}

uint8_t
dhcp4_type_parse(const char *name)
{
	/* From 1: BOOTP is the absence of a type, not one of them. */
	for (size_t i = 1; i < COUNT(types); i++)
		if (strcasecmp(name, types[i]) == 0)
			return (uint8_t)i;
	return 0;
}
