/* SPDX-License-Identifier: ISC
 *
 * trace - log-level = debug: a line for each packet, with what became of it. The path calls
 * these only when somebody wants such lines (daemon_traces()); it costs nothing else
 * otherwise, and here everything is read from the packet once more.
 *
 * The first pair is the client, so that repeated lines of one client are folded and
 * those of others in between do not matter (base/logdedup).
 */
#include "base/sbuf.h"
#include "relay/daemon.h"

#define FIELDS 512

struct line {
	struct sbuf b;
	char text[FIELDS];
};

/* Who it is about; a packet that cannot be read is known by its sender only. */
static void
begin(struct line *l, const void *data, size_t len, struct ip4 src)
{
	char a[IP4_STRLEN];
	struct dhcp4 m;
	const char *type;

	l->b = sbuf_init(l->text, sizeof(l->text));
	if (!data || dhcp4_parse(&m, data, len) != DROP_NONE) {
		sbuf_printf(&l->b, "src=%s", ip4_str(src, a));
		return;
	}
	sbuf_puts(&l->b, "mac=");
	sbuf_mac(&l->b, m.chaddr, m.hlen);
	type = dhcp4_type_name(m.type);
	sbuf_printf(&l->b, " type=%s xid=%08x secs=%u", type ? type : "unknown",
	    m.xid, m.secs);
	if (!ip4_is_none(src))
		sbuf_printf(&l->b, " src=%s", ip4_str(src, a));
	if (!ip4_is_none(m.yiaddr))
		sbuf_printf(&l->b, " address=%s", ip4_str(m.yiaddr, a));
}

static void
add_interface(struct line *l, struct daemon *d, uint32_t ifindex)
{
	const struct iface *f = iftab_by_index(d->iftab, ifindex);
	char name[LOG_ESC_MAX];

	if (f)
		sbuf_printf(&l->b, " interface=%s", log_esc(name, f->link.name));
}

static void
add_plan(struct line *l, struct daemon *d, const struct relay4_plan *p)
{
	sbuf_puts(&l->b, " to=");
	for (unsigned i = 0; i < p->n_server; i++)
		sbuf_printf(&l->b, "%s%s", i ? "," : "",
		    d->conf->server[p->server[i]].name);
	if (p->rule != CONF_NONE)
		sbuf_printf(&l->b, " rule=%s", d->conf->rule[p->rule].name);
}

static void
add_drop(struct line *l, const char *direction, enum drop why)
{
	sbuf_printf(&l->b, " direction=%s reason=%s", direction, drop_word(why));
}

static void
put(struct daemon *d, const struct line *l, const char *event)
{
	log_event(&d->log, LOG_LEVEL_DEBUG, event, "%s", l->text);
}

void
trace_bad(struct daemon *d, const struct relay4_rx *rx, const char *direction,
    enum drop why)
{
	struct line l;

	begin(&l, rx->data, rx->len, rx->src);
	add_interface(&l, d, rx->ifindex);
	add_drop(&l, direction, why);
	put(d, &l, "dropped");
}

void
trace_request(struct daemon *d, const struct relay4_rx *rx,
    const struct relay4_plan *p, enum drop why)
{
	struct line l;

	if (why != DROP_NONE) {
		trace_bad(d, rx, "requests", why);
		return;
	}
	begin(&l, rx->data, rx->len, rx->src);
	add_interface(&l, d, rx->ifindex);
	add_plan(&l, d, p);
	put(d, &l, "relayed");
}

void
trace_hedge(struct daemon *d, const struct relay4_plan *p)
{
	struct line l;

	begin(&l, p->m.data, p->m.len, IP4_NONE);
	if (p->in)
		add_interface(&l, d, p->in->link.ifindex);
	add_plan(&l, d, p);
	put(d, &l, "hedged");
}

void
trace_reply(struct daemon *d, const struct relay4_rx *rx,
    const struct relay4_delivery *v, enum drop why)
{
	struct line l;

	if (why != DROP_NONE) {
		trace_bad(d, rx, "replies", why);
		return;
	}
	begin(&l, rx->data, rx->len, rx->src);
	add_interface(&l, d, v->out->link.ifindex);
	put(d, &l, "delivered");
}

void
trace_4011(struct daemon *d, const struct relay4_rx *rx,
    const struct p4011_plan *p, enum drop why)
{
	struct line l;

	if (why != DROP_NONE) {
		trace_bad(d, rx, "4011", why);
		return;
	}
	begin(&l, rx->data, rx->len, rx->src);
	add_interface(&l, d, rx->ifindex);
	sbuf_puts(&l.b, " port=4011");
	add_plan(&l, d, &p->servers);
	put(d, &l, "relayed");
}

/* No DHCP, as a rule. */
void
trace_help(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    const struct helper_plan *p, enum drop why)
{
	struct line l;

	begin(&l, NULL, 0, rx->src);
	add_interface(&l, d, rx->ifindex);
	sbuf_printf(&l.b, " port=%u", u->dport);
	if (why == DROP_NONE)
		sbuf_printf(&l.b, " copies=%u", p->n);
	else
		add_drop(&l, "helpers", why);
	put(d, &l, why == DROP_NONE ? "helped" : "dropped");
}

void
trace_lost(struct daemon *d, uint32_t ifindex, bool reply, enum drop why)
{
	struct line l = { .b = sbuf_init(l.text, sizeof(l.text)) };

	sbuf_puts(&l.b, "copies=none");
	add_interface(&l, d, ifindex);
	add_drop(&l, reply ? "replies" : "requests", why);
	put(d, &l, "dropped");
}
