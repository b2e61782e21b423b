/* SPDX-License-Identifier: ISC
 *
 * rules - finds the first [rule], in file order, that matches a client of either
 * family. A pure function.
 */
#ifndef CORE_SERVER_RULES_H
#define CORE_SERVER_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/conf/conf.h"
#include "core/iface/iftab.h"
#include "proto/pxe.h"

struct rules_facts {
	const struct iface *in;
	const struct pxe_client *client;	/* all 0 when nothing is known */
	enum family family;
	uint8_t type;			/* of the family; 0: BOOTP or no DHCP */
	bool has_mac;
	struct mac mac;			/* chaddr, or the link source (p4011) */
};

/* The key of the first condition of a rule that does not hold; NULL: it matches. */
const char *rules_differs(const struct conf *c, uint16_t rule, const struct rules_facts *f);
/* The index of the first rule that matches, CONF_NONE when none does. */
uint16_t rules_match(const struct conf *c, const struct rules_facts *f);

#endif
