/* SPDX-License-Identifier: ISC
 *
 * trace - log-level = debug: logs a line for each packet, with its verdict. The
 * first pair identifies the client, so that base/logdedup folds the lines of
 * one client even when those of others come in between.
 */
#include "base/sbuf.h"
#include "relay/observe/event.h"
#include "relay/state.h"

#define FIELDS 512

static void
put_message(struct sbuf *b, const struct dhcp4 *m, struct ipaddr src)
{
	const char *type = dhcp4_type_name(m->type);
	char a[IP_STRLEN];

	sbuf_puts(b, "mac=");
	sbuf_mac(b, m->chaddr, m->hlen);
	sbuf_printf(b, " type=%s xid=%08x secs=%u", type ? type : "unknown",
	    m->xid, m->secs);
	if (!ip_is_none(src))
		sbuf_printf(b, " src=%s", ip_str(src, a));
	if (!ip4_is_none(m->yiaddr))
		sbuf_printf(b, " address=%s", ip4_str(m->yiaddr, a));
}

/* The same for DHCPv6, where the client may be behind another relay: src= is then
 * that of the relay, or else of the server. */
static void
put_message6(struct sbuf *b, const struct relay6_origin *o, const struct event *e)
{
	const char *type = dhcp6_type_name(o->m.type);
	char a[IP_STRLEN];

	if (o->has_mac)
		sbuf_printf(b, "mac=%s ", mac_str(&o->mac, a));
	sbuf_printf(b, "peer=%s type=%s xid=%06x", ip6_str(o->peer, a),
	    type ? type : "unknown", o->m.xid);
	if (e->rx && !ip6_eq(ip_v6(e->rx->src), o->peer))
		sbuf_printf(b, " src=%s", ip_str(e->rx->src, a));
	if (!ip6_is_none(e->link))
		sbuf_printf(b, " link-address=%s", ip6_str(e->link, a));
}

/* Parses a message here that core dropped before it was parsed. */
static bool
put_unparsed(struct sbuf *b, const struct event *e)
{
	const struct rx *rx = e->rx;
	struct relay6_origin o;
	struct dhcp4 m;
	struct dhcp6 m6;

	if (ip_family(rx->src) == FAMILY4) {
		if (dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE)
			return false;
		put_message(b, &m, rx->src);
		return true;
	}
	if (dhcp6_parse(&m6, rx->data, rx->len) != DROP_NONE)
		return false;
	relay6_read_origin(&o, &m6, rx->src.v6);
	if (!o.m.data)
		return false;
	if (!m6.relay && rx->mac_len == sizeof(o.mac.b)) {
		o.has_mac = true;
		o.mac = event_mac(rx->mac, rx->mac_len);
	}
	put_message6(b, &o, e);
	return true;
}

/* Is this a reason for which dhcp4_parse() drops a message? */
static bool
is_unread(enum drop why)
{
	return why == DROP_SHORT || why == DROP_TRUNCATED || why == DROP_BAD_OP ||
	    why == DROP_BAD_HLEN || why == DROP_BAD_OPTIONS;
}

/* Names the client if the packet is a readable DHCP message, otherwise the
 * sender; packets for a helper are usually not DHCP. */
static void
put_sender(struct sbuf *b, const struct event *e)
{
	bool readable = e->trace_port == 0 || e->trace_port == DHCP4_PORT_PXE;
	struct ipaddr src = e->rx ? e->rx->src : IP_NONE;
	char a[IP_STRLEN];

	if (e->m && e->m->data && !is_unread(e->why))
		put_message(b, e->m, src);
	else if (e->m6 && e->m6->m.data)
		put_message6(b, e->m6, e);
	else if (e->rx && e->rx->data && readable && put_unparsed(b, e))
		return;
	else if (e->leg == EVENT_NOWHERE)
		sbuf_puts(b, "copies=none");
	else
		sbuf_printf(b, "src=%s", ip_str(src, a));
}

void
trace_event(struct daemon *d, const struct event *e)
{
	const struct iface *f = iftab_by_index(d->iftab, e->ifindex);
	bool dropped = e->why != DROP_NONE, helped = e->trace_port && !e->asked;
	char text[FIELDS], name[LOG_ESC_MAX];
	struct sbuf b = sbuf_init(text, sizeof(text));

	put_sender(&b, e);
	if (f)
		sbuf_printf(&b, " interface=%s", log_esc(name, f->link.name));
	if (e->trace_port && (helped || !dropped))
		sbuf_printf(&b, " port=%u", e->trace_port);
	if (dropped)
		sbuf_printf(&b, " direction=%s reason=%s", e->direction,
		    drop_word(e->why));
	else if (e->tail)
		sbuf_puts(&b, e->tail);
	for (unsigned i = 0; !dropped && e->asked && i < e->asked->n; i++)
		sbuf_printf(&b, "%s%s", i ? "," : " to=",
		    d->conf->server[e->asked->server[i]].name);
	if (!dropped && e->rule)
		sbuf_printf(&b, " rule=%s", e->rule->name);
	log_event(&d->log, LOG_LEVEL_DEBUG, dropped ? "dropped" : e->trace,
	    "%s", text);
}
