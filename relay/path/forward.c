/* SPDX-License-Identifier: ISC
 *
 * forward - see include/relay/path/forward.h.
 */
#include "relay/path/forward.h"

#include "core/relay4/helper.h"
#include "core/relay4/p4011.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/state.h"

void
forward_4011(struct daemon *d, const struct relay4_rx *rx, struct mono now)
{
	struct p4011_plan plan;
	enum drop why = p4011_request(&d->r4, rx, now, &plan);
	unsigned sent = 0;
	uint8_t *msg;
	size_t len;

	observe_4011(d, rx, &plan, why, now);
	if (why != DROP_NONE)
		return;
	msg = outbox_room(d, rx->len);
	len = p4011_render(&plan, rx, msg, rx->len);
	for (unsigned i = 0; i < plan.servers.n_server; i++) {
		uint16_t s = plan.servers.server[i];
		struct server_stats *st = &d->servers.stats[s];
		struct udpip u = {
			.src = plan.src, .sport = plan.sport,
			.dst = ip_v4(d->conf->server[s].address),
			.dport = DHCP4_PORT_PXE, .ttl = UDPIP_TTL,
			.payload = msg, .payload_len = len,
		};

		observe_copy_4011(d, rx, s, &u);
		why = outbox_raw(d, &u, 0);
		d->stats.counter[COUNTER_COPIES] += why == DROP_NONE;
		st->sent += why == DROP_NONE;
		st->errors += why == DROP_SEND_ERROR;
		st->dropped += why == DROP_SEND_FULL;
		sent += why == DROP_NONE;
	}
	if (!sent)
		p4011_lost(&d->r4, plan.servers.in, why);
}

void
forward_4011_truncated(struct daemon *d, const struct relay4_rx *rx)
{
	stats_count(&d->stats, COUNTER_P4011_REQUESTS);
	d->stats.drop_4011[DROP_TRUNCATED]++;
	observe_truncated(d, rx, DHCP4_PORT_PXE, "4011");
}

void
forward_help(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    struct mono now)
{
	struct helper_plan plan;
	enum drop why = helper_packet(d->helpers, &d->r4, u, rx->ifindex,
	    now, &plan);
	unsigned sent = 0;

	observe_help(d, rx, u, &plan, why);
	if (why != DROP_NONE)
		return;
	for (unsigned i = 0; i < plan.n; i++) {
		struct udpip out = *u;

		out.src = plan.src;
		out.dst = plan.out[i].dst;
		out.ttl = plan.ttl;
		observe_help_copy(d, rx, &out, plan.out[i].ifindex);
		why = outbox_raw(d, &out, plan.out[i].ifindex);
		d->stats.counter[COUNTER_HELPED_COPIES] += why == DROP_NONE;
		sent += why == DROP_NONE;
	}
	if (sent)
		stats_count(&d->stats, COUNTER_HELPED_RELAYED);
	else
		d->stats.drop_helper[why]++;
}
