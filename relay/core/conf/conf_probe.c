/* SPDX-License-Identifier: ISC
 *
 * conf_probe - the keys of [server] about its health: what it is asked, how often,
 * and how many answers count. How a probe is made and judged is core/probe's
 * business, what follows from it core/health's.
 */
#include "core/conf/conf_private.h"

#include <stdio.h>
#include <string.h>

#define INTERVAL_MIN	1000		/* more often is a load, and no news */
#define INTERVAL_MAX	3600000
#define INTERVAL	2000		/* with fall = 3 a dead server is known in 6 s */
#define TIMEOUT_MIN	50
#define TIMEOUT		1000

static const struct {
	const char *word;
	bool arg;		/* needs something behind a colon */
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

void
conf_health_defaults(struct conf_server *s)
{
	s->weight = 1;
	s->probe_interval_ms = INTERVAL;
	s->probe_timeout_ms = TIMEOUT;
	s->rise = 2;
	s->fall = 3;
}

/* --- one probe --- */

/* The kind that the item begins with; *arg is what follows the word, its colon too. */
static int
kind_of(const char *item, const char **arg)
{
	size_t len = strcspn(item, ":");

	*arg = item + len;
	for (int i = 0; i < CONF_PROBE_MAX; i++)
		if (strlen(kinds[i].word) == len && strncmp(kinds[i].word, item, len) == 0)
			return i;
	return -1;
}

static void
bad_kind(const struct conf_list *l)
{
	char word[24], hint[64];
	struct conf_near near;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(l->item, ":"), l->item);
	near = conf_near(word);
	for (int i = 0; i < CONF_PROBE_MAX; i++)
		conf_near_add(&near, kinds[i].word);
	conf_bad_item(l->a, l->line, l->item, "is no probe; pxe, pxe-4011, dhcp, tftp:FILE, "
	    "arp, icmp, tcp:PORT, http:PATH, http:PORT/PATH or none would be right%s",
	    conf_near_text(&near, hint, sizeof(hint)));
}

/* Decimal digits, 1 to 65535; the rest of the text, or NULL. */
static const char *
port_of(const char *s, uint16_t *port)
{
	uint32_t v = 0;
	size_t n = strspn(s, "0123456789");

	for (size_t i = 0; i < n && v <= UINT16_MAX; i++)
		v = v * 10 + (uint32_t)(s[i] - '0');
	if (v == 0 || v > UINT16_MAX)
		return NULL;
	*port = (uint16_t)v;
	return s + n;
}

static bool
tcp_arg(const struct conf_list *l, const char *arg, struct conf_probe *p)
{
	const char *rest = port_of(arg, &p->port);

	if (rest && !*rest)
		return true;
	conf_bad_item(l->a, l->line, l->item, "has no port; tcp:80, or another of 1 to 65535, "
	    "would be right");
	return false;
}

static bool
copy_arg(const struct conf_list *l, const char *arg, struct conf_probe *p)
{
	if (strlen(arg) < sizeof(p->arg)) {
		strcpy(p->arg, arg);
		return true;
	}
	conf_bad_item(l->a, l->line, l->item, "has %zu bytes behind the colon, %zu are the most",
	    strlen(arg), sizeof(p->arg) - 1);
	return false;
}

/* The path begins with its '/', so digits in front of it are a port. */
static bool
http_arg(const struct conf_list *l, const char *arg, struct conf_probe *p)
{
	const char *path = arg;

	p->port = 80;
	if (*arg != '/')
		path = port_of(arg, &p->port);
	if (!path || *path != '/') {
		conf_bad_item(l->a, l->line, l->item, "is neither a path nor a port and a path; "
		    "http:/boot.ipxe or http:8080/boot.ipxe would be right");
		return false;
	}
	if (strncmp(path, "//", 2) == 0) {
		conf_bad_item(l->a, l->line, l->item, "has a host, which is the server's address "
		    "here; http:/boot.ipxe or http:8080/boot.ipxe would be right");
		return false;
	}
	/* It goes into a request line, where a space would end it. */
	for (const char *c = path; *c; c++)
		if (*c <= ' ' || *c > '~') {
			conf_bad_item(l->a, l->line, l->item, "has a byte that no path has; "
			    "%%20, or the code of another, would be right");
			return false;
		}
	return copy_arg(l, path, p);
}

/* true when the item is a probe; what is wrong was reported. */
static bool
probe_parse(const struct conf_list *l, struct conf_probe *p)
{
	const char *arg;
	int kind = kind_of(l->item, &arg);

	if (kind < 0) {
		bad_kind(l);
		return false;
	}
	if (kinds[kind].arg ? strlen(arg) < 2 : *arg) {
		conf_bad_item(l->a, l->line, l->item, kinds[kind].arg ?
		    "asks for nothing; something behind a colon, like tftp:FILE, "
		    "tcp:PORT or http:PATH, would be right" :
		    "has something behind the word, which would be right alone");
		return false;
	}
	*p = (struct conf_probe){ .kind = (enum conf_probe_kind)kind };
	if (kind == CONF_PROBE_TCP)
		return tcp_arg(l, arg + 1, p);
	if (kind == CONF_PROBE_HTTP)
		return http_arg(l, arg + 1, p);
	return kind != CONF_PROBE_TFTP || copy_arg(l, arg + 1, p);
}

bool
conf_probe_eq(const struct conf_probe *a, const struct conf_probe *b)
{
	return a->kind == b->kind && a->port == b->port && strcmp(a->arg, b->arg) == 0;
}

char *
conf_probe_text(const struct conf_probe *p, char buf[CONF_PROBE_STRLEN])
{
	const char *word = kinds[p->kind].word;

	switch (p->kind) {
	case CONF_PROBE_TCP:
		snprintf(buf, CONF_PROBE_STRLEN, "%s:%u", word, p->port);
		break;
	case CONF_PROBE_HTTP:
		if (p->port != 80) {
			snprintf(buf, CONF_PROBE_STRLEN, "%s:%u%s", word, p->port, p->arg);
			break;
		}
		/* fall through */
	case CONF_PROBE_TFTP:
		snprintf(buf, CONF_PROBE_STRLEN, "%s:%s", word, p->arg);
		break;
	case CONF_PROBE_PXE:
	case CONF_PROBE_PXE4011:
	case CONF_PROBE_DHCP:
	case CONF_PROBE_ARP:
	case CONF_PROBE_ICMP:
	case CONF_PROBE_MAX:
		snprintf(buf, CONF_PROBE_STRLEN, "%s", word);
		break;
	}
	return buf;
}

/* --- the keys --- */

static void
add_probe(const struct conf_list *l, struct conf_server *s)
{
	struct conf_probe p;

	if (!probe_parse(l, &p))
		return;
	for (uint8_t i = 0; i < s->n_probe; i++)
		if (conf_probe_eq(&s->probe[i], &p)) {
			conf_bad_item(l->a, l->line, l->item, "stands twice");
			return;
		}
	if (s->n_probe == CONF_PROBES_MAX)
		conf_bad_item(l->a, l->line, l->item, "is one too many: %d probes are the most",
		    CONF_PROBES_MAX);
	else
		s->probe[s->n_probe++] = p;
}

static void
set_probe(const struct conf_at *a, void *object)
{
	struct conf_list l = conf_list(a);
	struct conf_server *s = object;

	if (strcmp(a->value, "none") == 0)
		return;
	while (conf_list_next(&l))
		if (strcmp(l.item, "none") == 0)
			conf_bad_item(a, l.line, l.item, "stands with other probes; "
			    "either it or they would be right");
		else
			add_probe(&l, s);
}

static void
set_interval(const struct conf_at *a, void *object)
{
	struct conf_server *s = object;

	/* Said once: not again by conf_health_check(). */
	if (!conf_time(a, INTERVAL_MIN, INTERVAL_MAX, false, &s->probe_interval_ms))
		s->probe_interval_ms = UINT32_MAX;
}

static void
set_timeout(const struct conf_at *a, void *object)
{
	struct conf_server *s = object;

	if (!conf_time(a, TIMEOUT_MIN, INTERVAL_MAX, false, &s->probe_timeout_ms))
		s->probe_timeout_ms = 0;
}

static void
set_small(const struct conf_at *a, uint32_t max, uint8_t *out)
{
	uint32_t v;

	if (conf_number(a, 1, max, &v))
		*out = (uint8_t)v;
}

static void
set_weight(const struct conf_at *a, void *object)
{
	set_small(a, 100, &((struct conf_server *)object)->weight);
}

static void
set_rise(const struct conf_at *a, void *object)
{
	set_small(a, 20, &((struct conf_server *)object)->rise);
}

static void
set_fall(const struct conf_at *a, void *object)
{
	set_small(a, 20, &((struct conf_server *)object)->fall);
}

const struct conf_setter conf_health_setters[] = {
	{ "weight", set_weight },
	{ "probe", set_probe },
	{ "probe-interval", set_interval },
	{ "probe-timeout", set_timeout },
	{ "rise", set_rise },
	{ "fall", set_fall },
	{ NULL, NULL },
};

void
conf_health_check(struct conf_builder *b, const struct conf_sect *sect, struct conf_server *s)
{
	char timeout[CONF_TIME_STRLEN], interval[CONF_TIME_STRLEN];

	/* One probe is over before the next begins. */
	if (!conf_find(sect, "probe-timeout") && s->probe_timeout_ms > s->probe_interval_ms / 2)
		s->probe_timeout_ms = s->probe_interval_ms / 2;
	if (s->probe_timeout_ms >= s->probe_interval_ms)
		conf_bad_sect(b, sect, "waits %s for the answer to a probe and sends one every "
		    "%s; a shorter probe-timeout would be right",
		    conf_time_text(s->probe_timeout_ms, timeout),
		    conf_time_text(s->probe_interval_ms, interval));
}

bool
conf_health_eq(const struct conf_server *a, const struct conf_server *b)
{
	if (a->n_probe != b->n_probe)
		return false;
	for (uint8_t i = 0; i < a->n_probe; i++)
		if (!conf_probe_eq(&a->probe[i], &b->probe[i]))
			return false;
	return a->weight == b->weight && a->rise == b->rise && a->fall == b->fall &&
	    a->probe_interval_ms == b->probe_interval_ms &&
	    a->probe_timeout_ms == b->probe_timeout_ms;
}
