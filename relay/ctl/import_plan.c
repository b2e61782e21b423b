/* SPDX-License-Identifier: ISC
 *
 * import_plan - see include/ctl/import_plan.h.
 *
 * Text from the file is escaped before it gets here, so the comments of the new file
 * cannot upset a terminal or pxrelayd.
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
