/* SPDX-License-Identifier: ISC
 *
 * addr_uses - see include/core/iface/addr_uses.h.
 */
#include "core/iface/addr_uses.h"

#include <assert.h>

struct addr_uses
addr_uses_init(void)
{
	return (struct addr_uses){ rows_init(sizeof(struct addr_use)) };
}

void
addr_uses_fini(struct addr_uses *u)
{
	rows_fini(&u->rows);
}

const struct addr_use *
addr_uses_find(const struct addr_uses *u, struct ip4 a)
{
	return rows_find(&u->rows, a.host);
}

bool
addr_uses_add(struct addr_uses *u, struct ip4 a, enum addr_why why, uint32_t ifindex)
{
	struct addr_use *p = rows_get(&u->rows, a.host);

	if (!p)
		return false;
	p->n[why]++;
	if (why == ADDR_READY)
		p->ready_xor ^= ifindex;
	return true;
}

static void
drop_unused(struct addr_uses *u, struct addr_use *p)
{
	if (!p->n[ADDR_LOCAL] && !p->n[ADDR_FIXED] && !p->n[ADDR_READY])
		rows_remove(&u->rows, p);
}

void
addr_uses_del(struct addr_uses *u, struct ip4 a, enum addr_why why, uint32_t ifindex)
{
	struct addr_use *p = rows_find(&u->rows, a.host);

	assert(p && p->n[why]);
	p->n[why]--;
	if (why == ADDR_READY)
		p->ready_xor ^= ifindex;
	drop_unused(u, p);
}

void
addr_uses_clear_fixed(struct addr_uses *u)
{
	for (size_t i = u->rows.n; i-- > 0;) {
		struct addr_use *p = rows_at(&u->rows, i);

		p->n[ADDR_FIXED] = 0;
		drop_unused(u, p);
	}
}
