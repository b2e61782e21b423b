/* SPDX-License-Identifier: ISC
 *
 * trial - see include/ctl/trial.h. The relay of `which -c FILE` is made of the file and this
 * host's interfaces, read as pxrelayd reads them. On a host that is not the router, the
 * interface is made up. doc/which asks the relay.
 */
#include "ctl/trial.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/relay6/relay6.h"
#include "core/server/servers.h"
#include "ctl/mem.h"
#include "ctl/render.h"
#include "doc/which.h"
#include "io/conftree.h"
#include "io/netlink.h"

static void
print_mistake(void *path, const char *file, int line, const char *text)
{
	const char *name = file ? file : path;

	if (line > 0)
		render_printf(stderr, "%s:%d: %s\n", name, line, text);
	else
		render_printf(stderr, "%s: %s\n", name, text);
}

struct conf *
trial_conf(const char *file)
{
	char *name = mem_got(strdup(file));
	struct conf *c = conftree_read(name, print_mistake, name);

	free(name);
	return c;
}

/* --- interfaces ---------------------------------------------------------- */

static int
on_link(void *iftab, const struct iftab_link *l)
{
	return iftab_set_link(iftab, l);
}

static int
on_addr(void *iftab, uint32_t ifindex, const struct iftab_addr *a)
{
	return iftab_set_addr(iftab, ifindex, a);
}

static void
on_link_gone(void *iftab, uint32_t ifindex)
{
	iftab_del_link(iftab, ifindex);
}

static void
on_addr_gone(void *iftab, uint32_t ifindex, struct ipnet net)
{
	iftab_del_addr(iftab, ifindex, net);
}

static void
ignore(void *iftab)
{
	(void)iftab;
}

static void
read_host(struct iftab *t)
{
	static const struct netlink_ops ops = {
		.link = on_link, .addr = on_addr, .link_gone = on_link_gone,
		.addr_gone = on_addr_gone, .route_changed = ignore,
		.resync_begin = ignore, .resync_end = ignore, .batch_end = ignore,
	};
	struct netlink *nl;
	int err = netlink_open(&nl, &ops, t, NETLINK_RCVBUF, NULL);

	if (err)
		render_printf(stderr, "pxrelayctl: netlink: %s\n", strerror(-err));
	else
		netlink_close(nl);
}

/* As RFC 5737 and RFC 3849 have addresses for examples. */
static bool
make_up(struct iftab *t, const char *name)
{
	struct iftab_link l = {
		.ifindex = UINT32_MAX, .up = true, .running = true, .hwtype = ARPHRD_ETHER,
		.mac_len = 6, .mac = { 2 }, .mtu = 1500,
	};
	static const char *const addresses[] = { "192.0.2.1", "fe80::1", "2001:db8::1" };
	struct iftab_addr a = { .permanent = true };
	int bad;

	snprintf(l.name, sizeof(l.name), "%s", name);
	bad = iftab_set_link(t, &l);
	for (size_t i = 0; i < COUNT(addresses); i++) {
		a.net.plen = i ? 64 : 24;
		bad |= !ip_parse(addresses[i], &a.net.addr) ||
		    iftab_set_addr(t, l.ifindex, &a);
	}
	return bad == 0;
}

/* The value of "interface=" in the words; "": there is none. */
static void
asked_interface(char name[IFTAB_NAME_MAX], const char *words)
{
	static const char key[] = " interface=";
	const char *at = strstr(words, key);

	at = at ? at + strlen(key) : "";
	snprintf(name, IFTAB_NAME_MAX, "%.*s", (int)strcspn(at, " "), at);
}

/* --- the relay ----------------------------------------------------------- */

static json_t *
ask(const struct conf *c, struct iftab *t, const char *words)
{
	struct servers *servers = mem_got(calloc(1, sizeof(*servers)));
	struct mono now = mono_us(1);
	struct relay relay[FAMILIES];
	char name[256] = "";
	struct iftab_host host = { .name = c->host_name[0] ? c->host_name : name };
	json_t *doc;

	(void)gethostname(name, sizeof(name) - 1);
	servers->iftab = t;
	servers_configure(servers, NULL, c, now);
	iftab_commit(t, c, &host, true, NULL, NULL);
	for (enum family f = 0; f < FAMILIES; f++)
		relay[f] = (struct relay){ .family = f, .conf = c, .iftab = t,
			.servers = servers, .since = now };
	doc = which(relay, words, now);
	free(servers);
	return doc;
}

json_t *
trial_which(const struct conf *c, const char *words)
{
	static const char note[] = "This host has no interface of this name: the addresses of "
	    "the router are taken to be 192.0.2.1 and 2001:db8::1.";
	struct iftab *t = mem_got(iftab_new());
	char name[IFTAB_NAME_MAX];
	json_t *doc;
	bool made_up;

	asked_interface(name, words);
	read_host(t);
	made_up = *name && !iftab_by_name(t, name) && make_up(t, name);
	doc = ask(c, t, words);
	if (made_up)
		json_object_set_new(json_object_get(doc, "which"), "note", json_string(note));
	iftab_free(t);
	return doc;
}
