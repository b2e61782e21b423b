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

#include "base/sbuf.h"
#include "proto/promfmt.h"
#include "relay/path/sockets.h"
#include "relay/show/show.h"
#include "relay/state.h"

static void
put_single(struct prom *p, enum prom_type type, const char *word, const char *help,
    uint64_t value)
{
	prom_family(p, type, word, help);
	prom_sample(p, NULL, 0, value);
}

static void
put_general(struct daemon *d, struct prom *p)
{
	int64_t up = mono_diff_us(loop_now(d->loop), d->started);

	prom_family(p, PROM_GAUGE, "build-info", "The version that runs; always 1.");
	prom_sample(p, PROM_LABELS({ "version", DAEMON_VERSION }), 1);
	prom_family(p, PROM_GAUGE, "uptime-seconds",
	    "Time since the daemon started.");
	prom_sample_us(p, NULL, 0, (uint64_t)up);
	put_single(p, PROM_GAUGE, "conversations",
	    "Conversations that are remembered.", clients_count(d->relay[FAMILY4].clients));
	put_single(p, PROM_GAUGE, "conversations-limit",
	    "Conversations that can be remembered (clients =).", d->conf->clients);
}

static void
put_counters(struct daemon *d, struct prom *p)
{
	for (int i = 0; i < COUNTER_MAX; i++)
		put_single(p, PROM_COUNTER, counter_word((enum counter)i),
		    counter_sentence((enum counter)i), d->stats[FAMILY4].counter[i]);
}

static void
put_direction(struct prom *p, const char *direction, const uint64_t drop[DROP_MAX])
{
	for (int i = DROP_NONE + 1; i < DROP_MAX; i++)
		prom_sample(p, PROM_LABELS({ "direction", direction },
		    { "reason", drop_word((enum drop)i) }), drop[i]);
}

/* Includes reasons that never occurred: an alert on the first drop needs the 0
 * before. */
static void
put_drops(struct daemon *d, struct prom *p)
{
	const struct stats *s = &d->stats[FAMILY4];

	prom_family(p, PROM_COUNTER, "drops", "Packets that were dropped, and why.");
	put_direction(p, "requests", s->drop_request);
	put_direction(p, "replies", s->drop_reply);
	put_direction(p, "4011", s->drop_4011);
	put_direction(p, "helpers", s->drop_helper);
	put_direction(p, "send", s->drop_send);
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

static struct iface *
next_client_if(struct daemon *d, const struct iface *after)
{
	struct iface *f = iftab_next(d->iftab, after ? after->link.ifindex : 0);

	while (f && !f->conf)
		f = iftab_next(d->iftab, f->link.ifindex);
	return f;
}

/* Returns the type in lower case, as in [rule] message. */
static const char *
message_word(char buf[16], unsigned type)
{
	struct sbuf b = sbuf_init(buf, 16);

	for (const char *s = dhcp4_type_name((uint8_t)type); *s; s++)
		sbuf_putc(&b, (char)tolower((unsigned char)*s));
	return buf;
}

static void
if_messages(struct prom *p, const struct iface *f)
{
	static const char *const class[] = {
		[CONF_DHCP] = "dhcp", [CONF_BOOT] = "boot",
	};
	char word[16];

	for (unsigned c = 0; c < CONF_CLASSES; c++)
		for (unsigned t = 0; t < STATS_TYPES; t++) {
			uint64_t n = f->stats[FAMILY4].message[c][t];

			if (n)
				prom_sample(p, PROM_LABELS(
				    { "interface", f->link.name },
				    { "class", class[c] },
				    { "message", message_word(word, t) }), n);
		}
}

static void
put_interfaces(struct daemon *d, struct prom *p)
{
	struct iface *f;

	prom_family(p, PROM_GAUGE, "interface-state",
	    "State of a client interface; 1 for the current one.");
	for (f = NULL; (f = next_client_if(d, f)); )
		prom_sample(p, PROM_LABELS({ "interface", f->link.name },
		    { "state", show_if_state(f) }), 1);
	prom_family(p, PROM_GAUGE, "interface-ready",
	    "1 while clients are served, and on standby.");
	for (f = NULL; (f = next_client_if(d, f)); )
		prom_sample(p, PROM_LABELS({ "interface", f->link.name }),
		    iface_serves(f));
	for (size_t i = 0; i < sizeof(if_numbers) / sizeof(if_numbers[0]); i++) {
		const struct number *n = &if_numbers[i];

		prom_family(p, PROM_COUNTER, n->word, n->help);
		for (f = NULL; (f = next_client_if(d, f)); )
			prom_sample(p, PROM_LABELS({ "interface", f->link.name }),
			    number(&f->stats[FAMILY4], n));
	}
	prom_family(p, PROM_COUNTER, "interface-messages",
	    "DHCP messages relayed from and to a client interface, "
	    "for types that occurred.");
	for (f = NULL; (f = next_client_if(d, f)); )
		if_messages(p, f);
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
	N(offers, "offers", "DHCPOFFERs received from a server."),
	N(acks, "acks", "DHCPACKs received from a server."),
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
