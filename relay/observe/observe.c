/* SPDX-License-Identifier: ISC
 *
 * observe - reports each packet of the packet path to its observers. Records
 * first (core/story/record); then, only while a capture runs or log-level is debug,
 * makes one struct event that capture_event.c and trace.c read.
 */
#include "relay/observe/observe.h"

#include <stdio.h>

#include "core/story/record.h"
#include "relay/observe/event.h"
#include "relay/state.h"

static bool
is_watched(const struct daemon *d)
{
	return d->captures || log_wants(&d->log, LOG_LEVEL_DEBUG);
}

/* Makes the event only if somebody reads it. */
#define REPORT(d, ...) \
	do { \
		if (is_watched(d)) \
			report_event(d, &(struct event){ __VA_ARGS__ }); \
	} while (0)

static void
report_event(struct daemon *d, const struct event *e)
{
	if (d->captures && e->leg != EVENT_NOWHERE)
		capture_event(d, e);
	if (e->trace && log_wants(&d->log, LOG_LEVEL_DEBUG))
		trace_event(d, e);
}

static enum ring_to
link_dest(const struct rx *rx)
{
	if (rx->unicast)
		return RING_TO_HOST;
	return rx->dst.version == 6 || ip4_is_multicast(ip_v4(rx->dst)) ?
	    RING_TO_MULTICAST : RING_TO_BROADCAST;
}

static uint16_t
sender_of(const struct daemon *d, const struct rx *rx)
{
	return servers_find_rx(&d->servers, rx->src, rx->ifindex);
}

static const struct conf_rule *
rule_of(const struct daemon *d, uint16_t rule)
{
	return rule == CONF_NONE ? NULL : &d->conf->rule[rule];
}

/* The server as filters know it, or none. */
static struct ipaddr
address_of(const struct daemon *d, uint16_t server)
{
	return server == CONF_NONE ? IP_NONE : d->conf->server[server].address;
}

/* What the events of both families have in common; p is a plan, v a delivery. */
#define REQUEST(d, rx_, p, why_) \
	.leg = EVENT_FRAME_IN, .rx = (rx_), .to = link_dest(rx_), \
	.dport = udp_dhcp_port(ip_family((rx_)->dst)), .word = "relayed", \
	.why = (why_), .asked = &(p)->to, .rule = rule_of(d, (p)->rule), \
	.name_rule = true, .trace = "relayed", .direction = "requests", \
	.ifindex = (rx_)->ifindex
#define HEDGE(d, p) \
	.asked = &(p)->to, .rule = rule_of(d, (p)->rule), .trace = "hedged", \
	.ifindex = (p)->in ? (p)->in->link.ifindex : 0
#define REPLY(d, rx_, v, why_) \
	.leg = EVENT_SERVER_IN, .rx = (rx_), \
	.dport = udp_dhcp_port(ip_family((rx_)->dst)), .server = (v)->server, \
	.name_server = true, .from_server = address_of(d, (v)->server), \
	.word = "relayed", .why = (why_), .other = (v)->out, .other_key = "to", \
	.trace = "delivered", .direction = "replies", \
	.ifindex = (why_) == DROP_NONE ? (v)->out->link.ifindex : (rx_)->ifindex
#define DELIVERY(d, v) \
	.leg = EVENT_FRAME_OUT, .ifindex = (v)->out->link.ifindex, \
	.mac = event_mac((v)->mac, (v)->mac_len), .server = (v)->server, \
	.name_server = true, .from_server = address_of(d, (v)->server), \
	.word = "delivery"

void
observe_request(struct daemon *d, const struct rx *rx,
    const struct relay4_plan *p, enum drop why, struct mono now)
{
	record_request(d->track, &d->relay[FAMILY4], rx, p, why, now);
	REPORT(d, REQUEST(d, rx, p, why), .m = &p->m);
}

void
observe_request6(struct daemon *d, const struct rx *rx,
    const struct relay6_plan *p, enum drop why, struct mono now)
{
	record_request6(d->track, &d->relay[FAMILY6], rx, p, why, now);
	REPORT(d, REQUEST(d, rx, p, why), .m6 = &p->from,
	    .link = why == DROP_NONE ? p->link : IP6_NONE);
}

/* The datagram as udp_server_queue() will send it. */
static struct udpip
udp_to_server(const struct daemon *d, uint16_t server, const void *msg, size_t len)
{
	struct ipaddr to = d->conf->server[server].address;
	uint16_t port = udp_dhcp_port(ip_family(to));

	return (struct udpip){
		.src = d->servers.source[server], .dst = to,
		.sport = port, .dport = port, .ttl = udp_hops(to),
		.payload = msg, .payload_len = len,
	};
}

void
observe_copy(struct daemon *d, const struct observe_copy *c, const void *msg,
    size_t len)
{
	REPORT(d,
	    .leg = EVENT_SERVER_OUT, .server = c->server, .name_server = true,
	    .udp = udp_to_server(d, c->server, msg, len),
	    .word = c->hedge ? "hedge" : "copy", .other = c->in,
	    .other_key = "from", .rule = rule_of(d, c->rule), .name_rule = true,
	    .m6 = c->m6);
}

void
observe_hedge(struct daemon *d, const struct relay4_plan *p, struct mono now)
{
	record_hedge(d->track, &d->relay[FAMILY4], p, now);
	REPORT(d, HEDGE(d, p), .m = &p->m);
}

void
observe_hedge6(struct daemon *d, const struct relay6_plan *p, struct mono now)
{
	record_hedge6(d->track, &d->relay[FAMILY6], p, now);
	REPORT(d, HEDGE(d, p), .m6 = &p->from, .link = p->link);
}

void
observe_reply(struct daemon *d, const struct rx *rx,
    const struct relay4_delivery *v, enum drop why, struct mono now)
{
	bool leased = why == DROP_NONE && v->m.type == DHCP4_ACK;

	record_reply(d->track, &d->relay[FAMILY4], rx, v, why, now);
	REPORT(d, REPLY(d, rx, v, why), .m = &v->m,
	    .leased = leased ? v->m.yiaddr : IP4_NONE);
}

void
observe_reply6(struct daemon *d, const struct rx *rx,
    const struct relay6_delivery *v, enum drop why, struct mono now)
{
	record_reply6(d->track, &d->relay[FAMILY6], rx, v, why, now);
	REPORT(d, REPLY(d, rx, v, why), .m6 = &v->to,
	    .link = v->m.data ? v->m.link : IP6_NONE);
}

void
observe_delivery(struct daemon *d, const struct relay4_delivery *v,
    const struct udpip *u)
{
	REPORT(d, DELIVERY(d, v), .udp = *u,
	    .tail = v->strip_pxe ? " removed=60,43" : NULL);
}

void
observe_delivery6(struct daemon *d, const struct relay6_delivery *v)
{
	REPORT(d, DELIVERY(d, v), .m6 = &v->to,
	    .udp = { ip_of6(v->src), ip_of6(v->dst), v->sport, v->dport, 0,
		v->payload, v->len });
}

void
observe_4011(struct daemon *d, const struct rx *rx,
    const struct p4011_plan *p, enum drop why, struct mono now)
{
	REPORT(d,
	    .leg = EVENT_FRAME_IN, .rx = rx, .dport = DHCP4_PORT_PXE,
	    .to = link_dest(rx), .word = "relayed", .why = why,
	    .asked = &p->servers.to, .rule = rule_of(d, p->servers.rule),
	    .trace = "relayed", .direction = "4011",
	    .ifindex = rx->ifindex, .trace_port = DHCP4_PORT_PXE);
	if (why == DROP_NONE)
		record_4011(d->track, rx, p->servers.to.n, now);
}

void
observe_copy_4011(struct daemon *d, const struct rx *rx, uint16_t server,
    const struct udpip *u)
{
	REPORT(d,
	    .leg = EVENT_SERVER_OUT, .udp = *u, .server = server,
	    .name_server = true, .word = "copy", .other_key = "from",
	    .other = iftab_by_index(d->iftab, rx->ifindex));
}

void
observe_help(struct daemon *d, const struct rx *rx, const struct udpip *u,
    const struct helper_plan *p, enum drop why)
{
	char copies[32];

	if (!is_watched(d))
		return;
	snprintf(copies, sizeof(copies), " copies=%u", p->n);
	report_event(d, &(struct event){
		.leg = EVENT_FRAME_IN, .rx = rx, .dport = u->dport,
		.to = link_dest(rx), .word = "helped", .why = why,
		.tail = why == DROP_NONE ? copies : NULL, .trace = "helped",
		.direction = "helpers", .ifindex = rx->ifindex,
		.trace_port = u->dport,
	});
}

void
observe_help_copy(struct daemon *d, const struct rx *rx,
    const struct udpip *u, uint32_t ifindex)
{
	REPORT(d,
	    .leg = ifindex ? EVENT_FRAME_OUT : EVENT_SERVER_OUT,
	    .udp = *u, .server = servers_find4(&d->servers, u->dst.v4),
	    .mac = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	    .ifindex = ifindex, .word = "copy", .other_key = "from",
	    .other = iftab_by_index(d->iftab, rx->ifindex));
}

void
observe_boot_step(struct daemon *d, const struct rx *rx, const struct boot_step *p,
    enum drop why, struct mono now)
{
	record_boot_step(d->track, rx, p, why, now);
	REPORT(d,
	    .leg = EVENT_FRAME_IN, .rx = rx, .dport = DHCP4_PORT_PXE,
	    .to = link_dest(rx), .word = "relayed", .why = why, .asked = &p->to,
	    .rule = rule_of(d, p->rule), .trace = "relayed",
	    .direction = "4011", .ifindex = rx->ifindex,
	    .trace_port = DHCP4_PORT_PXE);
}

void
observe_bad_frame(struct daemon *d, enum family family, const struct ring_frame *f,
    enum drop why)
{
	REPORT(d,
	    .leg = EVENT_BAD_FRAME, .family = family, .frame = f, .why = why,
	    .trace = "dropped", .direction = "requests",
	    .ifindex = f->ifindex);
}

void
observe_truncated(struct daemon *d, const struct rx *rx, uint16_t dport,
    const char *direction)
{
	REPORT(d,
	    .leg = dport == DHCP4_PORT_PXE ? EVENT_FRAME_IN : EVENT_SERVER_IN,
	    .rx = rx, .dport = dport, .to = RING_TO_HOST,
	    .server = sender_of(d, rx), .why = DROP_TRUNCATED, .trace = "dropped",
	    .direction = direction, .ifindex = rx->ifindex);
}

void
observe_lost(struct daemon *d, uint32_t ifindex, bool reply, enum drop why)
{
	REPORT(d,
	    .why = why, .trace = "dropped", .ifindex = ifindex,
	    .direction = reply ? "replies" : "requests");
}

void
observe_routed(struct daemon *d, const struct rx *rx, uint16_t dport,
    struct mono now)
{
	REPORT(d,
	    .leg = EVENT_FRAME_IN, .rx = rx, .dport = dport,
	    .to = RING_TO_HOST, .word = "seen routed");
	record_tap(d->track, &d->relay[FAMILY4], rx, dport, now);
}

void
observe_stranger(struct daemon *d, const struct rx *rx, bool record,
    struct mono now)
{
	REPORT(d,
	    .leg = EVENT_FRAME_IN, .rx = rx, .dport = DHCP4_PORT_CLIENT,
	    .to = RING_TO_BROADCAST, .word = "seen server-on-vlan");
	if (record)
		record_stranger(d->track, &d->relay[FAMILY4], rx, now);
}

void
observe_rescue(struct daemon *d, const struct rescue_plan *p, struct mono now)
{
	char tail[64], asked[IP4_STRLEN];

	if (p->what == RESCUE_QUERY)
		REPORT(d,
		    .leg = EVENT_SERVER_OUT, .udp = p->udp, .word = "rescue",
		    .server = servers_find4(&d->servers, p->udp.dst.v4),
		    .name_server = true);
	if (p->what != RESCUE_DELIVER)
		return;
	snprintf(tail, sizeof(tail), " in-place-of=%s%s", ip4_str(p->asked, asked),
	    p->again ? " again=yes" : "");
	REPORT(d,
	    .leg = EVENT_FRAME_OUT, .udp = p->udp, .ifindex = p->ifindex,
	    .mac = event_mac(p->mac, p->mac_len), .server = p->live,
	    .name_server = true, .from_server = ip_of4(p->from),
	    .word = "rescue-delivery", .tail = tail);
	record_rescue(d->track, p, now);
}

void
observe_rescue_reply(struct daemon *d, const struct rx *rx,
    const struct rescue_plan *p)
{
	bool used = p->what == RESCUE_DELIVER;

	REPORT(d,
	    .leg = EVENT_SERVER_IN, .rx = rx, .dport = DHCP4_PORT_SERVER,
	    .server = sender_of(d, rx), .word = "rescue-answer",
	    .why = used ? DROP_NONE : DROP_RESCUE_UNUSED,
	    .other = used ? iftab_by_index(d->iftab, p->ifindex) : NULL);
}

void
observe_probe(struct daemon *d, uint16_t server, const void *msg, size_t len)
{
	REPORT(d,
	    .leg = EVENT_SERVER_OUT, .server = server, .word = "probe",
	    .udp = udp_to_server(d, server, msg, len));
}

void
observe_probe_reply(struct daemon *d, const struct rx *rx)
{
	REPORT(d,
	    .leg = EVENT_SERVER_IN, .rx = rx,
	    .dport = udp_dhcp_port(ip_family(rx->dst)),
	    .server = sender_of(d, rx), .word = "probe-answer");
}
