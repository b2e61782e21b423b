/* SPDX-License-Identifier: ISC
 *
 * which - see include/doc/which.h. A message is written as the client would (RFC 4578, RFC
 * 5970), and relay4_request() or relay6_request() makes its plan. They get the present
 * configuration, interfaces and health, but no client that was heard, and what they count
 * is thrown away.
 */
#include "doc/which.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/sbuf.h"
#include "core/relay4/relay4.h"
#include "core/relay6/relay6.h"
#include "core/server/rules.h"
#include "doc/decode.h"
#include "doc/json.h"
#include "proto/pxe6.h"

#define TEXT_MAX	200	/* bytes of a class, which fits with all others */
#define MESSAGE_MAX	1024
#define CLIENTS		4	/* one, and what belongs to it */
#define ENTERPRISE	343	/* Intel's: firmware sends option 16 with it */
#define PORT_CLIENT	68

struct wish {
	char interface[CONF_NAME_MAX];
	enum family family;
	uint8_t type;
	bool has_arch;
	uint16_t arch;
	struct mac mac;
	char vendor[TEXT_MAX], user[TEXT_MAX];
};

/* The message, and what is read of it as the relay does. */
struct asked {
	struct iface *in;
	uint8_t bytes[MESSAGE_MAX];
	struct rx rx;
	struct dhcp4 m;
	struct dhcp6 six;
	struct pxe_client client;
};

/* What the relay decided. */
struct decision {
	enum drop why;
	const struct ask_list *to;
	struct relay4_plan four;
	struct relay6_plan six;
};

/* --- the words ----------------------------------------------------------- */

static bool
take_message(struct wish *w, const char *text)
{
	for (unsigned i = 0; i < UINT8_MAX; i++) {
		const char *four = dhcp4_type_name((uint8_t)i);
		const char *six = dhcp6_type_name((uint8_t)i);

		w->type = (uint8_t)i;
		w->family = FAMILY4;
		if (four && strcasecmp(four, text) == 0)
			return true;
		w->family = FAMILY6;
		/* Not those of relays: there is no client in them. */
		if (six && strcasecmp(six, text) == 0)
			return i < DHCP6_RELAY_FORW;
	}
	return false;
}

static bool
take_text(char *to, size_t size, const char *text)
{
	return (size_t)snprintf(to, size, "%s", text) < size;
}

static bool
take(struct wish *w, const char *key, const char *value)
{
	uint16_t codes[PXE_ALIAS_MAX];

	if (strcmp(key, "interface") == 0)
		return take_text(w->interface, sizeof(w->interface), value);
	if (strcmp(key, "mac") == 0)
		return hwaddr_parse(value, w->mac.b, sizeof(w->mac.b)) == sizeof(w->mac.b);
	if (strcmp(key, "user-class") == 0)
		return take_text(w->user, sizeof(w->user), value);
	if (strcmp(key, "vendor-class") == 0)
		return take_text(w->vendor, sizeof(w->vendor), value);
	if (strcmp(key, "message") == 0)
		return take_message(w, value);
	if (strcmp(key, "arch") != 0 || pxe_arch_parse(value, codes, PXE_ALIAS_MAX) == 0)
		return false;
	w->has_arch = true;
	w->arch = codes[0];
	return true;
}

static json_t *
refuse(const char *what, const char *value)
{
	char text[256];
	struct sbuf b = sbuf_init(text, sizeof(text));

	sbuf_puts(&b, what);
	sbuf_esc(&b, value, strlen(value));
	return json_pack("{s:s}", "error", text);
}

/* Returns NULL, or an error. */
static json_t *
read_words(struct wish *w, char *words)
{
	char *rest = words, *word;

	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (!*word)
			continue;
		if (value)
			*value++ = '\0';
		if (!value || !take(w, word, value))
			return refuse("unknown, or too long: ", value ? value : word);
	}
	return *w->interface ? NULL : json_pack("{s:s}", "error",
	    "expected --interface NAME");
}

/* --- the message --------------------------------------------------------- */

/* The class of a machine of this architecture (RFC 4578 2, UEFI 2.10 24.7). */
static void
default_vendor(struct wish *w)
{
	const char *name = pxe_arch_name(w->arch);
	bool http = name && strstr(name, "http");

	if (w->has_arch && !*w->vendor)
		snprintf(w->vendor, sizeof(w->vendor), "%s:Arch:%05u:UNDI:003016",
		    http ? "HTTPClient" : "PXEClient", w->arch);
}

static size_t
write4(struct wr *w, const struct wish *wish)
{
	struct dhcp4_new n = { .type = wish->type, .xid = 1, .mac = wish->mac };
	uint8_t arch[] = { (uint8_t)(wish->arch >> 8), (uint8_t)wish->arch };

	dhcp4_new_begin(w, &n);
	if (wish->type == DHCP4_TYPE_NONE)	/* BOOTP has no options */
		return dhcp4_new_end(w);
	if (wish->has_arch)
		dhcp4_new_opt(w, DHCP4_OPT_ARCH, arch, sizeof(arch));
	if (*wish->vendor)
		dhcp4_new_opt(w, DHCP4_OPT_VENDOR_CLASS, wish->vendor, strlen(wish->vendor));
	if (*wish->user)
		dhcp4_new_opt(w, DHCP4_OPT_USER_CLASS, wish->user, strlen(wish->user));
	return dhcp4_new_end(w);
}

static size_t
write6(struct wr *w, const struct wish *wish)
{
	uint8_t ia[12] = { 1 }, elapsed[2] = { 0 };

	wr_u8(w, wish->type);
	wr_zeros(w, 2);
	wr_u8(w, 1);
	dhcp6_put_header(w, DHCP6_OPT_CLIENT_ID, 4 + sizeof(wish->mac.b));
	wr_u16(w, 3);				/* DUID-LL, of Ethernet */
	wr_u16(w, 1);
	wr_bytes(w, wish->mac.b, sizeof(wish->mac.b));
	dhcp6_put(w, DHCP6_OPT_IA_NA, ia, sizeof(ia));
	dhcp6_put(w, DHCP6_OPT_ELAPSED, elapsed, sizeof(elapsed));
	if (wish->has_arch) {
		dhcp6_put_header(w, DHCP6_OPT_ARCH, 2);
		wr_u16(w, wish->arch);
	}
	if (*wish->vendor) {
		dhcp6_put_header(w, DHCP6_OPT_VENDOR_CLASS, 6 + strlen(wish->vendor));
		wr_u32(w, ENTERPRISE);
		wr_u16(w, (uint16_t)strlen(wish->vendor));
		wr_bytes(w, wish->vendor, strlen(wish->vendor));
	}
	if (*wish->user) {
		dhcp6_put_header(w, DHCP6_OPT_USER_CLASS, 2 + strlen(wish->user));
		wr_u16(w, (uint16_t)strlen(wish->user));
		wr_bytes(w, wish->user, strlen(wish->user));
	}
	return w->bad ? 0 : wr_len(w);
}

static void
make_message(struct asked *a, const struct wish *wish)
{
	struct wr w = wr_init(a->bytes, sizeof(a->bytes));
	struct ip6 local = { { 0xfe, 0x80, [8] = 0xff } };	/* none that people choose */
	struct ip6 group = { { 0xff, 2, [13] = 1, [15] = 2 } };

	a->rx = (struct rx){ .data = a->bytes, .ifindex = a->in->link.ifindex,
		.src = ip_of4(IP4_NONE), .dst = ip_of4((struct ip4){ UINT32_MAX }),
		.sport = PORT_CLIENT, .hwtype = ARPHRD_ETHER,
		.mac_len = sizeof(wish->mac.b) };
	memcpy(a->rx.mac, wish->mac.b, sizeof(wish->mac.b));
	memcpy(&local.b[10], wish->mac.b, sizeof(wish->mac.b));
	if (wish->family == FAMILY4) {
		a->rx.len = write4(&w, wish);
		if (dhcp4_parse(&a->m, a->bytes, a->rx.len) == DROP_NONE)
			pxe_read(&a->client, &a->m);
		return;
	}
	a->rx.len = write6(&w, wish);
	a->rx.src = ip_of6(local);
	a->rx.dst = ip_of6(group);
	a->rx.sport = DHCP6_PORT_CLIENT;
	if (dhcp6_parse(&a->six, a->bytes, a->rx.len) == DROP_NONE)
		pxe6_read(&a->client, &a->six);
}

/* --- the decision -------------------------------------------------------- */

/* Asks a relay that is the same but for its memory and its counters. */
static bool
decide(struct decision *d, const struct relay *real, struct asked *a, struct mono now)
{
	struct hash_key secret = { { 0, 0 } };
	struct relay r = *real;
	struct if_stats stats = a->in->stats[r.family];
	struct limit limit = a->in->limit;
	bool done;

	r.servers = malloc(sizeof(*r.servers));
	r.stats = calloc(1, sizeof(*r.stats));
	r.clients = clients_new(r.family, CLIENTS, secret, NULL, NULL);
	r.hedges = pendings_new(CLIENTS);
	done = r.servers && r.stats && r.clients && r.hedges;
	if (done) {
		memcpy(r.servers, real->servers, sizeof(*r.servers));
		r.servers->on_health = NULL;
		d->to = r.family == FAMILY4 ? &d->four.to : &d->six.to;
		d->why = r.family == FAMILY4 ? relay4_request(&r, &a->rx, now, &d->four) :
		    relay6_request(&r, &a->rx, now, &d->six);
	}
	a->in->stats[r.family] = stats;
	a->in->limit = limit;
	free(r.servers);
	free(r.stats);
	clients_free(r.clients);
	pendings_free(r.hedges);
	return done;
}

/* --- the document -------------------------------------------------------- */

/* The rules up to the one that matches, which is *rule. */
static json_t *
rule_rows(const struct conf *c, const struct rules_facts *f, uint16_t *rule)
{
	json_t *all = json_array();

	*rule = rules_match(c, f);
	for (uint16_t i = 0; i < c->n_rule && i <= *rule; i++) {
		const char *differs = rules_differs(c, i, f);

		json_array_append_new(all, json_pack("{s:o, s:b, s:s*}",
		    "name", json_name(c->rule[i].name), "matches", !differs,
		    "differs", differs));
	}
	return all;
}

static bool
is_asked(const struct decision *d, uint16_t server)
{
	for (unsigned i = 0; d->why == DROP_NONE && i < d->to->n; i++)
		if (d->to->server[i] == server)
			return true;
	return false;
}

static json_t *
server_rows(const struct relay *r, const struct select_out *order, const struct decision *d)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < order->n; i++) {
		uint16_t s = r->conf->server[order->server[i]].first;
		const struct health *h = &r->servers->health[s];

		json_array_append_new(all, json_pack("{s:o, s:o, s:s, s:s, s:b, s:b}",
		    "name", json_name(r->conf->server[s].name),
		    "address", json_server(&r->conf->server[s]),
		    "health", health_state_name(h->state), "diag", health_diag_word(h->diag),
		    "at-once", is_asked(d, s), "option82", r->conf->server[s].option82));
	}
	return all;
}

static json_t *
group_rows(const struct relay *r, const struct asked *a, const struct decision *d,
    uint16_t rule, struct mono now)
{
	static const char *const words[CONF_CLASSES] = {
		[CONF_DHCP] = "dhcp", [CONF_BOOT] = "boot",
	};
	struct conf_groups t = conf_groups_for(r->conf, a->in->conf, rule);
	json_t *all = json_array();

	for (int class = 0; class < CONF_CLASSES; class++) {
		uint16_t g = t.group[class];
		struct ask_client c = { .id = a->rx.mac, .len = a->rx.mac_len,
			.sticky = CONF_NONE };
		struct select_out order;

		if (g == CONF_NONE)
			continue;
		order = ask_order(r, g, &c, now);
		json_array_append_new(all, json_pack("{s:s, s:o, s:o}",
		    "class", class == CONF_DHCP && t.everything ? "servers" : words[class],
		    "group", json_name(r->conf->group[g].name),
		    "servers", server_rows(r, &order, d)));
	}
	return all;
}

/* What the relay adds: [["giaddr", "10.0.30.1"], ["82 ...", "circuit-id vlan30"]]. */
static json_t *
sent_rows(const struct asked *a, const struct decision *d)
{
	json_t *all = json_array();
	char text[IP6_STRLEN];

	if (d->why != DROP_NONE)
		return all;
	if (d->to == &d->six.to) {
		json_array_append_new(all, json_pack("[s, s]", "link-address",
		    ip6_str(d->six.link, text)));
		decode_options6(all, rd_init(a->in->six.opts, a->in->six.opts_len));
		return all;
	}
	for (unsigned i = 0; i < d->four.n_copy; i++) {
		const struct relay4_copy *c = &d->four.copy[i];

		json_array_append_new(all, json_pack("[s, s]", "giaddr",
		    ip4_str(c->giaddr, text)));
		if (c->rai && c->rai->len)
			decode_option4(all, DHCP4_OPT_RAI, rd_init(c->rai->value,
			    c->rai->len));
	}
	return all;
}

static json_t *
document(const struct relay *r, const struct wish *w, const struct asked *a,
    const struct decision *d, struct mono now)
{
	struct rules_facts f = { .in = a->in, .client = &a->client, .family = r->family,
		.type = w->type, .has_mac = true, .mac = w->mac };
	uint16_t rule;
	json_t *rules = rule_rows(r->conf, &f, &rule);
	const char *type = r->family == FAMILY4 ? dhcp4_type_name(w->type) :
	    dhcp6_type_name(w->type);

	return json_pack("{s:{s:o, s:s, s:s, s:o, s:o*, s:o, s:o, s:s*, s:s*}}", "which",
	    "interface", json_name(w->interface), "protocol", protocol_word(r->family),
	    "message", type, "rules", rules,
	    "rule", rule == CONF_NONE ? NULL : json_name(r->conf->rule[rule].name),
	    "groups", group_rows(r, a, d, rule, now), "sent", sent_rows(a, d),
	    "drop", d->why == DROP_NONE ? NULL : drop_word(d->why),
	    "drop-sentence", d->why == DROP_NONE ? NULL : drop_sentence(d->why));
}

json_t *
which(const struct relay *relay, const char *words, struct mono now)
{
	/* A locally administered address, as a machine that nobody knows. */
	struct wish w = { .family = FAMILY4, .type = DHCP4_DISCOVER,
		.mac = { { 2, 0, 0, 0, 0, 1 } } };
	char text[1024];
	struct asked *a;
	struct decision *d;
	json_t *doc;

	snprintf(text, sizeof(text), "%s", words);
	doc = read_words(&w, text);
	if (doc)
		return doc;
	a = calloc(1, sizeof(*a));
	d = calloc(1, sizeof(*d));
	if (a && d) {
		a->in = iftab_by_name(relay->iftab, w.interface);
		default_vendor(&w);
		if (!a->in || !a->in->conf) {
			doc = refuse("not a client interface: ", w.interface);
		} else {
			make_message(a, &w);
			if (decide(d, &relay[w.family], a, now))
				doc = document(&relay[w.family], &w, a, d, now);
		}
	}
	free(a);
	free(d);
	return doc;
}
