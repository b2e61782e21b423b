/* SPDX-License-Identifier: ISC
 *
 * import_dnsmasq - reads the dhcp-relay= lines of dnsmasq 2.90.
 *
 * dnsmasq names the relay's own address, not the interface: the interface is that
 * which has the address on this host, and nobody's guess where none has. The
 * third field is where replies may come in, not where clients are. What else is
 * about DHCP in the file belongs to dnsmasq's own server, which stays where it is.
 */
#include "ctl/import_plan.h"

#include <stdio.h>
#include <string.h>

#include "ctl/import_lex.h"

struct reader {
	struct import_plan *p;
	const struct import_host *host;
	unsigned n_server_lines;	/* of dnsmasq's own DHCP server */
	int line;
};

static const struct import_addr *
find_addr(const struct import_host *host, struct ip4 a)
{
	for (size_t i = 0; i < host->n; i++)
		if (ip4_eq(host->addr[i].addr, a))
			return &host->addr[i];
	return NULL;
}

static bool
set_giaddr(struct reader *r, struct import_if *f, const struct import_addr *at,
    const char *local)
{
	/* Requests of one interface from two addresses are two relays. */
	if (f->n_server && strcmp(f->there, local) != 0) {
		import_lost(r->p, r->line, "local address %s: %s has %s already; "
		    "giaddr = all would send a copy for each", local, f->name,
		    f->there);
		return false;
	}
	snprintf(f->there, sizeof(f->there), "%s", local);
	import_set(f, IMPORT_GIADDR, at->first ? "" : local);
	return true;
}

static struct import_if *
interface_of(struct reader *r, struct ip4 a, const char *local)
{
	const struct import_addr *at = find_addr(r->host, a);
	struct import_if *f;

	if (at && import_is_ifname(at->ifname)) {
		f = import_if(r->p, at->ifname, local, true, r->line);
		return f && set_giaddr(r, f, at, local) ? f : NULL;
	}
	f = import_if(r->p, "", local, false, r->line);
	if (f && f->n_server == 0)
		import_lost(r->p, r->line, "the interface of local address %s: no "
		    "interface of this host has it; its section is commented out",
		    local);
	return f;
}

/* Cuts "A.B.C.D#PORT". */
static void
check_port(struct reader *r, char *server)
{
	char *hash = strchr(server, '#'), shown[IMPORT_SHOW], shown_port[IMPORT_SHOW];

	if (!hash)
		return;
	*hash++ = '\0';
	if (strcmp(hash, "67") != 0)
		import_lost(r->p, r->line, "port %s of server \"%s\": it is asked on "
		    "port 67", import_show(hash, shown_port),
		    import_show(server, shown));
}

static void
relay_line(struct reader *r, char *value)
{
	char *local = value ? import_trim(strsep(&value, ",")) : (char[]){ "" };
	char *server = value ? import_trim(strsep(&value, ",")) : NULL;
	char *replies = value ? import_trim(strsep(&value, ",")) : NULL;
	char shown[IMPORT_SHOW], text[IP4_STRLEN];
	struct import_if *f;
	struct ip4 a;

	if (strchr(local, ':')) {
		import_lost(r->p, r->line, "dhcp-relay=%s: DHCPv6 is not relayed",
		    import_show(local, shown));
		return;
	}
	if (!ip4_parse(local, &a) || !ip4_is_host(a) || !server) {
		import_lost(r->p, r->line, "dhcp-relay=%s: not LOCAL-ADDRESS,SERVER",
		    import_show(local, shown));
		return;
	}
	if (replies)
		import_lost(r->p, r->line, "interface \"%s\" for replies: they are told "
		    "by the addresses of the servers (check-source)",
		    import_show(replies, shown));
	f = interface_of(r, a, ip4_str(a, text));
	if (!f)
		return;
	check_port(r, server);
	import_set(f, IMPORT_TRUST, "on");
	import_server(r->p, f, server, r->line);
}

static bool
starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool
is_one_of(const char *name, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(name, *words) == 0)
			return true;
	return false;
}

static void
read_setting(struct reader *r, const char *name, char *value)
{
	static const char *const elsewhere[] = { "conf-file", "conf-dir", "conf-script",
		"servers-file", NULL };
	static const char *const access[] = { "interface", "except-interface",
		"no-dhcp-interface", "no-dhcpv4-interface", NULL };
	char shown[IMPORT_SHOW];

	if (strcmp(name, "dhcp-relay") == 0)
		relay_line(r, value);
	else if (strcmp(name, "dhcp-proxy") == 0)
		import_lost(r->p, r->line, "dhcp-proxy: server-id-override = on is what "
		    "comes near, if the server knows it");
	else if (strcmp(name, "dhcp-split-relay") == 0)	/* of 2.92 */
		import_lost(r->p, r->line, "%s=%s: giaddr = ADDRESS-TOWARDS-THE-SERVERS and "
		    "link-selection = on come near", name,
		    import_show(value ? value : "", shown));
	else if (is_one_of(name, elsewhere))
		import_lost(r->p, r->line, "%s=%s: not read; import it as well", name,
		    import_show(value ? value : "", shown));
	else if (is_one_of(name, access))
		import_lost(r->p, r->line, "%s=%s: clients are served where there is an "
		    "[interface] section", name, import_show(value ? value : "", shown));
	else if (starts(name, "dhcp-") || starts(name, "pxe-"))
		r->n_server_lines++;
}

/* A # begins a comment where a word could begin; in SERVER#PORT it does not. */
static void
cut_comment(char *line)
{
	bool quoted = false, space = true;

	for (; *line; line++) {
		if (*line == '#' && space && !quoted) {
			*line = '\0';
			return;
		}
		quoted ^= *line == '"';
		space = *line == ' ' || *line == '\t';
	}
}

static void
cut_quotes(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (*s != '"')
			*to++ = *s;
	*to = '\0';
}

static void
read_line(struct reader *r, char *line)
{
	char *name, *value;

	cut_comment(line);
	cut_quotes(line);
	value = line;
	name = import_trim(strsep(&value, "="));
	if (starts(name, "--"))
		name += 2;
	read_setting(r, name, value ? import_trim(value) : NULL);
}

void
import_dnsmasq(struct import_plan *p, const char *text, size_t len,
    const struct import_host *host)
{
	struct reader r = { .p = p, .host = host };
	struct import_lines l;

	import_lines_init(&l, text, len);
	while (import_lines_next(&l)) {
		r.line = l.line;
		read_line(&r, l.text);
	}
	import_lines_fini(&l);
	if (r.n_server_lines)
		import_lost(p, 0, "dnsmasq's own DHCP server (dhcp-* and pxe-*, lines: %u); "
		    "where it runs, it must not hold port 67 of these interfaces",
		    r.n_server_lines);
	if (p->n_server)
		import_remark(p, "trust = on: dnsmasq takes option 82 from everybody; "
		    "take it away where no switch in front of clients adds one");
}
