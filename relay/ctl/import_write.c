/* SPDX-License-Identifier: ISC
 *
 * import_write - a plan as a pxrelay.conf.
 *
 * What was lost stands in front, one comment each. A setting that all interfaces
 * have goes into [relay]. An interface whose name here nobody can know is written
 * all the same, commented out, so that only the name has to be filled in.
 *
 * Interfaces that have the same servers share their [helper] sections.
 */
#include "ctl/import_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS	76

static const char *const key_names[IMPORT_KEYS] = {
	[IMPORT_GIADDR] = "giaddr",
	[IMPORT_OPTION82] = "option82",
	[IMPORT_POLICY] = "option82-policy",
	[IMPORT_TRUST] = "trust",
	[IMPORT_SUBSCRIBER] = "subscriber-id",
	[IMPORT_LINK_SELECTION] = "link-selection",
	[IMPORT_OVERRIDE] = "server-id-override",
};

/* --- lists ------------------------------------------------------------------ */

/* "key = a, b,": a new line when it is full; mark is in front of each line. */
struct list {
	FILE *out;
	const char *mark;
	size_t column;
	unsigned n;
};

static struct list
list_begin(FILE *out, const char *mark, const char *key)
{
	return (struct list){ out, mark,
		(size_t)fprintf(out, "%s%s =", mark, key), 0 };
}

static void
list_add(struct list *l, const char *item)
{
	if (l->n && l->column + strlen(item) + 2 > COLUMNS) {
		fprintf(l->out, "\n%s\t", l->mark);
		l->column = 8;
		l->column += (size_t)fprintf(l->out, "%s", item);
	} else {
		l->column += (size_t)fprintf(l->out, "%s %s", l->n ? "," : "", item);
	}
	l->n++;
}

static void
put_servers(FILE *out, const char *mark, const char *key, const struct import_if *f)
{
	struct list l = list_begin(out, mark, key);
	char text[IP4_STRLEN];

	for (size_t i = 0; i < f->n_server; i++)
		list_add(&l, ip4_str(f->server[i], text));
	fputc('\n', out);
}

/* --- [helper] --------------------------------------------------------------- */

static bool
has_server(const struct import_if *f, struct ip4 a)
{
	for (size_t i = 0; i < f->n_server; i++)
		if (ip4_eq(f->server[i], a))
			return true;
	return false;
}

static bool
same_servers(const struct import_if *a, const struct import_if *b)
{
	if (a->n_server != b->n_server)
		return false;
	for (size_t i = 0; i < a->n_server; i++)
		if (!has_server(b, a->server[i]))
			return false;
	return true;
}

struct groups {
	const struct import_if *first[IMPORT_HELPERS_MAX];
	int n, max;
};

/* An interface whose name is not known is commented out, and its helper is said
 * there; but where DHCP is not relayed it has no section. */
static bool
may_help(struct import_plan *p, const struct import_if *f)
{
	if (f->n_server == 0 || f->dhcp_only)
		return false;
	if (!f->sure && p->no_dhcp)
		import_lost(p, 0, "UDP ports of \"%s\": what is its name here?",
		    f->there);
	return f->sure;
}

static int
group_of(struct groups *g, const struct import_if *f)
{
	for (int i = 0; i < g->n; i++)
		if (same_servers(g->first[i], f))
			return i;
	if (g->n == g->max)
		return -1;
	g->first[g->n] = f;
	return g->n++;
}

static int
sections_of(const struct import_plan *p)
{
	return (int)((p->n_port + IMPORT_HELPER_PORTS - 1) / IMPORT_HELPER_PORTS);
}

static void
group_helpers(struct import_plan *p, struct groups *g)
{
	*g = (struct groups){ .max = IMPORT_HELPERS_MAX };
	if (p->n_port == 0)
		return;
	g->max = IMPORT_HELPERS_MAX / sections_of(p);
	for (size_t i = 0; i < p->n_if; i++) {
		struct import_if *f = &p->ifs[i];

		if (!may_help(p, f))
			continue;
		f->helper = group_of(g, f);
		if (f->helper < 0)
			import_lost(p, 0, "UDP ports of %s: more than %d [helper] "
			    "sections are too many", f->name, IMPORT_HELPERS_MAX);
	}
}

static void
put_helper(FILE *out, const struct import_plan *p, const struct groups *g,
    int group, int part)
{
	struct list l;
	char text[8];
	size_t from = (size_t)part * IMPORT_HELPER_PORTS;

	fprintf(out, "\n[helper broadcasts-%d]\n",
	    group * sections_of(p) + part + 1);
	l = list_begin(out, "", "port");
	for (size_t i = from; i < p->n_port && i < from + IMPORT_HELPER_PORTS; i++) {
		snprintf(text, sizeof(text), "%u", p->port[i]);
		list_add(&l, text);
	}
	fputc('\n', out);
	l = list_begin(out, "", "from");
	for (size_t i = 0; i < p->n_if; i++)
		if (p->ifs[i].helper == group)
			list_add(&l, p->ifs[i].name);
	fputc('\n', out);
	put_servers(out, "", "to", g->first[group]);
	fputs("rate = off\n", out);
}

/* --- [relay] and [interface] ------------------------------------------------- */

/* The value that all interfaces have, if it is not the default. */
static const char *
common(const struct import_plan *p, enum import_key key)
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
put_relay(FILE *out, const struct import_plan *p, const char *const *all)
{
	bool any = p->max_hops > 0;

	for (int k = 0; k < IMPORT_KEYS; k++)
		any |= all[k] != NULL;
	if (!any)
		return;
	fputs("\n[relay]\n", out);
	if (p->max_hops)
		fprintf(out, "max-hops = %u\n", p->max_hops);
	for (int k = 0; k < IMPORT_KEYS; k++)
		if (all[k])
			fprintf(out, "%s = %s\n", key_names[k], all[k]);
}

static void
put_interface(FILE *out, const struct import_plan *p, const struct import_if *f,
    const char *const *all)
{
	const char *mark = f->sure ? "" : "#";

	fputc('\n', out);
	if (!f->sure)
		fprintf(out, "# \"%s\" there. Write its name here, and take away the #:\n",
		    f->there);
	fprintf(out, "%s[interface %s]\n", mark, f->name[0] ? f->name : "NAME");
	put_servers(out, mark, "servers", f);
	for (int k = 0; k < IMPORT_KEYS; k++)
		if (f->value[k][0] && !all[k])
			fprintf(out, "%s%s = %s\n", mark, key_names[k], f->value[k]);
	if (!f->sure && p->n_port && !f->dhcp_only)
		fputs("# and to from in a [helper] with these servers\n", out);
}

static void
put_notes(FILE *out, const struct import_plan *p)
{
	for (size_t i = 0; i < p->n_note; i++) {
		const struct import_note *n = &p->note[i];

		fprintf(out, "# %s%s", n->lost ? "not carried over: " : "", n->text);
		if (n->line > 0)
			fprintf(out, " (line %d)", n->line);
		fputc('\n', out);
	}
	if (p->unsaid)
		fprintf(out, "# not carried over: %u more\n", p->unsaid);
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

static void
put_all(FILE *out, const struct import_plan *p, const struct groups *g)
{
	const char *all[IMPORT_KEYS];

	for (int k = 0; k < IMPORT_KEYS; k++)
		all[k] = common(p, (enum import_key)k);
	if (!p->no_dhcp && has_work(p))
		put_relay(out, p, all);
	for (size_t i = 0; i < p->n_if && !p->no_dhcp; i++)
		if (p->ifs[i].n_server)
			put_interface(out, p, &p->ifs[i], all);
	for (int i = 0; i < g->n; i++)
		for (int part = 0; part < sections_of(p); part++)
			put_helper(out, p, g, i, part);
}

bool
import_write(struct import_plan *p, const char *title, char **text, size_t *len)
{
	FILE *out = open_memstream(text, len);
	struct groups g;

	if (!out) {
		perror("pxrelayctl: out of memory");
		exit(EXIT_FAILURE);
	}
	group_helpers(p, &g);
	fprintf(out, "# %s\n", title);
	put_notes(out, p);
	put_all(out, p, &g);
	if (ferror(out) | fclose(out)) {
		perror("pxrelayctl: out of memory");
		exit(EXIT_FAILURE);
	}
	return has_work(p);
}
