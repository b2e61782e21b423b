/* SPDX-License-Identifier: ISC
 *
 * relay6_run - carries out what core/relay6 decides: renders RELAY-FORW messages for
 * servers, and delivers what a RELAY-REPL contains. relay_run.c has DHCPv4, and the
 * timer of the hedges of both.
 */
#include <errno.h>
#include <string.h>

#include "proto/udpip.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/path/path.h"
#include "relay/path/sockets.h"
#include "relay/state.h"

/* Sends the message to the servers that get it in this form. */
static void
send_form(struct daemon *d, const struct relay6_plan *p, enum relay6_form form)
{
	uint8_t *msg = NULL;
	size_t len = 0;

	for (unsigned i = 0; i < p->to.n; i++) {
		uint16_t s = p->to.server[i];

		if (relay6_form(p, d->conf, s) != form)
			continue;
		if (!msg) {
			msg = outbox_room(d, p->m.len + RELAY6_ADDS);
			len = relay6_render(p, form, msg, p->m.len + RELAY6_ADDS);
			outbox_use(d, len);
		}
		observe_copy(d, &(struct observe_copy){ s, p->in, p->rule, p->hedge,
		    &p->from }, msg, len);
		outbox_server(d, s, msg, len);
	}
}

static void
send_plan(struct daemon *d, const struct relay6_plan *plan)
{
	for (enum relay6_form f = 0; f < RELAY6_FORMS; f++)
		send_form(d, plan, f);
}

void
relay6_run_request(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct relay6_plan plan;
	enum drop why = relay6_request(&d->relay[FAMILY6], rx, now, &plan);

	observe_request6(d, rx, &plan, why, now);
	if (why != DROP_NONE)
		return;
	outbox_begin(d, FAMILY6, rx->ifindex, false);
	send_plan(d, &plan);
	outbox_end(d);
}

/* For clients whose request did not come as a frame: the kernel finds the link address. */
static void
deliver_by_socket(struct daemon *d, const struct relay6_delivery *v)
{
	/* Another relay may be more than one hop away. */
	bool on_link = ip6_is_linklocal(v->dst) || iface_has(v->out, ip_of6(v->dst));
	struct udp_to to = {
		.src = ip_of6(v->src), .dst = ip_of6(v->dst), .port = v->dport,
		.ifindex = on_link ? v->out->link.ifindex : 0,
	};
	int fd = bound_sender(d, FAMILY6, DHCP6_PORT_SERVER, v->out->link.ifindex);
	int err = fd < 0 ? -ENOTCONN : udp_send(fd, &to, v->payload, v->len);

	if (err < 0)
		outbox_withhold(d, outbox_refused(-err));
}

/* Firmware may not answer neighbour solicitations, so even what exceeds the link's MTU is
 * sent to the MAC that asked. */
static void
deliver_frame(struct daemon *d, const struct relay6_delivery *v)
{
	struct packet_to to = { v->out->link.ifindex, v->mac_len, { 0 } };
	uint8_t *udp = outbox_room(d, UDP_HEADER + v->len);
	struct udpip u = {
		.src = ip_of6(v->src), .dst = ip_of6(v->dst), .sport = v->sport,
		.dport = v->dport, .payload = udp + UDP_HEADER, .payload_len = v->len,
	};

	memcpy(udp + UDP_HEADER, v->payload, v->len);
	outbox_use(d, UDP_HEADER + v->len);
	memcpy(to.mac, v->mac, sizeof(to.mac));
	outbox_client(d, &to, &u, udp, v->out->link.mtu);
}

static void
deliver(struct daemon *d, const struct relay6_delivery *v)
{
	observe_delivery6(d, v);
	outbox_begin(d, FAMILY6, v->out->link.ifindex, true);
	if (v->mac_len)
		deliver_frame(d, v);
	else
		deliver_by_socket(d, v);
	outbox_end(d);
}

void
relay6_run_reply(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct relay6_delivery v;
	enum drop why = relay6_reply(&d->relay[FAMILY6], rx, now, &v);

	observe_reply6(d, rx, &v, why, now);
	if (why == DROP_NONE)
		deliver(d, &v);
}

/* A question to boot servers from our port 4011. They answer to the port that it came
 * from, if not from there. */
void
relay6_run_boot_step(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct boot_step plan;
	enum drop why = boot_step_request(&d->relay[FAMILY6], d->boot_steps, rx, now, &plan);

	observe_boot_step(d, rx, &plan, why, now);
	for (unsigned i = 0; why == DROP_NONE && i < plan.to.n; i++) {
		uint16_t s = plan.to.server[i];
		const struct conf_server *c = &d->conf->server[s];
		struct udp_to to = {
			.src = d->servers.source[s], .dst = c->address,
			.port = DHCP4_PORT_PXE, .ifindex = server_sockets_scope(d, c),
		};
		int fd = bound_sender(d, FAMILY6, DHCP4_PORT_PXE, to.ifindex);
		int err = fd < 0 ? -ENOTCONN : udp_send(fd, &to, rx->data, rx->len);

		if (err < 0)
			d->stats[FAMILY6].drop_4011[outbox_refused(-err)]++;
	}
}

void
relay6_run_boot_answer(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct relay6_delivery v;
	enum drop why = boot_step_reply(&d->relay[FAMILY6], d->boot_steps, rx, now, &v);

	observe_reply6(d, rx, &v, why, now);
	if (why == DROP_NONE)
		deliver(d, &v);
}

void
relay6_run_hedges(struct daemon *d, struct mono now)
{
	struct relay6_plan plan;
	struct mono due;

	while (pendings_due(d->relay[FAMILY6].hedges, &due) && !mono_before(now, due))
		if (relay6_hedge(&d->relay[FAMILY6], now, &plan)) {
			observe_hedge6(d, &plan, now);
			send_plan(d, &plan);
		}
}
