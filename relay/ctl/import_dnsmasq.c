/* SPDX-License-Identifier: ISC
 *
 * import_dnsmasq - reads the dhcp-relay= lines of dnsmasq 2.90.
 *
 * dnsmasq names the relay's own address instead of the interface, so the
 * interface is the one that has the address on this host. The third field names
 * the interface on which replies may arrive, not the one with clients. Other
 * DHCP settings belong to dnsmasq's own server and are not carried over.
 */
#include "ctl/import_plan.h"

#include <string.h>

/* Names the interface that has the local address. false: the plan already has that
 * interface, with another address. */
static bool
name_interface(const struct import_text *t, const struct import_host *host,
    struct import_if *f, struct ip4 local)
{
	const struct import_addr *at = NULL;
	const struct import_if *other;

	ip4_str(local, f->origin);
	for (size_t i = 0; i < host->n && !at; i++)
		if (ip4_eq(host->addr[i].addr, local))
			at = &host->addr[i];
	if (at && import_is_ifname(at->ifname)) {
		f->sure = true;
		memcpy(f->name, at->ifname, sizeof(f->name));
		import_set(f, IMPORT_GIADDR, at->first ? "" : f->origin);
	}
	other = import_find(t->p, f);
	if (!f->sure && !other)
		import_note(t->p, t->line, "the interface of local address %s: no "
		    "interface of this host has it, so its section is commented out",
		    f->origin);
	if (!other || strcmp(other->origin, f->origin) == 0)
		return true;
	import_note(t->p, t->line, "local address %s: %s already has %s, and "
	    "giaddr = all would send a copy for each", f->origin, f->name,
	    other->origin);
	return false;
}

/* dhcp-relay=LOCAL,SERVER[#PORT][,INTERFACE] */
static void
read_relay(const struct import_text *t, const struct import_host *host)
{
	struct import_if f = { .sure = false };
	struct ip4 local;
	char *port;

	if (t->n > 1 && strchr(t->word[1], ':')) {
		import_lose(t, "DHCPv6 is not relayed");
		return;
	}
	if (t->n < 3 || !ip4_parse(t->word[1], &local) || !ip4_is_host(local)) {
		import_lose(t, "expected LOCAL-ADDRESS,SERVER");
		return;
	}
	if (t->n > 3)
		import_note(t->p, t->line, "interface %s for replies: they are "
		    "recognised by the addresses of the servers (check-source)",
		    t->word[3]);
	if (!name_interface(t, host, &f, local))
		return;
	port = t->word[2];
	strsep(&port, "#");
	if (port && strcmp(port, "67") != 0)
		import_note(t->p, t->line,
		    "port %s of server %s: requests go to port 67", port, t->word[2]);
	import_set(&f, IMPORT_TRUST, "on");
	import_server(t->p, &f, t->word[2], t->line);
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
	if (p->n_server)
		import_note(p, IMPORT_REMARK, "trust = on: dnsmasq accepts option "
		    "82 from any client; remove it where no switch adds one");
}
