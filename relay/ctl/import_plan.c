/* SPDX-License-Identifier: ISC
 *
 * import_plan - what was understood of another relay's configuration.
 *
 * All text that came from the file is made printable before it gets here, so that
 * the comments of the new file hold nothing that a terminal or pxrelayd minds.
 */
#include "ctl/import_plan.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"

void
import_plan_init(struct import_plan *p)
{
	*p = (struct import_plan){ 0 };
}

void
import_plan_fini(struct import_plan *p)
{
	for (size_t i = 0; i < p->n_if; i++)
		free(p->ifs[i].server);
	for (size_t i = 0; i < p->n_note; i++)
		free(p->note[i].text);
	free(p->ifs);
	free(p->note);
	import_plan_init(p);
}

void *
import_grown(void *array, size_t n, size_t size)
{
	array = reallocarray(array, n, size);
	if (!array) {
		fputs("pxrelayctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return array;
}

/* --- notes --- */

static void
note(struct import_plan *p, int line, bool lost, const char *fmt, va_list ap)
{
	char buf[400], *text;
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	if (p->n_note == IMPORT_NOTES_MAX) {
		p->unsaid += lost;
		return;
	}
	if (p->n_note == p->max_note) {
		p->max_note = p->max_note ? p->max_note * 2 : 16;
		p->note = import_grown(p->note, p->max_note, sizeof(*p->note));
	}
	sbuf_vprintf(&b, fmt, ap);
	text = import_grown(NULL, b.len + 1, 1);
	memcpy(text, buf, b.len + 1);
	p->note[p->n_note++] = (struct import_note){ text, line, lost };
}

void
import_lost(struct import_plan *p, int line, const char *fmt, ...)
{
	va_list ap;

	p->n_lost++;
	va_start(ap, fmt);
	note(p, line, true, fmt, ap);
	va_end(ap);
}

void
import_remark(struct import_plan *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(p, 0, false, fmt, ap);
	va_end(ap);
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

static bool
is_it(const struct import_if *f, const char *name, const char *there, bool sure)
{
	if (f->sure != sure || strcmp(f->name, name) != 0)
		return false;
	/* Names that are guesses may be the same for different interfaces. */
	return sure || strcmp(f->there, there) == 0;
}

struct import_if *
import_if(struct import_plan *p, const char *name, const char *there, bool sure,
    int line)
{
	struct import_if *f;

	for (size_t i = p->n_if; i-- > 0;)
		if (is_it(&p->ifs[i], name, there, sure))
			return &p->ifs[i];
	if (p->n_if == IMPORT_IFS_MAX) {
		import_lost(p, line, "interface \"%s\": more than %d are too many",
		    there, IMPORT_IFS_MAX);
		return NULL;
	}
	if (p->n_if == p->max_if) {
		p->max_if = p->max_if ? p->max_if * 2 : 16;
		p->ifs = import_grown(p->ifs, p->max_if, sizeof(*p->ifs));
	}
	f = &p->ifs[p->n_if++];
	*f = (struct import_if){ .sure = sure, .helper = -1 };
	snprintf(f->name, sizeof(f->name), "%s", name);
	snprintf(f->there, sizeof(f->there), "%s", there);
	return f;
}

/* Among all servers of the plan, where there is room for it. */
static bool
known(struct import_plan *p, struct ip4 a)
{
	for (size_t i = 0; i < p->n_server; i++)
		if (ip4_eq(p->server[i], a))
			return true;
	if (p->n_server == IMPORT_SERVERS_MAX)
		return false;
	p->server[p->n_server++] = a;
	return true;
}

void
import_server(struct import_plan *p, struct import_if *f, const char *text, int line)
{
	char shown[IMPORT_SHOW];
	struct ip4 a;

	if (!ip4_parse(text, &a) || !ip4_is_host(a)) {
		import_lost(p, line, "server \"%s\": not the IPv4 address of a host, and "
		    "names are not looked up", import_show(text, shown));
		return;
	}
	for (size_t i = 0; i < f->n_server; i++)
		if (ip4_eq(f->server[i], a))
			return;
	if (!known(p, a)) {
		import_lost(p, line, "server %s: more than %d are too many", text,
		    IMPORT_SERVERS_MAX);
		return;
	}
	f->server = import_grown(f->server, f->n_server + 1, sizeof(a));
	f->server[f->n_server++] = a;
}

void
import_server_gone(struct import_if *f, struct ip4 a)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_server; i++)
		if (!ip4_eq(f->server[i], a))
			f->server[n++] = f->server[i];
	f->n_server = n;
}

void
import_set(struct import_if *f, enum import_key key, const char *value)
{
	assert(strlen(value) < IMPORT_VALUE);
	snprintf(f->value[key], IMPORT_VALUE, "%s", value);
}

void
import_port(struct import_plan *p, uint16_t port, int line)
{
	for (size_t i = 0; i < p->n_port; i++)
		if (p->port[i] == port)
			return;
	if (p->n_port == IMPORT_PORTS_MAX)
		import_lost(p, line, "UDP port %u: more than %d are too many", port,
		    IMPORT_PORTS_MAX);
	else
		p->port[p->n_port++] = port;
}
