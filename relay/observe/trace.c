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

/* Is this a reason for which dhcp4_parse() drops a message? */
static bool
is_unread(enum drop why)
{
	return why == DROP_SHORT || why == DROP_TRUNCATED || why == DROP_BAD_OP ||
	    why == DROP_BAD_HLEN || why == DROP_BAD_OPTIONS;
}

/* Names the client if the packet is a readable DHCP message, otherwise the
 * sender; packets for a helper are usually not DHCP. Parses the message here if
 * core dropped it before it was parsed. */
static void
put_sender(struct sbuf *b, const struct event *e)
{
	bool readable = e->trace_port == 0 || e->trace_port == DHCP4_PORT_PXE;
	struct ipaddr src = e->rx ? e->rx->src : IP_NONE;
	char a[IP_STRLEN];
	struct dhcp4 m;

	if (e->m && e->m->data && !is_unread(e->why))
		put_message(b, e->m, src);
	else if (e->rx && e->rx->data && readable &&
	    dhcp4_parse(&m, e->rx->data, e->rx->len) == DROP_NONE)
		put_message(b, &m, src);
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
