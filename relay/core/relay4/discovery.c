/* SPDX-License-Identifier: ISC
 *
 * discovery - learns boot servers and their multicast groups from replies (PXE 2.1).
 * Which replies are believed is decided in relay4_reply; p4011 uses the result.
 */
#include "core/relay4/discovery.h"

/* Not in 224.0.0.0/24, which no router forwards and routing protocols use, nor in
 * 232.0.0.0/8, where each sender must be joined by its address (RFC 4607). */
static bool
is_joinable(struct ip4 a)
{
	return ip4_is_multicast(a) && a.host >> 8 != 0xe00000 && a.host >> 24 != 232;
}

static struct iface_group *
find_group(struct iface *f, struct ip4 a)
{
	for (unsigned i = 0; i < f->n_group; i++)
		if (ip4_eq(f->group[i].addr, a))
			return &f->group[i];
	return NULL;
}

static bool
learn_group(struct relay *r, struct iface *f, struct ip4 a, struct mono now)
{
	struct iface_group *known = find_group(f, a);

	if (known) {
		known->named = now;
		return false;
	}
	if (ip4_is_none(a) || !discovery_wanted(r->conf, f) ||
	    (ip4_eq(a, r->conf->discovery_group) && iface_leads_to_boot(f, r->conf)))
		return false;
	if (!is_joinable(a) || f->n_group == IFACE_GROUPS_MAX ||
	    r->n_group >= DISCOVERY_GROUPS_MAX) {
		stats_count(r->stats, COUNTER_GROUPS_REFUSED);
		return false;
	}
	r->n_group++;
	f->group[f->n_group++] = (struct iface_group){ .addr = a, .named = now };
	return true;
}

bool
discovery_learn(struct relay *r, const struct relay4_delivery *d, struct mono now)
{
	const struct dhcp4 *m = &d->m;

	if ((m->type != DHCP4_OFFER && m->type != DHCP4_ACK) || d->strip_pxe ||
	    !pxe_offer_says(m, "PXEClient"))
		return false;
	r->servers->says_pxe[d->server] = true;
	return learn_group(r, d->out, pxe_offer_group(m), now);
}

void
discovery_forget(struct relay *r, struct iface *f, unsigned i)
{
	f->group[i] = f->group[--f->n_group];
	r->n_group--;
}

bool
discovery_is_group(const struct conf *c, const struct iface *f, struct ip4 a)
{
	if (ip4_eq(a, c->discovery_group))
		return true;
	for (unsigned i = 0; f && i < f->n_group; i++)
		if (ip4_eq(f->group[i].addr, a))
			return true;
	return false;
}

void
discovery_only_boot(const struct servers *sv, struct ask_list *l)
{
	bool known = false;

	for (uint16_t i = 0; i < l->n; i++)
		known |= sv->says_pxe[l->server[i]];
	for (uint16_t i = l->n; known && i-- > 0; )
		if (!sv->says_pxe[l->server[i]])
			ask_remove(l, i);
}

bool
discovery_wanted(const struct conf *c, const struct iface *f)
{
	return c->p4011 && f->conf && iface_may_boot(f, c);
}
