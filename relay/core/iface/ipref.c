/* SPDX-License-Identifier: ISC
 *
 * ipref - why an IPv4 address concerns this relay, counted.
 *
 * A reply names its VLAN by giaddr, and several VLANs may share one (an
 * unnumbered giaddr on the loopback interface). Only "how many, and which if
 * it is one" is ever asked, so a count and the XOR of the ifindexes are enough:
 * no lists, and an interface comes and goes in O(1) however many share the
 * address.
 */
#include "core/iface/ipref.h"

#include <assert.h>
#include <stddef.h>

void
ipref_init(struct ipref_map *r, struct hash_key secret)
{
	growmap_init(&r->m, sizeof(struct ipref), sizeof(struct ip4), secret);
}

void
ipref_fini(struct ipref_map *r)
{
	growmap_fini(&r->m);
}

const struct ipref *
ipref_find(const struct ipref_map *r, struct ip4 a)
{
	return growmap_find(&r->m, &a);
}

static void
drop_unused(struct ipref_map *r, struct ipref *p)
{
	if (!p->local && !p->fixed && !p->n_ready)
		growmap_remove(&r->m, p);
}

bool
ipref_add_local(struct ipref_map *r, struct ip4 a)
{
	struct ipref *p = growmap_get(&r->m, &a);

	if (p)
		p->local++;
	return p;
}

bool
ipref_add_fixed(struct ipref_map *r, struct ip4 a)
{
	struct ipref *p = growmap_get(&r->m, &a);

	if (p)
		p->fixed++;
	return p;
}

bool
ipref_add_ready(struct ipref_map *r, struct ip4 a, uint32_t ifindex)
{
	struct ipref *p = growmap_get(&r->m, &a);

	if (!p)
		return false;
	p->n_ready++;
	p->ready_xor ^= ifindex;
	return true;
}

void
ipref_del_local(struct ipref_map *r, struct ip4 a)
{
	struct ipref *p = growmap_find(&r->m, &a);

	assert(p && p->local);
	p->local--;
	drop_unused(r, p);
}

void
ipref_del_ready(struct ipref_map *r, struct ip4 a, uint32_t ifindex)
{
	struct ipref *p = growmap_find(&r->m, &a);

	assert(p && p->n_ready);
	p->n_ready--;
	p->ready_xor ^= ifindex;
	drop_unused(r, p);
}

void
ipref_clear_fixed(struct ipref_map *r)
{
	struct ipref *p = growmap_next(&r->m, NULL), *next;

	for (; p; p = next) {
		next = growmap_next(&r->m, p);
		p->fixed = 0;
		drop_unused(r, p);
	}
}
