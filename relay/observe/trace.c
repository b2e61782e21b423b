/* SPDX-License-Identifier: ISC
 *
 * trace - log-level = debug: a line for each packet, with what became of it. The first pair is
 * the client, so that the lines of one client fold (base/logdedup) whatever others come between.
 */
#include "base/sbuf.h"
#include "relay/observe/event.h"
#include "relay/state.h"

#define FIELDS 512

static void
put_message(struct sbuf *b, const struct dhcp4 *m, struct ip4 src)
{
	const char *type = dhcp4_type_name(m->type);
	char a[IP4_STRLEN];

	sbuf_puts(b, "mac=");
	sbuf_mac(b, m->chaddr, m->hlen);
	sbuf_printf(b, " type=%s xid=%08x secs=%u", type ? type : "unknown", m->xid, m->secs);
	if (!ip4_is_none(src))
		sbuf_printf(b, " src=%s", ip4_str(src, a));
	if (!ip4_is_none(m->yiaddr))
		sbuf_printf(b, " address=%s", ip4_str(m->yiaddr, a));
}

/* Was it dropped by dhcp4_parse(), perhaps? */
static bool
is_unread(enum drop why)
{
	return why == DROP_SHORT || why == DROP_TRUNCATED || why == DROP_BAD_OP ||
	    why == DROP_BAD_HLEN || why == DROP_BAD_OPTIONS;
}

/* A packet that cannot be read is known by its sender only, and so is what a helper gets:
 * that is not DHCP as a rule. What core dropped before it parsed the message is parsed here. */
static void
put_sender(struct sbuf *b, const struct event *e)
{
	bool readable = e->trace_port == 0 || e->trace_port == DHCP4_PORT_PXE;
	char a[IP4_STRLEN];
	struct dhcp4 m;

	if (e->m && e->m->data && !is_unread(e->why))
		put_message(b, e->m, e->rx ? e->rx->src : IP4_NONE);
	else if (e->rx && e->rx->data && readable &&
	    dhcp4_parse(&m, e->rx->data, e->rx->len) == DROP_NONE)
		put_message(b, &m, e->rx->src);
	else if (e->leg == EVENT_NOWHERE)
		sbuf_puts(b, "copies=none");
	else
		sbuf_printf(b, "src=%s", ip4_str(e->rx ? e->rx->src : IP4_NONE, a));
}

static void
put_plan(struct sbuf *b, struct daemon *d, const struct relay4_plan *p)
{
	sbuf_puts(b, " to=");
	for (unsigned i = 0; i < p->n_server; i++)
		sbuf_printf(b, "%s%s", i ? "," : "", d->conf->server[p->server[i]].name);
	if (p->rule != CONF_NONE)
		sbuf_printf(b, " rule=%s", d->conf->rule[p->rule].name);
}

void
trace_event(struct daemon *d, const struct event *e)
{
	const struct iface *f = iftab_by_index(d->iftab, e->ifindex);
	bool dropped = e->why != DROP_NONE, helped = e->trace_port && !e->plan;
	char text[FIELDS], name[LOG_ESC_MAX];
	struct sbuf b = sbuf_init(text, sizeof(text));

	put_sender(&b, e);
	if (f)
		sbuf_printf(&b, " interface=%s", log_esc(name, f->link.name));
	if (e->trace_port && (helped || !dropped))
		sbuf_printf(&b, " port=%u", e->trace_port);
	if (dropped)
		sbuf_printf(&b, " direction=%s reason=%s", e->direction, drop_word(e->why));
	else if (e->plan)
		put_plan(&b, d, e->plan);
	else if (e->tail)
		sbuf_puts(&b, e->tail);
	log_event(&d->log, LOG_LEVEL_DEBUG, dropped ? "dropped" : e->trace, "%s", text);
}
