/* SPDX-License-Identifier: ISC
 *
 * import_dnsmasq - reads the dhcp-relay= lines of dnsmasq 2.90.
 *
 * dnsmasq names the relay's own address, not the interface; the interface is the one
 * that has the address on this host. The third field is where replies may arrive, not
 * where clients are. Other DHCP settings belong to dnsmasq's own server and stay with it.
 */
#include "ctl/import_plan.h"

#include <string.h>

struct reader {
	struct import_plan *p;
	const struct import_host *host;
	unsigned n_server_lines;	/* of dnsmasq's own DHCP server */
	int line;
};

/* Names the interface that has the local address. false: another address has it already, and
 * requests from two addresses of one interface are two relays. */
static bool
name_interface(struct reader *r, struct import_if *f, struct ip4 local)
{
	const struct import_addr *at = NULL;
	const struct import_if *other;

	ip4_str(local, f->origin);
	for (size_t i = 0; i < r->host->n && !at; i++)
		if (ip4_eq(r->host->addr[i].addr, local))
			at = &r->host->addr[i];
	if (at && import_is_ifname(at->ifname)) {
		f->sure = true;
		memcpy(f->name, at->ifname, sizeof(f->name));
		import_set(f, IMPORT_GIADDR, at->first ? "" : f->origin);
	}
	other = import_find(r->p, f);
	if (!f->sure && !other)
		import_note(r->p, r->line, "the interface of local address %s: no interface of "
		    "this host has it, so its section is commented out", f->origin);
	if (!other || strcmp(other->origin, f->origin) == 0)
		return true;
	import_note(r->p, r->line, "local address %s: %s already has %s, and giaddr = all "
	    "would send a copy for each", f->origin, f->name, other->origin);
	return false;
}

/* dhcp-relay=LOCAL,SERVER[#PORT][,INTERFACE] */
static void
read_relay(struct reader *r, char *value)
{
	char *local = import_trim(strsep(&value, ","));
	char *server = value ? import_trim(strsep(&value, ",")) : NULL;
	char *replies = value ? import_trim(strsep(&value, ",")) : NULL;
	char shown[IMPORT_SHOW], shown_server[IMPORT_SHOW], *port;
	struct import_if f = { .sure = false };
	struct ip4 a;

	if (strchr(local, ':')) {
		import_note(r->p, r->line, "dhcp-relay=%s: DHCPv6 is not relayed",
		    import_show(local, shown));
		return;
	}
	if (!ip4_parse(local, &a) || !ip4_is_host(a) || !server) {
		import_note(r->p, r->line, "dhcp-relay=%s: expected LOCAL-ADDRESS,SERVER",
		    import_show(local, shown));
		return;
	}
	if (replies)
		import_note(r->p, r->line, "interface \"%s\" for replies: they are recognised by "
		    "the addresses of the servers (check-source)", import_show(replies, shown));
	if (!name_interface(r, &f, a))
		return;
	port = server;
	strsep(&port, "#");
	if (port && strcmp(port, "67") != 0)
		import_note(r->p, r->line, "port %s of server \"%s\": requests go to port 67",
		    import_show(port, shown), import_show(server, shown_server));
	import_set(&f, IMPORT_TRUST, "on");
	import_server(r->p, &f, server, r->line);
	import_add(r->p, &f, r->line);
}

static const struct {
	const char *name, *why;
} not_read[] = {
	{ "dhcp-proxy", "server-id-override = on is similar, if the server supports it" },
	{ "dhcp-split-relay", "giaddr = ADDRESS-TOWARDS-THE-SERVERS and link-selection = on are "
	    "similar" },	/* of 2.92 */
	{ "conf-file", "not read; import it as well" },
	{ "conf-dir", "not read; import it as well" },
	{ "conf-script", "not read; import it as well" },
	{ "servers-file", "not read; import it as well" },
	{ "interface", "clients are served where there is an [interface] section" },
	{ "except-interface", "clients are served where there is an [interface] section" },
	{ "no-dhcp-interface", "clients are served where there is an [interface] section" },
	{ "no-dhcpv4-interface", "clients are served where there is an [interface] section" },
};

static void
read_setting(struct reader *r, const char *name, char *value)
{
	char shown[IMPORT_SHOW];

	if (strcmp(name, "dhcp-relay") == 0) {
		read_relay(r, value);
		return;
	}
	for (size_t i = 0; i < sizeof(not_read) / sizeof(not_read[0]); i++)
		if (strcmp(name, not_read[i].name) == 0) {
			import_note(r->p, r->line, "%s%s%s: %s", name, *value ? "=" : "",
			    import_show(value, shown), not_read[i].why);
			return;
		}
	if (strncmp(name, "dhcp-", 5) == 0 || strncmp(name, "pxe-", 4) == 0)
		r->n_server_lines++;
}

/* Removes quotes, and a comment: # begins one where a word could begin, but not in
 * SERVER#PORT. */
static void
strip_line(char *line)
{
	bool quoted = false, space = true;
	char *to = line;

	for (; *line && !(*line == '#' && space && !quoted); line++) {
		quoted ^= *line == '"';
		space = *line == ' ' || *line == '\t';
		if (*line != '"')
			*to++ = *line;
	}
	*to = '\0';
}

void
import_dnsmasq(struct import_plan *p, char *text, const struct import_host *host)
{
	struct reader r = { .p = p, .host = host };
	char *value;

	while ((value = strsep(&text, "\n"))) {
		char *name;

		r.line++;
		strip_line(value);
		name = import_trim(strsep(&value, "="));
		if (strncmp(name, "--", 2) == 0)
			name += 2;
		read_setting(&r, name, value ? import_trim(value) : (char[]){ "" });
	}
	if (r.n_server_lines)
		import_note(p, 0, "dnsmasq's own DHCP server (dhcp-* and pxe-*, lines: %u); "
		    "where it runs, it must not hold port 67 of these interfaces",
		    r.n_server_lines);
	if (p->n_server)
		import_note(p, IMPORT_REMARK, "trust = on: dnsmasq accepts option 82 from any client; "
		    "remove it where no switch adds one");
}
