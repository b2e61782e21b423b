/* SPDX-License-Identifier: ISC
 *
 * settled - logs, a minute after the start or a reload, which names of the configuration
 * stand for no interface, and which interfaces of a [helper] are never heard. Earlier, an
 * interface may still be on its way. `show interfaces' lists the sections at any time.
 */
#include "relay/tend/tend.h"

#include <errno.h>
#include <string.h>

#include "base/sbuf.h"
#include "relay/state.h"

#define SETTLED_MS 60000

static void
add_name(struct sbuf *b, const char *name)
{
	sbuf_puts(b, b->len ? "," : "");
	sbuf_esc(b, name, strlen(name));
}

static void
add_absent(void *text, const struct iface *f)
{
	add_name(text, iface_name(f));
}

static bool
is_there(struct iftab *t, const char *pattern)
{
	for (struct iface *f = iftab_next(t, 0); f; f = iftab_next(t, f->link.ifindex))
		if (conf_glob(pattern, f->link.name))
			return true;
	return false;
}

static void
add_missing(struct sbuf *b, struct iftab *t, char (*pattern)[CONF_NAME_MAX], uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		if (!is_there(t, pattern[i]))
			add_name(b, pattern[i]);
}

/* The kernel marks every packet of a tunnel as sent to this host, and the ring takes
 * broadcasts only. */
static void
add_tunnels(struct sbuf *b, struct iftab *t, const struct conf_helper *h)
{
	for (struct iface *f = iftab_next(t, 0); f; f = iftab_next(t, f->link.ifindex)) {
		bool named = false;

		for (uint16_t i = 0; i < h->n_from && !named; i++)
			named = conf_glob(h->from[i], f->link.name);
		if (named && iface_is_tunnel(f))
			add_name(b, f->link.name);
	}
}

static void
log_helper(struct daemon *d, const struct conf_helper *h)
{
	char text[LOG_ESC_MAX], name[LOG_ESC_MAX];
	struct sbuf b = sbuf_init(text, sizeof(text));

	add_missing(&b, d->iftab, h->from, h->n_from);
	add_missing(&b, d->iftab, h->to_if, h->n_to_if);
	if (b.len)
		log_event(&d->log, LOG_LEVEL_WARNING, "interfaces-absent",
		    "helper=%s patterns=%s", log_esc(name, h->name), text);
	b = sbuf_init(text, sizeof(text));
	add_tunnels(&b, d->iftab, h);
	if (b.len)
		log_event(&d->log, LOG_LEVEL_WARNING, "helper-unheard",
		    "helper=%s interfaces=%s", log_esc(name, h->name), text);
}

static void
on_settled(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	char text[LOG_ESC_MAX];
	struct sbuf b = sbuf_init(text, sizeof(text));

	(void)now;
	iftab_absent(d->iftab, add_absent, &b);
	if (b.len)
		log_event(&d->log, LOG_LEVEL_WARNING, "interfaces-absent", "sections=%s",
		    text);
	for (uint16_t i = 0; i < d->conf->n_helper; i++)
		log_helper(d, &d->conf->helper[i]);
}

int
settled_open(struct daemon *d)
{
	d->settled = loop_timer(d->loop, SETTLED_MS, false, on_settled, d);
	return d->settled ? 0 : -ENOMEM;
}

void
settled_reload(struct daemon *d)
{
	loop_rearm(d->settled, SETTLED_MS);
}
