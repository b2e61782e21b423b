/* SPDX-License-Identifier: ISC
 *
 * show - makes the documents about the relay as a whole: interfaces, servers,
 * rules, counters and drops. Those about clients are made in doc/stories.c; how
 * a document looks on a screen is left to relay/ctl.
 */
#include "relay/show/show.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/server/probe.h"
#include "doc/stories.h"
#include "doc/json.h"
#include "doc/which.h"
#include "relay/path/sockets.h"
#include "relay/state.h"
#include "relay/tend/tend.h"

static json_t *
counters_of(struct daemon *d, enum family family)
{
	json_t *all = json_object();

	for (int i = 0; i < COUNTER_MAX; i++)
		if (counter_is_of((enum counter)i, family))
			json_object_set_new(all, counter_word((enum counter)i),
			    json_integer((json_int_t)d->stats[family].counter[i]));
	return all;
}

json_t *
show_counters(struct daemon *d)
{
	sockets_count_lost(d);
	return json_pack("{s:o, s:o}", "counters", counters_of(d, FAMILY4),
	    "counters6", counters_of(d, FAMILY6));
}

/* How many there were of each reason, wherever. */
static json_t *
drops_of(const struct stats *s)
{
	json_t *all = json_object();

	for (int i = DROP_NONE + 1; i < DROP_MAX; i++) {
		uint64_t n = 0;

		for (int k = 0; k < STATS_PLACES; k++)
			n += stats_dropped(s, &stats_places[k], i);
		json_object_set_new(all, drop_word((enum drop)i),
		    json_integer((json_int_t)n));
	}
	return all;
}

/* Contains only the reasons that occurred, since most never do. */
static json_t *
drops_by_place(const struct stats *s)
{
	json_t *all = json_object();

	for (int k = 0; k < STATS_PLACES; k++) {
		json_t *o = json_object();

		for (int i = DROP_NONE + 1; i < DROP_MAX; i++) {
			uint64_t n = stats_dropped(s, &stats_places[k], i);

			if (n)
				json_object_set_new(o, drop_word((enum drop)i),
				    json_integer((json_int_t)n));
		}
		json_object_set_new(all, stats_places[k].word, o);
	}
	return all;
}

json_t *
show_drops(struct daemon *d)
{
	const struct stats *four = &d->stats[FAMILY4], *six = &d->stats[FAMILY6];

	return json_pack("{s:o, s:o, s:o, s:o}",
	    "drops", drops_of(four), "drops6", drops_of(six),
	    "by", drops_by_place(four), "by6", drops_by_place(six));
}

const char *
show_if_state(const struct iface *f, enum family family)
{
	if (!f->asks[family])
		return "off";
	if (!f->link.ifindex)
		return "absent";
	if (!f->link.up)
		return "down";
	if (!iface_serves(f, family))
		return "no-address";
	return f->standby[family] ? "standby" : "ready";
}

static json_t *
group_names(const struct conf *c, uint16_t index)
{
	json_t *names = json_array();

	for (unsigned i = 0; index != CONF_NONE && i < c->group[index].n; i++)
		json_array_append_new(names,
		    json_name(c->server[c->group[index].server[i]].name));
	return names;
}

/* What a row says of DHCPv6. */
static json_t *
interface6(const struct iface *f)
{
	const struct if_stats *s = &f->stats[FAMILY6];
	char link[IP6_STRLEN];

	return json_pack("{s:s, s:s*, s:I, s:I, s:I, s:I}",
	    "state6", show_if_state(f, FAMILY6), "link-address", f->asks[FAMILY6] &&
	    (f->six.unnumbered || !ip6_is_none(f->six.link)) ?
	    ip6_str(f->six.link, link) : NULL,
	    "requests6", (json_int_t)s->requests, "relayed6", (json_int_t)s->relayed,
	    "replies6", (json_int_t)s->replies, "drops6", (json_int_t)s->drops);
}

static json_t *
interface_row(struct daemon *d, const struct iface *f)
{
	json_t *giaddr = json_array(), *row, *six = interface6(f);
	const struct if_stats *s = &f->stats[FAMILY4];
	struct iface *port = iftab_by_index(d->iftab, f->from_port);

	for (unsigned i = 0; i < f->n_giaddr; i++)
		json_array_append_new(giaddr, json_ip(f->giaddr[i].addr));
	row = json_pack("{s:o, s:I, s:s, s:o, s:o, s:o*, s:o, s:o, s:o, s:b,"
	    " s:I, s:I, s:I, s:I}",
	    "name", json_name(iface_name(f)), "ifindex", (json_int_t)f->link.ifindex,
	    "state", show_if_state(f, FAMILY4), "giaddr", giaddr,
	    "pattern", json_name(f->conf->pattern),
	    "inherited-from", port ? json_name(port->link.name) : NULL,
	    "servers", group_names(d->conf, f->conf->servers),
	    "dhcp", group_names(d->conf, f->conf->dhcp),
	    "boot", group_names(d->conf, f->conf->boot),
	    "option82", f->conf->o.option82,
	    "requests", (json_int_t)s->requests, "relayed", (json_int_t)s->relayed,
	    "replies", (json_int_t)s->replies, "drops", (json_int_t)s->drops);
	json_object_update_new(row, six);
	return row;
}

struct rows {
	struct daemon *d;
	json_t *all;
};

static void
add_absent(void *rows, const struct iface *f)
{
	struct rows *r = rows;

	json_array_append_new(r->all, interface_row(r->d, f));
}

/* Finds or adds the row of a port and who has it. */
static json_t *
port_row(json_t *all, const struct bound *b)
{
	json_t *row;
	size_t i;

	json_array_foreach(all, i, row)
		if (json_integer_value(json_object_get(row, "port")) == b->port &&
		    json_integer_value(json_object_get(row, "pid")) == b->holder.pid)
			return row;
	row = json_pack("{s:I, s:[], s:b, s:s*, s:o*}", "port", (json_int_t)b->port,
	    "addresses", "open", b->fd >= 0,
	    "process", b->holder.pid ? b->holder.name : NULL,
	    "pid", b->holder.pid ? json_integer(b->holder.pid) : NULL);
	json_array_append_new(all, row);
	return row;
}

/* Adds those that another program has or, since they are on all addresses, may share. */
static void
add_ports(json_t *all, const struct sockets_in *in)
{
	char a[IP_STRLEN];

	for (unsigned i = 0; i < in->n_bound; i++)
		if (in->bound[i].fd < 0 || ip_is_none(in->bound[i].address))
			json_array_append_new(json_object_get(port_row(all, &in->bound[i]),
			    "addresses"), json_string(ip_str(in->bound[i].address, a)));
}

json_t *
show_interfaces(struct daemon *d)
{
	json_t *all = json_array(), *ports = json_array();
	struct rows rows = { d, all };
	struct iface *f;

	add_ports(ports, &d->sockets->in[FAMILY4]);
	add_ports(ports, &d->sockets->in[FAMILY6]);
	for (f = iftab_next(d->iftab, 0); f;
	    f = iftab_next(d->iftab, f->link.ifindex))
		if (f->conf)
			json_array_append_new(all, interface_row(d, f));
	iftab_absent(d->iftab, add_absent, &rows);
	return json_pack("{s:o, s:o}", "interfaces", all, "ports", ports);
}

/* Returns the seconds since t; NULL, which json_pack leaves out, for "never". */
static json_t *
seconds_since(struct daemon *d, struct mono t)
{
	return t.us ? json_integer(mono_diff_ms(loop_now(d->loop), t) / 1000) : NULL;
}

static json_t *
probe_rows(struct daemon *d, uint16_t i)
{
	const struct conf_server *c = &d->conf->server[i];
	const struct probe_one *one = probe_run_state(d, i)->one;
	json_t *all = json_array();
	char text[CONF_PROBE_STRLEN];

	for (unsigned k = 0; k < c->n_probe; k++)
		json_array_append_new(all, json_pack("{s:o, s:s, s:o*}",
		    "probe", json_name(conf_probe_text(&c->probe[k], text)),
		    "last", probe_last_word(one[k].last),
		    "ago-s", seconds_since(d, one[k].at)));
	return all;
}

static json_t *
server_row(struct daemon *d, uint16_t i)
{
	const struct conf_server *c = &d->conf->server[i];
	const struct server_stats *s = &d->servers.stats[i];
	const struct health *h = &d->servers.health[i];
	bool route = !ip_is_none(d->servers.source[i]);

	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o*, s:o*, s:b, s:o, s:o*, s:b,"
	    " s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "name", json_name(c->name), "address", json_server(c),
	    "state", route ? "reachable" : "no-route",
	    "health", health_state_name(h->state),
	    "diag", health_diag_word(h->diag),
	    "since-s", seconds_since(d, h->since),
	    "reply-ago-s", seconds_since(d, h->last_reply),
	    "misconfigured", h->misconfigured, "probes", probe_rows(d, i),
	    "source", json_addr(d->servers.source[i]),
	    "dhcp", d->conf->is_dhcp[i], "boot", d->conf->is_boot[i],
	    "sent", (json_int_t)s->sent, "replies", (json_int_t)s->replies,
	    "offers", (json_int_t)s->offers, "acks", (json_int_t)s->acks,
	    "naks", (json_int_t)s->naks, "hedges", (json_int_t)s->hedges,
	    "dropped", (json_int_t)s->dropped, "errors", (json_int_t)s->errors);
}

json_t *
show_servers(struct daemon *d)
{
	json_t *all = json_array();

	for (uint16_t i = 0; i < d->conf->n_server; i++)
		if (d->conf->server[i].first == i)
			json_array_append_new(all, server_row(d, i));
	return json_pack("{s:o}", "servers", all);
}

json_t *
show_rules(struct daemon *d)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < d->conf->n_rule; i++)
		json_array_append_new(all, json_pack("{s:o, s:I}",
		    "name", json_name(d->conf->rule[i].name),
		    "hits", (json_int_t)d->servers.rule_hits[i]));
	return json_pack("{s:o}", "rules", all);
}

json_t *
show_version(struct daemon *d)
{
	(void)d;
	return json_pack("{s:s}", "version", DAEMON_VERSION);
}

json_t *
show_summary(struct daemon *d)
{
	json_t *all = show_version(d);
	struct mono now = loop_now(d->loop);

	json_object_set_new(all, "uptime-s",
	    json_integer(mono_diff_ms(now, d->started) / 1000));
	json_object_set_new(all, "conversations",
	    json_integer((json_int_t)clients_count(d->relay[FAMILY4].clients)));
	json_object_set_new(all, "conversations6",
	    json_integer((json_int_t)clients_count(d->relay[FAMILY6].clients)));
	json_object_update_new(all, show_interfaces(d));
	json_object_update_new(all, show_servers(d));
	json_object_update_new(all, show_rules(d));
	json_object_update_new(all, show_counters(d));
	json_object_update_new(all, show_drops(d));
	return all;
}

static struct story_view
view_of(struct daemon *d)
{
	return (struct story_view){ d->track, d->conf, d->iftab, loop_now(d->loop), d->reloaded };
}

json_t *
show_clients(struct daemon *d, const char *after)
{
	struct story_view b = view_of(d);

	return stories_list(&b, "clients", after, false);
}

json_t *
show_boots(struct daemon *d, const char *after)
{
	struct story_view b = view_of(d);

	return stories_list(&b, "boots", after, true);
}

json_t *
show_explain(struct daemon *d, const char *words)
{
	struct story_view v = view_of(d);
	const char *interface = words + strcspn(words, " ");
	struct track_key k = { .hlen = 0 };
	char mac[64];

	snprintf(mac, sizeof(mac), "%.*s", (int)(interface - words), words);
	interface += strspn(interface, " ");
	k.hlen = (uint8_t)hwaddr_parse(mac, k.chaddr, sizeof(k.chaddr));
	if (k.hlen < 6)
		return json_pack("{s:s}", "error",
		    "not a hardware address, like 52:54:00:12:34:56");
	return stories_explain(&v, &k, stories_find(&v, &k, interface));
}

json_t *
show_which(struct daemon *d, const char *words)
{
	return which(d->relay, words, loop_now(d->loop));
}

static void
add_line(void *lines, const char *line)
{
	json_array_append_new(lines, json_string(line));
}

/* Line by line, as pxrelayd -nv prints it; its text is ASCII. */
json_t *
show_config(struct daemon *d)
{
	json_t *lines = json_array();

	conf_print(d->conf, add_line, lines);
	return json_pack("{s:o}", "config", lines);
}
