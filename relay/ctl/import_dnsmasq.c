/* SPDX-License-Identifier: ISC
 *
 * import_dnsmasq - reads the dhcp-relay= lines of dnsmasq 2.90, for either family.
 *
 * dnsmasq names the relay's own address instead of the interface, so the
 * interface is the one that has the address on this host. The third field names
 * the interface on which replies may arrive, not the one with clients; for the
 * multicast address of DHCPv6 it is the one towards the servers. Other
 * DHCP settings belong to dnsmasq's own server and are not carried over.
 */
#include "ctl/import.h"

#include <string.h>

/* The interface's local address of a family in the plan, or "". */
static const char *
planned(const struct import_if *f, bool six)
{
	if (six)
		return f->value[IMPORT_LINK_ADDRESS];
	return strchr(f->origin, ':') ? "" : f->origin;
}

/* Names the interface that has the local address. false: the plan already has that
 * interface, with another address. */
static bool
name_interface(const struct import_text *t, const struct import_host *host,
    struct import_if *f, struct ipaddr local)
{
	const struct import_addr *at = NULL;
	bool six = local.version == 6;
	struct import_if *other;

	ip_str(local, f->origin);
	if (six)
		import_set(f, IMPORT_LINK_ADDRESS, f->origin);
	for (size_t i = 0; i < host->n && !at; i++)
		if (ip_eq(host->addr[i].addr, local))
			at = &host->addr[i];
	if (at && import_is_ifname(at->ifname)) {
		f->sure = true;
		memcpy(f->name, at->ifname, sizeof(f->name));
		import_set(f, IMPORT_GIADDR, six || at->first ? "" : f->origin);
	}
	other = import_find(t->p, f);
	if (!f->sure && !other)
		import_note(t->p, t->line, "the interface of local address %s: no "
		    "interface of this host has it, so its section is commented out",
		    f->origin);
	if (!other || !*planned(other, six)) {
		if (other && !six)
			memcpy(other->origin, f->origin, sizeof(f->origin));
		return true;
	}
	if (strcmp(planned(other, six), f->origin) == 0)
		return true;
	import_note(t->p, t->line, "local address %s: %s already has %s%s", f->origin,
	    f->name, planned(other, six), six ? "" : ", and giaddr = all would send a "
	    "copy for each");
	return false;
}

/* dhcp-relay=LOCAL,SERVER[#PORT][,INTERFACE], or LOCAL,INTERFACE in DHCPv6 */
static void
read_relay(const struct import_text *t, const struct import_host *host)
{
	struct import_if f = { .sure = false };
	const char *via, *own, *server = "ff05::1:3";	/* all DHCPv6 servers */
	char *port = NULL;
	struct ipaddr local;
	bool six;

	if (t->n < 3 || !ip_parse(t->word[1], &local) ||
	    !(local.version == 6 ? ip6_is_global(local.v6) : ip4_is_host(local.v4))) {
		import_lose(t, "expected LOCAL-ADDRESS,SERVER");
		return;
	}
	six = local.version == 6;
	via = t->n > 3 ? t->word[3] : "";
	if (six && !strchr(t->word[2], ':')) {
		via = t->word[2];
	} else {
		server = port = t->word[2];
		strsep(&port, "#");
	}
	if (*via && !import_is_scoped(server))
		import_note(t->p, t->line, "interface %s for replies: they may come by "
		    "any that a route to the server leads through, or see uplinks", via);
	if (!name_interface(t, host, &f, local))
		return;
	own = six ? "547" : "67";
	if (port && strcmp(port, own) != 0)
		import_note(t->p, t->line,
		    "port %s of server %s: requests go to port %s", port, server, own);
	import_set(&f, IMPORT_TRUST, "on");
	import_server(t->p, &f, server, !six ? NULL : import_is_scoped(server) ? via : "",
	    t->line);
	if (f.n_server)		/* else another local address may have the interface */
		import_add(t->p, &f, t->line);
}

static const char by_section[] =
    "clients are served where there is an [interface] section";
static const char own_server[] =
    "dnsmasq's own DHCP server must not use port 67 of these interfaces";

/* The first match counts; a name that ends in - is a prefix. */
static const struct {
	const char *name, *why;
} not_read[] = {
	{ "dhcp-proxy", "server-id-override = on is similar, if the server supports it" },
	{ "dhcp-split-relay", "giaddr = ADDRESS-TOWARDS-THE-SERVERS and "
	    "link-selection = on are similar" },	/* of 2.92 */
	{ "conf-", "not read; import it as well" },
	{ "interface", by_section },
	{ "except-interface", by_section },
	{ "no-dhcp-interface", by_section },
	{ "no-dhcpv4-interface", by_section },
	{ "dhcp-", own_server },
	{ "pxe-", own_server },
};

static void
lose_setting(const struct import_text *t, const char *name)
{
	for (size_t i = 0; i < sizeof(not_read) / sizeof(not_read[0]); i++) {
		size_t len = strlen(not_read[i].name);

		if (strncmp(name, not_read[i].name, len) == 0 &&
		    (!name[len] || not_read[i].name[len - 1] == '-')) {
			import_lose(t, not_read[i].why);
			return;
		}
	}
}

void
import_dnsmasq(struct import_plan *p, char *text, const struct import_host *host)
{
	/* A # within a word is part of it: SERVER#PORT. */
	static const struct import_syntax syntax = { " \t\r\"=,", "\n", "", '#' };
	struct import_text t = {
		.p = p, .syntax = &syntax, .rest = text, .next = 1,
	};

	while (import_next(&t)) {
		const char *name = t.n ? t.word[0] : "";

		if (name[0] == '-' && name[1] == '-')
			name += 2;
		if (strcmp(name, "dhcp-relay") == 0)
			read_relay(&t, host);
		else
			lose_setting(&t, name);
	}
	import_remark_trust(p, "dnsmasq");
}
