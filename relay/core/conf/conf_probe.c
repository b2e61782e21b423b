/* SPDX-License-Identifier: ISC
 *
 * conf_probe - the type of [server] probe: a list of what a server is asked. How a probe is
 * sent and judged is in core/server/probe, what follows from it in core/server/health.
 */
#include "core/conf/conf_private.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	bool arg;		/* needs something after a colon */
} kinds[] = {
	[CONF_PROBE_PXE]	= { "pxe", false },
	[CONF_PROBE_PXE4011]	= { "pxe-4011", false },
	[CONF_PROBE_DHCP]	= { "dhcp", false },
	[CONF_PROBE_TFTP]	= { "tftp", true },
	[CONF_PROBE_ARP]	= { "arp", false },
	[CONF_PROBE_ICMP]	= { "icmp", false },
	[CONF_PROBE_TCP]	= { "tcp", true },
	[CONF_PROBE_HTTP]	= { "http", true },
};

bool
conf_probe_eq(const struct conf_probe *a, const struct conf_probe *b)
{
	return a->kind == b->kind && a->port == b->port && strcmp(a->arg, b->arg) == 0;
}

char *
conf_probe_text(const struct conf_probe *p, char buf[CONF_PROBE_STRLEN])
{
	struct sbuf s = sbuf_init(buf, CONF_PROBE_STRLEN);

	sbuf_puts(&s, kinds[p->kind].word);
	if (kinds[p->kind].arg)
		sbuf_puts(&s, ":");
	if (p->kind == CONF_PROBE_TCP || (p->kind == CONF_PROBE_HTTP && p->port != 80))
		sbuf_printf(&s, "%u", p->port);
	sbuf_puts(&s, p->arg);
	return buf;
}

/* Digits of a port; the rest of the text, or NULL. */
static const char *
port_of(const char *s, uint16_t *port)
{
	const char *end;
	uint32_t v;

	if (!conf_digits(s, UINT16_MAX, &v, &end) || v == 0)
		return NULL;
	*port = (uint16_t)v;
	return end;
}

/* [PORT]/PATH: the path begins with its '/', so digits in front of it are a port. */
static bool
read_http(const struct conf_at *a, const char *arg, struct conf_probe *p)
{
	static const char example[] = "expected http:/boot.ipxe or http:8080/boot.ipxe";

	p->port = 80;
	if (*arg != '/')
		arg = port_of(arg, &p->port);
	if (!arg || *arg != '/')
		return conf_bad(a, "%s", example);
	if (arg[1] == '/')
		return conf_bad(a, "the host is the server's address; %s", example);
	/* It goes into a request line, where a space would end it. */
	for (const char *c = arg; *c; c++)
		if (*c <= ' ' || *c > '~')
			return conf_bad(a, "a byte that no path has; expected %%20 or another "
			    "code");
	if (strlen(arg) >= sizeof(p->arg))
		return conf_bad(a, "expected a path of at most %zu bytes", sizeof(p->arg) - 1);
	strcpy(p->arg, arg);
	return true;
}

static bool
read_probe(const struct conf_at *a, struct conf_probe *p)
{
	size_t len = strcspn(a->value, ":");
	const char *arg = a->value + len, *rest;
	char word[24], hint[CONF_HINT_MAX];
	struct conf_near near;
	int kind = 0;

	snprintf(word, sizeof(word), "%.*s", (int)len, a->value);
	near = conf_near(word);
	for (; kind < CONF_PROBE_MAX && strcmp(kinds[kind].word, word) != 0; kind++)
		conf_near_add(&near, kinds[kind].word);
	if (kind == CONF_PROBE_MAX)
		return conf_bad(a, "expected pxe, pxe-4011, dhcp, tftp:FILE, arp, icmp, tcp:PORT, "
		    "http:PATH, http:PORT/PATH or none%s", conf_near_text(&near, hint));
	if (!kinds[kind].arg && *arg)
		return conf_bad(a, "expected %s alone", word);
	if (kinds[kind].arg && strlen(arg) < 2)
		return conf_bad(a, "expected something after the colon, like tftp:FILE, tcp:PORT "
		    "or http:PATH");
	*p = (struct conf_probe){ .kind = (enum conf_probe_kind)kind };
	switch (p->kind) {
	case CONF_PROBE_TCP:
		rest = port_of(arg + 1, &p->port);
		return (rest && !*rest) || conf_bad(a, "expected a port from 1 to 65535, like "
		    "tcp:80");
	case CONF_PROBE_HTTP:
		return read_http(a, arg + 1, p);
	case CONF_PROBE_TFTP:
		if (strlen(arg + 1) >= sizeof(p->arg))
			return conf_bad(a, "expected a file name of at most %zu bytes",
			    sizeof(p->arg) - 1);
		strcpy(p->arg, arg + 1);
		return true;
	case CONF_PROBE_PXE:
	case CONF_PROBE_PXE4011:
	case CONF_PROBE_DHCP:
	case CONF_PROBE_ARP:
	case CONF_PROBE_ICMP:
	case CONF_PROBE_MAX:
		break;
	}
	return true;
}

static bool
item_probe(const struct conf_at *a, void *object)
{
	struct conf_server *s = object;
	struct conf_probe p;

	if (strcmp(a->value, "none") == 0)
		return conf_bad(a, "expected either none or other probes, not both");
	if (!read_probe(a, &p))
		return false;
	for (uint16_t i = 0; i < s->n_probe; i++)
		if (conf_probe_eq(&s->probe[i], &p))
			return conf_bad(a, "given twice");
	if (s->n_probe == CONF_PROBES_MAX)
		return conf_bad(a, "one too many; expected at most %d probes", CONF_PROBES_MAX);
	s->probe[s->n_probe++] = p;
	return true;
}

static bool
read_probes(const struct conf_at *a, void *object)
{
	return strcmp(a->value, "none") == 0 || conf_read_list(a, object);
}

static const char *
text_probe(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	return conf_probe_text((const struct conf_probe *)array + i, buf);
}

const struct conf_type conf_probes = { .read = read_probes, .print = conf_print_list,
	.list = true, .item = item_probe, .text = text_probe };
