/* SPDX-License-Identifier: ISC
 *
 * scrape - the metrics: one walk over the daemon's state for each family of
 * metrics. The text format is left to proto/promfmt, HTTP to io/metrics.
 *
 * The number of series follows from the configuration, the kernel's interfaces
 * and our own tables: no label has a value that a client or a server chose.
 * Names come from the tables that pxrelayctl uses; they are stable, since alert
 * rules read them.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "proto/promfmt.h"
#include "relay/path/sockets.h"
#include "relay/show/show.h"
#include "relay/state.h"

#define FAMILY(i) { "family", protocol_word(i) }

static void
put_general(struct daemon *d, struct prom *p)
{
	int64_t up = mono_diff_us(loop_now(d->loop), d->started);

	prom_family(p, PROM_GAUGE, "build-info", "The version that runs; always 1.");
	prom_sample(p, PROM_LABELS({ "version", DAEMON_VERSION }), 1);
	prom_family(p, PROM_GAUGE, "uptime-seconds",
	    "Time since the daemon started.");
	prom_sample_us(p, NULL, 0, (uint64_t)up);
	prom_family(p, PROM_GAUGE, "conversations", "Conversations that are remembered.");
	for (enum family k = 0; k < FAMILIES; k++)
		prom_sample(p, PROM_LABELS(FAMILY(k)), clients_count(d->relay[k].clients));
	prom_family(p, PROM_GAUGE, "conversations-limit",
	    "Conversations that can be remembered (clients =).");
	for (enum family k = 0; k < FAMILIES; k++)
		prom_sample(p, PROM_LABELS(FAMILY(k)), d->conf->clients);
}

/* What is counted for the whole relay has no label. */
static void
put_counters(struct daemon *d, struct prom *p)
{
	for (int i = 0; i < COUNTER_MAX; i++) {
		enum counter c = (enum counter)i;
		size_t labels = counter_scope(c) == SCOPE_WHOLE ? 0 : 1;

		prom_family(p, PROM_COUNTER, counter_word(c), counter_sentence(c));
		for (enum family k = 0; k < FAMILIES; k++)
			if (counter_is_of(c, k))
				prom_sample(p, &(struct prom_label)FAMILY(k), labels,
				    d->stats[k].counter[i]);
	}
}

/* Includes reasons that never occurred: an alert on the first drop needs the 0
 * before. */
static void
put_drops(struct daemon *d, struct prom *p)
{
	prom_family(p, PROM_COUNTER, "drops", "Packets that were dropped, and why.");
	for (enum family k = 0; k < FAMILIES; k++)
		for (int n = 0; n < STATS_PLACES; n++)
			for (int i = DROP_NONE + 1; i < DROP_MAX; i++)
				prom_sample(p, PROM_LABELS(FAMILY(k),
				    { "direction", stats_places[n].word },
				    { "reason", drop_word((enum drop)i) }),
				    stats_dropped(&d->stats[k], &stats_places[n], i));
}

/* A family that has one number for each server or interface. */
struct number {
	size_t offset;		/* of a uint64_t in its statistics */
	const char *word, *help;
};

static uint64_t
number(const void *stats, const struct number *n)
{
	return *(const uint64_t *)((const char *)stats + n->offset);
}

static const struct number if_numbers[] = {
#define N(member, help) \
	{ offsetof(struct if_stats, member), "interface-" #member, help }
	N(requests, "Requests received on a client interface."),
	N(relayed, "Requests of a client interface that went to a server."),
	N(replies, "Replies delivered on a client interface."),
	N(drops, "Requests of a client interface that were dropped."),
#undef N
};

/* A client interface, and a family that it asks servers of. */
struct client_if {
	const struct iface *f;
	enum family family;
};

#define IF_LABELS(at) { "interface", iface_name((at).f) }, FAMILY((at).family)

/* Begins at the first one if at is zeroed; false at the end. */
static bool
next_client_if(struct daemon *d, struct client_if *at)
{
	do {
		if (at->f && at->family == FAMILY4) {
			at->family = FAMILY6;
		} else {
			at->f = iftab_next(d->iftab, at->f ? at->f->link.ifindex : 0);
			at->family = FAMILY4;
		}
	} while (at->f && !(at->f->conf && at->f->asks[at->family]));
	return at->f;
}

/* Returns the type in lower case, as in [rule] message. */
static const char *
message_word(char buf[32], unsigned type, enum family family)
{
	const char *name = type == STATS_OTHER ? NULL : family == FAMILY6 ?
	    dhcp6_type_name((uint8_t)type) : dhcp4_type_name((uint8_t)type);
	struct sbuf b = sbuf_init(buf, 32);

	for (const char *s = name ? name : "other"; *s; s++)
		sbuf_putc(&b, (char)tolower((unsigned char)*s));
	return buf;
}

static void
if_messages(struct prom *p, struct client_if at)
{
	static const char *const class[] = {
		[CONF_DHCP] = "dhcp", [CONF_BOOT] = "boot",
	};
	bool six = at.family == FAMILY6;
	char word[32];

	for (unsigned c = 0; c < CONF_CLASSES; c++)
		for (unsigned t = six; t < STATS_TYPES; t++) {
			const uint64_t *count = at.f->stats[at.family].message[c];
			uint64_t n = count[t];

			/* What could not be read: DHCPv6 has no type 0. */
			if (six && t == STATS_OTHER)
				n += count[0];
			if (n)
				prom_sample(p, PROM_LABELS(IF_LABELS(at),
				    { "class", class[c] },
				    { "message", message_word(word, t, at.family) }), n);
		}
}

static void
put_state(struct prom *p, struct client_if at)
{
	prom_sample(p, PROM_LABELS(IF_LABELS(at),
	    { "state", show_if_state(at.f, at.family) }), 1);
}

/* An alert on 0 must not fire for a pattern whose interfaces come and go. */
static void
put_ready(struct prom *p, struct client_if at)
{
	if (!at.f->link.ifindex && strpbrk(at.f->conf->pattern, "*?["))
		return;
	prom_sample(p, PROM_LABELS(IF_LABELS(at)), iface_serves(at.f, at.family));
}

/* What says of an interface that it is not there. */
struct if_gauge {
	struct prom *p;
	void (*put)(struct prom *p, struct client_if at);
};

static void
put_absent(void *gauge, const struct iface *f)
{
	struct if_gauge *g = gauge;

	for (enum family i = 0; i < FAMILIES; i++)
		if (f->asks[i])
			g->put(g->p, (struct client_if){ f, i });
}

static void
put_gauge(struct daemon *d, struct if_gauge g, const char *word, const char *help)
{
	struct client_if at = { NULL, FAMILY4 };

	prom_family(g.p, PROM_GAUGE, word, help);
	while (next_client_if(d, &at))
		g.put(g.p, at);
	iftab_absent(d->iftab, put_absent, &g);
}

static void
put_interfaces(struct daemon *d, struct prom *p)
{
	const struct client_if none = { NULL, FAMILY4 };
	struct client_if at;

	put_gauge(d, (struct if_gauge){ p, put_state }, "interface-state",
	    "State of a client interface; 1 for the current one.");
	put_gauge(d, (struct if_gauge){ p, put_ready }, "interface-ready",
	    "1 while clients are served, and on standby.");
	for (size_t i = 0; i < sizeof(if_numbers) / sizeof(if_numbers[0]); i++) {
		const struct number *n = &if_numbers[i];

		prom_family(p, PROM_COUNTER, n->word, n->help);
		for (at = none; next_client_if(d, &at); )
			prom_sample(p, PROM_LABELS(IF_LABELS(at)),
			    number(&at.f->stats[at.family], n));
	}
	prom_family(p, PROM_COUNTER, "interface-messages",
	    "DHCP messages relayed from and to a client interface, "
	    "for types that occurred.");
	for (at = none; next_client_if(d, &at); )
		if_messages(p, at);
}

/* socket-errors is not called "errors": server-errors counts those of all
 * servers. */
static const struct number server_numbers[] = {
#define N(member, word, help) \
	{ offsetof(struct server_stats, member), "server-" word, help }
	N(sent, "sent", "Copies of requests sent to a server."),
	N(hedges, "hedges",
	    "Requests sent to a server because another one was silent."),
	N(replies, "replies", "Replies received from a server."),
	N(offers, "offers", "OFFERs or ADVERTISEs received from a server."),
	N(acks, "acks", "ACKs or REPLYs received from a server."),
	N(naks, "naks", "DHCPNAKs received from a server."),
	N(errors, "socket-errors",
	    "Errors that the kernel reported for a server's socket."),
	N(dropped, "send-full",
	    "Copies dropped because a server's send buffer was full."),
#undef N
};

/* Returns the next server from i on that is the first of its address, which has the
 * numbers; CONF_NONE at the end. */
static uint16_t
next_server(const struct conf *c, uint16_t i)
{
	while (i < c->n_server && c->server[i].first != i)
		i++;
	return i < c->n_server ? i : CONF_NONE;
}

/* The two labels that identify a server. */
struct server_labels {
	char address[CONF_NAME_MAX];
	struct prom_label label[2];
};

static const struct prom_label *
labels_of(struct daemon *d, uint16_t i, struct server_labels *w)
{
	w->label[0] = (struct prom_label){ "server", d->conf->server[i].name };
	w->label[1] = (struct prom_label){ "address",
	    conf_server_text(&d->conf->server[i], w->address) };
	return w->label;
}

static bool
is_up(const struct health *h)
{
	return h->state != HEALTH_DOWN;
}

static void
server_gauge(struct daemon *d, struct prom *p, const char *word, const char *help,
    bool (*is)(const struct health *h))
{
	struct server_labels w;

	prom_family(p, PROM_GAUGE, word, help);
	for (uint16_t i = 0; (i = next_server(d->conf, i)) != CONF_NONE; i++)
		prom_sample(p, labels_of(d, i, &w), 2, is(&d->servers.health[i]));
}

static void
put_servers(struct daemon *d, struct prom *p)
{
	struct server_labels w;
	size_t n_number = sizeof(server_numbers) / sizeof(server_numbers[0]);

	server_gauge(d, p, "server-up", "0 when a server is down; "
	    "1 when it is up or not known to be down.", is_up);
	server_gauge(d, p, "server-usable", "1 while a server may be chosen: "
	    "neither down nor drained.", health_usable);
	prom_family(p, PROM_GAUGE, "server-state",
	    "State of a server, and the reason; 1 for the current one.");
	for (uint16_t i = 0; (i = next_server(d->conf, i)) != CONF_NONE; i++) {
		const struct health *h = &d->servers.health[i];

		labels_of(d, i, &w);
		prom_sample(p, PROM_LABELS(w.label[0], w.label[1],
		    { "state", health_state_name(h->state) },
		    { "diag", health_diag_word(h->diag) }), 1);
	}
	for (size_t k = 0; k < n_number; k++) {
		const struct number *n = &server_numbers[k];

		prom_family(p, PROM_COUNTER, n->word, n->help);
		for (uint16_t i = 0; (i = next_server(d->conf, i)) != CONF_NONE; i++)
			prom_sample(p, labels_of(d, i, &w), 2,
			    number(&d->servers.stats[i], n));
	}
	prom_family(p, PROM_HISTOGRAM, "server-answer-seconds",
	    "Time from a client's last message to a server's reply.");
	for (uint16_t i = 0; (i = next_server(d->conf, i)) != CONF_NONE; i++)
		prom_histogram(p, labels_of(d, i, &w), 2, &(struct prom_times){
		    .n_bound = STATS_ANSWERS, .bound_us = stats_answer_us,
		    .count = d->servers.stats[i].answer,
		    .sum_us = d->servers.stats[i].answer_us,
		});
}

static void
put_rules(struct daemon *d, struct prom *p)
{
	prom_family(p, PROM_COUNTER, "rule-hits", "Requests that a rule matched.");
	for (unsigned i = 0; i < d->conf->n_rule; i++)
		prom_sample(p, PROM_LABELS({ "rule", d->conf->rule[i].name }),
		    d->servers.rule_hits[i]);
}

/* A kind of machine appears with its first boot, and then with every diagnosis:
 * an alert on the first failure needs a 0 that was scraped before it. */
static void
put_kinds(struct prom *p, const struct boots *b, const uint64_t n[PXE_KIND_MAX])
{
	for (int k = 0; k < PXE_KIND_MAX; k++)
		if (b->started[k])
			prom_sample(p, PROM_LABELS({ "arch",
			    pxe_kind_word((enum pxe_kind)k) }), n[k]);
}

static void
put_verdicts(struct prom *p, const struct boots *b, bool failed)
{
	for (int k = 0; k < PXE_KIND_MAX; k++)
		for (int i = 0; i < EXPLAIN_MAX && b->started[k]; i++) {
			enum explain e = (enum explain)i;

			/* Skip the verdicts on boots that are not over. */
			if (e == EXPLAIN_NOTHING || e == EXPLAIN_GOING_ON ||
			    explain_failed(e) != failed)
				continue;
			prom_sample(p, PROM_LABELS(
			    { "arch", pxe_kind_word((enum pxe_kind)k) },
			    { "diagnosis", explain_row(e)->code }),
			    b->judged[k][i]);
		}
}

static void
put_boots(struct daemon *d, struct prom *p)
{
	const struct boots *b = &d->boots;

	prom_family(p, PROM_COUNTER, "boots-started",
	    "Network boots that began: conversations of machines that try to boot.");
	put_kinds(p, b, b->started);
	prom_family(p, PROM_COUNTER, "boots-succeeded",
	    "Network boots that are over and succeeded, by diagnosis.");
	put_verdicts(p, b, false);
	prom_family(p, PROM_COUNTER, "boots-failed",
	    "Network boots that are over and failed, by diagnosis.");
	put_verdicts(p, b, true);
	prom_family(p, PROM_COUNTER, "boots-unjudged",
	    "Network boots that ended before a verdict was possible.");
	put_kinds(p, b, b->unjudged);
	prom_family(p, PROM_GAUGE, "boots-going-on",
	    "Network boots that are not over.");
	put_kinds(p, b, b->going_on);
}

static void
put_text(void *file, const char *text, size_t len)
{
	fwrite(text, 1, len, file);
}

char *
scrape(void *daemon, size_t *len)
{
	struct daemon *d = daemon;
	char *text = NULL;
	FILE *f = open_memstream(&text, len);
	struct prom p = { .put = put_text, .user = f };
	bool bad;

	if (!f)
		return NULL;
	sockets_count_lost(d);
	put_general(d, &p);
	put_counters(d, &p);
	put_drops(d, &p);
	put_interfaces(d, &p);
	put_servers(d, &p);
	put_rules(d, &p);
	put_boots(d, &p);
	bad = ferror(f);
	if (fclose(f) == 0 && !bad)
		return text;
	free(text);
	return NULL;
}
