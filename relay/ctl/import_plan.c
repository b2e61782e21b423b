/* SPDX-License-Identifier: ISC
 *
 * import_plan - see include/ctl/import_plan.h.
 *
 * Text from the file is escaped before it gets here, so the comments of the new file
 * cannot upset a terminal or pxrelayd.
 *
 * In the new file, notes come first, as comments. A setting shared by all interfaces goes to
 * [relay]. The section of an interface whose name on this host is unknown is commented out, so that
 * only the name has to be filled in. Interfaces with the same servers share their [helper]
 * sections.
 */
#include "ctl/import_plan.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "ctl/mem.h"

void
import_plan_init(struct import_plan *p)
{
	*p = (struct import_plan){ .n_if = 0 };
	p->notes = mem_got(open_memstream(&p->note_text, &p->note_len));
}

void
import_plan_fini(struct import_plan *p)
{
	fclose(p->notes);
	free(p->note_text);
	free(p->ifs);
}

/* --- notes --- */

void
import_note(struct import_plan *p, int line, const char *fmt, ...)
{
	bool lost = line != IMPORT_REMARK;
	va_list ap;

	p->n_lost += lost;
	if (p->n_note == IMPORT_NOTES_MAX) {
		p->unsaid += lost;
		return;
	}
	p->n_note++;
	fputs(lost ? "# not carried over: " : "# ", p->notes);
	va_start(ap, fmt);
	vfprintf(p->notes, fmt, ap);
	va_end(ap);
	if (line > 0)
		fprintf(p->notes, " (line %d)", line);
	fputc('\n', p->notes);
}

char *
import_show(const char *text, char buf[IMPORT_SHOW])
{
	struct sbuf b = sbuf_init(buf, IMPORT_SHOW);

	sbuf_esc(&b, text, strlen(text));
	if (b.cut)
		memcpy(buf + b.len - 3, "...", 4);
	return buf;
}

/* --- interfaces and servers --- */

bool
import_is_ifname(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len < IMPORT_IFNAME && name[strspn(name, letters)] == '\0' &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

void
import_server(struct import_plan *p, struct import_if *f, const char *text, int line)
{
	char shown[IMPORT_SHOW];
	struct ip4 a;
	size_t i = 0;

	if (!ip4_parse(text, &a) || !ip4_is_host(a)) {
		import_note(p, line, "server \"%s\": not an IPv4 host address (names are not "
		    "resolved)", import_show(text, shown));
		return;
	}
	while (i < p->n_server && !ip4_eq(p->server[i], a))
		i++;
	if (i == IMPORT_SERVERS_MAX) {
		import_note(p, line, "server %s: more than %d servers", text,
		    IMPORT_SERVERS_MAX);
		return;
	}
	if (i == p->n_server)
		p->server[p->n_server++] = a;
	if (!memchr(f->server, (int)i, f->n_server))
		f->server[f->n_server++] = (uint8_t)i;
}

/* Names that are guesses may be the same for different interfaces. */
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

struct import_if *
import_add(struct import_plan *p, const struct import_if *from, int line)
{
	struct import_if *f = import_find(p, from);

	if (!f && p->n_if == IMPORT_IFS_MAX) {
		import_note(p, line, "interface \"%s\": more than %d interfaces",
		    from->origin, IMPORT_IFS_MAX);
		return NULL;
	}
	if (!f) {
		p->ifs = mem_more(p->ifs, p->n_if, sizeof(*p->ifs));
		p->ifs[p->n_if] = *from;
		return &p->ifs[p->n_if++];
	}
	for (size_t i = 0; i < from->n_server; i++)
		if (!memchr(f->server, from->server[i], f->n_server))
			f->server[f->n_server++] = from->server[i];
	for (int k = 0; k < IMPORT_KEYS; k++)
		if (from->value[k][0])
			import_set(f, (enum import_key)k, from->value[k]);
	f->dhcp_only &= from->dhcp_only;
	return f;
}

void
import_set(struct import_if *f, enum import_key key, const char *value)
{
	assert(strlen(value) < IMPORT_VALUE);
	memcpy(f->value[key], value, strlen(value) + 1);
}

void
import_port(struct import_plan *p, uint16_t port, int line)
{
	for (size_t i = 0; i < p->n_port; i++)
		if (p->port[i] == port)
			return;
	if (p->n_port == IMPORT_PORTS_MAX)
		import_note(p, line, "UDP port %u: more than %d ports", port,
		    IMPORT_PORTS_MAX);
	else
		p->port[p->n_port++] = port;
}

/* --- text --- */

char *
import_copy(const char *text, size_t len, char nul)
{
	char *copy = mem_got(malloc(len + 1)), *to = copy;
	size_t i = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	for (; i < len; i++)
		if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
			*to++ = text[i] ? text[i] : nul;
	*to = '\0';
	return copy;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

char *
import_word(char **rest)
{
	char *p = *rest, *word;

	while (is_blank(*p))
		p++;
	word = p;
	while (*p && !is_blank(*p))
		p++;
	if (*p)
		*p++ = '\0';
	*rest = p;
	return *word ? word : NULL;
}

char *
import_trim(char *text)
{
	size_t len;

	while (is_blank(*text))
		text++;
	len = strlen(text);
	while (len && is_blank(text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/* --- the new file ----------------------------------------------------------- */

static const char *const key_names[IMPORT_KEYS] = {
	[IMPORT_GIADDR] = "giaddr",
	[IMPORT_OPTION82] = "option82",
	[IMPORT_POLICY] = "option82-policy",
	[IMPORT_TRUST] = "trust",
	[IMPORT_LINK_SELECTION] = "link-selection",
};

struct writer {
	struct import_plan *p;
	FILE *out;
	const char *common[IMPORT_KEYS];	/* set for [relay], or NULL */
	const struct import_if *group[IMPORT_HELPERS_MAX];	/* of the same servers: its first */
	int n_group, parts;	/* parts: [helper] sections of a group */
};

/* The i-th item of "key = a, b,", four on a line, each of which begins with mark. */
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

static void
put_servers(const struct writer *w, const char *mark, const char *key,
    const struct import_if *f)
{
	char text[IP4_STRLEN];

	fprintf(w->out, "%s%s =", mark, key);
	for (size_t i = 0; i < f->n_server; i++)
		put_item(w->out, mark, i, ip4_str(w->p->server[f->server[i]], text));
	fputc('\n', w->out);
}

/* --- [helper] --------------------------------------------------------------- */

static int
group_of(struct writer *w, const struct import_if *f)
{
	int i = 0;

	for (; i < w->n_group; i++) {
		const struct import_if *g = w->group[i];
		size_t same = 0;

		while (same < f->n_server && memchr(g->server, f->server[same], g->n_server))
			same++;
		if (same == f->n_server && same == g->n_server)
			return i;
	}
	if (i == IMPORT_HELPERS_MAX / w->parts)
		return -1;
	w->group[w->n_group++] = f;
	return i;
}

/* A commented-out section says by itself which helper it needs; without DHCP there is no
 * such section. */
static void
group_helpers(struct writer *w)
{
	struct import_plan *p = w->p;

	w->parts = (int)((p->n_port + IMPORT_HELPER_PORTS - 1) / IMPORT_HELPER_PORTS);
	for (size_t i = 0; i < p->n_if; i++) {
		struct import_if *f = &p->ifs[i];

		f->helper = -1;
		if (w->parts == 0 || f->n_server == 0 || f->dhcp_only)
			continue;
		if (f->sure)
			f->helper = group_of(w, f);
		else if (p->no_dhcp)
			import_note(p, 0, "UDP ports of \"%s\": its name on this host is "
			    "unknown", f->origin);
		if (f->sure && f->helper < 0)
			import_note(p, 0, "UDP ports of %s: more than %d [helper] sections",
			    f->name, IMPORT_HELPERS_MAX);
	}
}

static void
put_helper(const struct writer *w, int group, int part)
{
	const struct import_plan *p = w->p;
	size_t from = (size_t)part * IMPORT_HELPER_PORTS, n = 0;

	fprintf(w->out, "\n[helper broadcasts-%d]\nport =", group * w->parts + part + 1);
	for (size_t i = from; i < p->n_port && i < from + IMPORT_HELPER_PORTS; i++)
		fprintf(w->out, "%s %u", i > from ? "," : "", p->port[i]);
	fputs("\nfrom =", w->out);
	for (size_t i = 0; i < p->n_if; i++)
		if (p->ifs[i].helper == group)
			put_item(w->out, "", n++, p->ifs[i].name);
	fputc('\n', w->out);
	put_servers(w, "", "to", w->group[group]);
	fputs("rate = off\n", w->out);
}

/* --- [relay] and [interface] ------------------------------------------------- */

/* The value that all of at least two interfaces have, NULL if that is the default. */
static const char *
common_value(const struct import_plan *p, int key)
{
	const struct import_if *first = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < p->n_if; i++) {
		const struct import_if *f = &p->ifs[i];

		if (f->n_server == 0)
			continue;
		if (first && strcmp(first->value[key], f->value[key]) != 0)
			return NULL;
		first = f;
		n++;
	}
	return n > 1 && first->value[key][0] ? first->value[key] : NULL;
}

static void
put_relay(struct writer *w)
{
	bool any = w->p->max_hops > 0;

	for (int k = 0; k < IMPORT_KEYS; k++) {
		w->common[k] = common_value(w->p, k);
		any |= w->common[k] != NULL;
	}
	if (any)
		fputs("\n[relay]\n", w->out);
	if (w->p->max_hops)
		fprintf(w->out, "max-hops = %u\n", w->p->max_hops);
	for (int k = 0; k < IMPORT_KEYS; k++)
		if (w->common[k])
			fprintf(w->out, "%s = %s\n", key_names[k], w->common[k]);
}

static void
put_interface(const struct writer *w, const struct import_if *f)
{
	const char *mark = f->sure ? "" : "#";

	fputc('\n', w->out);
	if (!f->sure)
		fprintf(w->out, "# was \"%s\": fill in its name on this host and remove the #\n",
		    f->origin);
	fprintf(w->out, "%s[interface %s]\n", mark, f->name[0] ? f->name : "NAME");
	put_servers(w, mark, "servers", f);
	for (int k = 0; k < IMPORT_KEYS; k++)
		if (f->value[k][0] && !w->common[k])
			fprintf(w->out, "%s%s = %s\n", mark, key_names[k], f->value[k]);
	if (!f->sure && w->p->n_port && !f->dhcp_only)
		fputs("# and add it to \"from\" in a [helper] with these servers\n", w->out);
}

/* Is there a section that is not commented out: an [interface], or a [helper] for one? */
static bool
has_work(const struct import_plan *p)
{
	for (size_t i = 0; i < p->n_if; i++) {
		const struct import_if *f = &p->ifs[i];

		if (f->sure && f->n_server &&
		    (!p->no_dhcp || (p->n_port > 0 && !f->dhcp_only)))
			return true;
	}
	return false;
}

bool
import_write(struct import_plan *p, const char *title, char **text, size_t *len)
{
	struct writer w = { .p = p, .out = mem_got(open_memstream(text, len)) };
	bool work = has_work(p);

	group_helpers(&w);
	fprintf(w.out, "# %s\n", title);
	fflush(p->notes);
	fputs(p->note_text, w.out);
	if (p->unsaid)
		fprintf(w.out, "# not carried over: %u more\n", p->unsaid);
	if (!p->no_dhcp && work)
		put_relay(&w);
	for (size_t i = 0; i < p->n_if && !p->no_dhcp; i++)
		if (p->ifs[i].n_server)
			put_interface(&w, &p->ifs[i]);
	for (int i = 0; i < w.n_group * w.parts; i++)
		put_helper(&w, i / w.parts, i % w.parts);
	if (ferror(w.out) | fclose(w.out))
		mem_got(NULL);
	return work;
}
