/* SPDX-License-Identifier: ISC
 *
 * conf_rule - [rule NAME] sections: conditions on what a client says about
 * itself, and where its messages go then. Rules are asked in the order of the
 * file and the first that matches decides, so a rule that only matches what an
 * earlier one takes already can never do anything: that is a mistake.
 */
#include "core/conf/conf_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- conditions --- */

static void
add_arch(struct conf_builder *b, struct conf_rule *r, uint16_t code)
{
	uint16_t *slot;

	for (uint16_t i = 0; i < r->n_arch; i++)
		if (r->arch[i] == code)
			return;
	slot = conf_more(b, &r->arch, r->n_arch, sizeof(*slot));
	if (!slot)
		return;
	*slot = code;
	r->n_arch++;
}

static void
set_arch(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);

	while (conf_list_next(&l)) {
		uint16_t codes[16];
		size_t n = pxe_arch_parse(l.item, codes, 16);
		struct conf_near near = conf_near(l.item);
		char hint[64];

		for (size_t i = 0; i < n; i++)
			add_arch(a->b, object, codes[i]);
		for (size_t i = 0; n == 0 && pxe_arch_list(i); i++)
			conf_near_add(&near, pxe_arch_list(i));
		if (n == 0)
			conf_bad_item(a, l.line, l.item, "is no architecture; a name like "
			    "bios, uefi-x64 or uefi-arm64, or a code of option 93, "
			    "would be right%s", conf_near_text(&near, hint, sizeof(hint)));
	}
}

static void
set_family(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_rule *r = object;

	while (conf_list_next(&l)) {
		enum pxe_family f;

		if (pxe_family_parse(l.item, &f))
			r->families |= 1u << f;
		else
			conf_bad_item(a, l.line, l.item, "is no family; pxe, http, ipxe, bsdp, "
			    "u-boot or plain would be right");
	}
}

/* An item of a list of texts behind the n others. */
static bool
add_text(const struct conf_list *l, char (**array)[CONF_NAME_MAX], uint16_t *n)
{
	char (*slot)[CONF_NAME_MAX];
	size_t len = strlen(l->item);

	if (len >= CONF_NAME_MAX) {
		conf_bad_item(l->a, l->line, l->item, "is longer than %d bytes",
		    CONF_NAME_MAX - 1);
		return false;
	}
	slot = conf_more(l->a->b, array, *n, sizeof(*slot));
	if (!slot)
		return false;
	memcpy(*slot, l->item, len + 1);
	++*n;
	return true;
}

bool
conf_add_pattern(const struct conf_list *l, char (**array)[CONF_NAME_MAX], uint16_t *n)
{
	const char *fault = conf_pattern_fault(l->item);

	if (fault) {
		conf_bad_item(l->a, l->line, l->item, "%s", fault);
		return false;
	}
	return add_text(l, array, n);
}

static void
set_user_class(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_rule *r = object;

	while (conf_list_next(&l))
		(void)add_text(&l, &r->user, &r->n_user);
}

static void
set_vendor_class(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_rule *r = object;

	while (conf_list_next(&l))
		(void)add_text(&l, &r->vendor, &r->n_vendor);
}

static void
set_mac(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_rule *r = object;

	while (conf_list_next(&l)) {
		struct macprefix m, *slot;

		if (!macprefix_parse(l.item, &m)) {
			conf_bad_item(a, l.line, l.item, "is no hardware address; "
			    "52:54:00:12:34:56, a beginning like b8:27:eb, or "
			    "52:54:00:00:00:00/28 would be right");
			continue;
		}
		slot = conf_more(a->b, &r->mac, r->n_mac, sizeof(*slot));
		if (!slot)
			return;
		*slot = m;
		r->n_mac++;
	}
}

/* "8d5d7a0e-...": 16 bytes in the order of the text, as option 97 has them. */
static bool
uuid_parse(const char *s, uint8_t out[16])
{
	char hex[33];
	size_t n = 0;

	for (size_t i = 0; s[i]; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (strlen(s) == 36 && dash) {
			if (s[i] != '-')
				return false;
			continue;
		}
		if (n == 32)
			return false;
		hex[n++] = s[i];
	}
	hex[n] = '\0';
	return n == 32 && !strchr(hex, ':') && conf_hex_bytes(hex, out, 16) == 16;
}

static void
set_uuid(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_rule *r = object;

	while (conf_list_next(&l)) {
		uint8_t u[16], (*slot)[16];

		if (!uuid_parse(l.item, u)) {
			conf_bad_item(a, l.line, l.item, "is no UUID; one like "
			    "8d5d7a0e-3b1c-4b8a-9d52-0123456789ab would be right");
			continue;
		}
		slot = conf_more(a->b, &r->uuid, r->n_uuid, sizeof(*slot));
		if (!slot)
			return;
		memcpy(*slot, u, sizeof(u));
		r->n_uuid++;
	}
}

static void
set_interface(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_rule *r = object;

	while (conf_list_next(&l))
		(void)conf_add_pattern(&l, &r->interface, &r->n_interface);
}

static void
set_message(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_rule *r = object;

	while (conf_list_next(&l)) {
		uint8_t type = dhcp4_type_parse(l.item);

		if (strcasecmp(l.item, "bootp") == 0)
			r->messages |= CONF_MSG_BOOTP;
		else if (type && type < 32)
			r->messages |= 1u << type;
		else
			conf_bad_item(a, l.line, l.item, "is no message; discover, request, "
			    "decline, release, inform or bootp would be right");
	}
}

/* --- actions --- */

static void
set_boot(const struct conf_at *a, void *object)
{
	((struct conf_rule *)object)->boot = conf_group_list(a);
}

static void
set_dhcp(const struct conf_at *a, void *object)
{
	((struct conf_rule *)object)->dhcp = conf_group_list(a);
}

static void
set_action(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "drop", NULL };

	if (conf_word(a, words) == 0)
		((struct conf_rule *)object)->drop = true;
}

static const struct conf_setter rule_setters[] = {
	{ "arch", set_arch },
	{ "family", set_family },
	{ "user-class", set_user_class },
	{ "vendor-class", set_vendor_class },
	{ "mac", set_mac },
	{ "uuid", set_uuid },
	{ "interface", set_interface },
	{ "message", set_message },
	{ "boot", set_boot },
	{ "dhcp", set_dhcp },
	{ "action", set_action },
	{ NULL, NULL },
};

/* --- does an earlier rule take all that a later one could? ---
 *
 * Each of these asks: is everything that the later rule's condition lets through let
 * through by the earlier one's? An earlier rule without the condition lets all through;
 * a later one without it asks for all. True is only said when it is certain. */

static bool
arch_covers(const struct conf_rule *e, const struct conf_rule *l)
{
	for (uint16_t i = 0; i < l->n_arch; i++) {
		uint16_t k = 0;

		while (k < e->n_arch && e->arch[k] != l->arch[i])
			k++;
		if (k == e->n_arch)
			return false;
	}
	return l->n_arch > 0;
}

bool
conf_pattern_covers(const char *e, const char *l)
{
	return strcmp(e, l) == 0 || strcmp(e, "*") == 0 ||
	    (!strpbrk(l, "*?[") && conf_glob(e, l));
}

static bool
texts_cover(char (*e)[CONF_NAME_MAX], uint16_t n_e, char (*l)[CONF_NAME_MAX], uint16_t n_l,
    bool patterns)
{
	for (uint16_t i = 0; i < n_l; i++) {
		uint16_t k = 0;

		for (; k < n_e; k++)
			if (patterns ? conf_pattern_covers(e[k], l[i]) :
			    strcmp(e[k], l[i]) == 0)
				break;
		if (k == n_e)
			return false;
	}
	return n_l > 0;
}

static bool
mac_covers(const struct conf_rule *e, const struct conf_rule *l)
{
	for (uint16_t i = 0; i < l->n_mac; i++) {
		uint16_t k = 0;

		for (; k < e->n_mac; k++)
			if (e->mac[k].bits <= l->mac[i].bits &&
			    macprefix_has(&e->mac[k], &l->mac[i].mac))
				break;
		if (k == e->n_mac)
			return false;
	}
	return l->n_mac > 0;
}

static bool
uuid_covers(const struct conf_rule *e, const struct conf_rule *l)
{
	for (uint16_t i = 0; i < l->n_uuid; i++) {
		uint16_t k = 0;

		while (k < e->n_uuid && memcmp(e->uuid[k], l->uuid[i], 16) != 0)
			k++;
		if (k == e->n_uuid)
			return false;
	}
	return l->n_uuid > 0;
}

static bool
bits_cover(uint32_t e, uint32_t l)
{
	return l && (l & ~e) == 0;
}

static bool
covers(const struct conf_rule *e, const struct conf_rule *l)
{
	return (!e->n_arch || arch_covers(e, l)) &&
	    (!e->families || bits_cover(e->families, l->families)) &&
	    (!e->n_user || texts_cover(e->user, e->n_user, l->user, l->n_user, false)) &&
	    (!e->n_vendor ||
	    texts_cover(e->vendor, e->n_vendor, l->vendor, l->n_vendor, true)) &&
	    (!e->n_mac || mac_covers(e, l)) && (!e->n_uuid || uuid_covers(e, l)) &&
	    (!e->n_interface ||
	    texts_cover(e->interface, e->n_interface, l->interface, l->n_interface, true)) &&
	    (!e->messages || bits_cover(e->messages, l->messages));
}

static bool
has_condition(const struct conf_sect *s)
{
	static const char *const actions[] = { "boot", "dhcp", "action" };
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a rule has a section */
	size_t n = s->n;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		n -= conf_find(s, actions[i]) != NULL;
	return n > 0;
}

static void
check_action(struct conf_builder *b, const struct conf_sect *s)
{
	bool target = conf_find(s, "boot") || conf_find(s, "dhcp");
	bool action = conf_find(s, "action");

	if (!target && !action && !s->bad)
		conf_bad_sect(b, s, "does nothing; boot = GROUP, dhcp = GROUP or "
		    "action = drop would be right");
	else if (target && action)
		conf_bad_sect(b, s, "cannot drop a message and send it to servers; "
		    "either action = drop or boot and dhcp would be right");
}

static void
check_reached(struct conf_builder *b, const struct conf_sect *const *sects)
{
	const struct conf *c = b->c;

	for (uint16_t l = 0; l < c->n_rule; l++)
		for (uint16_t e = 0; e < l; e++) {
			if (!covers(&c->rule[e], &c->rule[l]))
				continue;
			conf_bad_sect(b, sects[l], "is never reached: [rule %s] in line %d "
			    "%s; it would have to stand above that", c->rule[e].name,
			    c->rule[e].line, has_condition(sects[e]) ?
			    "takes all that it could match" : "has no condition and takes all");
			break;
		}
}

void
conf_read_rules(struct conf_builder *b)
{
	struct conf *c = b->c;
	const struct conf_sect *sects[CONF_RULES_MAX] = { NULL };
	size_t before = b->n_said;

	for (size_t i = 0; i < b->n_sect; i++) {
		const struct conf_sect *s = &b->sect[i];
		struct conf_rule *r;

		if (s->kind != CONF_RULE)
			continue;
		if (c->n_rule == CONF_RULES_MAX) {
			conf_bad_sect(b, s, "is one too many: %d rules are the most",
			    CONF_RULES_MAX);
			return;
		}
		r = conf_more(b, &c->rule, c->n_rule, sizeof(*r));
		if (!r)
			return;
		sects[c->n_rule++] = s;
		snprintf(r->name, sizeof(r->name), "%s", s->name);
		r->line = s->line;
		r->boot = r->dhcp = CONF_NONE;
		conf_apply(b, s, rule_setters, r);
		check_action(b, s);
	}
	/* A condition with a mistake in it looks as if it were not there. */
	if (b->n_said == before)
		check_reached(b, sects);
}
