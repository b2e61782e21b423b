/* SPDX-License-Identifier: ISC
 *
 * conf_print - the canonical form of a configuration: every section, every key,
 * effective values, in one order and one spelling. Reading it gives the same
 * configuration again, and printing that the same lines; tests and the fuzz
 * target hold it to that.
 */
#include "core/conf/conf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/sbuf.h"
#include "core/conf/conf_private.h"

/* The longest line has CONF_PROBES_MAX probes; longer lists go on in the next line, as
 * every list may. */
#define LINE_MAX_ 640
#define PER_LINE 6

struct printer {
	void (*out)(void *user, const char *line);
	void *user;
	char line[LINE_MAX_];
	struct sbuf b;
	unsigned items;
};

static void __attribute__((format(printf, 2, 3)))
put(struct printer *p, const char *fmt, ...)
{
	va_list ap;

	p->b = sbuf_init(p->line, sizeof(p->line));
	va_start(ap, fmt);
	sbuf_vprintf(&p->b, fmt, ap);
	va_end(ap);
	p->out(p->user, p->line);
}

/* A list: begin, items, end. Every PER_LINE items it goes on in a new line. */
static void
list_begin(struct printer *p, const char *key)
{
	p->b = sbuf_init(p->line, sizeof(p->line));
	sbuf_printf(&p->b, "%s = ", key);
	p->items = 0;
}

static void
list_item(struct printer *p, const char *item)
{
	if (p->items && p->items % PER_LINE == 0) {
		p->out(p->user, p->line);
		p->b = sbuf_init(p->line, sizeof(p->line));
		sbuf_puts(&p->b, "\t");
	} else if (p->items) {
		sbuf_puts(&p->b, ", ");
	}
	p->items++;
	sbuf_puts(&p->b, item);
}

static void
list_end(struct printer *p)
{
	p->out(p->user, p->line);
}

static const char *
onoff(bool v)
{
	return v ? "on" : "off";
}

static const char *
addnone(bool v)
{
	return v ? "add" : "none";
}

static void
put_rate(struct printer *p, const char *key, struct conf_rate r)
{
	if (r.n == 0)
		put(p, "%s = off", key);
	else if (r.per_ms == 1000)
		put(p, "%s = %u/s", key, r.n);
	else if (r.per_ms % 1000 == 0)
		put(p, "%s = %u/%us", key, r.n, r.per_ms / 1000);
	else
		put(p, "%s = %u/%ums", key, r.n, r.per_ms);
}

static void
put_format(struct printer *p, const char *key, const char *format)
{
	put(p, "%s = %s", key, *format ? format : "off");
}

static void
put_hex(struct printer *p, const char *key, const char *prefix, const uint8_t *data, size_t len)
{
	char hex[2 * 128 + 1];
	struct sbuf b = sbuf_init(hex, sizeof(hex));

	sbuf_hex(&b, data, len);
	put(p, "%s = %s%s", key, prefix, hex);
}

static void
put_giaddr(struct printer *p, const struct conf_if_opts *o)
{
	char text[IP4_STRLEN];

	switch (o->giaddr) {
	case CONF_GIADDR_PRIMARY:
		put(p, "giaddr = primary");
		break;
	case CONF_GIADDR_ALL:
		put(p, "giaddr = all");
		break;
	case CONF_GIADDR_ROTATE:
		put(p, "giaddr = rotate");
		break;
	case CONF_GIADDR_FIXED:
		put(p, "giaddr = %s", ip4_str(o->giaddr_fixed, text));
		break;
	}
}

static void
put_time(struct printer *p, const char *key, uint32_t ms)
{
	char text[CONF_TIME_STRLEN];

	put(p, "%s = %s", key, conf_time_text(ms, text));
}

static void
put_active(struct printer *p, const struct conf_if_opts *o)
{
	char text[IP4_STRLEN];

	switch (o->active) {
	case CONF_ACTIVE_ALWAYS:
		put(p, "active = always");
		break;
	case CONF_ACTIVE_ADDRESS:
		put(p, "active = address %s", ip4_str(o->active_address, text));
		break;
	case CONF_ACTIVE_VRRP:
		put(p, "active = vrrp");
		break;
	}
}

static const char *
policy_word(enum conf_policy v)
{
	switch (v) {
	case CONF_APPEND:
		return "append";
	case CONF_REPLACE:
		return "replace";
	case CONF_FORWARD:
		return "forward";
	case CONF_DISCARD:
		break;
	}
	return "discard";
}

static void
put_link(struct printer *p, const struct conf_if_opts *o)
{
	char text[IP4_STRLEN];

	if (o->link == CONF_LINK_FIXED)
		put(p, "link-selection = %s", ip4_str(o->link_fixed, text));
	else
		put(p, "link-selection = %s", onoff(o->link == CONF_LINK_ON));
}

static void
put_vss(struct printer *p, const struct conf_if_opts *o)
{
	if (o->vss_len == 0)
		put(p, "vss = off");
	else if (o->vss[0] == 255)
		put(p, "vss = global");
	else if (o->vss[0] == 1)
		put_hex(p, "vss", "vpn-id:", o->vss + 1, o->vss_len - 1u);
	else
		put(p, "vss = name:%.*s", o->vss_len - 1, (const char *)o->vss + 1);
}

/* relay: it is the defaults. An interface without a virtual address has no choice
 * of active-giaddr, and may not make one. */
static void
put_options(struct printer *p, const struct conf_if_opts *o, bool relay)
{
	put_giaddr(p, o);
	put_active(p, o);
	if (relay || o->active != CONF_ACTIVE_ALWAYS)
		put(p, "active-giaddr = %s", o->active_giaddr_virtual ? "virtual" : "own");
	put(p, "option82 = %s", addnone(o->option82));
	put(p, "option82-policy = %s", policy_word(o->policy));
	put(p, "trust = %s", onoff(o->trust));
	put_format(p, "circuit-id", o->circuit_id);
	put_format(p, "remote-id", o->remote_id);
	put_format(p, "subscriber-id", o->subscriber_id);
	put_link(p, o);
	put(p, "server-id-override = %s", onoff(o->server_id_override));
	put(p, "relay-flags = %s", onoff(o->relay_flags));
	if (o->vendor_enterprise)
		put(p, "vendor-specific = %u:%s", o->vendor_enterprise, o->vendor_data);
	else
		put(p, "vendor-specific = off");
	if (o->relay_id_len)
		put_hex(p, "relay-id", "hex:", o->relay_id, o->relay_id_len);
	else
		put(p, "relay-id = off");
	put_vss(p, o);
}

static const char *
log_word(enum conf_log v)
{
	switch (v) {
	case CONF_LOG_STDERR:
		return "stderr";
	case CONF_LOG_SYSLOG:
		return "syslog";
	case CONF_LOG_JOURNAL:
		break;
	}
	return "journal";
}

char *
conf_metrics_text(const struct conf_metrics *m, char buf[CONF_METRICS_STRLEN])
{
	char address[IP4_STRLEN];
	struct sbuf b = sbuf_init(buf, CONF_METRICS_STRLEN);

	if (m->port)
		sbuf_printf(&b, "%s:%u", ip4_str(m->address, address), m->port);
	else
		sbuf_puts(&b, m->path[0] ? m->path : "off");
	return buf;
}

static void
put_relay(struct printer *p, const struct conf *c)
{
	char text[IP4_STRLEN], metrics[CONF_METRICS_STRLEN];

	put(p, "[relay]");
	put(p, "log = %s", log_word(c->log));
	put(p, "log-level = %s", log_level_name(c->log_level));
	put_format(p, "control", c->control);
	put(p, "metrics = %s", conf_metrics_text(&c->metrics, metrics));
	if (c->host_name[0])
		put(p, "host-name = %s", c->host_name);
	else
		put(p, "; host-name = the kernel's");
	put(p, "max-hops = %u", c->max_hops);
	put_rate(p, "interface-rate", c->interface_rate);
	put_rate(p, "client-rate", c->client_rate);
	put(p, "clients = %u", c->clients);
	put(p, "check-source = %s", onoff(c->check_source));
	put(p, "4011 = %s", onoff(c->p4011));
	put(p, "4011-errors = %s", c->hide_errors ? "hide" : "pass");
	put(p, "discovery-group = %s", ip4_str(c->discovery_group, text));
	put(p, "strip-pxe-from = %s", c->strip_pxe_from_dhcp ? "dhcp" : "none");
	put_options(p, &c->defaults, true);
}

static void
put_probes(struct printer *p, const struct conf_server *s)
{
	char text[CONF_PROBE_STRLEN];

	list_begin(p, "probe");
	for (uint8_t i = 0; i < s->n_probe; i++)
		list_item(p, conf_probe_text(&s->probe[i], text));
	if (s->n_probe == 0)
		list_item(p, "none");
	list_end(p);
}

static void
put_server(struct printer *p, const struct conf_server *s)
{
	char text[IP4_STRLEN];

	if (s->implicit)
		return;
	put(p, "%s", "");
	put(p, "[server %s]", s->name);
	put(p, "address = %s", ip4_str(ip_v4(s->address), text));
	put(p, "option82 = %s", addnone(s->option82));
	put(p, "offers = %s", s->proxy_only ? "proxy-only" : "any");
	put(p, "weight = %u", s->weight);
	put_probes(p, s);
	put_time(p, "probe-interval", s->probe_interval_ms);
	put_time(p, "probe-timeout", s->probe_timeout_ms);
	put(p, "rise = %u", s->rise);
	put(p, "fall = %u", s->fall);
}

/* Where a list takes names of groups, too, a group takes the name before a server:
 * such a server goes by its address, which names it as well. */
static void
put_members(struct printer *p, const char *key, const struct conf *c, const struct conf_group *g)
{
	char text[IP4_STRLEN];

	list_begin(p, key);
	for (uint16_t i = 0; i < g->n; i++) {
		const struct conf_server *s = &c->server[g->server[i]];
		bool taken = g->implicit && conf_group_find(c, s->name);

		list_item(p, taken ? ip4_str(ip_v4(s->address), text) : s->name);
	}
	list_end(p);
}

static const char *
mode_word(enum conf_mode v)
{
	switch (v) {
	case CONF_MODE_ALL:
		return "all";
	case CONF_MODE_FAILOVER:
		return "failover";
	case CONF_MODE_BALANCE:
		break;
	}
	return "balance";
}

static void
put_group(struct printer *p, const struct conf *c, const struct conf_group *g)
{
	if (g->implicit)
		return;
	put(p, "%s", "");
	put(p, "[group %s]", g->name);
	put_members(p, "servers", c, g);
	put(p, "mode = %s", mode_word(g->mode));
	if (g->hedge_ms)
		put_time(p, "hedge", g->hedge_ms);
	else
		put(p, "hedge = off");
	put_time(p, "hold-down", g->hold_down_ms);
	put(p, "rescue = %s", onoff(g->rescue));
}

static void
put_target(struct printer *p, const char *key, const struct conf *c, uint16_t group)
{
	if (group == CONF_NONE)
		return;
	if (c->group[group].implicit)
		put_members(p, key, c, &c->group[group]);
	else
		put(p, "%s = %s", key, c->group[group].name);
}

static void
put_interface(struct printer *p, const struct conf *c, const struct conf_if *f)
{
	put(p, "%s", "");
	put(p, "[interface %s]", f->pattern);
	put_target(p, "servers", c, f->servers);
	put_target(p, "dhcp", c, f->dhcp);
	put_target(p, "boot", c, f->boot);
	put_options(p, &f->o, false);
}

static void
put_texts(struct printer *p, const char *key, char (*texts)[CONF_NAME_MAX], uint16_t n)
{
	if (n == 0)
		return;
	list_begin(p, key);
	for (uint16_t i = 0; i < n; i++)
		list_item(p, texts[i]);
	list_end(p);
}

/* A name, when it stands for this code and no other; else the number. */
static void
put_archs(struct printer *p, const struct conf_rule *r)
{
	if (r->n_arch == 0)
		return;
	list_begin(p, "arch");
	for (uint16_t i = 0; i < r->n_arch; i++) {
		const char *name = pxe_arch_name(r->arch[i]);
		char number[8];
		uint16_t codes[2];

		snprintf(number, sizeof(number), "%u", r->arch[i]);
		if (name && (pxe_arch_parse(name, codes, 2) != 1 || codes[0] != r->arch[i]))
			name = NULL;
		list_item(p, name ? name : number);
	}
	list_end(p);
}

static void
put_families(struct printer *p, uint32_t families)
{
	if (!families)
		return;
	list_begin(p, "family");
	for (int f = 0; f < PXE_FAMILY_MAX; f++)
		if (families & 1u << f)
			list_item(p, pxe_family_name((enum pxe_family)f));
	list_end(p);
}

static void
put_messages(struct printer *p, uint32_t messages)
{
	if (!messages)
		return;
	list_begin(p, "message");
	for (uint8_t t = 0; t < 32; t++) {
		char word[32];
		const char *name = t ? dhcp4_type_name(t) : "bootp";
		size_t i = 0;

		if (!(messages & 1u << t) || !name)
			continue;
		for (; i < sizeof(word) - 1 && name[i]; i++)
			word[i] = name[i] >= 'A' && name[i] <= 'Z' ?
			    (char)(name[i] - 'A' + 'a') : name[i];
		word[i] = '\0';
		list_item(p, word);
	}
	list_end(p);
}

static void
put_macs(struct printer *p, const struct conf_rule *r)
{
	char text[MACPREFIX_STRLEN];

	if (r->n_mac == 0)
		return;
	list_begin(p, "mac");
	for (uint16_t i = 0; i < r->n_mac; i++)
		list_item(p, macprefix_str(&r->mac[i], text));
	list_end(p);
}

static void
put_uuids(struct printer *p, const struct conf_rule *r)
{
	if (r->n_uuid == 0)
		return;
	list_begin(p, "uuid");
	for (uint16_t i = 0; i < r->n_uuid; i++) {
		const uint8_t *u = r->uuid[i];
		char text[40];

		snprintf(text, sizeof(text), "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
		    "%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2], u[3], u[4],
		    u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
		list_item(p, text);
	}
	list_end(p);
}

static void
put_rule(struct printer *p, const struct conf *c, const struct conf_rule *r)
{
	put(p, "%s", "");
	put(p, "[rule %s]", r->name);
	put_archs(p, r);
	put_families(p, r->families);
	put_texts(p, "user-class", r->user, r->n_user);
	put_texts(p, "vendor-class", r->vendor, r->n_vendor);
	put_macs(p, r);
	put_uuids(p, r);
	put_texts(p, "interface", r->interface, r->n_interface);
	put_messages(p, r->messages);
	put_target(p, "boot", c, r->boot);
	put_target(p, "dhcp", c, r->dhcp);
	if (r->drop)
		put(p, "action = drop");
}

static void
put_to(struct printer *p, const struct conf_helper *h)
{
	char text[IP4_STRLEN];

	list_begin(p, "to");
	for (uint16_t i = 0; i < h->n_to_addr; i++)
		list_item(p, ip4_str(h->to_addr[i], text));
	for (uint16_t i = 0; i < h->n_to_if; i++)
		list_item(p, h->to_if[i]);
	list_end(p);
}

static void
put_allow(struct printer *p, const struct conf_helper *h)
{
	if (h->n_allow == 0)
		return;
	list_begin(p, "allow");
	for (uint16_t i = 0; i < h->n_allow; i++) {
		char addr[IP4_STRLEN], text[IP4_STRLEN + 4];

		snprintf(text, sizeof(text), "%s/%u", ip4_str(h->allow[i].addr, addr),
		    h->allow[i].plen);
		list_item(p, text);
	}
	list_end(p);
}

static void
put_helper(struct printer *p, const struct conf_helper *h)
{
	char text[8];

	put(p, "%s", "");
	put(p, "[helper %s]", h->name);
	list_begin(p, "port");
	for (uint16_t i = 0; i < h->n_port; i++) {
		snprintf(text, sizeof(text), "%u", h->port[i]);
		list_item(p, text);
	}
	list_end(p);
	put_texts(p, "from", h->from, h->n_from);
	put_to(p, h);
	put(p, "source = %s", h->keep_source ? "keep" : "replace");
	put_rate(p, "rate", h->rate);
	put_allow(p, h);
}

void
conf_print(const struct conf *c, void (*out)(void *user, const char *line), void *user)
{
	struct printer p = { .out = out, .user = user };

	put_relay(&p, c);
	for (uint16_t i = 0; i < c->n_server; i++)
		put_server(&p, &c->server[i]);
	for (uint16_t i = 0; i < c->n_group; i++)
		put_group(&p, c, &c->group[i]);
	for (uint16_t i = 0; i < c->n_if; i++)
		put_interface(&p, c, &c->ifs[i]);
	for (uint16_t i = 0; i < c->n_rule; i++)
		put_rule(&p, c, &c->rule[i]);
	for (uint16_t i = 0; i < c->n_helper; i++)
		put_helper(&p, &c->helper[i]);
}
