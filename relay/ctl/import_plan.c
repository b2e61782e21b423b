/* SPDX-License-Identifier: ISC
 *
 * import_plan - splits the text of other relays into lines and words, collects
 * the plan of the new configuration, and writes it. What the words mean is left
 * to the readers.
 *
 * The section of an interface whose name on this host is unknown is commented
 * out, so that only the name has to be filled in. Interfaces with the same
 * servers share their [helper] sections.
 */
#include "ctl/import.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "ctl/mem.h"

/* Escapes the whole note, so that no text can harm a terminal or confuse
 * pxrelayd. */
void
import_note(struct import_plan *p, int line, const char *fmt, ...)
{
	bool lost = line != IMPORT_REMARK;
	char text[300], shown[4 * sizeof(text)];
	struct sbuf b = sbuf_init(shown, sizeof(shown));
	va_list ap;
	int len;

	if (lost && ++p->n_lost > IMPORT_NOTES_MAX)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	sbuf_esc(&b, text, strlen(text));
	fprintf(p->out, "# %s%s", lost ? "not carried over: " : "", shown);
	if (line > 0)
		fprintf(p->out, " (line %d)", line);
	fputc('\n', p->out);
}

bool
import_is_ifname(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len < IMPORT_IFNAME &&
	    name[strspn(name, letters)] == '\0' && strcmp(name, ".") != 0 &&
	    strcmp(name, "..") != 0;
}

bool
import_is_scoped(const char *text)
{
	struct ip6 a;

	return ip6_parse(text, &a) && ip6_is_scoped(a);
}

/* Writes the server as pxrelayd reads it. Returns why it cannot, or NULL. */
static const char *
server_fault(const char *text, const char *zone, char out[IMPORT_SERVER])
{
	bool scoped = zone && import_is_scoped(text);
	struct ipaddr a;

	if (!ip_parse(text, &a) || a.version != (zone ? 6 : 4) ||
	    !(zone ? ip6_is_target(a.v6) : ip4_is_host(a.v4)))
		return zone ? "not an IPv6 address of a server (names are not resolved)" :
		    "not an IPv4 host address (names are not resolved)";
	if (scoped && !import_is_ifname(zone))
		return "the interface that leads there is unknown";
	ip_str(a, out);
	if (scoped)
		snprintf(out + strlen(out), IMPORT_SERVER - strlen(out), "%%%s", zone);
	return NULL;
}

void
import_server(struct import_plan *p, struct import_if *f, const char *text,
    const char *zone, int line)
{
	char server[IMPORT_SERVER];
	const char *fault = server_fault(text, zone, server);
	size_t i = 0;

	if (fault) {
		import_note(p, line, "server %s: %s", text, fault);
		return;
	}
	if (zone && *zone && !import_is_scoped(text))
		import_note(p, line, "interface %s towards server %s: requests follow the "
		    "routing table", zone, text);
	while (i < p->n_server && strcmp(p->server[i], server) != 0)
		i++;
	if (i == IMPORT_SERVERS_MAX) {
		import_note(p, line, "server %s: more than %d servers", text,
		    IMPORT_SERVERS_MAX);
		return;
	}
	if (i == p->n_server)
		strcpy(p->server[p->n_server++], server);
	if (!memchr(f->server, (int)i, f->n_server))
		f->server[f->n_server++] = (uint8_t)i;
}

static bool
is_ipv6(const char *server)
{
	return strchr(server, ':');
}

void
import_remark_trust(struct import_plan *p, const char *program)
{
	bool any[FAMILIES] = { false };

	for (size_t i = 0; i < p->n_server; i++)
		any[is_ipv6(p->server[i]) ? FAMILY6 : FAMILY4] = true;
	if (any[FAMILY4])
		import_note(p, IMPORT_REMARK, "trust = on: %s accepts option "
		    "82 from any client; remove it where no switch adds one", program);
	if (any[FAMILY6])
		import_note(p, IMPORT_REMARK, "trust = on: %s accepts messages of DHCPv6 "
		    "relays from any client; remove it where there is none", program);
}

/* Different interfaces can have the same guessed name, so origins are compared
 * too. */
struct import_if *
import_find(const struct import_plan *p, const struct import_if *like)
{
	for (size_t i = p->n_if; i-- > 0;) {
		struct import_if *f = &p->ifs[i];

		if (f->sure == like->sure && strcmp(f->name, like->name) == 0 &&
		    (f->sure || strcmp(f->origin, like->origin) == 0))
			return f;
	}
	return NULL;
}

void
import_add(struct import_plan *p, const struct import_if *from, int line)
{
	struct import_if *f = import_find(p, from);

	if (!f && p->n_if == IMPORT_IFS_MAX) {
		import_note(p, line, "interface %s: more than %d interfaces",
		    from->origin, IMPORT_IFS_MAX);
		return;
	}
	if (!f) {
		p->ifs = mem_more(p->ifs, p->n_if, sizeof(*p->ifs));
		p->ifs[p->n_if++] = *from;
		return;
	}
	for (size_t i = 0; i < from->n_server; i++)
		if (!memchr(f->server, from->server[i], f->n_server))
			f->server[f->n_server++] = from->server[i];
	for (int k = 0; k < IMPORT_KEYS; k++)
		if (from->value[k][0])
			import_set(f, (enum import_key)k, from->value[k]);
	f->dhcp_only &= from->dhcp_only;
}

void
import_set(struct import_if *f, enum import_key key, const char *value)
{
	assert(strlen(value) < IMPORT_VALUE);
	memcpy(f->value[key], value, strlen(value) + 1);
}

/* Adds the word at t->rest, without its quotes, and returns the character after
 * it. A newline in quotes becomes a blank: scripts that use such values split
 * them there. */
static char
read_word(struct import_text *t)
{
	const struct import_syntax *s = t->syntax;
	char *word = t->rest, *out = word, *in = word, quote = '\0', end;

	for (; *in; in++) {
		if (!quote && (strchr(s->blanks, *in) || strchr(s->ends, *in)))
			break;
		if (*s->quotes && in[0] == '\\' && in[1] == '\n') {
			t->next++;
			in++;
		} else if (quote ? *in == quote : strchr(s->quotes, *in) != NULL) {
			quote = quote ? '\0' : *in;
		} else {
			t->next += *in == '\n';
			*out++ = *in == '\n' ? ' ' : *in;
		}
	}
	if (quote)
		import_note(t->p, t->line, "unclosed quote");
	end = *in;
	t->next += end == '\n';
	t->rest = in + (end != '\0');
	*out = '\0';
	if (*word) {
		t->word = mem_more(t->word, t->n, sizeof(*t->word));
		t->word[t->n++] = word;
	}
	return end;
}

bool
import_next(struct import_text *t)
{
	const struct import_syntax *s = t->syntax;
	const char *begin = t->rest + strspn(t->rest, " \t\r");
	size_t len = strcspn(begin, "\n");
	char c;

	if (!*t->rest) {
		free(t->word);
		return false;
	}
	while (len && strchr(" \t\r", begin[len - 1]))
		len--;
	snprintf(t->shown, sizeof(t->shown), "%.*s", (int)len, begin);
	t->indented = *t->rest == ' ' || *t->rest == '\t';
	t->line = t->next;
	t->n = 0;
	do {
		c = *t->rest;
		if (c && c == s->comment) {
			t->rest += strcspn(t->rest, "\n");
		} else if (strchr(s->ends, c)) {
			t->next += c == '\n';
			t->rest += c != '\0';
		} else if (strchr(s->blanks, c)) {
			t->rest++;
		} else {
			c = read_word(t);
		}
	} while (!strchr(s->ends, c));
	return true;
}

void
import_lose(const struct import_text *t, const char *why)
{
	import_note(t->p, t->line, "%s%s%s", t->shown,
	    why ? ": " : "", why ? why : "");
}

static const char *const key_names[IMPORT_KEYS] = {
	[IMPORT_GIADDR] = "giaddr",
	[IMPORT_OPTION82] = "option82",
	[IMPORT_POLICY] = "option82-policy",
	[IMPORT_TRUST] = "trust",
	[IMPORT_LINK_SELECTION] = "link-selection",
	[IMPORT_LINK_ADDRESS] = "link-address",
	[IMPORT_INTERFACE_ID] = "interface-id",
	[IMPORT_SUBSCRIBER_ID] = "subscriber-id",
};

struct writer {
	struct import_plan *p;
	FILE *out;
	/* the first interface of each group with the same servers */
	const struct import_if *group[IMPORT_HELPERS_MAX];
	int n_group, parts;	/* parts: [helper] sections of a group */
};

/* Puts the i-th item of a list, four on a line; each line begins with mark. */
static void
put_item(FILE *out, const char *mark, size_t i, const char *item)
{
	if (i == 0)
		fprintf(out, " %s", item);
	else if (i % 4)
		fprintf(out, ", %s", item);
	else
		fprintf(out, ",\n%s\t%s", mark, item);
}

/* Does the server belong into a [helper], or else into an [interface]? */
static bool
belongs(const struct import_plan *p, uint8_t server, bool helper)
{
	return is_ipv6(p->server[server]) ? !helper : helper || !p->no_dhcp;
}

static size_t
count_servers(const struct import_plan *p, const struct import_if *f, bool helper)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_server; i++)
		n += belongs(p, f->server[i], helper);
	return n;
}

static void
put_servers(const struct writer *w, const char *mark, bool helper,
    const struct import_if *f)
{
	size_t n = 0;

	fprintf(w->out, "%s%s =", mark, helper ? "to" : "servers");
	for (size_t i = 0; i < f->n_server; i++)
		if (belongs(w->p, f->server[i], helper))
			put_item(w->out, mark, n++, w->p->server[f->server[i]]);
	fputc('\n', w->out);
}

/* Finds or adds the group of an interface; -1: there are too many. */
static int
group_of(struct writer *w, const struct import_if *f)
{
	size_t n = count_servers(w->p, f, true);
	int i = 0;

	for (; i < w->n_group; i++) {
		const struct import_if *g = w->group[i];
		size_t same = 0;

		for (size_t k = 0; k < f->n_server; k++)
			same += belongs(w->p, f->server[k], true) &&
			    memchr(g->server, f->server[k], g->n_server);
		if (same == n && same == count_servers(w->p, g, true))
			return i;
	}
	if (i == IMPORT_HELPERS_MAX / w->parts)
		return -1;
	w->group[w->n_group++] = f;
	return i;
}

/* Interfaces that are commented out get no group: a comment says what they need. */
static void
group_helpers(struct writer *w)
{
	struct import_plan *p = w->p;

	w->parts = (int)(p->n_port + IMPORT_HELPER_PORTS - 1) / IMPORT_HELPER_PORTS;
	for (size_t i = 0; i < p->n_if; i++) {
		struct import_if *f = &p->ifs[i];

		f->helper = -1;
		if (w->parts == 0 || count_servers(p, f, true) == 0 || f->dhcp_only || !f->sure)
			continue;
		f->helper = group_of(w, f);
		if (f->helper < 0)
			import_note(p, 0,
			    "UDP ports of %s: more than %d [helper] sections",
			    f->name, IMPORT_HELPERS_MAX);
	}
}

static void
put_helper(const struct writer *w, int group, int part)
{
	const struct import_plan *p = w->p;
	size_t from = (size_t)part * IMPORT_HELPER_PORTS, n = 0;

	fprintf(w->out, "\n[helper broadcasts-%d]\nport =",
	    group * w->parts + part + 1);
	for (size_t i = from; i < p->n_port && i < from + IMPORT_HELPER_PORTS; i++)
		fprintf(w->out, "%s %u", i > from ? "," : "", p->port[i]);
	fputs("\nfrom =", w->out);
	for (size_t i = 0; i < p->n_if; i++)
		if (p->ifs[i].helper == group)
			put_item(w->out, "", n++, p->ifs[i].name);
	fputc('\n', w->out);
	put_servers(w, "", true, w->group[group]);
	fputs("rate = off\n", w->out);
}

static void
put_interface(const struct writer *w, const struct import_if *f)
{
	const char *mark = f->sure ? "" : "#";

	fputc('\n', w->out);
	if (!f->sure)
		import_note(w->p, IMPORT_REMARK, "was %s: fill in its name on this "
		    "host and remove the #", f->origin);
	fprintf(w->out, "%s[interface %s]\n", mark, f->name[0] ? f->name : "NAME");
	put_servers(w, mark, false, f);
	for (int k = 0; k < IMPORT_KEYS; k++)
		if (f->value[k][0])
			fprintf(w->out, "%s%s = %s\n", mark, key_names[k],
			    f->value[k]);
	if (!f->sure && w->p->n_port && !f->dhcp_only)
		fputs("# and add it to \"from\" in a [helper] with these servers\n",
		    w->out);
}

/* Is any section not commented out, be it an [interface] or a [helper] for one? */
static bool
has_work(const struct import_plan *p)
{
	for (size_t i = 0; i < p->n_if; i++) {
		const struct import_if *f = &p->ifs[i];

		if (f->sure && (count_servers(p, f, false) ||
		    (count_servers(p, f, true) && p->n_port > 0 && !f->dhcp_only)))
			return true;
	}
	return false;
}

bool
import_write(struct import_plan *p)
{
	struct writer w = { .p = p, .out = p->out };
	bool work = has_work(p);

	group_helpers(&w);
	if (p->n_lost > IMPORT_NOTES_MAX)
		fprintf(w.out, "# not carried over: %u more\n",
		    p->n_lost - IMPORT_NOTES_MAX);
	if ((p->max_hops || p->max_hops6) && work)
		fputs("\n[relay]\n", w.out);
	if (p->max_hops && work)
		fprintf(w.out, "max-hops = %u\n", p->max_hops);
	if (p->max_hops6 && work)
		fprintf(w.out, "max-hops6 = %u\n", p->max_hops6);
	for (size_t i = 0; i < p->n_if; i++)
		if (count_servers(p, &p->ifs[i], false))
			put_interface(&w, &p->ifs[i]);
	for (int i = 0; i < w.n_group * w.parts; i++)
		put_helper(&w, i / w.parts, i % w.parts);
	return work;
}
