/* SPDX-License-Identifier: ISC
 *
 * record - see include/core/record.h. Nothing is decided here; a message that does not
 * even parse belongs to nobody and is not told.
 */
#include "core/record.h"

#include <string.h>

#define PORT_TFTP 69

static bool
has_client(const struct dhcp4 *m)
{
	return m->data && m->len >= DHCP4_HEADER && m->hlen <= 16;
}

static void
count_servers(struct track_request *q, const struct relay4 *r,
    const struct relay4_plan *plan)
{
	unsigned usable = 0;

	for (unsigned i = 0; i < plan->n_server; i++) {
		uint16_t s = plan->server[i];
		bool up = health_usable(&r->health[s]);

		usable += up;
		if (r->conf->is_boot[s]) {
			q->n_boot++;
			q->boot_down |= !up;
		} else
			q->n_dhcp++;
	}
	q->all_down = plan->n_server && usable == 0;
}

void
record_request(struct track *t, const struct relay4 *r,
    const struct relay4_plan *plan, enum drop why, struct mono now)
{
	struct pxe_client client;
	struct track_request q = {
		.m = &plan->m, .client = &client, .why = why, .rule = plan->rule,
	};

	if (!plan->in || !has_client(&plan->m))
		return;
	q.ifindex = plan->in->link.ifindex;
	pxe_read(&client, &plan->m);
	if (why == DROP_NONE)
		count_servers(&q, r, plan);
	track_request(t, &q, now);
}

void
record_hedge(struct track *t, const struct relay4 *r,
    const struct relay4_plan *plan, struct mono now)
{
	for (unsigned i = 0; i < plan->n_server; i++)
		track_hedge(t, &plan->m, r->conf->server[plan->server[i]].address,
		    now);
}

void
record_reply(struct track *t, const struct relay4 *r,
    const struct relay4_delivery *d, struct ip4 from, enum drop why, struct mono now)
{
	bool boot_only = d->server != CONF_NONE && r->conf->is_boot[d->server] &&
	    !r->conf->is_dhcp[d->server];

	if (has_client(&d->m))
		track_reply(t, &d->m, from, boot_only, why, now);
}

void
record_tap(struct track *t, const struct relay4 *r, const struct relay4_rx *rx,
    uint16_t dport, struct mono now)
{
	(void)r;
	if (dport == DHCP4_PORT_PXE && rx->sport != DHCP4_PORT_PXE)
		track_4011(t, rx->src, rx->sport, rx->dst, true, rx->data, rx->len, now);
	else if (rx->sport == DHCP4_PORT_PXE && dport != DHCP4_PORT_PXE)
		track_4011(t, rx->dst, dport, rx->src, false, rx->data, rx->len, now);
	else if (dport == DHCP4_PORT_PXE) {	/* EDK2: both are 4011 */
		struct dhcp4 m;
		bool asks = dhcp4_parse(&m, rx->data, rx->len) == DROP_NONE &&
		    m.op == DHCP4_REQUEST;

		track_4011(t, asks ? rx->src : rx->dst, DHCP4_PORT_PXE,
		    asks ? rx->dst : rx->src, asks, rx->data, rx->len, now);
	} else if (dport == PORT_TFTP)
		track_tftp(t, rx->src, rx->dst, true, rx->data, rx->len, now);
	else
		track_tftp(t, rx->dst, rx->src, false, rx->data, rx->len, now);
}

void
record_stranger(struct track *t, const struct relay4 *r,
    const struct relay4_rx *rx, struct mono now)
{
	struct dhcp4 m;

	/* A configured server on a client VLAN answers there directly, too. */
	if (relay4_server(r, rx->src) != CONF_NONE || iftab_is_ours(r->iftab, rx->src))
		return;
	if (dhcp4_parse(&m, rx->data, rx->len) == DROP_NONE &&
	    m.op == DHCP4_REPLY && m.type == DHCP4_OFFER)
		track_rogue(t, &m, rx->src, now);
}
