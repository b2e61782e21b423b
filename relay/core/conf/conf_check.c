/* SPDX-License-Identifier: ISC
 *
 * conf_check - checks a section as a whole once its keys are read: keys that
 * are missing, contradict each other or have no effect. Also sets defaults that
 * depend on other keys.
 */
#include "core/conf/conf_private.h"

#include <string.h>

static bool
is_bad(const struct conf_sect *s, const char *key)
{
	const struct conf_line *l = conf_find(s, key);

	return l && l->bad;
}

bool
conf_key_fits(const struct conf_key *k, const struct conf_server *s)
{
	if (k->only == CONF_ONLY_MULTICAST)
		return ip6_is_multicast(ip_v6(s->address));
	return k->only == CONF_ONLY_ALL ||
	    (k->only == CONF_ONLY_IPV6) == (s->address.version == 6);
}

/* Keys that have no effect for a server's address. */
static void
check_only(struct conf_builder *b, const struct conf_sect *sect,
    const struct conf_server *s)
{
	static const char *const only[] = { "", "an IPv4", "an IPv6", "a multicast" };

	for (size_t i = 0; s->address.version && i < sect->n; i++) {
		const struct conf_key *k = sect->lines[i].key;

		if (!conf_key_fits(k, s))
			conf_bad_sect(b, sect, "has %s, which is only for %s address",
			    k->name, only[k->only]);
	}
	for (uint16_t i = 0; i < s->n_probe; i++)
		if ((s->probe[i].kind == CONF_PROBE_DHCP6) != (s->address.version == 6)) {
			conf_bad_sect(b, sect, s->address.version == 6 ?
			    "has a probe that needs IPv4; expected dhcp6 or none" :
			    "has the probe dhcp6; expected an IPv6 address with it");
			break;
		}
}

/* An address is one server to the relay, so its sections must agree. */
static bool
same_settings(const struct conf_server *a, const struct conf_server *b)
{
	if (a->n_probe != b->n_probe)
		return false;
	for (uint16_t i = 0; i < a->n_probe; i++)
		if (!conf_probe_eq(&a->probe[i], &b->probe[i]))
			return false;
	if (a->duid_len != b->duid_len || memcmp(a->duid, b->duid, a->duid_len) != 0 ||
	    a->n_answer != b->n_answer)
		return false;
	for (uint16_t i = 0; i < a->n_answer; i++)
		if (!ip6_eq(a->answer[i], b->answer[i]))
			return false;
	return a->source.set == b->source.set && ip_eq(a->source.address, b->source.address) &&
	    strcmp(a->source.interface, b->source.interface) == 0 &&
	    a->option82 == b->option82 && a->proxy_only == b->proxy_only &&
	    a->vss == b->vss &&
	    a->weight == b->weight && a->rise == b->rise && a->fall == b->fall &&
	    a->probe_interval_ms == b->probe_interval_ms &&
	    a->probe_timeout_ms == b->probe_timeout_ms;
}

void
conf_check_server(struct conf_builder *b, struct conf_sect *sect, void *object)
{
	struct conf_server *s = object;
	char at[CONF_PLACE_MAX];

	/* A probe must be over before the next one begins. */
	if (!conf_find(sect, "probe-timeout") &&
	    s->probe_timeout_ms > s->probe_interval_ms / 2)
		s->probe_timeout_ms = s->probe_interval_ms / 2;
	if (s->probe_timeout_ms >= s->probe_interval_ms && !is_bad(sect, "probe-timeout") &&
	    !is_bad(sect, "probe-interval"))
		conf_bad_sect(b, sect, "has a probe-timeout of %u ms and a "
		    "probe-interval of %u ms; expected the timeout to be shorter",
		    s->probe_timeout_ms, s->probe_interval_ms);
	if (s->source.address.version && s->address.version &&
	    ip_family(s->source.address) != ip_family(s->address))
		conf_bad_sect(b, sect, "has a source of another family than its address; "
		    "expected both to be IPv4 or IPv6");
	check_only(b, sect, s);
	s->first = (uint16_t)(s - b->c->server);
	for (const struct conf_server *o = b->c->server; o < s; o++) {
		if (!conf_server_eq(o, s) || !s->address.version)
			continue;
		s->first = o->first;
		if (!same_settings(o, s))
			conf_bad_sect(b, sect, "has the address of [server %s] in "
			    "%s but other settings; expected the same in both",
			    o->name, conf_place(b, o->line, s->line, at));
		return;
	}
}

void
conf_check_group(struct conf_builder *b, struct conf_sect *s, void *object)
{
	struct conf_group *g = object;

	(void)b;
	if (!conf_find(s, "rescue"))
		g->rescue = g->mode != CONF_MODE_ALL;
}

/* Do all servers have offers = proxy-only, so that their leases are dropped? */
static bool
no_lease(const struct conf *c, uint16_t group)
{
	if (group == CONF_NONE || c->group[group].n == 0)
		return false;
	for (uint16_t i = 0; i < c->group[group].n; i++)
		if (!c->server[c->group[group].server[i]].proxy_only)
			return false;
	return true;
}

static void
check_off(struct conf_builder *b, const struct conf_sect *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->lines[i].key->name, "relay") != 0)
			conf_mistake(b, s->lines[i].line, "%s has no effect with "
			    "relay = off; expected no other key in this section",
			    s->lines[i].key->name);
}

static void
check_on(struct conf_builder *b, struct conf_sect *s, const struct conf_if *f)
{
	bool servers = conf_find(s, "servers");
	bool classes = conf_find(s, "dhcp") || conf_find(s, "boot");
	const char *ifname = strpbrk(s->name, "*?[") ? NULL : s->name;
	const struct {
		const char *key, *format;
	} six[] = { { "interface-id", f->o.interface_id },
		{ "remote-id6", f->o.remote_id6 }, { "subscriber-id", f->o.subscriber_id } };
	size_t len;

	if (servers && classes)
		conf_bad_sect(b, s, "has both servers and dhcp or boot; expected "
		    "either servers, for every message, or dhcp and boot");
	else if (!servers && !classes && !s->bad)
		conf_bad_sect(b, s, "has no servers; expected servers = 192.0.2.10, or "
		    "dhcp and boot");
	if (no_lease(b->c, f->dhcp))
		conf_bad_sect(b, s, "has no server that may give addresses: all of "
		    "dhcp have offers = proxy-only");
	if (f->o.active != CONF_ACTIVE_ALWAYS && f->o.active_giaddr_virtual &&
	    f->o.giaddr != CONF_GIADDR_PRIMARY)
		conf_bad_sect(b, s, "has a giaddr, which the virtual address would replace; "
		    "expected active-giaddr = own with it");
	else if (f->o.active == CONF_ACTIVE_ALWAYS &&
	    conf_find(s, "active-giaddr") && !is_bad(s, "active"))
		conf_bad_sect(b, s, "has active-giaddr but is always active; expected "
		    "active = vrrp or an address with it");
	len = conf_rai_max(&f->o, ifname, b->c->host_name);
	if (f->o.option82 && len > 255)
		conf_bad_sect(b, s, "may need %zu bytes for option 82; expected formats "
		    "that need at most 255 (RFC 3046 2.0)", len);
	/* Neither would name the link of a reply. */
	if (f->o.link_address == CONF_LINKADDR_NONE && !*f->o.interface_id)
		conf_bad_sect(b, s, "has link-address = none and interface-id = off, so no "
		    "DHCPv6 reply could be delivered; expected one of them");
	for (size_t i = 0; i < sizeof(six) / sizeof(six[0]); i++)
		if (!conf_format_fits6(six[i].format, ifname, b->c->host_name))
			conf_bad_sect(b, s, "may need more than %d bytes for %s",
			    CONF_VALUE6_MAX, six[i].key);
}

void
conf_check_interface(struct conf_builder *b, struct conf_sect *s, void *object)
{
	const struct conf_if *f = object;

	if (f->off)
		check_off(b, s);
	else
		check_on(b, s, f);
}

/* The first rule that matches decides, so a rule that matches only what an
 * earlier one matches has no effect, which is a mistake. */

/* Does rule a's condition match every message that rule b's matches? A rule
 * without the condition matches all messages. Returns false if unsure. */
static bool
condition_covers(const struct conf_key *k, const struct conf_rule *a,
    const struct conf_rule *b)
{
	uint64_t bits_a[2], bits_b[2];
	size_t size = k->type->size;
	const char *array_a, *array_b;
	uint16_t n_a, n_b;

	if (!k->type->owned) {
		conf_bits(k, a, bits_a);
		conf_bits(k, b, bits_b);
		return !(bits_a[0] | bits_a[1]) || ((bits_b[0] | bits_b[1]) &&
		    !(bits_b[0] & ~bits_a[0]) && !(bits_b[1] & ~bits_a[1]));
	}
	array_a = conf_array(a, k->offset);
	array_b = conf_array(b, k->offset);
	n_a = *(const uint16_t *)conf_field(a, k->also);
	n_b = *(const uint16_t *)conf_field(b, k->also);
	for (uint16_t i = 0; n_a && i < n_b; i++) {
		bool covered = false;

		for (uint16_t j = 0; j < n_a && !covered; j++) {
			const char *x = array_a + j * size, *y = array_b + i * size;

			covered = k->type->covers ? k->type->covers(x, y) :
			    memcmp(x, y, size) == 0;
		}
		if (!covered)
			return false;
	}
	return n_a == 0 || n_b > 0;
}

static bool
rule_covers(const struct conf_rule *a, const struct conf_rule *b)
{
	const struct conf_key *k = NULL;

	while ((k = conf_key_next(CONF_RULE, k)))
		if (k->type->item && k->type != &conf_targets &&
		    !condition_covers(k, a, b))
			return false;
	return true;
}

void
conf_check_rule(struct conf_builder *b, struct conf_sect *s, void *object)
{
	bool target = conf_find(s, "boot") || conf_find(s, "dhcp");
	bool action = conf_find(s, "action");
	const struct conf_rule *r = object;
	uint32_t other = 1u << (r->messages ? FAMILY6 : FAMILY4);

	if (!r->messages != !r->messages6 && r->protocols == other)
		conf_bad_sect(b, s, "never matches: its messages are not of its protocol");
	if (!target && !action && !s->bad)
		conf_bad_sect(b, s, "does nothing; expected boot, dhcp or action = drop");
	else if (target && action)
		conf_bad_sect(b, s, "cannot drop a message and send it to servers; expected "
		    "either action = drop or boot and dhcp");
}

void
conf_check_rules(struct conf_builder *b)
{
	static const struct conf_rule no_condition;
	const struct conf *c = b->c;
	char shown[CONF_SHOW_MAX], at[CONF_PLACE_MAX];

	for (uint16_t i = 0; i < c->n_rule; i++)
		for (uint16_t k = 0; k < i; k++) {
			const struct conf_rule *r = &c->rule[i], *e = &c->rule[k];

			if (!rule_covers(e, r))
				continue;
			conf_mistake(b, r->line, "[rule %s] is never reached: [rule %s] "
			    "in %s %s; expected this rule above it",
			    conf_show(r->name, shown), e->name,
			    conf_place(b, e->line, r->line, at),
			    rule_covers(e, &no_condition) ?
			    "has no condition and matches everything" : "matches everything that it could match");
			break;
		}
}

/* Does an earlier helper have this port on these interfaces? core/relay4/helper
 * uses the first that has both. */
static bool
is_taken(const struct conf *c, const struct conf_helper *h, uint16_t port,
    const char *from)
{
	for (const struct conf_helper *e = c->helper; e < h; e++)
		for (uint16_t i = 0; i < e->n_port; i++)
			for (uint16_t k = 0; k < e->n_from; k++)
				if (e->port[i] == port &&
				    conf_pattern_covers(e->from[k], from))
					return true;
	return false;
}

void
conf_check_helper(struct conf_builder *b, struct conf_sect *s, void *object)
{
	const struct conf_helper *h = object;
	bool reached = h->n_port == 0 || h->n_from == 0;

	for (uint16_t i = 0; i < h->n_port; i++)
		for (uint16_t k = 0; k < h->n_from; k++)
			reached |= !is_taken(b->c, h, h->port[i], h->from[k]);
	if (!reached)
		conf_bad_sect(b, s, "is never reached: earlier helpers have its ports on its "
		    "interfaces; expected one [helper] with all destinations");
}
