/* SPDX-License-Identifier: ISC
 *
 * world - see world.h.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/conffile.h"
#include "ipnet.h"

const struct iftab_host world_host = { "host", { 0, 4, 0xda, 0x1a } };

static const struct hash_key secret = { { 1, 2 } };

static _Noreturn void
broken(const char *what, const char *text)
{
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

static void
mistake(void *user, const char *file, int line, const char *text)
{
	char where[32];

	(void)file;
	(void)user;
	snprintf(where, sizeof(where), "conf line %d", line);
	broken(where, text);
}

static void
evicted(void *conv, void *user)
{
	struct world *w = user;

	(void)conv;
	w->evicted++;
}

/* There is no kernel. Any interface leads to a server but for those of clients, which must
 * have our source address towards it. */
static bool
other_way(void *user, uint16_t server, uint32_t ifindex)
{
	const struct world *w = user;
	const struct iface *in = iftab_by_index(w->iftab, ifindex);
	struct ipaddr source = w->servers.source[server];
	bool found = !in || !in->conf;

	for (unsigned i = 0; in && i < in->addr[ip_family(source)].n; i++)
		found |= ip_eq(source, in->addr[ip_family(source)].at[i].net.addr);
	return found;
}

static void
commit(struct world *w, bool all)
{
	iftab_commit(w->iftab, w->conf, &world_host, all, NULL, NULL);
}

void
world_reload(struct world *w, const char *text)
{
	struct conf *old = w->conf;

	w->conf = conffile_parse(text, strlen(text), mistake, NULL);
	if (!w->conf)
		broken("conf", "no memory");
	servers_configure(&w->servers, old, w->conf, w->now);
	w->r4.conf = w->r6.conf = w->conf;
	commit(w, true);
	conf_free(old);
}

static void
fresh_memory(struct world *w, size_t capacity)
{
	clients_free(w->r4.clients);
	pendings_free(w->r4.hedges);
	w->r4.clients = clients_new(FAMILY4, capacity, secret, evicted, w);
	w->r4.hedges = pendings_new(WORLD_HEDGES);
	if (!w->r4.clients || !w->r4.hedges)
		broken("clients", "no memory");
	clients_free(w->r6.clients);
	pendings_free(w->r6.hedges);
	w->r6.clients = clients_new(FAMILY6, capacity, secret, evicted, w);
	w->r6.hedges = pendings_new(WORLD_HEDGES);
	if (!w->r6.clients || !w->r6.hedges)
		broken("clients", "no memory");
	w->evicted = 0;
}

static void
fresh_servers(struct world *w)
{
	memset(w->servers.stats, 0, sizeof(w->servers.stats));
	memset(w->servers.rule_hits, 0, sizeof(w->servers.rule_hits));
	for (unsigned i = 0; w->conf && i < w->conf->n_server; i++)
		health_init(&w->servers.health[i], w->conf->server[i].rise,
		    w->conf->server[i].fall, w->now);
}

void
world_reset(struct world *w, size_t capacity)
{
	struct iface *f;

	w->now = mono_us(1000000000);
	w->r4.since = w->r6.since = w->now;
	memset(&w->stats, 0, sizeof(w->stats));
	memset(&w->stats6, 0, sizeof(w->stats6));
	fresh_memory(w, capacity);
	fresh_servers(w);
	for (f = iftab_next(w->iftab, 0); f;
	    f = iftab_next(w->iftab, f->link.ifindex)) {
		f->limit = (struct limit){ 0 };
		memset(f->stats, 0, sizeof(f->stats));
	}
}

struct world *
world_new(const char *conf, size_t capacity)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		broken("world", "no memory");
	w->iftab = iftab_new();
	if (!w->iftab)
		broken("iftab", "no memory");
	w->r4.servers = &w->servers;
	w->servers.iftab = w->r4.iftab = w->iftab;
	w->servers.other_way = other_way;
	w->servers.user = w;
	w->r4.stats = &w->stats;
	w->r6.iftab = w->iftab;
	w->r6.family = FAMILY6;
	w->r6.servers = &w->servers;
	w->r6.stats = &w->stats6;
	world_reset(w, capacity);
	world_reload(w, conf);
	return w;
}

struct world *
world_free(struct world *w)
{
	if (w) {
		iftab_free(w->iftab);
		clients_free(w->r4.clients);
		pendings_free(w->r4.hedges);
		clients_free(w->r6.clients);
		pendings_free(w->r6.hedges);
		conf_free(w->conf);
		free(w);
	}
	return NULL;
}

static void
set_link(struct world *w, uint32_t ifindex, const char *name, bool up)
{
	struct iftab_link l = {
		.ifindex = ifindex, .up = up, .running = up, .hwtype = 1,
		.mac_len = 6,
		.mac = { 2, 0, 0, 0, 0, (uint8_t)ifindex }, .mtu = 1500,
	};

	snprintf(l.name, sizeof(l.name), "%s", name);
	if (iftab_set_link(w->iftab, &l) < 0)
		broken(name, "no memory");
	commit(w, false);
}

void
world_link(struct world *w, uint32_t ifindex, const char *name)
{
	set_link(w, ifindex, name, true);
}

void
world_link_down(struct world *w, uint32_t ifindex, const char *name)
{
	set_link(w, ifindex, name, false);
}

void
world_addr(struct world *w, uint32_t ifindex, const char *net)
{
	struct iftab_addr a = { .secondary = false };

	if (!ipnet_parse(net, &a.net))
		broken(net, "is no address");
	a.permanent = a.net.addr.version == 6;
	if (iftab_set_addr(w->iftab, ifindex, &a) < 0)
		broken(net, "no memory");
	commit(w, false);
}

void
world_wait_ms(struct world *w, int64_t ms)
{
	w->now = mono_add_ms(w->now, ms);
}

struct ip4
world_ip(const char *text)
{
	struct ip4 a;

	if (!ip4_parse(text, &a))
		broken(text, "is no address");
	return a;
}

struct ip6
world_ip6(const char *text)
{
	struct ip6 a;

	if (!ip6_parse(text, &a))
		broken(text, "is no IPv6 address");
	return a;
}

struct ipaddr
world_at(const char *text)
{
	struct ipaddr a = IP_NONE;

	if (!ip_parse(text, &a))
		broken(text, "is no address");
	return a;
}

uint64_t
world_drops(const uint64_t drop[DROP_MAX])
{
	uint64_t sum = 0;

	for (int i = 0; i < DROP_MAX; i++)
		sum += drop[i];
	return sum;
}
