/* SPDX-License-Identifier: ISC
 *
 * rules - matches a client against the [rule] sections. All conditions of a
 * rule must hold; one that lists several values holds if any of them does. The
 * options of DHCPv4 are those of RFC 4578 (93, 97), RFC 3004 (77) and RFC 2132
 * 9.13 (60); proto/pxe6 names those of DHCPv6.
 *
 * conf_groups_for() says which groups a rule stands for. relay4 keeps the choice
 * for the whole conversation.
 */
#include "core/server/rules.h"

#include <string.h>

/* RFC 4578 2.1: option 93 is a list; any element counts. */
static bool
arch_holds(const struct conf_rule *r, const struct pxe_client *c)
{
	for (unsigned i = 0; i < r->n_arch; i++)
		for (unsigned k = 0; k < c->n_arch; k++)
			if (r->arch[i] == c->arch[k])
				return true;
	return false;
}

static bool
user_holds(const struct conf_rule *r, const struct pxe_client *c)
{
	for (unsigned i = 0; i < r->n_user; i++)
		if (pxe_user_class_is(c, r->user[i]))
			return true;
	return false;
}

/* Matches shell patterns on the vendor class. A NUL inside would cut the text short
 * and let a pattern match what it should not, so such a value matches nothing. */
static bool
vendor_holds(const struct conf_rule *r, const struct pxe_client *c)
{
	char text[PXE_CLASS_MAX + 1];

	memcpy(text, c->vendor, c->vendor_len);
	text[c->vendor_len] = '\0';
	if (strlen(text) != c->vendor_len)
		return false;
	for (unsigned i = 0; i < r->n_vendor; i++)
		if (conf_glob(r->vendor[i], text))
			return true;
	return false;
}

static bool
mac_holds(const struct conf_rule *r, const struct rules_facts *f)
{
	for (unsigned i = 0; f->has_mac && i < r->n_mac; i++)
		if (macprefix_has(&r->mac[i], &f->mac))
			return true;
	return false;
}

/* The machine's identifier, as its label or dmidecode shows it, has two forms on the
 * wire: firmware (EDK2) sends the first three numbers as SMBIOS has them, in little
 * endian; what it loads (iPXE) sends them in network order. Both use one form in
 * option 97 and in the DUID, and a rule means the machine, so either form matches. */
static bool
uuid_holds(const struct conf_rule *r, const struct pxe_client *c)
{
	static const uint8_t other[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t swapped[16];

	for (unsigned i = 0; i < sizeof(other); i++)
		swapped[i] = c->uuid[other[i]];
	for (unsigned i = 0; c->uuid_len && i < r->n_uuid; i++)
		if (memcmp(r->uuid[i], c->uuid, sizeof(c->uuid)) == 0 ||
		    memcmp(r->uuid[i], swapped, sizeof(swapped)) == 0)
			return true;
	return false;
}

/* If a rule names types of one protocol only, it is not for the other one. */
static bool
message_holds(const struct conf_rule *r, const struct rules_facts *f)
{
	uint64_t types = f->family == FAMILY6 ? r->messages6 : r->messages;

	return (!r->messages && !r->messages6) || (f->type < 64 && types >> f->type & 1);
}

const char *
rules_differs(const struct conf *conf, uint16_t rule, const struct rules_facts *f)
{
	const struct conf_rule *r = &conf->rule[rule];
	const struct pxe_client *c = f->client;

	/* iface_rule() was computed when the interface or the configuration
	 * changed. */
	if (!iface_rule(f->in, rule))
		return "interface";
	if (r->families && !(r->families & 1u << c->family))
		return "family";
	if (r->protocols && !(r->protocols & 1u << f->family))
		return "protocol";
	if (!message_holds(r, f))
		return "message";
	if (r->n_arch && !arch_holds(r, c))
		return "arch";
	if (r->n_user && !user_holds(r, c))
		return "user-class";
	if (r->n_vendor && !vendor_holds(r, c))
		return "vendor-class";
	if (r->n_mac && !mac_holds(r, f))
		return "mac";
	return r->n_uuid && !uuid_holds(r, c) ? "uuid" : NULL;
}

uint16_t
rules_match(const struct conf *c, const struct rules_facts *f)
{
	for (uint16_t i = 0; i < c->n_rule; i++)
		if (!rules_differs(c, i, f))
			return i;
	return CONF_NONE;
}
