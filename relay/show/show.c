/* SPDX-License-Identifier: ISC
 *
 * show - answers pxrelayctl: each command is one walk over the daemon's state into
 * one JSON document (jansson). How a document looks on a screen is the business
 * of relay/ctl. Names in the documents are stable: scripts read them. Clients and
 * their boots are show_boots.c's.
 */
#include <jansson.h>
#include <string.h>

#include "base/sbuf.h"
#include "core/server/probe.h"
#include "relay/observe/capture.h"
#include "relay/tend/doctor_run.h"
#include "relay/daemon.h"
#include "relay/show/show.h"

json_t *
show_ip(struct ip4 a)
{
	char buf[IP4_STRLEN];

	return json_string(ip4_str(a, buf));
}

json_t *
show_some_ip(struct ip4 a)
{
	return ip4_is_none(a) ? NULL : show_ip(a);
}

/* The kernel lets an interface's name be nearly any bytes; JSON wants UTF-8. */
json_t *
show_name(const char *text)
{
	char buf[4 * CONF_NAME_MAX];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_esc(&b, text, strlen(text));
	return json_string(buf);
}

static json_t *
counters(struct daemon *d)
{
	json_t *all = json_object();

	daemon_count_lost(d);
	for (int i = 0; i < COUNTER_MAX; i++)
		json_object_set_new(all, counter_word((enum counter)i),
		    json_integer((json_int_t)d->stats.counter[i]));
	return json_pack("{s:o}", "counters", all);
}

/* Only the reasons that occurred: most never do. */
static json_t *
drops_of(const uint64_t drop[DROP_MAX])
{
	json_t *o = json_object();

	for (int i = DROP_NONE + 1; i < DROP_MAX; i++)
		if (drop[i])
			json_object_set_new(o, drop_word((enum drop)i),
			    json_integer((json_int_t)drop[i]));
	return o;
}

static json_t *
drops(struct daemon *d)
{
	const struct stats *s = &d->stats;
	json_t *all = json_object();

	for (int i = DROP_NONE + 1; i < DROP_MAX; i++)
		json_object_set_new(all, drop_word((enum drop)i),
		    json_integer((json_int_t)(s->drop_request[i] +
		    s->drop_reply[i] + s->drop_4011[i] + s->drop_helper[i] +
		    s->drop_send[i])));
	return json_pack("{s:o, s:{s:o, s:o, s:o, s:o, s:o}}", "drops", all,
	    "by", "requests", drops_of(s->drop_request),
	    "replies", drops_of(s->drop_reply),
	    "4011", drops_of(s->drop_4011),
	    "helpers", drops_of(s->drop_helper),
	    "send", drops_of(s->drop_send));
}

const char *
show_if_state(const struct iface *f)
{
	if (!f->link.up)
		return "down";
	if (!iface_ready(f))
		return "no-address";
	return f->standby ? "standby" : "ready";
}

static json_t *
group(const struct conf *c, uint16_t index)
{
	json_t *names = json_array();

	for (unsigned i = 0; index != CONF_NONE && i < c->group[index].n; i++)
		json_array_append_new(names,
		    show_name(c->server[c->group[index].server[i]].name));
	return names;
}

static json_t *
interface(struct daemon *d, const struct iface *f)
{
	json_t *giaddr = json_array();
	struct iface *port = iftab_by_index(d->iftab, f->from_port);

	for (unsigned i = 0; i < f->n_giaddr; i++)
		json_array_append_new(giaddr, show_ip(f->giaddr[i].addr));
	return json_pack("{s:o, s:I, s:s, s:o, s:o, s:o*, s:o, s:o, s:o, s:b,"
	    " s:I, s:I, s:I, s:I}",
	    "name", show_name(f->link.name), "ifindex", (json_int_t)f->link.ifindex,
	    "state", show_if_state(f), "giaddr", giaddr,
	    "pattern", show_name(f->conf->pattern),
	    "inherited-from", port ? show_name(port->link.name) : NULL,
	    "servers", group(d->conf, f->conf->servers),
	    "dhcp", group(d->conf, f->conf->dhcp),
	    "boot", group(d->conf, f->conf->boot),
	    "option82", f->conf->o.option82,
	    "requests", (json_int_t)f->stats.requests,
	    "relayed", (json_int_t)f->stats.relayed,
	    "replies", (json_int_t)f->stats.replies,
	    "drops", (json_int_t)f->stats.drops);
}

static json_t *
interfaces(struct daemon *d)
{
	json_t *all = json_array();
	struct iface *f;

	for (f = iftab_next(d->iftab, 0); f;
	    f = iftab_next(d->iftab, f->link.ifindex))
		if (f->conf)
			json_array_append_new(all, interface(d, f));
	return json_pack("{s:o}", "interfaces", all);
}

/* Seconds since then; NULL, which json_pack leaves out, for "never". */
static json_t *
ago(struct daemon *d, struct mono t)
{
	return t.us ? json_integer(mono_diff_ms(loop_now(d->loop), t) / 1000) : NULL;
}

static json_t *
probes(struct daemon *d, uint16_t i)
{
	const struct conf_server *c = &d->conf->server[i];
	const struct probe_one *one = probe_run_state(d, i)->one;
	json_t *all = json_array();
	char text[CONF_PROBE_STRLEN];

	for (unsigned k = 0; k < c->n_probe; k++)
		json_array_append_new(all, json_pack("{s:o, s:s, s:o*}",
		    "probe", show_name(conf_probe_text(&c->probe[k], text)),
		    "last", probe_last_word(one[k].last),
		    "ago-s", ago(d, one[k].at)));
	return all;
}

static json_t *
server(struct daemon *d, uint16_t i)
{
	const struct conf_server *c = &d->conf->server[i];
	const struct server_stats *s = &d->servers.stats[i];
	const struct health *h = &d->servers.health[i];
	bool route = !ip4_is_none(d->servers.source[i]);

	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o*, s:o*, s:b, s:o, s:o, s:b, s:b,"
	    " s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "name", show_name(c->name), "address", show_ip(ip_v4(c->address)),
	    "state", route ? "reachable" : "no-route",
	    "health", health_state_name(h->state),
	    "diag", health_diag_word(h->diag), "since-s", ago(d, h->since),
	    "reply-ago-s", ago(d, h->last_reply),
	    "misconfigured", h->misconfigured, "probes", probes(d, i),
	    "source", show_ip(d->servers.source[i]),
	    "dhcp", d->conf->is_dhcp[i], "boot", d->conf->is_boot[i],
	    "sent", (json_int_t)s->sent, "replies", (json_int_t)s->replies,
	    "offers", (json_int_t)s->offers, "acks", (json_int_t)s->acks,
	    "naks", (json_int_t)s->naks, "hedges", (json_int_t)s->hedges,
	    "dropped", (json_int_t)s->dropped, "errors", (json_int_t)s->errors);
}

static json_t *
servers(struct daemon *d)
{
	json_t *all = json_array();

	for (uint16_t i = 0; i < d->conf->n_server; i++)
		if (d->conf->server[i].first == i)
			json_array_append_new(all, server(d, i));
	return json_pack("{s:o}", "servers", all);
}

static json_t *
rules(struct daemon *d)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < d->conf->n_rule; i++)
		json_array_append_new(all, json_pack("{s:o, s:I}",
		    "name", show_name(d->conf->rule[i].name),
		    "hits", (json_int_t)d->r4.rule_hits[i]));
	return json_pack("{s:o}", "rules", all);
}

static json_t *
version(struct daemon *d)
{
	(void)d;
	return json_pack("{s:s}", "version", DAEMON_VERSION);
}

static json_t *
summary(struct daemon *d)
{
	json_t *all = version(d);
	struct mono now = loop_now(d->loop);

	json_object_set_new(all, "uptime-s",
	    json_integer(mono_diff_ms(now, d->started) / 1000));
	json_object_set_new(all, "conversations",
	    json_integer((json_int_t)clients_count(d->clients)));
	json_object_update_new(all, interfaces(d));
	json_object_update_new(all, servers(d));
	json_object_update_new(all, rules(d));
	json_object_update_new(all, counters(d));
	json_object_update_new(all, drops(d));
	return all;
}

static json_t *
do_reload(struct daemon *d)
{
	if (reload(d) < 0)
		return json_pack("{s:s}", "error",
		    "the configuration was refused: see the log, or pxrelayd -n");
	return json_pack("{s:b}", "reloaded", 1);
}

/* A server by its name or its address: the first one of that address, which has its
 * health; CONF_NONE when there is none. */
static uint16_t
find_server(const struct conf *c, const char *which)
{
	struct ip4 a;

	for (uint16_t i = 0; i < c->n_server; i++)
		if (strcmp(c->server[i].name, which) == 0)
			return c->server[i].first;
	return ip4_parse(which, &a) ? conf_server_by_addr(c, a) : CONF_NONE;
}

static json_t *
set_drained(struct daemon *d, const char *which, bool drained)
{
	uint16_t i = find_server(d->conf, which);
	struct health *h = &d->servers.health[i == CONF_NONE ? 0 : i];

	if (i == CONF_NONE)
		return json_pack("{s:s}", "error",
		    "no such server: pxrelayctl show servers has them all");
	servers_note(&d->servers, i, health_drain(h, drained, loop_now(d->loop)));
	return json_pack("{s:o, s:s}", "server", show_name(d->conf->server[i].name),
	    "health", health_state_name(h->state));
}

static json_t *
drain(struct daemon *d, const char *which)
{
	return set_drained(d, which, true);
}

static json_t *
enable(struct daemon *d, const char *which)
{
	return set_drained(d, which, false);
}

static json_t *
capture_all(struct daemon *d)
{
	return capture_begin(d, "");
}

/* Commands with a word behind them. NULL: it is none. */
static json_t *
with_word(struct daemon *d, const char *command)
{
	static const struct {
		const char *command;
		json_t *(*make)(struct daemon *d, const char *word);
	} table[] = {
		{ "drain ", drain },
		{ "enable ", enable },
		{ "explain ", show_explain },
		{ "capture ", capture_begin },
		{ "doctor start ", doctor_run_start },
		{ "doctor result ", doctor_run_result },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t n = strlen(table[i].command);

		if (strncmp(table[i].command, command, n) == 0)
			return table[i].make(d, command + n);
	}
	return NULL;
}

char *
show(void *daemon, const char *command)
{
	static const struct {
		const char *command;
		json_t *(*make)(struct daemon *d);
	} table[] = {
		{ "show", summary },
		{ "show interfaces", interfaces },
		{ "show servers", servers },
		{ "show rules", rules },
		{ "show clients", show_clients },
		{ "show boots", show_boots },
		{ "show counters", counters },
		{ "show drops", drops },
		{ "capture", capture_all },
		{ "version", version },
		{ "reload", do_reload },
	};
	json_t *doc = with_word(daemon, command);
	char *text;

	for (size_t i = 0; !doc && i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].command, command) == 0)
			doc = table[i].make(daemon);
	if (!doc)
		doc = json_pack("{s:s}", "error", "unknown command");
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return text;
}
