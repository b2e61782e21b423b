/* SPDX-License-Identifier: ISC
 *
 * stories - see include/doc/stories.h. The verdict is decided in core/story/explain;
 * pxrelayctl(8) describes every name.
 *
 * Lists begin with the most recent client and are bounded, both in rows and in
 * clients visited: packets wait while one is made, and a site may have 100,000
 * clients.
 */
#include "doc/stories.h"

#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "core/story/explain.h"
#include "doc/json.h"

#define ROWS_MAX	200
#define VISITS_MAX	5000

/* Returns the configured name of a server; NULL when it has only an address. */
static json_t *
server_name(const struct story_view *d, struct ipaddr a)
{
	char text[IP_STRLEN];
	uint16_t i;

	if (ip_is_none(a) || !d->conf)
		return NULL;
	i = conf_server_by_addr(d->conf, a);
	if (i == CONF_NONE || strcmp(d->conf->server[i].name, ip_str(a, text)) == 0)
		return NULL;
	return json_name(d->conf->server[i].name);
}

static json_t *
mac_text(const struct track_key *k)
{
	char buf[3 * sizeof(k->chaddr) + 1];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_mac(&b, k->chaddr, k->hlen);
	return json_string(buf);
}

/* Returns "uefi-x64", or the number of an architecture without a name. */
static json_t *
arch(const struct track_boot *b)
{
	const char *known = b->has_arch ? pxe_arch_name(b->arch) : NULL;

	if (!b->has_arch)
		return NULL;
	return known ? json_string(known) : json_sprintf("%u", b->arch);
}

static json_t *
interface_name(const struct story_view *d, const struct track_boot *b)
{
	const struct iface *f = d->iftab ? iftab_by_index(d->iftab, b->ifindex) : NULL;

	return f ? json_name(f->link.name) : NULL;
}

/* Returns NULL after a reload, since rules may have other numbers now. */
static json_t *
rule_name(const struct story_view *d, const struct track_boot *b)
{
	if (!d->conf || b->rule >= d->conf->n_rule || mono_before(b->begin, d->reloaded))
		return NULL;
	return json_name(d->conf->rule[b->rule].name);
}

static struct ip4
boot_server(const struct track_boot *b)
{
	return ip4_is_none(b->file_server) ? b->p4011.peer : b->file_server;
}

/* It differs in each conversation. */
static json_t *
xid(const struct track_boot *b)
{
	return json_sprintf("%08x", b->xid ? b->xid : b->six.xid[b->six.netboot]);
}

static json_t *
ago_s(const struct story_view *d, struct mono t)
{
	return json_integer(mono_diff_ms(d->now, t) / 1000);
}

static json_t *
client_row(const struct story_view *d, const struct track_client *c)
{
	const struct track_boot *b = &c->now;
	enum explain e = explain(b, d->now);

	return json_pack("{s:o, s:o*, s:o*, s:s, s:o*, s:o*, s:s, s:b, s:o, s:o}",
	    "mac", mac_text(&c->key), "interface", interface_name(d, b),
	    "arch", arch(b), "family", pxe_family_name(track_family(b)),
	    "address", json_some_ip(c->address),
	    "address6", json_addr(ip_of6(c->address6)),
	    "verdict", explain_row(e)->code, "failed", explain_failed(e),
	    "age-s", ago_s(d, b->last), "xid", xid(b));
}

json_t *
stories_row(const struct story_view *d, const struct track_client *c)
{
	struct ip4 server = boot_server(&c->now);
	json_t *row = client_row(d, c);

	json_object_update_new(row, json_pack("{s:o*, s:o*, s:o*}",
	    "server", json_some_ip(server),
	    "server-name", server_name(d, ip_of4(server)),
	    "file", c->now.file[0] ? json_name(c->now.file) : NULL));
	return row;
}

/* "52:54:00:12:34:56 7": a client, to go on after it. */
static json_t *
place_of(const struct track_client *c)
{
	json_t *mac = mac_text(&c->key);
	json_t *place = json_sprintf("%s %u", json_string_value(mac), c->key.ifindex);

	json_decref(mac);
	return place;
}

/* NULL: at the beginning, also when that client is not known any more. */
static const struct track_client *
client_at(const struct story_view *d, const char *place)
{
	struct track_key k;
	char mac[64];
	unsigned ifindex;

	if (sscanf(place, "%63s %u", mac, &ifindex) != 2)
		return NULL;
	k.hlen = (uint8_t)hwaddr_parse(mac, k.chaddr, sizeof(k.chaddr));
	return track_find(d->track, k.chaddr, k.hlen, ifindex);
}

json_t *
stories_list(const struct story_view *d, const char *what, const char *after, bool boots)
{
	const struct track_client *c = client_at(d, after);
	bool more;
	json_t *rows = json_array();

	for (unsigned n = 0; n < VISITS_MAX; n++) {
		c = track_older(d->track, c);
		if (!c)
			break;
		if (!boots || track_netboot(&c->now))
			json_array_append_new(rows,
			    boots ? stories_row(d, c) : client_row(d, c));
		if (json_array_size(rows) == ROWS_MAX)
			break;
	}
	more = c && track_older(d->track, c);
	return json_pack("{s:o, s:I, s:b, s:o*}", what, rows,
	    "known", (json_int_t)track_count(d->track), "more", more,
	    "after", more ? place_of(c) : NULL);
}

static json_t *
event_row(const struct story_view *d, const struct track_boot *b, const struct track_event *e)
{
	enum track_kind kind = (enum track_kind)e->kind;
	struct ipaddr peer = track_peer(b, e);

	return json_pack("{s:I, s:s, s:s*, s:o*, s:o*, s:o*, s:o*, s:s*}",
	    "ms", (json_int_t)e->ms, "event", track_word(kind),
	    "protocol", track_kind_family(kind) == FAMILY6 ? "dhcp6" : NULL,
	    "server", json_addr(peer), "server-name", server_name(d, peer),
	    "address", json_addr(track_addr(b, e)),
	    "n", e->n ? json_integer(e->n) : NULL,
	    "drop", e->why ? drop_word((enum drop)e->why) : NULL);
}

static json_t *
event_rows(const struct story_view *d, const struct track_boot *b)
{
	const struct track_event *e;
	json_t *all = json_array();
	unsigned lost;

	for (unsigned i = 0; (e = track_event(b, i, &lost)); i++) {
		if (lost)
			json_array_append_new(all,
			    json_pack("{s:I}", "lost", (json_int_t)lost));
		json_array_append_new(all, event_row(d, b, e));
	}
	return all;
}

static json_t *
offer_rows(const struct story_view *d, const struct track_boot *b)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < b->n_offer; i++) {
		const struct track_offer *o = &b->offer[i];

		json_array_append_new(all, json_pack("{s:I, s:o, s:o*, s:o*, s:o*,"
		    " s:o*, s:o*, s:b, s:b, s:b, s:b, s:b}",
		    "ms", (json_int_t)o->ms, "server", json_ip(o->server),
		    "server-name", server_name(d, ip_of4(o->server)),
		    "server-id", json_some_ip(o->id),
		    "address", json_some_ip(o->yiaddr),
		    "router", json_some_ip(o->router),
		    "next-server", json_some_ip(o->siaddr),
		    "pxe", o->pxe, "http", o->http, "file", o->file,
		    "menu", o->menu, "boot-only", o->boot_only));
	}
	return all;
}

static json_t *
verdict_document(enum explain e)
{
	const struct explain_row *r = explain_row(e);

	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "code", r->code,
	    "failed", explain_failed(e), "sentence", r->sentence,
	    "cause", r->cause, "cure", r->cure, "firmware", r->firmware);
}

static json_t *
also_verdicts(const struct track_boot *b, struct mono now)
{
	enum explain e[EXPLAIN_ALSO_MAX];
	unsigned n = explain_also(b, now, e);
	json_t *all = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(all, verdict_document(e[i]));
	return all;
}

/* Returns "2001:db8:8::/56". */
static json_t *
prefix_text(struct ip6net net)
{
	char a[IP6_STRLEN];

	return net.plen ? json_sprintf("%s/%u", ip6_str(net.addr, a), net.plen) : NULL;
}

/* The facts of DHCPv6; NULL if the client did not speak it. */
static json_t *
facts6(const struct track_boot *b)
{
	const struct track_six *six = &b->six;

	if (!b->heard[FAMILY6])
		return NULL;
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o*, s:o*, s:o*}",
	    "family", pxe_family_name(six->family), "netboot", six->netboot,
	    "solicits", (json_int_t)six->sent.discovers,
	    "requests", (json_int_t)six->sent.requests,
	    "advertises", (json_int_t)six->advertises,
	    "replies", (json_int_t)six->replies,
	    "asked-dhcp", (json_int_t)six->asked.dhcp,
	    "asked-boot", (json_int_t)six->asked.boot,
	    "hedges", (json_int_t)six->asked.hedges,
	    "drops", (json_int_t)six->refused.n,
	    "address", json_addr(ip_of6(six->lease.address)),
	    "prefix", prefix_text(six->lease.prefix),
	    "status", six->status ? json_integer(six->status) : NULL);
}

/* Returns what the client's messages contained and what was done about them. */
static json_t *
facts(const struct story_view *d, const struct track_boot *b)
{
	struct ip4 server = boot_server(b);

	return json_pack("{s:o*, s:o*, s:s, s:b, s:o*, s:I, s:I, s:I, s:I, s:I, s:I,"
	    " s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*}",
	    "interface", interface_name(d, b), "arch", arch(b),
	    "family", pxe_family_name(track_family(b)), "netboot", track_netboot(b),
	    "rule", rule_name(d, b),
	    "discovers", (json_int_t)b->sent.discovers,
	    "requests", (json_int_t)b->sent.requests,
	    "asked-dhcp", (json_int_t)b->asked.dhcp,
	    "asked-boot", (json_int_t)b->asked.boot,
	    "hedges", (json_int_t)b->asked.hedges,
	    "drops", (json_int_t)b->refused.n,
	    "chosen", json_some_ip(b->sent.chosen),
	    "chosen-name", server_name(d, ip_of4(b->sent.chosen)),
	    "address", json_some_ip(b->came.address),
	    "router", json_some_ip(b->came.router),
	    "server", json_some_ip(server),
	    "server-name", server_name(d, ip_of4(server)),
	    "file", b->file[0] ? json_name(b->file) : NULL, "dhcp6", facts6(b));
}

static json_t *
conversation(const struct story_view *d, const struct track_boot *b)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o}",
	    "begin-ago-s", ago_s(d, b->begin), "age-s", ago_s(d, b->last),
	    "verdict", explain_row(explain(b, d->now))->code,
	    "xid", xid(b),
	    "facts", facts(d, b), "offers", offer_rows(d, b),
	    "events", event_rows(d, b));
}

const struct track_client *
stories_find(const struct story_view *d, const struct track_key *k, const char *interface)
{
	const struct track_client *c, *found = NULL;
	uint32_t at = 0;

	while ((c = track_find_any(d->track, k->chaddr, k->hlen, &at))) {
		const struct iface *f = iftab_by_index(d->iftab, c->key.ifindex);

		if (*interface && (!f || strcmp(f->link.name, interface) != 0))
			continue;
		if (!found || mono_before(found->now.last, c->now.last))
			found = c;
	}
	return found;
}

/* The same hardware address on other interfaces. */
static json_t *
elsewhere(const struct story_view *d, const struct track_client *than)
{
	const struct track_client *c;
	json_t *all = json_array();
	uint32_t at = 0;

	while ((c = track_find_any(d->track, than->key.chaddr, than->key.hlen, &at)))
		if (c != than)
			json_array_append_new(all, client_row(d, c));
	return all;
}

json_t *
stories_explain(const struct story_view *d, const struct track_key *k,
    const struct track_client *c)
{
	const struct track_boot *b = c ? &c->now : NULL;
	json_t *doc = json_pack("{s:o, s:o, s:o}", "mac", mac_text(k),
	    "verdict", verdict_document(explain(b, d->now)),
	    "also", also_verdicts(b, d->now));

	if (!c)
		return doc;
	json_object_set_new(doc, "boot", conversation(d, &c->now));
	if (c->has_before)
		json_object_set_new(doc, "before", conversation(d, &c->before));
	json_object_set_new(doc, "elsewhere", elsewhere(d, c));
	return doc;
}

/* --- transfers ----------------------------------------------------------- */

static const char *const load_words[] = {
	[TRACK_LOAD_NONE] = "asked",
	[TRACK_LOAD_ASKED] = "asked",
	[TRACK_LOAD_SIZED] = "asked for its size",
	[TRACK_LOAD_GOING] = "going on",
	[TRACK_LOAD_DONE] = "loaded",
	[TRACK_LOAD_MISSING] = "not found",
	[TRACK_LOAD_REFUSED] = "refused",
	[TRACK_LOAD_BLOCK0] = "stuck at block 0",
	[TRACK_LOAD_LARGE] = "large blocks lost",
	[TRACK_LOAD_STUCK] = "stuck",
};

static json_t *
some(uint64_t n)
{
	return n ? json_integer((json_int_t)n) : NULL;
}

static json_t *
transfer_row(const struct story_view *d, const struct transfer *t)
{
	return json_pack("{s:s, s:o, s:s, s:o, s:o*, s:I, s:o*, s:I, s:o*, s:o*, s:I, s:o*, s:b}",
	    "protocol", t->http ? "http" : "tftp", "file", json_name(t->file),
	    "state", load_words[t->state], "server", json_addr(t->server),
	    "server-name", server_name(d, t->server),
	    "bytes", (json_int_t)t->bytes, "size", some(t->size),
	    "ms", (json_int_t)mono_diff_ms(t->last, t->begin),
	    "blocks", some(t->blocks), "block-size", some(t->block_size),
	    "sent-again", (json_int_t)t->again,
	    "error", t->error ? json_integer(t->http ? t->error : t->error - 1) : NULL,
	    "fragments", t->fragments);
}

json_t *
stories_transfers(const struct story_view *d, const struct transfer *t, unsigned n)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(all, transfer_row(d, &t[i]));
	return all;
}
